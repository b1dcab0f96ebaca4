/* bearing_words.c: the classification of bearing.h in plain words. */
#include "bearing.h"

static const char *name_of(const Economy *e, SymId s) { return str_text(e->cc->strs, economy_at(e, s)->name); }

static void put_node(const Economy *e, uint32_t node, Text *out) {
  char buf[16];
  if (node != BEARING_NONE && e->time.declared) text_printf(out, "@%s", elem_text(e, e->time.node[node].elem, buf));
}

static void put_constraint(const Economy *e, const BearingConstraint *r, Text *out) {
  const Agent *a = &e->agents.at[r->agent];
  text_printf(out, "%s of %s", name_of(e, a->constraints.at[r->constraint].sym), name_of(e, a->sym));
  put_node(e, r->node, out);
}

/* The families, each once, with the nodes at which the kind applies. */
static void put_kind(const Economy *e, const Bearing *b, BearingKind kind, const char *what, Text *out) {
  for (uint32_t i = 0; i < b->constraints.n; i++) {
    const BearingConstraint *r = &b->constraints.at[i];
    if (!r->bears || r->kind != kind) continue;
        put_constraint(e, r, out);
    text_printf(out, ": %s\n", what);
  }
}

static void put_groups(const Economy *e, const Bearing *b, Text *out) {
  for (uint32_t g = 0; g < b->ngroup; g++) {
    text_put(out, "exchange: ");
    uint32_t said = 0;
    for (uint32_t i = 0; i < b->markets.n; i++) {
      const BearingMarket *m = &b->markets.at[i];
      if (m->group != g) continue;
      text_printf(out, "%s%s", said++ ? ", " : "", name_of(e, e->markets.at[m->market].price));
      put_node(e, m->node, out);
    }
    text_printf(out, " (%u price%s", b->d[g], b->d[g] == 1 ? "" : "s");
    if (b->claims[g]) text_printf(out, ", %u claim%s traded within", b->claims[g], b->claims[g] == 1 ? "" : "s");
    text_printf(out, ": at most %u types where claims are not redundant)\n", 1 + b->d[g] + b->claims[g]);
  }
}

void bearing_words(const Economy *e, const Bearing *b, Text *out) {
  if (!b->bearing && !b->at_root) {
    text_put(out, "none\n");
    return;
  }
  put_kind(e, b, BEAR_ANTICIPATION, "restricts earlier choices by later prices", out);
  put_kind(e, b, BEAR_RECOURSE, "binds later choices at later prices", out);
  put_kind(e, b, BEAR_ROOT, "contains a price of its own date: there is no earlier stage at which rights could be traded", out);
  if (b->bearing) put_groups(e, b, out);
}
