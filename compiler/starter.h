/* starter.h: the model file that `econc new model NAME` writes. */
#ifndef ECON_STARTER_H
#define ECON_STARTER_H
#include "../runtime/text.h"
int starter_is_name(const char *name);                  /* a name of the language's alphabet (reserved words are the parser's business) */
void starter_model(const char *name, Text *out);
#endif
