/* set.c: sets. Their items come out in CPython's order, which follows from its hash table: linear
 * probes of up to ten slots before each jump, removed items leave a mark, the
 * table grows at 3/5 by a factor of four. That is observable (`for n in {9, 1, 5}`), so it is done
 * the same way here. (The order of strings differs from run to run there; here it does not.)
 */
#include "core.h"

#define PROBES 9

typedef struct Probe { /* walks the slots where a hash may be */
	uint64_t i, perturb, mask;
	uint32_t left;
} Probe;

static uint32_t
probe_first(Probe *p, const DictObj *s, uint64_t hash)
{
	p->mask = s->nslot - 1;
	p->perturb = hash;
	p->i = hash & p->mask;
	p->left = p->i + PROBES <= p->mask ? PROBES : 0;
	return (uint32_t)p->i;
}

static uint32_t
probe_next(Probe *p, uint32_t at)
{
	if (p->left) {
		p->left--;
		return at + 1;
	}
	p->perturb >>= 5;
	p->i = (p->i * 5 + 1 + p->perturb) & p->mask;
	p->left = p->i + PROBES <= p->mask ? PROBES : 0;
	return (uint32_t)p->i;
}

int
set_probe(Interp *in, const DictObj *s, Value key, uint64_t hash, uint32_t *index)
{
	Probe p;
	uint32_t probes = 0;
	const uint32_t *slot = s->slot;
	const DictEntry *entry = s->entry;

	for (uint32_t at = probe_first(&p, s, hash); s->slot[at]; at = probe_next(&p, at)) {
		const DictEntry *e;
		bool same;

		if (++probes % PROBES_A_STEP == 0 && !interp_steps(in, 1))
			return -1;
		if (s->slot[at] & SET_GONE)
			continue;
		e = &s->entry[s->slot[at] - 1];
		if (e->hash != hash)
			continue;
		if (!value_same(in, e->key, key, &same))
			return -1;
		if (s->slot != slot || s->entry != entry) /* an __eq__ changed it */
			return s->n ? set_probe(in, s, key, hash, index) : 0;
		if (same) {
			*index = s->slot[at] - 1;
			return 1;
		}
	}
	return 0;
}

/* Puts an entry that is known to be new where its hash belongs: in the last slot on the way whose
 * item was taken out, else in the free one at its end. Gives the slots passed. */
static uint64_t
put_new(DictObj *s, DictEntry e)
{
	Probe p;
	uint32_t at = probe_first(&p, s, e.hash), gap = 0, index;
	bool reuse = false;
	uint64_t probes = 0;

	for (; s->slot[at]; at = probe_next(&p, at), probes++)
		if (s->slot[at] & SET_GONE) {
			gap = at;
			reuse = true;
		}
	if (reuse) {
		at = gap;
		index = (s->slot[at] & ~SET_GONE) - 1;
	} else {
		index = s->nentry++;
		s->fill++;
	}
	s->entry[index] = e;
	s->slot[at] = index + 1;
	s->n++;
	return probes;
}

/* A new table for more than `want` items; the items go in as they lay in the old one. */
bool
set_resize(Interp *in, DictObj *s, uint64_t want)
{
	DictObj old = *s;
	uint64_t nslot = 8, probes = 0;

	while (nslot <= want)
		nslot *= 2;
	if (nslot > 1u << 30)
		return interp_memory(in, SIZE_MAX);
	if (!interp_memory(in, nslot * (sizeof *s->slot + sizeof *s->entry)))
		return false;
	s->slot = xcalloc(nslot, sizeof *s->slot);
	s->nslot = (uint32_t)nslot;
	s->cap = (uint32_t)(nslot * 3 / 5 + 2);
	s->entry = xmalloc(s->cap * sizeof *s->entry);
	s->n = s->nentry = s->fill = 0;
	for (uint32_t i = 0; i < old.nslot; i++)
		if (old.slot[i] && !(old.slot[i] & SET_GONE))
			probes += put_new(s, old.entry[old.slot[i] - 1]);
	xfree(old.slot);
	xfree(old.entry);
	return interp_steps(in, probes / PROBES_A_STEP);
}

bool
set_add_entry(Interp *in, DictObj *s, Value key, uint64_t hash)
{
	uint32_t at;
	int r;

	if (!s->nslot && !set_resize(in, s, 0))
		return false;
	r = set_probe(in, s, key, hash, &at);
	if (r)
		return r > 0;
	put_new(s, (DictEntry){key, VUNSET, hash});
	if ((uint64_t)s->fill * 5 < (uint64_t)(s->nslot - 1) * 3)
		return true;
	return set_resize(in, s, s->n > 50000 ? (uint64_t)s->n * 2 : (uint64_t)s->n * 4);
}

bool
set_add_value(Interp *in, Value s, Value v, Span at)
{
	uint64_t h;

	return value_hash(in, v, &h, at) && set_add_entry(in, DICT_OF(s), v, h);
}

const DictEntry *
set_next(const DictObj *s, int64_t *pos)
{
	while (*pos < s->nslot) {
		uint32_t k = s->slot[(*pos)++];
		if (k && !(k & SET_GONE))
			return &s->entry[k - 1];
	}
	return 0;
}

bool
set_drop_entry(Interp *in, DictObj *s, Value key, uint64_t hash, bool *found)
{
	uint32_t index, at;
	Probe p;
	int r;

	*found = false;
	if (!s->n)
		return true;
	r = set_probe(in, s, key, hash, &index);
	if (r <= 0)
		return r == 0;
	at = probe_first(&p, s, hash);
	while (s->slot[at] != index + 1)
		at = probe_next(&p, at);
	s->slot[at] |= SET_GONE;
	s->entry[index].key = VUNSET;
	s->n--;
	*found = true;
	return true;
}

/* Room for as many more, as CPython makes it. */
static bool
merge_room(Interp *in, DictObj *s, uint32_t more)
{
	if (!s->nslot && !set_resize(in, s, 0))
		return false;
	return ((uint64_t)s->fill + more) * 5 < (uint64_t)(s->nslot - 1) * 3 ||
	       set_resize(in, s, ((uint64_t)s->n + more) * 2);
}

/* Adds all of a set or the keys of a dict, in the way that keeps CPython's order. */
static bool
merge(Interp *in, DictObj *s, const DictObj *o)
{
	bool set = o->obj.kind == V_SET, fresh;
	const DictEntry *e;
	int64_t pos = 0;

	if (s == o || (set && !o->n))
		return true;
	if (!merge_room(in, s, o->n))
		return false;
	fresh = set && !s->fill;
	if (fresh && s->nslot == o->nslot && o->fill == o->n) {
		memcpy(s->slot, o->slot, o->nslot * sizeof *s->slot);
		memcpy(s->entry, o->entry, o->nentry * sizeof *s->entry);
		s->n = s->nentry = s->fill = o->n;
		return true;
	}
	while ((e = entry_next(o, &pos)) != 0)
		if (fresh)
			put_new(s, *e);
		else if (!set_add_entry(in, s, e->key, e->hash))
			return false;
	return true;
}

bool
set_fill(Interp *in, Value s, Value from)
{
	const DictEntry *e;
	int64_t pos = 0;

	while ((e = entry_next(DICT_OF(from), &pos)) != 0)
		if (!set_add_entry(in, DICT_OF(s), e->key, e->hash))
			return false;
	return true;
}

bool
set_update_from(Interp *in, Value s, Value from, Span at)
{
	Value it, v;
	int r;

	if (from.kind == V_SET || from.kind == V_DICT)
		return merge(in, DICT_OF(s), DICT_OF(from));
	if (!value_iter(in, from, &it, at))
		return false;
	interp_push(in, it);
	interp_push(in, s);
	while ((r = value_next(in, it, &v, at)) > 0)
		if (!set_add_value(in, s, v, at)) {
			r = -1;
			break;
		}
	interp_pop(in, 2);
	return r == 0;
}
