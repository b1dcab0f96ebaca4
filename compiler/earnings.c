/* earnings.c: what a choice does for who makes it, entry by entry, at points that respect all bounds (probe.h). A firm that makes or uses
 * something its profit does not know, that pays at every price for what gives it nothing, or earns at every price from what nothing
 * limits; a consumer that takes a burden for which no budget of its own pays. Asked where every sum adds up and nothing else was found. */
#include "probe.h"
#include <math.h>

enum { MANY_ENTRIES = 256 };
typedef struct { Walras *w; struct Probe *probe; const Agent *a; SymId x; Entity one; const Elem *ix; } Earning;
typedef struct { int tightens, relaxes, equal; } Limits;

static int has_upper(const Sym *s) { return s->upper && !(s->upper->kind == E_NUM && isinf(s->upper->num)); }

static void limits_of(Earning *g, const Constraint *c, uint32_t dim, Limits *l) {
  Elem *env = g->w->m.eval.env;
  if (dim < c->nbinds) {
    const Set *set = economy_set(g->w->e, g->w->e->idxs.at[c->binds[dim]].set);
    for (uint32_t i = 0; set && i < set_size(set); i++) {
      env[c->binds[dim]] = set_elem(set, i);
      limits_of(g, c, dim + 1, l);
    }
    env[c->binds[dim]] = ELEM_NONE;
    return;
  }
  if (!eval_cond(&g->w->m.eval, c->cond)) return;
  const Expr *slack = c->sense == C_GE ? ex_sub(g->w->mem, c->at, c->lhs, c->rhs) : ex_sub(g->w->mem, c->at, c->rhs, c->lhs);
  if (c->sense == C_EQ || c->is_budget) {
    l->equal |= probe_touches(g->probe, slack, g->one);
    return;
  }
  int moves = probe_moves(g->probe, slack, g->one);
  l->tightens |= (moves & PROBE_NEG) != 0;
  l->relaxes |= (moves & PROBE_POS) != 0;
}

static Limits limits(Earning *g) {
  Limits l = {0};
  for (uint32_t i = 0; i < g->a->constraints.n; i++) {
    const Constraint *c = &g->a->constraints.at[i];
    if (!c->dropped && (leak_mentions(c->lhs, g->x) || leak_mentions(c->rhs, g->x))) limits_of(g, c, 0, &l);
  }
  return l;
}

/* In an equation, a written market, or the budget of somebody else: then it is not for its owner's books to say. */
static int is_shared(const Earning *g) {
  Economy *e = g->w->e;
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    if (m->from == MARKET_WRITTEN && !m->dropped && (leak_mentions(m->demand, g->x) || leak_mentions(m->supply, g->x))) return 1;
  }
  for (uint32_t i = 0; i < e->equations.n; i++)
    if (!e->equations.at[i].dropped && (leak_mentions(e->equations.at[i].lhs, g->x) || leak_mentions(e->equations.at[i].rhs, g->x))) return 1;
  for (uint32_t i = 0; i < e->agents.n; i++)
    for (uint32_t j = 0; j < e->agents.at[i].constraints.n; j++) {
      const Constraint *c = &e->agents.at[i].constraints.at[j];
      if (c->is_budget && &e->agents.at[i] != g->a && !c->dropped && (leak_mentions(c->lhs, g->x) || leak_mentions(c->rhs, g->x))) return 1;
    }
  return 0;
}

static void say(Earning *g, LeakKind kind, Origin at, double real) {
  Walras *w = g->w;
  const Sym *s = economy_at(w->e, g->x);
  Ix *ix = ARENA_ARRAY(w->mem, Ix, s->ndom + 1);
  if (!ix) return;
  for (uint32_t d = 0; d < s->ndom; d++) ix[d] = d < g->a->nidx ? ix_bound(g->a->idx[d]) : ix_elem(g->ix[d]);
  for (uint32_t i = 0; i < w->sources.n; i++) {         /* where it is spoken of */
    const Flow *f = &w->sources.at[i];
    if (f->a == g->a && (f->from == FROM_PROFIT || f->from == FROM_BUDGET) && f->x && leak_mentions(f->x, g->x)) at = f->at;
  }
  VEC_PUSH(w->mem, w->sources, (Flow){.from = FROM_PROFIT, .a = g->a, .x = ex_ref(w->mem, at, g->x, ix, s->ndom), .at = at});
  w->node = s->node_dim >= 0 ? g->ix[s->node_dim] : w->e->time.node[0].elem;
  Leak *l = leak_add(w, kind, &(Entry){.t = {.real = real}, .source = w->sources.n - 1});
  if (!l) return;
  for (uint32_t i = 0; i < l->ntypes; i++) l->type[i] = 1;
  l->choice = g->x;
}

static void of_firm(Earning *g) {
  const Sym *s = economy_at(g->w->e, g->x), *v = economy_at(g->w->e, g->a->value);
  int moves = probe_moves(g->probe, v->def, g->one), floor = s->lower && ex_is_num(s->lower, 0);
  Limits l = limits(g);
  if (l.equal) return;
  if (!moves && !is_shared(g) && (l.tightens || l.relaxes) && !(l.tightens && l.relaxes)) say(g, LEAK_IDLE, s->at, 0);
  if (!moves && !is_shared(g) && probe_touches(g->probe, v->def, g->one) && !l.tightens && !l.relaxes) say(g, LEAK_IDLE, s->at, 0);
  if (moves == PROBE_NEG && floor && !l.relaxes) say(g, LEAK_VAIN, s->at, 1);
  if (moves == PROBE_POS && !l.tightens && !has_upper(s)) say(g, LEAK_FLOW, s->at, -1);
}

/* A burden that nothing pays for is none that anybody would take. */
static void of_consumer(Earning *g) {
  const Sym *s = economy_at(g->w->e, g->x), *v = economy_at(g->w->e, g->a->value);
  if (!s->lower || !ex_is_num(s->lower, 0) || probe_moves(g->probe, v->def, g->one) != PROBE_NEG) return;
  Limits l = limits(g);
  if (!l.equal && !l.relaxes) say(g, LEAK_UNPAID, s->at, 1);
}

static void entries(Earning *g, Elem *ix, uint32_t dim, uint32_t *left) {
  Walras *w = g->w;
  const Sym *s = economy_at(w->e, g->x);
  if (dim < s->ndom) {
    const Set *set = economy_set(w->e, s->dom[dim]);
    for (uint32_t i = 0; set && i < set_size(set) && *left; i++) {
      ix[dim] = set_elem(set, i);
      entries(g, ix, dim + 1, left);
    }
    return;
  }
  --*left;
  g->one = (Entity){g->x, economy_offset(w->e, g->x, ix)};
  if (g->one.at == SIZE_MAX) return;
  if (s->exists && s->idx) {
    for (uint32_t i = 0; i < s->ndom; i++) w->m.eval.env[s->idx[i]] = ix[i];
    int here = eval_cond(&w->m.eval, s->exists);
    for (uint32_t i = g->a->nidx; i < s->ndom; i++) w->m.eval.env[s->idx[i]] = ELEM_NONE;
    if (!here) return;
  }
  g->ix = ix;
  if (g->a->is_firm) of_firm(g);
  else of_consumer(g);
}

void earnings_find(Walras *w) {
  Earning g = {.w = w, .probe = probe_new(w)};
  for (uint32_t i = 0; g.probe && i < w->e->agents.n; i++) {
    const Agent *a = &w->e->agents.at[i];
    const Sym *v = a->value ? economy_at(w->e, a->value) : NULL;
    Elem ix[32];
    if (!v || !v->def || a->gone || !monomials_types(&w->m, a) || (a->is_firm && !economy_profit(w->e, a))) continue;
    monomials_type(&w->m, a, a->idx, 0);
    if (v->idx) monomials_type(&w->m, a, v->idx, 0);
    g.a = a;
    for (uint32_t j = 0; j < a->choices.n; j++) {
      g.x = a->choices.at[j];
      uint32_t left = MANY_ENTRIES;
      if (economy_at(w->e, g.x)->ndom > 32) continue;
      for (uint32_t k = 0; k < a->nidx; k++) ix[k] = w->m.eval.env[a->idx[k]];
      entries(&g, ix, a->nidx, &left);
    }
    for (uint32_t k = 0; k < a->nidx; k++) w->m.eval.env[a->idx[k]] = ELEM_NONE;
  }
}
