/* sweep_journal.c: see sweep_journal.h. */
#include "sweep_journal.h"
#include "econ.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char MAGIC[] = "econc journal of sweeps, format 2\n";
enum { MARK = 0x6a6e6c31 };                             /* before every record */

typedef struct { uint32_t mark, sweep, point, size; uint64_t sum; } Record;   /* sum: over the three numbers before it and the bytes after it */
typedef struct { uint32_t sweep, point; size_t at; uint32_t size; } Entry;

struct Journal { Compilation *cc; int file; const char *path; char *text; size_t size; VEC(Entry) entry; uint32_t *slot, nslot; int failed; };

static uint64_t fnv(uint64_t h, const void *at, size_t n) {
  const unsigned char *c = at;
  for (size_t i = 0; i < n; i++) h = (h ^ c[i]) * 0x100000001b3u;
  return h;
}

static uint64_t record_sum(const Record *r, const char *bytes) {
  uint64_t h = fnv(0xcbf29ce484222325u, &r->sweep, sizeof r->sweep);
  h = fnv(h, &r->point, sizeof r->point);
  h = fnv(h, &r->size, sizeof r->size);
  return fnv(h, bytes, r->size);
}

/* ---- what the results depend on ---- */

static int is_given(const char *path, const char *as) { return !strcmp(path, as); }

/* One line for each thing; the word before the colon is what is said to differ. */
static void identity(Compilation *cc, uint64_t seed, int cold, Text *out) {
  uint64_t model = 0, files = 0xcbf29ce484222325u;
  Text define = {0};
  for (uint32_t i = 1;; i++) {
    const Source *s = source_get(cc->sources, i);
    if (!s) break;
    if (is_given(s->path, "--get")) continue;
    if (is_given(s->path, "-D")) text_printf(&define, " %s", s->text);
    else if (!model) model = fnv(0xcbf29ce484222325u, s->text, s->size);
    else if (i > 1) files = fnv(files, s->text, s->size);
  }
  text_put(out, MAGIC);
  text_printf(out, "version of econc: %s\n", ECON_VERSION);
  text_printf(out, "text of the model: %016llx\n", (unsigned long long)model);
  text_printf(out, "text of a file that the model reads: %016llx\n", (unsigned long long)files);
  text_printf(out, "-D:%s\n", define.at ? define.at : "");
  text_printf(out, "--seed: %llu\n", (unsigned long long)seed);
  text_printf(out, "--cold: %s\n\n", cold ? "yes" : "no");
  text_free(&define);
}

static size_t line_end(const char *t, size_t size, size_t at) {
  while (at < size && t[at] != '\n') at++;
  return at < size ? at + 1 : at;
}

/* What differs between the head of the file and that of this run, for people; NULL: nothing. */
static const char *difference(const Journal *j, const Text *head, char *word, size_t nword) {
  size_t magic = strlen(MAGIC);
  if (j->size < magic || memcmp(j->text, MAGIC, magic)) return "it is not a journal of a sweep";
  for (size_t a = magic, b = magic; b < head->n;) {
    size_t ae = line_end(j->text, j->size, a), be = line_end(head->at, head->n, b);
    if (ae - a != be - b || memcmp(j->text + a, head->at + b, be - b)) {
      const char *colon = memchr(head->at + b, ':', be - b);
      if (!colon) return "its head is damaged";
      snprintf(word, nword, "it belongs to another run: the %.*s differs", (int)(colon - (head->at + b)), head->at + b);
      return word;
    }
    a = ae;
    b = be;
  }
  return NULL;
}

/* ---- reading ---- */

static int whole_at(const Journal *j, size_t at, Record *r) {
  if (j->size - at < sizeof *r) return 0;
  memcpy(r, j->text + at, sizeof *r);
  return r->mark == MARK && r->size <= j->size - at - sizeof *r && record_sum(r, j->text + at + sizeof *r) == r->sum;
}

/* Records from `at` on; where the sound ones end. */
static size_t read_records(Journal *j, size_t at, Arena *mem) {
  Record r;
  while (at < j->size && whole_at(j, at, &r)) {
    VEC_PUSH(mem, j->entry, (Entry){r.sweep, r.point, at + sizeof r, r.size});
    at += sizeof r + r.size;
  }
  return at;
}

/* Does a sound record stand anywhere after a broken one? Then the file was not cut off but damaged. */
static int sound_after(const Journal *j, size_t at) {
  Record r;
  for (size_t k = at + 1; k + sizeof r <= j->size; k++)
    if (whole_at(j, k, &r)) return 1;
  return 0;
}

static int read_all(Journal *j) {
  struct stat st;
  if (fstat(j->file, &st)) return 1;
  j->size = (size_t)st.st_size;
  if (!(j->text = malloc(j->size + 1))) return 1;
  for (size_t n = 0; n < j->size;) {
    ssize_t k = read(j->file, j->text + n, j->size - n);
    if (k < 0 && errno == EINTR) continue;
    if (k <= 0) { j->size = n; break; }
    n += (size_t)k;
  }
  j->text[j->size] = 0;
  return 0;
}

static int write_all(int file, const char *at, size_t n) {
  while (n) {
    ssize_t k = write(file, at, n);
    if (k < 0 && errno == EINTR) continue;
    if (k <= 0) return 1;
    at += k;
    n -= (size_t)k;
  }
  return 0;
}

/* ---- looking up ---- */

static uint32_t slot_of(const Journal *j, uint32_t sweep, uint32_t point) {
  uint64_t h = (sweep * 0x9e3779b97f4a7c15u) ^ (point * 0xff51afd7ed558ccdu);
  return (uint32_t)(h >> 32) & (j->nslot - 1);
}

static int index_entries(Journal *j, Arena *mem) {
  for (j->nslot = 16; j->nslot < 2 * j->entry.n + 2; j->nslot *= 2) {}
  if (!(j->slot = ARENA_ARRAY(mem, uint32_t, j->nslot))) return 1;
  for (uint32_t i = 0; i < j->entry.n; i++) {
    uint32_t s = slot_of(j, j->entry.at[i].sweep, j->entry.at[i].point);
    while (j->slot[s]) s = (s + 1) & (j->nslot - 1);
    j->slot[s] = i + 1;
  }
  return 0;
}

const char *journal_find(const Journal *j, uint32_t sweep, uint32_t point, size_t *n) {
  for (uint32_t s = slot_of(j, sweep, point); j->slot[s]; s = (s + 1) & (j->nslot - 1)) {
    const Entry *e = &j->entry.at[j->slot[s] - 1];
    if (e->sweep != sweep || e->point != point) continue;
    *n = e->size;
    return j->text + e->at;
  }
  return NULL;
}

/* ---- opening and writing ---- */

static Journal *refuse(Journal *j, const char *id, const char *why, const char *hint) {
  Diag *d = diag_add(j->cc, SEV_ERROR, id, 0, "%s cannot be resumed: %s", j->path, why);
  if (hint) diag_hint(j->cc, d, "%s", hint);
  journal_close(j);
  return NULL;
}

Journal *journal_open(Compilation *cc, const char *path, uint64_t seed, int cold) {
  Journal *j = ARENA_NEW(cc->mem, Journal);
  Text head = {0};
  char word[160];
  if (!j) return NULL;
  *j = (Journal){.cc = cc, .path = arena_text(cc->mem, path, strlen(path))};
  if ((j->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666)) < 0) return refuse(j, "journal.file", strerror(errno), NULL);
  if (flock(j->file, LOCK_EX | LOCK_NB)) return refuse(j, "journal.busy", "another run is writing to it", NULL);
  if (read_all(j)) return refuse(j, "journal.file", "it cannot be read", NULL);
  identity(cc, seed, cold, &head);
  int unfinished = j->size < head.n && !memcmp(j->text, head.at, j->size);      /* new, or killed while the head was written */
  const char *why = unfinished ? NULL : difference(j, &head, word, sizeof word);
  size_t end = unfinished ? 0 : why ? 0 : read_records(j, head.n, cc->mem);
  if (!why && !unfinished && end < j->size && sound_after(j, end)) why = "it is damaged: a record in its middle does not have its checksum";
  if (why) {
    text_free(&head);
    return refuse(j, why == word ? "journal.differs" : "journal.damaged", why, why == word ? "give another file to start anew, or the options of the run that wrote it" : "give another file to start anew");
  }
  int bad = ftruncate(j->file, (off_t)end) || lseek(j->file, 0, SEEK_END) < 0 || (unfinished && write_all(j->file, head.at, head.n));
  text_free(&head);
  if (bad) return refuse(j, "journal.file", strerror(errno), NULL);
  if (index_entries(j, cc->mem)) { journal_close(j); return NULL; }
  return j;
}

void journal_close(Journal *j) {
  if (!j) return;
  free(j->text);
  j->text = NULL;
  if (j->file >= 0) close(j->file);
  j->file = -1;
}

int journal_file(const Journal *j) { return j->file; }

int journal_add(Journal *j, uint32_t sweep, uint32_t point, const char *bytes, size_t n) {
  Record r = {MARK, sweep, point, (uint32_t)n, 0};
  Text t = {0};
  r.sum = record_sum(&r, bytes);
  text_add(&t, (const char *)&r, sizeof r);
  text_add(&t, bytes, n);
  if (!j->failed && (t.failed || write_all(j->file, t.at, t.n))) {
    j->failed = 1;
    diag_add(j->cc, SEV_WARNING, "journal.full", 0, "%s could not be written (%s): points solved from here on are not in it", j->path, strerror(errno));
  }
  text_free(&t);
  return j->failed;
}
