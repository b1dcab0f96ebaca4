#include "vm.h"
#include <math.h>

static uint32_t most(uint32_t a, uint32_t b) { return a > b ? a : b; }

Vm *vm_new(const Problem *p, uint32_t regs, Arena *mem) {
  Vm *vm = ARENA_NEW(mem, Vm);
  if (!vm) return NULL;
  vm->regs = regs;
  for (uint32_t b = 0; b < p->nblock; b++) {
    const Kernel *k = p->block[b].k;
    const Prog *all[] = {&k->value, &k->terms, &k->jac, &k->goal, &k->goal_grad, &k->domain};
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) vm->regs = most(vm->regs, all[i]->regs);
  }
  vm->reg = ARENA_ARRAY(mem, double, (size_t)vm->regs * VM_LANES + 1);
  return vm->reg ? vm : NULL;
}

/* Loads one input for the lanes of a block of lanes. */
static void load(double *restrict d, const Input *in, const Block *b, uint32_t first, uint32_t n, const double *x, const double *par) {
  switch (in->kind) {
    case IN_OWN:
    case IN_GIVEN: {
      const double *from = x + problem_own(b, in->ref, first);
      for (uint32_t l = 0; l < n; l++) d[l] = from[l];
      return;
    }
    case IN_COLUMN: {
      const double *from = b->column[in->ref] + first;
      for (uint32_t l = 0; l < n; l++) d[l] = from[l];
      return;
    }
    case IN_GATHER: {
      const uint32_t *at = b->index[in->ref] + first;
      for (uint32_t l = 0; l < n; l++) d[l] = at[l] == NO_INDEX ? 0.0 : x[at[l]];
      return;
    }
    case IN_PAR:
    case IN_X: {
      double v = in->kind == IN_PAR ? par[in->ref] : x[in->ref];
      for (uint32_t l = 0; l < n; l++) d[l] = v;
      return;
    }
  }
}

/* Small whole powers by multiplication: faster than pow and exact to the last bit or two, the same in every build. */
static double power(double a, double b) {
  if (b == 2.0) return a * a;
  if (b == -1.0) return 1.0 / a;
  if (b == -2.0) return 1.0 / (a * a);
  if (b == 1.0) return a;
  return pow(a, b);
}

#define EACH(expr) for (uint32_t l = 0; l < n; l++) d[l] = (expr); break

void vm_run(Vm *vm, const Prog *prog, const Block *blk, uint32_t first, uint32_t n, const double *x, const double *par) {
  double *reg = vm->reg;
  for (uint32_t i = 0; i < prog->n; i++) {
    const Ins *ins = &prog->ins[i];
    double *d = reg + (size_t)ins->d * VM_LANES;
    if (ins->op == OP_NUM) {
      for (uint32_t l = 0; l < n; l++) d[l] = ins->k;
      continue;
    }
    if (ins->op == OP_IN) {
      load(d, &blk->k->in[ins->a], blk, first, n, x, par);
      continue;
    }
    const double *a = reg + (size_t)ins->a * VM_LANES, *b = reg + (size_t)ins->b * VM_LANES, *c = reg + (size_t)ins->c * VM_LANES;
    switch ((Opcode)ins->op) {
      case OP_ADD: EACH(a[l] + b[l]);
      case OP_SUB: EACH(a[l] - b[l]);
      case OP_MUL: EACH(a[l] * b[l]);
      case OP_DIV: EACH(a[l] / b[l]);
      case OP_NEG: EACH(-a[l]);
      case OP_POW: EACH(power(a[l], b[l]));
      case OP_EXP: EACH(exp(a[l]));
      case OP_LOG: EACH(log(a[l]));
      case OP_SQRT: EACH(sqrt(a[l]));
      case OP_ABS: EACH(fabs(a[l]));
      case OP_MIN: EACH(a[l] < b[l] || isnan(a[l]) ? a[l] : b[l]);
      case OP_MAX: EACH(a[l] > b[l] || isnan(a[l]) ? a[l] : b[l]);
      case OP_WEIGH: EACH(a[l] == 0.0 ? 0.0 : a[l] * b[l]);
      case OP_LESS: EACH(a[l] < b[l]);
      case OP_LESSEQ: EACH(a[l] <= b[l]);
      case OP_EQ: EACH(a[l] == b[l]);
      case OP_SEL: EACH(a[l] != 0.0 ? b[l] : c[l]);
      case OP_NUM:
      case OP_IN:
      case OP_N: break;
    }
  }
}
