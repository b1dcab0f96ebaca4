/* alike.h: types that are exactly alike. Two lanes of a block are alike when they have the same problem and the same solution: the same data column by
 * column (bytes), the same unknowns of others in their conditions, the same unknowns fixed, and own unknowns that agree to rounding. What is true of one at
 * given prices is then true of the other, and a club (club.h), which is a measure over types and bundles, needs but one of them.
 * Masses may differ where the conditions say so: a column that is the mass, in which no own condition, objective or domain depends and to which
 * every share is proportional. */
#ifndef ECON_ALIKE_H
#define ECON_ALIKE_H
#include "problem.h"

/* For every lane of the block the first lane alike at x (nx), itself where there is none before it. In mem; NULL when memory failed. Time grows with the
 * number of lanes: a lane is compared with a bounded number of others, so that of very many lanes with the same data and different solutions
 * some alike may be told apart. */
uint32_t *alike_lanes(const Problem *p, uint32_t block, const double *x, Arena *mem);

/* Is every share of the kernel proportional to this column, and nothing else dependent on it? */
int alike_scales(const Kernel *k, uint32_t column, Arena *mem);
#endif
