/* json.h: objects of jansson that the guard of a call releases should it not come to its end. */
#ifndef MILC_JSON_H
#define MILC_JSON_H

#include <jansson.h>

#include "base/base.h"

static inline void
json_end(void *j)
{
	json_decref(j);
}

/* j, until json_drop() in the same file; without j there was no memory for it. */
static inline json_t *
json_held(json_t *j)
{
	if (!j)
		milc_nomem();
	guard_hold(json_end, j);
	return j;
}

static inline int
json_append(const char *s, size_t n, void *b)
{
	buf_put(b, s, n);
	return 0;
}

/* The text of j behind b; flags as json_dump_callback() takes them. */
static inline void
json_put(Buf *b, const json_t *j, size_t flags)
{
	if (json_dump_callback(j, json_append, b, flags) < 0)
		milc_nomem();
}

/* A text of anybody's: null for 0, "?" for what is no UTF-8. */
static inline json_t *
json_words(const char *s)
{
	json_t *j = s ? json_string(s) : json_null();
	return j ? j : json_string("?");
}

/* v becomes o's, or the end of a list's; without v there was no memory for it. */
static inline void
json_member(json_t *o, const char *key, json_t *v)
{
	if (!v || json_object_set_new(o, key, v) < 0)
		milc_nomem();
}

static inline void
json_item(json_t *list, json_t *v)
{
	if (!v || json_array_append_new(list, v) < 0)
		milc_nomem();
}

static inline void
json_drop(json_t *j)
{
	guard_drop_last(json_end, j);
	json_decref(j);
}

#endif
