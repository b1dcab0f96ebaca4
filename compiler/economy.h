/* economy.h: the economy, as a value that every pass maps to itself. Cloning copies the tables and shares expressions; SymIds and
 * IdxIds survive cloning, so the solutions of two questions are compared by symbol. Nothing is ever removed: `dropped` hides it. */
#ifndef ECON_ECONOMY_H
#define ECON_ECONOMY_H
#include "expr.h"

typedef enum { S_LIST, S_RANGE, S_INTERVAL } SetKind;   /* RANGE lo..hi is never materialised */
typedef struct {
  SymId sym;
  SetKind kind;
  Elem *at; uint32_t n;                                 /* LIST; n also for RANGE */
  uint32_t lo, hi;                                      /* RANGE */
  int is_nodes;                                         /* every element is a node of the tree */
  uint32_t *slot, nslot;                                /* open hash of positions + 1 over LIST elements, by economy_add_set; NULL: searched in order */
} Set;

typedef enum {
  SYM_SET, SYM_PARAM, SYM_CHOICE, SYM_MULT, SYM_PRICE, SYM_VAR,
  SYM_LET,          /* def over idx[]; already expanded where it was used, kept for reports */
  SYM_VALUE,        /* an agent's objective: welfare, profit, or the name given in `maximize V = ...` */
  SYM_AGENT, SYM_CONSTRAINT, SYM_MARKET, SYM_EQUATION,
  SYM_SLACK,        /* of a normalisation that several markets share */
  SYM_FACT          /* of an answer, not of the economy: how many equilibria, the index of one (Model.count, Model.index) */
} SymKind;
typedef struct {
  Str name; SymKind kind; Origin at;
  uint32_t scope;                                       /* hygiene: the `with` it came from, 0 = the file */
  SymId twin;                                           /* the first symbol that an application made of the same declaration, or of another institution's of that name and shape; 0: this is it, or there is one only */
  SymId means;                                          /* of such a first one, after pass weave: the only copy that the question applies, whose name is then this one's; 0: itself */
  SymId owner;                                          /* the class of a choice, multiplier, value, constraint; else 0 */
  SymId *dom; uint32_t ndom;                            /* a set for each index: the owner's type sets, the declared ones, the node set if dated */
  int node_dim;                                         /* which index is the node, -1 = undated */
  IdxId *idx;                                           /* formal variables of def, lower, upper, start, initial (aligned with dom); may be NULL */
  const Expr *def;                                      /* LET; derived PARAM (expression over other parameters); VALUE: the objective */
  const Expr *lower, *upper, *start, *initial;          /* CHOICE, VAR; NULL = none (lower NULL = -infinity) */
  const Expr *exists;                                   /* CHOICE, PARAM: where its head has a condition; an entry at which it fails is zero. NULL: everywhere */
  uint32_t set;                                         /* SET: index into Economy.sets + 1, by economy_add_set and economy_add_range; 0 = search */
  uint32_t data;                                        /* PARAM: index into Economy.data, 0 = none */
  int dropped;
  int builtin;                                          /* date, prob, prob1, belief tables */
} Sym;

typedef struct { Str name; SymId set; } Idx;            /* set: what it ranges over (node-valued if that set has is_nodes) */

/* Values as written: dense over the index sets in row-major order, the last index fastest. has[i] = 0: not given. */
typedef struct { SymId sym; double *value; uint8_t *has; uint32_t *at /* byte offset in the source of each cell, or NULL */; size_t n; uint32_t file; const Expr **expr /* cells given by expressions, or NULL */;
  int balanced; const Expr *within; Origin said;        /* `balanced`: rows and columns of each account add to the same, within this (NULL: rounding) */ } Data;

typedef struct { Elem elem; uint32_t prev /* node index, UINT32_MAX at the root */, date; int terminal; const Expr *prob /* conditional on prev, NULL = not said */; Origin at; } Node;
typedef struct { Node *node; uint32_t n; int declared /* 0: a static economy with one unnamed node */; } Timeline;   /* in topological order */

typedef enum { C_EQ, C_GE, C_LE } Sense;

/* A family of budget, constraint: for every value of binds (cond true): lhs SENSE rhs. Its symbol's dom = the class's type sets, the
 * sets of binds (in that order), the node set last where dated; node: the variable standing for the node, NULL-free: binds holds it too. */
typedef struct {
  SymId sym, mult;
  IdxId *binds; uint32_t nbinds;                        /* own binders, incl. the node variable; without the class's type indices */
  IdxId node;                                           /* which bind is the node, 0 = none */
  const Expr *cond;                                     /* or NULL */
  Sense sense;
  const Expr *lhs, *rhs;                                /* what is spent stands left */
  const Expr *weight;                                   /* present-value weight of the multiplier (probability times discount of its node); set by pass kkt */
  int is_budget, ex_ante;                               /* ex_ante: decided before any price is known to the agent (its node is the root) */
  Origin at; int dropped;
} Constraint;

/* After pass kkt: lower <= perp <= upper complements row; row as in runtime/problem.h (for a choice minus the derivative of the
 * Lagrangian; for a multiplier the constraint as rhs - lhs or lhs - rhs so that a binding one has a nonnegative multiplier). */
typedef struct {
  SymId sym;                                            /* the choice or multiplier it is paired with (perp) */
  IdxId *binds; uint32_t nbinds;                        /* aligned with Sym.dom of perp after the class's type sets */
  const Expr *cond;                                     /* or NULL: where the pair exists */
  const Expr *row;
  int constraint;                                       /* index of the constraint for a multiplier's row, -1 for a choice and for the unknowns of an adjoint */
  int first;                                            /* of an ex-ante choice, or of a constraint on such choices alone, in an economy with rights to trade */
  Origin at;
} Condition;

typedef struct Agent {
  SymId sym;
  IdxId *idx; SymId *set; uint32_t nidx;                /* type indices; none for a single agent */
  Elem *only; uint32_t nonly;                           /* `of {...}`: types kept (single-index classes), NULL = all; nonly = 0 with `gone`: none */
  int gone;                                             /* nobody of this class is there */
  const Expr *mass;
  SymId prob, prob1;                                    /* beliefs: parameters over (type sets, node), or the timeline's over (node) */
  VEC(SymId) choices;
  SymId welfare_weight;                                 /* parameter over its types: the planner's weights; 0 = no question asks for an optimum */
  SymId held, level, rise;                              /* likewise: who is held (0 or 1), at which welfare, and that welfare's slope in an equal gain; 0 = no question holds anybody */
  SymId holding, weight;                                /* its unknown in a question that does (pass rights_to_trade), else 0; SYM_LET: the weight that is reported */
  SymId payment, transfer;                              /* SYM_LET: what is paid for rights by node, the lump-sum transfer of an optimum; 0 = not asked for */
  const Expr *rights_part, *money;                      /* by pass rights_to_trade, in the type's variables: M of rights.h and the marginal value of ex-ante money; else NULL */
  SymId value;                                          /* SYM_VALUE with def = objective; 0: a policy agent (no objective) */
  VEC(Constraint) constraints;
  VEC(Condition) conditions;                            /* empty until pass kkt */
  int is_firm;
  SymId paid;                                           /* a firm's profit at each node, a choice of its own that its budget defines; 0: none */
  Origin at;
} Agent;

typedef enum { MARKET_WRITTEN, MARKET_DERIVED, MARKET_IMPLIED } MarketFrom;
typedef struct {
  SymId sym, price;                                     /* price 0: the numeraire's implied market */
  IdxId *binds; uint32_t nbinds;                        /* over the price's dom (node last); for an implied market its own */
  const Expr *cond;
  const Expr *demand, *supply;                          /* body as written, E_TOTALs inside; NULL until pass markets when derived */
  int equality;                                         /* claims and `free`; set by pass markets */
  int claim;                                            /* a market in claims in zero net supply, that deliver later or are mere positions of any sign; set by pass markets */
  int free_price;                                       /* written `free` */
  MarketFrom from;
  SymId rights;                                         /* the prices of rights that its clearing determines where rights_where holds, instead of `price`; 0 = none */
  const Expr *rights_where;                             /* over binds */
  SymId slack;                                          /* the normalisation's slack that enters its row, 0 = none */
  Str good;                                             /* the element or name it clears, for words */
  Origin at; int dropped;
} Market;

typedef struct {                                        /* F(x) = 0, or complements */
  SymId sym; IdxId *binds; uint32_t nbinds; const Expr *cond;
  Sense sense; const Expr *lhs, *rhs;
  SymId perp; Ix *perp_ix; uint32_t nperp_ix;           /* the variable it complements, 0 = a free equation (paired by pass markets) */
  Origin at; int dropped;
} Equation;

typedef struct { IdxId *binds; uint32_t nbinds; const Expr *lhs, *rhs; SymId slack; Origin at; int derived /* chosen by us: nobody said a numeraire */; int dropped; uint32_t scope; } Normalisation;
/* What an application of an institution changes in a constraint, market or equation that stands: at the values of binds (cond true) its
 * relation becomes lhs SENSE rhs, in which Economy.before stands for the side that was there. Used up by pass weave. */
typedef enum { WEAVE_EXTEND, WEAVE_REPLACE, WEAVE_DROP } WeaveKind;
typedef struct {
  WeaveKind kind;
  uint32_t scope;                                       /* the application */
  SymId target;                                         /* SYM_CONSTRAINT, SYM_MARKET or SYM_EQUATION */
  IdxId *binds; uint32_t nbinds; IdxId node;            /* as in the target, over subsets of its sets; for markets and equations the target's own */
  const Expr *cond;
  Sense sense;
  const Expr *lhs, *rhs;
  Origin at;
} Weaving;
/* set: a family of goods has one for each element of its sets (elem is then the family's name, and no element); none of them is a numeraire. */
typedef struct { Elem elem; int numeraire, durable, storable; SymId *set; uint32_t nset; Origin at; } Good;

typedef struct { SymId price, rights; } RightsName;      /* the symbol of the prices of rights that belong to a family of prices */
/* A price that is one at a later node in place of a normalisation of several together, and all prices there in the same unit of account. */
typedef struct { SymId price; Elem *ix; uint32_t n, node; SymId *with; uint32_t nwith; } QuotedIn;
typedef struct { SymId sym, from, of; } AuxStart;       /* an unknown of an adjoint, the multiplier it starts at (0: zero), and the choice or multiplier it belongs to */

typedef struct Economy {
  Str name, title;
  Compilation *cc;
  Arena *mem;
  Timeline time;
  VEC(Sym) syms;                                        /* [0] unused */
  VEC(Set) sets;                                        /* one for each SYM_SET; Sym.data is not used for it: see economy_set */
  VEC(Idx) idxs;                                        /* [0] unused */
  VEC(Data) data;                                       /* [0] unused */
  VEC(Good) goods;
  VEC(Agent) agents;
  VEC(Market) markets;
  VEC(Equation) equations;
  VEC(Normalisation) normalisations;
  VEC(Weaving) weavings;
  SymId before;                                         /* in a Weaving: the side that was there; 0 until one needs it */
  uint32_t scope;                                       /* of the symbols and normalisations made now, see Sym.scope */
  VEC(RightsName) rights;                               /* declared where some question trades rights */
  VEC(AuxStart) aux;                                    /* by pass rights_to_trade */
  struct Bearing *bearing;                              /* likewise: the exchanges; NULL before */
  int planner_bears;                                    /* by pass rights_to_trade, of an optimum: some constraint depends on the price of a later market */
  SymId gain, gain_from;                                /* SYM_VAR: an equal gain in ex-ante wealth; the parameter at which levels and their slopes are taken; 0 = not asked for */
  SymId kappa;                                          /* likewise, for an optimum: the factor that makes weights into marginal values of wealth */
  SymId node_set, good_set, terminal_set;               /* builtin sets */
  SymId date, prob, prob1;                              /* builtin parameters over nodes: date, probability, conditional probability */
  VEC(Str) remarks;                                     /* lines for `explain`, by pass walras */
  VEC(QuotedIn) quoted;                                 /* likewise, by pass markets */
  VEC(Str) exchanges;                                   /* likewise, by pass rights_to_trade: Definition 3 */
  uint32_t passes;                                      /* bits of the passes that ran */
} Economy;

Economy *economy_new(Compilation *, Arena *);
Economy *economy_clone(const Economy *, Arena *);
SymId economy_sym(Economy *, Str name, SymKind, Origin);                     /* a new symbol */
const Sym *economy_profit(const Economy *, const Agent *);                    /* the objective of a firm that pays out what it makes: NULL where budgets of its own say where its money goes, and for all others */
IdxId economy_idx(Economy *, Str name, SymId set);                           /* a new index variable */
SymId economy_add_set(Economy *, Str name, const Elem *, uint32_t n, Origin);
SymId economy_add_range(Economy *, Str name, uint32_t lo, uint32_t hi, Origin);
static inline Sym *economy_at(const Economy *e, SymId s) { return &e->syms.at[s]; }
Set *economy_set(const Economy *, SymId set);
Agent *economy_agent(const Economy *, SymId class);                          /* NULL if none */
uint32_t set_size(const Set *);
Elem set_elem(const Set *, uint32_t pos);
uint32_t set_pos(const Set *, Elem);                                         /* UINT32_MAX if it is not there; hashed or direct: constant time on average */
uint32_t economy_node(const Economy *, Elem);                                /* node index or UINT32_MAX */
/* Number of elements of the product of a symbol's sets; row-major position of a full tuple, last index fastest, SIZE_MAX if one is outside its set. */
size_t economy_volume(const Economy *, SymId);
size_t economy_offset(const Economy *, SymId, const Elem *);
const char *elem_text(const Economy *, Elem, char buf[16]);

/* Checks what every pass relies on (references fully spelt, bound variables in scope, symbols alive, aligned domains): a debug aid,
 * run between passes in debug builds. Returns 0 or adds internal diagnostics "ir.verify". */
int economy_verify(const Economy *);
#endif
