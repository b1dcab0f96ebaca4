#include "sensitivity.h"
#include "linsys.h"
#include "mcp.h"
#include "nullspace.h"
#include <math.h>
#include <string.h>

static const double AT_BOUND = 1e-8;            /* relative distance within which a bound counts as met */
static const double SLACK = 1e-7;               /* relative condition beyond which it is strict */
static const double NULL_TOL = 1e-8;            /* singular value of the scaled matrix that counts as zero */
static const double DELTA = 1e-6;               /* weight of the length of a movement where the matrix is singular */
static const double STILL = 1e-7;               /* relative movement that counts as none */
static const double ROUNDING = 1e-15;           /* relative size of what is left of sums that cancel */
static const double KEPT = 1e-8;                /* relative residual within which the conditions are kept along a movement */
enum { PASSES = 8 };

typedef enum { AT_FREE, AT_LOWER, AT_UPPER, AT_FIXED } Place;

typedef struct { int n, *start, *row; double *at; uint32_t *of, *place; } Square;   /* rows and columns of[]; place: unknown -> n or NO_INDEX */

struct Sensitivity {
  const Problem *p;
  System *sys;
  Mcp *mcp;
  McpScales sc;
  uint8_t *where, *biactive;          /* nx: Place; 1 where bound and condition both hold */
  uint32_t nbiactive;
  Square k;                           /* the unknowns strictly inside */
  uint32_t dim;                       /* of its null space */
  Linsys *ls; Lsq *lsq;               /* one of them */
  Square wide; double *basis; uint32_t nbasis;          /* with choices that may leave a bound: what is not determined */
  double *z, *r;                      /* scratch: nx */
};

static int is_choice(const System *s, uint32_t i) { return i >= s->p->nglobal && (s->role[i] == ROLE_CHOICE || s->role[i] == ROLE_AUX); }

static void classify(Sensitivity *s, const double *x) {
  const System *sys = s->sys;
  for (uint32_t i = 0; i < s->p->nx; i++) {
    if (sys->fixed[i]) {
      s->where[i] = AT_FIXED;
      continue;
    }
    double unit = s->sc.unit[i], f = s->sc.F[i] / s->sc.T[i];
    int low = !s->sc.log[i] && (x[i] - sys->lower[i]) / unit <= AT_BOUND, high = (sys->upper[i] - x[i]) / unit <= AT_BOUND;
    s->where[i] = (uint8_t)(low ? AT_LOWER : high ? AT_UPPER : AT_FREE);
    s->biactive[i] = (low && f <= SLACK) || (!low && high && f >= -SLACK);
    s->nbiactive += s->biactive[i];
  }
}

/* The scaled part of the Jacobian with the unknowns for which in(i). */
static int cut(Sensitivity *s, Square *q, int wide, Arena *mem) {
  const Csc *j = &s->sys->jac;
  uint32_t nx = s->p->nx;
  q->of = ARENA_ARRAY(mem, uint32_t, nx + 1);
  q->place = ARENA_ARRAY(mem, uint32_t, nx + 1);
  q->start = ARENA_ARRAY(mem, int, nx + 1);
  q->row = ARENA_ARRAY(mem, int, j->start[nx] + 1);
  q->at = ARENA_ARRAY(mem, double, j->start[nx] + 1);
  if (arena_failed(mem)) return 1;
  q->n = 0;
  for (uint32_t i = 0; i < nx; i++) {
    int in = s->where[i] == AT_FREE || (wide && s->biactive[i] && is_choice(s->sys, i));
    q->place[i] = in ? (uint32_t)q->n : NO_INDEX;
    if (in) q->of[q->n++] = i;
  }
  int k = 0;
  for (int c = 0; c < q->n; c++) {
    uint32_t col = q->of[c];
    for (int e = j->start[col]; e < j->start[col + 1]; e++) {
      uint32_t r = (uint32_t)j->row[e];
      if (r >= nx || q->place[r] == NO_INDEX) continue;
      q->row[k] = (int)q->place[r];
      q->at[k++] = j->at[e] / s->sc.T[r] * s->sc.unit[col];
    }
    q->start[c + 1] = k;
  }
  return 0;
}

static int null_directions(const Square *q, double **basis, uint32_t *dim, Arena *mem) {
  double least;
  return nullspace(q->n, q->n, q->start, q->row, q->at, NULL_TOL, basis, dim, &least, mem);
}

static int factor(Sensitivity *s, Arena *mem) {
  double *basis;
  Square *k = &s->k;
  if (cut(s, k, 0, mem) || null_directions(k, &basis, &s->dim, mem)) return 1;
  if (!s->dim) {
    s->ls = linsys_new(k->n, k->start, k->row, k->at, mem);
    if (!s->ls || linsys_factor(s->ls)) return 1;
  } else {
    double *reg = ARENA_ARRAY(mem, double, k->n + 1);
    s->lsq = lsq_new(k->n, k->n, k->start, k->row, k->at, mem);
    for (int i = 0; reg && i < k->n; i++) reg[i] = DELTA;
    if (!reg || !s->lsq || lsq_factor(s->lsq, NULL, reg)) return 1;
  }
  if (!s->dim && !s->nbiactive) return 0;
  return cut(s, &s->wide, 1, mem) || null_directions(&s->wide, &s->basis, &s->nbasis, mem);
}

Sensitivity *sensitivity_new(const Problem *p, const double *x, Arena *mem) {
  Sensitivity *s = ARENA_NEW(mem, Sensitivity);
  if (!s) return NULL;
  s->p = p;
  s->where = ARENA_ARRAY(mem, uint8_t, p->nx + 1);
  s->biactive = ARENA_ARRAY(mem, uint8_t, p->nx + 1);
  s->z = ARENA_ARRAY(mem, double, p->nx + 1);
  s->r = ARENA_ARRAY(mem, double, p->nx + 1);
  s->sys = system_new(p, mem);
  s->mcp = s->sys ? mcp_new(s->sys, mem) : NULL;
  if (s->mcp && !arena_failed(mem) && !mcp_scales(s->mcp, x, &s->sc)) {
    classify(s, x);
    if (!factor(s, mem)) return s;
  }
  sensitivity_free(s);
  return NULL;
}

void sensitivity_free(Sensitivity *s) {
  if (!s) return;
  linsys_free(s->ls);
  lsq_free(s->lsq);
  if (s->mcp) mcp_free(s->mcp);
  s->ls = NULL;
  s->lsq = NULL;
  s->mcp = NULL;
}

DataMove data_move_new(const Problem *p, Arena *mem) {
  DataMove d = {ARENA_ARRAY(mem, double, p->nx + 1), ARENA_ARRAY(mem, double, p->nx + 1), ARENA_ARRAY(mem, double, p->nx + 1), ARENA_ARRAY(mem, double, p->nx + 1)};
  if (!d.lower || !d.upper || !d.fixed) d.rows = NULL;
  return d;
}

/* ---- one direction -------------------------------------------------------------------------------------------------------------- */

static double held(const Sensitivity *s, const DataMove *m, uint32_t i) {
  switch ((Place)s->where[i]) {
    case AT_LOWER: return m->lower[i];
    case AT_UPPER: return m->upper[i];
    case AT_FIXED: return s->p->fixed && !isnan(s->p->fixed[i]) ? m->fixed[i] : m->lower[i];
    case AT_FREE: break;
  }
  return 0;
}

/* out := K v; sizes (may be NULL): the sums of absolute values. */
static void apply(const Square *k, const double *v, double *out) {
  memset(out, 0, sizeof *out * (size_t)k->n);
  for (int c = 0; c < k->n; c++)
    for (int e = k->start[c]; e < k->start[c + 1]; e++) out[k->row[e]] += k->at[e] * v[c];
}

/* K z = r in place. Nonzero: there is no solution. */
static int solve(Sensitivity *s, double *r) {
  int n = s->k.n;
  if (s->ls) return linsys_solve(s->ls, r);
  Arena *heap = arena_new(NULL);
  double *z = heap ? ARENA_ARRAY(heap, double, n + 1) : NULL, *left = heap ? ARENA_ARRAY(heap, double, n + 1) : NULL;
  double *step = heap ? ARENA_ARRAY(heap, double, n + 1) : NULL, most = 0, worst = INFINITY;
  int bad = !heap || arena_failed(heap);
  for (int i = 0; i < n && !bad; i++) most = fmax(most, fabs(r[i]));
  for (int pass = 0; pass < PASSES && !bad; pass++) {
    apply(&s->k, z, left);
    worst = 0;
    for (int i = 0; i < n; i++) {
      left[i] = r[i] - left[i];
      worst = fmax(worst, fabs(left[i]));
    }
    if (worst <= 1e-14 * most) break;
    bad = lsq_solve(s->lsq, left, NULL, step);
    for (int i = 0; i < n && !bad; i++) z[i] += step[i];
  }
  bad = bad || !(worst <= KEPT * most);
  if (!bad && n) memcpy(r, z, sizeof *r * (size_t)n);
  arena_free(heap);
  return bad;
}

/* Rows moved by the data and by the unknowns at bounds: dF + J dx_N, unscaled, in z. */
static void push(const Sensitivity *s, const DataMove *m, double *dx, double *z) {
  const Csc *j = &s->sys->jac;
  memcpy(z, m->rows, sizeof *z * s->p->nx);
  for (uint32_t i = 0; i < s->p->nx; i++) {
    dx[i] = s->where[i] == AT_FREE ? 0 : held(s, m, i);
    if (!(dx[i] < 0 || dx[i] > 0)) continue;
    for (int e = j->start[i]; e < j->start[i + 1]; e++)
      if ((uint32_t)j->row[e] < s->p->nx) z[j->row[e]] += j->at[e] * dx[i];
  }
}

/* The biactive pairs whose condition moves although the unknown stays at its bound. */
static int find_split(const Sensitivity *s, const DataMove *m, Movement *out, Arena *mem) {
  const Csc *j = &s->sys->jac;
  uint32_t nx = s->p->nx;
  double *row = ARENA_ARRAY(mem, double, nx + 1), *size = ARENA_ARRAY(mem, double, nx + 1);
  out->split = ARENA_ARRAY(mem, uint32_t, s->nbiactive + 1);
  if (arena_failed(mem)) return 1;
  for (uint32_t i = 0; i < nx; i++) {
    row[i] = m->rows[i];
    size[i] = fabs(m->rows[i]);
  }
  for (uint32_t c = 0; c < nx; c++)
    for (int e = j->start[c]; e < j->start[c + 1]; e++) {
      if ((uint32_t)j->row[e] >= nx) continue;
      double t = j->at[e] * out->dx[c];
      row[j->row[e]] += t;
      size[j->row[e]] += fabs(t);
    }
  for (uint32_t i = 0; i < nx; i++)
    if (s->biactive[i] && fabs(row[i]) > STILL * size[i]) out->split[out->nsplit++] = i;
  return 0;
}

int sensitivity_move(Sensitivity *s, const DataMove *m, Arena *mem, Movement *out) {
  *out = (Movement){.dx = ARENA_ARRAY(mem, double, s->p->nx + 1)};
  if (!out->dx) return 1;
  push(s, m, out->dx, s->z);
  for (int i = 0; i < s->k.n; i++) s->r[i] = -s->z[s->k.of[i]] / s->sc.T[s->k.of[i]];
  out->none = solve(s, s->r);
  double most = 0;
  for (int i = 0; i < s->k.n; i++) most = fmax(most, fabs(s->r[i]));
  for (int i = 0; i < s->k.n && !out->none; i++)
    if (!(fabs(s->r[i]) <= ROUNDING * most)) out->dx[s->k.of[i]] = s->r[i] * s->sc.unit[s->k.of[i]];
  return s->nbiactive && !out->none ? find_split(s, m, out, mem) : 0;
}

/* ---- what is determined ----------------------------------------------------------------------------------------------------------- */

static int loose(const Sensitivity *s, const double *g) {
  const Square *w = &s->wide;
  for (uint32_t k = 0; k < s->nbasis; k++) {
    double sum = 0, size = 0;
    for (int i = 0; i < w->n; i++) {
      double t = g[w->of[i]] * s->sc.unit[w->of[i]];
      sum += t * s->basis[(size_t)k * (size_t)w->n + (size_t)i];
      size += t * t;
    }
    if (fabs(sum) > STILL * sqrt(size)) return 1;
  }
  return 0;
}

static int transposed(Sensitivity *s, const double *g, double *y) {
  if (!s->ls) return 1;
  for (int i = 0; i < s->k.n; i++) y[i] = g[s->k.of[i]] * s->sc.unit[s->k.of[i]];
  return linsys_transposed(s->ls, y);
}

/* Whether the value moves when the unknown of pair i leaves its bound: g_i - y.J_Ai. */
static int depends_on(const Sensitivity *s, const double *g, const double *y, uint32_t i) {
  const Csc *j = &s->sys->jac;
  double sum = g[i], size = fabs(g[i]);
  for (int e = j->start[i]; e < j->start[i + 1]; e++) {
    uint32_t r = (uint32_t)j->row[e];
    if (r >= s->p->nx || s->k.place[r] == NO_INDEX) continue;
    double t = y[s->k.place[r]] * j->at[e] / s->sc.T[r];
    sum -= t;
    size += fabs(t);
  }
  return fabs(sum) > STILL * size;
}

SensitivityStatus sensitivity_judge(Sensitivity *s, const double *g, const Movement *m, uint32_t *pair) {
  if (m->none) return SENSITIVITY_NONE;
  if (loose(s, g)) return SENSITIVITY_LOOSE;
  if (!m->nsplit) return SENSITIVITY_KNOWN;
  *pair = m->split[0];
  if (transposed(s, g, s->r)) return SENSITIVITY_ONE_SIDED;
  for (uint32_t i = 0; i < m->nsplit; i++)
    if (depends_on(s, g, s->r, *pair = m->split[i])) return SENSITIVITY_ONE_SIDED;
  return SENSITIVITY_KNOWN;
}

/* ---- few values, many directions ------------------------------------------------------------------------------------------------- */

int sensitivity_adjoint(Sensitivity *s, const double *g, double *y) { return s->nbiactive || s->dim || transposed(s, g, y); }

double sensitivity_along(const Sensitivity *s, const double *y, const double *g, const DataMove *m) {
  const Csc *j = &s->sys->jac;
  double sum = 0, size = 0;
  for (int i = 0; i < s->k.n; i++) {
    double t = y[i] * m->rows[s->k.of[i]] / s->sc.T[s->k.of[i]];
    sum -= t;
    size += fabs(t);
  }
  for (uint32_t i = 0; i < s->p->nx; i++) {
    double d = s->where[i] == AT_FREE ? 0 : held(s, m, i);
    if (!(d < 0 || d > 0)) continue;
    sum += g[i] * d;
    size += fabs(g[i] * d);
    for (int e = j->start[i]; e < j->start[i + 1]; e++) {
      uint32_t r = (uint32_t)j->row[e];
      if (r >= s->p->nx || s->k.place[r] == NO_INDEX) continue;
      double t = y[s->k.place[r]] * j->at[e] * d / s->sc.T[r];
      sum -= t;
      size += fabs(t);
    }
  }
  return fabs(sum) <= ROUNDING * size ? 0 : sum;
}
