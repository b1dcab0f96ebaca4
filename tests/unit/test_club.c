/* Clubs in an economy solved by hand (pair.h): the exact gap, what the pull does to it, and prices at which no club can clear. */
#include "pair.h"
#include "posed.h"
#include "runtime/gap.h"
#include "unit.h"

typedef struct { Posed f; Gap g; Effort effort; Settings none; } Clubs;

static int begin(Clubs *c) {
  memset(c, 0, sizeof *c);
  posed(&c->f, pair);
  if (!c->f.p || !c->f.p->nexchange) return 1;
  c->effort = effort_begin(&c->none);
  c->g = (Gap){.p = c->f.p, .x = c->f.x, .effort = &c->effort, .mem = c->f.mem, .e = &c->f.p->exchange[0]};
  c->g.club = club_new(c->f.p, c->f.x, 0, NO_INDEX, c->f.mem);
  if (!c->g.club) return 1;
  c->g.budget = club_budget(c->g.club);
  return 0;
}
static void end(Clubs *c) {
  club_free(c->g.club);
  posed_free(&c->f);
}

static void test_home(void) {
  Clubs c;
  CU_ASSERT_FATAL(!begin(&c));
  CU_ASSERT_EQUAL(club_types(c.g.club), 2);
  CU_ASSERT_DOUBLE_EQUAL(c.f.x[c.g.e->price[0]], pair_price(), 1e-10);
  CU_ASSERT_DOUBLE_EQUAL(c.f.x[c.g.e->rights[0]], pair_rights(), 1e-10);
  Spot s = gap_spot(&c.g);
  gap_home(&c.g, &s);
  CU_ASSERT_EQUAL(gap_at(&c.g, &s), GAP_EXACT);
  CU_ASSERT_DOUBLE_EQUAL(s.gap, 0, 1e-12);
  CU_ASSERT_DOUBLE_EQUAL(club_weight(c.g.club, s.at, 0), 0.5, 1e-12);
  CU_ASSERT_DOUBLE_EQUAL(club_slope(c.g.club, s.at, 0), 0, 1e-10);
  end(&c);
}

/* Wherever a club clears: the gap, its weights and its slope. */
static void test_exact(void) {
  static const double at[] = {0.55, 0.8, 1.2, 1.6, 2, 3, 3.9};
  Clubs c;
  CU_ASSERT_FATAL(!begin(&c));
  for (unsigned i = 0; i < sizeof at / sizeof *at; i++) {
    Spot s = gap_spot(&c.g);
    double d = 1e-5, rights = pair_rights();
    gap_home(&c.g, &s);
    s.price[0] = at[i];
    CU_ASSERT_EQUAL(gap_at(&c.g, &s), GAP_EXACT);
    CU_ASSERT_DOUBLE_EQUAL(s.gap, pair_gap(at[i], rights), 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(club_weight(c.g.club, s.at, 0), pair_weight(at[i]), 1e-8);
    CU_ASSERT_DOUBLE_EQUAL(club_slope(c.g.club, s.at, 0), (pair_gap(at[i] + d, rights) - pair_gap(at[i] - d, rights)) / (2 * d), 1e-7);
  }
  end(&c);
}

/* Outside [1/2, 4] both types buy, or both sell, at any price of rights: there is no club, and it is said. */
static void test_none(void) {
  static const double at[] = {0.25, 0.45, 4.5, 8};
  Clubs c;
  CU_ASSERT_FATAL(!begin(&c));
  for (unsigned i = 0; i < sizeof at / sizeof *at; i++) {
    Spot s = gap_spot(&c.g);
    gap_home(&c.g, &s);
    s.price[0] = at[i];
    CU_ASSERT_EQUAL(gap_at(&c.g, &s), GAP_CLOSED);
    CU_ASSERT(s.gap < 0);
    gap_home(&c.g, &s);
    s.price[0] = at[i];
    gap_look(&c.g, &s);
    CU_ASSERT(!isnan(s.gap));
  }
  CU_ASSERT_EQUAL(c.g.unsolved, 0);
  end(&c);
}

/* The gain found under a pull bounds the gap from above, the more tightly the weaker the pull; its value does so from above again. */
static void test_bound(void) {
  Clubs c;
  CU_ASSERT_FATAL(!begin(&c));
  double last = INFINITY, exact = pair_gap(2.5, pair_rights()), price = 2.5;
  double *at = ARENA_ARRAY(c.f.mem, double, club_size(c.g.club) + 1);
  club_home(c.g.club, at);
  for (double pull = 10; pull > 1e-4; pull /= 10) {
    club_pull(c.g.club, pull);
    CU_ASSERT_FATAL(club_move(c.g.club, at, &price, 0, 1e-9, &c.effort) <= 1e-9);
    double g = club_gain(c.g.club, at), value = club_value(c.g.club, at);
    CU_ASSERT(g >= exact - 1e-12);
    CU_ASSERT(value >= g - 1e-12);
    CU_ASSERT(g <= last + 1e-12);
    CU_ASSERT(club_imbalance(c.g.club, at) > 0);
    last = g;
  }
  CU_ASSERT_DOUBLE_EQUAL(last, exact, 1e-3);
  end(&c);
}

/* At the answer's own schedule each type alone: the larger gain is what the closed forms say. */
static void test_respond(void) {
  Clubs c;
  CU_ASSERT_FATAL(!begin(&c));
  double price = 2.2, most = -INFINITY, rights = pair_rights(), home = pair_price();
  double *at = ARENA_ARRAY(c.f.mem, double, club_size(c.g.club) + 1);
  club_home(c.g.club, at);
  CU_ASSERT_FATAL(club_respond(c.g.club, at, &price, 8, 1e-9, &c.effort) <= 1e-9);
  for (int h = 0; h < 2; h++) most = fmax(most, pair_worth(h, price) - rights * pair_trade(h, price) - pair_worth(h, home) + rights * pair_trade(h, home));
  CU_ASSERT_DOUBLE_EQUAL(club_gain(c.g.club, at), most, 1e-9);
  end(&c);
}

UNIT_MAIN("club", {"at the answer", test_home}, {"the gap in closed form", test_exact}, {"where no club can exist", test_none}, {"bounds under a pull", test_bound}, {"types alone", test_respond})
