#include "border.h"
#include "cell.h"
#include "team.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DELAYED = 384, MOST_PLANS = 8 };

/* A block: its shape, the plan of its cells (step is NULL where there is none) and the factors by it. */
typedef struct {
  CellShape shape;
  CellPlan plan; uint32_t plans;      /* how many were made */
  double *lu; size_t room;            /* per group of CELL_GROUP lanes: plan.nown x CELL_GROUP */
  uint8_t *refused;                   /* per lane: it is factored on its own */
} Side;

/* Contributions of delayed rows and columns to the border's matrix; i or j >= nborder: delayed number i - nborder of the slice. */
typedef struct { uint32_t i, j; double v; } Late;
/* What factoring a slice left. The lanes that were eliminated on their own, in order, with their factors: lu size x size, perm 2*size, done. */
typedef struct {
  Late *late; uint32_t nlate, late_room;
  uint32_t *lane; double *lu; uint8_t *perm; uint32_t nlane, lane_room;
  uint32_t delayed, first;            /* delayed pivots, and the number of the first among all slices' */
  double least, most;
  int failed;
} Outcome;

struct Border {
  const Cells *c;
  const Slice *slice; uint32_t nslice;
  Side *side;
  Arena *mem;
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

Border *border_new(const Cells *c, const Slice *slice, uint32_t nslice, Arena *mem) {
  Border *b = ARENA_NEW(mem, Border);
  if (!b) return NULL;
  *b = (Border){.c = c, .slice = slice, .nslice = nslice, .mem = mem};
  b->side = ARENA_ARRAY(mem, Side, c->nblock + 1);
  b->out = ARENA_ARRAY(mem, Outcome, nslice + 1);
  b->sum = ARENA_ARRAY(mem, double, (size_t)nslice * c->nborder * (c->nborder + 1) + 1);
  b->room = c->nborder + MOST_DELAYED;
  b->S = ARENA_ARRAY(mem, double, (size_t)b->room * b->room);
  b->rhs = ARENA_ARRAY(mem, double, b->room);
  b->pivot = ARENA_ARRAY(mem, uint32_t, b->room);
  if (arena_failed(mem)) return NULL;
  for (uint32_t i = 0; i < c->nblock; i++) {
    const CellShape *s = &b->side[i].shape;
    if (cell_shape(&b->side[i].shape, &c->block[i], c->nborder, mem)) return NULL;
    b->side[i].refused = ARENA_ARRAY(mem, uint8_t, c->block[i].lanes + 1);
    size_t lines = (size_t)s->size + s->nrow + s->width, need = (size_t)(s->size + s->nrow) * s->width + lines;
    if (need > b->nwork) b->nwork = need;
  }
  b->nwork *= CELL_GROUP;
  b->work = ARENA_ARRAY(mem, double, b->nwork * TEAM_MOST + 1);
  return b->work ? b : NULL;
}

/* Makes a plan for a block that has none, or whose cells refuse theirs too often, after one of these. Returns 1 when memory failed. */
static int plan_block(Border *b, uint32_t block) {
  Side *d = &b->side[block];
  const CellShape *s = &d->shape;
  uint32_t lanes = s->c->lanes, refused = 0, try[3] = {lanes / 2, 0, lanes - 1};
  if (!s->size || !lanes || d->plans >= MOST_PLANS) return 0;
  for (uint32_t l = lanes; d->plan.step && l-- > 0;)
    if (d->refused[l]) {
      refused++;
      try[0] = try[1] = try[2] = l;
    }
  if (d->plan.step && refused <= lanes / 4) return 0;
  d->plans++;
  CellPlan fresh = {0};
  for (int k = 0; k < 3 && !fresh.step; k++) {
    cell_load(s, &b->w, b->c->nborder, try[k], b->work, b->work + (size_t)(s->size + s->nrow) * s->width);
    if (cell_plan(&fresh, s, b->work, b->mem)) return 1;
  }
  if (!fresh.step) return 0;
  size_t need = ((size_t)lanes + CELL_GROUP - 1) / CELL_GROUP * CELL_GROUP * fresh.nown;
  if (need > d->room) {
    free(d->lu);
    d->lu = calloc(need, sizeof *d->lu);
    d->room = d->lu ? need : 0;
  }
  d->plan = fresh;
  return !d->lu;
}

/* ---- the cells of a slice -------------------------------------------------------------------------------------------------------- */

static size_t own(const CellBlock *c, uint32_t slot, uint32_t lane) { return c->base + (size_t)slot * c->lanes + lane; }

static int grow(void **at, uint32_t n, uint32_t *room, size_t size) {
  if (n < *room) return 0;
  uint32_t more = *room ? 2 * *room : 64;
  void *fresh = realloc(*at, more * size);
  if (!fresh) return 1;
  *at = fresh;
  *room = more;
  return 0;
}

static void push(Outcome *o, uint32_t i, uint32_t j, double v) {
  if (grow((void **)&o->late, o->nlate, &o->late_room, sizeof *o->late)) o->failed = 1;
  else o->late[o->nlate++] = (Late){i, j, v};
}

/* Room for one more lane's own factors. Returns 1 when memory failed. */
static int room_alone(Outcome *o, uint32_t k) {
  if (o->nlane < o->lane_room) return 0;
  uint32_t more = o->lane_room ? 2 * o->lane_room : 64;
  uint32_t *lane = realloc(o->lane, more * sizeof *lane);
  if (lane) o->lane = lane;
  double *lu = realloc(o->lu, (size_t)more * k * k * sizeof *lu);
  if (lu) o->lu = lu;
  uint8_t *perm = realloc(o->perm, (size_t)more * (2 * k + 1));
  if (perm) o->perm = perm;
  if (!lane || !lu || !perm) return 1;
  o->lane_room = more;
  return 0;
}

/* The number in the border's matrix of row i of the eliminated array (column likewise); NO_INDEX where it is none. */
static uint32_t border_number(const Border *b, const CellLine *line, const uint32_t *used, uint32_t i, uint32_t k, uint32_t done, uint32_t lane, uint32_t delayed) {
  if (i < k) return b->c->nborder + delayed + (i - done);
  uint32_t at = cell_line(&line[used[i - k]], lane);
  return at < b->c->nborder ? at : NO_INDEX;
}

/* One lane on its own; pivots that are too small are delayed. */
static void factor_alone(Border *b, Outcome *o, const CellShape *s, uint32_t lane, double *W, double *S) {
  const CellBlock *c = s->c;
  uint32_t n = b->c->nborder, k = s->size, all = k + s->nrow;
  if (o->failed || (o->failed = room_alone(o, k))) return;
  uint8_t *perm = o->perm + (size_t)o->nlane * (2 * k + 1);
  double *lu = o->lu + (size_t)o->nlane * k * k;
  cell_load(s, &b->w, n, lane, W, W + (size_t)all * s->width);
  uint32_t done = perm[2 * k] = (uint8_t)cell_eliminate(s, W, perm, &o->least, &o->most);
  o->lane[o->nlane++] = lane;
  for (uint32_t i = 0; i < k; i++) memcpy(lu + i * k, W + (size_t)i * s->width, sizeof *lu * k);
  if (o->delayed + (k - done) > MOST_DELAYED) o->failed = 1;
  for (uint32_t i = done; i < all && !o->failed; i++) {
    uint32_t row = border_number(b, c->row, s->row, i, k, done, lane, o->delayed);
    for (uint32_t j = done; row != NO_INDEX && j < s->width; j++) {
      double v = W[(size_t)i * s->width + j];
      uint32_t col = border_number(b, c->col, s->col, j, k, done, lane, o->delayed);
      if (col == NO_INDEX || v == 0.0) continue;
      if (row < n && col < n) S[(size_t)row * n + col] += v;
      else push(o, row, col, v);
    }
  }
  o->delayed += k - done;
}

/* The share of a group's cells in the border's matrix. */
static void group_share(const Border *b, const Side *d, uint32_t first, uint32_t n, const double *G, double *S) {
  const CellShape *s = &d->shape;
  uint32_t nborder = b->c->nborder, k = s->size;
  for (uint32_t i = 0; i < s->nrow; i++)
    for (uint32_t j = 0; j < s->ncol; j++) {
      uint32_t slot = d->plan.slot[(k + i) * s->width + k + j];
      for (uint32_t l = 0; slot != NO_INDEX && l < n; l++) {
        uint32_t row = cell_line(&s->c->row[s->row[i]], first + l), col = cell_line(&s->c->col[s->col[j]], first + l);
        if (row < nborder && col < nborder && !d->refused[first + l]) S[(size_t)row * nborder + col] += G[(size_t)slot * CELL_GROUP + l];
      }
    }
}

static double *group_lu(const Side *d, uint32_t lane) { return d->lu + (size_t)(lane / CELL_GROUP) * d->plan.nown * CELL_GROUP; }

static void factor_slice(void *ctx, uint32_t at, uint32_t member) {
  Border *b = ctx;
  const Slice *sl = &b->slice[at];
  Side *d = &b->side[sl->block];
  const CellShape *s = &d->shape;
  Outcome *o = &b->out[at];
  uint32_t n = b->c->nborder, end = sl->first + sl->n;
  double *work = b->work + b->nwork * member, *S = b->sum + (size_t)at * n * (n + 1);
  o->nlate = o->nlane = o->delayed = 0;
  o->failed = 0;
  o->least = INFINITY;
  o->most = 0.0;
  memset(S, 0, sizeof *S * n * n);
  if (!s->size) return;
  for (uint32_t first = sl->first; first < end; first += CELL_GROUP) {
    uint32_t lanes = end - first < CELL_GROUP ? end - first : CELL_GROUP;
    memset(d->refused + first, 1, lanes);
    if (d->plan.step) {
      cell_group(&d->plan, s, &b->w, n, first, lanes, work, work + (size_t)d->plan.nslot * CELL_GROUP, d->refused + first, &o->least, &o->most);
      group_share(b, d, first, lanes, work, S);
      memcpy(group_lu(d, first), work, sizeof *work * d->plan.nown * CELL_GROUP);
    }
    for (uint32_t l = 0; l < lanes; l++)
      if (d->refused[first + l]) factor_alone(b, o, s, first + l, work, S);
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
    for (uint32_t t = 0; t < o->nlate; t++) {
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
      for (uint32_t j = 0; j < m; j++) {
        double t = S[(size_t)r * m + j];
        S[(size_t)r * m + j] = S[(size_t)k * m + j];
        S[(size_t)k * m + j] = t;
      }
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
  team_run_if(b->nslice > b->c->nblock, b->nslice, work, b);
}

BorderStatus border_factor(Border *b, Weights w) {
  b->w = w;
  for (uint32_t i = 0; i < b->c->nblock; i++)
    if (plan_block(b, i)) return BORDER_TOO_LARGE;
  each(b, factor_slice);
  BorderStatus s = assemble(b);
  return s == BORDER_DONE ? factor_border(b) : s;
}

/* ---- solving ------------------------------------------------------------------------------------------------------------------- */

/* One entry between the border and the cells: its own side's slot and weights, and the border's. */
typedef struct { const CellEntry *e; const CellLine *line; uint32_t slot; const double *inner, *outer; } Link;

static Link link_of(const Border *b, const CellShape *s, uint32_t entry) {
  const CellEntry *e = &s->c->entry[entry];
  int c = e->i >= s->size;            /* an entry of C: border row, own column */
  return (Link){e, c ? &s->c->row[e->i - s->size] : &s->c->col[e->j - s->size], c ? e->j : e->i, c ? b->w.col : b->w.row, c ? b->w.row : b->w.col};
}

/* The entries of C (of B when transposed) lead down to the border; those of B (of C) back up. */
static const uint32_t *links(const Border *b, const CellShape *s, int up, uint32_t *n) {
  int of_b = up != b->transposed;
  *n = of_b ? s->nup : s->ndown;
  return of_b ? s->up : s->down;
}

/* rhs -= C z for some lanes (skip[l]: not for this one; may be NULL); z: own numbers `stride` apart. */
static void to_border(const Border *b, const CellShape *s, uint32_t first, uint32_t lanes, const uint8_t *skip, const double *z, uint32_t stride, double *rhs) {
  uint32_t n;
  const uint32_t *list = links(b, s, 0, &n);
  for (uint32_t q = 0; q < n; q++) {
    Link k = link_of(b, s, list[q]);
    const double *w = k.inner + own(s->c, k.slot, first), *v = cell_numbers(k.e, first), *x = z + (size_t)k.slot * stride;
    for (uint32_t l = 0; l < lanes; l++) {
      uint32_t at = cell_line(k.line, first + l);
      if (at < b->c->nborder && !(skip && skip[l])) rhs[at] -= k.outer[at] * v[l] * w[l] * x[l];
    }
  }
}

/* r -= B z_border. */
static void from_border(const Border *b, const CellShape *s, uint32_t first, uint32_t lanes, double *r, uint32_t stride) {
  uint32_t n;
  const uint32_t *list = links(b, s, 1, &n);
  for (uint32_t q = 0; q < n; q++) {
    Link k = link_of(b, s, list[q]);
    const double *w = k.inner + own(s->c, k.slot, first), *v = cell_numbers(k.e, first);
    double *x = r + (size_t)k.slot * stride;
    for (uint32_t l = 0; l < lanes; l++) {
      uint32_t at = cell_line(k.line, first + l);
      if (at < b->c->nborder) x[l] -= w[l] * v[l] * k.outer[at] * b->rhs[at];
    }
  }
}

static void gather(const Border *b, const CellBlock *c, uint32_t first, uint32_t lanes, double *r, uint32_t stride) {
  for (uint32_t i = 0; i < c->size; i++) {
    memcpy(r + (size_t)i * stride, b->v + own(c, i, first), lanes * sizeof *r);
    for (uint32_t l = lanes; l < stride; l++) r[(size_t)i * stride + l] = 0.0;
  }
}

static void down_slice(void *ctx, uint32_t at, uint32_t member) {
  Border *b = ctx;
  const Slice *sl = &b->slice[at];
  const Side *d = &b->side[sl->block];
  const CellShape *s = &d->shape;
  const Outcome *o = &b->out[at];
  uint32_t n = b->c->nborder, k = s->size, delayed = n + o->first, end = sl->first + sl->n;
  double *r = b->work + b->nwork * member, *y = r + (size_t)k * CELL_GROUP, *rhs = b->sum + (size_t)at * n * (n + 1) + (size_t)n * n;
  memset(rhs, 0, sizeof *rhs * n);
  for (uint32_t first = sl->first; k && d->plan.step && first < end; first += CELL_GROUP) {
    uint32_t lanes = end - first < CELL_GROUP ? end - first : CELL_GROUP;
    gather(b, s->c, first, lanes, r, CELL_GROUP);
    cell_group_solve(&d->plan, k, group_lu(d, first), b->transposed, r, y);
    to_border(b, s, first, lanes, d->refused + first, r, CELL_GROUP, rhs);
  }
  for (uint32_t a = 0; a < o->nlane; a++) {
    const uint8_t *perm = o->perm + (size_t)a * (2 * k + 1);
    const double *lu = o->lu + (size_t)a * k * k;
    gather(b, s->c, o->lane[a], 1, r, 1);
    cell_forward(k, lu, perm, perm[2 * k], b->transposed, r, y);
    for (uint32_t i = perm[2 * k]; i < k; i++) {
      b->rhs[delayed++] = y[i];
      y[i] = 0.0;
    }
    cell_backward(k, lu, perm, perm[2 * k], b->transposed, y, r);
    to_border(b, s, o->lane[a], 1, NULL, r, 1, rhs);
  }
}

static void up_slice(void *ctx, uint32_t at, uint32_t member) {
  Border *b = ctx;
  const Slice *sl = &b->slice[at];
  const Side *d = &b->side[sl->block];
  const CellShape *s = &d->shape;
  const Outcome *o = &b->out[at];
  uint32_t k = s->size, delayed = b->c->nborder + o->first, end = sl->first + sl->n;
  double *r = b->work + b->nwork * member, *y = r + (size_t)k * CELL_GROUP;
  for (uint32_t first = sl->first; k && d->plan.step && first < end; first += CELL_GROUP) {
    uint32_t lanes = end - first < CELL_GROUP ? end - first : CELL_GROUP;
    gather(b, s->c, first, lanes, r, CELL_GROUP);
    from_border(b, s, first, lanes, r, CELL_GROUP);
    cell_group_solve(&d->plan, k, group_lu(d, first), b->transposed, r, y);
    for (uint32_t i = 0; i < k; i++)
      for (uint32_t l = 0; l < lanes; l++)
        if (!d->refused[first + l]) b->v[own(s->c, i, first + l)] = r[(size_t)i * CELL_GROUP + l];
  }
  for (uint32_t a = 0; a < o->nlane; a++) {
    const uint8_t *perm = o->perm + (size_t)a * (2 * k + 1);
    const double *lu = o->lu + (size_t)a * k * k;
    gather(b, s->c, o->lane[a], 1, r, 1);
    from_border(b, s, o->lane[a], 1, r, 1);
    cell_forward(k, lu, perm, perm[2 * k], b->transposed, r, y);
    for (uint32_t i = perm[2 * k]; i < k; i++) y[i] = b->rhs[delayed++];
    cell_backward(k, lu, perm, perm[2 * k], b->transposed, y, r);
    for (uint32_t i = 0; i < k; i++) b->v[own(s->c, i, o->lane[a])] = r[i];
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
  for (uint32_t i = 0; i < b->c->nblock; i++) free(b->side[i].lu);
  for (uint32_t s = 0; s < b->nslice; s++) {
    free(b->out[s].late);
    free(b->out[s].lane);
    free(b->out[s].lu);
    free(b->out[s].perm);
  }
}
