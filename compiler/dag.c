#include "dag.h"
#include "../runtime/prog.h"
#include <math.h>
#include <string.h>

/* Which inputs a node can depend on: an interval and a 64-bit sieve. Both may say yes wrongly, never no wrongly; together they keep
 * differentiation of long sums linear in what it touches. */
typedef struct {
  double k;
  uint64_t sieve;
  uint32_t a, b, c;                                     /* OP_IN: a is the input */
  uint32_t lo, hi;                                      /* inputs; lo > hi when there is none */
  uint32_t diff_stamp, diff, terms_stamp, terms;        /* memo of the derivative in the current input, of the terms */
  uint16_t op;
  uint8_t partial;
} Node;

struct Dag {
  Arena *mem;
  VEC(Node) node;
  uint32_t *table, cap;                                 /* open addressing; entry = id + 1 */
  uint32_t diff_input, stamp;
};

static uint64_t mix(uint64_t h, uint64_t v) {
  h ^= v + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
  return h * 0xff51afd7ed558ccdu;
}

static uint64_t bits_of(double k) {
  uint64_t u;
  memcpy(&u, &k, sizeof u);
  return u;
}

static uint64_t node_hash(const Node *n) {
  uint64_t h = mix(mix(mix(mix(n->op, n->a), n->b), n->c), bits_of(n->k));
  return h ^ (h >> 31);
}

static int same(const Node *x, const Node *y) {
  return x->op == y->op && x->a == y->a && x->b == y->b && x->c == y->c && bits_of(x->k) == bits_of(y->k);
}

static int grow_table(Dag *d) {
  uint32_t cap = d->cap ? d->cap * 2 : 256;
  uint32_t *t = ARENA_ARRAY(d->mem, uint32_t, cap);
  if (!t) return 1;
  for (uint32_t i = 0; i < d->node.n; i++) {
    uint64_t h = node_hash(&d->node.at[i]) & (cap - 1);
    while (t[h]) h = (h + 1) & (cap - 1);
    t[h] = i + 1;
  }
  d->table = t;
  d->cap = cap;
  return 0;
}

/* Opcodes whose value may be undefined although every operand is a number. */
static int is_partial(const Dag *d, const Node *n) {
  double k;
  switch (n->op) {
    case OP_LOG:
    case OP_SQRT: return 1;
    case OP_DIV: return !dag_is_num(d, n->b, NULL);
    case OP_POW: return !(dag_is_num(d, n->b, &k) && k >= 0.0 && floor(k) == k);
    default: return 0;
  }
}

unsigned dag_arity(uint16_t op) {
  static const uint8_t of[OP_N] = {
#define X(k, n, t) n,
      ECON_OPS(X)
#undef X
  };
  return of[op];
}

static void inherit(Node *n, const Node *kid) {
  n->sieve |= kid->sieve;
  if (kid->lo < n->lo) n->lo = kid->lo;
  if (kid->hi > n->hi) n->hi = kid->hi;
  n->partial = n->partial || kid->partial;
}

static DagId intern(Dag *d, Node n) {
  if (d->node.n * 2 >= d->cap && grow_table(d)) return 0;
  uint64_t h = node_hash(&n) & (d->cap - 1);
  for (; d->table[h]; h = (h + 1) & (d->cap - 1))
    if (same(&d->node.at[d->table[h] - 1], &n)) return d->table[h] - 1;
  n.lo = UINT32_MAX;
  n.hi = 0;
  if (n.op == OP_IN) {
    n.lo = n.hi = n.a;
    n.sieve = (uint64_t)1 << (n.a & 63);
  } else if (n.op != OP_NUM) {
    const uint32_t kid[3] = {n.a, n.b, n.c};
    for (unsigned i = 0; i < dag_arity(n.op); i++) inherit(&n, &d->node.at[kid[i]]);
    n.partial = n.partial || (uint8_t)is_partial(d, &n);
  }
  uint32_t id = d->node.n;
  VEC_PUSH(d->mem, d->node, n);
  if (d->node.n == id) return 0;
  d->table[h] = id + 1;
  return id;
}

Dag *dag_new(Arena *mem) {
  Dag *d = ARENA_NEW(mem, Dag);
  if (!d) return NULL;
  d->mem = mem;
  d->diff_input = UINT32_MAX;
  if (grow_table(d)) return NULL;
  dag_num(d, 0.0);
  return arena_failed(mem) ? NULL : d;
}

DagId dag_num(Dag *d, double k) { return intern(d, (Node){.op = OP_NUM, .k = k == 0.0 ? 0.0 : k}); }
DagId dag_in(Dag *d, uint32_t input) { return intern(d, (Node){.op = OP_IN, .a = input}); }

int dag_is_num(const Dag *d, DagId f, double *value) {
  const Node *n = &d->node.at[f];
  if (n->op != OP_NUM) return 0;
  if (value) *value = n->k;
  return 1;
}

int dag_partial(const Dag *d, DagId f) { return d->node.at[f].partial; }
uint32_t dag_size(const Dag *d) { return d->node.n; }

DagView dag_view(const Dag *d, DagId f) {
  const Node *n = &d->node.at[f];
  return (DagView){(Opcode)n->op, n->a, n->b, n->c, n->k, n->op == OP_IN ? n->a : UINT32_MAX};
}

/* ---- simplification ----------------------------------------------------------------------------------------------------------- */

static int is_op(const Dag *d, DagId f, Opcode op) { return d->node.at[f].op == op; }
static int is_value(const Dag *d, DagId f, double v) { return d->node.at[f].op == OP_NUM && d->node.at[f].k == v; }
static DagId kid_a(const Dag *d, DagId f) { return d->node.at[f].a; }
static DagId kid_b(const Dag *d, DagId f) { return d->node.at[f].b; }
static DagId neg(Dag *d, DagId a) { return dag_op(d, OP_NEG, a, 0, 0); }

static DagId make(Dag *d, Opcode op, DagId a, DagId b, DagId c) { return intern(d, (Node){.op = (uint16_t)op, .a = a, .b = b, .c = c}); }

static DagId ordered(Dag *d, Opcode op, DagId a, DagId b) { return a < b ? make(d, op, a, b, 0) : make(d, op, b, a, 0); }

static DagId simplify_add(Dag *d, DagId a, DagId b) {
  if (is_value(d, a, 0.0)) return b;
  if (is_value(d, b, 0.0)) return a;
  if (is_op(d, b, OP_NEG)) return dag_op(d, OP_SUB, a, kid_a(d, b), 0);
  if (is_op(d, a, OP_NEG)) return dag_op(d, OP_SUB, b, kid_a(d, a), 0);
  if (a == b) return dag_op(d, OP_MUL, dag_num(d, 2.0), a, 0);
  return ordered(d, OP_ADD, a, b);
}

static DagId simplify_sub(Dag *d, DagId a, DagId b) {
  if (a == b) return 0;
  if (is_value(d, b, 0.0)) return a;
  if (is_value(d, a, 0.0)) return neg(d, b);
  if (is_op(d, b, OP_NEG)) return dag_op(d, OP_ADD, a, kid_a(d, b), 0);
  if (is_op(d, a, OP_NEG)) return neg(d, dag_op(d, OP_ADD, kid_a(d, a), b, 0));
  return make(d, OP_SUB, a, b, 0);
}

static DagId simplify_mul(Dag *d, DagId a, DagId b) {
  if (is_value(d, a, 0.0) || is_value(d, b, 0.0)) return 0;
  if (is_value(d, a, 1.0)) return b;
  if (is_value(d, b, 1.0)) return a;
  if (is_value(d, a, -1.0)) return neg(d, b);
  if (is_value(d, b, -1.0)) return neg(d, a);
  if (is_op(d, a, OP_NEG)) return neg(d, dag_op(d, OP_MUL, kid_a(d, a), b, 0));
  if (is_op(d, b, OP_NEG)) return neg(d, dag_op(d, OP_MUL, a, kid_a(d, b), 0));
  return ordered(d, OP_MUL, a, b);
}

static DagId simplify_div(Dag *d, DagId a, DagId b) {
  if (is_value(d, a, 0.0)) return 0;
  if (is_value(d, b, 1.0)) return a;
  if (is_value(d, b, -1.0)) return neg(d, a);
  if (is_op(d, a, OP_NEG)) return neg(d, dag_op(d, OP_DIV, kid_a(d, a), b, 0));
  if (is_op(d, b, OP_NEG)) return neg(d, dag_op(d, OP_DIV, a, kid_a(d, b), 0));
  return make(d, OP_DIV, a, b, 0);
}

static DagId simplify_pow(Dag *d, DagId a, DagId b) {
  if (is_value(d, b, 0.0) || is_value(d, a, 1.0)) return dag_num(d, 1.0);
  if (is_value(d, b, 1.0)) return a;
  if (is_value(d, b, 2.0)) return dag_op(d, OP_MUL, a, a, 0);
  if (is_value(d, b, -1.0)) return dag_op(d, OP_DIV, dag_num(d, 1.0), a, 0);
  if (is_value(d, b, 0.5)) return dag_op(d, OP_SQRT, a, 0, 0);
  return make(d, OP_POW, a, b, 0);
}

static DagId simplify_weigh(Dag *d, DagId a, DagId b) {
  if (is_value(d, a, 0.0) || is_value(d, b, 0.0)) return 0;
  if (dag_is_num(d, a, NULL) || !dag_partial(d, b)) return dag_op(d, OP_MUL, a, b, 0);
  if (is_op(d, b, OP_NEG)) return neg(d, dag_op(d, OP_WEIGH, a, kid_a(d, b), 0));
  if (is_op(d, a, OP_NEG)) return neg(d, dag_op(d, OP_WEIGH, kid_a(d, a), b, 0));
  return make(d, OP_WEIGH, a, b, 0);
}

static DagId simplify_unary(Dag *d, Opcode op, DagId a) {
  if (op == OP_NEG) {
    if (is_op(d, a, OP_NEG)) return kid_a(d, a);
    if (is_op(d, a, OP_SUB)) return dag_op(d, OP_SUB, kid_b(d, a), kid_a(d, a), 0);
  }
  if (op == OP_ABS) {
    if (is_op(d, a, OP_NEG)) return dag_op(d, OP_ABS, kid_a(d, a), 0, 0);
    if (is_op(d, a, OP_ABS) || is_op(d, a, OP_SQRT) || is_op(d, a, OP_EXP)) return a;
  }
  return make(d, op, a, 0, 0);
}

static int all_numbers(const Dag *d, Opcode op, DagId a, DagId b, DagId c) {
  unsigned n = dag_arity((uint16_t)op);
  return dag_is_num(d, a, NULL) && (n < 2 || dag_is_num(d, b, NULL)) && (n < 3 || dag_is_num(d, c, NULL));
}

DagId dag_op(Dag *d, Opcode op, DagId a, DagId b, DagId c) {
  if (arena_failed(d->mem)) return 0;
  if (all_numbers(d, op, a, b, c)) return dag_num(d, prog_op(op, d->node.at[a].k, d->node.at[b].k, d->node.at[c].k));
  switch (op) {
    case OP_ADD: return simplify_add(d, a, b);
    case OP_SUB: return simplify_sub(d, a, b);
    case OP_MUL: return simplify_mul(d, a, b);
    case OP_DIV: return simplify_div(d, a, b);
    case OP_POW: return simplify_pow(d, a, b);
    case OP_WEIGH: return simplify_weigh(d, a, b);
    case OP_MIN:
    case OP_MAX: return a == b ? a : ordered(d, op, a, b);
    case OP_EQ: return a == b ? dag_num(d, 1.0) : ordered(d, op, a, b);
    case OP_LESS: return a == b ? 0 : make(d, op, a, b, 0);
    case OP_LESSEQ: return a == b ? dag_num(d, 1.0) : make(d, op, a, b, 0);
    case OP_SEL: return b == c ? b : dag_is_num(d, a, NULL) ? (is_value(d, a, 0.0) ? c : b) : make(d, op, a, b, c);
    default: return simplify_unary(d, op, a);
  }
}

DagId dag_sum(Dag *d, const DagId *at, uint32_t n) {
  if (n == 0) return 0;
  if (n == 1) return at[0];
  DagId left = dag_sum(d, at, n / 2), right = dag_sum(d, at + n / 2, n - n / 2);
  return dag_op(d, OP_ADD, left, right, 0);
}

/* ---- differentiation ---------------------------------------------------------------------------------------------------------- */

static int may_depend(const Dag *d, DagId f, uint32_t input) {
  const Node *n = &d->node.at[f];
  return n->lo <= input && input <= n->hi && (n->sieve >> (input & 63) & 1);
}

static DagId diff(Dag *d, DagId f, uint32_t input);

static DagId diff_quotient(Dag *d, DagId f, Node n, DagId da, DagId db) {
  if (!db) return dag_op(d, OP_DIV, da, n.b, 0);
  return dag_op(d, OP_DIV, dag_op(d, OP_SUB, da, dag_op(d, OP_MUL, f, db, 0), 0), n.b, 0);
}

/* d a^b = b a^(b-1) da + log(a) a^b db. The first is weighed by b: where the exponent is zero there is no slope, whatever a is. */
static DagId diff_power(Dag *d, DagId f, Node n, DagId da, DagId db) {
  DagId lower = dag_op(d, OP_POW, n.a, dag_op(d, OP_SUB, n.b, dag_num(d, 1.0), 0), 0);
  DagId first = da ? dag_op(d, OP_MUL, dag_op(d, OP_WEIGH, n.b, lower, 0), da, 0) : 0;
  DagId second = db ? dag_op(d, OP_MUL, dag_op(d, OP_MUL, dag_op(d, OP_LOG, n.a, 0, 0), f, 0), db, 0) : 0;
  return dag_op(d, OP_ADD, first, second, 0);
}

static DagId diff_node(Dag *d, DagId f, Node n, uint32_t input) {
  unsigned kids = dag_arity(n.op);
  if (n.op == OP_SEL) {
    DagId other = diff(d, n.c, input);
    return dag_op(d, OP_SEL, n.a, diff(d, n.b, input), other);
  }
  DagId da = kids > 0 ? diff(d, n.a, input) : 0, db = kids > 1 ? diff(d, n.b, input) : 0, by_a, by_b, less;
  switch (n.op) {
    case OP_IN: return dag_num(d, 1.0);
    case OP_ADD:
    case OP_SUB: return dag_op(d, (Opcode)n.op, da, db, 0);
    case OP_MUL: by_b = dag_op(d, OP_MUL, n.a, db, 0); return dag_op(d, OP_ADD, dag_op(d, OP_MUL, da, n.b, 0), by_b, 0);
    case OP_DIV: return diff_quotient(d, f, n, da, db);
    case OP_NEG: return neg(d, da);
    case OP_POW: return diff_power(d, f, n, da, db);
    case OP_EXP: return dag_op(d, OP_MUL, f, da, 0);
    case OP_LOG: return dag_op(d, OP_DIV, da, n.a, 0);
    case OP_SQRT: return dag_op(d, OP_DIV, da, dag_op(d, OP_MUL, dag_num(d, 2.0), f, 0), 0);
    case OP_ABS: less = neg(d, da); return dag_op(d, OP_SEL, dag_op(d, OP_LESS, n.a, 0, 0), less, da);
    case OP_MIN: return dag_op(d, OP_SEL, dag_op(d, OP_LESSEQ, n.a, n.b, 0), da, db);
    case OP_MAX: return dag_op(d, OP_SEL, dag_op(d, OP_LESS, n.a, n.b, 0), db, da);
    case OP_WEIGH: by_a = dag_op(d, OP_MUL, da, n.b, 0); return dag_op(d, OP_ADD, dag_op(d, OP_WEIGH, n.a, db, 0), by_a, 0);
    default: return 0;                                  /* comparisons are constant where they are differentiable */
  }
}

static DagId diff(Dag *d, DagId f, uint32_t input) {
  if (!may_depend(d, f, input)) return 0;
  if (d->node.at[f].diff_stamp == d->stamp) return d->node.at[f].diff;
  DagId r = diff_node(d, f, d->node.at[f], input);
  d->node.at[f].diff_stamp = d->stamp;
  d->node.at[f].diff = r;
  return r;
}

DagId dag_diff(Dag *d, DagId f, uint32_t input) {
  if (arena_failed(d->mem)) return 0;
  if (input != d->diff_input || !d->stamp) {
    d->diff_input = input;
    d->stamp++;
  }
  return diff(d, f, input);
}

int dag_depends(Dag *d, DagId f, uint32_t input) {
  if (!may_depend(d, f, input)) return 0;
  Node n = d->node.at[f];
  if (n.op == OP_IN) return n.a == input;
  const uint32_t kid[3] = {n.a, n.b, n.c};
  for (unsigned i = 0; i < dag_arity(n.op); i++)
    if (dag_depends(d, kid[i], input)) return 1;
  return 0;
}

/* ---- sizes of terms ----------------------------------------------------------------------------------------------------------- */

static DagId terms_of(Dag *d, DagId f) {
  Node n = d->node.at[f];
  DagId last;
  switch (n.op) {
    case OP_ADD:
    case OP_SUB: last = dag_terms(d, n.b); return dag_op(d, OP_ADD, dag_terms(d, n.a), last, 0);
    case OP_NEG: return dag_terms(d, n.a);
    case OP_MUL:
    case OP_WEIGH: last = dag_terms(d, n.b); return dag_op(d, (Opcode)n.op, dag_terms(d, n.a), last, 0);
    case OP_DIV: last = dag_op(d, OP_ABS, n.b, 0, 0); return dag_op(d, OP_DIV, dag_terms(d, n.a), last, 0);
    case OP_SEL: last = dag_terms(d, n.c); return dag_op(d, OP_SEL, n.a, dag_terms(d, n.b), last);
    default: return dag_op(d, OP_ABS, f, 0, 0);
  }
}

DagId dag_terms(Dag *d, DagId f) {
  if (arena_failed(d->mem)) return 0;
  if (d->node.at[f].terms_stamp) return d->node.at[f].terms;
  DagId r = terms_of(d, f);
  d->node.at[f].terms_stamp = 1;
  d->node.at[f].terms = r;
  return r;
}

/* ---- bytecode ----------------------------------------------------------------------------------------------------------------- */

typedef struct {
  uint32_t *order, n;                                   /* nodes in the order they are computed */
  uint32_t *last;                                       /* by node: position of its last use; UINT32_MAX for outputs */
  uint8_t *seen;
  uint32_t *reg, *pool, npool, regs;
} Emit;

/* Depth first from each output: values are computed close to where they are used. */
static void schedule(const Dag *d, Emit *e, DagId root, DagId *stack) {
  uint32_t top = 0;
  stack[top++] = root;
  while (top) {
    DagId f = stack[top - 1];
    if (e->seen[f] == 2) { top--; continue; }
    if (e->seen[f] == 1) {
      e->seen[f] = 2;
      e->order[e->n++] = f;
      top--;
      continue;
    }
    e->seen[f] = 1;
    const Node *n = &d->node.at[f];
    const uint32_t kid[3] = {n->a, n->b, n->c};
    for (unsigned i = dag_arity(n->op); i-- > 0;)
      if (!e->seen[kid[i]]) stack[top++] = kid[i];
  }
}

static void release(Emit *e, DagId f, uint32_t at) {
  if (e->last[f] != at) return;
  e->pool[e->npool++] = e->reg[f];
  e->last[f] = UINT32_MAX - 1;                          /* an operand that occurs twice is released once */
}

static void allocate(const Dag *d, Emit *e, Ins *ins) {
  for (uint32_t i = 0; i < e->n; i++) {
    DagId f = e->order[i];
    const Node *n = &d->node.at[f];
    unsigned kids = dag_arity(n->op);
    Ins *o = &ins[i];
    o->op = n->op;
    o->k = n->k;
    o->a = n->op == OP_IN ? n->a : kids > 0 ? e->reg[n->a] : 0;
    o->b = kids > 1 ? e->reg[n->b] : 0;
    o->c = kids > 2 ? e->reg[n->c] : 0;
    if (kids > 0) release(e, n->a, i);
    if (kids > 1) release(e, n->b, i);
    if (kids > 2) release(e, n->c, i);
    o->d = e->reg[f] = e->npool ? e->pool[--e->npool] : e->regs++;
  }
}

static void last_uses(const Dag *d, Emit *e, const DagId *out, uint32_t n) {
  for (uint32_t i = 0; i < e->n; i++) {
    const Node *f = &d->node.at[e->order[i]];
    const uint32_t kid[3] = {f->a, f->b, f->c};
    for (unsigned k = 0; k < dag_arity(f->op); k++) e->last[kid[k]] = i;
  }
  for (uint32_t i = 0; i < n; i++) e->last[out[i]] = UINT32_MAX;
}

int dag_emit(Dag *d, const DagId *out, uint32_t n, Arena *mem, Prog *p) {
  *p = (Prog){0};
  if (arena_failed(d->mem)) return 1;
  if (n == 0) return 0;
  uint32_t size = d->node.n;
  Arena *heap = arena_new(NULL);
  if (!heap) return 1;
  Emit e = {ARENA_ARRAY(heap, uint32_t, size), 0, ARENA_ARRAY(heap, uint32_t, size), ARENA_ARRAY(heap, uint8_t, size),
            ARENA_ARRAY(heap, uint32_t, size), ARENA_ARRAY(heap, uint32_t, size), 0, 0};
  DagId *stack = ARENA_ARRAY(heap, DagId, (size_t)size * 3 + 1);
  if (!arena_failed(heap)) {
    for (uint32_t i = 0; i < n; i++)
      if (!e.seen[out[i]]) schedule(d, &e, out[i], stack);
    last_uses(d, &e, out, n);
    p->ins = ARENA_ARRAY(mem, Ins, e.n);
    p->out = ARENA_ARRAY(mem, uint32_t, n);
    if (!arena_failed(mem)) {
      allocate(d, &e, p->ins);
      for (uint32_t i = 0; i < n; i++) p->out[i] = e.reg[out[i]];
      p->n = e.n;
      p->regs = e.regs;
      p->nout = n;
    }
  }
  int failed = arena_failed(heap) || arena_failed(mem);
  arena_free(heap);
  return failed;
}
