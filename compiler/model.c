/* model.c: a whole file, in the order in which names become known: sets and tree, goods, values, structures, then bodies, then
 * questions. Statements of the language that this version does not solve are refused by name and not elaborated further. */
#include "../lang/parse.h"
#include "elab.h"
#include <dirent.h>
#include <stdlib.h>

typedef struct { Model model; Elab el; } Whole;         /* the elaborator stays with its model, for queries later */
Elab *elab_of(const Model *m) { return &((Whole *)(uintptr_t)m)->el; }

/* ---- what is refused ---- */
typedef struct { AstKind kind; const char *id, *what; int plural; } Refusal;
static const Refusal refused[] = {
  {AST_HORIZON, "later.horizon", "an infinite or repeated horizon", 0}, {AST_ASSET, "later.asset", "assets", 1},
  {AST_CALIBRATE, "later.calibrate", "calibration to targets", 0},      {AST_SHOCK, "later.shock", "shocks", 1},
  {AST_PROCESS, "later.process", "exogenous processes", 1},             {AST_INSTITUTION, "later.institution", "institutions", 1},
  {AST_WITH, "later.institution", "institutions", 1},                   {AST_EXTEND, "later.institution", "extensions", 1},
  {AST_DROP, "later.institution", "dropping by name", 0},               {AST_REPLACE, "later.institution", "replacing by name", 0},
  {AST_SWEEP, "later.sweep", "sweeps", 1},                              {AST_PLOT, "later.plot", "plots", 1}};

/* Names that a refused statement would have made, so that their uses are not reported as well. */
static void names_of(Elab *el, const Ast *a) {
  if (a->kind == AST_SHOCK || a->kind == AST_ASSET) {
    for (uint32_t i = 0; i < a->nkid; i++)
      if (a->kid[i]->text && !scope_find(el->scope, NS_VALUE, a->kid[i]->text)) {
        scope_add(el->scope, NS_VALUE, a->kid[i]->text, NAMED_REFUSED, 0, 0, a->kid[i]->span);
        scope_add(el->scope, NS_ELEMENT, a->kid[i]->text, NAMED_REFUSED, 0, 0, a->kid[i]->span);
      }
  } else if (a->kind == AST_SWEEP) {
    for (uint32_t i = 0; i < a->nkid; i++)
      if (a->kid[i] && a->kid[i]->kind == AST_SOLVE) scope_add(el->scope, NS_STRUCTURE, a->kid[i]->text, NAMED_REFUSED, 0, 0, a->kid[i]->span);
      else if (a->kid[i] && a->kid[i]->kind == AST_SWEEP) names_of(el, a->kid[i]);
  } else if (a->kind == AST_PROCESS && a->nkid && a->kid[0]->kind == AST_RELATION) {
    const Ast *l = a->kid[0]->kid[0];
    while (l->kind != AST_NAME && l->nkid) l = l->kid[l->kind == AST_CALL ? l->nkid - 1 : 0];
    if (l->kind == AST_NAME && !scope_find(el->scope, NS_VALUE, l->text)) scope_add(el->scope, NS_VALUE, l->text, NAMED_REFUSED, 0, 0, l->span);
  }
}

static void refuse(Elab *el, const Ast *file) {
  for (uint32_t i = 0; i < file->nkid; i++)
    for (size_t k = 0; k < sizeof refused / sizeof *refused; k++) {
      if (file->kid[i]->kind != refused[k].kind) continue;
      Span s = file->kid[i]->span;
      const Source *src = source_get(el->cc->sources, s.file);
      while (src && s.begin < s.end && s.end - s.begin > 1 && memchr(src->text + s.begin, '\n', s.end - s.begin)) s.end = (uint32_t)((const char *)memchr(src->text + s.begin, '\n', s.end - s.begin) - src->text);
      elab_later(el, s, refused[k].id, refused[k].what, refused[k].plural);
      el->incomplete |= file->kid[i]->kind != AST_PLOT && file->kid[i]->kind != AST_CALIBRATE;
      names_of(el, file->kid[i]);
    }
}

/* ---- use ---- */
static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void unknown_chapter(Elab *el, const Ast *item) {
  el->incomplete = 1;
  Diag *d = diag_at(el->cc, SEV_ERROR, "use.unknown", item->span, "the library has no chapter `%s`", elab_text(el, item->text));
  DIR *dir = el->cc->libpath ? opendir(el->cc->libpath) : NULL;
  const char *name[256];
  Str str[256];
  size_t n = 0;
  Text t = {0};
  for (struct dirent *f; dir && n < 256 && (f = readdir(dir));) {
    size_t len = strlen(f->d_name);
    if (len > 5 && !strcmp(f->d_name + len - 5, ".econ")) name[n++] = arena_text(el->mem, f->d_name, len - 5);
  }
  if (dir) closedir(dir);
  qsort(name, n, sizeof *name, by_text);
  for (size_t i = 0; i < n; i++) {
    str[i] = elab_word(el, name[i]);
    text_printf(&t, "%s`%s`", i ? ", " : "", name[i]);
  }
  Str near = n ? diag_nearest(el->cc->strs, elab_text(el, item->text), str, n) : 0;
  if (near) diag_hint(el->cc, d, "did you mean `%s`? the chapters are %s", elab_text(el, near), t.at);
  else if (n) diag_hint(el->cc, d, "the chapters are %s", t.at);
  else diag_hint(el->cc, d, "no library was found: set ECON_LIBRARY to its folder");
  text_free(&t);
}

static void use_statements(Elab *el, const Ast *file);

static void use_chapter(Elab *el, const Ast *item) {
  const char *why = NULL;
  if (item->nkid) {
    elab_later(el, item->span, "later.institution", "a chapter with arguments", 0);
    return;
  }
  for (uint32_t i = 0; i < el->used.n; i++)
    if (el->used.at[i].name == item->text) {
      if (el->used.at[i].active) diag_at(el->cc, SEV_ERROR, "use.cycle", item->span, "the chapter `%s` uses itself", elab_text(el, item->text));
      return;
    }
  Text path = {0};
  text_printf(&path, "%s/%s.econ", el->cc->libpath ? el->cc->libpath : "", elab_text(el, item->text));
  const Source *s = el->cc->libpath && !path.failed ? source_read(el->cc->sources, path.at, &why) : NULL;
  text_free(&path);
  if (!s) {
    unknown_chapter(el, item);
    return;
  }
  uint32_t me = el->used.n;
  VEC_PUSH(el->mem, el->used, (Chapter){item->text, s->id, 1});
  const Ast *a = econ_parse(el->cc, s);
  if (!a || el->used.n == me) return;
  use_statements(el, a);
  for (uint32_t i = 0; i < a->nkid; i++) {
    const Ast *st = a->kid[i];
    if (st->kind == AST_FN) elab_fn_name(el, st, 0);
    else if (st->kind == AST_PARAM) elab_param_names(el, st);
    else if (st->kind != AST_USE && st->kind != AST_ECONOMY && st->kind != AST_ERROR)
      elab_later(el, st->span, "later.institution", "anything but functions and parameters in a library chapter", 0);
  }
  el->used.at[me].active = 0;
}

static void use_statements(Elab *el, const Ast *file) {
  for (uint32_t i = 0; i < file->nkid; i++)
    for (uint32_t k = 0; file->kid[i]->kind == AST_USE && k < file->kid[i]->nkid; k++)
      if (file->kid[i]->kid[k]->kind == AST_USEITEM) use_chapter(el, file->kid[i]->kid[k]);
}

/* ---- the order ---- */
static void economy_line(Elab *el, const Ast *file) {
  const Ast *first = NULL;
  for (uint32_t i = 0; i < file->nkid; i++) {
    const Ast *a = file->kid[i];
    if (a->kind != AST_ECONOMY) continue;
    if (first) diag_at(el->cc, SEV_ERROR, "economy.two", a->span, "a file holds one economy, and this is the second");
    first = first ? first : a;
  }
  if (!first) return;
  el->eco->name = first->text;
  if (first->nkid && first->kid[0]) el->eco->title = first->kid[0]->text;
}

static void names(Elab *el, const Ast *file) {
  for (uint32_t i = 0; i < file->nkid; i++) {
    const Ast *a = file->kid[i];
    if (a->kind == AST_PARAM || a->kind == AST_DATA) elab_param_names(el, a);
    else if (a->kind == AST_FN) elab_fn_name(el, a, 0);
    else if (a->kind == AST_LET) elab_let_names(el, a, 0);
    else if (a->kind == AST_VARIABLE) elab_variable_names(el, a);
  }
  elab_market_names(el, file);
  for (uint32_t i = 0; i < file->nkid; i++)
    if (file->kid[i]->kind == AST_AGENT || file->kid[i]->kind == AST_FIRM) elab_agent_names(el, file->kid[i]);
}

static void bodies(Elab *el, const Ast *file) {
  elab_param_values(el);
  elab_probabilities(el);
  elab_bounds(el);
  elab_agent_bodies(el);
  elab_market_bodies(el);
  for (uint32_t i = 0; i < file->nkid; i++) {
    if (file->kid[i]->kind == AST_EQUATION) elab_equation(el, file->kid[i]);
    if (file->kid[i]->kind == AST_NUMERAIRE) elab_numeraire(el, file->kid[i]);
  }
  elab_goods_numeraire(el);
  for (uint32_t i = 0; i < el->lets.n; i++) elab_let(el, el->lets.at[i]);
}

static void questions(Elab *el, const Ast *file) {
  for (uint32_t i = 0; i < file->nkid; i++)
    if (file->kid[i]->kind == AST_SOLVE) elab_solve(el, file->kid[i]);
  elab_starts(el, file);
  for (uint32_t i = 0; i < file->nkid; i++)
    if (file->kid[i]->kind == AST_REPORT || file->kid[i]->kind == AST_EXPECT) elab_show(el, file->kid[i]);
}

/* Reports and expectations stand among the solves: the asks are put into the order of the file. */
static int by_place(const void *a, const void *b, const Diags *d) {
  Span x = origin_span(d, ((const Ask *)a)->at), y = origin_span(d, ((const Ask *)b)->at);
  return x.begin < y.begin ? -1 : x.begin > y.begin;
}

static void in_file_order(Model *m) {
  for (uint32_t i = 1; i < m->asks.n; i++)
    for (uint32_t j = i; j > 0 && by_place(&m->asks.at[j - 1], &m->asks.at[j], m->cc->diags) > 0; j--) {
      Ask t = m->asks.at[j];
      m->asks.at[j] = m->asks.at[j - 1];
      m->asks.at[j - 1] = t;
    }
}

int model_is_size(const Model *m, SymId s) { return elab_is_size(elab_of(m), s); }

Model *model_elaborate(Compilation *cc, const Source *source, const Ast *ast) { return model_elaborate_sized(cc, source, ast, NULL, 0); }

Model *model_elaborate_sized(Compilation *cc, const Source *source, const Ast *ast, const SizeValue *sized, uint32_t nsized) {
  Whole *w = ARENA_NEW(cc->mem, Whole);
  if (!w || !ast) return NULL;
  Elab *el = &w->el;
  Economy *eco = economy_new(cc, cc->mem);
  Scope *scope = scope_new(cc->mem);
  if (!eco || !scope) return NULL;
  w->model = (Model){.cc = cc, .source = source, .ast = ast, .economy = eco, .scope = scope, .mem = cc->mem};
  *el = (Elab){.cc = cc, .mem = cc->mem, .eco = eco, .model = &w->model, .scope = scope, .sized = sized, .nsized = nsized};
#define X(word) el->w[W_##word] = str_of(cc->strs, #word);
  ELAB_WORDS(X)
#undef X
  elab_collect_spoiled(el, ast);
  economy_line(el, ast);
  elab_tree(el, ast);
  elab_goods(el, ast);
  elab_size_names(el, ast);
  elab_sets(el, ast);
  refuse(el, ast);
  use_statements(el, ast);
  names(el, ast);
  bodies(el, ast);
  questions(el, ast);
  in_file_order(&w->model);
  return arena_failed(cc->mem) ? NULL : &w->model;
}
