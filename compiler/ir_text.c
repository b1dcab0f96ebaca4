/* ir_text.c: the economy as text that reads back (docs/ir.md). Fields that have their default value are left out; positions in the
 * source are not kept. */
#include "ir_io.h"
#include "pass.h"

static const char *const set_kinds[] = {"list", "range", "interval"};
static const char *const sym_kinds[] = {"set", "param", "choice", "multiplier", "price", "variable", "let", "value", "agent", "constraint", "market", "equation", "slack", "fact"};
static const char *const senses[] = {"=", ">=", "<="};
static const char *const origins[] = {"written", "derived", "implied"};
enum { NSYM_KINDS = sizeof sym_kinds / sizeof *sym_kinds };

/* ---- fields: (name value) where the value is not the default ---- */
static void f_u32(Io *io, const char *name, uint32_t *v) {
  if (!io_open(io, name, *v != 0)) return;
  io_u32(io, v);
  io_close(io);
}
static void f_flag(Io *io, const char *name, int *v) {
  if (!io_open(io, name, *v != 0)) return;
  *v = 1;
  io_close(io);
}
static void f_sym(Io *io, const char *name, SymId *v) {
  if (!io_open(io, name, *v != 0)) return;
  io_sym(io, v);
  io_close(io);
}
static void f_str(Io *io, const char *name, Str *v) {
  if (!io_open(io, name, *v != 0)) return;
  io_string(io, v);
  io_close(io);
}
static void f_expr(Io *io, const char *name, const Expr **v) {
  if (!io_open(io, name, *v != NULL)) return;
  io_expr(io, v);
  io_close(io);
}
static void f_sense(Io *io, Sense *s) {
  int v = (int)*s;
  io_word(io, senses, 3, &v);
  *s = (Sense)v;
}

/* Lists: an element function over a pointer and a count. */
#define LIST(io_, name_, T_, at_, n_, one_) \
  do { \
    if (io_open((io_), (name_), (n_) > 0)) { \
      if ((io_)->writing) { \
        for (uint32_t i_ = 0; i_ < (n_); i_++) one_((io_), &(at_)[i_]); \
      } else { \
        VEC(T_) list_ = {0}; \
        while (io_more(io_)) { \
          T_ x_ = {0}; \
          one_((io_), &x_); \
          VEC_PUSH((io_)->mem, list_, x_); \
        } \
        (at_) = list_.at; \
        (n_) = list_.n; \
      } \
      io_close(io_); \
    } \
  } while (0)

/* Tables of records, each on its own line. */
#define TABLE(io_, word_, T_, vec_, from_, one_) \
  do { \
    if ((io_)->writing) { \
      for (uint32_t i_ = (from_); i_ < (vec_).n; i_++) { \
        io_open((io_), (word_), 1); \
        one_((io_), &(vec_).at[i_]); \
        io_close(io_); \
        io_newline(io_); \
      } \
    } else { \
      while (io_open((io_), (word_), 0)) { \
        T_ x_ = {0}; \
        one_((io_), &x_); \
        io_close(io_); \
        VEC_PUSH((io_)->mem, (vec_), x_); \
      } \
    } \
  } while (0)

static void io_sym_record(Io *io, Sym *s) {
  int kind = (int)s->kind;
  uint32_t nidx = s->idx ? s->ndom : 0;
  io_word(io, sym_kinds, NSYM_KINDS, &kind);
  s->kind = (SymKind)kind;
  io_string(io, &s->name);
  f_u32(io, "scope", &s->scope);
  f_u32(io, "twin", &s->twin);
  f_u32(io, "means", &s->means);
  f_sym(io, "owner", &s->owner);
  LIST(io, "dom", SymId, s->dom, s->ndom, io_sym);
  if (!io->writing) s->node_dim = -1;
  if (io_open(io, "node", s->node_dim >= 0)) {
    io_int(io, &s->node_dim);
    io_close(io);
  }
  LIST(io, "formal", IdxId, s->idx, nidx, io_idx);
  f_expr(io, "def", &s->def);
  f_expr(io, "lower", &s->lower);
  f_expr(io, "upper", &s->upper);
  f_expr(io, "start", &s->start);
  f_expr(io, "initial", &s->initial);
  f_expr(io, "exists", &s->exists);
  f_u32(io, "set", &s->set);
  f_u32(io, "data", &s->data);
  f_flag(io, "dropped", &s->dropped);
  f_flag(io, "builtin", &s->builtin);
  if (!io->writing && ((s->idx && nidx != s->ndom) || s->node_dim >= (int)s->ndom)) io_fail(io, "a symbol's formal variables are not aligned with its sets");
}

static void io_set_record(Io *io, Set *s) {
  int kind = (int)s->kind;
  io_sym(io, &s->sym);
  io_word(io, set_kinds, 3, &kind);
  s->kind = (SetKind)kind;
  if (s->kind == S_LIST) LIST(io, "of", Elem, s->at, s->n, io_elem);
  else {
    io_u32(io, &s->lo);
    io_u32(io, &s->hi);
    if (!io->writing && s->kind == S_RANGE) s->n = set_size(s);
  }
  f_flag(io, "nodes", &s->is_nodes);
}

static void io_idx_record(Io *io, Idx *x) {
  io_string(io, &x->name);
  f_sym(io, "in", &x->set);
}

/* A cell: _ not given, a number, or (is EXPR). */
typedef struct { double value; uint8_t has; const Expr *expr; } CellIo;
static void io_cell(Io *io, CellIo *c) {
  if (io_absent(io, !c->has)) return;
  c->has = 1;
  if (io_open(io, "is", c->expr != NULL)) {
    io_expr(io, &c->expr);
    io_close(io);
  } else io_double(io, &c->value);
}

static void io_data_record(Io *io, Data *d) {
  io_sym(io, &d->sym);
  if (io->writing) {
    for (size_t i = 0; i < d->n; i++) {
      CellIo c = {d->value[i], (uint8_t)(d->has ? d->has[i] : 1), d->expr ? d->expr[i] : NULL};
      c.has |= c.expr != NULL;
      io_cell(io, &c);
    }
    return;
  }
  VEC(CellIo) list = {0};
  int exprs = 0;
  while (io_more(io)) {
    CellIo c = {0};
    io_cell(io, &c);
    exprs |= c.expr != NULL;
    VEC_PUSH(io->mem, list, c);
  }
  d->n = list.n;
  d->value = ARENA_ARRAY(io->mem, double, d->n + 1);
  d->has = ARENA_ARRAY(io->mem, uint8_t, d->n + 1);
  d->expr = exprs ? ARENA_ARRAY(io->mem, const Expr *, d->n + 1) : NULL;
  for (size_t i = 0; i < d->n && d->value && d->has; i++) {
    d->value[i] = list.at[i].value;
    d->has[i] = list.at[i].has;
    if (d->expr) d->expr[i] = list.at[i].expr;
  }
}

static void io_node_record(Io *io, Node *n) {
  uint32_t prev = n->prev + 1;                          /* 0 at the root */
  io_elem(io, &n->elem);
  io_u32(io, &prev);
  n->prev = prev - 1;
  io_u32(io, &n->date);
  f_flag(io, "terminal", &n->terminal);
  f_expr(io, "probability", &n->prob);
}

static void io_good_record(Io *io, Good *g) {
  io_elem(io, &g->elem);
  f_flag(io, "numeraire", &g->numeraire);
  f_flag(io, "durable", &g->durable);
  f_flag(io, "storable", &g->storable);
  LIST(io, "over", SymId, g->set, g->nset, io_sym);
}

static void io_constraint(Io *io, Constraint *c) {
  io_sym(io, &c->sym);
  f_sym(io, "multiplier", &c->mult);
  LIST(io, "for", IdxId, c->binds, c->nbinds, io_idx);
  if (io_open(io, "node", c->node != 0)) {
    io_idx(io, &c->node);
    io_close(io);
  }
  f_expr(io, "where", &c->cond);
  f_sense(io, &c->sense);
  f_expr(io, "lhs", &c->lhs);
  f_expr(io, "rhs", &c->rhs);
  f_expr(io, "weight", &c->weight);
  f_flag(io, "budget", &c->is_budget);
  f_flag(io, "ex-ante", &c->ex_ante);
  f_flag(io, "dropped", &c->dropped);
  if (!io->writing && (!c->lhs || !c->rhs)) io_fail(io, "a constraint needs two sides");
}

static void io_condition(Io *io, Condition *c) {
  io_sym(io, &c->sym);
  LIST(io, "for", IdxId, c->binds, c->nbinds, io_idx);
  f_expr(io, "where", &c->cond);
  f_expr(io, "row", &c->row);
  if (!io->writing) c->constraint = -1;
  if (io_open(io, "constraint", c->constraint >= 0)) {
    io_int(io, &c->constraint);
    io_close(io);
  }
  f_flag(io, "first", &c->first);
  if (!io->writing && !c->row) io_fail(io, "a condition needs its row");
}

static void io_agent_record(Io *io, Agent *a) {
  uint32_t nset = a->nidx;
  io_sym(io, &a->sym);
  LIST(io, "types", IdxId, a->idx, a->nidx, io_idx);
  LIST(io, "sets", SymId, a->set, nset, io_sym);
  if (nset != a->nidx) io_fail(io, "a class needs a set for each of its indices");
  LIST(io, "only", Elem, a->only, a->nonly, io_elem);
  f_flag(io, "gone", &a->gone);
  f_expr(io, "mass", &a->mass);
  f_sym(io, "probability", &a->prob);
  f_sym(io, "conditional", &a->prob1);
  f_sym(io, "value", &a->value);
  f_flag(io, "firm", &a->is_firm);
  f_sym(io, "paid", &a->paid);
  LIST(io, "choices", SymId, a->choices.at, a->choices.n, io_sym);
  a->choices.cap = a->choices.n;
  io_newline(io);
  TABLE(io, "constraint", Constraint, a->constraints, 0, io_constraint);
  TABLE(io, "condition", Condition, a->conditions, 0, io_condition);
  for (uint32_t i = 0; i < a->conditions.n && !io->writing; i++)
    if (a->conditions.at[i].constraint >= (int)a->constraints.n) io_fail(io, "a condition of a constraint that is not there");
}

static void io_market_record(Io *io, Market *m) {
  int from = (int)m->from;
  io_sym(io, &m->sym);
  io_word(io, origins, 3, &from);
  m->from = (MarketFrom)from;
  f_sym(io, "price", &m->price);
  LIST(io, "for", IdxId, m->binds, m->nbinds, io_idx);
  f_expr(io, "where", &m->cond);
  f_expr(io, "demand", &m->demand);
  f_expr(io, "supply", &m->supply);
  f_flag(io, "equality", &m->equality);
  f_flag(io, "claim", &m->claim);
  f_flag(io, "free", &m->free_price);
  f_sym(io, "rights", &m->rights);
  f_expr(io, "rights-where", &m->rights_where);
  f_sym(io, "slack", &m->slack);
  f_str(io, "good", &m->good);
  f_flag(io, "dropped", &m->dropped);
}

static void io_equation_record(Io *io, Equation *q) {
  io_sym(io, &q->sym);
  LIST(io, "for", IdxId, q->binds, q->nbinds, io_idx);
  f_expr(io, "where", &q->cond);
  f_sense(io, &q->sense);
  f_expr(io, "lhs", &q->lhs);
  f_expr(io, "rhs", &q->rhs);
  f_sym(io, "complements", &q->perp);
  LIST(io, "at", Ix, q->perp_ix, q->nperp_ix, io_ix);
  f_flag(io, "dropped", &q->dropped);
  if (!io->writing && (!q->lhs || !q->rhs)) io_fail(io, "an equation needs two sides");
}

static void io_normalisation_record(Io *io, Normalisation *z) {
  LIST(io, "for", IdxId, z->binds, z->nbinds, io_idx);
  f_expr(io, "lhs", &z->lhs);
  f_expr(io, "rhs", &z->rhs);
  f_sym(io, "slack", &z->slack);
  f_flag(io, "derived", &z->derived);
  f_u32(io, "scope", &z->scope);
  f_flag(io, "dropped", &z->dropped);
  if (!io->writing && (!z->lhs || !z->rhs)) io_fail(io, "a normalisation needs two sides");
}

static void io_weaving_record(Io *io, Weaving *w) {
  static const char *const kinds[] = {"extend", "replace", "drop"};
  int kind = (int)w->kind;
  io_word(io, kinds, 3, &kind);
  w->kind = (WeaveKind)kind;
  f_u32(io, "scope", &w->scope);
  f_sym(io, "of", &w->target);
  LIST(io, "for", IdxId, w->binds, w->nbinds, io_idx);
  if (io_open(io, "node", w->node != 0)) {
    io_idx(io, &w->node);
    io_close(io);
  }
  f_expr(io, "where", &w->cond);
  f_sense(io, &w->sense);
  f_expr(io, "lhs", &w->lhs);
  f_expr(io, "rhs", &w->rhs);
  if (!io->writing && w->kind != WEAVE_DROP && (!w->lhs || !w->rhs)) io_fail(io, "a change needs two sides");
}

static void io_economy(Io *io, Economy *e) {
  VEC(Node) nodes = {e->time.node, e->time.n, e->time.n};
  if (!io_open(io, "economy", 1)) {
    io_fail(io, "the text of an economy begins with (economy");
    return;
  }
  io_string(io, &e->name);
  io_string(io, &e->title);
  f_u32(io, "passes", &e->passes);
  f_flag(io, "tree", &e->time.declared);
  f_sym(io, "nodes", &e->node_set);
  f_sym(io, "goods", &e->good_set);
  f_sym(io, "last", &e->terminal_set);
  f_sym(io, "date", &e->date);
  f_sym(io, "probability", &e->prob);
  f_sym(io, "conditional", &e->prob1);
  f_sym(io, "before", &e->before);
  io_newline(io);
  TABLE(io, "node", Node, nodes, 0, io_node_record);
  e->time.node = nodes.at;
  e->time.n = nodes.n;
  TABLE(io, "index", Idx, e->idxs, 1, io_idx_record);
  TABLE(io, "symbol", Sym, e->syms, 1, io_sym_record);
  TABLE(io, "elements", Set, e->sets, 0, io_set_record);
  TABLE(io, "data", Data, e->data, 1, io_data_record);
  TABLE(io, "good", Good, e->goods, 0, io_good_record);
  TABLE(io, "class", Agent, e->agents, 0, io_agent_record);
  TABLE(io, "market", Market, e->markets, 0, io_market_record);
  TABLE(io, "equation", Equation, e->equations, 0, io_equation_record);
  TABLE(io, "normalisation", Normalisation, e->normalisations, 0, io_normalisation_record);
  TABLE(io, "change", Weaving, e->weavings, 0, io_weaving_record);
  io_close(io);
  io_newline(io);
}

void ir_write(const Economy *e, Text *out) {
  Economy copy = *e;
  Io io = {.writing = 1, .out = out, .names = e, .cc = e->cc, .mem = e->mem};
  io_economy(&io, &copy);
}

Economy *ir_read(Compilation *cc, const Source *src, Arena *mem) {
  Economy *e = economy_new(cc, mem);
  Io io = {.src = src, .cc = cc, .mem = mem};
  if (!e) return NULL;
  io_economy(&io, e);
  if (!io.failed && (io.max_sym >= e->syms.n || io.max_idx >= e->idxs.n)) io_fail(&io, "a symbol or index variable is used that is not in the tables");
  for (uint32_t i = 0; i < e->time.n && !io.failed; i++)
    if (e->time.node[i].prev != UINT32_MAX && e->time.node[i].prev >= i) io_fail(&io, "a node stands before its predecessor");
  for (uint32_t i = 1; i < e->syms.n && !io.failed; i++)
    if (e->syms.at[i].data >= e->data.n && e->syms.at[i].data) io_fail(&io, "a parameter's data are not in the tables");
  if (io.failed || arena_failed(mem) || economy_verify(e)) return NULL;
  return e;
}
