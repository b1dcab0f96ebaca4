#!/usr/bin/env bash
# fuzz/run.sh SECONDS: every harness of this folder under libFuzzer with the sanitizers, from the corpus and all models in the
# repository, the time shared among them and all at once. What is found is kept in build/fuzz/found and shown.
set -u
cd "$(dirname "$0")/../.."
seconds=${1:-30} san=build/san
export san build=build/fuzz
names=$(cd tests/fuzz && ls fuzz_*.c | sed 's/\.c$//')
set -- $names
export share=$((seconds / $#))
mkdir -p $build/seeds $build/found
if ! tests/sanitizers.sh $san clang fuzz >$build/make.log 2>&1; then
  tail -20 $build/make.log; echo "fuzz: 0 passed, 1 failed"; exit 1
fi
find examples stdlib tests/bad_input tests/golden -name '*.econ' -size -64k -exec cp {} $build/seeds/ \;
sed -nE 's/^"?([a-z]+)"?[[:space:]]+WORD\(.*/"\1"/p;s/^[[:space:]]*\{"([a-z]+)",.*/"\1"/p' lang/econ.l lang/lex.c | cat - tests/fuzz/econ.dict | sort -u >$build/words
harness() {
  local name=$1
  mkdir -p "$build/corpus_$name"
  if timeout $((share + 120)) "$san/tests/$name" -max_total_time="$share" -timeout=20 -rss_limit_mb=3000 -max_len=20000 -dict=$build/words \
    -artifact_prefix="$build/found/$name-" "$build/corpus_$name" tests/fuzz/corpus $build/seeds >"$build/$name.log" 2>&1; then
    echo "$name: $(grep -E '^#[0-9]+.*DONE' "$build/$name.log" | tail -1 | cut -c 1-100)"
  else
    echo "$name: found"; grep -vE '^#[0-9]+' "$build/$name.log" | tail -60; return 1
  fi
}
export -f harness
printf '%s\n' $names | tests/parallel.sh fuzz harness
