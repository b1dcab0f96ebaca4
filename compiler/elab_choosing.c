/* elab_choosing.c: `optimum choosing tau in [0, 1], rate weights ...`: the instruments of a second best.
 *
 * An instrument is a parameter, an entry of one, or the whole of one, each of whose entries is then chosen; or the choice of a policy agent, or a
 * variable: the question then fixes it (as `fix` does, so that the rule which decides it is set aside) at a parameter made for that. */
#include "elab.h"
#include "institution.h"
#include <math.h>

static void no_instrument(Elab *el, const Ast *a, const char *why, const char *hint) {
  Diag *d = diag_at(el->cc, SEV_ERROR, "ask.instrument", a->span, "%s", why);
  diag_hint(el->cc, d, "%s", hint);
}

static const char *const WHAT = "an instrument is a parameter, a choice of an agent without an objective, or a variable";

static void refuse_symbol(Elab *el, const Ast *a, const Sym *s) {
  Text t = {0};
  const char *name = elab_text(el, s->name);
  switch (s->kind) {
  case SYM_CHOICE: text_printf(&t, "`%s` is chosen by `%s` for its own ends", name, elab_text(el, economy_at(el->eco, s->owner)->name)); break;
  case SYM_PRICE: text_printf(&t, "`%s` is a price, which markets set", name); break;
  case SYM_PARAM: text_printf(&t, "`%s` is computed from other parameters", name); break;
  default: text_printf(&t, "`%s` is a result, and nobody sets it", name); break;
  }
  no_instrument(el, a, t.at ? t.at : "", s->kind == SYM_PARAM ? "choose those that it is computed from" : WHAT);
  text_free(&t);
}

static int is_policy(const Elab *el, const Sym *s) {
  const Agent *a = s->kind == SYM_CHOICE ? economy_agent(el->eco, s->owner) : NULL;
  return s->kind == SYM_VAR || (a && !a->value && !a->is_firm);
}

static const Expr *bound(Elab *el, const Ast *a) { return a ? elab_over_parameters(el, a) : NULL; }

/* As a report would spell it: an index that can take one value only is left out, the node stands behind. */
static Str label_of(Elab *el, SymId sym, const Elem *ix) {
  Text t = {0};
  char buf[16];
  const Sym *x = economy_at(el->eco, sym);
  Str name = x->name;
  const char *between = "[";
  text_put(&t, elab_text(el, name));
  for (uint32_t i = 0; i < x->ndom; i++) {
    if ((int)i == x->node_dim || set_size(economy_set(el->eco, x->dom[i])) == 1) continue;
    text_printf(&t, "%s%s", between, elem_text(el->eco, ix[i], buf));
    between = ",";
  }
  if (*between == ',') text_put(&t, "]");
  if (x->node_dim >= 0 && set_size(economy_set(el->eco, x->dom[x->node_dim])) > 1) text_printf(&t, "@%s", elem_text(el->eco, ix[x->node_dim], buf));
  Str s = t.failed ? name : str_intern(el->cc->strs, t.at, t.n);
  text_free(&t);
  return s;
}

static void add(Elab *el, const Ast *a, Question *q, Instrument x) {
  for (uint32_t i = 0; i < q->choosing.n; i++) {
    const Instrument *y = &q->choosing.at[i];
    if (y->sym == x.sym && y->nix == x.nix && (!x.nix || !memcmp(y->ix, x.ix, x.nix * sizeof *x.ix)) && y->set == x.set && y->label == x.label) {
      diag_at(el->cc, SEV_ERROR, "ask.instrument", a->span, "`%s` is chosen twice", elab_text(el, x.label));
      return;
    }
  }
  VEC_PUSH(el->mem, q->choosing, x);
}

/* All entries of a parameter. */
static void every_entry(Elab *el, const Ast *a, Question *q, Instrument x, uint32_t dim) {
  enum { MOST = 1000 };
  const Sym *s = economy_at(el->eco, x.sym);
  if (dim == s->ndom) {
    Elem *ix = ARENA_ARRAY(el->mem, Elem, s->ndom + 1);
    if (!ix) return;
    memcpy(ix, x.ix, s->ndom * sizeof *ix);
    x.ix = ix;
    x.label = label_of(el, x.sym, ix);
    add(el, a, q, x);
    return;
  }
  const Set *set = economy_set(el->eco, s->dom[dim]);
  for (uint32_t k = 0; k < set_size(set) && q->choosing.n < MOST; k++) {
    x.ix[dim] = set_elem(set, k);
    every_entry(el, a, q, x, dim + 1);
  }
}

static int is_any(void *ctx, const Expr *ref) { return ctx && ref; }

static void a_parameter(Elab *el, const Ast *a, const Expr *e, Question *q, Instrument x) {
  const Sym *s = economy_at(el->eco, e->sym);
  Elem *ix;
  uint32_t n;
  if (elab_entry(el, e, a, "ask.instrument", NULL, &ix, &n)) return;
  if (s->builtin || (s->def && ex_depends(s->def, is_any, el))) {
    refuse_symbol(el, a, s);
    return;
  }
  x.sym = e->sym;
  x.nix = s->ndom;
  x.ix = ARENA_ARRAY(el->mem, Elem, s->ndom + 1);
  if (!x.ix) return;
  if (n == s->ndom && n) {
    memcpy(x.ix, ix, n * sizeof *ix);
    x.label = label_of(el, x.sym, ix);
    add(el, a, q, x);
  } else every_entry(el, a, q, x, 0);
}

/* A parameter made to hold the value of the unknown, and the question's `fix`. */
static void an_unknown(Elab *el, const Ast *a, const Expr *e, Question *q, Instrument x) {
  const Sym s = *economy_at(el->eco, e->sym);
  Elem *ix = ARENA_ARRAY(el->mem, Elem, e->nix + 1);
  uint32_t n = 0;
  if (!ix) return;
  for (uint32_t i = 0; i < e->nix; i++) {
    if (e->ix[i].kind == IX_ELEM) { ix[n++] = e->ix[i].v; continue; }
    const Set *set = economy_set(el->eco, s.dom[i]);
    if (set && set_size(set) == 1) ix[n++] = set_elem(set, 0);
  }
  if (n != e->nix) {
    no_instrument(el, a, "one value is wanted here, with all its indices", "list several with commas between them");
    return;
  }
  x.label = label_of(el, e->sym, ix);
  Text name = {0};
  text_printf(&name, "chosen_%s", elab_text(el, x.label));
  x.sym = name.failed ? 0 : elab_value_symbol(el, elab_word(el, name.at), SYM_PARAM, 0, NULL, 0, 0, a->span);
  text_free(&name);
  if (!x.sym) return;
  double start = 0;
  if (s.initial && s.initial->kind == E_NUM) start = s.initial->num;
  economy_at(el->eco, x.sym)->def = ex_num(el->mem, x.at, start);
  Ix *at = ARENA_ARRAY(el->mem, Ix, e->nix + 1);
  if (!at) return;
  for (uint32_t i = 0; i < e->nix; i++) at[i] = ix_elem(ix[i]);
  x.set = e->sym;
  if (!x.lower && s.lower && s.lower->kind == E_NUM) x.lower = s.lower;
  if (!x.upper && s.upper && s.upper->kind == E_NUM) x.upper = s.upper;
  VEC_PUSH(el->mem, q->fix, (Setting){.sym = e->sym, .ix = at, .nix = e->nix, .to = ex_ref(el->mem, x.at, x.sym, NULL, 0), .at = x.at});
  add(el, a, q, x);
}

void elab_choosing(Elab *el, const Ast *c, Question *q) {
  q->choosing_at = origin_new(el->cc->diags, c->span, BY_SOURCE, 0);
  if (!el->model->value && (el->model->value = economy_sym(el->eco, elab_word(el, "value"), SYM_FACT, q->choosing_at))) economy_at(el->eco, el->model->value)->node_dim = -1;
  for (uint32_t i = 0; i < c->nkid; i++) {
    const Ast *a = c->kid[i]->kid[0];
    FreeIdx free;
    const Expr *e = elab_target(el, a, &free);
    if (!e) continue;
    Instrument x = {.at = origin_new(el->cc->diags, a->span, BY_SOURCE, 0), .lower = bound(el, c->kid[i]->kid[1]), .upper = bound(el, c->kid[i]->kid[2])};
    const Sym *s = economy_at(el->eco, e->sym);
    if (s->kind == SYM_PARAM) a_parameter(el, a, e, q, x);
    else if (is_policy(el, s)) an_unknown(el, a, e, q, x);
    else refuse_symbol(el, a, s);
  }
}

int elab_chosen(Elab *el, Question *q) {
  if (!q->choosing_at) return 0;
  if (q->concept != Q_OPTIMUM) {
    diag_add(el->cc, SEV_ERROR, "ask.instrument", q->choosing_at, "only an optimum chooses; an equilibrium takes every instrument as it is");
    return 1;
  }
  if (q->holding_at || q->maximizes) {
    Diag *d = diag_add(el->cc, SEV_ERROR, "ask.instrument", q->holding_at ? q->holding_at : q->choosing_at, "an optimum that chooses instruments maximises a sum of welfare with given weights");
    diag_hint(el->cc, d, "write weights {TYPE: NUMBER, ...}, or weights implied by an equilibrium");
    return 1;
  }
  q->concept = Q_SECOND_BEST;
  for (uint32_t i = 0; i < q->choosing.n; i++) {
    const Instrument *x = &q->choosing.at[i];
    for (uint32_t k = 0; k < q->where.n + q->where_expr.n; k++) {
      SymId sym = k < q->where.n ? q->where.at[k].sym : q->where_expr.at[k - q->where.n].sym;
      const Elem *ix = k < q->where.n ? q->where.at[k].ix : q->where_expr.at[k - q->where.n].ix;
      uint32_t nix = k < q->where.n ? q->where.at[k].nix : q->where_expr.at[k - q->where.n].nix;
      if (sym != x->sym || (nix && memcmp(ix, x->ix, nix * sizeof *ix))) continue;
      diag_add(el->cc, SEV_ERROR, "ask.instrument", x->at, "`%s` is chosen, and `where` sets it", elab_text(el, x->label));
      return 1;
    }
  }
  return 0;
}
