/* affine.h: rows of a program as affine functions of choices v at every price at once:
 *     row(v, p) = constant + coef.v + sum_m p_m (price_constant_m + price_coef_m.v),
 * found by evaluating the program at 0 and at unit vectors after the abstract interpreter has shown that it is of this form over the
 * whole box of v and p (curvature.h). For witnesses of failure, which must hold at every price. */
#ifndef ECON_AFFINE_H
#define ECON_AFFINE_H
#include "curvature.h"
#include "problem.h"

/* What each input of a kernel is. in: the constants' values; var, given: per input, its number among the variables or given unknowns,
 * or NO_INDEX. */
typedef struct {
  uint32_t nin, nvar, ngiven;
  double *in;
  uint32_t *var, *given;
  Interval *var_box, *given_box;      /* nvar, ngiven */
} AffineFrame;

typedef enum { AFFINE_NO, AFFINE_FREE, AFFINE_PRICED } AffineKind;   /* FREE: no given unknown occurs */
typedef struct {
  AffineKind kind;
  double constant, *coef;             /* nvar */
  double *price_constant;             /* ngiven; NULL unless PRICED */
  double **price_coef;                /* ngiven of nvar */
} AffineRow;

/* prog->nout rows in mem; NULL when memory failed. */
AffineRow *affine_rows(const Prog *prog, const AffineFrame *f, Arena *mem);
/* Whether output 0 of prog depends on a given unknown (also 1 when memory failed). */
int affine_priced(const Prog *prog, const AffineFrame *f, Arena *mem);
#endif
