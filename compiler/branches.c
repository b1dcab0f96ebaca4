/* branches.c: see branches.h. */
#include "branches.h"
#include "planner_search.h"
#include <math.h>
#include <string.h>

enum { ROUNDS = 6 };
static const double NOTHING = 1e-9;             /* of a row's terms: a slack or a multiplier that is zero */
static const double WORTH = 1e-5;               /* of its terms: what a side is worth that is better; a corner is known to the root of the precision of its products only */

/* ---- corners ---- */

static double entry(const Csc *j, uint32_t row, uint32_t col) {
  for (int k = j->start[col]; k < j->start[col + 1]; k++)
    if ((uint32_t)j->row[k] == row) return j->at[k];
  return 0;
}

typedef struct {
  System *sys;
  const double *x, *F, *T;
  const Result *r;
  SymId aux;
  uint32_t *psi;                                        /* by unknown: the adjoint of a later choice, NO_INDEX */
  Arena *mem;
  Corners *out;
  int pairs;                                            /* only notes psi */
} Look;

/* The largest multiplier of the lane, in absolute value: the size of phi and psi's rows. */
static double lane_size(const Look *l, uint32_t i) {
  uint32_t slot, lane, b = system_locate(l->sys, i, &slot, &lane);
  double most = 0;
  if (b == NO_INDEX) return 1;
  const Block *blk = &l->sys->p->block[b];
  for (uint32_t s = 0; s < blk->k->nown; s++) {
    uint32_t k = problem_own(blk, s, lane);
    if (l->sys->role[k] != ROLE_CHOICE && l->sys->role[k] != ROLE_AUX) most = fmax(most, fabs(l->x[k]));
  }
  return most > 0 ? most : 1;
}

/* What mu's row, R, gets from psi: R_y psi, and the size of its terms. */
static double along(const Look *l, uint32_t mu, double *size) {
  uint32_t slot, lane, b = system_locate(l->sys, mu, &slot, &lane);
  double sum = 0;
  *size = 0;
  if (b == NO_INDEX) return 0;
  const Block *blk = &l->sys->p->block[b];
  for (uint32_t s = 0; s < blk->k->nown; s++) {
    uint32_t y = problem_own(blk, s, lane);
    if (l->psi[y] == NO_INDEX) continue;
    double part = entry(&l->sys->jac, mu, y) * l->x[l->psi[y]];
    sum += part;
    *size += fabs(part);
  }
  return sum;
}

static void limit(Look *l, uint32_t mu, uint32_t phi) {
  if (l->sys->role[mu] != ROLE_INEQUALITY || l->sys->fixed[mu] || l->x[mu] > NOTHING * lane_size(l, mu) || l->F[mu] > NOTHING * fmax(l->T[mu], 1)) return;
  double size, press = along(l, mu, &size);
  Corner c = {.of = mu, .aux = phi, .slack = -l->x[phi] / lane_size(l, mu), .press = size > 0 ? press / size : 0};
  VEC_PUSH(l->mem, *l->out, c);
}

static void choice(Look *l, uint32_t y, uint32_t psi) {
  double lo = l->sys->lower[y], hi = l->sys->upper[y], x = l->x[y];
  int side = isfinite(lo) && x - lo <= NOTHING * (1 + fabs(lo)) ? -1 : isfinite(hi) && hi - x <= NOTHING * (1 + fabs(hi)) ? 1 : 0;
  if (!side || l->sys->fixed[y] || lo >= hi || fabs(l->F[y]) > NOTHING * l->T[y]) return;
  /* row of psi = (y - lo)(hi - y) dM/dy + dK/dy psi, row of y = -dK/dy; dK/dy = 0 here, so dL/dy = dM/dy */
  double room = isfinite(lo) && isfinite(hi) ? hi - lo : 1;
  double slope = -side * (entry(&l->sys->jac, psi, y) + entry(&l->sys->jac, y, y) * l->x[psi]) / room, terms = l->T[y] > 0 ? l->T[y] : 1;
  double own = fabs(entry(&l->sys->jac, y, y)) * fmax(fabs(x), 1e-3);
  Corner c = {.of = y, .aux = psi, .side = side, .slack = -side * slope / terms, .press = -side * l->x[psi] * own / (fmax(fabs(x), 1e-3) * terms)};
  VEC_PUSH(l->mem, *l->out, c);
}

static void see(void *ctx, const Elem *ix, uint32_t n, uint32_t of) {
  Look *l = ctx;
  uint32_t aux = lowered_index(l->r->lowered, l->aux, ix, n);
  if (aux == NO_INDEX) return;
  if (l->pairs) {
    if (l->sys->role[of] == ROLE_CHOICE) l->psi[of] = aux;
  } else if (l->sys->role[of] == ROLE_CHOICE) choice(l, of, aux);
  else limit(l, of, aux);
}

int branches_corners(const Result *r, System *sys, const double *x, Arena *mem, Corners *out) {
  const Economy *e = r->economy;
  uint32_t nx = sys->p->nx;
  Corners found = {0};
  double *F = ARENA_ARRAY(mem, double, nx + 1), *T = ARENA_ARRAY(mem, double, nx + 1);
  Look l = {.sys = sys, .x = x, .F = F, .T = T, .r = r, .psi = ARENA_ARRAY(mem, uint32_t, nx + 1), .mem = mem, .out = &found, .pairs = 1};
  *out = found;
  if (!e->aux.n) return 0;
  if (!F || !T || !l.psi || system_csc(sys)) return 1;
  system_rows(sys, x, F, NULL);
  system_terms(sys, x, T, NULL);
  system_jacobian(sys, x);
  memset(l.psi, 0xff, nx * sizeof *l.psi);
  for (int pass = 0; pass < 2; pass++, l.pairs = 0)
    for (uint32_t i = 0; i < e->aux.n; i++) {
      l.aux = e->aux.at[i].sym;
      lowered_each(r->lowered, e->aux.at[i].of, see, &l);
    }
  *out = found;
  return arena_failed(mem);
}

int branches_left(const Corner *c) { return c->slack > WORTH || c->press > WORTH; }

/* ---- one side ---- */

static int is_solved(EconStatus s) { return s == ECON_SOLVED || s == ECON_INDETERMINATE; }

/* Where the search on one side begins. The slack side of a limit and the side on which a choice stays at its bound are problems of their own:
 * two unknowns held, their rows not asked for. On the other sides the conditions do for themselves, off the corner. */
static double *side_start(const Problem *p, const Settings *s, const double *x, const Corner *c, int slack, Arena *mem) {
  double *start = ARENA_ARRAY(mem, double, p->nx + 1);
  if (!start) return NULL;
  memcpy(start, x, p->nx * sizeof *start);
  if (slack != (c->side == 0)) {
    start[c->of] += (c->side > 0 ? -1e-3 : 1e-3) * fmax(1, fabs(x[c->of]));
    return start;
  }
  Problem held = *p;
  Settings quick = *s;
  Solution sol;
  held.fixed = ARENA_ARRAY(mem, double, p->nx + 1);
  if (!held.fixed) return NULL;
  for (uint32_t i = 0; i < p->nx; i++) held.fixed[i] = p->fixed ? p->fixed[i] : NAN;
  held.fixed[c->of] = c->side ? x[c->of] : 0;
  held.fixed[c->aux] = 0;
  held.nexchange = 0;
  held.exchange = NULL;
  quick.conditions_only = 1;
  start[c->aux] = 0;
  if (!is_solved(problem_solve(&held, &quick, start, &sol))) start = NULL;
  else memcpy(start, sol.x, p->nx * sizeof *start);
  solution_free(&sol);
  return start;
}

/* The whole question from there; kept where it is solved away from the corner. */
static int move(Results *all, Result *r, const Settings *s, const Corner *c, int slack) {
  Arena *mem = arena_new(NULL);
  const Problem *p = lowered_problem(r->lowered);
  const double *start = mem ? side_start(p, s, r->sol.x, c, slack, mem) : NULL;
  Solution old = r->sol;
  int moved = 0;
  if (start) {
    moved = is_solved(planner_solve(all, r, s, start)) && r->sol.cert.accepted &&
            fabs(r->sol.x[c->of] - old.x[c->of]) + fabs(r->sol.x[c->aux] - old.x[c->aux]) > NOTHING;
    if (moved) r->sol.by_ladder |= old.by_ladder;
    solution_free(moved ? &old : &r->sol);
    if (!moved) r->sol = old;
  }
  arena_free(mem);
  return moved;
}

/* ---- in words ---- */

static void put_names(const Problem *p, const Corners *c, int left, Text *out) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < c->n; i++) {
    char name[160];
    if (branches_left(&c->at[i]) != left) continue;
    if (n++ >= 3) continue;
    p->names.unknown(p->names.ctx, c->at[i].of, name, sizeof name);
    text_printf(out, "%s%s", n > 1 ? ", " : "", name);
  }
  if (n > 3) text_printf(out, " and %u more", n - 3);
}

/* Both sides of every corner were looked at: into the claim's method, or what refutes it. */
static void say(Result *r, const Corners *c, uint32_t left) {
  const Problem *p = lowered_problem(r->lowered);
  Claim *claim = &r->sol.cert.claim[CLAIM_CONDITIONS];
  Text t = {0};
  if (!left) {
    text_printf(&t, "%s; %u later limit%s without pressing (", claim->method ? claim->method : "", c->n, c->n > 1 ? "s hold exactly" : " holds exactly");
    put_names(p, c, 0, &t);
    text_printf(&t, "): neither %s nor off %s is anything better at first order", c->n > 1 ? "on them" : "on it", c->n > 1 ? "them" : "it");
    claim->method = arena_text(r->sol.mem, t.at ? t.at : "", t.n);
  } else {
    text_put(&t, "a later limit holds exactly without pressing at ");
    put_names(p, c, 1, &t);
    text_put(&t, ", and one side of it is better at first order; no answer was found there");
    claim->status = REFUTED;
    r->sol.explanation = claim->witness = arena_text(r->sol.mem, t.at ? t.at : "", t.n);
    r->sol.cert.accepted = 0;
    r->sol.status = ECON_NOT_CERTIFIED;
  }
  text_free(&t);
}

EconStatus branches_settle(Results *all, Result *r, const Settings *s) {
  const Problem *p = lowered_problem(r->lowered);
  for (int round = 0; r->economy->aux.n && is_solved(r->sol.status); round++) {
    Arena *mem = arena_new(NULL);
    System *sys = mem ? system_new(p, mem) : NULL;
    Corners c = {0};
    uint32_t left = 0, worst = 0;
    int moved = 0;
    if (!sys || branches_corners(r, sys, r->sol.x, mem, &c)) {
      arena_free(mem);
      return r->sol.status = ECON_MEMORY;
    }
    for (uint32_t i = 0; i < c.n; i++) {
      left += branches_left(&c.at[i]) != 0;
      if (fmax(c.at[i].slack, c.at[i].press) > fmax(c.at[worst].slack, c.at[worst].press)) worst = i;
    }
    if (left && round < ROUNDS) {
      int slack = c.at[worst].slack >= c.at[worst].press;
      moved = move(all, r, s, &c.at[worst], slack) || move(all, r, s, &c.at[worst], !slack);
    }
    if (c.n && !moved) say(r, &c, left);
    arena_free(mem);
    if (!moved) break;
  }
  return r->sol.status;
}
