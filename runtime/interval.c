#include "interval.h"
#include <float.h>
#include <math.h>

/* Ends are never NaN, so that plain comparisons do; they cost less than the library's calls. */
static inline double lesser(double a, double b) { return b < a ? b : a; }
static inline double larger(double a, double b) { return b > a ? b : a; }

static inline Interval ends(double lo, double hi) {
  return (Interval){isnan(lo) ? -INFINITY : lo, isnan(hi) ? INFINITY : hi};
}

/* Moves both ends outwards by `units` relative roundings. */
static inline Interval widen(double lo, double hi, int outward, double units) {
  if (outward) {
    const double relative = 0x1p-52, least = 0x1p-1074;
    lo = lo == INFINITY ? DBL_MAX : isfinite(lo) ? lo - (fabs(lo) * relative * units + least) : lo;   /* an overflow is a large number */
    hi = hi == -INFINITY ? -DBL_MAX : isfinite(hi) ? hi + (fabs(hi) * relative * units + least) : hi;
  }
  return ends(lo, hi);
}

Interval interval_all(void) { return (Interval){-INFINITY, INFINITY}; }
Interval interval_at(double x) { return ends(x, x); }
Interval interval_hull(Interval a, Interval b) { return (Interval){lesser(a.lo, b.lo), larger(a.hi, b.hi)}; }
Interval interval_add(Interval a, Interval b, int outward) { return widen(a.lo + b.lo, a.hi + b.hi, outward, 1); }
Interval interval_neg(Interval a) { return (Interval){-a.hi, -a.lo}; }
Interval interval_sub(Interval a, Interval b, int outward) { return interval_add(a, interval_neg(b), outward); }
Interval interval_min(Interval a, Interval b) { return (Interval){lesser(a.lo, b.lo), lesser(a.hi, b.hi)}; }
Interval interval_max(Interval a, Interval b) { return (Interval){larger(a.lo, b.lo), larger(a.hi, b.hi)}; }

Interval interval_abs(Interval a) {
  if (a.lo >= 0) return a;
  if (a.hi <= 0) return interval_neg(a);
  return (Interval){0, fmax(-a.lo, a.hi)};
}

/* Zero times an end at infinity is zero: the end is a limit of finite numbers. */
static inline double times(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }

Interval interval_mul(Interval a, Interval b, int outward) {
  if (a.lo == a.hi && b.lo == b.hi) {                   /* two numbers */
    double p = times(a.lo, b.lo);
    return widen(p, p, outward, 1);
  }
  double p = times(a.lo, b.lo), q = times(a.lo, b.hi), r = times(a.hi, b.lo), s = times(a.hi, b.hi);
  return widen(fmin(fmin(p, q), fmin(r, s)), fmax(fmax(p, q), fmax(r, s)), outward, 1);
}

static Interval reciprocal(Interval b) {
  if (b.lo < 0 && b.hi > 0) return interval_all();
  double lo = b.hi == 0 ? -INFINITY : 1 / b.hi, hi = b.lo == 0 ? INFINITY : 1 / b.lo;
  return lo <= hi ? ends(lo, hi) : interval_all();
}

Interval interval_div(Interval a, Interval b, int outward) {
  if (b.lo == b.hi && b.lo != 0 && isfinite(b.lo)) {     /* one rounding only, and exact where the division is */
    double p = a.lo / b.lo, q = a.hi / b.lo;
    return widen(fmin(p, q), fmax(p, q), outward, 1);
  }
  Interval r = reciprocal(b);
  return interval_mul(a, widen(r.lo, r.hi, outward, 1), outward);
}

Interval interval_exp(Interval a, int outward) {
  double lo = exp(a.lo), hi = a.lo == a.hi ? lo : exp(a.hi);
  Interval r = widen(lo, hi, outward, 4);
  return (Interval){fmax(r.lo, 0), r.hi};
}

Interval interval_log(Interval a, int outward) {
  if (a.hi < 0) return interval_all();
  double lo = log(fmax(a.lo, 0)), hi = a.lo == a.hi ? lo : log(a.hi);
  return widen(lo, hi, outward, 4);
}

Interval interval_sqrt(Interval a, int outward) {
  if (a.hi < 0) return interval_all();
  Interval r = widen(sqrt(fmax(a.lo, 0)), sqrt(a.hi), outward, 1);
  return (Interval){fmax(r.lo, 0), r.hi};
}

/* A whole power of an interval that may hold negative numbers. */
static Interval whole_power(Interval a, double q, int outward) {
  double lo = pow(a.lo, q), hi = pow(a.hi, q);
  int even = fmod(q, 2) == 0, inside = a.lo < 0 && a.hi > 0;
  if (q < 0 && a.lo <= 0 && a.hi >= 0) {
    if (even) return widen(fmin(pow(a.lo, q), pow(a.hi, q)), INFINITY, outward, 4);
    if (inside || a.hi == 0) return interval_all();
  }
  Interval r = widen(fmin(lo, hi), fmax(lo, hi), outward, 4);
  if (q > 0 && even && inside) r.lo = 0;
  return r;
}

Interval interval_pow(Interval a, Interval q, int outward) {
  if (q.lo == q.hi) {
    if (q.lo == 0) return interval_at(1);
    if (q.lo == 1) return a;
    if (q.lo == floor(q.lo) && fabs(q.lo) < 1e6 && a.lo < 0) return whole_power(a, q.lo, outward);
  }
  if (a.hi < 0) return interval_all();
  double x = fmax(a.lo, 0), y = a.hi;
  if (x == y && q.lo == q.hi) {                         /* one number to the power of one */
    double p = pow(x, q.lo);
    if (isnan(p)) return interval_all();
    Interval w = widen(p, p, outward, 4);
    return (Interval){fmax(w.lo, 0), w.hi};
  }
  double p = pow(x, q.lo), r = pow(x, q.hi), s = pow(y, q.lo), t = pow(y, q.hi);
  if (isnan(p) || isnan(r) || isnan(s) || isnan(t)) return interval_all();
  double lo = fmin(fmin(p, r), fmin(s, t)), hi = fmax(fmax(p, r), fmax(s, t));
  if (q.lo <= 0 && q.hi >= 0) { lo = fmin(lo, 1); hi = fmax(hi, 1); }
  Interval w = widen(lo, hi, outward, 4);
  return (Interval){fmax(w.lo, 0), w.hi};
}
