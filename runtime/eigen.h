/* eigen.h: small symmetric matrices by cyclic Jacobi rotations (Golub and Van Loan 2013, section 8.5), which keep small eigenvalues to high
 * relative accuracy. q x q, row-major. */
#ifndef ECON_EIGEN_H
#define ECON_EIGEN_H
#include <stdint.h>

/* G becomes diagonal but for entries far below what counts as zero; V (NULL: not wanted) holds the eigenvectors in columns. */
void eigen_diagonal(double *G, double *V, uint32_t q);
/* The largest eigenvalue; -infinity of none. m is destroyed. */
double eigen_largest(double *m, uint32_t q);
#endif
