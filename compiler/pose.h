/* pose.h: a question posed: the parameters in force for it, its own economy through the passes, lowered and checked. Nothing is solved. */
#ifndef ECON_POSE_H
#define ECON_POSE_H
#include "result.h"

/* What all questions of a run share. set: -D, in order. memory: the limit in bytes of each arena made here, 0 = none. memory_failed is
 * sticky: a posing that failed for want of memory is no mistake of the model. */
typedef struct { Compilation *cc; const Model *model; const Override *set; uint32_t nset; size_t memory; int memory_failed; } Posing;

Arena *pose_arena(const Posing *);                      /* NULL when out of memory */

/* The parameters in force for a question: those of the file, then -D, then `more` (a sweep's point), then `where`, whose expressions
 * are of the former. NULL after diagnostics. */
Values *pose_values(const Posing *, const Question *, const Override *more, uint32_t nmore, Arena *);

/* The question's own economy with these values, up to and with the pass `last` (NULL: all; with_passes 0: none). r gets an arena of its
 * own where it has none; r->values stays NULL when the passes found mistakes (diagnosed) or memory failed. */
void pose_economy(Posing *, const Question *, Values *, const char *last, int with_passes, Result *r);

/* Lowers what pose_economy left and checks what can be seen before numbers: structure and units of account. r->values becomes NULL after
 * diagnosed errors. */
void pose_lower(Posing *, Result *r);
#endif
