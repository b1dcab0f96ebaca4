/* markets.c: pass markets: what clears, where, and how.
 *
 * Input: agents' problems, markets with and without bodies. Output: every market with demand and supply, prices over the nodes at
 * which something is traded, claims recognised, normalisations with their slacks, the numeraire's implied markets.
 * The excess demand at price p_i is  sum over classes of total( sum over budgets of d(spent - received)/dp_i ) - d(profit)/dp_i. */
#include "markets.h"
#include <string.h>

/* ---- shared with the other parts ---- */
const Expr *constraint_total(Economy *e, const Constraint *c) {
  const Expr *body = ex_sub(e->mem, c->at, c->lhs, c->rhs), *cond = c->cond;
  for (uint32_t i = c->nbinds; i-- > 0;) {
    body = ex_sum(e->mem, c->at, c->binds[i], (Domain){.set = e->idxs.at[c->binds[i]].set}, body, cond);
    cond = NULL;
  }
  return cond ? ex_node(e->mem, c->at, E_IF, (const Expr *const[]){cond, body, ex_num(e->mem, c->at, 0)}, 3) : body;
}

const Expr *class_total(Economy *e, const Agent *a, const Expr *x, Origin at) {
  IdxId *fresh = ARENA_ARRAY(e->mem, IdxId, a->nidx + 1);
  Ix *to = ARENA_ARRAY(e->mem, Ix, a->nidx + 1);
  if (!fresh || !to) return ex_num(e->mem, at, 0);
  for (uint32_t i = 0; i < a->nidx; i++) {
    fresh[i] = economy_idx(e, e->idxs.at[a->idx[i]].name, a->set[i]);
    to[i] = ix_bound(fresh[i]);
  }
  return ex_total(e->mem, at, a->sym, fresh, a->nidx, ex_subst(e->mem, x, a->idx, to, a->nidx));
}

const Expr *price_free(Economy *e, const Expr *x) {
  if (x->kind == E_REF) {
    SymKind k = economy_at(e, x->sym)->kind;
    return k == SYM_PRICE || k == SYM_VALUE ? ex_num(e->mem, x->at, 0) : x;
  }
  const Expr **kid = ARENA_ARRAY(e->mem, const Expr *, x->nkid + 1);
  int changed = 0;
  if (!kid || !x->nkid) return x;
  for (uint32_t i = 0; i < x->nkid; i++) {
    kid[i] = price_free(e, x->kid[i]);
    changed |= kid[i] != x->kid[i];
  }
  return changed ? ex_with(e->mem, x, kid, x->ix, &x->dom) : x;
}

static void take_apart(Economy *e, const Expr *x, const Expr *cond, int negative, SignedTerms *out) {
  switch (x->kind) {
  case E_ADD:
    for (uint32_t i = 0; i < x->nkid; i++) take_apart(e, x->kid[i], cond, negative, out);
    return;
  case E_NEG: take_apart(e, x->kid[0], cond, !negative, out); return;
  case E_IF:
    if (!ex_is_num(x->kid[2], 0)) break;
    take_apart(e, x->kid[1], cond ? ex_node(e->mem, x->at, E_AND, (const Expr *const[]){cond, x->kid[0]}, 2) : x->kid[0], negative, out);
    return;
  default: break;
  }
  if (ex_is_num(x, 0)) return;
  const Expr *t = cond ? ex_node(e->mem, x->at, E_IF, (const Expr *const[]){cond, x, ex_num(e->mem, x->at, 0)}, 3) : x;
  VEC_PUSH(e->mem, *out, (SignedTerm){t, negative});
}
void signed_terms(Economy *e, const Expr *x, SignedTerms *out) { take_apart(e, x, NULL, 0, out); }

Bindings bindings_new(const Economy *e) { return (Bindings){e, ARENA_ARRAY(e->mem, Elem, e->idxs.n + 1), e->idxs.n}; }

/* ---- derived bodies ---- */
static int is_sym(void *ctx, const Expr *ref) { return ref->sym == *(const SymId *)ctx; }

/* Coefficient of the market's price in what the class spends, in the class's own type variables. */
static const Expr *coefficient(Economy *e, const Agent *a, const Market *m, const Ix *at) {
  const Expr *sum = ex_num(e->mem, m->at, 0);
  for (uint32_t i = 0; i < a->constraints.n; i++) {
    const Constraint *c = &a->constraints.at[i];
    if (!c->is_budget || c->dropped) continue;
    const Expr *d = expr_diff(e, constraint_total(e, c), m->price, at, m->nbinds);
    if (ex_depends(d, is_sym, (void *)(uintptr_t)&m->price)) {
      Diag *g = diag_add(e->cc, SEV_ERROR, "market.nonlinear", c->at, "price '%s' enters the budget non-linearly: write the body of market '%s'",
                         str_text(e->cc->strs, economy_at(e, m->price)->name), str_text(e->cc->strs, economy_at(e, m->sym)->name));
      diag_note(e->cc, g, m->at, "the market without a body");
    }
    sum = ex_add2(e->mem, m->at, sum, d);
  }
  const Sym *value = economy_profit(e, a);
  if (!value || !value->def) return sum;
  const Expr *d = expr_diff(e, value->def, m->price, at, m->nbinds);
  if (ex_depends(d, is_sym, (void *)(uintptr_t)&m->price))
    diag_add(e->cc, SEV_ERROR, "market.nonlinear", value->at, "price '%s' enters the profit non-linearly: write the body of market '%s'",
             str_text(e->cc->strs, economy_at(e, m->price)->name), str_text(e->cc->strs, economy_at(e, m->sym)->name));
  if (value->idx && a->nidx) {
    Ix *to = ARENA_ARRAY(e->mem, Ix, a->nidx);
    if (!to) return sum;
    for (uint32_t i = 0; i < a->nidx; i++) to[i] = ix_bound(a->idx[i]);
    d = ex_subst(e->mem, d, value->idx, to, a->nidx);
  }
  return ex_sub(e->mem, m->at, sum, d);
}

/* What is bought stands in demand, what is sold or owned in supply. */
static void split(Economy *e, const Agent *a, const Expr *x, Market *m) {
  SignedTerms term = {0};
  uint32_t up = 0, down = 0;
  signed_terms(e, x, &term);
  const Expr **plus = ARENA_ARRAY(e->mem, const Expr *, term.n + 1), **minus = ARENA_ARRAY(e->mem, const Expr *, term.n + 1);
  if (!plus || !minus) return;
  for (uint32_t i = 0; i < term.n; i++) {
    if (term.at[i].negative) minus[down++] = term.at[i].x;
    else plus[up++] = term.at[i].x;
  }
  if (up) m->demand = ex_add2(e->mem, m->at, m->demand, class_total(e, a, ex_add(e->mem, m->at, plus, up), m->at));
  if (down) m->supply = ex_add2(e->mem, m->at, m->supply, class_total(e, a, ex_add(e->mem, m->at, minus, down), m->at));
}

static void market_binds(Economy *e, Market *m) {
  const Sym *p = economy_at(e, m->price);
  if (m->nbinds || !p->ndom) return;
  m->binds = ARENA_ARRAY(e->mem, IdxId, p->ndom);
  if (!m->binds) return;
  m->nbinds = p->ndom;
  for (uint32_t i = 0; i < m->nbinds; i++) {
    SymId set = economy_at(e, m->price)->dom[i];
    Str name = economy_set(e, set) && economy_set(e, set)->is_nodes ? str_of(e->cc->strs, "n") : economy_at(e, set)->name;
    m->binds[i] = economy_idx(e, name, set);
  }
}

static void derive(Economy *e, Market *m) {
  Ix *at = ARENA_ARRAY(e->mem, Ix, m->nbinds + 1);
  if (!at) return;
  for (uint32_t i = 0; i < m->nbinds; i++) at[i] = ix_bound(m->binds[i]);
  m->from = MARKET_DERIVED;
  m->demand = m->supply = ex_num(e->mem, m->at, 0);
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i];
    if (!a->gone) split(e, a, coefficient(e, a, m, at), m);
  }
}

/* ---- where there is a market ---- */
typedef struct { Economy *e; Bindings b; uint8_t *here; size_t volume; } Where;

static int is_traded(void *ctx, const Expr *ref) {
  const Sym *s = economy_at(ctx, ref->sym);
  const Agent *a = s->kind == SYM_CHOICE ? economy_agent(ctx, s->owner) : NULL;
  return s->kind == SYM_VAR || (a && !a->gone);
}

/* Marks the tuples of the price at which the market has something to clear; 1 after an error. */
static int mark(Where *w, const Market *m, uint32_t dim, Elem *tuple) {
  Economy *e = w->e;
  if (dim < m->nbinds) {
    const Set *s = economy_set(e, e->idxs.at[m->binds[dim]].set);
    for (uint32_t i = 0; s && i < set_size(s); i++) {
      w->b.env[m->binds[dim]] = tuple[dim] = set_elem(s, i);
      if (mark(w, m, dim + 1, tuple)) return 1;
    }
    w->b.env[m->binds[dim]] = ELEM_NONE;
    return 0;
  }
  if (bindings_cond(&w->b, m->cond) == 0) return 0;
  if (!bindings_occurs(&w->b, m->demand, is_traded, e) && !bindings_occurs(&w->b, m->supply, is_traded, e)) return 0;
  size_t at = economy_offset(e, m->price, tuple);
  if (at >= w->volume) return 0;
  if (w->here[at]++) {
    diag_add(e->cc, SEV_ERROR, "market.twice", m->at, "two markets set the price '%s' at one place", str_text(e->cc->strs, economy_at(e, m->price)->name));
    return 1;
  }
  return 0;
}

/* The price's tuple at a row-major position. */
static void tuple_at(const Economy *e, SymId p, size_t pos, Elem *out) {
  const Sym *s = economy_at(e, p);
  for (uint32_t d = s->ndom; d-- > 0;) {
    const Set *set = economy_set(e, s->dom[d]);
    out[d] = set_elem(set, (uint32_t)(pos % set_size(set)));
    pos /= set_size(set);
  }
}

/* A set of the nodes marked, or the old one when all are. */
static SymId marked_nodes(Economy *e, SymId p, const uint8_t *here, size_t volume, uint32_t *count) {
  Sym *s = economy_at(e, p);
  SymId old = s->dom[s->ndom - 1];
  uint32_t size = set_size(economy_set(e, old)), n = 0;
  Elem *keep = ARENA_ARRAY(e->mem, Elem, size + 1);
  char name[80];
  if (!keep) return old;
  for (uint32_t i = 0; i < size; i++)
    for (size_t at = i; at < volume; at += size)
      if (here[at]) {
        keep[n++] = set_elem(economy_set(e, old), i);
        break;
      }
  *count = n;
  if (n == size) return old;
  Text t = {0};
  text_printf(&t, "%s_nodes", str_text(e->cc->strs, s->name));
  size_t len = t.n < sizeof name - 1 ? t.n : sizeof name - 1;
  memcpy(name, t.at ? t.at : "", t.at ? len : 0);
  name[t.at ? len : 0] = 0;
  text_free(&t);
  return economy_add_set(e, str_of(e->cc->strs, name), keep, n, s->at);
}

/* Condition that excludes the tuples of the price without a market, among the nodes that have one. */
static const Expr *holes(Economy *e, const Market *m, const uint8_t *here, size_t volume, SymId nodes) {
  const Expr *cond = NULL;
  Elem *tuple = ARENA_ARRAY(e->mem, Elem, m->nbinds + 1);
  const Expr **ne = ARENA_ARRAY(e->mem, const Expr *, m->nbinds + 1);
  if (!tuple || !ne) return NULL;
  for (size_t at = 0; at < volume; at++) {
    tuple_at(e, m->price, at, tuple);
    if (here[at] || (nodes && set_pos(economy_set(e, nodes), tuple[m->nbinds - 1]) == UINT32_MAX)) continue;
    for (uint32_t i = 0; i < m->nbinds; i++)
      ne[i] = ex_node(e->mem, m->at, E_NE, (const Expr *const[]){ex_idx(e->mem, m->at, m->binds[i]), ex_elem(e->mem, m->at, tuple[i])}, 2);
    const Expr *not_here = ex_node(e->mem, m->at, E_OR, ne, m->nbinds);
    cond = cond ? ex_node(e->mem, m->at, E_AND, (const Expr *const[]){cond, not_here}, 2) : not_here;
  }
  return cond;
}

static void narrow_bind(Economy *e, Market *m, SymId nodes) {
  IdxId b = m->binds[m->nbinds - 1];
  const Set *own = economy_set(e, e->idxs.at[b].set), *all = economy_set(e, nodes);
  Elem *keep = own ? ARENA_ARRAY(e->mem, Elem, set_size(own) + 1) : NULL;
  uint32_t n = 0;
  if (!keep) return;
  if (set_within(e, nodes, own->sym)) {
    e->idxs.at[b].set = nodes;
    return;
  }
  for (uint32_t i = 0; i < set_size(own); i++)
    if (set_pos(all, set_elem(own, i)) != UINT32_MAX) keep[n++] = set_elem(own, i);
  if (n < set_size(own)) e->idxs.at[b].set = economy_add_set(e, economy_at(e, nodes)->name, keep, n, m->at);
}

static int place(Economy *e, SymId price) {
  Sym *p = economy_at(e, price);
  Where w = {.e = e, .b = bindings_new(e), .volume = economy_volume(e, price)};
  Elem *tuple = ARENA_ARRAY(e->mem, Elem, p->ndom + 1);
  uint32_t count = 0;
  size_t marked = 0;
  w.here = w.volume < SIZE_MAX ? ARENA_ARRAY(e->mem, uint8_t, w.volume + 1) : NULL;
  if (!w.here || !tuple || !w.b.env) return 1;
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    if (m->price == price && !m->dropped && mark(&w, m, 0, tuple)) return 1;
  }
  for (size_t i = 0; i < w.volume; i++) marked += w.here[i];
  SymId nodes = 0, old = p->node_dim >= 0 && (uint32_t)p->node_dim == p->ndom - 1 ? p->dom[p->ndom - 1] : 0;
  if (old && marked) nodes = marked_nodes(e, price, w.here, w.volume, &count);
  size_t full = nodes && old != nodes ? w.volume / set_size(economy_set(e, old)) * count : w.volume;
  for (uint32_t i = 0; i < e->markets.n; i++) {
    Market *m = &e->markets.at[i];
    if (m->price != price || m->dropped) continue;
    if (!marked) m->dropped = 1;
    if (marked && marked < full) {
      const Expr *c = holes(e, m, w.here, w.volume, nodes);
      m->cond = m->cond && c ? ex_node(e->mem, m->at, E_AND, (const Expr *const[]){m->cond, c}, 2) : c ? c : m->cond;
    }
    if (nodes && nodes != old) narrow_bind(e, m, nodes);
  }
  p = economy_at(e, price);                             /* adding a set may have moved the table */
  if (!marked) p->dropped = 1;
  if (!nodes || nodes == old) return 0;
  SymId *dom = ARENA_ARRAY(e->mem, SymId, p->ndom);
  if (!dom) return 1;
  memcpy(dom, p->dom, p->ndom * sizeof *dom);
  dom[p->ndom - 1] = nodes;
  p->dom = dom;
  return 0;
}

/* ---- claims ---- */
typedef struct { Economy *e; SymId choice; const Constraint *c; int found; } Use;

static void later_use(void *ctx, const Expr *ref) {
  Use *u = ctx;
  const Sym *s = economy_at(u->e, u->choice);
  if (ref->kind != E_REF || ref->sym != u->choice || s->node_dim < 0 || (uint32_t)s->node_dim >= ref->nix) return;
  Ix n = ref->ix[s->node_dim];
  u->found |= n.kind == IX_PREV || !u->c->node || !ix_same(u->e, n, ix_bound(u->c->node));
}

static int delivers_later(Economy *e, SymId x) {
  const Agent *a = economy_agent(e, economy_at(e, x)->owner);
  Use u = {.e = e, .choice = x};
  for (uint32_t i = 0; a && i < a->constraints.n && !u.found; i++) {
    u.c = &a->constraints.at[i];
    ex_walk(u.c->lhs, later_use, &u);
    ex_walk(u.c->rhs, later_use, &u);
  }
  return u.found;
}

/* Is the choice an amount of a good (declared over goods or named as one), or something its owner cares for? A firm that pays out what it makes at
 * each node cares for its profits there, which its budget defines by its inputs and outputs: those are quantities too. */
static int is_quantity(Economy *e, SymId x) {
  const Sym *s = economy_at(e, x);
  const Agent *a = economy_agent(e, s->owner);
  for (uint32_t i = 0; i < s->ndom; i++)
    if (s->dom[i] == e->good_set && e->good_set) return 1;
  for (uint32_t i = 0; i < e->goods.n; i++)
    if (e->goods.at[i].elem == s->name) return 1;
  if (!a || !a->value || (a->paid && a->paid != x)) return 1;
  const Expr *u = economy_at(e, a->value)->def;
  return u && ex_depends(u, is_sym, &x);
}

static int by_sym(void *ctx, const Expr *ref) { return ref->sym == *(const SymId *)ctx; }
typedef struct { Economy *e; SymId but; } Besides;
static int another_choice(void *ctx, const Expr *ref) {
  const Besides *b = ctx;
  return ref->sym != b->but && economy_at(b->e, ref->sym)->kind == SYM_CHOICE;
}

/* May it be sold by who does not have it, and is nothing made of it: of any sign, and in no constraint beside budgets with another choice, in
 * no equation? Then there is nothing to dispose of: what somebody is short of somebody else holds, whether it ever delivers or not. */
static int is_position(Economy *e, SymId x) {
  const Sym *s = economy_at(e, x);
  const Agent *a = economy_agent(e, s->owner);
  Besides other = {e, x};
  if (!a || (s->lower && !(s->lower->kind == E_NUM && s->lower->num < 0))) return 0;
  for (uint32_t i = 0; i < a->constraints.n; i++) {
    const Constraint *c = &a->constraints.at[i];
    if (c->dropped || c->is_budget || !(ex_depends(c->lhs, by_sym, &x) || ex_depends(c->rhs, by_sym, &x))) continue;
    if (ex_depends(c->lhs, another_choice, &other) || ex_depends(c->rhs, another_choice, &other)) return 0;
  }
  for (uint32_t i = 0; i < e->equations.n; i++)
    if (!e->equations.at[i].dropped && (ex_depends(e->equations.at[i].lhs, by_sym, &x) || ex_depends(e->equations.at[i].rhs, by_sym, &x))) return 0;
  return 1;
}

typedef struct { Economy *e; int claims, other, later, positions; } Claims;
static void claim_ref(void *ctx, const Expr *ref) {
  Claims *c = ctx;
  if (ref->kind != E_REF || !is_traded(c->e, ref)) return;
  if (economy_at(c->e, ref->sym)->kind != SYM_CHOICE || is_quantity(c->e, ref->sym)) c->other = 1;
  else {
    c->claims = 1;
    c->positions &= is_position(c->e, ref->sym);
    c->later |= delivers_later(c->e, ref->sym);
  }
}

/* Every additive term must have a choice in it. */
static int only_choices(Economy *e, const Expr *x) {
  switch (x->kind) {
  case E_NUM: return x->num == 0;
  case E_ADD:
    for (uint32_t i = 0; i < x->nkid; i++)
      if (!only_choices(e, x->kid[i])) return 0;
    return 1;
  case E_NEG: case E_SUM: case E_TOTAL: return only_choices(e, x->kid[0]);
  case E_IF: return only_choices(e, x->kid[1]) && only_choices(e, x->kid[2]);
  case E_MUL:
    for (uint32_t i = 0; i < x->nkid; i++)
      if (only_choices(e, x->kid[i])) return 1;
    return 0;
  case E_DIV: return only_choices(e, x->kid[0]);
  default: return ex_depends(x, is_traded, e);
  }
}

static void recognise_claims(Economy *e, Market *m) {
  Claims c = {.e = e, .positions = 1};
  ex_walk(m->demand, claim_ref, &c);
  ex_walk(m->supply, claim_ref, &c);
  m->claim = c.claims && !c.other && (c.later || c.positions) && only_choices(e, m->demand) && only_choices(e, m->supply);
  m->equality = m->claim || m->free_price;
}

int pass_markets(Economy *e, const Question *q, const Values *v) {
  (void)v;
  unsigned before = diag_errors(e->cc->diags);
  for (uint32_t i = 0; i < e->markets.n; i++) {
    Market *m = &e->markets.at[i];
    if (m->dropped || !m->price) continue;
    market_binds(e, m);
    if (!m->demand || !m->supply) derive(e, m);
  }
  if (arena_failed(e->mem) || diag_errors(e->cc->diags) > before) return 1;
  for (uint32_t i = 0; i < e->markets.n; i++) {
    uint32_t first = 0;
    while (e->markets.at[first].price != e->markets.at[i].price || e->markets.at[first].dropped) {
      if (first == i) break;
      first++;
    }
    if (first < i || e->markets.at[i].dropped || !e->markets.at[i].price) continue;
    if (place(e, e->markets.at[i].price)) return 1;
  }
  for (uint32_t i = 0; i < e->markets.n; i++)
    if (!e->markets.at[i].dropped && e->markets.at[i].demand) recognise_claims(e, &e->markets.at[i]);
  markets_implied(e);
  return markets_normalise(e, q && ((q->calls & PASS_RIGHTS) || q->concept == Q_OPTIMUM || q->in_goods)) || arena_failed(e->mem);
}
