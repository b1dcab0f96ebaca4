/* elab_ask.c: the questions: solve and its clauses, start values; report and expect are kept as written. */
#include "institution.h"
#include "pass.h"
#include <math.h>

static int is(const Elab *el, Str s, const char *word) { return !strcmp(elab_text(el, s), word); }

/* ---- concepts and clauses ---- */
typedef struct { const char *word, *id, *what; int plural; } Later;
static const Later concepts[] = {
  {"steady_state", "later.steady_state", "a steady state", 0},     {"perturbation", "later.perturbation", "a perturbation solution", 0},
  {"path", "later.path", "a path over time", 0},                   {"portfolio", "later.portfolio", "a portfolio solution", 0}};
static const Later clauses[] = {
  {"order", "later.order", "an order of approximation", 0},        {"from", "later.from", "a start from another solution (`from`)", 0},
  {"flag", "later.flag", "this word of a question", 0},            {"number", "later.number", "a length of a path", 0}};

static int refuse_concept(Elab *el, const Ast *name) {
  if (is(el, name->text, "equilibrium") || is(el, name->text, "equilibria") || is(el, name->text, "optimum")) return 0;
  for (size_t i = 0; i < sizeof concepts / sizeof *concepts; i++)
    if (is(el, name->text, concepts[i].word)) {
      elab_later(el, name->span, concepts[i].id, concepts[i].what, concepts[i].plural);
      return 1;
    }
  Diag *d = diag_at(el->cc, SEV_ERROR, "ask.concept", name->span, "`%s` is not something that can be solved for", elab_text(el, name->text));
  Str near[3] = {elab_word(el, "equilibrium"), elab_word(el, "equilibria"), elab_word(el, "optimum")}, meant = diag_nearest(el->cc->strs, elab_text(el, name->text), near, 3);
  if (meant) diag_hint(el->cc, d, "did you mean `%s`?", elab_text(el, meant));
  else diag_hint(el->cc, d, "this version solves for: equilibrium, equilibria, optimum");
  return 1;
}

static int refuse_clause(Elab *el, const Ast *c) {
  for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++)
    if (is(el, c->text, clauses[i].word)) {
      elab_later(el, c->span, clauses[i].id, clauses[i].what, clauses[i].plural);
      return 1;
    }
  return 0;
}

/* ---- without ---- */
/* An institution of the whole economy, left out of this question: all of its applications. */
static int without_institution(Elab *el, const Ast *name, Question *q) {
  int found = 0;
  for (uint32_t i = 0; i < el->applied.n; i++) {
    const Applied *a = &el->applied.at[i];
    if (!a->always || a->use->text != name->text || a->number != i + 1) continue;
    found = 1;
    if (a->goods) {
      Diag *d = diag_at(el->cc, SEV_ERROR, "institution.good", name->span, "`%s` has goods of its own, which are there in every question of the file", elab_text(el, name->text));
      diag_note(el->cc, d, a->at, "it is applied to the whole economy here");
      continue;
    }
    uint32_t n = 0;
    for (uint32_t k = 0; k < q->with.n; k++)
      if (q->with.at[k] != i + 1) q->with.at[n++] = q->with.at[k];
    q->with.n = n;
  }
  return found;
}

static void without(Elab *el, const Ast *c, Question *q) {
  for (uint32_t i = 0; i < c->nkid; i++) {
    const Ast *name = c->kid[i];
    int found = 0;
    if (name->kind != AST_NAME) continue;
    for (const Named *n = scope_find(el->scope, NS_STRUCTURE, name->text); n; n = n->next) {
      if (n->kind == NAMED_REFUSED) found = 1;
      if (n->kind != NAMED_SYMBOL || !n->sym) continue;
      SymKind k = economy_at(el->eco, n->sym)->kind;
      if (k != SYM_CONSTRAINT && k != SYM_MARKET && k != SYM_EQUATION) continue;
      VEC_PUSH(el->mem, q->without, n->sym);
      found = 1;
    }
    found |= without_institution(el, name, q);
    char buf[160];                                      /* both halves of a chained relation go */
    snprintf(buf, sizeof buf, "%s_upper", elab_text(el, name->text));
    for (const Named *n = scope_find(el->scope, NS_STRUCTURE, elab_word(el, buf)); n && found; n = n->next)
      if (n->kind == NAMED_SYMBOL && economy_at(el->eco, n->sym)->kind == SYM_CONSTRAINT) VEC_PUSH(el->mem, q->without, n->sym);
    if (!found) elab_unknown(el, NULL, name, name->text, 1u << NS_STRUCTURE, "a constraint, a market or an equation");
  }
}

/* ---- of: types by their element, classes by their name (all of their types) ---- */
static int is_type(const Elab *el, Elem x) {
  for (uint32_t i = 0; i < el->eco->agents.n; i++) {
    const Agent *a = &el->eco->agents.at[i];
    for (uint32_t k = 0; k < a->nidx; k++)
      if (set_pos(economy_set(el->eco, a->set[k]), x) != UINT32_MAX) return 1;
  }
  return 0;
}

static void of_types(Elab *el, const Ast *c, Question *q) {
  const Ast *brace = c->nkid ? c->kid[0] : NULL;
  q->has_of = 1;
  if (!brace || !brace->nkid) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "ask.nobody", c->span, "this leaves nobody in the economy");
    diag_hint(el->cc, d, "name the types that stay: of {ann, bob}");
  }
  for (uint32_t i = 0; brace && i < brace->nkid; i++) {
    Elem x;
    if (elab_element(el, brace->kid[i], &x)) continue;
    const Named *class = elem_is_number(x) ? NULL : scope_find(el->scope, NS_STRUCTURE, x);
    int is_class = class && class->sym && economy_agent(el->eco, class->sym) != NULL;
    if (!is_class && !is_type(el, x)) {
      if (el->incomplete) continue;
      if (elem_is_number(x)) diag_at(el->cc, SEV_ERROR, "names.element", brace->kid[i]->span, "no class of agents has this type");
      else elab_unknown(el, NULL, brace->kid[i], x, 1u << NS_ELEMENT | 1u << NS_STRUCTURE, "a type of any class");
      continue;
    }
    VEC_PUSH(el->mem, q->of, x);
  }
}

/* ---- where, fix, start ---- */
/* The left of an assignment as a reference; indices left out stand for all their values, in *free. */
const Expr *elab_target(Elab *el, const Ast *a, FreeIdx *free) {
  Cx cx = elab_file_cx(el);
  *free = (FreeIdx){.n = 0};
  cx.free = free;
  const Expr *e = elab_expr(&cx, a);
  if (!e || e->kind == E_REF) return e;
  diag_at(el->cc, SEV_ERROR, "ask.target", a->span, "the name of a value is wanted on the left");
  return NULL;
}

static int is_unknown(void *ctx, const Expr *ref) { return economy_at((const Economy *)ctx, ref->sym)->kind != SYM_PARAM; }

const Expr *elab_over_parameters(Elab *el, const Ast *a) {
  Cx cx = elab_file_cx(el);
  if (a->kind == AST_BRACE) {
    diag_at(el->cc, SEV_ERROR, "ask.value", a->span, "one number is wanted here");
    return NULL;
  }
  const Expr *e = elab_number(&cx, a);
  if (!e || !ex_depends(e, is_unknown, el->eco)) return e;
  diag_at(el->cc, SEV_ERROR, "ask.value", a->span, "this value is made of parameters, and something to be found stands in it");
  return NULL;
}

int elab_entry(Elab *el, const Expr *l, const Ast *a, const char *id, const char *hint, Elem **out, uint32_t *nix) {
  const Sym *s = economy_at(el->eco, l->sym);
  const char *name = elab_text(el, s->name);
  if (s->kind != SYM_PARAM || s->builtin) {
    Diag *d = diag_at(el->cc, SEV_ERROR, id, a->span, "`%s` is not a parameter", name);
    if (hint) diag_hint(el->cc, d, "%s", hint);
    return 1;
  }
  if (elab_is_size(el, l->sym)) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "ask.size", a->span, "`%s` sizes a set, and the sets are the same for all questions of a file", name);
    diag_hint(el->cc, d, "change it for the whole run with -D %s=...", name);
    return 1;
  }
  Elem *ix = ARENA_ARRAY(el->mem, Elem, l->nix ? l->nix : 1);
  uint32_t n = 0;
  if (!ix) return 1;
  for (uint32_t i = 0; i < l->nix; i++) {
    ix[i] = l->ix[i].v;
    n += l->ix[i].kind == IX_ELEM;
  }
  if (n && n != l->nix) {
    diag_at(el->cc, SEV_ERROR, id, a->span, "either one entry is set, with all its indices, or the whole of `%s`", name);
    return 1;
  }
  *out = ix;
  *nix = n;
  return 0;
}

static int twice(Elab *el, Span at, Origin other, SymId sym, const char *clause) {
  Diag *d = diag_at(el->cc, SEV_ERROR, "ask.twice", at, "`%s` is given a value by %s twice", elab_text(el, economy_at(el->eco, sym)->name), clause);
  diag_note(el->cc, d, other, "the other value is here");
  return 1;
}

static int set_before(Elab *el, Span at, const Question *q, SymId sym, const Elem *ix, uint32_t nix) {
  for (uint32_t i = 0; i < q->where.n; i++) {
    const Override *o = &q->where.at[i];
    if (o->sym == sym && o->nix == nix && !memcmp(o->ix, ix, nix * sizeof *ix)) return twice(el, at, o->at, sym, "`where`");
  }
  for (uint32_t i = 0; i < q->where_expr.n; i++) {
    const WhereExpr *o = &q->where_expr.at[i];
    if (o->sym == sym && o->nix == nix && !memcmp(o->ix, ix, nix * sizeof *ix)) return twice(el, at, o->at, sym, "`where`");
  }
  return 0;
}

static void where_one(Elab *el, const Ast *a, Question *q) {
  FreeIdx free;
  const Expr *l = a->kind == AST_ASSIGN ? elab_target(el, a->kid[0], &free) : NULL, *r = l ? elab_over_parameters(el, a->kid[1]) : NULL;
  Elem *ix;
  uint32_t n;
  if (!l || !r || elab_entry(el, l, a->kid[0], "ask.where", "an unknown is set with `fix`", &ix, &n)) return;
  if (set_before(el, a->span, q, l->sym, ix, n)) return;
  Origin at = origin_new(el->cc->diags, a->span, BY_SOURCE, 0);
  if (r->kind == E_NUM) {
    VEC_PUSH(el->mem, q->where, (Override){.sym = l->sym, .ix = ix, .nix = n, .value = r->num, .at = at});
    return;
  }
  VEC_PUSH(el->mem, q->where_expr, (WhereExpr){.sym = l->sym, .ix = ix, .nix = n, .to = r, .at = at});
}

static int setting(Elab *el, const Ast *a, Setting *out, const char *what) {
  FreeIdx free;
  const Expr *l = a->kind == AST_ASSIGN ? elab_target(el, a->kid[0], &free) : NULL, *r = l ? elab_over_parameters(el, a->kid[1]) : NULL;
  if (!l || !r) return 1;
  SymKind k = economy_at(el->eco, l->sym)->kind;
  if (k == SYM_PARAM && !strcmp(what, "`start`") && elab_is_open(el, l->sym)) {          /* of a parameter to be calibrated */
    VEC_PUSH(el->mem, el->model->param_starts, (Setting){.sym = l->sym, .ix = l->ix, .nix = l->nix, .to = r, .at = origin_new(el->cc->diags, a->span, BY_SOURCE, 0)});
    return 1;
  }
  if (k != SYM_CHOICE && k != SYM_PRICE && k != SYM_VAR && k != SYM_MULT) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "ask.unknown", a->kid[0]->span, "`%s` is not something to be found, so %s does not apply", elab_text(el, economy_at(el->eco, l->sym)->name), what);
    if (k == SYM_PARAM) diag_hint(el->cc, d, "a parameter is set with `where`");
    return 1;
  }
  *out = (Setting){.sym = l->sym, .ix = l->ix, .nix = l->nix, .to = r, .at = origin_new(el->cc->diags, a->span, BY_SOURCE, 0)};
  return 0;
}

static void calls(Elab *el, uint32_t application, Span at, Question *q) {
  const unsigned more = el->applied.at[application].calls;
  if (more & PASS_RIGHTS) q->rights_at = origin_new(el->cc->diags, at, BY_SOURCE, 0);
  q->calls |= more;
}

/* What the whole economy applies calls its passes for agents who trade: a planner without instruments has no use for them. */
static void calls_always(Elab *el, Question *q) {
  if (q->concept == Q_OPTIMUM) return;
  for (uint32_t k = 0; k < q->with.n; k++)
    if (el->applied.at[q->with.at[k] - 1].always) calls(el, q->with.at[k] - 1, el->applied.at[q->with.at[k] - 1].use->span, q);
}

/* The same unknown with the same indices; indices left out are the same whatever they are called. */
static int set_already(Elab *el, Span at, const Setting *old, uint32_t n, const Setting *s, const char *what) {
  for (uint32_t i = 0; i < n; i++) {
    uint32_t same = 0;
    if (old[i].sym != s->sym || old[i].nix != s->nix) continue;
    while (same < s->nix && old[i].ix[same].kind == s->ix[same].kind && (s->ix[same].kind != IX_ELEM || old[i].ix[same].v == s->ix[same].v)) same++;
    if (same == s->nix) return twice(el, at, old[i].at, s->sym, what);
  }
  return 0;
}

/* Applications of the whole economy first, then the question's own in its order. */
static void with(Elab *el, const Ast *c, Question *q) {
  for (uint32_t i = 0; i < c->nkid; i++) {
    uint32_t at = institution_applied(el, c->kid[i]);
    if (at == UINT32_MAX) continue;
    VEC_PUSH(el->mem, q->with, at + 1);
    calls(el, at, c->span, q);
  }
}

static void clause(Elab *el, const Ast *c, Question *q) {
  Setting s;
  if (c->kind != AST_CLAUSE) return;
  if (is(el, c->text, "with")) with(el, c, q);
  else if (is(el, c->text, "weights") || is(el, c->text, "implied")) elab_weights(el, c, q);
  else if (is(el, c->text, "maximize")) elab_maximized(el, c, q);
  else if (is(el, c->text, "holding")) elab_held(el, c, q);
  else if (is(el, c->text, "choosing")) elab_choosing(el, c, q);
  else if (is(el, c->text, "without")) without(el, c, q);
  else if (is(el, c->text, "of")) of_types(el, c, q);
  for (uint32_t i = 0; i < c->nkid; i++) {
    if (is(el, c->text, "where")) where_one(el, c->kid[i], q);
    else if (is(el, c->text, "fix")) {
      if (!setting(el, c->kid[i], &s, "`fix`") && !set_already(el, c->kid[i]->span, q->fix.at, q->fix.n, &s, "`fix`")) VEC_PUSH(el->mem, q->fix, s);
    } else if (is(el, c->text, "start")) {
      if (!setting(el, c->kid[i], &s, "`start`") && !set_already(el, c->kid[i]->span, q->start.at, q->start.n, &s, "`start`")) VEC_PUSH(el->mem, q->start, s);
    } else if (is(el, c->text, "numeraire")) {
      Normalisation n;
      elab_normalise(el, c->kid[i], &n);
      if (n.lhs) VEC_PUSH(el->mem, q->numeraire, n);
    }
  }
}

/* `equilibria 200`: how many starts without a new one end the search. */
static int starts(Elab *el, const Ast *c, Question *q) {
  const Ast *n = c->nkid ? c->kid[0] : NULL;
  if (!is(el, c->text, "number") || q->concept != Q_EQUILIBRIA) return 0;
  if (n && n->num >= 1 && n->num <= 1e6 && n->num == floor(n->num)) q->starts = (uint32_t)n->num;
  else diag_at(el->cc, SEV_ERROR, "ask.starts", c->span, "a number of starts is a whole number from 1 to 1000000");
  return 1;
}

/* What a question for all equilibria has to say about its answer, made once for the file. */
static void facts(Elab *el, Origin at) {
  Model *m = el->model;
  if (m->count) return;
  m->count = economy_sym(el->eco, elab_word(el, "count"), SYM_FACT, at);
  m->index = economy_sym(el->eco, elab_word(el, "index"), SYM_FACT, at);
  for (int i = 0; i < 2 && m->count && m->index; i++) economy_at(el->eco, i ? m->index : m->count)->node_dim = -1;
}

void elab_solve(Elab *el, const Ast *a) {
  Model *m = el->model;
  Span at = a->span;
  int refused = 0;
  for (const Named *old = scope_find(el->scope, NS_STRUCTURE, a->text); old; old = old->next)
    if (old->kind >= NAMED_SOLUTION && !old->owner) {
      Diag *d = diag_at(el->cc, SEV_ERROR, "names.duplicate", at, "two questions are called `%s`", elab_text(el, a->text));
      diag_note(el->cc, d, origin_new(el->cc->diags, old->at, BY_SOURCE, 0), "the other one is here");
      return;
    }
  if (a->nkid < 1 || a->kid[0]->kind != AST_NAME) return;
  const unsigned before = diag_errors(el->cc->diags);
  refused = refuse_concept(el, a->kid[0]);
  Question q = {.name = a->text, .concept = Q_EQUILIBRIUM, .sweep = el->sweep, .at = origin_new(el->cc->diags, at, BY_SOURCE, 0)};
  if (is(el, a->kid[0]->text, "equilibria")) {
    q.concept = Q_EQUILIBRIA;
    facts(el, q.at);
  }
  if (is(el, a->kid[0]->text, "optimum")) q.concept = Q_OPTIMUM;
  for (uint32_t i = 0; i < el->applied.n; i++)
    if (el->applied.at[i].always && el->applied.at[i].number == i + 1) VEC_PUSH(el->mem, q.with, i + 1);
  for (uint32_t i = 1; i < a->nkid && !refused; i++) {
    if (starts(el, a->kid[i], &q)) continue;
    if (refuse_clause(el, a->kid[i])) refused = 1;
    else clause(el, a->kid[i], &q);
  }
  if (!refused && diag_errors(el->cc->diags) == before && (elab_chosen(el, &q) || (calls_always(el, &q), 0) || elab_weights_said(el, &q, at))) refused = 1;
  Named *n = scope_add(el->scope, NS_STRUCTURE, a->text, refused ? NAMED_REFUSED : NAMED_SOLUTION, 0, 0, at);
  if (!n || refused) return;
  n->question = m->questions.n;
  VEC_PUSH(el->mem, m->questions, q);
  VEC_PUSH(el->mem, m->asks, (Ask){.kind = ASK_SOLVE, .at = q.at, .question = n->question, .sweep = el->sweep});
}

/* Start values of the file serve every question. */
void elab_starts(Elab *el, const Ast *file) {
  for (uint32_t i = 0; i < file->nkid; i++) {
    const Ast *st = file->kid[i];
    if (st->kind != AST_START) continue;
    if (st->flag & 1) {
      elab_later(el, st->span, "later.initial", "a statement of initial values", 0);
      continue;
    }
    for (uint32_t k = 0; k < st->nkid; k++) {
      Setting s;
      if (setting(el, st->kid[k], &s, "`start`")) continue;
      for (uint32_t q = 0; q < el->model->questions.n; q++) VEC_PUSH(el->mem, el->model->questions.at[q].start, s);
    }
  }
}

/* ---- report and expect ---- */
Named *elab_answer(const Elab *el, Str name) {
  const char *text = elab_text(el, name), *open = strchr(text, '[');
  Named *n = scope_find(el->scope, NS_STRUCTURE, open ? str_intern(el->cc->strs, text, (size_t)(open - text)) : name);
  while (n && !((n->kind == NAMED_SOLUTION || n->kind == NAMED_REFUSED) && !n->owner && !n->sym)) n = n->next;
  return n;
}

int elab_solutions_in(Elab *el, const Ast *a) {
  int worst = 0;
  const Ast *base = a->kind == AST_DOT ? a->kid[0] : NULL;
  if (base && base->kind == AST_INDEX) base = base->kid[0];
  if (base && base->kind == AST_NAME) {
    const Named *n = elab_answer(el, base->text);
    if (n) return n->kind == NAMED_REFUSED;
    elab_unknown(el, NULL, base, base->text, 1u << NS_STRUCTURE, "a solution");
    return 2;
  }
  for (uint32_t i = 0; i < a->nkid; i++) {
    int r = a->kid[i] ? elab_solutions_in(el, a->kid[i]) : 0;
    worst = r > worst ? r : worst;
  }
  return worst;
}

Str elab_written(Elab *el, const Ast *a) {
  const Source *src = source_get(el->cc->sources, a->span.file);
  Text t = {0};
  for (uint32_t i = a->span.begin; src && i < a->span.end; i++) {
    char c = src->text[i];
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') text_add(&t, &c, 1);
    else if (t.n && t.at[t.n - 1] != ' ') text_put(&t, " ");
  }
  Str s = str_intern(el->cc->strs, t.at ? t.at : "", t.n);
  text_free(&t);
  return s;
}

int elab_shown(Elab *el, const Ast *exprs, const Ast *names, Ask *ask) {
  int refused = 0;
  for (uint32_t i = 0; names && i < names->nkid; i++) {
    const Named *n = elab_answer(el, names->kid[i]->text);
    if (!n) elab_unknown(el, NULL, names->kid[i], names->kid[i]->text, 1u << NS_STRUCTURE, "a solution");
    else if (n->kind == NAMED_SOLUTION) VEC_PUSH(el->mem, ask->of, names->kid[i]->text);
    else refused = 1;
  }
  for (uint32_t i = 0; i < exprs->nkid; i++) {
    const Ast *e = exprs->kid[i];
    Query q;
    int in = elab_solutions_in(el, e);
    if (in || refused || el->incomplete) continue;      /* names that what is refused would have made */
    if (model_query(el->model, e, &q)) continue;
    VEC_PUSH(el->mem, ask->shown, (Shown){.ast = e, .at = origin_new(el->cc->diags, e->span, BY_SOURCE, 0), .label = elab_written(el, e)});
  }
  return ask->shown.n < exprs->nkid;
}

static int is_of(const Ask *ask, Str question) {
  for (uint32_t i = 0; ask && i < ask->of.n; i++)
    if (ask->of.at[i] == question) return 1;
  return 0;
}

/* What an institution reports, of the questions that apply it. Its other applications report the same of theirs; where one question applies
 * several, the others' names are other ones, and stand apart. */
static void report_of_institution(Elab *el, const Ast *a, Ask *ask) {
  Model *m = el->model;
  Ask *same = NULL;
  for (uint32_t i = 0; i < m->asks.n && !same; i++) {
    const Span s = origin_span(el->cc->diags, m->asks.at[i].at);
    if (m->asks.at[i].of_institution && s.file == a->span.file && s.begin == a->span.begin) same = &m->asks.at[i];
  }
  ask->of_institution = 1;
  for (uint32_t i = 0; i < m->questions.n; i++) {
    const Question *q = &m->questions.at[i];
    for (uint32_t k = 0; k < q->with.n && !q->sweep; k++)
      if (q->with.at[k] == a->copy) VEC_PUSH(el->mem, (same && !is_of(same, q->name) ? same : ask)->of, q->name);
  }
  if (ask->of.n) VEC_PUSH(el->mem, m->asks, *ask);
}

static void report(Elab *el, const Ast *a) {
  Ask ask = {.kind = ASK_REPORT, .at = origin_new(el->cc->diags, a->span, BY_SOURCE, 0), .sweep = el->sweep};
  if (a->copy && !(a->nkid > 1 && a->kid[1])) {
    if (!elab_shown(el, a->kid[0], NULL, &ask) && ask.shown.n) report_of_institution(el, a, &ask);
    return;
  }
  elab_shown(el, a->kid[0], a->nkid > 1 ? a->kid[1] : NULL, &ask);
  if (ask.shown.n) VEC_PUSH(el->mem, el->model->asks, ask);
}

static void expect(Elab *el, const Ast *a) {
  const Named *n = a->text ? elab_answer(el, a->text) : NULL;
  int refused = n && n->kind == NAMED_REFUSED, wrong = 0;
  if (a->text && !n) {
    Ast name = {.kind = AST_NAME, .span = {a->span.file, a->span.begin, a->span.end}, .text = a->text};
    elab_unknown(el, NULL, &name, a->text, 1u << NS_STRUCTURE, "a solution");
    return;
  }
  for (uint32_t i = 1; i < a->nkid; i++) {
    int in = elab_solutions_in(el, a->kid[i]);
    refused |= in == 1;
    wrong |= in == 2;
    QueryRelation q;
    if (!in && !refused && !el->incomplete && a->kid[i]->kind == AST_RELATION) wrong |= model_relation(el->model, a->kid[i], &q);
  }
  if (!refused && !wrong) VEC_PUSH(el->mem, el->model->asks, (Ask){.kind = ASK_EXPECT, .at = origin_new(el->cc->diags, a->span, BY_SOURCE, 0), .expect = a, .sweep = el->sweep});
}

void elab_show(Elab *el, const Ast *a) {
  if (a->kind == AST_REPORT) report(el, a);
  else if (a->kind == AST_PLOT) elab_plot(el, a);
  else expect(el, a);
}
