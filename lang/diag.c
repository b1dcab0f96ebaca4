#include "diag.h"
#include <stdio.h>
#include <string.h>

enum { CAP = 50 };                                      /* a file and severity: what follows is only counted */
typedef struct { uint32_t file; unsigned shown[SEV_ERROR + 1], dropped[SEV_ERROR + 1]; } FileCount;
struct Diags {
  Arena *mem;
  VEC(OriginRec) origin;                                /* entry 0 is no origin */
  VEC(Diag *) list;                                     /* sorted by file, offset; in order of arrival where equal */
  VEC(FileCount) files;
  unsigned errors;
  Diag scratch;                                         /* handed out past the cap and when memory failed */
};

Compilation *compilation_new(Arena *a) {
  Compilation *c = ARENA_NEW(a, Compilation);
  Diags *d = ARENA_NEW(a, Diags);
  if (!c || !d) return NULL;
  d->mem = a;
  VEC_PUSH(a, d->origin, (OriginRec){{0, 0, 0}, BY_SOURCE, 0});
  *c = (Compilation){a, strs_new(a), sources_new(a), d, NULL, 0};
  return arena_failed(a) ? NULL : c;
}

/* ---- origins ---- */
Origin origin_new(Diags *d, Span at, By by, Origin parent) {
  uint32_t n = d->origin.n;
  VEC_PUSH(d->mem, d->origin, (OriginRec){at, by, parent});
  return d->origin.n > n ? n : 0;
}

OriginRec origin_get(const Diags *d, Origin o) { return d->origin.at[o < d->origin.n ? o : 0]; }

Span origin_span(const Diags *d, Origin o) {
  for (; o; o = d->origin.at[o].parent)
    if (d->origin.at[o].span.file) return d->origin.at[o].span;
  return (Span){0, 0, 0};
}

/* ---- adding ---- */
enum { NAME_SHOWN = 60 };                               /* letters of a name that a message shows */

static int is_name_byte(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

/* A name may have any length, and a message is read by people: names much longer than NAME_SHOWN end in dots. */
static void shorten_names(Text *t) {
  size_t to = 0;
  for (size_t i = 0, end; i < t->n; i = end) {
    for (end = i; end < t->n && is_name_byte(t->at[end]);) end++;
    size_t n = end - i, shown = n > NAME_SHOWN + 20 ? NAME_SHOWN : n;
    memmove(t->at + to, t->at + i, shown);
    to += shown;
    if (shown < n) {
      memcpy(t->at + to, "...", 3);
      to += 3;
    }
    if (!n) t->at[to++] = t->at[end++];
  }
  t->n = to;
}

__attribute__((format(printf, 2, 0))) static Str format(Compilation *c, const char *fmt, va_list ap) {
  Text t = {0};
  text_vprintf(&t, fmt, ap);
  if (t.at) shorten_names(&t);
  Str s = t.at ? str_intern(c->strs, t.at, t.n) : 0;
  text_free(&t);
  return s;
}

static FileCount *file_count(Diags *d, uint32_t file) {
  for (uint32_t i = 0; i < d->files.n; i++)
    if (d->files.at[i].file == file) return &d->files.at[i];
  uint32_t n = d->files.n;
  VEC_PUSH(d->mem, d->files, (FileCount){file, {0}, {0}});
  return d->files.n > n ? &d->files.at[n] : NULL;
}

static int span_before(Span a, Span b) { return a.file != b.file ? a.file < b.file : a.begin < b.begin; }
static int span_same(Span a, Span b) { return a.file == b.file && a.begin == b.begin && a.end == b.end; }

static Diag *scratch(Diags *d) {
  d->scratch = (Diag){0};
  return &d->scratch;
}

static Diag *enter(Compilation *c, Diag new) {
  Diags *d = c->diags;
  Span at = origin_span(d, new.at);
  uint32_t lo = 0, hi = d->list.n;
  while (lo < hi) {
    uint32_t mid = (lo + hi) / 2;
    if (span_before(at, origin_span(d, d->list.at[mid]->at))) hi = mid;
    else lo = mid + 1;
  }
  for (uint32_t i = lo; i-- > 0;) {
    Diag *o = d->list.at[i];
    Span there = origin_span(d, o->at);
    if (there.file != at.file || there.begin != at.begin) break;
    if (span_same(there, at) && o->sev == new.sev && o->message == new.message && o->id == new.id) return scratch(d);
  }
  FileCount *f = file_count(d, at.file);
  if (new.sev == SEV_ERROR) d->errors++;
  if (!f || f->shown[new.sev] >= CAP) {
    if (f) f->dropped[new.sev]++;
    return scratch(d);
  }
  Diag *kept = ARENA_NEW(d->mem, Diag);
  if (!kept) return scratch(d);
  *kept = new;
  uint32_t n = d->list.n;
  VEC_PUSH(d->mem, d->list, kept);
  if (d->list.n == n) return scratch(d);
  f->shown[new.sev]++;
  memmove(d->list.at + lo + 1, d->list.at + lo, (n - lo) * sizeof *d->list.at);
  d->list.at[lo] = kept;
  int said = 0;                                         /* by the message's own origin */
  for (Origin o = new.at; o; o = d->origin.at[o].parent) said |= o == c->within;
  if (c->within && !said && !span_same(at, origin_span(d, c->within))) diag_note(c, kept, c->within, "the institution is applied here");
  return kept;
}

Diag *diag_add(Compilation *c, Severity sev, const char *id, Origin at, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  Diag *d = enter(c, (Diag){.sev = sev, .id = id, .at = at, .message = format(c, fmt, ap)});
  va_end(ap);
  return d;
}

Diag *diag_at(Compilation *c, Severity sev, const char *id, Span at, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  Origin o = origin_new(c->diags, at, BY_SOURCE, 0);
  Diag *d = enter(c, (Diag){.sev = sev, .id = id, .at = o, .message = format(c, fmt, ap)});
  va_end(ap);
  return d;
}

int diag_is_shown(const Compilation *c, const Diag *d) { return d != &c->diags->scratch; }

void diag_hint(Compilation *c, Diag *d, const char *fmt, ...) {
  va_list ap;
  if (!diag_is_shown(c, d)) return;
  va_start(ap, fmt);
  d->hint = format(c, fmt, ap);
  va_end(ap);
}

void diag_note(Compilation *c, Diag *d, Origin at, const char *fmt, ...) {
  va_list ap;
  if (!diag_is_shown(c, d)) return;
  va_start(ap, fmt);
  VEC_PUSH(c->mem, d->notes, (DiagNote){at, format(c, fmt, ap)});
  va_end(ap);
}

unsigned diag_errors(const Diags *d) { return d->errors; }
unsigned diag_count(const Diags *d) { return d->list.n; }
const Diag *diag_get(const Diags *d, unsigned i) { return d->list.at[i]; }

/* ---- printing ---- */
enum { WINDOW = 160, BEFORE = 60, TAB = 8 };            /* columns of a long line shown, of them before the caret */

static int continues(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

/* How many bytes the character at s[0..n) has, 0 when it may not be shown as it is. */
static size_t shown_bytes(const char *s, size_t n) {
  unsigned char c = (unsigned char)s[0];
  if (c < 0x20 || c == 0x7F) return 0;
  if (c < 0x80) return 1;
  size_t len = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
  if (c < 0xC2 || c > 0xF4 || len > n) return 0;
  for (size_t i = 1; i < len; i++)
    if (!continues(s[i])) return 0;
  return c == 0xC2 && (unsigned char)s[1] < 0xA0 ? 0 : len;       /* C1 controls */
}

/* The line with tabs widened and what cannot be shown as `?`, and under it ^~~~ from byte `from` to byte `to` of the line. */
static void print_line(Text *out, const char *line, size_t size, size_t from, size_t to) {
  size_t begin = from, chars = 0;
  while (begin > 0 && (chars < BEFORE || continues(line[begin]))) chars += !continues(line[--begin]);
  if (begin < BEFORE) begin = 0;                        /* no cut for the sake of a few */
  Text mark = {0};
  size_t col = 0, i = begin;
  text_put(out, "  ");
  if (begin > 0) { text_put(out, "..."); text_put(&mark, "   "); }
  while (i < size && col < WINDOW) {
    size_t n = shown_bytes(line + i, size - i), width = line[i] == '\t' ? TAB - col % TAB : 1;
    for (size_t k = 0; k < width; k++) {
      if (line[i] == '\t') text_put(out, " ");
      else if (n) text_add(out, line + i, n);
      else text_put(out, "?");
      if (i < to || i == from) text_put(&mark, i < from ? " " : i == from && !k ? "^" : "~");
    }
    col += width;
    i += n ? n : 1;
  }
  if (i < size) text_put(out, "...");
  if (from >= size) text_put(&mark, "^");
  text_put(out, "\n  ");
  if (mark.at) text_add(out, mark.at, mark.n);
  text_put(out, "\n");
  text_free(&mark);
}

static const char *severity_word(Severity s) { return s == SEV_ERROR ? "error" : s == SEV_WARNING ? "warning" : "note"; }

static void print_at(const Compilation *c, Span at, const char *word, const char *message, const char *id, Text *out) {
  const Source *s = source_get(c->sources, at.file);
  unsigned line = 0, column = 0;
  const char *text = NULL;
  size_t size = 0;
  if (s) {
    source_position(s, at.begin, &line, &column, &text, &size);
    text_printf(out, "%s:%u:%u: ", strcmp(s->path, "-") ? s->path : "<stdin>", line, column);
  }
  text_printf(out, "%s: ", word);
  text_put(out, message);
  if (id) text_printf(out, " [%s]", id);
  text_put(out, "\n");
  if (!s) return;
  size_t from = (size_t)(s->text + (at.begin < s->size ? at.begin : s->size) - text);
  size_t to = from + (at.end > at.begin ? at.end - at.begin : 1);
  print_line(out, text, size, from < size ? from : size, to < size ? to : size);
}

/* `by` says how a record came from its parent, so the place of a use or a call is the parent's; a record that is itself the
 * place of a use is understood too. */
static void print_chain(const Compilation *c, Origin o, Text *out) {
  Span last = origin_span(c->diags, o);
  By by = BY_SOURCE;
  for (unsigned steps = 0; o && steps < 64; steps++) {
    OriginRec r = origin_get(c->diags, o);
    By how = r.by == BY_USE || r.by == BY_CALL ? r.by : by;
    if ((how == BY_USE || how == BY_CALL) && r.span.file && !span_same(r.span, last)) {
      print_at(c, r.span, "note", how == BY_USE ? "the institution is applied here" : "called here", NULL, out);
      last = r.span;
    }
    if (r.span.file) by = BY_SOURCE;
    if (r.by == BY_USE || r.by == BY_CALL) by = r.by;
    o = r.parent;
  }
}

void diag_print(const Compilation *c, const Diag *d, Text *out) {
  print_at(c, origin_span(c->diags, d->at), severity_word(d->sev), str_text(c->strs, d->message), d->id, out);
  if (d->hint) text_printf(out, "  hint: %s\n", str_text(c->strs, d->hint));
  for (uint32_t i = 0; i < d->notes.n; i++)
    print_at(c, origin_span(c->diags, d->notes.at[i].at), "note", str_text(c->strs, d->notes.at[i].text), NULL, out);
  print_chain(c, d->at, out);
}

static void print_dropped(const Compilation *c, const FileCount *f, Text *out) {
  const Source *s = source_get(c->sources, f->file);
  for (int sev = SEV_ERROR; sev >= SEV_NOTE; sev--) {
    unsigned n = f->dropped[sev];
    if (!n) continue;
    text_printf(out, "and %u more %s%s", n, severity_word((Severity)sev), n == 1 ? "" : "s");
    if (s) text_printf(out, " in %s", strcmp(s->path, "-") ? s->path : "<stdin>");
    text_put(out, "\n");
  }
}

void diag_print_all(const Compilation *c, Text *out) {
  for (uint32_t i = 0; i < c->diags->list.n; i++) diag_print(c, c->diags->list.at[i], out);
  for (uint32_t i = 0; i < c->diags->files.n; i++) print_dropped(c, &c->diags->files.at[i], out);
}

/* ---- the nearest name: edits with transpositions, in half units so that case counts half ---- */
enum { LONGEST_NAME = 64 };

static int lower(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }
static int change(char a, char b) { return a == b ? 0 : lower(a) == lower(b) ? 1 : 2; }
static int least(int a, int b) { return a < b ? a : b; }

static int distance(const char *a, size_t na, const char *b, size_t nb) {
  int row[3][LONGEST_NAME + 1], *two = row[0], *one = row[1], *now = row[2];
  for (size_t j = 0; j <= nb; j++) two[j] = one[j] = (int)(2 * j);
  for (size_t i = 1; i <= na; i++) {
    now[0] = (int)(2 * i);
    for (size_t j = 1; j <= nb; j++) {
      now[j] = least(least(one[j], now[j - 1]) + 2, one[j - 1] + change(a[i - 1], b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = least(now[j], two[j - 2] + 2);
    }
    int *spare = two;
    two = one;
    one = now;
    now = spare;
  }
  return one[nb];
}

/* A letter that is in one name alone costs an edit, so that most candidates need no table of distances. */
static int least_distance(const char *a, size_t na, const char *b, size_t nb) {
  unsigned char in_a[32] = {0}, in_b[32] = {0};
  int missing = 0, extra = 0;
  for (size_t i = 0; i < na; i++) in_a[a[i] & 31] = 1;
  for (size_t i = 0; i < nb; i++) in_b[b[i] & 31] = 1;
  for (int i = 0; i < 32; i++) {
    missing += in_a[i] > in_b[i];
    extra += in_b[i] > in_a[i];
  }
  int longer = na > nb ? (int)(na - nb) : (int)(nb - na), letters = missing > extra ? missing : extra;
  return 2 * (longer > letters ? longer : letters);
}

Str diag_nearest(const Strs *t, const char *name, const Str *candidate, size_t n) {
  size_t length = strlen(name);
  if (length > LONGEST_NAME) return 0;
  int allowed = length < 2 ? 1 : 2 * (length / 3 > 1 ? (int)(length / 3) : 1);   /* any letter is as near to another as the next */
  Str best = 0;
  for (size_t i = 0; i < n; i++) {
    size_t m = str_length(t, candidate[i]);
    if (!m || m > LONGEST_NAME) continue;
    const char *other = str_text(t, candidate[i]);
    if (least_distance(name, length, other, m) > allowed) continue;
    int d = distance(name, length, other, m);
    if (d > 0 && (d < allowed || (d == allowed && (!best || candidate[i] < best)))) { allowed = d; best = candidate[i]; }
  }
  return best;
}
