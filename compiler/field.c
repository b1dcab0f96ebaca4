/* field.c: arithmetic modulo the Mersenne prime 2^61 - 1, and numbers as fractions. Products are reduced by adding the high and the low
 * 61 bits, since 2^61 = 1. */
#include "field.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 Wide;
static uint64_t reduced(uint64_t a) { return a >= FIELD_P ? a - FIELD_P : a; }

uint64_t field_add(uint64_t a, uint64_t b) { return reduced(a + b); }
uint64_t field_neg(uint64_t a) { return a ? FIELD_P - a : 0; }
uint64_t field_mul(uint64_t a, uint64_t b) {
  Wide w = (Wide)a * b;
  return reduced(((uint64_t)w & FIELD_P) + (uint64_t)(w >> 61));
}

uint64_t field_power(uint64_t a, uint64_t n) {
  uint64_t r = 1;
  for (; n; n >>= 1, a = field_mul(a, a))
    if (n & 1) r = field_mul(r, a);
  return r;
}
uint64_t field_inverse(uint64_t a) { return field_power(a, FIELD_P - 2); }

static uint64_t quotient(uint64_t a, uint64_t b) { return field_mul(a % FIELD_P, field_inverse(b % FIELD_P)); }

/* The decimal digits of x, when fifteen of them read back as x. */
static int as_decimal(double x, uint64_t *out) {
  char text[40], *end;
  uint64_t digits = 0;
  int after = 0, point = 0;
  snprintf(text, sizeof text, "%.14e", x);
  if (fabs(strtod(text, NULL) - x) > 0) return 0;
  const char *s = text;
  for (; *s && *s != 'e'; s++) {
    if (*s < '0' || *s > '9') point = 1;
    else {
      digits = digits * 10 + (uint64_t)(*s - '0');
      after += point;
    }
  }
  long power = *s ? strtol(s + 1, &end, 10) - after : -after;
  uint64_t ten = field_power(10, (uint64_t)labs(power));
  *out = power < 0 ? quotient(digits, ten) : field_mul(digits % FIELD_P, ten);
  return 1;
}

/* The first continued fraction of x that rounds to x. */
static int as_fraction(double x, uint64_t *out) {
  double rest = x, p0 = 0, q0 = 1, p1 = 1, q1 = 0;
  for (int i = 0; i < 40; i++) {
    double a = floor(rest), p = a * p1 + p0, q = a * q1 + q0;
    if (!(q <= 1e6) || !(p < 9e15)) return 0;
    if (!(fabs(p / q - x) > 0)) {
      *out = quotient((uint64_t)p, (uint64_t)q);
      return 1;
    }
    p0 = p1, q0 = q1, p1 = p, q1 = q;
    if (!(rest - a > 0)) return 0;
    rest = 1 / (rest - a);
  }
  return 0;
}

uint64_t field_number(double x) {
  uint64_t r = 0;
  int power;
  if (!isfinite(x)) return 0;
  if (x < 0) return field_neg(field_number(-x));
  if (x < 9007199254740992.0 && !(x - floor(x) > 0)) return (uint64_t)x;
  if (as_decimal(x, &r) || as_fraction(x, &r)) return r;
  uint64_t digits = (uint64_t)ldexp(frexp(x, &power), 53), two = field_power(2, (uint64_t)labs((long)power - 53));
  return power < 53 ? quotient(digits, two) : field_mul(digits, two);
}

/* The finaliser of SplitMix64 (Steele, Lea and Flood 2014) over the words so far. */
uint64_t field_hash(uint64_t seed, uint64_t word) {
  uint64_t z = (seed ^ (word + UINT64_C(0x9e3779b97f4a7c15) + (seed << 6) + (seed >> 2))) + UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  z ^= z >> 31;
  return reduced(z & FIELD_P);
}
double field_unit(uint64_t a) { return ((double)(a >> 9) + 0.5) / 4503599627370496.0; }
