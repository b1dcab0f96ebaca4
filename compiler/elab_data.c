/* elab_data.c: labelled tables and CSV files into dense parameters. Labels name the elements; a label such as c1@now or a,b names
 * several. Columns carry the last indices and rows the first, or the other way round where the labels leave no doubt. */
#include "csv.h"
#include "elab.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MORE_THAN_ENOUGH = 5 };                          /* mistakes of one kind in one table before the rest is only counted */

typedef struct {
  Elab *el; SymId sym; Data *data;
  const Cell *cell; uint32_t n, file; Span what;
  SymId dom[MAX_INDICES]; uint32_t ndom; int node_dim;
  size_t stride[MAX_INDICES];
  uint32_t said;
} Reader;

static Span cell_span(const Reader *r, const Cell *c) { return (Span){r->file, c->begin, c->end}; }

static int reader_start(Reader *r, Elab *el, SymId s, const Cell *cell, uint32_t n, uint32_t file, Span what) {
  *r = (Reader){.el = el, .sym = s, .cell = cell, .n = n, .file = file, .what = what};
  r->data = elab_data(el, s);
  const Sym *sym = economy_at(el->eco, s);
  r->ndom = sym->ndom;
  r->node_dim = sym->node_dim;
  size_t stride = 1;
  for (uint32_t d = sym->ndom; d-- > 0;) {
    r->dom[d] = sym->dom[d];
    r->stride[d] = stride;
    stride *= set_size(economy_set(el->eco, sym->dom[d]));
  }
  if (!r->data) return 1;
  r->data->file = file;
  r->data->at = ARENA_ARRAY(el->mem, uint32_t, r->data->n ? r->data->n : 1);
  return r->data->at == NULL;
}

/* ---- labels ---- */
typedef struct { Elem part[MAX_INDICES]; uint32_t n; int node; /* which part stood after @, -1 none */ } Label;

static Elem element_of(Elab *el, const char *s, size_t n) {
  uint32_t v = 0;
  size_t i = 0;
  while (i < n && s[i] >= '0' && s[i] <= '9' && v < 200000000u) v = v * 10 + (uint32_t)(s[i++] - '0');
  return n && i == n ? ELEM_NUMBER | v : str_intern(el->cc->strs, s, n);
}

static void read_label(const Reader *r, const Cell *c, Label *l) {
  *l = (Label){.node = -1};
  if (c->kind == CELL_NUMBER) {
    if (c->num >= 0 && c->num < 2147483647.0 && floor(c->num) == c->num) l->part[l->n++] = ELEM_NUMBER | (uint32_t)c->num;
    return;
  }
  const char *t = elab_text(r->el, c->text);
  while (l->n < MAX_INDICES) {
    size_t n = strcspn(t, ",@");
    l->part[l->n++] = element_of(r->el, t, n);
    if (!t[n]) return;
    if (t[n] == '@') l->node = (int)l->n;
    t += n + 1;
  }
}

/* The positions that a label fills among dims[0..n): those after @ the node's, the others in order. SIZE_MAX: an unknown part *bad. */
static size_t label_offset(const Reader *r, const Label *l, const uint32_t *dims, uint32_t n, uint32_t *bad, uint32_t *bad_dim) {
  size_t at = 0;
  uint32_t k = 0;
  for (uint32_t i = 0; i < l->n; i++) {
    uint32_t d = UINT32_MAX;
    if ((int)i == l->node && r->node_dim >= 0) d = (uint32_t)r->node_dim;
    else {
      while (k < n && l->node >= 0 && r->node_dim >= 0 && dims[k] == (uint32_t)r->node_dim) k++;
      d = k < n ? dims[k++] : UINT32_MAX;
    }
    uint32_t pos = d == UINT32_MAX ? UINT32_MAX : set_pos(economy_set(r->el->eco, r->dom[d]), l->part[i]);
    if (pos == UINT32_MAX) {
      *bad = i;
      *bad_dim = d == UINT32_MAX ? dims[0] : d;
      return SIZE_MAX;
    }
    at += pos * r->stride[d];
  }
  return at;
}

static void say_label(Reader *r, const Cell *c, const Label *l, uint32_t bad, uint32_t dim) {
  Elab *el = r->el;
  char b[16];
  SymId set = r->dom[dim];
  if ((el->timeless && economy_set(el->eco, set)->is_nodes) || r->said++ >= MORE_THAN_ENOUGH) return;
  Elem x = bad < l->n ? l->part[bad] : 0;
  if (!x) {
    diag_at(el->cc, SEV_ERROR, "data.label", cell_span(r, c), "a label is wanted here");
    return;
  }
  const char *name = elem_text(el->eco, x, b);
  Diag *d = diag_at(el->cc, SEV_ERROR, "data.label", cell_span(r, c), "`%s` is not an element of `%s`", name, elab_text(el, economy_at(el->eco, set)->name));
  Str near = elem_is_number(x) ? 0 : elab_nearest_element(el, set, name);
  if (near) diag_hint(el->cc, d, "did you mean `%s`?", elab_text(el, near));
  else diag_hint(el->cc, d, "its elements are %s", elab_set_text(el, set));
}

/* ---- numbers ---- */
static void put(Reader *r, const Cell *c, size_t at, int *twice) {
  Elab *el = r->el;
  Data *d = r->data;
  if (d->has[at]) {
    *twice = 1;
    return;
  }
  d->has[at] = 1;
  d->at[at] = c->begin;
  if (c->kind == CELL_DOT || (d->balanced && c->kind == CELL_LABEL && !*elab_text(el, c->text))) return;   /* of a matrix whose sums are checked, an empty field is zero */
  if (c->kind == CELL_NUMBER && isfinite(c->num)) d->value[at] = c->num;
  else if (c->kind == CELL_EXPR && c->expr) {
    Cx cx = elab_file_cx(el);
    const Expr *e = elab_number(&cx, c->expr);
    if (!e) return;
    if (e->kind == E_NUM && isfinite(e->num)) d->value[at] = e->num;
    else {
      if (!d->expr) d->expr = ARENA_ARRAY(el->mem, const Expr *, d->n);
      if (d->expr) d->expr[at] = e;
    }
  } else if (r->said++ < MORE_THAN_ENOUGH) {
    const char *t = c->kind == CELL_LABEL ? elab_text(el, c->text) : "";
    const char *word = *t == '-' || *t == '+' ? t + 1 : t;
    if (c->kind == CELL_NUMBER || !strcasecmp(word, "nan") || !strcasecmp(word, "inf") || !strcasecmp(word, "infinity"))
      diag_at(el->cc, SEV_ERROR, "data.not-finite", cell_span(r, c), "this value is not a finite number");
    else if (!*t) diag_at(el->cc, SEV_ERROR, "data.missing", cell_span(r, c), "a number is missing here");
    else diag_at(el->cc, SEV_ERROR, "data.number", cell_span(r, c), "`%s` stands where a number is wanted", t);
  }
}

/* ---- rows and columns ---- */
typedef struct { uint32_t begin, end; } Line;

static Line next_line(const Reader *r, uint32_t from) {
  while (from < r->n && r->cell[from].kind == CELL_NEWLINE) from++;
  Line l = {from, from};
  while (l.end < r->n && r->cell[l.end].kind != CELL_NEWLINE) l.end++;
  return l;
}

typedef struct { uint32_t row[MAX_INDICES], nrow, col[MAX_INDICES], ncol; size_t *col_at; uint32_t columns; } Shape2;

static void split_dims(const Reader *r, Shape2 *s, uint32_t col_parts, int columns_first) {
  s->nrow = s->ncol = 0;
  for (uint32_t d = 0; d < r->ndom; d++) {
    int in_cols = columns_first ? d < col_parts : d >= r->ndom - col_parts;
    if (in_cols) s->col[s->ncol++] = d;
    else s->row[s->nrow++] = d;
  }
}

static int all_labels_fit(const Reader *r, Line l, const uint32_t *dims, uint32_t n) {
  uint32_t bad, dim;
  Label x;
  for (uint32_t i = l.begin; i < l.end; i++) {
    read_label(r, &r->cell[i], &x);
    if (x.n != n || label_offset(r, &x, dims, n, &bad, &dim) == SIZE_MAX) return 0;
  }
  return l.end > l.begin;
}

static int header(Reader *r, Line h, Shape2 *s) {
  s->columns = h.end - h.begin;
  s->col_at = ARENA_ARRAY(r->el->mem, size_t, s->columns + 1);
  uint8_t *seen = ARENA_ARRAY(r->el->mem, uint8_t, r->data->n + 1);
  if (!s->col_at || !seen) return 1;
  int wrong = 0;
  for (uint32_t i = 0; i < s->columns; i++) {
    const Cell *c = &r->cell[h.begin + i];
    Label l;
    uint32_t bad = 0, dim = s->ncol ? s->col[0] : 0;
    read_label(r, c, &l);
    s->col_at[i] = l.n == s->ncol ? label_offset(r, &l, s->col, s->ncol, &bad, &dim) : SIZE_MAX;
    if (s->col_at[i] == SIZE_MAX) {
      wrong = 1;
      if (l.n == s->ncol || !l.n) say_label(r, c, &l, bad, dim);
      else if (r->said++ < MORE_THAN_ENOUGH)
        diag_at(r->el->cc, SEV_ERROR, "data.label", cell_span(r, c), "this label names %u element%s, and the columns before name %u", l.n, l.n == 1 ? "" : "s", s->ncol);
    } else if (seen[s->col_at[i]]++ && r->said++ < MORE_THAN_ENOUGH) {
      diag_at(r->el->cc, SEV_ERROR, "data.duplicate", cell_span(r, c), "this column stands twice");
      s->col_at[i] = SIZE_MAX;
    }
  }
  return wrong;
}

static void row(Reader *r, Line l, const Shape2 *s) {
  const Cell *label = &r->cell[l.begin];
  uint32_t cells = l.end - l.begin - 1, bad = 0, dim = s->nrow ? s->row[0] : 0;
  int twice = 0;
  Label x;
  read_label(r, label, &x);
  size_t at = x.n == s->nrow ? label_offset(r, &x, s->row, s->nrow, &bad, &dim) : SIZE_MAX;
  if (at == SIZE_MAX) {
    say_label(r, label, &x, bad, dim);
    return;
  }
  if (cells != s->columns) {
    if (r->said++ < MORE_THAN_ENOUGH)
      diag_at(r->el->cc, SEV_ERROR, "data.ragged", (Span){r->file, label->begin, r->cell[l.end - 1].end}, "this row has %u value%s, and there are %u columns", cells, cells == 1 ? "" : "s", s->columns);
    for (uint32_t i = 0; i < s->columns; i++)
      if (s->col_at[i] != SIZE_MAX) r->data->has[at + s->col_at[i]] = 1;
    return;
  }
  for (uint32_t i = 0; i < cells; i++)
    if (s->col_at[i] != SIZE_MAX) put(r, &r->cell[l.begin + 1 + i], at + s->col_at[i], &twice);
  if (twice && r->said++ < MORE_THAN_ENOUGH) diag_at(r->el->cc, SEV_ERROR, "data.duplicate", cell_span(r, label), "this row stands twice");
}

/* One index, written down the page (label value) or across (labels, then values). */
static int one_index(Reader *r) {
  Line first = next_line(r, 0), second = next_line(r, first.end);
  Shape2 s = {.col = {0}, .ncol = 1};
  uint32_t dim0 = 0;
  int twice = 0;
  if (second.end > second.begin && second.end - second.begin == first.end - first.begin && all_labels_fit(r, first, &dim0, 1) &&
      r->cell[second.begin].kind != CELL_LABEL) {
    Line third = next_line(r, second.end);
    if (third.begin < third.end && first.end - first.begin == 2) return 0;             /* numbers as labels, down the page */
    if (header(r, first, &s)) return 1;
    for (uint32_t i = 0; i < s.columns; i++)
      if (s.col_at[i] != SIZE_MAX) put(r, &r->cell[second.begin + i], s.col_at[i], &twice);
    if (third.begin < third.end) diag_at(r->el->cc, SEV_ERROR, "data.ragged", cell_span(r, &r->cell[third.begin]), "one line of values is enough for one index");
    return 1;
  }
  return 0;
}

static void down_the_page(Reader *r) {
  Shape2 s = {.nrow = 1, .columns = 1};
  size_t zero = 0;
  s.col_at = &zero;
  for (Line l = next_line(r, 0); l.begin < l.end; l = next_line(r, l.end)) row(r, l, &s);
}

static void two_ways(Reader *r) {
  Line h = next_line(r, 0), body;
  Shape2 s = {0};
  Label first, left;
  read_label(r, &r->cell[h.begin], &first);
  body = next_line(r, h.end);
  if (body.begin == body.end) {
    diag_at(r->el->cc, SEV_ERROR, "data.ragged", r->what, "a table has a line of column labels and then rows");
    return;
  }
  /* A header may label the row column too, as CSV files do: as many cells as the rows. */
  if (h.end - h.begin == body.end - body.begin && h.end - h.begin > 1) {
    h.begin++;
    read_label(r, &r->cell[h.begin], &first);
  }
  read_label(r, &r->cell[body.begin], &left);
  if (first.n == 0 || first.n >= r->ndom) {
    if (first.n == r->ndom && r->ndom > 1)
      diag_at(r->el->cc, SEV_ERROR, "data.label", cell_span(r, &r->cell[h.begin]), "the columns name all %u indices, which leaves none for the rows", r->ndom);
    else say_label(r, &r->cell[h.begin], &first, 0, r->ndom - 1);
    return;
  }
  if (left.n && left.n + first.n != r->ndom && first.n < r->ndom) {
    diag_at(r->el->cc, SEV_ERROR, "data.label", cell_span(r, &r->cell[body.begin]), "rows and columns together name %u ind%s, and there are %u", left.n + first.n,
            left.n + first.n == 1 ? "ex" : "ices", r->ndom);
    return;
  }
  split_dims(r, &s, first.n, 1);
  Line one_row = {body.begin, body.begin + 1};
  int swapped = all_labels_fit(r, h, s.col, s.ncol) && all_labels_fit(r, one_row, s.row, s.nrow);
  split_dims(r, &s, first.n, 0);
  if (swapped && !(all_labels_fit(r, h, s.col, s.ncol) && all_labels_fit(r, one_row, s.row, s.nrow))) split_dims(r, &s, first.n, 1);
  if (header(r, h, &s) && s.columns == 0) return;
  for (Line l = body; l.begin < l.end; l = next_line(r, l.end)) row(r, l, &s);
}

/* What no cell gave, named once. */
static void missing(Reader *r) {
  Elab *el = r->el;
  Data *d = r->data;
  size_t n = 0;
  Text t = {0};
  if (economy_at(el->eco, r->sym)->exists || (el->timeless && r->node_dim >= 0)) return;   /* which are missing is known with the values; or never */
  for (size_t i = 0; i < d->n; i++) {
    if (d->has[i]) continue;
    if (n++ < 3) {
      text_put(&t, n > 1 ? ", " : "");
      text_printf(&t, "%s[", elab_text(el, economy_at(el->eco, r->sym)->name));
      for (uint32_t k = 0; k < r->ndom; k++) {
        char b[16];
        const Set *s = economy_set(el->eco, r->dom[k]);
        text_printf(&t, "%s%s", k == 0 ? "" : (int)k == r->node_dim ? "@" : ",", elem_text(el->eco, set_elem(s, (uint32_t)(i / r->stride[k] % set_size(s))), b));
      }
      text_put(&t, "]");
    }
  }
  if (n) diag_at(el->cc, SEV_ERROR, "data.missing", r->what, "no value is given for %s%s", t.at ? t.at : "", n > 3 ? " and others" : "");
  text_free(&t);
}

/* Reads labelled cells (newlines included) into a parameter; what: the data's own place, file: of the cells. */
static void elab_cells(Elab *el, SymId s, const Cell *cell, uint32_t n, uint32_t file, Span what) {
  Reader r;
  if (reader_start(&r, el, s, cell, n, file, what)) return;
  unsigned before = diag_errors(el->cc->diags);
  Line first = next_line(&r, 0);
  if (first.begin == first.end) diag_at(el->cc, SEV_ERROR, "data.missing", what, "the table is empty");
  else if (r.ndom == 1) {
    if (!one_index(&r)) down_the_page(&r);
  } else two_ways(&r);
  if (r.said > MORE_THAN_ENOUGH) diag_at(el->cc, SEV_ERROR, "data.more", what, "there are %u more mistakes in this table", r.said - MORE_THAN_ENOUGH);
  if (diag_errors(el->cc->diags) == before) missing(&r);
}

void elab_table(Elab *el, SymId s, const Ast *data, const Ast *table) {
  elab_cells(el, s, table->cell, table->ncell, table->span.file, (Span){data->span.file, data->span.begin, table->span.begin});
}

/* ---- CSV ---- */
static int leaves_folder(const char *p) {
  int depth = 0;
  if (*p == '/' || *p == '\\' || !*p) return 1;
  while (*p) {
    size_t n = strcspn(p, "/\\");
    if (n == 2 && p[0] == '.' && p[1] == '.') depth--;
    else if (n && !(n == 1 && *p == '.')) depth++;
    if (depth < 0) return 1;
    p += n;
    if (*p) p++;
  }
  return 0;
}

/* A column for each index, headed by its set's name or the binder's, and one called value. */
static int is_long(Reader *r, Line h, uint32_t *column) {
  Sym *sym = economy_at(r->el->eco, r->sym);
  for (uint32_t d = 0; d <= r->ndom; d++) {
    Str want = d == r->ndom ? r->el->w[W_value] : economy_at(r->el->eco, r->dom[d])->name, alias = d == r->ndom ? 0 : r->el->eco->idxs.at[sym->idx[d]].name;
    column[d] = UINT32_MAX;
    for (uint32_t i = h.begin; i < h.end; i++)
      if (r->cell[i].kind == CELL_LABEL && (r->cell[i].text == want || (alias && r->cell[i].text == alias))) column[d] = i - h.begin;
  }
  return column[r->ndom] != UINT32_MAX;
}

static void long_rows(Reader *r, Line h, const uint32_t *column) {
  uint32_t columns = h.end - h.begin;
  for (Line l = next_line(r, h.end); l.begin < l.end; l = next_line(r, l.end)) {
    size_t at = 0;
    int twice = 0;
    if (l.end - l.begin != columns) {
      if (r->said++ < MORE_THAN_ENOUGH)
        diag_at(r->el->cc, SEV_ERROR, "data.ragged", (Span){r->file, r->cell[l.begin].begin, r->cell[l.end - 1].end}, "this line has %u fields, and there are %u columns", l.end - l.begin, columns);
      continue;
    }
    for (uint32_t d = 0; d < r->ndom && at != SIZE_MAX; d++) {
      const Cell *c = &r->cell[l.begin + column[d]];
      Label x;
      uint32_t bad = 0, dim = d;
      read_label(r, c, &x);
      size_t o = x.n == 1 ? label_offset(r, &x, &d, 1, &bad, &dim) : SIZE_MAX;
      if (o == SIZE_MAX) say_label(r, c, &x, bad, d);
      at = o == SIZE_MAX ? SIZE_MAX : at + o;
    }
    if (at != SIZE_MAX) put(r, &r->cell[l.begin + column[r->ndom]], at, &twice);
    if (twice && r->said++ < MORE_THAN_ENOUGH) diag_at(r->el->cc, SEV_ERROR, "data.duplicate", cell_span(r, &r->cell[l.begin]), "this entry is given twice");
  }
}

static void from_cells(Elab *el, SymId s, const CsvCells *cells, uint32_t file, Span what) {
  Reader r;
  uint32_t column[MAX_INDICES + 1];
  if (reader_start(&r, el, s, cells->at, cells->n, file, what)) return;
  Line h = next_line(&r, 0);
  unsigned before = diag_errors(el->cc->diags);
  if (h.begin == h.end || (!is_long(&r, h, column) && r.ndom > 1)) {
    elab_cells(el, s, cells->at, cells->n, file, what);
    return;
  }
  if (column[r.ndom] == UINT32_MAX && r.ndom == 1) {
    elab_cells(el, s, cells->at, cells->n, file, what);
    return;
  }
  for (uint32_t d = 0; d < r.ndom; d++)
    if (column[d] == UINT32_MAX) {
      Diag *g = diag_at(el->cc, SEV_ERROR, "csv.column", (Span){file, r.cell[h.begin].begin, r.cell[h.end - 1].end}, "the column `%s` is missing", elab_text(el, economy_at(el->eco, r.dom[d])->name));
      diag_note(el->cc, g, origin_new(el->cc->diags, what, BY_SOURCE, 0), "the file is read here");
      return;
    }
  long_rows(&r, h, column);
  if (r.said > MORE_THAN_ENOUGH) diag_at(el->cc, SEV_ERROR, "data.more", what, "there are %u more mistakes in this file", r.said - MORE_THAN_ENOUGH);
  if (diag_errors(el->cc->diags) == before) missing(&r);
}

/* Whether PATH, `folder` bytes of which name the model's folder, is a link or goes through one to a file elsewhere. */
static int links_elsewhere(const char *path, size_t folder) {
  Text own = {0};
  text_add(&own, folder ? path : ".", folder ? folder : 1);
  char *home = own.failed ? NULL : realpath(own.at, NULL), *file = realpath(path, NULL);
  size_t n = home ? strlen(home) : 0;
  int away = home && file && (strncmp(home, file, n) || (file[n] != '/' && n > 1));
  text_free(&own);
  free(home);
  free(file);
  return away;
}

const Source *elab_csv_source(Elab *el, const Ast *path) {
  const char *name = elab_text(el, path->text), *why = NULL;
  const Source *model = source_get(el->cc->sources, path->span.file);
  if (leaves_folder(name)) {
    diag_at(el->cc, SEV_ERROR, "csv.path", path->span, "data are read from the model's own folder and those below it only");
    return NULL;
  }
  const char *slash = model && model->path ? strrchr(model->path, '/') : NULL;
  Text full = {0};
  if (slash) text_add(&full, model->path, (size_t)(slash - model->path) + 1);
  text_put(&full, name);
  int away = !full.failed && links_elsewhere(full.at, slash ? (size_t)(slash - model->path) + 1 : 0);
  const Source *csv = full.failed || away ? NULL : source_read(el->cc->sources, full.at, &why);
  text_free(&full);
  if (away) diag_at(el->cc, SEV_ERROR, "csv.path", path->span, "`%s` leads to a file elsewhere; data are read from the model's own folder and those below it only", name);
  else if (!csv) diag_at(el->cc, SEV_ERROR, "csv.read", path->span, "`%s` cannot be read: %s", name, why ? why : "out of memory");
  else if (memchr(csv->text, 0, csv->size)) {
    diag_at(el->cc, SEV_ERROR, "csv.read", path->span, "`%s` is not text", name);
    return NULL;
  }
  return csv;
}

void elab_csv(Elab *el, SymId s, const Ast *data, const Ast *path) {
  const Source *csv = elab_csv_source(el, path);
  CsvCells cells;
  if (!csv) elab_data(el, s);
  else if (!csv_cells(el->cc, csv, el->mem, &cells)) from_cells(el, s, &cells, csv->id, data->span);
}
