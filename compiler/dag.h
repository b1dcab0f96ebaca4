/* dag.h: scalar, hash-consed expressions without origins; live from lowering to bytecode. */
#ifndef ECON_DAG_H
#define ECON_DAG_H
#include "../runtime/problem.h"
typedef uint32_t DagId;                                 /* 0 is the number zero */
typedef struct Dag Dag;
Dag *dag_new(Arena *);
DagId dag_num(Dag *, double);
DagId dag_in(Dag *, uint32_t input);                    /* index into the kernel's inputs */
DagId dag_op(Dag *, Opcode, DagId a, DagId b, DagId c); /* folds and simplifies by exact rules only */
DagId dag_diff(Dag *, DagId f, uint32_t input);         /* exact; memoised per input */
int dag_depends(Dag *, DagId f, uint32_t input);
int dag_is_num(const Dag *, DagId, double *value);
/* Bytecode computing the outputs; registers reused after last use. 0 or 1 (memory). */
int dag_emit(Dag *, const DagId *out, uint32_t n, Arena *, Prog *);
#endif
