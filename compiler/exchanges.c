/* exchanges.c: statistics about exchanges that nobody uses: externality_gap, rights_schedule (statistic.h, runtime/support.h). */
#include "family.h"
#include "pass.h"
#include "pecuniary.h"
#include "pose.h"
#include "rights_start.h"
#include "statistic.h"
#include "../runtime/support.h"
#include <math.h>
#include <string.h>

/* A problem with exchanges and the point at which they are looked into. */
typedef struct { const Problem *p; const double *x; Result *r; Result own; } Exchanges;

/* The same economy with rights to trade, at prices of rights that are zero. */
static int with_rights(Asked *a, Result *r, Origin at, Exchanges *out) {
  Posing posing = {.cc = r->model->cc, .model = r->model};
  Question *q = ARENA_NEW(r->mem, Question);
  double *x = NULL;
  if (!q) return 1;
  *q = *r->question;
  q->calls |= PASS_RIGHTS;
  q->rights_at = at;
  out->own = (Result){.name = r->name, .question = q, .model = r->model};
  pose_economy(&posing, q, r->values, NULL, 1, &out->own);
  pose_lower(&posing, &out->own);
  if (out->own.values && out->own.lowered) {
    out->p = lowered_problem(out->own.lowered);
    x = ARENA_ARRAY(out->own.mem, double, out->p->nx + 1);
  }
  if (!x) {
    a->why = "rights to trade cannot be had in this economy (see the message)";
    return 1;
  }
  rights_at_zero(r, &out->own, x);
  if (out->own.economy->quoted.n && !r->economy->quoted.n && rights_requoted(&posing, r, &out->own, x)) {
    a->why = "its later prices cannot be quoted in one good";
    return 1;
  }
  out->x = x;
  return 0;
}

/* What a solved question's exchanges are: its own where it has rights, else those it would have. release: arena_free(out->own.mem). */
static int exchanges_of(Asked *a, Result *r, Origin at, Exchanges *out) {
  *out = (Exchanges){.r = r};
  if (!r->economy->bearing) return with_rights(a, r, at, out);
  out->p = result_problem(r);
  out->x = r->sol.x;
  return 0;
}

/* Is there anything that rights could be about? */
static int bears(Asked *a, Result *r) {
  const Pecuniary *p = pecuniary_of(r);
  if (!p) a->why = "memory was exhausted";
  else if (p->why) a->why = p->why;
  return p && p->b->bearing && p->at.n;
}

static void say_gap(Asked *a, const Exchanges *x, const SupportGap *g) {
  Text t = {0};
  const Exchange *e = &x->p->exchange[g->exchange];
  if (!(g->gap > 0) || !g->price) text_printf(&t, "no club gains at any of the %u vectors of prices tried", g->points);
  else {
    text_put(&t, "most is gained ");
    if (g->club) text_printf(&t, "by the club %s ", g->club);
    text_put(&t, "in an exchange at ");
    for (uint32_t i = 0; i < e->n; i++) {
      char name[120];
      x->p->names.unknown(x->p->names.ctx, e->price[i], name, sizeof name);
      text_printf(&t, "%s%s = %.4g", i ? ", " : "", name, g->price[i]);
    }
    text_printf(&t, ", of %u vectors of prices tried", g->points);
  }
  if (g->unsolved) text_printf(&t, "; at %u of them the club's conditions were not solved", g->unsolved);
  if (g->undecided) text_printf(&t, "; at %u of them the gain is only bounded above", g->undecided);
  if (!t.failed) statistic_text(a, "%s", t.at);
  a->note = a->why;
  a->why = NULL;
  text_free(&t);
}

double statistic_gap(Asked *a, const Expr *e) {
  Result *r = statistic_solution(a, e->kid[0]);
  Exchanges x = {0};
  SupportGap g = {.gap = NAN};
  if (!r) return NAN;
  if (!bears(a, r)) {
    if (a->why) return NAN;
    a->note = "no later price stands in a constraint: there is nothing to which rights could be traded";
    return 0;
  }
  if (!exchanges_of(a, r, e->at, &x)) {
    Arena *mem = arena_new(NULL);
    EconStatus s = mem ? support_gap(x.p, x.x, NULL, mem, &g) : ECON_MEMORY;
    if (s == ECON_SOLVED) say_gap(a, &x, &g);
    else statistic_text(a, "the search ended early: %s", econ_status_text(s));
    arena_free(mem);
  }
  arena_free(x.own.mem);
  return g.gap;
}

/* ---- the schedule of the prices of rights ------------------------------------------------------------------------------------------------ */

typedef struct { Asked *a; int missing; } Looking;

static double look_value(void *ctx, const Expr *ref, const Elem *ix, uint32_t n) {
  Looking *l = ctx;
  Result *r = ref->kind == E_REF && ref->solution ? family_find(l->a->all, ref->solution, l->a->here) : l->a->here;
  Number v = r && r->values && ref->kind == E_REF ? result_at(r, ref->sym, ix, n) : (Number){NAN, 0, 0};
  if (!v.known) l->missing = 1;
  return v.value;
}

static double number_of(Asked *a, Result *r, const Expr *e) {
  Arena *mem = arena_new(NULL);
  Economy mixed = *a->all->model->economy;
  mixed.agents.at = r->economy->agents.at;
  mixed.agents.n = r->economy->agents.n;
  Values own = *r->values;
  own.economy = &mixed;
  Looking l = {a, 0};
  Eval ev = {&own, mem ? ARENA_ARRAY(mem, Elem, a->nenv + 1) : NULL, a->nenv, look_value, &l, 0};
  double v = NAN;
  if (ev.env) {
    memcpy(ev.env, a->env, a->nenv * sizeof *ev.env);
    v = eval_expr(&ev, e);
  }
  arena_free(mem);
  return l.missing ? NAN : v;
}

enum { WORD_HIGH = 2 };

static double extent(Asked *a, const Exchanges *x, uint32_t exchange, uint32_t which, double at, int high) {
  const Exchange *e = &x->p->exchange[exchange];
  uint32_t n = e->n + e->nclaim;
  double gap = NAN, *price, *lo, *hi, v = NAN;
  Arena *mem = arena_new(NULL);
  if (!mem) return NAN;
  price = ARENA_ARRAY(mem, double, n + 1);
  lo = ARENA_ARRAY(mem, double, n + 1);
  hi = ARENA_ARRAY(mem, double, n + 1);
  if (price && lo && hi) {
    for (uint32_t i = 0; i < e->n; i++) price[i] = i == which ? at : x->x[e->price[i]];
    EconStatus s = support_schedule(x->p, x->x, NULL, exchange, price, lo, hi, &gap);
    v = high ? hi[which] : lo[which];
    if (s != ECON_SOLVED) statistic_text(a, "the search ended early: %s", econ_status_text(s));
    else if (isnan(v) && gap < 0 && isinf(gap)) statistic_text(a, "no club of types clears its markets there, whatever rights cost, so nobody can enter; the search for the bound did not end");
    else if (isnan(v)) statistic_text(a, gap > 0 ? "no price of the right supports the answer there: a club gains %.3g" : "the search for the bound did not end", gap);
  }
  arena_free(mem);
  return v;
}

double statistic_schedule(Asked *a, const Expr *e) {
  Elem ix[RESULT_DIMS];
  Result *r = statistic_with_rights(a, e->kid[0]);
  const Expr *price = e->kid[1];
  if (!r) return NAN;
  uint32_t n = statistic_indices(a, price, ix), index = lowered_index(r->lowered, price->sym, ix, n);
  double at = number_of(a, r, e->kid[2]);
  Exchanges x;
  if (exchanges_of(a, r, e->at, &x)) return NAN;
  for (uint32_t k = 0; k < x.p->nexchange; k++)
    for (uint32_t i = 0; i < x.p->exchange[k].n; i++) {
      if (x.p->exchange[k].price[i] != index || index == NO_INDEX) continue;
      if (at > 0 && isfinite(at)) return extent(a, &x, k, i, at, e->num >= WORD_HIGH);
      a->why = "the price of an exchange must be a positive number";
      return NAN;
    }
  a->why = "";
  return NAN;
}
