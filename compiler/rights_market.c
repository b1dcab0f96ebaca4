/* rights_market.c: the markets for rights: which later prices have them, agents' net purchases, the rows of the prices. */
#include "rights.h"
#include <string.h>

/* ---- families ---- */
static int is_listed(const void *ctx, uint32_t node) { return ((const uint8_t *)ctx)[node]; }

SymId rights_nodes(Economy *e, SymId set, int (*keep)(const void *, uint32_t), const void *ctx) {
  const Set *s = economy_set(e, set);
  Elem *at = ARENA_ARRAY(e->mem, Elem, (s ? set_size(s) : 0) + 1);
  uint32_t n = 0, size = s ? set_size(s) : 0;
  if (!at) return 0;
  for (uint32_t i = 0; i < size; i++) {
    uint32_t node = economy_node(e, set_elem(s, i));
    if (node < e->time.n && keep(ctx, node)) at[n++] = set_elem(s, i);
  }
  if (!n || n == size) return n ? set : 0;
  return economy_add_set(e, economy_at(e, set)->name, at, n, economy_at(e, set)->at);
}

static const Expr *both(Economy *e, const Expr *x, const Expr *y, Origin at) {
  if (!x || !y) return x ? x : y;
  return ex_node(e->mem, at, E_AND, (const Expr *const[]){x, y}, 2);
}

/* Not one of the entries that a normalisation sets. */
static const Expr *not_numeraire(Rights *r, const Right *x) {
  Economy *e = r->e;
  const Origin at = economy_at(e, x->price)->at;
  const Set *nodes = economy_set(e, x->nodes);
  const Expr *cond = NULL;
  for (uint32_t i = 0; i < r->b->numeraires.n; i++) {
    const BearingNumeraire *t = &r->b->numeraires.at[i];
    const Expr *same = NULL;
    if (t->price != x->price || set_pos(nodes, t->ix[x->dim]) == UINT32_MAX) continue;
    for (uint32_t k = 0; k < x->n; k++) same = both(e, same, ex_eq_ix(e->mem, at, ix_bound(x->binds[k]), ix_elem(t->ix[k])), at);
    if (same) cond = both(e, cond, ex_node(e->mem, at, E_NOT, &same, 1), at);
  }
  return cond;
}

static const Expr *market_cond(Economy *e, const Market *m, const Right *x, const Ix *at) {
  (void)x;
  return m->cond ? ex_subst(e->mem, m->cond, m->binds, at, m->nbinds) : NULL;
}

/* Some market of the price stands there; NULL: everywhere. */
static const Expr *some_market(Rights *r, const Right *x) {
  Economy *e = r->e;
  Ix *at = ARENA_ARRAY(e->mem, Ix, x->n + 1);
  const Expr *any = NULL;
  if (!at) return NULL;
  for (uint32_t k = 0; k < x->n; k++) at[k] = ix_bound(x->binds[k]);
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    if (m->dropped || m->price != x->price) continue;
    const Expr *c = market_cond(e, m, x, at);
    for (uint32_t k = 0; k < m->nbinds; k++)
      if (!set_within(e, e->idxs.at[x->binds[k]].set, e->idxs.at[m->binds[k]].set)) c = both(e, c, ex_in(e->mem, m->at, at[k], e->idxs.at[m->binds[k]].set), m->at);
    if (!c) return NULL;
    any = any ? ex_node(e->mem, m->at, E_OR, (const Expr *const[]){any, c}, 2) : c;
  }
  return any;
}

static SymId rights_symbol(Economy *e, SymId price) {
  for (uint32_t i = 0; i < e->rights.n; i++)
    if (e->rights.at[i].price == price) return e->rights.at[i].rights;
  return economy_sym(e, str_of(e->cc->strs, "rights_price"), SYM_PRICE, economy_at(e, price)->at);
}

static int add_right(Rights *r, SymId price) {
  Economy *e = r->e;
  uint8_t *there = ARENA_ARRAY(e->mem, uint8_t, e->time.n + 1);
  Right x = {.price = price, .rights = rights_symbol(e, price)};
  const Sym p = *economy_at(e, price);
  x.n = p.ndom;
  x.dim = (uint32_t)p.node_dim;
  if (!there || !x.rights) return 1;
  for (uint32_t i = 0; i < r->b->markets.n; i++)
    if (e->markets.at[r->b->markets.at[i].market].price == price) there[r->b->markets.at[i].node] = 1;
  x.nodes = rights_nodes(e, p.dom[x.dim], is_listed, there);
  SymId *dom = ARENA_ARRAY(e->mem, SymId, x.n + 1);
  x.binds = ARENA_ARRAY(e->mem, IdxId, x.n + 1);
  if (!dom || !x.binds || !x.nodes) return 1;
  for (uint32_t k = 0; k < x.n; k++) {
    dom[k] = k == x.dim ? x.nodes : p.dom[k];
    x.binds[k] = economy_idx(e, k == x.dim ? str_of(e->cc->strs, "n") : economy_at(e, dom[k])->name, dom[k]);
  }
  Sym *s = economy_at(e, x.rights);
  s->dom = dom;
  s->ndom = x.n;
  s->node_dim = (int)x.dim;
  s->dropped = 0;
  s->idx = NULL;
  x.where = both(e, not_numeraire(r, &x), some_market(r, &x), p.at);
  VEC_PUSH(e->mem, r->right, x);
  for (uint32_t i = 0; i < e->markets.n; i++) {
    Market *m = &e->markets.at[i];
    if (m->dropped || m->price != price) continue;
    Ix *at = ARENA_ARRAY(e->mem, Ix, m->nbinds + 1);
    if (!at) return 1;
    for (uint32_t k = 0; k < m->nbinds; k++) at[k] = ix_bound(m->binds[k]);
    const Expr *where = x.where ? ex_subst(e->mem, x.where, x.binds, at, x.n) : NULL;
    m->rights = x.rights;
    m->rights_where = both(e, ex_in(e->mem, m->at, at[x.dim], x.nodes), where, m->at);
  }
  return arena_failed(e->mem);
}

int rights_markets(Rights *r) {
  for (uint32_t i = 0; i < r->b->markets.n; i++) {
    SymId price = r->e->markets.at[r->b->markets.at[i].market].price;
    uint32_t k = 0;
    while (k < r->right.n && r->right.at[k].price != price) k++;
    if (k == r->right.n && add_right(r, price)) return 1;
  }
  return arena_failed(r->e->mem);
}

/* ---- net purchases ---- */

/* The part of a market's side that one class makes up, in the class's own type variables. */
static const Expr *part_of(Economy *e, const Expr *x, const Agent *a) {
  const Expr *zero = ex_num(e->mem, x->at, 0);
  switch (x->kind) {
  case E_TOTAL: {
    if (x->sym != a->sym) return zero;
    Ix *to = ARENA_ARRAY(e->mem, Ix, a->nidx + 1);
    if (!to) return zero;
    for (uint32_t i = 0; i < a->nidx; i++) to[i] = ix_bound(a->idx[i]);
    return ex_subst(e->mem, x->kid[0], x->binds, to, a->nidx);
  }
  case E_ADD: {
    const Expr *sum = zero;
    for (uint32_t i = 0; i < x->nkid; i++) sum = ex_add2(e->mem, x->at, sum, part_of(e, x->kid[i], a));
    return sum;
  }
  case E_NEG: return ex_neg(e->mem, x->at, part_of(e, x->kid[0], a));
  case E_DIV: return ex_div(e->mem, x->at, part_of(e, x->kid[0], a), x->kid[1]);
  case E_GIVEN: return part_of(e, x->kid[0], a);
  case E_SUM: return ex_sum(e->mem, x->at, x->bind, x->dom, part_of(e, x->kid[0], a), x->nkid > 1 ? x->kid[1] : NULL);
  case E_IF: return ex_node(e->mem, x->at, E_IF, (const Expr *const[]){x->kid[0], part_of(e, x->kid[1], a), part_of(e, x->kid[2], a)}, 3);
  case E_MUL:
    for (uint32_t i = 0; i < x->nkid; i++) {
      const Expr *in = part_of(e, x->kid[i], a);
      if (ex_is_num(in, 0)) continue;
      for (uint32_t k = 0; k < x->nkid; k++)
        if (k != i) in = ex_mul2(e->mem, x->at, in, x->kid[k]);
      return in;
    }
    return zero;
  default: return zero;
  }
}

const Expr *rights_net(Rights *r, const Agent *a, const Right *x, const Ix *at) {
  Economy *e = r->e;
  const Expr *sum = ex_num(e->mem, 0, 0);
  uint32_t several = 0;
  for (uint32_t i = 0; i < e->markets.n; i++) several += !e->markets.at[i].dropped && e->markets.at[i].price == x->price;
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    if (m->dropped || m->price != x->price) continue;
    const Expr *net = ex_sub(e->mem, m->at, part_of(e, m->demand, a), part_of(e, m->supply, a));
    net = ex_subst(e->mem, net, m->binds, at, m->nbinds);
    const Expr *cond = several > 1 ? market_cond(e, m, x, at) : NULL;
    for (uint32_t k = 0; several > 1 && k < m->nbinds; k++) cond = both(e, cond, ex_in(e->mem, m->at, at[k], e->idxs.at[m->binds[k]].set), m->at);
    if (cond) net = ex_node(e->mem, m->at, E_IF, (const Expr *const[]){cond, net, ex_num(e->mem, m->at, 0)}, 3);
    sum = ex_add2(e->mem, m->at, sum, net);
  }
  return sum;
}

const Expr *rights_payment(Rights *r, const Agent *a, const Ix *node) {
  Economy *e = r->e;
  const Expr *sum = NULL;
  for (uint32_t i = 0; i < r->right.n; i++) {
    const Right *x = &r->right.at[i];
    const Origin at = economy_at(e, x->price)->at;
    Ix *ix = ARENA_ARRAY(e->mem, Ix, x->n + 1);
    if (!ix) return NULL;
    for (uint32_t k = 0; k < x->n; k++) ix[k] = ix_bound(x->binds[k]);
    const Expr *cond = x->where;
    if (node) {
      ix[x->dim] = *node;
      if (cond) cond = ex_subst(e->mem, cond, &x->binds[x->dim], node, 1);
      if (ix_within(e, *node, x->nodes) != 1) cond = both(e, cond, ex_in(e->mem, at, *node, x->nodes), at);
    }
    const Expr *term = ex_mul2(e->mem, at, ex_ref(e->mem, at, x->rights, ix, x->n), rights_net(r, a, x, ix));
    for (uint32_t k = x->n; k-- > 0;) {
      if (node && k == x->dim) continue;
      term = ex_sum(e->mem, at, x->binds[k], (Domain){.set = e->idxs.at[x->binds[k]].set}, term, cond);
      cond = NULL;
    }
    if (cond) term = ex_node(e->mem, at, E_IF, (const Expr *const[]){cond, term, ex_num(e->mem, at, 0)}, 3);
    sum = sum ? ex_add2(e->mem, at, sum, term) : term;
  }
  return sum;
}

/* ---- the rows of later prices ---- */
int rights_conditions(Rights *r, const RightsAgent *agent, uint32_t n) {
  Economy *e = r->e;
  for (uint32_t i = 0; i < r->right.n; i++) {
    const Right x = r->right.at[i];
    Equation q = {.sense = C_EQ, .at = economy_at(e, x.price)->at, .perp = x.price, .nperp_ix = x.n, .nbinds = x.n};
    Text name = {0};
    text_printf(&name, "choice of exchange, %s", str_text(e->cc->strs, economy_at(e, x.price)->name));
    q.sym = name.failed ? 0 : economy_sym(e, str_of(e->cc->strs, name.at), SYM_EQUATION, q.at);
    text_free(&name);
    q.binds = ARENA_ARRAY(e->mem, IdxId, x.n + 1);
    q.perp_ix = ARENA_ARRAY(e->mem, Ix, x.n + 1);
    if (!q.sym || !q.binds || !q.perp_ix) return 1;
    for (uint32_t k = 0; k < x.n; k++) {
      q.binds[k] = economy_idx(e, e->idxs.at[x.binds[k]].name, e->idxs.at[x.binds[k]].set);
      q.perp_ix[k] = ix_bound(q.binds[k]);
    }
    q.cond = x.where ? ex_subst(e->mem, x.where, x.binds, q.perp_ix, x.n) : NULL;
    q.lhs = q.rhs = ex_num(e->mem, q.at, 0);
    for (uint32_t k = 0; k < n; k++) {
      if (agent[k].a->gone || !agent[k].lambda) continue;
      const Expr *slope = ex_div(e->mem, q.at, rights_slope(&agent[k], x.price, q.perp_ix, x.n), agent[k].lambda);
      if (!ex_is_num(slope, 0)) q.lhs = ex_add2(e->mem, q.at, q.lhs, class_total(e, agent[k].a, slope, q.at));
    }
    VEC_PUSH(e->mem, e->equations, q);
  }
  return arena_failed(e->mem);
}

/* ---- what is reported ---- */
int rights_reports(Rights *r) {
  Economy *e = r->e;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i];
    if (a->gone || !a->payment || !r->right.n) continue;
    Sym s = *economy_at(e, a->payment);
    if (!s.ndom || s.node_dim < 0 || !s.idx) continue;
    Ix node = ix_bound(s.idx[s.ndom - 1]);
    const Expr *pay = rights_payment(r, a, &node);
    Ix *to = ARENA_ARRAY(e->mem, Ix, a->nidx + 1);
    if (!pay || !to) return 1;
    for (uint32_t k = 0; k < a->nidx; k++) to[k] = ix_bound(s.idx[k]);
    economy_at(e, a->payment)->def = ex_subst(e->mem, pay, a->idx, to, a->nidx);
    economy_at(e, a->payment)->dropped = 0;
  }
  return arena_failed(e->mem);
}
