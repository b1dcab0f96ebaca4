#!/usr/bin/env bash
# The formatter on every model of the repository: a second pass changes nothing, no comment is lost, only white space changes.
set -u
cd "$(dirname "$0")/.."
econc=$(realpath "${ECONC:-build/econc}") work=$(mktemp -d)
export econc work
trap 'rm -rf "$work"' EXIT
squeeze() { tr -d '[:space:]' <"$1"; }
format() {
  local file=$1 at
  at=$(mktemp -d -p "$work") && cp "$file" "$at/once.econ"
  "$econc" fmt "$at/once.econ" >"$at/out" 2>&1 || { echo "format: $file is not formatted"; head -3 "$at/out"; return 1; }
  cp "$at/once.econ" "$at/twice.econ"
  "$econc" fmt "$at/twice.econ" >"$at/out" 2>&1
  cmp -s "$at/once.econ" "$at/twice.econ" || { echo "format: $file changes again"; diff "$at/once.econ" "$at/twice.econ" | head -5; return 1; }
  [ "$(squeeze "$file")" = "$(squeeze "$at/once.econ")" ] || { echo "format: more than white space changes in $file"; return 1; }
}
export -f squeeze format
find examples stdlib -name '*.econ' | sort | tests/parallel.sh format format
