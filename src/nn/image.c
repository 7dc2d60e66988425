/* image.c: padding, cropping and resampling of images. */
#include "lift.h"
#include "lower.h"

#include <math.h>

void
nn_cropped(Nn *n, Blob in, Blob out, const int64_t edge[4])
{
	Msg *p = nn_layer1(n, out, "crop", in, out);

	msg_ints(p, "offset", (const int64_t[]){0, 0}, 2);
	nn_borders(p, "cropAmounts", edge);
}

bool
nn_crop(Nn *n, const Inst *i)
{
	size_t nh, nw;
	const int64_t *h = nn_ints(n, i, "crop_height", &nh), *w = nn_ints(n, i, "crop_width", &nw);

	nn_cropped(n, nn_blob(n, inst_arg(i, "x")), nn_name(n, i->out[0]),
	           (const int64_t[]){h[0], h[1], w[0], w[1]});
	return true;
}

bool
nn_pad(Nn *n, const Inst *i)
{
	const Type *x = inst_arg(i, "x")->type;
	size_t count;
	const int64_t *given = nn_ints(n, i, "pad", &count);
	int64_t pad[2 * TENSOR_MAX_RANK] = {0}, *all = pad;
	bool constant = nn_word_is(i, "mode", "constant"), images = given && x->rank > 1;
	double value = constant ? nn_number(i, "constant_val") : 0;
	Blob out = nn_name(n, i->out[0]), in[2] = {nn_blob(n, inst_arg(i, "x"))};
	Msg *p;

	if (given)
		memcpy(pad + 2 * x->rank - count, given, count * sizeof *pad);
	for (uint32_t k = 0; images && k + 4 < 2 * x->rank; k++)
		images = pad[k] == 0;
	if (images) {
		p = nn_layer1(n, out, "padding", in[0], out);
		if (constant)
			msg_float(msg_sub(p, "constant"), "value", value);
		else
			msg_sub(p, nn_word_is(i, "mode", "reflect") ? "reflection" : "replication");
		nn_borders(p, "paddingAmounts", all + 2 * x->rank - 4);
		return true;
	}
	if (!constant)
		return nn_fail(n, i,
		               "a NeuralNetwork pads more than the last two dimensions only with a "
		               "constant");
	if (!given)
		in[1] = nn_blob(n, inst_arg(i, "pad"));
	p = nn_layer(n, out, "constantPad", in, given ? 1 : 2, &out, 1);
	msg_float(p, "value", value);
	if (given)
		msg_ints(p, "padAmounts", pad, 2 * (size_t)x->rank);
	return true;
}

/* ---- resampling ---- */

static const char *const samplings[] = {"STRICT_ALIGN_CORNERS", "ALIGN_CORNERS", "DEFAULT",
                                        "OFFSET_CORNERS"};

static void
upsample(Nn *n, const Inst *i, double h, double w, int mode, int linear)
{
	Msg *p = nn_of_x(n, i, "upsample");
	bool whole = h - floor(h) <= 0.001 && w - floor(w) <= 0.001;
	const char *field = whole ? "scalingFactor" : "fractionalScalingFactor";

	msg_float(p, field, h);
	msg_float(p, field, w);
	msg_int(p, "mode", mode);
	msg_int(p, "linearUpsampleMode", linear);
}

bool
nn_upsample_bilinear(Nn *n, const Inst *i)
{
	upsample(n, i, nn_number(i, "scale_factor_height"), nn_number(i, "scale_factor_width"), 1,
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
	nearest_neighbor(n, i, nn_number(i, "scale_factor_height"),
	                 nn_number(i, "scale_factor_width"));
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
	for (size_t k = 0; k < countof(samplings); k++)
		if (nn_word_is(i, "sampling_mode", samplings[k])) {
			msg_int(msg_sub(p, "mode"), "samplingMethod", (int64_t)k);
			return true;
		}
	return nn_fail(n, i, "a NeuralNetwork has no sampling_mode '%s'",
	               nn_word(i, "sampling_mode"));
}

bool
nn_resize_bilinear(Nn *n, const Inst *i)
{
	Msg *p = nn_of_x(n, i, "resizeBilinear");

	msg_int(p, "targetSize", inst_int(i, "target_size_height"));
	msg_int(p, "targetSize", inst_int(i, "target_size_width"));
	return put_sampling(n, i, p);
}

bool
nn_crop_resize(Nn *n, const Inst *i)
{
	static const int64_t first = 0;
	Blob out = nn_name(n, i->out[0]), in[2];
	Msg *p, *box;

	in[0] = nn_expanded(n, nn_blob(n, inst_arg(i, "x")), out, "_x", &first, 1);
	in[1] = nn_blob(n, inst_arg(i, "roi"));
	p = nn_layer(n, out, "cropResize", in, 2, &out, 1);
	msg_int(p, "targetSize", inst_int(i, "target_height"));
	msg_int(p, "targetSize", inst_int(i, "target_width"));
	nn_fields(p, i, layer_row("cropResize")->fields);
	box = msg_sub(p, "boxIndicesMode");
	msg_int(box, "boxMode",
	        layer_enum(box->descriptor, "boxMode", nn_word(i, "box_coordinate_mode")));
	return put_sampling(n, i, p);
}

/* ---- lifting ---- */

/* Four numbers {top, bottom, left, right} of a BorderAmounts field of m; zeros if it is not set. */
bool
lift_borders(Lift *l, const Msg *m, const char *field, int64_t edge[4])
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

/* As large as a second input, from an offset. */
static bool
crop_like(Lift *l)
{
	Var *x = lift_input(l, 0), *like = lift_input(l, 1);
	size_t n = msg_count(l->params, "offset");
	int64_t begin[TENSOR_MAX_RANK] = {0}, size[TENSOR_MAX_RANK];
	DimPiece piece[TENSOR_MAX_RANK];
	uint32_t rank, front;
	bool known = true;

	if (!x || !like || !lift_rank(l, x, 3, 5))
		return false;
	if (like->type->rank < 3)
		return lift_fail(l, "its second input has rank %u, expected 3 to 5",
		                 like->type->rank);
	if (n != 0 && n != 2)
		return lift_fail(l, "offset has %zu numbers, expected 2", n);
	rank = x->type->rank;
	front = rank - 2;
	for (uint32_t k = 0; k < rank; k++) {
		uint32_t from = like->type->rank - rank + k;
		piece[k] = (DimPiece){.number = -1};
		if (k >= front)
			piece[k] = (DimPiece){like, from, from + 1, 0};
		size[k] = k < front ? -1 : like->type->dim[from];
		known = known && (k < front || dim_known(like->type->dim[from]));
		begin[k] = k < front || !n ? 0 : msg_int_at(l->params, "offset", k - front);
	}
	Operand to = known ? (Operand)TENSOR("size", lift_vec(l, size, rank))
	                   : (Operand)VAR("size", lift_pieces(l, piece, rank));
	return lift_to(l, OP_slice_by_size,
	               ARGS(VAR("x", x), TENSOR("begin", lift_vec(l, begin, rank)), to));
}

bool
lift_crop(Lift *l)
{
	int64_t edge[4];

	if (lift_ninput(l) == 2)
		return crop_like(l);
	if (!lift_borders(l, l->params, "cropAmounts", edge))
		return false;
	return lift_to(l, OP_crop,
	               ARGS(VAR("x", lift_input(l, 0)), TENSOR("crop_height", lift_vec(l, edge, 2)),
	                    TENSOR("crop_width", lift_vec(l, edge + 2, 2))));
}

bool
lift_padding(Lift *l)
{
	const char *type = msg_case(l->params, "constant"), *mode;
	double value = 0;
	int64_t edge[4];

	if (!lift_borders(l, l->params, "paddingAmounts", edge))
		return false;
	if (!type)
		return lift_fail(l, "it does not say with what it pads");
	mode = !strcmp(type, "constant")     ? "constant"
	       : !strcmp(type, "reflection") ? "reflect"
	                                     : "replicate";
	if (!strcmp(type, "constant"))
		value = msg_get_float(msg_get(l->params, type), "value");
	return lift_to(l, OP_pad,
	               ARGS(VAR("x", lift_input(l, 0)), TENSOR("pad", lift_vec(l, edge, 4)),
	                    OPSTR(l, "mode", mode), TENSOR("constant_val", lift_one(l, value))));
}

/* There are two for each axis, if their number is known. */
static bool
check_amounts(Lift *l, const Var *x, const Operand *pad)
{
	int64_t want = 2 * (int64_t)x->type->rank, n;

	if (pad->kind == A_VAR && !pad->var)
		return false;
	n = pad->kind == A_VAR ? pad->var->type->count : pad->tensor->count;
	return n == want || (pad->kind == A_VAR && n < 0) ||
	       lift_fail(l, "it has %lld amounts of padding, expected %lld for rank %u",
	                 (long long)n, (long long)want, x->type->rank);
}

/* Two numbers for each axis say how long it is to be, and on which side the rest is: how many are
 * missing there, at least 0. */
static Operand
missing(Lift *l, Var *x, const Operand *size)
{
	int64_t rank = x->type->rank, twice[TENSOR_MAX_RANK * 2], up[2] = {rank, 1};
	static const int64_t two[] = {1, 2}, flat = -1;
	Operand pad = VAR("pad", NULL);
	Var *have;

	if (size->kind == A_TENSOR && type_all_known(x->type) && size->tensor->count == 2 * rank) {
		for (int64_t k = 0; k < 2 * rank; k++)
			twice[k] = MAX(tensor_i(size->tensor, k) - x->type->dim[k / 2], 0);
		return (Operand)TENSOR("pad", lift_vec(l, twice, (size_t)(2 * rank)));
	}
	have = lift_op(l, OP_reshape,
	               ARGS(VAR("x", lift_shape_of(l, x)), TENSOR("shape", lift_vec(l, up, 2))));
	have = lift_op(l, OP_tile, ARGS(VAR("x", have), TENSOR("reps", lift_vec(l, two, 2))));
	have = lift_op(l, OP_reshape, ARGS(VAR("x", have), TENSOR("shape", lift_vec(l, &flat, 1))));
	pad.var = lift_xy(l, OP_sub,
	                  size->kind == A_TENSOR ? lift_const(l, size->tensor) : size->var, have);
	pad.var = lift_xt(l, OP_maximum, pad.var, lift_int32(l, 0));
	return pad;
}

bool
lift_constant_pad(Lift *l)
{
	Operand arg[4] = {VAR("x", lift_input(l, 0)), TENSOR("pad", lift_ints(l, "padAmounts")),
	                  OPSTR(l, "mode", "constant"),
	                  TENSOR("constant_val", lift_float(l, "value"))};

	if (!arg[0].var)
		return false;
	if (lift_ninput(l) == 2)
		arg[1] = (Operand)VAR("pad", lift_as(l, lift_input(l, 1), DT_INT32));
	if (!check_amounts(l, arg[0].var, &arg[1]))
		return false;
	if (lift_number(l, "padToGivenOutputSizeMode"))
		arg[1] = missing(l, arg[0].var, &arg[1]);
	return lift_to(l, OP_pad, arg, 4);
}

/* The grid that resize_bilinear has by default, which the op of a factor lacks: the size must be
 * known. */
static bool
upsample_to_size(Lift *l, const double factor[2])
{
	Var *x = lift_input(l, 0);
	int64_t size[2];

	if (!x || !lift_rank(l, x, 4, 4))
		return false;
	for (int k = 0; k < 2; k++) {
		double to = dim_known(x->type->dim[2 + k])
		                ? floor((double)x->type->dim[2 + k] * factor[k])
		                : -1;
		if (!(to >= 1 && to <= INT32_MAX))
			return lift_lacks(l,
			                  "its linearUpsampleMode DEFAULT needs a known size of at "
			                  "least 1, but its input is %s",
			                  type_str(l->c->types, x->type));
		size[k] = (int64_t)to;
	}
	return lift_to(l, OP_resize_bilinear,
	               ARGS(VAR("x", x), OPINT(l, "target_size_height", size[0]),
	                    OPINT(l, "target_size_width", size[1]),
	                    OPSTR(l, "sampling_mode", "DEFAULT")));
}

/* Factors of height and width, whole or not; one stands for both. */
bool
lift_upsample(Lift *l)
{
	bool whole = msg_count(l->params, "fractionalScalingFactor") == 0;
	const char *field = whole ? "scalingFactor" : "fractionalScalingFactor";
	size_t n = msg_count(l->params, field);
	int64_t mode = lift_number(l, "mode"), linear = lift_number(l, "linearUpsampleMode");
	Operand arg[4];
	double factor[2];

	if (n > 2)
		return lift_fail(l, "%s has %zu numbers, expected 2", field, n);
	if (!lift_word(l, "mode") || !lift_word(l, "linearUpsampleMode"))
		return false;
	for (size_t k = 0; k < 2; k++) {
		double f = factor[k] = n ? msg_float_at(l->params, field, k < n ? k : 0) : 1;
		arg[1 + k] =
		    (Operand){.kind = A_TENSOR,
		              .name = k ? "scale_factor_width" : "scale_factor_height",
		              .tensor = whole ? lift_int32(l, (int64_t)MIN(MAX(f, 0), INT32_MAX))
		                              : lift_one(l, f)};
	}
	if (mode && !linear)
		return upsample_to_size(l, factor);
	arg[3] = (Operand)OPBOOL(l, "align_corners", linear == 1);
	arg[0] = (Operand)VAR("x", lift_input(l, 0));
	return lift_to(l, mode ? OP_upsample_bilinear : OP_upsample_nearest_neighbor, arg,
	               mode ? 4 : 3);
}

/* Size of the output and where its samples come from. */
static bool
resampling(Lift *l, int64_t size[2], const char **sampling)
{
	const Msg *mode = msg_get(l->params, "mode");
	int64_t method = mode ? msg_get_int(mode, "samplingMethod") : 0;
	size_t n = msg_count(l->params, "targetSize");

	if (n != 0 && n != 2)
		return lift_fail(l, "targetSize has %zu numbers, expected 2", n);
	if (method < 0 || method >= (int64_t)countof(samplings))
		return lift_fail(l, "its sampling method has the unknown number %lld",
		                 (long long)method);
	for (size_t k = 0; k < 2; k++) {
		size[k] = n ? msg_int_at(l->params, "targetSize", k) : 1;
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

	if (!resampling(l, size, &sampling))
		return false;
	return lift_to(l, OP_resize_bilinear,
	               ARGS(VAR("x", lift_input(l, 0)), OPINT(l, "target_size_height", size[0]),
	                    OPINT(l, "target_size_width", size[1]),
	                    OPSTR(l, "sampling_mode", sampling)));
}

/* [1, batch, C, H, W] and boxes [N, 1, 4 or 5, 1, 1]. */
bool
lift_crop_resize(Lift *l)
{
	const Msg *mode = msg_get(l->params, "boxIndicesMode");
	int64_t box = mode ? msg_get_int(mode, "boxMode") : 0, size[2], first = 0;
	const char *sampling,
	    *corners = mode ? layer_enum_word(l->arena, mode->descriptor, "boxMode", box)
	                    : "CORNERS_HEIGHT_FIRST";
	Var *x = lift_input(l, 0);

	if (!x || !resampling(l, size, &sampling) || !lift_rank(l, x, 5, 5))
		return false;
	if (!corners)
		return lift_fail(l, "its boxes are of the unknown kind %lld", (long long)box);
	Operand arg[MAX_PARAMS] = {
	    VAR("x", lift_squeezed(l, x, &first, 1)), VAR("roi", lift_input(l, 1)),
	    OPINT(l, "target_height", size[0]),       OPINT(l, "target_width", size[1]),
	    OPSTR(l, "box_coordinate_mode", corners), OPSTR(l, "sampling_mode", sampling)};
	uint32_t n = 6;
	return lift_fields(l, layer_row(l->kind), arg, &n) && lift_to(l, OP_crop_resize, arg, n);
}
