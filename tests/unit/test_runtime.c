/* The runtime from a hand-built problem to a solution: evaluation, linear algebra, complementarity, the start, the representative. */
#include "handmade.h"
#include "runtime/draws.h"
#include "runtime/ladder.h"
#include "runtime/linsys.h"
#include "runtime/nonneg.h"
#include "runtime/nullspace.h"
#include "runtime/represent.h"
#include "runtime/sample.h"
#include "unit.h"

#define CLOSE(a, b, tol) CU_ASSERT(fabs((a) - (b)) <= (tol) * (1.0 + fabs(b)))

/* ---- pieces -------------------------------------------------------------------------------------------------------------------- */

/* d F / d x of the assembled system against central differences. */
static void jacobian_is_exact(void) {
  double e[] = {3, 3, 1, 1, 1, 1, 3, 3}, gamma[] = {2, 3}, w[] = {1, 1, 1, 2}, R[] = {1.5}, prob[] = {1}, mass[] = {0.5, 0.7};
  Spec spec = {2, 1, 2, 1, e, gamma, w, R, prob, mass, 0.9};
  Arena *mem = arena_new(NULL);
  Layout lay;
  Problem *p = hand_economy(&spec, mem, &lay);
  System *s = system_new(p, mem);
  uint32_t n = p->nx, rows = n + p->ncheck;
  double *x = ARENA_ARRAY(mem, double, n), *up = ARENA_ARRAY(mem, double, rows), *down = ARENA_ARRAY(mem, double, rows);
  uint64_t seed = 7;
  for (uint32_t i = 0; i < n; i++) x[i] = 0.5 + draws_unit(&seed);
  CU_ASSERT(system_jacobian(s, x) == 0);
  double *dense = ARENA_ARRAY(mem, double, (size_t)rows * n);
  for (uint32_t j = 0; j < n; j++)
    for (int k = s->jac.start[j]; k < s->jac.start[j + 1]; k++) dense[(size_t)s->jac.row[k] * n + j] = s->jac.at[k];
  double worst = 0.0;
  for (uint32_t j = 0; j < n; j++) {
    double h = 1e-6, keep = x[j];
    x[j] = keep + h;
    system_rows(s, x, up, up + n);
    x[j] = keep - h;
    system_rows(s, x, down, down + n);
    x[j] = keep;
    for (uint32_t i = 0; i < rows; i++) worst = fmax(worst, fabs((up[i] - down[i]) / (2 * h) - dense[(size_t)i * n + j]));
  }
  CU_ASSERT(worst < 1e-7);
  double goal = system_goal(s, 0, 1, x, NULL);
  CU_ASSERT(isfinite(goal));
  uint32_t slot, lane;
  CU_ASSERT(system_locate(s, p->block[0].base + 3, &slot, &lane) == 0 && slot == 1 && lane == 1);
  CU_ASSERT(system_domain(s, x, NULL) > 0.0);
  x[p->block[0].base] = -1.0;
  CU_ASSERT(system_domain(s, x, NULL) == -1.0);
  arena_free(mem);
}

static void linear_systems(void) {
  Arena *mem = arena_new(NULL);
  int start[] = {0, 2, 4, 5}, row[] = {0, 1, 0, 1, 2};
  double at[] = {4, 1, 1, 3, 2}, b[] = {9, 7, 8};
  Linsys *ls = linsys_new(3, start, row, at, mem);
  CU_ASSERT_FATAL(ls != NULL);
  CU_ASSERT(linsys_factor(ls) == 0 && linsys_solve(ls, b) == 0);
  CLOSE(b[0], 20.0 / 11, 1e-14);
  CLOSE(b[1], 19.0 / 11, 1e-14);
  CLOSE(b[2], 4.0, 1e-14);
  at[0] = at[1] = at[2] = at[3] = 1.0;
  CU_ASSERT(linsys_factor(ls) != 0 || linsys_rcond(ls) < 1e-14);
  linsys_free(ls);
  double reg[] = {1e-8, 1e-8, 1e-8}, r[] = {1, 1, 4}, d[3];
  Lsq *q = lsq_new(3, 3, start, row, at, mem);
  CU_ASSERT(lsq_factor(q, NULL, reg) == 0 && lsq_solve(q, r, NULL, d) == 0);
  CLOSE(d[0], 0.5, 1e-7);
  CLOSE(d[1], 0.5, 1e-7);
  CLOSE(d[2], 2.0, 1e-7);
  lsq_free(q);
  double *basis, least;
  uint32_t dim;
  CU_ASSERT(nullspace(3, 3, start, row, at, 1e-9, &basis, &dim, &least, mem) == 0);
  CU_ASSERT(dim == 1);
  CLOSE(fabs(basis[0] - basis[1]), sqrt(2.0), 1e-12);
  CLOSE(least, 2.0, 1e-9);
  arena_free(mem);
}

static void quadratic_programs(void) {
  Arena *mem = arena_new(NULL);
  double H[] = {2, 0, 0, 2}, g[] = {-2, -4}, A[] = {-1, -1, 1, 0}, b[] = {-2, 0.75}, z[2];
  CU_ASSERT(nonneg_quadratic(2, H, g, 1, A, b, z, mem) == 0);      /* min (z0-1)^2 + (z1-2)^2 with z0 + z1 <= 2 */
  CLOSE(z[0], 0.5, 1e-12);
  CLOSE(z[1], 1.5, 1e-12);
  CU_ASSERT(nonneg_quadratic(2, H, g, 2, A, b, z, mem) == 0);
  CLOSE(z[0], 0.75, 1e-12);
  CLOSE(z[1], 1.25, 1e-12);
  double C[] = {1, 0, -1, 0, 0, 1};
  uint8_t equal[3];
  CU_ASSERT(nonneg_implied(3, 2, C, equal, mem) == 2);
  CU_ASSERT(equal[0] && equal[1] && !equal[2]);
  arena_free(mem);
}

/* ---- economies ----------------------------------------------------------------------------------------------------------------- */

typedef struct { Problem *p; Layout lay; System *s; Ladder *l; double *x; uint8_t *loose; uint32_t dim; McpInfo info; Effort e; Settings set; Arena *mem; } Solved;

/* By the direct method alone, without the certificate. */
static void run(Solved *r, const Spec *spec) {
  memset(r, 0, sizeof *r);
  r->mem = arena_new(NULL);
  r->p = hand_economy(spec, r->mem, &r->lay);
  r->s = system_new(r->p, r->mem);
  r->e = effort_begin(&r->set);
  r->l = ladder_new(r->s, &r->e, 1e-11, 0, NULL, NULL, r->mem);
  r->loose = ARENA_ARRAY(r->mem, uint8_t, r->p->nx);
  r->info = ladder_attempt(r->l, RUNG_DIRECT);
  r->x = r->l->x;
  if (r->info.status == ECON_SOLVED) represent(r->s, r->l->mcp, r->x, 1e-11, r->loose, &r->dim, &r->e);
}

static void run_end(Solved *r) {
  ladder_free(r->l);
  arena_free(r->mem);
}

static double own(const Solved *r, uint32_t slot, uint32_t lane) { return r->x[problem_own(&r->p->block[0], slot, lane)]; }

/* Equal constant elasticity 1/gamma, weights 1: the price is (E1/E2)^gamma and types consume in proportion to wealth. */
static void exchange_has_its_closed_form(void) {
  double e[] = {4, 1, 1, 3}, gamma[] = {2.5, 2.5}, w[] = {1, 1, 1, 1}, mass[] = {0.25, 0.75};
  Spec spec = {2, 0, 2, 0, e, gamma, w, NULL, NULL, mass, 1.0};
  Solved r;
  run(&r, &spec);
  CU_ASSERT(r.info.status == ECON_SOLVED);
  double E1 = 0.25 * 4 + 0.75 * 1, E2 = 0.25 * 1 + 0.75 * 3, p = pow(E1 / E2, 2.5), share = (4 + p) / (E1 + p * E2);
  CLOSE(r.x[r.lay.price], p, 1e-12);
  CLOSE(own(&r, 0, 0), share * E1, 1e-12);
  CLOSE(own(&r, 1, 0), share * E2, 1e-12);
  CU_ASSERT(r.dim == 0);
  run_end(&r);
}

static void environment_one(void) {
  double e[] = {3, 3, 1, 1, 1, 1, 3, 3}, gamma[] = {2, 2}, w[] = {1, 1, 1, 1}, R[] = {1}, prob[] = {1}, mass[] = {0.5, 0.5};
  Spec spec = {2, 1, 2, 1, e, gamma, w, R, prob, mass, 1.0};
  Solved r;
  run(&r, &spec);
  CU_ASSERT(r.info.status == ECON_SOLVED);
  CLOSE(r.x[r.lay.price], 2.29482790065, 1e-11);
  CLOSE(r.x[r.lay.price + 1], 0.557019256313, 1e-11);
  CLOSE(own(&r, 0, 0), 2.68986099025, 1e-11);
  CLOSE(system_goal(r.s, 0, 0, r.x, NULL), -2.25270962913, 1e-11);
  CLOSE(system_goal(r.s, 0, 1, r.x, NULL), -2.57243504671, 1e-11);
  CLOSE(own(&r, r.lay.k, 0), 2 * 0.679753773246, 1e-11);
  CU_ASSERT(own(&r, r.lay.k, 1) == 0.0);
  CU_ASSERT(own(&r, r.lay.theta, 0) == 0.0 && own(&r, r.lay.theta, 1) == 0.0);
  CU_ASSERT(r.dim == 1);
  CU_ASSERT(r.loose[problem_own(&r.p->block[0], r.lay.k, 0)] && !r.loose[r.lay.price]);
  run_end(&r);
  spec.collateral = 0;
  run(&r, &spec);
  CU_ASSERT(r.info.status == ECON_SOLVED);
  for (uint32_t c = 0; c < 4; c++) CLOSE(own(&r, c, 0), 2.0, 1e-9);
  CLOSE(own(&r, r.lay.k, 0), 0.0, 1e-9);
  CU_ASSERT(r.dim == 0);
  run_end(&r);
}

static void environment_two(void) {
  double e[] = {2, 2, 3, 3, 1, 1, 2, 2, 1, 1, 3, 3}, gamma[] = {2, 2}, w[] = {1, 1, 1, 1}, R[] = {1, 1}, prob[] = {0.5, 0.5}, mass[] = {0.5, 0.5};
  Spec spec = {2, 2, 2, 1, e, gamma, w, R, prob, mass, 1.0};
  Solved r;
  run(&r, &spec);
  CU_ASSERT(r.info.status == ECON_SOLVED);
  CLOSE(r.x[r.lay.price], 1.68723235355, 1e-11);
  CLOSE(r.x[r.lay.price + 1], 0.660833296319, 1e-11);
  CLOSE(0.5 * own(&r, r.lay.k, 0) + 0.5 * own(&r, r.lay.k, 1), 0.460277173216, 1e-11);
  CLOSE(own(&r, r.lay.theta, 0), -0.304166481597, 1e-9);
  CLOSE(own(&r, r.lay.theta + 1, 0), 0.304166481597, 1e-9);
  CU_ASSERT(r.dim == 1);
  run_end(&r);
}

/* Moving along the solution set and back ends at the same representative. */
static void representative_is_unique(void) {
  double e[] = {3, 3, 1, 1, 1, 1, 3, 3, 2, 1, 2, 2}, gamma[] = {2, 2, 2}, w[] = {1, 1, 1, 1, 1, 1}, R[] = {1}, prob[] = {1}, mass[] = {0.4, 0.3, 0.3};
  Spec spec = {3, 1, 2, 1, e, gamma, w, R, prob, mass, 1.0};
  Solved r;
  run(&r, &spec);
  CU_ASSERT_FATAL(r.info.status == ECON_SOLVED);
  double *y = ARENA_ARRAY(r.mem, double, r.p->nx), pR = r.x[r.lay.price + 1], best = 0.0, moved = 0.0;
  memcpy(y, r.x, sizeof *y * r.p->nx);
  const Block *b = &r.p->block[0];
  y[problem_own(b, r.lay.k, 1)] += 0.1;
  y[problem_own(b, r.lay.theta, 1)] -= 0.1 * pR;
  y[problem_own(b, r.lay.k, 0)] -= 0.1 * 0.3 / 0.4;
  y[problem_own(b, r.lay.theta, 0)] += 0.1 * 0.3 / 0.4 * pR;
  CU_ASSERT(mcp_residual(r.l->mcp, y, NULL) < 1e-11);
  uint32_t dim;
  CU_ASSERT(represent(r.s, r.l->mcp, y, 1e-11, r.loose, &dim, &r.e) == 0);
  CU_ASSERT(dim == r.dim && dim == represent_dimension(r.s, y, NULL, NULL));
  for (uint32_t h = 0; h < 3; h++) {
    double a = own(&r, r.lay.theta, h), c = y[problem_own(b, r.lay.theta, h)];
    best += spec.mass[h] * a * a;
    moved += spec.mass[h] * c * c;
    CLOSE(c, a, 1e-8);
  }
  CLOSE(moved, best, 1e-9);
  run_end(&r);
}

/* Valid by construction: endowments, tastes, risk and masses at random; nothing is rejected. */
static int random_economy(uint64_t seed, int kind, Solved *r) {
  enum { H = 20, S = 4, G = 6 };
  double e[H * (S + 1) * G], gamma[H], w[H * G], mass[H], R[S], prob[S], sum = 0.0;
  uint64_t s = seed * 77 + 5;
  uint32_t types = 2 + (uint32_t)(draws_unit(&s) * 19), states = kind ? 1 + (uint32_t)(draws_unit(&s) * 4) : 0, goods = 2 + (uint32_t)(draws_unit(&s) * 5);
  for (uint32_t i = 0; i < types * (states + 1) * goods; i++) e[i] = 0.2 + 4 * draws_unit(&s);
  for (uint32_t i = 0; i < types; i++) {
    gamma[i] = 1.2 + 3 * draws_unit(&s);
    mass[i] = 0.1 + draws_unit(&s);
  }
  for (uint32_t i = 0; i < types * goods; i++) w[i] = 0.3 + draws_unit(&s);
  for (uint32_t i = 0; i < states; i++) {
    R[i] = 0.5 + draws_unit(&s);
    sum += prob[i] = 0.2 + draws_unit(&s);
  }
  for (uint32_t i = 0; i < states; i++) prob[i] /= sum;
  Spec spec = {types, states, goods, states > 0, e, gamma, w, R, prob, mass, 0.9};
  run(r, &spec);
  return r->info.status == ECON_SOLVED;
}

static void random_economies_solve_directly(void) {
  enum { N = 60 };
  int solved = 0, exchange = 0;
  for (uint64_t seed = 0; seed < N; seed++) {
    Solved r;
    int ok = random_economy(seed, 1, &r);
    solved += ok;
    if (ok) CU_ASSERT(mcp_residual(r.l->mcp, r.x, NULL) <= 1e-11);
    run_end(&r);
    exchange += random_economy(seed, 0, &r);
    run_end(&r);
  }
  printf("\n    directly: %d of %d collateral, %d of %d exchange economies\n", solved, N, exchange, N);
  CU_ASSERT(solved >= 57);
  CU_ASSERT(exchange >= 57);
}

/* The ladder's fallbacks, each on its own. */
static void rungs_reach_the_same_point(void) {
  Solved r;
  CU_ASSERT_FATAL(random_economy(3, 1, &r));
  double p = r.x[r.lay.price];
  for (unsigned i = RUNG_RATIOS; i <= RUNG_SMOOTHING + 1; i++) {
    McpInfo info = ladder_attempt(r.l, i);
    CU_ASSERT(info.status == ECON_SOLVED);
    CLOSE(r.l->x[r.lay.price], p, 1e-8);
  }
  run_end(&r);
}

/* n types with drawn endowments and tastes, the last with a third of all mass. */
static Spec crowd(uint32_t n, uint32_t states, int collateral, uint64_t seed, Arena *mem) {
  uint32_t per = 2 * (states + 1);
  double *e = ARENA_ARRAY(mem, double, n * per), *gamma = ARENA_ARRAY(mem, double, n), *w = ARENA_ARRAY(mem, double, n * 2), *mass = ARENA_ARRAY(mem, double, n);
  double *R = ARENA_ARRAY(mem, double, 2), *prob = ARENA_ARRAY(mem, double, 2);
  for (uint32_t i = 0; i < n * per; i++) e[i] = 0.2 + draws_unit(&seed);
  for (uint32_t i = 0; i < n * 2; i++) w[i] = 0.5 + draws_unit(&seed);
  for (uint32_t i = 0; i < n; i++) {
    gamma[i] = 1.5 + draws_unit(&seed);
    mass[i] = i + 1 < n ? 1.0 / n : 0.5;
  }
  for (int s = 0; s < 2; s++) {
    R[s] = 1.0;
    prob[s] = 0.5;
  }
  return (Spec){n, states, 2, collateral, e, gamma, w, R, prob, mass, 0.95};
}

/* A sample stands for the whole in every sum, holds the heavy type once, and leads to the same equilibrium. */
static void samples_stand_for_the_whole(void) {
  Arena *mem = arena_new(NULL);
  Spec spec = crowd(6000, 0, 0, 7, mem);
  Solved r;
  run(&r, &spec);
  CU_ASSERT(r.info.status == ECON_SOLVED && sample_applies(r.p));
  double price = r.x[r.lay.price], mass = 0.0;
  Sample *sm = sample_new(r.p, 1, mem);
  const Block *few = sample_problem(sm)->block;
  for (uint32_t l = 0; l < few->lanes; l++) mass += few->count[l] * few->mass[l];
  CLOSE(mass, 1.5, 0.1);
  CU_ASSERT(few->lanes < 600 && few->mass[few->lanes - 1] == 0.5);
  CLOSE(few->count[few->lanes - 1], 1.0, 0.02);
  McpInfo info = ladder_attempt(r.l, RUNG_SAMPLE);
  CU_ASSERT(info.status == ECON_SOLVED);
  CLOSE(r.l->x[r.lay.price], price, 1e-10);
  run_end(&r);
  arena_free(mem);
}

static int refuse(void *ctx, double residual, const char *what) {
  (void)residual;
  (void)what;
  return ++*(int *)ctx > 3;
}

static void interruption_is_heeded(void) {
  Solved r;
  random_economy(3, 1, &r);
  int calls = 0;
  Settings s = {.tick = refuse, .ctx = &calls};
  r.e = effort_begin(&s);
  McpInfo info = ladder_attempt(r.l, RUNG_RATIOS);
  CU_ASSERT(info.status != ECON_SOLVED && r.e.stop == ECON_CANCELLED);
  run_end(&r);
}

UNIT_MAIN("runtime", {"the assembled Jacobian is exact", jacobian_is_exact}, {"linear systems, least squares, null spaces", linear_systems},
          {"small quadratic programs", quadratic_programs}, {"an exchange economy has its closed form", exchange_has_its_closed_form},
          {"Environment 1", environment_one}, {"Environment 2", environment_two},
          {"the representative does not depend on the starting member", representative_is_unique},
          {"random economies are solved directly", random_economies_solve_directly},
          {"every rung reaches the same point", rungs_reach_the_same_point}, {"a sample stands for the whole", samples_stand_for_the_whole},
          {"interruption is heeded", interruption_is_heeded})
