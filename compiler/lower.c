/* lower.c: the layout of unknowns and the order of work. Which unknowns exist is decided by sets and indices alone, never by data. */
#include "lower_internal.h"
#include <math.h>
#include <string.h>

/* ---- tables and tuples -------------------------------------------------------------------------------------------------------- */

uint64_t lower_hash(const void *at, size_t n) {
  const unsigned char *c = at;
  uint64_t h = 0xcbf29ce484222325u;
  for (size_t i = 0; i < n; i++) h = (h ^ c[i]) * 0x100000001b3u;
  return h ^ (h >> 29);
}

static int table_grow(Arena *mem, Table *t) {
  Table more = {.cap = t->cap ? t->cap * 2 : 64, .n = t->n};
  more.hash = ARENA_ARRAY(mem, uint64_t, more.cap);
  more.at = ARENA_ARRAY(mem, uint32_t, more.cap);
  if (!more.hash || !more.at) return 1;
  for (uint32_t i = 0; i < t->cap; i++) {
    if (!t->at[i]) continue;
    uint64_t j = t->hash[i] & (more.cap - 1);
    while (more.at[j]) j = (j + 1) & (more.cap - 1);
    more.hash[j] = t->hash[i];
    more.at[j] = t->at[i];
  }
  *t = more;
  return 0;
}

uint32_t lower_table(Arena *mem, Table *t, uint64_t hash, uint32_t fresh, int (*equal)(const void *, uint32_t), const void *ctx, int *added) {
  *added = 0;
  if (t->n * 2 >= t->cap && table_grow(mem, t)) return 0;
  uint64_t j = hash & (t->cap - 1);
  for (; t->at[j]; j = (j + 1) & (t->cap - 1))
    if (t->hash[j] == hash && equal(ctx, t->at[j] - 1)) return t->at[j] - 1;
  t->hash[j] = hash;
  t->at[j] = fresh + 1;
  t->n++;
  *added = 1;
  return fresh;
}

size_t lower_volume(const Economy *e, const SymId *set, uint32_t n) {
  size_t v = 1;
  for (uint32_t i = 0; i < n; i++) v *= set_size(economy_set(e, set[i]));
  return v;
}

size_t lower_offset(const Economy *e, const SymId *set, const Elem *ix, uint32_t n) {
  size_t at = 0;
  for (uint32_t i = 0; i < n; i++) {
    const Set *s = economy_set(e, set[i]);
    uint32_t pos = ix[i] == ELEM_NONE ? UINT32_MAX : set_pos(s, ix[i]);
    if (pos == UINT32_MAX) return SIZE_MAX;
    at = at * set_size(s) + pos;
  }
  return at;
}

void lower_tuple(const Economy *e, const SymId *set, uint32_t n, size_t offset, Elem *out) {
  for (uint32_t i = n; i-- > 0;) {
    const Set *s = economy_set(e, set[i]);
    out[i] = set_elem(s, (uint32_t)(offset % set_size(s)));
    offset /= set_size(s);
  }
}

const Sym *lower_sym(const Lowered *L, SymId s) { return &L->eco->syms.at[s]; }

Build *lower_build_new(Lowered *L, const char *name) {
  Build *k = ARENA_NEW(L->mem, Build);
  if (!k || !(k->dag = dag_new(L->mem))) return NULL;
  k->name = name;
  k->id = L->build.n;
  k->block = NO_INDEX;
  k->lanes = 1;
  VEC_PUSH(L->mem, k->guard, (Guard){0});
  VEC_PUSH(L->mem, L->build, k);
  return arena_failed(L->mem) ? NULL : k;
}

/* ---- globals ------------------------------------------------------------------------------------------------------------------ */

uint32_t lower_add_global(Lowered *L, GlobalDef g) {
  VEC_PUSH(L->mem, L->global, g);
  return L->global.n - 1;
}

uint32_t lower_global_of(Lowered *L, SymId sym, size_t offset, GlobalKind kind) {
  Place *p = &L->place[sym];
  if (p->where == PLACE_OWN) return NO_INDEX;
  if (p->where == PLACE_NONE) {
    size_t n = lower_volume(L->eco, lower_sym(L, sym)->dom, lower_sym(L, sym)->ndom);
    *p = (Place){PLACE_GLOBAL, 0, ARENA_ARRAY(L->mem, uint32_t, n + 1), n, 0};
    if (!p->at) return NO_INDEX;
    for (size_t i = 0; i < n; i++) p->at[i] = NO_INDEX;
  }
  if (offset >= p->volume) return NO_INDEX;
  if (p->at[offset] == NO_INDEX) p->at[offset] = lower_add_global(L, (GlobalDef){.kind = kind, .sym = sym, .offset = offset});
  return p->at[offset];
}

/* ---- classes ------------------------------------------------------------------------------------------------------------------ */

static const char *text_of(const Lowered *L, Str s) { return str_text(L->cc->strs, s); }

static const uint8_t *kept_types(Lowered *L, const Agent *a, Arena *heap) {
  if (!a->only || a->nidx != 1) return NULL;
  const Set *s = economy_set(L->eco, a->set[0]);
  uint8_t *kept = ARENA_ARRAY(heap, uint8_t, set_size(s) + 1);
  for (uint32_t i = 0; kept && i < a->nonly; i++) {
    uint32_t pos = set_pos(s, a->only[i]);
    if (pos != UINT32_MAX) kept[pos] = 1;
  }
  return kept;
}

static int dimension(Lowered *L, Build *k, const SymId *set, const IdxId *idx, uint32_t n) {
  k->ndim = n;
  k->set = ARENA_ARRAY(L->mem, SymId, n + 1);
  k->dim = ARENA_ARRAY(L->mem, const char *, n + 1);
  if (arena_failed(L->mem)) return 1;
  for (uint32_t d = 0; d < n; d++) {
    k->set[d] = set[d];
    k->dim[d] = text_of(L, L->eco->idxs.at[idx[d]].name);
  }
  return 0;
}

static int class_lanes(Lowered *L, Build *k, const Agent *a, Arena *heap) {
  if (dimension(L, k, a->set, a->idx, a->nidx)) return 1;
  k->volume = lower_volume(L->eco, a->set, a->nidx);
  if (k->volume > UINT32_MAX / 4) {
    diag_add(L->cc, SEV_ERROR, "lower.size", a->at, "the class `%s` has too many types", k->name);
    return 1;
  }
  k->lane_of = ARENA_ARRAY(L->mem, uint32_t, k->volume + 1);
  k->tuple = ARENA_ARRAY(L->mem, Elem, k->volume * a->nidx + 1);
  const uint8_t *kept = kept_types(L, a, heap);
  if (arena_failed(L->mem) || arena_failed(heap)) return 1;
  k->lanes = 0;
  for (size_t t = 0; t < k->volume; t++) {
    k->lane_of[t] = NO_INDEX;
    if (a->gone || (kept && !kept[t])) continue;
    lower_tuple(L->eco, a->set, a->nidx, t, k->tuple + (size_t)k->lanes * a->nidx);
    k->lane_of[t] = k->lanes++;
  }
  return 0;
}

static int place_own(Lowered *L, const Build *k, SymId sym) {
  Place *p = &L->place[sym];
  if (p->where == PLACE_OWN) return 0;
  const Sym *s = lower_sym(L, sym);
  uint32_t first = k->agent->nidx;
  size_t n = lower_volume(L->eco, s->dom + first, s->ndom - first);
  *p = (Place){PLACE_OWN, k->id, ARENA_ARRAY(L->mem, uint32_t, n + 1), n, first};
  if (!p->at) return 1;
  for (size_t i = 0; i < n; i++) p->at[i] = NO_INDEX;
  return 0;
}

/* A policy agent's choice is decided by an equation, which must hold whatever the choice's bounds. */
static uint8_t exact(const Build *k, uint32_t condition) {
  if (k->agent->value || condition == UINT32_MAX) return 0;
  int constraint = k->agent->conditions.at[condition].constraint;
  return constraint >= 0 && k->agent->constraints.at[constraint].sense == C_EQ ? OWN_EXACT : 0;
}

static int add_slot(Lowered *L, Build *k, SymId sym, const Elem *own, uint32_t condition) {
  const Sym *s = lower_sym(L, sym);
  Place *p = &L->place[sym];
  size_t at = lower_offset(L->eco, s->dom + p->first, own, s->ndom - p->first);
  if (at >= p->volume || p->at[at] != NO_INDEX) return 0;
  uint32_t n = s->ndom - p->first;
  Elem *copy = ARENA_ARRAY(L->mem, Elem, n + 1);
  if (!copy) return 1;
  if (n) memcpy(copy, own, n * sizeof *copy);
  p->at[at] = k->slot.n;
  VEC_PUSH(L->mem, k->slot, (Slot){.sym = sym, .own = copy, .nown = n, .condition = condition, .flag = exact(k, condition), .lower_col = NO_INDEX, .upper_col = NO_INDEX});
  return arena_failed(L->mem);
}

/* The slots of one condition: its perpendicular unknown, wherever the condition is not ruled out by indices alone. */
static int condition_slots(Lowered *L, Build *k, uint32_t ci) {
  const Condition *c = &k->agent->conditions.at[ci];
  SymId set[LOWER_DIMS];
  Elem own[LOWER_DIMS];
  for (uint32_t i = 0; i < c->nbinds; i++) set[i] = L->eco->idxs.at[c->binds[i]].set;
  size_t n = lower_volume(L->eco, set, c->nbinds);
  if (place_own(L, k, c->sym)) return 1;
  for (size_t t = 0; t < n; t++) {
    lower_tuple(L->eco, set, c->nbinds, t, own);
    for (uint32_t i = 0; i < c->nbinds; i++) lower_bind(L, c->binds[i], bind_elem(own[i]));
    int yes;
    if ((!lower_decided(L, c->cond, &yes) || yes) && add_slot(L, k, c->sym, own, ci)) return 1;
  }
  for (uint32_t i = 0; i < c->nbinds; i++) lower_bind(L, c->binds[i], (Bind){0});
  return 0;
}

/* A choice without a condition: of a policy agent it is a variable that some equation determines, else it is free of all conditions. */
static int unconditioned(Lowered *L, Build *k, SymId sym) {
  const Sym *s = lower_sym(L, sym);
  if (!k->agent->value) {
    for (size_t i = 0, n = lower_volume(L->eco, s->dom, s->ndom); i < n; i++) lower_global_of(L, sym, i, GLOBAL_VARIABLE);
    return arena_failed(L->mem);
  }
  if (place_own(L, k, sym)) return 1;
  Elem own[LOWER_DIMS];
  uint32_t first = k->agent->nidx;
  for (size_t i = 0; i < L->place[sym].volume; i++) {
    lower_tuple(L->eco, s->dom + first, s->ndom - first, i, own);
    if (add_slot(L, k, sym, own, UINT32_MAX)) return 1;
  }
  return 0;
}

static int too_many_indices(Lowered *L, const Agent *a) {
  for (uint32_t c = 0; c < a->conditions.n; c++)
    if (a->conditions.at[c].nbinds > LOWER_DIMS || lower_sym(L, a->conditions.at[c].sym)->ndom > LOWER_DIMS) {
      diag_add(L->cc, SEV_ERROR, "lower.indices", a->conditions.at[c].at, "a condition with more than %d indices is not supported", LOWER_DIMS);
      return 1;
    }
  return 0;
}

static int class_slots(Lowered *L, Build *k) {
  const Agent *a = k->agent;
  if (too_many_indices(L, a)) return 1;
  for (uint32_t d = 0; d < a->nidx; d++) lower_bind(L, a->idx[d], bind_lane(d));
  for (uint32_t i = 0; i < a->choices.n; i++) {
    SymId sym = a->choices.at[i];
    if (lower_sym(L, sym)->dropped) continue;
    int any = 0;
    for (uint32_t c = 0; c < a->conditions.n; c++)
      if (a->conditions.at[c].sym == sym) {
        any = 1;
        if (condition_slots(L, k, c)) return 1;
      }
    if (!any && unconditioned(L, k, sym)) return 1;
  }
  for (uint32_t c = 0; c < a->conditions.n; c++)
    if (lower_sym(L, a->conditions.at[c].sym)->kind == SYM_MULT && condition_slots(L, k, c)) return 1;
  for (uint32_t d = 0; d < a->nidx; d++) lower_bind(L, a->idx[d], (Bind){0});
  return 0;
}

static int classes(Lowered *L) {
  Arena *heap = arena_new(NULL);
  if (!heap) return 1;
  int failed = 0;
  for (uint32_t i = 0; i < L->eco->agents.n && !failed; i++) {
    const Agent *a = &L->eco->agents.at[i];
    Build *k = lower_build_new(L, text_of(L, lower_sym(L, a->sym)->name));
    if (!k) { failed = 1; break; }
    k->agent = a;
    L->class_of[a->sym] = k->id;
    failed = class_lanes(L, k, a, heap) || (!a->gone && class_slots(L, k));
  }
  arena_free(heap);
  return failed || arena_failed(L->mem);
}

/* ---- families of markets, equations, normalisations --------------------------------------------------------------------------- */

static Family *family_new(Lowered *L, Family f, Origin at) {
  if (f.nbinds > LOWER_DIMS) {
    diag_add(L->cc, SEV_ERROR, "lower.indices", at, "a condition with more than %d indices is not supported", LOWER_DIMS);
    return NULL;
  }
  f.set = ARENA_ARRAY(L->mem, SymId, f.nbinds + 1);
  if (!f.set) return NULL;
  for (uint32_t i = 0; i < f.nbinds; i++) f.set[i] = L->eco->idxs.at[f.binds[i]].set;
  f.volume = lower_volume(L->eco, f.set, f.nbinds);
  f.target = ARENA_ARRAY(L->mem, uint32_t, f.volume + 1);
  f.check = ARENA_ARRAY(L->mem, uint32_t, f.volume + 1);
  if (arena_failed(L->mem)) return NULL;
  for (size_t i = 0; i < f.volume; i++) f.target[i] = f.check[i] = NO_INDEX;
  VEC_PUSH(L->mem, L->family, f);
  return arena_failed(L->mem) ? NULL : &L->family.at[L->family.n - 1];
}

/* Binds the family's variables to its t-th tuple; 0 when indices alone rule the instance out. */
static int instance(Lowered *L, const Family *f, size_t t, Elem *at) {
  lower_tuple(L->eco, f->set, f->nbinds, t, at);
  for (uint32_t i = 0; i < f->nbinds; i++) lower_bind(L, f->binds[i], bind_elem(at[i]));
  int yes;
  return !lower_decided(L, f->cond, &yes) || yes;
}

static void unbind(Lowered *L, const Family *f) {
  for (uint32_t i = 0; i < f->nbinds; i++) lower_bind(L, f->binds[i], (Bind){0});
}

static void claim_row(Lowered *L, uint32_t g, const Family *f, size_t t, uint32_t flag) {
  if (g == NO_INDEX || arena_failed(L->mem)) return;
  GlobalDef *d = &L->global.at[g];
  d->row = f->row;
  d->owner = f->owner;
  d->row_offset = t;
  d->flag |= flag;
}

/* What a market's row receives from one normalisation: its slack, wherever (cond; NULL: everywhere) the normalisation names the price. */
typedef struct { Lowered *L; const Market *m; const Normalisation *z; const Expr *slack, *cond; int always; } SlackShare;

/* The slack's instance for a reference to the market's price: its index variables stand at the price's indices, or else are found by set. */
static const Expr *slack_at(Lowered *L, const Market *m, const Normalisation *z, const Expr *ref) {
  const Sym *s = lower_sym(L, z->slack);
  Ix ix[LOWER_DIMS];
  for (uint32_t j = 0; j < s->ndom && j < LOWER_DIMS; j++) {
    int nodes = economy_set(L->eco, s->dom[j])->is_nodes;
    uint32_t found = NO_INDEX;
    for (uint32_t i = 0; i < m->nbinds; i++) {
      SymId set = L->eco->idxs.at[m->binds[i]].set;
      if (i < ref->nix && ref->ix[i].kind == IX_BOUND && ref->ix[i].v == z->binds[j]) {
        found = i;
        break;
      }
      if (set == s->dom[j] || (nodes && economy_set(L->eco, set)->is_nodes)) found = i;
    }
    if (found == NO_INDEX) return NULL;
    ix[j] = ix_bound(m->binds[found]);
  }
  return ex_ref(L->mem, m->at, z->slack, ix, s->ndom);
}

/* A normalisation of one instance of a price (px[yen]) enters that instance's market alone. */
static void add_reference(void *ctx, const Expr *ref) {
  SlackShare *s = ctx;
  Lowered *L = s->L;
  const Expr *cond = NULL;
  if (ref->kind != E_REF || ref->sym != s->m->price) return;
  const Expr *slack = slack_at(L, s->m, s->z, ref);
  if (!slack) return;
  if (!s->slack) s->slack = slack;
  for (uint32_t i = 0; i < ref->nix && i < s->m->nbinds; i++) {
    if (ref->ix[i].kind != IX_ELEM) continue;
    const Expr *here = ex_eq_ix(L->mem, s->m->at, ix_bound(s->m->binds[i]), ref->ix[i]);
    cond = cond ? ex_node(L->mem, s->m->at, E_AND, (const Expr *const[]){cond, here}, 2) : here;
  }
  if (!cond) s->always = 1;
  else s->cond = s->cond ? ex_node(L->mem, s->m->at, E_OR, (const Expr *const[]){s->cond, cond}, 2) : cond;
}

/* The slacks of all normalisations that name the market's price. */
static const Expr *slack_of(Lowered *L, const Market *m) {
  const Expr *sum = NULL;
  for (uint32_t i = 0; m->slack && i < L->eco->normalisations.n; i++) {
    SlackShare s = {.L = L, .m = m, .z = &L->eco->normalisations.at[i]};
    if (s.z->dropped || !s.z->slack) continue;
    ex_walk(s.z->lhs, add_reference, &s);
    ex_walk(s.z->rhs, add_reference, &s);
    if (!s.slack) continue;
    const Expr *x = s.always ? s.slack : ex_node(L->mem, m->at, E_IF, (const Expr *const[]){s.cond, s.slack, ex_num(L->mem, m->at, 0)}, 3);
    sum = sum ? ex_add2(L->mem, m->at, sum, x) : x;
  }
  return sum;
}

static int market_family(Lowered *L, uint32_t mi) {
  const Market *m = &L->eco->markets.at[mi];
  Family *f = family_new(L, (Family){.name = text_of(L, lower_sym(L, m->sym)->name), .row = ROW_MARKET, .owner = mi, .binds = m->binds, .nbinds = m->nbinds,
                                     .cond = m->cond, .plus = m->supply, .minus = m->demand, .slack = slack_of(L, m), .claim = m->claim}, m->at);
  if (!f) return 1;
  int cleared = m->price && m->from != MARKET_IMPLIED;
  Elem at[LOWER_DIMS];
  for (size_t t = 0; t < f->volume; t++) {
    if (!instance(L, f, t, at)) continue;
    uint32_t g = NO_INDEX;
    if (cleared) {
      const Sym *p = lower_sym(L, m->price);
      g = lower_global_of(L, m->price, p->ndom == f->nbinds ? lower_offset(L->eco, p->dom, at, p->ndom) : SIZE_MAX, GLOBAL_PRICE);
      if (g == NO_INDEX) {
        diag_add(L->cc, SEV_ERROR, "lower.price", m->at, "the price `%s` has no place for every market `%s`", text_of(L, p->name), f->name);
        return 1;
      }
      uint32_t row = g;
      int yes;
      if (m->rights && lower_decided(L, m->rights_where, &yes) && yes) {
        const Sym *r = lower_sym(L, m->rights);
        row = lower_global_of(L, m->rights, lower_offset(L->eco, r->dom, at, r->ndom), GLOBAL_PRICE);
      }
      f->target[t] = row;
      claim_row(L, row, f, t, GLOBAL_CLEARING);
    }
    f->check[t] = L->check.n;
    VEC_PUSH(L->mem, L->check, (CheckDef){mi, t, g});
  }
  unbind(L, f);
  return arena_failed(L->mem);
}

/* An equation under a condition, for a variable under the same: where data fail it the row says that the variable, which is fixed, is zero. */
static Equation over_all(Lowered *L, Equation q) {
  const Sym *s = q.perp ? lower_sym(L, q.perp) : NULL;
  if (!s || s->kind != SYM_VAR || !s->exists || !q.cond) return q;
  const Expr *zero = ex_num(L->mem, q.at, 0), *x = ex_ref(L->mem, q.at, q.perp, q.perp_ix, q.nperp_ix);
  const Expr *upper = q.sense == C_LE ? zero : x, *lower = q.sense == C_LE ? x : zero;
  q.lhs = ex_node(L->mem, q.at, E_IF, (const Expr *const[]){q.cond, q.lhs, upper}, 3);
  q.rhs = ex_node(L->mem, q.at, E_IF, (const Expr *const[]){q.cond, q.rhs, lower}, 3);
  q.cond = NULL;
  return q;
}

/* Whether the variable that the equation, bound to an instance, determines is not there for its indices alone. */
static int without_variable(Lowered *L, const Equation *q) {
  const Sym *s = lower_sym(L, q->perp);
  int yes = 1;
  if (s->kind != SYM_VAR || !s->exists) return 0;
  return lower_decided(L, ex_subst(L->mem, s->exists, s->idx, q->perp_ix, s->ndom), &yes) && !yes;
}

static int equation_family(Lowered *L, uint32_t ei) {
  Equation whole = over_all(L, L->eco->equations.at[ei]);
  const Equation *q = &whole;
  Family *f = family_new(L, (Family){.name = text_of(L, lower_sym(L, q->sym)->name), .row = ROW_EQUATION, .owner = ei, .binds = q->binds, .nbinds = q->nbinds,
                                     .cond = q->cond, .plus = q->sense == C_LE ? q->rhs : q->lhs, .minus = q->sense == C_LE ? q->lhs : q->rhs}, q->at);
  if (!f) return 1;
  Elem at[LOWER_DIMS], ix[LOWER_DIMS];
  for (size_t t = 0; q->perp && t < f->volume; t++) {
    if (!instance(L, f, t, at) || without_variable(L, q)) continue;
    const Sym *s = lower_sym(L, q->perp);
    int known = q->nperp_ix == s->ndom && s->ndom <= LOWER_DIMS;
    for (uint32_t i = 0; i < q->nperp_ix && known; i++) {
      Spot spot = lower_spot(L, q->perp_ix[i]);
      known = spot.known;
      ix[i] = spot.e;
    }
    uint32_t g = known ? lower_global_of(L, q->perp, lower_offset(L->eco, s->dom, ix, s->ndom), s->kind == SYM_PRICE ? GLOBAL_PRICE : GLOBAL_VARIABLE) : NO_INDEX;
    if (g == NO_INDEX || L->global.at[g].row) {
      diag_add(L->cc, SEV_ERROR, "lower.complements", q->at, g == NO_INDEX ? "the equation `%s` is paired with `%s`, which is not an unknown that an equation can determine"
                                                                           : "the equation `%s` is paired with `%s`, which already has a condition", f->name, text_of(L, s->name));
      return 1;
    }
    f->target[t] = g;
    claim_row(L, g, f, t, q->sense == C_EQ ? GLOBAL_EXACT : 0);
  }
  unbind(L, f);
  return arena_failed(L->mem);
}

static int normalisation_family(Lowered *L, uint32_t ni) {
  const Normalisation *n = &L->eco->normalisations.at[ni];
  Family *f = family_new(L, (Family){.name = "numeraire", .row = ROW_NORMALISATION, .owner = ni, .binds = n->binds, .nbinds = n->nbinds, .plus = n->lhs, .minus = n->rhs}, n->at);
  if (!f) return 1;
  Elem at[LOWER_DIMS];
  const Sym *s = n->slack ? lower_sym(L, n->slack) : NULL;
  for (size_t t = 0; t < f->volume; t++) {
    instance(L, f, t, at);
    uint32_t g = s ? lower_global_of(L, n->slack, s->ndom == 0 ? 0 : s->ndom == f->nbinds ? lower_offset(L->eco, s->dom, at, s->ndom) : SIZE_MAX, GLOBAL_SLACK) : NO_INDEX;
    if (g == NO_INDEX || L->global.at[g].row) {
      diag_add(L->cc, SEV_ERROR, "lower.numeraire", n->at, "this normalisation has no market whose clearing it could stand in for");
      return 1;
    }
    f->target[t] = g;
    claim_row(L, g, f, t, 0);
  }
  unbind(L, f);
  return arena_failed(L->mem);
}

/* "x[a,b]@n": the entry of a symbol at an offset. */
static void entry_text(const Lowered *L, const Sym *s, size_t offset, Text *out) {
  Elem ix[LOWER_DIMS];
  char buf[16];
  const char *between = "[";
  for (uint32_t d = s->ndom; d-- > 0;) {
    const Set *set = economy_set(L->eco, s->dom[d]);
    ix[d] = set_elem(set, (uint32_t)(offset % set_size(set)));
    offset /= set_size(set);
  }
  text_put(out, text_of(L, s->name));
  for (uint32_t d = 0; d < s->ndom; d++) {
    if ((int)d == s->node_dim) continue;
    text_printf(out, "%s%s", between, elem_text(L->eco, ix[d], buf));
    between = ",";
  }
  if (*between == ',') text_put(out, "]");
  if (s->node_dim >= 0 && L->eco->time.declared) text_printf(out, "@%s", elem_text(L->eco, ix[s->node_dim], buf));
}

/* Entries of a variable that no equation determines; where others of it are determined, its head may name too many. */
static void say_undetermined(Lowered *L, uint32_t g) {
  const SymId sym = L->global.at[g].sym;
  const Sym *s = lower_sym(L, sym);
  uint32_t without = 0, all = 0;
  Text t = {0};
  for (uint32_t i = 0; i < L->global.n; i++) {
    if (L->global.at[i].sym != sym) continue;
    all++;
    without += !L->global.at[i].row;
  }
  entry_text(L, s, L->global.at[g].offset, &t);
  Diag *d = without == 1 ? diag_add(L->cc, SEV_ERROR, "lower.count", s->at, "no condition determines `%s`", t.at ? t.at : "")
                         : diag_add(L->cc, SEV_ERROR, "lower.count", s->at, "no condition determines `%s` and %u more of its entries", t.at ? t.at : "", without - 1);
  if (without < all) diag_hint(L->cc, d, "where an equation has a condition its variable has the same, `variable x[i in S, j in S if i != j]`; or say what the others are");
  text_free(&t);
}

/* Equations that nobody paired take the variables that are left, in order: which goes with which does not matter to a free equation. */
static int pair_the_rest(Lowered *L) {
  uint32_t g = 0;
  for (uint32_t i = 0; i < L->family.n; i++) {
    Family *f = &L->family.at[i];
    if (f->row != ROW_EQUATION || L->eco->equations.at[f->owner].perp) continue;
    Elem at[LOWER_DIMS];
    for (size_t t = 0; t < f->volume; t++) {
      if (!instance(L, f, t, at)) continue;
      while (g < L->global.n && (L->global.at[g].row || L->global.at[g].kind != GLOBAL_VARIABLE)) g++;
      if (g == L->global.n) {
        diag_add(L->cc, SEV_ERROR, "lower.count", L->eco->equations.at[f->owner].at, "there are more equations than variables: nothing is left for `%s` to determine", f->name);
        return 1;
      }
      f->target[t] = g;
      claim_row(L, g, f, t, GLOBAL_EXACT);
    }
    unbind(L, f);
  }
  for (g = 0; g < L->global.n; g++)
    if (!L->global.at[g].row) {
      say_undetermined(L, g);
      return 1;
    }
  return 0;
}

/* Whether indices alone rule out a variable's entry at offset; what data rule out is an unknown fixed at zero. */
static int ruled_out(Lowered *L, const Sym *s, size_t offset) {
  Elem own[LOWER_DIMS];
  int yes = 1;
  if (!s->exists || s->ndom > LOWER_DIMS) return 0;
  lower_tuple(L->eco, s->dom, s->ndom, offset, own);
  for (uint32_t i = 0; i < s->ndom; i++) lower_bind(L, s->idx[i], bind_elem(own[i]));
  int decided = lower_decided(L, s->exists, &yes);
  for (uint32_t i = 0; i < s->ndom; i++) lower_bind(L, s->idx[i], (Bind){0});
  return decided && !yes;
}

/* Prices first, then variables, then slacks; aggregates follow as they are met. */
static int families(Lowered *L) {
  const Economy *e = L->eco;
  for (uint32_t i = 0; i < e->markets.n; i++)
    if (!e->markets.at[i].dropped && market_family(L, i)) return 1;
  for (SymId s = 1; s < e->syms.n; s++) {
    if (e->syms.at[s].kind != SYM_VAR || e->syms.at[s].dropped) continue;
    for (size_t i = 0, n = lower_volume(e, e->syms.at[s].dom, e->syms.at[s].ndom); i < n; i++)
      if (!ruled_out(L, &e->syms.at[s], i)) lower_global_of(L, s, i, GLOBAL_VARIABLE);
  }
  for (uint32_t i = 0; i < e->equations.n; i++)
    if (!e->equations.at[i].dropped && equation_family(L, i)) return 1;
  for (uint32_t i = 0; i < e->normalisations.n; i++)
    if (!e->normalisations.at[i].dropped && normalisation_family(L, i)) return 1;
  return arena_failed(L->mem) || pair_the_rest(L);
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------------- */

/* Values were computed for the economy that this one was cloned from: passes have added sets, symbols and index variables since. */
int lower_values(Lowered *L, const Values *v) {
  const Economy *e = L->eco;
  uint32_t known = v->economy->syms.n < e->syms.n ? v->economy->syms.n : e->syms.n;
  if (!L->values.of) L->values.of = ARENA_ARRAY(L->mem, double *, e->syms.n + 1);
  if (!L->values.of) return 1;
  memcpy(L->values.of, v->of, known * sizeof *v->of);
  L->values.economy = e;
  L->values.mem = L->mem;
  L->eval.v = &L->values;
  return 0;
}

static Lowered *begin(const Economy *e, const Values *v, Arena *mem) {
  Lowered *L = ARENA_NEW(mem, Lowered);
  if (!L) return NULL;
  L->eco = e;
  L->cc = e->cc;
  L->mem = mem;
  L->nbind = e->idxs.n;
  if (lower_values(L, v)) return NULL;
  L->eval = eval_new(&L->values, mem);
  L->bind = ARENA_ARRAY(mem, Bind, e->idxs.n + 1);
  L->place = ARENA_ARRAY(mem, Place, e->syms.n + 1);
  L->class_of = ARENA_ARRAY(mem, uint32_t, e->syms.n + 1);
  if (arena_failed(mem)) return NULL;
  for (uint32_t i = 0; i <= e->syms.n; i++) L->class_of[i] = NO_INDEX;
  return L;
}

Lowered *lower_economy(const Economy *e, const Question *q, const Values *v, Arena *mem) {
  unsigned before = diag_errors(e->cc->diags);
  Lowered *L = begin(e, v, mem);
  if (!L || classes(L) || families(L) || lower_rows(L) || lower_emit(L)) return NULL;
  if (diag_errors(e->cc->diags) > before || arena_failed(mem)) return NULL;
  L->problem.names.sought = q && q->concept == Q_OPTIMUM ? "optimum" : "equilibrium";
  return lowered_fill(L, v, q) ? NULL : L;
}

const Problem *lowered_problem(const Lowered *L) { return &L->problem; }

/* ---- lookups ------------------------------------------------------------------------------------------------------------------ */

static uint32_t own_index(const Lowered *L, const Place *p, uint32_t slot, uint32_t lane) {
  const Build *k = L->build.at[p->build];
  return k->block == NO_INDEX ? NO_INDEX : problem_own(&L->problem.block[k->block], slot, lane);
}

uint32_t lowered_index(const Lowered *L, SymId sym, const Elem *ix, uint32_t n) {
  const Place *p = &L->place[sym];
  const Sym *s = lower_sym(L, sym);
  if (p->where == PLACE_NONE || n != s->ndom) return NO_INDEX;
  size_t at = n > p->first ? lower_offset(L->eco, s->dom + p->first, ix + p->first, n - p->first) : 0;
  if (at >= p->volume || p->at[at] == NO_INDEX) return NO_INDEX;
  if (p->where == PLACE_GLOBAL) return p->at[at];
  const Build *k = L->build.at[p->build];
  size_t type = lower_offset(L->eco, s->dom, ix, p->first);
  return type >= k->volume || k->lane_of[type] == NO_INDEX ? NO_INDEX : own_index(L, p, p->at[at], k->lane_of[type]);
}

int lowered_lane(const Lowered *L, SymId class, const Elem *type, uint32_t n, uint32_t *block, uint32_t *lane) {
  const Build *k = class < L->eco->syms.n && L->class_of[class] != NO_INDEX ? L->build.at[L->class_of[class]] : NULL;
  if (!k || k->block == NO_INDEX || n != k->ndim) return 0;
  size_t at = lower_offset(L->eco, k->set, type, n);
  if (at >= k->volume || k->lane_of[at] == NO_INDEX) return 0;
  *block = k->block;
  *lane = k->lane_of[at];
  return 1;
}

void lowered_each(const Lowered *L, SymId sym, void (*f)(void *, const Elem *, uint32_t, uint32_t), void *ctx) {
  const Place *p = &L->place[sym];
  const Sym *s = lower_sym(L, sym);
  Elem ix[LOWER_DIMS];
  if (p->where == PLACE_NONE || s->ndom > LOWER_DIMS) return;
  const Build *k = p->where == PLACE_OWN ? L->build.at[p->build] : NULL;
  const SymId *own = s->ndom > p->first ? s->dom + p->first : NULL;
  for (uint32_t lane = 0; lane < (k ? k->lanes : 1); lane++) {
    if (k && p->first) memcpy(ix, k->tuple + (size_t)lane * k->ndim, p->first * sizeof *ix);
    for (size_t t = 0; t < p->volume; t++) {
      if (p->at[t] == NO_INDEX) continue;
      lower_tuple(L->eco, own, s->ndom - p->first, t, ix + p->first);
      uint32_t i = k ? own_index(L, p, p->at[t], lane) : p->at[t];
      if (i != NO_INDEX) f(ctx, ix, s->ndom, i);
    }
  }
}

uint32_t lowered_own(const Lowered *L, SymId sym, const Elem *own, uint32_t n) {
  const Place *p = &L->place[sym];
  const Sym *s = lower_sym(L, sym);
  if (p->where != PLACE_OWN || n + p->first != s->ndom) return NO_INDEX;
  size_t at = lower_offset(L->eco, s->dom + p->first, own, n);
  return at >= p->volume || p->at[at] == NO_INDEX ? NO_INDEX : own_index(L, p, p->at[at], 0);
}

const uint32_t *lowered_lanes(const Lowered *L, SymId class, size_t *types, const double **mass) {
  if (class >= L->eco->syms.n || L->class_of[class] == NO_INDEX) return NULL;
  const Build *k = L->build.at[L->class_of[class]];
  if (k->block == NO_INDEX) return NULL;
  *types = k->volume;
  *mass = L->problem.block[k->block].mass;
  return k->lane_of;
}
