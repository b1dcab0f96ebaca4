#!/usr/bin/env bash
# The formatter on every model of the repository: a second pass changes nothing, no comment is lost, only white space changes.
set -u
cd "$(dirname "$0")/.."
econc=$(realpath "${ECONC:-build/econc}") passed=0 failed=0
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
squeeze() { tr -d '[:space:]' <"$1"; }
while IFS= read -r file; do
  cp "$file" "$work/once.econ"
  if ! "$econc" fmt "$work/once.econ" >"$work/out" 2>&1; then
    failed=$((failed + 1)); echo "format: $file is not formatted"; head -3 "$work/out"; continue
  fi
  cp "$work/once.econ" "$work/twice.econ"
  "$econc" fmt "$work/twice.econ" >"$work/out" 2>&1
  if ! cmp -s "$work/once.econ" "$work/twice.econ"; then failed=$((failed + 1)); echo "format: $file changes again"; diff "$work/once.econ" "$work/twice.econ" | head -5
  elif [ "$(squeeze "$file")" != "$(squeeze "$work/once.econ")" ]; then failed=$((failed + 1)); echo "format: more than white space changes in $file"
  else passed=$((passed + 1)); fi
done < <(find examples stdlib -name '*.econ' | sort)
echo "format: $passed passed, $failed failed"
[ "$failed" = 0 ]
