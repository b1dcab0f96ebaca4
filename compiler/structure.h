/* structure.h: which conditions of a problem can determine which unknowns, in the model's words. See docs/methods.md, section 10. */
#ifndef ECON_STRUCTURE_H
#define ECON_STRUCTURE_H
#include "lower.h"
#include "../runtime/system.h"

/* A short list of unknowns or conditions: instances of one family stand as one entry, `fx[..]`, by nodes where these are few; at most a
 * few entries, then "and 3 more". name: of Problem.names. */
typedef size_t (*NameOf)(void *ctx, uint32_t i, char *buf, size_t n);
void structure_list(const Names *, NameOf name, const uint32_t *at, uint32_t n, Text *out);

/* Errors "structure.over" and "structure.under" where, whatever numbers the economy has and whichever bounds bind, no choice of one
 * unknown for each condition exists. Work is linear in the size of the model. Returns 0, or 1 after an error. */
int structure_check(const Lowered *, Compilation *);

/* Errors "numeraire.double" where a normalisation adds nothing to what fixes the level of its prices already, warnings "numeraire.free"
 * where nothing fixes one. e: the economy that was lowered. Returns the number of errors; 0 too where the economy is too large or
 * nowhere defined to be judged. */
int homogeneity_check(const Lowered *, Compilation *, const Economy *e, Arena *mem);

/* Some point inside the domain of the rows asked for, drawn at random: x (nx), choices above their lower bounds, prices positive. */
void structure_point(const System *, uint64_t draw, double *x);

/* What makes conditions over-determined, from their derivatives at random points and with other parameters (a dense matrix: small parts only). Of `row`, those
 * in `core` hang together by more than one identity; of the unknowns that these contain, `joint` enter only in ncombined combinations,
 * which the conditions in `settled` determine; the others are `rest`. */
typedef struct {
  uint32_t *core, ncore;
  uint32_t *joint, njoint, ncombined;
  uint32_t *settled, nsettled;
  uint32_t *left, nleft;                                /* core without settled */
  uint32_t *rest, nrest;
} Surplus;
enum { SURPLUS_ROWS = 300 };
/* 0; 1 where the part is too large, not defined at any point tried, or memory failed. */
int structure_surplus(System *, const uint32_t *row, uint32_t nrow, const uint32_t *col, uint32_t ncol, Surplus *out, Arena *mem);
/* Of the conditions row[0 .. n), those whose derivatives are linearly dependent at a random point: some of them follow from the others
 * or contradict them. out: n places. 0; 1 where they are defined at no point tried, or memory failed. */
int structure_redundant(System *, const uint32_t *row, uint32_t n, uint32_t *out, uint32_t *count, Arena *mem);
#endif
