/* join.c: type rules of concat, stack and split.
 *
 * Joining is how scripts build target shapes: concat([x.shape[0], -1]). An operand of which nothing
 * is known then still counts as new symbols, so that the result has a value with symbols. */
#include "shapes.h"

/* Unknown operands with more elements make the whole result unknown. */
enum { MAX_NEW_SYMBOLS = 10 };

static bool
same_dtypes(Infer *c, const Arg *values)
{
	const Type *first = arg_at(values, 0)->type;

	for (uint32_t i = 1; i < values->n; i++) {
		const Type *t = arg_at(values, i)->type;
		if (t->dtype != first->dtype)
			return op_error(c, "values",
			                "element 0 of 'values' is %s, but element %u is %s; cast "
			                "them to one type with mb.cast",
			                dtype_info[first->dtype].mil, i, dtype_info[t->dtype].mil);
	}
	return true;
}

/* Names of symbols count on for what is joined though nothing is known of it. */
static void
count_symbols(Infer *c, const Arg *values, bool one_each)
{
	for (uint32_t i = 0; i < values->n; i++) {
		const Var *v = arg_at(values, i);
		int64_t count = one_each ? 1 : v->type->count;
		if (!v->val && !v->symval && count <= MAX_NEW_SYMBOLS)
			for (int64_t k = 0; k < count; k++)
				dim_fresh(c);
	}
}

/* One row of elements from all values, or nothing. */
static void
join_values(Infer *c, const Arg *values, bool only_scalars)
{
	int64_t total = c->inst->out[0]->type->count, n = 0;
	Dim *e;

	if (total < 0 || !dtype_is_int(c->inst->out[0]->type->dtype)) {
		count_symbols(c, values, only_scalars);
		return;
	}
	e = newn(c->arena, Dim, (size_t)total + 1);
	for (uint32_t i = 0; i < values->n; i++) {
		const Var *v = arg_at(values, i);
		const Dim *known = values_of(c, v);
		int64_t count = v->type->count;
		if (count < 0 || v->type->rank > 1 || (only_scalars && v->type->rank) ||
		    (!known && v->type->rank && count > MAX_NEW_SYMBOLS) || n + count > total)
			return;
		for (int64_t k = 0; k < count; k++)
			e[n++] = known ? known[k] : dim_fresh(c);
	}
	if (n == total && !values_known(e, n))
		set_values(c, 0, e);
}

/* The reference folds interleaved constants as if they were not, and so the model has that value.
 */
static void
join_constants(Infer *c, const Arg *values, uint32_t axis)
{
	const Type *t = c->inst->out[0]->type;
	size_t outer = 1, row = dtype_size(t->dtype), at = 0;
	Tensor *val;

	for (uint32_t i = 0; i < values->n; i++)
		if (!arg_at(values, i)->val)
			return;
	if (t->count < 0 || t->rank == 0)
		return;
	for (uint32_t i = 0; i < t->rank; i++) {
		if (i < axis)
			outer *= (size_t)t->dim[i];
		else if (i > axis)
			row *= (size_t)t->dim[i];
	}
	val = tensor_new(c->arena, t->dtype, t->dim, (int)t->rank);
	for (size_t o = 0; o < outer; o++) {
		for (uint32_t i = 0; i < values->n; i++) {
			const Tensor *p = arg_at(values, i)->val;
			size_t n = row * (size_t)(p->rank ? p->dim[axis] : 1);
			memcpy((char *)val->data + at,
			       (const char *)tensor_data(c->arena, p) + o * n, n);
			at += n;
		}
	}
	infer_set_val(c, 0, val);
}

/* All values agree with dim except along the axis. */
static bool
concat_fits(Infer *c, const Arg *values, const Dim *dim, uint32_t axis, bool interleave)
{
	for (uint32_t i = 1; i < values->n; i++) {
		const Type *t = arg_at(values, i)->type;
		for (uint32_t k = 0; k < t->rank; k++) {
			if (!dim_known(dim[k]) || !dim_known(t->dim[k]) || dim[k] == t->dim[k])
				continue;
			if (k == axis && !interleave)
				continue;
			if (k == axis)
				return op_error(
				    c, "values",
				    "interleave needs values of one shape, but element 0 "
				    "of 'values' has shape %s and element %u has %s",
				    shape_str(c->types, dim, t->rank), i, shape_of(c, t));
			return op_error(c, "values",
			                "element 0 of 'values' has shape %s and element %u has %s; "
			                "they may differ only along axis %u",
			                shape_str(c->types, dim, t->rank), i, shape_of(c, t), axis);
		}
	}
	return true;
}

static bool
same_ranks(Infer *c, const Arg *values, uint32_t rank)
{
	for (uint32_t i = 0; i < values->n; i++)
		if (arg_at(values, i)->type->rank != rank)
			return op_error(c, "values",
			                "element 0 of 'values' has rank %u, but element %u has "
			                "rank %u",
			                rank, i, arg_at(values, i)->type->rank);
	return true;
}

static Dim
concat_length(Infer *c, const Arg *values, uint32_t axis)
{
	Dim length = 0;

	for (uint32_t i = 0; i < values->n; i++) {
		const Type *t = arg_at(values, i)->type;
		Dim d = t->rank ? t->dim[axis] : 1;
		if (!dim_known(d))
			return dim_fresh(c);
		if (__builtin_add_overflow(length, d, &length))
			return -1;
	}
	return length;
}

/* axis_arg(), where a wrong axis is another error to scripts. */
static bool
join_axis(Infer *c, uint32_t rank, uint32_t *axis)
{
	int64_t a;

	if (!int_arg(c, "axis", &a))
		return false;
	*axis = (uint32_t)(a < 0 ? a + rank : a);
	return (a >= -(int64_t)rank && a < (int64_t)rank) ||
	       op_error(c, "axis", "'axis' is %lld, expected one of %d to %d to join along",
	                (long long)a, -(int)rank, (int)rank - 1);
}

bool
infer_concat(Infer *c)
{
	const Arg *values = inst_args(c->inst, "values");
	bool interleave = infer_bool(c, "interleave", false);
	const Type *first;
	uint32_t axis = 0;
	Dim *dim;

	if (values->n == 0)
		return op_error(c, "values", "'values' is empty, expected at least one value");
	first = arg_at(values, 0)->type;
	if (!same_ranks(c, values, first->rank) ||
	    (first->rank && !join_axis(c, first->rank, &axis)) || !same_dtypes(c, values))
		return false;
	dim = dims_copy(c, first, 1);
	if (!concat_fits(c, values, dim, axis, interleave))
		return false;
	dim[axis] = concat_length(c, values, axis);
	if (dim_known(dim[axis]) && dim[axis] < 0)
		return op_error(c, "values",
		                "the joined axis has more elements than can be counted");
	set_shape(c, 0, first->dtype, dim, MAX(first->rank, 1));
	join_values(c, values, false);
	if (interleave)
		join_constants(c, values, axis);
	return true;
}

bool
infer_stack(Infer *c)
{
	const Arg *values = inst_args(c->inst, "values");
	const Type *shape = NULL;
	uint32_t axis, rank;
	Dim *dim;

	if (values->n == 0)
		return op_error(c, "values", "'values' is empty, expected at least one value");
	for (uint32_t i = 0; i < values->n && !shape; i++)
		if (type_all_known(arg_at(values, i)->type))
			shape = arg_at(values, i)->type;
	if (!shape)
		shape = arg_at(values, 0)->type;
	rank = shape->rank;
	for (uint32_t i = 0; i < values->n; i++) {
		const Type *t = arg_at(values, i)->type;
		if (!dims_agree(t->dim, t->rank, shape->dim, rank))
			return op_error(c, "values",
			                "element %u of 'values' has shape %s, others have %s; "
			                "expected one shape",
			                i, shape_of(c, t), shape_str(c->types, shape->dim, rank));
	}
	if (!same_dtypes(c, values) || !join_axis(c, rank + 1, &axis))
		return false;
	dim = newn(c->arena, Dim, (size_t)rank + 2);
	for (uint32_t i = 0, k = 0; i <= rank; i++)
		dim[i] = i == axis ? (Dim)values->n : shape->dim[k++];
	set_shape(c, 0, shape->dtype, dim, rank + 1);
	join_values(c, values, true);
	return true;
}

/* ---- split ---- */

/* Sizes from split_sizes. */
static bool
sizes_given(Infer *c, Dim whole, const int64_t **size, int64_t *n)
{
	int64_t sum = 0, parts;

	if (!ints_arg(c, "split_sizes", -1, size, n))
		return false;
	parts = *n;
	if (infer_type(c, "num_splits") && !int_arg(c, "num_splits", &parts))
		return false;
	if (parts != *n)
		return op_error(c, "split_sizes",
		                "'split_sizes' has %lld elements, but num_splits is %lld",
		                (long long)*n, (long long)parts);
	for (int64_t i = 0; i < *n; i++) {
		if ((*size)[i] < 0)
			return op_error(c, "split_sizes",
			                "part %lld has size %lld, expected a number >= 0",
			                (long long)i, (long long)(*size)[i]);
		sum += (*size)[i]; /* of int32 */
	}
	if (dim_known(whole) && sum != whole)
		return op_clash(c, "split_sizes", "x",
		                "the sizes add up to %lld, but the axis has %lld elements",
		                (long long)sum, (long long)whole);
	return true;
}

/* Equal sizes. */
static bool
sizes_even(Infer *c, Dim whole, Dim *part, int64_t *n)
{
	if (!infer_val(c, "num_splits"))
		return op_error(c, NULL, "split needs num_splits or split_sizes");
	if (!int_arg(c, "num_splits", n))
		return false;
	if (*n < 1 || *n > MAX_VARS)
		return op_error(c, "num_splits", "'num_splits' is %lld, expected 1 to %u",
		                (long long)*n, MAX_VARS);
	if (dim_known(whole) && whole % *n != 0)
		return op_clash(c, "num_splits", "x",
		                "%lld elements cannot be split into %lld equal parts",
		                (long long)whole, (long long)*n);
	*part = dim_floordiv(c->types, whole, *n);
	return true;
}

bool
infer_split(Infer *c)
{
	const Type *x = type_known(c, "x");
	const Var *v = inst_arg(c->inst, "x");
	const int64_t *size = NULL;
	const Dim *e = NULL;
	uint32_t axis;
	Dim part = 0;
	int64_t n;

	if (!axis_arg(c, "axis", x->rank, &axis))
		return false;
	if (infer_val(c, "split_sizes") ? !sizes_given(c, x->dim[axis], &size, &n)
	                                : !sizes_even(c, x->dim[axis], &part, &n))
		return false;
	if (!v->val && v->symval && x->rank == 1)
		e = values_of(c, v);
	infer_outputs(c, (uint32_t)n);
	for (uint32_t i = 0; i < n; i++) {
		Dim *dim = dims_copy(c, x, 0);
		dim[axis] = size ? size[i] : part;
		set_shape(c, i, x->dtype, dim, x->rank);
		if (e) {
			set_values(c, i, e);
			e += dim[0];
		}
	}
	return true;
}
