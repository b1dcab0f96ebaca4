/* The public library, from text to certificate. The economy's equilibrium is known in closed form: p = 1.25. */
#include "../../compiler/econ.h"
#include "box.h"
#include "unit.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char head[] =
    BOX_SETS
    "param alpha[H] = {0.3, 0.6};\n"
    BOX_AGENTS
    "solve ex = equilibrium;\n"
    "solve poor = equilibrium where {e[a,x] = 0.5};\n"
    "report c, p for ex, poor;\n";

static Econ *opened(const char *tail) {
  char text[4096];
  snprintf(text, sizeof text, "%s%s", head, tail);
  Econ *m = econ_open(NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(m);
  CU_ASSERT_EQUAL_FATAL(econ_load_text(m, "box.econ", text, strlen(text)), ECON_OK);
  return m;
}

static double number(Econ *m, const char *query) {
  double v = NAN;
  CU_ASSERT_EQUAL(econ_number(m, query, &v), ECON_OK);
  return v;
}

static void test_solve(void) {
  Econ *m = opened("");
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  CU_ASSERT_DOUBLE_EQUAL(number(m, "ex.p"), 1.25, 1e-10);
  CU_ASSERT_DOUBLE_EQUAL(number(m, "ex.c[a,x]"), 0.3 * 3.5, 1e-10);
  CU_ASSERT_DOUBLE_EQUAL(number(m, "ex.welfare[a]"), 0.3 * log(0.3 * 3.5) + 0.7 * log(0.7 * 3.5 / 1.25), 1e-10);
  CU_ASSERT_DOUBLE_EQUAL(number(m, "ex.total(c[x])"), 3, 1e-10);
  CU_ASSERT_DOUBLE_EQUAL(number(m, "ex.excess"), 0, 1e-10);
  CU_ASSERT_DOUBLE_EQUAL(number(m, "ex.p - poor.p"), 1.25 - (0.7 * 0.5 + 0.4 * 2) / 1.2, 1e-10);
  CU_ASSERT_DOUBLE_EQUAL(number(m, "poor.total(e[x])"), 2.5, 1e-12);
  econ_close(m);
}

static void test_get(void) {
  Econ *m = opened("");
  const char *numbers;
  double v;
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  CU_ASSERT_EQUAL(econ_get(m, "ex.c", &numbers), ECON_OK);
  char *at = NULL;
  const double want[] = {0.3 * 3.5, 0.7 * 3.5 / 1.25, 0.6 * 3.25, 0.4 * 3.25 / 1.25};
  const char *s = numbers;
  for (int i = 0; i < 4; i++, s = at) CU_ASSERT_DOUBLE_EQUAL(strtod(s, &at), want[i], 1e-10);
  CU_ASSERT_STRING_EQUAL(s, "\n");
  CU_ASSERT_EQUAL(econ_number(m, "ex.c", &v), ECON_USAGE);
  CU_ASSERT_EQUAL(econ_get(m, "ex.nothing", &numbers), ECON_WRONG);
  econ_close(m);
  m = opened("");
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  CU_ASSERT_EQUAL(econ_get(m, "p", &numbers), ECON_WRONG);      /* of which solution? */
  econ_close(m);
  m = opened("");
  CU_ASSERT_EQUAL(econ_get(m, "ex.p +", &numbers), ECON_WRONG);
  econ_close(m);
}

static void test_set(void) {
  Econ *m = opened("");
  CU_ASSERT_EQUAL(econ_set(m, "e[a,x]=0.5"), ECON_OK);
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  CU_ASSERT_DOUBLE_EQUAL(number(m, "ex.p"), (0.7 * 0.5 + 0.4 * 2) / 1.2, 1e-10);
  CU_ASSERT_EQUAL(econ_set(m, "e[a,x]=1"), ECON_OK);
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  CU_ASSERT_DOUBLE_EQUAL(number(m, "ex.p"), 1.25, 1e-10);
  CU_ASSERT_EQUAL(econ_set(m, "nothing=1"), ECON_WRONG);
  econ_close(m);
}

static void test_json(void) {
  Econ *m = opened("");
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  json_error_t error;
  json_t *root = json_loads(econ_json(m), JSON_REJECT_DUPLICATES, &error);
  CU_ASSERT_PTR_NOT_NULL_FATAL(root);
  CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(root, "economy")), "box");
  json_t *ex = json_object_get(json_object_get(root, "solutions"), "ex"), *values = json_object_get(ex, "values");
  CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(ex, "status")), "solved");
  CU_ASSERT_EQUAL(json_real_value(json_object_get(values, "p")), number(m, "ex.p"));
  CU_ASSERT_EQUAL(json_real_value(json_object_get(json_object_get(values, "c"), "b,y")), number(m, "ex.c[b,y]"));
  CU_ASSERT_EQUAL(json_real_value(json_object_get(json_object_get(values, "welfare"), "a")), number(m, "ex.welfare[a]"));
  json_t *claim = json_object_get(json_object_get(ex, "certificate"), "conditions");
  CU_ASSERT_PTR_NOT_NULL(json_string_value(json_object_get(claim, "status")));
  json_decref(root);
  CU_ASSERT_EQUAL(strncmp(econ_csv(m), "solution,name,index,node,value\r\n", 32), 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(econ_csv(m), "ex,c,\"a,x\",,"));
  CU_ASSERT_PTR_NOT_NULL(strstr(econ_tables(m), "1.25"));
  econ_close(m);
}

static void test_expect(void) {
  unsigned held, failed;
  Econ *m = opened("expect ex: p = 1.25, c[a,x] = 1.05 within 1e-9;\nexpect poor.p < ex.p;\nexpect ex: p = 1.26 within 1%;\n");
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  CU_ASSERT_EQUAL(econ_expect(m), ECON_OK);
  CU_ASSERT_EQUAL(econ_expected(m, &held, &failed), 4);
  CU_ASSERT_EQUAL(held, 4);
  CU_ASSERT_EQUAL(failed, 0);
  econ_close(m);
  m = opened("expect ex: p = 1.26 within 1e-3;\nexpect ex.p > 1.2;\n");
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  CU_ASSERT_EQUAL(econ_expect(m), ECON_UNEXPECTED);
  econ_expected(m, &held, &failed);
  CU_ASSERT_EQUAL(held, 1);
  CU_ASSERT_EQUAL(failed, 1);
  CU_ASSERT_PTR_NOT_NULL(strstr(econ_expectations(m), "1.26"));
  CU_ASSERT_STRING_EQUAL(econ_diagnostics(m), "");
  econ_close(m);
}

static void test_planted(void) {
  Econ *m = opened("");
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  size_t n = econ_unknowns(m, "ex");
  double *x = calloc(n, sizeof *x);
  CU_ASSERT_PTR_NOT_NULL_FATAL(x);
  int accepted = 0, planted = 0;
  const char *report;
  CU_ASSERT_EQUAL(econ_get_vector(m, "ex", x), ECON_OK);
  CU_ASSERT_EQUAL(econ_certify(m, "ex", x, &accepted, &report), ECON_OK);
  CU_ASSERT_TRUE(accepted);
  for (size_t i = 0; i < n; i++) {
    EconUnknown u;
    CU_ASSERT_EQUAL_FATAL(econ_unknown(m, "ex", i, &u), ECON_OK);
    if (u.role != ECON_PRICE) continue;
    x[i] += 1e-4;
    CU_ASSERT_EQUAL(econ_certify(m, "ex", x, &accepted, &report), ECON_OK);
    CU_ASSERT_FALSE(accepted);
    x[i] -= 1e-4;
    planted++;
  }
  CU_ASSERT_TRUE(planted > 0);
  free(x);
  econ_close(m);
}

static void test_wrong(void) {
  static const char *const bad[] = {"economy", "solve ex = equilibrium without nothing;", "param a = b;", "", "\xff\xfe", "economy e;\nexpect ex: p = 1;"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    Econ *m = econ_open(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    EconExit s = econ_load_text(m, "bad.econ", bad[i], strlen(bad[i]));
    if (s == ECON_OK) s = econ_solve(m);
    if (s == ECON_OK) econ_expect(m);
    CU_ASSERT_NOT_EQUAL(s, ECON_UNEXPECTED);
    if (s == ECON_WRONG) CU_ASSERT_STRING_NOT_EQUAL(econ_diagnostics(m), "");
    econ_tables(m);
    econ_json(m);
    econ_close(m);
  }
  Econ *m = econ_open(NULL);
  CU_ASSERT_EQUAL(econ_load_file(m, "/nonexistent/file.econ"), ECON_WRONG);
  CU_ASSERT_EQUAL(econ_unknowns(m, "ex"), 0);
  econ_close(m);
}

static void test_starter(void) {
  Econ *m = econ_open(NULL);
  const char *text;
  CU_ASSERT_EQUAL_FATAL(econ_new_model(m, "first", &text), ECON_OK);
  char *copy = strdup(text);
  CU_ASSERT_EQUAL(econ_load_text(m, "first.econ", copy, strlen(copy)), ECON_OK);
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  CU_ASSERT_EQUAL(econ_expect(m), ECON_OK);
  CU_ASSERT_EQUAL(econ_new_model(m, "2nd", &text), ECON_USAGE);
  CU_ASSERT_EQUAL(econ_new_model(m, "market", &text), ECON_USAGE);
  free(copy);
  econ_close(m);
}

UNIT_MAIN("econ", {"solves, and evaluates queries", test_solve}, {"numbers asked for", test_get}, {"parameters changed", test_set}, {"JSON and CSV read back", test_json},
          {"expectations", test_expect}, {"planted answers are rejected", test_planted}, {"wrong texts", test_wrong}, {"the first model", test_starter})
