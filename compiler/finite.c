/* finite.c: part of pass weave: what an economy says in numbers, parameters and indices alone must be a number. A division of zero by zero or a
 * logarithm of zero there is no matter of solving: it is undefined at every allocation and every price.
 *
 * Looked into are the largest parts of objectives, constraints, markets' bodies and equations that name no unknown, for every value of the indices
 * around them (of very large economies the first million operations). Parameters that a calibration or a second best moves are treated as
 * unknown, branches that a condition does not select and terms of weight zero as absent. A sweep is asked point by point. */
#include "pass.h"
#include "../runtime/text.h"
#include <math.h>
#include <string.h>

enum { MOST_VISITS = 1 << 20 };
typedef struct { const Economy *e; const Question *q; const Values *v; Eval eval; uint32_t left; int wrong; } Look;

static int is_moved(void *ctx, const Expr *ref);

/* Does somebody else than the file decide its value? */
static int moved(const Look *l, SymId sym) {
  const Sym *s = economy_at(l->e, sym);
  if (s->kind != SYM_PARAM || !l->v->of[sym]) return 1;
  if (!s->builtin && !s->data && !s->def) return 1;
  for (uint32_t i = 0; l->q && i < l->q->choosing.n; i++)
    if (l->q->choosing.at[i].sym == sym) return 1;
  return s->def && ex_depends(s->def, is_moved, (void *)(uintptr_t)l);
}

static int is_moved(void *ctx, const Expr *ref) { return ref->sym && moved(ctx, ref->sym); }

static void see_kind(void *ctx, const Expr *x) {
  *(int *)ctx |= x->kind == E_TOTAL || x->kind == E_STAT || x->kind == E_NAMED || x->kind == E_DELTA || x->kind == E_GIVEN;
}

/* Has it a value before anything is solved? */
static int closed(Look *l, const Expr *x) {
  int other = 0;
  ex_walk(x, see_kind, &other);
  return !other && !ex_depends(x, is_moved, l);
}

static void see_risk(void *ctx, const Expr *x) {
  *(int *)ctx |= x->kind == E_DIV || x->kind == E_POW || (x->kind == E_CALL && x->fn != FN_ABS) || (x->kind == E_NUM && !isfinite(x->num));
}

static int may_fail(const Expr *x) {
  int any = 0;
  if (x) ex_walk(x, see_risk, &any);
  return any;
}

/* ---- messages ---- */

/* The elements for which it is so, of the indices that stand in it. */
typedef struct { const Look *l; Text *t; } Where;
static void put_element(Where *w, IdxId v) {
  const Elem x = v && v < w->l->eval.nenv ? w->l->eval.env[v] : ELEM_NONE;
  char buf[16];
  if (x == ELEM_NONE) return;
  const char *name = elem_text(w->l->e, x, buf);
  if (!w->t->at || !strstr(w->t->at, name)) text_printf(w->t, "%s%s", w->t->n ? ", " : " for ", name);
}
static void put_where(void *ctx, const Expr *x) {
  if (x->kind == E_IDX && !x->nix) put_element(ctx, x->v);
  for (uint32_t i = 0; i < x->nix; i++)
    if (x->ix[i].kind == IX_BOUND) put_element(ctx, x->ix[i].v);
}

static void say(Look *l, const Expr *x, const char *what) {
  Text where = {0};
  ex_walk(x, put_where, &(Where){l, &where});
  Diag *d = diag_add(l->e->cc, SEV_ERROR, "data.not-finite", x->at, "%s%s", what, where.at ? where.at : "");
  diag_hint(l->e->cc, d, "it is the same at every allocation and every price, so nothing can be solved with it");
  text_free(&where);
  l->wrong = 1;
}

/* ---- the walk ---- */

static int is_zero(Look *l, const Expr *x) {
  if (!closed(l, x)) return 0;
  const double y = eval_expr(&l->eval, x);
  return y <= 0 && y >= 0;
}

/* A term of weight zero is absent, whatever else stands in it. */
static int absent(Look *l, const Expr *x) {
  if (x->kind == E_DIV) return absent(l, x->kid[0]);
  for (uint32_t i = 0; x->kind == E_MUL && i < x->nkid; i++)
    if (is_zero(l, x->kid[i])) return 1;
  return is_zero(l, x);
}

static void look(Look *l, const Expr *x);

static void look_in_sum(Look *l, const Expr *x) {
  const Set *s = economy_set(l->e, x->dom.set);
  if (!s || x->dom.succ || x->bind >= l->eval.nenv || (x->nkid > 1 && !closed(l, x->kid[1])) || !may_fail(x->kid[0])) return;
  const Elem old = l->eval.env[x->bind];
  const int before = l->wrong;
  for (uint32_t i = 0; i < set_size(s) && l->left && l->wrong == before; i++) {
    l->eval.env[x->bind] = set_elem(s, i);
    if (x->nkid < 2 || eval_cond(&l->eval, x->kid[1])) look(l, x->kid[0]);
  }
  l->eval.env[x->bind] = old;
}

static void look(Look *l, const Expr *x) {
  if (!x || x->kind == E_NUM || x->kind == E_REF || x->kind == E_STAT || x->kind == E_TOTAL || !l->left) return;
  l->left--;
  if (closed(l, x)) {
    const double y = may_fail(x) ? eval_expr(&l->eval, x) : 0;
    if (!isfinite(y)) say(l, x, isnan(y) ? "this is not a finite number: the value is undefined" : "this is not a finite number: a division by zero or an overflow");
    return;
  }
  switch (x->kind) {
  case E_IF:
    if (closed(l, x->kid[0])) look(l, x->kid[eval_cond(&l->eval, x->kid[0]) ? 1 : 2]);
    return;
  case E_LT: case E_LE: case E_EQ: case E_NE: case E_IN: case E_AND: case E_OR: case E_NOT: return;
  case E_SUM: look_in_sum(l, x); return;
  case E_MUL:
    if (absent(l, x)) return;
    break;
  case E_DIV:
    if (absent(l, x)) return;
    if (is_zero(l, x->kid[1])) {
      say(l, x->kid[1], "something is divided by this, and its value is zero");
      return;
    }
    break;
  default: break;
  }
  for (uint32_t i = 0; i < x->nkid; i++) look(l, x->kid[i]);
}

/* ---- for every value of the indices around: the type's, then the statement's own ---- */
typedef struct { const IdxId *idx[2]; uint32_t n[2]; const Expr *cond, *part[2]; } Family;

static void each(Look *l, const Family *d, uint32_t k) {
  if (!l->left || l->wrong) return;
  if (k == d->n[0] + d->n[1]) {
    if (d->cond && !eval_cond(&l->eval, d->cond)) return;
    look(l, d->part[0]);
    look(l, d->part[1]);
    return;
  }
  const IdxId v = k < d->n[0] ? d->idx[0][k] : d->idx[1][k - d->n[0]];
  const Set *s = v < l->eval.nenv ? economy_set(l->e, l->e->idxs.at[v].set) : NULL;
  for (uint32_t i = 0; s && i < set_size(s) && l->left && !l->wrong; i++) {
    l->eval.env[v] = set_elem(s, i);
    each(l, d, k + 1);
  }
  if (s) l->eval.env[v] = ELEM_NONE;
}

/* One message a statement. */
static void family(Look *l, Family d) {
  if ((!may_fail(d.part[0]) && !may_fail(d.part[1])) || (d.cond && !closed(l, d.cond))) return;
  const int before = l->wrong;
  l->wrong = 0;
  each(l, &d, 0);
  l->wrong |= before;
}

int finite_check(Economy *e, const Question *q, const Values *v) {
  if (!v) return 0;
  Values own = *v;
  own.economy = e;                                        /* passes have added index variables */
  Look l = {.e = e, .q = q, .v = v, .eval = eval_new(&own, e->mem), .left = MOST_VISITS};
  if (!l.eval.env) return 1;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i];
    const Sym *goal = a->value ? economy_at(e, a->value) : NULL;
    if (a->gone) continue;
    if (goal && (goal->idx || !a->nidx)) family(&l, (Family){{goal->idx, NULL}, {a->nidx, 0}, NULL, {goal->def, NULL}});
    for (uint32_t j = 0; j < a->constraints.n; j++) {
      const Constraint *c = &a->constraints.at[j];
      if (!c->dropped) family(&l, (Family){{a->idx, c->binds}, {a->nidx, c->nbinds}, c->cond, {c->lhs, c->rhs}});
    }
  }
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    if (!m->dropped && m->from == MARKET_WRITTEN) family(&l, (Family){{m->binds, NULL}, {m->nbinds, 0}, m->cond, {m->demand, m->supply}});
  }
  for (uint32_t i = 0; i < e->equations.n; i++) {
    const Equation *c = &e->equations.at[i];
    if (!c->dropped) family(&l, (Family){{c->binds, NULL}, {c->nbinds, 0}, c->cond, {c->lhs, c->rhs}});
  }
  return l.wrong;
}
