/* mcp.h: semismooth Newton for the mixed complementarity form of a problem (problem.h, UNKNOWNS AND ROWS).
 *
 * Each pair (x_i, F_i) becomes one equation by the Fischer-Burmeister function phi(a, b) = a + b - sqrt(a^2 + b^2 + 2 mu^2), nested
 * for two-sided bounds (Billups 1995): phi(x - l, -phi(u - x, -F)). Unknowns whose bound is never reached are solved in logarithms.
 * Rows are divided by the sizes of their terms, columns by the change that moves some row by all of its terms. Where the matrix is
 * singular the step is proximal in claim positions first, Levenberg-Marquardt next (Yamashita and Fukushima 2001 for the rate at
 * solutions that are not isolated). */
#ifndef ECON_MCP_H
#define ECON_MCP_H
#include "deflate.h"
#include "effort.h"
#include "scaled.h"
#include "system.h"

typedef struct Mcp Mcp;

typedef struct {
  double tol;                         /* largest relative residual asked for */
  double enough;                      /* a residual that will do once a step no longer divides it by ten; 0 for none */
  int iterations;                     /* at most */
  const double *shift;                /* nx: solve F - shift instead of F; NULL for none */
  double mu;                          /* smoothing; 0 for the exact conditions */
  const char *what;                   /* words for progress reports */
  const Deflation *deflate;           /* solutions to keep away from; NULL for none */
} McpOptions;
typedef struct { EconStatus status; int iterations; double residual; } McpInfo;

/* Everything a solve needs is allocated here, in mem. NULL when memory failed. Release library memory with mcp_free. */
Mcp *mcp_new(System *s, Arena *mem);
/* Improves x (nx) in place; x must be finite, and is moved inside where it stands on an open bound. ECON_SOLVED: the relative residual
 * (system_residual) of every condition is at most tol, or enough. Else STALLED, ITERATIONS, DOMAIN, SINGULAR, TIME, CANCELLED and x is the best
 * point met. */
McpInfo mcp_solve(Mcp *m, double *x, const McpOptions *o, Effort *e);
/* Undamped Newton steps on the active conditions while they lessen the residual: the last digits, and bounds met exactly. hold (nx,
 * may be NULL): 1 keeps an unknown where it stands, at a bound, its condition set aside. Returns the largest relative residual. */
double mcp_polish(Mcp *m, double *x, const double *shift, const uint8_t *hold);
/* The scaled system at x: row i of the conditions is F[i]/T[i], column j is in units of unit[j]. Valid until the next call on m; the
 * Jacobian of the system is filled. Returns 0 when all is finite. */
typedef struct { const double *F, *T, *unit; const uint8_t *log; double *scratch[4]; /* nx each, to be used as one likes */ } McpScales;
int mcp_scales(Mcp *m, const double *x, McpScales *out);
/* The linear systems of m, for the Jacobian as last filled. */
Scaled *mcp_linear(Mcp *m);
/* The largest relative residual of the conditions at x; infinity where they are not defined. */
double mcp_residual(Mcp *m, const double *x, const double *shift);
void mcp_free(Mcp *m);
#endif
