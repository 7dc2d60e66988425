/* json.c: see json.h. */
#include "json.h"

static void
json_end(void *j)
{
	json_decref(j);
}

static json_t *
held(json_t *j)
{
	if (!j)
		milc_nomem();
	guard_hold(json_end, j);
	return j;
}

json_t *
json_new_object(void)
{
	return held(json_object());
}

json_t *
json_new_list(void)
{
	return held(json_array());
}

static bool
is_utf8(const char *s, size_t n)
{
	uint32_t cp;

	for (size_t i = 0; i < n;) {
		i += utf8_next(s + i, n - i, &cp);
		if (cp == UTF8_BAD)
			return false;
	}
	return true;
}

json_t *
json_words(const char *s)
{
	if (!s)
		return json_null();
	return json_string(is_utf8(s, strlen(s)) ? s : "?");
}

/* It is about to be a part of another, or gone. */
static void
let_go(json_t *v)
{
	if (!v)
		milc_nomem();
	if (json_is_object(v) || json_is_array(v))
		guard_drop_last(json_end, v);
}

void
json_member(json_t *o, const char *key, json_t *v)
{
	let_go(v);
	if (json_object_set_new(o, key, v) < 0)
		milc_nomem();
}

void
json_item(json_t *list, json_t *v)
{
	let_go(v);
	if (json_array_append_new(list, v) < 0)
		milc_nomem();
}

/* Not through a callback: what jansson holds meanwhile would be lost if that found no memory. */
void
json_put(Buf *b, const json_t *j, size_t flags)
{
	size_t n = json_dumpb(j, NULL, 0, flags);

	buf_reserve(b, n);
	if (!n || json_dumpb(j, b->at + b->n, n, flags) != n)
		milc_nomem();
	b->n += n;
	b->at[b->n] = 0;
}

void
json_put_words(Buf *b, const char *s, size_t flags)
{
	json_t *j = held(json_words(s));

	json_put(b, j, flags | JSON_ENCODE_ANY);
	guard_drop_last(json_end, j);
	json_decref(j);
}

void
json_drop(json_t *j)
{
	let_go(j);
	json_decref(j);
}
