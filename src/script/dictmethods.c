/* dictmethods.c: the methods of dicts, their views (keys, values, items), and dict.fromkeys. */
#include "core.h"

/* ---- views: V_ITER objects without next; v[0] is the dict ---- */

const IterType dict_keys_type = {.name = "dict_keys"};
const IterType dict_values_type = {.name = "dict_values"};
const IterType dict_items_type = {.name = "dict_items"};

bool
is_view(Value v)
{
	return v.kind == V_ITER && !ITER_OF(v)->type->next;
}

bool
is_setview(Value v)
{
	return is_view(v) && ITER_OF(v)->type != &dict_values_type;
}

bool
is_setlike(Value v)
{
	return v.kind == V_SET || is_setview(v);
}

DictObj *
view_dict(Value v)
{
	return DICT_OF(ITER_OF(v)->v[0]);
}

bool
view_contains(Interp *in, Value view, Value item, bool *out, Span at)
{
	uint32_t i;
	int r;

	*out = false;
	if (ITER_OF(view)->type == &dict_keys_type)
		return dict_contains(in, ITER_OF(view)->v[0], item, out, at);
	if (item.kind != V_TUPLE || SEQ_OF(item)->n != 2)
		return true;
	r = dict_look(in, ITER_OF(view)->v[0], SEQ_OF(item)->at[0], &i, at);
	if (r > 0)
		return value_same(in, view_dict(view)->entry[i].val, SEQ_OF(item)->at[1], out);
	return r == 0;
}

/* ---- methods ---- */

enum { VIEW_KEYS, VIEW_VALUES, VIEW_ITEMS };

NATIVE(dict_view)
{
	static const IterType *const types[] = {
	    [VIEW_KEYS] = &dict_keys_type,
	    [VIEW_VALUES] = &dict_values_type,
	    [VIEW_ITEMS] = &dict_items_type,
	};

	*out = viter(in, types[args_with(args)], self);
	return true;
}

NATIVE(dict_get_)
{
	uint32_t i;
	int r = dict_look(in, self, args->pos[0], &i, args_at(args, 0));

	*out = r > 0 ? DICT_OF(self)->entry[i].val : args->npos > 1 ? args->pos[1] : VNONE;
	return r >= 0;
}

NATIVE(dict_setdefault)
{
	uint32_t i;
	int r = dict_look(in, self, args->pos[0], &i, args_at(args, 0));

	if (r) {
		*out = r > 0 ? DICT_OF(self)->entry[i].val : VNONE;
		return r > 0;
	}
	*out = args->npos > 1 ? args->pos[1] : VNONE;
	return dict_set(in, self, args->pos[0], *out, args->span);
}

NATIVE(dict_pop)
{
	bool found;

	if (!dict_remove(in, self, args->pos[0], out, &found, args_at(args, 0)))
		return false;
	if (found)
		return true;
	if (args->npos < 2)
		return no_key(in, self, args->pos[0], args->span);
	*out = args->pos[1];
	return true;
}

NATIVE(dict_popitem)
{
	DictObj *d = DICT_OF(self);
	uint32_t i = d->nentry;
	Value kv[2];

	if (!d->n)
		return fail(in, args->span, "popitem from an empty dict");
	while (d->entry[--i].key.kind == V_UNSET)
		;
	kv[0] = d->entry[i].key;
	kv[1] = d->entry[i].val;
	dict_remove_at(d, i);
	*out = vtuple(in, kv, 2);
	return true;
}

bool
dict_fill(Interp *in, Value d, const Args *args)
{
	bool ok = true;

	if (args->npos > 1)
		return fail(in, args->span,
		            "%s()%.0s takes at most 1 positional argument, %u were given",
		            args->fn->name, native_member(args->fn), args->npos);
	interp_push(in, d);
	if (args->npos)
		ok = dict_update(in, d, args->pos[0], args_at(args, 0));
	interp_pop(in, 1);
	for (uint32_t i = 0; ok && i < args->nkw; i++)
		ok = dict_set(in, d, vstr_of(in, args->kw[i].name), args->kw[i].val,
		              args->kw[i].span);
	return ok;
}

NATIVE(dict_update_)
{
	*out = VNONE;
	return dict_fill(in, self, args);
}

NATIVE(dict_clear)
{
	*out = VNONE;
	dict_clear_all(DICT_OF(self));
	return true;
}

NATIVE(dict_copy_)
{
	*out = dict_copy(in, self);
	return true;
}

const Native dict_methods[] = {
    METHOD_WITH(dict, keys, dict_view, "", VIEW_KEYS),
    METHOD_WITH(dict, values, dict_view, "", VIEW_VALUES),
    METHOD_WITH(dict, items, dict_view, "", VIEW_ITEMS),
    METHOD_AS(dict, get, dict_get_, "x,y=,/"), METHOD(dict, setdefault, "x,y=,/"),
    METHOD(dict, pop, "x,y=,/"), METHOD(dict, popitem, ""),
    METHOD_AS(dict, update, dict_update_, 0), METHOD(dict, clear, ""),
    METHOD_AS(dict, copy, dict_copy_, ""), NATIVE_END,
};
