/* aggregate.h: a quantity over all elements of a long index: least, most, sum and mean, without listing it. Over the types of a class
 * both are by mass: the sum is the economy's total, the mean the average person's. */
#ifndef ECON_AGGREGATE_H
#define ECON_AGGREGATE_H
#include "result.h"

typedef struct { double sum, mean, least, most; size_t count; int by_mass, loose; } Aggregated;

/* The item in solution r over all values of the free indices marked in `over`, the others being as in `at`. mem: scratch, of the size of
 * a block of lanes whatever the number of types. count 0: it has no value there, or memory failed. */
Aggregated aggregate_item(Results *, const QueryItem *, Result *r, const uint8_t *over, const Elem *at, Arena *mem);
#endif
