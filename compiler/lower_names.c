/* lower_names.c: unknowns, conditions and lanes in the model's words, made only when somebody prints them. */
#include "lower_internal.h"
#include <string.h>

static const char *str_at(const Lowered *L, Str s) { return str_text(L->cc->strs, s); }

/* Name, then indices in brackets, then the node. Indices with one possible value are left out. first: words before the indices. */
static void spell(const Lowered *L, const char *name, const char *first, const SymId *set, const Elem *ix, uint32_t n, int node_dim, Text *t) {
  char buf[16];
  int open = 0;
  text_put(t, name);
  if (first) {
    text_printf(t, "[%s", first);
    open = 1;
  }
  for (uint32_t i = 0; i < n; i++) {
    if ((int)i == node_dim || ix[i] == ELEM_NONE || set_size(economy_set(L->eco, set[i])) < 2) continue;
    text_put(t, open ? "," : "[");
    text_put(t, elem_text(L->eco, ix[i], buf));
    open = 1;
  }
  if (open) text_put(t, "]");
  if (node_dim < 0 || (uint32_t)node_dim >= n || ix[node_dim] == ELEM_NONE || !L->eco->time.declared) return;
  if (set_size(economy_set(L->eco, set[node_dim])) < 2) return;
  text_printf(t, "@%s", elem_text(L->eco, ix[node_dim], buf));
}

/* Do two classes own something of this name? */
static int is_shared(const Lowered *L, const Sym *s) {
  if (!s->owner || s->kind == SYM_CONSTRAINT) return 0;
  for (SymId i = 1; i < L->eco->syms.n; i++) {
    const Sym *o = lower_sym(L, i);
    if (o->name == s->name && o->kind == s->kind && o->owner && o->owner != s->owner && !o->dropped) return 1;
  }
  return 0;
}

void lower_ref_text(const Lowered *L, SymId sym, const Elem *ix, uint32_t n, Text *t) {
  const Sym *s = lower_sym(L, sym);
  spell(L, str_at(L, s->name), is_shared(L, s) ? str_at(L, lower_sym(L, s->owner)->name) : NULL, s->dom, ix, n < s->ndom ? n : s->ndom, s->node_dim, t);
}

/* An instance of a family: its binders' values; the last binder is the node where the family is dated. */
static void family_text(const Lowered *L, RowKind row, uint32_t owner, size_t offset, const char *name, Text *t) {
  Elem ix[LOWER_DIMS];
  for (uint32_t i = 0; i < L->family.n; i++) {
    const Family *f = &L->family.at[i];
    if (f->row != row || f->owner != owner) continue;
    lower_tuple(L->eco, f->set, f->nbinds, offset, ix);
    int dated = f->nbinds && economy_set(L->eco, f->set[f->nbinds - 1])->is_nodes;
    if (dated && row == ROW_MARKET && L->eco->markets.at[owner].price) dated = lower_sym(L, L->eco->markets.at[owner].price)->node_dim >= 0;
    spell(L, name ? name : f->name, NULL, f->set, ix, f->nbinds, dated ? (int)f->nbinds - 1 : -1, t);
    return;
  }
}

static void market_text(const Lowered *L, uint32_t market, size_t offset, Text *t) {
  const Market *m = &L->eco->markets.at[market];
  text_put(t, m->from == MARKET_IMPLIED ? "implied market " : "market ");
  family_text(L, ROW_MARKET, market, offset, m->from == MARKET_IMPLIED && m->good ? str_at(L, m->good) : NULL, t);
}

static void global_text(const Lowered *L, uint32_t g, Text *t) {
  const GlobalDef *d = &L->global.at[g];
  Elem ix[LOWER_DIMS];
  if (!d->sym) {
    text_put(t, d->text ? d->text : "");
    return;
  }
  const Sym *s = lower_sym(L, d->sym);
  lower_tuple(L->eco, s->dom, s->ndom, d->offset, ix);
  lower_ref_text(L, d->sym, ix, s->ndom, t);
}

static void global_row_text(const Lowered *L, uint32_t g, Text *t) {
  const GlobalDef *d = &L->global.at[g];
  switch (d->row) {
    case ROW_MARKET: market_text(L, d->owner, d->row_offset, t); return;
    case ROW_EQUATION: text_put(t, "equation "); break;
    case ROW_NORMALISATION: break;
    case ROW_AGGREGATE:
    case ROW_NONE:
      text_put(t, "definition of ");
      global_text(L, g, t);
      return;
  }
  family_text(L, d->row, d->owner, d->row_offset, NULL, t);
}

/* Slot and lane of an own unknown. */
static const Build *locate(const Lowered *L, uint32_t i, const Slot **slot, uint32_t *lane) {
  for (uint32_t b = 0; b < L->build.n; b++) {
    const Build *k = L->build.at[b];
    if (k->block == NO_INDEX || !k->slot.n) continue;
    const Block *blk = &L->problem.block[k->block];
    if (i < blk->base || i - blk->base >= k->slot.n * blk->lanes) continue;
    *slot = &k->slot.at[(i - blk->base) / blk->lanes];
    *lane = (i - blk->base) % blk->lanes;
    return k;
  }
  return NULL;
}

static void own_text(const Lowered *L, const Build *k, const Slot *s, uint32_t lane, SymId sym, Text *t) {
  Elem ix[LOWER_DIMS];
  if (k->ndim) memcpy(ix, k->tuple + (size_t)lane * k->ndim, k->ndim * sizeof *ix);
  if (s->nown) memcpy(ix + k->ndim, s->own, s->nown * sizeof *ix);
  lower_ref_text(L, sym, ix, k->ndim + s->nown, t);
}

static size_t hand_over(Text *t, char *buf, size_t n) {
  size_t want = t->n;
  if (n) {
    size_t take = want < n ? want : n - 1;
    if (take) memcpy(buf, t->at, take);
    buf[take] = 0;
  }
  text_free(t);
  return want;
}

static size_t unknown_name(void *ctx, uint32_t i, char *buf, size_t n) {
  const Lowered *L = ctx;
  Text t = {0};
  const Slot *s;
  uint32_t lane;
  const Build *k;
  if (i < L->global.n) global_text(L, i, &t);
  else if ((k = locate(L, i, &s, &lane))) own_text(L, k, s, lane, s->sym, &t);
  return hand_over(&t, buf, n);
}

static void own_condition_text(const Lowered *L, const Build *k, const Slot *s, uint32_t lane, Text *t) {
  const Condition *c = s->condition == UINT32_MAX ? NULL : &k->agent->conditions.at[s->condition];
  if (c && c->constraint >= 0) {
    own_text(L, k, s, lane, k->agent->constraints.at[c->constraint].sym, t);
    return;
  }
  if (s->role == ROLE_AUX && k->agent && s->sym == k->agent->holding) {
    text_put(t, "welfare at its level, ");
    own_text(L, k, s, lane, k->agent->sym, t);
    return;
  }
  text_put(t, s->role == ROLE_AUX ? "adjoint condition of " : k->has_goal ? "first-order condition of " : "condition of ");
  own_text(L, k, s, lane, s->sym, t);
}

static size_t condition_name(void *ctx, uint32_t row, char *buf, size_t n) {
  const Lowered *L = ctx;
  Text t = {0};
  const Slot *s;
  uint32_t lane;
  const Build *k;
  if (row >= L->problem.nx) {
    uint32_t c = row - L->problem.nx;
    if (c < L->check.n) market_text(L, L->check.at[c].market, L->check.at[c].offset, &t);
  } else if (row < L->global.n) global_row_text(L, row, &t);
  else if ((k = locate(L, row, &s, &lane))) own_condition_text(L, k, s, lane, &t);
  return hand_over(&t, buf, n);
}

static size_t lane_name(void *ctx, uint32_t block, uint32_t lane, char *buf, size_t n) {
  const Lowered *L = ctx;
  Text t = {0};
  for (uint32_t b = 0; b < L->build.n; b++) {
    const Build *k = L->build.at[b];
    if (k->block != block || lane >= k->lanes) continue;
    if (!k->ndim) text_put(&t, k->name);
    for (uint32_t d = 0; d < k->ndim; d++) {
      char one[16];
      text_printf(&t, "%s%s", d ? "," : "", elem_text(L->eco, k->tuple[(size_t)lane * k->ndim + d], one));
    }
  }
  return hand_over(&t, buf, n);
}

/* ---- where they were written ---- */
static Origin owner_at(const Lowered *L, RowKind row, uint32_t owner) {
  switch (row) {
    case ROW_MARKET: return L->eco->markets.at[owner].at;
    case ROW_EQUATION: return L->eco->equations.at[owner].at;
    case ROW_NORMALISATION: return L->eco->normalisations.at[owner].at;
    case ROW_AGGREGATE:
    case ROW_NONE: break;
  }
  return 0;
}

Origin lowered_condition_at(const Lowered *L, uint32_t row) {
  const Slot *s;
  uint32_t lane;
  if (row >= L->problem.nx) {
    uint32_t c = row - L->problem.nx;
    return c < L->check.n ? owner_at(L, ROW_MARKET, L->check.at[c].market) : 0;
  }
  if (row < L->global.n) return owner_at(L, L->global.at[row].row, L->global.at[row].owner);
  const Build *k = locate(L, row, &s, &lane);
  if (!k) return 0;
  if (s->condition == UINT32_MAX) return lower_sym(L, s->sym)->at;
  const Condition *c = &k->agent->conditions.at[s->condition];
  return c->constraint >= 0 ? k->agent->constraints.at[c->constraint].at : c->at;
}

Origin lowered_unknown_at(const Lowered *L, uint32_t i) {
  const Slot *s;
  uint32_t lane;
  if (i < L->global.n) return L->global.at[i].sym ? lower_sym(L, L->global.at[i].sym)->at : 0;
  return locate(L, i, &s, &lane) ? lower_sym(L, s->sym)->at : 0;
}

Names lower_names(Lowered *L) { return (Names){L, unknown_name, condition_name, lane_name, NULL}; }
