/* report_sweep.h: tables over a sweep: one line a point, its axes first; where a question asks for all equilibria one line for each of them,
 * with a column in its name that says which of how many it is. */
#ifndef ECON_REPORT_SWEEP_H
#define ECON_REPORT_SWEEP_H
#include "curves.h"

/* Prints the curves as one table, in parts where they are too many for a line, each with the axes. *loose is set where a number is not
 * determined. */
void report_curves(const Results *, const Curves *, int *loose, Text *out);
#endif
