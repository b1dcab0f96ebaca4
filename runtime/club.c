#include "club.h"
#include "alike.h"
#include "mcp.h"
#include "prog.h"
#include <math.h>
#include <string.h>

/* Types that are alike enter as one (alike.h): the first of them, `count` in all. at: of its weight among the unknowns. */
typedef struct { uint32_t block, lane, count, at; double mass, lambda; } Member;

struct Club {
  const Problem *whole;
  const double *x;
  const Exchange *e;
  Problem p;                          /* globals: every unknown of the whole, then g, then a row that nobody asks for; blocks: the types */
  System *s;
  Mcp *mcp;
  uint32_t hold, dims, g, nowhere;
  Member *who; uint32_t n, lanes;     /* those that differ; all that may enter */
  double budget;
  double *home, *next, *from, *good, *best, *F;
  double *size, *centre, *pull;       /* dims: trade per head at the answer; the columns of the pull's block */
  Arena *mem;
};

static uint32_t coordinate(const Exchange *e, uint32_t i) { return i < e->n ? e->rights[i] : e->claim[i - e->n]; }

/* ---- kernels ----------------------------------------------------------------------------------------------------------------------- */

/* A program put together from others. */
typedef struct { Prog to; } Making;

/* Room for n instructions and nout outputs. */
static Making making(uint32_t n, uint32_t nout, Arena *mem) {
  return (Making){{.ins = ARENA_ARRAY(mem, Ins, n + 1), .out = ARENA_ARRAY(mem, uint32_t, nout + 1)}};
}

static uint32_t emit(Making *m, Ins i) {
  i.d = m->to.regs++;
  m->to.ins[m->to.n++] = i;
  return i.d;
}
static uint32_t input(Making *m, uint32_t in) { return emit(m, (Ins){.op = OP_IN, .a = in}); }
static uint32_t two(Making *m, Opcode op, uint32_t a, uint32_t b) { return emit(m, (Ins){.op = (uint16_t)op, .a = a, .b = b}); }
static uint32_t one(Making *m, Opcode op, uint32_t a) { return emit(m, (Ins){.op = (uint16_t)op, .a = a}); }

/* Appends a program; its register r is r + the number returned. */
static uint32_t append(Making *m, const Prog *p) {
  uint32_t base = m->to.regs;
  for (uint32_t i = 0; i < p->n; i++) {
    Ins ins = p->ins[i];
    ins.d += base;
    if (ins.op != OP_IN && ins.op != OP_NUM) {
      ins.a += base;
      ins.b += base;
      ins.c += base;
    }
    m->to.ins[m->to.n++] = ins;
  }
  m->to.regs += p->regs;
  return base;
}

static void give(Making *m, uint32_t reg) { m->to.out[m->to.nout++] = reg; }

/* Inputs that a club's kernel has besides those of the agent's. */
typedef struct { uint32_t weight, gain, money, worth, scale, each, stay; } Extra;

/* (goal + lambda row - worth)/lambda: the type's gain. value, goal: where the programs were appended; lambda is put out too. */
static uint32_t gain_of(Making *m, const Kernel *k, uint32_t money, const Extra *x, uint32_t row, uint32_t goal, int sizes, uint32_t *lambda) {
  uint32_t l = two(m, OP_MUL, input(m, x->money), goal + k->goal.out[1 + money]), u = goal + k->goal.out[0], v = input(m, x->worth), paid = two(m, OP_MUL, l, row);
  if (sizes) {
    u = one(m, OP_ABS, u);
    v = one(m, OP_ABS, v);
    paid = one(m, OP_ABS, paid);
  }
  uint32_t sum = two(m, sizes ? OP_ADD : OP_SUB, two(m, OP_ADD, u, paid), v);
  *lambda = l;
  return two(m, OP_DIV, sum, sizes ? one(m, OP_ABS, l) : l);
}

/* Choices that a proximal term may hold: those made ex ante. */
static int stays(const Kernel *k, uint32_t slot) { return k->role[slot] == ROLE_CHOICE && k->flag && (k->flag[slot] & OWN_FIRST); }

static uint32_t staying(const Kernel *k) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < k->nown; i++) n += (uint32_t)stays(k, i);
  return n;
}

/* Rows of the type, its weight's row, its shares by weight, and its part of sum m = 1. */
static Prog values(const Kernel *k, const Prog *from, uint32_t money, const Extra *x, int sizes, Arena *mem) {
  Making m = making(from->n + k->goal.n + 8 * (k->nshare + 4) + 6 * k->nown, k->nown + k->nshare + 2, mem);
  uint32_t lambda;
  if (arena_failed(mem)) return m.to;
  uint32_t value = append(&m, from), goal = append(&m, &k->goal), mu = input(&m, x->weight), g = input(&m, x->gain);
  for (uint32_t i = 0, n = 0; i < k->nown; i++) {
    if (!stays(k, i)) {
      give(&m, value + from->out[i]);
      continue;
    }
    uint32_t moved = two(&m, OP_SUB, input(&m, x->stay + 2 + 2 * n), input(&m, x->stay + 1 + 2 * n));
    give(&m, two(&m, OP_ADD, value + from->out[i], two(&m, OP_MUL, input(&m, x->stay), sizes ? one(&m, OP_ABS, moved) : moved)));
    n++;
  }
  uint32_t gain = gain_of(&m, k, money, x, value + from->out[money], goal, sizes, &lambda);
  if (sizes) {
    g = one(&m, OP_ABS, g);
    mu = one(&m, OP_ABS, mu);
  }
  give(&m, two(&m, sizes ? OP_ADD : OP_SUB, g, gain));
  uint32_t scale = two(&m, OP_MUL, mu, input(&m, x->scale));
  for (uint32_t j = 0; j < k->nshare; j++) give(&m, two(&m, OP_MUL, scale, value + from->out[k->nown + j]));
  give(&m, two(&m, sizes ? OP_ADD : OP_SUB, mu, input(&m, x->each)));
  return m.to;
}

static int derivatives(Kernel *to, const Kernel *k, uint32_t money, const Extra *x, Arena *mem) {
  uint32_t most = 2 * k->nentry + k->ngoal_in + k->nshare + k->nown + 3;
  Making m = making(k->jac.n + k->value.n + k->goal.n + k->goal_grad.n + 4 * most + 16, most, mem);
  to->entry = ARENA_ARRAY(mem, Entry, most + 1);
  to->nentry = 0;
  if (arena_failed(mem)) return 1;
  uint32_t jac = append(&m, &k->jac), value = append(&m, &k->value), goal = append(&m, &k->goal), grad = append(&m, &k->goal_grad);
  uint32_t lambda = two(&m, OP_MUL, input(&m, x->money), goal + k->goal.out[1 + money]);
  uint32_t scale = input(&m, x->scale), weighed = two(&m, OP_MUL, input(&m, x->weight), scale), unit = emit(&m, (Ins){.op = OP_NUM, .k = 1});
  for (uint32_t e = 0; e < k->nentry; e++) {
    uint32_t d = jac + k->jac.out[e];
    int own = k->entry[e].out < k->nown;
    give(&m, own ? d : two(&m, OP_MUL, weighed, d));
    to->entry[to->nentry++] = (Entry){own ? k->entry[e].out : k->entry[e].out + 1, k->entry[e].in};
    if (k->entry[e].out != money) continue;
    give(&m, one(&m, OP_NEG, d));                       /* the gain's derivative through its budget */
    to->entry[to->nentry++] = (Entry){k->nown, k->entry[e].in};
  }
  for (uint32_t j = 0; j < k->ngoal_in; j++) {
    give(&m, one(&m, OP_NEG, two(&m, OP_DIV, grad + k->goal_grad.out[j], lambda)));
    to->entry[to->nentry++] = (Entry){k->nown, k->goal_in[j]};
  }
  for (uint32_t i = 0, n = 0; i < k->nown; i++) {
    if (!stays(k, i)) continue;
    give(&m, input(&m, x->stay));
    to->entry[to->nentry++] = (Entry){i, x->stay + 2 + 2 * n++};
  }
  give(&m, unit);
  to->entry[to->nentry++] = (Entry){k->nown, x->gain};
  for (uint32_t j = 0; j < k->nshare; j++) {
    give(&m, two(&m, OP_MUL, scale, value + k->value.out[k->nown + j]));
    to->entry[to->nentry++] = (Entry){k->nown + 1 + j, x->weight};
  }
  give(&m, unit);
  to->entry[to->nentry++] = (Entry){k->nown + 1 + k->nshare, x->weight};
  to->jac = m.to;
  return 0;
}

static double *longer(const double *from, uint32_t n, double last, Arena *mem) {
  double *to = ARENA_ARRAY(mem, double, n + 2);
  for (uint32_t i = 0; to && i < n; i++) to[i] = from[i];
  if (to) to[n] = last;
  return to;
}

static uint32_t *longer_columns(const uint32_t *from, uint32_t n, Arena *mem) {
  uint32_t *to = from ? ARENA_ARRAY(mem, uint32_t, n + 2) : NULL;
  for (uint32_t i = 0; to && i < n; i++) to[i] = from[i];
  if (to) to[n] = NO_INDEX;
  return to;
}

/* The kernel of a class with one more own unknown, its weight. Shares into checks go nowhere. */
static int make_kernel(Club *c, const Block *b, uint32_t money, Kernel *to, Arena *mem) {
  const Kernel *k = b->k;
  Extra x = {k->nin, k->nin + 1, k->nin + 2, k->nin + 3, k->nin + 4, k->nin + 5, k->nin + 6};
  *to = (Kernel){.nin = k->nin + 7 + 2 * staying(k), .nown = k->nown + 1, .nshare = k->nshare + 1, .domain = k->domain};
  to->in = ARENA_ARRAY(mem, Input, to->nin + 1);
  to->share = ARENA_ARRAY(mem, Share, to->nshare + 1);
  to->role = ARENA_ARRAY(mem, uint8_t, to->nown + 1);
  to->flag = ARENA_ARRAY(mem, uint8_t, to->nown + 1);
  to->lower = longer(k->lower, k->nown, 0, mem);
  to->upper = longer(k->upper, k->nown, INFINITY, mem);
  to->lower_col = longer_columns(k->lower_col, k->nown, mem);
  to->upper_col = longer_columns(k->upper_col, k->nown, mem);
  if (arena_failed(mem)) return 1;
  memcpy(to->in, k->in, k->nin * sizeof *k->in);
  to->in[x.weight] = (Input){IN_OWN, k->nown};
  to->in[x.gain] = (Input){IN_X, c->g};
  to->in[x.money] = (Input){IN_OWN, money};
  to->in[x.worth] = (Input){IN_COLUMN, b->ncolumn};
  to->in[x.scale] = (Input){IN_COLUMN, b->ncolumn + 1};
  to->in[x.each] = (Input){IN_COLUMN, b->ncolumn + 2};
  to->in[x.stay] = (Input){IN_COLUMN, b->ncolumn + 3};
  for (uint32_t i = 0, n = 0; i < k->nown; i++) {
    if (!stays(k, i)) continue;
    to->in[x.stay + 1 + 2 * n] = (Input){IN_COLUMN, b->ncolumn + 4 + n};
    to->in[x.stay + 2 + 2 * n++] = (Input){IN_OWN, i};
  }
  for (uint32_t i = 0; i < k->nown; i++) {
    to->role[i] = k->role[i];
    to->flag[i] = k->flag ? k->flag[i] : 0;
  }
  to->role[k->nown] = ROLE_AUX;
  for (uint32_t j = 0; j < k->nshare; j++) {
    to->share[j] = k->share[j];
    if (!to->share[j].by_lane && to->share[j].target >= c->whole->nglobal) to->share[j].target = c->nowhere;
    if (to->share[j].by_lane) to->share[j].target += b->nindex;          /* the second half of the block's index columns */
  }
  to->share[k->nshare] = (Share){c->g, 0};
  to->value = values(k, &k->value, money, &x, 0, mem);
  to->terms = values(k, &k->terms, money, &x, 1, mem);
  return derivatives(to, k, money, &x, mem) || arena_failed(mem);
}

/* ---- blocks ------------------------------------------------------------------------------------------------------------------------ */

static uint32_t money_slot(const Kernel *k) {
  if (!k->role) return NO_INDEX;
  for (uint32_t i = 0; i + 1 < k->goal.nout && i < k->nown; i++)
    if (k->role[i] == ROLE_BUDGET && k->flag && (k->flag[i] & OWN_EX_ANTE)) return i;
  return NO_INDEX;
}

/* Whether the condition of an own slot reads an unknown that may differ from the answer's: what is left to a choice whose condition reads none is
 * no matter to anybody (linear utility of money), and it stays what it is. */
static int settled_by(const Club *c, const Block *b, uint32_t slot, uint32_t money, uint32_t lane) {
  for (uint32_t e = 0; e < b->k->nentry; e++) {
    const Input *in = &b->k->in[b->k->entry[e].in];
    if (b->k->entry[e].out != slot) continue;
    if (in->kind == IN_OWN && in->ref != money) return 1;
    uint32_t at = in->kind == IN_X ? in->ref : in->kind == IN_GATHER ? b->index[in->ref][lane] : NO_INDEX;
    for (uint32_t i = 0; i < c->e->n && at != NO_INDEX; i++)
      if (at == c->e->price[i]) return 1;
    for (uint32_t i = 0; i < c->dims && at != NO_INDEX; i++)
      if (at == coordinate(c->e, i)) return 1;
  }
  return 0;
}

/* The columns of data and of indices of the members who[0 .. n). */
static int take_columns(const Block *b, const Member *who, uint32_t n, Block *to, Arena *mem) {
  for (uint32_t i = 0; i < b->ncolumn; i++) {
    double *own = to->column[i] = n == b->lanes ? b->column[i] : ARENA_ARRAY(mem, double, n + 1);
    if (!own) return 1;
    for (uint32_t h = 0; own != b->column[i] && h < n; h++) own[h] = b->column[i][who[h].lane];
  }
  for (uint32_t i = 0; i < b->nindex; i++) {
    uint32_t *own = to->index[i] = n == b->lanes ? b->index[i] : ARENA_ARRAY(mem, uint32_t, n + 1);
    if (!own) return 1;
    for (uint32_t h = 0; own != b->index[i] && h < n; h++) own[h] = b->index[i][who[h].lane];
  }
  return 0;
}

/* The block of the types who[0 .. n) of a block of the whole, at `base`. */
static int make_block(Club *c, System *whole, uint32_t money, double masses, Member *who, uint32_t n, Block *to, uint32_t base, Arena *mem) {
  const Block *b = &c->whole->block[who->block];
  Kernel *k = ARENA_NEW(mem, Kernel);
  double *weight = ARENA_ARRAY(mem, double, b->k->nown + 1), *row = ARENA_ARRAY(mem, double, b->k->nown + 1);
  if (!k || !weight || !row || make_kernel(c, b, money, k, mem)) return 1;
  *to = (Block){.k = k, .lanes = n, .base = base, .ncolumn = b->ncolumn + 4 + staying(b->k), .nindex = 2 * b->nindex};
  to->column = ARENA_ARRAY(mem, double *, to->ncolumn + 1);
  to->index = ARENA_ARRAY(mem, uint32_t *, to->nindex + 1);
  to->mass = b->mass ? ARENA_ARRAY(mem, double, n + 1) : NULL;
  if (arena_failed(mem) || take_columns(b, who, n, to, mem)) return 1;
  for (uint32_t i = b->ncolumn; i < to->ncolumn; i++)
    if (!(to->column[i] = ARENA_ARRAY(mem, double, n + 1))) return 1;
  for (uint32_t i = 0; i < b->nindex; i++) {
    uint32_t *rows = to->index[b->nindex + i] = ARENA_ARRAY(mem, uint32_t, n + 1);
    for (uint32_t h = 0; rows && h < n; h++) rows[h] = to->index[i][h] == NO_INDEX || to->index[i][h] < c->whole->nglobal ? to->index[i][h] : c->nowhere;
  }
  if (arena_failed(mem)) return 1;
  for (uint32_t h = 0; h < n; h++) {
    uint32_t l = who[h].lane, paid = problem_own(b, money, l);
    double goal = system_goal(whole, who[h].block, l, c->x, weight), mass = b->mass ? b->mass[l] : 1;
    system_lane_rows(whole, who[h].block, l, c->x, row, NULL);
    if (to->mass) to->mass[h] = mass;
    to->column[b->ncolumn][h] = goal + c->x[paid] * weight[money] * row[money];
    to->column[b->ncolumn + 1][h] = 1 / mass;
    to->column[b->ncolumn + 2][h] = 1.0 / c->n;
    for (uint32_t slot = 0; slot < b->k->nown; slot++) c->home[problem_own(to, slot, h)] = c->x[problem_own(b, slot, l)];
    who[h].at = problem_own(to, b->k->nown, h);
    who[h].lambda = fabs(c->x[paid]);
    c->home[who[h].at] = who[h].mass / masses;
    c->p.fixed[problem_own(to, money, h)] = c->x[paid];
    for (uint32_t slot = 0; slot < b->k->nown; slot++)
      if (b->k->role[slot] == ROLE_CHOICE && !settled_by(c, b, slot, money, l)) c->p.fixed[problem_own(to, slot, h)] = c->x[problem_own(b, slot, l)];
    for (uint32_t slot = 0; c->whole->fixed && slot < b->k->nown; slot++)
      if (!isnan(c->whole->fixed[problem_own(b, slot, l)])) c->p.fixed[problem_own(to, slot, h)] = c->whole->fixed[problem_own(b, slot, l)];
  }
  return 0;
}

/* Who may enter: one for all that are alike. terms: of the whole at the answer. Adds up the number of their unknowns and masses. */
static int list_members(Club *c, const double *terms, uint32_t *unknowns, double *masses, Arena *mem) {
  const Problem *w = c->whole;
  for (uint32_t b = 0; b < w->nblock; b++)
    if (money_slot(w->block[b].k) != NO_INDEX) c->lanes += w->block[b].lanes;
  c->who = ARENA_ARRAY(mem, Member, c->lanes + 1);
  if (!c->who) return 1;
  for (uint32_t b = 0; b < w->nblock; b++) {
    const Block *blk = &w->block[b];
    uint32_t money = money_slot(blk->k);
    if (money == NO_INDEX) continue;
    uint32_t *first = alike_lanes(w, b, c->x, mem), *member = ARENA_ARRAY(mem, uint32_t, blk->lanes + 1);
    if (!first || !member) return 1;
    for (uint32_t l = 0; l < blk->lanes; l++) {
      double mass = blk->mass ? blk->mass[l] : 1;
      member[l] = first[l] == l ? c->n++ : member[first[l]];
      Member *m = &c->who[member[l]];
      if (first[l] == l) {
        *m = (Member){.block = b, .lane = l};
        *unknowns += blk->k->nown + 1;
      }
      m->count++;
      m->mass += mass;
      *masses += mass;
      c->budget = fmax(c->budget, terms[problem_own(blk, money, l)]);
    }
  }
  return 0;
}

/* All unknowns of the whole are given, but the schedule. */
static void make_globals(Club *c) {
  for (uint32_t i = 0; i < c->nowhere + 1; i++) {
    c->p.global[i] = (Global){GLOBAL_VARIABLE, -INFINITY, INFINITY, 0};
    if (i < c->whole->nglobal) c->p.global[i].kind = c->whole->global[i].kind;
    c->home[i] = i < c->whole->nx ? c->x[i] : 0;
    c->p.fixed[i] = c->home[i];
  }
  c->p.fixed[c->g] = NAN;
  for (uint32_t i = 0; i < c->dims; i++) {
    if (i != c->hold) c->p.fixed[coordinate(c->e, i)] = NAN;
  }
}

/* The block of the pull: r (P - P0), one lane a coordinate of the schedule, into its row. */
static int make_pull(Club *c, Block *to, uint32_t base, const double *terms, double masses, Arena *mem) {
  enum { PRICE, CENTRE, PULL };
  Kernel *k = ARENA_NEW(mem, Kernel);
  *to = (Block){.k = k, .lanes = c->dims, .base = base, .ncolumn = 2, .nindex = 1};
  to->column = ARENA_ARRAY(mem, double *, 2);
  to->index = ARENA_ARRAY(mem, uint32_t *, 1);
  c->size = ARENA_ARRAY(mem, double, c->dims + 1);
  c->centre = ARENA_ARRAY(mem, double, c->dims + 1);
  c->pull = ARENA_ARRAY(mem, double, c->dims + 1);
  uint32_t *row = ARENA_ARRAY(mem, uint32_t, c->dims + 1);
  Making value = making(8, 1, mem), sizes = making(8, 1, mem), jac = making(2, 1, mem);
  if (arena_failed(mem)) return 1;
  to->column[0] = c->centre;
  to->column[1] = c->pull;
  to->index[0] = row;
  for (uint32_t i = 0; i < c->dims; i++) {
    row[i] = coordinate(c->e, i);
    c->centre[i] = c->x[row[i]];
    c->size[i] = fmax(terms[row[i]] / masses, 1e-2 * c->budget);
  }
  *k = (Kernel){.nin = 3, .nshare = 1, .nentry = 1};
  k->in = ARENA_ARRAY(mem, Input, 3);
  k->share = ARENA_ARRAY(mem, Share, 1);
  k->entry = ARENA_ARRAY(mem, Entry, 1);
  if (arena_failed(mem)) return 1;
  k->in[PRICE] = (Input){IN_GATHER, 0};
  k->in[CENTRE] = (Input){IN_COLUMN, 0};
  k->in[PULL] = (Input){IN_COLUMN, 1};
  k->share[0] = (Share){0, 1};
  k->entry[0] = (Entry){0, PRICE};
  give(&value, two(&value, OP_MUL, input(&value, PULL), two(&value, OP_SUB, input(&value, PRICE), input(&value, CENTRE))));
  give(&sizes, two(&sizes, OP_MUL, input(&sizes, PULL), one(&sizes, OP_ABS, two(&sizes, OP_SUB, input(&sizes, PRICE), input(&sizes, CENTRE)))));
  give(&jac, input(&jac, PULL));
  k->value = value.to;
  k->terms = sizes.to;
  k->jac = jac.to;
  return 0;
}

static int make_problem(Club *c) {
  const Problem *w = c->whole;
  Arena *mem = c->mem;
  uint32_t nx = c->nowhere + 1;
  double masses = 0;
  System *whole = system_for(w, LINEAR_WHOLE, mem);
  double *terms = ARENA_ARRAY(mem, double, w->nx + w->ncheck + 1);
  if (!whole || !terms) return 1;
  system_terms(whole, c->x, terms, terms + w->nx);
  c->p.block = ARENA_ARRAY(mem, Block, w->nblock + 2);
  if (list_members(c, terms, &nx, &masses, mem)) return 1;
  c->p.nx = nx;
  c->p.nglobal = c->nowhere + 1;
  c->p.global = ARENA_ARRAY(mem, Global, c->p.nglobal + 1);
  c->p.fixed = ARENA_ARRAY(mem, double, nx + 1);
  c->home = ARENA_ARRAY(mem, double, nx + 1);
  c->good = ARENA_ARRAY(mem, double, nx + 1);
  c->next = ARENA_ARRAY(mem, double, nx + 1);
  c->from = ARENA_ARRAY(mem, double, nx + 1);
  c->best = ARENA_ARRAY(mem, double, nx + 1);
  c->F = ARENA_ARRAY(mem, double, nx + 1);
  if (arena_failed(mem)) return 1;
  for (uint32_t i = 0; i < nx; i++) c->p.fixed[i] = NAN;
  make_globals(c);
  uint32_t base = c->p.nglobal;
  for (uint32_t k = 0, n; k < c->n; k += n) {
    for (n = 1; k + n < c->n && c->who[k + n].block == c->who[k].block;) n++;
    Block *to = &c->p.block[c->p.nblock++];
    if (make_block(c, whole, money_slot(w->block[c->who[k].block].k), masses, &c->who[k], n, to, base, mem)) return 1;
    base += to->lanes * to->k->nown;
  }
  if (make_pull(c, &c->p.block[c->p.nblock], base, terms, masses, mem)) return 1;
  c->p.nblock++;
  return arena_failed(mem);
}

Club *club_new(const Problem *p, const double *x, uint32_t exchange, uint32_t hold, Arena *mem) {
  Club *c = ARENA_NEW(mem, Club);
  if (!c) return NULL;
  *c = (Club){.whole = p, .x = x, .e = &p->exchange[exchange], .hold = hold, .g = p->nx, .nowhere = p->nx + 1, .mem = mem};
  c->p = (Problem){.kind = P_MCP, .par = p->par, .npar = p->npar, .mem = mem};
  c->dims = c->e->n + c->e->nclaim;
  if (make_problem(c)) return NULL;
  c->s = system_new(&c->p, mem);
  c->mcp = c->s ? mcp_new(c->s, mem) : NULL;
  return c->mcp ? c : NULL;
}

void club_free(Club *c) {
  if (c) mcp_free(c->mcp);
}

/* ---- looking ----------------------------------------------------------------------------------------------------------------------- */

uint32_t club_types(const Club *c) { return c->n; }
void club_type(const Club *c, uint32_t h, uint32_t *block, uint32_t *lane) {
  *block = c->who[h].block;
  *lane = c->who[h].lane;
}
uint32_t club_alike(const Club *c, uint32_t h) { return c->who[h].count; }
uint32_t club_lanes(const Club *c) { return c->lanes; }
double club_budget(const Club *c) { return c->budget; }
uint32_t club_size(const Club *c) { return c->p.nx; }
void club_home(const Club *c, double *at) { memcpy(at, c->home, sizeof *at * c->p.nx); }
void club_offer(const Club *c, double *at, const double *from) {
  for (uint32_t i = 0; i < c->dims; i++) at[coordinate(c->e, i)] = from[coordinate(c->e, i)];
  for (uint32_t h = 0; h < c->n; h++) at[c->who[h].at] = from[c->who[h].at];
  at[c->g] = from[c->g];
}
double club_gain(const Club *c, const double *at) { return at[c->g]; }
double club_schedule(const Club *c, const double *at, uint32_t i) { return at[coordinate(c->e, i)]; }
double club_weight(const Club *c, const double *at, uint32_t h) { return at[c->who[h].at]; }

double club_value(const Club *c, const double *at) {
  double sum = at[c->g];
  for (uint32_t i = 0; i < c->dims; i++) {
    double moved = at[coordinate(c->e, i)] - c->centre[i];
    if (i != c->hold) sum += c->pull[i] / 2 * moved * moved;
  }
  return sum;
}

double club_imbalance(Club *c, const double *at) {
  double most = 0;
  if (system_rows(c->s, at, c->F, NULL)) return INFINITY;
  for (uint32_t i = 0; i < c->dims; i++) {
    uint32_t row = coordinate(c->e, i);
    if (i != c->hold) most = fmax(most, fabs(c->F[row] - c->pull[i] * (at[row] - c->centre[i])) / c->size[i]);
  }
  return most;
}

uint32_t club_best(Club *c, const double *at) {
  uint32_t best = 0;
  if (system_rows(c->s, at, c->F, NULL)) return 0;
  for (uint32_t h = 1; h < c->n; h++)
    if (c->F[c->who[h].at] < c->F[c->who[best].at]) best = h;
  return best;
}

/* The row of an unknown that is given. */
static double row_of(Club *c, const double *at, uint32_t row) { return system_rows(c->s, at, c->F, NULL) ? NAN : c->F[row]; }
double club_slope(Club *c, const double *at, uint32_t i) { return row_of(c, at, c->e->price[i]); }
double club_held_slope(Club *c, const double *at) { return c->hold == NO_INDEX ? NAN : row_of(c, at, coordinate(c->e, c->hold)); }

void club_pull(Club *c, double pull) {
  for (uint32_t i = 0; i < c->dims; i++) c->pull[i] = pull * c->size[i] * c->size[i] / fmax(c->budget, 1e-300);
}

/* ---- moving ------------------------------------------------------------------------------------------------------------------------ */

static void set(Club *c, double *at, uint32_t i, double value) {
  at[i] = c->p.fixed[i] = c->s->lower[i] = c->s->upper[i] = c->s->least[i] = c->s->most[i] = value;
}

/* A share t of the way from (from, its held coordinate) to the target. */
static void aim(Club *c, double *at, const double *from, const double *price, double held, double t) {
  for (uint32_t i = 0; i < c->e->n; i++) {
    double a = from[c->e->price[i]], b = price[i];
    set(c, at, c->e->price[i], t >= 1 ? b : a > 0 && b > 0 ? a * pow(b / a, t) : a + t * (b - a));
  }
  if (c->hold == NO_INDEX) return;
  uint32_t v = coordinate(c->e, c->hold);
  set(c, at, v, t >= 1 ? held : from[v] + t * (held - from[v]));
}

/* Every ex-ante choice is pulled to where it stands by r (x - x0) in its condition. */
static void stay(Club *c, const double *at, double pull) {
  for (uint32_t b = 0, k = 0; b + 1 < c->p.nblock; b++) {
    const Block *to = &c->p.block[b], *from = &c->whole->block[c->who[k].block];
    for (uint32_t l = 0; l < to->lanes; l++, k++) {
      uint32_t n = 0;
      to->column[from->ncolumn + 3][l] = pull * c->who[k].lambda / fmax(c->budget, 1e-300);
      for (uint32_t i = 0; i < from->k->nown; i++)
        if (stays(from->k, i)) to->column[from->ncolumn + 4 + n++][l] = at[problem_own(to, i, l)];
    }
  }
}

/* By proximal steps in the ex-ante choices (Rockafellar 1976), each from where the last one ended, until the conditions hold without the term: where a
 * type is indifferent among plans (linear utility, claims that replace one another) Newton's matrix is singular without it. */
static double by_steps(Club *c, double *at, double enough, int iterations, Effort *e) {
  enum { STEPS = 16, IDLE = 3 };
  double pull = 10, residual = INFINITY, *good = c->good;
  McpOptions o = {.tol = 1e-10, .enough = enough, .iterations = iterations, .what = "support"};
  memcpy(good, at, sizeof *at * c->p.nx);
  for (int k = 0, idle = 0; k < STEPS && idle < IDLE && residual > enough && !e->stop; k++) {
    stay(c, good, pull);
    McpInfo info = mcp_solve(c->mcp, at, &o, e);
    stay(c, good, 0);
    if (info.residual > enough) {
      memcpy(at, good, sizeof *at * c->p.nx);
      pull *= 4;
      idle++;
      continue;
    }
    double next = mcp_residual(c->mcp, at, NULL);
    idle = next < 0.9 * residual ? 0 : idle + 1;
    residual = next;
    memcpy(good, at, sizeof *at * c->p.nx);
    pull *= 0.2;
  }
  return residual;
}

/* The complementarity problem at `at`; below a residual of `enough` it is solved. */
static double solve(Club *c, double *at, double enough, int iterations, Effort *e) {
  McpOptions o = {.tol = 1e-12, .enough = enough, .iterations = iterations, .what = "support"};
  McpInfo info = mcp_solve(c->mcp, at, &o, e);
  return info.residual <= 1e-12 ? info.residual : info.residual <= 1e-3 ? mcp_polish(c->mcp, at, NULL, NULL) : info.residual;
}

/* Along the way to the prices in steps that shorten where Newton's method fails. */
static double walk(Club *c, double *at, const double *price, double held, int steps, double enough, Effort *e) {
  enum { FAR = 16 };
  static const double SHORTEST = 1.0 / 64;
  double t = 0, dt = 1, residual = INFINITY, *trial = c->next;
  double *start = c->from, *best = c->best;
  memcpy(start, at, sizeof *at * c->p.nx);
  memcpy(best, at, sizeof *at * c->p.nx);
  int moves = c->hold != NO_INDEX && at[coordinate(c->e, c->hold)] != held;
  for (uint32_t i = 0; i < c->e->n; i++) moves |= at[c->e->price[i]] != price[i];
  for (int k = 0; k < steps && t < 1 && dt > SHORTEST && !e->stop; k++) {
    double next = fmin(1, t + dt);
    memcpy(trial, best, sizeof *at * c->p.nx);
    aim(c, trial, start, price, held, next);
    residual = solve(c, trial, enough, moves ? FAR : 2 * FAR, e);
    if (residual <= enough) {
      memcpy(best, trial, sizeof *at * c->p.nx);
      t = next;
      dt *= 2;
    } else if (moves) dt *= 0.35;
    else break;
  }
  if (t < 1 && !c->s->fixed[c->g] && !e->stop) {        /* the rest of the way at once */
    memcpy(trial, best, sizeof *at * c->p.nx);
    aim(c, trial, start, price, held, 1);
    residual = by_steps(c, trial, enough, FAR, e);
    if (residual <= enough) {
      memcpy(best, trial, sizeof *at * c->p.nx);
      t = 1;
    }
  }
  if (t >= 1) memcpy(at, best, sizeof *at * c->p.nx);
  else {
    residual = INFINITY;
    for (uint32_t i = 0; i < c->e->n; i++) set(c, at, c->e->price[i], start[c->e->price[i]]);
    if (c->hold != NO_INDEX) set(c, at, coordinate(c->e, c->hold), start[coordinate(c->e, c->hold)]);
  }
  return residual;
}

double club_move(Club *c, double *at, const double *price, double held, double enough, Effort *e) { return walk(c, at, price, held, 24, enough, e); }

static void pin_one(Club *c, const double *at, uint32_t i, int on, double lower) {
  c->s->fixed[i] = on != 0;
  c->s->lower[i] = c->s->least[i] = on ? at[i] : lower;
  c->s->upper[i] = c->s->most[i] = on ? at[i] : INFINITY;
}

/* The schedule, the weights and g are given from now on, or found again. */
static void pin(Club *c, const double *at, int on) {
  for (uint32_t i = 0; i < c->dims; i++)
    if (i != c->hold) pin_one(c, at, coordinate(c->e, i), on, -INFINITY);
  for (uint32_t h = 0; h < c->n; h++) pin_one(c, at, c->who[h].at, on, 0);
  pin_one(c, at, c->g, on, -INFINITY);
}

/* g becomes the largest gain of any type at the schedule. */
static int meet(Club *c, double *at) {
  double g = at[c->g], most = -INFINITY;
  if (system_rows(c->s, at, c->F, NULL)) return 1;
  for (uint32_t h = 0; h < c->n; h++) most = fmax(most, g - c->F[c->who[h].at]);
  at[c->g] = most;
  return 0;
}

/* Gives the k-th ex-ante choice of every type that has one another place, in `at`. */
static int shift_choice(const Club *c, double *at, uint32_t k, double shift) {
  double most = 0;
  int any = 0;
  for (int set_it = 0; set_it < 2; set_it++)
    for (uint32_t b = 0; b + 1 < c->p.nblock; b++) {
      const Block *to = &c->p.block[b];
      for (uint32_t i = 0, n = 0; i < to->k->nown; i++) {
        if (!stays(to->k, i) || n++ != k) continue;
        any = 1;
        for (uint32_t l = 0; l < to->lanes; l++) {
          double *x = &at[problem_own(to, i, l)];
          if (set_it) *x += shift * most;
          else most = fmax(most, fabs(*x));
        }
      }
    }
  return any;
}

double club_beside(Club *c, double *at, uint32_t k, double shift, int ascend, double enough, Effort *e, int *any) {
  enum { FIRMLY = 10000, STEPS = 40 };
  double *aim_at = c->next, residual;
  memcpy(at, c->home, sizeof *at * c->p.nx);
  memcpy(aim_at, at, sizeof *at * c->p.nx);
  if (!(*any = shift_choice(c, aim_at, k, shift))) return INFINITY;
  for (uint32_t i = 0; i < c->e->n; i++) set(c, at, c->e->price[i], at[c->e->price[i]]);
  pin(c, at, 1);
  stay(c, aim_at, FIRMLY);
  residual = solve(c, at, enough, STEPS, e);
  stay(c, aim_at, 0);
  if (residual <= enough && ascend) residual = by_steps(c, at, enough, STEPS, e);
  pin(c, at, 0);
  return residual <= enough && meet(c, at) ? INFINITY : residual;
}

double club_respond(Club *c, double *at, const double *price, int steps, double enough, Effort *e) {
  pin(c, at, 1);
  double residual = walk(c, at, price, 0, steps, enough, e);
  pin(c, at, 0);
  if (!(residual <= enough)) return residual;
  return meet(c, at) ? INFINITY : residual;
}
