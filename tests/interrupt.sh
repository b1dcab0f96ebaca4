#!/usr/bin/env bash
# A long run on a terminal shows its progress there; an interruption prints what is solved and ends with status 3.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
ECONC=$(realpath "${ECONC:-$top/build/econc}")
export ECON_LIBRARY="$top/stdlib"
# Without a terminal to be had (a bare chroot has no /dev/pts) there is nothing to show progress on.
script -qefc true /dev/null </dev/null >/dev/null 2>&1 || { echo "interrupt: 0 passed, 0 failed, 1 skipped"; exit 0; }
work=$(mktemp -d) passed=0 failed=0
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
cat >long.econ <<'MODEL'
economy long "Many types";
use utilities;
set H = 1..500000;
good bread numeraire, wine, beer;
param e[h in H, g in good] = 1 + (if g = wine then halton(h, 2) else halton(h, 3)), a[h in H] = 0.5 + halton(h, 5);
agent h in H mass 0.001 {
  choose c[good] >= 0;
  maximize sum(g in good, a*crra(c[g], 1 + a));
  budget: c[bread] + p*c[wine] + q*c[beer] = e[bread] + p*e[wine] + q*e[beer];
}
market wine price p;
market beer price q;
solve few = equilibrium of {1, 2, 3};
solve many = equilibrium;
report p, q;
MODEL
check() { if eval "$2"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "interrupt: $1"; fi; }
cat >run.sh <<'RUN'
echo $$ >pid
exec "$ECONC" run long.econ >out
RUN
export ECONC
script -qefc 'sh run.sh' terminal </dev/null >/dev/null 2>&1 &
waiting=$!
for _ in $(seq 600); do
  grep -aq 'many: ' terminal 2>/dev/null && break
  kill -0 "$waiting" 2>/dev/null || break
  sleep 0.05
done
kill -INT "$(cat pid)"
wait "$waiting"
status=$?
check "no progress on the terminal" 'grep -aq "many: [a-z].* ([0-9]* s)" terminal'
check "status $status instead of 3" '[ "$status" = 3 ]'
check "the question that was solved is not shown" 'grep -q "^few: solved" out && grep -q "^  p  *[0-9.]*$" out'
check "the interruption is not said" 'grep -q "^many: not solved: interrupted" out'
echo "interrupt: $passed passed, $failed failed"
[ "$failed" = 0 ]
