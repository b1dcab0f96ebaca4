/* activity.c: activities in the value identity. An activity is a variable y >= 0 that an inequality complements, `unit cost >= price
 * complements y`: what it makes less what it costs, y*(cost - price), is zero in every equilibrium, as the profit of a firm with constant
 * returns is (Mathiesen 1985). Its inputs and outputs stand in written markets and no budget pays for them; the identity holds with
 * y*(cost - price) among the payments. Not every complementarity is one (a ration, a floor under a wage): which families of equations are
 * activities is what makes the identity hold. None, all, one alone and all but one are tried, in this order. */
#include "walras.h"

static int by_price(void *ctx, const Expr *ref) { return economy_at(ctx, ref->sym)->kind == SYM_PRICE; }

/* The variable stands in a written market. */
static int is_traded(const Walras *w, SymId y) {
  for (uint32_t i = 0; i < w->e->markets.n; i++) {
    const Market *m = &w->e->markets.at[i];
    if (!m->dropped && m->price && (leak_mentions(m->demand, y) || leak_mentions(m->supply, y))) return 1;
  }
  return 0;
}

int activities_open(Walras *w) {
  Economy *e = w->e;
  for (uint32_t i = 0; i < e->equations.n; i++) {
    const Equation *q = &e->equations.at[i];
    if (q->dropped || !q->perp || economy_at(e, q->perp)->kind != SYM_VAR || !is_traded(w, q->perp)) continue;
    if (!ex_depends(q->lhs, by_price, e) && !ex_depends(q->rhs, by_price, e)) continue;
    /* Cost stands on the larger side; in an equality a price alone is what the activity earns. */
    int cost_right = q->sense == C_LE || (q->sense == C_EQ && q->lhs->kind == E_REF);
    const Expr *loss = cost_right ? ex_sub(w->mem, q->at, q->rhs, q->lhs) : ex_sub(w->mem, q->at, q->lhs, q->rhs);
    const Expr *kid[2] = {ex_ref(w->mem, q->at, q->perp, q->perp_ix, q->nperp_ix), loss};
    VEC_PUSH(w->mem, w->activities, (Activity){q, ex_mul(w->mem, q->at, kid, 2), 0});
  }
  return arena_failed(w->mem);
}

static void add(Walras *w, const Activity *a, uint32_t source, uint32_t dim, int here) {
  const Equation *q = a->q;
  Elem *env = w->m.eval.env;
  if (dim == q->nbinds) {
    Terms t = {0};
    if (!here || !eval_cond(&w->m.eval, q->cond)) return;
    monomials_of(&w->m, a->value, &t);
    for (uint32_t k = 0; k < t.n; k++) VEC_PUSH(w->mem, w->list, (Entry){t.at[k], source, 0});
    return;
  }
  const Set *s = economy_set(w->e, w->e->idxs.at[q->binds[dim]].set);
  for (uint32_t i = 0; s && i < set_size(s); i++) {
    if (s->is_nodes && set_elem(s, i) != w->node) continue;
    env[q->binds[dim]] = set_elem(s, i);
    add(w, a, source, dim + 1, here || s->is_nodes);
  }
  env[q->binds[dim]] = ELEM_NONE;
}

void activities_add(Walras *w) {
  int root = w->node == w->e->time.node[0].elem;
  for (uint32_t i = 0; i < w->activities.n; i++) {
    const Activity *a = &w->activities.at[i];
    if (!a->counted) continue;
    VEC_PUSH(w->mem, w->sources, (Flow){.from = FROM_ACTIVITY, .x = a->value, .at = a->q->at, .activity = a->q->perp});
    add(w, a, w->sources.n - 1, 0, root);
  }
}

int activities_try(Walras *w, uint32_t trial) {
  uint32_t n = w->activities.n, trials = !n ? 0 : n == 1 ? 1 : 1 + 2 * n;
  if (trial >= trials) return 0;
  for (uint32_t i = 0; i < n; i++) w->activities.at[i].counted = trial == 0 || (trial <= n ? i == trial - 1 : i != trial - 1 - n);
  return 1;
}
