/* elab_calibrate.c: `calibrate NAMES so that TARGETS;`. Names are parameters without a value; targets are equalities about one solution.
 * Statements about the same solution form one calibration, with as many targets as parameter entries. */
#include "elab.h"

int elab_is_open(const Elab *el, SymId s) {
  const Sym *sym = economy_at(el->eco, s);
  if (sym->kind != SYM_PARAM || sym->builtin || sym->def) return 0;
  const Data *d = sym->data ? &el->eco->data.at[sym->data] : NULL;
  for (size_t i = 0; d && i < d->n; i++)
    if (d->has[i]) return 0;
  return 1;
}

int model_is_calibrated(const Model *m, SymId s) {
  for (uint32_t i = 0; i < m->calibrations.n; i++)
    for (uint32_t k = 0; k < m->calibrations.at[i].params.n; k++)
      if (m->calibrations.at[i].params.at[k] == s) return 1;
  return 0;
}

/* ---- what a target is about ---- */
typedef struct { const Economy *e; Str first, second; int bare, statistic; } About;
static void about(void *ctx, const Expr *x) {
  About *a = ctx;
  a->statistic |= x->kind == E_STAT;
  if (x->kind != E_REF || economy_at(a->e, x->sym)->kind == SYM_PARAM) return;
  if (!x->solution) a->bare = 1;
  else if (!a->first) a->first = x->solution;
  else if (x->solution != a->first) a->second = x->solution;
}

static Str label_of(Elab *el, const Ast *a) {
  const Source *src = source_get(el->cc->sources, a->span.file);
  return src ? str_intern(el->cc->strs, src->text + a->span.begin, a->span.end - a->span.begin) : 0;
}

/* The solution that a target names; 0 after a diagnostic. */
static Str target(Elab *el, const Ast *a, About *seen, Target *out) {
  *out = (Target){.label = label_of(el, a), .at = origin_new(el->cc->diags, a->span, BY_SOURCE, 0)};
  if (a->kind != AST_RELATION || model_relation(el->model, a, &out->rel)) return 0;
  if (out->rel.n != 2 || out->rel.rel[0] != '=' || out->rel.side[0].items.n != 1 || out->rel.side[1].items.n != 1) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "calibrate.target", a->span, "a target is one equality, such as ex.n = 0.3");
    diag_hint(el->cc, d, "where several classes own a quantity, name the class: ex.c[household]");
    return 0;
  }
  About here = {.e = el->eco, .first = seen->first};
  for (int i = 0; i < 2; i++) ex_walk(out->rel.side[i].items.at[0].e, about, &here);
  if (here.statistic) {
    diag_at(el->cc, SEV_ERROR, "calibrate.target", a->span, "a target is made of the model's own quantities: a statistic of solutions is no equation of the model");
    return 0;
  }
  if (here.bare && el->model->questions.n == 1) here.first = el->model->questions.at[0].name;
  else if (here.bare || !here.first) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "calibrate.solution", a->span, here.bare ? "this target does not say which solution it is about" : "this target is about parameters alone: nothing that is solved for stands in it");
    if (el->model->questions.n) diag_hint(el->cc, d, "write `%s.` in front of a quantity", elab_text(el, el->model->questions.at[0].name));
    return 0;
  }
  if (here.second) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "calibrate.solution", a->span, "the targets of one calibration are about one solution, and these are about `%s` and `%s`", elab_text(el, here.first), elab_text(el, here.second));
    diag_hint(el->cc, d, "write one `calibrate` for each solution, the second with the parameters that the first has found");
    return 0;
  }
  seen->first = here.first;
  return here.first;
}

/* ---- the parameters ---- */
static void parameter(Elab *el, const Ast *name, Calibration *to) {
  const Named *n = scope_owned(el->scope, NS_VALUE, name->text, 0);
  if (!n) {
    elab_unknown(el, NULL, name, name->text, 1u << NS_VALUE, "a parameter");
    return;
  }
  if (n->kind == NAMED_REFUSED) return;
  if (n->kind != NAMED_SYMBOL || economy_at(el->eco, n->sym)->kind != SYM_PARAM) {
    diag_at(el->cc, SEV_ERROR, "calibrate.given", name->span, "`%s` is not a parameter", elab_text(el, name->text));
    return;
  }
  if (!elab_is_open(el, n->sym) || economy_at(el->eco, n->sym)->exists) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "calibrate.given", name->span, "`%s` has a value already", elab_text(el, name->text));
    diag_hint(el->cc, d, "a parameter to be calibrated is declared without one: `param %s;`, and started with `start %s = ...;`", elab_text(el, name->text), elab_text(el, name->text));
    return;
  }
  if (model_is_calibrated(el->model, n->sym)) {
    diag_at(el->cc, SEV_ERROR, "calibrate.given", name->span, "`%s` is calibrated twice", elab_text(el, name->text));
    return;
  }
  VEC_PUSH(el->mem, to->params, n->sym);
}

static uint32_t question_named(const Model *m, Str name) {
  uint32_t i = 0;
  while (i < m->questions.n && m->questions.at[i].name != name) i++;
  return i;
}

static Calibration *calibration_of(Elab *el, uint32_t question, Span at) {
  Model *m = el->model;
  for (uint32_t i = 0; i < m->calibrations.n; i++)
    if (m->calibrations.at[i].question == question) return &m->calibrations.at[i];
  VEC_PUSH(el->mem, m->calibrations, (Calibration){.question = question, .at = origin_new(el->cc->diags, at, BY_SOURCE, 0)});
  return arena_failed(el->mem) ? NULL : &m->calibrations.at[m->calibrations.n - 1];
}

static void statement(Elab *el, const Ast *a) {
  About seen = {.e = el->eco};
  VEC(Target) targets = {0};
  int wrong = 0;
  for (uint32_t i = 1; i < a->nkid; i++) {
    Target t;
    if (target(el, a->kid[i], &seen, &t)) VEC_PUSH(el->mem, targets, t);
    else wrong = 1;
  }
  uint32_t q = question_named(el->model, seen.first);
  if (wrong || q == el->model->questions.n) return;
  if (el->model->questions.at[q].concept != Q_EQUILIBRIUM) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "calibrate.solution", a->span, "`%s` is not one equilibrium, and a calibration is to one", elab_text(el, seen.first));
    diag_hint(el->cc, d, "calibrate to a question `solve NAME = equilibrium;`");
    return;
  }
  Calibration *c = calibration_of(el, q, a->span);
  for (uint32_t i = 0; c && i < a->kid[0]->nkid; i++) parameter(el, a->kid[0]->kid[i], c);
  for (uint32_t i = 0; c && i < targets.n; i++) VEC_PUSH(el->mem, c->targets, targets.at[i]);
}

/* ---- counting ---- */
/* How many conditions a target is: one for each value of the indices left out of it. */
static size_t target_volume(const Economy *e, const Target *t) {
  size_t most = 1;
  for (int i = 0; i < 2; i++) {
    const QueryItem *x = &t->rel.side[i].items.at[0];
    size_t n = 1;
    for (uint32_t k = 0; k < x->free_idx.n; k++) n *= set_size(economy_set(e, e->idxs.at[x->free_idx.at[k]].set));
    if (n > most) most = n;
  }
  return most;
}

static void count(Elab *el, const Calibration *c) {
  size_t unknowns = 0, targets = 0;
  Text names = {0}, wanted = {0};
  for (uint32_t i = 0; i < c->params.n; i++) {
    unknowns += economy_volume(el->eco, c->params.at[i]);
    text_printf(&names, "%s%s", i ? ", " : "", elab_text(el, economy_at(el->eco, c->params.at[i])->name));
  }
  for (uint32_t i = 0; i < c->targets.n; i++) {
    targets += target_volume(el->eco, &c->targets.at[i]);
    text_printf(&wanted, "%s%s", i ? "; " : "", elab_text(el, c->targets.at[i].label));
  }
  if (unknowns != targets) {
    Diag *d = diag_add(el->cc, SEV_ERROR, "calibrate.count", c->at, "%zu parameter%s (%s) and %zu target%s (%s)", unknowns, unknowns == 1 ? "" : "s", names.at ? names.at : "none", targets,
                       targets == 1 ? "" : "s", wanted.at ? wanted.at : "none");
    diag_hint(el->cc, d, "each target finds one parameter; %s", unknowns > targets ? "a parameter without a target gets a value where it is declared" : "declare one more parameter without a value, or expect what need not be met");
  }
  text_free(&names);
  text_free(&wanted);
}

void elab_calibrations(Elab *el, const Ast *file) {
  unsigned before = diag_errors(el->cc->diags);
  Model *m = el->model;
  for (uint32_t i = 0; i < file->nkid; i++)
    if (file->kid[i]->kind == AST_CALIBRATE) statement(el, file->kid[i]);
  if (diag_errors(el->cc->diags) > before) return;
  for (uint32_t i = 0; i < m->calibrations.n; i++) count(el, &m->calibrations.at[i]);
  for (uint32_t i = 0; i < m->param_starts.n; i++) {
    const Setting *s = &m->param_starts.at[i];
    if (model_is_calibrated(m, s->sym)) continue;
    Diag *d = diag_add(el->cc, SEV_ERROR, "ask.unknown", s->at, "`%s` is not something to be found, so `start` does not apply", elab_text(el, economy_at(el->eco, s->sym)->name));
    diag_hint(el->cc, d, "a parameter is given where it is declared, with -D, or found: `calibrate %s so that ...;`", elab_text(el, economy_at(el->eco, s->sym)->name));
  }
  for (uint32_t i = 0; i < m->calibrations.n; i++) {
    const Question *q = &m->questions.at[m->calibrations.at[i].question];
    for (uint32_t k = 0; k < q->where.n + q->where_expr.n; k++) {
      SymId s = k < q->where.n ? q->where.at[k].sym : q->where_expr.at[k - q->where.n].sym;
      for (uint32_t j = 0; j < m->calibrations.at[i].params.n; j++)
        if (m->calibrations.at[i].params.at[j] == s)
          diag_add(el->cc, SEV_ERROR, "calibrate.given", k < q->where.n ? q->where.at[k].at : q->where_expr.at[k - q->where.n].at, "`%s` is calibrated to this question, which cannot set it as well", elab_text(el, economy_at(el->eco, s)->name));
    }
  }
}
