/* planted: wrong answers put before the certificate. For each solution of each model: every price off by one part in ten thousand,
 * every multiplier that is not zero set to zero, and the allocations of two types of a class exchanged wherever they differ. The
 * solution itself must be accepted, every plant rejected.
 *
 *     planted [--verbose] FILE...        last line: planted: N passed, N failed, N skipped */
#include "../compiler/econ.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 64, LETTERS = 64, NAME = 256 };
typedef struct { char at[WORDS][LETTERS]; int n; } Words;
typedef struct { int passed, failed, skipped, verbose; } Tally;
typedef struct { Econ *m; const char *file, *solution; size_t n; double *x, *y; char (*name)[NAME]; } Point;

/* A file that shows a mistake has no solution to spoil. */
static int is_refused(const char *path) {
  static const char mark[] = "# expected to be refused:";
  char line[sizeof mark] = "";
  FILE *f = fopen(path, "rb");
  if (!f) return 0;
  if (!fgets(line, sizeof line, f)) line[0] = 0;
  fclose(f);
  return !strcmp(line, mark);
}

static char *read_text(const char *path) {
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  char *text = NULL;
  size_t n = 0, got;
  do {
    char *more = realloc(text, n + 65537);
    if (!more) { free(text); fclose(f); return NULL; }
    text = more;
    n += got = fread(text + n, 1, 65536, f);
  } while (got);
  text[n] = 0;
  fclose(f);
  for (char *p = text; *p; p++)                          /* comments say nothing to us */
    if (*p == '#') while (*p && *p != '\n') *p++ = ' ';
  return text;
}
static int is_word(int c) { return isalnum(c) || c == '_'; }
static const char *take_word(const char *p, char *to) {
  int n = 0;
  while (*p && isspace((unsigned char)*p)) p++;
  for (; is_word((unsigned char)*p); p++)
    if (n < LETTERS - 1) to[n++] = *p;
  to[n] = 0;
  return p;
}
/* Every word that follows `key` in the text. */
static void words_after(const char *text, const char *key, Words *w) {
  size_t k = strlen(key);
  for (const char *p = text; (p = strstr(p, key)); p += k) {
    if ((p > text && is_word((unsigned char)p[-1])) || !isspace((unsigned char)p[k]) || w->n == WORDS) continue;
    take_word(p + k, w->at[w->n]);
    if (w->at[w->n][0]) w->n++;
  }
}
static int has_word(const Words *w, const char *name, size_t n) {
  for (int i = 0; i < w->n; i++)
    if (strlen(w->at[i]) == n && !strncmp(w->at[i], name, n)) return 1;
  return 0;
}

static int accepted(Point *p, const double *x) {
  int yes = 0;
  const char *report = NULL;
  EconExit e = econ_certify(p->m, p->solution, x, &yes, &report);
  return e == ECON_OK ? yes : -1;
}
static void plant(Point *p, Tally *t, const char *what, const char *where) {
  int yes = accepted(p, p->y);
  if (yes == 0) t->passed++; else t->failed++;
  if (yes || t->verbose) printf("%s %s: %s %s: %s\n", p->file, p->solution, what, where, yes == 0 ? "rejected" : yes == 1 ? "ACCEPTED" : "not judged");
  memcpy(p->y, p->x, p->n * sizeof *p->x);
}
static size_t stem(const char *name) { return strcspn(name, "[@"); }
static void plant_singles(Point *p, const Words *price, const Words *multiplier, Tally *t) {
  for (size_t i = 0; i < p->n; i++) {
    size_t k = stem(p->name[i]);
    int zero = !strncmp(p->name[i], "mu_", 3) || has_word(multiplier, p->name[i], k);
    if (zero && fabs(p->x[i]) < 1e-6) { t->skipped++; continue; }
    if (zero) { p->y[i] = 0; plant(p, t, "multiplier zeroed:", p->name[i]); }
    else if (has_word(price, p->name[i], k)) { p->y[i] += 1e-4 * fmax(fabs(p->x[i]), 1e-2); plant(p, t, "price off by 1e-4:", p->name[i]); }
  }
}
/* Exchanges x[a,...] and x[b,...] for all x. */
static void plant_swap(Point *p, const char *a, const char *b, Tally *t) {
  double change = 0;
  size_t la = strlen(a), lb = strlen(b);
  for (size_t i = 0; i < p->n; i++) {
    const char *open = strchr(p->name[i], '[');
    if (!open || strncmp(open + 1, a, la) || is_word((unsigned char)open[1 + la])) continue;
    for (size_t j = 0; j < p->n; j++) {
      const char *other = strchr(p->name[j], '[');
      if (!other || other - p->name[j] != open - p->name[i] || strncmp(p->name[i], p->name[j], (size_t)(open - p->name[i]))) continue;
      if (strncmp(other + 1, b, lb) || strcmp(other + 1 + lb, open + 1 + la)) continue;
      p->y[i] = p->x[j]; p->y[j] = p->x[i];
      change = fmax(change, fabs(p->x[i] - p->x[j]));
    }
  }
  char pair[2 * LETTERS + 8];
  snprintf(pair, sizeof pair, "%s and %s", a, b);
  if (change > 1e-6) plant(p, t, "types exchanged:", pair);
  else { t->skipped++; memcpy(p->y, p->x, p->n * sizeof *p->x); }
}
/* Two neighbours of every set written as a list; names that are no types change nothing. */
static void plant_swaps(Point *p, const char *text, Tally *t) {
  for (const char *s = text; (s = strstr(s, "= {")); s += 3) {
    char a[LETTERS], b[LETTERS];
    const char *q = take_word(s + 3, a);
    if (*q != ',') continue;
    take_word(q + 1, b);
    if (a[0] && b[0] && !isdigit((unsigned char)a[0])) plant_swap(p, a, b, t);
  }
}
static void solution(Point *p, const char *text, const Words *price, const Words *multiplier, Tally *t) {
  p->n = econ_unknowns(p->m, p->solution);
  p->x = calloc(p->n + 1, sizeof *p->x);
  p->y = calloc(p->n + 1, sizeof *p->y);
  p->name = calloc(p->n + 1, sizeof *p->name);
  if (!p->x || !p->y || !p->name || econ_get_vector(p->m, p->solution, p->x)) { t->failed++; printf("%s %s: no vector\n", p->file, p->solution); }
  else {
    for (size_t i = 0; i < p->n; i++) econ_unknown_name(p->m, p->solution, i, p->name[i], sizeof p->name[i]);
    memcpy(p->y, p->x, p->n * sizeof *p->x);
    if (accepted(p, p->x) == 1) t->passed++;
    else { t->failed++; printf("%s %s: the solution itself is not accepted\n", p->file, p->solution); }
    plant_singles(p, price, multiplier, t);
    plant_swaps(p, text, t);
  }
  free(p->x); free(p->y); free(p->name);
}
static void model(const char *file, Tally *t) {
  if (is_refused(file)) {
    t->skipped++;
    return;
  }
  char *text = read_text(file);
  Econ *m = econ_open(NULL);
  if (!text || !m || econ_load_file(m, file) || econ_solve(m)) {
    t->failed++;
    printf("%s: not solved\n%s", file, m ? econ_diagnostics(m) : "");
  } else {
    Words solve = {0}, price = {0}, multiplier = {0};
    words_after(text, "solve", &solve);
    words_after(text, "price", &price);
    words_after(text, "multiplier", &multiplier);
    for (int i = 0; i < solve.n; i++) {
      Point p = {.m = m, .file = file, .solution = solve.at[i]};
      solution(&p, text, &price, &multiplier, t);
    }
  }
  econ_close(m);
  free(text);
}
int main(int argc, char **argv) {
  Tally t = {0};
  for (int i = 1; i < argc; i++)
    if (!strcmp(argv[i], "--verbose")) t.verbose = 1; else model(argv[i], &t);
  printf("planted: %d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped);
  return t.failed || !t.passed;
}
