/* elab_time.c: nodes in expressions, and expectations. On a tree
 *
 *     E[sum(date, X)] = sum over all nodes n of prob[n]*X(n)
 *     E[X@S]          = sum over the nodes n of a cut S of prob[n]*X(n)
 *     E[X] at n       = sum over the successors m of n of prob1[m]*X, with @next standing for m
 *
 * prob and prob1 are the agent's own beliefs where it states some, else the tree's. E distributes over sums. */
#include "elab.h"

static Env *env_find(const Cx *cx, Str name) {
  Env *e = cx->env;
  while (e && e->name != name) e = e->up;
  return e;
}

static int node_of_env(Cx *cx, const Ast *a, Env *e, Ix *out) {
  SymId set = e->set;
  e->used = 1;
  *out = e->ix;
  if (e->kind == BIND_VALUE && e->value) {
    if (elab_as_index(cx, a, e->value, out, &set)) return 1;
    if (out->kind == IX_ELEM && economy_node(cx->el->eco, out->v) != UINT32_MAX) return 0;
  }
  if (e->kind == BIND_INDEX || e->kind == BIND_VALUE) {
    if (set && economy_set(cx->el->eco, set)->is_nodes) return 0;
    if (out->kind == IX_EXPR) return 0;
  }
  diag_add(cx->el->cc, SEV_ERROR, "names.node", elab_at(cx, a), "`%s` does not stand for a node", elab_text(cx->el, e->name));
  return 1;
}

static int prev_of_here(Cx *cx, const Ast *a, Ix *out) {
  Elab *el = cx->el;
  if (!cx->has_here) {
    diag_add(el->cc, SEV_ERROR, "time.prev", elab_at(cx, a), "`@prev` needs a node to come before");
    return 1;
  }
  if (cx->here.kind == IX_ELEM) {
    uint32_t n = economy_node(el->eco, cx->here.v), prev = n == UINT32_MAX ? n : el->eco->time.node[n].prev;
    if (prev == UINT32_MAX) return 2;
    *out = ix_elem(el->eco->time.node[prev].elem);
    return 0;
  }
  IdxId v = cx->here.v;
  if (cx->here.kind == IX_BOUND) *out = ix_prev(v);
  else {                                                /* two dates back */
    IdxId tmp = economy_idx(el->eco, 0, el->eco->node_set);
    *out = ix_subst(el->mem, ix_prev(tmp), &tmp, &cx->here, 1);
  }
  return 0;
}

int elab_node_ref(Cx *cx, const Ast *a, Ix *out) {
  Elab *el = cx->el;
  if (a->kind == AST_ERROR) return 1;
  if (a->kind == AST_BRACE || a->kind == AST_BINDER) {
    diag_add(el->cc, SEV_ERROR, "names.node", elab_at(cx, a), "a value is read at one node");
    return 1;
  }
  if (a->kind == AST_NAME) {
    Str name = a->text;
    if (name == el->w[W_prev]) return prev_of_here(cx, a, out);
    if (name == el->w[W_next]) {
      if (!cx->has_next) return 3;
      *out = cx->next;
      return 0;
    }
    if (name == el->w[W_steady]) {
      elab_later(el, a->span, "later.steady", "a steady state", 0);
      return 1;
    }
    Env *e = env_find(cx, name);
    if (e) return node_of_env(cx, a, e, out);
  }
  Elem x;
  if (elab_element(el, a, &x)) return 1;
  if (economy_node(el->eco, x) != UINT32_MAX) {
    *out = ix_elem(x);
    return 0;
  }
  if (a->kind == AST_NAME && elab_set_named(el, a->text, a->span, 1)) {
    Diag *d = diag_add(el->cc, SEV_ERROR, "time.set", elab_at(cx, a), "`@%s` is several nodes, and one is wanted", elab_text(el, a->text));
    diag_hint(el->cc, d, "sum over them, sum(%s, ...), or take an expectation over them, E[...]", elab_text(el, a->text));
    return 1;
  }
  if (el->timeless) return 1;
  char b[16];
  const char *name = elem_text(el->eco, x, b);
  Diag *d = diag_add(el->cc, SEV_ERROR, "names.node", elab_at(cx, a), "`%s` is not a node%s", name, el->eco->time.declared ? "" : ": the file has no tree");
  Str near = elab_nearest_element(el, el->eco->node_set, name);
  if (near && el->eco->time.declared) diag_hint(el->cc, d, "did you mean `%s`?", elab_text(el, near));
  else if (el->eco->time.declared) diag_hint(el->cc, d, "the nodes are %s", elab_set_text(el, el->eco->node_set));
  return 1;
}

/* ---- probabilities ---- */
static int stated_everywhere(const Economy *e) {
  for (uint32_t i = 0; i < e->time.n; i++) {
    uint32_t kids = 0, said = 0;
    for (uint32_t j = 0; j < e->time.n; j++)
      if (e->time.node[j].prev == i) {
        kids++;
        said += e->time.node[j].prob != NULL;
      }
    if (kids > 1 && said < kids) return 0;
  }
  return 1;
}

static const Expr *elab_prob(Cx *cx, const Ast *a, Ix node, int conditional) {
  Elab *el = cx->el;
  Economy *e = el->eco;
  SymId s = conditional ? e->prob1 : e->prob;
  Ix ix[MAX_INDICES];
  uint32_t n = 0;
  if (cx->agent >= 0) {
    const Agent *g = &e->agents.at[cx->agent];
    if (g->prob && g->prob != e->prob) {
      s = conditional ? g->prob1 : g->prob;
      for (uint32_t i = 0; i < g->nidx; i++) ix[n++] = cx->type[i];
    }
  }
  if ((s == e->prob || s == e->prob1) && !stated_everywhere(e)) {
    if (el->timeless) return NULL;
    Diag *d = diag_add(el->cc, SEV_ERROR, "time.probability", elab_at(cx, a), "an expectation needs probabilities, and the tree states none at a node with several successors");
    diag_hint(el->cc, d, "write `probability` and a value in the tree, or give the agents a `belief`");
    return NULL;
  }
  ix[n++] = node;
  return ex_ref(el->mem, elab_at(cx, a), s, ix, n);
}

/* ---- the forms of E[...] ---- */
static int is_word_call(const Elab *el, const Ast *a, Word w) { return a->kind == AST_CALL && a->kid[0]->kind == AST_NAME && a->kid[0]->text == el->w[w]; }
static int is_date_sum(const Elab *el, const Ast *a) {
  return is_word_call(el, a, W_sum) && a->nkid == 3 && a->kid[1]->kind == AST_NAME && a->kid[1]->text == el->w[W_date];
}
static int has_date_sum(const Elab *el, const Ast *a) {
  if (is_date_sum(el, a)) return 1;
  if (a->kind == AST_INDEX && a->kid[0]->kind == AST_NAME && a->kid[0]->text == el->w[W_E]) return 0;
  for (uint32_t i = 0; i < a->nkid; i++)
    if (a->kid[i] && has_date_sum(el, a->kid[i])) return 1;
  return 0;
}

/* A set of nodes after an @, not bound by anything: the cut. NULL where there is none; *two: there are different ones. */
static const Ast *find_cut(const Cx *cx, const Ast *a, const Ast *found, int *two) {
  if (a->kind == AST_AT && a->nkid > 1 && a->kid[1]->kind == AST_NAME) {
    const Ast *n = a->kid[1];
    if (!env_find(cx, n->text) && economy_node(cx->el->eco, n->text) == UINT32_MAX) {
      SymId s = elab_set_named(cx->el, n->text, n->span, 1);
      if (s && economy_set(cx->el->eco, s)->is_nodes) {
        if (found && found->text != n->text) *two = 1;
        found = n;
      }
    }
  }
  for (uint32_t i = 0; i < a->nkid; i++)
    if (a->kid[i]) found = find_cut(cx, a->kid[i], found, two);
  return found;
}

/* Every path from the root meets a cut exactly once. */
static int is_cut(const Economy *e, SymId set) {
  const Set *s = economy_set(e, set);
  for (uint32_t i = 0; i < e->time.n; i++) {
    if (!e->time.node[i].terminal) continue;
    uint32_t met = 0;
    for (uint32_t n = i; n != UINT32_MAX; n = e->time.node[n].prev) met += set_pos(s, e->time.node[n].elem) != UINT32_MAX;
    if (met != 1) return 0;
  }
  return 1;
}

static const Expr *over_nodes(Cx *cx, const Ast *a, const Ast *body, SymId set, Str name, int weighted) {
  Cx in = *cx;
  IdxId v;
  in.level++;
  if (!elab_bind(&in, name, set, &v)) return NULL;
  if (!name) in.env = cx->env;
  in.has_here = 1;
  in.here = ix_bound(v);
  in.here_set = set;
  in.objective = 0;
  in.has_next = 0;
  const Expr *x = elab_number(&in, body);
  if (!x) return NULL;
  const Expr *p = weighted ? elab_prob(&in, a, in.here, 0) : NULL;
  if (weighted && !p) return NULL;
  Arena *m = cx->el->mem;
  Origin at = elab_at(cx, a);
  return ex_sum(m, at, v, (Domain){.set = set}, weighted ? ex_mul2(m, at, p, x) : x, NULL);
}

static const Expr *over_successors(Cx *cx, const Ast *a, const Ast *body) {
  Economy *e = cx->el->eco;
  Arena *m = cx->el->mem;
  Cx in = *cx;
  IdxId v;
  if (!in.has_here && in.objective) {
    in.has_here = 1;
    in.here = ix_elem(e->time.node[0].elem);
    in.here_set = elab_list_set(cx->el, &e->time.node[0].elem, 1, 0);
    in.objective = 0;
  }
  if (!in.has_here) {
    Diag *d = diag_add(cx->el->cc, SEV_ERROR, "time.expectation", elab_at(cx, a), "E[...] over successors needs a node to start from");
    diag_hint(cx->el->cc, d, "over all dates write E[sum(date, ...)], over some nodes E[...@S]");
    return NULL;
  }
  Env *env = in.env;
  in.level++;
  if (!elab_bind(&in, 0, e->node_set, &v)) return NULL;
  in.env = env;
  in.has_next = 1;
  in.next = ix_bound(v);
  const Expr *x = elab_number(&in, body), *p = x ? elab_prob(&in, a, in.next, 1) : NULL;
  if (!p) return NULL;
  Origin at = elab_at(cx, a);
  return ex_sum(m, at, v, (Domain){.set = e->node_set, .succ = 1, .prev = in.here}, ex_mul2(m, at, p, x), NULL);
}

static const Expr *expect_term(Cx *cx, const Ast *a, const Ast *x);

/* Factors beside one sum(date, ...) stand outside of it. */
static const Expr *expect_product(Cx *cx, const Ast *a, const Ast *x) {
  Arena *m = cx->el->mem;
  const Expr *r = NULL;
  for (uint32_t i = 0; i < x->nkid; i++) {
    const Expr *f = has_date_sum(cx->el, x->kid[i]) ? expect_term(cx, a, x->kid[i]) : elab_number(cx, x->kid[i]);
    if (!f) return NULL;
    r = !r ? f : x->ops[i - 1] == '*' ? ex_mul2(m, elab_at(cx, x), r, f) : ex_div(m, elab_at(cx, x), r, f);
  }
  return r;
}

static const Expr *expect_chain(Cx *cx, const Ast *a, const Ast *x) {
  Arena *m = cx->el->mem;
  const Expr **kid = ARENA_ARRAY(m, const Expr *, x->nkid);
  int wrong = 0;
  for (uint32_t i = 0; kid && i < x->nkid; i++) {
    kid[i] = expect_term(cx, a, x->kid[i]);
    wrong |= !kid[i];
    if (i && kid[i] && x->ops[i - 1] == '-') kid[i] = ex_neg(m, elab_at(cx, x->kid[i]), kid[i]);
  }
  return wrong || !kid ? NULL : ex_add(m, elab_at(cx, x), kid, x->nkid);
}

static const Expr *expect_term(Cx *cx, const Ast *a, const Ast *x) {
  Elab *el = cx->el;
  int two = 0;
  while (x->kind == AST_PAREN) x = x->kid[0];
  if (is_date_sum(el, x)) return over_nodes(cx, a, x->kid[2], el->eco->node_set, 0, 1);
  const Ast *cut = find_cut(cx, x, NULL, &two);
  int split = has_date_sum(el, x) || cut;
  if (x->kind == AST_CHAIN && split && strchr("+-", x->ops[0])) return expect_chain(cx, a, x);
  if (x->kind == AST_NEG && split) {
    const Expr *e = expect_term(cx, a, x->kid[0]);
    return e ? ex_neg(el->mem, elab_at(cx, x), e) : NULL;
  }
  if (x->kind == AST_CHAIN && has_date_sum(el, x)) return expect_product(cx, a, x);
  if (!cut) return over_successors(cx, a, x);
  if (two) {
    diag_add(el->cc, SEV_ERROR, "time.cut", elab_at(cx, x), "one term of an expectation reads values at two different sets of nodes");
    return NULL;
  }
  SymId set = elab_set_named(el, cut->text, cut->span, 0);
  if (!is_cut(el->eco, set)) {
    Diag *d = diag_add(el->cc, SEV_ERROR, "time.cut", elab_at(cx, cut), "an expectation over `%s` has no meaning: some path meets these nodes twice or never", elab_text(el, cut->text));
    diag_hint(el->cc, d, "over several dates write E[sum(date, ...)]");
    return NULL;
  }
  return over_nodes(cx, a, x, set, cut->text, 1);
}

const Expr *elab_expectation(Cx *cx, const Ast *a) {
  if (a->nkid != 2) {
    diag_add(cx->el->cc, SEV_ERROR, "time.expectation", elab_at(cx, a), "E[...] takes one expression");
    return NULL;
  }
  if (a->flag & 1) {
    elab_later(cx->el, a->span, "later.conditional", "a conditional expectation", 0);
    return NULL;
  }
  return expect_term(cx, a, a->kid[1]);
}
