/* repeated.c: the elements of a repeated field as a list that is a part of its message: numbers and
 * texts are values in it, messages are objects, copied when they are put in.
 */
#include "message.h"

#include "script/core.h"

static FieldRef *
elements_of(Value v)
{
	return HOST_OF(v)->data;
}

static size_t
count(const FieldRef *e)
{
	return msg_count(e->m, e->f->name);
}

static bool
is_repeated(Value v)
{
	return is_host(v, &repeated_scalar_type) || is_host(v, &repeated_message_type);
}

static bool
holds_messages(const FieldRef *e)
{
	return e->f->type == PROTOBUF_C_TYPE_MESSAGE;
}

/* Places what v is, or a copy of it, at element i, which is there. */
static bool
put(Interp *in, const FieldRef *e, size_t i, Value v, Span at)
{
	return holds_messages(e)
	           ? message_fill(in, (Msg *)(uintptr_t)msg_at(e->m, e->f->name, i), v, at)
	           : field_store(in, e->m, e->f, i, v, at);
}

/* FieldRef [from, from + drop) become the items of a list. */
static bool
splice(Interp *in, const FieldRef *e, size_t from, size_t drop, Value list, Span at)
{
	uint32_t n = list.kind == V_UNSET ? 0 : SEQ_OF(list)->n;

	if (!interp_memory(in, (size_t)n * 16) ||
	    !interp_steps(in, ((uint64_t)n + count(e) - from) / 64))
		return false;
	msg_splice(e->m, e->f->name, from, drop, n);
	for (uint32_t i = 0; i < n; i++)
		if (!put(in, e, from + i, SEQ_OF(list)->at[i], at))
			return false;
	return true;
}

static bool
items_of(Interp *in, Value v, Value *list, Span at)
{
	return value_to_list(in, v, list, at);
}

static bool
all_values(Interp *in, const FieldRef *e, Value *list)
{
	size_t n = count(e);

	*list = vlist(in, NULL, 0);
	for (size_t i = 0; i < n; i++)
		if (!vlist_push(in, *list, field_value(in, e->m, e->f, i)))
			return false;
	return true;
}

/* Numbers of a NumPy array without a value for each. False: it is none, or nothing for them. */
static bool
floats_of(const FieldRef *e, Value v, Nd *flat)
{
	NdErr err = {0};

	return e->f->type == PROTOBUF_C_TYPE_FLOAT && v.kind == V_ARRAY && ARRAY_OF(v)->rank == 1 &&
	       (dtype_is_float(ARRAY_OF(v)->dtype) || dtype_is_int(ARRAY_OF(v)->dtype)) &&
	       nd_astype(flat, ARRAY_OF(v), DT_FP32, &err);
}

static bool
append_floats(Interp *in, const FieldRef *e, const void *from, size_t n)
{
	size_t old = count(e);
	float *to;

	if (!interp_memory(in, n * sizeof *to) || !interp_steps(in, n / 64))
		return false;
	if (n && !old) {
		to = msg_floats(e->m, e->f->name, n); /* exactly as many */
	} else {
		msg_splice(e->m, e->f->name, old, 0, n);
		to = (float *)(uintptr_t)msg_array(e->m, e->f->name);
	}
	if (n)
		memcpy(to + old, from, n * sizeof *to);
	return true;
}

bool
repeated_extend(Interp *in, const FieldRef *e, Value v, Span at)
{
	Value list;
	Nd flat;
	bool ok;

	if (floats_of(e, v, &flat)) {
		ok = append_floats(in, e, flat.data, (size_t)nd_count(&flat));
		nd_release(&flat);
		return ok;
	}
	return items_of(in, v, &list, at) && splice(in, e, count(e), 0, list, at);
}

/* ---- items ---- */

static bool
rep_getitem(Interp *in, HostObj *self, Value key, Value *out, Span at)
{
	const FieldRef *e = self->data;
	int64_t i, stop, step, n;

	if (key.kind != V_SLICE) {
		if (!seq_index(in, key, (int64_t)count(e), "list", &i, at))
			return false;
		*out = field_value(in, e->m, e->f, (size_t)i);
		return true;
	}
	if (!slice_bounds(in, key, (int64_t)count(e), &i, &stop, &step, &n, at))
		return false;
	*out = vlist(in, NULL, 0);
	for (int64_t k = 0; k < n; k++)
		if (!vlist_push(in, *out, field_value(in, e->m, e->f, (size_t)(i + k * step))))
			return false;
	return true;
}

static bool
rep_setitem(Interp *in, HostObj *self, Value key, Value v, Span at)
{
	const FieldRef *e = self->data;
	int64_t i, stop, step, n;
	Value list;

	if (holds_messages(e))
		return fail(in, at,
		            "an element of '%s' is a message: set its fields, or fill it with "
		            "CopyFrom()",
		            e->f->name);
	if (key.kind != V_SLICE)
		return seq_index(in, key, (int64_t)count(e), "list", &i, at) &&
		       put(in, e, (size_t)i, v, at);
	if (!items_of(in, v, &list, at) ||
	    !slice_bounds(in, key, (int64_t)count(e), &i, &stop, &step, &n, at))
		return false;
	if (step == 1)
		return splice(in, e, (size_t)i, (size_t)MAX(stop - i, 0), list, at);
	if (SEQ_OF(list)->n != n)
		return fail(in, at, "attempt to assign %u items to an extended slice of %lld",
		            SEQ_OF(list)->n, (long long)n);
	for (int64_t k = 0; k < n; k++)
		if (!put(in, e, (size_t)(i + k * step), SEQ_OF(list)->at[k], at))
			return false;
	return true;
}

static bool
rep_delitem(Interp *in, HostObj *self, Value key, Span at)
{
	const FieldRef *e = self->data;
	int64_t i, stop, step, n;

	if (key.kind != V_SLICE)
		return seq_index(in, key, (int64_t)count(e), "list", &i, at) &&
		       splice(in, e, (size_t)i, 1, VUNSET, at);
	if (!slice_bounds(in, key, (int64_t)count(e), &i, &stop, &step, &n, at))
		return false;
	if (step == 1)
		return splice(in, e, (size_t)i, (size_t)n, VUNSET, at);
	for (int64_t k = 0; k < n; k++) { /* from behind, so that the others keep their place */
		int64_t at_k = step > 0 ? i + (n - 1 - k) * step : i + k * step;
		if (!splice(in, e, (size_t)at_k, 1, VUNSET, at))
			return false;
	}
	return true;
}

static bool
rep_iter(Interp *in, HostObj *self, VKind *as, Value *list)
{
	*as = V_LIST;
	return all_values(in, self->data, list);
}

static int64_t
rep_len(HostObj *self)
{
	return (int64_t)count(self->data);
}

static void
rep_repr(Interp *in, HostObj *self, Buf *out)
{
	Value list;

	if (all_values(in, self->data, &list))
		value_repr(in, list, out);
}

static int
rep_equal(Interp *in, HostObj *a, Value b)
{
	Value x, y = b;
	bool same;

	if (b.kind != V_LIST && !is_repeated(b))
		return 0;
	if (!all_values(in, a->data, &x) ||
	    (b.kind != V_LIST && !all_values(in, elements_of(b), &y)) ||
	    !value_same(in, x, y, &same))
		return -1;
	return same;
}

static DType
rep_elements(HostObj *self)
{
	switch (((const FieldRef *)self->data)->f->type) {
	case PROTOBUF_C_TYPE_FLOAT:
		return DT_FP32;
	case PROTOBUF_C_TYPE_DOUBLE:
		return DT_FP64;
	case PROTOBUF_C_TYPE_BOOL:
		return DT_BOOL;
	case PROTOBUF_C_TYPE_UINT64:
		return DT_UINT64;
	case PROTOBUF_C_TYPE_UINT32:
		return DT_UINT32;
	case PROTOBUF_C_TYPE_INT64:
		return DT_INT64;
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_ENUM:
		return DT_INT32;
	default:
		return DT_NONE;
	}
}

static Value
rep_copy(Interp *in, HostObj *self)
{
	const FieldRef *e = self->data;
	FieldRef *copy = new (interp_arena(in), FieldRef);
	Msg *m = msg_new(interp_arena(in), e->m->descriptor);

	/* A list alone has no owner in Python either: its message is one that nothing shows. */
	msg_take(m, e->m, e->f->name);
	*copy = (FieldRef){m, e->f};
	return vhost(in, self->type, copy);
}

/* ---- methods ---- */

NATIVE(rep_append)
{
	const FieldRef *e = elements_of(self);

	*out = VNONE;
	return splice(in, e, count(e), 0, vlist(in, args->v, 1), args->span);
}

NATIVE(rep_extend)
{
	*out = VNONE;
	return args->v[0].kind == V_NONE
	           ? fail(in, args->span, "extend() takes the items to append, found 'NoneType'")
	           : repeated_extend(in, elements_of(self), args->v[0], args->span);
}

NATIVE(rep_add)
{
	const FieldRef *e = elements_of(self);
	size_t n = count(e);

	if (!interp_memory(in, sizeof(Msg)))
		return false;
	msg_splice(e->m, e->f->name, n, 0, 1);
	*out = field_value(in, e->m, e->f, n);
	return message_init(in, message_of(*out), args);
}

NATIVE(rep_insert)
{
	const FieldRef *e = elements_of(self);
	int64_t i, n = (int64_t)count(e);

	*out = VNONE;
	if (!as_int(in, args->v[0], &i, "an index", args->span))
		return false;
	i = i < 0 ? MAX(i + n, 0) : MIN(i, n);
	return splice(in, e, (size_t)i, 0, vlist(in, args->v + 1, 1), args->span);
}

NATIVE(rep_pop)
{
	const FieldRef *e = elements_of(self);
	Value key = args->v[0].kind == V_UNSET ? vint(-1) : args->v[0];

	return rep_getitem(in, HOST_OF(self), key, out, args->span) &&
	       rep_delitem(in, HOST_OF(self), key, args->span) && e;
}

NATIVE(rep_remove)
{
	const FieldRef *e = elements_of(self);
	Value list;
	int64_t i;

	*out = VNONE;
	if (!all_values(in, e, &list) || !seq_find(in, list, args->v[0], 0, INT64_MAX, &i))
		return false;
	if (i < 0)
		return fail(in, args->span, "%.80s is not in the list", shown(in, args->v[0]));
	return splice(in, e, (size_t)i, 1, VUNSET, args->span);
}

NATIVE(rep_clear)
{
	const FieldRef *e = elements_of(self);

	*out = VNONE;
	return splice(in, e, 0, count(e), VUNSET, args->span);
}

NATIVE(rep_merge)
{
	*out = VNONE;
	if (!is_repeated(args->v[0]) ||
	    elements_of(args->v[0])->f->type != elements_of(self)->f->type)
		return fail(in, args->span,
		            "MergeFrom() takes another list of its kind, found '%s'",
		            type_name(args->v[0]));
	return repeated_extend(in, elements_of(self), args->v[0], args->span);
}

/* Sorts the places of the elements by what stands there; without an order: turns them around. */
NATIVE(rep_sort)
{
	const FieldRef *e = elements_of(self);
	size_t n = count(e), *from = newn(interp_arena(in), size_t, n + 1);
	bool turn = args_with(args) == 1, backward = false;
	Value list, old;

	*out = VNONE;
	if (!all_values(in, e, &list))
		return false;
	old = vlist(in, SEQ_OF(list)->at, n);
	interp_push(in, old);
	if (!turn && ((args->v[1].kind != V_UNSET &&
	               !value_truth(in, args->v[1], &backward, args->span)) ||
	              !sort_values(in, list, args->v[0].kind == V_NONE ? VUNSET : args->v[0],
	                           backward, args->span)))
		return false;
	interp_pop(in, 1);
	if (!turn && !holds_messages(e))
		return splice(in, e, 0, n, list, args->span);
	for (size_t i = 0; i < n; i++) {
		const void *m = turn ? NULL : message_of(SEQ_OF(list)->at[i]);
		size_t k = turn ? n - 1 - i : 0;
		while (m && message_of(SEQ_OF(old)->at[k]) != m)
			k++;
		from[i] = k;
	}
	msg_permute(e->m, e->f->name, from);
	return true;
}

#define LIST_METHODS                                                                               \
	{"append", "item,/", rep_append, AS_FUNCTION},                                             \
	    {"extend", "elem_seq,/", rep_extend, AS_FUNCTION},                                     \
	    {"insert", "key,value,/", rep_insert, AS_FUNCTION},                                    \
	    {"pop", "key=,/", rep_pop, AS_FUNCTION},                                               \
	    {"remove", "elem,/", rep_remove, AS_FUNCTION},                                         \
	    {"clear", "", rep_clear, AS_FUNCTION},                                                 \
	    {"sort", "*,key=,reverse=", rep_sort, AS_FUNCTION},                                    \
	    {"reverse", "", rep_sort, AS_FUNCTION | WITH(1)},                                      \
	    {"MergeFrom", "other,/", rep_merge, AS_FUNCTION}, NATIVE_END

static const Native scalar_methods[] = {LIST_METHODS};
static const Native message_methods[] = {{"add", NULL, rep_add, AS_FUNCTION}, LIST_METHODS};

#define LIST_TYPE(python, table)                                                                   \
	{                                                                                          \
		.name = python, .module = "google._upb._message", .methods = table,                \
		.getitem = rep_getitem, .setitem = rep_setitem, .delitem = rep_delitem,            \
		.iter = rep_iter, .len = rep_len, .repr = rep_repr, .equal = rep_equal,            \
		.elements = rep_elements, .copy = rep_copy,                                        \
	}
const HostType repeated_scalar_type = LIST_TYPE("RepeatedScalarContainer", scalar_methods);
const HostType repeated_message_type = LIST_TYPE("RepeatedCompositeContainer", message_methods);
