/* search.h: an independent search for a better plan of one agent at given prices, where concavity proves nothing. Augmented
 * Lagrangian (Hestenes, Powell, Rockafellar; Nocedal and Wright, ch. 17) with a projected limited-memory BFGS inside, from several
 * starts: the plan itself, the all-lower and all-upper corners of the box, random corners and random points. It shares nothing with
 * the solver of the conditions and reads only the problem form. What it finds is evidence, not proof. */
#ifndef ECON_SEARCH_H
#define ECON_SEARCH_H
#include "agent.h"

typedef struct {
  double gain;                        /* best gain found in ex-ante money, net of the worth of what little it violates; >= 0 */
  unsigned starts;                    /* starts made */
} Search;

/* The lane loaded in a. box bounds the starts (corners stand at +-box where a choice is unbounded) and the plans tried; money is the
 * size of its budget, scale of a choice; both > 0. best receives nchoice numbers: the best plan found. mem takes scratch. */
Search agent_search(AgentClass *a, double box, double scale, double money, uint64_t seed, Arena *mem, double *best);
#endif
