/* shown.h: which elements of a long index are shown. A table of a million rows tells nobody anything: by default an index of more than
 * SHOWN_MOST elements shows its first three and the last, with sums over all of them (aggregate.h); `--sample K` shows K, evenly spread
 * over the set; `--full` all. */
#ifndef ECON_SHOWN_H
#define ECON_SHOWN_H
#include "economy.h"

enum { SHOWN_MOST = 60, SHOWN_FIRST = 3 };
typedef struct { uint32_t sample; int full; } Showing;

/* Is something left out of this set? With sample, any set of more than that many elements over which a class of agents has its types. */
int shown_cuts(const Showing *, const Economy *, SymId set);
uint32_t shown_count(const Showing *, const Economy *, SymId set);
uint32_t shown_position(const Showing *, const Economy *, SymId set, uint32_t i);         /* of the i-th that is shown; increasing */
#endif
