/* Functions of solutions: derivatives against differences of solves (here only) and closed forms; money measures against closed forms,
 * levels that cannot be reached, and an agent's problem solved again at the runtime's own door. */
#include "handmade.h"
#include "compiler/econ.h"
#include "runtime/wealth.h"
#include "unit.h"

#define CLOSE(a, b, tol) CU_ASSERT(fabs((double)(a) - (double)(b)) <= (tol) * (1.0 + fabs((double)(b))))

/* ---- help ------------------------------------------------------------------------------------------------------------------------ */

static Econ *solved(const char *text, const char *set) {
  EconOptions o;
  memset(&o, 0, sizeof o);
  o.library = "stdlib";
  Econ *m = econ_open(&o);
  CU_ASSERT_PTR_NOT_NULL_FATAL(m);
  EconExit read = econ_load_text(m, "test.econ", text, strlen(text));
  if (read != ECON_OK) printf("%s", econ_diagnostics(m));
  CU_ASSERT_EQUAL_FATAL(read, ECON_OK);
  if (set) CU_ASSERT_EQUAL(econ_set(m, set), ECON_OK);
  EconExit s = econ_solve(m);
  if (s != ECON_OK) printf("%s%s", econ_diagnostics(m), econ_failures(m));
  CU_ASSERT_EQUAL_FATAL(s, ECON_OK);
  return m;
}

static double number(Econ *m, const char *query) {
  double v = NAN;
  EconExit s = econ_number(m, query, &v);
  if (s != ECON_OK) printf("%s: %s", query, econ_diagnostics(m));
  CU_ASSERT_EQUAL(s, ECON_OK);
  return v;
}

/* The message with which a query is refused. */
static int refused(Econ *m, const char *query, const char *words) {
  double v = NAN;
  EconExit s = econ_number(m, query, &v);
  const char *said = econ_diagnostics(m);
  int fits = s == ECON_WRONG && strstr(said, words) != NULL;
  if (!fits) printf("%s gives %g, says %s\n", query, v, said);
  return fits;
}

static double moved(const char *text, const char *value, const char *parameter, double at) {
  char set[100];
  snprintf(set, sizeof set, "%s=%.17g", parameter, at);
  Econ *m = solved(text, set);
  double v = number(m, value);
  econ_close(m);
  return v;
}

/* d value / d parameter by central differences, extrapolated once. */
static double difference(const char *text, const char *value, const char *parameter, double at) {
  double h = 4e-3, d[2];
  for (int k = 0; k < 2; k++, h /= 2) d[k] = (moved(text, value, parameter, at + h) - moved(text, value, parameter, at - h)) / (2 * h);
  return (4 * d[1] - d[0]) / 3;
}

static void compare(Econ *m, const char *text, const char *value, const char *parameter, double at) {
  char query[200];
  snprintf(query, sizeof query, "sensitivity(%s, %s)", value, parameter);
  double exact = number(m, query), near_by = difference(text, value, parameter, at);
  if (!(fabs(exact - near_by) <= 1e-7 * (1 + fabs(near_by)))) printf("%s: %.12g, differences %.12g\n", query, exact, near_by);
  CLOSE(exact, near_by, 1e-7);
}

/* ---- derivatives ----------------------------------------------------------------------------------------------------------------- */

static const char collateral[] =
    "economy c \"storage and collateral\";\nuse utilities;\n"
    "tree now -> s in {wet, dry} probability pi[s];\n"
    "param pi[s] = {0.4, 0.6}, keep = 0.9, beta = 0.95, gamma = 2, twice = 2*keep;\n"
    "set H = {farmer, fisher};\n"
    "data e[H, node] {\n         now  wet  dry\n farmer   3    1    0.5\n fisher   1    2    1\n}\n"
    "agent h in H mass 1 {\n  choose c >= 0, k@now >= 0, theta[s]@now;\n  maximize E[sum(date, beta^date*crra(c, gamma))];\n"
    "  budget @now: c + k + sum(s, Q[s]*theta[s]) = e;\n  budget @s: c = e + (twice/2)*k@prev + theta[s]@prev;\n"
    "  collateral @s: keep*k@prev + theta[s]@prev >= 0;\n}\n"
    "market promise[s] price Q;\n"
    "let all = total(c@now) + keep*total(k@now);\n"
    "solve ex = equilibrium;\n";

static void trees_bounds_and_lets(void) {
  Econ *m = solved(collateral, NULL);
  static const char *const value[] = {"ex.Q[wet]", "ex.welfare[farmer]", "ex.c[fisher]@wet", "ex.mu_collateral[fisher]@wet", "ex.all"};
  for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
    compare(m, collateral, value[i], "gamma", 2);
    compare(m, collateral, value[i], "keep", 0.9);
    compare(m, collateral, value[i], "beta", 0.95);
    compare(m, collateral, value[i], "e[farmer]@now", 3);
    compare(m, collateral, value[i], "e[fisher]@dry", 1);
  }
  CU_ASSERT(refused(m, "sensitivity(ex.k[farmer], gamma)", "not determined"));
  CLOSE(number(m, "sensitivity(ex.total(k), gamma)"), difference(collateral, "ex.total(k)", "gamma", 2), 1e-7);
  econ_close(m);
}

static const char box[] =
    "economy b \"box\";\nuse utilities;\nset H = {a, b};\ngood x numeraire, y;\n"
    "param g = 1, w[H] = {0.3, 0.6}, twice[h in H] = 2*w[h], rate = 0.2;\n"
    "data e[H, good] {\n     x  y\n a   1  2\n b   2  1\n}\n"
    "agent h in H {\n  choose c[good] >= 0;\n  maximize twice*crra(c[x], g) + crra(c[y], g);\n  budget: c[x] + p*c[y] = e[x] + p*e[y];\n}\n"
    "market y price p;\n"
    "let most = max(c[a,x], c[b,x]);\nlet tie = max(c[a,x], e[a,x] + p*(e[a,y] - c[a,y]));\n"
    "solve ex = equilibrium;\nsolve fixed = equilibrium where {twice[a] = 0.8, e[a,x] = 1 + rate};\n";

static void conditions_and_overrides(void) {
  Econ *m = solved(box, NULL);
  compare(m, box, "ex.p", "g", 1);                        /* log at g = 1, a power elsewhere: the conditions join smoothly */
  compare(m, box, "ex.c[b,y]", "g", 1);
  CU_ASSERT(refused(m, "sensitivity(ex.welfare[a], g)", "exactly where a condition changes"));   /* the objectives do not */
  compare(m, box, "ex.p", "w[a]", 0.3);
  compare(m, box, "ex.p", "twice[a]", 0.6);
  compare(m, box, "ex.most", "w[a]", 0.3);
  CU_ASSERT(refused(m, "sensitivity(ex.tie, w[a])", "reached by two"));
  CLOSE(number(m, "sensitivity(ex.p, w[a])"), 2 * number(m, "sensitivity(ex.p, twice[a])"), 1e-12);
  CU_ASSERT(number(m, "sensitivity(fixed.p, w[a])") == 0);  /* what the question has set does not move with others */
  CU_ASSERT(number(m, "sensitivity(fixed.p, rate)") == 0);
  CU_ASSERT(fabs(number(m, "sensitivity(fixed.p, twice[a])")) > 0.01);
  CLOSE(number(m, "elasticity(ex.p, e[a,x])"), number(m, "sensitivity(ex.p, e[a,x])") / number(m, "ex.p"), 1e-12);
  CU_ASSERT(refused(m, "elasticity(ex.p - ex.p, w[a])", ""));
  econ_close(m);
}

/* p = sum(w)/2 = 1, and a has just enough for its y: c[a,x] = p - w[a] = 0, its condition just holding. */
static const char edge[] =
    "economy e \"edge\";\nset H = {a, b};\ngood x numeraire, y;\nparam w[H] = {1, 1};\n"
    "data e[H, good] {\n     x  y\n a   0  1\n b   2  1\n}\n"
    "agent h in H { choose c[good] >= 0; maximize c[x] + w*log(c[y]); budget: c[x] + p*c[y] = e[x] + p*e[y]; }\n"
    "market y price p;\nsolve ex = equilibrium;\n";

static void both_at_once(void) {
  Econ *m = solved(edge, NULL);
  CLOSE(number(m, "ex.p"), 1, 1e-10);
  CU_ASSERT(refused(m, "sensitivity(ex.c[a,x], w[a])", "to the left and to the right"));
  CU_ASSERT(refused(m, "sensitivity(ex.p, w[a])", "to the left and to the right"));
  CU_ASSERT_DOUBLE_EQUAL(number(m, "sensitivity(sum(h in H, w[h]), w[a])"), 1, 0);
  econ_close(m);
}

/* ---- money ----------------------------------------------------------------------------------------------------------------------- */

static const char kinks[] =
    "economy k \"money\";\nuse utilities;\nset H = {lin, quasi, bounded};\ngood x numeraire, y;\n"
    "param tau = 0;\n"
    "data e[H, good] {\n           x  y\n lin       4  1\n quasi     5  1\n bounded   3  2\n}\n"
    "agent h in H {\n  choose c[good] >= 0;\n"
    "  maximize if h = lin then c[x] + 2*c[y] else if h = quasi then quasi_linear(c[x], c[y], 3) else -1/c[x] - 1/c[y];\n"
    "  budget: c[x] + p*c[y] = e[x] + p*e[y] - (if h = bounded then tau else 0) + (if h = quasi then tau else 0);\n}\n"
    "market y price p;\n"
    "let v = if h = bounded then 1 else 0;\n";

static void money_with_kinks(void) {
  char text[3000];
  char *cut;
  snprintf(text, sizeof text, "%s", kinks);
  cut = strstr(text, "let v");
  snprintf(cut, sizeof text - (size_t)(cut - text), "solve a = equilibrium;\nsolve b = equilibrium where {tau = 1};\n"
           "solve far = equilibrium where {e[bounded,x] = 1000000, e[bounded,y] = 1000000};\nsolve other = equilibrium where {e[quasi,x] = 9};\n");
  Econ *m = solved(text, NULL);
  /* Quasi-linear utility, c[x] > 0: money is worth one unit of utility at any price. */
  CLOSE(number(m, "ev(b, a, quasi)"), number(m, "b.welfare[quasi] - a.welfare[quasi]"), 1e-9);
  /* Linear utility: the welfare of a unit of money is the best of 1 and 2/p. */
  CLOSE(number(m, "ev(b, a, lin)"), number(m, "(b.welfare[lin] - a.welfare[lin])/max(1, 2/a.p)"), 1e-9);
  /* -1/x - 1/y at price p and income i: -(1 + p^0.5)^2/i. */
  CLOSE(number(m, "ev(b, a, bounded)"), number(m, "-(1 + a.p^0.5)^2/b.welfare[bounded] - (e[bounded,x] + a.p*e[bounded,y])"), 1e-8);
  CLOSE(number(m, "cv(b, a, bounded)"), number(m, "(e[bounded,x] - 1 + b.p*e[bounded,y]) + (1 + b.p^0.5)^2/a.welfare[bounded]"), 1e-8);
  CU_ASSERT_DOUBLE_EQUAL(number(m, "ev(a, a, lin)"), 0, 1e-12);
  econ_close(m);
}

static const char levels[] =
    "economy l \"levels\";\nset H = {lin, bounded};\ngood x numeraire, y;\nparam shift[H] = {0, 0};\n"
    "data e[H, good] {\n           x  y\n lin       1  1\n bounded   1  2\n}\n"
    "agent h in H {\n  choose c[good] >= 0;\n  maximize shift + (if h = lin then c[x] + c[y] else -1/c[x] - 1/c[y]);\n  budget: c[x] + p*c[y] = e[x] + p*e[y];\n}\n"
    "firm maker { choose z >= 0; maximize p*z - z; }\n"
    "market y price p;\n"
    "solve a = equilibrium;\nsolve high = equilibrium where {shift[bounded] = 9};\nsolve low = equilibrium where {shift[lin] = -50};\n";

static void levels_out_of_reach(void) {
  Econ *m = solved(levels, NULL);
  CU_ASSERT(refused(m, "ev(high, a, bounded)", "no amount of money reaches that welfare"));
  CU_ASSERT(refused(m, "ev(low, a, lin)", "so low"));
  CU_ASSERT(refused(m, "ce(high, a, c, bounded)", "no multiple of that choice"));
  CU_ASSERT(refused(m, "ev(high, a, maker)", "is a firm"));
  CU_ASSERT(refused(m, "cv(high, nothing)", "is not a solution"));
  CU_ASSERT(refused(m, "ce(high, a, z)", "the name of a choice"));
  econ_close(m);
}

/* ---- the runtime's own door ------------------------------------------------------------------------------------------------------ */

static void an_agent_alone(void) {
  double e[] = {3, 3, 1, 1, 1, 1, 3, 3}, gamma[] = {2, 3}, w[] = {1, 1, 1, 2}, R[] = {1.5}, prob[] = {1}, mass[] = {0.5, 0.7};
  Spec spec = {2, 1, 2, 1, e, gamma, w, R, prob, mass, 0.9};
  Arena *mem = arena_new(NULL);
  Layout lay;
  Problem *p = hand_economy(&spec, mem, &lay);
  Solution sol;
  EconStatus status = problem_solve(p, NULL, NULL, &sol);
  CU_ASSERT_FATAL(status == ECON_SOLVED || status == ECON_INDETERMINATE);
  for (uint32_t lane = 0; lane < 2; lane++) {
    WealthStatus why;
    Wealth *agent = wealth_new(p, 0, lane, sol.x, NULL, mem, &why);
    CU_ASSERT_PTR_NOT_NULL_FATAL(agent);
    WealthPoint here = wealth_at(agent, 0), up, down;
    CU_ASSERT_EQUAL(here.status, WEALTH_FOUND);
    double h = 1e-3, base = here.welfare, lambda = here.lambda;
    up = wealth_at(agent, h);
    double high = up.welfare;
    down = wealth_at(agent, -h);
    CLOSE(lambda, (high - down.welfare) / (2 * h), 1e-5);
    CU_ASSERT(up.status == WEALTH_FOUND && down.status == WEALTH_FOUND && high > base && base > down.welfare);
    WealthPoint rich = wealth_at(agent, 2.5);
    double welfare = rich.welfare;
    CU_ASSERT_EQUAL(wealth_at(agent, -0.5).status, WEALTH_FOUND);
    CLOSE(wealth_reach(agent, welfare).money, 2.5, 1e-9);
    CLOSE(wealth_reach(agent, base).money, 0, 1e-9);
    CU_ASSERT_EQUAL(wealth_reach(agent, 1e6).status, WEALTH_TOO_HIGH);     /* utility is bounded above by zero */
    CU_ASSERT_EQUAL(wealth_reach(agent, NAN).status, WEALTH_NOT_SOLVED);
    wealth_free(agent);
  }
  solution_free(&sol);
  arena_free(mem);
}

UNIT_MAIN("statistics", {"derivatives on trees, with bounds that bind, through definitions", trees_bounds_and_lets},
          {"conditions over parameters, derived entries, what a question sets", conditions_and_overrides},
          {"a bound and its condition that both just hold", both_at_once}, {"money where utility is linear, quasi-linear, bounded", money_with_kinks},
          {"welfare that no money reaches", levels_out_of_reach}, {"an agent's problem at other wealth", an_agent_alone})
