/* strcase.c: the methods of strings that ask unicode.h: case changes and is…() tests. */
#include "strmethods.h"

#include "core.h"
#include "syntax/unicode.h"

typedef int Mapping(uint32_t cp, uint32_t out[3]);

/* Greek sigma at the end of a word is lowered to its final form. */
static bool
final_sigma(const StrObj *s, const char *at)
{
	const char *p = at;
	uint32_t cp = 0;

	do {
		if (p == s->s)
			return false;
		p = utf8_prev(p, s->s);
		utf8_decode(p, &cp);
	} while (uc_is_case_ignorable(cp));
	if (!uc_is_cased(cp))
		return false;
	p = at + utf8_decode(at, &cp);
	do {
		if (p == s->s + s->len)
			return true;
		p += utf8_decode(p, &cp);
	} while (uc_is_case_ignorable(cp));
	return !uc_is_cased(cp);
}

static void
put_mapped(Buf *b, Mapping *map, const StrObj *s, const char *at)
{
	uint32_t cp, to[3];
	int n;

	utf8_decode(at, &cp);
	if (cp == 0x3a3 && map == uc_lower) {
		utf8_put(b, final_sigma(s, at) ? 0x3c2 : 0x3c3);
		return;
	}
	n = map(cp, to);
	for (int i = 0; i < n; i++)
		utf8_put(b, to[i]);
}

static int
unchanged(uint32_t cp, uint32_t out[3])
{
	out[0] = cp;
	return 1;
}

/* What becomes of a character that begins the string, or stands behind a cased one. */
static Mapping *
mapping(int how, uint32_t cp, bool first, bool inside)
{
	switch (how) {
	case CASE_LOWER:
		return uc_lower;
	case CASE_UPPER:
		return uc_upper;
	case CASE_FOLD:
		return uc_fold;
	case CASE_CAPITAL:
		return first ? uc_title : uc_lower;
	case CASE_TITLE:
		return inside ? uc_lower : uc_title;
	default:
		return uc_is_upper(cp) ? uc_lower : uc_is_lower(cp) ? uc_upper : unchanged;
	}
}

NATIVE_EXTERN(strcase_map)
{
	int how = args_with(args);
	StrObj *s = STR_OF(self);
	bool inside = false;
	Buf b = {0};
	uint32_t cp;

	for (const char *p = s->s; p < s->s + s->len; p += utf8_decode(p, &cp)) {
		utf8_decode(p, &cp);
		put_mapped(&b, mapping(how, cp, p == s->s, inside), s, p);
		inside = how == CASE_TITLE && uc_is_cased(cp);
	}
	*out = vstr_buf(in, &b);
	return true;
}

/* ---- tests ---- */

static bool
alnum(uint32_t cp)
{
	return uc_is_alpha(cp) || uc_is_numeric(cp);
}

static bool
ascii(uint32_t cp)
{
	return cp < 128;
}

NATIVE_EXTERN(strcase_test)
{
	static bool (*const tests[])(uint32_t) = {
	    [TEST_ALPHA] = uc_is_alpha,     [TEST_ALNUM] = alnum,
	    [TEST_DIGIT] = uc_is_digit,     [TEST_DECIMAL] = uc_is_decimal,
	    [TEST_NUMERIC] = uc_is_numeric, [TEST_SPACE] = uc_is_space,
	    [TEST_IDENTIFIER] = uc_is_id_part, [TEST_ASCII] = ascii,
	    [TEST_PRINTABLE] = uc_is_printable,
	};
	int what = args_with(args);
	StrObj *s = STR_OF(self);
	bool all = what >= TEST_ASCII || s->len;
	uint32_t cp;

	if (!interp_steps(in, s->len / 256))
		return false;
	for (const char *p = s->s; all && p < s->s + s->len;) {
		bool start = what == TEST_IDENTIFIER && p == s->s;
		p += utf8_decode(p, &cp);
		all = (start ? uc_is_id_start : tests[what])(cp);
	}
	*out = vbool(all);
	return true;
}

/* Cased characters exist and all are of the one kind. */
NATIVE_EXTERN(strcase_cased)
{
	StrObj *s = STR_OF(self);
	bool any = false, all = true;
	uint32_t cp;

	if (!interp_steps(in, s->len / 256))
		return false;
	for (const char *p = s->s; all && p < s->s + s->len;) {
		p += utf8_decode(p, &cp);
		if (uc_is_cased(cp)) {
			any = true;
			all = args_with(args) ? uc_is_lower(cp) : uc_is_upper(cp);
		}
	}
	*out = vbool(any && all);
	return true;
}

NATIVE_EXTERN(strcase_istitle)
{
	StrObj *s = STR_OF(self);
	bool any = false, ok = true, inside = false;
	uint32_t cp;

	for (const char *p = s->s; ok && p < s->s + s->len;) {
		p += utf8_decode(p, &cp);
		if (uc_is_upper(cp) || uc_is_title(cp))
			ok = !inside;
		else if (uc_is_lower(cp))
			ok = inside;
		inside = uc_is_cased(cp);
		any = any || inside;
	}
	*out = vbool(any && ok);
	return true;
}
