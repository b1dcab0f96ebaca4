/* lower_rights.c: the exchanges of an economy with rights to trade: which unknowns are prices, rights and claims of each group. */
#include "bearing.h"
#include "lower_internal.h"

static uint32_t node_of(const Lowered *L, const Sym *s, size_t offset) {
  Elem ix[LOWER_DIMS];
  if (s->node_dim < 0 || s->ndom > LOWER_DIMS) return UINT32_MAX;
  lower_tuple(L->eco, s->dom, s->ndom, offset, ix);
  return economy_node(L->eco, ix[s->node_dim]);
}

static const Market *market_of_rights(const Lowered *L, SymId rights) {
  for (uint32_t i = 0; i < L->eco->markets.n; i++)
    if (L->eco->markets.at[i].rights == rights && !L->eco->markets.at[i].dropped) return &L->eco->markets.at[i];
  return NULL;
}

/* The price that the right at global g is about. */
static uint32_t price_of(const Lowered *L, uint32_t g, const Market *m) {
  const GlobalDef *d = &L->global.at[g];
  const Sym *s = lower_sym(L, d->sym), *p = lower_sym(L, m->price);
  Elem ix[LOWER_DIMS];
  lower_tuple(L->eco, s->dom, s->ndom, d->offset, ix);
  size_t at = lower_offset(L->eco, p->dom, ix, p->ndom);
  return L->place[m->price].where == PLACE_GLOBAL && at < L->place[m->price].volume ? L->place[m->price].at[at] : NO_INDEX;
}

/* Does the claim trade at the price with these indices? Those of the claim include all of the price's. */
static int trades_at(const BearingClaim *c, const Sym *p, const Elem *ix) {
  for (uint32_t i = 0; i < p->ndom; i++) {
    int found = (int)i == p->node_dim;
    for (uint32_t k = 0; k < c->nown; k++) found |= c->own[k] == ix[i];
    if (!found) return 0;
  }
  return 1;
}

/* The group in which the claim at global g delivers; BEARING_NONE where it is no segregated claim. */
static uint32_t claim_group(const Lowered *L, uint32_t g) {
  const Bearing *b = L->eco->bearing;
  const GlobalDef *d = &L->global.at[g];
  if (d->row != ROW_MARKET || !b->segregated[d->owner] || L->eco->markets.at[d->owner].price != d->sym) return BEARING_NONE;
  const Sym *p = lower_sym(L, d->sym);
  Elem ix[LOWER_DIMS];
  uint32_t node = node_of(L, p, d->offset);
  if (p->ndom > LOWER_DIMS || (node != UINT32_MAX && b->later[node])) return BEARING_NONE;
  lower_tuple(L->eco, p->dom, p->ndom, d->offset, ix);
  for (uint32_t i = 0; i < b->claim.n; i++)
    if (b->claim.at[i].market == d->owner && trades_at(&b->claim.at[i], p, ix)) return b->group[b->claim.at[i].node];
  return BEARING_NONE;
}

int lower_exchanges(Lowered *L) {
  const Bearing *b = L->eco->bearing;
  Problem *to = &L->problem;
  if (!b || !b->ngroup) return 0;
  to->exchange = ARENA_ARRAY(L->mem, Exchange, b->ngroup);
  if (!to->exchange) return 1;
  to->nexchange = b->ngroup;
  for (uint32_t i = 0; i < b->ngroup; i++) {
    Exchange *x = &to->exchange[i];
    x->price = ARENA_ARRAY(L->mem, uint32_t, L->global.n + 1);
    x->rights = ARENA_ARRAY(L->mem, uint32_t, L->global.n + 1);
    x->claim = ARENA_ARRAY(L->mem, uint32_t, L->global.n + 1);
    if (arena_failed(L->mem)) return 1;
  }
  for (uint32_t g = 0; g < L->global.n; g++) {
    const GlobalDef *d = &L->global.at[g];
    const Market *m = d->kind == GLOBAL_PRICE ? market_of_rights(L, d->sym) : NULL;
    if (m) {
      uint32_t node = node_of(L, lower_sym(L, d->sym), d->offset), price = price_of(L, g, m);
      if (node == UINT32_MAX || b->group[node] == BEARING_NONE || price == NO_INDEX) continue;
      Exchange *x = &to->exchange[b->group[node]];
      x->price[x->n] = price;
      x->rights[x->n++] = g;
    } else if (d->kind == GLOBAL_PRICE) {
      uint32_t k = claim_group(L, g);
      if (k != BEARING_NONE) to->exchange[k].claim[to->exchange[k].nclaim++] = g;
    }
  }
  return 0;
}
