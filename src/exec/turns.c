/* turns.c: see turns.h. */
#include "turns.h"

void
turns_init(Turns *t, Arena *a)
{
	map_init(&t->at, a);
}

void
turns_note(Turns *t, const Inst *loop, uint64_t n)
{
	map_put(&t->at, KEY(loop), (void *)(uintptr_t)n);
}

/* 0: it is no loop. */
static unsigned long long
turn_of(const Turns *t, const Inst *i)
{
	return (unsigned long long)(uintptr_t)map_get(&t->at, KEY(i));
}

const char *
turns_path(const Turns *t, const Block *b, Arena *a)
{
	const char *path = "";

	for (; b->parent; b = b->parent->parent) {
		unsigned long long n = turn_of(t, b->parent);
		if (n)
			path = arena_printf(a, *path ? "%llu.%s" : "%llu", n, path);
	}
	return path;
}

const char *
turns_words(const Turns *t, const Block *b, Arena *a)
{
	Buf words = {0};

	for (; b->parent; b = b->parent->parent) {
		const Inst *i = b->parent;
		unsigned long long n = turn_of(t, i);
		buf_puts(&words, ", in ");
		if (n)
			buf_printf(&words, "turn %llu of ", n);
		buf_printf(&words, "%s '%s'", i->op->name, i->name ? i->name->s : "?");
	}
	return buf_keep(&words, a);
}
