#include "squares.h"
#include <math.h>

struct Squares {
  const Cells *c;
  Cells k;                            /* the augmented matrix, its values weighted already */
  Bordered *form;
  double *one, *diag, *b, *z;         /* k.n each */
};

/* A line of border numbers shifted by `by`; those of checks, and none, become none. */
static int shifted(CellLine *to, const CellLine *from, uint32_t lanes, uint32_t nborder, uint32_t by, Arena *mem) {
  *to = (CellLine){NULL, from->same < nborder ? from->same + by : NO_INDEX};
  if (!from->at) return 0;
  uint32_t *at = ARENA_ARRAY(mem, uint32_t, lanes + 1);
  for (uint32_t l = 0; at && l < lanes; l++) at[l] = from->at[l] < nborder ? from->at[l] + by : NO_INDEX;
  to->at = at;
  return !at;
}

/* The place among e or d of row (column) i of the block: its own come as they are, or after the rows where it is an unknown; lines of the border
 * after both. */
static uint32_t row_place(const CellBlock *b, uint32_t i) { return i < b->size ? i : i + b->size; }
static uint32_t col_place(const CellBlock *b, uint32_t j) { return j < b->size ? b->size + j : j + b->size + b->nrow; }

/* Entry t of b twice, above and below the diagonal, in one array; the diagonal of A after the entries. */
static int block_new(const CellBlock *b, CellBlock *k, uint32_t nborder, Arena *mem) {
  *k = (CellBlock){.lanes = b->lanes, .base = 2 * b->base, .size = 2 * b->size, .nrow = b->nrow + b->ncol, .ncol = b->nrow + b->ncol};
  k->row = k->col = ARENA_ARRAY(mem, CellLine, k->nrow + 1);
  k->entry = ARENA_ARRAY(mem, CellEntry, 2 * ((size_t)b->nentry + b->size) + 1);
  if (arena_failed(mem)) return 1;
  for (uint32_t i = 0; i < b->nrow; i++)
    if (shifted(&k->row[i], &b->row[i], b->lanes, nborder, 0, mem)) return 1;
  for (uint32_t j = 0; j < b->ncol; j++)
    if (shifted(&k->row[b->nrow + j], &b->col[j], b->lanes, nborder, nborder, mem)) return 1;
  for (uint32_t t = 0; t < b->nentry + b->size; t++) {
    const CellEntry *e = t < b->nentry ? &b->entry[t] : NULL;
    uint32_t i = e ? row_place(b, e->i) : t - b->nentry, j = e ? col_place(b, e->j) : b->size + (t - b->nentry);
    int of_check = e && e->i >= b->size && !b->row[e->i - b->size].at && b->row[e->i - b->size].same >= nborder;
    double *v = !e || (e->v && !of_check) ? ARENA_ARRAY(mem, double, b->lanes) : NULL;
    k->entry[k->nentry++] = (CellEntry){.i = i, .j = j, .v = v};
    k->entry[k->nentry++] = (CellEntry){.i = j, .j = i, .v = v};
  }
  return arena_failed(mem);
}

Squares *squares_new(const Cells *c, const Slice *slice, uint32_t nslice, Arena *mem) {
  Squares *q = ARENA_NEW(mem, Squares);
  for (uint32_t b = 0; b < c->nblock; b++)
    if (2 * c->block[b].size > CELL_LARGEST) return NULL;
  if (!q || c->n > UINT32_MAX / 2) return NULL;
  uint32_t nb = c->nborder;
  q->c = c;
  q->k = (Cells){.n = 2 * c->n, .nborder = 2 * nb, .nsum = 2 * nb, .nblock = c->nblock};
  q->k.block = ARENA_ARRAY(mem, CellBlock, c->nblock + 1);
  q->k.corner = ARENA_ARRAY(mem, double, (size_t)4 * nb * nb + 1);
  q->k.corner_row = ARENA_ARRAY(mem, uint32_t, 2 * nb + 1);
  double **vec[] = {&q->one, &q->diag, &q->b, &q->z}, *left = ARENA_ARRAY(mem, double, (size_t)q->k.n + 1);
  for (unsigned i = 0; i < sizeof vec / sizeof *vec; i++) *vec[i] = ARENA_ARRAY(mem, double, (size_t)q->k.n + 1);
  if (arena_failed(mem)) return NULL;
  for (uint32_t i = 0; i < 2 * nb; i++) q->k.corner_row[i] = i;
  for (uint32_t i = 0; i < q->k.n; i++) q->one[i] = 1.0;
  for (uint32_t b = 0; b < c->nblock; b++)
    if (block_new(&c->block[b], &q->k.block[b], nb, mem)) return NULL;
  q->form = bordered_new(&q->k, slice, nslice, left, mem);
  return q->form ? q : NULL;
}

static double weight_at(const CellBlock *b, const CellLine *line, uint32_t i, uint32_t lane, uint32_t nborder, const double *w) {
  if (i < b->size) return w[b->base + (size_t)i * b->lanes + lane];
  uint32_t at = cell_line(&line[i - b->size], lane);
  return at < nborder ? w[at] : 0.0;
}

static void fill(Squares *q, Weights w) {
  const Cells *c = q->c;
  uint32_t nb = c->nborder;
  for (uint32_t bi = 0; bi < c->nblock; bi++) {
    const CellBlock *b = &c->block[bi];
    CellEntry *to = q->k.block[bi].entry;
    for (uint32_t t = 0; t < b->nentry; t++) {
      const CellEntry *e = &b->entry[t];
      for (uint32_t l = 0; to[2 * t].v && l < b->lanes; l++)
        to[2 * t].v[l] = weight_at(b, b->row, e->i, l, nb, w.row) * *cell_numbers(e, l) * weight_at(b, b->col, e->j, l, nb, w.col);
    }
    for (uint32_t s = 0; s < b->size; s++)
      for (uint32_t l = 0; l < b->lanes; l++) to[2 * (b->nentry + s)].v[l] = w.diag[b->base + (size_t)s * b->lanes + l];
  }
  for (uint32_t j = 0; j < nb; j++)
    for (uint32_t i = 0; i < nb; i++) {
      double v = w.row[i] * c->corner[(size_t)j * c->nsum + i] * w.col[j] + (i == j ? w.diag[i] : 0.0);
      q->k.corner[(size_t)(nb + j) * 2 * nb + i] = q->k.corner[(size_t)i * 2 * nb + nb + j] = v;
    }
}

/* Rows and unknowns `from` to from + n - 1 of the plain system in the augmented one: of a block, or of the border for b = nblock. */
typedef struct { uint32_t from, errors, unknowns, n; } Range;
static Range range(const Cells *c, uint32_t b) {
  if (b == c->nblock) return (Range){0, 0, c->nborder, c->nborder};
  const CellBlock *k = &c->block[b];
  return (Range){k->base, 2 * k->base, 2 * k->base + k->size * k->lanes, k->size * k->lanes};
}

int squares_solve(Squares *q, Weights w, const double *r, double reg, double *d) {
  fill(q, w);
  for (uint32_t b = 0; b <= q->c->nblock; b++) {
    Range p = range(q->c, b);
    for (uint32_t i = 0; i < p.n; i++) {
      q->diag[p.errors + i] = 1.0;
      q->diag[p.unknowns + i] = -reg * reg;
      q->b[p.errors + i] = r[p.from + i];
      q->b[p.unknowns + i] = 0.0;
    }
  }
  if (bordered_factor(q->form, (Weights){q->one, q->one, q->diag}) != BORDER_DONE || bordered_solve(q->form, q->b, q->z)) return 1;
  for (uint32_t b = 0; b <= q->c->nblock; b++) {
    Range p = range(q->c, b);
    for (uint32_t i = 0; i < p.n; i++) d[p.from + i] = q->z[p.unknowns + i];
  }
  return 0;
}

void squares_free(Squares *q) {
  if (q) bordered_free(q->form);
}
