#include "gain.h"
#include <math.h>

void gain_shapes(AgentClass *a, uint32_t first, uint32_t n, const double *x, double box, GainShapes *out) {
  const Kernel *k = a->b->k;
  for (uint32_t i = 0; i < k->nin; i++) {
    Interval range = {INFINITY, -INFINITY};
    uint32_t c = a->in_choice[i];
    int same = k->in[i].kind == IN_PAR || k->in[i].kind == IN_X;
    for (uint32_t lane = first; lane < first + (same ? 1 : n); lane++) {
      Interval here;
      if (c != NO_INDEX) {
        uint32_t at = problem_own(a->b, a->choice[c], lane);
        here = (Interval){fmax(a->lower[at], -box), fmin(a->upper[at], box)};
      } else here = interval_at(agent_input(a->p, a->b, i, lane, x, NULL));
      range = interval_hull(range, here);
    }
    a->sin[i] = c != NO_INDEX && range.lo < range.hi ? shape_variable(range) : shape_constant(range, 0);
  }
  curvature_run(&k->goal, a->sin, a->sreg, 0);
  out->goal = a->sreg[k->goal.out[0]].flag;
  curvature_run(&a->constraint, a->sin, a->sreg, 0);
  for (uint32_t j = 0; j < a->ncon; j++) out->con[j] = a->sreg[a->constraint.out[j]].flag;
}

/* Whether the term m_j g_j may stand in the Lagrangian, m_j of the sign of `sign`. */
static int term_is_concave(unsigned flag, double sign) { return (flag & (sign > 0 ? SHAPE_CONCAVE : SHAPE_CONVEX)) != 0; }

/* Multiplier times weight of constraint j; zero where an inequality's has the wrong sign. weight: its enclosure. */
static Interval effective(const AgentClass *a, uint32_t j, Interval weight) {
  Interval m = interval_mul(interval_at(a->multiplier[j]), weight, 1);
  if (a->multiplier[j] == 0) return interval_at(0);
  if (!a->equality[j] && !(m.lo > 0)) return interval_at(0);
  return m;
}

static int lagrangian_is_concave(const AgentClass *a, const GainShapes *shapes, const Interval *m) {
  if (a->auxiliary || !(shapes->goal & SHAPE_CONCAVE)) return 0;
  for (uint32_t j = 0; j < a->ncon; j++) {
    if (m[j].lo == 0 && m[j].hi == 0) continue;
    if (a->dropped[j] || (m[j].lo < 0 && m[j].hi > 0) || !term_is_concave(shapes->con[j], m[j].lo + m[j].hi)) return 0;
  }
  return 1;
}

/* The most that G (u - x) or G (l - x) can be. */
static Interval along(Interval G, double x, double l, double u) {
  Interval up = interval_mul(G, interval_sub(interval_at(u), interval_at(x), 1), 1);
  Interval down = interval_mul(G, interval_sub(interval_at(l), interval_at(x), 1), 1);
  return interval_max(up, down);
}

/* Adds m.g at x to `total` and m_j dg_j to the gradient G. */
static Interval add_constraints(AgentClass *a, const Interval *m, Interval *G, Interval total) {
  curvature_run(&a->constraint, a->sin, a->sreg, 1);
  for (uint32_t j = 0; j < a->ncon; j++)
    total = interval_add(total, interval_mul(m[j], a->sreg[a->constraint.out[j]].range, 1), 1);
  curvature_run(&a->jac, a->sin, a->sreg, 1);
  for (uint32_t e = 0; e < a->nentry; e++) {
    const AgentEntry *entry = &a->entry[e];
    Interval part = interval_mul(m[entry->con], a->sreg[a->jac.out[entry->out]].range, 1);
    G[entry->choice] = interval_add(G[entry->choice], part, 1);
  }
  return total;
}

static double money(const AgentClass *a, const Interval *m) {
  double lambda = INFINITY;
  if (!agent_has_budget(a)) return 1;
  if (a->b->k->flag[a->budget] & OWN_FIRST) return agent_lambda(a);
  for (uint32_t j = 0; j < a->ncon; j++)
    if (a->b->k->flag[a->con[j]] & OWN_EX_ANTE) lambda = fmin(lambda, m[j].lo);
  return lambda;
}

Gain gain_bound(AgentClass *a, const GainShapes *shapes, double box) {
  const Kernel *k = a->b->k;
  Gain gain = {0, INFINITY, NAN, INFINITY};
  Interval *m = a->m, *G = a->G, total = interval_at(0);
  for (uint32_t i = 0; i < k->nin; i++) {
    uint32_t c = a->in_choice[i];
    a->sin[i] = shape_constant(interval_at(c != NO_INDEX ? a->y[c] : a->in[i]), 0);
  }
  curvature_run(&a->worth, a->sin, a->sreg, 1);
  for (uint32_t j = 0; j < a->ncon; j++) {
    m[j] = effective(a, j, a->worth.nout ? a->sreg[a->worth.out[j]].range : interval_at(1));
  }
  gain.lambda = money(a, m);
  if (!lagrangian_is_concave(a, shapes, m)) return gain;
  gain.concave = 1;
  for (uint32_t i = 0; i < a->nchoice; i++) G[i] = interval_at(0);
  curvature_run(&k->goal_grad, a->sin, a->sreg, 1);
  for (uint32_t i = 0; i < k->ngoal_in; i++) {
    uint32_t c = a->grad_choice[i];
    if (c != NO_INDEX) G[c] = interval_add(G[c], a->sreg[k->goal_grad.out[i]].range, 1);
  }
  total = add_constraints(a, m, G, total);
  for (uint32_t i = 0; i < a->nchoice; i++)
    total = interval_add(total, along(G[i], a->y[i], fmax(a->lo[i], -box), fmin(a->hi[i], box)), 1);
  gain.total = total.hi;
  if (gain.lambda > 0) gain.bound = interval_div(interval_at(fmax(total.hi, 0)), interval_at(gain.lambda), 1).hi;
  return gain;
}
