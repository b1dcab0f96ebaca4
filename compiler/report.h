/* report.h: what a person reads after a run: the title, a line for each solution, tables of what `report` asks for. */
#ifndef ECON_REPORT_H
#define ECON_REPORT_H
#include "result.h"

/* Everything, into out. A file without `report` shows all choices, prices, variables and objectives. certificate: every claim in full.
 * Queries that cannot be understood are diagnosed (returns 1). */
int report_print(Results *, int certificate, Text *out);
#endif
