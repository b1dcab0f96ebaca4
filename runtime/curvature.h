/* curvature.h: an abstract interpreter of kernels' programs: what a register can be (an interval), and how it is curved in chosen
 * inputs (the own choices) when every other input is a constant, over a stated box of these inputs.
 *
 * Rules. Disciplined convex programming (Grant, Boyd, Ye 2006): sums, products with constants of known sign, exp, log, square root,
 * absolute value, minima, maxima, selections by constants. For what economists write, which those rules do not see, three exponents
 * travel along (Avriel et al., Generalized Concavity, 1988):
 *     root     |f|^root is concave and nonnegative      (CES with weights w: x^r has root 1/r; sums keep a root >= 1 or < 0; a power
 *              q divides it by q; products add the inverses, so x^a y^b has root 1/(a+b)). root >= 1: |f| is concave; < 0: convex.
 *     norm     |f|^norm is convex, 0 < norm             (transformation frontiers; sums keep norm <= 1)
 *     logroot  exp(logroot*f) is concave                (sums of logarithms under an exponential)
 * so a power q of a sum of nonnegative multiples of (concave nonnegative)^r is concave for r <= 1 and 0 < q*r <= 1.
 *
 * Functions are judged where they are defined: under a logarithm, a root or a power that is no positive whole number the base is
 * taken as nonnegative (Kernel.domain says the same). Exponents that agree with a bound to 1e-13 count as equal to it, since 0.1 and
 * 0.2 have no exact binary form. A register that no rule covers is unknown: never a wrong claim, sometimes a missed one. */
#ifndef ECON_CURVATURE_H
#define ECON_CURVATURE_H
#include "interval.h"
#include "problem.h"

enum {
  SHAPE_CONVEX = 1,
  SHAPE_CONCAVE = 2,
  SHAPE_AFFINE = 3,
  SHAPE_CONSTANT = 4,     /* in the chosen inputs; implies affine */
  SHAPE_GIVEN = 8         /* depends on an input marked as given: a price, an aggregate, another agent's choice */
};
typedef struct {
  Interval range;
  unsigned flag;
  double root, norm, logroot;   /* NaN: none is known */
  double at;                    /* the number the machine computes, where every input is one number; else NaN */
} Shape;

Shape shape_variable(Interval range);                   /* a chosen input over its box */
Shape shape_constant(Interval range, unsigned given);   /* any other input; given: 0 or SHAPE_GIVEN */

/* Runs prog on in[] (one Shape an input of the kernel); reg has room for prog->regs. Output i is reg[prog->out[i]]. With `outward`
 * ranges are enclosures of the exact values of the program (interval.h); without, of the values as computed. */
void curvature_run(const Prog *prog, const Shape *in, Shape *reg, int outward);

static inline int shape_is(const Shape *s, unsigned flag) { return (s->flag & flag) == flag; }
#endif
