/* textcheck.c: what a script must be before it is read at all: UTF-8 without null bytes, and no
 * coding line that says otherwise.
 */
#include "syntax.h"

#include <strings.h>

/* Of the name of an encoding. */
static bool
name_byte(int c)
{
	return c == '_' || c == '-' || c == '.' || (c >= '0' && c <= '9') ||
	       ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* Bytes of the UTF-8 sequence at p (at most n), or 0. */
static size_t
utf8_len(const unsigned char *p, size_t n)
{
	uint32_t min, c;
	size_t k = *p < 0x80   ? 1
	           : *p < 0xc2 ? 0
	           : *p < 0xe0 ? 2
	           : *p < 0xf0 ? 3
	           : *p < 0xf5 ? 4
	                       : 0;

	if (k < 2 || k > n)
		return k > n ? 0 : k;
	min = k == 2 ? 0x80 : k == 3 ? 0x800 : 0x10000;
	c = *p & (0xffu >> (k + 1));
	for (size_t i = 1; i < k; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 63);
	}
	return c < min || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : k;
}

/* PEP 263: a comment in the first two lines may name an encoding. */
static bool
check_coding(Diag *d, const Source *src)
{
	static const char *const good[] = {"utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii"};
	const char *p = src->text, *end = p + src->len, *eol, *c, *q;

	for (int line = 0; line < 2 && p < end; line++, p = eol + 1) {
		for (eol = p; eol < end && *eol != '\n' && *eol != '\r'; eol++)
			;
		for (c = p; c < eol && (*c == ' ' || *c == '\t' || *c == '\f'); c++)
			;
		if (c == eol)
			continue;
		if (*c != '#')
			return true;
		for (; eol - c > 7; c++)
			if (memcmp(c, "coding", 6) == 0 && (c[6] == ':' || c[6] == '='))
				break;
		if (eol - c <= 7)
			continue;
		for (c += 7; c < eol && (*c == ' ' || *c == '\t'); c++)
			;
		for (q = c; q < eol && (name_byte(*q)); q++)
			;
		for (size_t i = 0; i < countof(good); i++)
			if (strlen(good[i]) == (size_t)(q - c) &&
			    strncasecmp(c, good[i], (size_t)(q - c)) == 0)
				return true;
		diag_error(d, diag_span(src, (size_t)(c - src->text), (size_t)(q - c)),
		           "encoding '%.*s' is not supported; scripts are UTF-8", (int)(q - c), c);
		return false;
	}
	return true;
}

bool
lex_check_text(Diag *d, const Source *src)
{
	const unsigned char *p = (const unsigned char *)src->text;
	size_t i = 0, k;

	for (; i < src->len; i += k) {
		k = p[i] < 0x80 ? 1 : utf8_len(p + i, src->len - i);
		if (k == 0) {
			diag_error(d, diag_span(src, i, 1),
			           "invalid UTF-8: byte 0x%02x cannot stand here", p[i]);
			return false;
		}
		if (p[i] == 0) {
			diag_error(d, diag_span(src, i, 1), "a script cannot contain null bytes");
			return false;
		}
	}
	return check_coding(d, src);
}
