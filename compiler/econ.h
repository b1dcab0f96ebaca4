/* econ.h: the public face of libecon. All that the command `econc` can do.  Names econ_verb_noun.
 *
 *     Econ *m = econ_open(NULL);
 *     if (!econ_load_file(m, "model.econ") && !econ_set(m, "gamma=3") && !econ_solve(m)) puts(econ_json(m));
 *     econ_close(m);
 *
 * Every function returns an EconExit (0 = fine). Texts belong to the handle and live until the next call that makes one of the same
 * kind. A handle is used by one thread at a time; two handles are independent. */
#ifndef ECON_H
#define ECON_H
#include <stddef.h>
#include <stdint.h>

#define ECON_VERSION "0.1"

typedef enum { ECON_OK = 0, ECON_WRONG = 1 /* the model is wrong */, ECON_USAGE = 2, ECON_UNSOLVED = 3, ECON_UNEXPECTED = 4 /* an expect does not hold */ } EconExit;
typedef struct {
  const char *library;                                  /* folders of the library, separated by colons; NULL: $ECON_LIBRARY, then the built-in path */
  size_t memory;                                        /* bytes, 0 = no limit */
  double seconds;                                       /* for each solve, 0 = none */
  uint64_t seed;
  uint32_t sample;                                      /* types shown in tables, JSON and CSV, evenly spread; 0: tables the first few, the others all */
  int full;                                             /* tables show every row */
  int (*tick)(void *ctx, const char *solution, double residual, const char *what);       /* progress; nonzero interrupts */
  void *ctx;
  unsigned jobs;                                        /* processes for the points of sweeps; 0 and 1: this one alone */
  int cold;                                             /* every point of a sweep is solved from the derived start, not from its neighbour */
  const char *resume;                                   /* file that keeps the finished points of sweeps from run to run, or NULL */
} EconOptions;
typedef struct Econ Econ;

Econ *econ_open(const EconOptions *);                   /* NULL when out of memory */
void econ_close(Econ *);
EconExit econ_load_file(Econ *, const char *path);      /* reads and elaborates; diagnostics through econ_diagnostics */
EconExit econ_load_text(Econ *, const char *name, const char *text, size_t size);
EconExit econ_set(Econ *, const char *assignment);      /* -D: "gamma=3", "e[lender,c1@now]=4" */
EconExit econ_check(Econ *);                            /* all passes, no solving */
EconExit econ_solve(Econ *);                            /* every question in order; keeps what was solved when one fails */
EconExit econ_expect(Econ *);                           /* the file's expect lines against what is solved; report through econ_expectations */
const char *econ_diagnostics(Econ *);                   /* everything said so far, as printed to a person */
const char *econ_tables(Econ *);                        /* what `report` asks for (or all), for people */
const char *econ_expectations(Econ *);
const char *econ_json(Econ *);
const char *econ_csv(Econ *);
/* The same, handed over piece by piece: output of any length in little memory. put returns nonzero when it cannot go on; then so do these. */
int econ_write_json(Econ *, int (*put)(void *ctx, const char *s, size_t n), void *ctx);
int econ_write_csv(Econ *, int (*put)(void *ctx, const char *s, size_t n), void *ctx);
EconExit econ_get(Econ *, const char *query, const char **numbers);                      /* --get: numbers, one a line, 17 digits */
EconExit econ_number(Econ *, const char *query, double *value);                          /* a query with a single value */
/* only: NULL, the name of a solution (its economy, as its question changes it) or of a part of the economy. */
EconExit econ_explain(Econ *, int latex, const char *only, const char **text);
/* What is there only in the economy of one question (lines that begin with -) or only in that of the other (+). */
EconExit econ_explain_diff(Econ *, const char *a, const char *b, const char **text);
/* Likewise of the first questions of two models; the text and the messages belong to `after`. */
EconExit econ_explain_files(Econ *before, Econ *after, const char **text);
/* after: NULL (all passes), "elaborate" (none), the name of a pass, or "lower" (the problem's kernels). */
EconExit econ_ir(Econ *, const char *after, const char **text);
EconExit econ_ir_file(Econ *, const char *path, const char *after, const char **text);   /* reads such a text back, runs the passes it has not been through up to `after` (NULL: none), writes it */
EconExit econ_format_text(Econ *, const char *name, const char *text, size_t size, const char **out);
/* The file in canonical layout; path "-" is standard input. *changed: it differs from what the file holds. */
EconExit econ_format_file(Econ *, const char *path, const char **out, size_t *size, int *changed);
EconExit econ_new_institution(Econ *, const char *name, const char **text);              /* a chapter with one institution; ECON_USAGE: not a name */
EconExit econ_new_institution_test(Econ *, const char *name, const char **text);         /* a model that applies it, with expectations */
EconExit econ_new_model(Econ *, const char *name, const char **text);                    /* a small commented model that runs; ECON_USAGE: not a name */
unsigned econ_expected(Econ *, unsigned *held, unsigned *failed);                        /* relations expected by the file; of the last econ_expect */
const char *econ_tables_full(Econ *);                   /* econ_tables with every claim of every certificate */
const char *econ_failures(Econ *);                      /* for each question without a solution: what was tried, worst conditions, what to try */
const char *econ_why(const char *code);                 /* what a diagnostic's code means: static text, or NULL */

/* Certificate of a solution, and of any other point (planted answers, results computed elsewhere): the vector of unknowns in the
 * problem's order. */
size_t econ_unknowns(Econ *, const char *solution);
EconExit econ_unknown_name(Econ *, const char *solution, size_t i, char *buf, size_t n);
typedef enum { ECON_PRICE, ECON_VARIABLE, ECON_AGGREGATE, ECON_SLACK, ECON_CHOICE, ECON_MULTIPLIER } EconRole;
/* block, slot, lane: an agent's unknown is one slot of its class for each lane (type); SIZE_MAX for what belongs to no agent. loose:
 * the solution does not determine it. */
typedef struct { EconRole role; size_t block, slot, lane; int loose; } EconUnknown;
EconExit econ_unknown(Econ *, const char *solution, size_t i, EconUnknown *out);
const char *econ_solution_name(Econ *, size_t i);       /* of the file's i-th question, NULL past the last */
EconExit econ_get_vector(Econ *, const char *solution, double *x);
EconExit econ_certify(Econ *, const char *solution, const double *x, int *accepted, const char **report);
/* The file's plots, in order: i from 0, nothing past the last. `name` is a file's stem without folder or ending, made of letters, digits
 * and _. svg: a standalone picture; data and script: for gnuplot, the script reading DATA_FILE (NULL: name.dat). Texts live until the next call. */
size_t econ_plots(Econ *);
EconExit econ_plot_svg(Econ *, size_t i, const char **name, const char **svg);
EconExit econ_plot_data(Econ *, size_t i, const char *data_file, const char **name, const char **data, const char **script);
int econ_by_ladder(Econ *, const char *solution);       /* 1 when the direct method did not do it */
#endif
