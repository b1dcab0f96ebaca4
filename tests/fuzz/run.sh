#!/usr/bin/env bash
# fuzz/run.sh SECONDS: the front end under libFuzzer with the sanitizers, from all models in the repository. What it finds is kept
# in build/fuzz and named at the end.
set -u
cd "$(dirname "$0")/../.."
seconds=${1:-30} build=build/fuzz
make --no-print-directory -s -j"$(nproc)" BUILD=$build CC=clang CFLAGS='-O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined -fno-omit-frame-pointer' \
  LDFLAGS='-fsanitize=address,undefined' fuzz >$build.log 2>&1 || { tail -20 $build.log; echo "fuzz: 0 passed, 1 failed"; exit 1; }
mkdir -p $build/corpus $build/seeds $build/found
find examples stdlib tests/bad_input tests/golden -name '*.econ' -size -64k -exec cp {} $build/seeds/ \;
cat > $build/words <<'END'
"economy" "use" "set" "param" "data" "fn" "tree" "good" "agent" "firm" "market" "let" "variable" "equation" "numeraire"
END
tr ' ' '\n' < $build/words > $build/dictionary
if timeout $((seconds + 120)) $build/tests/fuzz_text -max_total_time="$seconds" -timeout=10 -rss_limit_mb=3000 -max_len=20000 -print_final_stats=0 \
  -dict=$build/dictionary -artifact_prefix=$build/found/ $build/corpus $build/seeds >$build/log 2>&1; then
  grep -E '^#[0-9]+.*DONE' $build/log | tail -1
  echo "fuzz: 1 passed, 0 failed"
else
  grep -vE '^#[0-9]+' $build/log | tail -60
  echo "fuzz: 0 passed, 1 failed"; exit 1
fi
