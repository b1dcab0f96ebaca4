/* lower_kernel.c: the scalar expressions of a kernel into bytecode: values, sizes of terms, derivatives, the objective, the domain. */
#include "lower_internal.h"
#include <math.h>
#include <string.h>

/* ---- what a node depends on --------------------------------------------------------------------------------------------------- */

static int is_unknown(const Build *k, uint32_t input) {
  PlaceKind kind = k->in.at[input].kind;
  return kind == AT_OWN || kind == AT_GLOBAL || kind == AT_OTHER || kind == AT_GATHER;
}

void lower_claims(Lowered *L, Build *k, DagId f) {
  (void)L;
  for (uint32_t i = 0; i < k->in.n; i++)
    if (k->in.at[i].kind == AT_OWN && k->slot.at[k->in.at[i].a].role == ROLE_CHOICE && dag_depends(k->dag, f, i)) k->slot.at[k->in.at[i].a].flag |= OWN_CLAIM;
}

/* ---- domain ------------------------------------------------------------------------------------------------------------------- */

/* A walk over the outputs that notes what must stay positive, and under which guards: a term with zero weight and the branch not
 * taken ask nothing. */
typedef struct { Lowered *L; Build *k; uint8_t *unknown; Table seen; VEC(uint64_t) visit; Table guards; Table items; Arena *heap; } Walk;

static uint8_t *unknown_nodes(const Build *k, Arena *heap) {
  uint32_t n = dag_size(k->dag);
  uint8_t *u = ARENA_ARRAY(heap, uint8_t, n + 1);
  for (DagId f = 0; u && f < n; f++) {
    DagView v = dag_view(k->dag, f);
    const DagId kid[3] = {v.a, v.b, v.c};
    if (v.op == OP_IN) u[f] = (uint8_t)is_unknown(k, v.input);
    else if (v.op != OP_NUM)
      for (unsigned i = 0; i < dag_arity((uint16_t)v.op); i++) u[f] |= u[kid[i]];
  }
  return u;
}

static int same_guard(const void *ctx, uint32_t at) {
  const void *const *pair = ctx;
  const Guard *x = &((const Build *)pair[0])->guard.at[at], *y = pair[1];
  return x->g == y->g && x->parent == y->parent && x->negate == y->negate;
}

static uint32_t guard(Walk *w, uint32_t parent, DagId g, int negate) {
  for (uint32_t i = parent; i; i = w->k->guard.at[i].parent)
    if (w->k->guard.at[i].g == g && w->k->guard.at[i].negate == negate) return parent;
  Guard fresh = {g, parent, (uint8_t)negate};
  const uint32_t words[3] = {g, parent, (uint32_t)negate};
  const void *pair[2] = {w->k, &fresh};
  int added;
  uint32_t at = lower_table(w->heap, &w->guards, lower_hash(words, sizeof words), w->k->guard.n, same_guard, pair, &added);
  if (added) VEC_PUSH(w->L->mem, w->k->guard, fresh);
  return arena_failed(w->heap) || arena_failed(w->L->mem) ? 0 : at;
}

static int same_visit(const void *ctx, uint32_t at) {
  const void *const *pair = ctx;
  return ((const Walk *)pair[0])->visit.at[at] == *(const uint64_t *)pair[1];
}

static int first_visit(Walk *w, DagId f, uint32_t g) {
  uint64_t both = (uint64_t)f << 32 | g;
  const void *pair[2] = {w, &both};
  int added;
  lower_table(w->heap, &w->seen, lower_hash(&both, sizeof both), w->visit.n, same_visit, pair, &added);
  if (added) VEC_PUSH(w->heap, w->visit, both);
  return added;
}

static int same_item(const void *ctx, uint32_t at) {
  const void *const *pair = ctx;
  const DomainItem *x = &((const Build *)pair[0])->domain.at[at], *y = pair[1];
  return x->f == y->f && x->guard == y->guard;
}

static void add_item(Walk *w, DagId f, uint32_t g) {
  DomainItem fresh = {f, g};
  const uint32_t words[2] = {f, g};
  const void *pair[2] = {w->k, &fresh};
  int added;
  lower_table(w->heap, &w->items, lower_hash(words, sizeof words), w->k->domain.n, same_item, pair, &added);
  if (added) VEC_PUSH(w->L->mem, w->k->domain, fresh);
}

static int nonnegative_bound(const Expr *e) { return e && e->kind == E_NUM && e->num >= 0.0; }

/* A price is, where its market clears with free disposal; the price of a claim has any sign. */
static int nonnegative_symbol(const Lowered *L, SymId sym) {
  const Sym *s = lower_sym(L, sym);
  if (s->kind != SYM_PRICE) return nonnegative_bound(s->lower);
  for (uint32_t m = 0; m < L->eco->markets.n; m++)
    if (!L->eco->markets.at[m].dropped && ((L->eco->markets.at[m].price == sym && L->eco->markets.at[m].equality) || L->eco->markets.at[m].rights == sym)) return 0;
  return 1;
}

/* An unknown that its bounds already keep at or above zero. */
static int nonnegative_input(const Walk *w, uint32_t input) {
  InRef r = w->k->in.at[input];
  const Lowered *L = w->L;
  switch (r.kind) {
    case AT_OWN: return nonnegative_symbol(L, w->k->slot.at[r.a].sym) || w->k->slot.at[r.a].role == ROLE_INEQUALITY;
    case AT_OTHER: return nonnegative_symbol(L, L->build.at[r.a]->slot.at[r.b].sym);
    case AT_GLOBAL: return L->global.at[r.a].sym && nonnegative_symbol(L, L->global.at[r.a].sym);
    case AT_GATHER: return w->k->index.at[r.a].kind == INDEX_REF && nonnegative_symbol(L, w->k->index.at[r.a].sym);
    case AT_PAR:
    case AT_COLUMN:
    case AT_MISSING: break;
  }
  return 0;
}

/* A product of powers of parameters and of unknowns that are never negative: positive exactly where each unknown is. */
static int is_monomial(const Walk *w, DagId f) {
  if (!w->unknown[f]) return 1;
  DagView v = dag_view(w->k->dag, f);
  switch (v.op) {
    case OP_IN: return nonnegative_input(w, v.input);
    case OP_MUL:
    case OP_DIV: return is_monomial(w, v.a) && is_monomial(w, v.b);
    case OP_POW: return is_monomial(w, v.a) && !w->unknown[v.b];
    case OP_SQRT: return is_monomial(w, v.a);
    default: return 0;
  }
}

static void monomial_items(Walk *w, DagId f, uint32_t g) {
  if (!w->unknown[f]) return;
  DagView v = dag_view(w->k->dag, f);
  if (v.op == OP_IN) {
    add_item(w, f, g);
    return;
  }
  monomial_items(w, v.a, g);
  if (v.op == OP_MUL || v.op == OP_DIV) monomial_items(w, v.b, g);
}

/* Whether f is a sum, product or power of unknowns that are never negative and of data; *data is then also whether these are not
 * (a program of parameters, times what it was). */
static int never_negative(const Walk *w, DagId f, DagId *data) {
  Dag *g = w->k->dag;
  if (!w->unknown[f]) {
    *data = dag_op(g, OP_MUL, *data, dag_op(g, OP_LESSEQ, dag_num(g, 0.0), f, 0), 0);
    return 1;
  }
  DagView v = dag_view(g, f);
  switch (v.op) {
    case OP_IN: return nonnegative_input(w, v.input);
    case OP_ADD:
    case OP_MUL:
    case OP_DIV:
    case OP_WEIGH: return never_negative(w, v.a, data) && never_negative(w, v.b, data);
    case OP_POW: return never_negative(w, v.a, data);
    case OP_SEL: return !w->unknown[v.a] && never_negative(w, v.b, data) && never_negative(w, v.c, data);
    case OP_SQRT:
    case OP_EXP: return 1;
    default: return 0;
  }
}

/* A denominator of any sign only has to differ from zero; one that is never negative has a pole at its zero, beyond which it has no meaning. */
static void must_be_positive(Walk *w, DagId f, uint32_t g, int denominator) {
  if (!w->unknown[f]) return;
  DagId data = dag_num(w->k->dag, 1.0);
  double all;
  if (is_monomial(w, f)) monomial_items(w, f, g);
  else if (!denominator) add_item(w, f, g);
  else if (!never_negative(w, f, &data)) return;
  else if (!dag_is_num(w->k->dag, data, &all)) add_item(w, f, guard(w, g, data, 0));
  else if (all > 0.0) add_item(w, f, g);
}

/* The guards of a power whose exponent is data: nothing is asked where it is zero or one (linear utility among curved ones). */
static uint32_t curved(Walk *w, DagId exponent, uint32_t g) {
  double e;
  if (w->unknown[exponent] || dag_is_num(w->k->dag, exponent, &e)) return g;
  return guard(w, guard(w, g, exponent, 0), dag_op(w->k->dag, OP_EQ, exponent, dag_num(w->k->dag, 1.0), 0), 1);
}

static void walk(Walk *w, DagId f, uint32_t g) {
  if (!w->unknown[f] || !dag_partial(w->k->dag, f) || !first_visit(w, f, g)) return;
  if (arena_failed(w->heap) || arena_failed(w->L->mem)) return;
  DagView v = dag_view(w->k->dag, f);
  double e;
  switch (v.op) {
    case OP_LOG:
    case OP_SQRT: must_be_positive(w, v.a, g, 0); break;
    case OP_DIV: must_be_positive(w, v.b, g, 1); break;
    case OP_POW:
      if (!(dag_is_num(w->k->dag, v.b, &e) && e >= 0.0 && floor(e) == e)) must_be_positive(w, v.a, curved(w, v.b, g), 0);
      break;
    case OP_WEIGH:
      if (!w->unknown[v.a]) {
        walk(w, v.b, guard(w, g, v.a, 0));
        return;
      }
      break;
    case OP_SEL:
      walk(w, v.b, guard(w, g, v.a, 0));
      walk(w, v.c, guard(w, g, v.a, 1));
      return;
    default: break;
  }
  const DagId kid[3] = {v.a, v.b, v.c};
  for (unsigned i = 0; i < dag_arity((uint16_t)v.op); i++) walk(w, kid[i], g);
}

/* Two items that differ only in the last guard, once as it is and once negated, are one item without it; an item that an unguarded
 * one implies is dropped. */
static void merge_items(Build *k) {
  for (int changed = 1; changed;) {
    changed = 0;
    for (uint32_t i = 0; i < k->domain.n; i++)
      for (uint32_t j = 0; j < k->domain.n; j++) {
        DomainItem *x = &k->domain.at[i], *y = &k->domain.at[j];
        if (i == j || x->f != y->f) continue;
        const Guard *gx = &k->guard.at[x->guard], *gy = &k->guard.at[y->guard];
        int opposite = x->guard && y->guard && gx->g == gy->g && gx->parent == gy->parent && gx->negate != gy->negate;
        if (opposite) x->guard = gx->parent;
        else if (x->guard && x->guard != y->guard) continue;
        k->domain.at[j] = k->domain.at[--k->domain.n];
        changed = 1;
        break;
      }
  }
}

static DagId guarded(Build *k, const DomainItem *d) {
  DagId f = d->f, one = dag_num(k->dag, 1.0);
  for (uint32_t g = d->guard; g; g = k->guard.at[g].parent) {
    const Guard *x = &k->guard.at[g];
    f = x->negate ? dag_op(k->dag, OP_SEL, x->g, one, f) : dag_op(k->dag, OP_SEL, x->g, f, one);
  }
  return f;
}

static int emit_domain(Lowered *L, Build *k, const DagId *out, uint32_t n) {
  Arena *heap = arena_new(NULL);
  if (!heap) return 1;
  Walk w = {.L = L, .k = k, .heap = heap};
  w.unknown = unknown_nodes(k, heap);
  if (w.unknown) {
    for (uint32_t i = 0; i < n; i++) walk(&w, out[i], 0);
    if (k->has_goal) walk(&w, k->goal, 0);
    merge_items(k);
  }
  int failed = arena_failed(heap) || arena_failed(L->mem);
  arena_free(heap);
  DagId *f = failed ? NULL : ARENA_ARRAY(L->mem, DagId, k->domain.n + 1);
  if (!f) return 1;
  for (uint32_t i = 0; i < k->domain.n; i++) f[i] = guarded(k, &k->domain.at[i]);
  return dag_emit(k->dag, f, k->domain.n, L->mem, &k->kernel.domain);
}

/* ---- programs ----------------------------------------------------------------------------------------------------------------- */

static int emit_jacobian(Lowered *L, Build *k, const DagId *out, uint32_t n) {
  VEC(DagId) d = {0};
  VEC(Entry) entry = {0};
  for (uint32_t i = 0; i < k->in.n; i++) {
    if (!is_unknown(k, i)) continue;
    for (uint32_t o = 0; o < n; o++) {
      DagId f = dag_diff(k->dag, out[o], i);
      if (!f) continue;
      VEC_PUSH(L->mem, d, f);
      VEC_PUSH(L->mem, entry, (Entry){o, i});
    }
  }
  if (arena_failed(L->mem)) return 1;
  k->kernel.entry = entry.at;
  k->kernel.nentry = entry.n;
  return dag_emit(k->dag, d.at, d.n, L->mem, &k->kernel.jac);
}

static int emit_goal(Lowered *L, Build *k) {
  if (!k->has_goal) return 0;
  DagId *out = ARENA_ARRAY(L->mem, DagId, k->slot.n + 1);
  DagId *grad = ARENA_ARRAY(L->mem, DagId, k->in.n + 1);
  uint32_t *in = ARENA_ARRAY(L->mem, uint32_t, k->in.n + 1), n = 0;
  if (arena_failed(L->mem)) return 1;
  out[0] = k->goal;
  for (uint32_t s = 0; s < k->slot.n; s++) out[s + 1] = k->slot.at[s].weight;
  for (uint32_t i = 0; i < k->in.n; i++) {
    if (k->in.at[i].kind != AT_OWN || k->in.at[i].given) continue;
    DagId f = dag_diff(k->dag, k->goal, i);
    if (!f) continue;
    grad[n] = f;
    in[n++] = i;
  }
  k->kernel.goal_in = in;
  k->kernel.ngoal_in = n;
  return dag_emit(k->dag, out, k->slot.n + 1, L->mem, &k->kernel.goal) || dag_emit(k->dag, grad, n, L->mem, &k->kernel.goal_grad);
}

static void note_used(const Prog *p, uint8_t *used) {
  for (uint32_t i = 0; i < p->n; i++)
    if (p->ins[i].op == OP_IN) used[p->ins[i].a] = 1;
}

static void renumber(Prog *p, const uint32_t *to) {
  for (uint32_t i = 0; i < p->n; i++)
    if (p->ins[i].op == OP_IN) p->ins[i].a = to[p->ins[i].a];
}

static void report_missing(Lowered *L, const Build *k, const uint8_t *used) {
  for (uint32_t i = 0; i < k->in.n; i++)
    if (used[i] && k->in.at[i].kind == AT_MISSING)
      diag_add(L->cc, SEV_ERROR, "lower.missing", L->missing_at.at[k->in.at[i].a], "`%s` stands here, but nothing determines it: it has no value there", L->missing.at[k->in.at[i].a]);
}

/* Inputs that simplification removed are left out; the rest keep their order. */
static int keep_used_inputs(Lowered *L, Build *k) {
  Kernel *z = &k->kernel;
  Prog *all[] = {&z->value, &z->terms, &z->jac, &z->goal, &z->goal_grad, &z->domain};
  uint8_t *used = ARENA_ARRAY(L->mem, uint8_t, k->in.n + 1);
  k->in_to = ARENA_ARRAY(L->mem, uint32_t, k->in.n + 1);
  z->in = ARENA_ARRAY(L->mem, Input, k->in.n + 1);
  if (arena_failed(L->mem)) return 1;
  for (unsigned i = 0; i < sizeof all / sizeof *all; i++) note_used(all[i], used);
  for (uint32_t e = 0; e < z->nentry; e++) used[z->entry[e].in] = 1;
  for (uint32_t g = 0; g < z->ngoal_in; g++) used[z->goal_in[g]] = 1;
  report_missing(L, k, used);
  for (uint32_t i = 0; i < k->in.n; i++) k->in_to[i] = used[i] ? z->nin++ : NO_INDEX;
  for (unsigned i = 0; i < sizeof all / sizeof *all; i++) renumber(all[i], k->in_to);
  for (uint32_t e = 0; e < z->nentry; e++) z->entry[e].in = k->in_to[z->entry[e].in];
  for (uint32_t g = 0; g < z->ngoal_in; g++) z->goal_in[g] = k->in_to[z->goal_in[g]];
  return 0;
}

static int emit_slots(Lowered *L, Build *k) {
  Kernel *z = &k->kernel;
  uint32_t n = z->nown = k->slot.n;
  z->role = ARENA_ARRAY(L->mem, uint8_t, n + 1);
  z->flag = ARENA_ARRAY(L->mem, uint8_t, n + 1);
  z->lower = ARENA_ARRAY(L->mem, double, n + 1);
  z->upper = ARENA_ARRAY(L->mem, double, n + 1);
  z->lower_col = ARENA_ARRAY(L->mem, uint32_t, n + 1);
  z->upper_col = ARENA_ARRAY(L->mem, uint32_t, n + 1);
  z->share = ARENA_ARRAY(L->mem, Share, k->share.n + 1);
  z->nshare = k->share.n;
  if (arena_failed(L->mem)) return 1;
  for (uint32_t s = 0; s < n; s++) {
    z->role[s] = (uint8_t)k->slot.at[s].role;
    z->flag[s] = k->slot.at[s].flag;
    z->lower_col[s] = k->slot.at[s].lower_col;
    z->upper_col[s] = k->slot.at[s].upper_col;
  }
  return 0;
}

static int emit_build(Lowered *L, Build *k) {
  uint32_t n = k->slot.n + k->share.n;
  DagId *out = ARENA_ARRAY(L->mem, DagId, n + 1), *terms = ARENA_ARRAY(L->mem, DagId, n + 1);
  if (arena_failed(L->mem)) return 1;
  for (uint32_t i = 0; i < n; i++) {
    out[i] = i < k->slot.n ? k->slot.at[i].row : k->share.at[i - k->slot.n].f;
    terms[i] = dag_terms(k->dag, out[i]);
  }
  Kernel *z = &k->kernel;
  return emit_slots(L, k) || dag_emit(k->dag, out, n, L->mem, &z->value) || dag_emit(k->dag, terms, n, L->mem, &z->terms) ||
         emit_jacobian(L, k, out, n) || emit_goal(L, k) || emit_domain(L, k, out, n) || keep_used_inputs(L, k);
}

/* ---- layout ------------------------------------------------------------------------------------------------------------------- */

static void place_inputs(Lowered *L, Build *k) {
  for (uint32_t i = 0; i < k->in.n; i++) {
    if (k->in_to[i] == NO_INDEX) continue;
    InRef r = k->in.at[i];
    Input *to = &k->kernel.in[k->in_to[i]];
    switch (r.kind) {
      case AT_OWN: *to = (Input){r.given ? IN_GIVEN : IN_OWN, r.a}; break;
      case AT_PAR: *to = (Input){IN_PAR, r.a}; break;
      case AT_COLUMN: *to = (Input){IN_COLUMN, r.a}; break;
      case AT_GATHER: *to = (Input){IN_GATHER, r.a}; break;
      case AT_GLOBAL: *to = (Input){IN_X, r.a}; break;
      case AT_OTHER: *to = (Input){IN_X, problem_own(&L->problem.block[L->build.at[r.a]->block], r.b, r.c)}; break;
      case AT_MISSING: break;
    }
  }
  for (uint32_t s = 0; s < k->share.n; s++) {
    ShareDef d = k->share.at[s];
    k->kernel.share[s] = (Share){d.kind == TO_CHECK ? L->problem.nglobal + d.a : d.a, d.kind == TO_INDEX};
  }
}

static int block_memory(Lowered *L, const Build *k, Block *b) {
  b->column = ARENA_ARRAY(L->mem, double *, k->column.n + 1);
  b->index = ARENA_ARRAY(L->mem, uint32_t *, k->index.n + 1);
  if (arena_failed(L->mem)) return 1;
  b->ncolumn = k->column.n;
  b->nindex = k->index.n;
  for (uint32_t c = 0; c < k->column.n; c++) b->column[c] = ARENA_ARRAY(L->mem, double, k->lanes);
  for (uint32_t c = 0; c < k->index.n; c++) b->index[c] = ARENA_ARRAY(L->mem, uint32_t, k->lanes);
  if (k->agent) b->mass = ARENA_ARRAY(L->mem, double, k->lanes);
  return arena_failed(L->mem);
}

static int layout(Lowered *L) {
  Problem *p = &L->problem;
  *p = (Problem){.kind = P_MCP, .nglobal = L->global.n, .ncheck = L->check.n, .npar = L->par.n, .mem = L->mem};
  p->global = ARENA_ARRAY(L->mem, Global, p->nglobal + 1);
  p->check = ARENA_ARRAY(L->mem, Check, p->ncheck + 1);
  p->block = ARENA_ARRAY(L->mem, Block, L->build.n + 1);
  p->par = ARENA_ARRAY(L->mem, double, p->npar + 1);
  if (arena_failed(L->mem)) return 1;
  uint64_t at = p->nglobal;
  for (uint32_t i = 0; i < L->build.n; i++) {
    Build *k = L->build.at[i];
    if (!k->lanes || !(k->slot.n + k->share.n)) continue;
    k->block = p->nblock;
    Block *b = &p->block[p->nblock++];
    *b = (Block){.k = &k->kernel, .lanes = k->lanes, .base = (uint32_t)at};
    at += (uint64_t)k->slot.n * k->lanes;
    if (at >= INT32_MAX) {
      diag_add(L->cc, SEV_ERROR, "lower.size", k->agent ? k->agent->at : 0, "the model has too many unknowns");
      return 1;
    }
    if (block_memory(L, k, b)) return 1;
  }
  p->nx = (uint32_t)at;
  return 0;
}

static void fixed_fields(Lowered *L) {
  Problem *p = &L->problem;
  for (uint32_t i = 0; i < p->nglobal; i++) p->global[i] = (Global){L->global.at[i].kind, -INFINITY, INFINITY, L->global.at[i].flag};
  for (uint32_t i = 0; i < p->ncheck; i++) {
    const Market *m = &L->eco->markets.at[L->check.at[i].market];
    p->check[i] = (Check){L->check.at[i].price, m->equality, m->from == MARKET_IMPLIED, 0};
  }
}

int lower_emit(Lowered *L) {
  for (uint32_t i = 0; i < L->build.n; i++) {
    Build *k = L->build.at[i];
    if (k->lanes && k->slot.n + k->share.n && emit_build(L, k)) return 1;
  }
  if (layout(L)) return 1;
  for (uint32_t i = 0; i < L->build.n; i++)
    if (L->build.at[i]->block != NO_INDEX) place_inputs(L, L->build.at[i]);
  fixed_fields(L);
  if (lower_exchanges(L)) return 1;
  L->problem.names = lower_names(L);
  return arena_failed(L->mem);
}
