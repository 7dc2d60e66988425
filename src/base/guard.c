/* guard.c: blocks of memory, the guard that owns them, and the two ways out of a call: no memory,
 * and a broken invariant.
 *
 * A block has two links before its bytes: it is in the ring of its guard, or alone in a ring of
 * its own, so that freeing it needs no guard. What is held is released before any block is freed
 * and while the frames of the failing call still stand: both may hold what the release needs.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "sys.h"
#ifndef __wasi__
#include <setjmp.h>
#endif

enum { EXIT_MACHINE = 3, HEAD = 16 };
/* An array's block is kept from this size on, and as long as so much is kept together. */
#define ARRAY_LARGE ((size_t)4 << 20)
#define ARRAYS_KEPT ((size_t)256 << 20)
_Static_assert(sizeof(MemLink) <= HEAD, "the bytes of a block are aligned to 16");

struct Hold {
	Hold *prev, *next;
	Guard *guard; /* 0: no longer in its list */
	void (*release)(void *);
	void *what;
};

static _Thread_local Guard *current;

/* ---- the ways out ---- */

#ifdef __wasi__
NORETURN static void
leave(Guard *g)
{
	if (g->end == GUARD_BROKEN)
		fprintf(stderr, "milc: internal error at %s\n", g->why);
	else
		fputs("milc: error: out of memory\n", stderr);
	exit(EXIT_MACHINE);
}
#else
NORETURN static void
leave(Guard *g)
{
	longjmp(*(jmp_buf *)g->entry, 1);
}
#endif

NORETURN static void
fail(Guard *g, GuardEnd end)
{
	g->end = end;
	g->countdown = 0;
	guard_release(g);
	leave(g);
}

void
die_at(const char *file, int line, const char *fmt, ...)
{
	Guard *g = current;
	char why[sizeof g->why];
	int n = snprintf(why, sizeof why, "%s:%d: ", file, line);

	if (n >= 0 && (size_t)n < sizeof why)
		WITH_ARGS(fmt, ap, vsnprintf(why + n, sizeof why - (size_t)n, fmt, ap));
	if (g) {
		memcpy(g->why, why, sizeof why);
		fail(g, GUARD_BROKEN);
	}
	fflush(stdout);
	fprintf(stderr, "milc: internal error at %s\n", why);
	abort();
}

void
milc_nomem(void)
{
	if (current)
		fail(current, GUARD_NOMEM);
	fputs("milc: error: out of memory\n", stderr);
	exit(EXIT_MACHINE);
}

void
guard_limit(void)
{
	if (current)
		fail(current, GUARD_LIMIT);
	exit(EXIT_MACHINE);
}

void
guard_stop(void)
{
	if (!current)
		die("nothing is guarded that could be stopped");
	fail(current, GUARD_STOPPED);
}

/* ---- the guard ---- */

#ifdef __wasi__
static void
enter(Guard *g, void (*fn)(void *), void *ctx)
{
	g->entry = g;
	fn(ctx);
}
#else
static void
enter(Guard *g, void (*fn)(void *), void *ctx)
{
	jmp_buf entry;

	g->entry = &entry;
	if (setjmp(entry) == 0)
		fn(ctx);
}
#endif

GuardEnd
guard_run(Guard *g, void (*fn)(void *), void *ctx)
{
	if (g->entry)
		die("a guard is entered for the second time");
	g->end = GUARD_DONE;
	g->outer = current;
	current = g;
	enter(g, fn, ctx);
	current = g->outer;
	g->entry = 0;
	return g->end;
}

/* A signal may look at the list between any two steps. */
static void
hold_unlink(Hold *h)
{
	if (h->prev)
		h->prev->next = h->next;
	else
		h->guard->holds = h->next;
	if (h->next)
		h->next->prev = h->prev;
	h->guard = 0;
}

void
guard_release(Guard *g)
{
	Guard *outer = current;
	MemLink *b, *next;

	current = 0; /* nothing that releases makes the guard hold more */
	for (Hold *h = g->holds; h; h = g->holds) {
		hold_unlink(h);
		h->release(h->what);
	}
	for (b = g->ring.next; b && b != &g->ring; b = next) {
		next = b->next;
		free(b);
	}
	g->ring.prev = g->ring.next = &g->ring;
	memset(g->spare, 0, sizeof g->spare);
	current = outer;
}

void
guard_fail_after(Guard *g, uint64_t n)
{
	g->countdown = n;
}

Hold *
guard_hold(void (*release)(void *), void *what)
{
	Guard *g = current;
	Hold *h = g ? xtry(sizeof *h) : 0;

	if (g && !h) {
		release(what);
		milc_nomem();
	}
	if (!h)
		return 0;
	*h = (Hold){.next = g->holds, .guard = g, .release = release, .what = what};
	if (h->next)
		h->next->prev = h;
	atomic_signal_fence(memory_order_seq_cst);
	g->holds = h;
	return h;
}

void
guard_drop(Hold *h)
{
	if (h && h->guard)
		hold_unlink(h);
	xfree(h);
}

void
guard_drop_last(void (*release)(void *), const void *what)
{
	Hold *h = current ? current->holds : 0;

	while (h && (h->release != release || h->what != what))
		h = h->next;
	guard_drop(h);
}

void
guard_signal(void (*release)(void *))
{
	for (Hold *h = current ? current->holds : 0; h; h = h->next)
		if (h->release == release)
			release(h->what);
}

/* ---- memory ---- */

/* Whether this is the allocation that a test wants to fail. */
static bool
due(void)
{
	return current && current->countdown && --current->countdown == 0;
}

/* Puts a new block into the current guard; gives its bytes. */
static void *
adopt(void *raw)
{
	MemLink *b = raw, *ring;

	if (!b)
		return 0;
	b->prev = b->next = b;
	if (current) {
		ring = &current->ring;
		if (!ring->next)
			ring->prev = ring->next = ring;
		b->prev = ring;
		b->next = ring->next;
		b->next->prev = ring->next = b;
	}
	return (char *)raw + HEAD;
}

static MemLink *
unlinked(void *p)
{
	MemLink *b = (MemLink *)(void *)((char *)p - HEAD);

	b->prev->next = b->next;
	b->next->prev = b->prev;
	return b;
}

static size_t
with_head(size_t n)
{
	size_t total;

	if (!add_size(n, HEAD, &total))
		milc_nomem();
	return total;
}

static void *
checked(void *p)
{
	if (!p)
		milc_nomem();
	return p;
}

void *
xmalloc(size_t n)
{
	return checked(due() ? 0 : adopt(malloc(with_head(n))));
}

void *
xtry(size_t n)
{
	size_t total;

	return due() || !add_size(n, HEAD, &total) ? 0 : adopt(calloc(1, total));
}

void *
xcalloc(size_t n, size_t size)
{
	size_t total;

	return checked(mul_size(n, size, &total) ? xtry(total) : 0);
}

void *
xhuge(size_t n)
{
	return checked(due() ? 0 : adopt(sys_alloc_huge(with_head(n))));
}

void *
xrealloc(void *p, size_t n, size_t size)
{
	size_t total;
	MemLink *b;
	void *raw;

	if (!mul_size(n, size, &total))
		milc_nomem();
	if (!p)
		return xmalloc(total);
	total = with_head(total);
	b = unlinked(p);
	raw = due() ? 0 : realloc(b, total);
	if (!raw)
		adopt(b); /* the guard is about to free it */
	return checked(raw ? adopt(raw) : 0);
}

void
xfree(void *p)
{
	if (p)
		free(unlinked(p));
}

static void
spare_remove(Guard *g, size_t k)
{
	memmove(&g->spare[k], &g->spare[k + 1], (countof(g->spare) - 1 - k) * sizeof *g->spare);
	g->spare[countof(g->spare) - 1] = (struct GuardSpare){0};
}

/* A kept block of n bytes, or a little more; 0: there is none. */
static void *
spare_take(Guard *g, size_t n)
{
	void *p;

	for (size_t k = 0; g && n >= ARRAY_LARGE && k < countof(g->spare); k++)
		if (g->spare[k].n >= n && g->spare[k].n - n <= n / 8) {
			p = g->spare[k].p;
			spare_remove(g, k);
			return p;
		}
	return 0;
}

void *
xtry_array(size_t n, bool clear)
{
	void *p = spare_take(current, n);

	if (p)
		return clear ? memset(p, 0, n) : p;
	p = xtry(n);
	if (!p && current && current->spare[0].p) {
		guard_trim();
		p = xtry(n);
	}
	if (p && n >= 2 * (size_t)SYS_HUGE)
		sys_prefer_huge(p, n);
	return p;
}

void
xfree_array(void *p, size_t n)
{
	Guard *g = current;
	size_t all = n, k = 0;

	if (!g || n < ARRAY_LARGE || n > ARRAYS_KEPT) {
		xfree(p);
		return;
	}
	for (; k < countof(g->spare) && g->spare[k].p; k++)
		all += g->spare[k].n;
	while (k == countof(g->spare) || all > ARRAYS_KEPT) {
		all -= g->spare[0].n;
		xfree(g->spare[0].p);
		spare_remove(g, 0);
		k--;
	}
	g->spare[k] = (struct GuardSpare){adopt(unlinked(p)), n};
}

void
guard_trim(void)
{
	while (current && current->spare[0].p) {
		xfree(current->spare[0].p);
		spare_remove(current, 0);
	}
}
