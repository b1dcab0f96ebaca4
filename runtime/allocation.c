#include "allocation.h"
#include "plans.h"
#include "proof.h"
#include "text.h"
#include <math.h>
#include <string.h>

enum { COLUMNS = 20000 };               /* choices of a program that is still tried */

typedef struct {
  const Problem *p;
  AgentClass **class;
  const double *x;
  Arena *mem, *scratch;
  uint32_t *column, ncol;               /* per unknown: its column, or NO_INDEX */
  double *lo, *hi;                      /* per column */
  VEC(double) row_lo, row_hi;
  VEC(LpEntry) entry;
  VEC(LpEntry) market;                  /* row: the check */
  double *given, *owed;                 /* per check: sums of positive and of negative constants */
  uint8_t *unusable;                    /* per check: it depends on prices or is not affine */
  uint8_t *strict;                      /* per column: the domain keeps it off its lower bound */
  uint32_t *unknown;                    /* per column */
} Allocation;

static int number_columns(Allocation *w) {
  for (uint32_t i = 0; i < w->p->nx; i++) w->column[i] = NO_INDEX;
  for (uint32_t b = 0; b < w->p->nblock; b++) {
    const AgentClass *a = w->class[b];
    if (!a) continue;
    if ((uint64_t)w->ncol + (uint64_t)a->nchoice * a->b->lanes > COLUMNS) return 0;
    for (uint32_t c = 0; c < a->nchoice; c++)
      for (uint32_t lane = 0; lane < a->b->lanes; lane++) {
        uint32_t at = problem_own(a->b, a->choice[c], lane);
        w->column[at] = w->ncol;
        w->unknown[w->ncol] = at;
        w->lo[w->ncol] = a->lower[at];
        w->hi[w->ncol++] = a->upper[at];
      }
  }
  return w->ncol > 0;
}

/* The price-free constraints of one agent as rows of the whole program. */
static int add_agent(Allocation *w, AgentClass *a, uint32_t lane) {
  Arena *mine = arena_new(NULL);
  Plans plans;
  Lp lp;
  int ok = mine && plans_read(&plans, a, lane, w->x, mine) && plans_program(&plans, &lp, NULL, mine);
  uint8_t *strict = ok ? ARENA_ARRAY(mine, uint8_t, a->nchoice + 1) : NULL;
  if ((ok = ok && strict)) plans_strict(&plans, strict);
  for (uint32_t c = 0; ok && c < a->nchoice; c++) w->strict[w->column[problem_own(a->b, a->choice[c], lane)]] = strict[c];
  for (uint32_t e = 0; ok && e < lp.nentry; e++) {
    uint32_t col = w->column[problem_own(a->b, a->choice[lp.entry[e].col], lane)];
    VEC_PUSH(w->scratch, w->entry, (LpEntry){w->row_lo.n + lp.entry[e].row, col, lp.entry[e].v});
  }
  for (uint32_t r = 0; ok && r < lp.nrow; r++) {
    VEC_PUSH(w->scratch, w->row_hi, lp.row_hi[r]);
    VEC_PUSH(w->scratch, w->row_lo, lp.row_lo[r]);
  }
  arena_free(mine);
  return ok && !arena_failed(w->scratch);
}

/* The check that share i of a block feeds at lane, or NO_INDEX. */
static uint32_t fed(const Allocation *w, const Block *b, uint32_t i, uint32_t lane) {
  const Share *s = &b->k->share[i];
  uint32_t target = s->by_lane ? b->index[s->target][lane] : s->target;
  return target == NO_INDEX || target < w->p->nglobal ? NO_INDEX : target - w->p->nglobal;
}

/* Choices read by the kernel are variables, other unknowns are given. of: per variable its column. */
static int frame_lane(const Allocation *w, const Block *b, uint32_t lane, const AgentClass *any, AffineFrame *f, uint32_t *of, Arena *mem) {
  uint32_t n = b->k->nin;
  *f = (AffineFrame){.nin = n};
  f->in = ARENA_ARRAY(mem, double, n + 1);
  f->var = ARENA_ARRAY(mem, uint32_t, n + 1);
  f->given = ARENA_ARRAY(mem, uint32_t, n + 1);
  f->var_box = ARENA_ARRAY(mem, Interval, n + 1);
  f->given_box = ARENA_ARRAY(mem, Interval, n + 1);
  if (arena_failed(mem)) return 0;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t at, v = 0;
    f->in[i] = agent_input(w->p, b, i, lane, w->x, &at);
    f->var[i] = f->given[i] = NO_INDEX;
    if (at == NO_INDEX) continue;
    if (w->column[at] == NO_INDEX) {
      f->given_box[f->ngiven] = (Interval){any->lower[at], any->upper[at]};
      f->given[i] = f->ngiven++;
      continue;
    }
    while (v < f->nvar && of[v] != w->column[at]) v++;
    if (v == f->nvar) {
      of[v] = w->column[at];
      f->var_box[f->nvar++] = (Interval){w->lo[of[v]], w->hi[of[v]]};
    }
    f->var[i] = v;
  }
  return 1;
}

static int add_lane(Allocation *w, const Block *b, uint32_t lane, const AgentClass *any, const Prog *prog, const uint32_t *share, Arena *mine) {
  AffineFrame f;
  uint32_t *of = ARENA_ARRAY(mine, uint32_t, b->k->nin + 1);
  if (!of || !frame_lane(w, b, lane, any, &f, of, mine)) return 0;
  AffineRow *row = affine_rows(prog, &f, mine);
  if (!row) return 0;
  for (uint32_t o = 0; o < prog->nout; o++) {
    uint32_t c = fed(w, b, share[o], lane);
    if (c == NO_INDEX) continue;
    if (row[o].kind != AFFINE_FREE) { w->unusable[c] = 1; continue; }
    if (row[o].constant > 0) w->given[c] += row[o].constant;
    else w->owed[c] -= row[o].constant;
    for (uint32_t v = 0; v < f.nvar; v++)
      if (row[o].coef[v] != 0) VEC_PUSH(w->scratch, w->market, (LpEntry){c, of[v], row[o].coef[v]});
  }
  return 1;
}

static int add_block(Allocation *w, const Block *b, const AgentClass *any) {
  const Kernel *k = b->k;
  Arena *mine = arena_new(NULL);
  uint32_t *out = ARENA_ARRAY(w->scratch, uint32_t, k->nshare + 1), *share = ARENA_ARRAY(w->scratch, uint32_t, k->nshare + 1), n = 0;
  int ok = mine && out && share;
  for (uint32_t i = 0; ok && i < k->nshare; i++) {
    if (!k->share[i].by_lane && k->share[i].target < w->p->nglobal) continue;
    out[n] = k->nown + i;
    share[n++] = i;
  }
  Prog prog = {0};
  if (ok && n) prog = prog_slice(&k->value, out, n, w->scratch);
  for (uint32_t lane = 0; ok && n && lane < b->lanes; lane++) {
    if (lane % 64 == 63) {                               /* one lane's rows are small, many lanes' are not */
      arena_free(mine);
      mine = arena_new(NULL);
    }
    ok = mine && add_lane(w, b, lane, any, &prog, share, mine);
  }
  arena_free(mine);
  return ok && !arena_failed(w->scratch);
}

/* The whole program: agents' rows first, then the usable markets; row_of: per check its row, or NO_INDEX. */
static int assemble(const Allocation *w, Lp *lp, uint32_t *row_of) {
  const Problem *p = w->p;
  if (!plans_room(lp, (size_t)w->row_lo.n + p->ncheck, w->ncol, (size_t)w->entry.n + w->market.n, w->scratch)) return 0;
  memcpy(lp->col_lo, w->lo, w->ncol * sizeof *w->lo);
  memcpy(lp->col_hi, w->hi, w->ncol * sizeof *w->hi);
  for (uint32_t r = 0; r < w->row_lo.n; r++) {
    lp->row_lo[r] = w->row_lo.at[r];
    lp->row_hi[r] = w->row_hi.at[r];
  }
  if (w->entry.n) memcpy(lp->entry, w->entry.at, w->entry.n * sizeof *lp->entry);
  lp->nentry = w->entry.n;
  lp->nrow = w->row_lo.n;
  for (uint32_t c = 0; c < p->ncheck; c++) {
    row_of[c] = NO_INDEX;
    if (w->unusable[c]) continue;
    double needs = w->owed[c] - w->given[c];
    row_of[c] = lp->nrow;
    lp->row_lo[lp->nrow] = needs;
    lp->row_hi[lp->nrow++] = p->check[c].equality ? needs : INFINITY;
  }
  for (uint32_t e = 0; e < w->market.n; e++) {
    LpEntry m = w->market.at[e];
    if (row_of[m.row] != NO_INDEX) lp->entry[lp->nentry++] = (LpEntry){row_of[m.row], m.col, m.v};
  }
  return 1;
}

/* Least demand and largest supply of one market over all plans, where its excess is largest. */
static int extremes(const Allocation *w, Lp *lp, uint32_t check, double *demand, double *supply) {
  double *at = ARENA_ARRAY(w->scratch, double, w->ncol + 1);
  uint32_t entries = 0;
  if (!at) return 0;
  for (uint32_t e = 0; e < lp->nentry; e++)
    if (lp->entry[e].row < w->row_lo.n) lp->entry[entries++] = lp->entry[e];
  lp->nentry = entries;
  lp->nrow = w->row_lo.n;
  for (uint32_t e = 0; e < w->market.n; e++)
    if (w->market.at[e].row == check) lp->cost[w->market.at[e].col] += w->market.at[e].v;
  if (lp_solve(lp, at, NULL, NULL) != LP_OPTIMAL) return 0;
  *demand = w->owed[check];
  *supply = w->given[check];
  for (uint32_t j = 0; j < w->ncol; j++) {
    double v = lp->cost[j] * at[j];
    if (v > 0) *supply += v;
    else *demand -= v;
  }
  return *supply < *demand;
}

static char *sentence(const Allocation *w, Lp *lp, const uint32_t *row_of, const double *farkas) {
  Text t = {0};
  uint32_t named = 0, last = 0;
  for (uint32_t c = 0; c < w->p->ncheck; c++) {
    if (row_of[c] == NO_INDEX || farkas[row_of[c]] == 0) continue;
    text_printf(&t, "%s%s", named++ ? " and the " : "", proof_condition(w->p, w->p->nx + c, w->scratch));
    last = c;
  }
  const char *names = t.at ? arena_text(w->scratch, t.at, t.n) : "";
  text_free(&t);
  double demand, supply;
  if (named == 1 && extremes(w, lp, last, &demand, &supply))
    return proof_text(w->mem, "no prices clear the %s: demand is at least %.6g and supply at most %.6g in every plan", names, demand, supply);
  if (named) return proof_text(w->mem, "no allocation satisfies the %s together with the agents' own constraints, whatever the prices", names);
  return proof_text(w->mem, "no allocation satisfies the agents' own constraints, whatever the prices");
}

/* A market that can supply nothing while somebody's objective is defined only where something is used: over the bounds its excess is
 * zero at most, and one choice pulls it strictly below. */
static char *nobody_supplies(const Allocation *w) {
  for (uint32_t c = 0; c < w->p->ncheck; c++) {
    double most = w->given[c] - w->owed[c];
    uint32_t must = NO_INDEX;
    if (w->unusable[c]) continue;
    for (uint32_t e = 0; e < w->market.n; e++) {
      const LpEntry *m = &w->market.at[e];
      if (m->row != c) continue;
      most += m->v * (m->v < 0 ? w->lo[m->col] : w->hi[m->col]);
      if (m->v < 0 && w->strict[m->col] && must == NO_INDEX) must = m->col;
    }
    if (!(most <= 0) || must == NO_INDEX) continue;
    return proof_text(w->mem, "no prices clear the %s: nothing is left for use in any plan, and %s must exceed %.6g", proof_condition(w->p, w->p->nx + c, w->scratch),
                      proof_unknown(w->p, w->unknown[must], w->scratch), w->lo[must]);
  }
  return NULL;
}

EconStatus allocation_exists(const Problem *p, AgentClass **class, const double *x, Arena *scratch, Arena *mem, char **said) {
  Allocation w = {.p = p, .class = class, .x = x, .mem = mem, .scratch = scratch};
  const AgentClass *any = NULL;
  Lp lp;
  for (uint32_t b = 0; b < p->nblock; b++)
    if (class[b]) any = class[b];
  if (!any || !p->ncheck) return ECON_STALLED;
  w.column = ARENA_ARRAY(scratch, uint32_t, p->nx + 1);
  w.lo = ARENA_ARRAY(scratch, double, p->nx + 1);
  w.hi = ARENA_ARRAY(scratch, double, p->nx + 1);
  w.unknown = ARENA_ARRAY(scratch, uint32_t, p->nx + 1);
  w.strict = ARENA_ARRAY(scratch, uint8_t, p->nx + 1);
  w.given = ARENA_ARRAY(scratch, double, p->ncheck);
  w.owed = ARENA_ARRAY(scratch, double, p->ncheck);
  w.unusable = ARENA_ARRAY(scratch, uint8_t, p->ncheck);
  uint32_t *row_of = ARENA_ARRAY(scratch, uint32_t, p->ncheck);
  if (arena_failed(scratch)) return ECON_MEMORY;
  if (!number_columns(&w)) return ECON_STALLED;
  for (uint32_t b = 0; b < p->nblock; b++) {
    for (uint32_t lane = 0; class[b] && lane < p->block[b].lanes; lane++)
      if (!add_agent(&w, class[b], lane)) return ECON_MEMORY;
    if (!add_block(&w, &p->block[b], any)) return ECON_MEMORY;
  }
  if (!assemble(&w, &lp, row_of)) return ECON_MEMORY;
  double *farkas = ARENA_ARRAY(scratch, double, lp.nrow + 1);
  if (!farkas) return ECON_MEMORY;
  if (lp_infeasible(&lp, farkas, NULL, scratch)) {
    *said = sentence(&w, &lp, row_of, farkas);
    return *said ? ECON_NO_ALLOCATION : ECON_MEMORY;
  }
  *said = nobody_supplies(&w);
  return *said ? ECON_NO_ALLOCATION : arena_failed(scratch) || arena_failed(mem) ? ECON_MEMORY : ECON_STALLED;
}
