#!/usr/bin/env bash
# Every example replicates what it says: `econc test` on each file.
set -u
cd "$(dirname "$0")/.."
econc=${ECONC:-build/econc} passed=0 failed=0
while IFS= read -r file; do
  if out=$(timeout -k 5 "${LIMIT:-60}" "$econc" test "$file" 2>&1); then passed=$((passed + 1))
  else failed=$((failed + 1)); echo "examples: $file"; echo "$out" | head -40; fi
done < <(find examples -name '*.econ' | sort)
echo "examples: $passed passed, $failed failed"
[ "$failed" = 0 ]
