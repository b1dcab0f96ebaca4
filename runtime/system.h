/* system.h: a problem as one nonlinear system: the conditions F(x), the sizes of their terms, the Jacobian in a fixed sparsity, the
 * markets' checks, the domain, and the agents' problem forms. Sums over lanes run in a fixed order, so results are reproducible.
 * Row numbers: 0 .. nx-1 the conditions, nx + i check i. Nothing is allocated after system_new; not shared between threads. */
#ifndef ECON_SYSTEM_H
#define ECON_SYSTEM_H
#include "problem.h"
#include "vm.h"

/* Compressed columns, rows sorted within each column, every diagonal entry present. rows = nx + ncheck: the check rows come last
 * in a column. */
typedef struct { uint32_t rows, cols; int *start, *row; double *at; } Csc;

typedef struct System {
  const Problem *p;
  Vm *vm;
  double *lower, *upper;              /* nx: the bounds of the complementarity; a fixed unknown has both at its value, one decided by an equation none */
  double *least, *most;               /* nx: the bounds as declared, which any answer keeps */
  uint8_t *flag;                      /* nx: OWN_* of an own unknown; of a global OWN_LOG where GLOBAL_POSITIVE with lower bound 0, else 0 */
  uint8_t *role;                      /* nx: Role of an own unknown; ROLE_AUX of a global */
  uint8_t *fixed;                     /* nx: 1 where Problem.fixed holds the unknown: its row is not asked for */
  double *mass;                       /* nx: mass of the unknown's lane, 1 for globals and families */
  Csc jac;                            /* at[] is filled by system_jacobian */
  uint32_t **map;                     /* per block: [entry*lanes + lane] -> position in jac.at, NO_INDEX where absent */
} System;

/* NULL when memory failed. The system refers to p and lives in mem. */
System *system_new(const Problem *p, Arena *mem);

/* F (nx) and the checks (ncheck, supply - demand of every market); check may be NULL. Returns 0 when all are finite. */
int system_rows(System *s, const double *x, double *F, double *check);
/* The sum of the absolute values of the additive terms of each row; check may be NULL. Returns 0 when all are finite. */
int system_terms(System *s, const double *x, double *T, double *check);
/* Refills s->jac at x. Returns 0 when all entries are finite. */
int system_jacobian(System *s, const double *x);

/* The smallest of all domain outputs at x (infinity where there is none, -infinity where one is NaN) and where it stands: block,
 * lane, output; where may be NULL. The kernels are defined at x when it is > 0. */
typedef struct { uint32_t block, lane, out; } DomainPoint;
double system_domain(System *s, const double *x, DomainPoint *where);
/* The same for one lane. */
double system_lane_domain(System *s, uint32_t block, uint32_t lane, const double *x);

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
