/* peer.h: the problems on which complementarity solvers are compared, as everybody sees them: lower <= x <= upper, F, its exact
 * Jacobian in compressed columns, one start, and one measure of what is returned.
 *
 *     exchange N     N types with power utility trade 5 goods; N*6 + 4 unknowns
 *     collateral 1   Environment 1 of the fire-sale paper: two types, two dates, promises under collateral
 *     spatial R      R regions with linear supply and demand and costs of transport between all of them (Samuelson 1952; Takayama and
 *                    Judge 1971); R prices and R*(R - 1) flows */
#ifndef PEER_H
#define PEER_H
#include "runtime/system.h"

typedef struct {
  Arena *mem;
  Problem *p;
  System *s;
  double *x0;                         /* the start */
  uint32_t n;
} Peer;

int peer_open(Peer *, const char *name, int size);      /* nonzero: no such problem, or memory failed */
void peer_close(Peer *);
/* F (n) at x; nonzero where it is not finite. The Jacobian is then refilled in s->jac by system_jacobian; rows from n on are not theirs. */
int peer_rows(Peer *, const double *x, double *F);
/* The largest |x - P(x - F)|, P the projection to the bounds; infinite where F is not defined. */
double peer_natural(Peer *, const double *x);
double peer_clock(void);                                /* seconds, monotonic */
#endif
