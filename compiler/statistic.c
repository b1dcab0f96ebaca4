/* statistic.c: the table of statistics and what their functions share. See statistic.h. */
#include "statistic.h"
#include "family.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

const Statistic econ_statistics[] = {
    {"sensitivity", "sensitivity(VALUE, PARAMETER)", {ARG_VALUE, ARG_PARAMETER}, 2, 2, statistic_sensitivity},
    {"elasticity", "elasticity(VALUE, PARAMETER)", {ARG_VALUE, ARG_PARAMETER}, 2, 2, statistic_elasticity},
    {"ev", "ev(B, A) or ev(B, A, TYPE)", {ARG_SOLUTION, ARG_SOLUTION, ARG_TYPE}, 3, 2, statistic_ev},
    {"cv", "cv(B, A) or cv(B, A, TYPE)", {ARG_SOLUTION, ARG_SOLUTION, ARG_TYPE}, 3, 2, statistic_cv},
    {"ce", "ce(B, A, CHOICE) or ce(B, A, CHOICE, TYPE)", {ARG_SOLUTION, ARG_SOLUTION, ARG_CHOICE, ARG_TYPE}, 4, 3, statistic_ce},
};
const uint32_t econ_nstatistics = sizeof econ_statistics / sizeof *econ_statistics;

double statistic_value(Asked *a, const Expr *e) { return e->v < econ_nstatistics ? econ_statistics[e->v].value(a, e) : NAN; }

const char *statistic_text(Asked *a, const char *format, ...) {
  char buf[400];
  va_list args;
  va_start(args, format);
  int n = vsnprintf(buf, sizeof buf, format, args);
  va_end(args);
  size_t size = n < 0 ? 0 : (size_t)n < sizeof buf ? (size_t)n : sizeof buf - 1;
  return a->why = arena_text(a->all->base.mem, buf, size);
}

Result *statistic_solution(Asked *a, const Expr *named) {
  Result *r = family_find(a->all, named->solution, a->here);
  if (r && r->solved && r->values && !result_is_family(r)) return r;
  statistic_text(a, "`%s` was not solved", str_text(a->all->model->cc->strs, named->solution));
  return NULL;
}

Elem statistic_index(const Asked *a, Ix x) {
  Eval e = {a->here->values ? a->here->values : a->all->base.values, (Elem *)(uintptr_t)a->env, a->nenv, NULL, NULL, 0};
  return eval_ix(&e, x);
}
