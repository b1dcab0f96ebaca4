#!/usr/bin/env bash
# fuzz/run.sh SECONDS: every harness of this folder under libFuzzer with the sanitizers, from the corpus and all models in the
# repository, the time shared among them. What is found is kept in build/fuzz/found and shown.
set -u
cd "$(dirname "$0")/../.."
seconds=${1:-30} build=build/fuzz passed=0 failed=0
names=$(cd tests/fuzz && ls fuzz_*.c | sed 's/\.c$//')
set -- $names
share=$((seconds / $#))
mkdir -p $build/seeds $build/found
if ! make --no-print-directory -s -j"$(nproc)" BUILD=$build CC=clang LDFLAGS='-fsanitize=address,undefined' \
  CFLAGS='-O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined -fno-omit-frame-pointer' fuzz >$build/make.log 2>&1; then
  tail -20 $build/make.log; echo "fuzz: 0 passed, 1 failed"; exit 1
fi
find examples stdlib tests/bad_input tests/golden -name '*.econ' -size -64k -exec cp {} $build/seeds/ \;
sed -nE 's/^"?([a-z]+)"?[[:space:]]+WORD\(.*/"\1"/p;s/^[[:space:]]*\{"([a-z]+)",.*/"\1"/p' lang/econ.l lang/lex.c | cat - tests/fuzz/econ.dict | sort -u >$build/words
for name in $names; do
  mkdir -p "$build/corpus_$name"
  if timeout $((share + 120)) "$build/tests/$name" -max_total_time="$share" -timeout=20 -rss_limit_mb=3000 -max_len=20000 -dict=$build/words \
    -artifact_prefix="$build/found/$name-" "$build/corpus_$name" tests/fuzz/corpus $build/seeds >"$build/$name.log" 2>&1; then
    passed=$((passed + 1)); echo "$name: $(grep -E '^#[0-9]+.*DONE' "$build/$name.log" | tail -1 | cut -c 1-100)"
  else
    failed=$((failed + 1)); echo "$name: found"; grep -vE '^#[0-9]+' "$build/$name.log" | tail -60
  fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" = 0 ]
