/* numeraire.c: normalisations of prices.
 *
 * Prices are connected when they occur in one budget, constraint, profit or market body. A connected component is anchored when one
 * of these has a part without any price; otherwise demands are homogeneous of degree zero in its prices and one of them is free. A
 * component that is neither anchored nor normalised by the model gets a normalisation: its numeraire good's price, else the sum of its
 * goods' prices, is one at its first node.
 *
 * By Walras' law the market clearings of a component are dependent. Each normalisation therefore brings a slack that enters the rows
 * of the markets whose prices it mentions and is paired with it: sum p*z = 0 and z = -slack give slack = 0. */
#include "markets.h"

typedef struct {
  Economy *e;
  SymId *price; uint32_t nprice, nodes;                 /* instance of price k at node n: k*nodes + n */
  uint32_t *up;                                         /* union-find over instances */
  uint8_t *there, *fixed;                               /* the instance exists; (at roots) anchored or normalised */
  Bindings b;
  uint32_t last;                                        /* the instance that the expression at hand mentioned, or NONE */
  int depth;
} Graph;
enum { NONE = UINT32_MAX };

static uint32_t root(Graph *g, uint32_t i) {
  while (g->up[i] != i) i = g->up[i] = g->up[g->up[i]];
  return i;
}

static void touch(Graph *g, uint32_t i) {
  if (!g->there[i]) return;
  if (g->last == NONE) g->last = i;
  uint32_t a = root(g, i), b = root(g, g->last);
  if (a == b) return;
  uint32_t lo = a < b ? a : b, hi = a < b ? b : a;
  g->up[hi] = lo;
  g->fixed[lo] |= g->fixed[hi];
}

static uint32_t price_index(const Graph *g, SymId s) {
  uint32_t k = 0;
  while (k < g->nprice && g->price[k] != s) k++;
  return k;
}

/* Connects every price met on the walk; never says that it has found what it looks for. */
static int visit(void *ctx, const Expr *ref) {
  Graph *g = ctx;
  const Sym *s = economy_at(g->e, ref->sym);
  if (s->kind == SYM_VALUE && s->def && g->depth < 4) {
    g->depth++;
    bindings_occurs(&g->b, s->def, visit, g);
    g->depth--;
  }
  uint32_t k = s->kind == SYM_PRICE ? price_index(g, ref->sym) : g->nprice;
  if (k == g->nprice) return 0;
  Elem x;
  if (s->node_dim < 0 || (uint32_t)s->node_dim >= ref->nix) touch(g, k * g->nodes);
  else if (!bindings_ix(&g->b, ref->ix[s->node_dim], &x))
    for (uint32_t n = 0; n < g->nodes; n++) touch(g, k * g->nodes + n);
  else if (x != ELEM_NONE && economy_node(g->e, x) != UINT32_MAX) touch(g, k * g->nodes + economy_node(g->e, x));
  return 0;
}

static int any_ref(void *ctx, const Expr *ref) {
  (void)ctx;
  (void)ref;
  return 1;
}

/* One relation, or one sum of money: its prices hang together; a part without prices anchors them. */
static void connect(Graph *g, const Expr *lhs, const Expr *rhs, const Expr *without, int fixes) {
  g->last = NONE;
  bindings_occurs(&g->b, lhs, visit, g);
  if (rhs) bindings_occurs(&g->b, rhs, visit, g);
  if (g->last == NONE) return;
  if (fixes || (without && !ex_is_num(without, 0) && (bindings_occurs(&g->b, without, any_ref, NULL) || !ex_depends(without, any_ref, NULL)))) g->fixed[root(g, g->last)] = 1;
}

/* The same for every node that the family stands at. */
static void connect_family(Graph *g, const IdxId *binds, uint32_t n, const Expr *lhs, const Expr *rhs, int fixes) {
  Economy *e = g->e;
  const Expr *without = fixes ? NULL : price_free(e, rhs ? ex_sub(e->mem, lhs->at, lhs, rhs) : lhs);
  const Set *set = NULL;
  IdxId node = 0;
  for (uint32_t i = 0; i < n; i++) {
    const Set *s = economy_set(e, e->idxs.at[binds[i]].set);
    if (s && s->is_nodes) {
      set = s;
      node = binds[i];
    }
  }
  if (!set) {
    connect(g, lhs, rhs, without, fixes);
    return;
  }
  for (uint32_t i = 0; i < set_size(set); i++) {
    g->b.env[node] = set_elem(set, i);
    connect(g, lhs, rhs, without, fixes);
  }
  g->b.env[node] = ELEM_NONE;
}

static int graph_new(Graph *g, Economy *e) {
  *g = (Graph){.e = e, .nodes = e->time.n ? e->time.n : 1, .b = bindings_new(e)};
  g->price = ARENA_ARRAY(e->mem, SymId, e->markets.n + 1);
  if (!g->price || !g->b.env) return 1;
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    if (!m->dropped && m->price && price_index(g, m->price) == g->nprice) g->price[g->nprice++] = m->price;
  }
  uint32_t size = g->nprice * g->nodes;
  g->up = ARENA_ARRAY(e->mem, uint32_t, size + 1);
  g->there = ARENA_ARRAY(e->mem, uint8_t, size + 1);
  g->fixed = ARENA_ARRAY(e->mem, uint8_t, size + 1);
  if (!g->up || !g->there || !g->fixed) return 1;
  for (uint32_t k = 0; k < g->nprice; k++) {
    const Sym *s = economy_at(e, g->price[k]);
    const Set *set = s->node_dim >= 0 ? economy_set(e, s->dom[s->node_dim]) : NULL;
    for (uint32_t n = 0; n < g->nodes; n++) {
      g->up[k * g->nodes + n] = k * g->nodes + n;
      g->there[k * g->nodes + n] = set ? n < e->time.n && set_pos(set, e->time.node[n].elem) != UINT32_MAX : n == 0;
    }
  }
  return 0;
}

/* said: with what the model says about the unit of account. */
static void graph_connect(Graph *g, int said) {
  Economy *e = g->e;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i];
    const Sym *v = a->value ? economy_at(e, a->value) : NULL;
    for (uint32_t j = 0; j < a->constraints.n && !a->gone; j++) {
      const Constraint *c = &a->constraints.at[j];
      if (!c->dropped) connect_family(g, c->binds, c->nbinds, c->lhs, c->rhs, 0);
    }
    if (!a->gone && v && v->def) connect_family(g, NULL, 0, v->def, NULL, 0);
  }
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    if (!m->dropped && m->from == MARKET_WRITTEN && m->demand && m->supply) connect_family(g, m->binds, m->nbinds, m->demand, m->supply, 0);
  }
  for (uint32_t i = 0; i < e->equations.n; i++) {
    const Equation *q = &e->equations.at[i];
    if (!q->dropped) connect_family(g, q->binds, q->nbinds, q->lhs, q->rhs, 0);
  }
  for (uint32_t i = 0; i < e->normalisations.n && said; i++) {
    const Normalisation *n = &e->normalisations.at[i];
    if (!n->dropped) connect_family(g, n->binds, n->nbinds, n->lhs, n->rhs, 1);
  }
}

/* ---- a numeraire where nobody said one ---- */
static const Market *market_of(const Economy *e, SymId price) {
  for (uint32_t i = 0; i < e->markets.n; i++)
    if (e->markets.at[i].price == price && !e->markets.at[i].dropped) return &e->markets.at[i];
  return NULL;
}

/* The price of a numeraire good at a node, if the family has one. */
static const Expr *numeraire_price(Economy *e, SymId price, Ix node) {
  const Sym *s = economy_at(e, price);
  const Market *m = market_of(e, price);
  Ix ix[8];
  if (s->ndom > 8) return NULL;
  for (uint32_t i = 0; i < e->goods.n; i++) {
    int found = m && m->good == e->goods.at[i].elem, fits = 1;
    if (!e->goods.at[i].numeraire) continue;
    for (uint32_t d = 0; d < s->ndom; d++) {
      const Set *set = economy_set(e, s->dom[d]);
      if ((int)d == s->node_dim) ix[d] = node;
      else if (set && set_pos(set, e->goods.at[i].elem) != UINT32_MAX) {
        ix[d] = ix_elem(e->goods.at[i].elem);
        found = 1;
      } else fits = 0;
    }
    if (found && fits) return ex_ref(e->mem, s->at, price, ix, s->ndom);
  }
  return NULL;
}

/* sum over the family's own indices of its price at a node. */
static const Expr *price_sum(Economy *e, SymId price, Ix node) {
  uint32_t n = economy_at(e, price)->ndom;
  Ix *ix = ARENA_ARRAY(e->mem, Ix, n + 1);
  if (!ix) return ex_num(e->mem, 0, 0);
  for (uint32_t d = 0; d < n; d++) {
    SymId set = economy_at(e, price)->dom[d];
    ix[d] = (int)d == economy_at(e, price)->node_dim ? node : ix_bound(economy_idx(e, economy_at(e, set)->name, set));
  }
  const Expr *x = ex_ref(e->mem, economy_at(e, price)->at, price, ix, n);
  for (uint32_t d = n; d-- > 0;)
    if ((int)d != economy_at(e, price)->node_dim) x = ex_sum(e->mem, x->at, ix[d].v, (Domain){.set = economy_at(e, price)->dom[d]}, x, NULL);
  return x;
}

static uint32_t first_node(Graph *g, uint32_t r) {
  for (uint32_t n = 0; n < g->nodes; n++)
    for (uint32_t k = 0; k < g->nprice; k++)
      if (g->there[k * g->nodes + n] && root(g, k * g->nodes + n) == r) return n;
  return 0;
}
static int member(Graph *g, uint32_t r, uint32_t k, uint32_t n) { return g->there[k * g->nodes + n] && root(g, k * g->nodes + n) == r; }

static int alike(Graph *g, uint32_t r, uint32_t s) {
  uint32_t m = first_node(g, r), n = first_node(g, s);
  for (uint32_t k = 0; k < g->nprice; k++)
    if (member(g, r, k, m) != member(g, s, k, n)) return 0;
  return 1;
}

/* One normalisation for all components that have the same families at their first nodes. */
static int choose(Graph *g, uint32_t r) {
  Economy *e = g->e;
  uint32_t size = g->nprice * g->nodes, n = 0, from = first_node(g, r);
  Elem *at = ARENA_ARRAY(e->mem, Elem, g->nodes + 1);
  Normalisation z = {.derived = 1, .binds = ARENA_ARRAY(e->mem, IdxId, 1)};
  int goods = 0, dated = 0;
  if (!at || !z.binds) return 1;
  for (uint32_t k = 0; k < g->nprice; k++) {
    if (!member(g, r, k, from)) continue;
    goods |= !market_of(e, g->price[k])->equality;
    dated |= economy_at(e, g->price[k])->node_dim >= 0;
    if (!z.at) z.at = market_of(e, g->price[k])->at;
  }
  for (uint32_t s = r; s < size; s++) {
    if (!g->there[s] || root(g, s) != s || g->fixed[s] || !alike(g, r, s)) continue;
    if (dated) at[n++] = e->time.node[first_node(g, s)].elem;
    if (dated || s == r) g->fixed[s] = 1;
    if (!dated) break;
  }
  Ix node = {0};
  if (dated) {
    SymId set = economy_add_set(e, str_of(e->cc->strs, "numeraire_nodes"), at, n, z.at);
    z.binds[z.nbinds++] = economy_idx(e, str_of(e->cc->strs, "n"), set);
    node = ix_bound(z.binds[0]);
  }
  for (uint32_t k = 0; k < g->nprice && !z.lhs; k++)
    if (member(g, r, k, from)) z.lhs = numeraire_price(e, g->price[k], node);
  int marked = z.lhs != NULL;
  for (uint32_t k = 0; k < g->nprice && !marked; k++) {
    if (!member(g, r, k, from) || (goods && market_of(e, g->price[k])->equality)) continue;
    const Expr *p = price_sum(e, g->price[k], node);
    z.lhs = z.lhs ? ex_add2(e->mem, z.at, z.lhs, p) : p;
  }
  if (!z.lhs) return 0;
  z.rhs = ex_num(e->mem, z.at, 1);
  VEC_PUSH(e->mem, e->normalisations, z);
  if (!marked) {
    Text t = {0};
    expr_print(e, z.lhs, &t);
    diag_add(e->cc, SEV_NOTE, "numeraire.chosen", z.at, "no numeraire was said: prices are normalised by %s = 1", t.at ? t.at : "their sum");
    text_free(&t);
  }
  return 0;
}

/* ---- slacks ---- */
static int is_sym(void *ctx, const Expr *ref) { return ref->sym == *(const SymId *)ctx; }

/* A normalisation of a price at which nobody trades: its market is not there. */
static int unwanted_price(Economy *e, const Normalisation *z) {
  for (uint32_t k = 0; k < e->markets.n; k++) {
    Market *m = &e->markets.at[k];
    if (!m->dropped || m->from != MARKET_DERIVED || !m->price || !ex_depends(z->lhs, is_sym, &m->price)) continue;
    const char *price = str_text(e->cc->strs, economy_at(e, m->price)->name);
    Diag *d = diag_add(e->cc, SEV_ERROR, "numeraire.nothing", m->at, "nobody trades anything at the price `%s`, so that nothing is quoted in it", price);
    diag_hint(e->cc, d, "write `%s` into the budgets, or leave this market out: the numeraire is cleared by the budgets without one", price);
    diag_note(e->cc, d, z->at, "it is to be one by this normalisation");
    return 1;
  }
  return 0;
}

static int add_slack(Economy *e, uint32_t i) {
  Normalisation *z = &e->normalisations.at[i];
  SymId s = economy_sym(e, str_of(e->cc->strs, "slack"), SYM_SLACK, z->at), *dom = ARENA_ARRAY(e->mem, SymId, z->nbinds + 1);
  int enters = 0;
  if (!s || !dom) return 1;
  for (uint32_t k = 0; k < z->nbinds; k++) {
    const Set *set = economy_set(e, dom[k] = e->idxs.at[z->binds[k]].set);
    if (set && set->is_nodes) economy_at(e, s)->node_dim = (int)k;
  }
  economy_at(e, s)->dom = dom;
  economy_at(e, s)->ndom = z->nbinds;
  z->slack = s;
  for (uint32_t k = 0; k < e->markets.n; k++) {
    Market *m = &e->markets.at[k];
    if (m->dropped || !m->price || !(ex_depends(z->lhs, is_sym, &m->price) || ex_depends(z->rhs, is_sym, &m->price))) continue;
    if (!m->slack) m->slack = s;
    enters = 1;
  }
  if (!enters && unwanted_price(e, z)) return 1;
  if (!enters) {
    Diag *d = diag_add(e->cc, SEV_ERROR, "numeraire.nothing", z->at, "this normalisation mentions no price of a market");
    diag_hint(e->cc, d, "a numeraire fixes the unit in which prices are quoted: p[L] = 1, or sum(g in good, p[g]) = 1");
  }
  return !enters;
}

/* ---- later prices in units of one good ----
 * Where later prices index exchanges (bearing.h) a normalisation of several of them at once is exchanged for the price of the first of these
 * goods, node by node, where that is but another unit of account: where nothing at the node is fixed in the old one. */

typedef struct { const Economy *e; const Expr *first; uint32_t refs; int sums; uint8_t *node; Bindings *b; } Tied;

static int is_price(const Economy *e, const Expr *x) { return x->kind == E_REF && economy_at(e, x->sym)->kind == SYM_PRICE; }
static void see_tied(void *ctx, const Expr *x) {
  Tied *t = ctx;
  t->refs += is_price(t->e, x) != 0;
  t->sums |= x->kind == E_SUM || x->kind == E_TOTAL;
}

/* The first price in an expression, the variables of the sums around it at their first elements. */
static const Expr *first_price(Economy *e, const Bindings *b, const Expr *x) {
  if (is_price(e, x)) return x;
  const Set *s = x->kind == E_SUM ? economy_set(e, x->dom.set) : NULL;
  for (uint32_t i = 0; s && i < set_size(s); i++) {
    Elem v = set_elem(s, i);
    Ix to = ix_elem(v);
    b->env[x->bind] = v;
    const Expr *in = x->nkid < 2 || bindings_cond(b, x->kid[1]) != 0 ? first_price(e, b, x->kid[0]) : NULL;
    b->env[x->bind] = ELEM_NONE;
    if (in) return ex_subst(e->mem, in, &x->bind, &to, 1);
  }
  for (uint32_t i = 0; i < x->nkid && !s; i++) {
    const Expr *in = first_price(e, b, x->kid[i]);
    if (in) return in;
  }
  return NULL;
}

/* Is a price at a node in a unit of account that nothing but normalisations fixes? */
static int is_free(Graph *g, SymId price, uint32_t node) {
  uint32_t k = price_index(g, price);
  return k < g->nprice && node < g->nodes && g->there[k * g->nodes + node] && !g->fixed[root(g, k * g->nodes + node)];
}

static int quote(Graph *g, const Expr *ref, const Bindings *b, uint32_t node) {
  Economy *e = g->e;
  QuotedIn q = {.price = ref->sym, .ix = ARENA_ARRAY(e->mem, Elem, ref->nix + 1), .n = ref->nix, .node = node, .with = ARENA_ARRAY(e->mem, SymId, g->nprice + 1)};
  if (!q.ix || !q.with) return 1;
  uint32_t own = root(g, price_index(g, ref->sym) * g->nodes + node);
  for (uint32_t k = 0; k < g->nprice; k++)
    if (g->there[k * g->nodes + node] && root(g, k * g->nodes + node) == own) q.with[q.nwith++] = g->price[k];
  for (uint32_t i = 0; i < ref->nix; i++)
    if (!bindings_ix(b, ref->ix[i], &q.ix[i])) return 0;
  VEC_PUSH(e->mem, e->quoted, q);
  return 0;
}

static int quote_in_good(Graph *g, uint32_t at) {
  Economy *e = g->e;
  const Normalisation z = e->normalisations.at[at];
  Bindings b = bindings_new(e);
  Tied t = {.e = e};
  uint32_t dim = 0, later = 0, early = 0;
  if (!b.env) return 1;
  ex_walk(z.lhs, see_tied, &t);
  ex_walk(z.rhs, see_tied, &t);
  if (z.dropped || !t.refs || (t.refs == 1 && !t.sums)) return 0;
  const Expr *first = first_price(e, &b, z.lhs), *other = first_price(e, &b, z.rhs);
  if (!first || other || economy_at(e, first->sym)->node_dim < 0) return 0;
  const Ix node = first->ix[economy_at(e, first->sym)->node_dim];
  while (dim < z.nbinds && !(node.kind == IX_BOUND && node.v == z.binds[dim])) dim++;
  const Set *s = dim < z.nbinds ? economy_set(e, e->idxs.at[z.binds[dim]].set) : NULL;
  Elem *after = ARENA_ARRAY(e->mem, Elem, (s ? set_size(s) : 1) + 1), *before = ARENA_ARRAY(e->mem, Elem, (s ? set_size(s) : 1) + 1), one;
  if (!after || !before || (!s && !bindings_ix(&b, node, &one))) return 0;
  for (uint32_t i = 0; i < (s ? set_size(s) : 1); i++) {
    Elem x = s ? set_elem(s, i) : one;
    uint32_t n = economy_node(e, x);
    int is_later = n < e->time.n && e->time.node[n].prev != UINT32_MAX;
    if (is_later && is_free(g, first->sym, n)) after[later++] = x;
    else before[early++] = x;
  }
  if (!later) return 0;
  Normalisation new = z;
  new.lhs = first;
  new.rhs = ex_num(e->mem, z.at, 1);
  if (s) {
    IdxId to = economy_idx(e, e->idxs.at[z.binds[dim]].name, early ? economy_add_set(e, str_of(e->cc->strs, "quoted_nodes"), after, later, z.at) : e->idxs.at[z.binds[dim]].set);
    Ix ix = ix_bound(to);
    new.binds = ARENA_ARRAY(e->mem, IdxId, 1);
    if (!new.binds) return 1;
    new.binds[0] = to;
    new.nbinds = 1;
    new.lhs = ex_subst(e->mem, first, &z.binds[dim], &ix, 1);
    if (z.nbinds > 1) return 0;                         /* one normalisation for each of other things too: not but a unit */
  }
  b = bindings_new(e);
  for (uint32_t i = 0; b.env && i < later; i++) {
    if (s) b.env[new.binds[0]] = after[i];
    if (quote(g, new.lhs, &b, economy_node(e, after[i]))) return 1;
  }
  if (!early) e->normalisations.at[at] = new;
  else {
    IdxId keep = economy_idx(e, e->idxs.at[z.binds[dim]].name, economy_add_set(e, str_of(e->cc->strs, "numeraire_nodes"), before, early, z.at));
    Ix ix = ix_bound(keep);
    Normalisation *old = &e->normalisations.at[at];
    old->lhs = ex_subst(e->mem, z.lhs, &z.binds[dim], &ix, 1);
    old->rhs = ex_subst(e->mem, z.rhs, &z.binds[dim], &ix, 1);
    old->binds = ARENA_ARRAY(e->mem, IdxId, 1);
    if (!old->binds) return 1;
    old->binds[0] = keep;
    VEC_PUSH(e->mem, e->normalisations, new);
  }
  Text said = {0};
  expr_print(e, new.lhs, &said);
  diag_add(e->cc, SEV_NOTE, "numeraire.later", z.at, "where later prices are chosen they are quoted in one good, %s = 1: the same in another unit of account", said.at ? said.at : "");
  text_free(&said);
  return arena_failed(e->mem);
}

static int quote_later(Economy *e) {
  Graph g;
  if (graph_new(&g, e)) return 1;
  graph_connect(&g, 0);
  for (uint32_t i = 0, n = e->normalisations.n; i < n; i++)
    if (quote_in_good(&g, i)) return 1;
  return 0;
}

int markets_normalise(Economy *e, int in_goods) {
  Graph g;
  if (graph_new(&g, e)) return 1;
  graph_connect(&g, 1);
  for (uint32_t i = 0; i < g.nprice * g.nodes; i++)
    if (g.there[i] && root(&g, i) == i && !g.fixed[i] && choose(&g, i)) return 1;
  if (in_goods && quote_later(e)) return 1;
  for (uint32_t i = 0; i < e->normalisations.n; i++)
    if (!e->normalisations.at[i].dropped && add_slack(e, i)) return 1;
  return arena_failed(e->mem);
}
