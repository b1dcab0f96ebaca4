#include "sample.h"
#include "draws.h"
#include <math.h>
#include <string.h>

/* A sample of one lane in SHARE, but no more than suffice for a start. */
enum { LEAST_DRAWS = 64, MOST_DRAWS = 512, SHARE = 8, WORTH = SHARE * LEAST_DRAWS, MOST_GLOBALS = 2000, MOST_REGRESSORS = 40, REACH = 3 };

struct Sample {
  const Problem *p;
  Problem small;
  uint32_t **lane;                    /* per block: the lane of the whole behind each of its lanes; NULL where all are taken */
  Arena *mem;
};

int sample_applies(const Problem *p) {
  int worth = 0;
  if (p->nglobal > MOST_GLOBALS) return 0;
  for (uint32_t b = 0; b < p->nblock; b++) {
    const Block *blk = &p->block[b];
    const Kernel *k = blk->k;
    if (blk->lanes >= WORTH && (k->nown == 0 || blk->count)) return 0;
    worth |= blk->lanes >= WORTH;
    for (uint32_t i = 0; i < k->nin; i++) {
      const Input *in = &k->in[i];
      if (in->kind == IN_X && in->ref >= p->nglobal) return 0;
      for (uint32_t l = 0; in->kind == IN_GATHER && l < blk->lanes; l++)
        if (blk->index[in->ref][l] != NO_INDEX && blk->index[in->ref][l] >= p->nglobal) return 0;
    }
  }
  return worth;
}

static uint32_t draws(uint32_t lanes) { return lanes / SHARE < MOST_DRAWS ? lanes / SHARE : MOST_DRAWS; }

/* One draw in each of draws() equal strata of the cumulated probabilities; a lane drawn more than once is taken once. */
static uint32_t draw(const Block *b, uint64_t *state, uint32_t *lane, double *count) {
  double total = 0.0, sum = 0.0;
  for (uint32_t l = 0; b->mass && l < b->lanes; l++) total += b->mass[l];
  uint32_t n = 0, l = 0, all = draws(b->lanes);
  double p = 0.0;
  for (uint32_t k = 0; k < all; k++) {
    double at = (k + draws_unit(state)) / all;
    while (l < b->lanes) {
      p = total > 0.0 ? 0.5 / b->lanes + 0.5 * b->mass[l] / total : 1.0 / b->lanes;
      if (sum + p > at || l + 1 == b->lanes) break;
      sum += p;
      l++;
    }
    if (n == 0 || lane[n - 1] != l) {
      lane[n] = l;
      count[n++] = 0.0;
    }
    count[n - 1] += 1.0 / (all * p);
  }
  return n;
}

static int shrink(Sample *sm, uint32_t b, Block *to, uint64_t *state) {
  const Block *from = &sm->p->block[b];
  *to = *from;
  if (from->lanes < WORTH) return 0;
  uint32_t *lane = sm->lane[b] = ARENA_ARRAY(sm->mem, uint32_t, MOST_DRAWS);
  double *count = ARENA_ARRAY(sm->mem, double, MOST_DRAWS);
  if (arena_failed(sm->mem)) return 1;
  to->count = count;
  to->lanes = draw(from, state, lane, count);
  to->column = ARENA_ARRAY(sm->mem, double *, from->ncolumn + 1);
  to->index = ARENA_ARRAY(sm->mem, uint32_t *, from->nindex + 1);
  if (arena_failed(sm->mem)) return 1;
  for (uint32_t c = 0; c < from->ncolumn; c++) {
    double *v = to->column[c] = ARENA_ARRAY(sm->mem, double, to->lanes);
    for (uint32_t l = 0; v && l < to->lanes; l++) v[l] = from->column[c][lane[l]];
  }
  for (uint32_t c = 0; c < from->nindex; c++) {
    uint32_t *v = to->index[c] = ARENA_ARRAY(sm->mem, uint32_t, to->lanes);
    for (uint32_t l = 0; v && l < to->lanes; l++) v[l] = from->index[c][lane[l]];
  }
  if (from->mass) {
    to->mass = ARENA_ARRAY(sm->mem, double, to->lanes);
    for (uint32_t l = 0; to->mass && l < to->lanes; l++) to->mass[l] = from->mass[lane[l]];
  }
  return arena_failed(sm->mem);
}

/* A vector of the whole restricted to the sample. */
static double *restricted(const Sample *sm, const double *v) {
  const Problem *p = sm->p;
  double *to = v ? ARENA_ARRAY(sm->mem, double, sm->small.nx + 1) : NULL;
  if (!to) return NULL;
  memcpy(to, v, sizeof *to * p->nglobal);
  for (uint32_t b = 0; b < p->nblock; b++) {
    const Block *big = &p->block[b], *few = &sm->small.block[b];
    for (uint32_t slot = 0; slot < big->k->nown; slot++)
      for (uint32_t l = 0; l < few->lanes; l++) to[problem_own(few, slot, l)] = v[problem_own(big, slot, sm->lane[b] ? sm->lane[b][l] : l)];
  }
  return to;
}

Sample *sample_new(const Problem *p, uint64_t seed, Arena *mem) {
  Sample *sm = ARENA_NEW(mem, Sample);
  Block *block = ARENA_ARRAY(mem, Block, p->nblock + 1);
  uint32_t **lane = ARENA_ARRAY(mem, uint32_t *, p->nblock + 1);
  if (arena_failed(mem)) return NULL;
  *sm = (Sample){.p = p, .small = *p, .lane = lane, .mem = mem};
  sm->small.block = block;
  sm->small.mem = mem;
  uint64_t state = seed;
  uint32_t at = p->nglobal;
  for (uint32_t b = 0; b < p->nblock; b++) {
    if (shrink(sm, b, &block[b], &state)) return NULL;
    block[b].base = at;
    at += block[b].k->nown * block[b].lanes;
  }
  sm->small.nx = at;
  sm->small.start = restricted(sm, p->start);
  sm->small.fixed = restricted(sm, p->fixed);
  return arena_failed(mem) ? NULL : sm;
}

const Problem *sample_problem(const Sample *sm) { return &sm->small; }

/* ---- the other lanes ------------------------------------------------------------------------------------------------------------ */

/* The lanes' data as regressors: columns and gathered globals that differ among the sample, in logarithms where all are positive,
 * centred and divided by their standard deviation; the constant is added by the means. */
typedef struct {
  uint32_t n;
  uint32_t in[MOST_REGRESSORS];
  double mean[MOST_REGRESSORS], size[MOST_REGRESSORS];
  uint8_t log[MOST_REGRESSORS];
  double *factor;                     /* n x n: lower Cholesky factor of the regressors' second moments */
} Data;

static double datum(const Block *b, const Input *in, uint32_t lane, const double *x) {
  if (in->kind == IN_COLUMN) return b->column[in->ref][lane];
  uint32_t at = b->index[in->ref][lane];
  return at == NO_INDEX ? 0.0 : x[at];
}

static double regressor(const Data *d, const Block *b, uint32_t r, uint32_t lane, const double *x) {
  double v = datum(b, &b->k->in[d->in[r]], lane, x);
  double z = ((d->log[r] ? log(fmax(v, 1e-300)) : v) - d->mean[r]) / d->size[r];
  return isfinite(z) ? fmin(fmax(z, -REACH), REACH) : 0.0;      /* no prediction far outside the sample */
}

static void moments(const double *v, const double *w, uint32_t n, double *mean, double *size) {
  double sum = 0.0, all = 0.0, square = 0.0;
  for (uint32_t l = 0; l < n; l++) {
    sum += w[l] * v[l];
    all += w[l];
  }
  *mean = sum / all;
  for (uint32_t l = 0; l < n; l++) square += w[l] * (v[l] - *mean) * (v[l] - *mean);
  *size = sqrt(square / all);
}

static void choose(Data *d, const Block *few, const double *found, double *v) {
  for (uint32_t i = 0; i < few->k->nin && d->n < MOST_REGRESSORS; i++) {
    const Input *in = &few->k->in[i];
    if (in->kind != IN_COLUMN && in->kind != IN_GATHER) continue;
    uint32_t r = d->n;
    int positive = 1, finite = 1;
    for (uint32_t l = 0; l < few->lanes; l++) {
      v[l] = datum(few, in, l, found);
      positive &= v[l] > 0.0;
      finite &= isfinite(v[l]) != 0;
    }
    if (!finite) continue;
    for (uint32_t l = 0; positive && l < few->lanes; l++) v[l] = log(v[l]);
    moments(v, few->count, few->lanes, &d->mean[r], &d->size[r]);
    if (!(d->size[r] > 1e-9 * (1.0 + fabs(d->mean[r])))) continue;
    d->in[r] = i;
    d->log[r] = (uint8_t)positive;
    d->n++;
  }
}

/* Z: sampled lanes x n. */
static void factorise(Data *d, const double *Z, const double *w, uint32_t lanes) {
  static const double RIDGE = 1e-3;
  uint32_t n = d->n;
  double all = 0.0;
  for (uint32_t l = 0; l < lanes; l++) {
    all += w[l];
    for (uint32_t i = 0; i < n; i++)
      for (uint32_t j = 0; j <= i; j++) d->factor[i * n + j] += w[l] * Z[(size_t)l * n + i] * Z[(size_t)l * n + j];
  }
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t j = 0; j <= i; j++) {
      double s = d->factor[i * n + j] / all + (i == j ? RIDGE : 0.0);
      for (uint32_t k = 0; k < j; k++) s -= d->factor[i * n + k] * d->factor[j * n + k];
      d->factor[i * n + j] = i == j ? sqrt(fmax(s, RIDGE)) : s / d->factor[j * n + j];
    }
}

/* Coefficients of y (sampled lanes), whose mean and standard deviation are given. */
static void regress(const Data *d, const double *Z, const double *y, const double *w, uint32_t lanes, double mean, double *coef) {
  uint32_t n = d->n;
  double all = 0.0;
  memset(coef, 0, sizeof *coef * n);
  for (uint32_t l = 0; l < lanes; l++) {
    all += w[l];
    for (uint32_t i = 0; i < n; i++) coef[i] += w[l] * Z[(size_t)l * n + i] * (y[l] - mean);
  }
  for (uint32_t i = 0; i < n; i++) {
    coef[i] /= all;
    for (uint32_t k = 0; k < i; k++) coef[i] -= d->factor[i * n + k] * coef[k];
    coef[i] /= d->factor[i * n + i];
  }
  for (uint32_t i = n; i-- > 0;) {
    for (uint32_t k = i + 1; k < n; k++) coef[i] -= d->factor[k * n + i] * coef[k];
    coef[i] /= d->factor[i * n + i];
  }
}

/* Predictions of one slot for every lane. Positive unknowns are predicted in logarithms; nothing is predicted beyond what the sample holds. */
typedef struct { int log; double mean, low, high, coef[MOST_REGRESSORS]; } Rule;

static void rule(Rule *u, const Data *d, const double *Z, const Block *few, const double *found, double *y) {
  u->log = 1;
  for (uint32_t l = 0; l < few->lanes; l++) u->log &= found[l] > 0.0;
  u->low = INFINITY;
  u->high = -INFINITY;
  for (uint32_t l = 0; l < few->lanes; l++) {
    y[l] = u->log ? log(found[l]) : found[l];
    u->low = fmin(u->low, y[l]);
    u->high = fmax(u->high, y[l]);
  }
  double size;
  moments(y, few->count, few->lanes, &u->mean, &size);
  regress(d, Z, y, few->count, few->lanes, u->mean, u->coef);
}

static int extend_block(const Sample *sm, uint32_t b, const double *found, const System *whole, double *x, Arena *heap) {
  const Block *few = &sm->small.block[b], *big = &sm->p->block[b];
  uint32_t nown = big->k->nown;
  Data d = {0};
  double *y = ARENA_ARRAY(heap, double, few->lanes + 1);
  Rule *u = ARENA_ARRAY(heap, Rule, nown + 1);
  if (arena_failed(heap)) return 1;
  choose(&d, few, found, y);
  double *Z = ARENA_ARRAY(heap, double, (size_t)few->lanes * d.n + 1);
  d.factor = ARENA_ARRAY(heap, double, (size_t)d.n * d.n + 1);
  if (arena_failed(heap)) return 1;
  for (uint32_t l = 0; l < few->lanes; l++)
    for (uint32_t r = 0; r < d.n; r++) Z[(size_t)l * d.n + r] = regressor(&d, few, r, l, found);
  factorise(&d, Z, few->count, few->lanes);
  for (uint32_t slot = 0; slot < nown; slot++) rule(&u[slot], &d, Z, few, found + problem_own(few, slot, 0), y);
  for (uint32_t l = 0; l < big->lanes; l++) {
    double z[MOST_REGRESSORS];
    for (uint32_t r = 0; r < d.n; r++) z[r] = regressor(&d, big, r, l, x);
    for (uint32_t slot = 0; slot < nown; slot++) {
      uint32_t i = problem_own(big, slot, l);
      double v = u[slot].mean;
      for (uint32_t r = 0; r < d.n; r++) v += u[slot].coef[r] * z[r];
      v = fmin(fmax(v, u[slot].low), u[slot].high);
      x[i] = fmin(fmax(u[slot].log ? exp(v) : v, whole->lower[i]), whole->upper[i]);
      if (sm->p->start && !isnan(sm->p->start[i])) x[i] = fmin(fmax(sm->p->start[i], whole->lower[i]), whole->upper[i]);
    }
  }
  return 0;
}

int sample_extend(const Sample *sm, const double *found, const System *whole, double *x) {
  const Problem *p = sm->p;
  Arena *heap = arena_new(NULL);
  int failed = !heap;
  memcpy(x, found, sizeof *x * p->nglobal);
  for (uint32_t b = 0; !failed && b < p->nblock; b++) {
    if (sm->lane[b]) failed = extend_block(sm, b, found, whole, x, heap);
    else memcpy(x + p->block[b].base, found + sm->small.block[b].base, sizeof *x * p->block[b].k->nown * p->block[b].lanes);
  }
  arena_free(heap);
  return failed;
}
