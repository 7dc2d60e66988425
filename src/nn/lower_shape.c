/* lower_shape.c: ops that move elements, as layers. */
#include "lower.h"

static void
crop_layer(Nn *n, Blob in, Blob out, const int64_t edge[4])
{
	Msg *p = nn_layer1(n, out, "crop", in, out);

	msg_ints(n->arena, p, "offset", (const int64_t[]){0, 0}, 2);
	nn_borders(n, p, "cropAmounts", edge);
}

bool
nn_crop(Nn *n, const Inst *i)
{
	size_t nh, nw;
	const int64_t *h = nn_ints(n, i, "crop_height", &nh), *w = nn_ints(n, i, "crop_width", &nw);

	crop_layer(n, nn_blob(n, inst_arg(i, "x")), nn_name(n, i->out[0]),
	           (const int64_t[]){h[0], h[1], w[0], w[1]});
	return true;
}

static void
swap_batch_and_channel(Nn *n, Blob in, Blob out)
{
	static const int64_t perm[] = {1, 0, 2, 3};

	msg_ints(n->arena, nn_layer1(n, out, "transpose", in, out), "axes", perm, 4);
}

static void
reorganize(Nn *n, Blob in, Blob out, int mode, int64_t block)
{
	Msg *p = nn_layer1(n, out, "reorganizeData", in, out);

	msg_int(n->arena, p, "mode", mode);
	msg_int(n->arena, p, "blockSize", block);
}

/* The layers know square blocks of more than one element. */
static bool
block_of(Nn *n, const Inst *i, int64_t *block)
{
	size_t count;
	const int64_t *b = nn_ints(n, i, "block_shape", &count);

	if (count != 2 || b[0] != b[1] || b[0] < 2)
		return nn_fail(n, i,
		               "a NeuralNetwork has %s only for square blocks of at least 2 x 2",
		               i->op->name);
	*block = b[0];
	return true;
}

bool
nn_batch_to_space(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]), swapped, spread, cropped;
	const int64_t *crops;
	int64_t block = 0;
	size_t count;

	if (!block_of(n, i, &block))
		return false;
	crops = nn_ints(n, i, "crops", &count);
	swapped = nn_temp(n, out, "_swapped");
	spread = nn_temp(n, out, "_spread");
	cropped = nn_temp(n, out, "_cropped");
	swap_batch_and_channel(n, nn_blob(n, inst_arg(i, "x")), swapped);
	reorganize(n, swapped, spread, 1, block);
	crop_layer(n, spread, cropped, crops);
	swap_batch_and_channel(n, cropped, out);
	return true;
}

bool
nn_space_to_batch(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]), padded, swapped, gathered;
	const int64_t *paddings;
	int64_t block = 0;
	size_t count;
	Msg *p;

	if (!block_of(n, i, &block))
		return false;
	paddings = nn_ints(n, i, "paddings", &count);
	padded = nn_temp(n, out, "_padded");
	swapped = nn_temp(n, out, "_swapped");
	gathered = nn_temp(n, out, "_gathered");
	p = nn_layer1(n, padded, "padding", nn_blob(n, inst_arg(i, "x")), padded);
	msg_sub(n->arena, p, "constant");
	nn_borders(n, p, "paddingAmounts", paddings);
	swap_batch_and_channel(n, padded, swapped);
	reorganize(n, swapped, gathered, 0, block);
	swap_batch_and_channel(n, gathered, out);
	return true;
}

bool
nn_reshape(Nn *n, const Inst *i)
{
	const Var *x = inst_arg(i, "x"), *shape = inst_arg(i, "shape");
	Blob out = nn_name(n, i->out[0]), in[2];
	bool keeps_rank = false, zero = false;
	const int64_t *s;
	size_t count;

	in[0] = nn_blob(n, x);
	s = nn_ints(n, i, "shape", &count);
	if (!s) {
		in[1] = nn_blob(n, shape);
		nn_layer(n, out, "reshapeDynamic", in, 2, &out, 1);
		return true;
	}
	for (size_t k = 0; k < count; k++) {
		keeps_rank = keeps_rank || s[k] == -1;
		zero = zero || s[k] == 0;
	}
	keeps_rank = keeps_rank && count == x->type->rank;
	if (zero && !keeps_rank)
		return nn_fail(n, i,
		               "a NeuralNetwork has 0 in the shape of reshape only together with "
		               "-1 and an unchanged rank");
	Msg *p =
	    nn_layer1(n, out, keeps_rank ? "rankPreservingReshape" : "reshapeStatic", in[0], out);
	msg_ints(n->arena, p, "targetShape", count ? s : (const int64_t[]){1}, MAX(count, 1));
	return true;
}

bool
nn_transpose(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]);
	Msg *p = nn_layer1(n, out, "transpose", nn_blob(n, inst_arg(i, "x")), out);
	size_t count;
	const int64_t *perm = nn_ints(n, i, "perm", &count);

	for (size_t k = 0; k < count; k++) /* the layer counts axes from the front alone */
		msg_int(n->arena, p, "axes", perm[k] < 0 ? perm[k] + (int64_t)count : perm[k]);
	return true;
}

bool
nn_squeeze(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]);
	Msg *p = nn_layer1(n, out, "squeeze", nn_blob(n, inst_arg(i, "x")), out);
	size_t count;
	const int64_t *axes = nn_ints(n, i, "axes", &count);

	msg_ints(n->arena, p, "axes", axes, count);
	msg_int(n->arena, p, "squeezeAll", axes == NULL);
	return true;
}

bool
nn_reverse(Nn *n, const Inst *i)
{
	const Var *x = inst_arg(i, "x");
	Blob out = nn_name(n, i->out[0]);
	Msg *p = nn_layer1(n, out, "reverse", nn_blob(n, x), out);
	int64_t rank = x->type->rank, dims[TENSOR_MAX_RANK] = {0};
	size_t count;
	const int64_t *axes = nn_ints(n, i, "axes", &count);

	for (int64_t k = 0; !axes && k < rank; k++)
		dims[k] = 1;
	for (size_t k = 0; k < count; k++)
		dims[axes[k] < 0 ? axes[k] + rank : axes[k]] = 1;
	msg_ints(n->arena, p, "reverseDim", dims, (size_t)rank);
	return true;
}

/* ---- slices ---- */

typedef struct Slice {
	size_t rank;
	const int64_t *begin, *end, *stride, *begin_mask, *end_mask, *squeeze_mask;
} Slice;

static const int64_t *
filled(Nn *n, size_t rank, int64_t value)
{
	int64_t *d = newn(n->arena, int64_t, MAX(rank, 1));

	for (size_t k = 0; k < rank; k++)
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
put_masks(Nn *n, Msg *p, const Slice *s)
{
	bool squeezes = false;

	msg_ints(n->arena, p, "strides", s->stride, s->rank);
	msg_ints(n->arena, p, "beginMasks", s->begin_mask, s->rank);
	msg_ints(n->arena, p, "endMasks", s->end_mask, s->rank);
	for (size_t k = 0; k < s->rank; k++)
		squeezes = squeezes || s->squeeze_mask[k];
	if (squeezes)
		msg_ints(n->arena, p, "squeezeMasks", s->squeeze_mask, s->rank);
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
	Blob out = nn_name(n, i->out[0]);
	Msg *p = nn_layer1(n, out, "slice", nn_blob(n, inst_arg(i, "x")), out);
	msg_int(n->arena, p, "startIndex", start);
	msg_int(n->arena, p, "endIndex", end);
	msg_int(n->arena, p, "stride", s->stride[axis]);
	msg_int(n->arena, p, "axis", axis + 3 - (int64_t)s->rank);
	return true;
}

static void
static_slice(Nn *n, const Inst *i, const Slice *s)
{
	Blob out = nn_name(n, i->out[0]);
	Msg *p = nn_layer1(n, out, "sliceStatic", nn_blob(n, inst_arg(i, "x")), out);

	msg_ints(n->arena, p, "beginIds", s->begin, s->rank);
	msg_ints(n->arena, p, "endIds", s->end, s->rank);
	put_masks(n, p, s);
}

/* Where begin and end are inputs; what stands in the fields for them has the most axes there are. */
static void
dynamic_slice(Nn *n, Blob out, const Blob in[3], const Slice *s)
{
	Msg *p = nn_layer(n, out, "sliceDynamic", in, 3, &out, 1);

	msg_ints(n->arena, p, "endIds", filled(n, 5, 1), 5);
	put_masks(n, p, s);
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
	Blob shape = nn_temp(n, out, "_shape"), minus = nn_temp(n, out, "_minus_one");
	Blob whole = nn_temp(n, out, "_whole"), part = nn_temp(n, out, "_part");
	Blob whole_end = nn_temp(n, out, "_whole_end"), sum = nn_temp(n, out, "_sum");
	Blob part_end = nn_temp(n, out, "_part_end"), end = nn_temp(n, out, "_end");
	int64_t rank = inst_arg(i, "x")->type->rank;
	Tensor *ones = tensor_new(n->arena, DT_FP32, &rank, 1);
	const int64_t *no = filled(n, 5, 0);

	for (int64_t k = 0; k < rank; k++)
		tensor_set_f(ones, k, -1);
	nn_layer1(n, shape, "getShape", x, shape);
	nn_load(n, minus, ones);
	nn_layer(n, whole, "equal", (Blob[]){minus, size}, 2, &whole, 1);
	nn_layer(n, part, "notEqual", (Blob[]){minus, size}, 2, &part, 1);
	nn_layer(n, whole_end, "multiply", (Blob[]){shape, whole}, 2, &whole_end, 1);
	nn_layer(n, sum, "add", (Blob[]){begin, size}, 2, &sum, 1);
	nn_layer(n, part_end, "multiply", (Blob[]){part, sum}, 2, &part_end, 1);
	nn_layer(n, end, "add", (Blob[]){whole_end, part_end}, 2, &end, 1);
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
	const Arg *values = &i->arg[op_param(i->op, "values")];
	Blob *in = newn(n->arena, Blob, MAX(values->n, 1)), out = nn_name(n, i->out[0]);
	int64_t axis = inst_int(i, "axis"), rank = 0;
	size_t nin = 0;
	Msg *p;

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
	} else if (inst_int(i, "interleave")) {
		p = nn_layer(n, out, "concatND", in, nin, &out, 1);
		msg_int(n->arena, p, "axis", axis);
		msg_int(n->arena, p, "interleave", 1);
	} else if (rank >= 4 && (axis == -3 || (axis > 0 && axis == rank - 3))) {
		nn_layer(n, out, "concat", in, nin, &out, 1);
	} else {
		p = nn_layer(n, out, "concatND", in, nin, &out, 1);
		msg_int(n->arena, p, "axis", axis);
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
	msg_int(n->arena, p, "axis", axis);
	msg_int(n->arena, p, "numSplits", (int64_t)count);
	if (!equal)
		msg_ints(n->arena, p, "splitSizes", sizes, count);
	return true;
}

bool
nn_tile(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]), in[2];
	size_t count, nin = 1;
	const int64_t *reps = nn_ints(n, i, "reps", &count);

	in[0] = nn_blob(n, inst_arg(i, "x"));
	if (!reps)
		in[nin++] = nn_blob(n, inst_arg(i, "reps"));
	msg_ints(n->arena, nn_layer(n, out, "tile", in, nin, &out, 1), "reps", reps, count);
	return true;
}

bool
nn_fill(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]);
	const Tensor *value = inst_val(i, "value");
	size_t count;
	const int64_t *shape = nn_ints(n, i, "shape", &count);
	Msg *p;

	if (shape) {
		p = nn_layer(n, out, "fillStatic", NULL, 0, &out, 1);
		msg_ints(n->arena, p, "targetShape", shape, count);
	} else {
		p = nn_layer1(n, out, "fillDynamic", nn_blob(n, inst_arg(i, "shape")), out);
	}
	msg_float(n->arena, p, "value", value ? tensor_f(value, 0) : 0);
	return true;
}

bool
nn_argsort(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]);
	const Var *x = inst_arg(i, "x");
	int64_t axis = inst_int(i, "axis");
	Msg *p = nn_layer1(n, out, "argSort", nn_blob(n, x), out);

	msg_int(n->arena, p, "axis", axis < 0 ? axis + x->type->rank : axis);
	msg_int(n->arena, p, "descending", !inst_int(i, "ascending"));
	return true;
}
