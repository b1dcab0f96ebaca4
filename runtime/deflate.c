#include "deflate.h"
#include <math.h>

static const double SMALL = 1e-3;               /* of the largest: the size of a price at zero */

static double largest(const Deflation *d, const double *k) {
  double most = 0.0;
  for (uint32_t i = 0; i < d->dims; i++) most = fmax(most, fabs(k[d->at[i]]));
  return most > 0.0 ? most : 1.0;
}

static double size_of(double value, double most) { return fmax(fabs(value), SMALL * most); }

static double squared(const Deflation *d, const double *x, const double *k) {
  double most = largest(d, k), sum = 0.0;
  for (uint32_t i = 0; i < d->dims; i++) {
    double z = (x[d->at[i]] - k[d->at[i]]) / size_of(k[d->at[i]], most);
    sum += z * z;
  }
  return sum;
}

double deflate_distance(const Deflation *d, const double *x, const double *k) { return sqrt(squared(d, x, k)); }

double deflate_log(const Deflation *d, const double *x) {
  double sum = 0.0;
  for (uint32_t j = 0; j < d->n; j++) sum += log1p(1.0 / squared(d, x, d->known[j]));
  return sum;
}

double deflate_along(const Deflation *d, const double *x, const double *dx) {
  double sum = 0.0;
  for (uint32_t j = 0; j < d->n; j++) {
    const double *k = d->known[j];
    double most = largest(d, k), square = 0.0, move = 0.0;
    for (uint32_t i = 0; i < d->dims; i++) {
      double size = size_of(k[d->at[i]], most), z = (x[d->at[i]] - k[d->at[i]]) / size;
      square += z * z;
      move += z * dx[d->at[i]] / size;
    }
    sum -= 2.0 * move / (square * (square + 1.0));
  }
  return sum;
}
