#include "second.h"
#include "system.h"
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <string.h>

enum { MOST = 900 };
static const double DEPENDENT = 1e-10;          /* of the largest pivot: constraints that repeat others */
static const double ZERO = 1e-8;                /* of the largest eigenvalue: a flat direction */

uint32_t second_most(void) { return MOST; }

typedef struct { uint32_t n, m; uint32_t *place, *unknown; double *unit; gsl_matrix *H, *A; } Dense;   /* A: n x m, a column a constraint */

static void entry(Dense *d, const uint8_t *kind, const double *scale, uint32_t row, uint32_t col, double v) {
  if (kind[col] != SECOND_CHOSEN || kind[row] == SECOND_OUT) return;
  uint32_t j = d->place[col], i = d->place[row];
  v *= d->unit[j];
  if (kind[row] == SECOND_CHOSEN) *gsl_matrix_ptr(d->H, i, j) += v * scale[row] * d->unit[i];
  else *gsl_matrix_ptr(d->A, j, i) += v;
}

static int fill(Dense *d, const Problem *p, const double *x, const uint8_t *kind, const double *scale, Arena *mem) {
  System *s = system_new(p, mem);
  if (!s || system_jacobian(s, x)) return 1;
  for (uint32_t k = 0; k < system_runs(s); k++) {
    EntryRun r = system_run(s, k);
    for (uint32_t l = 0; l < r.n; l++) {
      uint32_t row = r.row_at ? r.row_at[l] : r.row + l * r.row_step, col = r.col_at ? r.col_at[l] : r.col + l * r.col_step;
      if (row < p->nx && col < p->nx) entry(d, kind, scale, row, col, r.v[l * r.v_step]);
    }
  }
  for (uint32_t j = 0; j < d->m; j++) {          /* a constraint is one in any unit */
    double most = 0;
    for (uint32_t i = 0; i < d->n; i++) most = fmax(most, fabs(gsl_matrix_get(d->A, i, j)));
    for (uint32_t i = 0; i < d->n && most > 0; i++) *gsl_matrix_ptr(d->A, i, j) /= most;
  }
  return 0;
}

static double symmetrise(gsl_matrix *H, uint32_t n) {
  double most = 0, apart = 0;
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t j = 0; j <= i; j++) {
      double a = gsl_matrix_get(H, i, j), b = gsl_matrix_get(H, j, i);
      most = fmax(most, fmax(fabs(a), fabs(b)));
      apart = fmax(apart, fabs(a - b));
      gsl_matrix_set(H, i, j, (a + b) / 2);
      gsl_matrix_set(H, j, i, (a + b) / 2);
    }
  return most > 0 ? apart / most : 0;
}

/* Z (n x directions): orthonormal, orthogonal to the columns of A. NULL when there is none or memory failed (*failed). */
static gsl_matrix *tangent(const Dense *d, int *failed) {
  uint32_t n = d->n, m = d->m, rank = 0, k = n < m ? n : m;
  gsl_matrix *Z = NULL;
  if (!m) {
    if (!(Z = gsl_matrix_alloc(n, n))) *failed = 1;
    else gsl_matrix_set_identity(Z);
    return Z;
  }
  gsl_vector *tau = gsl_vector_alloc(k), *norm = gsl_vector_alloc(m), *unit = gsl_vector_alloc(n);
  gsl_permutation *perm = gsl_permutation_alloc(m);
  int sign;
  *failed = !tau || !norm || !unit || !perm;
  if (!*failed) {
    gsl_linalg_QRPT_decomp(d->A, tau, perm, &sign, norm);
    while (rank < k && fabs(gsl_matrix_get(d->A, rank, rank)) > DEPENDENT * fabs(gsl_matrix_get(d->A, 0, 0))) rank++;
    Z = n > rank ? gsl_matrix_alloc(n, n - rank) : NULL;
    *failed = n > rank && !Z;
    for (uint32_t j = rank; Z && j < n; j++) {
      gsl_vector_set_basis(unit, j);
      gsl_linalg_QR_Qvec(d->A, tau, unit);
      gsl_matrix_set_col(Z, j - rank, unit);
    }
  }
  gsl_vector_free(tau);
  gsl_vector_free(norm);
  gsl_vector_free(unit);
  gsl_permutation_free(perm);
  return Z;
}

static void movers(const Dense *d, const gsl_vector *v, SecondOrder *out) {
  for (uint32_t t = 0; t < 3 && t < d->n; t++) {
    uint32_t best = NO_INDEX;
    for (uint32_t i = 0; i < d->n; i++) {
      int taken = 0;
      for (uint32_t k = 0; k < t; k++) taken |= out->moved[k] == d->unknown[i];
      if (!taken && (best == NO_INDEX || fabs(gsl_vector_get(v, i)) > fabs(gsl_vector_get(v, best)))) best = i;
    }
    if (best != NO_INDEX) out->moved[out->nmoved++] = d->unknown[best];
  }
}

static double *along(const Dense *d, const gsl_vector *v, uint32_t nx, Arena *mem) {
  double *x = ARENA_ARRAY(mem, double, nx + 1), most = 0;
  for (uint32_t i = 0; x && i < d->n; i++) {
    x[d->unknown[i]] = gsl_vector_get(v, i) * d->unit[i];
    most = fmax(most, fabs(x[d->unknown[i]]));
  }
  for (uint32_t i = 0; x && most > 0 && i < d->n; i++) x[d->unknown[i]] /= most;
  return x;
}

static int eigen(const Dense *d, const gsl_matrix *Z, uint32_t nx, Arena *mem, SecondOrder *out) {
  uint32_t k = (uint32_t)Z->size2;
  gsl_matrix *HZ = gsl_matrix_alloc(d->n, k), *S = gsl_matrix_alloc(k, k), *V = gsl_matrix_alloc(k, k);
  gsl_vector *value = gsl_vector_alloc(k), *moved = gsl_vector_alloc(d->n);
  gsl_eigen_symmv_workspace *w = gsl_eigen_symmv_alloc(k);
  int failed = !HZ || !S || !V || !value || !moved || !w;
  if (!failed) {
    uint32_t top = 0;
    gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, d->H, Z, 0, HZ);
    gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1, Z, HZ, 0, S);
    gsl_eigen_symmv(S, value, V, w);
    for (uint32_t i = 0; i < k; i++) {
      if (gsl_vector_get(value, i) > gsl_vector_get(value, top)) top = i;
      out->size = fmax(out->size, fabs(gsl_vector_get(value, i)));
    }
    out->largest = gsl_vector_get(value, top);
    out->increase = out->largest > ZERO * out->size;
    gsl_vector_view v = gsl_matrix_column(V, top);
    gsl_blas_dgemv(CblasNoTrans, 1, Z, &v.vector, 0, moved);
    movers(d, moved, out);
    failed = !(out->direction = along(d, moved, nx, mem));
  }
  gsl_matrix_free(HZ);
  gsl_matrix_free(S);
  gsl_matrix_free(V);
  gsl_vector_free(value);
  gsl_vector_free(moved);
  gsl_eigen_symmv_free(w);
  return failed;
}

int second_order(const Problem *p, const double *x, const uint8_t *kind, const double *scale, Arena *mem, SecondOrder *out) {
  Dense d = {.place = ARENA_ARRAY(mem, uint32_t, p->nx + 1), .unknown = ARENA_ARRAY(mem, uint32_t, p->nx + 1), .unit = ARENA_ARRAY(mem, double, p->nx + 1)};
  *out = (SecondOrder){.largest = NAN};
  if (arena_failed(mem)) return 1;
  for (uint32_t i = 0; i < p->nx; i++) {
    if (kind[i] == SECOND_CONSTRAINT) d.place[i] = d.m++;
    if (kind[i] != SECOND_CHOSEN) continue;
    d.place[i] = d.n;
    d.unknown[d.n] = i;
    d.unit[d.n++] = fmax(fabs(x[i]), 1e-3);
  }
  out->chosen = d.n;
  if (!d.n || d.n > MOST || d.m > 4 * MOST) return d.n > 0;
  d.H = gsl_matrix_calloc(d.n, d.n);
  d.A = gsl_matrix_calloc(d.n, d.m ? d.m : 1);
  int failed = !d.H || !d.A || fill(&d, p, x, kind, scale, mem);
  if (!failed) {
    out->asymmetry = symmetrise(d.H, d.n);
    gsl_matrix *Z = tangent(&d, &failed);
    if (Z) {
      out->directions = (uint32_t)Z->size2;
      failed = failed || eigen(&d, Z, p->nx, mem, out);
      gsl_matrix_free(Z);
    }
  }
  gsl_matrix_free(d.H);
  gsl_matrix_free(d.A);
  return failed;
}
