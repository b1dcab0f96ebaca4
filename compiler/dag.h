/* dag.h: scalar, hash-consed expressions without origins; live from lowering to bytecode. Children are made before their parents, so
 * an id is larger than the ids it is built from. Bytecode follows the ids: where two nodes are made, their order is written (never left to the
 * order in which a call's arguments are evaluated), so that every compiler makes the same code. All nodes belong to the arena; once it has
 * failed every operation returns 0. */
#ifndef ECON_DAG_H
#define ECON_DAG_H
#include "../runtime/problem.h"
typedef uint32_t DagId;                                 /* 0 is the number zero */
typedef struct Dag Dag;
Dag *dag_new(Arena *);
DagId dag_num(Dag *, double);
DagId dag_in(Dag *, uint32_t input);                    /* index into the kernel's inputs */
/* Folds and simplifies by exact rules only; 0*x is 0 and x - x is 0 whatever x is (a term with zero weight is absent). */
DagId dag_op(Dag *, Opcode, DagId a, DagId b, DagId c);
DagId dag_sum(Dag *, const DagId *at, uint32_t n);      /* a balanced sum: its depth is the logarithm of n */
DagId dag_diff(Dag *, DagId f, uint32_t input);         /* exact; memoised per input, so ask input by input */
/* The sum of the absolute values of f's additive terms: sums are flattened, products of sums multiplied out. */
DagId dag_terms(Dag *, DagId f);
int dag_depends(Dag *, DagId f, uint32_t input);
int dag_is_num(const Dag *, DagId, double *value);
int dag_partial(const Dag *, DagId);                    /* contains an operation that is not defined everywhere: log, root, power, quotient */
typedef struct { Opcode op; DagId a, b, c; double k; uint32_t input; } DagView;     /* input: of OP_IN; k: of OP_NUM */
DagView dag_view(const Dag *, DagId);
unsigned dag_arity(uint16_t op);                       /* operands of an opcode */
uint32_t dag_size(const Dag *);
/* Bytecode computing the outputs; registers reused after last use. 0 or 1 (memory). */
int dag_emit(Dag *, const DagId *out, uint32_t n, Arena *, Prog *);
#endif
