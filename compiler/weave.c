/* weave.c: pass weave: what a question changes in the economy: constraints and markets left out, types that are there, normalisations. */
#include "pass.h"

static int drop(Economy *e, SymId s) {
  Sym *sym = economy_at(e, s);
  sym->dropped = 1;
  for (uint32_t i = 0; i < e->agents.n; i++)
    for (uint32_t j = 0; j < e->agents.at[i].constraints.n; j++) {
      Constraint *c = &e->agents.at[i].constraints.at[j];
      if (c->sym != s) continue;
      c->dropped = 1;
      if (c->mult) economy_at(e, c->mult)->dropped = 1;
      return 1;
    }
  for (uint32_t i = 0; i < e->markets.n; i++)
    if (e->markets.at[i].sym == s) return e->markets.at[i].dropped = 1;
  for (uint32_t i = 0; i < e->equations.n; i++)
    if (e->equations.at[i].sym == s) return e->equations.at[i].dropped = 1;
  return 0;
}

/* `of {...}`: these types alone. An element of the class's type set keeps that type, the class's own name keeps all of it. */
static int keep(Economy *e, Agent *a, const Question *q) {
  uint32_t n = 0;
  Elem *only = ARENA_ARRAY(e->mem, Elem, q->of.n + 1);
  if (!only) return 1;
  for (uint32_t i = 0; i < q->of.n; i++)
    if (q->of.at[i] == economy_at(e, a->sym)->name) return 0;
  for (uint32_t i = 0; i < q->of.n && a->nidx == 1; i++)
    if (set_pos(economy_set(e, a->set[0]), q->of.at[i]) != UINT32_MAX) only[n++] = q->of.at[i];
  if (a->nidx > 1) {
    diag_add(e->cc, SEV_ERROR, "of.indices", q->at, "'of' chooses among the types of classes with one index, '%s' has %u", str_text(e->cc->strs, economy_at(e, a->sym)->name), a->nidx);
    return 1;
  }
  a->gone = n == 0;
  a->only = only;
  a->nonly = n;
  return 0;
}

int pass_weave(Economy *e, const Question *q, const Values *v) {
  (void)v;
  if (!q) return 0;
  for (uint32_t i = 0; i < q->without.n; i++)
    if (!drop(e, q->without.at[i]))
      diag_add(e->cc, SEV_ERROR, "without.nothing", q->at, "'%s' is neither a constraint nor a market that could be left out", str_text(e->cc->strs, economy_at(e, q->without.at[i])->name));
  for (uint32_t i = 0; i < e->agents.n && q->has_of; i++)
    if (keep(e, &e->agents.at[i], q)) return 1;
  if (q->numeraire.n) {
    for (uint32_t i = 0; i < e->normalisations.n; i++) e->normalisations.at[i].dropped = 1;
    for (uint32_t i = 0; i < q->numeraire.n; i++) VEC_PUSH(e->mem, e->normalisations, q->numeraire.at[i]);
  }
  return arena_failed(e->mem);
}
