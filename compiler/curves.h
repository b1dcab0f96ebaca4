/* curves.h: what a report or a plot shows over a sweep: for each quantity and each value of its free indices one number a point. */
#ifndef ECON_CURVES_H
#define ECON_CURVES_H
#include "result.h"

typedef struct { const char *label; Number *at; /* npoint */ int *digits; /* npoint: significant digits that were proven there */ } Curve;
typedef struct { Grid *grid; VEC(Curve) of; Arena *mem; const Showing *shown; /* of sets with very many elements */ } Curves;

enum { CURVES_NAMED = UINT32_MAX };
/* Adds the curves of one item. question: of which quantities without `NAME.` in front are; CURVES_NAMED: the sweep's first. title: the item
 * as written; indices that vary are added to it. prefix: the solution's name stands in front. A number is not known at a point without a
 * solution; what is zero for all that was proven is zero. Leaves the sweep at its first point. */
void curves_add(Curves *, Results *, const QueryItem *, uint32_t question, const char *title, int prefix);
#endif
