#!/usr/bin/env bash
# Whole processes against a bare process start, in one run: Environment 1 of the fire-sale paper from text to certificate, and what
# checking costs beside solving as the number of types grows. RUNS=201 by default.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build} runs=${RUNS:-201}
export ECON_LIBRARY="$PWD/stdlib"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/tests/bench" "$runs" "Environment 1, text to certificate" -- "$build/econc" run examples/fire-sales/environment1.econ
"$build/tests/bench" "$runs" "Environment 1, checking alone" -- "$build/econc" check examples/fire-sales/environment1.econ
# Many types: time and memory by type should stay the same from a thousand on. TYPES="1000 10000 100000" by default, a million too with BIG=1.
for n in ${TYPES:-1000 10000 100000 ${BIG:+1000000}}; do
  for what in check run; do
    "$build/tests/bench" "$((runs < 5 ? runs : 5))" "$n types of 5 goods, $what" -- "$build/econc" "$what" -D "N=$n" examples/scale/many-types.econ
  done
done
# One sweep by one process and by two, by turns in the same run: points of some twenty milliseconds each.
cat >"$work/sweep.econ" <<'MODEL'
economy crowd "Many types, a preference moved";
set H = 1..600, G = 1..5;
param s = 0.7;
agent h in H mass 1/600 {
  choose c[G] >= 0;
  fn w(h, g) = 0.2 + frac(0.61803398875*h*g);
  fn e(h, g) = 0.1 + frac(0.41421356237*h*(g + 1));
  maximize sum(g in G, w(h, g)*c[g]^(1 - 1/s))/(1 - 1/s);
  budget: sum(g in G, p[g]*c[g]) = sum(g in G, p[g]*e(h, g));
}
market g in G price p;
numeraire p[1] = 1;
sweep s = 0.35 .. 0.9 by 0.005: solve g = equilibrium;
report p;
MODEL
wall() { local a=$EPOCHREALTIME; "$@" >/dev/null; local b=$EPOCHREALTIME; awk "BEGIN { printf \"%.4f\\n\", $b - $a }"; }
for _ in 1 2 3 4 5; do
  wall "$build/econc" run "$work/sweep.econ" -j 1 >>"$work/one"
  wall "$build/econc" run "$work/sweep.econ" -j 2 >>"$work/two"
done
median() { sort -n "$1" | sed -n 3p; }
one=$(median "$work/one") two=$(median "$work/two")
awk "BEGIN { printf \"%-44s %10.3f ms a point, by two processes %.2f times as fast (%.3f s, %.3f s; medians of 5)\n\", \"sweep of 111 points\", $one/111*1e3, $one/$two, $one, $two }"
# The bordered form of linear systems against sparse factors of the whole, in one process.
for n in 1000 10000 100000; do "$build/tests/bench_linear" "$n" "$((runs < 3 ? runs : 3))"; done
