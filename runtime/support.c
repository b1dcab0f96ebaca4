#include "support.h"
#include "club.h"
#include "proof.h"
#include "text.h"
#include <math.h>
#include <string.h>

enum { MOST_TYPES = 4096, LINE = 36, PLANE = 10, CLOUD = 200, REFINED = 4, CLIMBS = 60, BRACKETS = 60,
       LOST = 2 /* clubs not solved in a row before a line of prices is left */, LOST_IN_CLOUD = 2, LOST_IN_PLANE = 20 };
static const double SOLVED = 1e-9;              /* relative residual of a club's conditions that is taken for a solution */
static const double ROUNDING = 1e-10;           /* of an agent's budget for a unit change of a price in logs: what is zero */
static const double SPAN = 1e-6;                /* relative remainder of the slopes that counts as none */
static const double REAL = 1e-7;                /* a gap above this share of an agent's budget refutes support */
static const double WIDE = 8;                   /* prices are searched from 1/WIDE to WIDE times the active ones */
static const double REACH = 20;                /* prices of rights and claims, in units of the largest of them */

/* A type, for the slope test. */
typedef struct { uint32_t block, lane; double mass; } Entrant;

typedef struct {
  const Problem *p;
  const double *x;
  System *sys;
  Effort *effort;
  Arena *mem;
  Entrant *who; uint32_t n;
  const Exchange *at;                 /* the exchange looked into */
  uint32_t dims;                      /* at->n + at->nclaim */
  Club *club;
  double reach, budget;
  uint32_t points, unsolved;
  int bounded;
} Support;

/* ---- who may enter ------------------------------------------------------------------------------------------------------------ */

static uint32_t variable(const Support *w, uint32_t i) {
  return i < w->at->n ? w->at->rights[i] : w->at->claim[i - w->at->n];
}

static int list_entrants(Support *w) {
  w->n = club_types(w->club);
  w->who = ARENA_ARRAY(w->mem, Entrant, w->n + 1);
  if (!w->who) return 1;
  for (uint32_t h = 0; h < w->n; h++) {
    Entrant *e = &w->who[h];
    club_type(w->club, h, &e->block, &e->lane);
    e->mass = w->p->block[e->block].mass ? w->p->block[e->block].mass[e->lane] : 1;
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
    double least = ROUNDING * w->budget / fmax(fabs(w->x[w->at->price[i]]), 1e-300);       /* slopes that are zero for all types are no slopes */
    *relative = fmax(*relative, left / fmax(most, least));
    if (left < worst) continue;
    worst = left;
    *price = w->at->price[i];
  }
  return worst;
}

/* ---- the gap at one vector of prices ------------------------------------------------------------------------------------------- */

/* A vector of prices that was looked into; at: where the club stands there. */
typedef struct { double gap, *price, *at; } Spot;

static Spot spot_new(Support *w) { return (Spot){NAN, ARENA_ARRAY(w->mem, double, w->at->n + 1), ARENA_ARRAY(w->mem, double, club_size(w->club) + 1)}; }

static void spot_copy(const Support *w, Spot *to, const Spot *from) {
  to->gap = from->gap;
  memcpy(to->price, from->price, sizeof *to->price * w->at->n);
  memcpy(to->at, from->at, sizeof *to->at * club_size(w->club));
}

static void spot_home(const Support *w, Spot *s) {
  club_home(w->club, s->at);
  for (uint32_t i = 0; i < w->at->n; i++) s->price[i] = w->x[w->at->price[i]];
  s->gap = 0;
}

/* Moves a spot to its price[]; NaN where the club's conditions were not met, and the club stays where it was. */
static double look(Support *w, Spot *s) {
  w->points++;
  double residual = club_move(w->club, s->at, s->price, 0, SOLVED, w->effort);
  s->gap = residual <= SOLVED ? club_gain(w->club, s->at) : NAN;
  if (isnan(s->gap)) w->unsolved++;
  else if (s->gap > 0 && club_bounded(w->club, s->at)) {
    w->bounded = 1;                     /* more could be asked of the schedule: the gain is only an upper bound */
    s->gap = NAN;
  }
  return s->gap;
}

/* ---- over prices --------------------------------------------------------------------------------------------------------------- */

static void keep(Support *w, Spot *top, const Spot *s) {
  uint32_t at = REFINED;
  if (isnan(s->gap)) return;
  while (at > 0 && !(top[at - 1].gap >= s->gap)) at--;
  if (at >= REFINED) return;
  Spot last = top[REFINED - 1];
  for (uint32_t i = REFINED - 1; i > at; i--) top[i] = top[i - 1];
  top[at] = last;
  spot_copy(w, &top[at], s);
}

static void place(const Support *w, Spot *s, const double *factor) {
  for (uint32_t i = 0; i < w->at->n; i++) s->price[i] = w->x[w->at->price[i]] * factor[i];
}

/* Along one price, outwards from the active one on both sides, each club followed from its neighbour's. */
static void scan_line(Support *w, Spot *top, Spot *s) {
  for (int side = -1; side <= 1; side += 2) {
    int lost = 0;
    spot_home(w, s);
    for (int k = 1; k <= LINE && lost < LOST && !effort_over(w->effort, 0, "support"); k++) {
      double u = (double)k / LINE, factor = exp(side * log(WIDE) * u * u);
      place(w, s, &factor);
      lost = isnan(look(w, s)) ? lost + 1 : 0;
      keep(w, top, s);
    }
  }
}

static void scan_plane(Support *w, Spot *top, Spot *s) {
  Spot row = spot_new(w);
  double factor[2];
  uint32_t most = w->unsolved + LOST_IN_PLANE;
  if (arena_failed(w->mem)) return;
  for (int a = -1; a <= 1; a += 2) {
    spot_home(w, &row);
    for (int i = a > 0; i <= PLANE; i++)
      for (int b = -1; b <= 1; b += 2) {
        int lost = 0;
        spot_copy(w, s, &row);
        for (int j = b > 0; j <= PLANE && lost < LOST && w->unsolved < most && !effort_over(w->effort, 0, "support"); j++) {
          double u = (double)i / PLANE, v = (double)j / PLANE;
          factor[0] = exp(a * log(WIDE) * u * u);
          factor[1] = exp(b * log(WIDE) * v * v);
          place(w, s, factor);
          lost = isnan(look(w, s)) ? lost + 1 : 0;
          keep(w, top, s);
          if (j == 0) spot_copy(w, &row, s);
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

/* The k-th prime, from 2. */
static uint32_t prime(uint32_t k) {
  uint32_t n = 2;
  for (;; n++) {
    int composite = 0;
    for (uint32_t d = 2; d * d <= n && !composite; d++) composite = n % d == 0;
    if (!composite && k-- == 0) return n;
  }
}

static void scan_cloud(Support *w, Spot *top, Spot *s) {
  double *factor = ARENA_ARRAY(w->mem, double, w->at->n + 1);
  uint32_t *base = ARENA_ARRAY(w->mem, uint32_t, w->at->n + 1);
  if (!factor || !base) return;
  for (uint32_t i = 0; i < w->at->n; i++) base[i] = prime(i);
  for (uint32_t k = 1, most = w->unsolved + LOST_IN_CLOUD; k <= CLOUD && w->unsolved < most && !effort_over(w->effort, 0, "support"); k++) {
    double far = 0.1 + 0.9 * (double)k / CLOUD;
    for (uint32_t i = 0; i < w->at->n; i++) factor[i] = exp(far * log(WIDE) * (2 * radical(k, base[i]) - 1));
    spot_home(w, s);
    place(w, s, factor);
    look(w, s);
    keep(w, top, s);
  }
}

/* How far, in logarithms, price i may still move the way of `direction` within the range that is searched. */
static double room(const Support *w, const Spot *s, uint32_t i, double direction) {
  double from = w->x[w->at->price[i]], at = log(s->price[i] / from), limit = log(WIDE);
  return fmax(0, direction > 0 ? limit - at : limit + at);
}

/* Uphill from a spot along the gradient in logarithms of prices, steps by Barzilai and Borwein, halved until the gap grows. The
 * gradient is exact (envelope theorem); the range that is searched is kept. */
static void climb(Support *w, Spot *s, Spot *trial) {
  uint32_t n = w->at->n;
  double *g = ARENA_ARRAY(w->mem, double, n + 1), *before = ARENA_ARRAY(w->mem, double, n + 1), *move = ARENA_ARRAY(w->mem, double, n + 1), step = 0;
  if (arena_failed(w->mem)) return;
  for (int k = 0; k < CLIMBS && !effort_over(w->effort, s->gap, "support"); k++) {
    double size = 0, along = 0, turned = 0;
    for (uint32_t i = 0; i < n; i++) {
      g[i] = club_slope(w->club, s->at, i) * s->price[i];
      if (!(room(w, s, i, g[i]) > 1e-12)) g[i] = 0;
      size += g[i] * g[i];
      along += move[i] * move[i];
      turned += move[i] * (before[i] - g[i]);
    }
    size = sqrt(size);
    if (!(size > 1e-9 * w->budget)) return;
    step = k && turned > 0 ? along / turned : 0.05 / size;
    step = fmin(step, 0.5 / size);
    int found = 0;
    for (int half = 0, lost = 0; half < 12 && lost < LOST && !found; half++, step *= 0.4) {
      spot_copy(w, trial, s);
      for (uint32_t i = 0; i < n; i++) {
        move[i] = copysign(fmin(step * fabs(g[i]), room(w, s, i, g[i])), g[i]);
        trial->price[i] = s->price[i] * exp(move[i]);
      }
      lost += isnan(look(w, trial));
      found = trial->gap > s->gap + 1e-4 * step * size * size;
      if (found) break;
    }
    if (!found || !(trial->gap > s->gap + 1e-13 * w->budget)) return;
    memcpy(before, g, sizeof *g * n);
    spot_copy(w, s, trial);
  }
}

/* Who makes up the club. */
static char *club_words(Support *w, const Spot *s, Arena *mem) {
  enum { NAMED = 8 };
  Text t = {0};
  uint32_t said = 0;
  for (uint32_t h = 0; h < w->n; h++) {
    double weight = club_weight(w->club, s->at, h);
    if (!(weight > 1e-6)) continue;
    if (said++ < NAMED) text_printf(&t, "%s%s (%.3g)", t.n ? ", " : "", proof_lane(w->p, w->who[h].block, w->who[h].lane, mem), weight);
  }
  if (said > NAMED) text_printf(&t, " and %u more", said - NAMED);
  char *words = t.at && !t.failed ? arena_text(mem, t.at, t.n) : NULL;
  text_free(&t);
  return words;
}

static int support_begin(Support *w, Effort *effort, const Problem *p, const double *x, const Settings *s) {
  *w = (Support){.p = p, .x = x, .effort = effort, .mem = proof_scratch(s)};
  if (!w->mem) return 1;
  w->sys = system_for(p, LINEAR_WHOLE, w->mem);
  return !w->sys;
}

static void support_end(Support *w) {
  club_free(w->club);
  arena_free(w->mem);
}

/* Turns to an exchange. hold: see club.h. */
static int look_into(Support *w, uint32_t exchange, uint32_t hold) {
  double most = 1;
  w->at = &w->p->exchange[exchange];
  w->dims = w->at->n + w->at->nclaim;
  for (uint32_t i = 0; i < w->dims; i++) most = fmax(most, fabs(w->x[variable(w, i)]));
  w->reach = REACH * most;
  club_free(w->club);
  w->club = club_new(w->p, w->x, exchange, hold, w->reach, w->mem);
  if (!w->club) return 1;
  w->budget = fmax(w->budget, club_budget(w->club));
  return list_entrants(w);
}

static int search_prices(Support *w, Spot *top) {
  Spot s = spot_new(w), trial = spot_new(w);
  for (int i = 0; i < REFINED; i++) top[i] = spot_new(w);
  if (arena_failed(w->mem)) return 1;
  spot_home(w, &s);
  look(w, &s);
  keep(w, top, &s);
  if (w->at->n == 1) scan_line(w, top, &s);
  else if (w->at->n == 2) scan_plane(w, top, &s);
  else scan_cloud(w, top, &s);
  for (int i = 0; i < REFINED && !isnan(top[i].gap); i++) climb(w, &top[i], &trial);
  return arena_failed(w->mem);
}

static EconStatus measure(Support *w, Arena *mem, SupportGap *out, double *relative) {
  *out = (SupportGap){.gap = -INFINITY};
  *relative = 0;
  for (uint32_t g = 0; g < w->p->nexchange; g++) {
    Spot top[REFINED];
    double share_left;
    uint32_t price = 0;
    if (look_into(w, g, NO_INDEX)) return ECON_MEMORY;
    if (w->n > MOST_TYPES) continue;
    double slope = slope_remainder(w, &price, &share_left);
    if (slope >= out->slope) {
      out->slope = slope;
      out->slope_price = price;
    }
    *relative = fmax(*relative, share_left);
    if (search_prices(w, top)) return ECON_MEMORY;
    for (int i = 0; i < REFINED; i++) {
      if (!(top[i].gap > out->gap)) continue;
      out->gap = top[i].gap;
      out->exchange = g;
      out->price = ARENA_ARRAY(mem, double, w->at->n + 1);
      if (!out->price) return ECON_MEMORY;
      memcpy(out->price, top[i].price, sizeof *out->price * w->at->n);
      out->club = club_words(w, &top[i], mem);
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
  Spot in = spot_new(w), t = spot_new(w);
  double step = 1e-2 * fmax(1, fabs(v)), tol = 1e-11 * fmax(1, fabs(v)), at = v;
  if (arena_failed(w->mem)) return NAN;
  spot_copy(w, &in, s);
  for (int k = 0; k < BRACKETS && step > tol && !effort_over(w->effort, 0, "schedule"); k++) {
    double next = at + side * step;
    if (fabs(next - w->x[variable(w, i)]) > w->reach) return side < 0 ? -INFINITY : INFINITY;
    spot_copy(w, &t, &in);
    if (!(club_move(w->club, t.at, t.price, next, SOLVED, w->effort) <= SOLVED)) {
      step *= 0.3;
      continue;
    }
    double gain = club_gain(w->club, t.at), slope = club_held_slope(w->club, t.at);
    for (int newton = 0; newton < 40 && gain > 0 && side * slope > 0; newton++) {
      double to = next - gain / slope;
      if (fabs(to - next) <= tol || gain <= 1e-13 * w->budget) return to;
      if (!(club_move(w->club, t.at, t.price, to, SOLVED, w->effort) <= SOLVED)) break;
      next = to;
      gain = club_gain(w->club, t.at);
      slope = club_held_slope(w->club, t.at);
    }
    if (fabs(gain) <= 1e-12 * w->budget) return next;
    if (gain > 0) step *= 0.3;
    else {
      spot_copy(w, &in, &t);
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
    Spot at = spot_new(&w), held = spot_new(&w);
    double *centre = ARENA_ARRAY(w.mem, double, w.dims + 1), G = NAN;
    for (uint32_t i = 0; i < w.dims; i++) lo[i] = hi[i] = NAN;
    if (centre) {
      spot_home(&w, &at);
      memcpy(at.price, price, sizeof *price * w.at->n);
      G = look(&w, &at);
      for (uint32_t i = 0; i < w.dims; i++) centre[i] = club_schedule(w.club, at.at, i);
    }
    if (gap) *gap = G;
    for (uint32_t i = 0; i < w.dims && G <= 1e-9 * w.budget; i++) {
      if (G > -1e-9 * w.budget) {       /* the gain is not negative anywhere: one price */
        lo[i] = hi[i] = centre[i];
        continue;
      }
      if (look_into(&w, exchange, i)) break;
      spot_home(&w, &held);
      memcpy(held.price, price, sizeof *price * w.at->n);
      if (!(club_move(w.club, held.at, held.price, centre[i], SOLVED, &effort) <= SOLVED)) continue;
      lo[i] = end_of(&w, i, &held, centre[i], -1);
      hi[i] = end_of(&w, i, &held, centre[i], 1);
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
      c->method = proof_text(mem, "slope test (largest remainder %.2g), then the most that a club of types gains at %u vectors of prices, with exact slopes uphill from the best %d%s", g.slope, g.points,
                             REFINED, g.unsolved ? proof_text(mem, "; at %u of them the club's conditions were not solved, and prices beyond were left out", g.unsolved) : "");
      c->domain = proof_text(mem, "later prices from 1/%g to %g times the active ones, exchange group by exchange group (%u); prices of rights within %.4g of the active ones%s", WIDE, WIDE, p->nexchange, w.reach, g.bounded ? ", which bound some searches met" : "");
      if (c->status == REFUTED) c->witness = proof_text(mem, "a club gains %.3g by opening an exchange at %s", g.gap, where(p, &g, mem));
    }
  }
  support_end(&w);
  return status;
}
