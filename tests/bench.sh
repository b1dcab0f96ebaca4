#!/usr/bin/env bash
# Whole processes against a bare process start, in one run: Environment 1 of the fire-sale paper from text to certificate, and what
# checking costs beside solving as the number of types grows. RUNS=201 by default.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build} runs=${RUNS:-201} work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ECON_LIBRARY="$PWD/stdlib"
"$build/tests/bench" "$runs" "Environment 1, text to certificate" -- "$build/econc" run examples/fire-sales/environment1.econ
"$build/tests/bench" "$runs" "Environment 1, checking alone" -- "$build/econc" check examples/fire-sales/environment1.econ
for n in 100 1000 10000; do
  cat >"$work/types.econ" <<MODEL
economy types "Many types";
set H = 1..$n, G = 1..5;
param s = 0.7;
agent h in H mass 1/$n {
  choose c[G] >= 0;
  fn w(h, g) = 0.2 + frac(0.61803398875*h*g);
  fn e(h, g) = 0.1 + frac(0.41421356237*h*(g + 1));
  maximize sum(g in G, w(h, g)*c[g]^(1 - 1/s))/(1 - 1/s);
  budget: sum(g in G, p[g]*c[g]) = sum(g in G, p[g]*e(h, g));
}
market g in G price p;
numeraire p[1] = 1;
solve eq = equilibrium;
MODEL
  for what in check run; do
    "$build/tests/bench" "$((runs < 5 ? runs : 5))" "$n types of 5 goods, $what" -- "$build/econc" "$what" "$work/types.econ"
  done
done
