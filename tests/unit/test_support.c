/* The support claim in an economy solved by hand (pair.h): right and wrong prices of rights, schedules, and what is said of a search. */
#include "pair.h"
#include "posed.h"
#include "runtime/support.h"
#include "unit.h"

/* The price of rights at which type h is indifferent to an exchange at p. */
static double pair_indifferent(int h, double p) {
  double at = pair_price();
  return (pair_worth(h, p) - pair_worth(h, at) + pair_rights() * pair_trade(h, at)) / pair_trade(h, p);
}
/* The largest value of the closed form over prices. */
static double largest(double rights, double *where) {
  double best = -INFINITY;
  for (double p = 0.5; p <= 4; p += 1e-4) {
    double g = pair_gap(p, rights);
    if (g <= best) continue;
    best = g;
    *where = p;
  }
  return best;
}

static void test_right(void) {
  Posed f;
  SupportGap g;
  posed(&f, pair);
  CU_ASSERT_FATAL(f.p != NULL);
  CU_ASSERT_EQUAL(support_gap(f.p, f.x, NULL, f.mem, &g), ECON_SOLVED);
  CU_ASSERT_DOUBLE_EQUAL(g.gap, 0, 1e-11);
  CU_ASSERT_EQUAL(g.unsolved, 0);
  CU_ASSERT_EQUAL(g.undecided, 0);
  CU_ASSERT_EQUAL(g.left, 0);
  CU_ASSERT(g.closed > 0);
  CU_ASSERT(g.slope < 1e-9);
  Claim *c = &f.r.sol.cert.claim[CLAIM_SUPPORT];
  CU_ASSERT_EQUAL(c->status, CHECKED);
  CU_ASSERT(c->bound < 1e-11);
  posed_free(&f);
}

/* Rights that cost nothing, too little or too much leave a gap, the closed form's, at its price, and the claim is refuted. */
static void test_wrong(void) {
  static const double off[] = {0.0844645551, -0.3, 0.2};
  Posed f;
  posed(&f, pair);
  CU_ASSERT_FATAL(f.p != NULL);
  double *x = ARENA_ARRAY(f.mem, double, f.p->nx + 1);
  uint32_t rights = f.p->exchange[0].rights[0];
  for (unsigned i = 0; i < sizeof off / sizeof *off; i++) {
    SupportGap g;
    Certificate cert;
    double where = 0;
    memset(&cert, 0, sizeof cert);
    memcpy(x, f.x, sizeof *x * f.p->nx);
    x[rights] += off[i];
    double most = largest(x[rights], &where);
    CU_ASSERT_EQUAL(support_gap(f.p, x, NULL, f.mem, &g), ECON_SOLVED);
    CU_ASSERT_DOUBLE_EQUAL(g.gap, most, 1e-7);
    CU_ASSERT_DOUBLE_EQUAL(g.price[0], where, 1e-2);
    CU_ASSERT_EQUAL(support_check(f.p, x, NULL, 1, f.mem, &cert), ECON_SOLVED);
    CU_ASSERT_EQUAL(cert.claim[CLAIM_SUPPORT].status, REFUTED);
    CU_ASSERT(cert.claim[CLAIM_SUPPORT].witness != NULL);
  }
  posed_free(&f);
}

/* The extent of a schedule: between the prices at which each type is indifferent where one type buys and the other sells; unbounded on one side where no
 * club can exist. */
static void test_schedule(void) {
  Posed f;
  double lo, hi, gap, price = 2;
  posed(&f, pair);
  CU_ASSERT_FATAL(f.p != NULL);
  CU_ASSERT_EQUAL(support_schedule(f.p, f.x, NULL, 0, &price, &lo, &hi, &gap), ECON_SOLVED);
  CU_ASSERT_DOUBLE_EQUAL(lo, fmin(pair_indifferent(0, 2), pair_indifferent(1, 2)), 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(hi, fmax(pair_indifferent(0, 2), pair_indifferent(1, 2)), 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(gap, pair_gap(2, pair_rights()), 1e-9);
  price = 5;
  CU_ASSERT_EQUAL(support_schedule(f.p, f.x, NULL, 0, &price, &lo, &hi, &gap), ECON_SOLVED);
  CU_ASSERT(isinf(gap) && gap < 0);
  CU_ASSERT(isinf(lo) && lo < 0);
  CU_ASSERT_DOUBLE_EQUAL(hi, fmin(pair_indifferent(0, 5), pair_indifferent(1, 5)), 1e-9);
  posed_free(&f);
}

/* Where the conditions do not hold nothing is searched, and it is said. */
static void test_not_looked_into(void) {
  Posed f;
  Certificate cert;
  memset(&cert, 0, sizeof cert);
  cert.claim[CLAIM_SUPPORT].status = NOT_CHECKED;
  posed(&f, pair);
  CU_ASSERT_FATAL(f.p != NULL);
  CU_ASSERT_EQUAL(support_check(f.p, f.x, NULL, 0, f.mem, &cert), ECON_SOLVED);
  CU_ASSERT_EQUAL(cert.claim[CLAIM_SUPPORT].status, NOT_CHECKED);
  CU_ASSERT(strstr(cert.claim[CLAIM_SUPPORT].method, "do not hold") != NULL);
  posed_free(&f);
}

/* The pair with each type several times, of equal masses and of others: the same gap, at the same prices, as with one of each. */
static void test_alike(void) {
  static const char *const masses[] = {"one 1/8\n two 1/4\n three 1/4\n four 1/4\n five 1/8\n", "one 0.3\n two 0.1\n three 0.05\n four 0.4\n five 0.15\n"};
  static const double off[] = {0.0844645551, -0.3};
  Posed single;
  posed(&single, pair);
  CU_ASSERT_FATAL(single.p != NULL);
  for (unsigned k = 0; k < sizeof masses / sizeof *masses; k++) {
    Posed many;
    Text t = {0};
    text_printf(&t, "economy many \"Two types, each several times\";\ntree now -> later;\ngood c1 numeraire, c2;\nset H = {one, two, three, four, five};\n"
      "data m[H] {\n %s}\ndata e[H, good] {\n c1 c2\n one 4 1\n two 1 2\n three 4 1\n four 1 2\n five 4 1\n}\n%s", masses[k], strstr(pair, "agent h"));
    posed(&many, t.at);
    text_free(&t);
    CU_ASSERT_FATAL(many.p != NULL);
    double *x = ARENA_ARRAY(single.mem, double, single.p->nx + 1), *y = ARENA_ARRAY(many.mem, double, many.p->nx + 1);
    for (unsigned i = 0; i < sizeof off / sizeof *off; i++) {
      SupportGap g, h;
      memcpy(x, single.x, sizeof *x * single.p->nx);
      memcpy(y, many.x, sizeof *y * many.p->nx);
      x[single.p->exchange[0].rights[0]] += off[i];
      y[many.p->exchange[0].rights[0]] += off[i];
      CU_ASSERT_EQUAL(support_gap(single.p, x, NULL, single.mem, &g), ECON_SOLVED);
      CU_ASSERT_EQUAL(support_gap(many.p, y, NULL, many.mem, &h), ECON_SOLVED);
      CU_ASSERT(g.gap > 0);
      CU_ASSERT_DOUBLE_EQUAL(h.gap, g.gap, 1e-11);
      CU_ASSERT_DOUBLE_EQUAL(h.price[0], g.price[0], 1e-4);
      CU_ASSERT_EQUAL(g.types, 2);
      CU_ASSERT_EQUAL(h.types, 2);
      CU_ASSERT_EQUAL(h.lanes, 5);
      CU_ASSERT(strstr(h.club, "one (") != NULL && strstr(h.club, "with 2 alike") != NULL);
    }
    posed_free(&many);
  }
  posed_free(&single);
}

UNIT_MAIN("support", {"right prices of rights", test_right}, {"wrong prices of rights", test_wrong}, {"schedules", test_schedule}, {"types that are alike", test_alike}, {"not looked into", test_not_looked_into})
