/* report.c: tables for people. See report.h.
 *
 * A table has rows for the indices of a quantity and columns for solutions; where it has two or more indices that vary, the last one
 * (usually the node) runs over the columns of each solution. Of an index with very many elements some rows are shown and, below them,
 * sums over all. Numbers show the digits that were proven, at most ten. */
#include "aggregate.h"
#include "family.h"
#include "report.h"
#include "pecuniary.h"
#include "secondbest.h"
#include "report_sweep.h"
#include "statistic.h"
#include "verdict.h"
#include <math.h>
#include <string.h>

enum { WIDTH = 100, MOST_COLUMNS = 8, MOST_ROWS = 60, INDENT = 2, COLUMNS = 64 /* solutions side by side */ };

typedef struct { const char *solution, *label; Result *r; Elem across; } Column;
typedef struct { const char *label; const char **cell; } Row;
typedef struct {
  const char *title;
  VEC(Column) column;
  VEC(Row) row;
  uint32_t hidden;                                      /* rows past MOST_ROWS */
  const char *note;                                     /* what is left out, or NULL */
  int scalar;                                           /* one row a quantity: consecutive ones share the table */
} Table;

typedef struct { const char *title, *why; } Missing;     /* a value that was asked for and is not there, and why */
typedef struct { Results *all; const Showing *shown; Arena *mem; Text *out; Table table; int open, loose; VEC(Missing) missing; Curves *curves; /* one for each sweep */ } Report;

static const char *keep_text(Report *p, Text *t) {
  const char *s = arena_text(p->mem, t->at ? t->at : "", t->n);
  text_free(t);
  return s ? s : "";
}

/* Columns on the terminal: characters, not bytes. */
static unsigned width_of(const char *s) {
  unsigned n = 0;
  for (; *s; s++) n += ((unsigned char)*s & 0xc0) != 0x80;
  return n;
}

/* ---- printing ---- */

static void pad(Text *out, unsigned n) { text_printf(out, "%*s", (int)n, ""); }

/* Right-aligned; marked: the column has marks behind some numbers, and the others leave their place empty. */
static void put_right(Text *out, const char *s, unsigned width, int marked) {
  unsigned n = width_of(s);
  int blank = marked && (!n || s[strlen(s) - 1] != '~');
  if (blank) n++;
  pad(out, width > n ? width - n : 0);
  text_put(out, s);
  if (blank) text_put(out, " ");
}

static int is_marked(const Table *t, uint32_t c) {
  for (uint32_t i = 0; i < t->row.n; i++) {
    const char *s = t->row.at[i].cell[c];
    if (*s && s[strlen(s) - 1] == '~') return 1;
  }
  return 0;
}

static void end_line(Text *out) {
  while (out->n && out->at[out->n - 1] == ' ') out->n--;
  text_put(out, "\n");
}

static unsigned column_width(const Table *t, uint32_t c) {
  unsigned w = width_of(t->column.at[c].label), s = width_of(t->column.at[c].solution);
  if (s > w) w = s;
  for (uint32_t i = 0; i < t->row.n; i++) {
    unsigned n = width_of(t->row.at[i].cell[c]);
    if (n > w) w = n;
  }
  return w + 2 + (unsigned)is_marked(t, c);
}

/* Where a part that may end before column `to` ends: between two solutions, where that leaves anything. */
static uint32_t part_end(const Table *t, uint32_t from, uint32_t to) {
  uint32_t at = to;
  while (at > from && at < t->column.n && t->column.at[at].r == t->column.at[at - 1].r) at--;
  return at > from ? at : to;
}

/* Columns [from, to) of a table. */
static void print_part(Report *p, const Table *t, uint32_t from, uint32_t to, unsigned label, const unsigned *width) {
  Text *out = p->out;
  int labelled = 0, named = 0;
  for (uint32_t c = from; c < to; c++) labelled |= *t->column.at[c].label != 0, named |= *t->column.at[c].solution != 0;
  text_put(out, t->title);
  if (named) {
    pad(out, label > width_of(t->title) ? label - width_of(t->title) : 0);
    for (uint32_t c = from; c < to; c++) {
      int same = c > from && t->column.at[c].r == t->column.at[c - 1].r;
      put_right(out, same ? "" : t->column.at[c].solution, width[c], is_marked(t, c));
    }
  }
  if (labelled) {
    if (named) end_line(out);
    pad(out, named ? label : label > width_of(t->title) ? label - width_of(t->title) : 0);
    for (uint32_t c = from; c < to; c++) put_right(out, t->column.at[c].label, width[c], is_marked(t, c));
  }
  if (*t->title || labelled || named) end_line(out);
  for (uint32_t i = 0; i < t->row.n; i++) {
    pad(out, INDENT);
    text_put(out, t->row.at[i].label);
    unsigned n = INDENT + width_of(t->row.at[i].label);
    pad(out, label > n ? label - n : 0);
    for (uint32_t c = from; c < to; c++) put_right(out, t->row.at[i].cell[c], width[c], is_marked(t, c));
    end_line(out);
  }
  if (t->note) text_printf(out, "  %s\n", t->note);
  if (t->hidden) text_printf(out, "  ... and %u more rows (--full shows all)\n", t->hidden);
  text_put(out, "\n");
}

static void flush(Report *p) {
  Table *t = &p->table;
  if (!p->open) return;
  p->open = 0;
  unsigned label = width_of(t->title), *width = ARENA_ARRAY(p->mem, unsigned, t->column.n + 1);
  if (!width || arena_failed(p->mem)) return;
  for (uint32_t i = 0; i < t->row.n; i++) {
    unsigned n = INDENT + width_of(t->row.at[i].label);
    if (n > label) label = n;
  }
  for (uint32_t c = 0; c < t->column.n; c++) width[c] = column_width(t, c);
  for (uint32_t from = 0, to; from < t->column.n; from = to) {
    unsigned sum = label;
    for (to = from; to < t->column.n && (to == from || sum + width[to] <= WIDTH); to++) sum += width[to];
    to = part_end(t, from, to);
    print_part(p, t, from, to, label, width);
  }
}

/* ---- collecting the values of one item ---- */

typedef struct { Elem *at; Number *v; } Point;
typedef struct {
  Report *p;
  const QueryItem *item;
  Result **column; uint32_t ncolumn;
  VEC(Point) entry;
  const char *title;
} Collect;

static void remark(Report *p, const char *title, const char *why) {
  enum { MOST_REASONS = 20 };
  if (!*why) return;
  for (uint32_t i = 0; i < p->missing.n; i++)
    if (!strcmp(p->missing.at[i].title, title) && !strcmp(p->missing.at[i].why, why)) return;
  const char *keep = arena_text(p->mem, why, strlen(why));
  if (keep && p->missing.n < MOST_REASONS) VEC_PUSH(p->mem, p->missing, (Missing){title, keep});
}

static void collect(void *ctx, const Elem *at, uint32_t n) {
  Collect *c = ctx;
  Number v[COLUMNS];
  const Expr *x = c->item->e;
  int any = x->kind != E_REF && !(x->kind == E_STAT && econ_statistics[x->v].sparse);    /* an expression was asked for as it stands: where it has no value, that is shown */
  for (uint32_t i = 0; i < c->ncolumn; i++) {
    any |= (v[i] = query_value(c->p->all, c->item, c->column[i], at)).known;
    any |= query_undefined(c->p->all);
    if (c->p->all->note) remark(c->p, c->title, c->p->all->note);
    if (!v[i].known && c->p->all->why) remark(c->p, c->title, c->p->all->why);
    if (v[i].known && (v[i].value < 0 || v[i].value > 0) && query_is_noise(c->p->all, c->item, c->column[i], at, v[i].value)) v[i].value = 0;
  }
  if (!any) return;
  Point e = {ARENA_ARRAY(c->p->mem, Elem, n + 1), ARENA_ARRAY(c->p->mem, Number, c->ncolumn)};
  if (!e.at || !e.v) return;
  if (n) memcpy(e.at, at, n * sizeof *at);
  memcpy(e.v, v, c->ncolumn * sizeof *v);
  VEC_PUSH(c->p->mem, c->entry, e);
}

static const char *cell_text(Report *p, const Result *r, Number v) {
  Text t = {0};
  if (!v.known) text_put(&t, "-");
  else text_digits(&t, v.value, r->solved ? proven_digits(&r->sol) : 10);
  if (v.known && v.loose) text_put(&t, "~");
  if (v.loose) p->loose = 1;
  return keep_text(p, &t);
}

/* Which of the free indices take several values among the entries. */
static uint32_t varying(const Collect *c, uint8_t *keep, uint32_t *last) {
  uint32_t count = 0;
  for (uint32_t d = 0; d < c->item->free_idx.n; d++) {
    keep[d] = 0;
    for (uint32_t i = 1; i < c->entry.n && !keep[d]; i++) keep[d] = c->entry.at[i].at[d] != c->entry.at[0].at[d];
    if (keep[d]) { count++; *last = d; }
  }
  return count;
}

static int free_node(const Economy *e, const QueryItem *item) {
  for (uint32_t d = 0; d < item->free_idx.n; d++)
    if (e->idxs.at[item->free_idx.at[d]].set == e->node_set) return (int)d;
  return -1;
}

/* The elements that index d takes, in order of appearance; more than MOST_COLUMNS are not wanted across. */
static uint32_t elements_across(const Collect *c, uint32_t d, Elem *across) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < c->entry.n; i++) {
    uint32_t k = 0;
    while (k < n && across[k] != c->entry.at[i].at[d]) k++;
    if (k == n && n == MOST_COLUMNS) return MOST_COLUMNS + 1;
    if (k == n) across[n++] = c->entry.at[i].at[d];
  }
  return n;
}

static int same_row(const Elem *a, const Elem *b, uint32_t n, uint32_t skip) {
  for (uint32_t i = 0; i < n; i++)
    if (i != skip && a[i] != b[i]) return 0;
  return 1;
}

static void add_columns(Report *p, const Collect *c, const Elem *across, uint32_t nacross, int is_node) {
  const Economy *e = p->all->model->economy;
  for (uint32_t i = 0; i < c->ncolumn; i++) {
    Column col = {c->column[i]->name ? str_text(e->cc->strs, c->column[i]->name) : "", "", c->column[i], ELEM_NONE};
    if (!nacross) VEC_PUSH(p->mem, p->table.column, col);
    for (uint32_t k = 0; k < nacross; k++) {
      char buf[16];
      Text t = {0};
      text_printf(&t, "%s%s", is_node ? "@" : "", elem_text(e, across[k], buf));
      col.label = keep_text(p, &t);
      col.across = across[k];
      VEC_PUSH(p->mem, p->table.column, col);
    }
  }
}

/* One row: the entries from `first` on that differ only in the index that runs across. Returns the entry after them. */
static uint32_t add_row(Report *p, const Collect *c, uint32_t first, const char *label, uint32_t skip) {
  Table *t = &p->table;
  uint32_t end = first + 1, n = c->item->free_idx.n;
  while (skip < n && end < c->entry.n && same_row(c->entry.at[first].at, c->entry.at[end].at, n, skip)) end++;
  if (t->row.n >= MOST_ROWS && !p->shown->full) { t->hidden++; return end; }
  Row row = {label, ARENA_ARRAY(p->mem, const char *, t->column.n + 1)};
  if (!row.cell) return end;
  for (uint32_t k = 0; k < t->column.n; k++) {
    row.cell[k] = "-";
    uint32_t which = 0;
    while (which < c->ncolumn && c->column[which] != t->column.at[k].r) which++;
    for (uint32_t i = first; i < end && which < c->ncolumn; i++)
      if (skip >= n || c->entry.at[i].at[skip] == t->column.at[k].across) row.cell[k] = cell_text(p, c->column[which], c->entry.at[i].v[which]);
  }
  VEC_PUSH(p->mem, t->row, row);
  return end;
}

/* ---- over all elements of long indices ---- */

static const char *const aggregate_label[] = {"total", "mean", "min", "max"};
static double aggregate_part(const Aggregated *a, unsigned which) { return which == 0 ? a->sum : which == 1 ? a->mean : which == 2 ? a->least : a->most; }

/* Which free indices are shown in part. */
static uint32_t cut_indices(const Report *p, const QueryItem *item, uint8_t *over) {
  const Economy *e = p->all->model->economy;
  uint32_t n = 0;
  for (uint32_t d = 0; d < item->free_idx.n; d++) n += over[d] = (uint8_t)shown_cuts(p->shown, e, e->idxs.at[item->free_idx.at[d]].set);
  return n;
}

/* "1000000 of H, 4 shown (--sample K shows others, --full all)" */
static const char *cut_note(Report *p, const QueryItem *item, const uint8_t *over) {
  const Economy *e = p->all->model->economy;
  Text t = {0};
  for (uint32_t d = 0; d < item->free_idx.n; d++) {
    SymId set = e->idxs.at[item->free_idx.at[d]].set;
    if (!over[d]) continue;
    text_printf(&t, "%s%u of the %u elements of %s", t.n ? ", " : "", shown_count(p->shown, e, set), set_size(economy_set(e, set)), str_text(e->cc->strs, economy_at(e, set)->name));
  }
  text_put(&t, p->shown->sample ? " shown, evenly spread (--full shows all)" : " shown (--sample K shows K, evenly spread; --full all)");
  return keep_text(p, &t);
}

/* One row for each aggregate and value of the indices that are listed in full and not across. first: an entry with these values. */
static void aggregate_rows(Report *p, const Collect *c, const uint8_t *over, uint32_t first, uint32_t skip, const char *before) {
  Table *t = &p->table;
  Elem at[RESULT_DIMS] = {0};
  Aggregated *a = ARENA_ARRAY(p->mem, Aggregated, t->column.n + 1);
  Arena *heap = arena_new(NULL);
  int by_mass = 0;
  for (uint32_t d = 0; d < c->item->free_idx.n; d++) at[d] = c->entry.at[first].at[d];
  for (uint32_t k = 0; a && heap && k < t->column.n; k++) {
    if (skip < c->item->free_idx.n) at[skip] = t->column.at[k].across;
    a[k] = aggregate_item(p->all, c->item, t->column.at[k].r, over, at, heap);
    by_mass |= a[k].by_mass;
  }
  arena_free(heap);
  for (unsigned w = 0; a && w < sizeof aggregate_label / sizeof *aggregate_label; w++) {
    Text label = {0};
    text_printf(&label, "%s%s%s", before, w == 0 && !by_mass ? "sum" : aggregate_label[w], w < 2 && by_mass ? " by mass" : "");
    Row row = {keep_text(p, &label), ARENA_ARRAY(p->mem, const char *, t->column.n + 1)};
    if (!row.cell) return;
    for (uint32_t k = 0; k < t->column.n; k++) row.cell[k] = cell_text(p, t->column.at[k].r, (Number){aggregate_part(&a[k], w), a[k].count > 0, a[k].loose});
    VEC_PUSH(p->mem, t->row, row);
  }
}

/* Aggregates for every value of the indices that are listed in full: the entries that share the first entry's elements of the others. */
static void all_aggregates(Report *p, const Collect *c, const uint8_t *over, uint32_t skip, int node, const uint8_t *keep) {
  uint32_t n = c->item->free_idx.n;
  uint8_t listed[RESULT_DIMS];
  for (uint32_t d = 0; d < n; d++) listed[d] = (uint8_t)(keep[d] && !over[d]);
  for (uint32_t i = 0; i < c->entry.n && !p->table.hidden; i++) {
    int fresh = 1;
    for (uint32_t d = 0; d < n && fresh; d++)
      if (over[d] || d == skip) fresh = c->entry.at[i].at[d] == c->entry.at[0].at[d];
    if (!fresh) continue;
    Text before = {0};
    result_key(p->all->model->economy, 0, c->entry.at[i].at, n, node, listed, &before);
    if (before.n) text_put(&before, " ");
    aggregate_rows(p, c, over, i, skip, keep_text(p, &before));
  }
  p->table.note = cut_note(p, c->item, over);
}

static int same_columns(const Table *t, const Collect *c) {
  if (t->column.n != c->ncolumn) return 0;
  for (uint32_t i = 0; i < c->ncolumn; i++)
    if (t->column.at[i].r != c->column[i]) return 0;
  return 1;
}

static void show_item(Report *p, const QueryItem *item, const char *title, Result **column, uint32_t ncolumn) {
  Collect c = {p, item, column, ncolumn, {0}, title};
  uint8_t keep[RESULT_DIMS] = {0}, over[RESULT_DIMS] = {0};
  uint32_t last = UINT32_MAX, skip = UINT32_MAX;
  Elem across[MOST_COLUMNS];
  if (item->free_idx.n > RESULT_DIMS) return;
  query_tuples(p->all, item, p->shown, collect, &c);
  if (!c.entry.n) return;
  const Economy *e = p->all->model->economy;
  uint32_t count = varying(&c, keep, &last), nacross = 0;
  int node = free_node(e, item);
  if (!count) {
    if (!p->open || !p->table.scalar || !same_columns(&p->table, &c)) {
      flush(p);
      p->table = (Table){.title = "", .scalar = 1};
      p->open = 1;
      add_columns(p, &c, NULL, 0, 0);
    }
    add_row(p, &c, 0, title, UINT32_MAX);
    return;
  }
  flush(p);
  p->table = (Table){.title = title};
  p->open = 1;
  if (count > 1 && (nacross = elements_across(&c, last, across)) <= MOST_COLUMNS) skip = last, keep[last] = 0;
  else nacross = 0;
  add_columns(p, &c, across, nacross, (int)skip == node);
  for (uint32_t i = 0; i < c.entry.n;) {
    Text label = {0};
    result_key(e, 0, c.entry.at[i].at, item->free_idx.n, node, keep, &label);
    i = add_row(p, &c, i, keep_text(p, &label), skip);
  }
  if (cut_indices(p, item, over)) all_aggregates(p, &c, over, skip, node, keep);
  flush(p);
}

/* ---- what to show ---- */

/* "k", or "x[debtor]" where several classes have an x. */
static const char *item_title(Report *p, const QueryItem *item, const char *label, uint32_t nitems) {
  const Economy *e = p->all->model->economy;
  const Sym *s = item->sym ? economy_at(e, item->sym) : NULL;
  Text t = {0};
  text_put(&t, label && *label ? label : s ? str_text(e->cc->strs, s->name) : "");
  if (s && s->owner && (nitems > 1 || (!label && result_shared_name(&p->all->base, item->sym))))
    text_printf(&t, "[%s]", str_text(e->cc->strs, economy_at(e, s->owner)->name));
  if (item->suffix && nitems > 1) text_printf(&t, ", %s", item->suffix);
  return keep_text(p, &t);
}

/* A solved result as columns: one, or one for each equilibrium. */
static uint32_t add_parts(Result *r, Result **column, uint32_t n) {
  uint32_t parts;
  Result *at = result_parts(r, &parts);
  for (uint32_t k = 0; k < parts && n < COLUMNS; k++) column[n++] = &at[k];
  return n;
}

/* The questions that a report is about, by their index: those named, else all before it. Returns how many; *wrong after a diagnostic. */
static uint32_t asked_about(const Results *all, uint32_t index, uint32_t *question, int *wrong) {
  const Model *m = all->model;
  const Ask *ask = &m->asks.at[index];
  uint32_t n = 0;
  for (uint32_t i = 0; i < index && !ask->of.n; i++)
    if (m->asks.at[i].kind == ASK_SOLVE && m->asks.at[i].question < all->n && (!ask->sweep || m->asks.at[i].sweep == ask->sweep)) question[n++] = m->asks.at[i].question;
  for (uint32_t i = 0; i < ask->of.n; i++) {
    uint32_t q = 0;
    while (q < all->n && all->of[q].name != ask->of.at[i]) q++;
    if (q < all->n) question[n++] = q;
    else {
      diag_add(m->cc, SEV_ERROR, "names.unknown", ask->at, "there is no solution called `%s`", str_text(m->cc->strs, ask->of.at[i]));
      *wrong = 1;
    }
  }
  return n;
}

static Curves *curves_of(Report *p, Grid *g) {
  Curves *c = &p->curves[g - p->all->grid];
  if (!c->grid) *c = (Curves){.grid = g, .mem = p->mem, .shown = p->shown};
  return c;
}

static uint32_t same_sweep(const Results *all, const uint32_t *question, uint32_t n, uint32_t sweep) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < n; i++) count += all->model->questions.at[question[i]].sweep == sweep;
  return count;
}

/* Parameters that a question of the sweep chooses have values of its own at each point. */
static int some_choose(const Results *all, const uint32_t *question, uint32_t n, uint32_t sweep) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < n; i++) count += all->model->questions.at[question[i]].sweep == sweep && all->model->questions.at[question[i]].concept == Q_SECOND_BEST;
  return count > 0;
}

/* What a report shows of one item: in tables of solutions, and as columns of the tables of sweeps. */
static int show_one(Report *p, const Ask *ask, const QueryItem *item, const char *title, const uint32_t *question, uint32_t n) {
  Results *all = p->all;
  Result *column[COLUMNS], *alone[1] = {&all->base}, *member[COLUMNS];
  Str only;
  int bare, two, named = query_needs(all, item->e, &only, &bare);
  uint32_t ncolumn = 0, swept = 0;
  if (named < 0) return 1;
  Grid *g = query_grid(all, item->e, &two);
  if (two) {
    diag_add(all->model->cc, SEV_ERROR, "report.sweeps", item->e->at, "the solutions in this expression belong to different sweeps, which have no points in common");
    return 1;
  }
  if (!named && !bare && ask->sweep && some_choose(all, question, n, ask->sweep)) bare = 1;
  if (!g && !named && !bare && ask->sweep) g = &all->grid[ask->sweep - 1];
  if (g) {
    flush(p);
    curves_add(curves_of(p, g), all, item, CURVES_NAMED, title, 0);
    return 0;
  }
  Result *family = family_of(all, item->e, NULL);
  if (family && !bare) { show_item(p, item, title, member, add_parts(family, member, 0)); return 0; }
  if (named && !bare) { show_item(p, item, title, alone, 1); return 0; }
  for (uint32_t i = 0; i < n; i++) {
    uint32_t sweep = all->model->questions.at[question[i]].sweep;
    if (!sweep && all->of[question[i]].solved) ncolumn = add_parts(&all->of[question[i]], column, ncolumn);
    if (!sweep || (!named && !bare)) continue;
    curves_add(curves_of(p, &all->grid[sweep - 1]), all, item, question[i], title, same_sweep(all, question, n, sweep) > 1);
    swept++;
  }
  if (ncolumn) show_item(p, item, title, column, ncolumn);
  else if (!bare && !swept) show_item(p, item, title, alone, 1);   /* parameters alone need no solution */
  return 0;
}

static void flush_curves(Report *p) {
  flush(p);
  for (uint32_t i = 0; i < p->all->ngrid; i++) {
    if (p->curves[i].grid) report_curves(p->all, &p->curves[i], &p->loose, p->out);
    p->curves[i] = (Curves){0};
  }
}

static int show_report(Report *p, uint32_t index) {
  Results *all = p->all;
  Model *m = all->model;
  const Ask *ask = &m->asks.at[index];
  uint32_t *question = ARENA_ARRAY(p->mem, uint32_t, index + ask->of.n + 1);
  int wrong = 0;
  if (!question) return 1;
  uint32_t n = asked_about(all, index, question, &wrong);
  for (uint32_t i = 0; i < ask->shown.n; i++) {
    Query q = {{0}, 0};
    const Shown *shown = &ask->shown.at[i];
    if (model_query(m, shown->ast, &q)) { wrong = 1; continue; }
    for (uint32_t k = 0; k < q.items.n; k++)
      wrong |= show_one(p, ask, &q.items.at[k], item_title(p, &q.items.at[k], str_text(m->cc->strs, shown->label), q.items.n), question, n);
  }
  flush_curves(p);
  return wrong;
}

/* Is the symbol shown under the name of another one, of which it is a copy, wherever it is there? */
static int goes_by_another(const Results *all, SymId s) {
  SymId first = economy_at(all->model->economy, s)->twin;
  for (uint32_t i = 0; i < all->n && first; i++)
    if (all->of[i].values && !economy_at(all->of[i].economy, s)->dropped && result_means(&all->of[i], first) != s) return 0;
  return first != 0;
}

/* A file that asks for no report: everything agents decide, prices, other unknowns, objectives. */
static void show_all(Report *p) {
  Results *all = p->all;
  Economy *e = all->model->economy;
  Result *column[COLUMNS];
  uint32_t ncolumn = 0, nsyms = e->syms.n;
  for (uint32_t i = 0; i < all->n; i++)
    if (all->of[i].solved) ncolumn = add_parts(&all->of[i], column, ncolumn);
  static const SymKind order[] = {SYM_CHOICE, SYM_PRICE, SYM_VAR, SYM_VALUE};
  for (size_t o = 0; o < sizeof order / sizeof *order; o++)
    for (SymId s = 1; s < nsyms; s++) {
      const Sym *sym = economy_at(e, s);
      if (sym->kind != order[o] || !result_reports(&all->base, s) || sym->ndom > RESULT_DIMS || goes_by_another(all, s)) continue;
      QueryItem item = {.sym = s};
      Ix ix[RESULT_DIMS] = {0};
      uint32_t n = sym->ndom;
      for (uint32_t d = 0; d < n; d++) {
        ix[d] = (Ix){IX_BOUND, economy_idx(e, 0, economy_at(e, s)->dom[d]), NULL};
        VEC_PUSH(e->mem, item.free_idx, ix[d].v);
      }
      if (!(item.e = ex_ref(e->mem, 0, s, ix, n))) continue;
      const char *title = item_title(p, &item, NULL, 1);
      if (ncolumn) show_item(p, &item, title, column, ncolumn);
      for (uint32_t i = 0; i < all->n; i++) {
        uint32_t sweep = all->model->questions.at[i].sweep;
        if (sweep) curves_add(curves_of(p, &all->grid[sweep - 1]), all, &item, i, title, all->model->sweeps.at[sweep - 1].questions.n > 1);
      }
    }
  flush_curves(p);
}

static void put_certificate(Report *p, Result *r) {
  verdict_certificate(lowered_problem(r->lowered), &r->sol.cert, 4, p->out);
  pecuniary_words(r, 4, p->out);
  second_best_certificate(r, 4, p->out);
}

/* A family's line, then one for each of its members. */
static void put_members(Report *p, Result *r, int certificate) {
  family_line(r, p->out);
  if (r->many.known == INDEX_MISSING) text_put(p->out, "\n    warning: equilibria are missing: the indices of all add to 1");
  for (uint32_t i = 0; i < r->nmember; i++) {
    Result *x = &r->member[i];
    text_printf(p->out, "\n  %s: ", str_text(r->model->cc->strs, x->name));
    verdict_line(x, p->out);
    if (x->index) text_printf(p->out, "; index %+d", x->index);
    if (certificate) {
      text_put(p->out, "\n");
      put_certificate(p, x);
      p->out->at[--p->out->n] = 0;                      /* the caller ends the line */
    }
  }
}

/* "calibrated to ex: alpha = 0.3, share[a] = 0.2". */
static void put_calibrated(Report *p) {
  const Results *all = p->all;
  const Economy *e = all->model->economy;
  for (uint32_t c = 0; c < all->model->calibrations.n && all->nfound; c++) {
    const Calibration *group = &all->model->calibrations.at[c];
    const char *between = "";
    text_printf(p->out, "calibrated to %s: ", str_text(e->cc->strs, all->model->questions.at[group->question].name));
    for (uint32_t i = 0; i < all->nfound; i++) {
      const Override *o = &all->found[i];
      const Sym *s = economy_at(e, o->sym);
      int ours = 0;
      for (uint32_t k = 0; k < group->params.n; k++) ours |= group->params.at[k] == o->sym;
      if (!ours) continue;
      Text key = {0};
      result_key(e, 0, o->ix, o->nix, s->node_dim, NULL, &key);
      text_printf(p->out, "%s%s%s%s%s = ", between, str_text(e->cc->strs, s->name), s->ndom ? "[" : "", key.at ? key.at : "", s->ndom ? "]" : "");
      text_digits(p->out, o->value, 10);
      text_free(&key);
      between = ", ";
    }
    text_put(p->out, "\n");
  }
}

/* A sweep's line, and where they are asked for the certificates of its points. */
static void put_points(Report *p, Result *r, int certificate) {
  verdict_points(r, p->out);
  text_put(p->out, "\n");
  for (uint32_t k = 0; k < r->npoint && certificate; k++) {
    if (!r->point[k].attempted) continue;
    text_put(p->out, "  at ");
    grid_point_text(p->all, &p->all->grid[r->question->sweep - 1], k, p->out);
    if (result_is_family(&r->point[k])) {
      text_put(p->out, ": ");
      if (r->point[k].solved) put_members(p, &r->point[k], certificate);
      else verdict_line(&r->point[k], p->out);
      text_put(p->out, "\n");
      continue;
    }
    text_put(p->out, ":\n");
    put_certificate(p, &r->point[k]);
  }
}

static void put_header(Report *p, int certificate) {
  Results *all = p->all;
  const Economy *e = all->model->economy;
  const Strs *strs = e->cc->strs;
  text_printf(p->out, "%s\n\n", str_text(strs, e->title ? e->title : e->name));
  for (uint32_t i = 0; i < all->n; i++) {
    Result *r = &all->of[i];
    text_printf(p->out, "%s: ", str_text(strs, r->name));
    if (r->point && !r->waits) { put_points(p, r, certificate); continue; }
    int several = result_is_family(r) && r->solved;
    if (several) put_members(p, r, certificate);
    else verdict_line(r, p->out);
    text_put(p->out, "\n");
    if (certificate && !several && r->attempted && r->lowered) put_certificate(p, r);
  }
  put_calibrated(p);
  if (all->n) text_put(p->out, "\n");
}

static int part_shows_any(Result *r) {
  uint32_t n;
  const Result *at = result_parts(r, &n);
  for (uint32_t i = 0; i < n; i++)
    if (at[i].solved && at[i].sol.cert.arbitrary) return 1;
  return 0;
}
/* Whether some solution is any one of many, and not the representative. */
static int shows_any(Results *all) {
  for (uint32_t i = 0; i < all->n; i++) {
    if (part_shows_any(&all->of[i])) return 1;
    for (uint32_t k = 0; k < all->of[i].npoint; k++)
      if (part_shows_any(&all->of[i].point[k])) return 1;
  }
  return 0;
}

static void put_footnote(Report *p) {
  for (uint32_t i = 0; i < p->missing.n; i++) text_printf(p->out, "- %s: %s\n", p->missing.at[i].title, p->missing.at[i].why);
  if (!p->loose) return;
  text_printf(p->out, "~ not determined by the equilibrium conditions; %s is shown (", shows_any(p->all) ? "one of the solutions, not that of least trade," : "the least-trade representative");
  const char *between = "";
  for (uint32_t i = 0; i < p->all->n; i++) {
    uint32_t parts, most = 0;
    const Result *stand = &p->all->of[i], *at = result_parts(&p->all->of[i], &parts);
    for (uint32_t k = 0; k < stand->npoint; k++) {
      uint32_t n;
      const Result *of = result_parts(&stand->point[k], &n);
      for (uint32_t m = 0; m < n; m++)
        if (of[m].solved && of[m].sol.cert.indeterminate > most) most = of[m].sol.cert.indeterminate;
    }
    for (uint32_t k = 0; k < parts; k++) {
      const Result *r = &at[k];
      uint32_t n = stand->point ? most : r->solved ? r->sol.cert.indeterminate : 0;
      if (!n) continue;
      text_printf(p->out, "%s%s: %s%u dimension%s", between, str_text(r->model->cc->strs, r->name), stand->point ? "up to " : "", n, n == 1 ? "" : "s");
      between = ", ";
    }
  }
  text_put(p->out, ")\n");
}

int report_print(Results *all, const Showing *shown, int certificate, Text *out) {
  Report p = {.all = all, .shown = shown, .mem = arena_new(NULL), .out = out};
  p.curves = p.mem ? ARENA_ARRAY(p.mem, Curves, all->ngrid + 1) : NULL;
  if (!p.curves) { arena_free(p.mem); return 1; }
  int wrong = 0, asked = 0;
  put_header(&p, certificate);
  for (uint32_t i = 0; i < all->model->asks.n; i++)
    if (all->model->asks.at[i].kind == ASK_REPORT) {
      asked = 1;
      wrong |= show_report(&p, i);
    }
  if (!asked) show_all(&p);
  put_footnote(&p);
  arena_free(p.mem);
  return wrong;
}
