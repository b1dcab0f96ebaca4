/* club.h: the most that a club of types gains by opening an exchange at given later prices p, in ex-ante money (docs/methods.md, "Rights to trade"):
 *     G(p) = max over (m, plans): sum_h m_h [U_h - lambda_h b_h - v_h]/lambda_h,   m >= 0, sum m = 1, sum m s = 0, sum m t = 0
 *          = min over (P, Q) of max over h of (W_h(p; P, Q) - v_h)/lambda_h
 * with marginal values of money lambda_h, ex-ante prices and everything else as at an answer x. Its conditions are one complementarity
 * problem: every type's own conditions given (p, P, Q) and lambda_h,
 *     0 <= m_h  complements  g - gain_h >= 0,     sum m = 1 [g],     sum m s = r (P - P0) [P],     sum m t = r (Q - Q0) [Q]
 * with P0, Q0 those of the answer. At r = 0 it is the problem above; it has no solution where no club clears its markets, since G is
 * then minus infinity. The pull r > 0 is a proximal term: the minimum of max_h gain_h + r/2 |(P, Q) - (P0, Q0)|^2, which always
 * exists. Whatever r, g is the largest gain of any type at the schedule (P, Q), so an upper bound on G by weak duality: where it is
 * not positive no club gains, and r need not be made small. Where every type's
 * problem given (P, Q) is concave a solution is the maximum. At the answer's own prices m is proportional to masses and G = 0. */
#ifndef ECON_CLUB_H
#define ECON_CLUB_H
#include "effort.h"
#include "system.h"

typedef struct Club Club;

/* The exchange `exchange` of p at the answer x (nx). hold: a coordinate of (P, Q) that is given instead of found, NO_INDEX for none; its
 * market need not clear. NULL when memory failed. Lives in mem; p and x must outlive it. Release library memory with club_free. */
Club *club_new(const Problem *p, const double *x, uint32_t exchange, uint32_t hold, Arena *mem);
void club_free(Club *);                                 /* NULL is fine */

/* Types that are exactly alike (alike.h) are one type of the club, whose weight is that of all of them: the gap is the same. */
uint32_t club_types(const Club *);                      /* those that may enter and differ */
void club_type(const Club *, uint32_t h, uint32_t *block, uint32_t *lane);     /* the first lane of type h */
uint32_t club_alike(const Club *, uint32_t h);          /* lanes that are type h, itself included */
uint32_t club_lanes(const Club *);                      /* all lanes that may enter */
double club_budget(const Club *);                       /* the largest ex-ante budget: the sum of its terms at the answer */

/* Gives `at` the schedule, the weights and g of another. */
void club_offer(const Club *, double *at, const double *from);

/* Where the club stands: a vector of club_size numbers. club_home: that of the answer (its prices, G = 0). */
uint32_t club_size(const Club *);
void club_home(const Club *, double *at);

/* The pull from now on; 0 at first. Of coordinate i it is r = pull * size^2 / budget, size the market's trade per head at the answer: at
 * pull 1 a schedule that moves by an agent's whole budget for its whole trade leaves that trade uncleared. */
void club_pull(Club *, double pull);

/* Moves `at` to the prices p (n of the exchange) and held coordinate `held`, by as many steps as it takes. Returns the largest relative
 * residual reached; where it is above `enough`, `at` is what it was. */
double club_move(Club *, double *at, const double *price, double held, double enough, Effort *);
/* Moves `at` to the prices with the schedule (P, Q) it has, every type doing its best there, and sets g to the largest gain of any type: an
 * upper bound on G at that price that needs no club. At most so many steps. The same value is returned and the same happens where it is above `enough`. */
double club_respond(Club *, double *at, const double *price, int steps, double enough, Effort *);
/* Another plan for everybody at the answer's own prices and schedule: the k-th choice that each type makes ex ante is `shift` of the largest there is away
 * from the answer's, all others and what follows later are best (ascend: then every choice moves on to a local best). g as for club_respond, and so is what
 * is returned; INFINITY too where no type has so many choices, with *any set to 0. */
double club_beside(Club *, double *at, uint32_t k, double shift, int ascend, double enough, Effort *, int *any);
double club_gain(const Club *, const double *at);       /* g */
double club_value(const Club *, const double *at);      /* g + r/2 |(P, Q) - (P0, Q0)|^2, whose derivative in p is club_slope */
double club_imbalance(Club *, const double *at);        /* what the club leaves uncleared: the largest part of a market's trade at the answer */
double club_schedule(const Club *, const double *at, uint32_t i);       /* coordinate i of (P, Q) */
double club_weight(const Club *, const double *at, uint32_t h);         /* m_h */
uint32_t club_best(Club *, const double *at);            /* the type that gains most at the schedule */
double club_slope(Club *, const double *at, uint32_t i);                /* d club_value / dp_i (envelope) */
double club_held_slope(Club *, const double *at);       /* dG/d(held coordinate): minus the club's net purchase there */
#endif
