/* strsplit.c: split, rsplit, splitlines, partition and join of strings. */
#include "strmethods.h"

#include "core.h"
#include "syntax/unicode.h"

/* A part of s. */
static bool
push_text(Interp *in, Value list, const StrObj *s, const char *p, const char *end)
{
	size_t n = (size_t)(end - p);

	return vlist_push(in, list, s->len == s->ncp ? vascii(in, p, n) : vstr(in, p, n));
}

static bool
split_blanks(Interp *in, const StrObj *s, int64_t max, Value list)
{
	const char *p = s->s, *end = s->s + s->len;
	uint32_t cp;

	for (;;) {
		const char *word;
		text_trim(in, &p, &end, 1, 0);
		if (p == end)
			return true;
		word = p;
		if (max-- == 0)
			return push_text(in, list, s, word, end);
		while (p < end && (utf8_decode(p, &cp), !uc_is_space(cp)))
			p += utf8_decode(p, &cp);
		if (!push_text(in, list, s, word, p))
			return false;
	}
}

static bool
rsplit_blanks(Interp *in, const StrObj *s, int64_t max, Value list)
{
	const char *start = s->s, *p = s->s + s->len;
	uint32_t cp;

	for (bool rest = false; !rest;) {
		const char *end = p, *q;
		/* blanks, then a word, backwards */
		text_trim(in, &start, &end, 2, 0);
		if (end == start)
			break;
		rest = max-- == 0;
		for (p = end; p > start; p = q) {
			q = utf8_prev(p, start);
			utf8_decode(q, &cp);
			if (uc_is_space(cp) && !rest)
				break;
		}
		if (!push_text(in, list, s, p, end))
			return false;
	}
	seq_reverse(SEQ_OF(list));
	return true;
}

static bool
split_sep(Interp *in, const StrObj *s, const StrObj *sep, int64_t max, bool right, Value list)
{
	const char *p = s->s, *end = s->s + s->len, *hit;

	while (max-- != 0 && (hit = text_find(p, (size_t)(end - p), sep, right)) != 0) {
		const char *behind = hit + sep->len;

		if (!push_text(in, list, s, right ? behind : p, right ? end : hit))
			return false;
		p = right ? p : behind;
		end = right ? hit : end;
	}
	if (!push_text(in, list, s, p, end))
		return false;
	if (right)
		seq_reverse(SEQ_OF(list));
	return true;
}

NATIVE_EXTERN(strsplit_split)
{
	bool right = args_with(args);
	int64_t max = -1;
	StrObj *s = STR_OF(self);

	if (args->v[1].kind != V_UNSET &&
	    !as_int(in, args->v[1], &max, "maxsplit", args_span(args, "maxsplit", 1)))
		return false;
	*out = vlist(in, 0, 0);
	if (args->v[0].kind == V_UNSET || args->v[0].kind == V_NONE)
		return right ? rsplit_blanks(in, s, max, *out) : split_blanks(in, s, max, *out);
	if (args->v[0].kind != V_STR)
		return fail(in, args_span(args, "sep", 0),
		            "the separator of %s() must be str or None, not %s",
		            args->fn->name, type_name(args->v[0]));
	if (!STR_OF(args->v[0])->len)
		return fail(in, args_span(args, "sep", 0), "empty separator");
	return split_sep(in, s, STR_OF(args->v[0]), max, right, *out);
}

static bool
ends_line(uint32_t cp)
{
	return (cp >= 10 && cp <= 13) || (cp >= 28 && cp <= 30) || cp == 0x85 || cp == 0x2028 ||
	       cp == 0x2029;
}

NATIVE_EXTERN(strsplit_splitlines)
{
	const char *p = STR_OF(self)->s, *end = p + STR_OF(self)->len;
	bool keep = false;

	if (args->v[0].kind != V_UNSET && !value_truth(in, args->v[0], &keep, args->span))
		return false;
	*out = vlist(in, 0, 0);
	while (p < end) {
		const char *line = p, *stop;
		uint32_t cp = 0;
		while (p < end && (utf8_decode(p, &cp), !ends_line(cp)))
			p += utf8_decode(p, &cp);
		stop = p;
		if (p < end) {
			p += utf8_decode(p, &cp);
			if (cp == '\r' && p < end && *p == '\n')
				p++;
		}
		if (!push_text(in, *out, STR_OF(self), line, keep ? p : stop))
			return false;
	}
	return true;
}

NATIVE_EXTERN(strsplit_partition)
{
	bool right = args_with(args);
	StrObj *s = STR_OF(self), *sep;
	const char *hit;
	Value v[3];

	if (args->pos[0].kind != V_STR)
		return fail(in, args_at(args, 0), "the separator of %s() must be str, not %s",
		            args->fn->name, type_name(args->pos[0]));
	sep = STR_OF(args->pos[0]);
	if (!sep->len)
		return fail(in, args_at(args, 0), "empty separator");
	hit = text_find(s->s, s->len, sep, right);
	v[0] = v[1] = v[2] = vstrz(in, "");
	if (hit) {
		v[0] = vstr(in, s->s, (size_t)(hit - s->s));
		v[1] = args->pos[0];
		v[2] = vstr(in, hit + sep->len, s->len - (size_t)(hit - s->s) - sep->len);
	} else {
		v[right ? 2 : 0] = self;
	}
	*out = vtuple(in, v, 3);
	return true;
}

NATIVE_EXTERN(strsplit_join)
{
	Value list = args->pos[0];
	size_t n = 0, ncp = 0;
	char *to;

	if (!is_num(args->pos[0]) && args->pos[0].kind != V_NONE) {
		if (((list.kind != V_LIST && list.kind != V_TUPLE) || list.o->sub) &&
		    !value_to_list(in, args->pos[0], &list, args_at(args, 0)))
			return false;
	} else {
		return fail(in, args_at(args, 0),
		            "str.join() needs something to iterate over, not %s",
		            type_name(args->pos[0]));
	}
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++) {
		Value v = SEQ_OF(list)->at[i];
		if (v.kind != V_STR) {
			if (is_poison(v))
				return false;
			return fail(in, args_at(args, 0),
			            "str.join() needs strings, but item %u is %s; use str() on the "
			            "items",
			            i, type_name(v));
		}
		n += STR_OF(v)->len + (i ? STR_OF(self)->len : 0);
		ncp += STR_OF(v)->ncp + (i ? STR_OF(self)->ncp : 0);
	}
	if (!interp_item(in) || !str_room(in, n, out))
		return false;
	to = STR_OF(*out)->s;
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++) {
		const StrObj *t = STR_OF(SEQ_OF(list)->at[i]);
		if (i) {
			memcpy(to, STR_OF(self)->s, STR_OF(self)->len);
			to += STR_OF(self)->len;
		}
		memcpy(to, t->s, t->len);
		to += t->len;
	}
	STR_OF(*out)->ncp = (uint32_t)ncp;
	return true;
}
