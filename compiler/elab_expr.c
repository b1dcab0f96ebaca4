/* elab_expr.c: arithmetic, conditions, and where each kind of expression goes. */
#include "elab.h"
#include <math.h>

static int is_element(const Elab *el, const Expr *e) {
  if (e->kind == E_ELEM) return !elem_is_number(e->v);
  if (e->kind == E_IF) return is_element(el, e->kid[1]) || is_element(el, e->kid[2]);
  if (e->kind != E_IDX) return 0;
  if (e->nix) return 1;
  const Set *s = economy_set(el->eco, el->eco->idxs.at[e->v].set);
  for (uint32_t i = 0; s && s->kind == S_LIST && i < s->n; i++)
    if (!elem_is_number(s->at[i])) return 1;
  return 0;
}

const Expr *elab_number(Cx *cx, const Ast *a) {
  const Expr *e = elab_expr(cx, a);
  if (!e || !is_element(cx->el, e)) return e;
  diag_add(cx->el->cc, SEV_ERROR, "sense.element", elab_at(cx, a), "this is an element of a set, and a number is wanted");
  return NULL;
}

static const Expr *chain_sum(Cx *cx, const Ast *a) {
  Arena *m = cx->el->mem;
  const Expr **kid = ARENA_ARRAY(m, const Expr *, a->nkid);
  int wrong = 0;
  for (uint32_t i = 0; kid && i < a->nkid; i++) {
    kid[i] = elab_number(cx, a->kid[i]);
    wrong |= !kid[i];
    if (kid[i] && i && a->ops[i - 1] == '-') kid[i] = ex_neg(m, elab_at(cx, a->kid[i]), kid[i]);
  }
  return wrong || !kid ? NULL : ex_add(m, elab_at(cx, a), kid, a->nkid);
}

/* a*b/c*d from the left; factors between divisions are multiplied at once. */
static const Expr *chain_product(Cx *cx, const Ast *a) {
  Arena *m = cx->el->mem;
  const Expr **kid = ARENA_ARRAY(m, const Expr *, a->nkid);
  Origin at = elab_at(cx, a);
  uint32_t n = 0;
  int wrong = 0;
  for (uint32_t i = 0; kid && i < a->nkid; i++) {
    const Expr *e = elab_number(cx, a->kid[i]);
    if (!e) wrong = 1;
    if (wrong) continue;
    if (i == 0 || a->ops[i - 1] == '*') kid[n++] = e;
    else {
      const Expr *top = n == 1 ? kid[0] : ex_mul(m, at, kid, n);
      kid[0] = ex_div(m, at, top, e);
      n = 1;
    }
  }
  if (wrong || !kid) return NULL;
  return n == 1 ? kid[0] : ex_mul(m, at, kid, n);
}

/* ---- conditions ---- */
static int is_unknown(void *ctx, const Expr *ref) { return economy_at((const Economy *)ctx, ref->sym)->kind != SYM_PARAM; }

static const Expr *compare(Cx *cx, const Ast *a) {
  Elab *el = cx->el;
  Origin at = elab_at(cx, a);
  const Expr *l = elab_expr(cx, a->kid[0]);
  Ix ix;
  SymId set;
  char op = a->ops[0];
  if (op == 'i') {
    if (!l || elab_as_index(cx, a->kid[0], l, &ix, &set)) return NULL;
    if (a->kid[1]->kind != AST_NAME) {
      diag_add(el->cc, SEV_ERROR, "names.domain", elab_at(cx, a->kid[1]), "the name of a set stands after `in`");
      return NULL;
    }
    SymId s = elab_set_named(el, a->kid[1]->text, a->kid[1]->span, 0);
    return s ? ex_in(el->mem, at, ix, s) : NULL;
  }
  const Expr *r = elab_expr(cx, a->kid[1]);
  if (!l || !r) return NULL;
  int le = is_element(el, l), re = is_element(el, r);
  if ((le || re) && ((op != '=' && op != '!') || le != re)) {
    diag_add(el->cc, SEV_ERROR, "sense.element", at, le && re ? "elements have no order: compare them with = or !=" : "an element is compared with a number");
    return NULL;
  }
  const Expr *k[2] = {op == 'G' || op == '>' ? r : l, op == 'G' || op == '>' ? l : r};
  return ex_node(el->mem, at, op == '=' ? E_EQ : op == '!' ? E_NE : op == 'G' || op == 'L' ? E_LE : E_LT, k, 2);
}

static const Expr *condition(Cx *cx, const Ast *a) {
  const Expr *k[2];
  while (a->kind == AST_PAREN) a = a->kid[0];
  switch (a->kind) {
  case AST_COMPARE: return compare(cx, a);
  case AST_NOT:
    k[0] = condition(cx, a->kid[0]);
    return k[0] ? ex_node(cx->el->mem, elab_at(cx, a), E_NOT, k, 1) : NULL;
  case AST_AND: case AST_OR:
    k[0] = condition(cx, a->kid[0]);
    k[1] = condition(cx, a->kid[1]);
    return k[0] && k[1] ? ex_node(cx->el->mem, elab_at(cx, a), a->kind == AST_AND ? E_AND : E_OR, k, 2) : NULL;
  case AST_ERROR: return NULL;
  default: break;
  }
  diag_add(cx->el->cc, SEV_ERROR, "sense.condition", elab_at(cx, a), "a condition compares two things");
  return NULL;
}

const Expr *elab_condition(Cx *cx, const Ast *a) {
  const Expr *e = condition(cx, a);
  if (!e || !ex_depends(e, is_unknown, cx->el->eco)) return e;
  Diag *d = diag_add(cx->el->cc, SEV_ERROR, "sense.smooth", elab_at(cx, a), "this condition depends on something to be found, so what it selects is not smooth");
  diag_hint(cx->el->cc, d, "conditions may use parameters and indices; for kinks write min or max");
  return NULL;
}

static const Expr *selection(Cx *cx, const Ast *a) {
  const Expr *k[3] = {elab_condition(cx, a->kid[0]), elab_expr(cx, a->kid[1]), elab_expr(cx, a->kid[2])};
  if (!k[0] || !k[1] || !k[2]) return NULL;
  if (is_element(cx->el, k[1]) != is_element(cx->el, k[2])) {
    diag_add(cx->el->cc, SEV_ERROR, "sense.element", elab_at(cx, a), "one branch is an element, the other a number");
    return NULL;
  }
  return ex_node(cx->el->mem, elab_at(cx, a), E_IF, k, 3);
}

static const Expr *power(Cx *cx, const Ast *a) {
  const Expr *x = elab_number(cx, a->kid[0]), *y = elab_number(cx, a->kid[1]);
  return x && y ? ex_pow(cx->el->mem, elab_at(cx, a), x, y) : NULL;
}

static int is_expectation(const Cx *cx, const Ast *a) {
  return a->kid[0]->kind == AST_NAME && (a->kid[0]->text == cx->el->w[W_E] || a->kid[0]->text == cx->el->w[W_worst]);
}

const Expr *elab_expr(Cx *cx, const Ast *a) {
  Elab *el = cx->el;
  const Expr *e;
  switch (a->kind) {
  case AST_NUM:
    if (!isfinite(a->num)) {
      diag_add(el->cc, SEV_ERROR, "data.not-finite", elab_at(cx, a), "this number is too large to be represented");
      return NULL;
    }
    return ex_num(el->mem, elab_at(cx, a), a->num);
  case AST_PAREN: return elab_expr(cx, a->kid[0]);
  case AST_NEG:
    e = elab_number(cx, a->kid[0]);
    return e ? ex_neg(el->mem, elab_at(cx, a), e) : NULL;
  case AST_CHAIN: return strchr("+-", a->ops[0]) ? chain_sum(cx, a) : chain_product(cx, a);
  case AST_POW: return power(cx, a);
  case AST_IF: return selection(cx, a);
  case AST_INDEX:
    if (is_expectation(cx, a)) {
      if (a->kid[0]->text == el->w[W_E]) return elab_expectation(cx, a);
      elab_later(el, a->span, "later.worst", "the worst successor, worst[...],", 0);
      return NULL;
    }
    return elab_reference(cx, a);
  case AST_NAME: case AST_AT: case AST_DOT: return elab_reference(cx, a);
  case AST_CALL: return elab_call(cx, a);
  case AST_BEST: elab_later(el, a->span, "later.best", "an inner maximum, best(...),", 0); return NULL;
  case AST_ERROR: return NULL;
  case AST_ELLIPSIS:
    if (cx->changes) return elab_what_was(cx, a);
    diag_add(el->cc, SEV_ERROR, "institution.ellipsis", elab_at(cx, a), "`...` stands for what was there, in an extension only"); return NULL;
  default: break;
  }
  diag_add(el->cc, SEV_ERROR, "sense.expression", elab_at(cx, a), "an expression is wanted here");
  return NULL;
}

/* Nodes of the tree, at most `most`: shared parts count each time, for later passes walk them each time. */
static uint32_t size_of(const Expr *e, uint32_t most) {
  uint32_t n = 1;
  for (uint32_t i = 0; i < e->nkid && n < most; i++) n += size_of(e->kid[i], most - n);
  for (uint32_t i = 0; i < e->nix && n < most; i++)
    if (e->ix[i].e) n += size_of(e->ix[i].e, most - n);
  return n;
}

const Expr *elab_written_out(Cx *cx, const Ast *a, const Expr *e) {
  Elab *el = cx->el;
  if (el->written_out >= MAX_WRITTEN_OUT) return NULL;
  if (!e) {                                             /* its mistake has been said; saying it once for each way to reach it has no end */
    el->written_out += el->written_out + FAILED_WRITTEN_OUT < MAX_WRITTEN_OUT ? FAILED_WRITTEN_OUT : MAX_WRITTEN_OUT - el->written_out;
    return NULL;
  }
  el->written_out += size_of(e, MAX_WRITTEN_OUT - el->written_out);
  if (el->written_out < MAX_WRITTEN_OUT) return e;
  Diag *d = diag_add(el->cc, SEV_ERROR, "fn.size", elab_at(cx, a), "functions and lets used inside each other grow beyond %d terms when they are written out", MAX_WRITTEN_OUT);
  diag_hint(el->cc, d, "a `variable` with an equation keeps a large expression in one place");
  return NULL;
}

int elab_relation_pair(Cx *cx, const Ast *a, const Expr **l, const Expr **r) {
  *l = *r = NULL;
  if (a->kind == AST_ERROR || a->nkid < 2) return 1;
  *l = elab_number(cx, a->kid[0]);
  *r = elab_number(cx, a->kid[1]);
  return !*l || !*r;
}
