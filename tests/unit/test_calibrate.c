/* Calibration: parameters in closed form from targets, groups that use each other, what is not reached, what is wrong. */
#include "../../compiler/econ.h"
#include "unit.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A worker with log(c) + b log(1 - n) and the technology y = A l^alpha; it owns the mill, so that b = alpha (1 - n)/n in equilibrium. */
static const char worker[] =
    "economy work \"Calibrating a worker\";\n"
    "good corn numeraire, labour;\n"
    "param alpha = 0.6, b, A%s;\n"
    "agent worker {\n"
    "  choose c >= 0, n in [0, 1];\n"
    "  maximize log(c) + b*log(1 - n);\n"
    "  budget: c = w*n + profit[mill];\n"
    "}\n"
    "firm mill {\n"
    "  choose y >= 0, l >= 0;\n"
    "  maximize y - w*l;\n"
    "  technology: y <= A*l^alpha;\n"
    "}\n"
    "market labour price w;\n";

static Econ *opened_with(const char *productivity, const char *tail, EconExit as) {
  char head[2048], text[4096];
  EconOptions o = {0};
  snprintf(head, sizeof head, worker, productivity);
  snprintf(text, sizeof text, "%s%s", head, tail);
  Econ *e = econ_open(&o);
  CU_ASSERT_PTR_NOT_NULL_FATAL(e);
  CU_ASSERT_EQUAL(econ_load_text(e, "work.econ", text, strlen(text)), as);
  return e;
}

static Econ *opened(const char *tail, EconExit as) { return opened_with(" = 2", tail, as); }

static double number(Econ *e, const char *query) {
  double x = NAN;
  CU_ASSERT_EQUAL(econ_number(e, query, &x), ECON_OK);
  return x;
}

static void test_closed_form(void) {
  Econ *e = opened("calibrate b so that ex.n = 0.3; solve ex = equilibrium; solve more = equilibrium where {A = 3};\n", ECON_OK);
  CU_ASSERT_EQUAL(econ_solve(e), ECON_OK);
  double b = 0.6*0.7/0.3;
  CU_ASSERT_DOUBLE_EQUAL(number(e, "b"), b, 1e-11);
  CU_ASSERT_DOUBLE_EQUAL(number(e, "ex.n"), 0.3, 1e-11);
  CU_ASSERT_DOUBLE_EQUAL(number(e, "ex.w"), 0.6*2*pow(0.3, -0.4), 1e-10);
  CU_ASSERT_DOUBLE_EQUAL(number(e, "more.n"), 0.3, 1e-11);         /* log utility: A moves no hours; b is the same number there */
  CU_ASSERT_DOUBLE_EQUAL(number(e, "more.c"), 3*pow(0.3, 0.6), 1e-10);
  econ_close(e);
}

/* Two parameters at once, and a start far off. */
static void test_together(void) {
  Econ *e = opened_with("", "calibrate b, A so that ex.n = 0.25, ex.c = 4; start b = 5, A = 30; solve ex = equilibrium;\n", ECON_OK);
  CU_ASSERT_EQUAL(econ_set(e, "alpha=0.5"), ECON_OK);
  CU_ASSERT_EQUAL(econ_solve(e), ECON_OK);
  CU_ASSERT_DOUBLE_EQUAL(number(e, "b"), 0.5*0.75/0.25, 1e-10);
  CU_ASSERT_DOUBLE_EQUAL(number(e, "A"), 8, 1e-9);
  econ_close(e);
}

/* The second group's targets hold at what the first found. */
static void test_groups(void) {
  Econ *e = opened_with(" = 2*k", "param k; calibrate b so that ex.n = 0.3; calibrate k so that up.c = 5; solve ex = equilibrium; solve up = equilibrium where {alpha = 0.5};\n", ECON_OK);
  EconExit s = econ_solve(e);
  CU_ASSERT_EQUAL(s, ECON_OK);
  if (s == ECON_OK) CU_ASSERT_DOUBLE_EQUAL(number(e, "k"), 5/(2*sqrt(0.5/(0.5 + 0.6*0.7/0.3))), 1e-9);      /* n = alpha/(alpha + b) */
  econ_close(e);
}

static void test_another_value_moves_it(void) {
  Econ *e = opened("calibrate b so that ex.n = 0.3; solve ex = equilibrium;\n", ECON_OK);
  CU_ASSERT_EQUAL(econ_solve(e), ECON_OK);
  CU_ASSERT_EQUAL(econ_set(e, "alpha=0.4"), ECON_OK);     /* calibrated anew */
  CU_ASSERT_EQUAL(econ_solve(e), ECON_OK);
  CU_ASSERT_DOUBLE_EQUAL(number(e, "b"), 0.4*0.7/0.3, 1e-11);
  CU_ASSERT_NOT_EQUAL(econ_set(e, "b=1"), ECON_OK);
  CU_ASSERT_PTR_NOT_NULL(strstr(econ_diagnostics(e), "override.calibrated"));
  econ_close(e);
}

/* Nobody works more than all the time: no number is found, the question says so, and others wait for it. */
static void test_out_of_reach(void) {
  Econ *e = opened("calibrate b so that ex.n = 1.3; solve ex = equilibrium; solve more = equilibrium where {A = 3};\n", ECON_OK);
  double x;
  CU_ASSERT_EQUAL(econ_solve(e), ECON_UNSOLVED);
  CU_ASSERT_NOT_EQUAL(econ_number(e, "b", &x), ECON_OK);
  CU_ASSERT_PTR_NOT_NULL(strstr(econ_failures(e), "more: not attempted"));
  econ_close(e);
}

static void expect_wrong(const char *tail, const char *code) {
  Econ *e = opened(tail, ECON_WRONG);
  CU_ASSERT_PTR_NOT_NULL(strstr(econ_diagnostics(e), code));
  econ_close(e);
}

static void test_wrong(void) {
  expect_wrong("calibrate b so that ex.n = 0.3, ex.c = 2; solve ex = equilibrium;\n", "calibrate.");
  expect_wrong("calibrate A so that ex.n = 0.3; solve ex = equilibrium;\n", "calibrate.");
}

UNIT_MAIN("calibrate", {"closed form", test_closed_form}, {"two at once", test_together}, {"group after group", test_groups},
          {"another value moves what is found", test_another_value_moves_it}, {"out of reach", test_out_of_reach}, {"what is wrong", test_wrong})
