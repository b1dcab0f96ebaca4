#include "textdiff.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct { const char *at; size_t n; } Line;
typedef struct { Line *at; size_t n; } Lines;

enum { MOST_CELLS = 40000000 };

static int split(const char *s, Lines *out) {
  size_t n = 1;
  for (const char *c = s; *c; c++) n += *c == '\n';
  out->n = 0;
  out->at = malloc(n * sizeof *out->at);
  if (!out->at) return 1;
  while (*s) {
    const char *end = strchr(s, '\n');
    size_t len = end ? (size_t)(end - s) : strlen(s);
    out->at[out->n++] = (Line){s, len};
    s += len + (end != NULL);
  }
  return 0;
}

static int same(Line a, Line b) { return a.n == b.n && !memcmp(a.at, b.at, a.n); }

static int is_heading(Line a) { return a.n && *a.at != ' '; }

typedef struct { Text *out; const Line *heading, *shown; size_t changes; } Writer;

static void say(Writer *w, char mark, const Line *l) {
  if (w->heading && w->heading != w->shown && l != w->heading) {
    text_printf(w->out, "  %.*s\n", (int)w->heading->n, w->heading->at);
    w->shown = w->heading;
  }
  text_printf(w->out, "%c %.*s\n", mark, (int)l->n, l->at);
  if (is_heading(*l)) w->shown = w->heading = l;
  w->changes++;
}

/* The longest common subsequence by dynamic programming between the common head and tail (Wagner and Fischer 1974). */
size_t text_differences(const char *a, const char *b, Text *out) {
  Lines x = {0}, y = {0};
  Writer w = {.out = out};
  size_t head = 0, tail = 0, result = SIZE_MAX;
  uint32_t *length = NULL;
  if (split(a, &x) || split(b, &y)) goto done;
  while (head < x.n && head < y.n && same(x.at[head], y.at[head])) head++;
  while (tail < x.n - head && tail < y.n - head && same(x.at[x.n - 1 - tail], y.at[y.n - 1 - tail])) tail++;
  size_t m = x.n - head - tail, n = y.n - head - tail, width = n + 1, i = 0, j = 0;
  int small = (m + 1) * width <= MOST_CELLS;
  if (small && !(length = calloc((m + 1) * width, sizeof *length))) goto done;
  for (size_t p = m; small && p-- > 0;)
    for (size_t q = n; q-- > 0;) {
      uint32_t down = length[(p + 1) * width + q], right = length[p * width + q + 1];
      length[p * width + q] = same(x.at[head + p], y.at[head + q]) ? length[(p + 1) * width + q + 1] + 1 : down > right ? down : right;
    }
  for (size_t k = 0; k < head; k++)
    if (is_heading(x.at[k])) w.heading = &x.at[k];
  while (i < m || j < n) {
    if (i < m && j < n && small && same(x.at[head + i], y.at[head + j])) {
      if (is_heading(x.at[head + i])) w.heading = &x.at[head + i];
      i++, j++;
    } else if (i < m && (j == n || !small || length[(i + 1) * width + j] >= length[i * width + j + 1])) say(&w, '-', &x.at[head + i++]);
    else say(&w, '+', &y.at[head + j++]);
  }
  result = out->failed ? SIZE_MAX : w.changes;
done:
  free(length);
  free(x.at);
  free(y.at);
  return result;
}
