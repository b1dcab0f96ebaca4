/* ascend.c: maximisation between bounds with a trust region. See ascend.h. */
#include "ascend.h"
#include <math.h>
#include <string.h>

static const double SLOPE = 1e-11, GOOD_ENOUGH = 1e-8, SMALLEST = 1e-12, ROUNDING = 1e-13, FAR = 1e6;
enum { MOST_STEPS = 300 };

typedef struct { double *x, *g, f, size; } Point;
typedef struct {
  const Ascent *a;
  AscentFound *out;
  double *B, *work, *s, *y;                             /* in units of the scales */
  uint8_t *free;
  double radius;
  Point now, trial;
} Climb;

static double clip(const Ascent *a, uint32_t i, double x) { return x < a->lower[i] ? a->lower[i] : x > a->upper[i] ? a->upper[i] : x; }

static int may_move(const Ascent *a, const double *x, const double *g, uint32_t i) {
  return !(x[i] <= a->lower[i] && g[i] <= 0) && !(x[i] >= a->upper[i] && g[i] >= 0);
}

/* The largest slope of a variable that may move, times its scale. */
static double ascent_slope(const Ascent *a, const double *x, const double *g) {
  double most = 0;
  for (uint32_t i = 0; i < a->n; i++)
    if (may_move(a, x, g, i)) most = fmax(most, fabs(g[i]) * a->scale[i]);
  return most;
}

static AscentAt look(Climb *c, Point *p) {
  c->out->evaluations++;
  AscentAt r = c->a->at(c->a->ctx, p->x, &p->f, p->g, &p->size);
  if (r == ASCENT_KNOWN && !isfinite(p->f)) return ASCENT_NOTHING;
  for (uint32_t i = 0; i < c->a->n && r == ASCENT_KNOWN; i++)
    if (!isfinite(p->g[i])) r = ASCENT_ONE_SIDED;
  return r;
}

/* Solves (B + shift) s = g over the free variables by Cholesky; nonzero where it is not positive definite. */
static int newton(Climb *c, double shift) {
  uint32_t n = c->a->n;
  double *L = c->work;
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t j = 0; j <= i; j++) {
      double sum = c->free[i] && c->free[j] ? c->B[i * n + j] : 0;
      if (i == j) sum = c->free[i] ? sum + shift : 1;
      for (uint32_t k = 0; k < j; k++) sum -= L[i * n + k] * L[j * n + k];
      if (i == j && !(sum > 0)) return 1;
      L[i * n + j] = i == j ? sqrt(sum) : sum / L[j * n + j];
    }
  for (uint32_t i = 0; i < n; i++) {
    double sum = c->free[i] ? c->now.g[i] * c->a->scale[i] : 0;
    for (uint32_t k = 0; k < i; k++) sum -= L[i * n + k] * c->s[k];
    c->s[i] = sum / L[i * n + i];
  }
  for (uint32_t i = n; i-- > 0;) {
    double sum = c->s[i];
    for (uint32_t k = i + 1; k < n; k++) sum -= L[k * n + i] * c->s[k];
    c->s[i] = sum / L[i * n + i];
  }
  return 0;
}

static double length(const double *s, uint32_t n) {
  double sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += s[i] * s[i];
  return sqrt(sum);
}

/* The best step of the model within the ball: the shift is doubled until the step fits, then halved back towards it. */
static void step(Climb *c) {
  uint32_t n = c->a->n;
  double top = 1e-300, low = 0, high;
  for (uint32_t i = 0; i < n; i++) top = fmax(top, fabs(c->B[i * n + i]));
  if (!newton(c, 0) && length(c->s, n) <= c->radius) return;
  for (high = 1e-8 * top; newton(c, high) || length(c->s, n) > c->radius; high *= 4) low = high;
  for (int k = 0; k < 40 && length(c->s, n) < 0.9 * c->radius; k++) {
    double mid = (low + high) / 2;
    if (newton(c, mid) || length(c->s, n) > c->radius) low = mid;
    else high = mid;
  }
  newton(c, high);
}

static double promised(const Climb *c) {
  uint32_t n = c->a->n;
  double sum = 0;
  for (uint32_t i = 0; i < n; i++) {
    double bs = 0;
    for (uint32_t j = 0; j < n; j++) bs += c->B[i * n + j] * c->s[j];
    sum += c->s[i] * (c->now.g[i] * c->a->scale[i] - bs / 2);
  }
  return sum;
}

/* Powell's damped update: B stays positive definite. */
static void update(Climb *c) {
  uint32_t n = c->a->n;
  double *bs = c->work, sbs = 0, sy = 0, theta = 1;
  for (uint32_t i = 0; i < n; i++) {
    bs[i] = 0;
    for (uint32_t j = 0; j < n; j++) bs[i] += c->B[i * n + j] * c->s[j];
    c->y[i] = (c->now.g[i] - c->trial.g[i]) * c->a->scale[i];
    sbs += c->s[i] * bs[i];
    sy += c->s[i] * c->y[i];
  }
  if (!(sbs > 0)) return;
  if (sy < 0.05 * sbs) theta = 0.95 * sbs / (sbs - sy);
  double sr = theta * sy + (1 - theta) * sbs;
  if (!(sr > 0)) return;
  for (uint32_t i = 0; i < n; i++) c->y[i] = theta * c->y[i] + (1 - theta) * bs[i];
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t j = 0; j < n; j++) c->B[i * n + j] += c->y[i] * c->y[j] / sr - bs[i] * bs[j] / sbs;
}

static void swap(Climb *c) {
  Point p = c->now;
  c->now = c->trial;
  c->trial = p;
}

/* Do the slopes on both sides of the point lead back to it, in every variable that could move? */
static int at_kink(Climb *c) {
  uint32_t n = c->a->n;
  int kink = 0;
  for (uint32_t i = 0; i < n; i++) {
    double g[2] = {0, 0}, by = 1e-6 * c->a->scale[i];
    if (!may_move(c->a, c->now.x, c->now.g, i) || fabs(c->now.g[i]) * c->a->scale[i] <= GOOD_ENOUGH * c->now.size) continue;
    for (int side = 0; side < 2; side++) {
      memcpy(c->trial.x, c->now.x, n * sizeof(double));
      c->trial.x[i] = clip(c->a, i, c->now.x[i] + (side ? by : -by));
      if (look(c, &c->trial) != ASCENT_KNOWN) return 0;
      g[side] = c->trial.g[i];
    }
    if (!(g[0] >= 0 && g[1] <= 0)) return 0;
    kink = 1;
  }
  return kink;
}

static AscentEnd ended(Climb *c) {
  if (c->out->slope <= GOOD_ENOUGH * c->now.size) return ASCENT_STATIONARY;
  return at_kink(c) ? ASCENT_KINK : ASCENT_STALLED;
}

static AscentEnd climb(Climb *c, const double *from) {
  const Ascent *a = c->a;
  uint32_t n = a->n;
  for (uint32_t i = 0; i < n; i++) c->B[i * n + i] = 0;
  for (c->out->steps = 0; c->out->steps < MOST_STEPS; c->out->steps++) {
    c->out->slope = ascent_slope(a, c->now.x, c->now.g);
    if (c->out->slope <= SLOPE * c->now.size) return ASCENT_STATIONARY;
    if (c->radius < SMALLEST) return ended(c);
    double gain, actual;
    for (uint32_t i = 0; i < n; i++) {
      c->free[i] = (uint8_t)may_move(a, c->now.x, c->now.g, i);
      if (!(c->B[i * n + i] > 0)) c->B[i * n + i] = fmax(c->out->slope / c->radius, 1e-300);
      if (fabs(c->now.x[i] - from[i]) > FAR * a->scale[i]) return ASCENT_RISING;
    }
    step(c);
    double moved = 0;
    for (uint32_t i = 0; i < n; i++) {
      c->trial.x[i] = clip(a, i, c->now.x[i] + c->s[i] * a->scale[i]);
      c->s[i] = (c->trial.x[i] - c->now.x[i]) / a->scale[i];
      moved = fmax(moved, fabs(c->trial.x[i] - c->now.x[i]) / (a->scale[i] + fabs(c->now.x[i])));
    }
    if (!(moved > 1e-16)) return ended(c);
    gain = promised(c);
    AscentAt there = look(c, &c->trial);
    if (there == ASCENT_STOP) return ASCENT_STOPPED;
    if (there != ASCENT_KNOWN) {
      c->radius = length(c->s, n) / 4;
      continue;
    }
    actual = c->trial.f - c->now.f;
    /* Where the gain is within the rounding of the values, the slope says whether the step is one. */
    int rounding = fabs(gain) <= ROUNDING * c->now.size, better = rounding ? ascent_slope(a, c->trial.x, c->trial.g) < c->out->slope : actual > 1e-4 * gain && gain > 0;
    update(c);
    double reach = length(c->s, n);
    if (!better) c->radius = reach / 4;
    else if (actual > 0.75 * gain && reach > 0.8 * c->radius) c->radius *= 2;
    if (better) swap(c);
    else if (rounding && c->out->slope <= GOOD_ENOUGH * c->now.size) return ASCENT_STATIONARY;
  }
  return ended(c);
}

AscentEnd ascend(const Ascent *a, double *x, Arena *mem, AscentFound *out) {
  size_t n = a->n;
  *out = (AscentFound){.f = NAN, .slope = NAN, .g = ARENA_ARRAY(mem, double, n + 1)};
  Climb c = {.a = a, .out = out, .radius = 0.25};
  c.B = ARENA_ARRAY(mem, double, n * n + 1);
  c.work = ARENA_ARRAY(mem, double, n * n + n + 1);
  c.s = ARENA_ARRAY(mem, double, n + 1);
  c.y = ARENA_ARRAY(mem, double, n + 1);
  c.free = ARENA_ARRAY(mem, uint8_t, n + 1);
  c.now = (Point){.x = ARENA_ARRAY(mem, double, n + 1), .g = ARENA_ARRAY(mem, double, n + 1)};
  c.trial = (Point){.x = ARENA_ARRAY(mem, double, n + 1), .g = ARENA_ARRAY(mem, double, n + 1)};
  double *from = ARENA_ARRAY(mem, double, n + 1);
  if (arena_failed(mem)) return ASCENT_STOPPED;
  for (uint32_t i = 0; i < n; i++) from[i] = c.now.x[i] = clip(a, i, x[i]);
  AscentAt there = look(&c, &c.now);
  for (int k = 0; k < 2 && there == ASCENT_ONE_SIDED; k++) {                      /* beside a kink */
    for (uint32_t i = 0; i < n; i++) c.now.x[i] = clip(a, i, from[i] + (k ? -1e-5 : 1e-5) * a->scale[i]);
    there = look(&c, &c.now);
  }
  AscentEnd end = there == ASCENT_STOP ? ASCENT_STOPPED : there == ASCENT_KNOWN ? climb(&c, from) : ASCENT_NO_START;
  memcpy(x, c.now.x, n * sizeof *x);
  memcpy(out->g, c.now.g, n * sizeof *x);
  out->f = c.now.f;
  out->size = c.now.size;
  return end;
}
