/* starter.c: a first model to change: two types, two goods, one market. Its equilibrium is known in closed form. */
#include "starter.h"
#include <string.h>

/* The rows of the endowments, and whose they are. */
static const char agents[] =
    "       x  y\n"
    "  a    1  2\n"
    "  b    2  1\n"
    "}\n"
    "agent h in H {\n"
    "  choose c[good] >= 0;\n"
    "  maximize alpha*log(c[x]) + (1 - alpha)*log(c[y]);\n"
    "  budget: c[x] + p*c[y] = e[x] + p*e[y];\n"
    "}\n";

int starter_is_name(const char *name) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  size_t n = strlen(name);
  return n > 0 && n <= 200 && strspn(name, letters) > 0 && strspn(name, all) == n;
}

void starter_model(const char *name, Text *out) {
  text_printf(out, "economy %s \"Two types trade two goods\";\n", name);
  text_put(out,
           "# Run it with: econc run FILE. First-order conditions, multipliers and market clearing are derived; econc explain FILE shows them.\n"
           "set H = {a, b};                         # types of agents\n"
           "good x numeraire, y;                    # prices are in units of x\n"
           "param alpha[H] = {0.3, 0.6};            # weight of x in utility; change one with -D 'alpha[a]=0.4'\n"
           "data e[H, good] {                       # what each type owns\n");
  text_put(out, agents);
  text_put(out,
           "market y price p;                       # clears what the budgets trade at p\n"
           "\n"
           "solve ex = equilibrium;\n"
           "report c, p, welfare for ex;\n"
           "# Demand for y is (0.7*(1 + 2*p) + 0.4*(2 + p))/p, supply is 3: hence p = 1.25.\n"
           "expect ex: p = 1.25 within 1e-9;\n");
}

void starter_institution(const char *name, Text *out) {
  text_printf(out, "# %s: a tax on what a class spends on something, given back in equal amounts to so many people.\n", name);
  text_printf(out, "# Used by: use %s;  and  solve NAME = equilibrium with %s(CLASS, EXPRESSION, rate = 0.2, people = 2);\n", name, name);
  text_printf(out, "institution %s(agent payer, param base, param rate = 0.1, param people = 1) {\n", name);
  text_put(out,
           "  let revenue = total(rate*(base));         # what the class pays in all\n"
           "  extend agent payer {\n"
           "    extend budget: ... + rate*(base) = ... + revenue/people;   # `...` is what was there; who pays and who receives must agree\n"
           "  }\n"
           "}\n");
}

void starter_institution_test(const char *name, Text *out) {
  text_printf(out, "economy %s_test \"Two types trade two goods, one of them taxed\";\nuse %s;\n", name, name);
  text_put(out,
           "set H = {a, b};\n"
           "good x numeraire, y;\n"
           "param alpha[H] = {0.3, 0.6}, tax = 0.2;\n"
           "data e[H, good] {\n");
  text_put(out, agents);
  text_put(out,
           "market y price p;\n"
           "\n"
           "solve free  = equilibrium;\n");
  text_printf(out, "solve taxed = equilibrium with %s(H, p*c[y], tax, people = 2);\n", name);
  text_put(out,
           "report c, p, welfare for free, taxed;\n"
           "# Both get back half of tax*p*3. Demand for y is (0.7*(1 + 2*p + 1.5*tax*p) + 0.4*(2 + p + 1.5*tax*p))/((1 + tax)*p), supply 3.\n"
           "expect free: p = 1.25 within 1e-9;\n"
           "expect taxed: p = 1.5/(1.2 + 1.35*tax) within 1e-9;\n");
}
