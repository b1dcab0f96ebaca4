#!/usr/bin/env bash
# transcript.sh FOLDER [--update]: runs the commands of every NAME.econ (or of what NAME.sh writes) in FOLDER and compares what is said
# and the exit status with NAME.expected. Commands are the first lines `#$ econc run FILE ...`; without any, `econc run FILE`.
# --update writes the transcripts instead; a person reads them before they are committed. $ECONC is the command (build/econc),
# $LIMIT the seconds one command may take (30).
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
folder=$(cd "$1" && pwd) update=${2:-} name_of_suite=$(basename "$folder")
ECONC=$(realpath "${ECONC:-$top/build/econc}") LIMIT=${LIMIT:-30}
export ECON_LIBRARY="$top/stdlib" LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$ECONC" "$work/.econc" && ECONC=$work/.econc || exit 2   # the same command to the end, whatever is built meanwhile
export top folder update ECONC LIMIT work
# Six digits of every number, and zero for what is none: the digits past those proven belong to the machine.
shorten() { perl -pe 's/(?<![A-Za-z_0-9.])(-?\d+\.?\d*(?:[eE][-+]?\d+)?)/my $x = sprintf("%.6g", $1); abs($1) < 1e-9 ? 0 : $x/ge'; }
# JSON without its certificates and attempts, whose bounds and witnesses differ from machine to machine.
values() { perl -0pe 's/"certificate": (\{(?:[^{}]|(?1))*\})/"certificate": {}/g;s/"tried": \[[^\]]*\]/"tried": []/g'; }
econc() { timeout -k 5 "$LIMIT" "$ECONC" "$@"; }

# What is the same on every machine: no path of this checkout, no endless lines, no counts of iterations or digits of a failed search.
plain() {
  cut -c 1-400 "$1" | sed -E "s|$top/||g;s/ after [0-9]+ iterations, residual .*//" |
    sed -E 's/residual [^,]+, markets [^,]+, (no agent can gain|no allocation is better by) more than [^ ]+ /residual ..., markets ..., \1 more than ... /;s/-?[0-9]\.?[0-9]*e-(1[1-9]|[2-9][0-9])/0/g' |
    sed -E '/worst conditions at the best point/,/^  to try:/{/^    /d}' |
    perl -0pe 's/at the best point reached the\n.*?(?=\n  witness:|\n  tried:)/at the best point reached .../sg;s/^ +witness: largest in .*\n//mg;s/^ +.*: off by \S+, its terms add up to .*\n//mg;s/(?:^    .*(?:no further progress|no start inside|iteration limit|singular system|the conditions hold, but).*\n)+/    ...\n/mg'
}
transcript() {
  set -o pipefail
  local file=$1 commands line status
  commands=$(sed -n '/^#\$ /!q;s/^#\$ //p' "$file" 2>/dev/null | tr -d '\0')
  [ -n "$commands" ] || commands='econc run FILE'
  while IFS= read -r line; do
    echo "\$ ${line//FILE/$file}"
    eval "${line//FILE/$file}" >.out 2>.err </dev/null
    status=$?
    plain .out; plain .err
    echo "exit status $status"
  done <<<"$commands"
}
# Each in a folder of its own with the tables beside the models, so that messages carry bare file names and no transcript sees another's files.
one() {
  local source=$1 name
  name=$(basename "$source"); name=${name%.*}
  mkdir "$work/$name" && cd "$work/$name" || return 2
  find "$folder" -maxdepth 1 -type f ! -name '*.expected' ! -name '*.sh' ! -name '*.econ' -exec cp -t . {} +
  case "$source" in
    *.sh) bash "$source" >"$name.econ" ;;
    *) cp "$source" . ;;
  esac
  transcript "$name.econ" >../"$name.transcript" 2>/dev/null
  rm -rf "${work:?}/$name"
  if [ "$update" = --update ]; then cp "$work/$name.transcript" "$folder/$name.expected"
  else diff -u "$folder/$name.expected" "$work/$name.transcript" || { echo "$(basename "$folder"): $name differs"; return 1; }
  fi
}
export -f shorten values econc plain transcript one
find "$folder" -maxdepth 1 \( -name '*.econ' -o -name '*.sh' \) ! -name run.sh | sort | "$top/tests/parallel.sh" "$(basename "$folder")" one
