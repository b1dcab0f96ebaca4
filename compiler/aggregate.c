/* aggregate.c: see aggregate.h. Blocks of lanes run over the long indices; a class's own unknowns are read straight from the solution. */
#include "aggregate.h"
#include "lanes.h"
#include <math.h>
#include <string.h>

enum { DEEPEST = 8 };

typedef struct {
  Results *all;
  Result *here;
  Lanes lanes;
  Elem *env;
  Eval ev;
  Economy mixed;                                        /* the file's index variables and sets with the question's agents */
  Values values;
  uint8_t lacks[LANES];                                 /* lanes that have no value */
  int loose, strict;                                    /* strict: a bare reference, which has a value only where the quantity exists */
  uint32_t depth;
} Run;

/* The lanes' positions among a class's types, where a reference's first indices are exactly its types; 0 when they are not. */
static int types_of(Run *b, const Agent *a, const Expr *ref, size_t *type) {
  if (ref->nix < a->nidx) return 0;
  memset(type, 0, sizeof *type * LANES);
  for (uint32_t i = 0; i < a->nidx; i++) {
    const Set *set = economy_set(b->here->economy, a->set[i]);
    uint32_t dim = UINT32_MAX;
    for (uint32_t k = 0; k < b->lanes.nvar; k++)
      if (ref->ix[i].kind == IX_BOUND && ref->ix[i].v == b->lanes.var[k]) dim = b->lanes.dim[k];
    for (uint32_t l = 0; l < b->lanes.n; l++) {
      Elem x = dim == UINT32_MAX ? eval_ix(&b->ev, ref->ix[i]) : b->lanes.tuple[(size_t)l * b->lanes.stride + dim];
      uint32_t pos = x == ELEM_NONE ? UINT32_MAX : set_pos(set, x);
      if (pos == UINT32_MAX) return 0;
      type[l] = type[l] * set_size(set) + pos;
    }
  }
  return 1;
}

static int is_lane(const Run *b, Ix x) {
  if (x.kind == IX_ELEM) return 0;
  if (x.kind != IX_BOUND) return 1;                     /* whatever depends on data: not read straight */
  for (uint32_t k = 0; k < b->lanes.nvar; k++)
    if (x.v == b->lanes.var[k]) return 1;
  return 0;
}

/* Own unknowns of a class without conditions on where they exist. Returns 0 where it is not of that form. */
static int own_unknowns(Run *b, const Expr *ref, const Sym *s, double *out) {
  const Agent *a = s->owner ? economy_agent(b->here->economy, s->owner) : NULL;
  Elem own[RESULT_DIMS];
  size_t type[LANES], types;
  const double *mass;
  if (!a || s->exists || ref->nix > RESULT_DIMS || ref->nix != s->ndom || !b->here->lowered || !types_of(b, a, ref, type)) return 0;
  for (uint32_t i = a->nidx; i < ref->nix; i++) {
    if (is_lane(b, ref->ix[i]) || (own[i - a->nidx] = eval_ix(&b->ev, ref->ix[i])) == ELEM_NONE) return 0;
  }
  const uint32_t *lane_of = lowered_lanes(b->here->lowered, s->owner, &types, &mass);
  uint32_t at = lowered_own(b->here->lowered, ref->sym, own, ref->nix - a->nidx);
  if (!lane_of || at == NO_INDEX) return 0;
  for (uint32_t l = 0; l < b->lanes.n; l++) {
    uint32_t lane = lane_of[type[l]];
    if (lane == NO_INDEX) b->lacks[l] = 1;
    else if (b->here->sol.loose) b->loose |= b->here->sol.loose[at + lane];
    out[l] = lane == NO_INDEX ? NAN : b->here->sol.x[at + lane];
  }
  return 1;
}

/* A definition (let, objective) with its formal indices standing for the reference's: lanes for lanes. */
static int definition(Run *b, const Expr *ref, const Sym *s, double *out) {
  uint32_t before = b->lanes.nvar;
  Elem old[RESULT_DIMS];
  if (!s->def || !s->idx || ref->nix != s->ndom || ref->nix > RESULT_DIMS || before + ref->nix > sizeof b->lanes.var / sizeof *b->lanes.var || b->depth >= DEEPEST) return 0;
  for (uint32_t i = 0; i < ref->nix; i++)
    if (s->idx[i] >= b->ev.nenv || (ref->ix[i].kind != IX_BOUND && is_lane(b, ref->ix[i]))) return 0;
  for (uint32_t i = 0; i < ref->nix; i++) {
    old[i] = b->env[s->idx[i]];
    uint32_t k = 0;
    while (k < before && !(ref->ix[i].kind == IX_BOUND && b->lanes.var[k] == ref->ix[i].v)) k++;
    if (k == before) {
      b->env[s->idx[i]] = eval_ix(&b->ev, ref->ix[i]);
      continue;
    }
    b->env[s->idx[i]] = ELEM_NONE;
    b->lanes.var[b->lanes.nvar] = s->idx[i];
    b->lanes.dim[b->lanes.nvar++] = b->lanes.dim[k];
  }
  const Economy *outer = b->values.economy;
  b->values.economy = b->here->economy;                 /* what passes wrote is in the question's own names */
  b->depth++;
  lanes_fill(&b->lanes, s->def, out);
  b->depth--;
  b->values.economy = outer;
  b->lanes.nvar = before;
  for (uint32_t i = 0; i < ref->nix; i++) b->env[s->idx[i]] = old[i];
  return 1;
}

/* References of a block of lanes to quantities of the solution. Returns 1 when the value is the same for all, 0 for each, -1 to ask one by one. */
static int refer(void *ctx, Lanes *lanes, const Expr *ref, double *out) {
  Run *b = ctx;
  const Sym *s = economy_at(b->here->economy, ref->sym);
  (void)lanes;
  if ((ref->solution && results_find(b->all, ref->solution) != b->here) || s->dropped || !b->here->solved) return -1;
  int many = 0;
  for (uint32_t i = 0; i < ref->nix; i++) many |= is_lane(b, ref->ix[i]);
  if (!many) return -1;
  if (s->kind == SYM_CHOICE || s->kind == SYM_MULT) return own_unknowns(b, ref, s, out) ? 0 : -1;
  if (s->kind == SYM_LET || s->kind == SYM_VALUE) return definition(b, ref, s, out) ? 0 : -1;
  return -1;
}

/* One by one: whatever has no value marks its lane. */
static double look(void *ctx, const Expr *ref, const Elem *ix, uint32_t n) {
  Run *b = ctx;
  Result *r = ref->solution ? results_find(b->all, ref->solution) : b->here;
  Number v = {NAN, 0, 0};
  if (r && r->values) v = b->strict && !b->depth ? result_value(r, ref->sym, ix, n, 1) : result_at(r, ref->sym, ix, n);
  b->loose |= v.loose;
  return v.known ? v.value : NAN;
}

/* The class whose masses weigh: the quantity's own; of an expression the only class whose types the long indices are, one for one. */
static const Agent *weighing(const Economy *e, const QueryItem *item, const SymId *set, uint32_t n) {
  const Agent *found = NULL;
  if (item->e->kind == E_REF) return economy_agent(e, economy_at(e, item->e->sym)->owner);
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i];
    if (a->nidx != n || memcmp(a->set, set, n * sizeof *set) != 0) continue;
    if (found) return NULL;
    found = a;
  }
  return found;
}

typedef struct { SymId set[RESULT_DIMS]; IdxId idx[RESULT_DIMS]; uint32_t n; size_t volume; } Long;

static void fill_tuples(const Economy *e, const Long *d, size_t first, uint32_t n, Elem *tuple) {
  for (uint32_t l = 0; l < n; l++) {
    size_t at = first + l;
    for (uint32_t i = d->n; i-- > 0;) {
      const Set *s = economy_set(e, d->set[i]);
      tuple[(size_t)l * d->n + i] = set_elem(s, (uint32_t)(at % set_size(s)));
      at /= set_size(s);
    }
  }
}

static void count_in(Aggregated *out, double v, double mass, double *weight) {
  if (!out->count || v < out->least) out->least = v;
  if (!out->count || v > out->most) out->most = v;
  out->count++;
  out->sum += mass * v;
  *weight += mass;
}

/* Statistics, and quantities of several solutions, are asked for one by one. */
typedef struct { Results *all; const Result *here; int singly; } Kind;
static void note_kind(void *ctx, const Expr *x) {
  Kind *k = ctx;
  k->singly |= x->kind == E_STAT || x->kind == E_NAMED || (x->kind == E_REF && x->solution && results_find(k->all, x->solution) != k->here);
}

static int is_singly(Results *all, const Result *r, const Expr *e) {
  Kind k = {all, r, 0};
  ex_walk(e, note_kind, &k);
  return k.singly;
}

static void fill_singly(Run *b, const QueryItem *item, const Long *d, const uint8_t *over, const Elem *at, double *v) {
  Elem here[RESULT_DIMS] = {0};
  for (uint32_t l = 0; l < b->lanes.n; l++) {
    uint32_t k = 0;
    for (uint32_t i = 0; i < item->free_idx.n; i++) here[i] = over[i] ? b->lanes.tuple[(size_t)l * d->n + k++] : at[i];
    Number x = query_value(b->all, item, b->here, here);
    b->loose |= x.loose;
    v[l] = x.known ? x.value : NAN;
  }
}

Aggregated aggregate_item(Results *all, const QueryItem *item, Result *r, const uint8_t *over, const Elem *at, Arena *mem) {
  const Economy *e = all->model->economy;
  Aggregated out = {0};
  Long d = {.volume = 1};
  uint32_t nenv = (e->idxs.n > r->economy->idxs.n ? e->idxs.n : r->economy->idxs.n) + 1;
  Run *b = ARENA_NEW(mem, Run);
  double *v = ARENA_ARRAY(mem, double, LANES), weight = 0;
  Elem *env = ARENA_ARRAY(mem, Elem, nenv);
  if (!b || !v || !env || !r->values) return out;
  for (uint32_t i = 0; i < item->free_idx.n; i++) {
    if (!over[i]) {
      env[item->free_idx.at[i]] = at[i];
      continue;
    }
    d.idx[d.n] = item->free_idx.at[i];
    d.set[d.n] = e->idxs.at[item->free_idx.at[i]].set;
    d.volume *= set_size(economy_set(e, d.set[d.n]));
    d.n++;
  }
  Elem *tuple = ARENA_ARRAY(mem, Elem, (size_t)LANES * (d.n + 1));
  if (!tuple || !d.n) return out;
  *b = (Run){.all = all, .here = r, .env = env, .values = *r->values};
  b->mixed = *e;
  b->mixed.agents.at = r->economy->agents.at;
  b->mixed.agents.n = r->economy->agents.n;
  b->values.economy = &b->mixed;
  b->ev = (Eval){.v = &b->values, .env = env, .nenv = nenv, .look = look, .ctx = b};
  b->lanes = lanes_new(&b->ev, mem);
  b->lanes.refer = refer;
  b->lanes.ctx = b;
  b->lanes.tuple = tuple;
  b->lanes.stride = d.n;
  int singly = is_singly(all, r, item->e);
  b->strict = item->e->kind == E_REF;
  size_t types = 0, type[LANES];
  const double *mass = NULL;
  const Agent *a = weighing(e, item, d.set, d.n);
  const uint32_t *lane_of = a && r->lowered ? lowered_lanes(r->lowered, a->sym, &types, &mass) : NULL;
  out.by_mass = lane_of && mass;
  for (size_t first = 0; first < d.volume && !arena_failed(mem); first += LANES) {
    b->lanes.n = d.volume - first < LANES ? (uint32_t)(d.volume - first) : LANES;
    b->lanes.nvar = d.n;
    for (uint32_t i = 0; i < d.n; i++) b->lanes.var[i] = d.idx[i], b->lanes.dim[i] = i, env[d.idx[i]] = ELEM_NONE;
    fill_tuples(e, &d, first, b->lanes.n, tuple);
    memset(b->lacks, 0, sizeof b->lacks);
    if (singly) fill_singly(b, item, &d, over, at, v);
    else lanes_fill(&b->lanes, item->e, v);
    if (b->strict && out.by_mass) out.by_mass = types_of(b, a, item->e, type);
    for (uint32_t l = 0; l < b->lanes.n; l++) {
      uint32_t lane = out.by_mass ? lane_of[b->strict ? type[l] : first + l] : 0;
      if (!isnan(v[l]) && !b->lacks[l] && lane != NO_INDEX) count_in(&out, v[l], out.by_mass ? mass[lane] : 1, &weight);
    }
  }
  out.mean = weight > 0 ? out.sum / weight : NAN;
  out.loose = b->loose;
  return out;
}
