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
	uint32_t cp;

	for (size_t i = 0, k; i < src->len; i += k) {
		k = 1;
		if ((signed char)src->text[i] > 0) /* ASCII, as nearly all are */
			continue;
		k = utf8_next(src->text + i, src->len - i, &cp);
		if (cp == UTF8_BAD) {
			diag_error(d, diag_span(src, i, 1),
			           "invalid UTF-8: byte 0x%02x cannot stand here",
			           (unsigned char)src->text[i]);
			return false;
		}
		if (cp == 0) {
			diag_error(d, diag_span(src, i, 1), "a script cannot contain null bytes");
			return false;
		}
	}
	return check_coding(d, src);
}
