/* nullspace.h: the null space of a sparse matrix by block inverse iteration on K'K + delta^2, through the augmented system
 * [I K; K' -delta^2] so that nothing is squared. The block grows until it holds a direction that is not null. */
#ifndef ECON_NULLSPACE_H
#define ECON_NULLSPACE_H
#include "arena.h"

/* The dimensions looked for at most in a matrix of n columns: the work is held to a fixed number of entries of the basis. */
uint32_t nullspace_most(int n);

/* K: m x n in compressed columns, entries of size about one. basis: dim orthonormal vectors of length n, one after the other, in mem.
 * tol: singular values up to tol count as zero. least: the smallest singular value found above tol (infinity where none was seen).
 * Returns 0; 1 when memory or the factorisation failed. dim = nullspace_most(n) < n means "at least". */
int nullspace(int m, int n, const int *start, const int *row, const double *at, double tol, double **basis, uint32_t *dim, double *least, Arena *mem);
#endif
