/* planner_words.c: see planner_words.h. */
#include "planner_words.h"
#include "verdict.h"
#include <math.h>

void planner_claim(const Claim *c, Text *out) {
  if (c->status == NOT_CHECKED || c->status == REFUTED) return;
  if (!isfinite(c->bound)) { text_put(out, ", a local optimum (checked)"); return; }
  text_put(out, c->status == EVIDENCE ? ", no better allocation was found" : ", no allocation is better");
  if (c->bound > 0) text_printf(out, " by more than %.0e in ex-ante money", c->bound);
  text_printf(out, " (%s)", claim_status_name(c->status));
}

/* ---- levels ---- */

typedef struct { const Result *r; const Agent *a; Text *out; uint32_t n; } Slack;
static void see_level(void *ctx, const Elem *ix, uint32_t n, uint32_t at) {
  Slack *s = ctx;
  const Economy *e = s->r->economy;
  size_t k = economy_offset(e, s->a->held, ix);
  (void)n;
  if (k == SIZE_MAX || !(s->r->values->of[s->a->held][k] > 0) || s->r->sol.x[at] > 0) return;
  if (s->n++ >= 4) return;
  text_put(s->out, s->n == 1 ? "; the level of " : ", ");
  if (s->a->nidx) result_key(e, 0, ix, s->a->nidx, -1, NULL, s->out);
  else text_put(s->out, str_text(e->cc->strs, economy_at(e, s->a->sym)->name));
}

static void levels(const Result *r, Text *out) {
  Slack s = {.r = r, .out = out};
  for (uint32_t i = 0; i < r->economy->agents.n; i++) {
    s.a = &r->economy->agents.at[i];
    if (s.a->holding) lowered_each(r->lowered, s.a->holding, see_level, &s);
  }
  if (s.n > 4) text_printf(out, " and %u more", s.n - 4);
  if (s.n) text_put(out, s.n > 1 ? " do not bind" : " does not bind");
}

/* ---- beliefs ---- */

/* Do the types of a class, or two classes, expect differently? First the file's own probabilities, then those of the first class with beliefs. */
static int differ(const Result *r) {
  const Economy *e = r->economy;
  const double *first = e->prob1 ? r->values->of[e->prob1] : NULL;
  size_t nodes = e->prob1 ? economy_volume(e, e->prob1) : 0;
  int own = 0;
  for (uint32_t i = 0; i < e->agents.n && first; i++) {
    const Agent *a = &e->agents.at[i];
    if (a->gone || a->is_firm || !a->value || !a->prob1) continue;
    const double *p = r->values->of[a->prob1];
    size_t n = p ? economy_volume(e, a->prob1) : 0;
    if (n < nodes || n % nodes) continue;
    if (!own++) first = p;
    for (size_t k = 0; k < n; k++)
      if (fabs(p[k] - first[k % nodes]) > 1e-12) return 1;
  }
  return 0;
}

void planner_remarks(const Result *r, Text *out) {
  if (!r->economy || !r->values || !r->lowered) return;
  levels(r, out);
  if (differ(r)) text_put(out, "; each type's welfare counts by its own beliefs, which differ");
}
