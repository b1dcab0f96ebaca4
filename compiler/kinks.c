/* kinks.c: min and max of an agent's own choices. Where more of min(a, b) can only help the agent, it is a fresh choice t with t <= a
 * and t <= b: the agent takes t as large as it may (max the other way round). That it can only help is proven from the sign of the
 * derivative with respect to t; where there is no proof the kink is refused by name. abs(a) is max(a, -a). */
#include "pass.h"

typedef struct { Economy *e; Agent *a; const Values *v; const Expr *kept[64]; uint32_t nkept; } Kinks;
typedef struct { IdxId bind[16]; uint32_t n; } Scope16;

/* ---- signs: 1 never negative, -1 never positive, 0 not known ---- */
static int sign_of_ref(const Kinks *k, const Expr *x) {
  const Sym *s = economy_at(k->e, x->sym);
  if (s->kind == SYM_CHOICE || s->kind == SYM_VAR) return s->lower && s->lower->kind == E_NUM && s->lower->num >= 0;
  if (s->kind == SYM_PRICE) {
    for (uint32_t i = 0; i < k->e->markets.n; i++)
      if (k->e->markets.at[i].price == x->sym && k->e->markets.at[i].equality) return 0;
    return 1;
  }
  size_t n = economy_volume(k->e, x->sym);
  if (s->kind != SYM_PARAM || !k->v || !k->v->of[x->sym] || n == SIZE_MAX) return 0;
  for (size_t i = 0; i < n; i++)
    if (!(k->v->of[x->sym][i] >= 0)) return 0;
  return 1;
}

static int sign(const Kinks *k, const Expr *x) {
  int s = 1;
  switch (x->kind) {
  case E_NUM: return x->num >= 0 ? 1 : -1;
  case E_REF: return sign_of_ref(k, x);
  case E_NEG: return -sign(k, x->kid[0]);
  case E_ADD: case E_MIN: case E_MAX:
    s = sign(k, x->kid[0]);
    for (uint32_t i = 1; i < x->nkid; i++)
      if (sign(k, x->kid[i]) != s) return 0;
    return s;
  case E_MUL: case E_DIV:
    for (uint32_t i = 0; i < x->nkid; i++) s *= sign(k, x->kid[i]);
    return s;
  case E_POW: return sign(k, x->kid[0]) > 0;
  case E_CALL: return x->fn == FN_EXP || x->fn == FN_SQRT || x->fn == FN_ABS;
  case E_IF: return sign(k, x->kid[1]) == sign(k, x->kid[2]) ? sign(k, x->kid[1]) : 0;
  case E_SUM: case E_TOTAL: case E_GIVEN: return sign(k, x->kid[0]);
  default: return 0;
  }
}

/* ---- finding ---- */
static int is_own(void *ctx, const Expr *ref) {
  const Kinks *k = ctx;
  const Sym *s = economy_at(k->e, ref->sym);
  return s->kind == SYM_CHOICE && s->owner == k->a->sym;
}

static int is_kink(const Expr *x) { return x->kind == E_MIN || x->kind == E_MAX || (x->kind == E_CALL && x->fn == FN_ABS); }

static const Expr *find(Kinks *k, const Expr *x, Scope16 *scope) {
  if (x->kind == E_TOTAL || x->kind == E_GIVEN) return NULL;
  if (is_kink(x) && ex_depends(x, is_own, k)) {
    uint32_t i = 0;
    while (i < k->nkept && !ex_equal(k->kept[i], x)) i++;
    if (i == k->nkept) return x;
  }
  if (x->kind == E_SUM && scope->n < 16) scope->bind[scope->n++] = x->bind;
  for (uint32_t i = 0; i < x->nkid; i++) {
    const Expr *found = find(k, x->kid[i], scope);
    if (found) return found;
  }
  if (x->kind == E_SUM && scope->n) scope->n--;
  return NULL;
}

static const Expr *replace(Arena *a, const Expr *x, const Expr *what, const Expr *by) {
  const Expr **kid;
  int changed = 0;
  if (ex_equal(x, what)) return by;
  kid = ARENA_ARRAY(a, const Expr *, x->nkid + 1);
  if (!kid) return x;
  for (uint32_t i = 0; i < x->nkid; i++) {
    kid[i] = replace(a, x->kid[i], what, by);
    changed |= kid[i] != x->kid[i];
  }
  return changed ? ex_with(a, x, kid, x->ix, &x->dom) : x;
}

/* ---- the fresh choice ---- */
static int is_node(const Economy *e, IdxId i) {
  const Set *s = economy_set(e, e->idxs.at[i].set);
  return s && s->is_nodes;
}

/* The scope's variables that the kink mentions, a node last. */
static void narrow(const Economy *e, const Expr *kink, Scope16 *s) {
  Scope16 kept = {0};
  IdxId node = 0;
  for (uint32_t i = 0; i < s->n; i++) {
    if (!ex_mentions(kink, s->bind[i])) continue;
    if (is_node(e, s->bind[i]) && !node) node = s->bind[i];
    else kept.bind[kept.n++] = s->bind[i];
  }
  if (node) kept.bind[kept.n++] = node;
  *s = kept;
}

static Str numbered(Economy *e, const char *base) {
  Text t = {0};
  Str s = 0;
  for (unsigned k = 1; !s; k++) {
    t.n = 0;
    text_printf(&t, "%s_%u", base, k);
    s = str_of(e->cc->strs, t.at ? t.at : base);
    for (uint32_t i = 1; i < e->syms.n && !t.failed; i++)
      if (e->syms.at[i].name == s) s = 0;
  }
  text_free(&t);
  return s;
}

static SymId fresh(Kinks *k, Str name, SymKind kind, const Scope16 *s, Origin at) {
  Economy *e = k->e;
  SymId x = economy_sym(e, name, kind, at), *dom = ARENA_ARRAY(e->mem, SymId, k->a->nidx + s->n + 1);
  if (!x || !dom) return 0;
  for (uint32_t i = 0; i < k->a->nidx; i++) dom[i] = k->a->set[i];
  for (uint32_t i = 0; i < s->n; i++) dom[k->a->nidx + i] = e->idxs.at[s->bind[i]].set;
  Sym *sym = economy_at(e, x);
  sym->owner = k->a->sym;
  sym->dom = dom;
  sym->ndom = k->a->nidx + s->n;
  sym->node_dim = s->n && is_node(e, s->bind[s->n - 1]) ? (int)sym->ndom - 1 : -1;
  return x;
}

static const Expr *fresh_ref(Kinks *k, SymId x, const Scope16 *s, Origin at) {
  Ix ix[48];
  uint32_t n = 0;
  for (uint32_t i = 0; i < k->a->nidx && n < 32; i++) ix[n++] = ix_bound(k->a->idx[i]);
  for (uint32_t i = 0; i < s->n; i++) ix[n++] = ix_bound(s->bind[i]);
  return ex_ref(k->e->mem, at, x, ix, n);
}

/* Does more of t help (less, for a max)? */
static int monotone(Kinks *k, const Expr *f, SymId t, const Scope16 *s, int is_max) {
  Ix at[48];
  uint32_t n = 0;
  for (uint32_t i = 0; i < k->a->nidx && n < 32; i++) at[n++] = ix_bound(k->a->idx[i]);
  for (uint32_t i = 0; i < s->n; i++) at[n++] = ix_bound(economy_idx(k->e, k->e->idxs.at[s->bind[i]].name, k->e->idxs.at[s->bind[i]].set));
  int d = sign(k, expr_diff(k->e, f, t, at, n));
  return is_max ? d < 0 : d > 0;
}

static int bound_by(Kinks *k, const Expr *kink, SymId t, const Scope16 *s) {
  Economy *e = k->e;
  if (kink->kind == E_CALL) {
    const Expr *x = kink->kid[0], *const both[] = {x, ex_neg(e->mem, kink->at, x)};
    kink = ex_node(e->mem, kink->at, E_MAX, both, 2);
  }
  for (uint32_t i = 0; i < kink->nkid; i++) {
    Scope16 own = {.n = s->n};
    Ix to[16];
    for (uint32_t j = 0; j < s->n; j++) {
      own.bind[j] = economy_idx(e, e->idxs.at[s->bind[j]].name, e->idxs.at[s->bind[j]].set);
      to[j] = ix_bound(own.bind[j]);
    }
    Constraint c = {.sense = kink->kind == E_MIN ? C_LE : C_GE, .at = kink->at, .nbinds = s->n, .binds = ARENA_ARRAY(e->mem, IdxId, s->n + 1)};
    if (!c.binds) return 1;
    for (uint32_t j = 0; j < s->n; j++) c.binds[j] = own.bind[j];
    c.node = s->n && is_node(e, own.bind[s->n - 1]) ? own.bind[s->n - 1] : 0;
    c.lhs = fresh_ref(k, t, &own, kink->at);
    c.rhs = ex_subst(e->mem, kink->kid[i], s->bind, to, s->n);
    c.sym = fresh(k, numbered(e, str_text(e->cc->strs, economy_at(e, t)->name)), SYM_CONSTRAINT, s, kink->at);
    c.mult = fresh(k, numbered(e, "mu"), SYM_MULT, s, kink->at);
    VEC_PUSH(e->mem, k->a->constraints, c);
  }
  return arena_failed(e->mem);
}

static void not_smooth(Kinks *k, const Expr *kink) {
  if (k->nkept < 64) k->kept[k->nkept++] = kink;
  int min = kink->kind == E_MIN;
  Diag *d = diag_add(k->e->cc, SEV_ERROR, "kink.not-smooth", kink->at, "this %s of choices has a kink, and nothing shows that the agent wants it %s, which alone makes it smooth",
                     min ? "minimum" : kink->kind == E_MAX ? "maximum" : "absolute value", min ? "large" : "small");
  diag_hint(k->e->cc, d, "if the agent does, put a choice of its own in its place, `choose t`, with a constraint such as `bound: t %s ...` for %s; if not, the problem is not concave and has no such form",
            min ? "<=" : ">=", kink->kind == E_CALL ? "the value and its negative" : "each part");
}

/* f is to be large (an objective) or at least zero: the same with its kinks as bounds. */
static const Expr *smooth(Kinks *k, const Expr *f) {
  for (uint32_t tries = 0; tries < 256 && k->nkept < 64; tries++) {
    Scope16 s = {0};
    const Expr *kink = find(k, f, &s);
    if (!kink) return f;
    narrow(k->e, kink, &s);
    SymId t = fresh(k, numbered(k->e, kink->kind == E_MIN ? "min" : kink->kind == E_MAX ? "max" : "abs"), SYM_CHOICE, &s, kink->at);
    if (!t) return f;
    if (sign(k, kink) > 0) economy_at(k->e, t)->lower = ex_num(k->e->mem, kink->at, 0);   /* so is the extremum of what is never negative */
    const Expr *g = replace(k->e->mem, f, kink, fresh_ref(k, t, &s, kink->at));
    if (!monotone(k, g, t, &s, kink->kind != E_MIN)) {
      economy_at(k->e, t)->dropped = 1;
      not_smooth(k, kink);
      continue;
    }
    VEC_PUSH(k->e->mem, k->a->choices, t);
    if (bound_by(k, kink, t, &s)) return f;
    f = g;
  }
  return f;
}

int kinks_smooth(Economy *e, Agent *a, const Values *v) {
  Kinks k = {.e = e, .a = a, .v = v};
  unsigned before = diag_errors(e->cc->diags);
  const Expr *u = economy_at(e, a->value)->def;
  if (u) {
    u = smooth(&k, u);
    economy_at(e, a->value)->def = u;
  }
  uint32_t n = a->constraints.n;
  for (uint32_t i = 0; i < n; i++) {
    Constraint c = a->constraints.at[i];
    Scope16 s = {0};
    const Expr *kink = c.dropped ? NULL : find(&k, c.lhs, &s);
    if (!kink && !c.dropped) kink = find(&k, c.rhs, &s);
    if (!kink) continue;
    if (c.sense == C_EQ) {
      not_smooth(&k, kink);
      continue;
    }
    /* A family's own binders stand for sums over them, so that the fresh choice gets their indices. */
    const Expr *g = c.sense == C_GE ? ex_sub(e->mem, c.at, c.lhs, c.rhs) : ex_sub(e->mem, c.at, c.rhs, c.lhs);
    for (uint32_t j = c.nbinds; j-- > 0;) g = ex_sum(e->mem, c.at, c.binds[j], (Domain){.set = e->idxs.at[c.binds[j]].set}, g, NULL);
    g = smooth(&k, g);
    int flip = g->kind == E_NEG;
    if (flip) g = g->kid[0];
    for (uint32_t j = 0; j < c.nbinds && g->kind == E_SUM; j++) g = g->kid[0];
    if (flip) g = ex_neg(e->mem, c.at, g);
    a->constraints.at[i].sense = C_GE;
    a->constraints.at[i].lhs = g;
    a->constraints.at[i].rhs = ex_num(e->mem, c.at, 0);
  }
  return arena_failed(e->mem) || diag_errors(e->cc->diags) > before;
}
