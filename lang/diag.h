/* diag.h: where things come from, and what is said about them. Used by lang/ and compiler/ alone. */
#ifndef ECON_DIAG_H
#define ECON_DIAG_H
#include "../runtime/text.h"
#include "source.h"

/* Everything derived keeps a chain: condition <- first-order condition of (objective) <- institution line <- the `with` that wove it in. */
typedef uint32_t Origin;                                /* 0 = none */
typedef enum { BY_SOURCE, BY_USE, BY_CALL, BY_KKT, BY_MARKET, BY_RIGHTS, BY_PLANNER, BY_RECURSIVE, BY_LOWER } By;
typedef struct { Span span; By by; Origin parent; } OriginRec;

typedef enum { SEV_NOTE, SEV_WARNING, SEV_ERROR } Severity;
typedef struct { Origin at; Str text; } DiagNote;
typedef struct Diag {
  Severity sev;
  const char *id;                                       /* static: "names.unknown"; names the page docs/diagnostics.md#ID */
  Origin at;
  Str message, hint;                                    /* plain sentences; hint 0 where there is none */
  VEC(DiagNote) notes;
} Diag;
typedef struct Diags Diags;                             /* capped at 50 a file, the rest counted */

/* One compilation: what every front-end function is given. Owned by its arena. */
typedef struct Compilation {
  Arena *mem;
  Strs *strs;
  Sources *sources;
  Diags *diags;
  const char *libpath;                                  /* folders of the library, separated by colons, searched in order; or NULL */
  Origin within;                                        /* where the institution whose text is being read was applied; 0: none. Diagnostics get a note of it */
} Compilation;
Compilation *compilation_new(Arena *a);

Origin origin_new(Diags *d, Span at, By by, Origin parent);
OriginRec origin_get(const Diags *d, Origin o);
Span origin_span(const Diags *d, Origin o);             /* the innermost span of the chain that is not empty */

/* Adds a diagnostic; never NULL (past the cap a scratch one is returned and only counted). Identical ones at one place are merged. */
Diag *diag_add(Compilation *c, Severity sev, const char *id, Origin at, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
Diag *diag_at(Compilation *c, Severity sev, const char *id, Span at, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
int diag_is_shown(const Compilation *c, const Diag *d);  /* 0: past the cap, so that nothing need be added to it */
void diag_hint(Compilation *c, Diag *d, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void diag_note(Compilation *c, Diag *d, Origin at, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
unsigned diag_errors(const Diags *d);
unsigned diag_count(const Diags *d);                    /* all severities */
const Diag *diag_get(const Diags *d, unsigned i);       /* sorted by file, offset */

/* model.econ:12:7: error: sentence [id] / the line / a caret under the span / hint: ... / notes with their own lines */
void diag_print(const Compilation *c, const Diag *d, Text *out);
void diag_print_all(const Compilation *c, Text *out);   /* and "and N more in FILE" */

/* The nearest of n candidate names, or 0: edit distance at most max(1, length/3), where case counts half and is all in which names of
 * one letter may differ. Of several equally near the one that the text mentions first. */
Str diag_nearest(const Strs *t, const char *name, const Str *candidate, size_t n);
#endif
