/* source.h: texts, interned names and positions. A position is bytes; line and column are computed only when printing. */
#ifndef ECON_SOURCE_H
#define ECON_SOURCE_H
#include "../runtime/arena.h"

typedef uint32_t Str;                                   /* interned text, 0 = none; equal id <=> equal bytes */
typedef struct Strs Strs;
Strs *strs_new(Arena *a);                               /* lives in the arena */
Str str_intern(Strs *t, const char *s, size_t n);
Str str_of(Strs *t, const char *s);
const char *str_text(const Strs *t, Str s);             /* "" for 0 */
size_t str_length(const Strs *t, Str s);

typedef struct { uint32_t file, begin, end; } Span;     /* file 0 = none; byte offsets, end exclusive */
typedef struct { uint32_t id; const char *path; const char *text; size_t size; } Source;   /* text is NUL-terminated behind size */
typedef struct Sources Sources;
Sources *sources_new(Arena *a);
/* Reads a file (path "-" is standard input). NULL with *why set to a static sentence on failure. Refuses directories and files of 2 GB and more. */
const Source *source_read(Sources *s, const char *path, const char **why);
const Source *source_text(Sources *s, const char *path, const char *text, size_t size);    /* copies */
const Source *source_get(const Sources *s, uint32_t id);
/* 1-based line and column (columns count Unicode characters); *line_text is the line without its newline. */
void source_position(const Source *s, uint32_t byte, unsigned *line, unsigned *column, const char **line_text, size_t *line_size);
#endif
