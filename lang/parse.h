/* parse.h: text to syntax tree. Reentrant. */
#ifndef ECON_PARSE_H
#define ECON_PARSE_H
#include "ast.h"
/* The tree of a source: never NULL unless memory failed. All errors of the text are reported to c->diags in one run (recovery at
 * `;` and `}`); a tree with errors has AST_ERROR nodes in it. Refuses text that is not UTF-8 or has NUL bytes, and nesting past AST_DEPTH. */
Ast *econ_parse(Compilation *c, const Source *s);
/* The same text in canonical layout, comments kept, idempotent; only white space changes. Returns 0, or 1 when the text has errors. */
int econ_format(Compilation *c, const Source *s, Text *out);
/* One expression, relation or assignment target, as given to -D and --get: "e[lender,c1@now]", "ex.k[lender]". NULL after an error. */
Ast *econ_parse_expression(Compilation *c, const Source *s);
#endif
