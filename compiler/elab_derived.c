/* elab_derived.c: a class that writes neither choices nor budgets holds every good, with one budget a node:
 * the value of what it holds equals the value of what it is endowed with. */
#include "elab.h"

static int is_derived(const Elab *el, const Ast *a) {
  int objective = 0;
  for (uint32_t i = 3; i < a->nkid; i++) {
    if (a->kid[i]->kind == AST_CHOOSE || a->kid[i]->kind == AST_BUDGET || a->kid[i]->kind == AST_ERROR) return 0;
    objective |= a->kid[i]->kind == AST_MAXIMIZE;
  }
  return a->kind == AST_AGENT && objective && el->eco->goods.n;
}

void elab_derived_names(Elab *el, const Ast *a, uint32_t agent) {
  SymId owner = el->eco->agents.at[agent].sym;
  if (!is_derived(el, a)) return;
  for (uint32_t i = 0; i < el->eco->goods.n; i++) {
    Good g = el->eco->goods.at[i];
    if (elab_declare(el, g.elem, owner, a->span)) continue;
    SymId s = elab_value_symbol(el, g.elem, SYM_CHOICE, owner, g.set, g.nset, el->eco->node_set, a->span);
    const Agent *class = &el->eco->agents.at[agent];
    Sym *sym = economy_at(el->eco, s);
    if (class->nidx) memcpy(sym->idx, class->idx, class->nidx * sizeof *sym->idx);
    sym->lower = ex_num(el->mem, g.at, 0);
    scope_add(el->scope, NS_VALUE, g.elem, NAMED_SYMBOL, s, owner, a->span);
    VEC_PUSH(el->mem, el->eco->agents.at[agent].choices, s);
  }
}

/* The price of a family's good that `of` stand for. */
static const Expr *price_in_family(Elab *el, Good g, const IdxId *of, Ix node) {
  const Economy *e = el->eco;
  Ix ix[MAX_INDICES + 1];
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    const Sym *p = economy_at(e, m->price);
    int same = economy_at(e, m->sym)->name == g.elem && p->ndom == g.nset + 1;
    for (uint32_t k = 0; k < g.nset && same; k++) {
      same = p->dom[k] == g.set[k];
      ix[k] = ix_bound(of[k]);
    }
    ix[g.nset] = node;
    if (same) return ex_ref(el->mem, g.at, m->price, ix, g.nset + 1);
  }
  return NULL;
}

/* The price of a good at a node; NULL when no market sets it. */
static const Expr *price_of(Elab *el, Good g, Ix node) {
  const Economy *e = el->eco;
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    const Sym *p = economy_at(e, m->price);
    if (economy_at(e, m->sym)->name != g.elem && elab_good_family(el, economy_at(e, m->sym)->name)) continue;
    Ix ix[2] = {ix_elem(g.elem), node};
    if (p->ndom == 2 && set_pos(economy_set(e, p->dom[0]), g.elem) != UINT32_MAX && (m->good == g.elem || p->dom[0] == e->good_set)) return ex_ref(el->mem, g.at, m->price, ix, 2);
    if (p->ndom == 1 && m->good == g.elem) return ex_ref(el->mem, g.at, m->price, ix + 1, 1);
  }
  return g.numeraire ? ex_num(el->mem, g.at, 1) : NULL;
}

/* One index of a family on the left side of an endowment: an element or a subset, or a name for each of its elements. *set: the elements meant. */
static int endowed_index(Elab *el, const Ast *a, Good g, uint32_t i, Str *name, SymId *set) {
  Elem x;
  *set = g.set[i];
  *name = a->kind == AST_NAME ? a->text : 0;
  if (a->kind == AST_NUM || (*name && !scope_find(el->scope, NS_SET, *name) && scope_find(el->scope, NS_ELEMENT, *name))) {
    if (elab_element(el, a, &x)) return 1;
    *set = elab_list_set(el, &x, 1, origin_new(el->cc->diags, a->span, BY_SOURCE, 0));
    *name = 0;
  } else if (*name && scope_find(el->scope, NS_SET, *name)) *set = elab_set_named(el, *name, a->span, 0);
  if (*set && elab_subset(el->eco, *set, g.set[i]) && (*name || a->kind == AST_NUM || *set != g.set[i] || set_size(economy_set(el->eco, *set)) == 1)) return 0;
  diag_at(el->cc, SEV_ERROR, "agent.endow", a->span, "an index of the good `%s` is one of %s", elab_text(el, g.elem), elab_set_text(el, g.set[i]));
  return 1;
}

/* The indices of a family (of) under the names that the left side gives them. *within: the condition that they are those meant, 1 where all are. */
static int endowed_entries(Elab *el, Cx *cx, const Ast *left, Good g, const IdxId *of, const Expr **within) {
  uint32_t n = left->kind == AST_INDEX ? left->nkid - 1 : 0;
  *within = ex_num(el->mem, 0, 1);
  if (n && n != g.nset) {
    diag_at(el->cc, SEV_ERROR, "agent.endow", left->span, g.nset ? "the good `%s` has %u %s" : "the good `%s` has no indices", elab_text(el, g.elem), g.nset, g.nset == 1 ? "index" : "indices");
    return 1;
  }
  for (uint32_t i = 0; i < g.nset; i++) {
    Str name = economy_at(el->eco, g.set[i])->name;
    SymId set = g.set[i];
    if (n && endowed_index(el, left->kid[i + 1], g, i, &name, &set)) return 1;
    Env *e = elab_bind(cx, name, g.set[i], NULL);
    if (!e) return 1;
    e->ix = ix_bound(of[i]);
    if (set != g.set[i]) *within = ex_mul2(el->mem, 0, *within, ex_in(el->mem, 0, ix_bound(of[i]), set));
  }
  return 0;
}

/* What the class is endowed with of a good at the node of cx; of: the indices of a family. */
static const Expr *endowment(Elab *el, const Cx *outer, const Ast *a, Good g, const IdxId *of) {
  const Expr *sum = ex_num(el->mem, 0, 0);
  for (uint32_t i = 3; i < a->nkid; i++)
    for (uint32_t k = 0; a->kid[i]->kind == AST_ENDOW && k < a->kid[i]->nkid; k++) {
      const Ast *left = a->kid[i]->kid[k]->kid[0], *at = NULL;
      SymId nodes;
      Str name;
      if (left->kind == AST_AT) {
        at = left->kid[1];
        left = left->kid[0];
      }
      const Ast *base = left->kind == AST_INDEX ? left->kid[0] : left;
      const Expr *within;
      Cx own = *outer, *cx = &own;
      if (base->kind != AST_NAME || base->text != g.elem) continue;
      if (endowed_entries(el, cx, left, g, of, &within)) return NULL;
      Ast list = {.kind = AST_AT_LIST, .kid = (Ast *[]){(Ast *)(uintptr_t)at}, .nkid = 1};
      if (elab_nodes(el, at ? &list : NULL, &nodes, &name)) return NULL;
      const Expr *v = elab_number(cx, a->kid[i]->kid[k]->kid[1]);
      if (!v) return NULL;
      if (nodes != el->eco->node_set) {
        const Expr *kid[3] = {ex_in(el->mem, v->at, cx->here, nodes), v, ex_num(el->mem, v->at, 0)};
        v = ex_node(el->mem, v->at, E_IF, kid, 3);
      }
      if (!ex_is_num(within, 1)) v = ex_node(el->mem, v->at, E_IF, (const Expr *const[]){within, v, ex_num(el->mem, v->at, 0)}, 3);
      sum = ex_add2(el->mem, v->at, sum, v);
    }
  return sum;
}

static int endows_goods_only(Elab *el, const Ast *a) {
  int fine = 1;
  for (uint32_t i = 3; i < a->nkid; i++)
    for (uint32_t k = 0; a->kid[i]->kind == AST_ENDOW && k < a->kid[i]->nkid; k++) {
      const Ast *left = a->kid[i]->kid[k]->kid[0];
      if (left->kind == AST_AT) left = left->kid[0];
      uint32_t g = 0;
      if (left->kind == AST_INDEX && left->kid[0]->kind == AST_NAME) left = left->kid[0];
      while (left->kind == AST_NAME && g < el->eco->goods.n && el->eco->goods.at[g].elem != left->text) g++;
      if (left->kind == AST_NAME && g < el->eco->goods.n) continue;
      Text goods = {0};
      for (g = 0; g < el->eco->goods.n; g++) text_printf(&goods, "%s%s%s", g ? ", " : "", elab_text(el, el->eco->goods.at[g].elem), el->eco->goods.at[g].nset ? "[...]" : "");
      diag_at(el->cc, SEV_ERROR, "agent.endow", left->span, "an endowment is one of the goods {%s}", goods.at ? goods.at : "");
      text_free(&goods);
      fine = 0;
    }
  return fine;
}

/* Summed over the goods of a family; as it is for a lone good. */
static const Expr *over(Elab *el, Good g, const IdxId *of, const Expr *x) {
  for (uint32_t k = g.nset; k-- > 0;) x = ex_sum(el->mem, g.at, of[k], (Domain){.set = g.set[k]}, x, NULL);
  return x;
}

void elab_derived_budget(Elab *el, const Ast *a, uint32_t agent) {
  Economy *e = el->eco;
  if (!is_derived(el, a)) {
    if (!e->agents.at[agent].choices.n && e->agents.at[agent].value) {
      Diag *d = diag_at(el->cc, SEV_ERROR, "agent.choices", a->span, "`%s` maximizes and chooses nothing", elab_text(el, a->text));
      diag_hint(el->cc, d, "write `choose` and what it decides");
    }
    return;
  }
  if (!endows_goods_only(el, a)) return;
  SymId owner = e->agents.at[agent].sym;
  SymId s = elab_value_symbol(el, el->w[W_budget], SYM_CONSTRAINT, owner, NULL, 0, e->node_set, a->span);
  SymId m = elab_value_symbol(el, elab_word(el, "mu_budget"), SYM_MULT, owner, NULL, 0, e->node_set, a->span);
  IdxId *binds = ARENA_ARRAY(el->mem, IdxId, 1);
  Cx cx = elab_agent_cx(el, agent);
  if (!binds) return;
  binds[0] = economy_idx(e, el->w[W_node], e->node_set);
  cx.has_here = 1;
  cx.here = ix_bound(binds[0]);
  cx.here_set = e->node_set;
  const Expr *lhs = ex_num(el->mem, 0, 0), *rhs = lhs;
  for (uint32_t i = 0; i < e->goods.n; i++) {
    Good g = e->goods.at[i];
    Ix ix[MAX_INDICES];
    const Agent *class = &e->agents.at[agent];
    IdxId of[MAX_INDICES];
    for (uint32_t k = 0; k < g.nset; k++) of[k] = economy_idx(e, economy_at(e, g.set[k])->name, g.set[k]);
    const Expr *p = g.nset ? price_in_family(el, g, of, cx.here) : price_of(el, g, cx.here), *w;
    if (!p) {
      Diag *d = diag_at(el->cc, SEV_ERROR, "market.price", a->span, "`%s` would buy `%s`, and no market gives it a price", elab_text(el, a->text), elab_text(el, g.elem));
      diag_hint(el->cc, d, g.nset ? "write `market %s price NAME;`" : "write `market %s;`", elab_text(el, g.elem));
      return;
    }
    for (uint32_t k = 0; k < class->nidx; k++) ix[k] = ix_bound(class->idx[k]);
    for (uint32_t k = 0; k < g.nset; k++) ix[class->nidx + k] = ix_bound(of[k]);
    ix[class->nidx + g.nset] = cx.here;
    const Expr *x = ex_ref(el->mem, g.at, class->choices.at[i], ix, class->nidx + g.nset + 1);
    if (!(w = endowment(el, &cx, a, g, of))) return;
    lhs = ex_add2(el->mem, g.at, lhs, over(el, g, of, ex_mul2(el->mem, g.at, p, x)));
    rhs = ex_add2(el->mem, g.at, rhs, over(el, g, of, ex_mul2(el->mem, g.at, p, w)));
  }
  scope_add(el->scope, NS_STRUCTURE, el->w[W_budget], NAMED_SYMBOL, s, owner, a->span);
  scope_add(el->scope, NS_VALUE, elab_word(el, "mu_budget"), NAMED_SYMBOL, m, owner, a->span);
  VEC_PUSH(el->mem, e->agents.at[agent].constraints, (Constraint){.sym = s, .mult = m, .binds = binds, .nbinds = 1, .node = binds[0], .sense = C_EQ, .lhs = lhs, .rhs = rhs,
                                                                .is_budget = 1, .ex_ante = 1, .at = e->agents.at[agent].at});
}
