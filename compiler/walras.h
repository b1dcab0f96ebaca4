/* walras.h: the parts of pass walras: walras.c (the value identity at each node), leak.c (what remains of it, in words). */
#ifndef ECON_WALRAS_H
#define ECON_WALRAS_H
#include "monomial.h"

typedef enum { FROM_BUDGET, FROM_PROFIT, FROM_OWNERS /* profit paid out */, FROM_MARKET, FROM_CLAIM, FROM_EQUATION, FROM_ACTIVITY } From;
/* One term as it is written, before indices take values. */
typedef struct {
  From from; const Agent *a; const Constraint *c; const Market *m;
  const Expr *x; int negative;
  Origin at;
  SymId activity;                                       /* FROM_ACTIVITY: its scale */
} Flow;
typedef struct { uint32_t first, n; } Range;            /* of sources */
typedef struct { Term t; uint32_t source, type; } Entry; /* one term of the identity; type: which of the class's */

/* What is found wrong with a source, over all types and nodes. */
typedef enum { LEAK_NONE, LEAK_FLOW, LEAK_UNPRICED, LEAK_TIMES, LEAK_SHARES, LEAK_PROFIT, LEAK_FREE /* consumed, in no budget */, LEAK_DEBT /* of any sign, held by nobody */,
               LEAK_VAIN /* paid, and gives nothing */, LEAK_IDLE /* made or used, neither sold nor bought */, LEAK_TWICE /* a budget written twice */,
               LEAK_UNPAID /* a burden for which its owner's budgets receive nothing */,
               LEAK_RENT /* a rent that an inequality sets, paid to nobody */,
               LEAK_ACTIVITY /* what an activity pays by its unit cost is not what is received of it */ } LeakKind;
typedef struct {
  LeakKind kind; uint32_t source; double real;          /* of the first place: positive when it is paid */
  int of_identity;                                      /* found in the sum of all budgets, not in one of them */
  int in_part;                                          /* something stands against it, but not as much */
  double total;                                         /* the sum of shares, the coefficient */
  SymId choice, price;                                  /* LEAK_TIMES, in a derived market */
  Elem node, good;
  uint32_t nodes; Elem last;                            /* how many nodes, the last of them */
  uint8_t *type; uint32_t ntypes;
} Leak;
typedef struct { const Market *m; uint64_t key; uint32_t price /* its atom */; int bought, sold, wanted, offered /* in the end, not only to be passed on */; } Side;
typedef struct { const Market *m; uint32_t price /* its atom */; Elem node /* where it pays */; double pays; int varies; } Payoff;

/* value: y*(cost - price); counted: it is taken for an activity. */
typedef struct { const Equation *q; const Expr *value; int counted; } Activity;

typedef struct {
  Economy *e; const Values *v; Arena *mem;
  Monomials m;
  VEC(Flow) sources;
  Range **of_constraint, *of_profit, *of_market;        /* by agent and constraint; by agent; by market */
  VEC(Entry) list;                                      /* the identity at the node at hand */
  Elem node; int dated;
  VEC(Leak) leaks; VEC(Payoff) payoffs;
  VEC(Activity) activities;
  uint8_t *differs;                                     /* by market: its written body is part of what does not add up */
  uint8_t *delivers;                                    /* by price atom */
  uint32_t ndelivers;
  VEC(Side) sides;                                      /* derived markets, by their indices but the node */
  uint8_t *bent; uint32_t nbent;                        /* by source: a choice enters it other than as a factor */
  uint8_t *cone;                                        /* by agent: a firm whose problem is a cone: its profit is zero */
  int balance;                                          /* terms without a price are amounts of the numeraire */
} Walras;

/* Judges the identity in w->list at w->node. */
void leaks_find(Walras *);
/* A derived market's quantities of its good must enter once; z are the n terms of demand less supply, not yet scaled; their order changes. */
void leaks_coefficients(Walras *, const Market *, Elem good, Elem node, Entry *z, uint32_t n);
Leak *leak_add(Walras *, LeakKind, const Entry *);
int leak_mentions(const Expr *, SymId);
/* Choices without a counterpart: unpaid.c. note: at each node, before the identity is judged; find: after all of them. */
void unpaid_note(Walras *);
void unpaid_find(Walras *);
/* An amount of any sign that is put aside without a price: what is negative of it is owed to nobody. */
int unpaid_debt(Walras *, const Atom *);
/* The value of x where every other unknown is some positive number and the choices of the class (only one of them unless 0) are scaled. */
double scaled_value(Walras *, const Agent *, SymId only, const Expr *x, double scale);
/* What each entry of a choice does for its owner (earnings.c). */
void earnings_find(Walras *);
/* Who comes to derived markets: fills w->sides (sides.c). */
void sides_find(Walras *);
/* Activities (activity.c): those there may be; what they pay, at w->node; the choice of those that are counted in the given trial, 0
 * when there are no more trials. */
int activities_open(Walras *);
void activities_add(Walras *);
int activities_try(Walras *, uint32_t trial);
/* Says what was found; errors and warnings. */
void leaks_say(Walras *);
/* Money that moves in conditions that are no budgets: the identity of the budgets alone is then nothing that must hold. */
const Constraint *money_outside_budgets(Economy *);
#endif
