#include "index.h"
#include "gain.h"
#include "linsys.h"
#include "proof.h"
#include <math.h>
#include <string.h>

static const double AT_BOUND = 1e-8, SLACK = 1e-7;      /* as in represent.c: a bound met, a condition that is strict */
static const double HIDDEN = 100.0, ROUNDING = 1e-16;   /* a residual r may hide a singular value whose square is up to 100 r */
enum { POWER_STEPS = 30 };

/* ---- where the theorem holds --------------------------------------------------------------------------------------------------- */

static int refuse(const char **why, const char *text) {
  *why = text ? text : "";
  return 0;
}

static int is_kind(const Problem *p, uint32_t i, GlobalKind kind) { return i < p->nglobal && p->global[i].kind == kind; }

static int globals_covered(const Problem *p, const char **why, Arena *mem) {
  uint32_t slacks = 0, numeraires = 0;
  for (uint32_t i = 0; i < p->nglobal; i++) {
    const Global *g = &p->global[i];
    if (p->fixed && !isnan(p->fixed[i])) return refuse(why, proof_text(mem, "%s is fixed", proof_unknown(p, i, mem)));
    switch (g->kind) {
      case GLOBAL_VARIABLE: return refuse(why, proof_text(mem, "%s is an unknown besides prices and plans", proof_unknown(p, i, mem)));
      case GLOBAL_SLACK: slacks++; break;
      case GLOBAL_AGGREGATE: break;
      case GLOBAL_PRICE:
        if (!(g->lower >= 0.0) || g->lower > 0.0 || isfinite(g->upper))
          return refuse(why, proof_text(mem, "%s is not a price that may be any nonnegative number", proof_unknown(p, i, mem)));
        if (!(g->flag & GLOBAL_CLEARING)) return refuse(why, proof_text(mem, "%s is set by a condition other than its market", proof_unknown(p, i, mem)));
    }
  }
  for (uint32_t i = 0; i < p->ncheck; i++) {
    if (p->check[i].waived) return refuse(why, "a market is not asked to clear");
    if (p->check[i].equality) return refuse(why, proof_text(mem, "the %s allows no free disposal", proof_condition(p, p->nx + i, mem)));
    numeraires += p->check[i].price == NO_INDEX;
  }
  if (slacks + numeraires != 1) return refuse(why, slacks + numeraires ? "prices are normalised at several places" : "prices are not normalised");
  return 1;
}

/* The unknown behind input `in` at lane, NO_INDEX for data and own unknowns. */
static uint32_t foreign(const Block *b, uint32_t in, uint32_t lane) {
  const Input *x = &b->k->in[in];
  return x->kind == IN_X ? x->ref : x->kind == IN_GATHER ? b->index[x->ref][lane] : NO_INDEX;
}

static uint32_t fed(const Block *b, uint32_t share, uint32_t lane) {
  const Share *s = &b->k->share[share];
  return s->by_lane ? b->index[s->target][lane] : s->target;
}

/* Does what defines one aggregate read another, or an agent whose plan defines one read any? */
static int aggregates_chained(const Problem *p, const Block *b) {
  int feeds = 0, reads = 0;
  for (uint32_t i = 0; i < b->k->nshare; i++)
    for (uint32_t l = 0; l < b->lanes; l++) feeds |= is_kind(p, fed(b, i, l), GLOBAL_AGGREGATE);
  for (uint32_t e = 0; e < b->k->nentry && feeds; e++)
    for (uint32_t l = 0; l < b->lanes; l++) {
      const Entry *entry = &b->k->entry[e];
      uint32_t x = foreign(b, entry->in, l), row = entry->out < b->k->nown ? NO_INDEX : fed(b, entry->out - b->k->nown, l);
      reads |= is_kind(p, x, GLOBAL_AGGREGATE) && x != row && (row == NO_INDEX || is_kind(p, row, GLOBAL_AGGREGATE));
    }
  return reads;
}

/* One entry of the Jacobian of an agent's own rows. */
static int entry_covered(const Problem *p, uint32_t bi, const Entry *e, uint32_t lane, const char **why, Arena *mem) {
  const Block *b = &p->block[bi];
  uint32_t x = foreign(b, e->in, lane), role = e->out < b->k->nown ? b->k->role[e->out] : ROLE_AUX;
  if (x == NO_INDEX || e->out >= b->k->nown) return 1;
  const char *who = proof_lane(p, bi, lane, mem), *what = proof_unknown(p, x, mem);
  if (x >= p->nglobal) return refuse(why, proof_text(mem, "%s is affected by another agent's %s", who, what));
  if (is_kind(p, x, GLOBAL_AGGREGATE) && role != ROLE_BUDGET) return refuse(why, proof_text(mem, "%s is affected by %s outside its budget", who, what));
  if (role == ROLE_EQUALITY || role == ROLE_INEQUALITY)
    return refuse(why, proof_text(mem, "%s occurs in a constraint of %s other than a budget", what, who));
  return 1;
}

static int block_covered(const Problem *p, uint32_t bi, const char **why, Arena *mem) {
  const Block *b = &p->block[bi];
  const Kernel *k = b->k;
  uint32_t budgets = 0;
  if (!b->lanes) return 1;
  if (aggregates_chained(p, b)) return refuse(why, "one aggregate depends on another");
  if (!k->nown) return 1;
  const char *who = proof_lane(p, bi, 0, mem);
  if (!k->goal.nout) return refuse(why, proof_text(mem, "%s has no objective", who));
  for (uint32_t s = 0; s < k->nown; s++) {
    budgets += k->role[s] == ROLE_BUDGET;
    if (k->role[s] == ROLE_AUX || (k->flag[s] & OWN_EXACT)) return refuse(why, proof_text(mem, "an own condition of %s is no choice and no constraint", who));
  }
  if (budgets > 1) return refuse(why, proof_text(mem, "%s has %u budgets, so that markets may be incomplete", who, budgets));
  for (uint32_t i = 0; budgets && i < k->goal.n; i++) {
    const Ins *ins = &k->goal.ins[i];
    if (ins->op == OP_IN && foreign(b, ins->a, 0) != NO_INDEX) return refuse(why, proof_text(mem, "the objective of %s depends on what is given to it", who));
  }
  for (uint32_t e = 0; e < k->nentry; e++)
    for (uint32_t l = 0; l < (b->k->in[k->entry[e].in].kind == IN_GATHER ? b->lanes : 1); l++)
      if (!entry_covered(p, bi, &k->entry[e], l, why, mem)) return 0;
  for (uint32_t i = p->nglobal; p->fixed && i < p->nx; i++)
    if (!isnan(p->fixed[i])) return refuse(why, proof_text(mem, "%s is fixed", proof_unknown(p, i, mem)));
  return 1;
}

int index_covers(const Problem *p, const char **why, Arena *mem) {
  *why = NULL;
  if (!globals_covered(p, why, mem)) return 0;
  for (uint32_t b = 0; b < p->nblock; b++)
    if (!block_covered(p, b, why, mem)) return 0;
  return 1;
}

int index_concave(const System *s, const double *x, const char **why, Arena *mem) {
  Arena *heap = arena_new(NULL);
  double most = 1.0;
  *why = heap ? NULL : "memory was used up";
  for (uint32_t i = 0; i < s->p->nx; i++) most = fmax(most, fabs(x[i]));
  for (uint32_t b = 0; heap && b < s->p->nblock && !*why; b++) {
    AgentClass *a = s->p->block[b].lanes ? agent_class(s->p, b, s->lower, s->upper, heap) : NULL;
    GainShapes shapes = {0, a ? ARENA_ARRAY(heap, unsigned, a->ncon + 1) : NULL};
    for (uint32_t lane = 0; a && shapes.con && lane < a->b->lanes && !*why; lane++) {
      agent_load(a, lane, x);
      gain_shapes(a, lane, 1, x, INFINITY, &shapes);
      if (!gain_bound(a, &shapes, 2.0 * most).concave) *why = proof_text(mem, "the problem of %s was not proved to be concave", proof_lane(s->p, b, lane, mem));
    }
    if (arena_failed(heap)) *why = "memory was used up";
  }
  arena_free(heap);
  return !*why;
}

/* ---- the sign ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
  System *s;
  McpScales sc;
  uint32_t n, *of, *place;            /* the unknowns off their bounds; and back */
  int *start, *row;
  double *at;
} Active;

/* 1: off its bounds; 0: resting on one with a strict condition; -1: neither. */
static int stance(const Active *a, const double *x, uint32_t i) {
  const System *s = a->s;
  double f = a->sc.F[i] / a->sc.T[i];
  if (s->fixed[i]) return 0;
  if (!a->sc.log[i] && (x[i] - s->lower[i]) / a->sc.unit[i] <= AT_BOUND) return f > SLACK ? 0 : -1;
  if ((s->upper[i] - x[i]) / a->sc.unit[i] <= AT_BOUND) return f < -SLACK ? 0 : -1;
  return 1;
}

static int active_build(Active *a, Mcp *m, const double *x, const char **why, Arena *heap, Arena *mem) {
  const Csc *j = &a->s->jac;
  uint32_t nx = a->s->p->nx;
  if (system_csc(a->s)) return refuse(why, "the Jacobian could not be computed") + 1;
  a->of = ARENA_ARRAY(heap, uint32_t, nx + 1);
  a->place = ARENA_ARRAY(heap, uint32_t, nx + 1);
  a->start = ARENA_ARRAY(heap, int, nx + 2);
  a->row = ARENA_ARRAY(heap, int, j->start[nx] + 1);
  a->at = ARENA_ARRAY(heap, double, j->start[nx] + 1);
  if (arena_failed(heap) || mcp_scales(m, x, &a->sc)) return refuse(why, "the Jacobian could not be computed") + 1;
  for (uint32_t i = 0; i < nx; i++) {
    int st = stance(a, x, i);
    if (st < 0) return refuse(why, proof_text(mem, "%s is at a bound and its condition holds too", proof_unknown(a->s->p, i, mem))) + 1;
    a->place[i] = st ? a->n : NO_INDEX;
    if (st) a->of[a->n++] = i;
  }
  int k = 0;
  for (uint32_t c = 0; c < a->n; c++) {
    for (int e = j->start[a->of[c]]; e < j->start[a->of[c] + 1]; e++) {
      uint32_t r = (uint32_t)j->row[e];
      if (r >= nx || a->place[r] == NO_INDEX) continue;
      a->row[k] = (int)a->place[r];
      a->at[k++] = j->at[e] / a->sc.T[r] * a->sc.unit[a->of[c]];
    }
    a->start[c + 1] = k;
  }
  return 0;
}

static int is_marketwide(const Active *a, uint32_t place) {
  const Problem *p = a->s->p;
  return is_kind(p, a->of[place], GLOBAL_PRICE) || is_kind(p, a->of[place], GLOBAL_SLACK);
}

/* The smallest singular value of the Jacobian of excess demand in prices (the Schur complement): power iteration on the inverse,
 * which is the part of the whole inverse that belongs to markets and prices. */
static double least_singular(const Active *a, Linsys *ls, Arena *heap) {
  double *v = ARENA_ARRAY(heap, double, a->n + 1), norm = 0.0;
  if (!v) return 0.0;
  for (uint32_t i = 0; i < a->n; i++) v[i] = is_marketwide(a, i) ? 1.0 + 0.37 * sin(1.0 + i) : 0.0;
  for (int k = 0; k < POWER_STEPS; k++) {
    double square = 0.0;
    for (uint32_t i = 0; i < a->n; i++) square += v[i] * v[i];
    if (!(square > 0.0)) return INFINITY;                /* no price is free */
    for (uint32_t i = 0; i < a->n; i++) v[i] /= sqrt(square);
    if (linsys_solve(ls, v)) return 0.0;
    for (uint32_t i = 0; i < a->n; i++) v[i] = is_marketwide(a, i) ? v[i] : 0.0;
    norm = 0.0;
    for (uint32_t i = 0; i < a->n; i++) norm += v[i] * v[i];
    if (!isfinite(norm) || linsys_transposed(ls, v)) return 0.0;
    for (uint32_t i = 0; i < a->n; i++) v[i] = is_marketwide(a, i) ? v[i] : 0.0;
  }
  return norm > 0.0 ? 1.0 / sqrt(norm) : INFINITY;
}

/* The sign that a normalisation with a slack, and the rows that define profits, put into the determinant. */
static int orientation(const Active *a, const double *x) {
  const Problem *p = a->s->p;
  const Csc *j = &a->s->jac;
  double n_p = 0.0, p_s = 0.0;
  uint32_t slack = NO_INDEX;
  int sign = 1;
  for (uint32_t i = 0; i < p->nglobal; i++) {
    if (p->global[i].kind == GLOBAL_SLACK) slack = i;
    for (int e = j->start[i]; p->global[i].kind == GLOBAL_AGGREGATE && e < j->start[i + 1]; e++)
      if (j->row[e] == (int)i && j->at[e] < 0.0) sign = -sign;
  }
  if (slack == NO_INDEX) return sign;
  for (uint32_t i = 0; i < p->nglobal; i++)
    for (int e = j->start[i]; p->global[i].kind == GLOBAL_PRICE && e < j->start[i + 1]; e++)
      if (j->row[e] == (int)slack) n_p += j->at[e] * x[i];
  for (int e = j->start[slack]; e < j->start[slack + 1]; e++)
    if (is_kind(p, (uint32_t)j->row[e], GLOBAL_PRICE)) p_s += j->at[e] * x[j->row[e]];
  return n_p * p_s > 0.0 ? -sign : n_p * p_s < 0.0 ? sign : 0;
}

int index_of(System *s, Mcp *m, const double *x, const char **why, Arena *mem) {
  Active a = {.s = s};
  Arena *heap = arena_new(NULL);
  int sign = 0;
  double residual = mcp_residual(m, x, NULL);
  *why = NULL;
  if (!heap || active_build(&a, m, x, why, heap, mem)) goto done;
  Linsys *ls = linsys_new((int)a.n, a.start, a.row, a.at, heap);
  if (!ls || linsys_factor(ls) || !(least_singular(&a, ls, heap) > sqrt(HIDDEN * fmax(residual, ROUNDING)))) *why = "the Jacobian of excess demand is singular there, up to what was proven";
  else if (!(sign = linsys_sign(ls) * orientation(&a, x))) *why = "the normalisation gives the prices no value there";
  linsys_free(ls);
done:
  arena_free(heap);
  if (!sign && !*why) *why = "the Jacobian could not be computed";
  return sign;
}
