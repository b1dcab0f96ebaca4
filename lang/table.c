/* table.c: the cells between `{` and `}` of a `data` statement, read without the scanner: tables are the one large thing in a
 * model, and lines count in them alone. Cells are kept compact in Parser.cell; `(` hands over to the grammar for one expression. */
#include "parser.h"
#include "econ.tab.h"
#include <math.h>
#include <string.h>

static int blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
static int digit(char c) { return c >= '0' && c <= '9'; }
static int letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static int ends_word(char c) { return blank(c) || c == '\n' || c == '#' || c == '{' || c == '}' || c == '(' || c == ')' || c == ';'; }

/* One counting pass, so that the cells of a large table are allocated once. */
static void reserve(Parser *P, const char *s, const char *end) {
  size_t n = 1;
  for (int word = 0; s < end && *s != '}'; s++) {
    if (*s == '#') { s = memchr(s, '\n', (size_t)(end - s)); if (!s) break; }
    int now = !blank(*s) && *s != '\n';
    n += (now && !word) || *s == '\n';
    word = now;
  }
  if (n > UINT32_MAX / 2) return;
  P->cell.at = ARENA_ARRAY(P->mem, Cell, n);
  P->cell.n = 0;
  P->cell.cap = P->cell.at ? (uint32_t)n : 0;
}

/* The end of an unsigned number literal at s, or s. */
static const char *number_end(const char *s, const char *end) {
  const char *p = s;
  while (p < end && digit(*p)) p++;
  if (p + 1 < end && *p == '.' && digit(p[1]))
    for (p++; p < end && digit(*p);) p++;
  if (p == s) return s;
  const char *e = p;
  if (e < end && (*e == 'e' || *e == 'E')) {
    e++;
    if (e < end && (*e == '+' || *e == '-')) e++;
    if (e < end && digit(*e)) {
      while (e < end && digit(*e)) e++;
      return e;
    }
  }
  return p;
}

static const char *segment_end(const char *s, const char *end) {
  const char *p = s;
  if (p < end && digit(*p)) while (p < end && digit(*p)) p++;
  else if (p < end && letter(*p)) while (p < end && (letter(*p) || digit(*p))) p++;
  return p;
}

/* lender   c1@now   U->UU   a,b@n   1,early */
static int is_label(const char *s, const char *end) {
  for (;;) {
    const char *p = segment_end(s, end);
    if (p == s) return 0;
    if (p == end) return 1;
    if (*p == '@' || *p == ',') s = p + 1;
    else if (*p == '-' && p + 1 < end && p[1] == '>') s = p + 2;
    else return 0;
  }
}

/* -inf and its like are kept as labels: what numbers may be is decided where data are checked. */
static int is_signed_word(const char *s, const char *end) {
  return end - s == 4 && (*s == '-' || *s == '+') && (!memcmp(s + 1, "inf", 3) || !memcmp(s + 1, "nan", 3));
}

static Loc place(const Parser *P, const char *s, const char *end) {
  return (Loc){(uint32_t)(s - P->src->text), (uint32_t)(end - P->src->text)};
}

/* number, or number/number; 0 when the word is neither */
static int read_number(Parser *P, const char *s, const char *end, double *out) {
  int negative = *s == '-';
  const char *from = s + (*s == '-' || *s == '+'), *p = number_end(from, end);
  if (p == from) return 0;
  if (p < end && *p != '/') return 0;
  const char *below = p < end ? p + 1 : end, *q = number_end(below, end);
  if (p < end && (q == below || q != end)) return 0;
  double x = lex_number(P, place(P, from, p));
  if (p < end) {
    x /= lex_number(P, place(P, below, end));
    if (!isfinite(x)) {
      lex_error(P, place(P, s, end), "syntax.number", "`%.*s` is not a finite number", end - s > 40 ? 40 : (int)(end - s), s);
      x = 0;
    }
  }
  *out = negative ? -x : x;
  return 1;
}

static void refuse(Parser *P, const char *s, const char *end) {
  int size = end - s > 40 ? 40 : (int)(end - s);
  while (size > 0 && ((unsigned char)s[size] & 0xC0) == 0x80 && s + size < end) size--;
  Diag *d = lex_error(P, place(P, s, end), "table.cell", "`%.*s` is not a cell", size, s);
  if (!d) return;
  if (size >= 3 && !memcmp(s, "\xE2\x88\x92", 3)) diag_hint(P->c, d, "write the minus sign as `-`");
  else if (memchr(s, ',', (size_t)size)) diag_hint(P->c, d, "cells are separated by blanks, not by commas; a label has no blanks in it");
  else diag_hint(P->c, d, "a cell is a number, a fraction like 1/3, `.` for zero, a label, or an expression in parentheses");
}

static void read_word(Parser *P, const char *s, const char *end) {
  Loc at = place(P, s, end);
  Cell c = {.begin = at.begin, .end = at.end, .kind = CELL_DOT};
  if (end - s == 1 && (*s == '.' || *s == '-')) c.kind = CELL_DOT;
  else if ((digit(*s) || *s == '-' || *s == '+' || *s == '.') && read_number(P, s, end, &c.num)) c.kind = CELL_NUMBER;
  else if (is_label(s, end) || is_signed_word(s, end)) {
    c.kind = CELL_LABEL;
    c.text = str_intern(P->c->strs, s, (size_t)(end - s));
  } else refuse(P, s, end);
  VEC_PUSH(P->mem, P->cell, c);
}

static void new_line(Parser *P, const char *s) {
  if (!P->cell.n || P->cell.at[P->cell.n - 1].kind == CELL_NEWLINE) return;
  Loc at = place(P, s, s + 1);
  VEC_PUSH(P->mem, P->cell, (Cell){.begin = at.begin, .end = at.end, .kind = CELL_NEWLINE});
}

/* A reserved word cannot name an element; where it begins a line the table was never closed. */
static int is_reserved(const char *s, const char *end) {
  static const char *const word[] = {"economy", "use", "set", "param", "data", "fn", "tree", "horizon", "agent", "firm", "market", "let",
      "variable", "equation", "calibrate", "start", "shock", "process", "institution", "pass", "extend", "drop", "replace", "solve", "sweep",
      "report", "plot", "expect", "budget", "choose", "maximize", "numeraire", "with"};
  size_t n = (size_t)(end - s);
  if (n > 11) return 0;
  for (size_t i = 0; i < sizeof word / sizeof *word; i++)
    if (strlen(word[i]) == n && !memcmp(word[i], s, n)) return 1;
  return 0;
}

static int finish(Parser *P, Token *t, int kind, const char *s, size_t size) {
  t->at = place(P, s, s + size);
  lex_raw_seek(P, t->at.end);
  return kind;
}

static void not_closed(Parser *P) {
  uint32_t at = P->open[P->now.nopen - 1].at;
  lex_error(P, (Loc){at, at + 1}, "table.open", "this table is never closed: `}` expected after its last row");
}

int table_scan(Parser *P, Token *t) {
  const char *s = P->src->text + lex_raw_at(P), *end = P->src->text + P->src->size;
  if (!P->cell.at) reserve(P, s, end);
  while (s < end && !P->stop) {
    if (blank(*s)) s++;
    else if (*s == '\n') new_line(P, s++);
    else if (*s == '#') { s = memchr(s, '\n', (size_t)(end - s)); if (!s) s = end; }
    else if (*s == '}') return finish(P, t, '}', s, 1);
    else if (*s == '(') {
      Loc at = place(P, s, s + 1);
      t->value.cell = P->cell.n;
      VEC_PUSH(P->mem, P->cell, (Cell){.begin = at.begin, .end = at.end, .kind = CELL_EXPR});
      return finish(P, t, T_CELL_OPEN, s, 1);
    } else if (ends_word(*s)) {
      Diag *d = lex_error(P, place(P, s, s + 1), "table.cell", "`%c` cannot stand in a table", *s);
      if (d && *s == ';') diag_hint(P->c, d, "a new line ends a row; `}` ends the table");
      s++;
    } else {
      const char *w = s;
      while (w < end && !ends_word(*w)) w++;
      int reserved = letter(*s) && is_reserved(s, w);
      if (reserved && lex_line_start(P, place(P, s, w).begin)) {
        not_closed(P);
        return finish(P, t, '}', s, 0);
      }
      if (reserved) lex_error(P, place(P, s, w), "table.cell", "`%.*s` is a reserved word and cannot be a label", (int)(w - s), s);
      read_word(P, s, w);
      s = w;
    }
  }
  if (!P->stop) not_closed(P);
  lex_raw_seek(P, (uint32_t)P->src->size);
  P->stop = 1;                                          /* the end of the text is no second mistake */
  return 0;
}
