/* nonneg.h: small dense problems with inequalities, after Lawson and Hanson (Solving Least Squares Problems, 1974, chapter 23). */
#ifndef ECON_NONNEG_H
#define ECON_NONNEG_H
#include "arena.h"

/* min |E u - f| over u >= 0. E: rows x cols, column-major. u: cols numbers out; residual: rows numbers out, f - E u. Returns 0, 1 when
 * memory failed or the iteration limit was met. */
int nonneg_squares(uint32_t rows, uint32_t cols, const double *E, const double *f, double *u, double *residual, Arena *mem);

/* min z'Hz/2 + g'z subject to A z >= b (least distance programming). H: q x q symmetric positive definite; A: n x q, row-major. z: q
 * numbers out. Returns 0, 1 when infeasible or failed. */
int nonneg_quadratic(uint32_t q, const double *H, const double *g, uint32_t n, const double *A, const double *b, double *z, Arena *mem);

/* Marks the rows of A (n x q, row-major) that vanish on the whole cone {z : A z >= 0}: implied equalities. equal: n flags out. Returns
 * how many, or UINT32_MAX when failed. */
uint32_t nonneg_implied(uint32_t n, uint32_t q, const double *A, uint8_t *equal, Arena *mem);
#endif
