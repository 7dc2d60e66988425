/* scatter_gather.c: type rules of indexing with tensors, and the values of gather on partly known
 * vectors: gather(x=shape(x), indices=0) is how scripts ask for a dimension. */
#include "shapes.h"

/* Known indices of gather must lie in [-bound, bound); where there is validate_indices, in
 * [0, bound) if that is set. A bound per column of the last axis when columns > 0. What a file says
 * is left to the run. */
static bool
indices_valid(Infer *c, const Dim *bound, uint32_t columns)
{
	const Tensor *t = infer_val(c, "indices");
	bool strict = op_param(c->inst->op, "validate_indices") >= 0;

	if (!t || c->b->no_fold ||
	    (strict ? !infer_bool(c, "validate_indices", false) : op_param(c->inst->op, "x") < 0))
		return true;
	for (int64_t i = 0; i < t->count; i++) {
		int64_t k = tensor_i(t, i);
		Dim b = bound[columns ? (uint32_t)(i % columns) : 0];
		bool known = dim_known(b);
		int64_t low = strict ? 0 : known ? -b : INT32_MIN;
		if (k < low || (known && k >= b))
			return op_error(c, "indices", "index %lld is not between %lld and %s",
			                (long long)k, (long long)low,
			                dim_str(c->types, known ? b - 1 : b));
	}
	return true;
}

/* gather of a vector with symbols by known indices. */
static void
gather_symbols(Infer *c, const Type *x)
{
	const Var *v = inst_arg(c->inst, "x");
	const Tensor *t = infer_val(c, "indices");
	const Dim *e = v->val || x->rank != 1 ? NULL : values_of(c, v);
	Dim *out;

	if (!e || !t || c->inst->out[0]->type->count != t->count)
		return;
	out = newn(c->arena, Dim, (size_t)t->count + 1);
	for (int64_t i = 0; i < t->count; i++) {
		int64_t k = tensor_i(t, i);
		k = k < 0 ? k + x->count : k;
		if (k < 0 || k >= x->count)
			return;
		out[i] = e[k];
	}
	set_values(c, 0, out);
}

/* Older versions have no batch dimensions. */
static bool
batch_arg(Infer *c, int64_t *batch)
{
	*batch = 0;
	return op_param(c->inst->op, "batch_dims") < 0 || int_arg(c, "batch_dims", batch);
}

/* The shape of x with the axes of t from `from` on in the place of one axis. */
static Dim *
replaced_axis(Infer *c, const Type *x, uint32_t axis, const Type *t, uint32_t from, uint32_t *rank)
{
	Dim *dim = newn(c->arena, Dim, (size_t)x->rank + t->rank + 1);
	uint32_t n = 0;

	for (uint32_t i = 0; i < axis; i++)
		dim[n++] = x->dim[i];
	for (uint32_t i = from; i < t->rank; i++)
		dim[n++] = t->dim[i];
	for (uint32_t i = axis + 1; i < x->rank; i++)
		dim[n++] = x->dim[i];
	*rank = n;
	return dim;
}

bool
infer_gather(Infer *c)
{
	const Type *x = type_known(c, "x"), *t = type_known(c, "indices");
	int64_t batch;
	uint32_t axis, rank;
	Dim *dim;

	if (!axis_arg(c, "axis", x->rank, &axis) || !batch_arg(c, &batch))
		return false;
	if (batch < 0 || batch >= x->rank || batch > t->rank)
		return op_error(c, "batch_dims",
		                "'batch_dims' is %lld, expected less than the rank of 'x' "
		                "(%u) and at most that of 'indices' (%u)",
		                (long long)batch, x->rank, t->rank);
	if (x->rank + t->rank > TENSOR_MAX_RANK)
		return op_error(c, "indices",
		                "'x' has rank %u and 'indices' rank %u, expected a sum of at most "
		                "%d",
		                x->rank, t->rank, TENSOR_MAX_RANK);
	dim = replaced_axis(c, x, axis, t, (uint32_t)batch, &rank);
	if (!indices_valid(c, &x->dim[axis], 0))
		return false;
	set_shape(c, 0, x->dtype, dim, rank);
	if (batch == 0)
		gather_symbols(c, x);
	return true;
}

/* `param` and indices have equal dimensions except along the axis. */
static bool
along_axis(Infer *c, const char *param, uint32_t *axis)
{
	const Type *x = type_known(c, param), *t = type_known(c, "indices");

	if (x->rank != t->rank)
		return op_clash(c, "indices", param,
		                "'indices' has rank %u, expected %u, the rank of '%s'", t->rank,
		                x->rank, param);
	if (!axis_arg(c, "axis", x->rank, axis))
		return false;
	for (uint32_t i = 0; i < x->rank; i++) {
		if (i == *axis || !dim_known(x->dim[i]) || !dim_known(t->dim[i]) ||
		    x->dim[i] == t->dim[i])
			continue;
		return op_clash(
		    c, "indices", param,
		    "'indices' has shape %s and '%s' has %s; they may differ only along "
		    "axis %u",
		    shape_of(c, t), param, shape_of(c, x), *axis);
	}
	return true;
}

bool
infer_gather_along_axis(Infer *c)
{
	const Type *x = type_known(c, "x"), *t = type_known(c, "indices");
	uint32_t axis;

	if (!along_axis(c, "x", &axis) || !indices_valid(c, &x->dim[axis], 0))
		return false;
	return set_shape(c, 0, x->dtype, t->dim, t->rank);
}

/* The last axis of indices addresses *depth axes of `param` behind the batch. */
static bool
index_depth(Infer *c, const char *param, int64_t batch, uint32_t *depth)
{
	const Type *x = type_known(c, param), *t = type_known(c, "indices");
	Dim d;

	if (!rank_between(c, "indices", 1, -1))
		return false;
	d = t->dim[t->rank - 1];
	if (dim_known(d) && batch >= 0 && batch < t->rank && d + batch <= x->rank) {
		*depth = (uint32_t)d;
		return true;
	}
	if (!dim_known(d))
		return op_error(c, "indices",
		                "the last dimension of 'indices' is not known when "
		                "compiling, expected a number");
	return op_clash(c, "indices", param,
	                "'indices' has shape %s: its last dimension and %lld batch axes "
	                "address more axes than '%s' has",
	                shape_of(c, t), (long long)batch, param);
}

/* indices.shape[:-1] + x.shape[from:] */
static Dim *
nd_dims(Infer *c, const Type *x, uint32_t from, uint32_t *rank)
{
	const Type *t = type_known(c, "indices");
	Dim *dim = newn(c->arena, Dim, (size_t)x->rank + t->rank + 1);

	*rank = 0;
	for (uint32_t i = 0; i + 1 < t->rank; i++)
		dim[(*rank)++] = t->dim[i];
	for (uint32_t i = from; i < x->rank; i++)
		dim[(*rank)++] = x->dim[i];
	return dim;
}

bool
infer_gather_nd(Infer *c)
{
	const Type *x = type_known(c, "x");
	int64_t batch;
	uint32_t depth, rank;
	Dim *dim;

	if (!batch_arg(c, &batch) || !index_depth(c, "x", batch, &depth) ||
	    !indices_valid(c, x->dim + batch, depth))
		return false;
	dim = nd_dims(c, x, (uint32_t)batch + depth, &rank);
	if (rank > TENSOR_MAX_RANK)
		return op_error(c, "indices",
		                "the result would have rank %u, at most %d is possible", rank,
		                TENSOR_MAX_RANK);
	return set_shape(c, 0, x->dtype, dim, rank);
}

/* ---- scatter ---- */

static bool
updates_fit(Infer *c, const Dim *dim, uint32_t rank)
{
	const Type *u = type_known(c, "updates");

	if (dims_agree(u->dim, u->rank, dim, rank))
		return true;
	return op_clash_both(c, "updates", "data", "indices",
	                     "'updates' has shape %s, expected %s", shape_of(c, u),
	                     shape_str(c->types, dim, rank));
}

static bool
scatter_mode(Infer *c)
{
	return word_arg(c, "mode", "add div max min mul sub update");
}

bool
infer_scatter(Infer *c)
{
	const Type *x = type_known(c, "data"), *t = type_known(c, "indices");
	uint32_t axis, rank;
	Dim *dim;

	if (!scatter_mode(c) || !axis_arg(c, "axis", x->rank, &axis))
		return false;
	dim = replaced_axis(c, x, axis, t, 0, &rank);
	if (!updates_fit(c, dim, rank) || !indices_valid(c, &x->dim[axis], 0))
		return false;
	return set_like(c, 0, "data");
}

/* The reference folds constants as if the mode were 'update', and so the model has that value. */
static void
fold_along_axis(Infer *c, const Type *t, uint32_t axis)
{
	const Tensor *x = infer_val(c, "data"), *ix = infer_val(c, "indices");
	const Tensor *u = infer_val(c, "updates");
	size_t size = x ? dtype_size(x->dtype) : 0;
	Tensor *r;

	if (!x || !ix || !u || strcmp(infer_str(c, "mode"), "update") == 0)
		return;
	r = tensor_new(c->arena, x->dtype, x->dim, x->rank);
	memcpy(r->data, tensor_data(c->arena, x), size * (size_t)x->count);
	for (int64_t i = 0; i < ix->count; i++) {
		int64_t at = 0, rest = i, step = 1, k = tensor_i(ix, i);
		k = k < 0 ? k + x->dim[axis] : k;
		if (k < 0 || k >= x->dim[axis])
			return; /* the evaluator reports it */
		for (uint32_t a = t->rank; a-- > 0; rest /= ix->dim[a], step *= x->dim[a])
			at += (a == axis ? k : rest % ix->dim[a]) * step;
		memcpy((char *)r->data + (size_t)at * size,
		       (const char *)tensor_data(c->arena, u) + (size_t)i * size, size);
	}
	infer_set_val(c, 0, r);
}

bool
infer_scatter_along_axis(Infer *c)
{
	const Type *x = type_known(c, "data"), *t = type_known(c, "indices");
	uint32_t axis;

	if (!scatter_mode(c) || !along_axis(c, "data", &axis) || !updates_fit(c, t->dim, t->rank) ||
	    !indices_valid(c, &x->dim[axis], 0))
		return false;
	set_like(c, 0, "data");
	fold_along_axis(c, x, axis);
	return true;
}

bool
infer_scatter_nd(Infer *c)
{
	const Type *x = type_known(c, "data");
	uint32_t depth, rank;
	Dim *dim;

	if (!scatter_mode(c) || !index_depth(c, "data", 0, &depth))
		return false;
	dim = nd_dims(c, x, depth, &rank);
	if (!updates_fit(c, dim, rank) || !indices_valid(c, x->dim, depth))
		return false;
	return set_like(c, 0, "data");
}
