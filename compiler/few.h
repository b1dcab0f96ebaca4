/* few.h: a problem with the same kernels and few types, for checks of what all types of a class share. */
#ifndef ECON_FEW_H
#define ECON_FEW_H
#include "../runtime/problem.h"

/* The first four types of every class whose single types nobody refers to; all others in full, and the whole problem where that would
 * move what others refer to. Unknowns are numbered anew, so that names do not apply. keep_fixed: what a question fixes stays fixed. Shares
 * columns with p. NULL when memory failed. */
const Problem *few_types(const Problem *p, int keep_fixed, Arena *mem);
#endif
