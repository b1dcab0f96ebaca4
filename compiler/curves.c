/* curves.c: see curves.h. */
#include "curves.h"
#include "family.h"
#include "verdict.h"
#include <math.h>
#include <string.h>

typedef struct { Elem *ix; Number *at; int any; } Column;
typedef struct { Curves *c; Results *all; const QueryItem *item; Result *here; uint32_t n, column; VEC(Column) of; const uint32_t *first; uint32_t entry; } Filling;

/* Tuples come in the same order at every point. */
static void fill(void *ctx, const Elem *at, uint32_t n) {
  Filling *f = ctx;
  if (f->column == f->of.n) {
    Column k = {ARENA_ARRAY(f->c->mem, Elem, n + 1), ARENA_ARRAY(f->c->mem, Number, f->first[f->c->grid->npoint] + 1), 0};
    if (!k.ix || !k.at) return;
    if (n) memcpy(k.ix, at, n * sizeof *at);
    VEC_PUSH(f->c->mem, f->of, k);
    if (f->column == f->of.n) return;
  }
  Column *k = &f->of.at[f->column++];
  Number v = query_value(f->all, f->item, f->here, at);
  if (!v.known) v = (Number){NAN, 0, 0};
  else if ((v.value < 0 || v.value > 0) && query_is_noise(f->all, f->item, f->here, at, v.value)) v.value = 0;
  if (v.known && !isfinite(v.value)) v.known = 0;
  k->at[f->entry] = v;
  k->any |= v.known;
  f->n = n;
}

/* Which free indices take several values among the columns that have any. */
static void varying(const Filling *f, uint8_t *keep) {
  const Column *first = NULL;
  memset(keep, 0, RESULT_DIMS);
  for (uint32_t i = 0; i < f->of.n; i++) {
    const Column *k = &f->of.at[i];
    if (!k->any) continue;
    if (!first) first = k;
    for (uint32_t d = 0; d < f->n; d++) keep[d] |= k->ix[d] != first->ix[d];
  }
}

/* "k" and lender: "k[lender]"; "c[a]" and wine: "c[a,wine]"; a node stands behind; more than a name gets its indices in words. */
static const char *label(const Filling *f, const Column *k, const char *title, Str prefix, const uint8_t *keep) {
  const Economy *e = f->all->model->economy;
  const Strs *strs = e->cc->strs;
  int node = -1;
  for (uint32_t d = 0; d < f->n; d++)
    if (e->idxs.at[f->item->free_idx.at[d]].set == e->node_set) node = (int)d;
  Text key = {0}, t = {0};
  result_key(e, 0, k->ix, f->n, node, keep, &key);
  const char *text = key.at ? key.at : "", *at = strchr(text, '@');
  size_t inner = at ? (size_t)(at - text) : strlen(text), n = strlen(title);
  if (prefix) text_printf(&t, "%s.", str_text(strs, prefix));
  if (f->item->sym && inner && n && title[n - 1] == ']') text_printf(&t, "%.*s,%.*s]%s", (int)(n - 1), title, (int)inner, text, at ? at : "");
  else if (f->item->sym && inner) text_printf(&t, "%s[%.*s]%s", title, (int)inner, text, at ? at : "");
  else if (f->item->sym) text_printf(&t, "%s%s", title, text);
  else text_printf(&t, *text ? "%s (%s)" : "%s", title, text);
  const char *kept = arena_text(f->c->mem, t.at ? t.at : "", t.n);
  text_free(&key);
  text_free(&t);
  return kept ? kept : "";
}

/* What is at hand at a point when nothing is named. */
static Result *at_hand(const Curves *c, Results *all, uint32_t question, uint32_t point) {
  results_move(c->grid, point);
  return question == CURVES_NAMED ? results_default_in(all, (uint32_t)(c->grid - all->grid) + 1) : results_of(all, question);
}

/* Where the numbers of each point begin: as many as it has equilibria. *family: the question they are of, or NULL. */
static uint32_t *starts(const Curves *c, Results *all, const QueryItem *item, uint32_t question, const Result **family) {
  uint32_t *first = ARENA_ARRAY(c->mem, uint32_t, c->grid->npoint + 2);
  *family = NULL;
  for (uint32_t k = 0; first && k < c->grid->npoint; k++) {
    const Result *of = family_of(all, item->e, at_hand(c, all, question, k));
    first[k + 1] = first[k] + (of && of->nmember ? of->nmember : 1);
    for (uint32_t i = 0; of && i < all->n && !*family; i++)
      if (all->of[i].question == of->question) *family = &all->of[i];
  }
  return first;
}

void curves_add(Curves *c, Results *all, const QueryItem *item, uint32_t question, const char *title, int prefix) {
  const Result *family = NULL;
  uint32_t *first = starts(c, all, item, question, &family);
  int *digits = first ? ARENA_ARRAY(c->mem, int, first[c->grid->npoint] + 1) : NULL;
  Filling f = {.c = c, .all = all, .item = item, .first = first};
  if (!digits || item->free_idx.n > RESULT_DIMS) return;
  for (uint32_t k = 0; k < c->grid->npoint; k++) {
    Result *here = at_hand(c, all, question, k), *of = family_of(all, item->e, here);
    for (f.entry = first[k]; f.entry < first[k + 1]; f.entry++) {
      f.here = of && of->nmember ? &of->member[f.entry - first[k]] : here;
      f.column = 0;
      digits[f.entry] = f.here->solved && !result_is_family(f.here) ? proven_digits(&f.here->sol) : 10;
      query_tuples(all, item, c->shown, fill, &f);
    }
  }
  results_move(c->grid, 0);
  uint8_t keep[RESULT_DIMS];
  int shown = 0;
  varying(&f, keep);
  for (uint32_t i = 0; i < f.of.n; i++) {
    const Column *k = &f.of.at[i];
    if (!k->any && (item->e->kind == E_REF || shown || i + 1 < f.of.n)) continue;       /* what exists nowhere; an expression is shown as asked for */
    shown = 1;
    Curve curve = {label(&f, k, title, prefix && question != CURVES_NAMED ? all->of[question].name : 0, keep), first, k->at, digits, family};
    VEC_PUSH(c->mem, c->of, curve);
  }
}

/* ---- branches ---- */

static double size_of(const Result *a, uint32_t i) {
  double most = 0;
  for (uint32_t k = 0; k < a->nmember; k++) most = fmax(most, fabs(a->member[k].sol.x[i]));
  return most;
}

/* How far apart two equilibria of neighbouring points are; infinite where they cannot be on one branch. */
static double apart(const Result *a, const Result *b, const double *size, uint32_t nx, uint32_t i, uint32_t k) {
  const Result *x = &a->member[i], *y = &b->member[k];
  double sum = 0;
  if (x->index && y->index && x->index != y->index) return INFINITY;
  for (uint32_t u = 0; u < nx; u++) {
    double d = size[u] > 0 ? (x->sol.x[u] - y->sol.x[u]) / size[u] : 0;
    sum += d * d;
  }
  return sum;
}

static uint32_t nearest(const Result *from, const Result *to, const double *size, uint32_t nx, uint32_t i) {
  uint32_t best = UINT32_MAX;
  double least = INFINITY;
  for (uint32_t k = 0; k < to->nmember; k++) {
    double d = apart(from, to, size, nx, i, k);
    if (d < least) least = d, best = k;
  }
  return best;
}

/* The sizes of unknowns at two points, or NULL where their problems are not the same. */
static double *sizes(const Result *a, const Result *b, Arena *mem) {
  if (!a->solved || !b->solved || a->lowered != b->lowered) return NULL;
  uint32_t nx = lowered_problem(a->lowered)->nx;
  double *size = ARENA_ARRAY(mem, double, nx + 1);
  for (uint32_t i = 0; size && i < nx; i++) size[i] = fmax(size_of(a, i), size_of(b, i));
  return size;
}

uint32_t *curves_branches(const Curve *c, const uint32_t *point, uint32_t n, Arena *mem) {
  uint32_t most = 0, next = 0, *branch;
  for (uint32_t k = 0; k < n; k++) most = c->first[point[k] + 1] > most ? c->first[point[k] + 1] : most;
  if (!(branch = ARENA_ARRAY(mem, uint32_t, most + 1))) return NULL;
  for (uint32_t k = 0; k < n; k++) {
    const Result *here = &c->family->point[point[k]], *last = k ? &c->family->point[point[k - 1]] : NULL;
    Arena *scratch = last ? arena_new(NULL) : NULL;
    double *size = scratch ? sizes(last, here, scratch) : NULL;
    uint32_t nx = size ? lowered_problem(here->lowered)->nx : 0, first = c->first[point[k]];
    for (uint32_t i = 0; i < c->first[point[k] + 1] - first; i++) {
      uint32_t at = size ? nearest(here, last, size, nx, i) : UINT32_MAX;
      int mutual = at != UINT32_MAX && nearest(last, here, size, nx, at) == i;
      branch[first + i] = mutual ? branch[c->first[point[k - 1]] + at] : next++;
    }
    arena_free(scratch);
  }
  return branch;
}
