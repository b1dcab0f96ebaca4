#include "proof.h"
#include "gain.h"
#include "search.h"
#include "team.h"
#include "text.h"
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP = 64, SEARCHED = 48, LEAST_STARTS = 8 };
static const double FAR = 1000;         /* choices are considered up to this many times the largest one in the economy */
static const double SMALL = 1e-6;       /* a proven bound above this share of an agent's budget counts for nothing */
static const double REAL = 1e-7;        /* a plan found that gains more than this share refutes the answer */

typedef struct { uint32_t block, lane; double mass, money, bound; } Suspect;

typedef struct {
  const Problem *p;
  const System *sys;
  const double *x, *terms;
  const Settings *s;
  Arena *mem, *scratch;
  AgentClass **class;                   /* per block; NULL where it has no problem form */
  double box, scale, money;             /* largest choice considered; largest choice; largest budget */
  uint64_t agents, proven;
  double bound;                         /* the largest proven bound */
  uint32_t worst_block, worst_lane;
  Suspect suspect[SEARCHED];
  uint32_t nsuspect;
  uint64_t suspects;                    /* also those beyond the list */
} Proof;

char *proof_text(Arena *mem, const char *fmt, ...) {
  Text t = {0};
  va_list ap;
  va_start(ap, fmt);
  text_vprintf(&t, fmt, ap);
  va_end(ap);
  char *s = t.failed || !t.at ? NULL : arena_text(mem, t.at, t.n);
  text_free(&t);
  return s;
}

/* A name that the arena has no room for is left out; the arena's owner sees the failure. */
static const char *or_nameless(const char *s) { return s ? s : ""; }

const char *proof_unknown(const Problem *p, uint32_t i, Arena *mem) {
  char buf[256] = "";
  if (!p->names.unknown) return or_nameless(proof_text(mem, "unknown %u", i));
  p->names.unknown(p->names.ctx, i, buf, sizeof buf);
  return or_nameless(arena_text(mem, buf, strlen(buf)));
}

const char *proof_condition(const Problem *p, uint32_t row, Arena *mem) {
  char buf[256] = "";
  if (!p->names.condition) return or_nameless(proof_text(mem, "condition %u", row));
  p->names.condition(p->names.ctx, row, buf, sizeof buf);
  return or_nameless(arena_text(mem, buf, strlen(buf)));
}

const char *proof_lane(const Problem *p, uint32_t block, uint32_t lane, Arena *mem) {
  char buf[256] = "";
  if (!p->names.lane) return or_nameless(proof_text(mem, "agent %u.%u", block, lane));
  p->names.lane(p->names.ctx, block, lane, buf, sizeof buf);
  return or_nameless(arena_text(mem, buf, strlen(buf)));
}

static void *heap_get(void *ctx, size_t size) {
  (void)ctx;
  return malloc(size);
}
static void heap_put(void *ctx, void *chunk, size_t size) {
  (void)ctx;
  (void)size;
  free(chunk);
}

Arena *proof_scratch(const Settings *s) {
  Alloc heap = {heap_get, heap_put, NULL, s ? s->bytes : 0};
  return arena_new(&heap);
}

/* The size of the loaded agent's ex-ante budget; of the largest budget in the economy where it has none. */
static double budget_size(const Proof *w, const AgentClass *a) {
  double size = a->budget != NO_INDEX ? w->terms[problem_own(a->b, a->budget, a->lane)] : 0;
  return size > 0 ? size : w->money;
}

static void measure(Proof *w) {
  for (uint32_t b = 0; b < w->p->nblock; b++) {
    AgentClass *a = w->class[b];
    if (!a) continue;
    for (uint32_t c = 0; c < a->nchoice; c++)
      for (uint32_t lane = 0; lane < a->b->lanes; lane++) {
        double v = fabs(w->x[problem_own(a->b, a->choice[c], lane)]);
        if (isfinite(v)) w->scale = fmax(w->scale, v);
      }
    for (uint32_t lane = 0; a->budget != NO_INDEX && lane < a->b->lanes; lane++) {
      double v = w->terms[problem_own(a->b, a->budget, lane)];
      if (isfinite(v)) w->money = fmax(w->money, v);
    }
  }
  if (!(w->scale > 0)) w->scale = 1;
  if (!(w->money > 0)) w->money = w->scale;
  w->box = FAR * w->scale;
}

/* Keeps the agents to search for: the largest masses where they are more than the list holds. */
static void suspect(Suspect *list, uint32_t *n, Suspect s) {
  if (*n < SEARCHED) { list[(*n)++] = s; return; }
  uint32_t least = 0;
  for (uint32_t i = 1; i < SEARCHED; i++)
    if (list[i].mass < list[least].mass) least = i;
  if (s.mass > list[least].mass) list[least] = s;
}

/* The bound of one lane, with the curvature of its group first, then its own, then its own on the cut box. */
static Gain lane_bound(const Proof *w, AgentClass *a, uint32_t lane, const GainShapes *group, GainShapes *own) {
  agent_load(a, lane, w->x);
  Gain gain = gain_bound(a, group, w->box);
  for (int cut = 0; cut < 2 && !gain.concave; cut++) {
    gain_shapes(a, lane, 1, w->x, cut ? w->box : INFINITY, own);
    gain = gain_bound(a, own, w->box);
  }
  return gain;
}

/* What was found for a slice of a class's lanes. Slices are worked on by several threads and put together in their order, so that how many
 * threads there were makes no difference. */
typedef struct {
  uint64_t agents, proven, suspects;
  double bound; uint32_t worst_lane;
  Suspect suspect[SEARCHED]; uint32_t nsuspect;
} Part;
typedef struct { AgentClass *class; GainShapes group, own; } Prover;      /* one a thread */
typedef struct { const Proof *w; uint32_t block; Prover *prover; Part *part; } Proving;

static void prove_slice(void *ctx, uint32_t slice, uint32_t member) {
  const Proving *job = ctx;
  const Proof *w = job->w;
  Prover *m = &job->prover[member];
  AgentClass *a = m->class;
  Part *part = &job->part[slice];
  uint32_t size = team_slice(a->b->lanes), first = slice * size, end = a->b->lanes - first < size ? a->b->lanes : first + size;
  for (uint32_t lane = first; lane < end; lane++) {
    if ((lane - first) % GROUP == 0) gain_shapes(a, lane, end - lane < GROUP ? end - lane : GROUP, w->x, INFINITY, &m->group);
    Gain gain = lane_bound(w, a, lane, &m->group, &m->own);
    double money = budget_size(w, a);
    part->agents++;
    if (gain.concave && gain.bound <= SMALL * money) {
      part->proven++;
      if (gain.bound >= part->bound) {
        part->bound = gain.bound;
        part->worst_lane = lane;
      }
      continue;
    }
    part->suspects++;
    suspect(part->suspect, &part->nsuspect, (Suspect){job->block, lane, a->b->mass ? a->b->mass[lane] : 1, money, gain.concave ? gain.bound : INFINITY});
  }
}

static int provers(Proof *w, uint32_t b, Prover *m, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    m[i].class = i ? agent_class(w->p, b, w->sys->lower, w->sys->upper, w->scratch) : w->class[b];
    if (!m[i].class) return 1;
    m[i].group.con = ARENA_ARRAY(w->scratch, unsigned, m[i].class->ncon + 1);
    m[i].own.con = ARENA_ARRAY(w->scratch, unsigned, m[i].class->ncon + 1);
  }
  return arena_failed(w->scratch);
}

static int prove_block(Proof *w, uint32_t b) {
  uint32_t lanes = w->p->block[b].lanes, slices = team_slices(lanes), members = slices > 1 ? team_size() : 1;
  Prover m[TEAM_MOST] = {0};
  Proving job = {w, b, m, ARENA_ARRAY(w->scratch, Part, slices)};
  if (!job.part || provers(w, b, m, members)) return 0;
  if (slices == 1) prove_slice(&job, 0, 0);
  else team_run(slices, prove_slice, &job);
  for (uint32_t i = 0; i < slices; i++) {
    const Part *part = &job.part[i];
    w->agents += part->agents;
    w->proven += part->proven;
    w->suspects += part->suspects;
    for (uint32_t k = 0; k < part->nsuspect; k++) suspect(w->suspect, &w->nsuspect, part->suspect[k]);
    if (!part->proven || part->bound < w->bound) continue;
    w->bound = part->bound;
    w->worst_block = b;
    w->worst_lane = part->worst_lane;
  }
  return 1;
}

/* The three choices in which a better plan differs most, as text. */
static char *deviation(const Proof *w, const AgentClass *a, const double *best) {
  Text t = {0};
  uint32_t shown[3];
  for (unsigned n = 0; n < 3; n++) {
    uint32_t pick = NO_INDEX;
    double most = 1e-9 * w->scale;
    for (uint32_t i = 0; i < a->nchoice; i++) {
      int before = (n > 0 && shown[0] == i) || (n > 1 && shown[1] == i);
      if (before || !(fabs(best[i] - a->y[i]) > most)) continue;
      most = fabs(best[i] - a->y[i]);
      pick = i;
    }
    if (pick == NO_INDEX) break;
    shown[n] = pick;
    const char *name = proof_unknown(w->p, problem_own(a->b, a->choice[pick], a->lane), w->scratch);
    text_printf(&t, "%s%s = %.6g instead of %.6g", n ? ", " : "", name, best[pick], a->y[pick]);
  }
  char *s = t.at && !t.failed ? arena_text(w->mem, t.at, t.n) : NULL;
  text_free(&t);
  return s;
}

static EconStatus search_suspects(Proof *w, Claim *claim, Certificate *out) {
  double best_gain = 0, best_share = 0;
  unsigned starts = UINT_MAX;
  for (uint32_t i = 0; i < w->nsuspect; i++) {
    const Suspect *s = &w->suspect[i];
    AgentClass *a = w->class[s->block];
    if (w->s->tick && w->s->tick(w->s->ctx, out->residual, "looking for better plans")) return ECON_CANCELLED;
    agent_load(a, s->lane, w->x);
    double *plan = ARENA_ARRAY(w->scratch, double, a->nchoice + 1);
    if (!plan) return ECON_MEMORY;
    Search found = agent_search(a, w->box, w->scale, s->money, w->s->seed, w->scratch, plan);
    starts = starts < found.starts ? starts : found.starts;
    if (found.gain < best_gain && claim->witness) continue;
    best_gain = found.gain;
    best_share = fmax(best_share, found.gain / s->money);
    agent_load(a, s->lane, w->x);
    const char *lane = proof_lane(w->p, s->block, s->lane, w->mem), *how = found.gain / s->money > REAL ? deviation(w, a, plan) : NULL;
    if (how) claim->witness = proof_text(w->mem, "%s gains %.3g in ex-ante money by %s", lane, found.gain, how);
    else claim->witness = proof_text(w->mem, "largest gain found for %s: %.3g", lane, found.gain);
  }
  claim->status = best_share > REAL ? REFUTED : starts < LEAST_STARTS ? NOT_CHECKED : EVIDENCE;
  claim->bound = fmax(best_gain, w->bound);
  claim->method = proof_text(w->mem,
                             "%s: %llu of %llu agents proved by concavity, %u of the other %llu searched (largest mass first), at least %u starts "
                             "each, corners included",
                             claim->status == REFUTED ? "a better plan was found" : "no better plan was found", (unsigned long long)w->proven,
                             (unsigned long long)w->agents, w->nsuspect, (unsigned long long)w->suspects, starts);
  return ECON_SOLVED;
}

static void proved(const Proof *w, Claim *claim) {
  claim->status = PROVED;
  claim->bound = w->bound;
  claim->method = "the Lagrangian of every agent is concave term by term, so its gradient bounds every gain: mu.g + sum of max(G(u - x), G(l - x)), "
                  "rounded outwards";
  claim->witness = proof_text(w->mem, "largest for %s", proof_lane(w->p, w->worst_block, w->worst_lane, w->mem));
}

static EconStatus settle(Proof *w, int holds, Certificate *out) {
  Claim *claim = &out->claim[CLAIM_AGENT_GLOBAL];
  EconStatus status = ECON_SOLVED;
  claim->unit = "ex-ante money";
  if (!w->agents) {
    claim->method = "no agent has an objective";
    return status;
  }
  if (w->suspects && !holds) {
    claim->method = "not looked into because the conditions do not hold";
    return status;
  }
  claim->domain = proof_text(w->mem,
                             "plans with every choice within its bounds and at most %.4g in absolute value, %g times the largest choice; by "
                             "concavity a plan t times as far away gains at most t times as much",
                             w->box, FAR);
  if (!claim->domain) return ECON_MEMORY;
   if (w->suspects) {
    claim->domain = proof_text(w->mem, "plans with every choice within its bounds and at most %.4g in absolute value", w->box);
    status = search_suspects(w, claim, out);
  } else proved(w, claim);
  out->gain = claim->bound;
  return status;
}

EconStatus proof_agents(const Problem *p, const System *sys, const double *x, const double *terms, const Settings *s, int holds,
                        Arena *mem, Certificate *out) {
  Proof w = {.p = p, .sys = sys, .x = x, .terms = terms, .s = s, .mem = mem, .scratch = proof_scratch(s)};
  EconStatus status = ECON_MEMORY;
  if (!w.scratch) return status;
  w.class = ARENA_ARRAY(w.scratch, AgentClass *, p->nblock + 1);
  if (!w.class) goto done;
  for (uint32_t b = 0; b < p->nblock; b++)
    if (p->block[b].lanes) w.class[b] = agent_class(p, b, sys->lower, sys->upper, w.scratch);
  if (arena_failed(w.scratch)) goto done;
  measure(&w);
  for (uint32_t b = 0; b < p->nblock; b++)
    if (w.class[b] && !prove_block(&w, b)) goto done;
  status = settle(&w, holds, out);
  if (arena_failed(w.scratch) || arena_failed(mem)) status = ECON_MEMORY;
done:
  arena_free(w.scratch);
  return status;
}
