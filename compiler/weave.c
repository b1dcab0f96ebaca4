/* weave.c: pass weave: what a question changes in the economy: constraints and markets left out, types that are there, normalisations. */
#include "indices.h"
#include "pass.h"

static int drop(Economy *e, SymId s) {
  Sym *sym = economy_at(e, s);
  int found = 0;
  sym->dropped = 1;
  for (uint32_t i = 0; i < e->agents.n; i++)
    for (uint32_t j = 0; j < e->agents.at[i].constraints.n; j++) {
      Constraint *c = &e->agents.at[i].constraints.at[j];
      if (c->sym != s) continue;
      found = c->dropped = 1;
      if (c->mult) economy_at(e, c->mult)->dropped = 1;
    }
  for (uint32_t i = 0; i < e->markets.n; i++)
    if (e->markets.at[i].sym == s) return e->markets.at[i].dropped = 1;
  for (uint32_t i = 0; i < e->equations.n; i++)
    if (e->equations.at[i].sym == s) return e->equations.at[i].dropped = 1;
  return found;
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

/* ---- institutions: what the question does not apply sleeps, what it applies changes what stands ---- */
static int applies(const Question *q, uint32_t scope) {
  for (uint32_t i = 0; q && i < q->with.n; i++)
    if (q->with.at[i] == scope) return 1;
  return scope == 0;
}

SymId weave_means(const Economy *e, const Question *q, SymId first) {
  if (applies(q, economy_at(e, first)->scope)) return first;
  SymId only = 0;
  for (SymId s = 1; s < e->syms.n; s++) {
    const Sym *x = economy_at(e, s);
    if (x->twin != first || !applies(q, x->scope)) continue;
    if (only) return first;
    only = s;
  }
  return only ? only : first;
}

/* What the question applies of several copies of one declaration is known by the name of the first, where it is one copy. */
static void name_copies(Economy *e, const Question *q) {
  for (SymId s = 1; s < e->syms.n; s++) {
    const SymId first = economy_at(e, s)->twin;
    if (!first || !applies(q, economy_at(e, s)->scope) || weave_means(e, q, first) != s) continue;
    economy_at(e, first)->means = s;
    economy_at(e, s)->name = economy_at(e, first)->name;
  }
}

static int put_asleep(Economy *e, const Question *q) {
  uint32_t n = 0;
  name_copies(e, q);
  for (SymId s = 1; s < e->syms.n; s++) {
    Sym *x = economy_at(e, s);
    if (applies(q, x->scope)) continue;
    if (x->kind != SYM_SET && x->kind != SYM_PARAM) x->dropped = 1;
  }
  for (uint32_t i = 0; i < e->agents.n; i++) {
    Agent *a = &e->agents.at[i];
    if (economy_at(e, a->sym)->dropped) a->gone = 1;
    for (uint32_t j = n = 0; j < a->choices.n; j++)
      if (!economy_at(e, a->choices.at[j])->dropped) a->choices.at[n++] = a->choices.at[j];
    a->choices.n = n;
    for (uint32_t j = 0; j < a->constraints.n; j++) a->constraints.at[j].dropped |= economy_at(e, a->constraints.at[j].sym)->dropped;
  }
  for (uint32_t i = 0; i < e->markets.n; i++) e->markets.at[i].dropped |= economy_at(e, e->markets.at[i].sym)->dropped;
  for (uint32_t i = 0; i < e->equations.n; i++) e->equations.at[i].dropped |= economy_at(e, e->equations.at[i].sym)->dropped;
  for (uint32_t i = 0; i < e->normalisations.n; i++) e->normalisations.at[i].dropped |= !applies(q, e->normalisations.at[i].scope);
  return arena_failed(e->mem);
}

/* A copy in which the side that was there stands for itself. */
static const Expr *filled(Economy *e, const Expr *x, const Expr *was) {
  if (x->kind == E_REF && x->sym == e->before) return was;
  if (!x->nkid) return x;
  const Expr **kid = ARENA_ARRAY(e->mem, const Expr *, x->nkid);
  int same = 1;
  if (!kid) return x;
  for (uint32_t i = 0; i < x->nkid; i++) {
    kid[i] = filled(e, x->kid[i], was);
    same &= kid[i] == x->kid[i];
  }
  return same ? x : ex_with(e->mem, x, kid, x->ix, &x->dom);
}

static int is_before(void *ctx, const Expr *ref) { return ref->sym == ((const Economy *)ctx)->before; }

/* What was there, with one term or more beside it: the order of such extensions does not matter. */
static int adds(const Economy *e, const Expr *x) {
  if (x->kind == E_REF) return x->sym == e->before;
  if (x->kind != E_ADD) return 0;
  unsigned n = 0;
  for (uint32_t i = 0; i < x->nkid; i++) {
    if (x->kid[i]->kind == E_REF && x->kid[i]->sym == e->before) n++;
    else if (ex_depends(x->kid[i], is_before, (void *)(uintptr_t)e)) return 0;
  }
  return n == 1;
}

static int additive(const Economy *e, const Weaving *w) { return w->kind == WEAVE_EXTEND && adds(e, w->lhs) && adds(e, w->rhs); }

/* Two changes of one thing, of which the order would matter. */
static int quarrel(Economy *e, const Weaving *a, const Weaving *b) {
  if (a->target != b->target || a->scope == b->scope || (additive(e, a) && additive(e, b))) return 0;
  const char *name = str_text(e->cc->strs, economy_at(e, a->target)->name);
  int both = a->kind != WEAVE_EXTEND && b->kind != WEAVE_EXTEND;
  Diag *d = diag_add(e->cc, SEV_ERROR, "institution.order", b->at, both ? "two institutions put something else in the place of `%s`" : "two institutions change `%s`, and the result would depend on their order", name);
  diag_note(e->cc, d, a->at, "the other change is here");
  diag_hint(e->cc, d, "extensions that add terms (`... + x`) go together; otherwise write one institution that does both");
  return 1;
}

/* The target's index variables at those of the change. */
static const Expr *at_binds(Economy *e, const Expr *x, const IdxId *from, const IdxId *to, uint32_t n) {
  Ix ix[16];
  if (!x || n > 16) return x;
  for (uint32_t i = 0; i < n; i++) ix[i] = ix_bound(to[i]);
  return ex_subst(e->mem, x, from, ix, n);
}

static const Expr *both(Economy *e, Origin at, const Expr *a, const Expr *b) {
  if (!a || !b) return a ? a : b;
  return ex_node(e->mem, at, E_AND, (const Expr *const[]){a, b}, 2);
}

/* Where the change holds, in the target's index variables (NULL: everywhere), and the same in its own (*own). */
static const Expr *region(Economy *e, const Weaving *w, const IdxId *target, const Expr **own) {
  const Expr *cond = at_binds(e, w->cond, w->binds, target, w->nbinds);
  *own = w->cond;
  for (uint32_t i = 0; i < w->nbinds; i++) {
    SymId s = e->idxs.at[w->binds[i]].set, t = e->idxs.at[target[i]].set;
    if (!set_within(e, t, s)) cond = both(e, w->at, cond, ex_in(e->mem, w->at, ix_bound(target[i]), s));
    if (!set_within(e, s, t)) *own = both(e, w->at, *own, ex_in(e->mem, w->at, ix_bound(w->binds[i]), t));
  }
  return cond;
}

/* A constraint changed in part becomes two of the same name and multiplier: as it was elsewhere, as changed there. */
static void change_constraint(Economy *e, Agent *a, uint32_t at, const Weaving *w) {
  Constraint c = a->constraints.at[at], n = c;
  const Expr *own, *there = region(e, w, c.binds, &own);
  n.binds = w->binds;
  n.nbinds = w->nbinds;
  n.node = w->node;
  n.sense = w->sense;
  n.cond = both(e, w->at, at_binds(e, c.cond, c.binds, w->binds, c.nbinds), own);
  n.lhs = filled(e, w->lhs, at_binds(e, c.lhs, c.binds, w->binds, c.nbinds));
  n.rhs = filled(e, w->rhs, at_binds(e, c.rhs, c.binds, w->binds, c.nbinds));
  n.at = w->at;
  if (!there) {
    a->constraints.at[at] = n;
    return;
  }
  a->constraints.at[at].cond = both(e, w->at, c.cond, ex_node(e->mem, w->at, E_NOT, &there, 1));
  VEC_PUSH(e->mem, a->constraints, n);
}

static void carry_out(Economy *e, const Weaving *w) {
  if (w->kind == WEAVE_DROP) {
    drop(e, w->target);
    return;
  }
  for (uint32_t i = 0; i < e->agents.n; i++) {
    Agent *a = &e->agents.at[i];
    for (uint32_t j = 0, n = a->constraints.n; j < n; j++)
      if (a->constraints.at[j].sym == w->target && !a->constraints.at[j].dropped) change_constraint(e, a, j, w);
  }
  for (uint32_t i = 0; i < e->markets.n; i++) {
    Market *m = &e->markets.at[i];
    if (m->sym != w->target) continue;
    m->demand = filled(e, w->sense == C_GE ? w->rhs : w->lhs, m->demand);
    m->supply = filled(e, w->sense == C_GE ? w->lhs : w->rhs, m->supply);
    m->from = MARKET_WRITTEN;
  }
  for (uint32_t i = 0; i < e->equations.n; i++) {
    Equation *q = &e->equations.at[i];
    if (q->sym != w->target) continue;
    q->lhs = filled(e, w->lhs, q->lhs);
    q->rhs = filled(e, w->rhs, q->rhs);
    q->sense = w->sense;
    q->at = w->at;
  }
}

static int institutions(Economy *e, const Question *q) {
  int wrong = 0;
  if (put_asleep(e, q)) return 1;
  for (uint32_t i = 0; i < e->weavings.n; i++)
    for (uint32_t j = 0; j < i; j++)
      if (applies(q, e->weavings.at[i].scope) && applies(q, e->weavings.at[j].scope)) wrong |= quarrel(e, &e->weavings.at[j], &e->weavings.at[i]);
  for (uint32_t i = 0; i < e->weavings.n && !wrong; i++)
    if (applies(q, e->weavings.at[i].scope)) carry_out(e, &e->weavings.at[i]);
  e->weavings.n = 0;
  return wrong || arena_failed(e->mem);
}

int pass_weave(Economy *e, const Question *q, const Values *v) {
  if (institutions(e, q)) return 1;
  if (!q) return finite_check(e, q, v);
  for (uint32_t i = 0; i < q->without.n; i++)
    if (!drop(e, q->without.at[i]))
      diag_add(e->cc, SEV_ERROR, "without.nothing", q->at, "'%s' is neither a constraint nor a market that could be left out", str_text(e->cc->strs, economy_at(e, q->without.at[i])->name));
  for (uint32_t i = 0; i < e->agents.n && q->has_of; i++)
    if (keep(e, &e->agents.at[i], q)) return 1;
  if (q->numeraire.n) {
    for (uint32_t i = 0; i < e->normalisations.n; i++) e->normalisations.at[i].dropped = 1;
    for (uint32_t i = 0; i < q->numeraire.n; i++) VEC_PUSH(e->mem, e->normalisations, q->numeraire.at[i]);
  }
  return (!q->sweep && finite_check(e, q, v)) || arena_failed(e->mem);
}
