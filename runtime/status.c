#include "status.h"

const char *econ_status_text(EconStatus s) {
  static const char *const text[] = {
#define X(k, t) t,
      ECON_STATUS(X)
#undef X
  };
  return (unsigned)s < ECON_STATUS_N ? text[s] : "unknown status";
}
