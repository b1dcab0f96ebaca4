/* leak.c: what remains of the value identity, judged and said: who pays what to nobody.
 *
 * A monomial with a price that does not cancel is money that somebody pays and nobody receives. One without a price is part of the
 * numeraire's balance, and must be a datum of the numeraire good or a choice that somebody consumes, stores or uses; a quantity
 * of the good enters once. Profits are paid out in full, unless the firm's problem is a cone, whose profit is zero. */
#include "walras.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 256 };
static const double ROUNDING = 1e-10;                   /* of data, relative to the terms that are added: shares such as 0.333 in a file of numbers */

typedef struct { Entry *at; uint32_t n; Term sum; double size; } Group;

static const Flow *flow(const Walras *w, const Entry *x) { return &w->sources.at[x->source]; }
static int is_nothing(const Group *g) { return !g->sum.coef || fabs(g->sum.real) <= ROUNDING * g->size; }

static Group group_at(Walras *w, uint32_t from) {
  Group g = {.at = w->list.at + from};
  g.sum = (Term){.own = g.at->t.own, .given = g.at->t.given, .atom = g.at->t.atom, .given_atom = g.at->t.given_atom};
  for (; from + g.n < w->list.n && g.at[g.n].t.own == g.at->t.own && g.at[g.n].t.given == g.at->t.given; g.n++) {
    const Term *t = &g.at[g.n].t;
    g.sum.coef = field_add(g.sum.coef, t->coef);
    g.sum.at = field_add(g.sum.at, t->at);
    g.sum.number += t->number;
    g.sum.real += t->real;
    g.sum.flags |= t->flags;
    g.size += fabs(t->real);
  }
  return g;
}

/* Entries that are left when opposite ones are paired; left[i] = 1. */
static uint8_t *unpaired(Walras *w, const Group *g) {
  uint8_t *left = ARENA_ARRAY(w->mem, uint8_t, g->n + 1);
  if (!left) return NULL;
  memset(left, 1, g->n);
  for (uint32_t i = 0; i < g->n && g->n <= PAIRS; i++)
    for (uint32_t j = i + 1; j < g->n && left[i]; j++)
      if (left[j] && !field_add(g->at[i].t.coef, g->at[j].t.coef)) left[i] = left[j] = 0;
  return left;
}

static Elem node_of(const Walras *w, uint32_t atom) {
  const Atom *a = &w->m.atoms.at[atom];
  int d = economy_at(w->e, a->sym)->node_dim;
  return d >= 0 && (uint32_t)d < a->nix ? a->ix[d] : ELEM_NONE;
}

Leak *leak_add(Walras *w, LeakKind kind, const Entry *x) {
  Leak *l = NULL;
  for (uint32_t i = 0; i < w->leaks.n && !l; i++)
    if (w->leaks.at[i].source == x->source && w->leaks.at[i].kind == kind) l = &w->leaks.at[i];
  if (!l) {
    const Agent *a = flow(w, x)->a;
    Leak one = {.kind = kind, .source = x->source, .real = x->t.real, .node = w->node};
    one.ntypes = a ? monomials_types(&w->m, a) : 0;
    one.type = ARENA_ARRAY(w->mem, uint8_t, one.ntypes + 1);
    VEC_PUSH(w->mem, w->leaks, one);
    if (!one.type || arena_failed(w->mem)) return NULL;
    l = &w->leaks.at[w->leaks.n - 1];
  }
  if (x->type < l->ntypes) l->type[x->type] = 1;
  if (l->last != w->node) {
    l->nodes++;
    l->last = w->node;
  }
  return l;
}

/* ---- quantities of a good enter once ---- */
static Term mass_of(Walras *w, const Atom *x) {
  const Agent *a = economy_agent(w->e, economy_at(w->e, x->sym)->owner);
  int constant;
  if (!a || !a->mass) return term_number(1);
  for (uint32_t i = 0; i < a->nidx && i < x->nix; i++) w->m.eval.env[a->idx[i]] = x->ix[i];
  Term t = monomials_constant(&w->m, a->mass, &constant);
  for (uint32_t i = 0; i < a->nidx; i++) w->m.eval.env[a->idx[i]] = ELEM_NONE;
  return t;
}

static int is_named_as_good(const Economy *e, const Sym *s) {
  for (uint32_t i = 0; i < e->goods.n; i++)
    if (e->goods.at[i].elem == s->name) return 1;
  return 0;
}

/* Bought by consumers; what firms, agents without an objective and choices named as the good do may be a sale. */
static int enters_once(Walras *w, const Atom *x, const Term *sum) {
  const Sym *s = economy_at(w->e, x->sym);
  const Agent *a = economy_agent(w->e, s->owner);
  Term m = mass_of(w, x);
  int sells = !a || a->is_firm || !a->value || is_named_as_good(w->e, s);
  if (sum->given) return 0;
  if (sum->coef == m.coef || (sells && sum->coef == field_neg(m.coef))) return 1;
  double times = sum->number / m.number;
  return fabs((sells ? fabs(times) : times) - 1) <= ROUNDING;
}

static int by_own(const void *x, const void *y) {
  const Entry *a = x, *b = y;
  return a->t.own < b->t.own ? -1 : a->t.own > b->t.own;
}

void leaks_coefficients(Walras *w, const Market *m, Elem good, Elem node, Entry *z, uint32_t n) {
  if (good == ELEM_NONE) return;
  qsort(z, n, sizeof *z, by_own);
  for (uint32_t i = 0, j; i < n; i = j) {
    Term sum = {.own = z[i].t.own, .atom = z[i].t.atom};
    Group given = {0};                                  /* what stands with a factor that is no number: a tax rate to be found, and its rebate */
    for (j = i; j < n && z[j].t.own == sum.own; j++) {
      const Term *t = &z[j].t;
      Term *into = t->given ? &given.sum : &sum;
      into->coef = field_add(into->coef, t->given ? t->at : t->coef);
      into->number += t->number;
      into->real += t->real;
      if (t->given) given.size += fabs(t->real);
    }
    sum.given = !is_nothing(&given);
    const Atom *x = &w->m.atoms.at[sum.atom];
    if (!sum.atom || x->kind != SYM_CHOICE || x->good != good || node_of(w, sum.atom) != node || (!sum.coef && !sum.given) || enters_once(w, x, &sum)) continue;
    Leak *l = leak_add(w, LEAK_TIMES, &z[i]);
    if (!l) return;
    l->choice = x->sym;
    l->price = m->price;
    l->good = good;
    l->total = sum.given ? NAN : sum.number / mass_of(w, x).number;
  }
}

/* ---- firms whose profit is zero: scaling all choices scales the objective and keeps every constraint ---- */
typedef struct { Walras *w; const Agent *a; } Scaled;
static double value_at(Scaled *s, const Expr *x, double scale) { return scaled_value(s->w, s->a, 0, x, scale); }

/* x(s) = s^k x(1); k = 1 where it is asked for. */
static int scales(Scaled *s, const Expr *x, int linear) {
  double one = value_at(s, x, 1), two = value_at(s, x, 2), three = value_at(s, x, 3);
  if (!(fabs(one) > 0)) return !(fabs(two) > 0) && !(fabs(three) > 0);
  double k = log(two / one) / log(2);
  return fabs(three / one - pow(3, k)) < 1e-9 * pow(3, k) && (!linear || fabs(k - 1) < 1e-9);
}

static int constraint_scales(Scaled *s, const Constraint *c, const Expr *x, uint32_t dim) {
  Elem *env = s->w->m.eval.env;
  if (dim == c->nbinds) return !eval_cond(&s->w->m.eval, c->cond) || scales(s, x, 0);
  const Set *set = economy_set(s->w->e, s->w->e->idxs.at[c->binds[dim]].set);
  int all = 1;
  for (uint32_t i = 0; set && i < set_size(set) && all; i++) {
    env[c->binds[dim]] = set_elem(set, i);
    all = constraint_scales(s, c, x, dim + 1);
  }
  env[c->binds[dim]] = ELEM_NONE;
  return all;
}

static int is_cone(Walras *w, const Agent *a) {
  Scaled s = {w, a};
  const Sym *v = economy_at(w->e, a->value);
  if (!monomials_types(&w->m, a)) return 1;
  monomials_type(&w->m, a, a->idx, 0);
  if (v->idx) monomials_type(&w->m, a, v->idx, 0);
  int cone = scales(&s, v->def, 1);
  for (uint32_t i = 0; i < a->choices.n && cone; i++) {
    const Sym *x = economy_at(w->e, a->choices.at[i]);
    cone = (!x->lower || ex_is_num(x->lower, 0)) && (!x->upper || (x->upper->kind == E_NUM && isinf(x->upper->num)));
  }
  for (uint32_t i = 0; i < a->constraints.n && cone; i++) {
    const Constraint *c = &a->constraints.at[i];
    if (!c->dropped) cone = constraint_scales(&s, c, ex_sub(w->mem, c->at, c->lhs, c->rhs), 0);
  }
  for (uint32_t i = 0; i < a->nidx; i++) w->m.eval.env[a->idx[i]] = ELEM_NONE;
  return cone;
}

/* The profit of a node, which a firm's own budget defines. */
static int is_paid(const Walras *w, const Group *g) {
  const Atom *x = g->sum.atom ? &w->m.atoms.at[g->sum.atom] : NULL;
  const Agent *a = x && x->kind == SYM_CHOICE ? economy_agent(w->e, economy_at(w->e, x->sym)->owner) : NULL;
  return a && a->paid == x->sym;
}

static void profit(Walras *w, const Group *g) {
  uint32_t i = 0;
  const Atom *x = &w->m.atoms.at[g->sum.atom];
  const Entry *owners = NULL, *first = NULL;
  double shares = 0;
  while (i < w->e->agents.n && w->e->agents.at[i].value != x->sym && w->e->agents.at[i].paid != x->sym) i++;
  if (i == w->e->agents.n || !w->e->agents.at[i].is_firm) return;
  if (!w->cone[i]) w->cone[i] = is_cone(w, &w->e->agents.at[i]) ? 1 : 2;
  if (w->cone[i] == 1) return;
  for (uint32_t k = 0; k < g->n; k++) {
    const Flow *f = flow(w, &g->at[k]);
    if (f->from == FROM_OWNERS || (f->from == FROM_BUDGET && f->a->paid == x->sym)) owners = &g->at[k];
    else if (!first) first = &g->at[k];
  }
  if (!owners) return;
  shares = (owners->t.number - g->sum.number) / owners->t.number;
  Leak *l = leak_add(w, first ? LEAK_SHARES : LEAK_PROFIT, first ? first : owners);
  if (!l) return;
  l->total = shares;
  l->choice = x->sym;
}

/* ---- the numeraire's balance ---- */
static int is_sym(void *ctx, const Expr *ref) { return ref->sym == *(const SymId *)ctx; }
int leak_mentions(const Expr *x, SymId s) { return ex_depends(x, is_sym, &s); }

typedef struct { const Economy *e; SymId sym; IdxId node; int found; } Later;
static void later_use(void *ctx, const Expr *x) {
  Later *l = ctx;
  const Sym *s = economy_at(l->e, l->sym);
  if (x->kind != E_REF || x->sym != l->sym || s->node_dim < 0 || (uint32_t)s->node_dim >= x->nix) return;
  l->found |= !l->node || !ix_equal(x->ix[s->node_dim], ix_bound(l->node));
}

/* A firm with budgets of its own, that values what they leave it. */
static int pays_out(const Economy *e, const Agent *a) { return a->is_firm && a->value && !economy_profit(e, a); }

/* Does its owner care for it, keep it for later, or make something of it; does a market or an equation speak of it? */
static int is_used(const Walras *w, SymId x) {
  Economy *e = w->e;
  const Agent *a = economy_agent(e, economy_at(e, x)->owner);
  /* A firm does not care for what it pays out: its objective values it, somebody must receive it. */
  if (!a || !a->value || (!pays_out(e, a) && ex_depends(economy_at(e, a->value)->def, is_sym, &x))) return 1;
  for (uint32_t i = 0; i < e->agents.n; i++)
    for (uint32_t j = 0; j < e->agents.at[i].constraints.n; j++) {
      const Constraint *c = &e->agents.at[i].constraints.at[j];
      Later l = {e, x, c->node, 0};
      if (!c->is_budget && (ex_depends(c->lhs, is_sym, &x) || ex_depends(c->rhs, is_sym, &x))) return 1;
      ex_walk(c->lhs, later_use, &l);
      ex_walk(c->rhs, later_use, &l);
      if (c->is_budget && l.found && economy_at(e, x)->node_dim >= 0 && w->dated) return 1;
    }
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    if (m->price && !m->dropped && (ex_depends(m->demand, is_sym, &x) || ex_depends(m->supply, is_sym, &x))) return 1;
  }
  for (uint32_t i = 0; i < e->equations.n; i++)
    if (ex_depends(e->equations.at[i].lhs, is_sym, &x) || ex_depends(e->equations.at[i].rhs, is_sym, &x)) return 1;
  return 0;
}

/* Is it a claim that a market of an earlier node clears? */
static int is_claim(const Walras *w, const Atom *x, Elem node) {
  if (node == ELEM_NONE || node == w->node) return 0;
  for (uint32_t i = 0; i < w->e->markets.n; i++) {
    SymId s = x->sym;
    const Market *m = &w->e->markets.at[i];
    if (m->claim && !m->dropped && (ex_depends(m->demand, is_sym, &s) || ex_depends(m->supply, is_sym, &s))) return 1;
  }
  return 0;
}

/* Terms as they are written that are paid by all types together as much as another one is received: a gift and what it is paid from.
 * even[i] = 1 for the entries of such pairs. */
static uint8_t *paid_and_received(Walras *w, const Group *g) {
  uint8_t *even = ARENA_ARRAY(w->mem, uint8_t, g->n + 1);
  Group *of = ARENA_ARRAY(w->mem, Group, g->n + 1);
  uint32_t *which = ARENA_ARRAY(w->mem, uint32_t, g->n + 1), *source = ARENA_ARRAY(w->mem, uint32_t, g->n + 1), n = 0;
  if (!even || !of || !which || !source) return NULL;
  for (uint32_t i = 0; i < g->n; i++) {
    const Entry *x = &g->at[i];
    for (which[i] = 0; which[i] < n && source[which[i]] != x->source; which[i]++) {}
    if (which[i] == n && n == PAIRS) return even;
    if (which[i] == n) source[n++] = x->source;
    Group *s = &of[which[i]];
    s->sum.coef = field_add(s->sum.coef, x->t.coef);
    s->sum.real += x->t.real;
    s->size += fabs(x->t.real);
  }
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t j = i + 1; j < n && of[i].size > 0; j++) {
      Group both = {.sum = {.coef = field_add(of[i].sum.coef, of[j].sum.coef), .real = of[i].sum.real + of[j].sum.real}, .size = of[i].size + of[j].size};
      if (!(of[j].size > 0) || !is_nothing(&both)) continue;
      of[i].size = of[j].size = 0;
    }
  for (uint32_t i = 0; i < g->n; i++) even[i] = !(of[which[i]].size > 0);
  return even;
}

/* Amounts that are given: of the numeraire good; else what is received is an endowment where no data say which good they are of. */
static void constants(Walras *w, const Group *g) {
  Group plain = {0};
  int of_good = 0;
  uint8_t *even = paid_and_received(w, g);
  if (!even) return;
  for (uint32_t i = 0; i < g->n; i++) {
    const Entry *x = &g->at[i];
    if (flow(w, x)->from != FROM_BUDGET || even[i]) continue;
    if (x->t.flags & T_NUMERAIRE) of_good = 1;
    else if (x->t.flags & T_OTHER_GOOD) {
      Leak *l = leak_add(w, LEAK_UNPRICED, x);
      if (!l) return;
    } else {
      plain.sum.coef = field_add(plain.sum.coef, x->t.coef);
      plain.sum.real += x->t.real;
      plain.size += fabs(x->t.real);
    }
  }
  if (is_nothing(&plain)) return;
  for (uint32_t i = 0; i < g->n; i++) {
    const Entry *x = &g->at[i];
    if (flow(w, x)->from != FROM_BUDGET || even[i] || (x->t.flags & (T_NUMERAIRE | T_OTHER_GOOD))) continue;
    if (x->t.real > 0 || of_good) leak_add(w, LEAK_FLOW, x);
  }
}

/* A choice that other classes pay or receive too: what they do must be somebody's counterpart. */
static void of_others(Walras *w, const Group *g, SymId owner) {
  uint8_t *left = unpaired(w, g);
  Term mass = mass_of(w, &w->m.atoms.at[g->sum.atom]);
  uint32_t others = 0;
  if (!left || g->sum.coef == mass.coef || g->sum.coef == field_neg(mass.coef)) return;
  for (uint32_t i = 0; i < g->n; i++) {
    const Flow *f = flow(w, &g->at[i]);
    if (f->a && f->a->sym == owner && g->at[i].t.coef == g->sum.coef) return;
    others += left[i] && f->a && f->a->sym != owner;
  }
  for (uint32_t i = 0; i < g->n && others; i++) {
    const Flow *f = flow(w, &g->at[i]);
    if (left[i] && f->a && f->a->sym != owner) leak_add(w, LEAK_FLOW, &g->at[i]);
  }
}

/* A single reference, perhaps summed or under a condition: no technology makes anything of it. */
static int is_bare(const Expr *x) {
  if (x->kind == E_SUM || x->kind == E_TOTAL) return is_bare(x->kid[0]);
  if (x->kind == E_IF) return is_bare(x->kid[1]) || is_bare(x->kid[2]);
  return x->kind == E_REF;
}

static void enters_balance(Walras *w, const Group *g) {
  Term mass = mass_of(w, &w->m.atoms.at[g->sum.atom]);
  const Atom *x = &w->m.atoms.at[g->sum.atom];
  int once = 0;
  if (enters_once(w, x, &g->sum)) return;
  for (uint32_t i = 0; i < g->n; i++) {
    const Entry *k = &g->at[i];
    if (flow(w, k)->from != FROM_BUDGET && flow(w, k)->from != FROM_PROFIT) continue;
    if (!once && k->t.coef == mass.coef) {
      once = 1;
      continue;
    }
    Leak *l = leak_add(w, LEAK_TIMES, k);
    if (!l) return;
    l->choice = x->sym;
    l->good = x->good;
    l->total = g->sum.number / mass.number;
  }
}

/* 1: what remains of the group is suspect as money is. */
static int quantities(Walras *w, const Group *g) {
  if (!g->sum.atom) return 0;
  const Atom *x = &w->m.atoms.at[g->sum.atom];
  Elem node = node_of(w, g->sum.atom);
  SymId owner = economy_at(w->e, x->sym)->owner;
  if (is_claim(w, x, node)) return 1;
  if (g->sum.flags & T_OTHER_GOOD && x->good != ELEM_NONE && good_kind(w->e, x->good) < 0) {
    for (uint32_t i = 0; i < g->n; i++)
      if (flow(w, &g->at[i])->from == FROM_BUDGET && (g->at[i].t.real > 0 || is_bare(flow(w, &g->at[i])->x))) leak_add(w, LEAK_UNPRICED, &g->at[i]);
    return 0;
  }
  if (x->good != ELEM_NONE && good_kind(w->e, x->good) > 0 && (node == w->node || node == ELEM_NONE)) {
    enters_balance(w, g);
    return 0;
  }
  if (unpaid_debt(w, x))
    for (uint32_t i = 0; i < g->n; i++) leak_add(w, LEAK_DEBT, &g->at[i]);
  else if (!is_used(w, x->sym))
    for (uint32_t i = 0; i < g->n; i++) leak_add(w, LEAK_FLOW, &g->at[i]);
  of_others(w, g, owner);
  return 0;
}

/* ---- the node's identity ---- */
static int of_activity(const Walras *w, const Group *g) {
  for (uint32_t i = 0; i < g->n; i++)
    if (flow(w, &g->at[i])->from == FROM_ACTIVITY) return 1;
  return 0;
}

/* activities: some activity's payments are among what does not add up; its inputs and outputs in the markets are then part of that. */
static void remaining(Walras *w, const Group *g, int activities) {
  uint8_t *left = unpaired(w, g);
  if (!left) return;
  const Atom *p = g->sum.given_atom ? &w->m.atoms.at[g->sum.given_atom] : NULL;
  for (uint32_t i = 0; p && p->kind == SYM_PRICE && i < w->e->markets.n; i++)
    w->differs[i] |= w->e->markets.at[i].price == p->sym && w->e->markets.at[i].from == MARKET_WRITTEN;
  uint32_t budgets = 0, others = 0;
  for (uint32_t i = 0; i < g->n; i++) {
    From from = flow(w, &g->at[i])->from;
    budgets += left[i] && (from == FROM_BUDGET || from == FROM_PROFIT);
    others += left[i] && g->at[i].t.real * g->sum.real < 0;
  }
  for (uint32_t i = 0; i < g->n; i++) {
    From from = flow(w, &g->at[i])->from;
    if (!left[i] || from == FROM_CLAIM || from == FROM_EQUATION || from == FROM_OWNERS || ((budgets || activities) && from == FROM_MARKET)) continue;
    Leak *l = leak_add(w, from == FROM_ACTIVITY ? LEAK_ACTIVITY : g->sum.flags & (T_PRICE | T_VAR) || w->balance ? LEAK_FLOW : LEAK_UNPRICED, &g->at[i]);
    if (!l) return;
    l->in_part |= others > 0;
    l->of_identity = 1;
  }
}

typedef VEC(Group) Groups;

static void suspect(Walras *w, Groups *list, Group *all, Group g) {
  VEC_PUSH(w->mem, *list, g);
  all->sum.coef = field_add(all->sum.coef, g.sum.at);
  all->sum.real += g.sum.real;
  all->size += g.size;
}

/* A variable that complements an inequality is a rent (of a quota, a licence): whoever pays it, somebody's budget receives it, unless it is burnt. */
static void rent(Walras *w, const Group *g) {
  const Atom *x = g->sum.given_atom ? &w->m.atoms.at[g->sum.given_atom] : NULL;
  int is_rent = 0;
  for (uint32_t i = 0; x && i < w->e->equations.n; i++)
    is_rent |= w->e->equations.at[i].perp == x->sym && w->e->equations.at[i].sense != C_EQ && !w->e->equations.at[i].dropped;
  for (uint32_t i = 0; is_rent && i < w->list.n; i++) {
    const Entry *k = &w->list.at[i];
    const Atom *y = k->t.given_atom ? &w->m.atoms.at[k->t.given_atom] : NULL;
    if (y && y->sym == x->sym && k->t.real * g->sum.real < 0) is_rent = 0;
  }
  for (uint32_t i = 0; is_rent && i < g->n; i++) leak_add(w, LEAK_RENT, &g->at[i]);
}

void leaks_find(Walras *w) {
  Groups money = {0}, profits = {0};
  Group all = {0};
  int shared = 0;                                       /* a share is no number: profits are judged with everything else */
  for (uint32_t i = 0; i < w->list.n;) {
    Group g = group_at(w, i);
    i += g.n;
    if (is_nothing(&g)) continue;
    if ((g.sum.flags & T_VALUE || is_paid(w, &g)) && g.sum.atom && !g.sum.given) {
      VEC_PUSH(w->mem, profits, g);
      continue;
    }
    shared |= (g.sum.flags & T_VALUE) != 0;
    if (g.sum.flags & T_VAR && !(g.sum.flags & T_PRICE) && g.sum.own) {              /* an equation sets its price */
      rent(w, &g);
      continue;
    }
    if (!g.sum.given && w->balance && !(g.sum.flags & T_VALUE)) {
      if (!g.sum.own) constants(w, &g);
      if (!g.sum.own || !quantities(w, &g)) continue;
    }
    suspect(w, &money, &all, g);
  }
  for (uint32_t i = 0; i < profits.n; i++) {
    if (shared) suspect(w, &money, &all, profits.at[i]);
    else profit(w, &profits.at[i]);
  }
  int activities = 0;
  for (uint32_t i = 0; i < money.n; i++) activities |= of_activity(w, &money.at[i]);
  for (uint32_t i = 0; i < money.n && !is_nothing(&all); i++) remaining(w, &money.at[i], activities);
}
