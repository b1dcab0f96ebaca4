/* expr.h: expressions of the economy. Immutable TREES in which every occurrence keeps its own origin; sharing happens in dag.h, after
 * lowering. Expressions stay indexed: types, goods and nodes are never expanded here.
 *
 * FULL SPELLING. After elaboration every reference carries all the indices of its symbol, in the order of Sym.dom: the owner's type
 * indices first, then the declared ones, then the node when the symbol is dated (Sym.node_dim). An undated name has no node index.
 *
 * ELEMENTS. An Elem is a name (its Str) or a whole number (ELEM_NUMBER | value): elements of ranges and nodes such as 0, 1. The same
 * element may belong to several sets; a node `wet` of the set `s` is the same element in both. */
#ifndef ECON_EXPR_H
#define ECON_EXPR_H
#include "../lang/diag.h"

typedef uint32_t SymId;                                 /* 0 = none; index into Economy.syms */
typedef uint32_t IdxId;                                 /* 0 = none; a bound index variable, unique in the economy (Economy.idxs): no capture */
typedef uint32_t Elem;
#define ELEM_NUMBER 0x80000000u
#define ELEM_NONE 0u
static inline int elem_is_number(Elem e) { return (e & ELEM_NUMBER) != 0; }
static inline uint32_t elem_value(Elem e) { return e & ~ELEM_NUMBER; }

typedef enum {
  IX_BOUND,     /* the value of index variable v */
  IX_ELEM,      /* the element v */
  IX_PREV,      /* the predecessor of the node that index variable v stands for (v = 0: of the node that e gives); absent at the root: the reference is then zero */
  IX_EXPR       /* an element-valued expression e (E_ELEM, E_IDX, E_IF over such) */
} IxKind;
typedef struct Expr Expr;
typedef struct { IxKind kind; uint32_t v; const Expr *e; } Ix;

typedef enum {
  E_NUM,        /* num */
  E_REF,        /* sym[ix...] */
  E_ADD,        /* n-ary, n >= 2 */
  E_MUL,        /* n-ary, n >= 2 */
  E_NEG, E_DIV, E_POW,
  E_CALL,       /* a builtin function of one argument: fn */
  E_MIN, E_MAX, /* n-ary */
  E_IF,         /* condition, then, else; condition over parameters and indices only (elaboration sees to it) */
  E_LT, E_LE, E_EQ, E_NE,       /* conditions: numbers (two kids); E_EQ and E_NE also of two elements: then ix[0], ix[1] and no kids */
  E_IN,         /* element ix[0] belongs to the set sym */
  E_AND, E_OR, E_NOT,
  E_SUM,        /* over bind in dom, kid[0]; kid[1] is the condition where there is one */
  E_TOTAL,      /* sum over all types of class sym by mass: binds[] are fresh variables, one for each type index of the class; kid[0] */
  E_GIVEN,      /* kid[0], not differentiated */
  E_ELEM,       /* the element v: as a number when it is one */
  E_IDX,        /* the value of index variable v (v = 0: of ix[0]): as a number when its set has numbers */
  E_DELTA,      /* [ix[0] = ix[1]] as 1 or 0; only while differentiating, eliminated before a pass ends where it can be */
  E_STAT,       /* a statistic of solutions (statistic.h): econ_statistics[v] of the arguments kid[], for the type ix[] of the class sym; in queries only */
  E_NAMED       /* an argument of a statistic that is a name: the solution `solution`, or the symbol sym */
} ExprKind;

typedef enum { FN_LOG, FN_EXP, FN_SQRT, FN_ABS, FN_MOD, FN_FRAC, FN_HALTON, FN_FLOOR } BuiltinFn;   /* the last four: of parameters and indices; MOD and HALTON have two kids */

/* What a sum runs over: the elements of a set, those whose predecessor is `prev` (successors of a node, within the set) where prev_of. */
typedef struct { SymId set; int succ; Ix prev; } Domain;

struct Expr {
  ExprKind kind;
  Origin at;
  double num;
  SymId sym;                                            /* REF, TOTAL (class), IN (set) */
  BuiltinFn fn;
  IdxId bind; Domain dom;                               /* SUM */
  IdxId *binds; uint32_t nbinds;                        /* TOTAL */
  uint32_t v;                                           /* ELEM, IDX */
  Str solution;                                         /* REF in a report, expect or --get: the solution it was read from (ex.k), 0 = the one at hand */
  Ix *ix; uint32_t nix;
  const Expr **kid; uint32_t nkid;
  uint64_t hash;                                        /* of shape, symbols, indices and numbers; set by the builders, never 0 */
};

/* ---- building (arena-owned; at is the origin given to the new node). The builders simplify by exact rules only: constants folded,
 * zeros and ones dropped, nested sums and products flattened, like numeric terms collected, double negation, x^1, common factors of a
 * quotient cancelled. They never reorder what the user would recognise more than that. ---- */
const Expr *ex_num(Arena *, Origin, double);
const Expr *ex_ref(Arena *, Origin, SymId, const Ix *, uint32_t n);
const Expr *ex_add(Arena *, Origin, const Expr *const *, uint32_t n);
const Expr *ex_mul(Arena *, Origin, const Expr *const *, uint32_t n);
const Expr *ex_add2(Arena *, Origin, const Expr *, const Expr *);
const Expr *ex_sub(Arena *, Origin, const Expr *, const Expr *);
const Expr *ex_mul2(Arena *, Origin, const Expr *, const Expr *);
const Expr *ex_neg(Arena *, Origin, const Expr *);
const Expr *ex_div(Arena *, Origin, const Expr *, const Expr *);
const Expr *ex_pow(Arena *, Origin, const Expr *, const Expr *);
const Expr *ex_call(Arena *, Origin, BuiltinFn, const Expr *const *, uint32_t n);
const Expr *ex_node(Arena *, Origin, ExprKind, const Expr *const *kid, uint32_t n);      /* MIN MAX IF LT LE EQ NE AND OR NOT GIVEN */
const Expr *ex_in(Arena *, Origin, Ix, SymId set);
const Expr *ex_sum(Arena *, Origin, IdxId bind, Domain, const Expr *body, const Expr *cond /* or NULL */);
const Expr *ex_total(Arena *, Origin, SymId class, const IdxId *binds, uint32_t n, const Expr *body);
const Expr *ex_elem(Arena *, Origin, Elem);
const Expr *ex_idx(Arena *, Origin, IdxId);
const Expr *ex_eq_ix(Arena *, Origin, Ix, Ix);          /* E_EQ of two elements; E_NUM where it is decided */
int ex_is_num(const Expr *, double);
const Expr *ex_keep(Arena *, Expr);                     /* stores a node exactly as it is, its hash computed; a number 0 when memory failed (arena_failed tells) */
/* The same node with other kids, indices and (sums) another domain, built anew by the builder of its kind. */
const Expr *ex_with(Arena *, const Expr *, const Expr *const *kid, const Ix *ix, const Domain *dom);
int ix_equal(Ix, Ix);
Ix ix_bound(IdxId);
Ix ix_elem(Elem);
Ix ix_prev(IdxId);
int ix_mentions(Ix, IdxId);                             /* does its value depend on the index variable? */
int ex_mentions(const Expr *, IdxId);                   /* is the index variable used (free) anywhere in it? */
Ix ix_subst(Arena *, Ix, const IdxId *var, const Ix *to, uint32_t n);

/* Same shape, symbols, indices and numbers (origins ignored). */
int ex_equal(const Expr *, const Expr *);
/* The same but for the names of the variables that sums and totals bind. */
int ex_alike(const Expr *, const Expr *);
/* Is there a reference (at any depth) for which is() is true? */
int ex_depends(const Expr *, int (*is)(void *ctx, const Expr *ref), void *ctx);
void ex_walk(const Expr *, void (*visit)(void *ctx, const Expr *), void *ctx);
/* A copy in which index variables are replaced: var[i] by to[i]. Bound variables inside are left alone (they are unique). */
const Expr *ex_subst(Arena *, const Expr *, const IdxId *var, const Ix *to, uint32_t n);
#endif
