/* The certificate of any point, whoever computed it. Residuals are relative to the sum of the absolute values of a condition's terms,
 * so that no unit of measurement matters (floor_sizes: where all of them vanish); a pair of a bound and a condition is judged by the smaller of the two relative distances
 * (natural residual). Nothing of the solver's reduced or transformed system is used. */
#include "proof.h"
#include "represent.h"
#include "support.h"
#include "system.h"
#include <float.h>
#include <math.h>
#include <string.h>

static const double ACCEPT = 1e-9;      /* the largest relative residual and imbalance that is accepted */

typedef struct {
  const Problem *p;
  const double *x;
  System *sys;
  double *F, *T;                        /* nx + ncheck: conditions and checks, and the sizes of their terms */
  double *unit;                         /* nx: the size against which the distance of an unknown to its bound is judged */
  double *own;                          /* nx: that of a trespass beyond the bound: the lane's own size, however small */
  double price;                         /* the largest price; 1 with a numeraire alone */
  double market;                        /* the largest market */
  Certificate *out;
} Inquiry;

/* Keeps the eight largest. NaN counts as infinite. */
static double note(Certificate *c, uint32_t row, double residual, double scale) {
  if (isnan(residual)) residual = INFINITY;
  uint32_t at = c->nworst;
  while (at > 0 && c->worst[at - 1].residual < residual) at--;
  if (at < 8) {
    uint32_t last = c->nworst < 8 ? c->nworst++ : 7;
    for (uint32_t i = last; i > at; i--) c->worst[i] = c->worst[i - 1];
    c->worst[at] = (Worst){row, residual, scale};
  }
  return residual;
}

static double relative(double value, double size) { return value == 0 ? 0 : value / size; }

static double larger(double m, double v) { return isfinite(v) ? fmax(m, fabs(v)) : m; }

static int is_multiplier(unsigned role) { return role == ROLE_BUDGET || role == ROLE_EQUALITY || role == ROLE_INEQUALITY; }

/* Sizes of the unknowns: of a choice or multiplier the largest of its kind in its lane (at least a millionth of the largest of all,
 * for agents that do nothing); of an adjoint the largest of its lane, at least a millionth of the multipliers there; of a price the largest price; of anything else its own, at least one. */
static void measure(Inquiry *c) {
  const Problem *p = c->p;
  double all[2] = {0, 0};
  c->price = 0;
  for (uint32_t i = 0; i < p->nglobal; i++)
    if (p->global[i].kind == GLOBAL_PRICE) c->price = larger(c->price, c->x[i]);
  for (uint32_t i = 0; i < p->ncheck; i++) {
    c->market = larger(c->market, c->T[p->nx + i]);
    if (p->check[i].price == NO_INDEX) c->price = fmax(c->price, 1);
  }
  if (!(c->price > 0)) c->price = 1;
  for (uint32_t i = 0; i < p->nglobal; i++) c->own[i] = c->unit[i] = p->global[i].kind == GLOBAL_PRICE ? c->price : fmax(1, fabs(c->x[i]));
  for (int pass = 0; pass < 2; pass++)
    for (uint32_t b = 0; b < p->nblock; b++) {
      const Block *blk = &p->block[b];
      for (uint32_t lane = 0; lane < blk->lanes; lane++) {
        double size[2] = {0, 0}, adjoint = 0;
        for (uint32_t s = 0; s < blk->k->nown; s++) {
          double v = c->x[problem_own(blk, s, lane)];
          if (blk->k->role[s] == ROLE_AUX) adjoint = larger(adjoint, v);
          else size[is_multiplier(blk->k->role[s])] = larger(size[is_multiplier(blk->k->role[s])], v);
        }
        double own[2] = {size[0] > 0 ? size[0] : 1, size[1] > 0 ? size[1] : 1};
        for (int kind = 0; kind < 2; kind++) {
          if (!pass) all[kind] = fmax(all[kind], size[kind]);
          size[kind] = fmax(size[kind], 1e-6 * all[kind]);
          if (!(size[kind] > 0)) size[kind] = 1;
        }
        for (uint32_t s = 0; pass && s < blk->k->nown; s++) {
          uint32_t i = problem_own(blk, s, lane);
          c->unit[i] = blk->k->role[s] == ROLE_AUX ? fmax(adjoint, 1e-6 * size[1]) : size[is_multiplier(blk->k->role[s])];
          c->own[i] = blk->k->role[s] == ROLE_AUX ? c->unit[i] : own[is_multiplier(blk->k->role[s])];
        }
      }
    }
}

/* Whether the change of unknown j by its whole size counts in the size of row: a multiplier in stationarity conditions, a choice in
 * constraints and markets, an adjoint in adjoint conditions. Budgets and what defines a global have terms of their own. */
static int counts(const Inquiry *c, uint32_t j, uint32_t row) {
  const Problem *p = c->p;
  if (j < p->nglobal) return 0;
  unsigned role = c->sys->role[j];
  if (row >= p->nx) return role == ROLE_CHOICE;
  if (row >= p->nglobal && c->sys->role[row] == ROLE_AUX) return role == ROLE_AUX;
  if (row < p->nglobal) return role == ROLE_CHOICE && p->global[row].kind == GLOBAL_PRICE;
  if (c->sys->role[row] == ROLE_CHOICE) return is_multiplier(role) && (isfinite(c->sys->lower[row]) || isfinite(c->sys->upper[row]));
  return role == ROLE_CHOICE && (c->sys->role[row] == ROLE_EQUALITY || c->sys->role[row] == ROLE_INEQUALITY);
}

/* All terms of a row may be zero up to rounding (a market for claims that nobody trades, multipliers that are all zero); its residual
 * is then judged against a ten-thousandth of what its terms would be if every unknown in it were of the size usual for its kind. Not the
 * stationarity of a quantity of either sign: prices and multipliers that vanish there together are an arbitrage without end. */
static void floor_sizes(Inquiry *c, double *usual) {
  uint32_t rows = c->p->nx + c->p->ncheck;
  if (system_jacobian(c->sys, c->x)) return;
  for (uint32_t k = 0; k < system_runs(c->sys); k++) {
    EntryRun r = system_run(c->sys, k);
    for (uint32_t l = 0; l < r.n; l++) {
      uint32_t row = r.row_at ? r.row_at[l] : r.row + l * r.row_step, col = r.col_at ? r.col_at[l] : r.col + l * r.col_step;
      if (row < rows && col < c->p->nx && counts(c, col, row)) usual[row] += fabs(r.v[l * r.v_step]) * c->unit[col];
    }
  }
  for (uint32_t i = 0; i < rows; i++) c->T[i] = fmax(c->T[i], 1e-4 * usual[i]);
}

/* The natural residual of pair i: how far the unknown leaves its bounds, or the smaller of its relative distance to the bound that
 * would excuse the condition and of the condition's own relative size. */
static double residual(const Inquiry *c, uint32_t i) {
  double below = relative(c->x[i] - c->sys->lower[i], c->unit[i]), above = relative(c->sys->upper[i] - c->x[i], c->unit[i]);
  double outside = fmax(0, fmax(relative(c->sys->least[i] - c->x[i], c->own[i]), relative(c->x[i] - c->sys->most[i], c->own[i])));
  if (isnan(c->x[i])) return INFINITY;
  if (c->sys->fixed[i]) return outside;
  double f = relative(c->F[i], c->T[i]);
  if (isnan(f) || !isfinite(c->T[i])) return INFINITY;
  if (f > 0) return fmax(outside, fmin(f, fmax(below, 0)));
  return fmax(outside, fmin(-f, fmax(above, 0)));
}

/* What an agent's own quantities are measured by where the question is whether it can afford anything at all. */
typedef struct {
  double *spent;                        /* rows: what the agent of a constraint spends in it on quantities that must exceed their bound */
  double *most;                         /* rows: of a market the largest quantity that stands in it, whoever's */
  double *scale;                        /* nx: of a choice the least of `most` over its markets; infinite for one that no market clears */
  uint8_t *broke;                       /* nx: a choice that a constraint pays for in which all that is spent is no more than what the conditions leave open */
  double all;                           /* the largest choice of all */
} Means;

static double above_bound(const Inquiry *c, uint32_t i) { return c->x[i] - c->sys->lower[i]; }

static int must_exceed(const Inquiry *c, const Block *b, uint32_t slot, uint32_t i) {
  return b->k->role[slot] == ROLE_CHOICE && (b->k->flag[slot] & OWN_LOG) && !c->sys->fixed[i];
}

/* One pass over the Jacobian; the second one (with spent complete) marks who is broke. */
static void take_means(const Inquiry *c, Means *m, const uint8_t *counted, double open, int second) {
  const Problem *p = c->p;
  for (uint32_t k = 0; k < system_runs(c->sys); k++) {
    EntryRun r = system_run(c->sys, k);
    for (uint32_t l = 0; l < r.n; l++) {
      uint32_t row = r.row_at ? r.row_at[l] : r.row + l * r.row_step, col = r.col_at ? r.col_at[l] : r.col + l * r.col_step;
      if (row >= p->nx + p->ncheck || col < p->nglobal || col >= p->nx || c->sys->role[col] != ROLE_CHOICE || r.v[l * r.v_step] == 0) continue;
      if (row >= p->nx) {
        if (second) m->scale[col] = fmin(m->scale[col], m->most[row]);
        else m->most[row] = larger(m->most[row], c->x[col]);
      } else if (counted[col] && is_multiplier(c->sys->role[row]) && fabs(c->F[row]) <= ACCEPT * c->T[row]) {
        if (!second) m->spent[row] += fabs(r.v[l * r.v_step]) * fmax(above_bound(c, col), 0);
        else if (m->spent[row] <= open * c->T[row]) m->broke[col] = 1;
      }
    }
  }
}

/* An agent that can afford nothing has conditions that hold in the limit (of log c: 1/c = mu, mu without bound), and no plan: its
 * objective falls without limit. It does where c times marginal utility no longer falls with c. An idle activity, whose objective is a
 * profit, has a limit at zero. It can afford nothing where what it owns is worth nothing beside what it would buy (the quantity is nothing in its market), or
 * where it owes what it owns: all that it spends is less than what residuals leave open. Returns the slot of such a choice, NO_INDEX where there is none. */
static uint32_t starving(Inquiry *c, const Block *b, uint32_t block, uint32_t lane, const Means *m, double *x, double *grad) {
  static const double NOTHING = 1e-14, FACTOR = 10, FLAT = 1.02;
  for (uint32_t slot = 0; b->k->goal.nout && slot < b->k->nown; slot++) {
    uint32_t i = problem_own(b, slot, lane);
    double gap = above_bound(c, i), scale = isfinite(m->scale[i]) ? m->scale[i] : m->all;
    if (!must_exceed(c, b, slot, i) || !(gap < NOTHING * scale || m->broke[i])) continue;
    system_goal_gradient(c->sys, block, lane, x, grad);
    double before = gap * grad[slot], was = x[i];
    x[i] = c->sys->lower[i] + FACTOR * gap;
    system_goal_gradient(c->sys, block, lane, x, grad);
    double after = (x[i] - c->sys->lower[i]) * grad[slot];
    x[i] = was;
    if (before > 0 && !(after > FLAT * before)) return slot;
  }
  return NO_INDEX;
}

static char *starved(Inquiry *c, double open, Arena *scratch, Arena *mem) {
  const Problem *p = c->p;
  uint32_t most = 0;
  double *x = ARENA_ARRAY(scratch, double, p->nx + 1);
  uint8_t *counted = ARENA_ARRAY(scratch, uint8_t, p->nx + 1);
  Means m = {ARENA_ARRAY(scratch, double, p->nx + p->ncheck + 1), ARENA_ARRAY(scratch, double, p->nx + p->ncheck + 1), ARENA_ARRAY(scratch, double, p->nx + 1),
             ARENA_ARRAY(scratch, uint8_t, p->nx + 1), 0};
  for (uint32_t b = 0; b < p->nblock; b++) most = p->block[b].k->nown > most ? p->block[b].k->nown : most;
  double *grad = ARENA_ARRAY(scratch, double, most + 1);
  if (!x || !counted || !m.spent || !m.most || !m.scale || !m.broke || !grad || system_jacobian(c->sys, c->x)) return NULL;
  memcpy(x, c->x, sizeof *x * p->nx);
  for (uint32_t i = 0; i < p->nx; i++) m.scale[i] = INFINITY;
  for (uint32_t i = p->nglobal; i < p->nx; i++)
    if (c->sys->role[i] == ROLE_CHOICE) m.all = larger(m.all, x[i]);
  for (uint32_t b = 0; b < p->nblock; b++)
    for (uint32_t slot = 0; p->block[b].k->goal.nout && slot < p->block[b].k->nown; slot++)
      for (uint32_t lane = 0; lane < p->block[b].lanes; lane++) {
        uint32_t i = problem_own(&p->block[b], slot, lane);
        counted[i] = (uint8_t)must_exceed(c, &p->block[b], slot, i);
      }
  take_means(c, &m, counted, open, 0);
  take_means(c, &m, counted, open, 1);
  for (uint32_t b = 0; b < p->nblock; b++)
    for (uint32_t lane = 0; lane < p->block[b].lanes; lane++) {
      uint32_t slot = starving(c, &p->block[b], b, lane, &m, x, grad);
      if (slot != NO_INDEX)
        return proof_text(mem, "%s can afford nothing: %s goes to zero, where its objective falls without limit", proof_lane(p, b, lane, mem),
                          proof_unknown(p, problem_own(&p->block[b], slot, lane), mem));
    }
  return NULL;
}

static void check_conditions(Inquiry *c, Arena *scratch, Arena *mem) {
  const Problem *p = c->p;
  Claim *claim = &c->out->claim[CLAIM_CONDITIONS];
  double worst = 0;
  for (uint32_t i = 0; i < p->nx; i++) {
    int slack = i < p->nglobal && p->global[i].kind == GLOBAL_SLACK;
    double r = residual(c, i);
    if (slack) r = fmax(r, fabs(relative(c->x[i], c->market > 0 ? c->market : 1)));
    r = note(c->out, i, r, c->T[i]);
    worst = fmax(worst, r);
  }
  DomainPoint where = {0, 0, 0};
  double domain = system_domain(c->sys, c->x, &where);
  /* Wealth is known up to what residuals leave of the terms it is the difference of. */
  double open = fmax(64 * DBL_EPSILON, 100 * worst);
  char *nothing = worst <= ACCEPT && domain > 0 ? starved(c, open, scratch, mem) : NULL;
  claim->status = worst <= ACCEPT && domain > 0 && !nothing ? CHECKED : REFUTED;
  claim->bound = c->out->residual = worst;
  claim->unit = "relative";
  claim->method = "every original condition with its bound, relative to the sum of the absolute values of its terms; accepted up to 1e-9";
  claim->domain = "the conditions before any reduction or change of variables";
  if (nothing) claim->witness = nothing;
  else if (!(domain > 0)) claim->witness = proof_text(mem, "%s: a logarithm or power is not defined there", proof_lane(p, where.block, where.lane, mem));
  else if (c->out->nworst && worst > 0)
    claim->witness = proof_text(mem, "largest in the %s", proof_condition(p, c->out->worst[0].row, mem));
}

static double imbalance(const Inquiry *c, uint32_t i) {
  const Check *k = &c->p->check[i];
  if (k->waived) return 0;
  double e = relative(c->F[c->p->nx + i], c->T[c->p->nx + i]), price = k->price == NO_INDEX ? 1 : c->x[k->price];
  if (isnan(e) || isnan(price) || !isfinite(c->T[c->p->nx + i])) return INFINITY;
  if (k->equality) return fabs(e);
  double negative = fmax(0, -price / c->price);
  if (e <= 0) return fmax(-e, negative);
  if (k->price == NO_INDEX) return fmax(negative, e);    /* a numeraire is never free, however high other prices are */
  return fmax(negative, fmin(e, fmax(price, 0) / c->price));
}

static void check_markets(Inquiry *c, Arena *mem) {
  const Problem *p = c->p;
  Claim *claim = &c->out->claim[CLAIM_CLEARING];
  double worst = 0;
  uint32_t at = 0;
  claim->unit = "relative";
  if (!p->ncheck) {
    claim->method = "there is no market";
    return;
  }
  for (uint32_t i = 0; i < p->ncheck; i++) {
    double r = note(c->out, p->nx + i, imbalance(c, i), c->T[p->nx + i]);
    if (r > worst) {
      worst = r;
      at = i;
    }
  }
  claim->status = worst <= ACCEPT ? CHECKED : REFUTED;
  claim->bound = c->out->clearing = worst;
  claim->method = "supply less demand of every market, implied and dropped ones included, relative to the sum of its terms; free disposal only at price zero; "
                  "accepted up to 1e-9";
  claim->domain = "the original markets";
  const Check *k = &p->check[at];
  if (worst > ACCEPT && k->price == NO_INDEX && !k->equality && c->F[p->nx + at] > 0)
    claim->witness = proof_text(mem, "in the %s %.3g is left over though nothing but a price of zero could leave it: what prices are measured in is free, and they have no limit; "
                                "measure them in something scarce", proof_condition(p, p->nx + at, mem), c->F[p->nx + at]);
  else if (worst > 0) claim->witness = proof_text(mem, "largest in the %s", proof_condition(p, p->nx + at, mem));
}

static void check_existence(Certificate *out) {
  Claim *claim = &out->claim[CLAIM_EXISTENCE];
  claim->unit = "relative";
  if (out->claim[CLAIM_CONDITIONS].status != CHECKED || out->claim[CLAIM_CLEARING].status == REFUTED ||
      out->claim[CLAIM_AGENT_GLOBAL].status == REFUTED) {
    claim->method = "this point is no equilibrium; whether there is one is not known";
    return;
  }
  claim->status = CHECKED;
  claim->bound = fmax(out->residual, isnan(out->clearing) ? 0 : out->clearing);
  claim->method = "by exhibition: the answer satisfies the conditions up to the bound; that an exact one lies near it is not proved";
}

static int accepted(const Certificate *out) {
  for (int i = 0; i < CLAIM_N; i++)
    if (out->claim[i].status == REFUTED) return 0;
  return out->claim[CLAIM_CONDITIONS].status == CHECKED;
}

static void check_uniqueness(Inquiry *c, uint8_t *loose) {
  Claim *claim = &c->out->claim[CLAIM_LOCAL_UNIQUENESS];
  claim->domain = "a neighbourhood of the answer";
  DimensionKind how = DIMENSION_EXACT;
  uint32_t dimension = represent_dimension(c->sys, c->x, loose, &how);
  if (dimension == NO_INDEX) {
    claim->method = "the rank could not be computed";
    return;
  }
  c->out->indeterminate = dimension;
  c->out->arbitrary = how != DIMENSION_EXACT;
  claim->status = CHECKED;
  claim->bound = dimension;
  claim->method = "null space of the conditions that bind, less what bounds forbid; singular values below 1e-8 of the scaled matrix count as zero";
  if (how == DIMENSION_COUNTED)
    claim->method = "as many dimensions, counted type by type, before what bounds forbid; pivots below 1e-7 of their type's largest and singular values below 1e-8 of "
                    "the markets' largest count as zero; what is shown is one of the solutions, not the one of least trade";
  if (how == DIMENSION_AT_LEAST)
    claim->method = "at least as many dimensions (no more were looked for), before what bounds forbid; singular values below 1e-8 of the scaled matrix count as "
                    "zero; what is shown is one of the solutions, not the one of least trade";
}

static void clear(Certificate *out) {
  memset(out, 0, sizeof *out);
  for (int i = 0; i < CLAIM_N; i++) out->claim[i] = (Claim){.status = NOT_CHECKED, .bound = NAN, .unit = "", .method = "", .domain = ""};
  out->residual = out->clearing = out->gain = NAN;
  out->claim[CLAIM_SUPPORT].method = "nothing is priced that nobody trades";
  out->claim[CLAIM_SUPPORT].unit = "ex-ante money";
}

static int stopped(const Inquiry *c, const Settings *s) { return s->tick && s->tick(s->ctx, c->out->residual, "certificate"); }

/* Conditions, markets and agents, with vectors of their own. ECON_SOLVED where nothing hindered the checks. */
static EconStatus check_answer(Inquiry *c, const Settings *s, Arena *scratch, Arena *mem) {
  const Problem *p = c->p;
  size_t rows = (size_t)p->nx + p->ncheck + 1;
  c->F = ARENA_ARRAY(scratch, double, rows);
  c->T = ARENA_ARRAY(scratch, double, rows);
  c->unit = ARENA_ARRAY(scratch, double, rows);
  c->own = ARENA_ARRAY(scratch, double, rows);
  if (arena_failed(scratch)) return ECON_MEMORY;
  system_rows(c->sys, c->x, c->F, c->F + p->nx);
  system_terms(c->sys, c->x, c->T, c->T + p->nx);
  measure(c);
  double *usual = ARENA_ARRAY(scratch, double, rows);
  if (!usual) return ECON_MEMORY;
  floor_sizes(c, usual);
  check_conditions(c, scratch, mem);
  check_markets(c, mem);
  int holds = c->out->claim[CLAIM_CONDITIONS].status == CHECKED && c->out->claim[CLAIM_CLEARING].status != REFUTED;
  if (stopped(c, s)) return ECON_CANCELLED;
  EconStatus status = s->conditions_only ? ECON_SOLVED : proof_agents(p, c->sys, c->x, c->T, s, holds, mem, c->out);
  if (status == ECON_SOLVED && !s->conditions_only) status = support_check(p, c->x, s, holds, mem, c->out);
  return arena_failed(scratch) ? ECON_MEMORY : status;
}

/* The vectors of the first part are gone when the rank is asked for, which needs as much memory as a solution. */
static EconStatus certify(Inquiry *c, const Settings *s, Arena *scratch, Arena *mem, uint8_t *loose) {
  c->sys = system_for(c->p, s->linear, scratch);
  Arena *vectors = c->sys ? proof_scratch(s) : NULL;
  EconStatus status = vectors ? check_answer(c, s, vectors, mem) : ECON_MEMORY;
  arena_free(vectors);
  if (status != ECON_SOLVED) return status;
  int holds = c->out->claim[CLAIM_CONDITIONS].status == CHECKED && c->out->claim[CLAIM_CLEARING].status != REFUTED;
  if (stopped(c, s)) return ECON_CANCELLED;
  check_existence(c->out);
  c->out->claim[CLAIM_LOCAL_UNIQUENESS].unit = "dimensions";
  if (holds) check_uniqueness(c, loose);
  else c->out->claim[CLAIM_LOCAL_UNIQUENESS].method = "not looked into because the conditions do not hold";
  c->out->accepted = accepted(c->out);
  if (arena_failed(scratch) || arena_failed(mem)) return ECON_MEMORY;
  if (!c->out->accepted) return ECON_NOT_CERTIFIED;
  return c->out->indeterminate ? ECON_INDETERMINATE : ECON_SOLVED;
}

EconStatus problem_certify(const Problem *p, const double *x, const Settings *s, Arena *mem, Certificate *out, uint8_t *loose) {
  Settings none = {0};
  Inquiry c = {.p = p, .x = x, .out = out};
  clear(out);
  if (loose) memset(loose, 0, p->nx);
  Arena *scratch = proof_scratch(s);
  if (!scratch) return ECON_MEMORY;
  EconStatus status = certify(&c, s ? s : &none, scratch, mem, loose);
  if (status == ECON_MEMORY || status == ECON_CANCELLED) out->accepted = 0;
  arena_free(scratch);
  return status;
}
