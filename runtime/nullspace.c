#include "nullspace.h"
#include "eigen.h"
#include "linsys.h"
#include <math.h>
#include <string.h>

static const double DELTA = 1e-6;
enum { PASSES = 4, FIRST_BLOCK = 4 };

uint32_t nullspace_most(int n) {
  enum { ENTRIES = 2000000, LEAST = 8, MOST = 400 };
  int q = n > 0 ? ENTRIES / n : MOST;
  return (uint32_t)(q < LEAST ? LEAST : q > MOST ? MOST : q);
}

static double dot(const double *a, const double *b, int n) {
  double s = 0.0;
  for (int i = 0; i < n; i++) s += a[i] * b[i];
  return s;
}

/* Removes the unit vector w from v. */
static void remove_one(double *v, const double *w, int n) {
  double c = dot(v, w, n);
  for (int t = 0; t < n; t++) v[t] -= c * w[t];
}

/* The same for four vectors that lie one after the other: their sums do not wait for one another. */
static void remove_four(double *v, const double *w, int n) {
  double *v1 = v + n, *v2 = v1 + n, *v3 = v2 + n, c0 = 0.0, c1 = 0.0, c2 = 0.0, c3 = 0.0;
  for (int t = 0; t < n; t++) {
    c0 += v[t] * w[t];
    c1 += v1[t] * w[t];
    c2 += v2[t] * w[t];
    c3 += v3[t] * w[t];
  }
  for (int t = 0; t < n; t++) {
    v[t] -= c0 * w[t];
    v1[t] -= c1 * w[t];
    v2[t] -= c2 * w[t];
    v3[t] -= c3 * w[t];
  }
}

/* Vector j to length one; a vanishing one is replaced by a unit vector. */
static void normalise(double *v, int n, uint32_t j) {
  double size = sqrt(dot(v, v, n));
  if (!(size > 0.0)) v[j % (uint32_t)n] = size = 1.0;
  for (int t = 0; t < n; t++) v[t] /= size;
}

/* Orthonormalises vectors from .. q-1, also against the earlier ones, `times` over (modified Gram-Schmidt; twice is to rounding error). Each is
 * removed from all later ones as soon as it is done. */
static void orthonormalise(double *Y, int n, uint32_t from, uint32_t q, int times) {
  for (uint32_t i = 0; i < q; i++) {
    double *w = Y + (size_t)i * (size_t)n;
    uint32_t j = i + 1 < from ? from : i + 1;
    if (i >= from) normalise(w, n, i);
    for (int pass = 1; i >= from && pass < times; pass++) {
      for (uint32_t k = 0; k < i; k++) remove_one(w, Y + (size_t)k * (size_t)n, n);
      normalise(w, n, i);
    }
    for (; j + 4 <= q; j += 4) remove_four(Y + (size_t)j * (size_t)n, w, n);
    for (; j < q; j++) remove_one(Y + (size_t)j * (size_t)n, w, n);
  }
}

typedef struct { int m, n; const int *start, *row; const double *at; double *Y, *KY, *G, *V, *t; } Work;

static void apply(const Work *w, const double *y, double *out) {
  memset(out, 0, sizeof *out * (size_t)w->m);
  for (int j = 0; j < w->n; j++)
    for (int k = w->start[j]; k < w->start[j + 1]; k++) out[w->row[k]] += w->at[k] * y[j];
}

/* Rayleigh-Ritz: turns the block so that |K y_j| are the singular values within its span. */
static void turn(Work *w, uint32_t q) {
  for (uint32_t j = 0; j < q; j++) apply(w, w->Y + (size_t)j * (size_t)w->n, w->KY + (size_t)j * (size_t)w->m);
  for (uint32_t i = 0; i < q; i++)
    for (uint32_t j = 0; j <= i; j++) w->G[i * q + j] = w->G[j * q + i] = dot(w->KY + (size_t)i * (size_t)w->m, w->KY + (size_t)j * (size_t)w->m, w->m);
  eigen_diagonal(w->G, w->V, q);
  for (int r = 0; r < w->n; r++) {
    memset(w->t, 0, sizeof *w->t * q);
    for (uint32_t i = 0; i < q; i++) {          /* V in the order in which it lies; every sum is added up in the order of i */
      double y = w->Y[(size_t)i * (size_t)w->n + (size_t)r], *t = w->t;
      const double *v = w->V + (size_t)i * q;
      for (uint32_t j = 0; j < q; j++) t[j] += y * v[j];
    }
    for (uint32_t j = 0; j < q; j++) w->Y[(size_t)j * (size_t)w->n + (size_t)r] = w->t[j];
  }
}

/* Keeps the null vectors of the block at its front; returns how many. */
static uint32_t keep_null(Work *w, uint32_t q, double tol, double *least) {
  uint32_t kept = 0;
  *least = INFINITY;
  for (uint32_t j = 0; j < q; j++) {
    double *y = w->Y + (size_t)j * (size_t)w->n;
    apply(w, y, w->KY);
    double size = sqrt(dot(w->KY, w->KY, w->m));
    if (!(size <= tol)) {
      *least = fmin(*least, size);
      continue;
    }
    memmove(w->Y + (size_t)kept * (size_t)w->n, y, sizeof *y * (size_t)w->n);
    kept++;
  }
  return kept;
}

static void seed_block(double *Y, size_t from, size_t to) {
  uint64_t state = 0x2545f4914f6cdd1du + from;        /* other directions for every block */
  for (size_t i = from; i < to; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    Y[i] = (double)(state >> 11) * 0x1p-53 - 0.5;
  }
}

/* Inverse iteration on vectors known .. q-1, the earlier ones being null already. */
static int iterate(Work *w, Lsq *lsq, uint32_t known, uint32_t q) {
  for (int pass = 0; pass < PASSES; pass++) {
    orthonormalise(w->Y, w->n, known, q, 1);
    for (uint32_t j = known; j < q; j++)
      if (lsq_solve(lsq, NULL, w->Y + (size_t)j * (size_t)w->n, w->Y + (size_t)j * (size_t)w->n)) return 1;
  }
  orthonormalise(w->Y, w->n, known, q, 2);
  return 0;
}

/* Whether vectors known .. q-1 are null as they stand. */
static int all_null(Work *w, uint32_t known, uint32_t q, double tol) {
  for (uint32_t j = known; j < q; j++) {
    apply(w, w->Y + (size_t)j * (size_t)w->n, w->KY);
    if (!(sqrt(dot(w->KY, w->KY, w->m)) <= tol)) return 0;
  }
  return 1;
}

/* Whether a square matrix is clearly regular: inverse iteration on K'K through the factors of K itself, from a random vector, finds no
 * singular value within a hundredfold of tol. *least: the estimate of the smallest. Cheaper by far than the augmented system, and
 * the usual case. */
static int clearly_regular(int n, const int *start, const int *row, const double *at, double tol, double *least, Arena *heap) {
  enum { STEPS = 3 };
  int nnz = start[n];
  int *s = ARENA_ARRAY(heap, int, n + 1), *r = ARENA_ARRAY(heap, int, nnz + 1);
  double *a = ARENA_ARRAY(heap, double, nnz + 1), *v = ARENA_ARRAY(heap, double, n + 1);
  if (arena_failed(heap)) return 0;
  memcpy(s, start, sizeof *s * ((size_t)n + 1));
  memcpy(r, row, sizeof *r * (size_t)nnz);
  memcpy(a, at, sizeof *a * (size_t)nnz);
  Linsys *ls = linsys_new(n, s, r, a, heap);
  int regular = ls && !linsys_factor(ls) && linsys_rcond(ls) > 1e-14;
  seed_block(v, 0, (size_t)n);
  for (int k = 0; regular && k < STEPS; k++) {
    double size = sqrt(dot(v, v, n));
    for (int i = 0; i < n; i++) v[i] /= size;
    if (linsys_transposed(ls, v)) regular = 0;
    else {
      *least = 1.0 / sqrt(dot(v, v, n));              /* |K^-T v| for unit v: at most 1 over the smallest singular value */
      regular = !linsys_solve(ls, v) && isfinite(dot(v, v, n)) && *least > 100.0 * tol;
    }
  }
  linsys_free(ls);
  return regular;
}

int nullspace(int m, int n, const int *start, const int *row, const double *at, double tol, double **basis, uint32_t *dim, double *least, Arena *mem) {
  *dim = 0;
  *least = INFINITY;
  *basis = NULL;
  if (n == 0) return 0;
  Arena *heap = arena_new(NULL);
  if (!heap) return 1;
  if (m == n && clearly_regular(n, start, row, at, tol, least, heap)) {
    arena_free(heap);
    return 0;
  }
  *least = INFINITY;
  Lsq *lsq = lsq_new(m, n, start, row, at, heap);
  double *reg = ARENA_ARRAY(heap, double, n);
  Work w = {m, n, start, row, at, NULL, NULL, NULL, NULL, NULL};
  for (int j = 0; reg && j < n; j++) reg[j] = DELTA;
  uint32_t most = nullspace_most(n);
  int failed = !lsq || !reg || lsq_factor(lsq, NULL, reg);
  for (uint32_t q = FIRST_BLOCK, known = 0; !failed; q *= 2) {
    if (q > (uint32_t)n) q = (uint32_t)n;
    if (q > most) q = most;
    double *old = w.Y;
    w.Y = ARENA_ARRAY(heap, double, (size_t)q * (size_t)n);
    w.KY = ARENA_ARRAY(heap, double, (size_t)q * (size_t)m + 1);
    if ((failed = arena_failed(heap))) break;
    if (known) memcpy(w.Y, old, sizeof *old * (size_t)known * (size_t)n);
    seed_block(w.Y, (size_t)known * (size_t)n, (size_t)q * (size_t)n);
    if ((failed = iterate(&w, lsq, known, q))) break;
    if (q < most && q < (uint32_t)n && all_null(&w, known, q, tol)) {      /* there may be more */
      known = q;
      continue;
    }
    w.G = ARENA_ARRAY(heap, double, (size_t)q * q);
    w.V = ARENA_ARRAY(heap, double, (size_t)q * q);
    w.t = ARENA_ARRAY(heap, double, q);
    if ((failed = arena_failed(heap))) break;
    turn(&w, q);
    *dim = keep_null(&w, q, tol, least);
    if (*dim == q && q < most && q < (uint32_t)n) {
      known = q;
      continue;
    }
    *basis = ARENA_ARRAY(mem, double, (size_t)*dim * (size_t)n + 1);
    if (!(failed = !*basis)) memcpy(*basis, w.Y, sizeof(double) * (size_t)*dim * (size_t)n);
    break;
  }
  lsq_free(lsq);
  arena_free(heap);
  return failed;
}
