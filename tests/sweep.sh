#!/usr/bin/env bash
# Sweeps over processes: any number of them gives the same bytes; a run that is killed and resumed gives those of an undisturbed one; a
# worker that dies loses one point; an interruption keeps what is solved.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
ECONC=$(realpath "${ECONC:-$top/build/econc}")
export ECON_LIBRARY="$top/stdlib"
work=$(mktemp -d) passed=0 failed=0
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
check() { if eval "$2"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "sweep: $1"; fi; }
grown() { # grown FILE: waits until a journal is well under way
  for _ in $(seq 2000); do
    [ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -gt 300000 ] && break
    sleep 0.01
  done
}
model() { # model TYPES STEP
  cat <<MODEL
economy crowd "Many types, two preferences moved";
set H = 1..$1, G = 1..4;
param s = 0.7, tilt = 0;
agent h in H mass 1/$1 {
  choose c[G] >= 0;
  fn w(h, g) = 0.2 + frac(0.61803398875*h*g) + tilt*g;
  fn e(h, g) = 0.1 + frac(0.41421356237*h*(g + 1));
  maximize sum(g in G, w(h, g)*c[g]^(1 - 1/s))/(1 - 1/s);
  budget: sum(g in G, p[g]*c[g]) = sum(g in G, p[g]*e(h, g));
}
market g in G price p;
numeraire p[1] = 1;
sweep tilt = {0, 0.1}, s = 0.4 .. 0.9 by $2 { solve g = equilibrium; solve few = equilibrium of {1, 2, 3}; }
report g.p, few.p;
plot g.p against s;
MODEL
}
model 60 0.02 >small.econ
"$ECONC" run small.econ -j 1 --json one --svg svg_one >one.out
for j in 2 3 7; do
  "$ECONC" run small.econ -j $j --json many --svg svg_many >many.out
  check "-j $j gives other bytes" 'cmp -s one many && cmp -s one.out many.out && cmp -s svg_one/crowd_plot1.svg svg_many/crowd_plot1.svg'
done
"$ECONC" run small.econ --cold --get few.p >cold
check "other solutions without warm starts" '[ "$(wc -l <cold)" = "$("$ECONC" run small.econ --get few.p | wc -l)" ]'

# Killed in the middle, by one process and by two; then resumed by the other number, so that a part of a chunk is taken up as well.
model 500 0.01 >large.econ
"$ECONC" run large.econ --json whole >whole.out
for j in 1 2; do
  rm -f journal
  "$ECONC" run large.econ -j $j --resume journal --json part >/dev/null 2>&1 &
  pid=$!
  grown journal
  kill -KILL $pid
  wait $pid 2>/dev/null
  sleep 0.2                                              # its workers end with it
  check "killed after the end ($j)" '[ ! -e part ] && [ -s journal ]'
  head -c -100 journal >torn && mv torn journal          # the record that was being written
  "$ECONC" run large.econ -j $((3 - j)) --resume journal --json resumed >resumed.out
  check "a resumed run gives other bytes ($j)" 'cmp -s whole resumed && cmp -s whole.out resumed.out'
  "$ECONC" run large.econ --resume journal --json again >/dev/null
  check "a finished journal gives other bytes ($j)" 'cmp -s whole again'
done

# A worker is killed: its point is lost and said to be, all others are solved.
"$ECONC" run large.econ -j 2 >lost.out 2>lost.err &
pid=$!
for _ in $(seq 500); do
  worker=$(tr ' ' '\n' <"/proc/$pid/task/$pid/children" | head -1)
  [ -n "$worker" ] && break
  sleep 0.01
done
sleep 0.3
kill -KILL "$worker"
wait $pid
status=$?
check "status $status instead of 3 with a dead worker" '[ $status = 3 ]'
check "the lost point is not said" 'grep -q "ended by signal 9" lost.err'
check "more than one point is lost" 'grep -q "^g: 101 of 102 points solved" lost.out'

# Interrupted: the workers end, what is solved is shown.
"$ECONC" run large.econ -j 2 --resume cut >cut.out 2>cut.err &
pid=$!
grown cut
kill -INT $pid
wait $pid
status=$?
check "status $status instead of 3 when interrupted" '[ $status = 3 ]'
check "workers outlive an interruption" '! grep -lq "^PPid:.$pid\$" /proc/[0-9]*/status 2>/dev/null'
check "the interruption is not said" 'grep -q "interrupted before .* of 102 points were attempted" cut.err && grep -q "not attempted" cut.out'
"$ECONC" run large.econ --resume cut --json resumed >/dev/null
check "an interrupted run, resumed, gives other bytes" 'cmp -s whole resumed'
echo "sweep: $passed passed, $failed failed"
[ "$failed" = 0 ]
