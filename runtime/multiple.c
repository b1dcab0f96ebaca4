#include "multiple.h"
#include "draws.h"
#include "index.h"
#include "represent.h"
#include "start.h"
#include <gsl/gsl_qrng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_STARTS = 48, LONGER = 8, NEWTON_STEPS = 80, DEMAND_STEPS = 60, DEFLATED_STEPS = 120, SOBOL_MOST = 40, HALTON_MOST = 1229, MOST_KNOWN = 4096 };
static const double TOL = 1e-11, NEWTON_TOL = 1e-13, SAME = 1e-6, NEAR = 1e-3, ACCEPTED = 1e-9, WALRAS = 1e-6;

typedef struct {
  const Problem *p;
  const Settings *s;
  Multiple *out;
  Effort effort;
  Arena *work;
  double tol;
  uint32_t nx;
  System *sys;                        /* the problem */
  Mcp *mcp;
  Start *start;
  Problem given;                      /* the same with every price fixed: the agents' own problems */
  System *at_prices;
  Mcp *demand;
  Start *derive;
  uint32_t *price, nprice;            /* unknowns that are prices of goods, free to move */
  uint32_t *apart, napart;            /* unknowns in which deflation measures */
  double *centre;                     /* nx: where price vectors are drawn around */
  gsl_qrng *sequence; double *point, *turn;
  Deflation known;
  double *x, *half, *again, *along, *F, *T, *check;   /* along: the point followed over a grid of the one relative price */
  VEC(Solution) found;
  VEC(int) index;
  int walras;                         /* the value of excess demand was zero at every price vector tried */
  const char *why;                    /* why an equilibrium has no index */
} Hunt;

static void *heap_get(void *ctx, size_t size) { (void)ctx; return malloc(size); }
static void heap_put(void *ctx, void *chunk, size_t size) { (void)ctx; (void)size; free(chunk); }
static Arena *limited(const Settings *s) {
  Alloc a = {heap_get, heap_put, NULL, s->bytes};
  return arena_new(&a);
}

/* ---- what was found ------------------------------------------------------------------------------------------------------------ */

/* Sizes against which differences are judged: prices against the largest price, the rest against itself and one. */
static double size_of(const Hunt *h, const double *a, const double *b, uint32_t i, double price) {
  if (i < h->p->nglobal && h->p->global[i].kind == GLOBAL_PRICE) return price > 0.0 ? fmax(fmax(fabs(a[i]), fabs(b[i])), 1e-3 * price) : 1.0;
  return fmax(1.0, fmax(fabs(a[i]), fabs(b[i])));
}

static double largest_price(const Hunt *h, const double *x) {
  double most = 0.0;
  for (uint32_t i = 0; i < h->nprice; i++) most = fmax(most, fabs(x[h->price[i]]));
  return most;
}

/* The largest difference; loose (may be NULL): not in what the second leaves open. Multipliers follow from the rest, in units of utility
 * of any size. */
static double difference(const Hunt *h, const double *a, const double *b, const uint8_t *loose) {
  double most = 0.0, price = fmax(largest_price(h, a), largest_price(h, b));
  for (uint32_t i = 0; i < h->nx; i++)
    if (!(loose && loose[i]) && (i < h->p->nglobal || h->sys->role[i] == ROLE_CHOICE)) most = fmax(most, fabs(a[i] - b[i]) / size_of(h, a, b, i, price));
  return most;
}

/* Does every condition hold half way too? Then nothing tells the points apart. */
static int joined(Hunt *h, const double *a, const double *b) {
  for (uint32_t i = 0; i < h->nx; i++) h->half[i] = 0.5 * (a[i] + b[i]);
  return mcp_residual(h->mcp, h->half, NULL) <= ACCEPTED;
}

/* loose: what x leaves open, NULL where that is not known yet. Points that leave the same open are compared in the rest. */
static int is_known(Hunt *h, const double *x, const uint8_t *loose) {
  for (uint32_t k = 0; k < h->found.n; k++) {
    const Solution *s = &h->found.at[k];
    int alike = loose && s->cert.indeterminate && !memcmp(loose, s->loose, h->nx);
    double d = difference(h, x, s->x, alike ? loose : NULL);
    if (d <= SAME || (d <= NEAR && joined(h, x, s->x))) return 1;
  }
  return 0;
}

static void keep(Hunt *h, const Solution *s) {
  const char *why = NULL;
  VEC_PUSH(h->work, h->found, *s);
  int sign = s->cert.indeterminate ? 0 : index_of(h->sys, h->mcp, s->x, &why, h->out->mem);
  if (!sign && !h->why) h->why = s->cert.indeterminate ? "an equilibrium is not regular (some quantities are not determined there)" : why;
  VEC_PUSH(h->work, h->index, sign);
  h->known.known[h->known.n++] = s->x;
  h->out->since = 0;
}

/* h->x, at which the conditions hold, to its representative and the certificate. Returns 1 when it is a new solution. */
static int adopt(Hunt *h, const char *method, const McpInfo *info) {
  Solution s = {.mem = limited(h->s)};
  uint32_t dim = 0;
  if (!s.mem || h->found.n >= MOST_KNOWN) { arena_free(s.mem); return 0; }
  s.x = ARENA_ARRAY(s.mem, double, h->nx + 1);
  s.loose = ARENA_ARRAY(s.mem, uint8_t, h->nx + 1);
  if (arena_failed(s.mem)) { solution_free(&s); return 0; }
  if (is_known(h, h->x, NULL)) { solution_free(&s); return 0; }
  represent(h->sys, h->mcp, h->x, h->tol, s.loose, &dim, &h->effort);
  memcpy(s.x, h->x, sizeof *s.x * h->nx);
  if (!is_known(h, s.x, s.loose)) {
    s.status = problem_certify(h->p, s.x, h->s, s.mem, &s.cert, s.loose);
    s.tried[s.ntried++] = (Attempt){method, ECON_SOLVED, (uint32_t)info->iterations, info->residual};
    s.iterations = (uint32_t)info->iterations;
    if (s.cert.accepted && (s.status == ECON_SOLVED || s.status == ECON_INDETERMINATE) && !is_known(h, s.x, s.loose)) {
      keep(h, &s);
      return 1;
    }
  }
  solution_free(&s);
  return 0;
}

/* Newton from h->x; 1 when it led to a new solution. */
static int run(Hunt *h, int deflated, const char *method) {
  McpOptions o = {.tol = fmin(NEWTON_TOL, h->tol), .enough = h->tol, .iterations = deflated ? DEFLATED_STEPS : NEWTON_STEPS, .what = method};
  if (deflated) o.deflate = &h->known;
  McpInfo info = mcp_solve(h->mcp, h->x, &o, &h->effort);
  if (h->effort.stop != ECON_SOLVED || !(info.residual <= NEAR) || !(mcp_polish(h->mcp, h->x, NULL, NULL) <= h->tol)) return 0;
  return adopt(h, method, &info);
}

/* ---- starts -------------------------------------------------------------------------------------------------------------------- */

/* Solves the agents' problems at the prices that stand in x; `from` gives their first guess (x itself: as it stands). Returns 0 when
 * the conditions of all agents hold. */
static int demand_at(Hunt *h, double *x, const double *from) {
  McpOptions o = {.tol = 1e-12, .enough = 1e-9, .iterations = DEMAND_STEPS, .what = "demand at given prices"};
  for (uint32_t i = 0; i < h->p->nglobal; i++)
    if (h->at_prices->fixed[i]) h->at_prices->lower[i] = h->at_prices->upper[i] = x[i];
  for (uint32_t i = 0; from != x && i < h->nx; i++)
    if (!h->at_prices->fixed[i]) x[i] = from[i];
  if (mcp_solve(h->demand, x, &o, &h->effort).status == ECON_SOLVED) return 0;
  if (h->effort.stop != ECON_SOLVED) return 1;
  start_derive(h->derive, x, (StartKind){0.0, 0, 0}, &h->effort);
  return mcp_solve(h->demand, x, &o, &h->effort).status != ECON_SOLVED;
}

/* Walras' law, where demand is known: the value of supply less demand over all markets against its terms. */
static void watch_walras(Hunt *h, const double *x) {
  double sum = 0.0, size = 0.0;
  if (system_rows(h->sys, x, h->F, h->check) || system_terms(h->sys, x, h->T, h->T + h->nx)) return;
  for (uint32_t i = 0; i < h->p->ncheck; i++) {
    double price = h->p->check[i].price == NO_INDEX ? 1.0 : x[h->p->check[i].price];
    sum += price * h->check[i];
    size += fabs(price) * h->T[h->nx + i];
  }
  if (fabs(sum) > WALRAS * size) h->walras = 0;
}

/* The next price vector: a point of the simplex, raised to a power, times the prices drawn around. The last coordinate is the
 * numeraire's, or the price whose size is kept where prices are normalised by a sum. */
static void draw_prices(Hunt *h, unsigned k, double *x) {
  static const double POWER[] = {1.0, 2.0, 0.5, 4.0, 1.0, 8.0};
  double power = POWER[k % (sizeof POWER / sizeof *POWER)], most = largest_price(h, h->centre), last = 1.0;
  gsl_qrng_get(h->sequence, h->point);
  for (uint32_t i = 0; i <= h->nprice; i++) {
    double u = h->point[i] + h->turn[i];
    u -= floor(u);
    h->point[i] = pow(-log(fmin(fmax(u, 1e-12), 1.0 - 1e-12)), power);
  }
  last = fmax(h->point[h->nprice], 1e-12);
  for (uint32_t i = 0; i < h->nprice; i++)
    x[h->price[i]] = fmin(fmax(h->point[i] / last, 1e-12), 1e12) * fmax(h->centre[h->price[i]], 0.1 * most);
}

static int may_go_on(Hunt *h, const char *what) { return !effort_over(&h->effort, 0.0, what) && !arena_failed(h->work) && !arena_failed(h->out->mem); }

/* One start, plainly and with what is known deflated. */
static void one_start(Hunt *h, unsigned k) {
  static const char *const plain[] = {"Newton from another start", "Newton from a price vector"};
  static const char *const away[] = {"deflated Newton from another start", "deflated Newton from a price vector"};
  int prices = h->sequence && k % 3 != 2, repel = h->found.n > 0;
  h->out->starts++;
  h->out->since++;
  if (prices) {
    memcpy(h->x, h->centre, sizeof *h->x * h->nx);
    draw_prices(h, k, h->x);
    if (!demand_at(h, h->x, h->centre)) watch_walras(h, h->x);
  } else start_derive(h->start, h->x, (StartKind){0.4 + 0.4 * (k % 5), h->s->seed + 0x9e3779b97f4a7c15u * (k + 1), (int)(k / 3 % 2)}, &h->effort);
  memcpy(h->again, h->x, sizeof *h->x * h->nx);
  if (run(h, 0, plain[prices]) || !repel || !may_go_on(h, away[prices])) return;
  memcpy(h->x, h->again, sizeof *h->x * h->nx);
  run(h, 1, away[prices]);
}

/* ---- one relative price ---------------------------------------------------------------------------------------------------------- */

/* Is a single relative price free, so that excess demand is a function of one number? */
static int one_dimension(const Hunt *h) {
  uint32_t prices = 0, slacks = 0;
  for (uint32_t i = 0; i < h->p->nglobal; i++) {
    if (h->p->global[i].kind == GLOBAL_VARIABLE) return 0;
    prices += h->p->global[i].kind == GLOBAL_PRICE;
    slacks += h->p->global[i].kind == GLOBAL_SLACK;
  }
  return h->nprice == prices && prices == 1 + slacks && slacks <= 1;
}

/* The logarithm of the relative price of x to that of the centre. */
static double place_of(const Hunt *h, const double *x) {
  double t = log(x[h->price[0]] / h->centre[h->price[0]]);
  return h->nprice > 1 ? t - log(x[h->price[1]] / h->centre[h->price[1]]) : t;
}

/* Supply less demand at the relative price t, relative to its terms; NaN where the agents' problems were not solved. Leaves the point
 * in h->along, which also serves as the first guess. */
static double excess(Hunt *h, double t) {
  h->out->grid++;
  h->along[h->price[0]] = h->centre[h->price[0]] * exp(t);
  if (h->nprice > 1) h->along[h->price[1]] = h->centre[h->price[1]];
  int far = demand_at(h, h->along, h->along);
  if (!far) watch_walras(h, h->along);
  if (far || system_rows(h->sys, h->along, h->F, h->check) || system_terms(h->sys, h->along, h->T, h->T + h->nx)) return NAN;
  return h->F[h->price[0]] / h->T[h->price[0]];
}

static const Solution *solution_within(const Hunt *h, double a, double b) {
  for (uint32_t k = 0; k < h->found.n; k++) {
    double t = place_of(h, h->found.at[k].x);
    if (t > a && t < b) return &h->found.at[k];
  }
  return NULL;
}

/* Looks for solutions between a and b, with excess fa and fb: on either side of one that is known, else by bisection where the sign
 * changes. */
static void between(Hunt *h, double a, double fa, double b, double fb, int depth) {
  enum { DEEPEST = 8, HALVES = 26 };
  static const double BESIDE = 1e-5;
  const Solution *s = solution_within(h, a, b);
  if (depth > DEEPEST || isnan(fa) || isnan(fb) || !may_go_on(h, "over the relative price")) return;
  if (s) {
    double t = place_of(h, s->x);
    if (t - BESIDE > a) between(h, a, fa, t - BESIDE, excess(h, t - BESIDE), depth + 1);
    if (t + BESIDE < b) between(h, t + BESIDE, excess(h, t + BESIDE), b, fb, depth + 1);
    return;
  }
  if ((fa > 0.0) == (fb > 0.0)) return;
  double lo = a, hi = b;
  for (int k = 0; k < HALVES; k++) {
    double mid = 0.5 * (lo + hi), f = excess(h, mid);
    if (isnan(f)) return;
    if ((f > 0.0) == (fa > 0.0)) lo = mid;
    else hi = mid;
  }
  memcpy(h->x, h->along, sizeof *h->x * h->nx);
  if (run(h, 0, "bisection over the relative price") && solution_within(h, a, b)) between(h, a, fa, b, fb, depth + 1);
}

/* Between a and c excess comes nearer to zero at b without changing its sign: where is it nearest? */
static void touching(Hunt *h, const double *t, const double *f) {
  enum { SECTIONS = 40 };
  static const double GOLD = 0.6180339887498949;
  double a = t[0], c = t[2], sign = f[1] > 0.0 ? 1.0 : -1.0, x1 = c - GOLD * (c - a), x2 = a + GOLD * (c - a), f1 = excess(h, x1), f2 = excess(h, x2);
  for (int k = 0; k < SECTIONS && sign * f1 > 0.0 && sign * f2 > 0.0 && may_go_on(h, "over the relative price"); k++)
    if (sign * f1 < sign * f2) {
      c = x2, x2 = x1, f2 = f1;
      f1 = excess(h, x1 = c - GOLD * (c - a));
    } else {
      a = x1, x1 = x2, f1 = f2;
      f2 = excess(h, x2 = a + GOLD * (c - a));
    }
  double where = sign * f1 < sign * f2 ? x1 : x2, low = sign * f1 < sign * f2 ? f1 : f2;
  if (isnan(low)) return;
  if (sign * low <= 0.0) {
    between(h, t[0], f[0], where, low, 0);
    between(h, where, low, t[2], f[2], 0);
  } else if (fabs(low) <= ACCEPTED) {
    excess(h, where);
    memcpy(h->x, h->along, sizeof *h->x * h->nx);
    run(h, 0, "nearest to zero over the relative price");
  }
}

/* From the centre to one side; finer: closer points, and further out. */
static void follow(Hunt *h, double direction, int finer) {
  enum { MOST_POINTS = 600 };
  double t[MOST_POINTS], f[MOST_POINTS], step = finer ? 0.01 : 0.04, wider = finer ? 1.008 : 1.02, end = finer ? 27.0 : 20.0;
  int n = 0;
  memcpy(h->along, h->centre, sizeof *h->along * h->nx);
  for (double at = 0.0; n < MOST_POINTS && at <= end && may_go_on(h, "over the relative price"); at += step, step *= wider) {
    t[n] = direction * at;
    f[n] = excess(h, t[n]);
    n++;
  }
  for (int k = 0; k + 1 < n; k++) {
    if (direction > 0.0) between(h, t[k], f[k], t[k + 1], f[k + 1], 0);
    else between(h, t[k + 1], f[k + 1], t[k], f[k], 0);
  }
  for (int k = 1; k + 1 < n; k++) {
    double tk[3] = {t[k - 1], t[k], t[k + 1]}, fk[3] = {f[k - 1], f[k], f[k + 1]};
    int same = (f[k] > 0.0) == (f[k - 1] > 0.0) && (f[k] > 0.0) == (f[k + 1] > 0.0);
    if (direction < 0.0) tk[0] = t[k + 1], tk[2] = t[k - 1], fk[0] = f[k + 1], fk[2] = f[k - 1];
    if (same && fabs(f[k]) <= fabs(f[k - 1]) && fabs(f[k]) <= fabs(f[k + 1]) && !solution_within(h, tk[0], tk[2])) touching(h, tk, fk);
  }
}

/* ---- the search ---------------------------------------------------------------------------------------------------------------- */

/* Prices of goods are free to be drawn; those of claims, of any sign, clear their markets at them. */
static int fix_prices(Hunt *h) {
  h->given = *h->p;
  h->given.fixed = ARENA_ARRAY(h->work, double, h->nx + 1);
  h->price = ARENA_ARRAY(h->work, uint32_t, h->p->nglobal + 1);
  h->apart = ARENA_ARRAY(h->work, uint32_t, h->nx + 1);
  if (arena_failed(h->work)) return 1;
  for (uint32_t i = 0; i < h->nx; i++) h->given.fixed[i] = h->p->fixed ? h->p->fixed[i] : NAN;
  for (uint32_t i = 0; i < h->p->nglobal; i++) {
    const Global *g = &h->p->global[i];
    if (h->sys->fixed[i]) continue;
    if (g->kind == GLOBAL_PRICE || g->kind == GLOBAL_VARIABLE) h->apart[h->napart++] = i;
    if (g->kind == GLOBAL_SLACK) h->given.fixed[i] = 0.0;
    if (g->kind != GLOBAL_PRICE || !(g->lower == 0.0)) continue;
    h->price[h->nprice++] = i;
    h->given.fixed[i] = 1.0;
  }
  for (uint32_t i = h->p->nglobal; h->napart == 0 && i < h->nx; i++) h->apart[h->napart++] = i;
  return 0;
}

static void sequence_begin(Hunt *h) {
  uint32_t dims = h->nprice + 1;
  uint64_t state = h->s->seed;
  if (!h->nprice || dims > HALTON_MOST) return;
  h->point = ARENA_ARRAY(h->work, double, dims + 1);
  h->turn = ARENA_ARRAY(h->work, double, dims + 1);
  if (arena_failed(h->work)) return;
  for (uint32_t i = 0; i < dims; i++) h->turn[i] = draws_inside(&state);
  h->sequence = gsl_qrng_alloc(dims <= SOBOL_MOST ? gsl_qrng_sobol : gsl_qrng_reversehalton, dims);
}

static int hunt_begin(Hunt *h) {
  double **vec[] = {&h->x, &h->half, &h->again, &h->along, &h->centre};
  size_t rows = (size_t)h->nx + h->p->ncheck + 1;
  for (size_t i = 0; i < sizeof vec / sizeof *vec; i++) *vec[i] = ARENA_ARRAY(h->work, double, h->nx + 1);
  h->F = ARENA_ARRAY(h->work, double, rows);
  h->T = ARENA_ARRAY(h->work, double, rows);
  h->check = ARENA_ARRAY(h->work, double, h->p->ncheck + 1);
  h->known.known = ARENA_ARRAY(h->work, double *, MOST_KNOWN + 1);
  h->sys = system_new(h->p, h->work);
  if (!h->sys || fix_prices(h)) return 1;
  h->known.at = h->apart;
  h->known.dims = h->napart;
  h->mcp = mcp_new(h->sys, h->work);
  h->start = start_new(h->sys, h->work);
  h->at_prices = system_new(&h->given, h->work);
  if (!h->mcp || !h->start || !h->at_prices) return 1;
  h->demand = mcp_new(h->at_prices, h->work);
  h->derive = start_new(h->at_prices, h->work);
  sequence_begin(h);
  return !h->demand || !h->derive || arena_failed(h->work);
}

static int index_sum(const Hunt *h) {
  int sum = 0;
  for (uint32_t i = 0; i < h->index.n; i++) sum += h->index.at[i];
  return sum;
}

static int is_missing(const Hunt *h, int covered) { return covered && !h->why && h->walras && h->found.n && index_sum(h) != 1; }

static void search(Hunt *h, uint32_t starts, int covered) {
  for (int finer = 0; finer < 2 && one_dimension(h) && (!finer || is_missing(h, covered)); finer++) {
    follow(h, 1.0, finer);
    follow(h, -1.0, finer);
  }
  for (unsigned k = 0; may_go_on(h, "looking for other equilibria"); k++) {
    if (h->out->since >= (is_missing(h, covered) ? LONGER * starts : starts)) break;
    one_start(h, k);
  }
}

/* By the first price that differs, then by the first determined unknown that does. */
static int comes_before(const Hunt *h, const Solution *a, const Solution *b) {
  double price = fmax(largest_price(h, a->x), largest_price(h, b->x));
  for (int pass = 0; pass < 2; pass++)
    for (uint32_t i = 0; i < h->nx; i++) {
      int is_price = i < h->p->nglobal && h->p->global[i].kind == GLOBAL_PRICE;
      if (is_price != !pass || a->loose[i] || b->loose[i]) continue;
      if (fabs(a->x[i] - b->x[i]) > SAME * size_of(h, a->x, b->x, i, price)) return a->x[i] < b->x[i];
    }
  return 0;
}

static void give(Hunt *h) {
  Multiple *out = h->out;
  uint32_t n = h->found.n;
  out->of = ARENA_ARRAY(out->mem, Solution, n + 1);
  out->index = ARENA_ARRAY(out->mem, int, n + 1);
  if (!out->of || !out->index) {
    for (uint32_t i = 0; i < n; i++) solution_free(&h->found.at[i]);
    out->status = ECON_MEMORY;
    return;
  }
  for (uint32_t i = 0; i < n; i++) {
    uint32_t at = i;
    for (; at > 0 && comes_before(h, &h->found.at[i], &out->of[at - 1]); at--) {
      out->of[at] = out->of[at - 1];
      out->index[at] = out->index[at - 1];
    }
    out->of[at] = h->found.at[i];
    out->index[at] = h->index.at[i];
  }
  out->n = n;
  out->status = ECON_SOLVED;
  for (uint32_t i = 0; i < n; i++)
    if (out->of[i].status == ECON_INDETERMINATE) out->status = ECON_INDETERMINATE;
}

static void judge(Hunt *h, int covered, const char *why) {
  Multiple *out = h->out;
  out->sum = index_sum(h);
  out->known = INDEX_NOT_APPLIED;
  if (!covered) out->why = why;
  else if (!h->walras) out->why = "the value of excess demand is not zero at every price";
  else if (h->why) out->why = h->why;
  else out->known = out->sum == 1 ? INDEX_COMPLETE : INDEX_MISSING;
}

/* A witness that there is no equilibrium, or no time or memory left: no other start would help. */
static int is_final(EconStatus s) {
  return s == ECON_TIME || s == ECON_CANCELLED || s == ECON_MEMORY || s == ECON_INFEASIBLE || s == ECON_UNBOUNDED || s == ECON_NO_ALLOCATION || s == ECON_NOT_SUPPORTED;
}

static void hunt(Hunt *h, uint32_t starts) {
  const char *why = NULL;
  Solution first;
  EconStatus status = problem_solve(h->p, h->s, NULL, &first);
  int solved = (status == ECON_SOLVED || status == ECON_INDETERMINATE) && first.cert.accepted, covered = 0;
  h->out->starts = 1;
  if ((solved || !is_final(status)) && !hunt_begin(h)) {
    start_derive(h->start, h->centre, (StartKind){0.0, h->s->seed, 0}, &h->effort);
    covered = index_covers(h->p, &why, h->out->mem);
    if (solved) {
      keep(h, &first);
      for (uint32_t i = 0; i < h->nprice; i++)
        if (!(h->centre[h->price[i]] > 0.0) || !isfinite(h->centre[h->price[i]])) memcpy(h->centre, first.x, sizeof *h->centre * h->nx);
      if (covered) covered = index_concave(h->sys, first.x, &why, h->out->mem);
    } else if (covered) covered = index_concave(h->sys, h->centre, &why, h->out->mem);
    search(h, starts, covered);
  } else if (solved) {
    h->effort.stop = ECON_MEMORY;
    VEC_PUSH(h->work, h->found, first);
    VEC_PUSH(h->work, h->index, 0);
    why = "memory was used up";
  }
  if (h->found.n) give(h);
  else {
    h->out->none = first;
    h->out->status = first.status;
  }
  if (!solved && h->found.n) solution_free(&first);
  judge(h, covered, why);
  h->out->stop = arena_failed(h->work) || arena_failed(h->out->mem) ? ECON_MEMORY : h->effort.stop;
}

EconStatus multiple_solve(const Problem *p, const Settings *s, const MultipleOptions *o, Multiple *out) {
  static const Settings none = {0};
  if (!s) s = &none;
  *out = (Multiple){.status = ECON_MEMORY, .mem = limited(s)};
  Hunt h = {.p = p, .s = s, .out = out, .effort = effort_begin(s), .nx = p->nx, .tol = s->tol > 0.0 ? s->tol : TOL, .walras = 1};
  h.work = limited(s);
  if (out->mem && h.work) hunt(&h, o && o->starts ? o->starts : USUAL_STARTS);
  gsl_qrng_free(h.sequence);
  start_free(h.start);
  start_free(h.derive);
  mcp_free(h.mcp);
  mcp_free(h.demand);
  arena_free(h.work);
  return out->status;
}

void multiple_free(Multiple *m) {
  for (uint32_t i = 0; i < m->n; i++) solution_free(&m->of[i]);
  solution_free(&m->none);
  arena_free(m->mem);
  *m = (Multiple){0};
}
