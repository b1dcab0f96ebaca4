/* nullity.h: how many directions a bordered system of cells (cells.h) leaves open, counted whatever their number, where a basis of them would be
 * too long to write down (of ten thousand types that may hold a promise or store the same value, each may do either).
 *
 * Every cell is eliminated on its own with rook pivoting (cell.h). What has no pivot is left over: rows with nothing but border columns (F),
 * columns with nothing but border rows (G), so that the rank of the whole is the number of pivots and the rank of
 *     [ 0  F ]          F = Q_F [R_F; 0],  G = [R_G' 0] Q_G',       [ 0     R_F ]
 *     [ G  S ]                                              that of  [ R_G'  S   ],  twice the border in size, by its singular values.
 * Work and memory are linear in the number of cells. */
#ifndef ECON_NULLITY_H
#define ECON_NULLITY_H
#include "cells.h"

/* *dim: the dimension of the null space of the matrix with weights w: pivots below 1e-7 of the largest entry of their cell, and singular values
 * of the border below tol of its largest, count as zero. moves (n): 1 for unknowns that move along it. Returns 0, 1 when memory failed. */
int nullity_count(const Cells *c, Weights w, double tol, uint32_t *dim, uint8_t *moves);
#endif
