/* agent.h: an agent's own problem, as the proofs see it: maximise the objective over the own choices subject to the constraints,
 * prices and everything else given. Built from the problem form (Kernel.goal, goal_grad, the constraint rows and their entries in
 * the Jacobian), never from the first-order conditions. One AgentClass serves all lanes of a block, one lane at a time. */
#ifndef ECON_AGENT_H
#define ECON_AGENT_H
#include "curvature.h"
#include "problem.h"
#include "prog.h"

/* d constraint / d choice is output `out` of AgentClass.jac; con and choice count within the class's lists. */
typedef struct { uint32_t con, choice, out; } AgentEntry;

typedef struct AgentClass {
  const Problem *p;
  const Block *b;
  const double *lower, *upper;        /* nx: the bounds of all unknowns, fixed ones with both at their value */
  uint32_t nchoice, *choice;          /* slots of the choices; those made before the others (OWN_FIRST) are given, and with rights to trade the
                                         problem is that of the recourse */
  uint32_t ncon, *con;                /* slots of the multipliers, but for constraints on such earlier choices alone */
  uint32_t budget;                    /* slot of the ex-ante budget's multiplier, in con or not; NO_INDEX: none */
  uint32_t *in_choice;                /* per input: the choice it reads, or NO_INDEX */
  uint32_t *grad_choice;              /* per output of goal_grad: the choice, or NO_INDEX */
  Prog worth;                         /* ncon outputs: the present-value weights of the multipliers */
  Prog constraint;                    /* ncon outputs */
  Prog jac;                           /* one output an entry */
  AgentEntry *entry; uint32_t nentry;
  int auxiliary;                      /* the objective or a constraint reads an own unknown that is neither choice nor multiplier */
  /* The lane loaded last. */
  uint32_t lane;
  double *in, *reg;                   /* inputs at x, scratch */
  double *y, *lo, *hi;                /* nchoice: choices at x and their bounds */
  double lambda;                      /* multiplier times weight of the ex-ante budget at x; 1 where there is none */
  double *multiplier, *weight;        /* ncon: multipliers at x, present-value weights */
  uint8_t *equality;                  /* ncon: = 0 rather than >= 0 */
  uint8_t *dropped;                   /* ncon: the multiplier is fixed, so the constraint is not asked for */
  Interval *m, *G;                    /* scratch: ncon, nchoice */
  Shape *sin, *sreg;                  /* scratch of the abstract interpreter */
} AgentClass;

/* NULL where block has no problem form or memory failed (arena_failed tells). lower and upper must outlive the class. */
AgentClass *agent_class(const Problem *p, uint32_t block, const double *lower, const double *upper, Arena *mem);

/* Loads a lane at the unknowns x: inputs, choices, bounds, multipliers, weights. */
void agent_load(AgentClass *a, uint32_t lane, const double *x);
/* Input i of the block's kernel at lane: its value and, where it is an unknown, its absolute index (else NO_INDEX). */
double agent_input(const Problem *p, const Block *b, uint32_t i, uint32_t lane, const double *x, uint32_t *index);

/* At choices y of the loaded lane. */
double agent_goal(AgentClass *a, const double *y);
void agent_gradient(AgentClass *a, const double *y, double *grad);          /* nchoice */
void agent_constraints(AgentClass *a, const double *y, double *g);          /* ncon */
void agent_jacobian(AgentClass *a, const double *y, double *entry);         /* nentry */
double agent_domain(AgentClass *a, const double *y);                        /* the smallest domain output; infinity where there is none */

/* Money per unit of the objective: multiplier times weight of the ex-ante budget at x; 1 where the class has none (firms). */
double agent_lambda(const AgentClass *a);
int agent_has_budget(const AgentClass *a);
#endif
