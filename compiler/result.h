/* result.h: what is known after the questions were asked: values of every quantity by symbol, in each solution.
 *
 * A Result is one question's answer. Its economy is the question's own clone (what the question drops is dropped there alone), its
 * values the parameters in force for it (after -D and `where`). SymIds are those of the file's economy, so quantities of two solutions
 * are compared by symbol. Unknowns are read out of the solution's vector; named expressions (`let`) and objectives are evaluated
 * through their definitions as written, at the solution. */
#ifndef ECON_RESULT_H
#define ECON_RESULT_H
#include "lower.h"
#include "../runtime/multiple.h"
#include "shown.h"

enum { RESULT_DIMS = 32 };                              /* quantities with more indices are solved but not listed */

typedef struct Result {
  Str name;                                             /* 0: the parameters alone, before any question */
  const Question *question;                             /* NULL likewise */
  const Model *model;
  Economy *economy;                                     /* the file's own for the parameters alone */
  Values *values;                                       /* NULL: the question could not be posed */
  Lowered *lowered;
  Solution sol;
  int attempted, solved;                                /* solved: SOLVED or INDETERMINATE, with an accepted certificate */
  double seconds;                                       /* the limit that was set, 0 = none */
  double *warm;                                         /* where to start from, by unknown; NULL: derived */
  Str waits;                                            /* the question to which parameters should have been calibrated, and were not: this one was not attempted */
  Elem *env[6]; uint32_t nenv, depth;                   /* index variables of nested evaluations */
  Economy mixed;                                        /* the file's index variables with the question's agents: for queries */
  double largest; int measured;                         /* the largest unknown, once asked for */
  uint8_t *noise;                                       /* by unknown, once asked for: see result_is_noise */
  struct Pecuniary *pecuniary;                          /* prices in constraints at the solution, once asked for: see pecuniary.h */
  struct SecondBest *second; Arena *kept, *shape;       /* of a second best, once attempted: see secondbest.h; what holds its parameters and its problem */
  struct Sensing *sensing;                              /* what sensitivities keep about the solution, once asked for: see sensing.h */
  /* A question for all equilibria has no values of its own: see family.h. */
  Multiple many;
  struct Result *member; uint32_t nmember;              /* of a family, in order; they share its economy, values, lowered problem and arena */
  struct Result *family;                                /* of a member */
  int index;                                            /* of a member: 1, -1; 0: it has none */
  /* Of a question inside a sweep: its answer at each point. The Result itself then only stands for them: it has a name, a question, the
   * file's parameters, and no solution. results_of gives the point at hand. The points of one shape share economy and lowered. */
  struct Result *point; uint32_t npoint;
  Arena *mem;
} Result;

/* The points of one sweep, in order: the last axis fastest, or the rows of its file. */
typedef struct {
  const Sweep *sweep;
  uint32_t npoint, naxis;                               /* npoint = 0: not posed, or found wrong */
  double *value;                                        /* npoint times naxis */
  uint32_t *length;                                     /* by axis: values of a product; NULL for the rows of a file */
  uint32_t now;                                         /* the point that names of its solutions mean: see results_move */
  VEC(Result) shape;                                    /* questions as posed: what points of like parameters share (compiler/sweep.h) */
  const Override *set; uint32_t nset;                   /* -D and what was calibrated, below the values of the points */
  Arena *mem;                                           /* of all points */
} Grid;

typedef struct {
  Model *model;
  Result base;                                          /* parameters only */
  Result *of; uint32_t n;                               /* one for each question, in order */
  const Override *found; uint32_t nfound;               /* calibrated parameters */
  const char *why;                                      /* why the statistic asked for last has no value; NULL where it has one */
  const char *note;                                     /* what it has to say beside its value, or NULL */
  Result *sensed;                                       /* the point of a sweep that keeps its sensing: one does at a time */
  Grid *grid; uint32_t ngrid;                           /* one for each sweep of the model, in order */
} Results;

/* A number, whether there is one, and whether it rests on a quantity that the conditions do not determine. */
typedef struct { double value; int known, loose; } Number;

/* Releases what a result keeps outside its arena, then the arena. */
void result_release(Result *);
/* Takes back an answer: as if its question had not been attempted. What was posed stays. */
void result_forget(Result *);

Result *results_find(Results *, Str name);              /* NULL: no solution has that name */
/* The answer to a question; to one inside a sweep, at the point at hand. */
Result *results_of(Results *, uint32_t question);
/* Makes a point the one that the names of a sweep's solutions mean from here on. */
void results_move(Grid *, uint32_t point);
/* The sweep whose solutions an expression names (solutions of no sweep may stand beside them), NULL: none. *two: it names several sweeps'. */
Grid *query_grid(Results *, const Expr *, int *two);
/* A point in words: "dD = 0.15, beta = 2". */
void grid_point_text(const Results *, const Grid *, uint32_t point, Text *out);
/* The result's problem with its own data in place: results of one sweep share it, so that it may hold another point's. */
const Problem *result_problem(Result *);
/* The result that an expression without `NAME.` in front is about when nothing else says so: the only solution, else the parameters. */
Result *results_default(Results *);
/* The same inside a sweep (1 + its index, 0 = none): its first solution at the point at hand, with the parameters in force there. */
Result *results_default_in(Results *, uint32_t sweep);

/* The symbol that a name of the file means in this answer: of several copies of an institution's declaration the one that is applied. */
static inline SymId result_means(const Result *r, SymId s) {
  return s < r->economy->syms.n && economy_at(r->economy, s)->means ? economy_at(r->economy, s)->means : s;
}

/* The value of a symbol at a full tuple (aligned with Sym.dom). Not known where the symbol has no value: a price without a market, a
 * dropped multiplier, a type that is not there. A choice that is not declared at a node, or at which its head's condition fails, is zero,
 * and known only if !strict. */
Number result_value(Result *, SymId, const Elem *ix, uint32_t n, int strict);

/* An expression of the result's own economy at the solution, with these index variables at these elements. */
Number result_formula(Result *, const Expr *, const IdxId *idx, const Elem *ix, uint32_t n);
/* The same for a reference in an expression: before the first node it is `initial`, or zero; an undeclared choice counts as zero. */
Number result_at(Result *, SymId, const Elem *ix, uint32_t n);
/* Is an entry of a choice, multiplier, price or variable one that its declaration lets in? */
int result_exists(Result *, SymId, const Elem *ix, uint32_t n);

/* Could an unknown of a solved question as well be zero: does every condition hold within the tolerance then too? */
int result_is_noise(Result *, uint32_t unknown);
/* Is a sum of terms of this total size zero within the tolerance of the solution? */
int result_cancels(const Result *, double sum, double size);

/* Has the symbol something to report: is it a choice, multiplier, price, variable, named expression or objective, and not dropped? */
int result_reports(const Result *, SymId);
/* Calls f with every tuple at which the symbol has a value, in row-major order of its sets. */
void result_each(Result *, SymId, void (*f)(void *ctx, const Elem *ix, uint32_t n, Number), void *ctx);
/* Of the tuples that are shown. */
void result_each_shown(Result *, const Showing *, SymId, void (*f)(void *ctx, const Elem *ix, uint32_t n, Number), void *ctx);
int result_any(Result *, SymId);                        /* has it a value anywhere? */
/* keep[i], i < ndom: can index i take several values? For the node: does the quantity exist at several nodes? */
void result_varying(Result *, SymId, uint8_t *keep);
/* Do several classes own a quantity of this name? Its class is then part of how a value is named. */
int result_shared_name(const Result *, SymId);

/* How a model spells indices: "lender,c1@now". prefix (a class name) stands first, 0 = none; node_dim = -1: no index is a node;
 * index i is left out where keep[i] is 0 (keep NULL: none is). */
void result_key(const Economy *, Str prefix, const Elem *ix, uint32_t n, int node_dim, const uint8_t *keep, Text *out);

/* An item of a query at one assignment of its free indices (aligned with item->free_idx). References without `NAME.` are read from
 * at_hand. A solution that was not solved has no values. */
Number query_value(Results *, const QueryItem *, Result *at_hand, const Elem *at);
/* Was the last value none because it is no finite number? query_each hands such values over too, not known and NaN. */
int query_undefined(const Results *);
/* Is that value zero for all that was proven, so that its digits say nothing? */
int query_is_noise(Results *, const QueryItem *, Result *at_hand, const Elem *at, double value);
/* Calls f with every assignment of the free indices, in row-major order, whether or not there is a value. */
void query_tuples(Results *, const QueryItem *, const Showing * /* NULL: all */, void (*f)(void *ctx, const Elem *at, uint32_t n), void *ctx);
/* All its values: calls f with every assignment at which the item has one, in row-major order. */
void query_each(Results *, const QueryItem *, Result *at_hand, void (*f)(void *ctx, const Elem *at, uint32_t n, Number), void *ctx);

/* What an expression needs: named solutions (0 none, 1 one, 2 several; the first in *only), and whether it has quantities of a solution
 * that is not named. An unknown solution is diagnosed: returns -1. */
int query_needs(Results *, const Expr *, Str *only, int *bare);
#endif
