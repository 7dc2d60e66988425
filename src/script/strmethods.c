/* strmethods.c: the methods of strings that search, strip and pad, and the table of all of them.
 * Splitting and joining is in strsplit.c, what is about letters and case in strcase.c.
 */
#include "core.h"
#include "strcase.h"
#include "strsplit.h"
#include "syntax/unicode.h"

/* Argument i must be a str. */
static bool
text_arg(Interp *in, const char *fn, const Args *args, uint32_t i, StrObj **out)
{
	if (args->pos[i].kind != V_STR)
		return is_poison(args->pos[i])
		           ? false
		           : fail(in, args_at(args, i), "%s() argument %u must be str, not %s", fn,
		                  i + 1, type_name(args->pos[i]));
	*out = STR_OF(args->pos[i]);
	return true;
}

/* ---- search ---- */

/* The bytes that start and end (arguments i and i+1) cut out; false in *any when start is past
 * the end, where nothing is found, not even "". */
static bool
window(Interp *in, const StrObj *s, const Args *args, uint32_t i, const char **p, size_t *n,
       int64_t *from, bool *any)
{
	int64_t bound[2] = {0, s->ncp};

	for (uint32_t k = 0; k < 2 && i + k < args->npos; k++) {
		Value v = args->pos[i + k];
		if (v.kind == V_NONE)
			continue;
		if (!as_int(in, v, &bound[k], "a bound of the search", args_at(args, i + k)))
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

static bool
find(Interp *in, const char *fn, bool last, bool must, Value self, const Args *args, Value *out)
{
	StrObj *sub = 0;
	const char *p, *hit = 0;
	size_t n;
	int64_t from;
	bool any;

	if (!text_arg(in, fn, args, 0, &sub) ||
	    !window(in, STR_OF(self), args, 1, &p, &n, &from, &any) ||
	    (any && !interp_steps(in, n / 256)))
		return false;
	if (any)
		hit = last ? mem_rfind(p, n, sub->s, sub->len) : mem_find(p, n, sub->s, sub->len);
	if (!hit && must)
		return fail(in, args->span, "substring not found");
	*out = vint(hit ? from + utf8_count(p, (size_t)(hit - p)) : -1);
	return true;
}

NATIVE(str_find)
{
	return find(in, "str.find", false, false, self, args, out);
}

NATIVE(str_rfind)
{
	return find(in, "str.rfind", true, false, self, args, out);
}

NATIVE(str_index)
{
	return find(in, "str.index", false, true, self, args, out);
}

NATIVE(str_rindex)
{
	return find(in, "str.rindex", true, true, self, args, out);
}

NATIVE(str_count)
{
	StrObj *sub = 0;
	const char *p, *hit;
	size_t n;
	int64_t from, count = 0;
	bool any;

	if (!text_arg(in, "str.count", args, 0, &sub) ||
	    !window(in, STR_OF(self), args, 1, &p, &n, &from, &any))
		return false;
	if (any && !interp_steps(in, n / 256))
		return false;
	if (any && !sub->len)
		count = utf8_count(p, n) + 1;
	while (any && sub->len && (hit = mem_find(p, n, sub->s, sub->len)) != 0) {
		count++;
		n -= (size_t)(hit - p) + sub->len;
		p = hit + sub->len;
	}
	*out = vint(count);
	return true;
}

static bool
affix(Interp *in, const char *fn, bool end, Value self, const Args *args, Value *out)
{
	const Value *v = args->pos;
	uint32_t nv = 1;
	const char *p;
	size_t n;
	int64_t from;
	bool any, hit = false;

	if (!window(in, STR_OF(self), args, 1, &p, &n, &from, &any))
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
			            "%s() takes a str or a tuple of str, not "
			            "%s",
			            fn, type_name(v[i]));
		hit = any && a->len <= n && !memcmp(end ? p + n - a->len : p, a->s, a->len);
	}
	*out = vbool(hit);
	return true;
}

NATIVE(str_startswith)
{
	return affix(in, "str.startswith", false, self, args, out);
}

NATIVE(str_endswith)
{
	return affix(in, "str.endswith", true, self, args, out);
}

static bool
remove_affix(Interp *in, const char *fn, bool end, Value self, const Args *args, Value *out)
{
	StrObj *s = STR_OF(self), *a = 0;

	if (!text_arg(in, fn, args, 0, &a))
		return false;
	*out = self;
	if (a->len <= s->len && !memcmp(end ? s->s + s->len - a->len : s->s, a->s, a->len))
		*out = vstr(in, end ? s->s : s->s + a->len, s->len - a->len);
	return true;
}

NATIVE(str_removeprefix)
{
	return remove_affix(in, "str.removeprefix", false, self, args, out);
}

NATIVE(str_removesuffix)
{
	return remove_affix(in, "str.removesuffix", true, self, args, out);
}

NATIVE(str_replace)
{
	StrObj *s = STR_OF(self), *from = 0, *to = 0;
	const char *p = s->s, *end = s->s + s->len, *hit;
	int64_t left = -1;
	Buf b = {0};
	uint32_t cp;

	if (!text_arg(in, "str.replace", args, 0, &from) ||
	    !text_arg(in, "str.replace", args, 1, &to) ||
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
		for (; left != 0 && (hit = mem_find(p, (size_t)(end - p), from->s, from->len)) != 0;
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

static bool
in_set(uint32_t cp, const StrObj *set)
{
	for (const char *p = set->s; p < set->s + set->len;) {
		uint32_t c;
		p += utf8_decode(p, &c);
		if (c == cp)
			return true;
	}
	return false;
}

static bool
strip(Interp *in, const char *fn, int sides, Value self, const Args *args, Value *out)
{
	StrObj *s = STR_OF(self), *set = 0;
	const char *p = s->s, *end = s->s + s->len;
	uint32_t cp;

	if ((args->npos && args->pos[0].kind != V_NONE && !text_arg(in, fn, args, 0, &set)))
		return false;
	while (sides & 1 && p < end) {
		size_t k = utf8_decode(p, &cp);
		if (set && set->len > 64 && !interp_steps(in, set->len / 64))
			return false;
		if (!(set ? in_set(cp, set) : uc_is_space(cp)))
			break;
		p += k;
	}
	while (sides & 2 && end > p) {
		const char *q = end - 1;
		while (q > p && ((unsigned char)*q & 0xc0) == 0x80)
			q--;
		utf8_decode(q, &cp);
		if (set && set->len > 64 && !interp_steps(in, set->len / 64))
			return false;
		if (!(set ? in_set(cp, set) : uc_is_space(cp)))
			break;
		end = q;
	}
	*out = vstr(in, p, (size_t)(end - p));
	return true;
}

NATIVE(str_strip)
{
	return strip(in, "str.strip", 3, self, args, out);
}

NATIVE(str_lstrip)
{
	return strip(in, "str.lstrip", 1, self, args, out);
}

NATIVE(str_rstrip)
{
	return strip(in, "str.rstrip", 2, self, args, out);
}

/* ---- padding ---- */

static bool
pad(Interp *in, const char *fn, int side, Value self, const Args *args, Value *out)
{
	StrObj *s = STR_OF(self), *fill = 0;
	int64_t width, left, total;
	Buf b = {0};

	if (!as_int(in, args->pos[0], &width, "the width", args_at(args, 0)) ||
	    (args->npos > 1 && !text_arg(in, fn, args, 1, &fill)))
		return false;
	if (fill && fill->ncp != 1)
		return fail(in, args_at(args, 1),
		            "the fill character must be exactly one "
		            "character "
		            "long, found %u",
		            fill->ncp);
	if (width > 1 << 28)
		return fail(in, args_at(args, 0), "a width of %lld is too large", (long long)width);
	total = MAX(width - s->ncp, 0);
	if (!interp_room(in, (size_t)total * 4))
		return false;
	left = side == 0 ? 0 : side == 1 ? total : total / 2 + (total & width & 1);
	for (int64_t i = 0; i <= total; i++) {
		if (i == left)
			buf_put(&b, s->s, s->len);
		if (i < total)
			buf_put(&b, fill ? fill->s : " ", fill ? fill->len : 1);
	}
	*out = vstr_buf(in, &b);
	return true;
}

NATIVE(str_ljust)
{
	return pad(in, "str.ljust", 0, self, args, out);
}

NATIVE(str_rjust)
{
	return pad(in, "str.rjust", 1, self, args, out);
}

NATIVE(str_center)
{
	return pad(in, "str.center", 2, self, args, out);
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

	if ((args->v[0].kind != V_UNSET && !as_int(in, args->v[0], &size, "tabsize", args->span)))
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
		col += ((unsigned char)*p & 0xc0) != 0x80;
		if (*p == '\n' || *p == '\r')
			col = 0;
	}
	*out = vstr_buf(in, &b);
	return interp_room(in, 0);
}

NATIVE(str_encode)
{
	if (args->v[0].kind == V_STR && strcmp(STR_OF(args->v[0])->s, "utf-8") &&
	    strcmp(STR_OF(args->v[0])->s, "utf8") && strcmp(STR_OF(args->v[0])->s, "ascii"))
		return fail(in, args->span, "encoding '%.40s' is not supported here; use utf-8",
		            STR_OF(args->v[0])->s);
	if (args->v[0].kind == V_STR && !strcmp(STR_OF(args->v[0])->s, "ascii") &&
	    STR_OF(self)->len != STR_OF(self)->ncp)
		return fail(in, args->span, "the string has characters beyond ascii; use utf-8");
	*out = vbytes(in, STR_OF(self)->s, STR_OF(self)->len);
	return true;
}

const Native str_methods[] = {
    METHOD_AS(str, format, str_format, 0), METHOD_AS(str, join, strsplit_join, "x,/"),
    METHOD_AS(str, split, strsplit_split, "sep=,maxsplit="), METHOD(str, startswith, "x,y=,z=,/"),
    METHOD(str, endswith, "x,y=,z=,/"), METHOD(str, replace, "x,y,z=,/"),
    METHOD_AS(str, lower, strcase_lower, ""), METHOD_AS(str, upper, strcase_upper, ""),
    METHOD(str, strip, "x=,/"), METHOD(str, zfill, "x,/"), METHOD(str, lstrip, "x=,/"),
    METHOD(str, rstrip, "x=,/"), METHOD_AS(str, rsplit, strsplit_rsplit, "sep=,maxsplit="),
    METHOD_AS(str, splitlines, strsplit_splitlines, "keepends="),
    METHOD_AS(str, partition, strsplit_partition, "x,/"),
    METHOD_AS(str, rpartition, strsplit_rpartition, "x,/"), METHOD(str, find, "x,y=,z=,/"),
    METHOD(str, rfind, "x,y=,z=,/"), METHOD(str, index, "x,y=,z=,/"),
    METHOD(str, rindex, "x,y=,z=,/"), METHOD(str, count, "x,y=,z=,/"),
    METHOD(str, removeprefix, "x,/"), METHOD(str, removesuffix, "x,/"),
    METHOD(str, ljust, "x,y=,/"), METHOD(str, rjust, "x,y=,/"), METHOD(str, center, "x,y=,/"),
    METHOD(str, expandtabs, "tabsize="), METHOD(str, encode, "encoding=,errors="),
    METHOD_AS(str, format_map, str_format_map, "x,/"), METHOD_AS(str, title, strcase_title, ""),
    METHOD_AS(str, capitalize, strcase_capitalize, ""),
    METHOD_AS(str, swapcase, strcase_swapcase, ""), METHOD_AS(str, casefold, strcase_casefold, ""),
    METHOD_AS(str, isalpha, strcase_isalpha, ""), METHOD_AS(str, isalnum, strcase_isalnum, ""),
    METHOD_AS(str, isdigit, strcase_isdigit, ""), METHOD_AS(str, isdecimal, strcase_isdecimal, ""),
    METHOD_AS(str, isnumeric, strcase_isnumeric, ""), METHOD_AS(str, isspace, strcase_isspace, ""),
    METHOD_AS(str, isupper, strcase_isupper, ""), METHOD_AS(str, islower, strcase_islower, ""),
    METHOD_AS(str, istitle, strcase_istitle, ""), METHOD_AS(str, isascii, strcase_isascii, ""),
    METHOD_AS(str, isprintable, strcase_isprintable, ""),
    METHOD_AS(str, isidentifier, strcase_isidentifier, ""), NATIVE_END,
};
