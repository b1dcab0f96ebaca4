/* expr.c: expressions: nodes, conditions and sums, equality, walks and substitution. Arithmetic with its simplifications: algebra.c. */
#include "expr.h"
#include <math.h>
#include <string.h>

static const Expr nothing = {.kind = E_NUM, .hash = 1};   /* stands in once memory failed; the pass notices the arena */

static uint64_t mix(uint64_t h, uint64_t x) {
  h ^= x + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
  h *= 0xff51afd7ed558ccdu;
  return h ^ (h >> 32);
}

static uint64_t hash_ix(uint64_t h, Ix i) { return mix(mix(mix(h, (uint64_t)i.kind), i.v), i.e ? i.e->hash : 0); }

static uint64_t hash_node(const Expr *e) {
  uint64_t h = mix(17, (uint64_t)e->kind), bits = 0;
  double num = e->num + 0.0;                            /* -0 becomes 0 */
  memcpy(&bits, &num, sizeof bits);
  h = mix(mix(mix(mix(mix(h, bits), e->sym), (uint64_t)e->fn), e->v), e->solution);
  for (uint32_t i = 0; i < e->nix; i++) h = hash_ix(h, e->ix[i]);
  for (uint32_t i = 0; i < e->nbinds; i++) h = mix(h, e->binds[i]);
  if (e->kind == E_SUM) h = hash_ix(mix(mix(mix(h, e->bind), e->dom.set), (uint64_t)e->dom.succ), e->dom.succ ? e->dom.prev : (Ix){0});
  for (uint32_t i = 0; i < e->nkid; i++) h = mix(h, e->kid[i]->hash);
  return h ? h : 1;
}

const Expr *ex_keep(Arena *a, Expr v) {
  Expr *e = ARENA_NEW(a, Expr);
  if (!e) return &nothing;
  v.hash = hash_node(&v);
  *e = v;
  return e;
}

static const Expr **copy_kids(Arena *a, const Expr *const *kid, uint32_t n) {
  const Expr **to = ARENA_ARRAY(a, const Expr *, n ? n : 1);
  if (to && n) memcpy(to, kid, n * sizeof *to);
  return to;
}
static Ix *copy_ix(Arena *a, const Ix *ix, uint32_t n) {
  Ix *to = ARENA_ARRAY(a, Ix, n ? n : 1);
  if (to && n) memcpy(to, ix, n * sizeof *to);
  return to;
}

/* ---- indices ---- */
Ix ix_bound(IdxId v) { return (Ix){.kind = IX_BOUND, .v = v}; }
Ix ix_elem(Elem v) { return (Ix){.kind = IX_ELEM, .v = v}; }
Ix ix_prev(IdxId v) { return (Ix){.kind = IX_PREV, .v = v}; }

int ix_equal(Ix a, Ix b) {
  if (a.kind != b.kind || a.v != b.v) return 0;
  return a.e == b.e || (a.e && b.e && ex_equal(a.e, b.e));
}

int ix_mentions(Ix x, IdxId v) {
  if ((x.kind == IX_BOUND || x.kind == IX_PREV) && x.v == v) return 1;
  return x.e != NULL && ex_mentions(x.e, v);
}

int ex_mentions(const Expr *e, IdxId v) {
  if (e->kind == E_IDX && e->v == v) return 1;
  for (uint32_t i = 0; i < e->nix; i++)
    if (ix_mentions(e->ix[i], v)) return 1;
  if (e->kind == E_SUM && e->dom.succ && ix_mentions(e->dom.prev, v)) return 1;
  for (uint32_t i = 0; i < e->nkid; i++)
    if (ex_mentions(e->kid[i], v)) return 1;
  return 0;
}

/* An index as an element-valued expression, and the other way round where it is that simple. */
static const Expr *ix_expr(Arena *a, Ix x) {
  switch (x.kind) {
  case IX_BOUND: return ex_idx(a, 0, x.v);
  case IX_ELEM: return ex_elem(a, 0, x.v);
  case IX_EXPR: return x.e;
  case IX_PREV: break;
  }
  Ix *ix = copy_ix(a, &x, 1);
  return ix ? ex_keep(a, (Expr){.kind = E_IDX, .ix = ix, .nix = 1}) : &nothing;
}
static int expr_ix(const Expr *e, Ix *out) {
  if (e->kind == E_ELEM) *out = ix_elem(e->v);
  else if (e->kind == E_IDX && !e->nix) *out = ix_bound(e->v);
  else if (e->kind == E_IDX) *out = e->ix[0];
  else return 0;
  return 1;
}

Ix ix_subst(Arena *a, Ix x, const IdxId *var, const Ix *to, uint32_t n) {
  if (x.e) {
    const Expr *e = ex_subst(a, x.e, var, to, n);
    if (x.kind == IX_EXPR && expr_ix(e, &x)) return x;
    x.e = e;
    if (x.kind == IX_PREV && e->kind == E_IDX && !e->nix) return ix_prev(e->v);
    return x;
  }
  if (x.kind != IX_BOUND && x.kind != IX_PREV) return x;
  for (uint32_t i = 0; i < n; i++) {
    if (x.v != var[i]) continue;
    if (x.kind == IX_BOUND) return to[i];
    if (to[i].kind == IX_BOUND) return ix_prev(to[i].v);
    return (Ix){.kind = IX_PREV, .e = ix_expr(a, to[i])};
  }
  return x;
}

/* ---- leaves ---- */
const Expr *ex_num(Arena *a, Origin at, double v) { return ex_keep(a, (Expr){.kind = E_NUM, .at = at, .num = v}); }
int ex_is_num(const Expr *e, double v) { return e->kind == E_NUM && e->num == v; }

const Expr *ex_ref(Arena *a, Origin at, SymId sym, const Ix *ix, uint32_t n) {
  Ix *own = copy_ix(a, ix, n);
  if (!own) return &nothing;
  return ex_keep(a, (Expr){.kind = E_REF, .at = at, .sym = sym, .ix = own, .nix = n});
}
const Expr *ex_elem(Arena *a, Origin at, Elem v) { return ex_keep(a, (Expr){.kind = E_ELEM, .at = at, .v = v}); }
const Expr *ex_idx(Arena *a, Origin at, IdxId v) { return ex_keep(a, (Expr){.kind = E_IDX, .at = at, .v = v}); }

/* ---- functions, choices, conditions ---- */
const Expr *ex_call(Arena *a, Origin at, BuiltinFn fn, const Expr *const *kid, uint32_t n) {
  if (n == 1 && kid[0]->kind == E_NUM) {
    double x = kid[0]->num, y = fn == FN_LOG ? log(x) : fn == FN_EXP ? exp(x) : fn == FN_SQRT ? sqrt(x) : fn == FN_ABS ? fabs(x) : NAN;
    if (isfinite(y)) return ex_num(a, at, y);
  }
  const Expr **own = copy_kids(a, kid, n);
  return own ? ex_keep(a, (Expr){.kind = E_CALL, .at = at, .fn = fn, .kid = own, .nkid = n}) : &nothing;
}

static int compare(ExprKind k, double x, double y) { return k == E_LT ? x < y : k == E_LE ? x <= y : k == E_EQ ? x == y : x != y; }

/* Comparison of two elements: nonzero when it is decided, *equal then says how. */
static int ix_decided(Ix x, Ix y, int *equal) {
  *equal = ix_equal(x, y);
  if (*equal) return 1;
  if (x.kind == IX_ELEM && y.kind == IX_ELEM) return 1;
  /* no node is its own predecessor */
  return (x.kind == IX_BOUND && y.kind == IX_PREV && x.v == y.v) || (x.kind == IX_PREV && y.kind == IX_BOUND && x.v == y.v);
}

static const Expr *compare_ix(Arena *a, Origin at, ExprKind kind, Ix x, Ix y) {
  int equal;
  if (ix_decided(x, y, &equal)) return ex_num(a, at, equal == (kind == E_EQ));
  Ix *ix = copy_ix(a, (Ix[]){x, y}, 2);
  return ix ? ex_keep(a, (Expr){.kind = kind, .at = at, .ix = ix, .nix = 2}) : &nothing;
}
const Expr *ex_eq_ix(Arena *a, Origin at, Ix x, Ix y) { return compare_ix(a, at, E_EQ, x, y); }

/* AND and OR: nested ones flattened, decided parts dropped, repetitions dropped. */
static const Expr *logic(Arena *a, Origin at, ExprKind kind, const Expr *const *kid, uint32_t n) {
  double absorbing = kind == E_OR;
  uint32_t all = 0, m = 0;
  for (uint32_t i = 0; i < n; i++) all += kid[i]->kind == kind ? kid[i]->nkid : 1;
  const Expr **own = ARENA_ARRAY(a, const Expr *, all ? all : 1);
  if (!own) return &nothing;
  for (uint32_t i = 0; i < n; i++) {
    const Expr *const *part = kid[i]->kind == kind ? kid[i]->kid : &kid[i];
    for (uint32_t j = 0; j < (kid[i]->kind == kind ? kid[i]->nkid : 1); j++) {
      uint32_t seen = 0;
      if (part[j]->kind == E_NUM) {
        if ((part[j]->num != 0) == (absorbing != 0)) return ex_num(a, at, absorbing);
        continue;
      }
      while (seen < m && !ex_equal(own[seen], part[j])) seen++;
      if (seen == m) own[m++] = part[j];
    }
  }
  if (!m) return ex_num(a, at, 1 - absorbing);
  return m == 1 ? own[0] : ex_keep(a, (Expr){.kind = kind, .at = at, .kid = own, .nkid = m});
}

static const Expr *extremum(Arena *a, Origin at, ExprKind kind, const Expr *const *kid, uint32_t n) {
  uint32_t all = 0, m = 0, num = UINT32_MAX;
  for (uint32_t i = 0; i < n; i++) all += kid[i]->kind == kind ? kid[i]->nkid : 1;
  const Expr **own = ARENA_ARRAY(a, const Expr *, all ? all : 1);
  if (!own || !n) return &nothing;
  for (uint32_t i = 0; i < n; i++) {
    const Expr *const *part = kid[i]->kind == kind ? kid[i]->kid : &kid[i];
    for (uint32_t j = 0; j < (kid[i]->kind == kind ? kid[i]->nkid : 1); j++) {
      uint32_t seen = 0;
      if (part[j]->kind == E_NUM && num != UINT32_MAX) {
        double x = own[num]->num, y = part[j]->num;
        own[num] = (kind == E_MIN) == (y < x) ? part[j] : own[num];
        continue;
      }
      while (seen < m && !ex_equal(own[seen], part[j])) seen++;
      if (seen < m) continue;
      if (part[j]->kind == E_NUM) num = m;
      own[m++] = part[j];
    }
  }
  return m == 1 ? own[0] : ex_keep(a, (Expr){.kind = kind, .at = at, .kid = own, .nkid = m});
}

static const Expr *negation(Arena *a, Origin at, const Expr *c) {
  if (c->kind == E_NUM) return ex_num(a, at, c->num == 0);
  if (c->kind == E_NOT) return c->kid[0];
  if (c->kind == E_EQ || c->kind == E_NE) {
    Expr flipped = *c;
    flipped.kind = c->kind == E_EQ ? E_NE : E_EQ;
    return ex_keep(a, flipped);
  }
  const Expr **own = copy_kids(a, &c, 1);
  return own ? ex_keep(a, (Expr){.kind = E_NOT, .at = at, .kid = own, .nkid = 1}) : &nothing;
}

static const Expr *comparison(Arena *a, Origin at, ExprKind kind, const Expr *const *kid) {
  Ix x, y;
  if ((kind == E_EQ || kind == E_NE) && expr_ix(kid[0], &x) && expr_ix(kid[1], &y)) return compare_ix(a, at, kind, x, y);
  if (kid[0]->kind == E_NUM && kid[1]->kind == E_NUM) return ex_num(a, at, compare(kind, kid[0]->num, kid[1]->num));
  const Expr **own = copy_kids(a, kid, 2);
  return own ? ex_keep(a, (Expr){.kind = kind, .at = at, .kid = own, .nkid = 2}) : &nothing;
}

static const Expr *selection(Arena *a, Origin at, const Expr *const *kid) {
  if (kid[0]->kind == E_NUM) return kid[0]->num != 0 ? kid[1] : kid[2];
  if (ex_equal(kid[1], kid[2])) return kid[1];
  const Expr *cond = kid[0], *no = kid[2], *yes = kid[1];
  if (ex_is_num(no, 0) && yes->kind == E_IF && ex_is_num(yes->kid[2], 0)) {   /* if a then (if b then x else 0) else 0 */
    cond = logic(a, at, E_AND, (const Expr *const[]){cond, yes->kid[0]}, 2);
    yes = yes->kid[1];
  }
  const Expr **own = copy_kids(a, (const Expr *const[]){cond, yes, no}, 3);
  return own ? ex_keep(a, (Expr){.kind = E_IF, .at = at, .kid = own, .nkid = 3}) : &nothing;
}

const Expr *ex_node(Arena *a, Origin at, ExprKind kind, const Expr *const *kid, uint32_t n) {
  switch (kind) {
  case E_ADD: return ex_add(a, at, kid, n);
  case E_MUL: return ex_mul(a, at, kid, n);
  case E_NEG: return ex_neg(a, at, kid[0]);
  case E_DIV: return ex_div(a, at, kid[0], kid[1]);
  case E_POW: return ex_pow(a, at, kid[0], kid[1]);
  case E_MIN: case E_MAX: return extremum(a, at, kind, kid, n);
  case E_AND: case E_OR: return logic(a, at, kind, kid, n);
  case E_NOT: return negation(a, at, kid[0]);
  case E_LT: case E_LE: case E_EQ: case E_NE: return comparison(a, at, kind, kid);
  case E_IF: return selection(a, at, kid);
  default: break;
  }
  if (kind == E_GIVEN && (kid[0]->kind == E_NUM || kid[0]->kind == E_GIVEN)) return kid[0];
  const Expr **own = copy_kids(a, kid, n);
  return own ? ex_keep(a, (Expr){.kind = kind, .at = at, .kid = own, .nkid = n}) : &nothing;
}

const Expr *ex_in(Arena *a, Origin at, Ix x, SymId set) {
  Ix *ix = copy_ix(a, &x, 1);
  return ix ? ex_keep(a, (Expr){.kind = E_IN, .at = at, .sym = set, .ix = ix, .nix = 1}) : &nothing;
}

/* ---- sums ---- */
const Expr *ex_sum(Arena *a, Origin at, IdxId bind, Domain dom, const Expr *body, const Expr *cond) {
  if (cond && cond->kind == E_NUM) {
    if (cond->num == 0) return ex_num(a, at, 0);
    cond = NULL;
  }
  if (ex_is_num(body, 0)) return body;
  if (body->kind == E_NEG) return ex_neg(a, at, ex_sum(a, at, bind, dom, body->kid[0], cond));
  if (!dom.succ) dom.prev = (Ix){0};
  const Expr **own = copy_kids(a, (const Expr *const[]){body, cond}, cond ? 2 : 1);
  if (!own) return &nothing;
  return ex_keep(a, (Expr){.kind = E_SUM, .at = at, .bind = bind, .dom = dom, .kid = own, .nkid = cond ? 2 : 1});
}

const Expr *ex_total(Arena *a, Origin at, SymId class, const IdxId *binds, uint32_t n, const Expr *body) {
  if (ex_is_num(body, 0)) return body;
  if (body->kind == E_NEG) return ex_neg(a, at, ex_total(a, at, class, binds, n, body->kid[0]));
  const Expr **own = copy_kids(a, &body, 1);
  IdxId *b = ARENA_ARRAY(a, IdxId, n ? n : 1);
  if (!own || !b) return &nothing;
  if (n) memcpy(b, binds, n * sizeof *b);
  return ex_keep(a, (Expr){.kind = E_TOTAL, .at = at, .sym = class, .binds = b, .nbinds = n, .kid = own, .nkid = 1});
}

/* ---- equality, walks, substitution ---- */
int ex_equal(const Expr *a, const Expr *b) {
  if (a == b) return 1;
  if (a->hash != b->hash || a->kind != b->kind || a->sym != b->sym || a->fn != b->fn || a->v != b->v || a->solution != b->solution) return 0;
  if (a->nix != b->nix || a->nkid != b->nkid || a->nbinds != b->nbinds) return 0;
  if (!(a->num <= b->num && a->num >= b->num) && !(isnan(a->num) && isnan(b->num))) return 0;
  if (a->bind != b->bind || a->dom.set != b->dom.set || a->dom.succ != b->dom.succ || !ix_equal(a->dom.prev, b->dom.prev)) return 0;
  for (uint32_t i = 0; i < a->nbinds; i++)
    if (a->binds[i] != b->binds[i]) return 0;
  for (uint32_t i = 0; i < a->nix; i++)
    if (!ix_equal(a->ix[i], b->ix[i])) return 0;
  for (uint32_t i = 0; i < a->nkid; i++)
    if (!ex_equal(a->kid[i], b->kid[i])) return 0;
  return 1;
}

/* ---- equal up to the names of bound variables ---- */
typedef struct Renamed { IdxId a, b; const struct Renamed *up; } Renamed;
static int alike(const Expr *a, const Expr *b, const Renamed *r);

static int var_alike(IdxId a, IdxId b, const Renamed *r) {
  for (; r; r = r->up)
    if (r->a == a || r->b == b) return r->a == a && r->b == b;
  return a == b;
}
static int ix_alike(Ix a, Ix b, const Renamed *r) {
  if (a.kind != b.kind || !a.e != !b.e || (a.e && !alike(a.e, b.e, r))) return 0;
  return a.kind == IX_ELEM ? a.v == b.v : var_alike(a.v, b.v, r);
}
static int kids_alike(const Expr *a, const Expr *b, const Renamed *r) {
  for (uint32_t i = 0; i < a->nix; i++)
    if (!ix_alike(a->ix[i], b->ix[i], r)) return 0;
  for (uint32_t i = 0; i < a->nkid; i++)
    if (!alike(a->kid[i], b->kid[i], r)) return 0;
  return 1;
}
static int total_alike(const Expr *a, const Expr *b, uint32_t bind, const Renamed *r) {
  if (bind == a->nbinds) return kids_alike(a, b, r);
  return total_alike(a, b, bind + 1, &(Renamed){a->binds[bind], b->binds[bind], r});
}
static int alike(const Expr *a, const Expr *b, const Renamed *r) {
  if (a->kind != b->kind || a->sym != b->sym || a->fn != b->fn || a->solution != b->solution) return 0;
  if (a->nix != b->nix || a->nkid != b->nkid || a->nbinds != b->nbinds || a->dom.set != b->dom.set || a->dom.succ != b->dom.succ) return 0;
  if (!(a->num <= b->num && a->num >= b->num) && !(isnan(a->num) && isnan(b->num))) return 0;
  if (a->kind == E_IDX ? !var_alike(a->v, b->v, r) : a->v != b->v) return 0;
  if (a->kind == E_SUM) return (!a->dom.succ || ix_alike(a->dom.prev, b->dom.prev, r)) && kids_alike(a, b, &(Renamed){a->bind, b->bind, r});
  return total_alike(a, b, 0, r);
}
int ex_alike(const Expr *a, const Expr *b) { return alike(a, b, NULL); }

static int ix_depends(Ix x, int (*is)(void *, const Expr *), void *ctx) { return x.e && ex_depends(x.e, is, ctx); }

int ex_depends(const Expr *e, int (*is)(void *ctx, const Expr *ref), void *ctx) {
  if (e->kind == E_REF && is(ctx, e)) return 1;
  for (uint32_t i = 0; i < e->nix; i++)
    if (ix_depends(e->ix[i], is, ctx)) return 1;
  if (e->kind == E_SUM && e->dom.succ && ix_depends(e->dom.prev, is, ctx)) return 1;
  for (uint32_t i = 0; i < e->nkid; i++)
    if (ex_depends(e->kid[i], is, ctx)) return 1;
  return 0;
}

void ex_walk(const Expr *e, void (*visit)(void *ctx, const Expr *), void *ctx) {
  visit(ctx, e);
  for (uint32_t i = 0; i < e->nix; i++)
    if (e->ix[i].e) ex_walk(e->ix[i].e, visit, ctx);
  if (e->kind == E_SUM && e->dom.succ && e->dom.prev.e) ex_walk(e->dom.prev.e, visit, ctx);
  for (uint32_t i = 0; i < e->nkid; i++) ex_walk(e->kid[i], visit, ctx);
}

const Expr *ex_with(Arena *a, const Expr *e, const Expr *const *kid, const Ix *ix, const Domain *dom) {
  Ix one;
  switch (e->kind) {
  case E_NUM: case E_ELEM: return e;
  case E_REF: {
    Ix *own = copy_ix(a, ix, e->nix);
    if (!own) return &nothing;
    Expr v = *e;
    v.ix = own;
    return ex_keep(a, v);
  }
  case E_CALL: return ex_call(a, e->at, e->fn, kid, e->nkid);
  case E_IN: return ex_in(a, e->at, ix[0], e->sym);
  case E_EQ: case E_NE: return e->nix ? compare_ix(a, e->at, e->kind, ix[0], ix[1]) : ex_node(a, e->at, e->kind, kid, e->nkid);
  case E_DELTA: return ex_eq_ix(a, e->at, ix[0], ix[1]);
  case E_SUM: return ex_sum(a, e->at, e->bind, *dom, kid[0], e->nkid > 1 ? kid[1] : NULL);
  case E_NAMED: return e;
  case E_STAT: {
    Expr v = *e;
    v.ix = copy_ix(a, ix, e->nix);
    v.kid = copy_kids(a, kid, e->nkid);
    return v.ix && v.kid ? ex_keep(a, v) : &nothing;
  }
  case E_TOTAL: return ex_total(a, e->at, e->sym, e->binds, e->nbinds, kid[0]);
  case E_IDX:
    one = e->nix ? ix[0] : ix_bound(e->v);
    return ix_expr(a, one);
  default: return ex_node(a, e->at, e->kind, kid, e->nkid);
  }
}

const Expr *ex_subst(Arena *a, const Expr *e, const IdxId *var, const Ix *to, uint32_t n) {
  int changed = 0;
  if (e->kind == E_IDX && !e->nix) {
    Ix x = ix_subst(a, ix_bound(e->v), var, to, n);
    return ix_equal(x, ix_bound(e->v)) ? e : ix_expr(a, x);
  }
  const Expr **kid = ARENA_ARRAY(a, const Expr *, e->nkid ? e->nkid : 1);
  Ix *ix = ARENA_ARRAY(a, Ix, e->nix ? e->nix : 1);
  if (!kid || !ix) return &nothing;
  Domain dom = e->dom;
  for (uint32_t i = 0; i < e->nix; i++) {
    ix[i] = ix_subst(a, e->ix[i], var, to, n);
    changed |= !ix_equal(ix[i], e->ix[i]);
  }
  for (uint32_t i = 0; i < e->nkid; i++) {
    kid[i] = ex_subst(a, e->kid[i], var, to, n);
    changed |= kid[i] != e->kid[i];
  }
  if (e->kind == E_SUM && dom.succ) {
    dom.prev = ix_subst(a, dom.prev, var, to, n);
    changed |= !ix_equal(dom.prev, e->dom.prev);
  }
  return changed ? ex_with(a, e, kid, ix, &dom) : e;
}
