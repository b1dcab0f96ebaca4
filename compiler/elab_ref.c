/* elab_ref.c: a name used with some of its indices becomes a reference with all of them (docs/language.md, "Names and indices"). */
#include "elab.h"
#include <math.h>

/* ---- what was written ---- */
typedef struct { const Ast *name, *node, *dot; const Ast *idx[MAX_INDICES]; uint32_t n; int wrong; } Peeled;

static void peel_node(Cx *cx, Peeled *p, const Ast *node) {
  if (p->node) {
    diag_add(cx->el->cc, SEV_ERROR, "names.node", elab_at(cx, node), "a name has one node, and this is the second");
    p->wrong = 1;
  }
  p->node = node;
}

static void peel(Cx *cx, const Ast *a, Peeled *p) {
  if (a->kind == AST_NAME) p->name = a;
  else if (a->kind == AST_ERROR) p->wrong = 1;
  else if (a->kind == AST_PAREN && (a->kid[0]->kind == AST_NAME || a->kid[0]->kind == AST_INDEX || a->kid[0]->kind == AST_AT)) peel(cx, a->kid[0], p);
  else if (a->kind == AST_AT) {
    peel(cx, a->kid[0], p);
    peel_node(cx, p, a->kid[1]);
  } else if (a->kind == AST_INDEX) {
    peel(cx, a->kid[0], p);
    if (a->flag & 1) {
      elab_later(cx->el, a->span, "later.conditional", "a conditional value (with a bar)", 0);
      p->wrong = 1;
    }
    for (uint32_t i = 1; i < a->nkid; i++) {
      const Ast *x = a->kid[i];
      if (x->kind == AST_AT) {                          /* x[c1@now] is x[c1]@now */
        peel_node(cx, p, x->kid[1]);
        x = x->kid[0];
      }
      if (p->n < MAX_INDICES) p->idx[p->n++] = x;
      else p->wrong = 1;
    }
  } else if (a->kind == AST_DOT) {
    p->dot = a;
  } else {
    diag_add(cx->el->cc, SEV_ERROR, "names.reference", elab_at(cx, a), "only a name can have indices or a node");
    p->wrong = 1;
  }
}

int elab_as_index(Cx *cx, const Ast *a, const Expr *e, Ix *out, SymId *set) {
  *set = 0;
  if (e->kind == E_ELEM) *out = ix_elem(e->v);
  else if (e->kind == E_IDX && e->nix) *out = e->ix[0];
  else if (e->kind == E_IDX) {
    *out = ix_bound(e->v);
    *set = cx->el->eco->idxs.at[e->v].set;
  } else if (e->kind == E_IF) *out = (Ix){.kind = IX_EXPR, .e = e};
  else if (e->kind == E_NUM && e->num >= 0 && e->num < 2147483647.0 && floor(e->num) == e->num) *out = ix_elem(ELEM_NUMBER | (uint32_t)e->num);
  else {
    diag_add(cx->el->cc, SEV_ERROR, "names.index", elab_at(cx, a), "this is not an element: an index is an element, an index variable, or a choice between such");
    return 1;
  }
  if (out->kind == IX_PREV && !out->e) *set = cx->el->eco->idxs.at[out->v].set;
  return 0;
}

static Env *env_find(const Cx *cx, Str name) {
  Env *e = cx->env;
  while (e && e->name != name) e = e->up;
  return e;
}

int elab_given(Cx *cx, const Ast *a, Given *g) {
  *g = (Given){.ast = a};
  while (a->kind == AST_PAREN) a = a->kid[0];
  if (a->kind == AST_NAME) {
    Env *e = env_find(cx, a->text);
    if (e && e->kind == BIND_INDEX) {
      e->used = 1;
      g->ix = e->ix;
      g->set = e->set;
      return 0;
    }
    if (!e) {
      g->ix = ix_elem(a->text);
      return 0;
    }
  }
  const Expr *e = elab_expr(cx, a);
  return !e || elab_as_index(cx, a, e, &g->ix, &g->set);
}

/* ---- does an index fit a set? ---- */
static int leaves_fit(const Economy *eco, const Expr *e, SymId set) {
  if (e->kind == E_IF) return leaves_fit(eco, e->kid[1], set) && leaves_fit(eco, e->kid[2], set);
  if (e->kind == E_ELEM) return set_pos(economy_set(eco, set), e->v) != UINT32_MAX;
  if (e->kind == E_NUM) return e->num >= 0 && e->num < 2147483647.0 && set_pos(economy_set(eco, set), ELEM_NUMBER | (uint32_t)e->num) != UINT32_MAX;
  return e->kind == E_IDX && !e->nix && elab_subset(eco, eco->idxs.at[e->v].set, set);
}

static int fits(const Economy *eco, const Given *g, SymId set) {
  switch (g->ix.kind) {
  case IX_ELEM: return set_pos(economy_set(eco, set), g->ix.v) != UINT32_MAX;
  case IX_BOUND: return elab_subset(eco, eco->idxs.at[g->ix.v].set, set);
  case IX_EXPR: return leaves_fit(eco, g->ix.e, set);
  case IX_PREV: return economy_set(eco, set)->is_nodes;
  }
  return 0;
}

/* ---- what the enclosing scopes offer for a missing index: the binders of the statement's head, the agent's type, the node; a set
 * with one element; at last the binders of sums, whose indices are as a rule written: sum(j in N, part*x[j]) has the type's part ---- */
enum { FOUND, NONE, SEVERAL };

/* no_type: not the agent's own type indices, which stand at level 0 (the types of another class are written in full). */
static int from_binders(Cx *cx, SymId set, int of_sum, int no_type, Ix *out) {
  Env *found = NULL;
  for (Env *e = cx->env; e; e = e->up) {
    if (found && e->level != found->level && e->of_sum == of_sum) break;
    if (e->kind != BIND_INDEX || e->of_sum != of_sum || (no_type && !e->level) || !elab_subset(cx->el->eco, e->set, set)) continue;
    if (found && !ix_equal(found->ix, e->ix)) return SEVERAL;
    if (!found) found = e;
  }
  if (!found) return NONE;
  found->used = 1;
  *out = found->ix;
  return FOUND;
}

static int from_type(const Cx *cx, SymId set, Ix *out) {
  if (cx->agent < 0) return NONE;
  const Agent *a = &cx->el->eco->agents.at[cx->agent];
  int n = 0;
  for (uint32_t i = 0; i < a->nidx; i++)
    if (elab_subset(cx->el->eco, a->set[i], set)) {
      *out = cx->type[i];
      n++;
    }
  return n == 0 ? NONE : n == 1 ? FOUND : SEVERAL;
}

static int taken(const Ix *out, const uint8_t *filled, uint32_t nd, Ix x) {
  for (uint32_t d = 0; d < nd; d++)
    if (filled[d] && ix_equal(out[d], x)) return 1;
  return 0;
}

/* In a query a missing index runs over all values; one variable serves every reference that lacks the same set. */
static Ix from_query(Cx *cx, SymId set, const Ix *out, const uint8_t *filled, uint32_t nd) {
  for (uint32_t i = 0; i < cx->free->n; i++) {
    Ix x = ix_bound(cx->free->at[i]);
    if (cx->el->eco->idxs.at[x.v].set == set && !taken(out, filled, nd, x)) return x;
  }
  IdxId v = economy_idx(cx->el->eco, economy_at(cx->el->eco, set)->name, set);
  if (cx->free->n < MAX_INDICES) cx->free->at[cx->free->n++] = v;
  return ix_bound(v);
}

static int fill(Cx *cx, SymId set, int binders_only, Ix *out, const uint8_t *filled, uint32_t nd, uint32_t d, int try) {
  int r = from_binders(cx, set, 0, binders_only, &out[d]);
  if (r == NONE && !binders_only) r = from_type(cx, set, &out[d]);
  if (r == NONE && !binders_only && cx->has_here && elab_subset(cx->el->eco, cx->here_set, set)) {
    out[d] = cx->here;
    r = FOUND;
  }
  if (r == NONE && set_size(economy_set(cx->el->eco, set)) == 1) {
    out[d] = ix_elem(set_elem(economy_set(cx->el->eco, set), 0));
    return FOUND;
  }
  if (r == NONE) r = from_binders(cx, set, 1, binders_only, &out[d]);
  if (r == NONE && cx->free) {
    if (!try) out[d] = from_query(cx, set, out, filled, nd);
    return FOUND;
  }
  return r;
}

/* ---- placing the given indices ---- */
typedef struct {
  Cx *cx; const Shape *s; const Given *g; uint32_t ng;
  uint32_t place[MAX_INDICES]; uint32_t np;             /* the positions indices may take, in order */
  uint32_t chosen[MAX_INDICES], kept[MAX_INDICES], found;
  uint8_t fixed[MAX_INDICES]; Ix out[MAX_INDICES];
  int binders_only;                                     /* of another class inside an agent's block: its types in full */
} Placing;

/* Can all indices that are left out be filled in? *bad: the first that cannot, *why: NONE or SEVERAL. */
static int complete(Placing *p, const uint32_t *chosen, int try, Ix *out, uint32_t *bad, int *why) {
  uint8_t filled[MAX_INDICES];
  memcpy(filled, p->fixed, sizeof filled);
  memcpy(out, p->out, sizeof p->out);
  for (uint32_t i = 0; i < p->ng; i++) {
    out[p->place[chosen[i]]] = p->g[i].ix;
    filled[p->place[chosen[i]]] = 1;
  }
  for (uint32_t i = 0; i < p->np; i++) {
    uint32_t d = p->place[i];
    if (filled[d]) continue;
    int r = fill(p->cx, p->s->dom[d], p->binders_only && d < p->s->ntype, out, filled, p->s->ndom, d, try);
    for (uint32_t j = 0; j < i && r == FOUND; j++)      /* one variable cannot stand for two missing indices over one set */
      if (!p->fixed[p->place[j]] && !p->cx->free && filled[p->place[j]] == 2 && out[d].kind == IX_BOUND && ix_equal(out[p->place[j]], out[d])) r = SEVERAL;
    if (r != FOUND) {
      *bad = d;
      *why = r;
      return 0;
    }
    filled[d] = 2;
  }
  return 1;
}

static void place(Placing *p, uint32_t i, uint32_t from) {
  if (i == p->ng) {
    Ix out[MAX_INDICES];
    uint32_t bad;
    int why;
    if (!complete(p, p->chosen, 1, out, &bad, &why)) return;
    if (!p->found++) memcpy(p->kept, p->chosen, sizeof p->kept);
    return;
  }
  for (uint32_t k = from; k + (p->ng - i) <= p->np && p->found < 2; k++) {
    if (!fits(p->cx->el->eco, &p->g[i], p->s->dom[p->place[k]])) continue;
    p->chosen[i] = k;
    place(p, i + 1, k + 1);
  }
}

/* ---- messages ---- */
static const char *full_spelling(Elab *el, const Shape *s) {
  Text t = {0};
  uint32_t written = 0;
  text_put(&t, elab_text(el, s->name));
  for (uint32_t d = 0; d < s->ndom; d++)
    if ((int)d != s->node_dim) text_printf(&t, "%s%s", written++ ? "," : "[", elab_text(el, economy_at(el->eco, s->dom[d])->name));
  if (written) text_put(&t, "]");
  if (s->node_dim >= 0 && el->eco->time.declared) text_put(&t, "@node");
  const char *out = t.failed ? NULL : arena_text(el->mem, t.at, t.n);
  text_free(&t);
  return out ? out : "";
}

static void wrong_index(Cx *cx, const Shape *s, const Given *g, SymId set) {
  Elab *el = cx->el;
  const char *want = elab_text(el, economy_at(el->eco, set)->name);
  if (g->ix.kind != IX_ELEM) {
    Diag *d = g->set ? diag_add(el->cc, SEV_ERROR, "names.index-set", elab_at(cx, g->ast), "this index of `%s` runs over `%s`, and `%s` is wanted here",
                                elab_text(el, s->name), elab_text(el, economy_at(el->eco, g->set)->name), want)
                     : diag_add(el->cc, SEV_ERROR, "names.index-set", elab_at(cx, g->ast), "this index of `%s` does not always lie in `%s`", elab_text(el, s->name), want);
    diag_hint(el->cc, d, "in full: %s", full_spelling(el, s));
    return;
  }
  if (el->timeless && economy_set(el->eco, set)->is_nodes) return;
  char b[16];
  const char *name = elem_text(el->eco, g->ix.v, b);
  Diag *d = diag_add(el->cc, SEV_ERROR, "names.element", elab_at(cx, g->ast), "`%s` is not an element of `%s` %s", name, want, elab_set_text(el, set));
  Str near = elem_is_number(g->ix.v) ? 0 : elab_nearest_element(el, set, name);
  if (near) diag_hint(el->cc, d, "did you mean `%s`?", elab_text(el, near));
  else diag_hint(el->cc, d, "in full: %s", full_spelling(el, s));
}

static void wrong_place(Placing *p, const Ast *at) {
  Cx *cx = p->cx;
  Elab *el = cx->el;
  for (uint32_t i = 0; i < p->ng; i++) {
    int some = 0;
    for (uint32_t k = 0; k < p->np; k++) some |= fits(el->eco, &p->g[i], p->s->dom[p->place[k]]);
    uint32_t k = p->ng == p->np ? i : p->np - p->ng + i;
    if (!some || (p->ng == p->np && !fits(el->eco, &p->g[i], p->s->dom[p->place[i]]))) {
      wrong_index(cx, p->s, &p->g[i], p->s->dom[p->place[k]]);
      return;
    }
  }
  uint32_t bad = p->np ? p->place[0] : 0, chosen[MAX_INDICES] = {0};
  int why = NONE;
  Ix out[MAX_INDICES];
  uint32_t k = 0;
  for (uint32_t i = 0; i < p->ng; i++) {
    while (k < p->np && !fits(el->eco, &p->g[i], p->s->dom[p->place[k]])) k++;
    chosen[i] = k < p->np ? k++ : p->np - 1;
  }
  if (p->np) complete(p, chosen, 1, out, &bad, &why);
  Diag *d = diag_add(el->cc, SEV_ERROR, why == SEVERAL ? "names.ambiguous" : "names.missing-index", elab_at(cx, at),
                     why == SEVERAL ? "the index over `%2$s` of `%1$s` is left out, and more than one stands nearby" : "`%s` needs an index over `%s`, and none stands nearby",
                     elab_text(el, p->s->name), elab_text(el, economy_at(el->eco, p->s->dom[bad])->name));
  diag_hint(el->cc, d, "in full: %s", full_spelling(el, p->s));
}

static int try_places(Placing *p, uint32_t first, int with_node, const Ast *at, int *done) {
  p->np = 0;
  p->found = 0;
  for (uint32_t d = first; d < p->s->ndom; d++)
    if (((int)d != p->s->node_dim || with_node) && !p->fixed[d]) p->place[p->np++] = d;
  if (p->ng > p->np) return 0;
  place(p, 0, 0);
  if (p->found > 1) {
    Diag *d = diag_add(p->cx->el->cc, SEV_ERROR, "names.ambiguous", elab_at(p->cx, at), "the indices of `%s` can be meant in more than one way",
                       elab_text(p->cx->el, p->s->name));
    diag_hint(p->cx->el->cc, d, "in full: %s", full_spelling(p->cx->el, p->s));
    *done = -1;
    return 1;
  }
  if (!p->found) return 0;
  uint32_t bad;
  int why;
  Ix out[MAX_INDICES];
  complete(p, p->kept, 0, out, &bad, &why);
  memcpy(p->out, out, sizeof out);
  *done = 1;
  return 1;
}

static int node_index(Cx *cx, const Shape *s, Ix *out, const uint8_t *filled, const Ast *at) {
  Elab *el = cx->el;
  SymId set = s->dom[s->node_dim];
  Ix tmp[MAX_INDICES];
  if (cx->has_here) {
    *out = cx->here;
    return 0;
  }
  memset(tmp, 0, sizeof tmp);
  int r = fill(cx, set, 0, tmp, filled, s->ndom, (uint32_t)s->node_dim, 0);
  *out = tmp[s->node_dim];
  if (r == FOUND) return 0;
  Diag *d = diag_add(el->cc, SEV_ERROR, "names.missing-node", elab_at(cx, at), "`%s` has a value at each node, and no node stands here", elab_text(el, s->name));
  diag_hint(el->cc, d, cx->objective ? "in full: %s; over all dates: E[sum(date, ...)]" : "in full: %s", full_spelling(el, s));
  return 1;
}

int elab_spell(Cx *cx, const Shape *s, const Given *g, uint32_t n, const Ix *node, Ix *out, const Ast *at) {
  Placing p = {.cx = cx, .s = s, .g = g, .ng = n};
  int done = 0, with_node = 0;
  if (s->ndom > MAX_INDICES || n > MAX_INDICES) return 1;
  p.binders_only = cx->agent >= 0 && s->ntype && !s->own;
  if (node) {
    p.out[s->node_dim] = *node;
    p.fixed[s->node_dim] = 1;
  }
  Placing own = p;
  if (s->own) {
    for (uint32_t i = 0; i < s->ntype; i++) {
      own.out[i] = cx->type[i];
      own.fixed[i] = 1;
    }
    if (try_places(&own, s->ntype, 0, at, &done)) p = own;
  }
  if (!done) try_places(&p, 0, 0, at, &done);
  if (!done && !node && s->node_dim >= 0) with_node = try_places(&p, 0, 1, at, &done);
  if (done < 0) return 1;
  if (!done) {
    try_places(&p, 0, 0, at, &done);
    if (p.ng <= p.np) wrong_place(s->own && n <= own.np && own.np ? &own : &p, at);
    else {
      Diag *d = diag_add(cx->el->cc, SEV_ERROR, "names.index-count", elab_at(cx, at), "`%s` has %u ind%s, and %u stand%s here", elab_text(cx->el, s->name), p.np,
                         p.np == 1 ? "ex" : "ices", n, n == 1 ? "s" : "");
      diag_hint(cx->el->cc, d, "in full: %s", full_spelling(cx->el, s));
    }
    return 1;
  }
  if (s->node_dim >= 0 && !node && !with_node) {
    uint8_t filled[MAX_INDICES];
    for (uint32_t i = 0; i < MAX_INDICES; i++) filled[i] = (int)i != s->node_dim;
    if (node_index(cx, s, &p.out[s->node_dim], filled, at)) return 1;
  }
  memcpy(out, p.out, s->ndom * sizeof *out);
  return 0;
}

/* ---- which symbol is meant ---- */
/* Whether an index names the owner of one of the meanings: a class of agents, or a market where a price of rights belongs to it. */
static int is_class_of(const Cx *cx, const Named *first, const Ast *a, SymId *class) {
  if (a->kind != AST_NAME || env_find(cx, a->text)) return 0;
  const Named *c = scope_owned(cx->el->scope, NS_STRUCTURE, a->text, 0);
  if (!c) return 0;
  for (; first; first = first->next)
    if (first->owner == c->sym) {
      *class = c->sym;
      return 1;
    }
  return 0;
}

/* The meaning of a name here: its own class's, the file's, the one class's that has it; *skip = 1 where the first index names the class. */
static Named *meaning(Cx *cx, Peeled *p, Named *first, uint32_t *skip) {
  SymId own = cx->agent >= 0 ? cx->el->eco->agents.at[cx->agent].sym : 0, class = 0;
  Named *only = NULL, *mine = NULL, *filewide = NULL;
  uint32_t n = 0;
  *skip = 0;
  if (p->n && is_class_of(cx, first, p->idx[0], &class)) *skip = 1;
  if (!class) class = cx->owner;
  for (Named *m = first; m; m = m->next) {
    if (m->owner == class && class) return m;
    if (m->owner == own && own) mine = m;
    if (!m->owner) filewide = m;
    if (!only || only->owner != m->owner) n++;
    only = only ? only : m;
  }
  if (mine || filewide) return mine ? mine : filewide;
  if (n == 1) return only;
  Text t = {0};
  for (Named *m = first; m; m = m->next)
    text_printf(&t, "%s%s[%s%s]", t.n ? " or " : "", elab_text(cx->el, p->name->text), elab_text(cx->el, economy_at(cx->el->eco, m->owner)->name), p->n ? ",..." : "");
  Diag *d = diag_add(cx->el->cc, SEV_ERROR, "names.ambiguous", elab_at(cx, p->name), "several classes have `%s`", elab_text(cx->el, p->name->text));
  diag_hint(cx->el->cc, d, "say whose: %s", t.at ? t.at : "");
  text_free(&t);
  return NULL;
}

/* ---- building the reference ---- */
static int before_root(Cx *cx, const Sym *s, const Ast *at) {
  int watched = s->kind == SYM_CHOICE || s->kind == SYM_VAR;
  if (!watched || cx->el->timeless || cx->el->incomplete || s->initial || s->node_dim < 0 || s->dom[s->node_dim] != cx->el->eco->node_set) return 0;
  if (!cx->has_here || cx->here.kind == IX_PREV) return 0;
  const Node *root = &cx->el->eco->time.node[0];
  int at_root = cx->here.kind == IX_ELEM ? cx->here.v == root->elem
                                         : cx->here_set && set_pos(economy_set(cx->el->eco, cx->here_set), root->elem) != UINT32_MAX;
  if (!at_root) return 0;
  char b[16];
  Diag *d = diag_add(cx->el->cc, SEV_ERROR, "time.initial", elab_at(cx, at), "`%s@prev` at the root `%s` needs a value from before", elab_text(cx->el, s->name),
                     elem_text(cx->el->eco, root->elem, b));
  diag_hint(cx->el->cc, d, "write `initial` and a value where `%s` is declared, or name the nodes at which it is decided", elab_text(cx->el, s->name));
  return 1;
}

static const Expr *finish(Cx *cx, const Sym *sym, SymId s, const Ix *out, const Ast *a) {
  Origin at = elab_at(cx, a);
  if (sym->kind == SYM_LET && !cx->free) {               /* a query keeps the name: its definition is evaluated at a solution */
    if (!sym->def) return NULL;
    return elab_written_out(cx, a, sym->def) ? ex_subst(cx->el->mem, sym->def, sym->idx, out, sym->ndom) : NULL;
  }
  const Expr *e = ex_ref(cx->el->mem, at, s, out, sym->ndom);
  if (!cx->solution) return e;
  Expr v = *e;
  v.solution = cx->solution;
  return ex_keep(cx->el->mem, v);
}

/* @next outside E[...]: the one successor, as a sum over it; zero at a last node. */
static const Expr *next_outside(Cx *cx, const Ast *a, const Ast *node) {
  const Economy *e = cx->el->eco;
  if (!cx->has_here) {
    diag_add(cx->el->cc, SEV_ERROR, "time.next", elab_at(cx, node), "`@next` needs a node to come after");
    return NULL;
  }
  const Set *at = economy_set(e, cx->here_set);
  for (uint32_t i = 0; at && i < set_size(at); i++) {
    uint32_t n = economy_node(e, set_elem(at, i)), next = 0;
    for (uint32_t j = 0; j < e->time.n; j++) next += e->time.node[j].prev == n;
    if (next < 2) continue;
    char b[16];
    Diag *d = diag_add(cx->el->cc, SEV_ERROR, "time.next", elab_at(cx, node), "after `%s` there are several successors, so `@next` has no one meaning", elem_text(e, set_elem(at, i), b));
    diag_hint(cx->el->cc, d, "put it inside E[...]");
    return NULL;
  }
  Cx in = *cx;
  IdxId v;
  in.level++;
  if (!elab_bind(&in, 0, e->node_set, &v)) return NULL;
  in.env = cx->env;
  in.has_next = 1;
  in.next = ix_bound(v);
  const Expr *body = elab_reference(&in, a);
  return body ? ex_sum(cx->el->mem, elab_at(cx, a), v, (Domain){.set = e->node_set, .succ = 1, .prev = cx->here}, body, NULL) : NULL;
}

static int dated_at(const Economy *e, const Sym *s) {
  if (s->node_dim >= 0) return s->node_dim;
  int found = -1;
  for (uint32_t d = 0; d < s->ndom; d++)
    if (economy_set(e, s->dom[d])->is_nodes) found = found < 0 ? (int)d : -2;
  return found < 0 ? -1 : found;
}

static const Expr *of_symbol(Cx *cx, const Ast *a, Peeled *p, Named *m, uint32_t skip) {
  Elab *el = cx->el;
  if (m->kind == NAMED_LET && elab_let(el, m->def)) return NULL;
  Sym sym = *economy_at(el->eco, m->sym);
  const Agent *owner = sym.owner ? economy_agent(el->eco, sym.owner) : NULL;
  Shape s = {.name = sym.name, .sym = m->sym, .dom = sym.dom, .ndom = sym.ndom, .node_dim = sym.node_dim, .ntype = owner ? owner->nidx : 0};
  s.own = owner && cx->agent >= 0 && el->eco->agents.at[cx->agent].sym == sym.owner && cx->type != NULL;
  Given g[MAX_INDICES];
  Ix out[MAX_INDICES], node;
  int has_node = 0, wrong = 0;
  for (uint32_t i = skip; i < p->n; i++) wrong |= elab_given(cx, p->idx[i], &g[i - skip]);
  if (wrong) return NULL;
  if (p->node) {
    s.node_dim = dated_at(el->eco, &sym);
    if (s.node_dim < 0) {
      diag_add(el->cc, SEV_ERROR, "names.undated", elab_at(cx, p->node), "`%s` is the same at all nodes: it takes no @", elab_text(el, sym.name));
      return NULL;
    }
    int r = elab_node_ref(cx, p->node, &node);
    if (r == 1) return NULL;
    if (r == 3) return next_outside(cx, a, p->node);
    if (p->node->kind == AST_NAME && p->node->text == el->w[W_prev] && before_root(cx, &sym, a)) return NULL;
    if (r == 2) return ex_num(el->mem, elab_at(cx, a), 0);
    has_node = 1;
  }
  if (elab_spell(cx, &s, g, p->n - skip, has_node ? &node : NULL, out, a)) return NULL;
  return finish(cx, &sym, m->sym, out, a);
}

static const Expr *of_env(Cx *cx, const Ast *a, Peeled *p, Env *e) {
  Elab *el = cx->el;
  e->used = 1;
  if (p->node) {
    diag_add(el->cc, SEV_ERROR, "names.undated", elab_at(cx, p->node), "`%s` takes no @ here", elab_text(el, e->name));
    return NULL;
  }
  if (e->kind == BIND_TEMPLATE) {
    Given g[MAX_INDICES];
    Ix out[MAX_INDICES];
    Shape s = {.name = e->name, .dom = e->sets, .ndom = e->nformal, .node_dim = -1};
    for (uint32_t i = 0; i < p->n; i++)
      if (elab_given(cx, p->idx[i], &g[i])) return NULL;
    if (elab_spell(cx, &s, g, p->n, NULL, out, a) || !e->value) return NULL;
    return elab_written_out(cx, a, e->value) ? ex_subst(el->mem, e->value, e->formal, out, e->nformal) : NULL;
  }
  if (p->n) {
    diag_add(el->cc, SEV_ERROR, "names.index-count", elab_at(cx, a), "`%s` has no indices here", elab_text(el, e->name));
    return NULL;
  }
  if (e->kind == BIND_VALUE) return e->value;
  if (e->kind == BIND_DOMAIN) {
    diag_add(el->cc, SEV_ERROR, "names.index", elab_at(cx, a), "`%s` is what a sum runs over, not a value", elab_text(el, e->name));
    return NULL;
  }
  if (e->ix.kind == IX_ELEM) return ex_elem(el->mem, elab_at(cx, a), e->ix.v);
  return e->ix.kind == IX_BOUND ? ex_idx(el->mem, elab_at(cx, a), e->ix.v) : NULL;
}

/* The number behind `all` in `all[2].p`: a whole number over parameters' literals. */
static Str one_of_several(Cx *cx, const Ast *base, const Named *s) {
  Elab *el = cx->el;
  const Ast *name = base->kid[0];
  Cx plain = *cx;
  plain.free = NULL;
  if (s->kind == NAMED_REFUSED) return name->text;
  if (el->model->questions.at[s->question].concept != Q_EQUILIBRIA) {
    Diag *d = diag_add(el->cc, SEV_ERROR, "names.solution", elab_at(cx, base), "`%s` is one solution, so it takes no number", elab_text(el, name->text));
    diag_hint(el->cc, d, "write `%s.` and the quantity; `solve %s = equilibria;` would look for several", elab_text(el, name->text), elab_text(el, name->text));
    return 0;
  }
  const Expr *k = base->nkid == 2 ? elab_expr(&plain, base->kid[1]) : NULL;
  double n = !k ? (double)NAN : k->kind == E_NUM ? k->num : k->kind == E_ELEM && elem_is_number(k->v) ? (double)elem_value(k->v) : (double)NAN;
  if (!(n >= 1 && n <= 1e6 && n == floor(n))) {
    Diag *d = diag_add(el->cc, SEV_ERROR, "names.solution", elab_at(cx, base), "an equilibrium of `%s` is named by its number, from 1 on", elab_text(el, name->text));
    diag_hint(el->cc, d, "`%s[1]` is the first; `%s.count` says how many were found", elab_text(el, name->text), elab_text(el, name->text));
    return 0;
  }
  Text t = {0};
  text_printf(&t, "%s[%.0f]", elab_text(el, name->text), n);
  Str s2 = t.at ? str_intern(el->cc->strs, t.at, t.n) : 0;
  text_free(&t);
  return s2;
}

Str elab_solution(Cx *cx, const Ast *dot) {
  Elab *el = cx->el;
  const Ast *base = dot->kid[0], *name = base->kind == AST_INDEX ? base->kid[0] : base;
  if (!cx->free) {
    const Named *of = name->kind == AST_NAME ? scope_find(el->scope, NS_STRUCTURE, name->text) : NULL;
    Diag *d = diag_add(el->cc, SEV_ERROR, "names.solution", elab_at(cx, dot), "a value of a solution can stand in report and expect only");
    if (of && of->sym && economy_agent(el->eco, of->sym))
      diag_hint(el->cc, d, "outside of its class a choice of `%s` is `%s[%s]`, or `%s` where one class has it", elab_text(el, name->text), elab_text(el, dot->text), elab_text(el, name->text), elab_text(el, dot->text));
    return 0;
  }
  const Named *s = name->kind == AST_NAME ? scope_find(el->scope, NS_STRUCTURE, name->text) : NULL;
  if (s && s->kind >= NAMED_SOLUTION) return base == name ? name->text : one_of_several(cx, base, s);
  if (name->kind == AST_NAME) elab_unknown(el, cx, name, name->text, 1u << NS_STRUCTURE, "a solution");
  else diag_add(el->cc, SEV_ERROR, "names.solution", elab_at(cx, base), "the name of a solution stands before the dot");
  return 0;
}

/* `all.count`, `all.index`, `all[2].index`, where the economy has no quantity of that name; 0 for anything else. */
static SymId fact_of(Elab *el, const Ast *dot) {
  const Ast *base = dot->kid[0], *name = base->kind == AST_INDEX ? base->kid[0] : base;
  const Named *s = name->kind == AST_NAME ? scope_find(el->scope, NS_STRUCTURE, name->text) : NULL;
  if (!s || s->kind != NAMED_SOLUTION || scope_find(el->scope, NS_VALUE, dot->text)) return 0;
  Concept asked = el->model->questions.at[s->question].concept;
  if (asked == Q_SECOND_BEST && dot->text == economy_at(el->eco, el->model->value)->name) return el->model->value;
  if (asked != Q_EQUILIBRIA) return 0;
  if (dot->text == economy_at(el->eco, el->model->count)->name) return el->model->count;
  return dot->text == economy_at(el->eco, el->model->index)->name ? el->model->index : 0;
}

static const Expr *fact(Cx *cx, const Ast *a, const Ast *dot, Str of, SymId s) {
  if (a != dot || (s == cx->el->model->count && dot->kid[0]->kind == AST_INDEX)) {
    diag_add(cx->el->cc, SEV_ERROR, "names.index-count", elab_at(cx, a), a != dot ? "`%s` has no indices here" : "`%s` is of all equilibria together, not of one", elab_text(cx->el, dot->text));
    return NULL;
  }
  Expr v = *ex_ref(cx->el->mem, elab_at(cx, a), s, NULL, 0);
  v.solution = of;
  return ex_keep(cx->el->mem, v);
}

static const Expr *with_solution(Cx *cx, const Ast *a, const Ast *dot) {
  Elab *el = cx->el;
  Str of = elab_solution(cx, dot);
  if (!of) return NULL;
  SymId known = fact_of(el, dot);
  if (known) return fact(cx, a, dot, of, known);
  Cx in = *cx;
  Ast *name = ARENA_NEW(el->mem, Ast), *whole = ARENA_NEW(el->mem, Ast);
  if (!name || !whole) return NULL;
  *name = (Ast){.kind = AST_NAME, .span = dot->span, .text = dot->text, .depth = 1};
  in.solution = of;
  if (a == dot) return elab_reference(&in, name);
  *whole = *a;                                          /* ex.k[lender]@now: the same with k in place of ex.k */
  Ast *last = whole;
  while (last->kid[0] != dot) {
    Ast *inner = ARENA_NEW(el->mem, Ast), **kid = ARENA_ARRAY(el->mem, Ast *, last->nkid);
    if (!inner || !kid) return NULL;
    *inner = *last->kid[0];
    memcpy(kid, last->kid, last->nkid * sizeof *kid);
    kid[0] = inner;
    last->kid = kid;
    last = inner;
  }
  Ast **kid = ARENA_ARRAY(el->mem, Ast *, last->nkid);
  if (!kid) return NULL;
  memcpy(kid, last->kid, last->nkid * sizeof *kid);
  kid[0] = name;
  last->kid = kid;
  return elab_reference(&in, whole);
}

const Expr *elab_reference(Cx *cx, const Ast *a) {
  Elab *el = cx->el;
  Peeled p = {0};
  peel(cx, a, &p);
  if (p.wrong) return NULL;
  if (p.dot) return with_solution(cx, a, p.dot);
  if (!p.name) return NULL;
  Str name = p.name->text;
  Env *e = env_find(cx, name);
  if (e) return of_env(cx, a, &p, e);
  if (name == el->w[W_inf] && !p.n) return ex_num(el->mem, elab_at(cx, a), INFINITY);
  Named *first = scope_find(el->scope, NS_VALUE, name);
  if (first) {
    uint32_t skip;
    Named *m = meaning(cx, &p, first, &skip);
    if (!m) return NULL;
    if (m->kind == NAMED_FN) {
      diag_add(el->cc, SEV_ERROR, "fn.call", elab_at(cx, a), "`%s` is a function: give it its arguments", elab_text(el, name));
      return NULL;
    }
    if (m->kind == NAMED_REFUSED) return NULL;
    return of_symbol(cx, a, &p, m, skip);
  }
  if (!p.n && !p.node && scope_find(el->scope, NS_ELEMENT, name)) return ex_elem(el->mem, elab_at(cx, a), name);
  elab_unknown(el, cx, p.name, name, 1u << NS_VALUE | (p.n ? 0 : 1u << NS_ELEMENT), "a name known here");
  return NULL;
}
