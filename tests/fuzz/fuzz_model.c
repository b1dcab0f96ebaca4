/* fuzz_model.c: any bytes through the whole front half: parsing, elaboration, passes, lowering, explanation and the economy as text. */
#include "compiler/econ.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *out = NULL;
  Econ *e = econ_open(&(EconOptions){.library = "stdlib", .memory = (size_t)256 << 20});
  if (!e) return 0;
  if (!econ_load_text(e, "fuzz.econ", (const char *)data, size) && !econ_check(e)) {
    econ_explain(e, 0, NULL, &out);
    econ_explain(e, 1, NULL, &out);
    econ_ir(e, "kkt", &out);
    econ_ir(e, "lower", &out);
  }
  econ_diagnostics(e);
  econ_close(e);
  return 0;
}
