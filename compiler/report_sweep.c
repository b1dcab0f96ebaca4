/* report_sweep.c: see report_sweep.h. */
#include "report_sweep.h"
#include <string.h>

enum { WIDTH = 100, MOST_ROWS = 60, BETWEEN = 2 };

/* Columns on the terminal: characters, not bytes. */
static unsigned width_of(const char *s) {
  unsigned n = 0;
  for (; *s; s++) n += ((unsigned char)*s & 0xc0) != 0x80;
  return n;
}

typedef struct { const char *head, **cell; unsigned width; int marked; } Column;

static const char *keep(Arena *mem, Text *t) {
  const char *s = arena_text(mem, t->at ? t->at : "", t->n);
  text_free(t);
  return s ? s : "";
}

static Column column_of(Arena *mem, const char *head, uint32_t rows) { return (Column){head, ARENA_ARRAY(mem, const char *, rows + 1), width_of(head), 0}; }

static void set_cell(Column *k, uint32_t row, const char *s) {
  k->cell[row] = s;
  unsigned n = width_of(s);
  if (*s && s[strlen(s) - 1] == '~') k->marked = 1;
  if (n > k->width) k->width = n;
}

static Column axis_column(const Results *all, const Curves *c, uint32_t a, uint32_t rows) {
  Column k = column_of(c->mem, str_text(all->model->cc->strs, c->grid->sweep->axes.at[a].label), rows);
  for (uint32_t i = 0; i < rows && k.cell; i++) {
    Text t = {0};
    text_digits(&t, c->grid->value[(size_t)i * c->grid->naxis + a], 10);
    set_cell(&k, i, keep(c->mem, &t));
  }
  return k;
}

static Column curve_column(const Curves *c, const Curve *curve, uint32_t rows, int *loose) {
  Column k = column_of(c->mem, curve->label, rows);
  for (uint32_t i = 0; i < rows && k.cell; i++) {
    Number v = curve->at[i];
    Text t = {0};
    if (v.known) text_digits(&t, v.value, curve->digits[i]);
    else text_put(&t, "-");
    if (v.known && v.loose) { text_put(&t, "~"); *loose = 1; }
    set_cell(&k, i, keep(c->mem, &t));
  }
  return k;
}

/* Right-aligned; in a column with marks the others leave their place empty. */
static void put(Text *out, const Column *k, const char *s) {
  int blank = k->marked && (!*s || s[strlen(s) - 1] != '~');
  unsigned n = width_of(s) + (unsigned)blank, w = k->width + (unsigned)k->marked;
  text_printf(out, "%*s%s", (int)(w > n ? w - n : 0) + BETWEEN, "", s);
  if (blank) text_put(out, " ");
}

static void end_line(Text *out) {
  while (out->n && out->at[out->n - 1] == ' ') out->n--;
  text_put(out, "\n");
}

static void put_part(const Column *axis, uint32_t naxis, const Column *k, uint32_t n, uint32_t rows, Text *out) {
  for (uint32_t i = 0; i <= rows; i++) {
    for (uint32_t a = 0; a < naxis; a++) put(out, &axis[a], i ? axis[a].cell[i - 1] : axis[a].head);
    for (uint32_t c = 0; c < n; c++) put(out, &k[c], i ? k[c].cell[i - 1] : k[c].head);
    end_line(out);
  }
}

void report_curves(const Results *all, const Curves *c, int *loose, Text *out) {
  const Grid *g = c->grid;
  uint32_t rows = g->npoint < MOST_ROWS || (c->shown && c->shown->full) ? g->npoint : MOST_ROWS;
  Column *axis = ARENA_ARRAY(c->mem, Column, g->naxis + 1), *k = ARENA_ARRAY(c->mem, Column, c->of.n + 1);
  unsigned first = 0;
  if (!axis || !k || !c->of.n) return;
  for (uint32_t a = 0; a < g->naxis; a++) {
    axis[a] = axis_column(all, c, a, rows);
    first += axis[a].width + BETWEEN;
  }
  for (uint32_t i = 0; i < c->of.n; i++) k[i] = curve_column(c, &c->of.at[i], rows, loose);
  if (arena_failed(c->mem)) return;
  for (uint32_t from = 0, to; from < c->of.n; from = to) {
    unsigned sum = first;
    for (to = from; to < c->of.n && (to == from || sum + k[to].width + (unsigned)k[to].marked + BETWEEN <= WIDTH); to++) sum += k[to].width + (unsigned)k[to].marked + BETWEEN;
    put_part(axis, g->naxis, k + from, to - from, rows, out);
    if (rows < g->npoint) text_printf(out, "  ... and %u more points (--full shows them)\n", g->npoint - rows);
    text_put(out, "\n");
  }
}
