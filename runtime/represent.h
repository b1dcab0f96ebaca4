/* represent.h: what a solution leaves undetermined, and the member that is shown.
 *
 * At a solution the conditions that hold with equality and the unknowns strictly inside their bounds give a matrix whose null space
 * is the tangent of the solution set. Directions that no feasible movement can use (a bound met from both sides) are removed. Pairs of
 * which bound and condition both hold are taken both ways: choices at bounds, then prices at zero. Along
 * the rest, the shown solution has the least mass-weighted sum of squared positions in claims (docs/methods.md, section 6);
 * it is found by a sequence of small quadratic programs in the null space, each followed by Newton back onto the conditions. */
#ifndef ECON_REPRESENT_H
#define ECON_REPRESENT_H
#include "mcp.h"

/* Moves x (nx) along the solution set to the representative; marks loose (nx) unknowns. dim: dimensions of what is undetermined.
 * tol: the relative residual the moved point must meet, otherwise x is left as it was. With more dimensions than nullspace_most() x stays, and the number is a lower bound unless
 * they could be counted. Returns 0; 1 when the linear algebra or
 * memory failed (x is then unchanged, dim = 0). */
int represent(System *s, Mcp *m, double *x, double tol, uint8_t *loose, uint32_t *dim, Effort *e);

/* EXACT: less what bounds forbid. AT_LEAST: there may be more, and what bounds forbid is not taken off. COUNTED: as many, cell by cell
 * (nullity.h), and what bounds forbid is not taken off. */
typedef enum { DIMENSION_EXACT, DIMENSION_AT_LEAST, DIMENSION_COUNTED } DimensionKind;
/* The dimension of the solution set at x, which is not moved; loose (nx, may be NULL) marks what it moves; how may be NULL. NO_INDEX when the
 * linear algebra or memory failed. For certificates of answers computed elsewhere. */
uint32_t represent_dimension(System *s, const double *x, uint8_t *loose, DimensionKind *how);
#endif
