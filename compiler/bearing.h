/* bearing.h: constraints in which prices occur, found mechanically: what is decided before later prices are known and what after, which
 * constraints depend on those prices, and which later markets belong together (docs/methods.md, "Price-bearing constraints").
 *
 * The CUT is the root of the tree: decisions there are ex ante (x), all others are recourse (y). A price dated later is a LATER price
 * unless it stands in an ex-ante constraint: then it is known at the cut already, as every price of a market that meets once is. Likewise a
 * choice dated later that stands in an ex-ante constraint is decided ex ante. For each constraint at each node:
 *   BEAR_ROOT          E(x; q): decided with ex-ante choices alone, among them the ex-ante budget
 *   BEAR_ANTICIPATION  A(x; p): holds later, but no later choice stands in it; it restricts x
 *   BEAR_RECOURSE      R(x, y; p): some later choice of the agent stands in it
 * It BEARS a price when its derivative in a later price is not identically zero. A constraint E other than a budget in which an
 * ex-ante price stands bears at the root: there is no earlier stage to contract at, so no right is created for it. */
#ifndef ECON_BEARING_H
#define ECON_BEARING_H
#include "indices.h"

typedef enum { BEAR_ROOT, BEAR_ANTICIPATION, BEAR_RECOURSE } BearingKind;
#define BEARING_NONE UINT32_MAX

typedef struct {
  uint32_t agent, constraint;                           /* Economy.agents.at[agent].constraints.at[constraint] */
  uint32_t node;                                        /* of the tree; BEARING_NONE: undated */
  BearingKind kind;
  int bears;                                            /* A and R: a later price; E other than a budget: an ex-ante price */
  int ex_ante_budget;
} BearingConstraint;

/* A market at one later node: `prices` tuples of its price there that no normalisation sets, in one exchange group. */
typedef struct { uint32_t market, node, prices, group; } BearingMarket;

/* An entry of a later price that a normalisation sets: the price family and its indices. */
typedef struct { SymId price; Elem *ix; uint32_t n; } BearingNumeraire;

/* A claim traded at the cut in a segregated market: its own indices (types and node aside), and a later node at which it delivers. */
typedef struct { uint32_t market; Elem *own; uint32_t nown, node; } BearingClaim;

typedef struct Bearing {
  uint8_t *later;                                       /* by node: after the cut */
  uint8_t *ex_ante_price;                               /* by SymId: a price that stands in an ex-ante constraint */
  uint8_t *ex_ante_choice;                              /* by SymId: a choice that stands in an ex-ante constraint at a later node */
  VEC(BearingConstraint) constraints;
  VEC(BearingMarket) markets;
  VEC(BearingNumeraire) numeraires;
  VEC(BearingClaim) claim;
  uint32_t *group;                                      /* by node: its exchange group, BEARING_NONE where nothing later is traded */
  uint8_t *segregated;                                  /* by market: claims traded at the cut within an exchange */
  uint32_t ngroup;
  uint32_t *d, *claims;                                 /* by group: later prices, claims that deliver in it */
  uint32_t bearing, at_root;                            /* constraints that bear a later price, an ex-ante price (without spot budgets: `beyond`) */
  uint32_t beyond;                                      /* constraints other than budgets that bear a later price */
  const Normalisation *simplex;                         /* a normalisation of several later prices together, or NULL */
} Bearing;

/* Of an economy after pass markets (best after pass kkt, which turns own kinks into constraints). NULL when memory failed. Everything
 * lives in the arena of the economy. */
Bearing *bearing_of(Economy *);
int bearing_is_later(const Bearing *, const Economy *, SymId price_or_choice, uint32_t node);     /* of a price or choice dated at a node of the tree */
int bearing_is_numeraire(const Bearing *, SymId price, const Elem *ix, uint32_t n);
BearingKind bearing_kind(const Bearing *, uint32_t agent, uint32_t constraint, uint32_t node);
/* The same in plain words, a line each, for `explain`. */
void bearing_words(const Economy *, const Bearing *, Text *out);
#endif
