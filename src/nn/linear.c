/* linear.c: products, embeddings and reductions. */
#include "lift.h"
#include "lower.h"

static Blob
transposed(Nn *n, Blob in, Blob name, const int64_t *perm, size_t rank)
{
	msg_ints(nn_layer1(n, name, "transpose", in, name), "axes", perm, rank);
	return name;
}

/* The two contractions that einsum has are products of matrices on the outer axes. */
bool
nn_einsum(Nn *n, const Inst *i)
{
	static const int64_t perm4[] = {0, 2, 1, 3}, perm3[] = {1, 0, 2};
	const Arg *values = inst_args(i, "values");
	uint32_t rank = arg_at(values, 0)->type->rank;
	const int64_t *perm = rank == 4 ? perm4 : perm3;
	Blob out = nn_name(n, i->out[0]), product = nn_temp(n, out, "_product"), in[2];

	for (uint32_t k = 0; k < 2; k++)
		in[k] = transposed(n, nn_blob(n, arg_at(values, k)),
		                   nn_temp(n, out, k ? "_y" : "_x"), perm, rank);
	nn_two(n, "batchedMatmul", in[0], in[1], product);
	transposed(n, product, out, perm, rank);
	return true;
}

bool
nn_linear(Nn *n, const Inst *i)
{
	const Tensor *w = inst_val(i, "weight"), *bias = inst_val(i, "bias");
	uint32_t rank = inst_arg(i, "x")->type->rank;
	bool inner = rank >= 1 && rank <= 3;
	Msg *p;

	if (!w)
		return nn_fail(n, i,
		               "the weight of linear must be known at compile time for a "
		               "NeuralNetwork");
	p = nn_of_x(n, i, inner ? "innerProduct" : "batchedMatmul");
	msg_int(p, inner ? "inputChannels" : "weightMatrixFirstDimension", w->dim[1]);
	msg_int(p, inner ? "outputChannels" : "weightMatrixSecondDimension", w->dim[0]);
	nn_weights(n, p, "weights", w, false);
	if (bias) {
		msg_int(p, "hasBias", 1);
		nn_weights(n, p, "bias", bias, false);
	}
	return true;
}

/* A constant matrix that nothing else uses goes into the layer. */
bool
nn_matmul(Nn *n, const Inst *i)
{
	const Var *x = inst_arg(i, "x"), *y = inst_arg(i, "y");
	bool tx = inst_int(i, "transpose_x"), ty = inst_int(i, "transpose_y");
	bool inside = y->val && y->type->rank == 2 && var_only_user(y) == i;
	Blob out = nn_name(n, i->out[0]), in[2];
	int64_t perm[TENSOR_MAX_RANK];
	Msg *p;

	in[0] = nn_blob(n, x);
	if (!inside) {
		in[1] = nn_blob(n, y);
	} else if (tx) {
		uint32_t r = x->type->rank;
		for (uint32_t k = 0; k < r; k++)
			perm[k] = k < r - 2 ? k : k == r - 2 ? r - 1 : r - 2;
		in[0] = transposed(n, in[0], nn_temp(n, out, "_x"), perm, r);
	}
	p = nn_layer(n, out, "batchedMatmul", in, inside ? 1 : 2, &out, 1);
	nn_fields(p, i, layer_row("batchedMatmul")->fields);
	if (inside) {
		msg_int(p, "weightMatrixFirstDimension", y->val->dim[ty]);
		msg_int(p, "weightMatrixSecondDimension", y->val->dim[!ty]);
		nn_weights(n, p, "weights", y->val, !ty);
	}
	return true;
}

/* ---- lifting products ---- */

static Var *
add_bias(Lift *l, Var *y, int64_t n)
{
	const Tensor *bias;

	if (!y || !lift_number(l, "hasBias"))
		return y;
	bias = lift_weights(l, l->params, "bias", &n, 1);
	return bias ? lift_xt(l, OP_add, y, bias) : NULL;
}

/* With one input the second is constant, stored transposed, and the flags do not count. */
bool
lift_matmul(Lift *l)
{
	Var *x = lift_input(l, 0), *y;
	int64_t dim[2] = {lift_number(l, "weightMatrixSecondDimension"),
	                  lift_number(l, "weightMatrixFirstDimension")};

	if (!x)
		return false;
	if (lift_ninput(l) == 2)
		return lift_by_row(l, NULL);
	const Tensor *w = lift_weights(l, l->params, "weights", dim, 2);
	if (!w)
		return false;
	y = lift_op(l, OP_matmul,
	            ARGS(VAR("x", lift_float_var(l, x)), TENSOR("y", w),
	                 OPBOOL(l, "transpose_x", false), OPBOOL(l, "transpose_y", true)));
	return lift_result(l, add_bias(l, y, dim[0]));
}

/* Of rank 4 and 5: channels, height and width are one vector, [..., C H W] of the op. */
static Var *
image_rows(Lift *l, Var *x, int64_t channels)
{
	static const int64_t last[] = {-2, -1};
	uint32_t rank = x->type->rank;
	int64_t have;

	if (shape_count(x->type->dim + rank - 3, 3, &have) && have != channels)
		return lift_none(l,
		                 "the channels, height and width of its input make %lld numbers, "
		                 "but inputChannels is %lld",
		                 (long long)have, (long long)channels);
	if (x->type->dim[rank - 2] == 1 && x->type->dim[rank - 1] == 1)
		return lift_squeezed(l, x, last, 2);
	return lift_reshaped(l, x, (DimPiece[]){{x, 0, rank - 3, 0}, {NULL, 0, 0, channels}}, 2);
}

bool
lift_inner_product(Lift *l)
{
	Var *x = lift_float_var(l, lift_input(l, 0)), *y;
	int64_t dim[2] = {lift_number(l, "outputChannels"), lift_number(l, "inputChannels")};
	static const int64_t last[] = {-2, -1};
	const Tensor *w, *bias = NULL;
	bool image;

	if (!x || !(w = lift_weights(l, l->params, "weights", dim, 2)))
		return false;
	image = x->type->rank == 4 || x->type->rank == 5;
	if (image && !(x = image_rows(l, x, dim[1])))
		return false;
	if (lift_number(l, "hasBias") && !(bias = lift_weights(l, l->params, "bias", dim, 1)))
		return false;
	if (bias)
		y = lift_op(l, OP_linear,
		            ARGS(VAR("x", x), TENSOR("weight", w), TENSOR("bias", bias)));
	else
		y = lift_op(l, OP_linear, ARGS(VAR("x", x), TENSOR("weight", w)));
	if (image)
		y = lift_expanded(l, y, last, 2);
	return lift_result(l, y);
}

/* Rows of a table, by number; the table stands [out, in]. The last axis of the input of
 * embeddingND, of length 1, gives way to the row; the last three of embedding's, all of length 1,
 * to the row as channels. */
bool
lift_embedding(Lift *l)
{
	bool nd = !strcmp(l->kind, "embeddingND"), image;
	Var *x = lift_input(l, 0), *table, *y;
	int64_t dim[2] = {lift_number(l, nd ? "embeddingSize" : "outputChannels"),
	                  lift_number(l, nd ? "vocabSize" : "inputDim")};
	static const int64_t perm[] = {1, 0}, last[] = {-3, -2, -1};
	const Tensor *w;

	if (!x || !(w = lift_weights(l, l->params, "weights", dim, 2)))
		return false;
	image = !nd && x->type->rank > 1;
	if (image && !lift_rank(l, x, 3, 5))
		return false;
	if (nd || image)
		x = lift_squeezed(l, x, last + 2 * nd, nd ? 1 : 3);
	table = lift_op(l, OP_transpose,
	                ARGS(VAR("x", lift_const(l, w)), TENSOR("perm", lift_vec(l, perm, 2))));
	y = lift_op(l, OP_gather, ARGS(VAR("x", table), VAR("indices", x), OPINT(l, "axis", 0)));
	y = add_bias(l, y, dim[0]);
	return lift_result(l, image ? lift_expanded(l, y, last + 1, 2) : y);
}

/* x / sqrt(sum of x^2 over the axis) */
static Var *
unit_vectors(Lift *l, Var *x, const Tensor *axis)
{
	Var *norm = lift_op(l, OP_reduce_l2_norm,
	                    ARGS(VAR("x", x), TENSOR("axes", axis), OPBOOL(l, "keep_dims", true)));

	return lift_xy(l, OP_real_div, x, norm);
}

/* The sum of the products of the channels; of unit vectors it is the cosine. */
bool
lift_dot(Lift *l)
{
	static const int64_t channels = -3;
	const Tensor *axis = lift_vec(l, &channels, 1);
	Var *x = lift_float_var(l, lift_input(l, 0)), *y = lift_float_var(l, lift_input(l, 1));

	if (!x || !y || !lift_rank(l, x, 3, 5) || !lift_rank(l, y, 3, 5))
		return false;
	if (lift_number(l, "cosineSimilarity")) {
		x = unit_vectors(l, x, axis);
		y = unit_vectors(l, y, axis);
	}
	return lift_to(l, OP_reduce_sum,
	               ARGS(VAR("x", lift_xy(l, OP_mul, x, y)), TENSOR("axes", axis),
	                    OPBOOL(l, "keep_dims", true)));
}

/* ---- reductions ---- */

/* Over all of each image and nothing else, keeping the rank: a global pooling. */
static bool
global_pool(Nn *n, const Inst *i)
{
	const Type *x = inst_arg(i, "x")->type, *y = i->out[0]->type;
	Msg *p, *border;

	if ((x->rank != 4 && x->rank != 5) || !inst_int(i, "keep_dims"))
		return false;
	for (uint32_t k = 0; k < x->rank; k++)
		if (k + 2 < x->rank ? y->dim[k] != x->dim[k] : y->dim[k] != 1)
			return false;
	p = nn_of_x(n, i, "pooling");
	msg_int(p, "type", i->op->code == OP_reduce_mean);
	msg_ints(p, "kernelSize", (const int64_t[]){0, 0}, 2);
	msg_ints(p, "stride", (const int64_t[]){0, 0}, 2);
	msg_int(p, "avgPoolExcludePadding", 1);
	msg_int(p, "globalPooling", 1);
	border = msg_sub(msg_sub(p, "valid"), "paddingAmounts");
	msg_sub(border, "borderAmounts");
	msg_sub(border, "borderAmounts");
	return true;
}

bool
nn_reduce(Nn *n, const Inst *i)
{
	return global_pool(n, i) || nn_by_row(n, i);
}

/* The reduction of the first versions: over named axes, keeping them. */
bool
lift_old_reduce(Lift *l)
{
	static const Opcode ops[] = {OP_reduce_sum,     OP_reduce_mean,       OP_reduce_prod,
	                             OP_reduce_log_sum, OP_reduce_sum_square, OP_reduce_l1_norm,
	                             OP_reduce_l2_norm, OP_reduce_max,        OP_reduce_min,
	                             OP_reduce_argmax};
	static const struct {
		size_t n;
		int64_t axis[3];
	} axes[] = {{3, {-3, -2, -1}}, {2, {-2, -1}}, {1, {-3}}, {1, {-2}}, {1, {-1}}};
	int64_t mode = lift_number(l, "mode"), axis = lift_number(l, "axis");
	Var *x = lift_float_var(l, lift_input(l, 0));

	if (!x)
		return false;
	if (mode < 0 || mode >= (int64_t)countof(ops) || axis < 0 || axis >= (int64_t)countof(axes))
		return lift_fail(l, "it has the unknown mode %lld or axis %lld", (long long)mode,
		                 (long long)axis);
	if (ops[mode] == OP_reduce_argmax) {
		if (axes[axis].n != 1)
			return lift_fail(l, "the largest element is sought along one axis, not %zu",
			                 axes[axis].n);
		return lift_to(l, OP_reduce_argmax,
		               ARGS(VAR("x", x), OPINT(l, "axis", axes[axis].axis[0]),
		                    OPBOOL(l, "keep_dims", true)));
	}
	if (ops[mode] == OP_reduce_log_sum)
		x = lift_xt(l, OP_add, x, lift_one(l, lift_real(l, "epsilon", 1e-6)));
	return lift_to(l, ops[mode],
	               ARGS(VAR("x", x), TENSOR("axes", lift_vec(l, axes[axis].axis, axes[axis].n)),
	                    OPBOOL(l, "keep_dims", true)));
}
