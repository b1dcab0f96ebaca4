#include "eigen.h"
#include <math.h>
#include <stddef.h>

static void turn(double *x, double *y, double c, double s) {
  double a = *x, b = *y;
  *x = c * a - s * b;
  *y = s * a + c * b;
}

void eigen_diagonal(double *G, double *V, uint32_t q) {
  double largest = 0.0;
  for (uint32_t i = 0; V && i < q * q; i++) V[i] = i % (q + 1) == 0;
  for (uint32_t i = 0; i < q; i++) largest = fmax(largest, fabs(G[i * q + i]));
  for (int sweep = 0, turned = 1; sweep < 30 && turned; sweep++) {
    turned = 0;
    for (uint32_t a = 0; a < q; a++)
      for (uint32_t b = a + 1; b < q; b++) {
        double g = G[a * q + b];
        if (fabs(g) <= 1e-15 * sqrt(fabs(G[a * q + a] * G[b * q + b])) || fabs(g) <= 1e-19 * largest) continue;
        turned = 1;
        double theta = (G[b * q + b] - G[a * q + a]) / (2.0 * g), t = copysign(1.0, theta) / (fabs(theta) + hypot(theta, 1.0));
        double c = 1.0 / hypot(t, 1.0), s = t * c;
        for (uint32_t i = 0; i < q; i++) turn(&G[i * q + a], &G[i * q + b], c, s);
        for (uint32_t i = 0; i < q; i++) {
          turn(&G[a * q + i], &G[b * q + i], c, s);
          if (V) turn(&V[i * q + a], &V[i * q + b], c, s);
        }
      }
  }
}

double eigen_largest(double *m, uint32_t q) {
  double most = -INFINITY;
  eigen_diagonal(m, NULL, q);
  for (uint32_t i = 0; i < q; i++) most = fmax(most, m[i * q + i]);
  return most;
}
