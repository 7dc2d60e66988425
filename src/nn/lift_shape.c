/* lift_shape.c: lifting of constants and of layers that move elements: reshapes, slices, joining,
 * gathering and scattering. */
#include "lift.h"

static int64_t
number(const Lift *l, const char *field)
{
	return msg_get_int(l->params, field);
}

/* A blob of one element as a scalar. */
static Var *
scalar(Lift *l, Var *v)
{
	if (!v || v->type->rank == 0)
		return v;
	if (v->type->count != 1) {
		lift_fail(l, "its input is %s, expected one number",
		          type_str(l->c->types, v->type));
		return NULL;
	}
	return lift_op(l, OP_squeeze, ARGS(VAR("x", v)));
}

static Var *
shape_of(Lift *l, Var *v)
{
	return lift_op(l, OP_shape, ARGS(VAR("x", v)));
}

/* ---- constants ---- */

static bool
shape_field(Lift *l, const char *field, int64_t *dim, int *rank)
{
	size_t n = msg_count(l->params, field);
	int64_t count;

	if (n > TENSOR_MAX_RANK)
		return lift_fail(l, "%s has %zu dimensions, more than %d", field, n,
		                 TENSOR_MAX_RANK);
	for (size_t k = 0; k < n; k++)
		dim[k] = msg_int_at(l->params, field, k);
	*rank = (int)n;
	return shape_count(dim, *rank, &count) ||
	       lift_fail(l, "%s has more elements than can be counted", field);
}

bool
lift_constant(Lift *l)
{
	int64_t dim[TENSOR_MAX_RANK];
	const Tensor *t;
	int rank = 0;

	if (!shape_field(l, "shape", dim, &rank) ||
	    !(t = lift_weights(l, l->params, "data", dim, rank)))
		return false;
	return lift_result(l, lift_const(l, t));
}

/* ---- reshapes ---- */

bool
lift_reshape(Lift *l)
{
	Var *x = lift_input(l, 0), *to;

	if (lift_ninput(l) == 2) {
		to = lift_input(l, 1);
		if (!strcmp(l->kind, "reshapeLike"))
			to = to ? shape_of(l, to) : NULL;
		return lift_result(l, lift_op(l, OP_reshape, ARGS(VAR("x", x), VAR("shape", to))));
	}
	if (!strcmp(l->kind, "reshape") && number(l, "mode"))
		return lift_fail(l, "its order is channels last: not yet supported");
	return lift_result(l, lift_op(l, OP_reshape,
	                          ARGS(VAR("x", x), TENSOR("shape", lift_ints(l, "targetShape")))));
}

/* [..., C, H, W] to [..., C H W, 1, 1]. */
bool
lift_flatten(Lift *l)
{
	int64_t shape[TENSOR_MAX_RANK] = {0};
	Var *x = lift_input(l, 0);
	uint32_t rank;

	if (!x || !lift_rank(l, x, 3, 5))
		return false;
	if (number(l, "mode"))
		return lift_fail(l, "its order is channels last: not yet supported");
	rank = x->type->rank;
	shape[rank - 3] = -1;
	shape[rank - 2] = shape[rank - 1] = 1;
	return lift_result(l, lift_op(l, OP_reshape, ARGS(VAR("x", x), TENSOR("shape",
	                                                 lift_vec(l, shape, rank)))));
}

/* Four axes: sequence, channels, height, width; the sequence stays where there is none. */
bool
lift_permute(Lift *l)
{
	Var *x = lift_input(l, 0);
	int64_t perm[4];
	uint32_t less;

	if (!x || !lift_rank(l, x, 3, 4))
		return false;
	if (msg_count(l->params, "axis") != 4)
		return lift_fail(l, "axis has %zu numbers, expected 4",
		                 msg_count(l->params, "axis"));
	less = 4 - x->type->rank;
	if (less && msg_int_at(l->params, "axis", 0) != 0)
		return lift_fail(l, "it moves the sequence axis, but its input has rank 3");
	for (uint32_t k = less; k < 4; k++)
		perm[k - less] = msg_int_at(l->params, "axis", k) - less;
	return lift_result(l, lift_op(l, OP_transpose,
	                          ARGS(VAR("x", x), TENSOR("perm", lift_vec(l, perm, 4 - less)))));
}

bool
lift_squeeze(Lift *l)
{
	Var *x = lift_input(l, 0);

	if (number(l, "squeezeAll") || !msg_count(l->params, "axes"))
		return lift_result(l, lift_op(l, OP_squeeze, ARGS(VAR("x", x))));
	return lift_result(l, lift_op(l, OP_squeeze,
	                          ARGS(VAR("x", x), TENSOR("axes", lift_ints(l, "axes")))));
}

bool
lift_transpose(Lift *l)
{
	Var *x = lift_input(l, 0);

	return lift_result(
	    l, lift_op(l, OP_transpose, ARGS(VAR("x", x), TENSOR("perm", lift_ints(l, "axes")))));
}

bool
lift_reverse(Lift *l)
{
	Var *x = lift_input(l, 0);
	size_t n = msg_count(l->params, "reverseDim"), naxis = 0;
	int64_t axes[TENSOR_MAX_RANK];

	if (!x)
		return false;
	if (n != x->type->rank)
		return lift_fail(l, "reverseDim has %zu flags for an input of rank %u", n,
		                 x->type->rank);
	for (size_t k = 0; k < n; k++)
		if (msg_int_at(l->params, "reverseDim", k))
			axes[naxis++] = (int64_t)k;
	if (naxis == 0)
		return lift_result(l, x);
	return lift_result(l, lift_op(l, OP_reverse,
	                          ARGS(VAR("x", x), TENSOR("axes", lift_vec(l, axes, naxis)))));
}

/* Zeros of the shape, plus x. */
bool
lift_broadcast(Lift *l)
{
	Var *x = lift_float_var(l, lift_input(l, 0)), *to = NULL, *zeros;
	const Tensor *zero = tensor_scalar_f(l->arena, DT_FP32, 0);

	if (!x)
		return false;
	if (lift_ninput(l) == 2 && !(to = lift_input(l, 1)))
		return false;
	if (!strcmp(l->kind, "broadcastToLike"))
		to = shape_of(l, to);
	if (to)
		zeros = lift_op(l, OP_fill, ARGS(VAR("shape", to), TENSOR("value", zero)));
	else
		zeros = lift_op(l, OP_fill, ARGS(TENSOR("shape", lift_ints(l, "targetShape")),
		                                TENSOR("value", zero)));
	return lift_result(l, lift_op(l, OP_add, ARGS(VAR("x", x), VAR("y", zeros))));
}

bool
lift_fill(Lift *l)
{
	const Tensor *value = lift_float(l, "value");
	Var *to;

	if (lift_ninput(l) == 0)
		return lift_result(l, lift_op(l, OP_fill,
		                          ARGS(TENSOR("shape", lift_ints(l, "targetShape")),
		                              TENSOR("value", value))));
	to = lift_input(l, 0);
	if (to && !strcmp(l->kind, "fillLike"))
		to = shape_of(l, to);
	return lift_result(l, lift_op(l, OP_fill, ARGS(VAR("shape", to), TENSOR("value", value))));
}

/* ---- slices ---- */

/* Channels, height or width from one number to another. */
bool
lift_slice(Lift *l)
{
	int64_t begin[TENSOR_MAX_RANK] = {0}, end[TENSOR_MAX_RANK] = {0}, step[TENSOR_MAX_RANK];
	Var *x = lift_input(l, 0);
	int64_t axis = number(l, "axis"), n;
	Tensor *whole;

	if (!x || !lift_rank(l, x, 1, TENSOR_MAX_RANK))
		return false;
	n = x->type->rank;
	if (axis < 0 || axis > 2 || n + axis < 3)
		return lift_fail(l, "it has axis %lld of three, which its input of rank %lld lacks",
		    (long long)axis, (long long)n);
	axis += n - 3;
	whole = tensor_new(l->arena, DT_BOOL, &n, 1);
	for (int64_t k = 0; k < n; k++) {
		tensor_set_i(whole, k, k != axis);
		step[k] = 1;
	}
	begin[axis] = number(l, "startIndex");
	end[axis] = number(l, "endIndex");
	step[axis] = MAX(number(l, "stride"), 1);
	return lift_result(l, lift_op(l, OP_slice_by_index,
	                          ARGS(VAR("x", x), TENSOR("begin", lift_vec(l, begin, (size_t)n)),
	                              TENSOR("end", lift_vec(l, end, (size_t)n)),
	                              TENSOR("stride", lift_vec(l, step, (size_t)n)),
	                              TENSOR("begin_mask", whole), TENSOR("end_mask", whole))));
}

/* A field with a number for each axis; those of the builder's defaults are for the most axes there
 * are. */
static const Tensor *
axis_numbers(Lift *l, const char *field, DType t, const Type *x)
{
	const Tensor *v = t == DT_BOOL ? lift_bools(l, field) : lift_ints(l, field);
	int64_t rank = x->rank;

	return v->count > rank ? tensor_view(l->arena, t, &rank, 1, v->data) : v;
}

/* A field of the layer, or the input that takes its place; both may be absent. */
static bool
slice_operand(Lift *l, size_t input, const char *field, DType t, const char *param, Operand *arg,
    uint32_t *n)
{
	const Tensor *val = NULL;

	if (input && input < lift_ninput(l)) {
		Var *v = lift_input(l, input);
		if (!v)
			return false;
		if (!v->val)
			return lift_fail(l, "its input %zu (%s) is known only at run time: not yet "
			                    "supported",
			    input, param);
		val = tensor_cast(l->arena, v->val, t);
	} else if (msg_count(l->params, field)) {
		val = axis_numbers(l, field, t, arg[0].var->type);
	}
	if (val)
		arg[(*n)++] = (Operand){.kind = A_TENSOR, .name = param, .tensor = val};
	return true;
}

bool
lift_slice_static(Lift *l)
{
	bool dynamic = !strcmp(l->kind, "sliceDynamic");
	size_t nin = lift_ninput(l);
	Operand arg[8];
	uint32_t n = 1;
	Var *v;

	arg[0] = (Operand){.kind = A_VAR, .name = "x", .var = lift_input(l, 0)};
	if (!arg[0].var)
		return false;
	for (size_t k = 1; k < 3; k++) {
		const char *param = k == 1 ? "begin" : "end";
		if (k < nin) {
			if (!(v = lift_input(l, k)))
				return false;
			arg[n++] = (Operand){.kind = A_VAR, .name = param, .var = v};
		} else {
			arg[n++] = (Operand){.kind = A_TENSOR, .name = param,
			    .tensor = axis_numbers(l, k == 1 ? "beginIds" : "endIds", DT_INT32,
			                           arg[0].var->type)};
		}
	}
	if (!slice_operand(l, dynamic ? 3 : 0, "strides", DT_INT32, "stride", arg, &n) ||
	    !slice_operand(l, dynamic ? 4 : 0, "beginMasks", DT_BOOL, "begin_mask", arg, &n) ||
	    !slice_operand(l, dynamic ? 5 : 0, "endMasks", DT_BOOL, "end_mask", arg, &n) ||
	    !slice_operand(l, dynamic ? 6 : 0, "squeezeMasks", DT_BOOL, "squeeze_mask", arg, &n))
		return false;
	return lift_result(l, lift_op(l, OP_slice_by_index, arg, n));
}

/* `size` elements of one axis, from a place that is an input. */
bool
lift_slice_by_size(Lift *l)
{
	Var *x = lift_input(l, 0), *from = lift_as(l, lift_input(l, 1), DT_INT32), *begin;
	int64_t zeros[TENSOR_MAX_RANK] = {0}, size[TENSOR_MAX_RANK], axis = number(l, "axis"), rank;
	Operand part[3];
	uint32_t n = 0;

	if (!x || !from || !lift_rank(l, x, 1, TENSOR_MAX_RANK))
		return false;
	rank = x->type->rank;
	if (axis < -rank || axis >= rank)
		return lift_fail(l, "it has axis %lld, but its input has rank %lld",
		                 (long long)axis, (long long)rank);
	axis += axis < 0 ? rank : 0;
	for (int64_t k = 0; k < rank; k++)
		size[k] = k == axis ? number(l, "size") : -1;
	if (axis > 0)
		part[n++] = (Operand){.kind = A_VAR,
		    .var = lift_const(l, lift_vec(l, zeros, (size_t)axis))};
	part[n++] = (Operand){.kind = A_VAR, .var = from};
	if (axis + 1 < rank)
		part[n++] = (Operand){.kind = A_VAR,
		    .var = lift_const(l, lift_vec(l, zeros, (size_t)(rank - axis - 1)))};
	begin = n == 1 ? from
	               : lift_op(l, OP_concat,
	                         ARGS({.kind = A_LIST, .name = "values", .list = {part, n}},
	                              OPINT(l, "axis", 0)));
	return lift_result(l, lift_op(l, OP_slice_by_size,
	                          ARGS(VAR("x", x), VAR("begin", begin),
	                              TENSOR("size", lift_vec(l, size, (size_t)rank)))));
}

/* ---- joining and splitting ---- */

bool
lift_concat(Lift *l)
{
	bool nd = !strcmp(l->kind, "concatND");
	size_t n = lift_ninput(l);
	Operand *item = newn(l->arena, Operand, MAX(n, 1));
	int64_t axis;

	for (size_t k = 0; k < n; k++) {
		item[k] = (Operand){.kind = A_VAR, .var = lift_input(l, k)};
		if (!item[k].var)
			return false;
	}
	axis = nd ? number(l, "axis") : number(l, "sequenceConcat") ? -5 : -3;
	return lift_result(l,
	                   lift_op(l, OP_concat,
	                           ARGS({.kind = A_LIST,
	                                 .name = "values",
	                                 .list = {item, (uint32_t)n}},
	                                OPINT(l, "axis", axis),
	                                OPBOOL(l, "interleave", nd && number(l, "interleave")))));
}

/* `parts` sizes that differ by at most one, the larger ones first. */
static const Tensor *
near_equal(Lift *l, const Var *x, int64_t axis, int64_t parts)
{
	int64_t n = x->type->rank, *size;

	axis += axis < 0 ? n : 0;
	if (parts < 1 || parts > UINT16_MAX || axis < 0 || axis >= n ||
	    !dim_known(x->type->dim[axis]))
		return NULL;
	n = x->type->dim[axis];
	size = newn(l->arena, int64_t, (size_t)parts);
	for (int64_t k = 0; k < parts; k++)
		size[k] = n / parts + (k < n % parts);
	return n % parts ? lift_vec(l, size, (size_t)parts) : NULL;
}

bool
lift_split(Lift *l)
{
	bool nd = !strcmp(l->kind, "splitND");
	size_t n = lift_noutput(l);
	Var *x = lift_input(l, 0), **outs;
	int64_t axis = nd ? number(l, "axis") : -3;
	const Tensor *parts = lift_int(l, nd ? "numSplits" : "nOutputs"), *sizes;
	Operand arg[3] = {VAR("x", x), OPINT(l, "axis", axis), TENSOR("num_splits", parts)};
	uint32_t nout;

	if (!x)
		return false;
	sizes = nd && msg_count(l->params, "splitSizes")
	            ? lift_ints(l, "splitSizes")
	            : near_equal(l, x, axis, tensor_i(parts, 0));
	if (sizes)
		arg[2] = (Operand)TENSOR("split_sizes", sizes);
	if (!lift_ops(l, OP_split, arg, 3, &outs, &nout))
		return false;
	if (nout != n)
		return lift_fail(l, "it has %zu outputs for %u parts", n, nout);
	for (uint32_t k = 0; k < nout; k++)
		if (!lift_output(l, k, outs[k]))
			return false;
	return true;
}

/* Repetitions are for the last axes where there are fewer of them, and make new axes where there
 * are more. */
bool
lift_tile(Lift *l)
{
	bool given = lift_ninput(l) == 2;
	Var *x = lift_input(l, 0), *reps = given ? lift_input(l, 1) : NULL;
	int64_t ones[TENSOR_MAX_RANK], axes[TENSOR_MAX_RANK], n, rank;
	Operand part[2];

	if (!x || (given && !reps))
		return false;
	if (!given)
		reps = lift_const(l, lift_ints(l, "reps"));
	rank = x->type->rank;
	n = reps->type->count;
	if (n < 0 || n > TENSOR_MAX_RANK)
		return lift_fail(l, "the number of repetitions is %s, expected one for each axis",
		    type_str(l->c->types, reps->type));
	for (int64_t k = 0; k < TENSOR_MAX_RANK; k++) {
		ones[k] = 1;
		axes[k] = k;
	}
	if (n > rank)
		x = lift_op(l, OP_expand_dims,
		    ARGS(VAR("x", x), TENSOR("axes", lift_vec(l, axes, (size_t)(n - rank)))));
	if (n < rank) {
		part[0] = (Operand){.kind = A_VAR,
		    .var = lift_const(l, lift_vec(l, ones, (size_t)(rank - n)))};
		part[1] = (Operand){.kind = A_VAR, .var = lift_as(l, reps, DT_INT32)};
		reps = lift_op(l, OP_concat,
		               ARGS({.kind = A_LIST, .name = "values", .list = {part, 2}},
		                    OPINT(l, "axis", 0)));
	}
	return lift_result(l, lift_op(l, OP_tile, ARGS(VAR("x", x), VAR("reps", reps))));
}

/* ---- order and places ---- */

bool
lift_argsort(Lift *l)
{
	return lift_result(l, lift_op(l, OP_argsort,
	                              ARGS(VAR("x", lift_input(l, 0)),
	                                   TENSOR("axis", lift_int(l, "axis")),
	                                   OPBOOL(l, "ascending", !number(l, "descending")))));
}

/* As many as an input says: all of them in order, cut. */
static bool
topk_by_order(Lift *l, Var *x, Var *count)
{
	int64_t axis = number(l, "axis"), rank, zero[TENSOR_MAX_RANK] = {0};
	Var *order = lift_op(l, OP_argsort,
	    ARGS(VAR("x", x), TENSOR("axis", lift_int(l, "axis")),
	        OPBOOL(l, "ascending", number(l, "useBottomK") != 0)));
	Tensor *whole;
	Var *end;

	if (!order)
		return false;
	rank = x->type->rank;
	axis += axis < 0 ? rank : 0;
	whole = tensor_new(l->arena, DT_BOOL, &rank, 1);
	for (int64_t k = 0; k < rank; k++)
		tensor_set_i(whole, k, k != axis);
	end = lift_op(l, OP_tile, ARGS(VAR("x", lift_as(l, count, DT_INT32)),
	                              TENSOR("reps", lift_vec(l, &rank, 1))));
	order = lift_op(l, OP_slice_by_index,
	    ARGS(VAR("x", order), TENSOR("begin", lift_vec(l, zero, (size_t)rank)), VAR("end", end),
	        TENSOR("begin_mask", whole), TENSOR("end_mask", whole)));
	return lift_output(l, 0, lift_op(l, OP_gather_along_axis,
	                             ARGS(VAR("x", x), VAR("indices", order),
	                                 OPINT(l, "axis", axis)))) &&
	       lift_output(l, 1, order);
}

bool
lift_topk(Lift *l)
{
	const Tensor *k = lift_int(l, "K");
	Var *x = lift_input(l, 0), *count, **outs;
	uint32_t nout;

	if (!x)
		return false;
	if (lift_ninput(l) == 2) {
		count = lift_input(l, 1);
		if (!count)
			return false;
		if (count->type->count != 1)
			return lift_fail(l, "the number of elements is %s, expected one number",
			    type_str(l->c->types, count->type));
		if (!count->val)
			return topk_by_order(l, x, count);
		k = tensor_scalar_i(l->arena, DT_INT32, tensor_i(count->val, 0));
	}
	if (!lift_ops(l, OP_topk,
	        ARGS(VAR("x", x), TENSOR("k", k), TENSOR("axis", lift_int(l, "axis")),
	            OPBOOL(l, "ascending", number(l, "useBottomK") != 0)),
	        &outs, &nout))
		return false;
	return lift_output(l, 0, outs[0]) && lift_output(l, 1, outs[1]);
}

bool
lift_gather(Lift *l)
{
	return lift_result(l, lift_op(l, OP_gather,
	                          ARGS(VAR("x", lift_input(l, 0)), VAR("indices", lift_input(l, 1)),
	                              TENSOR("axis", lift_int(l, "axis")))));
}

/* Where an index was a scalar in the program, its axis of 1 stands in front of what it picked. */
static Var *
without_front(Lift *l, Var *v, uint32_t rank)
{
	int64_t axes[TENSOR_MAX_RANK];
	uint32_t n = 0;

	for (; v && v->type->rank - n > rank && v->type->dim[n] == 1; n++)
		axes[n] = n;
	return n ? lift_op(l, OP_squeeze, ARGS(VAR("x", v), TENSOR("axes", lift_vec(l, axes, n))))
	         : v;
}

bool
lift_scatter(Lift *l)
{
	static const char *const modes[] = {"update", "add", "sub", "mul", "div", "max", "min"};
	int64_t mode = number(l, "mode");
	Opcode op = !strcmp(l->kind, "scatter") ? OP_scatter
	            : !strcmp(l->kind, "scatterND") ? OP_scatter_nd : OP_scatter_along_axis;
	Operand arg[5] = {VAR("data", lift_input(l, 0)), VAR("indices", lift_input(l, 1)),
	    VAR("updates", lift_input(l, 2))};

	if (mode < 0 || mode >= (int64_t)countof(modes))
		return lift_fail(l, "its mode has the unknown number %lld", (long long)mode);
	if (op == OP_scatter && arg[0].var && arg[1].var)
		arg[2].var = without_front(l, arg[2].var,
		                           arg[0].var->type->rank + arg[1].var->type->rank - 1);
	arg[3] = (Operand)OPSTR(l, "mode", modes[mode]);
	if (op != OP_scatter_nd)
		arg[4] = (Operand)TENSOR("axis", lift_int(l, "axis"));
	return lift_result(l, lift_op(l, op, arg, op == OP_scatter_nd ? 4 : 5));
}

/* What lies below (or above) the k-th diagonal, as a band, or as what a band leaves. */
bool
lift_triangular(Lift *l)
{
	bool lower = !strcmp(l->kind, "lowerTriangular");
	Var *x = lift_float_var(l, lift_input(l, 0)), *band;
	int64_t k = MIN(MAX(number(l, "k"), -INT32_MAX), INT32_MAX), to = lower ? k : -k;
	bool rest = to < 0;

	if (rest)
		to = -to - 1;
	band = lift_op(l, OP_band_part,
	    ARGS(VAR("x", x), OPINT(l, "lower", lower != rest ? -1 : to),
	        OPINT(l, "upper", lower != rest ? to : -1)));
	if (rest)
		band = lift_op(l, OP_sub, ARGS(VAR("x", x), VAR("y", band)));
	return lift_result(l, band);
}

bool
lift_one_hot(Lift *l)
{
	Operand arg[5] = {VAR("indices", lift_input(l, 0)),
	    TENSOR("one_hot_vector_size", lift_int(l, "oneHotVectorSize")),
	    TENSOR("axis", lift_int(l, "axis")), TENSOR("on_value", lift_float(l, "onValue")),
	    TENSOR("off_value", lift_float(l, "offValue"))};

	if (lift_ninput(l) == 2)
		arg[1] = (Operand)VAR("one_hot_vector_size", scalar(l, lift_input(l, 1)));
	return lift_result(l, lift_op(l, OP_one_hot, arg, 5));
}

/* The end, then the start, then the step may be inputs. */
bool
lift_range(Lift *l)
{
	static const char *const fields[] = {"endValue", "startValue", "stepSizeValue"};
	static const char *const params[] = {"end", "start", "step"};
	size_t nin = lift_ninput(l);
	Operand arg[3];

	for (size_t k = 0; k < 3; k++)
		arg[k] = k < nin ? (Operand){.kind = A_VAR, .name = params[k],
		                       .var = scalar(l, lift_float_var(l, lift_input(l, k)))}
		                 : (Operand){.kind = A_TENSOR, .name = params[k],
		                       .tensor = lift_float(l, fields[k])};
	return lift_result(l, lift_op(l, OP_range_1d, arg, 3));
}
