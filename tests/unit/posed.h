/* posed.h: a question of an economy given as text, posed and solved with the passes of the compiler, for tests of the runtime at its solution. */
#ifndef TEST_POSED_H
#define TEST_POSED_H
#include "compiler/answer.h"
#include "lang/parse.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { Arena *mem; Compilation *cc; Model *model; Results all; Result r; const Problem *p; double *x; } Posed;

/* The first question of the text; p is NULL where it was not solved (what was said goes to stderr). */
static void posed(Posed *f, const char *text) {
  memset(f, 0, sizeof *f);
  f->mem = arena_new(NULL);
  f->cc = compilation_new(f->mem);
  f->cc->libpath = getenv("ECON_LIBRARY") ? getenv("ECON_LIBRARY") : "stdlib";
  const Source *s = source_text(f->cc->sources, "economy.econ", text, strlen(text));
  Ast *ast = econ_parse(f->cc, s);
  f->model = ast && !diag_errors(f->cc->diags) ? model_elaborate(f->cc, s, ast) : NULL;
  if (f->model && !diag_errors(f->cc->diags)) {
    const Question *q = &f->model->questions.at[0];
    Posing posing = {.cc = f->cc, .model = f->model};
    Settings none = {0};
    f->r = (Result){.name = q->name, .question = q, .model = f->model};
    Values *values = pose_values(&posing, q, NULL, 0, f->mem);
    if (values) pose_economy(&posing, q, values, NULL, 1, &f->r);
    if (f->r.values) pose_lower(&posing, &f->r);
    if (f->r.values && f->r.lowered && !answer_solve(&posing, &f->all, &f->r, &none, NULL) && f->r.solved) {
      f->p = result_problem(&f->r);
      f->x = f->r.sol.x;
    }
  }
  if (f->p) return;
  Text why = {0};
  diag_print_all(f->cc, &why);
  fprintf(stderr, "%s", why.at ? why.at : "not solved\n");
  text_free(&why);
}

static void posed_free(Posed *f) {
  solution_free(&f->r.sol);
  arena_free(f->r.mem);
  arena_free(f->mem);
}
#endif
