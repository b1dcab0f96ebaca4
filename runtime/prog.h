/* prog.h: kernels' programs one point at a time, and slices of them. The block interpreter (vm.h) serves the solver; the proofs use
 * this one, so that a fault of either shows. */
#ifndef ECON_PROG_H
#define ECON_PROG_H
#include "problem.h"

unsigned prog_operands(unsigned op);                               /* how many registers op reads */
double prog_op(unsigned op, double a, double b, double c);         /* the value of one operation other than NUM and IN */

/* Runs prog on in[] (one number an input of the kernel); reg has room for prog->regs numbers. Output i is reg[prog->out[i]]. */
void prog_run(const Prog *prog, const double *in, double *reg);

/* The instructions of prog that outputs out[0..n) need, in mem, with these outputs in this order; registers keep their numbers.
 * nout is zero when memory failed. */
Prog prog_slice(const Prog *prog, const uint32_t *out, uint32_t n, Arena *mem);
/* Both programs as one, outputs of a first: what they have in common is computed once. The same numbers to the bit. Empty (ins NULL) when memory failed. */
Prog prog_join(const Prog *a, const Prog *b, Arena *mem);
#endif
