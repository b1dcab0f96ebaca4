/* model.c: a whole file, in the order in which names become known: sets and tree, goods, values, structures, then bodies, then
 * questions. Statements of the language that this version does not solve are refused by name and not elaborated further. */
#include "../lang/parse.h"
#include "institution.h"

typedef struct { Model model; Elab el; } Whole;         /* the elaborator stays with its model, for queries later */
Elab *elab_of(const Model *m) { return &((Whole *)(uintptr_t)m)->el; }

/* ---- what is refused ---- */
typedef struct { AstKind kind; const char *id, *what; int plural; } Refusal;
static const Refusal refused[] = {
  {AST_HORIZON, "later.horizon", "an infinite or repeated horizon", 0}, {AST_ASSET, "later.asset", "assets", 1},
  {AST_SHOCK, "later.shock", "shocks", 1},                              {AST_PROCESS, "later.process", "exogenous processes", 1}};

/* Names that a refused statement would have made, so that their uses are not reported as well. */
static void names_of(Elab *el, const Ast *a) {
  if (a->kind == AST_SHOCK || a->kind == AST_ASSET) {
    for (uint32_t i = 0; i < a->nkid; i++)
      if (a->kid[i]->text && !scope_find(el->scope, NS_VALUE, a->kid[i]->text)) {
        scope_add(el->scope, NS_VALUE, a->kid[i]->text, NAMED_REFUSED, 0, 0, a->kid[i]->span);
        scope_add(el->scope, NS_ELEMENT, a->kid[i]->text, NAMED_REFUSED, 0, 0, a->kid[i]->span);
      }
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
      el->incomplete = 1;
      names_of(el, file->kid[i]);
    }
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
    institution_enter(el, a->copy);
    if (a->kind == AST_PARAM || a->kind == AST_DATA) elab_param_names(el, a);
    else if (a->kind == AST_FN) elab_fn_name(el, a, 0);
    else if (a->kind == AST_LET) elab_let_names(el, a, 0);
    else if (a->kind == AST_VARIABLE) elab_variable_names(el, a);
  }
  elab_market_names(el, file);
  for (uint32_t i = 0; i < file->nkid; i++)
    if (file->kid[i]->kind == AST_AGENT || file->kid[i]->kind == AST_FIRM) {
      institution_enter(el, file->kid[i]->copy);
      elab_agent_names(el, file->kid[i]);
    }
  institution_enter(el, 0);
}

static void bodies(Elab *el, const Ast *file) {
  elab_param_values(el);
  elab_probabilities(el);
  elab_bounds(el);
  elab_agent_bodies(el);
  elab_market_bodies(el);
  for (uint32_t i = 0; i < file->nkid; i++) {
    institution_enter(el, file->kid[i]->copy);
    if (file->kid[i]->kind == AST_EQUATION) elab_equation(el, file->kid[i]);
    if (file->kid[i]->kind == AST_NUMERAIRE) elab_numeraire(el, file->kid[i]);
  }
  for (uint32_t i = 0; i < file->nkid; i++) {
    AstKind k = file->kid[i]->kind;
    institution_enter(el, file->kid[i]->copy);
    if (k == AST_EXTEND || k == AST_REPLACE || k == AST_DROP) elab_change(el, file->kid[i]);
  }
  institution_enter(el, 0);
  elab_goods_numeraire(el);
  for (uint32_t i = 0; i < el->lets.n; i++) elab_let(el, el->lets.at[i]);
}

static void questions(Elab *el, const Ast *file) {
  for (uint32_t i = 0; i < file->nkid; i++)
    if (file->kid[i]->kind == AST_SOLVE) elab_solve(el, file->kid[i]);
    else if (file->kid[i]->kind == AST_SWEEP) elab_sweep(el, file->kid[i]);
  elab_rights_names(el);
  elab_planner_names(el);
  elab_starts(el, file);
  elab_calibrations(el, file);
  elab_sweep_calibrations(el);
  for (uint32_t i = 0; i < file->nkid; i++)
    if (file->kid[i]->kind == AST_REPORT || file->kid[i]->kind == AST_EXPECT || file->kid[i]->kind == AST_PLOT) elab_show(el, file->kid[i]);
    else if (file->kid[i]->kind == AST_SWEEP) elab_sweep_shows(el, file->kid[i]);
}

/* Reports and expectations stand among the solves: the asks are put into the order of the file. */
static int by_place(const void *a, const void *b, const Diags *d) {
  const int inside = ((const Ask *)a)->of_institution - ((const Ask *)b)->of_institution;
  if (inside || ((const Ask *)a)->of_institution) return inside;
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
  elab_read_chapters(el, ast);
  ast = institutions_write_out(el, ast);
  elab_tree(el, ast);
  elab_goods(el, ast);
  elab_size_names(el, ast);
  elab_sets(el, ast);
  elab_good_families(el, ast);
  refuse(el, ast);
  elab_declare_chapters(el);
  names(el, ast);
  bodies(el, ast);
  institution_twins(el);
  questions(el, ast);
  in_file_order(&w->model);
  return arena_failed(cc->mem) ? NULL : &w->model;
}
