/* deflate.h: known solutions made repulsive. The residual is multiplied by
 *     M(x) = product over known solutions k of (1/|x - k|^2 + 1),
 * which does not vanish there and tends to one far away (Farrell, Birkisson and Funke 2015, SIAM J. Sci. Comput. 37). Distances are
 * measured in chosen unknowns (prices), each relative to its size at the known solution. The Newton step of the multiplied system is the
 * plain one times 1/(1 - d log M along it), by the formula of Sherman and Morrison for the rank-one change of the Jacobian. */
#ifndef ECON_DEFLATE_H
#define ECON_DEFLATE_H
#include <stdint.h>

typedef struct {
  const uint32_t *at; uint32_t dims;  /* the unknowns in which distance is measured */
  double **known; uint32_t n;         /* n vectors of all unknowns */
} Deflation;

/* log M at x; infinite at a known solution. */
double deflate_log(const Deflation *d, const double *x);
/* The derivative of log M at x along dx (all unknowns). */
double deflate_along(const Deflation *d, const double *x, const double *dx);
/* |x - k|, scaled as in M. */
double deflate_distance(const Deflation *d, const double *x, const double *k);
#endif
