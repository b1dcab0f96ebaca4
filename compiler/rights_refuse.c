/* rights_refuse.c: economies in which rights to trade at later prices are not defined, or not by this concept. */
#include "rights.h"
#include <string.h>

static const char *name_of(const Economy *e, SymId s) { return str_text(e->cc->strs, economy_at(e, s)->name); }

static int nothing(Rights *r, Origin at) {
  Economy *e = r->e;
  const Bearing *b = r->b;
  if (b->bearing && b->markets.n) return 0;
  Diag *d = diag_add(e->cc, SEV_ERROR, "rights.nothing", at, "no constraint depends on the price of a later market: there is nothing to which rights could be traded");
  for (uint32_t i = 0; i < b->constraints.n; i++) {
    const BearingConstraint *k = &b->constraints.at[i];
    if (k->kind != BEAR_ROOT || !k->bears) continue;
    const Constraint *c = &e->agents.at[k->agent].constraints.at[k->constraint];
    diag_note(e->cc, d, c->at, "a price stands in '%s', but at its own date: there is no earlier market in which a right to it could be traded", name_of(e, c->sym));
    return 1;
  }
  diag_hint(e->cc, d, e->time.declared ? "the equilibrium itself is the answer; `econc explain` lists the constraints in which prices occur" : "rights are traded before the prices that they are about: the economy needs a tree of at least two dates");
  return 1;
}

static int numeraire(Rights *r) {
  Economy *e = r->e;
  if (!r->b->simplex) return 0;
  Diag *d = diag_add(e->cc, SEV_ERROR, "rights.numeraire", r->b->simplex->at, "several prices of a later node are normalised together, and something there is fixed in that unit of account: quoted in one good, as choosing later prices needs, it would be another economy");
  diag_hint(e->cc, d, "write what is paid later in a good, as in p[GOOD]@later*b, or make a good the numeraire: numeraire p[GOOD] = 1");
  return 1;
}

/* Does the class decide anything after the cut? */
static int acts_later(const Rights *r, const Agent *a) {
  const Economy *e = r->e;
  for (uint32_t i = 0; i < a->choices.n; i++) {
    const Sym *s = economy_at(e, a->choices.at[i]);
    const Set *set = s->node_dim >= 0 ? economy_set(e, s->dom[s->node_dim]) : NULL;
    for (uint32_t n = 0; set && n < set_size(set); n++)
      if (bearing_is_later(r->b, e, a->choices.at[i], economy_node(e, set_elem(set, n)))) return 1;
  }
  return 0;
}

static int others(Rights *r) {
  Economy *e = r->e;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i];
    if (a->gone || !acts_later(r, a)) continue;
    if (a->is_firm) {
      Diag *d = diag_add(e->cc, SEV_ERROR, "rights.firm", a->at, "the firm '%s' acts at later nodes: in which exchange its owners would let it trade is not said", name_of(e, a->sym));
      diag_hint(e->cc, d, "let each owner run the technology itself, as choices of the agent");
      return 1;
    }
    if (!a->value) {
      Diag *d = diag_add(e->cc, SEV_ERROR, "rights.policy", a->at, "'%s' acts at later nodes without an objective: nothing says in which exchange it would trade", name_of(e, a->sym));
      diag_hint(e->cc, d, "give it an objective, or let it act at the root only");
      return 1;
    }
  }
  return 0;
}

/* A choice of a type of the class that need not be the agent itself. */
int rights_of_another(const Agent *a, const Expr *ref) {
  for (uint32_t i = 0; i < a->nidx && i < ref->nix; i++)
    if (ref->ix[i].kind != IX_BOUND || ref->ix[i].v != a->idx[i]) return 1;
  return 0;
}

static int is_given(void *ctx, const Expr *ref) {
  const RightsAgent *g = ctx;
  const Sym *s = economy_at(g->r->e, ref->sym);
  if (s->kind == SYM_CHOICE && s->owner == g->a->sym) return rights_of_another(g->a, ref);
  return s->kind == SYM_VAR || s->kind == SYM_VALUE || (s->kind == SYM_CHOICE && s->owner != g->a->sym);
}
static void see_total(void *ctx, const Expr *x) { *(int *)ctx |= x->kind == E_TOTAL || x->kind == E_GIVEN; }

static int has_given(RightsAgent *g, const Expr *x) {
  int found = ex_depends(x, is_given, g);
  ex_walk(x, see_total, &found);
  return found;
}

/* What an agent takes as given besides prices would move with the exchange it stands in. */
static int given(Rights *r) {
  Economy *e = r->e;
  for (uint32_t i = 0; i < r->b->constraints.n; i++) {
    const BearingConstraint *k = &r->b->constraints.at[i];
    RightsAgent g = {.r = r, .a = &e->agents.at[k->agent]};
    const Constraint *c = &g.a->constraints.at[k->constraint];
    if (k->kind == BEAR_ROOT || !(has_given(&g, c->lhs) || has_given(&g, c->rhs))) continue;
    diag_add(e->cc, SEV_ERROR, "rights.given", c->at, "'%s' holds at a later node and depends on what others do, besides prices: rights to trade are indexed by prices alone", name_of(e, c->sym));
    return 1;
  }
  for (uint32_t i = 0; i < e->agents.n; i++) {
    RightsAgent g = {.r = r, .a = &e->agents.at[i]};
    const Expr *u = g.a->gone || !g.a->value ? NULL : economy_at(e, g.a->value)->def;
    if (!u || !acts_later(r, g.a) || !has_given(&g, u)) continue;
    diag_add(e->cc, SEV_ERROR, "rights.given", g.a->at, "the objective of '%s' depends on what others do: rights to trade are indexed by prices alone", name_of(e, g.a->sym));
    return 1;
  }
  return 0;
}

static int budgets(Rights *r) {
  Economy *e = r->e;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i];
    uint32_t n = 0;
    if (a->gone || !a->value || a->is_firm) continue;
    for (uint32_t k = 0; k < r->b->constraints.n; k++) {
      const BearingConstraint *c = &r->b->constraints.at[k];
      if (c->agent != i || !c->ex_ante_budget) continue;
      const Constraint *g = &a->constraints.at[c->constraint];
      n += g->nbinds > (g->node ? 1u : 0u) ? 2 : 1;
    }
    if (n == 1 || (!n && !acts_later(r, a))) continue;
    diag_add(e->cc, SEV_ERROR, "rights.budget", a->at, n ? "'%s' has several budgets at the root: out of which it pays for rights is not said" : "'%s' has no budget at the root out of which it could pay for rights", name_of(e, a->sym));
    return 1;
  }
  return 0;
}

static int inconsistent(Rights *r, const Values *v) {
  for (uint32_t i = 0; i < r->e->agents.n && r->b->markets.n; i++) {
    const Agent *a = &r->e->agents.at[i];
    if (!a->gone && !a->is_firm && acts_later(r, a) && rights_inconsistent(r, a, v)) return 1;
  }
  return 0;
}

int rights_refused(Rights *r, const Values *v, Origin asked) {
  if (!r->planner && nothing(r, asked)) return 1;
  return numeraire(r) || others(r) || given(r) || budgets(r) || inconsistent(r, v);
}
