/* fmt.h: the formatter's view of a text: tokens with what their spacing depends on. Private to lang/. */
#ifndef ECON_FMT_H
#define ECON_FMT_H
#include "parser.h"

typedef struct {
  int kind;
  uint32_t begin, end;
  uint32_t width;                                       /* in characters, as all columns */
  uint32_t depth;                                       /* blocks around it */
  unsigned starts : 1;                                  /* a statement or an item of a block begins here */
  unsigned block : 1;                                   /* a brace of a block */
  unsigned unary : 1;                                   /* a minus without a left side */
  unsigned head : 1;                                    /* an `@` between a declared name and its nodes */
  unsigned index : 1;                                   /* innermost open bracket is `[` */
  unsigned apart : 1;                                   /* blanks stood before it on its line, */
  unsigned wide : 1;                                    /* two or more of them */
  unsigned ends_cell : 1;                               /* the `)` of an expression cell */
  unsigned whole : 1;                                   /* a number of digits alone */
  uint32_t was;                                         /* its column in the source */
  uint32_t column;                                      /* its column in the output */
  uint32_t group;                                       /* tokens aligned with it: parent in a union-find forest */
} FmtToken;

/* Blanks (0 or 1) between two tokens on one line. before: the one ahead of prev, after: the one behind token; NULL at the ends. */
unsigned fmt_gap(const FmtToken *before, const FmtToken *prev, const FmtToken *token, const FmtToken *after);
int fmt_is_operand(int kind);                           /* an expression can end with it */
int fmt_text(Compilation *c, const Source *s, Text *out);   /* econ_format without the look for errors; 1 when memory failed */
#endif
