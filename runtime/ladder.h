/* ladder.h: what is tried, in which order, to find a point that meets the conditions. Each rung is one method; a new one is a new
 * line in the table of ladder.c. Rungs see the same workspace and leave a point; whether it is an answer the certificate says. */
#ifndef ECON_LADDER_H
#define ECON_LADDER_H
#include "mcp.h"
#include "start.h"

typedef struct Ladder {
  System *s;
  Mcp *mcp;
  Start *start;                       /* NULL until a rung derives a start */
  Effort *effort;
  Arena *mem;
  double tol;
  const double *warm;                 /* nx, or NULL */
  uint64_t seed;
  double *x;                          /* nx: the point of the attempt */
  double *shift, *from, *try;         /* nx each, of homotopies; NULL until the first */
  int iterations;                     /* of the attempt */
} Ladder;

typedef struct {
  const char *name;
  int direct;                         /* no fallback: does not count as by the ladder */
  int needs_warm;
  int (*applies)(const Problem *p);   /* NULL: always */
  McpInfo (*climb)(Ladder *l, unsigned round);
} Rung;

/* The first rungs, by number; the other starts follow. */
enum { RUNG_WARM, RUNG_WARM_HOMOTOPY, RUNG_SAMPLE, RUNG_DIRECT, RUNG_RATIOS, RUNG_HOMOTOPY, RUNG_SMOOTHING };
extern const Rung ladder_rungs[];
extern const unsigned ladder_nrungs;

/* x: nx numbers to work on; NULL for memory of its own. NULL when memory failed; ladder_free releases library memory. */
Ladder *ladder_new(System *s, Effort *e, double tol, uint64_t seed, const double *warm, double *x, Arena *mem);
void ladder_free(Ladder *l);
/* One attempt. Leaves its point in l->x, polished. info.residual is the largest relative residual of the original conditions there and
 * info.status ECON_SOLVED exactly when that is at most l->tol. */
McpInfo ladder_attempt(Ladder *l, unsigned rung);
#endif
