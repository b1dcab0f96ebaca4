#include "linsys.h"
#include <math.h>
#include <string.h>
#include <suitesparse/klu.h>

struct Linsys {
  int n, *start, *row;
  double *at, *rhs, *left, *size;     /* rhs: a copy of b; left: its residual; size: sums of |A||z| + |b| */
  klu_common common;
  klu_symbolic *symbolic;
  klu_numeric *numeric;
  int fresh;                          /* the factors come from a full factorisation of the present values */
};

static const double PIVOT_DRIFT = 1e-6;       /* least reciprocal pivot growth with which a refactorisation is kept */
static const double BACKWARD_GOOD = 1e-13, BACKWARD_USABLE = 1e-6;
enum { REFINEMENTS = 3 };

Linsys *linsys_new(int n, int *start, int *row, double *at, Arena *mem) {
  Linsys *ls = ARENA_NEW(mem, Linsys);
  if (!ls) return NULL;
  *ls = (Linsys){.n = n, .start = start, .row = row, .at = at};
  ls->rhs = ARENA_ARRAY(mem, double, n);
  ls->left = ARENA_ARRAY(mem, double, n);
  ls->size = ARENA_ARRAY(mem, double, n);
  if (arena_failed(mem) || !klu_defaults(&ls->common)) return NULL;
  ls->symbolic = n ? klu_analyze(n, start, row, &ls->common) : NULL;
  return ls->symbolic || !n ? ls : NULL;
}

static int full_factor(Linsys *ls) {
  if (ls->numeric) klu_free_numeric(&ls->numeric, &ls->common);
  ls->numeric = klu_factor(ls->start, ls->row, ls->at, ls->symbolic, &ls->common);
  ls->fresh = 1;
  return !ls->numeric || ls->common.status != KLU_OK;
}

static int refactor(Linsys *ls) {
  if (!ls->numeric) return 1;
  if (!klu_refactor(ls->start, ls->row, ls->at, ls->symbolic, ls->numeric, &ls->common) || ls->common.status != KLU_OK) return 1;
  if (!klu_rgrowth(ls->start, ls->row, ls->at, ls->symbolic, ls->numeric, &ls->common)) return 1;
  ls->fresh = 0;
  return !(ls->common.rgrowth > PIVOT_DRIFT);
}

int linsys_factor(Linsys *ls) {
  if (ls->n == 0) return 0;
  for (int k = 0; k < ls->start[ls->n]; k++)
    if (!isfinite(ls->at[k])) return 1;
  return refactor(ls) && full_factor(ls);
}

/* left := b - A z; returns the largest componentwise-in-norm relative residual. */
static double residual(Linsys *ls, const double *z) {
  memcpy(ls->left, ls->rhs, sizeof(double) * (size_t)ls->n);
  for (int i = 0; i < ls->n; i++) ls->size[i] = fabs(ls->rhs[i]);
  for (int j = 0; j < ls->n; j++)
    for (int k = ls->start[j]; k < ls->start[j + 1]; k++) {
      double t = ls->at[k] * z[j];
      ls->left[ls->row[k]] -= t;
      ls->size[ls->row[k]] += fabs(t);
    }
  double worst = 0.0, most = 0.0;
  for (int i = 0; i < ls->n; i++) {
    if (!isfinite(ls->left[i])) return INFINITY;
    worst = fmax(worst, fabs(ls->left[i]));
    most = fmax(most, ls->size[i]);
  }
  return most > 0.0 ? worst / most : 0.0;
}

static int solve_refined(Linsys *ls, double *z, double *error) {
  memcpy(z, ls->rhs, sizeof(double) * (size_t)ls->n);
  if (!klu_solve(ls->symbolic, ls->numeric, ls->n, 1, z, &ls->common)) return 1;
  *error = residual(ls, z);
  for (int pass = 0; pass < REFINEMENTS && *error > BACKWARD_GOOD && isfinite(*error); pass++) {
    if (!klu_solve(ls->symbolic, ls->numeric, ls->n, 1, ls->left, &ls->common)) return 1;
    for (int i = 0; i < ls->n; i++) z[i] += ls->left[i];
    double before = *error;
    *error = residual(ls, z);
    if (!(*error < 0.5 * before)) break;
  }
  return !(*error < BACKWARD_USABLE);
}

int linsys_solve(Linsys *ls, double *b) {
  if (ls->n == 0) return 0;
  if (!ls->numeric) return 1;
  double error = INFINITY;
  memcpy(ls->rhs, b, sizeof(double) * (size_t)ls->n);
  int bad = solve_refined(ls, b, &error);
  if ((bad || error > 1e-10) && !ls->fresh) {
    if (full_factor(ls)) return 1;
    bad = solve_refined(ls, b, &error);
  }
  return bad;
}

int linsys_transposed(Linsys *ls, double *b) {
  if (ls->n == 0) return 0;
  return !ls->numeric || !klu_tsolve(ls->symbolic, ls->numeric, ls->n, 1, b, &ls->common);
}

double linsys_rcond(const Linsys *ls) {
  if (ls->n == 0) return 1.0;
  if (!ls->numeric) return 0.0;
  klu_common common = ls->common;
  return klu_rcond(ls->symbolic, ls->numeric, &common) ? common.rcond : 0.0;
}

/* Parity of a permutation: an even cycle turns the sign. seen holds a mark for each place. */
static int parity(const int *perm, int n, uint8_t *seen) {
  int sign = 1;
  memset(seen, 0, (size_t)n);
  for (int i = 0; i < n; i++) {
    int length = 0;
    for (int k = i; !seen[k]; k = perm[k], length++) seen[k] = 1;
    if (length && length % 2 == 0) sign = -sign;
  }
  return sign;
}

/* The rows scaled by positive numbers and permuted, the columns permuted, give blocks on a diagonal, each L*U with ones in L. */
int linsys_sign(const Linsys *ls) {
  if (ls->n == 0) return 1;
  if (!ls->numeric) return 0;
  uint8_t *seen = (uint8_t *)ls->size;                   /* the scratch vector has room for n marks */
  int sign = parity(ls->numeric->Pnum, ls->n, seen) * parity(ls->symbolic->Q, ls->n, seen);
  const double *pivot = ls->numeric->Udiag;
  for (int i = 0; i < ls->n; i++) sign = pivot[i] > 0.0 ? sign : pivot[i] < 0.0 ? -sign : 0;
  return sign;
}

void linsys_free(Linsys *ls) {
  if (!ls) return;
  if (ls->numeric) klu_free_numeric(&ls->numeric, &ls->common);
  if (ls->symbolic) klu_free_symbolic(&ls->symbolic, &ls->common);
}

/* ---- least squares ------------------------------------------------------------------------------------------------------------ */

struct Lsq {
  int m, n;
  const int *start, *row;
  const double *at;
  int *kstart, *krow, *upper, *lower, *diag;   /* of the augmented matrix; upper/lower: places of entry k of A and of A' */
  double *kat, *z;
  Linsys *ls;
};

/* Columns 0..m-1 of the augmented matrix hold [1; A'], columns m.. hold [A; -reg^2]. */
static int augment(Lsq *q, Arena *mem) {
  int nnz = q->start[q->n], size = q->m + q->n, total = 2 * nnz + size;
  if (nnz > (INT32_MAX - size) / 2) return 1;
  q->kstart = ARENA_ARRAY(mem, int, size + 1);
  q->krow = ARENA_ARRAY(mem, int, total);
  q->kat = ARENA_ARRAY(mem, double, total);
  q->upper = ARENA_ARRAY(mem, int, nnz + 1);
  q->lower = ARENA_ARRAY(mem, int, nnz + 1);
  q->diag = ARENA_ARRAY(mem, int, q->n + 1);
  q->z = ARENA_ARRAY(mem, double, size);
  int *next = ARENA_ARRAY(mem, int, q->m + 1);
  if (arena_failed(mem)) return 1;
  for (int k = 0; k < nnz; k++) q->kstart[q->row[k] + 1]++;
  for (int i = 0; i < q->m; i++) q->kstart[i + 1] += q->kstart[i] + 1;
  for (int i = 0; i < q->m; i++) {
    q->krow[q->kstart[i]] = i;
    next[i] = q->kstart[i] + 1;
  }
  int at = q->kstart[q->m];
  for (int j = 0; j < q->n; j++) {
    for (int k = q->start[j]; k < q->start[j + 1]; k++) {
      q->lower[k] = next[q->row[k]]++;
      q->krow[q->lower[k]] = q->m + j;
      q->upper[k] = at;
      q->krow[at++] = q->row[k];
    }
    q->diag[j] = at;
    q->krow[at++] = q->m + j;
    q->kstart[q->m + j + 1] = at;
  }
  return 0;
}

Lsq *lsq_new(int m, int n, const int *start, const int *row, const double *at, Arena *mem) {
  Lsq *q = ARENA_NEW(mem, Lsq);
  if (!q) return NULL;
  *q = (Lsq){.m = m, .n = n, .start = start, .row = row, .at = at};
  if (augment(q, mem)) return NULL;
  q->ls = linsys_new(m + n, q->kstart, q->krow, q->kat, mem);
  return q->ls ? q : NULL;
}

int lsq_factor(Lsq *q, const double *soft, const double *reg) {
  for (int i = 0; i < q->m; i++) q->kat[q->kstart[i]] = soft ? soft[i] : 1.0;
  for (int j = 0; j < q->n; j++) {
    for (int k = q->start[j]; k < q->start[j + 1]; k++) q->kat[q->lower[k]] = q->kat[q->upper[k]] = q->at[k];
    q->kat[q->diag[j]] = -reg[j] * reg[j];
  }
  return linsys_factor(q->ls);
}

/* With e = (r - A d)/soft: soft e + A d = r and A'e - reg^2 d = -g. */
int lsq_solve(Lsq *q, const double *r, const double *g, double *d) {
  for (int i = 0; i < q->m; i++) q->z[i] = r ? r[i] : 0.0;
  for (int j = 0; j < q->n; j++) q->z[q->m + j] = g ? -g[j] : 0.0;
  if (linsys_solve(q->ls, q->z)) return 1;
  memcpy(d, q->z + q->m, sizeof(double) * (size_t)q->n);
  return 0;
}

void lsq_free(Lsq *q) {
  if (q) linsys_free(q->ls);
}
