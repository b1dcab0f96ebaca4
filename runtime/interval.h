/* interval.h: closed intervals of extended reals, the arithmetic under curvature and enclosures. A result always contains every
 * value of the operation on points of its operands where the operation is defined; NaN ends never occur: what is unknown is
 * [-inf, inf]. With `outward` every computed end is moved outwards by one rounding (four units for exp, log and pow, whose library
 * versions are taken to err by less), so the result also contains the real number that the floating-point one stands for. Source:
 * Moore, Kearfott, Cloud, Introduction to Interval Analysis (2009). */
#ifndef ECON_INTERVAL_H
#define ECON_INTERVAL_H

typedef struct { double lo, hi; } Interval;

Interval interval_all(void);
Interval interval_at(double x);                        /* NaN gives [-inf, inf] */
Interval interval_hull(Interval a, Interval b);
Interval interval_add(Interval a, Interval b, int outward);
Interval interval_sub(Interval a, Interval b, int outward);
Interval interval_mul(Interval a, Interval b, int outward);
Interval interval_div(Interval a, Interval b, int outward);
Interval interval_neg(Interval a);
Interval interval_abs(Interval a);
Interval interval_min(Interval a, Interval b);
Interval interval_max(Interval a, Interval b);
Interval interval_exp(Interval a, int outward);
Interval interval_log(Interval a, int outward);        /* over the positive part of a */
Interval interval_sqrt(Interval a, int outward);       /* over the nonnegative part of a */
/* a to the power q. Where q is not a whole number the power is taken over the nonnegative part of a. */
Interval interval_pow(Interval a, Interval q, int outward);
#endif
