#include "wealth.h"
#include "agent.h"
#include "mcp.h"
#include <gsl/gsl_roots.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { ITERATIONS = 150, STEPS = 200, HALVINGS = 50 };
static const double TOLERANCE = 1e-12, ENOUGH = 1e-10;  /* relative residuals of the agent's conditions */
static const double FARTHEST = 1e12;                    /* budgets this many times the present one are not tried */
static const double CLOSE = 1e-14;                      /* relative to the budget: money that is nothing */

struct Wealth {
  const Problem *origin;
  uint32_t block, lane;
  Settings settings;
  Arena *mem;
  Problem sub;                        /* the agent alone: one block of one lane, everything given a parameter, the last of them t */
  Block own;
  Kernel kernel;
  System *sys;
  Mcp *mcp;
  AgentClass *agent;                  /* the problem form, loaded at x */
  uint32_t budget;                    /* slot of the ex-ante budget's multiplier */
  double size;                        /* of the budget: the sum of its terms at x */
  double *x, *first, *weight;         /* nown: the point at hand, the plan of x, scratch */
  double t;
};

const char *wealth_text(WealthStatus s) {
  static const char *const text[] = {
#define X(k, t) t,
      WEALTH_STATUS(X)
#undef X
  };
  return s < WEALTH_STATUS_N ? text[s] : "unknown";
}

/* ---- the agent alone as a problem -------------------------------------------------------------------------------------------------- */

static size_t unknown_name(void *ctx, uint32_t i, char *buf, size_t n) {
  const Wealth *w = ctx;
  return w->origin->names.unknown(w->origin->names.ctx, problem_own(&w->origin->block[w->block], i, w->lane), buf, n);
}

static size_t condition_name(void *ctx, uint32_t row, char *buf, size_t n) {
  const Wealth *w = ctx;
  return w->origin->names.condition(w->origin->names.ctx, problem_own(&w->origin->block[w->block], row, w->lane), buf, n);
}

static size_t lane_name(void *ctx, uint32_t block, uint32_t lane, char *buf, size_t n) {
  const Wealth *w = ctx;
  (void)block, (void)lane;
  return w->origin->names.lane(w->origin->names.ctx, w->block, w->lane, buf, n);
}

/* Output `out` of prog, given t (input `in`), becomes out + t, or out + |t|. */
static void add_money(Prog *prog, uint32_t out, uint32_t in, int size) {
  uint32_t t = prog->regs++, sum = prog->regs++;
  prog->ins[prog->n++] = (Ins){.op = OP_IN, .d = t, .a = in};
  if (size) prog->ins[prog->n++] = (Ins){.op = OP_ABS, .d = t, .a = t};
  prog->ins[prog->n++] = (Ins){.op = OP_ADD, .d = sum, .a = prog->out[out], .b = t};
  prog->out[out] = sum;
}

static Prog with_money(const Prog *from, uint32_t nown, uint32_t out, uint32_t in, int size, Arena *mem) {
  enum { MORE = 3 };
  uint32_t *own = ARENA_ARRAY(mem, uint32_t, nown + 1);
  for (uint32_t i = 0; own && i < nown; i++) own[i] = i;
  Prog slice = own ? prog_slice(from, own, nown, mem) : (Prog){0};
  Ins *ins = ARENA_ARRAY(mem, Ins, slice.n + MORE);
  if (!ins || slice.nout != nown) return (Prog){0};
  if (slice.n) memcpy(ins, slice.ins, slice.n * sizeof *ins);
  slice.ins = ins;
  add_money(&slice, out, in, size);
  return slice;
}

static void own_jacobian(Wealth *w, const Kernel *k) {
  Kernel *to = &w->kernel;
  uint32_t *out = ARENA_ARRAY(w->mem, uint32_t, k->nentry + 1);
  to->entry = ARENA_ARRAY(w->mem, Entry, k->nentry + 1);
  to->nentry = 0;
  if (!out || !to->entry) return;
  for (uint32_t e = 0; e < k->nentry; e++) {
    if (k->entry[e].out >= k->nown || k->in[k->entry[e].in].kind != IN_OWN) continue;
    out[to->nentry] = e;
    to->entry[to->nentry++] = k->entry[e];
  }
  to->jac = prog_slice(&k->jac, out, to->nentry, w->mem);
}

static void own_bounds(Wealth *w, const Kernel *k, const Block *b) {
  Kernel *to = &w->kernel;
  to->lower = ARENA_ARRAY(w->mem, double, k->nown + 1);
  to->upper = ARENA_ARRAY(w->mem, double, k->nown + 1);
  to->lower_col = to->upper_col = NULL;
  w->sub.fixed = ARENA_ARRAY(w->mem, double, k->nown + 1);
  if (arena_failed(w->mem)) return;
  for (uint32_t s = 0; s < k->nown; s++) {
    int low = k->lower_col && k->lower_col[s] != NO_INDEX, high = k->upper_col && k->upper_col[s] != NO_INDEX;
    to->lower[s] = low ? b->column[k->lower_col[s]][w->lane] : k->lower[s];
    to->upper[s] = high ? b->column[k->upper_col[s]][w->lane] : k->upper[s];
    w->sub.fixed[s] = w->origin->fixed ? w->origin->fixed[problem_own(b, s, w->lane)] : NAN;
  }
}

static int isolate(Wealth *w, const double *x) {
  const Problem *p = w->origin;
  const Block *b = &p->block[w->block];
  const Kernel *k = b->k;
  w->kernel = *k;
  w->kernel.nin = k->nin + 1;
  w->kernel.nshare = 0;
  w->kernel.share = NULL;
  w->kernel.in = ARENA_ARRAY(w->mem, Input, k->nin + 1);
  w->sub = (Problem){.kind = P_MCP, .nx = k->nown, .block = &w->own, .nblock = 1, .npar = k->nin + 1, .mem = w->mem};
  w->sub.par = ARENA_ARRAY(w->mem, double, k->nin + 1);
  w->own = (Block){.k = &w->kernel, .lanes = 1, .mass = ARENA_ARRAY(w->mem, double, 1)};
  w->sub.names = (Names){w, unknown_name, condition_name, lane_name, p->names.sought};
  if (arena_failed(w->mem)) return 1;
  w->own.mass[0] = b->mass ? b->mass[w->lane] : 1;
  for (uint32_t i = 0; i < k->nin; i++) {
    int own = k->in[i].kind == IN_OWN;
    w->kernel.in[i] = own ? k->in[i] : (Input){IN_PAR, i};
    w->sub.par[i] = own ? 0 : agent_input(p, b, i, w->lane, x, NULL);
  }
  w->kernel.in[k->nin] = (Input){IN_PAR, k->nin};
  w->kernel.value = with_money(&k->value, k->nown, w->budget, k->nin, 0, w->mem);
  w->kernel.terms = with_money(&k->terms, k->nown, w->budget, k->nin, 1, w->mem);
  own_jacobian(w, k);
  own_bounds(w, k, b);
  return arena_failed(w->mem);
}

static uint32_t ex_ante_budget(const Kernel *k) {
  for (uint32_t s = 0; k->flag && s < k->nown; s++)
    if (k->flag[s] & OWN_EX_ANTE) return s;
  return NO_INDEX;
}

static int begin(Wealth *w, const double *x) {
  const Block *b = &w->origin->block[w->block];
  uint32_t n = b->k->nown;
  w->x = ARENA_ARRAY(w->mem, double, n + 1);
  w->first = ARENA_ARRAY(w->mem, double, n + 1);
  w->weight = ARENA_ARRAY(w->mem, double, n + 1);
  if (arena_failed(w->mem) || isolate(w, x)) return 1;
  for (uint32_t s = 0; s < n; s++) w->x[s] = w->first[s] = x[problem_own(b, s, w->lane)];
  w->sys = system_new(&w->sub, w->mem);
  w->mcp = w->sys ? mcp_new(w->sys, w->mem) : NULL;
  w->agent = w->mcp ? agent_class(&w->sub, 0, w->sys->lower, w->sys->upper, w->mem) : NULL;
  if (!w->agent) return 1;
  agent_load(w->agent, 0, w->first);
  double *T = ARENA_ARRAY(w->mem, double, n + 1);
  if (!T) return 1;
  system_terms(w->sys, w->x, T, NULL);
  w->size = T[w->budget];
  for (uint32_t s = 0; s < n && !(w->size > 0 && isfinite(w->size)); s++)
    if (b->k->role[s] == ROLE_CHOICE) w->size = fabs(w->first[s]);
  if (!(w->size > 0) || !isfinite(w->size)) w->size = 1;
  return 0;
}

Wealth *wealth_new(const Problem *p, uint32_t block, uint32_t lane, const double *x, const Settings *s, Arena *mem, WealthStatus *why) {
  Wealth *w = ARENA_NEW(mem, Wealth);
  const Kernel *k = p->block[block].k;
  *why = WEALTH_NO_MEMORY;
  if (!w) return NULL;
  *w = (Wealth){.origin = p, .block = block, .lane = lane, .mem = mem, .budget = ex_ante_budget(k)};
  if (s) w->settings = *s;
  *why = !k->goal.nout ? WEALTH_NO_OBJECTIVE : w->budget == NO_INDEX ? WEALTH_NO_BUDGET : WEALTH_FOUND;
  if (*why != WEALTH_FOUND) return NULL;
  if (!begin(w, x)) return w;
  wealth_free(w);
  *why = WEALTH_NO_MEMORY;
  return NULL;
}

void wealth_free(Wealth *w) {
  if (w && w->mcp) mcp_free(w->mcp);
}

/* ---- one point -------------------------------------------------------------------------------------------------------------------- */

static double goal_here(Wealth *w) { return system_goal(w->sys, 0, 0, w->x, w->weight); }

/* Solves at t from the point at hand, which is kept where that fails. Nonzero: solved. */
static int move(Wealth *w, double t) {
  uint32_t n = w->kernel.nown;
  double keep = w->t, *from = ARENA_ARRAY(w->mem, double, n + 1);
  if (!from) return 0;
  memcpy(from, w->x, n * sizeof *from);
  Effort effort = effort_begin(&w->settings);
  McpOptions o = {.tol = TOLERANCE, .enough = ENOUGH, .iterations = ITERATIONS, .what = "an agent's problem at other wealth"};
  w->t = w->sub.par[w->kernel.nin - 1] = t;
  McpInfo info = mcp_solve(w->mcp, w->x, &o, &effort);
  if (info.status == ECON_SOLVED) {
    mcp_polish(w->mcp, w->x, NULL, NULL);
    if (isfinite(goal_here(w)) && system_domain(w->sys, w->x, NULL) > 0) return 1;
  }
  memcpy(w->x, from, n * sizeof *from);
  w->t = w->sub.par[w->kernel.nin - 1] = keep;
  return 0;
}

static WealthPoint point(Wealth *w, WealthStatus status) {
  WealthPoint here = {.status = status, .money = w->t, .welfare = goal_here(w), .gain = NAN, .plan = w->x};
  here.lambda = w->x[w->budget] * w->weight[w->budget];
  return here;
}

/* The point at hand, certified. */
static WealthPoint certified(Wealth *w) {
  Certificate cert;
  EconStatus status = problem_certify(&w->sub, w->x, &w->settings, w->mem, &cert, NULL);
  WealthPoint here = point(w, WEALTH_FOUND);
  here.gain = cert.gain;
  if (status == ECON_MEMORY) here.status = WEALTH_NO_MEMORY;
  else if (cert.claim[CLAIM_AGENT_GLOBAL].status == REFUTED) here.status = WEALTH_NOT_BEST;
  else if (!cert.accepted || cert.claim[CLAIM_AGENT_GLOBAL].status == NOT_CHECKED) here.status = WEALTH_NOT_SOLVED;
  return here;
}

/* Goes from the point at hand towards t, halving steps that fail. Nonzero: t was reached. */
static int walk(Wealth *w, double t) {
  for (int tries = 0; tries < STEPS && w->t != t; tries++) {
    double step = t - w->t;
    int half = 0;
    while (half < HALVINGS && !move(w, half ? w->t + step : t)) {
      step /= 2;
      half++;
    }
    if (half == HALVINGS || fabs(step) <= CLOSE * w->size) return 0;
  }
  return !(w->t < t || w->t > t);
}

WealthPoint wealth_at(Wealth *w, double t) {
  if (!move(w, w->t)) return point(w, WEALTH_NOT_SOLVED);
  if ((t < w->t || t > w->t) && !walk(w, t)) return point(w, WEALTH_NOT_SOLVED);
  return certified(w);
}

/* ---- the money for a welfare ------------------------------------------------------------------------------------------------------- */

/* Newton's method on the concave U(t) - welfare, between the largest t known to be too little and the smallest known to be too much. */
WealthPoint wealth_reach(Wealth *w, double welfare) {
  double low = -INFINITY, high = INFINITY, blocked = -INFINITY;       /* blocked: nothing was solved at or below it */
  if (!isfinite(welfare) || !move(w, w->t)) return point(w, WEALTH_NOT_SOLVED);
  for (int it = 0; it < STEPS; it++) {
    WealthPoint here = point(w, WEALTH_FOUND);
    double f = here.welfare - welfare, t = w->t;
    if (!isfinite(here.lambda) || here.lambda < 0) return point(w, WEALTH_NOT_SOLVED);
    double money = here.lambda > 0 ? fabs(f) / here.lambda : f < 0 || f > 0 ? INFINITY : 0;
    if (money <= 4 * CLOSE * (w->size + fabs(t))) break;
    if (f < 0) low = fmax(low, t);
    else high = fmin(high, t);
    if (high - low <= CLOSE * (w->size + fabs(t))) break;
    double most = w->size + fabs(t), next = t + (f < 0 ? fmin(money, most) : -fmin(money, most));
    if (f < 0 && t > FARTHEST * w->size) return point(w, WEALTH_TOO_HIGH);
    if (f > 0 && next <= blocked) next = blocked + (t - blocked) / 2;
    if (next <= low || next >= high) next = low + (high - low) / 2;
    if (f > 0 && t - next <= CLOSE * (w->size + fabs(t)) && low == -INFINITY) return point(w, WEALTH_TOO_LOW);
    int half = 0;
    for (; half < HALVINGS && !move(w, next); half++) {
      if (f > 0) blocked = fmax(blocked, next);
      next = t + (next - t) / 2;
    }
    if (half == HALVINGS) return point(w, f > 0 && low == -INFINITY ? WEALTH_TOO_LOW : WEALTH_NOT_SOLVED);
  }
  WealthPoint there = certified(w);
  double missed = there.lambda > 0 ? fabs(there.welfare - welfare) / there.lambda : fabs(there.welfare - welfare);
  if (there.status == WEALTH_FOUND && !(missed <= 1e-9 * (w->size + fabs(w->t)))) there.status = WEALTH_NOT_SOLVED;
  return there;
}

/* ---- quantities scaled ------------------------------------------------------------------------------------------------------------- */

typedef struct { Wealth *w; const uint8_t *scale; double welfare; double *y; } Scaling;

static double scaled_goal(const Scaling *c, double s) {
  AgentClass *a = c->w->agent;
  for (uint32_t i = 0; i < a->nchoice; i++) c->y[i] = c->scale[a->choice[i]] ? s * a->y[i] : a->y[i];
  if (!(agent_domain(a, c->y) > 0)) return NAN;
  return agent_goal(a, c->y);
}

static double excess(double z, void *ctx) {
  const Scaling *c = ctx;
  return scaled_goal(c, exp(z)) - c->welfare;
}

/* The same, finite everywhere: the library would end the program on a number that is not. */
static double finite_excess(double z, void *ctx) {
  double f = excess(z, ctx);
  return isnan(f) ? -DBL_MAX : fmin(fmax(f, -DBL_MAX), DBL_MAX);
}

/* Whether the objective rises as the marked choices grow in proportion. */
static int rises(const Scaling *c) {
  AgentClass *a = c->w->agent;
  double slope = 0, *grad = ARENA_ARRAY(c->w->mem, double, a->nchoice + 1);
  if (!grad) return 0;
  agent_gradient(a, a->y, grad);
  for (uint32_t i = 0; i < a->nchoice; i++)
    if (c->scale[a->choice[i]]) slope += grad[i] * a->y[i];
  return slope > 0;
}

static double brent(Scaling *c, double lo, double hi) {
  gsl_function f = {finite_excess, c};
  gsl_root_fsolver *s = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
  double z = NAN;
  if (s && gsl_root_fsolver_set(s, &f, lo, hi) == 0)
    for (int it = 0; it < STEPS; it++) {
      if (gsl_root_fsolver_iterate(s)) break;
      z = gsl_root_fsolver_root(s);
      if (gsl_root_test_interval(gsl_root_fsolver_x_lower(s), gsl_root_fsolver_x_upper(s), 1e-15, 1e-15) == 0) break;
    }
  if (s) gsl_root_fsolver_free(s);
  return z;
}

double wealth_scale(Wealth *w, const uint8_t *scale, double welfare, const char **why) {
  static const double MOST = 27.7;      /* log 1e12 */
  Scaling c = {w, scale, welfare, ARENA_ARRAY(w->mem, double, w->agent->nchoice + 1)};
  *why = NULL;
  agent_load(w->agent, 0, w->first);
  if (!c.y || !isfinite(welfare) || !isfinite(excess(0, &c))) *why = "its welfare there is not a number";
  else if (!rises(&c)) *why = "its welfare does not rise with that choice";
  if (*why) return NAN;
  double at = excess(0, &c), from = 0, to = at < 0 ? 0.01 : -0.01;
  if (!(at < 0 || at > 0)) return 1;
  for (;; to *= 2) {
    if (fabs(to) > MOST) {
      *why = at < 0 ? "no multiple of that choice reaches that welfare" : "however small a share of that choice is left, its welfare stays higher";
      return NAN;
    }
    double there = excess(to, &c);
    if (isnan(there)) {
      *why = "its objective is not defined where that choice is scaled as far as the welfare asks";
      return NAN;
    }
    if ((there < 0) != (at < 0)) break;
    from = to;
  }
  double z = brent(&c, fmin(from, to), fmax(from, to));
  if (isnan(z)) *why = "the scale was not found";
  return exp(z);
}
