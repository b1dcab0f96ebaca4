/* The value identity: exact numbers, monomials, and what the check says of right and of spoiled economies. */
#include "../../compiler/walras.h"
#include "economy_case.h"
#include "unit.h"
#include <math.h>
#include <string.h>

static int said(const Case *c, const char *id, const char *words) {
  int n = 0;
  for (unsigned i = 0; i < diag_count(c->cc->diags); i++) {
    const Diag *d = diag_get(c->cc->diags, i);
    n += !strcmp(d->id, id) && strstr(str_text(c->cc->strs, d->message), words) != NULL;
  }
  return n;
}
static int silent(const char *text) {
  Case c = open_case(text, 0, "walras");
  int good = c.e && !diag_count(c.cc->diags);
  if (!good) show_messages(&c);
  arena_free(c.mem);
  return good;
}
static int finds(const char *text, const char *id, const char *words) {
  Case c = open_case(text, 0, "walras");
  int n = said(&c, id, words);
  if (!n) show_messages(&c);
  arena_free(c.mem);
  return n;
}

static void numbers_are_read_as_meant(void) {
  uint64_t third = field_number(1.0 / 3), tenth = field_number(0.1);
  CU_ASSERT_EQUAL(field_add(third, field_add(third, third)), 1);
  CU_ASSERT_EQUAL(field_mul(tenth, 10), 1);
  CU_ASSERT_EQUAL(field_add(field_add(field_number(0.1), field_number(0.2)), field_number(0.7)), 1);
  CU_ASSERT_EQUAL(field_add(field_number(-2.5), field_number(2.5)), 0);
  CU_ASSERT_EQUAL(field_mul(field_number(1e-30), field_number(1e30)), 1);
  CU_ASSERT_EQUAL(field_mul(field_number(M_PI), field_inverse(field_number(M_PI))), 1);
  CU_ASSERT_EQUAL(field_number(NAN), 0);
  CU_ASSERT_EQUAL(field_inverse(0), 0);
  CU_ASSERT_EQUAL(field_power(2, 61), 1);
}

#define BOX "economy box; set H = {a, b}; good x numeraire, y; param t = 0.1, m[H] = {0.25, 0.75}, tr[H] = {0.3, -0.1};\n" \
            "data e[H, good] {\n      x y\n a 2 1\n b 1 3\n}\n"
#define CONSUMER(spent, received) "agent h in H mass m { choose c[good] >= 0; maximize log(c[x]) + log(c[y]); budget: " spent " = " received "; }\n"
#define DERIVED "market y price p; solve ex = equilibrium;\n"
#define WRITTEN "market y price p: total(c[y]) = total(e[y]); solve ex = equilibrium;\n"

static void what_is_right_is_silent(void) {
  CU_ASSERT(silent(BOX CONSUMER("c[x] + p*c[y]", "e[x] + p*e[y]") DERIVED));
  CU_ASSERT(silent(BOX CONSUMER("c[x] + p*c[y]", "e[x] + p*e[y]") WRITTEN));
  CU_ASSERT(silent(BOX CONSUMER("c[x] + p*(1 + t)*c[y]", "e[x] + p*e[y]") "agent state { choose g >= 0; budget: g = t*p*total(c[y]); }\n" DERIVED));
  CU_ASSERT(silent(BOX CONSUMER("c[x] + p*(1 + t)*c[y]", "e[x] + p*e[y] + T") "variable T; equation back: T = t*p*total(c[y]);\n" WRITTEN));
  CU_ASSERT(silent(BOX CONSUMER("c[x] + p*c[y]", "e[x] + p*e[y] + tr") DERIVED));                 /* adds to nothing over masses */
  CU_ASSERT(silent(BOX CONSUMER("c[x] + p*c[y]*total(c[x])/total(c[x])", "e[x] + p*e[y]") WRITTEN));
}

static void what_leaks_is_named(void) {
  CU_ASSERT(finds(BOX CONSUMER("c[x] + p*(1 + t)*c[y]", "e[x] + p*e[y]") WRITTEN, "walras.leak", "t*c[h,y]` is paid by H and received by nobody"));
  CU_ASSERT(finds(BOX CONSUMER("c[x] + p*(1 + t)*c[y]", "e[x] + p*e[y]") WRITTEN, "market.body-differs", "'y'"));
  CU_ASSERT(finds(BOX CONSUMER("c[x] + p*(1 + t)*c[y]", "e[x] + p*e[y]") DERIVED, "market.coefficient", "1.1 times"));
  CU_ASSERT(finds(BOX CONSUMER("(1 + t)*c[x] + p*c[y]", "e[x] + p*e[y]") DERIVED, "market.coefficient", "implied market of x 1.1 times"));
  CU_ASSERT(finds(BOX CONSUMER("c[x] + p*c[y]", "e[x] + e[y]") WRITTEN, "walras.leak", "`e[h,y]` stands in the budget of H without its price"));
  CU_ASSERT(finds(BOX CONSUMER("c[x] + p*c[y] + t", "e[x] + p*e[y]") DERIVED, "walras.leak", "`t` is paid by H"));
  CU_ASSERT(finds(BOX CONSUMER("c[x] + p*c[y] + (if h = a then t else 0)", "e[x] + p*e[y]") DERIVED, "walras.leak", "is paid by a and received by nobody"));
  CU_ASSERT(finds(BOX CONSUMER("c[x] + p*(1 + t)*c[y]", "e[x] + p*e[y] + T") "variable T; equation back: T = 2*t*p*total(c[y]);\n" WRITTEN, "walras.leak", "in full"));
}

#define MILL "economy mill; set H = {a, b}; good corn numeraire, labour; param s[H] = {0.4, 0.6}, al = 0.5;\n" \
             "firm mill { choose y >= 0, l >= 0; maximize y - w*l; technology: y <= l^al; }\n"
#define OWNER(received) "agent h in H { choose c >= 0, n in [0, 1]; maximize log(c) + log(1 - n); budget: c = " received "; }\n" \
                        "market labour price w; solve ex = equilibrium;\n"

static void profits_are_paid_out(void) {
  CU_ASSERT(silent(MILL OWNER("w*n + s*profit[mill]")));
  CU_ASSERT(silent(MILL OWNER("w*n + n/total(n)*profit[mill]")));
  CU_ASSERT(finds(MILL OWNER("w*n + 2*s*profit[mill]"), "walras.leak", "add to 2 over all budgets"));
  CU_ASSERT(finds(MILL OWNER("w*n"), "walras.leak", "profit of mill is received by nobody"));
  CU_ASSERT(silent("economy crs; good corn numeraire, labour; firm mill { choose y >= 0, l >= 0; maximize y - w*l; technology: y <= 2*l; }\n"
                   "agent h { choose c >= 0, n in [0, 1]; maximize log(c) + log(1 - n); budget: c = w*n; }\n"
                   "market labour price w; solve ex = equilibrium;\n"));
}

#define TREE "economy bond; set H = {a, b}; tree now -> later; good wheat numeraire; param one[H] = {1, 1.5};\n" \
             "data e[H, node] {\n   now later\n a 3 1\n b 1 3\n}\n"
#define SAVER(now, later) "agent h in H { choose c >= 0, b@now; maximize E[sum(date, log(c))]; budget @now: c + " now " = e; budget @later: c = e" later "; }\n" \
                          "market bond price q; solve ex = equilibrium;\n"

static void claims_pay_what_they_pay(void) {
  Case c = open_case(TREE SAVER("q*b", " + 0.5*b@prev"), 0, "walras");
  CU_ASSERT_FATAL(c.e != NULL);
  CU_ASSERT_EQUAL_FATAL(c.e->remarks.n, 1);
  CU_ASSERT_STRING_EQUAL(str_text(c.cc->strs, c.e->remarks.at[0]), "one unit of bond@now pays 0.5 at later");
  arena_free(c.mem);
  CU_ASSERT(finds(TREE SAVER("q*b", " - b@prev"), "walras.negative-payoff", "pays -1 at later"));
  CU_ASSERT(finds(TREE SAVER("q*b", ""), "walras.never-delivers", "bond@now"));
  CU_ASSERT(finds(TREE SAVER("q*b", " + one*b@prev"), "walras.leak", "at later"));
}

/* Costs in any units leave a firm some prices at which it earns, and some at which it does not. */
static void earnings_in_any_units(void) {
  static const char frame[] =
      "economy mine; good money numeraire; agent h { choose m >= 0, c >= 0; maximize m + %g*log(c); budget: m + p*c = %g + profit[mine]; }\n"
      "firm mine { choose y >= 0; maximize p*y - %g*y %s %g*y^2; }\n"
      "market ore price p; solve ex = equilibrium;\n";
  for (double cost = 1e-9; cost < 1e10; cost *= 10) {
    char text[600];
    snprintf(text, sizeof text, frame, cost, cost, cost, "-", cost);
    CU_ASSERT(silent(text));
  }
  char text[600];
  snprintf(text, sizeof text, frame, 1.0, 1.0, -2.0, "+", 1.0);
  CU_ASSERT(finds(text, "walras.leak", "y"));
}

static void gifts_and_debts(void) {
  CU_ASSERT(finds(TREE SAVER("b", " + b@prev") , "walras.leak", "may be negative"));
  CU_ASSERT(silent("economy stored; tree now -> later; good wheat numeraire;\n"
                   "agent h { choose c >= 0, k@now >= 0; maximize E[sum(date, log(c))]; budget: c + k = 1 + 0.9*k@prev; }\nsolve ex = equilibrium;\n"));
  CU_ASSERT(finds(BOX CONSUMER("c[x]", "e[x] + p*e[y]") DERIVED, "walras.leak", "is consumed by H and stands in no budget"));
  CU_ASSERT(finds(BOX CONSUMER("c[x]", "e[x]") WRITTEN, "walras.leak", "nobody pays the price 'p'"));
  CU_ASSERT(finds(BOX "agent h in H mass m { choose c[good] >= 0; maximize log(c[x]) + log(c[y]); budget: c[x] + p*c[y] = e[x] + p*e[y];\n"
                      "  budget again: c[x] + p*c[y] = e[x] + p*e[y]; }\n" WRITTEN, "walras.leak", "'again'"));
  CU_ASSERT(finds(BOX CONSUMER("c[x] + p*c[y]", "e[x]") DERIVED, "market.one-sided", "nobody sells"));
}

UNIT_MAIN("walras", {"numbers", numbers_are_read_as_meant}, {"right economies", what_is_right_is_silent}, {"earnings in any units", earnings_in_any_units}, {"leaks", what_leaks_is_named},
          {"profits", profits_are_paid_out}, {"claims", claims_pay_what_they_pay}, {"gifts and debts", gifts_and_debts})
