/* calibrate.h: parameters found from targets. A group of `calibrate` statements about one question makes its parameters unknowns of that
 * question's own economy and each target an equation of it; all are solved together. What is found are numbers, used by every question
 * as -D's are. */
#ifndef ECON_CALIBRATE_H
#define ECON_CALIBRATE_H
#include "pose.h"

/* The values from which calibrations start: those of `start`, else 0.5. Appended to *out, one for each entry. */
void calibrate_starts(const Model *, const Values *numbers /* or NULL */, Arena *, Override **out, uint32_t *n);

/* Solves one group. p->set holds the starting values of its parameters (and what other groups found) last. 0: *found are the values (in
 * mem), and r is solved. 1: not solved or wrong; r then is the question with targets, as
 * far as it came, with diagnostics or a solution that was not accepted. r: zeroed. */
int calibrate_group(Posing *p, const Calibration *, const Settings *, Result *r, Arena *mem, Override **found, uint32_t *n);

/* The values of `from` for the unknowns of `into`, NaN where it has none: two results of one file. In into's arena. */
double *calibrate_carried(const Result *from, const Result *into);

/* Poses one group without solving: what is wrong with it is diagnosed. */
void calibrate_check(Posing *p, const Calibration *);

/* Does a solved question meet the targets it was calibrated to? */
int calibrate_met(Results *, const Calibration *);
#define CALIBRATE_NOT_MET "the calibrated values do not meet the targets in the model as it stands: a condition selects by a calibrated parameter, and selects something else at the value found than at the value it started from; start it nearer (`start NAME = ...;`)"
#endif
