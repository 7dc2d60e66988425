/* lower_linear.c: products and reductions as layers. */
#include "lower.h"

static Blob
transposed(Nn *n, Blob in, Blob name, const int64_t *perm, size_t rank)
{
	Msg *p = nn_layer1(n, name, "transpose", in, name);

	msg_ints(n->arena, p, "axes", perm, rank);
	return name;
}

/* The two contractions that einsum has are products of matrices on the outer axes. */
bool
nn_einsum(Nn *n, const Inst *i)
{
	static const int64_t perm4[] = {0, 2, 1, 3}, perm3[] = {1, 0, 2};
	const Arg *values = &i->arg[op_param(i->op, "values")];
	uint32_t rank = arg_at(values, 0)->type->rank;
	const int64_t *perm = rank == 4 ? perm4 : perm3;
	Blob out = nn_name(n, i->out[0]), product = nn_temp(n, out, "_product"), in[2];

	for (uint32_t k = 0; k < 2; k++)
		in[k] = transposed(n, nn_blob(n, arg_at(values, k)),
		                   nn_temp(n, out, k ? "_y" : "_x"), perm, rank);
	nn_layer(n, product, "batchedMatmul", in, 2, &product, 1);
	msg_ints(n->arena, nn_layer1(n, out, "transpose", product, out), "axes", perm, rank);
	return true;
}

bool
nn_linear(Nn *n, const Inst *i)
{
	const Var *x = inst_arg(i, "x");
	const Tensor *w = inst_val(i, "weight"), *bias = inst_val(i, "bias");
	Blob out = nn_name(n, i->out[0]), in;
	bool inner = x->type->rank >= 1 && x->type->rank <= 3;
	Msg *p;

	if (!w)
		return nn_fail(n, i, "the weight of linear must be known at compile time for a "
		                     "NeuralNetwork");
	in = nn_blob(n, x);
	p = nn_layer1(n, out, inner ? "innerProduct" : "batchedMatmul", in, out);
	msg_int(n->arena, p, inner ? "inputChannels" : "weightMatrixFirstDimension", w->dim[1]);
	msg_int(n->arena, p, inner ? "outputChannels" : "weightMatrixSecondDimension", w->dim[0]);
	nn_weights(n, p, "weights", w, false);
	if (bias) {
		msg_int(n->arena, p, "hasBias", 1);
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
	msg_int(n->arena, p, "transposeA", tx);
	msg_int(n->arena, p, "transposeB", ty);
	if (inside) {
		msg_int(n->arena, p, "weightMatrixFirstDimension", y->val->dim[ty]);
		msg_int(n->arena, p, "weightMatrixSecondDimension", y->val->dim[!ty]);
		nn_weights(n, p, "weights", y->val, !ty);
	}
	return true;
}

static const struct Reduction {
	Opcode op;
	const char *layer;
	int pool; /* type of the pooling layer that does it over images, or -1 */
} reductions[] = {
    {OP_reduce_l1_norm, "reduceL1", -1},
    {OP_reduce_l2_norm, "reduceL2", -1},
    {OP_reduce_log_sum, "reduceLogSum", -1},
    {OP_reduce_log_sum_exp, "reduceLogSumExp", -1},
    {OP_reduce_max, "reduceMax", 0},
    {OP_reduce_mean, "reduceMean", 1},
    {OP_reduce_min, "reduceMin", -1},
    {OP_reduce_prod, "reduceProd", -1},
    {OP_reduce_sum, "reduceSum", -1},
    {OP_reduce_sum_square, "reduceSumSquare", -1},
};

/* Over all of each image and nothing else, keeping the rank: a global pooling. */
static bool
global_pool(Nn *n, const Inst *i, int type, Blob out)
{
	const Type *x = inst_arg(i, "x")->type, *y = i->out[0]->type;
	Msg *p, *border;

	if (type < 0 || (x->rank != 4 && x->rank != 5) || !inst_int(i, "keep_dims"))
		return false;
	for (uint32_t k = 0; k < x->rank; k++)
		if (k + 2 < x->rank ? y->dim[k] != x->dim[k] : y->dim[k] != 1)
			return false;
	p = nn_layer1(n, out, "pooling", nn_blob(n, inst_arg(i, "x")), out);
	msg_int(n->arena, p, "type", type);
	msg_ints(n->arena, p, "kernelSize", (const int64_t[]){0, 0}, 2);
	msg_ints(n->arena, p, "stride", (const int64_t[]){0, 0}, 2);
	msg_int(n->arena, p, "avgPoolExcludePadding", 1);
	msg_int(n->arena, p, "globalPooling", 1);
	border = msg_sub(n->arena, msg_sub(n->arena, p, "valid"), "paddingAmounts");
	msg_sub(n->arena, border, "borderAmounts");
	msg_sub(n->arena, border, "borderAmounts");
	return true;
}

bool
nn_reduce(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]);
	const struct Reduction *r = reductions;
	const int64_t *axes;
	size_t count;
	Msg *p;

	while (r->op != i->op->code)
		r++;
	if (global_pool(n, i, r->pool, out))
		return true;
	p = nn_layer1(n, out, r->layer, nn_blob(n, inst_arg(i, "x")), out);
	axes = nn_ints(n, i, "axes", &count);
	msg_ints(n->arena, p, "axes", axes, count);
	msg_int(n->arena, p, "keepDims", inst_int(i, "keep_dims"));
	msg_int(n->arena, p, "reduceAll", count == 0);
	return true;
}
