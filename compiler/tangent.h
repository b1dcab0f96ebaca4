/* tangent.h: exact derivatives of parameters and of expressions along the movement of one entry of one parameter.
 *
 * The entry itself moves by one; parameters computed from it move by forward differentiation of their definitions; entries that an
 * override (-D, where) has set do not move with others. Expressions are differentiated by walking them with a weight (the derivative
 * of the whole with respect to the part), so that a reference is reached with all that it counts for.
 *
 * Conditions over parameters are constant unless the parameter stands exactly at their border. `a = b` that the movement breaks is
 * then read as it is everywhere near (false): where both branches agree in value the derivative is that of the other branch; where
 * they do not, and for borders of inequalities, min, max and abs, there is a kink and no derivative. */
#ifndef ECON_TANGENT_H
#define ECON_TANGENT_H
#include "values.h"

typedef struct Tangent {
  const Economy *economy; const Values *v;              /* parameters at the point */
  SymId sym; size_t at;                                 /* the entry that moves */
  const double **of; uint8_t *state;                    /* by SymId: derivatives of its entries, once computed; NULL: it does not move */
  const char *kink;                                     /* why there is no derivative of what was asked since it was last set to NULL; else NULL */
  const char **why;                                     /* by SymId: the same of a parameter's entries */
  Arena *mem;
} Tangent;

/* NULL when memory failed. v is read against e (a clone of the economy that it was computed for). */
Tangent *tangent_new(const Economy *e, const Values *v, SymId sym, size_t at, Arena *mem);
/* Derivatives of a parameter's entries; NULL where none moves. */
const double *tangent_of(Tangent *, SymId);
/* Does any parameter in the expression, or a mass in a total, move? */
int tangent_moves(Tangent *, const Expr *);

/* A walk over an expression. ref (may be NULL) receives every reference that is no parameter with its indices and weight; movements
 * of parameters are added to sum. at: index variables and values; values must be those of t, its look is asked for other references. */
typedef struct Derive {
  Tangent *t; Eval *at;
  void (*ref)(struct Derive *, const Expr *ref, const Elem *ix, uint32_t n, double weight);
  void *ctx;
  double sum;
} Derive;
void derive(Derive *, const Expr *, double weight);
/* A condition at the point (the value) and near it along the movement: 0, 1, or 2 where the two sides differ. NULL is true. */
int derive_cond(Derive *, const Expr *cond, int *near_by);
/* The derivative of an expression of parameters and indices. */
double tangent_expr(Tangent *, Eval *, const Expr *);
#endif
