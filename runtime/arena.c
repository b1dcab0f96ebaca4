#include "arena.h"
#include <stdlib.h>
#include <string.h>

typedef struct Chunk { struct Chunk *next; size_t size, used; } Chunk;

struct Arena { Alloc alloc; Chunk *head; size_t total; int failed; };

static void *heap_get(void *ctx, size_t size) { (void)ctx; return malloc(size); }
static void heap_put(void *ctx, void *chunk, size_t size) { (void)ctx; (void)size; free(chunk); }

Arena *arena_new(const Alloc *given) {
  Alloc alloc = {heap_get, heap_put, NULL, 0};
  if (given) alloc = *given;
  Arena *a = alloc.get(alloc.ctx, sizeof *a);
  if (!a) return NULL;
  memset(a, 0, sizeof *a);
  a->alloc = alloc;
  return a;
}

enum { FIRST_CHUNK = 1 << 14, LARGEST_STEP = 1 << 24 };

/* Chunks double with what the arena already holds, so that the number of chunks is logarithmic in its size. */
static Chunk *chunk_new(Arena *a, size_t need) {
  size_t size = a->total < FIRST_CHUNK ? FIRST_CHUNK : a->total > LARGEST_STEP ? LARGEST_STEP : a->total;
  if (size < need) size = need;
  size_t whole = sizeof(Chunk) + size;
  if (whole < size || (a->alloc.limit && a->total + whole > a->alloc.limit)) return NULL;
  Chunk *c = a->alloc.get(a->alloc.ctx, whole);
  if (!c) return NULL;
  *c = (Chunk){a->head, size, 0};
  a->head = c;
  a->total += whole;
  return c;
}

void *arena_get(Arena *a, size_t size, size_t align) {
  if (a->failed) return NULL;
  if (size > SIZE_MAX / 2) { a->failed = 1; return NULL; }
  Chunk *c = a->head;
  for (int fresh = 0;; fresh = 1) {
    if (c) {
      uintptr_t base = (uintptr_t)(c + 1), at = (base + c->used + align - 1) & ~(uintptr_t)(align - 1);
      size_t end = (size_t)(at - base) + size;
      if (end <= c->size) {
        c->used = end;
        return memset((void *)at, 0, size);
      }
    }
    if (fresh || !(c = chunk_new(a, size + align))) { a->failed = 1; return NULL; }
  }
}

char *arena_text(Arena *a, const char *s, size_t n) {
  char *t = arena_get(a, n + 1, 1);
  if (t && n) memcpy(t, s, n);
  return t;
}

int arena_grow(Arena *a, void **at, uint32_t n, uint32_t *cap, size_t size, size_t align) {
  if (n < *cap) return 0;
  if (*cap > UINT32_MAX / 2) { a->failed = 1; return 1; }
  uint32_t more = *cap ? *cap * 2 : 8;
  void *fresh = arena_get(a, size * more, align);
  if (!fresh) return 1;
  if (n) memcpy(fresh, *at, size * n);
  *at = fresh;
  *cap = more;
  return 0;
}

int arena_failed(const Arena *a) { return a->failed; }
size_t arena_used(const Arena *a) { return a->total; }

void arena_free(Arena *a) {
  if (!a) return;
  Alloc alloc = a->alloc;
  for (Chunk *c = a->head, *next; c; c = next) {
    next = c->next;
    if (alloc.put) alloc.put(alloc.ctx, c, sizeof *c + c->size);
  }
  if (alloc.put) alloc.put(alloc.ctx, a, sizeof *a);
}
