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
    passed=$((passed + p)); bad=$((bad + f)); skipped=$((skipped + 10#$s)); counted=1
  done < <(sed -nE 's/^[^:]+: ([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$/\1 \2 0\4/p' "$log/out")
  [ "$counted" = 1 ] || { [ "$status" = 0 ] && passed=$((passed + 1)); }
  [ "$status" = 0 ] || [ "$bad" != 0 ] || bad=1
  failed=$((failed + bad))
  echo "-- $name: $([ "$bad" = 0 ] && echo right || echo WRONG), $((SECONDS - begin)) s"
}

unit() { find "$1/tests" -name 'unit_*' -type f -perm -u+x | sort | tests/parallel.sh - env; }
random() { # random BUILD KIND SEED COUNT
  "$1/tests/random" --kind "$2" --seed "$3" --count "$4"
}
san=build/san
sanitized() { tests/sanitizers.sh $san clang tests fuzz; }
mutants() { find examples -name "*.econ" -print0 | sort -z | xargs -0 "$1/tests/mutate"; }
models() { find examples -name '*.econ' | grep -vxF -f "$skip" | sort; }
planted_part() { models | awk -v part="$1" 'NR % 8 == part' | xargs -d '\n' build/tests/planted; }
planted() { seq 0 7 | tests/parallel.sh - planted_part; }
spoiled_part() { models | awk -v part="$1" 'NR % 8 == part' | xargs -d '\n' perl tests/spoil.pl --every "$one_in"; }
spoiled() { seq 0 7 | tests/parallel.sh - spoiled_part; }
# together LINE...: commands of one process each, at the same time.
together() { printf '%s\n' "$@" | tests/parallel.sh - eval; }
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
export skip=/dev/null
[ "${1:-check}" = full ] || skip=$PWD/tests/long.txt
draws=40 equilibria=40 rights=8
export one_in=1500
[ "${1:-check}" = full ] && draws=1000 equilibria=400 rights=300 one_in=150
export -f random mutants models planted_part spoiled_part

step "layering" tests/house/layering.sh
step "diagnostics" tests/diagnostics.sh
step "library" tests/house/library.sh
step "pages" tests/docs.sh
step "unit tests" unit build
step "golden transcripts" tests/golden/run.sh
step "bad input" tests/bad_input/run.sh
step "examples" tests/examples.sh
step "formatter" tests/format.sh
step "planted answers" planted
step "mutants, random economies" together "random build equilibria 1 $equilibria" "mutants build" "random build collateral 1 $draws" "random build exchange 1 $draws" "random build rights 101 $rights"
step "spoiled models" spoiled
step "interruption" tests/interrupt.sh
step "sweeps over processes" tests/sweep.sh
step "sanitizer build, warnings of clang" sanitized
step "unit tests, sanitized" unit $san
step "golden transcripts, sanitized" under tests/golden/run.sh
step "bad input, sanitized" under tests/bad_input/run.sh
step "examples, sanitized" under env SKIP="$skip" tests/examples.sh
step "random economies, sanitized" together "random $san exchange 5001 4" "random $san collateral 5001 4" "random $san equilibria 5001 2" "random $san rights 101 1"
case "${1:-check}" in
  check) step "fuzzing" tests/fuzz/run.sh 30 ;;
  full)
    step "fuzzing" tests/fuzz/run.sh 600
    step "valgrind" memory_checked
    step "explanations in LaTeX" tests/latex.sh
    step "sanitizer build with gcc" tests/sanitizers.sh build/san_gcc gcc tests
    step "unit tests, sanitized by gcc" unit build/san_gcc
    step "build with gcc" fresh_build gcc
    step "build with clang" fresh_build clang
    step "bench" env RUNS=21 tests/bench.sh
    ;;
esac
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
