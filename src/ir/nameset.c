/* nameset.c: see nameset.h. */
#include "nameset.h"

static void
make_room(NameSet *s, uint32_t n)
{
	uint8_t *old = s->mark;

	s->mark = newn(s->arena, uint8_t, n);
	if (s->n)
		memcpy(s->mark, old, s->n);
	s->n = n;
}

void
nameset_init(NameSet *s, Arena *a, const Interner *names)
{
	*s = (NameSet){.arena = a};
	make_room(s, names->n + names->n / 8 + 64);
}

uint8_t
nameset_add(NameSet *s, const Str *name, uint8_t mark)
{
	uint8_t had;

	if (name->id >= s->n)
		make_room(s, MAX(s->n, name->id / 2 + 32) * 2);
	had = s->mark[name->id];
	s->mark[name->id] |= mark;
	return had;
}

void
nameset_clear(NameSet *s)
{
	if (s->n)
		memset(s->mark, 0, s->n);
}
