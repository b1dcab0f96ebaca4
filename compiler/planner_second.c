/* planner_second.c: see planner_second.h. */
#include "branches.h"
#include "planner_second.h"
#include "../runtime/second.h"
#include "../runtime/system.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double NOTHING = 1e-9;             /* relative: a multiplier or a distance to a bound that is zero */
static const double ASYMMETRY = 1e-6;

/* ---- the planner's quantities ---- */

static void take_index(void *ctx, const Elem *ix, uint32_t n, uint32_t at) {
  (void)ix, (void)n;
  *(uint32_t *)ctx = at;
}

double planner_kappa(const Result *r) {
  uint32_t at = NO_INDEX;
  lowered_each(r->lowered, r->economy->kappa, take_index, &at);
  return at == NO_INDEX ? NAN : r->sol.x[at];
}

double planner_omega(const Result *r, const Agent *a, const Elem *type) {
  size_t k = a->welfare_weight ? economy_offset(r->economy, a->welfare_weight, type) : SIZE_MAX;
  uint32_t held = a->holding ? lowered_index(r->lowered, a->holding, type, a->nidx) : NO_INDEX;
  double w = k == SIZE_MAX ? 1 : r->values->of[a->welfare_weight][k];
  return held == NO_INDEX ? w : w + r->sol.x[held];
}

/* ---- what every unknown is ---- */

/* What is met without pressing may be left on one side only: a choice at its bound (side -1, 1), a limit that holds exactly (0; `row` is its own). */
typedef struct { uint32_t at, row; int side; } Open;
typedef struct { Result *r; const Problem *p; System *sys; double *F; uint8_t *kind; double *scale; VEC(Open) open; Arena *mem; } Sorting;

static double size(double x) { return fmax(1, fabs(x)); }

static int at_bound(const Sorting *w, uint32_t i) {
  double x = w->r->sol.x[i];
  return x - w->sys->lower[i] <= NOTHING * size(x) || w->sys->upper[i] - x <= NOTHING * size(x);
}

/* A choice is held by a bound, free, or (open) at a bound that nothing presses it against. */
static void sort_choice(Sorting *w, uint32_t i) {
  double x = w->r->sol.x[i];
  w->kind[i] = SECOND_CHOSEN;
  if (!at_bound(w, i)) return;
  if (fabs(w->F[i]) > NOTHING) w->kind[i] = SECOND_OUT;
  else VEC_PUSH(w->mem, w->open, ((Open){i, i, x - w->sys->lower[i] <= NOTHING * size(x) ? -1 : 1}));
}

/* The multiplier of a constraint that binds; an inequality with none is slack, or (open) touches. */
static int binds(Sorting *w, uint32_t i, unsigned role) {
  if (role != ROLE_INEQUALITY || w->r->sol.x[i] > NOTHING) return 1;
  if (fabs(w->F[i]) <= NOTHING) VEC_PUSH(w->mem, w->open, ((Open){i, i, 0}));
  return 0;
}

static void sort_own(Sorting *w, int recourse) {
  for (uint32_t b = 0; b < w->p->nblock; b++) {
    const Block *blk = &w->p->block[b];
    for (uint32_t s = 0; s < blk->k->nown; s++)
      for (uint32_t l = 0; l < blk->lanes; l++) {
        uint32_t i = problem_own(blk, s, l);
        unsigned role = blk->k->role ? blk->k->role[s] : ROLE_AUX;
        if (role == ROLE_CHOICE) sort_choice(w, i);
        else if (role != ROLE_AUX && !binds(w, i, role)) w->kind[i] = SECOND_OUT;
        else w->kind[i] = role != ROLE_AUX && recourse && !(blk->k->flag[s] & OWN_FIRST) ? SECOND_CHOSEN : SECOND_CONSTRAINT;
        w->scale[i] = -(blk->mass ? blk->mass[l] : 1);
      }
  }
}

/* The adjoint of what is out is out. */
typedef struct { Sorting *w; SymId aux; } Adjoint;
static void sort_adjoint(void *ctx, const Elem *ix, uint32_t n, uint32_t of) {
  Adjoint *a = ctx;
  uint32_t at = lowered_index(a->w->r->lowered, a->aux, ix, n);
  if (at != NO_INDEX && a->w->kind[of] == SECOND_OUT) a->w->kind[at] = SECOND_OUT;
}

/* 1 / lambda of a type multiplies its rows; a level that nothing presses is no constraint. */
typedef struct { Sorting *w; const Agent *a; double kappa; } Scaling;
static void scale_type(Scaling *s, const Elem *ix) {
  uint32_t block, lane;
  const Result *r = s->w->r;
  if (!lowered_lane(r->lowered, s->a->sym, ix, s->a->nidx, &block, &lane)) return;
  const Block *b = &s->w->p->block[block];
  double by = planner_omega(r, s->a, ix) / s->kappa;
  for (uint32_t k = 0; k < b->k->nown && s->a->value && !s->a->is_firm; k++) s->w->scale[problem_own(b, k, lane)] *= by;
  uint32_t held = s->a->holding ? lowered_index(r->lowered, s->a->holding, ix, s->a->nidx) : NO_INDEX;
  if (held != NO_INDEX && !(r->sol.x[held] > NOTHING)) s->w->kind[held] = SECOND_OUT;
}

static void scale_types(Scaling *s, uint32_t dim, Elem *ix) {
  if (dim == s->a->nidx) { scale_type(s, ix); return; }
  const Set *set = economy_set(s->w->r->economy, s->a->set[dim]);
  for (uint32_t i = 0; i < set_size(set); i++) {
    ix[dim] = set_elem(set, i);
    scale_types(s, dim + 1, ix);
  }
}

/* Later prices are chosen; prices of the root and of rights are multipliers of the markets that clear. */
typedef struct { Sorting *w; SymId price; } Later;
static void sort_price(void *ctx, const Elem *ix, uint32_t n, uint32_t rights) {
  Later *l = ctx;
  uint32_t at = lowered_index(l->w->r->lowered, l->price, ix, n);
  (void)rights;
  if (at == NO_INDEX) return;
  l->w->kind[at] = SECOND_CHOSEN;
  l->w->scale[at] = 1;
}

static void sort_globals(Sorting *w) {
  const Economy *e = w->r->economy;
  for (uint32_t i = 0; i < w->p->nglobal; i++) {
    const Global *g = &w->p->global[i];
    w->kind[i] = SECOND_CONSTRAINT;
    if (g->kind == GLOBAL_AGGREGATE) w->kind[i] = SECOND_CHOSEN;
    if (g->kind == GLOBAL_PRICE && g->lower == 0 && w->r->sol.x[i] <= NOTHING) w->kind[i] = SECOND_OUT;
    if (g->kind == GLOBAL_SLACK) w->kind[i] = SECOND_OUT;
  }
  for (uint32_t i = 0; i < e->markets.n; i++)
    if (e->markets.at[i].rights && !e->markets.at[i].dropped) lowered_each(w->r->lowered, e->markets.at[i].rights, sort_price, &(Later){w, e->markets.at[i].price});
}

static void sort(Sorting *w) {
  const Economy *e = w->r->economy;
  Elem ix[RESULT_DIMS];
  sort_globals(w);
  sort_own(w, e->aux.n > 0);
  for (uint32_t i = 0; i < e->aux.n; i++) lowered_each(w->r->lowered, e->aux.at[i].of, sort_adjoint, &(Adjoint){w, e->aux.at[i].sym});
  for (uint32_t i = 0; i < e->agents.n; i++)
    if (!e->agents.at[i].gone && e->agents.at[i].nidx <= RESULT_DIMS) scale_types(&(Scaling){w, &e->agents.at[i], planner_kappa(w->r)}, 0, ix);
  for (uint32_t i = 0; i < w->p->nx; i++)
    if (w->sys->fixed[i]) w->kind[i] = SECOND_OUT;
}

/* ---- the critical cone ---- */

/* Of a corner of later choices (branches.h) a side that is worse at first order is no direction of the critical cone: what it would leave
 * is held. With both sides worse nothing is open. */
static int sort_corners(Sorting *w) {
  Corners c;
  if (branches_corners(w->r, w->sys, w->r->sol.x, w->mem, &c)) return 1;
  for (uint32_t i = 0; i < c.n; i++) {
    const Corner *k = &c.at[i];
    int held = k->slack < -NOTHING, still = k->press < -NOTHING;
    uint32_t o = 0;
    while (o < w->open.n && w->open.at[o].at != k->of) o++;
    if (k->side) w->kind[k->of] = held ? SECOND_OUT : SECOND_CHOSEN;
    else w->kind[k->of] = still ? SECOND_OUT : SECOND_CHOSEN;
    w->kind[k->aux] = (k->side ? still : held) ? SECOND_CONSTRAINT : SECOND_OUT;
    if (o < w->open.n && held && still) w->open.at[o] = w->open.at[--w->open.n];
    else if (o < w->open.n) w->open.at[o].row = k->aux;
  }
  return arena_failed(w->mem);
}

/* Everything open held: the subspace in the cone. */
static void hold_open(Sorting *w) {
  for (uint32_t i = 0; i < w->open.n; i++) {
    const Open *o = &w->open.at[i];
    if (o->row == o->at) w->kind[o->at] = o->side ? SECOND_OUT : SECOND_CONSTRAINT;
    else {
      w->kind[o->at] = SECOND_OUT;
      w->kind[o->row] = o->side ? SECOND_OUT : SECOND_CONSTRAINT;
    }
  }
}

/* Does a direction, or its opposite, keep to the sides on which everything open may be left? */
static int keeps(const Sorting *w, const double *d, double sign) {
  for (uint32_t i = 0; i < w->open.n; i++) {
    const Open *o = &w->open.at[i];
    double by = 0;
    if (o->row != o->at) return 0;                      /* a corner both of whose sides are level: which side it takes is not a matter of sign alone */
    if (o->side) by = -o->side * d[o->at];
    for (uint32_t c = 0; !o->side && c < w->p->nx; c++)
      for (int k = w->sys->jac.start[c]; d[c] != 0 && k < w->sys->jac.start[c + 1]; k++)
        if ((uint32_t)w->sys->jac.row[k] == o->at) by += w->sys->jac.at[k] * d[c];
    if (sign * by < -NOTHING) return 0;
  }
  return 1;
}

/* ---- in words ---- */

static void put_moved(const Problem *p, const SecondOrder *s, Text *out) {
  for (uint32_t i = 0; i < s->nmoved; i++) {
    char name[160];
    p->names.unknown(p->names.ctx, s->moved[i], name, sizeof name);
    text_printf(out, "%s%s", i ? ", " : "", name);
  }
}

/* What the two looks at the critical cone decide: `free` has everything open let go both ways, `held` (with open things only) has it held. */
typedef struct { SecondOrder free, held; uint32_t open; int keeps; } Looked;

static void say(const Problem *p, const Looked *k, Arena *mem, Claim *out) {
  Text t = {0};
  const SecondOrder *s = k->open && k->held.increase ? &k->held : &k->free;
  int increase = s->increase && (!k->open || k->held.increase || k->keeps);
  if (s->asymmetry > ASYMMETRY) text_put(&t, "second order: not looked into, the second derivatives are not those of one function");
  else if (!s->directions) text_printf(&t, "second order: nothing can move once all %u quantities meet what binds", s->chosen);
  else if (s->increase) text_printf(&t, "second order: the reduced Hessian of the planner's Lagrangian in %u directions has a positive eigenvalue, %.2g of its largest", s->directions, s->largest / s->size);
  else text_printf(&t, "second order: the reduced Hessian of the planner's Lagrangian has no positive eigenvalue in the %u directions that meet what binds", s->directions);
  if (k->open && !s->increase) text_printf(&t, ", %u bound%s met without pressing let go both ways", k->open, k->open > 1 ? "s" : "");
  else if (k->open && !increase) text_printf(&t, ", none with the %u bound%s held that %s met without pressing; whether one is left when they are let go on their own side alone is not decided", k->open,
                                             k->open > 1 ? "s" : "", k->open > 1 ? "are" : "is");
  out->method = arena_text(mem, t.at ? t.at : "", t.n);
  out->status = s->asymmetry > ASYMMETRY || (s->increase && !increase) ? NOT_CHECKED : increase ? REFUTED : CHECKED;
  out->domain = "a neighbourhood of the answer, at its weights";
  text_free(&t);
  if (out->status != REFUTED) return;
  text_put(&t, "the first-order conditions hold at a saddle: the weighted sum rises in a direction that moves ");
  put_moved(p, s, &t);
  out->witness = arena_text(mem, t.at ? t.at : "", t.n);
  text_free(&t);
}

static int look(Sorting *w, const Problem *sym, Looked *k) {
  system_rows(w->sys, w->r->sol.x, w->F, NULL);
  sort(w);
  if (sort_corners(w) || system_csc(w->sys)) return 1;
  system_jacobian(w->sys, w->r->sol.x);
  k->open = w->open.n;
  if (second_order(sym, w->r->sol.x, w->kind, w->scale, w->mem, &k->free)) return 1;
  if (!k->open || !k->free.increase) return 0;
  k->keeps = keeps(w, k->free.direction, 1) || keeps(w, k->free.direction, -1);
  hold_open(w);
  return second_order(sym, w->r->sol.x, w->kind, w->scale, w->mem, &k->held);
}

void planner_second_order(Posing *p, Result *r, Claim *out) {
  Question q = *r->question;
  Result base = {.name = r->name, .question = &q, .model = r->model};
  *out = (Claim){.status = NOT_CHECKED, .bound = NAN, .unit = "ex-ante money", .method = "", .domain = ""};
  q.symmetric = 1;
  pose_economy(p, &q, r->values, NULL, 1, &base);
  if (base.values) base.lowered = lower_economy(base.economy, &q, base.values, base.mem);
  const Problem *at = lowered_problem(r->lowered), *sym = base.lowered ? lowered_problem(base.lowered) : NULL;
  if (sym && sym->nx == at->nx && at->nx <= 8 * second_most()) {
    Sorting w = {.r = r, .p = at, .sys = system_new(at, base.mem), .F = ARENA_ARRAY(base.mem, double, at->nx + 1), .kind = ARENA_ARRAY(base.mem, uint8_t, at->nx + 1),
                 .scale = ARENA_ARRAY(base.mem, double, at->nx + 1), .mem = base.mem};
    Looked k = {.open = 0};
    if (w.sys && !arena_failed(base.mem) && !look(&w, sym, &k)) say(at, &k, r->sol.mem, out);
  }
  if (!*out->method) out->method = "second order: not looked into in a problem of this size";
  arena_free(base.mem);
}
