/* probe.c: see probe.h. Draws are hashed from the unknown, its entry and the number of the draw: the same on every run. */
#include "probe.h"
#include <math.h>
#include <string.h>

enum { MAX_DEPTH = 8 };
static const double ROUNDING = 1e-11;                   /* of a change, relative to what it is the difference of */

typedef struct Probe {
  Walras *w;
  Values values;                                        /* zeros replaced */
  Eval eval;
  uint32_t draw; Entity one; int where, touched, depth;
} Probe;

static double bound(Probe *p, const Sym *s, const Expr *x, const Elem *ix, double none) {
  Elem old[32];
  if (!x) return none;
  if (x->kind == E_NUM) return x->num;
  if (!s->idx || s->ndom > 32) return none;
  for (uint32_t i = 0; i < s->ndom; i++) {
    old[i] = p->eval.env[s->idx[i]];
    p->eval.env[s->idx[i]] = ix[i];
  }
  double v = eval_expr(&p->eval, x);
  for (uint32_t i = 0; i < s->ndom; i++) p->eval.env[s->idx[i]] = old[i];
  return isnan(v) ? none : v;
}

/* Between bounds evenly; from one bound outwards, or both ways where there is none, over many powers of ten: data may be in any units. */
static double drawn(Probe *p, const Sym *s, const Elem *ix, double r, double sign) {
  double low = -INFINITY, high = INFINITY, size = pow(10, 18 * r - 9);
  if (s->kind == SYM_PRICE) return pow(10, 28 * r - 14);
  if (s->kind == SYM_CHOICE || s->kind == SYM_VAR) low = bound(p, s, s->lower, ix, low), high = bound(p, s, s->upper, ix, high);
  if (isfinite(low) && isfinite(high)) return low + (0.02 + 0.96 * r) * (high - low);
  if (isfinite(low)) return low + size;
  if (isfinite(high)) return high - size;
  return sign < 0.5 ? -size : size;
}

static double look(void *ctx, const Expr *ref, const Elem *ix, uint32_t n) {
  Probe *p = ctx;
  const Sym *s = economy_at(p->w->e, ref->sym);
  for (uint32_t i = 0; i < n; i++)
    if (ix[i] == ELEM_NONE) return 0;
  size_t at = economy_offset(p->w->e, ref->sym, ix);
  if (at == SIZE_MAX || p->depth > MAX_DEPTH) return 0;
  int own = ref->sym == p->one.sym && at == p->one.at;
  uint64_t h = field_hash(field_hash(field_hash(41, ref->sym), at), p->draw);
  double r = field_unit(h), sign = field_unit(field_hash(h, 1));
  p->touched |= own;
  if (own && !p->eval.given) r = p->where ? 0.5 + 0.5 * r : 0.5 * r, sign = p->where;
  p->depth++;
  double v = drawn(p, s, ix, r, sign);
  p->depth--;
  return v;
}

Probe *probe_new(Walras *w) {
  Probe *p = ARENA_NEW(w->mem, Probe);
  if (!p) return NULL;
  *p = (Probe){.w = w, .values = w->m.values};
  p->values.of = ARENA_ARRAY(w->mem, double *, w->e->syms.n + 1);
  if (!p->values.of) return NULL;
  for (SymId s = 1; s < w->m.nparams; s++) {
    const Sym *sym = economy_at(w->e, s);
    double *of = w->m.values.of[s];
    size_t n = of ? economy_volume(w->e, s) : 0;
    p->values.of[s] = of;
    int any = 0;
    for (size_t i = 0; i < n && n < SIZE_MAX && !sym->builtin; i++) any |= !(fabs(of[i]) > 0);
    double *more = any ? ARENA_ARRAY(w->mem, double, n + 1) : NULL;
    if (!more) continue;
    for (size_t i = 0; i < n; i++) more[i] = fabs(of[i]) > 0 ? of[i] : 0.1 + 0.1 * field_unit(field_hash(field_hash(43, s), i));
    p->values.of[s] = more;
  }
  p->eval = w->m.eval;                                  /* the environment is shared */
  p->eval.v = &p->values;
  p->eval.look = look;
  p->eval.ctx = p;
  return arena_failed(w->mem) ? NULL : p;
}

double probe_value(Probe *p, const Expr *x, uint32_t draw, Entity one, int where) {
  p->draw = draw;
  p->one = one;
  p->where = where;
  return eval_expr(&p->eval, x);
}

/* What is one reference is what its bounds are. */
static int plain_sign(Probe *p, const Expr *x) {
  if (x->kind == E_NUM) return x->num > 0 ? PROBE_POS : x->num < 0 ? PROBE_NEG : 0;
  if (x->kind != E_REF) return -1;
  const Sym *s = economy_at(p->w->e, x->sym);
  if (s->kind == SYM_PRICE) return PROBE_POS;
  return s->kind == SYM_CHOICE && s->lower && s->lower->kind == E_NUM && s->lower->num >= 0 ? PROBE_POS : -1;
}

int probe_sign(Probe *p, const Expr *const *factor, uint32_t n) {
  int signs = 0, turn = 0;
  const Expr *rest[32];
  uint32_t m = 0;
  if (n > 32) return PROBE_POS | PROBE_NEG;
  for (uint32_t i = 0; i < n; i++) {
    int s = plain_sign(p, factor[i]);
    if (!s) return 0;
    if (s == PROBE_NEG) turn = !turn;
    if (s < 0) rest[m++] = factor[i];
  }
  if (!m) return turn ? PROBE_NEG : PROBE_POS;
  for (uint32_t d = 0; d < PROBE_DRAWS && signs < (PROBE_POS | PROBE_NEG); d++) {
    double v = turn ? -1 : 1;
    for (uint32_t i = 0; i < m; i++) v *= probe_value(p, rest[i], d, (Entity){0, 0}, 0);
    signs |= v > 0 ? PROBE_POS : v < 0 ? PROBE_NEG : isnan(v) ? PROBE_POS | PROBE_NEG : 0;
  }
  return signs;
}

int probe_moves(Probe *p, const Expr *x, Entity one) {
  int signs = 0;
  for (uint32_t d = 0; d < PROBE_DRAWS && signs < (PROBE_POS | PROBE_NEG); d++) {
    double less = probe_value(p, x, d, one, 0), more = probe_value(p, x, d, one, 1);
    if (isnan(less) || isnan(more)) return PROBE_POS | PROBE_NEG;
    if (fabs(more - less) > ROUNDING * (fabs(more) + fabs(less))) signs |= more > less ? PROBE_POS : PROBE_NEG;
  }
  return signs;
}

int probe_touches(Probe *p, const Expr *x, Entity one) {
  p->touched = 0;
  (void)probe_value(p, x, 0, one, 0);
  return p->touched;
}
