/* format.c: text made by format, as printf does it. Names are made by the thousand, of words and
 * whole numbers: what is no more than that is put together here, all else by the C library.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base.h"

enum { ROOM = 256 }; /* names fit */

/* Text for so much memory; n counts what does not fit, too. */
typedef struct Text {
	char *at;
	size_t room, n;
} Text;

static void
put(Text *t, const char *s, size_t n)
{
	size_t left = t->n < t->room ? t->room - t->n : 0;

	memcpy(t->at + (left ? t->n : 0), s, MIN(n, left));
	t->n += n;
}

static void
put_number(Text *t, uint64_t v, bool negative)
{
	char digits[21], *p = digits + sizeof digits;

	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	if (negative)
		*--p = '-';
	put(t, p, (size_t)(digits + sizeof digits - p));
}

static void
put_signed(Text *t, int64_t v)
{
	put_number(t, v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0);
}

/* %s, %.*s, %d, %ld, %lld, %u, %lu, %llu, %zu. False in front of anything else. */
static bool
put_simple(Text *t, const char *fmt, va_list ap)
{
	for (const char *p; (p = strchr(fmt, '%')); fmt = p + 1) {
		int most = INT_MAX, size = 0;
		const char *s;
		put(t, fmt, (size_t)(p++ - fmt));
		if (p[0] == '.' && p[1] == '*' && p[2] == 's')
			most = va_arg(ap, int), p += 2;
		for (; *p == 'l'; p++)
			size++;
		if (*p == 's' && !size && most >= 0 && (s = va_arg(ap, const char *)))
			put(t, s, strnlen(s, (size_t)most));
		else if (*p == 'd' && size <= 2)
			put_signed(t, !size       ? va_arg(ap, int)
			              : size == 1 ? va_arg(ap, long)
			                          : va_arg(ap, long long));
		else if (*p == 'u' && size <= 2)
			put_number(t, !size       ? va_arg(ap, unsigned)
			              : size == 1 ? va_arg(ap, unsigned long)
			                          : va_arg(ap, unsigned long long), false);
		else if (p[0] == 'z' && p[1] == 'u' && !size)
			put_number(t, va_arg(ap, size_t), false), p++;
		else
			return false;
	}
	put(t, fmt, strlen(fmt));
	return true;
}

/* vsnprintf. */
static size_t
format(char *to, size_t room, const char *fmt, va_list ap)
{
	Text t = {to, room, 0};
	va_list again;
	bool simple;
	int n;

	va_copy(again, ap);
	simple = put_simple(&t, fmt, again);
	va_end(again);
	if (simple && t.n < room)
		to[t.n] = 0;
	if (simple)
		return t.n;
	n = vsnprintf(to, room, fmt, ap);
	if (n < 0)
		die("cannot format '%s': %s", fmt, strerror(errno));
	return (size_t)n;
}

void
buf_vprintf(Buf *b, const char *fmt, va_list ap)
{
	va_list again;
	size_t n;

	va_copy(again, ap);
	buf_reserve(b, 64);
	n = format(b->at + b->n, b->cap - b->n, fmt, ap);
	if (n >= b->cap - b->n) {
		buf_reserve(b, n);
		format(b->at + b->n, b->cap - b->n, fmt, again);
	}
	va_end(again);
	b->n += n;
}

void
buf_printf(Buf *b, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, buf_vprintf(b, fmt, ap));
}

char *
arena_printf(Arena *a, const char *fmt, ...)
{
	char room[ROOM], *p;
	size_t n;

	WITH_ARGS(fmt, ap, n = format(room, sizeof room, fmt, ap));
	p = arena_alloc(a, n + 1);
	if (n < sizeof room)
		memcpy(p, room, n);
	else
		WITH_ARGS(fmt, ap, format(p, n + 1, fmt, ap));
	return p;
}

const Str *
intern_printf(Interner *t, const char *fmt, ...)
{
	char room[ROOM];
	const Str *s;
	Buf b = {0};
	size_t n;

	WITH_ARGS(fmt, ap, n = format(room, sizeof room, fmt, ap));
	if (n < sizeof room)
		return intern(t, room, n);
	WITH_ARGS(fmt, ap, buf_vprintf(&b, fmt, ap));
	s = intern(t, b.at, b.n);
	buf_free(&b);
	return s;
}
