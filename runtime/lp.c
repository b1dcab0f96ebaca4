#include "lp.h"
#include <glpk.h>
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>

enum { SECONDS = 10 };

static int by_place(const void *a, const void *b) {
  const LpEntry *p = a, *q = b;
  if (p->row != q->row) return p->row < q->row ? -1 : 1;
  return p->col < q->col ? -1 : p->col > q->col;
}

/* Adds entries of the same place; 0 where one is not finite. */
static int tidy(Lp *lp) {
  uint32_t n = 0;
  if (lp->nentry) qsort(lp->entry, lp->nentry, sizeof *lp->entry, by_place);
  for (uint32_t i = 0; i < lp->nentry; i++) {
    if (!isfinite(lp->entry[i].v)) return 0;
    if (n && !by_place(&lp->entry[n - 1], &lp->entry[i])) lp->entry[n - 1].v += lp->entry[i].v;
    else lp->entry[n++] = lp->entry[i];
  }
  lp->nentry = n;
  return 1;
}

static int kind(double lo, double hi) {
  if (lo == hi) return GLP_FX;
  if (isinf(lo)) return isinf(hi) ? GLP_FR : GLP_UP;
  return isinf(hi) ? GLP_LO : GLP_DB;
}

static glp_prob *load(const Lp *lp) {
  glp_prob *P = glp_create_prob();
  glp_set_obj_dir(P, GLP_MAX);
  glp_add_cols(P, (int)lp->ncol);
  if (lp->nrow) glp_add_rows(P, (int)lp->nrow);
  for (uint32_t i = 0; i < lp->nrow; i++) glp_set_row_bnds(P, (int)i + 1, kind(lp->row_lo[i], lp->row_hi[i]), lp->row_lo[i], lp->row_hi[i]);
  for (uint32_t j = 0; j < lp->ncol; j++) {
    glp_set_col_bnds(P, (int)j + 1, kind(lp->col_lo[j], lp->col_hi[j]), lp->col_lo[j], lp->col_hi[j]);
    glp_set_obj_coef(P, (int)j + 1, lp->cost[j]);
  }
  size_t n = (size_t)lp->nentry + 1;
  int *row = malloc(n * sizeof *row), *col = malloc(n * sizeof *col);
  double *v = malloc(n * sizeof *v);
  int ok = row && col && v;
  for (uint32_t e = 0; ok && e < lp->nentry; e++) {
    row[e + 1] = (int)lp->entry[e].row + 1;
    col[e + 1] = (int)lp->entry[e].col + 1;
    v[e + 1] = lp->entry[e].v;
  }
  if (ok) glp_load_matrix(P, (int)lp->nentry, row, col, v);
  free(row);
  free(col);
  free(v);
  if (ok) return P;
  glp_delete_prob(P);
  return NULL;
}

static LpStatus run(const Lp *lp, double *x, double *dual, double *value) {
  glp_prob *P = load(lp);
  LpStatus status = LP_FAILED;
  glp_smcp how;
  if (!P) return status;
  glp_init_smcp(&how);
  how.msg_lev = GLP_MSG_OFF;
  how.tm_lim = SECONDS * 1000;
  glp_scale_prob(P, GLP_SF_AUTO);
  glp_adv_basis(P, 0);
  if (!glp_simplex(P, &how)) {
    int s = glp_get_status(P);
    status = s == GLP_OPT ? LP_OPTIMAL : s == GLP_NOFEAS ? LP_INFEASIBLE : s == GLP_UNBND ? LP_UNBOUNDED : LP_FAILED;
  }
  if (status == LP_OPTIMAL) {
    if (value) *value = glp_get_obj_val(P);
    for (uint32_t j = 0; x && j < lp->ncol; j++) x[j] = glp_get_col_prim(P, (int)j + 1);
    for (uint32_t i = 0; dual && i < lp->nrow; i++) dual[i] = glp_get_row_dual(P, (int)i + 1);
  }
  glp_delete_prob(P);
  return status;
}

/* GLPK's documented way out of an internal error: jump from the hook, then drop the environment with everything in it. */
static void leave(void *info) { longjmp(*(jmp_buf *)info, 1); }

LpStatus lp_solve(Lp *lp, double *x, double *dual, double *value) {
  jmp_buf back;
  if (!lp->ncol || !tidy(lp)) return LP_FAILED;
  glp_term_out(GLP_OFF);
  if (setjmp(back)) {
    glp_error_hook(NULL, NULL);
    glp_free_env();
    return LP_FAILED;
  }
  glp_error_hook(leave, &back);
  LpStatus status = run(lp, x, dual, value);
  glp_error_hook(NULL, NULL);
  return status;
}

/* The elastic program: every row may be missed at a cost, so it always has a solution, and its duals are the multipliers. */
static int elastic(const Lp *lp, Lp *e, double *size, Arena *mem) {
  uint32_t cols = lp->ncol + 2 * lp->nrow;
  *e = (Lp){.nrow = lp->nrow, .ncol = cols, .row_lo = lp->row_lo, .row_hi = lp->row_hi};
  e->col_lo = ARENA_ARRAY(mem, double, cols + 1);
  e->col_hi = ARENA_ARRAY(mem, double, cols + 1);
  e->cost = ARENA_ARRAY(mem, double, cols + 1);
  e->entry = ARENA_ARRAY(mem, LpEntry, (size_t)lp->nentry + 2 * (size_t)lp->nrow + 1);
  if (arena_failed(mem)) return 0;
  for (uint32_t j = 0; j < lp->ncol; j++) {
    e->col_lo[j] = lp->col_lo[j];
    e->col_hi[j] = lp->col_hi[j];
  }
  for (uint32_t k = 0; k < lp->nentry; k++) {
    e->entry[e->nentry++] = lp->entry[k];
    size[lp->entry[k].row] = fmax(size[lp->entry[k].row], fabs(lp->entry[k].v));
  }
  for (uint32_t i = 0; i < lp->nrow; i++) {
    if (!(size[i] > 0)) size[i] = 1;
    for (uint32_t s = 0; s < 2; s++) {
      uint32_t j = lp->ncol + 2 * i + s;
      e->col_hi[j] = INFINITY;
      e->cost[j] = -1 / size[i];
      e->entry[e->nentry++] = (LpEntry){i, j, s ? -1 : 1};
    }
  }
  return 1;
}

/* Whether y proves infeasibility: the combination of rows needs more than the bounds allow. d: ncol scratch, zero. */
static int proves(const Lp *lp, const double *y, double *d, double *weight) {
  double needs = 0, allows = 0, size = 0;
  for (uint32_t k = 0; k < lp->nentry; k++) {
    double v = y[lp->entry[k].row] * lp->entry[k].v;
    d[lp->entry[k].col] += v;
    weight[lp->entry[k].col] += fabs(v);
  }
  for (uint32_t i = 0; i < lp->nrow; i++) {
    if (y[i] == 0) continue;
    double v = y[i] * (y[i] > 0 ? lp->row_lo[i] : lp->row_hi[i]);
    needs += v;
    size += fabs(v);
  }
  for (uint32_t j = 0; j < lp->ncol; j++) {
    if (fabs(d[j]) <= 1e-10 * weight[j]) continue;
    double v = d[j] * (d[j] > 0 ? lp->col_hi[j] : lp->col_lo[j]);
    allows += v;
    size += fabs(v);
  }
  return isfinite(needs) && isfinite(allows) && needs - allows > 1e-8 * size;
}

int lp_infeasible(const Lp *lp, double *farkas, double *x, Arena *mem) {
  Lp e;
  double value = 0, *size = ARENA_ARRAY(mem, double, lp->nrow + 1);
  if (!lp->nrow || !lp->ncol || !size || !elastic(lp, &e, size, mem)) return 0;
  double *at = ARENA_ARRAY(mem, double, e.ncol + 1), *d = ARENA_ARRAY(mem, double, lp->ncol + 1), *w = ARENA_ARRAY(mem, double, lp->ncol + 1);
  if (arena_failed(mem) || lp_solve(&e, at, farkas, &value) != LP_OPTIMAL || !(value < 0)) return 0;
  for (uint32_t i = 0; i < lp->nrow; i++) {
    farkas[i] = -farkas[i];                              /* the cost of needing one more unit */
    if (fabs(farkas[i]) * size[i] < 1e-9) farkas[i] = 0;
    if (isinf(farkas[i] > 0 ? lp->row_lo[i] : lp->row_hi[i])) farkas[i] = 0;
  }
  for (uint32_t j = 0; x && j < lp->ncol; j++) x[j] = at[j];
  return proves(lp, farkas, d, w);
}
