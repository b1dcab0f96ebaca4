#include "text.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int room(Text *t, size_t more) {
  if (t->failed) return 0;
  if (t->cap - t->n > more) return 1;
  size_t cap = t->cap ? t->cap : 64;
  while (cap - t->n <= more) {
    if (cap > (size_t)-1 / 2) { t->failed = 1; return 0; }
    cap *= 2;
  }
  char *at = realloc(t->at, cap);
  if (!at) { t->failed = 1; return 0; }
  t->at = at;
  t->cap = cap;
  return 1;
}

void text_drain(Text *t) {
  if (!t->drain || !t->n) return;
  if (t->failed || t->drain(t->ctx, t->at, t->n)) t->failed = 1;
  t->n = 0;
  t->at[0] = 0;
}

static int room_after(Text *t, size_t more) {
  if (t->drain && t->n >= TEXT_DRAIN) text_drain(t);
  return room(t, more);
}

void text_add(Text *t, const char *s, size_t n) {
  if (!room_after(t, n)) return;
  if (n) memcpy(t->at + t->n, s, n);
  t->at[t->n += n] = 0;
}

void text_put(Text *t, const char *s) { text_add(t, s, strlen(s)); }

void text_vprintf(Text *t, const char *fmt, va_list ap) {
  va_list again;
  va_copy(again, ap);
  int n = vsnprintf(NULL, 0, fmt, ap);
  if (n < 0) t->failed = 1;
  else if (room_after(t, (size_t)n)) {
    vsnprintf(t->at + t->n, (size_t)n + 1, fmt, again);
    t->n += (size_t)n;
  }
  va_end(again);
}

void text_printf(Text *t, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  text_vprintf(t, fmt, ap);
  va_end(ap);
}

void text_number(Text *t, double x) {
  char s[40];
  if (x == 0) x = 0;                                    /* never "-0" */
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(s, sizeof s, "%.*g", digits, x);
    if (isnan(x) || strtod(s, NULL) == x) break;
  }
  text_put(t, s);
}

void text_digits(Text *t, double x, int digits) {
  if (x == 0) x = 0;
  text_printf(t, "%.*g", digits, x);
}

void text_apart(Text *a, double x, Text *b, double y) {
  char s[40], t[40];
  if (x == 0) x = 0;
  if (y == 0) y = 0;
  for (int digits = 10; digits <= 17; digits++) {
    snprintf(s, sizeof s, "%.*g", digits, x);
    snprintf(t, sizeof t, "%.*g", digits, y);
    if (strcmp(s, t) || x == y) break;
  }
  text_put(a, s);
  text_put(b, t);
}

void text_free(Text *t) {
  free(t->at);
  *t = (Text){0};
}
