/* squares.h: regularised least squares with a bordered matrix A (cells.h), without leaving its form:
 *     min |A d - r|^2 + reg^2 |d|^2     by     [ I    A    ] [e]   [r]
 *                                              [ A'  -reg^2 ] [d] = [0].
 * The augmented matrix is bordered again: a cell holds its rows' errors e and its own unknowns d, the border the errors of the border's rows and
 * the border's unknowns. It is quasi-definite, so that its cells are regular where A's are not (Vanderbei 1995), unless reg is tiny. */
#ifndef ECON_SQUARES_H
#define ECON_SQUARES_H
#include "bordered.h"

typedef struct Squares Squares;
/* c and slice stay referenced. NULL when cells are too large for it or memory failed. */
Squares *squares_new(const Cells *c, const Slice *slice, uint32_t nslice, Arena *mem);
/* d (n) from the present values with weights w; r: n numbers. Returns 0; 1 when too many pivots were delayed or accuracy was lost. */
int squares_solve(Squares *q, Weights w, const double *r, double reg, double *d);
void squares_free(Squares *q);
#endif
