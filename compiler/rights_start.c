/* rights_start.c: see rights_start.h. */
#include "rights_start.h"
#include <math.h>

typedef struct { const Result *base, *r; SymId to; double *start; int zero; } Carry;

static void carry(void *ctx, const Elem *ix, uint32_t n, uint32_t from) {
  Carry *c = ctx;
  uint32_t at = lowered_index(c->r->lowered, c->to, ix, n);
  if (at != NO_INDEX) c->start[at] = c->base->sol.x[from];
}

static void at_zero(void *ctx, const Elem *ix, uint32_t n, uint32_t at) {
  Carry *c = ctx;
  (void)ix;
  (void)n;
  c->start[at] = 0.0;
}

static void fill(const Result *base, const Result *r, double *start) {
  const Economy *e = r->economy;
  for (SymId s = 1; s < base->economy->syms.n; s++)
    if (economy_at(base->economy, s)->name == economy_at(e, s)->name) lowered_each(base->lowered, s, carry, &(Carry){base, r, s, start, 0});
  for (uint32_t i = 0; i < e->aux.n; i++) {
    const AuxStart *a = &e->aux.at[i];
    if (a->from) lowered_each(base->lowered, a->from, carry, &(Carry){base, r, a->sym, start, 0});
    else lowered_each(r->lowered, a->sym, at_zero, &(Carry){base, r, a->sym, start, 1});
  }
  for (uint32_t i = 0; i < e->markets.n; i++)
    if (e->markets.at[i].rights) lowered_each(r->lowered, e->markets.at[i].rights, at_zero, &(Carry){base, r, 0, start, 1});
}

const double *rights_start(Posing *p, const Result *r, const Settings *s) {
  Question plain = *r->question;
  Result base = {.name = r->name, .question = &plain, .model = r->model};
  uint32_t nx = lowered_problem(r->lowered)->nx;
  double *start = ARENA_ARRAY(r->mem, double, nx + 1);
  plain.rights = 0;
  plain.concept = Q_EQUILIBRIUM;
  if (!start) return NULL;
  for (uint32_t i = 0; i < nx; i++) start[i] = NAN;
  pose_economy(p, &plain, r->values, NULL, 1, &base);
  if (base.values) pose_lower(p, &base);
  int found = 0;
  if (base.values && base.lowered) {
    EconStatus status = problem_solve(lowered_problem(base.lowered), s, NULL, &base.sol);
    found = status == ECON_SOLVED || status == ECON_INDETERMINATE;
    if (found) fill(&base, r, start);
    solution_free(&base.sol);
  }
  arena_free(base.mem);
  return found ? start : NULL;
}
