#include "affine.h"
#include "prog.h"
#include <math.h>

/* The program's outputs with variable v at 1 (NO_INDEX: none) and given unknown g at 1, all others at 0. */
static void evaluate(const Prog *prog, const AffineFrame *f, uint32_t v, uint32_t g, double *in, double *reg, double *out) {
  for (uint32_t i = 0; i < f->nin; i++) {
    if (f->var[i] != NO_INDEX) in[i] = f->var[i] == v;
    else if (f->given[i] != NO_INDEX) in[i] = f->given[i] == g;
    else in[i] = f->in[i];
  }
  prog_run(prog, in, reg);
  for (uint32_t o = 0; o < prog->nout; o++) out[o] = reg[prog->out[o]];
}

/* One run of the abstract interpreter with either the choices or the given unknowns as its variables. */
static void shapes(const Prog *prog, const AffineFrame *f, int of_given, Shape *in, Shape *reg) {
  for (uint32_t i = 0; i < f->nin; i++) {
    if (f->var[i] != NO_INDEX) in[i] = of_given ? shape_constant(f->var_box[f->var[i]], 0) : shape_variable(f->var_box[f->var[i]]);
    else if (f->given[i] != NO_INDEX)
      in[i] = of_given ? shape_variable(f->given_box[f->given[i]]) : shape_constant(f->given_box[f->given[i]], SHAPE_GIVEN);
    else in[i] = shape_constant(interval_at(f->in[i]), 0);
  }
  curvature_run(prog, in, reg, 0);
}

static int classify(const Prog *prog, const AffineFrame *f, AffineRow *row, Shape *in, Shape *reg) {
  int priced = 0;
  shapes(prog, f, 0, in, reg);
  for (uint32_t o = 0; o < prog->nout; o++) {
    const Shape *s = &reg[prog->out[o]];
    row[o].kind = !shape_is(s, SHAPE_AFFINE) ? AFFINE_NO : s->flag & SHAPE_GIVEN ? AFFINE_PRICED : AFFINE_FREE;
    priced |= row[o].kind == AFFINE_PRICED;
  }
  if (!priced) return 0;
  priced = 0;
  shapes(prog, f, 1, in, reg);
  for (uint32_t o = 0; o < prog->nout; o++) {
    if (row[o].kind == AFFINE_PRICED && !shape_is(&reg[prog->out[o]], SHAPE_AFFINE)) row[o].kind = AFFINE_NO;
    priced |= row[o].kind == AFFINE_PRICED;
  }
  return priced;
}

static int reserve(const AffineFrame *f, AffineRow *row, uint32_t n, Arena *mem) {
  for (uint32_t o = 0; o < n; o++) {
    row[o].coef = ARENA_ARRAY(mem, double, f->nvar + 1);
    if (row[o].kind != AFFINE_PRICED) continue;
    row[o].price_constant = ARENA_ARRAY(mem, double, f->ngiven + 1);
    row[o].price_coef = ARENA_ARRAY(mem, double *, f->ngiven + 1);
    for (uint32_t g = 0; row[o].price_coef && g < f->ngiven; g++) row[o].price_coef[g] = ARENA_ARRAY(mem, double, f->nvar + 1);
  }
  return !arena_failed(mem);
}

/* A difference without what is only rounding: below 1e-13 of the numbers it came from. */
static double clean(double difference, double size) { return fabs(difference) <= 1e-13 * size ? 0 : difference; }

static void read_free(const Prog *prog, const AffineFrame *f, AffineRow *row, double *in, double *reg, double *out) {
  evaluate(prog, f, NO_INDEX, NO_INDEX, in, reg, out);
  for (uint32_t o = 0; o < prog->nout; o++) row[o].constant = out[o];
  for (uint32_t v = 0; v < f->nvar; v++) {
    evaluate(prog, f, v, NO_INDEX, in, reg, out);
    for (uint32_t o = 0; o < prog->nout; o++) row[o].coef[v] = clean(out[o] - row[o].constant, fabs(out[o]) + fabs(row[o].constant));
  }
}

static void read_priced(const Prog *prog, const AffineFrame *f, AffineRow *row, double *in, double *reg, double *out) {
  for (uint32_t g = 0; g < f->ngiven; g++) {
    evaluate(prog, f, NO_INDEX, g, in, reg, out);
    for (uint32_t o = 0; o < prog->nout; o++)
      if (row[o].kind == AFFINE_PRICED) row[o].price_constant[g] = clean(out[o] - row[o].constant, fabs(out[o]) + fabs(row[o].constant));
    for (uint32_t v = 0; v < f->nvar; v++) {
      evaluate(prog, f, v, g, in, reg, out);
      for (uint32_t o = 0; o < prog->nout; o++) {
        if (row[o].kind != AFFINE_PRICED) continue;
        double rest = row[o].constant + row[o].price_constant[g] + row[o].coef[v];
        double size = fabs(out[o]) + fabs(row[o].constant) + fabs(row[o].price_constant[g]) + fabs(row[o].coef[v]);
        row[o].price_coef[g][v] = clean(out[o] - rest, size);
      }
    }
  }
}

/* A row with a number that is none of this form after all (a division by zero at the origin, say) is given up. */
static void distrust(const AffineFrame *f, AffineRow *row, uint32_t n) {
  for (uint32_t o = 0; o < n; o++) {
    double sum = row[o].constant;
    for (uint32_t v = 0; v < f->nvar; v++) sum += row[o].coef[v];
    for (uint32_t g = 0; row[o].kind == AFFINE_PRICED && g < f->ngiven; g++) {
      sum += row[o].price_constant[g];
      for (uint32_t v = 0; v < f->nvar; v++) sum += row[o].price_coef[g][v];
    }
    if (!isfinite(sum)) row[o].kind = AFFINE_NO;
  }
}

AffineRow *affine_rows(const Prog *prog, const AffineFrame *f, Arena *mem) {
  AffineRow *row = ARENA_ARRAY(mem, AffineRow, prog->nout + 1);
  Shape *sin = ARENA_ARRAY(mem, Shape, f->nin + 1), *sreg = ARENA_ARRAY(mem, Shape, prog->regs + 1);
  double *in = ARENA_ARRAY(mem, double, f->nin + 1), *reg = ARENA_ARRAY(mem, double, prog->regs + 1), *out = ARENA_ARRAY(mem, double, prog->nout + 1);
  if (arena_failed(mem)) return NULL;
  int priced = classify(prog, f, row, sin, sreg);
  if (!reserve(f, row, prog->nout, mem)) return NULL;
  read_free(prog, f, row, in, reg, out);
  if (priced) read_priced(prog, f, row, in, reg, out);
  distrust(f, row, prog->nout);
  return row;
}

int affine_priced(const Prog *prog, const AffineFrame *f, Arena *mem) {
  Shape *in = ARENA_ARRAY(mem, Shape, f->nin + 1), *reg = ARENA_ARRAY(mem, Shape, prog->regs + 1);
  if (arena_failed(mem)) return 1;
  shapes(prog, f, 0, in, reg);
  return (reg[prog->out[0]].flag & SHAPE_GIVEN) != 0;
}
