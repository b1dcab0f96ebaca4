/* lex.c: tokens with their brackets. Which brackets are open, and which of them hold statements, is kept here and not in the
 * grammar, because recovery (recover.c) and the formatter need it where no grammar runs. */
#include "parser.h"
#include "econ.tab.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

Parser *lex_open(Compilation *c, const Source *s) {
  Parser *P = ARENA_NEW(c->mem, Parser);
  if (!P) return NULL;
  P->c = c;
  P->src = s;
  P->mem = c->mem;
  if (!lex_raw_open(P)) return P;
  lex_raw_close(P);
  return NULL;
}

void lex_close(Parser *P) { lex_raw_close(P); }

/* ---- messages ---- */
Diag *lex_error(Parser *P, Loc at, const char *id, const char *fmt, ...) {
  Text t = {0};
  va_list ap;
  va_start(ap, fmt);
  text_vprintf(&t, fmt, ap);
  va_end(ap);
  Diag *d = P->quiet || P->stop ? NULL : diag_at(P->c, SEV_ERROR, id, (Span){P->src->id, at.begin, at.end}, "%s", t.at ? t.at : "");
  text_free(&t);
  return d;
}

void lex_nesting(Parser *P, Loc at) {
  Diag *d = lex_error(P, at, "syntax.nesting", "nested more than %d deep", AST_DEPTH);
  if (d) diag_hint(P->c, d, "name parts of it with `let` or `fn`");
  P->stop = 1;
}

/* ---- text ---- */
static int plain_word(const char *s) {                  /* eight bytes of ASCII without NUL */
  uint64_t w;
  memcpy(&w, s, 8);
  const uint64_t high = 0x8080808080808080u, ones = 0x0101010101010101u;
  return !(w & high) && !((w - ones) & ~w & high);
}

/* Bytes of the UTF-8 character at s[0..n), 0 when it is none (RFC 3629: shortest form, no surrogates, up to U+10FFFF). */
static size_t utf8_bytes(const unsigned char *s, size_t n) {
  if (s[0] < 0x80) return s[0] ? 1 : 0;
  size_t len = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
  if (s[0] < 0xC2 || s[0] > 0xF4 || len > n) return 0;
  for (size_t i = 1; i < len; i++)
    if ((s[i] & 0xC0) != 0x80) return 0;
  if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) || (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F)) return 0;
  return len;
}

int lex_check_text(Parser *P) {
  const char *s = P->src->text;
  size_t n = P->src->size;
  for (size_t i = 0; i < n;) {
    if (n - i >= 8 && plain_word(s + i)) { i += 8; continue; }
    size_t len = utf8_bytes((const unsigned char *)s + i, n - i);
    if (!len) {
      Loc at = {(uint32_t)i, (uint32_t)i + 1};
      Diag *d = s[i] ? lex_error(P, at, "syntax.encoding", "the byte 0x%02X is not UTF-8", (unsigned char)s[i])
                     : lex_error(P, at, "syntax.encoding", "a NUL byte: this is not a text file");
      if (d && s[i]) diag_hint(P->c, d, "save the file with the encoding UTF-8");
      P->stop = 1;
      return 1;
    }
    i += len;
  }
  return 0;
}

int lex_line_start(const Parser *P, uint32_t byte) {
  const char *s = P->src->text;
  while (byte > 0 && (s[byte - 1] == ' ' || s[byte - 1] == '\t')) byte--;
  return byte == 0 || s[byte - 1] == '\n';
}

/* ---- numbers ---- */
/* Up to 15 digits and a power of ten up to 22 are exact in doubles, so one correctly rounded operation gives the nearest one
 * (W. D. Clinger, How to read floating point numbers accurately, 1990). Everything else is strtod's. */
static int simple_number(const char *s, const char *end, double *out) {
  static const double power[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  uint64_t m = 0;
  int digits = 0, after = 0, dot = 0;
  for (; s < end; s++) {
    if (*s == '.') { dot = 1; continue; }
    if (*s < '0' || *s > '9' || ++digits > 15) return 0;
    m = m * 10 + (uint64_t)(*s - '0');
    after += dot;
  }
  *out = (double)m / power[after];
  return 1;
}

double lex_number(Parser *P, Loc at) {
  const char *s = P->src->text + at.begin, *end = P->src->text + at.end;
  double x = 0;
  if (simple_number(s, end, &x)) return x;
  x = strtod(s, NULL);
  if (isfinite(x)) return x;
  lex_error(P, at, "syntax.number", "`%.*s` is not a finite number", end - s > 40 ? 40 : (int)(end - s), s);
  return 0;
}

/* ---- brackets and statements ---- */
static Open *top(Parser *P) { return P->now.nopen ? &P->open[P->now.nopen - 1] : NULL; }

static int holds_statements(Parser *P) {
  const Open *o = top(P);
  return !o || o->kind == OPEN_BLOCK || o->kind == OPEN_BEST;
}

static void push(Parser *P, Token *t, char closer, OpenKind kind) {
  if (P->now.nopen == AST_DEPTH) {
    lex_nesting(P, t->at);
    t->kind = 0;
    return;
  }
  P->open[P->now.nopen++] = (Open){t->at.begin, P->now.first, closer, (uint8_t)kind};
}

/* `{` after the head of an agent, firm, institution or sweep holds statements; after these it begins a set or a value. */
static int opens_block(Parser *P) {
  int first = P->now.first, prev = P->now.prev;
  if (first != T_AGENT && first != T_FIRM && first != T_INSTITUTION && first != T_SWEEP) return 0;
  return holds_statements(P) && prev != T_IN && prev != '=' && prev != ',' && prev != '@' && prev != ':' && prev != T_BY;
}

static void close_bracket(Parser *P, char closer) {
  uint32_t i = P->now.nopen;
  while (i && P->open[i - 1].closer != closer && P->open[i - 1].kind != OPEN_BLOCK) i--;
  if (!i || P->open[i - 1].closer != closer) return;   /* it closes nothing */
  const Open *o = &P->open[i - 1];
  P->now.nopen = i - 1;
  if (o->kind == OPEN_BEST) P->now.first = o->first;
  if (o->kind == OPEN_BLOCK || o->kind == OPEN_TABLE) { P->now.first = 0; P->closed = o->kind + 1; }
}

void lex_track(Parser *P, Token *t) {
  Track *n = &P->now;
  P->before = *n;
  P->closed = 0;
  if (!n->first || (n->first == T_EXTEND && n->prev == T_EXTEND)) n->first = t->kind;
  Loc at = t->at;
  int kind = t->kind;
  switch (kind) {
    case T_DATA: n->armed = 1; break;
    case T_FROM: n->armed = 0; break;
    case T_CHOOSE:
      if (n->prev == '(' && n->nopen) { top(P)->kind = OPEN_BEST; n->first = T_CHOOSE; }
      break;
    case '(': push(P, t, ')', OPEN_PLAIN); break;
    case '[': push(P, t, ']', OPEN_PLAIN); break;
    case T_CELL_OPEN: push(P, t, ')', OPEN_CELL); break;
    case '{':
      if (n->armed && holds_statements(P)) {
        n->armed = 0;
        t->kind = T_TOPEN;
        push(P, t, '}', OPEN_TABLE);
      } else push(P, t, '}', opens_block(P) ? OPEN_BLOCK : OPEN_PLAIN);
      if (t->kind && top(P)->kind == OPEN_BLOCK) n->first = 0;
      break;
    case ')': case ']': case '}': close_bracket(P, (char)kind); break;
    case ':':
      if (n->first == T_SWEEP && holds_statements(P)) n->first = 0;
      break;
    case ';':
      if (holds_statements(P)) { n->first = 0; n->armed = 0; }
      break;
    default: break;
  }
  n->prev = kind;
  n->prev_at = at;
}

int lex_token(Parser *P, Token *t) {
  *t = (Token){0, {0}, {(uint32_t)P->src->size, (uint32_t)P->src->size}};
  if (P->stop || P->ended || arena_failed(P->mem)) return 0;
  const Open *o = top(P);
  if (o && o->kind == OPEN_TABLE) t->kind = table_scan(P, t);
  else t->kind = lex_raw(&t->value, &t->at, P->scanner);
  if (!t->kind) {
    P->ended = 1;
    t->at = (Loc){(uint32_t)P->src->size, (uint32_t)P->src->size};
    return 0;
  }
  lex_track(P, t);
  return t->kind;
}
