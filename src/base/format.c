/* format.c: text made by format, as printf does it, at the end of a buffer. Names are made by the
 * thousand, of words and whole numbers: what is no more than that is put together here, all else by
 * the C library.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base.h"

static void
put_number(Buf *b, uint64_t v, bool negative)
{
	char digits[21], *p = digits + sizeof digits;

	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	if (negative)
		*--p = '-';
	buf_put(b, p, (size_t)(digits + sizeof digits - p));
}

static void
put_signed(Buf *b, int64_t v)
{
	put_number(b, v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0);
}

/* %s, %.*s, %d, %ld, %lld, %u, %lu, %llu, %zu. False in front of anything else. */
static bool
put_simple(Buf *b, const char *fmt, va_list ap)
{
	for (const char *p; (p = strchr(fmt, '%')); fmt = p + 1) {
		int most = INT_MAX, size = 0;
		const char *s;
		buf_put(b, fmt, (size_t)(p++ - fmt));
		if (p[0] == '.' && p[1] == '*' && p[2] == 's')
			most = va_arg(ap, int), p += 2;
		for (; *p == 'l'; p++)
			size++;
		if (*p == 's' && !size && most >= 0 && (s = va_arg(ap, const char *)))
			buf_put(b, s, strnlen(s, (size_t)most));
		else if (*p == 'd' && size <= 2)
			put_signed(b, !size       ? va_arg(ap, int)
			              : size == 1 ? va_arg(ap, long)
			                          : va_arg(ap, long long));
		else if (*p == 'u' && size <= 2)
			put_number(b, !size       ? va_arg(ap, unsigned)
			              : size == 1 ? va_arg(ap, unsigned long)
			                          : va_arg(ap, unsigned long long), false);
		else if (p[0] == 'z' && p[1] == 'u' && !size)
			put_number(b, va_arg(ap, size_t), false), p++;
		else
			return false;
	}
	buf_puts(b, fmt);
	return true;
}

void
buf_vprintf(Buf *b, const char *fmt, va_list ap)
{
	size_t begin = b->n;
	va_list again;
	bool simple;
	int n;

	va_copy(again, ap);
	simple = put_simple(b, fmt, again);
	va_end(again);
	if (simple)
		return;
	b->n = begin;
	buf_reserve(b, 64);
	va_copy(again, ap);
	n = vsnprintf(b->at + b->n, b->cap - b->n, fmt, ap);
	if (n < 0)
		die("cannot format '%s': %s", fmt, strerror(errno));
	if ((size_t)n >= b->cap - b->n) {
		buf_reserve(b, (size_t)n);
		vsnprintf(b->at + b->n, b->cap - b->n, fmt, again);
	}
	va_end(again);
	b->n += (size_t)n;
}

void
buf_printf(Buf *b, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, buf_vprintf(b, fmt, ap));
}
