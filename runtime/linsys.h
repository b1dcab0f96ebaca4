/* linsys.h: sparse linear systems behind one small interface (KLU), and regularised least squares on top of it. The pattern is given
 * once; values are refilled in place and factored again. Heap memory of the library is released by the _free functions. */
#ifndef ECON_LINSYS_H
#define ECON_LINSYS_H
#include "arena.h"

/* A square system A z = b in compressed columns (rows sorted). The caller owns and refills `at`. */
typedef struct Linsys Linsys;

/* n, start (n+1) and row stay referenced. NULL when memory failed. */
Linsys *linsys_new(int n, int *start, int *row, double *at, Arena *mem);
/* Factors the present values (refactors with the last pivots where that stays accurate). Returns 0, or 1 when the matrix is singular
 * to working precision or not finite. */
int linsys_factor(Linsys *ls);
/* Solves with the last factors; b is replaced by the solution, with iterative refinement. Returns 0; 1 when the result is not finite
 * or its relative backward error is too large to be used. */
int linsys_solve(Linsys *ls, double *b);
/* A cheap estimate of the reciprocal condition number of the last factors (ratio of pivots). */
double linsys_rcond(const Linsys *ls);
/* The sign of the determinant of the last factors: 1, -1, or 0 where there are none. */
int linsys_sign(const Linsys *ls);
/* b := A^-T b with the factors at hand, without refinement. Returns 0 when it succeeded. */
int linsys_transposed(Linsys *ls, double *b);
void linsys_free(Linsys *ls);

/* min |A d - r|^2 + sum_j reg_j^2 d_j^2 through the augmented system [I A; A' -reg^2]: well defined whatever the rank of A, and no
 * squaring of its condition number. A has m rows and n columns in compressed columns, referenced and refilled by the caller. */
typedef struct Lsq Lsq;
Lsq *lsq_new(int m, int n, const int *start, const int *row, const double *at, Arena *mem);
/* reg: n positive numbers; soft: m positive numbers in place of the identity, NULL for ones (row i then weighs 1/soft_i: tiny numbers
 * make the rows equality constraints and the system a Karush-Kuhn-Tucker one). Returns 0 or 1 as linsys_factor. */
int lsq_factor(Lsq *q, const double *soft, const double *reg);
/* r: m numbers, d: n numbers out. r may be NULL for zero; g (n, may be NULL) adds the linear term: min ... - 2 g'd. */
int lsq_solve(Lsq *q, const double *r, const double *g, double *d);
void lsq_free(Lsq *q);
#endif
