/* pass.c: the whole list of passes, in order. */
#include "pass.h"
#include <string.h>

const Pass econ_passes[] = {
    {"weave", pass_weave, PASS_WEAVE, 0, "what the question leaves out, keeps and normalises"},
    {"markets", pass_markets, PASS_MARKETS, 0, "markets that follow from budgets and profits, claims, normalisations"},
    {"walras", pass_walras, PASS_WALRAS, 0, "what everybody spends is what everybody receives, at every price"},
    {"kkt", pass_kkt, PASS_KKT, 0, "agents' conditions"},
    {"rights_to_trade", pass_rights, PASS_RIGHTS, 1, "rights to trade at later prices, where an institution of the question calls the pass"},
    {"count", pass_count, PASS_COUNT, 0, "as many conditions as unknowns"},
};
const unsigned econ_npasses = sizeof econ_passes / sizeof *econ_passes;

int passes_run(Economy *e, const Question *q, const Values *v, const char *last) {
  for (unsigned i = 0; i < econ_npasses; i++) {
    const Pass *p = &econ_passes[i];
    unsigned before = diag_errors(e->cc->diags);
    if (!(e->passes & p->bit)) {
      if (p->run(e, q, v) || arena_failed(e->mem) || diag_errors(e->cc->diags) > before) return 1;
      e->passes |= p->bit;
#ifndef NDEBUG
      if (economy_verify(e)) return 1;
#endif
    }
    if (last && !strcmp(last, p->name)) break;
  }
  return 0;
}
