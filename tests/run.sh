#!/usr/bin/env bash
# run.sh check|full: the suite in order, each step with its time, and one last line that sums what the steps counted. A step counts in
# lines "NAME: N passed, N failed[, N skipped]"; one that fails without saying so counts as a failure, one without counts as a test.
set -u -o pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0 skipped=0 log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

step() {
  local name=$1 begin=$SECONDS status p f s counted=0
  shift
  "$@" 2>&1 | tee "$log/out"
  status=${PIPESTATUS[0]}
  local bad=0
  while read -r p f s; do
    passed=$((passed + p)); bad=$((bad + f)); skipped=$((skipped + s)); counted=1
  done < <(sed -nE 's/^[^:]+: ([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$/\1 \2 0\4/p' "$log/out")
  [ "$counted" = 1 ] || { [ "$status" = 0 ] && passed=$((passed + 1)); }
  [ "$status" = 0 ] || [ "$bad" != 0 ] || bad=1
  failed=$((failed + bad))
  echo "-- $name: $([ "$bad" = 0 ] && echo right || echo WRONG), $((SECONDS - begin)) s"
}

unit() { local bad=0 t; for t in "$1"/tests/unit_*; do case "$t" in *.d) ;; *) [ ! -x "$t" ] || "$t" || bad=1 ;; esac; done; return $bad; }
random() { # random BUILD KIND SEED COUNT
  "$1/tests/random" --kind "$2" --seed "$3" --count "$4"
}
warnings() { # warnings COMPILER: every source compiles without one
  local bad=0 f
  for f in lang/*.c compiler/*.c runtime/*.c tests/*.c tests/unit/*.c; do
    "$1" -fsyntax-only -Werror -std=c17 -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -D_GNU_SOURCE -Ibuild/gen -I. "$f" || bad=1
  done
  return $bad
}
san=build/san
sanitized() {
  make --no-print-directory -s -j"$(nproc)" BUILD=$san CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer' \
    LDFLAGS='-fsanitize=address,undefined' tests
}
mutants() { find examples -name "*.econ" -print0 | sort -z | xargs -0 "$1/tests/mutate"; }
planted() { find examples -name '*.econ' | grep -vxF -f "$skip" | sort | xargs -d '\n' "$1/tests/planted"; }
under() { # under COMMAND...: with the sanitized command
  ECONC=$san/econc LIMIT=240 ASAN_OPTIONS=detect_leaks=1 "$@"
}
memory_checked() {
  local bad=0 f
  for f in examples/fire-sales/environment1.econ examples/exchange/cobb_douglas.econ examples/trees/arrow_securities.econ tests/bad_input/syntax_five_mistakes.econ; do
    valgrind -q --error-exitcode=99 --leak-check=full build/econc run "$f" >/dev/null 2>"$log/valgrind"
    [ $? != 99 ] || { bad=1; echo "valgrind: $f"; head -30 "$log/valgrind"; }
  done
  return $bad
}
fresh_build() { # fresh_build COMPILER: a build from nothing with warnings as errors
  local dir; dir=$(mktemp -d)
  make --no-print-directory -s -j"$(nproc)" BUILD="$dir" CC="$1" CFLAGS='-O2 -Werror' all; local bad=$?
  rm -rf "$dir"; return $bad
}
export ECON_LIBRARY="$PWD/stdlib"
# Examples of some seconds each are solved in every run; planted answers and sanitizers, many times slower, take them in the full one.
skip=/dev/null
[ "${1:-check}" = full ] || skip=$PWD/tests/long.txt

step "layering" tests/house/layering.sh
step "diagnostics" tests/diagnostics.sh
step "library" tests/house/library.sh
step "unit tests" unit build
step "golden transcripts" tests/golden/run.sh
step "bad input" tests/bad_input/run.sh
step "examples" tests/examples.sh
step "formatter" tests/format.sh
step "planted answers" planted build
step "mutants" mutants build
step "interruption" tests/interrupt.sh
step "sweeps over processes" tests/sweep.sh
case "${1:-check}" in
  check) step "random exchange" random build exchange 1 40; step "random collateral" random build collateral 1 40; step "random equilibria" random build equilibria 1 40 ;;
  full)  step "random exchange" random build exchange 1 1000; step "random collateral" random build collateral 1 1000; step "random equilibria" random build equilibria 1 400 ;;
esac
step "warnings of clang" warnings clang
step "sanitizer build" sanitized
step "unit tests, sanitized" unit $san
step "golden transcripts, sanitized" under tests/golden/run.sh
step "bad input, sanitized" under tests/bad_input/run.sh
step "examples, sanitized" under env SKIP="$skip" tests/examples.sh
step "random exchange, sanitized" random $san exchange 5001 4
step "random collateral, sanitized" random $san collateral 5001 4
step "random equilibria, sanitized" random $san equilibria 5001 2
case "${1:-check}" in
  check) step "fuzzing" tests/fuzz/run.sh 30 ;;
  full)
    step "fuzzing" tests/fuzz/run.sh 600
    step "valgrind" memory_checked
    step "explanations in LaTeX" tests/latex.sh
    step "build with gcc" fresh_build gcc
    step "build with clang" fresh_build clang
    step "bench" env RUNS=21 tests/bench.sh
    ;;
esac
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
