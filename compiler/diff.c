/* diff.c: exact derivatives at the indexed level.
 *
 * The derivative of e with respect to x[at] is kept as pieces: coefficient times conditions, the conditions being equalities between
 * the indices of an occurrence of x and those of x[at] (Kronecker deltas). A sum eliminates the deltas of its own variable:
 *   sum_{j in D} f(j) [j = i]       = f(i) where i is in D
 *   sum_{m in D} f(m) [prev(m) = n] = sum over the successors m of n in D of f(m)
 * What is left at the end becomes an `if`. */
#include "indices.h"
#include "pass.h"

typedef struct { Ix a, b; } Delta;
typedef struct { Delta *delta; uint32_t n; const Expr *cond /* NULL: always */, *coef; } Piece;
typedef VEC(Piece) Pieces;
typedef struct { Economy *e; Arena *a; SymId sym; const Ix *at; uint32_t n, own /* leading indices that must be the very same */; int through; Origin origin; } Diff;

static void diff(Diff *d, const Expr *e, const Expr *factor, Pieces *out);

static int is_sym(void *ctx, const Expr *ref) { return ref->sym == ((const Diff *)ctx)->sym; }
static int depends(Diff *d, const Expr *e) { return ex_depends(e, is_sym, d); }

/* ---- pieces ---- */
static const Expr *both(Diff *d, const Expr *x, const Expr *y) {
  if (!x || !y) return x ? x : y;
  return ex_node(d->a, d->origin, E_AND, (const Expr *const[]){x, y}, 2);
}

/* Adds [a = b]; 0 when that is never so. One that always holds (sets of one element) is kept: a sum may still be eliminated by it. */
static int piece_delta(Diff *d, Piece *p, Ix a, Ix b) {
  if (ix_equal(a, b)) return 1;
  if (!ix_same(d->e, a, b)) return 0;
  for (uint32_t i = 0; i < p->n; i++)
    if (ix_equal(p->delta[i].a, a) && ix_equal(p->delta[i].b, b)) return 1;
  Delta *own = ARENA_ARRAY(d->a, Delta, p->n + 1);
  if (!own) return 0;
  for (uint32_t i = 0; i < p->n; i++) own[i] = p->delta[i];
  own[p->n++] = (Delta){a, b};
  p->delta = own;
  return 1;
}

static int piece_alike(const Piece *p, const Piece *q) {
  if (p->n != q->n || (p->cond == NULL) != (q->cond == NULL) || (p->cond && !ex_equal(p->cond, q->cond))) return 0;
  for (uint32_t i = 0; i < p->n; i++)
    if (!ix_equal(p->delta[i].a, q->delta[i].a) || !ix_equal(p->delta[i].b, q->delta[i].b)) return 0;
  return 1;
}

static void piece_add(Diff *d, Pieces *out, Piece p) {
  if (ex_is_num(p.coef, 0) || (p.cond && ex_is_num(p.cond, 0))) return;
  for (uint32_t i = 0; i < out->n; i++)
    if (piece_alike(&out->at[i], &p)) {
      out->at[i].coef = ex_add2(d->a, d->origin, out->at[i].coef, p.coef);
      return;
    }
  VEC_PUSH(d->a, *out, p);
}

static void pieces_scaled(Diff *d, Pieces *out, const Pieces *from, const Expr *factor) {
  for (uint32_t i = 0; i < from->n; i++) {
    Piece p = from->at[i];
    p.coef = ex_mul2(d->a, d->origin, factor, p.coef);
    piece_add(d, out, p);
  }
}

/* As a condition; NULL when it always holds. */
static const Expr *delta_cond(Diff *d, const Delta *x) { return ix_same(d->e, x->a, x->b) == 1 ? NULL : ex_eq_ix(d->a, d->origin, x->b, x->a); }

/* ---- references ---- */
static void diff_ref(Diff *d, const Expr *e, const Expr *factor, Pieces *out) {
  Piece p = {.coef = factor};
  if (e->sym != d->sym || e->nix != d->n) return;
  for (uint32_t i = 0; i < d->n; i++) {
    if (i < d->own ? !ix_equal(e->ix[i], d->at[i]) : !piece_delta(d, &p, e->ix[i], d->at[i])) return;
  }
  piece_add(d, out, p);
}

/* ---- sums ---- */

/* A delta that gives the variable j itself, or its predecessor; *other is the side without j. */
static int delta_gives(const Delta *x, IdxId j, IxKind how, Ix *other) {
  if (x->a.kind == how && x->a.v == j && !ix_mentions(x->b, j)) *other = x->b;
  else if (x->b.kind == how && x->b.v == j && !ix_mentions(x->a, j)) *other = x->a;
  else return 0;
  return 1;
}

/* sum_j f(j) [j = i]: f(i) where i is in the domain. */
static void sum_at(Diff *d, const Expr *s, const Piece *p, uint32_t which, Ix i, Pieces *out) {
  const IdxId j = s->bind;
  Piece r = {.coef = ex_subst(d->a, p->coef, &j, &i, 1), .cond = p->cond ? ex_subst(d->a, p->cond, &j, &i, 1) : NULL};
  int in = ix_within(d->e, i, s->dom.set);
  if (!in) return;
  for (uint32_t k = 0; k < p->n; k++)
    if (k != which && !piece_delta(d, &r, ix_subst(d->a, p->delta[k].a, &j, &i, 1), ix_subst(d->a, p->delta[k].b, &j, &i, 1))) return;
  if (s->dom.succ && !piece_delta(d, &r, ix_prev_of(d->a, i), s->dom.prev)) return;
  if (s->nkid > 1) r.cond = both(d, r.cond, ex_subst(d->a, s->kid[1], &j, &i, 1));
  if (in < 0) r.cond = both(d, r.cond, ex_in(d->a, d->origin, i, s->dom.set));
  piece_add(d, out, r);
}

/* The sum stays: conditions that speak of its variable go inside. */
static void sum_over(Diff *d, const Expr *s, const Piece *p, Pieces *out) {
  const IdxId j = s->bind;
  Domain dom = s->dom;
  const Expr *inside = s->nkid > 1 ? s->kid[1] : NULL;
  Piece r = {0};
  int turned = 0;
  for (uint32_t k = 0; k < p->n; k++) {
    const Delta *x = &p->delta[k];
    Ix o;
    if (!ix_mentions(x->a, j) && !ix_mentions(x->b, j)) {
      if (!piece_delta(d, &r, x->a, x->b)) return;
    } else if (!turned && delta_gives(x, j, IX_PREV, &o)) {
      if (dom.succ && !piece_delta(d, &r, o, dom.prev)) return;
      dom.succ = turned = 1;
      dom.prev = o;
    } else {
      inside = both(d, inside, delta_cond(d, x));
    }
  }
  if (p->cond && ex_mentions(p->cond, j)) inside = both(d, inside, p->cond);
  else r.cond = p->cond;
  r.coef = ex_sum(d->a, s->at, j, dom, p->coef, inside);
  piece_add(d, out, r);
}

static void diff_sum(Diff *d, const Expr *e, const Expr *factor, Pieces *out) {
  Pieces body = {0}, done = {0};
  diff(d, e->kid[0], ex_num(d->a, d->origin, 1), &body);
  for (uint32_t i = 0; i < body.n; i++) {
    const Piece *p = &body.at[i];
    uint32_t k = 0;
    Ix o;
    while (k < p->n && !delta_gives(&p->delta[k], e->bind, IX_BOUND, &o)) k++;
    if (k < p->n) sum_at(d, e, p, k, o, &done);
    else sum_over(d, e, p, &done);
  }
  pieces_scaled(d, out, &done, factor);
}

static int mentions_any(Ix x, const Expr *total) {
  for (uint32_t i = 0; i < total->nbinds; i++)
    if (ix_mentions(x, total->binds[i])) return 1;
  return 0;
}

static void diff_total(Diff *d, const Expr *e, const Expr *factor, Pieces *out) {
  Pieces body = {0}, done = {0};
  diff(d, e->kid[0], ex_num(d->a, d->origin, 1), &body);
  for (uint32_t i = 0; i < body.n; i++) {
    const Piece *p = &body.at[i];
    Piece r = {0};
    const Expr *inside = p->cond;
    for (uint32_t k = 0; k < p->n; k++) {
      if (mentions_any(p->delta[k].a, e) || mentions_any(p->delta[k].b, e)) inside = both(d, inside, delta_cond(d, &p->delta[k]));
      else piece_delta(d, &r, p->delta[k].a, p->delta[k].b);
    }
    const Expr *coef = p->coef;
    if (inside) coef = ex_node(d->a, d->origin, E_IF, (const Expr *const[]){inside, coef, ex_num(d->a, d->origin, 0)}, 3);
    r.coef = ex_total(d->a, e->at, e->sym, e->binds, e->nbinds, coef);
    piece_add(d, &done, r);
  }
  pieces_scaled(d, out, &done, factor);
}

/* ---- the other nodes ---- */
static void diff_if(Diff *d, const Expr *e, const Expr *cond, const Expr *yes, const Expr *no, const Expr *factor, Pieces *out) {
  Pieces y = {0}, n = {0};
  const Expr *one = ex_num(d->a, d->origin, 1), *zero = ex_num(d->a, d->origin, 0);
  diff(d, yes, one, &y);
  diff(d, no, one, &n);
  for (uint32_t i = 0; i < y.n + n.n; i++) {
    Piece p = i < y.n ? y.at[i] : n.at[i - y.n];
    const Expr *other = zero;
    if (i < y.n) {
      for (uint32_t j = 0; j < n.n; j++)
        if (n.at[j].coef && piece_alike(&p, &n.at[j])) {
          other = n.at[j].coef;
          n.at[j].coef = NULL;
        }
    } else if (!p.coef) {
      continue;
    }
    const Expr *const kid[] = {cond, i < y.n ? p.coef : zero, i < y.n ? other : p.coef};
    p.coef = ex_mul2(d->a, d->origin, factor, ex_node(d->a, e->at, E_IF, kid, 3));
    piece_add(d, out, p);
  }
}

static void diff_mul(Diff *d, const Expr *e, const Expr *factor, Pieces *out) {
  const Expr **rest = ARENA_ARRAY(d->a, const Expr *, e->nkid);
  if (!rest) return;
  for (uint32_t i = 0; i < e->nkid; i++) {
    uint32_t n = 0;
    if (!depends(d, e->kid[i])) continue;
    rest[n++] = factor;
    for (uint32_t j = 0; j < e->nkid; j++)
      if (j != i) rest[n++] = e->kid[j];
    diff(d, e->kid[i], ex_mul(d->a, d->origin, rest, n), out);
  }
}

static void diff_div(Diff *d, const Expr *e, const Expr *factor, Pieces *out) {
  const Expr *x = e->kid[0], *y = e->kid[1];
  if (depends(d, x)) diff(d, x, ex_div(d->a, d->origin, factor, y), out);
  if (!depends(d, y)) return;
  const Expr *f = ex_div(d->a, d->origin, ex_mul2(d->a, d->origin, factor, x), ex_mul2(d->a, d->origin, y, y));
  diff(d, y, ex_neg(d->a, d->origin, f), out);
}

static void diff_pow(Diff *d, const Expr *e, const Expr *factor, Pieces *out) {
  const Expr *x = e->kid[0], *y = e->kid[1];
  if (depends(d, x)) {
    const Expr *less = ex_pow(d->a, e->at, x, ex_sub(d->a, e->at, y, ex_num(d->a, d->origin, 1)));
    diff(d, x, ex_mul(d->a, d->origin, (const Expr *const[]){factor, y, less}, 3), out);
  }
  if (depends(d, y)) diff(d, y, ex_mul(d->a, d->origin, (const Expr *const[]){factor, e, ex_call(d->a, d->origin, FN_LOG, &x, 1)}, 3), out);
}

static void diff_call(Diff *d, const Expr *e, const Expr *factor, Pieces *out) {
  Arena *a = d->a;
  const Expr *x = e->kid[0];
  switch (e->fn) {
  case FN_LOG: diff(d, x, ex_div(a, d->origin, factor, x), out); return;
  case FN_EXP: diff(d, x, ex_mul2(a, d->origin, factor, e), out); return;
  case FN_SQRT: diff(d, x, ex_div(a, d->origin, factor, ex_mul2(a, d->origin, ex_num(a, 0, 2), e)), out); return;
  case FN_ABS: {
    const Expr *cond = ex_node(a, e->at, E_LT, (const Expr *const[]){x, ex_num(a, e->at, 0)}, 2);
    diff_if(d, e, cond, ex_neg(a, e->at, x), x, factor, out);
    return;
  }
  case FN_MOD: case FN_FRAC: case FN_HALTON: case FN_FLOOR: return;   /* of parameters and indices only */
  }
}

/* min(x, rest) is x where x <= rest; max likewise. */
static void diff_extremum(Diff *d, const Expr *e, const Expr *factor, Pieces *out) {
  const Expr *x = e->kid[0], *rest = ex_node(d->a, e->at, e->kind, e->kid + 1, e->nkid - 1);
  const Expr *const order[] = {e->kind == E_MIN ? x : rest, e->kind == E_MIN ? rest : x};
  diff_if(d, e, ex_node(d->a, e->at, E_LE, order, 2), x, rest, factor, out);
}

static void diff(Diff *d, const Expr *e, const Expr *factor, Pieces *out) {
  switch (e->kind) {
  case E_REF: diff_ref(d, e, factor, out); return;
  case E_ADD:
    for (uint32_t i = 0; i < e->nkid; i++) diff(d, e->kid[i], factor, out);
    return;
  case E_MUL: diff_mul(d, e, factor, out); return;
  case E_NEG: diff(d, e->kid[0], ex_neg(d->a, d->origin, factor), out); return;
  case E_DIV: diff_div(d, e, factor, out); return;
  case E_POW: diff_pow(d, e, factor, out); return;
  case E_CALL: diff_call(d, e, factor, out); return;
  case E_MIN: case E_MAX: if (depends(d, e)) diff_extremum(d, e, factor, out); return;
  case E_IF: if (depends(d, e)) diff_if(d, e, e->kid[0], e->kid[1], e->kid[2], factor, out); return;
  case E_SUM: diff_sum(d, e, factor, out); return;
  case E_TOTAL: if (d->through) diff_total(d, e, factor, out); return;
  case E_GIVEN: if (d->through) diff(d, e->kid[0], factor, out); return;
  case E_NUM: case E_LT: case E_LE: case E_EQ: case E_NE: case E_IN: case E_AND: case E_OR: case E_NOT: case E_ELEM: case E_IDX: case E_DELTA: return;
  case E_STAT: case E_NAMED: return;                   /* in queries only */
  }
}

const Expr *expr_diff(Economy *e, const Expr *f, SymId sym, const Ix *at, uint32_t n) {
  const Sym *s = economy_at(e, sym);
  const Agent *owner = s->kind == SYM_CHOICE ? economy_agent(e, s->owner) : NULL;
  Diff d = {.e = e, .a = e->mem, .sym = sym, .at = at, .n = n, .own = owner ? owner->nidx : 0, .through = s->kind != SYM_CHOICE, .origin = f->at};
  Pieces out = {0};
  diff(&d, f, ex_num(d.a, d.origin, 1), &out);
  const Expr **term = ARENA_ARRAY(d.a, const Expr *, out.n + 1);
  if (!term || !out.n) return ex_num(d.a, d.origin, 0);
  for (uint32_t i = 0; i < out.n; i++) {
    const Piece *p = &out.at[i];
    const Expr *cond = NULL;
    for (uint32_t k = 0; k < p->n; k++) cond = both(&d, cond, delta_cond(&d, &p->delta[k]));
    cond = both(&d, cond, p->cond);
    term[i] = cond ? ex_node(d.a, d.origin, E_IF, (const Expr *const[]){cond, p->coef, ex_num(d.a, d.origin, 0)}, 3) : p->coef;
  }
  return ex_add(d.a, d.origin, term, out.n);
}
