/* pair.h: an economy whose gap is known in closed form. Two types of mass 1/2 with logarithmic tastes for two goods later, endowments e, and
 * money now that is worth one util: lambda = 1. Nothing is chosen before the later price p, so in an exchange at p
 *     s_h(p) = (e_h1/p - e_h2)/2,      V_h(p) = 2 log((e_h1 + p e_h2)/2) - log p,
 * and a club of weights m, 1-m clears where m s_1 + (1-m) s_2 = 0, which needs e_21/e_22 <= p <= e_11/e_12. With P* the price of rights at the equilibrium
 * p* = (e_11 + e_21)/(e_12 + e_22),
 *     G(p) = sum m_h(p) [V_h(p) - V_h(p*) + P* s_h(p*)],      G'(p*) = 0 gives P*,
 * and minus infinity elsewhere. */
#ifndef TEST_PAIR_H
#define TEST_PAIR_H
#include <math.h>

static const char pair[] =
    "economy pair \"Two types, one later price\";\n"
    "tree now -> later;\n"
    "good c1 numeraire, c2;\n"
    "set H = {one, two};\n"
    "param m[H] = 1/2;\n"
    "data e[H, good] {\n"
    "       c1  c2\n"
    "  one   4   1\n"
    "  two   1   2\n"
    "}\n"
    "agent h in H mass m {\n"
    "  choose d@now, c[good]@later >= 0;\n"
    "  maximize d@now + E[log(c[c1]@later) + log(c[c2]@later)];\n"
    "  budget @now: d = 1;\n"
    "  budget @later: c[c1] + p*c[c2] = e[c1] + p*e[c2];\n"
    "}\n"
    "market c2 @later price p;\n"
    "solve op = equilibrium with rights_to_trade;\n";

static const double PAIR_E[2][2] = {{4, 1}, {1, 2}};
static double pair_price(void) { return (PAIR_E[0][0] + PAIR_E[1][0]) / (PAIR_E[0][1] + PAIR_E[1][1]); }
static double pair_trade(int h, double p) { return (PAIR_E[h][0] / p - PAIR_E[h][1]) / 2; }
static double pair_worth(int h, double p) { return 2 * log((PAIR_E[h][0] + p * PAIR_E[h][1]) / 2) - log(p); }
static double pair_weight(double p) { return pair_trade(1, p) / (pair_trade(1, p) - pair_trade(0, p)); }

/* m s_1 + (1-m) s_2 = 0 differentiated: m' (s_1 - s_2) = -(m s_1' + (1-m) s_2'); with it G'(p*) = 0. */
static double pair_rights(void) {
  double p = pair_price(), both = 0, turned = 0;
  for (int h = 0; h < 2; h++) {
    both += (2 * PAIR_E[h][1] / (PAIR_E[h][0] + p * PAIR_E[h][1]) - 1 / p) / 2;
    turned += PAIR_E[h][0] / (2 * p * p) / 2;
  }
  return -both / turned;
}
/* G at p with the price of rights that the answer has. */
static double pair_gap(double p, double rights) {
  double m = pair_weight(p), at = pair_price(), sum = 0;
  for (int h = 0; h < 2; h++) sum += (h ? 1 - m : m) * (pair_worth(h, p) - pair_worth(h, at) + rights * pair_trade(h, at));
  return sum;
}
#endif
