/* The way from a problem to a certified solution: attempts in the ladder's order, each converged point taken to its representative and
 * put before the certificate, until one is accepted. */
#include "diagnose.h"
#include "ladder.h"
#include "proof.h"
#include "represent.h"
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double DEFAULT_TOL = 1e-11, SAME = 1e-7;
enum { MOST_CERTIFICATES = 8, MOST_TRIED = sizeof((Solution){0}.tried) / sizeof(Attempt) };

static void *heap_get(void *ctx, size_t size) { (void)ctx; return malloc(size); }
static void heap_put(void *ctx, void *chunk, size_t size) { (void)ctx; (void)size; free(chunk); }

static Arena *limited(const Settings *s) {
  Alloc a = {heap_get, heap_put, NULL, s->bytes};
  return arena_new(&a);
}

typedef struct {
  const Problem *p;
  const Settings *s;
  const double *warm;
  Solution *sol;
  Effort effort;
  Arena *work;                        /* owns sys and ladder, which works on sol->x; released at the end, and while a large answer is put to the test */
  System *sys;
  Ladder *ladder;
  double *kept, best;                 /* the best point that was not accepted, with its residual; NULL until there is one */
  int rejected;                       /* points that met the conditions and were not accepted */
  double *refused[MOST_CERTIFICATES]; /* they themselves where there are exchanges, whose certificate takes longest: other attempts lead to the same point again */
  EconStatus first;                   /* why the first attempt without a given point failed */
} Work;

static void record(Work *w, const char *method, const McpInfo *info) {
  Solution *sol = w->sol;
  sol->iterations += (uint32_t)info->iterations;
  if (sol->ntried < MOST_TRIED) sol->tried[sol->ntried++] = (Attempt){method, info->status, (uint32_t)info->iterations, info->residual};
}

/* The workspace of the attempts. Returns 1 when memory or a library failed. */
static int prepare(Work *w) {
  if (!w->work) w->work = limited(w->s);
  w->sys = w->work ? system_for(w->p, w->s->linear, w->work) : NULL;
  w->ladder = w->sys ? ladder_new(w->sys, &w->effort, w->s->tol > 0.0 ? w->s->tol : DEFAULT_TOL, w->s->seed, w->warm, w->sol->x, w->work) : NULL;
  return !w->ladder;
}

static void release(Work *w) {
  ladder_free(w->ladder);
  arena_free(w->work);
  w->ladder = NULL;
  w->sys = NULL;
  w->work = NULL;
}

/* Keeps the point at hand, which the next attempt would overwrite. NULL when memory failed. */
static double *keep(Work *w) {
  if (!w->kept) w->kept = ARENA_ARRAY(w->sol->mem, double, w->p->nx + 1);
  return w->kept ? memcpy(w->kept, w->sol->x, sizeof *w->kept * w->p->nx) : NULL;
}

/* Is this a point that was refused before? */
static int known(const Work *w) {
  for (int k = 0; k < w->rejected; k++) {
    double most = 0;
    for (uint32_t i = 0; i < w->p->nx && w->refused[k]; i++) most = fmax(most, fabs(w->sol->x[i] - w->refused[k][i]) / (1 + fabs(w->refused[k][i])));
    if (w->refused[k] && most < SAME) return 1;
  }
  return 0;
}

static void refuse(Work *w) {
  double *x = w->p->nexchange ? ARENA_ARRAY(w->sol->mem, double, w->p->nx + 1) : NULL;
  if (x) memcpy(x, w->sol->x, sizeof *x * w->p->nx);
  w->refused[w->rejected++] = x;
}

/* Takes a converged point to the certificate. Returns 1 when it is accepted; the solution then holds it. again: it was refused before. A large workspace is released
 * meanwhile, so that the two are never held together. */
static int accept(Work *w, int *again) {
  Solution *sol = w->sol;
  uint32_t dim = 0;
  represent(w->sys, w->ladder->mcp, w->ladder->x, w->ladder->tol, sol->loose, &dim, &w->effort);
  if ((*again = known(w))) return 0;
  if (w->sys->large) release(w);
  EconStatus status = problem_certify(w->p, sol->x, w->s, sol->mem, &sol->cert, sol->loose);
  sol->status = status;
  if (sol->cert.accepted && (status == ECON_SOLVED || status == ECON_INDETERMINATE)) return 1;
  if ((w->ladder || !prepare(w)) && keep(w)) w->best = mcp_residual(w->ladder->mcp, sol->x, NULL);
  return 0;
}

/* Climbs until a point is accepted. Returns 1 then. */
static int climb(Work *w) {
  int fallback = 0;
  for (unsigned i = 0; i < ladder_nrungs; i++) {
    const Rung *r = &ladder_rungs[i];
    if ((r->needs_warm && !w->ladder->warm) || (!r->direct && w->s->no_ladder) || (r->applies && !r->applies(w->p))) continue;
    McpInfo info = ladder_attempt(w->ladder, i);
    fallback = !r->direct;
    int converged = info.status == ECON_SOLVED, again = 0;
    if (converged && accept(w, &again)) {
      record(w, r->name, &info);
      w->sol->by_ladder = fallback;
      return 1;
    }
    if (converged) {
      info.status = ECON_NOT_CERTIFIED;
      if (!again) refuse(w);
    } else if (!(info.residual >= w->best) && keep(w)) w->best = info.residual;
    if (r->direct) w->first = info.status;
    record(w, r->name, &info);
    if (!w->ladder || w->effort.stop != ECON_SOLVED || w->rejected >= MOST_CERTIFICATES || arena_failed(w->work) || arena_failed(w->sol->mem)) return 0;
  }
  return 0;
}

/* The words for a failure: a witness of impossibility where there is one, else where and why the attempts ended. */
static void explain(Work *w) {
  Solution *sol = w->sol;
  memset(sol->loose, 0, w->p->nx);
  if (w->kept) sol->x = w->kept;
  else memset(sol->x, 0, sizeof *sol->x * w->p->nx);       /* the conditions were defined nowhere */
  problem_certify(w->p, sol->x, w->s, sol->mem, &sol->cert, NULL);
  sol->cert.accepted = 0;
  if (!w->ladder || arena_failed(w->work) || arena_failed(sol->mem)) sol->status = ECON_MEMORY;
  else if (w->effort.stop != ECON_SOLVED) sol->status = w->effort.stop;
  else {
    EconStatus why = problem_diagnose(w->p, sol->x, w->s, sol->mem, &sol->explanation);
    if (why == ECON_INFEASIBLE || why == ECON_UNBOUNDED || why == ECON_NO_ALLOCATION) sol->status = why;
    else {
      sol->status = w->rejected ? ECON_NOT_CERTIFIED : w->first;
      const Claim *conditions = &sol->cert.claim[CLAIM_CONDITIONS];
      if (conditions->status == REFUTED && sol->cert.residual <= 1e-9 && conditions->witness) sol->explanation = conditions->witness;   /* no residual: a limit */
      else if (sol->cert.residual <= 1e-9 && sol->cert.claim[CLAIM_CLEARING].status == REFUTED && sol->cert.claim[CLAIM_CLEARING].witness)
        sol->explanation = proof_text(sol->mem, "at the best point reached every condition holds but the clearing of a market: %s", sol->cert.claim[CLAIM_CLEARING].witness);
      else if (sol->cert.residual <= 1e-9 && sol->cert.claim[CLAIM_SUPPORT].status == REFUTED)
        sol->explanation = proof_text(sol->mem, "one exchange cannot support an equilibrium here: some would rather trade elsewhere, at other later prices. The conditions of trade in one exchange hold, "
                                                "with every other check of them; what it takes are several exchanges, each with its own later prices and with part of some type (a mixture), and "
                                                "those are not looked for");
      else if (sol->cert.nworst && sol->cert.worst[0].residual > 1e-9 && mcp_residual(w->ladder->mcp, sol->x, NULL) <= w->ladder->tol)
        sol->explanation = proof_text(sol->mem, "no %s was found, and no reason why there is none; at the best point reached everything that is solved for holds, and yet the %s "
                                                "is off by %.2g of the size of its terms", proof_sought(w->p), proof_condition(w->p, sol->cert.worst[0].row, sol->mem), sol->cert.worst[0].residual);
    }
  }
  if (sol->status == ECON_SOLVED || sol->status == ECON_INDETERMINATE) sol->status = ECON_NOT_CERTIFIED;
}

static EconStatus solve_complementarity(const Problem *p, const Settings *s, const double *warm, Solution *sol) {
  Work w = {.p = p, .s = s, .warm = warm, .sol = sol, .effort = effort_begin(s), .best = INFINITY, .first = ECON_STALLED};
  if (prepare(&w)) {
    sol->status = !w.work || arena_failed(w.work) ? ECON_MEMORY : ECON_LIBRARY;
    problem_certify(p, sol->x, s, sol->mem, &sol->cert, NULL);
    sol->cert.accepted = 0;
  } else if (!climb(&w)) explain(&w);
  release(&w);
  return sol->status;
}

const Solver econ_solvers[] = {{"complementarity", P_MCP, solve_complementarity}};
const unsigned econ_nsolvers = sizeof econ_solvers / sizeof *econ_solvers;

EconStatus problem_solve(const Problem *p, const Settings *s, const double *warm, Solution *sol) {
  static const Settings none = {0};
  if (!s) s = &none;
  gsl_set_error_handler_off();                          /* its own handler ends the program; every status is looked at */
  *sol = (Solution){.status = ECON_NOT_SUPPORTED, .mem = limited(s)};
  if (!sol->mem) return sol->status = ECON_MEMORY;
  sol->x = ARENA_ARRAY(sol->mem, double, p->nx + 1);
  sol->loose = ARENA_ARRAY(sol->mem, uint8_t, p->nx + 1);
  if (arena_failed(sol->mem)) return sol->status = ECON_MEMORY;
  for (unsigned i = 0; i < econ_nsolvers; i++) {
    if (econ_solvers[i].kind != p->kind) continue;
    EconStatus status = econ_solvers[i].solve(p, s, warm, sol);
    if (status == ECON_SOLVED || status == ECON_INDETERMINATE || status == ECON_TIME || status == ECON_CANCELLED) break;
  }
  return sol->status;
}

void solution_free(Solution *sol) {
  if (!sol) return;
  arena_free(sol->mem);
  memset(sol, 0, sizeof *sol);
}
