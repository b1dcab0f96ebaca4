#include "ladder.h"
#include "idle.h"
#include "sample.h"
#include <math.h>
#include <string.h>

enum { DIRECT_ITERATIONS = 120, CORRECTOR_ITERATIONS = 25, HOMOTOPY_STEPS = 80 };
static const double NEWTON_TOL = 1e-13, TRACE_TOL = 1e-7;

Ladder *ladder_new(System *s, Effort *e, double tol, uint64_t seed, const double *warm, double *x, Arena *mem) {
  Ladder *l = ARENA_NEW(mem, Ladder);
  if (!l) return NULL;
  size_t n = (size_t)s->p->nx + 1;
  *l = (Ladder){.s = s, .effort = e, .tol = tol, .warm = warm, .seed = seed, .mem = mem, .mcp = mcp_new(s, mem)};
  l->x = x ? x : ARENA_ARRAY(mem, double, n);
  if (l->mcp && !arena_failed(mem)) return l;
  ladder_free(l);
  return NULL;
}

void ladder_free(Ladder *l) {
  if (!l) return;
  mcp_free(l->mcp);
  start_free(l->start);
}

/* The derived start of the whole problem, made when first asked for. Returns 1 when memory failed. */
static int derive(Ladder *l, StartKind kind) {
  if (!l->start) l->start = start_new(l->s, l->mem);
  if (!l->start) return 1;
  start_derive(l->start, l->x, kind, l->effort);
  return 0;
}

static const McpInfo NO_MEMORY = {ECON_MEMORY, 0, INFINITY};

/* Newton from l->x on the exact conditions. It aims below the tolerance and is content with it. */
static McpInfo newton(Ladder *l, int iterations, const char *what) {
  McpOptions o = {.tol = fmin(NEWTON_TOL, l->tol), .enough = l->tol, .iterations = iterations, .what = what};
  McpInfo info = mcp_solve(l->mcp, l->x, &o, l->effort);
  l->iterations += info.iterations;
  return info;
}

static McpInfo climb_direct(Ladder *l, unsigned round) {
  (void)round;
  if (derive(l, (StartKind){0.0, l->seed, 0})) return NO_MEMORY;
  return newton(l, DIRECT_ITERATIONS, "Newton");
}

/* From the values of a neighbouring solution; unknowns it does not have are derived. Returns 1 when memory failed. */
static int given_point(Ladder *l) {
  int missing = 0;
  for (uint32_t i = 0; i < l->s->p->nx; i++) missing |= !isfinite(l->warm[i]);
  if (missing && derive(l, (StartKind){0.0, l->seed, 0})) return 1;
  for (uint32_t i = 0; i < l->s->p->nx; i++)
    if (isfinite(l->warm[i])) l->x[i] = l->warm[i];
  return 0;
}

static McpInfo climb_warm(Ladder *l, unsigned round) {
  (void)round;
  if (given_point(l)) return NO_MEMORY;
  return newton(l, DIRECT_ITERATIONS, "Newton");
}

/* What must be added to the conditions for the point l->from to satisfy them: transfers to the budgets, mostly, since markets clear
 * there. Returns 1 where they are not defined. */
static int violations(Ladder *l) {
  const System *s = l->s;
  if (system_rows(l->s, l->from, l->try, NULL)) return 1;
  memcpy(l->shift, l->try, sizeof *l->shift * s->p->nx);
  for (uint32_t i = 0; i < s->p->nx; i++) {
    if (s->fixed[i]) l->shift[i] = 0.0;
    if (l->from[i] <= s->lower[i]) l->shift[i] = fmin(l->shift[i], 0.0);
    if (l->from[i] >= s->upper[i]) l->shift[i] = fmax(l->shift[i], 0.0);
  }
  return 0;
}

/* Follows F(x) = (1 - t) F(x0) from t = 0 at the start to t = 1, the step in t adapted to what Newton can correct. */
static McpInfo trace(Ladder *l) {
  uint32_t n = l->s->p->nx;
  if (!l->try) {
    l->shift = ARENA_ARRAY(l->mem, double, (size_t)n + 1);
    l->from = ARENA_ARRAY(l->mem, double, (size_t)n + 1);
    l->try = ARENA_ARRAY(l->mem, double, (size_t)n + 1);
    if (arena_failed(l->mem)) return NO_MEMORY;
  }
  memcpy(l->from, l->x, sizeof *l->x * n);
  if (violations(l)) return (McpInfo){ECON_DOMAIN, 0, INFINITY};
  memcpy(l->from, l->shift, sizeof *l->x * n);
  double t = 0.0, dt = 0.25;
  for (int k = 0; k < HOMOTOPY_STEPS && dt > 1e-4; k++) {
    double next = fmin(1.0, t + dt);
    for (uint32_t i = 0; i < n; i++) l->shift[i] = (1.0 - next) * l->from[i];
    memcpy(l->try, l->x, sizeof *l->x * n);
    McpOptions o = {.tol = TRACE_TOL, .iterations = CORRECTOR_ITERATIONS, .shift = l->shift, .what = "homotopy"};
    McpInfo info = mcp_solve(l->mcp, l->try, &o, l->effort);
    l->iterations += info.iterations;
    if (l->effort->stop != ECON_SOLVED) return info;
    if (info.status != ECON_SOLVED) {
      dt *= 0.4;
      continue;
    }
    memcpy(l->x, l->try, sizeof *l->x * n);
    t = next;
    if (t >= 1.0) break;
    dt *= 2.0;
  }
  return newton(l, DIRECT_ITERATIONS, "Newton");
}

/* Prices and aggregates from a sample of the types, the other types' unknowns predicted from it. */
static McpInfo climb_sample(Ladder *l, unsigned round) {
  (void)round;
  McpInfo info = NO_MEMORY;
  Arena *heap = arena_new(NULL);
  Sample *sm = heap ? sample_new(l->s->p, l->seed, heap) : NULL;
  System *s = sm ? system_new(sample_problem(sm), heap) : NULL;
  Ladder *few = s ? ladder_new(s, l->effort, l->tol, l->seed, NULL, NULL, heap) : NULL;
  if (few) {
    info = derive(few, (StartKind){0.0, l->seed, 0}) ? NO_MEMORY : newton(few, DIRECT_ITERATIONS, "Newton on a sample of the types");
    if (info.status == ECON_SOLVED && sample_extend(sm, few->x, l->s, l->x)) info = NO_MEMORY;
    l->iterations += few->iterations;
  }
  ladder_free(few);
  arena_free(heap);
  return info.status == ECON_SOLVED ? newton(l, DIRECT_ITERATIONS, "Newton") : info;
}

static McpInfo climb_ratios(Ladder *l, unsigned round) {
  (void)round;
  if (derive(l, (StartKind){0.0, l->seed, 1})) return NO_MEMORY;
  return newton(l, DIRECT_ITERATIONS, "Newton");
}

/* What the given point violates is moved to zero: where it solves all but a few conditions (targets of a calibration), these alone. */
static McpInfo climb_warm_homotopy(Ladder *l, unsigned round) {
  (void)round;
  if (given_point(l)) return NO_MEMORY;
  return trace(l);
}

static McpInfo climb_homotopy(Ladder *l, unsigned round) {
  (void)round;
  if (derive(l, (StartKind){0.0, l->seed, 0})) return NO_MEMORY;
  return trace(l);
}

static McpInfo climb_smoothing(Ladder *l, unsigned round) {
  (void)round;
  if (derive(l, (StartKind){0.0, l->seed, 0})) return NO_MEMORY;
  for (double mu = 0.03; mu > 1e-6; mu *= 0.25) {
    McpOptions o = {.tol = 0.1 * mu, .iterations = CORRECTOR_ITERATIONS, .mu = mu, .what = "smoothing"};
    McpInfo info = mcp_solve(l->mcp, l->x, &o, l->effort);
    l->iterations += info.iterations;
    if (l->effort->stop != ECON_SOLVED) return info;
  }
  return newton(l, DIRECT_ITERATIONS, "Newton");
}

static uint64_t round_seed(const Ladder *l, unsigned round) { return l->seed + 0x9e3779b97f4a7c15u * (round + 1); }

static McpInfo climb_other(Ladder *l, unsigned round) {
  if (derive(l, (StartKind){0.3 + 0.2 * (round / 4), round_seed(l, round), round % 2})) return NO_MEMORY;
  return newton(l, DIRECT_ITERATIONS, "Newton");
}

static McpInfo climb_other_homotopy(Ladder *l, unsigned round) {
  if (derive(l, (StartKind){0.3 + 0.2 * (round / 4), round_seed(l, round), round % 2})) return NO_MEMORY;
  return trace(l);
}

static int start_given(const Problem *p) {
  for (uint32_t i = 0; p->start && i < p->nx; i++)
    if (!isnan(p->start[i])) return 1;
  return 0;
}

/* Start values are a help and never a hindrance: where none of the attempts with them ended well, one without. */
static McpInfo climb_alone(Ladder *l, unsigned round) {
  (void)round;
  start_free(l->start);
  l->start = start_new_alone(l->s, l->mem);
  if (!l->start || derive(l, (StartKind){0.0, l->seed, 0})) return NO_MEMORY;
  return newton(l, DIRECT_ITERATIONS, "Newton");
}

const Rung ladder_rungs[] = {
  {"Newton from the given point", 1, 1, NULL, climb_warm},
  {"homotopy from the given point", 0, 1, NULL, climb_warm_homotopy},
  {"Newton from a sample of the types", 1, 0, sample_applies, climb_sample},
  {"Newton from the derived start", 1, 0, NULL, climb_direct},
  {"Newton from a start fitted by ratios", 0, 0, NULL, climb_ratios},
  {"homotopy in transfers", 0, 0, NULL, climb_homotopy},
  {"smoothing", 0, 0, NULL, climb_smoothing},
#define OTHER {"Newton from another start", 0, 0, NULL, climb_other}
#define OTHER_TRACE {"homotopy from another start", 0, 0, NULL, climb_other_homotopy}
  OTHER, OTHER_TRACE, OTHER, OTHER, OTHER_TRACE, OTHER, OTHER, OTHER_TRACE, OTHER, OTHER, OTHER_TRACE, OTHER,
  {"Newton without the start values given", 0, 0, start_given, climb_alone},
};
const unsigned ladder_nrungs = sizeof ladder_rungs / sizeof *ladder_rungs;

McpInfo ladder_attempt(Ladder *l, unsigned rung) {
  l->iterations = 0;
  McpInfo info = ladder_rungs[rung].climb(l, rung);
  info.residual = info.residual < INFINITY ? mcp_polish(l->mcp, l->x, NULL, NULL) : INFINITY;
  if (info.residual < INFINITY) info.residual = idle_fade(l->mcp, l->s, l->x, info.residual);
  info.iterations = l->iterations;
  if (info.residual <= l->tol) info.status = ECON_SOLVED;
  else if (info.status == ECON_SOLVED) info.status = ECON_STALLED;
  return info;
}
