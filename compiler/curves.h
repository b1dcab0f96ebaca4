/* curves.h: what a report or a plot shows over a sweep: for each quantity and each value of its free indices one number a point, or where a
 * question asks for all equilibria one number for each equilibrium that was found there. */
#ifndef ECON_CURVES_H
#define ECON_CURVES_H
#include "result.h"

typedef struct {
  const char *label;
  const uint32_t *first;                                /* npoint + 1: the numbers of point k are at[first[k]] to at[first[k + 1] - 1], one at least */
  Number *at;
  int *digits;                                          /* significant digits that were proven there */
  const Result *family;                                 /* the question (a sweep's) whose equilibria the several numbers are of, or NULL: one a point */
} Curve;
typedef struct { Grid *grid; VEC(Curve) of; Arena *mem; const Showing *shown; /* of sets with very many elements */ } Curves;

enum { CURVES_NAMED = UINT32_MAX };
/* Which equilibria of neighbouring points go together, over the n points listed, in that order? branch[first[k] + i] is the number, from 0, of the
 * i-th equilibrium of point k: equal where two are each other's nearest (every unknown relative to its largest size at the two points) and
 * their indices do not differ; a number of its own where that is so of no equilibrium of the point before. For curves with a family. NULL:
 * no memory. */
uint32_t *curves_branches(const Curve *, const uint32_t *point, uint32_t n, Arena *);

/* Adds the curves of one item. question: of which quantities without `NAME.` in front are; CURVES_NAMED: the sweep's first. title: the item
 * as written; indices that vary are added to it. prefix: the solution's name stands in front. A number is not known at a point without a
 * solution; what is zero for all that was proven is zero. Leaves the sweep at its first point. */
void curves_add(Curves *, Results *, const QueryItem *, uint32_t question, const char *title, int prefix);
#endif
