/* seqmethods.c: the methods of lists, tuples and ranges. */
#include "core.h"

NATIVE(list_append)
{
	*out = VNONE;
	return vlist_push(in, self, args->pos[0]);
}

NATIVE(list_extend_)
{
	*out = VNONE;
	return list_extend(in, self, args->pos[0], args_at(args, 0));
}

NATIVE(list_insert)
{
	SeqObj *s = SEQ_OF(self);
	int64_t i;

	*out = VNONE;
	if (!as_int(in, args->pos[0], &i, "the index of list.insert()", args_at(args, 0)))
		return false;
	i = i < 0 ? MAX(i + s->n, 0) : MIN(i, (int64_t)s->n);
	return list_splice(in, s, i, i, &args->pos[1], 1);
}

NATIVE(list_pop)
{
	SeqObj *s = SEQ_OF(self);
	int64_t i = s->n - 1;

	if (!s->n)
		return fail(in, args->span, "pop from empty list");
	if (args->npos && !seq_index(in, args->pos[0], s->n, "pop", &i, args_at(args, 0)))
		return false;
	*out = s->at[i];
	return list_splice(in, s, i, i + 1, 0, 0);
}

/* The start and stop of index(x, start, stop), cut to the sequence. */
static bool
index_bounds(Interp *in, const Args *args, int64_t n, int64_t *from, int64_t *to)
{
	*from = 0;
	*to = n;
	for (uint32_t i = 1; i < args->npos; i++) {
		int64_t *p = i == 1 ? from : to;
		Value v = args->pos[i];
		if (v.kind == V_STR || v.kind == V_FLOAT)
			return fail(in, args_at(args, i), "slice indices must be integers, not %s",
			            type_name(v));
		if (!as_int(in, v, p, "a bound of index()", args_at(args, i)))
			return false;
		*p = *p < 0 ? MAX(*p + n, 0) : *p;
	}
	return true;
}

static bool
not_in(Interp *in, Value self, Value item, Span at)
{
	if (self.kind == V_TUPLE)
		return fail(in, at, "%.80s is not in the tuple", shown(in, item));
	return fail(in, at, "%.80s is not in the %s", shown(in, item), type_name(self));
}

NATIVE(seq_index_of)
{
	int64_t from, to, i;

	if (!index_bounds(in, args, SEQ_OF(self)->n, &from, &to) ||
	    !seq_find(in, self, args->pos[0], from, to, &i))
		return false;
	*out = vint(i);
	return i >= 0 || not_in(in, self, args->pos[0], args->span);
}

NATIVE(seq_count)
{
	int64_t n = 0;
	bool same;

	for (uint32_t i = 0; i < SEQ_OF(self)->n; i++) {
		if (!value_same(in, SEQ_OF(self)->at[i], args->pos[0], &same))
			return false;
		n += same;
	}
	*out = vint(n);
	return true;
}

NATIVE(list_remove)
{
	SeqObj *s = SEQ_OF(self);
	int64_t i;

	*out = VNONE;
	if (!seq_find(in, self, args->pos[0], 0, INT64_MAX, &i))
		return false;
	if (i < 0)
		return fail(in, args->span, "%.80s is not in the list, so it cannot be removed",
		            shown(in, args->pos[0]));
	return i >= s->n ||
	       list_splice(in, s, i, i + 1, 0, 0); /* an __eq__ may have shortened it */
}

NATIVE(list_reverse)
{
	*out = VNONE;
	if (!interp_steps(in, SEQ_OF(self)->n / 64))
		return false;
	seq_reverse(SEQ_OF(self));
	return true;
}

NATIVE(list_sort)
{
	bool reverse = false;

	*out = VNONE;
	return (args->v[1].kind == V_UNSET ||
	        value_truth(in, args->v[1], &reverse, args_span(args, "reverse", 0))) &&
	       sort_values(in, self, args->v[0], reverse, args->span);
}

NATIVE(list_copy)
{
	*out = vlist(in, SEQ_OF(self)->at, SEQ_OF(self)->n);
	return true;
}

NATIVE(list_clear)
{
	*out = VNONE;
	SEQ_OF(self)->n = 0;
	return true;
}

NATIVE(range_index)
{
	int64_t i;

	if ((args->pos[0].kind != V_INT && args->pos[0].kind != V_BOOL) ||
	    !range_find(self, args->pos[0], &i))
		return not_in(in, self, args->pos[0], args->span);
	*out = vint(i);
	return true;
}

NATIVE(range_count)
{
	bool found;

	if (!range_contains(in, self, args->pos[0], &found))
		return false;
	*out = vint(found);
	return true;
}

const Native list_methods[] = {
    METHOD(list, append, "x,/"),
    METHOD_AS(list, extend, list_extend_, "x,/"),
    METHOD(list, insert, "x,y,/"),
    METHOD(list, pop, "x=,/"),
    METHOD_AS(list, index, seq_index_of, "x,y=,z=,/"),
    METHOD_AS(list, count, seq_count, "x,/"),
    METHOD(list, remove, "x,/"),
    METHOD(list, reverse, ""),
    METHOD(list, sort, "*,key=,reverse="),
    METHOD(list, copy, ""),
    METHOD(list, clear, ""),
    NATIVE_END,
};

const Native tuple_methods[] = {METHOD_AS(tuple, index, seq_index_of, "x,y=,z=,/"),
                                METHOD_AS(tuple, count, seq_count, "x,/"), NATIVE_END};
const Native range_methods[] = {METHOD(range, index, "x,/"), METHOD(range, count, "x,/"),
                                NATIVE_END};
