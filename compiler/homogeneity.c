/* homogeneity.c: which price levels are free, and whether each is normalised exactly once.
 *
 * A change of the unit of account multiplies unknowns by powers of one number, x_i -> t^a_i x_i (prices and claims in that unit by t,
 * multipliers of budgets by 1/t, quantities by 1), and every condition by a power of its own. Differentiating in t at t = 1:
 *     sum_i a_i x_i dF_r/dx_i = d_r F_r    at every x,    for every condition r but the normalisations.
 * Read at random points this is linear in the degrees a and d; each condition gives equations between the degrees of the few unknowns
 * that stand in it, and the null space of all of them is the space of units of account that the economy leaves free. A currency that
 * only exchange rates connect with another has its own. Where none is pinned down by a normalisation, something is not determined.
 *
 * A normalisation is one too many where no market's clearing follows from the rest by Walras' law. That law holds at each node for
 * itself, claims being cleared: promises in money tie the units of two nodes to each other but leave each node its own redundant
 * market, so that normalising both decides what is promised. Normalisations are therefore held against the units that are free when
 * claims are measured at each node in that node's unit.
 *
 * Classes of many types are represented by a few: types share their conditions. */
#include "few.h"
#include "structure.h"
#include "../runtime/nullspace.h"
#include "../runtime/rank.h"
#include <math.h>
#include <string.h>

enum { WIDEST = 160, DRAWS = 400, LARGEST = 20000 };
#define TOL 1e-8

/* ---- equations between degrees ---- */
typedef struct { uint32_t row, col; double at; } Entry3;
typedef struct {
  System *s;
  Arena *mem;
  uint8_t *out;                                         /* unknowns without a degree: fixed, bounded away from zero, slacks */
  int *start, *col, *pos;                               /* the Jacobian by rows: columns, and positions in jac.at */
  VEC(Entry3) entry; uint32_t nrow;
} Degrees;

static int has_degree(const Degrees *g, uint32_t i) {
  const System *s = g->s;
  if (i < s->p->nglobal && s->p->global[i].kind == GLOBAL_SLACK) return 0;
  double lo = s->least[i], hi = s->most[i];
  return !s->fixed[i] && !(isfinite(lo) && lo != 0) && !(isfinite(hi) && hi != 0);
}

static int by_rows(Degrees *g) {
  const Csc *j = &g->s->jac;
  uint32_t nx = g->s->p->nx;
  g->start = ARENA_ARRAY(g->mem, int, (size_t)j->rows + 2);
  g->col = ARENA_ARRAY(g->mem, int, (size_t)j->start[nx] + 1);
  g->pos = ARENA_ARRAY(g->mem, int, (size_t)j->start[nx] + 1);
  g->out = ARENA_ARRAY(g->mem, uint8_t, nx + 1);
  if (arena_failed(g->mem)) return 1;
  for (int k = 0; k < j->start[nx]; k++) g->start[j->row[k] + 2]++;
  for (uint32_t r = 0; r < j->rows; r++) g->start[r + 2] += g->start[r + 1];
  for (uint32_t c = 0; c < nx; c++) {
    g->out[c] = (uint8_t)!has_degree(g, c);
    for (int k = j->start[c]; k < j->start[c + 1]; k++) {
      int to = g->start[j->row[k] + 1]++;
      g->col[to] = (int)c;
      g->pos[to] = k;
    }
  }
  return 0;
}

/* The points' share in one condition's equations: a row of derivatives times unknowns, and the condition's value behind it. */
typedef struct { double *at; uint32_t n, wanted; } Sample;

static int is_normalisation(const Problem *p, uint32_t row) { return row < p->nglobal && p->global[row].kind == GLOBAL_SLACK; }

static uint32_t width_of(const Degrees *g, uint32_t row) { return (uint32_t)(g->start[row + 1] - g->start[row]); }

/* Fills every condition's sample from random points at which it is defined; 1 when some condition is defined at none of them. */
static int draw_samples(Degrees *g, Sample *sample) {
  uint32_t nx = g->s->p->nx, short_of = 0;
  double *x = ARENA_ARRAY(g->mem, double, nx + 1), *F = ARENA_ARRAY(g->mem, double, nx + 1);
  if (arena_failed(g->mem)) return 1;
  for (uint32_t r = 0; r < nx; r++) {
    if (is_normalisation(g->s->p, r) || g->s->fixed[r]) continue;
    uint32_t w = width_of(g, r);
    if (w > WIDEST) return 1;
    sample[r].wanted = w + 2;
    sample[r].at = ARENA_ARRAY(g->mem, double, (size_t)(w + 2) * (w + 1));
    short_of++;
  }
  if (arena_failed(g->mem)) return 1;
  for (uint64_t draw = 1; draw <= DRAWS && short_of; draw++) {
    structure_point(g->s, draw, x);
    for (uint32_t i = 0; i < g->s->p->nglobal; i++)
      if (g->s->p->global[i].kind == GLOBAL_SLACK) x[i] = 0;
    system_rows(g->s, x, F, NULL);
    system_jacobian(g->s, x);
    for (uint32_t r = 0; r < nx; r++) {
      Sample *z = &sample[r];
      uint32_t w = z->wanted - 2;
      if (z->n >= z->wanted || !isfinite(F[r])) continue;
      double *to = z->at + (size_t)z->n * (w + 1), most = fabs(F[r]);
      int fine = 1;
      for (uint32_t k = 0; k < w; k++) {
        uint32_t c = (uint32_t)g->col[g->start[r] + (int)k];
        to[k] = g->out[c] ? 0 : g->s->jac.at[g->pos[g->start[r] + (int)k]] * x[c];
        fine &= isfinite(to[k]) != 0;
        most = fmax(most, fabs(to[k]));
      }
      if (!fine) continue;
      to[w] = -F[r];
      for (uint32_t k = 0; k <= w && most > 0; k++) to[k] /= most;
      if (++z->n == z->wanted) short_of--;
    }
  }
  return short_of > 0;
}

static int is_claim(const Degrees *g, uint32_t i) { return i >= g->s->p->nglobal && (g->s->flag[i] & OWN_CLAIM); }

/* What one condition says about the degrees of its unknowns: what is orthogonal to every vector of degrees that it allows, its own
 * degree d_r (the last column) eliminated by leaving it out; loose claims are eliminated in the same way. */
static int equations_of(Degrees *g, uint32_t r, const Sample *z, int loose) {
  uint32_t w = z->wanted - 2, n = 0;
  uint32_t *keep = ARENA_ARRAY(g->mem, uint32_t, w + 1);
  NullSpace allowed, bound;
  if (!keep || null_space(z->at, z->n, w + 1, &allowed, g->mem)) return 1;
  for (uint32_t j = 0; j < w; j++)
    if (!loose || !is_claim(g, (uint32_t)g->col[g->start[r] + (int)j])) keep[n++] = j;
  double *basis = ARENA_ARRAY(g->mem, double, (size_t)allowed.dim * n + 1);
  if (!basis) return 1;
  for (uint32_t k = 0; k < allowed.dim; k++)
    for (uint32_t j = 0; j < n; j++) basis[(size_t)k * n + j] = allowed.basis[(size_t)k * (w + 1) + keep[j]];
  if (null_space(basis, allowed.dim, n, &bound, g->mem)) return 1;
  for (uint32_t k = 0; k < bound.dim; k++, g->nrow++)
    for (uint32_t j = 0; j < n; j++)
      if (fabs(bound.basis[(size_t)k * n + j]) > 1e-12)
        VEC_PUSH(g->mem, g->entry, (Entry3){g->nrow, (uint32_t)g->col[g->start[r] + (int)keep[j]], bound.basis[(size_t)k * n + j]});
  return 0;
}

/* ---- the free units of account ---- */
typedef struct { double *basis; uint32_t dim; uint32_t *column, n; } Gauge;   /* dim vectors over the n unknowns in column[] that take part */

static int solve_degrees(Degrees *g, int loose, Gauge *out) {
  uint32_t nx = g->s->p->nx;
  uint32_t *place = ARENA_ARRAY(g->mem, uint32_t, nx + 1);
  out->column = ARENA_ARRAY(g->mem, uint32_t, nx + 1);
  int *start = ARENA_ARRAY(g->mem, int, nx + 2), *row = ARENA_ARRAY(g->mem, int, g->entry.n + 1);
  double *at = ARENA_ARRAY(g->mem, double, g->entry.n + 1), least;
  if (arena_failed(g->mem)) return 1;
  memset(place, 0xff, sizeof *place * nx);
  for (uint32_t r = 0; r < nx; r++)                      /* unknowns that stand in some condition */
    for (int k = g->start[r]; k < g->start[r + 1]; k++) {
      uint32_t c = (uint32_t)g->col[k];
      if (!g->out[c] && !(loose && is_claim(g, c)) && place[c] == UINT32_MAX && !is_normalisation(g->s->p, r) && !g->s->fixed[r]) {
        place[c] = out->n;
        out->column[out->n++] = c;
      }
    }
  uint32_t kept = 0;
  for (uint32_t k = 0; k < g->entry.n; k++)
    if (place[g->entry.at[k].col] != UINT32_MAX) start[place[g->entry.at[k].col] + 1]++;
  for (uint32_t j = 0; j < out->n; j++) start[j + 1] += start[j];
  int *next = ARENA_ARRAY(g->mem, int, out->n + 1);
  if (!next) return 1;
  memcpy(next, start, sizeof *next * out->n);
  for (uint32_t k = 0; k < g->entry.n; k++) {
    const Entry3 *e = &g->entry.at[k];
    if (place[e->col] == UINT32_MAX) continue;
    row[next[place[e->col]]] = (int)e->row;
    at[next[place[e->col]]++] = e->at;
    kept++;
  }
  return nullspace((int)g->nrow, (int)out->n, start, row, at, TOL, &out->basis, &out->dim, &least, g->mem);
}

/* ---- normalisations against them ---- */

/* How much each free unit moves each normalisation: one row for each, at a random point where all are defined. */
static double *moves(Degrees *g, const Gauge *u, const uint32_t *norm, uint32_t n) {
  uint32_t nx = g->s->p->nx;
  double *x = ARENA_ARRAY(g->mem, double, nx + 1), *B = ARENA_ARRAY(g->mem, double, (size_t)n * u->dim + 1), *a = ARENA_ARRAY(g->mem, double, nx + 1);
  if (arena_failed(g->mem)) return NULL;
  for (uint64_t draw = 1; draw <= DRAWS; draw++) {
    int fine = 1;
    structure_point(g->s, draw, x);
    system_jacobian(g->s, x);
    for (uint32_t k = 0; k < u->dim; k++) {
      memset(a, 0, sizeof *a * nx);
      for (uint32_t j = 0; j < u->n; j++) a[u->column[j]] = u->basis[(size_t)k * u->n + j];
      for (uint32_t i = 0; i < n; i++) {
        double sum = 0, size = 0;
        for (int q = g->start[norm[i]]; q < g->start[norm[i] + 1]; q++) {
          double t = g->s->jac.at[g->pos[q]] * x[g->col[q]];
          sum += t * a[g->col[q]];
          size += fabs(t);
        }
        B[(size_t)i * u->dim + k] = size > 0 && fabs(sum) > 1e-6 * size ? sum / size : 0;
        fine &= isfinite(sum) != 0;
      }
    }
    if (fine) return B;
  }
  return NULL;
}

/* By us, because nobody said a numeraire. */
static int is_chosen(const Lowered *L, const Economy *e, uint32_t row) {
  Origin at = lowered_condition_at(L, row);
  for (uint32_t i = 0; i < e->normalisations.n; i++)
    if (e->normalisations.at[i].derived && !e->normalisations.at[i].dropped && e->normalisations.at[i].at == at) return 1;
  return 0;
}

static Origin marked_good(const Economy *e, Str *name) {
  for (uint32_t i = 0; i < e->goods.n; i++)
    if (e->goods.at[i].numeraire) {
      *name = e->goods.at[i].elem;
      return e->goods.at[i].at;
    }
  return 0;
}

static void say_twice(const Lowered *L, Compilation *cc, const Economy *e, uint32_t row, uint32_t other) {
  Str good = 0;
  Origin at = lowered_condition_at(L, row);
  if (other != UINT32_MAX) {
    Diag *d = diag_add(cc, SEV_ERROR, "numeraire.double", at, "these prices are normalised twice: one level can be chosen, and another normalisation has chosen it");
    diag_note(cc, d, lowered_condition_at(L, other), "the other normalisation");
    diag_hint(cc, d, "keep one of them; a second currency needs prices of its own, connected with the first by exchange rates alone");
    return;
  }
  Origin good_at = marked_good(e, &good);
  Diag *d = diag_add(cc, SEV_ERROR, "numeraire.double", at, good_at ? "these prices are quoted in `%s` already, so that their level cannot be chosen again" : "amounts without a price%s fix the level of these prices, so that it cannot be chosen",
                     good_at ? str_text(cc->strs, good) : "");
  if (good_at) diag_note(cc, d, good_at, "the good in which prices are quoted");
  diag_hint(cc, d, good_at ? "drop the normalisation, or the word `numeraire` of the good and give it a price in every budget" : "drop the normalisation, or give every amount of a good its price");
}

/* Normalisations that a question or the file wrote before those we chose; each that adds nothing to the ones before it is one too many. */
static int judge(const Lowered *L, Compilation *cc, const Economy *e, Degrees *g, const Gauge *u, const uint32_t *norm, uint32_t n) {
  double *B = moves(g, u, norm, n);
  int bad = 0;
  NullSpace z;
  for (uint32_t i = 0; B && i < n; i++) {
    if (is_chosen(L, e, norm[i])) continue;
    uint32_t rank = 0, other = UINT32_MAX;
    if (u->dim) {
      if (null_space(B, i + 1, u->dim, &z, g->mem)) return bad;
      rank = z.rank;
      if (rank == i + 1 - (uint32_t)bad) continue;
      for (uint32_t k = 0; k < u->dim; k++)
        if (B[(size_t)i * u->dim + k] != 0)
          for (uint32_t j = 0; j < i && other == UINT32_MAX; j++)
            if (B[(size_t)j * u->dim + k] != 0) other = norm[j];
    }
    say_twice(L, cc, e, norm[i], other);
    bad++;
  }
  return bad;
}

/* Prices whose level no normalisation fixes. */
static void say_free(const Lowered *L, Compilation *cc, Degrees *g, const Gauge *u, const uint32_t *norm, uint32_t n) {
  const Problem *p = g->s->p;
  double *B = moves(g, u, norm, n);
  NullSpace z;
  uint32_t *price = ARENA_ARRAY(g->mem, uint32_t, u->n + 1), count = 0;
  if (!B || !price || null_space(B, n, u->dim, &z, g->mem) || !z.dim) return;
  for (uint32_t j = 0; j < u->n; j++) {
    double most = 0;
    for (uint32_t v = 0; v < z.dim; v++) {
      double sum = 0;
      for (uint32_t k = 0; k < u->dim; k++) sum += z.basis[(size_t)v * u->dim + k] * u->basis[(size_t)k * u->n + j];
      most = fmax(most, fabs(sum));
    }
    if (most > 1e-6 && u->column[j] < p->nglobal && p->global[u->column[j]].kind == GLOBAL_PRICE) price[count++] = u->column[j];
  }
  if (!count) return;
  Text t = {0};
  structure_list(&p->names, p->names.unknown, price, count, &t);
  Diag *d = diag_add(cc, SEV_WARNING, "numeraire.free", lowered_unknown_at(L, price[0]), "nothing fixes the level of %s: with every amount in that unit multiplied by one number, an equilibrium stays one", t.at ? t.at : "these prices");
  diag_hint(cc, d, "write `numeraire` with one of these prices where its level is to be chosen");
  text_free(&t);
}

/* What somebody cares for is a quantity, which no change of unit changes. */
static void quantities_stay(Degrees *g) {
  const Problem *p = g->s->p;
  for (uint32_t b = 0; b < p->nblock; b++) {
    const Kernel *k = p->block[b].k;
    for (uint32_t j = 0; j < k->ngoal_in; j++)
      for (uint32_t l = 0; l < p->block[b].lanes; l++, g->nrow++) VEC_PUSH(g->mem, g->entry, (Entry3){g->nrow, problem_own(&p->block[b], k->in[k->goal_in[j]].ref, l), 1});
  }
}

/* loose: every claim's degree is each condition's own affair. */
static int gauge(Degrees *g, const Sample *sample, int loose, Gauge *u) {
  *u = (Gauge){0};
  g->entry.n = g->nrow = 0;
  for (uint32_t r = 0; r < g->s->p->nx; r++)
    if (sample[r].at && !(loose && is_claim(g, r)) && equations_of(g, r, &sample[r], loose)) return 1;
  if (!loose) quantities_stay(g);
  return solve_degrees(g, loose, u);
}

int homogeneity_check(const Lowered *L, Compilation *cc, const Economy *e, Arena *mem) {
  Degrees g = {.mem = mem};
  Gauge u;
  const Problem *p = few_types(lowered_problem(L), 0, mem);         /* a price that a question fixes is still a price */
  if (!p || p->nx > LARGEST || !(g.s = system_new(p, mem)) || by_rows(&g)) return 0;
  uint32_t *norm = ARENA_ARRAY(mem, uint32_t, p->nglobal + 1), n = 0;
  Sample *sample = ARENA_ARRAY(mem, Sample, p->nx + 1);
  if (arena_failed(mem) || draw_samples(&g, sample)) return 0;
  for (int chosen = 0; chosen < 2; chosen++)
    for (uint32_t r = 0; r < p->nglobal; r++)
      if (is_normalisation(p, r) && is_chosen(L, e, r) == chosen) norm[n++] = r;
  if (n && gauge(&g, sample, 1, &u)) return 0;
  int bad = n ? judge(L, cc, e, &g, &u, norm, n) : 0;
  if (!bad && !gauge(&g, sample, 0, &u) && u.dim) say_free(L, cc, &g, &u, norm, n);
  return bad;
}
