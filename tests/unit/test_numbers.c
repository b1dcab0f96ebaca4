/* Small rooms of numbers: draws from a seed, eigenvalues of small symmetric matrices, a problem with few of its types. */
#include "handmade.h"
#include "compiler/few.h"
#include "runtime/draws.h"
#include "runtime/eigen.h"
#include "unit.h"

/* The numbers that the authors' own program gives from this seed. */
static void draws_are_those_of_splitmix(void) {
  static const uint64_t known[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973), UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
                                   UINT64_C(16408922859458223821)};
  uint64_t state = 1234567;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) CU_ASSERT_EQUAL(draws_bits(&state), known[i]);
}
static void draws_fill_their_interval(void) {
  enum { N = 20000, CELLS = 10 };
  uint64_t a = 5, b = 5;
  unsigned cell[CELLS] = {0};
  double sum = 0;
  for (int i = 0; i < N; i++) {
    double u = draws_unit(&a), v = draws_inside(&b);
    CU_ASSERT(u >= 0 && u < 1 && v > 0 && v < 1 && fabs(u - v) < 1e-15);   /* the same bits, but for the ends */
    cell[(int)(CELLS * u)]++;
    sum += u;
  }
  CU_ASSERT(fabs(sum / N - 0.5) < 0.01);
  for (int i = 0; i < CELLS; i++) CU_ASSERT(abs((int)cell[i] - N / CELLS) < 200);
}

/* S = Q D Q' is found again: the trace of each power, orthogonal vectors, S v = d v. */
static void eigen_takes_apart(const double *S, uint32_t n, double least, double most) {
  double G[64], V[64], m[64];
  memcpy(G, S, n * n * sizeof *G);
  memcpy(m, S, n * n * sizeof *m);
  eigen_diagonal(G, V, n);
  double lo = INFINITY, hi = -INFINITY;
  for (uint32_t k = 0; k < n; k++) {
    lo = fmin(lo, G[k * n + k]);
    hi = fmax(hi, G[k * n + k]);
    for (uint32_t j = 0; j < n; j++) {
      double inner = 0;
      for (uint32_t i = 0; i < n; i++) inner += V[i * n + k] * V[i * n + j];
      CU_ASSERT(fabs(inner - (j == k)) < 1e-13);
      double Sv = 0;
      for (uint32_t i = 0; i < n; i++) Sv += S[j * n + i] * V[i * n + k];
      CU_ASSERT(fabs(Sv - G[k * n + k] * V[j * n + k]) < 1e-12 * (1 + fabs(most) + fabs(least)));
    }
  }
  CU_ASSERT_DOUBLE_EQUAL(lo, least, 1e-12 * (1 + fabs(most) + fabs(least)));
  CU_ASSERT_DOUBLE_EQUAL(hi, most, 1e-12 * (1 + fabs(most) + fabs(least)));
  CU_ASSERT_DOUBLE_EQUAL(eigen_largest(m, n), hi, 1e-12 * (1 + fabs(hi)));
}
static void eigenvalues_are_found(void) {
  static const double turned[] = {0, 1, 1, 0}, line[] = {2, -1, 0, -1, 2, -1, 0, -1, 2}, negative[] = {-3, 1, 1, -3}, zero[9] = {0}, flat[] = {1, 1, 1, 1};
  eigen_takes_apart(turned, 2, -1, 1);
  eigen_takes_apart(line, 3, 2 - sqrt(2), 2 + sqrt(2));
  eigen_takes_apart(negative, 2, -4, -2);
  eigen_takes_apart(zero, 3, 0, 0);
  eigen_takes_apart(flat, 2, 0, 2);
  uint64_t seed = 3;
  for (int trial = 0; trial < 50; trial++) {            /* x x' - y y' of random vectors: two eigenvalues in closed form, the others zero */
    enum { N = 8 };
    double x[N], y[N], S[N * N], xx = 0, yy = 0, xy = 0;
    for (int i = 0; i < N; i++) {
      x[i] = 2 * draws_unit(&seed) - 1;
      y[i] = 2 * draws_unit(&seed) - 1;
      xx += x[i] * x[i];
      yy += y[i] * y[i];
      xy += x[i] * y[i];
    }
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) S[i * N + j] = x[i] * x[j] - y[i] * y[j];
    double half = (xx - yy) / 2, root = sqrt((xx + yy) * (xx + yy) / 4 - xy * xy);
    eigen_takes_apart(S, N, half - root, half + root);
  }
  double none = 0;
  CU_ASSERT(isinf(eigen_largest(&none, 0)));
}
/* Numbers of very different sizes: the small one is as exact, relative to itself, as the large one. */
static void small_eigenvalues_are_exact(void) {
  double G[] = {1e10, 1, 1, 1e-5}, V[4];
  eigen_diagonal(G, V, 2);
  double small = fmin(G[0], G[3]), want = (1e10 * 1e-5 - 1) / fmax(G[0], G[3]);
  CU_ASSERT(fabs(small / want - 1) < 1e-9);
}

static Problem *exchange(uint32_t types, Arena *mem) {
  enum { GOODS = 3 };
  uint64_t seed = 11;
  Layout lay;
  Spec s = {.types = types, .goods = GOODS, .beta = 1};
  s.e = ARENA_ARRAY(mem, double, types * GOODS);
  s.gamma = ARENA_ARRAY(mem, double, types);
  s.weight = ARENA_ARRAY(mem, double, types * GOODS);
  s.mass = ARENA_ARRAY(mem, double, types);
  for (uint32_t t = 0; t < types; t++) {
    s.gamma[t] = 2;
    s.mass[t] = 1;
    for (uint32_t g = 0; g < GOODS; g++) {
      s.e[t * GOODS + g] = 0.5 + draws_unit(&seed);
      s.weight[t * GOODS + g] = 0.5 + draws_unit(&seed);
    }
  }
  return hand_economy(&s, mem, &lay);
}
static void few_types_are_the_first(void) {
  Arena *mem = arena_new(NULL);
  Problem *p = exchange(10, mem);
  double *fixed = ARENA_ARRAY(mem, double, p->nx);
  for (uint32_t i = 0; i < p->nx; i++) fixed[i] = i;
  p->fixed = fixed;
  const Problem *q = few_types(p, 1, mem), *loose = few_types(p, 0, mem);
  CU_ASSERT_FATAL(q && loose);
  CU_ASSERT_EQUAL(q->block[0].lanes, 4);
  CU_ASSERT_EQUAL(q->nx, p->nglobal + p->block[0].k->nown * 4);
  CU_ASSERT_PTR_EQUAL(q->block[0].k, p->block[0].k);
  CU_ASSERT_PTR_NULL(loose->fixed);
  for (uint32_t i = 0; i < p->nglobal; i++) CU_ASSERT_EQUAL(q->fixed[i], i);
  for (uint32_t s = 0; s < p->block[0].k->nown; s++)
    for (uint32_t l = 0; l < 4; l++) CU_ASSERT_EQUAL(q->fixed[problem_own(&q->block[0], s, l)], problem_own(&p->block[0], s, l));
  CU_ASSERT_EQUAL(p->block[0].lanes, 10);               /* the problem itself is as it was */
  CU_ASSERT_EQUAL(few_types(exchange(3, mem), 0, mem)->block[0].lanes, 3);
  arena_free(mem);
}
/* Another class that reads the third type's unknown: its types stay all and in their place. */
static void who_is_referred_to_stays(void) {
  Arena *mem = arena_new(NULL);
  Problem *p = exchange(10, mem), *other = exchange(10, mem);
  Block *block = ARENA_ARRAY(mem, Block, 2);
  block[0] = p->block[0];
  block[1] = other->block[0];
  block[1].base = p->nx;
  Kernel *k = ARENA_NEW(mem, Kernel);
  *k = *block[1].k;
  k->in = ARENA_ARRAY(mem, Input, k->nin + 1);
  memcpy(k->in, block[1].k->in, k->nin * sizeof *k->in);
  k->in[k->nin++] = (Input){IN_X, problem_own(&block[0], 0, 2)};
  block[1].k = k;
  p->block = block;
  p->nblock = 2;
  p->nx += k->nown * block[1].lanes;
  const Problem *q = few_types(p, 0, mem);
  CU_ASSERT_FATAL(q != NULL);
  CU_ASSERT_EQUAL(q->block[0].lanes, 10);
  CU_ASSERT_EQUAL(q->block[0].base, p->block[0].base);
  CU_ASSERT_EQUAL(q->block[1].lanes, 4);
  arena_free(mem);
}

UNIT_MAIN("numbers", {"draws are those of splitmix64", draws_are_those_of_splitmix}, {"draws fill their interval", draws_fill_their_interval},
          {"eigenvalues and vectors", eigenvalues_are_found}, {"small eigenvalues are exact", small_eigenvalues_are_exact}, {"few types are the first", few_types_are_the_first},
          {"who is referred to stays", who_is_referred_to_stays})
