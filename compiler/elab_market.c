/* elab_market.c: markets and their prices, variables, equations, the numeraire. */
#include "institution.h"

/* ---- prices: one symbol for a name, over the binders of its markets and the nodes of all of them ---- */
typedef struct { Str price; SymId sets[MAX_INDICES]; uint32_t n; VEC(Elem) nodes; VEC(Elem) names; Span at; SymId sym; } Price;
typedef struct { const Ast *ast; Head h[MAX_INDICES]; uint32_t n; const Ast *cond; SymId nodes; Str node_name, name; Price *price; int bad; } Head1;

static Str market_name(const Ast *a) {
  if (!(a->flag & 2)) return a->text;
  const Ast *b = a->kid[0] ? a->kid[0]->kid[0] : NULL, *dom = b && b->nkid ? b->kid[0] : NULL;
  return dom && dom->kind == AST_NAME ? dom->text : a->text;
}

static Span head_span(const Elab *el, const Ast *a) {
  (void)el;
  uint32_t end = a->kid[3] ? a->kid[3]->span.begin : a->span.end;
  return (Span){a->span.file, a->span.begin, end};
}

static int clash(Elab *el, Price *p, const Head1 *m) {
  const Set *nodes = economy_set(el->eco, m->nodes);
  for (uint32_t i = 0; i < set_size(nodes); i++) {
    for (uint32_t j = 0; j < p->nodes.n; j++)
      if (p->nodes.at[j] == set_elem(nodes, i)) {
        Diag *d = diag_at(el->cc, SEV_ERROR, "market.two", head_span(el, m->ast), "the price `%s` is set by two markets at the same node", elab_text(el, p->price));
        diag_note(el->cc, d, origin_new(el->cc->diags, p->at, BY_SOURCE, 0), "the other one is here");
        return 1;
      }
  }
  for (uint32_t i = 0; i < set_size(nodes); i++) VEC_PUSH(el->mem, p->nodes, set_elem(nodes, i));
  return 0;
}

static Price *price_for(Elab *el, Price **all, uint32_t *n, Head1 *m) {
  const Ast *a = m->ast;
  int unnamed = !a->kid[2] && !(a->flag & 2) && !m->n;
  Str name = a->kid[2] ? a->kid[2]->text : el->w[W_p];
  for (uint32_t i = 0; i < *n; i++) {
    Price *p = all[i];
    if (p->price != name) continue;
    if (unnamed && p->names.n) {                        /* p[NAME]: another name of the same price */
      VEC_PUSH(el->mem, p->names, m->name);
      const Set *nodes = economy_set(el->eco, m->nodes);
      for (uint32_t k = 0; k < set_size(nodes); k++) VEC_PUSH(el->mem, p->nodes, set_elem(nodes, k));
      return p;
    }
    int same = p->n == m->n && !unnamed && !p->names.n;
    for (uint32_t k = 0; same && k < m->n; k++) same = p->sets[k] == m->h[k].set;
    if (same) return clash(el, p, m) ? NULL : p;
    Diag *d = diag_at(el->cc, SEV_ERROR, "market.price", head_span(el, a), "the price `%s` has other indices in another market", elab_text(el, name));
    diag_note(el->cc, d, origin_new(el->cc->diags, p->at, BY_SOURCE, 0), "the other market is here");
    return NULL;
  }
  Price *p = ARENA_NEW(el->mem, Price);
  if (!p) return NULL;
  *p = (Price){.price = name, .n = m->n, .at = head_span(el, a)};
  for (uint32_t k = 0; k < m->n; k++) p->sets[k] = m->h[k].set;
  if (unnamed) VEC_PUSH(el->mem, p->names, m->name);
  clash(el, p, m);
  all[(*n)++] = p;
  return p;
}

static SymId node_union(Elab *el, Price *p) {
  Economy *e = el->eco;
  Elem *x = ARENA_ARRAY(el->mem, Elem, e->time.n);
  uint32_t n = 0;
  if (!x) return e->node_set;
  for (uint32_t i = 0; i < e->time.n; i++)
    for (uint32_t j = 0; j < p->nodes.n; j++)
      if (p->nodes.at[j] == e->time.node[i].elem) {
        x[n++] = p->nodes.at[j];
        break;
      }
  return elab_list_set(el, x, n, 0);
}

static void declare_price(Elab *el, Price *p, const Ast *first) {
  SymId nodes = node_union(el, p);
  if (p->names.n) {
    p->sets[0] = elab_list_set(el, p->names.at, p->names.n, 0);
    p->n = 1;
  }
  if (elab_declare(el, p->price, 0, first->kid[2] ? first->kid[2]->span : p->at)) return;
  p->sym = elab_value_symbol(el, p->price, SYM_PRICE, 0, p->sets, p->n, nodes, first->kid[2] ? first->kid[2]->span : p->at);
  economy_at(el->eco, p->sym)->lower = NULL;
  scope_add(el->scope, NS_VALUE, p->price, NAMED_SYMBOL, p->sym, 0, p->at);
}

static int is_good(const Elab *el, Str name) {
  for (uint32_t i = 0; i < el->eco->goods.n; i++)
    if (el->eco->goods.at[i].elem == name) return 1;
  return 0;
}

static void add_market(Elab *el, Head1 *m) {
  Economy *e = el->eco;
  const Sym *price = economy_at(e, m->price->sym);
  Market k = {.price = m->price->sym, .free_price = (int)(m->ast->flag & 1), .from = m->ast->kid[3] ? MARKET_WRITTEN : MARKET_DERIVED};
  k.at = origin_new(el->cc->diags, head_span(el, m->ast), BY_SOURCE, 0);
  k.binds = ARENA_ARRAY(el->mem, IdxId, price->ndom ? price->ndom : 1);
  if (!k.binds) return;
  k.nbinds = price->ndom;
  for (uint32_t i = 0; i + 1 < price->ndom; i++) {
    Str name = i < m->n ? m->h[i].name : 0;
    k.binds[i] = economy_idx(e, name ? name : economy_at(e, economy_at(e, m->price->sym)->dom[i])->name, economy_at(e, m->price->sym)->dom[i]);
  }
  k.binds[price->ndom - 1] = economy_idx(e, m->node_name ? m->node_name : economy_at(e, m->nodes)->name, m->nodes);
  if (m->price->names.n) k.cond = ex_eq_ix(el->mem, k.at, ix_bound(k.binds[0]), ix_elem(m->name));
  k.good = m->n ? 0 : m->name;
  if (!is_good(el, k.good) && m->n) k.good = 0;
  k.sym = economy_sym(e, m->name, SYM_MARKET, k.at);
  Sym *s = economy_at(e, k.sym);
  s->dom = economy_at(e, k.price)->dom;
  s->ndom = k.nbinds;
  s->idx = k.binds;
  s->node_dim = (int)k.nbinds - 1;
  scope_add(el->scope, NS_STRUCTURE, m->name, NAMED_SYMBOL, k.sym, 0, head_span(el, m->ast));
  VEC_PUSH(el->mem, e->markets, k);
  VEC_PUSH(el->mem, el->markets, (BodyWork){m->ast, e->markets.n - 1});
}

/* A market named as a family of goods and written without indices is one for each of them. */
static void heads_of_family(const Elab *el, const Ast *a, Head1 *m) {
  const Good *g = a->kid[0] || a->flag & 2 ? NULL : elab_good_family(el, a->text);
  for (uint32_t i = 0; g && i < g->nset; i++) m->h[m->n++] = (Head){.set = g->set[i], .name = economy_at(el->eco, g->set[i])->name, .at = a->span, .plain = 1};
}

static int market_heads(Elab *el, const Ast *a, Head1 *m) {
  int wrong = elab_heads(el, a->kid[0], a, m->h, &m->n, &m->cond) | elab_nodes(el, a->kid[1], &m->nodes, &m->node_name);
  heads_of_family(el, a, m);
  return wrong;
}

static int market_head(Elab *el, const Ast *a, Head1 *m, const Head1 *all, uint32_t n) {
  *m = (Head1){.ast = a, .name = market_name(a)};
  m->bad = market_heads(el, a, m);
  for (uint32_t i = 0; i < n; i++)
    if (all[i].name == m->name) {
      Diag *d = diag_at(el->cc, SEV_ERROR, "names.duplicate", head_span(el, a), "the market `%s` is declared twice", elab_text(el, m->name));
      diag_note(el->cc, d, origin_new(el->cc->diags, all[i].ast->span, BY_SOURCE, 0), "it was declared here");
      m->bad = 1;
      break;
    }
  if (!m->bad && !a->kid[2] && !(a->flag & 2) && m->n) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "market.price", head_span(el, a), "a family of markets needs the name of its price");
    diag_hint(el->cc, d, "write `market %s[...] price NAME`", elab_text(el, m->name));
    m->bad = 1;
  }
  return m->bad;
}

void elab_market_names(Elab *el, const Ast *file) {
  Head1 *m = ARENA_ARRAY(el->mem, Head1, file->nkid + 1);
  Price **all = ARENA_ARRAY(el->mem, Price *, file->nkid + 1);
  uint32_t n = 0, prices = 0;
  if (!m || !all) return;
  for (uint32_t i = 0; i < file->nkid; i++) {
    const Ast *a = file->kid[i];
    if (a->kind != AST_MARKET) continue;
    institution_enter(el, a->copy);
    if (market_head(el, a, &m[n], m, n)) continue;
    m[n].price = price_for(el, all, &prices, &m[n]);
    if (!m[n].price) continue;
    n++;
  }
  for (uint32_t i = 0; i < prices; i++) {
    uint32_t k = 0;
    while (k < n && m[k].price != all[i]) k++;
    if (k == n) continue;
    institution_enter(el, m[k].ast->copy);
    declare_price(el, all[i], m[k].ast);
  }
  for (uint32_t i = 0; i < file->nkid; i++) {           /* prices of markets that could not be made, so that their uses are not reported */
    const Ast *a = file->kid[i];
    if (a->kind == AST_MARKET && a->kid[2] && !scope_find(el->scope, NS_VALUE, a->kid[2]->text)) scope_add(el->scope, NS_VALUE, a->kid[2]->text, NAMED_REFUSED, 0, 0, a->span);
  }
  for (uint32_t i = 0; i < n; i++) {
    institution_enter(el, m[i].ast->copy);
    if (m[i].price->sym) add_market(el, &m[i]);
  }
  institution_enter(el, 0);
}

static Cx market_cx(Elab *el, const Head *h, uint32_t n, const IdxId *binds, SymId nodes, Str node_name, IdxId node) {
  Cx cx = elab_file_cx(el);
  cx.level = 1;
  for (uint32_t i = 0; i < n; i++) {
    Env *e = elab_bind(&cx, h[i].name, h[i].set, NULL);
    if (e) e->ix = ix_bound(binds[i]);
  }
  Env *env = cx.env, *e = elab_bind(&cx, node_name, nodes, NULL);
  if (e) e->ix = ix_bound(node);
  if (!node_name) cx.env = env;
  cx.has_here = 1;
  cx.here = ix_bound(node);
  cx.here_set = nodes;
  return cx;
}

static void market_body(Elab *el, const Ast *a, uint32_t at) {
  Market *k = &el->eco->markets.at[at];
  Head1 m;
  const Ast *rel = a->kid[3];
  m = (Head1){.ast = a};
  if (market_heads(el, a, &m)) return;
  Cx cx = market_cx(el, m.h, m.n, k->binds, m.nodes, m.node_name, k->binds[k->nbinds - 1]);
  if (m.cond) {
    const Expr *c = elab_condition(&cx, m.cond);
    if (c) el->eco->markets.at[at].cond = c;
  }
  if (!rel || rel->kind == AST_ERROR) return;
  if (rel->nkid != 2 || rel->ops[0] == '<' || rel->ops[0] == '>') {
    diag_at(el->cc, SEV_ERROR, "market.body", rel->span, "a market says `demand = supply`, or demand <= supply");
    return;
  }
  const Expr *l, *r;
  if (elab_relation_pair(&cx, rel, &l, &r)) return;
  k = &el->eco->markets.at[at];
  k->demand = rel->ops[0] == 'G' ? r : l;
  k->supply = rel->ops[0] == 'G' ? l : r;
}

void elab_market_bodies(Elab *el) {
  for (uint32_t i = 0; i < el->markets.n; i++) {
    institution_enter(el, el->markets.at[i].ast->copy);
    market_body(el, el->markets.at[i].ast, el->markets.at[i].at);
  }
  institution_enter(el, 0);
}

void elab_variable_names(Elab *el, const Ast *st) { elab_choice_names(el, st, SYM_VAR, -1); }

/* ---- equations ---- */
static int complements(Elab *el, Cx *cx, const Ast *a, Equation *q) {
  const Expr *e = elab_expr(cx, a);
  if (!e) return 1;
  SymKind k = e->kind == E_REF ? economy_at(el->eco, e->sym)->kind : SYM_SET;
  if (k != SYM_VAR && k != SYM_PRICE) {
    diag_at(el->cc, SEV_ERROR, "equation.complements", a->span, "an equation complements a variable or a price");
    return 1;
  }
  q->perp = e->sym;
  q->perp_ix = e->ix;
  q->nperp_ix = e->nix;
  return 0;
}

void elab_equation(Elab *el, const Ast *a) {
  Head h[MAX_INDICES];
  uint32_t n;
  const Ast *cond, *rel = a->kid[2];
  SymId nodes;
  Str node_name;
  const Named *old = scope_owned(el->scope, NS_STRUCTURE, a->text, 0);
  if (old) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "names.duplicate", a->span, "`%s` is declared twice", elab_text(el, a->text));
    diag_note(el->cc, d, origin_new(el->cc->diags, old->at, BY_SOURCE, 0), "it was declared here");
  }
  if (elab_heads(el, a->kid[0], a, h, &n, &cond) | elab_nodes(el, a->kid[1], &nodes, &node_name)) return;
  if (!rel || rel->kind != AST_RELATION) return;
  if (rel->nkid != 2) {
    diag_at(el->cc, SEV_ERROR, "equation.chain", rel->span, "an equation has two sides");
    return;
  }
  IdxId *binds = ARENA_ARRAY(el->mem, IdxId, n + 1);
  if (!binds) return;
  for (uint32_t i = 0; i < n; i++) binds[i] = economy_idx(el->eco, h[i].name ? h[i].name : economy_at(el->eco, h[i].set)->name, h[i].set);
  binds[n] = economy_idx(el->eco, node_name ? node_name : economy_at(el->eco, nodes)->name, nodes);
  Cx cx = market_cx(el, h, n, binds, nodes, node_name, binds[n]);
  Equation q = {.binds = binds, .at = origin_new(el->cc->diags, a->span, BY_SOURCE, 0)};
  int wrong = elab_relation_pair(&cx, rel, &q.lhs, &q.rhs);
  if (cond) wrong |= !(q.cond = elab_condition(&cx, cond));
  if (a->kid[3]) wrong |= complements(el, &cx, a->kid[3], &q);
  if (wrong) return;
  int dated = a->kid[1] || elab_uses(q.lhs, binds[n]) || elab_uses(q.rhs, binds[n]);
  for (uint32_t i = 0; i < q.nperp_ix; i++) dated |= ix_mentions(q.perp_ix[i], binds[n]);
  for (uint32_t i = 0; i < n; i++)
    if (h[i].name && !elab_uses(q.lhs, binds[i]) && !elab_uses(q.rhs, binds[i])) diag_at(el->cc, SEV_ERROR, "names.unused", h[i].at, "the index `%s` is not used", elab_text(el, h[i].name));
  q.nbinds = n + (dated ? 1 : 0);
  q.sense = rel->ops[0] == '=' ? C_EQ : rel->ops[0] == 'G' || rel->ops[0] == '>' ? C_GE : C_LE;
  if (q.sense != C_EQ && !q.perp) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "equation.complements", rel->span, "an inequality says what it complements");
    diag_hint(el->cc, d, "write `complements` and a variable");
    return;
  }
  SymId sets[MAX_INDICES];
  for (uint32_t i = 0; i < n; i++) sets[i] = h[i].set;
  q.sym = elab_value_symbol(el, a->text, SYM_EQUATION, 0, sets, n, dated ? nodes : 0, a->span);
  scope_add(el->scope, NS_STRUCTURE, a->text, NAMED_SYMBOL, q.sym, 0, a->span);
  VEC_PUSH(el->mem, el->eco->equations, q);
}

/* ---- normalisations ---- */
typedef struct { const Economy *e; IdxId node; SymId set; int n; } Narrow;

/* The nodes at which what the relation mentions exists at all: the smallest set of a dated name read at the family's own node. */
static void narrow(void *ctx, const Expr *x) {
  Narrow *w = ctx;
  if (x->kind != E_REF) return;
  const Sym *s = economy_at(w->e, x->sym);
  if (s->node_dim < 0 || x->ix[s->node_dim].kind != IX_BOUND || x->ix[s->node_dim].v != w->node) return;
  SymId set = s->dom[s->node_dim];
  if (set_size(economy_set(w->e, set)) < set_size(economy_set(w->e, w->set))) w->set = set;
}

void elab_normalise(Elab *el, const Ast *rel, Normalisation *out) {
  Economy *e = el->eco;
  SymId nodes = e->node_set;
  *out = (Normalisation){.at = origin_new(el->cc->diags, rel->span, BY_SOURCE, 0)};
  if (rel->kind != AST_RELATION) return;
  if (rel->nkid != 2 || rel->ops[0] != '=') {
    diag_at(el->cc, SEV_ERROR, "market.numeraire", rel->span, "a numeraire is an equation, such as p[gold] = 1");
    return;
  }
  for (int round = 0; round < 2; round++) {
    const Expr *l, *r;
    out->binds = ARENA_ARRAY(el->mem, IdxId, 1);
    if (!out->binds) return;
    out->binds[0] = economy_idx(e, economy_at(e, nodes)->name, nodes);
    Cx cx = market_cx(el, NULL, 0, NULL, nodes, 0, out->binds[0]);
    if (elab_relation_pair(&cx, rel, &l, &r)) return;
    out->lhs = l;
    out->rhs = r;
    out->nbinds = elab_uses(l, out->binds[0]) || elab_uses(r, out->binds[0]);
    Narrow w = {.e = e, .node = out->binds[0], .set = nodes};
    ex_walk(l, narrow, &w);
    ex_walk(r, narrow, &w);
    if (w.set == nodes) return;
    nodes = w.set;
  }
}

void elab_numeraire(Elab *el, const Ast *st) {
  for (uint32_t i = 0; i < st->nkid; i++) {
    Normalisation n;
    elab_normalise(el, st->kid[i], &n);
    n.scope = el->eco->scope;
    if (n.lhs) VEC_PUSH(el->mem, el->eco->normalisations, n);
  }
}

/* A good marked numeraire that a market also prices: its price is one at every node of that market. */
void elab_goods_numeraire(Elab *el) {
  Economy *e = el->eco;
  for (uint32_t i = 0; i < e->goods.n; i++) {
    Good g = e->goods.at[i];
    for (uint32_t j = 0; g.numeraire && j < e->markets.n; j++) {
      const Market *m = &e->markets.at[j];
      const Sym *p = economy_at(e, m->price);
      uint32_t n = 0;
      Ix ix[2];
      if (p->ndom == 2 && (m->good == g.elem || (!m->good && set_pos(economy_set(e, p->dom[0]), g.elem) != UINT32_MAX))) ix[n++] = ix_elem(g.elem);
      else if (!(p->ndom == 1 && m->good == g.elem)) continue;
      IdxId *bind = ARENA_ARRAY(el->mem, IdxId, 1);
      if (!bind) return;
      bind[0] = economy_idx(e, e->idxs.at[m->binds[m->nbinds - 1]].name, e->idxs.at[m->binds[m->nbinds - 1]].set);
      ix[n++] = ix_bound(bind[0]);
      VEC_PUSH(el->mem, e->normalisations, (Normalisation){.binds = bind, .nbinds = 1, .lhs = ex_ref(el->mem, g.at, m->price, ix, n), .rhs = ex_num(el->mem, g.at, 1), .at = g.at});
    }
  }
}
