/* What people read: differences of texts, numbers as text, first models, what is shown of a long index and its sums, sizes that cannot be held. */
#include "../../compiler/econ.h"
#include "../../compiler/shown.h"
#include "../../compiler/size.h"
#include "../../compiler/starter.h"
#include "../../compiler/textdiff.h"
#include "../../runtime/draws.h"
#include "economy_case.h"
#include "unit.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* ---- differences ---- */
static int differs(const char *a, const char *b, size_t n, const char *want) {
  Text t = {0};
  size_t got = text_differences(a, b, &t);
  int right = got == n && !strcmp(t.at ? t.at : "", want);
  if (!right) printf("\n%zu differences:\n%s", got, t.at ? t.at : "");
  text_free(&t);
  return right;
}
static void differences_stand_under_headings(void) {
  CU_ASSERT(differs("", "", 0, ""));
  CU_ASSERT(differs("one\n", "one\n", 0, ""));
  CU_ASSERT(differs("agent h\n  a = 1\n  b = 2\n", "agent h\n  a = 1\n  b = 3\n", 2, "  agent h\n-   b = 2\n+   b = 3\n"));
  CU_ASSERT(differs("agent h\n  a\nmarket m\n  b\n", "agent h\n  a\n  c\nmarket m\n", 2, "  agent h\n+   c\n  market m\n-   b\n"));
  CU_ASSERT(differs("", "new\n  x", 2, "+ new\n+   x\n"));            /* a heading that is new itself is not said twice; a last line without an end */
}
/* The lines that stay, with those of one side, are that side; as many differences as the longest common subsequence leaves. */
static void differences_are_complete_and_few(void) {
  enum { MOST = 12 };
  uint64_t seed = 7;
  for (int trial = 0; trial < 400; trial++) {
    char text[2][8 * MOST] = {"", ""};
    int line[2][MOST], n[2], lcs[MOST + 1][MOST + 1] = {{0}};
    for (int s = 0; s < 2; s++) {
      n[s] = (int)(MOST * draws_unit(&seed));
      for (int i = 0; i < n[s]; i++) {
        line[s][i] = (int)(4 * draws_unit(&seed));
        sprintf(text[s] + strlen(text[s]), "  %c\n", 'a' + line[s][i]);
      }
    }
    for (int i = 0; i < n[0]; i++)
      for (int j = 0; j < n[1]; j++) {
        int skip = lcs[i][j + 1] > lcs[i + 1][j] ? lcs[i][j + 1] : lcs[i + 1][j];
        lcs[i + 1][j + 1] = line[0][i] == line[1][j] ? lcs[i][j] + 1 : skip;
      }
    Text t = {0};
    size_t got = text_differences(text[0], text[1], &t);
    CU_ASSERT_EQUAL(got, (size_t)(n[0] + n[1] - 2 * lcs[n[0]][n[1]]));
    /* Every line said is one of its side, in order. */
    int at[2] = {0, 0};
    for (const char *s = t.at ? t.at : ""; *s; s = strchr(s, '\n') + 1) {
      int side = *s == '+';
      while (at[side] < n[side] && line[side][at[side]] != s[4] - 'a') at[side]++;
      CU_ASSERT(at[side] < n[side]);
      at[side]++;
    }
    text_free(&t);
  }
}
static void long_texts_are_compared_too(void) {
  enum { LINES = 7000 };                                /* more than the table of the longest common subsequence may hold */
  Text a = {0}, b = {0}, out = {0};
  for (int i = 0; i < LINES; i++) {
    text_printf(&a, "  a%d\n", i);
    text_printf(&b, "  b%d\n", i);
  }
  CU_ASSERT_EQUAL(text_differences(a.at, b.at, &out), 2 * LINES);
  text_free(&a);
  text_free(&b);
  text_free(&out);
}

/* ---- numbers ---- */
static void numbers_read_back(void) {
  uint64_t seed = 1;
  for (int i = 0; i < 20000; i++) {
    uint64_t bits = draws_bits(&seed);
    double x;
    memcpy(&x, &bits, sizeof x);
    if (!isfinite(x)) continue;
    Text t = {0}, d = {0};
    text_number(&t, x);
    double back = strtod(t.at, NULL);
    CU_ASSERT(!memcmp(&back, &x, sizeof x));
    char shorter[64];                                   /* one digit less does not do */
    size_t digits = 0;
    for (const char *s = t.at; *s && *s != 'e'; s++) digits += *s >= '0' && *s <= '9';
    if (digits > 1) {
      snprintf(shorter, sizeof shorter, "%.*e", (int)digits - 2, x);
      CU_ASSERT(fabs(x) >= 1e15 || fabs(x) < 1 || strtod(shorter, NULL) != x);
    }
    text_digits(&d, x, 6);
    CU_ASSERT(fabs(strtod(d.at, NULL) - x) <= 5.001e-6 * fabs(x));
    text_free(&t);
    text_free(&d);
  }
  static const struct { double x; const char *text; } known[] = {{0.1, "0.1"}, {1e-9, "1e-09"}, {0, "0"}, {-0.5, "-0.5"}, {1e22, "1e+22"}, {INFINITY, "inf"}, {3, "3"}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    Text t = {0};
    text_number(&t, known[i].x);
    CU_ASSERT_STRING_EQUAL(t.at, known[i].text);
    text_free(&t);
  }
}
static void different_numbers_look_different(void) {
  static const double pair[][2] = {{1, 1 + 0x1p-52}, {0.1, 0.1 + 1e-13}, {1, 2}, {1e300, 1e300 * (1 + 1e-15)}, {0, 5e-324}};
  for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
    Text a = {0}, b = {0};
    text_apart(&a, pair[i][0], &b, pair[i][1]);
    CU_ASSERT(strcmp(a.at, b.at) != 0);
    text_free(&a);
    text_free(&b);
  }
}

/* ---- first models ---- */
static void first_models_hold(void) {
  static const char *const names[] = {"", "9lives", "a-b", "a b", "ein\xc3\xa4", "a;"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) CU_ASSERT(!starter_is_name(names[i]));
  CU_ASSERT(starter_is_name("levy") && starter_is_name("_x9"));
  Text t = {0};
  starter_model("village", &t);
  Econ *m = econ_open(NULL);
  CU_ASSERT_FATAL(m && t.at);
  CU_ASSERT_EQUAL(econ_load_text(m, "village.econ", t.at, t.n), ECON_OK);
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  CU_ASSERT_EQUAL(econ_expect(m), ECON_OK);
  econ_close(m);
  /* The institution beside its test, in one file. */
  Text both = {0}, test = {0};
  starter_institution_test("levy", &test);
  char *use = test.at ? strstr(test.at, "use levy;\n") : NULL;
  CU_ASSERT_PTR_NOT_NULL_FATAL(use);
  text_add(&both, test.at, (size_t)(use - test.at));
  starter_institution("levy", &both);
  text_put(&both, use + strlen("use levy;\n"));
  m = econ_open(NULL);
  CU_ASSERT_EQUAL(econ_load_text(m, "levy_test.econ", both.at, both.n), ECON_OK);
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  CU_ASSERT_EQUAL(econ_expect(m), ECON_OK);
  econ_close(m);
  text_free(&t);
  text_free(&test);
  text_free(&both);
}

/* ---- long indices ---- */
static const char crowd[] =
    "economy crowd;\n"
    "set H = 1..1000, G = 1..100, S = {u, v};\n"
    "param n = 1000;\n"
    "agent h in H mass h/1000 { choose c[S] >= 0; maximize sum(s in S, log(c[s])); budget: sum(s in S, p[s]*c[s]) = p[u]*h + p[v]; }\n"
    "market s in S price p;\n"
    "solve ex = equilibrium;\n"
    "report c;\n";
static SymId set_of(const Case *c, const char *name) {
  for (SymId s = 0; s < c->e->syms.n; s++)
    if (economy_set(c->e, s) && !strcmp(str_text(c->cc->strs, economy_at(c->e, s)->name), name)) return s;
  return 0;
}
static void long_indices_are_cut(void) {
  Case c = open_case(crowd, 0, "weave");
  if (!c.e) show_messages(&c);
  CU_ASSERT_PTR_NOT_NULL_FATAL(c.e);
  SymId H = set_of(&c, "H"), G = set_of(&c, "G"), S = set_of(&c, "S");
  static const Showing plain = {0, 0}, full = {7, 1};
  CU_ASSERT(shown_cuts(&plain, c.e, H) && shown_cuts(&plain, c.e, G) && !shown_cuts(&plain, c.e, S));
  CU_ASSERT(!shown_cuts(&full, c.e, H) && !shown_cuts(NULL, c.e, H));
  CU_ASSERT_EQUAL(shown_count(&plain, c.e, H), 4);
  CU_ASSERT_EQUAL(shown_count(&full, c.e, H), 1000);
  CU_ASSERT_EQUAL(shown_position(&plain, c.e, H, 2), 2);
  CU_ASSERT_EQUAL(shown_position(&plain, c.e, H, 3), 999);
  for (uint32_t k = 1; k <= 1000; k = k < 20 ? k + 1 : k * 3) {
    Showing s = {k, 0};
    uint32_t n = shown_count(&s, c.e, H), last = 0;
    CU_ASSERT_EQUAL(n, k);
    for (uint32_t i = 0; i < n; i++) {
      uint32_t at = shown_position(&s, c.e, H, i);
      CU_ASSERT(at < 1000 && (!i || at > last));
      CU_ASSERT(k < 2 || fabs((double)at - 999.0 * i / (k - 1)) <= 0.5 + 1e-9);       /* evenly spread */
      last = at;
    }
    CU_ASSERT(shown_position(&s, c.e, H, 0) == 0 && (k < 2 || last == 999));
  }
  arena_free(c.mem);
}
static double behind(const char *table, const char *row) {
  const char *at = strstr(table, row);
  if (!at) return NAN;
  at += strlen(row);
  return strtod(at, NULL);
}
/* Sums below a cut table are over all types by mass: total(c) and the average person's. Half of wealth p[u]*h + p[v] goes to each good. */
static void sums_are_by_mass(void) {
  static const char *const text =
      "economy crowd;\n"
      "set H = 1..1000;\n"
      "agent h in H mass h/1000 { choose c >= 0, d >= 0; maximize log(c) + log(d); budget: c + p*d = h + p*h; }\n"
      "market v price p: total(d) = total(h);\n"
      "solve ex = equilibrium;\n"
      "report c;\n";
  Econ *m = econ_open(NULL);
  CU_ASSERT_EQUAL_FATAL(econ_load_text(m, "crowd.econ", text, strlen(text)), ECON_OK);
  CU_ASSERT_EQUAL_FATAL(econ_solve(m), ECON_OK);
  double squares = 1000.0 * 1001 * 2001 / 6 / 1000, mass = 1001.0 / 2;   /* sum of h^2/1000, of h/1000; p = 1 and c = h */
  const char *table = econ_tables(m);
  CU_ASSERT(fabs(behind(table, "total by mass") - squares) < 1e-6 * squares);
  CU_ASSERT(fabs(behind(table, "mean by mass") - squares / mass) < 1e-6 * squares / mass);
  CU_ASSERT(fabs(behind(table, "  min") - 1) < 1e-6);
  CU_ASSERT(fabs(behind(table, "  max") - 1000) < 1e-3);
  econ_close(m);
}

/* ---- sizes ---- */
static void sizes_are_known_before_they_are_made(void) {
  Case c = open_case("economy big; set H = 1..100000, J = 1..100000; param t = 1; agent h in H { choose c[J] >= 0; maximize sum(j in J, log(c[j])); budget: sum(j in J, p[j]*c[j]) = 1; }\n"
                     "market j in J price p; solve ex = equilibrium;\n", 0, "weave");
  CU_ASSERT_FATAL(c.model != NULL);
  unsigned before = diag_errors(c.cc->diags);
  CU_ASSERT(size_check(c.cc, c.model->economy, 1 << 20) > 0);
  CU_ASSERT(diag_errors(c.cc->diags) > before);
  arena_free(c.mem);
  Case d = open_case(crowd, 0, "weave");
  CU_ASSERT_PTR_NOT_NULL_FATAL(d.e);
  CU_ASSERT_EQUAL(size_check(d.cc, d.model->economy, 1 << 26), 0);
  arena_free(d.mem);
}

UNIT_MAIN("words", {"differences stand under headings", differences_stand_under_headings}, {"differences are complete and few", differences_are_complete_and_few},
          {"long texts are compared too", long_texts_are_compared_too}, {"numbers read back", numbers_read_back}, {"different numbers look different", different_numbers_look_different},
          {"first models hold", first_models_hold}, {"long indices are cut", long_indices_are_cut}, {"sums are by mass", sums_are_by_mass},
          {"sizes are known before they are made", sizes_are_known_before_they_are_made})
