/* Sweeps: chunks, points against questions asked one by one, shapes, solutions as bytes, journals, ticks. */
#include "../../compiler/econ.h"
#include "../../compiler/plot.h"
#include "../../compiler/sweep.h"
#include "box.h"
#include "unit.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char head[] =
    BOX_SETS
    "param alpha[H] = {0.3, 0.6}, step = 0.1, tie = 1, own[good] = 1, double_step = 2*step;\n"
    BOX_AGENTS;

static Econ *opened(const char *tail, EconOptions *o) {
  char text[4096];
  snprintf(text, sizeof text, "%s%s", head, tail);
  Econ *m = econ_open(o);
  CU_ASSERT_PTR_NOT_NULL_FATAL(m);
  CU_ASSERT_EQUAL(econ_load_text(m, "box.econ", text, strlen(text)), ECON_OK);
  return m;
}

/* Alpha of a type moved: the price in closed form. */
static double price(double a, double b) { return ((1 - a) * 1 + (1 - b) * 2) / (a * 2 + b * 1); }

/* ---- chunks ---- */

static void test_chunks(void) {
  static const uint32_t lines[] = {1, 2, 3, 7, 8, 9, 10, 16, 17, 64, 65, 100, 1000};
  for (size_t l = 0; l < sizeof lines / sizeof *lines; l++)
    for (uint32_t rows = 1; rows < 40; rows += 7) {
      uint32_t length[2] = {rows, lines[l]}, at = 0, k = 0;
      Grid g = {.npoint = rows * lines[l], .naxis = 2, .length = length};
      Chunk c;
      for (; sweep_chunk(&g, k, &c); k++) {
        CU_ASSERT_EQUAL(c.from, at);
        CU_ASSERT(c.to > c.from && c.to - c.from <= 8);
        CU_ASSERT_EQUAL(c.from / lines[l], (c.to - 1) / lines[l]);       /* within one line */
        at = c.to;
      }
      CU_ASSERT_EQUAL(at, g.npoint);
    }
  Grid rows = {.npoint = 19, .naxis = 3};
  Chunk c = {0, 0};
  uint32_t last = 0;
  for (uint32_t k = 0; sweep_chunk(&rows, k, &c); k++) last = c.to;
  CU_ASSERT_EQUAL(last, 19);
}

/* ---- points ---- */

static void test_points(void) {
  Econ *m = opened("sweep alpha[a] = step .. 0.9 by double_step, e[b,y] = {1, 2}: solve g = equilibrium;\n", NULL);
  const char *numbers;
  CU_ASSERT_EQUAL(econ_get(m, "alpha[b]", &numbers), ECON_OK);
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  CU_ASSERT_EQUAL(econ_get(m, "g.p", &numbers), ECON_OK);
  double e[2] = {1, 2};
  for (int i = 0; i < 10; i++) {
    char *end;
    double p = strtod(numbers, &end), a = 0.1 + 0.2 * (i / 2);
    CU_ASSERT_DOUBLE_EQUAL(p, ((1 - a) * 1 + 0.4 * 2) / (a * 2 + 0.6 * e[i % 2]), 1e-10);
    numbers = end;
  }
  econ_close(m);
  EconOptions cold = {.cold = 1};
  m = opened("sweep alpha[a] = 0.1 .. 0.9 by 0.1: solve g = equilibrium;\n", &cold);
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  CU_ASSERT_EQUAL(econ_get(m, "g.p", &numbers), ECON_OK);
  for (int i = 1; i < 10; i++) {                        /* the bytes of the same question asked alone */
    char set[32], *end;
    double p = strtod(numbers, &end), q = 0;
    snprintf(set, sizeof set, "alpha[a]=0.%d", i);
    Econ *alone = opened("solve g = equilibrium;\n", NULL);
    CU_ASSERT_EQUAL(econ_set(alone, set), ECON_OK);
    CU_ASSERT_EQUAL(econ_solve(alone), ECON_OK);
    CU_ASSERT_EQUAL(econ_number(alone, "g.p", &q), ECON_OK);
    CU_ASSERT(p >= q && p <= q);
    CU_ASSERT_DOUBLE_EQUAL(p, price(0.1 * i, 0.6), 1e-10);
    econ_close(alone);
    numbers = end;
  }
  econ_close(m);
}

static void test_where_and_derived(void) {
  Econ *m = opened("sweep step = {1, 2, 3}: solve g = equilibrium where {alpha[a] = double_step/10};\nreport g.p;\nexpect g.double_step = 2*step, g.p > 0;\n", NULL);
  const char *numbers;
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  CU_ASSERT_EQUAL(econ_expect(m), ECON_OK);
  CU_ASSERT_EQUAL(econ_get(m, "g.p", &numbers), ECON_OK);
  for (int i = 1; i <= 3; i++) {
    char *end;
    CU_ASSERT_DOUBLE_EQUAL(strtod(numbers, &end), price(0.2 * i, 0.6), 1e-10);
    numbers = end;
  }
  /* -D below the sweep's own values, above everything else. */
  CU_ASSERT_EQUAL(econ_set(m, "step=7"), ECON_OK);
  CU_ASSERT_EQUAL(econ_set(m, "alpha[b]=0.5"), ECON_OK);
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  CU_ASSERT_EQUAL(econ_get(m, "g.p", &numbers), ECON_OK);
  CU_ASSERT_DOUBLE_EQUAL(strtod(numbers, NULL), price(0.2, 0.5), 1e-10);
  econ_close(m);
}

/* Points at which parameters have other signs are posed apart: there min() is not concave, and the model is wrong. */
static void test_shapes(void) {
  static const char tail[] = "agent friend { choose z[good] >= 0; maximize log(z[x]) + tie*min(z[x], z[y]); budget: z[x] + p*z[y] = own[x] + p*own[y]; }\n";
  char text[600];
  const char *numbers;
  snprintf(text, sizeof text, "%ssweep tie = {0, 1, 0.5}: solve g = equilibrium;\n", tail);
  Econ *m = opened(text, NULL);
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  CU_ASSERT_EQUAL(econ_get(m, "g.p", &numbers), ECON_OK);
  for (int i = 0; i < 3; i++) {
    static const char *const set[] = {"tie=0", "tie=1", "tie=0.5"};
    char *end;
    double q = 0, p = strtod(numbers, &end);
    snprintf(text, sizeof text, "%ssolve g = equilibrium;\n", tail);
    Econ *alone = opened(text, NULL);
    CU_ASSERT_EQUAL(econ_set(alone, set[i]), ECON_OK);
    CU_ASSERT_EQUAL(econ_solve(alone), ECON_OK);
    CU_ASSERT_EQUAL(econ_number(alone, "g.p", &q), ECON_OK);
    CU_ASSERT_DOUBLE_EQUAL(p, q, 1e-9);
    econ_close(alone);
    numbers = end;
  }
  econ_close(m);
  snprintf(text, sizeof text, "%ssweep tie = {1, -1}: solve g = equilibrium;\n", tail);
  m = opened(text, NULL);
  CU_ASSERT_EQUAL(econ_check(m), ECON_WRONG);
  CU_ASSERT_PTR_NOT_NULL(strstr(econ_diagnostics(m), "at the point tie = -1 of this sweep"));
  econ_close(m);
}

static int stop_at_third(void *ctx, const char *solution, double residual, const char *what) {
  (void)solution, (void)residual;
  return what && ++*(int *)ctx > 0 && !strncmp(what, "3 of", 4);
}

static void test_interruption(void) {
  int calls = 0;
  EconOptions o = {.tick = stop_at_third, .ctx = &calls};
  Econ *m = opened("sweep alpha[a] = 0.1 .. 0.8 by 0.1: solve g = equilibrium;\nreport g.p;\nplot g.p against alpha[a];\n", &o);
  CU_ASSERT_EQUAL(econ_solve(m), ECON_UNSOLVED);
  CU_ASSERT(calls > 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(econ_tables(m), "g: 3 of 8 points solved"));
  CU_ASSERT_PTR_NOT_NULL(strstr(econ_failures(m), "interrupted before 5 of 8 points were attempted"));
  const char *name, *svg;
  CU_ASSERT_EQUAL(econ_plot_svg(m, 0, &name, &svg), ECON_OK);
  CU_ASSERT_STRING_EQUAL(name, "box_plot1");
  CU_ASSERT_PTR_NOT_NULL(strstr(svg, "</svg>"));
  CU_ASSERT_EQUAL(econ_plot_svg(m, 1, &name, &svg), ECON_USAGE);
  econ_close(m);
}

static void test_json(void) {
  Econ *m = opened("sweep alpha[a] = {0.2, 0.4}, alpha[b] = {0.5, 0.6, 0.7}: solve g = equilibrium;\n", NULL);
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  json_t *all = json_loads(econ_json(m), 0, NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(all);
  const json_t *sweep = json_object_get(json_object_get(json_object_get(all, "solutions"), "g"), "sweep"), *axes = json_object_get(sweep, "axes"), *points = json_object_get(sweep, "points");
  CU_ASSERT_EQUAL(json_array_size(json_object_get(axes, "alpha[a]")), 2);
  CU_ASSERT_EQUAL(json_array_size(json_object_get(axes, "alpha[b]")), 3);
  CU_ASSERT_EQUAL(json_array_size(points), 6);
  for (size_t k = 0; k < json_array_size(points); k++) {
    const json_t *p = json_array_get(points, k), *at = json_object_get(p, "at");
    double a = json_number_value(json_object_get(at, "alpha[a]")), b = json_number_value(json_object_get(at, "alpha[b]"));
    CU_ASSERT_DOUBLE_EQUAL(a, json_number_value(json_array_get(json_object_get(axes, "alpha[a]"), k / 3)), 0);
    CU_ASSERT_DOUBLE_EQUAL(b, json_number_value(json_array_get(json_object_get(axes, "alpha[b]"), k % 3)), 0);
    CU_ASSERT_DOUBLE_EQUAL(json_number_value(json_object_get(json_object_get(p, "values"), "p")), price(a, b), 1e-10);
  }
  json_decref(all);
  econ_close(m);
}

/* ---- bytes ---- */

static void test_pack(void) {
  double x[3] = {1, -2.5, 1e-300};
  uint8_t loose[3] = {0, 1, 0};
  Solution s = {.status = ECON_INDETERMINATE, .x = x, .loose = loose, .ntried = 1, .iterations = 7, .by_ladder = 1, .explanation = "why"}, t;
  s.tried[0] = (Attempt){"Newton", ECON_STALLED, 5, 1e-3};
  s.cert.claim[CLAIM_CLEARING] = (Claim){CHECKED, 1e-14, "relative", "method", "domain", "witness"};
  s.cert.nworst = 1;
  s.cert.worst[0] = (Worst){2, 1e-15, 3};
  s.cert.accepted = 1;
  s.cert.clearing = NAN;
  Text a = {0}, b = {0};
  sweep_pack(&s, 3, &a);
  CU_ASSERT_EQUAL(sweep_unpack(a.at, a.n, 3, 0, &t), 0);
  sweep_pack(&t, 3, &b);
  CU_ASSERT(a.n == b.n && !memcmp(a.at, b.at, a.n));
  CU_ASSERT_STRING_EQUAL(t.cert.claim[CLAIM_CLEARING].witness, "witness");
  CU_ASSERT_PTR_NULL(t.cert.claim[CLAIM_SUPPORT].witness);
  CU_ASSERT_STRING_EQUAL(t.tried[0].method, "Newton");
  solution_free(&t);
  for (size_t n = 0; n < a.n; n++) CU_ASSERT_EQUAL(sweep_unpack(a.at, n, 3, 0, &t), 1);      /* cut off anywhere */
  CU_ASSERT_EQUAL(sweep_unpack(a.at, a.n, 4, 0, &t), 1);
  unsigned seed = 7;
  for (int k = 0; k < 2000; k++) {                      /* any damage: refused or read, never out of bounds */
    char *c = malloc(a.n);
    memcpy(c, a.at, a.n);
    seed = seed * 1103515245u + 12345u;
    c[(seed >> 8) % a.n] ^= (char)(1 + (seed >> 20) % 255);
    if (!sweep_unpack(c, a.n, 3, 0, &t)) solution_free(&t);
    free(c);
  }
  text_free(&a);
  text_free(&b);
}

static char *slurp(const char *path, size_t *n) {
  FILE *f = fopen(path, "rb");
  char *t = malloc(1 << 20);
  *n = f && t ? fread(t, 1, 1 << 20, f) : 0;
  if (f) fclose(f);
  return t;
}

static void spill(const char *path, const char *t, size_t n) {
  FILE *f = fopen(path, "wb");
  if (f) fwrite(t, 1, n, f), fclose(f);
}

/* Cut off at any byte, a journal is taken up or begun anew; the numbers are those of the whole run. */
static void test_journal(void) {
  char path[] = "/tmp/econ_journal_XXXXXX";
  int file = mkstemp(path);
  CU_ASSERT_FATAL(file >= 0);
  close(file);
  EconOptions o = {.resume = path};
  static const char tail[] = "sweep alpha[a] = 0.1 .. 0.5 by 0.1: solve g = equilibrium;\n";
  Econ *m = opened(tail, &o);
  CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
  char *whole = strdup(econ_json(m));
  econ_close(m);
  size_t n, again;
  char *journal = slurp(path, &n);
  for (size_t cut = 0; cut < n; cut += 97) {
    spill(path, journal, cut);
    m = opened(tail, &o);
    CU_ASSERT_EQUAL(econ_solve(m), ECON_OK);
    CU_ASSERT_STRING_EQUAL(econ_json(m), whole);
    econ_close(m);
    char *now = slurp(path, &again);
    CU_ASSERT(again == n && !memcmp(now, journal, n));
    free(now);
  }
  for (size_t at = 0; at + n / 4 < n; at += 211) {      /* a byte changed before the last of five records: refused */
    journal[at] ^= 1;
    spill(path, journal, n);
    journal[at] ^= 1;
    m = opened(tail, &o);
    CU_ASSERT_EQUAL(econ_solve(m), ECON_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(econ_diagnostics(m), "cannot be resumed"));
    econ_close(m);
  }
  free(journal);
  free(whole);
  unlink(path);
}

/* ---- axes of pictures ---- */

static void test_ticks(void) {
  double from, to, step = plot_ticks(0.05, 0.95, 9, &from, &to);
  CU_ASSERT_DOUBLE_EQUAL(step, 0.2, 1e-12);
  CU_ASSERT_DOUBLE_EQUAL(from, 0, 1e-12);
  CU_ASSERT_DOUBLE_EQUAL(to, 1, 1e-12);
  static const double range[][2] = {{0, 1}, {-3.7, 12}, {1e-9, 3e-9}, {5, 5}, {0, 0}, {1e8, 1.0001e8}, {-1e-300, 1e-300}, {-7, -7}};
  for (size_t i = 0; i < sizeof range / sizeof *range; i++) {
    step = plot_ticks(range[i][0], range[i][1], 8, &from, &to);
    CU_ASSERT(step > 0 && isfinite(step));
    CU_ASSERT(from <= range[i][0] + 1e-6 * step && to >= range[i][1] - 1e-6 * step && to > from);
    CU_ASSERT((to - from) / step < 12);
  }
}

UNIT_MAIN("sweep", {"chunks cover the points, each within a line", test_chunks}, {"points against the same question asked alone", test_points},
          {"where, derived parameters, -D", test_where_and_derived}, {"points of other signs are posed apart", test_shapes},
          {"an interruption keeps what is solved", test_interruption}, {"JSON of a product", test_json}, {"solutions as bytes", test_pack},
          {"journals cut off and damaged", test_journal}, {"ticks", test_ticks})
