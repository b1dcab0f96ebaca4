/* bordered.h: products with a bordered system (cells.h) and its solution with iterative refinement, over slices on several threads. */
#ifndef ECON_BORDERED_H
#define ECON_BORDERED_H
#include "border.h"

typedef struct {
  const Cells *c;
  const Slice *slice; uint32_t nslice;
  Border *border;
  Weights w;                          /* set by bordered_factor, or by the caller for products alone */
  double *left;                       /* c->n numbers of scratch */
  double *part, *sums, *most;         /* per slice nborder, nborder, 1 */
} Bordered;

/* left: c->n numbers that products with a right-hand side and solutions overwrite. NULL when memory failed. */
Bordered *bordered_new(const Cells *c, const Slice *slice, uint32_t nslice, double *left, Arena *mem);
BorderStatus bordered_factor(Bordered *m, Weights w);
/* out := A z; returns the largest over rows of the sum of |a_ij z_j| and |b_i| (b may be NULL). */
double bordered_product(Bordered *m, const double *z, const double *b, double *out);
/* z := A^-1 b, refined; b is another vector and stays. Returns 0; 1 when the result is not finite or its relative backward error too large. */
int bordered_solve(Bordered *m, const double *b, double *z);
void bordered_free(Bordered *m);
#endif
