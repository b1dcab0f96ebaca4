/* draws.h: numbers drawn from a seed, the same on every machine: splitmix64 (Steele, Lea and Flood 2014, "Fast Splittable Pseudorandom Number
 * Generators"). The state is the caller's; any value is a seed. */
#ifndef ECON_DRAWS_H
#define ECON_DRAWS_H
#include <stdint.h>

uint64_t draws_bits(uint64_t *state);
/* In [0, 1), a multiple of 2^-53. */
double draws_unit(uint64_t *state);
/* In (0, 1): neither end, so that its logarithm is finite. */
double draws_inside(uint64_t *state);
#endif
