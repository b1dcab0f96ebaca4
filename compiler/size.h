/* size.h: whether an economy can be held at all, known from its sets before any number is computed. */
#ifndef ECON_SIZE_H
#define ECON_SIZE_H
#include "economy.h"

/* Errors "size.memory" where the tables of a parameter or the unknowns of a class would need more than `limit` bytes (0: the memory of
 * this machine) even by the smallest reckoning, "size.unknowns" where they are more than can be counted. Returns the number of errors. */
int size_check(Compilation *, const Economy *, size_t limit);
#endif
