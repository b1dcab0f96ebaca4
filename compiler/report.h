/* report.h: what a person reads after a run: the title, a line for each solution, tables of what `report` asks for. */
#ifndef ECON_REPORT_H
#define ECON_REPORT_H
#include "result.h"

/* Everything, into out. A file without `report` shows all choices, prices, variables and objectives. certificate: every claim in full.
 * Of long indices a few elements and aggregates over all of them, as Showing says (shown.h). Queries that cannot be understood are diagnosed (returns 1). */
int report_print(Results *, const Showing *, int certificate, Text *out);
#endif
