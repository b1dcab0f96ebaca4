/* monomial.c: see monomial.h. The walk mirrors eval.c: conditions and indices are decided by numbers, everything else stays exact. */
#include "monomial.h"
#include <math.h>
#include <string.h>

enum { MAX_DIMS = 32, MAX_TERMS = 64, MAX_DEPTH = 64, GIVEN_FLAGS = T_PRICE | T_VAR, OWN_FLAGS = T_CHOICE | T_VALUE | T_MANY };

/* ---- terms ---- */
Term term_number(double x) {
  uint64_t f = field_number(x);
  return (Term){.coef = f, .at = f, .number = x, .real = x};
}
Term term_negative(Term t) {
  t.coef = field_neg(t.coef), t.at = field_neg(t.at), t.number = -t.number, t.real = -t.real;
  return t;
}

static Term tidy(Term t) {
  if (!t.own) t.flags &= ~(uint32_t)OWN_FLAGS, t.atom = 0;
  if (!t.given) t.flags &= ~(uint32_t)GIVEN_FLAGS, t.given_atom = 0;
  return t;
}

Term term_times(Term a, Term b) {
  Term t = {.own = field_add(a.own, b.own), .given = field_add(a.given, b.given), .coef = field_mul(a.coef, b.coef), .at = field_mul(a.at, b.at),
            .number = a.number * b.number, .real = a.real * b.real, .flags = a.flags | b.flags};
  t.atom = !a.own ? b.atom : !b.own ? a.atom : 0;
  t.given_atom = !a.given ? b.given_atom : !b.given ? a.given_atom : 0;
  if (a.own && b.own) t.flags |= T_MANY;
  return tidy(t);
}

static Term term_inverse(Term a) {
  Term t = {.own = field_neg(a.own), .given = field_neg(a.given), .coef = field_inverse(a.coef), .at = field_inverse(a.at),
            .number = 1 / a.number, .real = 1 / a.real, .flags = a.flags};
  if (t.own) t.flags |= T_MANY;
  return t;
}

/* What a list of terms comes to at the random point; its flags together. */
static Term whole(const Term *t, uint32_t n) {
  Term s = {0};
  for (uint32_t i = 0; i < n; i++) {
    s.at = field_add(s.at, t[i].at);
    s.real += t[i].real;
    s.number += t[i].number;
    s.flags |= t[i].flags;
    s.own |= t[i].own;
    s.given |= t[i].given;
  }
  return s;
}

/* One factor that is no polynomial, named by the value of its arguments. */
static Term opaque(uint64_t name, uint64_t at, double real, Term of) {
  Term t = {.coef = at, .at = at, .number = real, .real = real, .flags = of.flags};
  if (!of.own && !of.given) return t;
  if (of.own) t.own = name, t.flags |= T_MANY;
  else t.given = name;
  t.coef = 1;
  t.number = 1;
  return tidy(t);
}

static void push(Monomials *m, Terms *out, Term t) {
  if (t.coef) VEC_PUSH(m->mem, *out, t);
}

/* Like monomials collected, those that cancel dropped: keeps products of sums from growing. */
static void collect(Terms *list, uint32_t from) {
  uint32_t n = from;
  if (list->n - from > MAX_TERMS) return;
  for (uint32_t i = from; i < list->n; i++) {
    uint32_t j = from;
    while (j < n && !(list->at[j].own == list->at[i].own && list->at[j].given == list->at[i].given)) j++;
    if (j == n) {
      list->at[n++] = list->at[i];
      continue;
    }
    Term *t = &list->at[j], u = list->at[i];
    t->coef = field_add(t->coef, u.coef), t->at = field_add(t->at, u.at);
    t->number += u.number, t->real += u.real, t->flags |= u.flags;
  }
  uint32_t k = from;
  for (uint32_t i = from; i < n; i++)
    if (list->at[i].coef) list->at[k++] = list->at[i];
  list->n = k;
}

/* ---- the unknowns ---- */
/* Is this the name that good_in_family gives one of a family's goods? */
static int is_of_family(const Economy *e, const Good *g, Elem x) {
  char buf[16];
  const char *text = elem_text(e, x, buf), *family = elem_text(e, g->elem, buf);
  size_t n = strlen(family);
  return !strncmp(text, family, n) && text[n] == '[';
}

int good_kind(const Economy *e, Elem x) {
  int numeraires = 0, kind = 0;
  for (uint32_t i = 0; i < e->goods.n; i++) {
    const Good *g = &e->goods.at[i];
    numeraires += g->numeraire;
    if (g->nset ? is_of_family(e, g, x) : g->elem == x) kind = g->numeraire ? 1 : -1;
  }
  return numeraires ? kind : 0;
}

Elem good_in_family(const Economy *e, const Good *g, const Elem *ix) {
  Text t = {0};
  char buf[16];
  text_put(&t, elem_text(e, g->elem, buf));
  for (uint32_t i = 0; i < g->nset; i++) text_printf(&t, "%s%s", i ? "," : "[", elem_text(e, ix[i], buf));
  text_put(&t, "]");
  Elem x = t.failed ? ELEM_NONE : str_intern(e->cc->strs, t.at, t.n);
  text_free(&t);
  return x;
}

static Elem good_of(const Economy *e, const Sym *s, const Elem *ix, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t j = 0; j < e->goods.n; j++)
      if (e->goods.at[j].elem == ix[i] && !e->goods.at[j].nset) return ix[i];
  for (uint32_t j = 0; j < e->goods.n; j++) {
    const Good *g = &e->goods.at[j];
    uint32_t types = s->owner && economy_agent(e, s->owner) ? economy_agent(e, s->owner)->nidx : 0, same = 0;
    if (g->elem != s->name) continue;
    if (!g->nset) return s->name;
    while (same < g->nset && types + same < n && s->dom[types + same] == g->set[same]) same++;
    if (same == g->nset) return good_in_family(e, g, ix + types);
  }
  return ELEM_NONE;
}

static int rehash(Monomials *m) {
  uint32_t size = m->nslot ? m->nslot * 2 : 256, *slot = ARENA_ARRAY(m->mem, uint32_t, size);
  if (!slot) return 1;
  for (uint32_t i = 1; i < m->atoms.n; i++) {
    uint32_t h = (uint32_t)m->atoms.at[i].name & (size - 1);
    while (slot[h]) h = (h + 1) & (size - 1);
    slot[h] = i;
  }
  m->slot = slot;
  m->nslot = size;
  return 0;
}

static uint32_t atom_id(Monomials *m, SymId sym, const Elem *ix, uint32_t n) {
  uint64_t name = field_hash(m->seed, sym);
  for (uint32_t i = 0; i < n; i++) name = field_hash(name, ix[i]);
  if (m->atoms.n * 2 >= m->nslot && rehash(m)) return 0;
  uint32_t h = (uint32_t)name & (m->nslot - 1);
  for (; m->slot[h]; h = (h + 1) & (m->nslot - 1))
    if (m->atoms.at[m->slot[h]].name == name) return m->slot[h];
  Atom a = {.sym = sym, .ix = ARENA_ARRAY(m->mem, Elem, n + 1), .nix = n, .name = name, .at = field_hash(name, 1), .kind = economy_at(m->e, sym)->kind};
  if (!a.ix) return 0;
  memcpy(a.ix, ix, n * sizeof *ix);
  a.real = 0.5 + field_unit(a.at);
  a.good = good_of(m->e, economy_at(m->e, sym), ix, n);
  VEC_PUSH(m->mem, m->atoms, a);
  if (arena_failed(m->mem)) return 0;
  return m->slot[h] = m->atoms.n - 1;
}

static uint32_t good_flags(const Economy *e, Elem g) {
  int k = g ? good_kind(e, g) : 0;
  return k > 0 ? T_NUMERAIRE : k < 0 ? T_OTHER_GOOD : 0;
}

Term monomials_atom(Monomials *m, SymId sym, const Elem *ix, uint32_t n) {
  const Sym *s = economy_at(m->e, sym);
  for (uint32_t i = 0; i < n; i++)
    if (ix[i] == ELEM_NONE) return (Term){0};
  const Agent *owner = s->owner ? economy_agent(m->e, s->owner) : NULL;
  if (s->dropped || (owner && owner->gone) || economy_offset(m->e, sym, ix) == SIZE_MAX) return (Term){0};
  uint32_t id = atom_id(m, sym, ix, n);
  if (!id) return (Term){0};
  Atom *a = &m->atoms.at[id];
  if (s->kind == SYM_PRICE && a->stamp != m->stamp) {
    a->stamp = m->stamp;
    VEC_PUSH(m->mem, m->prices, id);
  }
  Term t = {.coef = 1, .number = 1, .at = a->at, .real = a->real};
  if (s->kind == SYM_CHOICE || s->kind == SYM_VALUE) {
    t.own = a->name, t.atom = id, t.flags = s->kind == SYM_CHOICE ? T_CHOICE | good_flags(m->e, a->good) : T_VALUE;
  } else {
    t.given = a->name, t.given_atom = id, t.flags = s->kind == SYM_PRICE ? T_PRICE : T_VAR;
  }
  return t;
}

/* ---- parameters ---- */
static Datum *datum(Monomials *m, uint64_t key, int *known) {
  if (m->data.n * 2 >= m->ndslot) {
    uint32_t size = m->ndslot ? m->ndslot * 2 : 256, *slot = ARENA_ARRAY(m->mem, uint32_t, size);
    if (!slot) return NULL;
    for (uint32_t i = 0; i < m->data.n; i++) {
      uint32_t h = (uint32_t)m->data.at[i].key & (size - 1);
      while (slot[h]) h = (h + 1) & (size - 1);
      slot[h] = i + 1;
    }
    m->dslot = slot;
    m->ndslot = size;
  }
  uint32_t h = (uint32_t)key & (m->ndslot - 1);
  for (; m->dslot[h]; h = (h + 1) & (m->ndslot - 1))
    if (m->data.at[m->dslot[h] - 1].key == key) {
      *known = 1;
      return &m->data.at[m->dslot[h] - 1];
    }
  *known = 0;
  VEC_PUSH(m->mem, m->data, (Datum){.key = key});
  if (arena_failed(m->mem)) return NULL;
  m->dslot[h] = m->data.n;
  return &m->data.at[m->data.n - 1];
}

Term monomials_constant(Monomials *m, const Expr *x, int *constant) {
  Terms list = {0};
  monomials_of(m, x, &list);
  Term s = whole(list.at, list.n);
  *constant = !s.own && !s.given;
  s.coef = s.at;
  return s;
}

/* The element that a parameter's entry stands for; a derived one by its definition where nothing replaced it. */
static Term entry(Monomials *m, SymId sym, const Elem *ix, size_t pos) {
  const Sym *s = economy_at(m->e, sym);
  double x = m->values.of[sym][pos];
  uint64_t key = field_hash(field_hash(m->seed + 1, sym), pos), f;
  int known, constant = 0;
  Datum *d = datum(m, key, &known);
  if (!d) return (Term){0};
  if (known) return (Term){.coef = d->element, .at = d->element, .number = d->number, .real = d->number, .flags = d->flags | T_DATA};
  f = field_number(x);
  if (m->generic && fabs(x) > 0 && fabs(fabs(x) - 1) > 0 && !s->builtin) f = key;
  if (s->def && s->idx && m->depth < MAX_DEPTH) {
    Elem old[MAX_DIMS];
    for (uint32_t i = 0; i < s->ndom; i++) {
      old[i] = m->eval.env[s->idx[i]];
      m->eval.env[s->idx[i]] = ix[i];
    }
    m->depth++;
    double again = eval_expr(&m->eval, s->def);
    Term t = monomials_constant(m, s->def, &constant);
    m->depth--;
    for (uint32_t i = 0; i < s->ndom; i++) m->eval.env[s->idx[i]] = old[i];
    if (constant && !(fabs(again - x) > 0)) f = t.at;
  }
  Elem g = good_of(m->e, s, ix, s->ndom);
  Datum now = {key, f, x, good_flags(m->e, g)};
  d = datum(m, key, &known);                            /* the table may have grown meanwhile */
  if (!d) return (Term){0};
  *d = now;
  return (Term){.coef = f, .at = f, .number = x, .real = x, .flags = now.flags | T_DATA};
}

static Term reference(Monomials *m, const Expr *x) {
  Elem ix[MAX_DIMS];
  const Sym *s = economy_at(m->e, x->sym);
  if (x->nix > MAX_DIMS || x->nix != s->ndom) return (Term){0};
  for (uint32_t i = 0; i < x->nix; i++)
    if ((ix[i] = eval_ix(&m->eval, x->ix[i])) == ELEM_NONE) return (Term){0};
  if (s->kind != SYM_PARAM) return monomials_atom(m, x->sym, ix, x->nix);
  size_t at = economy_offset(m->e, x->sym, ix);
  if (x->sym >= m->nparams || !m->values.of[x->sym] || at == SIZE_MAX) return (Term){0};
  return entry(m, x->sym, ix, at);
}

/* ---- types ---- */
static uint64_t all_types(const Economy *e, const Agent *a) {
  uint64_t n = 1;
  for (uint32_t i = 0; i < a->nidx; i++) {
    const Set *s = economy_set(e, a->set[i]);
    n *= s ? set_size(s) : 0;
    if (n > UINT32_MAX) return UINT32_MAX;
  }
  return n;
}
uint32_t monomials_types(const Monomials *m, const Agent *a) {
  uint64_t n = all_types(m->e, a);
  return a->gone ? 0 : m->sample && n > m->sample ? m->sample : (uint32_t)n;
}
void monomials_type(Monomials *m, const Agent *a, const IdxId *into, uint32_t k) {
  uint64_t n = all_types(m->e, a), pos = (uint64_t)k * n / (monomials_types(m, a) ? monomials_types(m, a) : 1);
  for (uint32_t i = a->nidx; i-- > 0;) {
    const Set *s = economy_set(m->e, a->set[i]);
    m->eval.env[into[i]] = set_elem(s, (uint32_t)(pos % set_size(s)));
    pos /= set_size(s);
  }
}

/* ---- totals ---- */
typedef struct { const Monomials *m; uint64_t key; } Key;
static void key_ix(void *ctx, Ix i);
static void key_node(void *ctx, const Expr *x) {
  Key *k = ctx;
  for (uint32_t i = 0; i < x->nix; i++) key_ix(k, x->ix[i]);
  if (x->kind == E_SUM && x->dom.succ) key_ix(k, x->dom.prev);
  if (x->kind == E_IDX && x->v) key_ix(k, ix_bound(x->v));
}
static void key_ix(void *ctx, Ix i) {
  Key *k = ctx;
  if (i.e) ex_walk(i.e, key_node, k);
  else if (i.kind != IX_ELEM) k->key = field_hash(k->key, k->m->eval.env[i.v]);
}

static void total_terms(Monomials *m, const Expr *x, const Agent *a, Terms *out) {
  Elem old[MAX_DIMS], own[MAX_DIMS];
  uint32_t from = out->n;
  for (uint32_t i = 0; i < a->nidx; i++) old[i] = m->eval.env[x->binds[i]];
  for (uint32_t k = 0, n = monomials_types(m, a); k < n; k++) {
    Terms body = {0};
    Term mass = term_number(1);
    int constant = 1;
    monomials_type(m, a, x->binds, k);
    for (uint32_t i = 0; i < a->nidx; i++) {            /* the mass is written in the class's own index variables */
      own[i] = m->eval.env[a->idx[i]];
      m->eval.env[a->idx[i]] = m->eval.env[x->binds[i]];
    }
    if (a->mass) mass = monomials_constant(m, a->mass, &constant);
    mass.flags = 0;
    for (uint32_t i = 0; i < a->nidx; i++) m->eval.env[a->idx[i]] = own[i];
    monomials_of(m, x->kid[0], &body);
    for (uint32_t i = 0; i < body.n; i++) push(m, out, term_times(body.at[i], mass));
  }
  for (uint32_t i = 0; i < a->nidx; i++) m->eval.env[x->binds[i]] = old[i];
  collect(out, from);
}

static void total(Monomials *m, const Expr *x, Terms *out) {
  const Agent *a = economy_agent(m->e, x->sym);
  if (!a || a->nidx != x->nbinds || a->nidx > MAX_DIMS) return;
  if (!m->many || monomials_types(m, a) <= MAX_TERMS) {
    total_terms(m, x, a, out);
    return;
  }
  Key k = {m, field_hash(m->seed, (uint64_t)(uintptr_t)x)};
  Terms list = {0};
  ex_walk(x, key_node, &k);
  for (uint32_t i = 0; i < m->totals.n; i++)
    if (m->totals.at[i].key == k.key) {
      push(m, out, m->totals.at[i].sum);
      return;
    }
  total_terms(m, x, a, &list);
  Term s = whole(list.at, list.n);
  s = opaque(field_hash(s.at, 2), s.at, s.real, s);
  VEC_PUSH(m->mem, m->totals, (Remembered){k.key, s});
  push(m, out, s);
}

static void sum(Monomials *m, const Expr *x, Terms *out) {
  const Set *s = economy_set(m->e, x->dom.set);
  Elem old = m->eval.env[x->bind], prev = x->dom.succ ? eval_ix(&m->eval, x->dom.prev) : ELEM_NONE;
  uint32_t from = out->n;
  if (!s || (x->dom.succ && prev == ELEM_NONE)) return;
  for (uint32_t i = 0, n = set_size(s); i < n; i++) {
    Elem j = set_elem(s, i);
    if (x->dom.succ && economy_prev(m->e, j) != prev) continue;
    m->eval.env[x->bind] = j;
    if (x->nkid < 2 || eval_cond(&m->eval, x->kid[1])) monomials_of(m, x->kid[0], out);
  }
  m->eval.env[x->bind] = old;
  collect(out, from);
}

/* ---- products, quotients, powers ---- */
static void squeeze(Monomials *m, Terms *t) {
  collect(t, 0);
  if (t->n <= MAX_TERMS) return;
  Term s = whole(t->at, t->n);
  t->n = 0;
  push(m, t, opaque(field_hash(s.at, 2), s.at, s.real, s));
}

static void times(Monomials *m, Terms *a, Terms *b, Terms *out) {
  if (a->n > 1 && b->n > 1) squeeze(m, a), squeeze(m, b);
  for (uint32_t i = 0; i < a->n; i++)
    for (uint32_t j = 0; j < b->n; j++) push(m, out, term_times(a->at[i], b->at[j]));
}

static void product(Monomials *m, const Expr *x, Terms *out) {
  Terms so_far = {0};
  push(m, &so_far, term_number(1));
  for (uint32_t i = 0; i < x->nkid && so_far.n; i++) {
    Terms kid = {0}, next = {0};
    monomials_of(m, x->kid[i], &kid);
    times(m, &so_far, &kid, &next);
    so_far = next;
  }
  for (uint32_t i = 0; i < so_far.n; i++) push(m, out, so_far.at[i]);
}

static Term inverse_of(Monomials *m, const Expr *x) {
  Terms kid = {0};
  monomials_of(m, x, &kid);
  collect(&kid, 0);
  if (kid.n == 1) return term_inverse(kid.at[0]);
  Term s = whole(kid.at, kid.n);
  return opaque(field_hash(s.at, 3), field_inverse(s.at), 1 / s.real, s);
}

static void quotient(Monomials *m, const Expr *x, Terms *out) {
  Terms up = {0}, down = {0};
  monomials_of(m, x->kid[0], &up);
  push(m, &down, inverse_of(m, x->kid[1]));
  times(m, &up, &down, out);
}

static void power(Monomials *m, const Expr *x, Terms *out) {
  Terms base = {0};
  int constant;
  Term n = monomials_constant(m, x->kid[1], &constant);
  double k = n.number;
  monomials_of(m, x->kid[0], &base);
  collect(&base, 0);
  int whole_number = constant && fabs(k) <= 8 && !(fabs(k - floor(k)) > 0) && (!m->generic || !(n.flags & T_DATA));
  if (whole_number && (base.n == 1 || (k >= 0 && base.n <= 4 && k <= 4))) {
    Terms so_far = {0};
    push(m, &so_far, term_number(1));
    for (int i = 0; i < (int)fabs(k); i++) {
      Terms next = {0};
      times(m, &so_far, &base, &next);
      so_far = next;
    }
    for (uint32_t i = 0; i < so_far.n; i++) push(m, out, k < 0 ? term_inverse(so_far.at[i]) : so_far.at[i]);
    return;
  }
  Term s = whole(base.at, base.n), u = s;
  u.flags |= n.flags, u.own |= n.own, u.given |= n.given;
  uint64_t at = field_hash(field_hash(s.at, 4), n.at);
  push(m, out, opaque(at, at, pow(s.real, n.real), u));
}

static double real_call(BuiltinFn fn, double x) {
  switch (fn) {
  case FN_LOG: return log(x);
  case FN_EXP: return exp(x);
  case FN_SQRT: return sqrt(x);
  case FN_ABS: return fabs(x);
  default: return x;
  }
}

static void call(Monomials *m, const Expr *x, Terms *out) {
  if (x->fn != FN_LOG && x->fn != FN_EXP && x->fn != FN_SQRT && x->fn != FN_ABS) {
    Term t = term_number(eval_expr(&m->eval, x));
    t.flags = T_DATA;
    push(m, out, t);
    return;
  }
  Terms kid = {0};
  monomials_of(m, x->kid[0], &kid);
  Term s = whole(kid.at, kid.n);
  uint64_t at = field_hash(field_hash(s.at, 5), (uint64_t)x->fn);
  push(m, out, opaque(at, at, real_call(x->fn, s.real), s));
}

static void extremum(Monomials *m, const Expr *x, Terms *out) {
  Term all = {0};
  uint64_t at = 0;
  double real = 0;
  for (uint32_t i = 0; i < x->nkid; i++) {
    Terms kid = {0};
    monomials_of(m, x->kid[i], &kid);
    Term s = whole(kid.at, kid.n);
    at = field_add(at, field_hash(s.at, 6));
    real = !i ? s.real : x->kind == E_MIN ? fmin(real, s.real) : fmax(real, s.real);
    all.flags |= s.flags, all.own |= s.own, all.given |= s.given;
  }
  at = field_hash(at, (uint64_t)x->kind);
  push(m, out, opaque(at, at, real, all));
}

void monomials_of(Monomials *m, const Expr *x, Terms *out) {
  uint32_t from = out->n;
  switch (x->kind) {
  case E_NUM: push(m, out, term_number(x->num)); return;
  case E_REF: push(m, out, reference(m, x)); return;
  case E_ADD:
    for (uint32_t i = 0; i < x->nkid; i++) monomials_of(m, x->kid[i], out);
    return;
  case E_NEG:
    monomials_of(m, x->kid[0], out);
    for (uint32_t i = from; i < out->n; i++) out->at[i] = term_negative(out->at[i]);
    return;
  case E_MUL: product(m, x, out); return;
  case E_DIV: quotient(m, x, out); return;
  case E_POW: power(m, x, out); return;
  case E_CALL: call(m, x, out); return;
  case E_MIN: case E_MAX: extremum(m, x, out); return;
  case E_IF: monomials_of(m, x->kid[eval_cond(&m->eval, x->kid[0]) ? 1 : 2], out); return;
  case E_SUM: sum(m, x, out); return;
  case E_TOTAL: total(m, x, out); return;
  case E_GIVEN: monomials_of(m, x->kid[0], out); return;
  case E_ELEM: case E_IDX: push(m, out, term_number(eval_expr(&m->eval, x))); return;
  case E_LT: case E_LE: case E_EQ: case E_NE: case E_IN: case E_AND: case E_OR: case E_NOT: case E_DELTA:
    push(m, out, term_number(eval_cond(&m->eval, x)));
    return;
  case E_STAT: case E_NAMED: return;                    /* in queries only */
  }
}

int monomials_open(Monomials *m, Economy *e, const Values *v, Arena *mem, int generic, uint32_t sample) {
  *m = (Monomials){.e = e, .mem = mem, .values = *v, .seed = field_hash(UINT64_C(0x5eed), generic ? 7 : 8), .generic = generic, .sample = sample};
  m->nparams = v->economy->syms.n;
  m->values.economy = e;
  m->eval = eval_new(&m->values, mem);
  VEC_PUSH(mem, m->atoms, (Atom){0});
  return arena_failed(mem);
}

/* ---- taken apart at the indexed level ---- */
static void flat(Economy *e, Arena *a, const Expr *x, int negative, SignedTerms *out);

/* Each term of the body put back under the node it stood in. */
static void flat_under(Economy *e, Arena *a, const Expr *x, int negative, SignedTerms *out) {
  SignedTerms body = {0};
  flat(e, a, x->kid[0], 0, &body);
  for (uint32_t i = 0; i < body.n; i++) {
    const Expr *b = body.at[i].x, *t;
    if (x->kind == E_SUM) t = ex_sum(a, b->at ? b->at : x->at, x->bind, x->dom, b, x->nkid > 1 ? x->kid[1] : NULL);
    else if (x->kind == E_TOTAL) t = ex_total(a, b->at ? b->at : x->at, x->sym, x->binds, x->nbinds, b);
    else t = ex_div(a, b->at ? b->at : x->at, b, x->kid[1]);
    VEC_PUSH(a, *out, (SignedTerm){t, negative ^ body.at[i].negative});
  }
}

static void flat_if(Economy *e, Arena *a, const Expr *x, int negative, SignedTerms *out) {
  for (uint32_t side = 1; side <= 2; side++) {
    SignedTerms body = {0};
    const Expr *zero = ex_num(a, x->at, 0);
    flat(e, a, x->kid[side], 0, &body);
    for (uint32_t i = 0; i < body.n; i++) {
      const Expr *const kid[] = {x->kid[0], side == 1 ? body.at[i].x : zero, side == 1 ? zero : body.at[i].x};
      VEC_PUSH(a, *out, (SignedTerm){ex_node(a, body.at[i].x->at, E_IF, kid, 3), negative ^ body.at[i].negative});
    }
  }
}

static void flat_product(Economy *e, Arena *a, const Expr *x, int negative, SignedTerms *out) {
  SignedTerms so_far = {0};
  VEC_PUSH(a, so_far, (SignedTerm){ex_num(a, x->at, 1), negative});
  for (uint32_t i = 0; i < x->nkid; i++) {
    SignedTerms kid = {0}, next = {0};
    flat(e, a, x->kid[i], 0, &kid);
    if ((uint64_t)kid.n * so_far.n > MAX_TERMS) {
      kid.n = 0;
      VEC_PUSH(a, kid, (SignedTerm){x->kid[i], 0});
    }
    for (uint32_t j = 0; j < so_far.n; j++)
      for (uint32_t k = 0; k < kid.n; k++)
        VEC_PUSH(a, next, (SignedTerm){ex_mul2(a, x->at, so_far.at[j].x, kid.at[k].x), so_far.at[j].negative ^ kid.at[k].negative});
    so_far = next;
  }
  for (uint32_t i = 0; i < so_far.n; i++) VEC_PUSH(a, *out, so_far.at[i]);
}

static void flat(Economy *e, Arena *a, const Expr *x, int negative, SignedTerms *out) {
  switch (x->kind) {
  case E_ADD:
    for (uint32_t i = 0; i < x->nkid; i++) flat(e, a, x->kid[i], negative, out);
    return;
  case E_NEG: flat(e, a, x->kid[0], !negative, out); return;
  case E_GIVEN: flat(e, a, x->kid[0], negative, out); return;
  case E_MUL: flat_product(e, a, x, negative, out); return;
  case E_DIV: case E_SUM: case E_TOTAL: flat_under(e, a, x, negative, out); return;
  case E_IF: flat_if(e, a, x, negative, out); return;
  case E_NUM:
    if (ex_is_num(x, 0)) return;
    if (x->num < 0) {
      VEC_PUSH(a, *out, (SignedTerm){ex_num(a, x->at, -x->num), !negative});
      return;
    }
    break;
  default: break;
  }
  VEC_PUSH(a, *out, (SignedTerm){x, negative});
}

void monomials_flat(Economy *e, Arena *a, const Expr *x, SignedTerms *out) { flat(e, a, x, 0, out); }
