/* codec.c: UTF-8, ASCII and Latin-1, with CPython's words for what cannot be read or written. */
#include <stdio.h>

#include "codec.h"

const char decode_cut[] = "unexpected end of data";
static const char *const names[] = {"utf-8", "ascii", "latin-1"};

static const char *
encoding_name(Encoding e)
{
	return names[e];
}

bool
encoding_find(const char *name, Encoding *e)
{
	static const struct {
		const char *name;
		Encoding e;
	} spelled[] = {
	    {"utf8", ENC_UTF8},     {"u8", ENC_UTF8},         {"ascii", ENC_ASCII},
	    {"usascii", ENC_ASCII}, {"646", ENC_ASCII},       {"latin1", ENC_LATIN1},
	    {"latin", ENC_LATIN1},  {"iso88591", ENC_LATIN1}, {"l1", ENC_LATIN1},
	    {"cp819", ENC_LATIN1},  {"8859", ENC_LATIN1},
	};
	char plain[20];
	size_t n = 0;

	for (; *name; name++)
		if (*name != '-' && *name != '_' && *name != ' ') {
			if (n + 1 == sizeof plain)
				return false;
			plain[n++] = (char)(*name >= 'A' && *name <= 'Z' ? *name + 32 : *name);
		}
	plain[n] = 0;
	for (size_t k = 0; k < countof(spelled); k++)
		if (!strcmp(spelled[k].name, plain)) {
			*e = spelled[k].e;
			return true;
		}
	return false;
}

/* ---- reading ---- */

/* Unicode's table 3-7: what may follow the first byte. */
static size_t
utf8_one(const unsigned char *p, size_t n, uint32_t *cp, const char **why)
{
	unsigned char first = p[0], low = 0x80, high = 0xbf;
	size_t need = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (first < 0xc2 || first > 0xf4) {
		*why = "invalid start byte";
		return 1;
	}
	if (first == 0xe0)
		low = 0xa0;
	if (first == 0xed)
		high = 0x9f;
	if (first == 0xf0)
		low = 0x90;
	if (first == 0xf4)
		high = 0x8f;
	*cp = first & (0x7f >> need);
	for (size_t i = 1; i < need; i++) {
		if (i == n) {
			*why = decode_cut;
			return n;
		}
		if (p[i] < low || p[i] > high) {
			*why = "invalid continuation byte";
			return i;
		}
		*cp = *cp << 6 | (p[i] & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	return need;
}

size_t
decode_one(Encoding e, const char *p, const char *end, uint32_t *cp, const char **why)
{
	*why = 0;
	*cp = (unsigned char)*p;
	if (*cp < 0x80 || e == ENC_LATIN1)
		return 1;
	if (e == ENC_UTF8)
		return utf8_one((const unsigned char *)p, (size_t)(end - p), cp, why);
	*why = "ordinal not in range(128)";
	return 1;
}

bool
decode_failed(Interp *in, Encoding e, const char *p, size_t from, size_t n, const char *why,
              Span at)
{
	if (n == 1)
		return fail(in, at, "'%s' codec can't decode byte 0x%02x in position %zu: %s",
		            encoding_name(e), (unsigned char)p[from], from, why);
	return fail(in, at, "'%s' codec can't decode bytes in position %zu-%zu: %s",
	            encoding_name(e), from, from + n - 1, why);
}

/* ---- writing ---- */

static bool
encode_failed(Interp *in, Encoding e, const StrObj *s, uint32_t from, uint32_t n, uint32_t cp,
              Span at)
{
	const char *range = e == ENC_ASCII ? "128" : "256";
	char shown[12];

	(void)s;
	snprintf(shown, sizeof shown,
	         cp < 0x100     ? "\\x%02x"
	         : cp < 0x10000 ? "\\u%04x"
	                        : "\\U%08x",
	         cp);
	if (n == 1)
		return fail(in, at,
		            "'%s' codec can't encode character '%s' in position %u: "
		            "ordinal not in range(%s)",
		            encoding_name(e), shown, from, range);
	return fail(in, at,
	            "'%s' codec can't encode characters in position %u-%u: "
	            "ordinal not in range(%s)",
	            encoding_name(e), from, from + n - 1, range);
}

bool
encode_text(Interp *in, Encoding e, TextErrors errors, Newline nl, const StrObj *s, Buf *out,
            Span at)
{
	uint32_t most = e == ENC_UTF8 ? UINT32_MAX : e == ENC_ASCII ? 0x7f : 0xff;
	uint32_t cp, first = 0, bad = 0, k = 0, from = 0;
	bool plain = nl < NL_CR && (e == ENC_UTF8 || s->ncp == s->len);

	if (plain) {
		buf_put(out, s->s, s->len);
		return true;
	}
	for (size_t i = 0; i < s->len; k++) {
		size_t n = utf8_next(s->s + i, s->len - i, &cp);
		if (cp > most && errors == ERRORS_STRICT) {
			if (!bad++) {
				from = k;
				first = cp;
			}
		} else if (bad) {
			break;
		} else if (cp == '\n' && nl >= NL_CR) {
			buf_puts(out, nl == NL_CR ? "\r" : "\r\n");
		} else if (cp <= most && e == ENC_LATIN1) {
			buf_byte(out, (int)cp);
		} else if (cp <= most) {
			buf_put(out, s->s + i, n);
		} else if (errors == ERRORS_REPLACE) {
			buf_byte(out, '?');
		}
		i += n;
	}
	return !bad || encode_failed(in, e, s, from, bad, first, at);
}
