/* test_lang.c: the front room: texts and positions, messages, tree shapes, recovery, limits, layout. */
#include "lang/parse.h"
#include "lang/parser.h"
#include "lang/fmt.h"
#include "unit.h"
#include <stdlib.h>
#include <string.h>

typedef struct { Arena *mem; Compilation *c; const Source *s; Ast *tree; Text said; } Case;

static Case open_bytes(const char *text, size_t n) {
  Case k = {.mem = arena_new(NULL)};
  k.c = compilation_new(k.mem);
  k.s = source_text(k.c->sources, "t.econ", text, n);
  k.tree = econ_parse(k.c, k.s);
  diag_print_all(k.c, &k.said);
  return k;
}

static Case open_text(const char *text) { return open_bytes(text, strlen(text)); }

static void close_case(Case *k) {
  text_free(&k->said);
  arena_free(k->mem);
}

static int says(const Case *k, const char *piece) { return k->said.at && strstr(k->said.at, piece); }

static void expect_said(const char *text, unsigned errors, const char *piece) {
  Case k = open_text(text);
  CU_ASSERT_EQUAL(diag_errors(k.c->diags), errors);
  if (diag_errors(k.c->diags) != errors || (piece && !says(&k, piece))) printf("\n%s---- said:\n%s", text, k.said.at ? k.said.at : "nothing\n");
  CU_ASSERT(!piece || says(&k, piece));
  close_case(&k);
}

/* The tree of one statement, a line a node, against the expected dump without its first line. */
static void expect_tree(const char *text, const char *dump) {
  Case k = open_text(text);
  Text t = {0};
  ast_dump(k.tree, k.c->strs, &t);
  const char *body = t.at ? strchr(t.at, '\n') + 1 : "";
  CU_ASSERT_STRING_EQUAL(body, dump);
  if (strcmp(body, dump)) printf("\n%s%s", body, k.said.at ? k.said.at : "");
  text_free(&t);
  close_case(&k);
}

/* ---- sources and names ---- */
static void test_names(void) {
  Arena *a = arena_new(NULL);
  Strs *t = strs_new(a);
  char name[16];
  Str id[3000];
  for (int i = 0; i < 3000; i++) {
    snprintf(name, sizeof name, "n%d", i);
    id[i] = str_of(t, name);
  }
  int wrong = 0;
  for (int i = 0; i < 3000; i++) {
    snprintf(name, sizeof name, "n%d", i);
    wrong += str_of(t, name) != id[i] || strcmp(str_text(t, id[i]), name) != 0 || str_length(t, id[i]) != strlen(name);
  }
  CU_ASSERT_EQUAL(wrong, 0);
  CU_ASSERT_STRING_EQUAL(str_text(t, 0), "");
  CU_ASSERT_NOT_EQUAL(str_intern(t, "a\0b", 3), str_intern(t, "a\0c", 3));
  Str c[] = {str_of(t, "collateral"), str_of(t, "budget"), str_of(t, "Price")};
  CU_ASSERT_EQUAL(diag_nearest(t, "colateral", c, 3), c[0]);
  CU_ASSERT_EQUAL(diag_nearest(t, "bugdet", c, 3), c[1]);
  CU_ASSERT_EQUAL(diag_nearest(t, "price", c, 3), c[2]);
  CU_ASSERT_EQUAL(diag_nearest(t, "wages", c, 3), 0);
  arena_free(a);
}

static void test_positions(void) {
  Arena *a = arena_new(NULL);
  Sources *all = sources_new(a);
  const Source *s = source_text(all, "x", "ab\n\xC3\xA9" "c\r\n", 8);
  unsigned line, column;
  const char *text;
  size_t size;
  source_position(s, 5, &line, &column, &text, &size);
  CU_ASSERT(line == 2 && column == 2 && size == 3);
  source_position(s, 8, &line, &column, &text, &size);
  CU_ASSERT(line == 3 && column == 1 && size == 0);
  const char *why;
  CU_ASSERT_PTR_NULL(source_read(all, "/", &why));
  CU_ASSERT_STRING_EQUAL(why, "it is a folder");
  CU_ASSERT_PTR_NULL(source_read(all, "no/such/file", &why));
  arena_free(a);
}

/* ---- messages ---- */
static void test_printing(void) {
  expect_said("param a = 1;\nmarket c2 prcie p;\n", 1, "t.econ:2:11: error: `in`, `price`, `;` or `:` expected after `c2`, found `prcie` [syntax.unexpected]\n"
                                                       "  market c2 prcie p;\n            ^~~~~\n  hint: did you mean `price`?\n");
  expect_said("equation x price: a = b;", 1, "`:` expected after `x`, found `price`");
  char wide[2000];
  memset(wide, ' ', sizeof wide);
  strcpy(wide + 1900, "param x = ;");
  Case k = open_text(wide);
  CU_ASSERT(k.said.n < 500 && says(&k, "t.econ:1:1911:") && says(&k, "..."));
  close_case(&k);
  expect_said("\tparam x = ;", 1, "          param x = ;\n                    ^\n");
}

static void test_origins(void) {
  Case k = open_text("line one\nline two\n");
  Diags *d = k.c->diags;
  Origin with = origin_new(d, (Span){k.s->id, 0, 4}, BY_SOURCE, 0);
  Origin inside = origin_new(d, (Span){k.s->id, 9, 13}, BY_USE, with), derived = origin_new(d, (Span){0, 0, 0}, BY_KKT, inside);
  Diag *m = diag_add(k.c, SEV_ERROR, "t.id", derived, "no %s", "sense");
  diag_hint(k.c, m, "think");
  diag_note(k.c, m, with, "see");
  Text t = {0};
  diag_print(k.c, m, &t);
  CU_ASSERT_STRING_EQUAL(t.at, "t.econ:2:1: error: no sense [t.id]\n  line two\n  ^~~~\n  hint: think\nt.econ:1:1: note: see\n  line one\n  ^~~~\n"
                               "t.econ:1:1: note: the institution is applied here\n  line one\n  ^~~~\n");
  text_free(&t);
  unsigned n = diag_errors(d);
  diag_add(k.c, SEV_ERROR, "t.id", derived, "no %s", "sense");
  CU_ASSERT_EQUAL(diag_errors(d), n);
  close_case(&k);
}

static void test_cap(void) {
  Text t = {0};
  for (int i = 0; i < 62; i++) text_put(&t, "param x = ;\n");
  Case k = open_text(t.at);
  CU_ASSERT_EQUAL(diag_errors(k.c->diags), 62);
  CU_ASSERT_EQUAL(diag_count(k.c->diags), 50);
  CU_ASSERT(says(&k, "and 12 more errors in t.econ\n"));
  close_case(&k);
  text_free(&t);
}

/* ---- trees ---- */
static void test_trees(void) {
  expect_tree("let x = a + b*c - -d^2;",
              "  LET\n    LETDEF x\n      -\n      -\n      CHAIN +-\n        NAME a\n        CHAIN *\n          NAME b\n          NAME c\n"
              "        NEG\n          POW\n            NAME d\n            NUM 2\n");
  expect_tree("market g in good price p free;", "  MARKET g flag=3\n    INDICES\n      BINDER g\n        NAME good\n    -\n    NAME p\n    -\n");
  expect_tree("data e[H] { a\n\n b 1/4 . (x) }",
              "  DATA e\n    INDICES\n      BINDER H\n        -\n    TABLE\n      a\n      b 0.25 . (\n        NAME x\n    -\n");
  expect_tree("tree 0 -> 1 -> 2;",
              "  TREE\n    BRANCH\n      BRANCH\n        NUM 0\n        CHILDREN\n          NUM 1\n        -\n      CHILDREN\n        NUM 2\n      -\n");
  expect_tree("with NAME(y);", "  WITH\n    USEITEM NAME\n      NAME y\n");
  expect_tree("firm j in F { private e in S probability f; }",
              "  FIRM F\n    BINDERS\n      BINDER j\n        NAME F\n    -\n    -\n    PRIVATE e\n      NAME S\n      NAME f\n");
  expect_tree("expect op: a = f[x | y] within 2%;",
              "  EXPECT op flag=1\n    NUM 2\n    RELATION =\n      NAME a\n      INDEX flag=1\n        NAME f\n        NAME x\n        NAME y\n");
  expect_tree("sweep a = 1 .. 2, b = {3}: drop x;",
              "  SWEEP a\n    RANGE\n      NUM 1\n      NUM 2\n    -\n    SWEEP b\n      BRACE\n        NUM 3\n      -\n      DROP\n        NAMES\n          NAME x\n");
  Case k = open_text("param x = 12 + y;");
  Span at = k.tree->kid[0]->kid[0]->kid[2]->span;
  CU_ASSERT(at.begin == 10 && at.end == 16);
  close_case(&k);
}

static void test_expression(void) {
  Arena *a = arena_new(NULL);
  Compilation *c = compilation_new(a);
  const char *text = "e[lender,c1@now]=4";
  Ast *x = econ_parse_expression(c, source_text(c->sources, "-D", text, strlen(text)));
  CU_ASSERT(x && x->kind == AST_RELATION && x->ops[0] == '=' && x->kid[0]->kind == AST_INDEX);
  CU_ASSERT_PTR_NULL(econ_parse_expression(c, source_text(c->sources, "-D", "a b", 3)));
  arena_free(a);
}

/* ---- mistakes ---- */
static void test_recovery(void) {
  expect_said("economy e \"t\"\nset H = {a, b;\nagent h in H {\n  choose x >= 0\n  maximize x;\n  budget: x + = 3;\n}\nslove ex = equilibrium;\n", 5, "did you mean `solve`?");
  expect_said("agent h on H {\n  choose x;\n  budget: a = b;\n}\nparam x = ;\n", 2, "`in` expected after `on`");
  expect_said("agent h in H {\n  choose x;\nmarket c price p;\nparam x = ;\n", 2, "`}` is missing before `market`");
  expect_said("agent h in H\n  choose x;\n  maximize y;\n}\nset x = ;\n", 2, "found `choose`");
  expect_said("agent h in H {\n  choose x;\n", 1, "this `{` is never closed");
  expect_said("data e[H] { a b\n x (1 + (2 + ) + 3) ; 3\n y (2 (\n}\nparam x = ;", 4, "`;` cannot stand in a table");
  expect_said("data e[H] { a b\n x 1 2\nsolve ex = equilibrium;\n", 1, "never closed");
  expect_said("data e[H] { let b\n x 1 2\n}\n", 1, "`let` is a reserved word and cannot be a label");
  expect_said("}\nparam x = ;\n", 2, "this `}` closes nothing");
  expect_said("param data = 3;", 1, "`data` is a reserved word");
}

static void test_characters(void) {
  expect_said("param x = 1.;", 1, "a digit must follow the dot");
  expect_said("param x = 1e;", 1, "its exponent has no digits");
  expect_said("param x = 1e999;", 1, "`1e999` is not a finite number");
  expect_said("param x = 3 \xE2\x88\x92 4;", 1, "write `-`");
  expect_said("economy e \xE2\x80\x9Ct\xE2\x80\x9D;", 1, "typographic quotation marks");
  expect_said("economy e \"t;\nparam x = 1;", 1, "the string is not closed");
  expect_said("expect a == 2;", 1, "equality is written `=`");
  expect_said("param x = \xFF;", 1, "t.econ:1:11: error: the byte 0xFF is not UTF-8");
  expect_said("data e[H] { a\n x 1/0\n}", 1, "`1/0` is not a finite number");
  expect_said("data e[H] { a\n x nan\n}", 0, NULL);
  Case k = open_bytes("param\0x;", 8);
  CU_ASSERT(diag_errors(k.c->diags) == 1 && says(&k, "1:6: error: a NUL byte"));
  close_case(&k);
}

/* ---- limits ---- */
static void expect_nested(const char *head, const char *piece, unsigned n) {
  Text t = {0};
  text_put(&t, head);
  for (unsigned i = 0; i < n; i++) text_put(&t, piece);
  text_put(&t, "1;");
  Case k = open_bytes(t.at, t.n);
  CU_ASSERT(k.tree && k.tree->depth <= AST_DEPTH);
  CU_ASSERT(says(&k, "[syntax.nesting]"));
  close_case(&k);
  text_free(&t);
}

static void test_limits(void) {
  const char *piece[] = {"(", "-", "2^", "if a = b then 1 else ", "f(", "a[", "if (", "{"};
  for (size_t i = 0; i < sizeof piece / sizeof *piece; i++) expect_nested("param x = ", piece[i], 1000000);
  expect_nested("param x = a", "[1]", 100000);
  expect_nested("param x = a", ".b", 100000);
  expect_nested("tree 0", " -> 1", 100000);
  Text t = {0};
  text_put(&t, "param x = 1");
  for (int i = 0; i < 100000; i++) text_put(&t, i % 2 ? " + 2*3" : " - 2/3");
  text_put(&t, ";");
  Case k = open_bytes(t.at, t.n);
  CU_ASSERT(diag_errors(k.c->diags) == 0 && k.tree->depth < 10 && k.tree->kid[0]->kid[0]->kid[2]->nkid == 100001);
  close_case(&k);
  text_free(&t);
}

static void *limited_get(void *ctx, size_t size) { (void)ctx; return malloc(size); }
static void limited_put(void *ctx, void *chunk, size_t size) { (void)ctx; (void)size; free(chunk); }

/* Every limit on memory ends in a tree, or in NULL with the arena failed; never in a crash. */
static void test_memory(void) {
  const char *text = "economy e \"t\";\ndata e[H] { a\n x 1 (2)\n}\nagent h in H { choose x; maximize x + 2*y; budget: a*b*c*d*e*f = 1; }\nparam x = ;\n";
  Text t = {0};
  for (int i = 0; i < 200; i++) text_put(&t, text);
  for (size_t limit = 16384; limit < 4000000; limit = limit * 5 / 4) {
    Alloc alloc = {limited_get, limited_put, NULL, limit};
    Arena *a = arena_new(&alloc);
    Compilation *c = compilation_new(a);
    const Source *s = c ? source_text(c->sources, "m", t.at, t.n) : NULL;
    if (s) {
      Ast *tree = econ_parse(c, s);
      CU_ASSERT(tree || arena_failed(a));
    }
    arena_free(a);
  }
  text_free(&t);
}

/* ---- layout ---- */
static void collect(Parser *P, Text *out) {
  Token t;
  uint32_t cells = 0;
  while (lex_token(P, &t)) {
    if (P->closed == OPEN_TABLE + 1) {
      for (; cells < P->cell.n; cells++)
        if (P->cell.at[cells].kind != CELL_NEWLINE && P->cell.at[cells].kind != CELL_EXPR)
          text_printf(out, "%.*s ", (int)(P->cell.at[cells].end - P->cell.at[cells].begin), P->src->text + P->cell.at[cells].begin);
    }
    text_printf(out, "%d:%.*s ", t.kind, (int)(t.at.end - t.at.begin), P->src->text + t.at.begin);
  }
}

static void expect_same_tokens(const char *text, size_t n) {
  Arena *a = arena_new(NULL);
  Compilation *c = compilation_new(a);
  Text once = {0}, twice = {0}, before = {0}, after = {0};
  const Source *s = source_text(c->sources, "soup", text, n);
  CU_ASSERT_EQUAL_FATAL(fmt_text(c, s, &once), 0);
  const Source *f = source_text(c->sources, "formatted", once.at ? once.at : "", once.n);
  CU_ASSERT_EQUAL_FATAL(fmt_text(c, f, &twice), 0);
  Parser *P = lex_open(c, s), *Q = lex_open(c, f);
  P->quiet = Q->quiet = 1;
  collect(P, &before);
  collect(Q, &after);
  lex_close(P);
  lex_close(Q);
  int tokens = before.n == after.n && (!before.n || !memcmp(before.at, after.at, before.n));
  int fixed = once.n == twice.n && (!once.n || !memcmp(once.at, twice.at, once.n));
  if (!tokens || !fixed) printf("\n---- %s\n%.*s\n---- once\n%s\n---- twice\n%s\n", tokens ? "not a fixed point" : "other tokens", (int)n, text, once.at, twice.at);
  CU_ASSERT(tokens);
  CU_ASSERT(fixed);
  text_free(&once);
  text_free(&twice);
  text_free(&before);
  text_free(&after);
  arena_free(a);
}

static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  return *state ^= *state << 17;
}

static void test_soups(void) {
  static const char *const piece[] = {"a", "bb", "x1", "1", "2.5", ".5", "1e3", "(", ")", "[", "]", "{", "}", ",", ";", ";", ":", "=", "+", "-", "*", "/",
      "^", "@", ".", "..", "...", "->", ">=", "<=", "!=", "<", ">", "|", "%", "agent", "market", "budget", "data e[H] { a \n b 1 (2+x) }", "choose", "sweep", "price", "mass", "if",
      "then", "in", "best", "by", "\"s \xC3\xA9\"", "param", "solve", "extend", "institution"};
  static const char *const space[] = {" ", " ", "  ", "\n", "\n  ", " # c\n", "\t", "\n\n\n", "     ", "\r\n"};
  uint64_t state = 88172645463325252u;
  for (int run = 0; run < 3000; run++) {
    Text t = {0};
    unsigned n = 1 + (unsigned)(next_random(&state) % 60);
    for (unsigned i = 0; i < n; i++) {
      text_put(&t, piece[next_random(&state) % (sizeof piece / sizeof *piece)]);
      text_put(&t, space[next_random(&state) % (sizeof space / sizeof *space)]);
    }
    expect_same_tokens(t.at, t.n);
    text_free(&t);
  }
}

static void test_layout(void) {
  Case k = open_text("");
  Text t = {0};
  const char *text = "param a=1 ,\n      bb=2;   # one\nset x={a,b};# two\n\n\n\nagent h in H{\nchoose x>=-1 , y [ s ] @ now;\nbudget @0 :a  =b^- 2*( c+1 ) ;\n}\n"
                     "data e[H] { p q\n aa 1 (2+ 3)\n b 100 .\n}\n";
  CU_ASSERT_EQUAL(econ_format(k.c, source_text(k.c->sources, "l", text, strlen(text)), &t), 0);
  CU_ASSERT_STRING_EQUAL(t.at, "param a = 1,\n      bb = 2;    # one\nset x = {a, b};  # two\n\nagent h in H {\n  choose x >= -1, y[s]@now;\n"
                               "  budget @0: a = b^-2*(c + 1);\n}\ndata e[H] {\n        p        q\n  aa    1  (2 + 3)\n  b   100        .\n}\n");
  text_free(&t);
  CU_ASSERT_EQUAL(econ_format(k.c, source_text(k.c->sources, "l", "param x = ;", 11), &t), 1);
  text_free(&t);
  close_case(&k);
}

UNIT_MAIN("lang", {"names and nearest names", test_names}, {"positions", test_positions}, {"printed messages", test_printing}, {"origin chains", test_origins},
          {"cap on messages", test_cap}, {"tree shapes", test_trees}, {"single expressions", test_expression}, {"recovery", test_recovery},
          {"characters and numbers", test_characters}, {"nesting and long chains", test_limits}, {"memory limits", test_memory}, {"layout", test_layout},
          {"layout of token soups", test_soups})
