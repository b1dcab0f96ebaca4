/* unpaid.c: choices and payments without a counterpart, which keep every identity: what is consumed and stands in no budget; what is
 * received in budgets, paid in none, and limited by nothing; what may be negative and is then owed to nobody; what is paid and gives
 * nothing; what a firm makes or uses and neither sells nor buys; a budget that is written twice. What a constraint does to a choice is
 * seen from how its slack moves with the choice at a positive point. */
#include "walras.h"
#include <math.h>
#include <string.h>

/* ---- limits ---- */
typedef struct { Walras *w; const Agent *a; SymId only; double scale; const Eval *eval; } Scaled;

static double scaled(void *ctx, const Expr *ref, const Elem *ix, uint32_t n) {
  const Scaled *s = ctx;
  const Sym *y = economy_at(s->w->e, ref->sym);
  uint64_t h = field_hash(11, ref->sym);
  for (uint32_t i = 0; i < n; i++) {
    if (ix[i] == ELEM_NONE) return 0;
    h = field_hash(h, ix[i]);
  }
  if (economy_offset(s->w->e, ref->sym, ix) == SIZE_MAX) return 0;
  double x = 0.5 + field_unit(h);
  return y->kind == SYM_CHOICE && !s->eval->given && y->owner == s->a->sym && (!s->only || s->only == ref->sym) ? s->scale * x : x;
}

double scaled_value(Walras *w, const Agent *a, SymId only, const Expr *x, double scale) {
  Eval v = w->m.eval;
  Scaled s = {w, a, only, scale, &v};
  v.look = scaled;
  v.ctx = &s;
  return eval_expr(&v, x);
}

typedef struct { const Economy *e; SymId but; int found; } Other;
static void other_choice(void *ctx, const Expr *x) {
  Other *o = ctx;
  o->found |= x->kind == E_REF && x->sym != o->but && economy_at(o->e, x->sym)->kind == SYM_CHOICE;
}

/* What a constraint does to a choice: stops it from growing, stops it from falling below zero, lets it grow for nothing or for the better. */
typedef enum { TIGHTENS, FLOORS, RELAXES } Does;

/* Under some value of the constraint's binders. */
static int does(Walras *w, const Agent *a, const Constraint *c, SymId x, Does what, uint32_t dim) {
  Elem *env = w->m.eval.env;
  if (dim < c->nbinds) {
    const Set *set = economy_set(w->e, w->e->idxs.at[c->binds[dim]].set);
    int found = 0;
    for (uint32_t i = 0; set && i < set_size(set) && !found; i++) {
      env[c->binds[dim]] = set_elem(set, i);
      found = does(w, a, c, x, what, dim + 1);
    }
    env[c->binds[dim]] = ELEM_NONE;
    return found;
  }
  if (!eval_cond(&w->m.eval, c->cond)) return 0;
  const Expr *slack = c->sense == C_GE ? ex_sub(w->mem, c->at, c->lhs, c->rhs) : ex_sub(w->mem, c->at, c->rhs, c->lhs);
  double one = scaled_value(w, a, x, slack, 1), two = scaled_value(w, a, x, slack, 2);
  Other o = {w->e, x, 0};
  switch (what) {
  case TIGHTENS: return !(two >= one);
  case RELAXES: return !(two < one);
  case FLOORS: break;
  }
  ex_walk(slack, other_choice, &o);
  return !o.found && !(scaled_value(w, a, x, slack, 0) > 0) && !(scaled_value(w, a, x, slack, -1) >= 0);
}

/* By a constraint that is no budget, by a written market, or by an equation. */
static int something_does(Walras *w, const Agent *a, SymId x, Does what) {
  int found = 0;
  for (uint32_t i = 0; i < w->e->markets.n; i++) {
    const Market *m = &w->e->markets.at[i];
    if (m->from == MARKET_WRITTEN && !m->dropped && !a->is_firm && (leak_mentions(m->demand, x) || leak_mentions(m->supply, x))) return 1;
  }
  for (uint32_t i = 0; i < w->e->equations.n; i++)
    if (leak_mentions(w->e->equations.at[i].lhs, x) || leak_mentions(w->e->equations.at[i].rhs, x)) return 1;
  if (!monomials_types(&w->m, a)) return 1;
  monomials_type(&w->m, a, a->idx, 0);
  for (uint32_t i = 0; i < a->constraints.n && !found; i++) {
    const Constraint *c = &a->constraints.at[i];
    if (c->is_budget || c->dropped || !(leak_mentions(c->lhs, x) || leak_mentions(c->rhs, x))) continue;
    found = c->sense == C_EQ || does(w, a, c, x, what, 0);
  }
  for (uint32_t i = 0; i < a->nidx; i++) w->m.eval.env[a->idx[i]] = ELEM_NONE;
  return found;
}
static int is_limited(Walras *w, const Agent *a, SymId x, int above) { return something_does(w, a, x, above ? TIGHTENS : FLOORS); }

static int has_upper(const Sym *s) { return s->upper && !(s->upper->kind == E_NUM && isinf(s->upper->num)); }

static const Expr *objective(const Walras *w, const Agent *a) { return a && a->value ? economy_at(w->e, a->value)->def : NULL; }

/* 1: more of it raises the objective at a positive point, -1: lowers it, 0: neither. */
static int taste_at(Walras *w, const Agent *a, SymId x, double scale) {
  const Expr *u = objective(w, a);
  const Sym *v = economy_at(w->e, a->value);
  if (!monomials_types(&w->m, a)) return 0;
  monomials_type(&w->m, a, a->idx, 0);
  if (v->idx) monomials_type(&w->m, a, v->idx, 0);
  double less = scaled_value(w, a, x, u, 0.9 * scale), more = scaled_value(w, a, x, u, scale);
  return more > less ? 1 : more < less ? -1 : 0;
}
static int taste(Walras *w, const Agent *a, SymId x) { return taste_at(w, a, x, 1); }

/* Much of a good may be too much (quadratic tastes); a bad is bad from the first of it. */
static int is_bad(Walras *w, const Agent *a, SymId x) { return taste_at(w, a, x, 1) < 0 && taste_at(w, a, x, 1e-4) < 0; }

int unpaid_debt(Walras *w, const Atom *x) {
  const Sym *s = economy_at(w->e, x->sym);
  const Agent *a = economy_agent(w->e, s->owner);
  const Expr *u = objective(w, a);
  int d = s->node_dim;
  if (!u || leak_mentions(u, x->sym) || (d >= 0 && (uint32_t)d < x->nix && x->ix[d] != w->node)) return 0;
  if (s->lower && !(s->lower->kind == E_NUM && s->lower->num < 0)) return 0;
  return !is_limited(w, a, x->sym, 0);
}

/* ---- who pays and receives what ---- */
void unpaid_note(Walras *w) {
  if (w->nbent < w->sources.n) {
    uint8_t *more = ARENA_ARRAY(w->mem, uint8_t, w->sources.n * 2);
    if (!more) return;
    if (w->nbent) memcpy(more, w->bent, w->nbent);
    w->bent = more;
    w->nbent = w->sources.n * 2;
  }
  for (uint32_t i = 0; i < w->list.n; i++) {
    const Entry *x = &w->list.at[i];
    From from = w->sources.at[x->source].from;
    if (from != FROM_BUDGET && from != FROM_PROFIT) continue;
    if (x->t.flags & T_MANY) w->bent[x->source] = 1;
    if (!x->t.atom) continue;
    Atom *a = &w->m.atoms.at[x->t.atom];
    if (x->t.real > 0) a->paid_in = x->source + 1;
    else if (!a->got_in) a->got_in = x->source + 1;
  }
}

/* What a firm's profit makes of other classes' choices is given to it: it pays nobody for them. */
static int enters_bent(const Walras *w, SymId x) {
  SymId owner = economy_at(w->e, x)->owner;
  for (uint32_t i = 0; i < w->sources.n && i < w->nbent; i++) {
    const Flow *f = &w->sources.at[i];
    if (w->bent[i] && f->x && (f->from == FROM_BUDGET || f->a->sym == owner) && leak_mentions(f->x, x)) return 1;
  }
  return 0;
}

static uint32_t type_of(Walras *w, const Agent *a, const Atom *x) {
  for (uint32_t k = 0, n = monomials_types(&w->m, a); k < n; k++) {
    int same = 1;
    monomials_type(&w->m, a, a->idx, k);
    for (uint32_t i = 0; i < a->nidx; i++) same &= w->m.eval.env[a->idx[i]] == x->ix[i];
    if (same) return k;
  }
  return 0;
}

/* Received, never paid, and as much as one likes. */
static void find_gifts(Walras *w, uint32_t n) {
  uint8_t *known = ARENA_ARRAY(w->mem, uint8_t, w->e->syms.n + 1);      /* 1: limited, 2: not */
  for (uint32_t i = 1; i < n && known; i++) {
    const Atom *x = &w->m.atoms.at[i];
    const Sym *s = economy_at(w->e, x->sym);
    const Agent *a = economy_agent(w->e, s->owner);
    const Expr *u = objective(w, a);
    if (x->kind != SYM_CHOICE || !x->got_in || x->paid_in || !u) continue;
    if (!known[x->sym]) known[x->sym] = (!a->is_firm && leak_mentions(u, x->sym) && taste(w, a, x->sym) <= 0) || has_upper(s) || enters_bent(w, x->sym) || is_limited(w, a, x->sym, 1) ? 1 : 2;
    if (known[x->sym] == 1) continue;
    Entry e = {.t = {.real = -1}, .source = x->got_in - 1, .type = type_of(w, a, x)};
    w->node = s->node_dim >= 0 ? x->ix[s->node_dim] : w->e->time.node[0].elem;
    leak_add(w, LEAK_FLOW, &e);
  }
}

/* What raises the objective and was met in no budget, profit or market; judged by the first type of each class. */
static void find_free(Walras *w, uint32_t i) {
  const Agent *a = &w->e->agents.at[i];
  const Expr *u = objective(w, a);
  uint32_t from = w->m.atoms.n;
  Terms t = {0};
  const Sym *v = a->value ? economy_at(w->e, a->value) : NULL;
  if (!u || a->is_firm || a->gone || !monomials_types(&w->m, a)) return;
  monomials_type(&w->m, a, a->idx, 0);
  if (v->idx) monomials_type(&w->m, a, v->idx, 0);
  monomials_of(&w->m, u, &t);
  for (uint32_t k = from; k < w->m.atoms.n; k++) {
    const Atom *x = &w->m.atoms.at[k];
    const Sym *s = economy_at(w->e, x->sym);
    const Expr *ref = NULL;
    if (x->kind != SYM_CHOICE || s->owner != a->sym || has_upper(s) || is_limited(w, a, x->sym, 1)) continue;
    if (taste(w, a, x->sym) <= 0) continue;
    Ix *ix = ARENA_ARRAY(w->mem, Ix, x->nix + 1);
    if (!ix) return;
    for (uint32_t d = 0; d < x->nix; d++) ix[d] = d < a->nidx ? ix_bound(a->idx[d]) : ix_elem(x->ix[d]);
    Flow f = {.from = FROM_BUDGET, .a = a, .x = (ref = ex_ref(w->mem, s->at, x->sym, ix, x->nix)), .at = s->at};
    w->node = s->node_dim >= 0 ? x->ix[s->node_dim] : w->e->time.node[0].elem;
    for (uint32_t c = a->constraints.n; c-- > 0;)       /* the budget in which it ought to stand */
      if (a->constraints.at[c].is_budget && (!a->constraints.at[c].node || set_pos(economy_set(w->e, w->e->idxs.at[a->constraints.at[c].node].set), w->node) != UINT32_MAX)) f.at = a->constraints.at[c].at;
    VEC_PUSH(w->mem, w->sources, f);
    Leak *l = leak_add(w, LEAK_FREE, &(Entry){.t = {.real = -1}, .source = w->sources.n - 1});
    if (l) memset(l->type, 1, l->ntypes);
  }
  for (uint32_t k = 0; k < a->nidx; k++) w->m.eval.env[a->idx[k]] = ELEM_NONE;
}

/* What is paid and gives nothing: no income, no good to the objective, no room in a constraint. What a firm makes or uses without selling or buying it. */
static void find_vain(Walras *w, const Agent *a, SymId x, uint32_t paid, uint32_t got, int met) {
  const Sym *s = economy_at(w->e, x);
  Entry e = {.t = {.real = 1}, .source = paid ? paid - 1 : 0};
  if (s->lower && !ex_is_num(s->lower, 0)) return;
  for (uint32_t i = 0; i < w->sources.n && (met || paid); i++) {
    const Flow *f = &w->sources.at[i];
    if ((f->from == FROM_BUDGET || f->from == FROM_PROFIT) && f->negative && f->x && leak_mentions(f->x, x)) return;
  }
  for (uint32_t i = 0; i < w->leaks.n && paid; i++)
    if (w->leaks.at[i].source == e.source) return;      /* that nobody receives it was said */
  int relaxes = something_does(w, a, x, RELAXES);
  if (paid && !got && !relaxes && (a->is_firm || (leak_mentions(objective(w, a), x) && is_bad(w, a, x)))) leak_add(w, LEAK_VAIN, &e);
  if (met || !a->is_firm || (relaxes && is_limited(w, a, x, 1))) return;
  int mentioned = 0;
  for (uint32_t i = 0; i < a->constraints.n; i++) mentioned |= leak_mentions(a->constraints.at[i].lhs, x) || leak_mentions(a->constraints.at[i].rhs, x);
  if (!mentioned) return;
  uint32_t class = (uint32_t)(a - w->e->agents.at);
  e.source = w->of_profit[class].first;
  if (!w->of_profit[class].n) {                         /* a firm with budgets of its own */
    VEC_PUSH(w->mem, w->sources, (Flow){.from = FROM_PROFIT, .a = a, .at = s->at});
    e.source = w->sources.n - 1;
  }
  Leak *l = leak_add(w, LEAK_IDLE, &e);
  if (l) l->choice = x;
}

static void find_vain_choices(Walras *w) {
  typedef struct { uint32_t paid, got; int met; } Seen;
  Seen *seen = ARENA_ARRAY(w->mem, Seen, w->e->syms.n + 1);
  for (uint32_t i = 1; i < w->m.atoms.n && seen; i++) {
    const Atom *x = &w->m.atoms.at[i];
    Seen *k = &seen[x->sym];
    if (x->paid_in) k->paid = x->paid_in;
    if (x->got_in) k->got = x->got_in;
    k->met = 1;
  }
  for (uint32_t i = 0; i < w->e->agents.n && seen; i++) {
    const Agent *a = &w->e->agents.at[i];
    w->node = w->e->time.node[0].elem;
    for (uint32_t j = 0; j < a->choices.n && !a->gone && objective(w, a); j++) {
      SymId x = a->choices.at[j];
      if (!enters_bent(w, x)) find_vain(w, a, x, seen[x].paid, seen[x].got, seen[x].met);
    }
  }
}

/* The same payments under two names. */
static void find_repeated(Walras *w) {
  for (uint32_t i = 0; i < w->e->agents.n; i++) {
    const Agent *a = &w->e->agents.at[i];
    for (uint32_t j = 0; j < a->constraints.n && !a->gone; j++)
      for (uint32_t k = 0; k < j; k++) {
        const Constraint *c = &a->constraints.at[j], *d = &a->constraints.at[k];
        Ix to[8];
        if (!c->is_budget || !d->is_budget || c->dropped || d->dropped || c->nbinds != d->nbinds || c->nbinds > 8 || !w->of_constraint[i][j].n) continue;
        for (uint32_t b = 0; b < d->nbinds; b++) to[b] = ix_bound(d->binds[b]);
        if (!ex_alike(ex_subst(w->mem, c->lhs, c->binds, to, c->nbinds), d->lhs) || !ex_alike(ex_subst(w->mem, c->rhs, c->binds, to, c->nbinds), d->rhs)) continue;
        int meet = 1;
        for (uint32_t b = 0; b < c->nbinds; b++) {
          const Set *s = economy_set(w->e, w->e->idxs.at[c->binds[b]].set), *t = economy_set(w->e, w->e->idxs.at[d->binds[b]].set);
          int common = 0;
          for (uint32_t n = 0; s && t && n < set_size(s) && !common; n++) common = set_pos(t, set_elem(s, n)) != UINT32_MAX;
          meet &= common;
        }
        if (meet && !c->cond && !d->cond) leak_add(w, LEAK_TWICE, &(Entry){.source = w->of_constraint[i][j].first});
      }
  }
}

void unpaid_find(Walras *w) {
  uint32_t n = w->m.atoms.n;
  find_gifts(w, n);
  find_vain_choices(w);
  for (uint32_t i = 0; i < w->e->agents.n; i++) find_free(w, i);
  find_repeated(w);
}
