/* planner_proof.h: is a solution of an optimum's first-order conditions an optimum? */
#ifndef ECON_PLANNER_PROOF_H
#define ECON_PLANNER_PROOF_H
#include "pose.h"

/* For a solved optimum, adds to its certificate what makes it one; nothing for any other question. In the claim `support`:
 *   second order: the reduced Hessian of the planner's Lagrangian on the tangent of what binds has no direction of increase;
 *   globally, where prices stand in later constraints: at weights 1/lambda and the shadow prices of the solution, no club of types gains at other
 *   later prices (support.h): by weak duality the allocation is then the best at these weights (docs/methods.md, "Rights to trade").
 * Where the optimum is the equilibrium with rights that gave its weights, the equilibrium's clubs are not looked for a second time.
 * Returns the status of the solution, NOT_CERTIFIED where one of them is refuted. */
EconStatus planner_prove(Posing *, Results *, Result *r, const Settings *);
#endif
