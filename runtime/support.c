#include "support.h"
#include "gap.h"
#include "proof.h"
#include "text.h"
#include <math.h>
#include <string.h>

enum { MOST_TYPES = 4096, BRACKETS = 60 };
static const double SOLVED = 1e-9;              /* relative residual of a club's conditions that is taken for a solution */
static const double ROUNDING = 1e-10;           /* of an agent's budget for a unit change of a price in logs: what is zero */
static const double SPAN = 1e-6;                /* relative remainder of the slopes that counts as none */
static const double REACH = 20;                 /* prices of rights and claims, in units of the largest of them: as far as the end of a schedule is followed */

/* A type, for the slope test. */
typedef struct { uint32_t block, lane; double mass; } Entrant;

typedef struct {
  Gap g;                              /* the exchange looked into */
  System *sys;
  Entrant *who; uint32_t n;
  uint32_t dims;                      /* g.e->n + g.e->nclaim */
  double reach, budget;
} Support;

/* ---- who may enter ------------------------------------------------------------------------------------------------------------ */

static uint32_t variable(const Support *w, uint32_t i) {
  return i < w->g.e->n ? w->g.e->rights[i] : w->g.e->claim[i - w->g.e->n];
}

static int list_entrants(Support *w) {
  w->n = club_types(w->g.club);
  w->who = ARENA_ARRAY(w->g.mem, Entrant, w->n + 1);
  if (!w->who) return 1;
  for (uint32_t h = 0; h < w->n; h++) {
    Entrant *e = &w->who[h];
    club_type(w->g.club, h, &e->block, &e->lane);
    e->mass = w->g.p->block[e->block].mass ? w->g.p->block[e->block].mass[e->lane] : 1;
  }
  return 0;
}

/* ---- the slope test ----------------------------------------------------------------------------------------------------------- */

/* What a lane adds to a row of a global, per head. */
static double share(const Support *w, const Entrant *e, uint32_t row) {
  const Block *b = &w->g.p->block[e->block];
  double sum = 0;
  vm_run(w->sys->vm[0], &b->k->value, b, e->lane, 1, w->g.x, w->g.p->par);
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
  double **basis = ARENA_ARRAY(w->g.mem, double *, w->dims + 1), *v = ARENA_ARRAY(w->g.mem, double, n + 1);
  *relative = 0;
  if (arena_failed(w->g.mem)) return NAN;
  for (uint32_t i = 0; i < w->dims; i++) {
    double *s = basis[m] = ARENA_ARRAY(w->g.mem, double, n + 1);
    if (!s) return NAN;
    for (uint32_t h = 0; h < n; h++) s[h] = share(w, &w->who[h], variable(w, i));
    double before = sqrt(dot(s, s, n));
    project_out(s, basis, m, n);
    double size = sqrt(dot(s, s, n));
    if (!(size > 1e-9 * before)) continue;
    for (uint32_t h = 0; h < n; h++) s[h] /= size;
    m++;
  }
  for (uint32_t i = 0; i < w->g.e->n; i++) {
    double most = 0, left = 0;
    for (uint32_t h = 0; h < n; h++) {
      v[h] = share(w, &w->who[h], w->g.e->price[i]);
      most = fmax(most, fabs(v[h]));
    }
    project_out(v, basis, m, n);
    for (uint32_t h = 0; h < n; h++) left = fmax(left, fabs(v[h]));
    double least = ROUNDING * w->budget / fmax(fabs(w->g.x[w->g.e->price[i]]), 1e-300);       /* slopes that are zero for all types are no slopes */
    *relative = fmax(*relative, left / fmax(most, least));
    if (left < worst) continue;
    worst = left;
    *price = w->g.e->price[i];
  }
  return worst;
}

/* Who makes up the club. */
static char *club_words(Support *w, const Spot *s, Arena *mem) {
  enum { NAMED = 8 };
  Text t = {0};
  uint32_t said = 0;
  for (uint32_t h = 0; h < w->n; h++) {
    double weight = club_weight(w->g.club, s->at, h);
    if (!(weight > 1e-6)) continue;
    uint32_t alike = club_alike(w->g.club, h) - 1;
    if (said++ >= NAMED) continue;
    text_printf(&t, "%s%s (%.3g", t.n ? ", " : "", proof_lane(w->g.p, w->who[h].block, w->who[h].lane, mem), weight);
    if (alike) text_printf(&t, ", with %u alike", alike);
    text_put(&t, ")");
  }
  if (said > NAMED) text_printf(&t, " and %u more", said - NAMED);
  char *words = t.at && !t.failed ? arena_text(mem, t.at, t.n) : NULL;
  text_free(&t);
  return words;
}

static int support_begin(Support *w, Effort *effort, const Problem *p, const double *x, const Settings *s) {
  *w = (Support){.g = {.p = p, .x = x, .effort = effort, .mem = proof_scratch(s)}};
  if (!w->g.mem) return 1;
  w->sys = system_for(p, LINEAR_WHOLE, w->g.mem);
  return !w->sys;
}

static void support_end(Support *w) {
  club_free(w->g.club);
  arena_free(w->g.mem);
}

/* Turns to an exchange. hold: see club.h. */
static int look_into(Support *w, uint32_t exchange, uint32_t hold) {
  double most = 1;
  w->g.e = &w->g.p->exchange[exchange];
  w->dims = w->g.e->n + w->g.e->nclaim;
  for (uint32_t i = 0; i < w->dims; i++) most = fmax(most, fabs(w->g.x[variable(w, i)]));
  w->reach = REACH * most;
  club_free(w->g.club);
  w->g.club = club_new(w->g.p, w->g.x, exchange, hold, w->g.mem);
  if (!w->g.club) return 1;
  w->g.budget = club_budget(w->g.club);
  w->budget = fmax(w->budget, w->g.budget);
  return list_entrants(w);
}

static EconStatus measure(Support *w, Arena *mem, SupportGap *out, double *relative) {
  *out = (SupportGap){.gap = -INFINITY};
  *relative = 0;
  for (uint32_t g = 0; g < w->g.p->nexchange; g++) {
    Spot best;
    double share_left;
    uint32_t price = 0;
    if (look_into(w, g, NO_INDEX)) return ECON_MEMORY;
    if (w->n > out->types) out->types = w->n;
    out->lanes = club_lanes(w->g.club);
    if (w->n > MOST_TYPES) continue;
    double slope = slope_remainder(w, &price, &share_left);
    if (slope >= out->slope) {
      out->slope = slope;
      out->slope_price = price;
    }
    *relative = fmax(*relative, share_left);
    if (gap_search(&w->g, &best)) return ECON_MEMORY;
    if (w->g.own > out->own) {
      out->own = w->g.own;
      out->own_type = proof_lane(w->g.p, w->who[w->g.own_type].block, w->who[w->g.own_type].lane, mem);
    }
    if (!(best.gap > out->gap)) continue;
    out->gap = best.gap;
    out->exchange = g;
    out->price = ARENA_ARRAY(mem, double, w->g.e->n + 1);
    if (!out->price) return ECON_MEMORY;
    memcpy(out->price, best.price, sizeof *out->price * w->g.e->n);
    out->club = club_words(w, &best, mem);
  }
  out->points = w->g.points;
  out->starts = w->g.starts;
  out->unsolved = w->g.unsolved;
  out->undecided = w->g.undecided;
  out->bound = w->g.bound;
  out->again = w->g.again;
  out->plans = w->g.plans;
  out->closed = w->g.closed;
  out->left = w->g.searches_left;
  return arena_failed(w->g.mem) || arena_failed(mem) ? ECON_MEMORY : w->g.effort->stop;
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
  if (status == ECON_SOLVED && !(out->gap > -INFINITY)) out->gap = NAN;
  if (fabs(out->gap) <= 1e-12 * w.budget) out->gap = 0;   /* rounding */
  support_end(&w);
  return status;
}

/* ---- schedules ------------------------------------------------------------------------------------------------------------------- */

/* The end on one side of the values of coordinate i with a club's gain at most zero: the gain is convex in it, negative at `s` (its
 * value there v). A bracket by steps that double, shorter where the club's conditions are not solved, then Newton's method from outside, which never
 * oversteps. Infinite where no end lies within the reach, NaN where none was found. */
static double end_of(Support *w, uint32_t i, const Spot *s, double v, int side) {
  Gap *g = &w->g;
  Spot in = gap_spot(g), t = gap_spot(g);
  double step = 1e-2 * fmax(1, fabs(v)), tol = 1e-11 * fmax(1, fabs(v)), at = v;
  if (arena_failed(g->mem)) return NAN;
  gap_copy(g, &in, s);
  for (int k = 0; k < BRACKETS && step > tol && !effort_over(g->effort, 0, "schedule"); k++) {
    double next = at + side * step;
    if (fabs(next - g->x[variable(w, i)]) > w->reach) return side < 0 ? -INFINITY : INFINITY;
    gap_copy(g, &t, &in);
    if (!(club_move(g->club, t.at, t.price, next, SOLVED, g->effort) <= SOLVED)) {
      step *= 0.3;
      continue;
    }
    double gain = club_gain(g->club, t.at), slope = club_held_slope(g->club, t.at);
    for (int newton = 0; newton < 40 && gain > 0 && side * slope > 0; newton++) {
      double to = next - gain / slope;
      if (fabs(to - next) <= tol || gain <= 1e-13 * w->budget) return to;
      if (!(club_move(g->club, t.at, t.price, to, SOLVED, g->effort) <= SOLVED)) break;
      next = to;
      gain = club_gain(g->club, t.at);
      slope = club_held_slope(g->club, t.at);
    }
    if (fabs(gain) <= 1e-12 * w->budget) return next;
    if (gain > 0) step *= 0.3;
    else {
      gap_copy(g, &in, &t);
      at = next;
      step *= 2;
    }
  }
  return NAN;
}

EconStatus support_schedule(const Problem *p, const double *x, const Settings *s, uint32_t exchange, const double *price, double *lo, double *hi, double *gap) {
  static const Settings none = {0};
  Effort effort = effort_begin(s ? s : &none);
  Support w;
  int failed = support_begin(&w, &effort, p, x, s) || look_into(&w, exchange, NO_INDEX);
  if (!failed) {
    Spot at = gap_spot(&w.g), held = gap_spot(&w.g);
    double *centre = ARENA_ARRAY(w.g.mem, double, w.dims + 1), G = NAN;
    for (uint32_t i = 0; i < w.dims; i++) lo[i] = hi[i] = NAN;
    if (centre && !arena_failed(w.g.mem)) {
      gap_home(&w.g, &at);
      memcpy(at.price, price, sizeof *price * w.g.e->n);
      GapKind kind = gap_at(&w.g, &at);
      G = kind == GAP_EXACT ? at.gap : kind == GAP_CLOSED ? -INFINITY : NAN;
      for (uint32_t i = 0; i < w.dims; i++) centre[i] = club_schedule(w.g.club, at.at, i);
    }
    if (gap) *gap = G;
    for (uint32_t i = 0; i < w.dims && G <= 1e-9 * w.budget; i++) {
      if (G > -1e-9 * w.budget) {       /* the gain is not negative anywhere: one price */
        lo[i] = hi[i] = centre[i];
        continue;
      }
      if (look_into(&w, exchange, i)) break;
      gap_home(&w.g, &held);
      memcpy(held.price, price, sizeof *price * w.g.e->n);
      if (!(club_move(w.g.club, held.at, held.price, centre[i], SOLVED, &effort) <= SOLVED)) continue;
      lo[i] = end_of(&w, i, &held, centre[i], -1);
      hi[i] = end_of(&w, i, &held, centre[i], 1);
    }
  }
  EconStatus status = failed || arena_failed(w.g.mem) ? ECON_MEMORY : effort.stop;
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

static const char *method_words(const SupportGap *g, Arena *mem) {
  Text t = {0};
  text_printf(&t, "slope test (largest remainder %.2g), then an upper bound on what a club of types gains at %u vectors of prices, with exact slopes uphill from %u of them", g->slope, g->points, g->starts);
  if (g->again) text_printf(&t, "; at %u of them every type's best plan was looked for twice", g->again);
  if (g->plans) text_printf(&t, ", and at %u two of them could not be reconciled", g->plans);
  if (g->closed) text_printf(&t, ", and at %u no club clears its markets whatever rights cost", g->closed);
  if (g->unsolved) text_printf(&t, "; at %u the club's conditions were not solved", g->unsolved);
  if (g->undecided) text_printf(&t, "; at %u the gain was only bounded above, by at most %.3g", g->undecided, g->bound);
  if (g->left) text_printf(&t, "; in %u exchange group%s the search was left at its bound, %d such prices where they are more than a third of all", g->left, g->left > 1 ? "s" : "", GAP_LEFT);
  if (g->types < g->lanes) text_printf(&t, "; %u of the %u types differ, and those that are alike enter as one", g->types, g->lanes);
  const char *words = t.at && !t.failed ? arena_text(mem, t.at, t.n) : "";
  text_free(&t);
  return words;
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
    if (status == ECON_SOLVED && relative > SPAN) refuse_slope(p, &g, mem, c);
    else if (status == ECON_SOLVED && g.own > GAP_REAL * w.budget) {
      c->status = REFUTED;
      c->bound = g.own;
      c->method = "plans that types choose at other prices, taken back to the answer's own prices and schedule";
      c->domain = "the active exchange";
      c->witness = proof_text(mem, "%s gains %.3g by another plan in the exchange that it is in: its problem there has two best plans side by side, and the one it has is the lesser", g.own_type, g.own);
    } else if (status == ECON_SOLVED) {
      c->status = g.gap > GAP_REAL * w.budget ? REFUTED : g.left ? NOT_CHECKED : g.unsolved || g.undecided || g.plans ? EVIDENCE : CHECKED;
      c->bound = g.left && c->status != REFUTED ? NAN : fmax(g.gap, 0);
      c->method = method_words(&g, mem);
      c->domain = proof_text(mem, "later prices from 1/%g to %g times the active ones, exchange group by exchange group (%u)", GAP_WIDE, GAP_WIDE, p->nexchange);
      if (c->status == REFUTED) c->witness = proof_text(mem, "a club gains %.3g by opening an exchange at %s", g.gap, where(p, &g, mem));
    }
  }
  support_end(&w);
  return status;
}
