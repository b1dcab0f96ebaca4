/* expect.c: the file's expectations against what was solved. See expect.h. */
#include "expect.h"
#include <math.h>

typedef struct { double *value; uint32_t n; Str unsolved; const char *why; int wrong; } Side;
typedef struct { Results *all; Arena *mem; Expectations *count; Result *here; double within; int has_within, percent, said_unsolved; } Expecting;
typedef struct { VEC(double) v; Arena *mem; } ValueList;

static void keep_value(void *ctx, const Elem *at, uint32_t n, Number v) {
  ValueList *s = ctx;
  (void)at, (void)n;
  VEC_PUSH(s->mem, s->v, v.value);
}

/* The name of a solution that a side needs and that was not solved; 0 if there is none. */
typedef struct { Results *all; Result *here; Str unsolved; } Needs;
static void note_unsolved(void *ctx, const Expr *x) {
  Needs *s = ctx;
  if (x->kind != E_REF && (x->kind != E_NAMED || !x->solution)) return;
  Result *r = x->solution ? results_find(s->all, x->solution) : s->here;
  if (r && r->question && !r->solved && (x->kind == E_NAMED || economy_at(s->all->model->economy, x->sym)->kind != SYM_PARAM)) s->unsolved = r->name;
}

static Side side_values(Expecting *c, const Query *q) {
  ValueList values = {{0}, c->mem};
  Needs needs = {c->all, c->here, 0};
  Side side = {0};
  for (uint32_t i = 0; i < q->items.n; i++) {
    Str only;
    int bare;
    if (query_needs(c->all, q->items.at[i].e, &only, &bare) < 0) side.wrong = 1;
    ex_walk(q->items.at[i].e, note_unsolved, &needs);
    if (!side.wrong && !needs.unsolved) query_each(c->all, &q->items.at[i], c->here, keep_value, &values);
    if (c->all->why) side.why = c->all->why;
  }
  side.value = values.v.at;
  side.n = values.v.n;
  side.unsolved = needs.unsolved;
  return side;
}

static double tolerance(const Expecting *c, double b) {
  if (!c->has_within) return 1e-9 * fmax(1, fabs(b));
  return c->percent ? c->within / 100 * fabs(b) : c->within;
}

static int holds(char rel, double a, double b, double tol) {
  switch (rel) {
    case '=': return a == b || fabs(a - b) <= tol;
    case 'G': return a >= b - tol;
    case 'L': return a <= b + tol;
    case '<': return a < b;
    default: return a > b;
  }
}

static void fails(Expecting *c, const Ast *relation, char rel, double a, double b) {
  Compilation *cc = c->all->model->cc;
  Text l = {0}, r = {0};
  text_apart(&l, a, &r, b);
  double tol = rel == '<' || rel == '>' ? 0 : tolerance(c, b);
  diag_at(cc, SEV_ERROR, "expect.fails", relation->span, "this does not hold: left is %s, right is %s, difference %.3g (tolerance %.3g)", l.at ? l.at : "", r.at ? r.at : "", a - b, tol);
  text_free(&l);
  text_free(&r);
}

/* One relation: every link of the chain, for every value where a side stands for several. Counted once. */
static void check_relation(Expecting *c, const Ast *relation) {
  Compilation *cc = c->all->model->cc;
  QueryRelation q = {0};
  if (model_relation(c->all->model, relation, &q)) { c->count->wrong++; return; }
  Side side[3] = {{0}};
  for (uint32_t i = 0; i < q.n && i < 3; i++) {
    side[i] = side_values(c, &q.side[i]);
    if (side[i].wrong) { c->count->wrong++; return; }
    if (side[i].unsolved) {
      if (!c->said_unsolved++) diag_at(cc, SEV_ERROR, "expect.unsolved", relation->span, "`%s` was not solved, so this cannot hold", str_text(cc->strs, side[i].unsolved));
      c->count->failed++;
      return;
    }
    if (!side[i].n) {
      Diag *d = diag_at(cc, SEV_ERROR, "expect.missing", relation->span, "the %s side has no value in this solution", i ? "right" : "left");
      if (side[i].why) diag_hint(cc, d, "%s", side[i].why);
      c->count->failed++;
      return;
    }
  }
  int bad = 0;
  for (uint32_t i = 0; i + 1 < q.n && i < 2; i++) {
    const Side *a = &side[i], *b = &side[i + 1];
    if (a->n != b->n && a->n != 1 && b->n != 1) {
      diag_at(cc, SEV_ERROR, "expect.shape", relation->span, "the sides stand for %u and %u values", a->n, b->n);
      bad = 1;
      continue;
    }
    for (uint32_t k = 0; k < (a->n > b->n ? a->n : b->n) && !bad; k++) {
      double x = a->value[a->n == 1 ? 0 : k], y = b->value[b->n == 1 ? 0 : k];
      if (!holds(q.rel[i], x, y, tolerance(c, y))) { fails(c, relation, q.rel[i], x, y); bad = 1; }
    }
  }
  if (bad) c->count->failed++;
  else c->count->held++;
}

static void check_expect(Expecting *c, const Ast *a) {
  Model *m = c->all->model;
  c->here = results_default(c->all);
  if (a->text && !(c->here = results_find(c->all, a->text))) {
    diag_at(m->cc, SEV_ERROR, "names.unknown", a->span, "there is no solution called `%s`", str_text(m->cc->strs, a->text));
    c->count->wrong++;
    return;
  }
  c->has_within = a->nkid && a->kid[0];
  c->percent = a->flag & 1;
  c->within = 0;
  c->said_unsolved = 0;
  if (c->has_within) {
    Query q = {{0}, 0};
    if (model_query(m, a->kid[0], &q) || q.items.n != 1) { c->count->wrong++; return; }
    Side s = side_values(c, &q);
    if (s.n != 1 || !(s.value[0] >= 0)) {
      diag_at(m->cc, SEV_ERROR, "expect.within", a->kid[0]->span, "a tolerance is one number that is not negative");
      c->count->wrong++;
      return;
    }
    c->within = s.value[0];
  }
  for (uint32_t i = 1; i < a->nkid; i++)
    if (a->kid[i] && a->kid[i]->kind == AST_RELATION) check_relation(c, a->kid[i]);
}

Expectations expect_check(Results *all) {
  Expectations count = {0, 0, 0};
  Expecting c = {all, arena_new(NULL), &count, NULL, 0, 0, 0, 0};
  if (!c.mem) return (Expectations){0, 0, 1};
  for (uint32_t i = 0; i < all->model->asks.n; i++)
    if (all->model->asks.at[i].kind == ASK_EXPECT && all->model->asks.at[i].expect) check_expect(&c, all->model->asks.at[i].expect);
  arena_free(c.mem);
  return count;
}

unsigned expect_count(const Model *m) {
  unsigned n = 0;
  for (uint32_t i = 0; i < m->asks.n; i++)
    if (m->asks.at[i].kind == ASK_EXPECT && m->asks.at[i].expect && m->asks.at[i].expect->nkid) n += m->asks.at[i].expect->nkid - 1;
  return n;
}
