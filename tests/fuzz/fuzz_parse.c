/* fuzz_parse.c: any bytes through the front door, for libFuzzer. What parses must format to a fixed point with the same tree.
 * clang -fsanitize=fuzzer,address,undefined ...; ./fuzz_parse -timeout=10 -max_len=4096 tests/fuzz/corpus */
#include "lang/parse.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int ok) {
  if (!ok) abort();
}

static int same(const Text *a, const Text *b) { return a->n == b->n && (!a->n || !memcmp(a->at, b->at, a->n)); }

static void check_format(Compilation *c, const Source *s, const Ast *tree) {
  Text once = {0}, twice = {0}, before = {0}, after = {0};
  require(!econ_format(c, s, &once));
  const Source *f = source_text(c->sources, "formatted", once.at ? once.at : "", once.n);
  const Ast *again = econ_parse(c, f);
  require(again && !diag_errors(c->diags));
  ast_dump(tree, c->strs, &before);
  ast_dump(again, c->strs, &after);
  require(same(&before, &after));
  require(!econ_format(c, f, &twice));
  require(same(&once, &twice));
  text_free(&once);
  text_free(&twice);
  text_free(&before);
  text_free(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Arena *a = arena_new(NULL);
  Compilation *c = compilation_new(a);
  const Source *s = source_text(c->sources, "input", (const char *)data, size);
  const Ast *tree = econ_parse(c, s);
  require(tree != NULL);
  if (!diag_errors(c->diags)) check_format(c, s, tree);
  Text out = {0};
  diag_print_all(c, &out);
  text_free(&out);
  arena_free(a);
  a = arena_new(NULL);
  c = compilation_new(a);
  econ_parse_expression(c, source_text(c->sources, "expression", (const char *)data, size));
  arena_free(a);
  return 0;
}
