/* planner_refuse.c: economies in which the first-order conditions of planner.c are not those of a planner: where agents face more than
 * each other through prices, resources are not all that constrains what can be reached. Each is refused with its own words. */
#include "rights.h"

static const char *name_of(const Economy *e, SymId s) { return str_text(e->cc->strs, economy_at(e, s)->name); }

static int conditions(const Rights *r) {
  Economy *e = r->e;
  if (r->q->fix.n) {
    Diag *d = diag_add(e->cc, SEV_ERROR, "planner.fixed", r->q->fix.at[0].at, "a planner chooses quantities, and prices are what they are worth to it: none can be fixed");
    diag_hint(e->cc, d, "a normalisation of prices is written `numeraire {...}`");
    return 1;
  }
  for (uint32_t i = 0; i < e->equations.n; i++) {
    const Equation *q = &e->equations.at[i];
    if (q->dropped) continue;
    Diag *d = diag_add(e->cc, SEV_ERROR, "planner.equation", q->at, "'%s' is no part of anybody's problem: whether a planner would keep to it, or choose what it sets, is not said", name_of(e, q->sym));
    diag_hint(e->cc, d, "leave it out for this question (`without %s`), or write it into somebody's problem", name_of(e, q->sym));
    return 1;
  }
  return 0;
}

static int policies(const Rights *r) {
  Economy *e = r->e;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i];
    if (a->gone || a->value || !a->choices.n) continue;
    Diag *d = diag_add(e->cc, SEV_ERROR, "planner.policy", a->at, "'%s' acts without an objective: whether a planner would keep to its rules is not said", name_of(e, a->sym));
    diag_hint(e->cc, d, "a planner has lump-sum transfers and needs no taxes; pose the question in an economy without '%s'", name_of(e, a->sym));
    return 1;
  }
  return 0;
}

/* ---- what agents take as given besides prices ---- */

typedef struct { const Rights *r; const Agent *a; int budget; Origin at; const char *what; } Given;

static int is_profit(const Given *g, SymId s) {
  for (uint32_t i = 0; i < g->r->e->agents.n; i++) {
    const Agent *f = &g->r->e->agents.at[i];
    if (f->is_firm && (f->value == s || f->paid == s)) return 1;
  }
  return 0;
}

static void see(void *ctx, const Expr *x) {
  Given *g = ctx;
  if (g->what) return;
  if (x->kind == E_TOTAL || x->kind == E_GIVEN) g->what = x->kind == E_TOTAL ? "a total" : "an expression said to be given";
  if (x->kind == E_REF) {
    const Sym *s = economy_at(g->r->e, x->sym);
    if (g->budget && is_profit(g, x->sym)) return;
    if (s->kind == SYM_VAR) g->what = name_of(g->r->e, x->sym);
    if ((s->kind == SYM_CHOICE || s->kind == SYM_VALUE) && s->owner != g->a->sym) g->what = name_of(g->r->e, x->sym);
    if (s->kind == SYM_CHOICE && s->owner == g->a->sym && rights_of_another(g->a, x)) g->what = name_of(g->r->e, x->sym);
  }
  if (g->what) g->at = x->at;
}

static int given_in(Given *g, const Expr *x, int budget, const char *where, Origin at) {
  Economy *e = g->r->e;
  g->budget = budget;
  g->what = NULL;
  if (x) ex_walk(x, see, g);
  if (!g->what) return 0;
  Diag *d = diag_add(e->cc, SEV_ERROR, "planner.given", g->at ? g->at : at, "'%s' takes %s as given in %s, and a planner would not: it would choose that too", name_of(e, g->a->sym), g->what, where);
  diag_hint(e->cc, d, "an optimum needs agents who meet each other through prices and the profits of firms alone; a tax whose receipts are handed back is one thing more");
  return 1;
}

static int givens(const Rights *r) {
  Economy *e = r->e;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    Given g = {.r = r, .a = &e->agents.at[i]};
    if (g.a->gone || !g.a->value) continue;
    if (given_in(&g, economy_at(e, g.a->value)->def, 0, "its objective", g.a->at)) return 1;
    for (uint32_t k = 0; k < g.a->constraints.n; k++) {
      const Constraint *c = &g.a->constraints.at[k];
      if (!c->dropped && (given_in(&g, c->lhs, c->is_budget, name_of(e, c->sym), c->at) || given_in(&g, c->rhs, c->is_budget, name_of(e, c->sym), c->at))) return 1;
    }
  }
  return 0;
}

/* ---- prices of the root in constraints of the root ---- */
static int at_root(const Rights *r) {
  Economy *e = r->e;
  for (uint32_t i = 0; i < r->b->constraints.n; i++) {
    const BearingConstraint *k = &r->b->constraints.at[i];
    const Agent *a = &e->agents.at[k->agent];
    const Constraint *c = &a->constraints.at[k->constraint];
    if (k->kind != BEAR_ROOT || !k->bears || a->gone || c->dropped) continue;
    Diag *d = diag_add(e->cc, SEV_ERROR, "planner.root", c->at, "'%s' depends on a price of the root: prices there are what a planner's resources are worth to it, and no market in which agents could meet this limit is left", name_of(e, c->sym));
    diag_hint(e->cc, d, "ask without it, `without %s`", name_of(e, c->sym));
    return 1;
  }
  return 0;
}

int planner_refused(Rights *r) { return conditions(r) || policies(r) || givens(r) || at_root(r); }
