/* Several equilibria: the operator of deflation, the sign of a determinant, the index in every way of writing one economy, the search
 * and what it says. */
#include "handmade.h"
#include "compiler/econ.h"
#include "runtime/draws.h"
#include "runtime/deflate.h"
#include "runtime/linsys.h"
#include "runtime/multiple.h"
#include "unit.h"

#define CLOSE(a, b, tol) CU_ASSERT(fabs((a) - (b)) <= (tol) * (1.0 + fabs(b)))

/* Gaussian elimination with partial pivoting. */
static double determinant(double *a, int n) {
  double det = 1;
  for (int k = 0; k < n; k++) {
    int p = k;
    for (int i = k + 1; i < n; i++)
      if (fabs(a[i * n + k]) > fabs(a[p * n + k])) p = i;
    if (a[p * n + k] == 0.0) return 0;
    if (p != k) det = -det;
    for (int j = 0; j < n; j++) { double t = a[k * n + j]; a[k * n + j] = a[p * n + j]; a[p * n + j] = t; }
    det *= a[k * n + k];
    for (int i = k + 1; i < n; i++)
      for (int j = n - 1; j >= k; j--) a[i * n + j] -= a[i * n + k] / a[k * n + k] * a[k * n + j];
  }
  return det;
}

static void sign_of_a_determinant(void) {
  enum { N = 9 };
  uint64_t seed = 3;
  int signs[2] = {0, 0};
  for (int round = 0; round < 200; round++) {
    Arena *mem = arena_new(NULL);
    double dense[N * N] = {0}, at[N * N];
    int start[N + 1] = {0}, row[N * N], nnz = 0;
    for (int j = 0; j < N; j++) {
      for (int i = 0; i < N; i++)
        if (i == (j * 4 + round) % N || draws_unit(&seed) < 0.3) {
          row[nnz] = i;
          at[nnz++] = dense[i * N + j] = 2 * draws_unit(&seed) - 1;
        }
      start[j + 1] = nnz;
    }
    double det = determinant(dense, N);
    Linsys *ls = linsys_new(N, start, row, at, mem);
    if (ls && fabs(det) > 1e-12 && !linsys_factor(ls)) {
      CU_ASSERT_EQUAL(linsys_sign(ls), det > 0 ? 1 : -1);
      signs[det > 0]++;
    }
    linsys_free(ls);
    arena_free(mem);
  }
  CU_ASSERT(signs[0] > 50 && signs[1] > 50);
}

static void deflation_is_differentiated(void) {
  double k1[] = {1, 2, 0.5}, k2[] = {3, 1, 0}, *known[] = {k1, k2}, x[] = {1.4, 2.2, 0.3}, dx[] = {0.3, -0.7, 0.2}, up[3], down[3], h = 1e-6;
  uint32_t at[] = {0, 2};
  Deflation d = {at, 2, known, 2};
  for (int i = 0; i < 3; i++) { up[i] = x[i] + h * dx[i]; down[i] = x[i] - h * dx[i]; }
  CLOSE(deflate_along(&d, x, dx), (deflate_log(&d, up) - deflate_log(&d, down)) / (2 * h), 1e-7);
  CU_ASSERT(isinf(deflate_log(&d, k1)));
  double far[] = {1e6, 0, 1e6};
  CU_ASSERT(deflate_log(&d, far) < 1e-9);
  CLOSE(deflate_distance(&d, x, k1), hypot(0.4, 0.2 / 0.5), 1e-14);
}

/* The economy with prices 27/64, 1, 64/27 (examples/exchange/three_equilibria), built by hand. */
static void three_by_hand(void) {
  double a = 12.0 / 37, k = a * a * a, e[] = {1, 0, 0, 1}, gamma[] = {3, 3}, w[] = {1, k, k, 1}, mass[] = {1, 1};
  Spec spec = {2, 0, 2, 0, e, gamma, w, NULL, NULL, mass, 1.0};
  Arena *mem = arena_new(NULL);
  Layout lay;
  Problem *p = hand_economy(&spec, mem, &lay);
  Multiple m;
  CU_ASSERT_EQUAL(multiple_solve(p, NULL, NULL, &m), ECON_SOLVED);
  CU_ASSERT_EQUAL_FATAL(m.n, 3);
  const double price[] = {27.0 / 64, 1, 64.0 / 27};
  for (int i = 0; i < 3; i++) {
    CLOSE(m.of[i].x[lay.price], price[i], 1e-10);
    CU_ASSERT(m.of[i].cert.accepted);
    CU_ASSERT_EQUAL(m.index[i], i == 1 ? -1 : 1);
  }
  CU_ASSERT(m.known == INDEX_COMPLETE && m.sum == 1 && m.stop == ECON_SOLVED && m.since >= 48);
  multiple_free(&m);
  arena_free(mem);
}

/* ---- the same economy in several ways ---- */
static const char body[] =
  "economy box;\nset H = 1..2, G = 1..2;\nparam a = 12/37;\n"
  "data e[H, G] {\n     1  2\n  1  1  0\n  2  0  1\n}\nparam w[h in H, g in G] = %s;\n"
  "agent h in H {\n  choose c[G] >= 0;\n  maximize -sum(g in G, w[h,g]*c[g]^(-2));\n  budget: sum(g in G, p[g]*c[g]) = sum(g in G, p[g]*e[h,g])%s;\n}\n"
  "market g in G price p;\n%s\nsolve all = equilibria;\n";

static Econ *solved(const char *text) {
  Econ *m = econ_open(NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(m);
  EconExit e = econ_load_text(m, "box.econ", text, strlen(text));
  if (!e) e = econ_solve(m);
  if (e) printf("\n%s%s", econ_diagnostics(m), econ_failures(m));
  CU_ASSERT_EQUAL(e, ECON_OK);
  return m;
}

static double number(Econ *m, const char *query) {
  double v = NAN;
  econ_number(m, query, &v);
  return v;
}

static void three_under(const char *owned, const char *more) {
  char text[2048];
  snprintf(text, sizeof text, body, "if h = g then 1 else a^3", owned, more);
  Econ *m = solved(text);
  CU_ASSERT_EQUAL(number(m, "all.count"), 3);
  for (int i = 1; i <= 3; i++) {
    char q[64];
    snprintf(q, sizeof q, "all[%d].index", i);
    CU_ASSERT_EQUAL(number(m, q), i == 2 ? -1 : 1);
    snprintf(q, sizeof q, "all[%d].p[1]/all[%d].p[2]", i, i);
    CLOSE(number(m, q), pow(i == 1 ? 0.75 : i == 2 ? 1 : 4.0 / 3, 3), 1e-9);
  }
  CU_ASSERT_PTR_NOT_NULL(strstr(econ_json(m), "\"complete\": \"index sum 1\""));
  econ_close(m);
}

static void index_whatever_the_normalisation(void) {
  three_under("", "numeraire p[2] = 1;");
  three_under("", "numeraire sum(g in G, p[g]) = 1;");
  three_under("", "numeraire 2 = p[1] + 3*p[2];");
  /* A firm that never pays does not change the index; its profit is part of a budget. */
  three_under(" + 0.5*profit", "firm f {\n  choose z >= 0;\n  maximize profit = p[2]*z/100 - p[1]*z;\n}\nnumeraire p[2] = 1;");
}

/* Constant returns from good 1 to good 2 and back pin the price: one equilibrium, where the activity runs or where it does not. */
static void index_with_an_activity_that_runs(void) {
  char text[2048];
  snprintf(text, sizeof text, body, "1 + 0*(h + g)", "", "firm f {\n  choose y >= 0, z >= 0;\n  tech: y <= 2*z;\n  maximize profit = p[2]*y - p[1]*z;\n}\nnumeraire p[2] = 1;");
  Econ *m = solved(text);
  CU_ASSERT_EQUAL(number(m, "all.count"), 1);
  CLOSE(number(m, "all[1].p[1]"), 2.0, 1e-10);
  CU_ASSERT_EQUAL(number(m, "all[1].index"), 1);
  econ_close(m);
}

/* A third good of which all have more than they want is free: its price rests at zero with excess supply, and is left out of the determinant. */
static void index_beside_a_free_good(void) {
  const char *text =
    "economy box;\nset H = {a, b};\ngood x, y numeraire, z;\nparam k = (12/37)^3;\ndata w[H, good] {\n     x  y  z\n  a  1  (k)  0\n  b  (k)  1  0\n}\n"
    "data e[H, good] {\n     x  y  z\n  a  1  0  1\n  b  0  1  1\n}\n"
    "agent h in H {\n  choose x >= 0, y >= 0, z in [0, 0.3];\n  maximize -w[x]*x^(-2) - w[y]*y^(-2) + z;\n"
    "  budget: p*x + y + q*z = p*e[x] + e[y] + q*e[z];\n}\nmarket x price p;\nmarket z price q;\nsolve all = equilibria;\n";
  Econ *m = solved(text);
  CU_ASSERT_EQUAL(number(m, "all.count"), 3);
  CU_ASSERT_PTR_NOT_NULL(strstr(econ_json(m), "\"complete\": \"index sum 1\""));
  CLOSE(number(m, "all[1].q"), 0.0, 1e-12);
  econ_close(m);
}

/* Two budgets: the theorem is not applied, and that is said. */
static void index_not_applied_is_said(void) {
  const char *text =
    "economy two;\nset H = 1..2;\ntree now -> later;\ngood x numeraire;\ndata e[H, node] {\n     now later\n  1  2  1\n  2  1  2\n}\n"
    "agent h in H {\n  choose c[good] >= 0, b@now;\n  maximize E[sum(date, 0.9^date*log(c[x]))];\n  budget: c[x] + q*b = e + b@prev;\n}\n"
    "market bond price q: total(b) = 0;\nsolve all = equilibria;\n";
  Econ *m = solved(text);
  CU_ASSERT_EQUAL(number(m, "all.count"), 1);
  CU_ASSERT_PTR_NOT_NULL(strstr(econ_json(m), "index not applied, because"));
  econ_close(m);
}

UNIT_MAIN("multiple", {"the sign of a determinant", sign_of_a_determinant}, {"deflation and its derivative", deflation_is_differentiated},
          {"three equilibria by hand", three_by_hand}, {"the index whatever the normalisation", index_whatever_the_normalisation},
          {"the index with an activity that runs", index_with_an_activity_that_runs}, {"the index beside a free good", index_beside_a_free_good},
          {"that the index is not applied is said", index_not_applied_is_said})
