/* planner.c: the constrained planner's side of pass rights_to_trade. See rights.h. */
#include "rights.h"

static Ix *own_indices(Economy *e, const Agent *a) {
  Ix *ix = ARENA_ARRAY(e->mem, Ix, a->nidx + 1);
  for (uint32_t i = 0; ix && i < a->nidx; i++) ix[i] = ix_bound(a->idx[i]);
  return ix;
}

static const Expr *own(const Rights *r, const Agent *a, SymId s) {
  Ix *ix = own_indices(r->e, a);
  return ix ? ex_ref(r->e->mem, a->at, s, ix, a->nidx) : ex_num(r->e->mem, a->at, 0);
}

/* Does the question hold somebody of the class? */
static int holds(const Rights *r, const Agent *a) {
  for (uint32_t i = 0; i < r->q->holding.n; i++)
    if (&r->e->agents.at[r->q->holding.at[i].agent] == a) return 1;
  return 0;
}

/* Every weight in force must be positive, but for those who are held. */
static int weights_positive(const Rights *r, const Values *v, Origin asked) {
  const Economy *e = r->e;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i];
    const double *w = a->welfare_weight && v && v->of ? v->of[a->welfare_weight] : NULL, *held = a->held && v && v->of ? v->of[a->held] : NULL;
    for (size_t k = 0, n = w ? economy_volume(e, a->welfare_weight) : 0; k < n; k++) {
      if (w[k] > 0 || (w[k] == 0 && r->q->maximizes) || (held && held[k] > 0)) continue;
      diag_add(e->cc, SEV_ERROR, "ask.weights", asked, "a weight of '%s' is %g; weights are positive", str_text(e->cc->strs, economy_at(e, a->sym)->name), w[k]);
      return 1;
    }
  }
  return 0;
}

/* eta of the class. */
static int held_unknown(Rights *r, Agent *a) {
  Economy *e = r->e;
  Text t = {0};
  text_printf(&t, "holding_%s", str_text(e->cc->strs, economy_at(e, a->sym)->name));
  a->holding = t.failed ? 0 : economy_sym(e, str_of(e->cc->strs, t.at), SYM_MULT, r->q->holding_at);
  text_free(&t);
  if (!a->holding) return 1;
  Sym *s = economy_at(e, a->holding);
  s->dom = ARENA_ARRAY(e->mem, SymId, a->nidx + 1);
  s->idx = ARENA_ARRAY(e->mem, IdxId, a->nidx + 1);
  if (!s->dom || !s->idx) return 1;
  for (uint32_t i = 0; i < a->nidx; i++) {
    s->dom[i] = a->set[i];
    s->idx[i] = a->idx[i];
  }
  s->ndom = a->nidx;
  s->node_dim = -1;
  s->owner = a->sym;
  s->builtin = 1;
  s->lower = ex_num(e->mem, r->q->holding_at, 0);
  return 0;
}

int planner_begin(Rights *r, const Question *q, const Values *v) {
  Economy *e = r->e;
  r->planner = 1;
  r->q = q;
  r->kappa = e->kappa = economy_sym(e, str_of(e->cc->strs, "kappa"), SYM_VAR, q->weights_at);
  if (!r->kappa) return 1;
  economy_at(e, r->kappa)->lower = ex_num(e->mem, q->weights_at, 0);
  economy_at(e, r->kappa)->node_dim = -1;
  for (uint32_t i = 0; i < e->agents.n; i++)
    if (holds(r, &e->agents.at[i]) && held_unknown(r, &e->agents.at[i])) return 1;
  if (q->equal_gain) economy_at(e, e->gain)->dropped = 0;
  return weights_positive(r, v, q->weights_at);
}

static const Expr *omega(const Rights *r, const Agent *a) {
  const Expr *w = own(r, a, a->welfare_weight);
  return a->holding ? ex_add2(r->e->mem, a->at, w, own(r, a, a->holding)) : w;
}

const Expr *planner_lambda(const Rights *r, const Agent *a) {
  const Expr *kappa = ex_ref(r->e->mem, a->at, r->kappa, NULL, 0);
  return a->welfare_weight ? ex_div(r->e->mem, a->at, kappa, omega(r, a)) : kappa;
}

int planner_level(const RightsAgent *g) {
  Economy *e = g->r->e;
  Agent *a = g->a;
  const Origin at = g->r->q->holding_at;
  if (!a->holding) return 0;
  const Expr *level = own(g->r, a, a->level), *held = own(g->r, a, a->held), *none = ex_sub(e->mem, at, ex_num(e->mem, at, 1), held);
  if (g->r->q->equal_gain) {
    const Expr *more = ex_sub(e->mem, at, ex_ref(e->mem, at, e->gain, NULL, 0), ex_ref(e->mem, at, e->gain_from, NULL, 0));
    level = ex_add2(e->mem, at, level, ex_mul2(e->mem, at, own(g->r, a, a->rise), more));
  }
  Condition c = {.sym = a->holding, .constraint = -1, .first = 1, .at = at, .binds = ARENA_ARRAY(e->mem, IdxId, 1)};
  c.row = ex_mul2(e->mem, at, held, ex_sub(e->mem, at, kkt_objective(e, a), level));
  c.row = ex_add2(e->mem, at, c.row, ex_mul2(e->mem, at, none, own(g->r, a, a->holding)));
  VEC_PUSH(e->mem, a->conditions, c);
  return arena_failed(e->mem);
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

/* Shows what was asked for under the name `to`: x in the class's type variables. */
static int report_as(Economy *e, const Agent *a, SymId to, const Expr *x) {
  const Sym s = *economy_at(e, to);
  Ix *ix = ARENA_ARRAY(e->mem, Ix, a->nidx + 1);
  if (!ix || !s.idx) return 1;
  for (uint32_t k = 0; k < a->nidx; k++) ix[k] = ix_bound(s.idx[k]);
  economy_at(e, to)->def = ex_subst(e->mem, x, a->idx, ix, a->nidx);
  economy_at(e, to)->dropped = 0;
  return 0;
}

static int equation(Economy *e, const char *name, const Expr *lhs, const Expr *rhs, SymId perp, Origin at) {
  Equation q = {.sym = economy_sym(e, str_of(e->cc->strs, name), SYM_EQUATION, at), .sense = C_EQ, .at = at, .perp = perp, .lhs = lhs, .rhs = rhs};
  VEC_PUSH(e->mem, e->equations, q);
  return !q.sym || arena_failed(e->mem);
}

int planner_end(Rights *r, const RightsAgent *agent, uint32_t n) {
  Economy *e = r->e;
  const Origin at = economy_at(e, r->kappa)->at;
  const Expr *zero = ex_num(e->mem, at, 0), *transfers = zero, *gain = zero;
  for (uint32_t i = 0; i < n; i++) {
    const RightsAgent *g = &agent[i];
    Agent *a = g->a;
    if (a->gone || !a->value || a->is_firm) continue;
    if (a->weight && a->welfare_weight && report_as(e, a, a->weight, omega(r, a))) return 1;
    if (a->holding && r->q->equal_gain) gain = ex_add2(e->mem, at, gain, class_total(e, a, ex_mul2(e->mem, at, own(r, a, a->holding), own(r, a, a->rise)), at));
    if (g->budget == UINT32_MAX) continue;
    const Expr *t = transfer(g);
    transfers = ex_add2(e->mem, at, transfers, class_total(e, a, t, at));
    if (a->transfer && report_as(e, a, a->transfer, t)) return 1;
  }
  if (equation(e, "transfers add up to zero", transfers, zero, r->kappa, at)) return 1;
  return r->q->equal_gain && equation(e, "weights of an equal gain", gain, ex_num(e->mem, at, 1), e->gain, at);
}
