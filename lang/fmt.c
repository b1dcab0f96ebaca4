/* fmt.c: the canonical layout. Only white space changes. The writer's line breaks stay (tables apart), lines are indented by their
 * blocks, blanks inside a line follow fmt_gap.c; columns that the writer lined up over neighbouring lines stay lined up, comments
 * behind neighbouring lines are lined up, and so are the columns of tables. At most one empty line stands between two lines. */
#include "fmt.h"
#include "econ.tab.h"
#include "parse.h"
#include <stdlib.h>
#include <string.h>

enum { STEP = 2, HANG = 4 };                            /* columns a block, columns a broken line */
enum { NONE = UINT32_MAX };
typedef enum { LINE_CODE, LINE_ROW, LINE_COMMENT, LINE_RAW } LineKind;   /* RAW: a table kept as it is, up to its `}` */
typedef struct {
  LineKind kind;
  uint32_t first, n;                                    /* tokens, or cells of a row */
  uint32_t table;                                       /* of a row */
  uint32_t indent;
  uint32_t raw, raw_end;                                /* bytes of a raw table */
  uint32_t comment, comment_end;                        /* bytes; equal where there is none */
  uint32_t width;                                       /* of what was written ahead of the comment */
  int broken;                                           /* it continues a statement */
  int blank;                                            /* an empty line stands before it */
} Line;
typedef struct { const char *at; uint32_t n, width; } Piece;             /* a cell as it is printed */
typedef struct { Cell *cell; uint32_t ncell, *last; Piece *piece; uint32_t *column, ncolumn, shift_first; int verbatim; uint32_t begin, end; } Table;

typedef struct {
  Parser *P;
  Arena *mem;
  const char *text;
  VEC(FmtToken) token;
  VEC(Table) table;
  VEC(Line) line;
  uint32_t breaks;                                      /* new lines since the last thing entered */
} Fmt;

static uint32_t characters(const char *s, size_t n) {
  uint32_t w = 0;
  for (size_t i = 0; i < n; i++) w += ((unsigned char)s[i] & 0xC0) != 0x80;
  return w;
}

/* ---- reading: tokens, and tables as their cells ---- */
typedef struct { uint32_t line_start, blocks, table_token; int seen; } Reading;   /* seen: a `:` or `=` in this statement */

static FmtToken describe(Fmt *f, const Token *t, Reading *r) {
  const Parser *P = f->P;
  const FmtToken *prev = f->token.n ? &f->token.at[f->token.n - 1] : NULL;
  uint32_t from = prev ? prev->end : 0;
  FmtToken k = {.kind = t->kind, .begin = t->at.begin, .end = t->at.end, .group = f->token.n};
  const Open *inner = P->before.nopen ? &P->open[P->before.nopen - 1] : NULL;
  k.width = characters(f->text + k.begin, k.end - k.begin);
  k.starts = !P->before.first && (!inner || inner->kind == OPEN_BLOCK);
  k.unary = k.kind == '-' && (!prev || !fmt_is_operand(prev->kind));
  k.index = inner && inner->closer == ']';
  if (k.starts || !P->before.first) r->seen = 0;
  int first = P->now.first;
  k.head = k.kind == '@' && !r->seen && (!inner || inner->kind != OPEN_PLAIN) &&
           (first == T_MARKET || first == T_BUDGET || first == T_EQUATION || first == T_REPLACE || (fmt_is_operand(first) && first != T_NUMBER));
  if (k.kind == ':' || k.kind == '=') r->seen = 1;
  k.apart = k.begin > from;
  k.wide = k.begin - from > 1 && !memchr(f->text + from, '\n', k.begin - from) && !memchr(f->text + from, '#', k.begin - from);
  for (const char *p = f->text + from; (p = memchr(p, '\n', (size_t)(f->text + k.begin - p)));) r->line_start = (uint32_t)(++p - f->text);
  k.was = prev && prev->begin >= r->line_start ? prev->was + prev->width + characters(f->text + prev->end, k.begin - prev->end)
                                               : characters(f->text + r->line_start, k.begin - r->line_start);
  k.whole = k.kind == T_NUMBER;
  for (uint32_t i = k.begin; k.whole && i < k.end; i++) k.whole = f->text[i] >= '0' && f->text[i] <= '9';
  int opens = k.kind == '{' && P->now.nopen && P->open[P->now.nopen - 1].kind == OPEN_BLOCK;
  k.block = opens || P->closed == OPEN_BLOCK + 1;
  if (P->closed == OPEN_BLOCK + 1) r->blocks--;
  k.depth = r->blocks;
  if (opens) r->blocks++;
  return k;
}

/* A comment inside an expression cell has no place in a row: such a table is kept as it is. */
static void end_table(Fmt *f, uint32_t from, uint32_t begin) {
  Parser *P = f->P;
  Table t = {.cell = P->cell.at, .ncell = P->cell.n, .begin = f->token.at[from].end, .end = begin};
  P->cell.at = NULL;
  P->cell.n = P->cell.cap = 0;
  for (uint32_t i = from + 1; i < f->token.n; i++) {
    const FmtToken *k = &f->token.at[i];
    if (k->kind != T_CELL_OPEN && memchr(f->text + k[-1].end, '#', k->begin - k[-1].end)) t.verbatim = 1;
  }
  VEC_PUSH(f->mem, f->table, t);
}

static void read_tokens(Fmt *f) {
  Reading r = {.table_token = NONE};
  Token t;
  while (lex_token(f->P, &t)) {
    FmtToken k = describe(f, &t, &r);
    if (r.table_token != NONE && f->P->closed == OPEN_TABLE + 1) {
      end_table(f, r.table_token, t.at.begin);
      r.table_token = NONE;
    }
    k.ends_cell = r.table_token != NONE && k.kind == ')' && f->P->open[f->P->now.nopen - 1].kind == OPEN_TABLE;
    if (k.kind == T_TOPEN) r.table_token = f->token.n;
    uint32_t n = f->token.n;
    VEC_PUSH(f->mem, f->token, k);
    if (f->token.n == n) return;
  }
}

static const FmtToken *token_at(const Fmt *f, uint32_t i) { return i < f->token.n ? &f->token.at[i] : NULL; }

static unsigned gap(const Fmt *f, uint32_t i) {
  return i ? fmt_gap(i > 1 ? &f->token.at[i - 2] : NULL, &f->token.at[i - 1], &f->token.at[i], token_at(f, i + 1)) : 0;
}

/* ---- lines ---- */
static Line *last_line(Fmt *f) { return f->line.n ? &f->line.at[f->line.n - 1] : NULL; }

static void new_line(Fmt *f, Line l) {
  l.blank = f->breaks > 1 && f->line.n > 0;
  f->breaks = 0;
  VEC_PUSH(f->mem, f->line, l);
}

/* Between two things: counts new lines and enters comments, behind the line before or on lines of their own. */
static void enter_gap(Fmt *f, uint32_t from, uint32_t to, uint32_t indent) {
  for (uint32_t i = from; i < to; i++) {
    if (f->text[i] == '\n') f->breaks++;
    if (f->text[i] != '#') continue;
    const char *stop = memchr(f->text + i, '\n', to - i);
    uint32_t end = stop ? (uint32_t)(stop - f->text) : to, trimmed = end;
    while (trimmed > i && (f->text[trimmed - 1] == ' ' || f->text[trimmed - 1] == '\t' || f->text[trimmed - 1] == '\r')) trimmed--;
    Line *l = last_line(f);
    if (f->breaks || !l || l->comment < l->comment_end) new_line(f, (Line){.kind = LINE_COMMENT, .indent = indent, .comment = i, .comment_end = trimmed});
    else { l->comment = i; l->comment_end = trimmed; }
    i = end - 1;
  }
}

/* A later branch of a tree stands behind `;` but belongs to its statement. */
static int continues(const Fmt *f, uint32_t i) {
  const FmtToken *t = &f->token.at[i], *next = token_at(f, i + 1);
  if (!t->starts) return 1;
  return i && (t->kind == T_NAME || t->kind == T_NUMBER) && next && (next->kind == T_ARROW || next->kind == T_DOTDOT);
}

static int is_closer(int kind) { return kind == ')' || kind == ']' || kind == '}' || kind == ';'; }

static void enter_token(Fmt *f, uint32_t i) {
  const FmtToken *t = &f->token.at[i];
  Line *l = last_line(f);
  if (l && !f->breaks && l->kind == LINE_CODE && l->comment == l->comment_end) { l->n++; return; }
  int broken = continues(f, i) && !t->block && !is_closer(t->kind);
  new_line(f, (Line){.kind = LINE_CODE, .first = i, .n = 1, .indent = t->depth * STEP, .broken = broken});
}

/* Where the expression that cell c begins with (token i) ends. */
static uint32_t cell_end(const Fmt *f, uint32_t i) {
  while (i + 1 < f->token.n && !f->token.at[i].ends_cell) i++;
  return i;
}

/* The rows of the table whose `{` is token i; returns the token of its `}`. */
static uint32_t enter_table(Fmt *f, uint32_t i, uint32_t table) {
  Table *t = &f->table.at[table];
  uint32_t indent = f->token.at[i].depth * STEP + STEP, at = t->begin, next = i + 1;
  f->breaks = 0;
  if (t->verbatim) {
    while (next < f->token.n && f->token.at[next].begin < t->end) next++;
    new_line(f, (Line){.kind = LINE_RAW, .raw = t->begin, .raw_end = t->end});
    return next;
  }
  t->last = ARENA_ARRAY(f->mem, uint32_t, t->ncell + 1);
  if (!t->last) return next;
  int row = 0;
  for (uint32_t c = 0; c < t->ncell; c++) {
    const Cell *cell = &t->cell[c];
    enter_gap(f, at, cell->begin, indent);
    at = cell->end;
    if (cell->kind == CELL_NEWLINE) { f->breaks++; row = 0; continue; }
    Line *l = last_line(f);
    if (!row) {
      int blank = f->breaks > 1 && l->kind != LINE_CODE;
      new_line(f, (Line){.kind = LINE_ROW, .first = c, .n = 1, .table = table, .indent = indent});
      last_line(f)->blank = blank;
    } else if (l->kind == LINE_ROW) l->n = c - l->first + 1;
    row = 1;
    f->breaks = 0;
    if (cell->kind != CELL_EXPR) continue;
    t->last[c] = cell_end(f, next);
    at = f->token.at[t->last[c]].end;
    next = t->last[c] + 1;
  }
  enter_gap(f, at, t->end, indent);
  f->breaks = 1;
  return next;
}

static void make_lines(Fmt *f) {
  uint32_t at = 0, table = 0;
  for (uint32_t i = 0; i < f->token.n; i++) {
    const FmtToken *t = &f->token.at[i];
    uint32_t inside = t->depth + (t->block && t->kind == '}');
    enter_gap(f, at, t->begin, inside * STEP + (continues(f, i) && !t->block ? HANG : 0));
    enter_token(f, i);
    at = t->end;
    if (t->kind != T_TOPEN || table == f->table.n) continue;
    i = enter_table(f, i, table++);
    if (i >= f->token.n) break;
    enter_token(f, i);
    if (f->table.at[table - 1].verbatim) last_line(f)->blank = 0;
    at = f->token.at[i].end;
  }
  enter_gap(f, at, (uint32_t)f->P->src->size, 0);
}

/* ---- columns that were lined up ---- */
static uint32_t root(Fmt *f, uint32_t i) {
  FmtToken *t = f->token.at;
  while (t[i].group != i) i = t[i].group = t[t[i].group].group;
  return i;
}

static int movable(const Fmt *f, const Line *l, uint32_t i) {
  if (i == l->first) return l->broken;
  return gap(f, i) == 1;
}

/* Unites tokens of two neighbouring lines that began in one column, where blanks show that this was meant. */
static void unite(Fmt *f, const Line *a, const Line *b) {
  uint32_t i = a->first, j = b->first, ni = i + a->n, nj = j + b->n;
  FmtToken *t = f->token.at;
  while (i < ni && j < nj) {
    if (t[i].was < t[j].was) { i++; continue; }
    if (t[i].was > t[j].was) { j++; continue; }
    int starts = j == b->first, above = i == a->first;
    int meant = starts || (!above && (t[i].wide || t[j].wide));
    if (meant && movable(f, a, i) && movable(f, b, j)) t[root(f, i)].group = root(f, j);
    i++;
    j++;
  }
}

typedef struct { uint32_t was, root, token, line; } Member;

static int by_column(const void *a, const void *b) {
  const Member *x = a, *y = b;
  if (x->was != y->was) return x->was < y->was ? -1 : 1;
  if (x->root != y->root) return x->root < y->root ? -1 : 1;
  return x->token < y->token ? -1 : 1;
}

typedef struct { uint32_t token, column; } Cursor;      /* the last token placed on a line */

static uint32_t start_column(const Line *l, int joined) { return l->indent + (!l->broken ? 0 : joined ? STEP : HANG); }

/* Places the tokens of a line up to token i at their least columns; returns that of i. */
static uint32_t advance(Fmt *f, const Line *l, Cursor *c, uint32_t i, int joined) {
  if (i == l->first) return start_column(l, joined);
  if (c->token == NONE) { c->token = l->first; c->column = f->token.at[l->first].column = start_column(l, 0); }
  while (c->token < i) {
    uint32_t next = c->token + 1, column = c->column + f->token.at[c->token].width + gap(f, next);
    if (next == i) return column;
    f->token.at[next].column = c->column = column;
    c->token = next;
  }
  return c->column;
}

static void place_group(Fmt *f, const Member *m, size_t n, Cursor *cursor) {
  int all_start = 1;
  uint32_t column = 0;
  for (size_t k = 0; k < n; k++) all_start = all_start && m[k].token == f->line.at[m[k].line].first;
  for (size_t k = 0; k < n; k++) {
    uint32_t least = advance(f, &f->line.at[m[k].line], &cursor[m[k].line], m[k].token, !all_start);
    if (least > column) column = least;
  }
  for (size_t k = 0; k < n; k++) {
    f->token.at[m[k].token].column = column;
    cursor[m[k].line] = (Cursor){m[k].token, column};
  }
}

static void place_tokens(Fmt *f) {
  VEC(Member) members = {NULL, 0, 0};
  Cursor *cursor = ARENA_ARRAY(f->mem, Cursor, f->line.n + 1);
  if (!cursor) return;
  for (uint32_t l = 0; l < f->line.n; l++) {
    Line *line = &f->line.at[l], *next = l + 1 < f->line.n ? line + 1 : NULL;
    cursor[l].token = NONE;
    if (line->kind == LINE_CODE && next && next->kind == LINE_CODE && !next->blank) unite(f, line, next);
  }
  for (uint32_t l = 0; l < f->line.n; l++) {
    const Line *line = &f->line.at[l];
    for (uint32_t i = line->first; line->kind == LINE_CODE && i < line->first + line->n; i++) {
      Member m = {f->token.at[i].was, root(f, i), i, l};
      VEC_PUSH(f->mem, members, m);
    }
  }
  if (arena_failed(f->mem)) return;
  if (members.n) qsort(members.at, members.n, sizeof *members.at, by_column);
  for (uint32_t i = 0, j; i < members.n; i = j) {
    for (j = i + 1; j < members.n && members.at[j].root == members.at[i].root && members.at[j].was == members.at[i].was; j++) {}
    place_group(f, members.at + i, j - i, cursor);
  }
}

/* ---- tables ---- */
static Piece cell_piece(Fmt *f, const Table *t, uint32_t c, uint32_t *next) {
  const Cell *cell = &t->cell[c];
  Piece p = {f->text + cell->begin, cell->end - cell->begin, 0};
  if (cell->kind == CELL_EXPR) {
    Text s = {0};
    for (uint32_t i = *next; i <= t->last[c]; i++) {
      if (i > *next && gap(f, i)) text_put(&s, " ");
      text_add(&s, f->text + f->token.at[i].begin, f->token.at[i].end - f->token.at[i].begin);
    }
    *next = t->last[c] + 1;
    p.n = (uint32_t)s.n;
    p.at = s.at ? arena_text(f->mem, s.at, s.n) : "";
    text_free(&s);
    if (!p.at) p = (Piece){"", 0, 0};
  }
  p.width = characters(p.at, p.n);
  return p;
}

static uint32_t row_end(const Table *t, uint32_t c) {
  while (c < t->ncell && t->cell[c].kind != CELL_NEWLINE) c++;
  return c;
}

static int all_labels(const Table *t, uint32_t c, uint32_t end) {
  while (c < end && t->cell[c].kind == CELL_LABEL) c++;
  return c == end;
}

/* A row of labels that is one cell shorter than the longest is a head over the columns behind the rows' own labels. */
static uint32_t row_shift(const Table *t, uint32_t c, uint32_t end) { return t->shift_first && end - c + 1 == t->ncolumn && all_labels(t, c, end); }

static void measure_table(Fmt *f, Table *t, uint32_t next) {
  t->piece = ARENA_ARRAY(f->mem, Piece, t->ncell + 1);
  if (!t->piece) return;
  for (uint32_t c = 0; c < t->ncell; c++)
    if (t->cell[c].kind != CELL_NEWLINE) t->piece[c] = cell_piece(f, t, c, &next);
  for (uint32_t c = 0, end; c < t->ncell; c = end + 1) {
    end = row_end(t, c);
    if (end - c > t->ncolumn) t->ncolumn = end - c;
  }
  t->shift_first = t->ncolumn > 1;
  t->column = ARENA_ARRAY(f->mem, uint32_t, t->ncolumn + 1);
  if (!t->column) return;
  for (uint32_t c = 0, end; c < t->ncell; c = end + 1) {
    end = row_end(t, c);
    uint32_t shift = row_shift(t, c, end);
    for (uint32_t i = c; i < end; i++)
      if (t->piece[i].width > t->column[i - c + shift]) t->column[i - c + shift] = t->piece[i].width;
  }
}

static void measure_tables(Fmt *f) {
  for (uint32_t i = 0, table = 0; i < f->token.n && table < f->table.n; i++)
    if (f->token.at[i].kind == T_TOPEN) {
      Table *t = &f->table.at[table++];
      if (!t->verbatim) measure_table(f, t, i + 1);
    }
}

static void pad(Text *out, uint32_t n) {
  static const char blanks[] = "                                ";
  for (; n > sizeof blanks - 1; n -= (uint32_t)sizeof blanks - 1) text_add(out, blanks, sizeof blanks - 1);
  text_add(out, blanks, n);
}

/* The first column to the left, all others to the right. */
static uint32_t print_row(Fmt *f, const Line *l, Text *out) {
  const Table *t = &f->table.at[l->table];
  if (!t->piece || !t->column) return 0;
  uint32_t shift = row_shift(t, l->first, row_end(t, l->first)), width = l->indent, owed = 0;
  pad(out, l->indent);
  if (shift) owed = t->column[0] + 2;
  for (uint32_t i = 0; i < l->n; i++) {
    const Piece *p = &t->piece[l->first + i];
    uint32_t column = t->column[i + shift], room = column - p->width;
    int left = i + shift == 0;
    if (!left) owed += room;
    pad(out, owed);
    text_add(out, p->at, p->n);
    width += owed + p->width;
    owed = 2 + (left ? room : 0);
  }
  return width;
}

/* ---- writing ---- */
static uint32_t print_code(Fmt *f, const Line *l, Text *out) {
  uint32_t at = 0;
  for (uint32_t i = l->first; i < l->first + l->n; i++) {
    const FmtToken *t = &f->token.at[i];
    if (t->column > at) pad(out, t->column - at);
    text_add(out, f->text + t->begin, t->end - t->begin);
    at = t->column + t->width;
  }
  return at;
}

static void write_lines(Fmt *f, Text *out) {
  uint32_t *comment = ARENA_ARRAY(f->mem, uint32_t, f->line.n + 1);      /* column of each line's comment */
  Text *body = ARENA_ARRAY(f->mem, Text, 1);
  size_t *end = ARENA_ARRAY(f->mem, size_t, f->line.n + 1);              /* of each line's part of body */
  if (!comment || !body || !end) return;
  for (uint32_t l = 0; l < f->line.n; l++) {
    Line *line = &f->line.at[l];
    if (line->kind == LINE_CODE) line->width = print_code(f, line, body);
    else if (line->kind == LINE_ROW) line->width = print_row(f, line, body);
    else if (line->kind == LINE_RAW) text_add(body, f->text + line->raw, line->raw_end - line->raw);
    else { pad(body, line->indent); line->width = line->indent; }
    end[l + 1] = body->n;
  }
  for (uint32_t l = 0, m; l < f->line.n; l = m) {
    uint32_t column = 0;
    for (m = l; m < f->line.n && f->line.at[m].kind != LINE_COMMENT && f->line.at[m].comment < f->line.at[m].comment_end && (m == l || !f->line.at[m].blank); m++)
      if (f->line.at[m].width + 2 > column) column = f->line.at[m].width + 2;
    for (uint32_t k = l; k < m; k++) comment[k] = column;
    if (m == l) m++;
  }
  for (uint32_t l = 0; l < f->line.n; l++) {
    const Line *line = &f->line.at[l];
    if (line->blank) text_put(out, "\n");
    if (body->at) text_add(out, body->at + end[l], end[l + 1] - end[l]);
    if (line->comment < line->comment_end) {
      if (line->kind != LINE_COMMENT) pad(out, comment[l] - line->width);
      text_add(out, f->text + line->comment, line->comment_end - line->comment);
    }
    int joins = line->kind == LINE_RAW || (l + 1 < f->line.n && f->line.at[l + 1].kind == LINE_RAW && line->comment == line->comment_end);
    if (!joins) text_put(out, "\n");
  }
  text_free(body);
}

int fmt_text(Compilation *c, const Source *s, Text *out) {
  Fmt f = {.P = lex_open(c, s), .mem = arena_new(NULL), .text = s->text};
  if (f.P && f.mem) {
    f.P->quiet = 1;
    read_tokens(&f);
    make_lines(&f);
    place_tokens(&f);
    measure_tables(&f);
    write_lines(&f, out);
  }
  int failed = !f.P || !f.mem || arena_failed(f.mem) || arena_failed(c->mem) || out->failed;
  if (f.P) lex_close(f.P);
  arena_free(f.mem);
  return failed;
}

int econ_format(Compilation *c, const Source *s, Text *out) {
  unsigned errors = diag_errors(c->diags);
  if (!econ_parse(c, s) || diag_errors(c->diags) > errors) return 1;
  return fmt_text(c, s, out);
}
