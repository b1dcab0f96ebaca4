/* lower.h: from an economy in condition form to a problem (runtime/problem.h). Pass lower.
 * One kernel for each agent class and each family of market, equation or normalisation; types (class indices, binders that are not
 * nodes) are lanes, own indices and nodes are expanded. Parameters become slots and columns, filled by lowered_fill: moving data
 * recompiles nothing. */
#ifndef ECON_LOWER_H
#define ECON_LOWER_H
#include "pass.h"
#include "../runtime/problem.h"
#include "../runtime/sensitivity.h"

typedef struct Lowered Lowered;
struct Tangent;
Lowered *lower_economy(const Economy *, const Question *, const Values *, Arena *);      /* NULL after diagnosed errors; fills once */
int lowered_fill(Lowered *, const Values *, const Question *);                            /* parameters, columns, bounds, masses, fixed, start */
int lowered_holds(const Lowered *, const Values *);                                       /* are these the values it was last filled with? */
const Problem *lowered_problem(const Lowered *);
void lowered_print(const Lowered *, Text *out);                                          /* econc ir --after lower: kernels, inputs, bytecode; size independent of the number of types */

/* Where a symbol's value lives: absolute unknown index, or NO_INDEX when it has none there (a choice at another node: value 0). */
uint32_t lowered_index(const Lowered *, SymId, const Elem *ix, uint32_t n);
/* The block and lane of a type (its indices) of a class; 0 where it is not there. */
int lowered_lane(const Lowered *, SymId class, const Elem *type, uint32_t n, uint32_t *block, uint32_t *lane);
/* For a class's own symbol: the absolute index of its unknown at these own indices (after the type's) for the first lane, the next lanes
 * following; NO_INDEX when it has none there or belongs to no class. */
uint32_t lowered_own(const Lowered *, SymId, const Elem *own, uint32_t n);
/* A class's types: row-major type -> lane, or NO_INDEX where it is not there; masses by lane. NULL where the class has no block. */
const uint32_t *lowered_lanes(const Lowered *, SymId class, size_t *types, const double **mass);
/* How conditions, bounds and fixed values move along t at fixed unknowns x (nx), into a DataMove of zeros. Where there is no derivative
 * t->kink says why. The programs for it are compiled when first needed. Returns 0; 1 when memory failed. */
int lowered_move(Lowered *, const Question *, struct Tangent *t, const double *x, DataMove *out);
/* Where condition `row` (or check nx + i), where unknown i was written; 0 where nothing was. */
Origin lowered_condition_at(const Lowered *, uint32_t row);
Origin lowered_unknown_at(const Lowered *, uint32_t i);
/* Enumerates the tuples a symbol has values for (choices, multipliers, prices, variables): calls with full ix. */
void lowered_each(const Lowered *, SymId, void (*f)(void *ctx, const Elem *ix, uint32_t n, uint32_t index), void *ctx);
#endif
