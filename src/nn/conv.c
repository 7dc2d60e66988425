/* conv.c: convolutions and poolings. What has one spatial dimension gets a height of 1 for the time
 * of the layer. */
#include "lift.h"
#include "lower.h"

/* The operand `pad` as two spatial dimensions; zeros unless pad_type is custom. */
static void
window_edges(Nn *n, const Inst *i, int64_t edge[4])
{
	size_t count;
	const int64_t *pad = nn_ints(n, i, "pad", &count);

	memset(edge, 0, 4 * sizeof *edge);
	if (nn_word_is(i, "pad_type", "custom") && (count == 2 || count == 4))
		memcpy(edge + 4 - count, pad, count * sizeof *edge);
}

/* `valid` with amounts, or `same`. */
static void
put_padding(Nn *n, const Inst *i, Msg *p)
{
	bool lower = nn_word_is(i, "pad_type", "same_lower");
	int64_t edge[4];

	window_edges(n, i, edge);
	if (lower || nn_word_is(i, "pad_type", "same"))
		msg_int(msg_sub(p, "same"), "asymmetryMode", lower);
	else
		nn_borders(msg_sub(p, "valid"), "paddingAmounts", edge);
}

/* A vector of two from one of one or two. */
static void
put_pair(Nn *n, const Inst *i, Msg *p, const char *field, const char *param)
{
	size_t count;
	const int64_t *v = nn_ints(n, i, param, &count);

	if (count == 1)
		msg_int(p, field, 1);
	msg_ints(p, field, v, count);
}

static const int64_t height[] = {-2};

/* ---- convolutions ---- */

static void
put_bias(Nn *n, const Inst *i, Msg *p)
{
	if (!inst_val(i, "bias"))
		return;
	msg_int(p, "hasBias", 1);
	nn_weights(n, p, "bias", inst_val(i, "bias"), false);
}

/* kernelDepth, kernelHeight, kernelWidth …, and customPaddingFront … */
static const char *const ends[] = {"Depth", "Height", "Width"};
static const char *const edges[] = {"Front", "Back", "Top", "Bottom", "Left", "Right"};

/* Three fields from a vector. */
static void
put_three(Nn *n, Msg *p, const char *stem, const int64_t *v)
{
	for (int k = 0; k < 3; k++)
		msg_int(p, arena_printf(n->arena, "%s%s", stem, ends[k]), v[k]);
}

static bool
put_padding3d(Nn *n, const Inst *i, Msg *p)
{
	bool custom = nn_word_is(i, "pad_type", "custom");
	size_t count;
	const int64_t *pad = nn_ints(n, i, "pad", &count);

	if (nn_word_is(i, "pad_type", "same_lower"))
		return nn_fail(n, i,
		               "a NeuralNetwork has no pad_type 'same_lower' in three spatial "
		               "dimensions");
	for (int k = 0; custom && k < 6; k++)
		msg_int(p, arena_printf(n->arena, "customPadding%s", edges[k]), pad[k]);
	msg_int(p, "paddingType", custom ? 0 : nn_word_is(i, "pad_type", "same") ? 2 : 1);
	return true;
}

/* Where all of them are known, the sizes of a transposed convolution's output. */
static void
put_output_shape(const Inst *i, Msg *p)
{
	const Type *y = i->out[0]->type;

	for (uint32_t k = 2; k < y->rank; k++)
		if (!dim_known(y->dim[k]))
			return;
	if (y->rank == 3)
		msg_int(p, "outputShape", 1);
	for (uint32_t k = 2; k < y->rank; k++)
		msg_int(p, "outputShape", y->dim[k]);
}

/* Height and width of the kernel, or three sizes, its channels, and what steers the layer. */
static bool
put_convolution(Nn *n, const Inst *i, Msg *p, const Type *w)
{
	bool transposed = i->op->code == OP_conv_transpose, three = w->rank == 5;
	int64_t groups = inst_int(i, "groups"), in = transposed ? w->dim[0] : w->dim[1];
	size_t count;

	msg_int(p, "isDeconvolution", transposed);
	msg_int(p, "nGroups", groups);
	msg_int(p, "outputChannels", transposed ? w->dim[1] * groups : w->dim[0]);
	if (transposed)
		put_output_shape(i, p);
	if (three) {
		msg_int(p, "inputChannels", transposed ? in : in * groups);
		put_three(n, p, "kernel", w->dim + 2);
		put_three(n, p, "stride", nn_ints(n, i, "strides", &count));
		put_three(n, p, "dilation", nn_ints(n, i, "dilations", &count));
		return put_padding3d(n, i, p);
	}
	msg_int(p, "kernelChannels", in);
	if (w->rank == 3)
		msg_int(p, "kernelSize", 1);
	msg_ints(p, "kernelSize", w->dim + 2, w->rank - 2);
	put_pair(n, i, p, "stride", "strides");
	put_pair(n, i, p, "dilationFactor", "dilations");
	put_padding(n, i, p);
	return true;
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
	put_convolution(n, i, nn_layer(n, plain, "convolution", in, 2, &plain, 1), w->type);
	if (bias) {
		int64_t dim[3] = {bias->count, 1, 1};
		bias = tensor_reshape(n->arena, bias, dim, 3);
		nn_two(n, "addBroadcastable", plain, nn_loaded(n, out, "_bias", bias), out);
	}
	return true;
}

bool
nn_conv(Nn *n, const Inst *i)
{
	const Tensor *w = inst_val(i, "weight");
	uint32_t rank = inst_arg(i, "x")->type->rank;
	Blob out = nn_name(n, i->out[0]), in, to = out;
	Msg *p;

	if (rank == 5 && !w)
		return nn_fail(n, i,
		               "the weights of a convolution in three dimensions must be known at "
		               "compile time for a NeuralNetwork");
	in = nn_blob(n, inst_arg(i, "x"));
	if (rank == 3) {
		to = nn_temp(n, out, "_expanded");
		in = nn_expanded(n, in, out, "_x", height, 1);
	}
	if (!w) {
		if (!dynamic_convolution(n, i, in, to))
			return false;
	} else {
		p = nn_layer1(n, to, rank == 5 ? "convolution3d" : "convolution", in, to);
		if (!put_convolution(n, i, p, inst_arg(i, "weight")->type))
			return false;
		nn_weights(n, p, "weights", w, false);
		put_bias(n, i, p);
	}
	if (rank == 3)
		nn_squeezed(n, to, out, height, 1);
	return true;
}

/* ---- poolings ---- */

bool
nn_pool(Nn *n, const Inst *i)
{
	int type = i->op->code == OP_max_pool ? 0 : i->op->code == OP_avg_pool ? 1 : 2;
	bool exclude = type != 1 || inst_int(i, "exclude_padding_from_average");
	uint32_t rank = inst_arg(i, "x")->type->rank;
	Blob out = nn_name(n, i->out[0]), in = nn_blob(n, inst_arg(i, "x")), to = out;
	int64_t edge[4];
	size_t count;
	Msg *p, *last;

	if (rank == 3) {
		to = nn_temp(n, out, "_pool");
		in = nn_expanded(n, in, out, "_expanded", height, 1);
	}
	p = nn_layer1(n, to, rank == 5 ? "pooling3d" : "pooling", in, to);
	msg_int(p, "type", type);
	msg_int(p, rank == 5 ? "countExcludePadding" : "avgPoolExcludePadding", exclude);
	if (rank == 5) {
		put_three(n, p, "kernel", nn_ints(n, i, "kernel_sizes", &count));
		put_three(n, p, "stride", nn_ints(n, i, "strides", &count));
		return put_padding3d(n, i, p);
	}
	put_pair(n, i, p, "kernelSize", "kernel_sizes");
	put_pair(n, i, p, "stride", "strides");
	if (inst_int(i, "ceil_mode")) {
		window_edges(n, i, edge);
		last = msg_sub(p, "includeLastPixel");
		msg_int(last, "paddingAmounts", edge[0]);
		msg_int(last, "paddingAmounts", edge[2]);
	} else {
		put_padding(n, i, p);
	}
	if (rank == 3)
		nn_squeezed(n, to, out, height, 1);
	return true;
}

/* ---- lifting convolutions ---- */

/* A vector of `n` numbers; an empty field stands for `dflt`. */
static const Tensor *
sizes(Lift *l, const char *field, size_t n, int64_t dflt)
{
	size_t have = msg_count(l->params, field);
	int64_t v[3];

	if (have != 0 && have != n)
		return lift_none(l, "%s has %zu numbers, expected %zu", field, have, n);
	for (size_t k = 0; k < n; k++)
		v[k] = have ? msg_int_at(l->params, field, k) : dflt;
	return lift_vec(l, v, n);
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

static bool
check_groups(Lift *l, int64_t out, int64_t groups)
{
	if (groups >= 1 && groups <= INT32_MAX && out >= 1 && out % groups == 0)
		return true;
	return lift_fail(l, "its %lld output channels cannot be divided into %lld groups",
	                 (long long)out, (long long)groups);
}

/* Three fields as a vector; what is 0 stands for `dflt`. */
static const Tensor *
three(Lift *l, const char *stem, int64_t dflt)
{
	int64_t v[3];

	for (int k = 0; k < 3; k++) {
		v[k] = lift_number(l, arena_printf(l->arena, "%s%s", stem, ends[k]));
		if (v[k] == 0)
			v[k] = dflt;
	}
	return lift_vec(l, v, 3);
}

static void
padding3d(Lift *l, Operand *arg, uint32_t *n)
{
	int64_t pad[6], type = lift_number(l, "paddingType");

	for (int k = 0; k < 6; k++)
		pad[k] = lift_number(l, arena_printf(l->arena, "customPadding%s", edges[k]));
	arg[(*n)++] = (Operand)OPSTR(l, "pad_type",
	                             type == 0   ? "custom"
	                             : type == 2 ? "same"
	                                         : "valid");
	if (type == 0)
		arg[(*n)++] = (Operand)TENSOR("pad", lift_vec(l, pad, 6));
}

/* What slides over the last two axes of x, [batch, C, H, W]. */
typedef struct LayerWindow {
	const Type *x;
	const Tensor *kernel, *stride, *dilation; /* 0: ones */
	bool deep, transposed;
} LayerWindow;

/* `same` with more in front, which programs of iOS15 have only as numbers; false: they are not
 * known. A transposed window cuts off as much as it is longer than its stride. */
static bool
front_heavy(const LayerWindow *w, int64_t edge[4])
{
	for (uint32_t i = 0; i < 2; i++) {
		int64_t in = w->x->rank == 4 ? w->x->dim[2 + i] : -1, total;
		int64_t stride = tensor_i(w->stride, i), reach = tensor_i(w->kernel, i) - 1;
		reach = reach * (w->dilation ? tensor_i(w->dilation, i) : 1) + 1;
		if (stride < 1 || (w->transposed ? reach < stride : in < 1))
			return false;
		total = w->transposed ? reach - stride : (in - 1) / stride * stride + reach - in;
		edge[2 * i + 1] = MAX(total, 0) / 2;
		edge[2 * i] = MAX(total, 0) - edge[2 * i + 1];
	}
	return true;
}

static void
custom_padding(Lift *l, const int64_t edge[4], Operand *arg, uint32_t *n)
{
	arg[(*n)++] = (Operand)OPSTR(l, "pad_type", "custom");
	arg[(*n)++] = (Operand)TENSOR("pad", lift_vec(l, edge, 4));
}

/* pad_type and pad of a convolution or pooling with `valid` and `same`. */
static bool
window_padding(Lift *l, const LayerWindow *w, Operand *arg, uint32_t *n)
{
	const Msg *valid, *same;
	int64_t edge[4] = {0};
	bool heavy;

	if (w->deep) {
		padding3d(l, arg, n);
		return true;
	}
	valid = msg_get(l->params, "valid");
	if ((same = msg_get(l->params, "same"))) {
		heavy = msg_get_int(same, "asymmetryMode") != 0;
		if (heavy && front_heavy(w, edge))
			custom_padding(l, edge, arg, n);
		else
			arg[(*n)++] = (Operand)OPSTR(
			    l, "pad_type", heavy && !w->transposed ? "same_lower" : "same");
		return true;
	}
	if (valid && !lift_borders(l, valid, "paddingAmounts", edge))
		return false;
	if (edge[0] || edge[1] || edge[2] || edge[3])
		custom_padding(l, edge, arg, n);
	else
		arg[(*n)++] = (Operand)OPSTR(l, "pad_type", "valid");
	return true;
}

/* A vector of sizes: three fields, or a repeated one. */
static const Tensor *
window(Lift *l, bool deep, const char *stem, const char *field, int64_t dflt)
{
	return deep ? three(l, stem, dflt) : sizes(l, field, 2, dflt);
}

/* Weights [out, in / groups, …], or [in, out / groups, …] of a transposed convolution. They may be
 * an input of the layer in two dimensions, where the field has in / groups. */
static bool
weight_operand(Lift *l, const Tensor *k, int64_t out, int64_t groups, Operand *arg)
{
	bool deep = k->count == 3, transposed = lift_number(l, "isDeconvolution") != 0;
	int64_t in = lift_number(l, deep ? "inputChannels" : "kernelChannels");
	int64_t dim[5] = {transposed ? in : out, transposed ? out / groups
	                                         : deep     ? in / groups
	                                                    : in};
	const Tensor *w;

	if (lift_ninput(l) == 2 && transposed)
		return lift_fail(l,
		                 "the weights of a transposed convolution are an input, but only a "
		                 "convolution can take them so");
	if (lift_ninput(l) == 2) {
		*arg = (Operand)VAR("weight", lift_float_var(l, lift_input(l, 1)));
		return true;
	}
	for (int i = 0; i < k->count; i++)
		dim[2 + i] = tensor_i(k, i);
	w = lift_weights_by(l, l->params, "weights", dim, 2 + (int)k->count, transposed);
	*arg = (Operand)TENSOR("weight", w);
	return w != NULL;
}

bool
lift_convolution(Lift *l)
{
	bool deep = !strcmp(l->kind, "convolution3d");
	uint32_t spatial = deep ? 3 : 2, n = 2;
	int64_t out = lift_number(l, "outputChannels"), groups = MAX(lift_number(l, "nGroups"), 1);
	const Tensor *k = window(l, deep, "kernel", "kernelSize", 3), *bias;
	const Tensor *stride = window(l, deep, "stride", "stride", 1);
	const Tensor *dilation = window(l, deep, "dilation", "dilationFactor", 1);
	bool transposed = lift_number(l, "isDeconvolution") != 0;
	Var *x = lift_float_var(l, lift_input(l, 0));
	Operand arg[10];

	if (!x || !k || !stride || !dilation || !check_groups(l, out, groups) ||
	    !weight_operand(l, k, out, groups, &arg[1]) ||
	    !window_padding(l,
	                    &(LayerWindow){x->type, k, stride, dilation, deep, transposed}, arg,
	                    &n))
		return false;
	arg[n++] = (Operand)TENSOR("strides", stride);
	arg[n++] = (Operand)TENSOR("dilations", dilation);
	arg[n++] = (Operand)OPINT(l, "groups", groups);
	if (!lift_rank(l, x, spatial + 2, spatial + 2))
		return false;
	arg[0] = (Operand)VAR("x", x);
	if (transposed && !output_shape(l, x, out, spatial, arg, &n))
		return false;
	if (lift_number(l, "hasBias")) {
		if (!(bias = lift_weights(l, l->params, "bias", &out, 1)))
			return false;
		arg[n++] = (Operand)TENSOR("bias", bias);
	}
	x = lift_op(l, transposed ? OP_conv_transpose : OP_conv, arg, n);
	return lift_result(l, x);
}

/* ---- lifting poolings ---- */

static const Opcode pools[] = {OP_max_pool, OP_avg_pool, OP_l2_pool};

static const Opcode global_pools[] = {OP_reduce_max, OP_reduce_mean, OP_reduce_l2_norm};

/* Over the whole of the last axes. */
static bool
global_pool(Lift *l, Var *x, int64_t type, size_t axes)
{
	static const int64_t last[] = {-3, -2, -1};

	return lift_to(l, global_pools[type],
	               ARGS(VAR("x", lift_float_var(l, x)),
	                    TENSOR("axes", lift_vec(l, last + 3 - axes, axes)),
	                    OPBOOL(l, "keep_dims", true)));
}

bool
lift_pooling(Lift *l)
{
	bool deep = strcmp(l->kind, "pooling") != 0, global = !strcmp(l->kind, "globalPooling3d");
	int64_t type = lift_number(l, "type"), pad[4] = {0};
	const Tensor *k, *stride;
	const Msg *last;
	Operand arg[8] = {VAR("x", lift_input(l, 0))};
	uint32_t n = 1;

	if (!arg[0].var)
		return false;
	if (type < 0 || type >= (int64_t)countof(pools) - deep)
		return lift_fail(l, "its type has the unknown number %lld", (long long)type);
	if (global || (!deep && lift_number(l, "globalPooling")))
		return global_pool(l, arg[0].var, type, global ? 3 : 2);
	if (!(k = window(l, deep, "kernel", "kernelSize", 3)) ||
	    !(stride = window(l, deep, "stride", "stride", 1)))
		return false;
	if (!deep && (last = msg_get(l->params, "includeLastPixel"))) {
		size_t have = msg_count(last, "paddingAmounts");
		if (have != 0 && have != 2)
			return lift_fail(l, "paddingAmounts has %zu numbers, expected 2", have);
		for (size_t i = 0; i < 2 && have; i++)
			pad[2 * i] = pad[2 * i + 1] = msg_int_at(last, "paddingAmounts", i);
		custom_padding(l, pad, arg, &n);
		arg[n++] = (Operand)OPBOOL(l, "ceil_mode", true);
	} else if (!window_padding(l,
	                           &(LayerWindow){arg[0].var->type, k, stride, NULL, deep, false},
	                           arg, &n)) {
		return false;
	}
	arg[n++] = (Operand)TENSOR("kernel_sizes", k);
	arg[n++] = (Operand)TENSOR("strides", stride);
	if (type == 1)
		arg[n++] = (Operand)OPBOOL(
		    l, "exclude_padding_from_average",
		    lift_number(l, deep ? "countExcludePadding" : "avgPoolExcludePadding") != 0);
	return lift_to(l, pools[type], arg, n);
}
