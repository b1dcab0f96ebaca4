#include "system.h"
#include "prog.h"
#include <math.h>
#include <string.h>

/* From how many lanes on the Jacobian is stored by cells, and evaluation cut into slices for several threads. */
enum { MANY = 192, LARGE = 4096 };

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
        if ((s->flag[i] & OWN_LOG) && s->lower[i] < 0.0 && s->upper[i] > 0.0) s->lower[i] = 0.0;   /* its functions say so where its bounds do not */
        if (s->lower[i] != 0.0) s->flag[i] = (uint8_t)(s->flag[i] & ~OWN_LOG);                     /* a bound above zero may be met */
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

/* The values of the cells into the compressed columns. */
static void copy_cells(System *s) {
  const Cells *c = s->cells;
  memset(s->jac.at, 0, sizeof(double) * (size_t)s->jac.start[s->p->nx]);
  for (uint32_t b = 0; b < c->nblock; b++)
    for (uint32_t e = 0; e < c->block[b].nentry; e++) {
      const uint32_t *to = s->map[b] + (size_t)e * c->block[b].lanes;
      const CellEntry *en = &c->block[b].entry[e];
      for (uint32_t l = 0; en->v && l < c->block[b].lanes; l++)
        if (to[l] != NO_INDEX) s->jac.at[to[l]] += *cell_numbers(en, l);
    }
  for (uint32_t j = 0; j < c->nborder; j++)
    for (int k = s->jac.start[j]; k < s->jac.start[j + 1]; k++) {
      uint32_t i = (uint32_t)s->jac.row[k];
      if (i < c->nborder) s->jac.at[k] = c->corner[(size_t)j * c->nsum + i];
      if (i >= s->p->nx) s->jac.at[k] = c->corner[(size_t)j * c->nsum + c->nborder + (i - s->p->nx)];
    }
}

int system_csc(System *s) {
  if (s->jac.start) return 0;
  Arena *heap = arena_new(NULL);
  int failed = !heap || build_pattern(s, s->mem, heap);
  arena_free(heap);
  if (failed) s->jac.start = NULL;
  else if (s->cells) copy_cells(s);
  return failed;
}

int system_pattern(System *s) {
  if (s->cells || s->jac.start) return 0;
  if (!s->by_cells) return system_csc(s);
  s->part = ARENA_ARRAY(s->mem, double, (size_t)s->nslice * s->p->nglobal + 1);
  s->cells = s->part ? cells_new(s->p, s->mem) : NULL;
  return !s->cells;
}

static int build_slices(System *s) {
  const Problem *p = s->p;
  uint32_t n = 0;
  for (uint32_t b = 0; b < p->nblock; b++) {
    n += team_slices(p->block[b].lanes);
    s->large |= p->block[b].lanes >= LARGE;
  }
  s->slice = ARENA_ARRAY(s->mem, Slice, n + 1);
  s->found = ARENA_ARRAY(s->mem, DomainPoint, n + 1);
  s->least_found = ARENA_ARRAY(s->mem, double, n + 1);
  if (arena_failed(s->mem)) return 1;
  for (uint32_t b = 0; b < p->nblock; b++)
    for (uint32_t first = 0, size = team_slice(p->block[b].lanes); first < p->block[b].lanes; first += size)
      s->slice[s->nslice++] = (Slice){b, first, p->block[b].lanes - first < size ? p->block[b].lanes - first : size};
  /* Sums into globals and checks of every slice, added in order afterwards; small problems sum in place. */
  if (s->large) s->sum = ARENA_ARRAY(s->mem, double, (size_t)s->nslice * (p->nglobal + p->ncheck) + 1);
  uint32_t regs = 0;
  s->by_cells = s->linear != LINEAR_WHOLE && cells_apply(p, s->linear == LINEAR_BORDERED ? 1 : MANY);
  if (s->by_cells) s->joined = ARENA_ARRAY(s->mem, Prog, p->nblock + 1);
  for (uint32_t b = 0; s->joined && b < p->nblock; b++) {
    s->joined[b] = prog_join(&p->block[b].k->terms, &p->block[b].k->jac, s->mem);
    if (!s->joined[b].ins) return 1;
    if (s->joined[b].regs > regs) regs = s->joined[b].regs;
  }
  s->members = s->large ? team_size() : 1;
  for (uint32_t m = 0; m < s->members; m++)
    if (!(s->vm[m] = vm_new(p, regs, s->mem))) return 1;
  return arena_failed(s->mem);
}

/* Whether some unknown is decided by an equation, so that its declared bounds are not those of the complementarity. */
static int any_exact(const Problem *p) {
  int any = 0;
  for (uint32_t i = 0; i < p->nglobal; i++) any |= (p->global[i].flag & GLOBAL_EXACT) != 0;
  for (uint32_t b = 0; b < p->nblock; b++)
    for (uint32_t slot = 0; p->block[b].k->flag && slot < p->block[b].k->nown; slot++) any |= (p->block[b].k->flag[slot] & OWN_EXACT) != 0;
  return any;
}

double system_mass(const System *s, uint32_t i) {
  for (uint32_t b = 0; b < s->p->nblock; b++) {
    const Block *blk = &s->p->block[b];
    if (i >= blk->base && i - blk->base < blk->k->nown * blk->lanes) return blk->mass ? blk->mass[(i - blk->base) % blk->lanes] : 1.0;
  }
  return 1.0;
}

System *system_for(const Problem *p, Linear linear, Arena *mem) {
  System *s = ARENA_NEW(mem, System);
  if (!s) return NULL;
  s->p = p;
  s->mem = mem;
  s->linear = linear;
  s->lower = ARENA_ARRAY(mem, double, p->nx + 1);
  s->upper = ARENA_ARRAY(mem, double, p->nx + 1);
  s->least = any_exact(p) ? ARENA_ARRAY(mem, double, p->nx + 1) : s->lower;
  s->most = any_exact(p) ? ARENA_ARRAY(mem, double, p->nx + 1) : s->upper;
  s->flag = ARENA_ARRAY(mem, uint8_t, p->nx + 1);
  s->role = ARENA_ARRAY(mem, uint8_t, p->nx + 1);
  s->fixed = ARENA_ARRAY(mem, uint8_t, p->nx + 1);
  if (arena_failed(mem) || build_slices(s)) return NULL;
  fill_bounds(s);
  return s;
}

System *system_new(const Problem *p, Arena *mem) {
  System *s = system_for(p, LINEAR_WHOLE, mem);
  return s && !system_csc(s) ? s : NULL;
}

uint32_t system_runs(const System *s) { return s->cells ? cells_runs(s->cells) : s->jac.cols; }

EntryRun system_run(const System *s, uint32_t i) {
  if (s->cells) return cells_run(s->cells, i);
  uint32_t from = (uint32_t)s->jac.start[i];
  return (EntryRun){.n = (uint32_t)s->jac.start[i + 1] - from, .v = s->jac.at + from, .v_step = 1, .row_at = (const uint32_t *)s->jac.row + from, .col = i};
}

/* ---- evaluation --------------------------------------------------------------------------------------------------------------- */

/* One evaluation under way; check may be NULL. terms: sizes of terms in place of values; joined: with the Jacobian by cells. */
typedef struct { System *s; const double *x; double *F, *check; int terms, joined; } Eval;

void system_slices(System *s, void (*work)(void *ctx, uint32_t slice, uint32_t member), void *ctx) { team_run_if(s->large, s->nslice, work, ctx); }

/* Where a slice adds what goes into globals and checks: in place, or apart, to be added up in the order of slices. */
typedef struct { double *F, *check, *corner; } Sums;

static Sums sums_of(const Eval *e, uint32_t at) {
  const System *s = e->s;
  size_t size = s->p->nglobal + s->p->ncheck, square = s->corner ? (size_t)s->cells->nsum * s->cells->nborder : 0;
  Sums t = {e->F, e->check, s->corner ? s->corner + at * square : NULL};
  if (s->sum) {
    t.F = s->sum + at * size;
    t.check = t.F + s->p->nglobal;
    memset(t.F, 0, sizeof(double) * size);
  }
  if (t.corner) memset(t.corner, 0, sizeof(double) * square);
  return t;
}

/* Own rows and shares: the first outputs of the last run. */
static void put_rows(const Eval *e, const Block *blk, const Sums *t, Vm *vm, const Prog *prog, uint32_t first, uint32_t n) {
  const Problem *p = e->s->p;
  const Kernel *k = blk->k;
  for (uint32_t slot = 0; slot < k->nown; slot++)
    memcpy(e->F + problem_own(blk, slot, first), vm_out(vm, prog, slot), n * sizeof *e->F);
  for (uint32_t j = 0; j < k->nshare; j++) {
    const double *v = vm_out(vm, prog, k->nown + j);
    const Share *sh = &k->share[j];
    double *one = sh->by_lane ? NULL : sh->target < p->nglobal ? t->F + sh->target : t->check ? t->check + (sh->target - p->nglobal) : NULL;
    if (!sh->by_lane && !one) continue;
    for (uint32_t l = 0; l < n; l++) {
      double part = blk->count ? blk->count[first + l] * v[l] : v[l];
      if (one) {
        *one += part;
        continue;
      }
      uint32_t row = share_row(p, blk, sh, first + l);
      if (row == NO_INDEX) continue;
      if (row < p->nglobal) t->F[row] += part;
      else if (t->check) t->check[row - p->nx] += part;
    }
  }
}

/* The entries of the Jacobian by cells from outputs `from` on. */
static void put_cells(const Eval *e, uint32_t block, const Sums *t, Vm *vm, const Prog *prog, uint32_t from, uint32_t first, uint32_t n) {
  const System *s = e->s;
  const Block *blk = &s->p->block[block];
  const CellBlock *c = &s->cells->block[block];
  for (uint32_t k = 0; k < c->nentry; k++) {
    const double *v = vm_out(vm, prog, from + k);
    const double *count = c->entry[k].i < c->size || !blk->count ? NULL : blk->count + first;
    double *to = c->entry[k].v;
    if (to && c->entry[k].borrowed) continue;
    if (to && c->entry[k].same) {
      for (uint32_t l = 0; !first && l < CELL_COPIES; l++) to[l] = v[0];
      continue;
    }
    for (uint32_t l = 0; to && l < n; l++) to[first + l] = count ? count[l] * v[l] : v[l];
    for (uint32_t l = 0; !to && l < n; l++) {
      uint32_t row = cell_line(&c->row[c->entry[k].i - c->size], first + l), col = cell_line(&c->col[c->entry[k].j - c->size], first + l);
      if (row == NO_INDEX || col == NO_INDEX) continue;
      if (row >= s->p->nx) row = row - s->p->nx + s->p->nglobal;
      t->corner[(size_t)col * s->cells->nsum + row] += count ? count[l] * v[l] : v[l];
    }
  }
}

static void slice_rows(void *ctx, uint32_t at, uint32_t member) {
  const Eval *e = ctx;
  const System *s = e->s;
  const Slice *sl = &s->slice[at];
  const Block *blk = &s->p->block[sl->block];
  const Prog *prog = e->joined ? &s->joined[sl->block] : e->terms ? &blk->k->terms : &blk->k->value;
  Sums t = sums_of(e, at);
  for (uint32_t first = sl->first; first < sl->first + sl->n; first += VM_LANES) {
    uint32_t n = sl->first + sl->n - first < VM_LANES ? sl->first + sl->n - first : VM_LANES;
    vm_run(s->vm[member], prog, blk, first, n, e->x, s->p->par);
    put_rows(e, blk, &t, s->vm[member], prog, first, n);
    if (e->joined) put_cells(e, sl->block, &t, s->vm[member], prog, blk->k->terms.nout, first, n);
  }
}

static int accumulate(Eval *e) {
  System *s = e->s;
  const Problem *p = s->p;
  memset(e->F, 0, sizeof *e->F * p->nglobal);
  if (e->check) memset(e->check, 0, sizeof *e->check * p->ncheck);
  system_slices(s, slice_rows, e);
  for (uint32_t i = 0; s->sum && i < s->nslice; i++) {
    const double *sum = s->sum + (size_t)i * (p->nglobal + p->ncheck);
    for (uint32_t g = 0; g < p->nglobal; g++) e->F[g] += sum[g];
    for (uint32_t c = 0; e->check && c < p->ncheck; c++) e->check[c] += sum[p->nglobal + c];
  }
  return !all_finite(e->F, p->nx) || (e->check && !all_finite(e->check, p->ncheck));
}

int system_rows(System *s, const double *x, double *F, double *check) { return accumulate(&(Eval){.s = s, .x = x, .F = F, .check = check}); }
int system_terms(System *s, const double *x, double *T, double *check) { return accumulate(&(Eval){.s = s, .x = x, .F = T, .check = check, .terms = 1}); }

static void slice_cells(void *ctx, uint32_t at, uint32_t member) {
  const Eval *e = ctx;
  const System *s = e->s;
  const Slice *sl = &s->slice[at];
  const Block *blk = &s->p->block[sl->block];
  Sums t = sums_of(e, at);
  for (uint32_t first = sl->first; first < sl->first + sl->n; first += VM_LANES) {
    uint32_t n = sl->first + sl->n - first < VM_LANES ? sl->first + sl->n - first : VM_LANES;
    vm_run(s->vm[member], &blk->k->jac, blk, first, n, e->x, s->p->par);
    put_cells(e, sl->block, &t, s->vm[member], &blk->k->jac, 0, first, n);
  }
}

/* Entries of a slice of lanes, added into the compressed columns. One slice after the other. */
static void slice_csc(void *ctx, uint32_t at, uint32_t member) {
  const Eval *e = ctx;
  const System *s = e->s;
  const Slice *sl = &s->slice[at];
  const Block *blk = &s->p->block[sl->block];
  const Prog *prog = &blk->k->jac;
  Vm *vm = s->vm[member];
  for (uint32_t first = sl->first; first < sl->first + sl->n; first += VM_LANES) {
    uint32_t n = sl->first + sl->n - first < VM_LANES ? sl->first + sl->n - first : VM_LANES;
    vm_run(vm, prog, blk, first, n, e->x, s->p->par);
    for (uint32_t k = 0; k < blk->k->nentry; k++) {
      const double *v = vm_out(vm, prog, k);
      const uint32_t *to = s->map[sl->block] + (size_t)k * blk->lanes + first;
      const double *count = blk->k->entry[k].out < blk->k->nown ? NULL : blk->count;
      for (uint32_t l = 0; l < n; l++)
        if (to[l] != NO_INDEX) s->jac.at[to[l]] += count ? count[first + l] * v[l] : v[l];
    }
  }
}

/* Whether some block has entries from globals to globals, whose sums every slice keeps for itself. */
static int corner_room(System *s) {
  if (s->corner || !s->cells) return 0;
  int some = 0;
  for (uint32_t b = 0; b < s->cells->nblock; b++)
    for (uint32_t k = 0; k < s->cells->block[b].nentry; k++) some |= !s->cells->block[b].entry[k].v;
  if (some) s->corner = ARENA_ARRAY(s->mem, double, (size_t)s->nslice * s->cells->nsum * s->cells->nborder + 1);
  return arena_failed(s->mem);
}

/* The slices' sums into the corner. Returns 1 where an entry is not finite. */
static int finish_cells(System *s) {
  size_t size = (size_t)s->cells->nsum * s->cells->nborder;
  memset(s->cells->corner, 0, sizeof(double) * size);
  for (uint32_t i = 0; s->corner && i < s->nslice; i++)
    for (size_t k = 0; k < size; k++) s->cells->corner[k] += s->corner[i * size + k];
  if (s->jac.start) copy_cells(s);       /* also where some entries are not finite: the start needs the others */
  for (uint32_t b = 0; b < s->cells->nblock; b++)
    for (uint32_t k = 0; k < s->cells->block[b].nentry; k++) {
      const CellEntry *e = &s->cells->block[b].entry[k];
      if (e->v && !e->borrowed && !all_finite(e->v, e->same ? CELL_COPIES : s->cells->block[b].lanes)) return 1;
    }
  return !all_finite(s->cells->corner, (uint32_t)size);
}

static int fill_csc(System *s, Eval *e) {
  size_t nnz = (size_t)s->jac.start[s->p->nx];
  memset(s->jac.at, 0, sizeof(double) * nnz);
  for (uint32_t i = 0; i < s->nslice; i++) slice_csc(e, i, 0);
  for (size_t i = 0; i < nnz; i++)
    if (!isfinite(s->jac.at[i])) return 1;
  return 0;
}

int system_jacobian(System *s, const double *x) {
  Eval e = {.s = s, .x = x};
  if (system_pattern(s)) return 1;
  if (!s->cells) return fill_csc(s, &e);
  if (corner_room(s)) return 1;
  system_slices(s, slice_cells, &e);
  return finish_cells(s);
}

int system_terms_jacobian(System *s, const double *x, double *T) {
  Eval e = {.s = s, .x = x, .F = T, .terms = 1, .joined = 1};
  if (system_pattern(s)) return 1;
  if (!s->cells || !s->joined) return system_terms(s, x, T, NULL) || system_jacobian(s, x);
  if (corner_room(s)) return 1;
  int bad = accumulate(&e);
  return finish_cells(s) || bad;
}

/* ---- largest entries ---------------------------------------------------------------------------------------------------------------- */

typedef struct { System *s; int rows; const double *by; double *most; } Largest;

static void slice_largest(void *ctx, uint32_t at, uint32_t member) {
  const Largest *q = ctx;
  (void)member;
  cells_largest(q->s->cells, &q->s->slice[at], q->rows, q->by, q->most, q->s->part + (size_t)at * q->s->p->nglobal);
}

static void largest_by_cells(const Largest *q) {
  System *s = q->s;
  const Cells *c = s->cells;
  system_slices(s, slice_largest, (void *)(uintptr_t)q);
  for (uint32_t i = 0; i < c->nborder; i++) {
    double most = 0.0;
    for (uint32_t k = 0; k < s->nslice; k++) most = fmax(most, s->part[(size_t)k * c->nborder + i]);
    for (uint32_t j = 0; j < c->nborder; j++) most = fmax(most, fabs(q->rows ? c->corner[(size_t)j * c->nsum + i] : c->corner[(size_t)i * c->nsum + j]) * q->by[j]);
    q->most[i] = most;
  }
}

void system_largest(System *s, int rows, const double *by, double *most) {
  uint32_t n = s->p->nx;
  if (s->cells) {
    largest_by_cells(&(Largest){s, rows, by, most});
    return;
  }
  memset(most, 0, sizeof *most * n);
  for (uint32_t j = 0; j < n; j++)
    for (int k = s->jac.start[j]; k < s->jac.start[j + 1]; k++) {
      uint32_t i = (uint32_t)s->jac.row[k], to = rows ? i : j, from = rows ? j : i;
      if (i >= n) break;
      double t = fabs(s->jac.at[k]) * by[from];
      if (t > most[to]) most[to] = t;
    }
}

static void slice_domain(void *ctx, uint32_t at, uint32_t member) {
  const Eval *e = ctx;
  System *s = e->s;
  const Slice *sl = &s->slice[at];
  const Block *blk = &s->p->block[sl->block];
  const Prog *prog = &blk->k->domain;
  Vm *vm = s->vm[member];
  double least = INFINITY;
  for (uint32_t first = sl->first; prog->nout && first < sl->first + sl->n; first += VM_LANES) {
    uint32_t n = sl->first + sl->n - first < VM_LANES ? sl->first + sl->n - first : VM_LANES;
    vm_run(vm, prog, blk, first, n, e->x, s->p->par);
    for (uint32_t o = 0; o < prog->nout; o++) {
      const double *v = vm_out(vm, prog, o);
      for (uint32_t l = 0; l < n; l++) {
        double d = isnan(v[l]) ? -INFINITY : v[l];
        if (d >= least) continue;
        least = d;
        s->found[at] = (DomainPoint){sl->block, first + l, o};
      }
    }
  }
  s->least_found[at] = least;
}

double system_domain(System *s, const double *x, DomainPoint *where) {
  Eval e = {.s = s, .x = x};
  double least = INFINITY;
  system_slices(s, slice_domain, &e);
  for (uint32_t i = 0; i < s->nslice; i++)
    if (s->least_found[i] < least) {
      least = s->least_found[i];
      if (where) *where = s->found[i];
    }
  return least;
}

double system_goal(System *s, uint32_t block, uint32_t lane, const double *x, double *weight) {
  const Block *blk = &s->p->block[block];
  const Prog *prog = &blk->k->goal;
  if (prog->nout == 0) return NAN;
  vm_run(s->vm[0], prog, blk, lane, 1, x, s->p->par);
  for (uint32_t slot = 0; weight && slot < blk->k->nown; slot++)
    weight[slot] = slot + 1 < prog->nout ? vm_out(s->vm[0], prog, slot + 1)[0] : 1.0;
  return vm_out(s->vm[0], prog, 0)[0];
}

void system_goal_gradient(System *s, uint32_t block, uint32_t lane, const double *x, double *grad) {
  const Block *blk = &s->p->block[block];
  const Kernel *k = blk->k;
  for (uint32_t slot = 0; slot < k->nown; slot++) grad[slot] = 0.0;
  if (k->ngoal_in == 0) return;
  vm_run(s->vm[0], &k->goal_grad, blk, lane, 1, x, s->p->par);
  for (uint32_t j = 0; j < k->ngoal_in; j++) grad[k->in[k->goal_in[j]].ref] = vm_out(s->vm[0], &k->goal_grad, j)[0];
}

void system_lane_rows(System *s, uint32_t block, uint32_t lane, const double *x, double *F, double *terms) {
  const Block *blk = &s->p->block[block];
  const Kernel *k = blk->k;
  vm_run(s->vm[0], &k->value, blk, lane, 1, x, s->p->par);
  for (uint32_t slot = 0; slot < k->nown; slot++) F[slot] = vm_out(s->vm[0], &k->value, slot)[0];
  if (!terms) return;
  vm_run(s->vm[0], &k->terms, blk, lane, 1, x, s->p->par);
  for (uint32_t slot = 0; slot < k->nown; slot++) terms[slot] = vm_out(s->vm[0], &k->terms, slot)[0];
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
