/* verdict.c: certificates and failures in words. See verdict.h. */
#include "verdict.h"
#include "family.h"
#include "planner_words.h"
#include "secondbest.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *claim_name(ClaimId c) {
  static const char *const name[] = {
#define X(k, t) t,
      ECON_CLAIMS(X)
#undef X
  };
  return (unsigned)c < CLAIM_N ? name[c] : "";
}

const char *claim_status_name(ClaimStatus s) {
  static const char *const name[] = {"proved", "checked", "evidence", "not_checked", "refuted"};
  return (unsigned)s < sizeof name / sizeof *name ? name[s] : "";
}

int proven_digits(const Solution *s) {
  double r = s->cert.residual;
  if (!(r > 1e-12)) return 10;
  int digits = (int)floor(-log10(r)) - 2;
  return digits < 4 ? 4 : digits > 10 ? 10 : digits;
}

/* One digit is all that an error's size means. */
static void put_size(Text *out, const char *before, double x) {
  text_put(out, before);
  if (x > 0 || x < 0) text_printf(out, "%.0e", fabs(x));
  else text_put(out, x == 0 ? "0" : "unknown");
}

/* Why a question has no answer, in a few words. */
static const char *reason(const Result *r) {
  int refuted = r->sol.status == ECON_NOT_CERTIFIED && r->sol.cert.claim[CLAIM_SUPPORT].status == REFUTED && r->sol.cert.claim[CLAIM_CONDITIONS].status != REFUTED;
  if (refuted && r->question && r->question->concept == Q_OPTIMUM) return "first-order conditions hold, but the allocation found is not the best";
  if (refuted && r->economy && r->economy->bearing) return "one exchange cannot support it";
  return econ_status_text(r->sol.status);
}

void verdict_line(const Result *r, Text *out) {
  const Certificate *c = &r->sol.cert;
  if (!r->attempted && r->waits) { text_printf(out, "not attempted: its %s `%s`, which was not solved", r->question->implied == r->waits ? "weights are implied by" : r->question->holding.n ? "levels are those of" : "parameters are calibrated to", str_text(r->model->cc->strs, r->waits)); return; }
  if (!r->attempted) { text_put(out, "not attempted"); return; }
  if (!r->solved) { text_printf(out, "not solved: %s", reason(r)); return; }
  put_size(out, "solved, certified: residual ", c->residual);
  if (isnan(c->clearing)) text_put(out, ", no markets");
  else put_size(out, ", markets ", c->clearing);
  const Claim *agents = &c->claim[CLAIM_AGENT_GLOBAL];
  if (r->question && r->question->concept == Q_OPTIMUM) planner_claim(&c->claim[CLAIM_SUPPORT], out);
  else if (agents->status != NOT_CHECKED && isfinite(c->gain)) {
    put_size(out, ", no agent can gain more than ", c->gain);
    text_printf(out, "%s%s (%s)", agents->unit ? " in " : "", agents->unit ? agents->unit : "", claim_status_name(agents->status));
  }
  const Claim *clubs = &c->claim[CLAIM_SUPPORT];
  if (!(r->question && r->question->concept == Q_OPTIMUM) && clubs->status != NOT_CHECKED && isfinite(clubs->bound)) {
    put_size(out, ", no club of types in another exchange more than ", clubs->bound);
    text_printf(out, " (%s)", claim_status_name(clubs->status));
  }
  if (c->indeterminate) text_printf(out, "; %u dimension%s not determined", c->indeterminate, c->indeterminate == 1 ? "" : "s");
  if (r->sol.by_ladder) text_put(out, "; found by a fallback method");
  second_best_line(r, out);
  if (r->question && r->question->concept == Q_OPTIMUM) planner_remarks(r, out);
}

/* A claim holds over a sweep as well as where it was established least. */
static int weaker(ClaimStatus a, ClaimStatus b) { return a > b; }

typedef struct { Certificate *worst; uint32_t n, ladder; } Weakest;

static void take_worse(Weakest *w, const Result *r) {
  Certificate *c = w->worst;
  const Certificate *x = &r->sol.cert;
  if (!w->n++) *c = *x;
  if (weaker(x->claim[CLAIM_AGENT_GLOBAL].status, c->claim[CLAIM_AGENT_GLOBAL].status)) c->claim[CLAIM_AGENT_GLOBAL] = x->claim[CLAIM_AGENT_GLOBAL];
  const Claim *a = &x->claim[CLAIM_SUPPORT], *b = &c->claim[CLAIM_SUPPORT];
  if (weaker(a->status, b->status) || (a->status == b->status && !(a->bound <= b->bound))) c->claim[CLAIM_SUPPORT] = *a;
  c->residual = fmax(c->residual, x->residual);
  c->clearing = fmax(c->clearing, x->clearing);
  c->gain = isfinite(x->gain) && isfinite(c->gain) ? fmax(c->gain, x->gain) : NAN;
  if (x->indeterminate > c->indeterminate) c->indeterminate = x->indeterminate;
  w->ladder += (uint32_t)r->sol.by_ladder;
}

void verdict_points(const Result *stand, Text *out) {
  Certificate least = {0};
  Weakest w = {&least, 0, 0};
  uint32_t solved = 0, attempted = 0;
  for (uint32_t k = 0; k < stand->npoint; k++) {
    uint32_t n;
    const Result *r = &stand->point[k], *part = result_parts(&stand->point[k], &n);
    attempted += (uint32_t)r->attempted;
    solved += (uint32_t)r->solved;
    for (uint32_t i = 0; i < n && r->solved; i++) take_worse(&w, &part[i]);
  }
  Result worst = {.attempted = 1, .solved = 1, .question = stand->question};
  worst.sol.cert = least;
  text_printf(out, "%u of %u point%s ", solved, stand->npoint, stand->npoint == 1 ? "" : "s");
  if (solved) verdict_line(&worst, out);
  else text_put(out, "solved");
  if (w.ladder) text_printf(out, "; %u found by a fallback method", w.ladder);
  if (attempted < stand->npoint) text_printf(out, "; %u not attempted", stand->npoint - attempted);
  if (result_is_family(stand) && solved) family_points(stand, out);
  if (stand->question->concept == Q_SECOND_BEST && solved) second_best_points(stand, out);
}

/* Prose behind an indent, wrapped at 100 columns; continuation lines are indented by as much again. */
static void put_wrapped(Text *out, unsigned indent, const char *label, const char *text) {
  unsigned column = indent + (unsigned)strlen(label);
  text_printf(out, "%*s%s", (int)indent, "", label);
  for (const char *at = text; *at;) {
    size_t n = strcspn(at, " \n");
    if (column + n + 1 > 100 && column > indent + strlen(label)) {
      text_printf(out, "\n%*s", (int)(indent + strlen(label)), "");
      column = indent + (unsigned)strlen(label);
    } else if (at != text) { text_put(out, " "); column++; }
    text_add(out, at, n);
    column += (unsigned)n;
    at += n;
    while (*at == ' ' || *at == '\n') at++;
  }
  text_put(out, "\n");
}

static void put_condition(const Problem *p, uint32_t row, Text *out) {
  char name[256];
  if (p->names.condition) p->names.condition(p->names.ctx, row, name, sizeof name);
  else snprintf(name, sizeof name, "condition %u", row);
  text_put(out, name);
}

static void put_unknown(const Problem *p, uint32_t i, double x, Text *out) {
  char name[256];
  if (i >= p->nx || !p->names.unknown) return;
  p->names.unknown(p->names.ctx, i, name, sizeof name);
  text_printf(out, ", at %s = ", name);
  text_digits(out, x, 6);
}

static void put_worst(const Problem *p, const Certificate *c, const double *x, uint32_t most, unsigned indent, Text *out) {
  for (uint32_t i = 0; i < c->nworst && i < most; i++) {
    const Worst *w = &c->worst[i];
    if (w->residual == 0) continue;
    text_printf(out, "%*s", (int)indent, "");
    put_condition(p, w->row, out);
    if (isfinite(w->residual) && isfinite(w->scale)) text_printf(out, ": off by %.1e, its terms add up to %.3g", fabs(w->residual) * (w->scale > 0 ? w->scale : 1), w->scale);
    else text_put(out, ": not defined");
    if (x) put_unknown(p, w->row, x[w->row < p->nx ? w->row : 0], out);
    text_put(out, "\n");
  }
}

void verdict_certificate(const Problem *p, const Certificate *c, unsigned indent, Text *out) {
  for (int i = 0; i < CLAIM_N; i++) {
    const Claim *claim = &c->claim[i];
    text_printf(out, "%*s%-17s %s", (int)indent, "", claim_name((ClaimId)i), claim_status_name(claim->status));
    if (isfinite(claim->bound)) text_printf(out, ", bound %.1e%s%s", claim->bound, claim->unit ? " " : "", claim->unit ? claim->unit : "");
    text_put(out, "\n");
    if (claim->method) put_wrapped(out, indent + 4, "method:  ", claim->method);
    if (claim->domain) put_wrapped(out, indent + 4, "domain:  ", claim->domain);
    if (claim->witness) put_wrapped(out, indent + 4, "witness: ", claim->witness);
  }
  text_printf(out, "%*slargest relative residual %.1e, market imbalance %.1e, gain %.1e, dimensions not determined %u\n", (int)indent, "", c->residual, c->clearing, c->gain, c->indeterminate);
  if (c->nworst) {
    text_printf(out, "%*slargest residuals:\n", (int)indent, "");
    put_worst(p, c, NULL, 8, indent + 4, out);
  }
}

/* A search for instruments that found equilibria and no best one: the explanation says what to do. */
static int only_searched(const Result *r) { return r->second && isfinite(r->second->value); }

/* What a user can do about each way of failing. */
static const char *advice(const Result *r) {
  if (only_searched(r)) return NULL;
  switch (r->sol.status) {
    case ECON_TIME: return "give more time with --seconds, or start values in the question (`start {p = 1}`)";
    case ECON_MEMORY: return "give more memory with --memory, or fewer types and nodes";
    case ECON_CANCELLED: return "run it again; what was solved before stays valid";
    case ECON_DOMAIN: return "check that endowments leave every quantity under a logarithm or power positive; give start values inside the domain";
    case ECON_INFEASIBLE: return "look at the named agent's budgets and constraints: at every price some of them contradict each other";
    case ECON_UNBOUNDED: return "the named agent can gain without end: bound the choice, or add the constraint that is missing";
    case ECON_NO_ALLOCATION: return "look at the named market or constraint: supply cannot meet it at any price";
    case ECON_SINGULAR: return "look for a condition that says the same as another, or for a quantity that nothing determines";
    case ECON_NOT_CERTIFIED:
      if (r->sol.cert.claim[CLAIM_SUPPORT].status == REFUTED) return r->question->concept == Q_OPTIMUM ? "another start (`start {p = 1}`), or other weights" : "the equilibrium without rights and the planner's problem (`optimum`) do not need one exchange to do for all";
      for (int k = CLAIM_AGENT_GLOBAL; k < CLAIM_N; k++)
        if (r->sol.cert.claim[k].status == REFUTED) return "the conditions hold but a claim was refuted (see the witness): they are necessary, and not sufficient, where a problem is not concave";
      return NULL;                                      /* the explanation says what to do */
    case ECON_WAITS: return NULL;
    case ECON_OUT_OF_REACH: return "lower the levels; a sweep over one of them draws how far they go";
    case ECON_NOT_SUPPORTED: return "no method for this kind of question is part of this version";
    default:
      return "give start values near the answer (`start {p = 1}` in the question), change one parameter at a time from a case that solves (-D), or try another --seed; that nothing was found does not prove that nothing exists";
  }
}

void verdict_failure(const Result *r, const char *where, Text *out) {
  const Solution *s = &r->sol;
  const Strs *strs = r->model->cc->strs;
  const Problem *p = r->lowered ? lowered_problem(r->lowered) : NULL;
  if (r->waits) {
    text_printf(out, "%s: ", str_text(strs, r->name));
    verdict_line(r, out);
    text_put(out, "\n");
    return;
  }
  text_printf(out, "%s%s: not solved: %s\n", str_text(strs, r->name), where, r->attempted ? reason(r) : "not attempted");
  if (!r->attempted) return;
  if (s->explanation) put_wrapped(out, 2, "", s->explanation);
  for (int i = CLAIM_AGENT_GLOBAL; i < CLAIM_N; i++)    /* those of conditions and clearing are among the worst conditions below */
    if (s->cert.claim[i].status == REFUTED && s->cert.claim[i].witness) put_wrapped(out, 2, "witness: ", s->cert.claim[i].witness);
  if (only_searched(r)) return;
  if (s->ntried) text_put(out, "  tried:\n");
  for (uint32_t i = 0; i < s->ntried; i++)
    text_printf(out, "    %s: %s after %u iteration%s, residual %.1e\n", s->tried[i].method, econ_status_text(s->tried[i].why), s->tried[i].iterations,
                s->tried[i].iterations == 1 ? "" : "s", s->tried[i].residual);
  if (p && s->cert.nworst) {
    text_put(out, "  worst conditions at the best point reached:\n");
    put_worst(p, &s->cert, s->x, 5, 4, out);
  }
  if (advice(r)) put_wrapped(out, 2, "to try: ", advice(r));
}

void verdict_failures(const Results *all, const Result *stand, Text *out) {
  enum { IN_FULL = 3, BY_LINE = 20 };
  const char *name = str_text(all->model->cc->strs, stand->name);
  uint32_t failed = 0, left = 0;
  for (uint32_t k = 0; k < stand->npoint; k++) {
    const Result *r = &stand->point[k];
    Text where = {0};
    left += !r->attempted;
    if (r->solved || !r->attempted || ++failed > IN_FULL + BY_LINE) continue;
    text_put(&where, " at ");
    grid_point_text(all, &all->grid[stand->question->sweep - 1], k, &where);
    if (failed <= IN_FULL) verdict_failure(r, where.at ? where.at : "", out);
    else text_printf(out, "%s%s: not solved: %s\n", name, where.at ? where.at : "", reason(r));
    text_free(&where);
  }
  if (failed > IN_FULL + BY_LINE) text_printf(out, "%s: and %u more points without a solution\n", name, failed - IN_FULL - BY_LINE);
  if (left) text_printf(out, "%s: interrupted before %u of %u points were attempted\n", name, left, stand->npoint);
}
