/* indices.h: what is known about indices from their sets alone: the static half of every question "is this that element?". */
#ifndef ECON_INDICES_H
#define ECON_INDICES_H
#include "economy.h"

/* 1 yes, 0 no, -1 it depends on the values of index variables. An absent predecessor is in no set and equal to nothing. */
int ix_within(const Economy *, Ix, SymId set);
int ix_same(const Economy *, Ix, Ix);
/* The predecessor of the node an index stands for. */
Ix ix_prev_of(Arena *, Ix);
Elem economy_prev(const Economy *, Elem node);          /* ELEM_NONE at the root and for what is no node */
int set_within(const Economy *, SymId a, SymId b);      /* every element of a is in b */

/* The value of an index, a condition, under bindings of some index variables (env[idx] = Elem, ELEM_NONE = unbound; env has n entries).
 * Parameters are not consulted, so that nothing depends on data. */
typedef struct { const Economy *e; Elem *env; uint32_t n; } Bindings;
int bindings_ix(const Bindings *, Ix, Elem *out);       /* 1 known (ELEM_NONE: absent), 0 unknown */
int bindings_cond(const Bindings *, const Expr *);      /* 1, 0, -1 unknown */
/* Is there, under the bindings, a reference for which is() holds that stands at a tuple of its own domain in a term that may be there? */
int bindings_occurs(const Bindings *, const Expr *, int (*is)(void *ctx, const Expr *ref), void *ctx);
#endif
