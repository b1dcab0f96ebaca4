#include "prog.h"
#include <math.h>
#include <string.h>

unsigned prog_operands(unsigned op) {
  static const uint8_t n[] = {
#define X(k, operands, t) operands,
    ECON_OPS(X)
#undef X
  };
  return op < OP_N ? n[op] : 0;
}

double prog_op(unsigned op, double a, double b, double c) {
  switch (op) {
  case OP_ADD: return a + b;
  case OP_SUB: return a - b;
  case OP_MUL: return a * b;
  case OP_DIV: return a / b;
  case OP_NEG: return -a;
  case OP_POW: return pow(a, b);
  case OP_EXP: return exp(a);
  case OP_LOG: return log(a);
  case OP_SQRT: return sqrt(a);
  case OP_ABS: return fabs(a);
  case OP_MIN: return isnan(a) || isnan(b) ? NAN : fmin(a, b);
  case OP_MAX: return isnan(a) || isnan(b) ? NAN : fmax(a, b);
  case OP_WEIGH: return a == 0 ? 0 : a * b;
  case OP_LESS: return a < b;
  case OP_LESSEQ: return a <= b;
  case OP_EQ: return a == b;
  case OP_SEL: return a != 0 ? b : c;
  default: return NAN;
  }
}

void prog_run(const Prog *prog, const double *in, double *reg) {
  for (uint32_t i = 0; i < prog->n; i++) {
    const Ins *s = &prog->ins[i];
    unsigned n = prog_operands(s->op);
    if (s->op == OP_NUM) reg[s->d] = s->k;
    else if (s->op == OP_IN) reg[s->d] = in[s->a];
    else reg[s->d] = prog_op(s->op, reg[s->a], n > 1 ? reg[s->b] : NAN, n > 2 ? reg[s->c] : NAN);
  }
}

Prog prog_slice(const Prog *prog, const uint32_t *out, uint32_t n, Arena *mem) {
  Prog slice = {.regs = prog->regs};
  uint8_t *live = ARENA_ARRAY(mem, uint8_t, prog->regs ? prog->regs : 1);
  slice.ins = ARENA_ARRAY(mem, Ins, prog->n ? prog->n : 1);
  slice.out = ARENA_ARRAY(mem, uint32_t, n ? n : 1);
  if (!live || !slice.ins || !slice.out) return (Prog){0};
  for (uint32_t i = 0; i < n; i++) {
    slice.out[i] = prog->out[out[i]];
    live[slice.out[i]] = 1;
  }
  uint32_t at = prog->n;                                 /* kept instructions gather at the end, then move to the front */
  for (uint32_t i = prog->n; i-- > 0;) {
    const Ins *s = &prog->ins[i];
    if (!live[s->d]) continue;
    unsigned operands = prog_operands(s->op);
    live[s->d] = 0;                                      /* a register may be written again */
    if (operands > 0) live[s->a] = 1;
    if (operands > 1) live[s->b] = 1;
    if (operands > 2) live[s->c] = 1;
    slice.ins[--at] = *s;
  }
  slice.n = prog->n - at;
  memmove(slice.ins, slice.ins + at, slice.n * sizeof *slice.ins);
  slice.nout = n;
  return slice;
}
