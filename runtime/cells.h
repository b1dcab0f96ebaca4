/* cells.h: the Jacobian of a problem with very many alike lanes, stored by entry of the kernel instead of by place. Every lane of a
 * block is a cell: its own rows and own unknowns make a small dense matrix, and beside these it touches the globals (the border)
 * alone. Entry e of all lanes of a block stands in one array; its rows and columns follow from the block, so that neither row numbers
 * nor a scatter map are stored.
 *
 *     [ A_1           B_1 ]     A_c: size x size, B_c: size x globals, C_c: globals x size, D (the corner): globals x globals,
 *     [      ...      ... ]     a sum over all lanes.
 *     [           A_m B_m ]
 *     [ C_1  ...  C_m  D  ] */
#ifndef ECON_CELLS_H
#define ECON_CELLS_H
#include "problem.h"

/* The number of a border row or column: lane by lane (NO_INDEX for none), or the same for all where at is NULL. */
typedef struct { const uint32_t *at; uint32_t same; } CellLine;
static inline uint32_t cell_line(const CellLine *l, uint32_t lane) { return l->at ? l->at[lane] : l->same; }

/* i < size: own row; else border row i - size. j likewise. Not both of the border, where v is NULL. Entries with the same i and j are added.
 * A number that no lane's data or unknowns enter (a price, a mass common to all) is kept once, CELL_COPIES times over; one that is computed for
 * another entry too (the multiplier in every choice's condition) is kept there. */
enum { CELL_COPIES = 64, CELL_LARGEST = 64 /* own rows of a cell */ };
typedef struct { uint32_t i, j; double *v; uint8_t same, borrowed; } CellEntry;
/* The numbers of lanes from `first` on; at most CELL_COPIES of them may be read. */
static inline const double *cell_numbers(const CellEntry *e, uint32_t first) { return e->same ? e->v : e->v + first; }
typedef struct {
  uint32_t lanes, base, size;         /* unknown and row `slot` of lane l: base + slot*lanes + l */
  CellLine *row, *col; uint32_t nrow, ncol;
  CellEntry *entry; uint32_t nentry;
} CellBlock;
typedef struct {
  uint32_t n, nborder, nsum;          /* nx; globals; rows of the corner: globals, then checks */
  CellBlock *block; uint32_t nblock;
  double *corner;                     /* column j of the globals: corner[j*nsum ..]; its row r is r < nborder ? r : n + r - nborder */
  uint32_t *corner_row;               /* nsum: those numbers */
} Cells;

/* The matrix diag(row) J diag(col) + diag(diag), n numbers each: what Newton's method makes of a Jacobian. */
typedef struct { const double *row, *col, *diag; } Weights;
/* Lanes [first, first + n) of a block: what one thread works on at a time. */
typedef struct { uint32_t block, first, n; } Slice;

/* Whether p is of this form and large enough for it to pay (most lanes >= least). */
int cells_apply(const Problem *p, uint32_t least);
/* Memory for the values. NULL when memory failed. */
Cells *cells_new(const Problem *p, Arena *mem);

/* out (n) := A z for slice `at`'s own rows; its part of the border rows goes to part (nborder, replaced). Returns the largest sum of the absolute
 * values of the products and of |b_i| (b may be NULL) in one own row; sums (nborder, may be NULL) receives those of the border rows. */
double cells_product(const Cells *c, const Weights *w, const Slice *at, const double *z, const double *b, double *out, double *part, double *sums);

/* For slice `at`: most[j] := the largest |A_ij| by[i] of its own columns j (rows = 0), or most[i] := the largest |A_ij| by[j] of its own rows; the same
 * of border columns (rows) among its lanes' entries into part (nborder, replaced). by: n numbers >= 0. */
void cells_largest(const Cells *c, const Slice *at, int rows, const double *by, double *most, double *part);

/* A run of entries: n values v[l*v_step] at row (row_at ? row_at[l] : row + l*row_step) and column likewise; numbers that are NO_INDEX or too large for the caller are to be skipped. */
typedef struct { uint32_t n; const double *v; const uint32_t *row_at, *col_at; uint32_t row, col; uint8_t v_step, row_step, col_step; } EntryRun;
uint32_t cells_runs(const Cells *c);
EntryRun cells_run(const Cells *c, uint32_t i);
#endif
