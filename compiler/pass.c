/* pass.c: the whole list of passes, in order. */
#include "pass.h"
#include <string.h>

const Pass econ_passes[] = {
    {"weave", pass_weave, PASS_WEAVE, "what the question leaves out, keeps and normalises"},
    {"markets", pass_markets, PASS_MARKETS, "markets that follow from budgets and profits, claims, normalisations"},
    {"walras", pass_walras, PASS_WALRAS, "what everybody spends is what everybody receives, at every price"},
    {"kkt", pass_kkt, PASS_KKT, "agents' conditions"},
    {"rights_to_trade", pass_rights, PASS_RIGHTS, "rights to trade at later prices, where the question asks for them"},
    {"count", pass_count, PASS_COUNT, "as many conditions as unknowns"},
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
