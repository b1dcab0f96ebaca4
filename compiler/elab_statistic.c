/* elab_statistic.c: calls of statistics of solutions: which one, and are the arguments of the kinds it takes. */
#include "elab.h"
#include "statistic.h"

/* Words for statistics of kinds of questions that this version refuses. */
static const char *const other[] = {"coef", "irf", "mean", "sd", "corr", "share", "increasing", "gain"};

uint32_t elab_statistic_of(const Cx *cx, const Ast *call) {
  const Ast *base = call->kid[0];
  while (base->kind == AST_PAREN) base = base->kid[0];
  if (base->kind != AST_NAME || scope_find(cx->el->scope, NS_VALUE, base->text)) return UINT32_MAX;
  const char *name = elab_text(cx->el, base->text);
  for (uint32_t i = 0; i < econ_nstatistics; i++)
    if (!strcmp(name, econ_statistics[i].name)) return i;
  return UINT32_MAX;
}

int elab_unknown_call(Cx *cx, const Ast *name) {
  Elab *el = cx->el;
  const char *text = elab_text(el, name->text);
  for (size_t i = 0; i < sizeof other / sizeof *other; i++)
    if (cx->free && !strcmp(text, other[i])) {
      elab_later(el, name->span, "later.statistic", other[i], 0);
      return 1;
    }
  Str known[16];
  uint32_t n = 0;
  for (; cx->free && n < econ_nstatistics && n < sizeof known / sizeof *known; n++) known[n] = elab_word(el, econ_statistics[n].name);
  Str near = diag_nearest(el->cc->strs, text, known, n);
  if (!near) elab_unknown(el, cx, name, name->text, 1u << NS_VALUE, cx->free ? "a function or statistic known here" : "a function known here");
  else if (!elab_is_spoiled(el, name->text)) {
    Diag *d = diag_add(el->cc, SEV_ERROR, "names.unknown", elab_at(cx, name), "`%s` is not a function or statistic known here", text);
    diag_hint(el->cc, d, "did you mean `%s`?", elab_text(el, near));
  }
  return 1;
}

/* ---- whose --------------------------------------------------------------------------------------------------------------------------- */

static int by_type(const Statistic *s) { return s->arg[s->n - 1] == ARG_TYPE; }

static int may_be_asked(const Agent *a) {
  if (!a->value || a->is_firm) return 0;
  for (uint32_t i = 0; i < a->constraints.n; i++)
    if (a->constraints.at[i].is_budget && a->constraints.at[i].ex_ante) return 1;
  return 0;
}

uint32_t elab_statistic_classes(const Elab *el, const Ast *call, uint32_t which, SymId *class, uint32_t n) {
  uint32_t found = 0;
  if (!by_type(&econ_statistics[which]) || call->nkid - 1 == econ_statistics[which].n) return 0;
  for (uint32_t i = 0; i < el->eco->agents.n; i++)
    if (may_be_asked(&el->eco->agents.at[i]) && found++ < n) class[found - 1] = el->eco->agents.at[i].sym;
  return found;
}

static int refuse_class(Cx *cx, const Ast *at, const Agent *a) {
  Elab *el = cx->el;
  const char *name = elab_text(el, economy_at(el->eco, a->sym)->name);
  if (a->is_firm) diag_add(el->cc, SEV_ERROR, "statistic.type", elab_at(cx, at), "`%s` is a firm: it has profits and no welfare", name);
  else if (!a->value) diag_add(el->cc, SEV_ERROR, "statistic.type", elab_at(cx, at), "`%s` has no objective, so it has no welfare", name);
  else diag_add(el->cc, SEV_ERROR, "statistic.type", elab_at(cx, at), "`%s` has no budget at the root in which money could be given to it", name);
  return 1;
}

static const Agent *class_named(const Elab *el, Str name) {
  const Named *c = scope_find(el->scope, NS_STRUCTURE, name);
  return c ? economy_agent(el->eco, c->sym) : NULL;
}

/* The class that a type's name or an index variable belongs to. */
static const Agent *class_of_index(Cx *cx, const Ast *a, const Given *g) {
  Elab *el = cx->el;
  const Agent *found = NULL, *refused = NULL;
  for (uint32_t i = 0; i < el->eco->agents.n; i++) {
    const Agent *c = &el->eco->agents.at[i];
    int has = 0;
    for (uint32_t d = 0; d < c->nidx; d++)
      has |= g->ix.kind == IX_ELEM ? set_pos(economy_set(el->eco, c->set[d]), g->ix.v) != UINT32_MAX : g->set && elab_subset(el->eco, g->set, c->set[d]);
    if (!has) continue;
    if (!may_be_asked(c)) {
      refused = c;
      continue;
    }
    if (found) {
      Diag *d = diag_add(el->cc, SEV_ERROR, "statistic.type", elab_at(cx, a), "several classes have this type");
      diag_hint(el->cc, d, "say whose: %s[...] or %s[...]", elab_text(el, economy_at(el->eco, found->sym)->name), elab_text(el, economy_at(el->eco, c->sym)->name));
      return NULL;
    }
    found = c;
  }
  if (found) return found;
  if (refused) refuse_class(cx, a, refused);
  else if (a->kind == AST_NAME) elab_unknown(el, cx, a, a->text, 1u << NS_STRUCTURE | 1u << NS_ELEMENT, "a class or a type of agents");
  else diag_add(el->cc, SEV_ERROR, "statistic.type", elab_at(cx, a), "the last argument is a class or a type of agents");
  return NULL;
}

/* The class where none is written: the one asked for, the one whose total this is, the only one. */
static const Agent *class_unsaid(Cx *cx, const Ast *call, const Statistic *s) {
  Elab *el = cx->el;
  const Agent *found = NULL;
  if (cx->owner || cx->agent >= 0) {
    found = cx->owner ? economy_agent(el->eco, cx->owner) : &el->eco->agents.at[cx->agent];
    return may_be_asked(found) || refuse_class(cx, call, found) == 0 ? found : NULL;
  }
  for (uint32_t i = 0; i < el->eco->agents.n; i++) {
    const Agent *c = &el->eco->agents.at[i];
    if (!may_be_asked(c)) continue;
    if (found) {
      Diag *d = diag_add(el->cc, SEV_ERROR, "statistic.type", elab_at(cx, call), "several classes have a welfare, and inside an expression one is meant");
      diag_hint(el->cc, d, "say whose with one more argument, for example `%s`: %s", elab_text(el, economy_at(el->eco, found->sym)->name), s->form);
      return NULL;
    }
    found = c;
  }
  if (!found) diag_add(el->cc, SEV_ERROR, "statistic.type", elab_at(cx, call), "nobody in this economy has an objective and a budget at the root");
  return found;
}

/* CLASS, CLASS[type], type, or nothing; type[] receives the indices. */
static const Agent *whose(Cx *cx, const Ast *call, const Statistic *s, const Ast *a, Ix *type) {
  Elab *el = cx->el;
  Given g[MAX_INDICES];
  uint32_t n = 0;
  const Agent *class = NULL;
  while (a && a->kind == AST_PAREN) a = a->kid[0];
  if (!a) class = class_unsaid(cx, call, s);
  else if (a->kind == AST_NAME && (class = class_named(el, a->text))) {
    if (!may_be_asked(class)) return refuse_class(cx, a, class) ? NULL : class;
  } else if (a->kind == AST_INDEX && a->kid[0]->kind == AST_NAME && (class = class_named(el, a->kid[0]->text))) {
    if (!may_be_asked(class)) return refuse_class(cx, a, class) ? NULL : class;
    for (uint32_t i = 1; i < a->nkid && n < MAX_INDICES; i++)
      if (elab_given(cx, a->kid[i], &g[n++])) return NULL;
  } else {
    if (elab_given(cx, a, &g[0])) return NULL;
    n = 1;
    class = class_of_index(cx, a, &g[0]);
  }
  if (!class) return NULL;
  Shape shape = {.name = economy_at(el->eco, class->sym)->name, .sym = class->sym, .dom = class->set, .ndom = class->nidx, .ntype = class->nidx, .node_dim = -1};
  shape.own = cx->agent >= 0 && cx->type && el->eco->agents.at[cx->agent].sym == class->sym;
  SymId sym = class->sym;
  if (elab_spell(cx, &shape, g, n, NULL, type, a ? a : call)) return NULL;
  return economy_agent(el->eco, sym);
}

/* ---- arguments ----------------------------------------------------------------------------------------------------------------------- */

static const Expr *solution_argument(Cx *cx, const Ast *a) {
  Elab *el = cx->el;
  while (a->kind == AST_PAREN) a = a->kid[0];
  const Ast *name = a->kind == AST_INDEX ? a->kid[0] : a;
  const Named *n = name->kind == AST_NAME ? scope_find(el->scope, NS_STRUCTURE, name->text) : NULL;
  if (n && n->kind == NAMED_REFUSED) return NULL;
  if (n && n->kind == NAMED_SOLUTION) {
    Ast dot = {.kind = AST_DOT, .span = a->span, .kid = (Ast *[]){(Ast *)(uintptr_t)a}, .nkid = 1};
    Str of = elab_solution(cx, &dot);
    return of ? ex_keep(el->mem, (Expr){.kind = E_NAMED, .at = elab_at(cx, a), .solution = of}) : NULL;
  }
  if (name->kind == AST_NAME) elab_unknown(el, cx, name, name->text, 1u << NS_STRUCTURE, "a solution");
  else if (a->kind != AST_ERROR) diag_add(el->cc, SEV_ERROR, "statistic.solution", elab_at(cx, a), "the name of a solution is wanted here");
  return NULL;
}

static const Expr *choice_argument(Cx *cx, const Ast *a, const Agent *class) {
  Elab *el = cx->el;
  while (a->kind == AST_PAREN) a = a->kid[0];
  const Named *n = a->kind == AST_NAME ? scope_owned(el->scope, NS_VALUE, a->text, class->sym) : NULL;
  if (n && n->kind == NAMED_SYMBOL && economy_at(el->eco, n->sym)->kind == SYM_CHOICE)
    return ex_keep(el->mem, (Expr){.kind = E_NAMED, .at = elab_at(cx, a), .sym = n->sym});
  if (a->kind == AST_ERROR) return NULL;
  Str choice[64];
  uint32_t nchoice = 0;
  for (uint32_t i = 0; i < class->choices.n && nchoice < 64; i++) choice[nchoice++] = economy_at(el->eco, class->choices.at[i])->name;
  Diag *d = diag_add(el->cc, SEV_ERROR, "statistic.choice", elab_at(cx, a), "the name of a choice of `%s` is wanted here, without indices", elab_text(el, economy_at(el->eco, class->sym)->name));
  Str near = a->kind == AST_NAME ? diag_nearest(el->cc->strs, elab_text(el, a->text), choice, nchoice) : 0;
  if (near) diag_hint(el->cc, d, "did you mean `%s`?", elab_text(el, near));
  else if (nchoice) diag_hint(el->cc, d, "its choices are `%s`%s", elab_text(el, choice[0]), nchoice > 1 ? " and others" : "");
  return NULL;
}

/* The indices that a parameter lacks are its own: they do not run with those of the other arguments. */
static const Expr *parameter_argument(Cx *cx, const Ast *a) {
  Elab *el = cx->el;
  FreeIdx own = {.n = 0};
  Cx in = *cx;
  in.free = &own;
  in.owner = 0;
  const Expr *e = elab_expr(&in, a);
  if (!e) return NULL;
  if (e->kind != E_REF || economy_at(el->eco, e->sym)->kind != SYM_PARAM || economy_at(el->eco, e->sym)->builtin) {
    Diag *d = diag_add(el->cc, SEV_ERROR, "statistic.parameter", elab_at(cx, a), "a parameter of the file, or an entry of one, is wanted here");
    diag_hint(el->cc, d, "for example gamma or e[lender,c1@now]");
    return NULL;
  }
  if (elab_is_size(el, e->sym)) {
    diag_add(el->cc, SEV_ERROR, "statistic.parameter", elab_at(cx, a), "`%s` sizes a set: it moves by whole numbers, so there is no derivative", elab_text(el, economy_at(el->eco, e->sym)->name));
    return NULL;
  }
  for (uint32_t i = 0; i < own.n && cx->free->n < MAX_INDICES; i++) cx->free->at[cx->free->n++] = own.at[i];
  return e;
}

static int inner_statistic(const Expr *e) {
  if (e->kind == E_STAT) return 1;
  for (uint32_t i = 0; i < e->nkid; i++)
    if (inner_statistic(e->kid[i])) return 1;
  return 0;
}

typedef struct { Str first; int several; } OneSolution;
static void note_solution(void *ctx, const Expr *e) {
  OneSolution *s = ctx;
  if (e->kind != E_REF || !e->solution) return;
  if (!s->first) s->first = e->solution;
  else if (s->first != e->solution) s->several = 1;
}

static const Expr *value_argument(Cx *cx, const Ast *a) {
  const Expr *e = elab_number(cx, a);
  OneSolution one = {0};
  if (!e) return NULL;
  ex_walk(e, note_solution, &one);
  if (inner_statistic(e)) diag_add(cx->el->cc, SEV_ERROR, "statistic.nested", elab_at(cx, a), "a statistic of a statistic is not available");
  else if (one.several) {
    Diag *d = diag_add(cx->el->cc, SEV_ERROR, "statistic.solution", elab_at(cx, a), "values of one solution are wanted here, and two solutions are named");
    diag_hint(cx->el->cc, d, "take it of each solution by itself");
  } else return e;
  return NULL;
}

/* ---- quantities of the solution named first ------------------------------------------------------------------------------------------ */

static int is_later_price(const Economy *e, SymId id) {
  const Sym *s = economy_at(e, id);
  if (s->kind != SYM_PRICE || s->dropped || s->node_dim < 0 || !e->time.declared) return 0;
  for (uint32_t i = 0; i < e->rights.n; i++)
    if (e->rights.at[i].rights == id) return 0;
  const Set *nodes = economy_set(e, s->dom[s->node_dim]);
  for (uint32_t i = 0; nodes && i < set_size(nodes); i++) {
    uint32_t node = economy_node(e, set_elem(nodes, i));
    if (node < e->time.n && e->time.node[node].prev != UINT32_MAX) return 1;
  }
  return 0;
}

uint32_t elab_statistic_prices(const Elab *el, const Ast *call, uint32_t which, SymId *price, uint32_t n) {
  const Statistic *s = &econ_statistics[which];
  uint32_t found = 0, words = 0;
  if (s->arg[s->n - 1] != ARG_PRICE || call->nkid - 1 == s->n) return 0;
  for (uint32_t i = 2; i < call->nkid; i++) words += elab_statistic_word(el, s, call->kid[i]) > 0;
  if (words + 2 != call->nkid) return 0;
  for (SymId i = 1; i < el->eco->syms.n; i++)
    if (is_later_price(el->eco, i) && found++ < n) price[found - 1] = i;
  return found;
}

/* A price of which nothing was said: all its entries. */
static const Expr *any_price(Cx *cx, const Ast *call) {
  Elab *el = cx->el;
  SymId price = cx->owner && economy_at(el->eco, cx->owner)->kind == SYM_PRICE ? cx->owner : 0;
  for (SymId i = 1; i < el->eco->syms.n && !price; i++)
    if (is_later_price(el->eco, i)) price = i;
  if (!price) {
    diag_add(el->cc, SEV_ERROR, "statistic.price", elab_at(cx, call), "no price of this economy is formed after the first node");
    return NULL;
  }
  uint32_t n = economy_at(el->eco, price)->ndom;
  Ix ix[MAX_INDICES];
  if (n + cx->free->n > MAX_INDICES) return NULL;
  for (uint32_t i = 0; i < n; i++) {
    SymId set = economy_at(el->eco, price)->dom[i];
    ix[i] = ix_bound(cx->free->at[cx->free->n++] = economy_idx(el->eco, economy_at(el->eco, set)->name, set));
  }
  return ex_ref(el->mem, elab_at(cx, call), price, ix, n);
}

static const Expr *quantity_argument(Cx *cx, const Ast *a, const Expr *of, int price) {
  Elab *el = cx->el;
  Cx in = *cx;
  if (of) in.solution = of->solution;
  const Expr *e = elab_number(&in, a);
  if (!e) return NULL;
  const Sym *s = e->kind == E_REF ? economy_at(el->eco, e->sym) : NULL;
  if (s && price && s->kind == SYM_PRICE) return e;
  if (s && !price && !s->builtin && (s->kind == SYM_CHOICE || s->kind == SYM_PARAM)) return e;
  if (price) diag_add(el->cc, SEV_ERROR, "statistic.price", elab_at(cx, a), "a price is wanted here");
  else {
    Diag *d = diag_add(el->cc, SEV_ERROR, "statistic.quantity", elab_at(cx, a), "a choice, or a parameter of the types, is wanted here");
    diag_hint(el->cc, d, "for example k or e[lender,c2@later]");
  }
  return NULL;
}

/* ---- the call ------------------------------------------------------------------------------------------------------------------------ */

uint32_t elab_statistic_word(const Elab *el, const Statistic *s, const Ast *a) {
  while (a->kind == AST_PAREN) a = a->kid[0];
  for (uint32_t i = 0; i < sizeof s->word / sizeof *s->word && s->word[i]; i++)
    if (a->kind == AST_NAME && !strcmp(elab_text(el, a->text), s->word[i])) return i + 1;
  return 0;
}

static int refuse_arity(Cx *cx, const Ast *call, const Statistic *s) {
  Elab *el = cx->el;
  uint32_t n = call->nkid - 1;
  char more[24] = "";
  if (n >= s->least && n <= s->n) return 0;
  if (s->least < s->n) snprintf(more, sizeof more, " %s %u", s->n > s->least + 1 ? "to" : "or", s->n);
  Diag *d = diag_add(el->cc, SEV_ERROR, "statistic.arity", elab_at(cx, call), "`%s` takes %u%s argument%s, and %u stand%s here", s->name, s->least, more, s->least == 1 && s->n == 1 ? "" : "s", n,
                     n == 1 ? "s" : "");
  diag_hint(el->cc, d, "it is written %s", s->form);
  return 1;
}

static const Expr *argument(Cx *cx, const Ast *a, ArgKind kind, SymId class, const Expr *first) {
  switch (kind) {
  case ARG_SOLUTION: return solution_argument(cx, a);
  case ARG_CHOICE: return choice_argument(cx, a, economy_agent(cx->el->eco, class));
  case ARG_PARAMETER: return parameter_argument(cx, a);
  case ARG_PRICE: case ARG_QUANTITY: return quantity_argument(cx, a, first, kind == ARG_PRICE);
  default: return value_argument(cx, a);
  }
}

const Expr *elab_statistic(Cx *cx, const Ast *call, uint32_t which) {
  Elab *el = cx->el;
  const Statistic *s = &econ_statistics[which];
  uint32_t n = call->nkid - 1, nkid = 0, at = 1, word = 0;
  Ix type[MAX_INDICES];
  if (!cx->free) {
    diag_add(el->cc, SEV_ERROR, "statistic.place", elab_at(cx, call), "`%s` is a function of solutions: it can stand in report, expect, plot and --get only", s->name);
    return NULL;
  }
  if (refuse_arity(cx, call, s)) return NULL;
  const Agent *class = by_type(s) ? whose(cx, call, s, n == s->n ? call->kid[n] : NULL, type) : NULL;
  if (by_type(s) && !class) return NULL;
  SymId sym = class ? class->sym : 0;
  const Expr **kid = ARENA_ARRAY(el->mem, const Expr *, s->n + 1);
  Ix *ix = ARENA_ARRAY(el->mem, Ix, MAX_INDICES);
  if (!kid || !ix) return NULL;
  int wrong = 0;
  for (uint32_t i = 0; i < s->n - (uint32_t)by_type(s); i++) {
    const Ast *a = at < call->nkid ? call->kid[at] : NULL;
    if (s->arg[i] == ARG_WORD) {
      if (a && (word = elab_statistic_word(el, s, a))) at++;
      continue;
    }
    kid[nkid] = a ? argument(cx, a, s->arg[i], sym, nkid ? kid[0] : NULL) : any_price(cx, call);
    wrong |= !kid[nkid++];
    at++;
  }
  if (wrong) return NULL;
  if (at < call->nkid && !by_type(s)) {
    Diag *d = diag_add(el->cc, SEV_ERROR, "statistic.word", elab_at(cx, call->kid[at]), "this argument is not one that `%s` takes", s->name);
    diag_hint(el->cc, d, "it is written %s", s->form);
    return NULL;
  }
  uint32_t nix = sym ? economy_agent(el->eco, sym)->nidx : 0;
  if (nix) memcpy(ix, type, nix * sizeof *ix);
  return ex_keep(el->mem, (Expr){.kind = E_STAT, .at = elab_at(cx, call), .sym = sym, .v = which, .num = word, .ix = ix, .nix = nix, .kid = kid, .nkid = nkid});
}
