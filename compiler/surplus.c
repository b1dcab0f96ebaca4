/* surplus.c: why an over-determined part is one. Its conditions' derivatives at random points have more dependencies between rows than
 * there are surplus columns to account for; the rows that take part in none are left out of the story. Unknowns that move together
 * without moving any row (both price levels and the exchange rate between them, say) enter in combinations only; conditions that
 * contain few other unknowns are taken to determine these, and what is left is the plain count. */
#include "structure.h"
#include "../runtime/draws.h"
#include "../runtime/rank.h"
#include <math.h>
#include <string.h>

enum { TRIES = 500 };

void structure_point(const System *s, uint64_t draw, double *x) {
  uint64_t state = draw * 0x632be59bd9b4e019u + 1;
  double size = ldexp(1.0, -(int)(draw / 2 % 6));       /* smaller points, and points of mixed sizes, keep what stands under a power positive */
  for (uint32_t i = 0; i < s->p->nx; i++) {
    double u = draw % 2 ? size * (0.25 + 0.75 * draws_unit(&state)) : exp2(-6 * draws_unit(&state)), lo = s->least[i], hi = s->most[i];
    if (s->fixed[i]) x[i] = s->lower[i];
    else if (isfinite(lo) && isfinite(hi)) x[i] = lo + (hi - lo) * fmin(u, 0.95);
    else if (isfinite(lo)) x[i] = lo + u;
    else if (isfinite(hi)) x[i] = hi - u;
    else x[i] = u;
  }
}

typedef struct { System *s; const uint32_t *row, *col; uint32_t nrow, ncol; double *a; Arena *mem; } Part;

/* The same system with other numbers, none of which appears or disappears: an identity that holds for curvature one alone, say, is no
 * property of the equations. */
static int other_numbers(const System *s, System *to, Problem *p, Arena *mem) {
  uint64_t state = 1;
  *to = *s;
  *p = *s->p;
  to->p = p;
  p->par = ARENA_ARRAY(mem, double, p->npar + 1);
  for (uint32_t i = 0; p->par && i < p->npar; i++) p->par[i] = s->p->par[i] * (0.9 + 0.2 * draws_unit(&state));
  return !p->par;
}

/* The derivatives of the part's rows in its columns at the first point at which all are defined; 1 when there is none. */
static int derivatives(Part *p) {
  uint32_t nx = p->s->p->nx;
  uint32_t *place = ARENA_ARRAY(p->mem, uint32_t, (size_t)nx + p->s->p->ncheck + 1);
  double *x = ARENA_ARRAY(p->mem, double, nx + 1), *F = ARENA_ARRAY(p->mem, double, nx + 1);
  p->a = ARENA_ARRAY(p->mem, double, (size_t)p->nrow * p->ncol + 1);
  if (arena_failed(p->mem)) return 1;
  memset(place, 0xff, sizeof *place * ((size_t)nx + p->s->p->ncheck));
  for (uint32_t i = 0; i < p->nrow; i++) place[p->row[i]] = i;
  for (uint64_t draw = 1; draw <= TRIES; draw++) {
    int fine = 1;
    structure_point(p->s, draw, x);
    system_rows(p->s, x, F, NULL);
    system_jacobian(p->s, x);
    for (uint32_t i = 0; i < p->nrow; i++) fine &= isfinite(F[p->row[i]]) != 0;
    memset(p->a, 0, sizeof *p->a * p->nrow * p->ncol);
    for (uint32_t j = 0; j < p->ncol && fine; j++)
      for (int k = p->s->jac.start[p->col[j]]; k < p->s->jac.start[p->col[j] + 1]; k++) {
        uint32_t i = place[p->s->jac.row[k]];
        if (i == UINT32_MAX) continue;
        p->a[(size_t)i * p->ncol + j] = p->s->jac.at[k];
        fine &= isfinite(p->s->jac.at[k]) != 0;
      }
    if (fine) return 0;
  }
  return 1;
}

/* Rows that take part in a dependency, as positions in the part. */
static int core_rows(const Part *p, uint8_t *mark) {
  double *t = ARENA_ARRAY(p->mem, double, (size_t)p->nrow * p->ncol + 1);
  NullSpace z;
  if (!t) return 1;
  for (uint32_t i = 0; i < p->nrow; i++)
    for (uint32_t j = 0; j < p->ncol; j++) t[(size_t)j * p->nrow + i] = p->a[(size_t)i * p->ncol + j];
  if (null_space(t, p->ncol, p->nrow, &z, p->mem)) return 1;
  null_support(&z, p->nrow, mark);
  return 0;
}

/* Of the core's rows, enough to determine the combinations: fewest other unknowns first, each adding to the rank. */
static void settle(const Part *p, const uint8_t *core, const uint8_t *joint, uint32_t wanted, uint8_t *taken) {
  double *a = ARENA_ARRAY(p->mem, double, (size_t)(wanted + 1) * p->ncol + 1);
  uint8_t *tried = ARENA_ARRAY(p->mem, uint8_t, p->nrow + 1);
  NullSpace z;
  for (uint32_t got = 0; a && tried && got < wanted;) {
    uint32_t best = UINT32_MAX, fewest = UINT32_MAX;
    for (uint32_t i = 0; i < p->nrow; i++) {
      uint32_t others = 0, inside = 0;
      if (!core[i] || tried[i]) continue;
      for (uint32_t j = 0; j < p->ncol; j++) {
        others += !joint[j] && p->a[(size_t)i * p->ncol + j] != 0;
        inside += joint[j] && p->a[(size_t)i * p->ncol + j] != 0;
      }
      if (!inside || others >= fewest) continue;
      fewest = others;
      best = i;
    }
    if (best == UINT32_MAX) return;
    tried[best] = 1;
    for (uint32_t j = 0; j < p->ncol; j++) a[(size_t)got * p->ncol + j] = joint[j] ? p->a[(size_t)best * p->ncol + j] : 0;
    if (null_space(a, got + 1, p->ncol, &z, p->mem)) return;
    if (z.rank <= got) continue;
    taken[best] = 1;
    got++;
  }
}

static uint32_t *pick(const uint32_t *from, const uint8_t *mark, const uint8_t *not, uint32_t n, uint32_t *count, Arena *mem) {
  uint32_t *at = ARENA_ARRAY(mem, uint32_t, n + 1);
  *count = 0;
  for (uint32_t i = 0; at && i < n; i++)
    if (mark[i] && !(not && not[i])) at[(*count)++] = from[i];
  return at;
}

/* The core's rows in the columns that they contain, and which of these enter in combinations only; the combinations' number or
 * UINT32_MAX when memory failed. */
static uint32_t combinations(const Part *p, const uint8_t *core, const uint8_t *touched, uint8_t *joint) {
  double *a = ARENA_ARRAY(p->mem, double, (size_t)p->nrow * p->ncol + 1);
  uint32_t *at = ARENA_ARRAY(p->mem, uint32_t, p->ncol + 1), m = 0, n = 0, all = 0;
  uint8_t *mark = ARENA_ARRAY(p->mem, uint8_t, p->ncol + 1);
  NullSpace z;
  if (arena_failed(p->mem)) return UINT32_MAX;
  for (uint32_t j = 0; j < p->ncol; j++)
    if (touched[j]) at[n++] = j;
  for (uint32_t i = 0; i < p->nrow; i++) {
    if (!core[i]) continue;
    for (uint32_t j = 0; j < n; j++) a[(size_t)m * n + j] = p->a[(size_t)i * p->ncol + at[j]];
    m++;
  }
  if (null_space(a, m, n, &z, p->mem)) return UINT32_MAX;
  null_support(&z, n, mark);
  for (uint32_t j = 0; j < n; j++) all += joint[at[j]] = mark[j];
  return all - z.dim;
}

int structure_surplus(System *s, const uint32_t *row, uint32_t nrow, const uint32_t *col, uint32_t ncol, Surplus *out, Arena *mem) {
  Problem other;
  System of_other;
  Part p = {&of_other, row, col, nrow, ncol, NULL, mem};
  *out = (Surplus){0};
  if (nrow > SURPLUS_ROWS || ncol > SURPLUS_ROWS || !ncol || other_numbers(s, &of_other, &other, mem) || derivatives(&p)) return 1;
  uint8_t *core = ARENA_ARRAY(mem, uint8_t, nrow + 1), *taken = ARENA_ARRAY(mem, uint8_t, nrow + 1);
  uint8_t *joint = ARENA_ARRAY(mem, uint8_t, ncol + 1), *touched = ARENA_ARRAY(mem, uint8_t, ncol + 1);
  if (arena_failed(mem) || core_rows(&p, core)) return 1;
  for (uint32_t i = 0; i < nrow; i++)
    for (uint32_t j = 0; j < ncol; j++) touched[j] |= core[i] && p.a[(size_t)i * ncol + j] != 0;
  out->ncombined = combinations(&p, core, touched, joint);
  if (out->ncombined == UINT32_MAX) return 1;
  settle(&p, core, joint, out->ncombined, taken);
  out->core = pick(row, core, NULL, nrow, &out->ncore, mem);
  out->joint = pick(col, joint, NULL, ncol, &out->njoint, mem);
  out->settled = pick(row, taken, NULL, nrow, &out->nsettled, mem);
  out->left = pick(row, core, taken, nrow, &out->nleft, mem);
  out->rest = pick(col, touched, joint, ncol, &out->nrest, mem);
  return arena_failed(mem);
}

/* ---- equations that say nothing new ---- */
enum { MORE = 4 };

/* Derivatives of the rows at the present Jacobian, their columns mixed at random into few: the same dependencies between rows. */
static void mixed(const System *s, const uint32_t *place, uint32_t k, double *a, uint64_t seed, double *mix) {
  for (uint32_t j = 0; j < s->p->nx; j++) {
    int drawn = 0;
    for (int q = s->jac.start[j]; q < s->jac.start[j + 1]; q++) {
      uint32_t i = place[s->jac.row[q]];
      if (i == UINT32_MAX || s->jac.at[q] == 0) continue;
      uint64_t state = seed + j;
      for (uint32_t c = 0; c < k && !drawn; c++) mix[c] = draws_unit(&state) - 0.5;
      drawn = 1;
      for (uint32_t c = 0; c < k; c++) a[(size_t)i * k + c] += s->jac.at[q] * mix[c];
    }
  }
}

int structure_redundant(System *s, const uint32_t *row, uint32_t n, uint32_t *out, uint32_t *count, Arena *mem) {
  const Problem *p = s->p;
  uint32_t k = n + MORE;
  uint32_t *place = ARENA_ARRAY(mem, uint32_t, (size_t)p->nx + p->ncheck + 1);
  uint8_t *mark = ARENA_ARRAY(mem, uint8_t, n + 1);
  double *x = ARENA_ARRAY(mem, double, p->nx + 1), *a = ARENA_ARRAY(mem, double, (size_t)n * k + 1), *t = ARENA_ARRAY(mem, double, (size_t)n * k + 1), *mix = ARENA_ARRAY(mem, double, k);
  *count = 0;
  if (arena_failed(mem)) return 1;
  memset(place, 0xff, sizeof *place * ((size_t)p->nx + p->ncheck));
  for (uint32_t i = 0; i < n; i++) place[row[i]] = i;
  for (uint64_t draw = 1; draw <= TRIES; draw++) {
    int fine = 1;
    structure_point(s, draw, x);
    system_jacobian(s, x);
    memset(a, 0, sizeof *a * n * k);
    mixed(s, place, k, a, draw * 7919, mix);
    for (size_t i = 0; i < (size_t)n * k; i++) fine &= isfinite(a[i]) != 0;
    if (!fine) continue;
    NullSpace z;
    for (uint32_t i = 0; i < n; i++) {
      double most = 0;
      for (uint32_t c = 0; c < k; c++) most = fmax(most, fabs(a[(size_t)i * k + c]));
      for (uint32_t c = 0; c < k; c++) t[(size_t)c * n + i] = most > 0 ? a[(size_t)i * k + c] / most : 0;
    }
    if (null_space(t, k, n, &z, mem)) return 1;
    null_support(&z, n, mark);
    for (uint32_t i = 0; i < n; i++)
      if (mark[i]) out[(*count)++] = row[i];
    return 0;
  }
  return 1;
}
