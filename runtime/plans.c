#include "plans.h"
#include <math.h>

int plans_room(Lp *lp, size_t rows, size_t cols, size_t entries, Arena *mem) {
  *lp = (Lp){.ncol = (uint32_t)cols};
  lp->row_lo = ARENA_ARRAY(mem, double, rows + 1);
  lp->row_hi = ARENA_ARRAY(mem, double, rows + 1);
  lp->col_lo = ARENA_ARRAY(mem, double, cols + 1);
  lp->col_hi = ARENA_ARRAY(mem, double, cols + 1);
  lp->cost = ARENA_ARRAY(mem, double, cols + 1);
  lp->entry = ARENA_ARRAY(mem, LpEntry, entries + 1);
  return !arena_failed(mem);
}

void plans_row(Lp *lp, const double *coef, uint32_t n, uint32_t first, double lo, double hi) {
  for (uint32_t i = 0; i < n; i++)
    if (coef[i] != 0) lp->entry[lp->nentry++] = (LpEntry){lp->nrow, first + i, coef[i]};
  lp->row_lo[lp->nrow] = lo;
  lp->row_hi[lp->nrow++] = hi;
}

/* Numbers the unknowns that the kernel reads and the agent does not choose. */
static int find_given(Plans *out, AgentClass *a, uint32_t lane, const double *x, Arena *mem) {
  const Kernel *k = a->b->k;
  AffineFrame *f = &out->frame;
  out->given_index = ARENA_ARRAY(mem, uint32_t, k->nin + 1);
  f->given = ARENA_ARRAY(mem, uint32_t, k->nin + 1);
  f->given_box = ARENA_ARRAY(mem, Interval, k->nin + 1);
  if (arena_failed(mem)) return 0;
  for (uint32_t i = 0; i < k->nin; i++) {
    uint32_t at, g = 0;
    agent_input(a->p, a->b, i, lane, x, &at);
    f->given[i] = NO_INDEX;
    if (f->var[i] != NO_INDEX || at == NO_INDEX) continue;
    while (g < f->ngiven && out->given_index[g] != at) g++;
    if (g == f->ngiven) {
      out->given_index[g] = at;
      f->given_box[g] = (Interval){a->lower[at], a->upper[at]};
      f->ngiven++;
    }
    f->given[i] = g;
  }
  return 1;
}

int plans_read(Plans *out, AgentClass *a, uint32_t lane, const double *x, Arena *mem) {
  const Kernel *k = a->b->k;
  agent_load(a, lane, x);
  *out = (Plans){.a = a};
  AffineFrame *f = &out->frame;
  f->nin = k->nin;
  f->nvar = a->nchoice;
  f->var = a->in_choice;
  f->in = ARENA_ARRAY(mem, double, k->nin + 1);
  f->var_box = ARENA_ARRAY(mem, Interval, a->nchoice + 1);
  if (!f->in || !f->var_box || !find_given(out, a, lane, x, mem)) return 0;
  for (uint32_t i = 0; i < k->nin; i++) f->in[i] = agent_input(a->p, a->b, i, lane, x, NULL);
  for (uint32_t i = 0; i < a->nchoice; i++) f->var_box[i] = (Interval){a->lo[i], a->hi[i]};
  out->con = affine_rows(&a->constraint, f, mem);
  out->domain = affine_rows(&k->domain, f, mem);
  out->ndomain = k->domain.nout;
  return out->con && out->domain;
}

void plans_strict(const Plans *p, uint8_t *strict) {
  uint32_t n = p->a->nchoice;
  for (uint32_t i = 0; i < n; i++) strict[i] = 0;
  for (uint32_t j = 0; j < p->ndomain; j++) {
    const AffineRow *r = &p->domain[j];
    uint32_t of = NO_INDEX, others = 0;
    if (r->kind != AFFINE_FREE) continue;
    for (uint32_t i = 0; i < n; i++) {
      if (r->coef[i] == 0) continue;
      others += of != NO_INDEX;
      of = i;
    }
    if (of != NO_INDEX && !others && r->coef[of] > 0 && r->constant + r->coef[of] * p->a->lo[of] <= 0) strict[of] = 1;
  }
}

int plans_program(const Plans *p, Lp *lp, uint32_t *of, Arena *mem) {
  const AgentClass *a = p->a;
  size_t rows = (size_t)a->ncon + p->ndomain;
  if (!plans_room(lp, rows, a->nchoice, rows * a->nchoice, mem)) return 0;
  for (uint32_t i = 0; i < a->nchoice; i++) {
    lp->col_lo[i] = a->lo[i];
    lp->col_hi[i] = a->hi[i];
  }
  for (uint32_t j = 0; j < a->ncon; j++) {
    const AffineRow *r = &p->con[j];
    if (r->kind != AFFINE_FREE || a->dropped[j]) continue;
    if (of) of[lp->nrow] = j;
    plans_row(lp, r->coef, a->nchoice, 0, -r->constant, a->equality[j] ? -r->constant : INFINITY);
  }
  for (uint32_t j = 0; j < p->ndomain; j++) {
    const AffineRow *r = &p->domain[j];
    if (r->kind != AFFINE_FREE) continue;
    if (of) of[lp->nrow] = NO_INDEX;
    plans_row(lp, r->coef, a->nchoice, 0, -r->constant, INFINITY);
  }
  return 1;
}

int plans_directions(const Plans *p, Lp *lp, Arena *mem) {
  const AgentClass *a = p->a;
  uint32_t n = a->nchoice, ng = p->frame.ngiven;
  size_t rows = (size_t)a->ncon * (1 + ng) + p->ndomain;
  if (!plans_room(lp, rows, n, rows * n, mem)) return 0;
  for (uint32_t i = 0; i < n; i++) {
    lp->col_lo[i] = isinf(a->lo[i]) ? -1 : 0;
    lp->col_hi[i] = isinf(a->hi[i]) ? 1 : 0;
  }
  for (uint32_t j = 0; j < a->ncon; j++) {
    const AffineRow *r = &p->con[j];
    if (a->dropped[j]) continue;
    if (r->kind == AFFINE_NO) return 0;
    plans_row(lp, r->coef, n, 0, 0, a->equality[j] ? 0 : INFINITY);
    for (uint32_t g = 0; r->kind == AFFINE_PRICED && g < ng; g++)
      plans_row(lp, r->price_coef[g], n, 0, 0, a->equality[j] || p->frame.given_box[g].lo < 0 ? 0 : INFINITY);
  }
  for (uint32_t j = 0; j < p->ndomain; j++) {
    if (p->domain[j].kind != AFFINE_FREE) return 0;
    plans_row(lp, p->domain[j].coef, n, 0, 0, INFINITY);
  }
  return 1;
}
