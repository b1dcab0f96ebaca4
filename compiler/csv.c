/* csv.c: one scan over the text; cells point into it, quoted fields with doubled quotes are copied. */
#include "csv.h"
#include <stdlib.h>
#include <string.h>

typedef struct { Compilation *c; const Source *s; Arena *mem; VEC(Cell) cell; size_t at; int wrong; } Csv;

/* strtod alone would take "nan", "inf" and hexadecimal; those stay labels, and are refused where numbers are expected. */
static int number(const char *t, size_t n, double *out) {
  char buf[64], *end;
  if (!n || n >= sizeof buf || strspn(t, "+-.0123456789eE") < n) return 0;
  memcpy(buf, t, n);
  buf[n] = 0;
  *out = strtod(buf, &end);
  return *end == 0;
}

static void push(Csv *v, const char *t, size_t n, size_t begin, size_t end) {
  while (n && (*t == ' ' || *t == '\t')) t++, n--;
  while (n && (t[n - 1] == ' ' || t[n - 1] == '\t')) n--;
  Cell c = {.begin = (uint32_t)begin, .end = (uint32_t)end, .kind = CELL_LABEL};
  if (number(t, n, &c.num)) c.kind = CELL_NUMBER;
  else if (n == 1 && (*t == '.' || *t == '-')) {        /* zero, as in tables */
    c.kind = CELL_DOT;
    c.text = str_intern(v->c->strs, t, n);
  }
  else c.text = str_intern(v->c->strs, t, n);
  VEC_PUSH(v->mem, v->cell, c);
}

static void quoted(Csv *v) {
  const char *t = v->s->text;
  size_t begin = v->at++, n = 0, size = v->s->size;
  size_t stop = v->at;
  while (stop < size && !(t[stop] == '"' && t[stop + 1] != '"')) stop += t[stop] == '"' ? 2 : 1;
  if (stop >= size) {
    diag_at(v->c, SEV_ERROR, "csv.quote", (Span){v->s->id, (uint32_t)begin, (uint32_t)begin + 1}, "this quotation mark is not closed");
    v->wrong = 1;
    v->at = size;
    return;
  }
  char *copy = arena_get(v->mem, stop - v->at + 1, 1);
  for (size_t i = v->at; copy && i < stop; i++) {
    copy[n++] = t[i];
    i += t[i] == '"';
  }
  if (copy) push(v, copy, n, begin, stop + 1);
  v->at = stop + 1;
}

static void field(Csv *v) {
  const char *t = v->s->text;
  if (t[v->at] == '"') {
    quoted(v);
    while (v->at < v->s->size && t[v->at] == ' ') v->at++;
    if (!v->wrong && v->at < v->s->size && !strchr(",\r\n", t[v->at])) {
      diag_at(v->c, SEV_ERROR, "csv.quote", (Span){v->s->id, (uint32_t)v->at, (uint32_t)v->at + 1}, "a comma or the end of the line is wanted after a quoted field");
      v->wrong = 1;
    }
    return;
  }
  size_t begin = v->at;
  while (v->at < v->s->size && t[v->at] != ',' && t[v->at] != '\n' && t[v->at] != '\r') v->at++;
  push(v, t + begin, v->at - begin, begin, v->at);
}

/* Room for all cells at once: a vector that grew by doubling inside an arena would leave as much behind. */
static int make_room(Csv *v) {
  const char *t = v->s->text;
  size_t n = 2;
  for (size_t i = 0; i < v->s->size; i++) n += t[i] == ',' ? 1 : t[i] == '\n' || (t[i] == '\r' && t[i + 1] != '\n') ? 2 : 0;
  if (n > UINT32_MAX) return 1;
  v->cell.at = ARENA_ARRAY(v->mem, Cell, n);
  v->cell.cap = v->cell.at ? (uint32_t)n : 0;
  return !v->cell.at;
}

int csv_cells(Compilation *c, const Source *s, Arena *mem, CsvCells *out) {
  Csv v = {.c = c, .s = s, .mem = mem};
  if (s->size >= 3 && !memcmp(s->text, "\xef\xbb\xbf", 3)) v.at = 3;
  out->columns = 0;
  if (make_room(&v)) return 1;
  while (v.at < s->size && !v.wrong) {
    char ch = s->text[v.at];
    if (ch == '\n' || ch == '\r') {                     /* an empty line */
      v.at++;
      continue;
    }
    uint32_t first = v.cell.n;
    field(&v);
    while (!v.wrong && v.at < s->size && s->text[v.at] == ',') {
      v.at++;
      field(&v);
    }
    if (!out->columns) out->columns = v.cell.n - first;
    while (v.at < s->size && s->text[v.at] == '\r') v.at++;
    VEC_PUSH(mem, v.cell, (Cell){.begin = (uint32_t)v.at, .end = (uint32_t)v.at, .kind = CELL_NEWLINE});
    if (arena_failed(mem)) return 1;
  }
  out->at = v.cell.at;
  out->n = v.cell.n;
  return v.wrong;
}
