/* slice.c: slices, joining and splitting. */
#include "lift.h"
#include "lower.h"

typedef struct Slice {
	size_t rank;
	const int64_t *begin, *end, *stride, *begin_mask, *end_mask, *squeeze_mask;
} Slice;

/* So many times the value. */
static const int64_t *
filled(Nn *n, size_t count, int64_t value)
{
	int64_t *d = newn(n->arena, int64_t, MAX(count, 1));

	for (size_t k = 0; k < count; k++)
		d[k] = value;
	return d;
}

static const int64_t *
ints_or(Nn *n, const Inst *i, const char *param, size_t rank, int64_t dflt)
{
	size_t count;
	const int64_t *v = nn_ints(n, i, param, &count);

	return v ? v : filled(n, rank, dflt);
}

static void
put_masks(Msg *p, const Slice *s)
{
	bool squeezes = false;

	msg_ints(p, "strides", s->stride, s->rank);
	msg_ints(p, "beginMasks", s->begin_mask, s->rank);
	msg_ints(p, "endMasks", s->end_mask, s->rank);
	for (size_t k = 0; k < s->rank; k++)
		squeezes = squeezes || s->squeeze_mask[k];
	if (squeezes)
		msg_ints(p, "squeezeMasks", s->squeeze_mask, s->rank);
}

/* One of the last three axes alone is cut: the slice layer does it. */
static bool
one_axis_slice(Nn *n, const Inst *i, const Slice *s)
{
	const Type *x = inst_arg(i, "x")->type;
	int64_t start, end, axis = -1;

	for (size_t k = 0; k < s->rank; k++) {
		bool cut = (!s->begin_mask[k] && s->begin[k] != 0) ||
		           (!s->end_mask[k] && s->end[k] != x->dim[k]) || s->stride[k] != 1;
		if (s->squeeze_mask[k] || (cut && axis >= 0))
			return false;
		if (cut)
			axis = (int64_t)k;
	}
	if (axis < 0 || axis + 3 < (int64_t)s->rank)
		return false;
	start = s->begin_mask[axis] ? 0 : s->begin[axis];
	end = s->end_mask[axis] ? x->dim[axis] : s->end[axis];
	if (dim_known(x->dim[axis]) && start < 0)
		start += x->dim[axis];
	if ((s->end_mask[axis] && !dim_known(x->dim[axis])) || start < 0 || s->stride[axis] < 1)
		return false;
	Msg *p = nn_of_x(n, i, "slice");
	msg_int(p, "startIndex", start);
	msg_int(p, "endIndex", end);
	msg_int(p, "stride", s->stride[axis]);
	msg_int(p, "axis", axis + 3 - (int64_t)s->rank);
	return true;
}

static void
static_slice(Nn *n, const Inst *i, const Slice *s)
{
	Msg *p = nn_of_x(n, i, "sliceStatic");

	msg_ints(p, "beginIds", s->begin, s->rank);
	msg_ints(p, "endIds", s->end, s->rank);
	put_masks(p, s);
}

/* Where begin and end are inputs; what stands in the fields for them has the most axes there are.
 */
static void
dynamic_slice(Nn *n, Blob out, const Blob in[3], const Slice *s)
{
	Msg *p = nn_layer(n, out, "sliceDynamic", in, 3, &out, 1);

	msg_ints(p, "endIds", filled(n, 5, 1), 5);
	put_masks(p, s);
}

bool
nn_slice_by_index(Nn *n, const Inst *i)
{
	size_t rank = inst_arg(i, "x")->type->rank, count;
	Slice s = {
	    .rank = rank,
	    .begin = nn_ints(n, i, "begin", &count),
	    .end = nn_ints(n, i, "end", &count),
	    .stride = ints_or(n, i, "stride", rank, 1),
	    .begin_mask = ints_or(n, i, "begin_mask", rank, 0),
	    .end_mask = ints_or(n, i, "end_mask", rank, 0),
	    .squeeze_mask = ints_or(n, i, "squeeze_mask", rank, 0),
	};

	if (s.begin && s.end) {
		if (!one_axis_slice(n, i, &s))
			static_slice(n, i, &s);
		return true;
	}
	Blob out = nn_name(n, i->out[0]);
	Blob in[3] = {nn_blob(n, inst_arg(i, "x")), nn_blob(n, inst_arg(i, "begin")),
	              nn_blob(n, inst_arg(i, "end"))};
	dynamic_slice(n, out, in, &s);
	return true;
}

/* A size that is known only at run time: end = size == -1 ? shape of x : begin + size. */
static bool
dynamic_slice_by_size(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]), x = nn_blob(n, inst_arg(i, "x"));
	Blob begin = nn_blob(n, inst_arg(i, "begin")), size = nn_blob(n, inst_arg(i, "size"));
	int64_t rank = inst_arg(i, "x")->type->rank;
	const int64_t *no = filled(n, 5, 0);
	Blob shape = nn_made(n, "getShape", x, out, "_shape");
	Blob minus = nn_loaded(n, out, "_minus_one",
	                       tensor_filled(n->arena, DT_FP32, &rank, 1, -1));
	Blob whole = nn_two(n, "equal", minus, size, nn_temp(n, out, "_whole"));
	Blob part = nn_two(n, "notEqual", minus, size, nn_temp(n, out, "_part")), sum, end;

	whole = nn_two(n, "multiply", shape, whole, nn_temp(n, out, "_whole_end"));
	sum = nn_two(n, "add", begin, size, nn_temp(n, out, "_sum"));
	part = nn_two(n, "multiply", part, sum, nn_temp(n, out, "_part_end"));
	end = nn_two(n, "add", whole, part, nn_temp(n, out, "_end"));
	dynamic_slice(n, out, (Blob[]){x, begin, end},
	              &(Slice){5, NULL, NULL, filled(n, 5, 1), no, no, no});
	return true;
}

bool
nn_slice_by_size(Nn *n, const Inst *i)
{
	const Type *x = inst_arg(i, "x")->type;
	size_t rank = x->rank, count;
	const int64_t *begin = nn_ints(n, i, "begin", &count),
	              *size = nn_ints(n, i, "size", &count);
	int64_t *end = newn(n->arena, int64_t, MAX(rank, 1));
	bool known = begin && size;

	for (size_t k = 0; known && k < rank; k++) {
		end[k] = size[k] == -1 ? x->dim[k] : begin[k] + size[k];
		known = size[k] != -1 || dim_known(x->dim[k]);
	}
	if (!known)
		return dynamic_slice_by_size(n, i);
	const int64_t *no = filled(n, rank, 0);
	static_slice(n, i, &(Slice){rank, begin, end, filled(n, rank, 1), no, no, no});
	return true;
}

/* ---- joining and splitting ---- */

bool
nn_concat(Nn *n, const Inst *i)
{
	const Arg *values = inst_args(i, "values");
	Blob *in = newn(n->arena, Blob, MAX(values->n, 1)), out = nn_name(n, i->out[0]);
	int64_t axis = inst_int(i, "axis"), rank = 0;
	size_t nin = 0;

	for (uint32_t k = 0; k < values->n; k++) {
		const Type *t = arg_at(values, k)->type;
		if (t->rank && t->dim[axis < 0 ? axis + t->rank : axis] == 0)
			continue; /* empty parts have no blob */
		rank = nin ? rank : t->rank;
		in[nin++] = nn_blob(n, arg_at(values, k));
	}
	if (nin == 0)
		return nn_fail(n, i, "a NeuralNetwork has no blobs without elements");
	if (nin == 1) {
		nn_layer1(n, out, "copy", in[0], out);
	} else if (!inst_int(i, "interleave") && rank >= 4 &&
	           (axis == -3 || (axis > 0 && axis == rank - 3))) {
		nn_layer(n, out, "concat", in, nin, &out, 1);
	} else {
		nn_fields(nn_layer(n, out, "concatND", in, nin, &out, 1), i,
		          layer_row("concatND")->fields);
	}
	return true;
}

bool
nn_split(Nn *n, const Inst *i)
{
	Blob *out = newn(n->arena, Blob, MAX(i->nout, 1));
	int64_t *sizes = newn(n->arena, int64_t, MAX(i->nout, 1));
	int64_t axis = inst_int(i, "axis");
	bool equal = true;
	size_t count = 0;
	Blob in;
	Msg *p;

	for (uint32_t k = 0; k < i->nout; k++) {
		const Type *t = i->out[k]->type;
		int64_t size = t->dim[axis < 0 ? axis + t->rank : axis];
		if (size == 0)
			continue;
		out[count] = nn_name(n, i->out[k]);
		sizes[count++] = size;
		equal = equal && size == sizes[0];
	}
	in = nn_blob(n, inst_arg(i, "x"));
	p = nn_layer(n, out[0], "splitND", &in, 1, out, count);
	msg_int(p, "axis", axis);
	msg_int(p, "numSplits", (int64_t)count);
	if (!equal)
		msg_ints(p, "splitSizes", sizes, count);
	return true;
}

/* ---- lifting slices ---- */

/* Channels, height or width from one number to another. */
bool
lift_slice(Lift *l)
{
	int64_t begin[TENSOR_MAX_RANK] = {0}, end[TENSOR_MAX_RANK] = {0}, step[TENSOR_MAX_RANK];
	Var *x = lift_input(l, 0);
	int64_t axis = lift_number(l, "axis"), n;
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
	begin[axis] = lift_number(l, "startIndex");
	end[axis] = lift_number(l, "endIndex");
	step[axis] = MAX(lift_number(l, "stride"), 1);
	return lift_to(l, OP_slice_by_index,
	               ARGS(VAR("x", x), TENSOR("begin", lift_vec(l, begin, (size_t)n)),
	                    TENSOR("end", lift_vec(l, end, (size_t)n)),
	                    TENSOR("stride", lift_vec(l, step, (size_t)n)),
	                    TENSOR("begin_mask", whole), TENSOR("end_mask", whole)));
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
			return lift_lacks(l,
			                  "its input %zu (%s) is known only at run time, but in an "
			                  "operation it is a constant",
			                  input, param);
		val = tensor_cast(l->arena, v->val, t);
	} else if (msg_count(l->params, field)) {
		val = axis_numbers(l, field, t, arg[0].var->type);
	}
	if (val)
		arg[(*n)++] = (Operand)TENSOR(param, val);
	return true;
}

bool
lift_slice_static(Lift *l)
{
	bool dynamic = !strcmp(l->kind, "sliceDynamic");
	size_t nin = lift_ninput(l);
	Operand arg[8] = {VAR("x", lift_input(l, 0))};
	uint32_t n = 1;

	if (!arg[0].var)
		return false;
	for (size_t k = 1; k < 3; k++) {
		const char *param = k == 1 ? "begin" : "end";
		if (k < nin)
			arg[n++] = (Operand)VAR(param, lift_input(l, k));
		else
			arg[n++] =
			    (Operand)TENSOR(param, axis_numbers(l, k == 1 ? "beginIds" : "endIds",
			                                        DT_INT32, arg[0].var->type));
	}
	if (!slice_operand(l, dynamic ? 3 : 0, "strides", DT_INT32, "stride", arg, &n) ||
	    !slice_operand(l, dynamic ? 4 : 0, "beginMasks", DT_BOOL, "begin_mask", arg, &n) ||
	    !slice_operand(l, dynamic ? 5 : 0, "endMasks", DT_BOOL, "end_mask", arg, &n) ||
	    !slice_operand(l, dynamic ? 6 : 0, "squeezeMasks", DT_BOOL, "squeeze_mask", arg, &n))
		return false;
	return lift_to(l, OP_slice_by_index, arg, n);
}

/* `size` elements of one axis, from a place that is an input. */
bool
lift_slice_by_size(Lift *l)
{
	Var *x = lift_input(l, 0), *from = lift_as(l, lift_input(l, 1), DT_INT32), *begin;
	int64_t zeros[TENSOR_MAX_RANK] = {0}, size[TENSOR_MAX_RANK], axis = lift_number(l, "axis"),
	        rank;
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
		size[k] = k == axis ? lift_number(l, "size") : -1;
	if (axis > 0)
		part[n++] = (Operand)VAR(NULL, lift_const(l, lift_vec(l, zeros, (size_t)axis)));
	part[n++] = (Operand)VAR(NULL, from);
	if (axis + 1 < rank)
		part[n++] = (Operand)VAR(
		    NULL, lift_const(l, lift_vec(l, zeros, (size_t)(rank - axis - 1))));
	begin = n == 1 ? from : lift_joined(l, part, n, 0);
	return lift_to(l, OP_slice_by_size,
	               ARGS(VAR("x", x), VAR("begin", begin),
	                    TENSOR("size", lift_vec(l, size, (size_t)rank))));
}

/* ---- lifting what joins and splits ---- */

/* Of the channels, or of the sequence. */
bool
lift_concat(Lift *l)
{
	Operand *item = lift_items(l);
	bool sequence = lift_number(l, "sequenceConcat") != 0;
	size_t n = lift_ninput(l);
	uint32_t rank = 0;

	for (size_t k = 0; item && k < n; k++)
		rank = MAX(rank, item[k].var->type->rank);
	for (size_t k = 0; item && k < n; k++)
		if ((sequence || item[k].var->type->rank < rank) &&
		    !(item[k].var = lift_five(l, item[k].var)))
			return false;
	return item && lift_result(l, lift_joined(l, item, (uint32_t)n, sequence ? -5 : -3));
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
	int64_t axis = nd ? lift_number(l, "axis") : -3;
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
	return lift_outputs(l, outs, nout);
}
