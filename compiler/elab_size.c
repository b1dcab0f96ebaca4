/* elab_size.c: parameters that size sets. `param N = 1000; set H = 1..N;` needs the number N before there are sets, so before all other
 * values: the ends of ranges are elaborated first, over parameters without indices, and evaluated with the values that -D gives them.
 * A set keeps its size for all questions of a file: -D on such a parameter elaborates the file anew, and no question moves it. */
#include "elab.h"
#include "values.h"
#include <math.h>

/* ---- which parameters ---- */

static const Ast *definition_of(const Ast *file, Str name) {
  for (uint32_t i = 0; i < file->nkid; i++) {
    const Ast *s = file->kid[i];
    if (s->kind == AST_DATA && s->text == name) return s;
    for (uint32_t j = 0; s->kind == AST_PARAM && j < s->nkid; j++)
      if (s->kid[j]->kind == AST_PDEF && s->kid[j]->text == name) return s->kid[j];
  }
  return NULL;
}

SizeWork *elab_size_of(Elab *el, const Ast *definition) {
  for (uint32_t i = 0; i < el->sizes.n; i++)
    if (el->sizes.at[i].ast == definition) return &el->sizes.at[i];
  return NULL;
}

int elab_is_size(const Elab *el, SymId s) {
  for (uint32_t i = 0; i < el->sizes.n; i++)
    if (el->sizes.at[i].sym == s) return 1;
  return 0;
}

/* Notes every parameter that the expression mentions, and those in turn that its value mentions. */
static void mentioned(Elab *el, const Ast *file, const Ast *a) {
  if (a->kind == AST_NAME) {
    const Ast *d = definition_of(file, a->text);
    if (!d || elab_size_of(el, d)) return;
    if (d->kind == AST_DATA || d->kid[0] || d->kid[1]) {
      Diag *g = diag_at(el->cc, SEV_ERROR, "sets.range", a->span, "the ends of a range are made of numbers and of parameters without indices, and `%s` has indices", elab_text(el, a->text));
      diag_note(el->cc, g, origin_new(el->cc->diags, d->span, BY_SOURCE, 0), "it is declared here");
      VEC_PUSH(el->mem, el->sizes, (SizeWork){.ast = d, .used = a->span, .state = SIZE_WRONG});
      return;
    }
    VEC_PUSH(el->mem, el->sizes, (SizeWork){.ast = d, .used = a->span});
    if (d->kid[2]) mentioned(el, file, d->kid[2]);
    return;
  }
  for (uint32_t i = 0; i < a->nkid; i++)
    if (a->kid[i]) mentioned(el, file, a->kid[i]);
}

void elab_size_names(Elab *el, const Ast *file) {
  for (uint32_t i = 0; i < file->nkid; i++) {
    const Ast *s = file->kid[i];
    for (uint32_t j = 0; s->kind == AST_SET && j < s->nkid; j++) {
      const Ast *v = s->kid[j]->nkid ? s->kid[j]->kid[0] : NULL;
      if (v && v->kind == AST_RANGE) mentioned(el, file, v);
      for (uint32_t k = 0; v && v->kind == AST_BRACE && k < v->nkid; k++)
        if (v->kid[k]->kind == AST_RANGE) mentioned(el, file, v->kid[k]);
    }
  }
  for (uint32_t i = 0; i < file->nkid; i++)
    for (uint32_t j = 0; file->kid[i]->kind == AST_PARAM && j < file->kid[i]->nkid; j++) {
      SizeWork *w = elab_size_of(el, file->kid[i]->kid[j]);
      if (w && w->state != SIZE_WRONG) w->sym = elab_param_name(el, w->ast);
    }
}

/* ---- their values ---- */

static double *values_of(Elab *el) {
  double *x = ARENA_ARRAY(el->mem, double, el->sizes.n + 1);
  for (uint32_t i = 0; x && i < el->sizes.n; i++) x[i] = el->sizes.at[i].value;
  return x;
}

/* Evaluates over the size parameters known so far. */
static double evaluate(Elab *el, const Expr *e) {
  Values v = {.economy = el->eco, .of = ARENA_ARRAY(el->mem, double *, el->eco->syms.n + 1), .mem = el->mem};
  double *x = values_of(el);
  Eval ev = eval_new(&v, el->mem);
  if (!v.of || !x || !ev.env) return NAN;
  for (uint32_t i = 0; i < el->sizes.n; i++) v.of[el->sizes.at[i].sym] = &x[i];
  return eval_expr(&ev, e);
}

static int compute(Elab *el, SizeWork *w);

typedef struct { Elab *el; int wrong; } Needs;
static void need(void *ctx, const Expr *e) {
  Needs *n = ctx;
  if (e->kind != E_REF) return;
  for (uint32_t i = 0; i < n->el->sizes.n; i++)
    if (n->el->sizes.at[i].sym == e->sym) n->wrong |= compute(n->el, &n->el->sizes.at[i]);
}

static int need_all(Elab *el, const Expr *e) {
  Needs n = {el, 0};
  ex_walk(e, need, &n);
  return n.wrong;
}

static int compute(Elab *el, SizeWork *w) {
  if (w->state == SIZE_DONE) return 0;
  if (w->state == SIZE_WRONG || !w->sym) return 1;
  if (w->state == SIZE_ACTIVE) {
    diag_at(el->cc, SEV_ERROR, "data.cycle", w->ast->span, "`%s` is computed by way of itself", elab_text(el, w->ast->text));
    w->state = SIZE_WRONG;
    return 1;
  }
  w->state = SIZE_ACTIVE;
  const Ast *v = w->ast->kid[2];
  int braces = v && v->kind == AST_BRACE;
  Cx cx = elab_file_cx(el);
  w->def = v && !braces && v->kind != AST_ERROR ? elab_number(&cx, v) : NULL;
  for (uint32_t i = 0; i < el->nsized; i++)
    if (el->sized[i].name == w->ast->text) {
      w->value = el->sized[i].value;
      w->given = el->sized[i].at;
      w->state = SIZE_DONE;
      return 0;
    }
  if (!v) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "sets.range", w->ast->span, "`%s` sizes a set, so that it needs a value here", elab_text(el, w->ast->text));
    diag_note(el->cc, d, origin_new(el->cc->diags, w->used, BY_SOURCE, 0), "the set");
    diag_hint(el->cc, d, "write `%s = 100`; -D can change it", elab_text(el, w->ast->text));
  }
  int wrong = !w->def || need_all(el, w->def) || w->state == SIZE_WRONG;
  if (!wrong) w->value = evaluate(el, w->def);
  w->state = wrong ? SIZE_WRONG : SIZE_DONE;
  return wrong;
}

/* Says where the values that an end is made of come from. */
static void note_values(Elab *el, Diag *d, const Expr *e) {
  for (uint32_t i = 0; i < el->sizes.n; i++) {
    const SizeWork *w = &el->sizes.at[i];
    if (!w->given.file || w->state != SIZE_DONE || !elab_mentions(e, w->sym)) continue;
    diag_note(el->cc, d, origin_new(el->cc->diags, w->given, BY_SOURCE, 0), "`%s` is given here", elab_text(el, w->ast->text));
  }
}

typedef struct { SymId sym; } Mention;
static int is_it(void *ctx, const Expr *ref) { return ref->sym == ((const Mention *)ctx)->sym; }
int elab_mentions(const Expr *e, SymId s) { return ex_depends(e, is_it, &(Mention){s}); }

int elab_range_end(Elab *el, const Ast *a, uint32_t *out) {
  Cx cx = elab_file_cx(el);
  unsigned before = diag_errors(el->cc->diags);
  for (uint32_t i = 0; i < el->sizes.n; i++)                          /* reported already: nothing that uses it is reported again */
    if (el->sizes.at[i].state == SIZE_WRONG && a->kind == AST_NAME && el->sizes.at[i].ast->text == a->text) return 1;
  const Expr *e = elab_number(&cx, a);
  if (!e || need_all(el, e) || diag_errors(el->cc->diags) > before) return 1;
  int plain = e->kind == E_NUM;
  double x = plain ? e->num : evaluate(el, e);
  if (x >= 0 && x < 2147483647.0 && floor(x) == x) {
    *out = (uint32_t)x;
    return 0;
  }
  Text t = {0};
  text_digits(&t, x, 10);
  Diag *d = plain ? diag_at(el->cc, SEV_ERROR, "sets.range", a->span, x < 2147483647.0 ? "the ends of a range are whole numbers from 0" : "the ends of a range are whole numbers from 0 to 2147483646")
          : !isfinite(x) ? diag_at(el->cc, SEV_ERROR, "sets.range", a->span, "the ends of a range are whole numbers from 0, and this is not a finite number")
                         : diag_at(el->cc, SEV_ERROR, "sets.range", a->span, "the ends of a range are whole numbers from 0 to 2147483646, and this is %s", t.at ? t.at : "");
  if (!plain) note_values(el, d, e);
  text_free(&t);
  return 1;
}

void elab_note_sizes(Elab *el, Diag *d, const Ast *a) {
  Cx cx = elab_file_cx(el);
  const Expr *e = a->kind == AST_NUM ? NULL : elab_number(&cx, a);
  if (e && e->kind != E_NUM) note_values(el, d, e);
}
