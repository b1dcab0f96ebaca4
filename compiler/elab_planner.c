/* elab_planner.c: whose welfare an optimum maximises (`maximize rich`, `maximize 0.3*welfare[a] + 0.7*welfare[b]`) and whose it holds at a
 * level (`holding b >= ex.welfare[b], c >= -2`; `holding all >= ex`). */
#include "elab.h"
#include "pass.h"
#include <string.h>

typedef struct { uint32_t agent; Elem type; } Who;       /* type none: every type of the class */

static int is(const Elab *el, Str s, const char *word) { return !strcmp(elab_text(el, s), word); }
static Origin origin(Elab *el, Span at) { return origin_new(el->cc->diags, at, BY_SOURCE, 0); }

static int has_objective(const Agent *a) { return a->value && !a->is_firm; }

static int class_named(const Elab *el, Str name) {
  for (uint32_t i = 0; i < el->eco->agents.n; i++)
    if (economy_at(el->eco, el->eco->agents.at[i].sym)->name == name) return (int)i;
  return -1;
}

/* A class, or a type of one; 0, or 1 after a diagnostic. */
static int who(Elab *el, const Ast *a, const char *id, Who *out) {
  int at = a->kind == AST_NAME ? class_named(el, a->text) : -1;
  *out = (Who){0, ELEM_NONE};
  if (at < 0) at = elab_weighed(el, a, &out->type);
  if (at < 0) return 1;
  out->agent = (uint32_t)at;
  if (has_objective(&el->eco->agents.at[at])) return 0;
  diag_at(el->cc, SEV_ERROR, id, a->span, "'%s' has no welfare: a planner maximises and holds what agents with an objective of their own reach", elab_text(el, economy_at(el->eco, el->eco->agents.at[at].sym)->name));
  return 1;
}

/* ---- maximize ---- */

static void put(Elab *el, Question *q, SymId sym, Elem type, const Expr *to, Span at) {
  Elem *ix = ARENA_ARRAY(el->mem, Elem, 1);
  if (!sym || !ix) return;
  ix[0] = type;
  VEC_PUSH(el->mem, q->where_expr, ((WhereExpr){.sym = sym, .ix = ix, .nix = type == ELEM_NONE ? 0 : 1, .to = to, .at = origin(el, at)}));
}

static int is_set(const Question *q, SymId sym, const Who *w) {
  for (uint32_t i = 0; i < q->where_expr.n && sym; i++) {
    const WhereExpr *x = &q->where_expr.at[i];
    if (x->sym == sym && !ex_is_num(x->to, 0) && (w->type == ELEM_NONE || !x->nix || x->ix[0] == w->type)) return 1;
  }
  return 0;
}

static int is_welfare(Elab *el, const Ast *a) {
  if (a->kind != AST_NAME) return 0;
  for (const Named *n = scope_find(el->scope, NS_VALUE, a->text); n; n = n->next)
    if (n->kind == NAMED_SYMBOL && n->sym && economy_at(el->eco, n->sym)->kind == SYM_VALUE) return 1;
  return 0;
}

static const Ast *bare(const Ast *a) {
  while (a->kind == AST_PAREN) a = a->kid[0];
  return a;
}

/* Does somebody's welfare stand in it, rather than parameters alone? */
static int mentions_somebody(Elab *el, const Ast *a) {
  Elem x;
  if (a->kind == AST_NAME) return class_named(el, a->text) >= 0 || (!scope_find(el->scope, NS_VALUE, a->text) && !elab_element(el, a, &x) && scope_find(el->scope, NS_ELEMENT, a->text));
  if (a->kind == AST_INDEX || a->kind == AST_CALL) return is_welfare(el, a->kid[0]) || (a->kind == AST_CALL && a->nkid == 2 && is_welfare(el, a->kid[1]));
  for (uint32_t i = 0; i < a->nkid; i++)
    if (a->kid[i] && mentions_somebody(el, a->kid[i])) return 1;
  return 0;
}

static void wrong_form(Elab *el, const Ast *a) {
  Diag *d = diag_at(el->cc, SEV_ERROR, "planner.maximize", a->span, "a planner maximises a type's welfare, a class's, or a weighted sum of welfares");
  diag_hint(el->cc, d, "write maximize TYPE, maximize CLASS, maximize total(welfare), or maximize 0.3*welfare[TYPE] + 0.7*welfare[TYPE]");
}

static void weigh(Elab *el, const Who *w, const Expr *weight, Question *q, const Ast *a) {
  SymId s = elab_weight_of(el, w->agent, a->span);
  if (is_set(q, s, w)) diag_at(el->cc, SEV_ERROR, "planner.maximize", a->span, "this welfare stands in the sum twice");
  else put(el, q, s, w->type, weight, a->span);
}

static void objective(Elab *el, const Ast *a, const Expr *weight, Question *q) {
  Who w;
  a = bare(a);
  switch (a->kind) {
  case AST_NAME:
    if (!who(el, a, "planner.maximize", &w)) weigh(el, &w, weight, q, a);
    return;
  case AST_INDEX:
    if (!is_welfare(el, a->kid[0]) || a->nkid != 2) break;
    if (!who(el, a->kid[1], "planner.maximize", &w)) weigh(el, &w, weight, q, a);
    return;
  case AST_CALL:
    if (a->nkid != 2 || a->kid[0]->kind != AST_NAME || !is(el, a->kid[0]->text, "total") || !is_welfare(el, a->kid[1])) break;
    for (uint32_t i = 0; i < el->eco->agents.n; i++)
      if (has_objective(&el->eco->agents.at[i])) weigh(el, &(Who){i, ELEM_NONE}, weight, q, a);
    return;
  case AST_CHAIN: {
    if (a->ops[0] == '+' || a->ops[0] == '-') {
      for (uint32_t i = 0; i < a->nkid; i++) objective(el, a->kid[i], i && a->ops[i - 1] == '-' ? ex_neg(el->mem, weight->at, weight) : weight, q);
      return;
    }
    uint32_t k = 0;
    while (k < a->nkid && !mentions_somebody(el, a->kid[k])) k++;
    if (k == a->nkid || (k && a->ops[k - 1] == '/')) break;
    for (uint32_t i = 0; i < a->nkid; i++) {
      const Expr *f = i == k ? NULL : elab_over_parameters(el, a->kid[i]);
      if (i == k) continue;
      if (!f) return;
      weight = i && a->ops[i - 1] == '/' ? ex_div(el->mem, f->at, weight, f) : ex_mul2(el->mem, f->at, weight, f);
    }
    objective(el, a->kid[k], weight, q);
    return;
  }
  default: break;
  }
  wrong_form(el, a);
}

void elab_maximized(Elab *el, const Ast *c, Question *q) {
  if (q->weights_at) {
    diag_at(el->cc, SEV_ERROR, "planner.maximize", c->span, q->maximizes ? "an optimum maximises once" : "this optimum has weights already: `maximize` says the same in another way");
    return;
  }
  q->weights_at = origin(el, c->span);
  q->maximizes = 1;
  for (uint32_t i = 0; i < el->eco->agents.n; i++)
    if (has_objective(&el->eco->agents.at[i])) put(el, q, elab_weight_of(el, i, c->span), ELEM_NONE, ex_num(el->mem, q->weights_at, 0), c->span);
  objective(el, c->kid[0], ex_num(el->mem, q->weights_at, 1), q);
}

/* ---- holding ---- */

static SymId class_parameter(Elab *el, const char *prefix, uint32_t agent, double usual, SymId *keep, Span at) {
  const Agent *a = &el->eco->agents.at[agent];
  if (*keep) return *keep;
  Text name = {0};
  text_printf(&name, "%s_%s", prefix, elab_text(el, economy_at(el->eco, a->sym)->name));
  SymId s = name.failed ? 0 : elab_value_symbol(el, elab_word(el, name.at), SYM_PARAM, 0, a->set, a->nidx, 0, at);
  text_free(&name);
  if (s) economy_at(el->eco, s)->def = ex_num(el->mem, economy_at(el->eco, s)->at, usual);
  return *keep = s;
}

static void hold(Elab *el, const Who *w, const Ast *relation, Str from, Question *q) {
  SymId s[3] = {el->eco->agents.at[w->agent].held, el->eco->agents.at[w->agent].level, el->eco->agents.at[w->agent].rise};
  static const char *const prefix[] = {"held", "level", "rise"};
  elab_weight_of(el, w->agent, relation->span);
  for (int i = 0; i < 3; i++) class_parameter(el, prefix[i], w->agent, i == 2, &s[i], relation->span);
  Agent *a = &el->eco->agents.at[w->agent];
  a->held = s[0];
  a->level = s[1];
  a->rise = s[2];
  if (is_set(q, a->held, w)) {
    diag_at(el->cc, SEV_ERROR, "planner.holding", relation->span, "somebody here is held at a level already");
    return;
  }
  put(el, q, a->held, w->type, ex_num(el->mem, origin(el, relation->span), 1), relation->span);
  VEC_PUSH(el->mem, q->holding, ((Holding){.agent = w->agent, .type = w->type, .from = from, .written = relation->kid[1], .at = origin(el, relation->span)}));
}

/* The solution that is the whole of a level; 0: none, or (*wrong) one that cannot be. */
static Str solution(Elab *el, const Question *q, const Ast *level, int *wrong) {
  *wrong = 0;
  const Named *n = level->kind == AST_NAME ? elab_answer(el, level->text) : NULL;
  if (!n) return 0;
  if (n->kind == NAMED_REFUSED) *wrong = 1;
  else if (el->model->questions.at[n->question].concept == Q_EQUILIBRIA) {
    diag_at(el->cc, SEV_ERROR, "planner.holding", level->span, "`%s` stands for several equilibria: say which, as in `%s[1]`", elab_text(el, level->text), elab_text(el, level->text));
    *wrong = 1;
  } else *wrong = elab_asked_elsewhere(el, n, q->sweep, level->span);
  return *wrong ? 0 : level->text;
}

void elab_held(Elab *el, const Ast *c, Question *q) {
  if (!q->holding_at) q->holding_at = origin(el, c->span);
  for (uint32_t i = 0; i < c->nkid; i++) {
    const Ast *r = c->kid[i], *left = r->kind == AST_RELATION ? bare(r->kid[0]) : NULL;
    int wrong;
    if (!left) continue;
    Str from = solution(el, q, r->kid[1], &wrong);
    if (wrong) continue;
    if (left->kind == AST_INDEX && left->nkid == 2 && is_welfare(el, left->kid[0])) left = left->kid[1];
    if (left->kind == AST_NAME && is(el, left->text, "all") && class_named(el, left->text) < 0) {
      if (!from) {
        Diag *d = diag_at(el->cc, SEV_ERROR, "planner.holding", r->kid[1]->span, "`all` are held at what a solution gives to each of them, and this is not the name of a solution that stands before this one");
        diag_hint(el->cc, d, "write holding all >= ex, with ex an equilibrium solved before");
        continue;
      }
      q->equal_gain |= 1;
      VEC_PUSH(el->mem, q->holding, ((Holding){.agent = UINT32_MAX, .from = from, .written = r->kid[1], .at = origin(el, r->span)}));
      continue;
    }
    Who w;
    if (!who(el, left, "planner.holding", &w)) hold(el, &w, r, from, q);
  }
}

/* ---- together ---- */

static int kept(const Elab *el, const Question *q, const Agent *a, Elem type) {
  int in = !q->has_of;
  for (uint32_t i = 0; i < q->of.n; i++) in |= q->of.at[i] == type || q->of.at[i] == economy_at(el->eco, a->sym)->name;
  return in;
}

/* `all` are those who are in nobody's way: everybody else who is there. */
static void hold_all(Elab *el, Question *q, const Holding *h) {
  for (uint32_t i = 0; i < el->eco->agents.n; i++) {
    const Agent *a = &el->eco->agents.at[i];
    const Set *s = a->nidx == 1 ? economy_set(el->eco, a->set[0]) : NULL;
    Ast relation = {.kind = AST_RELATION, .span = origin_span(el->cc->diags, h->at), .kid = (Ast *[]){(Ast *)(uintptr_t)h->written, (Ast *)(uintptr_t)h->written}, .nkid = 2};
    if (!has_objective(a)) continue;
    Who w = {i, ELEM_NONE};
    if (!is_set(q, a->welfare_weight, &w) && !is_set(q, a->held, &w)) { hold(el, &w, &relation, h->from, q); continue; }
    for (uint32_t k = 0; s && k < set_size(s); k++) {
      w.type = set_elem(s, k);
      a = &el->eco->agents.at[i];
      if (kept(el, q, a, w.type) && !is_set(q, a->welfare_weight, &w) && !is_set(q, a->held, &w)) hold(el, &w, &relation, h->from, q);
    }
  }
}

static int nobody(Elab *el, const Question *q, Span at) {
  for (uint32_t i = 0; i < el->eco->agents.n; i++) {
    const Agent *a = &el->eco->agents.at[i];
    const Set *s = a->nidx == 1 ? economy_set(el->eco, a->set[0]) : NULL;
    for (uint32_t k = 0; has_objective(a) && k < (s ? set_size(s) : 1); k++) {
      Who w = {i, s ? set_elem(s, k) : ELEM_NONE};
      char buf[16];
      if (!kept(el, q, a, w.type) || is_set(q, a->welfare_weight, &w) || is_set(q, a->held, &w)) continue;
      Diag *d = diag_at(el->cc, SEV_ERROR, "planner.nobody", at, "the welfare of `%s` is neither maximised nor held: a planner would leave it nothing", s ? elem_text(el->eco, w.type, buf) : elab_text(el, economy_at(el->eco, a->sym)->name));
      diag_hint(el->cc, d, "hold it at a level, `holding %s >= ...`, or leave it out with `of {...}`", s ? elem_text(el->eco, w.type, buf) : elab_text(el, economy_at(el->eco, a->sym)->name));
      return 1;
    }
  }
  return 0;
}

int elab_planner_said(Elab *el, const Question *question, Span at) {
  Question *q = (Question *)(uintptr_t)question;
  Holding all = {.agent = 0};
  uint32_t n = 0, alls = 0;
  for (uint32_t i = 0; i < q->holding.n; i++) {
    if (q->holding.at[i].agent != UINT32_MAX) q->holding.at[n++] = q->holding.at[i];
    else { all = q->holding.at[i]; alls++; }
  }
  q->holding.n = n;
  if (alls > 1) {
    diag_add(el->cc, SEV_ERROR, "planner.holding", all.at, "`all` are held twice");
    return 1;
  }
  if (q->weights_at && !q->maximizes) {
    diag_add(el->cc, SEV_ERROR, "planner.holding", q->holding_at, "an optimum with weights holds nobody: `holding` belongs to `maximize`, or stands alone as `holding all >= NAME`");
    return 1;
  }
  q->equal_gain = alls && !q->maximizes;
  if (!q->maximizes && (!alls || n)) {
    Diag *d = diag_add(el->cc, SEV_ERROR, "planner.holding", q->holding_at, "this holds welfares at their levels, and nothing is maximised");
    diag_hint(el->cc, d, "add maximize TYPE; or write `holding all >= NAME` alone for the largest gain that is equal for everybody, in ex-ante wealth");
    return 1;
  }
  if (alls) hold_all(el, q, &all);
  if (alls && q->maximizes && q->holding.n == n) {
    Diag *d = diag_add(el->cc, SEV_ERROR, "planner.holding", all.at, "`all` holds those who are neither maximised nor held at a level of their own, and there is nobody left");
    diag_hint(el->cc, d, "maximise some of them, or write `holding all >= NAME` alone for the largest gain that is equal for everybody");
    return 1;
  }
  if (q->equal_gain) {
    const Named *from = elab_answer(el, all.from);
    const Question *base = from ? &el->model->questions.at[from->question] : NULL;
    q->weights_at = q->holding_at;
    if (base && (base->concept != Q_EQUILIBRIUM || base->calls & PASS_RIGHTS)) {
      diag_add(el->cc, SEV_ERROR, "planner.holding", all.at, "an equal gain is measured by what each type would do with more wealth at the prices of an equilibrium without rights, and `%s` is none", elab_text(el, all.from));
      return 1;
    }
    for (uint32_t i = 0; i < q->holding.n; i++) put(el, q, el->eco->agents.at[q->holding.at[i].agent].welfare_weight, q->holding.at[i].type, ex_num(el->mem, all.at, 0), at);
  }
  return nobody(el, q, at);
}

/* ---- names, and levels ---- */

static int is_unknown(void *ctx, const Expr *ref) {
  const Economy *e = ctx;
  return !ref->solution && economy_at(e, ref->sym)->kind != SYM_PARAM;
}

typedef struct { Elab *el; uint32_t before, sweep; Span at; int late, elsewhere; Str name; } Order;
static void see_solution(void *ctx, const Expr *x) {
  Order *o = ctx;
  if ((x->kind != E_REF && x->kind != E_NAMED) || !x->solution) return;
  const Named *n = elab_answer(o->el, x->solution);
  if (!o->elsewhere) o->elsewhere = elab_asked_elsewhere(o->el, n, o->sweep, o->at);
  if (!n || n->kind != NAMED_SOLUTION || n->question < o->before) return;
  o->late = 1;
  o->name = x->solution;
}

static void level(Elab *el, uint32_t question, uint32_t i) {
  Question *q = &el->model->questions.at[question];
  Holding *h = &q->holding.at[i];
  if (h->agent == UINT32_MAX) return;                   /* `all` of a question that was not read any further */
  const Agent *a = &el->eco->agents.at[h->agent];
  Query found;
  if (h->from || elab_solutions_in(el, h->written) || model_query(el->model, h->written, &found)) return;
  const QueryItem *x = found.items.n == 1 ? &found.items.at[0] : NULL;
  if (!x || x->free_idx.n > (h->type == ELEM_NONE ? a->nidx : 0)) {
    diag_at(el->cc, SEV_ERROR, "planner.level", h->written->span, "one number is wanted here: the welfare at which %s is held", h->type == ELEM_NONE ? "each type of the class" : "the type");
    return;
  }
  Order order = {.el = el, .before = question, .sweep = q->sweep, .at = h->written->span};
  ex_walk(x->e, see_solution, &order);
  if (order.elsewhere) return;
  if (order.late) diag_at(el->cc, SEV_ERROR, "planner.level", h->written->span, "`%s` is solved after this question, so it cannot give a level to it", elab_text(el, order.name));
  else if (ex_depends(x->e, is_unknown, el->eco)) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "planner.level", h->written->span, "a level is made of numbers, parameters and values of other solutions");
    diag_hint(el->cc, d, "a value of a solution is written with its name in front, as in ex.welfare[%s]", elab_text(el, economy_at(el->eco, a->sym)->name));
  } else h->level = *x;
}

static int is_free(Elab *el, const char *name, SymId owner) {
  for (const Named *n = scope_find(el->scope, NS_VALUE, elab_word(el, name)); n; n = n->next)
    if (n->owner == owner || !n->owner || !owner) return 0;
  return 1;
}

static void equal_gain(Elab *el, Span at) {
  Economy *e = el->eco;
  const char *name = is_free(el, "t", 0) ? "t" : "equal_gain";
  if (!is_free(el, name, 0)) return;
  e->gain = elab_value_symbol(el, elab_word(el, name), SYM_VAR, 0, NULL, 0, 0, at);
  e->gain_from = elab_value_symbol(el, elab_word(el, "gain_from"), SYM_PARAM, 0, NULL, 0, 0, at);
  if (!e->gain || !e->gain_from) return;
  economy_at(e, e->gain)->dropped = 1;
  economy_at(e, e->gain_from)->def = ex_num(el->mem, economy_at(e, e->gain)->at, 0);
  scope_add(el->scope, NS_VALUE, elab_word(el, name), NAMED_SYMBOL, e->gain, 0, at);
}

void elab_planner_names(Elab *el) {
  Model *m = el->model;
  const Question *gain = NULL, *any = NULL;
  for (uint32_t i = m->questions.n; i-- > 0;) {
    if (m->questions.at[i].concept == Q_OPTIMUM) any = &m->questions.at[i];
    if (m->questions.at[i].equal_gain) gain = &m->questions.at[i];
  }
  if (!any) return;
  Span at = origin_span(el->cc->diags, any->at);
  for (uint32_t i = 0; i < el->eco->agents.n; i++) {
    const Agent *a = &el->eco->agents.at[i];
    if (!has_objective(a) || !is_free(el, "weight", a->sym)) continue;
    SymId s = elab_value_symbol(el, elab_word(el, "weight"), SYM_LET, a->sym, NULL, 0, 0, at);
    if (!s) return;
    economy_at(el->eco, s)->dropped = 1;
    scope_add(el->scope, NS_VALUE, elab_word(el, "weight"), NAMED_SYMBOL, s, el->eco->agents.at[i].sym, at);
    el->eco->agents.at[i].weight = s;
  }
  if (gain) equal_gain(el, origin_span(el->cc->diags, gain->at));
  for (uint32_t i = 0; i < m->questions.n; i++)
    for (uint32_t k = 0; k < m->questions.at[i].holding.n; k++) level(el, i, k);
}
