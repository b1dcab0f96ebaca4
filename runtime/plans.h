/* plans.h: the plans open to one agent at every price, as a polyhedron: its choices, their bounds, and every constraint that is affine
 * in the choices and free of prices; beside it the constraints affine at each price (affine.h). */
#ifndef ECON_PLANS_H
#define ECON_PLANS_H
#include "affine.h"
#include "agent.h"
#include "lp.h"

typedef struct {
  AgentClass *a;                      /* loaded at the lane */
  AffineFrame frame;                  /* variables: the choices, in the class's order */
  uint32_t *given_index;              /* ngiven: absolute indices of the given unknowns */
  AffineRow *con;                     /* ncon */
  AffineRow *domain; uint32_t ndomain;
} Plans;

/* The plans of lane (which is loaded into a) at x; 0 when memory failed. */
int plans_read(Plans *out, AgentClass *a, uint32_t lane, const double *x, Arena *mem);

/* The polyhedron as a linear program: columns the choices, rows the price-free constraints and the domain, cost zero.
 * of (may be NULL) receives for each row the constraint it came from, NO_INDEX for the domain; it has room for ncon + ndomain. */
int plans_program(const Plans *p, Lp *lp, uint32_t *of, Arena *mem);

/* strict (nchoice): 1 where the domain alone keeps a choice off its lower bound, whatever the other choices (log x, x^-2). */
void plans_strict(const Plans *p, uint8_t *strict);

/* The directions in which one can go for ever at every price: |d| <= 1, bounds' recession, every constraint's price-free part and every
 * price's coefficient kept (>= 0; = 0 for equalities and for prices of any sign). 0 where a constraint is not affine at each price or
 * memory failed. */
int plans_directions(const Plans *p, Lp *lp, Arena *mem);

/* Adds a row sum coef.col in [lo, hi] with columns from `first` on; the arrays must have room. */
void plans_row(Lp *lp, const double *coef, uint32_t n, uint32_t first, double lo, double hi);
/* Room for rows, columns and entries; 0 when memory failed. */
int plans_room(Lp *lp, size_t rows, size_t cols, size_t entries, Arena *mem);
#endif
