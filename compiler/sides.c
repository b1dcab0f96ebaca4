/* sides.c: who comes to a derived market, and what becomes of what is traded there. A term of a budget or of a firm's profit with a price
 * in it buys or sells at that price by the sign of what multiplies it, which the bounds of its unknowns decide (probe.h); the terms
 * are looked at as they are written, at every index, the node left out.
 *
 * A market needs buyers and sellers. Firms are neither where what they buy goes only into what nobody buys, or what they sell is only
 * made of what nobody sells: a market is *wanted* if a consumer buys there, or a firm that sells something wanted; *offered* likewise. What
 * a single choice both buys and sells (a carrier between two places) passes from the one to the other; else any input may make any
 * output. Amounts without a price, and what is traded in written markets, are wanted and offered. */
#include "probe.h"
#include <stdlib.h>
#include <string.h>

enum { FACTORS = 24, MANY_TRADES = 1 << 18, MANY_TERMS = 512, NO_SIDE = UINT32_MAX };
typedef struct { uint32_t trader, side /* NO_SIDE: wanted and offered */; uint64_t by /* the choice that trades, 0: not one alone */; uint8_t buys, sells, final; } Trade;
typedef struct {
  Walras *w; struct Probe *probe;
  VEC(Trade) trades;
  uint32_t *of_atom, natom;                             /* side + 1 by price atom; 0: not known yet, NO_SIDE: none */
  uint8_t *bent;                                        /* by symbol: a price that enters some term otherwise than as a factor */
  const Agent *a; uint32_t trader; int final;
  const Expr *factor[FACTORS]; uint32_t nfactor;
} Sides;

static int by_price(void *ctx, const Expr *ref) { return economy_at(ctx, ref->sym)->kind == SYM_PRICE; }

/* ---- sides ---- */
static const Market *market_of(const Walras *w, SymId price, const Elem *ix, uint32_t n) {
  Elem *env = w->m.eval.env;
  for (uint32_t i = 0; i < w->e->markets.n; i++) {
    const Market *m = &w->e->markets.at[i];
    int fits = !m->dropped && m->price == price && m->nbinds == n;
    for (uint32_t k = 0; fits && k < n; k++) {
      const Set *s = economy_set(w->e, w->e->idxs.at[m->binds[k]].set);
      fits = s && set_pos(s, ix[k]) != UINT32_MAX;
    }
    if (!fits) continue;
    for (uint32_t k = 0; k < n; k++) env[m->binds[k]] = ix[k];
    fits = eval_cond((Eval *)(uintptr_t)&w->m.eval, m->cond);
    for (uint32_t k = 0; k < n; k++) env[m->binds[k]] = ELEM_NONE;
    if (fits) return m;
  }
  return NULL;
}

static uint32_t side_of(Sides *s, const Expr *ref) {
  Walras *w = s->w;
  Elem ix[32];
  const Sym *p = economy_at(w->e, ref->sym);
  if (ref->nix > 32) return NO_SIDE;
  for (uint32_t i = 0; i < ref->nix; i++)
    if ((ix[i] = eval_ix(&w->m.eval, ref->ix[i])) == ELEM_NONE) return NO_SIDE;
  uint32_t atom = monomials_atom(&w->m, ref->sym, ix, ref->nix).given_atom;
  if (!atom) return NO_SIDE;
  if (atom >= s->natom) {
    uint32_t size = atom * 2 + 64, *more = ARENA_ARRAY(w->mem, uint32_t, size);
    if (!more) return NO_SIDE;
    if (s->natom) memcpy(more, s->of_atom, s->natom * sizeof *more);
    s->of_atom = more;
    s->natom = size;
  }
  if (s->of_atom[atom]) return s->of_atom[atom] == NO_SIDE ? NO_SIDE : s->of_atom[atom] - 1;
  const Market *m = market_of(w, ref->sym, ix, ref->nix);
  s->of_atom[atom] = NO_SIDE;
  if (!m || m->from != MARKET_DERIVED || m->equality) return NO_SIDE;
  uint64_t key = field_hash(w->m.seed, (uint64_t)(m - w->e->markets.at));
  uint32_t k = 0;
  for (uint32_t i = 0; i < ref->nix; i++)
    if ((int)i != p->node_dim) key = field_hash(key, ix[i]);
  while (k < w->sides.n && w->sides.at[k].key != key) k++;
  if (k == w->sides.n) VEC_PUSH(w->mem, w->sides, (Side){.m = m, .key = key, .price = atom});
  if (arena_failed(w->mem)) return NO_SIDE;
  return s->of_atom[atom] = k + 1, k;
}

/* ---- trades ---- */
typedef struct { Sides *s; uint64_t by; int several; } Own;
static void own_choice(void *ctx, const Expr *x) {
  Own *o = ctx;
  const Sym *y = x->kind == E_REF ? economy_at(o->s->w->e, x->sym) : NULL;
  if (!y || y->kind != SYM_CHOICE || y->owner != o->s->a->sym) return;
  uint64_t h = field_hash(7, x->sym);
  for (uint32_t i = 0; i < x->nix; i++)
    if ((int)i != y->node_dim) h = field_hash(h, eval_ix(&o->s->w->m.eval, x->ix[i]));
  o->several |= o->by && o->by != h;
  o->by = h;
}

/* The factors gathered, times x where there is one, bought or sold at a price, or without one. */
static void note(Sides *s, const Expr *price, const Expr *x, int received) {
  Own own = {s, 0, 0};
  if (s->nfactor == FACTORS || s->trades.n >= MANY_TRADES) return;
  uint32_t n = s->nfactor, side = price ? side_of(s, price) : NO_SIDE;
  if (side == NO_SIDE && s->final) return;
  if (x) s->factor[n++] = x;
  int sign = probe_sign(s->probe, s->factor, n);
  if (!sign) return;
  for (uint32_t i = 0; i < n; i++) ex_walk(s->factor[i], own_choice, &own);
  int plus = (sign & PROBE_POS) != 0, minus = (sign & PROBE_NEG) != 0;
  Trade t = {s->trader, side, own.several ? 0 : own.by, (uint8_t)(received ? minus : plus), (uint8_t)(received ? plus : minus), (uint8_t)s->final};
  VEC_PUSH(s->w->mem, s->trades, t);
}

static void bend(void *ctx, const Expr *x) {
  Sides *s = ctx;
  if (x->kind == E_REF && by_price(s->w->e, x)) s->bent[x->sym] = 1;
}

static void walk(Sides *s, const Expr *x, int received);

static void walk_with(Sides *s, const Expr *const *factor, uint32_t n, uint32_t but, const Expr *x, int received) {
  uint32_t kept = s->nfactor;
  if (s->nfactor + n > FACTORS) {
    ex_walk(x, bend, s);
    return;
  }
  for (uint32_t i = 0; i < n; i++)
    if (i != but) s->factor[s->nfactor++] = factor[i];
  walk(s, x, received);
  s->nfactor = kept;
}

static void walk_total(Sides *s, const Expr *x, int received) {
  Walras *w = s->w;
  const Agent *a = economy_agent(w->e, x->sym);
  Elem old[32];
  if (!a || a->nidx != x->nbinds || a->nidx > 32) return;
  for (uint32_t i = 0; i < a->nidx; i++) old[i] = w->m.eval.env[x->binds[i]];
  for (uint32_t k = 0, n = monomials_types(&w->m, a); k < n; k++) {
    monomials_type(&w->m, a, x->binds, k);
    walk(s, x->kid[0], received);
  }
  for (uint32_t i = 0; i < a->nidx; i++) w->m.eval.env[x->binds[i]] = old[i];
}

static void walk_sum(Sides *s, const Expr *x, int received) {
  Walras *w = s->w;
  const Set *set = economy_set(w->e, x->dom.set);
  Elem *env = w->m.eval.env, old = env[x->bind], prev = x->dom.succ ? eval_ix(&w->m.eval, x->dom.prev) : ELEM_NONE;
  if (!set || (x->dom.succ && prev == ELEM_NONE)) return;
  for (uint32_t i = 0, n = set_size(set); i < n; i++) {
    Elem j = set_elem(set, i);
    if (x->dom.succ && economy_prev(w->e, j) != prev) continue;
    env[x->bind] = j;
    if (x->nkid < 2 || eval_cond(&w->m.eval, x->kid[1])) walk(s, x->kid[0], received);
  }
  env[x->bind] = old;
}

static void walk(Sides *s, const Expr *x, int received) {
  Economy *e = s->w->e;
  if (!ex_depends(x, by_price, e)) {
    note(s, NULL, x, received);
    return;
  }
  switch (x->kind) {
  case E_ADD:
    for (uint32_t i = 0; i < x->nkid; i++) walk(s, x->kid[i], received);
    return;
  case E_NEG: walk(s, x->kid[0], !received); return;
  case E_GIVEN: walk(s, x->kid[0], received); return;
  case E_IF: walk(s, x->kid[eval_cond(&s->w->m.eval, x->kid[0]) ? 1 : 2], received); return;
  case E_SUM: walk_sum(s, x, received); return;
  case E_TOTAL: walk_total(s, x, received); return;
  case E_REF: note(s, x, NULL, received); return;
  case E_MUL:
    for (uint32_t i = 0; i < x->nkid; i++)
      if (ex_depends(x->kid[i], by_price, e)) walk_with(s, x->kid, x->nkid, i, x->kid[i], received);
    return;
  case E_DIV:
    if (!ex_depends(x->kid[1], by_price, e)) {
      walk_with(s, &x->kid[1], 1, 1, x->kid[0], received);
      return;
    }
    break;
  default: break;
  }
  ex_walk(x, bend, s);
}

static void walk_family(Sides *s, const Constraint *c, uint32_t dim) {
  Elem *env = s->w->m.eval.env;
  if (dim == c->nbinds) {
    if (!eval_cond(&s->w->m.eval, c->cond)) return;
    walk(s, c->lhs, 0);
    walk(s, c->rhs, 1);
    return;
  }
  const Set *set = economy_set(s->w->e, s->w->e->idxs.at[c->binds[dim]].set);
  for (uint32_t i = 0; set && i < set_size(set); i++) {
    env[c->binds[dim]] = set_elem(set, i);
    walk_family(s, c, dim + 1);
  }
  env[c->binds[dim]] = ELEM_NONE;
}

static void find_trades(Sides *s) {
  Walras *w = s->w;
  for (uint32_t i = 0; i < w->e->agents.n; i++) {
    const Agent *a = &w->e->agents.at[i];
    const Sym *v = economy_profit(w->e, a);
    s->a = a;
    s->final = !v;
    for (uint32_t k = 0, n = monomials_types(&w->m, a); k < n && !a->gone; k++, s->trader++) {
      monomials_type(&w->m, a, a->idx, k);
      for (uint32_t j = 0; j < a->constraints.n; j++)
        if (a->constraints.at[j].is_budget && !a->constraints.at[j].dropped) walk_family(s, &a->constraints.at[j], 0);
      if (!v || !v->def) continue;
      if (v->idx) monomials_type(&w->m, a, v->idx, k);
      walk(s, v->def, 1);
    }
    for (uint32_t k = 0; k < a->nidx; k++) w->m.eval.env[a->idx[k]] = ELEM_NONE;
  }
}

/* ---- what is passed on ---- */
static int by_trader(const void *x, const void *y) {
  const Trade *a = x, *b = y;
  if (a->trader != b->trader) return a->trader < b->trader ? -1 : 1;
  if (a->by != b->by) return a->by < b->by ? -1 : 1;
  return a->side < b->side ? -1 : a->side > b->side;
}

/* Whether a firm has a use for what trade t buys (or a source of what it sells), among its trades at[0 .. n). */
static int goes_on(const Walras *w, const Trade *at, uint32_t n, const Trade *t, int buys) {
  int any = 0, found = 0;
  if (t->final) return 1;
  /* First what the same choice does in other markets, then without a price; then what all the firm's choices do. */
  for (int pass = t->by ? 0 : 2; pass < 3 && !any; pass++)
    for (uint32_t i = 0; i < n; i++) {
      const Trade *u = &at[i];
      if (!(buys ? u->sells : u->buys) || (pass < 2 && (u->by != t->by || u == t || (u->side == NO_SIDE) != pass))) continue;
      any = 1;
      found |= u->side == NO_SIDE || (buys ? w->sides.at[u->side].wanted : w->sides.at[u->side].offered);
    }
  return found || (!buys && !any);                      /* made of nothing that is bought */
}

static void pass_on(Sides *s) {
  Walras *w = s->w;
  if (s->trades.n) qsort(s->trades.at, s->trades.n, sizeof *s->trades.at, by_trader);
  for (int moved = 1; moved;) {
    moved = 0;
    for (uint32_t i = 0, end; i < s->trades.n; i = end) {
      for (end = i + 1; end < s->trades.n && s->trades.at[end].trader == s->trades.at[i].trader;) end++;
      for (uint32_t k = i; k < end; k++) {
        const Trade *t = &s->trades.at[k];
        Side *side = t->side == NO_SIDE ? NULL : &w->sides.at[t->side];
        if (!side) continue;
        if (t->buys && !side->wanted && goes_on(w, s->trades.at + i, end - i, t, 1)) side->wanted = moved = 1;
        if (t->sells && !side->offered && goes_on(w, s->trades.at + i, end - i, t, 0)) side->offered = moved = 1;
      }
    }
  }
}

/* What the terms of the market come to where like ones are collected: a tax and what is left of the wage are the wage. */
static void collected(Walras *w, Side *side) {
  const Atom *p = &w->m.atoms.at[side->price];
  Range r = w->of_market[side->m - w->e->markets.at];
  Terms all = {0};
  int bought = 0, sold = 0;
  for (uint32_t k = 0; k < p->nix; k++) w->m.eval.env[side->m->binds[k]] = p->ix[k];
  for (uint32_t i = r.first; i < r.first + r.n; i++) {
    Terms t = {0};
    monomials_of(&w->m, w->sources.at[i].x, &t);
    if (!t.n) *(w->sources.at[i].negative ? &sold : &bought) = 1;           /* nothing by the data */
    for (uint32_t k = 0; k < t.n; k++) {
      if (!t.at[k].own && !t.at[k].given) *(w->sources.at[i].negative ? &sold : &bought) = 1;
      Term x = w->sources.at[i].negative ? term_negative(t.at[k]) : t.at[k];
      uint32_t j = 0;
      while (j < all.n && !(all.at[j].own == x.own && all.at[j].given == x.given)) j++;
      if (j < all.n) all.at[j].coef = field_add(all.at[j].coef, x.coef), all.at[j].number += x.number, all.at[j].flags |= x.flags;
      else VEC_PUSH(w->mem, all, x);
      if (all.n > MANY_TERMS) bought = sold = 1, i = r.first + r.n, k = t.n;
    }
  }
  for (uint32_t k = 0; k < p->nix; k++) w->m.eval.env[side->m->binds[k]] = ELEM_NONE;
  for (uint32_t i = 0; i < all.n; i++) {
    const Term *t = &all.at[i];
    const Sym *s = t->atom ? economy_at(w->e, w->m.atoms.at[t->atom].sym) : NULL;
    int plain = !t->given && (!t->own || (s && s->kind == SYM_CHOICE && s->lower && s->lower->kind == E_NUM && s->lower->num >= 0));
    if (!t->coef || (!t->own && !t->given)) continue;
    bought |= !plain || !(t->number < 0);
    sold |= !plain || !(t->number > 0);
  }
  side->bought &= bought;
  side->sold &= sold;
}

void sides_find(Walras *w) {
  Sides s = {.w = w, .probe = probe_new(w), .bent = ARENA_ARRAY(w->mem, uint8_t, w->e->syms.n + 1)};
  w->sides.n = 0;
  if (!s.probe || !s.bent) return;
  find_trades(&s);
  for (uint32_t i = 0; i < s.trades.n; i++) {
    const Trade *t = &s.trades.at[i];
    if (t->side == NO_SIDE) continue;
    w->sides.at[t->side].bought |= t->buys;
    w->sides.at[t->side].sold |= t->sells;
  }
  if (s.trades.n < MANY_TRADES) pass_on(&s);
  for (uint32_t i = 0; i < w->sides.n; i++) {
    Side *side = &w->sides.at[i];
    collected(w, side);
    if (s.trades.n >= MANY_TRADES) side->wanted = side->offered = 1;
    if (s.bent[side->m->price] || s.trades.n >= MANY_TRADES) side->bought = side->sold = side->wanted = side->offered = 1;
  }
}
