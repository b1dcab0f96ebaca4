#include "support.h"
#include "lone.h"
#include "lp.h"
#include "proof.h"
#include "text.h"
#include <math.h>
#include <string.h>

enum { MOST_TYPES = 256, MOST_CUTS = 640, MOST_DIMS = 32, ROUNDS = 60, LINE = 36, PLANE = 10, CLOUD = 200, REFINED = 4, REFINEMENTS = 24,
       FOLLOWED = 40 /* agents' problems lost before no more are followed from the answer step by step: most have no solution, an arbitrage */,
       LOST = 4 /* schedules with a problem lost before a price is left */ };
static const double SOLVED = 1e-9;              /* relative residual of an agent's own conditions that is taken for a solution */
static const double SPAN = 1e-6;                /* relative remainder of the slopes that counts as none */
static const double REAL = 1e-7;                /* a gap above this share of an agent's budget refutes support */
static const double WIDE = 8;                   /* prices are searched from 1/WIDE to WIDE times the active ones */

/* A type that may enter. */
typedef struct {
  uint32_t block, lane, money;        /* money: the slot of the ex-ante budget's multiplier */
  double lambda, worth, mass, budget; /* worth: its objective at the answer; budget: the size of its ex-ante budget's terms */
  Lone *lone;
  double *home;                       /* own unknowns at the answer */
} Entrant;

/* What an entrant would do at some (P, Q): g + D.(s, cost of claims) >= value, D measured from the schedule at the answer. */
typedef struct { uint32_t who; double value, *slope; } Cut;

typedef struct {
  const Problem *p;
  const double *x;
  System *sys;
  Effort *effort;
  Arena *mem;
  Entrant *who; uint32_t n;
  const Exchange *at;                 /* the exchange looked into */
  uint32_t dims;                      /* at->n + at->nclaim */
  Cut *cut; uint32_t ncut;
  double *D, *best, *dual;            /* the schedule relative to the answer's; the best one; weights of the cuts */
  LpEntry *entry;
  double reach;                       /* the box of D */
  double budget;                      /* the largest budget */
  uint32_t points, unsolved;
  int bounded;
} Support;

/* ---- who may enter ------------------------------------------------------------------------------------------------------------ */

static uint32_t money_slot(const Kernel *k) {
  for (uint32_t i = 0; i < k->nown; i++)
    if (k->role[i] == ROLE_BUDGET && (k->flag[i] & OWN_EX_ANTE)) return i;
  return NO_INDEX;
}

static uint32_t variable(const Support *w, uint32_t i) {
  return i < w->at->n ? w->at->rights[i] : w->at->claim[i - w->at->n];
}

static int list_entrants(Support *w) {
  const Problem *p = w->p;
  for (uint32_t b = 0; b < p->nblock; b++)
    if (p->block[b].k->role && p->block[b].k->goal.nout && money_slot(p->block[b].k) != NO_INDEX) w->n += p->block[b].lanes;
  if (w->n > MOST_TYPES) w->n = MOST_TYPES;
  w->who = ARENA_ARRAY(w->mem, Entrant, w->n + 1);
  double *terms = ARENA_ARRAY(w->mem, double, p->nx + p->ncheck + 1);
  if (arena_failed(w->mem)) return 1;
  system_terms(w->sys, w->x, terms, terms + p->nx);
  uint32_t k = 0;
  for (uint32_t b = 0; b < p->nblock; b++) {
    const Block *blk = &p->block[b];
    uint32_t slot = blk->k->role && blk->k->goal.nout ? money_slot(blk->k) : NO_INDEX;
    uint8_t *hold = ARENA_ARRAY(w->mem, uint8_t, blk->k->nown + 1);
    if (!hold) return 1;
    if (slot != NO_INDEX) hold[slot] = 1;
    for (uint32_t l = 0; slot != NO_INDEX && l < blk->lanes && k < w->n; l++) {
      Entrant *e = &w->who[k++];
      *e = (Entrant){.block = b, .lane = l, .money = slot, .mass = blk->mass ? blk->mass[l] : 1};
      e->lambda = w->x[problem_own(blk, slot, l)];
      e->budget = terms[problem_own(blk, slot, l)];
      w->budget = fmax(w->budget, e->budget);
      e->lone = lone_new(p, b, l, w->x, hold, w->mem);
      e->home = ARENA_ARRAY(w->mem, double, blk->k->nown + 1);
      if (!e->lone || !e->home) return 1;
      memcpy(e->home, lone_own(e->lone), sizeof *e->home * blk->k->nown);
      e->worth = lone_goal(e->lone) + e->lambda * lone_row(e->lone, slot);
    }
  }
  return 0;
}

/* ---- the slope test ----------------------------------------------------------------------------------------------------------- */

/* What a lane adds to a row of a global, per head. */
static double share(const Support *w, const Entrant *e, uint32_t row) {
  const Block *b = &w->p->block[e->block];
  double sum = 0;
  vm_run(w->sys->vm[0], &b->k->value, b, e->lane, 1, w->x, w->p->par);
  for (uint32_t j = 0; j < b->k->nshare; j++) {
    const Share *s = &b->k->share[j];
    uint32_t to = s->by_lane ? b->index[s->target][e->lane] : s->target;
    if (to == row) sum += vm_out(w->sys->vm[0], &b->k->value, b->k->nown + j)[0];
  }
  return sum / e->mass;
}

static double dot(const double *a, const double *b, uint32_t n) {
  double s = 0;
  for (uint32_t i = 0; i < n; i++) s += a[i] * b[i];
  return s;
}

/* The part of v (n) outside the span of the orthonormal vectors basis[0..m). */
static void project_out(double *v, double *const *basis, uint32_t m, uint32_t n) {
  for (int twice = 0; twice < 2; twice++)
    for (uint32_t k = 0; k < m; k++) {
      double c = dot(v, basis[k], n);
      for (uint32_t i = 0; i < n; i++) v[i] -= c * basis[k][i];
    }
}

/* The largest entry of (1/lambda) dL/dp outside the span of the types' net trades; relative: as a share of its largest entry. */
static double slope_remainder(Support *w, uint32_t *price, double *relative) {
  uint32_t m = 0, n = w->n;
  double worst = 0;
  double **basis = ARENA_ARRAY(w->mem, double *, w->dims + 1), *v = ARENA_ARRAY(w->mem, double, n + 1);
  *relative = 0;
  if (arena_failed(w->mem)) return NAN;
  for (uint32_t i = 0; i < w->dims; i++) {
    double *s = basis[m] = ARENA_ARRAY(w->mem, double, n + 1);
    if (!s) return NAN;
    for (uint32_t h = 0; h < n; h++) s[h] = share(w, &w->who[h], variable(w, i));
    double before = sqrt(dot(s, s, n));
    project_out(s, basis, m, n);
    double size = sqrt(dot(s, s, n));
    if (!(size > 1e-9 * before)) continue;
    for (uint32_t h = 0; h < n; h++) s[h] /= size;
    m++;
  }
  for (uint32_t i = 0; i < w->at->n; i++) {
    double most = 0, left = 0;
    for (uint32_t h = 0; h < n; h++) {
      v[h] = share(w, &w->who[h], w->at->price[i]);
      most = fmax(most, fabs(v[h]));
    }
    project_out(v, basis, m, n);
    for (uint32_t h = 0; h < n; h++) left = fmax(left, fabs(v[h]));
    if (most > 0) *relative = fmax(*relative, left / most);
    if (left < worst) continue;
    worst = left;
    *price = w->at->price[i];
  }
  return worst;
}

/* ---- the gap at one vector of prices ------------------------------------------------------------------------------------------- */

static void give_all(Support *w, Entrant *e, const double *price, const double *D) {
  for (uint32_t i = 0; i < w->at->n; i++) lone_give(e->lone, w->at->price[i], price[i]);
  for (uint32_t i = 0; i < w->dims; i++) lone_give(e->lone, variable(w, i), w->x[variable(w, i)] + D[i]);
}

/* From the answer's prices and schedule to (price, D), as many steps as it takes. */
static int follow(Support *w, Entrant *e, const double *price, const double *D) {
  double part[2][MOST_DIMS], t = 0, dt = 0.25;
  if (w->dims > MOST_DIMS) return 1;
  for (uint32_t i = 0; i < w->at->n; i++) lone_give(e->lone, w->at->price[i], w->x[w->at->price[i]]);
  for (uint32_t i = 0; i < w->dims; i++) lone_give(e->lone, variable(w, i), w->x[variable(w, i)]);
  if (!(lone_solve(e->lone, e->home, SOLVED, w->effort) <= SOLVED)) return 1;
  for (int step = 0; step < 30 && t < 1 && dt > 0.01; step++) {
    double next = fmin(1, t + dt);
    for (uint32_t i = 0; i < w->at->n; i++) {
      double from = w->x[w->at->price[i]];
      part[0][i] = from > 0 && price[i] > 0 ? from * pow(price[i] / from, next) : from + next * (price[i] - from);
    }
    for (uint32_t i = 0; i < w->dims; i++) part[1][i] = next * D[i];
    give_all(w, e, part[0], part[1]);
    if (lone_solve(e->lone, NULL, SOLVED, w->effort) <= SOLVED) {
      t = next;
      dt *= 2;
    } else dt *= 0.4;
  }
  return t < 1;
}

/* (W - v)/lambda of an entrant at (price, D); NaN where its problem was not solved. */
static double enter(Support *w, Entrant *e, const double *price, const double *D) {
  give_all(w, e, price, D);
  if (!(lone_solve(e->lone, NULL, SOLVED, w->effort) <= SOLVED) && !(lone_solve(e->lone, e->home, SOLVED, w->effort) <= SOLVED) &&
      (w->unsolved > FOLLOWED || follow(w, e, price, D)))
    return NAN;
  return (lone_goal(e->lone) + e->lambda * lone_row(e->lone, e->money) - e->worth) / e->lambda;
}

static void add_cut(Support *w, uint32_t h, double value, const double *D) {
  if (w->ncut >= MOST_CUTS) return;
  Cut *c = &w->cut[w->ncut];
  if (!c->slope && !(c->slope = ARENA_ARRAY(w->mem, double, w->dims + 1))) return;
  c->who = h;
  c->value = value;
  for (uint32_t i = 0; i < w->dims; i++) {
    c->slope[i] = -lone_slope(w->who[h].lone, w->who[h].money, variable(w, i));
    c->value += c->slope[i] * D[i];
  }
  w->ncut++;
}

/* min g over D with g + D.slope >= value for every cut, D within `near` of the best schedule and in the box; aim (dims, may be NULL):
 * min aim.D with g <= level instead. The weights of the cuts are in w->dual. Returns nonzero when the program could not be solved. */
static int master(Support *w, double near, const double *aim, double level, double *D, double *value) {
  uint32_t n = w->dims + 1;
  double row_lo[MOST_CUTS], row_hi[MOST_CUTS], col_lo[MOST_DIMS + 1], col_hi[MOST_DIMS + 1], cost[MOST_DIMS + 1], at[MOST_DIMS + 1];
  Lp lp = {.nrow = w->ncut, .ncol = n, .row_lo = row_lo, .row_hi = row_hi, .col_lo = col_lo, .col_hi = col_hi, .cost = cost, .entry = w->entry};
  for (uint32_t i = 0; i < w->dims; i++) {
    col_lo[i] = fmax(-w->reach, w->best[i] - near);
    col_hi[i] = fmin(w->reach, w->best[i] + near);
    cost[i] = aim ? -aim[i] : 0;
  }
  col_lo[w->dims] = -INFINITY;
  col_hi[w->dims] = aim ? level : INFINITY;
  cost[w->dims] = aim ? 0 : -1;
  for (uint32_t k = 0; k < w->ncut; k++) {
    row_lo[k] = w->cut[k].value;
    row_hi[k] = INFINITY;
    for (uint32_t i = 0; i < w->dims; i++) lp.entry[lp.nentry++] = (LpEntry){k, i, w->cut[k].slope[i]};
    lp.entry[lp.nentry++] = (LpEntry){k, w->dims, 1};
  }
  if (lp_solve(&lp, at, w->dual, value) != LP_OPTIMAL) return 1;
  memcpy(D, at, sizeof *D * w->dims);
  *value = -*value;
  return 0;
}

/* Adds every entrant's best answer to (price, D). The largest gain; NaN where nobody's problem was solved. */
static double answers(Support *w, const double *price, const double *D) {
  double most = NAN;
  for (uint32_t h = 0; h < w->n; h++) {
    double v = enter(w, &w->who[h], price, D);
    if (isnan(v)) {
      w->unsolved++;
      continue;
    }
    if (!(v <= most)) most = v;
    add_cut(w, h, v, D);
  }
  return most;
}

/* Does D stand on the edge of what the program was allowed? */
static int on_edge(const Support *w, const double *D, const double *centre, double near) {
  for (uint32_t i = 0; i < w->dims; i++)
    if (fabs(D[i] - centre[i]) >= 0.999 * near || fabs(D[i]) >= 0.999 * w->reach) return 1;
  return 0;
}

/* G(price), or any number between it and zero once it is known not to be positive; the schedule that shows it in w->best. from (dims,
 * may be NULL): a schedule to begin with. Planes say little far from where they were cut, so steps are held to a trust region; G is convex
 * in the schedule, so a minimum inside it is the minimum. */
static double gap_at(Support *w, const double *price, const double *from, int exactly) {
  double upper = INFINITY, lower = -INFINITY, eps = 1e-10 * w->budget, near = 0.01 * w->reach, centre[MOST_DIMS];
  int edge = 0, lost = 0;
  w->ncut = 0;
  w->points++;
  for (uint32_t i = 0; i < w->dims; i++) w->D[i] = from ? from[i] : 0;
  memcpy(w->best, w->D, sizeof *w->D * w->dims);
  for (int k = 0; k < ROUNDS && !effort_over(w->effort, upper, "support"); k++) {
    uint32_t before = w->unsolved;
    double v = answers(w, price, w->D);
    if (isnan(v) && k == 0) return NAN;
    if (w->unsolved > before && ++lost >= LOST) break;
    if (v < upper) {
      upper = v;
      memcpy(w->best, w->D, sizeof *w->D * w->dims);
      if (edge) near *= 3;
    } else if (edge) near *= 0.5;
    if (!exactly && upper <= eps) break;
    memcpy(centre, w->best, sizeof *centre * w->dims);
    if (master(w, near, NULL, 0, w->D, &lower)) break;
    edge = on_edge(w, w->D, centre, near);
    if (upper - lower <= eps && !edge) break;
    if (k + 1 == ROUNDS) w->bounded |= edge;
  }
  if (exactly || !(upper > eps)) return upper;
  /* What was tried last bounds G from above; the planes bound it from below, where their minimum is inside the box. */
  memset(centre, 0, sizeof centre);
  if (master(w, 2 * w->reach, NULL, 0, w->D, &lower)) return NAN;
  if (!on_edge(w, w->D, centre, 2 * w->reach)) return fmin(upper, lower);
  w->bounded = 1;
  return fmin(upper, 0);
}

/* ---- over prices --------------------------------------------------------------------------------------------------------------- */

typedef struct { double gap, price[MOST_DIMS], schedule[MOST_DIMS]; } Spot;

static void keep(Spot *top, const Spot *s) {
  uint32_t at = REFINED;
  while (at > 0 && top[at - 1].gap < s->gap) at--;
  if (at >= REFINED) return;
  for (uint32_t i = REFINED - 1; i > at; i--) top[i] = top[i - 1];
  top[at] = *s;
}

static double visit(Support *w, Spot *top, const double *factor, const double *from, double *schedule) {
  Spot s;
  for (uint32_t i = 0; i < w->at->n; i++) s.price[i] = w->x[w->at->price[i]] * factor[i];
  s.gap = gap_at(w, s.price, from, 0);
  if (!isfinite(s.gap)) return s.gap;
  memcpy(s.schedule, w->best, sizeof *w->best * w->dims);
  if (schedule) memcpy(schedule, w->best, sizeof *w->best * w->dims);
  keep(top, &s);
  return s.gap;
}

/* Along one price, outwards from the active one on both sides, each schedule begun from its neighbour's. */
static void scan_line(Support *w, Spot *top) {
  double schedule[MOST_DIMS];
  for (int side = -1; side <= 1; side += 2) {
    memset(schedule, 0, sizeof schedule);
    for (int k = 1; k <= LINE && !effort_over(w->effort, 0, "support"); k++) {
      double u = (double)k / LINE, factor = exp(side * log(WIDE) * u * u);
      visit(w, top, &factor, schedule, schedule);
    }
  }
}

static void scan_plane(Support *w, Spot *top) {
  double schedule[MOST_DIMS], row[MOST_DIMS], factor[2];
  for (int a = -1; a <= 1; a += 2) {
    memset(row, 0, sizeof row);
    for (int i = a > 0; i <= PLANE; i++)
      for (int b = -1; b <= 1; b += 2) {
        memcpy(schedule, row, sizeof schedule);
        for (int j = b > 0; j <= PLANE && !effort_over(w->effort, 0, "support"); j++) {
          double u = (double)i / PLANE, v = (double)j / PLANE;
          factor[0] = exp(a * log(WIDE) * u * u);
          factor[1] = exp(b * log(WIDE) * v * v);
          visit(w, top, factor, schedule, schedule);
          if (j == 0) memcpy(row, schedule, sizeof row);
        }
      }
  }
}

/* The radical inverse of i (Halton 1960). */
static double radical(uint32_t i, uint32_t base) {
  double f = 1, r = 0;
  for (; i; i /= base) r += (f /= base) * (i % base);
  return r;
}

static void scan_cloud(Support *w, Spot *top) {
  static const uint32_t prime[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131};
  double factor[MOST_DIMS];
  for (uint32_t k = 1; k <= CLOUD && !effort_over(w->effort, 0, "support"); k++) {
    double far = 0.1 + 0.9 * (double)k / CLOUD;
    for (uint32_t i = 0; i < w->at->n; i++) factor[i] = exp(far * log(WIDE) * (2 * radical(k, prime[i]) - 1));
    visit(w, top, factor, NULL, NULL);
  }
}

/* Pattern search uphill from a spot: each price by a step that shrinks when nothing is gained. */
static void refine(Support *w, Spot *s) {
  double step = 0.1;
  for (int k = 0; k < REFINEMENTS && step > 1e-5; k++) {
    int better = 0;
    for (uint32_t i = 0; i < w->at->n; i++)
      for (int side = -1; side <= 1 && !effort_over(w->effort, s->gap, "support"); side += 2) {
        Spot t = *s;
        t.price[i] *= exp(side * step);
        t.gap = gap_at(w, t.price, s->schedule, 0);
        if (!isfinite(t.gap) || !(t.gap > s->gap)) continue;
        memcpy(t.schedule, w->best, sizeof *w->best * w->dims);
        *s = t;
        better = 1;
      }
    if (!better) step *= 0.3;
  }
}

/* The weights of the club at the spot: who stands behind the binding cuts. */
static char *club(Support *w, const Spot *s, Arena *mem) {
  Text t = {0};
  double D[MOST_DIMS], value;
  gap_at(w, s->price, s->schedule, 1);
  if (w->dims > MOST_DIMS || master(w, w->reach, NULL, 0, D, &value)) return NULL;
  for (uint32_t h = 0; h < w->n; h++) {
    double weight = 0;
    for (uint32_t k = 0; k < w->ncut; k++)
      if (w->cut[k].who == h) weight += fabs(w->dual[k]);
    if (weight > 1e-6) text_printf(&t, "%s%s (%.3g)", t.n ? ", " : "", proof_lane(w->p, w->who[h].block, w->who[h].lane, mem), weight);
  }
  char *said = t.at && !t.failed ? arena_text(mem, t.at, t.n) : NULL;
  text_free(&t);
  return said;
}

static int support_begin(Support *w, Effort *effort, const Problem *p, const double *x, const Settings *s) {
  *w = (Support){.p = p, .x = x, .effort = effort, .mem = proof_scratch(s)};
  uint32_t most = 1;
  if (!w->mem) return 1;
  for (uint32_t g = 0; g < p->nexchange; g++) most = p->exchange[g].n + p->exchange[g].nclaim > most ? p->exchange[g].n + p->exchange[g].nclaim : most;
  w->sys = system_new(p, w->mem);
  w->cut = ARENA_ARRAY(w->mem, Cut, MOST_CUTS);
  w->D = ARENA_ARRAY(w->mem, double, most + 1);
  w->best = ARENA_ARRAY(w->mem, double, most + 1);
  w->dual = ARENA_ARRAY(w->mem, double, MOST_CUTS);
  w->entry = ARENA_ARRAY(w->mem, LpEntry, MOST_CUTS * (MOST_DIMS + 1));
  if (!w->sys || arena_failed(w->mem)) return 1;
  w->at = &p->exchange[0];
  return list_entrants(w);
}

static void support_end(Support *w) {
  for (uint32_t h = 0; h < w->n; h++) lone_free(w->who[h].lone);
  arena_free(w->mem);
}

static void look_into(Support *w, uint32_t exchange) {
  w->at = &w->p->exchange[exchange];
  w->dims = w->at->n + w->at->nclaim;
  for (uint32_t k = 0; k < MOST_CUTS; k++) w->cut[k].slope = NULL;
  double most = 1;
  for (uint32_t i = 0; i < w->dims; i++) most = fmax(most, fabs(w->x[variable(w, i)]));
  w->reach = 100 * most;
}

static void search_prices(Support *w, Spot *top) {
  double one[MOST_DIMS];
  for (int i = 0; i < REFINED; i++) top[i].gap = -INFINITY;
  for (uint32_t i = 0; i < MOST_DIMS; i++) one[i] = 1;
  visit(w, top, one, NULL, NULL);
  if (w->at->n == 1) scan_line(w, top);
  else if (w->at->n == 2) scan_plane(w, top);
  else scan_cloud(w, top);
  for (int i = 0; i < REFINED && isfinite(top[i].gap); i++) refine(w, &top[i]);
}

static EconStatus measure(Support *w, Arena *mem, SupportGap *out, double *relative) {
  *out = (SupportGap){.gap = -INFINITY};
  *relative = 0;
  for (uint32_t g = 0; g < w->p->nexchange; g++) {
    Spot top[REFINED];
    double share_left;
    uint32_t price = 0;
    look_into(w, g);
    if (w->dims > MOST_DIMS) continue;
    double slope = slope_remainder(w, &price, &share_left);
    if (slope >= out->slope) {
      out->slope = slope;
      out->slope_price = price;
    }
    *relative = fmax(*relative, share_left);
    search_prices(w, top);
    for (int i = 0; i < REFINED; i++) {
      if (!(top[i].gap > out->gap)) continue;
      out->gap = top[i].gap;
      out->exchange = g;
      out->price = ARENA_ARRAY(mem, double, w->at->n);
      if (!out->price) return ECON_MEMORY;
      memcpy(out->price, top[i].price, sizeof *out->price * w->at->n);
      out->club = club(w, &top[i], mem);
    }
  }
  out->points = w->points;
  out->unsolved = w->unsolved;
  out->bounded = w->bounded;
  return arena_failed(w->mem) || arena_failed(mem) ? ECON_MEMORY : w->effort->stop;
}

EconStatus support_gap(const Problem *p, const double *x, const Settings *s, Arena *mem, SupportGap *out) {
  static const Settings none = {0};
  Effort effort = effort_begin(s ? s : &none);
  Support w;
  double relative;
  *out = (SupportGap){.gap = NAN, .slope = NAN};
  if (!p->nexchange) return ECON_NOT_SUPPORTED;
  int failed = support_begin(&w, &effort, p, x, s);
  EconStatus status = failed ? ECON_MEMORY : measure(&w, mem, out, &relative);
  support_end(&w);
  return status;
}

EconStatus support_schedule(const Problem *p, const double *x, const Settings *s, uint32_t exchange, const double *price, double *lo, double *hi, double *gap) {
  static const Settings none = {0};
  Effort effort = effort_begin(s ? s : &none);
  Support w;
  int failed = support_begin(&w, &effort, p, x, s);
  if (!failed) {
    look_into(&w, exchange);
    double G = gap_at(&w, price, NULL, 1), level = fmax(1e-9 * w.budget, 0), D[MOST_DIMS], aim[MOST_DIMS], value;
    if (gap) *gap = G;
    for (uint32_t i = 0; i < w.dims; i++) {
      lo[i] = hi[i] = NAN;
      for (int up = 0; up <= 1 && G <= level && w.dims <= MOST_DIMS; up++) {
        memset(aim, 0, sizeof aim);
        aim[i] = up ? -1 : 1;
        double excess = INFINITY;
        for (int k = 0; k < ROUNDS && excess > level && !effort_over(&effort, excess, "schedule"); k++) {
          if (master(&w, w.reach, aim, level, D, &value)) break;
          excess = answers(&w, price, D);
        }
        if (excess <= 2 * level) (up ? hi : lo)[i] = x[variable(&w, i)] + D[i];
      }
    }
  }
  EconStatus status = failed || arena_failed(w.mem) ? ECON_MEMORY : effort.stop;
  support_end(&w);
  return status;
}

/* ---- the claim ------------------------------------------------------------------------------------------------------------------ */

static void refuse_slope(const Problem *p, const SupportGap *g, Arena *mem, Claim *c) {
  c->status = REFUTED;
  c->bound = g->slope;
  c->unit = "ex-ante money for a unit of price";
  c->method = "slope test: the types' gains from another price, (1/lambda) dL/dp, must be a combination of their net trades in rights and segregated claims";
  c->domain = "the active exchange";
  c->witness = proof_text(mem, "%s: one exchange cannot support this; the types would rather spread over several (a mixture)", proof_unknown(p, g->slope_price, mem));
}

static char *where(const Problem *p, const SupportGap *g, Arena *mem) {
  Text t = {0};
  const Exchange *e = &p->exchange[g->exchange];
  for (uint32_t i = 0; g->price && i < e->n; i++) text_printf(&t, "%s%s = %.6g", i ? ", " : "", proof_unknown(p, e->price[i], mem), g->price[i]);
  if (g->club) text_printf(&t, ", by %s", g->club);
  char *said = t.at && !t.failed ? arena_text(mem, t.at, t.n) : NULL;
  text_free(&t);
  return said;
}

EconStatus support_check(const Problem *p, const double *x, const Settings *s, int holds, Arena *mem, Certificate *out) {
  Claim *c = &out->claim[CLAIM_SUPPORT];
  if (!p->nexchange) return ECON_SOLVED;
  if (!holds) {
    c->method = "not looked into because the conditions do not hold";
    return ECON_SOLVED;
  }
  static const Settings none = {0};
  Effort effort = effort_begin(s ? s : &none);
  Support w;
  SupportGap g = {.gap = NAN};
  double relative = 0;
  EconStatus status = ECON_MEMORY;
  if (!support_begin(&w, &effort, p, x, s)) {
    status = measure(&w, mem, &g, &relative);
    uint32_t d = 0;
    for (uint32_t k = 0; k < p->nexchange; k++) d = p->exchange[k].n > d ? p->exchange[k].n : d;
    if (status == ECON_SOLVED && relative > SPAN) refuse_slope(p, &g, mem, c);
    else if (status == ECON_SOLVED) {
      c->status = g.gap > REAL * w.budget ? REFUTED : d <= 2 && !g.unsolved ? CHECKED : EVIDENCE;
      c->bound = fmax(g.gap, 0);
      c->method = proof_text(mem, "slope test (largest remainder %.2g), then the gap of the best club by cutting planes at %u vectors of prices, refined uphill from the best %d%s", g.slope, g.points,
                             REFINED, g.unsolved ? proof_text(mem, "; %u agents' problems there were not solved and are not counted", g.unsolved) : "");
      c->domain = proof_text(mem, "later prices from 1/%g to %g times the active ones, exchange group by exchange group (%u); prices of rights within %.4g of the active ones%s", WIDE, WIDE, p->nexchange,
                             w.reach, g.bounded ? ", which bound some searches met" : "");
      if (c->status == REFUTED) c->witness = proof_text(mem, "a club gains %.3g by opening an exchange at %s", g.gap, where(p, &g, mem));
    }
  }
  support_end(&w);
  return status;
}
