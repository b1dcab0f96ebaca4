/* field.h: arithmetic in the field of 2^61 - 1 elements, in which identities are tested exactly: a polynomial that is not zero vanishes
 * at a random point with probability at most degree/2^61 (Schwartz 1980, Zippel 1979). Elements are whole numbers below FIELD_P. */
#ifndef ECON_FIELD_H
#define ECON_FIELD_H
#include <stdint.h>

#define FIELD_P ((UINT64_C(1) << 61) - 1)
uint64_t field_add(uint64_t a, uint64_t b);
uint64_t field_neg(uint64_t a);
uint64_t field_mul(uint64_t a, uint64_t b);
uint64_t field_inverse(uint64_t a);                     /* 0 for 0 */
uint64_t field_power(uint64_t a, uint64_t n);
/* The number as it was meant: a decimal of at most 15 digits, else the fraction with a denominator up to a million that rounds to
 * it (1/3), else the double itself, which is a fraction too. Infinities and NaN are 0. */
uint64_t field_number(double x);
/* An element that looks random, from words; the same words always give the same. */
uint64_t field_hash(uint64_t seed, uint64_t word);
double field_unit(uint64_t a);                          /* in (0, 1) */
#endif
