#include "mcp.h"
#include "scaled.h"
#include <math.h>
#include <string.h>

struct Mcp {
  System *s;
  Arena *mem;
  uint32_t n;
  Scaled *linear;
  uint8_t *log;                       /* solved in y = log(x - lower) */
  uint8_t *kind;                      /* of a row: what it is measured against */
  double *F, *T, *phi, *trial, *d;
  double *spare, *best;               /* NULL until they are needed */
  double *da, *db;                    /* d phi / d(x - bound) in units of x's scale, d phi / d(F/T); from weigh_matrix on db is divided by T */
  double *unit;                       /* column scale in x: the change that moves some row by all of its terms */
};

enum { MEMORY = 4, HALVINGS = 30, CUT_TRIALS = 6, PATIENCE = 60 };
static const double LARGEST_LOG_STEP = 2.0, ARMIJO = 1e-4, SINGULAR_RCOND = 1e-14, WILD_STEP = 60, CUT_DECREASE = 0.95;
static const double CLOSE = 1e-7;               /* a residual from which the active-set polish does better than damped steps */

/* The multiplier of a budget: the marginal value of wealth, positive wherever a budget binds. */
static int is_budget(const System *s, uint32_t i) {
  return i >= s->p->nglobal && s->role[i] == ROLE_BUDGET && !(s->lower[i] > 0.0) && !isfinite(s->upper[i]);
}

/* The origin of an unknown's logarithm. */
static double floor_of(const Mcp *m, uint32_t i) { return isfinite(m->s->lower[i]) ? m->s->lower[i] : 0.0; }

enum { ANCHOR = 1, MARKET = 2, MAY_VANISH = 4 };

/* Rows whose terms cannot all vanish at once: stationarity and budgets. The others (a position in a claim is at least the debt) may
 * have nothing but zeros in them, and are measured against what healthy rows say about their unknowns. Markets are healthy too unless
 * they are for claims that nobody trades. */
static int is_anchor(const System *s, uint32_t i) {
  return i >= s->p->nglobal && !s->fixed[i] && (s->role[i] == ROLE_CHOICE || s->role[i] == ROLE_BUDGET);
}

static int is_market(const System *s, uint32_t i) { return i < s->p->nglobal && (s->p->global[i].flag & GLOBAL_CLEARING) && !s->fixed[i]; }

static int is_multiplier(const System *s, uint32_t i) { return s->role[i] == ROLE_BUDGET || s->role[i] == ROLE_EQUALITY || s->role[i] == ROLE_INEQUALITY; }

static int may_vanish(const System *s, uint32_t i) {
  return is_anchor(s, i) && s->role[i] == ROLE_CHOICE && (isfinite(s->lower[i]) || isfinite(s->upper[i]));
}

Mcp *mcp_new(System *s, Arena *mem) {
  Mcp *m = ARENA_NEW(mem, Mcp);
  if (!m) return NULL;
  m->s = s;
  m->mem = mem;
  m->n = s->p->nx;
  double **vec[] = {&m->F, &m->T, &m->phi, &m->trial, &m->d, &m->da, &m->db, &m->unit};
  for (unsigned i = 0; i < sizeof vec / sizeof *vec; i++) *vec[i] = ARENA_ARRAY(mem, double, m->n + 1);
  m->log = ARENA_ARRAY(mem, uint8_t, m->n + 1);
  m->kind = ARENA_ARRAY(mem, uint8_t, m->n + 1);
  if (arena_failed(mem)) return NULL;
  for (uint32_t i = 0; i < m->n; i++) {
    m->log[i] = !s->fixed[i] && ((s->flag[i] & OWN_LOG) || is_budget(s, i));
    m->kind[i] = (uint8_t)((is_anchor(s, i) ? ANCHOR : 0) | (is_market(s, i) ? MARKET : 0) | (may_vanish(s, i) ? MAY_VANISH : 0));
  }
  m->linear = scaled_new(s, m->trial, mem);
  return m->linear ? m : NULL;
}

/* ---- the equations ------------------------------------------------------------------------------------------------------------ */

typedef struct { double v, da, db; } Fb;

static Fb fischer(double a, double b, double mu) {
  double r = hypot(a, b);
  if (mu > 0.0) r = hypot(r, 1.4142135623730951 * mu);
  if (r == 0.0) return (Fb){0.0, 0.2928932188134525, 0.2928932188134525};   /* an element of the generalised gradient */
  /* a + b - r without cancellation where both are positive */
  double v = a > 0.0 && b > 0.0 ? 2.0 * (a * b - mu * mu) / (a + b + r) : a + b - r;
  return (Fb){v, 1.0 - a / r, 1.0 - b / r};
}

/* phi of pair i at (x, F): value, derivative in (x - bound)/unit and in F/T. */
static Fb equation(const Mcp *m, uint32_t i, double x, double f, double mu) {
  const System *s = m->s;
  double l = s->lower[i], u = s->upper[i], unit = m->unit[i];
  if (s->fixed[i]) return (Fb){(x - l) / unit, 1.0, 0.0};
  Fb up = {f, 0.0, 1.0};
  if (isfinite(u)) {
    Fb g = fischer((u - x) / unit, -f, mu);
    up = (Fb){-g.v, g.da, g.db};
  }
  if (m->log[i] || !isfinite(l)) return up;
  Fb low = fischer((x - l) / unit, up.v, mu);
  return (Fb){low.v, low.da + low.db * up.da, low.db * up.db};
}

/* One pass over all unknowns, on several threads where there are many: `one` works on [first, end) and returns its part of a sum or of a
 * largest value. */
typedef struct Pass {
  double (*one)(const struct Pass *, uint32_t first, uint32_t end);
  Mcp *m;
  const double *x, *shift;
  double mu, step, *to;
  uint32_t size;
  double part[TEAM_SLICES];
} Pass;

static void pass_slice(void *ctx, uint32_t at, uint32_t member) {
  Pass *q = ctx;
  uint32_t first = at * q->size, end = q->m->n - first < q->size ? q->m->n : first + q->size;
  (void)member;
  q->part[at] = q->one(q, first, end);
}

enum { SUM, LARGEST };
static double pass(Pass *q, int how) {
  double all = 0.0;
  uint32_t slices = q->m->s->large ? team_slices(q->m->n) : q->m->n > 0;
  q->size = q->m->s->large ? team_slice(q->m->n) : q->m->n;
  team_run(slices, pass_slice, q);
  for (uint32_t i = 0; i < slices; i++) all = how == SUM ? all + q->part[i] : q->part[i] > all ? q->part[i] : all;
  return all;
}

static double weigh_part(const Pass *q, uint32_t first, uint32_t end) {
  Mcp *m = q->m;
  double sum = 0.0;
  for (uint32_t i = first; i < end; i++) {
    Fb e = equation(m, i, q->x[i], (m->F[i] - (q->shift ? q->shift[i] : 0.0)) / m->T[i], q->mu);
    m->phi[i] = e.v;
    m->da[i] = e.da;
    m->db[i] = e.db;
    sum += 0.5 * e.v * e.v;
  }
  return sum;
}

/* phi from the rows at hand with the present scales; returns the merit |phi|^2 / 2. */
static double weighed(Mcp *m, const double *x, const McpOptions *o) {
  double sum = pass(&(Pass){.one = weigh_part, .m = m, .x = x, .shift = o->shift, .mu = o->mu}, SUM);
  return isfinite(sum) ? sum : INFINITY;
}

/* The merit of the deflated equations. */
static double repelled(double value, const double *x, const McpOptions *o) { return o->deflate ? value * exp(2.0 * deflate_log(o->deflate, x)) : value; }

/* The same with the rows evaluated at x; infinite where the conditions are not defined. */
static double merit(Mcp *m, const double *x, const McpOptions *o) {
  return system_rows(m->s, x, m->F, NULL) ? INFINITY : repelled(weighed(m, x, o), x, o);
}

/* The largest price; 1 with a numeraire. */
static double largest_price(const Problem *p, const double *x) {
  double most = 0.0;
  for (uint32_t i = 0; i < p->nglobal; i++)
    if (p->global[i].kind == GLOBAL_PRICE) most = fmax(most, fabs(x[i]));
  for (uint32_t i = 0; i < p->ncheck; i++)
    if (p->check[i].price == NO_INDEX) most = fmax(most, 1.0);
  return most;
}

/* The usual size of the adjoint unknowns of a lane: the largest of them, at least a millionth of its largest multiplier. */
static double adjoint_size(const Mcp *m, const Block *b, uint32_t lane, const double *x) {
  double own = 0.0, mult = 0.0;
  for (uint32_t slot = 0; slot < b->k->nown; slot++) {
    uint32_t j = problem_own(b, slot, lane);
    if (m->s->role[j] == ROLE_AUX) own = fmax(own, fabs(x[j]));
    else if (is_multiplier(m->s, j)) mult = fmax(mult, fabs(x[j]));
  }
  return fmax(own, 1e-6 * mult);
}

/* Adjoint unknowns that stand in no healthy row (of choices that constraints determine wholly, they vanish): into m->da, where nothing stands yet. */
static void adjoint_shares(Mcp *m, const double *x, double share) {
  const Problem *p = m->s->p;
  for (uint32_t b = 0; b < p->nblock; b++)
    for (uint32_t l = 0; l < p->block[b].lanes; l++) {
      double size = -1.0;
      for (uint32_t slot = 0; slot < p->block[b].k->nown; slot++) {
        uint32_t j = problem_own(&p->block[b], slot, l);
        if (m->s->role[j] != ROLE_AUX || m->da[j] > 0.0) continue;
        if (size < 0.0) size = adjoint_size(m, &p->block[b], l, x);
        m->da[j] = share * size;
      }
    }
}

/* What the unknowns of healthy rows may contribute to the others, into m->d: the share FLOOR of the change of unknown j that moves an
 * anchor (else a market: what a firm without curvature makes) by all of its terms. Uses da, db and phi as scratch. */
static void floors(Mcp *m, const double *x) {
  static const double FLOOR = 1e-2, CANCELLED = 1e-10;     /* a share that the whole of an unknown moves only by rounding (it pays nothing at the margin) */
  for (uint32_t i = 0; i < m->n; i++) m->phi[i] = (m->kind[i] & ANCHOR) && m->T[i] > 1e-300 ? 1.0 / m->T[i] : 0.0;
  system_largest(m->s, 0, m->phi, m->da);
  int idle = 0;
  for (uint32_t j = 0; j < m->n; j++) idle |= !(m->da[j] * (1.0 + fabs(x[j])) > CANCELLED);
  if (idle) {
    for (uint32_t i = 0; i < m->n; i++) m->phi[i] = (m->kind[i] & MARKET) && m->T[i] > 1e-300 ? 1.0 / m->T[i] : 0.0;
    system_largest(m->s, 0, m->phi, m->db);
    for (uint32_t j = 0; j < m->n; j++)
      if (!(m->da[j] * (1.0 + fabs(x[j])) > CANCELLED)) m->da[j] = m->db[j];
  }
  for (uint32_t j = 0; j < m->n; j++) m->da[j] = m->da[j] * (1.0 + fabs(x[j])) > CANCELLED ? FLOOR / m->da[j] : 0.0;
  adjoint_shares(m, x, FLOOR);
  system_largest(m->s, 1, m->da, m->d);
}

/* A stationarity condition whose prices and multipliers all go to zero (of a good that is free, or that nobody wants) is measured
 * against a small share of what they would be if the price were the largest price, the multiplier the largest of its lane: into m->db.
 * Not that of a quantity of either sign: there such a limit is an arbitrage without end. Uses da as scratch. */
static void vanishing_rows(Mcp *m, const double *x) {
  static const double SHARE = 1e-6;
  const System *s = m->s;
  const Problem *p = s->p;
  double price = largest_price(p, x);
  for (uint32_t j = 0; j < p->nglobal; j++) m->da[j] = p->global[j].kind == GLOBAL_PRICE ? SHARE * price : 0.0;
  for (uint32_t b = 0; b < p->nblock; b++)
    for (uint32_t l = 0; l < p->block[b].lanes; l++) {
      double most = 0.0;
      for (uint32_t slot = 0; slot < p->block[b].k->nown; slot++) {
        uint32_t j = problem_own(&p->block[b], slot, l);
        if (is_multiplier(s, j)) most = fmax(most, fabs(x[j]));
      }
      for (uint32_t slot = 0; slot < p->block[b].k->nown; slot++) {
        uint32_t j = problem_own(&p->block[b], slot, l);
        m->da[j] = is_multiplier(s, j) ? 1e-2 * SHARE * most : 0.0;
      }
    }
  system_largest(m->s, 1, m->da, m->db);
}

static double scale_rows(const Pass *q, uint32_t first, uint32_t end) {
  Mcp *m = q->m;
  for (uint32_t i = first; i < end; i++) {
    double least = m->kind[i] & ANCHOR ? 0.0 : m->d[i];
    if (m->kind[i] & MAY_VANISH) least = fmax(least, m->db[i]);
    if (q->shift) m->T[i] += fabs(q->shift[i]);
    m->T[i] = fmax(m->T[i], least);
    if (!(m->T[i] > 1e-300)) m->T[i] = 1.0;
    m->phi[i] = m->s->fixed[i] ? 0.0 : 1.0 / m->T[i];
  }
  return 0.0;
}

static double scale_columns(const Pass *q, uint32_t first, uint32_t end) {
  Mcp *m = q->m;
  for (uint32_t j = first; j < end; j++) {
    /* What moves in logarithms may be of any size (the multiplier of a utility in powers of 40). */
    double most = m->da[j], size = m->log[j] ? q->x[j] - floor_of(m, j) : 1.0 + fabs(q->x[j]), unit = most > 0.0 ? 1.0 / most : size;
    m->unit[j] = fmin(fmax(unit, 1e-8 * size), 1e4 * size);
  }
  return 0.0;
}

/* Row scales T from the terms, with the shift, and not below a hundredth of what the row's unknowns may contribute; column scales
 * unit: the change that moves some row by all of its terms, kept within reason. Fills the Jacobian. Returns 0 when all is finite. */
static int scales(Mcp *m, const double *x, const double *shift) {
  if (system_terms_jacobian(m->s, x, m->T)) return 1;
  floors(m, x);
  vanishing_rows(m, x);
  pass(&(Pass){.one = scale_rows, .m = m, .shift = shift}, SUM);
  system_largest(m->s, 0, m->phi, m->da);
  pass(&(Pass){.one = scale_columns, .m = m, .x = x}, SUM);
  return 0;
}

static double residual_part(const Pass *q, uint32_t first, uint32_t end) {
  const Mcp *m = q->m;
  double worst = 0.0;
  for (uint32_t i = first; i < end; i++)
    worst = fmax(worst, fabs(system_residual(m->s, i, q->x[i], m->F[i] - (q->shift ? q->shift[i] : 0.0), m->T[i])));
  return worst;
}

static double worst_residual(Mcp *m, const double *x, const double *shift) { return pass(&(Pass){.one = residual_part, .m = m, .x = x, .shift = shift}, LARGEST); }

double mcp_residual(Mcp *m, const double *x, const double *shift) {
  if (system_rows(m->s, x, m->F, NULL) || scales(m, x, shift)) return INFINITY;
  return worst_residual(m, x, shift);
}

/* The scaled generalised Jacobian of phi: rows times db/T, columns times unit, da on the diagonal. */
static void weigh_matrix(Mcp *m) {
  for (uint32_t i = 0; i < m->n; i++) m->db[i] /= m->T[i];
}
static Weights weights(const Mcp *m) { return (Weights){m->db, m->unit, m->da}; }

/* ---- directions --------------------------------------------------------------------------------------------------------------- */

static double norm(const double *v, uint32_t n) {
  double s = 0.0;
  for (uint32_t i = 0; i < n; i++) s += v[i] * v[i];
  return sqrt(s);
}

static int direct_step(Mcp *m, Weights w) {
  if (scaled_factor(m->linear, w) || scaled_rcond(m->linear) < SINGULAR_RCOND || scaled_solve(m->linear, m->phi, m->d)) return 1;
  double most = 0.0;
  for (uint32_t i = 0; i < m->n; i++) {
    m->d[i] = -m->d[i];
    most = isfinite(m->d[i]) ? fmax(most, fabs(m->d[i])) : INFINITY;
  }
  return most > WILD_STEP;
}

/* A vector more, which well-behaved systems never need. NULL when memory failed. */
static double *spare(Mcp *m) {
  if (!m->spare) m->spare = ARENA_ARRAY(m->mem, double, m->n + 1);
  return m->spare;
}

/* Proximal point in the agents' claim positions: -weight/2 (theta - theta_k)^2 in each agent's objective. */
static int proximal_step(Mcp *m, double weight) {
  int any = 0;
  for (uint32_t j = m->s->p->nglobal; j < m->n; j++) any |= (m->s->flag[j] & OWN_CLAIM) && !m->s->fixed[j];
  if (!any || !spare(m)) return 1;
  memcpy(m->spare, m->da, sizeof *m->spare * m->n);
  for (uint32_t j = m->s->p->nglobal; j < m->n; j++)
    if ((m->s->flag[j] & OWN_CLAIM) && !m->s->fixed[j]) m->spare[j] += weight;
  return direct_step(m, (Weights){m->db, m->unit, m->spare});
}

static int levenberg_step(Mcp *m, double reg) {
  if (!spare(m)) return 1;
  for (uint32_t i = 0; i < m->n; i++) m->spare[i] = -m->phi[i];
  scaled_weigh(m->linear, weights(m));
  return scaled_squares(m->linear, m->spare, reg, m->d);
}

/* phi' M d: the slope of the merit along d. */
static double descent(Mcp *m) {
  scaled_weigh(m->linear, weights(m));
  return scaled_form(m->linear, m->phi, m->d);
}

/* A direction in m->d; damping > 0 asks for a Levenberg step at once. Returns 0 with *slope < 0. */
static int direction(Mcp *m, double damping, double *slope) {
  double size = norm(m->phi, m->n);
  weigh_matrix(m);
  if (damping <= 0.0) {
    if (!direct_step(m, weights(m)) && (*slope = descent(m)) < 0.0) return 0;
    if (!proximal_step(m, fmin(fmax(0.1 * size, 1e-8), 1e-2)) && (*slope = descent(m)) < -1e-3 * size * size) return 0;
    damping = fmin(fmax(0.3 * size, 1e-5), 0.1);
  }
  if (levenberg_step(m, damping)) return 1;
  *slope = descent(m);
  return !(*slope < 0.0);
}

/* The step of the deflated equations: the plain one stretched or turned round. slope: of the plain merit along d; on return that of the
 * deflated one along the new d. */
static void deflect(Mcp *m, const double *x, const McpOptions *o, double *slope) {
  static const double MOST = 10.0;
  double square = 0.0;
  for (uint32_t i = 0; i < m->n; i++) {
    m->spare[i] = m->d[i] * m->unit[i];
    square += m->phi[i] * m->phi[i];
  }
  double along = deflate_along(o->deflate, x, m->spare), turn = fmin(fmax(1.0 / (1.0 - along), -MOST), MOST);
  double rate = (*slope + square * along) * exp(2.0 * deflate_log(o->deflate, x));
  if (!isfinite(turn) || !isfinite(rate)) turn = 1.0;
  else if (turn * rate > 0.0) turn = -turn;
  for (uint32_t i = 0; i < m->n; i++) m->d[i] *= turn;
  *slope = turn * rate;
}

/* ---- the iteration ------------------------------------------------------------------------------------------------------------ */

/* to := x moved by `step` along d; a logarithm moves by at most LARGEST_LOG_STEP. */
static double move_part(const Pass *q, uint32_t first, uint32_t end) {
  const Mcp *m = q->m;
  for (uint32_t i = first; i < end; i++) {
    double dx = q->step * m->d[i] * m->unit[i], gap = q->x[i] - floor_of(m, i);
    if (m->log[i]) q->to[i] = q->x[i] + gap * expm1(fmax(-LARGEST_LOG_STEP, fmin(LARGEST_LOG_STEP, dx / gap)));
    else q->to[i] = q->x[i] + dx;
  }
  return 0.0;
}
static void moved(Mcp *m, const double *x, double step, double *to) { pass(&(Pass){.one = move_part, .m = m, .x = x, .step = step, .to = to}, SUM); }

/* The longest step that no logarithm has to cut short. */
static double whole_step(const Mcp *m, const double *x) {
  double most = 0.0;
  for (uint32_t i = 0; i < m->n; i++)
    if (m->log[i]) most = fmax(most, fabs(m->d[i] * m->unit[i]) / (x[i] - floor_of(m, i)));
  return most > LARGEST_LOG_STEP ? LARGEST_LOG_STEP / most : 1.0;
}

/* The merit at a step, in m->trial; infinite outside the domain. room: the least domain output at x. */
static double attempt(Mcp *m, const double *x, double step, double room, const McpOptions *o) {
  moved(m, x, step, m->trial);
  if (!(system_domain(m->s, m->trial, NULL) > 0.05 * fmin(room, 1.0) * (room > 0.0))) return INFINITY;
  return merit(m, m->trial, o);
}

/* Backtracking against `reference`; the accepted point in m->trial. Where logarithms cut the step short (a condition like c^-g = price
 * far from c sends Newton much too far), long steps with those components cut are tried first: they are not along d, so they must
 * lessen the merit outright. Returns 0 when a point was found. */
static int search(Mcp *m, const double *x, double value, double reference, double slope, double room, const McpOptions *o) {
  double whole = whole_step(m, x), step = 1.0;
  for (int h = 0; whole < 1.0 && h < CUT_TRIALS && step > whole; h++, step *= 0.4)
    if (attempt(m, x, step, room, o) <= CUT_DECREASE * value) return 0;
  step = whole;
  for (int h = 0; h < HALVINGS; h++, step *= 0.5)
    if (attempt(m, x, step, room, o) <= reference + ARMIJO * step * slope) return 0;
  return 1;
}

static void inside(const Mcp *m, double *x) {
  for (uint32_t i = 0; i < m->n; i++) {
    if (m->s->fixed[i]) x[i] = m->s->lower[i];
    else if (m->log[i] && !(x[i] - floor_of(m, i) > 1e-200)) x[i] = floor_of(m, i) + 1e-6;
  }
}

/* One accepted step from x, where the merit is value, or a reason to stop. The rows at hand are those at x. m->trial is left where x was. */
static EconStatus advance(Mcp *m, double *x, double value, double *history, int iteration, const McpOptions *o) {
  double reference = value, room = system_domain(m->s, x, NULL);
  history[iteration % MEMORY] = value;
  for (int i = 0; i < MEMORY && i <= iteration; i++) reference = fmax(reference, fmin(history[i], 4.0 * value));
  const double damping[] = {0.0, 1e-2, 1.0};
  for (unsigned t = 0; t < sizeof damping / sizeof *damping; t++) {
    double slope = 0.0;
    if (t) merit(m, x, o);
    if (direction(m, damping[t], &slope)) continue;
    if (o->deflate && !spare(m)) return ECON_MEMORY;
    if (o->deflate) deflect(m, x, o, &slope);
    if (!search(m, x, value, reference, slope, room, o)) {
      for (uint32_t i = 0; i < m->n; i++) {
        double old = x[i];
        x[i] = m->trial[i];
        m->trial[i] = old;
      }
      return ECON_SOLVED;
    }
  }
  return ECON_STALLED;
}

/* The point before the last step, which is still in m->trial, into m->best. NULL when memory failed. */
static double *keep_last(Mcp *m) {
  if (!m->best) m->best = ARENA_ARRAY(m->mem, double, m->n + 1);
  return m->best ? memcpy(m->best, m->trial, sizeof *m->best * m->n) : NULL;
}

McpInfo mcp_solve(Mcp *m, double *x, const McpOptions *o, Effort *e) {
  McpInfo info = {ECON_ITERATIONS, 0, INFINITY};
  double history[MEMORY] = {0}, level = INFINITY, last = 0.0;     /* level: the residual when it last fell by a tenth */
  int since = 0, at_best = 0, kept = 0;           /* x is the best point met; that is in m->best */
  inside(m, x);
  int defined = system_domain(m->s, x, NULL) > 0.0 && !system_rows(m->s, x, m->F, NULL);
  for (;; info.iterations++) {
    double worst = INFINITY, value = INFINITY;
    if (defined && !scales(m, x, o->shift) && isfinite(value = weighed(m, x, o)))
      worst = o->mu > 0.0 ? sqrt(2.0 * value) : worst_residual(m, x, o->shift);
    value = repelled(value, x, o);
    if (worst < info.residual) {
      info.residual = worst;
      at_best = 1;
    } else if (at_best) {
      if (!keep_last(m)) {
        info.status = ECON_MEMORY;
        break;
      }
      kept = 1;
      at_best = 0;
    }
    if (!isfinite(worst)) {
      info.status = ECON_DOMAIN;
      break;
    }
    if (worst < 0.9 * level) {
      level = worst;
      since = info.iterations;
    }
    int done = worst <= o->tol || (worst <= o->enough && worst > 0.1 * last);
    last = worst;
    if (done) {
      info.status = ECON_SOLVED;
      return info;
    }
    if (info.iterations >= o->iterations) break;
    if (info.iterations - since > (worst < CLOSE ? PATIENCE / 20 : PATIENCE)) {
      info.status = ECON_STALLED;
      break;
    }
    if (effort_over(e, worst, o->what)) {
      info.status = e->stop;
      break;
    }
    EconStatus status = advance(m, x, value, history, info.iterations, o);
    if (status != ECON_SOLVED) {
      info.status = status;
      break;
    }
  }
  if (!at_best && kept) memcpy(x, m->best, sizeof *x * m->n);
  return info;
}

/* ---- the last digits ---------------------------------------------------------------------------------------------------------- */

/* Rows of the active-set Newton system: the bound where it is nearer than the condition, the condition elsewhere. */
static void active_rows(Mcp *m, const double *x, const double *shift, const uint8_t *hold) {
  for (uint32_t i = 0; i < m->n; i++) {
    double f = (m->F[i] - (shift ? shift[i] : 0.0)) / m->T[i], unit = m->unit[i];
    double below = (x[i] - m->s->lower[i]) / unit, above = (x[i] - m->s->upper[i]) / unit;
    int bound = m->s->fixed[i] || (hold && hold[i]) || (!m->log[i] && f > below) || f < above;
    m->da[i] = bound;
    m->db[i] = !bound;
    m->phi[i] = !bound ? f : hold && hold[i] ? 0.0 : f < above ? above : below;
  }
}

double mcp_polish(Mcp *m, double *x, const double *shift, const uint8_t *hold) {
  enum { STEPS = 8 };
  static const double ROUNDING = 1e-15;         /* where there are many lanes a step that can only move rounding errors is not worth its time */
  double worst = mcp_residual(m, x, shift);
  for (int k = 0; k < STEPS && isfinite(worst) && worst > (m->s->by_cells ? ROUNDING : 0.0); k++) {
    active_rows(m, x, shift, hold);
    weigh_matrix(m);
    if (direct_step(m, weights(m)) && levenberg_step(m, 1e-5)) break;
    for (uint32_t i = 0; i < m->n; i++) {
      m->trial[i] = m->db[i] == 0.0 && !m->s->fixed[i] ? x[i] - m->phi[i] * m->unit[i] : x[i] + m->d[i] * m->unit[i];
      if (m->db[i] == 0.0 && fabs(m->trial[i] - m->s->lower[i]) <= 1e-15 * (1.0 + fabs(x[i]))) m->trial[i] = m->s->lower[i];
      if (m->db[i] == 0.0 && fabs(m->trial[i] - m->s->upper[i]) <= 1e-15 * (1.0 + fabs(x[i]))) m->trial[i] = m->s->upper[i];
    }
    if (!(system_domain(m->s, m->trial, NULL) > 0.0)) break;
    double next = mcp_residual(m, m->trial, shift);
    if (!(next < worst)) {
      worst = mcp_residual(m, x, shift);
      break;
    }
    memcpy(x, m->trial, sizeof *x * m->n);
    worst = next;
  }
  return worst;
}

int mcp_scales(Mcp *m, const double *x, McpScales *out) {
  *out = (McpScales){m->F, m->T, m->unit, m->log, {m->phi, m->da, m->db, m->d}};
  return system_rows(m->s, x, m->F, NULL) || scales(m, x, NULL);
}

Scaled *mcp_linear(Mcp *m) { return m->linear; }

void mcp_free(Mcp *m) {
  if (!m) return;
  scaled_free(m->linear);
}
