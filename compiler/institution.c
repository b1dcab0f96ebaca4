#include "../lang/parse.h"
#include "institution.h"
#include "pass.h"

/* What a name inside an institution becomes: the argument given for a parameter, or a name of its own. */
typedef struct { Str from, to; const Ast *arg; } Rename;
typedef struct { Rename *at; uint32_t n, cap; } Renames;

typedef struct { VEC(Ast *) at; } AstList;
enum { MOST_DEPTH = 32, MOST_COPIED = 1000000 };

typedef struct {
  Elab *el; AstList file; VEC(Str) taken;
  Str within[MOST_DEPTH]; uint32_t depth;               /* the institutions that are being written out, each applied by the one before */
  uint32_t copied; int too_large;                       /* nodes of syntax written out; beyond what is allowed */
} Weaver;

/* ---- definitions ---- */
static const Ast *definition(const Elab *el, Str name) {
  for (uint32_t i = 0; i < el->institutions.n; i++)
    if (el->institutions.at[i]->text == name) return el->institutions.at[i];
  return NULL;
}

void institution_define(Elab *el, const Ast *a) {
  const Ast *old = definition(el, a->text);
  if (old) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "names.duplicate", (Span){a->span.file, a->span.begin, a->span.begin + 11}, "the institution `%s` is declared twice", elab_text(el, a->text));
    diag_note(el->cc, d, origin_new(el->cc->diags, (Span){old->span.file, old->span.begin, old->span.begin + 11}, BY_SOURCE, 0), "it was declared here");
    return;
  }
  VEC_PUSH(el->mem, el->institutions, a);
}

/* ---- names that are taken in the file ---- */
static void declared(Weaver *w, const Ast *a) {
  switch (a->kind) {
  case AST_SETDEF: case AST_PDEF: case AST_DATA: case AST_FN: case AST_GOODDEF: case AST_AGENT: case AST_FIRM: case AST_MARKET: case AST_LETDEF: case AST_EQUATION:
  case AST_CHOICE: case AST_BUDGET: case AST_CONSTRAINT: case AST_MAXIMIZE: case AST_SOLVE: case AST_INSTITUTION:
    if (a->text) VEC_PUSH(w->el->mem, w->taken, a->text);
    break;
  default: break;
  }
  if (a->kind == AST_MARKET && a->kid[2]) VEC_PUSH(w->el->mem, w->taken, a->kid[2]->text);
  if ((a->kind == AST_BUDGET || a->kind == AST_CONSTRAINT) && a->kid[2]) VEC_PUSH(w->el->mem, w->taken, a->kid[2]->text);
  switch (a->kind) {
  case AST_FILE: case AST_SET: case AST_PARAM: case AST_GOOD: case AST_AGENT: case AST_FIRM: case AST_LET: case AST_VARIABLE: case AST_CHOOSE: case AST_SWEEP:
    for (uint32_t i = 0; i < a->nkid; i++)
      if (a->kid[i]) declared(w, a->kid[i]);
    break;
  default: break;
  }
}

static int is_taken(const Weaver *w, Str name) {
  for (uint32_t i = 0; i < w->taken.n; i++)
    if (w->taken.at[i] == name) return 1;
  return 0;
}

/* The first of NAME, institution_NAME, institution2_NAME, ... that nothing else is called. */
static Str free_name(Weaver *w, Str name, Str institution) {
  Str to = name;
  for (unsigned k = 1; is_taken(w, to); k++) {
    Text t = {0};
    text_printf(&t, "%s", elab_text(w->el, institution));
    if (k > 1) text_printf(&t, "%u", k);
    text_printf(&t, "_%s", elab_text(w->el, name));
    to = t.failed ? name : str_intern(w->el->cc->strs, t.at, t.n);
    text_free(&t);
    if (k > 10000) break;
  }
  VEC_PUSH(w->el->mem, w->taken, to);
  return to;
}

static const Rename *renamed(const Renames *r, Str name) {
  for (uint32_t i = 0; i < r->n; i++)
    if (r->at[i].from == name) return &r->at[i];
  return NULL;
}

static void add_rename(Elab *el, Renames *r, Rename x) {
  if (!arena_grow(el->mem, (void **)&r->at, r->n, &r->cap, sizeof *r->at, _Alignof(Rename))) r->at[r->n++] = x;
}

/* ---- copying ---- */
static int too_large(Weaver *w, Span at, const char *what, int most, const char *of) {
  if (!w->too_large) {
    Diag *d = diag_at(w->el->cc, SEV_ERROR, "institution.size", at, "institutions that apply each other %s %d%s when they are written out", what, most, of);
    diag_hint(w->el->cc, d, "an argument that is used several times is written out as often; name it with `let` or `param` first");
  }
  w->too_large = 1;
  return 1;
}

static int names_something(AstKind k) {
  switch (k) {
  case AST_SETDEF: case AST_PDEF: case AST_DATA: case AST_FN: case AST_FPARAM: case AST_GOODDEF: case AST_HEAD: case AST_AGENT: case AST_FIRM: case AST_MARKET: case AST_LETDEF:
  case AST_EQUATION: case AST_EXTEND: case AST_REPLACE: case AST_CHOICE: case AST_MAXIMIZE: case AST_BUDGET: case AST_CONSTRAINT: case AST_BINDER: case AST_BINDERS: case AST_NAME:
    return 1;
  default: return 0;
  }
}

/* NULL where nothing was there, and once too much has been written out. */
static Ast *copy(Weaver *w, const Ast *a, const Renames *r, uint32_t number) {
  Elab *el = w->el;
  if (!a || w->too_large) return NULL;
  if (++w->copied > MOST_COPIED) {
    too_large(w, a->span, "grow beyond", MOST_COPIED, " words and signs");
    return NULL;
  }
  const Rename *x = a->text && names_something(a->kind) ? renamed(r, a->text) : NULL;
  if (x && x->arg && a->kind == AST_NAME && x->arg->kind != AST_NAME) {
    Ast *p = ARENA_NEW(el->mem, Ast);
    if (!p) return NULL;
    p->kid = ARENA_ARRAY(el->mem, Ast *, 1);
    if (!p->kid) return NULL;
    *p = (Ast){.kind = AST_PAREN, .span = x->arg->span, .depth = x->arg->depth + 1, .copy = number, .kid = p->kid, .nkid = 1};
    p->kid[0] = copy(w, x->arg, &(Renames){0}, number);
    return x->arg->kind == AST_BRACE ? p->kid[0] : p->kid[0] ? p : NULL;
  }
  Ast *c = ARENA_NEW(el->mem, Ast);
  if (!c) return NULL;
  *c = *a;
  c->copy = number;
  if (x) c->text = x->to;
  if (x && x->arg && a->kind == AST_NAME) c->span = x->arg->span;    /* what is wrong with a name is wrong where it was given */
  c->kid = ARENA_ARRAY(el->mem, Ast *, a->nkid + 1);
  if (!c->kid) return NULL;
  for (uint32_t i = 0; i < a->nkid; i++) {
    c->kid[i] = copy(w, a->kid[i], r, number);
    if (c->kid[i] && c->kid[i]->depth >= c->depth) c->depth = c->kid[i]->depth + 1;
  }
  if (c->depth > AST_DEPTH) too_large(w, a->span, "nest deeper than", AST_DEPTH, " brackets");
  if (a->ncell) {
    c->cell = ARENA_ARRAY(el->mem, Cell, a->ncell);
    for (uint32_t i = 0; c->cell && i < a->ncell; i++) {
      c->cell[i] = a->cell[i];
      if (a->cell[i].expr) c->cell[i].expr = copy(w, a->cell[i].expr, r, number);
      const Rename *l = a->cell[i].text ? renamed(r, a->cell[i].text) : NULL;
      if (l) c->cell[i].text = l->to;
    }
  }
  return c;
}

/* ---- what a body declares, to be renamed where the file has the name too ---- */
static void local(Weaver *w, Renames *r, Str name, Str institution) {
  if (!name || renamed(r, name)) return;
  Str to = free_name(w, name, institution);
  if (to == name) return;
  add_rename(w->el, r, (Rename){name, to, NULL});
  VEC_PUSH(w->el->mem, w->el->renamed, (Renamed){to, name});
}

static void locals(Weaver *w, Renames *r, const Ast *a, Str institution) {
  switch (a->kind) {
  case AST_SETDEF: case AST_PDEF: case AST_DATA: case AST_FN: case AST_AGENT: case AST_FIRM: case AST_LETDEF: case AST_EQUATION: case AST_CHOICE: case AST_CONSTRAINT: case AST_BUDGET:
    local(w, r, a->text, institution);
    break;
  case AST_MARKET:
    if (!(a->flag & 2)) local(w, r, a->text, institution);
    if (a->kid[2]) local(w, r, a->kid[2]->text, institution);
    break;
  case AST_MAXIMIZE: break;
  default: break;
  }
  if ((a->kind == AST_BUDGET || a->kind == AST_CONSTRAINT) && a->kid[2]) local(w, r, a->kid[2]->text, institution);
  switch (a->kind) {
  case AST_SET: case AST_PARAM: case AST_LET: case AST_VARIABLE: case AST_CHOOSE: case AST_EXTEND: case AST_AGENT: case AST_FIRM:
    for (uint32_t i = 0; i < a->nkid; i++)
      if (a->kid[i]) locals(w, r, a->kid[i], institution);
    break;
  default: break;
  }
}

/* ---- arguments ---- */
typedef struct { AstKind kind; const char *word; } StatementWord;

/* What the file calls a structure of this name, in the words of parameters' kinds; NULL where it has none. */
static const char *found_kind(const Weaver *w, const Ast *a, Str name, const char *wanted) {
  const char *found = NULL;
  for (uint32_t i = 0; i < a->nkid; i++) {
    const Ast *k = a->kid[i];
    const char *is = NULL;
    if (!k) continue;
    switch (k->kind) {
    case AST_AGENT: is = k->text == name ? "agent" : NULL; break;
    case AST_FIRM: is = k->text == name ? "firm" : NULL; break;
    case AST_MARKET: is = k->text == name ? "market" : k->kid[2] && k->kid[2]->text == name ? "param" : NULL; break;
    case AST_GOODDEF: is = k->text == name ? "good" : NULL; break;
    case AST_SETDEF: is = k->text == name ? "set" : NULL; break;
    case AST_BINDER: is = a->kind == AST_CHILDREN && k->text == name ? "set" : NULL; break;
    case AST_PDEF: case AST_DATA: case AST_LETDEF: is = k->text == name ? "param" : NULL; break;
    case AST_EQUATION: is = k->text == name ? "equation" : NULL; break;
    case AST_CHOICE: is = k->text == name ? a->kind == AST_VARIABLE ? "variable" : "param" : NULL; break;
    case AST_CONSTRAINT: is = k->text == name ? "constraint" : NULL; break;
    case AST_BUDGET: is = (k->text ? k->text : w->el->w[W_budget]) == name ? "budget" : NULL; break;
    default: break;
    }
    if (is && !strcmp(is, wanted)) return is;
    if (is && !found) found = is;
    switch (k->kind) {
    case AST_SET: case AST_PARAM: case AST_GOOD: case AST_AGENT: case AST_FIRM: case AST_LET: case AST_VARIABLE: case AST_CHOOSE: case AST_TREE: case AST_BRANCH: case AST_CHILDREN: {
      const char *in = found_kind(w, k, name, wanted);
      if (in && !strcmp(in, wanted)) return in;
      if (in && !found) found = in;
    }
    default: break;
    }
  }
  return found;
}

static int fits(const char *wanted, const char *found) {
  return !strcmp(wanted, found) || (!strcmp(wanted, "agent") && !strcmp(found, "firm")) || (!strcmp(wanted, "constraint") && !strcmp(found, "budget"));
}

static int is_builtin_set(const Elab *el, Str name) { return name == el->w[W_good] || name == el->w[W_node] || name == el->w[W_terminal]; }

static const char *article(const char *noun) { return strchr("aeiou", *noun) ? "an" : "a"; }

/* Names of that kind in the file, as found_kind reads it. */
static void names_of_kind(const Weaver *w, const Ast *a, const char *wanted, Str *names, size_t *n, size_t most) {
  for (uint32_t i = 0; i < a->nkid; i++) {
    const Ast *k = a->kid[i];
    if (!k) continue;
    Str name = k->text ? k->text : k->kind == AST_BUDGET ? w->el->w[W_budget] : 0;
    Ast one = {.kind = a->kind, .kid = (Ast *[]){(Ast *)(uintptr_t)k}, .nkid = 1};
    const char *is = name ? found_kind(w, &one, name, wanted) : NULL;
    if (is && *n < most && fits(wanted, is)) names[(*n)++] = name;
    if (k->nkid && (k->kind == AST_SET || k->kind == AST_GOOD || k->kind == AST_AGENT || k->kind == AST_FIRM || k->kind == AST_VARIABLE || k->kind == AST_TREE || k->kind == AST_BRANCH || k->kind == AST_CHILDREN)) names_of_kind(w, k, wanted, names, n, most);
  }
}

/* Is the argument of the kind asked for? Expressions may be anything; names must be of what they are said to be. */
static int right_kind(Weaver *w, const Ast *def, const Ast *param, const Ast *arg, const Ast *file) {
  Elab *el = w->el;
  const char *wanted = elab_text(el, param->kid[0]->text);
  if (!strcmp(wanted, "param")) return 1;
  while (arg->kind == AST_PAREN) arg = arg->kid[0];
  const char *found = NULL;
  if (!strcmp(wanted, "set") && (arg->kind == AST_BRACE || (arg->kind == AST_NAME && is_builtin_set(el, arg->text)))) return 1;
  if (arg->kind == AST_NAME) {
    found = found_kind(w, file, arg->text, wanted);
    if (found && fits(wanted, found)) return 1;
    if (!found) {
      Diag *d = diag_at(el->cc, SEV_ERROR, "institution.argument", arg->span, "`%s` is the name of no %s here", elab_text(el, arg->text), wanted);
      Str names[128];
      size_t n = 0;
      names_of_kind(w, file, wanted, names, &n, 128);
      Str near = n ? diag_nearest(el->cc->strs, elab_text(el, arg->text), names, n) : 0;
      if (near) diag_hint(el->cc, d, "did you mean `%s`?", elab_text(el, near));
      diag_note(el->cc, d, origin_new(el->cc->diags, param->span, BY_SOURCE, 0), "`%s` wants one here", elab_text(el, def->text));
      return 0;
    }
  }
  Diag *d = diag_at(el->cc, SEV_ERROR, "institution.argument", arg->span, "the name of %s %s is wanted here, and this is %s%s%s", article(wanted), wanted, found ? article(found) : "an expression", found ? " " : "", found ? found : "");
  diag_note(el->cc, d, origin_new(el->cc->diags, param->span, BY_SOURCE, 0), "`%s` declares it here", elab_text(el, def->text));
  return 0;
}

/* The institution's parameter whose name is nearest to one that it has not. */
static Str near_parameter(Weaver *w, const Ast *def, Str name) {
  Str names[64];
  size_t n = 0;
  for (uint32_t i = 0; def->kid[0] && i < def->kid[0]->nkid && n < 64; i++) names[n++] = def->kid[0]->kid[i]->text;
  return n ? diag_nearest(w->el->cc->strs, elab_text(w->el, name), names, n) : 0;
}

static void wrong_number(Weaver *w, const Ast *def, const Ast *use, const char *what, Str which) {
  Elab *el = w->el;
  Str near = use->kind == AST_ASSIGN && which ? near_parameter(w, def, which) : 0;
  Diag *d = diag_at(el->cc, SEV_ERROR, "institution.arguments", use->span, "%s%s%s%s", what, which ? " `" : "", which ? elab_text(el, which) : "", which ? "`" : "");
  Text t = {0};
  text_printf(&t, "%s(", elab_text(el, def->text));
  for (uint32_t i = 0; def->kid[0] && i < def->kid[0]->nkid; i++) {
    const Ast *p = def->kid[0]->kid[i];
    text_printf(&t, "%s%s %s", i ? ", " : "", elab_text(el, p->kid[0]->text), elab_text(el, p->text));
  }
  text_put(&t, ")");
  if (near && !t.failed) diag_hint(el->cc, d, "did you mean `%s`? It is declared as %s", elab_text(el, near), t.at);
  else if (!t.failed) diag_hint(el->cc, d, "it is declared as %s", t.at);
  text_free(&t);
  diag_note(el->cc, d, origin_new(el->cc->diags, (Span){def->span.file, def->span.begin, def->span.begin + 11}, BY_SOURCE, 0), "it is declared here");
}

/* Binds parameters to arguments. outer: what the names in the arguments become, for an application inside an institution. */
static int arguments(Weaver *w, const Ast *def, const Ast *use, const Renames *outer, const Ast *file, uint32_t number, Renames *r) {
  Elab *el = w->el;
  const Ast *params = def->kid[0];
  uint32_t n = params ? params->nkid : 0, next = 0;
  const Ast **given = ARENA_ARRAY(el->mem, const Ast *, n + 1);
  int bad = 0;
  if (!given) return 1;
  for (uint32_t i = 0; i < use->nkid; i++) {
    const Ast *a = use->kid[i];
    uint32_t at = next;
    if (a->kind == AST_ASSIGN && a->kid[0]->kind == AST_NAME) {
      for (at = 0; at < n && params->kid[at]->text != a->kid[0]->text; at++) {}
      if (at == n) {
        wrong_number(w, def, a, "the institution has no parameter", a->kid[0]->text);
        return 1;
      }
      a = a->kid[1];
    } else next++;
    if (at >= n || given[at]) {
      wrong_number(w, def, use, at >= n ? "too many arguments for the institution" : "an argument is given twice for", at >= n ? def->text : params->kid[at]->text);
      return 1;
    }
    given[at] = outer ? copy(w, a, outer, number) : a;
    if (w->too_large) return 1;
  }
  for (uint32_t i = 0; i < n; i++) {
    const Ast *p = params->kid[i];
    if (!given[i]) given[i] = p->kid[1];
    if (!given[i]) {
      wrong_number(w, def, use, "an argument is missing for", p->text);
      return 1;
    }
    const int whatever_stands = given[i] == p->kid[1] && given[i]->kind == AST_NAME && given[i]->text == el->w[W_budget];   /* the class is asked when it is extended */
    bad |= !whatever_stands && !right_kind(w, def, p, given[i], file);
    const Ast *plain = given[i];
    while (plain->kind == AST_PAREN && plain->kid[0]->kind == AST_NAME) plain = plain->kid[0];
    add_rename(el, r, (Rename){p->text, plain->kind == AST_NAME ? plain->text : p->text, plain});
  }
  return bad;
}

/* ---- writing one application out ---- */
static Ast *class_in(AstList *file, Str name, uint32_t *at) {
  for (*at = 0; *at < file->at.n; (*at)++) {
    Ast *a = file->at.at[*at];
    if ((a->kind == AST_AGENT || a->kind == AST_FIRM) && a->text == name) return a;
  }
  return NULL;
}

static void extend_class(Weaver *w, const Ast *ext) {
  Elab *el = w->el;
  uint32_t at;
  Ast *class = class_in(&w->file, ext->text, &at);
  if (!class) {
    Span s = {ext->span.file, ext->span.begin, ext->span.begin + 6};
    Diag *d = diag_at(el->cc, SEV_ERROR, "institution.class", s, "there is no class `%s` to extend", elab_text(el, ext->text));
    Str names[64];
    size_t n = 0;
    for (uint32_t i = 0; i < w->file.at.n && n < 64; i++)
      if ((w->file.at.at[i]->kind == AST_AGENT || w->file.at.at[i]->kind == AST_FIRM) && w->file.at.at[i]->text) names[n++] = w->file.at.at[i]->text;
    Str near = diag_nearest(el->cc->strs, elab_text(el, ext->text), names, n);
    if (near) diag_hint(el->cc, d, "did you mean `%s`?", elab_text(el, near));
    return;
  }
  Ast *more = ARENA_NEW(el->mem, Ast);
  Ast **kid = ARENA_ARRAY(el->mem, Ast *, class->nkid + ext->nkid + 1);
  if (!more || !kid) return;
  memcpy(kid, class->kid, class->nkid * sizeof *kid);
  memcpy(kid + class->nkid, ext->kid, ext->nkid * sizeof *kid);
  *more = *class;
  more->kid = kid;
  more->nkid = class->nkid + ext->nkid;
  w->copied += more->nkid;
  w->file.at.at[at] = more;
}

static int write_out(Weaver *w, const Ast *use, const Renames *outer, uint32_t number, const Ast *file);

/* `pass NAME;`: the pass runs in the questions that this application belongs to. */
static void call_pass(Weaver *w, const Ast *st, uint32_t number) {
  Elab *el = w->el;
  Str names[32];
  size_t n = 0;
  Text t = {0};
  for (unsigned i = 0; i < econ_npasses && n < 32; i++) {
    if (!econ_passes[i].by_call) continue;
    if (!strcmp(elab_text(el, st->text), econ_passes[i].name)) {
      el->applied.at[number - 1].calls |= econ_passes[i].bit;
      text_free(&t);
      return;
    }
    text_printf(&t, "%s`%s`", n ? ", " : "", econ_passes[i].name);
    names[n++] = elab_word(el, econ_passes[i].name);
  }
  Diag *d = diag_at(el->cc, SEV_ERROR, "institution.pass", st->span, "there is no pass `%s` that an institution could call", elab_text(el, st->text));
  Str near = diag_nearest(el->cc->strs, elab_text(el, st->text), names, n);
  if (near) diag_hint(el->cc, d, "did you mean `%s`?", elab_text(el, near));
  else if (!t.failed && n) diag_hint(el->cc, d, "passes that institutions call: %s", t.at);
  text_free(&t);
}

static void statement(Weaver *w, const Ast *st, const Ast *def, const Renames *r, uint32_t number, const Ast *file) {
  Elab *el = w->el;
  switch (st->kind) {
  case AST_WITH:
    for (uint32_t i = 0; i < st->nkid; i++) write_out(w, st->kid[i], r, number, file);
    return;
  case AST_PASS:
    call_pass(w, st, number);
    return;
  case AST_SOLVE: case AST_SWEEP: case AST_EXPECT: case AST_PLOT: case AST_ECONOMY: case AST_TREE: case AST_HORIZON: case AST_INSTITUTION: case AST_START:
    diag_at(el->cc, SEV_ERROR, "institution.statement", (Span){st->span.file, st->span.begin, st->span.begin + 5}, "an institution changes an economy: this statement belongs in a model's file");
    return;
  case AST_GOOD: case AST_ASSET:
    if (!el->applied.at[number - 1].always) {
      Diag *d = diag_at(el->cc, SEV_ERROR, "institution.good", (Span){st->span.file, st->span.begin, st->span.begin + 4}, "an institution with goods of its own changes every question of a file");
      diag_hint(el->cc, d, "apply it to the whole economy: `with %s(...);` as a statement", elab_text(el, def->text));
      return;
    }
    el->applied.at[number - 1].goods = 1;
    break;
  default: break;
  }
  Ast *c = copy(w, st, r, number);
  if (!c || w->too_large) return;
  if (c->kind == AST_EXTEND && c->num == 1) extend_class(w, c);
  else VEC_PUSH(el->mem, w->file.at, c);
}

static int write_out(Weaver *w, const Ast *use, const Renames *outer, uint32_t number, const Ast *file) {
  Elab *el = w->el;
  const Rename *as = outer ? renamed(outer, use->text) : NULL;
  Str name = as ? as->to : use->text;
  const Ast *def = definition(el, name);
  Renames r = {0};
  const int prelude = def || elab_read_prelude(el);
  if (!def) def = definition(el, name);
  if (!def) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "institution.unknown", use->span, "there is no institution `%s`", elab_text(el, name));
    el->incomplete = 1;
    Str names[128];
    size_t n = 0;
    for (uint32_t i = 0; i < el->institutions.n && n < 128; i++) names[n++] = el->institutions.at[i]->text;
    Str near = diag_nearest(el->cc->strs, elab_text(el, name), names, n);
    if (near) diag_hint(el->cc, d, "did you mean `%s`?", elab_text(el, near));
    else if (!prelude) diag_hint(el->cc, d, "the library was not found, whose chapter `prelude` says what every model knows: set ECON_LIBRARY to its folder");
    else diag_hint(el->cc, d, "`use CHAPTER;` makes the institutions of a chapter known");
    return 1;
  }
  for (uint32_t i = 0; i < w->depth; i++)
    if (w->within[i] == name) {
      diag_at(el->cc, SEV_ERROR, "institution.recursion", use->span, "the institution `%s` applies itself", elab_text(el, name));
      return 1;
    }
  if (w->too_large) return 1;
  if (w->depth == MOST_DEPTH) return too_large(w, use->span, "nest deeper than", MOST_DEPTH, " applications");
  Origin before = el->cc->within;
  if (outer) el->cc->within = el->applied.at[number - 1].at;
  int bad = arguments(w, def, use, outer, file, number, &r);
  el->cc->within = el->applied.at[number - 1].at;
  for (uint32_t i = 1; i < def->nkid; i++) locals(w, &r, def->kid[i], def->text);
  w->within[w->depth++] = name;
  unsigned errors = diag_errors(el->cc->diags);
  for (uint32_t i = 1; i < def->nkid && !bad && !w->too_large; i++) {
    statement(w, def->kid[i], def, &r, number, file);
    if (w->depth > 1 && diag_errors(el->cc->diags) > errors) bad = 1;
  }
  w->depth--;
  el->cc->within = before;
  return bad || w->too_large;
}

/* ---- who applies what ---- */
static int same_text(const Elab *el, Span a, Span b) {
  const Source *s = source_get(el->cc->sources, a.file), *t = source_get(el->cc->sources, b.file);
  uint32_t n = a.end - a.begin;
  return s && t && n == b.end - b.begin && !memcmp(s->text + a.begin, t->text + b.begin, n);
}

/* first: where the applications of this question begin in el->applied. */
static void apply(Weaver *w, const Ast *use, int always, uint32_t first) {
  Elab *el = w->el;
  if (use->kind != AST_USEITEM) return;
  uint32_t at = el->applied.n;
  for (uint32_t i = 0; i < el->applied.n && at == el->applied.n; i++)
    if (el->applied.at[i].use->text == use->text && el->applied.at[i].always == always && same_text(el, el->applied.at[i].use->span, use->span)) {
      at = el->applied.at[i].number - 1;
      for (; i < el->applied.n && (el->applied.at[i].number != at + 1 || (!always && i < first)); i++) {}
      if (i == el->applied.n) break;
      Diag *d = diag_at(el->cc, SEV_ERROR, "institution.twice", use->span, "this is applied twice to the same %s", always ? "file" : "question");
      diag_note(el->cc, d, el->applied.at[i].at, "the other one is here");
      diag_hint(el->cc, d, "an institution with the same arguments is written out once; give one with the effect that is meant");
      return;
    }
  VEC_PUSH(el->mem, el->applied, (Applied){.use = use, .number = at + 1, .always = always, .at = origin_new(el->cc->diags, use->span, BY_SOURCE, 0)});
}

static void applications(Weaver *w, const Ast *a) {
  uint32_t first = w->el->applied.n;
  for (uint32_t i = 0; i < a->nkid; i++) {
    const Ast *k = a->kid[i];
    if (!k) continue;
    int statement_of_file = a->kind == AST_FILE && k->kind == AST_WITH, clause = k->kind == AST_CLAUSE && !strcmp(elab_text(w->el, k->text), "with");
    for (uint32_t j = 0; (statement_of_file || clause) && j < k->nkid; j++) apply(w, k->kid[j], statement_of_file, first);
    if (k->kind == AST_SOLVE || k->kind == AST_SWEEP) applications(w, k);
  }
}

uint32_t institution_applied(const Elab *el, const Ast *use) {
  for (uint32_t i = 0; i < el->applied.n; i++)
    if (el->applied.at[i].use == use) return el->applied.at[i].number - 1;
  return UINT32_MAX;
}

void institution_enter(Elab *el, uint32_t number) {
  el->eco->scope = number;
  el->cc->within = number ? el->applied.at[number - 1].at : 0;
}

const Ast *institutions_write_out(Elab *el, const Ast *file) {
  Weaver w = {.el = el};
  for (uint32_t i = 0; i < file->nkid; i++)
    if (file->kid[i]->kind == AST_INSTITUTION) institution_define(el, file->kid[i]);
    else if (file->kid[i]->kind == AST_PASS) {
      Diag *d = diag_at(el->cc, SEV_ERROR, "institution.outside", file->kid[i]->span, "a pass is called by an institution");
      diag_hint(el->cc, d, "put this into `institution NAME() { ... }` and apply it by `with NAME;`");
    }
  applications(&w, file);
  if (!el->applied.n) return file;
  declared(&w, file);
  for (uint32_t i = 0; i < file->nkid; i++) VEC_PUSH(el->mem, w.file.at, file->kid[i]);
  for (uint32_t i = 0; i < el->applied.n; i++)
    if (el->applied.at[i].number == i + 1) el->applied.at[i].bad = write_out(&w, el->applied.at[i].use, NULL, i + 1, file);
  Ast *all = ARENA_NEW(el->mem, Ast);
  if (!all) return file;
  *all = *file;
  all->kid = w.file.at.at;
  all->nkid = w.file.at.n;
  return all;
}

/* ---- copies of one declaration, and what several institutions call by one name ---- */
static Str name_inside(const Elab *el, Str name) {
  for (uint32_t i = 0; i < el->renamed.n; i++)
    if (el->renamed.at[i].to == name) return el->renamed.at[i].from;
  return name;
}

/* Written in one place, or under one name: a multiplier's name follows its constraint's, and is written nowhere. */
static int same_word(const Elab *el, const Sym *a, const Sym *b) {
  Span s = origin_span(el->cc->diags, a->at), t = origin_span(el->cc->diags, b->at);
  if (a->kind != b->kind) return 0;
  return (s.file == t.file && s.begin == t.begin) || (a->name && b->name && name_inside(el, a->name) == name_inside(el, b->name));
}

/* Which of the symbols of this word made by its application is it: an institution may apply another one twice. */
static uint32_t rank_of(const Elab *el, SymId s) {
  const Economy *e = el->eco;
  uint32_t n = 0;
  for (SymId k = 1; k < s; k++) n += e->syms.at[k].scope == e->syms.at[s].scope && same_word(el, &e->syms.at[k], &e->syms.at[s]);
  return n;
}

static int same_shape(const Economy *e, const Sym *a, const Sym *b) {
  SymId x = a->owner, y = b->owner;
  if (x && economy_at(e, x)->twin) x = economy_at(e, x)->twin;
  if (y && economy_at(e, y)->twin) y = economy_at(e, y)->twin;
  if (x != y || a->ndom != b->ndom || a->node_dim != b->node_dim) return 0;
  for (uint32_t i = 0; i < a->ndom; i++)
    if (a->dom[i] != b->dom[i]) return 0;
  return 1;
}

void institution_twins(Elab *el) {
  Economy *e = el->eco;
  for (SymId s = 1; s < e->syms.n; s++) {
    Sym *x = economy_at(e, s);
    if (!x->scope || !x->name || x->kind == SYM_SET) continue;
    for (SymId k = 1; k < s && !x->twin; k++) {
      const Sym *y = economy_at(e, k);
      if (y->scope && !y->twin && y->scope != x->scope && y->name && same_word(el, y, x) && same_shape(e, y, x) && rank_of(el, k) == rank_of(el, s)) x->twin = k;
    }
  }
}
