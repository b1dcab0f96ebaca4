/* answer.c: see answer.h. */
#include "answer.h"
#include "branches.h"
#include "planner_proof.h"
#include "planner_search.h"
#include "planner_starts.h"
#include "rights_start.h"

static int is_solved(EconStatus s) { return s == ECON_SOLVED || s == ECON_INDETERMINATE; }

/* One search, and the proof of what it found. */
static int attempt(Posing *p, Results *all, Result *r, const Settings *s, const double *start) {
  EconStatus status = planner_solve(all, r, s, start);
  if (is_solved(status) && r->sol.cert.accepted) status = branches_settle(all, r, s);
  if (is_solved(status) && r->sol.cert.accepted) status = planner_prove(p, all, r, s);
  return r->solved = is_solved(status) && r->sol.cert.accepted;
}

/* First-order conditions of an optimum have several solutions where prices stand in constraints: where one is no optimum, or none was found,
 * the search begins again elsewhere. Of the points that failed the first is kept, for what it says. */
static void search_again(Posing *p, Results *all, Result *r, const Settings *s) {
  Solution first = r->sol;
  for (int k = 0; k < 3 && !r->solved; k++) {
    const double *start = k == 0 ? planner_start_path(p, all, r, s) : k == 1 ? planner_start_free(p, all, r, s) : NULL;
    if (k < 2 && !start) continue;
    if (!attempt(p, all, r, s, start)) solution_free(&r->sol);
  }
  if (r->solved) solution_free(&first);
  else r->sol = first;
}

static int stopped(EconStatus s) { return s == ECON_TIME || s == ECON_MEMORY || s == ECON_CANCELLED || s == ECON_LIBRARY; }

/* Levels may be what nobody can give. */
static void reach(Posing *p, Result *r, const Settings *s) {
  Text t = {0};
  planner_reach(p, r, s, &t);
  if (t.at && !t.failed && r->sol.mem) {
    r->sol.explanation = arena_text(r->sol.mem, t.at, t.n);
    r->sol.status = ECON_OUT_OF_REACH;
  }
  text_free(&t);
}

int answer_solve(Posing *p, Results *all, Result *r, const Settings *s, const double *warm) {
  result_problem(r);
  if (planner_prepare(all, r)) return 1;
  const double *start = warm ? warm : r->warm;
  if (!start) start = planner_start_implied(all, r);
  if (!start && rights_starts(r)) start = rights_start(p, r, s);
  r->attempted = 1;
  if (attempt(p, all, r, s, start) || r->question->concept != Q_OPTIMUM || stopped(r->sol.status)) return 0;
  search_again(p, all, r, s);
  if (!r->solved && r->sol.cert.claim[CLAIM_SUPPORT].status != REFUTED && !stopped(r->sol.status)) reach(p, r, s);
  return 0;
}
