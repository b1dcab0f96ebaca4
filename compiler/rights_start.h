/* rights_start.h: where the search for an equilibrium with rights to trade begins: the equilibrium without them. There the prices of
 * rights and the adjoints of recourse are zero, every condition holds but those of the later prices, and a homotopy leads on. */
#ifndef ECON_RIGHTS_START_H
#define ECON_RIGHTS_START_H
#include "pose.h"

/* Poses and solves the question of r without rights, and fills start (nx of r's problem; in r's arena) with its values by symbol, zero for
 * what is new; NaN where nothing is known. NULL: there is no such point, and the search begins as any other. */
const double *rights_start(Posing *, const Result *r, const Settings *);

/* Before an optimum with weights implied by a solution is solved: puts 1 / (marginal value of ex-ante wealth) of each type in `from` into r's
 * values and problem. Nonzero after a diagnostic, or where `from` was not solved. */
int rights_weights(Compilation *, Result *r, Result *from);
/* Does the search for r begin at another question's answer? */
int rights_starts(const Result *r);
#endif
