/* ir_io.c: atoms and expressions of the text form; see ir_io.h and docs/ir.md. */
#include "ir_io.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void io_fail(Io *io, const char *what) {
  if (!io->failed && !io->writing) {
    uint32_t at = (uint32_t)(io->pos < io->src->size ? io->pos : io->src->size);
    diag_at(io->cc, SEV_ERROR, "ir.syntax", (Span){io->src->id, at, at}, "%s", what);
  }
  io->failed = 1;
}

/* ---- characters ---- */
static char peek(Io *io) {
  const char *t = io->src->text;
  while (io->pos < io->src->size && strchr(" \n\t\r", t[io->pos]) && t[io->pos]) io->pos++;
  return io->pos < io->src->size ? t[io->pos] : 0;
}
static int is_end(char c) { return !c || strchr(" \n\t\r()\"", c) != NULL; }

static size_t token(Io *io, const char **at) {
  size_t begin;
  peek(io);
  begin = io->pos;
  while (io->pos < io->src->size && !is_end(io->src->text[io->pos])) io->pos++;
  *at = io->src->text + begin;
  return io->pos - begin;
}

static void space(Io *io) {
  if (io->out->n && io->out->at[io->out->n - 1] != '(' && io->out->at[io->out->n - 1] != '\n' && io->out->at[io->out->n - 1] != ' ') text_put(io->out, " ");
}

int io_open(Io *io, const char *word, int present) {
  const char *t;
  size_t before, n;
  if (io->failed) return 0;
  if (io->writing) {
    if (!present) return 0;
    space(io);
    text_printf(io->out, "(%s", word);
    return 1;
  }
  if (peek(io) != '(') return 0;
  before = io->pos++;
  n = token(io, &t);
  if (n == strlen(word) && !memcmp(t, word, n)) return 1;
  io->pos = before;
  return 0;
}

void io_close(Io *io) {
  if (io->failed) return;
  if (io->writing) {
    text_put(io->out, ")");
    return;
  }
  if (peek(io) != ')') io_fail(io, "a closing parenthesis was expected here");
  else io->pos++;
}

int io_more(Io *io) { return !io->failed && peek(io) != ')' && peek(io) != 0; }
void io_newline(Io *io) {
  if (io->writing) text_put(io->out, "\n");
}

/* ---- atoms ---- */
static int read_digits(Io *io, const char *t, size_t n, uint32_t *v) {
  uint64_t x = 0;
  for (size_t i = 0; i < n; i++) {
    if (t[i] < '0' || t[i] > '9' || (x = x * 10 + (uint64_t)(t[i] - '0')) > UINT32_MAX) n = 0;
  }
  *v = (uint32_t)x;
  if (!n) io_fail(io, "a whole number was expected here");
  return n > 0;
}

void io_u32(Io *io, uint32_t *v) {
  const char *t;
  if (io->failed) return;
  if (io->writing) {
    space(io);
    text_printf(io->out, "%u", *v);
    return;
  }
  size_t n = token(io, &t);
  read_digits(io, t, n, v);
}

void io_int(Io *io, int *v) {
  uint32_t u = (uint32_t)(*v + 1);                      /* -1 is the only negative number there is: shifted by one */
  io_u32(io, &u);
  if (u > INT32_MAX) io_fail(io, "this number is too large");
  else *v = (int)u - 1;
}

void io_double(Io *io, double *v) {
  char buf[64];
  const char *t;
  char *end;
  if (io->failed) return;
  if (io->writing) {
    space(io);
    text_number(io->out, *v);
    return;
  }
  size_t n = token(io, &t);
  if (!n || n >= sizeof buf) {
    io_fail(io, "a number was expected here");
    return;
  }
  memcpy(buf, t, n);
  buf[n] = 0;
  *v = strtod(buf, &end);
  if (*end) io_fail(io, "a number was expected here");
}

static void write_string(Io *io, const char *s) {
  text_put(io->out, "\"");
  for (; *s; s++) {
    if (*s == '"' || *s == '\\') text_put(io->out, "\\");
    text_add(io->out, s, 1);
  }
  text_put(io->out, "\"");
}

void io_string(Io *io, Str *s) {
  if (io->failed) return;
  if (io->writing) {
    space(io);
    write_string(io, str_text(io->cc->strs, *s));
    return;
  }
  Text t = {0};
  if (peek(io) != '"') {
    io_fail(io, "a text in quotes was expected here");
    return;
  }
  for (io->pos++; io->pos < io->src->size && io->src->text[io->pos] != '"'; io->pos++) {
    if (io->src->text[io->pos] == '\\' && io->pos + 1 < io->src->size) io->pos++;
    text_add(&t, io->src->text + io->pos, 1);
  }
  if (io->pos >= io->src->size) io_fail(io, "this text does not end");
  else io->pos++;
  *s = t.n ? str_intern(io->cc->strs, t.at, t.n) : 0;
  text_free(&t);
}

void io_word(Io *io, const char *const *words, uint32_t n, int *which) {
  const char *t;
  if (io->failed) return;
  if (io->writing) {
    space(io);
    text_put(io->out, words[*which]);
    return;
  }
  size_t len = token(io, &t);
  for (uint32_t i = 0; i < n; i++)
    if (strlen(words[i]) == len && !memcmp(words[i], t, len)) {
      *which = (int)i;
      return;
    }
  io_fail(io, "this word is not known here");
}

int io_absent(Io *io, int absent) {
  if (io->failed) return 1;
  if (io->writing) {
    if (absent) {
      space(io);
      text_put(io->out, "_");
    }
    return absent;
  }
  if (peek(io) != '_' || (io->pos + 1 < io->src->size && !is_end(io->src->text[io->pos + 1]))) return 0;
  io->pos++;
  return 1;
}

/* name, a mark, a number: the name is there for people alone */
static void numbered(Io *io, char mark, uint32_t *v, Str name, uint32_t *max) {
  const char *t;
  if (io->failed) return;
  if (io->writing) {
    space(io);
    for (const char *s = str_text(io->cc->strs, name); *s; s++)
      if ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || *s == '_') text_add(io->out, s, 1);
    text_printf(io->out, "%c%u", mark, *v);
    return;
  }
  size_t n = token(io, &t), i = n;
  while (i && t[i - 1] != mark) i--;
  if (!i) io_fail(io, mark == '#' ? "a symbol (name#number) was expected here" : "an index variable (name%number) was expected here");
  else if (read_digits(io, t + i, n - i, v) && *v > *max) *max = *v;
}
void io_sym(Io *io, SymId *s) { numbered(io, '#', s, io->writing && *s < io->names->syms.n ? io->names->syms.at[*s].name : 0, &io->max_sym); }
void io_idx(Io *io, IdxId *i) { numbered(io, '%', i, io->writing && *i < io->names->idxs.n ? io->names->idxs.at[*i].name : 0, &io->max_idx); }

void io_elem(Io *io, Elem *x) {
  if (io->failed) return;
  if (io->writing ? elem_is_number(*x) : peek(io) == ':') {
    uint32_t v = elem_value(*x);
    if (io->writing) {
      space(io);
      text_printf(io->out, ":%u", v);
      return;
    }
    const char *t;
    io->pos++;
    size_t n = token(io, &t);
    if (read_digits(io, t, n, &v)) *x = ELEM_NUMBER | v;
    return;
  }
  io_string(io, x);
}

void io_ix(Io *io, Ix *x) {
  if (io_open(io, "prev", x->kind == IX_PREV && !x->e)) {
    x->kind = IX_PREV;
    io_idx(io, &x->v);
    io_close(io);
  } else if (io_open(io, "prev-of", x->kind == IX_PREV && x->e)) {
    x->kind = IX_PREV;
    io_expr(io, &x->e);
    io_close(io);
  } else if (io_open(io, "expr", x->kind == IX_EXPR)) {
    x->kind = IX_EXPR;
    io_expr(io, &x->e);
    io_close(io);
  } else if (io->failed) {
    return;
  } else if (io->writing ? x->kind == IX_ELEM : peek(io) == '"' || peek(io) == ':') {
    x->kind = IX_ELEM;
    io_elem(io, &x->v);
  } else {
    x->kind = IX_BOUND;
    io_idx(io, &x->v);
  }
}

/* ---- expressions ---- */
static const char *const kinds[] = {"num", "ref", "add", "mul", "neg", "div", "pow", "call", "min", "max", "if", "lt", "le", "eq", "ne", "in", "and", "or", "not",
                                    "sum", "total", "given", "elem", "idx", "delta"};
static const char *const functions[] = {"log", "exp", "sqrt", "abs", "mod", "frac", "halton", "floor"};
enum { NKINDS = sizeof kinds / sizeof *kinds, NFUNCTIONS = sizeof functions / sizeof *functions };

static void kids(Io *io, Expr *e) {
  if (io->writing) {
    for (uint32_t i = 0; i < e->nkid; i++) io_expr(io, &e->kid[i]);
    return;
  }
  VEC(const Expr *) list = {0};
  while (io_more(io)) {
    const Expr *k = NULL;
    io_expr(io, &k);
    if (k) VEC_PUSH(io->mem, list, k);
  }
  e->kid = list.at;
  e->nkid = list.n;
}

/* (at ix...) */
static void indices(Io *io, Expr *e) {
  if (!io_open(io, "at", e->nix > 0)) return;
  if (io->writing) {
    for (uint32_t i = 0; i < e->nix; i++) io_ix(io, &e->ix[i]);
  } else {
    VEC(Ix) list = {0};
    while (io_more(io)) {
      Ix x = {0};
      io_ix(io, &x);
      VEC_PUSH(io->mem, list, x);
    }
    e->ix = list.at;
    e->nix = list.n;
  }
  io_close(io);
}

static void sum_head(Io *io, Expr *e) {
  io_idx(io, &e->bind);
  io_sym(io, &e->dom.set);
  if (io_open(io, "next", e->dom.succ)) {
    e->dom.succ = 1;
    io_ix(io, &e->dom.prev);
    io_close(io);
  }
}

static void total_head(Io *io, Expr *e) {
  io_sym(io, &e->sym);
  if (!io_open(io, "over", e->nbinds > 0)) return;
  if (io->writing) {
    for (uint32_t i = 0; i < e->nbinds; i++) io_idx(io, &e->binds[i]);
  } else {
    VEC(IdxId) list = {0};
    while (io_more(io)) {
      IdxId v = 0;
      io_idx(io, &v);
      VEC_PUSH(io->mem, list, v);
    }
    e->binds = list.at;
    e->nbinds = list.n;
  }
  io_close(io);
}

/* Operands that the other rooms count on. */
static int well_formed(const Expr *e) {
  switch (e->kind) {
  case E_NUM: case E_REF: case E_ELEM: return e->nkid == 0;
  case E_IDX: return e->nkid == 0 && e->nix <= 1;
  case E_DIV: case E_POW: case E_LT: case E_LE: return e->nkid == 2;
  case E_EQ: case E_NE: return (e->nkid == 2 && !e->nix) || (!e->nkid && e->nix == 2);
  case E_NEG: case E_NOT: case E_GIVEN: case E_TOTAL: return e->nkid == 1;
  case E_SUM: return e->nkid == 1 || e->nkid == 2;
  case E_IF: return e->nkid == 3;
  case E_IN: return e->nix == 1 && !e->nkid;
  case E_DELTA: return e->nix == 2 && !e->nkid;
  case E_CALL: return e->nkid == 1 || (e->nkid == 2 && (e->fn == FN_MOD || e->fn == FN_HALTON));
  case E_ADD: case E_MUL: case E_MIN: case E_MAX: case E_AND: case E_OR: return e->nkid >= 1;
  case E_STAT: case E_NAMED: return 0;                  /* of queries, never of an economy */
  }
  return 0;
}

static void node(Io *io, Expr *e) {
  int kind = (int)e->kind, fn = (int)e->fn;
  if (io->writing) {
    space(io);
    text_put(io->out, "(");
  } else if (peek(io) != '(') {
    io_fail(io, "an expression was expected here");
  } else io->pos++;
  io_word(io, kinds, NKINDS, &kind);
  e->kind = (ExprKind)kind;
  if (e->kind == E_CALL) io_word(io, functions, NFUNCTIONS, &fn);
  e->fn = (BuiltinFn)fn;
  if (e->kind == E_REF || e->kind == E_IN) io_sym(io, &e->sym);
  if (e->kind == E_SUM) sum_head(io, e);
  if (e->kind == E_TOTAL) total_head(io, e);
  if (e->kind == E_ELEM) io_elem(io, &e->v);
  if (e->kind == E_IDX && (io->writing ? !e->nix : peek(io) != '(')) io_idx(io, &e->v);
  if (io_open(io, "of", e->solution != 0)) {
    io_string(io, &e->solution);
    io_close(io);
  }
  indices(io, e);
  kids(io, e);
  io_close(io);
}

void io_expr(Io *io, const Expr **at) {
  if (io->failed) return;
  if (io->writing) {
    Expr e = **at;
    if (e.kind == E_NUM) io_double(io, &e.num);
    else node(io, &e);
    return;
  }
  Expr e = {0};
  if (++io->depth > IR_DEPTH) io_fail(io, "this expression is nested too deeply");
  else if (peek(io) == '(') node(io, &e);
  else io_double(io, &e.num);
  io->depth--;
  if (!io->failed && !well_formed(&e)) io_fail(io, "this expression does not have the operands that its kind needs");
  if (!io->failed) *at = ex_keep(io->mem, e);
}
