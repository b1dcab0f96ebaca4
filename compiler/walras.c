/* walras.c: pass walras: the value identity at each node (Walras' law before equilibrium).
 *
 * Input: an economy after pass markets. Output: the same, with diagnostics and with remarks for `explain`.
 *
 * At a node, with masses m and all sums over types,
 *
 *     sum of m*(spent - received) over budgets  +  sum of m*(profit paid out - profit made) over firms
 *   = sum of p*(demand - supply) over the markets whose prices these budgets pay here      (prices as declared)
 *   - sum of payoff*(demand - supply) over markets at earlier nodes                          (payoffs as found)
 *   + what is spent less received in the numeraire, without a price
 *
 * must hold identically in choices, prices and variables. Every term is instantiated as a monomial with exact coefficients
 * (monomial.h); what does not cancel is what somebody pays to nobody. First parameters are symbols and large classes are looked at
 * through a few types, since types are independent but for totals and shares; where that does not add up, everything is taken by its
 * numbers as they are read (1/3 is a third), so that shares may add to one by the data. */
#include "walras.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE = 12, MANY_TYPES = 20000 };

/* ---- sources: the terms as they are written ---- */
static void add_sources(Walras *w, Flow s, const Expr *x, int negative) {
  SignedTerms flat = {0};
  if (!x) return;
  monomials_flat(w->e, w->mem, x, &flat);
  for (uint32_t i = 0; i < flat.n; i++) {
    s.x = flat.at[i].x;
    s.negative = flat.at[i].negative ^ negative;
    s.at = s.x->at ? s.x->at : x->at;
    VEC_PUSH(w->mem, w->sources, s);
  }
}

static int sources_of(Walras *w) {
  Economy *e = w->e;
  w->of_constraint = ARENA_ARRAY(w->mem, Range *, e->agents.n + 1);
  w->of_profit = ARENA_ARRAY(w->mem, Range, e->agents.n + 1);
  w->of_market = ARENA_ARRAY(w->mem, Range, e->markets.n + 1);
  if (!w->of_constraint || !w->of_profit || !w->of_market) return 1;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i];
    const Sym *v = economy_profit(e, a);
    w->of_constraint[i] = ARENA_ARRAY(w->mem, Range, a->constraints.n + 1);
    if (!w->of_constraint[i]) return 1;
    for (uint32_t j = 0; j < a->constraints.n; j++) {
      const Constraint *c = &a->constraints.at[j];
      Flow s = {.from = FROM_BUDGET, .a = a, .c = c};
      w->of_constraint[i][j].first = w->sources.n;
      if (c->is_budget && !c->dropped) {
        add_sources(w, s, c->lhs, 0);
        add_sources(w, s, c->rhs, 1);
      }
      w->of_constraint[i][j].n = w->sources.n - w->of_constraint[i][j].first;
    }
    w->of_profit[i].first = w->sources.n;
    if (v && v->def && !a->gone) {
      VEC_PUSH(w->mem, w->sources, (Flow){.from = FROM_OWNERS, .a = a, .at = v->at});
      add_sources(w, (Flow){.from = FROM_PROFIT, .a = a}, v->def, 1);
    }
    w->of_profit[i].n = w->sources.n - w->of_profit[i].first;
  }
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    w->of_market[i].first = w->sources.n;
    if (!m->dropped && m->price) {
      add_sources(w, (Flow){.from = FROM_MARKET, .m = m}, m->demand, 0);
      add_sources(w, (Flow){.from = FROM_MARKET, .m = m}, m->supply, 1);
    }
    w->of_market[i].n = w->sources.n - w->of_market[i].first;
  }
  return arena_failed(w->mem);
}

/* ---- the list of terms ---- */
static void add_range(Walras *w, Range r, Term scale, uint32_t type) {
  for (uint32_t i = r.first; i < r.first + r.n; i++) {
    const Flow *s = &w->sources.at[i];
    Terms t = {0};
    if (!s->x) continue;
    monomials_of(&w->m, s->x, &t);
    for (uint32_t k = 0; k < t.n; k++) {
      Term x = term_times(t.at[k], scale);
      VEC_PUSH(w->mem, w->list, (Entry){s->negative ? term_negative(x) : x, i, type});
    }
  }
}

/* Under every value of the binders but the node. */
static void add_family(Walras *w, const Constraint *c, uint32_t dim, Range r, Term scale, uint32_t type) {
  Elem *env = w->m.eval.env;
  if (dim == c->nbinds) {
    if (eval_cond(&w->m.eval, c->cond)) add_range(w, r, scale, type);
    return;
  }
  const Set *s = economy_set(w->e, w->e->idxs.at[c->binds[dim]].set);
  if (!s) return;
  if (c->binds[dim] == c->node) {
    env[c->node] = w->node;
    if (set_pos(s, w->node) != UINT32_MAX) add_family(w, c, dim + 1, r, scale, type);
  } else {
    for (uint32_t i = 0; i < set_size(s); i++) {
      env[c->binds[dim]] = set_elem(s, i);
      add_family(w, c, dim + 1, r, scale, type);
    }
  }
  env[c->binds[dim]] = ELEM_NONE;
}

static Term mass_of(Walras *w, const Agent *a) {
  int constant;
  Term t = a->mass ? monomials_constant(&w->m, a->mass, &constant) : term_number(1);
  t.flags = 0;
  return t;
}

static void add_profit(Walras *w, uint32_t i, Term mass, uint32_t type) {
  const Agent *a = &w->e->agents.at[i];
  const Sym *v = economy_at(w->e, a->value);
  Range made = {w->of_profit[i].first + 1, w->of_profit[i].n - 1};
  Elem ix[32], *env = w->m.eval.env;
  if (v->ndom != a->nidx || a->nidx > 32) return;
  for (uint32_t k = 0; k < a->nidx; k++) {
    ix[k] = env[a->idx[k]];
    if (v->idx) env[v->idx[k]] = ix[k];
  }
  Term paid = monomials_atom(&w->m, a->value, ix, a->nidx);
  if (paid.coef) VEC_PUSH(w->mem, w->list, (Entry){term_times(paid, mass), w->of_profit[i].first, type});
  add_range(w, made, mass, type);
}

static void add_agents(Walras *w, int root) {
  Economy *e = w->e;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i];
    uint32_t types = monomials_types(&w->m, a);
    w->m.many = types > 64;
    for (uint32_t k = 0; k < types; k++) {
      monomials_type(&w->m, a, a->idx, k);
      Term mass = mass_of(w, a);
      for (uint32_t j = 0; j < a->constraints.n; j++)
        if (w->of_constraint[i][j].n && (a->constraints.at[j].node || root)) add_family(w, &a->constraints.at[j], 0, w->of_constraint[i][j], mass, k);
      if (w->of_profit[i].n && root) add_profit(w, i, mass, k);
    }
    for (uint32_t k = 0; k < a->nidx; k++) w->m.eval.env[a->idx[k]] = ELEM_NONE;
  }
  w->m.many = 0;
}

/* ---- markets ---- */
static Elem node_of(const Walras *w, const Atom *a) {
  int d = economy_at(w->e, a->sym)->node_dim;
  return d >= 0 && (uint32_t)d < a->nix ? a->ix[d] : ELEM_NONE;
}
static int is_before(const Walras *w, Elem early, Elem late) {
  for (late = economy_prev(w->e, late); late != ELEM_NONE; late = economy_prev(w->e, late))
    if (late == early) return 1;
  return 0;
}

/* Binds a market's variables to a price's indices; 0 where it is not this market that sets it. */
static int bind_market(Walras *w, const Market *m, const Elem *ix, uint32_t n) {
  int fits = m->nbinds == n;
  for (uint32_t i = 0; i < m->nbinds && fits; i++) {
    const Set *s = economy_set(w->e, w->e->idxs.at[m->binds[i]].set);
    fits = s && set_pos(s, ix[i]) != UINT32_MAX;
    w->m.eval.env[m->binds[i]] = ix[i];
  }
  return fits && eval_cond(&w->m.eval, m->cond);
}
static void unbind_market(Walras *w, const Market *m) {
  for (uint32_t i = 0; i < m->nbinds; i++) w->m.eval.env[m->binds[i]] = ELEM_NONE;
}

static Elem good_cleared(const Walras *w, const Market *m, const Atom *price) {
  if (price->good != ELEM_NONE && price->good != economy_at(w->e, price->sym)->name) return price->good;
  for (uint32_t i = 0; i < w->e->goods.n; i++)
    if (!w->e->goods.at[i].nset && w->e->goods.at[i].elem == m->good) return m->good;
  for (uint32_t i = 0; i < w->e->goods.n; i++) {
    const Good *g = &w->e->goods.at[i];
    uint32_t same = 0;
    while (same < g->nset && same < price->nix && economy_at(w->e, price->sym)->dom[same] == g->set[same]) same++;
    if (g->nset && same == g->nset && economy_at(w->e, m->sym)->name == g->elem) return good_in_family(w->e, g, price->ix);
  }
  return ELEM_NONE;
}

static void add_market(Walras *w, uint32_t price) {
  Atom p = w->m.atoms.at[price];
  for (uint32_t i = 0; i < w->e->markets.n; i++) {
    const Market *m = &w->e->markets.at[i];
    if (m->dropped || m->price != p.sym) continue;
    if (bind_market(w, m, p.ix, p.nix)) {
      uint32_t from = w->list.n;
      add_range(w, w->of_market[i], term_number(1), 0);
      if (m->from == MARKET_DERIVED) leaks_coefficients(w, m, good_cleared(w, m, &p), node_of(w, &p), w->list.at + from, w->list.n - from);
      Term by = term_negative(monomials_atom(&w->m, p.sym, p.ix, p.nix));
      for (uint32_t k = from; k < w->list.n; k++) w->list.at[k].t = term_times(w->list.at[k].t, by);
    }
    unbind_market(w, m);
  }
}

/* Markets whose prices are paid here: at this node, or contracts for later nodes made here. */
static void add_markets(Walras *w) {
  uint32_t n = w->m.prices.n;
  for (uint32_t i = 0; i < n; i++) {
    Elem at = node_of(w, &w->m.atoms.at[w->m.prices.at[i]]);
    if (at == ELEM_NONE || !is_before(w, at, w->node)) add_market(w, w->m.prices.at[i]);
  }
}

/* ---- claims of earlier nodes ---- */
static int by_name(const void *x, const void *y) {
  const Entry *a = x, *b = y;
  if (a->t.own != b->t.own) return a->t.own < b->t.own ? -1 : 1;
  if (a->t.given != b->t.given) return a->t.given < b->t.given ? -1 : 1;
  if (a->source != b->source) return a->source < b->source ? -1 : 1;
  return a->type < b->type ? -1 : a->type > b->type;
}
static void sort_list(Walras *w) {
  if (w->list.n) qsort(w->list.at, w->list.n, sizeof *w->list.at, by_name);
}

/* The entries with one own monomial, in the first n, which are sorted. */
static Range entries_of(const Walras *w, uint64_t own, uint32_t n) {
  uint32_t lo = 0, hi = n;
  while (lo < hi) {
    uint32_t mid = lo + (hi - lo) / 2;
    if (w->list.at[mid].t.own < own) lo = mid + 1;
    else hi = mid;
  }
  Range r = {lo, 0};
  while (lo + r.n < n && w->list.at[lo + r.n].t.own == own) r.n++;
  return r;
}

/* What one unit of the claim costs the budgets here, judged by one of its quantities: a fingerprint of a sum over prices. */
static uint64_t cost(const Walras *w, Term z, uint32_t n) {
  Range r = entries_of(w, z.own, n);
  uint64_t sum = 0;
  for (uint32_t i = r.first; i < r.first + r.n; i++) {
    const Term *t = &w->list.at[i].t;
    sum = field_add(sum, field_mul(t->coef, t->given ? field_hash(t->given, 99) : 1));
  }
  return field_mul(sum, field_inverse(z.coef));
}

/* The quantity whose cost most of them have (the majority vote of Boyer and Moore); all must for what is no claim. */
static const Term *agreed(const Walras *w, const Market *m, const Terms *z, uint32_t n, uint64_t *found) {
  const Term *best = NULL;
  uint32_t votes = 0, same = 0, chosen = 0;
  uint64_t held = 0;
  for (uint32_t i = 0; i < z->n; i++) {
    if (!z->at[i].own) continue;
    uint64_t c = cost(w, z->at[i], n);
    if (!votes) {
      best = &z->at[i];
      held = c;
    }
    if (c == held) votes++;
    else votes--;
    chosen++;
  }
  for (uint32_t i = 0; i < z->n; i++) same += z->at[i].own && cost(w, z->at[i], n) == held;
  *found = held;
  return best && (m->claim || same == chosen) ? best : NULL;
}

static void delivered(Walras *w, uint32_t price) {
  if (price >= w->ndelivers) {
    uint8_t *more = ARENA_ARRAY(w->mem, uint8_t, price * 2 + 64);
    if (!more) return;
    if (w->ndelivers) memcpy(more, w->delivers, w->ndelivers);
    w->delivers = more;
    w->ndelivers = price * 2 + 64;
  }
  w->delivers[price] = 1;
}

static void take_out(Walras *w, uint32_t market, uint32_t price, uint32_t n) {
  Terms z = {0};
  uint64_t found = 0;
  Range r = w->of_market[market];
  const Market *m = &w->e->markets.at[market];
  for (uint32_t i = r.first; i < r.first + r.n; i++) {
    Terms t = {0};
    monomials_of(&w->m, w->sources.at[i].x, &t);
    for (uint32_t k = 0; k < t.n; k++) {
      Term x = w->sources.at[i].negative ? term_negative(t.at[k]) : t.at[k];
      uint32_t j = 0;
      if (x.given) return;
      while (z.n < 256 && j < z.n && z.at[j].own != x.own) j++;
      if (z.n < 256 && j < z.n) z.at[j].coef = field_add(z.at[j].coef, x.coef), z.at[j].number += x.number, z.at[j].at = field_add(z.at[j].at, x.at), z.at[j].real += x.real;
      else VEC_PUSH(w->mem, z, x);
    }
  }
  uint32_t kept = 0;
  for (uint32_t i = 0; i < z.n; i++)
    if (z.at[i].coef) z.at[kept++] = z.at[i];
  z.n = kept;
  const Term *by = agreed(w, m, &z, n, &found);
  if (!by) return;
  Range cut = entries_of(w, by->own, n);
  if (!found) {                                         /* sold again: what its market takes here cancels what the budgets receive */
    if (cut.n) delivered(w, price);
    return;
  }
  VEC_PUSH(w->mem, w->sources, (Flow){.from = FROM_CLAIM, .m = m, .at = m->at});
  double pays = 0;
  int varies = 0;
  for (uint32_t i = 0; i < cut.n; i++) {
    Term t = w->list.at[cut.first + i].t;
    Term s = {.given = t.given, .coef = field_mul(t.coef, field_inverse(by->coef)), .at = field_mul(t.at, field_inverse(by->at)), .number = t.number / by->number,
              .real = t.real / by->real, .flags = t.flags & (T_PRICE | T_VAR), .given_atom = t.given_atom};
    pays -= s.number;
    varies |= s.given != 0;
    for (uint32_t k = 0; k < z.n; k++)
      VEC_PUSH(w->mem, w->list, (Entry){term_negative(term_times(z.at[k], s)), w->sources.n - 1, 0});
  }
  delivered(w, price);
  VEC_PUSH(w->mem, w->payoffs, (Payoff){m, price, w->node, pays, varies});
}

/* Every market of an earlier node of which something still stands in the budgets here. */
static void markets_at(Walras *w, uint32_t market, uint32_t dim, Elem *ix, const uint8_t *met, uint32_t n) {
  const Market *m = &w->e->markets.at[market];
  const Sym *p = economy_at(w->e, m->price);
  if (dim < m->nbinds) {
    const Set *s = economy_set(w->e, w->e->idxs.at[m->binds[dim]].set);
    for (uint32_t i = 0; s && i < set_size(s); i++) {
      uint32_t at = (int)dim == p->node_dim ? economy_node(w->e, set_elem(s, i)) : 0;
      if ((int)dim == p->node_dim && (at == UINT32_MAX || !met[at])) continue;
      w->m.eval.env[m->binds[dim]] = ix[dim] = set_elem(s, i);
      markets_at(w, market, dim + 1, ix, met, n);
    }
    w->m.eval.env[m->binds[dim]] = ELEM_NONE;
    return;
  }
  if (!eval_cond(&w->m.eval, m->cond)) return;
  Term price = monomials_atom(&w->m, m->price, ix, m->nbinds);
  if (price.given_atom) take_out(w, market, price.given_atom, n);
}

static void take_out_claims(Walras *w) {
  uint32_t n = w->list.n;
  uint8_t *met = ARENA_ARRAY(w->mem, uint8_t, w->e->time.n + 1);
  Elem ix[32];
  int any = 0;
  if (!met) return;
  sort_list(w);
  for (uint32_t i = 0; i < n; i++) {
    const Term *t = &w->list.at[i].t;
    Elem at = t->atom ? node_of(w, &w->m.atoms.at[t->atom]) : ELEM_NONE;
    if (at == ELEM_NONE || at == w->node || !is_before(w, at, w->node)) continue;
    met[economy_node(w->e, at)] = 1;
    any = 1;
  }
  for (uint32_t i = 0; i < w->e->markets.n && any; i++) {
    const Market *m = &w->e->markets.at[i];
    if (!m->dropped && m->price && economy_at(w->e, m->price)->node_dim >= 0 && m->nbinds <= 32 && m->nbinds == economy_at(w->e, m->price)->ndom) markets_at(w, i, 0, ix, met, n);
  }
}

/* ---- variables that equations define: their money goes where the equation says ---- */
static int defines(Walras *w, const Equation *q, uint32_t dim, uint32_t atom, Term held, uint32_t source) {
  if (dim < q->nbinds) {
    const Set *s = economy_set(w->e, w->e->idxs.at[q->binds[dim]].set);
    int done = 0;
    for (uint32_t i = 0; s && i < set_size(s) && !done; i++) {
      w->m.eval.env[q->binds[dim]] = set_elem(s, i);
      done = defines(w, q, dim + 1, atom, held, source);
    }
    w->m.eval.env[q->binds[dim]] = ELEM_NONE;
    return done;
  }
  if (!eval_cond(&w->m.eval, q->cond)) return 0;
  Terms t = {0}, right = {0};
  monomials_of(&w->m, q->lhs, &t);
  monomials_of(&w->m, q->rhs, &right);
  for (uint32_t i = 0; i < right.n; i++) VEC_PUSH(w->mem, t, term_negative(right.at[i]));
  uint64_t z = 0;
  double number = 0;
  for (uint32_t i = 0; i < t.n; i++)
    if (!t.at[i].own && t.at[i].given == held.given) z = field_add(z, t.at[i].coef), number += t.at[i].number;
  if (!z) return 0;
  Term by = {.coef = field_mul(held.coef, field_inverse(z)), .number = held.number / number};
  by.at = by.coef, by.real = by.number;
  for (uint32_t i = 0; i < t.n; i++) VEC_PUSH(w->mem, w->list, (Entry){term_negative(term_times(t.at[i], by)), source, 0});
  return 1;
}

static void take_out_variables(Walras *w) {
  sort_list(w);
  Range r = entries_of(w, 0, w->list.n);
  uint32_t end = r.first + r.n, next;
  for (uint32_t i = r.first; i < end; i = next) {
    Term sum = w->list.at[i].t;
    for (next = i + 1; next < end && w->list.at[next].t.given == sum.given; next++) {
      sum.coef = field_add(sum.coef, w->list.at[next].t.coef);
      sum.number += w->list.at[next].t.number;
    }
    uint32_t atom = sum.given_atom;
    if (!sum.coef || !atom || w->m.atoms.at[atom].kind != SYM_VAR) continue;
    for (uint32_t k = 0; k < w->e->equations.n; k++) {
      const Equation *q = &w->e->equations.at[k];
      Flow s = {.from = FROM_EQUATION, .at = q->at, .x = q->lhs};
      VEC_PUSH(w->mem, w->sources, s);
      if (!q->dropped && q->sense == C_EQ && defines(w, q, 0, atom, sum, w->sources.n - 1)) break;
    }
  }
}

/* ---- one node after the other ---- */
static int by_price(void *ctx, const Expr *ref) { return economy_at(ctx, ref->sym)->kind == SYM_PRICE; }

const Constraint *money_outside_budgets(Economy *e) {
  for (uint32_t i = 0; i < e->agents.n; i++)
    for (uint32_t j = 0; j < e->agents.at[i].constraints.n && !e->agents.at[i].gone; j++) {
      const Constraint *c = &e->agents.at[i].constraints.at[j];
      if (!c->dropped && !c->is_budget && c->sense == C_EQ && (ex_depends(c->lhs, by_price, e) || ex_depends(c->rhs, by_price, e))) return c;
    }
  return NULL;
}

/* Are amounts without a price counted in something? In the numeraire good, or, where nobody fixed prices, in what they are quoted in. */
static int has_balance(const Economy *e) {
  int said = 0;
  for (uint32_t i = 0; i < e->goods.n; i++)
    if (e->goods.at[i].numeraire) return 1;
  for (uint32_t i = 0; i < e->normalisations.n; i++) said |= !e->normalisations.at[i].derived && !e->normalisations.at[i].dropped;
  return !said;
}

static int examine(Walras *w, int generic, uint32_t sample) {
  Economy *e = w->e;
  if (monomials_open(&w->m, e, w->v, w->mem, generic, sample)) return 1;
  w->leaks.n = w->payoffs.n = 0;
  w->delivers = NULL;
  w->ndelivers = w->nbent = 0;
  for (uint32_t i = 0; i < e->time.n; i++) {
    w->node = e->time.node[i].elem;
    w->list.n = w->m.prices.n = w->m.totals.n = 0;
    w->m.stamp++;
    add_agents(w, i == 0);
    activities_add(w);
    add_markets(w);
    take_out_claims(w);
    take_out_variables(w);
    unpaid_note(w);
    sort_list(w);
    leaks_find(w);
    if (arena_failed(w->mem)) return 1;
  }
  unpaid_find(w);
  return arena_failed(w->mem);
}

static int is_large(Walras *w) {
  for (uint32_t i = 0; i < w->e->agents.n; i++)
    if (monomials_types(&w->m, &w->e->agents.at[i]) > MANY_TYPES) return 1;
  return 0;
}

/* Prices that a question fixes, types it leaves out, markets it drops: the file's own economy is what is checked. */
static int is_whole(const Economy *e, const Question *q) {
  for (uint32_t i = 0; q && i < q->without.n; i++)
    if (economy_at(e, q->without.at[i])->kind == SYM_MARKET) return 0;
  return !q || (!q->fix.n && !q->has_of);
}

/* With parameters as symbols and a few types of large classes; where that does not add up, by the numbers. */
static int identity(Walras *w) {
  memset(w->differs, 0, w->e->markets.n);
  if (examine(w, 1, SAMPLE)) return 1;
  if (!w->leaks.n) return 0;
  return examine(w, 0, is_large(w) ? SAMPLE : 0);
}

int pass_walras(Economy *e, const Question *q, const Values *v) {
  if (!v || !is_whole(e, q) || !e->time.n) return 0;
  Walras w = {.e = e, .v = v, .mem = arena_new(NULL), .dated = e->time.declared, .balance = has_balance(e)};
  int failed = !w.mem || sources_of(&w) || !(w.cone = ARENA_ARRAY(w.mem, uint8_t, e->agents.n + 1));
  if (!failed) {
    w.differs = ARENA_ARRAY(w.mem, uint8_t, e->markets.n + 1);
    failed = !w.differs || activities_open(&w) || identity(&w);
    uint32_t fewest = w.leaks.n, best = 0;
    for (uint32_t k = 0; !failed && w.leaks.n && activities_try(&w, k); k++) {
      failed = identity(&w);
      if (w.leaks.n < fewest || k == 0) {
        fewest = w.leaks.n;
        best = k;
      }
    }
    if (!failed && w.leaks.n && w.activities.n) {         /* the words are about the likeliest reading */
      activities_try(&w, best);
      failed = identity(&w);
    }
    if (!failed && !w.leaks.n && !is_large(&w)) earnings_find(&w);
    if (!failed) sides_find(&w);
    if (!failed) leaks_say(&w);
  }
  arena_free(w.mem);
  return failed;
}
