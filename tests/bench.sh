#!/usr/bin/env bash
# Whole processes against a bare process start, in one run: Environment 1 of the fire-sale paper from text to certificate, and time and
# memory a type as the number of types grows, from text to certificate. RUNS=201 by default.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build} runs=${RUNS:-201} work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ECON_LIBRARY="$PWD/stdlib"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/tests/bench" "$runs" "Environment 1, text to certificate" -- "$build/econc" run examples/fire-sales/environment1.econ
"$build/tests/bench" "$runs" "Environment 1, checking alone" -- "$build/econc" check examples/fire-sales/environment1.econ
# Many types: time a type should stay the same within a factor of two from a thousand on, and a million take some 15 seconds and a gigabyte on two
# cores. Reported here, asserted nowhere. TYPES="1000 10000 100000 1000000" by default.
for n in ${TYPES:-1000 10000 100000 1000000}; do
  for what in check run; do
    times=$((runs < 5 ? runs : n < 1000000 ? 5 : 1))
    "$build/tests/bench" "$times" "$n types of 5 goods, $what" -- "$build/econc" "$what" -D "N=$n" examples/scale/many-types.econ >"$work/$what"
    cat "$work/$what"
  done
  awk -v n="$n" '{ sub(/.*types of 5 goods, [a-z]* */, ""); ms = $1; for (i = 1; i <= NF; i++) if ($i == "MB") mb = $(i - 1) }
    END { printf "%-44s %10.2f us a type, %7.1f MB at most, %.0f bytes a type\n", n " types, text to certificate", ms/n*1e3, mb, mb*1048576/n }' "$work/run"
done
# What rights and a planner cost beside the equilibrium: Environment 1's two types, each REPLICAS times. One exchange holds 1 + d + J types that
# differ; here they are two however many there are. REPLICAS="1 10 50" by default.
cat >"$work/replicated.econ" <<'MODEL'
economy replicated "Environment 1, every type many times";
param N = 2;
set H = 1..N;
tree now -> later;
good c1 numeraire, c2;
agent h in H mass 1/N {
  fn early(h) = if mod(h, 2) = 1 then 3 else 1;
  fn late(h) = if mod(h, 2) = 1 then 1 else 3;
  choose c[good] >= 0, k@now >= 0, theta@now;
  maximize E[sum(date, -sum(g in good, 1/c[g]))];
  budget @now: c[c1] + p*(c[c2] + k) + Q*theta = (1 + p)*early(h);
  budget @later: c[c1] + p*c[c2] = (1 + p)*late(h) + theta@prev + p*k@prev;
  collateral @later: p*k@prev + theta@prev >= 0;
}
market c2 price p;
market promise price Q;
solve ex = equilibrium;
MODEL
sed 's/^solve ex.*/solve op = equilibrium with rights_to_trade;/' "$work/replicated.econ" >"$work/replicated_op.econ"
{ cat "$work/replicated.econ"; echo 'solve so = optimum weights implied by ex;'; } >"$work/replicated_so.econ"
for n in ${REPLICAS:-1 10 50}; do
  for what in "replicated ex" "replicated_op op" "replicated_so ex and the planner"; do
    "$build/tests/bench" "$((n == 1 ? (runs < 21 ? runs : 21) : 1))" "$((2*n)) types, ${what#* }" -- "$build/econc" run -D "N=$((2*n))" "$work/${what%% *}.econ"
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
