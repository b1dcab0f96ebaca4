/* multiple.h: as many certified solutions of a problem as can be found.
 *
 * The usual solution first. Then starts of two kinds by turns: the derived start with perturbed weights and price guesses, and price
 * vectors from a low-discrepancy sequence (Sobol up to 40 prices, reverse Halton up to 1,229; rotated by the seed), drawn on the simplex and
 * raised to powers so that extreme ratios are met, at which every agent's own problem is solved first. From each start Newton runs
 * plainly, and again with the known solutions deflated (deflate.h). Where a single relative price is free, excess demand is followed
 * over it on a grid that becomes coarser outwards, and every change of sign without a known solution is bisected.
 *
 * Two points are one solution where they differ by at most 1e-6, relative to sizes, or by at most 1e-3 and every condition holds half way
 * up to what a certificate accepts. Points that leave the same unknowns open are compared in the others alone, each as its least-trade
 * representative (represent.h).
 *
 * The search ends when `starts` starts in a row found nothing new; where the index theorem holds (index.h) and the indices of what was
 * found do not add to +1, when eight times as many did. */
#ifndef ECON_MULTIPLE_H
#define ECON_MULTIPLE_H
#include "problem.h"

typedef struct {
  uint32_t starts;                    /* without a new solution before the search ends; 0: 48 */
} MultipleOptions;

/* NOT_APPLIED: `why` says why. COMPLETE: the indices add to +1, as those of all equilibria do; pairs of opposite sign may still be
 * missing. MISSING: they do not, so there are more equilibria than were found. */
typedef enum { INDEX_NOT_APPLIED, INDEX_COMPLETE, INDEX_MISSING } IndexKnown;

typedef struct {
  EconStatus status;                  /* SOLVED or INDETERMINATE (one of them at least) with n > 0; else why there is none */
  Solution *of; uint32_t n;           /* each with an accepted certificate, by the first price that differs, ascending */
  Solution none;                      /* n = 0: the best point and what was tried, as problem_solve says it; else empty */
  int *index;                         /* n: 1, -1, or 0 where it has none */
  IndexKnown known;
  int sum;                            /* of the indices */
  const char *why;                    /* NOT_APPLIED: completes "because ..." */
  uint32_t starts, since, grid;       /* starts made in all; since the last new solution; points of the grid over one relative price */
  EconStatus stop;                    /* SOLVED: by the rule; else TIME, CANCELLED or MEMORY */
  Arena *mem;                         /* owns everything but the solutions' own memory */
} Multiple;

/* Always fills out (release with multiple_free); returns out->status. o may be NULL. */
EconStatus multiple_solve(const Problem *p, const Settings *s, const MultipleOptions *o, Multiple *out);
void multiple_free(Multiple *);
#endif
