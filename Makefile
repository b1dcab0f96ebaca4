# econc: see README.md. The house targets (deps, check, ...) stand at the end.
CC      ?= gcc
CFLAGS  ?= -O3 -g
BUILD   ?= build
PREFIX  ?= /usr/local
# Where the built command looks for the standard library after $ECON_LIBRARY: this checkout's; `make install` compiles in its own.
LIBRARY ?= $(CURDIR)/stdlib
JOBS    ?= $(shell nproc)
WARN    := -std=c17 -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 $(STRICT)
# No contraction and no fast-math: the same numbers from every build (docs/methods).
FPFLAGS := -ffp-contract=off
CPPFLAGS += -D_GNU_SOURCE -I$(BUILD)/gen -I.
LIBS    := -lklu -lamd -lcolamd -lbtf -lsuitesparseconfig -lglpk -lgsl -lgslcblas -lm -lpthread

SRC     := $(filter-out compiler/econc.c,$(wildcard lang/*.c compiler/*.c runtime/*.c))
GEN     := $(BUILD)/gen/econ.tab.c $(BUILD)/gen/econ.lex.c
OBJ     := $(SRC:%.c=$(BUILD)/obj/%.o) $(GEN:$(BUILD)/gen/%.c=$(BUILD)/obj/gen/%.o)
LIB     := $(BUILD)/libecon.a
UNIT    := $(patsubst tests/unit/test_%.c,$(BUILD)/tests/unit_%,$(wildcard tests/unit/test_*.c))
# Programs of the suite that speak to the public library alone.
CHECKS  := $(BUILD)/tests/random $(BUILD)/tests/planted $(BUILD)/tests/mutate $(BUILD)/tests/bench $(BUILD)/tests/bench_linear

all: $(BUILD)/econc

$(BUILD)/econc: $(BUILD)/obj/compiler/econc.o $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(LIB): $(OBJ)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/gen/econ.tab.c $(BUILD)/gen/econ.tab.h &: lang/econ.y
	@mkdir -p $(@D)
	bison -Wall -Werror -o $(BUILD)/gen/econ.tab.c --defines=$(BUILD)/gen/econ.tab.h $<
$(BUILD)/gen/econ.lex.c: lang/econ.l $(BUILD)/gen/econ.tab.h
	@mkdir -p $(@D)
	flex -o $@ $<

$(BUILD)/obj/compiler/econ.o: CPPFLAGS += -DECON_LIBRARY_DIR='"$(LIBRARY)"'
$(BUILD)/obj/%.o: %.c | $(BUILD)/gen/econ.tab.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) $(FPFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -std=c17 $(FPFLAGS) -Ilang -MMD -MP -c -o $@ $<

# One unit test program a room: tests/unit/test_NAME.c has its own main through tests/unit/unit.h.
$(BUILD)/tests/unit_%: tests/unit/test_%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) $(FPFLAGS) $(LDFLAGS) -o $@ $< $(LIB) -lcunit -ljansson $(LIBS)
$(BUILD)/tests/random: tests/random.c tests/random_kit.c tests/random_rights.c tests/random_judge.c tests/random.h tests/random_rights.h $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) $(FPFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^) $(LIB) $(LIBS)
$(BUILD)/tests/%: tests/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) $(FPFLAGS) $(LDFLAGS) -o $@ $< $(LIB) $(LIBS)
# The fuzz targets, with clang's libFuzzer: tests/sanitizers.sh build/san clang fuzz.
$(BUILD)/tests/fuzz_%: tests/fuzz/fuzz_%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) -fsanitize=fuzzer -o $@ $< $(LIB) $(LIBS)

-include $(OBJ:.o=.d) $(BUILD)/obj/compiler/econc.d

# ---- the house ----
# Debian packages that are missing; no call of apt when all are there.
deps:
	@tests/house/deps.sh
run: deps
	@$(MAKE) --no-print-directory -j$(JOBS) all
	$(BUILD)/econc run examples/fire-sales/environment1.econ
# Everything a change must pass: at most 8 minutes on two cores.
check: deps
	@$(MAKE) --no-print-directory -j$(JOBS) all tests
	@tests/run.sh check
# At most an hour: 1,000 random economies of each kind, long fuzzing, memory checker, both compilers.
check-full:
	@tests/house/deps.sh full
	@$(MAKE) --no-print-directory -j$(JOBS) all tests
	@tests/run.sh full
# The README's two commands in a bare Debian.
check-fresh:
	@tests/house/deps.sh fresh
	@tests/house/fresh.sh
tests: $(LIB) $(BUILD)/econc $(UNIT) $(CHECKS)
fuzz: $(patsubst tests/fuzz/%.c,$(BUILD)/tests/%,$(wildcard tests/fuzz/fuzz_*.c))
layering:
	@tests/house/layering.sh
# The pages of docs/library, from the chapters' own comments and their examples; the suite says when they are stale.
docs-library:
	@tests/house/library.sh --update
bench:
	@$(MAKE) --no-print-directory -j$(JOBS) all $(BUILD)/tests/bench $(BUILD)/tests/bench_linear
	@tests/bench.sh
	@tests/peers.sh
# The solvers of others that `make bench` compares with where they are installed; nothing here needs them otherwise.
bench-peers-deps:
	@tests/house/deps.sh peers
# The installed command knows where its library was put, so that one object is compiled again.
install: all
	@mkdir -p $(BUILD)/install
	$(CC) $(CPPFLAGS) -DECON_LIBRARY_DIR='"$(PREFIX)/share/econc/stdlib"' $(CFLAGS) $(WARN) $(FPFLAGS) -c -o $(BUILD)/install/econ.o compiler/econ.c
	cp $(LIB) $(BUILD)/install/libecon.a && ar rs $(BUILD)/install/libecon.a $(BUILD)/install/econ.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $(BUILD)/install/econc $(BUILD)/obj/compiler/econc.o $(BUILD)/install/libecon.a $(LIBS)
	install -D -m 755 $(BUILD)/install/econc $(DESTDIR)$(PREFIX)/bin/econc
	install -D -m 644 $(BUILD)/install/libecon.a $(DESTDIR)$(PREFIX)/lib/libecon.a
	install -D -m 644 compiler/econ.h $(DESTDIR)$(PREFIX)/include/econ.h
	for f in stdlib/*.econ; do install -D -m 644 $$f $(DESTDIR)$(PREFIX)/share/econc/$$f || exit 1; done
clean:
	rm -rf $(BUILD)
.PHONY: all deps run check check-full check-fresh tests fuzz layering docs-library bench bench-peers-deps install clean
