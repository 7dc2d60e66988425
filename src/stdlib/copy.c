/* copy.c: the module copy. A deep copy keeps what is shared shared, and circles circles; values
 * that cannot change, functions and modules are their own copies.
 */
#include "script/builtins.h"
#include "script/core.h"
#include "stdlib.h"

typedef struct Copying {
	Interp *in;
	Map done; /* Obj -> its copy */
	Span at;
} Copying;

static bool copy_deep(Copying *c, Value v, Value *out);

/* The items of a list or tuple; a tuple whose items stay is its own copy. */
static bool
copy_items(Copying *c, Value v, Value *out)
{
	bool same = v.kind == V_TUPLE;

	for (uint32_t i = 0; i < SEQ_OF(v)->n; i++) {
		Value item;
		if (!copy_deep(c, SEQ_OF(v)->at[i], &item))
			return false;
		same = same && value_is(item, SEQ_OF(v)->at[i]);
		SEQ_OF(*out)->at[i] = item;
	}
	if (same)
		*out = v;
	return true;
}

static bool
copy_entries(Copying *c, Value v, Value *out)
{
	int64_t pos = 0;
	const DictEntry *e;
	Value key, val;

	while ((e = entry_next(DICT_OF(v), &pos)) != NULL)
		if (!copy_deep(c, e->key, &key) || !copy_deep(c, e->val, &val) ||
		    !dict_set(c->in, *out, key, val, c->at))
			return false;
	return true;
}

static bool
copy_array(Interp *in, Value v, Value *out, Span at)
{
	Value fn;

	return value_getattr(in, v, intern_cstr(interp_names(in), "copy"), &fn, at) &&
	       interp_call(in, fn, &(Args){.span = at, .callee = at}, out);
}

/* What holds nothing that could change by itself. */
static bool
copy_flat(Interp *in, Value v, Value *out, Span at)
{
	*out = v;
	if (v.kind == V_ARRAY)
		return copy_array(in, v, out, at);
	if (v.kind == V_HOST && HOST_OF(v)->type->copy)
		*out = HOST_OF(v)->type->copy(in, HOST_OF(v));
	if (v.kind != V_SET)
		return true;
	*out = vset(in);
	return set_fill(in, *out, v);
}

static bool
copy_deep(Copying *c, Value v, Value *out)
{
	bool nested = v.kind == V_LIST || v.kind == V_TUPLE || v.kind == V_DICT;
	Value *known = nested || v.kind == V_ARRAY || v.kind == V_HOST
	                   ? map_get(&c->done, KEY(v.o))
	                   : NULL;

	if (known) {
		*out = *known;
		return true;
	}
	if (interp_deep(c->in, c->at) || !interp_steps(c->in, 1))
		return false;
	if (!nested && !copy_flat(c->in, v, out, c->at))
		return false;
	if (nested)
		*out = v.kind == V_DICT ? vdict(c->in) : vseq(c->in, v.kind, 0, SEQ_OF(v)->n);
	if (nested || v.kind == V_ARRAY || v.kind == V_HOST)
		map_put(&c->done, KEY(v.o),
		        known = arena_dup(interp_arena(c->in), out, sizeof *out));
	if (!nested)
		return true;
	if (!(v.kind == V_DICT ? copy_entries(c, v, out) : copy_items(c, v, out)))
		return false;
	*known = *out;
	return true;
}

NATIVE(copy_deepcopy)
{
	Copying c = {.in = in, .at = args->span};

	map_init(&c.done, interp_arena(in));
	return copy_deep(&c, args->v[0], out);
}

NATIVE(copy_copy)
{
	Value v = args->v[0];

	if (v.kind == V_LIST)
		*out = vlist(in, SEQ_OF(v)->at, SEQ_OF(v)->n);
	else if (v.kind == V_DICT)
		*out = dict_copy(in, v);
	else
		return copy_flat(in, v, out, args->span);
	return true;
}

static const Native rows[] = {
    METHOD(copy, copy, "x"),
    METHOD(copy, deepcopy, "x,memo="),
    NATIVE_END,
};

static int
copy_member(Interp *in, UNUSED ModuleObj *m, const Str *name, Value *out)
{
	return native_get(in, rows, name, 0, VUNSET, out);
}

Value
copy_module(Interp *in, UNUSED void *ctx)
{
	return vmodule(in, "copy", copy_member, NULL);
}
