/* effort.h: how much a solve may still do. Every loop of a solver asks here, so that time limits and interruption are honoured in
 * one place. Depends on problem.h only. */
#ifndef ECON_EFFORT_H
#define ECON_EFFORT_H
#include "problem.h"

typedef struct Effort {
  const Settings *s;
  double began;                       /* seconds of the monotonic clock */
  EconStatus stop;                    /* ECON_SOLVED (0) while work may go on; else ECON_TIME or ECON_CANCELLED */
} Effort;

Effort effort_begin(const Settings *s);
/* Reports progress and returns nonzero (sticky, the reason in e->stop) when the work must end. */
int effort_over(Effort *e, double residual, const char *what);
#endif
