/* count.c: pass count: as many conditions as unknowns. Choices, multipliers and prices bring their own; what is left is the count of
 * variables (and choices of agents without an objective) against equations that complement nothing. Families of equal size over the
 * same sets are paired by a bipartite matching on which variable occurs in which equation; what cannot be paired by families is left
 * for lowering, which pairs instance by instance. */
#include "indices.h"
#include "pass.h"
#include <string.h>

typedef struct { Economy *e; SymId *var; uint32_t nvar; uint32_t *eq; uint32_t neq; uint32_t *mate; uint8_t *seen; } Match;

static int is_sym(void *ctx, const Expr *ref) { return ref->sym == *(const SymId *)ctx; }
static const char *name_of(const Economy *e, SymId s) { return str_text(e->cc->strs, economy_at(e, s)->name); }

/* Instances of a family whose condition indices alone decide; SIZE_MAX where they do not. */
static size_t volume_of(const Economy *e, const IdxId *binds, uint32_t n, const Expr *cond, Bindings *b) {
  size_t sum = 0;
  if (!n) {
    int c = bindings_cond(b, cond);
    return c < 0 ? SIZE_MAX : (size_t)c;
  }
  const Set *s = economy_set(e, e->idxs.at[binds[0]].set);
  if (!cond) {
    size_t rest = volume_of(e, binds + 1, n - 1, cond, b);
    return s && rest < SIZE_MAX ? set_size(s) * rest : SIZE_MAX;
  }
  for (uint32_t i = 0; s && i < set_size(s); i++) {
    b->env[binds[0]] = set_elem(s, i);
    size_t v = volume_of(e, binds + 1, n - 1, cond, b);
    b->env[binds[0]] = ELEM_NONE;
    if (v == SIZE_MAX) return v;
    sum += v;
  }
  return sum;
}

static int complemented(const Economy *e, SymId x) {
  for (uint32_t i = 0; i < e->equations.n; i++)
    if (!e->equations.at[i].dropped && e->equations.at[i].perp == x) return 1;
  return 0;
}

/* ---- pairing ---- */

/* The indices at which the variable is determined by an instance of the equation; NULL when their sets differ. */
static Ix *aligned(Economy *e, const Equation *q, SymId x) {
  const Sym *s = economy_at(e, x);
  Ix *ix = ARENA_ARRAY(e->mem, Ix, s->ndom + 1);
  uint8_t *used = ARENA_ARRAY(e->mem, uint8_t, q->nbinds + 1);
  if (!ix || !used || q->nbinds != s->ndom) return NULL;
  for (uint32_t d = 0; d < s->ndom; d++) {
    uint32_t k = 0;
    while (k < q->nbinds && (used[k] || e->idxs.at[q->binds[k]].set != s->dom[d])) k++;
    if (k == q->nbinds) return NULL;
    used[k] = 1;
    ix[d] = ix_bound(q->binds[k]);
  }
  return ix;
}

/* The equation stands where the variable does: everywhere, or under the condition of the variable's head. */
static int same_part(Economy *e, const Equation *q, SymId x) {
  const Sym *s = economy_at(e, x);
  if (!q->cond || !s->exists) return !q->cond && !s->exists;
  const Ix *ix = aligned(e, q, x);
  return ix && ex_equal(ex_subst(e->mem, s->exists, s->idx, ix, s->ndom), q->cond);
}

static int augment(Match *m, uint32_t i) {
  const Equation *q = &m->e->equations.at[m->eq[i]];
  for (uint32_t j = 0; j < m->nvar; j++) {
    SymId x = m->var[j];
    if (m->seen[j] || !same_part(m->e, q, x) || economy_at(m->e, x)->kind != SYM_VAR || !(ex_depends(q->lhs, is_sym, &x) || ex_depends(q->rhs, is_sym, &x)) || !aligned(m->e, q, x)) continue;
    m->seen[j] = 1;
    if (m->mate[j] == UINT32_MAX || augment(m, m->mate[j])) {
      m->mate[j] = i;
      return 1;
    }
  }
  return 0;
}

static void pair(Match *m) {
  uint32_t found = 0;
  for (uint32_t j = 0; j < m->nvar; j++) m->mate[j] = UINT32_MAX;
  for (uint32_t i = 0; i < m->neq; i++) {
    memset(m->seen, 0, m->nvar);
    found += augment(m, i) != 0;
  }
  if (found < m->neq || found < m->nvar) return;
  for (uint32_t j = 0; j < m->nvar; j++) {
    Equation *q = &m->e->equations.at[m->eq[m->mate[j]]];
    q->perp_ix = aligned(m->e, q, m->var[j]);
    q->perp = m->var[j];
    q->nperp_ix = economy_at(m->e, m->var[j])->ndom;
  }
}

/* ---- counting ---- */
static void list_names(const Economy *e, Text *t, const SymId *s, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) text_printf(t, "%s%s", i ? ", " : "", name_of(e, s[i]));
}

static void unequal(const Match *m, size_t unknowns, size_t equations) {
  Text vars = {0}, eqs = {0};
  SymId *names = ARENA_ARRAY(m->e->mem, SymId, m->neq + 1);
  for (uint32_t i = 0; names && i < m->neq; i++) names[i] = m->e->equations.at[m->eq[i]].sym;
  list_names(m->e, &vars, m->var, m->nvar);
  if (names) list_names(m->e, &eqs, names, m->neq);
  Origin at = m->nvar ? economy_at(m->e, m->var[0])->at : m->e->equations.at[m->eq[0]].at;
  Diag *d = diag_add(m->e->cc, SEV_ERROR, "count.variables", at, "%zu variable%s (%s), %zu equation%s (%s): the economy needs as many equations as variables", unknowns, unknowns == 1 ? "" : "s",
                     vars.n ? vars.at : "none", equations, equations == 1 ? "" : "s", eqs.n ? eqs.at : "none");
  for (uint32_t j = 0; j < m->nvar; j++) {
    int used = 0;
    for (uint32_t i = 0; i < m->neq; i++) {
      const Equation *q = &m->e->equations.at[m->eq[i]];
      used |= ex_depends(q->lhs, is_sym, &m->var[j]) || ex_depends(q->rhs, is_sym, &m->var[j]);
    }
    if (!used) diag_note(m->e->cc, d, economy_at(m->e, m->var[j])->at, "'%s' occurs in no equation", name_of(m->e, m->var[j]));
  }
  text_free(&vars);
  text_free(&eqs);
}

static int has_condition(const Agent *a, SymId x) {
  for (uint32_t i = 0; i < a->conditions.n; i++)
    if (a->conditions.at[i].sym == x) return 1;
  return 0;
}

/* Policy agents: no more equations than choices; choices without one of their own count as variables. */
static int policy(Match *m, const Agent *a, size_t *unknowns) {
  Economy *e = m->e;
  uint32_t live = 0;
  for (uint32_t i = 0; i < a->constraints.n; i++) live += !a->constraints.at[i].dropped;
  if (live > a->choices.n) {
    diag_add(e->cc, SEV_ERROR, "count.policy", a->at, "'%s' has no objective: its %u choice%s are decided by its equations, and there are %u", name_of(e, a->sym), a->choices.n, a->choices.n == 1 ? "" : "s", live);
    return 1;
  }
  for (uint32_t i = 0; i < a->choices.n; i++) {
    if (has_condition(a, a->choices.at[i]) || complemented(e, a->choices.at[i])) continue;
    m->var[m->nvar++] = a->choices.at[i];
    *unknowns += economy_volume(e, a->choices.at[i]);
  }
  return 0;
}

/* ---- variables that decide nothing ---- */
typedef struct { const Economy *e; SymId x; } Mention;
static int mentions(void *ctx, const Expr *ref) {
  Mention *m = ctx;
  const Sym *s = economy_at(m->e, ref->sym);
  return ref->sym == m->x || (s->kind == SYM_VALUE && s->def && ex_depends(s->def, is_sym, &m->x));
}
static int in_either(Mention *m, const Expr *a, const Expr *b) { return (a && ex_depends(a, mentions, m)) || (b && ex_depends(b, mentions, m)); }

/* In what the file says: a question that drops the constraint it stands in means to. */
static int stands_anywhere(const Economy *e, SymId x) {
  Mention m = {e, x};
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i];
    if (in_either(&m, a->value ? economy_at(e, a->value)->def : NULL, a->mass)) return 1;
    for (uint32_t j = 0; j < a->constraints.n; j++)
      if (in_either(&m, a->constraints.at[j].lhs, a->constraints.at[j].rhs)) return 1;
    for (uint32_t j = 0; j < a->choices.n; j++)
      if (in_either(&m, economy_at(e, a->choices.at[j])->lower, economy_at(e, a->choices.at[j])->upper)) return 1;
  }
  for (uint32_t i = 0; i < e->markets.n; i++)
    if (in_either(&m, e->markets.at[i].demand, e->markets.at[i].supply)) return 1;
  for (uint32_t i = 0; i < e->equations.n; i++)
    if (in_either(&m, e->equations.at[i].lhs, e->equations.at[i].rhs)) return 1;
  return 0;
}

/* An inequality complements it, and nothing gives way when it moves: the inequality restrains nothing. */
static void idle_variables(const Economy *e) {
  for (uint32_t i = 0; i < e->equations.n; i++) {
    const Equation *q = &e->equations.at[i];
    if (q->dropped || !q->perp || q->sense == C_EQ || economy_at(e, q->perp)->kind != SYM_VAR || stands_anywhere(e, q->perp)) continue;
    const char *name = name_of(e, q->perp), *said = name_of(e, q->sym);
    Diag *d = diag_add(e->cc, SEV_WARNING, "count.idle", economy_at(e, q->perp)->at, "the variable '%s' stands in no condition: the inequality '%s', which it complements, restrains nothing", name, said);
    diag_hint(e->cc, d, "'%s' is what gives way where '%s' binds (a ration, a rent, an amount bought up): it stands in a budget, a market or a constraint", name, said);
  }
}

int pass_count(Economy *e, const Question *q, const Values *v) {
  (void)q;
  (void)v;
  Match m = {.e = e, .var = ARENA_ARRAY(e->mem, SymId, e->syms.n), .eq = ARENA_ARRAY(e->mem, uint32_t, e->equations.n + 1), .mate = ARENA_ARRAY(e->mem, uint32_t, e->syms.n), .seen = ARENA_ARRAY(e->mem, uint8_t, e->syms.n)};
  Bindings b = {e, ARENA_ARRAY(e->mem, Elem, e->idxs.n + 1), e->idxs.n};
  size_t unknowns = 0, equations = 0;
  int known = 1;
  idle_variables(e);
  if (!m.var || !m.eq || !m.mate || !m.seen || !b.env) return 1;
  for (SymId s = 1; s < e->syms.n; s++) {
    if (e->syms.at[s].kind != SYM_VAR || e->syms.at[s].dropped || complemented(e, s)) continue;
    m.var[m.nvar++] = s;
    size_t n = volume_of(e, e->syms.at[s].idx, e->syms.at[s].exists ? e->syms.at[s].ndom : 0, e->syms.at[s].exists, &b);
    if (n == SIZE_MAX) known = 0;
    else unknowns += e->syms.at[s].exists ? n : economy_volume(e, s);
  }
  for (uint32_t i = 0; i < e->agents.n; i++)
    if (!e->agents.at[i].value && !e->agents.at[i].gone && policy(&m, &e->agents.at[i], &unknowns)) return 1;
  for (uint32_t i = 0; i < e->equations.n; i++) {
    const Equation *x = &e->equations.at[i];
    if (x->dropped || x->perp) continue;
    m.eq[m.neq++] = i;
    size_t n = volume_of(e, x->binds, x->nbinds, x->cond, &b);
    if (n == SIZE_MAX) known = 0;
    else equations += n;
  }
  if (known && unknowns != equations) {
    unequal(&m, unknowns, equations);
    return 1;
  }
  pair(&m);
  return 0;
}
