#include "represent.h"
#include "idle.h"
#include "nonneg.h"
#include "nullity.h"
#include "nullspace.h"
#include <math.h>
#include <string.h>

static const double AT_BOUND = 1e-8;            /* relative distance within which a bound counts as met */
static const double SLACK = 1e-7;               /* relative condition beyond which it is strict */
static const double NULL_TOL = 1e-8;            /* singular value of the scaled matrix that counts as zero */
static const double MOVES = 1e-7;               /* component of a null direction that counts as movement */
enum { ROUNDS = 8 };

typedef struct {
  System *s;
  Mcp *mcp;
  uint32_t n;
  McpScales sc;
  uint8_t *in;                        /* 1: the unknown may move and its condition binds */
  uint8_t *gone;                      /* 1: the constraint of an activity that has shut down, in units of its own */
  const double *size;                 /* of the active rows; T where no activity has shut down */
  double *own_size;                   /* NULL until one has */
  uint32_t *place;                    /* unknown -> row and column of the active matrix; NULL until it is needed */
  uint32_t *of;                       /* and back; likewise */
  uint32_t active;
  int *start, *row;                   /* of the active matrix; NULL until it is needed */
  double *at;
  double *basis; uint32_t q;          /* of the null space: q vectors of length active */
  double *next; uint8_t *hold;        /* a point on the way, and what is held in it; NULL until needed */
  double *mirror;                     /* q numbers of scratch */
  int partial;                        /* there may be more directions than were looked for */
  uint8_t *moves;                     /* there is no basis: directions were counted, and these unknowns move; NULL otherwise */
  unsigned tied, turned;              /* kinds of pairs of which bound and condition both hold, and those taken the other way */
} Tangent;

enum { TIED_CHOICES = 1, TIED_PRICES = 2 };

/* ---- the tangent --------------------------------------------------------------------------------------------------------------- */

static double below(const Tangent *t, const double *x, uint32_t i) { return (x[i] - t->s->lower[i]) / t->sc.unit[i]; }
static double above(const Tangent *t, const double *x, uint32_t i) { return (t->s->upper[i] - x[i]) / t->sc.unit[i]; }

/* Whether unknown i moves while its condition holds. Where bound and condition both hold, a choice may leave its bound, and a multiplier or price
 * stays and its condition may become slack; or, where its kind is turned, the choice stays and the price leaves. */
static int may_move(Tangent *t, const double *x, uint32_t i) {
  const System *s = t->s;
  if (s->fixed[i]) return 0;
  int low = !t->sc.log[i] && below(t, x, i) <= AT_BOUND, high = above(t, x, i) <= AT_BOUND;
  if (!low && !high) return 1;
  double f = t->sc.F[i] / t->sc.T[i];
  int choice = i >= s->p->nglobal && (s->role[i] == ROLE_CHOICE || s->role[i] == ROLE_AUX);
  int tied = low ? f <= SLACK : f >= -SLACK, price = i < s->p->nglobal && s->p->global[i].kind == GLOBAL_PRICE;
  if (!tied || (!choice && !price)) return 0;
  unsigned kind = choice ? TIED_CHOICES : TIED_PRICES;
  t->tied |= kind;
  return choice != !!(t->turned & kind);
}

/* By cells: whether the active matrix, the identity on what does not move, has no singular value near zero. */
static int clearly_regular(Tangent *t, Weights *w) {
  Scaled *linear = mcp_linear(t->mcp);
  double *by_row = t->sc.scratch[0], *by_col = t->sc.scratch[1], *diag = t->sc.scratch[2];
  for (uint32_t i = 0; i < t->n; i++) {
    by_row[i] = t->in[i] ? 1.0 / t->size[i] : 0.0;
    by_col[i] = t->in[i] ? t->sc.unit[i] : 0.0;
    diag[i] = !t->in[i];
  }
  *w = (Weights){by_row, by_col, diag};
  if (scaled_factor(linear, *w) || !(scaled_rcond(linear) > 1e-14)) return 0;
  return scaled_least(linear, t->sc.scratch[3]) > 100.0 * NULL_TOL;
}

/* The rows of activities that have shut down are measured by what moves them along the proportions of their lane. Returns 1 when memory failed. */
static int row_sizes(Tangent *t, const double *x, Arena *mem) {
  int any = 0;
  idle_rows(t->s, x, t->gone);
  for (uint32_t i = 0; i < t->n; i++) any |= t->gone[i];
  t->size = t->sc.T;
  if (!any) return 0;
  if (!t->own_size && !(t->own_size = ARENA_ARRAY(mem, double, t->n + 1))) return 1;
  double *size = t->own_size;
  for (uint32_t i = 0; i < t->n; i++) size[i] = t->gone[i] ? 0.0 : t->sc.T[i];
  for (uint32_t k = 0; k < system_runs(t->s); k++) {
    EntryRun r = system_run(t->s, k);
    for (uint32_t l = 0; l < r.n; l++) {
      uint32_t i = r.row_at ? r.row_at[l] : r.row + l * r.row_step, j = r.col_at ? r.col_at[l] : r.col + l * r.col_step;
      if (i < t->n && j < t->n && t->gone[i] && t->sc.log[j]) size[i] = fmax(size[i], fabs(r.v[l * r.v_step]) * t->sc.unit[j]);
    }
  }
  for (uint32_t i = 0; i < t->n; i++)
    if (!(size[i] > 0.0)) size[i] = t->sc.T[i];
  t->size = size;
  return 0;
}

/* Room for the active matrix in compressed columns. */
static int active_room(Tangent *t, Arena *mem) {
  if (t->start) return 0;
  if (system_csc(t->s)) return 1;
  size_t nnz = (size_t)t->s->jac.start[t->n];
  t->place = ARENA_ARRAY(mem, uint32_t, t->n + 1);
  t->of = ARENA_ARRAY(mem, uint32_t, t->n + 1);
  t->start = ARENA_ARRAY(mem, int, t->n + 2);
  t->row = ARENA_ARRAY(mem, int, nnz + 1);
  t->at = ARENA_ARRAY(mem, double, nnz + 1);
  return arena_failed(mem);
}

/* By cells: whether there are more directions than a basis should have, which are then counted. */
static int counted(Tangent *t, Weights w, Arena *mem) {
  uint32_t dim = 0, moving = 0;
  for (uint32_t i = 0; i < t->n; i++) moving += t->in[i];
  uint8_t *moves = ARENA_ARRAY(mem, uint8_t, t->n + 1);
  if (!moves || nullity_count(t->s->cells, w, NULL_TOL, &dim, moves)) return !moves;
  if (dim <= nullspace_most((int)moving)) return 0;
  t->q = dim;
  t->partial = 1;
  t->moves = moves;
  return 1;
}

static int tangent_build(Tangent *t, const double *x, Arena *mem) {
  const Csc *j = &t->s->jac;
  if (mcp_scales(t->mcp, x, &t->sc)) return 1;
  t->active = t->q = t->tied = 0;
  if (row_sizes(t, x, mem)) return 1;
  for (uint32_t i = 0; i < t->n; i++) t->in[i] = (uint8_t)may_move(t, x, i);
  t->partial = 0;
  t->moves = NULL;
  Weights w;
  int regular = t->s->cells ? clearly_regular(t, &w) : 0;
  if (regular) return 0;
  if (t->s->cells && counted(t, w, mem)) return arena_failed(mem);
  if (active_room(t, mem)) return 1;
  for (uint32_t i = 0; i < t->n; i++) {
    t->place[i] = t->active;
    if (t->in[i]) t->of[t->active++] = i;
  }
  int k = 0;
  for (uint32_t c = 0; c < t->active; c++) {
    uint32_t col = t->of[c];
    for (int e = j->start[col]; e < j->start[col + 1]; e++) {
      uint32_t r = (uint32_t)j->row[e];
      if (r >= t->n || !t->in[r]) continue;
      t->row[k] = (int)t->place[r];
      t->at[k++] = j->at[e] / t->size[r] * t->sc.unit[col];
    }
    t->start[c + 1] = k;
  }
  double least;
  if (nullspace((int)t->active, (int)t->active, t->start, t->row, t->at, NULL_TOL, &t->basis, &t->q, &least, mem)) return 1;
  t->partial = t->q == nullspace_most((int)t->active) && t->q < t->active;
  return 0;
}

static double component(const Tangent *t, uint32_t place, uint32_t j) { return t->basis[(size_t)j * t->active + place]; }

static int row_moves(const Tangent *t, uint32_t place) {
  double s = 0.0;
  for (uint32_t j = 0; j < t->q; j++) s += component(t, place, j) * component(t, place, j);
  return sqrt(s) > MOVES;
}

/* ---- inequalities along it ----------------------------------------------------------------------------------------------------- */

typedef struct { uint32_t n; double *A, *b; } Walls;    /* A z >= b, A: n x q row-major */

static void wall(Walls *w, uint32_t q, const double *row, double sign, double room) {
  for (uint32_t j = 0; j < q; j++) w->A[(size_t)w->n * q + j] = sign * row[j];
  w->b[w->n++] = -fmax(room, 0.0);
}

/* Walls of moving unknowns (their bounds) and of resting ones (their conditions must keep their sign). met: only those met now. */
static int walls_build(const Tangent *t, const double *x, int met, Walls *w, Arena *mem) {
  uint32_t q = t->q;
  const Csc *j = &t->s->jac;
  w->n = 0;
  w->A = ARENA_ARRAY(mem, double, (size_t)2 * t->n * q + 1);
  w->b = ARENA_ARRAY(mem, double, (size_t)2 * t->n + 1);
  double *dF = ARENA_ARRAY(mem, double, (size_t)t->n * q + 1), *row = ARENA_ARRAY(mem, double, q + 1);
  if (arena_failed(mem)) return 1;
  for (uint32_t c = 0; c < t->active; c++) {
    uint32_t i = t->of[c];
    for (int e = j->start[i]; e < j->start[i + 1]; e++) {
      uint32_t r = (uint32_t)j->row[e];
      for (uint32_t d = 0; r < t->n && !t->in[r] && d < q; d++)
        dF[(size_t)r * q + d] += j->at[e] / t->sc.T[r] * t->sc.unit[i] * component(t, c, d);
    }
    if (!row_moves(t, c)) continue;
    for (uint32_t d = 0; d < q; d++) row[d] = component(t, c, d);
    double lo = below(t, x, i), up = above(t, x, i);
    if (isfinite(lo) && (!met || lo <= AT_BOUND)) wall(w, q, row, 1.0, t->sc.log[i] ? 0.99 * lo : lo);
    if (isfinite(up) && (!met || up <= AT_BOUND)) wall(w, q, row, -1.0, up);
  }
  for (uint32_t i = 0; i < t->n; i++) {
    if (t->in[i] || t->s->fixed[i]) continue;
    double f = t->sc.F[i] / t->sc.T[i], sign = below(t, x, i) <= AT_BOUND ? 1.0 : -1.0, size = 0.0;
    for (uint32_t d = 0; d < q; d++) size = fmax(size, fabs(dF[(size_t)i * q + d]));
    if (size > MOVES && (!met || sign * f <= SLACK)) wall(w, q, dF + (size_t)i * q, sign, sign * f);
  }
  return 0;
}

/* All equalities that the walls imply at once, the clearest first: a reflection carries a wall's normal to the last coordinate, whose basis vector
 * is dropped, and the other walls along. What is left of a wall that repeats earlier ones is no direction. */
static void drop_equalities(Tangent *t, Walls *w, const uint8_t *equal) {
  const uint32_t all = t->q;
  double first = 0.0;
  while (t->q) {
    uint32_t pick = w->n, q = t->q;
    double most = 0.0;
    for (uint32_t i = 0; i < w->n; i++) {
      double size = 0.0;
      for (uint32_t d = 0; equal[i] && d < q; d++) size += w->A[(size_t)i * all + d] * w->A[(size_t)i * all + d];
      if (size > most) {
        most = size;
        pick = i;
      }
    }
    first = fmax(first, most);
    if (pick == w->n || most <= MOVES * MOVES * first) return;
    double *v = t->mirror, size = sqrt(most), square = 0.0;
    memcpy(v, w->A + (size_t)pick * all, q * sizeof *v);
    v[q - 1] -= v[q - 1] > 0.0 ? -size : size;
    for (uint32_t d = 0; d < q; d++) square += v[d] * v[d];
    for (uint32_t r = 0; square > 0.0 && r < t->active; r++) {
      double c = 0.0;
      for (uint32_t d = 0; d < q; d++) c += component(t, r, d) * v[d];
      for (uint32_t d = 0; c != 0.0 && d < q; d++) t->basis[(size_t)d * t->active + r] -= 2.0 * c / square * v[d];
    }
    for (uint32_t i = 0; square > 0.0 && i < w->n; i++) {
      double c = 0.0, *a = w->A + (size_t)i * all;
      for (uint32_t d = 0; equal[i] && d < q; d++) c += a[d] * v[d];
      for (uint32_t d = 0; c != 0.0 && d < q; d++) a[d] -= 2.0 * c / square * v[d];
    }
    t->q--;
  }
}

/* Removes from the null space what no feasible movement can use; the basis stays orthonormal. */
static int tangent_restrict(Tangent *t, const double *x, Arena *mem) {
  while (t->q && !t->partial) {
    Walls w;
    uint32_t q = t->q;
    if (walls_build(t, x, 1, &w, mem)) return 1;
    uint8_t *equal = ARENA_ARRAY(mem, uint8_t, w.n + 1);
    t->mirror = ARENA_ARRAY(mem, double, q + 1);
    if (!equal || !t->mirror) return 1;
    uint32_t found = nonneg_implied(w.n, q, w.A, equal, mem);
    if (found == UINT32_MAX) return 1;
    if (found == 0) return 0;
    drop_equalities(t, &w, equal);
  }
  return 0;
}

/* ---- the representative -------------------------------------------------------------------------------------------------------- */

/* The least-trade step z along the tangent; size: the length of the movement in scaled units. */
static int least_trade(const Tangent *t, const double *x, double *z, double *size, Arena *mem) {
  uint32_t q = t->q;
  double *H = ARENA_ARRAY(mem, double, (size_t)q * q + 1), *g = ARENA_ARRAY(mem, double, q + 1), largest = 0.0;
  Walls w;
  if (arena_failed(mem) || walls_build(t, x, 0, &w, mem)) return 1;
  for (uint32_t c = 0; c < t->active; c++) {
    uint32_t i = t->of[c];
    if (i < t->s->p->nglobal || !(t->s->flag[i] & OWN_CLAIM)) continue;
    double mass = system_mass(t->s, i);
    for (uint32_t a = 0; a < q; a++) {
      double move = t->sc.unit[i] * component(t, c, a);
      g[a] += mass * x[i] * move;
      for (uint32_t b = 0; b < q; b++) H[a * q + b] += mass * move * t->sc.unit[i] * component(t, c, b);
    }
  }
  for (uint32_t a = 0; a < q; a++) largest = fmax(largest, H[a * q + a]);
  *size = 0.0;
  if (!(largest > 0.0)) return 0;
  /* Proximal in what the rule leaves open: those directions stay where they are. */
  for (uint32_t a = 0; a < q; a++) H[a * q + a] += 1e-7 * largest;
  if (nonneg_quadratic(q, H, g, w.n, w.A, w.b, z, mem)) return 1;
  for (uint32_t a = 0; a < q; a++) *size += z[a] * z[a];
  *size = sqrt(*size);
  return 0;
}

/* x moved by `step` times z. Bounds met are met exactly and held there. */
static void move(const Tangent *t, const double *x, const double *z, double step, double *to, uint8_t *hold) {
  memcpy(to, x, sizeof *to * t->n);
  memset(hold, 0, t->n);
  for (uint32_t c = 0; c < t->active; c++) {
    uint32_t i = t->of[c];
    double d = 0.0;
    for (uint32_t a = 0; a < t->q; a++) d += component(t, c, a) * z[a];
    to[i] += step * d * t->sc.unit[i];
    if (t->sc.log[i] || !row_moves(t, c)) continue;
    if (below(t, to, i) <= AT_BOUND) to[i] = t->s->lower[i], hold[i] = 1;
    else if (above(t, to, i) <= AT_BOUND) to[i] = t->s->upper[i], hold[i] = 1;
  }
}

static Tangent *tangent_new(System *s, Mcp *m, Arena *mem) {
  Tangent *t = ARENA_NEW(mem, Tangent);
  if (!t) return NULL;
  t->s = s;
  t->mcp = m;
  t->n = s->p->nx;
  t->in = ARENA_ARRAY(mem, uint8_t, t->n + 1);
  t->gone = ARENA_ARRAY(mem, uint8_t, t->n + 1);
  return arena_failed(mem) ? NULL : t;
}

static double *room_for_next(Tangent *t, Arena *mem) {
  if (!t->next) t->next = ARENA_ARRAY(mem, double, t->n + 1);
  return t->next;
}

/* One round: a quadratic program along the tangent and Newton back. Returns the size of the movement made, negative on failure. */
static double travel(Tangent *t, double *x, double tol, Arena *mem) {
  double *z = ARENA_ARRAY(mem, double, t->q + 1), size;
  if (!t->hold) t->hold = ARENA_ARRAY(mem, uint8_t, t->n + 1);
  uint8_t *hold = t->hold;
  double *next = room_for_next(t, mem);
  if (!z || !hold || !next || least_trade(t, x, z, &size, mem)) return -1.0;
  double step = 1.0;
  for (int h = 0; h < 6; h++, step *= 0.5) {
    move(t, x, z, step, next, hold);
    if (!(system_domain(t->s, next, NULL) > 0.0)) continue;
    double worst = mcp_polish(t->mcp, next, NULL, hold);
    if (!(worst <= tol)) continue;
    memcpy(x, next, sizeof *x * t->n);
    return step * size;
  }
  return -1.0;
}

/* Positions that are nothing but rounding, and sums of such (an idle firm's profit), become exactly zero (or their bound), so that a condition whose terms are all of them holds exactly. */
static double tidy(const Tangent *t, const double *x, uint32_t i, double tol) {
  (void)tol;
  if (i < t->s->p->nglobal && t->s->p->global[i].kind == GLOBAL_AGGREGATE) return fabs(x[i]) <= 1e-12 * fmax(t->sc.unit[i], 1e-6) ? 0.0 : x[i];
  if (i < t->s->p->nglobal || t->s->role[i] != ROLE_CHOICE || t->sc.log[i] || t->s->fixed[i]) return x[i];
  if (fabs(below(t, x, i)) <= 1e-12) return t->s->lower[i];
  if (fabs(above(t, x, i)) <= 1e-12) return t->s->upper[i];
  return fabs(x[i]) <= 1e-12 * t->sc.unit[i] ? 0.0 : x[i];
}

/* Rounding may have carried an unknown out of its declared bounds, also one that an equation decides: it is put on the bound. */
static double within_bounds(const Tangent *t, const double *x, uint32_t i, double tol) {
  const System *s = t->s;
  double slight = tol * (1.0 + fabs(x[i]));
  if (x[i] > s->most[i] && x[i] <= s->most[i] + slight) return s->most[i];
  return x[i] < s->least[i] && x[i] >= s->least[i] - slight ? s->least[i] : x[i];
}

/* x with every unknown put right by `put`; kept only where every condition still holds. */
static void put_right(Tangent *t, double *x, double tol, double (*put)(const Tangent *, const double *, uint32_t, double), Arena *mem) {
  int any = 0;
  for (uint32_t i = 0; i < t->n && !any; i++) {
    double v = put(t, x, i, tol);
    any = memcmp(&v, &x[i], sizeof v) != 0;
  }
  double *next = any ? room_for_next(t, mem) : NULL;
  if (!next) return;
  for (uint32_t i = 0; i < t->n; i++) next[i] = put(t, x, i, tol);
  if (mcp_residual(t->mcp, next, NULL) <= tol) memcpy(x, next, sizeof *x * t->n);
}

static void mark(const Tangent *t, uint8_t *loose) {
  for (uint32_t i = 0; loose && t->moves && i < t->n; i++) loose[i] |= t->moves[i];
  for (uint32_t c = 0; loose && t->q && c < t->active; c++) loose[t->of[c]] |= (uint8_t)row_moves(t, c);
}

static DimensionKind kind_of(const Tangent *t) { return t->moves ? DIMENSION_COUNTED : t->partial ? DIMENSION_AT_LEAST : DIMENSION_EXACT; }

/* The dimension of the tangent built last, and of those in which pairs that are tied are taken the other way, kind by kind: at a corner of the solution
 * set (a price that only has a lower limit, at that limit) it shows in one of them alone. Returns the largest; NO_INDEX on failure. */
static uint32_t dimension(Tangent *t, const double *x, uint8_t *loose, DimensionKind *how, Arena *mem) {
  uint32_t most = t->q;
  unsigned tied = t->tied;
  *how = kind_of(t);
  mark(t, loose);
  for (unsigned kind = TIED_CHOICES; kind <= TIED_PRICES && *how == DIMENSION_EXACT; kind <<= 1) {
    if (!(tied & kind)) continue;
    t->turned = kind;
    int failed = tangent_build(t, x, mem) || tangent_restrict(t, x, mem);
    t->turned = 0;
    if (failed) return NO_INDEX;
    *how = kind_of(t);
    most = t->q > most ? t->q : most;
    mark(t, loose);
  }
  return most;
}

int represent(System *s, Mcp *m, double *x, double tol, uint8_t *loose, uint32_t *dim, Effort *e) {
  *dim = 0;
  memset(loose, 0, s->p->nx);
  Arena *heap = arena_new(NULL);
  Tangent *t = heap ? tangent_new(s, m, heap) : NULL;
  int failed = !t;
  for (int round = 0; !failed && round <= ROUNDS; round++) {
    if ((failed = tangent_build(t, x, heap) || tangent_restrict(t, x, heap)) || t->q == 0) break;
    if (round == ROUNDS || t->partial || effort_over(e, 0.0, "representative")) break;
    double size = travel(t, x, tol, heap);
    if (size < 1e-9) break;
  }
  DimensionKind how;
  failed = failed || (*dim = dimension(t, x, loose, &how, heap)) == NO_INDEX;
  if (failed) *dim = 0;
  else {
    put_right(t, x, tol, tidy, heap);
    put_right(t, x, tol, within_bounds, heap);
  }
  arena_free(heap);
  return failed;
}

uint32_t represent_dimension(System *s, const double *x, uint8_t *loose, DimensionKind *how) {
  Arena *heap = arena_new(NULL);
  Mcp *m = heap ? mcp_new(s, heap) : NULL;
  Tangent *t = m ? tangent_new(s, m, heap) : NULL;
  uint32_t dim = NO_INDEX;
  if (t && !tangent_build(t, x, heap) && !tangent_restrict(t, x, heap)) {
    DimensionKind kind;
    if (loose) memset(loose, 0, s->p->nx);
    dim = dimension(t, x, loose, &kind, heap);
    if (how) *how = kind;
  }
  mcp_free(m);
  arena_free(heap);
  return dim;
}
