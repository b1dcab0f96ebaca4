/* ascend.h: the largest value of a smooth function of a few variables between bounds, from its exact gradient.
 *
 * A quasi-Newton method with a trust region (Conn, Gould and Toint 2000, chapters 6 and 12): the model f + g.s - s.B s/2 with B positive
 * definite by damped updates (Powell 1978) is maximised over the variables that are free at the point, within a ball, and cut off at the bounds;
 * where it promised too much, or where there is no value, the ball shrinks. Lengths are measured in units of `scale`.
 *
 * Stationary: no variable that may move has a slope of more than SLOPE times the size of the terms of f, for a step of its scale. */
#ifndef ECON_ASCEND_H
#define ECON_ASCEND_H
#include "arena.h"
#include <stdint.h>

typedef enum { ASCENT_KNOWN, ASCENT_ONE_SIDED /* a value, and no gradient */, ASCENT_NOTHING /* no value */, ASCENT_STOP } AscentAt;
typedef struct {
  uint32_t n;
  const double *lower, *upper;                          /* may be infinite */
  const double *scale;                                  /* positive: a step that matters */
  /* The value, its gradient, and the size of the terms that it is the sum of, at x within the bounds. */
  AscentAt (*at)(void *ctx, const double *x, double *f, double *g, double *size);
  void *ctx;
} Ascent;

typedef enum {
  ASCENT_STATIONARY,
  ASCENT_KINK,        /* the slopes on both sides point to here */
  ASCENT_RISING,      /* still rising where a variable had moved by FAR scales */
  ASCENT_STALLED,
  ASCENT_NO_START,    /* no value at the start */
  ASCENT_STOPPED
} AscentEnd;
typedef struct { double f, slope, size; double *g; uint32_t steps, evaluations; } AscentFound;   /* slope: the largest, times its scale */

/* Moves x (n numbers, cut off at the bounds first) uphill. g and what is needed meanwhile live in mem. */
AscentEnd ascend(const Ascent *, double *x, Arena *mem, AscentFound *);
#endif
