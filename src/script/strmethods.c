/* strmethods.c: the methods of strings that search, strip and pad, and the table of all of them.
 * Splitting and joining is in strsplit.c, what is about letters and case in strcase.c.
 */
#include <stdio.h>

#include "core.h"
#include "strmethods.h"
#include "syntax/unicode.h"

/* Argument i must be a str. */
static bool
text_arg(Interp *in, const Args *args, uint32_t i, StrObj **out)
{
	if (args->pos[i].kind != V_STR)
		return fail(in, args_at(args, i), "%s()%.0s argument %u must be str, not %s",
		            args->fn->name, native_member(args->fn), i + 1,
		            type_name(args->pos[i]));
	*out = STR_OF(args->pos[i]);
	return true;
}

/* ---- search ---- */

static bool
sought_arg(Interp *in, const Args *args, StrObj **out)
{
	if (args->pos[0].kind != V_STR)
		return fail(in, args_at(args, 0), "what %s() looks for must be str, not %s",
		            args->fn->name, type_name(args->pos[0]));
	*out = STR_OF(args->pos[0]);
	return true;
}

/* The bytes that start and end (arguments 1 and 2) cut out; false in *any when start is past
 * the end, where nothing is found, not even "". */
static bool
window(Interp *in, const StrObj *s, const Args *args, const char **p, size_t *n, int64_t *from,
       bool *any)
{
	int64_t bound[2] = {0, s->ncp};

	for (uint32_t k = 0; k < 2 && k + 1 < args->npos; k++) {
		Value v = args->pos[k + 1];
		if (v.kind == V_NONE)
			continue;
		if (v.kind == V_STR || v.kind == V_FLOAT)
			return fail(in, args_at(args, k + 1),
			            "slice indices must be integers or None, not %s", type_name(v));
		if (!as_int(in, v, &bound[k], "a bound of the search", args_at(args, k + 1)))
			return false;
		if (bound[k] < 0)
			bound[k] = MAX(bound[k] + s->ncp, 0);
	}
	*any = bound[0] <= s->ncp && bound[0] <= bound[1];
	bound[1] = MIN(bound[1], (int64_t)s->ncp);
	*from = bound[0];
	if (*any) {
		if (s->ncp != s->len && !interp_steps(in, s->len / 256))
			return false;
		*p = str_at_cp(s, bound[0]);
		*n = (size_t)(str_at_cp(s, bound[1]) - *p);
	}
	return true;
}

enum { FIND_LAST = 1, FIND_MUST = 2 };

NATIVE(find)
{
	StrObj *sub = 0;
	const char *p, *hit = 0;
	size_t n;
	int64_t from;
	bool any;

	if (!sought_arg(in, args, &sub) || !window(in, STR_OF(self), args, &p, &n, &from, &any) ||
	    (any && !interp_steps(in, n / 256)))
		return false;
	if (any)
		hit = text_find(p, n, sub, args_with(args) & FIND_LAST);
	if (!hit && args_with(args) & FIND_MUST)
		return fail(in, args->span, "substring not found");
	*out = vint(hit ? from + utf8_count(p, (size_t)(hit - p)) : -1);
	return true;
}

NATIVE(str_count)
{
	StrObj *sub = 0;
	const char *p, *hit;
	size_t n;
	int64_t from, count = 0;
	bool any;

	if (!sought_arg(in, args, &sub) || !window(in, STR_OF(self), args, &p, &n, &from, &any))
		return false;
	if (any && !interp_steps(in, n / 256))
		return false;
	if (any && !sub->len)
		count = utf8_count(p, n) + 1;
	while (any && sub->len && (hit = text_find(p, n, sub, false)) != 0) {
		count++;
		n -= (size_t)(hit - p) + sub->len;
		p = hit + sub->len;
	}
	*out = vint(count);
	return true;
}

/* with 1: at the end */
NATIVE(affix)
{
	const Value *v = args->pos;
	uint32_t nv = 1;
	const char *p;
	size_t n;
	int64_t from;
	bool any, hit = false;

	if (!window(in, STR_OF(self), args, &p, &n, &from, &any))
		return false;
	if (v->kind == V_TUPLE) {
		nv = SEQ_OF(*v)->n;
		v = SEQ_OF(*v)->at;
	}
	for (uint32_t i = 0; i < nv && !hit; i++) {
		StrObj *a = STR_OF(v[i]);
		if (!interp_item(in))
			return false;
		if (v[i].kind != V_STR)
			return fail(in, args_at(args, 0),
			            "%s()%.0s takes a str or a tuple of str, not %s",
			            args->fn->name, native_member(args->fn), type_name(v[i]));
		hit = any && a->len <= n &&
		      !memcmp(args_with(args) ? p + n - a->len : p, a->s, a->len);
	}
	*out = vbool(hit);
	return true;
}

NATIVE(remove_affix)
{
	StrObj *s = STR_OF(self), *a = 0;
	bool end = args_with(args);

	if (!text_arg(in, args, 0, &a))
		return false;
	*out = self;
	if (a->len <= s->len && !memcmp(end ? s->s + s->len - a->len : s->s, a->s, a->len))
		*out = vstr(in, end ? s->s : s->s + a->len, s->len - a->len);
	return true;
}

NATIVE(str_replace)
{
	StrObj *s = STR_OF(self), *from = 0, *to = 0;
	const char *p = s->s, *end = s->s + s->len, *hit;
	int64_t left = -1;
	Buf b = {0};
	uint32_t cp;

	if (!text_arg(in, args, 0, &from) ||
	    !text_arg(in, args, 1, &to) ||
	    (args->npos > 2 &&
	     !as_int(in, args->pos[2], &left, "the count of str.replace()", args_at(args, 2))))
		return false;
	if (!from->len) {
		for (; left != 0; left--) {
			size_t k;
			buf_put(&b, to->s, to->len);
			if (p == end)
				break;
			k = utf8_decode(p, &cp);
			buf_put(&b, p, k);
			p += k;
			if (!text_room(in, &b))
				return false;
		}
	} else {
		for (; left != 0 && (hit = text_find(p, (size_t)(end - p), from, false)) != 0;
		     left--) {
			buf_put(&b, p, (size_t)(hit - p));
			buf_put(&b, to->s, to->len);
			p = hit + from->len;
			if (!text_room(in, &b))
				return false;
		}
	}
	buf_put(&b, p, (size_t)(end - p));
	*out = vstr_buf(in, &b);
	return interp_room(in, 0);
}

/* ---- strip ---- */

/* Whether the character at `at` goes: one of the set, or a blank. */
static bool
strips(Interp *in, const char *at, const StrObj *set)
{
	uint32_t cp, c;

	utf8_decode(at, &cp);
	if (!set)
		return uc_is_space(cp);
	if (set->len > 64 && !interp_steps(in, set->len / 64))
		return false;
	for (const char *p = set->s; p < set->s + set->len;) {
		p += utf8_decode(p, &c);
		if (c == cp)
			return true;
	}
	return false;
}

bool
text_trim(Interp *in, const char **p, const char **end, int sides, const StrObj *set)
{
	uint32_t cp;

	while (sides & 1 && *p < *end && strips(in, *p, set))
		*p += utf8_decode(*p, &cp);
	while (sides & 2 && *p < *end && strips(in, utf8_prev(*end, *p), set))
		*end = utf8_prev(*end, *p);
	return !set || set->len <= 64 || interp_steps(in, 0);
}

/* with: the sides */
NATIVE(strip)
{
	StrObj *s = STR_OF(self), *set = 0;
	const char *p = s->s, *end = s->s + s->len;

	if (args->npos && args->pos[0].kind != V_NONE && !text_arg(in, args, 0, &set))
		return false;
	if (!text_trim(in, &p, &end, args_with(args), set))
		return false;
	*out = vstr(in, p, (size_t)(end - p));
	return true;
}

/* ---- padding ---- */

enum { PAD_RIGHT, PAD_LEFT, PAD_BOTH };

NATIVE(pad)
{
	StrObj *s = STR_OF(self), *fill = 0;
	int side = args_with(args);
	int64_t width, left, total;
	Buf b = {0};

	if (!as_int(in, args->pos[0], &width, "the width", args_at(args, 0)) ||
	    (args->npos > 1 && !text_arg(in, args, 1, &fill)))
		return false;
	if (fill && fill->ncp != 1)
		return fail(in, args_at(args, 1),
		            "the fill character must be exactly one character long, found %u",
		            fill->ncp);
	if (width > 1 << 28)
		return fail(in, args_at(args, 0), "a width of %lld is too large", (long long)width);
	total = MAX(width - s->ncp, 0);
	if (!interp_room(in, (size_t)total * 4))
		return false;
	left = side == PAD_RIGHT  ? 0
	       : side == PAD_LEFT ? total
	                          : total / 2 + (total & width & 1);
	for (int64_t i = 0; i <= total; i++) {
		if (i == left)
			buf_put(&b, s->s, s->len);
		if (i < total)
			buf_put(&b, fill ? fill->s : " ", fill ? fill->len : 1);
	}
	*out = vstr_buf(in, &b);
	return true;
}

NATIVE(str_zfill)
{
	StrObj *s = STR_OF(self);
	bool sign = s->len && (s->s[0] == '+' || s->s[0] == '-');
	int64_t width;
	Buf b = {0};

	if (!as_int(in, args->pos[0], &width, "the width of str.zfill()", args_at(args, 0)))
		return false;
	if (width > 1 << 28)
		return fail(in, args_at(args, 0), "a width of %lld is too large", (long long)width);
	if (!interp_room(in, width > 0 ? (size_t)width : 0))
		return false;
	if (sign)
		buf_byte(&b, s->s[0]);
	for (int64_t i = s->ncp; i < width; i++)
		buf_byte(&b, '0');
	buf_put(&b, s->s + sign, s->len - sign);
	*out = vstr_buf(in, &b);
	return true;
}

NATIVE(str_expandtabs)
{
	StrObj *s = STR_OF(self);
	int64_t size = 8, col = 0;
	Buf b = {0};

	if (args->v[0].kind != V_UNSET && !as_int(in, args->v[0], &size, "tabsize", args->span))
		return false;
	if (size > 1 << 16)
		return fail(in, args->span, "a tabsize of %lld is too large", (long long)size);
	for (const char *p = s->s; p < s->s + s->len; p++) {
		if (*p == '\t') {
			for (int64_t n = size > 0 ? size - col % size : 0; n > 0; n--, col++)
				buf_byte(&b, ' ');
			if (!text_room(in, &b))
				return false;
			continue;
		}
		buf_byte(&b, *p);
		col += !utf8_continues(*p);
		if (*p == '\n' || *p == '\r')
			col = 0;
	}
	*out = vstr_buf(in, &b);
	return interp_room(in, 0);
}

/* Says which characters are beyond ASCII, as Python does: the first ones that stand together. */
static bool
not_ascii(Interp *in, const StrObj *s, Span at)
{
	uint32_t from = 0, n = 0, first = 0, cp;
	char shown[12];

	for (const char *p = s->s, *end = s->s + s->len; p < end && (!n || *p & 0x80);) {
		p += utf8_decode(p, &cp);
		first = cp > 127 && !n ? cp : first;
		from += cp <= 127;
		n += cp > 127;
	}
	if (n > 1)
		return fail(in, at,
		            "'ascii' codec can't encode characters in position %u-%u: ordinal "
		            "not in range(128); use utf-8",
		            from, from + n - 1);
	snprintf(shown, sizeof shown,
	         first < 0x100     ? "\\x%02x"
	         : first < 0x10000 ? "\\u%04x"
	                           : "\\U%08x",
	         first);
	return fail(in, at,
	            "'ascii' codec can't encode character '%s' in position %u: ordinal not in "
	            "range(128); use utf-8",
	            shown, from);
}

NATIVE(str_encode)
{
	if (!encoding_arg(in, args, args->v[0]))
		return false;
	if (args->v[0].kind == V_STR && !strcmp(STR_OF(args->v[0])->s, "ascii") &&
	    STR_OF(self)->len != STR_OF(self)->ncp)
		return not_ascii(in, STR_OF(self), args->span);
	*out = vbytes(in, STR_OF(self)->s, STR_OF(self)->len);
	return true;
}

const Native str_methods[] = {
    METHOD(str, format, 0), METHOD_AS(str, join, strsplit_join, "x,/"),
    METHOD_AS(str, split, strsplit_split, "sep=,maxsplit="),
    METHOD_AS(str, startswith, affix, "x,y=,z=,/"),
    METHOD_WITH(str, endswith, affix, "x,y=,z=,/", 1), METHOD(str, replace, "x,y,z=,/"),
    METHOD_WITH(str, lower, strcase_map, "", CASE_LOWER),
    METHOD_WITH(str, upper, strcase_map, "", CASE_UPPER),
    METHOD_WITH(str, strip, strip, "x=,/", 3), METHOD(str, zfill, "x,/"),
    METHOD_WITH(str, lstrip, strip, "x=,/", 1), METHOD_WITH(str, rstrip, strip, "x=,/", 2),
    METHOD_WITH(str, rsplit, strsplit_split, "sep=,maxsplit=", 1),
    METHOD_AS(str, splitlines, strsplit_splitlines, "keepends="),
    METHOD_AS(str, partition, strsplit_partition, "x,/"),
    METHOD_WITH(str, rpartition, strsplit_partition, "x,/", 1),
    METHOD_AS(str, find, find, "x,y=,z=,/"), METHOD_WITH(str, rfind, find, "x,y=,z=,/", FIND_LAST),
    METHOD_WITH(str, index, find, "x,y=,z=,/", FIND_MUST),
    METHOD_WITH(str, rindex, find, "x,y=,z=,/", FIND_LAST | FIND_MUST),
    METHOD(str, count, "x,y=,z=,/"), METHOD_AS(str, removeprefix, remove_affix, "x,/"),
    METHOD_WITH(str, removesuffix, remove_affix, "x,/", 1),
    METHOD_WITH(str, ljust, pad, "x,y=,/", PAD_RIGHT),
    METHOD_WITH(str, rjust, pad, "x,y=,/", PAD_LEFT),
    METHOD_WITH(str, center, pad, "x,y=,/", PAD_BOTH), METHOD(str, expandtabs, "tabsize="),
    METHOD(str, encode, "encoding=,errors="), METHOD_WITH(str, format_map, str_format, "x,/", 1),
    METHOD_WITH(str, title, strcase_map, "", CASE_TITLE),
    METHOD_WITH(str, capitalize, strcase_map, "", CASE_CAPITAL),
    METHOD_WITH(str, swapcase, strcase_map, "", CASE_SWAP),
    METHOD_WITH(str, casefold, strcase_map, "", CASE_FOLD),
    METHOD_WITH(str, isalpha, strcase_test, "", TEST_ALPHA),
    METHOD_WITH(str, isalnum, strcase_test, "", TEST_ALNUM),
    METHOD_WITH(str, isdigit, strcase_test, "", TEST_DIGIT),
    METHOD_WITH(str, isdecimal, strcase_test, "", TEST_DECIMAL),
    METHOD_WITH(str, isnumeric, strcase_test, "", TEST_NUMERIC),
    METHOD_WITH(str, isspace, strcase_test, "", TEST_SPACE),
    METHOD_AS(str, isupper, strcase_cased, ""), METHOD_WITH(str, islower, strcase_cased, "", 1),
    METHOD_AS(str, istitle, strcase_istitle, ""),
    METHOD_WITH(str, isascii, strcase_test, "", TEST_ASCII),
    METHOD_WITH(str, isprintable, strcase_test, "", TEST_PRINTABLE),
    METHOD_WITH(str, isidentifier, strcase_test, "", TEST_IDENTIFIER), NATIVE_END,
};
