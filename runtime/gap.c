#include "gap.h"
#include <math.h>
#include <string.h>

enum { LINE = 36, PLANE = 10, CLOUD = 200, REFINED = 4, CLIMBS = 60,
       AGAIN = 8,                               /* of so many vectors of prices one is looked into again from the answer's plans */
       BACK = 4,                                /* of so many, one's plans are taken back to the answer's prices */
       TURNS = 6 };                             /* of two plans of a type that each gain at the other's schedule */
static const double SOLVED = 1e-9;              /* relative residual of a club's conditions that is taken for a solution */
static const double FIRST = 1, STRONGEST = 100, WEAKEST = 1e-9, RUNG = 10, LEAST_RUNG = 1.3;       /* pulls */
static const double CLIMBING = 1e-2;            /* the pull of a climb: where the value is all but the gap, and exists everywhere */
static const double CLEARS = 1e-7;              /* of a market's trade: what a club may leave uncleared */
static const double FAR_BELOW = 1e-3, STUCK = 0.5, LEAST_LEFT = 1e-4;   /* pulls below which, and a share of a market's trade from which, what a tenth of the pull leaves unchanged stays */
static const double APART = 0.05;               /* of spots to climb from, in logarithms of each price */
static const double CLOSE_BY = 0.01;            /* of spots beside the answer, in logarithms of one price */

Spot gap_spot(Gap *w) { return (Spot){NAN, NAN, FIRST, 0, ARENA_ARRAY(w->mem, double, w->e->n + 1), ARENA_ARRAY(w->mem, double, club_size(w->club) + 1)}; }

void gap_copy(const Gap *w, Spot *to, const Spot *from) {
  to->gap = from->gap;
  to->value = from->value;
  to->pull = from->pull;
  to->rough = from->rough;
  memcpy(to->price, from->price, sizeof *to->price * w->e->n);
  memcpy(to->at, from->at, sizeof *to->at * club_size(w->club));
}

void gap_home(const Gap *w, Spot *s) {
  club_home(w->club, s->at);
  for (uint32_t i = 0; i < w->e->n; i++) s->price[i] = w->x[w->e->price[i]];
  s->gap = s->value = 0;
  s->pull = FIRST;
  s->rough = 0;
}

static int positive(const Gap *w, double gap) { return gap > 1e-10 * w->budget; }

/* Moves the club under a pull. */
static int under(Gap *w, Spot *s, double pull) {
  club_pull(w->club, pull);
  if (!(club_move(w->club, s->at, s->price, 0, SOLVED, w->effort) <= SOLVED)) return 0;
  s->pull = pull;
  s->gap = club_gain(w->club, s->at);
  s->value = club_value(w->club, s->at);
  s->rough = 0;
  return 1;
}

/* A weaker pull, down to `least` (0: none at all); shorter rungs where a long one fails. 0 when no further can be reached. */
static int weaker(Gap *w, Spot *s, double least, double *rung) {
  for (; s->pull > least && *rung > LEAST_RUNG && !w->effort->stop; *rung = s->pull > WEAKEST ? sqrt(*rung) : 0) {
    double to = s->pull > WEAKEST ? fmax(least, s->pull / *rung) : least;
    if (!under(w, s, to)) continue;
    *rung = fmin(RUNG, *rung * *rung);
    return 1;
  }
  return 0;
}

/* Until the bound is not positive or exact. */
static void tighten(Gap *w, Spot *s) {
  double rung = RUNG;
  while (positive(w, s->gap) && weaker(w, s, 0, &rung)) {}
}

/* With the schedule as it is: does nobody gain? */
static int nobody(Gap *w, Spot *s) {
  if (w->asked > 8 && 4 * w->answered < w->asked) return 0;             /* it hardly ever tells here */
  w->asked++;
  if (!(club_respond(w->club, s->at, s->price, 1, SOLVED, w->effort) <= SOLVED)) return 0;
  club_pull(w->club, FIRST);
  s->pull = FIRST;
  s->gap = club_gain(w->club, s->at);
  s->value = club_value(w->club, s->at);
  s->rough = 1;
  w->answered++;
  return !positive(w, s->gap);
}

void gap_look(Gap *w, Spot *s) {
  double pull = s->pull;
  s->gap = s->value = NAN;
  w->points++;
  if ((pull > 0 && nobody(w, s)) || under(w, s, pull) || under(w, s, STRONGEST)) return;
  s->gap = s->value = NAN;
  w->unsolved++;
}

int gap_exact(Gap *w, const Spot *s) { return s->pull == 0 && club_imbalance(w->club, s->at) <= CLEARS; }

/* Whether the bound that is reached is as tight as it needs to be. */
static int settled(Gap *w, const Spot *s) { return !positive(w, s->gap) || gap_exact(w, s); }

/* Follows a solved spot to weaker pulls; patient: by short rungs too. */
static GapKind weakest(Gap *w, Spot *s, int patient) {
  double rung = RUNG, before = club_imbalance(w->club, s->at), pull = s->pull;
  while (s->pull > 0) {
    if (s->gap < 0 && s->pull <= FIRST * FAR_BELOW && pull >= RUNG * s->pull) {
      double now = club_imbalance(w->club, s->at);
      if (now > STUCK * before && now > LEAST_LEFT) return GAP_CLOSED;
      before = now;
      pull = s->pull;
    }
    if (patient ? !weaker(w, s, 0, &rung) : !under(w, s, s->pull > WEAKEST ? s->pull / RUNG : 0)) return GAP_UNKNOWN;
  }
  return gap_exact(w, s) ? GAP_EXACT : GAP_UNKNOWN;
}

GapKind gap_at(Gap *w, Spot *s) {
  w->points++;
  if (under(w, s, 0)) return gap_exact(w, s) ? GAP_EXACT : GAP_UNKNOWN;
  if (!under(w, s, FIRST) && !under(w, s, STRONGEST)) {
    s->gap = s->value = NAN;
    return GAP_UNKNOWN;
  }
  Spot first = gap_spot(w);
  if (arena_failed(w->mem)) return GAP_UNKNOWN;
  tighten(w, s);
  gap_copy(w, &first, s);
  GapKind kind = weakest(w, s, 1);
  if (kind == GAP_CLOSED) gap_copy(w, s, &first);
  return kind;
}

/* The same schedule, met by every type from the answer's plans instead of a neighbour's. Where a type's problem has several local best plans and another
 * one is better, the schedule is found again from that one, and the first plans are put to it, in turns, until neither gains. */
static void again(Gap *w, Spot *s) {
  Spot *at = s, *other = &w->fresh;
  if (isnan(s->gap) || !settled(w, s)) return;
  gap_home(w, other);
  for (int k = 0; k < TURNS; k++) {
    club_offer(w->club, other->at, at->at);
    if (!(club_respond(w->club, other->at, s->price, 8, SOLVED, w->effort) <= SOLVED)) return;
    if (k == 0) w->again++;
    double gain = club_gain(w->club, other->at);
    if (!positive(w, gain) || gain <= at->gap + GAP_REAL * w->budget) {
      if (at != s) gap_copy(w, s, at);
      return;
    }
    memcpy(other->price, s->price, sizeof *s->price * w->e->n);
    if (!under(w, other, FIRST)) break;
    tighten(w, other);
    if (!settled(w, other)) break;
    if (positive(w, other->gap)) {      /* a club that exists */
      if (other != s) gap_copy(w, s, other);
      return;
    }
    Spot *swap = at;
    at = other;
    other = swap;
  }
  w->plans++;
}

static void note_own(Gap *w, const Spot *s) {
  double gain = club_gain(w->club, s->at);
  if (!(gain > w->own)) return;
  w->own = gain;
  w->own_type = club_best(w->club, s->at);
}

/* Plans beside those of the answer, at its own prices and schedule. */
static void look_beside(Gap *w) {
  static const double SHIFT[] = {-1, -0.3, -0.1, 0.1, 0.3, 1};
  Spot *beside = &w->back;
  int any = 1;
  for (uint32_t k = 0; any && !effort_over(w->effort, 0, "support"); k++)
    for (size_t i = 0; any && i < sizeof SHIFT / sizeof *SHIFT; i++)
      for (int ascend = 0; ascend < 2; ascend++) {
        gap_home(w, beside);
        if (club_beside(w->club, beside->at, k, SHIFT[i], ascend, SOLVED, w->effort, &any) <= SOLVED) note_own(w, beside);
        if (!any) break;
      }
}

/* The plans met at another spot, taken back to the answer's own prices and schedule: a type may have a second local best plan there. */
static void take_back(Gap *w, const Spot *s) {
  Spot *home = &w->fresh, *back = &w->back;
  if (isnan(s->gap)) return;
  gap_home(w, home);
  gap_copy(w, back, s);
  club_offer(w->club, back->at, home->at);
  if (!(club_respond(w->club, back->at, home->price, 8, SOLVED, w->effort) <= SOLVED)) return;
  note_own(w, back);
}

/* A spot of the scan: its bound as tight as it needs to be. */
static void settle(Gap *w, Spot *s) {
  s->pull = FIRST;
  gap_look(w, s);
  if (isnan(s->gap)) return;
  tighten(w, s);
  if (!settled(w, s)) {
    w->undecided++;
    w->bound = fmax(w->bound, s->gap);
  }
  if (w->points % BACK == 0) take_back(w, s);
  if (w->points % AGAIN) return;
  again(w, s);
  if (positive(w, s->gap)) return;
  gap_copy(w, &w->fresh, s);
  if ((!s->rough || under(w, &w->fresh, FIRST)) && weakest(w, &w->fresh, 0) == GAP_CLOSED) w->closed++;
}

static int leave(Gap *w) {
  uint32_t open = w->unsolved + w->undecided - w->before;
  if (open >= GAP_LEFT && 3 * open > w->points - w->began) w->left = 1;
  return w->left || effort_over(w->effort, 0, "support");
}

/* ---- over prices --------------------------------------------------------------------------------------------------------------- */

typedef struct { Gap *w; Spot top[REFINED], s, row; } Scan;

static int near(const Scan *c, const Spot *a, const Spot *b) {
  uint32_t n = c->w->e->n;
  double sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += fabs(log(a->price[i] / b->price[i]));
  return sum < APART * n;
}

/* The spots of the largest bounds that lie apart from one another: where most is gained, or least is known. */
static void keep(Scan *c) {
  uint32_t at = REFINED;
  if (isnan(c->s.gap)) return;
  for (uint32_t i = 0; i < REFINED && !isnan(c->top[i].gap); i++) {
    if (!near(c, &c->s, &c->top[i])) continue;
    if (!(c->s.gap > c->top[i].gap)) return;
    Spot out = c->top[i];
    for (uint32_t k = i; k + 1 < REFINED; k++) c->top[k] = c->top[k + 1];
    c->top[REFINED - 1] = out;
    c->top[REFINED - 1].gap = NAN;
    i--;
  }
  while (at > 0 && (isnan(c->top[at - 1].gap) || c->s.gap > c->top[at - 1].gap)) at--;
  if (at >= REFINED) return;
  Spot last = c->top[REFINED - 1];
  for (uint32_t i = REFINED - 1; i > at; i--) c->top[i] = c->top[i - 1];
  c->top[at] = last;
  gap_copy(c->w, &c->top[at], &c->s);
}

static void visit(Scan *c, const double *factor) {
  Gap *w = c->w;
  for (uint32_t i = 0; i < w->e->n; i++) c->s.price[i] = w->x[w->e->price[i]] * factor[i];
  settle(w, &c->s);
  keep(c);
}

/* Along one price, outwards from the active one on both sides, each club followed from its neighbour's. */
static void scan_line(Scan *c) {
  for (int side = -1; side <= 1; side += 2) {
    gap_home(c->w, &c->s);
    for (int k = 1; k <= LINE && !leave(c->w); k++) {
      double u = (double)k / LINE, factor = exp(side * log(GAP_WIDE) * u * u);
      visit(c, &factor);
    }
  }
}

static void scan_plane(Scan *c) {
  double factor[2];
  for (int a = -1; a <= 1; a += 2) {
    gap_home(c->w, &c->row);
    for (int i = a > 0; i <= PLANE; i++)
      for (int b = -1; b <= 1; b += 2) {
        gap_copy(c->w, &c->s, &c->row);
        for (int j = b > 0; j <= PLANE && !leave(c->w); j++) {
          double u = (double)i / PLANE, v = (double)j / PLANE;
          factor[0] = exp(a * log(GAP_WIDE) * u * u);
          factor[1] = exp(b * log(GAP_WIDE) * v * v);
          visit(c, factor);
          if (j == 0) gap_copy(c->w, &c->row, &c->s);
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

/* Points in a box that grows to the whole range, each club followed from the nearest one solved. */
static void scan_cloud(Scan *c) {
  Gap *w = c->w;
  uint32_t n = w->e->n, known = 0;
  double *factor = ARENA_ARRAY(w->mem, double, n + 1);
  uint32_t *base = ARENA_ARRAY(w->mem, uint32_t, n + 1);
  Spot *seen = ARENA_ARRAY(w->mem, Spot, CLOUD + 1);
  if (!factor || !base || !seen) return;
  for (uint32_t i = 0; i < n; i++) base[i] = prime(i);
  seen[known] = gap_spot(w);
  if (arena_failed(w->mem)) return;
  gap_home(w, &seen[known++]);
  for (uint32_t k = 1; k <= CLOUD && !leave(w); k++) {
    double far = 0.1 + 0.9 * (double)k / CLOUD, nearest = INFINITY;
    uint32_t from = 0;
    for (uint32_t i = 0; i < n; i++) factor[i] = exp(far * log(GAP_WIDE) * (2 * radical(k, base[i]) - 1));
    for (uint32_t j = 0; j < known; j++) {
      double distance = 0;
      for (uint32_t i = 0; i < n; i++) {
        double d = log(seen[j].price[i] / (w->x[w->e->price[i]] * factor[i]));
        distance += d * d;
      }
      if (!(distance < nearest)) continue;
      nearest = distance;
      from = j;
    }
    gap_copy(w, &c->s, &seen[from]);
    visit(c, factor);
    if (isnan(c->s.gap)) continue;
    seen[known] = gap_spot(w);
    if (arena_failed(w->mem)) return;
    gap_copy(w, &seen[known++], &c->s);
  }
}

/* ---- uphill -------------------------------------------------------------------------------------------------------------------- */

/* How far, in logarithms, price i may still move the way of `direction` within the range that is searched. */
static double room(const Gap *w, const Spot *s, uint32_t i, double direction) {
  double from = w->x[w->e->price[i]], at = log(s->price[i] / from), limit = log(GAP_WIDE);
  return fmax(0, direction > 0 ? limit - at : limit + at);
}

/* Uphill from a spot along the gradient in logarithms of prices, steps by Barzilai and Borwein, halved until the value grows. The
 * gradient is exact (envelope theorem); the range that is searched is kept, and the pull. */
static void climb(Gap *w, Spot *s, Spot *trial) {
  uint32_t n = w->e->n;
  double *g = ARENA_ARRAY(w->mem, double, n + 1), *before = ARENA_ARRAY(w->mem, double, n + 1), *move = ARENA_ARRAY(w->mem, double, n + 1), step = 0;
  if (arena_failed(w->mem)) return;
  for (int k = 0; k < CLIMBS && !effort_over(w->effort, s->gap, "support"); k++) {
    double size = 0, along = 0, turned = 0;
    club_pull(w->club, s->pull);
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
    for (int half = 0, lost = 0; half < 12 && lost < 3 && !found; half++, step *= 0.4) {
      gap_copy(w, trial, s);
      for (uint32_t i = 0; i < n; i++) {
        move[i] = copysign(fmin(step * fabs(g[i]), room(w, s, i, g[i])), g[i]);
        trial->price[i] = s->price[i] * exp(move[i]);
      }
      w->points++;
      if (!under(w, trial, s->pull)) {
        lost++;
        continue;
      }
      found = trial->value > s->value + 1e-4 * step * size * size;
      if (found) break;
    }
    if (!found || !(trial->value > s->value + 1e-13 * w->budget)) return;
    memcpy(before, g, sizeof *g * n);
    gap_copy(w, s, trial);
  }
}

/* Climbs under weaker and weaker pulls while the bound at the top is positive. */
static void ascend(Gap *w, Spot *s, Spot *trial) {
  w->starts++;
  double rung = RUNG;
  if (s->rough && !under(w, s, FIRST)) return;
  while (s->pull > CLIMBING && weaker(w, s, CLIMBING, &rung)) {}
  for (;;) {
    climb(w, s, trial);
    if (!positive(w, s->gap) || !(s->pull > 0) || w->effort->stop) break;
    double pull = s->pull;
    tighten(w, s);
    if (s->pull == pull) break;
  }
  if (!settled(w, s)) {
    w->undecided++;
    w->bound = fmax(w->bound, s->gap);
  }
  take_back(w, s);
  again(w, s);
}

/* Beside the answer, one price at a time. */
static void scan_close(Scan *c) {
  uint32_t n = c->w->e->n;
  double *factor = ARENA_ARRAY(c->w->mem, double, n + 1);
  if (!factor) return;
  for (uint32_t i = 0; i < n; i++) factor[i] = 1;
  for (uint32_t i = 0; i < n; i++)
    for (int side = -1; side <= 1 && !leave(c->w); side += 2) {
      gap_home(c->w, &c->s);
      factor[i] = exp(side * CLOSE_BY);
      visit(c, factor);
      factor[i] = 1;
    }
}

int gap_search(Gap *w, Spot *best) {
  Scan c = {.w = w, .s = gap_spot(w), .row = gap_spot(w)};
  Spot trial = gap_spot(w);
  for (int i = 0; i < REFINED; i++) c.top[i] = gap_spot(w);
  *best = gap_spot(w);
  w->fresh = gap_spot(w);
  w->back = gap_spot(w);
  w->own = 0;
  w->left = 0;
  w->asked = w->answered = 0;
  w->before = w->unsolved + w->undecided;
  w->began = w->points;
  if (arena_failed(w->mem)) return 1;
  gap_home(w, &c.s);
  settle(w, &c.s);
  keep(&c);
  look_beside(w);
  scan_close(&c);
  if (w->e->n == 1) scan_line(&c);
  else if (w->e->n == 2) scan_plane(&c);
  else scan_cloud(&c);
  if (w->left) w->searches_left++;
  for (int i = 0; i < REFINED && !isnan(c.top[i].gap) && !w->effort->stop; i++) {
    Spot *top = &c.top[i];
    if (!w->left) ascend(w, top, &trial);
    if (settled(w, top) && (isnan(best->gap) || top->gap > best->gap)) gap_copy(w, best, top);
  }
  return arena_failed(w->mem);
}
