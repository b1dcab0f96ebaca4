/* implied.c: the numeraire's markets. Where budgets have terms without any price, those terms clear as well once everything priced
 * does: summed over all classes by mass, what budgets spend without a price is zero (Walras' law). These markets set no price; the
 * certificate checks them and `explain` shows them. They are sums of budgets as written, so they are stated where every priced
 * market is itself what the budgets trade, or where a good is marked as the numeraire and budgets carry no amounts made elsewhere. Claims of earlier nodes, cleared there, are left out. */
#include "markets.h"

typedef struct { const Agent *a; const Expr *body; SignedTerms term; } ClassBody;
typedef struct { const Agent *a; const Expr *term, *ref, *coef; uint32_t at /* in the class's terms */; } ClaimTerm;
typedef struct { Economy *e; const Expr *ref; uint32_t n; } OneRef;

static int is_price(void *ctx, const Expr *ref) { return economy_at(ctx, ref->sym)->kind == SYM_PRICE; }
static int is_choice(void *ctx, const Expr *ref) { return economy_at(ctx, ref->sym)->kind == SYM_CHOICE; }
static int is_quantity(void *ctx, const Expr *ref) { return is_choice(ctx, ref) || economy_at(ctx, ref->sym)->kind == SYM_VAR; }

static int is_money(void *ctx, const Expr *ref) { SymKind k = economy_at(ctx, ref->sym)->kind; return k == SYM_VAR || k == SYM_VALUE; }

/* A variable or a profit in a budget is an amount of money made elsewhere, whose priced part the budgets do not show. */
static int money_in_budgets(Economy *e) {
  for (uint32_t i = 0; i < e->agents.n; i++)
    for (uint32_t j = 0; j < e->agents.at[i].constraints.n; j++) {
      const Constraint *c = &e->agents.at[i].constraints.at[j];
      if (c->is_budget && !c->dropped && (ex_depends(c->lhs, is_money, e) || ex_depends(c->rhs, is_money, e))) return 1;
    }
  return 0;
}

/* Every price that there is must be cleared by what the budgets trade, or by a written body where a good is the numeraire and budgets
 * trade nothing but goods and claims; firms only where there is one node. */
static int applies(Economy *e) {
  int written = 0, numeraire = 0;
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    if (!m->price || economy_at(e, m->price)->dropped) continue;
    if (m->dropped) return 0;
    written |= m->from != MARKET_DERIVED;
  }
  for (uint32_t i = 0; i < e->agents.n; i++)
    if (e->agents.at[i].is_firm && ((e->time.n > 1 && economy_profit(e, &e->agents.at[i])) || written)) return 0;
  for (uint32_t i = 0; i < e->goods.n; i++) numeraire |= e->goods.at[i].numeraire;
  return e->markets.n > 0 && (!written || (numeraire && !money_in_budgets(e)));
}

/* One class's budgets without their prices, at the node that `node` stands for (0: budgets without a node). */
static const Expr *class_body(Economy *e, const Agent *a, IdxId node, int *priced) {
  const Expr *sum = ex_num(e->mem, a->at, 0);
  for (uint32_t i = 0; i < a->constraints.n; i++) {
    const Constraint *c = &a->constraints.at[i];
    if (!c->is_budget || c->dropped || (c->node != 0) != (node != 0)) continue;
    Constraint rest = *c;
    Ix to = ix_bound(node);
    *priced |= ex_depends(c->lhs, is_price, e) || ex_depends(c->rhs, is_price, e);
    rest.lhs = price_free(e, c->lhs);
    rest.rhs = price_free(e, c->rhs);
    rest.binds = ARENA_ARRAY(e->mem, IdxId, c->nbinds + 1);
    rest.nbinds = 0;
    if (!rest.binds) return sum;
    for (uint32_t j = 0; j < c->nbinds; j++)
      if (c->binds[j] != c->node) rest.binds[rest.nbinds++] = c->binds[j];
    const Expr *x = constraint_total(e, &rest);
    if (c->node) {
      int in = ix_within(e, to, e->idxs.at[c->node].set);
      x = in ? ex_subst(e->mem, x, &c->node, &to, 1) : ex_num(e->mem, c->at, 0);
      const Expr *guard = ex_in(e->mem, c->at, to, e->idxs.at[c->node].set);
      if (in < 0) x = ex_node(e->mem, c->at, E_IF, (const Expr *const[]){guard, x, ex_num(e->mem, c->at, 0)}, 3);
    }
    sum = ex_add2(e->mem, c->at, sum, x);
  }
  const Sym *v = economy_profit(e, a);
  return v && v->def && (node != 0) == (e->node_set != 0) ? ex_sub(e->mem, a->at, sum, price_free(e, v->def)) : sum;
}

/* ---- claims that an earlier market cleared ---- */
static void one_ref(void *ctx, const Expr *x) {
  OneRef *o = ctx;
  if (x->kind == E_REF && is_quantity(o->e, x)) {
    o->ref = x;
    o->n++;
  }
}

/* coefficient times one choice at another node than the market's, perhaps under a condition. */
static int claim_term(Economy *e, const Agent *a, SignedTerm t, IdxId node, ClaimTerm *out) {
  OneRef o = {.e = e};
  const Expr *body = t.x->kind == E_IF ? t.x->kid[1] : t.x, *coef = ex_num(e->mem, t.x->at, t.negative ? -1 : 1);
  ex_walk(t.x, one_ref, &o);
  if (o.n != 1 || !is_choice(e, o.ref)) return 0;
  const Sym *s = economy_at(e, o.ref->sym);
  if (s->node_dim < 0 || (uint32_t)s->node_dim >= o.ref->nix || ix_equal(o.ref->ix[s->node_dim], ix_bound(node))) return 0;
  int found = body == o.ref;
  for (uint32_t i = 0; body->kind == E_MUL && i < body->nkid; i++) {
    if (body->kid[i] == o.ref) found = 1;
    else coef = ex_mul2(e->mem, t.x->at, coef, body->kid[i]);
  }
  if (body != t.x) coef = ex_node(e->mem, t.x->at, E_IF, (const Expr *const[]){t.x->kid[0], coef, ex_num(e->mem, t.x->at, 0)}, 3);
  for (uint32_t i = 0; i < a->nidx; i++)
    if (ex_mentions(coef, a->idx[i])) return 0;
  *out = (ClaimTerm){a, t.x, o.ref, coef, 0};
  return found;
}

/* The sign with which a choice stands in a claims market (+1 demand, -1 supply); 0: not there as it is. */
static double side(const Expr *x, SymId choice, double sign) {
  double s = 0;
  if (x->kind == E_REF) return x->sym == choice ? sign : 0;
  if (x->kind != E_ADD && x->kind != E_NEG && x->kind != E_TOTAL && x->kind != E_IF) return 0;
  for (uint32_t i = x->kind == E_IF; i < x->nkid && s == 0; i++) s = side(x->kid[i], choice, x->kind == E_NEG ? -sign : sign);
  return s;
}
static double market_side(const Market *m, SymId choice) {
  double s = side(m->demand, choice, 1);
  return s != 0 ? s : side(m->supply, choice, -1);
}
static void count_choices(void *ctx, const Expr *x) {
  OneRef *o = ctx;
  if (x->kind == E_REF && is_choice(o->e, x)) o->n++;
}

/* All choices of the market appear once each, at one node, with one coefficient: their total is zero. */
static int cleared(Economy *e, const Market *m, const ClaimTerm *t, uint32_t n, uint8_t *drop) {
  OneRef all = {.e = e};
  const ClaimTerm *first = NULL;
  double first_side = 0;
  uint32_t found = 0;
  ex_walk(m->demand, count_choices, &all);
  ex_walk(m->supply, count_choices, &all);
  for (uint32_t i = 0; i < n; i++) {
    double s = market_side(m, t[i].ref->sym);
    if (s == 0) continue;
    int dim = economy_at(e, t[i].ref->sym)->node_dim;
    if (!first) {
      first = &t[i];
      first_side = s;
    }
    const Expr *coef = s == first_side ? t[i].coef : ex_neg(e->mem, 0, t[i].coef);
    if (!ex_equal(coef, first->coef) || !ix_equal(t[i].ref->ix[dim], first->ref->ix[economy_at(e, first->ref->sym)->node_dim])) return 0;
    found++;
  }
  if (!found || found != all.n) return 0;
  for (uint32_t i = 0; i < n; i++) drop[i] |= market_side(m, t[i].ref->sym) != 0;
  return 1;
}

static void remove_claims(Economy *e, ClassBody *body, uint32_t n, IdxId node) {
  VEC(ClaimTerm) list = {0};
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t j = 0; j < body[i].term.n; j++) {
      ClaimTerm t;
      if (!claim_term(e, body[i].a, body[i].term.at[j], node, &t)) continue;
      t.at = j;
      VEC_PUSH(e->mem, list, t);
    }
  uint8_t *drop = ARENA_ARRAY(e->mem, uint8_t, list.n + 1);
  if (!drop) return;
  for (uint32_t i = 0; i < e->markets.n; i++)
    if (e->markets.at[i].claim && !e->markets.at[i].dropped) cleared(e, &e->markets.at[i], list.at, list.n, drop);
  for (uint32_t k = 0; k < list.n; k++) {
    if (!drop[k]) continue;
    for (uint32_t i = 0; i < n; i++)
      if (body[i].a == list.at[k].a) body[i].term.at[list.at[k].at].x = NULL;
  }
}

/* ---- the market ---- */
static void set_sides(Economy *e, Market *m, const ClassBody *body, uint32_t n) {
  m->demand = m->supply = ex_num(e->mem, m->at, 0);
  for (uint32_t i = 0; i < n; i++) {
    const SignedTerms *t = &body[i].term;
    const Expr **side_of[2] = {ARENA_ARRAY(e->mem, const Expr *, t->n + 1), ARENA_ARRAY(e->mem, const Expr *, t->n + 1)};
    uint32_t count[2] = {0, 0};
    if (!side_of[0] || !side_of[1]) return;
    for (uint32_t j = 0; j < t->n; j++)
      if (t->at[j].x) side_of[t->at[j].negative][count[t->at[j].negative]++] = t->at[j].x;
    m->demand = ex_add2(e->mem, m->at, m->demand, class_total(e, body[i].a, ex_add(e->mem, m->at, side_of[0], count[0]), m->at));
    m->supply = ex_add2(e->mem, m->at, m->supply, class_total(e, body[i].a, ex_add(e->mem, m->at, side_of[1], count[1]), m->at));
  }
}

static SymId traded_nodes(Economy *e, const Market *m, IdxId node) {
  Bindings b = bindings_new(e);
  const Set *all = economy_set(e, e->node_set);
  uint32_t n = 0;
  Elem *keep = all ? ARENA_ARRAY(e->mem, Elem, set_size(all) + 1) : NULL;
  if (!b.env || !keep) return 0;
  for (uint32_t i = 0; i < set_size(all); i++) {
    b.env[node] = set_elem(all, i);
    if (bindings_occurs(&b, m->demand, is_quantity, e) || bindings_occurs(&b, m->supply, is_quantity, e)) keep[n++] = set_elem(all, i);
  }
  if (n == set_size(all)) return e->node_set;
  return n ? economy_add_set(e, str_of(e->cc->strs, "numeraire_nodes"), keep, n, 0) : 0;
}

static Str numeraire_name(const Economy *e) {
  for (uint32_t i = 0; i < e->goods.n; i++)
    if (e->goods.at[i].numeraire) return e->goods.at[i].elem;
  return str_of(e->cc->strs, "numeraire");
}

static void imply(Economy *e, int dated) {
  Market m = {.from = MARKET_IMPLIED, .good = numeraire_name(e)};
  IdxId node = dated ? economy_idx(e, str_of(e->cc->strs, "n"), e->node_set) : 0;
  ClassBody *body = ARENA_ARRAY(e->mem, ClassBody, e->agents.n + 1);
  int priced = 0, quantities = 0;
  if (!body) return;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    body[i] = (ClassBody){.a = &e->agents.at[i], .body = ex_num(e->mem, 0, 0)};
    if (!e->agents.at[i].gone) body[i].body = class_body(e, body[i].a, node, &priced);
    signed_terms(e, body[i].body, &body[i].term);
    quantities |= ex_depends(body[i].body, is_quantity, e);
    if (!m.at && !ex_is_num(body[i].body, 0)) m.at = body[i].body->at;
  }
  if (!priced || !quantities) return;
  remove_claims(e, body, e->agents.n, node);
  m.at = origin_new(e->cc->diags, origin_span(e->cc->diags, m.at), BY_MARKET, m.at);
  set_sides(e, &m, body, e->agents.n);
  if (dated) {
    m.binds = ARENA_ARRAY(e->mem, IdxId, 1);
    SymId nodes = traded_nodes(e, &m, node);
    if (!m.binds || !nodes) return;
    e->idxs.at[node].set = nodes;
    m.binds[m.nbinds++] = node;
  } else if (!ex_depends(m.demand, is_quantity, e) && !ex_depends(m.supply, is_quantity, e)) {
    return;
  }
  m.sym = economy_sym(e, m.good, SYM_MARKET, m.at);
  VEC_PUSH(e->mem, e->markets, m);
}

void markets_implied(Economy *e) {
  if (!applies(e)) return;
  imply(e, 0);
  imply(e, 1);
}
