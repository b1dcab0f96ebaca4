/* scope.c: name lookup by open addressing on (space, name). */
#include "scope.h"

struct Scope { Arena *mem; Named **slot; uint32_t cap, n; };

static uint32_t hash(NameSpace ns, Str name) {
  uint32_t h = name * 2654435761u ^ (uint32_t)ns * 40503u;
  return h ^ h >> 15;
}

static Named **place(const Scope *s, NameSpace ns, Str name) {
  for (uint32_t i = hash(ns, name);; i++) {
    Named **p = &s->slot[i & (s->cap - 1)];
    if (!*p || ((*p)->name == name && (*p)->space == ns)) return p;
  }
}

static int grow(Scope *s) {
  Scope old = *s;
  uint32_t cap = s->cap ? s->cap * 2 : 256;
  Named **slot = ARENA_ARRAY(s->mem, Named *, cap);
  if (!slot) return 1;
  s->slot = slot;
  s->cap = cap;
  for (uint32_t i = 0; i < old.cap; i++)
    if (old.slot[i]) *place(s, old.slot[i]->space, old.slot[i]->name) = old.slot[i];
  return 0;
}

Scope *scope_new(Arena *a) {
  Scope *s = ARENA_NEW(a, Scope);
  if (!s) return NULL;
  s->mem = a;
  return grow(s) ? NULL : s;
}

Named *scope_add(Scope *s, NameSpace ns, Str name, NamedKind kind, SymId sym, SymId owner, Span at) {
  if (s->n * 2 >= s->cap && grow(s)) return NULL;
  Named *n = ARENA_NEW(s->mem, Named);
  if (!n) return NULL;
  *n = (Named){.name = name, .space = ns, .kind = kind, .sym = sym, .owner = owner, .at = at};
  Named **p = place(s, ns, name);
  if (!*p) s->n++;
  while (*p) p = &(*p)->next;
  *p = n;
  return n;
}

Named *scope_find(const Scope *s, NameSpace ns, Str name) { return *place(s, ns, name); }

Named *scope_owned(const Scope *s, NameSpace ns, Str name, SymId owner) {
  Named *n = scope_find(s, ns, name);
  while (n && n->owner != owner) n = n->next;
  return n;
}

Str scope_nearest(const Scope *s, const Strs *t, unsigned spaces, Str name) {
  Str c[256];                                           /* the nearest so far, then the next candidates */
  size_t n = 0;
  for (uint32_t i = 0; i < s->cap; i++) {
    if (!s->slot[i] || !(spaces >> s->slot[i]->space & 1u) || s->slot[i]->name == name) continue;
    if (n == sizeof c / sizeof *c) {
      c[0] = diag_nearest(t, str_text(t, name), c, n);
      n = c[0] != 0;
    }
    c[n++] = s->slot[i]->name;
  }
  return diag_nearest(t, str_text(t, name), c, n);
}
