/* planner_search.h: what an optimum needs before and around the solution of its conditions: weights and levels that other solutions give, and
 * the search for an equal gain in wealth. */
#ifndef ECON_PLANNER_SEARCH_H
#define ECON_PLANNER_SEARCH_H
#include "pose.h"

/* Puts weights implied by another solution, and the levels at which types are held, into r's values and problem. Nonzero: a solution that
 * gives them was not solved (r->waits), or after a diagnostic. Nothing for any other question. */
int planner_prepare(Results *, Result *r);

/* Solves and certifies the question of r from `start` (may be NULL); r->sol is filled. For an equal gain the levels V(t) are taken along
 * their tangents, at points that follow t until they meet it: Newton's method, whose last system holds as it stands. */
EconStatus planner_solve(Results *, Result *r, const Settings *, const double *start);

/* Puts the values and the problem of r where they were when r->sol was found: by another process, or in another run. Nonzero as
 * planner_prepare. */
int planner_recall(Results *, Result *r);
/* A parameter's numbers, r's own copy from here on: what they were shared with must not move. NULL when memory failed. */
double *planner_numbers(Result *r, SymId);
#endif
