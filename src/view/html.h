/* html.h: what pages are made of. */
#ifndef MILC_HTML_H
#define MILC_HTML_H

#include <jansson.h>

#include "base/base.h"

/* A text of anybody's between tags, or in an attribute in double quotes. */
void html_text(Buf *b, const char *s);
/* <!DOCTYPE … up to the end of the head: its title, and styles that stand in it. */
void html_head(Buf *b, const char *title, const char *const *css, uint32_t n);
/* A script element with data that a page reads; nothing in it ends the element. Frees it. */
void html_data(Buf *b, const char *id, json_t *data);

#endif
