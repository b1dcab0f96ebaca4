/* start.h: a starting point derived from the problem itself. First a physically feasible interior allocation: the analytic centre
 *     max sum mass*log(x - lower) + ...   subject to every market's clearing and the agents' price-free constraints,
 * budgets and price-bearing constraints set aside; in an exchange economy that is the mean endowment for everybody. The levels of
 * activities (variables that stand in markets) are part of it. Then multipliers and prices fitted there, by damped Gauss-Newton, to the
 * agents' stationarity conditions, to equations (zero profit), and to those markets that prices move by themselves (factor demands from
 * unit costs); the positive ones in logarithms. */
#ifndef ECON_START_H
#define ECON_START_H
#include "effort.h"
#include "system.h"

typedef struct Start Start;
Start *start_new(System *s, Arena *mem);        /* NULL when memory failed */
Start *start_new_alone(System *s, Arena *mem);  /* the same, the user's start values left aside */
/* spread = 0: the derived start; > 0: types' weights and price guesses perturbed by that many log points with the given seed. ratios:
 * equalities between positive amounts are fitted as logarithms of ratios, felt from however far, not relative to their terms. */
typedef struct { double spread; uint64_t seed; int ratios; } StartKind;
/* Fills x (nx). Values the user gave (Problem.start) and fixed unknowns are kept. Always leaves a finite x. Returns 0 when the allocation meets
 * the markets, 1 when it does so only nearly or not at all. */
int start_derive(Start *st, double *x, StartKind kind, Effort *e);
void start_free(Start *st);
#endif
