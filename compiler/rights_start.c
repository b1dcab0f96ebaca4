/* rights_start.c: see rights_start.h. */
#include "rights_start.h"
#include "rights_linear.h"
#include "pass.h"
#include <math.h>
#include <string.h>

typedef struct { const Result *base, *r; SymId to; double *start; double kappa; } Carry;

static void carry(void *ctx, const Elem *ix, uint32_t n, uint32_t from) {
  Carry *c = ctx;
  uint32_t at = lowered_index(c->r->lowered, c->to, ix, n);
  if (at != NO_INDEX) c->start[at] = c->base->sol.x[from];
}

static void at_zero(void *ctx, const Elem *ix, uint32_t n, uint32_t at) {
  Carry *c = ctx;
  (void)ix;
  (void)n;
  c->start[at] = 0.0;
}

/* ---- weights ---- */

/* The type's marginal value of ex-ante wealth in an equilibrium. */
typedef struct { Result *from; const Agent *a; const Constraint *c; double *to; SymId weight; const Economy *e; int failed; } Value;

static int is_root(const Economy *e, Elem x) { return !e->time.declared || e->time.node[0].elem == x; }

static void take_value(void *ctx, const Elem *ix, uint32_t n, uint32_t at) {
  Value *w = ctx;
  const Economy *e = w->from->economy;
  const Sym *s = economy_at(e, w->c->mult);
  if (s->node_dim >= 0 && (uint32_t)s->node_dim < n && !is_root(e, ix[s->node_dim])) return;
  Values own = *w->from->values;
  own.economy = e;
  Eval eval = eval_new(&own, w->from->mem);
  if (!eval.env) return;
  for (uint32_t i = 0; i < w->a->nidx && i < n; i++) eval.env[w->a->idx[i]] = ix[i];
  if (w->c->node) eval.env[w->c->node] = e->time.node[0].elem;
  double lambda = w->from->sol.x[at] * (w->c->weight ? eval_expr(&eval, w->c->weight) : 1);
  size_t to = economy_offset(w->e, w->weight, ix);
  if (to != SIZE_MAX && lambda > 0) w->to[to] = 1 / lambda;
  else w->failed = 1;
}

const Constraint *rights_root_budget(const Agent *a) {
  for (uint32_t i = 0; i < a->constraints.n; i++)
    if (a->constraints.at[i].is_budget && a->constraints.at[i].ex_ante && !a->constraints.at[i].dropped) return &a->constraints.at[i];
  return NULL;
}

int rights_marginal_wealth(Result *from, const Economy *e, double *const *to) {
  int failed = 0;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = economy_agent(from->economy, e->agents.at[i].sym);
    const Constraint *c = a && !a->gone ? rights_root_budget(a) : NULL;
    Value w = {.from = from, .a = a, .c = c, .weight = e->agents.at[i].welfare_weight, .e = e};
    if (!c || !c->mult || !w.weight || !(w.to = to[w.weight])) continue;
    lowered_each(from->lowered, c->mult, take_value, &w);
    failed |= w.failed;
  }
  return failed;
}

int rights_starts(const Result *r) { return r->economy && (r->economy->bearing || r->economy->kappa); }

double **rights_implied(Result *base, const Result *r) {
  const Economy *e = r->economy;
  double **to = ARENA_ARRAY(r->mem, double *, e->syms.n + 1);
  if (!to) return NULL;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    SymId w = e->agents.at[i].welfare_weight;
    if (w) to[w] = ARENA_ARRAY(r->mem, double, economy_volume(e, w) + 1);
  }
  return arena_failed(r->mem) || rights_marginal_wealth(base, e, to) ? NULL : to;
}

/* kappa at which the given weights fit the equilibrium's marginal values of wealth on average: weight * lambda. For an equal gain the
 * weights are free, and those that the equilibrium implies fit it with 1 / (total mass). */
static double factor(const Result *r, double *const *to) {
  const Economy *e = r->economy;
  double sum = 0;
  size_t count = 0;
  if (!to) return 1;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    SymId w = e->agents.at[i].welfare_weight;
    for (size_t k = 0, n = w ? economy_volume(e, w) : 0; k < n; k++) {
      if (!(to[w][k] > 0) || !(r->values->of[w][k] > 0)) continue;
      sum += r->values->of[w][k] / to[w][k];
      count++;
    }
  }
  return count && sum > 0 ? sum / (double)count : 1;
}

static void at_factor(void *ctx, const Elem *ix, uint32_t n, uint32_t at) {
  Carry *c = ctx;
  (void)ix;
  (void)n;
  c->start[at] = c->kappa;
}

/* Where somebody is held: the weight that fits, less the one it has. */
typedef struct { const Result *r; const Agent *a; double *const *to; double kappa, *start; } Held;

static void at_held(void *ctx, const Elem *ix, uint32_t n, uint32_t at) {
  const Held *h = ctx;
  (void)n;
  SymId w = h->a->welfare_weight;
  size_t k = economy_offset(h->r->economy, w, ix);
  if (k == SIZE_MAX) return;
  double held = h->r->values->of[h->a->held][k], weight = h->r->values->of[w][k];
  h->start[at] = held > 0 ? fmax(h->kappa * (h->to ? h->to[w][k] : 1) - weight, 0) : 0;
}

static void fill_planner(Result *base, const Result *r, double *start) {
  const Economy *e = r->economy;
  double **to = rights_implied(base, r), kappa = factor(r, to);
  lowered_each(r->lowered, e->kappa, at_factor, &(Carry){base, r, e->kappa, start, kappa});
  for (uint32_t i = 0; i < e->agents.n; i++)
    if (e->agents.at[i].holding) lowered_each(r->lowered, e->agents.at[i].holding, at_held, &(Held){r, &e->agents.at[i], to, kappa, start});
  if (r->question->equal_gain) lowered_each(r->lowered, e->gain, at_factor, &(Carry){base, r, e->gain, start, r->values->of[e->gain_from][0]});
}

/* ---- another unit of account ---- */

typedef struct { double *start, by; const Economy *e; SymId sym; uint32_t node; } Rescale;
static void rescale(void *ctx, const Elem *ix, uint32_t n, uint32_t at) {
  Rescale *s = ctx;
  const Sym *x = economy_at(s->e, s->sym);
  if (x->node_dim >= 0 && (uint32_t)x->node_dim < n && economy_node(s->e, ix[x->node_dim]) == s->node) s->start[at] *= s->by;
}

typedef struct { const QuotedIn *q; } Among;
static int is_among(void *ctx, const Expr *ref) {
  const QuotedIn *q = ((Among *)ctx)->q;
  for (uint32_t i = 0; i < q->nwith; i++)
    if (q->with[i] == ref->sym) return 1;
  return 0;
}

/* Prices of a later node in units of the good they are quoted in there, and the multipliers of what they stand in, which are those of money. Exact
 * where every constraint is homogeneous of degree one in the prices. */
static void requote(const Result *r, double *start) {
  const Economy *e = r->economy;
  for (uint32_t i = 0; i < e->quoted.n; i++) {
    const QuotedIn *q = &e->quoted.at[i];
    uint32_t at = lowered_index(r->lowered, q->price, q->ix, q->n);
    double one = at == NO_INDEX ? NAN : start[at];
    if (!(one > 0) || !isfinite(one)) continue;
    Rescale s = {.start = start, .e = e, .node = q->node, .by = 1 / one};
    for (uint32_t k = 0; k < q->nwith; k++) {
      s.sym = q->with[k];
      lowered_each(r->lowered, s.sym, rescale, &s);
    }
    s.by = one;
    for (uint32_t k = 0; k < e->agents.n; k++)
      for (uint32_t j = 0; j < e->agents.at[k].constraints.n && !e->agents.at[k].gone; j++) {
        const Constraint *c = &e->agents.at[k].constraints.at[j];
        Among among = {q};
        if (c->dropped || !(ex_depends(c->lhs, is_among, &among) || ex_depends(c->rhs, is_among, &among))) continue;
        s.sym = c->mult;
        lowered_each(r->lowered, s.sym, rescale, &s);
      }
  }
}

void rights_at_zero(Result *base, const Result *r, double *start) {
  const Economy *e = r->economy, *b = base->economy;
  for (uint32_t i = 0; i < e->markets.n; i++)
    if (e->markets.at[i].rights) lowered_each(r->lowered, e->markets.at[i].rights, at_zero, &(Carry){base, r, 0, start, 0});
  for (SymId s = 1; s < b->syms.n && s < e->syms.n; s++)
    if (economy_at(b, s)->name == economy_at(e, s)->name) lowered_each(base->lowered, s, carry, &(Carry){base, r, s, start, 0});
  for (uint32_t i = 0; i < e->aux.n; i++) {
    const AuxStart *a = &e->aux.at[i];
    SymId from = i < b->aux.n && economy_at(b, b->aux.at[i].sym)->name == economy_at(e, a->sym)->name ? b->aux.at[i].sym : a->from;
    if (from) lowered_each(base->lowered, from, carry, &(Carry){base, r, a->sym, start, 0});
    else lowered_each(r->lowered, a->sym, at_zero, &(Carry){base, r, a->sym, start, 0});
  }
  if (e->quoted.n && !b->quoted.n) requote(r, start);
  if (!e->kappa) return;
  if (!b->kappa) { fill_planner(base, r, start); return; }
  lowered_each(base->lowered, b->kappa, carry, &(Carry){base, r, e->kappa, start, 0});
  for (uint32_t i = 0; i < e->agents.n; i++)
    if (e->agents.at[i].holding && b->agents.at[i].holding) lowered_each(base->lowered, b->agents.at[i].holding, carry, &(Carry){base, r, e->agents.at[i].holding, start, 0});
}

double *rights_start_from(Result *base, const Result *r) {
  uint32_t nx = lowered_problem(r->lowered)->nx;
  double *start = ARENA_ARRAY(r->mem, double, nx + 1);
  if (!start) return NULL;
  for (uint32_t i = 0; i < nx; i++) start[i] = NAN;
  rights_at_zero(base, r, start);
  return start;
}

void rights_pose_plain(Posing *p, const Result *r, Question *plain, Result *base) {
  *plain = *r->question;
  *base = (Result){.name = r->name, .question = plain, .model = r->model};
  plain->calls &= ~(unsigned)PASS_RIGHTS;
  plain->symmetric = 0;
  plain->in_goods = 1;
  plain->concept = Q_EQUILIBRIUM;
  plain->implied = 0;
  plain->weights_at = plain->holding_at = 0;
  plain->holding.n = 0;
  plain->equal_gain = plain->maximizes = 0;
  pose_economy(p, plain, r->values, NULL, 1, base);
}

int rights_plain(Posing *p, const Result *r, const Settings *s, Question *plain, Result *base) {
  rights_pose_plain(p, r, plain, base);
  if (base->values) pose_lower(p, base);
  if (base->values && base->lowered) {
    EconStatus status = problem_solve(lowered_problem(base->lowered), s, NULL, &base->sol);
    base->attempted = 1;
    base->solved = status == ECON_SOLVED || status == ECON_INDETERMINATE;
  }
  return !base->solved;
}

void rights_plain_free(Result *base) {
  if (base->attempted) solution_free(&base->sol);
  arena_free(base->mem);
}

int rights_requoted(Posing *p, Result *from, const Result *r, double *x) {
  Question plain;
  Result base;
  static const Settings none = {.conditions_only = 1, .no_ladder = 1};
  rights_pose_plain(p, r, &plain, &base);
  if (base.values) pose_lower(p, &base);
  double *start = base.values && base.lowered ? rights_start_from(from, &base) : NULL;
  if (start) {
    EconStatus s = problem_solve(lowered_problem(base.lowered), &none, start, &base.sol);
    base.attempted = 1;
    base.solved = s == ECON_SOLVED || s == ECON_INDETERMINATE;
    if (base.solved) rights_at_zero(&base, r, x);
  }
  int failed = !base.solved;
  rights_plain_free(&base);
  return failed;
}

/* Newton's method alone from x; an answer replaces x. */
static int newton(const Problem *p, const Settings *s, double *x) {
  Settings quick = *s;
  Solution sol;
  quick.no_ladder = quick.conditions_only = 1;
  EconStatus found = problem_solve(p, &quick, x, &sol);
  int solved = found == ECON_SOLVED || found == ECON_INDETERMINATE;
  if (solved) memcpy(x, sol.x, p->nx * sizeof *x);
  solution_free(&sol);
  return solved;
}

/* From prices of rights that are zero, else from those that the plain equilibrium implies. Where neither leads on, the start stays. */
static void begin(const Result *r, const Settings *s, double *start) {
  const Problem *p = lowered_problem(r->lowered);
  double *x = ARENA_ARRAY(r->mem, double, p->nx + 1);
  if (!x) return;
  memcpy(x, start, p->nx * sizeof *x);
  int found = newton(p, s, x);
  if (!found) memcpy(x, start, p->nx * sizeof *x);
  if (!found && !rights_linear(r, x)) found = newton(p, s, x);
  if (found) memcpy(start, x, p->nx * sizeof *x);
}

const double *rights_start(Posing *p, const Result *r, const Settings *s) {
  Question plain;
  Result base;
  double *start = rights_plain(p, r, s, &plain, &base) ? NULL : rights_start_from(&base, r);
  if (start && r->economy->bearing) begin(r, s, start);
  rights_plain_free(&base);
  return start;
}
