/* calibrate.c: from a question and targets to values of parameters.
 *
 * Input: the question's economy before any pass, parameters a in P with starting values. Output: the same economy in which every
 * reference to a is one to a variable, derived parameters that depend on a are written out, and
 *     target k:  left_k(x, a) = right_k(x, a)
 * are free equations; then its passes as for any question. Conditions (`if sigma = 1`) keep reading the parameter, that is, its starting
 * value: which branch holds is data. The system is started from the question's solution at the starting values, all of whose conditions
 * hold but the targets, so that the homotopy of the ladder moves the targets alone. The values found are then given to the question as
 * it stands, which is solved once more from there and certified on its own. */
#include "calibrate.h"
#include "structure.h"
#include <math.h>
#include <string.h>

typedef struct {
  Economy *e; Arena *mem;
  SymId *to; uint8_t *derived; uint32_t known;          /* by symbol of the file: the variable in its place; depends on one that has one */
  const Calibration *c;
} Promote;

/* ---- which derived parameters depend on what is found ---- */
static int is_promoted(void *ctx, const Expr *ref) {
  const Promote *p = ctx;
  return ref->sym < p->known && (p->to[ref->sym] || p->derived[ref->sym]);
}

static int data_depends(const Promote *p, const Sym *s) {
  const Data *d = s->data ? &p->e->data.at[s->data] : NULL;
  for (size_t i = 0; d && d->expr && i < d->n; i++)
    if (d->expr[i] && ex_depends(d->expr[i], is_promoted, (void *)(uintptr_t)p)) return 1;
  return 0;
}

static int refused(const Promote *p, Origin at, const char *what) {
  Text names = {0};
  for (uint32_t i = 0; i < p->c->params.n; i++) text_printf(&names, "%s%s", i ? ", " : "", str_text(p->e->cc->strs, economy_at(p->e, p->c->params.at[i])->name));
  Diag *d = diag_add(p->e->cc, SEV_ERROR, "calibrate.data", at, "%s is data, and depends on what is to be calibrated (%s)", what, names.at ? names.at : "");
  diag_hint(p->e->cc, d, "a calibrated parameter may stand in objectives, constraints, markets, equations and parameters derived by a formula");
  text_free(&names);
  return 1;
}

/* Derived parameters in rounds, until no more is found. */
static int find_derived(Promote *p) {
  for (int more = 1; more;) {
    more = 0;
    for (SymId s = 1; s < p->known; s++) {
      const Sym *sym = economy_at(p->e, s);
      if (sym->kind != SYM_PARAM || p->to[s] || p->derived[s]) continue;
      if (data_depends(p, sym)) return refused(p, sym->at, "a table");
      if (!sym->def || !ex_depends(sym->def, is_promoted, p)) continue;
      if (sym->builtin) return refused(p, sym->at, "a belief");
      p->derived[s] = 1;
      more = 1;
    }
  }
  return 0;
}

/* ---- rewriting ---- */
static const Expr *promoted(Promote *p, const Expr *x) {
  if (!x) return NULL;
  if (x->kind == E_REF && x->sym < p->known && p->derived[x->sym]) {
    const Sym *s = economy_at(p->e, x->sym);
    return promoted(p, ex_subst(p->mem, s->def, s->idx, x->ix, x->nix));
  }
  if (x->kind == E_REF) {
    SymId to = x->sym < p->known && p->to[x->sym] ? p->to[x->sym] : x->sym;
    return to == x->sym && !x->solution ? x : ex_ref(p->mem, x->at, to, x->ix, x->nix);
  }
  const Expr **kid = ARENA_ARRAY(p->mem, const Expr *, x->nkid + 1);
  if (!kid) return x;
  int changed = 0;
  for (uint32_t i = 0; i < x->nkid; i++) {
    int condition = (x->kind == E_IF && i == 0) || (x->kind == E_SUM && i == 1);
    kid[i] = condition ? x->kid[i] : promoted(p, x->kid[i]);
    changed |= kid[i] != x->kid[i];
  }
  return changed ? ex_with(p->mem, x, kid, x->ix, &x->dom) : x;
}

static int stays(Promote *p, const Expr *x, Origin at, const char *what) {
  return x && ex_depends(x, is_promoted, p) ? refused(p, x->at ? x->at : at, what) : 0;
}

static int rewrite(Promote *p) {
  Economy *e = p->e;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    Agent *a = &e->agents.at[i];
    if (stays(p, a->mass, a->at, "a mass")) return 1;
    for (uint32_t k = 0; k < a->constraints.n; k++) {
      Constraint *c = &a->constraints.at[k];
      c->lhs = promoted(p, c->lhs);
      c->rhs = promoted(p, c->rhs);
    }
  }
  for (SymId s = 1; s < p->known; s++) {
    Sym *sym = economy_at(e, s);
    if (stays(p, sym->lower, sym->at, "a bound") || stays(p, sym->upper, sym->at, "a bound")) return 1;
    if (sym->kind == SYM_VALUE || sym->kind == SYM_LET) sym->def = promoted(p, sym->def);
    if (sym->start && ex_depends(sym->start, is_promoted, p)) sym->start = NULL;
    if (sym->initial) sym->initial = promoted(p, sym->initial);
  }
  for (uint32_t i = 0; i < e->markets.n; i++) {
    Market *m = &e->markets.at[i];
    m->demand = promoted(p, m->demand);
    m->supply = promoted(p, m->supply);
  }
  for (uint32_t i = 0; i < e->equations.n; i++) {
    Equation *q = &e->equations.at[i];
    q->lhs = promoted(p, q->lhs);
    q->rhs = promoted(p, q->rhs);
  }
  for (uint32_t i = 0; i < e->normalisations.n; i++) {
    Normalisation *n = &e->normalisations.at[i];
    n->lhs = promoted(p, n->lhs);
    n->rhs = promoted(p, n->rhs);
  }
  for (uint32_t i = 0; i < e->time.n; i++)
    if (stays(p, e->time.node[i].prob, e->time.node[i].at, "a probability")) return 1;
  return 0;
}

/* ---- unknowns and targets ---- */
static SymId variable(Promote *p, SymId param) {
  SymId s = economy_sym(p->e, economy_at(p->e, param)->name, SYM_VAR, economy_at(p->e, param)->at);
  if (!s) return 0;
  Sym *v = economy_at(p->e, s);
  const Sym *from = economy_at(p->e, param);
  v->dom = from->dom;
  v->ndom = from->ndom;
  v->node_dim = from->node_dim;
  v->idx = from->idx;
  Ix *ix = ARENA_ARRAY(p->mem, Ix, v->ndom + 1);
  if (!ix) return 0;
  for (uint32_t i = 0; i < v->ndom; i++) ix[i] = ix_bound(v->idx[i]);
  v->start = ex_ref(p->mem, v->at, param, ix, v->ndom);          /* the parameter keeps its starting value */
  return s;
}

/* The other side's free indices are those of the longer one over the same sets, in order. 0, or 1 where one is left. */
static int align(Promote *p, const QueryItem *longer, const QueryItem *other, const Expr **out) {
  Ix *to = ARENA_ARRAY(p->mem, Ix, other->free_idx.n + 1);
  uint8_t used[32] = {0};
  if (!to || longer->free_idx.n > 32) return 1;
  for (uint32_t i = 0; i < other->free_idx.n; i++) {
    uint32_t k = 0;
    while (k < longer->free_idx.n && (used[k] || p->e->idxs.at[longer->free_idx.at[k]].set != p->e->idxs.at[other->free_idx.at[i]].set)) k++;
    if (k == longer->free_idx.n) return 1;
    used[k] = 1;
    to[i] = ix_bound(longer->free_idx.at[k]);
  }
  *out = ex_subst(p->mem, other->e, other->free_idx.at, to, other->free_idx.n);
  return 0;
}

static int add_target(Promote *p, const Target *t) {
  const QueryItem *l = &t->rel.side[0].items.at[0], *r = &t->rel.side[1].items.at[0];
  const QueryItem *longer = r->free_idx.n > l->free_idx.n ? r : l, *other = longer == l ? r : l;
  const Expr *x = NULL;
  if (align(p, longer, other, &x)) {
    Diag *d = diag_add(p->e->cc, SEV_ERROR, "calibrate.target", t->at, "the two sides of this target have different indices");
    diag_hint(p->e->cc, d, "one side may have fewer indices than the other, and none of its own");
    return 1;
  }
  uint32_t n = longer->free_idx.n, at = 0;
  Equation q = {.binds = ARENA_ARRAY(p->mem, IdxId, n + 1), .nbinds = n, .sense = C_EQ, .at = t->at};
  SymId *dom = ARENA_ARRAY(p->mem, SymId, n + 1);
  Text name = {0};
  if (!q.binds || !dom) return 1;
  int node = -1;
  for (uint32_t i = 0; i < n; i++) {                    /* the node stands last */
    if (economy_set(p->e, p->e->idxs.at[longer->free_idx.at[i]].set)->is_nodes) node = (int)i;
    else q.binds[at++] = longer->free_idx.at[i];
  }
  if (node >= 0) q.binds[at] = longer->free_idx.at[node];
  for (uint32_t i = 0; i < n; i++) dom[i] = p->e->idxs.at[q.binds[i]].set;
  text_printf(&name, "target %s", str_text(p->e->cc->strs, t->label));
  q.sym = economy_sym(p->e, str_of(p->e->cc->strs, name.at ? name.at : "target"), SYM_EQUATION, t->at);
  text_free(&name);
  if (!q.sym) return 1;
  Sym *s = economy_at(p->e, q.sym);
  s->dom = dom;
  s->ndom = n;
  s->idx = q.binds;
  s->node_dim = node >= 0 ? (int)n - 1 : -1;
  q.lhs = promoted(p, longer == l ? l->e : x);
  q.rhs = promoted(p, longer == l ? x : r->e);
  VEC_PUSH(p->e->mem, p->e->equations, q);
  return arena_failed(p->mem);
}

static int with_targets(Economy *e, const Model *m, const Calibration *c, SymId **to) {
  uint32_t known = e->syms.n;
  Promote p = {e, e->mem, ARENA_ARRAY(e->mem, SymId, known), ARENA_ARRAY(e->mem, uint8_t, known), known, c};
  (void)m;
  if (!p.to || !p.derived) return 1;
  for (uint32_t i = 0; i < c->params.n; i++)
    if (!(p.to[c->params.at[i]] = variable(&p, c->params.at[i]))) return 1;
  if (find_derived(&p) || rewrite(&p)) return 1;
  for (uint32_t i = 0; i < c->targets.n; i++)
    if (add_target(&p, &c->targets.at[i])) return 1;
  *to = p.to;
  return arena_failed(e->mem);
}

/* ---- starting values ---- */
void calibrate_starts(const Model *m, const Values *numbers, Arena *mem, Override **out, uint32_t *n) {
  const double USUAL = 0.5;
  VEC(Override) all = {0};
  for (uint32_t i = 0; i < *n; i++) VEC_PUSH(mem, all, (*out)[i]);
  for (uint32_t i = 0; i < m->calibrations.n; i++)
    for (uint32_t k = 0; k < m->calibrations.at[i].params.n; k++) VEC_PUSH(mem, all, (Override){.sym = m->calibrations.at[i].params.at[k], .value = USUAL, .at = m->calibrations.at[i].at});
  Eval eval = {0};
  if (numbers) eval = eval_new(numbers, mem);
  for (uint32_t i = 0; i < m->param_starts.n; i++) {
    const Setting *s = &m->param_starts.at[i];
    Elem *ix = ARENA_ARRAY(mem, Elem, s->nix + 1);
    uint32_t plain = 0;
    if (!ix || (s->to->kind != E_NUM && !numbers)) continue;
    for (uint32_t k = 0; k < s->nix; k++)
      if (s->ix[k].kind == IX_ELEM) ix[plain++] = s->ix[k].v;
    VEC_PUSH(mem, all, (Override){.sym = s->sym, .ix = ix, .nix = plain == s->nix ? plain : 0, .value = s->to->kind == E_NUM ? s->to->num : eval_expr(&eval, s->to), .at = s->at});
  }
  *out = all.at;
  *n = all.n;
}

/* ---- posing and solving ---- */
static int is_unknown(void *ctx, const Expr *ref) {
  SymKind k = economy_at(ctx, ref->sym)->kind;
  return k != SYM_PARAM;
}

/* A target's number, where it is one: `ex.n = 0/0` can be met by nothing. */
static int targets_finite(Economy *e, const Calibration *c, const Values *v) {
  Eval eval = eval_new(v, e->mem);
  int finite = 1;
  for (uint32_t i = 0; i < c->targets.n; i++)
    for (int k = 0; k < 2; k++) {
      const QueryItem *x = &c->targets.at[i].rel.side[k].items.at[0];
      if (x->free_idx.n || ex_depends(x->e, is_unknown, e) || isfinite(eval_expr(&eval, x->e))) continue;
      Diag *d = diag_add(e->cc, SEV_ERROR, "calibrate.target", x->e->at ? x->e->at : c->targets.at[i].at, "the number of this target is not finite");
      diag_hint(e->cc, d, "it is computed from parameters: a division by zero, or a function outside its domain");
      finite = 0;
    }
  return finite;
}

static int pose_with_targets(Posing *p, const Calibration *c, Result *r, SymId **to) {
  const Question *q = &p->model->questions.at[c->question];
  r->name = q->name;
  r->question = q;
  r->model = p->model;
  r->mem = pose_arena(p);
  Values *v = r->mem ? pose_values(p, q, NULL, 0, r->mem) : NULL;
  r->economy = v ? economy_clone(p->model->economy, r->mem) : NULL;
  if (!r->economy || with_targets(r->economy, p->model, c, to) || !targets_finite(r->economy, c, v) || passes_run(r->economy, q, v, NULL)) return 1;
  r->lowered = lower_economy(r->economy, q, v, r->mem);
  if (!r->lowered || structure_check(r->lowered, p->cc)) return 1;
  r->values = v;
  return arena_failed(r->mem);
}

void calibrate_check(Posing *p, const Calibration *c) {
  Result r = {0};
  SymId *to;
  pose_with_targets(p, c, &r, &to);
  if (!r.mem || arena_failed(r.mem)) p->memory_failed = 1;
  arena_free(r.mem);
}

/* Values of one lowered question by symbol into the vector of another whose economy came from the same file. */
typedef struct { const Result *from, *into; SymId sym, as; double *x; } Copy;
static void copy_one(void *ctx, const Elem *ix, uint32_t n, uint32_t index) {
  Copy *c = ctx;
  uint32_t at = lowered_index(c->from->lowered, c->as, ix, n);
  if (at != NO_INDEX) c->x[index] = c->from->sol.x[at];
}

static SymId counterpart(const Economy *from, const Sym *s, SymId id, uint32_t shared) {
  if (id < shared) return id;
  for (SymId i = shared; i < from->syms.n; i++)
    if (from->syms.at[i].name == s->name && from->syms.at[i].kind == s->kind && from->syms.at[i].owner == s->owner && from->syms.at[i].ndom == s->ndom) return i;
  return 0;
}

double *calibrate_carried(const Result *from, const Result *into) {
  const Problem *p = lowered_problem(into->lowered);
  double *x = ARENA_ARRAY(into->mem, double, p->nx + 1);
  if (!x) return NULL;
  for (uint32_t i = 0; i < p->nx; i++) x[i] = p->start && !isnan(p->start[i]) ? p->start[i] : NAN;
  for (SymId s = 1; s < into->economy->syms.n; s++) {
    const Sym *sym = economy_at(into->economy, s);
    Copy c = {from, into, s, counterpart(from->economy, sym, s, into->model->economy->syms.n), x};
    if (c.as && (sym->kind == SYM_CHOICE || sym->kind == SYM_MULT || sym->kind == SYM_PRICE || sym->kind == SYM_VAR || sym->kind == SYM_SLACK)) lowered_each(into->lowered, s, copy_one, &c);
  }
  return x;
}

static int is_solved(EconStatus status, const Solution *s) { return (status == ECON_SOLVED || status == ECON_INDETERMINATE) && s->cert.accepted; }

/* The question at the starting values; 1 where it was not solved. */
static int solve_plain(Posing *p, const Question *q, const Settings *s, Result *r) {
  r->mem = pose_arena(p);
  pose_economy(p, q, r->mem ? pose_values(p, q, NULL, 0, r->mem) : NULL, NULL, 1, r);
  if (r->values && !(r->lowered = lower_economy(r->economy, q, r->values, r->mem))) r->values = NULL;
  if (!r->values) return 1;
  EconStatus status = problem_solve(lowered_problem(r->lowered), s, NULL, &r->sol);
  r->attempted = 1;
  return !is_solved(status, &r->sol);
}

typedef struct { const Result *r; Arena *mem; VEC(Override) found; SymId param; Origin at; } Read;
static void read_one(void *ctx, const Elem *ix, uint32_t n, uint32_t index) {
  Read *x = ctx;
  Elem *copy = ARENA_ARRAY(x->mem, Elem, n + 1);
  if (!copy) return;
  if (n) memcpy(copy, ix, n * sizeof *ix);
  VEC_PUSH(x->mem, x->found, (Override){.sym = x->param, .ix = copy, .nix = n, .value = x->r->sol.x[index], .at = x->at});
}

/* Targets that markets and budgets imply, whatever the parameters are, hold along with everything else and determine nothing. */
typedef struct { const Solution *sol; int loose; } Loose;
static void look(void *ctx, const Elem *ix, uint32_t n, uint32_t index) {
  Loose *l = ctx;
  (void)ix, (void)n;
  l->loose |= l->sol->loose && l->sol->loose[index];
}

static int undetermined(Result *r, const Calibration *c, const SymId *to) {
  Text names = {0}, why = {0};
  for (uint32_t i = 0; i < c->params.n; i++) {
    Loose l = {&r->sol, 0};
    lowered_each(r->lowered, to[c->params.at[i]], look, &l);
    if (l.loose) text_printf(&names, "%s%s", names.n ? ", " : "", str_text(r->economy->cc->strs, economy_at(r->economy, c->params.at[i])->name));
  }
  if (names.n) {
    text_printf(&why, "the targets do not determine %s: at other values of it they hold as well; a target that the markets and budgets imply at any parameters calibrates nothing", names.at);
    r->sol.status = ECON_NOT_CERTIFIED;
    r->sol.cert.accepted = 0;
    r->sol.explanation = arena_text(r->sol.mem, why.at ? why.at : "", why.n);
  }
  text_free(&names);
  text_free(&why);
  return r->sol.status == ECON_NOT_CERTIFIED;
}

int calibrate_group(Posing *p, const Calibration *c, const Settings *s, Result *r, Arena *mem, Override **found, uint32_t *n) {
  Result plain = {0};
  SymId *to = NULL;
  int wrong = pose_with_targets(p, c, r, &to);
  if (!wrong) {
    double *warm = solve_plain(p, r->question, s, &plain) ? NULL : calibrate_carried(&plain, r);
    EconStatus status = problem_solve(lowered_problem(r->lowered), s, warm, &r->sol);
    r->attempted = 1;
    wrong = !is_solved(status, &r->sol) || undetermined(r, c, to);
  }
  if (!wrong) {
    Read x = {.r = r, .mem = mem, .at = c->at};
    for (uint32_t i = 0; i < c->params.n; i++) {
      x.param = c->params.at[i];
      lowered_each(r->lowered, to[x.param], read_one, &x);
    }
    *found = x.found.at;
    *n = x.found.n;
    wrong = arena_failed(mem);
  }
  if (!r->mem || arena_failed(r->mem) || !plain.mem || arena_failed(plain.mem)) p->memory_failed |= r->attempted || !r->mem;
  if (plain.attempted) solution_free(&plain.sol);
  arena_free(plain.mem);
  return wrong;
}

/* ---- afterwards ---- */
typedef struct { VEC(double) v; Arena *mem; } Side;
static void keep(void *ctx, const Elem *at, uint32_t n, Number v) {
  Side *s = ctx;
  (void)at, (void)n;
  VEC_PUSH(s->mem, s->v, v.value);
}

int calibrate_met(Results *all, const Calibration *c) {
  const double TARGET = 1e-8;                           /* the conditions of the answer hold to its certificate; the targets follow from them */
  Result *r = &all->of[c->question];
  Arena *mem = arena_new(NULL);
  int met = mem != NULL;
  for (uint32_t i = 0; i < c->targets.n && met; i++) {
    Side side[2] = {{{0}, mem}, {{0}, mem}};
    for (int k = 0; k < 2; k++) query_each(all, &c->targets.at[i].rel.side[k].items.at[0], r, keep, &side[k]);
    for (uint32_t k = 0; k < side[0].v.n && side[1].v.n; k++) {
      double a = side[0].v.at[k], b = side[1].v.at[side[1].v.n == 1 ? 0 : k < side[1].v.n ? k : side[1].v.n - 1];
      met &= fabs(a - b) <= TARGET * fmax(1, fmax(fabs(a), fabs(b)));
    }
  }
  arena_free(mem);
  return met;
}
