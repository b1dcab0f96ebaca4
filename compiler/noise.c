/* noise.c: which of a solution's numbers are zero for all that was proven. An unknown is noise where zero in its place keeps every
 * condition it enters within the tolerance; a sum, where its terms cancel to less than that share of their size. Tables show such
 * numbers as 0; JSON, CSV and --get give what was computed. */
#include "result.h"
#include "verdict.h"
#include "../runtime/system.h"
#include <math.h>
#include <string.h>

static double tolerance(const Result *r) { return pow(10, -(proven_digits(&r->sol) + 2)); }

/* What an unknown is measured against: prices and variables, choices, and multipliers have sizes of their own (a multiplier may be of
 * any size, and would make everything else small). */
static int kind(const System *s, uint32_t i) { return i < s->p->nglobal ? 0 : s->role[i] == ROLE_CHOICE ? 1 : 2; }

/* Unknowns small enough to ask about, set to zero in y. */
static uint32_t candidates(const System *s, const double *x, double *y, uint8_t *noise) {
  uint32_t n = 0, nx = s->p->nx;
  double largest[3] = {0, 0, 0};
  for (uint32_t i = 0; i < s->p->ncheck; i++)
    if (s->p->check[i].price == NO_INDEX) largest[0] = 1;   /* the numeraire's price, which is no unknown */
  for (uint32_t i = 0; i < nx; i++) largest[kind(s, i)] = fmax(largest[kind(s, i)], fabs(x[i]));
  for (uint32_t i = 0; i < nx; i++) {
    noise[i] = fabs(x[i]) <= 1e-9 * largest[kind(s, i)] && (x[i] < 0 || x[i] > 0) && !s->fixed[i] && s->lower[i] <= 0 && s->upper[i] >= 0;
    y[i] = noise[i] ? 0 : x[i];
    n += noise[i];
  }
  return n;
}

static void keep_what_matters(Result *r, System *s, const double *y, double *F, double *T) {
  double tol = tolerance(r);
  uint32_t nx = s->p->nx;
  system_rows(s, y, F, F + nx);
  system_terms(s, y, T, T + nx);
  for (uint32_t j = 0; j < nx; j++)
    for (int k = s->jac.start[j]; k < s->jac.start[j + 1] && r->noise[j]; k++) {
      uint32_t i = (uint32_t)s->jac.row[k];
      if (i < nx && !(fabs(system_residual(s, i, y[i], F[i], T[i])) <= tol)) r->noise[j] = 0;
    }
}

static void find_noise(Result *r) {
  const Problem *p = result_problem(r);
  uint32_t rows = p->nx + p->ncheck;
  Arena *mem = arena_new(NULL);
  r->noise = ARENA_ARRAY(r->mem, uint8_t, p->nx + 1);
  System *s = mem && r->noise ? system_new(p, mem) : NULL;
  double *y = s ? ARENA_ARRAY(mem, double, p->nx + 1) : NULL, *F = s ? ARENA_ARRAY(mem, double, rows + 1) : NULL, *T = s ? ARENA_ARRAY(mem, double, rows + 1) : NULL;
  if (y && F && T && candidates(s, r->sol.x, y, r->noise)) keep_what_matters(r, s, y, F, T);
  else if (r->noise) memset(r->noise, 0, p->nx + 1);
  arena_free(mem);
}

/* Only what is small beside the largest unknown can be; found without building the system. */
static int may_be_noise(Result *r, uint32_t unknown) {
  uint32_t nx = lowered_problem(r->lowered)->nx;
  for (uint32_t i = 0; i < nx && !r->measured; i++) r->largest = fmax(r->largest, fabs(r->sol.x[i]));
  r->measured = 1;
  return fabs(r->sol.x[unknown]) <= 1e-9 * r->largest;
}

int result_is_noise(Result *r, uint32_t unknown) {
  if (!r->solved || !r->lowered || !may_be_noise(r, unknown)) return 0;
  if (!r->noise) find_noise(r);
  return r->noise && r->noise[unknown];
}

int result_cancels(const Result *r, double sum, double size) { return r->solved && fabs(sum) <= tolerance(r) * size; }
