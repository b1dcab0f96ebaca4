#!/usr/bin/env bash
# Every example replicates what it says: `econc test` on each file. One whose first line is `# expected to be refused: CODE` shows a
# mistake instead: `econc check` must refuse it with that code. $SKIP names a file of those to leave out.
set -u
cd "$(dirname "$0")/.."
export econc=${ECONC:-build/econc}
example() {
  local file=$1 refused out status
  refused=$(sed -n '1s/^# expected to be refused: //p' "$file")
  if [ -n "$refused" ]; then
    out=$(timeout -k 5 "${LIMIT:-60}" "$econc" check "$file" 2>&1); status=$?
    [ "$status" = 1 ] && grep -qF "[$refused]" <<<"$out" && return
    echo "examples: $file is not refused with $refused"
  else
    out=$(timeout -k 5 "${LIMIT:-60}" "$econc" test "$file" 2>&1) && return
    echo "examples: $file"
  fi
  head -40 <<<"$out"
  return 1
}
export -f example
# Those of some seconds first, so that none of them is left to run alone at the end.
find examples -name '*.econ' | sort | cat tests/long.txt - | awk '!seen[$0]++' | grep -vxF -f "${SKIP:-/dev/null}" | tests/parallel.sh examples example
