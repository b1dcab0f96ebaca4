/* rights.c: pass rights_to_trade. See rights.h. */
#include "rights.h"
#include "pass.h"

int pass_rights(Economy *e, const Question *q, const Values *v) {
  Rights r = {.e = e};
  (void)v;
  if (!q || !q->rights) return 0;
  r.b = bearing_of(e);
  if (!r.b || rights_refused(&r, q->rights_at) || rights_markets(&r)) return 1;
  RightsAgent *agent = ARENA_ARRAY(e->mem, RightsAgent, e->agents.n + 1);
  if (!agent) return 1;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    agent[i] = (RightsAgent){.r = &r, .a = &e->agents.at[i], .at = i};
    if (!e->agents.at[i].gone && rights_agent(&agent[i])) return 1;
  }
  if (rights_conditions(&r, agent, e->agents.n) || rights_reports(&r)) return 1;
  e->bearing = r.b;
  return arena_failed(e->mem);
}
