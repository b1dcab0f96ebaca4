/* lanes.c: see lanes.h. Every case follows eval.c. */
#include "lanes.h"
#include <math.h>
#include <string.h>

enum { MAX_DIMS = 32 };

Lanes lanes_new(Eval *ev, Arena *mem) { return (Lanes){.ev = ev, .mem = mem}; }

/* ---- vectors ---- */

static double *take(Lanes *L) {
  if (L->used == L->nroom) {
    uint32_t more = L->nroom ? 2 * L->nroom : 16;
    double **room = ARENA_ARRAY(L->mem, double *, more);
    double *all = ARENA_ARRAY(L->mem, double, (size_t)(more - L->nroom) * LANES);
    if (!room || !all) return NULL;
    for (uint32_t i = 0; i < L->nroom; i++) room[i] = L->room[i];
    for (uint32_t i = L->nroom; i < more; i++) room[i] = all + (size_t)(i - L->nroom) * LANES;
    L->room = room;
    L->nroom = more;
  }
  return L->room[L->used++];
}

static void give(Lanes *L) { L->used--; }

static int undefined(double *out) {                     /* memory failed */
  out[0] = NAN;
  return 1;
}

static void spread(const Lanes *L, double *v, int same) {
  for (uint32_t l = 1; same && l < L->n; l++) v[l] = v[0];
}

/* ---- one lane at a time ---- */

static void bind(Lanes *L, uint32_t lane) {
  for (uint32_t i = 0; i < L->nvar; i++) L->ev->env[L->var[i]] = L->tuple[(size_t)lane * L->stride + L->dim[i]];
}

static void unbind(Lanes *L) {
  for (uint32_t i = 0; i < L->nvar; i++) L->ev->env[L->var[i]] = ELEM_NONE;
}

static int is_lane(const Lanes *L, IdxId v, uint32_t *dim) {
  for (uint32_t i = 0; i < L->nvar; i++)
    if (L->var[i] == v) {
      *dim = L->dim[i];
      return 1;
    }
  return 0;
}

static int depends(const Lanes *L, const Expr *e) {
  for (uint32_t i = 0; i < L->nvar; i++)
    if (ex_mentions(e, L->var[i])) return 1;
  return 0;
}

static int singly(Lanes *L, const Expr *e, int cond, double *out) {
  int many = depends(L, e);
  for (uint32_t l = 0; l < (many ? L->n : 1); l++) {
    bind(L, l);
    out[l] = cond ? eval_cond(L->ev, e) : eval_expr(L->ev, e);
  }
  unbind(L);
  return !many;
}

/* ---- indices ---- */

static int index_of(Lanes *L, Ix x, Elem *out) {
  uint32_t dim;
  if (x.kind == IX_EXPR && x.e->kind == E_IDX) return index_of(L, x.e->nix ? x.e->ix[0] : ix_bound(x.e->v), out);
  if (x.kind == IX_BOUND && is_lane(L, x.v, &dim)) {
    for (uint32_t l = 0; l < L->n; l++) out[l] = L->tuple[(size_t)l * L->stride + dim];
    return 0;
  }
  int many = 0;
  for (uint32_t i = 0; i < L->nvar && x.kind != IX_ELEM && x.kind != IX_BOUND; i++) many |= ix_mentions(x, L->var[i]);
  for (uint32_t l = 0; l < (many ? L->n : 1); l++) {
    if (many) bind(L, l);
    out[l] = eval_ix(L->ev, x);
  }
  if (many) unbind(L);
  return !many;
}

static int as_number(Lanes *L, Ix x, double *out) {
  Elem e[LANES];
  int same = index_of(L, x, e);
  for (uint32_t l = 0; l < (same ? 1 : L->n); l++) out[l] = elem_is_number(e[l]) ? (double)elem_value(e[l]) : NAN;
  return same;
}

/* A parameter's entries; 0 before the root and, of a dated one, outside of its nodes. */
static int parameter(Lanes *L, const Expr *e, double *out) {
  const Economy *eco = L->ev->v->economy;
  const Sym *s = economy_at(eco, e->sym);
  const double *of = L->ev->v->of[e->sym];
  size_t at[LANES];
  uint8_t early[LANES], outside[LANES];
  Elem x[LANES];
  int same = 1;
  at[0] = early[0] = outside[0] = 0;
  for (uint32_t i = 0; i < e->nix; i++) {
    const Set *set = economy_set(eco, s->dom[i]);
    size_t size = set_size(set);
    int one = index_of(L, e->ix[i], x);
    for (uint32_t l = 1; !one && same && l < L->n; l++) at[l] = at[0], early[l] = early[0], outside[l] = outside[0];
    same &= one;
    for (uint32_t l = 0; l < (same ? 1 : L->n); l++) {
      Elem v = x[one ? 0 : l];
      uint32_t pos = v == ELEM_NONE ? UINT32_MAX : set_pos(set, v);
      early[l] |= v == ELEM_NONE;
      outside[l] |= pos == UINT32_MAX;
      at[l] = at[l] * size + (pos == UINT32_MAX ? 0 : pos);
    }
  }
  for (uint32_t l = 0; l < (same ? 1 : L->n); l++) out[l] = early[l] ? 0 : outside[l] ? (s->node_dim >= 0 ? 0 : NAN) : of[at[l]];
  return same;
}

/* ---- arithmetic ---- */

static double operate(const Expr *e, double x, double y) {
  switch (e->kind) {
  case E_ADD: return x + y;
  case E_DIV: return x / y;
  case E_POW: return pow(x, y);
  case E_MUL: return x < 0 || x > 0 || isnan(x) ? x * y : x;
  case E_MIN: return isnan(y) || y < x ? y : x;
  case E_MAX: return isnan(y) || y > x ? y : x;
  case E_LT: return x < y;
  case E_LE: return x <= y;
  case E_EQ: return x <= y && x >= y;
  case E_NE: return !(x <= y && x >= y);
  default: return NAN;
  }
}

/* From left to right; nothing follows a product that is zero in every lane. */
static int fold(Lanes *L, const Expr *e, double *out) {
  int same = lanes_eval(L, e->kid[0], out);
  double *y = take(L);
  if (!y) return undefined(out);
  for (uint32_t i = 1; i < e->nkid; i++) {
    if (e->kind == E_MUL && same && out[0] <= 0 && out[0] >= 0) break;
    int one = lanes_eval(L, e->kid[i], y);
    if (!one) spread(L, out, same);
    same &= one;
    uint32_t n = same ? 1 : L->n;
    if (one) {
      if (e->kind == E_ADD) for (uint32_t l = 0; l < n; l++) out[l] += y[0];
      else for (uint32_t l = 0; l < n; l++) out[l] = operate(e, out[l], y[0]);
    } else if (e->kind == E_ADD) {
      for (uint32_t l = 0; l < n; l++) out[l] += y[l];
    } else {
      for (uint32_t l = 0; l < n; l++) out[l] = operate(e, out[l], y[l]);
    }
  }
  give(L);
  return same;
}

static int call(Lanes *L, const Expr *e, double *out) {
  double *y = take(L);
  if (!y) return undefined(out);
  if (e->fn == FN_HALTON) {
    give(L);
    return singly(L, e, 0, out);
  }
  int same = lanes_eval(L, e->kid[0], out);
  if (e->fn == FN_MOD) {
    int one = lanes_eval(L, e->kid[1], y);
    if (!one) spread(L, out, same);
    if (!same) spread(L, y, one);
    same &= one;
  }
  uint32_t n = same ? 1 : L->n;
  switch (e->fn) {
  case FN_LOG: for (uint32_t l = 0; l < n; l++) out[l] = log(out[l]); break;
  case FN_EXP: for (uint32_t l = 0; l < n; l++) out[l] = exp(out[l]); break;
  case FN_SQRT: for (uint32_t l = 0; l < n; l++) out[l] = sqrt(out[l]); break;
  case FN_ABS: for (uint32_t l = 0; l < n; l++) out[l] = fabs(out[l]); break;
  case FN_MOD: for (uint32_t l = 0; l < n; l++) out[l] = out[l] - y[l] * floor(out[l] / y[l]); break;
  case FN_FRAC: for (uint32_t l = 0; l < n; l++) out[l] = out[l] - floor(out[l]); break;
  case FN_FLOOR: for (uint32_t l = 0; l < n; l++) out[l] = floor(out[l]); break;
  case FN_HALTON: break;
  }
  give(L);
  return same;
}

/* Where the condition holds in some lanes only, both branches are computed and chosen from. */
static int choose(Lanes *L, const Expr *e, double *out) {
  double *c = take(L), *y = take(L);
  if (!c || !y) return undefined(out);
  int same = lanes_cond(L, e->kid[0], c);
  if (same) same = lanes_eval(L, e->kid[c[0] > 0 ? 1 : 2], out);
  else {
    spread(L, out, lanes_eval(L, e->kid[1], out));
    spread(L, y, lanes_eval(L, e->kid[2], y));
    for (uint32_t l = 0; l < L->n; l++)
      if (!(c[l] > 0)) out[l] = y[l];
  }
  give(L);
  give(L);
  return same;
}

/* A sum over a plain set; over successors each lane may have its own. */
static int sum(Lanes *L, const Expr *e, double *out) {
  Eval *v = L->ev;
  const Set *set = economy_set(v->v->economy, e->dom.set);
  if (e->dom.succ || !set || e->bind >= v->nenv) return singly(L, e, 0, out);
  double *y = take(L), *c = take(L);
  if (!y || !c) return undefined(out);
  Elem old = v->env[e->bind];
  int same = 1;
  out[0] = 0;
  for (uint32_t i = 0, n = set_size(set); i < n; i++) {
    v->env[e->bind] = set_elem(set, i);
    int when = e->nkid < 2 ? 1 : lanes_cond(L, e->kid[1], c);
    if (e->nkid >= 2 && when && !(c[0] > 0)) continue;
    int one = lanes_eval(L, e->kid[0], y);
    if (!one || !when) {
      spread(L, out, same);
      spread(L, y, one);
      same = 0;
    }
    for (uint32_t l = 0; l < (same ? 1 : L->n); l++)
      if (when || c[l] > 0) out[l] += y[one ? 0 : l];
  }
  v->env[e->bind] = old;
  give(L);
  give(L);
  return same;
}

/* ---- conditions ---- */

static int elements(Lanes *L, const Expr *e, double *out) {
  const Economy *eco = L->ev->v->economy;
  Elem x[LANES], y[LANES];
  int a = index_of(L, e->ix[0], x), b = e->kind == E_IN ? 1 : index_of(L, e->ix[1], y);
  for (uint32_t l = 0; l < (a && b ? 1 : L->n); l++) {
    Elem u = x[a ? 0 : l];
    if (e->kind == E_IN) out[l] = u != ELEM_NONE && set_pos(economy_set(eco, e->sym), u) != UINT32_MAX;
    else out[l] = (u == y[b ? 0 : l]) == (e->kind != E_NE);
  }
  return a && b;
}

static int connective(Lanes *L, const Expr *e, double *out) {
  int any = e->kind == E_OR, same = 1;
  double *y = take(L);
  if (!y) return undefined(out);
  out[0] = !any;
  for (uint32_t i = 0; i < e->nkid && !(same && (out[0] > 0) == any); i++) {
    int one = lanes_cond(L, e->kid[i], y);
    if (!one) spread(L, out, same);
    same &= one;
    for (uint32_t l = 0; l < (same ? 1 : L->n); l++) {
      int holds = y[one ? 0 : l] > 0;
      out[l] = any ? out[l] > 0 || holds : out[l] > 0 && holds;
    }
  }
  give(L);
  return same;
}

int lanes_cond(Lanes *L, const Expr *e, double *out) {
  int same;
  if (!e) {
    out[0] = 1;
    return 1;
  }
  switch (e->kind) {
  case E_LT: case E_LE: return fold(L, e, out);
  case E_EQ: case E_NE: return e->nix == 2 ? elements(L, e, out) : fold(L, e, out);
  case E_IN: case E_DELTA: return elements(L, e, out);
  case E_AND: case E_OR: return connective(L, e, out);
  case E_NOT:
    same = lanes_cond(L, e->kid[0], out);
    for (uint32_t l = 0; l < (same ? 1 : L->n); l++) out[l] = !(out[l] > 0);
    return same;
  default: break;
  }
  same = lanes_eval(L, e, out);
  for (uint32_t l = 0; l < (same ? 1 : L->n); l++) out[l] = out[l] < 0 || out[l] > 0;
  return same;
}

int lanes_eval(Lanes *L, const Expr *e, double *out) {
  int same;
  switch (e->kind) {
  case E_NUM: out[0] = e->num; return 1;
  case E_REF: {
    const Sym *s = economy_at(L->ev->v->economy, e->sym);
    if (s->kind == SYM_PARAM && L->ev->v->of[e->sym] && e->nix == s->ndom && e->nix <= MAX_DIMS) return parameter(L, e, out);
    same = L->refer ? L->refer(L->ctx, L, e, out) : -1;
    return same < 0 ? singly(L, e, 0, out) : same;
  }
  case E_ADD: case E_MUL: case E_DIV: case E_POW: case E_MIN: case E_MAX: return fold(L, e, out);
  case E_NEG:
    same = lanes_eval(L, e->kid[0], out);
    for (uint32_t l = 0; l < (same ? 1 : L->n); l++) out[l] = -out[l];
    return same;
  case E_CALL: return call(L, e, out);
  case E_IF: return choose(L, e, out);
  case E_SUM: return sum(L, e, out);
  case E_GIVEN:
    L->ev->given++;
    same = lanes_eval(L, e->kid[0], out);
    L->ev->given--;
    return same;
  case E_IDX: return as_number(L, e->nix ? e->ix[0] : ix_bound(e->v), out);
  case E_LT: case E_LE: case E_EQ: case E_NE: case E_IN: case E_AND: case E_OR: case E_NOT: case E_DELTA: return lanes_cond(L, e, out);
  case E_TOTAL: case E_ELEM: case E_STAT: case E_NAMED: return singly(L, e, 0, out);
  }
  return singly(L, e, 0, out);
}

void lanes_fill(Lanes *L, const Expr *e, double *out) { spread(L, out, lanes_eval(L, e, out)); }
