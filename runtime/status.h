/* status.h: why a solver stopped, with the words for it. */
#ifndef ECON_STATUS_H
#define ECON_STATUS_H
#define ECON_STATUS(X) \
  X(SOLVED, "solved") \
  X(INDETERMINATE, "solved; some quantities are not determined") \
  X(STALLED, "no further progress") \
  X(ITERATIONS, "iteration limit") \
  X(TIME, "time limit") \
  X(MEMORY, "memory limit") \
  X(CANCELLED, "interrupted") \
  X(SINGULAR, "singular system") \
  X(DOMAIN, "no start inside the domain of the functions") \
  X(INFEASIBLE, "an agent has no feasible plan") \
  X(UNBOUNDED, "an agent's problem has no maximum") \
  X(NO_ALLOCATION, "no allocation satisfies the markets and constraints at any price") \
  X(NOT_CERTIFIED, "the conditions hold, but a check of the answer failed") \
  X(NOT_SUPPORTED, "no solver for this kind of problem") \
  X(LIBRARY, "a library failed") \
  X(WAITS, "what it takes from another solution is not there") \
  X(OUT_OF_REACH, "no allocation was found that gives the levels asked for")
typedef enum {
#define X(k, t) ECON_##k,
  ECON_STATUS(X)
#undef X
  ECON_STATUS_N
} EconStatus;
const char *econ_status_text(EconStatus s);
#endif
