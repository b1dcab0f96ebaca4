/* lone.h: one agent alone: its own conditions with everything else (prices, other agents, chosen own unknowns) given. A problem of a
 * single lane is cut out of a problem, so that its first-order system can be solved again at other prices. */
#ifndef ECON_LONE_H
#define ECON_LONE_H
#include "effort.h"
#include "mcp.h"

typedef struct Lone Lone;

/* The agent of one lane of a block, everything given at the unknowns x (nx of p). hold (nown, may be NULL): own unknowns that are given
 * too, their rows set aside. NULL when memory failed. p must outlive it; lone_free releases library memory. */
Lone *lone_new(const Problem *p, uint32_t block, uint32_t lane, const double *x, const uint8_t *hold, Arena *mem);
void lone_free(Lone *l);

/* Gives the unknown `index` of p (one the agent's kernel reads, else nothing happens) or an own one that is held another value. */
void lone_give(Lone *l, uint32_t index, double value);
double lone_given(const Lone *l, uint32_t index);           /* NaN where the agent does not read it */

/* Solves the own conditions from the own unknowns at hand; own (nown, may be NULL) replaces them first. Returns the largest relative
 * residual; above `enough` the unknowns are put back to what they were. */
double lone_solve(Lone *l, const double *own, double enough, Effort *e);
const double *lone_own(const Lone *l);                      /* nown: the own unknowns at hand */

double lone_goal(Lone *l);                                  /* the objective at hand */
double lone_row(Lone *l, uint32_t slot);                    /* the value of an own row */
double lone_slope(Lone *l, uint32_t slot, uint32_t index);  /* d own row / d unknown `index` of p; 0 where it is not read */
#endif
