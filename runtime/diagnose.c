#include "diagnose.h"
#include "allocation.h"
#include "plans.h"
#include "proof.h"
#include "system.h"
#include "text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 256 };                   /* types of a class looked at; all where there are fewer */

typedef struct {
  const Problem *p;
  const double *x;
  System *sys;
  Arena *mem, *scratch;
  char *said;
} Doctor;

static EconStatus say(Doctor *d, EconStatus status, char *sentence) {
  d->said = sentence;
  return sentence ? status : ECON_MEMORY;
}

/* ---- bounds ------------------------------------------------------------------------------------------------------------------- */

static EconStatus bounds(Doctor *d) {
  for (uint32_t i = 0; i < d->p->nx; i++) {
    double lo = d->sys->lower[i], hi = d->sys->upper[i];
    if (lo <= hi) continue;
    return say(d, ECON_INFEASIBLE, proof_text(d->mem, "%s has no value: its lower bound is %.6g and its upper bound %.6g",
                                              proof_unknown(d->p, i, d->scratch), lo, hi));
  }
  return ECON_STALLED;
}

/* ---- an agent without a plan --------------------------------------------------------------------------------------------------- */

/* The conditions with a weight in the certificate, joined by "and". */
static char *listed(Doctor *d, const Plans *plans, const Lp *lp, const uint32_t *of, const double *farkas) {
  Text t = {0};
  for (uint32_t r = 0; r < lp->nrow; r++) {
    if (farkas[r] == 0) continue;
    if (t.n) text_put(&t, " and ");
    if (of[r] == NO_INDEX) text_put(&t, "the domain of its functions");
    else text_put(&t, proof_condition(d->p, problem_own(plans->a->b, plans->a->con[of[r]], plans->a->lane), d->scratch));
  }
  char *s = t.failed || !t.at ? NULL : arena_text(d->scratch, t.at, t.n);
  text_free(&t);
  return s;
}

static EconStatus no_plan(Doctor *d, uint32_t block, const Plans *plans) {
  const AgentClass *a = plans->a;
  Lp lp;
  uint32_t *of = ARENA_ARRAY(d->scratch, uint32_t, a->ncon + plans->ndomain + 1);
  if (!of || !plans_program(plans, &lp, of, d->scratch)) return ECON_MEMORY;
  double *farkas = ARENA_ARRAY(d->scratch, double, lp.nrow + 1);
  if (!farkas) return ECON_MEMORY;
  if (!lp_infeasible(&lp, farkas, NULL, d->scratch)) return ECON_STALLED;
  const char *who = proof_lane(d->p, block, a->lane, d->scratch), *what = listed(d, plans, &lp, of, farkas);
  return say(d, ECON_INFEASIBLE, proof_text(d->mem, "%s has no feasible plan, whatever the prices: its bounds contradict %s%s", who,
                                            what && !strncmp(what, "the ", 4) ? "" : "the ", what ? what : "constraints"));
}

/* The largest value of constant + coef.v over the polyhedron; infinity where it has none. */
static double most(Doctor *d, const Plans *plans, double constant, const double *coef) {
  Lp lp;
  double value = 0;
  if (!plans_program(plans, &lp, NULL, d->scratch)) return INFINITY;
  memcpy(lp.cost, coef, plans->a->nchoice * sizeof *coef);
  return lp_solve(&lp, NULL, NULL, &value) == LP_OPTIMAL ? constant + value : INFINITY;
}

/* A constraint that is negative at every nonnegative price: its price-free part is, and no price's part is positive. */
static EconStatus empty_budget(Doctor *d, uint32_t block, const Plans *plans, uint32_t j) {
  const AgentClass *a = plans->a;
  const AffineRow *r = &plans->con[j];
  if (r->kind != AFFINE_PRICED || a->dropped[j]) return ECON_STALLED;
  double own = most(d, plans, r->constant, r->coef);
  if (!(own < -1e-9 * fabs(r->constant))) return ECON_STALLED;
  for (uint32_t g = 0; g < plans->frame.ngiven; g++) {
    int occurs = r->price_constant[g] != 0;
    for (uint32_t i = 0; i < a->nchoice; i++) occurs |= r->price_coef[g][i] != 0;
    if (!occurs) continue;
    double part = most(d, plans, r->price_constant[g], r->price_coef[g]);
    if (!(part <= 0) || plans->frame.given_box[g].lo < 0 || plans->given_index[g] >= d->p->nglobal) return ECON_STALLED;
  }
  const char *who = proof_lane(d->p, block, a->lane, d->scratch), *what = proof_condition(d->p, problem_own(a->b, a->con[j], a->lane), d->scratch);
  return say(d, ECON_INFEASIBLE, proof_text(d->mem, "%s can afford nothing at any nonnegative prices: in the %s what it must spend exceeds what it "
                                            "receives by at least %.6g", who, what, -own));
}

/* The largest value of constant + coef.v over the bounds; must: a choice that pulls it strictly below, or NO_INDEX. */
static double over_bounds(const AgentClass *a, const uint8_t *strict, double constant, const double *coef, uint32_t *must) {
  double value = constant;
  *must = NO_INDEX;
  for (uint32_t i = 0; i < a->nchoice; i++) {
    if (coef[i] == 0) continue;
    value += coef[i] * (coef[i] < 0 ? a->lo[i] : a->hi[i]);
    if (coef[i] < 0 && strict[i]) *must = i;
  }
  return value;
}

/* Whether the objective has a value where every choice stands at its lower bound (a square root, not a logarithm). */
static int worth_nothing(AgentClass *a) {
  double *y = malloc(sizeof *y * ((size_t)a->nchoice + 1));
  if (!y) return 0;
  for (uint32_t i = 0; i < a->nchoice; i++) y[i] = isfinite(a->lo[i]) ? a->lo[i] : 0;
  int finite = isfinite(agent_goal(a, y));
  free(y);
  return finite;
}

/* A constraint that gives nothing at any nonnegative prices to an agent that must consume: no part of it is positive, and either its
 * price-free part or the part of every price is negative wherever the objective is defined. */
static EconStatus nothing_to_spend(Doctor *d, uint32_t block, const Plans *plans, uint32_t j) {
  const AgentClass *a = plans->a;
  const AffineRow *r = &plans->con[j];
  uint8_t *strict = ARENA_ARRAY(d->scratch, uint8_t, a->nchoice + 1);
  uint32_t must, of;
  if (!strict) return ECON_MEMORY;
  if (r->kind != AFFINE_PRICED || a->dropped[j]) return ECON_STALLED;
  plans_strict(plans, strict);
  if (!(over_bounds(a, strict, r->constant, r->coef, &must) <= 0)) return ECON_STALLED;
  int every = 1, always = must != NO_INDEX;
  for (uint32_t g = 0; g < plans->frame.ngiven; g++) {
    int occurs = r->price_constant[g] != 0;
    for (uint32_t i = 0; i < a->nchoice; i++) occurs |= r->price_coef[g][i] != 0;
    if (!occurs) continue;
    if (plans->frame.given_box[g].lo < 0 || plans->given_index[g] >= d->p->nglobal) return ECON_STALLED;
    if (!(over_bounds(a, strict, r->price_constant[g], r->price_coef[g], &of) <= 0)) return ECON_STALLED;
    if (of == NO_INDEX) every = 0;
    else if (must == NO_INDEX) must = of;
  }
  if (must == NO_INDEX || !(always || every)) return ECON_STALLED;
  const char *who = proof_lane(d->p, block, a->lane, d->scratch), *what = proof_condition(d->p, problem_own(a->b, a->con[j], a->lane), d->scratch);
  const char *need = proof_unknown(d->p, problem_own(a->b, a->choice[must], a->lane), d->scratch);
  if (worth_nothing(plans->a))                                  /* there is a plan, but no multiplier of the budget goes with it */
    return say(d, ECON_STALLED, proof_text(d->mem, "%s can afford nothing at any nonnegative prices%s: it receives nothing in the %s, and its best plan is %s = %.6g, where what a little "
                                           "more of it is worth has no bound, so that no multiplier makes its conditions hold; leave it out with `of {...}`, or give it something", who,
                                           always ? "" : " that are not all zero", what, need, a->lo[must]));
  return say(d, ECON_INFEASIBLE, proof_text(d->mem, "%s can afford nothing at any nonnegative prices%s: it receives nothing in the %s, and %s must exceed %.6g", who,
                                            always ? "" : " that are not all zero", what, need, a->lo[must]));
}

/* ---- an agent without a maximum ------------------------------------------------------------------------------------------------ */

/* Whether ray keeps every row and bound of the program of directions, checked outside the library. act, size: nrow scratch. */
static int keeps(const Lp *lp, const double *ray, double *act, double *size) {
  for (uint32_t r = 0; r < lp->nrow; r++) act[r] = size[r] = 0;
  for (uint32_t e = 0; e < lp->nentry; e++) {
    double v = lp->entry[e].v * ray[lp->entry[e].col];
    act[lp->entry[e].row] += v;
    size[lp->entry[e].row] += fabs(v);
  }
  for (uint32_t r = 0; r < lp->nrow; r++)
    if (act[r] < lp->row_lo[r] - 1e-12 * size[r] || act[r] > lp->row_hi[r] + 1e-12 * size[r]) return 0;
  for (uint32_t i = 0; i < lp->ncol; i++)
    if (ray[i] < lp->col_lo[i] || ray[i] > lp->col_hi[i]) return 0;
  return 1;
}

/* Whether the objective rises along y + t d, t = 1 .. 1e8: strictly at first, never falling. */
static int rises(AgentClass *a, const double *y, const double *d, double *at) {
  double before = agent_goal(a, y);
  if (!isfinite(before)) return 0;
  for (int power = 0; power <= 8; power++) {
    double t = pow(10, power);
    for (uint32_t i = 0; i < a->nchoice; i++) at[i] = y[i] + t * d[i];
    if (!(agent_domain(a, at) > 0)) return 0;
    double now = agent_goal(a, at);
    if (isnan(now) || now < before || (power <= 4 && !(now > before))) return 0;
    before = now;
  }
  return 1;
}

static char *direction_text(Doctor *d, const AgentClass *a, const double *ray) {
  Text t = {0};
  for (uint32_t i = 0; i < a->nchoice; i++) {
    if (fabs(ray[i]) < 1e-9) continue;
    text_printf(&t, "%s%s %s", t.n ? " and " : "", ray[i] > 0 ? "raise" : "lower", proof_unknown(d->p, problem_own(a->b, a->choice[i], a->lane), d->scratch));
  }
  char *s = t.failed || !t.at ? NULL : arena_text(d->scratch, t.at, t.n);
  text_free(&t);
  return s;
}

/* A point of the domain near the one reached: unusable numbers are replaced by the bound or by one. */
static void somewhere(const AgentClass *a, double *y) {
  for (uint32_t i = 0; i < a->nchoice; i++) {
    y[i] = isfinite(a->y[i]) && fabs(a->y[i]) < 1e6 ? a->y[i] : isfinite(a->lo[i]) ? a->lo[i] + 1 : 1;
    y[i] = fmin(fmax(y[i], a->lo[i]), a->hi[i]);
  }
}

static EconStatus no_maximum(Doctor *d, uint32_t block, const Plans *plans) {
  AgentClass *a = plans->a;
  uint32_t n = a->nchoice;
  double *y = ARENA_ARRAY(d->scratch, double, n + 1), *ray = ARENA_ARRAY(d->scratch, double, n + 1), *at = ARENA_ARRAY(d->scratch, double, n + 1);
  Lp lp;
  double value = 0, size = 0;
  if (arena_failed(d->scratch)) return ECON_MEMORY;
  somewhere(a, y);
  if (affine_priced(&a->b->k->goal, &plans->frame, d->scratch)) return ECON_STALLED;   /* it may fall at other prices */
  if (!plans_directions(plans, &lp, d->scratch)) return arena_failed(d->scratch) ? ECON_MEMORY : ECON_STALLED;
  double *act = ARENA_ARRAY(d->scratch, double, lp.nrow + 1), *used = ARENA_ARRAY(d->scratch, double, lp.nrow + 1);
  if (!act || !used) return ECON_MEMORY;
  for (int point = 0; point < 2; point++) {              /* from the point reached, then from one inside the bounds */
    if (point)
      for (uint32_t i = 0; i < n; i++) y[i] = isfinite(a->lo[i]) ? (isfinite(a->hi[i]) ? (a->lo[i] + a->hi[i]) / 2 : a->lo[i] + 1) : fmin(1, a->hi[i]);
    if (!(agent_domain(a, y) > 0)) continue;
    agent_gradient(a, y, lp.cost);
    size = 0;
    for (uint32_t i = 0; i < n; i++) size = fmax(size, fabs(lp.cost[i]));
    if (!isfinite(size) || !(size > 0)) continue;
    for (uint32_t i = 0; i < n; i++) lp.cost[i] /= size;
    if (lp_solve(&lp, ray, NULL, &value) != LP_OPTIMAL || !(value > 1e-7)) continue;
    for (uint32_t i = 0; i < n; i++)
      if (fabs(ray[i]) < 1e-9) ray[i] = 0;
    if (!keeps(&lp, ray, act, used) || !rises(a, y, ray, at)) continue;
    const char *who = proof_lane(d->p, block, a->lane, d->scratch), *how = direction_text(d, a, ray);
    return say(d, ECON_UNBOUNDED, proof_text(d->mem, "%s can %s for ever: every constraint still holds at every price, and its objective keeps rising", who,
                                             how ? how : "go on"));
  }
  return ECON_STALLED;
}

/* An objective that is affine at each price, as a firm's profit is: a direction along which no price's part falls and some part rises is
 * something made out of nothing. */
static EconStatus out_of_nothing(Doctor *d, uint32_t block, const Plans *plans) {
  const AgentClass *a = plans->a;
  uint32_t n = a->nchoice, ng = plans->frame.ngiven;
  const AffineRow *goal = affine_rows(&a->b->k->goal, &plans->frame, d->scratch);
  Lp lp, more;
  double value = 0, size = 0;
  if (!goal) return ECON_MEMORY;
  if (goal->kind != AFFINE_PRICED || !plans_directions(plans, &lp, d->scratch)) return arena_failed(d->scratch) ? ECON_MEMORY : ECON_STALLED;
  if (!plans_room(&more, (size_t)lp.nrow + 1 + ng, n, lp.nentry + (size_t)(1 + ng) * n, d->scratch)) return ECON_MEMORY;
  double *ray = ARENA_ARRAY(d->scratch, double, n + 1), *act = ARENA_ARRAY(d->scratch, double, lp.nrow + ng + 2), *used = ARENA_ARRAY(d->scratch, double, lp.nrow + ng + 2);
  if (arena_failed(d->scratch)) return ECON_MEMORY;
  memcpy(more.col_lo, lp.col_lo, n * sizeof *lp.col_lo);
  memcpy(more.col_hi, lp.col_hi, n * sizeof *lp.col_hi);
  memcpy(more.row_lo, lp.row_lo, lp.nrow * sizeof *lp.row_lo);
  memcpy(more.row_hi, lp.row_hi, lp.nrow * sizeof *lp.row_hi);
  memcpy(more.entry, lp.entry, lp.nentry * sizeof *lp.entry);
  more.nrow = lp.nrow;
  more.nentry = lp.nentry;
  plans_row(&more, goal->coef, n, 0, 0, INFINITY);
  for (uint32_t i = 0; i < n; i++) more.cost[i] = goal->coef[i];
  for (uint32_t g = 0; g < ng; g++) {
    int free_sign = plans->frame.given_box[g].lo < 0;
    plans_row(&more, goal->price_coef[g], n, 0, 0, free_sign ? 0 : INFINITY);
    for (uint32_t i = 0; i < n && !free_sign; i++) more.cost[i] += goal->price_coef[g][i];
  }
  for (uint32_t i = 0; i < n; i++) size = fmax(size, fabs(more.cost[i]));
  if (!isfinite(size) || !(size > 0)) return ECON_STALLED;
  for (uint32_t i = 0; i < n; i++) more.cost[i] /= size;
  if (lp_solve(&more, ray, NULL, &value) != LP_OPTIMAL || !(value > 1e-7)) return ECON_STALLED;
  for (uint32_t i = 0; i < n; i++)
    if (fabs(ray[i]) < 1e-9) ray[i] = 0;
  if (!keeps(&more, ray, act, used)) return ECON_STALLED;
  const char *who = proof_lane(d->p, block, a->lane, d->scratch), *how = direction_text(d, a, ray);
  return say(d, ECON_UNBOUNDED, proof_text(d->mem, "%s can %s for ever and make something out of nothing: in these proportions it uses up nothing that has a price", who,
                                           how ? how : "go on"));
}

/* ---- the order of questions ---------------------------------------------------------------------------------------------------- */

static EconStatus agent(Doctor *d, uint32_t block, AgentClass *a, uint32_t lane) {
  Plans plans;
  Arena *mine = arena_new(NULL), *outer = d->scratch;
  if (!mine) return ECON_MEMORY;
  d->scratch = mine;
  EconStatus status = plans_read(&plans, a, lane, d->x, mine) ? no_plan(d, block, &plans) : ECON_MEMORY;
  for (uint32_t j = 0; status == ECON_STALLED && j < a->ncon; j++) status = empty_budget(d, block, &plans, j);
  for (uint32_t j = 0; status == ECON_STALLED && !d->said && j < a->ncon; j++) status = nothing_to_spend(d, block, &plans, j);
  if (status == ECON_STALLED && !d->said) status = no_maximum(d, block, &plans);
  if (status == ECON_STALLED && !d->said) status = out_of_nothing(d, block, &plans);
  d->scratch = outer;
  arena_free(mine);
  return status;
}

static EconStatus agents(Doctor *d, const Settings *s, AgentClass **class) {
  for (uint32_t b = 0; b < d->p->nblock; b++) {
    if (!class[b]) continue;
    uint32_t lanes = d->p->block[b].lanes, step = lanes > LANES ? lanes / LANES : 1;
    for (uint32_t lane = 0; lane < lanes; lane += step) {
      if (s && s->tick && s->tick(s->ctx, NAN, "looking for the reason")) return ECON_CANCELLED;
      EconStatus status = agent(d, b, class[b], lane);
      if (status != ECON_STALLED || d->said) return status;
    }
  }
  return ECON_STALLED;
}

/* The three worst conditions with the values of their unknowns. */
static EconStatus worst(Doctor *d) {
  const Problem *p = d->p;
  double *F = ARENA_ARRAY(d->scratch, double, p->nx + 1), *T = ARENA_ARRAY(d->scratch, double, p->nx + 1);
  uint32_t pick[3], n = 0;
  double off[3];
  Text t = {0};
  if (!F || !T) return ECON_MEMORY;
  system_rows(d->sys, d->x, F, NULL);
  system_terms(d->sys, d->x, T, NULL);
  for (uint32_t i = 0; i < p->nx; i++) {
    double r = fabs(system_residual(d->sys, i, d->x[i], F[i], T[i]));
    if (isnan(r) || isnan(F[i])) r = INFINITY;
    if (!(r > 0)) continue;
    uint32_t at = n;
    while (at > 0 && off[at - 1] < r) at--;
    if (at >= 3) continue;
    if (n < 3) n++;
    for (uint32_t k = n - 1; k > at; k--) {
      pick[k] = pick[k - 1];
      off[k] = off[k - 1];
    }
    pick[at] = i;
    off[at] = r;
  }
  text_printf(&t, "no %s was found, and no reason why there is none; at the best point reached ", proof_sought(p));
  if (!n) text_printf(&t, "every condition of the system holds, yet it is not an %s", proof_sought(p));
  for (uint32_t k = 0; k < n; k++) {
    text_printf(&t, "%sthe %s ", k ? "; " : "", proof_condition(p, pick[k], d->scratch));
    if (isinf(off[k])) text_put(&t, "is not defined");
    else text_printf(&t, "is off by %.2g of the size of its terms", off[k]);
    text_printf(&t, " at %s = %.6g", proof_unknown(p, pick[k], d->scratch), d->x[pick[k]]);
  }
  char *s = t.failed || !t.at ? NULL : arena_text(d->mem, t.at, t.n);
  text_free(&t);
  return say(d, ECON_STALLED, s);
}

static EconStatus examine(Doctor *d, const Settings *s) {
  const Problem *p = d->p;
  AgentClass **class = ARENA_ARRAY(d->scratch, AgentClass *, p->nblock + 1);
  d->sys = system_new(p, d->scratch);
  if (!d->sys || !class) return ECON_MEMORY;
  EconStatus status = bounds(d);
  if (status != ECON_STALLED) return status;
  for (uint32_t b = 0; b < p->nblock; b++)
    if (p->block[b].lanes) class[b] = agent_class(p, b, d->sys->lower, d->sys->upper, d->scratch);
  if (arena_failed(d->scratch)) return ECON_MEMORY;
  status = agents(d, s, class);
  if (status == ECON_STALLED && !d->said) status = allocation_exists(p, class, d->x, d->scratch, d->mem, &d->said);
  return status == ECON_STALLED && !d->said ? worst(d) : status;
}

EconStatus problem_diagnose(const Problem *p, const double *x, const Settings *s, Arena *mem, char **explanation) {
  Doctor d = {.p = p, .x = x, .mem = mem, .scratch = proof_scratch(s)};
  *explanation = NULL;
  if (!d.scratch) return ECON_MEMORY;
  EconStatus status = examine(&d, s);
  *explanation = d.said;
  arena_free(d.scratch);
  return status;
}
