/* pecuniary.c: the effects of later prices at a solution, wedges, and both in words. See pecuniary.h. */
#include "pecuniary.h"
#include "kkt.h"
#include "pass.h"
#include "statistic.h"
#include "tangent.h"
#include "values.h"
#include <math.h>
#include <string.h>

static const char *name_of(const Economy *e, SymId s) { return str_text(e->cc->strs, economy_at(e, s)->name); }

/* ---- types ------------------------------------------------------------------------------------------------------------------------- */

typedef void (*EachType)(void *ctx, const Elem *type, double mass);

static void each_type(Result *r, const Agent *a, EachType f, void *ctx) {
  size_t types;
  const double *mass;
  const uint32_t *lane = lowered_lanes(r->lowered, a->sym, &types, &mass);
  Elem type[RESULT_DIMS];
  if (a->nidx > RESULT_DIMS) return;
  for (size_t k = 0; lane && k < types; k++) {
    size_t pos = k;
    if (lane[k] == NO_INDEX) continue;
    for (uint32_t d = a->nidx; d-- > 0;) {
      const Set *s = economy_set(r->economy, a->set[d]);
      type[d] = set_elem(s, (uint32_t)(pos % set_size(s)));
      pos /= set_size(s);
    }
    f(ctx, type, mass ? mass[lane[k]] : 1);
  }
}

/* ---- expressions -------------------------------------------------------------------------------------------------------------------- */

/* The marginal value of ex-ante money of a class, in its type variables: the multiplier of its budget at the root times its weight, or what
 * an optimum gives it; NULL where it has none. */
static const Expr *pecuniary_money(Result *r, const Pecuniary *p, uint32_t agent) {
  Economy *e = r->economy;
  const Agent *a = &e->agents.at[agent];
  if (a->money) return a->money;
  for (uint32_t i = 0; i < p->b->constraints.n; i++) {
    const BearingConstraint *k = &p->b->constraints.at[i];
    if (k->agent != agent || !k->ex_ante_budget) continue;
    const Constraint *c = &a->constraints.at[k->constraint];
    if (c->nbinds > (c->node ? 1u : 0u) || !c->weight) continue;
    const Expr *l = ex_mul2(e->mem, c->at, c->weight, kkt_multiplier(e, a, c));
    Ix root = ix_elem(e->time.node[0].elem);
    return c->node ? ex_subst(e->mem, l, &c->node, &root, 1) : l;
  }
  return NULL;
}

/* weight * multiplier * body at the node of the instance, over its other binders, in ex-ante money. body is in the constraint's binders. */
static const Expr *valued(Economy *e, const Agent *a, const BearingConstraint *k, const Expr *money, const Expr *body) {
  const Constraint *c = &a->constraints.at[k->constraint];
  const Expr *const factor[] = {c->weight, kkt_multiplier(e, a, c), body};
  const Expr *x = ex_mul(e->mem, c->at, factor, 3), *cond = c->cond;
  for (uint32_t i = c->nbinds; i-- > 0;) {
    if (c->binds[i] == c->node) continue;
    x = ex_sum(e->mem, c->at, c->binds[i], (Domain){.set = e->idxs.at[c->binds[i]].set}, x, cond);
    cond = NULL;
  }
  if (cond) x = ex_node(e->mem, c->at, E_IF, (const Expr *const[]){cond, x, ex_num(e->mem, c->at, 0)}, 3);
  if (c->node) {
    Ix here = ix_elem(e->time.node[k->node].elem);
    x = ex_subst(e->mem, x, &c->node, &here, 1);
  }
  return ex_div(e->mem, c->at, x, money);
}

/* ---- effects ------------------------------------------------------------------------------------------------------------------------- */

typedef struct { Result *r; const Agent *a; const Expr *x; double sum, size; int missing; } Adding;

static void add_type(void *ctx, const Elem *type, double mass) {
  Adding *w = ctx;
  Number v = result_formula(w->r, w->x, w->a->idx, type, w->a->nidx);
  if (!v.known || !isfinite(v.value)) w->missing = 1;
  w->sum += mass * v.value;
  w->size += fabs(mass * v.value);
}

static void refuse(Pecuniary *p, Arena *mem, const char *who, const char *what) {
  Text t = {0};
  text_printf(&t, "%s %s", who, what);
  p->why = t.failed ? "memory was exhausted" : arena_text(mem, t.at, t.n);
  text_free(&t);
}

static void add_effects(Result *r, Pecuniary *p, const BearingConstraint *k, double *size) {
  Economy *e = r->economy;
  const Agent *a = &e->agents.at[k->agent];
  const Constraint *c = &a->constraints.at[k->constraint];
  const Expr *money = pecuniary_money(r, p, k->agent), *g = kkt_residual(e, c);
  if (!money || !c->weight) {
    refuse(p, e->mem, name_of(e, a->sym), "has no budget at the root in whose money this could be said");
    return;
  }
  for (uint32_t i = 0; i < p->at.n; i++) {
    PriceEffect *f = &p->at.at[i];
    Ix at[RESULT_DIMS];
    for (uint32_t d = 0; d < f->n; d++) at[d] = ix_elem(f->ix[d]);
    Ix here = ix_elem(k->node == BEARING_NONE ? ELEM_NONE : e->time.node[k->node].elem);
    const Expr *fixed = c->node ? ex_subst(e->mem, g, &c->node, &here, 1) : g, *slope = expr_diff(e, fixed, f->price, at, f->n);
    if (ex_is_num(slope, 0)) continue;
    Adding w = {r, a, valued(e, a, k, money, slope), 0, 0, 0};
    each_type(r, a, add_type, &w);
    if (w.missing) refuse(p, e->mem, name_of(e, a->sym), "has no marginal value of ex-ante money here");
    *(c->is_budget ? &f->budgets : &f->limits) += w.sum;
    size[i] += w.size;
  }
}

/* The entries of the prices of a market at a later node. */
static void list_entries(Result *r, Pecuniary *p, const BearingMarket *k, uint32_t dim, Elem *ix, Bindings *env) {
  Economy *e = r->economy;
  const Market *m = &e->markets.at[k->market];
  const Sym *price = economy_at(e, m->price);
  if (dim == price->ndom) {
    if (bearing_is_numeraire(p->b, m->price, ix, dim) || lowered_index(r->lowered, m->price, ix, dim) == NO_INDEX) return;
    Elem *own = ARENA_ARRAY(e->mem, Elem, dim + 1);
    if (!own) return;
    memcpy(own, ix, dim * sizeof *ix);
    VEC_PUSH(e->mem, p->at, ((PriceEffect){m->price, own, dim, k->node, k->group, 0, 0}));
    return;
  }
  const Set *s = economy_set(e, e->idxs.at[m->binds[dim]].set);
  for (uint32_t i = 0; s && i < set_size(s); i++) {
    ix[dim] = set_elem(s, i);
    if ((int)dim == price->node_dim && ix[dim] != e->time.node[k->node].elem) continue;
    list_entries(r, p, k, dim + 1, ix, env);
  }
}

Pecuniary *pecuniary_of(Result *r) {
  if (r->pecuniary) return r->pecuniary;
  Economy *e = r->economy;
  Pecuniary *p = ARENA_NEW(e->mem, Pecuniary);
  if (!p) return NULL;
  *p = (Pecuniary){.b = e->bearing ? e->bearing : bearing_of(e)};
  if (!p->b) return NULL;
  for (uint32_t i = 0; i < p->b->markets.n; i++) {
    Elem ix[RESULT_DIMS];
    const Market *m = &e->markets.at[p->b->markets.at[i].market];
    if (m->nbinds <= RESULT_DIMS && economy_at(e, m->price)->ndom == m->nbinds) list_entries(r, p, &p->b->markets.at[i], 0, ix, NULL);
  }
  double *size = ARENA_ARRAY(e->mem, double, p->at.n + 1);
  if (!size) return NULL;
  for (uint32_t i = 0; i < p->b->constraints.n && !p->why; i++) {
    const BearingConstraint k = p->b->constraints.at[i];
    const Agent *a = &e->agents.at[k.agent];
    if (!k.bears || k.kind == BEAR_ROOT) continue;
    if (a->is_firm) refuse(p, e->mem, name_of(e, a->sym), "is a firm that acts after the first node: whose externality its prices are is not said");
    else if (a->value) add_effects(r, p, &k, size);
  }
  for (uint32_t i = 0; i < p->at.n; i++) {
    PriceEffect *f = &p->at.at[i];
    if (result_cancels(r, f->budgets, size[i])) f->budgets = 0;
    if (result_cancels(r, f->limits, size[i])) f->limits = 0;
  }
  return arena_failed(e->mem) ? NULL : (r->pecuniary = p);
}

/* ---- statistics ------------------------------------------------------------------------------------------------------------------------ */

enum { WORD_DISTRIBUTIVE = 1, WORD_COLLATERAL = 2 };

double statistic_externality(Asked *a, const Expr *e) {
  Elem ix[RESULT_DIMS];
  Result *r = statistic_solution(a, e->kid[0]);
  Pecuniary *p = r ? pecuniary_of(r) : NULL;
  const Expr *price = e->kid[1];
  if (!p) {
    if (r) a->why = "memory was exhausted";
    return NAN;
  }
  if (p->why) {
    a->why = p->why;
    return NAN;
  }
  uint32_t n = statistic_indices(a, price, ix);
  for (uint32_t i = 0; i < p->at.n; i++) {
    const PriceEffect *f = &p->at.at[i];
    if (f->price != price->sym || f->n != n || memcmp(f->ix, ix, n * sizeof *ix)) continue;
    return e->num > WORD_DISTRIBUTIVE ? f->limits : e->num > 0 ? f->budgets : f->budgets + f->limits;
  }
  a->why = "";
  return NAN;
}

/* -dM/dx / lambda of the type: see rights.h. */
static double wedge_of_choice(Asked *a, Result *r, const Agent *g, const Expr *x, const Elem *ix) {
  Economy *e = r->economy;
  Ix at[RESULT_DIMS];
  const Sym *s = economy_at(e, x->sym);
  uint32_t node = s->node_dim >= 0 ? economy_node(e, ix[s->node_dim]) : UINT32_MAX;
  if (!result_value(r, x->sym, ix, x->nix, 1).known || (node < e->time.n && bearing_is_later(e->bearing, e, x->sym, node))) {
    a->why = "";
    return NAN;
  }
  for (uint32_t i = 0; i < x->nix; i++) at[i] = i < g->nidx ? ix_bound(g->idx[i]) : ix_elem(ix[i]);
  const Expr *d = ex_neg(e->mem, x->at, ex_div(e->mem, x->at, expr_diff(e, g->rights_part, x->sym, at, x->nix), g->money));
  Number v = result_formula(r, d, g->idx, ix, g->nidx);
  if (v.loose) a->loose = 1;
  return v.known ? v.value : NAN;
}

static double look_here(void *ctx, const Expr *ref, const Elem *ix, uint32_t n) { return result_at(ctx, ref->sym, ix, n).value; }

static int types_stand_first(const Economy *e, const Agent *g, const Sym *s) {
  for (uint32_t i = 0; i < g->nidx; i++)
    if (i >= s->ndom || !set_within(e, s->dom[i], g->set[i])) return 0;
  return 1;
}

static double wedge_of_parameter(Asked *a, Result *r, const Expr *x, const Elem *ix) {
  Economy *e = r->economy;
  const Sym *s = economy_at(e, x->sym);
  size_t at = economy_offset(e, x->sym, ix);
  double sum = 0;
  int any = 0;
  Arena *mem = arena_new(NULL);
  Tangent *t = mem && at != SIZE_MAX ? tangent_new(e, r->values, x->sym, at, mem) : NULL;
  for (uint32_t i = 0; t && i < e->agents.n; i++) {
    const Agent *g = &e->agents.at[i];
    uint32_t block, lane;
    if (g->gone || !g->rights_part || !types_stand_first(e, g, s) || !lowered_lane(r->lowered, g->sym, ix, g->nidx, &block, &lane)) continue;
    Values own = *r->values;
    own.economy = e;
    Eval ev = {&own, ARENA_ARRAY(mem, Elem, e->idxs.n + 1), e->idxs.n + 1, look_here, r, 0};
    Number money = result_formula(r, g->money, g->idx, ix, g->nidx);
    if (!ev.env || !money.known) break;
    for (uint32_t d = 0; d < g->nidx; d++) ev.env[g->idx[d]] = ix[d];
    Derive w = {.t = t, .at = &ev};
    derive(&w, g->rights_part, 1);
    sum -= w.sum / money.value;
    any = 1;
  }
  if (!any) a->why = "the parameter has no entry for each type of a class with rights to trade";
  else if (t->kink) {
    statistic_text(a, "%s", t->kink);
    any = 0;
  }
  arena_free(mem);
  return any ? sum : NAN;
}

double statistic_wedge(Asked *a, const Expr *e) {
  Elem ix[RESULT_DIMS];
  Result *r = statistic_with_rights(a, e->kid[0]);
  const Expr *x = e->kid[1];
  if (!r) return NAN;
  if (statistic_indices(a, x, ix) != x->nix) return NAN;
  const Sym *s = economy_at(r->economy, x->sym);
  if (s->kind == SYM_PARAM) return wedge_of_parameter(a, r, x, ix);
  const Agent *g = economy_agent(r->economy, s->owner);
  if (!g || !g->rights_part || !g->money) {
    a->why = "its owner trades no rights";
    return NAN;
  }
  return wedge_of_choice(a, r, g, x, ix);
}

/* ---- words ----------------------------------------------------------------------------------------------------------------------------- */

enum { MOST_NAMED = 6 };
typedef struct { Result *r; const Agent *a; const Expr *x; double scale; int binding; uint32_t said, more; Text *out; } Naming;

static void put_type(const Economy *e, const Agent *a, const Elem *type, Text *out) {
  if (!a->nidx) text_put(out, name_of(e, a->sym));
  else result_key(e, 0, type, a->nidx, -1, NULL, out);
}

static void largest(void *ctx, const Elem *type, double mass) {
  Naming *w = ctx;
  (void)mass;
  w->scale = fmax(w->scale, fabs(result_formula(w->r, w->x, w->a->idx, type, w->a->nidx).value));
}

static void name_type(void *ctx, const Elem *type, double mass) {
  Naming *w = ctx;
  (void)mass;
  double v = result_formula(w->r, w->x, w->a->idx, type, w->a->nidx).value;
  if (result_cancels(w->r, v, fmax(w->scale, 1)) == w->binding) return;
  if (w->said == MOST_NAMED) {
    w->more++;
    return;
  }
  text_put(w->out, w->said++ ? ", " : w->binding ? " binds for " : "slack for ");
  put_type(w->r->economy, w->a, type, w->out);
  if (!w->binding) return;
  text_put(w->out, " (");
  text_digits(w->out, v, 5);
  text_put(w->out, ")");
}

static void put_limit(Result *r, const Pecuniary *p, const BearingConstraint *k, Text *out) {
  Economy *e = r->economy;
  const Agent *a = &e->agents.at[k->agent];
  const Constraint *c = &a->constraints.at[k->constraint];
  const Expr *money = pecuniary_money(r, p, k->agent);
  char buf[16];
  text_printf(out, "%s of %s", name_of(e, c->sym), name_of(e, a->sym));
  if (k->node != BEARING_NONE) text_printf(out, "@%s", elem_text(e, e->time.node[k->node].elem, buf));
  text_put(out, ":");
  if (!money) {
    text_put(out, " no ex-ante money\n");
    return;
  }
  Naming w = {r, a, valued(e, a, k, money, ex_num(e->mem, c->at, 1)), 0, 1, 0, 0, out};
  each_type(r, a, largest, &w);
  each_type(r, a, name_type, &w);
  if (w.more) text_printf(out, " and %u more", w.more);
  if (w.said) text_put(out, "; ");
  else text_put(out, " ");
  uint32_t bound = w.said;
  w.binding = 0;
  w.said = w.more = 0;
  each_type(r, a, name_type, &w);
  if (w.more) text_printf(out, " and %u more", w.more);
  if (!w.said) {
    out->n -= bound ? 2 : 1;
    out->at[out->n] = 0;
  }
  text_put(out, "\n");
}

static void put_effect(const Economy *e, const PriceEffect *f, Text *out) {
  const Sym *s = economy_at(e, f->price);
  text_put(out, name_of(e, f->price));
  if (f->n > (s->node_dim >= 0 ? 1u : 0u)) text_put(out, "[");
  uint8_t keep[RESULT_DIMS];
  for (uint32_t i = 0; i < f->n; i++) keep[i] = (int)i != s->node_dim;
  result_key(e, 0, f->ix, f->n, s->node_dim, keep, out);
  if (f->n > (s->node_dim >= 0 ? 1u : 0u)) text_put(out, "]");
  if (s->node_dim >= 0) {
    char buf[16];
    text_printf(out, "@%s", elem_text(e, f->ix[s->node_dim], buf));
  }
  text_put(out, ": ");
  text_digits(out, f->budgets + f->limits, 6);
  text_put(out, " = ");
  text_digits(out, f->budgets, 6);
  text_put(out, " through budgets (distributive) + ");
  text_digits(out, f->limits, 6);
  text_put(out, " through other constraints (collateral)\n");
}

typedef struct { Result *r; const Agent *a; uint32_t said; int sign; Text *out; } Paying;

static void put_payment(void *ctx, const Elem *type, double mass) {
  Paying *w = ctx;
  Economy *e = w->r->economy;
  const Sym *s = economy_at(e, w->a->payment);
  const Set *nodes = economy_set(e, s->dom[s->node_dim]);
  double sum = 0;
  (void)mass;
  for (uint32_t i = 0; nodes && i < set_size(nodes); i++) {
    Elem ix[RESULT_DIMS];
    memcpy(ix, type, w->a->nidx * sizeof *ix);
    ix[w->a->nidx] = set_elem(nodes, i);
    Number v = result_value(w->r, w->a->payment, ix, w->a->nidx + 1, 1);
    if (v.known && isfinite(v.value)) sum += v.value;
  }
  if ((sum > 0) != (w->sign > 0) || result_cancels(w->r, sum, 1)) return;
  if (w->said++ == MOST_NAMED) text_put(w->out, ", ...");
  if (w->said > MOST_NAMED) return;
  text_put(w->out, w->said > 1 ? ", " : w->sign > 0 ? "pay: " : "receive: ");
  put_type(e, w->a, type, w->out);
  text_put(w->out, " ");
  text_digits(w->out, fabs(sum), 6);
}

static void put_payments(Result *r, unsigned indent, Text *out) {
  const Economy *e = r->economy;
  for (int sign = 1; sign >= -1; sign -= 2)
    for (uint32_t i = 0; i < e->agents.n; i++) {
      const Agent *a = &e->agents.at[i];
      const Sym *s = a->payment ? economy_at(e, a->payment) : NULL;
      if (a->gone || !s || s->dropped || s->node_dim < 0 || s->ndom != a->nidx + 1 || s->ndom > RESULT_DIMS) continue;
      Text line = {0};
      Paying w = {r, a, 0, sign, &line};
      each_type(r, a, put_payment, &w);
      if (w.said && !line.failed) text_printf(out, "%*s%s\n", (int)indent, "", line.at);
      text_free(&line);
    }
}

void pecuniary_words(Result *r, unsigned indent, Text *out) {
  Economy *e = r->economy;
  Pecuniary *p = r->solved && r->values ? pecuniary_of(r) : NULL;
  if (!p || !p->b->bearing || !p->at.n) return;
  text_printf(out, "%*sconstraints in which later prices stand, other than budgets; in brackets the shadow value in ex-ante money:\n", (int)indent, "");
  for (uint32_t i = 0; i < p->b->constraints.n; i++) {
    const BearingConstraint k = p->b->constraints.at[i];
    const Agent *a = &e->agents.at[k.agent];
    if (!k.bears || k.kind == BEAR_ROOT || a->constraints.at[k.constraint].is_budget || !a->value) continue;
    text_printf(out, "%*s", (int)indent + 4, "");
    put_limit(r, p, &k, out);
  }
  if (!p->b->beyond) text_printf(out, "%*snone\n", (int)indent + 4, "");
  if (p->why) {
    text_printf(out, "%*specuniary externalities: not known, %s\n", (int)indent, "", p->why);
    return;
  }
  text_printf(out, "%*specuniary externality of a unit more of each later price, ex-ante money of all together:\n", (int)indent, "");
  for (uint32_t i = 0; i < p->at.n; i++) {
    text_printf(out, "%*s", (int)indent + 4, "");
    put_effect(e, &p->at.at[i], out);
  }
  if (!e->bearing) return;
  text_printf(out, "%*spaid for rights to trade, a head: prices of rights times net purchases in later markets, deliveries of claims and stored goods counted as sales:\n", (int)indent, "");
  put_payments(r, indent + 4, out);
}
