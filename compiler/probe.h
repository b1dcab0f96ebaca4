/* probe.h: expressions evaluated at random points that respect what the file says of its unknowns: bounds of choices and variables, prices
 * that are positive. What has one sign at all of them has one sign as far as bounds tell. Parameters that are zero are some
 * positive number instead: what is absent by the data is there, so that a sparse table is judged by what it could hold. */
#ifndef ECON_PROBE_H
#define ECON_PROBE_H
#include "walras.h"

enum { PROBE_DRAWS = 96, PROBE_POS = 1, PROBE_NEG = 2 };

/* One entry of an unknown that is looked at by itself; sym 0: none. Inside given(...) and total(...) it is somebody else's. */
typedef struct { SymId sym; size_t at; } Entity;

struct Probe;
/* NULL when memory failed. Index variables are bound in w->m.eval.env by the caller. */
struct Probe *probe_new(Walras *);
/* The value of x at draw number `draw`, the entity taken at `where` (0 or 1: the lower or the higher of two points of its own). */
double probe_value(struct Probe *, const Expr *x, uint32_t draw, Entity, int where);
/* The signs that the product of n factors takes: PROBE_POS, PROBE_NEG, both, or 0 where it is zero everywhere. */
int probe_sign(struct Probe *, const Expr *const *factor, uint32_t n);
/* How x moves with the entity: the signs of its change over all draws. */
int probe_moves(struct Probe *, const Expr *x, Entity);
/* Whether evaluating x asks for the entity, outside given(...) and total(...) too. */
int probe_touches(struct Probe *, const Expr *x, Entity);
#endif
