/* print.h: names of bound index variables while something is printed: the same variable keeps one name, two variables in scope never
 * share one. */
#ifndef ECON_PRINT_H
#define ECON_PRINT_H
#include "economy.h"

typedef struct { IdxId v; char name[40]; int node; } ShownName;
typedef struct { const Economy *e; Text *out; int latex; SymId owner /* the class whose names go without saying */; ShownName *at; uint32_t n, cap; } Printer;
Printer printer_new(const Economy *, Text *out, int latex);
void printer_free(Printer *);
const char *printer_bind(Printer *, IdxId);             /* enters the scope of a variable; its name there */
void printer_drop(Printer *, uint32_t n);               /* leaves all but the first n scopes */
void print_expr(Printer *, const Expr *);
void print_cond(Printer *, const Expr *);
void print_ix(Printer *, Ix);
void print_name(Printer *, Str);                        /* as it is, or as mathematics: theta becomes a Greek letter */
void print_ref(Printer *, SymId, const Ix *, uint32_t n);
#endif
