/* pass.h: from an economy to an economy. The whole list stands in econ_passes (compiler/pass.c), in order. */
#ifndef ECON_PASS_H
#define ECON_PASS_H
#include "model.h"

/* by_call: an institution calls it (`pass NAME;`), and it runs where one of the question's does. */
typedef struct Pass { const char *name; int (*run)(Economy *, const Question *, const Values *); unsigned bit; int by_call; const char *what; } Pass;
extern const Pass econ_passes[];
extern const unsigned econ_npasses;
enum { PASS_WEAVE = 1, PASS_MARKETS = 2, PASS_KKT = 4, PASS_COUNT = 8, PASS_WALRAS = 16, PASS_RIGHTS = 32 };

int pass_weave(Economy *, const Question *, const Values *);     /* without, of, numeraire clauses of the question (later: institutions) */
/* What the name of an institution's declaration (the symbol that its first application made, Sym.twin) means in a question: the only copy that
 * the question applies, else itself. */
SymId weave_means(const Economy *, const Question *, SymId first);
int pass_markets(Economy *, const Question *, const Values *);   /* derives markets without bodies, implied markets, normalisations and slacks, nodes of prices, claims */
int pass_walras(Economy *, const Question *, const Values *);     /* the value identity: changes nothing, says what is paid to nobody */
int pass_kkt(Economy *, const Question *, const Values *);       /* agents' conditions */
int pass_rights(Economy *, const Question *, const Values *);    /* rights to trade: the extended Lagrangians, the prices of rights (rights.h) */
int pass_count(Economy *, const Question *, const Values *);     /* as many conditions as unknowns; pairs free equations and policy agents */
/* Part of pass weave: parts of the economy that are made of numbers, parameters and indices alone are finite (finite.c). For questions of a sweep at each of its points
 * instead. 0, or 1 after diagnostics. */
int finite_check(Economy *, const Question *, const Values *);
/* Part of pass kkt: own choices under min and max become bounds on fresh choices where that is exact, the error "kink.not-smooth" elsewhere. */
int kinks_smooth(Economy *, Agent *, const Values *);
/* Runs all passes up to and including `last` (NULL: all) on the clone e. 0, or 1 after diagnosed errors. */
int passes_run(Economy *, const Question *, const Values *, const char *last);

/* Exact derivative at the indexed level, wrt the reference sym[at...]: d/dx[i] sum_j f(x[j]) = f'(x[i]). Deltas are eliminated against
 * sums; those that remain are E_IN / E_EQ conditions. Through E_GIVEN, prices, other classes' choices: zero unless sym is that symbol. */
const Expr *expr_diff(Economy *, const Expr *, SymId sym, const Ix *at, uint32_t n);

/* The economy in the language's own notation: one expression, a whole economy (agents' problems, conditions, markets). */
void expr_print(const Economy *, const Expr *, Text *out);
/* only: the name of one part, 0 for all; *out (empty before) stays empty where nothing has that name. */
void explain_text(const Economy *, Str only, Text *out);
void explain_latex(const Economy *, Str only, Text *out);

/* The IR as text that reads back (docs/ir.md), and back: ir_write(ir_read(t)) = t. */
void ir_write(const Economy *, Text *out);
Economy *ir_read(Compilation *, const Source *, Arena *);
#endif
