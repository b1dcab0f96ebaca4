/* readable.h: the same expression as a person would write it. For printing alone: nothing here feeds the solver. */
#ifndef ECON_READABLE_H
#define ECON_READABLE_H
#include "indices.h"

/* Conditions that indices decide are decided, sums over one element are that element, predecessors of known nodes are named,
 * probabilities of a tree without branches are one, signs stand outside, a positive term stands first. */
const Expr *expr_readable(const Economy *, Arena *, const Expr *);
/* Without the guards of nodes of probability zero: if w = 0 then 1 else w. */
const Expr *expr_unguarded(Arena *, const Expr *);
/* Term by term, inside sums and branches. */
const Expr *expr_divided(Arena *, const Expr *, const Expr *by);
int expr_distinguishes(const Expr *, IdxId);            /* does a condition compare the variable with an element? */
#endif
