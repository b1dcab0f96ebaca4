/* vm.h: the block interpreter of kernels' straight-line programs. Every instruction runs over a block of lanes (types, nodes, points)
 * before the next one starts, so that the interpreter's cost is shared and the inner loops vectorise. Nothing is allocated after
 * vm_new. Not shared between threads: every solve makes its own. */
#ifndef ECON_VM_H
#define ECON_VM_H
#include "problem.h"

enum { VM_LANES = 32 };               /* the most lanes of one call */

typedef struct Vm { double *reg; uint32_t regs; } Vm;

/* A register file large enough for every program of p, and at least `regs` registers. NULL when the arena failed. */
Vm *vm_new(const Problem *p, uint32_t regs, Arena *mem);

/* Runs prog of block b for lanes [first, first + n), n <= VM_LANES, at the unknowns x (nx) and parameters par. Outputs are read with
 * vm_out until the next call. Values outside a function's domain give NaN or infinities, never a trap. */
void vm_run(Vm *vm, const Prog *prog, const Block *b, uint32_t first, uint32_t n, const double *x, const double *par);

/* Output i of the last run of prog: one number for each lane from `first` on. */
static inline const double *vm_out(const Vm *vm, const Prog *prog, uint32_t i) { return vm->reg + (size_t)prog->out[i] * VM_LANES; }
#endif
