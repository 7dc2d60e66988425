/* itertools.c: enumerate, zip, map, filter, reversed, iter and next. All but the last two give lazy
 * iterators, as in Python: their functions run when an item is asked for.
 */
#include "builtins.h"

#include "class.h"
#include "core.h"

static int
enumerate_next(Interp *in, IterObj *it, Value *out, Span at)
{
	Value kv[2];
	int r = value_next(in, it->v[0], &kv[1], at);

	if (r <= 0)
		return r;
	kv[0] = it->v[1];
	*out = vtuple(in, kv, 2);
	return num_binary(in, BIN_ADD, it->v[1], vint(1), &it->v[1], at) ? 1 : -1;
}

static const IterType enumerate_type = {.name = "enumerate", .next = enumerate_next};

NATIVE_EXTERN(builtin_enumerate)
{
	Value it;
	Big big;

	if (!value_iter(in, args->v[0], &it, args_span(args, "iterable", 0)))
		return false;
	if (args->v[1].kind != V_UNSET && args->v[1].kind != V_BIG) {
		if (!is_index(in, args->v[1], &big))
			return fail(in, args_span(args, "start", 1),
			            "the start of enumerate() must be an int, not %s",
			            type_name(args->v[1]));
		args->v[1] = vbig(in, big);
	}
	*out = viter(in, &enumerate_type, it);
	ITER_OF(*out)->v[1] = args->v[1].kind == V_UNSET ? vint(0) : args->v[1];
	return true;
}

/* Makes a list of iterators of args[from …). */
static bool
iterators(Interp *in, const Args *args, uint32_t from, Value *list)
{
	Value it;

	*list = vlist(in, 0, 0);
	for (uint32_t i = from; i < args->npos; i++)
		if (!value_iter(in, args->pos[i], &it, args_at(args, i)) ||
		    !vlist_push(in, *list, it))
			return false;
	return true;
}

/* The next item of each into a fresh tuple. 0 at the end of any; *which is the one that ended. */
static int
gather(Interp *in, Value iters, Value *out, uint32_t *which, Span at)
{
	uint32_t n = SEQ_OF(iters)->n;
	int r = 1;

	*out = vtuple(in, 0, n);
	interp_push(in, *out);
	for (*which = 0; *which < n; ++*which) {
		Value item;
		r = value_next(in, SEQ_OF(iters)->at[*which], &item, at);
		if (r <= 0)
			break;
		SEQ_OF(*out)->at[*which] = item;
	}
	interp_pop(in, 1);
	return n ? r : 0;
}

static int
zip_next(Interp *in, IterObj *it, Value *out, Span at)
{
	uint32_t which, n;
	Value item;
	int r;

	if (it->v[0].kind == V_UNSET)
		return 0;
	n = SEQ_OF(it->v[0])->n;
	r = gather(in, it->v[0], out, &which, at);
	if (r || !it->n || !n) {
		if (!r)
			it->v[0] = VUNSET;
		return r;
	}
	if (which) {
		fail(in, at, "zip() argument %u is shorter than argument%s%u", which + 1,
		     which > 1 ? "s 1-" : " ", which);
		return -1;
	}
	for (uint32_t i = 1; i < n; i++) {
		r = value_next(in, SEQ_OF(it->v[0])->at[i], &item, at);
		if (r > 0)
			fail(in, at, "zip() argument %u is longer than argument%s%u", i + 1,
			     i > 1 ? "s 1-" : " ", i);
		if (r)
			return -1;
	}
	it->v[0] = VUNSET;
	return 0;
}

static const IterType zip_type = {.name = "zip", .next = zip_next};

NATIVE_EXTERN(builtin_zip)
{
	bool strict = false;
	Value iters;

	for (uint32_t i = 0; i < args->nkw; i++) {
		if (!str_is(args->kw[i].name, "strict"))
			return fail(in, args->kw[i].span,
			            "zip() has no keyword argument '%s', only strict=",
			            args->kw[i].name->s);
		if (!value_truth(in, args->kw[i].val, &strict, args->kw[i].span))
			return false;
	}
	if (!iterators(in, args, 0, &iters))
		return false;
	*out = viter(in, &zip_type, iters);
	ITER_OF(*out)->n = strict;
	return true;
}

static int
map_next(Interp *in, IterObj *it, Value *out, Span at)
{
	uint32_t which;
	Value items;
	int r = gather(in, it->v[1], &items, &which, at);

	if (r <= 0)
		return r;
	interp_push(in, items);
	r = call_values(in, it->v[0], SEQ_OF(items)->at, SEQ_OF(items)->n, out, at) ? 1 : -1;
	interp_pop(in, 1);
	return r;
}

static const IterType map_type = {.name = "map", .next = map_next};

NATIVE_EXTERN(builtin_map)
{
	Value iters;

	if (!args_count(in, "map", args, 2, UINT32_MAX) || !iterators(in, args, 1, &iters))
		return false;
	*out = viter(in, &map_type, args->pos[0]);
	ITER_OF(*out)->v[1] = iters;
	return true;
}

static int
filter_next(Interp *in, IterObj *it, Value *out, Span at)
{
	Value verdict;
	bool keep;
	int r;

	while ((r = value_next(in, it->v[1], out, at)) > 0) {
		verdict = *out;
		interp_push(in, *out);
		if (it->v[0].kind != V_NONE && !call_values(in, it->v[0], out, 1, &verdict, at))
			r = -1;
		interp_pop(in, 1);
		if (r < 0 || !value_truth(in, verdict, &keep, at))
			return -1;
		if (keep)
			return 1;
	}
	return r;
}

static const IterType filter_type = {.name = "filter", .next = filter_next};

NATIVE_EXTERN(builtin_filter)
{
	Value it;

	if (!value_iter(in, args->pos[1], &it, args_at(args, 1)))
		return false;
	*out = viter(in, &filter_type, args->pos[0]);
	ITER_OF(*out)->v[1] = it;
	return true;
}

/* Items i-1, i-2 … 0 of something with a length and items. */
static int
reversed_next(Interp *in, IterObj *it, Value *out, Span at)
{
	int r;

	if (it->i <= 0)
		return 0;
	it->i--;
	if (it->v[0].kind == V_LIST && it->i >= SEQ_OF(it->v[0])->n)
		return it->i = 0;
	if (it->v[0].kind != V_INSTANCE)
		return value_getitem(in, it->v[0], vint(it->i), out, at) ? 1 : -1;
	r = item_or_end(in, it->v[0], it->i, out, at);
	return r ? r : (it->i = 0);
}

static const IterType reversed_type = {.name = "reversed", .next = reversed_next};

NATIVE_EXTERN(builtin_reversed)
{
	Value v = args->pos[0], fn;
	int64_t n;
	int r = special_call(in, v, SP_reversed, 0, 0, out, args->span);

	if (!r && v.kind == V_CLASS)
		r = type_special(in, v, SP_reversed, 0, 0, out, args->span);
	if (r)
		return r > 0;
	if (v.kind == V_INSTANCE && !special_find(in, v, SP_getitem, &fn))
		return fail(in, args_at(args, 0), "'%s' object is not reversible", type_name(v));
	if (v.kind == V_LIST && v.o->sub) /* list's own, whatever the class has in place of [] */
		v = vlist(in, SEQ_OF(v)->at, SEQ_OF(v)->n);
	if (v.kind == V_DICT && v.o->sub)
		v = dict_copy(in, v);
	if (v.kind == V_DICT || is_view(v) || (v.kind == V_HOST && HOST_OF(v)->type->iter)) {
		if (!value_to_list(in, v, &v, args_at(args, 0)))
			return false;
	} else if (v.kind == V_SET || v.kind == V_ITER || v.kind == V_NPSCALAR || is_num(v)) {
		return fail(in, args_at(args, 0), "'%s' object is not reversible", type_name(v));
	}
	if (!value_len(in, v, &n, args_at(args, 0)))
		return false;
	*out = viter(in, &reversed_type, v);
	ITER_OF(*out)->i = n;
	return true;
}

static int
until_next(Interp *in, IterObj *it, Value *out, Span at)
{
	bool same;

	if (it->v[0].kind == V_UNSET)
		return 0;
	if (!call_values(in, it->v[0], 0, 0, out, at) || !value_same(in, *out, it->v[1], &same))
		return -1;
	if (same)
		it->v[0] = VUNSET;
	return !same;
}

static const IterType until_type = {.name = "callable_iterator", .next = until_next};

NATIVE_EXTERN(builtin_iter)
{
	if (args->npos < 2)
		return value_iter(in, args->pos[0], out, args_at(args, 0));
	*out = viter(in, &until_type, args->pos[0]); /* calls it until the second comes */
	ITER_OF(*out)->v[1] = args->pos[1];
	return true;
}

NATIVE_EXTERN(builtin_next)
{
	Value it = args->pos[0], end;
	int r;

	if (it.kind == V_HOST && HOST_OF(it)->type->walking &&
	    !HOST_OF(it)->type->walk(in, HOST_OF(it), &it))
		return false;
	if (!class_of(it) && (it.kind != V_ITER || is_view(it)))
		return fail(in, args_at(args, 0), "'%s' object is not an iterator; use iter()",
		            type_name(it));
	if (args->npos < 2 && (r = special_call(in, it, SP_next, 0, 0, out, args->span)) != 0)
		return r > 0; /* its own StopIteration */
	r = value_next(in, it, out, args->span);
	if (r == 0 && args->npos < 2) {
		if (!interp_catching(in))
			return fail(in, args->span,
			            "next() found no further item (StopIteration); a second "
			            "argument is the default");
		end = generator_result(it);
		end = exc_new(in, "StopIteration", &end, end.kind != V_NONE);
		return raise_value(in, end, args->span);
	}
	if (r == 0)
		*out = args->pos[1];
	return r >= 0;
}
