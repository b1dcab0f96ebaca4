/* system.h: a problem as one nonlinear system: the conditions F(x), the sizes of their terms, the Jacobian in a fixed sparsity, the
 * markets' checks, the domain, and the agents' problem forms. Sums over lanes run in a fixed order, so results are reproducible.
 * Row numbers: 0 .. nx-1 the conditions, nx + i check i. Not shared between threads; large problems are evaluated by several of its own. */
#ifndef ECON_SYSTEM_H
#define ECON_SYSTEM_H
#include "cells.h"
#include "problem.h"
#include "team.h"
#include "vm.h"

/* Compressed columns, rows sorted within each column, every diagonal entry present. rows = nx + ncheck: the check rows come last
 * in a column. */
typedef struct { uint32_t rows, cols; int *start, *row; double *at; } Csc;

/* Where the smallest domain output stands. */
typedef struct { uint32_t block, lane, out; } DomainPoint;

typedef struct System {
  const Problem *p;
  Arena *mem;
  Linear linear;
  Vm *vm[TEAM_MOST];                  /* one a thread */
  uint32_t members;
  int large, by_cells;                /* evaluated by slices, on several threads; the Jacobian is to be stored by cells */
  Slice *slice; uint32_t nslice;
  double *sum, *corner, *part;        /* per slice: its sums into globals and checks, and their derivatives, NULL where not needed; scratch */
  Prog *joined;                       /* per block: terms, then the Jacobian, as one program; NULL where it is not by cells */
  double *least_found; DomainPoint *found;   /* per slice */
  double *lower, *upper;              /* nx: the bounds of the complementarity; a fixed unknown has both at its value, one decided by an equation none */
  double *least, *most;               /* nx: the bounds as declared, which any answer keeps; lower and upper themselves where no unknown is decided by an equation */
  uint8_t *flag;                      /* nx: OWN_* of an own unknown; of a global OWN_LOG where GLOBAL_POSITIVE with lower bound 0, else 0 */
  uint8_t *role;                      /* nx: Role of an own unknown; ROLE_AUX of a global */
  uint8_t *fixed;                     /* nx: 1 where Problem.fixed holds the unknown: its row is not asked for */
  Csc jac;                            /* start is NULL until system_csc; at[] is filled by system_jacobian */
  uint32_t **map;                     /* per block: [entry*lanes + lane] -> position in jac.at, NO_INDEX where absent */
  Cells *cells;                       /* the Jacobian of very many alike lanes; NULL where it is in compressed columns alone */
} System;

/* NULL when memory failed. The system refers to p and lives in mem. The Jacobian is in compressed columns. */
System *system_new(const Problem *p, Arena *mem);
/* The same with the Jacobian stored by cells where there are very many alike lanes (linear: Settings.linear); its pattern is built when it is
 * first asked for. */
System *system_for(const Problem *p, Linear linear, Arena *mem);
/* Decides on the storage and builds it. Returns 0, 1 when memory failed. */
int system_pattern(System *s);
/* Builds the compressed columns too, with the present values; system_jacobian fills them from then on. Returns 0, 1 when memory failed. */
int system_csc(System *s);
/* The Jacobian in either storage: runs of entries, numbered below system_runs. Rows >= nx are those of checks. Valid after system_jacobian. */
uint32_t system_runs(const System *s);
EntryRun system_run(const System *s, uint32_t i);

/* F (nx) and the checks (ncheck, supply - demand of every market); check may be NULL. Returns 0 when all are finite. */
int system_rows(System *s, const double *x, double *F, double *check);
/* The sum of the absolute values of the additive terms of each row; check may be NULL. Returns 0 when all are finite. */
int system_terms(System *s, const double *x, double *T, double *check);
/* Refills s->jac at x. Returns 0 when all entries are finite. */
int system_jacobian(System *s, const double *x);

/* Both at once; checks are left out. Returns 0 when all are finite. */
int system_terms_jacobian(System *s, const double *x, double *T);
/* most (nx) := the largest |J_ij| by[i] of every column j, or (rows) the largest |J_ij| by[j] of every row i; by >= 0. Checks are left out. */
void system_largest(System *s, int rows, const double *by, double *most);
/* The mass of an unknown's lane, 1 for globals and families. */
double system_mass(const System *s, uint32_t i);
/* Calls work for every slice of s->slice, on several threads where the problem is large (team.h). */
void system_slices(System *s, void (*work)(void *ctx, uint32_t slice, uint32_t member), void *ctx);

/* The smallest of all domain outputs at x (infinity where there is none, -infinity where one is NaN) and where it stands: block,
 * lane, output; where may be NULL. The kernels are defined at x when it is > 0. */
double system_domain(System *s, const double *x, DomainPoint *where);

/* The objective of one agent (NaN where the block has none); weight (nown) receives the present-value weights of its multipliers,
 * 1 for choices; may be NULL. Both are read at x. */
double system_goal(System *s, uint32_t block, uint32_t lane, const double *x, double *weight);
/* Its gradient in the own unknowns: grad (nown), zero where the goal does not depend on a slot. */
void system_goal_gradient(System *s, uint32_t block, uint32_t lane, const double *x, double *grad);
/* The value and terms of one lane's own rows (nown each) at x; terms may be NULL. */
void system_lane_rows(System *s, uint32_t block, uint32_t lane, const double *x, double *F, double *terms);

/* The block of an own unknown or row i >= nglobal, with slot and lane; NO_INDEX for a global. */
uint32_t system_locate(const System *s, uint32_t i, uint32_t *slot, uint32_t *lane);

/* The residual of condition i for complementarity: the middle of {x - lower, F/scale, x - upper}, distances to bounds relative to
 * 1 + |x|; 0 for a fixed unknown. It is zero exactly where the pair (x, F) satisfies the condition. F and scale are row i's. */
double system_residual(const System *s, uint32_t i, double x, double F, double scale);
#endif
