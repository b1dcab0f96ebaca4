/* index.h: the index of an equilibrium and where the index theorem holds.
 *
 * Let z be excess demand, the agents' own unknowns solved out at given prices, and let one price be normalised. The index of a regular
 * equilibrium is the sign of det(-Dz) in the prices that are positive; the indices of all equilibria add to +1 (Dierker 1972; Mas-Colell,
 * The Theory of General Economic Equilibrium, 1985, ch. 5; with activities Kehoe 1980). Let J be the Jacobian of all conditions that bind in
 * the unknowns off their bounds, the agents' part first:
 *     J = [ R_y  R_p ; S_y  S_p ],   S = supply - demand,   det J = det(R_y) det(S_p - S_y R_y^-1 R_p) = det(R_y) det(-Dz).
 * R_y has a block [H, -A'W; A, 0] for each agent: H minus the Hessian of its Lagrangian, A the gradients of what binds, W > 0 the weights
 * of multipliers. Where the problem is concave that determinant is positive: H + rho A'A, for which the determinant is the same, is
 * positive definite for large rho; if only semidefinite (activities without decreasing returns, linear tastes) it is the limit of
 * problems made strictly concave by -e|y|^2, and the sign of det J, when not zero, that of the limit. So the index is the sign of det J,
 * times that of the rows that define profits. A normalisation n.p = 1 with a slack s in the markets' rows gives
 *     det [ -Dz s ; n' 0 ] = -n' adj(-Dz) s = -c (n.p)(p.s),   adj(-Dz) = c pp',   sign c the index (Dz p = 0, p'Dz = 0). */
#ifndef ECON_INDEX_H
#define ECON_INDEX_H
#include "mcp.h"

/* Does the theorem cover the economy: consumers with one budget each and firms with none, no other constraint in which prices occur, no
 * unknown or condition but theirs, the markets of goods at nonnegative prices, profits and one normalisation? Returns 1; else 0 and a
 * clause in *why (in mem or static) that completes "because ...". Concavity is asked of index_concave; Walras' law is the caller's to
 * check. */
int index_covers(const Problem *p, const char **why, Arena *mem);
/* Is every agent's Lagrangian concave term by term (gain.h), with multipliers of the signs they have at x? As index_covers. */
int index_concave(const System *s, const double *x, const char **why, Arena *mem);
/* The index of the equilibrium x: 1 or -1; 0 with *why where x is not regular (a bound and its condition both hold, or the Jacobian of
 * relative excess demand has a singular value whose square is within 100 times the residual) or the linear algebra failed. Names in why live in mem. */
int index_of(System *s, Mcp *m, const double *x, const char **why, Arena *mem);
#endif
