/* readable.c: see readable.h. */
#include "readable.h"

typedef struct { const Economy *e; Arena *a; int branches; } Reader;

const Expr *expr_unguarded(Arena *a, const Expr *f) {
  if (f->kind == E_IF && f->kid[0]->kind == E_EQ && f->kid[0]->nkid == 2 && ex_is_num(f->kid[0]->kid[1], 0) && ex_is_num(f->kid[1], 1)) return f->kid[2];
  const Expr **kid = ARENA_ARRAY(a, const Expr *, f->nkid + 1);
  int changed = 0;
  if (!kid) return f;
  for (uint32_t i = 0; i < f->nkid; i++) {
    kid[i] = expr_unguarded(a, f->kid[i]);
    changed |= kid[i] != f->kid[i];
  }
  return changed ? ex_with(a, f, kid, f->ix, &f->dom) : f;
}

const Expr *expr_divided(Arena *a, const Expr *f, const Expr *by) {
  switch (f->kind) {
  case E_ADD: {
    const Expr **kid = ARENA_ARRAY(a, const Expr *, f->nkid);
    if (!kid) return f;
    for (uint32_t i = 0; i < f->nkid; i++) kid[i] = expr_divided(a, f->kid[i], by);
    return ex_add(a, f->at, kid, f->nkid);
  }
  case E_NEG: return ex_neg(a, f->at, expr_divided(a, f->kid[0], by));
  case E_SUM: return ex_sum(a, f->at, f->bind, f->dom, expr_divided(a, f->kid[0], by), f->nkid > 1 ? f->kid[1] : NULL);
  case E_IF: return ex_node(a, f->at, E_IF, (const Expr *const[]){f->kid[0], expr_divided(a, f->kid[1], by), expr_divided(a, f->kid[2], by)}, 3);
  default: return ex_div(a, f->at, f, by);
  }
}

int expr_distinguishes(const Expr *f, IdxId v) {
  if ((f->kind == E_EQ || f->kind == E_NE) && f->nix == 2) {
    Ix x = f->ix[0], y = f->ix[1], b = ix_bound(v);
    if ((ix_equal(x, b) && y.kind == IX_ELEM) || (ix_equal(y, b) && x.kind == IX_ELEM)) return 1;
  }
  if (f->kind == E_IN && ix_equal(f->ix[0], ix_bound(v))) return 1;
  for (uint32_t i = 0; i < f->nkid; i++)
    if (expr_distinguishes(f->kid[i], v)) return 1;
  return 0;
}

static int has_branches(const Economy *e) {
  for (uint32_t i = 1; i < e->time.n; i++)
    for (uint32_t j = 0; j < i; j++)
      if (e->time.node[i].prev == e->time.node[j].prev) return 1;
  return 0;
}

static Ix named(const Reader *r, Ix x) {
  if (x.kind != IX_PREV || !x.e || x.e->kind != E_ELEM) return x;
  Elem p = economy_prev(r->e, x.e->v);
  return p == ELEM_NONE ? x : ix_elem(p);
}

static int always_one(const Reader *r, SymId s) { return !r->branches && (s == r->e->prob || s == r->e->prob1) && economy_at(r->e, s)->builtin; }

/* A choice at a node where it is not declared is zero. */
static int absent(const Reader *r, const Expr *ref, const Ix *ix) {
  const Sym *s = economy_at(r->e, ref->sym);
  if (s->kind != SYM_CHOICE || s->node_dim < 0 || (uint32_t)s->node_dim >= ref->nix) return 0;
  Ix n = ix[s->node_dim];
  return (n.kind == IX_PREV && n.e && n.e->kind == E_ELEM) || !ix_within(r->e, n, s->dom[s->node_dim]);
}

static const Expr *positive_first(Arena *a, const Expr *f) {
  uint32_t i = 0;
  if (f->kind != E_ADD || f->kid[0]->kind != E_NEG) return f;
  while (i < f->nkid && (f->kid[i]->kind == E_NEG || f->kid[i]->kind == E_IF)) i++;
  if (i == f->nkid) return f;
  Expr v = *f;
  v.kid = ARENA_ARRAY(a, const Expr *, f->nkid);
  if (!v.kid) return f;
  v.kid[0] = f->kid[i];
  for (uint32_t k = 0, n = 1; k < f->nkid; k++)
    if (k != i) v.kid[n++] = f->kid[k];
  return ex_keep(a, v);
}

static int is_negative(const Expr *f) { return f->kind == E_NEG || (f->kind == E_NUM && f->num <= 0); }

/* -(if c then -x else -y) = if c then x else y */
static const Expr *sign_inside(Arena *a, const Expr *f) {
  if (f->kind == E_NEG && f->kid[0]->kind == E_IF && is_negative(f->kid[0]->kid[1]) && is_negative(f->kid[0]->kid[2])) {
    const Expr *k = f->kid[0];
    return ex_node(a, f->at, E_IF, (const Expr *const[]){k->kid[0], ex_neg(a, f->at, k->kid[1]), ex_neg(a, f->at, k->kid[2])}, 3);
  }
  return f;
}

/* A sum over the successors of a known node: how many there are in the set, the last of them, and whether the set has them all. */
static uint32_t successors(const Reader *r, const Domain *dom, Elem *last, int *all) {
  const Set *set = economy_set(r->e, dom->set);
  uint32_t n = 0;
  *all = 1;
  for (uint32_t i = 0; i < r->e->time.n; i++) {
    Elem x = r->e->time.node[i].elem;
    if (economy_prev(r->e, x) != dom->prev.v) continue;
    if (set_pos(set, x) == UINT32_MAX) *all = 0;
    else {
      *last = x;
      n++;
    }
  }
  return n;
}

static const Expr *read(const Reader *r, const Expr *f);

/* Sums over nothing or one thing are taken; NULL where the sum stays. */
static const Expr *taken(const Reader *r, const Expr *f, Domain *dom) {
  const Set *set = economy_set(r->e, dom->set);
  Elem only = ELEM_NONE;
  uint32_t n = set ? set_size(set) : UINT32_MAX;
  int all = 0;
  if (set && n == 1 && !dom->succ) only = set_elem(set, 0);
  if (set && dom->succ && dom->prev.kind == IX_ELEM) n = successors(r, dom, &only, &all);
  else if (dom->succ && !(n == 1 && ix_same(r->e, ix_prev(f->bind), dom->prev) == 1)) n = UINT32_MAX;
  else if (n == 1) only = set_elem(set, 0);
  if (all) dom->set = r->e->node_set;
  if (n == 0) return ex_num(r->a, f->at, 0);
  if (n != 1 || f->nkid > 1) return NULL;
  Ix to = ix_elem(only);
  return read(r, ex_subst(r->a, f->kid[0], &f->bind, &to, 1));
}

static const Expr *read(const Reader *r, const Expr *f) {
  Arena *a = r->a;
  const Expr **kid = ARENA_ARRAY(a, const Expr *, f->nkid + 1);
  Ix *ix = ARENA_ARRAY(a, Ix, f->nix + 1);
  Domain dom = f->dom;
  if (!kid || !ix) return f;
  for (uint32_t i = 0; i < f->nix; i++) ix[i] = named(r, f->ix[i]);
  if (f->kind == E_SUM && dom.succ) dom.prev = named(r, dom.prev);
  if (f->kind == E_REF && always_one(r, f->sym)) return ex_num(a, f->at, 1);
  if (f->kind == E_REF && absent(r, f, ix)) return ex_num(a, f->at, 0);
  if ((f->kind == E_EQ || f->kind == E_NE) && f->nix == 2 && ix_same(r->e, ix[0], ix[1]) >= 0) return ex_num(a, f->at, (ix_same(r->e, ix[0], ix[1]) == 1) == (f->kind == E_EQ));
  if (f->kind == E_IN && ix_within(r->e, ix[0], f->sym) >= 0) return ex_num(a, f->at, ix_within(r->e, ix[0], f->sym));
  const Expr *one = f->kind == E_SUM ? taken(r, f, &dom) : NULL;
  if (one) return one;
  for (uint32_t i = 0; i < f->nkid; i++) kid[i] = read(r, f->kid[i]);
  return positive_first(a, sign_inside(a, ex_with(a, f, kid, ix, &dom)));
}

const Expr *expr_readable(const Economy *e, Arena *a, const Expr *f) {
  Reader r = {e, a, has_branches(e)};
  return read(&r, f);
}
