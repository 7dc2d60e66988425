/* bytes.c: making bytes, and their methods. Indexing and slicing are in str.c. */
#include "core.h"

/* bytes(n), bytes([1, 2]), bytes(b"…") */
bool
bytes_make(Interp *in, Value v, Value *out, Span at)
{
	Buf b = {0};
	Value list;
	int64_t n;
	Big big;

	if (v.kind == V_BYTES) {
		*out = v;
		return true;
	}
	if (v.kind == V_STR)
		return fail(in, at, "bytes() of a str needs an encoding; write s.encode()");
	if (is_index(in, v, &big)) {
		if (big < 0)
			return fail(in, at, "bytes() of a negative count");
		if (big > 1 << 30)
			return fail(in, at, "bytes() of a count that is too large");
		if (!interp_memory(in, (size_t)big))
			return false;
		buf_reserve(&b, (size_t)big + 1);
		for (n = 0; n < (int64_t)big; n++)
			buf_byte(&b, 0);
	} else {
		list = vlist(in, 0, 0);
		if (!list_extend(in, list, v, at))
			return false;
		for (uint32_t i = 0; i < SEQ_OF(list)->n; i++) {
			bool ok = as_int(in, SEQ_OF(list)->at[i], &n, "an item of bytes()", at);
			if (ok && (n < 0 || n > 255))
				ok = fail(in, at, "bytes must be in range(0, 256), item %u is not",
				          i);
			if (!ok) {
				buf_free(&b);
				return false;
			}
			buf_byte(&b, (int)n);
		}
	}
	*out = vbytes(in, b.n ? b.at : "", b.n);
	buf_free(&b);
	return true;
}

NATIVE(bytes_hex)
{
	Buf b = {0};

	for (uint32_t i = 0; i < STR_OF(self)->len; i++)
		buf_printf(&b, "%02x", (unsigned char)STR_OF(self)->s[i]);
	*out = vstr_buf(in, &b);
	return true;
}

/* Says what of the text is not UTF-8, as Python does: the character that begins at i. */
static bool
not_utf8(Interp *in, const char *s, size_t n, size_t i, Span at)
{
	unsigned char c = (unsigned char)s[i], d = i + 1 < n ? (unsigned char)s[i + 1] : 0;
	bool wrong = (c == 0xe0 && d < 0xa0) || (c == 0xed && d > 0x9f) ||
	             (c == 0xf0 && d < 0x90) || (c == 0xf4 && d > 0x8f);
	size_t len = c < 0xc2 || c > 0xf4 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4, k = 1;
	const char *why;

	while (k < len && i + k < n && utf8_continues(s[i + k]) && !(k == 1 && wrong))
		k++;
	why = len == 1     ? "invalid start byte"
	      : i + k == n ? "unexpected end of data"
	                   : "invalid continuation byte";
	if (k > 1)
		return fail(in, at, "'utf-8' codec can't decode bytes in position %zu-%zu: %s", i,
		            i + k - 1, why);
	return fail(in, at, "'utf-8' codec can't decode byte 0x%02x in position %zu: %s", c, i,
	            why);
}

static bool
check_utf8(Interp *in, const char *s, size_t n, Span at)
{
	uint32_t cp;
	size_t step;

	for (size_t i = 0; i < n; i += step) {
		step = utf8_next(s + i, n - i, &cp);
		if (cp == UTF8_BAD)
			return not_utf8(in, s, n, i, at);
	}
	return true;
}

bool
encoding_arg(Interp *in, const Args *args, Value v)
{
	const char *s = v.kind == V_STR ? STR_OF(v)->s : "utf-8";

	return !strcmp(s, "utf-8") || !strcmp(s, "utf8") || !strcmp(s, "ascii") ||
	       fail(in, args->span, "encoding '%.40s' is not supported here; use utf-8", s);
}

bool
byteorder_arg(Interp *in, const Args *args, Value v, bool *little)
{
	const char *s = v.kind == V_STR ? STR_OF(v)->s : v.kind == V_UNSET ? "big" : "";

	*little = !strcmp(s, "little");
	return *little || !strcmp(s, "big") ||
	       fail(in, args->span, "byteorder must be either 'little' or 'big'");
}

NATIVE(bytes_decode)
{
	StrObj *s = STR_OF(self);

	if (!encoding_arg(in, args, args->v[0]))
		return false;
	if (!check_utf8(in, s->s, s->len, args->span))
		return false;
	*out = vstr(in, s->s, s->len);
	return true;
}

NATIVE(bytes_affix)
{
	StrObj *s = STR_OF(self), *a;
	bool end = args_with(args);

	if (args->pos[0].kind != V_BYTES)
		return fail(in, args_at(args, 0), "%s()%.0s takes bytes, not %s", args->fn->name,
		            native_member(args->fn), type_name(args->pos[0]));
	a = STR_OF(args->pos[0]);
	*out =
	    vbool(a->len <= s->len && !memcmp(end ? s->s + s->len - a->len : s->s, a->s, a->len));
	return true;
}

NATIVE(bytes_find)
{
	const char *hit;

	if (args->pos[0].kind != V_BYTES)
		return fail(in, args_at(args, 0), "bytes.find() takes bytes, not %s",
		            type_name(args->pos[0]));
	hit = text_find(STR_OF(self)->s, STR_OF(self)->len, STR_OF(args->pos[0]), false);
	*out = vint(hit ? hit - STR_OF(self)->s : -1);
	return true;
}

const Native bytes_methods[] = {
    METHOD(bytes, hex, ""), METHOD(bytes, decode, "encoding=,errors="),
    METHOD_AS(bytes, startswith, bytes_affix, "x,/"),
    METHOD_WITH(bytes, endswith, bytes_affix, "x,/", 1), METHOD(bytes, find, "x,/"), NATIVE_END,
};
