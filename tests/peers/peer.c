#include "peer.h"
#include "../unit/handmade.h"
#include "runtime/draws.h"
#include "runtime/start.h"
#include <time.h>

double peer_clock(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- exchange and collateral: built as in the unit tests ---- */
static Problem *exchange(int types, Arena *mem) {
  enum { GOODS = 5 };
  Layout lay;
  uint64_t seed = 11;
  uint32_t n = (uint32_t)types;
  Spec s = {n, 0, GOODS, 0, ARENA_ARRAY(mem, double, n * GOODS), ARENA_ARRAY(mem, double, n), ARENA_ARRAY(mem, double, n * GOODS), NULL, NULL, ARENA_ARRAY(mem, double, n), 1.0};
  if (arena_failed(mem)) return NULL;
  for (uint32_t i = 0; i < n * GOODS; i++) {
    s.e[i] = 0.2 + draws_unit(&seed);
    s.weight[i] = 0.5 + draws_unit(&seed);
  }
  for (uint32_t i = 0; i < n; i++) {
    s.gamma[i] = 1.5 + draws_unit(&seed);
    s.mass[i] = 1.0 / n;
  }
  return hand_economy(&s, mem, &lay);
}

static Problem *collateral(Arena *mem) {
  static double e[] = {3, 3, 1, 1, 1, 1, 3, 3}, gamma[] = {2, 2}, w[] = {1, 1, 1, 1}, R[] = {1}, prob[] = {1}, mass[] = {0.5, 0.5};
  Spec s = {2, 1, 2, 1, e, gamma, w, R, prob, mass, 1.0};
  Layout lay;
  return hand_economy(&s, mem, &lay);
}

/* ---- spatial price equilibrium ---- */
typedef struct { Arena *mem; Ins ins[32]; uint32_t n, out[8], nout; } Code;
static uint32_t put(Code *c, Opcode op, uint32_t a, uint32_t b, double k) {
  c->ins[c->n] = (Ins){(uint16_t)op, c->n, a, b, 0, k};
  return c->n++;
}
static Prog coded(const Code *c) {
  Prog p = {ARENA_ARRAY(c->mem, Ins, c->n + 1), c->n, c->n, ARENA_ARRAY(c->mem, uint32_t, c->nout + 1), c->nout};
  if (arena_failed(c->mem)) return (Prog){0};
  memcpy(p.ins, c->ins, c->n * sizeof *p.ins);
  memcpy(p.out, c->out, c->nout * sizeof *p.out);
  return p;
}

/* Over pairs i -> j, inputs p_i, p_j, flow, cost: flow row p_i + cost - p_j; the flow leaves the market of i and comes to that of j. */
static Kernel *transport(Arena *mem) {
  Kernel *k = ARENA_NEW(mem, Kernel);
  static const Input in[] = {{IN_GATHER, 0}, {IN_GATHER, 1}, {IN_GATHER, 2}, {IN_COLUMN, 0}};
  static const Share share[] = {{2, 1}, {0, 1}, {1, 1}};
  static const Entry entry[] = {{0, 0}, {0, 1}, {1, 2}, {2, 2}};
  Code v = {.mem = mem, .nout = 3}, t = {.mem = mem, .nout = 3}, j = {.mem = mem, .nout = 4};
  for (uint32_t i = 0; i < 4; i++) put(&v, OP_IN, i, 0, 0), put(&t, OP_IN, i, 0, 0);
  v.out[0] = put(&v, OP_SUB, put(&v, OP_ADD, 0, 3, 0), 1, 0);
  v.out[1] = put(&v, OP_NEG, 2, 0, 0);
  v.out[2] = 2;
  uint32_t a[3];
  for (uint32_t i = 0; i < 3; i++) a[i] = put(&t, OP_ABS, i, 0, 0);
  t.out[0] = put(&t, OP_ADD, put(&t, OP_ADD, a[0], a[1], 0), 3, 0);
  t.out[1] = t.out[2] = a[2];
  j.out[0] = j.out[3] = put(&j, OP_NUM, 0, 0, 1);
  j.out[1] = j.out[2] = put(&j, OP_NUM, 0, 0, -1);
  *k = (Kernel){.in = ARENA_ARRAY(mem, Input, 4), .nin = 4, .share = ARENA_ARRAY(mem, Share, 3), .nshare = 3, .value = coded(&v), .terms = coded(&t), .jac = coded(&j),
                .entry = ARENA_ARRAY(mem, Entry, 4), .nentry = 4};
  memcpy(k->in, in, sizeof in);
  memcpy(k->share, share, sizeof share);
  memcpy(k->entry, entry, sizeof entry);
  return k;
}

/* Over regions, inputs p_i, the demand at price zero less the supply there, the slopes' sum: supply - demand. */
static Kernel *region(Arena *mem) {
  Kernel *k = ARENA_NEW(mem, Kernel);
  Code v = {.mem = mem, .nout = 1}, t = {.mem = mem, .nout = 1}, j = {.mem = mem, .nout = 1};
  for (uint32_t i = 0; i < 3; i++) put(&v, OP_IN, i, 0, 0), put(&t, OP_IN, i, 0, 0);
  v.out[0] = put(&v, OP_SUB, put(&v, OP_MUL, 2, 0, 0), 1, 0);
  t.out[0] = put(&t, OP_ADD, put(&t, OP_ABS, put(&t, OP_MUL, 2, 0, 0), 0, 0), 1, 0);
  j.out[0] = put(&j, OP_IN, 2, 0, 0);
  *k = (Kernel){.in = ARENA_ARRAY(mem, Input, 3), .nin = 3, .share = ARENA_NEW(mem, Share), .nshare = 1, .value = coded(&v), .terms = coded(&t), .jac = coded(&j),
                .entry = ARENA_NEW(mem, Entry), .nentry = 1};
  k->in[0] = (Input){IN_GATHER, 0};
  k->in[1] = (Input){IN_COLUMN, 0};
  k->in[2] = (Input){IN_COLUMN, 1};
  *k->share = (Share){0, 1};
  *k->entry = (Entry){0, 0};
  return k;
}

static Problem *spatial(int size, Arena *mem) {
  uint32_t r = (uint32_t)size, pairs = r * (r - 1);
  uint64_t seed = 5;
  Problem *p = ARENA_NEW(mem, Problem);
  p->kind = P_MCP;
  p->nx = p->nglobal = r + pairs;
  p->global = ARENA_ARRAY(mem, Global, p->nx);
  p->nblock = 2;
  p->block = ARENA_ARRAY(mem, Block, 2);
  p->mem = mem;
  p->names = (Names){NULL, hand_name, hand_name, hand_lane, NULL};
  Block *t = &p->block[0], *g = &p->block[1];
  *t = (Block){.k = transport(mem), .lanes = pairs, .base = p->nx, .column = ARENA_ARRAY(mem, double *, 1), .ncolumn = 1, .index = ARENA_ARRAY(mem, uint32_t *, 3), .nindex = 3};
  *g = (Block){.k = region(mem), .lanes = r, .base = p->nx, .column = ARENA_ARRAY(mem, double *, 2), .ncolumn = 2, .index = ARENA_ARRAY(mem, uint32_t *, 1), .nindex = 1};
  t->column[0] = ARENA_ARRAY(mem, double, pairs);
  for (int i = 0; i < 3; i++) t->index[i] = ARENA_ARRAY(mem, uint32_t, pairs);
  for (int i = 0; i < 2; i++) g->column[i] = ARENA_ARRAY(mem, double, r);
  g->index[0] = ARENA_ARRAY(mem, uint32_t, r);
  double *at = ARENA_ARRAY(mem, double, 2 * r);
  if (arena_failed(mem)) return NULL;
  for (uint32_t i = 0; i < r; i++) {
    p->global[i] = (Global){GLOBAL_PRICE, 0.0, INFINITY, GLOBAL_CLEARING};
    at[2 * i] = draws_unit(&seed);
    at[2 * i + 1] = draws_unit(&seed);
    g->column[0][i] = 2 + 8 * draws_unit(&seed);
    g->column[1][i] = 1 + 2 * draws_unit(&seed);
    g->index[0][i] = i;
  }
  for (uint32_t i = 0, l = 0; i < r; i++)
    for (uint32_t j = 0; j < r; j++) {
      if (i == j) continue;
      p->global[r + l] = (Global){GLOBAL_VARIABLE, 0.0, INFINITY, 0};
      t->column[0][l] = 0.05 + 2 * hypot(at[2 * i] - at[2 * j], at[2 * i + 1] - at[2 * j + 1]);
      t->index[0][l] = i;
      t->index[1][l] = j;
      t->index[2][l] = r + l;
      l++;
    }
  return p;
}

/* ---- what everybody sees ---- */
int peer_open(Peer *e, const char *name, int size) {
  static const Settings none = {0};
  *e = (Peer){.mem = arena_new(NULL)};
  if (!e->mem || size < 1 || size > 2000) return 1;
  int flows = !strcmp(name, "spatial");
  e->p = !strcmp(name, "exchange") ? exchange(size, e->mem) : !strcmp(name, "collateral") ? collateral(e->mem) : flows && size > 1 ? spatial(size, e->mem) : NULL;
  e->s = e->p ? system_new(e->p, e->mem) : NULL;
  if (!e->s) return 1;
  e->n = e->p->nx;
  e->x0 = ARENA_ARRAY(e->mem, double, e->n);
  if (!e->x0) return 1;
  for (uint32_t i = 0; i < e->n; i++) e->x0[i] = 1.0;
  if (flows) return 0;
  Effort effort = effort_begin(&none);
  Start *st = start_new(e->s, e->mem);
  if (st) start_derive(st, e->x0, (StartKind){0.0, 0, 0}, &effort);
  start_free(st);
  return !st;
}

void peer_close(Peer *e) { arena_free(e->mem); }

int peer_rows(Peer *e, const double *x, double *F) { return system_rows(e->s, x, F, NULL); }

double peer_natural(Peer *e, const double *x) {
  double *F = ARENA_ARRAY(e->mem, double, e->n), most = 0.0;
  if (!F || peer_rows(e, x, F)) return INFINITY;
  for (uint32_t i = 0; i < e->n; i++) {
    double to = fmin(fmax(x[i] - F[i], e->s->lower[i]), e->s->upper[i]);
    double d = fabs(x[i] - to);
    if (isnan(d)) return INFINITY;
    most = fmax(most, d);
  }
  return most;
}
