/* rights_linear.h: the prices of rights that a given allocation implies. The adjoints of recourse (psi, phi) and the rows of later prices are
 * linear in the prices of rights, psi and phi together, whatever the allocation (docs/methods.md: sum of mass/lambda dL/dp = 0 [p], dM/dy = 0 [psi],
 * R_y psi = 0 [phi]): as many equations as unknowns, solved once, everything else held. */
#ifndef ECON_RIGHTS_LINEAR_H
#define ECON_RIGHTS_LINEAR_H
#include "result.h"

/* x (nx of r's problem) holds an allocation with its multipliers; replaces in it the prices of rights, psi and phi. 0; 1 where they are not
 * to be had (something is not finite there): x is left as it is. */
int rights_linear(const Result *r, double *x);
#endif
