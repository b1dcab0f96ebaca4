#include "agent.h"
#include <math.h>

double agent_input(const Problem *p, const Block *b, uint32_t i, uint32_t lane, const double *x, uint32_t *index) {
  const Input *in = &b->k->in[i];
  uint32_t at = NO_INDEX;
  double v = 0;
  switch (in->kind) {
  case IN_OWN:
  case IN_GIVEN: at = problem_own(b, in->ref, lane); break;
  case IN_PAR: v = p->par[in->ref]; break;
  case IN_COLUMN: v = b->column[in->ref][lane]; break;
  case IN_X: at = in->ref; break;
  case IN_GATHER: at = b->index[in->ref][lane]; break;
  }
  if (index) *index = at;
  return at == NO_INDEX ? v : x[at];
}

static int is_constraint(unsigned role) { return role == ROLE_BUDGET || role == ROLE_EQUALITY || role == ROLE_INEQUALITY; }

static uint32_t position(const uint32_t *list, uint32_t n, uint32_t what) {
  for (uint32_t i = 0; i < n; i++)
    if (list[i] == what) return i;
  return NO_INDEX;
}

/* Whether prog reads an input whose own slot has role AUX. */
static int reads_auxiliary(const Kernel *k, const Prog *prog) {
  for (uint32_t i = 0; i < prog->n; i++) {
    const Ins *s = &prog->ins[i];
    if (s->op == OP_IN && k->in[s->a].kind == IN_OWN && k->role[k->in[s->a].ref] == ROLE_AUX) return 1;
  }
  return 0;
}

static void find_slots(AgentClass *a, Arena *mem) {
  const Kernel *k = a->b->k;
  a->choice = ARENA_ARRAY(mem, uint32_t, k->nown + 1);
  a->con = ARENA_ARRAY(mem, uint32_t, k->nown + 1);
  a->in_choice = ARENA_ARRAY(mem, uint32_t, k->nin + 1);
  a->grad_choice = ARENA_ARRAY(mem, uint32_t, k->ngoal_in + 1);
  if (arena_failed(mem)) return;
  a->budget = NO_INDEX;
  for (uint32_t s = 0; s < k->nown; s++) {
    if (is_constraint(k->role[s]) && k->flag[s] & OWN_EX_ANTE) a->budget = s;
    if (k->flag[s] & OWN_FIRST) continue;
    if (k->role[s] == ROLE_CHOICE) a->choice[a->nchoice++] = s;
    else if (is_constraint(k->role[s])) a->con[a->ncon++] = s;
  }
  for (uint32_t i = 0; i < k->nin; i++)
    a->in_choice[i] = k->in[i].kind == IN_OWN ? position(a->choice, a->nchoice, k->in[i].ref) : NO_INDEX;
  for (uint32_t i = 0; i < k->ngoal_in; i++) a->grad_choice[i] = a->in_choice[k->goal_in[i]];
}

/* The part of the goal program that gives weights; where it says none, the weight is one. */
static void slice_weights(AgentClass *a, Arena *mem) {
  const Kernel *k = a->b->k;
  uint32_t *out = ARENA_ARRAY(mem, uint32_t, a->ncon + 1), n = 0;
  for (uint32_t j = 0; out && j < a->ncon; j++)
    if (a->con[j] + 1 < k->goal.nout) out[n++] = a->con[j] + 1;
  if (out && n == a->ncon) a->worth = prog_slice(&k->goal, out, n, mem);
}

static void slice_constraints(AgentClass *a, Arena *mem) {
  const Kernel *k = a->b->k;
  a->constraint = prog_slice(&k->value, a->con, a->ncon, mem);
  uint32_t *out = ARENA_ARRAY(mem, uint32_t, k->nentry + 1);
  a->entry = ARENA_ARRAY(mem, AgentEntry, k->nentry + 1);
  if (!out || !a->entry) return;
  for (uint32_t e = 0; e < k->nentry; e++) {
    uint32_t c = position(a->con, a->ncon, k->entry[e].out), i = a->in_choice[k->entry[e].in];
    if (c == NO_INDEX || i == NO_INDEX) continue;
    out[a->nentry] = e;
    a->entry[a->nentry] = (AgentEntry){c, i, a->nentry};
    a->nentry++;
  }
  a->jac = prog_slice(&k->jac, out, a->nentry, mem);
}

static uint32_t most(uint32_t a, uint32_t b) { return a > b ? a : b; }

AgentClass *agent_class(const Problem *p, uint32_t block, const double *lower, const double *upper, Arena *mem) {
  const Block *b = &p->block[block];
  const Kernel *k = b->k;
  if (!k->goal.nout) return NULL;
  AgentClass *a = ARENA_NEW(mem, AgentClass);
  if (!a) return NULL;
  a->p = p;
  a->b = b;
  a->lower = lower;
  a->upper = upper;
  find_slots(a, mem);
  if (arena_failed(mem)) return NULL;
  slice_constraints(a, mem);
  slice_weights(a, mem);
  uint32_t regs = most(most(k->goal.regs, k->goal_grad.regs), most(most(k->value.regs, k->jac.regs), k->domain.regs));
  a->in = ARENA_ARRAY(mem, double, k->nin + 1);
  a->reg = ARENA_ARRAY(mem, double, regs + 1);
  a->y = ARENA_ARRAY(mem, double, a->nchoice + 1);
  a->lo = ARENA_ARRAY(mem, double, a->nchoice + 1);
  a->hi = ARENA_ARRAY(mem, double, a->nchoice + 1);
  a->multiplier = ARENA_ARRAY(mem, double, a->ncon + 1);
  a->weight = ARENA_ARRAY(mem, double, a->ncon + 1);
  a->equality = ARENA_ARRAY(mem, uint8_t, a->ncon + 1);
  a->dropped = ARENA_ARRAY(mem, uint8_t, a->ncon + 1);
  a->m = ARENA_ARRAY(mem, Interval, a->ncon + 1);
  a->G = ARENA_ARRAY(mem, Interval, a->nchoice + 1);
  a->sin = ARENA_ARRAY(mem, Shape, k->nin + 1);
  a->sreg = ARENA_ARRAY(mem, Shape, regs + 1);
  if (arena_failed(mem)) return NULL;
  a->auxiliary = reads_auxiliary(k, &k->goal) || reads_auxiliary(k, &a->constraint);
  return a;
}

void agent_load(AgentClass *a, uint32_t lane, const double *x) {
  const Kernel *k = a->b->k;
  a->lane = lane;
  for (uint32_t i = 0; i < k->nin; i++) a->in[i] = agent_input(a->p, a->b, i, lane, x, NULL);
  for (uint32_t i = 0; i < a->nchoice; i++) {
    uint32_t at = problem_own(a->b, a->choice[i], lane);
    a->y[i] = x[at];
    a->lo[i] = a->lower[at];
    a->hi[i] = a->upper[at];
  }
  a->lambda = 1;
  if (a->budget != NO_INDEX && k->flag[a->budget] & OWN_FIRST) {       /* not among the constraints */
    prog_run(&k->goal, a->in, a->reg);
    a->lambda = x[problem_own(a->b, a->budget, lane)] * (a->budget + 1 < k->goal.nout ? a->reg[k->goal.out[a->budget + 1]] : 1);
  }
  prog_run(&a->worth, a->in, a->reg);
  for (uint32_t j = 0; j < a->ncon; j++) {
    uint32_t slot = a->con[j], at = problem_own(a->b, slot, lane);
    a->multiplier[j] = x[at];
    a->weight[j] = a->worth.nout ? a->reg[a->worth.out[j]] : 1;
    a->equality[j] = k->role[slot] == ROLE_EQUALITY || a->lower[at] < 0;
    a->dropped[j] = a->lower[at] == a->upper[at];
    if (slot == a->budget) a->lambda = a->multiplier[j] * a->weight[j];
  }
}

static void put(AgentClass *a, const double *y) {
  for (uint32_t i = 0; i < a->b->k->nin; i++)
    if (a->in_choice[i] != NO_INDEX) a->in[i] = y[a->in_choice[i]];
}

double agent_goal(AgentClass *a, const double *y) {
  const Prog *g = &a->b->k->goal;
  put(a, y);
  prog_run(g, a->in, a->reg);
  return a->reg[g->out[0]];
}

void agent_gradient(AgentClass *a, const double *y, double *grad) {
  const Prog *g = &a->b->k->goal_grad;
  put(a, y);
  prog_run(g, a->in, a->reg);
  for (uint32_t i = 0; i < a->nchoice; i++) grad[i] = 0;
  for (uint32_t i = 0; i < a->b->k->ngoal_in; i++)
    if (a->grad_choice[i] != NO_INDEX) grad[a->grad_choice[i]] += a->reg[g->out[i]];
}

void agent_constraints(AgentClass *a, const double *y, double *g) {
  put(a, y);
  prog_run(&a->constraint, a->in, a->reg);
  for (uint32_t j = 0; j < a->ncon; j++) g[j] = a->reg[a->constraint.out[j]];
}

void agent_jacobian(AgentClass *a, const double *y, double *entry) {
  put(a, y);
  prog_run(&a->jac, a->in, a->reg);
  for (uint32_t e = 0; e < a->nentry; e++) entry[e] = a->reg[a->jac.out[e]];
}

double agent_domain(AgentClass *a, const double *y) {
  const Prog *d = &a->b->k->domain;
  double least = INFINITY;
  put(a, y);
  prog_run(d, a->in, a->reg);
  for (uint32_t i = 0; i < d->nout; i++) {
    double v = a->reg[d->out[i]];
    if (!(v >= least)) least = isnan(v) ? -INFINITY : v;
  }
  return least;
}

int agent_has_budget(const AgentClass *a) { return a->budget != NO_INDEX; }
double agent_lambda(const AgentClass *a) { return a->lambda; }
