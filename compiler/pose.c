/* pose.c: from a question to a problem, without solving. See pose.h. */
#include "pose.h"
#include "pass.h"
#include "size.h"
#include "structure.h"
#include <stdlib.h>
#include <string.h>

static void *limited_get(void *ctx, size_t size) { (void)ctx; return malloc(size); }
static void limited_put(void *ctx, void *chunk, size_t size) { (void)ctx; (void)size; free(chunk); }

Arena *pose_arena(const Posing *p) {
  Alloc alloc = {limited_get, limited_put, NULL, p->memory};
  return arena_new(&alloc);
}

/* A value given to a name of an institution is given to the copy that the question applies. */
static Override meant(const Economy *e, const Question *q, Override o) {
  o.sym = weave_means(e, q, o.sym);
  return o;
}

Values *pose_values(const Posing *p, const Question *q, const Override *more, uint32_t nmore, Arena *mem) {
  const Economy *economy = p->model->economy;
  if (size_check(p->cc, economy, p->memory)) return NULL;
  VEC(Override) all = {0};
  for (uint32_t i = 0; i < p->nset; i++) VEC_PUSH(mem, all, meant(economy, q, p->set[i]));
  for (uint32_t i = 0; i < nmore; i++) VEC_PUSH(mem, all, meant(economy, q, more[i]));
  Values *v = arena_failed(mem) ? NULL : values_compute(p->cc, economy, all.at, all.n, mem);
  if (!v || (!q->where.n && !q->where_expr.n)) return v;
  Eval eval = eval_new(v, mem);
  for (int entries = 0; entries < 2; entries++) {        /* single entries stand above the whole, in whatever order they are written */
    for (uint32_t i = 0; i < q->where.n; i++)
      if ((q->where.at[i].nix > 0) == entries) VEC_PUSH(mem, all, meant(economy, q, q->where.at[i]));
    for (uint32_t i = 0; i < q->where_expr.n; i++) {
      const WhereExpr *w = &q->where_expr.at[i];
      Override o = {.sym = w->sym, .ix = w->ix, .nix = w->nix, .value = eval_expr(&eval, w->to), .at = w->at};
      if ((w->nix > 0) == entries) VEC_PUSH(mem, all, meant(economy, q, o));
    }
  }
  return arena_failed(mem) ? NULL : values_compute(p->cc, economy, all.at, all.n, mem);
}

void pose_economy(Posing *p, const Question *q, Values *v, const char *last, int with_passes, Result *r) {
  r->name = q->name;
  r->question = q;
  r->model = p->model;
  if (!r->mem) r->mem = pose_arena(p);
  if (!r->mem) { p->memory_failed = 1; return; }
  r->economy = v ? economy_clone(p->model->economy, r->mem) : NULL;
  if (r->economy && (!with_passes || !passes_run(r->economy, q, v, last))) r->values = v;
  if (arena_failed(r->mem)) p->memory_failed = 1;
}

void pose_lower(Posing *p, Result *r) {
  if (!r->values) return;
  if (!(r->lowered = lower_economy(r->economy, r->question, r->values, r->mem))) r->values = NULL;
  if (r->values && structure_check(r->lowered, p->cc)) r->values = NULL;
  Arena *mem = r->values ? pose_arena(p) : NULL;
  if (mem && homogeneity_check(r->lowered, p->cc, r->economy, mem)) r->values = NULL;
  arena_free(mem);
  if (arena_failed(r->mem)) p->memory_failed = 1;
}
