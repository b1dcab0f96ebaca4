/* economy_case.h: a text elaborated, and the passes run on one question's economy. */
#ifndef TEST_ECONOMY_CASE_H
#define TEST_ECONOMY_CASE_H
#include "../../compiler/pass.h"
#include "../../lang/parse.h"
#include <stdio.h>
#include <string.h>

typedef struct { Arena *mem; Compilation *cc; Model *model; Economy *e /* NULL after a diagnostic */; const Question *q; Values *v; } Case;

/* Clones the economy for question number q (the file's own where it asks none) and runs the passes up to `last` (NULL: all). */
static Case open_case(const char *text, uint32_t q, const char *last) {
  Case c = {.mem = arena_new(NULL)};
  c.cc = compilation_new(c.mem);
  const Source *s = source_text(c.cc->sources, "case.econ", text, strlen(text));
  Ast *ast = econ_parse(c.cc, s);
  if (!ast || diag_errors(c.cc->diags)) return c;
  c.model = model_elaborate(c.cc, s, ast);
  if (!c.model || diag_errors(c.cc->diags)) return c;
  c.v = values_compute(c.cc, c.model->economy, NULL, 0, c.mem);
  c.q = q < c.model->questions.n ? &c.model->questions.at[q] : NULL;
  c.e = economy_clone(c.model->economy, c.mem);
  if (!c.v || (c.e && passes_run(c.e, c.q, c.v, last))) c.e = NULL;
  return c;
}
static void show_messages(const Case *c) {
  Text t = {0};
  diag_print_all(c->cc, &t);
  printf("\n%s\n", t.at ? t.at : "nothing was said");
  text_free(&t);
}
#endif
