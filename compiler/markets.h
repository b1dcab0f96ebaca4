/* markets.h: the parts of pass markets: markets.c (derived bodies, nodes, claims), numeraire.c (normalisations), implied.c. */
#ifndef ECON_MARKETS_H
#define ECON_MARKETS_H
#include "indices.h"
#include "pass.h"

/* The agent's residual lhs - rhs of a constraint, summed over its binders where its condition holds. */
const Expr *constraint_total(Economy *, const Constraint *);
/* E_TOTAL of an expression in the class's own type variables, over fresh ones. */
const Expr *class_total(Economy *, const Agent *, const Expr *, Origin);
/* The part without any price: prices (and firms' profits, which are made of prices) replaced by zero. Exact where prices enter linearly. */
const Expr *price_free(Economy *, const Expr *);
/* The additive terms of an expression: sums, signs and `if ... else 0` taken apart. */
typedef struct { const Expr *x; int negative; } SignedTerm;
typedef VEC(SignedTerm) SignedTerms;
void signed_terms(Economy *, const Expr *, SignedTerms *out);
Bindings bindings_new(const Economy *);                 /* all unbound; env NULL when memory failed */

void markets_implied(Economy *);                        /* adds the numeraire's markets */
/* Slacks, and a numeraire where one is needed and nobody said one; 1 after an error. in_goods: a normalisation of several later prices together
 * becomes one of a single good's, where that changes the unit of account alone (Economy.quoted). */
int markets_normalise(Economy *, int in_goods);
#endif
