#include "system.h"
#include <math.h>
#include <string.h>

static int all_finite(const double *v, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    if (!isfinite(v[i])) return 0;
  return 1;
}

/* The row a share adds into on one lane; NO_INDEX for none. */
static uint32_t share_row(const Problem *p, const Block *b, const Share *sh, uint32_t lane) {
  uint32_t t = sh->by_lane ? b->index[sh->target][lane] : sh->target;
  if (t == NO_INDEX || t < p->nglobal) return t;
  return p->nx + (t - p->nglobal);
}

static uint32_t output_row(const Problem *p, const Block *b, uint32_t out, uint32_t lane) {
  return out < b->k->nown ? problem_own(b, out, lane) : share_row(p, b, &b->k->share[out - b->k->nown], lane);
}

static uint32_t input_unknown(const Block *b, const Input *in, uint32_t lane) {
  switch (in->kind) {
    case IN_OWN:
    case IN_GIVEN: return problem_own(b, in->ref, lane);
    case IN_X: return in->ref;
    case IN_GATHER: return b->index[in->ref][lane];
    case IN_PAR:
    case IN_COLUMN: break;
  }
  return NO_INDEX;
}

/* ---- setup -------------------------------------------------------------------------------------------------------------------- */

static void fill_bounds(System *s) {
  const Problem *p = s->p;
  for (uint32_t i = 0; i < p->nglobal; i++) {
    const Global *g = &p->global[i];
    s->lower[i] = g->lower;
    s->upper[i] = g->upper;
    s->flag[i] = (g->flag & GLOBAL_POSITIVE) && g->lower == 0.0 ? OWN_LOG : 0;
    s->role[i] = ROLE_AUX;
    s->mass[i] = 1.0;
  }
  for (uint32_t b = 0; b < p->nblock; b++) {
    const Block *blk = &p->block[b];
    const Kernel *k = blk->k;
    for (uint32_t slot = 0; slot < k->nown; slot++)
      for (uint32_t lane = 0; lane < blk->lanes; lane++) {
        uint32_t i = problem_own(blk, slot, lane);
        int by_lower = k->lower_col && k->lower_col[slot] != NO_INDEX, by_upper = k->upper_col && k->upper_col[slot] != NO_INDEX;
        s->lower[i] = by_lower ? blk->column[k->lower_col[slot]][lane] : k->lower[slot];
        s->upper[i] = by_upper ? blk->column[k->upper_col[slot]][lane] : k->upper[slot];
        s->flag[i] = k->flag ? k->flag[slot] : 0;
        s->role[i] = k->role ? k->role[slot] : ROLE_AUX;
        s->mass[i] = blk->mass ? blk->mass[lane] : 1.0;
        if (!isfinite(s->lower[i])) s->flag[i] = (uint8_t)(s->flag[i] & ~OWN_LOG);
      }
  }
  for (uint32_t i = 0; i < p->nx; i++) {
    if (s->lower[i] == s->upper[i]) s->fixed[i] = 1;
    if (p->fixed && !isnan(p->fixed[i])) {
      s->lower[i] = s->upper[i] = p->fixed[i];
      s->fixed[i] = 1;
    }
    if (s->fixed[i]) s->flag[i] = (uint8_t)(s->flag[i] & ~OWN_LOG);
    s->least[i] = s->lower[i];
    s->most[i] = s->upper[i];
    int exact = i < p->nglobal ? (p->global[i].flag & GLOBAL_EXACT) != 0 : (s->flag[i] & OWN_EXACT) != 0;
    if (exact && !s->fixed[i]) {
      s->lower[i] = -INFINITY;
      s->upper[i] = INFINITY;
      s->flag[i] = (uint8_t)(s->flag[i] & ~OWN_LOG);
    }
  }
}

/* One entry of the Jacobian; at: its place in the scatter map, NO_INDEX for the diagonal that is always there. */
typedef struct { uint32_t row, col, at; } Triple;

/* Stable counting sort by row or by column: two passes give column-major order with sorted rows in time linear in the entries. */
static void sort_triples(const Triple *from, Triple *to, size_t n, int by_row, uint32_t keys, size_t *count) {
  memset(count, 0, sizeof *count * ((size_t)keys + 1));
  for (size_t i = 0; i < n; i++) count[(by_row ? from[i].row : from[i].col) + 1]++;
  for (uint32_t k = 0; k < keys; k++) count[k + 1] += count[k];
  for (size_t i = 0; i < n; i++) to[count[by_row ? from[i].row : from[i].col]++] = from[i];
}

static size_t count_entries(const Problem *p) {
  size_t n = p->nx;
  for (uint32_t b = 0; b < p->nblock; b++) n += (size_t)p->block[b].k->nentry * p->block[b].lanes;
  return n;
}

static size_t list_triples(const System *s, Triple *t, uint32_t *flat) {
  const Problem *p = s->p;
  size_t n = 0;
  uint32_t at = 0;
  for (uint32_t i = 0; i < p->nx; i++) t[n++] = (Triple){i, i, NO_INDEX};
  for (uint32_t b = 0; b < p->nblock; b++) {
    const Block *blk = &p->block[b];
    for (uint32_t e = 0; e < blk->k->nentry; e++)
      for (uint32_t lane = 0; lane < blk->lanes; lane++) {
        uint32_t row = output_row(p, blk, blk->k->entry[e].out, lane);
        uint32_t col = input_unknown(blk, &blk->k->in[blk->k->entry[e].in], lane);
        flat[at++] = NO_INDEX;
        if (row != NO_INDEX && col != NO_INDEX) t[n++] = (Triple){row, col, at - 1};
      }
  }
  return n;
}

/* The pattern and the scatter map. Sorting happens in `heap`, which is released afterwards. */
static int build_pattern(System *s, Arena *mem, Arena *heap) {
  const Problem *p = s->p;
  uint32_t rows = p->nx + p->ncheck;
  size_t total = count_entries(p);
  if (total >= INT32_MAX) return 1;
  uint32_t *flat = ARENA_ARRAY(mem, uint32_t, total - p->nx + 1);
  Triple *t = ARENA_ARRAY(heap, Triple, total), *u = ARENA_ARRAY(heap, Triple, total);
  size_t *count = ARENA_ARRAY(heap, size_t, (size_t)rows + 2);
  s->jac = (Csc){rows, p->nx, ARENA_ARRAY(mem, int, p->nx + 1), NULL, NULL};
  s->map = ARENA_ARRAY(mem, uint32_t *, p->nblock + 1);
  if (arena_failed(mem) || arena_failed(heap)) return 1;
  size_t n = list_triples(s, t, flat);
  sort_triples(t, u, n, 1, rows, count);
  sort_triples(u, t, n, 0, p->nx, count);
  size_t nnz = 0;
  for (size_t i = 0; i < n; i++) nnz += i == 0 || t[i].row != t[i - 1].row || t[i].col != t[i - 1].col;
  s->jac.row = ARENA_ARRAY(mem, int, nnz + 1);
  s->jac.at = ARENA_ARRAY(mem, double, nnz + 1);
  if (arena_failed(mem)) return 1;
  size_t k = 0;
  for (size_t i = 0; i < n; i++) {
    if (i == 0 || t[i].row != t[i - 1].row || t[i].col != t[i - 1].col) {
      s->jac.row[k++] = (int)t[i].row;
      s->jac.start[t[i].col + 1] = (int)k;
    }
    if (t[i].at != NO_INDEX) flat[t[i].at] = (uint32_t)(k - 1);
  }
  for (uint32_t b = 0; b < p->nblock; b++) {
    s->map[b] = flat;
    flat += (size_t)p->block[b].k->nentry * p->block[b].lanes;
  }
  return 0;
}

System *system_new(const Problem *p, Arena *mem) {
  System *s = ARENA_NEW(mem, System);
  if (!s) return NULL;
  s->p = p;
  s->vm = vm_new(p, mem);
  s->lower = ARENA_ARRAY(mem, double, p->nx + 1);
  s->upper = ARENA_ARRAY(mem, double, p->nx + 1);
  s->least = ARENA_ARRAY(mem, double, p->nx + 1);
  s->most = ARENA_ARRAY(mem, double, p->nx + 1);
  s->flag = ARENA_ARRAY(mem, uint8_t, p->nx + 1);
  s->role = ARENA_ARRAY(mem, uint8_t, p->nx + 1);
  s->fixed = ARENA_ARRAY(mem, uint8_t, p->nx + 1);
  s->mass = ARENA_ARRAY(mem, double, p->nx + 1);
  if (arena_failed(mem)) return NULL;
  fill_bounds(s);
  Arena *heap = arena_new(NULL);
  int failed = !heap || build_pattern(s, mem, heap);
  arena_free(heap);
  return failed ? NULL : s;
}

/* ---- evaluation --------------------------------------------------------------------------------------------------------------- */

/* Adds outputs of a value-like program into rows and checks. */
static int accumulate(System *s, int terms, const double *x, double *F, double *check) {
  const Problem *p = s->p;
  memset(F, 0, sizeof *F * p->nglobal);
  if (check) memset(check, 0, sizeof *check * p->ncheck);
  for (uint32_t b = 0; b < p->nblock; b++) {
    const Block *blk = &p->block[b];
    const Kernel *k = blk->k;
    const Prog *prog = terms ? &k->terms : &k->value;
    for (uint32_t first = 0; first < blk->lanes; first += VM_LANES) {
      uint32_t n = blk->lanes - first < VM_LANES ? blk->lanes - first : VM_LANES;
      vm_run(s->vm, prog, blk, first, n, x, p->par);
      for (uint32_t slot = 0; slot < k->nown; slot++)
        memcpy(F + problem_own(blk, slot, first), vm_out(s->vm, prog, slot), n * sizeof *F);
      for (uint32_t j = 0; j < k->nshare; j++) {
        const double *v = vm_out(s->vm, prog, k->nown + j);
        for (uint32_t l = 0; l < n; l++) {
          uint32_t row = share_row(p, blk, &k->share[j], first + l);
          double part = blk->count ? blk->count[first + l] * v[l] : v[l];
          if (row == NO_INDEX) continue;
          if (row < p->nglobal) F[row] += part;
          else if (check) check[row - p->nx] += part;
        }
      }
    }
  }
  return !all_finite(F, p->nx) || (check && !all_finite(check, p->ncheck));
}

int system_rows(System *s, const double *x, double *F, double *check) { return accumulate(s, 0, x, F, check); }
int system_terms(System *s, const double *x, double *T, double *check) { return accumulate(s, 1, x, T, check); }

int system_jacobian(System *s, const double *x) {
  const Problem *p = s->p;
  size_t nnz = (size_t)s->jac.start[p->nx];
  memset(s->jac.at, 0, sizeof(double) * nnz);
  for (uint32_t b = 0; b < p->nblock; b++) {
    const Block *blk = &p->block[b];
    const Prog *prog = &blk->k->jac;
    for (uint32_t first = 0; first < blk->lanes; first += VM_LANES) {
      uint32_t n = blk->lanes - first < VM_LANES ? blk->lanes - first : VM_LANES;
      vm_run(s->vm, prog, blk, first, n, x, p->par);
      for (uint32_t e = 0; e < blk->k->nentry; e++) {
        const double *v = vm_out(s->vm, prog, e);
        const uint32_t *to = s->map[b] + (size_t)e * blk->lanes + first;
        const double *count = blk->k->entry[e].out < blk->k->nown ? NULL : blk->count;
        for (uint32_t l = 0; l < n; l++)
          if (to[l] != NO_INDEX) s->jac.at[to[l]] += count ? count[first + l] * v[l] : v[l];
      }
    }
  }
  for (size_t i = 0; i < nnz; i++)
    if (!isfinite(s->jac.at[i])) return 1;
  return 0;
}

double system_domain(System *s, const double *x, DomainPoint *where) {
  const Problem *p = s->p;
  double least = INFINITY;
  for (uint32_t b = 0; b < p->nblock; b++) {
    const Block *blk = &p->block[b];
    const Prog *prog = &blk->k->domain;
    if (prog->nout == 0) continue;
    for (uint32_t first = 0; first < blk->lanes; first += VM_LANES) {
      uint32_t n = blk->lanes - first < VM_LANES ? blk->lanes - first : VM_LANES;
      vm_run(s->vm, prog, blk, first, n, x, p->par);
      for (uint32_t o = 0; o < prog->nout; o++) {
        const double *v = vm_out(s->vm, prog, o);
        for (uint32_t l = 0; l < n; l++) {
          double d = isnan(v[l]) ? -INFINITY : v[l];
          if (d >= least) continue;
          least = d;
          if (where) *where = (DomainPoint){b, first + l, o};
        }
      }
    }
  }
  return least;
}

double system_lane_domain(System *s, uint32_t block, uint32_t lane, const double *x) {
  const Block *blk = &s->p->block[block];
  const Prog *prog = &blk->k->domain;
  double least = INFINITY;
  if (prog->nout == 0) return least;
  vm_run(s->vm, prog, blk, lane, 1, x, s->p->par);
  for (uint32_t o = 0; o < prog->nout; o++) {
    double d = vm_out(s->vm, prog, o)[0];
    if (isnan(d)) return -INFINITY;
    if (d < least) least = d;
  }
  return least;
}

double system_goal(System *s, uint32_t block, uint32_t lane, const double *x, double *weight) {
  const Block *blk = &s->p->block[block];
  const Prog *prog = &blk->k->goal;
  if (prog->nout == 0) return NAN;
  vm_run(s->vm, prog, blk, lane, 1, x, s->p->par);
  for (uint32_t slot = 0; weight && slot < blk->k->nown; slot++)
    weight[slot] = slot + 1 < prog->nout ? vm_out(s->vm, prog, slot + 1)[0] : 1.0;
  return vm_out(s->vm, prog, 0)[0];
}

void system_goal_gradient(System *s, uint32_t block, uint32_t lane, const double *x, double *grad) {
  const Block *blk = &s->p->block[block];
  const Kernel *k = blk->k;
  for (uint32_t slot = 0; slot < k->nown; slot++) grad[slot] = 0.0;
  if (k->ngoal_in == 0) return;
  vm_run(s->vm, &k->goal_grad, blk, lane, 1, x, s->p->par);
  for (uint32_t j = 0; j < k->ngoal_in; j++) grad[k->in[k->goal_in[j]].ref] = vm_out(s->vm, &k->goal_grad, j)[0];
}

void system_lane_rows(System *s, uint32_t block, uint32_t lane, const double *x, double *F, double *terms) {
  const Block *blk = &s->p->block[block];
  const Kernel *k = blk->k;
  vm_run(s->vm, &k->value, blk, lane, 1, x, s->p->par);
  for (uint32_t slot = 0; slot < k->nown; slot++) F[slot] = vm_out(s->vm, &k->value, slot)[0];
  if (!terms) return;
  vm_run(s->vm, &k->terms, blk, lane, 1, x, s->p->par);
  for (uint32_t slot = 0; slot < k->nown; slot++) terms[slot] = vm_out(s->vm, &k->terms, slot)[0];
}

uint32_t system_locate(const System *s, uint32_t i, uint32_t *slot, uint32_t *lane) {
  for (uint32_t b = 0; b < s->p->nblock; b++) {
    const Block *blk = &s->p->block[b];
    if (i < blk->base || i - blk->base >= blk->k->nown * blk->lanes) continue;
    *slot = (i - blk->base) / blk->lanes;
    *lane = (i - blk->base) % blk->lanes;
    return b;
  }
  return NO_INDEX;
}

double system_residual(const System *s, uint32_t i, double x, double F, double scale) {
  if (s->fixed[i]) return 0.0;
  double f = scale > 0.0 ? F / scale : F, unit = 1.0 + fabs(x);
  double below = (x - s->lower[i]) / unit, above = (x - s->upper[i]) / unit;
  if (f > below) return below;
  if (f < above) return above;
  return f;
}
