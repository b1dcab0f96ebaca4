/* leak_words.c: what the value identity found, in sentences at the terms it is about; what `explain` shows of it. */
#include "walras.h"
#include <math.h>
#include <string.h>

typedef struct { Walras *w; Text who, where, term; } Words;

/* A term with its functions written out; where that is too long to be read, as it stands in the file. */
static void put_term(const Economy *e, const Flow *f, Text *out) {
  enum { LONG = 160 };
  Text t = {0};
  Span at = origin_span(e->cc->diags, f->at);
  const Source *s = at.file ? source_get(e->cc->sources, at.file) : NULL;
  expr_print(e, f->x, &t);
  if (t.n > LONG && s && at.begin < at.end && at.end <= s->size && at.end - at.begin < LONG) text_add(out, s->text + at.begin, at.end - at.begin);
  else if (t.at) text_add(out, t.at, t.n);
  out->failed |= t.failed;
  text_free(&t);
}


static const char *name_of(const Walras *w, SymId s) { return str_text(w->e->cc->strs, economy_at(w->e, s)->name); }
static const char *text_of(const Text *t) { return t->at ? t->at : ""; }

static void put_types(Words *x, const Agent *a, const Leak *l) {
  Walras *w = x->w;
  uint32_t some = 0, said = 0;
  for (uint32_t k = 0; k < l->ntypes; k++) some += l->type[k];
  if (!a->nidx || some == l->ntypes || some > 3) {
    text_put(&x->who, name_of(w, a->sym));
    return;
  }
  for (uint32_t k = 0; k < l->ntypes; k++) {
    char buf[16];
    if (!l->type[k]) continue;
    if (said++) text_put(&x->who, said == some ? " and " : ", ");
    monomials_type(&w->m, a, a->idx, k);
    for (uint32_t i = 0; i < a->nidx; i++) text_printf(&x->who, "%s%s", i ? "," : "", elem_text(w->e, w->m.eval.env[a->idx[i]], buf));
  }
}

static void words_for(Words *x, const Leak *l) {
  Walras *w = x->w;
  const Flow *f = &w->sources.at[l->source];
  char buf[16];
  if (f->a) put_types(x, f->a, l);
  if (w->dated && w->e->time.n > 1) {
    text_printf(&x->where, " at %s", elem_text(w->e, l->node, buf));
    if (l->nodes > 1) text_printf(&x->where, " and %u more node%s", l->nodes - 1, l->nodes == 2 ? "" : "s");
  }
  if (f->x) put_term(w->e, f, &x->term);
}
static void words_free(Words *x) {
  text_free(&x->who);
  text_free(&x->where);
  text_free(&x->term);
}

/* The market that sets a price, as `claim[up]@0`. */
static void put_market(const Walras *w, const Market *m, uint32_t price, Text *t) {
  const Atom *p = &w->m.atoms.at[price];
  int node = economy_at(w->e, p->sym)->node_dim, open = 0;
  char buf[16];
  text_put(t, name_of(w, m->sym));
  for (uint32_t i = 0; i < p->nix; i++)
    if ((int)i != node) text_printf(t, "%s%s", open++ ? "," : "[", elem_text(w->e, p->ix[i], buf));
  if (open) text_put(t, "]");
  if (node >= 0 && w->dated) text_printf(t, "@%s", elem_text(w->e, p->ix[node], buf));
}

/* ---- one sentence each ---- */
static void say_flow(Words *x, const Leak *l, const Flow *f) {
  Compilation *cc = x->w->e->cc;
  int pays = l->real > 0;
  if (f->from == FROM_MARKET) {
    diag_add(cc, SEV_ERROR, "walras.leak", f->at, "`%s` stands in the market '%s', but no budget %s it at its price%s", text_of(&x->term), name_of(x->w, f->m->sym),
             pays != f->negative ? "receives" : "pays for", text_of(&x->where));
    return;
  }
  Diag *d = diag_add(cc, SEV_ERROR, "walras.leak", f->at, "`%s` is %s by %s and %s by nobody%s%s", text_of(&x->term), pays ? "paid" : "received", text_of(&x->who),
                     pays ? "received" : "paid", l->in_part ? " in full" : "", text_of(&x->where));
  diag_hint(cc, d, "%s", pays ? "let somebody's budget receive it: whoever gets taxes, fees and losses is an agent that is declared"
                             : "let somebody's budget pay it, or a market count it");
}

static void say_activity(Words *x, const Flow *f) {
  Diag *d = diag_add(x->w->e->cc, SEV_ERROR, "walras.leak", f->at, "what the activity `%s` pays by its unit cost is not what markets and budgets receive of it%s", name_of(x->w, f->activity), text_of(&x->where));
  diag_hint(x->w->e->cc, d, "its inputs and outputs stand in the written markets once each, and a tax inside its unit cost is received in somebody's budget");
}

static void say_unpriced(Words *x, const Flow *f) {
  Walras *w = x->w;
  if (w->balance) {
    Diag *d = diag_add(w->e->cc, SEV_ERROR, "walras.leak", f->at, "`%s` stands in the budget of %s without its price%s: it is no amount of the numeraire", text_of(&x->term),
                       text_of(&x->who), text_of(&x->where));
    diag_hint(w->e->cc, d, "what stands without a price is counted in the numeraire");
    return;
  }
  Diag *d = diag_add(w->e->cc, SEV_ERROR, "walras.leak", f->at, "`%s` stands in the budget of %s without a price%s, and no good is the numeraire", text_of(&x->term), text_of(&x->who),
                     text_of(&x->where));
  diag_hint(w->e->cc, d, "multiply it by its price, or mark the good it counts as the numeraire");
}

static int is_sym(void *ctx, const Expr *ref) { return ref->sym == *(const SymId *)ctx; }
static int has_price(void *ctx, const Expr *ref) { return economy_at(ctx, ref->sym)->kind == SYM_PRICE; }

/* The term of a budget or profit with the choice at the price and something more: p*t*c beside p*c. */
static uint32_t excess_term(Walras *w, SymId choice, SymId price, uint32_t otherwise) {
  uint32_t best = otherwise, most = 0;
  for (uint32_t i = 0; i < w->sources.n; i++) {
    const Flow *f = &w->sources.at[i];
    if ((f->from != FROM_BUDGET && f->from != FROM_PROFIT) || !f->x || !ex_depends(f->x, is_sym, &choice) || !ex_depends(f->x, is_sym, &price)) continue;
    const Expr *x = f->x;
    while (x->kind == E_SUM || x->kind == E_TOTAL || x->kind == E_IF) x = x->kid[0 + (x->kind == E_IF)];
    uint32_t n = x->kind == E_MUL ? x->nkid : 1;
    if (n < most) continue;
    most = n;
    best = i;
  }
  return best;
}

static void say_times(Words *x, const Leak *l) {
  Walras *w = x->w;
  char buf[16];
  Text times = {0}, term = {0};
  uint32_t i = l->price ? excess_term(w, l->choice, l->price, l->source) : l->source;
  const Flow *f = &w->sources.at[i];
  const char *good = elem_text(w->e, l->good, buf);
  int more = !(l->total < 1);
  if (isfinite(l->total)) text_digits(&times, l->total, 6);
  else text_put(&times, "more than one");
  if (f->x) put_term(w->e, f, &term);
  Diag *d = diag_add(w->e->cc, SEV_ERROR, "market.coefficient", f->at, "`%s` of %s enters the %s market of %s %s times%s: `%s` is %s and %s by nobody", name_of(w, l->choice), good,
                     l->price ? "derived" : "implied", good, text_of(&times), text_of(&x->where), text_of(&term), more ? "paid" : "received", more ? "received" : "paid");
  diag_hint(w->e->cc, d, "%s somebody's budget%s", more ? "give it to" : "let it be paid by", l->price ? ", or write the market's body" : "");
  text_free(&times);
  text_free(&term);
}

static void say_untied(Words *x, const Leak *l, const Flow *f) {
  Compilation *cc = x->w->e->cc;
  if (l->kind == LEAK_FREE) {
    Diag *d = diag_add(cc, SEV_ERROR, "walras.leak", f->at, "`%s` is consumed by %s and stands in no budget%s: nobody pays for it", text_of(&x->term), text_of(&x->who), text_of(&x->where));
    diag_hint(cc, d, "what is chosen is paid in a budget, or limited by a constraint");
    return;
  }
  if (l->kind == LEAK_VAIN) {
    diag_add(cc, SEV_ERROR, "walras.leak", f->at, "`%s` is paid by %s%s, and gives nothing: no income, no use in a constraint, no good to the objective", text_of(&x->term),
             text_of(&x->who), text_of(&x->where));
    return;
  }
  if (l->kind == LEAK_IDLE) {
    Diag *d = diag_add(cc, SEV_ERROR, "walras.leak", f->at, "`%s` of %s stands in no profit and no budget: it is neither bought nor sold", f->x ? text_of(&x->term) : name_of(x->w, l->choice), name_of(x->w, f->a->sym));
    diag_hint(cc, d, "inputs and outputs have a place in what the firm maximizes");
    return;
  }
  if (l->kind == LEAK_UNPAID) {
    Diag *d = diag_add(cc, SEV_WARNING, "walras.leak", f->at, "`%s` is a burden to %s and brings nothing: no income in its budgets, no room in a constraint%s", text_of(&x->term), text_of(&x->who), text_of(&x->where));
    diag_hint(cc, d, "what it is paid stands in a budget of %s; as it stands nobody would choose any of it", text_of(&x->who));
    return;
  }
  if (l->kind == LEAK_TWICE) {
    Diag *d = diag_add(cc, SEV_ERROR, "walras.leak", f->c->at, "the budget '%s' of %s says what another one says: its payments count twice", name_of(x->w, f->c->sym), name_of(x->w, f->a->sym));
    diag_hint(cc, d, "leave one of them out");
    return;
  }
  Diag *d = diag_add(cc, SEV_ERROR, "walras.leak", f->at, "`%s` may be negative and is then received by %s and paid by nobody%s", text_of(&x->term), text_of(&x->who), text_of(&x->where));
  diag_hint(cc, d, "a debt has a market and a price; what is only stored is declared `>= 0`");
}

static void say_rent(Words *x, const Leak *l, const Flow *f) {
  int paid = l->real > 0;
  Diag *d = diag_add(x->w->e->cc, SEV_WARNING, "walras.rent", f->at, "`%s` is %s by %s and %s by nobody%s: an inequality makes it a rent", text_of(&x->term), paid ? "paid" : "received", text_of(&x->who),
                     paid ? "received" : "paid", text_of(&x->where));
  diag_hint(x->w->e->cc, d, "let the owner's budget %s it, or write a market in licences that somebody owns; as it stands the money is burnt", paid ? "receive" : "pay");
}

static void say_profit(Walras *w, const Leak *l, const Flow *f) {
  Text shares = {0};
  if (l->kind == LEAK_PROFIT) {
    Diag *d = diag_add(w->e->cc, SEV_ERROR, "walras.leak", f->at, "the profit of %s is received by nobody", name_of(w, f->a->sym));
    if (w->dated && f->from == FROM_OWNERS) diag_hint(w->e->cc, d, "what is written over several nodes is one profit, paid at the first; `maximize y - w*l` without nodes is paid out at each node");
    else diag_hint(w->e->cc, d, "its owners' budgets receive share*profit[...], with shares that add to one over masses");
    return;
  }
  text_digits(&shares, l->total, 6);
  const Agent *firm = NULL;
  for (uint32_t i = 0; i < w->e->agents.n; i++)
    if (w->e->agents.at[i].value == l->choice || (l->choice && w->e->agents.at[i].paid == l->choice)) firm = &w->e->agents.at[i];
  Diag *d = diag_add(w->e->cc, SEV_ERROR, "walras.leak", f->at, "the shares in the profit of %s add to %s over all budgets, not to one", firm ? name_of(w, firm->sym) : "the firm", text_of(&shares));
  diag_hint(w->e->cc, d, "a type's share counts with its mass");
  text_free(&shares);
}

/* ---- bodies and claims ---- */
static void say_bodies(Walras *w) {
  for (uint32_t i = 0; i < w->e->markets.n; i++) {
    const Market *m = &w->e->markets.at[i];
    if (!w->differs[i] || m->dropped) continue;
    Diag *d = diag_add(w->e->cc, SEV_WARNING, "market.body-differs", m->at, "the market '%s' does not clear what the budgets trade at '%s'", name_of(w, m->sym), name_of(w, m->price));
    diag_hint(w->e->cc, d, "without a body it would; see the terms that are named above");
  }
}

/* A price that moves no money. */
static void say_unpaid_prices(Walras *w) {
  Economy *e = w->e;
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    int paid = 0;
    if (m->dropped || !m->price || m->from != MARKET_WRITTEN) continue;
    for (uint32_t j = 0; j < e->agents.n; j++) {
      const Agent *a = &e->agents.at[j];
      const Sym *v = a->value ? economy_at(e, a->value) : NULL;
      paid |= v && v->def && leak_mentions(v->def, m->price);
      for (uint32_t k = 0; k < a->constraints.n; k++) paid |= leak_mentions(a->constraints.at[k].lhs, m->price) || leak_mentions(a->constraints.at[k].rhs, m->price);
    }
    for (uint32_t j = 0; j < e->equations.n; j++) paid |= leak_mentions(e->equations.at[j].lhs, m->price) || leak_mentions(e->equations.at[j].rhs, m->price);
    if (paid) continue;
    Diag *d = diag_add(e->cc, SEV_WARNING, "walras.leak", m->at, "nobody pays the price '%s' of the market '%s': it stands in no budget and no profit", name_of(w, m->price), name_of(w, m->sym));
    diag_hint(e->cc, d, "what the market clears is bought and sold in budgets");
  }
}

/* A market of goods that only buyers or only sellers come to, at all nodes; or only firms, that pass on what nobody wants or offers. */
static void say_sides(Walras *w) {
  const Market *said = NULL;
  for (uint32_t i = 0; i < w->sides.n; i++) {
    const Side *s = &w->sides.at[i];
    Text what = {0};
    int one = s->bought != s->sold, passed = s->bought && s->sold && !(s->wanted && s->offered);
    if (!one && (!passed || s->m == said)) continue;
    put_market(w, s->m, s->price, &what);
    Diag *d;
    if (one) d = diag_add(w->e->cc, SEV_WARNING, "market.one-sided", s->m->at, "nobody %s anything in the derived market `%s`", s->sold ? "buys" : "sells", text_of(&what));
    else if (!s->wanted) d = diag_add(w->e->cc, SEV_WARNING, "market.one-sided", s->m->at, "in the end nobody buys what is sold in the derived market `%s`: firms pass it on to each other", text_of(&what));
    else d = diag_add(w->e->cc, SEV_WARNING, "market.one-sided", s->m->at, "in the end nobody sells what is bought in the derived market `%s`: firms pass it on to each other", text_of(&what));
    if (!one) said = s->m;
    diag_hint(w->e->cc, d, "'%s' may be missing, or another price stand for it, where it is %s", name_of(w, s->m->price), (one ? s->sold : !s->wanted) ? "paid" : "earned or an endowment is valued");
    text_free(&what);
  }
}

/* Nobody cares for it but for what it pays, and it is nobody's input: all of the market's unknowns. */
typedef struct { Walras *w; int idle, any; } Idle;
static void idle_ref(void *ctx, const Expr *x) {
  Idle *d = ctx;
  Economy *e = d->w->e;
  if (x->kind != E_REF) return;
  const Sym *s = economy_at(e, x->sym);
  if (s->kind != SYM_CHOICE) {
    d->idle &= s->kind == SYM_PARAM;
    return;
  }
  const Agent *a = economy_agent(e, s->owner);
  SymId sym = x->sym;
  d->any = 1;
  for (uint32_t i = 0; i < e->goods.n; i++) d->idle &= e->goods.at[i].elem != s->name;
  for (uint32_t i = 0; i < s->ndom; i++) d->idle &= s->dom[i] != e->good_set || !e->good_set;
  if (!a || !a->value || a->is_firm || ex_depends(economy_at(e, a->value)->def, is_sym, &sym)) d->idle = 0;
  for (uint32_t i = 0; d->idle && i < a->constraints.n; i++) {
    const Constraint *c = &a->constraints.at[i];
    if (!c->is_budget && c->sense == C_EQ && (ex_depends(c->lhs, is_sym, &sym) || ex_depends(c->rhs, is_sym, &sym))) d->idle = 0;
    if (c->is_budget && !c->node) d->idle = 0;
  }
}

static int in_priced_body(const Walras *w, const Market *m) {
  for (uint32_t i = 0; i < w->sources.n; i++) {
    const Flow *f = &w->sources.at[i];
    if (f->from == FROM_MARKET && f->m == m && f->x && ex_depends(f->x, has_price, w->e)) return 1;
  }
  return 0;
}

/* A price at a node with successors of which nothing ever comes back. */
static void say_claims(Walras *w) {
  for (uint32_t i = 0; i < w->payoffs.n; i++) {
    const Payoff *p = &w->payoffs.at[i];
    char buf[16];
    Text pays = {0}, what = {0};
    if (p->varies || !(p->pays < 0) || !p->m->claim) continue;
    text_digits(&pays, p->pays, 6);
    put_market(w, p->m, p->price, &what);
    diag_add(w->e->cc, SEV_WARNING, "walras.negative-payoff", p->m->at, "one unit of `%s` pays %s at %s: its buyers pay again", text_of(&what), text_of(&pays),
             elem_text(w->e, p->node, buf));
    text_free(&pays);
    text_free(&what);
  }
  for (uint32_t i = 0; i < w->e->markets.n && w->dated; i++) {
    const Market *m = &w->e->markets.at[i];
    Idle d = {w, 1, 0};
    if (m->dropped || !m->price || economy_at(w->e, m->price)->node_dim < 0) continue;
    ex_walk(m->demand, idle_ref, &d);
    ex_walk(m->supply, idle_ref, &d);
    if (!d.idle || !d.any || in_priced_body(w, m)) continue;
    for (uint32_t k = 1, said = 0; k < w->m.atoms.n && !said; k++) {
      const Atom *p = &w->m.atoms.at[k];
      Text what = {0};
      if (p->sym != m->price || (k < w->ndelivers && w->delivers[k])) continue;
      put_market(w, m, k, &what);
      diag_add(w->e->cc, SEV_WARNING, "walras.never-delivers", m->at, "`%s` is priced and never delivers: no later budget receives anything for it", text_of(&what));
      text_free(&what);
      said = 1;
    }
  }
}

/* ---- for `explain` ---- */
static void remark(Walras *w, Text *t) {
  if (!t->failed && t->at) VEC_PUSH(w->e->mem, w->e->remarks, str_of(w->e->cc->strs, t->at));
  text_free(t);
}

static void remark_payoffs(Walras *w) {
  for (uint32_t i = 0; i < w->payoffs.n && i < 64; i++) {
    const Payoff *p = &w->payoffs.at[i];
    char buf[16];
    Text t = {0};
    text_put(&t, "one unit of ");
    put_market(w, p->m, p->price, &t);
    text_put(&t, " pays ");
    if (p->varies) text_put(&t, "an amount that depends on prices");
    else text_digits(&t, p->pays, 6);
    text_printf(&t, " at %s", elem_text(w->e, p->node, buf));
    remark(w, &t);
  }
}

/* Where money moves outside budgets, what the budgets alone leave over is no leak: it is what goods without a written market clear. */
static void remark_rest(Walras *w, const Constraint *outside) {
  Text t = {0};
  text_printf(&t, "budgets alone do not add up to the markets that are written, since '%s' moves money too; what they leave belongs to implied markets:",
              name_of(w, outside->sym));
  for (uint32_t i = 0; i < w->leaks.n && i < 12; i++) {
    const Leak *l = &w->leaks.at[i];
    if (!l->of_identity || !w->sources.at[l->source].x) continue;
    const Flow *f = &w->sources.at[l->source];
    text_put(&t, l->real > 0 ? " + " : " - ");
    if (f->m) text_printf(&t, "%s*", name_of(w, f->m->price));
    expr_print(w->e, f->x, &t);
  }
  remark(w, &t);
}

static int any_of_identity(const Walras *w) {
  for (uint32_t i = 0; i < w->leaks.n; i++)
    if (w->leaks.at[i].of_identity) return 1;
  return 0;
}

void leaks_say(Walras *w) {
  const Constraint *outside = any_of_identity(w) ? money_outside_budgets(w->e) : NULL;
  int bodies = 0, twice = 0;
  for (uint32_t i = 0; i < w->leaks.n; i++) twice |= w->leaks.at[i].kind == LEAK_TWICE;
  if (outside) remark_rest(w, outside);
  else remark_payoffs(w);
  for (uint32_t i = 0; i < w->leaks.n; i++) {
    const Leak *l = &w->leaks.at[i];
    const Flow *f = &w->sources.at[l->source];
    Words x = {.w = w};
    if (l->kind != LEAK_TWICE && (twice || (outside && l->of_identity))) continue;      /* what stands twice is off in every term */
    words_for(&x, l);
    switch (l->kind) {
    case LEAK_FLOW: say_flow(&x, l, f); bodies |= l->of_identity; break;
    case LEAK_ACTIVITY: say_activity(&x, f); bodies = 0; break;
    case LEAK_UNPRICED: say_unpriced(&x, f); break;
    case LEAK_TIMES: say_times(&x, l); break;
    case LEAK_SHARES: case LEAK_PROFIT: say_profit(w, l, f); break;
    case LEAK_FREE: case LEAK_DEBT: case LEAK_VAIN: case LEAK_IDLE: case LEAK_TWICE: case LEAK_UNPAID: say_untied(&x, l, f); break;
    case LEAK_RENT: say_rent(&x, l, f); break;
    case LEAK_NONE: break;
    }
    words_free(&x);
  }
  if (bodies) say_bodies(w);
  say_sides(w);
  say_unpaid_prices(w);
  if (!outside) say_claims(w);
}
