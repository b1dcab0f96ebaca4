#include "search.h"
#include "draws.h"
#include <math.h>
#include <string.h>

enum { MEMORY = 8, INNER = 150, OUTER = 14, STARTS = 10 };
static const double FEASIBLE = 1e-8;   /* largest violation, relative to a constraint's size, of a plan that counts */

typedef struct {
  AgentClass *a;
  uint32_t n, m;
  double lambda, money, rho;
  double *unit, *lo, *hi;             /* n: sizes of the choices; bounds in these units */
  double *size, *nu;                  /* m: sizes of the constraints; multipliers in units of money/size */
  double *y, *g, *jac, *grad;         /* scratch: n, m, entries, n */
  double *z, *trial, *slope, *next, *d;                 /* n */
  double *s[MEMORY], *q[MEMORY], curved[MEMORY];
} Lag;

static double dot(const double *a, const double *b, uint32_t n) {
  double s = 0;
  for (uint32_t i = 0; i < n; i++) s += a[i] * b[i];
  return s;
}

static void to_units(const Lag *L, const double *z) {
  for (uint32_t i = 0; i < L->n; i++) L->y[i] = z[i] * L->unit[i];
}

static int used(const Lag *L, uint32_t j) { return !L->a->dropped[j]; }

/* The augmented Lagrangian (to be minimised) and, where slope is asked for, its gradient; infinity outside the domain. */
static double lagrangian(Lag *L, const double *z, double *slope) {
  AgentClass *a = L->a;
  to_units(L, z);
  if (agent_domain(a, L->y) <= 0) return INFINITY;
  double f = -agent_goal(a, L->y) / (L->lambda * L->money);
  agent_constraints(a, L->y, L->g);
  for (uint32_t j = 0; j < L->m; j++) {
    if (!used(L, j)) { L->g[j] = 0; continue; }
    double g = L->g[j] / L->size[j], pull = L->nu[j] - L->rho * g;
    if (!a->equality[j] && pull < 0) pull = 0;
    f += (pull * pull - L->nu[j] * L->nu[j]) / (2 * L->rho);
    L->g[j] = pull / L->size[j];                        /* weight of dg in the slope */
  }
  if (isnan(f)) return INFINITY;
  if (!slope) return f;
  agent_gradient(a, L->y, L->grad);
  agent_jacobian(a, L->y, L->jac);
  for (uint32_t i = 0; i < L->n; i++) slope[i] = -L->grad[i] / (L->lambda * L->money);
  for (uint32_t e = 0; e < a->nentry; e++) slope[a->entry[e].choice] -= L->g[a->entry[e].con] * L->jac[e];
  for (uint32_t i = 0; i < L->n; i++) {
    slope[i] *= L->unit[i];
    if (!isfinite(slope[i])) return INFINITY;
  }
  return f;
}

static int held(const Lag *L, const double *z, const double *slope, uint32_t i) {
  return (z[i] <= L->lo[i] && slope[i] >= 0) || (z[i] >= L->hi[i] && slope[i] <= 0);
}

/* Minus the inverse Hessian's estimate times the slope, on the choices not held at a bound. kept: pairs in memory, newest last. */
static void direction(Lag *L, const double *z, const double *slope, unsigned kept) {
  double alpha[MEMORY];
  for (uint32_t i = 0; i < L->n; i++) L->d[i] = held(L, z, slope, i) ? 0 : -slope[i];
  for (unsigned k = kept; k-- > 0;) {
    alpha[k] = dot(L->s[k], L->d, L->n) / L->curved[k];
    for (uint32_t i = 0; i < L->n; i++) L->d[i] -= alpha[k] * L->q[k][i];
  }
  if (kept) {
    double h = L->curved[kept - 1] / dot(L->q[kept - 1], L->q[kept - 1], L->n);
    for (uint32_t i = 0; i < L->n; i++) L->d[i] *= h;
  }
  for (unsigned k = 0; k < kept; k++) {
    double beta = dot(L->q[k], L->d, L->n) / L->curved[k];
    for (uint32_t i = 0; i < L->n; i++) L->d[i] += (alpha[k] - beta) * L->s[k][i];
  }
  double fall = 0;
  for (uint32_t i = 0; i < L->n; i++) {
    if (held(L, z, slope, i)) L->d[i] = 0;
    fall += L->d[i] * slope[i];
  }
  if (fall < 0) return;
  for (uint32_t i = 0; i < L->n; i++) L->d[i] = held(L, z, slope, i) ? 0 : -slope[i];
}

static unsigned remember(Lag *L, unsigned kept) {
  if (kept == MEMORY) {
    double *s = L->s[0], *q = L->q[0];
    memmove(L->s, L->s + 1, (MEMORY - 1) * sizeof *L->s);
    memmove(L->q, L->q + 1, (MEMORY - 1) * sizeof *L->q);
    memmove(L->curved, L->curved + 1, (MEMORY - 1) * sizeof *L->curved);
    L->s[--kept] = s;
    L->q[kept] = q;
  }
  for (uint32_t i = 0; i < L->n; i++) {
    L->s[kept][i] = L->trial[i] - L->z[i];
    L->q[kept][i] = L->next[i] - L->slope[i];
  }
  L->curved[kept] = dot(L->s[kept], L->q[kept], L->n);
  return L->curved[kept] > 1e-14 * dot(L->q[kept], L->q[kept], L->n) ? kept + 1 : kept;
}

/* Minimises the augmented Lagrangian over the box from z; z is left at the best point. */
static void minimise(Lag *L) {
  unsigned kept = 0;
  double f = lagrangian(L, L->z, L->slope);
  if (!isfinite(f)) return;
  for (int it = 0; it < INNER; it++) {
    double steepest = 0;
    for (uint32_t i = 0; i < L->n; i++)
      if (!held(L, L->z, L->slope, i)) steepest = fmax(steepest, fabs(L->slope[i]));
    if (steepest < 1e-11) return;
    direction(L, L->z, L->slope, kept);
    double t = kept ? 1 : fmin(1, 0.5 / steepest), lower = INFINITY;
    for (int cut = 0; cut < 50; cut++, t /= 2) {
      double fall = 0;
      for (uint32_t i = 0; i < L->n; i++) {
        L->trial[i] = fmin(fmax(L->z[i] + t * L->d[i], L->lo[i]), L->hi[i]);
        fall += L->slope[i] * (L->trial[i] - L->z[i]);
      }
      lower = lagrangian(L, L->trial, L->next);
      if (isfinite(lower) && lower <= f + 1e-4 * fmin(fall, 0) && fall < 0) break;
      lower = INFINITY;
    }
    if (!isfinite(lower)) {
      if (!kept) return;
      kept = 0;
      continue;
    }
    kept = remember(L, kept);
    memcpy(L->z, L->trial, L->n * sizeof *L->z);
    memcpy(L->slope, L->next, L->n * sizeof *L->slope);
    f = lower;
  }
}

/* The largest relative violation at z; constraints' values relative to their sizes are left in g. */
static double violation(Lag *L, const double *z) {
  double worst = 0;
  to_units(L, z);
  agent_constraints(L->a, L->y, L->g);
  for (uint32_t j = 0; j < L->m; j++) {
    L->g[j] = used(L, j) ? L->g[j] / L->size[j] : 0;
    double v = L->a->equality[j] ? fabs(L->g[j]) : fmax(-L->g[j], 0);
    worst = isnan(v) ? INFINITY : fmax(worst, v);
  }
  return worst;
}

/* Relative multipliers of the plan found, from the multipliers of the answer; zero where `fresh`. */
static void multipliers(Lag *L, int fresh) {
  const AgentClass *a = L->a;
  for (uint32_t j = 0; j < L->m; j++) {
    double nu = a->multiplier[j] * a->weight[j] * L->size[j] / (L->lambda * L->money);
    if (!a->equality[j]) nu = fmax(nu, 0);
    L->nu[j] = fresh || !used(L, j) || !isfinite(nu) ? 0 : nu;
  }
}

/* One start: returns the gain in money over `base` (the objective at the answer), -infinity where no feasible plan was reached. */
static double climb(Lag *L, int fresh, double base) {
  double before = INFINITY;
  multipliers(L, fresh);
  L->rho = 10;
  for (int outer = 0; outer < OUTER; outer++) {
    minimise(L);
    double v = violation(L, L->z);
    for (uint32_t j = 0; j < L->m; j++) {
      if (!used(L, j)) continue;
      L->nu[j] -= L->rho * L->g[j];
      if (!L->a->equality[j]) L->nu[j] = fmax(L->nu[j], 0);
    }
    if (v < 1e-11) break;
    if (v > 0.25 * before) L->rho = fmin(L->rho * 5, 1e9);
    before = v;
  }
  if (!(violation(L, L->z) <= FEASIBLE)) return -INFINITY;
  double debt = 0;                                       /* what the violation left is worth */
  for (uint32_t j = 0; j < L->m; j++) {
    double v = L->a->equality[j] ? fabs(L->g[j]) : fmax(-L->g[j], 0);
    debt += 2 * v * fabs(L->nu[j]);
  }
  to_units(L, L->z);
  if (agent_domain(L->a, L->y) <= 0) return -INFINITY;
  return (agent_goal(L->a, L->y) - base) / L->lambda - debt * L->money;
}

/* Puts start number k into z, pulled towards the answer until the functions are defined there. */
static int place(Lag *L, int k, double scale, uint64_t *state) {
  const double *x = L->a->y;
  int corner = k >= 1 && k <= 4;
  for (uint32_t i = 0; i < L->n; i++) {
    double centre = x[i] / L->unit[i], reach = 4 * scale / L->unit[i], lo = L->lo[i], hi = L->hi[i], r = draws_unit(state);
    double near_lo = fmax(lo, centre - reach), near_hi = fmin(hi, centre + reach);
    if (k == 0) L->z[i] = centre;
    else if (corner) L->z[i] = k == 1 ? lo : k == 2 ? hi : r < 0.5 ? near_lo : near_hi;
    else L->z[i] = near_lo + r * (near_hi - near_lo);
    L->z[i] = fmin(fmax(L->z[i], lo), hi);
  }
  for (int pull = 0; pull < 60; pull++) {
    if (isfinite(lagrangian(L, L->z, L->next))) return 1;
    for (uint32_t i = 0; i < L->n; i++) L->z[i] += 0.3 * (fmin(fmax(x[i] / L->unit[i], L->lo[i]), L->hi[i]) - L->z[i]);
  }
  return 0;
}

static int prepare(Lag *L, AgentClass *a, double box, double scale, Arena *mem) {
  uint32_t n = a->nchoice, m = a->ncon;
  double **vectors[] = {&L->unit, &L->lo, &L->hi, &L->y, &L->grad, &L->z, &L->trial, &L->slope, &L->next, &L->d};
  L->a = a;
  L->n = n;
  L->m = m;
  for (size_t v = 0; v < sizeof vectors / sizeof *vectors; v++) *vectors[v] = ARENA_ARRAY(mem, double, n + 1);
  for (int k = 0; k < MEMORY; k++) {
    L->s[k] = ARENA_ARRAY(mem, double, n + 1);
    L->q[k] = ARENA_ARRAY(mem, double, n + 1);
  }
  L->size = ARENA_ARRAY(mem, double, m + 1);
  L->nu = ARENA_ARRAY(mem, double, m + 1);
  L->g = ARENA_ARRAY(mem, double, m + 1);
  L->jac = ARENA_ARRAY(mem, double, a->nentry + 1);
  if (arena_failed(mem)) return 0;
  for (uint32_t i = 0; i < n; i++) {
    L->unit[i] = fmax(fabs(a->y[i]), 0.01 * scale);
    L->lo[i] = fmax(a->lo[i], -box) / L->unit[i];
    L->hi[i] = fmin(a->hi[i], box) / L->unit[i];
  }
  agent_jacobian(a, a->y, L->jac);
  for (uint32_t e = 0; e < a->nentry; e++) {
    double w = fabs(L->jac[e]) * L->unit[a->entry[e].choice];
    if (isfinite(w)) L->size[a->entry[e].con] = fmax(L->size[a->entry[e].con], w);
  }
  for (uint32_t j = 0; j < m; j++)
    if (!(L->size[j] > 0)) L->size[j] = scale;
  return 1;
}

Search agent_search(AgentClass *a, double box, double scale, double money, uint64_t seed, Arena *mem, double *best) {
  Search found = {0, 0};
  Lag L = {.money = money, .rho = 10};
  uint64_t state = seed + 0x51ed2701u * (a->lane + 1u);
  L.lambda = agent_lambda(a);
  memcpy(best, a->y, a->nchoice * sizeof *best);
  if (!(L.lambda > 0) || !prepare(&L, a, box, scale, mem)) return found;
  double base = agent_goal(a, a->y);
  if (!isfinite(base)) return found;
  for (int k = 0; k < STARTS; k++) {
    multipliers(&L, k % 2);
    L.rho = 10;
    if (!place(&L, k, scale, &state)) continue;
    found.starts++;
    double gain = climb(&L, k % 2, base);
    if (gain > found.gain) {
      found.gain = gain;
      to_units(&L, L.z);
      memcpy(best, L.y, a->nchoice * sizeof *best);
    }
  }
  return found;
}
