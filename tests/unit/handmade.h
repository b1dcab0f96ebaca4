/* handmade.h: problems built by hand for tests of the runtime. A handful of expressions with exact symbolic derivatives is lowered to
 * the programs of one kernel: an agent's objective, constraints and market shares go in, its Karush-Kuhn-Tucker rows come out. */
#ifndef TEST_HANDMADE_H
#define TEST_HANDMADE_H
#include "runtime/problem.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Ex { Opcode op; const struct Ex *a, *b; uint32_t in; double k; } Ex;
typedef const Ex *X;

enum { HM_SLOTS = 64, HM_SHARES = 96, HM_INPUTS = 256 };

/* One agent class being built. */
typedef struct Hand {
  Arena *mem;
  Input in[HM_INPUTS]; uint32_t nin;
  uint32_t nchoice, ncons;
  double lower[HM_SLOTS], upper[HM_SLOTS];
  uint8_t flag[HM_SLOTS], role[HM_SLOTS];
  X goal, cons[HM_SLOTS], weight[HM_SLOTS];
  X share[HM_SHARES]; uint32_t target[HM_SHARES], nshare;
} Hand;

static X ex(Hand *h, Opcode op, X a, X b) {
  Ex *e = ARENA_NEW(h->mem, Ex);
  *e = (Ex){op, a, b, 0, 0.0};
  return e;
}
static X num(Hand *h, double v) {
  Ex *e = ARENA_NEW(h->mem, Ex);
  *e = (Ex){OP_NUM, NULL, NULL, 0, v};
  return e;
}
static X input(Hand *h, InputKind kind, uint32_t ref) {
  uint32_t i = 0;
  while (i < h->nin && (h->in[i].kind != kind || h->in[i].ref != ref)) i++;
  if (i == h->nin) h->in[h->nin++] = (Input){kind, ref};
  Ex *e = ARENA_NEW(h->mem, Ex);
  *e = (Ex){OP_IN, NULL, NULL, i, 0.0};
  return e;
}
static int is_num(X e, double v) { return e->op == OP_NUM && e->k == v; }
static X add(Hand *h, X a, X b) { return is_num(a, 0) ? b : is_num(b, 0) ? a : ex(h, OP_ADD, a, b); }
static X neg(Hand *h, X a) { return is_num(a, 0) ? a : ex(h, OP_NEG, a, NULL); }
static X sub(Hand *h, X a, X b) { return is_num(b, 0) ? a : is_num(a, 0) ? neg(h, b) : ex(h, OP_SUB, a, b); }
static X mul(Hand *h, X a, X b) {
  if (is_num(a, 0) || is_num(b, 1)) return a;
  if (is_num(b, 0) || is_num(a, 1)) return b;
  return ex(h, OP_MUL, a, b);
}
static X divide(Hand *h, X a, X b) { return is_num(a, 0) || is_num(b, 1) ? a : ex(h, OP_DIV, a, b); }
static X power_of(Hand *h, X a, X b) { return ex(h, OP_POW, a, b); }

/* d e / d input i. Powers have exponents without unknowns. */
static X diff(Hand *h, X e, uint32_t i) {
  switch (e->op) {
    case OP_IN: return num(h, e->in == i ? 1.0 : 0.0);
    case OP_ADD: return add(h, diff(h, e->a, i), diff(h, e->b, i));
    case OP_SUB: return sub(h, diff(h, e->a, i), diff(h, e->b, i));
    case OP_NEG: return neg(h, diff(h, e->a, i));
    case OP_MUL: return add(h, mul(h, diff(h, e->a, i), e->b), mul(h, e->a, diff(h, e->b, i)));
    case OP_DIV: return sub(h, divide(h, diff(h, e->a, i), e->b), mul(h, divide(h, e->a, mul(h, e->b, e->b)), diff(h, e->b, i)));
    case OP_LOG: return divide(h, diff(h, e->a, i), e->a);
    case OP_EXP: return mul(h, e, diff(h, e->a, i));
    case OP_POW: {
      X d = diff(h, e->a, i);
      if (is_num(d, 0)) return d;
      return mul(h, mul(h, e->b, ex(h, OP_POW, e->a, sub(h, e->b, num(h, 1.0)))), d);
    }
    default: return num(h, 0.0);
  }
}
static X sizes(Hand *h, X e) {
  if (e->op == OP_ADD || e->op == OP_SUB) return add(h, sizes(h, e->a), sizes(h, e->b));
  if (e->op == OP_NEG) return sizes(h, e->a);
  return ex(h, OP_ABS, e, NULL);
}

static uint32_t emit(Ins *ins, uint32_t *n, X e) {
  uint32_t a = 0, b = 0;
  if (e->a) a = emit(ins, n, e->a);
  if (e->b) b = emit(ins, n, e->b);
  ins[*n] = (Ins){(uint16_t)e->op, *n, e->op == OP_IN ? e->in : a, b, 0, e->k};
  return (*n)++;
}
static uint32_t count(X e) { return 1 + (e->a ? count(e->a) : 0) + (e->b ? count(e->b) : 0); }
static Prog lower(Hand *h, const X *e, uint32_t n) {
  uint32_t total = 0;
  for (uint32_t i = 0; i < n; i++) total += count(e[i]);
  Prog p = {ARENA_ARRAY(h->mem, Ins, total + 1), 0, total, ARENA_ARRAY(h->mem, uint32_t, n + 1), n};
  for (uint32_t i = 0; i < n; i++) p.out[i] = emit(p.ins, &p.n, e[i]);
  return p;
}

static X choice(Hand *h, double lo, double up, uint8_t flag) {
  uint32_t s = h->nchoice + h->ncons;
  h->lower[s] = lo;
  h->upper[s] = up;
  h->flag[s] = flag;
  h->role[s] = ROLE_CHOICE;
  h->nchoice++;
  return input(h, IN_OWN, s);
}
/* A constraint g >= 0 (or = 0) whose multiplier is the next own slot; all choices come first. */
static uint32_t constraint(Hand *h, Role role, X weight, X g, uint8_t flag) {
  uint32_t s = h->nchoice + h->ncons, i = h->ncons++;
  h->lower[s] = role == ROLE_EQUALITY ? -INFINITY : 0.0;
  h->upper[s] = INFINITY;
  h->flag[s] = flag;
  h->role[s] = (uint8_t)role;
  h->cons[i] = g;
  h->weight[i] = weight;
  return s;
}
static void share(Hand *h, uint32_t target, X e) {
  h->share[h->nshare] = e;
  h->target[h->nshare++] = target;
}

static int unknown_input(const Input *in) { return in->kind == IN_OWN || in->kind == IN_X || in->kind == IN_GATHER; }

static Kernel *hand_kernel(Hand *h) {
  Arena *m = h->mem;
  Kernel *k = ARENA_NEW(m, Kernel);
  uint32_t own = h->nchoice + h->ncons, nout = own + h->nshare;
  X L = h->goal, *out = ARENA_ARRAY(m, X, nout), *size = ARENA_ARRAY(m, X, nout), *goal = ARENA_ARRAY(m, X, own + 1);
  goal[0] = h->goal;
  for (uint32_t s = 0; s < h->nchoice; s++) goal[1 + s] = num(h, 1.0);
  for (uint32_t c = 0; c < h->ncons; c++) {
    goal[1 + h->nchoice + c] = h->weight[c];
    L = add(h, L, mul(h, h->weight[c], mul(h, input(h, IN_OWN, h->nchoice + c), h->cons[c])));
  }
  for (uint32_t s = 0; s < h->nchoice; s++) out[s] = neg(h, diff(h, L, input(h, IN_OWN, s)->in));
  for (uint32_t c = 0; c < h->ncons; c++) out[h->nchoice + c] = h->cons[c];
  for (uint32_t j = 0; j < h->nshare; j++) out[own + j] = h->share[j];
  for (uint32_t o = 0; o < nout; o++) size[o] = sizes(h, out[o]);
  X *jac = ARENA_ARRAY(m, X, nout * h->nin), *grad = ARENA_ARRAY(m, X, own);
  k->entry = ARENA_ARRAY(m, Entry, nout * h->nin);
  for (uint32_t o = 0; o < nout; o++)
    for (uint32_t i = 0; i < h->nin; i++) {
      if (!unknown_input(&h->in[i])) continue;
      X d = diff(h, out[o], i);
      if (is_num(d, 0)) continue;
      jac[k->nentry] = d;
      k->entry[k->nentry++] = (Entry){o, i};
    }
  k->goal_in = ARENA_ARRAY(m, uint32_t, own);
  for (uint32_t s = 0; s < h->nchoice; s++) {
    uint32_t i = input(h, IN_OWN, s)->in;
    X d = diff(h, h->goal, i);
    if (is_num(d, 0)) continue;
    grad[k->ngoal_in] = d;
    k->goal_in[k->ngoal_in++] = i;
  }
  k->in = ARENA_ARRAY(m, Input, h->nin);
  memcpy(k->in, h->in, sizeof *k->in * h->nin);
  k->nin = h->nin;
  k->nown = own;
  k->share = ARENA_ARRAY(m, Share, h->nshare);
  k->nshare = h->nshare;
  for (uint32_t j = 0; j < h->nshare; j++) k->share[j] = (Share){h->target[j], 0};
  k->value = lower(h, out, nout);
  k->terms = lower(h, size, nout);
  k->jac = lower(h, jac, k->nentry);
  k->goal = lower(h, goal, own + 1);
  k->goal_grad = lower(h, grad, k->ngoal_in);
  X *domain = ARENA_ARRAY(m, X, own);
  uint32_t nd = 0;
  for (uint32_t s = 0; s < h->nchoice; s++)
    if (h->flag[s] & OWN_LOG) domain[nd++] = input(h, IN_OWN, s);
  k->domain = lower(h, domain, nd);
  k->role = ARENA_ARRAY(m, uint8_t, own);
  k->flag = ARENA_ARRAY(m, uint8_t, own);
  k->lower = ARENA_ARRAY(m, double, own);
  k->upper = ARENA_ARRAY(m, double, own);
  k->lower_col = ARENA_ARRAY(m, uint32_t, own);
  k->upper_col = ARENA_ARRAY(m, uint32_t, own);
  for (uint32_t s = 0; s < own; s++) {
    k->role[s] = h->role[s];
    k->flag[s] = h->flag[s];
    k->lower[s] = h->lower[s];
    k->upper[s] = h->upper[s];
    k->lower_col[s] = k->upper_col[s] = NO_INDEX;
  }
  return k;
}

static size_t hand_name(void *ctx, uint32_t i, char *buf, size_t n) {
  (void)ctx;
  return (size_t)snprintf(buf, n, "[%u]", i);
}
static size_t hand_lane(void *ctx, uint32_t b, uint32_t i, char *buf, size_t n) {
  (void)ctx;
  return (size_t)snprintf(buf, n, "[%u,%u]", b, i);
}

/* An economy of `types` types over node 0 and `states` later nodes with `goods` goods (good 0 is numeraire, good 1 can be stored when
 * there are states), claims on the numeraire at every later node, separable constant-elasticity utility. Arrays: endowment
 * [type][node][good], gamma[type], weight[type][good], R[state], prob[state], mass[type]. */
typedef struct {
  uint32_t types, states, goods;
  int collateral;                     /* p R k + theta >= 0 at every later node */
  double *e, *gamma, *weight, *R, *prob, *mass, beta;
} Spec;

typedef struct { uint32_t c0, k, theta, lambda, price, Q; } Layout;   /* first slots; first globals */

static Problem *hand_economy(const Spec *sp, Arena *mem, Layout *lay) {
  Hand *h = ARENA_NEW(mem, Hand);
  h->mem = mem;
  uint32_t G = sp->goods, S = sp->states, nodes = S + 1, H = sp->types;
  uint32_t nprice = (G - 1) * nodes, nglobal = nprice + S, ngoods = G * nodes;
#define COL_E(node, g) ((node) * G + (g))
#define COL_W(g) (ngoods + (g))
  uint32_t col_gamma = ngoods + G, col_mass = col_gamma + 1, ncol = col_mass + 1;
  X *c = ARENA_ARRAY(mem, X, ngoods), *theta = ARENA_ARRAY(mem, X, S + 1), *p = ARENA_ARRAY(mem, X, ngoods), k = num(h, 0.0);
  for (uint32_t i = 0; i < ngoods; i++) c[i] = choice(h, 0.0, INFINITY, OWN_LOG);
  *lay = (Layout){0, ngoods, ngoods + 1, 0, 0, nprice};
  if (S) k = choice(h, 0.0, INFINITY, 0);
  for (uint32_t s = 0; s < S; s++) theta[s] = choice(h, -INFINITY, INFINITY, OWN_CLAIM);
  lay->lambda = h->nchoice;
  for (uint32_t n = 0; n < nodes; n++)
    for (uint32_t g = 0; g < G; g++) p[n * G + g] = g ? input(h, IN_X, n * (G - 1) + g - 1) : num(h, 1.0);
  X gamma = input(h, IN_COLUMN, col_gamma), mass = input(h, IN_COLUMN, col_mass), one_less = sub(h, num(h, 1.0), gamma);
  h->goal = num(h, 0.0);
  for (uint32_t n = 0; n < nodes; n++)
    for (uint32_t g = 0; g < G; g++) {
      X u = divide(h, power_of(h, c[n * G + g], one_less), one_less);
      double w = n ? sp->beta * sp->prob[n - 1] : 1.0;
      h->goal = add(h, h->goal, mul(h, mul(h, num(h, w), input(h, IN_COLUMN, COL_W(g))), u));
    }
  X *coll = ARENA_ARRAY(mem, X, S + 1);
  for (uint32_t n = 0; n < nodes; n++) {
    X g = num(h, 0.0);
    for (uint32_t i = 0; i < G; i++) g = add(h, g, mul(h, p[n * G + i], sub(h, input(h, IN_COLUMN, COL_E(n, i)), c[n * G + i])));
    if (n == 0 && S) g = sub(h, g, mul(h, p[1], k));
    for (uint32_t s = 0; n == 0 && s < S; s++) g = sub(h, g, mul(h, input(h, IN_X, nprice + s), theta[s]));
    if (n) {
      coll[n - 1] = add(h, mul(h, p[n * G + 1], mul(h, num(h, sp->R[n - 1]), k)), theta[n - 1]);
      g = add(h, g, coll[n - 1]);
    }
    constraint(h, ROLE_BUDGET, num(h, n ? sp->beta * sp->prob[n - 1] : 1.0), g, n ? 0 : OWN_EX_ANTE);
  }
  for (uint32_t s = 0; sp->collateral && s < S; s++) constraint(h, ROLE_INEQUALITY, num(h, sp->beta * sp->prob[s]), coll[s], 0);
  Problem *pr = ARENA_NEW(mem, Problem);
  pr->global = ARENA_ARRAY(mem, Global, nglobal + 1);
  pr->check = ARENA_ARRAY(mem, Check, ngoods + S + 1);
  for (uint32_t n = 0; n < nodes; n++)
    for (uint32_t g = 0; g < G; g++) {
      X z = sub(h, input(h, IN_COLUMN, COL_E(n, g)), c[n * G + g]);
      if (g == 1 && S) z = n ? add(h, z, mul(h, num(h, sp->R[n - 1]), k)) : sub(h, z, k);
      uint32_t price = g ? n * (G - 1) + g - 1 : NO_INDEX;
      if (g) share(h, price, mul(h, mass, z));
      share(h, nglobal + pr->ncheck, mul(h, mass, z));
      pr->check[pr->ncheck++] = (Check){price, 0, !g, 0};
      if (g) pr->global[price] = (Global){GLOBAL_PRICE, 0.0, INFINITY, GLOBAL_CLEARING};
    }
  for (uint32_t s = 0; s < S; s++) {
    X z = neg(h, mul(h, mass, theta[s]));
    share(h, nprice + s, z);
    share(h, nglobal + pr->ncheck, z);
    pr->check[pr->ncheck++] = (Check){nprice + s, 1, 0, 0};
    pr->global[nprice + s] = (Global){GLOBAL_PRICE, -INFINITY, INFINITY, GLOBAL_CLEARING};
  }
  Block *b = ARENA_NEW(mem, Block);
  b->k = hand_kernel(h);
  b->lanes = H;
  b->base = nglobal;
  b->ncolumn = ncol;
  b->column = ARENA_ARRAY(mem, double *, ncol);
  for (uint32_t i = 0; i < ncol; i++) b->column[i] = ARENA_ARRAY(mem, double, H);
  double *masses = ARENA_ARRAY(mem, double, H);         /* the caller's may go before the problem does */
  memcpy(masses, sp->mass, H * sizeof *masses);
  b->mass = masses;
  for (uint32_t t = 0; t < H; t++) {
    for (uint32_t i = 0; i < ngoods; i++) b->column[i][t] = sp->e[t * ngoods + i];
    for (uint32_t g = 0; g < G; g++) b->column[COL_W(g)][t] = sp->weight[t * G + g];
    b->column[col_gamma][t] = sp->gamma[t];
    b->column[col_mass][t] = sp->mass[t];
  }
  pr->kind = P_MCP;
  pr->nglobal = nglobal;
  pr->block = b;
  pr->nblock = 1;
  pr->nx = nglobal + b->k->nown * H;
  pr->names = (Names){NULL, hand_name, hand_name, hand_lane, NULL};
  pr->mem = mem;
  return pr;
#undef COL_E
#undef COL_W
}
#endif
