/* indices.c: static knowledge about indices; see indices.h. */
#include "indices.h"

enum { ENUMERATE = 4096 };                              /* longer sets are compared by identity alone */

Elem economy_prev(const Economy *e, Elem node) {
  uint32_t i = economy_node(e, node);
  if (i == UINT32_MAX || e->time.node[i].prev == UINT32_MAX) return ELEM_NONE;
  return e->time.node[e->time.node[i].prev].elem;
}

Ix ix_prev_of(Arena *a, Ix x) {
  const IdxId any = UINT32_MAX;
  return ix_subst(a, ix_prev(any), &any, &x, 1);
}

int set_within(const Economy *e, SymId a, SymId b) {
  const Set *x = economy_set(e, a), *y = economy_set(e, b);
  if (a == b) return 1;
  if (!x || !y) return 0;
  if (x->kind == S_RANGE && y->kind == S_RANGE) return x->lo >= y->lo && x->hi <= y->hi;
  if (set_size(x) > ENUMERATE) return 0;
  for (uint32_t i = 0; i < set_size(x); i++)
    if (set_pos(y, set_elem(x, i)) == UINT32_MAX) return 0;
  return 1;
}

/* The values an index can take: the elements of the variable's set or their predecessors; NULL where that is not known. */
static const Set *ix_set(const Economy *e, Ix x) { return (x.kind == IX_BOUND || x.kind == IX_PREV) && x.v && x.v < e->idxs.n ? economy_set(e, e->idxs.at[x.v].set) : NULL; }
static uint32_t values_count(const Economy *e, Ix x) {
  const Set *s = ix_set(e, x);
  return x.kind == IX_ELEM ? 1 : s ? set_size(s) : UINT32_MAX;
}
static Elem value_at(const Economy *e, Ix x, uint32_t i) {
  if (x.kind == IX_ELEM) return x.v;
  Elem v = set_elem(ix_set(e, x), i);
  return x.kind == IX_PREV ? economy_prev(e, v) : v;
}

int ix_within(const Economy *e, Ix x, SymId set) {
  const Set *s = economy_set(e, set);
  uint32_t n = values_count(e, x), in = 0;
  if (!s) return -1;
  if (x.kind == IX_BOUND && x.v < e->idxs.n && e->idxs.at[x.v].set == set) return 1;
  if (n > ENUMERATE) return -1;
  for (uint32_t i = 0; i < n; i++) in += set_pos(s, value_at(e, x, i)) != UINT32_MAX;
  return in == 0 ? 0 : in == n ? 1 : -1;
}

static int can_be(const Economy *e, Ix x, uint32_t n, Elem v) {
  const Set *s = ix_set(e, x);
  if (x.kind == IX_BOUND) return set_pos(s, v) != UINT32_MAX;
  for (uint32_t i = 0; i < n; i++)
    if (value_at(e, x, i) == v) return 1;
  return 0;
}

int ix_same(const Economy *e, Ix x, Ix y) {
  if (ix_equal(x, y)) return 1;
  if (x.kind == IX_ELEM && y.kind == IX_ELEM) return 0;
  if ((x.kind == IX_BOUND && y.kind == IX_PREV && x.v == y.v && x.v) || (x.kind == IX_PREV && y.kind == IX_BOUND && x.v == y.v && x.v)) return 0;
  uint32_t n = values_count(e, x), m = values_count(e, y);
  if (n == UINT32_MAX || m == UINT32_MAX) return -1;
  if (m == 1 && n <= ENUMERATE) {                       /* a single value: is every value of the other side that one? */
    uint32_t equal = 0;
    for (uint32_t i = 0; i < n; i++) equal += value_at(e, x, i) != ELEM_NONE && value_at(e, x, i) == value_at(e, y, 0);
    return equal == 0 ? 0 : equal == n ? 1 : -1;
  }
  if (n == 1 && m <= ENUMERATE) return ix_same(e, y, x);
  if (x.kind == IX_BOUND && y.kind == IX_BOUND && e->idxs.at[x.v].set == e->idxs.at[y.v].set) return -1;
  if (n > ENUMERATE || (y.kind == IX_PREV && m > ENUMERATE)) return -1;
  for (uint32_t i = 0; i < n; i++) {
    Elem v = value_at(e, x, i);
    if (v == ELEM_NONE) continue;
    if (y.kind == IX_ELEM ? y.v == v : can_be(e, y, m, v)) return -1;
  }
  return 0;
}

/* ---- under bindings ---- */
static int expr_elem(const Bindings *b, const Expr *x, Elem *out) {
  switch (x->kind) {
  case E_ELEM: *out = x->v; return 1;
  case E_IDX: return bindings_ix(b, x->nix ? x->ix[0] : ix_bound(x->v), out);
  case E_IF: {
    int c = bindings_cond(b, x->kid[0]);
    return c >= 0 && expr_elem(b, x->kid[c ? 1 : 2], out);
  }
  default: return 0;
  }
}

int bindings_ix(const Bindings *b, Ix x, Elem *out) {
  if (x.kind == IX_ELEM) {
    *out = x.v;
    return 1;
  }
  if (x.e) {
    if (!expr_elem(b, x.e, out)) return 0;
  } else {
    if (x.v >= b->n || b->env[x.v] == ELEM_NONE) return 0;
    *out = b->env[x.v];
  }
  if (x.kind == IX_PREV) *out = economy_prev(b->e, *out);
  return 1;
}

static int number_of(const Bindings *b, const Expr *x, double *v) {
  Elem m;
  if (x->kind == E_NUM) {
    *v = x->num;
    return 1;
  }
  if ((x->kind != E_ELEM && x->kind != E_IDX) || !expr_elem(b, x, &m) || !elem_is_number(m)) return 0;
  *v = elem_value(m);
  return 1;
}

static int compared(const Bindings *b, const Expr *c) {
  Elem x, y;
  double u, v;
  if (c->nix == 2) {
    if (!bindings_ix(b, c->ix[0], &x) || !bindings_ix(b, c->ix[1], &y)) {
      int same = ix_same(b->e, c->ix[0], c->ix[1]);
      return same < 0 ? -1 : same == (c->kind != E_NE);
    }
    return (x != ELEM_NONE && x == y) == (c->kind != E_NE);
  }
  if (!number_of(b, c->kid[0], &u) || !number_of(b, c->kid[1], &v)) return -1;
  return c->kind == E_LT ? u < v : c->kind == E_LE ? u <= v : (u <= v && u >= v) == (c->kind != E_NE);
}

int bindings_cond(const Bindings *b, const Expr *c) {
  Elem x;
  int known = 1, r;
  if (!c) return 1;
  switch (c->kind) {
  case E_NUM: return c->num != 0;
  case E_LT: case E_LE: case E_EQ: case E_NE: case E_DELTA: return compared(b, c);
  case E_IN:
    if (!bindings_ix(b, c->ix[0], &x)) return ix_within(b->e, c->ix[0], c->sym);
    return x != ELEM_NONE && set_pos(economy_set(b->e, c->sym), x) != UINT32_MAX;
  case E_NOT:
    r = bindings_cond(b, c->kid[0]);
    return r < 0 ? -1 : !r;
  case E_AND: case E_OR:
    for (uint32_t i = 0; i < c->nkid; i++) {
      r = bindings_cond(b, c->kid[i]);
      if (r < 0) known = 0;
      else if (r == (c->kind == E_OR)) return r;
    }
    return known ? c->kind == E_AND : -1;
  default: return -1;
  }
}

static int ref_exists(const Bindings *b, const Expr *ref) {
  const Sym *s = economy_at(b->e, ref->sym);
  for (uint32_t i = 0; i < ref->nix && i < s->ndom; i++) {
    Elem x;
    const Set *set = economy_set(b->e, s->dom[i]);
    if (bindings_ix(b, ref->ix[i], &x) && (x == ELEM_NONE || !set || set_pos(set, x) == UINT32_MAX)) return 0;
  }
  return 1;
}

static int sum_occurs(const Bindings *b, const Expr *e, int (*is)(void *, const Expr *), void *ctx) {
  const Set *set = economy_set(b->e, e->dom.set);
  Elem prev = ELEM_NONE, before = e->bind < b->n ? b->env[e->bind] : ELEM_NONE;
  int known = e->dom.succ && bindings_ix(b, e->dom.prev, &prev), found = 0;
  if (e->bind >= b->n || !set || set_size(set) > ENUMERATE || (!set->is_nodes && !known)) {
    int c = e->nkid > 1 ? bindings_cond(b, e->kid[1]) : 1;
    return c != 0 && bindings_occurs(b, e->kid[0], is, ctx);
  }
  for (uint32_t i = 0; i < set_size(set) && !found; i++) {
    Elem v = set_elem(set, i);
    if (known && (prev == ELEM_NONE || economy_prev(b->e, v) != prev)) continue;
    b->env[e->bind] = v;
    if (e->nkid < 2 || bindings_cond(b, e->kid[1]) != 0) found = bindings_occurs(b, e->kid[0], is, ctx);
  }
  b->env[e->bind] = before;
  return found;
}

int bindings_occurs(const Bindings *b, const Expr *e, int (*is)(void *ctx, const Expr *ref), void *ctx) {
  switch (e->kind) {
  case E_REF: return is(ctx, e) && ref_exists(b, e);
  case E_SUM: return sum_occurs(b, e, is, ctx);
  case E_IF: {
    int c = bindings_cond(b, e->kid[0]);
    return (c != 0 && bindings_occurs(b, e->kid[1], is, ctx)) || (c != 1 && bindings_occurs(b, e->kid[2], is, ctx));
  }
  default:
    for (uint32_t i = 0; i < e->nkid; i++)
      if (bindings_occurs(b, e->kid[i], is, ctx)) return 1;
    return 0;
  }
}
