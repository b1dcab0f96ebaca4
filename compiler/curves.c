/* curves.c: see curves.h. */
#include "curves.h"
#include "verdict.h"
#include <math.h>
#include <string.h>

typedef struct { Elem *ix; Number *at; int any; } Column;
typedef struct { Curves *c; Results *all; const QueryItem *item; Result *here; uint32_t n, column; VEC(Column) of; uint32_t point; } Filling;

/* Tuples come in the same order at every point. */
static void fill(void *ctx, const Elem *at, uint32_t n) {
  Filling *f = ctx;
  if (f->column == f->of.n) {
    Column k = {ARENA_ARRAY(f->c->mem, Elem, n + 1), ARENA_ARRAY(f->c->mem, Number, f->c->grid->npoint), 0};
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
  k->at[f->point] = v;
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

void curves_add(Curves *c, Results *all, const QueryItem *item, uint32_t question, const char *title, int prefix) {
  Filling f = {.c = c, .all = all, .item = item};
  uint32_t sweep = (uint32_t)(c->grid - all->grid) + 1;
  int *digits = ARENA_ARRAY(c->mem, int, c->grid->npoint + 1);
  if (!digits || item->free_idx.n > RESULT_DIMS) return;
  for (f.point = 0; f.point < c->grid->npoint; f.point++) {
    results_move(c->grid, f.point);
    f.here = question == CURVES_NAMED ? results_default_in(all, sweep) : results_of(all, question);
    f.column = 0;
    digits[f.point] = f.here->solved ? proven_digits(&f.here->sol) : 10;
    query_tuples(all, item, c->shown, fill, &f);
  }
  results_move(c->grid, 0);
  uint8_t keep[RESULT_DIMS];
  int shown = 0;
  varying(&f, keep);
  for (uint32_t i = 0; i < f.of.n; i++) {
    const Column *k = &f.of.at[i];
    if (!k->any && (item->e->kind == E_REF || shown || i + 1 < f.of.n)) continue;       /* what exists nowhere; an expression is shown as asked for */
    shown = 1;
    Curve curve = {label(&f, k, title, prefix && question != CURVES_NAMED ? all->of[question].name : 0, keep), k->at, digits};
    VEC_PUSH(c->mem, c->of, curve);
  }
}
