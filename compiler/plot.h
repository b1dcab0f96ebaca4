/* plot.h: pictures of a sweep. Lines and points over axes with round ticks, labelled in the model's words, as a standalone SVG (1.1, no script, no font of
 * its own), and the same numbers for gnuplot. The same sweep gives the same bytes.
 *
 * The horizontal axis is what stands behind `against`; left out, the last axis of the sweep. Where it is an axis itself, every
 * combination of the others has curves of its own. A curve is interrupted at points without a solution. */
#ifndef ECON_PLOT_H
#define ECON_PLOT_H
#include "result.h"

uint32_t plot_count(const Model *);
/* The i-th plot. 0, or 1 when there is none or it cannot be understood (diagnosed). */
int plot_svg(Results *, uint32_t i, Text *out);
int plot_gnuplot(Results *, uint32_t i, const char *data_file, Text *data, Text *script);

/* From lo to hi in steps that are 1, 2 or 5 times a power of ten: the step, and *from, *to: its multiples around them; about `most` of
 * them at the most. lo and hi are finite, lo <= hi; where they are equal there is room around them. */
double plot_ticks(double lo, double hi, int most, double *from, double *to);
#endif
