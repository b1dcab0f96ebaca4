/* elab_infer.c: the set of a new index in a head, such as j in `market promise[j] price Q: total(a[j]) = b[j];`. Every place in the
 * statement where the index stands among those of a name says which set it runs over there; all must say the same. Names are read
 * from their declarations in the text, for a market's head is read before agents' choices are known. */
#include "elab.h"

typedef struct { Elab *el; Str name; SymId set; int uses, several; } Infer;

static void says(Infer *f, SymId set) {
  if (!set) return;
  f->several |= f->set && f->set != set;
  f->set = f->set ? f->set : set;
}

static uint32_t heads_of(const Ast *indices) { return indices ? indices->nkid - (indices->flag & 1 && indices->nkid ? 1u : 0u) : 0; }

static SymId head_set(Elab *el, const Ast *indices, uint32_t i) {
  const Ast *b = indices->kid[i], *dom = b->kind == AST_BINDER && b->nkid ? b->kid[0] : NULL;
  if (dom && dom->kind != AST_NAME) return 0;
  Str name = dom ? dom->text : b->text;
  return name ? elab_set_named(el, name, b->span, 1) : 0;
}

/* A declaration with these heads, used with `given` indices: the set of the one at `at`. Types may be left out or written. */
static void declared(Infer *f, const Ast *indices, const Ast *types, uint32_t given, uint32_t at) {
  uint32_t own = heads_of(indices), ntype = heads_of(types);
  if (given == own) says(f, head_set(f->el, indices, at));
  else if (given == ntype + own) says(f, at < ntype ? head_set(f->el, types, at) : head_set(f->el, indices, at - ntype));
}

static void choices(Infer *f, const Ast *list, const Ast *types, Str name, uint32_t given, uint32_t at) {
  for (uint32_t i = 0; i < list->nkid; i++)
    if (list->kid[i]->kind == AST_CHOICE && list->kid[i]->text == name) declared(f, list->kid[i]->kid[0], types, given, at);
}

static void of_name(Infer *f, Str name, uint32_t given, uint32_t at) {
  const Ast *file = f->el->model->ast;
  for (uint32_t i = 0; i < file->nkid; i++) {
    const Ast *a = file->kid[i];
    switch (a->kind) {
    case AST_PARAM: case AST_LET:
      for (uint32_t k = 0; k < a->nkid; k++)
        if ((a->kid[k]->kind == AST_PDEF || a->kid[k]->kind == AST_LETDEF) && a->kid[k]->text == name) declared(f, a->kid[k]->kid[0], NULL, given, at);
      break;
    case AST_DATA:
      if (a->text == name) declared(f, a->kid[0], NULL, given, at);
      break;
    case AST_VARIABLE: choices(f, a, NULL, name, given, at); break;
    case AST_MARKET:
      if ((a->kid[2] ? a->kid[2]->text : f->el->w[W_p]) == name) declared(f, a->kid[0], NULL, given, at);
      break;
    case AST_AGENT: case AST_FIRM:
      for (uint32_t k = 3; k < a->nkid; k++)
        if (a->kid[k]->kind == AST_CHOOSE) choices(f, a->kid[k], a->kid[0], name, given, at);
      break;
    default: break;
    }
  }
}

/* Does this call bind the name itself: sum(j in S, ...)? */
static int binds(const Ast *call, Str name) {
  for (uint32_t i = 1; i < call->nkid; i++) {
    const Ast *b = call->kid[i];
    if (b->kind == AST_INDICES && b->nkid) b = b->kid[0];
    if (b->kind == AST_BINDER && b->text == name) return 1;
  }
  return 0;
}

static void walk(Infer *f, const Ast *a) {
  if (a->kind == AST_CALL && binds(a, f->name)) return;
  const Ast *base = a->kind == AST_INDEX ? a->kid[0] : NULL;
  while (base && (base->kind == AST_AT || base->kind == AST_PAREN)) base = base->kid[0];
  for (uint32_t i = 1; base && base->kind == AST_NAME && i < a->nkid; i++) {
    const Ast *x = a->kid[i]->kind == AST_AT ? a->kid[i]->kid[0] : a->kid[i];
    if (x->kind != AST_NAME || x->text != f->name) continue;
    f->uses++;
    of_name(f, base->text, a->nkid - 1, i - 1);
  }
  for (uint32_t i = 0; i < a->nkid; i++)
    if (a->kid[i]) walk(f, a->kid[i]);
}

SymId elab_infer(Elab *el, Str name, const Ast *statement, const char **why) {
  Infer f = {.el = el, .name = name};
  if (statement) walk(&f, statement);
  *why = f.several ? "its uses run over different sets" : f.uses ? "its uses do not tell what it runs over" : NULL;
  return f.several ? 0 : f.set;
}
