/* expect.h: what a model file expects of its solutions.
 *
 * `a = b` holds when |a - b| <= tolerance: `within x` is x itself, `within x%` is x percent of |b|; without `within` it is
 * 1e-9 * max(1, |b|). `a >= b` and `a <= b` may be missed by as much, `a > b` and `a < b` may not. A side that stands for several
 * values (a bare name) must hold for each. A quantity of a solution that was not solved fails. */
#ifndef ECON_EXPECT_H
#define ECON_EXPECT_H
#include "result.h"

typedef struct { unsigned held, failed, wrong; } Expectations;    /* relations; wrong: could not be understood (diagnosed) */

/* Checks every `expect` of the file; those that fail become diagnostics with an id that begins with "expect.". */
Expectations expect_check(Results *);
unsigned expect_count(const Model *);                   /* relations that the file expects */
#endif
