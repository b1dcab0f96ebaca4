/* random.h: what the kinds of random economies share (random.c): numbers that are drawn and written alike, text, the reading of answers,
 * and verdicts. */
#ifndef ECON_TESTS_RANDOM_H
#define ECON_TESTS_RANDOM_H
#include "../compiler/econ.h"

#define TOL 1e-7

typedef struct { uint64_t s; } Rng;
double rng_unit(Rng *);
int rng_int(Rng *, int lo, int hi);                     /* both ends included */
double four(double x);                                  /* what four digits of it read back as */
double rng_between(Rng *, double lo, double hi);
double rng_ratio(Rng *, double lo, double hi);          /* uniform in logarithms */

typedef struct { char *at; size_t n, room; } Buf;       /* free(at) */
__attribute__((format(printf, 2, 3))) void put(Buf *, const char *fmt, ...);
int write_text(const char *folder, const char *kind, uint64_t seed, const Buf *text);

/* A finite value; else says what is missing and returns 1. */
__attribute__((format(printf, 3, 4))) int ask(Econ *, double *to, const char *fmt, ...);

typedef struct { int wrong; char why[256]; } Verdict;   /* the first thing that is wrong */
/* gap <= TOL * scale, or it is wrong. */
__attribute__((format(printf, 4, 5))) void must(Verdict *, double gap, double scale, const char *fmt, ...);

typedef struct { int collateral, equilibria, rights, verbose; uint64_t seed, count; const char *write; } Options;

/* Economies with rights to trade (random_rights.c): the whole run with its summary. Nonzero where an answer is wrong or too few are found. */
int rights_run(const Options *);
#endif
