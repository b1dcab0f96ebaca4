/* statistic.h: functions of solutions, called in report, expect, plot and --get by plain names. A call becomes a node E_STAT: v is its
 * line in econ_statistics; kid[] are its arguments in the order of the table, without the type (a value is an expression, a parameter
 * a reference E_REF with all its indices, a solution or a choice an E_NAMED); sym and ix[] are the class and the type's indices where
 * the statistic is one of a type. Free indices stand for all their values as everywhere in queries.
 *
 * A new statistic is one more line in the table and its function. */
#ifndef ECON_STATISTIC_H
#define ECON_STATISTIC_H
#include "result.h"

typedef enum {
  ARG_VALUE,        /* an expression over solutions and parameters */
  ARG_PARAMETER,    /* a parameter or an entry of one */
  ARG_SOLUTION,     /* the name of a solution */
  ARG_QUANTITY,     /* a choice or a parameter of the solution named first, with all its indices */
  ARG_PRICE,        /* the same, a price; where it is left out the call is listed for every family of prices */
  ARG_WORD,         /* one of the statistic's words; where it is left out the number is 0, or the call is listed for every word (each_word) */
  ARG_CHOICE,       /* the name of a choice of the type's class */
  ARG_TYPE          /* a class, a type, or an index that stands for one; stands last; left out: every type of every class that has
                       an objective and an ex-ante budget */
} ArgKind;

/* One evaluation: the arguments' index variables are bound in env; `here` is the result that unnamed references are read from. A
 * function returns NaN where there is no value and sets why (a plain sentence without a full stop, in an arena that outlives it). */
typedef struct { Results *all; Result *here; const Elem *env; uint32_t nenv; const char *why, *note /* a remark shown with the value, or NULL */; int loose; } Asked;

typedef struct Statistic {
  const char *name;
  const char *form;                                     /* how it is written, for messages */
  ArgKind arg[4]; uint32_t n, least;                    /* least: arguments that must be written */
  double (*value)(Asked *, const Expr *);
  const char *word[3];                                  /* for ARG_WORD: E_STAT's num is 1 + the position of the one written */
  int each_word, sparse;                                /* sparse: tables leave out entries without a value, as they do for quantities */
} Statistic;
extern const Statistic econ_statistics[];
extern const uint32_t econ_nstatistics;

double statistic_value(Asked *, const Expr *);          /* of an E_STAT */
/* A sentence for Asked.why, in the arena of the results. */
const char *statistic_text(Asked *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The result an E_NAMED solution means; NULL, with why set, where it was not solved. */
Result *statistic_solution(Asked *, const Expr *named);
/* The same of a solution with rights to trade; NULL, with why set, without them. */
Result *statistic_with_rights(Asked *, const Expr *named);
/* An index of the node at this evaluation. */
Elem statistic_index(const Asked *, Ix);

/* The indices of a reference among the arguments; how many (0: they do not fit). */
uint32_t statistic_indices(const Asked *, const Expr *ref, Elem *ix);

/* ---- sensing.c ---- */
double statistic_sensitivity(Asked *, const Expr *);
double statistic_elasticity(Asked *, const Expr *);
/* ---- welfare.c ---- */
double statistic_ev(Asked *, const Expr *);
double statistic_cv(Asked *, const Expr *);
double statistic_ce(Asked *, const Expr *);
/* What has to be given to the type at the prices of B for the welfare it has in A; minus the sum over all types by mass. */
double statistic_transfers(Asked *, const Expr *);
double statistic_surplus(Asked *, const Expr *);
/* ---- pecuniary.c ---- */
double statistic_externality(Asked *, const Expr *);
double statistic_wedge(Asked *, const Expr *);
/* ---- exchanges.c ---- */
double statistic_gap(Asked *, const Expr *);
double statistic_schedule(Asked *, const Expr *);
#endif
