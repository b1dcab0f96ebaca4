#!/usr/bin/env bash
# transcript.sh FOLDER [--update]: runs the commands of every NAME.econ (or of what NAME.sh writes) in FOLDER and compares what is said
# and the exit status with NAME.expected. Commands are the first lines `#$ econc run FILE ...`; without any, `econc run FILE`.
# --update writes the transcripts instead; a person reads them before they are committed. $ECONC is the command (build/econc),
# $LIMIT the seconds one command may take (30).
set -u -o pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
folder=$(cd "$1" && pwd) update=${2:-} name_of_suite=$(basename "$folder")
ECONC=$(realpath "${ECONC:-$top/build/econc}") LIMIT=${LIMIT:-30}
export ECON_LIBRARY="$top/stdlib" LC_ALL=C
work=$(mktemp -d) passed=0 failed=0
trap 'rm -rf "$work"' EXIT
cp "$ECONC" "$work/.econc" && ECONC=$work/.econc || exit 2   # the same command to the end, whatever is built meanwhile
# Six digits of every number, and zero for what is none: the digits past those proven belong to the machine.
shorten() { perl -pe 's/(?<![A-Za-z_0-9.])(-?\d+\.?\d*(?:[eE][-+]?\d+)?)/my $x = sprintf("%.6g", $1); abs($1) < 1e-9 ? 0 : $x/ge'; }
# JSON without its certificates and attempts, whose bounds and witnesses differ from machine to machine.
values() { perl -0pe 's/"certificate": (\{(?:[^{}]|(?1))*\})/"certificate": {}/g;s/"tried": \[[^\]]*\]/"tried": []/g'; }
econc() { timeout -k 5 "$LIMIT" "$ECONC" "$@"; }

# Everything in one folder of its own, so that messages carry bare file names.
find "$folder" -maxdepth 1 -type f ! -name '*.expected' ! -name '*.sh' -exec cp {} "$work" \;
cd "$work" || exit 2
# What is the same on every machine: no path of this checkout, no endless lines, no counts of iterations or digits of a failed search.
plain() {
  cut -c 1-400 "$1" | sed -E "s|$top/||g;s/ after [0-9]+ iterations, residual .*//" |
    sed -E 's/residual [^,]+, markets [^,]+, (no agent can gain|no allocation is better by) more than [^ ]+ /residual ..., markets ..., \1 more than ... /;s/-?[0-9]\.?[0-9]*e-(1[1-9]|[2-9][0-9])/0/g' |
    sed -E '/worst conditions at the best point/,/^  to try:/{/^    /d}' |
    perl -0pe 's/at the best point reached the\n.*?(?=\n  witness:|\n  tried:)/at the best point reached .../sg;s/^ +witness: largest in .*\n//mg;s/^ +.*: off by \S+, its terms add up to .*\n//mg;s/(?:^    .*(?:no further progress|no start inside|iteration limit|singular system|the conditions hold, but).*\n)+/    ...\n/mg'
}
transcript() {
  local file=$1 commands line status
  commands=$(sed -n '/^#\$ /!q;s/^#\$ //p' "$file" 2>/dev/null | tr -d '\0')
  [ -n "$commands" ] || commands='econc run FILE'
  while IFS= read -r line; do
    echo "\$ ${line//FILE/$file}"
    eval "${line//FILE/$file}" >"$work/.out" 2>"$work/.err" </dev/null
    status=$?
    plain "$work/.out"; plain "$work/.err"
    echo "exit status $status"
  done <<<"$commands"
}
for source in "$folder"/*.econ "$folder"/*.sh; do
  [ -e "$source" ] || continue
  name=$(basename "$source"); name=${name%.*}
  [ "$name" = run ] && continue
  case "$source" in *.sh) bash "$source" >"$name.econ" ;; esac
  transcript "$name.econ" >"$name.transcript" 2>/dev/null
  case "$source" in *.sh) rm -f "$name.econ" ;; esac
  if [ "$update" = --update ]; then
    cp "$name.transcript" "$folder/$name.expected"; passed=$((passed + 1))
  elif diff -u "$folder/$name.expected" "$name.transcript"; then passed=$((passed + 1))
  else failed=$((failed + 1)); echo "$name_of_suite: $name differs"
  fi
done
echo "$name_of_suite: $passed passed, $failed failed"
[ "$failed" = 0 ]
