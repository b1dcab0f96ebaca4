/* sweep_journal.h: a file to which a run appends every point of its sweeps as it is finished, so that the run can be taken up again.
 *
 * The file begins with what the results depend on: version, texts of the model and of the files it reads, -D, seed, cold. Then come
 * records, each with its length and a checksum (FNV-1a of 64 bits). A record is written with one call behind what stands; a last one that
 * a killed process left unfinished is dropped, any other damage is refused. Bytes are in this machine's order. One run at a time holds
 * the file. */
#ifndef ECON_SWEEP_JOURNAL_H
#define ECON_SWEEP_JOURNAL_H
#include "../lang/diag.h"

typedef struct Journal Journal;

/* Opens or makes the file. NULL after an error with an id that begins with "journal." */
Journal *journal_open(Compilation *, const char *path, uint64_t seed, int cold);
void journal_close(Journal *);                          /* NULL is allowed */
int journal_file(const Journal *);                      /* its descriptor, for processes that must not hold it */

/* The record of a point of a sweep, or NULL. The bytes live as long as the journal. */
const char *journal_find(const Journal *, uint32_t sweep, uint32_t point, size_t *n);
/* Appends one. Returns 1 when it could not be written (disk full): said once, the run goes on without. */
int journal_add(Journal *, uint32_t sweep, uint32_t point, const char *bytes, size_t n);
#endif
