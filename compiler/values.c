/* values.c: the numbers of all parameters, in the order in which they depend on each other, and what must hold of them. */
#include "lanes.h"
#include "values.h"
#include <math.h>
#include <string.h>

enum { MOST_NAMED = 4, MAX_DIMS = 32 };
typedef enum { PENDING, ACTIVE, DONE, WRONG } State;
typedef struct { Compilation *cc; const Economy *e; Values *v; Eval ev; uint8_t *state; const Override *over; uint32_t nover; int wrong; } Work;

static const char *name_of(const Work *w, SymId s) { return str_text(w->cc->strs, economy_at(w->e, s)->name); }

/* The tuple at a row-major position. */
static void tuple_at(const Economy *e, const Sym *s, size_t pos, Elem *ix) {
  for (uint32_t d = s->ndom; d-- > 0;) {
    const Set *set = economy_set(e, s->dom[d]);
    ix[d] = set_elem(set, (uint32_t)(pos % set_size(set)));
    pos /= set_size(set);
  }
}

static void tuple_text(const Economy *e, const Sym *s, const Elem *ix, Text *t) {
  uint32_t n = 0;
  text_put(t, str_text(e->cc->strs, s->name));
  for (uint32_t d = 0; d < s->ndom; d++) {
    char b[16];
    if ((int)d == s->node_dim) continue;
    text_printf(t, "%s%s", n++ ? "," : "[", elem_text(e, ix[d], b));
  }
  if (n) text_put(t, "]");
  if (s->node_dim >= 0 && e->time.declared) {
    char b[16];
    text_printf(t, "@%s", elem_text(e, ix[s->node_dim], b));
  }
}

/* The end of the number or expression that begins here, in a table or in braces. */
static uint32_t cell_end(const Work *w, uint32_t file, uint32_t begin) {
  const Source *s = source_get(w->cc->sources, file);
  uint32_t depth = 0, at = begin;
  for (; s && at < s->size; at++) {
    char c = s->text[at];
    if (c == '(') depth++;
    else if (c == ')' && depth) depth--;
    else if (!depth && strchr(" \t\r\n,;}#)", c)) break;
  }
  return at > begin ? at : begin + 1;
}

static Origin place_of(const Work *w, const Sym *s, size_t pos) {
  const Data *d = s->data ? &w->e->data.at[s->data] : NULL;
  if (!d || !d->at || !d->has[pos] || !d->file) return s->at;
  return origin_new(w->cc->diags, (Span){d->file, d->at[pos], cell_end(w, d->file, d->at[pos])}, BY_SOURCE, 0);
}

/* ---- overrides ---- */
static void apply(Work *w, SymId s, size_t volume, uint8_t *has) {
  for (uint32_t i = 0; i < w->nover; i++) {
    const Override *o = &w->over[i];
    if (o->sym != s) continue;
    if (!isfinite(o->value)) {
      diag_add(w->cc, SEV_ERROR, "data.not-finite", o->at, "the value given for `%s` is not a finite number", name_of(w, s));
      w->wrong = 1;
      continue;
    }
    size_t pos = o->nix ? economy_offset(w->e, s, o->ix) : 0;
    if (pos == SIZE_MAX || pos >= volume) continue;
    for (size_t k = pos; k < (o->nix ? pos + 1 : volume); k++) {
      w->v->of[s][k] = o->value;
      has[k] = 2;
    }
  }
}

/* ---- dependencies ---- */
static void compute(Work *w, SymId s);
static void visit(void *ctx, const Expr *e) {
  Work *w = ctx;
  if (e->kind == E_REF && economy_at(w->e, e->sym)->kind == SYM_PARAM) compute(w, e->sym);
  if (e->kind == E_TOTAL) {
    const Agent *a = economy_agent(w->e, e->sym);
    if (a && a->mass) ex_walk(a->mass, visit, w);
  }
}

static void not_finite(Work *w, const Sym *s, size_t pos, double x, const Expr *e, unsigned *said) {
  Elem ix[MAX_DIMS];
  w->wrong = 1;
  if ((*said)++) return;
  tuple_at(w->e, s, pos, ix);
  Text t = {0};
  tuple_text(w->e, s, ix, &t);
  diag_add(w->cc, SEV_ERROR, "data.not-finite", e->at ? e->at : s->at, "`%s` is not a finite number here: %s", t.at ? t.at : "", isnan(x) ? "the value is undefined" : "a division by zero or an overflow");
  text_free(&t);
}

static void entry(Work *w, const Sym *s, SymId id, size_t pos, const Expr *e, unsigned *said) {
  Elem ix[MAX_DIMS];
  tuple_at(w->e, s, pos, ix);
  for (uint32_t d = 0; d < s->ndom; d++) w->ev.env[s->idx[d]] = ix[d];
  double x = eval_expr(&w->ev, e);
  w->v->of[id][pos] = x;
  if (!isfinite(x)) not_finite(w, s, pos, x, e, said);
}

/* A definition at many tuples of its indices: lanes of consecutive entries from `first` on. */
typedef struct { Lanes lanes; Elem *tuple; } Many;
static int many_new(Work *w, const IdxId *idx, uint32_t n, Arena *heap, Many *m) {
  m->lanes = lanes_new(&w->ev, heap);
  m->tuple = ARENA_ARRAY(heap, Elem, (size_t)LANES * (n + 1));
  if (!m->tuple || n > sizeof m->lanes.var / sizeof *m->lanes.var) return 1;
  for (uint32_t d = 0; d < n; d++) {
    m->lanes.var[d] = idx[d];
    m->lanes.dim[d] = d;
    w->ev.env[idx[d]] = ELEM_NONE;
  }
  m->lanes.nvar = m->lanes.stride = n;
  m->lanes.tuple = m->tuple;
  return 0;
}

static uint32_t many_at(Work *w, const Sym *s, Many *m, size_t first, size_t n) {
  m->lanes.n = n - first < LANES ? (uint32_t)(n - first) : LANES;
  for (uint32_t l = 0; l < m->lanes.n; l++) tuple_at(w->e, s, first + l, m->tuple + (size_t)l * m->lanes.stride);
  return m->lanes.n;
}

static void entries(Work *w, const Sym *s, SymId id, size_t n, const uint8_t *has, unsigned *said) {
  Arena *heap = arena_new(NULL);
  Many m;
  double out[LANES];
  if (heap && !many_new(w, s->idx, s->ndom, heap, &m))
    for (size_t first = 0; first < n; first += LANES) {
      uint32_t count = many_at(w, s, &m, first, n);
      lanes_fill(&m.lanes, s->def, out);
      for (uint32_t l = 0; l < count; l++) {
        if (has[first + l] == 2) continue;
        w->v->of[id][first + l] = out[l];
        if (!isfinite(out[l])) not_finite(w, s, first + l, out[l], s->def, said);
      }
    }
  arena_free(heap);
}

static void missing(Work *w, const Sym *s, const uint8_t *has, size_t n) {
  Text t = {0};
  size_t m = 0;
  for (size_t i = 0; i < n; i++) {
    if (has[i]) continue;
    if (m++ >= MOST_NAMED) continue;
    Elem ix[MAX_DIMS];
    tuple_at(w->e, s, i, ix);
    text_put(&t, m > 1 ? ", " : "");
    tuple_text(w->e, s, ix, &t);
  }
  if (!m) return;
  w->wrong = 1;
  Diag *d = m > MOST_NAMED ? diag_add(w->cc, SEV_ERROR, "data.missing", s->at, "no value is given for %s and %zu more", t.at ? t.at : "", m - MOST_NAMED)
                           : diag_add(w->cc, SEV_ERROR, "data.missing", s->at, "no value is given for %s", t.at ? t.at : "");
  if (s->exists || m < n) diag_hint(w->cc, d, "give it in the file or with -D");
  else diag_hint(w->cc, d, "give it in the file, with -D, or find it: `calibrate %s so that ...;`", str_text(w->cc->strs, s->name));
  text_free(&t);
}

/* Entries at which the head's condition fails are zero: nobody may give them another value. */
static void leave_out(Work *w, const Sym *s, SymId id, const Data *d, uint8_t *has, size_t n) {
  Elem ix[MAX_DIMS];
  for (size_t i = 0; i < n; i++) {
    tuple_at(w->e, s, i, ix);
    for (uint32_t k = 0; k < s->ndom; k++) w->ev.env[s->idx[k]] = ix[k];
    if (eval_cond(&w->ev, s->exists)) continue;
    int given = has[i] == 1 && d && d->at && d->at[i] && (d->value[i] < 0 || d->value[i] > 0 || (d->expr && d->expr[i]));
    w->v->of[id][i] = 0;
    has[i] = 2;
    if (!given || w->wrong) continue;
    Text t = {0};
    tuple_text(w->e, s, ix, &t);
    diag_add(w->cc, SEV_ERROR, "data.left-out", place_of(w, s, i), "a value is given for %s, which the condition where it is declared leaves out", t.at ? t.at : "");
    text_free(&t);
    w->wrong = 1;
  }
}

static void plain(Work *w, SymId id) {
  const Sym *s = economy_at(w->e, id);
  const Data *d = s->data ? &w->e->data.at[s->data] : NULL;
  size_t n = economy_volume(w->e, id);
  unsigned said = 0;
  uint8_t *has = n == SIZE_MAX ? NULL : ARENA_ARRAY(w->v->mem, uint8_t, n ? n : 1);
  if (!has || !w->v->of[id]) return;
  if (d && d->n == n) {
    memcpy(w->v->of[id], d->value, n * sizeof(double));
    memcpy(has, d->has, n);
  }
  if (s->def) memset(has, 1, n);
  apply(w, id, n, has);
  w->v->held[id] = has;
  if (s->def) ex_walk(s->def, visit, w);
  if (s->exists) {
    ex_walk(s->exists, visit, w);
    if (w->state[id] != WRONG) leave_out(w, s, id, d, has, n);
  }
  for (size_t i = 0; d && d->expr && i < n; i++)
    if (d->expr[i]) ex_walk(d->expr[i], visit, w);
  if (w->state[id] == WRONG) return;
  if (s->def) entries(w, s, id, n, has, &said);
  for (size_t i = 0; !s->def && d && d->expr && i < n; i++)
    if (d->expr[i] && has[i] != 2) entry(w, s, id, i, d->expr[i], &said);
  missing(w, s, has, n);
}

/* ---- time: dates, conditional probabilities, probabilities of paths ---- */
static void tree_values(Work *w, SymId id) {
  const Timeline *t = &w->e->time;
  double *of = w->v->of[id];
  for (uint32_t i = 0; i < t->n; i++) {
    if (id == w->e->date) of[i] = t->node[i].date;
    else if (id == w->e->prob1) {
      of[i] = 1;
      if (!t->node[i].prob) continue;
      ex_walk(t->node[i].prob, visit, w);
      of[i] = eval_expr(&w->ev, t->node[i].prob);
    } else {
      compute(w, w->e->prob1);
      of[i] = t->node[i].prev == UINT32_MAX ? 1 : of[t->node[i].prev] * w->v->of[w->e->prob1][i];
    }
  }
}

static const Agent *believer(const Economy *e, SymId s) {
  for (uint32_t i = 0; i < e->agents.n; i++)
    if (e->agents.at[i].sym == economy_at(e, s)->owner) return &e->agents.at[i];
  return NULL;
}

static void belief_paths(Work *w, SymId id) {
  const Agent *a = believer(w->e, id);
  uint32_t nodes = w->e->time.n;
  if (!a) return;
  compute(w, a->prob1);
  size_t types = economy_volume(w->e, id) / nodes;
  for (size_t k = 0; k < types; k++)
    for (uint32_t i = 0; i < nodes; i++) {
      uint32_t prev = w->e->time.node[i].prev;
      w->v->of[id][k * nodes + i] = prev == UINT32_MAX ? 1 : w->v->of[id][k * nodes + prev] * w->v->of[a->prob1][k * nodes + i];
    }
}

static void compute(Work *w, SymId id) {
  const Sym *s = economy_at(w->e, id);
  if (w->state[id] >= DONE) return;
  if (w->state[id] == ACTIVE) {
    diag_add(w->cc, SEV_ERROR, "data.cycle", s->at, "`%s` is computed by way of itself", name_of(w, id));
    w->wrong = 1;
    w->state[id] = WRONG;
    return;
  }
  w->state[id] = ACTIVE;
  size_t n = economy_volume(w->e, id);
  w->v->of[id] = n == SIZE_MAX ? NULL : ARENA_ARRAY(w->v->mem, double, n ? n : 1);
  if (!w->v->of[id]) return;
  if (id == w->e->date || id == w->e->prob || id == w->e->prob1) tree_values(w, id);
  else if (s->builtin && !s->def) belief_paths(w, id);
  else plain(w, id);
  if (w->state[id] == ACTIVE) w->state[id] = DONE;
}

/* ---- what must hold ---- */
static void add_up(Work *w, const double *p1, Origin at, const char *whose) {
  const Timeline *t = &w->e->time;
  for (uint32_t i = 0; i < t->n; i++) {
    double sum = 0;
    uint32_t kids = 0;
    char b[16];
    for (uint32_t j = 0; j < t->n; j++) {
      if (t->node[j].prev != i) continue;
      kids++;
      sum += p1[j];
      if (!(p1[j] >= 0)) {
        Text n = {0};
        text_digits(&n, p1[j], 10);
        diag_add(w->cc, SEV_ERROR, "time.probability", at ? at : t->node[j].at, "the probability of `%s`%s is %s", elem_text(w->e, t->node[j].elem, b), whose, n.at ? n.at : "");
        text_free(&n);
        w->wrong = 1;
      }
    }
    if (!kids || fabs(sum - 1) <= 1e-9) continue;
    Text total = {0}, one = {0};
    text_apart(&total, sum, &one, 1);
    diag_add(w->cc, SEV_ERROR, "time.probability", at ? at : t->node[i].at, "the probabilities after `%s`%s add up to %s, not to %s", elem_text(w->e, t->node[i].elem, b), whose,
             total.at ? total.at : "", one.at ? one.at : "");
    text_free(&total);
    text_free(&one);
    w->wrong = 1;
    return;
  }
}

/* Only where the file states probabilities: a tree without them serves economies in which nobody takes expectations. */
static void probabilities(Work *w) {
  const Economy *e = w->e;
  int said = 0;
  for (uint32_t i = 0; i < e->time.n; i++) said |= e->time.node[i].prob != NULL;
  if (said) add_up(w, w->v->of[e->prob1], 0, "");
  for (uint32_t i = 0; i < e->agents.n; i++) {
    const Agent *a = &e->agents.at[i];
    if (a->prob1 == e->prob1 || !a->prob1 || !w->v->of[a->prob1]) continue;
    size_t types = economy_volume(e, a->prob1) / e->time.n;
    int before = w->wrong;
    for (size_t k = 0; k < types && w->wrong == before; k++) {
      Elem ix[MAX_DIMS];
      Text t = {0};
      tuple_at(e, economy_at(e, a->prob1), k * e->time.n, ix);
      text_printf(&t, " believed by %s", name_of(w, a->sym));
      for (uint32_t d = 0; d < a->nidx; d++) {
        char b[16];
        text_printf(&t, "%s%s%s", d ? "," : "[", elem_text(e, ix[d], b), d + 1 == a->nidx ? "]" : "");
      }
      add_up(w, w->v->of[a->prob1] + k * e->time.n, economy_at(e, a->prob1)->at, t.at ? t.at : "");
      text_free(&t);
    }
  }
}

/* ---- social accounting matrices ---- */
static Origin account_place(const Work *w, const Sym *s, size_t accounts, size_t i) {
  const Data *d = &w->e->data.at[s->data];
  for (size_t k = 0; k < accounts; k++)                 /* of its row, else of its column */
    if (d->at && d->has[i * accounts + k] && d->value[i * accounts + k] > 0) return place_of(w, s, i * accounts + k);
  for (size_t k = 0; k < accounts; k++)
    if (d->at && d->has[k * accounts + i] && d->value[k * accounts + i] > 0) return place_of(w, s, k * accounts + i);
  return s->at;
}

/* Each account's receipts (its row) are its payments (its column). */
static void balance(Work *w, SymId id) {
  const double ROUNDING = 1e-9;
  const Sym *s = economy_at(w->e, id);
  const Data *d = s->data ? &w->e->data.at[s->data] : NULL;
  if (!d || !d->balanced || !w->v->of[id]) return;
  size_t n = set_size(economy_set(w->e, s->dom[0]));
  unsigned said = 0;
  if (d->within) ex_walk(d->within, visit, w);
  double within = d->within ? eval_expr(&w->ev, d->within) : 0;
  if (!(within >= 0) || isinf(within)) {
    Text t = {0};
    text_digits(&t, within, 6);
    Diag *g = diag_add(w->cc, SEV_ERROR, "data.within", d->said, "`%s` cannot be balanced within %s", name_of(w, id), isnan(within) ? "what is no number" : t.at ? t.at : "");
    diag_hint(w->cc, g, "say how far a row and its column may lie apart: a finite number that is not negative");
    text_free(&t);
    w->wrong = 1;
    return;
  }
  for (size_t i = 0; i < n; i++) {
    double row = 0, column = 0, size = 0;
    for (size_t k = 0; k < n; k++) {
      row += w->v->of[id][i * n + k];
      column += w->v->of[id][k * n + i];
      size += fabs(w->v->of[id][i * n + k]) + fabs(w->v->of[id][k * n + i]);
    }
    if (fabs(row - column) <= fmax(within, ROUNDING * fmax(size, 1e-300)) || said++ >= MOST_NAMED) continue;
    char b[16];
    Text r = {0}, c = {0}, by = {0};
    text_apart(&r, row, &c, column);
    text_digits(&by, fabs(row - column), 6);
    Diag *g = diag_add(w->cc, SEV_ERROR, "data.unbalanced", account_place(w, s, n, i), "`%s` does not balance in the account `%s`: its row adds up to %s and its column to %s, a difference of %s", name_of(w, id),
                       elem_text(w->e, set_elem(economy_set(w->e, s->dom[0]), (uint32_t)i), b), r.at ? r.at : "", c.at ? c.at : "", by.at ? by.at : "");
    diag_note(w->cc, g, d->said, "it is said to be balanced here");
    if (!(said - 1)) diag_hint(w->cc, g, "receipts stand in an account's row, payments in its column: one cell raises one row and another account's column; for rounded tables say `balanced within ...`");
    text_free(&r);
    text_free(&c);
    text_free(&by);
    w->wrong = 1;
  }
  if (said > MOST_NAMED) diag_add(w->cc, SEV_ERROR, "data.unbalanced", d->said, "%u more accounts of `%s` do not balance", said - MOST_NAMED, name_of(w, id));
}

static Origin mass_place(const Work *w, const Agent *a, const Elem *ix) {
  const Expr *m = a->mass;
  if (m->kind != E_REF) return m->at ? m->at : a->at;
  const Sym *s = economy_at(w->e, m->sym);
  size_t pos = s->ndom == a->nidx ? economy_offset(w->e, m->sym, ix) : SIZE_MAX;
  return pos == SIZE_MAX ? m->at : place_of(w, s, pos);
}

/* The first type whose mass is not a positive number, n where there is none. */
static size_t mass_wrong(Work *w, const Agent *a, const Sym *s, size_t n, double *mass) {
  Arena *heap = arena_new(NULL);
  Many m;
  double out[LANES];
  size_t found = n;
  if (heap && !many_new(w, a->idx, a->nidx, heap, &m))
    for (size_t first = 0; first < n && found == n; first += LANES) {
      uint32_t count = many_at(w, s, &m, first, n);
      lanes_fill(&m.lanes, a->mass, out);
      for (uint32_t l = 0; l < count && found == n; l++)
        if (!(out[l] > 0) || !isfinite(out[l])) {
          found = first + l;
          *mass = out[l];
        }
    }
  arena_free(heap);
  return found;
}

static void masses(Work *w) {
  for (uint32_t i = 0; i < w->e->agents.n; i++) {
    const Agent *a = &w->e->agents.at[i];
    const Sym *s = economy_at(w->e, a->sym);
    if (!a->mass) continue;
    ex_walk(a->mass, visit, w);
    double m = 1;
    size_t n = economy_volume(w->e, a->sym), k = mass_wrong(w, a, s, n, &m);
    if (k < n) {
      Elem ix[MAX_DIMS];
      tuple_at(w->e, s, k, ix);
      Text t = {0}, x = {0};
      tuple_text(w->e, s, ix, &t);
      text_digits(&x, m, 10);
      diag_add(w->cc, SEV_ERROR, "agent.mass", mass_place(w, a, ix), "the mass of %s is %s; a mass is positive", t.at ? t.at : "", x.at ? x.at : "");
      text_free(&t);
      text_free(&x);
      w->wrong = 1;
    }
  }
}

static void bounds_of(Work *w, SymId id) {
  const Sym *s = economy_at(w->e, id);
  if (!s->lower && !s->upper) return;
  if (s->exists) ex_walk(s->exists, visit, w);
  if (s->lower) ex_walk(s->lower, visit, w);
  if (s->upper) ex_walk(s->upper, visit, w);
  int fixed = (!s->lower || s->lower->kind == E_NUM) && (!s->upper || s->upper->kind == E_NUM);
  size_t n = fixed ? 1 : economy_volume(w->e, id);
  for (size_t k = 0; k < n; k++) {
    Elem ix[MAX_DIMS];
    tuple_at(w->e, s, k, ix);
    for (uint32_t d = 0; s->idx && d < s->ndom; d++) w->ev.env[s->idx[d]] = ix[d];
    if (s->exists && !eval_cond(&w->ev, s->exists)) continue;
    double lo = s->lower ? eval_expr(&w->ev, s->lower) : -INFINITY, hi = s->upper ? eval_expr(&w->ev, s->upper) : INFINITY;
    if (lo <= hi && !isnan(lo) && !isnan(hi)) continue;
    Text t = {0}, a = {0}, b = {0};
    if (fixed) text_put(&t, str_text(w->cc->strs, s->name));
    else tuple_text(w->e, s, ix, &t);
    text_apart(&a, lo, &b, hi);
    if (isnan(lo) || isnan(hi)) diag_add(w->cc, SEV_ERROR, "data.not-finite", s->at, "a bound of `%s` is undefined", t.at ? t.at : "");
    else diag_add(w->cc, SEV_ERROR, "agent.bounds", s->at, "the lower bound of `%s`, %s, is above its upper bound, %s", t.at ? t.at : "", a.at ? a.at : "", b.at ? b.at : "");
    text_free(&t);
    text_free(&a);
    text_free(&b);
    w->wrong = 1;
    return;
  }
}

Values *values_compute(Compilation *cc, const Economy *e, const Override *over, uint32_t n, Arena *mem) {
  Values *v = ARENA_NEW(mem, Values);
  if (!v) return NULL;
  *v = (Values){.economy = e, .of = ARENA_ARRAY(mem, double *, e->syms.n), .mem = mem, .held = ARENA_ARRAY(mem, uint8_t *, e->syms.n)};
  Work w = {.cc = cc, .e = e, .v = v, .state = ARENA_ARRAY(mem, uint8_t, e->syms.n), .over = over, .nover = n};
  w.ev = eval_new(v, mem);
  if (!v->of || !v->held || !w.state || !w.ev.env) return NULL;
  for (SymId s = 1; s < e->syms.n; s++)
    if (economy_at(e, s)->kind == SYM_PARAM) compute(&w, s);
  if (arena_failed(mem)) return NULL;
  if (!w.wrong) {
    probabilities(&w);
    masses(&w);
    for (SymId s = 1; s < e->syms.n; s++)
      if (economy_at(e, s)->kind == SYM_PARAM) balance(&w, s);
    for (SymId s = 1; s < e->syms.n; s++)
      if (economy_at(e, s)->kind == SYM_CHOICE || economy_at(e, s)->kind == SYM_VAR) bounds_of(&w, s);
  }
  return w.wrong || arena_failed(mem) ? NULL : v;
}
