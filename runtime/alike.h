/* alike.h: types that are exactly alike. Two lanes of a block are alike when they have the same problem and the same solution: the same data column by
 * column (bytes), the same unknowns of others in their conditions, the same unknowns fixed, and own unknowns that agree to rounding. What is true of one at
 * given prices is then true of the other, and a club (club.h), which is a measure over types and bundles, needs but one of them.
 * Masses may differ where the conditions say so: then columns on which nothing of the agent's own depends are compared per head. */
#ifndef ECON_ALIKE_H
#define ECON_ALIKE_H
#include "problem.h"

/* For every lane of the block the first lane alike at x (nx), itself where there is none before it. In mem; NULL when memory failed. Time grows with the
 * number of lanes: a lane is compared with a bounded number of others, so that of very many lanes with the same data and different solutions
 * some alike may be told apart. */
uint32_t *alike_lanes(const Problem *p, uint32_t block, const double *x, Arena *mem);

/* Per column of a block of agents, 1: what the block adds to markets is homogeneous of degree one in these columns together (the mass, data times mass),
 * and no own condition, bound, objective or domain depends on them, so lanes whose columns agree per head differ in their number only. All 0 where a
 * share is not, or a mass is zero. NULL when memory failed. */
uint8_t *alike_scaled(const Block *b, Arena *mem);
#endif
