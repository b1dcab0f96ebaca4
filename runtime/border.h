/* border.h: a linear system of very many small cells and a border (cells.h), by elimination of the cells:
 *     S = D - sum_c C_c A_c^-1 B_c,   S z_border = b_border - sum_c C_c A_c^-1 b_c,   z_c = A_c^-1 (b_c - B_c z_border).
 * The cells of a block are eliminated side by side in one order of pivots that fills little (cell.h); one whose numbers refuse it, on its own
 * with rook pivoting (Neal and Poole 1992). A cell that is singular or nearly so at a fixed border (a technique
 * with constant returns, linear utility, redundant claims) leaves rows and columns without a pivot: these are delayed (Duff and Reid 1983)
 * and join the border, whose dense matrix is factored with partial pivoting. Work and memory are linear in the number of cells; sums over
 * cells are taken slice by slice in a fixed order (team.h). */
#ifndef ECON_BORDER_H
#define ECON_BORDER_H
#include "cells.h"

typedef struct Border Border;
typedef enum { BORDER_DONE, BORDER_SINGULAR, BORDER_TOO_LARGE /* so many delayed pivots that the whole is better factored otherwise */ } BorderStatus;

/* cells and slice (every lane in one of them, firsts multiples of CELL_GROUP) stay referenced. NULL when memory failed. */
Border *border_new(const Cells *cells, const Slice *slice, uint32_t nslice, Arena *mem);
/* Factors the present values with the given weights, which the solves read again. */
BorderStatus border_factor(Border *b, Weights w);
/* v (n numbers) := A^-1 v, or A^-T v. No refinement. */
void border_solve(Border *b, double *v);
void border_transposed(Border *b, double *v);
/* Smallest pivot over largest, of all cells and of the border. */
double border_rcond(const Border *b);
/* Rows that were delayed in the last factorisation. */
uint32_t border_delayed(const Border *b);
void border_free(Border *b);
#endif
