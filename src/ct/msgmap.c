/* msgmap.c: the entries of a map field as a dict that is a part of its message. As in Python, an
 * entry that is asked for by its key comes to be. Entries keep the order in which they came, which
 * Python leaves open.
 */
#include "message.h"

#include "script/core.h"

static FieldRef *
map_of(Value v)
{
	return HOST_OF(v)->data;
}

static const MsgDesc *
entry_desc(const FieldRef *e)
{
	return e->f->descriptor;
}

static const Field *
value_field(const FieldRef *e)
{
	return &entry_desc(e)->fields[1];
}

static bool
holds_messages(const FieldRef *e)
{
	return value_field(e)->type == PROTOBUF_C_TYPE_MESSAGE;
}

/* The entry of a key: *found 0 if there is none. False: it cannot be a key. */
static bool
find(Interp *in, const FieldRef *e, Value key, Msg **found, Span at)
{
	Msg *probe = msg_new(interp_arena(in), entry_desc(e));

	if (!field_store(in, probe, &entry_desc(e)->fields[0], 0, key, at))
		return false;
	*found = msg_map_find(e->m, e->f->name, probe);
	return true;
}

static bool
find_or_make(Interp *in, const FieldRef *e, Value key, Msg **entry, Span at)
{
	if (!find(in, e, key, entry, at))
		return false;
	if (*entry)
		return true;
	*entry = msg_sub(e->m, e->f->name);
	if (holds_messages(e))
		msg_sub(*entry, "value");
	return field_store(in, *entry, &entry_desc(e)->fields[0], 0, key, at);
}

static Value
value_of(Interp *in, const FieldRef *e, Msg *entry)
{
	return holds_messages(e) ? bind_message(in, msg_lazy(entry, "value"))
	                         : field_value(in, entry, value_field(e), 0);
}

static bool
all_entries(Interp *in, const FieldRef *e, Value *dict)
{
	size_t n = msg_count(e->m, e->f->name);

	*dict = vdict(in);
	for (size_t i = 0; i < n; i++) {
		Msg *entry = (Msg *)(uintptr_t)msg_at(e->m, e->f->name, i);
		Value key = field_value(in, entry, &entry_desc(e)->fields[0], 0);
		if (!dict_set(in, *dict, key, value_of(in, e, entry), NOSPAN))
			return false;
	}
	return true;
}

/* Takes out all entries of the key. */
static void
take_out(const FieldRef *e, Msg *entry)
{
	for (size_t i = msg_count(e->m, e->f->name); i-- > 0;) {
		const Msg *at = msg_at(e->m, e->f->name, i);
		if (at == entry)
			msg_splice(e->m, e->f->name, i, 1, 0);
	}
}

/* ---- items ---- */

static bool
map_getitem(Interp *in, HostObj *self, Value key, Value *out, Span at)
{
	Msg *entry;

	if (!find_or_make(in, self->data, key, &entry, at))
		return false;
	*out = value_of(in, self->data, entry);
	return true;
}

static bool
set_entry(Interp *in, const FieldRef *e, Value key, Value v, Span at)
{
	Msg *entry;

	if (holds_messages(e))
		return fail(in, at,
		            "an entry of '%s' is a message: set its fields, or fill it with "
		            "CopyFrom()",
		            e->f->name);
	return find_or_make(in, e, key, &entry, at) &&
	       field_store(in, entry, value_field(e), 0, v, at);
}

static bool
map_setitem(Interp *in, HostObj *self, Value key, Value v, Span at)
{
	return set_entry(in, self->data, key, v, at);
}

static bool
map_delitem(Interp *in, HostObj *self, Value key, Span at)
{
	const FieldRef *e = self->data;
	Msg *entry;

	if (!find(in, e, key, &entry, at))
		return false;
	if (!entry)
		return fail(in, at, "the map '%s' has no key %.80s", e->f->name, shown(in, key));
	take_out(e, entry);
	return true;
}

static bool
map_contains(Interp *in, HostObj *self, Value key, bool *out, Span at)
{
	Msg *entry;

	if (!find(in, self->data, key, &entry, at))
		return false;
	*out = entry != NULL;
	return true;
}

static bool
map_iter(Interp *in, HostObj *self, VKind *as, Value *list)
{
	Value dict;

	*as = V_LIST;
	return all_entries(in, self->data, &dict) && value_to_list(in, dict, list, NOSPAN);
}

static int64_t
map_len(HostObj *self)
{
	const FieldRef *e = self->data;

	return (int64_t)msg_count(e->m, e->f->name);
}

static void
map_repr(Interp *in, HostObj *self, Buf *out)
{
	Value dict;

	if (all_entries(in, self->data, &dict))
		value_repr(in, dict, out);
}

static int
map_equal(Interp *in, HostObj *a, Value b)
{
	Value x, y = b;
	bool same, map = is_host(b, a->type);

	if (b.kind != V_DICT && !map)
		return 0;
	if (!all_entries(in, a->data, &x) || (map && !all_entries(in, map_of(b), &y)) ||
	    !value_same(in, x, y, &same))
		return -1;
	return same;
}

/* ---- methods ---- */

NATIVE(map_lookup)
{
	Msg *entry;

	if (!find(in, map_of(self), args->v[0], &entry, args->span))
		return false;
	*out = entry ? value_of(in, map_of(self), entry)
	             : args->v[1].kind == V_UNSET ? VNONE
	                                          : args->v[1];
	return true;
}

NATIVE(map_get_or_create)
{
	return map_getitem(in, HOST_OF(self), args->v[0], out, args->span);
}

/* An entry that is not there comes to be first, so that there is no default to give. */
NATIVE(map_pop)
{
	return map_getitem(in, HOST_OF(self), args->v[0], out, args->span) &&
	       map_delitem(in, HOST_OF(self), args->v[0], args->span);
}

NATIVE(map_popitem)
{
	const FieldRef *e = map_of(self);
	Value pair[2];
	Msg *entry;

	if (!map_len(HOST_OF(self)))
		return fail(in, args->span, "the map '%s' is empty", e->f->name);
	entry = (Msg *)(uintptr_t)msg_at(e->m, e->f->name, 0);
	pair[0] = field_value(in, entry, &entry_desc(e)->fields[0], 0);
	pair[1] = value_of(in, e, entry);
	*out = vtuple(in, pair, 2);
	take_out(e, entry);
	return true;
}

NATIVE(map_setdefault)
{
	const FieldRef *e = map_of(self);
	Msg *entry;

	if (!find(in, e, args->v[0], &entry, args->span))
		return false;
	return (entry || set_entry(in, e, args->v[0], args->v[1], args->span)) &&
	       map_getitem(in, HOST_OF(self), args->v[0], out, args->span);
}

NATIVE(map_clear)
{
	msg_clear(map_of(self)->m, map_of(self)->f->name);
	*out = VNONE;
	return true;
}

enum { MAP_KEYS, MAP_VALUES, MAP_ITEMS };

NATIVE(map_view)
{
	static const IterType *const types[] = {&dict_keys_type, &dict_values_type,
	                                        &dict_items_type};
	Value dict;

	if (!all_entries(in, map_of(self), &dict))
		return false;
	*out = viter(in, types[args_with(args)], dict);
	return true;
}

bool
map_update(Interp *in, const FieldRef *e, Value v, Span at)
{
	Value dict = vdict(in);
	int64_t pos = 0;
	const DictEntry *d;
	Msg *entry;

	if (!dict_update(in, dict, v, at))
		return false;
	while ((d = entry_next(DICT_OF(dict), &pos)) != NULL) {
		if (!holds_messages(e)) {
			if (!set_entry(in, e, d->key, d->val, at))
				return false;
			continue;
		}
		if (!find_or_make(in, e, d->key, &entry, at) ||
		    !message_fill(in, msg_edit(entry, "value"), d->val, at))
			return false;
	}
	return true;
}

NATIVE(map_update_with)
{
	const FieldRef *e = map_of(self);

	*out = VNONE;
	if (args->npos > 1)
		return fail(in, args->span, "update() takes one mapping, found %u", args->npos);
	if (args->npos && !map_update(in, e, args->pos[0], args->span))
		return false;
	for (uint32_t i = 0; i < args->nkw; i++)
		if (!set_entry(in, e, vstr_of(in, args->kw[i].name), args->kw[i].val,
		               args->kw[i].span))
			return false;
	return true;
}

#define MAP_METHODS                                                                                \
	{"get", "key,default=", map_lookup, AS_FUNCTION},                                          \
	    {"keys", "", map_view, AS_FUNCTION | WITH(MAP_KEYS)},                                  \
	    {"values", "", map_view, AS_FUNCTION | WITH(MAP_VALUES)},                              \
	    {"items", "", map_view, AS_FUNCTION | WITH(MAP_ITEMS)},                                \
	    {"pop", "key,default=", map_pop, AS_FUNCTION},                                         \
	    {"popitem", "", map_popitem, AS_FUNCTION},                                             \
	    {"setdefault", "key,default=", map_setdefault, AS_FUNCTION},                           \
	    {"update", NULL, map_update_with, AS_FUNCTION},                                        \
	    {"MergeFrom", NULL, map_update_with, AS_FUNCTION},                                     \
	    {"clear", "", map_clear, AS_FUNCTION}, NATIVE_END

static const Native scalar_map_methods[] = {MAP_METHODS};
static const Native message_map_methods[] = {
    {"get_or_create", "key", map_get_or_create, AS_FUNCTION}, MAP_METHODS};

#define MAP_TYPE(python, table)                                                                    \
	{                                                                                          \
		.name = python, .module = "google._upb._message", .methods = table,                \
		.getitem = map_getitem, .setitem = map_setitem, .delitem = map_delitem,            \
		.contains = map_contains, .iter = map_iter, .len = map_len, .repr = map_repr,      \
		.equal = map_equal,                                                                \
	}
const HostType scalar_map_type = MAP_TYPE("ScalarMapContainer", scalar_map_methods);
const HostType message_map_type = MAP_TYPE("MessageMapContainer", message_map_methods);
