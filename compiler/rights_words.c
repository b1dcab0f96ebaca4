/* rights_words.c: the economy with rights to trade in the notation of Definition 3 (Kilenthong and Townsend), for `explain`. */
#include "pass.h"
#include "rights.h"

static const char *name_of(const Economy *e, SymId s) { return str_text(e->cc->strs, economy_at(e, s)->name); }

static void add(Economy *e, Text *t) {
  if (!t->failed && t->at) VEC_PUSH(e->mem, e->exchanges, str_of(e->cc->strs, t->at));
  text_free(t);
}

/* NAME[indices]@node of a family at its index variables. */
static void put_family(Economy *e, SymId s, const Right *x, Text *out) {
  Ix *ix = ARENA_ARRAY(e->mem, Ix, x->n + 1);
  if (!ix) return;
  for (uint32_t k = 0; k < x->n; k++) ix[k] = ix_bound(x->binds[k]);
  expr_print(e, ex_ref(e->mem, 0, s, ix, x->n), out);
}

static void put_range(const Economy *e, const Right *x, Text *out) {
  text_put(out, "   for ");
  for (uint32_t k = 0; k < x->n; k++) {
    const Set *s = economy_set(e, e->idxs.at[x->binds[k]].set);
    text_printf(out, "%s%s in {", k ? ", " : "", str_text(e->cc->strs, e->idxs.at[x->binds[k]].name));
    for (uint32_t i = 0; i < set_size(s); i++) {
      char buf[16];
      text_printf(out, "%s%s", i ? ", " : "", elem_text(e, set_elem(s, i), buf));
    }
    text_put(out, "}");
  }
}

static void index_line(Rights *r) {
  Text t = {0};
  text_put(&t, "an exchange is known by its later prices:");
  for (uint32_t i = 0; i < r->right.n; i++) {
    text_put(&t, i ? "; " : " ");
    put_family(r->e, r->right.at[i].price, &r->right.at[i], &t);
    put_range(r->e, &r->right.at[i], &t);
  }
  add(r->e, &t);
}

static void class_lines(Rights *r, const RightsAgent *agent) {
  Economy *e = r->e;
  const Agent *a = agent->a;
  for (uint32_t i = 0; i < r->right.n; i++) {
    const Right *x = &r->right.at[i];
    Ix *at = ARENA_ARRAY(e->mem, Ix, x->n + 1);
    if (!at) return;
    for (uint32_t k = 0; k < x->n; k++) at[k] = ix_bound(x->binds[k]);
    Text t = {0};
    text_printf(&t, "%s buys there, net, and must hold as many rights:  Delta = ", name_of(e, a->sym));
    expr_print(e, rights_net(r, a, x, at), &t);
    put_range(e, x, &t);
    add(e, &t);
  }
  if (!agent->payment || r->planner) return;
  Text t = {0};
  text_printf(&t, "%s pays P.Delta beside its ex-ante budget:  ", name_of(e, a->sym));
  expr_print(e, agent->payment, &t);
  add(e, &t);
}

static void constraint_lines(Rights *r) {
  Economy *e = r->e;
  for (uint32_t i = 0; i < r->b->constraints.n; i++) {
    const BearingConstraint *c = &r->b->constraints.at[i];
    const Agent *a = &e->agents.at[c->agent];
    if (!c->bears || c->kind == BEAR_ROOT) continue;
    char buf[16];
    Text t = {0};
    text_printf(&t, "in an exchange %s of %s", name_of(e, a->constraints.at[c->constraint].sym), name_of(e, a->sym));
    if (c->node != BEARING_NONE) text_printf(&t, "@%s", elem_text(e, e->time.node[c->node].elem, buf));
    text_put(&t, c->kind == BEAR_ANTICIPATION ? " is read at the prices of that exchange" : " binds later choices, which are best at the prices of that exchange");
    add(e, &t);
  }
}

static void market_lines(Rights *r) {
  Economy *e = r->e;
  for (int segregated = 0; segregated <= 1; segregated++) {
    Text t = {0};
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->markets.n; i++) {
      const Market *m = &e->markets.at[i];
      if (m->dropped || !m->price || (r->b->segregated[i] != 0) != segregated || (!segregated && m->rights && !m->rights_where)) continue;
      text_printf(&t, "%s%s", n++ ? ", " : "", name_of(e, m->sym));
    }
    if (n) text_printf(&t, "%s", segregated ? ": clears within every exchange, claims delivered there [its price may differ between exchanges]" : ": what is traded ex ante clears over all exchanges together");
    if (n) add(e, &t);
    else text_free(&t);
  }
  for (uint32_t i = 0; i < r->right.n; i++) {
    Text t = {0};
    text_put(&t, "rights clear within every exchange:  sum of mass * Delta = 0");
    if (!r->planner) {
      text_put(&t, "   [");
      put_family(e, r->right.at[i].rights, &r->right.at[i], &t);
      text_put(&t, "]");
    }
    put_range(e, &r->right.at[i], &t);
    add(e, &t);
  }
}

void rights_words(Rights *r, const RightsAgent *agent, uint32_t n) {
  if (!r->right.n) return;
  index_line(r);
  for (uint32_t i = 0; i < n; i++)
    if (!agent[i].a->gone && agent[i].lambda) class_lines(r, &agent[i]);
  constraint_lines(r);
  market_lines(r);
}
