/* nameset.c: see nameset.h. */
#include "nameset.h"

static uint32_t
slot_of(const NameSet *s, const Str *name)
{
	uint64_t h = KEY(name) * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t at = (uint32_t)(h >> 32) & (s->nslot - 1);

	while (s->name[at] && s->name[at] != name)
		at = (at + 1) & (s->nslot - 1);
	return at;
}

static void
make_slots(NameSet *s, uint32_t n)
{
	s->nslot = n;
	s->name = newn(s->arena, const Str *, n);
	s->mark = newn(s->arena, uint8_t, n);
}

void
nameset_init(NameSet *s, Arena *a, uint32_t expected)
{
	uint32_t n = 64;

	while (n < expected * 2 && n < 1u << 30)
		n *= 2;
	s->arena = a;
	s->n = 0;
	make_slots(s, n);
}

static void
grow(NameSet *s)
{
	NameSet old = *s;

	make_slots(s, old.nslot * 2);
	for (uint32_t k = 0; k < old.nslot; k++)
		if (old.name[k]) {
			uint32_t at = slot_of(s, old.name[k]);
			s->name[at] = old.name[k];
			s->mark[at] = old.mark[k];
		}
}

uint8_t
nameset_add(NameSet *s, const Str *name, uint8_t mark)
{
	uint32_t at = slot_of(s, name);
	uint8_t had = s->mark[at];

	s->mark[at] |= mark;
	if (s->name[at])
		return had;
	s->name[at] = name;
	if (++s->n > s->nslot / 4 * 3)
		grow(s);
	return had;
}

uint8_t
nameset_get(const NameSet *s, const Str *name)
{
	return s->mark[slot_of(s, name)];
}

uint32_t
nameset_guess(const Func *f)
{
	uint32_t n = f->body->nparam;

	for (uint32_t op = 0; op < OP_COUNT; op++)
		n += f->nop[op];
	return n;
}
