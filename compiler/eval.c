/* eval.c: the numeric value of an expression at given indices, by walking the tree. Solving uses bytecode instead (lower.h); this
 * serves parameters, reports and checks. */
#include "values.h"
#include <math.h>

enum { MAX_DIMS = 32 };

Eval eval_new(const Values *v, Arena *a) {
  uint32_t n = v->economy->idxs.n;
  return (Eval){.v = v, .env = ARENA_ARRAY(a, Elem, n ? n : 1), .nenv = n};
}

static Elem prev_of(const Economy *e, Elem x) {
  uint32_t n = x ? economy_node(e, x) : UINT32_MAX, p = n == UINT32_MAX ? n : e->time.node[n].prev;
  return p == UINT32_MAX ? ELEM_NONE : e->time.node[p].elem;
}

static Elem elem_of(Eval *v, const Expr *e) {
  switch (e->kind) {
  case E_ELEM: return e->v;
  case E_IDX:
    if (e->nix) return eval_ix(v, e->ix[0]);
    return e->v < v->nenv ? v->env[e->v] : ELEM_NONE;
  case E_IF: return elem_of(v, eval_cond(v, e->kid[0]) ? e->kid[1] : e->kid[2]);
  case E_NUM: return e->num >= 0 && e->num < 2147483648.0 ? ELEM_NUMBER | (uint32_t)e->num : ELEM_NONE;
  default: return ELEM_NONE;
  }
}

Elem eval_ix(Eval *v, Ix x) {
  switch (x.kind) {
  case IX_ELEM: return x.v;
  case IX_BOUND: return x.v < v->nenv ? v->env[x.v] : ELEM_NONE;
  case IX_PREV: return prev_of(v->v->economy, x.e ? elem_of(v, x.e) : x.v < v->nenv ? v->env[x.v] : ELEM_NONE);
  case IX_EXPR: return elem_of(v, x.e);
  }
  return ELEM_NONE;
}

static double reference(Eval *v, const Expr *e) {
  Elem ix[MAX_DIMS];
  const Sym *s = economy_at(v->v->economy, e->sym);
  if (e->nix > MAX_DIMS) return NAN;
  for (uint32_t i = 0; i < e->nix; i++) ix[i] = eval_ix(v, e->ix[i]);
  const double *of = s->kind == SYM_PARAM ? v->v->of[e->sym] : NULL;
  if (of) {
    for (uint32_t i = 0; i < e->nix; i++)
      if (ix[i] == ELEM_NONE) return 0;                 /* before the root */
    size_t at = economy_offset(v->v->economy, e->sym, ix);
    return at == SIZE_MAX ? (s->node_dim >= 0 ? 0 : NAN) : of[at];
  }
  return v->look ? v->look(v->ctx, e, ix, e->nix) : NAN;
}

static int in_domain(Eval *v, Domain d, Elem x, Elem prev) { return !d.succ || (prev != ELEM_NONE && prev_of(v->v->economy, x) == prev); }

static double sum(Eval *v, const Expr *e) {
  const Set *s = economy_set(v->v->economy, e->dom.set);
  Elem prev = e->dom.succ ? eval_ix(v, e->dom.prev) : ELEM_NONE;
  double total = 0;
  if (!s || e->bind >= v->nenv) return NAN;
  Elem old = v->env[e->bind];
  for (uint32_t i = 0, n = set_size(s); i < n; i++) {
    Elem x = set_elem(s, i);
    if (!in_domain(v, e->dom, x, prev)) continue;
    v->env[e->bind] = x;
    if (e->nkid < 2 || eval_cond(v, e->kid[1])) total += eval_expr(v, e->kid[0]);
  }
  v->env[e->bind] = old;
  return total;
}

static int there(const Agent *a, Elem x) {
  if (a->gone) return 0;
  if (!a->only || a->nidx != 1) return 1;
  for (uint32_t i = 0; i < a->nonly; i++)
    if (a->only[i] == x) return 1;
  return 0;
}

/* Over the types of the class, by mass. */
static double total(Eval *v, const Expr *e, const Agent *a, uint32_t k) {
  if (k == e->nbinds) {
    if (!there(a, a->nidx ? v->env[e->binds[0]] : ELEM_NONE)) return 0;
    Elem old[MAX_DIMS];
    for (uint32_t i = 0; i < a->nidx; i++) {            /* the mass is written in the class's own index variables */
      old[i] = v->env[a->idx[i]];
      v->env[a->idx[i]] = v->env[e->binds[i]];
    }
    double m = a->mass ? eval_expr(v, a->mass) : 1;
    for (uint32_t i = 0; i < a->nidx; i++) v->env[a->idx[i]] = old[i];
    return m * eval_expr(v, e->kid[0]);
  }
  const Set *s = economy_set(v->v->economy, a->set[k]);
  double r = 0;
  Elem keep = v->env[e->binds[k]];
  for (uint32_t i = 0; i < set_size(s); i++) {
    v->env[e->binds[k]] = set_elem(s, i);
    r += total(v, e, a, k + 1);
  }
  v->env[e->binds[k]] = keep;
  return r;
}

/* The i-th point of the van der Corput sequence in base b. */
static double halton(double i, double b) {
  double f = 1, r = 0;
  if (!(b >= 2) || !(i >= 0) || i > 9e15) return NAN;
  for (i = floor(i), b = floor(b); i > 0; i = floor(i / b)) {
    f /= b;
    r += f * fmod(i, b);
  }
  return r;
}

static double call(Eval *v, const Expr *e) {
  double x = eval_expr(v, e->kid[0]), y = e->nkid > 1 ? eval_expr(v, e->kid[1]) : 0;
  switch (e->fn) {
  case FN_LOG: return log(x);
  case FN_EXP: return exp(x);
  case FN_SQRT: return sqrt(x);
  case FN_ABS: return fabs(x);
  case FN_MOD: return x - y * floor(x / y);
  case FN_FRAC: return x - floor(x);
  case FN_HALTON: return halton(x, y);
  case FN_FLOOR: return floor(x);
  }
  return NAN;
}

static int equal(Eval *v, const Expr *e) {
  if (e->nix == 2) return eval_ix(v, e->ix[0]) == eval_ix(v, e->ix[1]);
  double x = eval_expr(v, e->kid[0]), y = eval_expr(v, e->kid[1]);
  return x <= y && x >= y;
}

int eval_cond(Eval *v, const Expr *e) {
  const Economy *eco = v->v->economy;
  if (!e) return 1;
  switch (e->kind) {
  case E_LT: return eval_expr(v, e->kid[0]) < eval_expr(v, e->kid[1]);
  case E_LE: return eval_expr(v, e->kid[0]) <= eval_expr(v, e->kid[1]);
  case E_EQ: return equal(v, e);
  case E_NE: return !equal(v, e);
  case E_IN: {
    Elem x = eval_ix(v, e->ix[0]);
    return x != ELEM_NONE && set_pos(economy_set(eco, e->sym), x) != UINT32_MAX;
  }
  case E_AND:
    for (uint32_t i = 0; i < e->nkid; i++)
      if (!eval_cond(v, e->kid[i])) return 0;
    return 1;
  case E_OR:
    for (uint32_t i = 0; i < e->nkid; i++)
      if (eval_cond(v, e->kid[i])) return 1;
    return 0;
  case E_NOT: return !eval_cond(v, e->kid[0]);
  case E_DELTA: return eval_ix(v, e->ix[0]) == eval_ix(v, e->ix[1]);
  default: break;
  }
  double x = eval_expr(v, e);
  return x < 0 || x > 0;
}

static double extremum(Eval *v, const Expr *e) {
  double r = eval_expr(v, e->kid[0]);
  for (uint32_t i = 1; i < e->nkid; i++) {
    double x = eval_expr(v, e->kid[i]);
    if (isnan(x) || (e->kind == E_MIN ? x < r : x > r)) r = x;
  }
  return r;
}

double eval_expr(Eval *v, const Expr *e) {
  double r;
  switch (e->kind) {
  case E_NUM: return e->num;
  case E_REF: return reference(v, e);
  case E_ADD:
    r = eval_expr(v, e->kid[0]);
    for (uint32_t i = 1; i < e->nkid; i++) r += eval_expr(v, e->kid[i]);
    return r;
  case E_MUL:
    r = eval_expr(v, e->kid[0]);                         /* a zero weight makes its term absent, whatever follows */
    for (uint32_t i = 1; i < e->nkid && r != 0; i++) r *= eval_expr(v, e->kid[i]);
    return r;
  case E_NEG: return -eval_expr(v, e->kid[0]);
  case E_DIV: return eval_expr(v, e->kid[0]) / eval_expr(v, e->kid[1]);
  case E_POW: return pow(eval_expr(v, e->kid[0]), eval_expr(v, e->kid[1]));
  case E_CALL: return call(v, e);
  case E_MIN: case E_MAX: return extremum(v, e);
  case E_IF: return eval_expr(v, eval_cond(v, e->kid[0]) ? e->kid[1] : e->kid[2]);
  case E_SUM: return sum(v, e);
  case E_TOTAL: {
    const Agent *a = economy_agent(v->v->economy, e->sym);
    v->given++;
    r = a ? total(v, e, a, 0) : NAN;
    v->given--;
    return r;
  }
  case E_GIVEN:
    v->given++;
    r = eval_expr(v, e->kid[0]);
    v->given--;
    return r;
  case E_ELEM: case E_IDX: {
    Elem x = elem_of(v, e);
    return elem_is_number(x) ? (double)elem_value(x) : NAN;
  }
  case E_LT: case E_LE: case E_EQ: case E_NE: case E_IN: case E_AND: case E_OR: case E_NOT: case E_DELTA: return eval_cond(v, e);
  case E_STAT: return v->look ? v->look(v->ctx, e, v->env, v->nenv) : NAN;
  case E_NAMED: break;
  }
  return NAN;
}
