/* result.c: values of a solution by symbol, and the evaluation of queries. See result.h. */
#include "family.h"
#include "secondbest.h"
#include "sensing.h"
#include "statistic.h"
#include <math.h>
#include <string.h>

void result_forget(Result *r) {
  sensing_free(r->sensing);
  r->sensing = NULL;
  for (uint32_t i = 0; i < r->nmember; i++) sensing_free(r->member[i].sensing);
  if (r->attempted && result_is_family(r)) family_release(r);
  else if (r->attempted) solution_free(&r->sol);
  r->attempted = r->solved = 0;
  second_best_release(r);
}

void result_release(Result *r) {
  result_forget(r);
  arena_free(r->mem);
}

Result *results_find(Results *all, Str name) { return family_find(all, name, NULL); }

Result *results_of(Results *all, uint32_t question) {
  Result *r = &all->of[question];
  return r->point ? &r->point[all->grid[r->question->sweep - 1].now] : r;
}

void results_move(Grid *g, uint32_t point) { g->now = point; }

Result *results_default(Results *all) { return all->n == 1 ? results_of(all, 0) : &all->base; }

Result *results_default_in(Results *all, uint32_t sweep) {
  const Grid *g = sweep ? &all->grid[sweep - 1] : NULL;
  return g && g->npoint && g->sweep->questions.n ? results_of(all, g->sweep->questions.at[0]) : results_default(all);
}

void grid_point_text(const Results *all, const Grid *g, uint32_t point, Text *out) {
  for (uint32_t a = 0; a < g->naxis; a++) {
    text_printf(out, "%s%s = ", a ? ", " : "", str_text(all->model->cc->strs, g->sweep->axes.at[a].label));
    text_digits(out, g->value[(size_t)point * g->naxis + a], 10);
  }
}

const Problem *result_problem(Result *r) {
  if (!lowered_holds(r->lowered, r->values)) lowered_fill(r->lowered, r->values, r->question);
  return lowered_problem(r->lowered);
}

/* ---- one symbol ---- */

static const Number unknown_number = {NAN, 0, 0};

/* A look-up in progress: which result bare references mean, and what was met on the way. */
typedef struct { Results *all; Result *here; int missing, loose; } Look;

static double look_value(void *ctx, const Expr *ref, const Elem *ix, uint32_t n);

/* The index variables of an evaluation nested `depth` deep; NULL when memory failed or definitions nest past every use. */
static Elem *env_take(Result *r) {
  uint32_t a = r->model->economy->idxs.n, b = r->economy->idxs.n, need = (a > b ? a : b) + 1;
  if (r->depth >= sizeof r->env / sizeof *r->env) return NULL;
  if (r->nenv < need) {
    for (size_t i = 0; i < sizeof r->env / sizeof *r->env; i++) {
      Elem *fresh = ARENA_ARRAY(r->mem, Elem, need + 64);
      if (!fresh) return NULL;
      if (i < r->depth) memcpy(fresh, r->env[i], r->nenv * sizeof *fresh);
      r->env[i] = fresh;
    }
    r->nenv = need + 64;
  }
  Elem *env = r->env[r->depth++];
  memset(env, 0, r->nenv * sizeof *env);
  return env;
}

static void env_give(Result *r) { r->depth--; }

/* A symbol's definition, in its formal indices, at a tuple. */
Number result_formula(Result *r, const Expr *def, const IdxId *idx, const Elem *ix, uint32_t n) {
  Elem *env = def ? env_take(r) : NULL;
  if (!env) return unknown_number;
  for (uint32_t i = 0; i < n && idx; i++)
    if (idx[i]) env[idx[i]] = ix[i];
  Look look = {NULL, r, 0, 0};
  Values own = *r->values;
  own.economy = r->economy;
  Eval e = {&own, env, r->nenv, look_value, &look, 0};
  double v = eval_expr(&e, def);
  env_give(r);
  return (Number){v, !look.missing, look.loose};
}

/* Is the type that stands first in ix there, where a question keeps some types only? */
static int type_is_there(const Result *r, const Sym *s, const Elem *ix) {
  const Agent *a = s->owner ? economy_agent(r->economy, s->owner) : NULL;
  if (!a) return 1;
  if (a->gone) return 0;
  if (!a->only || a->nidx != 1) return 1;
  for (uint32_t i = 0; i < a->nonly; i++)
    if (a->only[i] == ix[0]) return 1;
  return 0;
}

/* Is the entry among those that the head of its declaration lets in? */
static int entry_is_there(Result *r, const Sym *s, const Elem *ix, uint32_t n) {
  return !s->exists || result_formula(r, s->exists, s->idx, ix, n).value > 0;
}

static Number fact_value(const Result *r, SymId id) {
  if (id == r->model->count && result_is_family(r)) return (Number){r->many.n, r->solved, 0};
  if (id == r->model->value) return (Number){r->second ? r->second->value : NAN, r->solved && r->second, 0};
  return id == r->model->index ? (Number){r->index, r->index != 0, 0} : unknown_number;
}

Number result_value(Result *r, SymId id, const Elem *ix, uint32_t n, int strict) {
  if (!r->values || id >= r->economy->syms.n) return unknown_number;
  id = result_means(r, id);
  const Sym *s = economy_at(r->economy, id);
  if (s->kind == SYM_PARAM) {
    size_t at = economy_offset(r->economy, id, ix);
    if (at == SIZE_MAX || !r->values->of[id]) return unknown_number;
    return (Number){r->values->of[id][at], 1, 0};
  }
  if (s->kind == SYM_FACT) return fact_value(r, id);
  if (s->dropped || !r->solved || result_is_family(r)) return unknown_number;
  switch (s->kind) {
    case SYM_CHOICE: case SYM_MULT: case SYM_PRICE: case SYM_VAR: {
      uint32_t at = entry_is_there(r, s, ix, n) ? lowered_index(r->lowered, id, ix, n) : NO_INDEX;
      if (at != NO_INDEX) return (Number){r->sol.x[at], 1, r->sol.loose && r->sol.loose[at]};
      return (s->kind == SYM_CHOICE || (s->kind == SYM_VAR && s->exists)) && !strict && type_is_there(r, s, ix) ? (Number){0, 1, 0} : unknown_number;
    }
    case SYM_LET: case SYM_VALUE:
      return type_is_there(r, s, ix) ? result_formula(r, s->def, s->idx, ix, n) : unknown_number;
    default: return unknown_number;
  }
}

int result_reports(const Result *r, SymId id) {
  if (id >= r->economy->syms.n) return 0;
  const Sym *s = economy_at(r->economy, id);
  if (s->dropped || s->builtin || !s->name) return 0;
  return s->kind == SYM_CHOICE || s->kind == SYM_MULT || s->kind == SYM_PRICE || s->kind == SYM_VAR || s->kind == SYM_LET || s->kind == SYM_VALUE;
}

/* ---- tuples ---- */

/* Calls f with every tuple of the product of n sets, the last running fastest, of those shown; until f returns nonzero. Nothing for more
 * than RESULT_DIMS sets. */
static void each_tuple(const Economy *e, const SymId *set, uint32_t n, const Showing *shown, int (*f)(void *ctx, const Elem *at, uint32_t n), void *ctx) {
  uint32_t pos[RESULT_DIMS] = {0}, size[RESULT_DIMS] = {0};
  Elem at[RESULT_DIMS] = {0};
  const Set *of[RESULT_DIMS] = {0};
  if (n > RESULT_DIMS) return;
  for (uint32_t i = 0; i < n; i++) {
    of[i] = economy_set(e, set[i]);
    if (!of[i] || !set_size(of[i])) return;
    size[i] = shown_count(shown, e, set[i]);
    at[i] = set_elem(of[i], shown_position(shown, e, set[i], 0));
  }
  for (;;) {
    if (f(ctx, at, n)) return;
    uint32_t i = n;
    while (i-- > 0) {
      if (++pos[i] < size[i]) { at[i] = set_elem(of[i], shown_position(shown, e, set[i], pos[i])); break; }
      at[i] = set_elem(of[i], shown_position(shown, e, set[i], pos[i] = 0));
    }
    if (i == UINT32_MAX) return;
  }
}

typedef struct { Result *r; SymId sym; void (*f)(void *, const Elem *, uint32_t, Number); void *ctx; } Listing;

static int list_tuple(void *ctx, const Elem *ix, uint32_t n) {
  Listing *l = ctx;
  Number v = result_value(l->r, l->sym, ix, n, 1);
  if (v.known) l->f(l->ctx, ix, n, v);
  return 0;
}

void result_each_shown(Result *r, const Showing *shown, SymId sym, void (*f)(void *ctx, const Elem *ix, uint32_t n, Number), void *ctx) {
  const Sym *s = economy_at(r->economy, sym);
  Listing l = {r, sym, f, ctx};
  each_tuple(r->economy, s->dom, s->ndom, shown, list_tuple, &l);
}

void result_each(Result *r, SymId sym, void (*f)(void *ctx, const Elem *ix, uint32_t n, Number), void *ctx) { result_each_shown(r, NULL, sym, f, ctx); }

static int has_value(void *ctx, const Elem *ix, uint32_t n) {
  Listing *l = ctx;
  return result_value(l->r, l->sym, ix, n, 1).known;
}

typedef struct { Listing l; int any; } Search;
static int search_tuple(void *ctx, const Elem *ix, uint32_t n) {
  Search *s = ctx;
  return s->any = has_value(&s->l, ix, n);
}

int result_any(Result *r, SymId sym) {
  const Sym *s = economy_at(r->economy, sym);
  Search found = {{r, sym, NULL, NULL}, 0};
  each_tuple(r->economy, s->dom, s->ndom, NULL, search_tuple, &found);
  return found.any;
}

typedef struct { int dim; Elem first; uint8_t *keep; } Nodes;

static void note_node(void *ctx, const Elem *ix, uint32_t n, Number v) {
  Nodes *s = ctx;
  (void)n, (void)v;
  if (!s->first) s->first = ix[s->dim];
  else if (s->first != ix[s->dim]) s->keep[s->dim] = 1;
}

void result_varying(Result *r, SymId sym, uint8_t *keep) {
  const Sym *s = economy_at(r->economy, sym);
  for (uint32_t i = 0; i < s->ndom; i++) {
    const Set *set = economy_set(r->economy, s->dom[i]);
    keep[i] = (int)i != s->node_dim && set && set_size(set) > 1;
  }
  if (s->node_dim < 0 || (uint32_t)s->node_dim >= s->ndom) return;
  keep[s->node_dim] = 0;
  if (set_size(economy_set(r->economy, s->dom[s->node_dim])) < 2) return;
  Nodes nodes = {s->node_dim, ELEM_NONE, keep};
  result_each(r, sym, note_node, &nodes);
}

int result_shared_name(const Result *r, SymId id) {
  const Economy *e = r->model->economy;
  if (id >= e->syms.n) e = r->economy;
  const Sym *s = economy_at(e, id);
  if (!s->owner) return 0;
  for (uint32_t i = 1; i < e->syms.n; i++) {
    const Sym *t = economy_at(e, i);
    if (t->name == s->name && t->owner && t->owner != s->owner) return 1;
  }
  return 0;
}

void result_key(const Economy *e, Str prefix, const Elem *ix, uint32_t n, int node_dim, const uint8_t *keep, Text *out) {
  char buf[16];
  const char *between = "";
  if (prefix) { text_put(out, str_text(e->cc->strs, prefix)); between = ","; }
  for (uint32_t i = 0; i < n; i++) {
    if ((int)i == node_dim || (keep && !keep[i])) continue;
    text_printf(out, "%s%s", between, elem_text(e, ix[i], buf));
    between = ",";
  }
  if (node_dim >= 0 && (uint32_t)node_dim < n && (!keep || keep[node_dim])) text_printf(out, "@%s", elem_text(e, ix[node_dim], buf));
}

/* ---- queries ---- */

/* The predecessor of the first node: zero, or what the quantity started from (`initial`). */
static Number before_root(Result *r, const Sym *s, const Elem *ix, uint32_t n) {
  return s->initial ? result_formula(r, s->initial, s->idx, ix, n) : (Number){0, 1, 0};
}

int result_exists(Result *r, SymId id, const Elem *ix, uint32_t n) { return entry_is_there(r, economy_at(r->economy, result_means(r, id)), ix, n); }

/* A statistic at the indices of an environment. */
static double look_statistic(Look *l, const Expr *stat, const Elem *env, uint32_t nenv) {
  Asked asked = {.all = l->all, .here = l->here, .env = env, .nenv = nenv};
  double v = l->all ? statistic_value(&asked, stat) : NAN;
  if (asked.loose) l->loose = 1;
  if (l->all && asked.note) l->all->note = asked.note;
  if (!isnan(v)) return v;
  l->missing = 1;
  if (l->all && !l->all->why) l->all->why = asked.why ? asked.why : "it is not defined";
  return NAN;
}

Number result_at(Result *r, SymId sym, const Elem *ix, uint32_t n) {
  const Sym *s = economy_at(r->economy, sym = result_means(r, sym));
  int early = s->node_dim >= 0 && (uint32_t)s->node_dim < n && ix[s->node_dim] == ELEM_NONE;
  return early ? before_root(r, s, ix, n) : result_value(r, sym, ix, n, 0);
}

static double look_value(void *ctx, const Expr *ref, const Elem *ix, uint32_t n) {
  Look *l = ctx;
  if (ref->kind == E_STAT) return look_statistic(l, ref, ix, n);
  Result *r = ref->solution && l->all ? family_find(l->all, ref->solution, l->here) : l->here;
  Number v = unknown_number;
  if (r && r->values) v = result_at(r, ref->sym, ix, n);
  if (!v.known) l->missing = 1;
  if (v.loose) l->loose = 1;
  return v.value;
}

/* The solutions named in an expression, and whether a reference that needs one has none. */
typedef struct { const Economy *e; Str first, second; int bare; } Mentioned;

static void note_solution(void *ctx, const Expr *x) {
  Mentioned *s = ctx;
  if (x->kind != E_REF && (x->kind != E_NAMED || !x->solution)) return;
  if (!x->solution) {
    if (economy_at(s->e, x->sym)->kind != SYM_PARAM) s->bare = 1;
  } else if (!s->first || s->first == x->solution) s->first = x->solution;
  else s->second = x->solution;
}

static Mentioned solutions_in(const Results *all, const Expr *x) {
  Mentioned s = {all->model->economy, 0, 0, 0};
  ex_walk(x, note_solution, &s);
  return s;
}

typedef struct { Results *all; Elem *env; uint32_t nenv; Look *look; Arena *mem; } Mixed;

static double eval_in(Mixed *m, Result *r, const Expr *x) {
  if (!r->values) { m->look->missing = 1; return NAN; }
  r->mixed = *m->all->model->economy;
  r->mixed.agents.at = r->economy->agents.at;
  r->mixed.agents.n = r->economy->agents.n;
  Values own = *r->values;
  own.economy = &r->mixed;
  Eval e = {&own, m->env, m->nenv, look_value, m->look, 0};
  return eval_expr(&e, x);
}

/* An expression whose parts may belong to several solutions: each part is evaluated with the parameters, masses and types of its own. */
static double eval_mixed(Mixed *m, const Expr *x) {
  Mentioned s = solutions_in(m->all, x);
  Result *r = s.first && !s.second && !s.bare ? family_find(m->all, s.first, m->look->here) : m->look->here;
  int apart = s.second || (s.first && s.bare);
  if (!apart || !x->nkid || x->kind == E_SUM || x->kind == E_TOTAL || x->kind == E_STAT) return r ? eval_in(m, r, x) : NAN;
  Expr node = *x;
  node.kid = ARENA_ARRAY(m->mem, const Expr *, x->nkid);
  if (!node.kid) return NAN;
  for (uint32_t i = 0; i < x->nkid; i++) node.kid[i] = ex_num(m->mem, x->at, eval_mixed(m, x->kid[i]));
  return arena_failed(m->mem) ? NAN : eval_in(m, m->look->here, &node);
}

/* A bare reference has a value only where the quantity exists; inside an expression an undeclared choice counts as zero. */
static Number reference_value(Mixed *m, const Expr *x, Result *here) {
  Result *r = x->solution ? family_find(m->all, x->solution, here) : here;
  Elem ix[RESULT_DIMS];
  if (!r || !r->values || x->nix > RESULT_DIMS) return unknown_number;
  Values own = *r->values;
  Eval e = {&own, m->env, m->nenv, look_value, m->look, 0};
  for (uint32_t i = 0; i < x->nix; i++)
    if ((ix[i] = eval_ix(&e, x->ix[i])) == ELEM_NONE) return unknown_number;
  return result_value(r, x->sym, ix, x->nix, 1);
}

static Number expression_value(Results *all, const Expr *x, const QueryItem *item, Result *here, const Elem *at) {
  Look look = {all, here, 0, 0};
  Result *owner = here->values ? here : &all->base;
  Elem *env = env_take(owner);
  if (!env) return unknown_number;
  for (uint32_t i = 0; i < item->free_idx.n; i++) env[item->free_idx.at[i]] = at[i];
  Mixed m = {all, env, owner->nenv, &look, all->model->mem};
  Number v;
  if (x->kind == E_REF) v = reference_value(&m, x, here);
  else {
    v.value = eval_mixed(&m, x);
    v.known = !look.missing;
    v.loose = look.loose;
  }
  env_give(owner);
  return v;
}

static const char UNDEFINED[] = "it is not a finite number there: a division by zero, or a function outside its domain";

Number query_value(Results *all, const QueryItem *item, Result *here, const Elem *at) {
  all->why = all->note = NULL;
  Number v = expression_value(all, item->e, item, here, at);
  if (!v.known || isfinite(v.value)) return v;
  all->why = UNDEFINED;
  return unknown_number;
}

int query_undefined(const Results *all) { return all->why == UNDEFINED; }

/* What a named expression or objective would be if none of its terms cancelled: sums of absolute values, through products and quotients. */
static double size_of_def(Result *r, const Expr *x, const IdxId *idx, const Elem *ix, uint32_t n) {
  double size = x->kind == E_MUL ? 1 : 0;
  switch (x->kind) {
    case E_ADD:
      for (uint32_t i = 0; i < x->nkid; i++) size += size_of_def(r, x->kid[i], idx, ix, n);
      return size;
    case E_MUL:
      for (uint32_t i = 0; i < x->nkid; i++) size *= size_of_def(r, x->kid[i], idx, ix, n);
      return size;
    case E_NEG: return size_of_def(r, x->kid[0], idx, ix, n);
    case E_CALL: {                                       /* a logarithm near zero has the rounding of its argument, which is near one */
      double v = fabs(result_formula(r, x, idx, ix, n).value);
      return x->fn == FN_LOG ? fmax(v, 1) : v;
    }
    case E_DIV: return size_of_def(r, x->kid[0], idx, ix, n) / fabs(result_formula(r, x->kid[1], idx, ix, n).value);
    default: return fabs(result_formula(r, x, idx, ix, n).value);
  }
}

int query_is_noise(Results *all, const QueryItem *item, Result *here, const Elem *at, double value) {
  const Expr *x = item->e;
  double size = 0;
  if (x->kind == E_ADD) {
    for (uint32_t i = 0; i < x->nkid; i++) size += fabs(expression_value(all, x->kid[i], item, here, at).value);
    return result_cancels(here, value, size);
  }
  Result *r = x->kind == E_REF && x->solution ? family_find(all, x->solution, here) : here;
  if (x->kind != E_REF || !r || !r->solved || x->nix > RESULT_DIMS) return 0;
  Elem ix[RESULT_DIMS], *env = env_take(r);
  if (!env) return 0;
  for (uint32_t i = 0; i < item->free_idx.n; i++) env[item->free_idx.at[i]] = at[i];
  Values own = *r->values;
  Eval e = {&own, env, r->nenv, NULL, NULL, 0};
  for (uint32_t i = 0; i < x->nix; i++) ix[i] = eval_ix(&e, x->ix[i]);
  env_give(r);
  const Sym *s = economy_at(r->economy, x->sym);
  if (s->kind == SYM_LET || s->kind == SYM_VALUE) return s->def && result_cancels(r, value, size_of_def(r, s->def, s->idx, ix, x->nix));
  uint32_t unknown = s->kind == SYM_CHOICE || s->kind == SYM_MULT || s->kind == SYM_PRICE || s->kind == SYM_VAR ? lowered_index(r->lowered, x->sym, ix, x->nix) : NO_INDEX;
  return unknown != NO_INDEX && result_is_noise(r, unknown);
}

typedef struct { void (*f)(void *, const Elem *, uint32_t); void *ctx; } Tuples;

static int one_tuple(void *ctx, const Elem *at, uint32_t n) {
  const Tuples *t = ctx;
  t->f(t->ctx, at, n);
  return 0;
}

void query_tuples(Results *all, const QueryItem *item, const Showing *shown, void (*f)(void *ctx, const Elem *at, uint32_t n), void *ctx) {
  SymId set[RESULT_DIMS];
  const Economy *e = all->model->economy;
  if (item->free_idx.n > RESULT_DIMS) return;
  for (uint32_t i = 0; i < item->free_idx.n; i++) set[i] = e->idxs.at[item->free_idx.at[i]].set;
  each_tuple(e, set, item->free_idx.n, shown, one_tuple, &(Tuples){f, ctx});
}

typedef struct { Results *all; const QueryItem *item; Result *here; void (*f)(void *, const Elem *, uint32_t, Number); void *ctx; } Asking;

static void ask_tuple(void *ctx, const Elem *at, uint32_t n) {
  Asking *a = ctx;
  Number v = query_value(a->all, a->item, a->here, at);
  if (v.known || query_undefined(a->all)) a->f(a->ctx, at, n, v);
}

void query_each(Results *all, const QueryItem *item, Result *here, void (*f)(void *ctx, const Elem *at, uint32_t n, Number), void *ctx) {
  Result *family = family_of(all, item->e, here);
  for (uint32_t i = 0; i < (family ? family->nmember : 1); i++) {
    Asking a = {all, item, family ? &family->member[i] : here, f, ctx};
    query_tuples(all, item, NULL, ask_tuple, &a);
  }
}

int query_needs(Results *all, const Expr *x, Str *only, int *bare) {
  if (family_check(all, x)) return -1;
  Mentioned s = solutions_in(all, x);
  const Str named[2] = {s.first, s.second};
  for (int i = 0; i < 2; i++)
    if (named[i] && !results_find(all, named[i])) {
      Compilation *cc = all->model->cc;
      diag_add(cc, SEV_ERROR, "names.unknown", x->at, "there is no solution called `%s`", str_text(cc->strs, named[i]));
      return -1;
    }
  *only = s.first;
  *bare = s.bare;
  return s.second ? 2 : s.first ? 1 : 0;
}

typedef struct { Results *all; Grid *grid; int two; } Swept;

static void note_grid(void *ctx, const Expr *x) {
  Swept *s = ctx;
  for (uint32_t i = 0; (x->kind == E_REF || x->kind == E_NAMED) && x->solution && i < s->all->n; i++) {
    const Result *r = &s->all->of[i];
    if (!r->point || (r->name != x->solution && !family_has(s->all, r, x->solution))) continue;
    Grid *g = &s->all->grid[r->question->sweep - 1];
    if (s->grid && s->grid != g) s->two = 1;
    s->grid = g;
  }
}

Grid *query_grid(Results *all, const Expr *x, int *two) {
  Swept s = {all, NULL, 0};
  ex_walk(x, note_grid, &s);
  *two = s.two;
  return s.grid;
}
