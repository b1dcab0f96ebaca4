/* arena.h: memory with one owner and one free. Every compilation, economy variant and solution has its own. Depends on nothing.
 * An allocation failure (or the limit) is sticky: arena_get returns NULL from then on and arena_failed() is true; callers check
 * once per pass. An Arena is not shared between threads. */
#ifndef ECON_ARENA_H
#define ECON_ARENA_H
#include <stddef.h>
#include <stdint.h>

typedef struct Arena Arena;

/* Where an arena takes its chunks from: fault injection in tests and the --memory limit. put may be NULL (never freed). */
typedef struct {
  void *(*get)(void *ctx, size_t size);
  void (*put)(void *ctx, void *chunk, size_t size);
  void *ctx;
  size_t limit;                                         /* total bytes, 0 = none */
} Alloc;

Arena *arena_new(const Alloc *a);                       /* a may be NULL: malloc and free; NULL when out of memory */
void *arena_get(Arena *a, size_t size, size_t align);   /* zeroed; NULL once failed */
char *arena_text(Arena *a, const char *s, size_t n);    /* a copy with a terminating NUL */
int arena_failed(const Arena *a);
size_t arena_used(const Arena *a);
void arena_free(Arena *a);                              /* NULL is allowed */

#define ARENA_NEW(a, T) ((T *)arena_get((a), sizeof(T), _Alignof(T)))
#define ARENA_ARRAY(a, T, n) ((T *)arena_get((a), sizeof(T) * (size_t)(n), _Alignof(T)))

/* A vector that grows inside an arena. VEC_PUSH is an lvalue-free statement: VEC_PUSH(arena, vec, value). On failure nothing is
 * added and arena_failed() tells. */
#define VEC(...) struct { __VA_ARGS__ *at; uint32_t n, cap; }
int arena_grow(Arena *a, void **at, uint32_t n, uint32_t *cap, size_t size, size_t align);
#define VEC_PUSH(a, v, ...) \
  do { \
    if (!arena_grow((a), (void **)&(v).at, (v).n, &(v).cap, sizeof *(v).at, _Alignof(max_align_t))) (v).at[(v).n++] = __VA_ARGS__; \
  } while (0)
#endif
