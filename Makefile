# econc: see README.md. The house targets (deps, check, ...) stand at the end.
CC      ?= gcc
CFLAGS  ?= -O3 -g
BUILD   ?= build
WARN    := -std=c17 -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2
# No contraction and no fast-math: the same numbers from every build (docs/methods).
FPFLAGS := -ffp-contract=off
CPPFLAGS += -D_GNU_SOURCE -I$(BUILD)/gen -I.
LIBS    := -lklu -lamd -lcolamd -lbtf -lsuitesparseconfig -lglpk -lgsl -lgslcblas -lm

ROOMS   := lang compiler runtime
SRC     := $(filter-out compiler/econc.c,$(wildcard lang/*.c compiler/*.c runtime/*.c))
GEN     := $(BUILD)/gen/econ.tab.c $(BUILD)/gen/econ.lex.c
OBJ     := $(SRC:%.c=$(BUILD)/obj/%.o) $(GEN:$(BUILD)/gen/%.c=$(BUILD)/obj/gen/%.o)
LIB     := $(BUILD)/libecon.a
UNIT    := $(wildcard tests/unit/test_*.c)

all: $(BUILD)/econc

$(BUILD)/econc: $(BUILD)/obj/compiler/econc.o $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(LIB): $(OBJ)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/gen/econ.tab.c $(BUILD)/gen/econ.tab.h: lang/econ.y
	@mkdir -p $(@D)
	bison -Wall -Werror -o $(BUILD)/gen/econ.tab.c --defines=$(BUILD)/gen/econ.tab.h $<
$(BUILD)/gen/econ.lex.c: lang/econ.l $(BUILD)/gen/econ.tab.h
	@mkdir -p $(@D)
	flex -o $@ $<

$(BUILD)/obj/%.o: %.c | $(BUILD)/gen/econ.tab.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) $(FPFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -std=c17 $(FPFLAGS) -Ilang -MMD -MP -c -o $@ $<

# One unit test program a room: tests/unit/test_NAME.c has its own main through tests/unit/unit.h.
$(BUILD)/tests/unit_%: tests/unit/test_%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) $(FPFLAGS) $(LDFLAGS) -o $@ $< $(LIB) -lcunit $(LIBS)

-include $(OBJ:.o=.d) $(BUILD)/obj/compiler/econc.d
.PHONY: all
