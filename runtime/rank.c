#include "rank.h"
#include <math.h>
#include <string.h>

#define PIVOT 1e-9
#define PRESENT 1e-7

static void scale_rows(double *a, uint32_t m, uint32_t n) {
  for (uint32_t i = 0; i < m; i++) {
    double most = 0;
    for (uint32_t j = 0; j < n; j++) most = fmax(most, fabs(a[(size_t)i * n + j]));
    for (uint32_t j = 0; j < n && most > 0; j++) a[(size_t)i * n + j] /= most;
  }
}

static void swap_rows(double *a, uint32_t n, uint32_t i, uint32_t k) {
  for (uint32_t j = 0; j < n && i != k; j++) {
    double t = a[(size_t)i * n + j];
    a[(size_t)i * n + j] = a[(size_t)k * n + j];
    a[(size_t)k * n + j] = t;
  }
}

/* Gauss-Jordan with complete pivoting: afterwards row r < rank is the unit vector of column perm[r] among the pivots' columns. */
static uint32_t reduce(double *a, uint32_t m, uint32_t n, uint32_t *perm) {
  uint32_t rank = 0;
  for (uint32_t j = 0; j < n; j++) perm[j] = j;
  while (rank < m && rank < n) {
    uint32_t pi = rank, pj = rank;
    double most = 0;
    for (uint32_t i = rank; i < m; i++)
      for (uint32_t j = rank; j < n; j++)
        if (fabs(a[(size_t)i * n + perm[j]]) > most) {
          most = fabs(a[(size_t)i * n + perm[j]]);
          pi = i;
          pj = j;
        }
    if (most <= PIVOT) break;
    swap_rows(a, n, rank, pi);
    uint32_t col = perm[pj];
    perm[pj] = perm[rank];
    perm[rank] = col;
    double pivot = a[(size_t)rank * n + col];
    for (uint32_t j = 0; j < n; j++) a[(size_t)rank * n + j] /= pivot;
    for (uint32_t i = 0; i < m; i++) {
      double f = a[(size_t)i * n + col];
      if (i == rank || f == 0) continue;
      for (uint32_t j = 0; j < n; j++) a[(size_t)i * n + j] -= f * a[(size_t)rank * n + j];
      a[(size_t)i * n + col] = 0;
    }
    rank++;
  }
  return rank;
}

int null_space(const double *a, uint32_t m, uint32_t n, NullSpace *out, Arena *mem) {
  *out = (NullSpace){0, 0, NULL};
  double *b = ARENA_ARRAY(mem, double, (size_t)m * n + 1);
  uint32_t *perm = ARENA_ARRAY(mem, uint32_t, n + 1);
  if (!b || !perm) return 1;
  memcpy(b, a, sizeof *b * m * n);
  scale_rows(b, m, n);
  out->rank = reduce(b, m, n, perm);
  out->dim = n - out->rank;
  out->basis = ARENA_ARRAY(mem, double, (size_t)out->dim * n + 1);
  if (!out->basis) return 1;
  for (uint32_t k = 0; k < out->dim; k++) {
    double *v = out->basis + (size_t)k * n, most = 1;
    uint32_t free_col = perm[out->rank + k];
    v[free_col] = 1;
    for (uint32_t r = 0; r < out->rank; r++) {
      v[perm[r]] = -b[(size_t)r * n + free_col];
      most = fmax(most, fabs(v[perm[r]]));
    }
    for (uint32_t j = 0; j < n; j++) v[j] /= most;
  }
  return 0;
}

void null_support(const NullSpace *s, uint32_t n, uint8_t *mark) {
  memset(mark, 0, n);
  for (uint32_t k = 0; k < s->dim; k++)
    for (uint32_t j = 0; j < n; j++)
      if (fabs(s->basis[(size_t)k * n + j]) > PRESENT) mark[j] = 1;
}
