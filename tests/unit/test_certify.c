/* Small problems built by hand: a program builder, an exchange economy with a closed form, planted wrong answers, curvature, and
 * witnesses of failure. */
#include "runtime/curvature.h"
#include "runtime/diagnose.h"
#include "runtime/gain.h"
#include "runtime/problem.h"
#include "tests/unit/unit.h"
#include <math.h>
#include <stdarg.h>
#include <string.h>

/* A program under construction: every operation gets its own register. */
typedef struct { Ins ins[256]; uint32_t out[32], n, nout; } Build;

static uint32_t emit(Build *b, Opcode op, uint32_t a, uint32_t c, uint32_t d, double k) {
  b->ins[b->n] = (Ins){(uint16_t)op, b->n, a, c, d, k};
  return b->n++;
}
static uint32_t num(Build *b, double k) { return emit(b, OP_NUM, 0, 0, 0, k); }
static uint32_t in(Build *b, uint32_t i) { return emit(b, OP_IN, i, 0, 0, 0); }
static uint32_t op(Build *b, Opcode o, uint32_t x, uint32_t y) { return emit(b, o, x, y, 0, 0); }
static void out(Build *b, uint32_t r) { b->out[b->nout++] = r; }
static Prog prog(Build *b) { return (Prog){b->ins, b->n, b->n ? b->n : 1, b->out, b->nout}; }

/* The curvature of the first output in inputs 0 and 1 over [0, inf), inputs from 2 on constant. */
static Shape shape(Build *b, double c2, double c3) {
  static Shape reg[256];
  Interval positive = {0, INFINITY};
  Shape inputs[] = {shape_variable(positive), shape_variable(positive), shape_constant(interval_at(c2), 0), shape_constant(interval_at(c3), 0)};
  Prog p = prog(b);
  if (!b->nout) out(b, b->n - 1);
  p = prog(b);
  curvature_run(&p, inputs, reg, 0);
  return reg[p.out[0]];
}

/* gamma = 1 ? log c : c^(1-gamma)/(1-gamma), gamma input 2 */
static uint32_t crra(Build *b, uint32_t c) {
  uint32_t g = in(b, 2), one = num(b, 1), r = op(b, OP_SUB, one, g);
  uint32_t power = op(b, OP_DIV, op(b, OP_POW, c, r), r), log = op(b, OP_LOG, c, 0);
  return emit(b, OP_SEL, op(b, OP_EQ, g, one), log, power, 0);
}

/* (w x^r + (1-w) y^r)^(1/r), r input 2, w input 3 */
static uint32_t ces(Build *b) {
  uint32_t r = in(b, 2), w = in(b, 3), one = num(b, 1);
  uint32_t x = op(b, OP_WEIGH, w, op(b, OP_POW, in(b, 0), r)), y = op(b, OP_WEIGH, op(b, OP_SUB, one, w), op(b, OP_POW, in(b, 1), r));
  return op(b, OP_POW, op(b, OP_ADD, x, y), op(b, OP_DIV, one, r));
}

static int concave(Build *b, double c2, double c3) { return (shape(b, c2, c3).flag & SHAPE_AFFINE) == SHAPE_CONCAVE; }
static int convex(Build *b, double c2, double c3) { return (shape(b, c2, c3).flag & SHAPE_AFFINE) == SHAPE_CONVEX; }
static int neither(Build *b, double c2, double c3) { return !(shape(b, c2, c3).flag & SHAPE_AFFINE); }

static void test_curvature(void) {
  for (double g = 0.5; g < 5; g += 0.5) {
    Build b = {0};
    crra(&b, in(&b, 0));
    CU_ASSERT(concave(&b, g, 0));
  }
  for (int i = 0; i < 6; i++) {
    static const double r[] = {-3, -1, -0.25, 0.25, 0.5, 0.9};
    Build b = {0}, nested = {0};
    ces(&b);
    CU_ASSERT(concave(&b, r[i], 0.3));
    uint32_t c = ces(&nested), q = num(&nested, -2);       /* -(ces)^(-2): curvature three over a CES bundle */
    op(&nested, OP_NEG, op(&nested, OP_POW, c, q), 0);
    CU_ASSERT(concave(&nested, r[i], 0.3));
  }
  Build norm = {0};
  ces(&norm);
  CU_ASSERT(convex(&norm, 2, 0.3));
  Build cross = {0};
  op(&cross, OP_MUL, in(&cross, 0), in(&cross, 1));
  CU_ASSERT(neither(&cross, 0, 0));
  Build square = {0};
  op(&square, OP_POW, in(&square, 0), num(&square, 2));
  CU_ASSERT(convex(&square, 0, 0));
  Build squared = {0};
  uint32_t x = in(&squared, 0);
  op(&squared, OP_MUL, x, x);
  CU_ASSERT(convex(&squared, 0, 0));
  for (int i = 0; i < 2; i++) {                            /* x^a y^b: a + b = 1, then above one */
    Build cd = {0}, logs = {0};
    op(&cd, OP_MUL, op(&cd, OP_POW, in(&cd, 0), in(&cd, 2)), op(&cd, OP_POW, in(&cd, 1), in(&cd, 3)));
    uint32_t l = op(&logs, OP_MUL, in(&logs, 2), op(&logs, OP_LOG, in(&logs, 0), 0));
    op(&logs, OP_EXP, op(&logs, OP_ADD, l, op(&logs, OP_MUL, in(&logs, 3), op(&logs, OP_LOG, in(&logs, 1), 0))), 0);
    CU_ASSERT(i ? neither(&cd, 0.7, 0.6) : concave(&cd, 0.7, 0.3));
    CU_ASSERT(i ? neither(&logs, 0.7, 0.6) : concave(&logs, 0.7, 0.3));
  }
  Build effort = {0};                                      /* x - phi x^2/2 */
  uint32_t e = in(&effort, 0), phi = in(&effort, 2);
  op(&effort, OP_SUB, e, op(&effort, OP_DIV, op(&effort, OP_MUL, phi, op(&effort, OP_MUL, e, e)), num(&effort, 2)));
  CU_ASSERT(concave(&effort, 3, 0));
  Build stone = {0};                                       /* log(x - 2) */
  op(&stone, OP_LOG, op(&stone, OP_SUB, in(&stone, 0), num(&stone, 2)), 0);
  CU_ASSERT(concave(&stone, 0, 0));
  Build kink = {0};
  op(&kink, OP_MIN, in(&kink, 0), in(&kink, 1));
  CU_ASSERT(concave(&kink, 0, 0));
  Build inverse = {0};                                     /* 1/(x + y), 1/(1/x + 1/y) */
  op(&inverse, OP_DIV, num(&inverse, 1), op(&inverse, OP_ADD, in(&inverse, 0), in(&inverse, 1)));
  CU_ASSERT(convex(&inverse, 0, 0));
  Build mean = {0};
  uint32_t one = num(&mean, 1), s = op(&mean, OP_ADD, op(&mean, OP_DIV, one, in(&mean, 0)), op(&mean, OP_DIV, one, in(&mean, 1)));
  op(&mean, OP_DIV, one, s);
  CU_ASSERT(concave(&mean, 0, 0));
}

/* Enclosures hold the value computed and are tight. */
static void test_enclosure(void) {
  Build b = {0};
  ces(&b);
  out(&b, b.n - 1);
  Prog p = prog(&b);
  Shape reg[64], inputs[] = {shape_constant(interval_at(1.3), 0), shape_constant(interval_at(0.7), 0), shape_constant(interval_at(-1.5), 0),
                             shape_constant(interval_at(0.4), 0)};
  curvature_run(&p, inputs, reg, 1);
  Interval v = reg[p.out[0]].range;
  double exact = pow(0.4 * pow(1.3, -1.5) + 0.6 * pow(0.7, -1.5), 1 / -1.5);
  CU_ASSERT(v.lo < exact && exact < v.hi && v.hi - v.lo < 1e-13);
}

/* An exchange economy: log c1 + a log c2, endowments e1 and e2, good 1 the numeraire, p the price of good 2 in x[0]. Own slots:
 * c1, c2, multiplier. Inputs 0..2 own, 3 p, 4 e1, 5 e2, 6 a, 7 mass. With `power` the goal is (c1 c2)^power instead. */
enum { TYPES = 2 };
typedef struct {
  Build value, terms, jac, goal, grad, domain;
  Input input[8];
  Share share[3];
  Entry entry[16];
  uint32_t goal_in[2];
  uint8_t role[3], flag[3];
  double lower[3], upper[3];
  Kernel kernel;
  double data[4][TYPES], *column[4];
  Block block;
  Global global;
  Check check[2];
  double x[1 + 3 * TYPES];
  Problem p;
} Barter;

__attribute__((format(printf, 3, 4))) static size_t say(char *buf, size_t n, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  int wrote = vsnprintf(buf, n, fmt, ap);
  va_end(ap);
  return wrote < 0 ? 0 : (size_t)wrote;
}
static size_t name_unknown(void *ctx, uint32_t i, char *buf, size_t n) {
  static const char *slot[] = {"c1", "c2", "lambda"};
  (void)ctx;
  return i ? say(buf, n, "%s[%s]", slot[(i - 1) / TYPES], (i - 1) % TYPES ? "borrower" : "lender") : say(buf, n, "p");
}
static size_t name_condition(void *ctx, uint32_t i, char *buf, size_t n) {
  const Problem *p = ctx;
  if (i >= p->nx) return say(buf, n, "market %s", i - p->nx ? "c2" : "c1");
  char name[64];
  name_unknown(ctx, i, name, sizeof name);
  return say(buf, n, "condition of %s", name);
}
static size_t name_lane(void *ctx, uint32_t block, uint32_t lane, char *buf, size_t n) {
  (void)ctx;
  (void)block;
  return say(buf, n, "%s", lane ? "borrower" : "lender");
}

static void build_rows(Build *b, int terms) {
  Opcode minus = terms ? OP_ADD : OP_SUB;
  uint32_t c1 = in(b, 0), c2 = in(b, 1), mu = in(b, 2), p = in(b, 3), e1 = in(b, 4), e2 = in(b, 5), a = in(b, 6), m = in(b, 7), one = num(b, 1);
  uint32_t x1 = op(b, minus, e1, c1), x2 = op(b, minus, e2, c2), s2 = op(b, OP_MUL, m, x2);
  out(b, op(b, minus, mu, op(b, OP_DIV, one, c1)));
  out(b, op(b, minus, op(b, OP_MUL, mu, p), op(b, OP_DIV, a, c2)));
  out(b, op(b, OP_ADD, x1, op(b, OP_MUL, p, x2)));
  out(b, s2);
  out(b, op(b, OP_MUL, m, x1));
  out(b, s2);
}

static void build_jacobian(Barter *E) {
  Build *b = &E->jac;
  uint32_t n = 0, c1 = in(b, 0), c2 = in(b, 1), mu = in(b, 2), p = in(b, 3), e2 = in(b, 5), a = in(b, 6), m = in(b, 7), one = num(b, 1);
#define D(row, by, reg) (out(b, (reg)), E->entry[n++] = (Entry){row, by})
  D(0, 0, op(b, OP_DIV, one, op(b, OP_MUL, c1, c1)));
  D(0, 2, one);
  D(1, 1, op(b, OP_DIV, a, op(b, OP_MUL, c2, c2)));
  D(1, 2, p);
  D(1, 3, mu);
  D(2, 0, op(b, OP_NEG, one, 0));
  D(2, 1, op(b, OP_NEG, p, 0));
  D(2, 3, op(b, OP_SUB, e2, c2));
  D(3, 1, op(b, OP_NEG, m, 0));
  D(4, 0, op(b, OP_NEG, m, 0));
  D(5, 1, op(b, OP_NEG, m, 0));
#undef D
  E->kernel.entry = E->entry;
  E->kernel.nentry = n;
}

static void build_goal(Barter *E, double power) {
  Build *b = &E->goal, *d = &E->grad;
  uint32_t c1 = in(b, 0), c2 = in(b, 1), a = in(b, 6), one = num(b, 1);
  if (power > 0) out(b, op(b, OP_POW, op(b, OP_MUL, c1, c2), num(b, power)));
  else out(b, op(b, OP_ADD, op(b, OP_LOG, c1, 0), op(b, OP_MUL, a, op(b, OP_LOG, c2, 0))));
  for (int s = 0; s < 3; s++) out(b, one);
  c1 = in(d, 0); c2 = in(d, 1); a = in(d, 6); one = num(d, 1);
  if (power > 0) {
    uint32_t u = op(d, OP_MUL, num(d, power), op(d, OP_POW, op(d, OP_MUL, c1, c2), num(d, power)));
    out(d, op(d, OP_DIV, u, c1));
    out(d, op(d, OP_DIV, u, c2));
  } else {
    out(d, op(d, OP_DIV, one, c1));
    out(d, op(d, OP_DIV, a, c2));
  }
  E->goal_in[0] = 0;
  E->goal_in[1] = 1;
}

/* Fills E with the economy and its equilibrium: p = a E1/E2, wealth w = e1 + p e2, c1 = w/(1 + a), c2 = a w/(1 + a)/p. */
static void exchange(Barter *E, double power) {
  static const double e[2][TYPES] = {{3, 1}, {2, 4}}, taste = 0.5;
  memset(E, 0, sizeof *E);
  build_rows(&E->value, 0);
  build_rows(&E->terms, 1);
  build_jacobian(E);
  build_goal(E, power);
  out(&E->domain, in(&E->domain, 0));
  out(&E->domain, in(&E->domain, 1));
  for (uint32_t i = 0; i < 3; i++) E->input[i] = (Input){IN_OWN, i};
  E->input[3] = (Input){IN_X, 0};
  for (uint32_t i = 0; i < 4; i++) E->input[4 + i] = (Input){IN_COLUMN, i};
  E->share[0] = (Share){0, 0};
  E->share[1] = (Share){1, 0};
  E->share[2] = (Share){2, 0};
  for (int s = 0; s < 3; s++) { E->lower[s] = 0; E->upper[s] = INFINITY; }
  E->role[2] = ROLE_BUDGET;
  E->flag[2] = OWN_EX_ANTE;
  static uint32_t none[] = {NO_INDEX, NO_INDEX, NO_INDEX};
  Kernel *k = &E->kernel;
  k->in = E->input; k->nin = 8; k->nown = 3; k->share = E->share; k->nshare = 3;
  k->value = prog(&E->value); k->terms = prog(&E->terms); k->jac = prog(&E->jac);
  k->goal = prog(&E->goal); k->goal_grad = prog(&E->grad); k->goal_in = E->goal_in; k->ngoal_in = 2; k->domain = prog(&E->domain);
  k->role = E->role; k->flag = E->flag; k->lower = E->lower; k->upper = E->upper; k->lower_col = none; k->upper_col = none;
  for (int c = 0; c < 4; c++) {
    E->column[c] = E->data[c];
    for (int t = 0; t < TYPES; t++) E->data[c][t] = c < 2 ? e[c][t] : c == 2 ? taste : 1;
  }
  E->block = (Block){.k = k, .lanes = TYPES, .base = 1, .column = E->column, .ncolumn = 4, .mass = E->data[3]};
  E->global = (Global){GLOBAL_PRICE, 0, INFINITY, GLOBAL_CLEARING};
  E->check[0] = (Check){NO_INDEX, 0, 1, 0};
  E->check[1] = (Check){0, 0, 0, 0};
  E->p = (Problem){.kind = P_MCP, .nx = 1 + 3 * TYPES, .global = &E->global, .nglobal = 1, .check = E->check, .ncheck = 2,
                   .block = &E->block, .nblock = 1, .names = {&E->p, name_unknown, name_condition, name_lane, NULL}};
  double price = taste * (e[0][0] + e[0][1]) / (e[1][0] + e[1][1]);
  E->x[0] = price;
  for (int t = 0; t < TYPES; t++) {
    double w = e[0][t] + price * e[1][t];
    E->x[1 + t] = w / (1 + taste);
    E->x[1 + TYPES + t] = taste * w / (1 + taste) / price;
    E->x[1 + 2 * TYPES + t] = (1 + taste) / w;
  }
}

static Certificate certify(Barter *E, Arena *mem) {
  Certificate c;
  Settings s = {.seed = 1};
  problem_certify(&E->p, E->x, &s, mem, &c, NULL);
  return c;
}

static void test_equilibrium(void) {
  static Barter E;
  Arena *mem = arena_new(NULL);
  exchange(&E, 0);
  Certificate c = certify(&E, mem);
  CU_ASSERT(c.accepted);
  CU_ASSERT(c.claim[CLAIM_CONDITIONS].status == CHECKED && c.residual < 1e-14);
  CU_ASSERT(c.claim[CLAIM_CLEARING].status == CHECKED && c.clearing < 1e-14);
  CU_ASSERT(c.claim[CLAIM_AGENT_GLOBAL].status == PROVED && c.gain < 1e-10);
  CU_ASSERT(c.nworst == 8);
  arena_free(mem);
}

static void test_planted(void) {
  static Barter E;
  Arena *mem = arena_new(NULL);
  for (int plant = 0; plant < 6; plant++) {
    exchange(&E, 0);
    if (plant == 0) E.x[0] *= 1 + 1e-4;
    if (plant == 1)
      for (int s = 0; s < 2; s++) {
        double t = E.x[1 + 2 * s];
        E.x[1 + 2 * s] = E.x[2 + 2 * s];
        E.x[2 + 2 * s] = t;
      }
    if (plant == 2) E.x[1 + 2 * TYPES] = 0;
    if (plant == 3) E.x[3] = NAN;
    if (plant == 4) E.x[0] = -E.x[0];
    if (plant == 5) E.x[1] += 1e-6;
    Certificate c = certify(&E, mem);
    CU_ASSERT(!c.accepted && c.claim[CLAIM_CONDITIONS].status == REFUTED);
    CU_ASSERT(c.claim[CLAIM_CONDITIONS].witness != NULL);
  }
  arena_free(mem);
}

/* The market that the reduced system leaves out is checked all the same. */
static void test_implied_market(void) {
  static Barter E;
  Arena *mem = arena_new(NULL);
  exchange(&E, 0);
  E.value.ins[E.value.out[4]].op = OP_ADD;                 /* the implied market counts e1 - c1 + mass: it cannot clear */
  Certificate c = certify(&E, mem);
  CU_ASSERT(!c.accepted && c.claim[CLAIM_CLEARING].status == REFUTED && c.claim[CLAIM_CONDITIONS].status == CHECKED);
  CU_ASSERT(c.claim[CLAIM_CLEARING].witness && strstr(c.claim[CLAIM_CLEARING].witness, "c1"));
  arena_free(mem);
}

/* What is left over at price zero may be disposed of where it is a good, not where it is a claim: what one is short of another one holds. */
static void test_disposal(void) {
  static Barter E;
  Arena *mem = arena_new(NULL);
  for (uint8_t claim = 0; claim < 2; claim++) {
    exchange(&E, 0);
    E.check[1].equality = claim;
    E.x[0] = 0;
    for (int t = 0; t < TYPES; t++) {
      E.data[2][t] = 0;                                    /* nobody has a taste for it */
      E.x[1 + t] = E.data[0][t];
      E.x[1 + TYPES + t] = 0.5;
      E.x[1 + 2 * TYPES + t] = 1 / E.data[0][t];
    }
    Certificate c = certify(&E, mem);
    CU_ASSERT(c.claim[CLAIM_CONDITIONS].status == CHECKED);
    CU_ASSERT(c.accepted == !claim && c.claim[CLAIM_CLEARING].status == (claim ? REFUTED : CHECKED));
  }
  arena_free(mem);
}

/* The slack of a normalisation that is not zero hides a market that does not clear. */
static void test_slack(void) {
  static Barter E;
  Arena *mem = arena_new(NULL);
  exchange(&E, 0);
  E.global.kind = GLOBAL_SLACK;
  Certificate c = certify(&E, mem);
  CU_ASSERT(!c.accepted && c.claim[CLAIM_CONDITIONS].status == REFUTED && c.worst[0].row == 0);
  arena_free(mem);
}

/* A goal no rule covers: (c1 c2)^0.9 is quasi-concave, and the same plan is best with a = 1 but not with a = 1/2. The conditions
 * stay those of the logarithms, so only the search can tell. */
static void test_search(void) {
  static Barter E;
  Arena *mem = arena_new(NULL);
  exchange(&E, 0.9);
  Certificate c = certify(&E, mem);
  CU_ASSERT(!c.accepted && c.claim[CLAIM_AGENT_GLOBAL].status == REFUTED && c.gain > 1e-3);
  CU_ASSERT(c.claim[CLAIM_AGENT_GLOBAL].witness && strstr(c.claim[CLAIM_AGENT_GLOBAL].witness, " gains "));
  for (int t = 0; t < TYPES; t++) E.data[2][t] = 1;
  E.x[0] = 4.0 / 6;
  for (int t = 0; t < TYPES; t++) {
    double w = E.data[0][t] + E.x[0] * E.data[1][t];
    E.x[1 + t] = w / 2;
    E.x[1 + TYPES + t] = w / 2 / E.x[0];
    E.x[1 + 2 * TYPES + t] = 2 / w;
  }
  c = certify(&E, mem);
  CU_ASSERT(c.accepted && c.claim[CLAIM_AGENT_GLOBAL].status == EVIDENCE && c.gain < 1e-7);
  arena_free(mem);
}

/* Asks why E has no answer; returns the sentence, in mem. */
static const char *why(Barter *E, EconStatus expected, Arena *mem) {
  char *said = NULL;
  EconStatus status = problem_diagnose(&E->p, E->x, NULL, mem, &said);
  CU_ASSERT_EQUAL(status, expected);
  CU_ASSERT(said != NULL);
  return said ? said : "";
}

static void test_infeasible(void) {
  static Barter E;
  Arena *mem = arena_new(NULL);
  exchange(&E, 0);
  E.lower[0] = 2;
  E.upper[0] = 1;
  const char *s = why(&E, ECON_INFEASIBLE, mem);
  CU_ASSERT(strstr(s, "c1[lender]") && strstr(s, "lower bound is 2"));
  exchange(&E, 0);                                         /* subsistence of one of each, and the borrower owns nothing */
  E.lower[0] = E.lower[1] = 1;
  E.data[0][1] = E.data[1][1] = 0;
  s = why(&E, ECON_INFEASIBLE, mem);
  CU_ASSERT(strstr(s, "borrower can afford nothing") != NULL);
  exchange(&E, 0);                                         /* the budget becomes c1 = e1 - c2 - 10 whatever p is: no plan */
  Build *b = &E.value;
  uint32_t left = op(b, OP_SUB, op(b, OP_SUB, 9, in(b, 1)), num(b, 10));
  E.value.out[2] = left;
  E.kernel.value = prog(b);
  s = why(&E, ECON_INFEASIBLE, mem);
  CU_ASSERT(strstr(s, "lender has no feasible plan") != NULL);
  arena_free(mem);
}

static void test_no_allocation(void) {
  static Barter E;
  Arena *mem = arena_new(NULL);
  exchange(&E, 0);
  E.lower[1] = 4;
  const char *s = why(&E, ECON_NO_ALLOCATION, mem);
  CU_ASSERT(strstr(s, "market c2") && strstr(s, "at least 8") && strstr(s, "at most 6"));
  arena_free(mem);
}

static void test_unbounded(void) {
  static Barter E;
  Arena *mem = arena_new(NULL);
  exchange(&E, 0);
  E.value.out[2] = 9;                                      /* the budget forgets good 2: register 9 is e1 - c1 */
  const char *s = why(&E, ECON_UNBOUNDED, mem);
  CU_ASSERT(strstr(s, "lender can raise c2[lender] for ever") != NULL);
  arena_free(mem);
}

/* Two claims that pay the same at prices q and 2 q: buying two of the first against one of the second costs nothing at any q. Own
 * slots: c0, c1, a, b, two multipliers; input 6 is q. `same`: both at q, where there is nothing to gain for ever. */
static EconStatus two_bonds(int same, const char **said, Arena *mem) {
  static Build value, terms, jac, goal, grad, domain;
  Build *all[] = {&value, &terms, &jac, &goal, &grad, &domain};
  for (int i = 0; i < 6; i++) *all[i] = (Build){0};
  Build *b = &value;
  uint32_t one = num(b, 1), c0 = in(b, 0), c1 = in(b, 1), x = in(b, 2), y = in(b, 3), q = in(b, 6);
  uint32_t cost = op(b, OP_ADD, op(b, OP_MUL, q, x), op(b, OP_MUL, op(b, OP_MUL, num(b, same ? 1 : 2), q), y));
  for (int i = 0; i < 4; i++) out(b, in(b, (uint32_t)i));
  out(b, op(b, OP_SUB, op(b, OP_SUB, one, c0), cost));
  out(b, op(b, OP_SUB, op(b, OP_ADD, one, op(b, OP_ADD, x, y)), c1));
  out(b, x);
  for (int i = 0; i < 7; i++) out(&terms, num(&terms, 1));
  for (uint32_t i = 0; i < 7; i++) out(&goal, i ? num(&goal, 1) : op(&goal, OP_ADD, op(&goal, OP_LOG, in(&goal, 0), 0), op(&goal, OP_LOG, in(&goal, 1), 0)));
  for (uint32_t i = 0; i < 2; i++) {
    out(&grad, op(&grad, OP_DIV, num(&grad, 1), in(&grad, i)));
    out(&domain, in(&domain, i));
  }
  Input input[] = {{IN_OWN, 0}, {IN_OWN, 1}, {IN_OWN, 2}, {IN_OWN, 3}, {IN_OWN, 4}, {IN_OWN, 5}, {IN_X, 0}};
  Share share[] = {{1, 0}};
  uint32_t goal_in[] = {0, 1}, none[] = {NO_INDEX, NO_INDEX, NO_INDEX, NO_INDEX, NO_INDEX, NO_INDEX};
  uint8_t role[] = {ROLE_CHOICE, ROLE_CHOICE, ROLE_CHOICE, ROLE_CHOICE, ROLE_BUDGET, ROLE_BUDGET}, flag[] = {0, 0, 0, 0, OWN_EX_ANTE, 0};
  double low = -INFINITY, lower[] = {0, 0, low, low, low, low}, upper[6], start[] = {0.7, 1, 1, 0, 0, 1, 1};
  for (int i = 0; i < 6; i++) upper[i] = INFINITY;
  Kernel k = {.in = input, .nin = 7, .nown = 6, .share = share, .nshare = 1, .value = prog(&value), .terms = prog(&terms), .jac = prog(&jac),
              .goal = prog(&goal), .goal_grad = prog(&grad), .goal_in = goal_in, .ngoal_in = 2, .domain = prog(&domain), .role = role,
              .flag = flag, .lower = lower, .upper = upper, .lower_col = none, .upper_col = none};
  Block block = {.k = &k, .lanes = 1, .base = 1};
  Global price = {GLOBAL_PRICE, low, INFINITY, GLOBAL_CLEARING};
  Check check = {0, 1, 0, 0};
  Problem p = {.kind = P_MCP, .nx = 7, .global = &price, .nglobal = 1, .check = &check, .ncheck = 1, .block = &block, .nblock = 1};
  char *text = NULL;
  EconStatus status = problem_diagnose(&p, start, NULL, mem, &text);
  *said = text ? text : "";
  return status;
}

static void test_arbitrage(void) {
  Arena *mem = arena_new(NULL);
  const char *said;
  CU_ASSERT_EQUAL(two_bonds(0, &said, mem), ECON_UNBOUNDED);
  CU_ASSERT(strstr(said, "raise unknown 3") && strstr(said, "lower unknown 4"));
  CU_ASSERT_EQUAL(two_bonds(1, &said, mem), ECON_STALLED);
  arena_free(mem);
}

/* Nothing is wrong with the economy: no reason is invented, and the worst conditions are named. */
static void test_stalled(void) {
  static Barter E;
  Arena *mem = arena_new(NULL);
  exchange(&E, 0);
  E.x[0] *= 1.5;
  const char *s = why(&E, ECON_STALLED, mem);
  CU_ASSERT(strstr(s, "condition of") != NULL);
  E.x[2] = NAN;
  s = why(&E, ECON_STALLED, mem);
  CU_ASSERT(strstr(s, "is not defined") != NULL);
  arena_free(mem);
}

UNIT_MAIN("certify", {"curvature", test_curvature}, {"enclosure", test_enclosure}, {"equilibrium", test_equilibrium}, {"planted answers", test_planted},
          {"implied market", test_implied_market}, {"claims are not disposed of", test_disposal}, {"slack", test_slack}, {"search", test_search}, {"infeasible", test_infeasible}, {"no allocation", test_no_allocation},
          {"unbounded", test_unbounded}, {"arbitrage", test_arbitrage}, {"stalled", test_stalled})
