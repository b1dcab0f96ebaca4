#!/usr/bin/env bash
# Whole processes against a bare process start, in one run: Environment 1 of the fire-sale paper from text to certificate, and what
# checking costs beside solving as the number of types grows. RUNS=201 by default.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build} runs=${RUNS:-201}
export ECON_LIBRARY="$PWD/stdlib"
"$build/tests/bench" "$runs" "Environment 1, text to certificate" -- "$build/econc" run examples/fire-sales/environment1.econ
"$build/tests/bench" "$runs" "Environment 1, checking alone" -- "$build/econc" check examples/fire-sales/environment1.econ
# Many types: time and memory by type should stay the same from a thousand on. TYPES="1000 10000 100000" by default; 1000000 needs some GB.
for n in ${TYPES:-1000 10000 100000}; do
  for what in check run; do
    "$build/tests/bench" "$((runs < 5 ? runs : 5))" "$n types of 5 goods, $what" -- "$build/econc" "$what" -D "N=$n" examples/scale/many-types.econ
  done
done
