/* lift_linear.c: lifting of products, embeddings and reductions. */
#include "lift.h"

static Var *
add_bias(Lift *l, Var *y, int64_t n)
{
	const Tensor *bias;

	if (!y || !msg_get_int(l->params, "hasBias"))
		return y;
	bias = lift_weights(l, l->params, "bias", &n, 1);
	return bias ? lift_op(l, OP_add, ARGS(VAR("x", y), TENSOR("y", bias))) : NULL;
}

/* With one input the second is constant, stored transposed, and the flags do not count. */
bool
lift_matmul(Lift *l)
{
	Var *x = lift_input(l, 0), *y;
	int64_t dim[2] = {msg_get_int(l->params, "weightMatrixSecondDimension"),
	    msg_get_int(l->params, "weightMatrixFirstDimension")};

	if (!x)
		return false;
	if (lift_ninput(l) == 2) {
		y = lift_input(l, 1);
		return lift_result(l,
		    lift_op(l, OP_matmul,
		        ARGS(VAR("x", lift_float_var(l, x)), VAR("y", lift_float_var(l, y)),
		            OPBOOL(l, "transpose_x", msg_get_int(l->params, "transposeA") != 0),
		            OPBOOL(l, "transpose_y", msg_get_int(l->params, "transposeB") != 0))));
	}
	const Tensor *w = lift_weights(l, l->params, "weights", dim, 2);
	if (!w)
		return false;
	y = lift_op(l, OP_matmul,
	            ARGS(VAR("x", lift_float_var(l, x)), TENSOR("y", w),
	                 OPBOOL(l, "transpose_x", false), OPBOOL(l, "transpose_y", true)));
	return lift_result(l, add_bias(l, y, dim[0]));
}

/* Rank 4 and 5, and 3 in the first versions: [..., C, 1, 1]. */
bool
lift_inner_product(Lift *l)
{
	Var *x = lift_float_var(l, lift_input(l, 0)), *y;
	int64_t dim[2] = {msg_get_int(l->params, "outputChannels"),
	    msg_get_int(l->params, "inputChannels")};
	static const int64_t last[] = {-2, -1};
	const Tensor *w, *bias = NULL;
	bool image;

	if (!x || !(w = lift_weights(l, l->params, "weights", dim, 2)))
		return false;
	image = x->type->rank >= (l->channels_first ? 3 : 4);
	if (image)
		x = lift_op(l, OP_squeeze, ARGS(VAR("x", x), TENSOR("axes", lift_vec(l, last, 2))));
	if (msg_get_int(l->params, "hasBias") &&
	    !(bias = lift_weights(l, l->params, "bias", dim, 1)))
		return false;
	if (bias)
		y = lift_op(l, OP_linear,
		            ARGS(VAR("x", x), TENSOR("weight", w), TENSOR("bias", bias)));
	else
		y = lift_op(l, OP_linear, ARGS(VAR("x", x), TENSOR("weight", w)));
	if (image)
		y = lift_op(l, OP_expand_dims,
		            ARGS(VAR("x", y), TENSOR("axes", lift_vec(l, last, 2))));
	return lift_result(l, y);
}

/* Rows of a table, by number. The table of embeddingND stands [out, in] and the last axis of its
 * input, of length 1, gives way to the row. That of embedding stands the same way, and the channels
 * become the row. */
bool
lift_embedding(Lift *l)
{
	bool nd = !strcmp(l->kind, "embeddingND");
	Var *x = lift_input(l, 0), *table, *y;
	int64_t dim[2] = {msg_get_int(l->params, nd ? "embeddingSize" : "outputChannels"),
	    msg_get_int(l->params, nd ? "vocabSize" : "inputDim")};
	static const int64_t perm[] = {1, 0}, last = -1;
	const Tensor *w;

	if (!x || !(w = lift_weights(l, l->params, "weights", dim, 2)))
		return false;
	if (!nd && x->type->rank != 1)
		return lift_fail(l,
		                 "its input has rank %u, expected 1: others are not yet supported",
		                 x->type->rank);
	if (nd)
		x = lift_op(l, OP_squeeze,
		            ARGS(VAR("x", x), TENSOR("axes", lift_vec(l, &last, 1))));
	table = lift_op(l, OP_transpose, ARGS(VAR("x", lift_const(l, w)),
	                                     TENSOR("perm", lift_vec(l, perm, 2))));
	y = lift_op(l, OP_gather, ARGS(VAR("x", table), VAR("indices", x), OPINT(l, "axis", 0)));
	return lift_result(l, add_bias(l, y, dim[0]));
}

/* ---- reductions ---- */

static const struct Reduction {
	const char *layer;
	Opcode op;
} reductions[] = {
    {"reduceL1", OP_reduce_l1_norm}, {"reduceL2", OP_reduce_l2_norm},
    {"reduceLogSum", OP_reduce_log_sum}, {"reduceLogSumExp", OP_reduce_log_sum_exp},
    {"reduceMax", OP_reduce_max}, {"reduceMean", OP_reduce_mean}, {"reduceMin", OP_reduce_min},
    {"reduceProd", OP_reduce_prod}, {"reduceSum", OP_reduce_sum},
    {"reduceSumSquare", OP_reduce_sum_square},
};

bool
lift_reduce(Lift *l)
{
	const struct Reduction *r = reductions;
	bool all = msg_get_int(l->params, "reduceAll") || !msg_count(l->params, "axes");
	bool keep = msg_get_int(l->params, "keepDims") != 0;
	Var *x = lift_input(l, 0);

	while (strcmp(r->layer, l->kind))
		r++;
	if (x && x->type->dtype == DT_BOOL)
		x = lift_as(l, x, DT_INT32);
	if (r->op != OP_reduce_max && r->op != OP_reduce_min && r->op != OP_reduce_sum)
		x = lift_float_var(l, x);
	if (all)
		return lift_result(l,
		    lift_op(l, r->op, ARGS(VAR("x", x), OPBOOL(l, "keep_dims", keep))));
	return lift_result(l, lift_op(l, r->op,
	                              ARGS(VAR("x", x), TENSOR("axes", lift_ints(l, "axes")),
	                                   OPBOOL(l, "keep_dims", keep))));
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
	int64_t mode = msg_get_int(l->params, "mode"), axis = msg_get_int(l->params, "axis");
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
		return lift_result(l, lift_op(l, OP_reduce_argmax,
		                          ARGS(VAR("x", x), OPINT(l, "axis", axes[axis].axis[0]),
		                              OPBOOL(l, "keep_dims", true))));
	}
	if (ops[mode] == OP_reduce_log_sum)
		x = lift_op(l, OP_add, ARGS(VAR("x", x), TENSOR("y", lift_float(l, "epsilon"))));
	return lift_result(l,
	    lift_op(l, ops[mode],
	        ARGS(VAR("x", x), TENSOR("axes", lift_vec(l, axes[axis].axis, axes[axis].n)),
	            OPBOOL(l, "keep_dims", true))));
}
