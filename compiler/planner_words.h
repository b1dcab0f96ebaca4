/* planner_words.h: what is said about an optimum beside its numbers. */
#ifndef ECON_PLANNER_WORDS_H
#define ECON_PLANNER_WORDS_H
#include "result.h"

/* How good it is, as the end of a line: "; no allocation is better by more than 2e-10 in ex-ante money (proved)". support: its claim. */
void planner_claim(const Claim *support, Text *out);
/* Levels that do not bind, and beliefs that differ, likewise. */
void planner_remarks(const Result *, Text *out);
#endif
