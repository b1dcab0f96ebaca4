/* branches.h: where a limit of a later choice holds exactly without pressing (its slack and its multiplier both zero), or a later choice stands
 * at a bound that does not press it.
 *
 * What an agent does later changes its form there: on one side the limit binds (R = 0, mu >= 0), on the other it does not (R >= 0, mu = 0). The
 * conditions of docs/methods.md are products there, and hold whatever phi (or psi) is: such a CORNER may solve them and yet be left with profit
 * to one of the sides. With phi the value of R and R_y psi the value of a unit of mu to the agent that counts its rights (to the planner), a corner is
 * the best of both sides, at first order, exactly where
 *     phi >= 0 and R_y psi <= 0;   for a choice at its lower bound   psi <= 0 and dL/dy <= 0
 * (strong stationarity of a mathematical program with equilibrium constraints: Scheel and Scholtes 2000, theorem 2). */
#ifndef ECON_BRANCHES_H
#define ECON_BRANCHES_H
#include "pose.h"
#include "../runtime/system.h"

typedef struct {
  uint32_t of, aux;                                     /* unknowns: the multiplier mu or the choice y; its phi or psi */
  int side;                                             /* 0: a limit; -1, 1: a choice at its lower, upper bound */
  double slack, press;                                  /* what a unit on each side is worth, over the sizes of its terms: positive means that the side is better */
} Corner;
typedef VEC(Corner) Corners;

/* Those at x of r's problem (sys), in mem; nothing for questions without rights or planner. Nonzero when memory failed. */
int branches_corners(const Result *r, System *sys, const double *x, Arena *mem, Corners *out);
/* Is a side of the corner better at first order? */
int branches_left(const Corner *);

/* For a solved question with rights or a planner: while a corner is left with profit, solves on the better side from there, and on the other where
 * that fails. What the corners at the answer are stands in the certificate (claim conditions); where one stays that is left with profit, the
 * answer is refused. Returns the status of r. */
EconStatus branches_settle(Results *, Result *r, const Settings *);
#endif
