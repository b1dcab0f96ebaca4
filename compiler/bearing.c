/* bearing.c: the classification of bearing.h. Node by node: a family of constraints that stands at every node has its ex-ante and its
 * later instances told apart by what occurs in each. */
#include "bearing.h"
#include "markets.h"
#include <string.h>

typedef struct { Economy *e; Bearing *b; Bindings env; SymId owner; } Classify;
typedef struct { Classify *c; uint8_t *node; SymId sym; int any; } Found;

/* ---- what occurs, at which node ---- */

/* Calls f for every node that the reference may stand at. */
static void nodes_of(Classify *c, const Expr *ref, void (*f)(void *, uint32_t), void *ctx) {
  Economy *e = c->e;
  const Sym *s = economy_at(e, ref->sym);
  Elem x;
  if (s->node_dim < 0 || (uint32_t)s->node_dim >= ref->nix) return;
  if (bindings_ix(&c->env, ref->ix[s->node_dim], &x)) {
    if (x != ELEM_NONE && economy_node(e, x) != UINT32_MAX) f(ctx, economy_node(e, x));
    return;
  }
  const Set *set = economy_set(e, s->dom[s->node_dim]);
  for (uint32_t i = 0; set && i < set_size(set); i++) f(ctx, economy_node(e, set_elem(set, i)));
}

static void see_node(void *ctx, uint32_t node) {
  Found *f = ctx;
  if (node >= f->c->e->time.n || !f->c->b->later[node]) return;
  f->any = 1;
  f->node[node] = 1;
}

/* Later choices of the agent. */
static int see_choice(void *ctx, const Expr *ref) {
  Found *f = ctx;
  const Sym *s = economy_at(f->c->e, ref->sym);
  if (s->kind == SYM_CHOICE && s->owner == f->c->owner && !f->c->b->ex_ante_choice[ref->sym]) nodes_of(f->c, ref, see_node, f);
  return 0;
}

static int see_sym(void *ctx, const Expr *ref) {
  Found *f = ctx;
  if (ref->sym == f->sym) nodes_of(f->c, ref, see_node, f);
  return 0;
}

static int is_market_price(const Economy *e, SymId s) {
  for (uint32_t i = 0; i < e->markets.n; i++)
    if (e->markets.at[i].price == s && s && !e->markets.at[i].dropped) return 1;
  return 0;
}

static int is_price(void *ctx, const Expr *ref) { return is_market_price(ctx, ref->sym); }
static int is_any(void *ctx, const Expr *ref) { return (void)ctx, (void)ref, 1; }

static void mark_forward(void *ctx, uint32_t node) {
  Found *f = ctx;
  if (node < f->c->e->time.n && f->c->b->later[node]) f->any = 1;
}

/* Prices and choices dated later that stand in an ex-ante constraint. */
static int see_forward(void *ctx, const Expr *ref) {
  Found *f = ctx;
  Bearing *b = f->c->b;
  const Sym *s = economy_at(f->c->e, ref->sym);
  f->any = 0;
  nodes_of(f->c, ref, mark_forward, f);
  if (f->any && is_market_price(f->c->e, ref->sym)) b->ex_ante_price[ref->sym] = 1;
  if (f->any && s->kind == SYM_CHOICE && s->owner == f->c->owner) b->ex_ante_choice[ref->sym] = 1;
  return 0;
}

/* ---- constraints ---- */

/* Calls f for every node a constraint stands at (BEARING_NONE: undated), its node variable bound. */
static void at_nodes(Classify *c, uint32_t agent, uint32_t at, void (*f)(Classify *, uint32_t, uint32_t, uint32_t)) {
  const Constraint *k = &c->e->agents.at[agent].constraints.at[at];
  c->owner = c->e->agents.at[agent].sym;
  if (!k->node) {
    if (bindings_cond(&c->env, k->cond) != 0) f(c, agent, at, BEARING_NONE);
    return;
  }
  const IdxId bind = k->node;
  const Set *set = economy_set(c->e, c->e->idxs.at[bind].set);
  for (uint32_t i = 0; set && i < set_size(set); i++) {
    c->env.env[bind] = set_elem(set, i);
    uint32_t node = economy_node(c->e, c->env.env[bind]);
    k = &c->e->agents.at[agent].constraints.at[at];
    if (node < c->e->time.n && bindings_cond(&c->env, k->cond) != 0) f(c, agent, at, node);
    c->env.env[bind] = ELEM_NONE;
  }
}

static void each_constraint(Classify *c, void (*f)(Classify *, uint32_t, uint32_t, uint32_t)) {
  for (uint32_t i = 0; i < c->e->agents.n; i++)
    for (uint32_t j = 0; j < c->e->agents.at[i].constraints.n && !c->e->agents.at[i].gone; j++)
      if (!c->e->agents.at[i].constraints.at[j].dropped) at_nodes(c, i, j, f);
}

static int is_ex_ante(const Classify *c, uint32_t node) { return node == BEARING_NONE || !c->b->later[node]; }

static void forward(Classify *c, uint32_t agent, uint32_t at, uint32_t node) {
  const Constraint *k = &c->e->agents.at[agent].constraints.at[at];
  Found f = {.c = c};
  if (!is_ex_ante(c, node)) return;
  bindings_occurs(&c->env, k->lhs, see_forward, &f);
  bindings_occurs(&c->env, k->rhs, see_forward, &f);
}

/* Is an expression possibly not zero here? Numbers behind conditions over unknowns, as in the slope of min(p, 2), stand for themselves. */
static int may_be_nonzero(const Classify *c, const Expr *x) {
  switch (x->kind) {
  case E_NUM: return x->num != 0;
  case E_NEG: case E_DIV: return may_be_nonzero(c, x->kid[0]);
  case E_IF: {
    int known = bindings_cond(&c->env, x->kid[0]);
    return (known != 0 && may_be_nonzero(c, x->kid[1])) || (known != 1 && may_be_nonzero(c, x->kid[2]));
  }
  case E_ADD: case E_MUL:
    for (uint32_t i = 0; i < x->nkid; i++)
      if (may_be_nonzero(c, x->kid[i]) == (x->kind == E_ADD)) return x->kind == E_ADD;
    return x->kind == E_MUL;
  default: return bindings_occurs(&c->env, x, is_any, NULL) || !ex_depends(x, is_any, NULL);
  }
}

/* The derivative of the constraint in the price family at some node of those wanted: not identically zero? */
static int depends_on_price(Classify *c, const Expr *g, SymId price, int later) {
  Economy *e = c->e;
  const Sym *s = economy_at(e, price);
  uint32_t n = s->ndom, dim = s->node_dim < 0 ? n : (uint32_t)s->node_dim;
  SymId *dom = s->dom;
  if (later && dim == n) return 0;
  Ix *at = ARENA_ARRAY(e->mem, Ix, n + 1);
  if (!at) return 0;
  for (uint32_t i = 0; i < n; i++) at[i] = ix_bound(economy_idx(e, economy_at(e, dom[i])->name, dom[i]));
  const Set *nodes = dim < n ? economy_set(e, dom[dim]) : NULL;
  for (uint32_t i = 0; i < (nodes ? set_size(nodes) : 1); i++) {
    uint32_t node = nodes ? economy_node(e, set_elem(nodes, i)) : BEARING_NONE;
    int is_later = node != BEARING_NONE && c->b->later[node] && !c->b->ex_ante_price[price];
    if (is_later != later) continue;
    if (nodes) at[dim] = ix_elem(set_elem(nodes, i));
    if (may_be_nonzero(c, expr_diff(e, g, price, at, n))) return 1;
  }
  return 0;
}

/* In which prices, of the kind that matters, does it move? New index variables outgrow the environment, so it is made anew. */
static int bears(Classify *c, const Constraint *k, uint32_t node, int later) {
  Economy *e = c->e;
  const Expr *g = ex_sub(e->mem, k->at, k->lhs, k->rhs);
  Ix here = ix_elem(node == BEARING_NONE ? ELEM_NONE : e->time.node[node].elem);
  if (k->node) g = ex_subst(e->mem, g, &k->node, &here, 1);
  if (!ex_depends(g, is_price, e)) return 0;
  Bindings old = c->env;
  int found = 0;
  for (uint32_t i = 0; i < e->markets.n && !found; i++) {
    const Market *m = &e->markets.at[i];
    uint32_t first = 0;
    while (first < i && (e->markets.at[first].price != m->price || e->markets.at[first].dropped)) first++;
    if (m->dropped || !m->price || first < i) continue;
    c->env = (Bindings){e, ARENA_ARRAY(e->mem, Elem, e->idxs.n + 64), e->idxs.n + 64};
    if (!c->env.env) break;
    found = depends_on_price(c, g, m->price, later);
  }
  c->env = old;
  return found;
}

static void classify(Classify *c, uint32_t agent, uint32_t at, uint32_t node) {
  const Constraint *k = &c->e->agents.at[agent].constraints.at[at];
  Bearing *b = c->b;
  BearingConstraint r = {.agent = agent, .constraint = at, .node = node, .kind = BEAR_ROOT};
  Found f = {.c = c, .node = ARENA_ARRAY(c->e->mem, uint8_t, c->e->time.n + 1)};
  if (!f.node) return;
  if (!is_ex_ante(c, node)) {
    bindings_occurs(&c->env, k->lhs, see_choice, &f);
    bindings_occurs(&c->env, k->rhs, see_choice, &f);
    r.kind = f.any ? BEAR_RECOURSE : BEAR_ANTICIPATION;
  }
  r.ex_ante_budget = r.kind == BEAR_ROOT && k->is_budget;
  Constraint copy = *k;                                 /* new index variables may move the tables */
  r.bears = !r.ex_ante_budget && bears(c, &copy, node, r.kind != BEAR_ROOT);
  if (r.bears && r.kind == BEAR_ROOT) b->at_root++;
  if (r.bears && r.kind != BEAR_ROOT) {
    b->bearing++;
    b->beyond += !copy.is_budget;
  }
  VEC_PUSH(c->e->mem, b->constraints, r);
}

/* ---- numeraires at later nodes ---- */
typedef struct { Classify *c; const Expr *ref; uint32_t n; } Only;
static void count_prices(void *ctx, const Expr *x) {
  Only *o = ctx;
  if (x->kind != E_REF || !is_market_price(o->c->e, x->sym)) return;
  o->ref = x;
  o->n++;
}
static void count_sums(void *ctx, const Expr *x) { *(int *)ctx |= x->kind == E_SUM || x->kind == E_TOTAL; }

static void numeraire_tuples(Classify *c, const Normalisation *z, const Expr *ref, uint32_t bind) {
  Economy *e = c->e;
  if (bind < z->nbinds) {
    const Set *s = economy_set(e, e->idxs.at[z->binds[bind]].set);
    for (uint32_t i = 0; s && i < set_size(s); i++) {
      c->env.env[z->binds[bind]] = set_elem(s, i);
      numeraire_tuples(c, z, ref, bind + 1);
    }
    c->env.env[z->binds[bind]] = ELEM_NONE;
    return;
  }
  BearingNumeraire t = {ref->sym, ARENA_ARRAY(e->mem, Elem, ref->nix + 1), ref->nix};
  for (uint32_t i = 0; t.ix && i < ref->nix; i++)
    if (!bindings_ix(&c->env, ref->ix[i], &t.ix[i])) return;
  if (t.ix) VEC_PUSH(e->mem, c->b->numeraires, t);
}

static void numeraires(Classify *c) {
  Economy *e = c->e;
  for (uint32_t i = 0; i < e->normalisations.n; i++) {
    const Normalisation *z = &e->normalisations.at[i];
    Only o = {.c = c};
    Found f = {.c = c, .node = ARENA_ARRAY(e->mem, uint8_t, e->time.n + 1)};
    int sums = 0;
    if (z->dropped || !f.node) continue;
    ex_walk(z->lhs, count_prices, &o);
    ex_walk(z->rhs, count_prices, &o);
    ex_walk(z->lhs, count_sums, &sums);
    ex_walk(z->rhs, count_sums, &sums);
    if (!o.n) continue;
    if (o.n == 1 && !sums) {
      numeraire_tuples(c, z, o.ref, 0);
      continue;
    }
    for (uint32_t k = 0; k < z->nbinds; k++) {          /* several prices at once: does it reach a later node? */
      const Set *s = economy_set(e, e->idxs.at[z->binds[k]].set);
      for (uint32_t j = 0; s && s->is_nodes && j < set_size(s); j++) {
        uint32_t node = economy_node(e, set_elem(s, j));
        if (node < e->time.n && c->b->later[node] && !c->b->ex_ante_price[o.ref->sym]) c->b->simplex = z;
      }
    }
    f.sym = o.ref->sym;
    if (!z->nbinds) {
      bindings_occurs(&c->env, z->lhs, see_sym, &f);
      if (f.any && !c->b->ex_ante_price[f.sym]) c->b->simplex = z;
    }
  }
}

int bearing_is_numeraire(const Bearing *b, SymId price, const Elem *ix, uint32_t n) {
  for (uint32_t i = 0; i < b->numeraires.n; i++) {
    const BearingNumeraire *t = &b->numeraires.at[i];
    if (t->price == price && t->n == n && !memcmp(t->ix, ix, n * sizeof *ix)) return 1;
  }
  return 0;
}

/* ---- later markets ---- */
static uint32_t prices_at(Classify *c, const Market *m, uint32_t node, uint32_t dim, Elem *ix) {
  Economy *e = c->e;
  if (dim == m->nbinds) return bindings_cond(&c->env, m->cond) != 0 && !bearing_is_numeraire(c->b, m->price, ix, m->nbinds);
  const Sym *p = economy_at(e, m->price);
  const Set *s = economy_set(e, e->idxs.at[m->binds[dim]].set);
  uint32_t sum = 0;
  for (uint32_t i = 0; s && i < set_size(s); i++) {
    Elem x = set_elem(s, i);
    if ((int)dim == p->node_dim && x != e->time.node[node].elem) continue;
    c->env.env[m->binds[dim]] = ix[dim] = x;
    sum += prices_at(c, m, node, dim + 1, ix);
  }
  c->env.env[m->binds[dim]] = ELEM_NONE;
  return sum;
}

static void later_markets(Classify *c) {
  Economy *e = c->e;
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    const Sym *p = m->price && !m->dropped ? economy_at(e, m->price) : NULL;
    if (!p || p->node_dim < 0 || p->ndom != m->nbinds || c->b->ex_ante_price[m->price]) continue;
    Elem *ix = ARENA_ARRAY(e->mem, Elem, m->nbinds + 1);
    for (uint32_t n = 0; ix && n < e->time.n; n++) {
      uint32_t k = c->b->later[n] ? prices_at(c, m, n, 0, ix) : 0;
      if (k) VEC_PUSH(e->mem, c->b->markets, (BearingMarket){i, n, k, 0});
    }
  }
}

/* A claims market with an instance at the cut. */
static void segregated_markets(Classify *c) {
  Economy *e = c->e;
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    if (m->dropped || !m->claim || !m->price) continue;
    const Sym *p = economy_at(e, m->price);
    const Set *s = p->node_dim >= 0 ? economy_set(e, p->dom[p->node_dim]) : NULL;
    c->b->segregated[i] = !s || set_pos(s, e->time.node[0].elem) != UINT32_MAX;
  }
}

/* ---- exchange groups ---- */
static uint32_t root_of(uint32_t *up, uint32_t i) {
  while (up[i] != i) i = up[i] = up[up[i]];
  return i;
}
static void join(uint32_t *up, const uint8_t *node, uint32_t n) {
  uint32_t first = BEARING_NONE;
  for (uint32_t i = 0; i < n; i++) {
    if (!node[i]) continue;
    if (first == BEARING_NONE) first = i;
    uint32_t a = root_of(up, i), b = root_of(up, first);
    if (a != b) up[a > b ? a : b] = a > b ? b : a;
  }
}

/* One constraint ties the nodes of its later choices and of its later prices, and its own. */
static void tie_constraint(Classify *c, uint32_t *up, const BearingConstraint *r) {
  Economy *e = c->e;
  const Constraint *k = &e->agents.at[r->agent].constraints.at[r->constraint];
  Found f = {.c = c, .node = ARENA_ARRAY(e->mem, uint8_t, e->time.n + 1)};
  if (!f.node || r->kind == BEAR_ROOT) return;
  if (k->node) c->env.env[k->node] = e->time.node[r->node].elem;
  c->owner = e->agents.at[r->agent].sym;
  for (int side = 0; side < 2; side++) {
    const Expr *x = side ? k->rhs : k->lhs;
    bindings_occurs(&c->env, x, see_choice, &f);
    for (uint32_t i = 0; i < e->markets.n; i++) {
      f.sym = e->markets.at[i].price;
      if (f.sym && !e->markets.at[i].dropped && !c->b->ex_ante_price[f.sym]) bindings_occurs(&c->env, x, see_sym, &f);
    }
  }
  f.node[r->node] = 1;
  join(up, f.node, e->time.n);
  if (k->node) c->env.env[k->node] = ELEM_NONE;
}

/* The nodes at which one claim (own indices fixed) stands in constraints. */
typedef struct { Found f; const Elem *own; uint32_t first; } Deliver;
static int see_claim(void *ctx, const Expr *ref) {
  Deliver *d = ctx;
  const Sym *s = economy_at(d->f.c->e, ref->sym);
  if (ref->sym != d->f.sym) return 0;
  for (uint32_t i = d->first; i < ref->nix && i < s->ndom; i++) {
    Elem x;
    if (!bindings_ix(&d->f.c->env, ref->ix[i], &x)) continue;
    uint32_t node = (int)i == s->node_dim ? economy_node(d->f.c->e, x) : 0;
    if ((int)i == s->node_dim ? node >= d->f.c->e->time.n || d->f.c->b->later[node] : x != d->own[i]) return 0;
  }
  d->f.any = 1;
  return 0;
}

static void tie_claim(Classify *c, uint32_t *up, const Agent *a, uint32_t ai, SymId x, const Elem *own, uint32_t *delivers) {
  Economy *e = c->e;
  uint8_t *node = ARENA_ARRAY(e->mem, uint8_t, e->time.n + 1);
  if (!node) return;
  for (uint32_t i = 0; i < c->b->constraints.n; i++) {
    const BearingConstraint *r = &c->b->constraints.at[i];
    if (r->agent != ai || r->kind == BEAR_ROOT) continue;
    const Constraint *k = &a->constraints.at[r->constraint];
    Deliver d = {.f = {.c = c, .sym = x}, .own = own, .first = a->nidx};
    if (k->node) c->env.env[k->node] = e->time.node[r->node].elem;
    bindings_occurs(&c->env, k->lhs, see_claim, &d);
    bindings_occurs(&c->env, k->rhs, see_claim, &d);
    if (d.f.any) node[r->node] = 1;
    if (k->node) c->env.env[k->node] = ELEM_NONE;
  }
  join(up, node, e->time.n);
  for (uint32_t i = 0; i < e->time.n; i++)
    if (node[i]) *delivers = i;
}

typedef struct { Economy *e; SymId owner, sym; } OwnClaim;
static void own_claim(void *ctx, const Expr *ref) {
  OwnClaim *o = ctx;
  if (ref->kind == E_REF && economy_at(o->e, ref->sym)->kind == SYM_CHOICE && economy_at(o->e, ref->sym)->owner == o->owner) o->sym = ref->sym;
}

/* Every claim of a segregated market, one for each of its own indices, ties the nodes it delivers at. counted: by later node. */
static void tie_market(Classify *c, uint32_t *up, uint32_t market, uint32_t *counted) {
  Economy *e = c->e;
  const Market *m = &e->markets.at[market];
  for (uint32_t ai = 0; ai < e->agents.n; ai++) {
    const Agent *a = &e->agents.at[ai];
    OwnClaim o = {e, a->sym, 0};
    ex_walk(m->demand, own_claim, &o);
    ex_walk(m->supply, own_claim, &o);
    if (a->gone || !o.sym) continue;
    const Sym *s = economy_at(e, o.sym);
    uint32_t pos[16] = {0};
    Elem own[16] = {0};
    for (int more = s->ndom <= 16; more;) {
      for (uint32_t i = a->nidx; i < s->ndom; i++) own[i] = set_elem(economy_set(e, s->dom[i]), pos[i]);
      uint32_t at = BEARING_NONE;
      tie_claim(c, up, a, ai, o.sym, own, &at);
      if (at != BEARING_NONE && counted) counted[at]++;
      if (at != BEARING_NONE) {
        BearingClaim claim = {market, ARENA_ARRAY(e->mem, Elem, s->ndom + 1), 0, at};
        for (uint32_t i = a->nidx; claim.own && i < s->ndom; i++)
          if ((int)i != s->node_dim) claim.own[claim.nown++] = own[i];
        if (claim.own) VEC_PUSH(e->mem, c->b->claim, claim);
      }
      uint32_t i = s->ndom;
      for (more = 0; i-- > a->nidx && !more;) {
        if ((int)i == s->node_dim) continue;
        if (++pos[i] < set_size(economy_set(e, s->dom[i]))) more = 1;
        else pos[i] = 0;
      }
    }
    counted = NULL;                                     /* one class is enough to count them */
  }
}

/* An objective that is not a sum over nodes ties the nodes it mixes. */
static void tie_objective(Classify *c, uint32_t *up, const Agent *a) {
  Economy *e = c->e;
  const Expr *u = a->value ? economy_at(e, a->value)->def : NULL;
  c->owner = a->sym;
  for (uint32_t i = 0; u && i < a->choices.n; i++) {
    const Sym s = *economy_at(e, a->choices.at[i]);
    if (s.node_dim < 0) continue;
    const Set *nodes = economy_set(e, s.dom[s.node_dim]);
    Ix *at = ARENA_ARRAY(e->mem, Ix, s.ndom + 1);
    if (!at) return;
    const Sym v = *economy_at(e, a->value);
    for (uint32_t k = 0; k < s.ndom; k++) at[k] = k < a->nidx && v.idx && k < v.ndom ? ix_bound(v.idx[k]) : ix_bound(economy_idx(e, economy_at(e, s.dom[k])->name, s.dom[k]));
    for (uint32_t n = 0; nodes && n < set_size(nodes); n++) {
      uint32_t node = economy_node(e, set_elem(nodes, n));
      if (node >= e->time.n || !c->b->later[node]) continue;
      at[s.node_dim] = ix_elem(set_elem(nodes, n));
      const Expr *d = expr_diff(e, u, a->choices.at[i], at, s.ndom);
      Found f = {.c = c, .node = ARENA_ARRAY(e->mem, uint8_t, e->time.n + 1)};
      Bindings old = c->env;
      c->env = (Bindings){e, ARENA_ARRAY(e->mem, Elem, e->idxs.n + 1), e->idxs.n};
      if (f.node && c->env.env) {
        bindings_occurs(&c->env, d, see_choice, &f);
        f.node[node] = 1;
        join(up, f.node, e->time.n);
      }
      c->env = old;
    }
  }
}

static void groups(Classify *c) {
  Economy *e = c->e;
  Bearing *b = c->b;
  uint32_t *up = ARENA_ARRAY(e->mem, uint32_t, e->time.n + 1), *counted = ARENA_ARRAY(e->mem, uint32_t, e->time.n + 1), *of = ARENA_ARRAY(e->mem, uint32_t, e->time.n + 1);
  b->d = ARENA_ARRAY(e->mem, uint32_t, e->time.n + 1);
  b->claims = ARENA_ARRAY(e->mem, uint32_t, e->time.n + 1);
  if (!up || !counted || !of || !b->d || !b->claims) return;
  for (uint32_t i = 0; i < e->time.n; i++) {
    up[i] = i;
    of[i] = BEARING_NONE;
  }
  for (uint32_t i = 0; i < b->constraints.n; i++) tie_constraint(c, up, &b->constraints.at[i]);
  for (uint32_t i = 0; i < e->markets.n; i++)
    if (b->segregated[i]) tie_market(c, up, i, counted);
  for (uint32_t i = 0; i < e->agents.n; i++)
    if (!e->agents.at[i].gone) tie_objective(c, up, &e->agents.at[i]);
  for (uint32_t i = 0; i < b->markets.n; i++) {
    uint32_t r = root_of(up, b->markets.at[i].node);
    if (of[r] == BEARING_NONE) of[r] = b->ngroup++;
    b->markets.at[i].group = of[r];
    b->d[of[r]] += b->markets.at[i].prices;
  }
  b->group = of;
  for (uint32_t n = 0; n < e->time.n; n++)
    if (root_of(up, n) != n) of[n] = BEARING_NONE;
  for (uint32_t n = 0; n < e->time.n; n++) of[n] = of[root_of(up, n)];
  for (uint32_t n = 0; n < e->time.n; n++)
    if (counted[n] && of[n] != BEARING_NONE) b->claims[of[n]] += counted[n];
}

/* ---- the whole ---- */
Bearing *bearing_of(Economy *e) {
  Bearing *b = ARENA_NEW(e->mem, Bearing);
  Classify c = {.e = e, .b = b};
  if (!b) return NULL;
  b->later = ARENA_ARRAY(e->mem, uint8_t, e->time.n + 1);
  b->ex_ante_price = ARENA_ARRAY(e->mem, uint8_t, e->syms.n + 1);
  b->ex_ante_choice = ARENA_ARRAY(e->mem, uint8_t, e->syms.n + 1);
  b->segregated = ARENA_ARRAY(e->mem, uint8_t, e->markets.n + 1);
  c.env = bindings_new(e);
  if (arena_failed(e->mem)) return NULL;
  for (uint32_t i = 0; i < e->time.n; i++) b->later[i] = e->time.declared && e->time.node[i].prev != UINT32_MAX;
  each_constraint(&c, forward);
  each_constraint(&c, classify);
  c.env = bindings_new(e);
  if (!c.env.env) return NULL;
  numeraires(&c);
  later_markets(&c);
  segregated_markets(&c);
  groups(&c);
  return arena_failed(e->mem) ? NULL : b;
}

int bearing_is_later(const Bearing *b, const Economy *e, SymId s, uint32_t node) {
  if (node >= e->time.n || !b->later[node]) return 0;
  return !b->ex_ante_price[s] && !b->ex_ante_choice[s];
}

BearingKind bearing_kind(const Bearing *b, uint32_t agent, uint32_t constraint, uint32_t node) {
  for (uint32_t i = 0; i < b->constraints.n; i++) {
    const BearingConstraint *r = &b->constraints.at[i];
    if (r->agent == agent && r->constraint == constraint && r->node == node) return r->kind;
  }
  return BEAR_ROOT;
}
