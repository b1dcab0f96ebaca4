#include "tangent.h"
#include <math.h>
#include <string.h>

enum { MAX_DIMS = 32 };
static const double AGREE = 1e-12;                      /* relative difference of two branches that counts as none */

static void kink(Tangent *t, const char *why) {
  if (!t->kink) t->kink = why;
}

Tangent *tangent_new(const Economy *e, const Values *v, SymId sym, size_t at, Arena *mem) {
  Tangent *t = ARENA_NEW(mem, Tangent);
  if (!t) return NULL;
  *t = (Tangent){.economy = e, .v = v, .sym = sym, .at = at, .mem = mem};
  t->of = ARENA_ARRAY(mem, const double *, e->syms.n + 1);
  t->state = ARENA_ARRAY(mem, uint8_t, e->syms.n + 1);
  t->why = ARENA_ARRAY(mem, const char *, e->syms.n + 1);
  return t->of && t->state && t->why ? t : NULL;
}

/* ---- parameters ------------------------------------------------------------------------------------------------------------------- */

static void tuple_at(const Economy *e, const Sym *s, size_t pos, Elem *ix) {
  for (uint32_t d = s->ndom; d-- > 0;) {
    const Set *set = economy_set(e, s->dom[d]);
    ix[d] = set_elem(set, (uint32_t)(pos % set_size(set)));
    pos /= set_size(set);
  }
}

/* A parameter made of others, entry by entry. */
static int defined(Tangent *t, const Sym *s, SymId id, size_t n, double *out) {
  const Data *d = s->data ? &t->economy->data.at[s->data] : NULL;
  const uint8_t *held = t->v->held ? t->v->held[id] : NULL;
  int cells = d && d->expr && d->n == n && !s->def, any = 0;
  if (s->def ? !tangent_moves(t, s->def) && !(s->exists && tangent_moves(t, s->exists)) : !cells && !(s->exists && tangent_moves(t, s->exists))) return 0;
  Eval ev = eval_new(t->v, t->mem);
  Values own = *t->v;
  if (!ev.env) return 0;
  own.economy = t->economy;
  ev.v = &own;
  for (size_t i = 0; i < n; i++) {
    Elem ix[MAX_DIMS];
    tuple_at(t->economy, s, i, ix);
    for (uint32_t k = 0; s->idx && k < s->ndom; k++) ev.env[s->idx[k]] = ix[k];
    Derive w = {.t = t, .at = &ev};
    int near_by, there = derive_cond(&w, s->exists, &near_by);
    if (near_by != there) kink(t, "a parameter stands at the border of a condition that decides whether an entry of data exists");
    const Expr *e = s->def ? s->def : cells ? d->expr[i] : NULL;
    if (!there || !e || (held && held[i] == 2)) continue;
    out[i] = tangent_expr(t, &ev, e);
    any |= out[i] < 0 || out[i] > 0 || isnan(out[i]);
  }
  return any;
}

/* Conditional probabilities of the tree, and those of paths. */
static int of_tree(Tangent *t, SymId id, double *out) {
  const Timeline *time = &t->economy->time;
  const double *value = t->v->of[t->economy->prob1], *p1 = id == t->economy->prob ? tangent_of(t, t->economy->prob1) : NULL;
  int any = 0;
  Eval ev = eval_new(t->v, t->mem);
  if (!ev.env || !value) return 0;
  for (uint32_t i = 0; i < time->n; i++) {
    uint32_t prev = time->node[i].prev;
    if (id == t->economy->prob1) out[i] = time->node[i].prob ? tangent_expr(t, &ev, time->node[i].prob) : 0;
    else if (prev != UINT32_MAX) out[i] = out[prev] * value[i] + (p1 ? t->v->of[id][prev] * p1[i] : 0);
    any |= out[i] < 0 || out[i] > 0;
  }
  return any;
}

/* A class's own probabilities of paths, from its conditional beliefs. */
static int of_belief(Tangent *t, SymId id, size_t n, double *out) {
  const Economy *e = t->economy;
  const Agent *a = economy_agent(e, economy_at(e, id)->owner);
  uint32_t nodes = e->time.n;
  const double *p1 = a && a->prob == id && a->prob1 != id ? tangent_of(t, a->prob1) : NULL, *value = p1 ? t->v->of[a->prob1] : NULL;
  int any = 0;
  for (size_t k = 0; p1 && k < n / nodes; k++)
    for (uint32_t i = 0; i < nodes; i++) {
      size_t at = k * nodes + i;
      uint32_t prev = e->time.node[i].prev;
      if (prev != UINT32_MAX) out[at] = out[k * nodes + prev] * value[at] + t->v->of[id][k * nodes + prev] * p1[at];
      any |= out[at] < 0 || out[at] > 0;
    }
  return any;
}

static const double *compute(Tangent *t, SymId id) {
  const Sym *s = economy_at(t->economy, id);
  size_t n = economy_volume(t->economy, id);
  const Data *d = s->data ? &t->economy->data.at[s->data] : NULL;
  int plain = !s->builtin && !s->def && !s->exists && !(d && d->expr);
  if (s->kind != SYM_PARAM || !t->v->of[id] || n == SIZE_MAX || s->ndom > MAX_DIMS || (plain && id != t->sym) || id == t->economy->date) return NULL;
  double *out = ARENA_ARRAY(t->mem, double, n ? n : 1);
  if (!out) return NULL;
  int any = 0;
  if (id == t->economy->prob || id == t->economy->prob1) any = of_tree(t, id, out);
  else if (s->builtin && !s->def) any = of_belief(t, id, n, out);
  else any = defined(t, s, id, n, out);
  if (id == t->sym && t->at < n) {
    out[t->at] = 1;
    any = 1;
  }
  if (any) t->of[id] = out;
  return t->of[id];
}

const double *tangent_of(Tangent *t, SymId id) {
  if (!t->state[id]) {
    const char *before = t->kink;
    t->state[id] = 1;
    t->kink = NULL;
    compute(t, id);
    t->why[id] = t->kink;
    t->kink = before;
  }
  if (t->why[id]) kink(t, t->why[id]);
  return t->of[id];
}

typedef struct { Tangent *t; int moves; } Moving;
static void note_moving(void *ctx, const Expr *e) {
  Moving *m = ctx;
  if (m->moves) return;
  if (e->kind == E_REF && economy_at(m->t->economy, e->sym)->kind == SYM_PARAM) m->moves = tangent_of(m->t, e->sym) != NULL;
  if (e->kind != E_TOTAL) return;
  const Agent *a = economy_agent(m->t->economy, e->sym);
  if (a && a->mass) ex_walk(a->mass, note_moving, m);
}

int tangent_moves(Tangent *t, const Expr *e) {
  Moving m = {t, 0};
  if (e) ex_walk(e, note_moving, &m);
  return m.moves;
}

/* ---- conditions ------------------------------------------------------------------------------------------------------------------- */

/* The rate at which a - b moves, both of parameters. */
static double rate(Derive *w, const Expr *a, const Expr *b) { return tangent_expr(w->t, w->at, a) - tangent_expr(w->t, w->at, b); }

static int comparison(Derive *w, const Expr *e, int value, int *near_by) {
  *near_by = value;
  if (e->nix || !tangent_moves(w->t, e)) return value;
  double a = eval_expr(w->at, e->kid[0]), b = eval_expr(w->at, e->kid[1]);
  if (a < b || a > b || isnan(a) || isnan(b)) return value;
  double r = rate(w, e->kid[0], e->kid[1]);
  if (!(r < 0 || r > 0)) return value;
  *near_by = e->kind == E_EQ ? 0 : e->kind == E_NE ? 1 : 2;
  return value;
}

int derive_cond(Derive *w, const Expr *e, int *near_by) {
  int value = eval_cond(w->at, e), part;
  *near_by = value;
  if (!e || !tangent_moves(w->t, e)) return value;
  switch (e->kind) {
  case E_LT: case E_LE: case E_EQ: case E_NE: return comparison(w, e, value, near_by);
  case E_AND: case E_OR: {
    int least = 1, most = 0, open = 0;
    for (uint32_t i = 0; i < e->nkid; i++) {
      derive_cond(w, e->kid[i], &part);
      if (part == 2) open = 1;
      else {
        if (part < least) least = part;
        if (part > most) most = part;
      }
    }
    *near_by = e->kind == E_AND ? (!least ? 0 : open ? 2 : 1) : (most ? 1 : open ? 2 : 0);
    return value;
  }
  case E_NOT:
    derive_cond(w, e->kid[0], &part);
    *near_by = part == 2 ? 2 : !part;
    return value;
  default: return value;
  }
}

static int agree(double a, double b) { return isfinite(a) && isfinite(b) && fabs(a - b) <= AGREE * (fabs(a) + fabs(b)); }

/* ---- expressions ------------------------------------------------------------------------------------------------------------------ */

static void derive_ref(Derive *w, const Expr *e, double weight) {
  Elem ix[MAX_DIMS];
  const Economy *eco = w->at->v->economy;
  const Sym *s = economy_at(eco, e->sym);
  if (e->nix > MAX_DIMS) return;
  for (uint32_t i = 0; i < e->nix; i++) ix[i] = eval_ix(w->at, e->ix[i]);
  if (s->kind != SYM_PARAM) {
    if (w->ref) w->ref(w, e, ix, e->nix, weight);
    return;
  }
  const double *d = tangent_of(w->t, e->sym);
  for (uint32_t i = 0; d && i < e->nix; i++)
    if (ix[i] == ELEM_NONE) return;
  size_t at = d ? economy_offset(eco, e->sym, ix) : SIZE_MAX;
  if (at != SIZE_MAX && (d[at] < 0 || d[at] > 0 || isnan(d[at]))) w->sum += weight * d[at];
}

/* Each factor with the product of the others. */
static void derive_product(Derive *w, const Expr *e, double weight) {
  for (uint32_t i = 0; i < e->nkid; i++) {
    double others = weight;
    for (uint32_t k = 0; k < e->nkid && (others < 0 || others > 0); k++)
      if (k != i) others *= eval_expr(w->at, e->kid[k]);
    derive(w, e->kid[i], others);
  }
}

static void derive_power(Derive *w, const Expr *e, double weight) {
  double x = eval_expr(w->at, e->kid[0]), y = eval_expr(w->at, e->kid[1]);
  if (y < 0 || y > 0) derive(w, e->kid[0], weight * y * pow(x, y - 1));
  Derive exponent = {.t = w->t, .at = w->at};
  int fixed = e->kid[1]->kind == E_NUM;
  if (fixed) return;
  derive(&exponent, e->kid[1], 1);
  int moves = w->ref || exponent.sum < 0 || exponent.sum > 0 || isnan(exponent.sum);
  if (moves) derive(w, e->kid[1], x > 0 ? weight * pow(x, y) * log(x) : y > 0 && !(x < 0) ? 0 : NAN);
}

static void derive_call(Derive *w, const Expr *e, double weight) {
  double x = eval_expr(w->at, e->kid[0]);
  switch (e->fn) {
  case FN_LOG: derive(w, e->kid[0], weight / x); return;
  case FN_EXP: derive(w, e->kid[0], weight * exp(x)); return;
  case FN_SQRT: derive(w, e->kid[0], weight / (2 * sqrt(x))); return;
  case FN_ABS:
    if (!(x < 0 || x > 0)) kink(w->t, "an absolute value stands at zero");
    derive(w, e->kid[0], x < 0 ? -weight : weight);
    return;
  case FN_MOD: case FN_FRAC: case FN_HALTON: case FN_FLOOR:
    if (tangent_moves(w->t, e)) kink(w->t, "it goes through a function of whole numbers");
    return;
  }
}

static void derive_extremum(Derive *w, const Expr *e, double weight) {
  uint32_t best = 0, ties = 0;
  double r = eval_expr(w->at, e->kid[0]);
  for (uint32_t i = 1; i < e->nkid; i++) {
    double x = eval_expr(w->at, e->kid[i]);
    if (agree(x, r)) ties++;
    else if (e->kind == E_MIN ? x < r : x > r) {
      r = x;
      best = i;
      ties = 0;
    }
  }
  if (ties) kink(w->t, "a minimum or maximum is reached by two of its terms at once");
  derive(w, e->kid[best], weight);
}

static void derive_if(Derive *w, const Expr *e, double weight) {
  int near_by, now = derive_cond(w, e->kid[0], &near_by);
  if (near_by != now) {
    double a = eval_expr(w->at, e->kid[1]), b = eval_expr(w->at, e->kid[2]);
    if (near_by == 2 || !agree(a, b)) kink(w->t, "a parameter stands exactly where a condition changes");
  }
  derive(w, e->kid[near_by == 1 || (near_by == 2 && now) ? 1 : 2], weight);
}

static Elem predecessor(const Economy *e, Elem x) {
  uint32_t n = x ? economy_node(e, x) : UINT32_MAX, p = n == UINT32_MAX ? n : e->time.node[n].prev;
  return p == UINT32_MAX ? ELEM_NONE : e->time.node[p].elem;
}

static void derive_sum(Derive *w, const Expr *e, double weight) {
  const Economy *eco = w->at->v->economy;
  const Set *s = economy_set(eco, e->dom.set);
  Elem prev = e->dom.succ ? eval_ix(w->at, e->dom.prev) : ELEM_NONE;
  if (!s || e->bind >= w->at->nenv) return;
  Elem old = w->at->env[e->bind];
  for (uint32_t i = 0, n = set_size(s); i < n; i++) {
    Elem x = set_elem(s, i);
    if (e->dom.succ && (prev == ELEM_NONE || predecessor(eco, x) != prev)) continue;
    w->at->env[e->bind] = x;
    int near_by = 1, now = e->nkid < 2 || derive_cond(w, e->kid[1], &near_by);
    if (near_by != now) {
      double term = eval_expr(w->at, e->kid[0]);
      if (near_by == 2 || term < 0 || term > 0 || isnan(term)) kink(w->t, "a parameter stands exactly where a term of a sum begins to count");
    }
    if (near_by) derive(w, e->kid[0], weight);
  }
  w->at->env[e->bind] = old;
}

static int is_there(const Agent *a, Elem x) {
  if (a->gone) return 0;
  if (!a->only || a->nidx != 1) return 1;
  for (uint32_t i = 0; i < a->nonly; i++)
    if (a->only[i] == x) return 1;
  return 0;
}

static void derive_total(Derive *w, const Expr *e, const Agent *a, uint32_t k, double weight) {
  Elem *env = w->at->env;
  if (k == e->nbinds) {
    Elem old[MAX_DIMS];
    if (!is_there(a, a->nidx ? env[e->binds[0]] : ELEM_NONE)) return;
    double inside = eval_expr(w->at, e->kid[0]);
    for (uint32_t i = 0; i < a->nidx; i++) {            /* the mass is written in the class's own index variables */
      old[i] = env[a->idx[i]];
      env[a->idx[i]] = env[e->binds[i]];
    }
    double mass = a->mass ? eval_expr(w->at, a->mass) : 1;
    if (a->mass) derive(w, a->mass, weight * inside);
    for (uint32_t i = 0; i < a->nidx; i++) env[a->idx[i]] = old[i];
    derive(w, e->kid[0], weight * mass);
    return;
  }
  const Set *s = economy_set(w->at->v->economy, a->set[k]);
  Elem keep = env[e->binds[k]];
  for (uint32_t i = 0; i < set_size(s); i++) {
    env[e->binds[k]] = set_elem(s, i);
    derive_total(w, e, a, k + 1, weight);
  }
  env[e->binds[k]] = keep;
}

void derive(Derive *w, const Expr *e, double weight) {
  if (!(weight < 0 || weight > 0 || isnan(weight))) return;
  if (!w->ref && !tangent_moves(w->t, e)) return;
  switch (e->kind) {
  case E_REF: derive_ref(w, e, weight); return;
  case E_ADD:
    for (uint32_t i = 0; i < e->nkid; i++) derive(w, e->kid[i], weight);
    return;
  case E_MUL: derive_product(w, e, weight); return;
  case E_NEG: derive(w, e->kid[0], -weight); return;
  case E_DIV: {
    double a = eval_expr(w->at, e->kid[0]), b = eval_expr(w->at, e->kid[1]);
    derive(w, e->kid[0], weight / b);
    derive(w, e->kid[1], -weight * a / (b * b));
    return;
  }
  case E_POW: derive_power(w, e, weight); return;
  case E_CALL: derive_call(w, e, weight); return;
  case E_MIN: case E_MAX: derive_extremum(w, e, weight); return;
  case E_IF: derive_if(w, e, weight); return;
  case E_SUM: derive_sum(w, e, weight); return;
  case E_TOTAL: {
    const Agent *a = economy_agent(w->at->v->economy, e->sym);
    if (a) derive_total(w, e, a, 0, weight);
    return;
  }
  case E_GIVEN: derive(w, e->kid[0], weight); return;
  case E_NUM: case E_LT: case E_LE: case E_EQ: case E_NE: case E_IN: case E_AND: case E_OR: case E_NOT: case E_ELEM: case E_IDX: case E_DELTA: return;
  case E_STAT: case E_NAMED: return;                    /* statistics do not nest */
  }
}

double tangent_expr(Tangent *t, Eval *at, const Expr *e) {
  Derive w = {.t = t, .at = at};
  derive(&w, e, 1);
  return w.sum;
}
