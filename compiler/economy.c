/* economy.c: the tables of an economy: symbols, index variables, sets, cloning. */
#include "economy.h"
#include <stdio.h>
#include <string.h>

Economy *economy_new(Compilation *cc, Arena *mem) {
  Economy *e = ARENA_NEW(mem, Economy);
  if (!e) return NULL;
  e->cc = cc;
  e->mem = mem;
  VEC_PUSH(mem, e->syms, (Sym){0});
  VEC_PUSH(mem, e->idxs, (Idx){0});
  VEC_PUSH(mem, e->data, (Data){0});
  return arena_failed(mem) ? NULL : e;
}

static void *copy_table(Arena *mem, const void *at, uint32_t n, size_t size, uint32_t *cap) {
  *cap = n;
  if (!n) return NULL;
  void *to = arena_get(mem, n * size, _Alignof(max_align_t));
  if (to) memcpy(to, at, n * size);
  return to;
}
#define COPY_TABLE(mem, v) ((v).at = copy_table((mem), (v).at, (v).n, sizeof *(v).at, &(v).cap))

Economy *economy_clone(const Economy *from, Arena *mem) {
  Economy *e = ARENA_NEW(mem, Economy);
  if (!e) return NULL;
  *e = *from;
  e->mem = mem;
  COPY_TABLE(mem, e->syms);
  COPY_TABLE(mem, e->sets);
  COPY_TABLE(mem, e->idxs);
  COPY_TABLE(mem, e->data);
  COPY_TABLE(mem, e->goods);
  COPY_TABLE(mem, e->agents);
  COPY_TABLE(mem, e->markets);
  COPY_TABLE(mem, e->equations);
  COPY_TABLE(mem, e->normalisations);
  COPY_TABLE(mem, e->weavings);
  COPY_TABLE(mem, e->remarks);
  COPY_TABLE(mem, e->quoted);
  COPY_TABLE(mem, e->exchanges);
  COPY_TABLE(mem, e->rights);
  COPY_TABLE(mem, e->aux);
  if (arena_failed(mem)) return NULL;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    Agent *a = &e->agents.at[i];
    COPY_TABLE(mem, a->choices);
    COPY_TABLE(mem, a->constraints);
    COPY_TABLE(mem, a->conditions);
  }
  return arena_failed(mem) ? NULL : e;
}

SymId economy_sym(Economy *e, Str name, SymKind kind, Origin at) {
  SymId s = e->syms.n;
  VEC_PUSH(e->mem, e->syms, (Sym){.name = name, .kind = kind, .at = at, .node_dim = -1, .scope = e->scope});
  return e->syms.n > s ? s : 0;
}

IdxId economy_idx(Economy *e, Str name, SymId set) {
  IdxId i = e->idxs.n;
  VEC_PUSH(e->mem, e->idxs, (Idx){.name = name, .set = set});
  return e->idxs.n > i ? i : 0;
}

static uint32_t elem_hash(Elem x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ (x >> 16);
}

/* Positions of a long list by hashing; a short one is searched in order. */
static void set_index(Arena *mem, Set *s) {
  uint32_t size = 16;
  if (s->n <= 8 || s->n > UINT32_MAX / 4) return;
  while (size < 2 * s->n) size *= 2;
  uint32_t *slot = ARENA_ARRAY(mem, uint32_t, size);
  if (!slot) return;
  for (uint32_t i = 0; i < s->n; i++) {
    uint32_t h = elem_hash(s->at[i]) & (size - 1);
    while (slot[h] && s->at[slot[h] - 1] != s->at[i]) h = (h + 1) & (size - 1);
    if (!slot[h]) slot[h] = i + 1;
  }
  s->slot = slot;
  s->nslot = size;
}

static SymId add_set(Economy *e, Str name, Set set, Origin at) {
  SymId s = economy_sym(e, name, SYM_SET, at);
  set.sym = s;
  VEC_PUSH(e->mem, e->sets, set);
  if (arena_failed(e->mem)) return 0;
  e->syms.at[s].set = e->sets.n;
  return s;
}

SymId economy_add_set(Economy *e, Str name, const Elem *at, uint32_t n, Origin where) {
  Set set = {.kind = S_LIST, .n = n, .at = ARENA_ARRAY(e->mem, Elem, n ? n : 1)};
  if (!set.at) return 0;
  if (n) memcpy(set.at, at, n * sizeof *at);
  set.is_nodes = n > 0;
  for (uint32_t i = 0; i < n && set.is_nodes; i++) set.is_nodes = economy_node(e, at[i]) != UINT32_MAX;
  set_index(e->mem, &set);
  return add_set(e, name, set, where);
}

SymId economy_add_range(Economy *e, Str name, uint32_t lo, uint32_t hi, Origin where) {
  return add_set(e, name, (Set){.kind = S_RANGE, .lo = lo, .hi = hi, .n = hi >= lo ? hi - lo + 1 : 0}, where);
}

Set *economy_set(const Economy *e, SymId s) {
  if (!s || s >= e->syms.n) return NULL;
  uint32_t i = e->syms.at[s].set;
  if (i && i <= e->sets.n && e->sets.at[i - 1].sym == s) return &e->sets.at[i - 1];
  for (i = 0; i < e->sets.n; i++)
    if (e->sets.at[i].sym == s) return &e->sets.at[i];
  return NULL;
}

Agent *economy_agent(const Economy *e, SymId class) {
  for (uint32_t i = 0; i < e->agents.n; i++)
    if (e->agents.at[i].sym == class) return &e->agents.at[i];
  return NULL;
}

uint32_t set_size(const Set *s) { return s->kind == S_RANGE ? (s->hi >= s->lo ? s->hi - s->lo + 1 : 0) : s->n; }
Elem set_elem(const Set *s, uint32_t pos) { return s->kind == S_RANGE ? ELEM_NUMBER | (s->lo + pos) : s->at[pos]; }

uint32_t set_pos(const Set *s, Elem x) {
  if (s->kind == S_RANGE) return elem_is_number(x) && elem_value(x) >= s->lo && elem_value(x) <= s->hi ? elem_value(x) - s->lo : UINT32_MAX;
  if (s->slot) {
    for (uint32_t h = elem_hash(x) & (s->nslot - 1); s->slot[h]; h = (h + 1) & (s->nslot - 1))
      if (s->at[s->slot[h] - 1] == x) return s->slot[h] - 1;
    return UINT32_MAX;
  }
  for (uint32_t i = 0; i < s->n; i++)
    if (s->at[i] == x) return i;
  return UINT32_MAX;
}

uint32_t economy_node(const Economy *e, Elem x) {
  const Timeline *t = &e->time;
  const Set *s = economy_set(e, e->node_set);
  if (s) {
    uint32_t pos = set_pos(s, x);
    if (pos < t->n && t->node[pos].elem == x) return pos;
  }
  for (uint32_t i = 0; i < t->n; i++)
    if (t->node[i].elem == x) return i;
  return UINT32_MAX;
}

size_t economy_volume(const Economy *e, SymId s) {
  const Sym *sym = economy_at(e, s);
  size_t v = 1;
  for (uint32_t d = 0; d < sym->ndom; d++) {
    const Set *set = economy_set(e, sym->dom[d]);
    size_t n = set ? set_size(set) : 0;
    if (n && v > SIZE_MAX / 2 / n) return SIZE_MAX;
    v *= n;
  }
  return v;
}

size_t economy_offset(const Economy *e, SymId s, const Elem *ix) {
  const Sym *sym = economy_at(e, s);
  size_t at = 0;
  for (uint32_t d = 0; d < sym->ndom; d++) {
    const Set *set = economy_set(e, sym->dom[d]);
    uint32_t pos = set ? set_pos(set, ix[d]) : UINT32_MAX;
    if (pos == UINT32_MAX) return SIZE_MAX;
    at = at * set_size(set) + pos;
  }
  return at;
}

const char *elem_text(const Economy *e, Elem x, char buf[16]) {
  if (!elem_is_number(x)) return str_text(e->cc->strs, x);
  snprintf(buf, 16, "%u", elem_value(x));
  return buf;
}

const Sym *economy_profit(const Economy *e, const Agent *a) {
  if (!a->is_firm || !a->value) return NULL;
  for (uint32_t i = 0; i < a->constraints.n; i++)
    if (a->constraints.at[i].is_budget) return NULL;
  return economy_at(e, a->value);
}
