/* planner_starts.c: see planner_starts.h. */
#include "planner_starts.h"
#include "bearing.h"
#include "planner_search.h"
#include "rights_start.h"
#include <math.h>
#include <string.h>

enum { STEPS = 24 };

static int is_solved(EconStatus s) { return s == ECON_SOLVED || s == ECON_INDETERMINATE; }

const double *planner_start_implied(Results *all, Result *r) {
  Result *from = r->question->implied ? results_find(all, r->question->implied) : NULL;
  return from && from->solved && r->economy->kappa ? rights_start_from(from, r) : NULL;
}

/* ---- along weights and levels ---- */

/* The parameters of one class that move, from and to; `logs`: by ratios. */
typedef struct { double *now, *from, *to; size_t n; int logs; } Moving;
typedef struct { Result *r; VEC(Moving) of; } Path;

static double *copy(Arena *mem, const double *x, size_t n) {
  double *y = ARENA_ARRAY(mem, double, n + 1);
  if (y) memcpy(y, x, n * sizeof *y);
  return y;
}

static void weights_move(Path *path, const Agent *a, const double *implied) {
  Result *r = path->r;
  size_t n = economy_volume(r->economy, a->welfare_weight);
  double *now = planner_numbers(r, a->welfare_weight), *to = now ? copy(r->mem, now, n) : NULL, *from = to ? copy(r->mem, to, n) : NULL;
  if (!from) return;
  for (size_t k = 0; k < n; k++)
    if (to[k] > 0 && implied[k] > 0) from[k] = implied[k];
  VEC_PUSH(r->mem, path->of, ((Moving){now, from, to, n, 1}));
}

static void take_welfare(void *ctx, const Elem *ix, uint32_t n, Number v) {
  Path *path = ctx;
  Moving *m = &path->of.at[path->of.n - 1];
  (void)n;
  const Agent *a = NULL;
  for (uint32_t i = 0; i < path->r->economy->agents.n; i++)
    if (path->r->economy->agents.at[i].level && path->r->values->of[path->r->economy->agents.at[i].level] == m->now) a = &path->r->economy->agents.at[i];
  size_t k = a ? economy_offset(path->r->economy, a->level, ix) : SIZE_MAX;
  if (k < m->n && v.known && isfinite(v.value)) m->from[k] = v.value;
}

static void levels_move(Path *path, Result *base, const Agent *a) {
  Result *r = path->r;
  size_t n = economy_volume(r->economy, a->level);
  double *now = planner_numbers(r, a->level), *to = now ? copy(r->mem, now, n) : NULL, *from = to ? copy(r->mem, to, n) : NULL;
  if (!from) return;
  VEC_PUSH(r->mem, path->of, ((Moving){now, from, to, n, 0}));
  result_each(base, a->value, take_welfare, path);
}

static int stand(Path *path, double at) {
  for (uint32_t i = 0; i < path->of.n; i++) {
    Moving *m = &path->of.at[i];
    for (size_t k = 0; k < m->n; k++) {
      m->now[k] = at >= 1 ? m->to[k] : m->from[k] + at * (m->to[k] - m->from[k]);
      if (at < 1 && m->logs && m->from[k] > 0 && m->to[k] > 0) m->now[k] = m->from[k] * pow(m->to[k] / m->from[k], at);
    }
  }
  return lowered_fill(path->r->lowered, path->r->values, path->r->question);
}

static void walk(Path *path, const Settings *s, double *x) {
  const Problem *p = lowered_problem(path->r->lowered);
  Settings quick = *s;
  double at = 0, step = 0.25;
  quick.no_ladder = 1;
  for (int k = 0; k < STEPS && at < 1 && step > 1e-3; k++) {
    double next = fmin(1, k ? at + step : 0);
    Solution sol;
    if (stand(path, next)) break;
    if (is_solved(problem_solve(p, &quick, x, &sol))) {
      memcpy(x, sol.x, p->nx * sizeof *x);
      at = next;
      step *= 1.5;
    } else if (!k || sol.status == ECON_TIME || sol.status == ECON_CANCELLED || sol.status == ECON_MEMORY) step = 0;
    else step /= 2;
    solution_free(&sol);
  }
  stand(path, 1);
}

const double *planner_start_path(Posing *p, Results *all, Result *r, const Settings *s) {
  Question plain;
  Result base;
  Path path = {.r = r};
  const Economy *e = r->economy;
  double *x = NULL;
  (void)all;
  if (r->question->equal_gain || rights_plain(p, r, s, &plain, &base)) {
    if (!r->question->equal_gain) rights_plain_free(&base);
    return NULL;
  }
  double **implied = rights_implied(&base, r);
  for (uint32_t i = 0; i < e->agents.n && implied; i++) {
    const Agent *a = &e->agents.at[i];
    if (a->gone || !a->value || !a->welfare_weight) continue;
    if (!r->question->maximizes) weights_move(&path, a, implied[a->welfare_weight]);
    if (a->holding) levels_move(&path, &base, a);
  }
  if (implied && path.of.n && !arena_failed(r->mem) && !stand(&path, 0) && (x = rights_start_from(&base, r))) walk(&path, s, x);
  else stand(&path, 1);
  rights_plain_free(&base);
  return x;
}

/* ---- levels out of reach ---- */

static const double NEAR = 1e-7;                        /* of the way: how closely the furthest levels are looked for */

/* Optima from x, which is one at 0, as far as they are found; x is the last. Steps shrink where one fails and grow where one is found. */
static double furthest(Path *path, const Settings *s, double *x) {
  const Problem *p = lowered_problem(path->r->lowered);
  Settings quick = *s;
  double at = 0, step = 0.25, failed = INFINITY;
  quick.no_ladder = quick.conditions_only = 1;
  for (int k = 0; k < 200 && at < 1 && step > NEAR; k++) {
    double next = fmin(1, at + step);
    Solution sol;
    if (next >= failed) { step = (failed - at) / 2; next = at + step; }
    if (stand(path, next)) break;
    EconStatus found = problem_solve(p, &quick, x, &sol);
    if (is_solved(found)) {
      memcpy(x, sol.x, p->nx * sizeof *x);
      at = next;
      step *= 1.5;
    } else {
      failed = next;
      step /= 2;
    }
    solution_free(&sol);
    if (found == ECON_TIME || found == ECON_CANCELLED || found == ECON_MEMORY) break;
  }
  return at;
}

typedef struct { Result *at; const Path *path; const Agent *a; double reached; Text *out; uint32_t n; int held; } Telling;

static void tell(void *ctx, const Elem *ix, uint32_t n, Number v) {
  Telling *t = ctx;
  const Economy *e = t->at->economy;
  size_t k = t->a->held ? economy_offset(e, t->a->held, ix) : SIZE_MAX;
  int held = k != SIZE_MAX && t->at->values->of[t->a->held][k] > 0;
  if (held != t->held || !v.known || t->n >= 4) return;
  text_put(t->out, t->n++ ? ", " : "");
  if (n) result_key(e, 0, ix, n, -1, NULL, t->out);
  else text_put(t->out, str_text(e->cc->strs, economy_at(e, t->a->sym)->name));
  if (!held) { text_printf(t->out, " %.2g", v.value); return; }
  const double *level = t->at->values->of[t->a->level];
  for (uint32_t i = 0; i < t->path->of.n; i++)
    if (t->path->of.at[i].now == level) {
      const Moving *m = &t->path->of.at[i];
      double now = m->from[k] + t->reached * (m->to[k] - m->from[k]);
      text_printf(t->out, " at %.4g, %.2g short of the %.4g asked for", now, m->to[k] - now, m->to[k]);
    }
}

static void told(Telling *t, int held) {
  t->held = held;
  t->n = 0;
  for (uint32_t i = 0; i < t->at->economy->agents.n; i++) {
    t->a = &t->at->economy->agents.at[i];
    if (!t->a->gone && t->a->value && !t->a->is_firm) result_each(t->at, t->a->value, tell, t);
  }
}

void planner_reach(Posing *p, Result *r, const Settings *s, Text *out) {
  Question plain;
  Result base;
  Path path = {.r = r};
  const Economy *e = r->economy;
  Solution sol = {0};
  if (r->question->equal_gain || !r->question->holding.n) return;
  if (!rights_plain(p, r, s, &plain, &base)) {
    for (uint32_t i = 0; i < e->agents.n; i++)
      if (!e->agents.at[i].gone && e->agents.at[i].holding) levels_move(&path, &base, &e->agents.at[i]);
    double *x = path.of.n && !stand(&path, 0) ? rights_start_from(&base, r) : NULL;
    int there = x && is_solved(problem_solve(lowered_problem(r->lowered), s, x, &sol));
    if (there) memcpy(x, sol.x, lowered_problem(r->lowered)->nx * sizeof *x);
    double reached = there ? furthest(&path, s, x) : 0;
    if (there && reached < 1) {
      Result at = *r;
      at.sol = (Solution){.status = ECON_SOLVED, .x = x, .mem = r->sol.mem};
      at.solved = 1;
      Telling t = {.at = &at, .path = &path, .reached = reached, .out = out};
      text_put(out, "the levels are out of reach as far as was found: raised from those of the equilibrium without rights, together and in proportion, optima were found up to ");
      told(&t, 1);
      text_put(out, "; welfare is then ");
      told(&t, 0);
    }
    if (x) solution_free(&sol);
    stand(&path, 1);
  }
  rights_plain_free(&base);
}

/* ---- without the constraints ---- */

const double *planner_start_free(Posing *p, Results *all, Result *r, const Settings *s) {
  Question q = *r->question;
  Result base = {.name = r->name, .question = &q, .model = r->model};
  Economy *e = economy_clone(r->model->economy, r->mem);
  uint32_t before = q.without.n;
  double *start = NULL;
  (void)all;
  Question plain = q;
  plain.concept = Q_EQUILIBRIUM;
  if (!e || r->question->equal_gain || passes_run(e, &plain, r->values, "kkt")) return NULL;
  Bearing *b = bearing_of(e);
  memset(&q.without, 0, sizeof q.without);
  for (uint32_t i = 0; i < before; i++) VEC_PUSH(r->mem, q.without, r->question->without.at[i]);
  for (uint32_t i = 0; b && i < b->constraints.n; i++) {
    const BearingConstraint *k = &b->constraints.at[i];
    const Constraint *c = &e->agents.at[k->agent].constraints.at[k->constraint];
    if (k->bears && k->kind != BEAR_ROOT && !c->is_budget) VEC_PUSH(r->mem, q.without, c->sym);
  }
  if (q.without.n == before) return NULL;
  pose_economy(p, &q, r->values, NULL, 1, &base);
  if (base.values) pose_lower(p, &base);
  if (base.values && base.lowered) {
    if (is_solved(problem_solve(lowered_problem(base.lowered), s, NULL, &base.sol))) start = rights_start_from(&base, r);
    solution_free(&base.sol);
  }
  arena_free(base.mem);
  return start;
}
