/* Scalar expressions: folding, exact derivatives against analytic ones, sizes of terms, bytecode against direct evaluation. */
#include "../../compiler/dag.h"
#include "unit.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Straight-line evaluation of one lane, written apart from the interpreter that the command uses. */
static void run(const Prog *p, const double *in, double *out) {
  double *r = calloc(p->regs + 1u, sizeof *r);
  if (!r) return;
  for (uint32_t i = 0; i < p->n; i++) {
    const Ins *s = &p->ins[i];
    double a = r[s->a < p->regs ? s->a : 0], b = r[s->b], c = r[s->c], v = 0.0;
    switch ((Opcode)s->op) {
      case OP_NUM: v = s->k; break;
      case OP_IN: v = in[s->a]; break;
      case OP_ADD: v = a + b; break;
      case OP_SUB: v = a - b; break;
      case OP_MUL: v = a * b; break;
      case OP_DIV: v = a / b; break;
      case OP_NEG: v = -a; break;
      case OP_POW: v = pow(a, b); break;
      case OP_EXP: v = exp(a); break;
      case OP_LOG: v = log(a); break;
      case OP_SQRT: v = sqrt(a); break;
      case OP_ABS: v = fabs(a); break;
      case OP_MIN: v = a < b ? a : b; break;
      case OP_MAX: v = a > b ? a : b; break;
      case OP_WEIGH: v = a == 0.0 ? 0.0 : a * b; break;
      case OP_LESS: v = a < b; break;
      case OP_LESSEQ: v = a <= b; break;
      case OP_EQ: v = a == b; break;
      case OP_SEL: v = a != 0.0 ? b : c; break;
      case OP_N: break;
    }
    r[s->d] = v;
  }
  for (uint32_t i = 0; i < p->nout; i++) out[i] = r[p->out[i]];
  free(r);
}

static double value(Dag *d, Arena *mem, DagId f, const double *in) {
  Prog p;
  double v = NAN;
  if (!dag_emit(d, &f, 1, mem, &p)) run(&p, in, &v);
  return v;
}

#define CLOSE(x, y) CU_ASSERT(fabs((x) - (y)) <= 1e-12 * (1.0 + fabs(y)))
static DagId op2(Dag *d, Opcode o, DagId a, DagId b) { return dag_op(d, o, a, b, 0); }

static void folding(void) {
  Arena *mem = arena_new(NULL);
  Dag *d = dag_new(mem);
  DagId x = dag_in(d, 0), y = dag_in(d, 1), one = dag_num(d, 1), two = dag_num(d, 2);
  CU_ASSERT(dag_num(d, 0.0) == 0 && dag_num(d, -0.0) == 0);
  CU_ASSERT(op2(d, OP_ADD, x, y) == op2(d, OP_ADD, y, x));
  CU_ASSERT(op2(d, OP_MUL, x, y) == op2(d, OP_MUL, y, x));
  CU_ASSERT(op2(d, OP_MUL, x, 0) == 0 && op2(d, OP_MUL, x, one) == x && op2(d, OP_ADD, x, 0) == x);
  CU_ASSERT(op2(d, OP_SUB, x, x) == 0);
  CU_ASSERT(op2(d, OP_POW, x, two) == op2(d, OP_MUL, x, x));
  CU_ASSERT(op2(d, OP_POW, x, one) == x);
  CU_ASSERT(dag_op(d, OP_NEG, dag_op(d, OP_NEG, x, 0, 0), 0, 0) == x);
  CU_ASSERT(op2(d, OP_ADD, x, dag_op(d, OP_NEG, y, 0, 0)) == op2(d, OP_SUB, x, y));
  CU_ASSERT(op2(d, OP_WEIGH, y, x) == op2(d, OP_MUL, x, y));        /* nothing undefined in x: a plain product */
  CU_ASSERT(dag_op(d, OP_SEL, x, y, y) == y);
  double v;
  CU_ASSERT(dag_is_num(d, op2(d, OP_MUL, two, dag_num(d, 3)), &v) && v == 6.0);
  CU_ASSERT(!dag_partial(d, op2(d, OP_POW, x, dag_num(d, 3))) && dag_partial(d, op2(d, OP_POW, x, dag_num(d, 0.5))));
  CU_ASSERT(dag_depends(d, op2(d, OP_ADD, x, y), 1) && !dag_depends(d, op2(d, OP_MUL, x, x), 1));
  arena_free(mem);
}

static void derivatives(void) {
  Arena *mem = arena_new(NULL);
  Dag *d = dag_new(mem);
  DagId x = dag_in(d, 0), y = dag_in(d, 1), w = dag_in(d, 2);
  const double in[3] = {1.7, 0.6, 0.0}, X = in[0], Y = in[1];
  struct { DagId f; double dx, dy; } c[] = {
      {op2(d, OP_MUL, op2(d, OP_ADD, x, y), op2(d, OP_MUL, x, x)), 3 * X * X + 2 * X * Y, X * X},
      {op2(d, OP_DIV, x, y), 1 / Y, -X / (Y * Y)},
      {op2(d, OP_POW, x, y), Y * pow(X, Y - 1), log(X) * pow(X, Y)},
      {op2(d, OP_POW, x, dag_num(d, -2.5)), -2.5 * pow(X, -3.5), 0},
      {dag_op(d, OP_LOG, op2(d, OP_MUL, x, y), 0, 0), 1 / X, 1 / Y},
      {dag_op(d, OP_EXP, op2(d, OP_SUB, x, y), 0, 0), exp(X - Y), -exp(X - Y)},
      {dag_op(d, OP_SQRT, op2(d, OP_ADD, x, op2(d, OP_MUL, y, y)), 0, 0), 0.5 / sqrt(X + Y * Y), Y / sqrt(X + Y * Y)},
      {dag_op(d, OP_ABS, op2(d, OP_SUB, y, x), 0, 0), 1, -1},
      {op2(d, OP_MIN, x, y), 0, 1},
      {op2(d, OP_MAX, x, y), 1, 0},
      {dag_op(d, OP_SEL, op2(d, OP_LESS, y, x), op2(d, OP_MUL, x, y), x), Y, X},
  };
  for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
    CLOSE(value(d, mem, dag_diff(d, c[i].f, 0), in), c[i].dx);
    CLOSE(value(d, mem, dag_diff(d, c[i].f, 1), in), c[i].dy);
    CU_ASSERT(dag_diff(d, c[i].f, 2) == 0);
  }
  /* A term with zero weight is absent: so is its slope, whatever the rest is. */
  DagId absent = op2(d, OP_WEIGH, w, dag_op(d, OP_LOG, y, 0, 0));
  const double at_zero[3] = {1, 0, 0};
  CU_ASSERT(value(d, mem, absent, at_zero) == 0.0);
  CU_ASSERT(value(d, mem, dag_diff(d, absent, 1), at_zero) == 0.0);
  arena_free(mem);
}

static void terms(void) {
  Arena *mem = arena_new(NULL);
  Dag *d = dag_new(mem);
  DagId x = dag_in(d, 0), y = dag_in(d, 1), p = dag_in(d, 2);
  const double in[3] = {2, 5, -3};
  CLOSE(value(d, mem, dag_terms(d, op2(d, OP_SUB, x, y)), in), 7.0);
  CLOSE(value(d, mem, dag_terms(d, op2(d, OP_MUL, p, op2(d, OP_SUB, x, y))), in), 21.0);
  CLOSE(value(d, mem, dag_terms(d, op2(d, OP_DIV, op2(d, OP_SUB, x, y), p)), in), 7.0 / 3.0);
  CLOSE(value(d, mem, dag_terms(d, dag_op(d, OP_NEG, op2(d, OP_ADD, x, op2(d, OP_MUL, p, y)), 0, 0)), in), 17.0);
  arena_free(mem);
}

/* Random expressions: the bytecode's value is the value of the expression, computed along with it. */
static void bytecode(void) {
  Arena *mem = arena_new(NULL);
  Dag *d = dag_new(mem);
  enum { N = 400, INPUTS = 6 };
  static const Opcode ops[] = {OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_NEG, OP_EXP, OP_ABS, OP_MIN, OP_MAX, OP_SEL, OP_LESS};
  double in[INPUTS] = {0.3, -1.2, 0.9, 2.0, -0.4, 1.1}, v[N + INPUTS], got[N];
  DagId f[N + INPUTS];
  uint32_t state = 12345;
  for (uint32_t i = 0; i < INPUTS; i++) {
    f[i] = dag_in(d, i);
    v[i] = in[i];
  }
  for (uint32_t i = INPUTS; i < N + INPUTS; i++) {
    uint32_t pick[4];
    for (int k = 0; k < 4; k++) pick[k] = (state = state * 1664525u + 1013904223u) >> 8;
    Opcode o = ops[pick[0] % (sizeof ops / sizeof *ops)];
    uint32_t a = pick[1] % i, b = pick[2] % i, c = pick[3] % i;
    if (o == OP_DIV && fabs(v[b]) < 0.1) o = OP_ADD;
    if (o == OP_EXP && v[a] > 2) o = OP_NEG;
    f[i] = dag_op(d, o, f[a], f[b], f[c]);
    v[i] = o == OP_ADD ? v[a] + v[b] : o == OP_SUB ? v[a] - v[b] : o == OP_MUL ? v[a] * v[b] : o == OP_DIV ? v[a] / v[b] : o == OP_NEG ? -v[a] : o == OP_EXP ? exp(v[a])
         : o == OP_ABS ? fabs(v[a]) : o == OP_MIN ? fmin(v[a], v[b]) : o == OP_MAX ? fmax(v[a], v[b]) : o == OP_SEL ? (v[a] != 0 ? v[b] : v[c]) : v[a] < v[b];
    if (fabs(v[i]) > 1e6) {
      f[i] = f[0];
      v[i] = v[0];
    }
  }
  Prog p;
  CU_ASSERT_FATAL(dag_emit(d, f + INPUTS, N, mem, &p) == 0);
  run(&p, in, got);
  for (uint32_t i = 0; i < N; i++) CU_ASSERT(fabs(got[i] - v[i + INPUTS]) <= 1e-9 * (1 + fabs(got[i])));
  DagId sum = dag_sum(d, f, N + INPUTS);
  CU_ASSERT_FATAL(dag_emit(d, &sum, 1, mem, &p) == 0);
  CU_ASSERT(p.regs < p.n / 2);                          /* registers are used again */
  arena_free(mem);
}

/* A sum over very many inputs: no deep recursion, and each derivative finds its term directly. */
static void wide(void) {
  Arena *mem = arena_new(NULL);
  Dag *d = dag_new(mem);
  enum { N = 20000 };
  DagId *t = ARENA_ARRAY(mem, DagId, N);
  CU_ASSERT_FATAL(t != NULL);
  for (uint32_t i = 0; i < N; i++) t[i] = op2(d, OP_MUL, dag_in(d, i), dag_num(d, i + 2.0));
  DagId sum = dag_sum(d, t, N);
  for (uint32_t i = 0; i < N; i++) {
    double v;
    CU_ASSERT_FATAL(dag_is_num(d, dag_diff(d, sum, i), &v) && v == i + 2.0);
  }
  arena_free(mem);
}

UNIT_MAIN("dag", {"folding by exact rules", folding}, {"derivatives", derivatives}, {"sizes of terms", terms}, {"bytecode", bytecode}, {"wide sums", wide})
