/* allocation.h: whether any allocation satisfies the markets, leaving prices aside. */
#ifndef ECON_ALLOCATION_H
#define ECON_ALLOCATION_H
#include "agent.h"

/* One linear program over the choices of all agents: their bounds and price-free affine constraints, and every market whose supply
 * less demand is affine in choices and free of prices. class: per block, NULL where it has no problem form. Returns
 * ECON_NO_ALLOCATION with a sentence in *said (in mem) that names the markets of the certificate; ECON_STALLED where there is an
 * allocation, nothing was decided or the program would be too large; ECON_MEMORY. */
EconStatus allocation_exists(const Problem *p, AgentClass **class, const double *x, Arena *scratch, Arena *mem, char **said);
#endif
