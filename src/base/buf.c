/* buf.c: growable bytes. Those of a Buf with a drain go on from there: a file that is larger than
 * what should be in memory is written by the same functions as any other bytes, as long as they
 * look back no further than to their own reservation.
 */
#include "base.h"

enum { DRAIN_SIZE = 256 << 10 }; /* measured: larger ones fall out of the cache */

void
buf_drain(Buf *b)
{
	if (b->n)
		b->drain->take(b->drain, b->at, b->n);
	buf_clear(b);
}

void
buf_grow(Buf *b, size_t more)
{
	size_t need, cap = b->cap ? b->cap : b->drain ? DRAIN_SIZE : 64;

	if (b->drain) {
		buf_drain(b);
		if (more < b->cap)
			return;
	}
	if (!add_size(b->n, more, &need) || !add_size(need, 1, &need))
		milc_nomem();
	while (cap < need)
		if (!mul_size(cap, 2, &cap))
			cap = need;
	b->at = xrealloc(b->at, cap, 1);
	b->cap = cap;
	b->at[b->n] = 0;
}

/* More than the drain's room goes there in parts: what lies in a mapped file is better copied than
 * given to the system, which faults the pages of a write one by one. */
void
buf_put_slowly(Buf *b, const void *p, size_t n)
{
	for (size_t k; b->drain && n >= b->cap - b->n; n -= k, p = (const char *)p + k) {
		buf_grow(b, 0);
		k = MIN(n, b->cap - 1);
		memcpy(b->at, p, k);
		b->n = k;
	}
	buf_reserve(b, n);
	if (n)
		memcpy(b->at + b->n, p, n);
	b->n += n;
	b->at[b->n] = 0;
}

void
buf_puts(Buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_clear(Buf *b)
{
	b->n = 0;
	if (b->at)
		b->at[0] = 0;
}

void
buf_take(Buf *b, Buf *more)
{
	Buf less = *b;

	if (b->drain && more->n >= DRAIN_SIZE) {
		buf_drain(b);
		b->drain->take(b->drain, more->at, more->n);
		buf_free(more);
		return;
	}
	if (b->drain || more->n <= less.n || more->n < less.cap - less.n) {
		buf_put(b, more->at, more->n);
		buf_free(more);
		return;
	}
	buf_reserve(more, less.n);
	memmove(more->at + less.n, more->at, more->n + 1);
	if (less.n)
		memcpy(more->at, less.at, less.n);
	more->n += less.n;
	*b = *more;
	*more = (Buf){0};
	buf_free(&less);
}

void
buf_free(Buf *b)
{
	xfree(b->at);
	*b = (Buf){0};
}

char *
buf_keep(Buf *b, Arena *a)
{
	char *text = b->n ? arena_dup(a, b->at, b->n + 1) : new (a, char);

	buf_free(b);
	return text;
}
