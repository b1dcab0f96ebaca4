/* values.h: numbers behind parameters. A Values holds every parameter's numbers after -D, `where` and a sweep's point; recomputing
 * one never changes the economy or the problem's code. */
#ifndef ECON_VALUES_H
#define ECON_VALUES_H
#include "economy.h"

typedef struct { SymId sym; Elem *ix; uint32_t nix /* 0: all entries */; double value; Origin at; } Override;
typedef struct Values { const Economy *economy; double **of; /* by SymId: dense, row-major as Data; NULL for symbols that are no parameters */ Arena *mem;
  uint8_t **held; /* by SymId, entries: 2 where an override or the condition of the head set the entry; NULL: none */ } Values;

/* All parameters, in dependency order (a cycle is a diagnostic): data, derived definitions, beliefs, date, prob1, prob. Overrides
 * replace entries before derived parameters are computed. Diagnostics: missing entries (named), not finite, probabilities that do
 * not add to one (1e-9) or are negative, masses that are not positive. NULL after an error. */
Values *values_compute(Compilation *, const Economy *, const Override *, uint32_t n, Arena *);

/* Numeric evaluation of any expression: index variables are bound in env (env[idx] = Elem, ELEM_NONE = unbound), parameters come
 * from v, every other reference from look (return NaN when there is no such value). A statistic (E_STAT) is asked of look too: ix is
 * then the environment, n its length. */
typedef struct { const Values *v; Elem *env; uint32_t nenv; double (*look)(void *ctx, const Expr *ref, const Elem *ix, uint32_t n); void *ctx; uint32_t given /* inside how many given(...) and total(...) look is asked */; } Eval;
double eval_expr(Eval *, const Expr *);
int eval_cond(Eval *, const Expr *);                    /* NULL is true */
Elem eval_ix(Eval *, Ix);                               /* ELEM_NONE where there is none (predecessor of the root) */
Eval eval_new(const Values *, Arena *);                 /* with an environment large enough for every index variable */
#endif
