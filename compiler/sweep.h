/* sweep.h: questions solved at many values of the parameters.
 *
 * POSING. The points of a sweep are known when the parameters are (its ranges are expressions over them). Every point gets its own
 * values, which stand above -D and below a question's `where`; derived parameters follow. A question is lowered once and then filled
 * with each point's data. Where the form of its conditions depends on data, points are lowered apart: passes may look at the signs of
 * parameters (min and max become inequalities where the sign of what multiplies them is known), so points of equal signs share a SHAPE;
 * and one point of each shape is posed anew and compared, so that a pass that looks at more is found out and every point then posed anew.
 *
 * RUNNING. Points are solved in chunks of neighbours along the last axis; the first of a chunk starts from the derived start, every other
 * from the solution before it (SweepOptions.cold: none does). Chunks depend on the sweep alone and not on who solves them, so that any
 * number of processes gives the same bytes. A point without a solution stops no other. */
#ifndef ECON_SWEEP_H
#define ECON_SWEEP_H
#include "pose.h"

enum { MOST_POINTS = 100000 };

/* Lays out the points of all->model->sweeps.at[sweep] and poses its questions at each. Diagnoses wrong ranges and points at which the
 * model is wrong; all->grid[sweep].npoint then stays 0. */
void sweep_pose(Posing *, Results *all, uint32_t sweep);
void sweep_release(Results *, uint32_t sweep);

typedef struct {
  uint64_t seed;
  double seconds;                                       /* for each solution, 0 = none */
  size_t memory;
  int cold;
  unsigned jobs;                                        /* processes; 0 and 1: this one */
  struct Journal *journal;                              /* or NULL: see sweep_journal.h */
  int (*tick)(void *ctx, const char *solution, double residual, const char *what);       /* nonzero interrupts; may be NULL */
  void *ctx;
} SweepOptions;

/* Solves what is not yet attempted. Returns 1 when interrupted: what was solved stays. */
int sweep_solve(const SweepOptions *, Results *, uint32_t sweep);

/* ---- between the files of this room ---- */

typedef struct { uint32_t from, to; } Chunk;            /* points [from, to) */
/* The k-th chunk of a sweep; returns 0 past the last. */
int sweep_chunk(const Grid *, uint32_t k, Chunk *out);

/* A solution as bytes that do not depend on the process that made them, and back. sweep_unpack returns 0, or 1 where the bytes are not
 * those of a solution with nx unknowns; texts are copied into the solution's own arena of at most `memory` bytes. */
void sweep_pack(const Solution *, uint32_t nx, Text *out);
int sweep_unpack(const char *bytes, size_t n, uint32_t nx, size_t memory, Solution *out);
/* The same for the answer of a point, of whatever concept its question is. sweep_unpack_answer fills r as solving it does, but for what
 * follows from the status of r->sol. */
void sweep_pack_answer(const Result *, Text *out);
int sweep_unpack_answer(Posing *, Results *, Result *r, const char *bytes, size_t n);
/* What was posed for the sweep, with the values of one point above -D: out->set lives in mem. */
void sweep_posing(const Results *, uint32_t sweep, uint32_t point, size_t memory, Arena *mem, Posing *out);
#endif
