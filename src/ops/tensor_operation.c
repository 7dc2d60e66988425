/* tensor_operation.c: type rules of ops on whole tensors. Those that join and split values are in
 * join.c. */
#include "runtime/kernel.h"
#include "shapes.h"

#include <math.h>

/* The reference keeps longer ranges as operations. */
enum { MAX_FOLDED_RANGE = 262144 };

bool
infer_identity(Infer *c)
{
	const Var *v = inst_arg(c->inst, "x");

	set_like(c, 0, "x");
	if (!v->val && v->symval)
		infer_set_symval(c, 0, v->symval);
	return true;
}

bool
infer_shape(Infer *c)
{
	const Type *x = type_known(c, "x");
	Dim rank = x->rank;

	set_shape(c, 0, DT_INT32, &rank, 1);
	set_values(c, 0, dims_copy(c, x, 0));
	return true;
}

bool
infer_band_part(Infer *c)
{
	return rank_between(c, "x", 2, -1) && infer_same(c);
}

bool
infer_cumsum(Infer *c)
{
	int64_t axis;
	int rank = (int)type_known(c, "x")->rank;

	if (!int_arg(c, "axis", &axis))
		return false;
	if (axis < -1 || axis > rank - 1)
		return op_error(c, "axis", "'axis' is %lld, expected a number from -1 to %d",
		                (long long)axis, rank - 1);
	return infer_same(c);
}

bool
infer_argsort(Infer *c)
{
	const Type *x = type_known(c, "x");
	uint32_t axis;

	if (!axis_arg(c, "axis", x->rank, &axis))
		return false;
	return set_shape(c, 0, DT_INT32, x->dim, x->rank);
}

bool
infer_flatten2d(Infer *c)
{
	const Type *x = type_known(c, "x");
	int64_t axis;
	uint32_t at;
	Dim dim[2];

	if (!int_arg(c, "axis", &axis))
		return false;
	if (axis < -(int64_t)x->rank || axis > (int64_t)x->rank)
		return op_error(c, "axis", "'axis' is %lld, expected a number from %d to %u",
		                (long long)axis, -(int)x->rank, x->rank);
	at = (uint32_t)(axis < 0 ? axis + x->rank : axis);
	if (infer_val(c, "x") && (at == 0 || at == x->rank))
		return op_error(
		    c, "axis",
		    "'axis' is %lld, which leaves no axes on one side; a constant needs some "
		    "on both, use mb.reshape",
		    (long long)axis);
	dim[0] = dims_product(c, x->dim, at);
	dim[1] = dims_product(c, x->dim + at, x->rank - at);
	return set_shape(c, 0, x->dtype, dim, 2);
}

/* ---- filling ---- */

/* The shape is a vector whose elements, as far as they are known, are dimensions. The dtype is that
 * of the operand behind it: the value, or a parameter of the distribution that is drawn from. */
bool
infer_fill(Infer *c)
{
	const Type *t = type_known(c, "shape");
	DType d = type_known(c, c->inst->op->param[1].name)->dtype;
	const Dim *e = values_arg(c, "shape");
	Dim *dim, any;

	if (t->rank != 1 || (dim_known(t->dim[0]) && t->dim[0] > TENSOR_MAX_RANK))
		return op_error(c, "shape",
		                "'shape' has shape %s, expected a list of at most %d numbers",
		                shape_of(c, t), TENSOR_MAX_RANK);
	if (!dim_known(t->dim[0])) {
		any = dim_variadic(c);
		return set_shape(c, 0, d, &any, 1);
	}
	dim = newn(c->arena, Dim, (size_t)t->dim[0] + 1);
	for (Dim i = 0; i < t->dim[0]; i++) {
		dim[i] = e ? e[i] : dim_fresh(c);
		if (dim_known(dim[i]) && dim[i] < 0)
			return op_error(c, "shape",
			                "dimension %u is %lld, expected a number >= 0", (unsigned)i,
			                (long long)dim[i]);
	}
	return set_shape(c, 0, d, dim, (uint32_t)t->dim[0]);
}

bool
infer_fill_like(Infer *c)
{
	const Type *ref = type_known(c, "ref_tensor");

	return set_shape(c, 0, type_known(c, "value")->dtype, ref->dim, ref->rank);
}

bool
infer_tile(Infer *c)
{
	const Type *x = type_known(c, "x"), *r = type_known(c, "reps");
	const Dim *reps = values_arg(c, "reps");
	Dim *dim = dims_copy(c, x, 0);

	if (reps && (x->rank == 0 || r->rank != 1 || r->dim[0] != x->rank))
		return op_clash(c, "reps", "x",
		                "'reps' has shape %s, expected one number for each axis of 'x', at "
		                "least one",
		                shape_of(c, r));
	for (uint32_t i = 0; i < x->rank; i++) {
		if (reps && dim_known(reps[i]) && reps[i] <= 0)
			return op_error(c, "reps",
			                "axis %u is to be repeated %lld times, expected 1 or more",
			                i, (long long)reps[i]);
		if (!reps || !dim_known(reps[i]) || (!dim_known(dim[i]) && reps[i] != 1))
			dim[i] = dim_fresh(c);
		else
			dim[i] = dim_mul(c->types, dim[i], reps[i]);
	}
	return set_shape(c, 0, x->dtype, dim, x->rank);
}

/* ---- range_1d ---- */

static bool
range_known(Infer *c, DType t, const Tensor *from, const Tensor *to, const Tensor *by)
{
	double start = tensor_f(from, 0), end = tensor_f(to, 0), step = tensor_f(by, 0), steps;
	Tensor *val;
	Dim n;

	if (step == 0 || isnan(step))
		return op_error(c, "step", "the step of the range is %g, expected another number",
		                step);
	steps = range_steps(t, start, end, step);
	if (!(ceil(steps) >= 0))
		return op_error(c, "step", "no number of steps of %g leads from %g to %g", step,
		                start, end);
	if (steps > 2147483647.0)
		return op_error(c, "end",
		                "the range from %g to %g in steps of %g has too many elements",
		                start, end, step);
	n = (Dim)ceil(steps);
	set_shape(c, 0, t, &n, 1);
	if (steps > MAX_FOLDED_RANGE)
		return true;
	val = tensor_new(c->arena, t, &n, 1);
	for (int64_t i = 0; i < n; i++)
		tensor_set_f(val, i, start + (double)i * step);
	infer_set_val(c, 0, val);
	return true;
}

bool
infer_range_1d(Infer *c)
{
	static const char *const name[] = {"start", "end", "step"};
	DType t = type_known(c, "start")->dtype;
	const Tensor *val[3];
	const Dim *e[3];
	Dim n;

	for (int i = 0; i < 3; i++) {
		/* the peer takes a list of one number too */
		if (type_known(c, name[i])->count != 1 && !rank_between(c, name[i], 0, 0))
			return false;
		val[i] = infer_val(c, name[i]);
		e[i] = dtype_is_int(t) ? values_arg(c, name[i]) : NULL;
	}
	if (val[0] && val[1] && val[2])
		return range_known(c, t, val[0], val[1], val[2]);
	if (e[0] && e[1] && e[2] && e[2][0] != 0)
		n = dim_ceildiv(c->types, dim_sub(c->types, e[1][0], e[0][0]), e[2][0]);
	else
		n = dim_fresh(c);
	return set_shape(c, 0, t, &n, 1);
}

/* ---- one_hot, pad, topk ---- */

bool
infer_one_hot(Infer *c)
{
	const Type *t = type_known(c, "indices");
	const Dim *size = values_arg(c, "one_hot_vector_size");
	Dim *dim = newn(c->arena, Dim, (size_t)t->rank + 2), depth;
	uint32_t axis;

	if (!rank_between(c, "one_hot_vector_size", 0, 0) ||
	    !axis_arg(c, "axis", t->rank + 1, &axis))
		return false;
	depth = size ? size[0] : dim_fresh(c);
	if (dim_known(depth) && depth < 0)
		return op_error(c, "one_hot_vector_size",
		                "the vectors would have %lld elements, expected "
		                "a number >= 0",
		                (long long)depth);
	for (uint32_t i = 0, k = 0; i <= t->rank; i++)
		dim[i] = i == axis ? depth : t->dim[k++];
	return set_shape(c, 0, type_known(c, "on_value")->dtype, dim, t->rank + 1);
}

/* Two known amounts for each of the last axes. */
static bool
pad_known(Infer *c, const Dim *pad, int64_t n, Dim *dim, int64_t rank)
{
	if (n % 2 != 0)
		return op_error(c, "pad",
		                "'pad' has %lld elements, expected two for each padded axis",
		                (long long)n);
	if (n / 2 > rank)
		return op_clash(
		    c, "pad", "x",
		    "'pad' has %lld elements, two for each of %lld axes, but 'x' has rank "
		    "%lld",
		    (long long)n, (long long)n / 2, (long long)rank);
	for (int64_t i = 0; i < n; i++) {
		Dim *d = &dim[rank - n / 2 + i / 2];
		if (dim_known(pad[i]) && pad[i] < 0)
			return op_error(c, "pad",
			                "element %lld of 'pad' is %lld, expected a number >= 0",
			                (long long)i, (long long)pad[i]);
		*d = dim_add(c->types, *d, pad[i]);
	}
	return true;
}

bool
infer_pad(Infer *c)
{
	const Type *x = type_known(c, "x"), *p = type_known(c, "pad");
	const Dim *pad = values_arg(c, "pad");
	Dim *dim = dims_copy(c, x, 0);

	if (!rank_between(c, "pad", 1, 1) || !word_arg(c, "mode", "constant reflect replicate"))
		return false;
	if (!infer_val(c, "pad") && p->dim[0] != 2 * (Dim)x->rank)
		return op_clash(c, "pad", "x",
		                "'pad' is computed and has shape %s, expected %u elements, two for "
		                "each axis of 'x'",
		                shape_str(c->types, p->dim, 1), 2 * x->rank);
	if (pad && !pad_known(c, pad, p->dim[0], dim, x->rank))
		return false;
	for (uint32_t i = 0; !pad && i < x->rank; i++)
		dim[i] = dim_fresh(c);
	return set_shape(c, 0, x->dtype, dim, x->rank);
}

bool
infer_topk(Infer *c)
{
	const Type *x = type_known(c, "x");
	bool v16 = c->inst->op->since >= IOS16, v17 = c->inst->op->since >= IOS17;
	bool indices = !v16 || infer_bool(c, "return_indices", true);
	int64_t k;
	const char *word = v17 ? infer_str(c, "output_indices_dtype") : NULL;
	uint32_t axis;
	Dim *dim;

	if (!int_arg(c, "k", &k) || !axis_arg(c, "axis", x->rank, &axis))
		return false;
	if (k < 0 || (dim_known(x->dim[axis]) && k > x->dim[axis]))
		return op_clash(c, "k", "x", "'k' is %lld, but axis %u of 'x' has %s elements",
		                (long long)k, axis, dim_str(c->types, x->dim[axis]));
	if (word && !indices)
		return op_error(c, "output_indices_dtype",
		                "indices are not returned, so they have no "
		                "dtype; leave it out or set return_indices=True");
	if (word && !word_arg(c, "output_indices_dtype", "int32 uint16"))
		return false;
	dim = dims_copy(c, x, 0);
	dim[axis] = k;
	infer_outputs(c, indices ? 2 : 1);
	set_shape(c, 0, x->dtype, dim, x->rank);
	if (indices)
		set_shape(c, 1, word ? dtype_from_mil(word) : DT_INT32, dim, x->rank);
	return true;
}

/* ---- results whose size depends on values ---- */

bool
infer_non_zero(Infer *c)
{
	const Type *x = type_known(c, "x");
	const Tensor *val = infer_val(c, "x");
	Dim dim[2] = {0, x->rank};

	for (int64_t i = 0; val && i < val->count; i++)
		dim[0] += tensor_f(val, i) != 0;
	if (!val)
		dim[0] = dim_fresh(c);
	return set_shape(c, 0, DT_INT32, dim, 2);
}

bool
infer_non_maximum_suppression(Infer *c)
{
	const Type *b = type_known(c, "boxes"), *s = type_known(c, "scores");
	bool channels_first = c->inst->op->since >= IOS17;
	int64_t max;
	Dim d[3];

	if (!rank_between(c, "boxes", 3, 3) || !rank_between(c, "scores", 3, 3) ||
	    !int_arg(c, "max_boxes", &max))
		return false;
	if (max < 0)
		return op_error(c, "max_boxes", "'max_boxes' is %lld, expected a number >= 0",
		                (long long)max);
	infer_outputs(c, channels_first ? 3 : 4);
	d[0] = s->dim[0];
	d[1] = channels_first ? 4 : max;
	d[2] = channels_first ? max : 4;
	set_shape(c, 0, b->dtype, d, 3);
	d[1] = channels_first ? s->dim[1] : max;
	d[2] = channels_first ? max : s->dim[2];
	set_shape(c, 1, s->dtype, d, 3);
	d[1] = max;
	set_shape(c, 2, DT_INT32, d, 2);
	if (!channels_first)
		set_shape(c, 3, DT_INT32, d, 1);
	return true;
}
