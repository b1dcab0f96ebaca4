/* sensitivity.h: how a solution moves with the data, from the Jacobian at it (implicit function theorem on the active set; for
 * complementarity: Robinson 1980, Fiacco 1983).
 *
 * Let A be the unknowns strictly inside their bounds, whose conditions hold with equality, and N the others. Along a direction of the
 * data that moves the conditions by dF at fixed unknowns and the bounds by dl, du,
 *     J_AA dx_A = -dF_A - J_AN dx_N,      dx_N = the movement of the bound (or of the fixed value) that the unknown stands at.
 * A pair that stands at its bound with its condition just holding (biactive) stays at the bound here. Where its condition then moves,
 * the two sides of the direction differ: such a pair is kept in Movement.split, and a value has a derivative only where leaving the bound does
 * not move it. Where J_AA is singular the solution of least length is taken, and a value has a derivative only where no null
 * direction of the solution set moves it. The matrix is scaled (rows by the sizes of their terms, columns by the change that moves a
 * condition by all of its terms), factored once, and every solution is refined. */
#ifndef ECON_SENSITIVITY_H
#define ECON_SENSITIVITY_H
#include "problem.h"

typedef struct Sensitivity Sensitivity;

/* x (nx) solves p. NULL when memory or the linear algebra failed. Lives in mem. */
Sensitivity *sensitivity_new(const Problem *p, const double *x, Arena *mem);
void sensitivity_free(Sensitivity *);

/* A direction of the data: nx numbers each. fixed: the movement of values that the question fixes. */
typedef struct { double *rows, *lower, *upper, *fixed; } DataMove;
DataMove data_move_new(const Problem *p, Arena *mem);   /* zeros; rows NULL when memory failed */

typedef struct {
  double *dx;                         /* nx */
  uint32_t *split, nsplit;            /* unknowns of the pairs whose sides differ */
  int none;                           /* the conditions cannot be kept along the direction: the solution ends or jumps here */
} Movement;
/* In mem. Returns 0; 1 when memory failed. */
int sensitivity_move(Sensitivity *, const DataMove *, Arena *mem, Movement *out);

typedef enum { SENSITIVITY_KNOWN, SENSITIVITY_LOOSE, SENSITIVITY_ONE_SIDED, SENSITIVITY_NONE } SensitivityStatus;
/* Has the value with gradient g (nx) in the unknowns a derivative along the movement? *pair: the unknown of a pair that makes it
 * one-sided. */
SensitivityStatus sensitivity_judge(Sensitivity *, const double *g, const Movement *, uint32_t *pair);

/* The other way round, for few values along many directions: with y from the gradient g (nx), sensitivity_along(y, g, move) is g.dx.
 * Only where the matrix is regular and no pair is biactive; returns 0 there, else 1. */
int sensitivity_adjoint(Sensitivity *, const double *g, double *y);
double sensitivity_along(const Sensitivity *, const double *y, const double *g, const DataMove *);
#endif
