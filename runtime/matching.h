/* matching.h: which conditions can determine which unknowns: maximum matching of a sparse pattern and its coarse Dulmage-Mendelsohn
 * decomposition (Dulmage and Mendelsohn 1958; Pothen and Fan 1990). Work and memory are linear in the entries but for the few
 * augmenting phases (Hopcroft and Karp 1973). */
#ifndef ECON_MATCHING_H
#define ECON_MATCHING_H
#include "arena.h"

/* m rows, n columns, compressed columns: the rows of column j are row[start[j] .. start[j+1]). */
typedef struct { uint32_t m, n; const uint32_t *start, *row; } Pattern;

/* row_of[j]: the row matched to column j, col_of[i]: the column matched to row i, UINT32_MAX where there is none. Both may come in
 * holding a matching, which is enlarged. over[i], over_col[j]: 1 in the over-determined part (more rows than columns), reached by
 * alternating paths from rows without a column; under_col[j], under[i]: the same from columns without a row. */
typedef struct { uint32_t *row_of, *col_of; uint8_t *over, *over_col, *under, *under_col; uint32_t size; } Matching;

/* Empty, in mem; NULL when memory failed. */
Matching *matching_new(const Pattern *p, Arena *mem);
/* Enlarges m to a maximum matching and marks the parts. Returns 0, or 1 when memory failed. */
int matching_find(const Pattern *p, Matching *m, Arena *mem);
#endif
