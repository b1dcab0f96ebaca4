#!/usr/bin/env bash
# The arrows of the house: what each room may include, who may print or end the program, and no state outside of arguments.
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build} passed=0 failed=0
wrong() { echo "layering: $1"; failed=$((failed + 1)); }

# Folder/file of an include, written relative to the file or to the top.
resolve() {
  local dir=$1 inc=$2
  if [ -e "$dir/$inc" ]; then realpath --relative-to=. "$dir/$inc"; else echo "$inc"; fi
}
for f in lang/*.[chly] compiler/*.[ch] runtime/*.[ch]; do
  [ -e "$f" ] || continue
  room=${f%%/*}
  while IFS=: read -r line inc; do
    to=$(resolve "$room" "$inc")
    case "$f:$to" in
      compiler/econc.c:compiler/econ.h) ;;
      compiler/econc.c:*) wrong "$f:$line: the command may include econ.h alone, not $inc" ;;
      lang/*:econ.tab.h | lang/*:econ.lex.h) ;;
      lang/*:lang/* | lang/*:runtime/arena.h | lang/*:runtime/text.h | lang/*:runtime/status.h) ;;
      compiler/*:compiler/* | compiler/*:lang/* | compiler/*:runtime/*) ;;
      runtime/*:runtime/*) ;;
      *) wrong "$f:$line: $room/ may not include $inc" ;;
    esac
  done < <(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/;T;=;p' "$f" | paste -d: - -)
  passed=$((passed + 1))
done

# Printing and ending the program belong to the command alone; a worker process of a sweep ends itself.
while IFS= read -r hit; do wrong "$hit (only compiler/econc.c prints or ends the program)"; done < <(
  grep -nE '(^|[^_[:alnum:]])(printf|vprintf|puts|putchar|perror|exit|_exit|abort|fprintf[[:space:]]*\([[:space:]]*std(out|err))[[:space:]]*\(?' \
    lang/*.[cly] compiler/*.c runtime/*.c 2>/dev/null | grep -v '^compiler/econc\.c:' | grep -vE '^compiler/sweep_jobs\.c:.*[^a-z]_exit\(' | grep -vE ':[[:space:]]*(/?\*|//)' |
    grep -E '(^|[^_[:alnum:]."])(printf|vprintf|puts|putchar|perror|exit|_exit|abort|fprintf[[:space:]]*\([[:space:]]*std(out|err))[[:space:]]*[(,]' |
    grep -v '__attribute__((format(printf')
passed=$((passed + 1))

# No object that can be written outlives a call: nothing in .data or .bss of the library.
if [ -f "$build/libecon.a" ]; then
  while IFS= read -r sym; do wrong "writable static data in the library: $sym"; done < <(
    objdump -t "$build/libecon.a" 2>/dev/null | awk '$0 ~ / O \.(data|bss|tdata|tbss)[[:space:]]/ {print $NF} $0 ~ /\*COM\*/ {print $NF}')
  passed=$((passed + 1))
fi
# Members of one archive are told apart by their base names.
twice=$(ls lang/*.c compiler/*.c runtime/*.c 2>/dev/null | sed 's|.*/||' | sort | uniq -d)
[ -z "$twice" ] || wrong "two sources share a name: $twice"
passed=$((passed + 1))
echo "layering: $passed passed, $failed failed"
[ "$failed" = 0 ]
