/* lower_rows.c: every condition into the kernels it belongs to. A family plus - minus is split: what stands under a total goes, by
 * mass, into the kernel of the class it sums over; the rest stays in a kernel of its own whose lanes are the family's binders. */
#include "kkt.h"
#include "lower_internal.h"
#include <math.h>

static int is_nodes(const Lowered *L, SymId set) { return economy_set(L->eco, set)->is_nodes; }

static void share(Lowered *L, Build *k, DagId f, TargetKind kind, uint32_t a) {
  if (f && a != NO_INDEX) VEC_PUSH(L->mem, k->share, (ShareDef){f, kind, a});
}

/* ---- agents ------------------------------------------------------------------------------------------------------------------- */

/* e under the environment, or the constant where e is NULL. Bounds may depend on parameters and indices alone. */
static Datum bound(Lowered *L, const Expr *e, double base, const char *what, Origin at) {
  if (e && (lower_class(L, e) & EX_UNKNOWN)) {
    diag_add(L->cc, SEV_ERROR, "lower.bound", e->at ? e->at : at, "a %s bound may depend on parameters and indices only; write a constraint instead", what);
    e = NULL;
  }
  return (Datum){.e = e, .base = base, .bind = e ? lower_binds(L, e, NULL, NULL, 0) : (Binds){0}};
}

static int by_lane(const Datum *d) {
  for (uint32_t i = 0; i < d->bind.n; i++)
    if (d->bind.at[i].to.kind == BIND_LANE) return 1;
  return 0;
}

/* Where data rule the unknown out it is fixed at zero. */
static void restrict_bound(Lowered *L, const Slot *s, Datum *d) {
  if (!s->exists) return;
  d->cond = s->exists;
  d->otherwise = 0.0;
  d->bind = lower_binds(L, d->e, d->cond, NULL, 0);
}

static void slot_bounds(Lowered *L, Build *k, Slot *s) {
  const Sym *sym = lower_sym(L, s->sym);
  for (uint32_t i = 0; i < sym->ndom && sym->idx; i++)
    if (sym->idx[i]) lower_bind(L, sym->idx[i], i < k->ndim ? bind_lane(i) : bind_elem(s->own[i - k->ndim]));
  int inequality = s->role == ROLE_INEQUALITY;
  s->lower = bound(L, sym->kind == SYM_CHOICE || s->role == ROLE_AUX ? sym->lower : NULL, inequality ? 0.0 : -INFINITY, "lower", sym->at);
  s->upper = bound(L, sym->kind == SYM_CHOICE ? sym->upper : NULL, INFINITY, "upper", sym->at);
  restrict_bound(L, s, &s->lower);
  restrict_bound(L, s, &s->upper);
  if (by_lane(&s->lower)) s->lower_col = lower_add_column(L, k, s->lower);
  if (by_lane(&s->upper)) s->upper_col = lower_add_column(L, k, s->upper);
}

static int is_root(const Lowered *L, Elem node) {
  uint32_t at = economy_node(L->eco, node);
  return at != UINT32_MAX && L->eco->time.node[at].prev == UINT32_MAX;
}

/* Role, present-value weight and the mark of the ex-ante budget, of a multiplier's slot. */
static void multiplier(Lowered *L, Build *k, Slot *s, const Condition *c, int *ex_ante_seen) {
  const Constraint *g = &k->agent->constraints.at[c->constraint];
  s->role = g->sense != C_EQ ? ROLE_INEQUALITY : g->is_budget ? ROLE_BUDGET : ROLE_EQUALITY;
  int at_root = !g->node;
  IdxId binds[LOWER_DIMS];
  uint32_t n = g->nbinds <= LOWER_DIMS ? kkt_binds(g, binds) : 0;
  for (uint32_t i = 0; i < n && i < s->nown; i++) {
    lower_bind(L, binds[i], bind_elem(s->own[i]));
    if (binds[i] == g->node) at_root = is_root(L, s->own[i]);
  }
  if (g->ex_ante && at_root && g->is_budget && !*ex_ante_seen) {
    s->flag |= OWN_EX_ANTE;
    *ex_ante_seen = 1;
  }
  s->weight = g->weight ? lower_expand(L, k, g->weight) : dag_num(k->dag, 1.0);
}

static void slot_row(Lowered *L, Build *k, uint32_t at, int *ex_ante_seen) {
  Slot s = k->slot.at[at];
  s.weight = dag_num(k->dag, 1.0);
  if (s.condition != UINT32_MAX) {
    const Condition *c = &k->agent->conditions.at[s.condition];
    L->at = c->at;
    for (uint32_t i = 0; i < c->nbinds; i++) lower_bind(L, c->binds[i], bind_elem(s.own[i]));
    int is_mult = lower_sym(L, s.sym)->kind == SYM_MULT;
    if (is_mult && c->constraint >= 0) multiplier(L, k, &s, c, ex_ante_seen);
    else if (is_mult) s.role = ROLE_AUX;
    if (c->first) s.flag |= OWN_FIRST;
    s.row = lower_expand(L, k, c->row);
    int yes;
    if (!lower_decided(L, c->cond, &yes)) {
      s.exists = c->cond;
      DagId own = lower_input(L, k, (InRef){AT_OWN, at, 0, 0, 0});
      s.row = dag_op(k->dag, OP_SEL, lower_condition(L, k, c->cond), s.row, own);
    }
  }
  slot_bounds(L, k, &s);
  if (!arena_failed(L->mem)) k->slot.at[at] = s;
}

static void bind_class(Lowered *L, const Agent *a) {
  for (uint32_t d = 0; d < a->nidx; d++) lower_bind(L, a->idx[d], bind_lane(d));
}

static void objective(Lowered *L, Build *k) {
  const Agent *a = k->agent;
  const Sym *v = a->value ? lower_sym(L, a->value) : NULL;
  if (!v || !v->def) return;
  for (uint32_t d = 0; d < v->ndom && v->idx; d++)
    if (v->idx[d]) lower_bind(L, v->idx[d], bind_lane(d));
  L->at = a->at;
  k->goal = lower_expand(L, k, v->def);
  k->has_goal = 1;
}

static int class_rows(Lowered *L, Build *k) {
  if (!k->lanes) return 0;
  bind_class(L, k->agent);
  int ex_ante_seen = 0;
  for (uint32_t s = 0; s < k->slot.n; s++) {
    slot_row(L, k, s, &ex_ante_seen);
    if (arena_failed(L->mem)) return 1;
  }
  objective(L, k);
  return arena_failed(L->mem);
}

/* ---- families ----------------------------------------------------------------------------------------------------------------- */

typedef struct { DagId *at; uint32_t n, cap; } Terms;
/* A binder of a family that a condition under a total equates with a type index of the summed class: total over h of [h = j] x. Instead
 * of one conditional share for each j, the lane h shares x into the row of its own j. */
typedef struct { uint32_t agent, bind, dim; } Pin;
/* Where the parts of plus - minus go: under totals, into total[class] (only terms pinned so, or only those not pinned in the family);
 * else (rest != NULL) into the family's kernel. */
typedef struct { Terms *total; Build *rest; Terms *rest_terms; const Family *family; const Pin *pin; } Spread;

static const Expr *times(Lowered *L, const Expr *factor, const Expr *e) { return factor ? ex_mul2(L->mem, e->at, factor, e) : e; }

static const Expr *indicator(Lowered *L, const Expr *cond, int yes) {
  const Expr *kid[3] = {cond, ex_num(L->mem, cond->at, yes), ex_num(L->mem, cond->at, !yes)};
  return ex_node(L->mem, cond->at, E_IF, kid, 3);
}

static void add_term(Lowered *L, Build *k, Terms *t, DagId f, int negate) {
  if (f) VEC_PUSH(L->mem, *t, negate ? dag_op(k->dag, OP_NEG, f, 0, 0) : f);
}

static int element(const Expr *e, Ix *out) {
  if (e->kind != E_IDX || e->nix) return 0;
  *out = ix_bound(e->v);
  return 1;
}

/* Is the condition [a type index of the total = a binder of the family that is no node], or does it contain that? */
static int pins(const Lowered *L, const Family *f, const Expr *total, const Expr *cond, Pin *out) {
  if (cond->kind == E_AND) {
    for (uint32_t i = 0; i < cond->nkid; i++)
      if (pins(L, f, total, cond->kid[i], out)) return 1;
    return 0;
  }
  Ix x, y;
  if (cond->kind != E_EQ && cond->kind != E_DELTA) return 0;
  if (cond->nix == 2) {
    x = cond->ix[0];
    y = cond->ix[1];
  } else if (cond->nkid != 2 || !element(cond->kid[0], &x) || !element(cond->kid[1], &y)) return 0;
  if (x.kind != IX_BOUND || y.kind != IX_BOUND) return 0;
  for (uint32_t d = 0; d < total->nbinds; d++)
    for (uint32_t i = 0; i < f->nbinds; i++)
      if (!is_nodes(L, f->set[i]) && ((x.v == total->binds[d] && y.v == f->binds[i]) || (y.v == total->binds[d] && x.v == f->binds[i]))) {
        *out = (Pin){L->class_of[total->sym], i, d};
        return 1;
      }
  return 0;
}

/* The pin of a term under a total: a factor that is zero unless it holds. */
static int pin_of(const Lowered *L, const Family *f, const Expr *total, const Expr *term, Pin *out) {
  switch (term->kind) {
    case E_DELTA: return pins(L, f, total, term, out);
    case E_IF: return ex_is_num(term->kid[2], 0.0) && (pins(L, f, total, term->kid[0], out) || pin_of(L, f, total, term->kid[1], out));
    case E_NEG:
    case E_DIV: return pin_of(L, f, total, term->kid[0], out);
    case E_MUL:
      for (uint32_t i = 0; i < term->nkid; i++)
        if (pin_of(L, f, total, term->kid[i], out)) return 1;
      return 0;
    default: return 0;
  }
}

static int is_wanted(const Lowered *L, const Spread *s, const Expr *total, const Expr *term) {
  Pin p;
  if (!s->family) return 1;
  if (!pin_of(L, s->family, total, term, &p)) return !s->pin;
  return s->pin && s->pin->agent == p.agent && s->pin->bind == p.bind && s->pin->dim == p.dim;
}

/* The terms of a total's body that this walk is for; NULL when there are none. */
static const Expr *wanted_body(Lowered *L, const Spread *s, const Expr *e) {
  const Expr *body = e->kid[0];
  if (body->kind != E_ADD) return is_wanted(L, s, e, body) ? body : NULL;
  const Expr **kid = ARENA_ARRAY(L->mem, const Expr *, body->nkid);
  uint32_t n = 0;
  for (uint32_t i = 0; kid && i < body->nkid; i++)
    if (is_wanted(L, s, e, body->kid[i])) kid[n++] = body->kid[i];
  if (n == body->nkid) return body;
  return n > 1 ? ex_add(L->mem, body->at, kid, n) : n ? kid[0] : NULL;
}

/* factor * mass * body in the kernel of the total's class. */
static void under_total(Lowered *L, const Expr *e, const Expr *factor, int negate, Spread *s) {
  uint32_t c = L->class_of[e->sym];
  if (!s->total || c == NO_INDEX || !L->build.at[c]->lanes) return;
  Build *k = L->build.at[c];
  const Expr *body = wanted_body(L, s, e);
  if (!body) return;
  bind_class(L, k->agent);
  for (uint32_t d = 0; d < e->nbinds; d++) lower_bind(L, e->binds[d], bind_lane(d));
  if (k->agent->mass) body = ex_mul2(L->mem, e->at, k->agent->mass, body);
  add_term(L, k, &s->total[c], lower_expand(L, k, times(L, factor, body)), negate);
}

static void spread(Lowered *L, const Expr *e, const Expr *factor, int negate, Spread *s);

static void spread_rest(Lowered *L, const Expr *e, const Expr *factor, int negate, Spread *s) {
  if (s->rest) add_term(L, s->rest, s->rest_terms, lower_expand(L, s->rest, times(L, factor, e)), negate);
}

static void spread_product(Lowered *L, const Expr *e, const Expr *factor, int negate, Spread *s) {
  uint32_t with = 0, which = 0;
  for (uint32_t i = 0; i < e->nkid; i++)
    if (lower_class(L, e->kid[i]) & EX_TOTAL) {
      with++;
      which = i;
    }
  if (with != 1) {
    spread_rest(L, e, factor, negate, s);
    return;
  }
  for (uint32_t i = 0; i < e->nkid; i++)
    if (i != which) factor = times(L, factor, e->kid[i]);
  spread(L, e->kid[which], factor, negate, s);
}

static void spread_sum(Lowered *L, const Expr *e, const Expr *factor, int negate, Spread *s) {
  Elem prev = ELEM_NONE, at;
  if (e->dom.succ) {
    Spot spot = lower_spot(L, e->dom.prev);
    if (!spot.known || spot.e == ELEM_NONE) {
      if (!spot.known) spread_rest(L, e, factor, negate, s);
      return;
    }
    prev = spot.e;
  }
  Bind was = L->bind[e->bind];
  for (uint32_t pos = 0; lower_domain_next(L, &e->dom, prev, &pos, &at);) {
    lower_bind(L, e->bind, bind_elem(at));
    int yes = 1, decided = e->nkid < 2 || lower_decided(L, e->kid[1], &yes);
    if (yes) spread(L, e->kid[0], decided ? factor : times(L, factor, indicator(L, e->kid[1], 1)), negate, s);
  }
  lower_bind(L, e->bind, was);
}

static void spread_if(Lowered *L, const Expr *e, const Expr *factor, int negate, Spread *s) {
  int yes;
  if (lower_decided(L, e->kid[0], &yes)) {
    spread(L, e->kid[yes ? 1 : 2], factor, negate, s);
    return;
  }
  spread(L, e->kid[1], times(L, factor, indicator(L, e->kid[0], 1)), negate, s);
  spread(L, e->kid[2], times(L, factor, indicator(L, e->kid[0], 0)), negate, s);
}

/* Walks the linear positions of e: each total found there adds to its class, everything else to the rest. */
static void spread(Lowered *L, const Expr *e, const Expr *factor, int negate, Spread *s) {
  if (arena_failed(L->mem)) return;
  if (!(lower_class(L, e) & EX_TOTAL)) {
    spread_rest(L, e, factor, negate, s);
    return;
  }
  switch (e->kind) {
    case E_TOTAL: under_total(L, e, factor, negate, s); return;
    case E_ADD:
      for (uint32_t i = 0; i < e->nkid; i++) spread(L, e->kid[i], factor, negate, s);
      return;
    case E_NEG: spread(L, e->kid[0], factor, !negate, s); return;
    case E_MUL: spread_product(L, e, factor, negate, s); return;
    case E_DIV:
      if (lower_class(L, e->kid[1]) & EX_TOTAL) break;
      spread(L, e->kid[0], times(L, factor, ex_div(L->mem, e->at, ex_num(L->mem, e->at, 1.0), e->kid[1])), negate, s);
      return;
    case E_SUM: spread_sum(L, e, factor, negate, s); return;
    case E_IF: spread_if(L, e, factor, negate, s); return;
    case E_GIVEN: spread(L, e->kid[0], factor, negate, s); return;
    default: break;
  }
  spread_rest(L, e, factor, negate, s);
}

static void spread_family(Lowered *L, const Family *f, Spread *s) {
  int yes;
  const Expr *factor = lower_decided(L, f->cond, &yes) ? NULL : indicator(L, f->cond, 1);
  if (f->plus) spread(L, f->plus, factor, 0, s);
  if (f->minus) spread(L, f->minus, factor, 1, s);
}

static int has_total(Lowered *L, const Family *f) {
  return ((f->plus ? lower_class(L, f->plus) : 0) | (f->minus ? lower_class(L, f->minus) : 0)) & EX_TOTAL;
}

static void bind_family(Lowered *L, const Family *f, const Elem *at) {
  for (uint32_t i = 0; i < f->nbinds; i++) lower_bind(L, f->binds[i], bind_elem(at[i]));
}

static int totals_of_family(Lowered *L, const Family *f, Terms *total) {
  uint32_t n = L->eco->agents.n;
  Elem at[LOWER_DIMS];
  for (size_t t = 0; t < f->volume; t++) {
    if (f->target[t] == NO_INDEX && f->check[t] == NO_INDEX) continue;
    lower_tuple(L->eco, f->set, f->nbinds, t, at);
    bind_family(L, f, at);
    for (uint32_t c = 0; c < n; c++) total[c].n = 0;
    spread_family(L, f, &(Spread){.total = total, .family = f});
    for (uint32_t c = 0; c < n; c++) {
      Build *k = L->build.at[c];
      DagId sum = dag_sum(k->dag, total[c].at, total[c].n);
      share(L, k, sum, TO_GLOBAL, f->target[t]);
      share(L, k, sum, TO_CHECK, f->check[t]);
      if (f->claim) lower_claims(L, k, sum);
    }
    if (arena_failed(L->mem)) return 1;
  }
  return 0;
}

/* The pins that occur under the family's totals, each once. */
typedef struct { Lowered *L; const Family *f; VEC(Pin) pin; } Pins;
static void find_pins(void *ctx, const Expr *e) {
  Pins *p = ctx;
  if (e->kind != E_TOTAL || p->L->class_of[e->sym] == NO_INDEX) return;
  const Expr *body = e->kid[0];
  for (uint32_t i = 0; i < (body->kind == E_ADD ? body->nkid : 1); i++) {
    Pin x;
    int known = !pin_of(p->L, p->f, e, body->kind == E_ADD ? body->kid[i] : body, &x);
    for (uint32_t j = 0; j < p->pin.n && !known; j++) known = p->pin.at[j].agent == x.agent && p->pin.at[j].bind == x.bind && p->pin.at[j].dim == x.dim;
    if (!known) VEC_PUSH(p->L->mem, p->pin, x);
  }
}

/* The row or check of each lane of the class, where binder pin.bind is the lane's own type index. */
static uint32_t pinned_rows(Lowered *L, Build *k, const Family *f, const Pin *pin, Elem *at, const uint32_t *from, IndexKind kind) {
  IndexDef d = {.kind = kind, .list = ARENA_ARRAY(L->mem, uint32_t, k->lanes + 1)};
  if (!d.list) return NO_INDEX;
  int any = 0;
  for (uint32_t l = 0; l < k->lanes; l++) {
    at[pin->bind] = k->tuple[(size_t)l * k->ndim + pin->dim];
    size_t t = lower_offset(L->eco, f->set, at, f->nbinds);
    d.list[l] = t == SIZE_MAX ? NO_INDEX : from[t];
    any |= d.list[l] != NO_INDEX;
  }
  return any ? lower_add_index(L, k, d) : NO_INDEX;
}

static int pinned_totals(Lowered *L, const Family *f, const Pin *pin, Terms *total) {
  Build *k = L->build.at[pin->agent];
  uint32_t skip = set_size(economy_set(L->eco, f->set[pin->bind]));
  Elem at[LOWER_DIMS], first = skip ? set_elem(economy_set(L->eco, f->set[pin->bind]), 0) : ELEM_NONE;
  for (size_t t = 0; t < f->volume && k->lanes; t++) {
    lower_tuple(L->eco, f->set, f->nbinds, t, at);
    if (at[pin->bind] != first) continue;               /* once for each value of the other binders */
    bind_family(L, f, at);
    lower_bind(L, f->binds[pin->bind], bind_lane(pin->dim));
    total[pin->agent].n = 0;
    spread_family(L, f, &(Spread){.total = total, .family = f, .pin = pin});
    DagId sum = dag_sum(k->dag, total[pin->agent].at, total[pin->agent].n);
    if (!sum) continue;
    share(L, k, sum, TO_INDEX, pinned_rows(L, k, f, pin, at, f->target, INDEX_GLOBALS));
    share(L, k, sum, TO_INDEX, pinned_rows(L, k, f, pin, at, f->check, INDEX_CHECKS));
    if (f->claim) lower_claims(L, k, sum);
    if (arena_failed(L->mem)) return 1;
  }
  return 0;
}

/* Pinned terms share by lane; all others into fixed rows, one for each instance. */
static int family_totals(Lowered *L, const Family *f) {
  Terms *total = ARENA_ARRAY(L->mem, Terms, L->eco->agents.n + 1);
  Pins p = {.L = L, .f = f};
  if (!total) return 1;
  if (f->plus) ex_walk(f->plus, find_pins, &p);
  if (f->minus) ex_walk(f->minus, find_pins, &p);
  for (uint32_t i = 0; i < p.pin.n; i++)
    if (pinned_totals(L, f, &p.pin.at[i], total)) return 1;
  return totals_of_family(L, f, total);
}

/* The family's own kernel: one lane for each value of the binders that are not nodes. */
static Build *family_kernel(Lowered *L, const Family *f, uint32_t *lane_bind) {
  Build *k = lower_build_new(L, f->name);
  if (!k) return NULL;
  k->set = ARENA_ARRAY(L->mem, SymId, f->nbinds + 1);
  k->dim = ARENA_ARRAY(L->mem, const char *, f->nbinds + 1);
  if (arena_failed(L->mem)) return NULL;
  for (uint32_t i = 0; i < f->nbinds; i++) {
    if (is_nodes(L, f->set[i])) continue;
    lane_bind[k->ndim] = i;
    k->dim[k->ndim] = str_text(L->cc->strs, L->eco->idxs.at[f->binds[i]].name);
    k->set[k->ndim++] = f->set[i];
  }
  k->volume = lower_volume(L->eco, k->set, k->ndim);
  k->lanes = (uint32_t)k->volume;
  k->tuple = ARENA_ARRAY(L->mem, Elem, k->volume * k->ndim + 1);
  if (!k->tuple) return NULL;
  for (size_t t = 0; t < k->volume; t++) lower_tuple(L->eco, k->set, k->ndim, t, k->tuple + t * k->ndim);
  return k;
}

/* Shares f of the family's kernel at these nodes: into one row, or into each lane's. from: target or check by instance. */
static void share_lanes(Lowered *L, Build *k, const Family *f, Elem *at, const uint32_t *lane_bind, DagId g, const uint32_t *from, int checks) {
  if (!g) return;
  if (!k->ndim) {
    share(L, k, g, checks ? TO_CHECK : TO_GLOBAL, from[lower_offset(L->eco, f->set, at, f->nbinds)]);
    return;
  }
  IndexDef d = {.kind = checks ? INDEX_CHECKS : INDEX_GLOBALS, .list = ARENA_ARRAY(L->mem, uint32_t, k->lanes + 1)};
  if (!d.list) return;
  int any = 0;
  for (uint32_t l = 0; l < k->lanes; l++) {
    for (uint32_t i = 0; i < k->ndim; i++) at[lane_bind[i]] = k->tuple[(size_t)l * k->ndim + i];
    d.list[l] = from[lower_offset(L->eco, f->set, at, f->nbinds)];
    any |= d.list[l] != NO_INDEX;
  }
  if (any) share(L, k, g, TO_INDEX, lower_add_index(L, k, d));
}

static int rest_of_family(Lowered *L, const Family *f) {
  uint32_t lane_bind[LOWER_DIMS];
  SymId node_set[LOWER_DIMS];
  uint32_t node_bind[LOWER_DIMS], nnode = 0;
  Build *k = family_kernel(L, f, lane_bind);
  if (!k) return 1;
  for (uint32_t i = 0; i < f->nbinds; i++)
    if (is_nodes(L, f->set[i])) {
      node_bind[nnode] = i;
      node_set[nnode++] = f->set[i];
    }
  Terms rest = {0};
  Elem node[LOWER_DIMS], at[LOWER_DIMS];
  for (size_t t = 0, n = lower_volume(L->eco, node_set, nnode); t < n && k->lanes; t++) {
    lower_tuple(L->eco, node_set, nnode, t, node);
    for (uint32_t i = 0; i < k->ndim; i++) lower_bind(L, f->binds[lane_bind[i]], bind_lane(i));
    for (uint32_t i = 0; i < nnode; i++) lower_bind(L, f->binds[node_bind[i]], bind_elem(at[node_bind[i]] = node[i]));
    rest.n = 0;
    int yes;
    if (lower_decided(L, f->cond, &yes) && !yes) continue;
    spread_family(L, f, &(Spread){.rest = k, .rest_terms = &rest});
    DagId sum = dag_sum(k->dag, rest.at, rest.n);
    DagId slack = f->slack ? lower_expand(L, k, f->slack) : 0;
    share_lanes(L, k, f, at, lane_bind, dag_op(k->dag, OP_ADD, sum, slack, 0), f->target, 0);
    share_lanes(L, k, f, at, lane_bind, sum, f->check, 1);
    if (arena_failed(L->mem)) return 1;
  }
  return 0;
}

static int family_rows(Lowered *L, const Family *f) {
  for (uint32_t i = 0; i < f->nbinds; i++) lower_bind(L, f->binds[i], (Bind){0});
  int failed = (has_total(L, f) && family_totals(L, f)) || rest_of_family(L, f);
  for (uint32_t i = 0; i < f->nbinds; i++) lower_bind(L, f->binds[i], (Bind){0});
  return failed;
}

/* ---- aggregates --------------------------------------------------------------------------------------------------------------- */

/* total - aggregate = 0: the total from the class's kernel, the aggregate from a kernel of one lane. */
static void aggregate_row(Lowered *L, Build *one, Aggregate a) {
  lower_restore(L, a.bind);
  Terms *total = ARENA_ARRAY(L->mem, Terms, L->eco->agents.n + 1);
  if (!total) return;
  spread(L, a.e, NULL, 0, &(Spread){.total = total});
  for (uint32_t c = 0; c < L->eco->agents.n; c++) share(L, L->build.at[c], dag_sum(L->build.at[c]->dag, total[c].at, total[c].n), TO_GLOBAL, a.global);
  DagId own = lower_input(L, one, (InRef){AT_GLOBAL, a.global, 0, 0, 0});
  share(L, one, dag_op(one->dag, OP_NEG, own, 0, 0), TO_GLOBAL, a.global);
}

static void value_row(Lowered *L, ValueAggregate v) {
  Build *k = L->build.at[v.agent];
  const Sym *s = lower_sym(L, v.value);
  if (!k->lanes) return;
  bind_class(L, k->agent);
  for (uint32_t d = 0; d < s->ndom && s->idx; d++)
    if (s->idx[d]) lower_bind(L, s->idx[d], bind_lane(d));
  IndexDef d = {.kind = INDEX_GLOBALS, .list = ARENA_ARRAY(L->mem, uint32_t, k->lanes + 1)};
  if (!d.list) return;
  for (uint32_t l = 0; l < k->lanes; l++) d.list[l] = v.base + l;
  uint32_t column = lower_add_index(L, k, d);
  DagId value = lower_expand(L, k, s->def), own = lower_input(L, k, (InRef){AT_GATHER, column, 0, 0, 0});
  share(L, k, dag_op(k->dag, OP_SUB, value, own, 0), TO_INDEX, column);
}

/* Aggregates may refer to further aggregates: until none is new. */
static int aggregates(Lowered *L) {
  Build *one = lower_build_new(L, "totals");
  if (!one || !(one->tuple = ARENA_ARRAY(L->mem, Elem, 1))) return 1;
  while (L->aggregate_done < L->aggregate.n || L->value_done < L->value.n) {
    if (arena_failed(L->mem)) return 1;
    if (L->aggregate_done < L->aggregate.n) aggregate_row(L, one, L->aggregate.at[L->aggregate_done++]);
    else value_row(L, L->value.at[L->value_done++]);
  }
  return arena_failed(L->mem);
}

int lower_rows(Lowered *L) {
  for (uint32_t i = 0; i < L->eco->agents.n; i++)
    if (class_rows(L, L->build.at[i])) return 1;
  for (uint32_t i = 0; i < L->family.n; i++)
    if (family_rows(L, &L->family.at[i])) return 1;
  return aggregates(L);
}
