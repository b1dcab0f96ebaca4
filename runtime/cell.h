/* cell.h: the elimination of one cell of a bordered system (border.h), two ways. By a plan: the order of pivots and the places of fill are
 * the same for all cells of a block, found on one of them, and CELL_GROUP cells are eliminated side by side. A cell whose numbers refuse the
 * plan's pivots is eliminated on its own: densely, with rook pivoting, and with its bad pivots left over. */
#ifndef ECON_CELL_H
#define ECON_CELL_H
#include "cells.h"

enum { CELL_GROUP = 32 };

/* Where the entries of a block go in the array [A B; C 0] of one cell: (size + nrow) x width, width = size + ncol, row by row. */
typedef struct {
  const CellBlock *c;
  uint32_t size, nrow, ncol, width;
  uint32_t *row, *col;                /* border lines of the block that its own columns and own rows touch */
  uint32_t *i, *j;                    /* per entry: row and column in the array; NO_INDEX for entries of the corner */
  uint32_t *down, ndown, *up, nup;    /* entries of border rows and own columns (C); of own rows and border columns (B) */
} CellShape;
/* Rows of checks are left out. Returns 1 when memory failed. */
int cell_shape(CellShape *s, const CellBlock *c, uint32_t nborder, Arena *mem);

/* ---- alone ---------------------------------------------------------------------------------------------------------------------- */

/* The weighted array of one lane into W; weights: room for size + nrow + width numbers. */
void cell_load(const CellShape *s, const Weights *w, uint32_t nborder, uint32_t lane, double *W, double *weights);
/* Eliminates the own part of W: multipliers and U stay in its first rows and columns in the order of perm (size rows, then size columns), the share
 * of the border and of rows and columns without a pivot in the rest. Returns the number of pivots. least, most: pivots met. */
uint32_t cell_eliminate(const CellShape *s, double *W, uint8_t *perm, double *least, double *most);
/* y := what forward elimination makes of v (own numbers), in the order of pivots, and back from y, whose entries without pivot are given. lu: size x size. */
void cell_forward(uint32_t size, const double *lu, const uint8_t *perm, uint32_t done, int transposed, const double *v, double *y);
void cell_backward(uint32_t size, const double *lu, const uint8_t *perm, uint32_t done, int transposed, double *y, double *z);

/* ---- by a plan ------------------------------------------------------------------------------------------------------------------- */

typedef struct { uint32_t at, slot; } CellTerm;                /* row or column, and the place of the number */
typedef struct { uint32_t to, by, of; } CellUpdate;            /* slot[to] -= slot[by] * slot[of] */
typedef struct {
  uint32_t row, col, pivot;
  CellTerm *lower, *upper; uint32_t nlower, nupper;            /* own ones first: nown_lower, nown_upper */
  uint32_t nown_lower, nown_upper;
  CellUpdate *update; uint32_t nupdate;
} CellStep;
typedef struct {
  uint32_t nslot, nown;                                        /* slots; the first nown are kept as factors */
  uint32_t *slot;                                              /* (size + nrow) x width: slot of a place, NO_INDEX for none */
  CellStep *step;                                              /* size of them; NULL where the cell that was looked at has no complete set of pivots */
} CellPlan;
/* A plan from the loaded array W of one cell (which is destroyed). Returns 1 when memory failed. */
int cell_plan(CellPlan *p, const CellShape *s, double *W, Arena *mem);
/* Eliminates lanes first .. first + n - 1, n <= CELL_GROUP. G: nslot x CELL_GROUP; weights: (size + nrow + width) x CELL_GROUP. refused[l]: 1 where
 * a pivot is too small against its column or its cell. */
void cell_group(const CellPlan *p, const CellShape *s, const Weights *w, uint32_t nborder, uint32_t first, uint32_t n, double *G, double *weights,
                uint8_t *refused, double *least, double *most);
/* Solves with the kept slots lu (nown x CELL_GROUP): v (size x CELL_GROUP, by own number) is replaced. y: size x CELL_GROUP of scratch. */
void cell_group_solve(const CellPlan *p, uint32_t size, const double *lu, int transposed, double *v, double *y);
#endif
