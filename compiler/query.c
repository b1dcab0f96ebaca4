/* query.c: expressions over solutions (report, expect, --get) and overrides (-D), elaborated against a file's names. */
#include "../lang/parse.h"
#include "elab.h"
#include "statistic.h"

/* The bare name an expression is, through indices, nodes and `ex.`; 0 where it is more. */
static Str bare(const Ast *a) {
  while (a->kind == AST_INDEX || a->kind == AST_AT || a->kind == AST_PAREN) a = a->kid[0];
  return a->kind == AST_NAME || a->kind == AST_DOT ? a->text : 0;
}

static int names_class(const Elab *el, const Ast *a, const Named *n) {
  while (a->kind == AST_AT || a->kind == AST_PAREN) a = a->kid[0];
  if (a->kind != AST_INDEX || a->nkid < 2 || a->kid[1]->kind != AST_NAME) return 0;
  const Named *c = scope_find(el->scope, NS_STRUCTURE, a->kid[1]->text);
  for (; c && n; n = n->next)
    if (n->owner && n->owner == c->sym) return 1;
  return 0;
}

static int add_item(Elab *el, const Ast *a, SymId owner, Query *out) {
  QueryItem item = {0};
  FreeIdx free = {.n = 0};
  Cx cx = elab_file_cx(el);
  cx.free = &free;
  cx.owner = owner;
  item.e = elab_number(&cx, a);
  if (!item.e) return 1;
  Str name = bare(a);
  for (uint32_t i = 0; i < free.n; i++) VEC_PUSH(el->mem, item.free_idx, free.at[i]);
  if (item.e->kind == E_REF) item.sym = item.e->sym;
  else if (item.e->kind == E_STAT && item.e->sym) item.sym = economy_agent(el->eco, item.e->sym)->value;
  else if (name) {
    const Named *n = scope_owned(el->scope, NS_VALUE, name, owner);
    if (n && n->kind == NAMED_LET) item.sym = n->sym;
  }
  const Statistic *stat = item.e->kind == E_STAT ? &econ_statistics[item.e->v] : NULL;
  if (stat && owner && economy_at(el->eco, owner)->kind == SYM_PRICE) item.suffix = elab_text(el, economy_at(el->eco, owner)->name);
  if (stat && stat->each_word && !(item.e->num > 0))
    for (uint32_t i = 0; i < sizeof stat->word / sizeof *stat->word && stat->word[i]; i++) {
      Expr one = *item.e;
      QueryItem each = item;
      one.num = i + 1;
      each.suffix = stat->word[i];
      each.e = ex_keep(el->mem, one);
      VEC_PUSH(el->mem, out->items, each);
    }
  else VEC_PUSH(el->mem, out->items, item);
  return 0;
}

/* Does an index of this class's symbol fit? Classes in which the written indices mean nothing are passed over. */
static int owners(Elab *el, const Ast *a, const Named *first, Query *out) {
  int wrong = 0;
  for (const Named *n = first; n; n = n->next) wrong |= add_item(el, a, n->owner, out);
  return wrong;
}

/* A statistic by type of every class that it is defined for; one by price of every family of prices. */
static int by_class(Elab *el, const Ast *a, Query *out) {
  enum { MOST = 64 };
  SymId class[MOST];
  const Ast *call = a;
  Cx cx = elab_file_cx(el);
  int wrong = 0;
  while (call->kind == AST_PAREN) call = call->kid[0];
  uint32_t which = call->kind == AST_CALL ? elab_statistic_of(&cx, call) : UINT32_MAX;
  uint32_t n = which == UINT32_MAX ? 0 : elab_statistic_classes(el, call, which, class, MOST);
  if (!n && which != UINT32_MAX) n = elab_statistic_prices(el, call, which, class, MOST);
  for (uint32_t i = 0; i < n && i < MOST && n > 1 && !wrong; i++) wrong |= add_item(el, a, class[i], out);
  return n > 1 ? wrong : -1;
}

int model_query(Model *m, const Ast *a, Query *out) {
  Elab *el = elab_of(m);
  *out = (Query){.at = origin_new(el->cc->diags, a->span, BY_SOURCE, 0)};
  Str name = bare(a);
  const Named *n = name ? scope_find(el->scope, NS_VALUE, name) : NULL;
  if (n && n->next && n->owner && !names_class(el, a, n)) return owners(el, a, n, out);
  int listed = by_class(el, a, out);
  if (listed >= 0) return listed;
  return add_item(el, a, 0, out);
}

int model_relation(Model *m, const Ast *a, QueryRelation *out) {
  Elab *el = elab_of(m);
  memset(out, 0, sizeof *out);
  if (a->kind != AST_RELATION || a->nkid > 3) {
    if (a->kind != AST_ERROR) diag_at(el->cc, SEV_ERROR, "ask.relation", a->span, "a comparison such as k = 1.36 is wanted");
    return 1;
  }
  int wrong = 0;
  out->n = a->nkid;
  for (uint32_t i = 0; i < a->nkid; i++) {
    wrong |= model_query(m, a->kid[i], &out->side[i]);
    if (i < 2 && i + 1 < a->nkid) out->rel[i] = a->ops[i];
  }
  return wrong;
}

/* ---- -D ---- */
static const Ast *assignment(Elab *el, const Source *text, const Ast **left) {
  const Ast *a = econ_parse_expression(el->cc, text);
  if (!a) return NULL;
  if ((a->kind == AST_RELATION || a->kind == AST_ASSIGN || a->kind == AST_COMPARE) && a->nkid == 2 && (a->kind == AST_ASSIGN || a->ops[0] == '=')) {
    *left = a->kid[0];
    return a->kid[1];
  }
  Diag *d = diag_at(el->cc, SEV_ERROR, "override.form", a->span, "an override gives a parameter a value");
  diag_hint(el->cc, d, "for example gamma=3 or e[lender,c1@now]=4");
  return NULL;
}

int model_override(Model *m, const Source *text, Override *out) {
  Elab *el = elab_of(m);
  const Ast *left = NULL, *right = assignment(el, text, &left);
  FreeIdx free = {.n = 0};
  Cx cx = elab_file_cx(el), plain = cx;
  if (!right) return 1;
  cx.free = &free;
  const Expr *l = elab_expr(&cx, left), *r = elab_number(&plain, right);
  if (!l || !r) return 1;
  if (l->kind != E_REF || economy_at(el->eco, l->sym)->kind != SYM_PARAM || economy_at(el->eco, l->sym)->builtin) {
    diag_at(el->cc, SEV_ERROR, "override.parameter", left->span, "this is not a parameter of the file");
    return 1;
  }
  if (model_is_calibrated(m, l->sym)) {
    diag_at(el->cc, SEV_ERROR, "override.calibrated", left->span, "`%s` is found by calibration, and cannot be set", elab_text(el, economy_at(el->eco, l->sym)->name));
    return 1;
  }
  if (r->kind != E_NUM) {
    diag_at(el->cc, SEV_ERROR, "override.number", right->span, "the value of an override is a number");
    return 1;
  }
  Elem *ix = ARENA_ARRAY(el->mem, Elem, l->nix ? l->nix : 1);
  uint32_t n = 0;
  if (!ix) return 1;
  for (uint32_t i = 0; i < l->nix; i++)
    if (l->ix[i].kind == IX_ELEM) ix[n++] = l->ix[i].v;
  if (n && n != l->nix) {
    diag_at(el->cc, SEV_ERROR, "override.entry", left->span, "either one entry is set, with all its indices, or the whole of `%s`", elab_text(el, economy_at(el->eco, l->sym)->name));
    return 1;
  }
  *out = (Override){.sym = l->sym, .ix = ix, .nix = n, .value = r->num, .at = origin_new(el->cc->diags, text ? left->span : (Span){0}, BY_SOURCE, 0)};
  return 0;
}
