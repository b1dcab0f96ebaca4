/* rights_start.h: where the search for an equilibrium with rights to trade begins: the equilibrium without them. There the prices of
 * rights and the adjoints of recourse are zero, every condition holds but those of the later prices, and a homotopy leads on. */
#ifndef ECON_RIGHTS_START_H
#define ECON_RIGHTS_START_H
#include "pose.h"

/* Poses and solves the question of r without rights, and fills start (nx of r's problem; in r's arena) with its values by symbol, zero for
 * what is new; NaN where nothing is known. NULL: there is no such point, and the search begins as any other. */
const double *rights_start(Posing *, const Result *r, const Settings *);

/* to[weight][type] = 1 / (marginal value of ex-ante wealth) in the solved equilibrium `from`, by the symbols of the planner's weights in e and
 * for the classes with to[weight]. Nonzero where some value is not positive. */
int rights_marginal_wealth(Result *from, const Economy *e, double *const *to);
/* Writes an answer into the unknowns of the same question with rights or of an optimum, prices of rights zero where it has none; others are left as they are. */
void rights_at_zero(Result *base, const Result *r, double *start);

/* The same into new arrays, in r's arena; NULL where there is none. */
double **rights_implied(Result *from, const Result *r);
/* r's starting point (nx, in its arena) out of another solution of the file's economy, an equilibrium or an optimum; NaN where it says nothing. */
double *rights_start_from(Result *from, const Result *r);
/* from: an equilibrium whose later prices are normalised together; r: a question on it that quotes them in one good (Economy.quoted). The same
 * equilibrium in that unit of account, exactly, into the unknowns x of r. Nonzero where it was not found. */
int rights_requoted(Posing *, Result *from, const Result *r, double *x);
/* The question of r as an equilibrium without rights, posed and not lowered; base->values is NULL where that failed. */
void rights_pose_plain(Posing *, const Result *r, Question *plain, Result *base);
/* The same lowered and solved: nonzero where it was not. Release base with rights_plain_free always. */
int rights_plain(Posing *, const Result *r, const Settings *, Question *plain, Result *base);
void rights_plain_free(Result *base);
/* The first ex-ante budget of a class; NULL: none. */
const Constraint *rights_root_budget(const Agent *);
/* Does the search for r begin at another question's answer? */
int rights_starts(const Result *r);
#endif
