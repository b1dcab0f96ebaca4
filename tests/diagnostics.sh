#!/usr/bin/env bash
# Every diagnostic that the code can give has its entry in docs/diagnostics.md, and every entry a diagnostic.
set -u
cd "$(dirname "$0")/.."
passed=0 failed=0
said=$(cat lang/*.[chly] compiler/*.[ch] 2>/dev/null | grep -v '^ *#' | grep -oE '"[a-z]+\.[a-z_-]+"' | tr -d '"' | grep -vE '\.(econ|csv|json)$' | sort -u)
told=$(grep '^### ' docs/diagnostics.md 2>/dev/null | grep -oE '`[a-z]+\.[a-z_-]+`' | tr -d '`' | sort -u)
for id in $said; do
  if grep -qx "$id" <<<"$told"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "diagnostics: $id has no entry"; fi
done
for id in $told; do
  grep -qx "$id" <<<"$said" || { failed=$((failed + 1)); echo "diagnostics: nothing says $id"; }
done
echo "diagnostics: $passed passed, $failed failed"
[ "$failed" = 0 ]
