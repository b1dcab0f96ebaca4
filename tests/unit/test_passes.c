/* Passes from economy to economy: derived markets, claims, implied markets, normalisations, conditions, counting, and the text form. */
#include "economy_case.h"
#include "unit.h"
#include <string.h>


static const char fire_sale[] =
    "economy fire_sale \"Fire sales\";\n"
    "fn crra(c, g) = if g = 1 then log(c) else c^(1 - g)/(1 - g);\n"
    "set H = {lender, borrower}; tree now -> later; good c1 numeraire, c2;\n"
    "param gamma = 2, beta = 1, R = 1, m[H] = 1/2;\n"
    "data e[H, good, node] {\n        c1@now c2@now c1@later c2@later\n lender 3 3 1 1\n borrower 1 1 3 3\n}\n"
    "agent h in H mass m {\n"
    "  choose c[good] >= 0, k@now >= 0, theta@now;\n"
    "  maximize E[sum(date, beta^date*sum(g in good, crra(c[g], gamma)))];\n"
    "  budget: c[c1] + p*(c[c2] + k) + Q*theta = e[c1] + theta@prev + p*(e[c2] + R*k@prev);\n"
    "  collateral @later: p*R*k@prev + theta@prev >= 0;\n"
    "}\n"
    "market c2 price p; market promise price Q;\n"
    "solve fb = equilibrium without collateral; solve ex = equilibrium;\n";

static void close_case(Case *c) {
  if (!c->e) show_messages(c);
  arena_free(c->mem);
}

static int has_diag(const Case *c, const char *id) {
  for (unsigned i = 0; i < diag_count(c->cc->diags); i++)
    if (!strcmp(diag_get(c->cc->diags, i)->id, id)) return 1;
  return 0;
}
static const Market *market(const Case *c, const char *name) {
  for (uint32_t i = 0; i < c->e->markets.n; i++)
    if (!strcmp(str_text(c->cc->strs, economy_at(c->e, c->e->markets.at[i].sym)->name), name)) return &c->e->markets.at[i];
  return NULL;
}
static int prints(const Case *c, const Expr *f, const char *want) {
  Text t = {0};
  expr_print(c->e, f, &t);
  int same = t.at && !strcmp(t.at, want);
  if (!same) printf("\n    printed  %s\n    expected %s\n", t.at, want);
  text_free(&t);
  return same;
}

static void derived_markets(void) {
  Case c = open_case(fire_sale, 1, "markets");
  CU_ASSERT_FATAL(c.e != NULL);
  const Market *goods = market(&c, "c2"), *promise = market(&c, "promise"), *implied = market(&c, "c1");
  CU_ASSERT_FATAL(goods && promise && implied);
  CU_ASSERT(prints(&c, goods->demand, "total(c[h,c2]@n + k[h]@n)"));
  CU_ASSERT(prints(&c, goods->supply, "total(e[h,c2]@n + R*k[h]@prev)"));
  CU_ASSERT(!goods->equality && !goods->claim && goods->from == MARKET_DERIVED);
  CU_ASSERT(prints(&c, promise->demand, "total(theta[h]@n)"));
  CU_ASSERT(ex_is_num(promise->supply, 0));
  CU_ASSERT(promise->equality && promise->claim);
  CU_ASSERT_EQUAL(economy_volume(c.e, promise->price), 1);       /* at the first node alone */
  CU_ASSERT_EQUAL(economy_volume(c.e, goods->price), 2);
  CU_ASSERT(implied->from == MARKET_IMPLIED && !implied->price);
  CU_ASSERT(prints(&c, implied->demand, "total(c[h,c1]@n)"));
  CU_ASSERT(prints(&c, implied->supply, "total(e[h,c1]@n)"));
  CU_ASSERT_EQUAL(c.e->normalisations.n, 0);                     /* the numeraire's own terms anchor prices */
  close_case(&c);
}

static void questions_change_their_own_clone(void) {
  Case c = open_case(fire_sale, 0, NULL);
  CU_ASSERT_FATAL(c.e != NULL);
  const Agent *a = &c.e->agents.at[0], *before = &c.model->economy->agents.at[0];
  CU_ASSERT(a->constraints.at[1].dropped && !before->constraints.at[1].dropped);
  CU_ASSERT_EQUAL(a->conditions.n, 4);                           /* c, k, theta and the budget */
  CU_ASSERT_EQUAL(before->conditions.n, 0);
  close_case(&c);
}

static void conditions_of_agents(void) {
  Case c = open_case(fire_sale, 1, NULL);
  CU_ASSERT_FATAL(c.e != NULL);
  const Agent *a = &c.e->agents.at[0];
  CU_ASSERT_EQUAL_FATAL(a->conditions.n, 5);
  Text t = {0};
  explain_text(c.e, 0, &t);
  CU_ASSERT(t.at && strstr(t.at, "0 <= c[h,c1]@n  complements  mu_budget[h]@n - (if gamma = 1 then 1/c[h,c1]@n else c[h,c1]@n^(-gamma)) >= 0"));
  CU_ASSERT(t.at && strstr(t.at, "0 <= mu_collateral[h]@later  complements"));
  text_free(&t);
  explain_latex(c.e, 0, &t);
  CU_ASSERT(t.at && strstr(t.at, "\\begin{document}") && strstr(t.at, "\\end{document}"));
  text_free(&t);
  close_case(&c);
}

static void text_reads_back(void) {
  static const char *const after[] = {"weave", "markets", "kkt", "count"};
  for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
    Case c = open_case(fire_sale, 1, after[i]);
    Text once = {0}, twice = {0};
    CU_ASSERT_FATAL(c.e != NULL);
    ir_write(c.e, &once);
    const Source *s = source_text(c.cc->sources, "case.ir", once.at, once.n);
    Economy *back = ir_read(c.cc, s, c.mem);
    CU_ASSERT_FATAL(back != NULL);
    ir_write(back, &twice);
    CU_ASSERT_STRING_EQUAL(once.at, twice.at);
    text_free(&once);
    text_free(&twice);
    close_case(&c);
  }
}

static void broken_text_is_refused(void) {
  Case c = open_case(fire_sale, 1, NULL);
  Text t = {0};
  CU_ASSERT_FATAL(c.e != NULL);
  ir_write(c.e, &t);
  for (size_t cut = 0; cut + 2 < t.n; cut += 97) {               /* every prefix is broken, and none may do harm */
    Arena *mem = arena_new(NULL);
    const Source *s = source_text(c.cc->sources, "cut.ir", t.at, cut);
    CU_ASSERT(ir_read(c.cc, s, mem) == NULL);
    arena_free(mem);
  }
  text_free(&t);
  close_case(&c);
}

static const char box[] =
    "economy box \"Exchange\"; set H = {ann, bob}; good bread, wine; \n"
    "data e[H, good] {\n bread wine\n ann 3 1\n bob 1 3\n}\n"
    "agent h in H { choose c[good] >= 0; maximize sum(g in good, log(c[g])); budget: sum(g in good, p[g]*c[g]) = sum(g in good, p[g]*e[g]); }\n"
    "market g in good price p;\n";

static void numeraire_where_nobody_said_one(void) {
  char text[1024];
  snprintf(text, sizeof text, "%s solve ex = equilibrium;", box);
  Case c = open_case(text, 0, NULL);
  CU_ASSERT_FATAL(c.e != NULL);
  CU_ASSERT_EQUAL_FATAL(c.e->normalisations.n, 1);
  CU_ASSERT(c.e->normalisations.at[0].derived && c.e->normalisations.at[0].slack != 0);
  CU_ASSERT(has_diag(&c, "numeraire.chosen"));
  CU_ASSERT_EQUAL(c.e->markets.at[0].slack, c.e->normalisations.at[0].slack);
  close_case(&c);
  snprintf(text, sizeof text, "%s numeraire p[bread] = 1; solve ex = equilibrium; solve other = equilibrium numeraire {p[wine] = 2};", box);
  for (uint32_t q = 0; q < 2; q++) {
    c = open_case(text, q, NULL);
    CU_ASSERT_FATAL(c.e != NULL);
    uint32_t live = 0;
    for (uint32_t i = 0; i < c.e->normalisations.n; i++) live += !c.e->normalisations.at[i].dropped;
    CU_ASSERT_EQUAL(live, 1);
    CU_ASSERT(!has_diag(&c, "numeraire.chosen"));
    close_case(&c);
  }
}

static void counting(void) {
  char text[1024];
  snprintf(text, sizeof text, "%s variable t, s; equation one: t = 1; solve ex = equilibrium;", box);
  Case c = open_case(text, 0, NULL);
  CU_ASSERT(c.e == NULL && has_diag(&c, "count.variables"));
  arena_free(c.mem);
  snprintf(text, sizeof text, "%s variable t, s; equation one: t = s + 1; equation two: t = 2; solve ex = equilibrium;", box);
  c = open_case(text, 0, NULL);
  CU_ASSERT_FATAL(c.e != NULL);
  CU_ASSERT_STRING_EQUAL(str_text(c.cc->strs, economy_at(c.e, c.e->equations.at[0].perp)->name), "s");
  CU_ASSERT_STRING_EQUAL(str_text(c.cc->strs, economy_at(c.e, c.e->equations.at[1].perp)->name), "t");
  close_case(&c);
}

/* Positions of any sign clear with equality though they never deliver; hours that are sold, and trades that consumption is made of, do not. */
static void positions_are_claims(void) {
  static const char frame[] =
      "economy bubble \"Nothing\"; tree now -> later; good wheat numeraire; agent ann { choose c >= 0, b@now%s; maximize E[sum(date, log(c))];\n"
      "  budget: c + q*b = 1; %s }\n"
      "market paper price q; solve ex = equilibrium;\n";
  static const struct { const char *bound, *limit; int claim; } is[] = {{"", "credit @now: b >= -1;", 1}, {" >= -1", "", 1}, {" >= 0", "", 0}, {"", "made @now: c >= b;", 0}};
  for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
    char text[1024];
    snprintf(text, sizeof text, frame, is[i].bound, is[i].limit);
    Case c = open_case(text, 0, "markets");
    CU_ASSERT_FATAL(c.e != NULL);
    const Market *m = market(&c, "paper");
    CU_ASSERT_FATAL(m != NULL);
    CU_ASSERT_EQUAL(m->claim, is[i].claim);
    CU_ASSERT_EQUAL(m->equality, is[i].claim);
    close_case(&c);
  }
}

static void nonlinear_prices_are_refused(void) {
  static const char text[] =
      "economy box \"Exchange\"; good bread numeraire, wine; agent ann { choose c[good] >= 0; maximize log(c[bread]) + log(c[wine]); budget: c[bread] + p^2*c[wine] = 1 + p; }\n"
      "market wine price p; solve ex = equilibrium;\n";
  Case c = open_case(text, 0, NULL);
  CU_ASSERT(c.e == NULL && has_diag(&c, "market.nonlinear"));
  arena_free(c.mem);
}

static void minima_become_bounds(void) {
  static const char text[] =
      "economy legs \"Perfect complements\"; good bread numeraire, wine; agent ann { choose c[good] >= 0; maximize log(min(c[bread], 2*c[wine])); budget: c[bread] + p*c[wine] = 1 + p; }\n"
      "market wine price p; solve ex = equilibrium;\n";
  Case c = open_case(text, 0, NULL);
  CU_ASSERT_FATAL(c.e != NULL);
  CU_ASSERT_EQUAL(c.e->agents.at[0].choices.n, 2);
  CU_ASSERT_EQUAL(c.e->agents.at[0].constraints.n, 3);
  CU_ASSERT(!has_diag(&c, "kink.not-smooth"));
  close_case(&c);
}

UNIT_MAIN("passes", {"markets that follow from budgets", derived_markets}, {"questions change their own clone", questions_change_their_own_clone}, {"conditions of agents", conditions_of_agents},
          {"the text form reads back", text_reads_back}, {"broken text is refused", broken_text_is_refused}, {"a numeraire where nobody said one", numeraire_where_nobody_said_one},
          {"variables and equations are counted", counting}, {"positions are claims", positions_are_claims}, {"prices must enter budgets linearly", nonlinear_prices_are_refused}, {"minima become bounds", minima_become_bounds})
