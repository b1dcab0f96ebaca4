/* rights.c: pass rights_to_trade. See rights.h. */
#include "rights.h"
#include "pass.h"

int pass_rights(Economy *e, const Question *q, const Values *v) {
  Rights r = {.e = e};
  if (!q || !(q->calls & PASS_RIGHTS || q->concept == Q_OPTIMUM)) return 0;
  r.b = bearing_of(e);
  if (q->concept == Q_OPTIMUM && planner_begin(&r, q, v)) return 1;
  if (!r.b || (r.planner && planner_refused(&r)) || rights_refused(&r, v, q->rights_at) || rights_markets(&r)) return 1;
  RightsAgent *agent = ARENA_ARRAY(e->mem, RightsAgent, e->agents.n + 1);
  if (!agent) return 1;
  for (uint32_t i = 0; i < e->agents.n; i++) {
    agent[i] = (RightsAgent){.r = &r, .a = &e->agents.at[i], .at = i};
    if (!e->agents.at[i].gone && rights_agent(&agent[i])) return 1;
  }
  if (rights_conditions(&r, agent, e->agents.n) || rights_reports(&r)) return 1;
  rights_words(&r, agent, e->agents.n);
  if (r.planner && planner_end(&r, agent, e->agents.n)) return 1;
  e->planner_bears = r.planner && r.b->bearing && r.b->markets.n;
  if (!r.planner) e->bearing = r.b;                     /* a planner has no exchanges to enter */
  return arena_failed(e->mem);
}
