/* rights_agent.c: one class's extended Lagrangian, and the conditions that follow from it. */
#include "rights.h"

typedef struct { const RightsAgent *g; uint32_t constraint; int recourse; } Kind;

static int is_recourse(const void *ctx, uint32_t node) {
  const Kind *k = ctx;
  return (bearing_kind(k->g->r->b, k->g->at, k->constraint, node) == BEAR_RECOURSE) == k->recourse;
}

typedef struct { const Bearing *b; const Economy *e; SymId sym; int later; } When;
static int is_when(const void *ctx, uint32_t node) {
  const When *w = ctx;
  return bearing_is_later(w->b, w->e, w->sym, node) == w->later;
}

/* ---- parts of families ---- */

/* The nodes of a dated constraint that are of the kind; 0: none. */
static SymId constraint_nodes(const RightsAgent *g, uint32_t at, int recourse) {
  const Constraint *c = &g->a->constraints.at[at];
  Kind k = {g, at, recourse};
  return c->node ? rights_nodes(g->r->e, g->r->e->idxs.at[c->node].set, is_recourse, &k) : 0;
}

/* The constraint with its node variable replaced by a fresh one over some of its nodes. */
static Constraint restricted(Economy *e, const Constraint *c, SymId nodes) {
  Constraint k = *c;
  k.node = economy_idx(e, e->idxs.at[c->node].name, nodes);
  k.binds = ARENA_ARRAY(e->mem, IdxId, c->nbinds + 1);
  if (!k.binds) return k;
  for (uint32_t i = 0; i < c->nbinds; i++) k.binds[i] = c->binds[i] == c->node ? k.node : c->binds[i];
  Ix to = ix_bound(k.node);
  k.lhs = ex_subst(e->mem, c->lhs, &c->node, &to, 1);
  k.rhs = ex_subst(e->mem, c->rhs, &c->node, &to, 1);
  if (c->cond) k.cond = ex_subst(e->mem, c->cond, &c->node, &to, 1);
  if (c->weight) k.weight = ex_subst(e->mem, c->weight, &c->node, &to, 1);
  return k;
}

static SymId choice_nodes(const RightsAgent *g, SymId x, int later) {
  const Sym *s = economy_at(g->r->e, x);
  When w = {g->r->b, g->r->e, x, later};
  return s->node_dim < 0 ? 0 : rights_nodes(g->r->e, s->dom[s->node_dim], is_when, &w);
}

/* Fresh variables for a choice's own indices, its nodes over `nodes` (0: undated). */
static int own_binds(const RightsAgent *g, SymId x, SymId nodes, IdxId **binds, uint32_t *n, Ix **at) {
  Economy *e = g->r->e;
  const Sym s = *economy_at(e, x);
  *n = s.ndom - g->a->nidx;
  *binds = ARENA_ARRAY(e->mem, IdxId, *n + 1);
  *at = ARENA_ARRAY(e->mem, Ix, s.ndom + 1);
  if (!*binds || !*at) return 1;
  for (uint32_t i = 0; i < g->a->nidx; i++) (*at)[i] = ix_bound(g->a->idx[i]);
  for (uint32_t i = 0; i < *n; i++) {
    uint32_t d = g->a->nidx + i;
    (*binds)[i] = kkt_bind(e, g->a, (int)d == s.node_dim && nodes ? nodes : s.dom[d], *binds, i);
    (*at)[d] = ix_bound((*binds)[i]);
  }
  return 0;
}

/* ---- new unknowns ---- */
static SymId aux_symbol(const RightsAgent *g, const char *prefix, SymId of, SymId nodes, SymId from) {
  Economy *e = g->r->e;
  const Sym s = *economy_at(e, of);
  Text t = {0};
  text_printf(&t, "%s_%s", prefix, str_text(e->cc->strs, s.name));
  SymId y = t.failed ? 0 : economy_sym(e, str_of(e->cc->strs, t.at), SYM_MULT, s.at);
  text_free(&t);
  SymId *dom = ARENA_ARRAY(e->mem, SymId, s.ndom + 1);
  if (!y || !dom) return 0;
  for (uint32_t i = 0; i < s.ndom; i++) dom[i] = (int)i == s.node_dim ? nodes : s.dom[i];
  Sym *to = economy_at(e, y);
  to->dom = dom;
  to->ndom = s.ndom;
  to->node_dim = s.node_dim;
  to->owner = g->a->sym;
  to->builtin = 1;
  VEC_PUSH(e->mem, e->aux, ((AuxStart){y, from, of}));
  return y;
}

typedef struct { SymId choice, psi; } Adjoint;
typedef struct { uint32_t constraint; SymId phi, nodes; } Limit;
typedef struct { RightsAgent *g; VEC(Adjoint) psi; VEC(Limit) phi; } Work;

static const Expr *sum_of(const Economy *e, const Expr *const *term, uint32_t n, SymId sym, const Ix *at, uint32_t nat) {
  const Expr **part = ARENA_ARRAY(e->mem, const Expr *, n + 1);
  if (!part) return ex_num(e->mem, 0, 0);
  for (uint32_t i = 0; i < n; i++) part[i] = expr_diff((Economy *)(uintptr_t)e, term[i], sym, at, nat);
  return n ? ex_add(e->mem, 0, part, n) : ex_num(e->mem, 0, 0);
}
static const Expr *dK(const RightsAgent *g, SymId sym, const Ix *at, uint32_t n) { return sum_of(g->r->e, g->K.at, g->K.n, sym, at, n); }
static const Expr *dM(const RightsAgent *g, SymId sym, const Ix *at, uint32_t n) { return sum_of(g->r->e, g->M.at, g->M.n, sym, at, n); }

const Expr *rights_slope(const RightsAgent *g, SymId price, const Ix *at, uint32_t n) {
  return ex_add2(g->r->e->mem, 0, dK(g, price, at, n), dM(g, price, at, n));
}

/* ---- the Lagrangian ---- */

/* The ex-ante budget: of the root, once. */
static void find_budget(RightsAgent *g) {
  g->budget = UINT32_MAX;
  for (uint32_t i = 0; i < g->r->b->constraints.n; i++) {
    const BearingConstraint *k = &g->r->b->constraints.at[i];
    if (k->agent == g->at && k->ex_ante_budget) g->budget = k->constraint;
  }
}

/* Multiplier times weight of the ex-ante budget at the root. */
static const Expr *marginal_value(const RightsAgent *g) {
  Economy *e = g->r->e;
  if (g->budget == UINT32_MAX) return NULL;
  if (g->r->planner) return planner_lambda(g->r, g->a);
  const Constraint *c = &g->a->constraints.at[g->budget];
  const Expr *l = ex_mul2(e->mem, c->at, c->weight, kkt_multiplier(e, g->a, c));
  Ix root = ix_elem(e->time.node[0].elem);
  return c->node ? ex_subst(e->mem, l, &c->node, &root, 1) : l;
}

static int lagrangian(Work *w) {
  RightsAgent *g = w->g;
  Economy *e = g->r->e;
  Agent *a = g->a;
  VEC_PUSH(e->mem, g->K, kkt_objective(e, a));
  for (uint32_t i = 0; i < a->constraints.n; i++) {
    const Constraint c = a->constraints.at[i];
    if (c.dropped) continue;
    if (g->r->planner && i == g->budget) {              /* its instance at the root has a given multiplier */
      SymId rest = constraint_nodes(g, i, 1);
      const Expr *g0 = kkt_residual(e, &c);
      Ix root = ix_elem(e->time.node[0].elem);
      if (c.node) g0 = ex_subst(e->mem, g0, &c.node, &root, 1);
      VEC_PUSH(e->mem, g->K, ex_mul2(e->mem, c.at, g->lambda, g0));
      if (!rest) continue;
      Constraint k = restricted(e, &c, rest);
      VEC_PUSH(e->mem, g->K, kkt_term(e, &k, kkt_multiplier(e, a, &k)));
      continue;
    }
    VEC_PUSH(e->mem, g->K, kkt_term(e, &c, kkt_multiplier(e, a, &c)));
  }
  for (uint32_t i = 0; i < a->constraints.n && g->r->right.n; i++) {
    const Constraint c = a->constraints.at[i];
    SymId nodes = c.dropped ? 0 : constraint_nodes(g, i, 1);
    if (!nodes) continue;
    Limit l = {i, aux_symbol(g, "phi", c.mult, nodes, c.mult), nodes};
    if (!l.phi) return 1;
    Constraint k = restricted(e, &c, nodes), with_phi = k;
    with_phi.mult = l.phi;
    const Expr *gap = ex_sub(e->mem, c.at, kkt_multiplier(e, a, &with_phi), kkt_multiplier(e, a, &k));
    VEC_PUSH(e->mem, g->M, kkt_term(e, &k, gap));
    VEC_PUSH(e->mem, w->phi, l);
  }
  if (g->payment) VEC_PUSH(e->mem, g->M, ex_neg(e->mem, a->at, ex_mul2(e->mem, a->at, g->lambda, g->payment)));
  for (uint32_t i = 0; i < a->choices.n && g->r->right.n; i++) {
    SymId y = a->choices.at[i], nodes = choice_nodes(g, y, 1);
    IdxId *binds;
    Ix *at;
    uint32_t n;
    if (!nodes) continue;
    Adjoint p = {y, aux_symbol(g, "psi", y, nodes, 0)};
    if (!p.psi || own_binds(g, y, nodes, &binds, &n, &at)) return 1;
    const Sym s = *economy_at(e, y);
    const Expr *term = ex_mul2(e->mem, s.at, ex_ref(e->mem, s.at, p.psi, at, s.ndom), dK(g, y, at, s.ndom));
    const Expr *cond = s.exists ? ex_subst(e->mem, s.exists, s.idx, at, s.ndom) : NULL;
    for (uint32_t k = n; k-- > 0;) {
      term = ex_sum(e->mem, s.at, binds[k], (Domain){.set = e->idxs.at[binds[k]].set}, term, cond);
      cond = NULL;
    }
    VEC_PUSH(e->mem, g->M, term);
    VEC_PUSH(e->mem, w->psi, p);
  }
  return arena_failed(e->mem);
}

/* ---- conditions ---- */

/* Of a planner whose second derivatives are asked for: rows of later choices and of their multipliers are derivatives of L, those of their
 * adjoints the conditions of recourse. Without later prices there are no adjoints, and the conditions are such derivatives already. */
static int symmetric(const RightsAgent *g) { return g->r->planner && g->r->q->symmetric && g->r->right.n; }

static const Expr *exists_at(Economy *e, const Sym *s, const Ix *at) { return s->exists ? ex_subst(e->mem, s->exists, s->idx, at, s->ndom) : NULL; }

static int ex_ante_choice(Work *w, SymId x) {
  RightsAgent *g = w->g;
  Economy *e = g->r->e;
  const Sym s = *economy_at(e, x);
  SymId nodes = choice_nodes(g, x, 0);
  Condition c = {.sym = x, .constraint = -1, .first = 1, .at = s.at};
  Ix *at;
  if (s.node_dim >= 0 && !nodes) return 0;
  if (own_binds(g, x, nodes, &c.binds, &c.nbinds, &at)) return 1;
  c.row = ex_neg(e->mem, s.at, ex_add2(e->mem, s.at, dK(g, x, at, s.ndom), dM(g, x, at, s.ndom)));
  c.cond = exists_at(e, &s, at);
  VEC_PUSH(e->mem, g->a->conditions, c);
  return arena_failed(e->mem);
}

static int recourse_choice(Work *w, SymId y) {
  RightsAgent *g = w->g;
  Economy *e = g->r->e;
  const Sym s = *economy_at(e, y);
  SymId nodes = choice_nodes(g, y, 1);
  Condition c = {.sym = y, .constraint = -1, .at = s.at};
  Ix *at;
  if (!nodes) return 0;
  if (own_binds(g, y, nodes, &c.binds, &c.nbinds, &at)) return 1;
  c.row = ex_neg(e->mem, s.at, symmetric(g) ? rights_slope(g, y, at, s.ndom) : dK(g, y, at, s.ndom));
  c.cond = exists_at(e, &s, at);
  VEC_PUSH(e->mem, g->a->conditions, c);
  return arena_failed(e->mem);
}

/* dM/dy = 0, or psi = 0 at a binding bound. */
static int adjoint(Work *w, const Adjoint *p) {
  RightsAgent *g = w->g;
  Economy *e = g->r->e;
  const Sym s = *economy_at(e, p->choice);
  const Sym t = *economy_at(e, p->psi);
  Condition c = {.sym = p->psi, .constraint = -1, .at = s.at};
  Ix *at;
  if (own_binds(g, p->choice, t.node_dim < 0 ? 0 : t.dom[t.node_dim], &c.binds, &c.nbinds, &at)) return 1;
  const Expr *y = ex_ref(e->mem, s.at, p->choice, at, s.ndom);
  c.row = symmetric(g) ? dK(g, p->choice, at, s.ndom) : dM(g, p->choice, at, s.ndom);
  if (symmetric(g)) {
    c.cond = exists_at(e, &s, at);
    VEC_PUSH(e->mem, g->a->conditions, c);
    return arena_failed(e->mem);
  }
  if (s.lower) c.row = ex_mul2(e->mem, s.at, ex_sub(e->mem, s.at, y, ex_subst(e->mem, s.lower, s.idx, at, s.ndom)), c.row);
  if (s.upper) c.row = ex_mul2(e->mem, s.at, ex_sub(e->mem, s.at, ex_subst(e->mem, s.upper, s.idx, at, s.ndom), y), c.row);
  if (s.lower || s.upper) c.row = ex_add2(e->mem, s.at, c.row, ex_mul2(e->mem, s.at, dK(g, p->choice, at, s.ndom), ex_ref(e->mem, s.at, p->psi, at, s.ndom)));
  c.cond = exists_at(e, &s, at);
  VEC_PUSH(e->mem, g->a->conditions, c);
  return arena_failed(e->mem);
}

/* R_y psi = 0: the derivative of psi . dK/dy in mu; for an inequality weighed against phi. */
static int limit(Work *w, const Limit *l) {
  RightsAgent *g = w->g;
  Economy *e = g->r->e;
  const Constraint k = restricted(e, &g->a->constraints.at[l->constraint], l->nodes);
  Constraint with_phi = k;
  Condition c = {.sym = l->phi, .cond = k.cond, .constraint = -1, .at = k.at};
  c.binds = ARENA_ARRAY(e->mem, IdxId, k.nbinds + 1);
  if (!c.binds) return 1;
  c.nbinds = kkt_binds(&k, c.binds);
  const Expr *mu = kkt_multiplier(e, g->a, &k);
  const uint32_t psi = g->M.n - w->psi.n;
  with_phi.mult = l->phi;
  c.row = sum_of(e, g->M.at + psi, w->psi.n, k.mult, mu->ix, mu->nix);
  if (symmetric(g)) c.row = ex_mul2(e->mem, k.at, k.weight, kkt_residual(e, &k));
  else if (k.sense != C_EQ) {
    const Expr *const slack[] = {k.weight, kkt_residual(e, &k), kkt_multiplier(e, g->a, &with_phi)};
    c.row = ex_sub(e->mem, k.at, ex_mul2(e->mem, k.at, mu, c.row), ex_mul(e->mem, k.at, slack, 3));
  }
  VEC_PUSH(e->mem, g->a->conditions, c);
  return arena_failed(e->mem);
}

static int constraint_part(Work *w, uint32_t i, SymId nodes, int first, int root) {
  RightsAgent *g = w->g;
  Economy *e = g->r->e;
  const Constraint c = g->a->constraints.at[i], k = nodes ? restricted(e, &c, nodes) : c;
  Condition to = {.sym = c.mult, .cond = k.cond, .constraint = (int)i, .first = first, .at = c.at};
  to.binds = ARENA_ARRAY(e->mem, IdxId, k.nbinds + 1);
  if (!to.binds) return 1;
  to.nbinds = kkt_binds(&k, to.binds);
  to.row = kkt_residual(e, &k);
  if (!first && symmetric(g)) {
    const Expr *mu = kkt_multiplier(e, g->a, &k);
    to.row = ex_neg(e->mem, c.at, sum_of(e, g->M.at + g->M.n - w->psi.n, w->psi.n, k.mult, mu->ix, mu->nix));
  }
  if (root && g->payment) to.row = ex_sub(e->mem, c.at, to.row, g->payment);
  VEC_PUSH(e->mem, g->a->conditions, to);
  return arena_failed(e->mem);
}

static int is_root(const void *ctx, uint32_t node) { return ((const RightsAgent *)ctx)->r->e->time.node[node].prev == UINT32_MAX; }
static int is_later_first(const void *ctx, uint32_t node) {
  const Kind *k = ctx;
  return k->g->r->e->time.node[node].prev != UINT32_MAX && is_recourse(ctx, node);
}

static int multipliers(Work *w, uint32_t i) {
  RightsAgent *g = w->g;
  Economy *e = g->r->e;
  const Constraint c = g->a->constraints.at[i];
  if (c.dropped) return 0;
  if (!c.node) return i == g->budget && g->r->planner ? 0 : constraint_part(w, i, 0, 1, i == g->budget);
  const SymId set = e->idxs.at[c.node].set;
  Kind first = {g, i, 0};
  SymId root = rights_nodes(e, set, is_root, g), later = rights_nodes(e, set, is_later_first, &first), recourse = constraint_nodes(g, i, 1);
  if (root && !(i == g->budget && g->r->planner) && constraint_part(w, i, root, 1, i == g->budget)) return 1;
  if (later && constraint_part(w, i, later, 1, 0)) return 1;
  return recourse && constraint_part(w, i, recourse, 0, 0);
}

int rights_agent(RightsAgent *g) {
  Work w = {.g = g};
  Agent *a = g->a;
  if (!a->value) return 0;
  find_budget(g);
  g->lambda = marginal_value(g);
  g->payment = g->lambda ? rights_payment(g->r, a, NULL) : NULL;
  if (g->payment && ex_is_num(g->payment, 0)) g->payment = NULL;
  if (lagrangian(&w)) return 1;
  a->rights_part = g->M.n ? ex_add(g->r->e->mem, a->at, g->M.at, g->M.n) : NULL;
  a->money = g->lambda;
  a->conditions.n = 0;
  for (uint32_t i = 0; i < a->choices.n; i++)
    if (ex_ante_choice(&w, a->choices.at[i]) || recourse_choice(&w, a->choices.at[i])) return 1;
  for (uint32_t i = 0; i < a->constraints.n; i++)
    if (multipliers(&w, i)) return 1;
  for (uint32_t i = 0; i < w.psi.n; i++)
    if (adjoint(&w, &w.psi.at[i])) return 1;
  for (uint32_t i = 0; i < w.phi.n; i++)
    if (limit(&w, &w.phi.at[i])) return 1;
  if (g->r->planner && planner_level(g)) return 1;
  return arena_failed(g->r->e->mem);
}
