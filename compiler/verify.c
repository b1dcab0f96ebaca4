/* verify.c: what every pass relies on, checked between passes in debug builds. */
#include "economy.h"

typedef struct { const Economy *e; IdxId bound[128]; uint32_t n; const char *where; Origin at; int bad; } Verify;

static void fault(Verify *v, Origin at, const char *what) {
  if (!v->bad) diag_add(v->e->cc, SEV_ERROR, "ir.verify", at ? at : v->at, "internal: %s in %s", what, v->where);
  v->bad = 1;
}

static void scope_push(Verify *v, IdxId i, Origin at) {
  if (!i || i >= v->e->idxs.n) fault(v, at, "an index variable that does not exist");
  else if (v->n < 128) v->bound[v->n++] = i;
}

static void check(Verify *v, const Expr *e);

static void check_ix(Verify *v, Ix x, Origin at) {
  if (x.e) check(v, x.e);
  if (x.kind == IX_EXPR && !x.e) fault(v, at, "an index without its expression");
  if (x.kind == IX_ELEM || x.kind == IX_EXPR || (x.kind == IX_PREV && x.e)) return;
  for (uint32_t i = 0; i < v->n; i++)
    if (v->bound[i] == x.v) return;
  if (v->n < 128) fault(v, at, "an index variable out of its scope");
}

static void check_ref(Verify *v, const Expr *e) {
  if (!e->sym || e->sym >= v->e->syms.n) {
    fault(v, e->at, "a reference to no symbol");
    return;
  }
  const Sym *s = economy_at(v->e, e->sym);
  if (s->ndom != e->nix) fault(v, e->at, "a reference that is not fully spelt");
  if (s->kind == SYM_SET || s->kind == SYM_AGENT || s->kind == SYM_CONSTRAINT || s->kind == SYM_MARKET || s->kind == SYM_EQUATION) fault(v, e->at, "a reference to something without a value");
}

static void check(Verify *v, const Expr *e) {
  uint32_t before = v->n;
  if (v->bad) return;
  if (e->kind == E_REF) check_ref(v, e);
  if (e->kind == E_IDX && !e->nix) check_ix(v, ix_bound(e->v), e->at);
  if (e->kind == E_SUM) {
    if (!economy_set(v->e, e->dom.set)) fault(v, e->at, "a sum over no set");
    if (e->dom.succ) check_ix(v, e->dom.prev, e->at);
  }
  if (e->kind == E_TOTAL) {
    const Agent *a = economy_agent(v->e, e->sym);
    if (!a || a->nidx != e->nbinds) fault(v, e->at, "a total over no class");
  }
  for (uint32_t i = 0; i < e->nix; i++) check_ix(v, e->ix[i], e->at);
  if (e->kind == E_SUM) scope_push(v, e->bind, e->at);
  for (uint32_t i = 0; i < e->nbinds; i++) scope_push(v, e->binds[i], e->at);
  for (uint32_t i = 0; i < e->nkid; i++) check(v, e->kid[i]);
  v->n = before;
}

static void family(Verify *v, const char *where, Origin at, const IdxId *outer, uint32_t nouter, const IdxId *binds, uint32_t nbinds, const Expr *const *e, uint32_t n) {
  v->where = where;
  v->at = at;
  v->n = 0;
  for (uint32_t i = 0; i < nouter; i++) scope_push(v, outer[i], at);
  for (uint32_t i = 0; i < nbinds; i++) scope_push(v, binds[i], at);
  for (uint32_t i = 0; i < n; i++)
    if (e[i]) check(v, e[i]);
}

static void aligned(Verify *v, SymId s, uint32_t outer, const IdxId *binds, uint32_t n, Origin at) {
  v->at = at;
  if (!s || s >= v->e->syms.n) fault(v, at, "a family without its symbol");
  else if (economy_at(v->e, s)->ndom != outer + n) fault(v, at, "a family whose binders are not its symbol's sets");
  (void)binds;
}

static void check_agent(Verify *v, const Agent *a) {
  const Sym *value = a->value ? economy_at(v->e, a->value) : NULL;
  const Expr *mass = a->mass;
  family(v, "a mass", a->at, a->idx, a->nidx, NULL, 0, &mass, 1);
  if (value) family(v, "an objective", a->at, value->idx ? value->idx : a->idx, a->nidx, NULL, 0, &value->def, 1);
  for (uint32_t i = 0; i < a->choices.n; i++) {
    const Sym *s = economy_at(v->e, a->choices.at[i]);
    if (s->kind != SYM_CHOICE || s->owner != a->sym || s->ndom < a->nidx) fault(v, s->at, "a choice without its owner's indices");
  }
  for (uint32_t i = 0; i < a->constraints.n; i++) {
    const Constraint *c = &a->constraints.at[i];
    if (c->dropped) continue;
    family(v, "a constraint", c->at, a->idx, a->nidx, c->binds, c->nbinds, (const Expr *const[]){c->cond, c->lhs, c->rhs, c->weight}, 4);
    aligned(v, c->sym, a->nidx, c->binds, c->nbinds, c->at);
    if (c->mult) aligned(v, c->mult, a->nidx, c->binds, c->nbinds, c->at);
  }
  for (uint32_t i = 0; i < a->conditions.n; i++) {
    const Condition *c = &a->conditions.at[i];
    family(v, "a condition", c->at, a->idx, a->nidx, c->binds, c->nbinds, (const Expr *const[]){c->cond, c->row}, 2);
    aligned(v, c->sym, a->nidx, c->binds, c->nbinds, c->at);
  }
}

int economy_verify(const Economy *e) {
  Verify v = {.e = e};
  for (uint32_t i = 0; i < e->agents.n && !v.bad; i++) check_agent(&v, &e->agents.at[i]);
  for (uint32_t i = 0; i < e->markets.n && !v.bad; i++) {
    const Market *m = &e->markets.at[i];
    if (m->dropped) continue;
    family(&v, "a market", m->at, NULL, 0, m->binds, m->nbinds, (const Expr *const[]){m->cond, m->demand, m->supply}, 3);
    if (m->price && (m->demand || m->nbinds)) aligned(&v, m->price, 0, m->binds, m->nbinds, m->at);
  }
  for (uint32_t i = 0; i < e->equations.n && !v.bad; i++) {
    const Equation *q = &e->equations.at[i];
    if (!q->dropped) family(&v, "an equation", q->at, NULL, 0, q->binds, q->nbinds, (const Expr *const[]){q->cond, q->lhs, q->rhs}, 3);
  }
  for (uint32_t i = 0; i < e->normalisations.n && !v.bad; i++) {
    const Normalisation *z = &e->normalisations.at[i];
    if (!z->dropped) family(&v, "a normalisation", z->at, NULL, 0, z->binds, z->nbinds, (const Expr *const[]){z->lhs, z->rhs}, 2);
  }
  return v.bad;
}
