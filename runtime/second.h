/* second.h: the second-order condition of a constrained maximum. The problem holds the derivatives of one Lagrangian: the row of every variable
 * of choice is a multiple (scale) of the derivative in it, the row of every multiplier its constraint. At a solution, with Z a basis of the
 * directions in which no active constraint moves, the reduced Hessian Z'HZ must have no positive eigenvalue (Nocedal and Wright 2006, theorem 12.5);
 * a positive one is a direction of increase: a saddle. Dense: for problems of up to second_most() unknowns. */
#ifndef ECON_SECOND_H
#define ECON_SECOND_H
#include "problem.h"

enum { SECOND_OUT, SECOND_CHOSEN, SECOND_CONSTRAINT };   /* what an unknown and its row are here; OUT: at a bound, or a constraint that is slack */

typedef struct {
  uint32_t chosen, directions;        /* variables of choice; dimension of the tangent */
  double largest, size;               /* the largest eigenvalue of the reduced Hessian and the largest absolute one, with variables in units of their own size; NaN without a direction */
  double asymmetry;                   /* of the Hessian, relative to its largest entry: what says that the rows are derivatives of one function */
  uint32_t moved[3], nmoved;          /* the variables that move most in the direction of the largest eigenvalue */
  int increase;                       /* it is a direction of increase */
  double *direction;                  /* nx, in the arena: that of the largest eigenvalue, its largest entry 1; zero where nothing is chosen; NULL without a direction */
} SecondOrder;

uint32_t second_most(void);
/* kind, scale: one for each of the nx unknowns. 0; 1 when memory failed, the problem is too large, or a derivative is not finite. */
int second_order(const Problem *p, const double *x, const uint8_t *kind, const double *scale, Arena *mem, SecondOrder *out);
#endif
