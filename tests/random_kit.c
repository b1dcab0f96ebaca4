/* random_kit.c: see random.h. */
#include "random.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t rng_next(Rng *r) {                       /* splitmix64 */
  uint64_t z = (r->s += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}
double rng_unit(Rng *r) { return (double)(rng_next(r) >> 11) * 0x1p-53; }
int rng_int(Rng *r, int lo, int hi) { return lo + (int)(rng_next(r) % (uint64_t)(hi - lo + 1)); }
/* What is drawn is what is written: four digits, read back. */
double four(double x) {
  char b[32];
  snprintf(b, sizeof b, "%.4g", x);
  return strtod(b, NULL);
}
double rng_between(Rng *r, double lo, double hi) { return four(lo + (hi - lo) * rng_unit(r)); }
double rng_ratio(Rng *r, double lo, double hi) { return four(exp(log(lo) + (log(hi) - log(lo)) * rng_unit(r))); }

void put(Buf *b, const char *fmt, ...) {
  for (;;) {
    va_list ap;
    va_start(ap, fmt);
    int k = vsnprintf(b->at ? b->at + b->n : NULL, b->at ? b->room - b->n : 0, fmt, ap);
    va_end(ap);
    if (b->at && (size_t)k < b->room - b->n) { b->n += (size_t)k; return; }
    b->room = 2 * b->room + (size_t)k + 4096;
    b->at = realloc(b->at, b->room);
    if (!b->at) abort();
  }
}


int ask(Econ *m, double *to, const char *fmt, ...) {
  char q[128];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(q, sizeof q, fmt, ap);
  va_end(ap);
  if (econ_number(m, q, to) == ECON_OK && isfinite(*to)) return 0;
  printf("  no value for %s\n", q);
  return 1;
}
void must(Verdict *v, double gap, double scale, const char *fmt, ...) {
  if (v->wrong || gap <= TOL * scale) return;            /* NaN falls through */
  char what[160];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(what, sizeof what, fmt, ap);
  va_end(ap);
  v->wrong = 1;
  snprintf(v->why, sizeof v->why, "%s: off by %.3g of %.3g", what, gap, scale);
}
int write_text(const char *folder, const char *kind, uint64_t seed, const Buf *text) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s-%llu.econ", folder, kind, (unsigned long long)seed);
  FILE *out = fopen(path, "w");
  if (!out) { perror(path); return 1; }
  int bad = fwrite(text->at, 1, text->n, out) != text->n;
  return fclose(out) || bad;
}
