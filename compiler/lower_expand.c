/* lower_expand.c: from indexed expressions to scalar ones. Own indices, nodes and sums are written out, types become lanes, maximal
 * subexpressions of parameters and indices become data. */
#include "lower_internal.h"
#include <math.h>
#include <string.h>

enum { DEEPEST = 64 };                                  /* definitions inside definitions */

/* ---- the environment ---------------------------------------------------------------------------------------------------------- */

Bind lower_bind(Lowered *L, IdxId v, Bind to) {
  Bind was = L->bind[v];
  L->bind[v] = to;
  L->eval.env[v] = to.kind == BIND_ELEM ? to.v : ELEM_NONE;
  return was;
}

void lower_restore(Lowered *L, Binds b) {
  for (uint32_t i = 0; i < b.n; i++) lower_bind(L, b.at[i].idx, b.at[i].to);
}

/* ---- what occurs in an expression --------------------------------------------------------------------------------------------- */

static int same_pointer(const void *ctx, uint32_t at) {
  const void *const *pair = ctx;
  return ((const Lowered *)pair[0])->class_key.at[at] == pair[1];
}

static unsigned class_of_ix(Lowered *L, Ix x) { return x.e && (x.kind == IX_EXPR || x.kind == IX_PREV) ? lower_class(L, x.e) : 0; }

static unsigned class_of_ref(Lowered *L, const Expr *e) {
  const Sym *s = lower_sym(L, e->sym);
  if (s->kind == SYM_PARAM) return EX_PARAM;
  if (s->kind != SYM_LET) return EX_UNKNOWN;
  if (!s->def || L->depth > DEEPEST) return 0;
  L->depth++;
  unsigned c = lower_class(L, s->def);
  L->depth--;
  return c;
}

unsigned lower_class(Lowered *L, const Expr *e) {
  if (e->kind == E_NUM || e->kind == E_ELEM) return 0;
  const void *pair[2] = {L, e};
  int added;
  uint32_t at = lower_table(L->mem, &L->class_table, lower_hash(&e, sizeof(const Expr *)), L->class_key.n, same_pointer, pair, &added);
  if (arena_failed(L->mem)) return 0;
  if (!added) return L->class_flag.at[at];
  VEC_PUSH(L->mem, L->class_key, e);
  VEC_PUSH(L->mem, L->class_flag, 0);
  unsigned c = e->kind == E_REF ? class_of_ref(L, e) : e->kind == E_TOTAL ? EX_TOTAL | EX_PARAM : 0;
  for (uint32_t i = 0; i < e->nkid; i++) c |= lower_class(L, e->kid[i]);
  for (uint32_t i = 0; i < e->nix; i++) c |= class_of_ix(L, e->ix[i]);
  if (e->kind == E_SUM && e->dom.succ) c |= class_of_ix(L, e->dom.prev);
  if (!arena_failed(L->mem)) L->class_flag.at[at] = (uint8_t)c;
  return c;
}

/* ---- canonical text ----------------------------------------------------------------------------------------------------------- */

static void put(Text *t, const char *s) {
  if (t) text_put(t, s);
}

static const char *name_of(const Lowered *L, Str s) { return str_text(L->cc->strs, s); }

static void put_elem(const Lowered *L, Elem e, Text *out) {
  char buf[16];
  if (out) text_put(out, e == ELEM_NONE ? "-" : elem_text(L->eco, e, buf));
}

static void use(Lowered *L, IdxId v, Bind b) {
  for (uint32_t i = 0; i < L->used.n; i++)
    if (L->used.at[i].idx == v) return;
  VEC_PUSH(L->mem, L->used, (Binding){v, b});
}

/* Variables bound inside are numbered by depth, so that equal expressions have equal texts. */
enum { INNER = sizeof((Lowered *)0)->inner / sizeof(IdxId) };
static void key_push(Lowered *L, IdxId v) {
  if (L->ninner < INNER) L->inner[L->ninner] = v;
  L->ninner++;
}

static int inner_depth(const Lowered *L, IdxId v) {
  for (uint32_t i = L->ninner < INNER ? L->ninner : INNER; i-- > 0;)
    if (L->inner[i] == v) return (int)i;
  return -1;
}

static unsigned key_bound(Lowered *L, const Build *k, IdxId v, Text *out) {
  int depth = inner_depth(L, v);
  Bind b = depth >= 0 ? (Bind){0} : L->bind[v];
  if (b.kind == BIND_NONE) {
    if (out && depth >= 0) text_printf(out, "'%d", depth);
    else if (out) text_printf(out, "%s''%u", name_of(L, L->eco->idxs.at[v].name), v);
    return 0;
  }
  use(L, v, b);
  if (b.kind == BIND_ELEM) {
    put_elem(L, b.v, out);
    return 0;
  }
  if (out) text_printf(out, "<%s>", k && b.v < k->ndim ? k->dim[b.v] : "lane");
  return EX_LANE;
}

static unsigned key(Lowered *L, const Build *k, const Expr *e, Text *out);

static unsigned key_ix(Lowered *L, const Build *k, Ix x, Text *out) {
  unsigned c = 0;
  switch (x.kind) {
    case IX_BOUND: return key_bound(L, k, x.v, out);
    case IX_ELEM: put_elem(L, x.v, out); return 0;
    case IX_EXPR: return key(L, k, x.e, out);
    case IX_PREV: break;
  }
  put(out, "prev ");
  c = x.e ? key(L, k, x.e, out) : key_bound(L, k, x.v, out);
  return c;
}

static unsigned key_list(Lowered *L, const Build *k, const Expr *e, const char *sep, Text *out) {
  unsigned c = 0;
  put(out, "(");
  for (uint32_t i = 0; i < e->nix; i++) {
    if (i) put(out, sep);
    c |= key_ix(L, k, e->ix[i], out);
  }
  for (uint32_t i = 0; i < e->nkid; i++) {
    if (i || e->nix) put(out, sep);
    c |= key(L, k, e->kid[i], out);
  }
  put(out, ")");
  return c;
}

static unsigned key_ref(Lowered *L, const Build *k, const Expr *e, Text *out) {
  const Sym *s = lower_sym(L, e->sym);
  unsigned c = s->kind == SYM_PARAM ? EX_PARAM : lower_class(L, e) & EX_PARAM;
  put(out, name_of(L, s->name));
  if (s->scope && out) text_printf(out, "'%u", e->sym);
  int open = 0;
  for (uint32_t i = 0; i < e->nix; i++) {
    int dated = (int)i == s->node_dim;
    int silent = dated || (L->plain && e->ix[i].kind == IX_BOUND && inner_depth(L, e->ix[i].v) >= 0);
    if (!silent) put(out, open++ ? "," : "[");
    if (!dated) c |= key_ix(L, k, e->ix[i], silent ? NULL : out);
  }
  if (open) put(out, "]");
  if (s->node_dim >= 0 && (uint32_t)s->node_dim < e->nix) {
    Text *to = L->eco->time.declared ? out : NULL;
    put(to, "@");
    c |= key_ix(L, k, e->ix[s->node_dim], to);
  }
  return c;
}

static unsigned key_sum(Lowered *L, const Build *k, const Expr *e, Text *out) {
  if (out) text_printf(out, "sum(%s", name_of(L, lower_sym(L, e->dom.set)->name));
  unsigned c = 0;
  if (e->dom.succ) {
    put(out, " after ");
    c |= key_ix(L, k, e->dom.prev, out);
  }
  key_push(L, e->bind);
  for (uint32_t i = e->nkid; i-- > 0;) {
    put(out, i ? " if " : ", ");
    c |= key(L, k, e->kid[i], out);
  }
  L->ninner--;
  put(out, ")");
  return c;
}

static const char *separator(ExprKind kind) {
  switch (kind) {
    case E_ADD: return " + ";
    case E_MUL: return "*";
    case E_DIV: return "/";
    case E_POW: return "^";
    case E_LT: return " < ";
    case E_LE: return " <= ";
    case E_EQ: return " = ";
    case E_NE: return " != ";
    case E_AND: return " and ";
    case E_OR: return " or ";
    default: return ", ";
  }
}

static const char *opener(const Expr *e) {
  static const char *const fn[] = {"log", "exp", "sqrt", "abs", "mod", "frac", "halton", "floor"};
  switch (e->kind) {
    case E_NEG: return "-";
    case E_CALL: return fn[e->fn];
    case E_MIN: return "min";
    case E_MAX: return "max";
    case E_IF: return "if";
    case E_NOT: return "not";
    case E_GIVEN: return "given";
    case E_TOTAL: return "total";
    case E_DELTA: return "same";
    default: return "";
  }
}

static unsigned key(Lowered *L, const Build *k, const Expr *e, Text *out) {
  switch (e->kind) {
    case E_NUM:
      if (out) text_number(out, e->num);
      return 0;
    case E_REF: return key_ref(L, k, e, out);
    case E_ELEM: put_elem(L, e->v, out); return 0;
    case E_IDX: return e->nix ? key_ix(L, k, e->ix[0], out) : key_bound(L, k, e->v, out);
    case E_SUM: return key_sum(L, k, e, out);
    case E_IN:
      put(out, name_of(L, lower_sym(L, e->sym)->name));
      put(out, " has ");
      return key_list(L, k, e, ", ", out);
    case E_TOTAL: {
      for (uint32_t i = 0; i < e->nbinds; i++) key_push(L, e->binds[i]);
      put(out, L->plain ? "total" : "total ");
      if (!L->plain) put(out, name_of(L, lower_sym(L, e->sym)->name));
      unsigned c = EX_PARAM | key_list(L, k, e, ", ", out);
      L->ninner -= e->nbinds;
      return c;
    }
    default: put(out, opener(e)); return key_list(L, k, e, separator(e->kind), out);
  }
}

unsigned lower_key(Lowered *L, const Build *k, const Expr *e, Text *out) {
  L->used.n = 0;
  L->ninner = 0;
  return key(L, k, e, out);
}

/* lower_key for people: total(c@now). */
static void lower_plain(Lowered *L, const Expr *e, Text *out) {
  L->plain = 1;
  lower_key(L, NULL, e, out);
  L->plain = 0;
}

static Binds copy_used(Lowered *L) {
  Binds b = {ARENA_ARRAY(L->mem, Binding, L->used.n + 1), L->used.n};
  if (!b.at) return (Binds){0};
  if (b.n) memcpy(b.at, L->used.at, sizeof *b.at * b.n);
  return b;
}

Binds lower_binds(Lowered *L, const Expr *e, const Expr *cond, const Ix *ix, uint32_t n) {
  L->used.n = L->ninner = 0;
  if (e) key(L, NULL, e, NULL);
  if (cond) key(L, NULL, cond, NULL);
  for (uint32_t i = 0; i < n; i++) key_ix(L, NULL, ix[i], NULL);
  return copy_used(L);
}

/* ---- data --------------------------------------------------------------------------------------------------------------------- */

static int same_datum(const void *ctx, uint32_t at) {
  const void *const *pair = ctx;
  return strcmp(((const Datum *)pair[0])[at].key, pair[1]) == 0;
}

uint32_t lower_add_column(Lowered *L, Build *k, Datum d) {
  const void *pair[2] = {k->column.at, d.key};
  int added = 1;
  uint32_t at = d.key ? lower_table(L->mem, &k->column_table, lower_hash(d.key, strlen(d.key)), k->column.n, same_datum, pair, &added) : k->column.n;
  if (added) VEC_PUSH(L->mem, k->column, d);
  return at;
}

static uint32_t add_parameter(Lowered *L, Datum d) {
  const void *pair[2] = {L->par.at, d.key};
  int added;
  uint32_t at = lower_table(L->mem, &L->par_table, lower_hash(d.key, strlen(d.key)), L->par.n, same_datum, pair, &added);
  if (added) VEC_PUSH(L->mem, L->par, d);
  return at;
}

/* Two names of one lane dimension: the same element, whatever it is. */
static int same_lane(Lowered *L, const Expr *cond) {
  if ((cond->kind != E_EQ && cond->kind != E_DELTA) || cond->nix != 2) return 0;
  Spot a = lower_spot(L, cond->ix[0]), b = lower_spot(L, cond->ix[1]);
  return !a.known && !b.known && a.lane >= 0 && a.lane == b.lane;
}

/* A parameter expression or (is_cond) condition: a number where indices alone decide it, else a slot or a column. */
static DagId datum(Lowered *L, Build *k, const Expr *e, int is_cond) {
  if (e->kind == E_NUM) return dag_num(k->dag, is_cond ? e->num != 0.0 : e->num);
  if (same_lane(L, e)) return dag_num(k->dag, 1.0);
  Text t = {0};
  if (is_cond) text_put(&t, "[");
  unsigned c = lower_key(L, k, e, &t);
  if (is_cond) text_put(&t, "]");
  DagId f = 0;
  if (!(c & (EX_PARAM | EX_LANE))) {
    f = dag_num(k->dag, is_cond ? (double)(eval_cond(&L->eval, e) != 0) : eval_expr(&L->eval, e));
  } else {
    Datum d = {is_cond ? NULL : e, is_cond ? e : NULL, 1.0, 0.0, copy_used(L), arena_text(L->mem, t.at ? t.at : "", t.n)};
    if (d.key && !t.failed)
      f = c & EX_LANE ? lower_input(L, k, (InRef){AT_COLUMN, lower_add_column(L, k, d), 0, 0, 0}) : lower_input(L, k, (InRef){AT_PAR, add_parameter(L, d), 0, 0, 0});
  }
  text_free(&t);
  return f;
}

int lower_decided(Lowered *L, const Expr *cond, int *value) {
  *value = 1;
  if (!cond || same_lane(L, cond)) return 1;
  if (lower_class(L, cond) & EX_UNKNOWN) return 0;
  if (lower_key(L, NULL, cond, NULL) & (EX_PARAM | EX_LANE)) return 0;
  *value = eval_cond(&L->eval, cond) != 0;
  return 1;
}

/* Comparisons of unknowns come from derivatives of min, max and abs of what agents take as given; written ones are refused when read. */
DagId lower_condition(Lowered *L, Build *k, const Expr *cond) {
  if (lower_class(L, cond) & EX_UNKNOWN) {
    if (cond->kind == E_LT || cond->kind == E_LE) {
      DagId a = lower_expand(L, k, cond->kid[0]), b = lower_expand(L, k, cond->kid[1]);
      return dag_op(k->dag, cond->kind == E_LT ? OP_LESS : OP_LESSEQ, a, b, 0);
    }
    diag_add(L->cc, SEV_ERROR, "lower.condition", cond->at ? cond->at : L->at,
             "this condition depends on what is solved for; a condition may depend on parameters and indices only");
    return 0;
  }
  return datum(L, k, cond, 1);
}

/* ---- inputs ------------------------------------------------------------------------------------------------------------------- */

static int same_input(const void *ctx, uint32_t at) {
  const void *const *pair = ctx;
  const InRef *x = &((const InRef *)pair[0])[at], *y = pair[1];
  return x->kind == y->kind && x->a == y->a && x->b == y->b && x->c == y->c && x->given == y->given;
}

DagId lower_input(Lowered *L, Build *k, InRef r) {
  r.given = k->given && r.kind == AT_OWN;
  const uint32_t words[5] = {(uint32_t)r.kind, r.a, r.b, r.c, (uint32_t)r.given};
  const void *pair[2] = {k->in.at, &r};
  int added;
  uint32_t at = lower_table(L->mem, &k->in_table, lower_hash(words, sizeof words), k->in.n, same_input, pair, &added);
  if (added) VEC_PUSH(L->mem, k->in, r);
  return arena_failed(L->mem) ? 0 : dag_in(k->dag, at);
}

static int same_index(const void *ctx, uint32_t at) {
  const void *const *pair = ctx;
  const char *other = ((const IndexDef *)pair[0])[at].key;
  return other && strcmp(other, pair[1]) == 0;
}

uint32_t lower_add_index(Lowered *L, Build *k, IndexDef d) {
  const void *pair[2] = {k->index.at, d.key};
  int added = 1;
  uint32_t at = d.key ? lower_table(L->mem, &k->index_table, lower_hash(d.key, strlen(d.key)), k->index.n, same_index, pair, &added) : k->index.n;
  if (added) VEC_PUSH(L->mem, k->index, d);
  return at;
}

/* ---- references --------------------------------------------------------------------------------------------------------------- */

Spot lower_spot(Lowered *L, Ix x) {
  if (x.kind == IX_ELEM) return (Spot){1, x.v, -1};
  if (x.kind == IX_EXPR && x.e->kind == E_IDX) return lower_spot(L, x.e->nix ? x.e->ix[0] : (Ix){IX_BOUND, x.e->v, NULL});
  if (x.kind == IX_BOUND) {
    Bind b = L->bind[x.v];
    return b.kind == BIND_ELEM ? (Spot){1, b.v, -1} : (Spot){0, ELEM_NONE, b.kind == BIND_LANE ? (int)b.v : -1};
  }
  L->used.n = L->ninner = 0;
  if (key_ix(L, NULL, x, NULL) & (EX_PARAM | EX_LANE)) return (Spot){0, ELEM_NONE, -1};
  return (Spot){1, eval_ix(&L->eval, x), -1};
}

typedef struct { Spot at[LOWER_DIMS]; Elem elem[LOWER_DIMS]; uint32_t n; int all_known, before_root; } Tuple;

static int resolve(Lowered *L, const Expr *e, Tuple *t) {
  t->n = e->nix;
  t->all_known = 1;
  t->before_root = 0;
  if (e->nix > LOWER_DIMS) {
    diag_add(L->cc, SEV_ERROR, "lower.indices", e->at ? e->at : L->at, "a name with more than %d indices is not supported", LOWER_DIMS);
    return 1;
  }
  for (uint32_t i = 0; i < e->nix; i++) {
    t->at[i] = lower_spot(L, e->ix[i]);
    t->elem[i] = t->at[i].e;
    t->all_known &= t->at[i].known;
    t->before_root |= t->at[i].known && t->elem[i] == ELEM_NONE;
  }
  return 0;
}

static DagId gather(Lowered *L, Build *k, const Expr *e) {
  Text t = {0};
  lower_key(L, k, e, &t);
  IndexDef d = {.kind = INDEX_REF, .sym = e->sym, .ix = e->ix, .nix = e->nix, .bind = copy_used(L), .key = arena_text(L->mem, t.at ? t.at : "", t.n)};
  text_free(&t);
  return d.key ? lower_input(L, k, (InRef){AT_GATHER, lower_add_index(L, k, d), 0, 0, 0}) : 0;
}

static DagId missing(Lowered *L, Build *k, const Expr *e, const Tuple *t) {
  Text text = {0};
  lower_ref_text(L, e->sym, t->elem, t->n, &text);
  VEC_PUSH(L->mem, L->missing, arena_text(L->mem, text.at ? text.at : "", text.n));
  VEC_PUSH(L->mem, L->missing_at, e->at ? e->at : L->at);
  text_free(&text);
  return arena_failed(L->mem) ? 0 : lower_input(L, k, (InRef){AT_MISSING, L->missing.n - 1, 0, 0, 0});
}

/* A definition (let, objective, initial value) with its formal indices bound to these. */
static DagId written_out(Lowered *L, Build *k, const Sym *s, const Expr *def, const Tuple *t, Origin at) {
  if (!def) return 0;
  if (++L->depth > DEEPEST) {
    diag_add(L->cc, SEV_ERROR, "lower.recursive", at ? at : L->at, "`%s` is defined by itself", name_of(L, s->name));
    L->depth--;
    return 0;
  }
  Bind was[LOWER_DIMS];
  for (uint32_t i = 0; i < t->n; i++)
    if (s->idx && s->idx[i]) {
      Bind to = t->at[i].known ? bind_elem(t->elem[i]) : bind_lane((uint32_t)t->at[i].lane);
      was[i] = lower_bind(L, s->idx[i], t->at[i].known && t->elem[i] == ELEM_NONE ? (Bind){0} : to);
    }
  DagId f = lower_expand(L, k, def);
  for (uint32_t i = t->n; i-- > 0;)
    if (s->idx && s->idx[i]) lower_bind(L, s->idx[i], was[i]);
  L->depth--;
  return f;
}

/* An own choice whose own index only data know: the sum over its slots, each where the index is that element. */
static DagId own_by_data(Lowered *L, Build *k, const Expr *e, const Tuple *t, uint32_t ntype) {
  VEC(DagId) term = {0};
  for (uint32_t s = 0; s < k->slot.n; s++) {
    if (k->slot.at[s].sym != e->sym) continue;
    DagId f = lower_input(L, k, (InRef){AT_OWN, s, 0, 0, 0});
    for (uint32_t i = ntype; i < t->n && f; i++) {
      Elem own = k->slot.at[s].own[i - ntype];
      if (t->at[i].known) {
        if (t->elem[i] != own) f = 0;
      } else {
        const Expr *here = ex_eq_ix(L->mem, e->at, e->ix[i], (Ix){IX_ELEM, own, NULL});
        f = dag_op(k->dag, OP_SEL, lower_condition(L, k, here), f, 0);
      }
    }
    if (f) VEC_PUSH(L->mem, term, f);
  }
  return dag_sum(k->dag, term.at, term.n);
}

static DagId expand_own(Lowered *L, Build *k, const Expr *e, const Tuple *t, uint32_t ntype) {
  const Place *place = &L->place[e->sym];
  for (uint32_t i = ntype; i < t->n; i++)
    if (!t->at[i].known) return own_by_data(L, k, e, t, ntype);
  size_t at = lower_offset(L->eco, lower_sym(L, e->sym)->dom + ntype, t->elem + ntype, t->n - ntype);
  if (at >= place->volume || place->at[at] == NO_INDEX) return 0;
  return lower_input(L, k, (InRef){AT_OWN, place->at[at], 0, 0, 0});
}

/* A choice or multiplier of a class: the lane's own, one other unknown, or another one for each lane. */
static DagId expand_agents(Lowered *L, Build *k, const Expr *e, const Tuple *t) {
  const Place *place = &L->place[e->sym];
  Build *home = L->build.at[place->build];
  uint32_t ntype = place->first;
  int own = home == k;
  for (uint32_t i = 0; i < ntype; i++) own &= !t->at[i].known && t->at[i].lane == (int)i;
  if (own) return expand_own(L, k, e, t, ntype);
  if (!t->all_known) return gather(L, k, e);
  const Sym *s = lower_sym(L, e->sym);
  size_t type = lower_offset(L->eco, s->dom, t->elem, ntype), at = lower_offset(L->eco, s->dom + ntype, t->elem + ntype, t->n - ntype);
  if (type >= home->volume || home->lane_of[type] == NO_INDEX || at >= place->volume || place->at[at] == NO_INDEX) return 0;
  return lower_input(L, k, (InRef){AT_OTHER, home->id, place->at[at], home->lane_of[type], 0});
}

static DagId expand_global(Lowered *L, Build *k, const Expr *e, const Tuple *t, int may_lack) {
  const Place *place = &L->place[e->sym];
  if (place->where == PLACE_NONE) return may_lack ? 0 : missing(L, k, e, t);
  if (!t->all_known) return gather(L, k, e);
  size_t at = lower_offset(L->eco, lower_sym(L, e->sym)->dom, t->elem, t->n);
  if (at >= place->volume || place->at[at] == NO_INDEX) return may_lack ? 0 : missing(L, k, e, t);
  return lower_input(L, k, (InRef){AT_GLOBAL, place->at[at], 0, 0, 0});
}

/* An agent's value seen from outside: one aggregate for each type, defined in the class's kernel. */
static DagId expand_value(Lowered *L, Build *k, const Expr *e, const Tuple *t) {
  const Sym *s = lower_sym(L, e->sym);
  uint32_t c = s->owner < L->eco->syms.n ? L->class_of[s->owner] : NO_INDEX;
  if (c == NO_INDEX || !s->def) return missing(L, k, e, t);
  Build *home = L->build.at[c];
  int own = home == k;
  for (uint32_t i = 0; i < t->n; i++) own &= !t->at[i].known && t->at[i].lane == (int)i;
  if (own) return written_out(L, k, s, s->def, t, e->at);
  Place *place = &L->place[e->sym];
  if (place->where == PLACE_NONE) {
    *place = (Place){PLACE_GLOBAL, 0, ARENA_ARRAY(L->mem, uint32_t, home->volume + 1), home->volume, 0};
    if (!place->at) return 0;
    VEC_PUSH(L->mem, L->value, (ValueAggregate){e->sym, c, L->global.n});
    for (size_t i = 0; i < home->volume; i++)
      place->at[i] = home->lane_of[i] == NO_INDEX ? NO_INDEX : lower_add_global(L, (GlobalDef){.kind = GLOBAL_AGGREGATE, .sym = e->sym, .offset = i, .row = ROW_AGGREGATE});
  }
  return expand_global(L, k, e, t, 1);
}

static DagId expand_ref(Lowered *L, Build *k, const Expr *e) {
  Tuple t;
  if (resolve(L, e, &t)) return 0;
  const Sym *s = lower_sym(L, e->sym);
  if (t.before_root) return s->initial ? written_out(L, k, s, s->initial, &t, e->at) : 0;
  switch (s->kind) {
    case SYM_CHOICE:
    case SYM_MULT: return L->place[e->sym].where == PLACE_OWN ? expand_agents(L, k, e, &t) : expand_global(L, k, e, &t, 1);
    case SYM_PRICE:
    case SYM_VAR: return expand_global(L, k, e, &t, s->kind == SYM_VAR && s->exists);
    case SYM_SLACK: return expand_global(L, k, e, &t, 1);
    case SYM_VALUE: return expand_value(L, k, e, &t);
    case SYM_LET: return written_out(L, k, s, s->def, &t, e->at);
    default: return missing(L, k, e, &t);
  }
}

/* ---- totals as aggregates ----------------------------------------------------------------------------------------------------- */

static int same_aggregate(const void *ctx, uint32_t at) {
  const void *const *pair = ctx;
  return strcmp(((const Aggregate *)pair[0])[at].key, pair[1]) == 0;
}

/* The global that stands for a total whose indices are all elements. */
static uint32_t aggregate(Lowered *L, const Expr *e) {
  Text t = {0};
  lower_key(L, NULL, e, &t);
  const char *text = arena_text(L->mem, t.at ? t.at : "", t.n);
  text_free(&t);
  if (!text) return NO_INDEX;
  const void *pair[2] = {L->aggregate.at, text};
  int added;
  uint32_t at = lower_table(L->mem, &L->aggregate_table, lower_hash(text, strlen(text)), L->aggregate.n, same_aggregate, pair, &added);
  if (added) {
    Binds b = copy_used(L);
    Text plain = {0};
    lower_plain(L, e, &plain);
    const char *words = arena_text(L->mem, plain.at ? plain.at : "", plain.n);
    text_free(&plain);
    uint32_t g = lower_add_global(L, (GlobalDef){.kind = GLOBAL_AGGREGATE, .row = ROW_AGGREGATE, .text = words});
    VEC_PUSH(L->mem, L->aggregate, (Aggregate){e, b, g, text});
  }
  return arena_failed(L->mem) ? NO_INDEX : L->aggregate.at[at].global;
}

static DagId expand_total(Lowered *L, Build *k, const Expr *e) {
  enum { MOST = 4096 };
  unsigned c = lower_key(L, k, e, NULL);
  if (!(c & EX_LANE)) {
    uint32_t g = aggregate(L, e);
    return g == NO_INDEX ? 0 : lower_input(L, k, (InRef){AT_GLOBAL, g, 0, 0, 0});
  }
  if (k->lanes > MOST) {
    diag_add(L->cc, SEV_ERROR, "lower.total_by_type", e->at ? e->at : L->at,
             "this total differs between the types of `%s`; that is supported for at most %d types", k->name, MOST);
    return 0;
  }
  Binds b = copy_used(L);
  IndexDef d = {.kind = INDEX_GLOBALS, .list = ARENA_ARRAY(L->mem, uint32_t, k->lanes + 1)};
  Text t = {0};
  lower_key(L, k, e, &t);
  d.key = arena_text(L->mem, t.at ? t.at : "", t.n);
  text_free(&t);
  if (arena_failed(L->mem)) return 0;
  for (uint32_t l = 0; l < k->lanes; l++) {
    for (uint32_t i = 0; i < b.n; i++)
      if (b.at[i].to.kind == BIND_LANE) lower_bind(L, b.at[i].idx, bind_elem(k->tuple[(size_t)l * k->ndim + b.at[i].to.v]));
    d.list[l] = aggregate(L, e);
  }
  lower_restore(L, b);
  return lower_input(L, k, (InRef){AT_GATHER, lower_add_index(L, k, d), 0, 0, 0});
}

/* ---- sums, products, functions ------------------------------------------------------------------------------------------------ */

int lower_domain_next(Lowered *L, const Domain *d, Elem prev, uint32_t *pos, Elem *out) {
  const Set *s = economy_set(L->eco, d->set);
  for (uint32_t n = set_size(s); *pos < n;) {
    Elem e = set_elem(s, (*pos)++);
    if (d->succ) {
      uint32_t at = economy_node(L->eco, e);
      if (at == UINT32_MAX) continue;
      uint32_t before = L->eco->time.node[at].prev;
      if (before == UINT32_MAX || L->eco->time.node[before].elem != prev) continue;
    }
    *out = e;
    return 1;
  }
  return 0;
}

static DagId expand_sum(Lowered *L, Build *k, const Expr *e) {
  Elem prev = ELEM_NONE, at;
  if (e->dom.succ) {
    Spot s = lower_spot(L, e->dom.prev);
    if (!s.known) {
      diag_add(L->cc, SEV_ERROR, "lower.successors", e->at ? e->at : L->at, "the node whose successors are summed depends on the type or on data");
      return 0;
    }
    if (s.e == ELEM_NONE) return 0;
    prev = s.e;
  }
  VEC(DagId) term = {0};
  Bind was = L->bind[e->bind];
  for (uint32_t pos = 0; lower_domain_next(L, &e->dom, prev, &pos, &at);) {
    lower_bind(L, e->bind, bind_elem(at));
    int yes = 1, decided = e->nkid < 2 || lower_decided(L, e->kid[1], &yes);
    if (!yes) continue;
    DagId f = lower_expand(L, k, e->kid[0]);
    if (f && !decided) f = dag_op(k->dag, OP_WEIGH, lower_condition(L, k, e->kid[1]), f, 0);
    if (f) VEC_PUSH(L->mem, term, f);
  }
  lower_bind(L, e->bind, was);
  return dag_sum(k->dag, term.at, term.n);
}

/* The kids of parameters and indices alone, as one expression; NULL when there are none. */
static const Expr *parameters_of(Lowered *L, const Expr *e) {
  const Expr **kid = ARENA_ARRAY(L->mem, const Expr *, e->nkid + 1);
  uint32_t n = 0;
  if (!kid) return NULL;
  for (uint32_t i = 0; i < e->nkid; i++)
    if (!(lower_class(L, e->kid[i]) & EX_UNKNOWN)) kid[n++] = e->kid[i];
  if (n < 2) return n ? kid[0] : NULL;
  Expr *all = ARENA_NEW(L->mem, Expr);
  if (!all) return NULL;
  *all = (Expr){.kind = e->kind, .at = e->at, .kid = kid, .nkid = n};
  return all;
}

static DagId expand_add(Lowered *L, Build *k, const Expr *e) {
  const Expr *rest = parameters_of(L, e);
  DagId *term = ARENA_ARRAY(L->mem, DagId, e->nkid + 1);
  uint32_t n = 0;
  if (!term) return 0;
  for (uint32_t i = 0; i < e->nkid; i++)
    if (lower_class(L, e->kid[i]) & EX_UNKNOWN) term[n++] = lower_expand(L, k, e->kid[i]);
  if (rest) term[n++] = datum(L, k, rest, 0);
  return dag_sum(k->dag, term, n);
}

/* A product whose parameters are zero is absent: the parameters weigh the rest. */
static DagId expand_mul(Lowered *L, Build *k, const Expr *e) {
  const Expr *weight = parameters_of(L, e);
  DagId w = weight ? datum(L, k, weight, 0) : dag_num(k->dag, 1.0);
  if (!w) return 0;
  DagId f = dag_num(k->dag, 1.0);
  for (uint32_t i = 0; i < e->nkid && f; i++)
    if (lower_class(L, e->kid[i]) & EX_UNKNOWN) f = dag_op(k->dag, OP_MUL, f, lower_expand(L, k, e->kid[i]), 0);
  return dag_op(k->dag, OP_WEIGH, w, f, 0);
}

static DagId expand_div(Lowered *L, Build *k, const Expr *e) {
  DagId a = lower_expand(L, k, e->kid[0]);
  if (!a) return 0;
  DagId b = lower_expand(L, k, e->kid[1]);
  if ((lower_class(L, e->kid[0]) & EX_UNKNOWN) || dag_is_num(k->dag, a, NULL)) return dag_op(k->dag, OP_DIV, a, b, 0);
  return dag_op(k->dag, OP_WEIGH, a, dag_op(k->dag, OP_DIV, dag_num(k->dag, 1.0), b, 0), 0);
}

static DagId expand_if(Lowered *L, Build *k, const Expr *e) {
  int yes;
  if (lower_decided(L, e->kid[0], &yes)) return lower_expand(L, k, e->kid[yes ? 1 : 2]);
  DagId c = lower_condition(L, k, e->kid[0]);
  DagId other = lower_expand(L, k, e->kid[2]);
  return dag_op(k->dag, OP_SEL, c, lower_expand(L, k, e->kid[1]), other);
}

static DagId expand_call(Lowered *L, Build *k, const Expr *e) {
  DagId a = lower_expand(L, k, e->kid[0]);
  switch (e->fn) {
    case FN_LOG: return dag_op(k->dag, OP_LOG, a, 0, 0);
    case FN_EXP: return dag_op(k->dag, OP_EXP, a, 0, 0);
    case FN_SQRT: return dag_op(k->dag, OP_SQRT, a, 0, 0);
    case FN_ABS: return dag_op(k->dag, OP_ABS, a, 0, 0);
    default: break;
  }
  diag_add(L->cc, SEV_ERROR, "lower.function", e->at ? e->at : L->at, "this function takes parameters and indices only, not what is solved for");
  return 0;
}

static DagId expand_extremum(Lowered *L, Build *k, const Expr *e) {
  DagId f = lower_expand(L, k, e->kid[0]);
  for (uint32_t i = 1; i < e->nkid; i++) f = dag_op(k->dag, e->kind == E_MIN ? OP_MIN : OP_MAX, f, lower_expand(L, k, e->kid[i]), 0);
  return f;
}

DagId lower_expand(Lowered *L, Build *k, const Expr *e) {
  if (arena_failed(L->mem)) return 0;
  if (!(lower_class(L, e) & EX_UNKNOWN)) return datum(L, k, e, 0);
  switch (e->kind) {
    case E_REF: return expand_ref(L, k, e);
    case E_ADD: return expand_add(L, k, e);
    case E_MUL: return expand_mul(L, k, e);
    case E_NEG: return dag_op(k->dag, OP_NEG, lower_expand(L, k, e->kid[0]), 0, 0);
    case E_DIV: return expand_div(L, k, e);
    case E_POW: {
      DagId a = lower_expand(L, k, e->kid[0]), b = lower_expand(L, k, e->kid[1]);
      return dag_op(k->dag, OP_POW, a, b, 0);
    }
    case E_CALL: return expand_call(L, k, e);
    case E_MIN:
    case E_MAX: return expand_extremum(L, k, e);
    case E_IF: return expand_if(L, k, e);
    case E_SUM: return expand_sum(L, k, e);
    case E_TOTAL: return expand_total(L, k, e);
    case E_GIVEN: {
      k->given++;
      DagId f = lower_expand(L, k, e->kid[0]);
      k->given--;
      return f;
    }
    default: return lower_condition(L, k, e);
  }
}
