#include "start.h"
#include "draws.h"
#include "linsys.h"
#include <math.h>
#include <string.h>

/* A selection of rows and columns of the Jacobian as a matrix of its own. */
typedef struct {
  uint32_t m, n;
  uint32_t *row_of, *col_of;          /* to rows and unknowns of the system; a column past the unknowns is a slack */
  int *start, *row, *from;            /* from: place in jac.at, -1 for a slack's entry */
  double *at;
  Lsq *lsq;
} Part;

struct Start {
  System *s;
  uint32_t n, rows;
  uint8_t *given;                     /* 1 where the user gave the value */
  Part alloc, fit;                    /* choices and activities x physical constraints; multipliers and prices x stationarity */
  uint8_t *positive;                  /* fitted in logarithms */
  int disposal;                       /* markets are not all met with equality at any allocation */
  uint8_t *moved;                     /* per global: a market's row that prices enter by themselves */
  int any_ratio;
  uint8_t *ratio;                     /* per fit row: fitted as the logarithm of a ratio */
  double *F, *T, *trial, *d, *r, *g, *reg, *soft, *weight, *slack, *unit, *low, *pull, *before;
};

enum { ALLOCATION_STEPS = 60, FIT_STEPS = 60 };
static const double FREE_CHOICE = 1e-3;         /* curvature on choices without bounds: they stay near zero */
static const double CENTRED = 0.03;               /* a relative step after which the next one would be negligible (Newton's steps square) */
static const double FITTED = 1e-2;               /* a fall of the sum of squares that is not worth another step */
static const double AFFORDABLE = 0.2;            /* a change of weights, in logarithms, that Newton's method makes up for */
static const double SMALL_MARKET = 1e-3;          /* of the largest row's terms: violations are relative to no less */
static const double PRICED_MARKET = 0.3;        /* excess demand, relative to its terms, that counts as much as a factor e in a choice */
static const double IDLE_CHOICE = 0.1;          /* weight of the barrier where the bound may well be met */

/* ---- which rows and unknowns belong to which phase ---------------------------------------------------------------------------- */

static int is_price(const Problem *p, uint32_t i) { return i != NO_INDEX && i < p->nglobal && p->global[i].kind == GLOBAL_PRICE; }

/* bears[slot]: some price moves the row of this slot. */
static void price_bearing(const Problem *p, const Block *b, uint8_t *bears) {
  memset(bears, 0, b->k->nown);
  for (uint32_t e = 0; e < b->k->nentry; e++) {
    const Entry *en = &b->k->entry[e];
    const Input *in = &b->k->in[en->in];
    if (en->out >= b->k->nown) continue;
    if (in->kind == IN_X) bears[en->out] |= (uint8_t)is_price(p, in->ref);
    for (uint32_t l = 0; in->kind == IN_GATHER && l < b->lanes; l++) bears[en->out] |= (uint8_t)is_price(p, b->index[in->ref][l]);
  }
}

/* moved[row]: some price enters this market's clearing by itself (factor demand from unit costs, written supply curves), so that choices
 * alone do not balance it. */
static void price_moved(const Problem *p, uint8_t *moved) {
  for (uint32_t b = 0; b < p->nblock; b++) {
    const Block *blk = &p->block[b];
    for (uint32_t e = 0; e < blk->k->nentry; e++) {
      const Entry *en = &blk->k->entry[e];
      const Input *in = &blk->k->in[en->in];
      if (en->out < blk->k->nown || (in->kind != IN_X && in->kind != IN_GATHER)) continue;
      const Share *sh = &blk->k->share[en->out - blk->k->nown];
      for (uint32_t l = 0; l < blk->lanes; l++) {
        uint32_t row = sh->by_lane ? blk->index[sh->target][l] : sh->target;
        if (row < p->nglobal && is_price(p, in->kind == IN_X ? in->ref : blk->index[in->ref][l])) moved[row] = 1;
      }
    }
  }
}

/* The level of an activity, or another quantity with a least value that stands in a market: part of the allocation as choices are. */
static int is_activity(const System *s, uint32_t i) {
  const Problem *p = s->p;
  if (i >= p->nglobal || p->global[i].kind != GLOBAL_VARIABLE || !isfinite(s->least[i])) return 0;
  for (int t = s->jac.start[i]; t < s->jac.start[i + 1]; t++) {
    uint32_t row = (uint32_t)s->jac.row[t];
    if (row >= p->nx || (row < p->nglobal && (p->global[row].flag & GLOBAL_CLEARING))) return 1;
  }
  return 0;
}

enum { NOWHERE, CHOICE, PHYSICAL, PHYSICAL_SLACK, MULTIPLIER, GLOBAL_FIT };

/* The part each unknown (with its row) plays. */
static void classify(const Start *st, uint8_t *part, uint8_t *bears) {
  const System *s = st->s;
  const Problem *p = s->p;
  for (uint32_t i = 0; i < p->nglobal; i++) part[i] = GLOBAL_FIT;
  for (uint32_t b = 0; b < p->nblock; b++) {
    const Block *blk = &p->block[b];
    price_bearing(p, blk, bears);
    for (uint32_t slot = 0; slot < blk->k->nown; slot++)
      for (uint32_t l = 0; l < blk->lanes; l++) {
        uint32_t i = problem_own(blk, slot, l);
        Role role = (Role)s->role[i];
        if (role == ROLE_CHOICE || role == ROLE_AUX) part[i] = CHOICE;
        else if (role == ROLE_BUDGET || bears[slot]) part[i] = MULTIPLIER;
        else part[i] = role == ROLE_INEQUALITY ? PHYSICAL_SLACK : PHYSICAL;
      }
  }
}

/* Builds a part from row and column choices; slack_col[row] != NO_INDEX adds a slack's -1. */
static int part_build(Part *q, const System *s, const uint8_t *use_row, const uint8_t *use_col, const uint8_t *slack, Arena *mem) {
  uint32_t rows = s->jac.rows, cols = s->jac.cols, nslack = 0;
  uint32_t *at_row = ARENA_ARRAY(mem, uint32_t, rows + 1);
  q->row_of = ARENA_ARRAY(mem, uint32_t, rows + 1);
  q->col_of = ARENA_ARRAY(mem, uint32_t, cols + rows + 1);
  q->start = ARENA_ARRAY(mem, int, cols + rows + 1);
  q->row = ARENA_ARRAY(mem, int, (size_t)s->jac.start[cols] + rows + 1);
  q->from = ARENA_ARRAY(mem, int, (size_t)s->jac.start[cols] + rows + 1);
  q->at = ARENA_ARRAY(mem, double, (size_t)s->jac.start[cols] + rows + 1);
  if (arena_failed(mem)) return 1;
  for (uint32_t i = 0; i < rows; i++)
    if (use_row[i]) {
      q->row_of[q->m] = i;
      at_row[i] = q->m++;
    }
  int k = 0;
  for (uint32_t j = 0; j < cols; j++) {
    if (!use_col[j]) continue;
    for (int t = s->jac.start[j]; t < s->jac.start[j + 1]; t++)
      if (use_row[s->jac.row[t]]) {
        q->row[k] = (int)at_row[s->jac.row[t]];
        q->from[k++] = t;
      }
    q->col_of[q->n++] = j;
    q->start[q->n] = k;
  }
  for (uint32_t i = 0; slack && i < cols; i++)
    if (use_row[i] && slack[i]) {
      q->row[k] = (int)at_row[i];
      q->at[k] = -1.0;
      q->from[k++] = -1;
      q->col_of[q->n++] = cols + nslack++;
      q->start[q->n] = k;
    }
  q->lsq = lsq_new((int)q->m, (int)q->n, q->start, q->row, q->at, mem);
  return !q->lsq;
}

static void part_fill(Part *q, const System *s, const double *row_scale, const double *col_scale) {
  for (uint32_t j = 0; j < q->n; j++)
    for (int k = q->start[j]; k < q->start[j + 1]; k++) {
      double v = q->from[k] < 0 ? -1.0 : s->jac.at[q->from[k]];
      if (row_scale) v /= row_scale[q->row[k]];
      if (col_scale) v *= col_scale[j];
      q->at[k] = v;
    }
}

static Start *make(System *s, int with_given, Arena *mem) {
  Start *st = ARENA_NEW(mem, Start);
  if (!st || system_csc(s)) return NULL;
  const Problem *p = s->p;
  st->s = s;
  st->n = p->nx;
  st->rows = p->nx + p->ncheck;
  size_t size = (size_t)st->rows + st->n + 1;
  double **vec[] = {&st->F, &st->T, &st->trial, &st->d, &st->r, &st->g, &st->reg, &st->soft, &st->weight, &st->slack, &st->unit, &st->low, &st->pull, &st->before};
  for (unsigned i = 0; i < sizeof vec / sizeof *vec; i++) *vec[i] = ARENA_ARRAY(mem, double, size);
  uint32_t most = 1;
  for (uint32_t b = 0; b < p->nblock; b++) most = p->block[b].k->nown > most ? p->block[b].k->nown : most;
  uint8_t *part = ARENA_ARRAY(mem, uint8_t, size), *bears = ARENA_ARRAY(mem, uint8_t, most), *row = ARENA_ARRAY(mem, uint8_t, size);
  uint8_t *col = ARENA_ARRAY(mem, uint8_t, size), *slack = ARENA_ARRAY(mem, uint8_t, size);
  st->given = ARENA_ARRAY(mem, uint8_t, size);
  st->positive = ARENA_ARRAY(mem, uint8_t, size);
  st->ratio = ARENA_ARRAY(mem, uint8_t, size);
  st->moved = ARENA_ARRAY(mem, uint8_t, size);
  if (arena_failed(mem)) return NULL;
  price_moved(p, st->moved);
  classify(st, part, bears);
  for (uint32_t i = 0; i < st->n; i++) {
    st->given[i] = with_given && p->start && !isnan(p->start[i]);
    col[i] = (part[i] == CHOICE || is_activity(s, i)) && !s->fixed[i] && !st->given[i];
    row[i] = (part[i] == PHYSICAL || part[i] == PHYSICAL_SLACK) && !s->fixed[i];
    slack[i] = part[i] == PHYSICAL_SLACK;
  }
  for (uint32_t i = st->n; i < st->rows; i++) row[i] = 1;
  if (part_build(&st->alloc, s, row, col, slack, mem)) return NULL;
  for (uint32_t i = 0; i < st->rows; i++) {
    int fitted = i < st->n && !s->fixed[i] && part[i] != CHOICE && !is_activity(s, i) && !(i < p->nglobal && p->global[i].kind == GLOBAL_SLACK);
    col[i] = fitted && !st->given[i];
    row[i] = i < st->n && !s->fixed[i] && (part[i] == CHOICE || (part[i] == GLOBAL_FIT && (!(p->global[i].flag & GLOBAL_CLEARING) || st->moved[i])));
    st->positive[i] = fitted && s->lower[i] == 0.0 && !isfinite(s->upper[i]);
    if (fitted && i >= p->nglobal && s->role[i] == ROLE_BUDGET) st->positive[i] = !(s->lower[i] > 0.0);
  }
  return part_build(&st->fit, s, row, col, NULL, mem) ? NULL : st;
}

Start *start_new(System *s, Arena *mem) { return make(s, 1, mem); }
Start *start_new_alone(System *s, Arena *mem) { return make(s, 0, mem); }

void start_free(Start *st) {
  if (!st) return;
  lsq_free(st->alloc.lsq);
  lsq_free(st->fit.lsq);
}

/* ---- the first guess ---------------------------------------------------------------------------------------------------------- */

static double between(double l, double u, double wish) {
  if (isfinite(l) && isfinite(u)) return 0.5 * (l + u);
  if (isfinite(l)) return l + (wish > 0.0 ? wish : 1.0);
  if (isfinite(u)) return u - (wish > 0.0 ? wish : 1.0);
  return wish;
}

static void first_guess(Start *st, double *x, double spread, uint64_t seed) {
  const System *s = st->s;
  const Problem *p = s->p;
  uint64_t state = seed;
  for (uint32_t i = 0; i < st->n; i++) {
    double wish = 1.0;
    if (i < p->nglobal && p->global[i].kind == GLOBAL_SLACK) wish = 0.0;
    if (i >= p->nglobal && (s->role[i] == ROLE_CHOICE || s->role[i] == ROLE_EQUALITY)) wish = isfinite(s->lower[i]) || isfinite(s->upper[i]) ? 1.0 : 0.0;
    x[i] = between(s->lower[i], s->upper[i], wish);
    if (is_price(p, i) && spread > 0.0 && !s->fixed[i]) x[i] *= exp(spread * (2.0 * draws_unit(&state) - 1.0));
    if (st->given[i]) x[i] = fmin(fmax(p->start[i], s->lower[i]), s->upper[i]);
  }
  for (uint32_t i = 0; i < p->nglobal; i++) st->weight[i] = 1.0;
  for (uint32_t b = 0; b < p->nblock; b++)
    for (uint32_t l = 0; l < p->block[b].lanes; l++) {
      double tilt = spread > 0.0 ? exp(spread * (2.0 * draws_unit(&state) - 1.0)) : 1.0;
      for (uint32_t slot = 0; slot < p->block[b].k->nown; slot++) {
        uint32_t i = problem_own(&p->block[b], slot, l);
        st->weight[i] = (p->block[b].mass ? p->block[b].mass[l] : 1.0) * tilt;
        if (!(st->weight[i] > 0.0)) st->weight[i] = 1e-6;
      }
    }
}

/* ---- phase 1: the allocation -------------------------------------------------------------------------------------------------- */

/* Gradient (into g) and curvature (square root into reg) of the centring objective at column j. */
static void centre(const Start *st, const double *x, uint32_t j, double *g, double *reg) {
  const Part *q = &st->alloc;
  uint32_t i = q->col_of[j];
  double lo = 0.0, up = INFINITY, v, w = IDLE_CHOICE;
  if (i >= st->n) v = st->slack[i - st->n];
  else {
    lo = st->s->lower[i];
    up = st->s->upper[i];
    v = x[i];
    w = st->weight[i] * (st->s->flag[i] & OWN_LOG ? 1.0 : IDLE_CHOICE);
  }
  double grad = 0.0, curve = 0.0;
  if (isfinite(lo)) {
    grad -= w / (v - lo);
    curve += w / ((v - lo) * (v - lo));
    if (!isfinite(up)) {
      grad += w * st->pull[j] * (v - lo);
      curve += w * st->pull[j];
    }
  }
  if (isfinite(up)) {
    grad += w / (up - v);
    curve += w / ((up - v) * (up - v));
  }
  if (!isfinite(lo) && !isfinite(up)) {
    grad += st->weight[i] * FREE_CHOICE * v;
    curve += st->weight[i] * FREE_CHOICE;
  }
  *g = -grad;
  *reg = sqrt(curve);
}

/* A barrier alone has no minimum in a choice that no physical constraint limits (a quantity that only budgets tie down): each is pulled
 * back with a hundredth of the curvature of a quantity of the size that its constraints speak of (weakly, so that the centre of what
 * they do limit stays where it is), or with that of one where none speaks of it. */
static void pulls(Start *st) {
  const Part *q = &st->alloc;
  for (uint32_t j = 0; j < q->n; j++) {
    double size = 0.0;
    for (int k = q->start[j]; k < q->start[j + 1]; k++)
      if (q->at[k] != 0.0) size = fmax(size, st->T[q->row_of[q->row[k]]] / fabs(q->at[k]));
    st->pull[j] = size > 0.0 && isfinite(size) ? 0.01 / (size * size) : 1.0;
  }
}

/* The longest step that keeps every bounded choice and slack nine tenths inside. */
static double inside_step(const Start *st, const double *x) {
  const Part *q = &st->alloc;
  double step = 1.0;
  for (uint32_t j = 0; j < q->n; j++) {
    uint32_t i = q->col_of[j];
    double v = i < st->n ? x[i] : st->slack[i - st->n], lo = i < st->n ? st->s->lower[i] : 0.0, up = i < st->n ? st->s->upper[i] : INFINITY;
    if (st->d[j] < 0.0 && isfinite(lo)) step = fmin(step, 0.9 * (v - lo) / -st->d[j]);
    if (st->d[j] > 0.0 && isfinite(up)) step = fmin(step, 0.9 * (up - v) / st->d[j]);
  }
  return step;
}

/* A market whose balance is a wish here: one that prices move by themselves, and, where all markets cannot be met with equality, every
 * one of which something may be left over (a factor that cannot be fully employed is free). */
static int is_loose(const Start *st, uint32_t row) {
  const Problem *p = st->s->p;
  if (row < st->n) return 0;
  const Check *c = &p->check[row - st->n];
  return (st->disposal && !c->equality) || (c->price != NO_INDEX && st->moved[c->price]);
}

/* -constraint residuals into r; returns the largest relative to its terms. */
static double physical_residual(Start *st, const double *x) {
  const Part *q = &st->alloc;
  double worst = 0.0;
  if (system_rows(st->s, x, st->F, st->F + st->n) && !isfinite(system_domain(st->s, x, NULL))) return INFINITY;
  system_terms(st->s, x, st->T, st->T + st->n);
  for (uint32_t i = 0; i < q->m; i++) st->r[i] = -st->F[q->row_of[i]];
  for (uint32_t j = 0; j < q->n; j++)
    if (q->col_of[j] >= st->n) st->r[q->row[q->start[j]]] += st->slack[q->col_of[j] - st->n];
  double most = 0.0;
  for (uint32_t i = 0; i < q->m; i++) most = fmax(most, st->T[q->row_of[i]]);
  for (uint32_t i = 0; i < q->m; i++) {
    double t = fmax(st->T[q->row_of[i]], SMALL_MARKET * most);                 /* where nothing is traded all terms vanish, and nothing is violated */
    if (!is_loose(st, q->row_of[i])) worst = fmax(worst, fabs(st->r[i]) / (t > 0.0 ? t : 1.0));
    if (!isfinite(st->r[i])) return INFINITY;
  }
  return worst;
}

static int allocate(Start *st, double *x, int first, Effort *e) {
  Part *q = &st->alloc;
  if (q->n == 0 || q->m == 0) return 0;
  for (uint32_t j = 0; j < q->n; j++)
    if (q->col_of[j] >= st->n) st->slack[q->col_of[j] - st->n] = 1.0;
  double worst = INFINITY;
  for (int it = 0; it < ALLOCATION_STEPS && !effort_over(e, worst, "allocation"); it++) {
    worst = physical_residual(st, x);
    if (!isfinite(worst)) return 1;
    system_jacobian(st->s, x);
    part_fill(q, st->s, NULL, NULL);
    for (int k = 0; k < q->start[q->n]; k++)
      if (!isfinite(q->at[k])) return 1;
    if (first && it == 0) pulls(st);             /* at the first guess, before anything ran away from it */
    for (uint32_t j = 0; j < q->n; j++) centre(st, x, j, &st->g[j], &st->reg[j]);
    for (uint32_t i = 0; i < q->m; i++) {
      double rough = PRICED_MARKET * st->T[q->row_of[i]];
      st->soft[i] = is_loose(st, q->row_of[i]) && rough > 0.0 ? rough * rough : 1e-9;
    }
    if (lsq_factor(q->lsq, st->soft, st->reg) || lsq_solve(q->lsq, st->r, st->g, st->d)) return 1;
    double step = inside_step(st, x), size = 0.0;
    for (int h = 0; h < 20; h++, step *= 0.5) {
      memcpy(st->trial, x, sizeof *x * st->n);
      for (uint32_t j = 0; j < q->n; j++)
        if (q->col_of[j] < st->n) st->trial[q->col_of[j]] += step * st->d[j];
      if (system_domain(st->s, st->trial, NULL) > 0.0) break;
    }
    memcpy(x, st->trial, sizeof *x * st->n);
    for (uint32_t j = 0; j < q->n; j++) {
      if (q->col_of[j] >= st->n) st->slack[q->col_of[j] - st->n] += step * st->d[j];
      size = fmax(size, fabs(st->d[j]) * st->reg[j] / sqrt(q->col_of[j] < st->n ? st->weight[q->col_of[j]] : 1.0));
    }
    if (step > 0.99 && size < CENTRED && worst < 1e-3) break;
  }
  return !(physical_residual(st, x) < 1e-6);
}

/* ---- phase 2: multipliers and prices ------------------------------------------------------------------------------------------ */

/* Budgets' multipliers of the size of marginal utilities: the geometric mean, over the choices that cost something, of marginal utility
 * over price. Utility may be of any size (a power mean to a high power), and the fit moves by factors. */
static void utility_units(Start *st, double *x) {
  const System *s = st->s;
  const Part *q = &st->fit;
  memcpy(st->trial, x, sizeof *x * st->n);
  for (uint32_t j = 0; j < q->n; j++)
    if (q->col_of[j] >= s->p->nglobal) st->trial[q->col_of[j]] = 0.0;
  system_terms(st->s, st->trial, st->T, NULL);
  system_jacobian(st->s, st->trial);
  for (uint32_t j = 0; j < q->n; j++) {
    uint32_t i = q->col_of[j];
    double sum = 0.0, count = 0.0;
    if (i < s->p->nglobal || s->role[i] != ROLE_BUDGET || !st->positive[i]) continue;
    for (int k = q->start[j]; k < q->start[j + 1]; k++) {
      double ratio = st->T[q->row_of[q->row[k]]] / fabs(s->jac.at[q->from[k]]);
      if (!(ratio > 0.0) || !isfinite(ratio)) continue;
      sum += log(ratio);
      count += 1.0;
    }
    if (count > 0.0) x[i] = fmin(fmax(exp(sum / count), 1e-150), 1e150);
  }
}

/* A choice that may rest on its bound is fitted on one side only. */
static double one_sided(const System *s, uint32_t i, double f) {
  const double slight = 0.1;
  if (s->flag[i] & OWN_LOG) return 1.0;
  if (f > 0.0 && isfinite(s->lower[i])) return slight;
  if (f < 0.0 && isfinite(s->upper[i])) return slight;
  return 1.0;
}

/* Equalities in which every fitted unknown is positive are sums of positive and negative parts P - N, and are fitted as log P - log N: a
 * multiplier that is far too small is felt by how far, where P - N relative to its terms would be flat. The others (of choices that may
 * rest on a bound, of free unknowns) are relative to their terms. Normalisations are fitted as ratios always: they alone say how high prices are,
 * and where they are flat all prices together may drift to nothing while their ratios improve. */
static void fit_kinds(Start *st, int ratios) {
  Part *q = &st->fit;
  st->any_ratio = ratios;
  for (uint32_t i = 0; i < q->m; i++) {
    uint32_t u = q->row_of[i];
    int level = u < st->s->p->nglobal && st->s->p->global[u].kind == GLOBAL_SLACK;
    st->ratio[i] = (ratios || level) && ((st->s->flag[u] & OWN_LOG) || (!isfinite(st->s->lower[u]) && !isfinite(st->s->upper[u])));
  }
  for (uint32_t j = 0; j < q->n; j++)
    for (int k = q->start[j]; k < q->start[j + 1]; k++)
      if (!st->positive[q->col_of[j]]) st->ratio[q->row[k]] = 0;
  for (uint32_t i = 0; i < q->m; i++) st->any_ratio |= st->ratio[i];
}

/* Residuals at x into r; returns their sum of squares. unit and low are what one unit of a positive and of a negative part counts: for
 * rows relative to their terms those of the last iterate (fresh), so that steps from it are compared in one measure. */
static double fit_residual(Start *st, const double *x, int fresh) {
  static const double LEAST_PART = 1e-14;
  const Part *q = &st->fit;
  double sum = 0.0;
  system_rows(st->s, x, st->F, NULL);
  if (fresh || st->any_ratio) system_terms(st->s, x, st->T, NULL);
  for (uint32_t i = 0; i < q->m; i++) {
    double f = st->F[q->row_of[i]], t = st->T[q->row_of[i]], r;
    if (!(t > 0.0) || !isfinite(t)) t = 1.0;
    if (st->ratio[i]) {
      st->unit[i] = fmax(0.5 * (t + f), LEAST_PART * t);
      st->low[i] = fmax(0.5 * (t - f), LEAST_PART * t);
      r = log(st->unit[i] / st->low[i]);
    } else {
      if (fresh) st->unit[i] = st->low[i] = t;
      r = f / st->unit[i];
    }
    st->r[i] = -one_sided(st->s, q->row_of[i], f) * r;
    sum += st->r[i] * st->r[i];
  }
  return isfinite(sum) ? sum : INFINITY;
}

static void fit_matrix(Start *st, const double *x) {
  Part *q = &st->fit;
  system_jacobian(st->s, x);
  for (uint32_t j = 0; j < q->n; j++) {
    uint32_t i = q->col_of[j];
    double most = 0.0, size = fmax(fabs(x[i]), 1e-3);
    for (int k = q->start[j]; k < q->start[j + 1]; k++) most = fmax(most, fabs(st->s->jac.at[q->from[k]]) / st->unit[q->row[k]]);
    st->g[j] = st->positive[i] ? x[i] : most > 0.0 ? fmin(1.0 / most, 1e6 * size) : size;
  }
  for (uint32_t j = 0; j < q->n; j++)
    for (int k = q->start[j]; k < q->start[j + 1]; k++) {
      uint32_t row = (uint32_t)q->row[k], i = q->row_of[row];
      double v = st->s->jac.at[q->from[k]] * one_sided(st->s, i, st->F[i]) * st->g[j];
      v /= v > 0.0 ? st->unit[row] : st->low[row];
      q->at[k] = isfinite(v) ? v : 0.0;
    }
}

static void fit_move(const Start *st, const double *x, double *to) {
  const Part *q = &st->fit;
  memcpy(to, x, sizeof *x * st->n);
  for (uint32_t j = 0; j < q->n; j++) {
    uint32_t i = q->col_of[j];
    double d = fmin(fmax(st->d[j], -3.0), 3.0);
    if (st->positive[i]) to[i] = fmin(fmax(x[i] * exp(d), 1e-150), 1e150);
    else to[i] = fmin(fmax(x[i] + st->d[j] * st->g[j], st->s->lower[i]), st->s->upper[i]);
  }
}

static void fit(Start *st, double *x, int ratios, Effort *e) {
  Part *q = &st->fit;
  double damping = 1e-2;
  if (q->n == 0 || q->m == 0) return;
  fit_kinds(st, ratios);
  for (int it = 0; it < FIT_STEPS && !effort_over(e, 1.0, "prices and multipliers"); it++) {
    double before = fit_residual(st, x, 1), after = INFINITY;
    if (!isfinite(before) || before < 1e-20) return;
    fit_matrix(st, x);
    for (int h = 0; h < 8; h++) {
      for (uint32_t j = 0; j < q->n; j++) st->reg[j] = damping;
      if (h > 0) fit_residual(st, x, 0);
      if (!lsq_factor(q->lsq, NULL, st->reg) && !lsq_solve(q->lsq, st->r, NULL, st->d)) {
        fit_move(st, x, st->trial);
        if (system_domain(st->s, st->trial, NULL) > 0.0) after = fit_residual(st, st->trial, 0);
        if (after < before) break;
      }
      damping *= 5.0;
    }
    if (!(after < before)) return;
    memcpy(x, st->trial, sizeof *x * st->n);
    damping = fmax(0.2 * damping, 1e-4);
    if (after > before * (1.0 - FITTED) && it > 0) return;
  }
}

/* Prices that differ by more than this in logarithms are no start: where rows are flat relative to their terms (a country's prices all
 * together far too low) the fit may run away. */
static int ran_away(const Start *st, const double *x) {
  static const double APART = 18.0;
  double least = INFINITY, most = 0.0;
  for (uint32_t j = 0; j < st->fit.n; j++) {
    uint32_t i = st->fit.col_of[j];
    if (!st->positive[i] || !is_price(st->s->p, i)) continue;
    least = fmin(least, x[i]);
    most = fmax(most, x[i]);
  }
  return most > 0.0 && log(most / least) > APART;
}

/* The fit from x; by ratios, which have no flat parts, where the other way ran away. */
static void price(Start *st, double *x, int ratios, Effort *e) {
  memcpy(st->before, x, sizeof *x * st->n);
  fit(st, x, ratios, e);
  if (ratios || !ran_away(st, x)) return;
  memcpy(x, st->before, sizeof *x * st->n);
  fit(st, x, 1, e);
}

/* ---- wealth -------------------------------------------------------------------------------------------------------------------- */

/* Moves every type's weight towards the allocation it can pay for: by what its budgets leave over against what it consumes, both in
 * its own utility (multipliers times budgets; consumption times marginal utility). A step of Negishi's method; returns the largest
 * change in logs. */
static double reweigh(Start *st, const double *x) {
  System *s = st->s;
  const Problem *p = s->p;
  double most = 0.0;
  system_rows(s, x, st->F, NULL);
  for (uint32_t b = 0; b < p->nblock; b++) {
    const Block *blk = &p->block[b];
    uint32_t nown = blk->k->nown;
    if (blk->k->goal.nout == 0 || blk->k->ngoal_in == 0) continue;
    for (uint32_t l = 0; l < blk->lanes; l++) {
      double left = 0.0, spent = 0.0;
      system_goal(s, b, l, x, st->r);
      system_goal_gradient(s, b, l, x, st->g);
      for (uint32_t slot = 0; slot < nown; slot++) {
        uint32_t i = problem_own(blk, slot, l);
        if (s->role[i] == ROLE_BUDGET) left += st->r[slot] * x[i] * st->F[i];
        if (s->flag[i] & OWN_LOG) spent += (x[i] - s->lower[i]) * st->g[slot];
      }
      double factor = fmin(fmax(1.0 + left / spent, 0.2), 5.0);
      if (!(spent > 0.0) || !isfinite(factor)) continue;
      most = fmax(most, fabs(log(factor)));
      for (uint32_t slot = 0; slot < nown; slot++) st->weight[problem_own(blk, slot, l)] *= factor;
    }
  }
  return most;
}

int start_derive(Start *st, double *x, StartKind kind, Effort *e) {
  enum { ROUNDS = 4 };
  st->disposal = 0;
  first_guess(st, x, kind.spread, kind.seed);
  int far = allocate(st, x, 1, e);
  for (int again = 1; far && again >= 0; again--) {    /* with something left over; where that is of no use either, as at first */
    st->disposal = again;
    first_guess(st, x, kind.spread, kind.seed);
    int still = allocate(st, x, 1, e);
    if (again) far = still;
  }
  utility_units(st, x);
  price(st, x, kind.ratios, e);
  for (int k = 0; kind.spread <= 0.0 && k < ROUNDS && !far && reweigh(st, x) > AFFORDABLE; k++) {
    far = allocate(st, x, 0, e);
    price(st, x, kind.ratios, e);
  }
  return far;
}
