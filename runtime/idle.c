/* Inputs whose marginal product is infinite at zero (powers, logarithms) cannot stand at zero, where their conditions are not defined. An
 * activity with constant returns that does not pay therefore has no solution but a limit: its inputs go to zero in proportion, its
 * multipliers to those of the cheapest way to make a unit, and Newton's method, which solves exp(y) = 0, comes nearer by one in y at each
 * step. Its conditions depend on proportions alone (marginal products are homogeneous of degree zero), so that the limit is taken at
 * once by shrinking all choices of such a lane together. Where conditions do depend on the scale (decreasing returns), the residuals
 * say so and the point stays. */
#include "idle.h"
#include <math.h>
#include <string.h>

static const double NEGLIGIBLE = 1e-7;   /* of the largest choice of all lanes: what the solver's tolerance may leave of nothing */
static const double GONE = 1e-24;        /* of the same: below what any condition can see */

static double largest_choice(const System *s, const Block *b, uint32_t lane, const double *x, int *open) {
  double most = 0.0;
  for (uint32_t slot = 0; slot < b->k->nown; slot++) {
    uint32_t i = problem_own(b, slot, lane);
    if (s->role[i] != ROLE_CHOICE) continue;
    most = fmax(most, fabs(x[i]));
    *open |= (s->flag[i] & OWN_LOG) && s->lower[i] == 0.0 && !s->fixed[i];
  }
  return most;
}

static double largest_of_all(const System *s, const double *x) {
  double all = 0.0;
  int ignored = 0;
  for (uint32_t b = 0; b < s->p->nblock; b++)
    for (uint32_t lane = 0; lane < s->p->block[b].lanes; lane++) all = fmax(all, largest_choice(s, &s->p->block[b], lane, x, &ignored));
  return all;
}

/* The factor by which a lane's choices shrink, 1 for lanes that stay. */
static double fading(const System *s, const Block *b, uint32_t lane, const double *x, double all) {
  int open = 0;
  double most = largest_choice(s, b, lane, x, &open);
  return !open || !(most > GONE * all) || most > NEGLIGIBLE * all ? 1.0 : GONE * all / most;
}

static int any_fades(const System *s, const double *x, double all) {
  for (uint32_t b = 0; b < s->p->nblock; b++)
    for (uint32_t lane = 0; lane < s->p->block[b].lanes; lane++)
      if (fading(s, &s->p->block[b], lane, x, all) != 1.0) return 1;
  return 0;
}

double idle_fade(Mcp *m, const System *s, double *x, double worst) {
  const Problem *p = s->p;
  double all = largest_of_all(s, x);
  if (!any_fades(s, x, all)) return worst;
  Arena *heap = arena_new(NULL);
  double *try = heap ? ARENA_ARRAY(heap, double, p->nx + 1) : NULL;
  if (try) {
    memcpy(try, x, sizeof *x * p->nx);
    for (uint32_t b = 0; b < p->nblock; b++)
      for (uint32_t lane = 0; lane < p->block[b].lanes; lane++) {
        double factor = fading(s, &p->block[b], lane, x, all);
        for (uint32_t slot = 0; factor != 1.0 && slot < p->block[b].k->nown; slot++) {
          uint32_t i = problem_own(&p->block[b], slot, lane);
          if (s->role[i] == ROLE_CHOICE && !s->fixed[i]) try[i] *= factor;
        }
      }
    double faded = mcp_residual(m, try, NULL);
    if (faded <= worst) {
      memcpy(x, try, sizeof *x * p->nx);
      worst = faded;
    } else worst = mcp_residual(m, x, NULL);
  }
  arena_free(heap);
  return worst;
}

void idle_rows(const System *s, const double *x, uint8_t *gone) {
  const Problem *p = s->p;
  double all = largest_of_all(s, x);
  memset(gone, 0, p->nx);
  for (uint32_t b = 0; b < p->nblock; b++)
    for (uint32_t lane = 0; lane < p->block[b].lanes; lane++) {
      int open = 0;
      double most = largest_choice(s, &p->block[b], lane, x, &open);
      if (!open || most > 10.0 * GONE * all) continue;
      for (uint32_t slot = 0; slot < p->block[b].k->nown; slot++) {
        uint32_t i = problem_own(&p->block[b], slot, lane);
        gone[i] = s->role[i] == ROLE_EQUALITY || s->role[i] == ROLE_INEQUALITY;
      }
    }
}
