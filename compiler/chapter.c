/* chapter.c: `use CHAPTER;`: files of functions, parameters and institutions, of the library or beside the model. */
#include "../lang/parse.h"
#include "institution.h"
#include <dirent.h>
#include <stdlib.h>

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* The next folder of the library path, which separates them by colons; NULL after the last. */
static const char *folder(const char **rest, size_t *n) {
  const char *at = *rest;
  if (!at) return NULL;
  *n = strcspn(at, ":");
  *rest = at[*n] ? at + *n + 1 : NULL;
  return at;
}

/* Names of chapters in a folder, behind the n that are there. */
static size_t chapters_in(Elab *el, const char *path, const char **name, size_t n, size_t most) {
  DIR *dir = path ? opendir(path) : NULL;
  for (struct dirent *f; dir && n < most && (f = readdir(dir));) {
    size_t len = strlen(f->d_name), k = 0;
    if (len <= 5 || strcmp(f->d_name + len - 5, ".econ")) continue;
    while (k < n && (strncmp(name[k], f->d_name, len - 5) || name[k][len - 5])) k++;
    if (k == n && (name[n] = arena_text(el->mem, f->d_name, len - 5))) n++;
  }
  if (dir) closedir(dir);
  return n;
}

static void unknown_chapter(Elab *el, const Ast *item) {
  el->incomplete = 1;
  Diag *d = diag_at(el->cc, SEV_ERROR, "use.unknown", item->span, "neither the library nor the folder of this file has a chapter `%s`", elab_text(el, item->text));
  const char *name[256], *path = el->cc->libpath, *at;
  Str str[256];
  size_t n = 0, len;
  Text t = {0};
  while ((at = folder(&path, &len))) n = chapters_in(el, arena_text(el->mem, at, len), name, n, 256);
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

/* FOLDER/NAME.econ, unless it is the file that asks. */
static const Source *chapter_in(Elab *el, const char *folder, size_t n, Str name) {
  const char *why = NULL;
  Text path = {0};
  text_printf(&path, "%.*s/%s.econ", (int)n, folder, elab_text(el, name));
  const char *own = el->model->source ? el->model->source->path : "";
  const Source *s = path.failed || !strcmp(path.at, own) ? NULL : source_read(el->cc->sources, path.at, &why);
  text_free(&path);
  return s;
}

/* A chapter beside the model comes before one of the library. */
static const Source *find_chapter(Elab *el, Str name) {
  const char *own = el->model->source ? el->model->source->path : "", *slash = strrchr(own, '/');
  const Source *s = slash ? chapter_in(el, own, slash == own ? 1 : (size_t)(slash - own), name) : chapter_in(el, ".", 1, name);
  const char *path = el->cc->libpath, *at;
  size_t n;
  while (!s && (at = folder(&path, &n)))
    if (n) s = chapter_in(el, at, n, name);
  return s;
}

/* Is NAME.econ the file that is being compiled? */
static int is_own(Elab *el, Str name) {
  const char *own = el->model->source ? el->model->source->path : "", *slash = strrchr(own, '/'), *base = slash ? slash + 1 : own;
  size_t n = strlen(elab_text(el, name));
  return !strncmp(base, elab_text(el, name), n) && !strcmp(base + n, ".econ");
}

static void read_chapter(Elab *el, const Ast *item) {
  if (item->nkid) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "use.arguments", item->span, "a chapter takes no arguments: `use` makes its names known and applies nothing");
    diag_hint(el->cc, d, "write `use %s;`, and apply an institution of it by `with NAME(...)`", elab_text(el, item->text));
    return;
  }
  for (uint32_t i = 0; i < el->used.n; i++)
    if (el->used.at[i].name == item->text) {
      if (el->used.at[i].active) diag_at(el->cc, SEV_ERROR, "use.cycle", item->span, "the chapter `%s` uses itself", elab_text(el, item->text));
      return;
    }
  const Source *s = find_chapter(el, item->text);
  if (!s && is_own(el, item->text)) {
    el->incomplete = 1;
    diag_at(el->cc, SEV_ERROR, "use.cycle", item->span, "`%s` is the model itself, which is not a chapter of its own", elab_text(el, item->text));
    return;
  }
  if (!s) {
    unknown_chapter(el, item);
    return;
  }
  uint32_t me = el->used.n;
  VEC_PUSH(el->mem, el->used, (Chapter){item->text, s->id, 1, NULL});
  const Ast *a = econ_parse(el->cc, s);
  if (!a || el->used.n == me) return;
  el->used.at[me].ast = a;
  elab_read_chapters(el, a);
  for (uint32_t i = 0; i < a->nkid; i++)
    if (a->kid[i]->kind == AST_INSTITUTION) institution_define(el, a->kid[i]);
  el->used.at[me].active = 0;
}

void elab_read_chapters(Elab *el, const Ast *file) {
  for (uint32_t i = 0; i < file->nkid; i++)
    for (uint32_t k = 0; file->kid[i]->kind == AST_USE && k < file->kid[i]->nkid; k++)
      if (file->kid[i]->kid[k]->kind == AST_USEITEM) read_chapter(el, file->kid[i]->kid[k]);
}

int elab_read_prelude(Elab *el) {
  const Ast item = {.kind = AST_USEITEM, .text = elab_word(el, "prelude")};
  for (uint32_t i = 0; i < el->used.n; i++)
    if (el->used.at[i].name == item.text) return 1;
  if (!find_chapter(el, item.text)) return 0;
  read_chapter(el, &item);
  return 1;
}

void elab_declare_chapters(Elab *el) {
  for (uint32_t c = 0; c < el->used.n; c++) {
    const Ast *a = el->used.at[c].ast;
    for (uint32_t i = 0; a && i < a->nkid; i++) {
      const Ast *st = a->kid[i];
      if (st->kind == AST_FN) elab_fn_name(el, st, 0);
      else if (st->kind == AST_PARAM) elab_param_names(el, st);
      else if (st->kind != AST_USE && st->kind != AST_ECONOMY && st->kind != AST_ERROR && st->kind != AST_INSTITUTION) {
        Diag *d = diag_at(el->cc, SEV_ERROR, "use.statement", (Span){st->span.file, st->span.begin, st->span.begin + 1}, "a chapter holds functions, parameters and institutions");
        diag_hint(el->cc, d, "what changes an economy stands inside an `institution`");
      }
    }
  }
}
