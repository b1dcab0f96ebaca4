/* planner_search.c: see planner_search.h. */
#include "planner_search.h"
#include "rights_start.h"
#include "../runtime/wealth.h"
#include <math.h>
#include <string.h>

enum { ROUNDS = 40 };
static const double MET = 1e-12;                        /* of the wealth at which levels are taken, relative to budgets: an equal gain is found */

double *planner_numbers(Result *r, SymId s) {
  size_t n = economy_volume(r->economy, s);
  double *x = ARENA_ARRAY(r->mem, double, n + 1);
  if (x) memcpy(x, r->values->of[s], n * sizeof *x);
  return x ? r->values->of[s] = x : NULL;
}

/* ---- weights ---- */

static int weights(Results *all, Result *r) {
  Result *from = results_find(all, r->question->implied);
  const Economy *e = r->economy;
  double **to = ARENA_ARRAY(r->mem, double *, e->syms.n + 1);
  if (!from || !from->solved || !to) { r->waits = r->question->implied; return 1; }
  for (uint32_t i = 0; i < e->agents.n; i++)
    if (e->agents.at[i].welfare_weight) to[e->agents.at[i].welfare_weight] = planner_numbers(r, e->agents.at[i].welfare_weight);
  if (arena_failed(r->mem)) return 1;
  if (!rights_marginal_wealth(from, e, to)) return 0;
  diag_add(r->model->cc, SEV_ERROR, "ask.weights", r->question->weights_at, "a type's marginal value of wealth is not positive in `%s`: no weights are implied", str_text(r->model->cc->strs, from->name));
  return 1;
}

/* ---- levels ---- */

typedef struct { Results *all; Result *r; const Holding *h; const Agent *a; double *level; int wrong; } Leveling;

static void type_text(const Economy *e, const Agent *a, const Elem *ix, Text *out) {
  if (a->nidx) result_key(e, 0, ix, a->nidx, -1, NULL, out);
  else text_put(out, str_text(e->cc->strs, economy_at(e, a->sym)->name));
}

static Number level_of(Leveling *l, const Elem *ix) {
  if (!l->h->from) return query_value(l->all, &l->h->level, l->r, ix);
  Result *from = results_find(l->all, l->h->from);
  const Agent *a = economy_agent(from->economy, l->a->sym);
  return a && a->value ? result_value(from, a->value, ix, a->nidx, 1) : (Number){NAN, 0, 0};
}

static void one_level(Leveling *l, const Elem *ix, size_t at) {
  Number v = level_of(l, ix);
  if (v.known && isfinite(v.value)) { l->level[at] = v.value; return; }
  if (l->wrong) return;
  l->wrong = 1;
  Text who = {0};
  type_text(l->r->model->economy, l->a, ix, &who);
  diag_add(l->r->model->cc, SEV_ERROR, "planner.level", l->h->at, "the level at which %s is held is not a number", who.at ? who.at : "a type");
  text_free(&who);
}

/* The solutions that a level names: the first that was not solved. */
typedef struct { Results *all; Result *here; Str not_solved; } Cited;
static void see_source(void *ctx, const Expr *x) {
  Cited *s = ctx;
  if ((x->kind != E_REF && x->kind != E_NAMED) || !x->solution || s->not_solved) return;
  Result *r = results_find(s->all, x->solution);
  if (!r || !r->solved) s->not_solved = x->solution;
}

static Str unsolved_source(Results *all, Result *r, const Holding *h) {
  Cited s = {all, r, 0};
  Result *from = h->from ? results_find(all, h->from) : NULL;
  if (h->from) return from && from->solved ? 0 : h->from;
  ex_walk(h->level.e, see_source, &s);
  return s.not_solved;
}

static int in_class(Leveling *l, uint32_t dim, Elem *ix, size_t *at) {
  const Agent *a = l->a;
  if (dim == a->nidx) {
    if (l->h->type == ELEM_NONE || ix[0] == l->h->type) one_level(l, ix, *at);
    ++*at;
    return l->wrong;
  }
  const Set *s = economy_set(l->r->economy, a->set[dim]);
  for (uint32_t i = 0; i < set_size(s); i++) {
    ix[dim] = set_elem(s, i);
    if (in_class(l, dim + 1, ix, at)) return 1;
  }
  return 0;
}

static int levels(Results *all, Result *r) {
  const Question *q = r->question;
  for (uint32_t i = 0; i < q->holding.n; i++)
    if ((r->waits = unsolved_source(all, r, &q->holding.at[i]))) return 1;
  for (uint32_t i = 0; i < q->holding.n; i++) {
    Elem ix[RESULT_DIMS];
    size_t at = 0;
    Leveling l = {.all = all, .r = r, .h = &q->holding.at[i], .a = &r->economy->agents.at[q->holding.at[i].agent]};
    int seen = 0;
    for (uint32_t k = 0; k < i; k++) seen |= q->holding.at[k].agent == l.h->agent;
    l.level = seen ? r->values->of[l.a->level] : planner_numbers(r, l.a->level);
    if (!l.level || l.a->nidx > RESULT_DIMS || in_class(&l, 0, ix, &at)) return 1;
  }
  return 0;
}

int planner_prepare(Results *all, Result *r) {
  const Question *q = r->question;
  if (!q->implied && !q->holding.n) return 0;
  if (q->implied && weights(all, r)) return 1;
  if (!q->equal_gain && levels(all, r)) return 1;
  if (q->equal_gain && (r->waits = unsolved_source(all, r, &q->holding.at[0]))) return 1;
  return lowered_fill(r->lowered, r->values, q);
}

/* ---- an equal gain ---- */

/* The types that are held, each alone with its problem in the benchmark. */
typedef struct { Wealth *alone; Arena *mem; const Agent *a; size_t at; double before, after; } Member;
typedef struct { Result *r, *from; VEC(Member) member; double budget; const char *why; Text who; } Gain;

static void member_new(Gain *g, const Agent *a, const Elem *ix, size_t at) {
  uint32_t block, lane;
  WealthStatus why = WEALTH_NO_OBJECTIVE;
  if (!lowered_lane(g->r->lowered, a->sym, ix, a->nidx, &block, &lane)) return;       /* it is not there in this question */
  Member m = {.mem = arena_new(NULL), .a = a, .at = at};
  int there = lowered_lane(g->from->lowered, a->sym, ix, a->nidx, &block, &lane);
  if (m.mem && there) m.alone = wealth_new(result_problem(g->from), block, lane, g->from->sol.x, NULL, m.mem, &why);
  if (m.alone) { VEC_PUSH(g->r->mem, g->member, m); return; }
  arena_free(m.mem);
  if (g->why) return;
  g->why = there ? wealth_text(why) : "it is not there";
  type_text(g->r->model->economy, a, ix, &g->who);
}

static void members(Gain *g, const Agent *a, uint32_t dim, Elem *ix, size_t *at) {
  if (dim == a->nidx) {
    double held = g->r->values->of[a->held][*at];
    if (held > 0) member_new(g, a, ix, *at);
    ++*at;
    return;
  }
  const Set *s = economy_set(g->r->economy, a->set[dim]);
  for (uint32_t i = 0; i < set_size(s); i++) {
    ix[dim] = set_elem(s, i);
    members(g, a, dim + 1, ix, at);
  }
}

static void gain_free(Gain *g) {
  for (uint32_t i = 0; i < g->member.n; i++) {
    wealth_free(g->member.at[i].alone);
    arena_free(g->member.at[i].mem);
  }
  text_free(&g->who);
}

/* V and V' of everybody at t, into the problem. Nonzero where some problem was not solved there. */
static int tangents(Gain *g, double t) {
  for (uint32_t i = 0; i < g->member.n; i++) {
    Member *m = &g->member.at[i];
    WealthPoint there = wealth_at(m->alone, t);
    if (there.status != WEALTH_FOUND) { g->why = wealth_text(there.status); return 1; }
    g->r->values->of[m->a->level][m->at] = there.welfare;
    g->r->values->of[m->a->rise][m->at] = there.lambda;
  }
  g->r->values->of[g->r->economy->gain_from][0] = t;
  return lowered_fill(g->r->lowered, g->r->values, g->r->question);
}

static void found(void *ctx, const Elem *ix, uint32_t n, uint32_t at) {
  (void)ix, (void)n;
  *(uint32_t *)ctx = at;
}

static EconStatus give_up(Gain *g) {
  Solution *sol = &g->r->sol;
  Text t = {0};
  text_printf(&t, "an equal gain over `%s` cannot be measured: %s%s%s", str_text(g->r->model->cc->strs, g->from->name), g->who.at ? g->who.at : "", g->who.at ? ": " : "", g->why ? g->why : "memory was exhausted");
  if (!sol->mem) sol->mem = arena_new(NULL);
  if (sol->mem) sol->explanation = arena_text(sol->mem, t.at ? t.at : "", t.n);
  text_free(&t);
  return sol->status = ECON_NOT_CERTIFIED;
}

static EconStatus equal_gain(Gain *g, const Settings *s, const double *start) {
  Result *r = g->r;
  uint32_t at = NO_INDEX, nx = lowered_problem(r->lowered)->nx;
  double t = 0, *from = ARENA_ARRAY(r->mem, double, nx + 1);
  lowered_each(r->lowered, r->economy->gain, found, &at);
  if (g->why || !from || at == NO_INDEX) return give_up(g);
  for (int round = 0; round < ROUNDS; round++) {
    if (tangents(g, t)) return give_up(g);
    if (round) solution_free(&r->sol);
    EconStatus status = problem_solve(lowered_problem(r->lowered), s, start, &r->sol);
    if (status != ECON_SOLVED && status != ECON_INDETERMINATE) return status;
    double next = r->sol.x[at];
    if (fabs(next - t) <= MET * (1 + fabs(next))) return status;
    memcpy(from, r->sol.x, nx * sizeof *from);
    start = from;
    t = next;
  }
  g->why = "the gain at which levels are taken did not settle in 40 rounds";
  return give_up(g);
}

static void gather(Gain *g) {
  Result *r = g->r;
  for (uint32_t i = 0; i < r->economy->agents.n; i++) {
    const Agent *a = &r->economy->agents.at[i];
    Elem ix[RESULT_DIMS];
    size_t at = 0;
    if (!a->holding || a->nidx > RESULT_DIMS || !planner_numbers(r, a->level) || !planner_numbers(r, a->rise)) continue;
    members(g, a, 0, ix, &at);
  }
  if (!planner_numbers(r, r->economy->gain_from)) g->why = "memory was exhausted";
}

EconStatus planner_solve(Results *all, Result *r, const Settings *s, const double *start) {
  if (!r->question->equal_gain) return problem_solve(lowered_problem(r->lowered), s, start, &r->sol);
  Gain g = {.r = r, .from = results_find(all, r->question->holding.at[0].from)};
  gather(&g);
  EconStatus status = equal_gain(&g, s, start);
  gain_free(&g);
  return status;
}

int planner_recall(Results *all, Result *r) {
  uint32_t at = NO_INDEX;
  if (planner_prepare(all, r)) return 1;
  if (!r->question->equal_gain || !r->solved) return 0;
  Gain g = {.r = r, .from = results_find(all, r->question->holding.at[0].from)};
  gather(&g);
  lowered_each(r->lowered, r->economy->gain, found, &at);
  int wrong = g.why || at == NO_INDEX || tangents(&g, r->sol.x[at]);
  gain_free(&g);
  return wrong;
}
