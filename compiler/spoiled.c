/* spoiled.c: names that stand in text which could not be read. A statement with a syntax error declares nothing, so every later use of
 * its names would be reported as unknown: one mistake would give many messages. Uses of these names are passed over instead. */
#include "elab.h"
#include <ctype.h>
#include <stdlib.h>

static int by_id(const void *a, const void *b) {
  Str x = *(const Str *)a, y = *(const Str *)b;
  return (x > y) - (x < y);
}

static void words(Elab *el, const Source *s, Span at) {
  const char *p = s->text + at.begin, *end = s->text + (at.end < s->size ? at.end : s->size);
  while (p < end) {
    const char *from = p;
    while (p < end && (isalnum((unsigned char)*p) || *p == '_')) p++;
    if (p > from && !isdigit((unsigned char)*from)) VEC_PUSH(el->mem, el->spoiled, str_intern(el->cc->strs, from, (size_t)(p - from)));
    if (p == from) p++;
  }
}

static void collect(Elab *el, const Ast *a) {
  const Source *s = a->kind == AST_ERROR ? source_get(el->cc->sources, a->span.file) : NULL;
  if (s) words(el, s, a->span);
  for (uint32_t i = 0; i < a->nkid; i++)
    if (a->kid[i]) collect(el, a->kid[i]);
}

void elab_collect_spoiled(Elab *el, const Ast *file) {
  collect(el, file);
  if (el->spoiled.n) qsort(el->spoiled.at, el->spoiled.n, sizeof *el->spoiled.at, by_id);
}

int elab_is_spoiled(const Elab *el, Str name) {
  return el->spoiled.n && bsearch(&name, el->spoiled.at, el->spoiled.n, sizeof name, by_id) != NULL;
}
