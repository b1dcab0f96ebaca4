/* planner_second.h: the second-order condition of an optimum, and the planner's quantities at its solution. */
#ifndef ECON_PLANNER_SECOND_H
#define ECON_PLANNER_SECOND_H
#include "pose.h"

double planner_kappa(const Result *);                   /* the value of a unit of the numeraire at the root to the planner */
double planner_omega(const Result *, const Agent *, const Elem *type);      /* the weight in force of a type, levels counted */

/* Poses the same question with the derivatives of the planner's Lagrangian as conditions, and looks whether its reduced Hessian has a
 * direction of increase. *out: CHECKED, REFUTED with a witness, or NOT_CHECKED with the reason in `method`. Texts live with the solution. */
void planner_second_order(Posing *, Result *r, Claim *out);
#endif
