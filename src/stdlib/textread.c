/* textread.c: characters and lines out of the bytes of a text file.
 *
 * CPython decodes a piece of 8192 bytes before it hands out the first character of it; so a byte
 * that is no text is an error as soon as its piece is reached, and is counted from where the piece
 * begins.
 */
#include "fileobj.h"

enum { PIECE = 8192 };

/* Looks at the next piece, or with `all` at the rest, for what cannot be decoded. What of a
 * character ends the piece is looked at with the next one. */
static bool
check_piece(Interp *in, File *f, bool all, Span at)
{
	const char *text = f->content->at, *why;
	size_t size = f->content->n, from = f->checked, i = from;
	uint32_t cp;

	while (i == from && i < size) {
		size_t to = all ? size : MIN(size, MAX(f->fetched, from) + PIECE);
		f->fetched = to;
		while (i < to) {
			size_t n = decode_one(f->encoding, text + i, text + to, &cp, &why);
			if (why == decode_cut && (to < size || (!all && i > from)))
				break;
			if (why)
				return decode_failed(in, f->encoding, text + from, i - from, n,
				                     why, at);
			i += n;
		}
	}
	f->checked = i;
	return true;
}

/* The bytes of a line's end at p, and whether it ends a line. */
static size_t
line_end(const File *f, const char *p, const char *end, bool *is)
{
	bool crlf = *p == '\r' && p + 1 < end && p[1] == '\n';

	*is = true;
	switch (f->newline) {
	case NL_ANY:
	case NL_KEEP:
		return crlf ? 2 : 1;
	case NL_LF:
		*is = *p == '\n';
		return 1;
	case NL_CR:
		*is = *p == '\r';
		return 1;
	case NL_CRLF:
		*is = crlf;
		return crlf ? 2 : 1;
	}
	return 1;
}

bool
text_read(Interp *in, File *f, size_t n, bool line, Buf *out, Span at)
{
	const char *text = f->content->at, *end = text + f->content->n, *why;
	bool strict = f->errors == ERRORS_STRICT, all = n == SIZE_MAX && !line, ends;
	size_t pos = MIN(f->pos, f->content->n), k;
	uint32_t cp;

	if (strict && all && pos < f->content->n && f->checked < f->content->n &&
	    !check_piece(in, f, true, at))
		return false;
	while (n && pos < f->content->n) {
		const char *p = text + pos;
		if (strict && pos >= f->checked && !check_piece(in, f, false, at))
			return false;
		if (*p == '\n' || *p == '\r') {
			k = line_end(f, p, end, &ends);
			if (f->newline == NL_ANY)
				buf_byte(out, '\n');
			else
				buf_put(out, p, k);
			pos += k;
			n -= n != SIZE_MAX;
			if (line && ends)
				break;
			continue;
		}
		k = decode_one(f->encoding, p, end, &cp, &why);
		pos += k;
		if (!why && cp < 0x80)
			buf_byte(out, (int)cp);
		else if (!why)
			utf8_put(out, cp);
		else if (f->errors == ERRORS_REPLACE)
			utf8_put(out, 0xfffd);
		n -= n != SIZE_MAX && !(why && f->errors == ERRORS_IGNORE);
	}
	f->pos = pos;
	return interp_room(in, out->n);
}
