#!/usr/bin/env bash
# sanitizers.sh FOLDER COMPILER TARGET...: those targets with the address and undefined-behaviour sanitizers, in FOLDER. A warning is an error. With
# clang the library carries libFuzzer's counters too: the harnesses and the sanitized tests are of one build. Objects that were made with other
# words than these are not kept.
set -eu
cd "$(dirname "$0")/.."
folder=$1 compiler=$2; shift 2
counters=""
[ "$compiler" != clang ] || counters=,fuzzer-no-link
words="-O1 -g -fsanitize=address,undefined$counters -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
if [ "$(cat "$folder/words" 2>/dev/null)" != "$compiler $words" ]; then
  rm -rf "$folder"
  mkdir -p "$folder"
  echo "$compiler $words" >"$folder/words"
fi
exec make --no-print-directory -s -j"$(nproc)" BUILD="$folder" CC="$compiler" STRICT=-Werror CFLAGS="$words" LDFLAGS=-fsanitize=address,undefined "$@"
