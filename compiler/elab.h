/* elab.h: shared by the files of elaboration (elab_*.c, model.c) and by nothing else. From the syntax tree to the economy: names are
 * bound, indices filled in, functions and lets expanded. A NULL expression means that an error was already reported for it; it is
 * passed on silently, so that one mistake gives one message. */
#ifndef ECON_ELAB_H
#define ECON_ELAB_H
#include <stdio.h>
#include <string.h>
#include "model.h"
#include "scope.h"

enum { MAX_INDICES = 16, MAX_FN_DEPTH = 64, MAX_WRITTEN_OUT = 3000000 /* nodes that functions and lets of one file may grow to */,
       FAILED_WRITTEN_OUT = 1000 /* what a use that is wrong counts for */ };

#define ELAB_WORDS(X) \
  X(sum) X(total) X(given) X(E) X(worst) X(best) X(log) X(exp) X(sqrt) X(abs) X(mod) X(frac) X(halton) X(floor) X(min) X(max) \
  X(date) X(inf) X(prev) X(next) X(steady) X(terminal) X(node) X(good) X(now) X(p) X(welfare) X(profit) X(budget) X(value) X(all)
typedef enum {
#define X(w) W_##w,
  ELAB_WORDS(X)
#undef X
  W_COUNT
} Word;

typedef struct { Str name; const Ast *ast; SymId owner; int active; } FnDef;
typedef struct { Str name; const Ast *ast; SymId owner, sym; int state; /* 0 not yet, 1 at work, 2 done, 3 wrong */ } LetDef;

/* What a name means inside an expression: an index, an argument of a function. */
typedef enum { BIND_INDEX, BIND_VALUE, BIND_TEMPLATE, BIND_DOMAIN } BindKind;
typedef struct Env {
  Str name; BindKind kind;
  uint32_t level;                                       /* binders of one head share a level: two that fit are ambiguous */
  Ix ix; SymId set;                                     /* INDEX: the variable and what it ranges over; DOMAIN: the set */
  const Expr *value;                                    /* VALUE; TEMPLATE: with the formal variables free; DOMAIN: condition or NULL */
  const IdxId *formal; const SymId *sets; uint32_t nformal;                  /* TEMPLATE; DOMAIN has one */
  int used;
  int of_sum;                                           /* bound by a sum: taken for a missing index only where nothing else fits */
  struct Env *up;
} Env;

/* Where an expression stands. */
typedef struct FreeIdx { IdxId at[MAX_INDICES]; uint32_t n; } FreeIdx;
typedef struct Cx {
  struct Elab *el;
  Env *env; uint32_t level;
  int agent;                                            /* index into Economy.agents of the class whose block this is, -1 outside */
  const Ix *type;                                       /* its own type's indices */
  int has_here; Ix here; SymId here_set;                /* the node */
  int has_next; Ix next;                                /* the successor inside E[...] */
  int objective;                                        /* the top of an objective: E[...] starts from the root */
  Origin parent; By by;
  FreeIdx *free;                                        /* a query: missing indices stand for all their values */
  Str solution; SymId owner;                            /* a query: `ex.`; the class asked for where several have the name */
  uint32_t depth;                                       /* of function calls */
  int changes;                                          /* an extension: `...` stands for what was there */
} Cx;

typedef struct { SymId sym; const Ast *ast; } ParamWork;
typedef struct { const Ast *ast; uint32_t at; } BodyWork;                     /* at: index of the agent or market */
typedef struct { const Ast *ast, *value; uint32_t node; Str name; SymId set; } ProbWork;
typedef struct { const Ast *ast; SymId sym; int agent; } BoundWork;
typedef struct { Str name; uint32_t file; int active; const Ast *ast; } Chapter;
/* A `with` item. number: 1 + the index of the first of those that say the same. always: of the whole economy. calls: PASS_ bits
 * of the passes that it calls. goods: it declares some. */
typedef struct { const Ast *use; uint32_t number; int always, bad, goods; unsigned calls; Origin at; } Applied;

/* A name that an institution declares, and what it is called where that name was taken. */
typedef struct { Str to, from; } Renamed;

/* A parameter that sizes a set (elab_size.c). given: where -D gives its value, file 0 = nowhere. */
typedef enum { SIZE_PENDING, SIZE_ACTIVE, SIZE_DONE, SIZE_WRONG } SizeState;
typedef struct { const Ast *ast; SymId sym; Span used, given; const Expr *def; double value; SizeState state; } SizeWork;

typedef struct Elab {
  Compilation *cc; Arena *mem; Economy *eco; Model *model; Scope *scope;
  Str w[W_COUNT];
  VEC(FnDef *) fns;
  VEC(LetDef *) lets;
  VEC(ParamWork) params;                                /* values still to be read */
  VEC(SizeWork) sizes;
  const SizeValue *sized; uint32_t nsized;              /* values that -D gives to them */
  VEC(BodyWork) agents, markets;
  VEC(ProbWork) probs;                                  /* of children of the tree */
  VEC(BoundWork) bounds;                                /* of choices and variables */
  VEC(Chapter) used;                                    /* library chapters already read */
  VEC(const Ast *) institutions;                        /* declared in the file or a chapter */
  VEC(Applied) applied;
  VEC(Renamed) renamed;
  uint32_t written_out;                                 /* nodes made by writing out functions and lets so far */
  VEC(Str) spoiled;                                     /* names in text that could not be read, sorted */
  uint32_t sweep;                                       /* 1 + the sweep whose body is elaborated, 0 = none */
  int timeless;                                         /* the tree is wrong or refused: no node is reported as unknown, no value at one as missing */
  int incomplete;                                       /* a chapter or a structure is missing after an error: unknown names may be its */
} Elab;

/* ---- spoiled.c ---- */
void elab_collect_spoiled(Elab *, const Ast *file);
int elab_is_spoiled(const Elab *, Str name);

/* ---- elab_name.c: sets, heads, nodes ---- */
Str elab_word(Elab *, const char *);
const char *elab_text(const Elab *, Str);
Origin elab_at(const Cx *, const Ast *);
Cx elab_file_cx(Elab *);
void elab_later(Elab *, Span, const char *id, const char *what, int plural);
SymId elab_set_named(Elab *, Str name, Span at, int quiet);                  /* 0 after a diagnostic */
SymId elab_list_set(Elab *, const Elem *, uint32_t n, Origin);               /* one set for each distinct list */
int elab_subset(const Economy *, SymId inner, SymId outer);
int elab_element(Elab *, const Ast *, Elem *out);                            /* NAME or whole NUM as an element; 0, or 1 after a diagnostic */
typedef struct { Str name; SymId set; Span at; int plain /* [s], not [j in S] */; } Head;
/* A head [x]: an element, else a set, else a new index over the set that its uses in the statement (NULL: none) agree on. 0, or 1 after diagnostics. */
int elab_heads(Elab *, const Ast *indices, const Ast *statement, Head *out, uint32_t *n, const Ast **cond);
SymId elab_infer(Elab *, Str name, const Ast *statement, const char **why);  /* that set, or 0 and why there is none, NULL where there is no use (elab_infer.c) */
/* The nodes after @ (NULL: all): the set, and the name it is bound under (0 = none). 0, or 1 after a diagnostic. */
int elab_nodes(Elab *, const Ast *at_list, SymId *set, Str *name);
Env *elab_bind(Cx *, Str name, SymId set, IdxId *out);                       /* a new index variable, innermost */
int elab_declare(Elab *, Str name, SymId owner, Span at);                    /* is a value's name free? 0, or 1 after a diagnostic */
void elab_unknown(Elab *, const Cx *, const Ast *, Str name, unsigned spaces, const char *what);
Str elab_nearest_element(Elab *, SymId set, const char *name);                /* or 0 */
int elab_uses(const Expr *, IdxId);
const char *elab_set_text(Elab *, SymId set);                                /* "{lender, borrower}", shortened */
SymId elab_value_symbol(Elab *, Str name, SymKind, SymId owner, const SymId *sets, uint32_t n, SymId nodes, Span at);

/* ---- elab_expr.c, elab_ref.c, elab_time.c, elab_fn.c: expressions ---- */
const Expr *elab_expr(Cx *, const Ast *);                                    /* a number or an element; NULL after a diagnostic */
const Expr *elab_number(Cx *, const Ast *);
const Expr *elab_condition(Cx *, const Ast *);
const Expr *elab_written_out(Cx *, const Ast *, const Expr *);               /* e itself, or NULL after a diagnostic where the file's functions and lets grow without measure */
const Expr *elab_reference(Cx *, const Ast *);                               /* NAME, INDEX, AT, DOT */
const Expr *elab_expectation(Cx *, const Ast *);
const Expr *elab_call(Cx *, const Ast *);
/* Calls of statistics (elab_statistic.c): which one the call means (UINT32_MAX: none; a function of the file of that name hides it). */
uint32_t elab_statistic_of(const Cx *, const Ast *call);
const Expr *elab_statistic(Cx *, const Ast *call, uint32_t which);
/* The classes that a statistic by type is listed for where none is said; the number found, at most n are written. */
uint32_t elab_statistic_classes(const Elab *, const Ast *call, uint32_t which, SymId *class, uint32_t n);
/* Likewise the families of prices of a statistic by price. */
uint32_t elab_statistic_prices(const Elab *, const Ast *call, uint32_t which, SymId *price, uint32_t n);
struct Statistic;
uint32_t elab_statistic_word(const Elab *, const struct Statistic *, const Ast *);          /* 1 + which of its words an argument is, 0 = none */
int elab_unknown_call(Cx *, const Ast *name);                                 /* diagnoses a call of something that is no function; always 1 */
int elab_as_index(Cx *, const Ast *, const Expr *, Ix *out, SymId *set);
int elab_node_ref(Cx *, const Ast *, Ix *out);                               /* 0 found, 1 wrong, 2 nothing is there (before the root), 3 `next` where no E binds it */
/* Fills the indices of something declared over dom: see elab_ref.c. */
typedef struct { Str name; SymId sym; const SymId *dom; uint32_t ndom, ntype; int node_dim, own; } Shape;
typedef struct { const Ast *ast; Ix ix; SymId set; } Given;
int elab_spell(Cx *, const Shape *, const Given *, uint32_t n, const Ix *node, Ix *out, const Ast *at);
int elab_given(Cx *, const Ast *, Given *out);
int elab_let(Elab *, LetDef *);                                              /* elaborates it where that has not been done; 0 fine */

/* ---- elab_size.c: parameters in the ends of ranges ---- */
void elab_size_names(Elab *, const Ast *file);                               /* declares them, before any set */
SizeWork *elab_size_of(Elab *, const Ast *definition);                       /* NULL: it sizes no set */
int elab_is_size(const Elab *, SymId);
int elab_range_end(Elab *, const Ast *, uint32_t *out);                      /* its value; 0, or 1 after a diagnostic */
void elab_note_sizes(Elab *, Diag *, const Ast *range_end);                  /* where -D gives what it is made of */
int elab_mentions(const Expr *, SymId);

/* ---- elab_decl.c, elab_data.c ---- */
void elab_sets(Elab *, const Ast *file);
void elab_tree(Elab *, const Ast *file);
void elab_goods(Elab *, const Ast *file);
void elab_good_families(Elab *, const Ast *file);                            /* after the sets that they are over */
const Good *elab_good_family(const Elab *, Str name);                        /* NULL: no family has that name */
void elab_param_names(Elab *, const Ast *statement);
SymId elab_param_name(Elab *, const Ast *definition);                        /* one of a statement's; 0 after a diagnostic */
void elab_param_values(Elab *);
void elab_fn_name(Elab *, const Ast *fn, SymId owner);
void elab_let_names(Elab *, const Ast *lets, SymId owner);
void elab_probabilities(Elab *);
void elab_table(Elab *, SymId, const Ast *data, const Ast *table);
void elab_csv(Elab *, SymId, const Ast *data, const Ast *path);
const Source *elab_csv_source(Elab *, const Ast *path);                       /* a file beside the model; NULL after a diagnostic */
Data *elab_data(Elab *, SymId);                                              /* dense and empty; NULL when memory failed */
/* A label such as c1@now or a,b as positions: parts[0..n); 0, or 1. */

/* ---- elab_agent.c, elab_market.c, elab_ask.c ---- */
void elab_agent_names(Elab *, const Ast *);
void elab_agent_bodies(Elab *);
void elab_market_names(Elab *, const Ast *file);
void elab_market_bodies(Elab *);
void elab_variable_names(Elab *, const Ast *);
void elab_equation(Elab *, const Ast *);
void elab_numeraire(Elab *, const Ast *);
void elab_normalise(Elab *, const Ast *relation, Normalisation *out);        /* out->lhs NULL after an error */
void elab_goods_numeraire(Elab *);
void elab_bounds(Elab *);
void elab_derived_names(Elab *, const Ast *, uint32_t agent);                 /* choices and budget of a class that writes neither (elab_derived.c) */
void elab_derived_budget(Elab *, const Ast *, uint32_t agent);
Cx elab_agent_cx(Elab *, uint32_t agent);
/* The head of a constraint (kids as in AST_CONSTRAINT): its indices, nodes, index variables (room for one more: the node's), context. */
typedef struct { Head h[MAX_INDICES]; uint32_t n; SymId nodes; IdxId *binds; Env *env[MAX_INDICES]; IdxId node; Cx cx; const Expr *cond; } AgentFamily;
int elab_family_head(Elab *, const Ast *, uint32_t agent, AgentFamily *);    /* 0, or 1 after diagnostics */
const Expr *elab_what_was(Cx *, const Ast *);                                /* `...` (elab_weave.c) */
/* A firm whose objective is the profit of a node (elab_firm.c): whether it is; its names; its objective, the sum of profits; its profit at a
 * node; the refusal of what links nodes, once its constraints are there. */
int elab_profit_by_node(const Elab *, const Ast *firm, const Ast *max);
void elab_profit_names(Elab *, Str name, const Ast *firm, const Ast *max, uint32_t agent);
const Ast *elab_profit_nodes(Elab *, const Ast *firm, SymId *nodes);           /* where it is made: the nodes of the firm's choices; the list as written, or NULL */
const Expr *elab_profit_sum(Elab *, uint32_t agent, Origin);
const Expr *elab_profit_here(Elab *, uint32_t agent, Ix node, Origin);
void elab_profit_check(Elab *, uint32_t agent);

void elab_choice_names(Elab *, const Ast *choose, SymKind, int agent);
int elab_relation_pair(Cx *, const Ast *, const Expr **l, const Expr **r);
/* What stands before the dot of `ex.k`, `all[2].p`: a solution's name, with its number behind it for one of several. 0 after a diagnostic. */
Str elab_solution(Cx *, const Ast *dot);
void elab_solve(Elab *, const Ast *);
void elab_show(Elab *, const Ast *);                                         /* report, expect, plot */
/* The left of an assignment as a reference, missing indices in *free; the right as an expression over parameters. NULL after a diagnostic. */
const Expr *elab_target(Elab *, const Ast *, FreeIdx *free);
const Expr *elab_over_parameters(Elab *, const Ast *);
/* A reference as something whose value may be replaced: the indices of one entry (*nix of them), or 0 for all entries. 0, or 1 after a
 * diagnostic with this id. hint: what to do with what is no parameter, or NULL. */
int elab_entry(Elab *, const Expr *ref, const Ast *, const char *id, const char *hint, Elem **ix, uint32_t *nix);
/* 1, after a diagnostic: the question behind a name is asked at the points of a sweep, and this one (of sweep `here`, 0: of none) not at the same. */
int elab_asked_elsewhere(Elab *, const Named *, uint32_t here, Span at);
Named *elab_answer(const Elab *, Str name);                                  /* `all[2]` is of the question `all`; NULL: no question has that name */
/* The solutions named in an expression: 0 all are solved for, 1 one is refused, 2 one is unknown (diagnosed). */
int elab_solutions_in(Elab *, const Ast *);
/* What a report or plot shows and for which solutions, into ask. 1 where something is refused or wrong. */
int elab_shown(Elab *, const Ast *exprs, const Ast *names, Ask *ask);
Str elab_written(Elab *, const Ast *);                                       /* its text, blanks made single */
/* ---- elab_sweep.c ---- */
void elab_sweep(Elab *, const Ast *);                                        /* the axes and the questions inside */
void elab_sweep_shows(Elab *, const Ast *);                                  /* its reports, plots and expectations */
void elab_sweep_calibrations(Elab *);                                         /* to solutions of sweeps: refused */
void elab_plot(Elab *, const Ast *);
SymId elab_weight_of(Elab *, uint32_t agent, Span);                           /* the parameter that holds the planner's weights of a class */
int elab_weighed(Elab *, const Ast *label, Elem *type);                      /* the class of a type, or a class without types (type: none); -1 after a diagnostic */
/* ---- elab_planner.c ---- */
void elab_maximized(Elab *, const Ast *clause, Question *);                  /* maximize ... of an optimum */
void elab_held(Elab *, const Ast *clause, Question *);                       /* holding ... */
int elab_planner_said(Elab *, const Question *, Span at);                    /* 0, or 1 after a diagnostic: who is maximised or held */
void elab_planner_names(Elab *);                                             /* weight, t; the levels of all questions, once all names are there */
void elab_weights(Elab *, const Ast *clause, Question *);                    /* weights {...}, weights implied by NAME (elab_rights.c) */
void elab_choosing(Elab *, const Ast *clause, Question *);                   /* instruments of a second best (elab_choosing.c) */
int elab_chosen(Elab *, Question *);                                         /* 0, or 1 after a diagnostic: once all clauses are known */
int elab_weights_said(Elab *, const Question *, Span at);                    /* 0, or 1 after a diagnostic: an optimum has weights, nothing else has */
void elab_rights_names(Elab *);                                               /* rights_price, rights_payment, transfer, where a question has them (elab_rights.c) */
void elab_starts(Elab *, const Ast *file);
void elab_calibrations(Elab *, const Ast *file);                             /* after all questions (elab_calibrate.c) */
int elab_is_open(const Elab *, SymId);                                       /* a parameter without any value */
Elab *elab_of(const Model *);                                                /* the elaborator that made the model */
#endif
