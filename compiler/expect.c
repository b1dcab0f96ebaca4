/* expect.c: the file's expectations against what was solved. See expect.h. */
#include "expect.h"
#include <math.h>

typedef struct { double *value; uint32_t n; Str unsolved; const char *why; int wrong; } Side;
/* here: what unnamed quantities are of. Over a sweep (grid) a relation is checked at every point; quiet: it failed before and is only
 * counted. */
typedef struct { Results *all; Arena *mem; Expectations *count; Result *here; Grid *grid; Str name; uint32_t sweep; const Query *tolerance; double within; int percent, said_unsolved, quiet; } Expecting;
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
  if (!c->tolerance) return 1e-9 * fmax(1, fabs(b));
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

/* A diagnostic at the relation that says at which point of a sweep, and is left out where the relation failed already. */
static Diag *complain(Expecting *c, Span at, const char *id, const char *message) {
  if (c->quiet) return NULL;
  Text t = {0};
  if (c->grid) text_put(&t, "at "), grid_point_text(c->all, c->grid, c->grid->now, &t), text_put(&t, ": ");
  Diag *d = diag_at(c->all->model->cc, SEV_ERROR, id, at, "%s%s", t.at ? t.at : "", message);
  text_free(&t);
  return d;
}

static void fails(Expecting *c, const Ast *relation, char rel, double a, double b) {
  Text l = {0}, r = {0}, t = {0};
  text_apart(&l, a, &r, b);
  double tol = rel == '<' || rel == '>' ? 0 : tolerance(c, b);
  text_printf(&t, "this does not hold: left is %s, right is %s, difference %.3g (tolerance %.3g)", l.at ? l.at : "", r.at ? r.at : "", a - b, tol);
  complain(c, relation->span, "expect.fails", t.at ? t.at : "");
  text_free(&l);
  text_free(&r);
  text_free(&t);
}

/* Reads the tolerance. 0, or 1 after a diagnostic. */
static int read_within(Expecting *c, const Ast *within) {
  if (!c->tolerance) return 0;
  Side s = c->tolerance->items.n == 1 ? side_values(c, c->tolerance) : (Side){0};
  if (s.n == 1 && s.value[0] >= 0) {
    c->within = s.value[0];
    return 0;
  }
  complain(c, within->span, "expect.within", "a tolerance is one number that is not negative");
  return 1;
}

typedef enum { HOLDS, FAILS, MEANINGLESS } Verdict;

/* One relation, at one point: every link of the chain, for every value where a side stands for several. */
static Verdict judge(Expecting *c, const Ast *relation, const QueryRelation *q) {
  Side side[3] = {{0}};
  Text t = {0};
  for (uint32_t i = 0; i < q->n && i < 3; i++) {
    side[i] = side_values(c, &q->side[i]);
    if (side[i].wrong) return MEANINGLESS;
    if (side[i].unsolved) {
      text_printf(&t, "`%s` was not solved, so this cannot hold", str_text(c->all->model->cc->strs, side[i].unsolved));
      if (!c->said_unsolved++) complain(c, relation->span, "expect.unsolved", t.at ? t.at : "");
      text_free(&t);
      return FAILS;
    }
    if (!side[i].n) {
      Diag *d = complain(c, relation->span, "expect.missing", i ? "the right side has no value in this solution" : "the left side has no value in this solution");
      if (d && side[i].why) diag_hint(c->all->model->cc, d, "%s", side[i].why);
      return FAILS;
    }
  }
  for (uint32_t i = 0; i + 1 < q->n && i < 2; i++) {
    const Side *a = &side[i], *b = &side[i + 1];
    if (a->n != b->n && a->n != 1 && b->n != 1) {
      text_printf(&t, "the sides stand for %u and %u values", a->n, b->n);
      complain(c, relation->span, "expect.shape", t.at ? t.at : "");
      text_free(&t);
      return FAILS;
    }
    for (uint32_t k = 0; k < (a->n > b->n ? a->n : b->n); k++) {
      double x = a->value[a->n == 1 ? 0 : k], y = b->value[b->n == 1 ? 0 : k];
      if (holds(q->rel[i], x, y, tolerance(c, y))) continue;
      if (isnan(x) || isnan(y)) {
        Diag *d = complain(c, relation->span, "expect.missing", isnan(x) ? "the left side has no value in this solution" : "the right side has no value in this solution");
        const char *why = isnan(x) ? a->why : b->why;
        if (d && why) diag_hint(c->all->model->cc, d, "%s", why);
      } else fails(c, relation, q->rel[i], x, y);
      return FAILS;
    }
  }
  return HOLDS;
}

/* The sweep that a relation runs over: of the solutions it names, else of the one that stands before it, else of the body it stands in.
 * Returns 1 after a diagnostic where there are two. */
static int find_grid(Expecting *c, const Ast *relation, const QueryRelation *q) {
  int two = 0, any = 0;
  c->grid = NULL;
  for (uint32_t i = 0; i < q->n && i < 3; i++)
    for (uint32_t k = 0; k < q->side[i].items.n; k++) {
      Grid *g = query_grid(c->all, q->side[i].items.at[k].e, &any);
      two |= any || (g && c->grid && g != c->grid);
      if (g) c->grid = g;
    }
  const Result *here = c->here;
  Grid *own = here->question && here->question->sweep ? &c->all->grid[here->question->sweep - 1] : NULL;
  if (!c->grid) c->grid = own;
  else if (c->name && own) two |= own != c->grid;
  if (!two) return 0;
  diag_at(c->all->model->cc, SEV_ERROR, "expect.sweeps", relation->span, "the solutions compared here belong to different sweeps, which have no points in common");
  return 1;
}

/* What unnamed quantities are of, at the point at hand. */
static void set_here(Expecting *c) {
  uint32_t sweep = c->sweep ? c->sweep : c->grid ? (uint32_t)(c->grid - c->all->grid) + 1 : 0;
  c->here = c->name ? results_find(c->all, c->name) : results_default_in(c->all, sweep);
}

/* Counted once; over a sweep it must hold at every point. */
static void check_relation(Expecting *c, const Ast *relation, const Ast *within) {
  QueryRelation q = {0};
  if (model_relation(c->all->model, relation, &q)) { c->count->wrong++; return; }
  c->grid = NULL;
  set_here(c);
  if (find_grid(c, relation, &q)) { c->count->wrong++; return; }
  uint32_t failed = 0, points = c->grid ? c->grid->npoint : 1;
  c->quiet = 0;
  for (uint32_t k = 0; k < points; k++) {
    if (c->grid) results_move(c->grid, k);
    set_here(c);
    Verdict v = read_within(c, within) ? MEANINGLESS : judge(c, relation, &q);
    if (v == MEANINGLESS) { c->count->wrong++; return; }
    failed += v == FAILS;
    c->quiet |= v == FAILS;
  }
  if (c->grid) results_move(c->grid, 0);
  if (failed > 1) diag_at(c->all->model->cc, SEV_NOTE, "expect.points", relation->span, "it fails at %u of the %u points of the sweep", failed, points);
  if (failed) c->count->failed++;
  else c->count->held++;
}

static void check_expect(Expecting *c, const Ask *ask) {
  const Ast *a = ask->expect;
  Model *m = c->all->model;
  Query tol = {{0}, 0};
  c->name = a->text;
  c->sweep = ask->sweep;
  c->percent = a->flag & 1;
  c->within = 0;
  c->said_unsolved = 0;
  c->tolerance = NULL;
  if (a->text && !results_find(c->all, a->text)) {
    diag_at(m->cc, SEV_ERROR, "names.unknown", a->span, "there is no solution called `%s`", str_text(m->cc->strs, a->text));
    c->count->wrong++;
    return;
  }
  if (a->nkid && a->kid[0]) {
    if (model_query(m, a->kid[0], &tol)) { c->count->wrong++; return; }
    c->tolerance = &tol;
  }
  for (uint32_t i = 1; i < a->nkid; i++)
    if (a->kid[i] && a->kid[i]->kind == AST_RELATION) check_relation(c, a->kid[i], a->kid[0]);
}

Expectations expect_check(Results *all) {
  Expectations count = {0, 0, 0};
  Expecting c = {.all = all, .mem = arena_new(NULL), .count = &count};
  if (!c.mem) return (Expectations){0, 0, 1};
  for (uint32_t i = 0; i < all->model->asks.n; i++)
    if (all->model->asks.at[i].kind == ASK_EXPECT && all->model->asks.at[i].expect) check_expect(&c, &all->model->asks.at[i]);
  arena_free(c.mem);
  return count;
}

unsigned expect_count(const Model *m) {
  unsigned n = 0;
  for (uint32_t i = 0; i < m->asks.n; i++)
    if (m->asks.at[i].kind == ASK_EXPECT && m->asks.at[i].expect && m->asks.at[i].expect->nkid) n += m->asks.at[i].expect->nkid - 1;
  return n;
}
