/* json.h: JSON that is written: objects of jansson, which the guard of a call releases should it
 * not come to its end. Objects and lists are the guard's until they become a part of others.
 * json_tree.h reads.
 */
#ifndef MILC_JSON_H
#define MILC_JSON_H

#include <jansson.h>

#include "base/base.h"

json_t *json_new_object(void);
json_t *json_new_list(void);
/* A text of anybody's: null for 0, "?" for what is no UTF-8. */
json_t *json_words(const char *s);
/* v, a new text or number or one of the above, becomes o's, or the end of a list's. Without v there
 * was no memory for it. */
void json_member(json_t *o, const char *key, json_t *v);
void json_item(json_t *list, json_t *v);
/* The text of j behind b; flags as json_dumpb() takes them. */
void json_put(Buf *b, const json_t *j, size_t flags);
/* A text alone, with quotes around it. */
void json_put_words(Buf *b, const char *s, size_t flags);
/* The end of an object or a list that is part of no other. */
void json_drop(json_t *j);

#endif
