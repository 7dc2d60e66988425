/* dequantize.c: weights of few bits as constexpr operations, which Core ML computes when it loads a
 * model.
 */
#include "quantized.h"

#include <math.h>

bool
all_zero(const Tensor *t)
{
	for (int64_t i = 0; i < t->count; i++)
		if (tensor_f(t, i) != 0)
			return false;
	return true;
}

/* Without its dimensions of 1. */
static const Tensor *
squeezed(AtenCtx *c, const Tensor *t)
{
	int64_t dim[TENSOR_MAX_RANK];
	int rank = 0;

	for (int i = 0; i < t->rank; i++)
		if (t->dim[i] != 1)
			dim[rank++] = t->dim[i];
	return tensor_reshape(c->arena, t, dim, rank);
}

/* One scale, or one for each index of one axis. */
static Var *
affine(AtenCtx *c, FewBits l, const Str *name)
{
	int64_t axis = l.axis;

	for (int i = 0; !l.has_axis && i < l.scale->rank; i++)
		if (l.scale->dim[i] > 1) {
			axis = i;
			break;
		}
	if (!l.zero)
		l.zero = tensor_new(c->arena, l.data->dtype, l.scale->dim, l.scale->rank);
	l.scale = squeezed(c, l.scale);
	l.zero = squeezed(c, l.zero);
	if (l.scale->rank > 1 || l.zero->rank > 1) {
		aten_fail(c, "the weight is quantized in blocks, which Core ML has from iOS18 on: "
		             "set minimum_deployment_target=ct.target.iOS18");
		return NULL;
	}
	return aten_op(c, OP_constexpr_affine_dequantize, name,
	               ARGS(TENSOR("quantized_data", l.data), TENSOR("zero_point", l.zero),
	                    TENSOR("scale", l.scale), INT("axis", axis)));
}

/* The scale with as many dimensions as the weight; 0 after reporting. */
static const Tensor *
scale_of_rank(AtenCtx *c, const FewBits *l)
{
	int64_t dim[TENSOR_MAX_RANK], count, axis = l->axis;
	int rank = l->data->rank;

	if (l->scale->rank == rank)
		return l->scale;
	for (int i = 0; i < rank; i++)
		dim[i] = !l->has_axis && i < l->scale->rank ? l->scale->dim[i] : 1;
	if (l->has_axis) {
		axis += axis < 0 ? rank : 0;
		if (axis >= 0 && axis < rank)
			dim[axis] = l->data->dim[axis];
	}
	if (l->scale->rank < rank && shape_count(dim, rank, &count) && count == l->scale->count)
		return tensor_reshape(c->arena, l->scale, dim, rank);
	aten_fail(c, "%lld scales do not go with this weight: give one for all, one for each index "
	             "of its axis, or as many dimensions as the weight has",
	          (long long)l->scale->count);
	return NULL;
}

/* Four bits, where all fit. */
static const Tensor *
narrowed(AtenCtx *c, const Tensor *t)
{
	bool is_signed = dtype_info[t->dtype].kind == 'i';
	int64_t low = is_signed ? -8 : 0, high = is_signed ? 7 : 15;

	for (int64_t i = 0; i < t->count; i++) {
		int64_t x = tensor_i(t, i);
		if (x < low || x > high)
			return t;
	}
	return tensor_cast(c->arena, t, is_signed ? DT_INT4 : DT_UINT4);
}

static Var *
blockwise(AtenCtx *c, FewBits l, const Str *name)
{
	l.scale = scale_of_rank(c, &l);
	if (!l.scale)
		return NULL;
	l.data = narrowed(c, l.data);
	if (l.zero && all_zero(l.zero))
		l.zero = NULL;
	if (l.zero && l.zero->count != l.scale->count) {
		aten_fail(c, "there are %lld scales, but %lld zero points",
		          (long long)l.scale->count, (long long)l.zero->count);
		return NULL;
	}
	if (l.zero) {
		l.zero = tensor_reshape(c->arena, l.zero, l.scale->dim, l.scale->rank);
		if (dtype_is_int(l.zero->dtype))
			l.zero = tensor_cast(c->arena, l.zero, l.data->dtype);
	}
	return aten_op(c, OP_constexpr_blockwise_shift_scale, name,
	               ARGS(TENSOR("data", l.data), TENSOR("scale", l.scale),
	                    TENSOR("offset", l.zero)));
}

Var *
dequantized_weight(AtenCtx *c, FewBits l, const Str *name)
{
	if (c->failed)
		return NULL;
	if (l.scale->dtype == DT_FP64)
		l.scale = tensor_cast(c->arena, l.scale, DT_FP32);
	return ios(c, IOS18) ? blockwise(c, l, name) : affine(c, l, name);
}

Var *
quantized_const(AtenCtx *c, const TTensor *t, const Str *name)
{
	const TQuant *q = t->quant;
	bool one = q->axis < 0;
	int64_t n = q->n;
	Tensor *scale, *zero;

	if (q->type != DT_INT8 && q->type != DT_UINT8) {
		aten_fail(c, UNSUPPORTED "quantize it to quint8 or qint8",
		          "a weight of type qint32");
		return NULL;
	}
	scale = tensor_new(c->arena, DT_FP32, &n, !one);
	zero = tensor_new(c->arena, q->type, &n, !one);
	for (int64_t i = 0; i < n; i++) {
		tensor_set_f(scale, i, q->scale[i]);
		tensor_set_i(zero, i, q->zero[i]);
	}
	return dequantized_weight(c,
	                          (FewBits){.data = t->t, .scale = scale, .zero = zero,
	                                   .has_axis = !one, .axis = one ? 0 : q->axis},
	                          name);
}
