/* lanes.h: the value of an expression for many assignments of index variables at once: data of a million types, tables of derived
 * parameters, reports. Walks the tree once for a block of lanes, with the arithmetic of eval_expr lane by lane, so that the numbers are
 * the same to the last bit. What does not depend on a lane is computed once. */
#ifndef ECON_LANES_H
#define ECON_LANES_H
#include "values.h"

enum { LANES = 256 };                                   /* the most lanes of one call */

typedef struct Lanes {
  Eval *ev;                                             /* every other index variable is bound in ev->env */
  IdxId var[32]; uint32_t dim[32], nvar;                /* var[i] stands for tuple[lane*stride + dim[i]] */
  const Elem *tuple; uint32_t stride, n;                /* of this block */
  /* References to other things than parameters, of all lanes at once: returns 1 the same for all, 0 each its own, -1 unable: then they are
   * looked up one by one through ev. May be NULL. */
  int (*refer)(void *ctx, struct Lanes *, const Expr *ref, double *out);
  void *ctx;
  double **room; uint32_t nroom, used;                  /* vectors of LANES numbers */
  Arena *mem;
} Lanes;

Lanes lanes_new(Eval *, Arena *);
/* Returns 1 when the value is the same for all lanes: then only out[0] is set; else out[0 .. n). */
int lanes_eval(Lanes *, const Expr *, double *out);
int lanes_cond(Lanes *, const Expr *, double *out);     /* 1 or 0; NULL is true */
void lanes_fill(Lanes *, const Expr *, double *out);    /* out[0 .. n) in any case */
#endif
