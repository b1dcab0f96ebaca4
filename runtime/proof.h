/* proof.h: the agents' part of a certificate: what each can gain by deviating (claim agent_global). */
#ifndef ECON_PROOF_H
#define ECON_PROOF_H
#include "problem.h"
#include "system.h"

/* Fills out->claim[CLAIM_AGENT_GLOBAL] and out->gain at x. terms: nx, the sizes of the conditions' terms at x. holds: the conditions
 * and markets were checked and hold; only then are plans searched for where concavity proves nothing. Texts live in mem. Returns
 * ECON_SOLVED, ECON_CANCELLED when the tick asked for it, or ECON_MEMORY. */
EconStatus proof_agents(const Problem *p, const System *sys, const double *x, const double *terms, const Settings *s, int holds,
                        Arena *mem, Certificate *out);

/* An arena within the memory that s allows (s may be NULL); NULL when there is none. */
Arena *proof_scratch(const Settings *s);

/* Text and names in an arena, for witnesses. Names are never NULL. */
char *proof_text(Arena *mem, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *proof_unknown(const Problem *p, uint32_t i, Arena *mem);
static inline const char *proof_sought(const Problem *p) { return p->names.sought ? p->names.sought : "solution"; }
const char *proof_condition(const Problem *p, uint32_t row, Arena *mem);
const char *proof_lane(const Problem *p, uint32_t block, uint32_t lane, Arena *mem);
#endif
