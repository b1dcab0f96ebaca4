/* statistic.c: the table of statistics and what their functions share. See statistic.h. */
#include "statistic.h"
#include "family.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

const Statistic econ_statistics[] = {
    {"sensitivity", "sensitivity(VALUE, PARAMETER)", {ARG_VALUE, ARG_PARAMETER}, 2, 2, statistic_sensitivity, {NULL}, 0, 0},
    {"elasticity", "elasticity(VALUE, PARAMETER)", {ARG_VALUE, ARG_PARAMETER}, 2, 2, statistic_elasticity, {NULL}, 0, 0},
    {"ev", "ev(B, A) or ev(B, A, TYPE)", {ARG_SOLUTION, ARG_SOLUTION, ARG_TYPE}, 3, 2, statistic_ev, {NULL}, 0, 0},
    {"cv", "cv(B, A) or cv(B, A, TYPE)", {ARG_SOLUTION, ARG_SOLUTION, ARG_TYPE}, 3, 2, statistic_cv, {NULL}, 0, 0},
    {"ce", "ce(B, A, CHOICE) or ce(B, A, CHOICE, TYPE)", {ARG_SOLUTION, ARG_SOLUTION, ARG_CHOICE, ARG_TYPE}, 4, 3, statistic_ce, {NULL}, 0, 0},
    {"externality", "externality(S), externality(S, PRICE), each also with distributive or collateral", {ARG_SOLUTION, ARG_WORD, ARG_PRICE}, 3, 1, statistic_externality,
     {"distributive", "collateral"}, 0, 1},
    {"externality_gap", "externality_gap(S)", {ARG_SOLUTION}, 1, 1, statistic_gap, {NULL}, 0, 0},
    {"wedge", "wedge(S, CHOICE) or wedge(S, PARAMETER)", {ARG_SOLUTION, ARG_QUANTITY}, 2, 2, statistic_wedge, {NULL}, 0, 1},
    {"rights_schedule", "rights_schedule(S, PRICE, VALUE), also with low or high", {ARG_SOLUTION, ARG_PRICE, ARG_VALUE, ARG_WORD}, 4, 3, statistic_schedule, {"low", "high"}, 1, 1},
    {"pareto_transfers", "pareto_transfers(B, A) or pareto_transfers(B, A, TYPE)", {ARG_SOLUTION, ARG_SOLUTION, ARG_TYPE}, 3, 2, statistic_transfers, {NULL}, 0, 0},
    {"pareto_surplus", "pareto_surplus(B, A)", {ARG_SOLUTION, ARG_SOLUTION}, 2, 2, statistic_surplus, {NULL}, 0, 0},
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

Result *statistic_with_rights(Asked *a, const Expr *named) {
  Result *r = statistic_solution(a, named);
  if (!r || r->economy->bearing) return r;
  statistic_text(a, "`%s` has no rights to trade", str_text(r->model->cc->strs, r->name));
  return NULL;
}

uint32_t statistic_indices(const Asked *a, const Expr *ref, Elem *ix) {
  if (ref->nix > RESULT_DIMS) return 0;
  for (uint32_t i = 0; i < ref->nix; i++) ix[i] = statistic_index(a, ref->ix[i]);
  return ref->nix;
}

Elem statistic_index(const Asked *a, Ix x) {
  Eval e = {a->here->values ? a->here->values : a->all->base.values, (Elem *)(uintptr_t)a->env, a->nenv, NULL, NULL, 0};
  return eval_ix(&e, x);
}
