/* sample.h: a smaller problem of the same form, for a start where there are very many alike lanes (types). Of every large block a
 * sample of lanes is drawn, each with the number of lanes that it stands for (Block.count), so that the sums over lanes (markets,
 * aggregates) are those of the whole but for sampling error. Its solution gives prices and aggregates; the other lanes' unknowns are
 * predicted from those of the sample by a linear regression on the lanes' data. */
#ifndef ECON_SAMPLE_H
#define ECON_SAMPLE_H
#include "system.h"

typedef struct Sample Sample;

/* Whether some block has so many lanes that a sample pays, and no lane of any block refers to a single lane of another. */
int sample_applies(const Problem *p);
/* Draws the sample: systematic, with probabilities half by number and half by mass, so that a type with a large mass is in it; the
 * same for the same seed. NULL when memory failed. */
Sample *sample_new(const Problem *p, uint64_t seed, Arena *mem);
const Problem *sample_problem(const Sample *sm);
/* Extends a solution of the sample's problem to x (nx of the whole), inside the bounds of the whole's system. Returns 0; 1 when memory failed. */
int sample_extend(const Sample *sm, const double *found, const System *whole, double *x);
#endif
