#include "cells.h"
#include "prog.h"
#include <math.h>
#include <string.h>

enum { MOST_BORDER = 256, MOST_TOUCHED = 128 };

static int alike(const Problem *p, const Block *b) {
  const Kernel *k = b->k;
  if (k->nown > CELL_LARGEST || k->nin > 100000) return 0;
  for (uint32_t i = 0; i < k->nin; i++) {
    const Input *in = &k->in[i];
    if (in->kind == IN_X && in->ref >= p->nglobal) return 0;
    for (uint32_t l = 0; in->kind == IN_GATHER && l < b->lanes; l++)
      if (b->index[in->ref][l] != NO_INDEX && b->index[in->ref][l] >= p->nglobal) return 0;
  }
  return 1;
}

static int touches(const Kernel *k, uint32_t e) { return k->in[k->entry[e].in].kind != IN_OWN; }

int cells_apply(const Problem *p, uint32_t least) {
  uint32_t most = 0;
  if (p->nglobal > MOST_BORDER) return 0;
  for (uint32_t b = 0; b < p->nblock; b++) {
    const Block *blk = &p->block[b];
    uint32_t border = 0;
    for (uint32_t e = 0; e < blk->k->nentry; e++) border += touches(blk->k, e) && blk->k->entry[e].out < blk->k->nown;
    if (!alike(p, blk) || border > 16 * MOST_TOUCHED || blk->k->nshare > 16 * MOST_TOUCHED) return 0;
    if (blk->k->nown && blk->lanes > most) most = blk->lanes;
  }
  return most >= least;
}

static uint32_t *by_lane(const Problem *p, const Block *b, const Share *sh, Arena *mem) {
  uint32_t *at = ARENA_ARRAY(mem, uint32_t, b->lanes);
  for (uint32_t l = 0; at && l < b->lanes; l++) {
    uint32_t t = b->index[sh->target][l];
    at[l] = t == NO_INDEX || t < p->nglobal ? t : p->nx + (t - p->nglobal);
  }
  return at;
}

static int lines(const Problem *p, const Block *b, CellBlock *c, uint32_t *col_of, Arena *mem) {
  const Kernel *k = b->k;
  c->row = ARENA_ARRAY(mem, CellLine, k->nshare + 1);
  c->col = ARENA_ARRAY(mem, CellLine, k->nin + 1);
  if (arena_failed(mem)) return 1;
  for (uint32_t s = 0; s < k->nshare; s++) {
    const Share *sh = &k->share[s];
    CellLine line = {NULL, sh->target < p->nglobal ? sh->target : p->nx + (sh->target - p->nglobal)};
    if (sh->by_lane && !(line.at = by_lane(p, b, sh, mem))) return 1;
    c->row[c->nrow++] = line;
  }
  for (uint32_t i = 0; i < k->nin; i++) {
    const Input *in = &k->in[i];
    col_of[i] = c->ncol;
    if (in->kind == IN_X) c->col[c->ncol++] = (CellLine){NULL, in->ref};
    if (in->kind == IN_GATHER) c->col[c->ncol++] = (CellLine){b->index[in->ref], 0};
  }
  return 0;
}

/* varies[e]: entry e of the Jacobian is not the same number in all lanes. */
static void find_varying(const Kernel *k, uint8_t *reg, uint8_t *varies) {
  for (uint32_t n = 0; n < k->jac.n; n++) {
    const Ins *s = &k->jac.ins[n];
    unsigned operands = prog_operands(s->op);
    uint8_t v = 0;
    if (s->op == OP_IN) v = k->in[s->a].kind != IN_PAR && k->in[s->a].kind != IN_X;
    if (operands > 0) v |= reg[s->a];
    if (operands > 1) v |= reg[s->b];
    if (operands > 2) v |= reg[s->c];
    reg[s->d] = v;
  }
  for (uint32_t e = 0; e < k->nentry; e++) varies[e] = reg[k->jac.out[e]];
}

/* The numbers of entry e: those of an earlier entry with the same value, else memory for them. Where lanes count for several, entries of sums
 * are weighed. */
static void numbers_of(CellBlock *c, const Block *b, uint32_t e, const uint8_t *varies, Arena *mem) {
  CellEntry *en = &c->entry[e];
  int weighed = b->count && en->i >= c->size;
  for (uint32_t k = 0; k < e; k++) {
    const CellEntry *other = &c->entry[k];
    if (!other->v || b->k->jac.out[k] != b->k->jac.out[e] || weighed != (b->count && other->i >= c->size)) continue;
    en->v = other->v;
    en->same = other->same;
    en->borrowed = 1;
    return;
  }
  en->same = !weighed && !varies[e];
  en->v = ARENA_ARRAY(mem, double, en->same ? CELL_COPIES : b->lanes);
}

static int block_new(const Problem *p, const Block *b, CellBlock *c, Arena *mem, Arena *heap) {
  const Kernel *k = b->k;
  uint32_t *col_of = ARENA_ARRAY(heap, uint32_t, k->nin + 1);
  uint8_t *reg = ARENA_ARRAY(heap, uint8_t, k->jac.regs + 1), *varies = ARENA_ARRAY(heap, uint8_t, k->nentry + 1);
  *c = (CellBlock){.lanes = b->lanes, .base = b->base, .size = k->nown, .nentry = k->nentry};
  c->entry = ARENA_ARRAY(mem, CellEntry, k->nentry + 1);
  if (arena_failed(heap) || arena_failed(mem) || lines(p, b, c, col_of, mem)) return 1;
  find_varying(k, reg, varies);
  for (uint32_t e = 0; e < k->nentry; e++) {
    const Entry *en = &k->entry[e];
    int border = touches(k, e);
    c->entry[e].i = en->out;          /* shares are numbered after the own rows */
    c->entry[e].j = border ? c->size + col_of[en->in] : k->in[en->in].ref;
    if (en->out < k->nown || !border) numbers_of(c, b, e, varies, mem);
  }
  return arena_failed(mem);
}

Cells *cells_new(const Problem *p, Arena *mem) {
  Cells *c = ARENA_NEW(mem, Cells);
  Arena *heap = arena_new(NULL);
  if (!c || !heap) {
    arena_free(heap);
    return NULL;
  }
  *c = (Cells){.n = p->nx, .nborder = p->nglobal, .nsum = p->nglobal + p->ncheck, .nblock = p->nblock};
  c->block = ARENA_ARRAY(mem, CellBlock, p->nblock + 1);
  c->corner = ARENA_ARRAY(mem, double, (size_t)c->nsum * c->nborder + 1);
  c->corner_row = ARENA_ARRAY(mem, uint32_t, c->nsum + 1);
  int failed = arena_failed(mem);
  for (uint32_t r = 0; !failed && r < c->nsum; r++) c->corner_row[r] = r < p->nglobal ? r : p->nx + (r - p->nglobal);
  for (uint32_t b = 0; !failed && b < p->nblock; b++) failed = block_new(p, &p->block[b], &c->block[b], mem, heap);
  arena_free(heap);
  return failed ? NULL : c;
}

/* ---- runs: the corner's columns, then every block's entries --------------------------------------------------------------------- */

uint32_t cells_runs(const Cells *c) {
  uint32_t n = c->nborder;
  for (uint32_t b = 0; b < c->nblock; b++) n += c->block[b].nentry;
  return n;
}

static void place(const CellBlock *b, const CellLine *line, uint32_t i, const uint32_t **at, uint32_t *first, uint8_t *step) {
  *at = i < b->size ? NULL : line[i - b->size].at;
  *first = i < b->size ? b->base + i * b->lanes : line[i - b->size].same;
  *step = i < b->size;
}

EntryRun cells_run(const Cells *c, uint32_t i) {
  if (i < c->nborder) return (EntryRun){.n = c->nsum, .v = c->corner + (size_t)i * c->nsum, .v_step = 1, .row_at = c->corner_row, .col = i};
  i -= c->nborder;
  uint32_t b = 0;
  while (i >= c->block[b].nentry) i -= c->block[b++].nentry;
  const CellBlock *blk = &c->block[b];
  const CellEntry *e = &blk->entry[i];
  EntryRun r = {.n = e->v ? blk->lanes : 0, .v = e->v, .v_step = !e->same};
  place(blk, blk->row, e->i, &r.row_at, &r.row, &r.row_step);
  place(blk, blk->col, e->j, &r.col_at, &r.col, &r.col_step);
  return r;
}

/* ---- largest entries -------------------------------------------------------------------------------------------------------------- */

enum { LANES = 32 };

/* An entry of a check's row alone, which Newton's matrix does not have. */
static int of_check(const Cells *c, const CellBlock *b, const CellEntry *e) {
  return e->i >= b->size && !b->row[e->i - b->size].at && b->row[e->i - b->size].same >= c->nborder;
}

/* |v| times by of the other side, n lanes from `first` on. */
static void weighed(const CellBlock *b, const CellEntry *e, int rows, const double *by, uint32_t nborder, uint32_t first, uint32_t n, double *t) {
  uint32_t other = rows ? e->j : e->i;
  const double *v = cell_numbers(e, first);
  if (other < b->size) {
    const double *w = by + b->base + (size_t)other * b->lanes + first;
    for (uint32_t l = 0; l < n; l++) t[l] = fabs(v[l]) * w[l];
    return;
  }
  const CellLine *line = rows ? &b->col[other - b->size] : &b->row[other - b->size];
  for (uint32_t l = 0; l < n; l++) {
    uint32_t i = cell_line(line, first + l);
    t[l] = i < nborder ? fabs(v[l]) * by[i] : 0.0;
  }
}

void cells_largest(const Cells *c, const Slice *at, int rows, const double *by, double *most, double *part) {
  const CellBlock *b = &c->block[at->block];
  double own[CELL_LARGEST * LANES], t[LANES];
  memset(part, 0, sizeof *part * c->nborder);
  for (uint32_t first = at->first; first < at->first + at->n; first += LANES) {
    uint32_t n = at->first + at->n - first < LANES ? at->first + at->n - first : LANES;
    memset(own, 0, sizeof *own * b->size * LANES);
    for (uint32_t k = 0; k < b->nentry; k++) {
      const CellEntry *e = &b->entry[k];
      uint32_t side = rows ? e->i : e->j;
      if (!e->v || of_check(c, b, e)) continue;
      weighed(b, e, rows, by, c->nborder, first, n, t);
      if (side < b->size) {
        double *to = own + (size_t)side * LANES;
        for (uint32_t l = 0; l < n; l++) to[l] = t[l] > to[l] ? t[l] : to[l];
        continue;
      }
      const CellLine *line = rows ? &b->row[side - b->size] : &b->col[side - b->size];
      for (uint32_t l = 0; l < n; l++) {
        uint32_t i = cell_line(line, first + l);
        if (i < c->nborder && t[l] > part[i]) part[i] = t[l];
      }
    }
    for (uint32_t s = 0; s < b->size; s++) memcpy(most + b->base + (size_t)s * b->lanes + first, own + (size_t)s * LANES, n * sizeof *most);
  }
}

/* ---- products --------------------------------------------------------------------------------------------------------------------- */

/* One entry for n lanes from `first` on: products with z into row buffers of the own rows (LANES numbers a row) or into the border. */
static void times(const Cells *c, const CellBlock *b, const CellEntry *e, const Weights *w, const double *z, uint32_t first, uint32_t n, double *own,
                  double *size, double *part, double *sums) {
  double t[LANES];
  const double *v = cell_numbers(e, first);
  if (e->j < b->size) {
    size_t at = b->base + (size_t)e->j * b->lanes + first;
    for (uint32_t l = 0; l < n; l++) t[l] = v[l] * (w->col[at + l] * z[at + l]);
  } else {
    const CellLine *line = &b->col[e->j - b->size];
    for (uint32_t l = 0; l < n; l++) {
      uint32_t j = cell_line(line, first + l);
      t[l] = j == NO_INDEX ? 0.0 : v[l] * (w->col[j] * z[j]);
    }
  }
  if (e->i < b->size) {
    double *to = own + (size_t)e->i * LANES, *s = size + (size_t)e->i * LANES;
    for (uint32_t l = 0; l < n; l++) {
      to[l] += t[l];
      s[l] += fabs(t[l]);
    }
    return;
  }
  const CellLine *line = &b->row[e->i - b->size];
  for (uint32_t l = 0; l < n; l++) {
    uint32_t i = cell_line(line, first + l);
    if (i >= c->nborder) continue;
    part[i] += w->row[i] * t[l];
    if (sums) sums[i] += fabs(w->row[i] * t[l]);
  }
}

double cells_product(const Cells *c, const Weights *w, const Slice *at, const double *z, const double *b, double *out, double *part, double *sums) {
  const CellBlock *blk = &c->block[at->block];
  double own[CELL_LARGEST * LANES], size[CELL_LARGEST * LANES], most = 0.0;
  memset(part, 0, sizeof *part * c->nborder);
  if (sums) memset(sums, 0, sizeof *sums * c->nborder);
  for (uint32_t first = at->first; first < at->first + at->n; first += LANES) {
    uint32_t n = at->first + at->n - first < LANES ? at->first + at->n - first : LANES;
    memset(own, 0, sizeof *own * blk->size * LANES);
    memset(size, 0, sizeof *size * blk->size * LANES);
    for (uint32_t e = 0; e < blk->nentry; e++)
      if (blk->entry[e].v && !of_check(c, blk, &blk->entry[e])) times(c, blk, &blk->entry[e], w, z, first, n, own, size, part, sums);
    for (uint32_t s = 0; s < blk->size; s++) {
      size_t i = blk->base + (size_t)s * blk->lanes + first;
      for (uint32_t l = 0; l < n; l++) {
        double r = w->row[i + l], d = w->diag[i + l] * z[i + l], sum = fabs(r) * size[s * LANES + l] + fabs(d) + (b ? fabs(b[i + l]) : 0.0);
        out[i + l] = r * own[s * LANES + l] + d;
        most = sum > most ? sum : most;
      }
    }
  }
  return most;
}
