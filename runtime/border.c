#include "border.h"
#include "team.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double SMALL_PIVOT = 1e-7;         /* of the cell's largest entry: below it a pivot is delayed */
static const double ROOK = 0.25;                /* a pivot is at least this share of the largest entry in its row and column */
enum { MOST_DELAYED = 384 };

/* What elimination needs of a block: which border lines its cells touch, and where entries go in the dense array of a cell. */
typedef struct {
  uint32_t size, nrow, ncol, width;   /* dense array: (size + nrow) x width, width = size + ncol, row by row */
  uint32_t *row, *col;                /* lines of the block that its own columns and own rows touch */
  uint32_t *i, *j;                    /* per entry: its row and column there */
  uint32_t *to;                       /* per entry: its place in the dense array, NO_INDEX for the corner's */
  uint32_t *down, ndown, *up, nup;    /* entries of border rows and own columns (C); of own rows and border columns (B) */
  double *lu;                         /* per lane size x size: multipliers and U, of the permuted own part */
  uint8_t *perm;                      /* per lane: size rows, size columns, number of pivots */
} Plan;

/* Contributions of delayed rows and columns to the border's matrix; i or j >= nborder: delayed number i - nborder of the slice. */
typedef struct { uint32_t i, j; double v; } Late;
typedef struct { Late *late; uint32_t n, room, delayed, first; double least, most; int failed; } Outcome;

struct Border {
  const Cells *c;
  const Slice *slice; uint32_t nslice;
  Plan *plan;
  Weights w;
  Outcome *out;                       /* per slice */
  double *sum;                        /* per slice nborder x nborder, then nborder */
  double *work; size_t nwork;         /* per thread */
  uint32_t order, room;               /* of the border's matrix: nborder + delayed */
  double *S, *rhs; uint32_t *pivot;
  double least, most;
  int transposed;
  double *v;                          /* of the solve under way */
};

/* ---- setup -------------------------------------------------------------------------------------------------------------------- */

static int plan_new(Plan *p, const CellBlock *b, Arena *mem) {
  *p = (Plan){.size = b->size};
  p->row = ARENA_ARRAY(mem, uint32_t, b->nrow + 1);
  p->col = ARENA_ARRAY(mem, uint32_t, b->ncol + 1);
  p->to = ARENA_ARRAY(mem, uint32_t, b->nentry + 1);
  p->i = ARENA_ARRAY(mem, uint32_t, b->nentry + 1);
  p->j = ARENA_ARRAY(mem, uint32_t, b->nentry + 1);
  p->down = ARENA_ARRAY(mem, uint32_t, b->nentry + 1);
  p->up = ARENA_ARRAY(mem, uint32_t, b->nentry + 1);
  uint32_t *row_of = ARENA_ARRAY(mem, uint32_t, b->nrow + 1), *col_of = ARENA_ARRAY(mem, uint32_t, b->ncol + 1);
  if (arena_failed(mem)) return 1;
  for (uint32_t e = 0; e < b->nentry; e++) {
    const CellEntry *en = &b->entry[e];
    if (en->v && en->i >= b->size && !row_of[en->i - b->size]) p->row[p->nrow] = en->i - b->size, row_of[en->i - b->size] = ++p->nrow;
    if (en->v && en->j >= b->size && !col_of[en->j - b->size]) p->col[p->ncol] = en->j - b->size, col_of[en->j - b->size] = ++p->ncol;
  }
  p->width = p->size + p->ncol;
  for (uint32_t e = 0; e < b->nentry; e++) {
    const CellEntry *en = &b->entry[e];
    uint32_t i = p->i[e] = en->i < b->size ? en->i : b->size + row_of[en->i - b->size] - 1;
    uint32_t j = p->j[e] = en->j < b->size ? en->j : b->size + col_of[en->j - b->size] - 1;
    p->to[e] = en->v ? i * p->width + j : NO_INDEX;
    if (en->v && en->i >= b->size) p->down[p->ndown++] = e;
    if (en->v && en->j >= b->size) p->up[p->nup++] = e;
  }
  p->lu = ARENA_ARRAY(mem, double, (size_t)b->lanes * b->size * b->size + 1);
  p->perm = ARENA_ARRAY(mem, uint8_t, (size_t)b->lanes * (2 * b->size + 1) + 1);
  return arena_failed(mem);
}

Border *border_new(const Cells *c, const Slice *slice, uint32_t nslice, Arena *mem) {
  Border *b = ARENA_NEW(mem, Border);
  if (!b) return NULL;
  *b = (Border){.c = c, .slice = slice, .nslice = nslice};
  b->plan = ARENA_ARRAY(mem, Plan, c->nblock + 1);
  b->out = ARENA_ARRAY(mem, Outcome, nslice + 1);
  b->sum = ARENA_ARRAY(mem, double, (size_t)nslice * c->nborder * (c->nborder + 1) + 1);
  b->room = c->nborder + MOST_DELAYED;
  b->S = ARENA_ARRAY(mem, double, (size_t)b->room * b->room);
  b->rhs = ARENA_ARRAY(mem, double, b->room);
  b->pivot = ARENA_ARRAY(mem, uint32_t, b->room);
  if (arena_failed(mem)) return NULL;
  for (uint32_t i = 0; i < c->nblock; i++) {
    if (plan_new(&b->plan[i], &c->block[i], mem)) return NULL;
    size_t need = (size_t)(b->plan[i].size + b->plan[i].nrow) * b->plan[i].width + 4 * (size_t)b->plan[i].size + b->plan[i].nrow + b->plan[i].width;
    if (need > b->nwork) b->nwork = need;
  }
  b->work = ARENA_ARRAY(mem, double, b->nwork * TEAM_MOST + 1);
  return b->work ? b : NULL;
}

/* ---- one cell ------------------------------------------------------------------------------------------------------------------ */

static size_t own(const CellBlock *c, uint32_t slot, uint32_t lane) { return c->base + (size_t)slot * c->lanes + lane; }

/* The weighted cell [A B; C 0] into W; weights: room for the weights of its rows and columns. */
static void load(const Border *b, const CellBlock *c, const Plan *p, uint32_t lane, double *W, double *weights) {
  const Weights *w = &b->w;
  uint32_t k = p->size, width = p->width;
  double *rows = weights, *cols = weights + k + p->nrow;
  memset(W, 0, sizeof *W * (k + p->nrow) * width);
  for (uint32_t i = 0; i < k; i++) {
    rows[i] = w->row[own(c, i, lane)];
    cols[i] = w->col[own(c, i, lane)];
    W[i * width + i] = w->diag[own(c, i, lane)];
  }
  for (uint32_t i = 0; i < p->nrow; i++) {
    uint32_t at = cell_line(&c->row[p->row[i]], lane);
    rows[k + i] = at < b->c->nborder ? w->row[at] : 0.0;
  }
  for (uint32_t j = 0; j < p->ncol; j++) {
    uint32_t at = cell_line(&c->col[p->col[j]], lane);
    cols[k + j] = at < b->c->nborder ? w->col[at] : 0.0;
  }
  for (uint32_t e = 0; e < c->nentry; e++)
    if (p->to[e] != NO_INDEX) W[p->to[e]] += rows[p->i[e]] * c->entry[e].v[lane] * cols[p->j[e]];
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

static void swap_rows(double *W, uint32_t width, uint32_t a, uint32_t b) {
  for (uint32_t j = 0; j < width; j++) {
    double t = W[a * width + j];
    W[a * width + j] = W[b * width + j];
    W[b * width + j] = t;
  }
}

static void swap_columns(double *W, uint32_t rows, uint32_t width, uint32_t a, uint32_t b) {
  for (uint32_t i = 0; i < rows; i++) {
    double t = W[i * width + a];
    W[i * width + a] = W[i * width + b];
    W[i * width + b] = t;
  }
}

/* Eliminates the own part of W; what is left of border and delayed rows and columns is the cell's share of S. Returns the number of pivots. */
static uint32_t eliminate(const Plan *p, double *W, uint8_t *rows, uint8_t *cols, double *least, double *most) {
  uint32_t k = p->size, width = p->width, all = k + p->nrow, done = 0;
  double largest = 0.0;
  for (uint32_t i = 0; i < k; i++) {
    rows[i] = cols[i] = (uint8_t)i;
    for (uint32_t j = 0; j < k; j++) largest = fabs(W[i * width + j]) > largest ? fabs(W[i * width + j]) : largest;
  }
  for (; done < k; done++) {
    uint32_t r, c;
    if (!find_pivot(W, k, width, done, SMALL_PIVOT * largest, &r, &c)) break;
    if (r != done) {
      uint8_t t = rows[r];
      rows[r] = rows[done];
      rows[done] = t;
      swap_rows(W, width, r, done);
    }
    if (c != done) {
      uint8_t t = cols[c];
      cols[c] = cols[done];
      cols[done] = t;
      swap_columns(W, all, width, c, done);
    }
    const double *top = W + (size_t)done * width;
    double pivot = top[done], size = fabs(pivot);
    *least = size < *least ? size : *least;
    *most = size > *most ? size : *most;
    for (uint32_t i = done + 1; i < all; i++) {
      double *to = W + (size_t)i * width;
      if (to[done] == 0.0) continue;
      double m = to[done] /= pivot;
      for (uint32_t j = done + 1; j < width; j++) to[j] -= m * top[j];
    }
  }
  return done;
}

static void push(Outcome *o, uint32_t i, uint32_t j, double v) {
  if (o->n == o->room) {
    uint32_t room = o->room ? 2 * o->room : 64;
    Late *more = realloc(o->late, room * sizeof *more);
    if (!more) {
      o->failed = 1;
      return;
    }
    o->late = more;
    o->room = room;
  }
  o->late[o->n++] = (Late){i, j, v};
}

/* The number in the border's matrix of row i of the eliminated array (column likewise); NO_INDEX where it is none. */
static uint32_t border_number(const Border *b, const CellLine *line, const uint32_t *used, uint32_t i, uint32_t k, uint32_t done, uint32_t lane, uint32_t delayed) {
  if (i < k) return b->c->nborder + delayed + (i - done);
  uint32_t at = cell_line(&line[used[i - k]], lane);
  return at < b->c->nborder ? at : NO_INDEX;
}

static void factor_slice(void *ctx, uint32_t at, uint32_t member) {
  Border *b = ctx;
  const Slice *sl = &b->slice[at];
  const CellBlock *c = &b->c->block[sl->block];
  const Plan *p = &b->plan[sl->block];
  Outcome *o = &b->out[at];
  uint32_t n = b->c->nborder, k = p->size, all = k + p->nrow;
  double *W = b->work + b->nwork * member, *S = b->sum + (size_t)at * n * (n + 1);
  o->n = o->delayed = 0;
  o->failed = 0;
  o->least = INFINITY;
  o->most = 0.0;
  memset(S, 0, sizeof *S * n * n);
  for (uint32_t lane = sl->first; k && lane < sl->first + sl->n && !o->failed; lane++) {
    uint8_t *rows = p->perm + (size_t)lane * (2 * k + 1), *cols = rows + k;
    load(b, c, p, lane, W, W + (size_t)all * p->width);
    uint32_t done = eliminate(p, W, rows, cols, &o->least, &o->most);
    rows[2 * k] = (uint8_t)done;
    double *lu = p->lu + (size_t)lane * k * k;
    for (uint32_t i = 0; i < k; i++) memcpy(lu + i * k, W + (size_t)i * p->width, sizeof *lu * k);
    if (o->delayed + (k - done) > MOST_DELAYED) o->failed = 1;
    for (uint32_t i = done; i < all && !o->failed; i++) {
      uint32_t row = border_number(b, c->row, p->row, i, k, done, lane, o->delayed);
      for (uint32_t j = done; row != NO_INDEX && j < p->width; j++) {
        double v = W[(size_t)i * p->width + j];
        uint32_t col = border_number(b, c->col, p->col, j, k, done, lane, o->delayed);
        if (col == NO_INDEX || v == 0.0) continue;
        if (row < n && col < n) S[(size_t)row * n + col] += v;
        else push(o, row, col, v);
      }
    }
    o->delayed += k - done;
  }
}

/* ---- the border ---------------------------------------------------------------------------------------------------------------- */

static BorderStatus assemble(Border *b) {
  uint32_t n = b->c->nborder, nsum = b->c->nsum, delayed = 0;
  b->least = INFINITY;
  b->most = 0.0;
  for (uint32_t s = 0; s < b->nslice; s++) {
    Outcome *o = &b->out[s];
    o->first = delayed;
    delayed += o->delayed;
    b->least = fmin(b->least, o->least);
    b->most = fmax(b->most, o->most);
    if (o->failed || delayed > MOST_DELAYED) return BORDER_TOO_LARGE;
  }
  uint32_t m = b->order = n + delayed;
  memset(b->S, 0, sizeof *b->S * m * m);
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j < n; j++) b->S[(size_t)i * m + j] = b->w.row[i] * b->c->corner[(size_t)j * nsum + i] * b->w.col[j];
    b->S[(size_t)i * m + i] += b->w.diag[i];
  }
  for (uint32_t s = 0; s < b->nslice; s++) {
    const Outcome *o = &b->out[s];
    const double *part = b->sum + (size_t)s * n * (n + 1);
    for (uint32_t i = 0; i < n; i++)
      for (uint32_t j = 0; j < n; j++) b->S[(size_t)i * m + j] += part[(size_t)i * n + j];
    for (uint32_t t = 0; t < o->n; t++) {
      uint32_t i = o->late[t].i < n ? o->late[t].i : o->late[t].i + o->first, j = o->late[t].j < n ? o->late[t].j : o->late[t].j + o->first;
      b->S[(size_t)i * m + j] += o->late[t].v;
    }
  }
  return BORDER_DONE;
}

/* Dense LU with partial pivoting, rows compared relative to their largest entry. */
static BorderStatus factor_border(Border *b) {
  uint32_t m = b->order;
  double *S = b->S, *scale = b->rhs;
  for (uint32_t i = 0; i < m; i++) {
    scale[i] = 0.0;
    for (uint32_t j = 0; j < m; j++) {
      if (!isfinite(S[(size_t)i * m + j])) return BORDER_SINGULAR;
      scale[i] = fmax(scale[i], fabs(S[(size_t)i * m + j]));
    }
    if (!(scale[i] > 0.0)) return BORDER_SINGULAR;
  }
  for (uint32_t k = 0; k < m; k++) {
    uint32_t r = k;
    for (uint32_t i = k + 1; i < m; i++)
      if (fabs(S[(size_t)i * m + k]) / scale[i] > fabs(S[(size_t)r * m + k]) / scale[r]) r = i;
    b->pivot[k] = r;
    if (r != k) {
      swap_rows(S, m, r, k);
      scale[r] = scale[k];
    }
    double pivot = S[(size_t)k * m + k], size = fabs(pivot);
    if (!(size > 0.0) || !isfinite(size)) return BORDER_SINGULAR;
    b->least = fmin(b->least, size);
    b->most = fmax(b->most, size);
    for (uint32_t i = k + 1; i < m; i++) {
      double *to = S + (size_t)i * m;
      if (to[k] == 0.0) continue;
      double f = to[k] /= pivot;
      for (uint32_t j = k + 1; j < m; j++) to[j] -= f * S[(size_t)k * m + j];
    }
  }
  return BORDER_DONE;
}

static void solve_border(Border *b) {
  uint32_t m = b->order;
  const double *S = b->S;
  double *z = b->rhs;
  if (!b->transposed) {
    for (uint32_t k = 0; k < m; k++) {
      double t = z[b->pivot[k]];
      z[b->pivot[k]] = z[k];
      z[k] = t;
    }
    for (uint32_t i = 0; i < m; i++)
      for (uint32_t j = 0; j < i; j++) z[i] -= S[(size_t)i * m + j] * z[j];
    for (uint32_t i = m; i-- > 0;) {
      for (uint32_t j = i + 1; j < m; j++) z[i] -= S[(size_t)i * m + j] * z[j];
      z[i] /= S[(size_t)i * m + i];
    }
    return;
  }
  for (uint32_t j = 0; j < m; j++) {
    z[j] /= S[(size_t)j * m + j];
    for (uint32_t i = j + 1; i < m; i++) z[i] -= S[(size_t)j * m + i] * z[j];
  }
  for (uint32_t j = m; j-- > 0;)
    for (uint32_t i = 0; i < j; i++) z[i] -= S[(size_t)j * m + i] * z[j];
  for (uint32_t k = m; k-- > 0;) {
    double t = z[b->pivot[k]];
    z[b->pivot[k]] = z[k];
    z[k] = t;
  }
}

static void each(Border *b, void (*work)(void *, uint32_t, uint32_t)) {
  if (b->nslice > b->c->nblock) team_run(b->nslice, work, b);
  else
    for (uint32_t s = 0; s < b->nslice; s++) work(b, s, 0);
}

BorderStatus border_factor(Border *b, Weights w) {
  b->w = w;
  each(b, factor_slice);
  BorderStatus s = assemble(b);
  return s == BORDER_DONE ? factor_border(b) : s;
}

/* ---- solving ------------------------------------------------------------------------------------------------------------------- */

/* y := what forward elimination makes of v's part of the cell, in the order of pivots; delayed ones come last. */
static void forward(const Border *b, const Plan *p, uint32_t lane, const double *v, double *y) {
  uint32_t k = p->size, done = p->perm[(size_t)lane * (2 * k + 1) + 2 * k];
  const uint8_t *rows = p->perm + (size_t)lane * (2 * k + 1), *in = b->transposed ? rows + k : rows;
  const double *lu = p->lu + (size_t)lane * k * k;
  for (uint32_t i = 0; i < k; i++) y[i] = v[in[i]];
  if (!b->transposed) {
    for (uint32_t i = 1; i < k; i++)
      for (uint32_t j = 0; j < i && j < done; j++) y[i] -= lu[i * k + j] * y[j];
    return;
  }
  for (uint32_t j = 0; j < done; j++) {
    y[j] /= lu[j * k + j];
    for (uint32_t i = j + 1; i < k; i++) y[i] -= lu[j * k + i] * y[j];
  }
}

/* z (own numbers) := the cell's solution; y[done ..] holds the delayed unknowns. */
static void backward(const Border *b, const Plan *p, uint32_t lane, double *y, double *z) {
  uint32_t k = p->size, done = p->perm[(size_t)lane * (2 * k + 1) + 2 * k];
  const uint8_t *rows = p->perm + (size_t)lane * (2 * k + 1), *to = b->transposed ? rows : rows + k;
  const double *lu = p->lu + (size_t)lane * k * k;
  for (uint32_t i = done; i-- > 0;) {
    if (!b->transposed) {
      for (uint32_t j = i + 1; j < k; j++) y[i] -= lu[i * k + j] * y[j];
      y[i] /= lu[i * k + i];
    } else
      for (uint32_t j = i + 1; j < k; j++) y[i] -= lu[j * k + i] * y[j];
  }
  for (uint32_t i = 0; i < k; i++) z[to[i]] = y[i];
}

/* What the cell's z takes from the border's right-hand side: C z, or B' z. */
static void to_border(const Border *b, const CellBlock *c, const Plan *p, uint32_t lane, const double *z, double *rhs) {
  int t = b->transposed;
  const uint32_t *list = t ? p->up : p->down, n = t ? p->nup : p->ndown;
  const double *inner = t ? b->w.row : b->w.col, *outer = t ? b->w.col : b->w.row;
  for (uint32_t q = 0; q < n; q++) {
    const CellEntry *en = &c->entry[list[q]];
    uint32_t in = t ? en->i : en->j, at = cell_line(t ? &c->col[en->j - p->size] : &c->row[en->i - p->size], lane);
    if (at < b->c->nborder) rhs[at] -= outer[at] * en->v[lane] * inner[own(c, in, lane)] * z[in];
  }
}

/* What the border's solution takes from the cell's right-hand side: B z_border, or C' z_border. */
static void from_border(const Border *b, const CellBlock *c, const Plan *p, uint32_t lane, double *r) {
  int t = b->transposed;
  const uint32_t *list = t ? p->down : p->up, n = t ? p->ndown : p->nup;
  const double *inner = t ? b->w.col : b->w.row, *outer = t ? b->w.row : b->w.col;
  for (uint32_t q = 0; q < n; q++) {
    const CellEntry *en = &c->entry[list[q]];
    uint32_t out = t ? en->j : en->i, at = cell_line(t ? &c->row[en->i - p->size] : &c->col[en->j - p->size], lane);
    if (at < b->c->nborder) r[out] -= inner[own(c, out, lane)] * en->v[lane] * outer[at] * b->rhs[at];
  }
}

static void down_slice(void *ctx, uint32_t at, uint32_t member) {
  Border *b = ctx;
  const Slice *sl = &b->slice[at];
  const CellBlock *c = &b->c->block[sl->block];
  const Plan *p = &b->plan[sl->block];
  uint32_t n = b->c->nborder, k = p->size, delayed = n + b->out[at].first;
  double *r = b->work + b->nwork * member, *y = r + k, *z = y + k, *rhs = b->sum + (size_t)at * n * (n + 1) + (size_t)n * n;
  memset(rhs, 0, sizeof *rhs * n);
  for (uint32_t lane = sl->first; k && lane < sl->first + sl->n; lane++) {
    uint32_t done = p->perm[(size_t)lane * (2 * k + 1) + 2 * k];
    for (uint32_t i = 0; i < k; i++) r[i] = b->v[own(c, i, lane)];
    forward(b, p, lane, r, y);
    for (uint32_t i = done; i < k; i++) {
      b->rhs[delayed++] = y[i];
      y[i] = 0.0;
    }
    backward(b, p, lane, y, z);
    to_border(b, c, p, lane, z, rhs);
  }
}

static void up_slice(void *ctx, uint32_t at, uint32_t member) {
  Border *b = ctx;
  const Slice *sl = &b->slice[at];
  const CellBlock *c = &b->c->block[sl->block];
  const Plan *p = &b->plan[sl->block];
  uint32_t k = p->size, delayed = b->c->nborder + b->out[at].first;
  double *r = b->work + b->nwork * member, *y = r + k, *z = y + k;
  for (uint32_t lane = sl->first; k && lane < sl->first + sl->n; lane++) {
    uint32_t done = p->perm[(size_t)lane * (2 * k + 1) + 2 * k];
    for (uint32_t i = 0; i < k; i++) r[i] = b->v[own(c, i, lane)];
    from_border(b, c, p, lane, r);
    forward(b, p, lane, r, y);
    for (uint32_t i = done; i < k; i++) y[i] = b->rhs[delayed++];
    backward(b, p, lane, y, z);
    for (uint32_t i = 0; i < k; i++) b->v[own(c, i, lane)] = z[i];
  }
}

static void solve(Border *b, double *v, int transposed) {
  uint32_t n = b->c->nborder;
  b->v = v;
  b->transposed = transposed;
  each(b, down_slice);
  memcpy(b->rhs, v, sizeof *v * n);
  for (uint32_t s = 0; s < b->nslice; s++)
    for (uint32_t i = 0; i < n; i++) b->rhs[i] += b->sum[(size_t)s * n * (n + 1) + (size_t)n * n + i];
  solve_border(b);
  memcpy(v, b->rhs, sizeof *v * n);
  each(b, up_slice);
}

void border_solve(Border *b, double *v) { solve(b, v, 0); }
void border_transposed(Border *b, double *v) { solve(b, v, 1); }

double border_rcond(const Border *b) { return b->most > 0.0 ? b->least / b->most : 1.0; }
uint32_t border_delayed(const Border *b) { return b->order - b->c->nborder; }

void border_free(Border *b) {
  if (!b) return;
  for (uint32_t s = 0; s < b->nslice; s++) free(b->out[s].late);
}
