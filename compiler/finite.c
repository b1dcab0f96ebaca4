/* finite.c: part of pass weave: what an economy says in numbers and parameters alone must be a number. A division of zero by zero or a
 * logarithm of zero there is no matter of solving: it is undefined at every allocation and every price.
 *
 * Looked into are the largest parts of objectives, constraints, markets' bodies and equations that name no unknown and no index left open.
 * Parameters that a calibration, a sweep or a second best moves are treated as unknown, branches that a condition does not select and terms
 * of weight zero as absent. */
#include "pass.h"
#include <math.h>

enum { MOST_BOUND = 64 };
typedef struct { Economy *e; const Question *q; const Values *v; Eval eval; IdxId bound[MOST_BOUND]; uint32_t n; } Look;

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

static int is_bound(const Look *l, IdxId v) {
  for (uint32_t i = 0; i < l->n; i++)
    if (l->bound[i] == v) return 1;
  return 0;
}

static int closed(Look *l, const Expr *x);

static int closed_ix(Look *l, Ix x) {
  switch (x.kind) {
  case IX_ELEM: return 1;
  case IX_BOUND: return is_bound(l, x.v);
  case IX_PREV: return x.e ? closed(l, x.e) : is_bound(l, x.v);
  case IX_EXPR: return closed(l, x.e);
  }
  return 0;
}

/* Has it a value before anything is solved, and one only? */
static int closed(Look *l, const Expr *x) {
  if (x->kind == E_TOTAL || x->kind == E_STAT || x->kind == E_NAMED || x->kind == E_DELTA || x->kind == E_GIVEN) return 0;
  if (x->kind == E_REF && (l->q && l->q->sweep ? 1 : moved(l, x->sym))) return 0;
  if (x->kind == E_IDX && !x->nix && !is_bound(l, x->v)) return 0;
  for (uint32_t i = 0; i < x->nix; i++)
    if (!closed_ix(l, x->ix[i])) return 0;
  const uint32_t n = l->n;
  if (x->kind == E_SUM) {
    if (n == MOST_BOUND || (x->dom.succ && !closed_ix(l, x->dom.prev))) return 0;
    l->bound[l->n++] = x->bind;
  }
  int all = 1;
  for (uint32_t i = 0; i < x->nkid && all; i++) all = closed(l, x->kid[i]);
  l->n = n;
  return all;
}

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

static void say(Look *l, const Expr *x, const char *what) {
  Diag *d = diag_add(l->e->cc, SEV_ERROR, "data.not-finite", x->at, "%s", what);
  diag_hint(l->e->cc, d, "it is the same at every allocation and every price, so nothing can be solved with it");
}

static void look(Look *l, const Expr *x) {
  if (!x || x->kind == E_NUM || x->kind == E_REF || x->kind == E_STAT) return;
  if (closed(l, x)) {
    const double y = eval_expr(&l->eval, x);
    if (!isfinite(y)) say(l, x, isnan(y) ? "this is not a finite number: the value is undefined" : "this is not a finite number: a division by zero or an overflow");
    return;
  }
  switch (x->kind) {
  case E_IF:
    if (!closed(l, x->kid[0])) return;
    look(l, x->kid[eval_cond(&l->eval, x->kid[0]) ? 1 : 2]);
    return;
  case E_LT: case E_LE: case E_EQ: case E_NE: case E_IN: case E_AND: case E_OR: case E_NOT: return;
  case E_SUM:
    if (x->nkid > 1 || x->dom.succ || !set_size(economy_set(l->e, x->dom.set))) return;
    break;
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

static int somewhere(const Economy *e, const IdxId *binds, uint32_t n, const Expr *cond) {
  for (uint32_t i = 0; i < n; i++)
    if (!set_size(economy_set(e, e->idxs.at[binds[i]].set))) return 0;
  return cond == NULL;
}

int finite_check(Economy *e, const Question *q, const Values *v) {
  if (!v) return 0;
  Look l = {.e = e, .q = q, .v = v, .eval = eval_new(v, e->mem)};
  const unsigned before = diag_errors(e->cc->diags);
  if (!l.eval.env) return 1;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i];
    if (a->gone) continue;
    if (a->value) look(&l, economy_at(e, a->value)->def);
    for (uint32_t j = 0; j < a->constraints.n; j++) {
      const Constraint *c = &a->constraints.at[j];
      if (c->dropped || !somewhere(e, c->binds, c->nbinds, c->cond)) continue;
      look(&l, c->lhs);
      look(&l, c->rhs);
    }
  }
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    if (m->dropped || !somewhere(e, m->binds, m->nbinds, m->cond)) continue;
    look(&l, m->demand);
    look(&l, m->supply);
  }
  for (uint32_t i = 0; i < e->equations.n; i++) {
    const Equation *c = &e->equations.at[i];
    if (c->dropped || !somewhere(e, c->binds, c->nbinds, c->cond)) continue;
    look(&l, c->lhs);
    look(&l, c->rhs);
  }
  return diag_errors(e->cc->diags) > before;
}
