/* gain.h: a proven bound on what an agent can gain by any other plan at the given prices.
 *
 * Let L(y) = U(y) + sum_j m_j g_j(y) with any multipliers m_j (>= 0 for g_j >= 0, of either sign for g_j = 0); here present-value
 * weight times the multiplier found. Where every term of L is concave on the box [l, u], every plan y in the box that satisfies the
 * constraints has
 *     U(y) - U(x) <= m.g(x) + sum_i max(G_i (u_i - x_i), G_i (l_i - x_i)),      G the gradient of L at x,
 * since U(y) <= L(y) <= L(x) + G.(y - x). Divided by lambda, the worth of money in units of the objective, it is ex-ante money.
 * It needs no other plan to be tried. G, g and the weights are enclosed in intervals rounded outwards, so the bound holds for the
 * exact functions with these derivatives; that the derivatives are those of the objective is taken from the compiler. */
#ifndef ECON_GAIN_H
#define ECON_GAIN_H
#include "agent.h"

/* How the objective and the constraints are curved in the choices, for a run of lanes at once. */
typedef struct {
  unsigned goal;                      /* SHAPE_CONVEX, SHAPE_CONCAVE */
  unsigned *con;                      /* ncon of them */
} GainShapes;

/* con has room for a->ncon. Choices range over their bounds cut at +-box (infinity: not cut); everything else is constant lane by
 * lane, so what is found holds for each lane of [first, first + n). */
void gain_shapes(AgentClass *a, uint32_t first, uint32_t n, const double *x, double box, GainShapes *out);

typedef struct {
  int concave;                        /* every term of the Lagrangian is */
  double bound;                       /* in ex-ante money of one member, over choices cut at +-box; infinity where not concave */
  double lambda;                      /* a lower bound of the worth of money */
  double total;                       /* the right side above in units of the objective, before anything; negative where g(x) < 0 for a binding constraint */
} Gain;

/* The lane loaded in a, at the unknowns it was loaded from. box is finite and at least as large as every choice of the lane. */
Gain gain_bound(AgentClass *a, const GainShapes *shapes, double box);
#endif
