/* elab_rights.c: what questions bring with them: the prices of rights, what is paid for them; the weights and transfers of an optimum. */
#include "elab.h"
#include "markets.h"

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

/* ---- does anything meet at a price after the root? ---- */

static int is_any(void *ctx, const Expr *ref) { return (void)ctx, (void)ref, 1; }

/* Is it zero at these nodes: a choice where it is not decided, or a product of one? */
static int is_absent(const Bindings *b, const Expr *x) {
  switch (x->kind) {
  case E_REF: return !bindings_occurs(b, x, is_any, NULL);
  case E_NEG: case E_SUM: return is_absent(b, x->kid[0]);
  case E_ADD: case E_MUL:
    for (uint32_t i = 0; i < x->nkid; i++)
      if (is_absent(b, x->kid[i]) != (x->kind == E_ADD)) return x->kind == E_MUL;
    return x->kind == E_ADD;
  default: return 0;
  }
}

static int stands(const Bindings *b, const Expr *x, SymId price) {
  if (x->kind == E_REF && economy_at(b->e, x->sym)->kind == SYM_VALUE) return 1;       /* a profit: whatever its firm trades */
  if (x->kind == E_REF) return x->sym == price && !is_absent(b, x);
  if (x->kind == E_MUL && is_absent(b, x)) return 0;
  if (x->kind == E_IF && bindings_cond(b, x->kid[0]) >= 0) return stands(b, x->kid[bindings_cond(b, x->kid[0]) ? 1 : 2], price);
  for (uint32_t i = 0; i < x->nkid; i++)
    if (stands(b, x->kid[i], price)) return 1;
  return 0;
}

/* At some node of `set` after the root; without a variable for the node (0), whatever it is. */
static int stands_later(const Bindings *b, const Expr *x, SymId price, IdxId node) {
  const Economy *e = b->e;
  const Set *s = node && x ? economy_set(e, e->idxs.at[node].set) : NULL;
  int found = 0;
  if (!x || !node || node >= b->n) return x && stands(b, x, price);
  for (uint32_t i = 0; s && i < set_size(s) && !found; i++) {
    b->env[node] = set_elem(s, i);
    found = is_later(e, b->env[node]) && stands(b, x, price);
  }
  b->env[node] = ELEM_NONE;
  return found;
}

static int meets_later(const Economy *e, const Bindings *b, SymId price) {
  for (uint32_t i = 0; i < e->markets.n; i++)
    if (e->markets.at[i].price == price && e->markets.at[i].demand) return 1;          /* written by the user: where it stands, it meets */
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i];
    const Expr *u = a->value ? economy_at(e, a->value)->def : NULL;
    for (uint32_t j = 0; j < a->constraints.n; j++)
      if (stands_later(b, a->constraints.at[j].lhs, price, a->constraints.at[j].node) || stands_later(b, a->constraints.at[j].rhs, price, a->constraints.at[j].node)) return 1;
    if (a->is_firm && u && stands_later(b, u, price, 0)) return 1;
  }
  for (uint32_t i = 0; i < e->weavings.n; i++)
    if (stands_later(b, e->weavings.at[i].lhs, price, e->weavings.at[i].node) || stands_later(b, e->weavings.at[i].rhs, price, e->weavings.at[i].node)) return 1;
  return 0;
}

/* One family for each price of a market that meets after the root, owned by the market where there are several. */
static void rights_prices(Elab *el, Span at) {
  Economy *e = el->eco;
  Bindings b = bindings_new(e);
  uint8_t *meets = ARENA_ARRAY(el->mem, uint8_t, e->markets.n + 1);
  if (!b.env || !meets) return;
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Sym *p = economy_at(e, e->markets.at[i].price);
    meets[i] = p->node_dim >= 0 && first_of_price(e, i) && later_nodes(el, p->dom[p->node_dim]) && meets_later(e, &b, e->markets.at[i].price);
  }
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market m = e->markets.at[i];
    const Sym p = *economy_at(e, m.price);
    SymId nodes = p.node_dim >= 0 && (uint32_t)p.node_dim == p.ndom - 1 && meets[i] ? later_nodes(el, p.dom[p.node_dim]) : 0;
    SymId owner = m.sym;
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

/* ---- weights of an optimum ---- */

/* The parameter that holds the weights of a class: one for each type, one unless a question says otherwise. */
SymId elab_weight_of(Elab *el, uint32_t agent, Span at) {
  Agent *a = &el->eco->agents.at[agent];
  if (a->welfare_weight) return a->welfare_weight;
  Text name = {0};
  text_printf(&name, "weight_%s", elab_text(el, economy_at(el->eco, a->sym)->name));
  SymId s = name.failed ? 0 : elab_value_symbol(el, elab_word(el, name.at), SYM_PARAM, 0, a->set, a->nidx, 0, at);
  text_free(&name);
  if (s) economy_at(el->eco, s)->def = ex_num(el->mem, economy_at(el->eco, s)->at, 1);
  return el->eco->agents.at[agent].welfare_weight = s;
}

/* The class that the label means: by a type of its one index, or by the name of a class without types. *type: the element, or none. */
int elab_weighed(Elab *el, const Ast *label, Elem *type) {
  Elem x;
  if (elab_element(el, label, &x)) return -1;
  for (uint32_t i = 0; i < el->eco->agents.n; i++) {
    const Agent *a = &el->eco->agents.at[i];
    *type = x;
    if (a->nidx == 1 && set_pos(economy_set(el->eco, a->set[0]), x) != UINT32_MAX) return (int)i;
    *type = ELEM_NONE;
    if (!a->nidx && economy_at(el->eco, a->sym)->name == x) return (int)i;
  }
  elab_unknown(el, NULL, label, elem_is_number(x) ? 0 : x, 1u << NS_ELEMENT | 1u << NS_STRUCTURE, "a type of any class");
  return -1;
}

static void one_weight(Elab *el, const Ast *pair, Question *q) {
  Elem type;
  if (pair->kind != AST_PAIR) {
    diag_at(el->cc, SEV_ERROR, "ask.weights", pair->span, "a weight is written TYPE: NUMBER");
    return;
  }
  int at = elab_weighed(el, pair->kid[0], &type);
  const Expr *w = at < 0 ? NULL : elab_over_parameters(el, pair->kid[1]);
  if (!w) return;
  if (w->kind == E_NUM && !(w->num > 0)) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "ask.weights", pair->kid[1]->span, "a weight is a positive number");
    diag_hint(el->cc, d, "who has no weight is left out with `of {...}`");
    return;
  }
  SymId s = elab_weight_of(el, (uint32_t)at, pair->span);
  Elem *ix = ARENA_ARRAY(el->mem, Elem, 1);
  if (!s || !ix) return;
  ix[0] = type;
  WhereExpr set = {.sym = s, .ix = ix, .nix = type == ELEM_NONE ? 0 : 1, .to = w, .at = origin_new(el->cc->diags, pair->span, BY_SOURCE, 0)};
  for (uint32_t i = 0; i < q->where_expr.n; i++)
    if (q->where_expr.at[i].sym == s && (!set.nix || q->where_expr.at[i].ix[0] == type)) diag_at(el->cc, SEV_ERROR, "ask.weights", pair->span, "this weight is given twice");
  VEC_PUSH(el->mem, q->where_expr, set);
}

void elab_weights(Elab *el, const Ast *c, Question *q) {
  q->weights_at = origin_new(el->cc->diags, c->span, BY_SOURCE, 0);
  if (!c->nkid) return;
  const Ast *what = c->kid[0];
  if (what->kind == AST_NAME) {
    const Named *n = elab_answer(el, what->text);
    q->implied = what->text;
    if (!n) elab_unknown(el, NULL, what, what->text, 1u << NS_STRUCTURE, "a solution that stands before this one");
    else if (n->kind == NAMED_SOLUTION && el->model->questions.at[n->question].concept != Q_EQUILIBRIUM)
      diag_at(el->cc, SEV_ERROR, "ask.weights", what->span, "weights are implied by an equilibrium: by its marginal values of wealth");
    else elab_asked_elsewhere(el, n, q->sweep, what->span);
    for (uint32_t i = 0; i < el->eco->agents.n; i++)
      if (!el->eco->agents.at[i].is_firm) elab_weight_of(el, i, c->span);
    return;
  }
  for (uint32_t i = 0; i < what->nkid; i++) one_weight(el, what->kid[i], q);
}

static int is_kept(const Question *q, const Elab *el, const Agent *a, Elem type) {
  int kept = !q->has_of;
  for (uint32_t i = 0; i < q->of.n; i++) kept |= q->of.at[i] == type || q->of.at[i] == economy_at(el->eco, a->sym)->name;
  return kept;
}

static int has_weight(const Question *q, const Agent *a, Elem type) {
  for (uint32_t i = 0; i < q->where_expr.n && a->welfare_weight; i++) {
    const WhereExpr *w = &q->where_expr.at[i];
    if (w->sym == a->welfare_weight && (!w->nix || w->ix[0] == type)) return 1;
  }
  return 0;
}

int elab_weights_said(Elab *el, const Question *q, Span at) {
  if (q->concept != Q_OPTIMUM && q->concept != Q_SECOND_BEST) {
    if (!q->weights_at && !q->holding_at) return 0;
    const char *has = q->holding_at && !q->weights_at ? "holds nobody's welfare; `holding` belongs" : q->maximizes ? "maximises nothing by itself; `maximize` belongs" : "has no weights; they belong";
    diag_add(el->cc, SEV_ERROR, "ask.weights", q->weights_at ? q->weights_at : q->holding_at, "an equilibrium %s to `optimum`", has);
    return 1;
  }
  if (!q->weights_at && !q->holding_at) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "ask.weights", at, "an optimum needs the weights of those whose welfare it adds up");
    diag_hint(el->cc, d, "write weights {TYPE: NUMBER, ...}, weights implied by an equilibrium, or maximize TYPE holding the others at levels");
    return 1;
  }
  if (q->calls & PASS_RIGHTS) {
    diag_add(el->cc, SEV_ERROR, "ask.weights", q->rights_at, "rights to trade belong to an equilibrium; an optimum chooses later prices itself");
    return 1;
  }
  if (q->maximizes || q->holding_at) return elab_planner_said(el, q, at);
  for (uint32_t i = 0; i < el->eco->agents.n && !q->implied; i++) {
    const Agent *a = &el->eco->agents.at[i];
    const Set *s = a->nidx ? economy_set(el->eco, a->set[0]) : NULL;
    if (a->is_firm || !a->value || (a->nidx > 1 && a->welfare_weight)) continue;
    if (a->nidx > 1) {
      Diag *d = diag_add(el->cc, SEV_ERROR, "ask.weights", q->weights_at, "the types of '%s' have several indices: their weights cannot be listed", elab_text(el, economy_at(el->eco, a->sym)->name));
      diag_hint(el->cc, d, "let an equilibrium imply them");
      return 1;
    }
    for (uint32_t k = 0; k < (s ? set_size(s) : 1); k++) {
      Elem type = s ? set_elem(s, k) : ELEM_NONE;
      char buf[16];
      if (!is_kept(q, el, a, type) || has_weight(q, a, type)) continue;
      diag_add(el->cc, SEV_ERROR, "ask.weights", q->weights_at, "`%s` has no weight", s ? elem_text(el->eco, type, buf) : elab_text(el, economy_at(el->eco, a->sym)->name));
      return 1;
    }
  }
  return 0;
}

void elab_rights_names(Elab *el) {
  const Model *m = el->model;
  const Question *rights = NULL, *optimum = NULL;
  for (uint32_t i = m->questions.n; i-- > 0;) {
    if (m->questions.at[i].calls & PASS_RIGHTS) rights = &m->questions.at[i];
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
