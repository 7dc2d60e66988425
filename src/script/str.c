/* str.c: strings (UTF-8 with a count of code points) and bytes: indexing, slicing, search, order.
 * Everything counts code points; a string that is all ASCII is indexed directly.
 */

#include "core.h"

#define TEXT_MAX ((size_t)1 << 30)

size_t
utf8_decode(const char *s, uint32_t *cp)
{
	unsigned char c = (unsigned char)*s;
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	*cp = n == 1 ? c : c & (0x7fu >> n);
	for (size_t i = 1; i < n; i++)
		*cp = *cp << 6 | (s[i] & 0x3f);
	return n;
}

const char *
utf8_prev(const char *p, const char *start)
{
	for (p--; p > start && utf8_continues(*p); p--)
		;
	return p;
}

const char *
str_at_cp(const StrObj *s, int64_t cp)
{
	const char *p = s->s, *end = s->s + s->len;

	if (s->ncp == s->len)
		return s->s + cp;
	for (; cp > 0 && p < end; cp--) {
		p++;
		while (p < end && utf8_continues(*p))
			p++;
	}
	return p;
}

bool
str_same(Value a, Value b)
{
	return STR_OF(a)->len == STR_OF(b)->len &&
	       !memcmp(STR_OF(a)->s, STR_OF(b)->s, STR_OF(a)->len);
}

/* By code points, which is the order of the UTF-8 bytes. */
int
str_order(Value a, Value b)
{
	uint32_t n = STR_OF(a)->len, m = STR_OF(b)->len;
	int r = memcmp(STR_OF(a)->s, STR_OF(b)->s, MIN(n, m));

	return r ? (r < 0 ? -1 : 1) : n < m ? -1 : n > m;
}

bool
text_room(Interp *in, Buf *b)
{
	if (interp_room(in, b->n > TEXT_MAX ? SIZE_MAX : b->n))
		return true;
	buf_free(b);
	return false;
}

/* A string or bytes of n bytes, to be filled in by the caller, with room for more. */
static bool
text_new(Interp *in, VKind kind, size_t n, size_t more, Value *out)
{
	StrObj *o;

	/* over TEXT_MAX is over any limit, and reported as that */
	if (!interp_room(in, n > TEXT_MAX ? SIZE_MAX : n + more))
		return false;
	o = interp_alloc(in, kind, sizeof *o + n + more + 1);
	o->len = o->ncp = (uint32_t)n;
	o->room = (uint32_t)(n + more);
	o->s[n] = 0;
	*out = vobj(o);
	return true;
}

bool
str_room(Interp *in, size_t n, Value *out)
{
	return text_new(in, V_STR, n, 0, out);
}

bool
str_concat(Interp *in, Value a, Value b, size_t more, Value *out)
{
	StrObj *x = STR_OF(a), *y = STR_OF(b);

	if (!text_new(in, a.kind, (size_t)x->len + y->len, more, out))
		return false;
	memcpy(STR_OF(*out)->s, x->s, x->len);
	memcpy(STR_OF(*out)->s + x->len, y->s, y->len);
	STR_OF(*out)->ncp = x->ncp + y->ncp;
	return true;
}

bool
str_append(Interp *in, Value a, Value b, Value *out)
{
	StrObj *x = STR_OF(a), *y = STR_OF(b);
	size_t more;

	if (x->alone == STR_ALONE && x->room - x->len >= y->len) {
		memcpy(x->s + x->len, y->s, y->len);
		x->len += y->len;
		x->ncp += y->ncp;
		x->s[x->len] = 0;
		x->hash = 0;
		*out = a;
		return true;
	}
	/* double from the second time on */
	more = x->alone == STR_ALONE ? MIN((size_t)x->len + y->len, TEXT_MAX / 2) : 0;
	if (!str_concat(in, a, b, more, out))
		return false;
	STR_OF(*out)->alone = STR_ALONE;
	return true;
}

bool
str_repeat(Interp *in, Value a, Value n, Value *out, Span at)
{
	StrObj *x = STR_OF(a);
	int64_t times;

	if (!repeat_count(in, n, x->len, 1, &times, at) ||
	    !text_new(in, a.kind, (size_t)times * x->len, 0, out))
		return false;
	for (int64_t i = 0; i < times; i++)
		memcpy(STR_OF(*out)->s + i * x->len, x->s, x->len);
	STR_OF(*out)->ncp = (uint32_t)(times * x->ncp);
	return true;
}

bool
str_getitem(Interp *in, Value v, Value key, Value *out, Span at)
{
	StrObj *s = STR_OF(v);
	int64_t i, stop, step, n;
	const char *p;
	uint32_t cp;
	Buf b = {0};

	/* characters are counted from the start unless all have one byte */
	if (s->ncp != s->len && !interp_steps(in, s->len / 256))
		return false;
	if (key.kind != V_SLICE) {
		if (!seq_index(in, key, s->ncp, "string", &i, at))
			return false;
		p = str_at_cp(s, i);
		*out = vstr(in, p, utf8_decode(p, &cp));
		return true;
	}
	if (!slice_bounds(in, key, s->ncp, &i, &stop, &step, &n, at))
		return false;
	if (step == 1) {
		p = str_at_cp(s, i);
		*out = vstr(in, p, n ? (size_t)(str_at_cp(s, i + n) - p) : 0);
		return true;
	}
	for (; n > 0; n--, i += step) {
		if (s->ncp != s->len && !interp_steps(in, s->len / 256)) {
			buf_free(&b);
			return false;
		}
		p = str_at_cp(s, i);
		buf_put(&b, p, utf8_decode(p, &cp));
	}
	*out = vstr_buf(in, &b);
	return true;
}

bool
bytes_getitem(Interp *in, Value v, Value key, Value *out, Span at)
{
	StrObj *s = STR_OF(v);
	int64_t i, stop, step, n;

	if (key.kind != V_SLICE) {
		if (!seq_index(in, key, s->len, "bytes", &i, at))
			return false;
		*out = vint((unsigned char)s->s[i]);
		return true;
	}
	if (!slice_bounds(in, key, s->len, &i, &stop, &step, &n, at) ||
	    !text_new(in, V_BYTES, (size_t)n, 0, out))
		return false;
	for (int64_t k = 0; k < n; k++)
		STR_OF(*out)->s[k] = s->s[i + k * step];
	return true;
}

static const char *
find_last(const char *h, size_t n, const char *needle, size_t k)
{
	uint32_t *back, m = 0; /* Knuth, Morris and Pratt's table for the needle read backwards */
	const char *p, *last = needle + k - 1;

	if (k == 0 || k > n)
		return k ? 0 : h + n;
	back = xmalloc(k * sizeof *back);
	back[0] = 0;
	for (size_t i = 1; i < k; i++) {
		while (m && last[-(ptrdiff_t)i] != last[-(ptrdiff_t)m])
			m = back[m - 1];
		m += last[-(ptrdiff_t)i] == last[-(ptrdiff_t)m];
		back[i] = m;
	}
	m = 0;
	for (p = h + n; m < k && p > h;) {
		p--;
		while (m && *p != last[-(ptrdiff_t)m])
			m = back[m - 1];
		m += *p == last[-(ptrdiff_t)m];
	}
	xfree(back);
	return m == k ? p : 0;
}

const char *
text_find(const char *h, size_t n, const StrObj *text, bool last)
{
	if (last)
		return find_last(h, n, text->s, text->len);
	return text->len == 1 ? memchr(h, text->s[0], n) : memmem(h, n, text->s, text->len);
}

bool
str_contains(Interp *in, Value v, Value item, bool *out, Span at)
{
	char byte;

	if (!interp_steps(in, STR_OF(v)->len / 256))
		return false;
	if (v.kind == V_BYTES && (item.kind == V_INT || item.kind == V_BOOL)) {
		if (item.i < 0 || item.i > 255)
			return fail(in, at, "a byte must be in range(0, 256), found %lld",
			            (long long)item.i);
		byte = (char)item.i;
		*out = memchr(STR_OF(v)->s, byte, STR_OF(v)->len) != 0;
		return true;
	}
	if (item.kind != v.kind)
		return fail(in, at,
		            v.kind == V_STR
		                ? "'in <string>' requires string as left operand, not %s"
		                : "a bytes-like object is required, not '%s'",
		            type_name(item));
	*out = text_find(STR_OF(v)->s, STR_OF(v)->len, STR_OF(item), false) != 0;
	return true;
}
