/* answer.h: the answer to one posed question: what it waits for, where the search begins, and what is proved beyond the certificate of its
 * conditions. For questions of a file and for those at a point of a sweep. */
#ifndef ECON_ANSWER_H
#define ECON_ANSWER_H
#include "pose.h"

/* Solves the question of r from the point `warm` (nx, may be NULL), else from r->warm, else from where such questions begin. 0: r->attempted
 * and r->sol are set. 1: r->waits names a solution that should have given weights or levels, or there is a diagnostic; nothing was solved. */
int answer_solve(Posing *, Results *, Result *r, const Settings *, const double *warm);
#endif
