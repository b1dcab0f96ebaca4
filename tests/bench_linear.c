/* bench_linear N RUNS: one exchange economy of N types and five goods, solved and certified with its linear systems by the bordered form and
 * by sparse factors of the whole, by turns, so that both see the same machine; medians. */
#include "unit/handmade.h"
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}
static double part(uint32_t h, uint32_t g, double step) { return fmod(step * (h + 1.0) * (g + 1.0), 1.0); }

/* Seconds, or negative when it was not solved. */
static double timed(const Problem *p, Linear linear) {
  Solution sol;
  double t = now();
  EconStatus s = problem_solve(p, &(Settings){.linear = linear}, NULL, &sol);
  t = now() - t;
  solution_free(&sol);
  return s == ECON_SOLVED ? t : -1;
}

int main(int argc, char **argv) {
  enum { GOODS = 5 };
  uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0, runs = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
  if (n < 1 || runs < 1) { fputs("usage: bench_linear N RUNS\n", stderr); return 2; }
  Arena *mem = arena_new(NULL);
  double *e = ARENA_ARRAY(mem, double, (size_t)n * GOODS), *gamma = ARENA_ARRAY(mem, double, n), *w = ARENA_ARRAY(mem, double, (size_t)n * GOODS);
  double *mass = ARENA_ARRAY(mem, double, n), *border = ARENA_ARRAY(mem, double, runs), *whole = ARENA_ARRAY(mem, double, runs);
  if (arena_failed(mem)) return 1;
  for (uint32_t h = 0; h < n; h++) {
    gamma[h] = 1.0 / 0.7;
    mass[h] = 1.0 / n;
    for (uint32_t g = 0; g < GOODS; g++) {
      e[h * GOODS + g] = 0.1 + part(h, g + 1, 0.41421356237);
      w[h * GOODS + g] = 0.2 + part(h, g, 0.61803398875);
    }
  }
  Spec spec = {n, 0, GOODS, 0, e, gamma, w, NULL, NULL, mass, 1.0};
  Layout lay;
  const Problem *p = hand_economy(&spec, mem, &lay);
  for (uint32_t i = 0; i < runs; i++) {
    border[i] = timed(p, LINEAR_BORDERED);
    whole[i] = timed(p, LINEAR_WHOLE);
    if (border[i] < 0 || whole[i] < 0) { fputs("not solved\n", stderr); return 1; }
  }
  qsort(border, runs, sizeof *border, by_size);
  qsort(whole, runs, sizeof *whole, by_size);
  double b = border[runs / 2], k = whole[runs / 2];
  printf("%u types, bordered form %.2f us a type, sparse factors of the whole %.2f us a type, ratio %.2f  (medians of %u)\n", n, 1e6 * b / n, 1e6 * k / n, k / b, runs);
  arena_free(mem);
  return 0;
}
