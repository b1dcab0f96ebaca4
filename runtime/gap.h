/* gap.h: the search over later prices for a club that gains (club.h; docs/methods.md, "Rights to trade"), in one exchange.
 *
 * At a vector of prices the club is solved under a pull towards the answer's schedule. What it finds there is an upper bound on the gap:
 * where it is not positive, nobody gains and no more is asked. Elsewhere the pull is made a hundred times weaker until the bound is not
 * positive or the pull is gone and the gap exact. The search scans prices densely (one or two of them) or by a sequence of low discrepancy,
 * follows each club from the nearest one that was solved, and climbs from the best with exact slopes. */
#ifndef ECON_GAP_H
#define ECON_GAP_H
#include "club.h"

/* Prices are searched from 1/GAP_WIDE to GAP_WIDE times the active ones. */
#define GAP_WIDE 8.0
/* A gap above this share of an agent's ex-ante budget counts. */
#define GAP_REAL 1e-7

/* A search is left when so many of its clubs were not solved, or only bounded, and these are more than a third of all. */
#define GAP_LEFT 12

/* A vector of prices that was looked into. */
typedef struct {
  double gap;                         /* upper bound on G there; G itself where pull is 0; NaN where the club was not solved */
  double value;                       /* what is climbed: club_value under the pull */
  double pull;
  int rough;                          /* the schedule is another spot's: the bound holds, the value is above the least */
  double *price, *at;                 /* n; where the club stands */
} Spot;

typedef struct {
  const Problem *p;
  const double *x;
  Effort *effort;
  Arena *mem;
  const Exchange *e;
  Club *club;
  double budget;
  uint32_t points, unsolved;          /* prices looked into; those at which the club was not solved under any pull */
  uint32_t undecided;                 /* those at which the bound stayed positive and the exact gap was not found */
  double bound;                       /* the largest bound of those */
  uint32_t starts;                    /* of the climbs */
  uint32_t again, plans;              /* schedules met a second time from the answer's plans; those at which that was better and the two were not reconciled */
  double own; uint32_t own_type;      /* the most that a type was seen to gain in the answer's own exchange, at its schedule, by a plan met elsewhere; who */
  uint32_t closed;                    /* of the former: prices at which no club clears its markets */
  uint32_t searches_left;             /* exchanges whose search was left: GAP_LEFT */
  /* Of the exchange looked into: */
  uint32_t before, began, asked, answered;
  int left;
  Spot fresh, back;
} Gap;

/* Solves the club at prices (n), from where `s` stands. */
void gap_look(Gap *, Spot *s);
Spot gap_spot(Gap *);                                   /* room for one; arena_failed(mem) tells */
void gap_copy(const Gap *, Spot *to, const Spot *from);
void gap_home(const Gap *, Spot *s);                    /* the answer's own prices, where the gap is zero */

/* Is the gap at the spot exact: no pull, and the club clears? A positive one is then the gain of a club that exists. */
int gap_exact(Gap *, const Spot *s);

/* The gap at prices (n), from where `s` stands, with the pull as weak as it gets. GAP_CLOSED: no club clears its markets there, so G is minus infinity: what is left
 * uncleared stays the same however weak the pull and far the schedule; s holds a schedule at which nobody gains. GAP_UNKNOWN: s->gap is a bound or NaN. */
typedef enum { GAP_EXACT, GAP_CLOSED, GAP_UNKNOWN } GapKind;
GapKind gap_at(Gap *, Spot *s);

/* Searches; best: the spot of the largest gap found, exact where it is positive; its gap is NaN where none was. Returns 1 when memory failed. */
int gap_search(Gap *, Spot *best);
#endif
