/* fuzz_model.c: any bytes through reading, elaboration and all passes, without solving, for libFuzzer. */
#include "../../compiler/econ.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const EconOptions limits = {.library = "stdlib", .memory = (size_t)1 << 30, .seconds = 5};
  Econ *m = econ_open(&limits);
  if (!m) return 0;
  if (!econ_load_text(m, "fuzz.econ", (const char *)data, size)) econ_check(m);
  econ_diagnostics(m);
  econ_close(m);
  return 0;
}
