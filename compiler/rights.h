/* rights.h: the parts of pass rights_to_trade, and what it shares with the planner.
 *
 * Input: an economy in condition form (pass kkt). Output: the same economy with exchanges indexed by the later prices p, in which agents
 * buy and sell the right to trade at them (Kilenthong and Townsend, Definition 3). With K the Lagrangian of pass kkt, s the agent's net
 * purchases in later markets, P the prices of rights, y the agent's later choices, R the constraints on them:
 *     M = (phi - mu) R - lambda P.s + psi . dK/dy,     L = K + M      (weights as in pass kkt; lambda of the ex-ante budget)
 *     x:    -dL/dx,  bounds            y: -dK/dy, bounds: the recourse, unchanged
 *     psi:  dM/dy = 0; where y has a bound l, (y - l) dM/dy + (dK/dy) psi = 0: at a binding bound psi = 0
 *     phi:  R_y psi = 0; for an inequality mu (R_y psi) - R phi = 0: where R is slack phi = 0
 *     mu, nu, xi: as they are; the ex-ante budget pays P.s too
 *     P:    supply = demand in the later market: rights clear exactly when goods do; of any sign
 *     p:    sum over agents of mass/lambda * dL/dp = 0
 * psi and phi - mu solve a linear adjoint and vanish at P = 0: there the system is that of the economy without rights, but for the rows of p.
 * Where a bound or an inequality binds with a zero multiplier, psi or phi is not determined; the certificate counts that dimension. */
#ifndef ECON_RIGHTS_H
#define ECON_RIGHTS_H
#include "bearing.h"
#include "kkt.h"
#include "markets.h"
#include "values.h"

/* One family of later prices and its rights. */
typedef struct {
  SymId price, rights;
  SymId nodes;                                          /* later nodes at which there is a market */
  IdxId *binds; uint32_t n, dim;                        /* over the rights' dom; dim: which is the node */
  const Expr *where;                                    /* over binds: neither set by a normalisation nor without a market; NULL: everywhere */
} Right;

typedef struct {
  Economy *e;
  Bearing *b;
  VEC(Right) right;
  int planner;                                          /* marginal values of ex-ante wealth are given: no ex-ante budgets */
  const Question *q;
  SymId kappa;                                          /* planner: the common factor of those values */
} Rights;

/* The class's later choices, multipliers and adjoints; its net purchases. */
typedef struct {
  Rights *r;
  Agent *a;
  uint32_t at;                                          /* Economy.agents.at[at] */
  uint32_t budget;                                      /* its ex-ante budget, UINT32_MAX = none */
  const Expr *lambda;                                   /* marginal value of ex-ante wealth; NULL without a budget */
  const Expr *payment;                                  /* P.s, NULL = 0 */
  VEC(const Expr *) K, M;                               /* additive terms */
} RightsAgent;

/* rights_market.c */
int rights_markets(Rights *);                           /* families of later prices; 1 after diagnosed errors */
const Expr *rights_net(Rights *, const Agent *, const Right *, const Ix *at);           /* demand - supply of the class at the instance */
const Expr *rights_payment(Rights *, const Agent *, const Ix *node /* NULL: at all later nodes together */);
int rights_conditions(Rights *, const RightsAgent *, uint32_t n);                       /* the rows of later prices */
int rights_reports(Rights *);                           /* definitions of rights_payment */

/* rights_agent.c */
int rights_agent(RightsAgent *);                        /* the class's Lagrangian and conditions */
const Expr *rights_slope(const RightsAgent *, SymId price, const Ix *at, uint32_t n);   /* dL/dp at an instance */
SymId rights_nodes(Economy *, SymId set, int (*keep)(const void *ctx, uint32_t node), const void *ctx);    /* those elements; 0: none */

/* planner.c: the same system with given marginal values of ex-ante wealth, lambda = kappa / omega, and lump-sum transfers instead of
 * ex-ante budgets: the first-order conditions of  max sum over types of w * mass * welfare  by a planner who chooses what is decided ex
 * ante and, through it, later prices. kappa, the value of a unit of the numeraire, is paired with the transfers' adding up to zero.
 * Where some types are held at levels of welfare, omega = w + eta:
 *     0 <= eta _|_ U - level >= 0                 for types held; eta = 0 for the others
 * and for an equal gain t (w = 0) in ex-ante wealth, with V(t) the welfare reached with t more of it at the prices of an equilibrium,
 *     0 <= eta _|_ U - V(t) >= 0;   sum of mass eta V'(t) = 1   [t]
 * where V is its tangent at a point that the search moves until it is t (planner_search.h). */
int planner_begin(Rights *, const Question *, const Values *);                          /* kappa, eta, t; 1 after a diagnostic */
const Expr *planner_lambda(const Rights *, const Agent *);                                /* kappa / omega, in the class's type variables */
int planner_level(const RightsAgent *);                                                 /* the condition of eta, among the class's own */
int planner_end(Rights *, const RightsAgent *, uint32_t n);                             /* its row; what is reported as transfers */

/* rights_words.c: Economy.exchanges, lines for `explain`. */
void rights_words(Rights *, const RightsAgent *, uint32_t n);

/* planner_refuse.c: the same for an optimum. */
int planner_refused(Rights *);
/* rights_consistent.c: 1 after a diagnostic where the objective of the class is not time-consistent. */
int rights_inconsistent(Rights *, const Agent *, const Values *);
/* rights_refuse.c: what the concept does not cover, each with its own words; 1 after a diagnostic. */
int rights_refused(Rights *, const Values *, Origin asked);
int rights_of_another(const Agent *, const Expr *ref);      /* is a choice of the class at types that need not be the agent's own? */
#endif
