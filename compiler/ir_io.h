/* ir_io.h: one description of the text form serves writing and reading: every io_ function writes its argument, or fills it. */
#ifndef ECON_IR_IO_H
#define ECON_IR_IO_H
#include "economy.h"

enum { IR_DEPTH = 4000 };
typedef struct {
  int writing, failed;
  Text *out;                                            /* writing */
  const Economy *names;                                 /* writing: names shown beside numbers */
  const Source *src;                                    /* reading */
  size_t pos;
  Compilation *cc;
  Arena *mem;
  uint32_t max_sym, max_idx, depth;
} Io;

void io_fail(Io *, const char *what);
int io_open(Io *, const char *word, int present);       /* "(word": reading, whether it stands here; writing, `present` */
void io_close(Io *);                                    /* ")" */
int io_more(Io *);                                      /* reading: something stands before the ")" */
void io_newline(Io *);
void io_u32(Io *, uint32_t *);
void io_int(Io *, int *);
void io_double(Io *, double *);
void io_string(Io *, Str *);
void io_word(Io *, const char *const *words, uint32_t n, int *which);
int io_absent(Io *, int absent);                        /* "_" for what is not there */
void io_sym(Io *, SymId *);                             /* c#12 */
void io_idx(Io *, IdxId *);                             /* g%3 */
void io_elem(Io *, Elem *);                             /* "wet" or :5 */
void io_ix(Io *, Ix *);
void io_expr(Io *, const Expr **);
#endif
