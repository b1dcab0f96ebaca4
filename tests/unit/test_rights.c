/* Prices in later constraints: what is found, what it costs, corners of later limits, what is refused; the planner beside the equilibrium with rights;
 * second order at a maximum, a saddle, and a saddle that constraints close off. */
#include "handmade.h"
#include "compiler/econ.h"
#include "runtime/second.h"
#include "unit.h"

#define CLOSE(a, b, tol) CU_ASSERT(fabs((double)(a) - (double)(b)) <= (tol) * (1.0 + fabs((double)(b))))

/* ---- second order ---------------------------------------------------------------------------------------------------------------- */

/* One agent: max a x^2 + b y^2 [+ c xy] with x + y = 0 or without. Rows of choices are minus the derivatives: scale -1. */
static SecondOrder quadratic(double a, double b, double c, int tied, Arena *mem) {
  static Hand hand;
  memset(&hand, 0, sizeof hand);
  hand.mem = mem;
  Hand *h = &hand;
  X x = choice(h, -INFINITY, INFINITY, 0), y = choice(h, -INFINITY, INFINITY, 0);
  h->goal = add(h, add(h, mul(h, num(h, a), mul(h, x, x)), mul(h, num(h, b), mul(h, y, y))), mul(h, num(h, c), mul(h, x, y)));
  constraint(h, ROLE_EQUALITY, num(h, 1.0), add(h, x, y), 0);
  Block block = {.k = hand_kernel(h), .lanes = 1};
  Problem p = {.kind = P_MCP, .nx = 3, .block = &block, .nblock = 1, .names = {.unknown = hand_name, .condition = hand_name, .lane = hand_lane}, .mem = mem};
  double at[3] = {0, 0, 0}, scale[3] = {-1, -1, -1};
  uint8_t kind[3] = {SECOND_CHOSEN, SECOND_CHOSEN, tied ? SECOND_CONSTRAINT : SECOND_OUT};
  SecondOrder s;
  CU_ASSERT_EQUAL(second_order(&p, at, kind, scale, mem, &s), 0);
  return s;
}

static void second(void) {
  (void)hand_economy;                                    /* handmade.h is used in part here */
  Arena *mem = arena_new(NULL);
  SecondOrder top = quadratic(-1, -2, 0, 0, mem), saddle = quadratic(-2, 1, 0, 0, mem), closed = quadratic(-2, 1, 0, 1, mem), open = quadratic(-1, 2, 0, 1, mem), flat = quadratic(1, 1, -2, 0, mem);
  CU_ASSERT(!top.increase && top.directions == 2 && top.asymmetry < 1e-12);
  CU_ASSERT(saddle.increase && saddle.nmoved >= 1 && saddle.moved[0] == 1);
  CLOSE(saddle.largest / saddle.size, 0.5, 1e-12);
  CU_ASSERT(saddle.direction && fabs(saddle.direction[1]) > 0.99 && fabs(saddle.direction[0]) < 1e-12);
  CU_ASSERT(!closed.increase && closed.directions == 1);
  CU_ASSERT(open.increase && open.direction && fabs(open.direction[0] + open.direction[1]) < 1e-12);
  CU_ASSERT(flat.increase && flat.directions == 2);      /* (x - y)^2: up off the diagonal, level along it */
  arena_free(mem);
}

/* ---- economies ------------------------------------------------------------------------------------------------------------------- */

#define COLLATERAL \
    "set H = {lender, borrower}; tree now -> later; good c1 numeraire, c2;\n" \
    "data e[H, good, node] {\n c1@now c2@now c1@later c2@later\n lender 3 3 1 1\n borrower 1 1 3 3\n }\n" \
    "agent h in H mass 1/2 { choose c[good] >= 0, k@now >= 0, theta@now;\n" \
    "  maximize E[sum(date, -sum(g in good, 1/c[g]))];\n" \
    "  budget: c[c1] + p*(c[c2] + k) + Q*theta = e[c1] + theta@prev + p*(e[c2] + k@prev);\n" \
    "  collateral @later: p*k@prev + theta@prev >= 0;\n  %s }\n" \
    "market c2 price p; market promise price Q;\n%s"

static Econ *loaded(const char *extra, const char *questions) {
  static char text[4000];
  EconOptions o;
  memset(&o, 0, sizeof o);
  o.library = "stdlib";
  Econ *m = econ_open(&o);
  CU_ASSERT_PTR_NOT_NULL_FATAL(m);
  int n = snprintf(text, sizeof text, COLLATERAL, extra, questions);
  CU_ASSERT(n > 0 && n < (int)sizeof text);
  if (econ_load_text(m, "test.econ", text, (size_t)n) != ECON_OK) printf("%s", econ_diagnostics(m));
  return m;
}

static Econ *solved(const char *extra, const char *questions) {
  Econ *m = loaded(extra, questions);
  EconExit s = econ_solve(m);
  if (s != ECON_OK) printf("%s%s", econ_diagnostics(m), econ_failures(m));
  CU_ASSERT_EQUAL_FATAL(s, ECON_OK);
  return m;
}

static double number(Econ *m, const char *query) {
  double v = NAN;
  if (econ_number(m, query, &v) != ECON_OK) printf("%s: %s", query, econ_diagnostics(m));
  return v;
}

/* P(z) = p'(z) sum of mass * nu (c2 - e2) / (supply of good 2), nu the collateral's multiplier over that of ex-ante wealth, p = z^2 (Kilenthong and
 * Townsend), in their unit: with what the compiler calls rights_price, -P (z + p). */
static void price_of_rights(void) {
  Econ *m = solved("", "solve ex = equilibrium; solve op = equilibrium with rights_to_trade; solve so = optimum weights implied by op;");
  double nu = number(m, "op.mu_collateral[borrower]") / number(m, "op.mu_budget[borrower]@now"), z = sqrt(number(m, "op.p@later"));
  double P = 2 * z * 0.5 * nu * (number(m, "op.c[borrower,c2@later]") - 3) / (2 + number(m, "op.total(k)"));
  CLOSE(number(m, "op.rights_price@later"), -P * (z + z * z), 1e-9);
  CLOSE(number(m, "op.rights_price[c2]@later"), number(m, "op.rights_price"), 1e-15);
  CLOSE(number(m, "op.rights_payment[lender] + op.rights_payment[borrower]"), 0, 1e-12);
  /* the system of the planner at 1/lambda is that of op: the same point from another start */
  CLOSE(number(m, "so.total(k)"), number(m, "op.total(k)"), 1e-9);
  CLOSE(number(m, "so.welfare[borrower]"), number(m, "op.welfare[borrower]"), 1e-9);
  CU_ASSERT(number(m, "externality_gap(ex)") > 0.1 && number(m, "externality_gap(op)") < 1e-9);
  econ_close(m);
}

static int says(Econ *m, const char *words) {
  const char *text = NULL;
  int found = econ_explain(m, 0, NULL, &text) == ECON_OK && text && strstr(text, words) != NULL;
  if (!found) printf("explain does not say: %s\n%s", words, text ? text : "");
  return found;
}

/* Through a function, a ratio, a let; constraints of one type; what has no later price in it is not listed. */
static void found(void) {
  Econ *m = loaded("fn worth(x) = p@later*x; let rest = 0.9*worth(k@now); margin: Q*theta + 3*p*k >= -9;\n"
                   "  second @later: rest + theta@prev >= -0.5; ratio @later: c[c2]/p <= 40; plain @later: c[c1] <= 50; one[borrower] @later: p*c[c2] <= 60; least @later: theta@prev + 0.5*min(p, 2) >= -9;",
                   "solve ex = equilibrium;");
  CU_ASSERT(says(m, "collateral of H@later: restricts earlier choices by later prices"));
  CU_ASSERT(says(m, "second of H@later: restricts earlier choices by later prices"));
  CU_ASSERT(says(m, "ratio of H@later: binds later choices at later prices"));
  CU_ASSERT(says(m, "one of H@later: binds later choices at later prices"));
  CU_ASSERT(says(m, "least of H@later: restricts earlier choices by later prices"));           /* its slope in p is a number or none */
  CU_ASSERT(says(m, "p@later (1 price, 1 claim traded within"));
  const char *text = NULL;
  CU_ASSERT(econ_explain(m, 0, NULL, &text) == ECON_OK && !strstr(text, "plain of H@later:"));
  econ_close(m);
}

/* A limit of the lender's later choice: slack, a corner where it only just holds, and binding in ex. */
static void corners(void) {
  static const char *const ASK = "solve ex = equilibrium; solve op = equilibrium with rights_to_trade; solve free = equilibrium with rights_to_trade without cap;";
  Econ *m = solved("cap[lender] @later: c[c2] <= 1.7;", ASK);
  CLOSE(number(m, "ex.c[lender,c2@later]"), 1.7, 1e-9);
  CLOSE(number(m, "op.c[lender,c2@later]"), number(m, "free.c[lender,c2@later]"), 1e-9);       /* the corner at 1.7 is left */
  CU_ASSERT(number(m, "op.c[borrower,c2@later]") > 3);                                          /* nobody else is limited */
  econ_close(m);
  m = solved("cap[lender] @later: c[c2] <= 1.6;", ASK);
  CLOSE(number(m, "op.c[lender,c2@later]"), 1.6, 1e-9);                                         /* this one is best on both sides */
  CLOSE(number(m, "op.mu_cap[lender]"), 0, 1e-9);
  econ_close(m);
}

static void refused(void) {
  static const struct { const char *extra, *questions, *words; } CASE[] = {
      {"", "solve so = optimum weights {lender: 1, borrower: -1};", "a weight is a positive number"},
      {"envy @later: c[c1] <= 9*total(c[c1]);", "solve op = equilibrium with rights_to_trade;", "depends on what others do"},
      {"like @later: p*k@prev >= 0.01*k[H,lender]@prev;", "solve op = equilibrium with rights_to_trade;", "depends on what others do"},
  };
  for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
    Econ *m = loaded(CASE[i].extra, CASE[i].questions);
    EconExit s = econ_check(m);
    CU_ASSERT(s == ECON_WRONG && strstr(econ_diagnostics(m), CASE[i].words) != NULL);
    econ_close(m);
  }
}

UNIT_MAIN("rights", {"second order: maxima, saddles, saddles closed off", second}, {"the price of rights in closed form, the planner, the gap", price_of_rights},
          {"constraints in which prices stand, through what hides them", found}, {"corners of a later limit", corners}, {"what is refused", refused})
