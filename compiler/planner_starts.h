/* planner_starts.h: where the search for an optimum may begin besides the equilibrium without rights. All return a point (nx of r's problem, in r's
 * arena), or NULL where there is no such start. */
#ifndef ECON_PLANNER_STARTS_H
#define ECON_PLANNER_STARTS_H
#include "pose.h"

/* The solution that implies the weights. */
const double *planner_start_implied(Results *, Result *r);
/* The end of a path of optima: weights (in logs) and levels move from those that the equilibrium without rights has to those asked for. */
const double *planner_start_path(Posing *, Results *, Result *r, const Settings *);
/* The optimum without the constraints, budgets apart, in which later prices stand. */
const double *planner_start_free(Posing *, Results *, Result *r, const Settings *);
/* For an optimum with levels that was not found: how far levels can be raised from those of the equilibrium without rights towards those asked for,
 * together and in proportion, with an optimum found at each. Says so in `out`; nothing where optima are found all the way, or not even there. */
void planner_reach(Posing *, Result *r, const Settings *, Text *out);
#endif
