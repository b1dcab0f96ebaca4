/* sensing.c: sensitivity(VALUE, PARAMETER) and elasticity: d value / d parameter = d value at fixed unknowns + gradient . dx, the
 * gradient by walking the value's expression (tangent.h), dx from the factors of the Jacobian at the solution (runtime/sensitivity.h)
 * and the movement of its conditions with the data (lower_move.c). Nothing is solved again and nothing is differenced.
 *
 * The factors belong to the solution, dx to the pair of it and an entry: both are kept. Where a value is asked for more entries than
 * there are values, one transposed solve a value takes the place of one solve an entry. */
#include "sensing.h"
#include "family.h"
#include "statistic.h"
#include "tangent.h"
#include "../runtime/sensitivity.h"
#include <math.h>
#include <string.h>

typedef struct { SymId sym; size_t at; Tangent *t; const char *kink; Movement move; } Direction;

struct Sensing {
  Arena *mem;
  Sensitivity *s;                     /* NULL: the linear algebra failed */
  uint32_t nx;
  double *g; uint8_t *in; uint32_t *touched, ntouched;  /* the gradient at hand */
  double *last, *y; int adjoint;      /* gradient and transposed solution of the last value; adjoint: they are there */
  VEC(Direction *) known; uint32_t hint; size_t kept;   /* kept: numbers held in `known` */
  Arena *moves;                       /* of `known` */
};

enum { MOST_KEPT = 32000000 };        /* numbers */

void sensing_free(Sensing *s) {
  if (!s) return;
  sensitivity_free(s->s);
  arena_free(s->moves);
  arena_free(s->mem);
}

static Sensing *sensing_of(Results *all, Result *r) {
  if (r->sensing) return r->sensing;
  if (r->question->sweep) {
    if (all->sensed) {
      sensing_free(all->sensed->sensing);
      all->sensed->sensing = NULL;
    }
    all->sensed = r;
  }
  Arena *mem = arena_new(NULL);
  Sensing *s = mem ? ARENA_NEW(mem, Sensing) : NULL;
  const Problem *p = result_problem(r);
  if (s) {
    *s = (Sensing){.mem = mem, .moves = arena_new(NULL), .nx = p->nx};
    s->g = ARENA_ARRAY(mem, double, p->nx + 1);
    s->in = ARENA_ARRAY(mem, uint8_t, p->nx + 1);
    s->touched = ARENA_ARRAY(mem, uint32_t, p->nx + 1);
    s->last = ARENA_ARRAY(mem, double, p->nx + 1);
    s->y = ARENA_ARRAY(mem, double, p->nx + 1);
  }
  if (!s || arena_failed(mem) || !s->moves) {
    if (s) arena_free(s->moves);
    arena_free(mem);
    return NULL;
  }
  s->s = sensitivity_new(p, r->sol.x, mem);
  return r->sensing = s;
}

/* ---- the gradient ----------------------------------------------------------------------------------------------------------------- */

typedef struct { Result *r; Sensing *s; Arena *mem; int missing; } Reaching;

static double look_here(void *ctx, const Expr *ref, const Elem *ix, uint32_t n) {
  Reaching *c = ctx;
  Number v = ref->kind == E_REF ? result_at(c->r, ref->sym, ix, n) : (Number){NAN, 0, 0};
  if (!v.known) c->missing = 1;
  return v.value;
}

static void reach(Derive *, const Expr *, const Elem *, uint32_t, double);

/* Through a definition, in its own index variables. */
static void through(Derive *w, const Expr *def, const Sym *s, const Elem *ix, uint32_t n, double weight) {
  Reaching *c = w->ctx;
  uint32_t a = c->r->model->economy->idxs.n, b = c->r->economy->idxs.n;
  Values own = *c->r->values;
  own.economy = c->r->economy;
  Eval ev = {&own, ARENA_ARRAY(c->mem, Elem, (a > b ? a : b) + 1), (a > b ? a : b) + 1, look_here, c, 0};
  if (!def || !ev.env) return;
  for (uint32_t i = 0; i < n && s->idx; i++)
    if (s->idx[i]) ev.env[s->idx[i]] = ix[i];
  Derive inner = {.t = w->t, .at = &ev, .ref = reach, .ctx = c};
  derive(&inner, def, weight);
  w->sum += inner.sum;
}

static void reach(Derive *w, const Expr *ref, const Elem *ix, uint32_t n, double weight) {
  Reaching *c = w->ctx;
  const SymId sym = result_means(c->r, ref->sym);
  const Sym *s = economy_at(c->r->economy, sym);
  if (!result_at(c->r, sym, ix, n).known) {
    c->missing = 1;
    return;
  }
  if (s->node_dim >= 0 && (uint32_t)s->node_dim < n && ix[s->node_dim] == ELEM_NONE) through(w, s->initial, s, ix, n, weight);
  else if (s->kind == SYM_LET || s->kind == SYM_VALUE) through(w, s->def, s, ix, n, weight);
  else {
    uint32_t at = c->s && result_exists(c->r, sym, ix, n) ? lowered_index(c->r->lowered, sym, ix, n) : NO_INDEX;
    if (at == NO_INDEX) return;                         /* a choice that is not made there is zero whatever moves */
    if (!c->s->in[at]) c->s->touched[c->s->ntouched++] = at;
    c->s->in[at] = 1;
    c->s->g[at] += weight;
  }
}

static void clear_gradient(Sensing *s) {
  for (uint32_t i = 0; i < s->ntouched; i++) s->g[s->touched[i]] = s->in[s->touched[i]] = 0;
  s->ntouched = 0;
}

/* ---- directions ------------------------------------------------------------------------------------------------------------------- */

static Direction *direction_find(Sensing *s, SymId sym, size_t at) {
  for (uint32_t i = 0; i < s->known.n; i++) {
    uint32_t k = (s->hint + i) % s->known.n;
    Direction *d = s->known.at[k];
    if (d->sym != sym || d->at != at) continue;
    s->hint = k + 1;
    return d;
  }
  return NULL;
}

static void forget(Sensing *s) {
  Arena *fresh = arena_new(NULL);
  if (!fresh) return;
  arena_free(s->moves);
  s->moves = fresh;
  s->known.at = NULL;
  s->known.n = s->known.cap = 0;
  s->hint = 0;
  s->kept = 0;
}

/* The movement of the solution with an entry; NULL when memory failed. */
static Direction *direction_of(Result *r, Sensing *s, SymId sym, size_t at) {
  Direction *d = direction_find(s, sym, at);
  if (d) return d;
  if (s->kept > MOST_KEPT) forget(s);
  d = ARENA_NEW(s->moves, Direction);
  Arena *heap = arena_new(NULL);
  int failed = !d || !heap;
  if (!failed) {
    *d = (Direction){.sym = sym, .at = at, .t = tangent_new(r->economy, r->values, sym, at, s->moves)};
    DataMove move = data_move_new(result_problem(r), heap);
    failed = !d->t || !move.rows || lowered_move(r->lowered, r->question, d->t, r->sol.x, &move) || sensitivity_move(s->s, &move, s->moves, &d->move);
    if (!failed) d->kink = d->t->kink;
    s->kept += s->nx;
  }
  arena_free(heap);
  if (failed || arena_failed(s->moves)) return NULL;
  VEC_PUSH(s->moves, s->known, d);
  return d;
}

/* Numbers of entries and of values that a call stands for, from the index variables in it. */
typedef struct { const Economy *e; IdxId seen[64]; uint32_t n; double count; } Volume;
static void note_volume(void *ctx, const Expr *e) {
  Volume *v = ctx;
  for (uint32_t i = 0; i < e->nix; i++) {
    uint32_t k = 0;
    if (e->ix[i].kind != IX_BOUND) continue;
    while (k < v->n && v->seen[k] != e->ix[i].v) k++;
    if (k < v->n || v->n == 64 || e->ix[i].v >= v->e->idxs.n) continue;
    v->seen[v->n++] = e->ix[i].v;
    v->count *= set_size(economy_set(v->e, v->e->idxs.at[e->ix[i].v].set));
  }
}

static double volume(const Economy *e, const Expr *x) {
  Volume v = {.e = e, .count = 1};
  ex_walk(x, note_volume, &v);
  return v.count;
}

/* ---- values ----------------------------------------------------------------------------------------------------------------------- */

static const char *const kept_on_no_side = "the conditions cannot all be kept as the parameter moves: the solution ends or jumps here";

static double refuse(Asked *a, Result *r, SensitivityStatus status, uint32_t pair) {
  const Problem *p = lowered_problem(r->lowered);
  char name[120];
  switch (status) {
    case SENSITIVITY_LOOSE: a->why = "the value is not determined by the equilibrium conditions, nor is its derivative"; break;
    case SENSITIVITY_ONE_SIDED:
      p->names.unknown(p->names.ctx, pair, name, sizeof name);
      statistic_text(a, "the derivatives to the left and to the right differ: `%s` stands at its bound and its condition just holds", name);
      break;
    case SENSITIVITY_NONE: a->why = kept_on_no_side; break;
    case SENSITIVITY_KNOWN: break;
  }
  return NAN;
}

/* own + g.v, zero where that is the rounding of terms that cancel. */
static double plus_dot(const Sensing *s, double own, const double *v) {
  static const double ROUNDING = 1e-15;
  double sum = own, size = fabs(own);
  for (uint32_t i = 0; i < s->ntouched; i++) {
    double t = s->g[s->touched[i]] * v[s->touched[i]];
    sum += t;
    size += fabs(t);
  }
  return fabs(sum) <= ROUNDING * size ? 0 : sum;
}

/* Through the transposed factors; nonzero where that cannot be. */
static int along(Asked *a, Result *r, Tangent *t, double *value) {
  Sensing *s = r->sensing;
  if (!s->adjoint || memcmp(s->last, s->g, s->nx * sizeof *s->g)) {
    s->adjoint = !sensitivity_adjoint(s->s, s->g, s->y);
    if (!s->adjoint) return 1;
    memcpy(s->last, s->g, s->nx * sizeof *s->g);
  }
  Arena *heap = arena_new(NULL);
  DataMove move = {0};
  int failed = !heap;
  if (heap) {
    move = data_move_new(result_problem(r), heap);
    failed = !move.rows || lowered_move(r->lowered, r->question, t, r->sol.x, &move);
  }
  *value = failed ? NAN : sensitivity_along(s->s, s->y, s->g, &move);
  arena_free(heap);
  if (failed) a->why = "memory was exhausted";
  return 0;
}

/* The derivative of the value's expression, given its gradient in s->g and its own part. */
static double total_derivative(Asked *a, Result *r, Direction *d, double own) {
  Sensing *s = r->sensing;
  uint32_t pair = 0;
  SensitivityStatus status = sensitivity_judge(s->s, s->g, &d->move, &pair);
  return status == SENSITIVITY_KNOWN ? plus_dot(s, own, d->move.dx) : refuse(a, r, status, pair);
}

typedef struct { Result *r; SymId sym; size_t at; double value, parameter; } Wanted;

/* The result that the call is about and the entry that moves. */
static int wanted(Asked *a, const Expr *e, Wanted *w) {
  const Expr *parameter = e->kid[1];
  Elem ix[RESULT_DIMS];
  Str only;
  int bare;
  if (query_needs(a->all, e->kid[0], &only, &bare) < 0) return 0;
  if (!only) only = parameter->solution;
  w->r = only ? family_find(a->all, only, a->here) : a->here;
  if (!w->r || !w->r->values || (w->r->question && (!w->r->solved || result_is_family(w->r)))) {
    a->why = "the solution was not found";
    return 0;
  }
  for (uint32_t i = 0; i < parameter->nix && i < RESULT_DIMS; i++) ix[i] = statistic_index(a, parameter->ix[i]);
  w->sym = result_means(w->r, parameter->sym);
  w->at = parameter->nix <= RESULT_DIMS ? economy_offset(w->r->economy, w->sym, ix) : SIZE_MAX;
  if (w->at == SIZE_MAX || !w->r->values->of[w->sym]) {
    a->why = "there is no such entry of the parameter";
    return 0;
  }
  w->parameter = w->r->values->of[w->sym][w->at];
  return 1;
}

static double derivative(Asked *a, const Expr *e, Wanted *w, Arena *mem) {
  Result *r = w->r;
  Sensing *s = r->question ? sensing_of(a->all, r) : NULL;
  Economy mixed = *a->all->model->economy;
  mixed.agents.at = r->economy->agents.at;
  mixed.agents.n = r->economy->agents.n;
  Values own = *r->values;
  own.economy = &mixed;
  Reaching c = {r, s, mem, 0};
  Eval ev = {&own, ARENA_ARRAY(mem, Elem, a->nenv + 1), a->nenv, look_here, &c, 0};
  if (!ev.env || (r->question && (!s || !s->s))) {
    a->why = "the linear algebra of the derivative failed";
    return NAN;
  }
  memcpy(ev.env, a->env, a->nenv * sizeof *ev.env);
  int across = s && volume(&mixed, e->kid[1]) > volume(&mixed, e->kid[0]);
  Direction *d = s && !across ? direction_of(r, s, w->sym, w->at) : NULL;
  Tangent *t = d ? d->t : !s || across ? tangent_new(r->economy, r->values, w->sym, w->at, mem) : NULL;
  if (!t) {
    a->why = "memory was exhausted";
    return NAN;
  }
  t->kink = NULL;
  w->value = eval_expr(&ev, e->kid[0]);
  Derive walk = {.t = t, .at = &ev, .ref = reach, .ctx = &c};
  if (s) clear_gradient(s);
  derive(&walk, e->kid[0], 1);
  if (c.missing || isnan(w->value)) {
    a->why = "the value does not exist in this solution";
    return NAN;
  }
  double moved = walk.sum, through_unknowns = 0;
  if (s && s->ntouched && across) {
    if (along(a, r, t, &through_unknowns)) {
      t->kink = NULL;
      if (!(d = direction_of(r, s, w->sym, w->at))) {
        a->why = "memory was exhausted";
        return NAN;
      }
    } else moved += through_unknowns;
  }
  const char *kink = t->kink ? t->kink : d && s->ntouched ? d->kink : NULL;
  if (kink) {
    a->why = kink;
    return NAN;
  }
  if (s && s->ntouched && d) moved = total_derivative(a, r, d, moved);
  if (isnan(moved) && !a->why) a->why = "the derivative is not a number here";
  return moved;
}

/* The derivative, and what it is of; NaN with the reason in a->why. */
static double asked(Asked *a, const Expr *e, Wanted *w) {
  Arena *mem = arena_new(NULL);
  double v = mem && wanted(a, e, w) ? derivative(a, e, w, mem) : NAN;
  arena_free(mem);
  return v;
}

double statistic_sensitivity(Asked *a, const Expr *e) {
  Wanted w;
  return asked(a, e, &w);
}

double statistic_elasticity(Asked *a, const Expr *e) {
  Wanted w;
  double v = asked(a, e, &w);
  if (isnan(v)) return NAN;
  if (w.value < 0 || w.value > 0) return v * w.parameter / w.value;
  a->why = "the value is zero, so it has no elasticity";
  return NAN;
}
