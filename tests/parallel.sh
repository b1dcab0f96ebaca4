#!/usr/bin/env bash
# parallel.sh NAME COMMAND...: runs COMMAND ITEM for every line of standard input, $JOBS at a time (as many as there are processors), and
# prints what each said in the order of the lines, whichever ended first. An item is right when it ends with status 0; the last line counts
# them, "NAME: N passed, N failed". With the name `-` the items print such lines of their own. COMMAND may be an exported function.
set -u
name=$1; shift
said=$(mktemp -d) passed=0 failed=0 n=0
trap 'rm -rf "$said"' EXIT
while IFS= read -r item; do printf '%d\0%s\0' $((++n)) "$item"; done |
  SAID=$said xargs -0 -r -n 2 -P "${JOBS:-$(nproc)}" bash -c 'n=${*: -2:1}; "${@:1:$#-2}" "${@: -1}" >"$SAID/$n" 2>&1 </dev/null; echo $? >"$SAID/$n.status"' parallel "$@"
for ((n = 1; ; n++)); do
  [ -e "$said/$n" ] || break
  cat "$said/$n"
  if [ "$(cat "$said/$n.status" 2>/dev/null)" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
[ "$name" = - ] || echo "$name: $passed passed, $failed failed"
[ "$failed" = 0 ]
