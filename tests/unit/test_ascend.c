/* Maximisation between bounds: stationary points, bounds, kinks, functions that rise without end, holes. */
#include "../../runtime/ascend.h"
#include "../../runtime/eigen.h"
#include "unit.h"
#include <math.h>

static AscentAt quadratic(void *ctx, const double *x, double *f, double *g, double *size) {
  (void)ctx;
  double a = x[0] - 1, b = x[1] + 2;
  *f = -a * a - 3 * b * b - a * b;
  g[0] = -2 * a - b;
  g[1] = -6 * b - a;
  *size = 1 + a * a + 3 * b * b;
  return ASCENT_KNOWN;
}
/* Minus Rosenbrock's function. */
static AscentAt valley(void *ctx, const double *x, double *f, double *g, double *size) {
  (void)ctx;
  double a = 1 - x[0], b = x[1] - x[0] * x[0];
  *f = -a * a - 100 * b * b;
  g[0] = 2 * a + 400 * x[0] * b;
  g[1] = -200 * b;
  *size = 1 + a * a + 100 * b * b;
  return ASCENT_KNOWN;
}
static AscentAt tent(void *ctx, const double *x, double *f, double *g, double *size) {
  (void)ctx;
  *f = -fabs(x[0] - 0.3);
  g[0] = x[0] < 0.3 ? 1 : -1;
  *size = 1;
  return ASCENT_KNOWN;
}
static AscentAt rising(void *ctx, const double *x, double *f, double *g, double *size) {
  (void)ctx;
  *f = x[0];
  g[0] = 1;
  *size = 1 + fabs(x[0]);
  return ASCENT_KNOWN;
}
static AscentAt logarithm(void *ctx, const double *x, double *f, double *g, double *size) {
  (void)ctx;
  if (!(x[0] > 0)) return ASCENT_NOTHING;
  *f = log(x[0]) - x[0];
  g[0] = 1 / x[0] - 1;
  *size = 1 + fabs(*f);
  return ASCENT_KNOWN;
}

static const double none[2] = {-INFINITY, -INFINITY}, any[2] = {INFINITY, INFINITY}, one[2] = {1, 1};

static AscentEnd run(AscentAt (*at)(void *, const double *, double *, double *, double *), uint32_t n, const double *lo, const double *hi, double *x, AscentFound *f) {
  Arena *mem = arena_new(NULL);
  Ascent a = {n, lo, hi, one, at, NULL};
  AscentEnd end = ascend(&a, x, mem, f);
  arena_free(mem);
  return end;
}

static void inside(void) {
  AscentFound f;
  double x[2] = {5, 5};
  CU_ASSERT_EQUAL(run(quadratic, 2, none, any, x, &f), ASCENT_STATIONARY);
  CU_ASSERT_DOUBLE_EQUAL(x[0], 1, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(x[1], -2, 1e-9);
  double v[2] = {-1.2, 1};
  CU_ASSERT_EQUAL(run(valley, 2, none, any, v, &f), ASCENT_STATIONARY);
  CU_ASSERT_DOUBLE_EQUAL(v[0], 1, 1e-8);
  CU_ASSERT_DOUBLE_EQUAL(v[1], 1, 1e-8);
}
static void bounds(void) {
  AscentFound f;
  double lo[2] = {2, -1}, hi[2] = {4, 4}, x[2] = {3, 3};
  CU_ASSERT_EQUAL(run(quadratic, 2, lo, hi, x, &f), ASCENT_STATIONARY);
  CU_ASSERT_DOUBLE_EQUAL(x[0], 2, 0);
  CU_ASSERT_DOUBLE_EQUAL(x[1], -1, 0);
}
static void kinks(void) {
  AscentFound f;
  double x[1] = {2};
  CU_ASSERT_EQUAL(run(tent, 1, none, any, x, &f), ASCENT_KINK);
  CU_ASSERT_DOUBLE_EQUAL(x[0], 0.3, 1e-6);
}
static void without_end(void) {
  AscentFound f;
  double x[1] = {0};
  CU_ASSERT_EQUAL(run(rising, 1, none, any, x, &f), ASCENT_RISING);
}
static void holes(void) {
  AscentFound f;
  double x[1] = {0.01}, y[1] = {-1};
  CU_ASSERT_EQUAL(run(logarithm, 1, none, any, x, &f), ASCENT_STATIONARY);
  CU_ASSERT_DOUBLE_EQUAL(x[0], 1, 1e-9);
  CU_ASSERT_EQUAL(run(logarithm, 1, none, any, y, &f), ASCENT_NO_START);
}
static void eigenvalues(void) {
  double m[9] = {2, 1, 0, 1, 2, 0, 0, 0, -5}, k[1] = {-3};
  CU_ASSERT_DOUBLE_EQUAL(eigen_largest(m, 3), 3, 1e-12);
  CU_ASSERT_DOUBLE_EQUAL(eigen_largest(k, 1), -3, 1e-12);
}
UNIT_MAIN("ascend", {"stationary points", inside}, {"bounds", bounds}, {"kinks", kinks}, {"without end", without_end}, {"holes", holes}, {"eigenvalues", eigenvalues})
