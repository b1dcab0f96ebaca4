#include "effort.h"
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

Effort effort_begin(const Settings *s) { return (Effort){s, now(), ECON_SOLVED}; }

int effort_over(Effort *e, double residual, const char *what) {
  if (e->stop != ECON_SOLVED) return 1;
  if (e->s->tick && e->s->tick(e->s->ctx, residual, what)) e->stop = ECON_CANCELLED;
  else if (e->s->seconds > 0.0 && now() - e->began > e->s->seconds) e->stop = ECON_TIME;
  return e->stop != ECON_SOLVED;
}
