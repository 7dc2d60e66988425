/* lower_image.c: convolutions, poolings, padding and resampling as layers. What has one spatial
 * dimension gets a height of 1 for the time of the layer. */
#include "lower.h"

#include <math.h>

static bool
word_is(const Inst *i, const char *param, const char *word)
{
	const Tensor *t = inst_val(i, param);

	return t && str_is(((const Str *const *)t->data)[0], word);
}

/* The operand `pad` as two spatial dimensions; zeros unless pad_type is custom. */
static void
window_edges(Nn *n, const Inst *i, int64_t edge[4])
{
	size_t count;
	const int64_t *pad = nn_ints(n, i, "pad", &count);

	memset(edge, 0, 4 * sizeof *edge);
	if (word_is(i, "pad_type", "custom") && (count == 2 || count == 4))
		memcpy(edge + 4 - count, pad, count * sizeof *edge);
}

/* `valid` with amounts, or `same`. */
static void
put_padding(Nn *n, const Inst *i, Msg *p)
{
	bool lower = word_is(i, "pad_type", "same_lower");
	int64_t edge[4];

	window_edges(n, i, edge);
	if (lower || word_is(i, "pad_type", "same"))
		msg_int(n->arena, msg_sub(n->arena, p, "same"), "asymmetryMode", lower);
	else
		nn_borders(n, msg_sub(n->arena, p, "valid"), "paddingAmounts", edge);
}

/* A vector of two from one of one or two. */
static void
put_pair(Nn *n, const Inst *i, Msg *p, const char *field, const char *param)
{
	size_t count;
	const int64_t *v = nn_ints(n, i, param, &count);

	if (count == 1)
		msg_int(n->arena, p, field, 1);
	msg_ints(n->arena, p, field, v, count);
}

Blob
nn_expanded(Nn *n, Blob in, Blob base, const char *suffix, const int64_t *axes, size_t naxis)
{
	Blob out = nn_temp(n, base, suffix);

	msg_ints(n->arena, nn_layer1(n, out, "expandDims", in, out), "axes", axes, naxis);
	return out;
}

void
nn_squeezed(Nn *n, Blob in, Blob out, const int64_t *axes, size_t naxis)
{
	msg_ints(n->arena, nn_layer1(n, out, "squeeze", in, out), "axes", axes, naxis);
}

static const int64_t height[] = {-2};

/* ---- padding of constants, mirrors and edges ---- */

bool
nn_pad(Nn *n, const Inst *i)
{
	const Type *x = inst_arg(i, "x")->type;
	size_t count;
	const int64_t *given = nn_ints(n, i, "pad", &count);
	int64_t pad[2 * TENSOR_MAX_RANK] = {0}, *all = pad;
	bool constant = word_is(i, "mode", "constant"), images = given && x->rank > 1;
	double value = constant ? tensor_f(inst_val(i, "constant_val"), 0) : 0;
	Blob out = nn_name(n, i->out[0]), in[2] = {nn_blob(n, inst_arg(i, "x"))};
	Msg *p;

	if (given)
		memcpy(pad + 2 * x->rank - count, given, count * sizeof *pad);
	for (uint32_t k = 0; images && k + 4 < 2 * x->rank; k++)
		images = pad[k] == 0;
	if (images) {
		p = nn_layer1(n, out, "padding", in[0], out);
		if (constant)
			msg_float(n->arena, msg_sub(n->arena, p, "constant"), "value", value);
		else
			msg_sub(n->arena, p,
			        word_is(i, "mode", "reflect") ? "reflection" : "replication");
		nn_borders(n, p, "paddingAmounts", all + 2 * x->rank - 4);
		return true;
	}
	if (!constant)
		return nn_fail(n, i,
		               "a NeuralNetwork pads more than the last two dimensions only with a "
		               "constant");
	if (!given)
		in[1] = nn_blob(n, inst_arg(i, "pad"));
	p = nn_layer(n, out, "constantPad", in, given ? 1 : 2, &out, 1);
	msg_float(n->arena, p, "value", value);
	if (given)
		msg_ints(n->arena, p, "padAmounts", pad, 2 * (size_t)x->rank);
	return true;
}

/* ---- convolutions ---- */

static void
put_bias(Nn *n, const Inst *i, Msg *p)
{
	if (!inst_val(i, "bias"))
		return;
	msg_int(n->arena, p, "hasBias", 1);
	nn_weights(n, p, "bias", inst_val(i, "bias"), false);
}

/* {kernelDepth, kernelHeight, kernelWidth} … from a vector of three. */
static void
put_three(Nn *n, Msg *p, const char *stem, const int64_t *v)
{
	static const char *const ends[] = {"Depth", "Height", "Width"};

	for (int k = 0; k < 3; k++)
		msg_int(n->arena, p, arena_printf(n->arena, "%s%s", stem, ends[k]), v[k]);
}

static bool
put_padding3d(Nn *n, const Inst *i, Msg *p)
{
	static const char *const edges[] = {"Front", "Back", "Top", "Bottom", "Left", "Right"};
	bool custom = word_is(i, "pad_type", "custom");
	size_t count;
	const int64_t *pad = nn_ints(n, i, "pad", &count);

	if (word_is(i, "pad_type", "same_lower"))
		return nn_fail(n, i,
		               "a NeuralNetwork has no pad_type 'same_lower' in three spatial "
		               "dimensions");
	for (int k = 0; custom && k < 6; k++)
		msg_int(n->arena, p, arena_printf(n->arena, "customPadding%s", edges[k]), pad[k]);
	msg_int(n->arena, p, "paddingType", custom ? 0 : word_is(i, "pad_type", "same") ? 2 : 1);
	return true;
}

/* Where all of them are known, the sizes of a transposed convolution's output. */
static void
put_output_shape(Nn *n, const Inst *i, Msg *p)
{
	const Type *y = i->out[0]->type;

	for (uint32_t k = 2; k < y->rank; k++)
		if (!dim_known(y->dim[k]))
			return;
	if (y->rank == 3)
		msg_int(n->arena, p, "outputShape", 1);
	for (uint32_t k = 2; k < y->rank; k++)
		msg_int(n->arena, p, "outputShape", y->dim[k]);
}

static bool
convolution3d(Nn *n, const Inst *i, const Tensor *w, bool transposed)
{
	Blob out = nn_name(n, i->out[0]);
	int64_t groups = inst_int(i, "groups");
	size_t count;
	Msg *p;

	if (!w)
		return nn_fail(n, i,
		               "the weights of a convolution in three dimensions must be known at "
		               "compile time for a NeuralNetwork");
	p = nn_layer1(n, out, "convolution3d", nn_blob(n, inst_arg(i, "x")), out);
	msg_int(n->arena, p, "isDeconvolution", transposed);
	msg_int(n->arena, p, "nGroups", groups);
	msg_int(n->arena, p, "outputChannels", transposed ? w->dim[1] * groups : w->dim[0]);
	msg_int(n->arena, p, "inputChannels", transposed ? w->dim[0] : w->dim[1] * groups);
	put_three(n, p, "kernel", w->dim + 2);
	put_three(n, p, "stride", nn_ints(n, i, "strides", &count));
	put_three(n, p, "dilation", nn_ints(n, i, "dilations", &count));
	if (!put_padding3d(n, i, p))
		return false;
	if (transposed)
		put_output_shape(n, i, p);
	nn_weights(n, p, "weights", w, false);
	put_bias(n, i, p);
	return true;
}

/* Height and width of the kernel, its channels, and what steers the layer. */
static void
put_convolution(Nn *n, const Inst *i, Msg *p, const Type *w, bool transposed)
{
	int64_t groups = inst_int(i, "groups");

	msg_int(n->arena, p, "isDeconvolution", transposed);
	msg_int(n->arena, p, "nGroups", groups);
	msg_int(n->arena, p, "outputChannels", transposed ? w->dim[1] * groups : w->dim[0]);
	msg_int(n->arena, p, "kernelChannels", transposed ? w->dim[0] : w->dim[1]);
	if (w->rank == 3)
		msg_int(n->arena, p, "kernelSize", 1);
	msg_ints(n->arena, p, "kernelSize", w->dim + 2, w->rank - 2);
	put_pair(n, i, p, "stride", "strides");
	put_pair(n, i, p, "dilationFactor", "dilations");
	put_padding(n, i, p);
}

/* Weights that are known only at run time are a second input; the bias is added then. */
static bool
dynamic_convolution(Nn *n, const Inst *i, Blob x, Blob out)
{
	const Var *w = inst_arg(i, "weight");
	const Tensor *bias = inst_val(i, "bias");
	Blob in[2] = {x, nn_blob(n, w)}, plain = bias ? nn_temp(n, out, "_without_bias") : out;

	if (inst_int(i, "groups") > 1)
		return nn_fail(n, i,
		               "the weights of a convolution with groups must be known at compile "
		               "time for a NeuralNetwork");
	if (w->type->rank == 3)
		in[1] = nn_expanded(n, in[1], out, "_weight", height, 1);
	put_convolution(n, i, nn_layer(n, plain, "convolution", in, 2, &plain, 1), w->type, false);
	if (bias) {
		int64_t dim[3] = {bias->count, 1, 1};
		Blob sum[2] = {plain, nn_temp(n, out, "_bias")};
		nn_load(n, sum[1], tensor_reshape(n->arena, bias, dim, 3));
		nn_layer(n, out, "addBroadcastable", sum, 2, &out, 1);
	}
	return true;
}

static bool
convolution(Nn *n, const Inst *i, bool transposed)
{
	const Type *x = inst_arg(i, "x")->type;
	const Tensor *w = inst_val(i, "weight");
	bool flat = x->rank == 3;
	Blob out = nn_name(n, i->out[0]), in, to;
	Msg *p;

	if (x->rank == 5)
		return convolution3d(n, i, w, transposed);
	in = nn_blob(n, inst_arg(i, "x"));
	to = flat ? nn_temp(n, out, "_expanded") : out;
	if (flat)
		in = nn_expanded(n, in, out, "_x", height, 1);
	if (!w) {
		if (!dynamic_convolution(n, i, in, to))
			return false;
	} else {
		p = nn_layer1(n, to, "convolution", in, to);
		put_convolution(n, i, p, inst_arg(i, "weight")->type, transposed);
		if (transposed)
			put_output_shape(n, i, p);
		nn_weights(n, p, "weights", w, false);
		put_bias(n, i, p);
	}
	if (flat)
		nn_squeezed(n, to, out, height, 1);
	return true;
}

bool
nn_conv(Nn *n, const Inst *i)
{
	return convolution(n, i, false);
}

bool
nn_conv_transpose(Nn *n, const Inst *i)
{
	return convolution(n, i, true);
}

/* ---- poolings ---- */

static bool
pooling3d(Nn *n, const Inst *i, int type, bool exclude)
{
	Blob out = nn_name(n, i->out[0]);
	size_t count;
	Msg *p;

	p = nn_layer1(n, out, "pooling3d", nn_blob(n, inst_arg(i, "x")), out);
	msg_int(n->arena, p, "type", type);
	put_three(n, p, "kernel", nn_ints(n, i, "kernel_sizes", &count));
	put_three(n, p, "stride", nn_ints(n, i, "strides", &count));
	msg_int(n->arena, p, "countExcludePadding", exclude);
	return put_padding3d(n, i, p);
}

bool
nn_pool(Nn *n, const Inst *i)
{
	int type = i->op->code == OP_max_pool ? 0 : i->op->code == OP_avg_pool ? 1 : 2;
	bool exclude = type != 1 || inst_int(i, "exclude_padding_from_average"), flat;
	Blob out = nn_name(n, i->out[0]), in, to;
	int64_t edge[4];
	Msg *p, *last;

	if (inst_arg(i, "x")->type->rank == 5)
		return pooling3d(n, i, type, exclude);
	window_edges(n, i, edge);
	flat = inst_arg(i, "x")->type->rank == 3;
	in = nn_blob(n, inst_arg(i, "x"));
	to = flat ? nn_temp(n, out, "_pool") : out;
	if (flat)
		in = nn_expanded(n, in, out, "_expanded", height, 1);
	p = nn_layer1(n, to, "pooling", in, to);
	msg_int(n->arena, p, "type", type);
	put_pair(n, i, p, "kernelSize", "kernel_sizes");
	put_pair(n, i, p, "stride", "strides");
	msg_int(n->arena, p, "avgPoolExcludePadding", exclude);
	if (inst_int(i, "ceil_mode")) {
		last = msg_sub(n->arena, p, "includeLastPixel");
		msg_int(n->arena, last, "paddingAmounts", edge[0]);
		msg_int(n->arena, last, "paddingAmounts", edge[2]);
	} else {
		put_padding(n, i, p);
	}
	if (flat)
		nn_squeezed(n, to, out, height, 1);
	return true;
}

/* ---- resampling ---- */

static void
upsample(Nn *n, const Inst *i, double h, double w, int mode, int linear)
{
	Blob out = nn_name(n, i->out[0]);
	Msg *p = nn_layer1(n, out, "upsample", nn_blob(n, inst_arg(i, "x")), out);
	bool whole = h - floor(h) <= 0.001 && w - floor(w) <= 0.001;
	const char *field = whole ? "scalingFactor" : "fractionalScalingFactor";

	msg_float(n->arena, p, field, h);
	msg_float(n->arena, p, field, w);
	msg_int(n->arena, p, "mode", mode);
	msg_int(n->arena, p, "linearUpsampleMode", linear);
}

bool
nn_upsample_bilinear(Nn *n, const Inst *i)
{
	upsample(n, i, tensor_f(inst_val(i, "scale_factor_height"), 0),
	         tensor_f(inst_val(i, "scale_factor_width"), 0), 1,
	         inst_int(i, "align_corners") ? 1 : 2);
	return true;
}

static bool
is_whole_factor(double f)
{
	return fabs(rint(f) - f) < 1e-4 && f >= 1 - 1e-4;
}

/* Factors that are not whole numbers exist only with interpolation. */
static void
nearest_neighbor(Nn *n, const Inst *i, double h, double w)
{
	bool whole = is_whole_factor(h) && is_whole_factor(w);

	if (!whole)
		diag_warning(n->c->diag, i->span,
		             "a NeuralNetwork takes the nearest neighbor only for whole factors, "
		             "not %g and %g: it will interpolate",
		             h, w);
	h = is_whole_factor(h) ? floor(h) : h;
	w = is_whole_factor(w) ? floor(w) : w;
	upsample(n, i, h, w, !whole, !whole);
}

bool
nn_upsample_nearest(Nn *n, const Inst *i)
{
	nearest_neighbor(n, i, tensor_f(inst_val(i, "scale_factor_height"), 0),
	                 tensor_f(inst_val(i, "scale_factor_width"), 0));
	return true;
}

bool
nn_resize_nearest(Nn *n, const Inst *i)
{
	const Type *x = inst_arg(i, "x")->type;
	int64_t to[2] = {inst_int(i, "target_size_height"), inst_int(i, "target_size_width")};
	double f[2];

	for (uint32_t k = 0; k < 2; k++) {
		Dim from = x->dim[x->rank - 2 + k];
		if (!dim_known(from) || from == 0)
			return nn_fail(n, i,
			               "the size of the input of %s must be known for a "
			               "NeuralNetwork",
			               i->op->name);
		f[k] = ((double)to[k] + (to[k] % from ? 1e-4 : 0)) / (double)from;
	}
	nearest_neighbor(n, i, f[0], f[1]);
	return true;
}

static bool
put_sampling(Nn *n, const Inst *i, Msg *p)
{
	static const char *const modes[] = {"STRICT_ALIGN_CORNERS", "ALIGN_CORNERS", "DEFAULT",
	                                    "OFFSET_CORNERS"};

	for (size_t k = 0; k < countof(modes); k++)
		if (word_is(i, "sampling_mode", modes[k])) {
			msg_int(n->arena, msg_sub(n->arena, p, "mode"), "samplingMethod",
			        (int64_t)k);
			return true;
		}
	return nn_fail(n, i, "a NeuralNetwork has no sampling_mode '%s'",
	               ((const Str *const *)inst_val(i, "sampling_mode")->data)[0]->s);
}

bool
nn_resize_bilinear(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]);
	Msg *p = nn_layer1(n, out, "resizeBilinear", nn_blob(n, inst_arg(i, "x")), out);

	msg_int(n->arena, p, "targetSize", inst_int(i, "target_size_height"));
	msg_int(n->arena, p, "targetSize", inst_int(i, "target_size_width"));
	return put_sampling(n, i, p);
}

bool
nn_crop_resize(Nn *n, const Inst *i)
{
	static const char *const boxes[] = {"CORNERS_HEIGHT_FIRST", "CORNERS_WIDTH_FIRST",
	                                    "CENTER_SIZE_HEIGHT_FIRST", "CENTER_SIZE_WIDTH_FIRST"};
	static const int64_t first = 0;
	Blob out = nn_name(n, i->out[0]), in[2];
	Msg *p, *box;

	in[0] = nn_expanded(n, nn_blob(n, inst_arg(i, "x")), out, "_x", &first, 1);
	in[1] = nn_blob(n, inst_arg(i, "roi"));
	p = nn_layer(n, out, "cropResize", in, 2, &out, 1);
	msg_int(n->arena, p, "targetSize", inst_int(i, "target_height"));
	msg_int(n->arena, p, "targetSize", inst_int(i, "target_width"));
	msg_int(n->arena, p, "normalizedCoordinates", inst_int(i, "normalized_coordinates"));
	msg_float(n->arena, p, "spatialScale", tensor_f(inst_val(i, "spatial_scale"), 0));
	box = msg_sub(n->arena, p, "boxIndicesMode");
	for (size_t k = 0; k < countof(boxes); k++)
		if (word_is(i, "box_coordinate_mode", boxes[k]))
			msg_int(n->arena, box, "boxMode", (int64_t)k);
	return put_sampling(n, i, p);
}
