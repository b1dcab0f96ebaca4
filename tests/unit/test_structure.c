/* Matching and its Dulmage-Mendelsohn parts, null spaces, and what the checks of structure and units say of small economies. */
#include "../../compiler/econ.h"
#include "../../runtime/matching.h"
#include "../../runtime/rank.h"
#include "unit.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Rows {0}, {0}, {0,1,2}: two rows for column 0; columns 1 and 2 with one row. */
static void test_parts(void) {
  static const uint32_t start[] = {0, 3, 4, 5}, row[] = {0, 1, 2, 2, 2};
  Arena *mem = arena_new(NULL);
  Pattern p = {3, 3, start, row};
  Matching *m = matching_new(&p, mem);
  CU_ASSERT_EQUAL(matching_find(&p, m, mem), 0);
  CU_ASSERT_EQUAL(m->size, 2);
  CU_ASSERT(m->over[0] && m->over[1] && !m->over[2]);
  CU_ASSERT(m->over_col[0] && !m->over_col[1] && !m->over_col[2]);
  CU_ASSERT(m->under[2] && !m->under[0] && !m->under[1]);
  CU_ASSERT(m->under_col[1] && m->under_col[2] && !m->under_col[0]);
  arena_free(mem);
}

/* A chain in which the greedy matching must be turned round from end to end: column j has rows j and j+1, the last only row 0. */
static void test_long_path(void) {
  enum { N = 20000 };
  Arena *mem = arena_new(NULL);
  uint32_t *start = ARENA_ARRAY(mem, uint32_t, N + 1), *row = ARENA_ARRAY(mem, uint32_t, 2 * N);
  for (uint32_t j = 0; j + 1 < N; j++) {
    row[2 * j] = j;
    row[2 * j + 1] = j + 1;
    start[j + 1] = 2 * j + 2;
  }
  row[2 * N - 2] = 0;
  start[N] = 2 * N - 1;
  Pattern p = {N, N, start, row};
  Matching *m = matching_new(&p, mem);
  CU_ASSERT_EQUAL(matching_find(&p, m, mem), 0);
  CU_ASSERT_EQUAL(m->size, N);
  for (uint32_t j = 0; j < N; j++)
    if (m->col_of[m->row_of[j]] != j) CU_FAIL("a row is matched twice");
  arena_free(mem);
}

static void test_null_space(void) {
  static const double a[] = {1, 2, 3, 2, 4, 6, 0, 1, 1};
  Arena *mem = arena_new(NULL);
  NullSpace z;
  uint8_t mark[3];
  CU_ASSERT_EQUAL(null_space(a, 3, 3, &z, mem), 0);
  CU_ASSERT_EQUAL(z.rank, 2);
  CU_ASSERT_EQUAL(z.dim, 1);
  for (int i = 0; i < 3; i++) CU_ASSERT(fabs(a[3 * i] * z.basis[0] + a[3 * i + 1] * z.basis[1] + a[3 * i + 2] * z.basis[2]) < 1e-12);
  null_support(&z, 3, mark);
  CU_ASSERT(mark[0] && mark[1] && mark[2]);
  arena_free(mem);
}

/* ---- whole economies ---- */
static int says(const char *goods, const char *more, const char *code, EconExit wanted) {
  char text[4096];
  Econ *m = econ_open(NULL);
  snprintf(text, sizeof text,
           "economy box;\nset H = {ann, bob};\ngood %s;\ndata e[H, good] { bread wine\n ann 3 1\n bob 1 3 }\n"
           "agent h in H { choose c[good] >= 0; maximize sum(g in good, log(c[g])); budget: sum(g in good, p[g]*c[g]) = sum(g in good, p[g]*e[g]); }\n"
           "market g in good price p;\n%s\nsolve ex = equilibrium;\n", goods, more);
  EconExit got = econ_load_text(m, "box.econ", text, strlen(text));
  if (got == ECON_OK) got = econ_check(m);
  int found = !code || strstr(econ_diagnostics(m), code) != NULL;
  if (got != wanted || !found) printf("%s", econ_diagnostics(m));
  econ_close(m);
  return got == wanted && found;
}

static void test_units(void) {
  CU_ASSERT(says("bread, wine", "", NULL, ECON_OK));
  CU_ASSERT(says("bread numeraire, wine", "", NULL, ECON_OK));
  CU_ASSERT(says("bread, wine", "numeraire p[wine] = 3;", NULL, ECON_OK));
  CU_ASSERT(says("bread, wine", "numeraire p[wine] = 3; numeraire p[bread] = 1;", "numeraire.double", ECON_WRONG));
  CU_ASSERT(says("bread numeraire, wine", "numeraire p[wine] = 3;", "numeraire.double", ECON_WRONG));
}

static void test_structure(void) {
  CU_ASSERT(says("bread numeraire, wine", "variable x; equation a: x = p[wine];", NULL, ECON_OK));
  CU_ASSERT(says("bread numeraire, wine", "variable x, y; equation a: x = p[wine]; equation b: x^2 = 2;", "structure.over", ECON_WRONG));
  CU_ASSERT(says("bread numeraire, wine", "variable x, y; equation a: x = p[wine]; equation b: x^2 = 2;", "y stands in no condition", ECON_WRONG));
  CU_ASSERT(says("bread numeraire, wine", "variable x, y; equation a: x*y = 2; equation b: log(x) + log(y) = log(2);", "structure.redundant", ECON_WRONG));
}

UNIT_MAIN("structure", {"parts of a pattern", test_parts}, {"a long alternating path", test_long_path}, {"null space", test_null_space}, {"levels of prices", test_units},
          {"equations and unknowns", test_structure})
