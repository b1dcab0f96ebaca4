/* rights_linear.c: see rights_linear.h. */
#include "rights_linear.h"
#include "../runtime/linsys.h"
#include "../runtime/system.h"
#include <math.h>
#include <string.h>

static const double LOOSE = 1e-9;               /* weight on the size of what the equations leave open, relative to their rows */

typedef struct { const Result *r; SymId price; uint32_t *col, *row; uint32_t ncol, nrow; uint8_t *taken; } Pick;

static void take(Pick *k, uint32_t col, uint32_t row) {
  if (col == NO_INDEX || row == NO_INDEX || k->taken[col]) return;
  k->taken[col] = 1;
  k->col[k->ncol++] = col;
  k->row[k->nrow++] = row;
}

static void right(void *ctx, const Elem *ix, uint32_t n, uint32_t at) {
  Pick *k = ctx;
  take(k, at, lowered_index(k->r->lowered, k->price, ix, n));
}

static void adjoint(void *ctx, const Elem *ix, uint32_t n, uint32_t at) {
  (void)ix, (void)n;
  take(ctx, at, at);
}

static void pick(Pick *k) {
  const Economy *e = k->r->economy;
  for (uint32_t i = 0; i < e->markets.n; i++) {
    k->price = e->markets.at[i].price;
    if (e->markets.at[i].rights && !e->markets.at[i].dropped) lowered_each(k->r->lowered, e->markets.at[i].rights, right, k);
  }
  for (uint32_t i = 0; i < e->aux.n; i++) lowered_each(k->r->lowered, e->aux.at[i].sym, adjoint, k);
}

/* The picked part of the Jacobian at x and what is wanted of it. Rows over the largest of their entries. */
typedef struct { int *start, *row; double *at, *wanted, *step, *reg; } Part;

static int part(const Pick *k, System *s, const double *x, Arena *mem, Part *out) {
  const Csc *j = &s->jac;
  uint32_t nx = s->p->nx, *place = ARENA_ARRAY(mem, uint32_t, nx + 1);
  double *F = ARENA_ARRAY(mem, double, nx + 1), *most = ARENA_ARRAY(mem, double, k->nrow + 1);
  size_t entries = 0;
  for (uint32_t c = 0; c < k->ncol; c++) entries += (size_t)(j->start[k->col[c] + 1] - j->start[k->col[c]]);
  *out = (Part){ARENA_ARRAY(mem, int, k->ncol + 2), ARENA_ARRAY(mem, int, entries + 1), ARENA_ARRAY(mem, double, entries + 1), ARENA_ARRAY(mem, double, k->nrow + 1),
                ARENA_ARRAY(mem, double, k->ncol + 1), ARENA_ARRAY(mem, double, k->ncol + 1)};
  if (arena_failed(mem) || system_rows(s, x, F, NULL) || system_jacobian(s, x)) return 1;
  memset(place, 0xff, nx * sizeof *place);
  for (uint32_t i = 0; i < k->nrow; i++) place[k->row[i]] = i;
  int n = 0;
  for (uint32_t c = 0; c < k->ncol; c++) {
    out->start[c] = n;
    for (int e = j->start[k->col[c]]; e < j->start[k->col[c] + 1]; e++) {
      uint32_t row = (uint32_t)j->row[e] < nx ? place[j->row[e]] : NO_INDEX;
      if (row == NO_INDEX || j->at[e] == 0) continue;
      out->row[n] = (int)row;
      out->at[n++] = j->at[e];
      most[row] = fmax(most[row], fabs(j->at[e]));
    }
  }
  out->start[k->ncol] = n;
  for (int e = 0; e < n; e++) out->at[e] /= most[out->row[e]];
  for (uint32_t i = 0; i < k->nrow; i++) out->wanted[i] = most[i] > 0 ? -F[k->row[i]] / most[i] : 0;
  for (uint32_t c = 0; c < k->ncol; c++) out->reg[c] = LOOSE;
  return 0;
}

int rights_linear(const Result *r, double *x) {
  const Problem *p = lowered_problem(r->lowered);
  Arena *mem = arena_new(NULL);
  System *s = mem ? system_new(p, mem) : NULL;
  Pick k = {.r = r};
  Part a;
  int failed = !s || system_csc(s);
  for (uint32_t i = 0; i < p->nx && !failed; i++) failed = !isfinite(x[i]);
  if (!failed) {
    k.col = ARENA_ARRAY(mem, uint32_t, p->nx + 1);
    k.row = ARENA_ARRAY(mem, uint32_t, p->nx + 1);
    k.taken = ARENA_ARRAY(mem, uint8_t, p->nx + 1);
    failed = arena_failed(mem);
  }
  if (!failed) pick(&k);
  if (!failed) failed = !k.ncol || part(&k, s, x, mem, &a);
  Lsq *q = failed ? NULL : lsq_new((int)k.nrow, (int)k.ncol, a.start, a.row, a.at, mem);
  if (q) {
    failed = lsq_factor(q, NULL, a.reg) || lsq_solve(q, a.wanted, NULL, a.step);
    for (uint32_t c = 0; c < k.ncol; c++) failed = failed || !isfinite(a.step[c]);
    for (uint32_t c = 0; c < k.ncol && !failed; c++) x[k.col[c]] += a.step[c];
    lsq_free(q);
  } else failed = 1;
  arena_free(mem);
  return failed;
}
