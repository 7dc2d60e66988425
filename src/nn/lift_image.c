/* lift_image.c: lifting of layers over images: padding, cropping, resampling, convolutions,
 * poolings.
 */
#include "lift.h"

static int64_t
number(const Lift *l, const char *field)
{
	return msg_get_int(l->params, field);
}

/* Four numbers {top, bottom, left, right} of a BorderAmounts field of m; zeros if it is not set. */
static bool
borders(Lift *l, const Msg *m, const char *field, int64_t edge[4])
{
	const Msg *amounts = msg_get(m, field);
	size_t n = amounts ? msg_count(amounts, "borderAmounts") : 0;

	memset(edge, 0, 4 * sizeof *edge);
	if (n == 0)
		return true;
	if (n != 2)
		return lift_fail(l, "%s has edges for %zu axes, expected 2", field, n);
	for (size_t k = 0; k < 2; k++) {
		const Msg *size = msg_at(amounts, "borderAmounts", k);
		edge[2 * k] = msg_get_int(size, "startEdgeSize");
		edge[2 * k + 1] = msg_get_int(size, "endEdgeSize");
	}
	for (int k = 0; k < 4; k++)
		if (edge[k] < 0 || edge[k] > INT32_MAX)
			return lift_fail(l, "%s has an edge of %lld", field, (long long)edge[k]);
	return true;
}

bool
lift_crop(Lift *l)
{
	int64_t edge[4];

	if (!borders(l, l->params, "cropAmounts", edge))
		return false;
	return lift_result(l, lift_op(l, OP_crop,
	                              ARGS(VAR("x", lift_input(l, 0)),
	                                   TENSOR("crop_height", lift_vec(l, edge, 2)),
	                                   TENSOR("crop_width", lift_vec(l, edge + 2, 2)))));
}

bool
lift_padding(Lift *l)
{
	const char *type = msg_case(l->params, "constant"), *mode;
	double value = 0;
	int64_t edge[4];

	if (!borders(l, l->params, "paddingAmounts", edge))
		return false;
	if (!type)
		return lift_fail(l, "it does not say with what it pads");
	mode = !strcmp(type, "constant") ? "constant"
	       : !strcmp(type, "reflection") ? "reflect" : "replicate";
	if (!strcmp(type, "constant"))
		value = msg_get_float(msg_get(l->params, type), "value");
	return lift_result(l,
	                   lift_op(l, OP_pad,
	                           ARGS(VAR("x", lift_input(l, 0)),
	                                TENSOR("pad", lift_vec(l, edge, 4)), OPSTR(l, "mode", mode),
	                                TENSOR("constant_val",
	                                       tensor_scalar_f(l->arena, DT_FP32, value)))));
}

bool
lift_constant_pad(Lift *l)
{
	Operand arg[4] = {VAR("x", lift_input(l, 0)), TENSOR("pad", lift_ints(l, "padAmounts")),
	    OPSTR(l, "mode", "constant"), TENSOR("constant_val", lift_float(l, "value"))};

	if (number(l, "padToGivenOutputSizeMode"))
		return lift_fail(l, "it pads to a given size of the output: not yet supported");
	if (lift_ninput(l) == 2)
		arg[1] = (Operand)VAR("pad", lift_input(l, 1));
	return lift_result(l, lift_op(l, OP_pad, arg, 4));
}

Var *
lift_with_batch(Lift *l, Var *x, bool *added)
{
	*added = x && x->type->rank == 3;
	if (!*added)
		return x;
	return lift_op(l, OP_expand_dims,
	    ARGS(VAR("x", x), TENSOR("axes", lift_vec(l, (int64_t[]){0}, 1))));
}

Var *
lift_without_batch(Lift *l, Var *y, bool added)
{
	if (!added)
		return y;
	return lift_op(l, OP_squeeze,
	    ARGS(VAR("x", y), TENSOR("axes", lift_vec(l, (int64_t[]){0}, 1))));
}

bool
lift_reorganize(Lift *l)
{
	static const struct {
		Opcode op;
		const char *param;
	} modes[] = {{OP_space_to_depth, "block_size"}, {OP_depth_to_space, "block_size"},
	    {OP_pixel_shuffle, "upscale_factor"}};
	int64_t mode = number(l, "mode");
	Var *x = lift_input(l, 0);
	bool added;

	if (mode < 0 || mode >= (int64_t)countof(modes))
		return lift_fail(l, "its mode has the unknown number %lld", (long long)mode);
	if (number(l, "blockSize") < 1)
		return lift_fail(l, "its block size is %lld, expected 1 or more",
		    (long long)number(l, "blockSize"));
	x = lift_with_batch(l, x, &added);
	x = lift_op(l, modes[mode].op,
	    ARGS(VAR("x", x), TENSOR(modes[mode].param, lift_int(l, "blockSize"))));
	return lift_result(l, lift_without_batch(l, x, added));
}

/* Factors of height and width, whole or not; one stands for both. */
bool
lift_upsample(Lift *l)
{
	bool whole = msg_count(l->params, "fractionalScalingFactor") == 0, added;
	const char *field = whole ? "scalingFactor" : "fractionalScalingFactor";
	size_t n = msg_count(l->params, field);
	int64_t mode = number(l, "mode"), linear = number(l, "linearUpsampleMode");
	Operand arg[4];

	if (n > 2)
		return lift_fail(l, "%s has %zu numbers, expected 2", field, n);
	if (mode == 1 && linear != 1 && linear != 2)
		return lift_fail(l, "its way of interpolation, number %lld, is not yet supported",
		    (long long)linear);
	for (size_t k = 0; k < 2; k++) {
		double f = n ? msg_float_at(l->params, field, k < n ? k : 0) : 1;
		arg[1 + k] = (Operand){.kind = A_TENSOR,
		    .name = k ? "scale_factor_width" : "scale_factor_height",
		    .tensor = whole ? tensor_scalar_i(l->arena, DT_INT32,
		                          (int64_t)MIN(MAX(f, 0), INT32_MAX))
		                    : tensor_scalar_f(l->arena, DT_FP32, f)};
	}
	arg[3] = (Operand)OPBOOL(l, "align_corners", linear == 1);
	arg[0] = (Operand)VAR("x", lift_with_batch(l, lift_input(l, 0), &added));
	return lift_result(l,
	    lift_without_batch(l,
	        lift_op(l, mode ? OP_upsample_bilinear : OP_upsample_nearest_neighbor, arg,
	            mode ? 4 : 3),
	        added));
}

static const char *const samplings[] = {"STRICT_ALIGN_CORNERS", "ALIGN_CORNERS", "DEFAULT",
    "OFFSET_CORNERS"};

/* Size of the output and where its samples come from. */
static bool
resampling(Lift *l, int64_t size[2], const char **sampling)
{
	const Msg *mode = msg_get(l->params, "mode");
	int64_t method = mode ? msg_get_int(mode, "samplingMethod") : 0;
	size_t n = msg_count(l->params, "targetSize");

	if (n != 2)
		return lift_fail(l, "targetSize has %zu numbers, expected 2", n);
	if (method < 0 || method >= (int64_t)countof(samplings))
		return lift_fail(l, "its sampling method has the unknown number %lld",
		                 (long long)method);
	for (size_t k = 0; k < 2; k++) {
		size[k] = msg_int_at(l->params, "targetSize", k);
		if (size[k] < 1 || size[k] > INT32_MAX)
			return lift_fail(l, "targetSize has the number %lld", (long long)size[k]);
	}
	*sampling = samplings[method];
	return true;
}

bool
lift_resize_bilinear(Lift *l)
{
	const char *sampling;
	int64_t size[2];
	bool added;
	Var *x;

	if (!resampling(l, size, &sampling))
		return false;
	x = lift_with_batch(l, lift_input(l, 0), &added);
	x = lift_op(l, OP_resize_bilinear,
	    ARGS(VAR("x", x), OPINT(l, "target_size_height", size[0]),
	        OPINT(l, "target_size_width", size[1]), OPSTR(l, "sampling_mode", sampling)));
	return lift_result(l, lift_without_batch(l, x, added));
}

/* [1, batch, C, H, W] and boxes [N, 1, 4 or 5, 1, 1]. */
bool
lift_crop_resize(Lift *l)
{
	static const char *const boxes[] = {"CORNERS_HEIGHT_FIRST", "CORNERS_WIDTH_FIRST",
	    "CENTER_SIZE_HEIGHT_FIRST", "CENTER_SIZE_WIDTH_FIRST"};
	const Msg *mode = msg_get(l->params, "boxIndicesMode");
	int64_t box = mode ? msg_get_int(mode, "boxMode") : 0, size[2], first = 0;
	Var *x = lift_input(l, 0);
	const char *sampling;

	if (!x || !resampling(l, size, &sampling) || !lift_rank(l, x, 5, 5))
		return false;
	if (box < 0 || box >= (int64_t)countof(boxes))
		return lift_fail(l, "its boxes are of the unknown kind %lld", (long long)box);
	x = lift_op(l, OP_squeeze, ARGS(VAR("x", x), TENSOR("axes", lift_vec(l, &first, 1))));
	return lift_result(l,
	    lift_op(l, OP_crop_resize,
	        ARGS(VAR("x", x), VAR("roi", lift_input(l, 1)), OPINT(l, "target_height", size[0]),
	            OPINT(l, "target_width", size[1]),
	            OPBOOL(l, "normalized_coordinates", number(l, "normalizedCoordinates") != 0),
	            TENSOR("spatial_scale", lift_float(l, "spatialScale")),
	            OPSTR(l, "box_coordinate_mode", boxes[box]),
	            OPSTR(l, "sampling_mode", sampling))));
}

/* ---- windows ---- */

/* A vector of `n` numbers; an empty field stands for `dflt`. */
static const Tensor *
sizes(Lift *l, const char *field, size_t n, int64_t dflt)
{
	size_t have = msg_count(l->params, field);
	int64_t v[3];

	if (have != 0 && have != n) {
		lift_fail(l, "%s has %zu numbers, expected %zu", field, have, n);
		return NULL;
	}
	for (size_t k = 0; k < n; k++)
		v[k] = have ? msg_int_at(l->params, field, k) : dflt;
	return lift_vec(l, v, n);
}

/* pad_type and pad of a convolution or pooling with `valid` and `same`. */
static bool
window_padding(Lift *l, Operand *arg, uint32_t *n)
{
	const Msg *valid = msg_get(l->params, "valid"), *same = msg_get(l->params, "same");
	int64_t edge[4];

	if (same) {
		arg[(*n)++] = (Operand)OPSTR(l, "pad_type",
		    msg_get_int(same, "asymmetryMode") ? "same_lower" : "same");
		return true;
	}
	memset(edge, 0, sizeof edge);
	if (valid && !borders(l, valid, "paddingAmounts", edge))
		return false;
	if (!edge[0] && !edge[1] && !edge[2] && !edge[3]) {
		arg[(*n)++] = (Operand)OPSTR(l, "pad_type", "valid");
		return true;
	}
	arg[(*n)++] = (Operand)OPSTR(l, "pad_type", "custom");
	arg[(*n)++] = (Operand)TENSOR("pad", lift_vec(l, edge, 4));
	return true;
}

/* Height and width of the output of a transposed convolution, where the batch is known too. */
static bool
output_shape(Lift *l, const Var *x, int64_t channels, uint32_t spatial, Operand *arg, uint32_t *n)
{
	size_t have = msg_count(l->params, "outputShape");
	int64_t shape[5] = {x->type->dim[0], channels};

	if (have == 0 || !dim_known(x->type->dim[0]))
		return true;
	if (have != spatial)
		return lift_fail(l, "outputShape has %zu numbers, expected %u", have, spatial);
	for (uint32_t k = 0; k < spatial; k++)
		shape[2 + k] = msg_int_at(l->params, "outputShape", k);
	arg[(*n)++] = (Operand)TENSOR("output_shape", lift_vec(l, shape, spatial + 2));
	return true;
}

/* Weights [out, in / groups, …], or [in, out / groups, …] of a transposed convolution. */
static const Tensor *
kernel(Lift *l, int64_t out, int64_t in, int64_t groups, const int64_t *size, int spatial)
{
	bool transposed = number(l, "isDeconvolution") != 0;
	int64_t dim[5] = {transposed ? in : out, transposed ? out / groups : in};

	for (int k = 0; k < spatial; k++)
		dim[2 + k] = size[k];
	return lift_weights(l, l->params, "weights", dim, 2 + spatial);
}

static bool
check_groups(Lift *l, int64_t out, int64_t groups)
{
	if (groups >= 1 && groups <= INT32_MAX && out >= 1 && out % groups == 0)
		return true;
	return lift_fail(l, "its %lld output channels cannot be divided into %lld groups",
	    (long long)out, (long long)groups);
}

static bool
convolve(Lift *l, Var *x, Operand *arg, uint32_t n, uint32_t spatial, int64_t out)
{
	bool transposed = number(l, "isDeconvolution") != 0, added = spatial == 2;

	x = spatial == 2 ? lift_with_batch(l, x, &added) : x;
	if (!x || !lift_rank(l, x, spatial + 2, spatial + 2))
		return false;
	arg[0] = (Operand)VAR("x", x);
	if (transposed && !output_shape(l, x, out, spatial, arg, &n))
		return false;
	if (number(l, "hasBias")) {
		const Tensor *bias = lift_weights(l, l->params, "bias", &out, 1);
		if (!bias)
			return false;
		arg[n++] = (Operand)TENSOR("bias", bias);
	}
	x = lift_op(l, transposed ? OP_conv_transpose : OP_conv, arg, n);
	return lift_result(l, lift_without_batch(l, x, spatial == 2 && added));
}

bool
lift_convolution(Lift *l)
{
	int64_t out = number(l, "outputChannels"), groups = MAX(number(l, "nGroups"), 1), size[2];
	const Tensor *k = sizes(l, "kernelSize", 2, 3), *stride = sizes(l, "stride", 2, 1);
	const Tensor *dilation = sizes(l, "dilationFactor", 2, 1), *w;
	Var *x = lift_float_var(l, lift_input(l, 0));
	Operand arg[10];
	uint32_t n = 2;

	if (!x || !k || !stride || !dilation || !check_groups(l, out, groups))
		return false;
	size[0] = tensor_i(k, 0);
	size[1] = tensor_i(k, 1);
	if (lift_ninput(l) == 2) {
		if (number(l, "isDeconvolution"))
			return lift_fail(l,
			                 "the weights of a transposed convolution are an input: "
			                 "not yet supported");
		arg[1] = (Operand)VAR("weight", lift_float_var(l, lift_input(l, 1)));
	} else {
		w = kernel(l, out, number(l, "kernelChannels"), groups, size, 2);
		if (!w)
			return false;
		arg[1] = (Operand)TENSOR("weight", w);
	}
	if (!window_padding(l, arg, &n))
		return false;
	arg[n++] = (Operand)TENSOR("strides", stride);
	arg[n++] = (Operand)TENSOR("dilations", dilation);
	arg[n++] = (Operand)OPINT(l, "groups", groups);
	return convolve(l, x, arg, n, 2, out);
}

/* Three fields as a vector; what is 0 stands for `dflt`. */
static const Tensor *
three(Lift *l, const char *const field[3], int64_t dflt)
{
	int64_t v[3];

	for (int k = 0; k < 3; k++) {
		v[k] = number(l, field[k]);
		if (v[k] == 0)
			v[k] = dflt;
	}
	return lift_vec(l, v, 3);
}

static void
padding3d(Lift *l, Operand *arg, uint32_t *n)
{
	static const char *const front[] = {"customPaddingFront", "customPaddingTop",
	    "customPaddingLeft"};
	static const char *const back[] = {"customPaddingBack", "customPaddingBottom",
	    "customPaddingRight"};
	int64_t pad[6], type = number(l, "paddingType");

	for (int k = 0; k < 3; k++) {
		pad[2 * k] = number(l, front[k]);
		pad[2 * k + 1] = number(l, back[k]);
	}
	arg[(*n)++] = (Operand)OPSTR(l, "pad_type",
	                             type == 0   ? "custom"
	                             : type == 2 ? "same"
	                                         : "valid");
	if (type == 0)
		arg[(*n)++] = (Operand)TENSOR("pad", lift_vec(l, pad, 6));
}

bool
lift_convolution3d(Lift *l)
{
	static const char *const kernels[] = {"kernelDepth", "kernelHeight", "kernelWidth"};
	static const char *const strides[] = {"strideDepth", "strideHeight", "strideWidth"};
	static const char *const dilations[] = {"dilationDepth", "dilationHeight", "dilationWidth"};
	int64_t out = number(l, "outputChannels"), groups = MAX(number(l, "nGroups"), 1);
	int64_t in = number(l, "inputChannels"), size[3];
	bool transposed = number(l, "isDeconvolution") != 0;
	const Tensor *k = three(l, kernels, 3), *w;
	Operand arg[10];
	uint32_t n = 2;

	if (!check_groups(l, out, groups))
		return false;
	for (int i = 0; i < 3; i++)
		size[i] = tensor_i(k, i);
	w = kernel(l, out, transposed ? in : in / groups, groups, size, 3);
	if (!w)
		return false;
	arg[1] = (Operand)TENSOR("weight", w);
	padding3d(l, arg, &n);
	arg[n++] = (Operand)TENSOR("strides", three(l, strides, 1));
	arg[n++] = (Operand)TENSOR("dilations", three(l, dilations, 1));
	arg[n++] = (Operand)OPINT(l, "groups", groups);
	return convolve(l, lift_float_var(l, lift_input(l, 0)), arg, n, 3, out);
}

/* ---- poolings ---- */

static const Opcode pools[] = {OP_max_pool, OP_avg_pool, OP_l2_pool};
static const Opcode global_pools[] = {OP_reduce_max, OP_reduce_mean, OP_reduce_l2_norm};

/* Over the whole of the last axes. */
static bool
global_pool(Lift *l, int64_t type, size_t axes)
{
	static const int64_t last[] = {-3, -2, -1};

	return lift_result(l, lift_op(l, global_pools[type],
	                              ARGS(VAR("x", lift_float_var(l, lift_input(l, 0))),
	                                   TENSOR("axes", lift_vec(l, last + 3 - axes, axes)),
	                                   OPBOOL(l, "keep_dims", true))));
}

bool
lift_pooling(Lift *l)
{
	const Msg *last = msg_get(l->params, "includeLastPixel");
	const Tensor *k = sizes(l, "kernelSize", 2, 3), *stride = sizes(l, "stride", 2, 1);
	int64_t type = number(l, "type"), pad[4] = {0};
	Operand arg[8];
	uint32_t n = 1;
	bool added;

	if (type < 0 || type >= (int64_t)countof(pools))
		return lift_fail(l, "its type has the unknown number %lld", (long long)type);
	if (number(l, "globalPooling"))
		return global_pool(l, type, 2);
	if (!k || !stride)
		return false;
	if (last) {
		size_t have = msg_count(last, "paddingAmounts");
		if (have != 0 && have != 2)
			return lift_fail(l, "paddingAmounts has %zu numbers, expected 2", have);
		for (size_t i = 0; i < 2 && have; i++)
			pad[2 * i] = pad[2 * i + 1] = msg_int_at(last, "paddingAmounts", i);
		arg[n++] = (Operand)OPSTR(l, "pad_type", "custom");
		arg[n++] = (Operand)TENSOR("pad", lift_vec(l, pad, 4));
		arg[n++] = (Operand)OPBOOL(l, "ceil_mode", true);
	} else if (!window_padding(l, arg, &n)) {
		return false;
	}
	arg[n++] = (Operand)TENSOR("kernel_sizes", k);
	arg[n++] = (Operand)TENSOR("strides", stride);
	if (type == 1)
		arg[n++] = (Operand)OPBOOL(l, "exclude_padding_from_average",
		    number(l, "avgPoolExcludePadding") != 0);
	arg[0] = (Operand)VAR("x", lift_with_batch(l, lift_input(l, 0), &added));
	return lift_result(l, lift_without_batch(l, lift_op(l, pools[type], arg, n), added));
}

bool
lift_pooling3d(Lift *l)
{
	static const char *const kernels[] = {"kernelDepth", "kernelHeight", "kernelWidth"};
	static const char *const strides[] = {"strideDepth", "strideHeight", "strideWidth"};
	int64_t type = number(l, "type");
	Operand arg[8];
	uint32_t n = 1;

	if (type < 0 || type > 1)
		return lift_fail(l, "its type has the unknown number %lld", (long long)type);
	if (!strcmp(l->kind, "globalPooling3d"))
		return global_pool(l, type, 3);
	padding3d(l, arg, &n);
	arg[n++] = (Operand)TENSOR("kernel_sizes", three(l, kernels, 3));
	arg[n++] = (Operand)TENSOR("strides", three(l, strides, 1));
	if (type == 1)
		arg[n++] = (Operand)OPBOOL(l, "exclude_padding_from_average",
		    number(l, "countExcludePadding") != 0);
	arg[0] = (Operand)VAR("x", lift_input(l, 0));
	return lift_result(l, lift_op(l, pools[type], arg, n));
}
