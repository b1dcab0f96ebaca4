/* verdict.h: what is said about a solution as a whole: how sure it is, or why there is none. Words only; numbers of the model's
 * quantities are compiler/report.h. */
#ifndef ECON_VERDICT_H
#define ECON_VERDICT_H
#include "result.h"

const char *claim_name(ClaimId);
const char *claim_status_name(ClaimStatus);             /* "proved", "checked", "evidence", "not_checked", "refuted" */
/* Significant digits that a residual of this size stands behind, 4 to 10. */
int proven_digits(const Solution *);

/* One line without a newline: "solved, certified: residual 3e-14, markets 1e-15, no agent can gain more than 2e-12 in ex-ante money (proved)". */
void verdict_line(const Result *, Text *out);
/* The same for a sweep's question: how many points are solved, and the weakest of what was found there. */
void verdict_points(const Result *, Text *out);
/* Every claim with its method, domain and witness, one block a claim, each line behind `indent` blanks. */
void verdict_certificate(const Problem *, const Certificate *, unsigned indent, Text *out);
/* Why there is no solution: what was tried, the worst conditions at the best point reached, what to try. Several lines. where: behind the
 * solution's name, " at dD = 0.3", or "". */
void verdict_failure(const Result *, const char *where, Text *out);
/* The points of a sweep's question without a solution: the first few in full, others by a line. */
void verdict_failures(const Results *, const Result *, Text *out);
#endif
