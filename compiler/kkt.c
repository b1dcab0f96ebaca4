/* kkt.c: pass kkt: from agents' problems to agents' conditions (Karush, Kuhn and Tucker).
 *
 * Input: every class with its objective, choices and constraints. Output: Agent.conditions and Constraint.weight.
 *   Lagrangian  L = U + sum over constraints and their binders of  weight * mu * g,   g = received - spent, or the side that is at least zero
 *   for a choice:      lower <= x <= upper  complements  -dL/dx
 *   for a multiplier:  mu >= 0 (free for an equality)  complements  g
 * The weight of a dated constraint is the probability of its node times the objective's discount factor there, so that the multiplier
 * is at current value at its node and per head. Where a type's discount factor is not positive at some node it does not count in its class: a weight
 * of zero would leave the multiplier free, a negative one would turn its sign. Only the type's own choices are differentiated. */
#include "indices.h"
#include "kkt.h"
#include "pass.h"

typedef struct { Economy *e; Agent *agent; const Values *v; IdxId node; const Expr *factor /* of the objective, besides probability */; } Kkt;

/* ---- present-value weights ---- */

/* The probability of a node as the class believes it; NULL in a static economy. */
static const Expr *probability(const Economy *e, const Agent *a, Ix node, Origin at) {
  Ix ix[16];
  uint32_t n = 0;
  const Sym *s;
  if (!e->time.declared || !a->prob) return NULL;
  s = economy_at(e, a->prob);
  if (s->ndom > 1)
    for (; n < a->nidx && n + 1 < s->ndom && n < 15; n++) ix[n] = ix_bound(a->idx[n]);
  ix[n++] = node;
  return n == s->ndom ? ex_ref(e->mem, at, a->prob, ix, n) : NULL;
}

static int not_parameter(void *ctx, const Expr *ref) { return economy_at(ctx, ref->sym)->kind != SYM_PARAM; }

/* sum over nodes m of prob[m] * F(m) * rest: remembers m and F. */
static int read_discount(Kkt *k, const Expr *u) {
  Arena *a = k->e->mem;
  if (u->kind == E_ADD || u->kind == E_NEG) {
    for (uint32_t i = 0; i < u->nkid; i++)
      if (read_discount(k, u->kid[i])) return 1;
    return 0;
  }
  const Set *set = u->kind == E_SUM ? economy_set(k->e, u->dom.set) : NULL;
  if (!set || !set->is_nodes || u->dom.succ) return 0;
  const Expr *body = u->kid[0], *prob = probability(k->e, k->agent, ix_bound(u->bind), 0), *f = ex_num(a, u->at, 1);
  const Expr *const *factor = body->kind == E_MUL ? body->kid : &body;
  int found = 0;
  for (uint32_t i = 0; prob && i < (body->kind == E_MUL ? body->nkid : 1); i++) {
    if (ex_equal(factor[i], prob)) found = 1;
    else if (ex_mentions(factor[i], u->bind) && !ex_depends(factor[i], not_parameter, k->e)) f = ex_mul2(a, u->at, f, factor[i]);
  }
  if (!found) return 0;
  k->node = u->bind;
  k->factor = f;
  return 1;
}

/* Whether the discount factor is positive at every node for every type with index variables bound from `dim` on; of very many types the first are looked at. */
static int positive_factor(Kkt *k, Eval *eval, uint32_t dim, uint32_t *left) {
  if (dim > k->agent->nidx) return !*left || (--*left, eval_expr(eval, k->factor) > 0);
  IdxId over = dim ? k->agent->idx[dim - 1] : k->node;
  const Set *s = economy_set(k->e, k->e->idxs.at[over].set);
  int positive = 1;
  if (dim && !ex_mentions(k->factor, over)) return positive_factor(k, eval, dim + 1, left);
  for (uint32_t i = 0; s && positive && i < set_size(s); i++) {
    eval->env[over] = set_elem(s, i);
    positive = positive_factor(k, eval, dim + 1, left);
  }
  eval->env[over] = ELEM_NONE;
  return positive;
}

static int has_branches(const Economy *e) {
  for (uint32_t i = 1; i < e->time.n; i++)
    for (uint32_t j = 0; j < i; j++)
      if (e->time.node[i].prev == e->time.node[j].prev) return 1;
  return 0;
}

/* A node of probability zero keeps its constraints: weight one there. */
static const Expr *weight(Kkt *k, const Constraint *c) {
  Arena *a = k->e->mem;
  const Expr *p = c->node ? probability(k->e, k->agent, ix_bound(c->node), c->at) : NULL, *one = ex_num(a, c->at, 1);
  if (!p || k->agent->paid) return one;                  /* a firm's profit of each node counts in that node's money */
  const Expr *w = p;
  if (k->factor) {
    Ix to = ix_bound(c->node);
    w = ex_mul2(a, c->at, p, ex_subst(a, k->factor, &k->node, &to, 1));
  }
  if (!has_branches(k->e)) return w;
  const Expr *zero = ex_node(a, c->at, E_EQ, (const Expr *const[]){p, ex_num(a, c->at, 0)}, 2);
  return ex_node(a, c->at, E_IF, (const Expr *const[]){zero, one, w}, 3);
}

/* ---- constraints ---- */
const Expr *kkt_residual(Economy *e, const Constraint *c) {
  return c->sense == C_GE ? ex_sub(e->mem, c->at, c->lhs, c->rhs) : ex_sub(e->mem, c->at, c->rhs, c->lhs);
}

uint32_t kkt_binds(const Constraint *c, IdxId *out) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < c->nbinds; i++)
    if (c->binds[i] != c->node) out[n++] = c->binds[i];
  if (c->node) out[n++] = c->node;
  return n;
}

const Expr *kkt_multiplier(Economy *e, const Agent *a, const Constraint *c) {
  uint32_t n = a->nidx + c->nbinds;
  Ix *ix = ARENA_ARRAY(e->mem, Ix, n + 1);
  IdxId *b = ARENA_ARRAY(e->mem, IdxId, c->nbinds + 1);
  if (!ix || !b) return ex_num(e->mem, c->at, 0);
  for (uint32_t i = 0; i < a->nidx; i++) ix[i] = ix_bound(a->idx[i]);
  uint32_t m = kkt_binds(c, b);
  for (uint32_t i = 0; i < m; i++) ix[a->nidx + i] = ix_bound(b[i]);
  return ex_ref(e->mem, c->at, c->mult, ix, a->nidx + m);
}

/* The sum over the binders where the constraint's condition holds. */
static const Expr *kkt_over_binds(Economy *e, const Constraint *c, const Expr *body) {
  const Expr *cond = c->cond;
  for (uint32_t i = c->nbinds; i-- > 0;) {
    body = ex_sum(e->mem, c->at, c->binds[i], (Domain){.set = e->idxs.at[c->binds[i]].set}, body, cond);
    cond = NULL;
  }
  if (cond) body = ex_node(e->mem, c->at, E_IF, (const Expr *const[]){cond, body, ex_num(e->mem, c->at, 0)}, 3);
  return body;
}

const Expr *kkt_term(Economy *e, const Constraint *c, const Expr *multiplier) {
  const Expr *const factor[] = {c->weight, multiplier, kkt_residual(e, c)};
  return kkt_over_binds(e, c, ex_mul(e->mem, c->at, factor, 3));
}

/* ---- conditions ---- */

IdxId kkt_bind(Economy *e, const Agent *a, SymId set, const IdxId *before, uint32_t n) {
  const Set *s = economy_set(e, set);
  const char *name = str_text(e->cc->strs, economy_at(e, set)->name);
  char text[2] = {s && s->is_nodes ? 'n' : name[0], 0};
  if ((text[0] < 'a' || text[0] > 'z') && (text[0] < 'A' || text[0] > 'Z')) text[0] = 'i';
  if (text[0] >= 'A' && text[0] <= 'Z') text[0] = (char)(text[0] - 'A' + 'a');
  for (int tries = 0; tries < 26; tries++) {
    Str t = str_of(e->cc->strs, text);
    int taken = 0;
    for (uint32_t i = 0; i < a->nidx; i++) taken |= e->idxs.at[a->idx[i]].name == t;
    for (uint32_t i = 0; i < n; i++) taken |= e->idxs.at[before[i]].name == t;
    if (!taken) break;
    text[0] = text[0] == 'z' ? 'a' : (char)(text[0] + 1);
  }
  return economy_idx(e, str_of(e->cc->strs, text), set);
}

static int choice_binds(Economy *e, const Agent *a, SymId x, Condition *c) {
  uint32_t n = economy_at(e, x)->ndom - a->nidx;
  c->binds = ARENA_ARRAY(e->mem, IdxId, n + 1);
  if (!c->binds) return 1;
  for (uint32_t i = 0; i < n; i++) c->binds[i] = kkt_bind(e, a, economy_at(e, x)->dom[a->nidx + i], c->binds, i);
  c->nbinds = n;
  return 0;
}

static Origin by_kkt(Economy *e, Origin parent) { return origin_new(e->cc->diags, origin_span(e->cc->diags, parent), BY_KKT, parent); }

static int choice_condition(Kkt *k, SymId x, const Expr *objective, const Expr *const *term, uint32_t nterm) {
  Economy *e = k->e;
  const Agent *a = k->agent;
  Condition c = {.sym = x, .constraint = -1, .at = by_kkt(e, economy_at(e, x)->at)};
  Ix *at = ARENA_ARRAY(e->mem, Ix, economy_at(e, x)->ndom + 1);
  const Expr **part = ARENA_ARRAY(e->mem, const Expr *, nterm + 1);
  if (!at || !part || choice_binds(e, a, x, &c)) return 1;
  for (uint32_t i = 0; i < a->nidx; i++) at[i] = ix_bound(a->idx[i]);
  for (uint32_t i = 0; i < c.nbinds; i++) at[a->nidx + i] = ix_bound(c.binds[i]);
  for (uint32_t i = 0; i <= nterm; i++) part[i] = expr_diff(e, i < nterm ? term[i] : objective, x, at, a->nidx + c.nbinds);
  c.row = ex_neg(e->mem, c.at, ex_add(e->mem, c.at, part, nterm + 1));
  const Sym *s = economy_at(e, x);
  if (s->exists) c.cond = ex_subst(e->mem, s->exists, s->idx, at, s->ndom);
  VEC_PUSH(e->mem, k->agent->conditions, c);
  return arena_failed(e->mem);
}

static int multiplier_condition(Economy *e, Agent *a, uint32_t i) {
  const Constraint *k = &a->constraints.at[i];
  Condition c = {.sym = k->mult, .cond = k->cond, .constraint = (int)i, .at = k->at};
  c.binds = ARENA_ARRAY(e->mem, IdxId, k->nbinds + 1);
  if (!c.binds) return 1;
  c.nbinds = kkt_binds(k, c.binds);
  c.row = kkt_residual(e, k);
  VEC_PUSH(e->mem, a->conditions, c);
  return arena_failed(e->mem);
}

const Expr *kkt_objective(Economy *e, const Agent *a) {
  const Sym *v = economy_at(e, a->value);
  Ix to[16];
  if (!v->def || !v->idx || !a->nidx || a->nidx > 16) return v->def;
  for (uint32_t i = 0; i < a->nidx; i++) to[i] = ix_bound(a->idx[i]);
  return ex_subst(e->mem, v->def, v->idx, to, a->nidx);
}

static int agent_conditions(Kkt *k) {
  Economy *e = k->e;
  Agent *a = k->agent;
  const Expr *u = kkt_objective(e, a);
  const Expr **term = ARENA_ARRAY(e->mem, const Expr *, a->constraints.n + 1);
  uint32_t n = 0;
  if (!term || !u) return 1;
  if (read_discount(k, u) && k->v) {
    Values own = *k->v;
    own.economy = e;                                     /* passes have added index variables */
    Eval eval = eval_new(&own, e->mem);
    uint32_t left = 1u << 20;
    if (!eval.env || !positive_factor(k, &eval, 0, &left)) k->factor = NULL;
  }
  for (uint32_t i = 0; i < a->constraints.n; i++) {
    Constraint *c = &a->constraints.at[i];
    if (c->dropped) continue;
    c->weight = weight(k, c);
    term[n++] = kkt_term(e, c, kkt_multiplier(e, a, c));
  }
  for (uint32_t i = 0; i < a->choices.n; i++)
    if (choice_condition(k, a->choices.at[i], u, term, n)) return 1;
  for (uint32_t i = 0; i < a->constraints.n; i++)
    if (!a->constraints.at[i].dropped && multiplier_condition(e, a, i)) return 1;
  return 0;
}

/* ---- agents without an objective: their equations decide their choices, in order ---- */
static int policy_pair(Economy *e, Agent *a, SymId x, uint32_t i) {
  const Constraint *k = &a->constraints.at[i];
  Condition c = {.sym = x, .constraint = (int)i, .at = k->at};
  IdxId *from = ARENA_ARRAY(e->mem, IdxId, k->nbinds + 1);
  Ix *to = ARENA_ARRAY(e->mem, Ix, k->nbinds + 1);
  if (!from || !to || choice_binds(e, a, x, &c)) return 1;
  uint32_t n = kkt_binds(k, from);
  int fits = n == c.nbinds;
  for (uint32_t j = 0; fits && j < n; j++) {
    const Set *s = economy_set(e, e->idxs.at[from[j]].set), *t = economy_set(e, e->idxs.at[c.binds[j]].set);
    fits = s && t && set_size(s) == set_size(t) && set_within(e, s->sym, t->sym);
    to[j] = ix_bound(c.binds[j]);
  }
  if (!fits) {
    Diag *d = diag_add(e->cc, SEV_ERROR, "policy.shape", k->at, "the equation '%s' does not stand over the indices of '%s', the choice it is to decide",
                       str_text(e->cc->strs, economy_at(e, k->sym)->name), str_text(e->cc->strs, economy_at(e, x)->name));
    diag_hint(e->cc, d, "an agent without 'maximize' is decided by its equations: the first decides its first choice, and so on");
    return 1;
  }
  c.row = ex_subst(e->mem, kkt_residual(e, k), from, to, n);
  c.cond = k->cond ? ex_subst(e->mem, k->cond, from, to, n) : NULL;
  VEC_PUSH(e->mem, a->conditions, c);
  return arena_failed(e->mem);
}

/* A balance sheet that only restates what the markets say (a budget) may be one too many: pass count says so. */
static int policy_conditions(Economy *e, Agent *a) {
  uint32_t used = 0;
  for (uint32_t i = 0; i < a->constraints.n && used < a->choices.n; i++)
    if (!a->constraints.at[i].dropped && policy_pair(e, a, a->choices.at[used++], i)) return 1;
  return 0;
}

int pass_kkt(Economy *e, const Question *q, const Values *v) {
  (void)q;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    Agent *a = &e->agents.at[i];
    Kkt k = {.e = e, .agent = a, .v = v};
    a->conditions.n = 0;
    if (a->gone) continue;
    if (a->value && kinks_smooth(e, a, v)) return 1;
    if (a->value ? agent_conditions(&k) : policy_conditions(e, a)) return 1;
  }
  return arena_failed(e->mem);
}
