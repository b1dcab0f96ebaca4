/* elab_name.c: sets, binders of heads, nodes after @, and what is said about names that are not known. */
#include "elab.h"
#include <math.h>
#include <stdio.h>

const char *elab_text(const Elab *el, Str s) { return str_text(el->cc->strs, s); }
Str elab_word(Elab *el, const char *s) { return str_of(el->cc->strs, s); }
/* What stands in an institution also says where it was applied. */
Origin elab_at(const Cx *cx, const Ast *a) {
  const Compilation *cc = cx->el->cc;
  if (!cx->parent && cc->within) return origin_new(cc->diags, a->span, BY_USE, cc->within);
  return origin_new(cc->diags, a->span, cx->by, cx->parent);
}
Cx elab_file_cx(Elab *el) { return (Cx){.el = el, .agent = -1}; }

/* What the grammar has and this version does not solve is refused by name, at its place. */
void elab_later(Elab *el, Span at, const char *id, const char *what, int plural) {
  Diag *d = diag_at(el->cc, SEV_ERROR, id, at, "%s %s not available in this version of econc", what, plural ? "are" : "is");
  diag_hint(el->cc, d, "the word is part of the language and is read, but nothing here would solve it");
}

const char *elab_set_text(Elab *el, SymId set) {
  const Set *s = economy_set(el->eco, set);
  Text t = {0};
  text_put(&t, "{");
  for (uint32_t i = 0; s && i < set_size(s) && i < 6; i++) {
    char b[16];
    text_printf(&t, "%s%s", i ? ", " : "", elem_text(el->eco, set_elem(s, i), b));
  }
  text_put(&t, s && set_size(s) > 6 ? ", ...}" : "}");
  const char *out = t.failed ? "" : arena_text(el->mem, t.at, t.n);
  text_free(&t);
  return out ? out : "";
}

Str elab_nearest_element(Elab *el, SymId set, const char *name) {
  const Set *s = economy_set(el->eco, set);
  Str c[256];                                           /* the nearest so far, then the next candidates */
  size_t n = 0;
  for (uint32_t i = 0; s && s->kind == S_LIST && i < s->n; i++) {
    if (elem_is_number(s->at[i])) continue;
    if (n == sizeof c / sizeof *c) {
      c[0] = diag_nearest(el->cc->strs, name, c, n);
      n = c[0] != 0;
    }
    c[n++] = s->at[i];
  }
  return diag_nearest(el->cc->strs, name, c, n);
}

/* The institution of which this is a parameter, in its own words or with the institution's name in front; *param is its name. */
static const Ast *parameter_of(const Elab *el, Str name, Str *param) {
  for (uint32_t i = 0; i < el->institutions.n; i++) {
    const Ast *def = el->institutions.at[i];
    const char *inside = elab_text(el, name), *of = elab_text(el, def->text);
    size_t n = strlen(of);
    if (!strncmp(inside, of, n) && inside[n] == '_') inside += n + 1;
    for (uint32_t k = 0; def->kid[0] && k < def->kid[0]->nkid; k++)
      if (!strcmp(elab_text(el, def->kid[0]->kid[k]->text), inside)) {
        *param = def->kid[0]->kid[k]->text;
        return def;
      }
  }
  return NULL;
}

void elab_unknown(Elab *el, const Cx *cx, const Ast *a, Str name, unsigned spaces, const char *what) {
  if (elab_is_spoiled(el, name)) return;
  Origin at = cx ? elab_at(cx, a) : origin_new(el->cc->diags, a->span, BY_SOURCE, 0);
  Diag *d = diag_add(el->cc, SEV_ERROR, "names.unknown", at, "`%s` is not %s", elab_text(el, name), what);
  if (!diag_is_shown(el->cc, d)) return;
  Str near, param = 0;
  const Ast *def = spaces >> NS_VALUE & 1u ? parameter_of(el, name, &param) : NULL;
  if (def) {
    diag_hint(el->cc, d, "it is what the institution `%s` is given: write `with %s(%s = x)`, x being a parameter of the file that may be set and moved", elab_text(el, def->text),
              elab_text(el, def->text), elab_text(el, param));
    return;
  }
  near = scope_nearest(el->scope, el->cc->strs, spaces, name);
  if (!near && spaces >> NS_VALUE & 1u) near = diag_nearest(el->cc->strs, elab_text(el, name), el->w, W_date + 1);
  for (const Env *e = cx ? cx->env : NULL; e && !near; e = e->up)
    if (e->name) near = diag_nearest(el->cc->strs, elab_text(el, name), &e->name, 1);
  if (near) diag_hint(el->cc, d, "did you mean `%s`?", elab_text(el, near));
}

/* ---- sets ---- */
SymId elab_set_named(Elab *el, Str name, Span at, int quiet) {
  const Named *n = scope_find(el->scope, NS_SET, name);
  if (n) return n->sym;                                 /* 0 where its declaration was wrong, which has been said */
  if (quiet || elab_is_spoiled(el, name)) return 0;
  Diag *d = diag_at(el->cc, SEV_ERROR, "names.unknown", at, "`%s` is not a set", elab_text(el, name));
  if (!diag_is_shown(el->cc, d)) return 0;
  if (name == el->w[W_good] && el->eco->goods.n) {
    diag_hint(el->cc, d, "the file's goods are families: their indices are those of their own sets");
    return 0;
  }
  Str near = scope_nearest(el->scope, el->cc->strs, 1u << NS_SET, name);
  if (near) diag_hint(el->cc, d, "did you mean `%s`?", elab_text(el, near));
  return 0;
}

static int same_list(const Set *s, const Elem *x, uint32_t n) {
  if (set_size(s) != n) return 0;
  for (uint32_t i = 0; i < n; i++)
    if (set_elem(s, i) != x[i]) return 0;
  return 1;
}

SymId elab_list_set(Elab *el, const Elem *x, uint32_t n, Origin at) {
  for (uint32_t i = 0; i < el->eco->sets.n; i++)
    if (same_list(&el->eco->sets.at[i], x, n)) return el->eco->sets.at[i].sym;
  Text t = {0};
  for (uint32_t i = 0; i < n; i++) {
    char b[16];
    text_printf(&t, "%s%s", i ? "," : n > 1 ? "{" : "", elem_text(el->eco, x[i], b));
  }
  if (n > 1) text_put(&t, "}");
  Str name = t.failed ? 0 : str_intern(el->cc->strs, t.at ? t.at : "", t.n);
  text_free(&t);
  return economy_add_set(el->eco, name, x, n, at);
}

int elab_subset(const Economy *e, SymId inner, SymId outer) {
  if (inner == outer) return 1;
  const Set *a = economy_set(e, inner), *b = economy_set(e, outer);
  if (!a || !b || set_size(a) > set_size(b)) return 0;
  for (uint32_t i = 0, n = set_size(a); i < n; i++)
    if (set_pos(b, set_elem(a, i)) == UINT32_MAX) return 0;
  return 1;
}

int elab_element(Elab *el, const Ast *a, Elem *out) {
  while (a->kind == AST_PAREN) a = a->kid[0];
  if (a->kind == AST_ERROR) return 1;
  if (a->kind == AST_NAME) {
    *out = a->text;
    return 0;
  }
  if (a->kind == AST_NUM && a->num >= 0 && a->num <= 2147483646.0 && floor(a->num) == a->num) {
    *out = ELEM_NUMBER | (uint32_t)a->num;
    return 0;
  }
  diag_at(el->cc, SEV_ERROR, "names.element", a->span, "an element is a name or a whole number");
  return 1;
}

/* ---- binders of heads ---- */
static int brace_set(Elab *el, const Ast *brace, SymId *set) {
  Elem *x = ARENA_ARRAY(el->mem, Elem, brace->nkid ? brace->nkid : 1);
  if (!x) return 1;
  for (uint32_t i = 0; i < brace->nkid; i++)
    if (elab_element(el, brace->kid[i], &x[i])) return 1;
  *set = elab_list_set(el, x, brace->nkid, origin_new(el->cc->diags, brace->span, BY_SOURCE, 0));
  return *set == 0;
}

static int head_domain(Elab *el, const Ast *dom, SymId *set) {
  if (dom->kind == AST_NAME) return (*set = elab_set_named(el, dom->text, dom->span, 0)) == 0;
  if (dom->kind == AST_BRACE) return brace_set(el, dom, set);
  if (dom->kind == AST_INTERVAL) elab_later(el, dom->span, "later.continuum", "a continuum of types (an index in an interval)", 0);
  else if (dom->kind != AST_ERROR) diag_at(el->cc, SEV_ERROR, "names.domain", dom->span, "an index runs over a set");
  return 1;
}

static int no_head(Elab *el, const Ast *b, const char *why) {
  if (elab_is_spoiled(el, b->text)) return 1;
  const char *name = elab_text(el, b->text);
  Diag *d = diag_at(el->cc, SEV_ERROR, "names.unknown", b->span, "`%s` is not a set%s%s", name, why ? ", and as an index it has none: " : "", why ? why : "");
  Str near = diag_is_shown(el->cc, d) ? scope_nearest(el->scope, el->cc->strs, 1u << NS_SET | 1u << NS_ELEMENT, b->text) : 0;
  if (b->text == el->w[W_good] && el->eco->goods.n) diag_hint(el->cc, d, "the file's goods are families: their indices are those of their own sets");
  else if (near) diag_hint(el->cc, d, "did you mean `%s`? an index of its own is written [%s in SET]", elab_text(el, near), name);
  else diag_hint(el->cc, d, "an index of its own is written [%s in SET]", name);
  return 1;
}

static int head_of(Elab *el, const Ast *b, const Ast *statement, Head *h) {
  const Ast *dom = b->nkid ? b->kid[0] : NULL;
  *h = (Head){.name = b->text, .at = b->span, .plain = !dom || !b->text};
  if (b->kind == AST_NAME) dom = NULL;
  if (dom) return head_domain(el, dom, &h->set);
  if (!b->text) return 1;
  if (!scope_find(el->scope, NS_SET, b->text) && scope_find(el->scope, NS_ELEMENT, b->text)) {
    h->set = elab_list_set(el, &b->text, 1, origin_new(el->cc->diags, b->span, BY_SOURCE, 0));
    h->name = 0;
    return !h->set;
  }
  h->set = elab_set_named(el, b->text, b->span, 1);
  if (h->set) return 0;
  if (scope_find(el->scope, NS_SET, b->text)) return 1;
  const char *why;
  h->set = elab_infer(el, b->text, statement, &why);
  h->plain = 0;
  return h->set ? 0 : no_head(el, b, why);
}

int elab_heads(Elab *el, const Ast *ind, const Ast *statement, Head *out, uint32_t *n, const Ast **cond) {
  int wrong = 0;
  uint32_t kids = ind ? ind->nkid : 0;
  *n = 0;
  if (cond) *cond = NULL;
  if (ind && (ind->flag & 1) && kids) {
    kids--;
    if (cond) *cond = ind->kid[kids];
    else {
      diag_at(el->cc, SEV_ERROR, "names.head", ind->kid[kids]->span, "a condition cannot stand here");
      wrong = 1;
    }
  }
  if (kids > MAX_INDICES - 4) {
    diag_at(el->cc, SEV_ERROR, "names.head", ind->span, "at most %d indices", MAX_INDICES - 4);
    return 1;
  }
  for (uint32_t i = 0; i < kids; i++) wrong |= head_of(el, ind->kid[i], statement, &out[(*n)++]);
  for (uint32_t i = 0; i < *n; i++)
    for (uint32_t j = 0; j < i && !wrong; j++)
      if (out[i].name && out[i].name == out[j].name && !out[i].plain) {
        diag_at(el->cc, SEV_ERROR, "names.duplicate", out[i].at, "the index `%s` is bound twice", elab_text(el, out[i].name));
        wrong = 1;
      }
  return wrong;
}

/* ---- nodes after @ ---- */
static int node_element(Elab *el, const Ast *a, Elem *out) {
  if (elab_element(el, a, out)) return 1;
  if (economy_node(el->eco, *out) != UINT32_MAX) return 0;
  if (el->timeless) return 1;
  char b[16];
  const char *name = elem_text(el->eco, *out, b);
  Diag *d = diag_at(el->cc, SEV_ERROR, "names.node", a->span, "`%s` is not a node%s", name, el->eco->time.declared ? "" : ": the file has no tree");
  Str near = elab_nearest_element(el, el->eco->node_set, name);
  if (near && el->eco->time.declared) diag_hint(el->cc, d, "did you mean `%s`?", elab_text(el, near));
  else if (el->eco->time.declared) diag_hint(el->cc, d, "the nodes are %s", elab_set_text(el, el->eco->node_set));
  return 1;
}

static int by_time(const Economy *e, Elem *x, uint32_t n) {
  for (uint32_t i = 1; i < n; i++)
    for (uint32_t j = i; j > 0 && economy_node(e, x[j - 1]) > economy_node(e, x[j]); j--) {
      Elem t = x[j];
      x[j] = x[j - 1];
      x[j - 1] = t;
    }
  for (uint32_t i = 1; i < n; i++)
    if (x[i] == x[i - 1]) return 1;
  return 0;
}

static int node_list(Elab *el, const Ast *a, SymId *set) {
  uint32_t n = a->kind == AST_BRACE ? a->nkid : 1;
  Elem *x = ARENA_ARRAY(el->mem, Elem, n ? n : 1);
  int wrong = n == 0;
  if (!x) return 1;
  for (uint32_t i = 0; i < n; i++) wrong |= node_element(el, a->kind == AST_BRACE ? a->kid[i] : a, &x[i]);
  if (wrong) return 1;
  if (by_time(el->eco, x, n)) {
    diag_at(el->cc, SEV_ERROR, "names.duplicate", a->span, "a node stands twice in the list");
    return 1;
  }
  *set = elab_list_set(el, x, n, origin_new(el->cc->diags, a->span, BY_SOURCE, 0));
  return *set == 0;
}

static int nodes_only(Elab *el, SymId set, Span at) {
  if (economy_set(el->eco, set)->is_nodes) return 0;
  diag_at(el->cc, SEV_ERROR, "names.node", at, "the elements of `%s` are not nodes", elab_text(el, economy_at(el->eco, set)->name));
  return 1;
}

int elab_nodes(Elab *el, const Ast *list, SymId *set, Str *name) {
  *set = el->eco->node_set;
  *name = 0;
  if (!list || !list->nkid) return 0;
  const Ast *a = list->kid[0];
  if (a->kind == AST_ERROR) return 1;
  if (a->kind == AST_BINDER) {
    Head h;
    if (head_of(el, a, NULL, &h)) return 1;
    *set = h.set;
    *name = h.name;
    return nodes_only(el, h.set, a->span);
  }
  if (a->kind == AST_NAME && economy_node(el->eco, a->text) == UINT32_MAX) {
    SymId s = elab_set_named(el, a->text, a->span, 1);
    if (s) {
      *set = s;
      *name = a->text;
      return nodes_only(el, s, a->span);
    }
  }
  return node_list(el, a, set);
}

Env *elab_bind(Cx *cx, Str name, SymId set, IdxId *out) {
  Env *e = ARENA_NEW(cx->el->mem, Env);
  IdxId v = economy_idx(cx->el->eco, name, set);
  if (out) *out = v;
  if (!e) return NULL;
  *e = (Env){.name = name, .kind = BIND_INDEX, .level = cx->level, .ix = ix_bound(v), .set = set, .up = cx->env};
  cx->env = e;
  return e;
}

/* ---- declared values ---- */
static int reserved(const Elab *el, Str name) {
  static const Word word[] = {W_sum, W_total, W_given, W_E, W_worst, W_best, W_log, W_exp, W_sqrt, W_abs, W_mod, W_frac, W_halton, W_floor,
                              W_min, W_max, W_date, W_inf, W_prev, W_next};
  for (size_t i = 0; i < sizeof word / sizeof *word; i++)
    if (el->w[word[i]] == name) return 1;
  return 0;
}

int elab_declare(Elab *el, Str name, SymId owner, Span at) {
  if (!name) return 1;
  if (reserved(el, name)) {
    diag_at(el->cc, SEV_ERROR, "names.reserved", at, "`%s` has a meaning of its own and cannot be declared", elab_text(el, name));
    return 1;
  }
  const Named *old = NULL;
  for (const Named *n = scope_find(el->scope, NS_VALUE, name); n && !old; n = n->next)
    if (n->owner == owner || !n->owner || !owner) old = n;
  if (!old) return 0;
  Diag *d = diag_at(el->cc, SEV_ERROR, "names.duplicate", at, "`%s` is declared twice", elab_text(el, name));
  if (old->at.file) diag_note(el->cc, d, origin_new(el->cc->diags, old->at, BY_SOURCE, 0), "it was declared here");
  return 1;
}

SymId elab_value_symbol(Elab *el, Str name, SymKind kind, SymId owner, const SymId *sets, uint32_t n, SymId nodes, Span at) {
  const Agent *a = owner ? economy_agent(el->eco, owner) : NULL;
  uint32_t types = a ? a->nidx : 0, dims = types + n + (nodes ? 1 : 0);
  SymId s = economy_sym(el->eco, name, kind, origin_new(el->cc->diags, at, el->cc->within ? BY_USE : BY_SOURCE, el->cc->within));
  Sym *sym = economy_at(el->eco, s);
  SymId *dom = ARENA_ARRAY(el->mem, SymId, dims ? dims : 1);
  IdxId *idx = ARENA_ARRAY(el->mem, IdxId, dims ? dims : 1);
  if (!s || !dom || !idx) return 0;
  if (types) memcpy(dom, a->set, types * sizeof *dom);
  if (n) memcpy(dom + types, sets, n * sizeof *dom);
  if (nodes) dom[dims - 1] = nodes;
  sym->dom = dom;
  sym->ndom = dims;
  sym->idx = idx;
  sym->owner = owner;
  sym->node_dim = nodes ? (int)dims - 1 : -1;
  for (uint32_t i = 0; i < dims; i++) {
    Str n0 = i < types ? economy_at(el->eco, dom[i])->name : 0;
    idx[i] = economy_idx(el->eco, n0 ? n0 : economy_at(el->eco, dom[i])->name, dom[i]);
  }
  return s;
}

int elab_uses(const Expr *e, IdxId v) { return e && ex_mentions(e, v); }
