#include "parse.h"
#include "grammar.h"
#include "econ.tab.h"
#include <string.h>

/* ---- sentences for syntax errors ---- */
typedef struct { const char *at[GRAMMAR_TOKENS]; unsigned n; } Words;

static int has(const Words *w, const char *name) {
  for (unsigned i = 0; i < w->n; i++)
    if (!strcmp(w->at[i], name)) return 1;
  return 0;
}

static void drop(Words *w, const char *const *names) {
  unsigned n = 0;
  for (unsigned i = 0; i < w->n; i++) {
    int gone = 0;
    for (const char *const *p = names; *p && !gone; p++) gone = !strcmp(*p, w->at[i]);
    if (!gone) w->at[n++] = w->at[i];
  }
  w->n = n;
}

static const char *const clause_words[] = {"good", "asset", "constraint", "free", "choosing", "mass", "cohorts", "price", "pays", "supply",
    "durable", "storable", "probability", "variance", "sd", "covariance", "multiplier", "so", "that", "of", "weights", "implied", "by",
    "holding", "order", "against", NULL};
static const char *const operators[] = {"'+'", "'-'", "'*'", "'/'", "'^'", "'['", "'@'", "'.'", "'('", NULL};
static const char *const openers[] = {"a name", "a number", "'('", "'-'", "...", "if", NULL};
static const char *const relations[] = {"'='", ">=", "<=", "'<'", "'>'", "!=", NULL};
static const char *const suffixes[] = {"'['", "'@'", NULL};

/* What would fit, in the words of a reader: whole notions in place of their tokens. */
static void condense(Words *w) {
  int expression = has(w, "a name") && has(w, "a number") && has(w, "'('"), relation = has(w, "'='") && has(w, ">=") && has(w, "<=");
  if (has(w, "'+'") && has(w, "'*'")) drop(w, operators);
  if (has(w, "a name")) drop(w, clause_words);
  if (expression) drop(w, openers);
  if (relation) drop(w, relations);
  if (w->n > 2) drop(w, suffixes);
  if (expression) w->at[w->n++] = "an expression";
  if (relation) w->at[w->n++] = "a relation (`=`, `>=`, `<=`)";
}

/* Where a statement ends inside a bracket, what is missing is the bracket's end. */
static void prefer_closer(const Parser *P, Words *w) {
  if (P->last.kind != ';' || !P->before.nopen) return;
  char closer[] = {'\'', P->open[P->before.nopen - 1].closer, '\'', '\0'};
  for (unsigned i = 0; i < w->n; i++)
    if (!strcmp(w->at[i], closer)) { w->at[0] = w->at[i]; w->n = 1; }
}

static void put_word(Text *t, const char *name) {
  size_t n = strlen(name);
  if (!strcmp(name, "{ (table)") || !strcmp(name, "( (cell)")) text_printf(t, "`%c`", *name);
  else if (name[0] == '\'' && n == 3) text_printf(t, "`%c`", name[1]);
  else if (!strncmp(name, "a ", 2) || !strncmp(name, "an ", 3)) text_put(t, name);
  else text_printf(t, "`%s`", name);
}

static void put_words(Text *t, const Words *w) {
  for (unsigned i = 0; i < w->n; i++) {
    text_put(t, !i ? "" : i + 1 < w->n ? ", " : " or ");
    put_word(t, w->at[i]);
  }
}

/* A piece of the text in quotes, as the writer has it; long ones cut. */
static void put_text(Text *t, const Parser *P, Loc at) {
  enum { LONGEST = 40 };
  uint32_t end = at.end;
  if (end - at.begin > LONGEST) {
    end = at.begin + LONGEST;
    while (end > at.begin && ((unsigned char)P->src->text[end] & 0xC0) == 0x80) end--;
  }
  text_put(t, "`");
  text_add(t, P->src->text + at.begin, end - at.begin);
  text_put(t, end < at.end ? "...`" : "`");
}

enum { FEW = 4 };

static int is_item_word(const char *s, size_t n) {
  static const char *const word[] = {"choose", "maximize", "budget", "belief", "endow", "private", NULL};
  for (const char *const *p = word; *p; p++)
    if (strlen(*p) == n && !memcmp(*p, s, n)) return 1;
  return 0;
}

/* A word that begins a statement of the whole economy, inside a block of an agent or a firm. */
static int misplaced_statement(const Parser *P) { return P->before.nopen && recover_statement_word(P->last.kind); }

/* At the start of a statement: what begins with this word belongs elsewhere or nowhere. */
static void say_start(Parser *P, Text *t, Loc at) {
  const char *s = P->src->text + at.begin;
  size_t n = at.end - at.begin;
  if (n == 1 && *s == '}') text_put(t, "this `}` closes nothing");
  else if (n == 1 && *s == ';') text_put(t, "this `;` ends nothing");
  else if (is_item_word(s, n)) {
    put_text(t, P, at);
    text_put(t, " belongs inside the braces of an agent or a firm");
  } else if (misplaced_statement(P)) {
    text_put(t, "`}` is missing before ");
    put_text(t, P, at);
    text_put(t, ", which cannot stand inside an agent or a firm");
  } else {
    text_put(t, P->before.nopen ? "nothing here can begin with " : "a statement cannot begin with ");
    put_text(t, P, at);
  }
}

static void say(Parser *P, Text *t, Loc at, int at_end, const Words *w) {
  Loc prev = P->before.prev_at;
  if (w->n && w->n <= FEW) {
    put_words(t, w);
    text_put(t, " expected");
  } else {
    if (at_end) text_put(t, "the end of the text");
    else put_text(t, P, at);
    text_put(t, " does not fit");
  }
  if (prev.end > prev.begin) {
    text_put(t, " after ");
    put_text(t, P, prev);
  }
  if (!w->n || w->n > FEW) return;
  text_put(t, ", found ");
  if (at_end) text_put(t, "the end of the text");
  else put_text(t, P, at);
}

static int is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

static void hint(Parser *P, Diag *d, Loc at, const Words *all) {
  const char *s = P->src->text + at.begin;
  if (P->last.kind == '=' && P->before.prev == '=') { diag_hint(P->c, d, "equality is written with one `=`"); return; }
  if (!P->before.first && misplaced_statement(P)) {
    uint32_t open = P->open[P->before.nopen - 1].at;
    diag_note(P->c, d, origin_new(P->c->diags, (Span){P->src->id, open, open + 1}, BY_SOURCE, 0), "the block that is still open");
    return;
  }
  if (at.end == at.begin || !is_word(*s) || at.end - at.begin > 40) return;
  if (has(all, "a name") && P->last.kind != T_NAME) {
    diag_hint(P->c, d, "`%.*s` is a reserved word and cannot be a name", (int)(at.end - at.begin), s);
    return;
  }
  Str candidate[GRAMMAR_TOKENS];
  size_t n = 0;
  for (unsigned i = 0; i < all->n; i++)
    if (is_word(all->at[i][0]) && strncmp(all->at[i], "a ", 2)) candidate[n++] = str_of(P->c->strs, all->at[i]);
  Str word = str_intern(P->c->strs, s, at.end - at.begin), near = diag_nearest(P->c->strs, str_text(P->c->strs, word), candidate, n);
  if (near) diag_hint(P->c, d, "did you mean `%s`?", str_text(P->c->strs, near));
}

/* The innermost bracket still open where the text ends. */
static int say_unclosed(Parser *P) {
  if (!P->now.nopen) return 0;
  uint32_t at = P->open[P->now.nopen - 1].at;
  lex_error(P, (Loc){at, at + 1}, "syntax.open", "this `%c` is never closed: `%c` is missing", P->src->text[at], P->open[P->now.nopen - 1].closer);
  return 1;
}

/* Follow-on errors are not said: at a token that was complained of already, and item words outside an agent whose head was wrong. */
static int follows_on(const Parser *P, Loc at, int at_start) {
  if (P->stop || P->last.kind == T_BAD || (P->repeat && P->error_at == at.begin)) return 1;
  return P->astray && at_start && !P->before.nopen;
}

void grammar_error(Parser *P, Loc at, int ended, const char **expected, unsigned n) {
  Words all = {.n = 0}, few;
  for (unsigned i = 0; i < n && i + 2 < GRAMMAR_TOKENS; i++) all.at[all.n++] = expected[i];
  few = all;
  condense(&few);
  prefer_closer(P, &few);
  int at_start = !P->before.first && !ended, silent = follows_on(P, at, at_start);
  if (at_start && !P->before.nopen && (P->last.kind == '}' || P->last.kind == ';' || is_item_word(P->src->text + at.begin, at.end - at.begin))) P->astray = 1;
  if (!silent && !(ended && say_unclosed(P))) {
    Text t = {0};
    Loc where = at, prev = P->before.prev_at;
    int forgotten = has(&all, "';'") && prev.end && (ended || lex_line_start(P, at.begin));
    if (forgotten) {
      text_put(&t, "`;` expected after ");
      put_text(&t, P, prev);
      where = (Loc){prev.end - 1, prev.end};
    } else if (at_start) say_start(P, &t, at);
    else say(P, &t, at, ended, &few);
    Diag *d = lex_error(P, where, "syntax.unexpected", "%s", t.at ? t.at : "");
    if (d && !ended) hint(P, d, at, &all);
    text_free(&t);
  }
  recover_begin(P, at, ended);
}

/* ---- the doors ---- */
static Ast *error_tree(Parser *P, AstKind kind) {
  Loc at = {0, (uint32_t)P->src->size};
  Ast *wrong = ast_leaf(P, AST_ERROR, at, 0);
  return kind == AST_FILE ? ast_make(P, AST_FILE, at, 0, 1, wrong) : wrong;
}

static Ast *parse(Compilation *c, const Source *s, int begin) {
  Parser *P = lex_open(c, s);
  if (!P) return NULL;
  P->begin = begin;
  if (!lex_check_text(P)) econ_yyparse(P);
  Ast *a = P->result ? P->result : error_tree(P, begin == T_BEGIN_FILE ? AST_FILE : AST_ERROR);
  lex_close(P);
  return arena_failed(c->mem) ? NULL : a;
}

Ast *econ_parse(Compilation *c, const Source *s) { return parse(c, s, T_BEGIN_FILE); }

Ast *econ_parse_expression(Compilation *c, const Source *s) {
  unsigned errors = diag_errors(c->diags);
  Ast *a = parse(c, s, T_BEGIN_EXPRESSION);
  return diag_errors(c->diags) == errors ? a : NULL;
}
