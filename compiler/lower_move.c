/* lower_move.c: how the conditions of a lowered problem move with its data at fixed unknowns. The derivative of a kernel's outputs with
 * respect to one input of data is differentiated from the same dag as its Jacobian and compiled when that datum first moves; the
 * movements of data come from their defining expressions (tangent.h). */
#include "lower_internal.h"
#include "tangent.h"
#include "../runtime/agent.h"
#include <math.h>
#include <string.h>

static const double AGREE = 1e-10;                      /* relative difference of a condition under two readings that counts as none */

/* ---- one datum -------------------------------------------------------------------------------------------------------------------- */

/* moved: its derivative; other: its value near by, where a condition over parameters stands at its border (NaN: it does not). */
typedef struct { double moved, other; } Drift;

static Drift drift_of(Lowered *L, Tangent *t, const Datum *d) {
  Derive w = {.t = t, .at = &L->eval};
  int near_by, now = derive_cond(&w, d->cond, &near_by);
  Drift r = {0, NAN};
  if (near_by == 2) {
    if (!t->kink) t->kink = "a parameter stands exactly where a condition changes";
    return r;
  }
  if (near_by != now) r.other = near_by ? (d->e ? eval_expr(&L->eval, d->e) : d->base) : d->otherwise;
  if (near_by && d->e) r.moved = tangent_expr(t, &L->eval, d->e);
  return r;
}

static int may_move(Tangent *t, const Datum *d) { return tangent_moves(t, d->e) || tangent_moves(t, d->cond); }

static Drift drift_at(Lowered *L, const Build *k, const Datum *d, Tangent *t, uint32_t lane) {
  lower_restore(L, d->bind);
  for (uint32_t i = 0; k && i < d->bind.n; i++)
    if (d->bind.at[i].to.kind == BIND_LANE) L->eval.env[d->bind.at[i].idx] = k->tuple[(size_t)lane * k->ndim + d->bind.at[i].to.v];
  return drift_of(L, t, d);
}

/* ---- kernels ---------------------------------------------------------------------------------------------------------------------- */

static DagId output_of(const Build *k, uint32_t o) { return o < k->slot.n ? k->slot.at[o].row : k->share.at[o - k->slot.n].f; }

/* d outputs / d input i, compiled once. */
static const Prog *by_datum(Lowered *L, Build *k, uint32_t i) {
  uint32_t n = k->slot.n + k->share.n;
  if (!k->by_data) {
    k->by_data = ARENA_ARRAY(L->mem, Prog, k->in.n + 1);
    k->by_data_entry = ARENA_ARRAY(L->mem, Entry *, k->in.n + 1);
    k->nby_data = ARENA_ARRAY(L->mem, uint32_t, k->in.n + 1);
    if (arena_failed(L->mem)) return NULL;
  }
  if (k->by_data_entry[i]) return &k->by_data[i];
  DagId *d = ARENA_ARRAY(L->mem, DagId, n + 1);
  Entry *entry = ARENA_ARRAY(L->mem, Entry, n + 1);
  uint32_t found = 0;
  if (!d || !entry) return NULL;
  for (uint32_t o = 0; o < n; o++) {
    DagId f = dag_diff(k->dag, output_of(k, o), i);
    if (!f) continue;
    d[found] = f;
    entry[found++] = (Entry){o, i};
  }
  Prog *p = &k->by_data[i];
  if (dag_emit(k->dag, d, found, L->mem, p)) return NULL;
  for (uint32_t s = 0; s < p->n; s++)
    if (p->ins[s].op == OP_IN) p->ins[s].a = k->in_to[p->ins[s].a];
  k->nby_data[i] = found;
  k->by_data_entry[i] = entry;
  return p;
}

typedef struct { Lowered *L; Build *k; Tangent *t; const double *x; DataMove *out; double *in, *reg, *value, *moved, *other; uint32_t *switched, nreg; Arena *heap; } Pushing;

static uint32_t row_of(const Pushing *m, uint32_t o, uint32_t lane) {
  const Problem *p = &m->L->problem;
  const Block *b = &p->block[m->k->block];
  if (o < b->k->nown) return problem_own(b, o, lane);
  const Share *s = &b->k->share[o - b->k->nown];
  uint32_t row = s->by_lane ? b->index[s->target][lane] : s->target;
  return row < p->nglobal ? row : NO_INDEX;             /* checks are no conditions */
}

static double *registers(Pushing *m, uint32_t n) {
  if (n <= m->nreg) return m->reg;
  m->reg = ARENA_ARRAY(m->heap, double, n + 64);
  m->nreg = m->reg ? n + 64 : 0;
  return m->reg;
}

/* Data that conditions over parameters switch: the conditions must have the same value under both readings; the inputs are left as
 * they are near by. */
static int switch_data(Pushing *m, const uint32_t *switched, const double *other, uint32_t n) {
  const Kernel *z = &m->k->kernel;
  uint32_t nout = z->nown + z->nshare, regs = z->value.regs > z->terms.regs ? z->value.regs : z->terms.regs;
  double *reg = registers(m, regs);
  if (!reg) return 1;
  prog_run(&z->value, m->in, reg);
  for (uint32_t o = 0; o < nout; o++) m->value[o] = reg[z->value.out[o]];
  for (uint32_t i = 0; i < n; i++) m->in[switched[i]] = other[i];
  prog_run(&z->value, m->in, reg);
  for (uint32_t o = 0; o < nout; o++) m->value[o] -= reg[z->value.out[o]];
  prog_run(&z->terms, m->in, reg);
  for (uint32_t o = 0; o < nout; o++)
    if (!(isfinite(m->value[o]) && fabs(m->value[o]) <= AGREE * reg[z->terms.out[o]]) && !m->t->kink) m->t->kink = "a parameter stands exactly where a condition changes, and what it selects jumps there";
  return 0;
}

static int push_lane(Pushing *m, uint32_t lane, const uint32_t *input, const Datum *const *datum, uint32_t n) {
  const Problem *p = &m->L->problem;
  const Block *b = &p->block[m->k->block];
  uint32_t nswitched = 0;
  double *moved = m->moved;
  int any = 0;
  for (uint32_t i = 0; i < n; i++) {
    Drift d = drift_at(m->L, m->k, datum[i], m->t, lane);
    moved[i] = d.moved;
    any |= d.moved < 0 || d.moved > 0 || isnan(d.moved);
    if (isnan(d.other)) continue;
    m->switched[nswitched] = m->k->in_to[input[i]];
    m->other[nswitched++] = d.other;
  }
  if (!any && !nswitched) return 0;
  for (uint32_t i = 0; i < b->k->nin; i++) m->in[i] = agent_input(p, b, i, lane, m->x, NULL);
  if (nswitched && switch_data(m, m->switched, m->other, nswitched)) return 1;
  for (uint32_t i = 0; i < n; i++) {
    if (!(moved[i] < 0 || moved[i] > 0 || isnan(moved[i]))) continue;
    const Prog *prog = by_datum(m->L, m->k, input[i]);
    double *reg = prog ? registers(m, prog->regs) : NULL;
    if (!reg) return 1;
    prog_run(prog, m->in, reg);
    for (uint32_t e = 0; e < m->k->nby_data[input[i]]; e++) {
      uint32_t row = row_of(m, m->k->by_data_entry[input[i]][e].out, lane);
      double add = moved[i] * reg[prog->out[e]];
      if (!isfinite(add) && !m->t->kink) m->t->kink = "the derivative of a condition with respect to the parameter is not finite here";
      if (row != NO_INDEX) m->out->rows[row] += add;
    }
  }
  return 0;
}

/* All lanes of a kernel: the inputs of data that may move, then lane by lane. */
static int push_kernel(Pushing *m) {
  Build *k = m->k;
  uint32_t n = 0, *input = ARENA_ARRAY(m->heap, uint32_t, k->in.n + 1);
  const Datum **datum = ARENA_ARRAY(m->heap, const Datum *, k->in.n + 1);
  m->in = ARENA_ARRAY(m->heap, double, k->in.n + 1);
  m->value = ARENA_ARRAY(m->heap, double, k->slot.n + k->share.n + 1);
  m->moved = ARENA_ARRAY(m->heap, double, k->in.n + 1);
  m->other = ARENA_ARRAY(m->heap, double, k->in.n + 1);
  m->switched = ARENA_ARRAY(m->heap, uint32_t, k->in.n + 1);
  m->reg = NULL;
  m->nreg = 0;
  if (arena_failed(m->heap)) return 1;
  for (uint32_t i = 0; i < k->in.n; i++) {
    InRef r = k->in.at[i];
    if (k->in_to[i] == NO_INDEX || (r.kind != AT_PAR && r.kind != AT_COLUMN)) continue;
    const Datum *d = r.kind == AT_PAR ? &m->L->par.at[r.a] : &k->column.at[r.a];
    if (!may_move(m->t, d)) continue;
    input[n] = i;
    datum[n++] = d;
  }
  for (uint32_t lane = 0; n && lane < k->lanes; lane++)
    if (push_lane(m, lane, input, datum, n)) return 1;
  return 0;
}

/* ---- bounds ----------------------------------------------------------------------------------------------------------------------- */

static double bound_drift(Lowered *L, const Build *k, const Datum *d, Tangent *t, uint32_t lane) {
  Drift r = drift_at(L, k, d, t, lane);
  if (!isnan(r.other) && !t->kink) t->kink = "a parameter stands at the border of a condition that decides a bound";
  return r.moved;
}

static void move_bounds(Lowered *L, const Build *k, Tangent *t, DataMove *out) {
  const Block *b = &L->problem.block[k->block];
  for (uint32_t s = 0; s < k->slot.n; s++) {
    const Slot *slot = &k->slot.at[s];
    const Datum *bound[2] = {slot->lower_col == NO_INDEX ? &slot->lower : &k->column.at[slot->lower_col],
                             slot->upper_col == NO_INDEX ? &slot->upper : &k->column.at[slot->upper_col]};
    double *to[2] = {out->lower, out->upper};
    for (int side = 0; side < 2; side++) {
      if (!may_move(t, bound[side])) continue;
      for (uint32_t lane = 0; lane < k->lanes; lane++) to[side][problem_own(b, s, lane)] = bound_drift(L, k, bound[side], t, lane);
    }
  }
}

static void bind_formals(Lowered *L, const Sym *s, const Elem *ix) {
  for (uint32_t i = 0; i < s->ndom && s->idx; i++)
    if (s->idx[i]) lower_bind(L, s->idx[i], bind_elem(ix[i]));
}

static void move_globals(Lowered *L, Tangent *t, DataMove *out) {
  Elem ix[LOWER_DIMS];
  for (uint32_t g = 0; g < L->global.n; g++) {
    const GlobalDef *d = &L->global.at[g];
    if (d->kind != GLOBAL_VARIABLE) continue;
    const Sym *s = lower_sym(L, d->sym);
    if (!tangent_moves(t, s->lower) && !tangent_moves(t, s->upper)) continue;
    lower_tuple(L->eco, s->dom, s->ndom, d->offset, ix);
    bind_formals(L, s, ix);
    if (s->lower) out->lower[g] = tangent_expr(t, &L->eval, s->lower);
    if (s->upper) out->upper[g] = tangent_expr(t, &L->eval, s->upper);
  }
}

/* What a question fixes at an expression of parameters: every instance that agrees with the indices written. */
typedef struct { const Elem *ix; uint32_t nix; double moved, *to; } Fixing;
static void fix_one(void *ctx, const Elem *ix, uint32_t n, uint32_t index) {
  Fixing *f = ctx;
  for (uint32_t i = 0; i < f->nix && i < n; i++)
    if (f->ix[i] != ELEM_NONE && f->ix[i] != ix[i]) return;
  f->to[index] = f->moved;
}

static void move_fixed(Lowered *L, const Question *q, Tangent *t, DataMove *out) {
  for (uint32_t i = 0; q && i < q->fix.n; i++) {
    const Setting *s = &q->fix.at[i];
    Elem ix[LOWER_DIMS] = {0};
    Fixing f = {ix, s->nix < LOWER_DIMS ? s->nix : LOWER_DIMS, 0, out->fixed};
    for (uint32_t k = 0; k < f.nix; k++) {
      Spot spot = s->ix[k].kind == IX_BOUND ? (Spot){0} : lower_spot(L, s->ix[k]);
      if (spot.known) ix[k] = spot.e;
      else if (s->ix[k].kind == IX_EXPR) ix[k] = eval_ix(&L->eval, s->ix[k]);
    }
    f.moved = tangent_expr(t, &L->eval, s->to);
    lowered_each(L, s->sym, fix_one, &f);
  }
}

int lowered_move(Lowered *L, const Question *q, Tangent *t, const double *x, DataMove *out) {
  Arena *heap = arena_new(NULL);
  int failed = !heap;
  for (uint32_t i = 0; i < L->build.n && !failed; i++) {
    Build *k = L->build.at[i];
    if (k->block == NO_INDEX) continue;
    Pushing m = {.L = L, .k = k, .t = t, .x = x, .out = out, .heap = heap};
    failed = push_kernel(&m);
    if (!failed) move_bounds(L, k, t, out);
  }
  if (!failed) {
    move_globals(L, t, out);
    move_fixed(L, q, t, out);
  }
  arena_free(heap);
  return failed || arena_failed(L->mem) || arena_failed(t->mem);
}
