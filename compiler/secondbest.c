/* secondbest.c: instruments at their best values. See secondbest.h. */
#include "secondbest.h"
#include "family.h"
#include "markets.h"
#include "planner_search.h"
#include "sensing.h"
#include "statistic.h"
#include "tangent.h"
#include "../runtime/ascend.h"
#include "../runtime/eigen.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The question posed at values of like signs: min and max are read by the signs of what multiplies them (sweep.h). */
typedef struct { Result posed; Values *with; } Shape;

typedef struct {
  Posing *posing; Results *all; Result *r;
  Settings way, answer;                                 /* how equilibria on the way are solved, and the one that is reported */
  uint32_t n;
  double *lower, *upper, *scale, *start;
  const Expr *goal, *size, **stat;                      /* W; the sum of its terms' sizes; its derivatives, as statistics */
  VEC(Shape) shapes;
  Arena *values;                                        /* of the parameters at hand */
  double *held;                                         /* of the instruments, in r */
  const Lowered *warm_of; double *warm;                 /* the last solution, and of which problem */
  uint32_t solved, missed;
  int stop, failed;                                     /* interrupted; out of memory */
  Arena *mem;
} Search;

/* ---- W as an expression ---- */
static const Expr *part(Economy *e, const Agent *a, int sizes) {
  Ix *ix = ARENA_ARRAY(e->mem, Ix, a->nidx + 1);
  if (!ix) return NULL;
  for (uint32_t i = 0; i < a->nidx; i++) ix[i] = ix_bound(a->idx[i]);
  const Expr *u = ex_ref(e->mem, a->at, a->value, ix, a->nidx);
  if (sizes) u = ex_call(e->mem, a->at, FN_ABS, &u, 1);
  if (a->welfare_weight) u = ex_mul2(e->mem, a->at, ex_ref(e->mem, a->at, a->welfare_weight, ix, a->nidx), u);
  return class_total(e, a, u, a->at);
}

static const Expr *sum_of_welfare(Search *s, int sizes) {
  Economy *e = s->all->model->economy;
  const Expr *sum = NULL;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i], *here = economy_agent(s->r->economy, a->sym);
    if (a->is_firm || !a->value || !here || here->gone) continue;
    const Expr *x = part(e, a, sizes);
    sum = sum && x ? ex_add2(e->mem, a->at, sum, x) : x;
  }
  return sum ? sum : ex_num(e->mem, 0, 0);
}

static const Expr *slope_of(Search *s, const Instrument *x) {
  Arena *mem = s->all->model->economy->mem;
  Ix *ix = ARENA_ARRAY(mem, Ix, x->nix + 1);
  if (!ix) return NULL;
  for (uint32_t i = 0; i < x->nix; i++) ix[i] = ix_elem(x->ix[i]);
  return ex_node(mem, x->at, E_STAT, (const Expr *const[]){s->goal, ex_ref(mem, x->at, x->sym, ix, x->nix)}, 2);
}

static double number(Search *s, const Expr *x) {
  QueryItem item = {.e = x};
  Number v = query_value(s->all, &item, s->r, NULL);
  return v.known ? v.value : NAN;
}

static double slope(Search *s, uint32_t i) {
  uint32_t nenv = s->all->model->economy->idxs.n + 1;
  Elem *env = calloc(nenv, sizeof *env);
  if (!env) return NAN;
  Asked asked = {.all = s->all, .here = s->r, .env = env, .nenv = nenv};
  double d = statistic_sensitivity(&asked, s->stat[i]);
  free(env);
  return d;
}

/* ---- an equilibrium at given values ---- */
static int sign(double x) { return (x > 0) - (x < 0); }

static int same_signs(const Values *a, const Values *b) {
  for (SymId s = 1; s < a->economy->syms.n && s < b->economy->syms.n; s++) {
    if (a->of[s] == b->of[s]) continue;
    if (!a->of[s] || !b->of[s]) return 0;
    for (size_t i = 0, n = economy_volume(a->economy, s); i < n; i++)
      if (sign(a->of[s][i]) != sign(b->of[s][i])) return 0;
  }
  return 1;
}

static Values *values_at(Search *s, const double *x) {
  const Question *q = s->r->question;
  Arena *mem = pose_arena(s->posing);
  Override *o = mem ? ARENA_ARRAY(mem, Override, s->n + 1) : NULL;
  for (uint32_t i = 0; o && i < s->n; i++) o[i] = (Override){.sym = q->choosing.at[i].sym, .ix = q->choosing.at[i].ix, .nix = q->choosing.at[i].nix, .value = x[i], .at = q->choosing.at[i].at};
  Values *v = o ? pose_values(s->posing, q, o, s->n, mem) : NULL;
  if (!v) {
    s->failed |= !mem || arena_failed(mem);
    arena_free(mem);
    return NULL;
  }
  sensing_free(s->r->sensing);
  s->r->sensing = NULL;
  if (s->r->attempted) solution_free(&s->r->sol);
  s->r->attempted = s->r->solved = 0;
  memset(&s->r->sol, 0, sizeof s->r->sol);
  if (s->values) arena_free(s->values);
  s->values = mem;
  return v;
}

/* Takes the problem of a shape, posing it first where it is new. Nonzero where it cannot be posed. */
static int take_shape(Search *s, Values *v) {
  uint32_t k = 0;
  while (k < s->shapes.n && !same_signs(s->shapes.at[k].with, v)) k++;
  if (k == s->shapes.n) {
    Shape fresh = {0};
    pose_economy(s->posing, s->r->question, v, NULL, 1, &fresh.posed);
    pose_lower(s->posing, &fresh.posed);
    if (fresh.posed.values && fresh.posed.mem) {
      fresh.with = ARENA_NEW(fresh.posed.mem, Values);
      if (fresh.with) {
        *fresh.with = *v;
        fresh.with->of = ARENA_ARRAY(fresh.posed.mem, double *, v->economy->syms.n + 1);
      }
      for (SymId i = 1; fresh.with && fresh.with->of && i < v->economy->syms.n; i++) {
        size_t n = v->of[i] ? economy_volume(v->economy, i) : 0;
        if (v->of[i] && (fresh.with->of[i] = ARENA_ARRAY(fresh.posed.mem, double, n + 1))) memcpy(fresh.with->of[i], v->of[i], n * sizeof(double));
      }
    }
    if (!fresh.with || arena_failed(fresh.posed.mem)) {
      arena_free(fresh.posed.mem);
      return 1;
    }
    VEC_PUSH(s->mem, s->shapes, fresh);
    if (arena_failed(s->mem)) return 1;
  }
  s->r->economy = s->shapes.at[k].posed.economy;
  s->r->lowered = s->shapes.at[k].posed.lowered;
  s->r->values = v;
  return 0;
}

static void remember(Search *s) {
  uint32_t nx = lowered_problem(s->r->lowered)->nx;
  double *x = realloc(s->warm, (nx + 1) * sizeof *x);
  if (!x) return;
  memcpy(x, s->r->sol.x, nx * sizeof *x);
  s->warm = x;
  s->warm_of = s->r->lowered;
}

/* Leaves the equilibrium at x in r. 0 where there is one. */
static int equilibrium(Search *s, const double *x, const Settings *how) {
  Values *v = values_at(s, x);
  if (!v || take_shape(s, v)) return 1;
  memcpy(s->held, x, s->n * sizeof *x);
  if (lowered_fill(s->r->lowered, v, s->r->question) || planner_prepare(s->all, s->r)) return 1;
  const double *warm = s->warm_of == s->r->lowered ? s->warm : NULL;
  for (int again = 0; again < 2; again++) {
    problem_solve(lowered_problem(s->r->lowered), how, warm, &s->r->sol);
    s->r->attempted = 1;
    s->r->solved = (s->r->sol.status == ECON_SOLVED || s->r->sol.status == ECON_INDETERMINATE) && s->r->sol.cert.accepted;
    s->stop = s->r->sol.status == ECON_CANCELLED || s->r->sol.status == ECON_MEMORY || s->r->sol.status == ECON_TIME;
    if (s->r->solved || s->stop || !warm) break;
    warm = NULL;
    solution_free(&s->r->sol);
    memset(&s->r->sol, 0, sizeof s->r->sol);
  }
  if (!s->r->solved) {
    s->missed++;
    return 1;
  }
  s->solved++;
  remember(s);
  return 0;
}

static AscentAt at(void *ctx, const double *x, double *f, double *g, double *size) {
  Search *s = ctx;
  if (equilibrium(s, x, &s->way)) return s->stop || s->failed ? ASCENT_STOP : ASCENT_NOTHING;
  *f = number(s, s->goal);
  *size = fmax(number(s, s->size), 1e-300);
  int known = 1;
  for (uint32_t i = 0; i < s->n; i++) known &= isfinite(g[i] = slope(s, i));
  return known ? ASCENT_KNOWN : ASCENT_ONE_SIDED;
}

/* ---- what the search rests on ---- */

/* Differences of exact slopes over the instruments inside their bounds. */
static double curvature(Search *s, const double *x, int *flat) {
  const double BY = 1e-4;
  uint32_t n = 0, *which = ARENA_ARRAY(s->mem, uint32_t, s->n + 1);
  double *y = ARENA_ARRAY(s->mem, double, s->n + 1), *g = ARENA_ARRAY(s->mem, double, 2 * s->n + 1), *h = ARENA_ARRAY(s->mem, double, (size_t)s->n * s->n + 1), f, size = 1, most = 0;
  if (!which || !y || !g || !h) return NAN;
  for (uint32_t i = 0; i < s->n; i++)
    if (x[i] - BY * s->scale[i] > s->lower[i] && x[i] + BY * s->scale[i] < s->upper[i]) which[n++] = i;
  for (uint32_t k = 0; k < n; k++) {
    for (int side = 0; side < 2; side++) {
      memcpy(y, x, s->n * sizeof *y);
      y[which[k]] += (side ? 1 : -1) * BY * s->scale[which[k]];
      if (at(s, y, &f, g + (side ? s->n : 0), &size) != ASCENT_KNOWN) return NAN;
    }
    for (uint32_t m = 0; m < n; m++) {
      h[k * n + m] = (g[s->n + which[m]] - g[which[m]]) / (2 * BY) * s->scale[which[m]];
      most = fmax(most, fabs(h[k * n + m]));
    }
  }
  *flat = n && most <= 1e-9 * size;
  for (uint32_t k = 0; k < n; k++)
    for (uint32_t m = 0; m < k; m++) h[k * n + m] = h[m * n + k] = (h[k * n + m] + h[m * n + k]) / 2;
  return n ? eigen_largest(h, n) : NAN;
}

static double span_low(const Search *s, const double *x, uint32_t i) { return isfinite(s->lower[i]) ? s->lower[i] : x[i] - s->scale[i]; }
static double span_high(const Search *s, const double *x, uint32_t i) { return isfinite(s->upper[i]) ? s->upper[i] : x[i] + s->scale[i]; }

/* The k-th number of the sequence of van der Corput in a base. */
static double corput(uint32_t k, uint32_t base) {
  double x = 0, by = 1;
  for (; k; k /= base) {
    by /= base;
    x += by * (k % base);
  }
  return x;
}

enum { GRID = 21, STARTS = 12 };

/* The k-th of the values looked at: a grid in one dimension, from the middle outwards so that each starts near one that is known; spread points in more. */
static int place(const Search *s, const double *best, uint32_t k, double *x) {
  static const uint32_t prime[] = {2, 3, 5, 7, 11, 13, 17, 19};
  if (k >= (s->n == 1 ? GRID : STARTS)) return 0;
  for (uint32_t i = 0; i < s->n; i++) {
    double lo = span_low(s, best, i), hi = span_high(s, best, i);
    double t = s->n == 1 ? (double)k / (GRID - 1) : corput(k + 1, prime[i % 8]);
    if (s->n > 8) t = fmod(t + 0.618034 * i, 1);
    x[i] = lo + t * (hi - lo);
  }
  return 1;
}

static void words_of_domain(Search *s, const double *best, SecondBest *out) {
  Text t = {0};
  if (s->n == 1) text_printf(&t, "%d values of %s in [%.4g, %.4g]", (int)GRID, str_text(s->posing->cc->strs, out->label[0]), span_low(s, best, 0), span_high(s, best, 0));
  else text_printf(&t, "%d values spread over the bounds of the %u instruments (those without bounds: a step of their scale to both sides)", (int)STARTS, s->n);
  out->domain = t.failed ? NULL : arena_text(s->r->mem, t.at, t.n);
  text_free(&t);
}

/* Other values: is W higher anywhere? Climbs from there then. 1 where a better one was found (in best). */
static int look_around(Search *s, const Ascent *a, double *best, AscentFound *found, AscentEnd *end, SecondBest *out) {
  double *x = ARENA_ARRAY(s->mem, double, s->n + 1), *top = ARENA_ARRAY(s->mem, double, s->n + 1), highest = found->f, f;
  int better = 0;
  if (!x || !top) return 0;
  out->looked = out->lower = out->none = 0;
  for (uint32_t k = 0; place(s, best, k, x) && !s->stop; k++) {
    out->looked++;
    if (equilibrium(s, x, &s->way) || !isfinite(f = number(s, s->goal))) {
      out->none++;
      continue;
    }
    if (f <= found->f + 1e-10 * found->size) out->lower++;
    else if (f > highest) {
      highest = f;
      memcpy(top, x, s->n * sizeof *x);
      better = 1;
    }
  }
  if (!better || s->stop) return 0;
  AscentFound again;
  AscentEnd e = ascend(a, top, s->mem, &again);
  if (e == ASCENT_NO_START || !(again.f > found->f)) return 0;
  memcpy(best, top, s->n * sizeof *top);
  *found = again;
  *end = e;
  return 1;
}

/* ---- the whole ---- */
static int prepare(Search *s) {
  const Question *q = s->r->question;
  s->n = q->choosing.n;
  s->lower = ARENA_ARRAY(s->mem, double, s->n + 1);
  s->upper = ARENA_ARRAY(s->mem, double, s->n + 1);
  s->scale = ARENA_ARRAY(s->mem, double, s->n + 1);
  s->start = ARENA_ARRAY(s->mem, double, s->n + 1);
  s->stat = ARENA_ARRAY(s->mem, const Expr *, s->n + 1);
  if (arena_failed(s->mem)) return 1;
  Eval eval = eval_new(s->r->values, s->mem);
  s->goal = sum_of_welfare(s, 0);
  s->size = sum_of_welfare(s, 1);
  for (uint32_t i = 0; i < s->n; i++) {
    const Instrument *x = &q->choosing.at[i];
    size_t entry = x->nix ? economy_offset(s->r->economy, x->sym, x->ix) : 0;
    s->lower[i] = x->lower ? eval_expr(&eval, x->lower) : -INFINITY;
    s->upper[i] = x->upper ? eval_expr(&eval, x->upper) : INFINITY;
    s->start[i] = s->r->values->of[result_means(s->r, x->sym)][entry];
    s->scale[i] = isfinite(s->lower[i]) && isfinite(s->upper[i]) ? s->upper[i] - s->lower[i] : fmax(1, fabs(s->start[i]));
    s->stat[i] = slope_of(s, x);
  }
  return arena_failed(s->mem);
}

static void explain(Search *s, AscentEnd end, const AscentFound *found) {
  Text t = {0};
  const Question *q = s->r->question;
  const char *name = str_text(s->posing->cc->strs, q->choosing.at[0].label);
  if (end == ASCENT_RISING) text_printf(&t, "The sum of welfare goes on rising as %s runs away: give %s bounds, as in `choosing %s in [0, 1]`.", s->n > 1 ? "an instrument" : name, s->n > 1 ? "them" : "it", name);
  else if (end == ASCENT_NO_START) text_printf(&t, "No equilibrium was found at any of the values looked at; at the last of them: %s", s->r->sol.explanation ? s->r->sol.explanation : "the search for one ended as said below");
  else if (s->r->second->curvature > 0) text_printf(&t, "The search came to rest where the sum of welfare is flat and rises from there (second derivative %.2g): begin elsewhere, by other values in the file, or set bounds.", s->r->second->curvature);
  else text_printf(&t, "The search came to rest where the slope of the sum of welfare is %.1e of its terms, which is not zero.", found->size > 0 ? found->slope / found->size : found->slope);
  if (!s->r->sol.mem) s->r->sol.mem = arena_new(NULL);
  if (s->r->sol.mem && !t.failed) s->r->sol.explanation = arena_text(s->r->sol.mem, t.at, t.n);
  text_free(&t);
  s->r->solved = 0;
  if (end != ASCENT_NO_START) s->r->sol.status = ECON_STALLED;
}

static void search(Search *s, SecondBest *out) {
  Ascent a = {s->n, s->lower, s->upper, s->scale, at, s};
  AscentFound found;
  double *best = out->at;
  memcpy(best, s->start, s->n * sizeof *best);
  for (uint32_t i = 0; i < s->n; i++)
    if (best[i] < s->lower[i] || best[i] > s->upper[i]) best[i] = (span_low(s, best, i) + span_high(s, best, i)) / 2;
  AscentEnd end = ascend(&a, best, s->mem, &found);
  if (end == ASCENT_NO_START && !s->stop) {                                     /* somewhere else, then */
    double *x = ARENA_ARRAY(s->mem, double, s->n + 1);
    for (uint32_t k = 0; x && end == ASCENT_NO_START && place(s, best, k, x); k++) end = ascend(&a, x, s->mem, &found);
    if (x && end != ASCENT_NO_START) memcpy(best, x, s->n * sizeof *best);
  }
  int fine = end == ASCENT_STATIONARY || end == ASCENT_KINK;
  for (int again = 0; again < 3 && fine && !s->stop; again++) {
    if (!look_around(s, &a, best, &found, &end, out)) break;
    fine = end == ASCENT_STATIONARY || end == ASCENT_KINK;
  }
  words_of_domain(s, best, out);
  if (fine && !s->stop && end == ASCENT_STATIONARY) out->curvature = curvature(s, best, &out->flat);
  if (s->stop) return;
  for (uint32_t i = 0; i < s->n; i++)                                            /* below what slopes can tell apart from nothing */
    if (fabs(best[i]) < 1e-12 * s->scale[i]) best[i] = 0;
  if (equilibrium(s, best, &s->answer)) {
    if (s->r->sol.status == ECON_NOT_CERTIFIED && s->way.conditions_only) {       /* conditions alone were not enough: once more, with whole certificates */
      s->way = s->answer;
      search(s, out);
      return;
    }
    if (end != ASCENT_NO_START) end = ASCENT_STALLED;
    fine = 0;
  }
  out->value = found.f;
  out->slope = found.slope;
  out->size = found.size;
  out->kink = end == ASCENT_KINK;
  for (uint32_t i = 0; i < s->n; i++) out->at_bound += best[i] <= s->lower[i] || best[i] >= s->upper[i];
  if (fine && out->curvature > 1e-7 * out->size && !out->flat) {
    fine = 0;
    end = ASCENT_STALLED;
  }
  if (!fine) explain(s, end, &found);
}

static SecondBest *second_best_new(Result *r) {
  SecondBest *out = ARENA_NEW(r->mem, SecondBest);
  uint32_t n = r->question->choosing.n;
  Str *label = ARENA_ARRAY(r->mem, Str, n + 1);
  if (!out || !label) return NULL;
  *out = (SecondBest){.n = n, .label = label, .at = ARENA_ARRAY(r->mem, double, n + 1), .held = ARENA_ARRAY(r->mem, double, n + 1), .curvature = NAN, .value = NAN, .slope = NAN,
                      .economy = r->economy, .lowered = r->lowered, .values = r->values};
  if (arena_failed(r->mem)) return NULL;
  for (uint32_t i = 0; i < n; i++) {
    const Instrument *x = &r->question->choosing.at[i];
    label[i] = x->label;
    out->held[i] = r->values->of[x->sym][x->nix ? economy_offset(r->economy, x->sym, x->ix) : 0];
  }
  return out;
}

/* A search that begins at what was posed. */
static void begin(Search *s) {
  Shape first = {.posed = {.economy = s->r->economy, .lowered = s->r->lowered, .values = s->r->values}, .with = s->r->values};
  VEC_PUSH(s->mem, s->shapes, first);
}

/* Leaves with the result what it rests on, and frees the rest. */
static void end_search(Search *s) {
  s->r->kept = s->values;
  for (uint32_t i = 1; i < s->shapes.n; i++) {                                   /* the one in use lives as long as the answer */
    if (s->shapes.at[i].posed.lowered == s->r->lowered) s->r->shape = s->shapes.at[i].posed.mem;
    else arena_free(s->shapes.at[i].posed.mem);
  }
  s->posing->memory_failed |= s->failed;
  free(s->warm);
  arena_free(s->mem);
}

void second_best_solve(Posing *p, Results *all, Result *r, const Settings *settings) {
  Search s = {.posing = p, .all = all, .r = r, .way = *settings, .answer = *settings, .mem = arena_new(NULL)};
  s.way.conditions_only = 1;
  SecondBest *out = s.mem && !planner_prepare(all, r) ? second_best_new(r) : NULL;
  if (!out || prepare(&s)) {
    arena_free(s.mem);
    return;
  }
  begin(&s);
  s.held = out->held;
  r->second = out;
  search(&s, out);
  out->solved = s.solved;
  end_search(&s);
}

void second_best_release(Result *r) {
  if (r->second) {
    r->economy = r->second->economy;
    r->lowered = r->second->lowered;
    r->values = r->second->values;
  }
  r->second = NULL;
  arena_free(r->kept);
  arena_free(r->shape);
  r->kept = r->shape = NULL;
}

/* ---- as bytes ---- */
typedef struct { uint32_t n, words, kink, flat, at_bound, looked, lower, none, solved; double value, slope, size, curvature; } Head;

void second_best_pack(const SecondBest *b, Text *out) {
  Head h;
  memset(&h, 0, sizeof h);                              /* no byte is left to chance */
  h.n = b->n, h.words = b->domain ? (uint32_t)strlen(b->domain) + 1 : 0;
  h.kink = (uint32_t)b->kink, h.flat = (uint32_t)b->flat, h.at_bound = b->at_bound;
  h.looked = b->looked, h.lower = b->lower, h.none = b->none, h.solved = b->solved;
  h.value = b->value, h.slope = b->slope, h.size = b->size, h.curvature = b->curvature;
  text_add(out, (const char *)&h, sizeof h);
  text_add(out, (const char *)b->at, b->n * sizeof *b->at);
  text_add(out, (const char *)b->held, b->n * sizeof *b->held);
  if (h.words) text_add(out, b->domain, h.words);
}

int second_best_unpack(Posing *p, Results *all, Result *r, const char *bytes, size_t n) {
  Head h;
  if (n < sizeof h) return 1;
  memcpy(&h, bytes, sizeof h);
  bytes += sizeof h;
  size_t numbers = h.n * sizeof(double);
  if (h.n != r->question->choosing.n || n != sizeof h + 2 * numbers + h.words || (h.words && bytes[2 * numbers + h.words - 1])) return 1;
  SecondBest *b = second_best_new(r);
  Search s = {.posing = p, .all = all, .r = r, .n = h.n, .mem = arena_new(NULL)};
  if (!b || !s.mem) {
    arena_free(s.mem);
    return 1;
  }
  memcpy(b->at, bytes, numbers);
  memcpy(b->held, bytes + numbers, numbers);
  b->kink = (int)h.kink, b->flat = (int)h.flat, b->at_bound = h.at_bound;
  b->looked = h.looked, b->lower = h.lower, b->none = h.none, b->solved = h.solved;
  b->value = h.value, b->slope = h.slope, b->size = h.size, b->curvature = h.curvature;
  b->domain = h.words ? arena_text(r->mem, bytes + 2 * numbers, h.words - 1) : NULL;
  begin(&s);
  Values *v = values_at(&s, b->held);
  int wrong = !v || take_shape(&s, v);
  if (!wrong) r->second = b;                            /* the weights and the problem's data follow when the point is recalled */
  end_search(&s);
  return wrong;
}

/* ---- an instrument that changes nothing ---- */
static int moves_constraint(Tangent *t, const Constraint *c) { return !c->dropped && (tangent_moves(t, c->lhs) || tangent_moves(t, c->rhs) || (c->cond && tangent_moves(t, c->cond))); }

static int moves_agent(Tangent *t, const Economy *e, const Agent *a) {
  int moves = (a->mass && tangent_moves(t, a->mass)) || (a->value && tangent_moves(t, economy_at(e, a->value)->def));
  for (uint32_t i = 0; i < a->constraints.n && !moves; i++) moves = moves_constraint(t, &a->constraints.at[i]);
  for (uint32_t i = 0; i < a->choices.n && !moves; i++) {
    const Sym *x = economy_at(e, a->choices.at[i]);
    moves = !x->dropped && ((x->lower && tangent_moves(t, x->lower)) || (x->upper && tangent_moves(t, x->upper)));
  }
  return moves && !a->gone;
}

static int moves_anything(Tangent *t, const Economy *e, const Question *q) {
  for (uint32_t i = 0; i < e->agents.n; i++)
    if (moves_agent(t, e, &e->agents.at[i])) return 1;
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    if (!m->dropped && ((m->demand && tangent_moves(t, m->demand)) || (m->supply && tangent_moves(t, m->supply)))) return 1;
  }
  for (uint32_t i = 0; i < e->equations.n; i++)
    if (!e->equations.at[i].dropped && (tangent_moves(t, e->equations.at[i].lhs) || tangent_moves(t, e->equations.at[i].rhs))) return 1;
  for (uint32_t i = 0; i < e->normalisations.n; i++)
    if (!e->normalisations.at[i].dropped && (tangent_moves(t, e->normalisations.at[i].lhs) || tangent_moves(t, e->normalisations.at[i].rhs))) return 1;
  for (uint32_t i = 0; i < q->fix.n; i++)
    if (tangent_moves(t, q->fix.at[i].to)) return 1;
  return 0;
}

int second_best_check(Posing *p, Result *r) {
  const Question *q = r->question;
  int wrong = 0;
  for (uint32_t i = 0; q && q->concept == Q_SECOND_BEST && r->values && i < q->choosing.n; i++) {
    const Instrument *x = &q->choosing.at[i];
    Arena *mem = arena_new(NULL);
    size_t entry = x->nix ? economy_offset(r->economy, x->sym, x->ix) : 0;
    Tangent *t = mem ? tangent_new(r->economy, r->values, result_means(r, x->sym), entry, mem) : NULL;
    if (t && !moves_anything(t, r->economy, q)) {
      Diag *d = diag_add(p->cc, SEV_ERROR, "ask.instrument", x->at, "nothing in the economy of `%s` depends on `%s`, so there is nothing to choose", str_text(p->cc->strs, q->name), str_text(p->cc->strs, x->label));
      diag_hint(p->cc, d, "apply what it is an instrument of: `with NAME(...)`");
      wrong = 1;
    }
    Eval eval = mem ? eval_new(r->values, mem) : (Eval){0};
    if (eval.env && x->lower && x->upper && !(eval_expr(&eval, x->lower) < eval_expr(&eval, x->upper))) {
      diag_add(p->cc, SEV_ERROR, "ask.instrument", x->at, "the bounds of `%s` leave nothing to choose", str_text(p->cc->strs, x->label));
      wrong = 1;
    }
    arena_free(mem);
  }
  return wrong;
}

/* ---- in words ---- */
static void put_size(Text *out, double x) {
  if (x > 0 || x < 0) text_printf(out, "%.0e", fabs(x));
  else text_put(out, x == 0 ? "0" : "unknown");
}

void second_best_line(const Result *r, Text *out) {
  const SecondBest *b = r->second;
  if (!b) return;
  text_put(out, "; best");
  for (uint32_t i = 0; i < b->n && i < 4; i++) {
    text_printf(out, "%s %s = ", i ? "," : "", str_text(r->model->cc->strs, b->label[i]));
    text_digits(out, b->at[i], 7);
  }
  if (b->n > 4) text_printf(out, " and %u more", b->n - 4);
  if (b->flat) text_put(out, ", as good as others near it: the sum of welfare does not change with it");
  else if (b->kink) text_put(out, ", at a kink");
  else {
    text_put(out, ", slope ");
    put_size(out, b->size > 0 ? b->slope / b->size : b->slope);
    if (isfinite(b->curvature)) text_put(out, b->curvature < -1e-9 * b->size ? ", curvature negative" : ", curvature zero");
    else text_put(out, b->at_bound ? ", at a bound" : ", curvature unknown");
  }
  text_printf(out, "; none of %u other values better", b->looked - b->none);
  if (b->none) text_printf(out, ", %u without an equilibrium", b->none);
  text_put(out, " (evidence)");
}

void second_best_points(const Result *stand, Text *out) {
  enum { MOST = 4 };
  uint32_t n = stand->question->choosing.n;
  for (uint32_t i = 0; i < n && i < MOST; i++) {
    double least = INFINITY, most = -INFINITY;
    for (uint32_t k = 0; k < stand->npoint; k++) {
      const Result *r = &stand->point[k];
      if (!r->solved || !r->second) continue;
      least = fmin(least, r->second->at[i]);
      most = fmax(most, r->second->at[i]);
    }
    text_printf(out, "%s %s = ", i ? "," : "; best", str_text(stand->model->cc->strs, stand->question->choosing.at[i].label));
    text_digits(out, least, 7);
    if (least < most) text_put(out, " to "), text_digits(out, most, 7);
  }
  if (n > MOST) text_printf(out, " and %u more", n - MOST);
  text_put(out, " (evidence)");
}

void second_best_certificate(const Result *r, unsigned indent, Text *out) {
  const SecondBest *b = r->second;
  if (!b) return;
  text_printf(out, "%*s%-17s %s, the sum of welfare is ", (int)indent, "", "optimality", "evidence");
  text_digits(out, b->value, 10);
  text_printf(out, "\n%*smethod:  climbing by exact slopes; largest slope ", (int)indent + 4, "");
  put_size(out, b->slope);
  if (isfinite(b->curvature)) text_printf(out, ", largest second derivative %.3g (differences of slopes)", b->curvature);
  text_printf(out, "; %u equilibria solved\n", b->solved);
  if (b->domain) text_printf(out, "%*sdomain:  %s: %u lower, %u without an equilibrium\n", (int)indent + 4, "", b->domain, b->lower, b->none);
}
