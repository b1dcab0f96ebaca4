#!/usr/bin/env bash
# Every example replicates what it says: `econc test` on each file. One whose first line is `# expected to be refused: CODE` shows a
# mistake instead: `econc check` must refuse it with that code. $SKIP names a file of those to leave out.
set -u
cd "$(dirname "$0")/.."
econc=${ECONC:-build/econc} passed=0 failed=0
while IFS= read -r file; do
  refused=$(sed -n '1s/^# expected to be refused: //p' "$file")
  if [ -n "$refused" ]; then
    out=$(timeout -k 5 "${LIMIT:-60}" "$econc" check "$file" 2>&1); status=$?
    if [ "$status" = 1 ] && grep -qF "[$refused]" <<<"$out"; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "examples: $file is not refused with $refused"; echo "$out" | head -40; fi
  elif out=$(timeout -k 5 "${LIMIT:-60}" "$econc" test "$file" 2>&1); then passed=$((passed + 1))
  else failed=$((failed + 1)); echo "examples: $file"; echo "$out" | head -40; fi
done < <(find examples -name '*.econ' | grep -vxF -f "${SKIP:-/dev/null}" | sort)
echo "examples: $passed passed, $failed failed"
[ "$failed" = 0 ]
