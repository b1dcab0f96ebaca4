#include "curvature.h"
#include "prog.h"
#include <math.h>

#define SLACK 1e-13     /* exponents this close to a bound count as equal to it */

static int is_point(Interval a) { return a.lo == a.hi; }
static int sign_of(Interval a) { return a.lo >= 0 ? 1 : a.hi <= 0 ? -1 : 0; }
static int constant(const Shape *s) { return (s->flag & SHAPE_CONSTANT) != 0; }

static Shape unknown(Interval range, unsigned given) {
  return (Shape){range, given & SHAPE_GIVEN, NAN, NAN, NAN, NAN};
}

Shape shape_constant(Interval range, unsigned given) {
  return (Shape){range, SHAPE_CONSTANT | SHAPE_AFFINE | (given & SHAPE_GIVEN), NAN, NAN, NAN, is_point(range) ? range.lo : NAN};
}

/* Draws from the exponents what they say of plain curvature and the reverse. */
static Shape close_under(Shape s) {
  int sign = sign_of(s.range);
  if (constant(&s)) { s.flag |= SHAPE_AFFINE; return s; }
  s.at = NAN;
  if (!sign) { s.root = s.norm = NAN; return s; }
  unsigned cap = sign > 0 ? SHAPE_CONCAVE : SHAPE_CONVEX, cup = sign > 0 ? SHAPE_CONVEX : SHAPE_CONCAVE;   /* of |f| */
  if (s.root >= 1 - SLACK) s.flag |= cap;
  if (s.root < 0) s.flag |= cup;
  if (s.norm <= 1 + SLACK) s.flag |= cup;
  if ((s.flag & cap) && !(s.root >= 1 || s.root < 0)) s.root = 1;
  if ((s.flag & cup) && !(s.norm <= 1)) s.norm = 1;
  return s;
}

Shape shape_variable(Interval range) {
  Shape s = unknown(range, 0);
  s.flag = SHAPE_AFFINE;
  return close_under(s);
}

static Shape negated(Shape s) {
  unsigned flag = s.flag & ~(unsigned)SHAPE_AFFINE;
  if (s.flag & SHAPE_CONVEX) flag |= SHAPE_CONCAVE;
  if (s.flag & SHAPE_CONCAVE) flag |= SHAPE_CONVEX;
  s.flag = flag;
  s.range = interval_neg(s.range);
  s.logroot = -s.logroot;
  s.at = -s.at;
  return s;
}

static double harmonic(double a, double b) { return a * b > 0 ? 1 / (1 / a + 1 / b) : NAN; }

static Shape sum(Shape a, Shape b, int outward) {
  Shape s = unknown(interval_add(a.range, b.range, outward), a.flag | b.flag);
  s.flag |= a.flag & b.flag & (SHAPE_AFFINE | SHAPE_CONSTANT);
  s.at = a.at + b.at;
  if (constant(&s)) return s;
  if (constant(&a) || constant(&b)) {
    const Shape *f = constant(&a) ? &b : &a, *k = constant(&a) ? &a : &b;
    if (k->range.lo == 0 && k->range.hi == 0) {
      s = *f;
      s.flag |= k->flag & SHAPE_GIVEN;
      return s;
    }
    s.logroot = f->logroot;
    if (sign_of(a.range) * sign_of(b.range) > 0) {
      s.root = f->root >= 1 - SLACK || f->root < 0 ? f->root : NAN;
      s.norm = f->norm <= 1 + SLACK ? f->norm : NAN;
    }
    return close_under(s);
  }
  s.logroot = harmonic(a.logroot, b.logroot);
  if (sign_of(a.range) * sign_of(b.range) > 0) {
    if (a.root >= 1 - SLACK && b.root >= 1 - SLACK) s.root = fmin(a.root, b.root);
    else if (a.root < 0 && b.root < 0) s.root = fmax(a.root, b.root);
    if (a.norm <= 1 + SLACK && b.norm <= 1 + SLACK) s.norm = fmax(a.norm, b.norm);
  }
  return close_under(s);
}

/* k constant, f not. Where k is zero the product is the zero function, which is all at once. */
static Shape scaled(Shape k, Shape f, int outward) {
  Shape s = unknown(interval_mul(k.range, f.range, outward), k.flag | f.flag);
  int sign = sign_of(k.range);
  if (k.range.lo == 0 && k.range.hi == 0) {
    s = shape_constant(interval_at(0), k.flag | f.flag);
    return s;
  }
  unsigned curved = f.flag & SHAPE_AFFINE;
  if (sign < 0) curved = negated(f).flag & SHAPE_AFFINE;
  if (sign == 0 && curved != SHAPE_AFFINE) curved = 0;
  s.flag |= curved;
  if (sign) {
    s.root = f.root;
    s.norm = f.norm;
    double largest = fabs(k.range.lo) > fabs(k.range.hi) ? k.range.lo : k.range.hi;
    s.logroot = f.logroot / largest;
  }
  return close_under(s);
}

/* |f|^q from f, for a constant q that keeps its sign: only the exponents; sign says the sign of the result. */
static Shape raised(Shape f, Interval q, Interval range, unsigned given) {
  Shape s = unknown(range, given);
  double largest = fabs(q.lo) > fabs(q.hi) ? q.lo : q.hi, least = fabs(q.lo) > fabs(q.hi) ? q.hi : q.lo;
  if (!sign_of(q) || least == 0) return s;
  s.root = f.root / largest;
  if (q.lo > 0) s.norm = f.norm / least;
  return close_under(s);
}

/* The base of a logarithm, root or broken power: only its nonnegative part counts. */
static Shape nonnegative(Shape f) {
  if (f.range.lo < 0) {
    f.range.lo = 0;
    f.range.hi = fmax(f.range.hi, 0);
    f.root = f.norm = NAN;
  }
  return close_under(f);
}

static Shape exponential(Shape f, int outward) {
  Shape s = unknown(interval_exp(f.range, outward), f.flag);
  if (f.flag & SHAPE_CONVEX) s.flag |= SHAPE_CONVEX;
  s.root = f.logroot;
  return close_under(s);
}

static Shape logarithm(Shape f, int outward) {
  Shape s = unknown(interval_log(f.range, outward), f.flag);
  f = nonnegative(f);
  if ((f.flag & SHAPE_CONCAVE) || f.root > 0) s.flag |= SHAPE_CONCAVE;
  if (f.root < 0) s.flag |= SHAPE_CONVEX;
  s.logroot = f.root;
  return close_under(s);
}

static Shape power(Shape f, Shape q, int outward) {
  unsigned given = f.flag | q.flag;
  Interval range = interval_pow(f.range, q.range, outward);
  if (!constant(&q)) {
    if (!constant(&f)) return unknown(range, given);
    Shape l = shape_constant(interval_log(f.range, outward), given);
    Shape s = exponential(scaled(l, q, outward), outward);
    s.range = range;
    return close_under(s);
  }
  if (is_point(q.range) && q.range.lo == 0) return shape_constant(interval_at(1), given);
  if (is_point(q.range) && q.range.lo == 1) { f.flag |= given & SHAPE_GIVEN; return f; }
  int whole = is_point(q.range) && q.range.lo > 0 && q.range.lo == floor(q.range.lo);
  int even = whole && fmod(q.range.lo, 2) == 0;
  if (!whole) f = nonnegative(f);
  if (!sign_of(f.range)) {
    if (!even || !shape_is(&f, SHAPE_AFFINE)) return unknown(range, given);
    f.norm = 1;                                           /* |affine| is convex */
  }
  return raised(f, q.range, range, given);
}

static Shape product(Shape a, Shape b, int same, int outward) {
  if (constant(&a)) return scaled(a, b, outward);
  if (constant(&b)) return scaled(b, a, outward);
  if (same) {
    Shape s = power(a, shape_constant(interval_at(2), 0), outward);
    return s;
  }
  Shape s = unknown(interval_mul(a.range, b.range, outward), a.flag | b.flag);
  if (sign_of(a.range) && sign_of(b.range)) s.root = harmonic(a.root, b.root);
  return close_under(s);
}

static Shape inverse(Shape f, int outward) {
  Interval one = interval_at(1), range = interval_div(one, f.range, outward);
  if (constant(&f)) return shape_constant(range, f.flag);
  Shape s = unknown(range, f.flag);
  if (sign_of(f.range)) s.root = -f.root;
  return close_under(s);
}

static Shape quotient(Shape a, Shape b, int outward) {
  Shape s = product(a, inverse(b, outward), 0, outward);
  if (constant(&b)) s.range = interval_div(a.range, b.range, outward);   /* one rounding, not two */
  return close_under(s);
}

static Shape absolute(Shape f) {
  int sign = sign_of(f.range);
  if (sign) return sign > 0 ? f : negated(f);
  Shape s = unknown(interval_abs(f.range), f.flag);
  if (shape_is(&f, SHAPE_AFFINE)) s.flag |= SHAPE_CONVEX;
  return close_under(s);
}

static Shape least(Shape a, Shape b) {
  if (b.range.hi <= a.range.lo) return least(b, a);
  if (a.range.hi <= b.range.lo) {
    a.flag |= b.flag & SHAPE_GIVEN;
    return a;
  }
  Shape s = unknown(interval_min(a.range, b.range), a.flag | b.flag);
  s.flag |= a.flag & b.flag & SHAPE_CONCAVE;
  return close_under(s);
}

/* What holds of both: the value is one of them, which one is the same over the whole box. */
static Shape either(Shape a, Shape b, unsigned given) {
  Shape s = unknown(interval_hull(a.range, b.range), a.flag | b.flag | given);
  s.flag |= a.flag & b.flag & (SHAPE_AFFINE | SHAPE_CONSTANT);
  if (a.root == b.root) s.root = a.root;
  if (a.norm == b.norm) s.norm = a.norm;
  if (a.logroot == b.logroot) s.logroot = a.logroot;
  return close_under(s);
}

/* The value of a comparison: 1, 0, or -1 where it is not decided. */
static int decided(unsigned op, const Shape *a, const Shape *b) {
  Interval x = a->range, y = b->range;
  if (!isnan(a->at) && !isnan(b->at)) return op == OP_LESS ? a->at < b->at : op == OP_LESSEQ ? a->at <= b->at : a->at == b->at;
  if (op == OP_LESS) return x.hi < y.lo ? 1 : x.lo >= y.hi ? 0 : -1;
  if (op == OP_LESSEQ) return x.hi <= y.lo ? 1 : x.lo > y.hi ? 0 : -1;
  return x.hi < y.lo || y.hi < x.lo ? 0 : is_point(x) && is_point(y) && x.lo == y.lo ? 1 : -1;
}

static Shape comparison(unsigned op, const Shape *a, const Shape *b) {
  unsigned given = a->flag | b->flag;
  int v = decided(op, a, b);
  if (v >= 0) return shape_constant(interval_at(v), given);
  Interval both = {0, 1};
  return constant(a) && constant(b) ? shape_constant(both, given) : unknown(both, given);
}

static Shape selection(const Shape *cond, const Shape *b, const Shape *c, int same) {
  unsigned given = cond->flag & SHAPE_GIVEN;
  Shape s;
  int nonzero = !isnan(cond->at) ? cond->at != 0 : cond->range.lo > 0 || cond->range.hi < 0 ? 1 : -1;
  if (nonzero == 1 || same) s = *b;
  else if (nonzero == 0) s = *c;
  else if (constant(cond)) return either(*b, *c, given);
  else return unknown(interval_hull(b->range, c->range), b->flag | c->flag | given);
  s.flag |= given;
  return s;
}

static Interval range_of(unsigned op, Interval a, Interval b, int outward) {
  switch (op) {
  case OP_ADD: return interval_add(a, b, outward);
  case OP_SUB: return interval_sub(a, b, outward);
  case OP_MUL: return interval_mul(a, b, outward);
  case OP_DIV: return interval_div(a, b, outward);
  case OP_NEG: return interval_neg(a);
  case OP_POW: return interval_pow(a, b, outward);
  case OP_EXP: return interval_exp(a, outward);
  case OP_LOG: return interval_log(a, outward);
  case OP_SQRT: return interval_sqrt(a, outward);
  case OP_ABS: return interval_abs(a);
  case OP_MIN: return interval_min(a, b);
  case OP_MAX: return interval_max(a, b);
  case OP_WEIGH: return interval_mul(a, b, outward);
  default: return interval_all();
  }
}

static Shape of_constants(unsigned op, const Shape *a, const Shape *b, int outward) {
  Shape s = shape_constant(range_of(op, a->range, b->range, outward), a->flag | b->flag);
  s.at = prog_op(op, a->at, b->at, NAN);
  if (!outward && !isnan(s.at)) s.range = interval_at(s.at);
  return s;
}

static Shape apply(unsigned op, const Shape *a, const Shape *b, int same, int outward) {
  switch (op) {
  case OP_ADD: return sum(*a, *b, outward);
  case OP_SUB: return sum(*a, negated(*b), outward);
  case OP_MUL: return product(*a, *b, same, outward);
  case OP_DIV: return quotient(*a, *b, outward);
  case OP_NEG: return close_under(negated(*a));
  case OP_POW: return power(*a, *b, outward);
  case OP_EXP: return exponential(*a, outward);
  case OP_LOG: return logarithm(*a, outward);
  case OP_SQRT: return power(*a, shape_constant(interval_at(0.5), 0), outward);
  case OP_ABS: return absolute(*a);
  case OP_MIN: return least(*a, *b);
  case OP_MAX: return negated(least(negated(*a), negated(*b)));
  case OP_WEIGH: return product(*a, *b, same, outward);
  default: return unknown(interval_all(), a->flag | b->flag);
  }
}

void curvature_run(const Prog *prog, const Shape *in, Shape *reg, int outward) {
  for (uint32_t i = 0; i < prog->n; i++) {
    const Ins *s = &prog->ins[i];
    if (s->op == OP_NUM) { reg[s->d] = shape_constant(interval_at(s->k), 0); continue; }
    if (s->op == OP_IN) { reg[s->d] = in[s->a]; continue; }
    const Shape *a = &reg[s->a], *b = prog_operands(s->op) > 1 ? &reg[s->b] : a;
    if (s->op == OP_SEL) reg[s->d] = selection(a, b, &reg[s->c], s->b == s->c);
    else if (s->op == OP_LESS || s->op == OP_LESSEQ || s->op == OP_EQ) reg[s->d] = comparison(s->op, a, b);
    else if (constant(a) && constant(b)) reg[s->d] = of_constants(s->op, a, b, outward);
    else reg[s->d] = apply(s->op, a, b, s->a == s->b, outward);
  }
}
