/* algebra.c: sums, products, quotients and powers with exact simplification.
 *
 * Normal form: numbers are folded, sums and products flattened, a negative sign stands outside products (E_NEG), a quotient is one
 * E_DIV of two products without common factors. Terms of a sum that differ only in a numeric coefficient are collected where the
 * first of them stood. Every builder looks only at the top of its operands (which are in this form), so building is linear. */
#include "expr.h"
#include <math.h>

/* ---- products: sign and numbers apart, factors as base and exponent ---- */
typedef struct { const Expr *base, *exp; /* NULL: 1 */ } Factor;
typedef VEC(Factor) Factors;
typedef struct { Arena *a; Origin at; double num, den; Factors up, down; } Product;

static double exponent_value(Factor f) { return !f.exp ? 1 : f.exp->kind == E_NUM ? f.exp->num : NAN; }
static int whole(double x) { return isfinite(x) && floor(x) == x; }

static Factor factor_of(const Expr *e) {
  if (e->kind == E_POW) return (Factor){e->kid[0], e->kid[1]};
  return (Factor){e, NULL};
}
static const Expr *exponent_expr(Product *p, Factor f) { return f.exp ? f.exp : ex_num(p->a, p->at, 1); }

static const Expr *factor_expr(Product *p, Factor f) { return f.exp ? ex_pow(p->a, p->at, f.base, f.exp) : f.base; }

static void factors_drop(Factors *l, uint32_t i) {
  for (l->n--; i < l->n; i++) l->at[i] = l->at[i + 1];
}

static void product_factor(Product *p, Factor f, int down);

/* base^x over base^y: one power. A whole number decides on which side it stands; anything else stays above. */
static void product_cancel(Product *p, Factors *mine, Factors *other, uint32_t i, Factor f, int down) {
  Factor g = other->at[i];
  double x = exponent_value(f), y = exponent_value(g);
  factors_drop(other, i);
  if (x == y || (f.exp && g.exp && ex_equal(f.exp, g.exp))) return;
  if (!isnan(x) && !isnan(y)) {
    double d = x - y;
    Factor rest = {f.base, fabs(d) == 1 ? NULL : ex_num(p->a, p->at, fabs(d))};
    product_factor(p, rest, d > 0 ? down : !down);
    return;
  }
  const Expr *d = down ? ex_sub(p->a, p->at, exponent_expr(p, g), exponent_expr(p, f)) : ex_sub(p->a, p->at, exponent_expr(p, f), exponent_expr(p, g));
  if (ex_is_num(d, 0)) return;
  Factors *up = down ? other : mine;
  VEC_PUSH(p->a, *up, (Factor){f.base, ex_is_num(d, 1) ? NULL : d});
}

static void product_factor(Product *p, Factor f, int down) {
  Factors *mine = down ? &p->down : &p->up, *other = down ? &p->up : &p->down;
  for (uint32_t i = 0; i < other->n; i++)
    if (ex_equal(other->at[i].base, f.base)) {
      product_cancel(p, mine, other, i, f, down);
      return;
    }
  for (uint32_t i = 0; i < mine->n; i++) {
    double x = exponent_value(mine->at[i]), y = exponent_value(f);
    if (!whole(x) || !whole(y) || x <= 0 || y <= 0 || !ex_equal(mine->at[i].base, f.base)) continue;
    mine->at[i].exp = ex_num(p->a, p->at, x + y);
    return;
  }
  VEC_PUSH(p->a, *mine, f);
}

static void product_gather(Product *p, const Expr *e, int down) {
  switch (e->kind) {
  case E_NUM:
    if (down) p->den *= e->num;
    else p->num *= e->num;
    return;
  case E_NEG:
    p->num = -p->num;
    product_gather(p, e->kid[0], down);
    return;
  case E_MUL:
    for (uint32_t i = 0; i < e->nkid; i++) product_gather(p, e->kid[i], down);
    return;
  case E_DIV:
    if (ex_is_num(e->kid[1], 0)) {
      product_factor(p, factor_of(e), down);
      return;
    }
    product_gather(p, e->kid[0], down);
    product_gather(p, e->kid[1], !down);
    return;
  default: product_factor(p, factor_of(e), down);
  }
}

/* The factors of one side and its number as one expression. */
static const Expr *product_side(Product *p, const Factors *l, double num) {
  uint32_t n = 0;
  const Expr **kid = ARENA_ARRAY(p->a, const Expr *, l->n + 1);
  if (!kid || (l->n == 0)) return ex_num(p->a, p->at, num);
  if (num != 1) kid[n++] = ex_num(p->a, p->at, num);
  for (uint32_t i = 0; i < l->n; i++) kid[n++] = factor_expr(p, l->at[i]);
  return n == 1 ? kid[0] : ex_keep(p->a, (Expr){.kind = E_MUL, .at = p->at, .kid = kid, .nkid = n});
}

static const Expr *pair(Arena *a, Origin at, ExprKind kind, const Expr *x, const Expr *y) {
  const Expr **kid = ARENA_ARRAY(a, const Expr *, 2);
  if (!kid) return x;
  kid[0] = x;
  kid[1] = y;
  return ex_keep(a, (Expr){.kind = kind, .at = at, .kid = kid, .nkid = kind == E_NEG ? 1 : 2});
}

static const Expr *product_expr(Product *p) {
  if (p->num == 0 && p->den != 0) return ex_num(p->a, p->at, 0);
  if (p->den < 0) {
    p->num = -p->num;
    p->den = -p->den;
  }
  int negative = p->num < 0;
  double num = fabs(p->num), den = p->den, q = num / den;
  if (den != 1 && isfinite(q) && ((!p->up.n && !p->down.n) || whole(q) || (num != 1 && q * den == num))) {
    num = q;
    den = 1;
  }
  const Expr *top = product_side(p, &p->up, num);
  if (p->down.n || den != 1) {
    const Expr *bottom = product_side(p, &p->down, den);
    top = pair(p->a, p->at, E_DIV, top, bottom);
  }
  return negative ? ex_neg(p->a, p->at, top) : top;
}

const Expr *ex_mul(Arena *a, Origin at, const Expr *const *kid, uint32_t n) {
  Product p = {.a = a, .at = at, .num = 1, .den = 1};
  if (n == 1) return kid[0];
  for (uint32_t i = 0; i < n; i++) product_gather(&p, kid[i], 0);
  return product_expr(&p);
}
const Expr *ex_mul2(Arena *a, Origin at, const Expr *x, const Expr *y) {
  if (ex_is_num(x, 1)) return y;
  if (ex_is_num(y, 1)) return x;
  return ex_mul(a, at, (const Expr *const[]){x, y}, 2);
}
const Expr *ex_div(Arena *a, Origin at, const Expr *x, const Expr *y) {
  Product p = {.a = a, .at = at, .num = 1, .den = 1};
  if (ex_is_num(y, 1)) return x;
  if (ex_is_num(y, 0)) return pair(a, at, E_DIV, x, y);   /* stays what it is and where it stands, for finite.c to say */
  product_gather(&p, x, 0);
  product_gather(&p, y, 1);
  return product_expr(&p);
}

const Expr *ex_neg(Arena *a, Origin at, const Expr *x) {
  if (x->kind == E_NUM) return ex_num(a, at, x->num == 0 ? 0 : -x->num);
  if (x->kind == E_NEG) return x->kid[0];
  if (x->kind != E_ADD) return pair(a, at, E_NEG, x, NULL);
  const Expr **kid = ARENA_ARRAY(a, const Expr *, x->nkid);
  if (!kid) return x;
  for (uint32_t i = 0; i < x->nkid; i++) kid[i] = ex_neg(a, x->kid[i]->at, x->kid[i]);
  return ex_keep(a, (Expr){.kind = E_ADD, .at = at, .kid = kid, .nkid = x->nkid});
}

/* ---- sums ---- */

/* A term as coefficient times the rest; the rest is compared without building it. */
typedef struct { double coef; const Expr *whole /* the term without its sign */, *single; const Expr *const *factor; uint32_t n; uint64_t hash; } Term;

static Term term_of(const Expr *e) {
  Term t = {.coef = 1};
  if (e->kind == E_NEG) {
    t.coef = -1;
    e = e->kid[0];
  }
  t.whole = e;
  if (e->kind == E_MUL) {
    t.factor = e->kid;
    t.n = e->nkid;
    if (e->kid[0]->kind == E_NUM) {
      t.coef *= e->kid[0]->num;
      t.factor++;
      t.n--;
    }
  } else {
    t.single = e;
    t.n = 1;
  }
  for (uint32_t i = 0; i < t.n; i++) t.hash += (t.factor ? t.factor[i] : t.single)->hash;   /* order does not matter */
  return t;
}
static const Expr *term_factor(const Term *t, uint32_t i) { return t->factor ? t->factor[i] : t->single; }

static int term_alike(const Term *a, const Term *b) {
  if (a->hash != b->hash || a->n != b->n || a->n > 64) return 0;
  uint64_t used = 0;
  for (uint32_t i = 0; i < a->n; i++) {
    uint32_t j = 0;
    while (j < b->n && ((used >> j & 1) || !ex_equal(term_factor(a, i), term_factor(b, j)))) j++;
    if (j == b->n) return 0;
    used |= UINT64_C(1) << j;
  }
  return 1;
}

static const Expr *term_expr(Arena *a, Origin at, const Term *t) {
  const Expr **kid = ARENA_ARRAY(a, const Expr *, t->n + 1);
  if (!kid) return t->whole;
  kid[0] = ex_num(a, at, t->coef);
  for (uint32_t i = 0; i < t->n; i++) kid[i + 1] = term_factor(t, i);
  return ex_mul(a, at, kid, t->n + 1);
}

typedef struct { Term t; const Expr *kept; /* as it came, NULL once it was collected */ } Kept;
typedef struct { Arena *a; Origin at; VEC(Kept) term; double constant; uint32_t constant_at; uint32_t *slot, nslot; } Sum;

static void sum_term(Sum *s, const Expr *e) {
  if (e->kind == E_ADD) {
    for (uint32_t i = 0; i < e->nkid; i++) sum_term(s, e->kid[i]);
    return;
  }
  if (e->kind == E_NUM) {
    if (s->constant_at == UINT32_MAX) s->constant_at = s->term.n;
    s->constant += e->num;
    return;
  }
  Term t = term_of(e);
  uint32_t h = (uint32_t)(t.hash ^ t.hash >> 32) & (s->nslot - 1);
  for (; s->slot[h]; h = (h + 1) & (s->nslot - 1)) {
    uint32_t i = s->slot[h] - 1;
    if (!term_alike(&s->term.at[i].t, &t)) continue;
    s->term.at[i].t.coef += t.coef;
    s->term.at[i].kept = NULL;
    return;
  }
  s->slot[h] = s->term.n + 1;
  VEC_PUSH(s->a, s->term, (Kept){t, e});
}

static const Expr *sum_expr(Sum *s) {
  uint32_t n = 0;
  const Expr **kid = ARENA_ARRAY(s->a, const Expr *, s->term.n + 1);
  if (!kid) return ex_num(s->a, s->at, 0);
  for (uint32_t i = 0; i <= s->term.n; i++) {
    if (i == s->constant_at && s->constant != 0) kid[n++] = ex_num(s->a, s->at, s->constant);
    if (i == s->term.n || (!s->term.at[i].kept && s->term.at[i].t.coef == 0)) continue;
    kid[n++] = s->term.at[i].kept ? s->term.at[i].kept : term_expr(s->a, s->at, &s->term.at[i].t);
  }
  if (!n) return ex_num(s->a, s->at, 0);
  return n == 1 ? kid[0] : ex_keep(s->a, (Expr){.kind = E_ADD, .at = s->at, .kid = kid, .nkid = n});
}

const Expr *ex_add(Arena *a, Origin at, const Expr *const *kid, uint32_t n) {
  uint64_t all = 0;
  uint32_t size = 8;
  if (n == 1) return kid[0];
  for (uint32_t i = 0; i < n; i++) all += kid[i]->kind == E_ADD ? kid[i]->nkid : 1;
  while (size < 2 * all && size < UINT32_MAX / 4) size *= 2;
  Sum s = {.a = a, .at = at, .constant_at = UINT32_MAX, .slot = ARENA_ARRAY(a, uint32_t, size), .nslot = size};
  if (!s.slot) return ex_num(a, at, 0);
  for (uint32_t i = 0; i < n; i++) sum_term(&s, kid[i]);
  return sum_expr(&s);
}
const Expr *ex_add2(Arena *a, Origin at, const Expr *x, const Expr *y) {
  if (ex_is_num(x, 0)) return y;
  if (ex_is_num(y, 0)) return x;
  return ex_add(a, at, (const Expr *const[]){x, y}, 2);
}
const Expr *ex_sub(Arena *a, Origin at, const Expr *x, const Expr *y) {
  return ex_is_num(y, 0) ? x : ex_add2(a, at, x, ex_neg(a, y->at, y));
}

/* ---- powers ---- */
const Expr *ex_pow(Arena *a, Origin at, const Expr *x, const Expr *y) {
  if (ex_is_num(y, 0) || ex_is_num(x, 1)) return ex_num(a, at, 1);
  if (ex_is_num(y, 1)) return x;
  if (x->kind == E_NUM && y->kind == E_NUM) {
    double v = pow(x->num, y->num);
    if (isfinite(v)) return ex_num(a, at, v);
  }
  if (x->kind == E_POW && y->kind == E_NUM && x->kid[1]->kind == E_NUM && whole(y->num) && whole(x->kid[1]->num))
    return ex_pow(a, at, x->kid[0], ex_num(a, at, y->num * x->kid[1]->num));
  return pair(a, at, E_POW, x, y);
}
