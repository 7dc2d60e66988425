/* dict.c: dicts: a hash table of indices into an array of entries in the order of insertion, as
 * DictObj says. A removed entry keeps its place (key V_UNSET) until the next rebuild. Sets have the
 * same layout with another table, see set.c.
 */
#include "class.h"
#include "core.h"

int
dict_find(Interp *in, const DictObj *d, Value key, uint64_t hash, uint32_t *index)
{
	uint32_t mask = d->nslot - 1, i, probes = 0;
	const DictEntry *entry = d->entry;

	if (!d->n)
		return 0;
	if (d->obj.kind == V_SET)
		return set_probe(in, d, key, hash, index);
	for (i = (uint32_t)(hash ^ hash >> 29) & mask; d->slot[i]; i = (i + 1) & mask) {
		const DictEntry *e = &d->entry[d->slot[i] - 1];
		bool same;

		if (++probes % PROBES_A_STEP == 0 && !interp_steps(in, 1))
			return -1;
		if (e->hash != hash || e->key.kind == V_UNSET)
			continue;
		if (e->key.kind == V_INT && key.kind == V_INT)
			same = e->key.i == key.i;
		else if (!value_same(in, e->key, key, &same))
			return -1;
		if (d->entry != entry || d->nslot != mask + 1) /* an __eq__ changed it */
			return dict_find(in, d, key, hash, index);
		if (same) {
			*index = (uint32_t)(e - d->entry);
			return 1;
		}
	}
	return 0;
}

/* The entry of that text, or 0. */
static DictEntry *
entry_named(const DictObj *d, const Str *name)
{
	uint64_t hash = hash_bytes(name->s, name->len, 0) | 1;
	uint32_t mask = d->nslot - 1;

	if (!d->n)
		return 0;
	for (uint32_t i = (uint32_t)(hash ^ hash >> 29) & mask; d->slot[i]; i = (i + 1) & mask) {
		DictEntry *e = &d->entry[d->slot[i] - 1];
		if (e->hash == hash && e->key.kind == V_STR && STR_OF(e->key)->len == name->len &&
		    memcmp(STR_OF(e->key)->s, name->s, name->len) == 0)
			return e;
	}
	return 0;
}

bool
dict_named(UNUSED Interp *in, Value v, const Str *name, Value *out)
{
	const DictEntry *e = entry_named(DICT_OF(v), name);

	if (e)
		*out = e->val;
	return e != 0;
}

bool
dict_name(Interp *in, Value v, const Str *name, Value val, Span at)
{
	DictEntry *e = entry_named(DICT_OF(v), name);

	if (!e)
		return dict_set(in, v, vstr_of(in, name), val, at);
	e->val = val;
	return true;
}

int
dict_look(Interp *in, Value d, Value key, uint32_t *index, Span at)
{
	uint64_t h;

	return value_hash(in, key, &h, at) ? dict_find(in, DICT_OF(d), key, h, index) : -1;
}

/* Moves the entries together and makes room for as many again. */
static bool
rebuild(Interp *in, DictObj *d)
{
	uint32_t nslot = 8, n = 0, cap;
	uint64_t probes = 0;

	while (nslot < (uint64_t)d->n * 3)
		nslot *= 2;
	if (d->n > 1u << 28)
		return interp_memory(in, SIZE_MAX);
	cap = nslot / 2 + 1;
	if (!interp_memory(in, (size_t)cap * sizeof *d->entry + nslot * sizeof *d->slot))
		return false;
	for (uint32_t i = 0; i < d->nentry; i++)
		if (d->entry[i].key.kind != V_UNSET)
			d->entry[n++] = d->entry[i];
	d->nentry = n;
	d->cap = cap;
	d->entry = xrealloc(d->entry, cap, sizeof *d->entry);
	xfree(d->slot);
	d->slot = xcalloc(nslot, sizeof *d->slot);
	d->nslot = nslot;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t h = d->entry[i].hash;
		uint32_t k = (uint32_t)(h ^ h >> 29) & (nslot - 1);
		for (; d->slot[k]; probes++)
			k = (k + 1) & (nslot - 1);
		d->slot[k] = i + 1;
	}
	return interp_steps(in, probes / PROBES_A_STEP);
}

bool
dict_set(Interp *in, Value v, Value key, Value val, Span at)
{
	DictObj *d = DICT_OF(v);
	uint64_t h;
	uint32_t i;
	int r;

	if (!value_hash(in, key, &h, at))
		return false;
	r = dict_find(in, d, key, h, &i);
	if (r) {
		if (r > 0)
			d->entry[i].val = val;
		return r > 0;
	}
	if (d->nentry == d->cap && !rebuild(in, d))
		return false;
	i = (uint32_t)(h ^ h >> 29) & (d->nslot - 1);
	while (d->slot[i])
		i = (i + 1) & (d->nslot - 1);
	d->entry[d->nentry] = (DictEntry){key, val, h};
	d->slot[i] = ++d->nentry;
	d->n++;
	return true;
}

bool
dict_get(Interp *in, Value d, Value key, Value *out)
{
	uint32_t i;

	if (dict_look(in, d, key, &i, NOSPAN) <= 0)
		return false;
	*out = DICT_OF(d)->entry[i].val;
	return true;
}

bool
dict_contains(Interp *in, Value d, Value key, bool *out, Span at)
{
	uint32_t i;
	int r = dict_look(in, d, key, &i, at);

	*out = r > 0;
	return r >= 0;
}

const DictEntry *
entry_next(const DictObj *d, int64_t *pos)
{
	if (d->obj.kind == V_SET)
		return set_next(d, pos);
	while (*pos < d->nentry)
		if (d->entry[(*pos)++].key.kind != V_UNSET)
			return &d->entry[*pos - 1];
	return 0;
}

/* The entry stays in the table as one that matches nothing. */
void
dict_remove_at(DictObj *d, uint32_t index)
{
	d->entry[index].key = VUNSET;
	d->entry[index].val = VUNSET;
	d->n--;
	if (!d->n)
		dict_clear_all(d);
}

bool
dict_remove(Interp *in, Value v, Value key, Value *out, bool *found, Span at)
{
	uint32_t i;
	int r = dict_look(in, v, key, &i, at);

	*found = r > 0;
	if (r <= 0)
		return r == 0;
	*out = DICT_OF(v)->entry[i].val;
	dict_remove_at(DICT_OF(v), i);
	return true;
}

void
dict_clear_all(DictObj *d)
{
	xfree(d->entry);
	xfree(d->slot);
	d->entry = 0;
	d->slot = 0;
	d->n = d->nentry = d->cap = d->nslot = d->fill = d->finger = 0;
}

Value
dict_copy(Interp *in, Value d)
{
	Value out = vdict(in);
	const DictEntry *e;
	int64_t pos = 0;

	while ((e = entry_next(DICT_OF(d), &pos)) != 0)
		dict_set(in, out, e->key, e->val, NOSPAN);
	return out;
}

static bool
update_pair(Interp *in, Value d, Value pair, uint32_t i, Span at)
{
	Value kv;

	if (pair.kind == V_TUPLE || pair.kind == V_LIST)
		kv = pair;
	else if (is_num(pair) || pair.kind == V_NONE)
		return fail(in, at, "cannot convert dictionary update sequence element #%u to a "
		            "sequence", i);
	else if (!value_to_list(in, pair, &kv, at))
		return false;
	if (SEQ_OF(kv)->n != 2)
		return fail(in, at, "dict update sequence element %u has length %u; 2 is required",
		            i, SEQ_OF(kv)->n);
	return dict_set(in, d, SEQ_OF(kv)->at[0], SEQ_OF(kv)->at[1], at);
}

/* An object with items(), such as an open .npz, is taken by them and not by what it iterates. */
static bool
mapping_items(Interp *in, Value from, Value *list, Span at)
{
	Value fn, items;
	int found;

	if (from.kind != V_HOST)
		return true;
	found = value_findattr(in, from, intern_cstr(interp_names(in), "items"), &fn, at);
	return found == 0 ||
	       (found > 0 && interp_call(in, fn, &(Args){.span = at, .callee = at}, &items) &&
	        value_to_list(in, items, list, at));
}

int
dict_by_keys(Interp *in, Value d, Value from, Span at)
{
	Value fn, keys, list, v;
	int r = class_of(from) && (from.kind != V_DICT || special_find(in, from, SP_iter, &fn))
	            ? value_findattr(in, from, intern_cstr(interp_names(in), "keys"), &fn, at)
	            : 0;
	bool ok;

	if (r <= 0)
		return r;
	if (!interp_call(in, fn, &(Args){.span = at, .callee = at}, &keys) ||
	    !value_to_list(in, keys, &list, at))
		return -1;
	interp_push(in, list);
	ok = true;
	for (uint32_t i = 0; ok && i < SEQ_OF(list)->n; i++)
		ok = value_getitem(in, from, SEQ_OF(list)->at[i], &v, at) &&
		     dict_set(in, d, SEQ_OF(list)->at[i], v, at);
	interp_pop(in, 1);
	return ok ? 1 : -1;
}

/* From a dict, from what has keys(), or from pairs. */
bool
dict_update(Interp *in, Value d, Value from, Span at)
{
	Value it, item;
	int r = dict_by_keys(in, d, from, at);

	if (r)
		return r > 0;
	if (from.kind == V_DICT) {
		uint32_t n = DICT_OF(from)->nentry;
		for (uint32_t i = 0; i < n && from.o != d.o; i++) {
			DictEntry e = DICT_OF(from)->entry[i];
			if (e.key.kind != V_UNSET && !dict_set(in, d, e.key, e.val, at))
				return false;
		}
		return true;
	}
	if (!mapping_items(in, from, &from, at) || !value_iter(in, from, &it, at))
		return false;
	interp_push(in, it);
	for (uint32_t i = 0; (r = value_next(in, it, &item, at)) > 0; i++) {
		bool ok;

		interp_push(in, item);
		ok = update_pair(in, d, item, i, at);
		interp_pop(in, 1);
		if (!ok)
			break;
	}
	interp_pop(in, 1);
	return r == 0;
}

