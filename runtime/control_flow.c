/* control_flow.c: select and lists. A list is a value: writing yields a new one that shares the
 * elements. Elements that were never written are zeros of the list's element shape. */
#include "elementwise.h"

#define SELECT(T)                                                                                  \
	do {                                                                                       \
		T *r = (T *)out->data + at;                                                        \
		const T *p = data[1 + !take];                                                      \
		for (size_t i = 0; i < n; i++)                                                     \
			r[i] = p[off[1 + !take] + (int64_t)i * step[1 + !take]];                   \
	} while (0)

/* A run in which cond does not change. */
static void
select_run(Tensor *out, int64_t at, bool take, const void *const *data, const int64_t *off,
           const int *step, size_t n)
{
	switch (dtype_size(out->dtype)) {
	case 1: SELECT(uint8_t); break;
	case 2: SELECT(uint16_t); break;
	case 4: SELECT(uint32_t); break;
	default: SELECT(uint64_t); break;
	}
}

bool
eval_select(Eval *e)
{
	const Tensor *t[3] = {eval_arg(e, ARG_cond), eval_arg(e, ARG_a), eval_arg(e, ARG_b)};
	const void *data[3];
	int64_t off[3], at = 0;
	Broadcast b;
	Tensor *out;
	int step[3];
	size_t n;

	if (!broadcast_init(&b, e, t, 3))
		return false;
	for (int k = 0; k < 3; k++)
		data[k] = tensor_data(e->arena, t[k]);
	out = eval_new(e, 0, t[1]->dtype, b.dim, b.rank);
	if (!out)
		return false;
	while ((n = broadcast_next(&b, SIZE_MAX >> 1, off, step)) > 0) {
		for (size_t i = 0, k; i < n; i += k) {
			const uint8_t *c = (const uint8_t *)data[0] + off[0];
			for (k = 1; i + k < n && (!step[0] || !c[k] == !c[0]); k++)
				;
			select_run(out, at, c[0], data, off, step, k);
			at += (int64_t)k;
			for (int j = 0; j < 3; j++)
				off[j] += (int64_t)k * step[j];
		}
	}
	return true;
}

/* ---- lists ---- */

enum { LIST_MAX = 1 << 28 }; /* elements; a wild index must not take all memory */

static const RtList *
list_arg(Eval *e)
{
	const EvalArg *a = eval_operand(e, ARG_ls);
	const RtList *l = a->n ? a->v[0].list : NULL;

	if (!l)
		eval_fail(e, "ls is no list made by make_list");
	return l;
}

/* A new list with the elements of l, and room for n. */
static RtList *
list_copy(Eval *e, const RtList *l, int64_t n)
{
	RtList *r = arena_dup(e->arena, l, sizeof *l);

	r->n = MAX(n, l->n);
	r->item = newn(e->arena, const Tensor *, (size_t)MAX(r->n, 1));
	if (l->n)
		memcpy(r->item, l->item, (size_t)l->n * sizeof *l->item);
	e->out[0].list = r;
	return r;
}

static bool
list_index(Eval *e, const RtList *l, int64_t at, bool write)
{
	if (at < 0 || at >= (write && l->dynamic ? LIST_MAX : l->n))
		return eval_fail(e, "index %lld is outside of the list, which has %lld elements",
		                 (long long)at, (long long)l->n);
	return true;
}

bool
eval_make_list(Eval *e)
{
	const EvalArg *shape = eval_operand(e, ARG_elem_shape);
	int64_t n = eval_int(e, ARG_init_length, 1), *dim;
	DType d = dtype_from_mil(eval_str(e, ARG_dtype, "fp32"));
	RtList *l = new (e->arena, RtList);

	if (n < 0 || n > LIST_MAX)
		return eval_fail(e, "a list cannot have %lld elements", (long long)n);
	dim = newn(e->arena, int64_t, shape->n + (size_t)1);
	l->dtype = d;
	for (uint32_t i = 0; i < shape->n; i++) {
		const Tensor *s = shape->v[i].t;
		if (!s || s->dtype == DT_STRING) /* by name: known from the first element */
			l->dtype = DT_NONE;
		else
			dim[i] = tensor_i(s, 0);
	}
	l->dim = dim;
	l->rank = (int)shape->n;
	l->n = n;
	l->item = newn(e->arena, const Tensor *, (size_t)MAX(n, 1));
	l->dynamic = eval_bool(e, ARG_dynamic_length, true);
	e->out[0].list = l;
	return true;
}

bool
eval_list_length(Eval *e)
{
	Tensor *r = eval_new(e, 0, DT_INT32, NULL, 0);
	const RtList *l = list_arg(e);

	if (l)
		tensor_set_i(r, 0, l->n);
	return l != NULL;
}

bool
eval_list_write(Eval *e)
{
	const RtList *l = list_arg(e);
	int64_t at = eval_int(e, ARG_index, 0);

	if (!l || !list_index(e, l, at, true))
		return false;
	list_copy(e, l, at + 1)->item[at] = eval_arg(e, ARG_value);
	return true;
}

/* Element `at`; 0 after failing. */
static const Tensor *
list_element(Eval *e, const RtList *l, int64_t at)
{
	if (!l || !list_index(e, l, at, false))
		return NULL;
	if (l->item[at])
		return l->item[at];
	for (int64_t i = 0; l->dtype == DT_NONE && i < l->n; i++)
		if (l->item[i])
			return eval_scratch(e, l->item[i]->dtype, l->item[i]->dim,
			                  l->item[i]->rank);
	if (l->dtype == DT_NONE) {
		eval_fail(e, "element %lld was not written, and its shape is not known",
		          (long long)at);
		return NULL;
	}
	return eval_scratch(e, l->dtype, l->dim, l->rank);
}

bool
eval_list_read(Eval *e)
{
	e->out[0].t = list_element(e, list_arg(e), eval_int(e, ARG_index, 0));
	return e->out[0].t != NULL;
}

bool
eval_list_gather(Eval *e)
{
	const RtList *l = list_arg(e);
	const Tensor *at = eval_arg(e, ARG_indices), *x, *first = NULL;
	int64_t dim[TENSOR_MAX_RANK];
	size_t bytes = 0;
	Tensor *r = NULL;

	if (at->count == 0)
		return eval_fail(e, "indices is empty");
	for (int64_t i = 0; i < at->count; i++) {
		x = list_element(e, l, tensor_i(at, i));
		if (!x)
			return false;
		if (!first) {
			first = x;
			dim[0] = at->count;
			for (int k = 0; k < x->rank && k + 1 < TENSOR_MAX_RANK; k++)
				dim[k + 1] = x->dim[k];
			r = eval_new(e, 0, x->dtype, dim, x->rank + 1);
			if (!r)
				return false;
			bytes = (size_t)x->count * dtype_size(x->dtype);
		}
		if (x->rank != first->rank || x->count != first->count || x->dtype != first->dtype)
			return eval_fail(e, "elements of the list have different shapes");
		if (bytes)
			memcpy((char *)r->data + (size_t)i * bytes, tensor_data(e->arena, x),
			       bytes);
	}
	return true;
}

bool
eval_list_scatter(Eval *e)
{
	const RtList *l = list_arg(e);
	const Tensor *at = eval_arg(e, ARG_indices), *v = eval_arg(e, ARG_value);
	const char *data = tensor_data(e->arena, v);
	int64_t top = 0;
	size_t bytes;
	RtList *r;

	if (!l)
		return false;
	if (v->rank < 1 || v->dim[0] != at->count)
		return eval_fail(e, "value has not one row for each index");
	for (int64_t i = 0; i < at->count; i++) {
		if (!list_index(e, l, tensor_i(at, i), true))
			return false;
		top = MAX(top, tensor_i(at, i) + 1);
	}
	r = list_copy(e, l, top);
	bytes = at->count ? (size_t)(v->count / at->count) * dtype_size(v->dtype) : 0;
	for (int64_t i = 0; i < at->count; i++) {
		Tensor *item = eval_scratch(e, v->dtype, v->dim + 1, v->rank - 1);
		if (bytes)
			memcpy(item->data, data + (size_t)i * bytes, bytes);
		r->item[tensor_i(at, i)] = item;
	}
	return true;
}
