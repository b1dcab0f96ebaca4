/* lower_internal.h: what the files lower*.c share. Nothing else includes it.
 *
 * ENVIRONMENT. While an expression is expanded every index variable in scope is bound to an element or to a lane dimension of the
 * kernel at hand (L->bind). Whatever depends on parameters and indices alone becomes a datum: a slot of Problem.par, or, when it
 * depends on a lane, a column of the block; lowered_fill evaluates data anew for other parameters. */
#ifndef ECON_LOWER_INTERNAL_H
#define ECON_LOWER_INTERNAL_H
#include "dag.h"
#include "indices.h"
#include "lower.h"

typedef enum { BIND_NONE, BIND_ELEM, BIND_LANE } BindKind;
typedef struct { BindKind kind; uint32_t v; } Bind;     /* v: the element, or the lane dimension */
typedef struct { IdxId idx; Bind to; } Binding;
typedef struct { Binding *at; uint32_t n; } Binds;

/* A number for each environment: cond false -> otherwise; else e, or `base` where e is NULL. */
typedef struct { const Expr *e, *cond; double base, otherwise; Binds bind; const char *key; } Datum;

/* Open addressing from a 64-bit hash to a number; the owner compares. */
typedef struct { uint64_t *hash; uint32_t *at; uint32_t cap, n; } Table;

/* What an input refers to before absolute indices are known. */
typedef enum { AT_OWN, AT_PAR, AT_COLUMN, AT_GLOBAL, AT_OTHER, AT_GATHER, AT_MISSING } PlaceKind;
typedef struct { PlaceKind kind; uint32_t a, b, c; int given; } InRef;   /* OTHER: class a, slot b, lane c; else a. given: own, and taken as given */

typedef enum { INDEX_REF, INDEX_GLOBALS, INDEX_CHECKS } IndexKind;
/* An index column: the absolute index of an unknown for each lane (REF), or a list of globals or checks. */
typedef struct { IndexKind kind; SymId sym; const Ix *ix; uint32_t nix; Binds bind; uint32_t *list; const char *key; } IndexDef;

typedef enum { TO_GLOBAL, TO_CHECK, TO_INDEX } TargetKind;
typedef struct { DagId f; TargetKind kind; uint32_t a; } ShareDef;      /* a: global, check or index column */

typedef struct {                                        /* an own unknown of a class */
  SymId sym; const Elem *own; uint32_t nown;            /* its indices after the type's */
  uint32_t condition;                                   /* index in Agent.conditions, UINT32_MAX = none */
  Role role; uint8_t flag;
  DagId row, weight;
  Datum lower, upper; uint32_t lower_col, upper_col;    /* columns where they differ between lanes, else NO_INDEX */
  const Expr *exists; Binds exists_bind;                /* a condition only data decide: elsewhere the unknown is fixed at zero */
} Slot;

typedef struct { DagId f; uint32_t guard; } DomainItem; /* f > 0 wherever the guards hold */
typedef struct { DagId g; uint32_t parent; uint8_t negate; } Guard;     /* [0] = always */

typedef struct {
  Dag *dag;
  const Agent *agent;                                   /* NULL: a family of conditions */
  const char *name;
  SymId *set; const char **dim; uint32_t ndim;          /* lane dimensions: set, name of the index */
  Elem *tuple; uint32_t lanes;                          /* [lane*ndim + d] */
  uint32_t *lane_of; size_t volume;                     /* classes: row-major type -> lane or NO_INDEX */
  VEC(InRef) in; Table in_table;
  VEC(Datum) column; Table column_table;
  VEC(IndexDef) index; Table index_table;
  VEC(ShareDef) share;
  VEC(Slot) slot;
  VEC(DomainItem) domain;
  VEC(Guard) guard;
  DagId goal; int has_goal, given;
  Prog *by_data; Entry **by_data_entry; uint32_t *nby_data;             /* by input of the dag: d outputs / d that datum; lower_move.c */
  Kernel kernel; uint32_t id, block;                    /* index in L->build; in Problem.block, NO_INDEX where left out */
  uint32_t *in_to;                                      /* input here -> input of the kernel, NO_INDEX where unused */
} Build;

typedef enum { PLACE_NONE, PLACE_GLOBAL, PLACE_OWN } PlaceWhere;
typedef struct { PlaceWhere where; uint32_t build; uint32_t *at; size_t volume; uint32_t first; } Place;   /* at[offset over dom from `first` on]: global or slot */

typedef enum { ROW_NONE, ROW_MARKET, ROW_EQUATION, ROW_NORMALISATION, ROW_AGGREGATE } RowKind;
typedef struct { GlobalKind kind; SymId sym; size_t offset; RowKind row; uint32_t owner; size_t row_offset; uint32_t flag; const char *text; } GlobalDef;
typedef struct { uint32_t market; size_t offset; uint32_t price; } CheckDef;
/* A family of conditions plus - minus over binds. target[offset over binds]: the global whose row it is, check[...]: its check; both
 * NO_INDEX where there is none. */
typedef struct {
  const char *name; RowKind row; uint32_t owner;
  const IdxId *binds; uint32_t nbinds; SymId *set; size_t volume;
  const Expr *cond, *plus, *minus, *slack;
  uint32_t *target, *check;
  int claim;
} Family;
typedef struct { const Expr *e; Binds bind; uint32_t global; const char *key; } Aggregate;   /* e: E_TOTAL */
typedef struct { SymId value; uint32_t agent, base; } ValueAggregate;

struct Lowered {
  const Economy *eco;
  Compilation *cc;
  Arena *mem;
  const Values *filled;                                 /* with which it was last filled; NULL: none, or that failed */
  Eval eval; Values values;                             /* values as given, read against this economy */
  Bind *bind; uint32_t nbind;
  Place *place;                                         /* by SymId */
  uint32_t *class_of;                                   /* by SymId of a class: index of its agent, NO_INDEX */
  VEC(Build *) build;                                     /* the classes in the economy's order, then families; then the totals */
  VEC(Datum) par; Table par_table;
  VEC(Binding) used;                                    /* by the last lower_key */
  IdxId inner[64]; uint32_t ninner; int plain;          /* variables bound inside the expression that lower_key is at; plain: for people */
  VEC(GlobalDef) global;
  VEC(CheckDef) check;
  VEC(Family) family;
  VEC(Aggregate) aggregate; Table aggregate_table; uint32_t aggregate_done;
  VEC(ValueAggregate) value; uint32_t value_done;
  VEC(const char *) missing;                            /* words for inputs that do not exist */
  VEC(Origin) missing_at;
  Table class_table; VEC(const Expr *) class_key; VEC(uint8_t) class_flag;
  uint32_t depth;                                       /* of definitions written out inside each other */
  Origin at;                                            /* the condition at hand: where there is no better origin */
  Problem problem;
};

/* ---- lower.c: tables, tuples, lookups ---- */
uint64_t lower_hash(const void *, size_t);
/* The entry of hash for which equal() holds, or adds `fresh`. Returns the stored number; *added says whether it is new. */
uint32_t lower_table(Arena *, Table *, uint64_t hash, uint32_t fresh, int (*equal)(const void *ctx, uint32_t at), const void *ctx, int *added);
size_t lower_volume(const Economy *, const SymId *set, uint32_t n);
size_t lower_offset(const Economy *, const SymId *set, const Elem *ix, uint32_t n);       /* SIZE_MAX when outside */
void lower_tuple(const Economy *, const SymId *set, uint32_t n, size_t offset, Elem *out);
Build *lower_build_new(Lowered *, const char *name);
const Sym *lower_sym(const Lowered *, SymId);
uint32_t lower_add_global(Lowered *, GlobalDef);
/* The global of an instance of a symbol, made when there is none yet. NO_INDEX when the offset is outside or the symbol is an agent's. */
uint32_t lower_global_of(Lowered *, SymId, size_t offset, GlobalKind);
enum { LOWER_DIMS = 32 };                               /* indices of one symbol or condition */

int lower_values(Lowered *, const Values *);            /* numbers to evaluate with from here on */

/* ---- lower_expand.c ---- */
Bind lower_bind(Lowered *, IdxId, Bind);                /* returns what it was */
static inline Bind bind_elem(Elem e) { return (Bind){BIND_ELEM, e}; }
static inline Bind bind_lane(uint32_t d) { return (Bind){BIND_LANE, d}; }
enum { EX_UNKNOWN = 1, EX_PARAM = 2, EX_TOTAL = 4, EX_LANE = 8 };
unsigned lower_class(Lowered *, const Expr *);          /* UNKNOWN, PARAM, TOTAL: what occurs in it */
/* Canonical text under the environment (out may be NULL), the bindings it uses in L->used, and PARAM and LANE as they apply here. */
unsigned lower_key(Lowered *, const Build *, const Expr *, Text *out);
DagId lower_expand(Lowered *, Build *, const Expr *);
DagId lower_input(Lowered *, Build *, InRef);
DagId lower_condition(Lowered *, Build *, const Expr *);    /* 1 or 0, or a datum that is */
int lower_decided(Lowered *, const Expr *cond, int *value);       /* by indices alone; NULL is true */
Binds lower_binds(Lowered *, const Expr *, const Expr *, const Ix *, uint32_t n);      /* the environment of these (NULLs allowed), copied */
void lower_restore(Lowered *, Binds);                /* binds them again */
uint32_t lower_add_index(Lowered *, Build *, IndexDef);
uint32_t lower_add_column(Lowered *, Build *, Datum);
int lower_domain_next(Lowered *, const Domain *, Elem prev, uint32_t *pos, Elem *out);
typedef struct { int known; Elem e; int lane; } Spot;   /* known: element e (ELEM_NONE: before the root); else lane dimension or -1 */
Spot lower_spot(Lowered *, Ix);

/* ---- lower_rows.c: conditions into kernels ---- */
int lower_rows(Lowered *);
/* ---- lower_kernel.c: kernels into bytecode ---- */
int lower_emit(Lowered *);
void lower_claims(Lowered *, Build *, DagId f);  /* marks the choices f depends on as positions in a claim */
/* ---- lower_rights.c ---- */
int lower_exchanges(Lowered *);                        /* Problem.exchange, of an economy with rights to trade */
/* ---- lower_names.c ---- */
Names lower_names(Lowered *);
void lower_ref_text(const Lowered *, SymId, const Elem *ix, uint32_t n, Text *);          /* c[lender,c1]@now */
#endif
