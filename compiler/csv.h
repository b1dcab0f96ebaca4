/* csv.h: comma-separated values (RFC 4180: quotes, doubled quotes, CRLF), with a byte-order mark allowed. */
#ifndef ECON_CSV_H
#define ECON_CSV_H
#include "../lang/ast.h"

/* The fields of a source as cells of a table: numbers, labels (a field that is no number; empty fields are labels with no text),
 * and a newline after each record. 0, or 1 after diagnostics (a quote that does not end). Linear in the text. */
typedef struct { Cell *at; uint32_t n; uint32_t columns /* of the header */; } CsvCells;
int csv_cells(Compilation *, const Source *, Arena *, CsvCells *out);
#endif
