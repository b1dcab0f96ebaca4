/* grammar.h: what the grammar calls when a token does not fit. Private to lang/. */
#ifndef ECON_GRAMMAR_H
#define ECON_GRAMMAR_H
#include "parser.h"
/* The last token given (at its place; `ended` at the end of the text) does not fit; the n tokens that would are named as in econ.y. */
void grammar_error(Parser *P, Loc at, int ended, const char **expected, unsigned n);
#endif
