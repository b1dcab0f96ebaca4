/* The front end and all passes on arbitrary bytes: read, check, format. Formatting what was formatted changes nothing. */
#include "../../compiler/econ.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const EconOptions limits = {.library = "stdlib", .memory = (size_t)1 << 30, .seconds = 5};
  Econ *m = econ_open(&limits);
  if (!m) return 0;
  const char *once = NULL, *twice = NULL;
  if (!econ_load_text(m, "fuzz.econ", (const char *)data, size)) econ_check(m);
  econ_diagnostics(m);
  if (!econ_format_text(m, "fuzz.econ", (const char *)data, size, &once)) {
    char *copy = strdup(once);
    if (copy && (econ_format_text(m, "fuzz.econ", copy, strlen(copy), &twice) || strcmp(copy, twice))) abort();
    free(copy);
  }
  econ_close(m);
  return 0;
}
