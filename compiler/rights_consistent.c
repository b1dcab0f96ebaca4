/* rights_consistent.c: is what an agent chooses later the rest of one plan? See rights.h.
 *
 * Later choices are taken to be best for the objective itself, given what was decided before. At a node that is the agent's own choice there only
 * if how it ranks plans from that node on does not depend on what it would have done where it then is not: if the objective is weakly separable in
 * the choices of every later subtree against those at nodes that are neither in it nor on the way to it (Johnsen and Donaldson 1985). With U_i
 * the derivatives in the choices of the subtree: moving only the others must multiply all U_i by one positive number. Sums over nodes and nested
 * expectations pass as they stand; for what mixes branches it is looked for at random points. */
#include "rights.h"
#include <math.h>

enum { DRAWS = 4, TYPES = 6, MOST = 400, DIMS = 32 };
static const double SAME = 1e-9;

typedef struct {
  Rights *r;
  const Agent *a;
  Eval eval;
  uint32_t node;                                        /* the subtree's first */
  uint64_t seed;
  int moved;                                            /* choices outside the subtree have other values */
} Test;

static int is_under(const Economy *e, uint32_t node, uint32_t top) {
  while (node != UINT32_MAX && node != top) node = e->time.node[node].prev;
  return node == top;
}

/* Neither in the subtree nor on the way to it. */
static int is_elsewhere(const Economy *e, uint32_t node, uint32_t top) { return node < e->time.n && !is_under(e, node, top) && !is_under(e, top, node); }

static int is_own(const Test *t, SymId s) { return economy_at(t->r->e, s)->kind == SYM_CHOICE && economy_at(t->r->e, s)->owner == t->a->sym; }

static double draw(uint64_t h) {
  h ^= h >> 33; h *= 0xff51afd7ed558ccdULL;
  h ^= h >> 33; h *= 0xc4ceb9fe1a85ec53ULL;
  h ^= h >> 33;
  return 0.5 + (double)(h >> 11) / 9007199254740992.0;
}

static double value(void *ctx, const Expr *ref, const Elem *ix, uint32_t n) {
  const Test *t = ctx;
  const Economy *e = t->r->e;
  const Sym *s = economy_at(e, ref->sym);
  uint64_t h = t->seed * 0x9e3779b97f4a7c15ULL + ref->sym;
  if (ref->kind != E_REF || economy_offset(e, ref->sym, ix) == SIZE_MAX) return 0;
  for (uint32_t i = 0; i < n; i++) h = (h ^ ix[i]) * 0x100000001b3ULL;
  uint32_t node = s->node_dim >= 0 && (uint32_t)s->node_dim < n ? economy_node(e, ix[s->node_dim]) : UINT32_MAX;
  if (t->moved && is_own(t, ref->sym) && node != UINT32_MAX && is_elsewhere(e, node, t->node)) h += 0x51ed27;
  return draw(h);
}

/* ---- the derivatives in the subtree's choices ---- */

typedef struct { const Expr *d; uint32_t node; } Slope;
typedef VEC(Slope) Slopes;

static int slopes(Rights *r, const Agent *a, const Expr *u, SymId y, uint32_t dim, Ix *at, uint32_t top, Slopes *out) {
  Economy *e = r->e;
  const Sym s = *economy_at(e, y);
  if (out->n >= MOST) return 0;
  if (dim == s.ndom) {
    uint32_t node = economy_node(e, at[s.node_dim].v);
    if (!is_under(e, node, top)) return 0;
    VEC_PUSH(e->mem, *out, ((Slope){expr_diff(e, u, y, at, s.ndom), node}));
    return arena_failed(e->mem);
  }
  if (dim < a->nidx) {
    at[dim] = ix_bound(a->idx[dim]);
    return slopes(r, a, u, y, dim + 1, at, top, out);
  }
  const Set *set = economy_set(e, s.dom[dim]);
  for (uint32_t i = 0; set && i < set_size(set); i++) {
    at[dim] = ix_elem(set_elem(set, i));
    if (slopes(r, a, u, y, dim + 1, at, top, out)) return 1;
  }
  return 0;
}

/* ---- does a derivative depend on what is chosen elsewhere? ---- */

typedef struct { Test *t; Bindings b; } Elsewhere;
static int is_other(void *ctx, const Expr *ref) {
  Elsewhere *x = ctx;
  const Economy *e = x->t->r->e;
  const Sym *s = economy_at(e, ref->sym);
  Elem at;
  if (!is_own(x->t, ref->sym) || s->node_dim < 0 || (uint32_t)s->node_dim >= ref->nix) return 0;
  if (!bindings_ix(&x->b, ref->ix[s->node_dim], &at)) return 1;
  return at != ELEM_NONE && is_elsewhere(e, economy_node(e, at), x->t->node);
}

static int mixes(Test *t, const Slopes *d) {
  Elsewhere x = {t, bindings_new(t->r->e)};
  for (uint32_t i = 0; x.b.env && i < d->n; i++)
    if (bindings_occurs(&x.b, d->at[i].d, is_other, &x)) return 1;
  return 0;
}

/* One type at one point: 1 when no positive number takes all derivatives from one to the other. */
static int differ(Test *t, const Slopes *d) {
  double by = NAN;
  for (uint32_t i = 0; i < d->n; i++) {
    t->moved = 0;
    double before = eval_expr(&t->eval, d->at[i].d);
    t->moved = 1;
    double after = eval_expr(&t->eval, d->at[i].d);
    if (!isfinite(before) || !isfinite(after)) return 0;
    if (before == 0 && after == 0) continue;
    if (before == 0 || after / before <= 0 || (!isnan(by) && fabs(after / before - by) > SAME * fabs(by))) return 1;
    by = after / before;
  }
  return 0;
}

static int some_type(Test *t, const Slopes *d, uint32_t dim) {
  const Agent *a = t->a;
  if (dim == a->nidx) {
    for (t->seed = 1; t->seed <= DRAWS; t->seed++)
      if (differ(t, d)) return 1;
    return 0;
  }
  const Set *s = economy_set(t->r->e, a->set[dim]);
  for (uint32_t i = 0; s && i < set_size(s) && i < TYPES; i++) {
    t->eval.env[a->idx[dim]] = set_elem(s, i);
    if (some_type(t, d, dim + 1)) return 1;
  }
  return 0;
}

static uint32_t elsewhere(const Economy *e, uint32_t node) {
  for (uint32_t n = 0; n < e->time.n; n++)
    if (is_elsewhere(e, n, node)) return n;
  return UINT32_MAX;
}

static int refuse(Rights *r, const Agent *a, uint32_t node, uint32_t other) {
  Economy *e = r->e;
  char here[16], there[16];
  Origin at = economy_at(e, a->value)->def->at;
  Diag *d = diag_add(e->cc, SEV_ERROR, "rights.inconsistent", at ? at : a->at,
                     "this objective is not time-consistent: how '%s' ranks its choices from `%s` on depends on what it would have chosen at `%s`, where it then is not",
                     str_text(e->cc->strs, economy_at(e, a->sym)->name), elem_text(e, e->time.node[node].elem, here), elem_text(e, e->time.node[other].elem, there));
  diag_hint(e->cc, d, "what it does later would not be the rest of its plan; write one that adds up over nodes, E[sum(date, ...)], or nests expectations");
  return 1;
}

int rights_inconsistent(Rights *r, const Agent *a, const Values *v) {
  Economy *e = r->e;
  const Expr *u = a->value ? economy_at(e, a->value)->def : NULL;
  if (!u || !e->time.declared || !v) return 0;
  for (uint32_t node = 0; node < e->time.n; node++) {
    uint32_t other = elsewhere(e, node);
    Slopes d = {0};
    Ix at[DIMS];
    if (!r->b->later[node] || other == UINT32_MAX) continue;
    for (uint32_t i = 0; i < a->choices.n; i++) {
      const Sym *s = economy_at(e, a->choices.at[i]);
      if (s->node_dim >= 0 && s->ndom <= DIMS && slopes(r, a, u, a->choices.at[i], 0, at, node, &d)) return 0;
    }
    Values own = *v;
    own.economy = e;
    Test t = {.r = r, .a = a, .eval = eval_new(&own, e->mem), .node = node};
    if (!t.eval.env || !mixes(&t, &d)) continue;
    t.eval.look = value;
    t.eval.ctx = &t;
    if (some_type(&t, &d, 0)) return refuse(r, a, node, other);
  }
  return 0;
}
