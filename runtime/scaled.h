/* scaled.h: the linear systems of Newton's method, diag(row) J diag(col) + diag(diag) with J the Jacobian of a system at hand: by the bordered
 * form where J is stored by cells, by sparse factors of the whole elsewhere and where too many pivots are delayed. Nobody else
 * needs to know which. */
#ifndef ECON_SCALED_H
#define ECON_SCALED_H
#include "system.h"

typedef struct Scaled Scaled;

/* scratch: nx numbers that solves and scaled_form may overwrite. Memory is taken when first needed. NULL when memory failed. */
Scaled *scaled_new(System *s, double *scratch, Arena *mem);
/* Factors with the Jacobian as last filled; the weights' arrays must stay as they are until the last solve. Returns 0, 1 when singular to working precision,
 * not finite or out of memory. */
int scaled_factor(Scaled *m, Weights w);
/* Sets the weights without factoring, for scaled_form and scaled_squares. */
void scaled_weigh(Scaled *m, Weights w);
/* z := A^-1 b with iterative refinement; b is another vector than z and stays. Returns 0; 1 when the result is not finite or its relative backward
 * error too large. */
int scaled_solve(Scaled *m, const double *b, double *z);
/* b := A^-T b without refinement. Returns 0 when it succeeded. */
int scaled_transposed(Scaled *m, double *b);
/* Smallest pivot over largest. */
double scaled_rcond(const Scaled *m);
/* An estimate from above of the smallest singular value by inverse iteration on A'A from a random vector; 0 when a solve failed. v: n numbers of scratch. */
double scaled_least(Scaled *m, double *v);
/* left' A right. */
double scaled_form(Scaled *m, const double *left, const double *right);
/* min |A d - r|^2 + reg^2 |d|^2. Returns 0 or 1 as the others. */
int scaled_squares(Scaled *m, const double *r, double reg, double *d);
void scaled_free(Scaled *m);
#endif
