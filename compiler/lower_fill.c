/* lower_fill.c: numbers into a lowered problem. Its structure stays; parameters, columns, bounds, masses, fixed unknowns and starts are
 * computed anew. Linear in lanes. */
#include "lanes.h"
#include "lower_internal.h"
#include <math.h>
#include <string.h>

/* ---- data --------------------------------------------------------------------------------------------------------------------- */

static void set_lane(Lowered *L, const Build *k, const Binds *b, uint32_t lane) {
  for (uint32_t i = 0; i < b->n; i++)
    if (b->at[i].to.kind == BIND_LANE) L->eval.env[b->at[i].idx] = k->tuple[(size_t)lane * k->ndim + b->at[i].to.v];
}

static double value_of(Lowered *L, const Datum *d) {
  if (d->cond && !eval_cond(&L->eval, d->cond)) return d->otherwise;
  return d->e ? eval_expr(&L->eval, d->e) : d->base;
}

static double lower_datum(Lowered *L, const Build *k, const Datum *d, uint32_t lane) {
  lower_restore(L, d->bind);
  if (k) set_lane(L, k, &d->bind, lane);
  return value_of(L, d);
}

/* A column that is one parameter with plain indices: read straight from its table. Returns 0 when it is not of that form. */
static int plain_column(Lowered *L, const Build *k, const Datum *d, double *out) {
  const Expr *e = d->e;
  if (d->cond || !e || e->kind != E_REF || lower_sym(L, e->sym)->kind != SYM_PARAM || e->nix > LOWER_DIMS) return 0;
  const double *from = L->eval.v->of[e->sym];
  const Sym *s = lower_sym(L, e->sym);
  if (!from || s->ndom != e->nix) return 0;
  size_t stride = 1, base = 0, lane_stride[LOWER_DIMS];
  int lane_dim[LOWER_DIMS];
  for (uint32_t i = e->nix; i-- > 0;) {
    const Set *set = economy_set(L->eco, s->dom[i]);
    Spot spot = lower_spot(L, e->ix[i]);
    if (!spot.known && spot.lane < 0) return 0;
    uint32_t pos = spot.known ? spot.e == ELEM_NONE ? UINT32_MAX : set_pos(set, spot.e) : 0;
    if (pos == UINT32_MAX) return 0;
    lane_dim[i] = spot.known ? -1 : spot.lane;
    lane_stride[i] = stride;
    base += pos * stride;
    stride *= set_size(set);
  }
  for (uint32_t l = 0; l < k->lanes; l++) {
    size_t at = base;
    for (uint32_t i = 0; i < e->nix; i++) {
      if (lane_dim[i] < 0) continue;
      uint32_t pos = set_pos(economy_set(L->eco, s->dom[i]), k->tuple[(size_t)l * k->ndim + (uint32_t)lane_dim[i]]);
      if (pos == UINT32_MAX) return 0;
      at += pos * lane_stride[i];
    }
    out[l] = from[at];
  }
  return 1;
}

/* A datum whose condition fails in some lanes: lane by lane, so that what does not apply is not computed. */
static void fill_column(Lowered *L, const Build *k, const Datum *d, double *out, Arena *heap) {
  lower_restore(L, d->bind);
  if (plain_column(L, k, d, out)) return;
  Lanes v = lanes_new(&L->eval, heap);
  v.stride = k->ndim;
  for (uint32_t i = 0; i < d->bind.n; i++) {
    if (d->bind.at[i].to.kind != BIND_LANE || v.nvar == sizeof v.var / sizeof *v.var) continue;
    v.var[v.nvar] = d->bind.at[i].idx;
    v.dim[v.nvar++] = d->bind.at[i].to.v;
  }
  double holds[LANES];
  for (uint32_t first = 0; first < k->lanes; first += LANES) {
    v.n = k->lanes - first < LANES ? k->lanes - first : LANES;
    v.tuple = k->tuple + (size_t)first * k->ndim;
    int same = lanes_cond(&v, d->cond, holds);
    if (same && holds[0] > 0 && d->e) lanes_fill(&v, d->e, out + first);
    else
      for (uint32_t l = 0; l < v.n; l++) {
        int here = holds[same ? 0 : l] > 0;
        if (here && d->e) set_lane(L, k, &d->bind, first + l);
        out[first + l] = !here ? d->otherwise : d->e ? eval_expr(&L->eval, d->e) : d->base;
      }
    for (uint32_t i = 0; i < v.nvar; i++) L->eval.env[v.var[i]] = ELEM_NONE;
  }
}

static uint32_t lower_index_at(Lowered *L, const Build *k, const IndexDef *d, uint32_t lane) {
  if (d->kind != INDEX_REF) return d->list[lane] == NO_INDEX ? NO_INDEX : d->list[lane] + (d->kind == INDEX_CHECKS ? L->problem.nglobal : 0);
  Elem at[LOWER_DIMS];
  set_lane(L, k, &d->bind, lane);
  for (uint32_t i = 0; i < d->nix; i++) at[i] = eval_ix(&L->eval, d->ix[i]);
  return lowered_index(L, d->sym, at, d->nix);
}

static void fill_index(Lowered *L, const Build *k, const IndexDef *d, uint32_t *out) {
  lower_restore(L, d->bind);
  for (uint32_t l = 0; l < k->lanes; l++) out[l] = lower_index_at(L, k, d, l);
}

static int fill_mass(Lowered *L, const Build *k, double *mass, Arena *heap) {
  const Agent *a = k->agent;
  Datum d = {.e = a->mass, .base = 1.0};
  for (uint32_t i = 0; i < a->nidx; i++) lower_bind(L, a->idx[i], bind_lane(i));
  if (a->mass) d.bind = lower_binds(L, a->mass, NULL, NULL, 0);
  fill_column(L, k, &d, mass, heap);
  for (uint32_t l = 0; l < k->lanes; l++)
    if (!(mass[l] >= 0.0) || !isfinite(mass[l])) {
      Text who = {0};
      for (uint32_t i = 0; i < k->ndim; i++) {
        char buf[16];
        text_printf(&who, "%s%s", i ? "," : "[", elem_text(L->eco, k->tuple[(size_t)l * k->ndim + i], buf));
      }
      if (k->ndim) text_put(&who, "]");
      diag_add(L->cc, SEV_ERROR, "values.mass", a->at, "the mass of `%s%s` is %g; a mass must be a number that is not negative", k->name, who.at ? who.at : "", mass[l]);
      text_free(&who);
      return 1;
    }
  return 0;
}

/* ---- bounds ------------------------------------------------------------------------------------------------------------------- */

static void slot_tuple(const Build *k, const Slot *s, uint32_t lane, Elem *ix) {
  if (k->ndim) memcpy(ix, k->tuple + (size_t)lane * k->ndim, k->ndim * sizeof *ix);
  if (s->nown) memcpy(ix + k->ndim, s->own, s->nown * sizeof *ix);
}

static int crossed(Lowered *L, SymId sym, const Elem *ix, uint32_t n, double lower, double upper) {
  if (lower <= upper && !isnan(lower) && !isnan(upper) && lower != INFINITY && upper != -INFINITY) return 0;
  Text t = {0};
  lower_ref_text(L, sym, ix, n, &t);
  diag_add(L->cc, SEV_ERROR, "values.bounds", lower_sym(L, sym)->at, "no number is a value of `%s`: its lower bound is %g and its upper bound is %g", t.at ? t.at : "", lower, upper);
  text_free(&t);
  return 1;
}

static int fill_bounds(Lowered *L, Build *k, const Block *b) {
  Elem ix[LOWER_DIMS];
  for (uint32_t i = 0; i < k->slot.n; i++) {
    const Slot *s = &k->slot.at[i];
    if (s->lower_col == NO_INDEX) k->kernel.lower[i] = lower_datum(L, NULL, &s->lower, 0);
    if (s->upper_col == NO_INDEX) k->kernel.upper[i] = lower_datum(L, NULL, &s->upper, 0);
    int lanes = s->lower_col != NO_INDEX || s->upper_col != NO_INDEX;
    for (uint32_t l = 0; l < (lanes ? k->lanes : 1); l++) {
      slot_tuple(k, s, l, ix);
      if (crossed(L, s->sym, ix, k->ndim + s->nown, s->lower_col == NO_INDEX ? k->kernel.lower[i] : b->column[s->lower_col][l],
                  s->upper_col == NO_INDEX ? k->kernel.upper[i] : b->column[s->upper_col][l]))
        return 1;
    }
  }
  return 0;
}

/* Binds a symbol's formal indices to a tuple. */
static void bind_formals(Lowered *L, const Sym *s, const Elem *ix) {
  for (uint32_t i = 0; i < s->ndom && s->idx; i++)
    if (s->idx[i]) lower_bind(L, s->idx[i], bind_elem(ix[i]));
}

static double at_formals(Lowered *L, const Expr *e, double none) { return e ? eval_expr(&L->eval, e) : none; }

/* A price whose row is not its market's own: that of rights decides it. */
static int is_claim_price(const Lowered *L, SymId price) {
  for (uint32_t i = 0; i < L->eco->markets.n; i++) {
    const Market *m = &L->eco->markets.at[i];
    if (m->price == price && m->rights && !m->dropped) return m->equality;
  }
  return 0;
}

static int fill_globals(Lowered *L) {
  Elem ix[LOWER_DIMS];
  for (uint32_t g = 0; g < L->global.n; g++) {
    const GlobalDef *d = &L->global.at[g];
    Global *to = &L->problem.global[g];
    to->flag = d->flag;
    if (d->kind == GLOBAL_PRICE) {
      int free_sign = d->row == ROW_MARKET ? L->eco->markets.at[d->owner].equality || L->eco->markets.at[d->owner].rights == d->sym : is_claim_price(L, d->sym);
      to->lower = free_sign ? -INFINITY : 0.0;
    }
    if (d->kind != GLOBAL_VARIABLE) continue;
    const Sym *s = lower_sym(L, d->sym);
    lower_tuple(L->eco, s->dom, s->ndom, d->offset, ix);
    bind_formals(L, s, ix);
    int there = s->kind != SYM_VAR || !s->exists || at_formals(L, s->exists, 1) > 0;
    to->lower = there ? at_formals(L, s->lower, -INFINITY) : 0;      /* where data rule it out it is fixed at zero */
    to->upper = there ? at_formals(L, s->upper, INFINITY) : 0;
    if (crossed(L, d->sym, ix, s->ndom, to->lower, to->upper)) return 1;
  }
  return 0;
}

/* ---- marks that depend on data ------------------------------------------------------------------------------------------------ */

/* A number that a guard looks at: the same for all lanes, or a column. */
typedef struct { double one; const double *each; } Datums;
typedef struct { Datums a, b; int equal, negate; } Test;   /* a = b where equal, else a != 0; turned round where negate */

static Datums datums_of(const Lowered *L, const Build *k, DagView v) {
  if (v.op == OP_NUM) return (Datums){v.k, NULL};
  if (v.op != OP_IN) return (Datums){NAN, NULL};
  InRef r = k->in.at[v.input];
  return r.kind == AT_PAR ? (Datums){L->problem.par[r.a], NULL} : r.kind == AT_COLUMN ? (Datums){NAN, L->problem.block[k->block].column[r.a]} : (Datums){NAN, NULL};
}

static Test test_of(const Lowered *L, const Build *k, const Guard *g) {
  DagView v = dag_view(k->dag, g->g);
  if (v.op != OP_EQ) return (Test){datums_of(L, k, v), {NAN, NULL}, 0, g->negate};
  return (Test){datums_of(L, k, dag_view(k->dag, v.a)), datums_of(L, k, dag_view(k->dag, v.b)), 1, g->negate};
}

static double at_lane(const Datums *d, uint32_t lane) { return d->each ? d->each[lane] : d->one; }

/* A guard that is no datum counts as not holding. */
static int passes(const Test *t, uint32_t lane) {
  double a = at_lane(&t->a, lane), b = t->equal ? at_lane(&t->b, lane) : 0;
  if (isnan(a) || isnan(b)) return 0;
  return (t->equal ? a <= b && a >= b : a < 0 || a > 0) != t->negate;
}

/* The tests of an item, innermost first. */
typedef struct { Test *at; uint32_t n; } Tests;
static Tests tests_of(const Lowered *L, const Build *k, const DomainItem *d, Arena *heap) {
  Tests t = {NULL, 0};
  for (uint32_t g = d->guard; g; g = k->guard.at[g].parent) t.n++;
  t.at = ARENA_ARRAY(heap, Test, t.n + 1);
  uint32_t i = 0;
  for (uint32_t g = d->guard; g && t.at; g = k->guard.at[g].parent) t.at[i++] = test_of(L, k, &k->guard.at[g]);
  return t;
}

/* Does the item ask for positivity in this lane? */
static int applies(const Tests *t, uint32_t lane) {
  for (uint32_t i = 0; t->at && i < t->n; i++)
    if (!passes(&t->at[i], lane)) return 0;
  return t->at != NULL;
}

/* OWN_LOG: in every lane some item says that the unknown itself must be positive. */
static void mark_slot(Build *k, uint32_t slot, const Tests *test, const uint32_t *item, uint32_t n) {
  k->kernel.flag[slot] = (uint8_t)(k->kernel.flag[slot] & ~OWN_LOG);
  for (uint32_t l = 0; l < k->lanes; l++) {
    int any = 0;
    for (uint32_t i = 0; i < n && !any; i++) any = applies(&test[item[i]], l);
    if (!any) return;
  }
  k->kernel.flag[slot] |= OWN_LOG;
}

static void mark_global(Lowered *L, uint32_t g) {
  if (g < L->problem.nglobal) L->problem.global[g].flag |= GLOBAL_POSITIVE;
}

static void mark_positive(Lowered *L, const Build *k, const DomainItem *d, const Tests *t) {
  InRef r = k->in.at[dag_view(k->dag, d->f).input];
  const Block *b = &L->problem.block[k->block];
  for (uint32_t l = 0; l < k->lanes; l++) {
    if (!applies(t, l)) continue;
    mark_global(L, r.kind == AT_GLOBAL ? r.a : b->index[r.a][l]);
    if (r.kind == AT_GLOBAL) return;
  }
}

static int fill_marks(Lowered *L, Build *k, Arena *heap) {
  uint32_t *item = ARENA_ARRAY(heap, uint32_t, k->domain.n + 1);
  Tests *test = ARENA_ARRAY(heap, Tests, k->domain.n + 1);
  if (!item || !test) return 1;
  for (uint32_t i = 0; i < k->domain.n; i++) test[i] = tests_of(L, k, &k->domain.at[i], heap);
  for (uint32_t i = 0; i < k->domain.n; i++) {
    DagView v = dag_view(k->dag, k->domain.at[i].f);
    if (v.op != OP_IN) continue;
    InRef r = k->in.at[v.input];
    if (r.kind == AT_GLOBAL || r.kind == AT_GATHER) mark_positive(L, k, &k->domain.at[i], &test[i]);
    if (r.kind != AT_OWN) continue;
    uint32_t n = 0;
    for (uint32_t j = 0; j < k->domain.n; j++) {
      DagView o = dag_view(k->dag, k->domain.at[j].f);
      if (o.op == OP_IN && k->in.at[o.input].kind == AT_OWN && k->in.at[o.input].a == r.a) item[n++] = j;
    }
    mark_slot(k, r.a, test, item, n);
  }
  return 0;
}

/* ---- starts and fixed unknowns ------------------------------------------------------------------------------------------------ */

/* The start an economist gave with a choice or a variable. */
typedef struct { Lowered *L; const Sym *s; double *to; } Starting;
static void start_one(void *ctx, const Elem *ix, uint32_t n, uint32_t index) {
  Starting *st = ctx;
  (void)n;
  bind_formals(st->L, st->s, ix);
  st->to[index] = eval_expr(&st->L->eval, st->s->start);
}

static int constant_setting(Lowered *L, const Setting *s, double *value) {
  if (lower_class(L, s->to) & EX_UNKNOWN) {
    diag_add(L->cc, SEV_ERROR, "lower.setting", s->at, "the value given to `%s` may depend on parameters only", str_text(L->cc->strs, lower_sym(L, s->sym)->name));
    return 1;
  }
  *value = eval_expr(&L->eval, s->to);
  if (isfinite(*value)) return 0;
  diag_add(L->cc, SEV_ERROR, "lower.setting", s->at, "the value given to `%s` is not a finite number", str_text(L->cc->strs, lower_sym(L, s->sym)->name));
  return 1;
}

/* Sets every instance that agrees with the indices written (missing ones: all values). */
typedef struct { const Elem *ix; uint32_t nix; uint32_t count; double value, *to; } Setter;
static void set_one(void *ctx, const Elem *ix, uint32_t n, uint32_t index) {
  Setter *s = ctx;
  for (uint32_t i = 0; i < s->nix && i < n; i++)
    if (s->ix[i] != ELEM_NONE && s->ix[i] != ix[i]) return;
  s->to[index] = s->value;
  s->count++;
}

static int apply_setting(Lowered *L, const Setting *s, double *to) {
  Elem ix[LOWER_DIMS] = {0};
  Setter set = {ix, s->nix < LOWER_DIMS ? s->nix : LOWER_DIMS, 0, 0.0, to};
  for (uint32_t i = 0; i < set.nix; i++) {
    Spot spot = s->ix[i].kind == IX_BOUND ? (Spot){0} : lower_spot(L, s->ix[i]);
    if (spot.known) ix[i] = spot.e;
    else if (s->ix[i].kind == IX_EXPR) ix[i] = eval_ix(&L->eval, s->ix[i]);
  }
  if (constant_setting(L, s, &set.value)) return 1;
  lowered_each(L, s->sym, set_one, &set);
  if (set.count) return 0;
  diag_add(L->cc, SEV_ERROR, "lower.setting", s->at, "there is no unknown `%s` here to be given a value", str_text(L->cc->strs, lower_sym(L, s->sym)->name));
  return 1;
}

/* A fixed price takes the place of its market's clearing, and by Walras' law an implied market no longer clears either. */
static void waive_markets(Problem *p) {
  int any = 0;
  for (uint32_t i = 0; i < p->ncheck; i++) any |= p->check[i].waived = p->fixed && p->check[i].price != NO_INDEX && !isnan(p->fixed[p->check[i].price]);
  for (uint32_t i = 0; i < p->ncheck; i++) p->check[i].waived |= any && p->check[i].implied;
}

/* Starts and fixed values are few or none: their vectors are made when the first is given. Returns NULL when memory failed. */
static double *given_values(Lowered *L, double **v) {
  if (!*v && (*v = ARENA_ARRAY(L->mem, double, L->problem.nx + 1)))
    for (uint32_t i = 0; i < L->problem.nx; i++) (*v)[i] = NAN;
  return *v;
}

static int fill_settings(Lowered *L, const Question *q) {
  Problem *p = &L->problem;
  for (uint32_t i = 0; p->start && i < p->nx; i++) p->start[i] = NAN;
  for (uint32_t i = 0; p->fixed && i < p->nx; i++) p->fixed[i] = NAN;
  for (SymId s = 1; s < L->eco->syms.n; s++) {
    const Sym *sym = lower_sym(L, s);
    if (!sym->start || L->place[s].where == PLACE_NONE || (lower_class(L, sym->start) & EX_UNKNOWN)) continue;
    if (!given_values(L, &p->start)) return 1;
    lowered_each(L, s, start_one, &(Starting){L, sym, p->start});
  }
  int failed = 0;
  for (uint32_t i = 0; q && i < q->start.n; i++) failed |= !given_values(L, &p->start) || apply_setting(L, &q->start.at[i], p->start);
  for (uint32_t i = 0; q && i < q->fix.n; i++) failed |= !given_values(L, &p->fixed) || apply_setting(L, &q->fix.at[i], p->fixed);
  waive_markets(p);
  return failed;
}

/* A price that a normalisation of this one price sets. */
static void mark_normalised(Lowered *L) {
  for (uint32_t i = 0; i < L->build.n; i++) {
    const Build *k = L->build.at[i];
    for (uint32_t s = 0; k->block != NO_INDEX && !k->agent && s < k->share.n; s++) {
      const ShareDef *d = &k->share.at[s];
      if (d->kind != TO_GLOBAL || L->global.at[d->a].row != ROW_NORMALISATION) continue;
      uint32_t found = NO_INDEX, n = 0;
      for (uint32_t in = 0; in < k->in.n; in++)
        if (k->in.at[in].kind != AT_PAR && k->in.at[in].kind != AT_COLUMN && dag_depends(k->dag, d->f, in)) {
          found = in;
          n++;
        }
      if (n == 1 && k->in.at[found].kind == AT_GLOBAL && L->global.at[k->in.at[found].a].kind == GLOBAL_PRICE)
        L->problem.global[k->in.at[found].a].flag |= GLOBAL_NORMALISED;
    }
  }
}

static int fill_build(Lowered *L, Build *k, Arena *heap) {
  Block *b = &L->problem.block[k->block];
  for (uint32_t c = 0; c < k->column.n; c++) fill_column(L, k, &k->column.at[c], b->column[c], heap);
  for (uint32_t c = 0; c < k->index.n; c++) fill_index(L, k, &k->index.at[c], b->index[c]);
  return (b->mass && fill_mass(L, k, b->mass, heap)) || fill_bounds(L, k, b) || fill_marks(L, k, heap) || arena_failed(heap);
}

int lowered_holds(const Lowered *L, const Values *v) { return L->filled == v; }

int lowered_fill(Lowered *L, const Values *v, const Question *q) {
  Problem *p = &L->problem;
  L->filled = NULL;
  if (lower_values(L, v)) return 1;
  for (uint32_t i = 0; i < L->par.n; i++) p->par[i] = lower_datum(L, NULL, &L->par.at[i], 0);
  if (fill_globals(L)) return 1;
  for (uint32_t i = 0; i < L->build.n; i++) {
    Build *k = L->build.at[i];
    Arena *heap = k->block == NO_INDEX ? NULL : arena_new(NULL);
    int failed = k->block != NO_INDEX && (!heap || fill_build(L, k, heap));
    arena_free(heap);
    if (failed) return 1;
  }
  mark_normalised(L);
  if (fill_settings(L, q) || arena_failed(L->mem)) return 1;
  L->filled = v;
  return 0;
}
