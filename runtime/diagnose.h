/* diagnose.h: why there may be no answer. A reason is named only with a witness that was checked: linear programs over what is affine
 * in the choices, valid at every price. Otherwise the worst conditions are named. */
#ifndef ECON_DIAGNOSE_H
#define ECON_DIAGNOSE_H
#include "problem.h"

/* p could not be solved and x (nx) is the best point reached. Returns
 *   ECON_INFEASIBLE     a lower bound above an upper one, an agent whose price-free constraints have no point, or one whose budget is
 *                       negative at every nonnegative price;
 *   ECON_NO_ALLOCATION  no allocation satisfies the price-free constraints of all and the markets;
 *   ECON_UNBOUNDED      an agent has a direction that keeps every constraint at every price and raises its objective for ever;
 *   ECON_STALLED        none of these was found;
 *   ECON_MEMORY, ECON_CANCELLED.
 * explanation: a sentence in the model's names, in mem (NULL when memory failed). */
EconStatus problem_diagnose(const Problem *p, const double *x, const Settings *s, Arena *mem, char **explanation);
#endif
