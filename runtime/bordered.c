#include "bordered.h"
#include "team.h"
#include <math.h>
#include <string.h>

static const double BACKWARD_GOOD = 1e-13, BACKWARD_USABLE = 1e-6;
enum { REFINEMENTS = 4 };

Bordered *bordered_new(const Cells *c, const Slice *slice, uint32_t nslice, double *left, Arena *mem) {
  Bordered *m = ARENA_NEW(mem, Bordered);
  if (!m) return NULL;
  *m = (Bordered){.c = c, .slice = slice, .nslice = nslice, .left = left};
  m->border = border_new(c, slice, nslice, mem);
  m->part = ARENA_ARRAY(mem, double, (size_t)nslice * c->nborder + 1);
  m->sums = ARENA_ARRAY(mem, double, (size_t)nslice * c->nborder + 1);
  m->most = ARENA_ARRAY(mem, double, nslice + 1);
  if (m->border && !arena_failed(mem)) return m;
  border_free(m->border);
  return NULL;
}

BorderStatus bordered_factor(Bordered *m, Weights w) {
  m->w = w;
  return border_factor(m->border, w);
}

typedef struct { Bordered *m; const double *z, *b; double *out; } Product;

static void product_slice(void *ctx, uint32_t at, uint32_t member) {
  const Product *q = ctx;
  Bordered *m = q->m;
  uint32_t n = m->c->nborder;
  (void)member;
  m->most[at] = cells_product(m->c, &m->w, &m->slice[at], q->z, q->b, q->out, m->part + (size_t)at * n, m->sums + (size_t)at * n);
}

double bordered_product(Bordered *m, const double *z, const double *b, double *out) {
  const Cells *c = m->c;
  Product q = {m, z, b, out};
  double most = 0.0;
  team_run_if(m->nslice > c->nblock, m->nslice, product_slice, &q);
  for (uint32_t i = 0; i < c->nborder; i++) {
    double sum = 0.0, size = b ? fabs(b[i]) : 0.0;
    for (uint32_t j = 0; j < c->nborder; j++) {
      double t = m->w.row[i] * c->corner[(size_t)j * c->nsum + i] * (m->w.col[j] * z[j]);
      sum += t;
      size += fabs(t);
    }
    sum += m->w.diag[i] * z[i];
    size += fabs(m->w.diag[i] * z[i]);
    for (uint32_t k = 0; k < m->nslice; k++) {
      sum += m->part[(size_t)k * c->nborder + i];
      size += m->sums[(size_t)k * c->nborder + i];
    }
    out[i] = sum;
    most = fmax(most, size);
  }
  for (uint32_t k = 0; k < m->nslice; k++) most = fmax(most, m->most[k]);
  return most;
}

/* left := b - A z; returns its size relative to the terms. */
static double residual(Bordered *m, const double *b, const double *z) {
  double most = bordered_product(m, z, b, m->left), worst = 0.0;
  for (uint32_t i = 0; i < m->c->n; i++) {
    m->left[i] = b[i] - m->left[i];
    if (!isfinite(m->left[i])) return INFINITY;
    worst = fabs(m->left[i]) > worst ? fabs(m->left[i]) : worst;
  }
  return most > 0.0 ? worst / most : 0.0;
}

int bordered_solve(Bordered *m, const double *b, double *z) {
  memcpy(z, b, sizeof *z * m->c->n);
  border_solve(m->border, z);
  double error = residual(m, b, z);
  for (int pass = 0; pass < REFINEMENTS && error > BACKWARD_GOOD && isfinite(error); pass++) {
    border_solve(m->border, m->left);
    for (uint32_t i = 0; i < m->c->n; i++) z[i] += m->left[i];
    double before = error;
    error = residual(m, b, z);
    if (!(error < 0.5 * before)) break;
  }
  return !(error < BACKWARD_USABLE);
}

void bordered_free(Bordered *m) {
  if (m) border_free(m->border);
}
