/* idle.h: activities that shut down at prices which do not pay. */
#ifndef ECON_IDLE_H
#define ECON_IDLE_H
#include "mcp.h"

/* Takes agents whose every choice is negligible to the limit that Newton's method in logarithms approaches without end: the choices
 * shrink in proportion to where nothing in the economy can see them. x keeps its values where a residual would grow by it. Returns the
 * residual at x, which is `worst` where nothing was done. */
double idle_fade(Mcp *m, const System *s, double *x, double worst);
/* gone (nx): 1 for the constraints (their multipliers' places) of lanes that idle_fade has taken to nothing, 0 elsewhere. Along the
 * proportions of such a lane these rows alone say that it stands still, in units of their own. */
void idle_rows(const System *s, const double *x, uint8_t *gone);
#endif
