#include "source.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- interned text: an open-addressing table of ids over a vector of entries ---- */
typedef struct { const char *text; size_t size; uint64_t hash; } Entry;
struct Strs { Arena *mem; VEC(Entry) entry; uint32_t *slot; uint32_t slots; };

static uint64_t hash_bytes(const char *s, size_t n) {
  uint64_t h = 0x9E3779B97F4A7C15u ^ n;
  for (; n >= 8; s += 8, n -= 8) {
    uint64_t w;
    memcpy(&w, s, 8);
    h = (h ^ w) * 0xD6E8FEB86659FD93u;
    h ^= h >> 32;
  }
  uint64_t w = 0;
  if (n) memcpy(&w, s, n);
  h = (h ^ w) * 0xD6E8FEB86659FD93u;
  h ^= h >> 29;
  h *= 0xBF58476D1CE4E5B9u;
  return h ^ (h >> 32);
}

Strs *strs_new(Arena *a) {
  Strs *t = ARENA_NEW(a, Strs);
  if (!t) return NULL;
  t->mem = a;
  t->slots = 256;
  t->slot = ARENA_ARRAY(a, uint32_t, t->slots);
  VEC_PUSH(a, t->entry, (Entry){"", 0, 0});             /* id 0 is no text */
  return t->slot && t->entry.n ? t : NULL;
}

static void slots_double(Strs *t) {
  uint32_t slots = t->slots * 2;
  uint32_t *slot = ARENA_ARRAY(t->mem, uint32_t, slots);
  if (!slot) return;
  for (uint32_t id = 1; id < t->entry.n; id++) {
    uint32_t i = (uint32_t)t->entry.at[id].hash & (slots - 1);
    while (slot[i]) i = (i + 1) & (slots - 1);
    slot[i] = id;
  }
  t->slot = slot;
  t->slots = slots;
}

Str str_intern(Strs *t, const char *s, size_t n) {
  uint64_t h = hash_bytes(s, n);
  uint32_t i = (uint32_t)h & (t->slots - 1);
  for (; t->slot[i]; i = (i + 1) & (t->slots - 1)) {
    const Entry *e = &t->entry.at[t->slot[i]];
    if (e->hash == h && e->size == n && !memcmp(e->text, s, n)) return t->slot[i];
  }
  Entry e = {arena_text(t->mem, s, n), n, h};
  if (!e.text) return 0;
  uint32_t id = t->entry.n;
  VEC_PUSH(t->mem, t->entry, e);
  if (t->entry.n == id) return 0;
  t->slot[i] = id;
  if (t->entry.n > t->slots / 2 && t->slots < UINT32_MAX / 2) slots_double(t);
  return t->entry.n > t->slots - 1 ? 0 : id;
}

Str str_of(Strs *t, const char *s) { return str_intern(t, s, strlen(s)); }
const char *str_text(const Strs *t, Str s) { return t->entry.at[s].text; }
size_t str_length(const Strs *t, Str s) { return t->entry.at[s].size; }

/* ---- sources ---- */
struct Sources { Arena *mem; VEC(Source *) list; };

Sources *sources_new(Arena *a) {
  Sources *s = ARENA_NEW(a, Sources);
  if (s) s->mem = a;
  return s;
}

static const size_t SOURCE_LIMIT = (size_t)1 << 31;

/* Takes text that lives in the arena and ends with a NUL behind size. */
static const Source *source_enter(Sources *s, const char *path, const char *text, size_t size) {
  Source *f = ARENA_NEW(s->mem, Source);
  if (!f) return NULL;
  *f = (Source){s->list.n + 1, arena_text(s->mem, path, strlen(path)), text, size};
  VEC_PUSH(s->mem, s->list, f);
  return arena_failed(s->mem) ? NULL : f;
}

const Source *source_text(Sources *s, const char *path, const char *text, size_t size) {
  if (size >= SOURCE_LIMIT) return NULL;
  const char *copy = arena_text(s->mem, text, size);
  return copy ? source_enter(s, path, copy, size) : NULL;
}

/* A stream of unknown length (standard input, a pipe): pieces in a scratch arena, joined once. */
static const Source *read_stream(Sources *s, const char *path, FILE *f, const char **why) {
  enum { PIECE = 1 << 16 };
  typedef struct { char *at; size_t n; } Piece;
  Arena *scratch = arena_new(NULL);
  if (!scratch) { *why = "out of memory"; return NULL; }
  VEC(Piece) piece = {NULL, 0, 0};
  size_t size = 0;
  const Source *out = NULL;
  *why = NULL;
  while (!*why) {
    Piece p = {ARENA_ARRAY(scratch, char, PIECE), 0};
    if (!p.at) { *why = "out of memory"; break; }
    p.n = fread(p.at, 1, PIECE, f);
    if (!p.n) break;
    size += p.n;
    VEC_PUSH(scratch, piece, p);
    if (arena_failed(scratch)) *why = "out of memory";
    else if (size >= SOURCE_LIMIT) *why = "the text is larger than 2 GB";
  }
  if (!*why && ferror(f)) *why = "it cannot be read";
  char *text = *why ? NULL : ARENA_ARRAY(s->mem, char, size + 1);
  if (text) {
    size_t at = 0;
    for (uint32_t i = 0; i < piece.n; at += piece.at[i].n, i++) memcpy(text + at, piece.at[i].at, piece.at[i].n);
    out = source_enter(s, path, text, size);
  }
  if (!out && !*why) *why = "out of memory";
  arena_free(scratch);
  return out;
}

static const Source *read_regular(Sources *s, const char *path, FILE *f, size_t size, const char **why) {
  char *text = ARENA_ARRAY(s->mem, char, size + 1);
  if (!text) { *why = "out of memory"; return NULL; }
  size_t got = fread(text, 1, size, f);
  if (ferror(f)) { *why = "it cannot be read"; return NULL; }
  text[got] = '\0';
  const Source *out = source_enter(s, path, text, got);
  if (!out) *why = "out of memory";
  return out;
}

const Source *source_read(Sources *s, const char *path, const char **why) {
  *why = NULL;
  if (!strcmp(path, "-")) return read_stream(s, path, stdin, why);
  FILE *f = fopen(path, "rb");
  if (!f) { *why = "it does not exist or may not be read"; return NULL; }
  struct stat st;
  const Source *out = NULL;
  if (fstat(fileno(f), &st)) *why = "it cannot be read";
  else if (S_ISDIR(st.st_mode)) *why = "it is a folder";
  else if (!S_ISREG(st.st_mode)) out = read_stream(s, path, f, why);
  else if ((uint64_t)st.st_size >= SOURCE_LIMIT) *why = "the file is larger than 2 GB";
  else out = read_regular(s, path, f, (size_t)st.st_size, why);
  fclose(f);
  return out;
}

const Source *source_get(const Sources *s, uint32_t id) { return id >= 1 && id <= s->list.n ? s->list.at[id - 1] : NULL; }

static int begins_character(char c) { return ((unsigned char)c & 0xC0) != 0x80; }

void source_position(const Source *s, uint32_t byte, unsigned *line, unsigned *column, const char **line_text, size_t *line_size) {
  size_t at = byte < s->size ? byte : s->size, start = at;
  while (start > 0 && s->text[start - 1] != '\n') start--;
  unsigned n = 1, col = 1;
  for (const char *p = s->text, *end = s->text + start; (p = memchr(p, '\n', (size_t)(end - p))); p++) n++;
  for (size_t i = start; i < at; i++) col += begins_character(s->text[i]) ? 1u : 0u;
  const char *stop = memchr(s->text + at, '\n', s->size - at);
  *line = n;
  *column = col;
  *line_text = s->text + start;
  *line_size = (size_t)((stop ? stop : s->text + s->size) - *line_text);
  if (*line_size && (*line_text)[*line_size - 1] == '\r') --*line_size;
}
