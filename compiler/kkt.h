/* kkt.h: the parts of an agent's Lagrangian, for passes that build on the conditions of pass kkt:
 *     K = U + sum over constraints and their binders of weight * multiplier * residual. */
#ifndef ECON_KKT_H
#define ECON_KKT_H
#include "economy.h"

const Expr *kkt_objective(Economy *, const Agent *);                         /* in the class's own type variables */
const Expr *kkt_residual(Economy *, const Constraint *);                     /* received - spent, or the side that is at least zero, in the constraint's binders */
const Expr *kkt_multiplier(Economy *, const Agent *, const Constraint *);    /* its multiplier, likewise */
/* weight * multiplier * residual summed over the binders; Constraint.weight is set by pass kkt. */
const Expr *kkt_term(Economy *, const Constraint *, const Expr *multiplier);
uint32_t kkt_binds(const Constraint *, IdxId *out);                          /* the binders in the order of the multiplier's sets: the node last */
/* A fresh variable for an index over a set, named by a first letter that neither the class's types nor the n before it have. */
IdxId kkt_bind(Economy *, const Agent *, SymId set, const IdxId *before, uint32_t n);
#endif
