/* ane_linear_to_conv.c: a linear layer is a convolution by 1x1 with the channels in front.
 *
 *   %y = linear(x=%x, weight=%w, bias=%b)      %x: (B, S, D), %w: (N, D)
 *     ->
 *   %e = expand_dims(x=%x, axes=[1])
 *   %t = transpose(x=%e, perm=[0, 3, 1, 2])                        (B, D, 1, S)
 *   %c = conv(x=%t, weight=%w as (N, D, 1, 1), bias=%b)            (B, N, 1, S)
 *   %u = transpose(x=%c, perm=[0, 2, 3, 1])
 *   %y = squeeze(x=%u, axes=[1])
 *
 *   %y = matmul(x=%x, y=%w)   %w a constant of rank 2: the same, its transpose the weight
 *   %y = matmul(x=%w, y=%x)   the channels are in front already: no transpose
 *
 * Layers in a row stay in that layout: ane_layout moves what lies between them there, and the
 * transposes cancel. Convolution is the engine's native verb and (B, C, 1, S) its layout (Apple's
 * rules for the engine, Apple's transformer article); on an encoder it took residency from 35 to
 * 100 percent (FluidAudio's Qwen3), elsewhere three times the rate (the Orion paper).
 *
 * Compressed weights stay compressed (ane_weight.c).
 *
 * Left alone: weights of another rank, compressed ones that are sparse and in tables at once or
 * would have to be transposed, integers, x of a rank below 2 or above 4, and shapes with symbols
 * that the convolution would name anew.
 */
#include "ane_rewrite.h"

#include "pass/arith.h"

static const int64_t to_front[] = {0, 3, 1, 2}, to_back[] = {0, 2, 3, 1};

typedef struct Layer {
	Var *x;
	Var *weight;          /* (N, D), constant or compressed, or 0: */
	const Tensor *turned; /* (N, D), of a constant (D, N) */
	const Tensor *bias;   /* or 0 */
	bool front;           /* x has its channels on the axis before the last */
} Layer;

/* A constant of rank 2, or what is decompressed to one. */
static bool
is_matrix(const Var *v)
{
	return v && ane_is_dtype(v) && v->type->rank == 2 && v->def &&
	       (var_is_const(v) || v->def->op->flags & CONSTEXPR);
}

static bool
read_linear(const Inst *i, Layer *l)
{
	const Var *bias = inst_arg(i, "bias");

	l->x = inst_arg(i, "x");
	l->weight = inst_arg(i, "weight");
	if (bias && !var_is_const(bias))
		return false;
	l->bias = bias && !val_all_equal(bias->val, 0) ? bias->val : NULL;
	return is_matrix(l->weight);
}

/* w is (N, D), or (D, N). */
static bool
take(PassCtx *c, Layer *l, Var *w, bool turn)
{
	static const int64_t swap[] = {1, 0};

	if (!is_matrix(w) || (turn && !var_is_const(w)))
		return false;
	if (turn)
		l->turned = tensor_transposed(c->prog->arena, w->val, swap);
	else
		l->weight = w;
	return true;
}

static bool
read_matmul(PassCtx *c, const Inst *i, Layer *l)
{
	bool tx = ane_flag(i, "transpose_x"), ty = ane_flag(i, "transpose_y");

	l->x = inst_arg(i, "x");
	if (!tx && take(c, l, inst_arg(i, "y"), !ty))
		return true;
	l->x = inst_arg(i, "y");
	l->front = true;
	return !ty && take(c, l, inst_arg(i, "x"), tx);
}

static Var *
conv(PassCtx *c, Builder *b, Var *x, const Layer *l)
{
	Operand arg[3] = {VAR("x", x)};
	uint32_t n = 2;

	if (l->weight) {
		arg[1] = (Operand)VAR("weight", ane_conv_weight(c, b, l->weight));
	} else {
		const int64_t dim[] = {l->turned->dim[0], l->turned->dim[1], 1, 1};
		arg[1] = (Operand)TENSOR("weight",
		                         tensor_reshape(c->prog->arena, l->turned, dim, 4));
	}
	if (l->bias)
		arg[n++] = (Operand)TENSOR("bias", l->bias);
	if (!x || !arg[1].var) {
		ane_drop(x);
		return NULL;
	}
	return build1(b, OP_conv, name_new(c, "conv"), arg, n);
}

/* x with its channels behind, of rank 2, 3 or 4. */
static Var *
behind(PassCtx *c, Builder *b, const Layer *l)
{
	static const int64_t axes[] = {0, 1};
	int rank = (int)l->x->type->rank, more = 4 - rank;
	const int64_t *at = more == 1 ? axes + 1 : axes;
	Var *v = conv(c, b, ane_transpose(c, b, ane_expand(c, b, l->x, at, more), to_front, 4), l);

	return v ? ane_squeeze(c, b, ane_transpose(c, b, v, to_back, 4), at, more) : NULL;
}

/* (B, D, S) and (D, S): a row of height 1. */
static Var *
in_front(PassCtx *c, Builder *b, const Layer *l)
{
	static const int64_t axes[] = {0, 2};
	int more = 4 - (int)l->x->type->rank;
	const int64_t *at = more == 1 ? axes + 1 : axes;
	Var *v = conv(c, b, ane_expand(c, b, l->x, at, more), l);

	return v ? ane_squeeze(c, b, v, at, more) : NULL;
}

bool
rewrite_ane_linear_to_conv(PassCtx *c, Inst *i)
{
	Builder b = pass_builder_before(c, i);
	Layer l = {0};

	if (!(i->op->code == OP_linear ? read_linear(i, &l) : read_matmul(c, i, &l)))
		return false;
	if (!ane_is_dtype(l.x) || l.x->val || l.x->type->rank < 2 ||
	    l.x->type->rank > (l.front ? 3 : 4))
		return false;
	return ane_replace_weighted(c, i, l.front ? in_front(c, &b, &l) : behind(c, &b, &l),
	                            GONE(i));
}
