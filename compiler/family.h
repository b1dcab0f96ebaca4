/* family.h: questions with several answers. Their Result is a family: it has no values of its own but members, one for each equilibrium,
 * named with their numbers (`all[2]`). A query that names the family, or is read at it, stands for every member in order. */
#ifndef ECON_FAMILY_H
#define ECON_FAMILY_H
#include "result.h"

/* Solves the question for all equilibria and makes the members. A warning is added where the index says that some are missing (to a point of
 * a sweep none: family_warn_points, once for all of them). */
void family_solve(Result *, const Settings *);
/* Makes the members of what stands in r->many, which another process or run may have found. */
void family_settle(Result *);
/* The question was not solved: status and reason (copied into mem, which r owns from here on; may be NULL). */
void family_fail(Result *, EconStatus, const char *why, Arena *mem);
void family_release(Result *);

/* At how many points of a sweep does the index say that equilibria are missing? And the warning that says so. */
uint32_t family_missing(const Result *stand);
void family_warn_points(Results *, const Result *stand);

static inline int result_is_family(const Result *r) { return r->question && r->question->concept == Q_EQUILIBRIA && !r->family; }
/* Members of a family, a lone result itself: n results from at[0] on. */
static inline Result *result_parts(Result *r, uint32_t *n) {
  *n = result_is_family(r) ? r->nmember : 1;
  return result_is_family(r) ? r->member : r;
}

/* What a solution's name means where `here` is at hand: a family's name means its member at hand. A number past those found at the point of a
 * sweep that is at hand means the family, which has no values. NULL: there is none. */
Result *family_find(Results *, Str name, Result *here);
/* Is this the name of one of several equilibria of the question that stand is of, "all[2]", whether or not so many were found? */
int family_has(const Results *, const Result *stand, Str name);
/* The family whose members an expression runs over when `here` is at hand, or NULL. Only its count is read without that. */
Result *family_of(Results *, const Expr *, Result *here);
/* Diagnoses names that mean nothing: an equilibrium past the count, two families in one expression. Returns nonzero then. */
int family_check(Results *, const Expr *);

/* What the index says, as a clause: "index sum 1", "equilibria are missing (index sum -1)", "index not applied, because ...". */
void family_standing(const Result *, Text *out);
/* One line without a newline: how many were found, what the index says, why the search ended. */
void family_line(const Result *, Text *out);
/* Of all points of a sweep, behind its line: "; 1 to 3 equilibria at a point; index sum 1 everywhere". */
void family_points(const Result *stand, Text *out);
#endif
