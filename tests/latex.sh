#!/usr/bin/env bash
# What `econc explain --latex` says of every example compiles with pdflatex; skipped where that is not installed.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
ECONC=$(realpath "${ECONC:-$top/build/econc}")
export ECON_LIBRARY="$top/stdlib"
command -v pdflatex >/dev/null || { echo "latex: 0 passed, 0 failed, 1 skipped"; exit 0; }
work=$(mktemp -d) passed=0 failed=0
trap 'rm -rf "$work"' EXIT
while IFS= read -r file; do
  name=$(basename "$file" .econ)
  if "$ECONC" explain "$file" --latex >"$work/$name.tex" 2>"$work/err" &&
    (cd "$work" && timeout 60 pdflatex -halt-on-error -interaction=nonstopmode "$name.tex" >"$name.out" 2>&1 </dev/null); then passed=$((passed + 1))
  else
    failed=$((failed + 1)); echo "latex: ${file#"$top"/}"; head -3 "$work/err"; grep -A2 '^!' "$work/$name.out" 2>/dev/null | head -5
  fi
done < <(find "$top/examples" -name '*.econ' | sort)
echo "latex: $passed passed, $failed failed"
[ "$failed" = 0 ]
