/* wealth.h: an agent's own problem solved anew, with prices and everything else that it takes as given held at x: the welfare it
 * reaches with t more units of ex-ante money, and the money that reaches a given welfare (the money-metric functions behind
 * equivalent and compensating variations; Mas-Colell, Whinston and Green 1995, section 3.I).
 *
 * The conditions are the kernel's own rows of one lane; t is added to the row of the ex-ante budget (the one whose multiplier has
 * OWN_EX_ANTE). With multiplier m and present-value weight w of that budget, dU/dt = w m (envelope). Each point is solved by
 * semismooth Newton from the last one, in steps of t no longer than doubles the distance gone; what is returned is certified by
 * problem_certify: the conditions hold and no better plan exists or was found. */
#ifndef ECON_WEALTH_H
#define ECON_WEALTH_H
#include "problem.h"

#define WEALTH_STATUS(X) \
  X(FOUND, "found") \
  X(NO_OBJECTIVE, "it has no objective of its own") \
  X(NO_BUDGET, "it has no ex-ante budget in which money could be given to it") \
  X(NOT_SOLVED, "its problem could not be solved again at other wealth") \
  X(TOO_HIGH, "no amount of money reaches that welfare (up to 10^12 times its budget was tried)") \
  X(TOO_LOW, "no budget that it can still meet leaves it a welfare so low") \
  X(NOT_BEST, "the plan found is not its best one") \
  X(NO_MEMORY, "memory was exhausted")
typedef enum {
#define X(k, t) WEALTH_##k,
  WEALTH_STATUS(X)
#undef X
  WEALTH_STATUS_N
} WealthStatus;
const char *wealth_text(WealthStatus);                  /* what is true of the agent, as the end of a sentence */

typedef struct Wealth Wealth;

/* The agent of lane `lane` in block `block` of p at the unknowns x (nx), of which a copy of what it needs is taken. Everything lives
 * in mem, also what the calls below allocate: give one arena to an agent or to a few. NULL when memory failed; *why says whether the
 * agent has a problem of this form (then a Wealth is returned only with WEALTH_FOUND). */
Wealth *wealth_new(const Problem *p, uint32_t block, uint32_t lane, const double *x, const Settings *s, Arena *mem, WealthStatus *why);
void wealth_free(Wealth *);                             /* memory of libraries; NULL is fine */

typedef struct {
  WealthStatus status;
  double money;                                         /* t, ex-ante money per member of the type */
  double welfare;                                       /* U at it */
  double lambda;                                        /* dU/dt, > 0 */
  double gain;                                          /* certified bound (or the best found) on what another plan adds, ex-ante money */
  const double *plan;                                   /* own unknowns by slot, choices and multipliers; valid until the next call */
} WealthPoint;

WealthPoint wealth_at(Wealth *, double t);
/* The t at which the welfare is `welfare`, to the accuracy of the plan (relative 1e-11 of the budget's size as a rule). */
WealthPoint wealth_reach(Wealth *, double welfare);
/* The s > 0 at which the objective at the plan, with the choices marked in scale[slot] multiplied by s and everything else as it is, is `welfare`
 * (Brent's method on log s). NaN with *why where there is none: the objective does not rise in s at 1, or the level is out of reach (sought up to
 * factors of 1e12). */
double wealth_scale(Wealth *, const uint8_t *scale, double welfare, const char **why);
#endif
