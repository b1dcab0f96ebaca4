/* support.h: can exchanges that nobody uses be priced so that nobody wants to enter them? The support claim of a certificate, for
 * problems with segregated exchanges (Problem.exchange).
 *
 * At a vector p of later prices let W_h(p; P, Q) be the best value of U - lambda_h [b + P.s] of type h there, v_h what it has. Then
 *     G(p) = min over (P, Q) of max over h of (W_h - v_h)/lambda_h
 *          = the most that a club of types gains by opening an exchange at p, in ex-ante money                         (docs/methods.md, "Rights to trade")
 * The club and its schedule are found together (club.h). G <= 0 at every p: the
 * prices of rights support the answer, which is then constrained optimal at weights 1/lambda. */
#ifndef ECON_SUPPORT_H
#define ECON_SUPPORT_H
#include "problem.h"

/* Fills out->claim[CLAIM_SUPPORT] at x: the slope test at the active prices, then a search for a positive gap over prices. Nothing is
 * done where p has no exchange. holds: conditions and markets were checked and hold. Texts live in mem. Returns ECON_SOLVED,
 * ECON_MEMORY, ECON_TIME or ECON_CANCELLED. */
EconStatus support_check(const Problem *p, const double *x, const Settings *s, int holds, Arena *mem, Certificate *out);

/* The largest gap found over prices at x with the marginal values of money there: how much a club could gain. At an equilibrium without
 * rights (their prices zero) it answers whether there is an externality. */
typedef struct {
  double gap;                         /* ex-ante money of one member of each type, weighted by the club; may be negative */
  double slope;                       /* what is left of the agents' slopes after the best common schedule, in ex-ante money for a unit of price */
  uint32_t exchange, slope_price;     /* where each is largest; slope_price: global */
  double *price;                      /* the prices of that exchange at the largest gap, n of it */
  uint32_t points, starts;            /* vectors of prices tried; climbs */
  uint32_t unsolved, undecided;       /* those at which the club's conditions were not solved; at which its gain was only bounded above, by a positive number */
  double bound;                       /* the largest bound of those */
  uint32_t again, plans;              /* schedules that every type met a second time from other plans; those at which some type did better then, and the two were not reconciled */
  double own;                         /* the most that a type gains in the exchange it is in by a plan that was met elsewhere */
  const char *own_type;                     /* that type, or NULL */
  uint32_t closed;                    /* of the former: prices at which no club clears its markets */
  uint32_t types, lanes;              /* of the exchange group with most: types searched, which differ, and lanes that they are */
  uint32_t left;                      /* exchanges whose search was left, since most of its clubs were not solved */
  char *club;                         /* who gains there, or NULL */
} SupportGap;
EconStatus support_gap(const Problem *p, const double *x, const Settings *s, Arena *mem, SupportGap *out);

/* The extent, coordinate by coordinate, of the prices of rights that support the answer at given prices of an exchange: lo and hi have
 * exchange.n + exchange.nclaim entries, rights first; NaN where no price supports it or it was not found. gap (may be NULL): G there, minus infinity where no club clears its markets. */
EconStatus support_schedule(const Problem *p, const double *x, const Settings *s, uint32_t exchange, const double *price, double *lo, double *hi, double *gap);
#endif
