/* planner_proof.c: see planner_proof.h. */
#include "planner_proof.h"
#include "pass.h"
#include "planner_second.h"
#include "rights_start.h"
#include "../runtime/gain.h"
#include "../runtime/support.h"
#include "../runtime/system.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const double WORTH = 1e-6;                       /* of the largest choice: a bound above says too little to be called a proof */

static const char *sentence(Arena *mem, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const char *sentence(Arena *mem, const char *format, ...) {
  char buf[1200];
  va_list args;
  va_start(args, format);
  vsnprintf(buf, sizeof buf, format, args);
  va_end(args);
  return arena_text(mem, buf, strlen(buf));
}

/* ---- the same point in the economy with rights to trade ---- */

typedef struct { const Result *r; const Result *base; SymId to; double *x; } Carry;
static void carry(void *ctx, const Elem *ix, uint32_t n, uint32_t from) {
  Carry *c = ctx;
  uint32_t at = lowered_index(c->base->lowered, c->to, ix, n);
  if (at != NO_INDEX) c->x[at] = c->r->sol.x[from];
}

/* The multiplier of the ex-ante budget of a type whose marginal value of wealth is kappa / omega. */
typedef struct { const Result *r; Result *base; const Agent *a; const Constraint *c; double kappa, *x; Values own; Eval eval; } Money;
static void put_money(void *ctx, const Elem *ix, uint32_t n, uint32_t at) {
  Money *m = ctx;
  const Economy *e = m->base->economy;
  const Sym *s = economy_at(e, m->c->mult);
  if (s->node_dim >= 0 && (uint32_t)s->node_dim < n && e->time.declared && e->time.node[0].elem != ix[s->node_dim]) return;
  double omega = planner_omega(m->r, m->a, ix);
  for (uint32_t i = 0; i < m->a->nidx && i < n; i++) m->eval.env[m->a->idx[i]] = ix[i];
  if (m->c->node) m->eval.env[m->c->node] = e->time.node[0].elem;
  m->x[at] = m->kappa / omega / (m->c->weight ? eval_expr(&m->eval, m->c->weight) : 1);
}

static int money(const Result *r, Result *base, double *x) {
  for (uint32_t i = 0; i < base->economy->agents.n; i++) {
    const Agent *a = &base->economy->agents.at[i];
    const Constraint *c = a->gone || a->is_firm ? NULL : rights_root_budget(a);
    if (!c || !c->mult) continue;
    Money m = {.r = r, .base = base, .a = &r->economy->agents.at[i], .c = c, .kappa = planner_kappa(r), .x = x, .own = *base->values};
    m.own.economy = base->economy;
    m.eval = eval_new(&m.own, base->mem);
    if (!m.eval.env) return 1;
    lowered_each(base->lowered, c->mult, put_money, &m);
  }
  return 0;
}

static double *carried(const Result *r, Result *base) {
  const Economy *e = base->economy, *from = r->economy;
  double *x = ARENA_ARRAY(base->mem, double, lowered_problem(base->lowered)->nx + 1);
  if (!x) return NULL;
  for (SymId s = 1; s < from->syms.n && s < e->syms.n; s++)
    if (economy_at(from, s)->name == economy_at(e, s)->name && economy_at(from, s)->kind == economy_at(e, s)->kind) lowered_each(r->lowered, s, carry, &(Carry){r, base, s, x});
  for (uint32_t i = 0; i < from->aux.n && i < e->aux.n; i++) lowered_each(r->lowered, from->aux.at[i].sym, carry, &(Carry){r, base, e->aux.at[i].sym, x});
  for (uint32_t i = 0; i < from->markets.n && i < e->markets.n; i++)
    if (from->markets.at[i].rights) lowered_each(r->lowered, from->markets.at[i].rights, carry, &(Carry){r, base, e->markets.at[i].rights, x});
  return money(r, base, x) ? NULL : x;
}

/* ---- the claim ---- */

static void in_words(Claim *c, Arena *mem) {
  c->method = sentence(mem, "at weights 1/lambda and the shadow prices of this allocation: %s. No gain there makes it the best at these weights, by weak duality", c->method);
  if (c->witness) c->witness = (char *)(uintptr_t)sentence(mem, "this allocation is not the best at its weights: %s", c->witness);
}

static int same_data(const Problem *a, const Problem *b) {
  if (a->nx != b->nx || a->npar != b->npar || a->nblock != b->nblock || memcmp(a->par, b->par, a->npar * sizeof *a->par)) return 0;
  for (uint32_t k = 0; k < a->nblock; k++) {
    const Block *at = &a->block[k], *bt = &b->block[k];
    if (at->lanes != bt->lanes || at->base != bt->base || at->ncolumn != bt->ncolumn) return 0;
    for (uint32_t i = 0; i < at->ncolumn; i++)
      if (memcmp(at->column[i], bt->column[i], at->lanes * sizeof **at->column)) return 0;
    if (at->mass && bt->mass && memcmp(at->mass, bt->mass, at->lanes * sizeof *at->mass)) return 0;
  }
  return 1;
}

/* The equilibrium with rights to trade whose weights these are, where the optimum is that equilibrium: what is known of its clubs is known of the
 * optimum's. NULL where it is another point, or another economy. */
static const Claim *shared(Results *all, const Result *r, const Problem *p, const double *x, double *off) {
  static const double SAME = 1e-8;
  Result *from = r->question->implied ? results_find(all, r->question->implied) : NULL;
  if (!from || !from->solved || !from->lowered || from->question->concept != Q_EQUILIBRIUM || !(from->question->calls & PASS_RIGHTS)) return NULL;
  const Claim *c = &from->sol.cert.claim[CLAIM_SUPPORT];
  if (c->status == NOT_CHECKED || !same_data(p, lowered_problem(from->lowered))) return NULL;
  *off = 0;
  for (uint32_t i = 0; i < p->nx; i++) *off = fmax(*off, fabs(x[i] - from->sol.x[i]) / (1 + fabs(from->sol.x[i])));
  return *off <= SAME ? c : NULL;
}

static void share(const Result *r, const Claim *from, double off, Claim *out) {
  Arena *mem = r->sol.mem;
  *out = *from;
  out->method = sentence(mem, "this is the equilibrium `%s` (to %.1g), and so are its clubs: %s", str_text(r->model->cc->strs, r->question->implied), off, from->method);
  out->domain = sentence(mem, "%s", from->domain);
  out->witness = from->witness ? arena_text(mem, from->witness, strlen(from->witness)) : NULL;
}

static EconStatus globally(Posing *p, Results *all, Result *r, const Settings *s, Claim *out) {
  Question q = *r->question;
  Result base = {.name = r->name, .question = &q, .model = r->model};
  Certificate cert;
  memset(&cert, 0, sizeof cert);
  q.concept = Q_EQUILIBRIUM;
  q.calls |= PASS_RIGHTS;
  q.implied = 0;
  q.holding.n = 0;
  q.maximizes = q.equal_gain = 0;
  q.weights_at = q.holding_at = 0;
  pose_economy(p, &q, r->values, NULL, 1, &base);
  if (base.values) base.lowered = lower_economy(base.economy, &q, base.values, base.mem);
  double *x = base.lowered ? carried(r, &base) : NULL;
  double off = 0;
  const Claim *known = x ? shared(all, r, lowered_problem(base.lowered), x, &off) : NULL;
  EconStatus status = known ? ECON_SOLVED : x ? support_check(lowered_problem(base.lowered), x, s, 1, r->sol.mem, &cert) : ECON_MEMORY;
  if (known) share(r, known, off, out);
  else *out = cert.claim[CLAIM_SUPPORT];
  if (!out->unit) out->unit = "ex-ante money";
  if (!out->domain) out->domain = "";
  arena_free(base.mem);
  return status;
}

/* ---- where no price stands in a later constraint ---- */

/* At the shadow prices every agent's Lagrangian bounds what it can add (gain.h), its budget moved by its transfer so that it holds; in sum that
 * bounds what any other allocation adds to the weighted sum, in units of the numeraire. NaN where some agent's is not concave. */
static double shortfall(const Problem *q, const double *x, Arena *mem, double *size) {
  System *sys = system_new(q, mem);
  double sum = 0, box = 1;
  if (!sys) return NAN;
  for (uint32_t i = q->nglobal; i < q->nx; i++)
    if (sys->role[i] == ROLE_CHOICE) box = fmax(box, 1000 * fabs(x[i]));
  *size = box / 1000;
  for (uint32_t b = 0; b < q->nblock; b++) {
    const Block *blk = &q->block[b];
    AgentClass *a = agent_class(q, b, sys->lower, sys->upper, mem);
    if (!a) continue;
    GainShapes shapes = {.con = ARENA_ARRAY(mem, unsigned, a->ncon + 1)};
    double *g = ARENA_ARRAY(mem, double, a->ncon + 1);
    if (!shapes.con || !g) return NAN;
    gain_shapes(a, 0, blk->lanes, x, box, &shapes);
    for (uint32_t l = 0; l < blk->lanes; l++) {
      double left = 0;
      agent_load(a, l, x);
      agent_constraints(a, a->y, g);
      for (uint32_t k = 0; k < a->ncon; k++)
        if (a->con[k] == a->budget) left = g[k];
      Gain found = gain_bound(a, &shapes, box);
      if (!found.concave) return NAN;
      sum += (blk->mass ? blk->mass[l] : 1) * fmax(found.total / found.lambda - left, 0);
    }
  }
  return arena_failed(mem) ? NAN : sum;
}

static void by_concavity(Posing *p, Result *r, Claim *out) {
  Question q;
  Result base;
  rights_pose_plain(p, r, &q, &base);
  if (base.values) base.lowered = lower_economy(base.economy, &q, base.values, base.mem);
  double *x = base.lowered ? carried(r, &base) : NULL;
  double size = 1, bound = x ? shortfall(lowered_problem(base.lowered), x, base.mem, &size) : NAN;
  arena_free(base.mem);
  if (!isfinite(bound) || bound > WORTH * size) return;
  out->status = PROVED;
  out->bound = bound;
  out->method = sentence(r->sol.mem, "%s; at weights 1/lambda and the shadow prices of this allocation the Lagrangian of every agent is concave term by term, so its gradient bounds "
                         "what any other allocation adds to the weighted sum (weak duality)", out->method);
  out->domain = "allocations with every choice within its bounds and at most 1000 times the largest one in absolute value";
}

static EconStatus refuse(Result *r) {
  Solution *sol = &r->sol;
  sol->cert.accepted = 0;
  return sol->status = ECON_NOT_CERTIFIED;
}

EconStatus planner_prove(Posing *p, Results *all, Result *r, const Settings *s) {
  Claim *claim = &r->sol.cert.claim[CLAIM_SUPPORT], local = {.status = NOT_CHECKED};
  if (r->question->concept != Q_OPTIMUM) return r->sol.status;
  planner_second_order(p, r, &local);
  if (local.status != REFUTED && !r->economy->planner_bears) by_concavity(p, r, &local);
  if (local.status == REFUTED || !r->economy->planner_bears) {
    *claim = local;
    return local.status == REFUTED ? refuse(r) : r->sol.status;
  }
  Claim global = {.status = NOT_CHECKED};
  EconStatus status = globally(p, all, r, s, &global);
  if (status != ECON_SOLVED) return r->sol.status = status;
  in_words(&global, r->sol.mem);
  if (local.method) global.method = sentence(r->sol.mem, "%s; %s", local.method, global.method);
  *claim = global;
  return global.status == REFUTED ? refuse(r) : r->sol.status;
}
