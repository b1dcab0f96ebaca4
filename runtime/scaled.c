#include "scaled.h"
#include "linsys.h"
#include "squares.h"
#include <math.h>
#include <string.h>

/* The same matrix in compressed columns: the rows of the conditions alone. */
typedef struct { int *start, *row, *from; double *at; Linsys *ls; Lsq *lsq; double *reg; } Whole;

struct Scaled {
  System *s;
  Arena *mem;
  uint32_t n;
  Bordered *form;                     /* NULL where J is not stored by cells */
  Squares *squares;                   /* NULL until least squares are asked for, or where the form does not serve them: no_squares */
  int by_border, no_squares;          /* by_border: the last factors are the bordered form's */
  Whole whole;
  Weights w;
};

/* ---- the whole in compressed columns ------------------------------------------------------------------------------------------- */

static int whole_build(Scaled *m) {
  Whole *q = &m->whole;
  if (q->start) return 0;
  if (system_csc(m->s)) return 1;
  const Csc *j = &m->s->jac;
  q->start = ARENA_ARRAY(m->mem, int, m->n + 1);
  q->row = ARENA_ARRAY(m->mem, int, j->start[m->n] + 1);
  q->from = ARENA_ARRAY(m->mem, int, j->start[m->n] + 1);
  q->at = ARENA_ARRAY(m->mem, double, j->start[m->n] + 1);
  if (arena_failed(m->mem)) return 1;
  int k = 0;
  for (uint32_t c = 0; c < m->n; c++) {
    for (int t = j->start[c]; t < j->start[c + 1]; t++)
      if (j->row[t] < (int)m->n) {
        q->row[k] = j->row[t];
        q->from[k++] = t;
      }
    q->start[c + 1] = k;
  }
  return 0;
}

static int whole_fill(Scaled *m) {
  Whole *q = &m->whole;
  if (whole_build(m)) return 1;
  const double *at = m->s->jac.at;
  for (uint32_t j = 0; j < m->n; j++)
    for (int k = q->start[j]; k < q->start[j + 1]; k++) {
      int i = q->row[k];
      double v = m->w.row[i] * at[q->from[k]] * m->w.col[j];
      q->at[k] = i == (int)j ? v + m->w.diag[i] : v;
    }
  return 0;
}

static int whole_factor(Scaled *m) {
  m->by_border = 0;
  if (whole_fill(m)) return 1;
  if (!m->whole.ls) m->whole.ls = linsys_new((int)m->n, m->whole.start, m->whole.row, m->whole.at, m->mem);
  return !m->whole.ls || linsys_factor(m->whole.ls);
}

/* ---- setup -------------------------------------------------------------------------------------------------------------------- */

Scaled *scaled_new(System *s, double *scratch, Arena *mem) {
  Scaled *m = ARENA_NEW(mem, Scaled);
  if (!m) return NULL;
  *m = (Scaled){.s = s, .mem = mem, .n = s->p->nx};
  if (system_pattern(s)) return NULL;
  if (!s->cells) return whole_build(m) ? NULL : m;
  m->form = bordered_new(s->cells, s->slice, s->nslice, scratch, mem);
  return m->form ? m : NULL;
}

void scaled_weigh(Scaled *m, Weights w) { m->w = w; }

int scaled_factor(Scaled *m, Weights w) {
  m->w = w;
  m->by_border = 1;
  if (!m->form) return whole_factor(m);
  BorderStatus s = bordered_factor(m->form, w);
  return s == BORDER_TOO_LARGE ? whole_factor(m) : s != BORDER_DONE;
}

double scaled_rcond(const Scaled *m) { return m->by_border ? border_rcond(m->form->border) : linsys_rcond(m->whole.ls); }

int scaled_transposed(Scaled *m, double *b) {
  if (!m->by_border) return linsys_transposed(m->whole.ls, b);
  border_transposed(m->form->border, b);
  return 0;
}

static double norm(const double *v, uint32_t n) {
  double s = 0.0;
  for (uint32_t i = 0; i < n; i++) s += v[i] * v[i];
  return sqrt(s);
}

/* ---- solutions ----------------------------------------------------------------------------------------------------------------- */

int scaled_solve(Scaled *m, const double *b, double *z) {
  if (m->by_border && !bordered_solve(m->form, b, z)) return 0;
  if (m->by_border && whole_factor(m)) return 1;
  memcpy(z, b, sizeof *z * m->n);
  return linsys_solve(m->whole.ls, z);
}

double scaled_least(Scaled *m, double *v) {
  enum { STEPS = 2 };
  uint64_t state = 0x2545f4914f6cdd1du;
  double least = 0.0;
  for (uint32_t i = 0; i < m->n; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    v[i] = (double)(state >> 11) * 0x1p-53 - 0.5;
  }
  for (int k = 0; k < STEPS; k++) {
    double size = norm(v, m->n);
    for (uint32_t i = 0; i < m->n; i++) v[i] /= size;
    if (scaled_transposed(m, v)) return 0.0;
    least = 1.0 / norm(v, m->n);
    if (m->by_border) border_solve(m->form->border, v);      /* a direction needs no refinement */
    else if (linsys_solve(m->whole.ls, v)) return 0.0;
    if (!isfinite(norm(v, m->n))) return 0.0;
  }
  return least;
}

double scaled_form(Scaled *m, const double *left, const double *right) {
  double sum = 0.0;
  if (m->s->cells) {
    m->form->w = m->w;
    bordered_product(m->form, right, NULL, m->form->left);
    for (uint32_t i = 0; i < m->n; i++) sum += left[i] * m->form->left[i];
    return sum;
  }
  const Whole *q = &m->whole;
  for (uint32_t j = 0; j < m->n; j++) {
    for (int k = q->start[j]; k < q->start[j + 1]; k++) {
      int i = q->row[k];
      sum += left[i] * m->w.row[i] * m->s->jac.at[q->from[k]] * m->w.col[j] * right[j];
    }
    sum += left[j] * m->w.diag[j] * right[j];
  }
  return sum;
}

/* By the bordered form. Returns 0 when it succeeded. */
static int form_squares(Scaled *m, const double *r, double reg, double *d) {
  const System *s = m->s;
  if (!m->form || m->no_squares) return 1;
  if (!m->squares) m->squares = squares_new(s->cells, s->slice, s->nslice, m->mem);
  m->no_squares = !m->squares;
  return m->no_squares || squares_solve(m->squares, m->w, r, reg, d);
}

int scaled_squares(Scaled *m, const double *r, double reg, double *d) {
  Whole *q = &m->whole;
  if (!form_squares(m, r, reg, d)) return 0;
  if (whole_fill(m)) return 1;
  if (!q->lsq) q->lsq = lsq_new((int)m->n, (int)m->n, q->start, q->row, q->at, m->mem);
  if (!q->reg) q->reg = ARENA_ARRAY(m->mem, double, m->n + 1);
  if (!q->lsq || !q->reg) return 1;
  for (uint32_t j = 0; j < m->n; j++) q->reg[j] = reg;
  return lsq_factor(q->lsq, NULL, q->reg) || lsq_solve(q->lsq, r, NULL, d);
}

void scaled_free(Scaled *m) {
  if (!m) return;
  bordered_free(m->form);
  squares_free(m->squares);
  linsys_free(m->whole.ls);
  lsq_free(m->whole.lsq);
}
