/* model.h: a whole file after elaboration: one economy and the questions asked of it. */
#ifndef ECON_MODEL_H
#define ECON_MODEL_H
#include "../lang/ast.h"
#include "values.h"

typedef enum { Q_EQUILIBRIUM, Q_EQUILIBRIA, Q_OPTIMUM, Q_SECOND_BEST, Q_STEADY_STATE, Q_PERTURBATION, Q_PATH, Q_PORTFOLIO } Concept;
typedef struct { SymId sym; Ix *ix; uint32_t nix; const Expr *to; Origin at; } Setting;   /* fix {x[..]@n = expr}, start {...} */
typedef struct { SymId sym; Elem *ix; uint32_t nix; const Expr *to; Origin at; } WhereExpr;
typedef struct { const Expr *e; VEC(IdxId) free_idx; SymId sym /* where the item is one bare reference: its symbol; one statistic by type: that class's objective; else 0 */; const char *suffix /* what tells it from the other items of its query, or NULL */; } QueryItem;
/* What a planner must leave to a type (OPTIMUM): a welfare of at least `level`, or of what the solution `from` gives it (0 = the level is written). */
typedef struct { uint32_t agent; Elem type /* none: every type of the class */; Str from; const Ast *written; QueryItem level; Origin at; } Holding;
/* What `choosing` moves: an entry of a parameter. set: the unknown that it gives its value to, for a choice of a policy agent or a variable; 0:
 * it is the parameter itself. lower, upper: over parameters; NULL: none. */
typedef struct { Str label; SymId sym; Elem *ix; uint32_t nix; SymId set; const Expr *lower, *upper; Origin at; } Instrument;
typedef struct {
  Str name; Concept concept; Origin at;
  uint32_t starts;                                      /* EQUILIBRIA: starts without a new one that end the search, 0 = as usual */
  VEC(uint32_t) with;                                   /* applications of institutions (Sym.scope) */
  uint32_t sweep;                                       /* 1 + index into Model.sweeps of the sweep it stands in, 0 = none */
  Str implied; Origin weights_at;                       /* OPTIMUM: the solution whose marginal values of wealth give the weights, 0 = given ones */
  int maximizes;                                        /* OPTIMUM: the weights are those of `maximize`, zero for all others */
  VEC(Holding) holding; Origin holding_at;
  int equal_gain;                                       /* OPTIMUM `holding all >= NAME` alone: the largest equal gain in ex-ante wealth over `holding.at[0].from` */
  int symmetric;                                        /* OPTIMUM: the conditions are the derivatives of the planner's Lagrangian as they are, for second derivatives (rights.h) */
  int in_goods;                                         /* later prices in units of one good, as where rights are traded or a planner chooses: the equilibrium that their search begins at */
  unsigned calls; Origin rights_at;                     /* passes that its institutions call (PASS_ bits of pass.h), and where rights to trade were asked for */
  VEC(SymId) without;                                   /* SYM_CONSTRAINT or SYM_MARKET symbols */
  VEC(Elem) of; int has_of;
  VEC(Instrument) choosing; Origin choosing_at;         /* SECOND_BEST */
  VEC(Override) where;                                  /* values of expressions over parameters are computed when the question runs: */
  VEC(WhereExpr) where_expr;
  VEC(Setting) fix, start;
  VEC(Normalisation) numeraire;
} Question;

/* An expression over solutions: each E_REF may carry the solution it belongs to through a Solved wrapper symbol; see SolRef. */
typedef struct { const Ast *ast; Origin at; Str label; } Shown;   /* report and expect keep syntax; results.c evaluates it (names looked up late, per solution) */
typedef enum { ASK_SOLVE, ASK_REPORT, ASK_EXPECT, ASK_PLOT } AskKind;
typedef struct {
  AskKind kind; Origin at;
  uint32_t question;                                    /* SOLVE: index into Model.questions */
  VEC(Shown) shown; VEC(Str) of;                        /* REPORT, PLOT: what, for which solutions (none: all so far, or those named inside) */
  const Ast *expect;                                    /* EXPECT */
  int of_institution;                                   /* REPORT: written in an institution, shown behind the file's own */
  uint32_t sweep;                                       /* 1 + the sweep it stands in, or (PLOT) over which it runs; 0 = none */
  Shown against;                                        /* PLOT: the horizontal axis, ast NULL = the last axis of the sweep */
} Ask;

typedef struct { VEC(QueryItem) items; Origin at; } Query;
typedef struct { Query side[3]; uint32_t n; char rel[2]; } QueryRelation;

/* `calibrate alpha, x so that ss.n = 0.3, ...;`: parameters without a value become unknowns of the question that the targets name, each
 * target a condition. Statements about one question are solved together. Targets are equalities of single items. */
typedef struct { QueryRelation rel; Str label; Origin at; } Target;
typedef struct { uint32_t question; VEC(SymId) params; VEC(Target) targets; Origin at; } Calibration;
/* What a sweep moves: a parameter (nix 0: all of its entries) or one entry. Its values, as written, are over parameters: a range from lo
 * to hi in steps of by (NULL: 1), or a list (lo NULL). An axis read from a file has neither: see Sweep.row. */
typedef struct { Str label; SymId sym; Elem *ix; uint32_t nix; Origin at; const Expr *lo, *hi, *by; VEC(const Expr *) list; } SweepAxis;
/* The product of its axes, the first outermost; or (by_rows) the rows of a file, one column an axis. questions: indices into
 * Model.questions, in order. */
typedef struct {
  Origin at;
  VEC(SweepAxis) axes;
  int by_rows; VEC(double) row; uint32_t nrows;         /* row-major, nrows times axes.n */
  VEC(uint32_t) questions;
} Sweep;

typedef struct Model {
  Compilation *cc; const Source *source; const Ast *ast;
  Economy *economy;
  VEC(Question) questions;
  VEC(Sweep) sweeps;
  VEC(Ask) asks;                                        /* in file order */
  SymId count, index;                                   /* facts of a question for all equilibria; 0 = no question asks for them */
  SymId value;                                          /* fact of a second best: the weighted sum of welfare; 0 = no question asks for one */
  VEC(Calibration) calibrations;                        /* in file order of their first statements */
  VEC(Setting) param_starts;                            /* start values of parameters to be calibrated */
  struct Scope *scope;                                  /* the file's names, for elaborating expressions later */
  Arena *mem;
} Model;

/* A value that -D gives to a parameter which sizes a set. */
typedef struct { Str name; double value; Span at; } SizeValue;

/* Names, sets, tree, data, agents, markets, questions: the front half of the compiler. All errors of the file in one run. Never NULL
 * unless memory failed; use it only when diag_errors() is 0. */
Model *model_elaborate(Compilation *, const Source *, const Ast *);
/* With sets sized by these values instead of the file's (nsized of them; they must live as long as the model). */
Model *model_elaborate_sized(Compilation *, const Source *, const Ast *, const SizeValue *, uint32_t nsized);
int model_is_size(const Model *, SymId);                /* does the parameter size a set? An override then elaborates the file anew */
/* -D 'e[lender,c1@now]=4': parses and resolves one override; 0 on success, else a diagnostic was added. */
int model_override(Model *, const Source *text, Override *out);
/* An expression of a report, expect or --get, elaborated against the file's names. A prefix `ex.` is kept in Expr.solution of the
 * references it covers (ex.total(k): of all inside). Free indices (a bare name stands for all its values) are in free_idx, in the
 * order of the name's dom. A bare name owned by several classes gives one item for each. Returns 0, or 1 after a diagnostic. */
int model_query(Model *, const Ast *, Query *out);
/* A relation of an expect: sides elaborated as by model_query; a side `p@now` with one item each. n sides, n-1 relations in rel as in AST_RELATION. */
int model_relation(Model *, const Ast *, QueryRelation *out);
/* Is it a parameter that a calibration finds? */
int model_is_calibrated(const Model *, SymId);
#endif
