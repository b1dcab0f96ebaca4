/* starter.c: a first model to change: two types, two goods, one market. Its equilibrium is known in closed form. */
#include "starter.h"
#include <string.h>

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
           "data e[H, good] {                       # what each type owns\n"
           "       x  y\n"
           "  a    1  2\n"
           "  b    2  1\n"
           "}\n"
           "agent h in H {\n"
           "  choose c[good] >= 0;\n"
           "  maximize alpha*log(c[x]) + (1 - alpha)*log(c[y]);\n"
           "  budget: c[x] + p*c[y] = e[x] + p*e[y];\n"
           "}\n"
           "market y price p;                       # clears what the budgets trade at p\n"
           "\n"
           "solve ex = equilibrium;\n"
           "report c, p, welfare for ex;\n"
           "# Demand for y is (0.7*(1 + 2*p) + 0.4*(2 + p))/p, supply is 3: hence p = 1.25.\n"
           "expect ex: p = 1.25 within 1e-9;\n");
}
