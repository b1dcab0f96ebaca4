/* lp.h: linear programs, an adapter around GLPK's simplex method. Silent, reentrant per thread (GLPK keeps one environment a thread),
 * and an internal error of the library is a status here, never an abort. */
#ifndef ECON_LP_H
#define ECON_LP_H
#include "arena.h"

typedef enum { LP_OPTIMAL, LP_INFEASIBLE, LP_UNBOUNDED, LP_FAILED } LpStatus;
typedef struct { uint32_t row, col; double v; } LpEntry;

/* maximise cost.x subject to row_lo <= A x <= row_hi, col_lo <= x <= col_hi; infinite bounds allowed, entries of the same place are
 * added. */
typedef struct {
  uint32_t nrow, ncol, nentry;
  double *row_lo, *row_hi, *col_lo, *col_hi, *cost;
  LpEntry *entry;                     /* sorted in place by lp_solve */
} Lp;

/* x (ncol) and dual (nrow) may be NULL; they and value are set where the status is LP_OPTIMAL. dual is d value / d right-hand side. */
LpStatus lp_solve(Lp *lp, double *x, double *dual, double *value);

/* Whether no x satisfies the rows and bounds, proved by multipliers (Farkas): farkas (nrow) combines the rows into one that the bounds
 * contradict, checked again outside the library. x (ncol), may be NULL: a point that violates the rows least. mem takes scratch.
 * 1: infeasible with farkas filled; 0: feasible or not decided. */
int lp_infeasible(const Lp *lp, double *farkas, double *x, Arena *mem);
#endif
