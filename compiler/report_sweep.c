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

/* The lines of the table: a point has as many as the curve with most numbers there. */
typedef struct { uint32_t point, of; } Line;

static uint32_t lines_at(const Curves *c, uint32_t point) {
  uint32_t most = 1;
  for (uint32_t i = 0; i < c->of.n; i++) {
    const uint32_t *first = c->of.at[i].first;
    if (first[point + 1] - first[point] > most) most = first[point + 1] - first[point];
  }
  return most;
}

static Column axis_column(const Results *all, const Curves *c, uint32_t a, const Line *line, uint32_t rows) {
  Column k = column_of(c->mem, str_text(all->model->cc->strs, c->grid->sweep->axes.at[a].label), rows);
  for (uint32_t i = 0; i < rows && k.cell; i++) {
    Text t = {0};
    text_digits(&t, c->grid->value[(size_t)line[i].point * c->grid->naxis + a], 10);
    set_cell(&k, i, keep(c->mem, &t));
  }
  return k;
}

/* Which of how many equilibria of a question a line is of: "2 of 3". */
static Column family_column(const Results *all, const Curves *c, const Result *family, const Line *line, uint32_t rows) {
  Column k = column_of(c->mem, str_text(all->model->cc->strs, family->name), rows);
  for (uint32_t i = 0; i < rows && k.cell; i++) {
    const Result *r = &family->point[line[i].point];
    Text t = {0};
    if (line[i].of < r->nmember) text_printf(&t, "%u of %u", line[i].of + 1, r->nmember);
    else if (!line[i].of) text_put(&t, "-");
    set_cell(&k, i, keep(c->mem, &t));
  }
  return k;
}

static Column curve_column(const Curves *c, const Curve *curve, const Line *line, uint32_t rows, int *loose) {
  Column k = column_of(c->mem, curve->label, rows);
  for (uint32_t i = 0; i < rows && k.cell; i++) {
    uint32_t at = curve->first[line[i].point] + line[i].of;
    Text t = {0};
    set_cell(&k, i, "");
    if (at >= curve->first[line[i].point + 1]) continue;         /* another curve has more numbers here */
    Number v = curve->at[at];
    if (v.known) text_digits(&t, v.value, curve->digits[at]);
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

static void put_part(const Column *head, uint32_t nhead, const Column *k, uint32_t n, uint32_t rows, Text *out) {
  for (uint32_t i = 0; i <= rows; i++) {
    for (uint32_t a = 0; a < nhead; a++) put(out, &head[a], i ? head[a].cell[i - 1] : head[a].head);
    for (uint32_t c = 0; c < n; c++) put(out, &k[c], i ? k[c].cell[i - 1] : k[c].head);
    end_line(out);
  }
}

/* The questions for all equilibria whose numbers are shown. */
static uint32_t families(const Curves *c, const Result **of) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < c->of.n; i++) {
    uint32_t k = 0;
    while (k < n && of[k] != c->of.at[i].family) k++;
    if (k == n && c->of.at[i].family) of[n++] = c->of.at[i].family;
  }
  return n;
}

void report_curves(const Results *all, const Curves *c, int *loose, Text *out) {
  const Grid *g = c->grid;
  int full = c->shown && c->shown->full;
  VEC(Line) line = {0};
  uint32_t points = 0, nhead = g->naxis;
  for (; points < g->npoint && (full || line.n < MOST_ROWS); points++)
    for (uint32_t i = 0, n = lines_at(c, points); i < n; i++) VEC_PUSH(c->mem, line, (Line){points, i});
  uint32_t rows = line.n;
  const Result **family = ARENA_ARRAY(c->mem, const Result *, c->of.n + 1);
  Column *head = ARENA_ARRAY(c->mem, Column, g->naxis + c->of.n + 1), *k = ARENA_ARRAY(c->mem, Column, c->of.n + 1);
  unsigned first = 0;
  if (!head || !k || !family || !c->of.n) return;
  for (uint32_t a = 0; a < g->naxis; a++) head[a] = axis_column(all, c, a, line.at, rows);
  for (uint32_t i = 0, n = families(c, family); i < n; i++) head[nhead++] = family_column(all, c, family[i], line.at, rows);
  for (uint32_t a = 0; a < nhead; a++) first += head[a].width + BETWEEN;
  for (uint32_t i = 0; i < c->of.n; i++) k[i] = curve_column(c, &c->of.at[i], line.at, rows, loose);
  if (arena_failed(c->mem)) return;
  for (uint32_t from = 0, to; from < c->of.n; from = to) {
    unsigned sum = first;
    for (to = from; to < c->of.n && (to == from || sum + k[to].width + (unsigned)k[to].marked + BETWEEN <= WIDTH); to++) sum += k[to].width + (unsigned)k[to].marked + BETWEEN;
    put_part(head, nhead, k + from, to - from, rows, out);
    if (points < g->npoint) text_printf(out, "  ... and %u more points (--full shows them)\n", g->npoint - points);
    text_put(out, "\n");
  }
}
