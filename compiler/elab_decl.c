/* elab_decl.c: sets, goods, parameters, functions, lets. The tree stands in elab_tree.c, tables in elab_data.c. */
#include "institution.h"
#include <math.h>

/* ---- sets ---- */
static int add_set_name(Elab *el, Str name, Span at) {
  const Named *old = scope_find(el->scope, NS_SET, name);
  if (!old) return 0;
  Diag *d = diag_at(el->cc, SEV_ERROR, "names.duplicate", at, "the set `%s` is declared twice", elab_text(el, name));
  if (old->at.file) diag_note(el->cc, d, origin_new(el->cc->diags, old->at, BY_SOURCE, 0), "it was declared here");
  else diag_hint(el->cc, d, "`%s` is a set of the language", elab_text(el, name));
  return 1;
}

/* A set that could not be made keeps its name, so that its uses are not reported as well. */
static void no_set(Elab *el, const Ast *def) {
  if (!scope_find(el->scope, NS_SET, def->text)) scope_add(el->scope, NS_SET, def->text, NAMED_REFUSED, 0, 0, def->span);
}

static void range_set(Elab *el, const Ast *def, const Ast *r) {
  uint32_t lo = 0, hi = 0;
  if (elab_range_end(el, r->kid[0], &lo) | elab_range_end(el, r->kid[1], &hi)) {
    no_set(el, def);
    return;
  }
  if (lo > hi) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "sets.empty", r->span, "the set `%s` is empty: %u comes after %u", elab_text(el, def->text), lo, hi);
    elab_note_sizes(el, d, r->kid[0]);
    elab_note_sizes(el, d, r->kid[1]);
    no_set(el, def);
    return;
  }
  if (add_set_name(el, def->text, def->span)) return;
  SymId s = economy_add_range(el->eco, def->text, lo, hi, origin_new(el->cc->diags, def->span, BY_SOURCE, 0));
  scope_add(el->scope, NS_SET, def->text, NAMED_SYMBOL, s, 0, def->span);
}

static void name_elements(Elab *el, const Elem *x, uint32_t n, SymId s, Span at) {
  for (uint32_t i = 0; i < n; i++)
    if (!elem_is_number(x[i]) && !scope_find(el->scope, NS_ELEMENT, x[i])) scope_add(el->scope, NS_ELEMENT, x[i], NAMED_SYMBOL, s, 0, at);
}

static void list_set(Elab *el, const Ast *def, const Ast *brace) {
  VEC(Elem) v = {0};
  int wrong = 0;
  for (uint32_t i = 0; i < brace->nkid; i++) {
    const Ast *k = brace->kid[i];
    uint32_t lo = 1, hi = 0;
    Elem x;
    if (k->kind == AST_RANGE) {
      wrong |= elab_range_end(el, k->kid[0], &lo) | elab_range_end(el, k->kid[1], &hi);
      if (!wrong && hi - lo > 10000000u) {
        diag_at(el->cc, SEV_ERROR, "sets.range", k->span, "inside braces a range may have at most ten million elements");
        wrong = 1;
      }
      for (uint32_t j = lo; j <= hi && !wrong; j++) VEC_PUSH(el->mem, v, ELEM_NUMBER | j);
    } else if (elab_element(el, k, &x)) wrong = 1;
    else VEC_PUSH(el->mem, v, x);
  }
  if (!wrong && !v.n) {
    diag_at(el->cc, SEV_ERROR, "sets.empty", def->span, "the set `%s` is empty", elab_text(el, def->text));
    wrong = 1;
  }
  if (wrong) {
    no_set(el, def);
    return;
  }
  if (add_set_name(el, def->text, def->span)) return;
  SymId s = economy_add_set(el->eco, def->text, v.at, v.n, origin_new(el->cc->diags, def->span, BY_SOURCE, 0));
  const Set *set = economy_set(el->eco, s);
  for (uint32_t i = 0; set && i < v.n; i++)
    if (set_pos(set, v.at[i]) != i) {
      char b[16];
      diag_at(el->cc, SEV_ERROR, "names.duplicate", brace->nkid == v.n ? brace->kid[i]->span : brace->span, "`%s` stands twice in the set `%s`", elem_text(el->eco, v.at[i], b),
              elab_text(el, def->text));
      no_set(el, def);
      return;
    }
  scope_add(el->scope, NS_SET, def->text, NAMED_SYMBOL, s, 0, def->span);
  name_elements(el, v.at, v.n, s, def->span);
}

void elab_sets(Elab *el, const Ast *file) {
  for (uint32_t i = 0; i < file->nkid; i++) {
    const Ast *s = file->kid[i];
    if (s->kind != AST_SET) continue;
    for (uint32_t j = 0; j < s->nkid; j++) {
      const Ast *d = s->kid[j], *v = d->nkid ? d->kid[0] : NULL;
      if (d->kind != AST_SETDEF || !v) continue;
      if (v->kind == AST_RANGE) range_set(el, d, v);
      else if (v->kind == AST_BRACE) list_set(el, d, v);
      else if (v->kind != AST_ERROR) diag_at(el->cc, SEV_ERROR, "sets.value", v->span, "a set is a list in braces or a range such as 1..40");
    }
  }
}

/* ---- goods ---- */
static int is_family(const Ast *d) { return d->kind == AST_GOODDEF && d->nkid && d->kid[0]; }

static int good_twice(Elab *el, const Ast *d) {
  for (uint32_t i = 0; i < el->eco->goods.n; i++)
    if (el->eco->goods.at[i].elem == d->text) {
      diag_at(el->cc, SEV_ERROR, "names.duplicate", d->span, "the good `%s` is declared twice", elab_text(el, d->text));
      return 1;
    }
  return 0;
}

/* `good q[S]`: one for each element of S. */
static void good_family(Elab *el, const Ast *d) {
  Head h[MAX_INDICES];
  Good g = {.elem = d->text, .durable = (d->flag & 2) != 0, .storable = (d->flag & 4) != 0};
  const Ast *cond = NULL;
  if (d->flag & 2) elab_later(el, d->span, "later.durable", "a durable good", 0);
  if (d->flag & 4) elab_later(el, d->span, "later.storable", "a storable good", 0);
  if (d->flag & 1) {
    Diag *w = diag_at(el->cc, SEV_ERROR, "market.numeraire", d->span, "there is one numeraire, and `%s` is a family of goods", elab_text(el, d->text));
    diag_hint(el->cc, w, "give one of them the price 1: `numeraire p[...] = 1;`");
  }
  if (elab_heads(el, d->kid[0], d, h, &g.nset, &cond) || good_twice(el, d)) return;
  if (cond) diag_at(el->cc, SEV_ERROR, "names.head", cond->span, "a condition cannot stand here");
  if (!(g.set = ARENA_ARRAY(el->mem, SymId, g.nset + 1))) return;
  for (uint32_t i = 0; i < g.nset; i++) {
    g.set[i] = h[i].set;
    if (!h[i].set) return;
  }
  g.at = origin_new(el->cc->diags, d->span, BY_SOURCE, 0);
  VEC_PUSH(el->mem, el->eco->goods, g);
}

void elab_good_families(Elab *el, const Ast *file) {
  for (uint32_t i = 0; i < file->nkid; i++)
    for (uint32_t j = 0; file->kid[i]->kind == AST_GOOD && j < file->kid[i]->nkid; j++) {
      if (!is_family(file->kid[i]->kid[j])) continue;
      institution_enter(el, file->kid[i]->copy);
      good_family(el, file->kid[i]->kid[j]);
    }
  institution_enter(el, 0);
}

const Good *elab_good_family(const Elab *el, Str name) {
  for (uint32_t i = 0; i < el->eco->goods.n; i++)
    if (el->eco->goods.at[i].elem == name && el->eco->goods.at[i].nset) return &el->eco->goods.at[i];
  return NULL;
}

static void good(Elab *el, const Ast *d, int *numeraires) {
  if (d->kind != AST_GOODDEF || is_family(d)) return;
  if (d->flag & 2) elab_later(el, d->span, "later.durable", "a durable good", 0);
  if (d->flag & 4) elab_later(el, d->span, "later.storable", "a storable good", 0);
  if (good_twice(el, d)) return;
  int num = (d->flag & 1) != 0;
  if (num && (*numeraires)++) diag_at(el->cc, SEV_ERROR, "market.numeraire", d->span, "there is one numeraire, and `%s` is the second", elab_text(el, d->text));
  VEC_PUSH(el->mem, el->eco->goods, (Good){.elem = d->text, .numeraire = num, .durable = (d->flag & 2) != 0, .storable = (d->flag & 4) != 0,
                                          .at = origin_new(el->cc->diags, d->span, BY_SOURCE, 0)});
}

void elab_goods(Elab *el, const Ast *file) {
  int numeraires = 0;
  Span at = file->span;
  for (uint32_t i = 0; i < file->nkid; i++) {
    if (file->kid[i]->kind != AST_GOOD) continue;
    at = file->kid[i]->span;
    for (uint32_t j = 0; j < file->kid[i]->nkid; j++) good(el, file->kid[i]->kid[j], &numeraires);
  }
  uint32_t n = el->eco->goods.n;
  Elem *x = ARENA_ARRAY(el->mem, Elem, n ? n : 1);
  if (!n || !x || add_set_name(el, el->w[W_good], at)) return;
  for (uint32_t i = 0; i < n; i++) x[i] = el->eco->goods.at[i].elem;
  el->eco->good_set = economy_add_set(el->eco, el->w[W_good], x, n, el->eco->goods.at[0].at);
  scope_add(el->scope, NS_SET, el->w[W_good], NAMED_SYMBOL, el->eco->good_set, 0, (Span){0});
  name_elements(el, x, n, el->eco->good_set, at);
}

/* ---- parameters ---- */
Data *elab_data(Elab *el, SymId s) {
  Sym *sym = economy_at(el->eco, s);
  size_t n = economy_volume(el->eco, s);
  if (sym->data) return &el->eco->data.at[sym->data];
  if (n > SIZE_MAX / 16 || n > 2000000000u) {
    diag_add(el->cc, SEV_ERROR, "data.size", sym->at, "`%s` would have more entries than this version can hold", elab_text(el, sym->name));
    return NULL;
  }
  Data d = {.sym = s, .value = ARENA_ARRAY(el->mem, double, n ? n : 1), .has = ARENA_ARRAY(el->mem, uint8_t, n ? n : 1), .n = n};
  if (!d.value || !d.has) return NULL;
  sym->data = el->eco->data.n;
  VEC_PUSH(el->mem, el->eco->data, d);
  return arena_failed(el->mem) ? NULL : &el->eco->data.at[sym->data];
}

static SymId param_symbol(Elab *el, const Ast *d, const Ast *indices, const Ast *at_list) {
  Head h[MAX_INDICES];
  uint32_t n;
  SymId sets[MAX_INDICES], nodes = 0;
  Str node_name = 0;
  const Ast *cond = NULL;
  int wrong = elab_heads(el, indices, d, h, &n, &cond);
  if (at_list) wrong |= elab_nodes(el, at_list, &nodes, &node_name);
  wrong |= elab_declare(el, d->text, 0, d->span);
  if (wrong) {
    if (d->text && !scope_find(el->scope, NS_VALUE, d->text)) scope_add(el->scope, NS_VALUE, d->text, NAMED_REFUSED, 0, 0, d->span);
    return 0;
  }
  for (uint32_t i = 0; i < n; i++) sets[i] = h[i].set;
  SymId s = elab_value_symbol(el, d->text, SYM_PARAM, 0, sets, n, nodes, d->span);
  Sym *sym = economy_at(el->eco, s);
  for (uint32_t i = 0; i < n; i++) {
    if (h[i].name) el->eco->idxs.at[sym->idx[i]].name = h[i].name;
    if (sym->node_dim < 0 && h[i].set == el->eco->node_set) sym->node_dim = (int)i;
  }
  scope_add(el->scope, NS_VALUE, d->text, NAMED_SYMBOL, s, 0, d->span);
  return s;
}

SymId elab_param_name(Elab *el, const Ast *d) {
  SymId s = param_symbol(el, d, d->kid[0], d->kid[1]);
  if (s) VEC_PUSH(el->mem, el->params, (ParamWork){s, d});
  return s;
}

void elab_param_names(Elab *el, const Ast *st) {
  if (st->kind == AST_DATA) {
    SymId s = param_symbol(el, st, st->kid[0], NULL);
    if (s) VEC_PUSH(el->mem, el->params, (ParamWork){s, st});
    return;
  }
  for (uint32_t i = 0; i < st->nkid; i++) {
    const Ast *d = st->kid[i];
    const SizeWork *size = d->kind == AST_PDEF ? elab_size_of(el, d) : NULL;
    if (d->kind == AST_PDEF && !(size && size->sym)) elab_param_name(el, d);
  }
}

static int is_unknown(void *ctx, const Expr *ref) { return economy_at((const Economy *)ctx, ref->sym)->kind != SYM_PARAM; }

/* A value of a parameter: over parameters and indices. */
static const Expr *data_expr(Elab *el, Cx *cx, const Ast *a) {
  const Expr *e = elab_number(cx, a);
  if (!e || !ex_depends(e, is_unknown, el->eco)) return e;
  diag_at(el->cc, SEV_ERROR, "data.unknown", a->span, "a parameter is computed from parameters, and this is something to be found");
  return NULL;
}

static int bad_number(Elab *el, const Expr *e, const Ast *a) {
  if (e->kind != E_NUM || isfinite(e->num)) return 0;
  diag_at(el->cc, SEV_ERROR, "data.not-finite", a->span, "this value is not a finite number");
  return 1;
}

static Cx formals(Elab *el, SymId s) {
  Cx cx = elab_file_cx(el);
  const Sym *sym = economy_at(el->eco, s);
  cx.level = 1;
  for (uint32_t i = 0; i < sym->ndom; i++) {
    Env *e = elab_bind(&cx, el->eco->idxs.at[sym->idx[i]].name, sym->dom[i], NULL);
    if (!e) break;
    e->ix = ix_bound(sym->idx[i]);
    if ((int)i == sym->node_dim) {
      cx.has_here = 1;
      cx.here = e->ix;
      cx.here_set = sym->dom[i];
    }
  }
  return cx;
}

/* `param x[g in good if COND]`: the entries that are there. */
static void entries_there(Elab *el, SymId s, const Ast *heads) {
  if (!heads || !(heads->flag & 1) || !heads->nkid) return;
  Cx cx = formals(el, s);
  economy_at(el->eco, s)->exists = elab_condition(&cx, heads->kid[heads->nkid - 1]);
}

static void put_entry(Elab *el, Data *d, size_t at, const Expr *e, const Ast *a) {
  if (bad_number(el, e, a)) return;
  if (d->has[at]) {
    diag_at(el->cc, SEV_ERROR, "data.duplicate", a->span, "this entry is given twice");
    return;
  }
  if (!d->at) d->at = ARENA_ARRAY(el->mem, uint32_t, d->n);
  if (d->at) d->at[at] = a->span.begin;
  d->file = a->span.file;
  d->has[at] = 1;
  if (e->kind == E_NUM) d->value[at] = e->num;
  else {
    if (!d->expr) d->expr = ARENA_ARRAY(el->mem, const Expr *, d->n);
    if (d->expr) d->expr[at] = e;
  }
}

static void brace_value(Elab *el, SymId s, const Ast *brace) {
  const Sym *sym = economy_at(el->eco, s);
  if (sym->ndom != 1) {
    diag_at(el->cc, SEV_ERROR, "data.braces", brace->span, sym->ndom ? "values in braces need one index: write a table with `data`" : "`%s` is one number, not a list", elab_text(el, sym->name));
    return;
  }
  SymId dom = sym->dom[0];
  Cx cx = elab_file_cx(el);
  Data *d = elab_data(el, s);
  uint32_t size = set_size(economy_set(el->eco, dom)), pairs = 0;
  if (!d) return;
  for (uint32_t i = 0; i < brace->nkid; i++) pairs += brace->kid[i]->kind == AST_PAIR;
  if (pairs && pairs != brace->nkid) {
    diag_at(el->cc, SEV_ERROR, "data.braces", brace->span, "either every value has its label or none has");
    return;
  }
  if (!pairs && brace->nkid != size) {
    diag_at(el->cc, SEV_ERROR, "data.braces", brace->span, "`%s` has %u elements, and %u value%s stand%s here", elab_text(el, economy_at(el->eco, dom)->name), size, brace->nkid,
            brace->nkid == 1 ? "" : "s", brace->nkid == 1 ? "s" : "");
    return;
  }
  unsigned before = diag_errors(el->cc->diags);
  for (uint32_t i = 0; i < brace->nkid; i++) {
    const Ast *k = brace->kid[i], *v = pairs ? k->kid[1] : k;
    size_t at = i;
    if (pairs) {
      Elem x;
      if (elab_element(el, k->kid[0], &x)) continue;
      at = set_pos(economy_set(el->eco, dom), x);
      if (at == UINT32_MAX) {
        char b[16];
        Diag *g = diag_at(el->cc, SEV_ERROR, "names.element", k->kid[0]->span, "`%s` is not an element of `%s`", elem_text(el->eco, x, b), elab_text(el, economy_at(el->eco, dom)->name));
        diag_hint(el->cc, g, "its elements are %s", elab_set_text(el, dom));
        continue;
      }
    }
    const Expr *e = data_expr(el, &cx, v);
    if (e) put_entry(el, d, at, e, v);
    else d->has[at] = 1;
  }
  for (size_t i = 0; i < d->n && !economy_at(el->eco, s)->exists && diag_errors(el->cc->diags) == before; i++)
    if (!d->has[i]) {
      char b[16];
      diag_at(el->cc, SEV_ERROR, "data.missing", brace->span, "`%s[%s]` has no value", elab_text(el, economy_at(el->eco, s)->name), elem_text(el->eco, set_elem(economy_set(el->eco, dom), (uint32_t)i), b));
      break;
    }
}

static void expr_value(Elab *el, SymId s, const Ast *v, const SizeWork *size) {
  Cx cx = formals(el, s);
  const Expr *e = size && size->state != SIZE_PENDING ? size->def : data_expr(el, &cx, v);
  if (!e || bad_number(el, e, v)) return;
  if (e->kind != E_NUM) {
    economy_at(el->eco, s)->def = e;
    return;
  }
  Data *d = elab_data(el, s);
  for (size_t i = 0; d && i < d->n; i++) {
    d->value[i] = e->num;
    d->has[i] = 1;
  }
}

/* `data sam[A, A] from "sam.csv" balanced within 0.01;` */
static void property(Elab *el, SymId s, const Ast *a) {
  const Sym *sym = economy_at(el->eco, s);
  Str balanced = elab_word(el, "balanced");
  if (a->text != balanced) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "data.property", a->span, "`%s` is nothing that can be said of a table", elab_text(el, a->text));
    if (diag_nearest(el->cc->strs, elab_text(el, a->text), &balanced, 1)) diag_hint(el->cc, d, "did you mean `balanced`?");
    else diag_hint(el->cc, d, "a table may be `balanced`: each account's row adds up to what its column does");
    return;
  }
  if (sym->ndom != 2 || sym->dom[0] != sym->dom[1]) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "data.property", a->span, "`%s` cannot be balanced: its rows and columns are not the same accounts", elab_text(el, sym->name));
    diag_hint(el->cc, d, "a social accounting matrix has two indices over one set: data sam[A, A]");
    return;
  }
  Cx cx = elab_file_cx(el);
  const Expr *within = a->kid[0] ? data_expr(el, &cx, a->kid[0]) : NULL;
  Data *d = elab_data(el, s);
  if (!d || (a->kid[0] && !within)) return;
  d->balanced = 1;
  d->within = within;
  d->said = origin_new(el->cc->diags, a->span, BY_SOURCE, 0);
}

void elab_param_values(Elab *el) {
  for (uint32_t i = 0; i < el->params.n; i++) {
    const Ast *a = el->params.at[i].ast;
    SymId s = el->params.at[i].sym;
    institution_enter(el, a->copy);
    entries_there(el, s, a->kid[0]);
    if (a->kind == AST_DATA) {
      const Ast *t = a->kid[1];
      if (a->nkid > 2 && a->kid[2]) property(el, s, a->kid[2]);
      if (t->kind == AST_TABLE) elab_table(el, s, a, t);
      else if (t->kind == AST_STRING) elab_csv(el, s, a, t);
      continue;
    }
    const Ast *v = a->kid[2];
    if (!v) elab_data(el, s);
    else if (v->kind == AST_BRACE) brace_value(el, s, v);
    else if (v->kind != AST_ERROR) expr_value(el, s, v, elab_size_of(el, a));
  }
  institution_enter(el, 0);
}

/* ---- functions and lets ---- */
void elab_fn_name(Elab *el, const Ast *a, SymId owner) {
  if (!a->nkid || elab_declare(el, a->text, owner, a->span)) return;
  FnDef *f = ARENA_NEW(el->mem, FnDef);
  Named *n = scope_add(el->scope, NS_VALUE, a->text, NAMED_FN, 0, owner, a->span);
  if (!f || !n) return;
  *f = (FnDef){.name = a->text, .ast = a, .owner = owner};
  n->def = f;
  for (uint32_t i = 0; i + 1 < a->nkid; i++)
    for (uint32_t j = 0; j < i; j++)
      if (a->kid[i]->text == a->kid[j]->text) diag_at(el->cc, SEV_ERROR, "names.duplicate", a->kid[i]->span, "the argument `%s` stands twice", elab_text(el, a->kid[i]->text));
  VEC_PUSH(el->mem, el->fns, f);
}

void elab_let_names(Elab *el, const Ast *lets, SymId owner) {
  for (uint32_t i = 0; i < lets->nkid; i++) {
    const Ast *a = lets->kid[i];
    if (a->kind != AST_LETDEF || elab_declare(el, a->text, owner, a->span)) continue;
    LetDef *d = ARENA_NEW(el->mem, LetDef);
    Named *n = scope_add(el->scope, NS_VALUE, a->text, NAMED_LET, 0, owner, a->span);
    if (!d || !n) return;
    *d = (LetDef){.name = a->text, .ast = a, .owner = owner};
    n->def = d;
    VEC_PUSH(el->mem, el->lets, d);
  }
}

static const Expr *let_body(Elab *el, LetDef *l, Cx *cx, SymId *sets, IdxId *idx, uint32_t *n, SymId *node_set, IdxId *node) {
  const Ast *a = l->ast;
  Head h[MAX_INDICES];
  uint32_t nh;
  Str node_name;
  const Ast *cond = NULL;
  if (elab_heads(el, a->kid[0], a, h, &nh, &cond) | elab_nodes(el, a->kid[1], node_set, &node_name)) return NULL;
  cx->level = 1;
  for (uint32_t i = 0; i < nh; i++) {
    sets[*n] = h[i].set;
    if (!elab_bind(cx, h[i].name, h[i].set, &idx[(*n)++])) return NULL;
  }
  Env *env = cx->env;
  if (!elab_bind(cx, node_name, *node_set, node)) return NULL;
  if (!node_name) cx->env = env;
  cx->has_here = 1;
  cx->here = ix_bound(*node);
  cx->here_set = *node_set;
  const Expr *e = elab_number(cx, a->kid[2]), *where = e && cond ? elab_condition(cx, cond) : NULL;
  if (!e || !cond) return e;
  return where ? ex_node(el->mem, e->at, E_IF, (const Expr *const[]){where, e, ex_num(el->mem, e->at, 0)}, 3) : NULL;   /* zero elsewhere */
}

static int elaborate_let(Elab *el, LetDef *l) {
  if (l->state >= 2) return l->state == 3;
  Named *name = scope_owned(el->scope, NS_VALUE, l->name, l->owner);
  if (l->state == 1) {
    diag_at(el->cc, SEV_ERROR, "names.cycle", l->ast->span, "`%s` is defined by way of itself", elab_text(el, l->name));
    return 1;
  }
  l->state = 1;
  Cx cx = elab_file_cx(el);
  const Agent *owner = l->owner ? economy_agent(el->eco, l->owner) : NULL;
  uint32_t types = owner ? owner->nidx : 0, n = types;
  Ix type[MAX_INDICES];
  SymId sets[2 * MAX_INDICES], node_set;
  IdxId idx[2 * MAX_INDICES], node = 0;
  if (owner) {
    cx.agent = (int)(owner - el->eco->agents.at);
    cx.type = type;
    for (uint32_t i = 0; i < types; i++) {
      sets[i] = owner->set[i];
      idx[i] = owner->idx[i];
      type[i] = ix_bound(idx[i]);
      Env *e = elab_bind(&cx, el->eco->idxs.at[idx[i]].name, sets[i], NULL);
      if (e) e->ix = type[i];
    }
  }
  const Expr *e = let_body(el, l, &cx, sets, idx, &n, &node_set, &node);
  l->state = e ? 2 : 3;
  if (!e) return 1;
  int dated = l->ast->kid[1] != NULL || elab_uses(e, node);
  SymId s = elab_value_symbol(el, l->name, SYM_LET, l->owner, sets + types, n - types, dated ? node_set : 0, l->ast->span);
  Sym *sym = economy_at(el->eco, s);
  idx[n] = node;
  if (!s) return 1;
  memcpy(sym->idx, idx, sym->ndom * sizeof *idx);
  sym->def = e;
  l->sym = s;
  if (name) name->sym = s;
  return 0;
}

/* A let is read where it is first used, which may be inside another application than its own. */
int elab_let(Elab *el, LetDef *l) {
  uint32_t scope = el->eco->scope;
  Origin within = el->cc->within;
  institution_enter(el, l->ast->copy);
  int wrong = elaborate_let(el, l);
  el->eco->scope = scope;
  el->cc->within = within;
  return wrong;
}
