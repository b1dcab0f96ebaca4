/* starter.h: the files that `econc new` writes. */
#ifndef ECON_STARTER_H
#define ECON_STARTER_H
#include "../runtime/text.h"
int starter_is_name(const char *name);                  /* a name of the language's alphabet (reserved words are the parser's business) */
void starter_model(const char *name, Text *out);
void starter_institution(const char *name, Text *out);  /* a chapter with one institution, and a model that tests it */
void starter_institution_test(const char *name, Text *out);
#endif
