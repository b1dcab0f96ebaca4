/* elab_weave.c: what an application of an institution changes in what stands: constraints and budgets of a class, markets, equations.
 * Each change becomes a Weaving; pass weave carries out those of the question at hand. */
#include "institution.h"

static SymId before(Elab *el) {
  Economy *e = el->eco;
  if (e->before) return e->before;
  uint32_t scope = e->scope;
  e->scope = 0;
  e->before = economy_sym(e, elab_word(el, "..."), SYM_LET, 0);
  e->scope = scope;
  economy_at(e, e->before)->builtin = 1;
  return e->before;
}

const Expr *elab_what_was(Cx *cx, const Ast *a) { return ex_ref(cx->el->mem, elab_at(cx, a), before(cx->el), NULL, 0); }

static Span name_span(const Ast *a) {
  uint32_t end = a->nkid && a->kid[a->nkid - 1] ? a->kid[a->nkid - 1]->span.begin : a->span.end;
  return (Span){a->span.file, a->span.begin, end > a->span.begin ? end : a->span.end};
}

static int outside(Elab *el, const Ast *a) {
  if (a->copy) return 0;
  Diag *d = diag_at(el->cc, SEV_ERROR, "institution.outside", name_span(a), "what stands is changed by an institution");
  diag_hint(el->cc, d, "put this into `institution NAME { ... }` and apply it by `with NAME;`, or change the statement itself");
  return 1;
}

static Sense sense_of(const Ast *rel) { return rel->ops[0] == '=' ? C_EQ : rel->ops[0] == 'G' || rel->ops[0] == '>' ? C_GE : C_LE; }

static int same_relation(Elab *el, const Ast *rel, Sense is) {
  if (sense_of(rel) == is) return 1;
  static const char *const word[] = {"=", ">=", "<="};
  Diag *d = diag_at(el->cc, SEV_ERROR, "institution.relation", rel->span, "an extension keeps the relation of what it extends, which is `%s`", word[is]);
  diag_hint(el->cc, d, "`replace` puts another condition in its place");
  return 0;
}

static int elaborate_sides(Cx *cx, const Ast *rel, int extends, Weaving *w) {
  if (rel->kind != AST_RELATION) return 1;
  if (rel->nkid != 2) {
    diag_at(cx->el->cc, SEV_ERROR, "institution.relation", rel->span, "a changed condition has two sides");
    return 1;
  }
  cx->changes = extends;
  w->sense = sense_of(rel);
  return elab_relation_pair(cx, rel, &w->lhs, &w->rhs);
}

/* ---- constraints and budgets ---- */
static void no_target(Elab *el, const Ast *at, Span where, Str name, uint32_t agent) {
  const Agent *g = &el->eco->agents.at[agent];
  Diag *d = diag_at(el->cc, SEV_ERROR, "institution.target", where, "`%s` has no constraint or budget `%s`%s", elab_text(el, economy_at(el->eco, g->sym)->name), elab_text(el, name),
                    at->kind != AST_DROP && at->kid[1] ? " at these nodes" : "");
  Str names[128];
  size_t n = 0;
  for (uint32_t i = 0; i < g->constraints.n && n < 128; i++) names[n++] = economy_at(el->eco, g->constraints.at[i].sym)->name;
  Str near = diag_nearest(el->cc->strs, elab_text(el, name), names, n);
  if (near && near != name) {
    diag_hint(el->cc, d, "did you mean `%s`?", elab_text(el, near));
    return;
  }
  Text t = {0};
  for (uint32_t i = 0; i < g->constraints.n && name == el->w[W_budget]; i++)
    if (g->constraints.at[i].is_budget && economy_at(el->eco, g->constraints.at[i].sym)->name != name) text_printf(&t, "%s`%s`", t.n ? ", " : "", elab_text(el, economy_at(el->eco, g->constraints.at[i].sym)->name));
  if (t.n && !t.failed) diag_hint(el->cc, d, "its budgets are %s; an institution with a parameter of the kind `budget` is told which, as in `with tax(..., purse = NAME)`", t.at);
  text_free(&t);
}

/* The statement that made the k-th constraint of this name in the class. */
static const Ast *statement_of(const Elab *el, const Ast *class, Str name, uint32_t k) {
  for (uint32_t i = 3; i < class->nkid; i++) {
    const Ast *c = class->kid[i];
    if ((c->kind == AST_BUDGET || c->kind == AST_CONSTRAINT) && (c->text ? c->text : el->w[W_budget]) == name && !k--) return c;
  }
  return NULL;
}

static int meet(const Economy *e, SymId a, SymId b) {
  const Set *s = economy_set(e, a), *t = economy_set(e, b);
  for (uint32_t i = 0; i < set_size(s); i++)
    if (set_pos(t, set_elem(s, i)) != UINT32_MAX) return 1;
  return 0;
}

static int change_one(Elab *el, const Ast *item, const Ast *class, uint32_t agent, uint32_t target, uint32_t k, Str name) {
  Economy *e = el->eco;
  Constraint c = e->agents.at[agent].constraints.at[target];
  const Ast *st = statement_of(el, class, name, k), *rel = item->kid[2];
  AgentFamily f;
  Ast head = *item;
  Ast *kid[4] = {item->kid[0] ? item->kid[0] : st ? st->kid[0] : NULL, item->kid[1] ? item->kid[1] : st ? st->kid[1] : NULL, NULL, item->kid[2]};
  head.kid = kid;
  head.nkid = 4;
  if (elab_family_head(el, &head, agent, &f)) return 1;
  if (c.node && !meet(e, f.nodes, e->idxs.at[c.node].set)) return 0;
  Weaving w = {.kind = item->kind == AST_EXTEND ? WEAVE_EXTEND : WEAVE_REPLACE, .scope = item->copy, .target = c.sym, .binds = f.binds, .nbinds = f.n, .cond = f.cond};
  w.at = origin_new(el->cc->diags, item->span, BY_USE, el->cc->within);
  if (elaborate_sides(&f.cx, rel, item->kind == AST_EXTEND, &w)) return 1;
  if (item->kind == AST_EXTEND && !same_relation(el, rel, c.sense)) return 1;
  if (c.node) {
    w.node = f.node;
    w.binds[w.nbinds++] = f.node;
  } else if (elab_uses(w.lhs, f.node) || elab_uses(w.rhs, f.node)) {
    diag_at(el->cc, SEV_ERROR, "institution.relation", rel->span, "`%s` stands at no node, and this depends on the node", elab_text(el, name));
    return 1;
  }
  if (w.nbinds != c.nbinds) {
    diag_at(el->cc, SEV_ERROR, "institution.indices", name_span(item), "`%s` has other indices than this", elab_text(el, name));
    return 1;
  }
  VEC_PUSH(el->mem, e->weavings, w);
  return 2;
}

/* Do two conditions of one name hold at one place? Then which of them is meant is not said. */
static int overlap(const Economy *e, const Constraint *a, const Constraint *b) {
  if (a->nbinds != b->nbinds || !a->node != !b->node) return 1;
  for (uint32_t i = 0; i < a->nbinds; i++)
    if (!meet(e, e->idxs.at[a->binds[i]].set, e->idxs.at[b->binds[i]].set)) return 0;
  return 1;
}

static void ambiguous(Elab *el, Span where, Str name, const Constraint *a, const Constraint *b) {
  Diag *d = diag_at(el->cc, SEV_ERROR, "institution.ambiguous", where, "there are two conditions `%s` here, and which of them is meant is not said", elab_text(el, name));
  diag_note(el->cc, d, a->at, "one is here");
  diag_note(el->cc, d, b->at, "the other is here");
  diag_hint(el->cc, d, "give them names of their own: `budget NAME: ...`");
}

static void change(Elab *el, const Ast *item, const Ast *class, uint32_t agent, Str name, Span where) {
  Economy *e = el->eco;
  uint32_t found = 0, k = 0, last = 0;
  for (uint32_t i = 0; i < e->agents.at[agent].constraints.n; i++) {
    const Constraint *c = &e->agents.at[agent].constraints.at[i];
    if (economy_at(e, c->sym)->name != name) continue;
    int done = 2;
    if (item->kind == AST_DROP) VEC_PUSH(el->mem, e->weavings, (Weaving){.kind = WEAVE_DROP, .scope = item->copy, .target = c->sym, .at = origin_new(el->cc->diags, item->span, BY_USE, el->cc->within)});
    else if ((done = change_one(el, item, class, agent, i, k, name)) == 1) return;
    if (done == 2) {
      if (found && overlap(e, &e->agents.at[agent].constraints.at[last], &e->agents.at[agent].constraints.at[i])) {
        ambiguous(el, where, name, &e->agents.at[agent].constraints.at[last], &e->agents.at[agent].constraints.at[i]);
        return;
      }
      last = i;
      found++;
    }
    k++;
  }
  if (!found) no_target(el, item, where, name, agent);
}

void elab_agent_change(Elab *el, const Ast *item, uint32_t agent) {
  const Ast *class = NULL;
  for (uint32_t i = 0; i < el->agents.n; i++)
    if (el->agents.at[i].at == agent) class = el->agents.at[i].ast;
  if (!class || outside(el, item)) return;
  if (item->kind == AST_DROP)
    for (uint32_t i = 0; i < item->kid[0]->nkid; i++) change(el, item, class, agent, item->kid[0]->kid[i]->text, item->kid[0]->kid[i]->span);
  else change(el, item, class, agent, item->text ? item->text : el->w[W_budget], name_span(item));
}

/* ---- markets and equations ---- */
static void structure_target(Elab *el, Span where, Str name) {
  Diag *d = diag_at(el->cc, SEV_ERROR, "institution.target", where, "there is no market or equation `%s`", elab_text(el, name));
  Str near = scope_nearest(el->scope, el->cc->strs, 1u << NS_STRUCTURE, name);
  if (near) diag_hint(el->cc, d, "did you mean `%s`?", elab_text(el, near));
}

static SymId structure_named(Elab *el, Str name) {
  for (const Named *n = scope_find(el->scope, NS_STRUCTURE, name); n; n = n->next)
    if (n->kind == NAMED_SYMBOL && n->sym && (economy_at(el->eco, n->sym)->kind == SYM_MARKET || economy_at(el->eco, n->sym)->kind == SYM_EQUATION)) return n->sym;
  return 0;
}

/* The context of a market's or equation's body, over its own index variables. */
static Cx body_cx(Elab *el, const IdxId *binds, uint32_t n, int dated) {
  Cx cx = elab_file_cx(el);
  cx.level = 1;
  for (uint32_t i = 0; i < n; i++) {
    Env *env = elab_bind(&cx, el->eco->idxs.at[binds[i]].name, el->eco->idxs.at[binds[i]].set, NULL);
    if (env) env->ix = ix_bound(binds[i]);
  }
  cx.has_here = dated;
  if (dated) {
    cx.here = ix_bound(binds[n - 1]);
    cx.here_set = el->eco->idxs.at[binds[n - 1]].set;
  }
  return cx;
}

static void change_structure(Elab *el, const Ast *a, SymId target) {
  Economy *e = el->eco;
  Weaving w = {.kind = a->kind == AST_EXTEND ? WEAVE_EXTEND : WEAVE_REPLACE, .scope = a->copy, .target = target};
  Sense is = C_EQ;
  w.at = origin_new(el->cc->diags, a->span, BY_USE, el->cc->within);
  if (a->kid[0] || a->kid[1]) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "institution.indices", name_span(a), "a market or an equation is changed at all of its indices and nodes");
    diag_hint(el->cc, d, "write its name alone; its own indices may be used in the text");
    return;
  }
  for (uint32_t i = 0; i < e->markets.n; i++)
    if (e->markets.at[i].sym == target) {
      if (a->kind == AST_EXTEND && !e->markets.at[i].demand) {
        Diag *d = diag_at(el->cc, SEV_ERROR, "institution.derived", name_span(a), "this market's clearing is derived from the budgets, so there is nothing written to extend");
        diag_hint(el->cc, d, "put the term into a budget, or write the market's body where it is declared");
        return;
      }
      w.binds = e->markets.at[i].binds;
      w.nbinds = e->markets.at[i].nbinds;
      w.node = w.nbinds ? w.binds[w.nbinds - 1] : 0;
    }
  for (uint32_t i = 0; i < e->equations.n; i++)
    if (e->equations.at[i].sym == target) {
      w.binds = e->equations.at[i].binds;
      w.nbinds = e->equations.at[i].nbinds;
      w.node = w.nbinds && economy_at(e, target)->node_dim >= 0 ? w.binds[w.nbinds - 1] : 0;
      is = e->equations.at[i].sense;
    }
  Cx cx = body_cx(el, w.binds, w.nbinds, w.node != 0);
  if (!w.node && e->time.n == 1) {
    cx.has_here = 1;
    cx.here = ix_elem(e->time.node[0].elem);
    cx.here_set = e->node_set;
  }
  if (elaborate_sides(&cx, a->kid[2], a->kind == AST_EXTEND, &w)) return;
  if (a->kind == AST_EXTEND && economy_at(e, target)->kind == SYM_EQUATION && !same_relation(el, a->kid[2], is)) return;
  VEC_PUSH(el->mem, e->weavings, w);
}

void elab_change(Elab *el, const Ast *a) {
  if (outside(el, a)) return;
  if (a->kind == AST_DROP) {
    for (uint32_t i = 0; i < a->kid[0]->nkid; i++) {
      SymId s = structure_named(el, a->kid[0]->kid[i]->text);
      if (s) VEC_PUSH(el->mem, el->eco->weavings, (Weaving){.kind = WEAVE_DROP, .scope = a->copy, .target = s, .at = origin_new(el->cc->diags, a->span, BY_USE, el->cc->within)});
      else structure_target(el, a->kid[0]->kid[i]->span, a->kid[0]->kid[i]->text);
    }
    return;
  }
  SymId s = structure_named(el, a->text);
  if (s) change_structure(el, a, s);
  else structure_target(el, name_span(a), a->text);
}
