#include "nullity.h"
#include "cell.h"
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <string.h>

static const double MOVES = 1e-7;               /* of a unit direction: what counts as movement */
static const double FORCED = 1e-9;              /* a column that is independent of the others but for this share of its length does not move */

typedef struct {
  const Cells *c;
  Weights w;
  uint32_t nb;                                  /* the border */
  CellShape *shape;                             /* per block */
  double *W, *v;                                /* one cell's array; a border vector */
  uint8_t *perm;
  double *F, *G, *S;                            /* nb x nb each: R_F, R_G, S, row by row */
  uint64_t left;                                /* rows and columns without a pivot */
  gsl_matrix *U, *V;                            /* of the small matrix, 2nb x 2nb */
  gsl_vector *sigma, *scale;                    /* singular values; what its rows were multiplied by */
  uint32_t rank;
} Count;

/* Another row v of the matrix whose triangular factor is R (Givens rotations). v is destroyed. */
static void add_row(double *R, double *v, uint32_t n) {
  for (uint32_t j = 0; j < n; j++) {
    if (v[j] == 0.0) continue;
    double *r = R + (size_t)j * n, size = hypot(r[j], v[j]), c = r[j] / size, s = v[j] / size;
    for (uint32_t k = j; k < n; k++) {
      double a = r[k], b = v[k];
      r[k] = c * a + s * b;
      v[k] = c * b - s * a;
    }
  }
}

/* Row i (column where down) of the eliminated array beyond its own part, by border number, into q->v. */
static void border_part(const Count *q, const CellShape *s, uint32_t lane, uint32_t i, int down) {
  memset(q->v, 0, sizeof *q->v * q->nb);
  for (uint32_t k = 0; k < (down ? s->nrow : s->ncol); k++) {
    uint32_t at = cell_line(down ? &s->c->row[s->row[k]] : &s->c->col[s->col[k]], lane);
    if (at < q->nb) q->v[at] += down ? q->W[(size_t)(s->size + k) * s->width + i] : q->W[(size_t)i * s->width + s->size + k];
  }
}

static uint32_t eliminated(const Count *q, const CellShape *s, uint32_t lane) {
  double least = INFINITY, most = 0.0;
  cell_load(s, &q->w, q->nb, lane, q->W, q->W + (size_t)(s->size + s->nrow) * s->width);
  return cell_eliminate(s, q->W, q->perm, &least, &most);
}

static void collect(Count *q, const CellShape *s, uint32_t lane) {
  uint32_t k = s->size, done = eliminated(q, s, lane);
  for (uint32_t i = done; i < k; i++) {
    border_part(q, s, lane, i, 0);
    add_row(q->F, q->v, q->nb);
    border_part(q, s, lane, i, 1);
    add_row(q->G, q->v, q->nb);
  }
  q->left += k - done;
  for (uint32_t i = 0; i < s->nrow; i++) {
    uint32_t row = cell_line(&s->c->row[s->row[i]], lane);
    for (uint32_t j = 0; row < q->nb && j < s->ncol; j++) {
      uint32_t col = cell_line(&s->c->col[s->col[j]], lane);
      if (col < q->nb) q->S[(size_t)row * q->nb + col] += q->W[(size_t)(k + i) * s->width + k + j];
    }
  }
}

/* The small matrix, its rows brought to one size, and its singular values. */
static int decompose(Count *q, double tol) {
  uint32_t nb = q->nb;
  gsl_vector *work = gsl_vector_alloc(2 * nb);
  q->U = gsl_matrix_calloc(2 * nb, 2 * nb);
  q->V = gsl_matrix_alloc(2 * nb, 2 * nb);
  q->sigma = gsl_vector_alloc(2 * nb);
  q->scale = gsl_vector_alloc(2 * nb);
  int failed = !work || !q->U || !q->V || !q->sigma || !q->scale;
  for (uint32_t i = 0; !failed && i < nb; i++)
    for (uint32_t j = 0; j < nb; j++) {
      gsl_matrix_set(q->U, i, nb + j, q->F[(size_t)i * nb + j]);
      gsl_matrix_set(q->U, nb + i, j, q->G[(size_t)j * nb + i]);
      gsl_matrix_set(q->U, nb + i, nb + j, q->S[(size_t)i * nb + j]);
    }
  for (uint32_t i = 0; !failed && i < 2 * nb; i++) {
    double most = 0.0;
    for (uint32_t j = 0; j < 2 * nb; j++) most = fmax(most, fabs(gsl_matrix_get(q->U, i, j)));
    failed = !isfinite(most);
    gsl_vector_set(q->scale, i, most > 0.0 ? 1.0 / most : 1.0);
    for (uint32_t j = 0; j < 2 * nb; j++) gsl_matrix_set(q->U, i, j, gsl_matrix_get(q->U, i, j) * gsl_vector_get(q->scale, i));
  }
  failed = failed || gsl_linalg_SV_decomp(q->U, q->V, q->sigma, work);
  for (uint32_t i = 0; !failed && i < 2 * nb; i++) q->rank += gsl_vector_get(q->sigma, i) > tol * gsl_vector_get(q->sigma, 0);
  gsl_vector_free(work);
  return failed;
}

/* Whether a column of the left-over columns, whose border rows are q->v, is a combination of the others: its leverage is one where it is not. */
static int column_moves(const Count *q) {
  double leverage = 0.0, size = 0.0;
  for (uint32_t i = 0; i < q->nb; i++) size = fmax(size, fabs(q->v[i]) * gsl_vector_get(q->scale, q->nb + i));
  for (uint32_t r = 0; r < q->rank && size > 0.0; r++) {
    double t = 0.0;
    for (uint32_t i = 0; i < q->nb; i++) t += gsl_matrix_get(q->U, q->nb + i, r) * q->v[i] * gsl_vector_get(q->scale, q->nb + i);
    t /= gsl_vector_get(q->sigma, r);
    leverage += t * t;
  }
  return leverage < 1.0 - FORCED;
}

/* Marks the unknowns with pivots that answer a movement of the others: those whose equations read u (done numbers, in the order of pivots). */
static void answer(const Count *q, const CellShape *s, uint32_t lane, uint32_t done, double *u, uint8_t *moves) {
  for (uint32_t i = done; i-- > 0;) {
    for (uint32_t j = i + 1; j < done; j++) u[i] -= q->W[(size_t)i * s->width + j] * u[j];
    u[i] /= q->W[(size_t)i * s->width + i];
    if (fabs(u[i]) > MOVES) moves[s->c->base + (size_t)q->perm[s->size + i] * s->c->lanes + lane] = 1;
  }
}

static void mark(const Count *q, const CellShape *s, uint32_t lane, double *u, uint8_t *moves) {
  uint32_t k = s->size, done = eliminated(q, s, lane), nb = q->nb;
  for (uint32_t c = done; c < k; c++) {
    border_part(q, s, lane, c, 1);
    if (!column_moves(q)) continue;
    moves[s->c->base + (size_t)q->perm[k + c] * s->c->lanes + lane] = 1;
    for (uint32_t i = 0; i < done; i++) u[i] = q->W[(size_t)i * s->width + c];
    answer(q, s, lane, done, u, moves);
  }
  for (uint32_t r = q->rank; r < 2 * nb; r++) {           /* null directions in which the border moves */
    double any = 0.0;
    for (uint32_t j = 0; j < nb; j++) any = fmax(any, fabs(gsl_matrix_get(q->V, nb + j, r)));
    if (!(any > MOVES)) continue;
    for (uint32_t i = 0; i < done; i++) {
      u[i] = 0.0;
      for (uint32_t j = 0; j < s->ncol; j++) {
        uint32_t col = cell_line(&s->c->col[s->col[j]], lane);
        if (col < nb) u[i] += q->W[(size_t)i * s->width + k + j] * gsl_matrix_get(q->V, nb + col, r);
      }
    }
    answer(q, s, lane, done, u, moves);
  }
}

static int prepare(Count *q, Arena *heap) {
  const Cells *c = q->c;
  size_t room = 1, most = 1;
  q->shape = ARENA_ARRAY(heap, CellShape, c->nblock + 1);
  for (uint32_t b = 0; q->shape && b < c->nblock; b++) {
    if (cell_shape(&q->shape[b], &c->block[b], q->nb, heap)) return 1;
    const CellShape *s = &q->shape[b];
    size_t need = (size_t)(s->size + s->nrow) * s->width + s->size + s->nrow + s->width;
    room = need > room ? need : room;
    most = s->size > most ? s->size : most;
  }
  q->W = ARENA_ARRAY(heap, double, room);
  q->perm = ARENA_ARRAY(heap, uint8_t, 2 * most);
  q->v = ARENA_ARRAY(heap, double, (size_t)q->nb + most);
  double **square[] = {&q->F, &q->G, &q->S};
  for (int i = 0; i < 3; i++) *square[i] = ARENA_ARRAY(heap, double, (size_t)q->nb * q->nb + 1);
  if (arena_failed(heap)) return 1;
  for (uint32_t i = 0; i < q->nb; i++) {
    for (uint32_t j = 0; j < q->nb; j++) q->S[(size_t)i * q->nb + j] = q->w.row[i] * c->corner[(size_t)j * c->nsum + i] * q->w.col[j];
    q->S[(size_t)i * q->nb + i] += q->w.diag[i];
  }
  return 0;
}

int nullity_count(const Cells *c, Weights w, double tol, uint32_t *dim, uint8_t *moves) {
  Arena *heap = arena_new(NULL);
  Count q = {.c = c, .w = w, .nb = c->nborder};
  gsl_set_error_handler_off();
  memset(moves, 0, c->n);
  int failed = !heap || !q.nb || prepare(&q, heap);
  for (uint32_t b = 0; !failed && b < c->nblock; b++)
    for (uint32_t l = 0; l < c->block[b].lanes; l++) collect(&q, &q.shape[b], l);
  failed = failed || decompose(&q, tol);
  *dim = failed ? 0 : (uint32_t)(q.left + q.nb - q.rank);
  for (uint32_t b = 0; !failed && *dim && b < c->nblock; b++)
    for (uint32_t l = 0; l < c->block[b].lanes; l++) mark(&q, &q.shape[b], l, q.v + q.nb, moves);
  for (uint32_t j = 0; !failed && j < q.nb; j++)
    for (uint32_t r = q.rank; r < 2 * q.nb; r++) moves[j] |= fabs(gsl_matrix_get(q.V, q.nb + j, r)) > MOVES;
  gsl_matrix_free(q.U);
  gsl_matrix_free(q.V);
  gsl_vector_free(q.sigma);
  gsl_vector_free(q.scale);
  arena_free(heap);
  return failed;
}
