/* sweep_jobs.h: processes that take chunks of points and send back what they found.
 *
 * A worker is a copy of this process (fork), so that it has the model, the parameters and whatever is already solved; it is told a
 * chunk through a socket and answers with one message a point. The parent only listens, keeps what arrives, and hands out chunks. A
 * worker that ends before its chunk is done loses the point it was at; the rest of the chunk goes to a new one. */
#ifndef ECON_SWEEP_JOBS_H
#define ECON_SWEEP_JOBS_H
#include "sweep.h"

typedef struct {
  unsigned jobs;
  const Chunk *chunk; uint32_t nchunk;
  int close;                                            /* a descriptor that workers must not hold, -1 = none */
  void *ctx;
  int (*wanted)(void *ctx, uint32_t point);             /* is it still to be solved? */
  void (*solve)(void *ctx, uint32_t point);             /* in a worker */
  void (*pack)(void *ctx, uint32_t point, Text *out);   /* in a worker: what the parent's take reads */
  int (*take)(void *ctx, uint32_t point, const char *bytes, size_t n);      /* in the parent; nonzero: not understood */
  void (*lost)(void *ctx, uint32_t point, const char *why);                 /* in the parent: no worker came back with this point */
  int (*tick)(void *ctx);                               /* in the parent, ten times a second; nonzero stops all workers */
} Jobs;

/* Runs all chunks. 0 done, 1 stopped by tick, -1 no worker could be started: nothing, or not everything, was handed out. */
int jobs_run(const Jobs *);
#endif
