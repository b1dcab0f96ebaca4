/* output.h: results for other programs: JSON (docs/command.md has the shape) and CSV (RFC 4180). Numbers have the fewest digits that
 * read back exactly; NaN and infinities are null in JSON, empty in CSV. */
#ifndef ECON_OUTPUT_H
#define ECON_OUTPUT_H
#include "result.h"

/* Everything, or with Showing.sample that many types; JSON then says so in "sample". */
void output_json(Results *, const Showing *, Text *out);
void output_csv(Results *, const Showing *, Text *out);

#endif
