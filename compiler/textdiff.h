/* textdiff.h: two texts compared line by line: what only the first has and what only the second has, in order, under the headings they
 * stand beneath. */
#ifndef ECON_TEXTDIFF_H
#define ECON_TEXTDIFF_H
#include "../runtime/text.h"
/* Lines of a alone begin with "- ", lines of b alone with "+ "; a heading is a line that begins in the first column. Returns the number
 * of lines that differ; SIZE_MAX when memory failed. */
size_t text_differences(const char *a, const char *b, Text *out);
#endif
