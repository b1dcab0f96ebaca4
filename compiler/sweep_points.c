/* sweep_points.c: the points of a sweep, their parameters, and the problems that they share. See sweep.h. */
#include "secondbest.h"
#include "sweep.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { Posing *posing; Compilation *cc; Results *all; Grid *g; const Sweep *w; } Laying;

/* ---- points ---- */

static double number(Laying *l, const Expr *e, Arena *mem) {
  Eval eval = eval_new(l->all->base.values, mem);
  return eval.env ? eval_expr(&eval, e) : NAN;
}

static void put_number(Text *t, double x) { text_digits(t, x, 10); }

/* What is meant by the k-th step from a: the decimal of at most twelve digits that the sum is but for rounding, where there is one. A
 * tenth is no binary number, and three steps of it from zero would else be 0.30000000000000004. */
static double step_value(double a, double by, double k) {
  char buf[40];
  double x = a + k * by;
  if (!(k > 0)) return a;
  snprintf(buf, sizeof buf, "%.12g", x);
  double decimal = strtod(buf, NULL);
  return fabs(decimal - x) <= 4 * 2.220446049250313e-16 * (fabs(a) + k * fabs(by)) ? decimal : x;
}

static int not_finite(Laying *l, const SweepAxis *x) {
  diag_add(l->cc, SEV_ERROR, "sweep.values", x->at, "the values of `%s` are not all finite numbers", str_text(l->cc->strs, x->label));
  return 1;
}

static int is_whole(double x) { return floor(x) == x; }

/* The values of a range into *out (from the grid's arena). 0, or 1 after a diagnostic. */
static int range_values(Laying *l, const SweepAxis *x, double **out, uint32_t *n) {
  double lo = number(l, x->lo, l->g->mem), hi = number(l, x->hi, l->g->mem), by = x->by ? number(l, x->by, l->g->mem) : 1;
  const char *name = str_text(l->cc->strs, x->label);
  if (!isfinite(lo) || !isfinite(hi) || !isfinite(by)) return not_finite(l, x);
  if (!x->by && !(is_whole(lo) && is_whole(hi))) {
    Diag *d = diag_add(l->cc, SEV_ERROR, "sweep.step", x->at, "how far apart are the values of `%s`?", name);
    diag_hint(l->cc, d, "say the step: `%s = ... by %g`; without one it is 1, from one whole number to another", name, (hi - lo) / 10);
    return 1;
  }
  Text a = {0}, b = {0}, s = {0};
  put_number(&a, lo), put_number(&b, hi), put_number(&s, by);
  int wrong = 0;
  if (!(by < 0 || by > 0)) {
    diag_add(l->cc, SEV_ERROR, "sweep.step", x->at, "the step of `%s` is 0, so that it would never arrive", name);
    wrong = 1;
  } else if ((hi - lo) * by < 0) {
    Diag *d = x->by ? diag_add(l->cc, SEV_ERROR, "sweep.step", x->at, "steps of %s lead from %s away from %s", s.at ? s.at : "", a.at ? a.at : "", b.at ? b.at : "")
                    : diag_add(l->cc, SEV_ERROR, "sweep.empty", x->at, "there is no value from %s up to %s, so the sweep has no point", a.at ? a.at : "", b.at ? b.at : "");
    diag_hint(l->cc, d, "the step has the sign of the way: `%s .. %s by %g`", a.at ? a.at : "", b.at ? b.at : "", -by);
    wrong = 1;
  }
  text_free(&a), text_free(&b), text_free(&s);
  if (wrong) return 1;
  double steps = floor((hi - lo) / by * (1 + 1e-12) + 1e-9);
  if (steps + 1 > MOST_POINTS) {
    diag_add(l->cc, SEV_ERROR, "sweep.many", x->at, "`%s` would take %.*g values; a sweep has at most %d points", name, steps < 1e15 ? 15 : 3, steps + 1, MOST_POINTS);
    return 1;
  }
  *n = (uint32_t)steps + 1;
  if (!(*out = ARENA_ARRAY(l->g->mem, double, *n))) return 1;
  for (uint32_t k = 0; k < *n; k++) {
    double v = step_value(lo, by, k);
    (*out)[k] = fabs(v - hi) <= 1e-12 * fabs(by) ? hi : v;
  }
  return 0;
}

static int list_values(Laying *l, const SweepAxis *x, double **out, uint32_t *n) {
  *n = x->list.n;
  if (!(*out = ARENA_ARRAY(l->g->mem, double, *n + 1))) return 1;
  for (uint32_t k = 0; k < *n; k++)
    if (!isfinite((*out)[k] = number(l, x->list.at[k], l->g->mem))) return not_finite(l, x);
  return 0;
}

/* The product of the axes into g->value, the last fastest. */
static int lay_product(Laying *l) {
  Grid *g = l->g;
  double **of = ARENA_ARRAY(g->mem, double *, g->naxis + 1), all = 1;
  int wrong = 0;
  g->length = ARENA_ARRAY(g->mem, uint32_t, g->naxis + 1);
  if (!of || !g->length) return 1;
  for (uint32_t a = 0; a < g->naxis; a++) {
    const SweepAxis *x = &l->w->axes.at[a];
    wrong |= x->lo ? range_values(l, x, &of[a], &g->length[a]) : list_values(l, x, &of[a], &g->length[a]);
    all *= g->length[a];
  }
  if (wrong) return 1;
  if (all > MOST_POINTS) {
    diag_add(l->cc, SEV_ERROR, "sweep.many", l->w->at, "this sweep has %.0f points; at most %d are solved", all, MOST_POINTS);
    return 1;
  }
  g->npoint = (uint32_t)all;
  if (!(g->value = ARENA_ARRAY(g->mem, double, (size_t)g->npoint * g->naxis + 1))) return 1;
  for (uint32_t k = 0; k < g->npoint; k++)
    for (uint32_t a = g->naxis, rest = k; a-- > 0; rest /= g->length[a]) g->value[(size_t)k * g->naxis + a] = of[a][rest % g->length[a]];
  return 0;
}

static int lay_rows(Laying *l) {
  if (l->w->nrows > MOST_POINTS) {
    diag_add(l->cc, SEV_ERROR, "sweep.many", l->w->at, "the file has %u lines; at most %d are solved", l->w->nrows, MOST_POINTS);
    return 1;
  }
  l->g->npoint = l->w->nrows;
  l->g->value = l->w->row.at;
  return 0;
}

/* ---- the parameters of a point ---- */

/* Keeps values that were computed in passing: tables that are those of the file are shared. */
static Values *values_keep(const Values *v, const Values *base, Arena *mem) {
  const Economy *e = v->economy;
  Values *kept = ARENA_NEW(mem, Values);
  if (!kept || !(kept->of = ARENA_ARRAY(mem, double *, e->syms.n + 1))) return NULL;
  kept->economy = e;
  kept->mem = mem;
  for (SymId s = 1; s < e->syms.n; s++) {
    if (!v->of[s]) continue;
    size_t n = economy_volume(e, s);
    if (base->of[s] && !memcmp(base->of[s], v->of[s], n * sizeof(double))) kept->of[s] = base->of[s];
    else if ((kept->of[s] = ARENA_ARRAY(mem, double, n + 1))) memcpy(kept->of[s], v->of[s], n * sizeof(double));
  }
  return arena_failed(mem) ? NULL : kept;
}

static Override moved(const Grid *g, uint32_t point, uint32_t axis) {
  const SweepAxis *x = &g->sweep->axes.at[axis];
  return (Override){.sym = x->sym, .ix = x->ix, .nix = x->nix, .value = g->value[(size_t)point * g->naxis + axis], .at = x->at};
}

void sweep_posing(const Results *all, uint32_t sweep, uint32_t point, size_t memory, Arena *mem, Posing *out) {
  const Grid *g = &all->grid[sweep];
  Override *o = ARENA_ARRAY(mem, Override, g->nset + g->naxis + 1);
  *out = (Posing){.cc = all->model->cc, .model = all->model, .memory = memory};
  if (!o) return;
  if (g->nset) memcpy(o, g->set, g->nset * sizeof *o);
  for (uint32_t a = 0; a < g->naxis; a++) o[g->nset + a] = moved(g, point, a);
  out->set = o;
  out->nset = g->nset + g->naxis;
}

static Values *point_values(Laying *l, const Question *q, uint32_t point) {
  Grid *g = l->g;
  Arena *mem = pose_arena(l->posing);
  Override *o = mem ? ARENA_ARRAY(mem, Override, g->naxis + 1) : NULL;
  for (uint32_t a = 0; o && a < g->naxis; a++) o[a] = moved(g, point, a);
  Values *v = o ? pose_values(l->posing, q, o, g->naxis, mem) : NULL;
  if (!v && (!mem || arena_failed(mem))) l->posing->memory_failed = 1;
  if (v && !(v = values_keep(v, l->all->base.values, g->mem))) l->posing->memory_failed = 1;
  arena_free(mem);
  return v;
}

/* ---- shapes ---- */

static int sign(double x) { return (x > 0) - (x < 0); }

static int same_signs(const Values *a, const Values *b) {
  for (SymId s = 1; s < a->economy->syms.n; s++) {
    if (a->of[s] == b->of[s]) continue;
    if (!a->of[s] || !b->of[s]) return 0;
    for (size_t i = 0, n = economy_volume(a->economy, s); i < n; i++)
      if (sign(a->of[s][i]) != sign(b->of[s][i])) return 0;
  }
  return 1;
}

/* A new shape: the question posed with the values of one point. NULL after diagnostics or for want of memory. */
static Result *shape_new(Laying *l, const Question *q, Values *v) {
  Result r = {0};
  pose_economy(l->posing, q, v, NULL, 1, &r);
  pose_lower(l->posing, &r);
  if (!r.values) {
    arena_free(r.mem);
    return NULL;
  }
  uint32_t n = l->g->shape.n;
  VEC_PUSH(l->g->mem, l->g->shape, r);
  if (l->g->shape.n > n) return &l->g->shape.at[n];
  arena_free(r.mem);
  return NULL;
}

static void take_shape(Result *r, const Result *shape) {
  r->economy = shape->economy;
  r->lowered = shape->lowered;
}

/* Points of a shape share it; every: each point has its own. */
static int shape_of_point(Laying *l, const Question *q, Result *r, uint32_t first, int every) {
  for (uint32_t i = first; i < l->g->shape.n && !every; i++)
    if (same_signs(l->g->shape.at[i].values, r->values)) {
      take_shape(r, &l->g->shape.at[i]);
      return lowered_fill(r->lowered, r->values, q);
    }
  const Result *shape = shape_new(l, q, r->values);
  if (!shape) return 1;
  take_shape(r, shape);
  return 0;
}

static int shape_point(Laying *l, const Question *q, Result *r, uint32_t first, int every) {
  return shape_of_point(l, q, r, first, every) || finite_check(r->economy, q, r->values);
}

/* ---- is a shape's form independent of its data? ---- */

static int same_prog(const Prog *a, const Prog *b) {
  if (a->n != b->n || a->regs != b->regs || a->nout != b->nout) return 0;
  for (uint32_t i = 0; i < a->n; i++) {
    const Ins *x = &a->ins[i], *y = &b->ins[i];
    if (x->op != y->op || x->d != y->d || x->a != y->a || x->b != y->b || x->c != y->c || memcmp(&x->k, &y->k, sizeof x->k)) return 0;
  }
  return !a->nout || !memcmp(a->out, b->out, a->nout * sizeof *a->out);
}

static int same_doubles(const double *a, const double *b, size_t n) { return !n || !memcmp(a, b, n * sizeof *a); }

static int same_kernel(const Kernel *a, const Kernel *b) {
  if (a->nin != b->nin || a->nown != b->nown || a->nshare != b->nshare || a->nentry != b->nentry) return 0;
  for (uint32_t i = 0; i < a->nin; i++)
    if (a->in[i].kind != b->in[i].kind || a->in[i].ref != b->in[i].ref) return 0;
  for (uint32_t i = 0; i < a->nshare; i++)
    if (a->share[i].target != b->share[i].target || a->share[i].by_lane != b->share[i].by_lane) return 0;
  for (uint32_t i = 0; i < a->nown; i++)
    if (a->role[i] != b->role[i] || a->flag[i] != b->flag[i] || a->lower_col[i] != b->lower_col[i] || a->upper_col[i] != b->upper_col[i]) return 0;
  return same_prog(&a->value, &b->value) && same_prog(&a->terms, &b->terms) && same_prog(&a->jac, &b->jac) && same_prog(&a->goal, &b->goal) &&
         same_prog(&a->goal_grad, &b->goal_grad) && same_prog(&a->domain, &b->domain) && same_doubles(a->lower, b->lower, a->nown) && same_doubles(a->upper, b->upper, a->nown);
}

static int same_block(const Block *a, const Block *b) {
  if (a->lanes != b->lanes || a->base != b->base || a->ncolumn != b->ncolumn || a->nindex != b->nindex || !a->mass != !b->mass) return 0;
  for (uint32_t c = 0; c < a->ncolumn; c++)
    if (!same_doubles(a->column[c], b->column[c], a->lanes)) return 0;
  for (uint32_t c = 0; c < a->nindex; c++)
    if (a->lanes && memcmp(a->index[c], b->index[c], a->lanes * sizeof *a->index[c])) return 0;
  return (!a->mass || same_doubles(a->mass, b->mass, a->lanes)) && same_kernel(a->k, b->k);
}

static int same_problem(const Problem *a, const Problem *b) {
  if (a->kind != b->kind || a->nx != b->nx || a->nglobal != b->nglobal || a->ncheck != b->ncheck || a->nblock != b->nblock || a->npar != b->npar) return 0;
  for (uint32_t i = 0; i < a->nglobal; i++) {
    const Global *x = &a->global[i], *y = &b->global[i];
    if (x->kind != y->kind || x->flag != y->flag || !same_doubles(&x->lower, &y->lower, 1) || !same_doubles(&x->upper, &y->upper, 1)) return 0;
  }
  for (uint32_t i = 0; i < a->ncheck; i++) {
    const Check *x = &a->check[i], *y = &b->check[i];
    if (x->price != y->price || x->equality != y->equality || x->implied != y->implied || x->waived != y->waived) return 0;
  }
  for (uint32_t i = 0; i < a->nblock; i++)
    if (!same_block(&a->block[i], &b->block[i])) return 0;
  return same_doubles(a->par, b->par, a->npar);
}

/* Poses the question anew with one point's values: is that the problem which its shape, filled with them, is? Nothing is diagnosed that
 * the shape did not already. */
static int shape_holds(Laying *l, const Question *q, Result *r) {
  Result fresh = {0};
  int same = 0;
  pose_economy(l->posing, q, r->values, NULL, 1, &fresh);
  if (fresh.values && (fresh.lowered = lower_economy(fresh.economy, q, fresh.values, fresh.mem)) && !lowered_fill(r->lowered, r->values, q))
    same = same_problem(lowered_problem(r->lowered), lowered_problem(fresh.lowered));
  arena_free(fresh.mem);
  return same;
}

/* ---- the whole ---- */

static int pose_points(Laying *l, uint32_t question) {
  Grid *g = l->g;
  const Question *q = &l->all->model->questions.at[question];
  Result *stand = &l->all->of[question];
  uint32_t first = g->shape.n, last = UINT32_MAX;
  stand->point = ARENA_ARRAY(g->mem, Result, g->npoint);
  if (!stand->point) { l->posing->memory_failed = 1; return 1; }
  stand->npoint = g->npoint;
  for (int every = 0; every < 2; every++) {
    for (uint32_t k = 0; k < g->npoint; k++) {
      Result *r = &stand->point[k];
      unsigned before = diag_errors(l->cc->diags);
      uint32_t shapes = g->shape.n;
      if (!every) *r = (Result){.name = q->name, .question = q, .model = l->all->model, .mem = g->mem, .values = point_values(l, q, k)};
      if (!r->values || shape_point(l, q, r, first, every)) {
        if (diag_errors(l->cc->diags) == before) {                              /* what another question was told is not said again */
          if (!before) l->posing->memory_failed = 1;
          return 1;
        }
        Text t = {0};
        grid_point_text(l->all, g, k, &t);
        diag_add(l->cc, SEV_ERROR, "sweep.point", l->w->at, "at the point %s of this sweep the model is wrong; the other message says how", t.at ? t.at : "");
        text_free(&t);
        return 1;
      }
      if (g->shape.n == shapes) last = k;
      if (!k && second_best_check(l->posing, r)) return 1;
    }
    if (last == UINT32_MAX || shape_holds(l, q, &stand->point[last])) return 0;
  }
  return 0;
}

void sweep_pose(Posing *posing, Results *all, uint32_t sweep) {
  const Sweep *w = &all->model->sweeps.at[sweep];
  Grid *g = &all->grid[sweep];
  Laying l = {posing, posing->cc, all, g, w};
  *g = (Grid){.sweep = w, .naxis = w->axes.n, .set = posing->set, .nset = posing->nset, .mem = pose_arena(posing)};
  if (!g->mem) { posing->memory_failed = 1; return; }
  for (uint32_t i = 0; i < w->questions.n; i++) {
    const Question *q = &all->model->questions.at[w->questions.at[i]];
    all->of[w->questions.at[i]] = (Result){.name = q->name, .question = q, .model = all->model, .economy = all->model->economy, .mem = g->mem};
  }
  int wrong = w->by_rows ? lay_rows(&l) : lay_product(&l);
  for (uint32_t i = 0; i < w->questions.n && !wrong; i++) wrong = pose_points(&l, w->questions.at[i]);
  for (uint32_t i = 0; i < w->questions.n && !wrong; i++) all->of[w->questions.at[i]].values = all->base.values;
  if (wrong) {
    g->npoint = 0;
    for (uint32_t i = 0; i < w->questions.n; i++) all->of[w->questions.at[i]].point = NULL;
  }
  if (arena_failed(g->mem)) posing->memory_failed = 1;
}

void sweep_release(Results *all, uint32_t sweep) {
  Grid *g = &all->grid[sweep];
  for (uint32_t i = 0; g->sweep && i < g->sweep->questions.n; i++) {
    Result *stand = &all->of[g->sweep->questions.at[i]];
    for (uint32_t k = 0; stand->point && k < stand->npoint; k++) result_forget(&stand->point[k]);
    stand->mem = NULL;
  }
  for (uint32_t i = 0; i < g->shape.n; i++) arena_free(g->shape.at[i].mem);
  arena_free(g->mem);
  *g = (Grid){0};
}
