#include "nonneg.h"
#include <math.h>
#include <string.h>

/* ---- dense least squares on a growing set of columns --------------------------------------------------------------------------- */

static double dot(const double *a, const double *b, uint32_t n) {
  double s = 0.0;
  for (uint32_t i = 0; i < n; i++) s += a[i] * b[i];
  return s;
}

/* Solves min |E_P s - f| for the columns in P (k of them) by Householder reflections on the copy Q (rows x k). */
static int solve_columns(uint32_t rows, uint32_t k, const double *E, const uint32_t *P, const double *f, double *Q, double *y, double *s) {
  if (k > rows) return 1;
  for (uint32_t j = 0; j < k; j++) memcpy(Q + (size_t)j * rows, E + (size_t)P[j] * rows, rows * sizeof *Q);
  memcpy(y, f, rows * sizeof *y);
  for (uint32_t j = 0; j < k; j++) {
    double *v = Q + (size_t)j * rows, size = sqrt(dot(v + j, v + j, rows - j)), whole = sqrt(dot(v, v, rows));
    if (!(size > 1e-12 * whole) || whole == 0.0) return 1;
    double alpha = v[j] > 0.0 ? -size : size, first = v[j] - alpha, square = size * size - v[j] * alpha;
    v[j] = first;
    for (uint32_t c = j + 1; c <= k; c++) {
      double *t = c < k ? Q + (size_t)c * rows : y, w = dot(v + j, t + j, rows - j) / square;
      for (uint32_t i = j; i < rows; i++) t[i] -= w * v[i];
    }
    s[j] = alpha;                     /* the diagonal of R; the reflector stays below */
  }
  for (uint32_t j = k; j-- > 0;) {
    double sum = y[j];
    for (uint32_t c = j + 1; c < k; c++) sum -= Q[(size_t)c * rows + j] * s[c];
    s[j] = sum / s[j];
  }
  return 0;
}

/* The column outside P along which the residual falls fastest, `cols` when none does. */
static uint32_t entering(uint32_t rows, uint32_t cols, const double *E, const double *r, const uint8_t *in, double tol) {
  uint32_t best = cols;
  double most = tol;
  for (uint32_t j = 0; j < cols; j++) {
    if (in[j]) continue;
    const double *e = E + (size_t)j * rows;
    double size = sqrt(dot(e, e, rows)), w = dot(e, r, rows);
    if (size > 0.0 && w > most * size) {
      most = w / size;
      best = j;
    }
  }
  return best;
}

int nonneg_squares(uint32_t rows, uint32_t cols, const double *E, const double *f, double *u, double *r, Arena *mem) {
  double *Q = ARENA_ARRAY(mem, double, (size_t)rows * rows + 1), *y = ARENA_ARRAY(mem, double, rows + 1);
  double *s = ARENA_ARRAY(mem, double, rows + 2);
  uint32_t *P = ARENA_ARRAY(mem, uint32_t, rows + 2), k = 0;
  uint8_t *in = ARENA_ARRAY(mem, uint8_t, cols + 1);     /* 1: in P; 2: refused as dependent */
  if (arena_failed(mem)) return 1;
  memset(u, 0, sizeof *u * cols);
  memcpy(r, f, sizeof *r * rows);
  double tol = 1e-12 * sqrt(dot(f, f, rows));
  for (uint32_t it = 0; it < 30 + 10 * (cols < 1000 ? cols : 1000); it++) {
    uint32_t j = entering(rows, cols, E, r, in, tol);
    if (j == cols) return 0;
    P[k++] = j;
    in[j] = 1;
    if (solve_columns(rows, k, E, P, f, Q, y, s) || s[k - 1] <= 0.0) {
      in[j] = 2;
      k--;
      continue;
    }
    for (;;) {
      double step = 1.0;
      for (uint32_t i = 0; i < k; i++)
        if (s[i] <= 0.0) step = fmin(step, u[P[i]] / (u[P[i]] - s[i]));
      for (uint32_t i = 0; i < k; i++) u[P[i]] += step * (s[i] - u[P[i]]);
      if (step >= 1.0) break;
      uint32_t kept = 0;
      for (uint32_t i = 0; i < k; i++) {
        if (u[P[i]] > 1e-14 * fabs(s[i]) && (s[i] > 0.0 || u[P[i]] > 0.0)) {
          P[kept++] = P[i];
          continue;
        }
        u[P[i]] = 0.0;
        in[P[i]] = 0;
      }
      if (kept == k) break;
      k = kept;
      if (k == 0 || solve_columns(rows, k, E, P, f, Q, y, s)) break;
    }
    memcpy(r, f, sizeof *r * rows);
    for (uint32_t i = 0; i < k; i++)
      for (uint32_t t = 0; t < rows; t++) r[t] -= E[(size_t)P[i] * rows + t] * u[P[i]];
    for (uint32_t i = 0; i < cols; i++)
      if (in[i] == 2) in[i] = 0;
  }
  return 1;
}

/* ---- quadratic programs -------------------------------------------------------------------------------------------------------- */

/* H = L L', L lower, row-major. */
static int cholesky(uint32_t q, const double *H, double *L) {
  for (uint32_t i = 0; i < q; i++)
    for (uint32_t j = 0; j <= i; j++) {
      double s = H[i * q + j] - dot(L + (size_t)i * q, L + (size_t)j * q, j);
      if (i == j && !(s > 0.0)) return 1;
      L[i * q + j] = i == j ? sqrt(s) : s / L[j * q + j];
    }
  return 0;
}

static void forward(uint32_t q, const double *L, double *v) {
  for (uint32_t i = 0; i < q; i++) v[i] = (v[i] - dot(L + (size_t)i * q, v, i)) / L[i * q + i];
}

static void backward(uint32_t q, const double *L, double *v) {
  for (uint32_t i = q; i-- > 0;) {
    for (uint32_t j = i + 1; j < q; j++) v[i] -= L[j * q + i] * v[j];
    v[i] /= L[i * q + i];
  }
}

/* With w = L'z + y, y = inv(L) g: min |w| subject to (inv(L) A')' w >= b + (inv(L) A')' y. */
int nonneg_quadratic(uint32_t q, const double *H, const double *g, uint32_t n, const double *A, const double *b, double *z, Arena *mem) {
  double *L = ARENA_ARRAY(mem, double, (size_t)q * q), *y = ARENA_ARRAY(mem, double, q + 1), *E = ARENA_ARRAY(mem, double, (size_t)n * (q + 1) + 1);
  double *u = ARENA_ARRAY(mem, double, n + 1), *r = ARENA_ARRAY(mem, double, q + 1), *f = ARENA_ARRAY(mem, double, q + 1);
  if (arena_failed(mem) || cholesky(q, H, L)) return 1;
  memcpy(y, g, sizeof *y * q);
  forward(q, L, y);
  for (uint32_t i = 0; i < n; i++) {
    double *col = E + (size_t)i * (q + 1);
    memcpy(col, A + (size_t)i * q, sizeof *col * q);
    forward(q, L, col);
    col[q] = b[i] + dot(col, y, q);
    double size = sqrt(dot(col, col, q + 1));
    for (uint32_t j = 0; size > 0.0 && j <= q; j++) col[j] /= size;
  }
  f[q] = 1.0;
  if (nonneg_squares(q + 1, n, E, f, u, r, mem) || !(r[q] > 1e-14)) return 1;
  for (uint32_t j = 0; j < q; j++) z[j] = -r[j] / r[q] - y[j];
  backward(q, L, z);
  return 0;
}

/* Rows of which some z of the cone makes a_i.z/(|a_i| |z|) clearly positive are no equalities. One projection shows many at once: with r what is
 * left of minus the sum of the rows in question (normalised) after the best u >= 0, z = -r is in the cone, and where r vanishes all of them are
 * equalities, since minus each is then in the cone that the rows span. Only rows that no projection decides are looked at one by one. */
uint32_t nonneg_implied(uint32_t n, uint32_t q, const double *A, uint8_t *equal, Arena *mem) {
  enum { OPEN = 2 };
  static const double ZERO = 1e-7;
  double *E = ARENA_ARRAY(mem, double, (size_t)n * q + 1), *u = ARENA_ARRAY(mem, double, n + 1), *r = ARENA_ARRAY(mem, double, q + 1);
  double *f = ARENA_ARRAY(mem, double, q + 1), *size = ARENA_ARRAY(mem, double, n + 1);
  uint32_t found = 0, open = 0;
  if (arena_failed(mem)) return UINT32_MAX;
  memcpy(E, A, sizeof *E * n * q);
  for (uint32_t i = 0; i < n; i++) {
    size[i] = sqrt(dot(A + (size_t)i * q, A + (size_t)i * q, q));
    equal[i] = size[i] > 0.0 ? OPEN : 0;
    open += size[i] > 0.0;
  }
  while (open > 1) {
    uint32_t decided = 0;
    memset(f, 0, sizeof *f * q);
    for (uint32_t i = 0; i < n; i++)
      for (uint32_t j = 0; equal[i] == OPEN && j < q; j++) f[j] -= A[(size_t)i * q + j] / size[i];
    if (nonneg_squares(q, n, E, f, u, r, mem)) break;
    double left = sqrt(dot(r, r, q));
    for (uint32_t i = 0; i < n; i++) {
      if (equal[i] != OPEN || (left >= ZERO && !(-dot(A + (size_t)i * q, r, q) > ZERO * size[i] * left))) continue;
      equal[i] = left < ZERO;
      decided++;
    }
    open -= decided;
    if (!decided) break;
  }
  for (uint32_t i = 0; i < n; i++) {
    if (equal[i] == OPEN) {
      for (uint32_t j = 0; j < q; j++) f[j] = -A[(size_t)i * q + j] / size[i];
      if (nonneg_squares(q, n, E, f, u, r, mem)) return UINT32_MAX;
      equal[i] = sqrt(dot(r, r, q)) < ZERO;
    }
    found += equal[i];
  }
  return found;
}
