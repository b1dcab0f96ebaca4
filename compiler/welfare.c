/* welfare.c: money measures of welfare changes between two solutions, type by type: ev, cv, ce (statistic.h, runtime/wealth.h).
 * With U_A and U_B the objective's values in benchmark A and counterfactual B, and V_S(t) the welfare that the type reaches with t
 * more units of ex-ante money at the prices and parameters of S:
 *     V_A(ev) = U_B,     V_B(-cv) = U_A,     U_A with choice c scaled by 1 + ce is U_B. */
#include "statistic.h"
#include "../runtime/wealth.h"
#include <math.h>
#include <stdio.h>

/* A type in one solution: where it stands and its welfare there. */
typedef struct { Result *r; uint32_t block, lane; double welfare; } Place;

static const char *type_text(Asked *a, const Expr *e, const Elem *type, char *buf, size_t n) {
  const Economy *eco = a->all->model->economy;
  Text t = {0};
  text_put(&t, str_text(eco->cc->strs, economy_at(eco, e->sym)->name));
  if (e->nix) {
    text_put(&t, "[");
    result_key(eco, 0, type, e->nix, -1, NULL, &t);
    text_put(&t, "]");
  }
  snprintf(buf, n, "%s", t.at ? t.at : "");
  text_free(&t);
  return buf;
}

static int stands(Asked *a, const Expr *e, const Expr *named, Place *out) {
  Elem type[RESULT_DIMS];
  char buf[100];
  Result *r = statistic_solution(a, named);
  if (!r || e->nix > RESULT_DIMS) return 0;
  for (uint32_t i = 0; i < e->nix; i++) type[i] = statistic_index(a, e->ix[i]);
  *out = (Place){.r = r};
  const Agent *g = economy_agent(r->economy, e->sym);
  if (!g || !lowered_lane(r->lowered, e->sym, type, e->nix, &out->block, &out->lane)) {
    statistic_text(a, "%s is not there in `%s`", type_text(a, e, type, buf, sizeof buf), str_text(r->model->cc->strs, r->name));
    return 0;
  }
  Number u = result_value(r, g->value, type, e->nix, 1);
  out->welfare = u.value;
  if (u.loose) a->loose = 1;
  if (u.known && isfinite(u.value)) return 1;
  statistic_text(a, "the welfare of %s in `%s` is not a number", type_text(a, e, type, buf, sizeof buf), str_text(r->model->cc->strs, r->name));
  return 0;
}

static double failed(Asked *a, const Expr *e, const Place *at, const char *what) {
  Elem type[RESULT_DIMS];
  char buf[100];
  for (uint32_t i = 0; i < e->nix; i++) type[i] = statistic_index(a, e->ix[i]);
  statistic_text(a, "%s in `%s`: %s", type_text(a, e, type, buf, sizeof buf), str_text(at->r->model->cc->strs, at->r->name), what);
  return NAN;
}

static Wealth *wealth_of(Asked *a, const Expr *e, const Place *at, Arena *mem) {
  WealthStatus why;
  Wealth *w = wealth_new(result_problem(at->r), at->block, at->lane, at->r->sol.x, NULL, mem, &why);
  if (!w) failed(a, e, at, wealth_text(why));
  return w;
}

/* The money with which the type reaches `welfare` in the solution `at`. */
static double money_for(Asked *a, const Expr *e, const Place *at, double welfare) {
  Arena *mem = arena_new(NULL);
  Wealth *w = mem ? wealth_of(a, e, at, mem) : NULL;
  double t = NAN;
  if (w) {
    WealthPoint there = wealth_reach(w, welfare);
    if (there.status == WEALTH_FOUND) t = there.money;
    else failed(a, e, at, wealth_text(there.status));
  }
  wealth_free(w);
  arena_free(mem);
  return t;
}

double statistic_ev(Asked *a, const Expr *e) {
  Place B, A;
  return stands(a, e, e->kid[0], &B) && stands(a, e, e->kid[1], &A) ? money_for(a, e, &A, B.welfare) : NAN;
}

double statistic_cv(Asked *a, const Expr *e) {
  Place B, A;
  return stands(a, e, e->kid[0], &B) && stands(a, e, e->kid[1], &A) ? 0 - money_for(a, e, &B, A.welfare) : NAN;
}

double statistic_transfers(Asked *a, const Expr *e) {
  Place B, A;
  return stands(a, e, e->kid[0], &B) && stands(a, e, e->kid[1], &A) ? money_for(a, e, &B, A.welfare) : NAN;
}

/* One type's part of the surplus. */
static double surplus_of(Asked *a, const Expr *e, const Agent *g, const Elem *type, double mass) {
  Expr one = *e;
  Ix ix[RESULT_DIMS];
  for (uint32_t i = 0; i < g->nidx; i++) ix[i] = ix_elem(type[i]);
  one.sym = g->sym;
  one.ix = ix;
  one.nix = g->nidx;
  return -mass * statistic_transfers(a, &one);
}

double statistic_surplus(Asked *a, const Expr *e) {
  Result *B = statistic_solution(a, e->kid[0]), *A = B ? statistic_solution(a, e->kid[1]) : NULL;
  double sum = 0;
  if (!A) return NAN;
  for (uint32_t i = 0; i < B->economy->agents.n; i++) {
    const Agent *g = &B->economy->agents.at[i];
    size_t types;
    const double *mass;
    const uint32_t *lane = g->gone || g->is_firm || !g->value || g->nidx > RESULT_DIMS ? NULL : lowered_lanes(B->lowered, g->sym, &types, &mass);
    for (size_t k = 0; lane && k < types; k++) {
      Elem type[RESULT_DIMS];
      size_t pos = k;
      if (lane[k] == NO_INDEX) continue;
      for (uint32_t d = g->nidx; d-- > 0; pos /= set_size(economy_set(B->economy, g->set[d]))) type[d] = set_elem(economy_set(B->economy, g->set[d]), (uint32_t)(pos % set_size(economy_set(B->economy, g->set[d]))));
      sum += surplus_of(a, e, g, type, mass ? mass[lane[k]] : 1);
      if (isnan(sum)) return NAN;
    }
  }
  return sum;
}

/* Marks the slots of the type's block in which the choice stands. */
typedef struct { const Block *b; uint32_t lane; uint8_t *scale; uint32_t n; } Marking;
static void mark(void *ctx, const Elem *ix, uint32_t n, uint32_t index) {
  Marking *m = ctx;
  (void)ix, (void)n;
  if (index < m->b->base || index - m->b->base >= m->b->k->nown * m->b->lanes || (index - m->b->base) % m->b->lanes != m->lane) return;
  m->scale[(index - m->b->base) / m->b->lanes] = 1;
  m->n++;
}

double statistic_ce(Asked *a, const Expr *e) {
  Place B, A;
  if (!stands(a, e, e->kid[0], &B) || !stands(a, e, e->kid[1], &A)) return NAN;
  Arena *mem = arena_new(NULL);
  Wealth *w = mem ? wealth_of(a, e, &A, mem) : NULL;
  double s = NAN;
  if (w) {
    const Block *b = &result_problem(A.r)->block[A.block];
    Marking m = {b, A.lane, ARENA_ARRAY(mem, uint8_t, b->k->nown + 1), 0};
    const char *why = "that choice is not made there";
    if (m.scale) lowered_each(A.r->lowered, e->kid[2]->sym, mark, &m);
    if (m.n) s = wealth_scale(w, m.scale, B.welfare, &why);
    if (isnan(s)) failed(a, e, &A, why);
  }
  wealth_free(w);
  arena_free(mem);
  return s - 1;
}
