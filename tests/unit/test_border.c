/* Linear systems of many cells and a border: against sparse factors of the whole, with singular cells, and through whole solutions. */
#include "handmade.h"
#include "runtime/draws.h"
#include "runtime/border.h"
#include "runtime/nullity.h"
#include "runtime/prog.h"
#include "runtime/scaled.h"
#include "runtime/squares.h"
#include "runtime/team.h"
#include "unit.h"

static double uniform(uint64_t *s) { return draws_unit(s) - 0.5; }

/* Two blocks of cells over three globals. The second block's lanes touch one global each, by lane, some of them none. */
enum { SIZE = 4, LANES_A = 40, LANES_B = 300, GLOBALS = 3, CHECKS = 1 };
typedef struct { Cells c; CellBlock block[2]; Slice *slice; uint32_t nslice; Weights w; Arena *mem; } Matrix;

static void add_entry(CellBlock *b, uint32_t i, uint32_t j, uint64_t *seed, Arena *mem) {
  CellEntry *e = &b->entry[b->nentry++];
  *e = (CellEntry){.i = i, .j = j, .v = ARENA_ARRAY(mem, double, b->lanes)};
  for (uint32_t l = 0; l < b->lanes; l++) e->v[l] = uniform(seed);
}

static void fill_block(CellBlock *b, uint32_t base, uint32_t lanes, int by_lane, uint64_t *seed, Arena *mem) {
  *b = (CellBlock){.lanes = lanes, .base = base, .size = SIZE, .nrow = by_lane ? 1 : GLOBALS + CHECKS, .ncol = by_lane ? 1 : GLOBALS};
  b->row = ARENA_ARRAY(mem, CellLine, b->nrow);
  b->col = ARENA_ARRAY(mem, CellLine, b->ncol);
  b->entry = ARENA_ARRAY(mem, CellEntry, 200);
  for (uint32_t i = 0; i < b->nrow; i++) b->row[i].same = i < GLOBALS ? i : GLOBALS + SIZE * (LANES_A + LANES_B);
  for (uint32_t j = 0; j < b->ncol; j++) b->col[j].same = j;
  if (by_lane) {
    uint32_t *at = ARENA_ARRAY(mem, uint32_t, lanes), *to = ARENA_ARRAY(mem, uint32_t, lanes);
    for (uint32_t l = 0; l < lanes; l++) {
      at[l] = l % 5 ? l % GLOBALS : NO_INDEX;
      to[l] = l % 7 ? (l + 1) % GLOBALS : NO_INDEX;
    }
    b->row[0].at = at;
    b->col[0].at = to;
  }
  for (uint32_t i = 0; i < SIZE; i++) {
    for (uint32_t j = 0; j < SIZE; j++)
      if (!by_lane || i == j || uniform(seed) > -0.2) add_entry(b, i, j, seed, mem);
    for (uint32_t j = 0; j < b->ncol; j++) add_entry(b, i, SIZE + j, seed, mem);
  }
  add_entry(b, 0, 0, seed, mem);            /* the same place twice */
  for (uint32_t i = 0; i < b->nrow; i++)
    for (uint32_t j = 0; j < SIZE; j++) add_entry(b, SIZE + i, j, seed, mem);
}

static double *draw(uint32_t n, double least, uint64_t *seed, Arena *mem) {
  double *v = ARENA_ARRAY(mem, double, n);
  for (uint32_t i = 0; i < n; i++) v[i] = least + 0.5 + uniform(seed);
  return v;
}

static void matrix_new(Matrix *m, uint64_t seed) {
  m->mem = arena_new(NULL);
  uint32_t n = GLOBALS + SIZE * (LANES_A + LANES_B);
  m->c = (Cells){.n = n, .nborder = GLOBALS, .nsum = GLOBALS + CHECKS, .block = m->block, .nblock = 2};
  m->c.corner = draw(GLOBALS * (GLOBALS + CHECKS), 0.0, &seed, m->mem);
  m->c.corner_row = ARENA_ARRAY(m->mem, uint32_t, GLOBALS + CHECKS);
  for (uint32_t i = 0; i < GLOBALS + CHECKS; i++) m->c.corner_row[i] = i < GLOBALS ? i : n + i - GLOBALS;
  fill_block(&m->block[0], GLOBALS, LANES_A, 0, &seed, m->mem);
  fill_block(&m->block[1], GLOBALS + SIZE * LANES_A, LANES_B, 1, &seed, m->mem);
  m->w = (Weights){draw(n, 0.2, &seed, m->mem), draw(n, 0.2, &seed, m->mem), draw(n, -0.5, &seed, m->mem)};
  m->slice = ARENA_ARRAY(m->mem, Slice, 16);
  m->nslice = 0;
  m->slice[m->nslice++] = (Slice){0, 0, LANES_A};
  for (uint32_t l = 0; l < LANES_B; l += 96) m->slice[m->nslice++] = (Slice){1, l, LANES_B - l < 96 ? LANES_B - l : 96};
}

/* Takes away rank in one lane of the first block: its own rows become multiples of one, or nothing at all, weights included. */
static void spoil(Matrix *m, uint32_t lane, int to_nothing) {
  CellBlock *b = &m->block[0];
  for (uint32_t e = 0; e < b->nentry; e++) {
    if (b->entry[e].i >= SIZE || b->entry[e].j >= SIZE) continue;
    int again = b->entry[e].i == 0 && b->entry[e].j == 0 && e > 0;
    b->entry[e].v[lane] = again ? 0.0 : to_nothing ? 0.0 : (1.0 + b->entry[e].i) * (2.0 + b->entry[e].j);
  }
  for (uint32_t s = 0; s < SIZE; s++) ((double *)(uintptr_t)m->w.diag)[b->base + s * b->lanes + lane] = 0.0;
}

/* A dense copy, column by column, by the runs. */
static double *dense(const Matrix *m) {
  uint32_t n = m->c.n;
  double *A = ARENA_ARRAY(m->mem, double, (size_t)n * n);
  for (uint32_t k = 0; k < cells_runs(&m->c); k++) {
    EntryRun r = cells_run(&m->c, k);
    for (uint32_t l = 0; l < r.n; l++) {
      uint32_t i = r.row_at ? r.row_at[l] : r.row + l * r.row_step, j = r.col_at ? r.col_at[l] : r.col + l * r.col_step;
      if (i < n && j < n) A[(size_t)j * n + i] += m->w.row[i] * r.v[l * r.v_step] * m->w.col[j];
    }
  }
  for (uint32_t i = 0; i < n; i++) A[(size_t)i * n + i] += m->w.diag[i];
  return A;
}

/* The largest error of z as a solution of A z = b (or A'z = b), relative to b. */
static double error_of(const Matrix *m, const double *A, const double *z, const double *b, int transposed) {
  uint32_t n = m->c.n;
  double worst = 0.0;
  for (uint32_t i = 0; i < n; i++) {
    double s = -b[i], size = fabs(b[i]);
    for (uint32_t j = 0; j < n; j++) {
      double t = (transposed ? A[(size_t)i * n + j] : A[(size_t)j * n + i]) * z[j];
      s += t;
      size += fabs(t);
    }
    worst = fmax(worst, fabs(s) / size);
  }
  return worst;
}

static void solve_both_ways(Matrix *m, uint32_t delayed) {
  uint32_t n = m->c.n;
  uint64_t seed = 99;
  Border *b = border_new(&m->c, m->slice, m->nslice, m->mem);
  CU_ASSERT_FATAL(b && border_factor(b, m->w) == BORDER_DONE);
  CU_ASSERT(border_delayed(b) == delayed);
  CU_ASSERT(border_rcond(b) > 1e-12);
  double *A = dense(m), *rhs = draw(n, -0.5, &seed, m->mem), *z = ARENA_ARRAY(m->mem, double, n);
  memcpy(z, rhs, sizeof *z * n);
  border_solve(b, z);
  CU_ASSERT(error_of(m, A, z, rhs, 0) < 1e-9);
  memcpy(z, rhs, sizeof *z * n);
  border_transposed(b, z);
  CU_ASSERT(error_of(m, A, z, rhs, 1) < 1e-9);
  border_free(b);
}

static void random_systems(void) {
  for (uint64_t seed = 1; seed <= 10; seed++) {
    Matrix m;
    matrix_new(&m, seed);
    solve_both_ways(&m, 0);
    arena_free(m.mem);
  }
}

/* A cell of rank one delays three pivots, the border makes up for them; a cell of rank nought has four, one more than the border can carry. */
static void singular_cells(void) {
  for (uint64_t seed = 1; seed <= 10; seed++) {
    Matrix m;
    matrix_new(&m, seed);
    spoil(&m, 7, 0);
    solve_both_ways(&m, 3);
    spoil(&m, 7, 1);
    Border *b = border_new(&m.c, m.slice, m.nslice, m.mem);
    BorderStatus s = border_factor(b, m.w);
    CU_ASSERT(s == BORDER_SINGULAR || border_rcond(b) < 1e-13);
    border_free(b);
    arena_free(m.mem);
  }
}

/* Least squares: the gradient A'(r - A d) - reg^2 d vanishes, whatever the rank of the cells. */
static void least_squares(void) {
  for (uint64_t seed = 1; seed <= 4; seed++) {
    Matrix m;
    matrix_new(&m, seed);
    if (seed > 2) spoil(&m, 7, seed == 4);
    uint32_t n = m.c.n;
    double *A = dense(&m), *r = draw(n, -0.5, &(uint64_t){seed}, m.mem), *d = ARENA_ARRAY(m.mem, double, n), *e = ARENA_ARRAY(m.mem, double, n), reg = 0.05;
    Squares *q = squares_new(&m.c, m.slice, m.nslice, m.mem);
    for (int again = 0; again < 2; again++, reg = 0.3) {
      CU_ASSERT_FATAL(q && squares_solve(q, m.w, r, reg, d) == 0);
      for (uint32_t i = 0; i < n; i++) {
        e[i] = r[i];
        for (uint32_t j = 0; j < n; j++) e[i] -= A[(size_t)j * n + i] * d[j];
      }
      for (uint32_t j = 0; j < n; j++) {
        double g = -reg * reg * d[j], size = reg * reg * fabs(d[j]);
        for (uint32_t i = 0; i < n; i++) {
          g += A[(size_t)j * n + i] * e[i];
          size += fabs(A[(size_t)j * n + i] * e[i]);
        }
        CU_ASSERT(fabs(g) < 1e-9 * (1.0 + size));
      }
    }
    squares_free(q);
    arena_free(m.mem);
  }
}

/* A lane of rank one leaves three rows and columns to a border of three, which makes up for them; one of rank nought leaves four, and one direction
 * in which its unknowns alone move; every further one four more. */
static void directions_are_counted(void) {
  for (uint64_t seed = 1; seed <= 5; seed++) {
    Matrix m;
    matrix_new(&m, seed);
    uint8_t *moves = ARENA_ARRAY(m.mem, uint8_t, m.c.n);
    uint32_t dim = 9, expected[] = {0, 0, 1, 5, 9};
    for (uint32_t step = 0; step < 5; step++) {
      if (step == 1) spoil(&m, 7, 0);
      if (step > 1) spoil(&m, 5 + step, 1);
      CU_ASSERT(nullity_count(&m.c, m.w, 1e-8, &dim, moves) == 0 && dim == expected[step]);
      uint32_t moving = 0, elsewhere = 0;
      for (uint32_t i = 0; i < m.c.n; i++) {
        uint32_t lane = i < GLOBALS ? 0 : (i - GLOBALS) % LANES_A;
        int here = step > 1 && i >= GLOBALS && i < m.block[1].base && lane >= 7 && lane <= 5 + step;
        moving += moves[i] && here;
        elsewhere += moves[i] && !here;
      }
      CU_ASSERT(moving == (step > 1 ? SIZE * (step - 1) : 0) && elsewhere == 0);
    }
    arena_free(m.mem);
  }
}

static void largest_entries(void) {
  Matrix m;
  matrix_new(&m, 5);
  uint32_t n = m.c.n;
  double *most = ARENA_ARRAY(m.mem, double, n), *part = ARENA_ARRAY(m.mem, double, GLOBALS), *product = ARENA_ARRAY(m.mem, double, n);
  double *A = dense(&m), *sum = ARENA_ARRAY(m.mem, double, GLOBALS);
  uint32_t lane = 11, j = m.block[1].base + 2 * LANES_B + lane;
  cells_largest(&m.c, &m.slice[1], 0, m.w.row, most, part);
  double found = 0.0;
  for (uint32_t e = 0; e < m.block[1].nentry; e++) {
    const CellEntry *en = &m.block[1].entry[e];
    if (en->j != 2) continue;
    uint32_t i = en->i < SIZE ? m.block[1].base + en->i * LANES_B + lane : m.block[1].row[0].at[lane];
    if (i < n) found = fmax(found, fabs(en->v[lane]) * m.w.row[i]);
  }
  CU_ASSERT(most[j] == found);
  double *z = draw(n, 0.0, &(uint64_t){3}, m.mem), s = 0.0;
  cells_product(&m.c, &m.w, &m.slice[1], z, NULL, product, part, sum);
  for (uint32_t c = 0; c < n; c++) s += A[(size_t)c * n + j] * z[c];
  CU_ASSERT(fabs(product[j] - s) < 1e-13);
  arena_free(m.mem);
}

static void count_once(void *ctx, uint32_t slice, uint32_t member) {
  CU_ASSERT(member < team_size());
  ((uint32_t *)ctx)[slice]++;
}

static void teams(void) {
  uint32_t seen[50] = {0};
  team_run(50, count_once, seen);
  for (int i = 0; i < 50; i++) CU_ASSERT(seen[i] == 1);
  team_run(0, count_once, seen);
}

/* The Jacobian of s at x as a dense matrix, rows of checks included. */
static double *by_runs(System *s, const double *x, Arena *mem) {
  uint32_t rows = s->p->nx + s->p->ncheck;
  double *A = ARENA_ARRAY(mem, double, (size_t)rows * s->p->nx);
  CU_ASSERT(system_jacobian(s, x) == 0);
  for (uint32_t k = 0; k < system_runs(s); k++) {
    EntryRun r = system_run(s, k);
    for (uint32_t l = 0; l < r.n; l++) {
      uint32_t i = r.row_at ? r.row_at[l] : r.row + l * r.row_step, j = r.col_at ? r.col_at[l] : r.col + l * r.col_step;
      if (i < rows && j < s->p->nx) A[(size_t)j * rows + i] += r.v[l * r.v_step];
    }
  }
  return A;
}

/* Numbers that all lanes or several entries have in common are kept once: the matrix is that of the compressed columns. */
static void shared_numbers(void) {
  uint64_t seed = 12;
  for (uint32_t states = 0; states <= 2; states++) {
    Arena *mem = arena_new(NULL);
    uint32_t n = 70, per = 2 * (states + 1);
    double *e = draw(n * per, 0.2, &seed, mem), *gamma = draw(n, 1.5, &seed, mem), *w = draw(n * 2, 0.5, &seed, mem), *mass = draw(n, 0.1, &seed, mem);
    double R[] = {1.0, 0.9}, prob[] = {0.4, 0.6};
    Spec spec = {n, states, 2, (int)states, e, gamma, w, R, prob, mass, 0.95};
    Layout lay;
    Problem *p = hand_economy(&spec, mem, &lay);
    System *whole = system_new(p, mem), *cells = system_for(p, LINEAR_BORDERED, mem);
    double *x = draw(p->nx, 0.5, &seed, mem), *A = by_runs(whole, x, mem), *B = by_runs(cells, x, mem), *most = ARENA_ARRAY(mem, double, p->nx), *same = ARENA_ARRAY(mem, double, p->nx);
    CU_ASSERT_FATAL(cells->cells && !whole->cells);
    size_t kept = 0, entries = 0;
    for (uint32_t b = 0; b < cells->cells->nblock; b++)
      for (uint32_t k = 0; k < cells->cells->block[b].nentry; k++) {
        kept += !cells->cells->block[b].entry[k].borrowed && !cells->cells->block[b].entry[k].same;
        entries++;
      }
    CU_ASSERT(kept < entries);
    for (size_t k = 0; k < (size_t)(p->nx + p->ncheck) * p->nx; k++) CU_ASSERT(fabs(A[k] - B[k]) <= 1e-14 * fabs(A[k]));
    for (int rows = 0; rows < 2; rows++) {
      system_largest(whole, rows, x, most);
      system_largest(cells, rows, x, same);
      for (uint32_t i = 0; i < p->nx; i++) CU_ASSERT(fabs(most[i] - same[i]) <= 1e-14 * most[i]);
    }
    arena_free(mem);
  }
}

/* Economies with collateral and redundant claims, whichever way their linear systems are solved. */
static void both_ways_reach_the_same_answer(void) {
  uint64_t seed = 11;
  for (uint32_t states = 0; states <= 1; states++) {
    Arena *mem = arena_new(NULL);
    uint32_t n = 90, per = 2 * (states + 1);      /* more lanes than copies of a number that all have in common */
    double *e = draw(n * per, 0.2, &seed, mem), *gamma = draw(n, 1.5, &seed, mem), *w = draw(n * 2, 0.5, &seed, mem), *mass = draw(n, 0.1, &seed, mem);
    double R[] = {1.0}, prob[] = {1.0};
    Spec spec = {n, states, 2, (int)states, e, gamma, w, R, prob, mass, 0.95};
    Layout lay;
    Problem *p = hand_economy(&spec, mem, &lay);
    Solution whole, border;
    EconStatus a = problem_solve(p, &(Settings){.linear = LINEAR_WHOLE}, NULL, &whole), b = problem_solve(p, &(Settings){.linear = LINEAR_BORDERED}, NULL, &border);
    CU_ASSERT(a == b && (a == ECON_SOLVED || a == ECON_INDETERMINATE) && whole.cert.indeterminate == border.cert.indeterminate);
    for (uint32_t i = 0; i < p->nx; i++) CU_ASSERT(fabs(whole.x[i] - border.x[i]) <= 1e-9 * (1.0 + fabs(whole.x[i])));
    solution_free(&whole);
    solution_free(&border);
    arena_free(mem);
  }
}

/* Two programs with a common part give the same numbers joined, in fewer instructions. */
static void joined_programs(void) {
  Arena *mem = arena_new(NULL);
  Hand *h = ARENA_NEW(mem, Hand);
  h->mem = mem;
  X a = input(h, IN_COLUMN, 0), b = input(h, IN_COLUMN, 1), common = power_of(h, add(h, a, b), num(h, 1.7));
  X first[] = {mul(h, common, a), b}, second[] = {divide(h, power_of(h, add(h, a, b), num(h, 1.7)), b), mul(h, common, a), num(h, 3.0)};
  Prog p = lower(h, first, 2), q = lower(h, second, 3), j = prog_join(&p, &q, mem);
  double in[] = {0.3, 2.5}, *x = ARENA_ARRAY(mem, double, p.regs), *y = ARENA_ARRAY(mem, double, q.regs), *z = ARENA_ARRAY(mem, double, j.regs + 1);
  prog_run(&p, in, x);
  prog_run(&q, in, y);
  prog_run(&j, in, z);
  CU_ASSERT_FATAL(j.nout == 5);
  for (int o = 0; o < 2; o++) CU_ASSERT(z[j.out[o]] == x[p.out[o]]);
  for (int o = 0; o < 3; o++) CU_ASSERT(z[j.out[2 + o]] == y[q.out[o]]);
  CU_ASSERT(j.n == 8 && j.regs < 8);
  arena_free(mem);
}

/* As with linear tastes at given prices: every cell is singular, and more pivots are delayed than a border should hold. */
static void many_delayed_pivots_are_left_to_the_whole(void) {
  Matrix m;
  matrix_new(&m, 3);
  CellBlock *b = &m.block[1];
  for (uint32_t e = 0; e < b->nentry; e++)
    for (uint32_t l = 0; l < b->lanes; l++)
      if (b->entry[e].i < SIZE && b->entry[e].j < SIZE) b->entry[e].v[l] = 0.0;
  for (uint32_t i = 0; i < SIZE * LANES_B; i++) ((double *)(uintptr_t)m.w.diag)[b->base + i] = 0.0;
  Border *border = border_new(&m.c, m.slice, m.nslice, m.mem);
  CU_ASSERT(border_factor(border, m.w) == BORDER_TOO_LARGE);
  border_free(border);
  arena_free(m.mem);
}

UNIT_MAIN("border", {"random systems", random_systems}, {"singular cells", singular_cells}, {"least squares", least_squares}, {"directions are counted", directions_are_counted}, {"largest entries and products", largest_entries},
          {"work is shared out once", teams}, {"both ways reach the same answer", both_ways_reach_the_same_answer},
          {"shared numbers", shared_numbers}, {"joined programs", joined_programs}, {"many delayed pivots are left to the whole", many_delayed_pivots_are_left_to_the_whole})
