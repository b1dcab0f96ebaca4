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

/* ---- two programs as one ------------------------------------------------------------------------------------------------------------ */

typedef struct { Ins ins; uint32_t last; } Value;            /* operands are values; last: the last value (or the end) that reads it */
typedef struct { Value *at; uint32_t n; uint32_t *table, mask; } Values;

static uint64_t hash(const Ins *i) {
  uint64_t bits, h = i->op;
  memcpy(&bits, &i->k, sizeof bits);
  const uint64_t part[] = {i->a, i->b, i->c, i->op == OP_NUM ? bits : 0};
  for (int k = 0; k < 4; k++) {
    h = (h ^ part[k]) * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
  }
  return h;
}

static int same(const Ins *x, const Ins *y) {
  return x->op == y->op && x->a == y->a && x->b == y->b && x->c == y->c && (x->op != OP_NUM || !memcmp(&x->k, &y->k, sizeof x->k));
}

/* The number of the value that ins computes: an earlier one where there is one. */
static uint32_t number(Values *v, Ins ins) {
  uint32_t at = (uint32_t)hash(&ins) & v->mask;
  for (; v->table[at]; at = (at + 1) & v->mask)
    if (same(&v->at[v->table[at] - 1].ins, &ins)) return v->table[at] - 1;
  v->at[v->n].ins = ins;
  v->table[at] = ++v->n;
  return v->n - 1;
}

static void add_values(Values *v, const Prog *p, uint32_t *of, uint32_t *out) {
  for (uint32_t i = 0; i < p->n; i++) {
    const Ins *s = &p->ins[i];
    unsigned n = prog_operands(s->op);
    Ins ins = {.op = s->op, .k = s->op == OP_NUM ? s->k : 0.0, .a = s->op == OP_IN ? s->a : n > 0 ? of[s->a] : 0, .b = n > 1 ? of[s->b] : 0, .c = n > 2 ? of[s->c] : 0};
    of[s->d] = number(v, ins);
  }
  for (uint32_t o = 0; o < p->nout; o++) out[o] = of[p->out[o]];
}

/* Registers are given out in order and come back after the last use. */
static void give_registers(Values *v, Prog *j, uint32_t *reg, uint32_t *spare) {
  uint32_t nspare = 0;
  for (uint32_t i = 0; i < v->n; i++) {
    const Ins *s = &v->at[i].ins;
    unsigned n = prog_operands(s->op);
    const uint32_t operand[] = {s->a, s->b, s->c};
    Ins ins = *s;
    if (n > 0) ins.a = reg[s->a];
    if (n > 1) ins.b = reg[s->b];
    if (n > 2) ins.c = reg[s->c];
    for (unsigned k = 0; k < n; k++) {
      int again = 0;
      for (unsigned m = 0; m < k; m++) again |= operand[m] == operand[k];
      if (!again && v->at[operand[k]].last == i) spare[nspare++] = reg[operand[k]];
    }
    reg[i] = nspare ? spare[--nspare] : j->regs++;
    ins.d = reg[i];
    j->ins[j->n++] = ins;
    if (v->at[i].last == i) spare[nspare++] = reg[i];
  }
}

Prog prog_join(const Prog *a, const Prog *b, Arena *mem) {
  Arena *heap = arena_new(NULL);
  uint32_t most = a->n + b->n, size = 16;
  while (size < 2 * most) size *= 2;
  Values v = {ARENA_ARRAY(heap, Value, most + 1), 0, ARENA_ARRAY(heap, uint32_t, size), size - 1};
  uint32_t *of = ARENA_ARRAY(heap, uint32_t, (a->regs > b->regs ? a->regs : b->regs) + 1), *reg = ARENA_ARRAY(heap, uint32_t, most + 1);
  uint32_t *spare = ARENA_ARRAY(heap, uint32_t, most + 1);
  Prog j = {.ins = ARENA_ARRAY(mem, Ins, most + 1), .out = ARENA_ARRAY(mem, uint32_t, a->nout + b->nout + 1), .nout = a->nout + b->nout};
  if (!heap || arena_failed(heap) || arena_failed(mem)) {
    arena_free(heap);
    return (Prog){0};
  }
  add_values(&v, a, of, j.out);
  add_values(&v, b, of, j.out + a->nout);
  for (uint32_t i = 0; i < v.n; i++) {
    const Ins *s = &v.at[i].ins;
    unsigned n = prog_operands(s->op);
    v.at[i].last = i;
    if (n > 0) v.at[s->a].last = i;
    if (n > 1) v.at[s->b].last = i;
    if (n > 2) v.at[s->c].last = i;
  }
  for (uint32_t o = 0; o < j.nout; o++) v.at[j.out[o]].last = v.n;
  give_registers(&v, &j, reg, spare);
  for (uint32_t o = 0; o < j.nout; o++) j.out[o] = reg[j.out[o]];
  arena_free(heap);
  return j;
}
