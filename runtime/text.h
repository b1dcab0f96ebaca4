/* text.h: a growing piece of text, and numbers as text. Depends on nothing. */
#ifndef ECON_TEXT_H
#define ECON_TEXT_H
#include <stdarg.h>
#include <stddef.h>

/* A heap-owned growing string; zero-initialise, text_free when done. `at` is always NUL-terminated once anything was added.
 * failed is sticky. Where drain is set, a text that has grown past TEXT_DRAIN bytes is handed to it and begins anew, so that output of
 * any length needs little memory: drain returns nonzero when it could not take it. text_drain hands over what is left. */
typedef struct { char *at; size_t n, cap; int failed; int (*drain)(void *ctx, const char *s, size_t n); void *ctx; } Text;
enum { TEXT_DRAIN = 1 << 16 };
void text_add(Text *t, const char *s, size_t n);
void text_put(Text *t, const char *s);
void text_printf(Text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(Text *t, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* The shortest decimal that reads back to exactly x ("0.1", "1e-09", "inf", "nan"). */
void text_number(Text *t, double x);
/* x to `digits` significant digits, trailing zeros removed. */
void text_digits(Text *t, double x, int digits);
/* Two numbers for people: ten significant digits each, and as many more as it takes to tell different ones apart. */
void text_apart(Text *a, double x, Text *b, double y);
void text_drain(Text *t);
void text_free(Text *t);
#endif
