/* planner.c: the constrained planner's side of pass rights_to_trade. See rights.h. */
#include "rights.h"

/* Every weight in force must be positive. */
static int weights_positive(const Rights *r, const Values *v, Origin asked) {
  const Economy *e = r->e;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i];
    const double *w = a->welfare_weight && v && v->of ? v->of[a->welfare_weight] : NULL;
    for (size_t k = 0, n = w ? economy_volume(e, a->welfare_weight) : 0; k < n; k++) {
      if (w[k] > 0) continue;
      diag_add(e->cc, SEV_ERROR, "ask.weights", asked, "a weight of '%s' is %g; weights are positive", str_text(e->cc->strs, economy_at(e, a->sym)->name), w[k]);
      return 1;
    }
  }
  return 0;
}

int planner_begin(Rights *r, const Values *v, Origin asked) {
  Economy *e = r->e;
  r->planner = 1;
  r->kappa = e->kappa = economy_sym(e, str_of(e->cc->strs, "kappa"), SYM_VAR, asked);
  if (!r->kappa) return 1;
  economy_at(e, r->kappa)->lower = ex_num(e->mem, asked, 0);
  return weights_positive(r, v, asked);
}

const Expr *planner_lambda(const Rights *r, const Agent *a) {
  Economy *e = r->e;
  Ix *ix = ARENA_ARRAY(e->mem, Ix, a->nidx + 1);
  const Expr *kappa = ex_ref(e->mem, a->at, r->kappa, NULL, 0);
  if (!ix || !a->welfare_weight) return kappa;
  for (uint32_t i = 0; i < a->nidx; i++) ix[i] = ix_bound(a->idx[i]);
  return ex_div(e->mem, a->at, kappa, ex_ref(e->mem, a->at, a->welfare_weight, ix, a->nidx));
}

/* What the type spends at the root beyond what it receives there, rights included: the transfer that pays for it. */
static const Expr *transfer(const RightsAgent *g) {
  Economy *e = g->r->e;
  const Constraint *c = &g->a->constraints.at[g->budget];
  const Expr *x = ex_neg(e->mem, c->at, kkt_residual(e, c));
  Ix root = ix_elem(e->time.node[0].elem);
  if (c->node) x = ex_subst(e->mem, x, &c->node, &root, 1);
  return g->payment ? ex_add2(e->mem, c->at, x, g->payment) : x;
}

int planner_end(Rights *r, const RightsAgent *agent, uint32_t n) {
  Economy *e = r->e;
  const Origin at = economy_at(e, r->kappa)->at;
  Equation q = {.sym = economy_sym(e, str_of(e->cc->strs, "transfers add up to zero"), SYM_EQUATION, at), .sense = C_EQ, .at = at, .perp = r->kappa};
  q.lhs = q.rhs = ex_num(e->mem, at, 0);
  for (uint32_t i = 0; i < n; i++) {
    const RightsAgent *g = &agent[i];
    if (g->a->gone || !g->a->value || g->budget == UINT32_MAX) continue;
    const Expr *t = transfer(g);
    q.lhs = ex_add2(e->mem, at, q.lhs, class_total(e, g->a, t, at));
    if (!g->a->transfer) continue;
    const Sym s = *economy_at(e, g->a->transfer);
    Ix *to = ARENA_ARRAY(e->mem, Ix, g->a->nidx + 1);
    if (!to || !s.idx) return 1;
    for (uint32_t k = 0; k < g->a->nidx; k++) to[k] = ix_bound(s.idx[k]);
    economy_at(e, g->a->transfer)->def = ex_subst(e->mem, t, g->a->idx, to, g->a->nidx);
    economy_at(e, g->a->transfer)->dropped = 0;
  }
  VEC_PUSH(e->mem, e->equations, q);
  return !q.sym || arena_failed(e->mem);
}
