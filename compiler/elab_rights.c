/* elab_rights.c: names that questions bring with them: the prices of rights, what is paid for them, transfers of an optimum. */
#include "elab.h"

static int declares(Elab *el, const char *name, SymId owner) {
  Str s = elab_word(el, name);
  for (const Named *n = scope_find(el->scope, NS_VALUE, s); n; n = n->next)
    if (n->owner == owner || !n->owner || !owner) return 0;
  return 1;
}

static int is_later(const Economy *e, Elem x) {
  uint32_t n = economy_node(e, x);
  return e->time.declared && n != UINT32_MAX && e->time.node[n].prev != UINT32_MAX;
}

/* Those elements of a node set that are after the root; 0: none. */
static SymId later_nodes(Elab *el, SymId set) {
  const Set *s = economy_set(el->eco, set);
  Elem *x = ARENA_ARRAY(el->mem, Elem, (s ? set_size(s) : 0) + 1);
  uint32_t n = 0;
  if (!x || !s) return 0;
  for (uint32_t i = 0; i < set_size(s); i++)
    if (is_later(el->eco, set_elem(s, i))) x[n++] = set_elem(s, i);
  return n ? elab_list_set(el, x, n, 0) : 0;
}

static int first_of_price(const Economy *e, uint32_t at) {
  for (uint32_t i = 0; i < at; i++)
    if (e->markets.at[i].price == e->markets.at[at].price) return 0;
  return 1;
}

/* One family for each dated price of a market, owned by the market where there are several. */
static void rights_prices(Elab *el, Span at) {
  Economy *e = el->eco;
  uint32_t families = 0;
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Sym *p = economy_at(e, e->markets.at[i].price);
    families += p->node_dim >= 0 && first_of_price(e, i) && later_nodes(el, p->dom[p->node_dim]);
  }
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market m = e->markets.at[i];
    const Sym p = *economy_at(e, m.price);
    SymId nodes = p.node_dim >= 0 && (uint32_t)p.node_dim == p.ndom - 1 && first_of_price(e, i) ? later_nodes(el, p.dom[p.node_dim]) : 0;
    SymId owner = families > 1 ? m.sym : 0;
    if (!nodes || !declares(el, "rights_price", owner)) continue;
    SymId s = elab_value_symbol(el, elab_word(el, "rights_price"), SYM_PRICE, 0, p.dom, p.ndom - 1, nodes, at);
    if (!s) return;
    economy_at(e, s)->owner = owner;
    economy_at(e, s)->dropped = 1;
    scope_add(el->scope, NS_VALUE, elab_word(el, "rights_price"), NAMED_SYMBOL, s, owner, at);
    VEC_PUSH(el->mem, e->rights, (RightsName){m.price, s});
  }
}

static SymId class_value(Elab *el, const char *name, uint32_t agent, SymId nodes, Span at) {
  const Agent *a = &el->eco->agents.at[agent];
  if (!declares(el, name, a->sym)) return 0;
  SymId s = elab_value_symbol(el, elab_word(el, name), SYM_LET, a->sym, NULL, 0, nodes, at);
  if (!s) return 0;
  economy_at(el->eco, s)->dropped = 1;
  scope_add(el->scope, NS_VALUE, elab_word(el, name), NAMED_SYMBOL, s, a->sym, at);
  return s;
}

void elab_rights_names(Elab *el) {
  const Model *m = el->model;
  const Question *rights = NULL, *optimum = NULL;
  for (uint32_t i = m->questions.n; i-- > 0;) {
    if (m->questions.at[i].rights) rights = &m->questions.at[i];
    if (m->questions.at[i].concept == Q_OPTIMUM) optimum = &m->questions.at[i];
  }
  if (!rights && !optimum) return;
  Span at = origin_span(el->cc->diags, (rights ? rights : optimum)->at);
  SymId later = later_nodes(el, el->eco->node_set);
  rights_prices(el, at);
  for (uint32_t i = 0; i < el->eco->agents.n; i++) {
    if (el->eco->agents.at[i].is_firm) continue;
    SymId pay = later ? class_value(el, "rights_payment", i, later, at) : 0, transfer = optimum ? class_value(el, "transfer", i, 0, at) : 0;
    el->eco->agents.at[i].payment = pay;
    el->eco->agents.at[i].transfer = transfer;
  }
}
