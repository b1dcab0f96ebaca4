#include "cell.h"
#include <math.h>
#include <string.h>

static const double SMALL_PIVOT = 1e-7;         /* of the cell's largest entry: below it there is no pivot */
static const double ROOK = 0.25;                /* a pivot is at least this share of the largest entry in its row and column */
static const double PLANNED = 1e-3;             /* a planned one at least this share of its column's */

int cell_shape(CellShape *s, const CellBlock *b, uint32_t nborder, Arena *mem) {
  *s = (CellShape){.c = b, .size = b->size};
  uint32_t **vec[] = {&s->i, &s->j, &s->down, &s->up};
  for (unsigned k = 0; k < sizeof vec / sizeof *vec; k++) *vec[k] = ARENA_ARRAY(mem, uint32_t, b->nentry + 1);
  s->row = ARENA_ARRAY(mem, uint32_t, b->nrow + 1);
  s->col = ARENA_ARRAY(mem, uint32_t, b->ncol + 1);
  uint32_t *row_of = ARENA_ARRAY(mem, uint32_t, b->nrow + 1), *col_of = ARENA_ARRAY(mem, uint32_t, b->ncol + 1);
  if (arena_failed(mem)) return 1;
  for (uint32_t e = 0; e < b->nentry; e++) {
    const CellEntry *en = &b->entry[e];
    s->i[e] = s->j[e] = NO_INDEX;
    if (!en->v || (en->i >= b->size && !b->row[en->i - b->size].at && b->row[en->i - b->size].same >= nborder)) continue;
    s->i[e] = en->i;
    s->j[e] = en->j;
    if (en->i >= b->size) {
      uint32_t line = en->i - b->size;
      if (!row_of[line]) {
        s->row[s->nrow] = line;
        row_of[line] = ++s->nrow;
      }
      s->i[e] = b->size + row_of[line] - 1;
      s->down[s->ndown++] = e;
    }
    if (en->j >= b->size) {
      uint32_t line = en->j - b->size;
      if (!col_of[line]) {
        s->col[s->ncol] = line;
        col_of[line] = ++s->ncol;
      }
      s->j[e] = b->size + col_of[line] - 1;
      s->up[s->nup++] = e;
    }
  }
  s->width = s->size + s->ncol;
  return 0;
}

static size_t own(const CellBlock *c, uint32_t slot, uint32_t lane) { return c->base + (size_t)slot * c->lanes + lane; }

static double line_weight(const CellLine *line, uint32_t lane, uint32_t nborder, const double *w) {
  uint32_t at = cell_line(line, lane);
  return at < nborder ? w[at] : 0.0;
}

/* ---- alone ---------------------------------------------------------------------------------------------------------------------- */

void cell_load(const CellShape *s, const Weights *w, uint32_t nborder, uint32_t lane, double *W, double *weights) {
  const CellBlock *c = s->c;
  uint32_t k = s->size;
  double *rows = weights, *cols = weights + k + s->nrow;
  memset(W, 0, sizeof *W * (k + s->nrow) * s->width);
  for (uint32_t i = 0; i < k; i++) {
    rows[i] = w->row[own(c, i, lane)];
    cols[i] = w->col[own(c, i, lane)];
    W[i * s->width + i] = w->diag[own(c, i, lane)];
  }
  for (uint32_t i = 0; i < s->nrow; i++) rows[k + i] = line_weight(&c->row[s->row[i]], lane, nborder, w->row);
  for (uint32_t j = 0; j < s->ncol; j++) cols[k + j] = line_weight(&c->col[s->col[j]], lane, nborder, w->col);
  for (uint32_t e = 0; e < c->nentry; e++)
    if (s->i[e] != NO_INDEX) W[s->i[e] * s->width + s->j[e]] += rows[s->i[e]] * *cell_numbers(&c->entry[e], lane) * cols[s->j[e]];
}

/* A pivot among rows and columns done .. k-1 by rook search from the first column that holds one. */
static int find_pivot(const double *W, uint32_t k, uint32_t width, uint32_t done, double small, uint32_t *row, uint32_t *col) {
  for (uint32_t c = done; c < k; c++) {
    double v = small;
    uint32_t r = k, at = c;
    for (uint32_t i = done; i < k; i++)
      if (fabs(W[i * width + c]) > v) {
        v = fabs(W[i * width + c]);
        r = i;
      }
    if (r == k) continue;
    for (int moved = 1; moved;) {
      moved = 0;
      for (uint32_t j = done; j < k; j++)
        if (ROOK * fabs(W[r * width + j]) > v) {
          v = fabs(W[r * width + j]);
          at = j;
          moved = 1;
        }
      if (!moved) break;
      moved = 0;
      for (uint32_t i = done; i < k; i++)
        if (ROOK * fabs(W[i * width + at]) > v) {
          v = fabs(W[i * width + at]);
          r = i;
          moved = 1;
        }
    }
    *row = r;
    *col = at;
    return 1;
  }
  return 0;
}

static void swap_numbers(double *a, double *b, uint32_t n, uint32_t stride) {
  for (uint32_t i = 0; i < n; i++) {
    double t = a[(size_t)i * stride];
    a[(size_t)i * stride] = b[(size_t)i * stride];
    b[(size_t)i * stride] = t;
  }
}

static void swap_places(uint8_t *perm, uint32_t a, uint32_t b) {
  uint8_t t = perm[a];
  perm[a] = perm[b];
  perm[b] = t;
}

uint32_t cell_eliminate(const CellShape *s, double *W, uint8_t *perm, double *least, double *most) {
  uint32_t k = s->size, width = s->width, all = k + s->nrow, done = 0;
  double largest = 0.0;
  for (uint32_t i = 0; i < k; i++) {
    perm[i] = perm[k + i] = (uint8_t)i;
    for (uint32_t j = 0; j < k; j++) largest = fmax(largest, fabs(W[i * width + j]));
  }
  for (; done < k; done++) {
    uint32_t r, c;
    if (!find_pivot(W, k, width, done, SMALL_PIVOT * largest, &r, &c)) break;
    if (r != done) {
      swap_places(perm, r, done);
      swap_numbers(W + (size_t)r * width, W + (size_t)done * width, width, 1);
    }
    if (c != done) {
      swap_places(perm + k, c, done);
      swap_numbers(W + c, W + done, all, width);
    }
    const double *top = W + (size_t)done * width;
    double pivot = top[done];
    *least = fmin(*least, fabs(pivot));
    *most = fmax(*most, fabs(pivot));
    for (uint32_t i = done + 1; i < all; i++) {
      double *to = W + (size_t)i * width;
      if (to[done] == 0.0) continue;
      double m = to[done] /= pivot;
      for (uint32_t j = done + 1; j < width; j++) to[j] -= m * top[j];
    }
  }
  return done;
}

void cell_forward(uint32_t k, const double *lu, const uint8_t *perm, uint32_t done, int transposed, const double *v, double *y) {
  const uint8_t *in = transposed ? perm + k : perm;
  for (uint32_t i = 0; i < k; i++) y[i] = v[in[i]];
  for (uint32_t j = 0; j < done; j++) {
    if (transposed) y[j] /= lu[j * k + j];
    for (uint32_t i = j + 1; i < k; i++) y[i] -= (transposed ? lu[j * k + i] : lu[i * k + j]) * y[j];
  }
}

void cell_backward(uint32_t k, const double *lu, const uint8_t *perm, uint32_t done, int transposed, double *y, double *z) {
  const uint8_t *to = transposed ? perm : perm + k;
  for (uint32_t i = done; i-- > 0;) {
    for (uint32_t j = i + 1; j < k; j++) y[i] -= (transposed ? lu[j * k + i] : lu[i * k + j]) * y[j];
    if (!transposed) y[i] /= lu[i * k + i];
  }
  for (uint32_t i = 0; i < k; i++) z[to[i]] = y[i];
}

/* ---- planning -------------------------------------------------------------------------------------------------------------------- */

/* What the plan of a block is made from: which places hold numbers, and which rows and columns still wait. */
typedef struct { const CellShape *s; double *W; uint8_t *full, *row_done, *col_done; } Draft;

static uint32_t others(const Draft *d, uint32_t i, uint32_t j, int in_row) {
  uint32_t n = 0;
  for (uint32_t t = 0; t < (in_row ? d->s->width : d->s->size + d->s->nrow); t++) {
    int waits = in_row ? t >= d->s->size || !d->col_done[t] : t >= d->s->size || !d->row_done[t];
    n += waits && d->full[in_row ? i * d->s->width + t : t * d->s->width + j];
  }
  return n - 1;
}

/* The pivot that fills least (Markowitz 1957) among those not much smaller than the largest of their column. */
static int choose(const Draft *d, double small, uint32_t *row, uint32_t *col) {
  uint32_t k = d->s->size, best = UINT32_MAX;
  for (uint32_t j = 0; j < k; j++) {
    double most = 0.0;
    for (uint32_t i = 0; i < k; i++)
      if (!d->row_done[i]) most = fmax(most, fabs(d->W[i * d->s->width + j]));
    for (uint32_t i = 0; !d->col_done[j] && i < k; i++) {
      double v = fabs(d->W[i * d->s->width + j]);
      if (d->row_done[i] || !(v > small) || v < 0.1 * most) continue;
      uint32_t cost = others(d, i, j, 1) * others(d, i, j, 0);
      if (cost >= best) continue;
      best = cost;
      *row = i;
      *col = j;
    }
  }
  return best != UINT32_MAX;
}

static void eliminate_draft(Draft *d, uint32_t row, uint32_t col) {
  uint32_t width = d->s->width;
  d->row_done[row] = d->col_done[col] = 1;
  for (uint32_t i = 0; i < d->s->size + d->s->nrow; i++) {
    if ((i < d->s->size && d->row_done[i]) || !d->full[i * width + col]) continue;
    double m = d->W[i * width + col] / d->W[row * width + col];
    for (uint32_t j = 0; j < width; j++) {
      if ((j < d->s->size && d->col_done[j]) || !d->full[row * width + j]) continue;
      d->full[i * width + j] = 1;
      d->W[i * width + j] -= m * d->W[row * width + j];
    }
  }
}

/* The lists of one step, the pivots before it being done. */
static int step_lists(CellPlan *p, const CellShape *s, CellStep *t, const uint8_t *row_done, const uint8_t *col_done, Arena *mem) {
  uint32_t all = s->size + s->nrow;
  t->pivot = p->slot[t->row * s->width + t->col];
  t->lower = ARENA_ARRAY(mem, CellTerm, all);
  t->upper = ARENA_ARRAY(mem, CellTerm, s->width);
  t->update = ARENA_ARRAY(mem, CellUpdate, (size_t)all * s->width);
  if (arena_failed(mem)) return 1;
  for (uint32_t i = 0; i < all; i++) {
    uint32_t slot = p->slot[i * s->width + t->col];
    if ((i < s->size && row_done[i]) || slot == NO_INDEX) continue;
    t->nown_lower += i < s->size;
    t->lower[t->nlower++] = (CellTerm){i, slot};
  }
  for (uint32_t j = 0; j < s->width; j++) {
    uint32_t slot = p->slot[t->row * s->width + j];
    if ((j < s->size && col_done[j]) || slot == NO_INDEX) continue;
    t->nown_upper += j < s->size;
    t->upper[t->nupper++] = (CellTerm){j, slot};
  }
  for (uint32_t a = 0; a < t->nlower; a++)
    for (uint32_t b = 0; b < t->nupper; b++)
      t->update[t->nupdate++] = (CellUpdate){p->slot[t->lower[a].at * s->width + t->upper[b].at], t->lower[a].slot, t->upper[b].slot};
  return 0;
}

int cell_plan(CellPlan *p, const CellShape *s, double *W, Arena *mem) {
  uint32_t k = s->size, all = k + s->nrow, places = all * s->width;
  *p = (CellPlan){.slot = ARENA_ARRAY(mem, uint32_t, places + 1)};
  Draft d = {s, W, ARENA_ARRAY(mem, uint8_t, places + 1), ARENA_ARRAY(mem, uint8_t, k + 1), ARENA_ARRAY(mem, uint8_t, k + 1)};
  CellStep *step = ARENA_ARRAY(mem, CellStep, k + 1);
  if (arena_failed(mem)) return 1;
  double largest = 0.0;
  for (uint32_t i = 0; i < k; i++) d.full[i * s->width + i] = 1;
  for (uint32_t e = 0; e < s->c->nentry; e++)
    if (s->i[e] != NO_INDEX) d.full[s->i[e] * s->width + s->j[e]] = 1;
  for (uint32_t i = 0; i < k; i++)
    for (uint32_t j = 0; j < k; j++) largest = fmax(largest, fabs(W[i * s->width + j]));
  for (uint32_t t = 0; t < k; t++) {
    if (!choose(&d, SMALL_PIVOT * largest, &step[t].row, &step[t].col)) return 0;
    eliminate_draft(&d, step[t].row, step[t].col);
  }
  for (int outer = 0; outer < 2; outer++)                      /* own places first */
    for (uint32_t i = 0; i < all; i++)
      for (uint32_t j = 0; j < s->width; j++) {
        if ((i < k && j < k) == outer) continue;
        p->slot[i * s->width + j] = d.full[i * s->width + j] ? p->nslot++ : NO_INDEX;
        p->nown += !outer && d.full[i * s->width + j];
      }
  memset(d.row_done, 0, k);
  memset(d.col_done, 0, k);
  for (uint32_t t = 0; t < k; t++) {
    d.row_done[step[t].row] = d.col_done[step[t].col] = 1;
    if (step_lists(p, s, &step[t], d.row_done, d.col_done, mem)) return 1;
  }
  p->step = step;
  return 0;
}

/* ---- many side by side ------------------------------------------------------------------------------------------------------------ */

enum { N = CELL_GROUP };

static void load_weights(const CellShape *s, const Weights *w, uint32_t nborder, uint32_t first, uint32_t n, double *rows, double *cols) {
  const CellBlock *c = s->c;
  uint32_t k = s->size;
  for (uint32_t i = 0; i < k; i++) {
    memcpy(rows + (size_t)i * N, w->row + own(c, i, first), n * sizeof *rows);
    memcpy(cols + (size_t)i * N, w->col + own(c, i, first), n * sizeof *cols);
  }
  for (uint32_t i = 0; i < s->nrow; i++)
    for (uint32_t l = 0; l < n; l++) rows[(size_t)(k + i) * N + l] = line_weight(&c->row[s->row[i]], first + l, nborder, w->row);
  for (uint32_t j = 0; j < s->ncol; j++)
    for (uint32_t l = 0; l < n; l++) cols[(size_t)(k + j) * N + l] = line_weight(&c->col[s->col[j]], first + l, nborder, w->col);
}

static void load_group(const CellPlan *p, const CellShape *s, const Weights *w, uint32_t nborder, uint32_t first, uint32_t n, double *G, double *weights) {
  const CellBlock *c = s->c;
  double *rows = weights, *cols = weights + (size_t)(s->size + s->nrow) * N;
  memset(G, 0, sizeof *G * p->nslot * N);
  load_weights(s, w, nborder, first, n, rows, cols);
  for (uint32_t e = 0; e < c->nentry; e++) {
    if (s->i[e] == NO_INDEX) continue;
    double *g = G + (size_t)p->slot[s->i[e] * s->width + s->j[e]] * N;
    const double *r = rows + (size_t)s->i[e] * N, *q = cols + (size_t)s->j[e] * N, *v = cell_numbers(&c->entry[e], first);
    for (uint32_t l = 0; l < n; l++) g[l] += r[l] * v[l] * q[l];
  }
  for (uint32_t i = 0; i < s->size; i++) {
    double *g = G + (size_t)p->slot[i * s->width + i] * N;
    const double *d = w->diag + own(c, i, first);
    for (uint32_t l = 0; l < n; l++) g[l] += d[l];
  }
}

void cell_group(const CellPlan *p, const CellShape *s, const Weights *w, uint32_t nborder, uint32_t first, uint32_t n, double *G, double *weights,
                uint8_t *refused, double *least, double *most) {
  double largest[N] = {0}, low[N], high[N] = {0}, bad[N] = {0};
  load_group(p, s, w, nborder, first, n, G, weights);
  for (uint32_t q = 0; q < p->nown; q++)
    for (uint32_t l = 0; l < n; l++) {
      double a = fabs(G[(size_t)q * N + l]);
      largest[l] = a > largest[l] ? a : largest[l];
    }
  for (uint32_t l = 0; l < N; l++) low[l] = INFINITY;
  for (uint32_t t = 0; t < s->size; t++) {
    const CellStep *st = &p->step[t];
    double *pivot = G + (size_t)st->pivot * N, column[N] = {0};
    for (uint32_t a = 0; a < st->nown_lower; a++) {
      const double *v = G + (size_t)st->lower[a].slot * N;
      for (uint32_t l = 0; l < n; l++) column[l] = fabs(v[l]) > column[l] ? fabs(v[l]) : column[l];
    }
    for (uint32_t l = 0; l < n; l++) {
      double a = fabs(pivot[l]);
      bad[l] = a > SMALL_PIVOT * largest[l] && a >= PLANNED * column[l] ? bad[l] : 1.0;
      low[l] = a < low[l] ? a : low[l];
      high[l] = a > high[l] ? a : high[l];
    }
    for (uint32_t a = 0; a < st->nlower; a++) {
      double *v = G + (size_t)st->lower[a].slot * N;
      for (uint32_t l = 0; l < n; l++) v[l] /= pivot[l];
    }
    for (uint32_t u = 0; u < st->nupdate; u++) {
      double *restrict to = G + (size_t)st->update[u].to * N;
      const double *by = G + (size_t)st->update[u].by * N, *of = G + (size_t)st->update[u].of * N;
      for (uint32_t l = 0; l < n; l++) to[l] -= by[l] * of[l];
    }
  }
  for (uint32_t l = 0; l < n; l++) {
    refused[l] = bad[l] != 0.0;
    if (refused[l]) continue;
    *least = fmin(*least, low[l]);
    *most = fmax(*most, high[l]);
  }
}

static void take(double *restrict to, const double *restrict by, const double *restrict of) {
  for (uint32_t l = 0; l < N; l++) to[l] -= by[l] * of[l];
}

void cell_group_solve(const CellPlan *p, uint32_t k, const double *lu, int transposed, double *v, double *y) {
  if (!transposed) {
    for (uint32_t t = 0; t < k; t++)
      for (uint32_t a = 0; a < p->step[t].nown_lower; a++)
        take(v + (size_t)p->step[t].lower[a].at * N, lu + (size_t)p->step[t].lower[a].slot * N, v + (size_t)p->step[t].row * N);
    for (uint32_t t = k; t-- > 0;) {
      const CellStep *st = &p->step[t];
      double *z = y + (size_t)st->col * N, *r = v + (size_t)st->row * N;
      const double *pivot = lu + (size_t)st->pivot * N;
      for (uint32_t a = 0; a < st->nown_upper; a++) take(r, lu + (size_t)st->upper[a].slot * N, y + (size_t)st->upper[a].at * N);
      for (uint32_t l = 0; l < N; l++) z[l] = r[l] / pivot[l];
    }
  } else {
    for (uint32_t t = 0; t < k; t++) {
      const CellStep *st = &p->step[t];
      double *r = v + (size_t)st->col * N;
      const double *pivot = lu + (size_t)st->pivot * N;
      for (uint32_t l = 0; l < N; l++) r[l] /= pivot[l];
      for (uint32_t a = 0; a < st->nown_upper; a++) take(v + (size_t)st->upper[a].at * N, lu + (size_t)st->upper[a].slot * N, r);
    }
    for (uint32_t t = k; t-- > 0;) {
      const CellStep *st = &p->step[t];
      double *z = y + (size_t)st->row * N;
      memcpy(z, v + (size_t)st->col * N, N * sizeof *z);
      for (uint32_t a = 0; a < st->nown_lower; a++) take(z, lu + (size_t)st->lower[a].slot * N, y + (size_t)st->lower[a].at * N);
    }
  }
  memcpy(v, y, sizeof *v * k * N);
}
