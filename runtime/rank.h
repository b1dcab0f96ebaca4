/* rank.h: dense elimination with complete pivoting: rank, null space, and who takes part in it. For matrices of at most a few hundred
 * rows or columns. */
#ifndef ECON_RANK_H
#define ECON_RANK_H
#include "arena.h"

/* Entries a[i*n + j], rows i < m; every row is first divided by its largest entry. Pivots up to 1e-9 of one count as zero. */
typedef struct { uint32_t rank, dim; double *basis; /* dim vectors of length n: a basis of the null space, largest entry one */ } NullSpace;
/* a is left as it was. Returns 0, or 1 when memory failed. */
int null_space(const double *a, uint32_t m, uint32_t n, NullSpace *out, Arena *mem);
/* mark[j] = 1 where some vector of the null space has an entry above 1e-7 of its largest. */
void null_support(const NullSpace *s, uint32_t n, uint8_t *mark);
#endif
