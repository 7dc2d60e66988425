/* quant.c: see quant.h. */
#include "quant.h"

/* Element by element the same numbers; one stands for all. Both absent is the same too. */
static bool
same_numbers(const Tensor *a, const Tensor *b)
{
	int64_t n;

	if (!a || !b)
		return !a && !b;
	n = MAX(a->count, b->count);
	if ((a->count != n && a->count != 1) || (b->count != n && b->count != 1))
		return false;
	for (int64_t k = 0; k < n; k++)
		if (tensor_f(a, a->count == 1 ? 0 : k) != tensor_f(b, b->count == 1 ? 0 : k))
			return false;
	return true;
}

int64_t
quant_axis(const Inst *i)
{
	const Tensor *t = inst_val(i, "axis");

	return t ? axis_from_front(tensor_i(t, 0), inst_argn(i, 0)->type->rank) : -1;
}

bool
same_quantization(const Inst *a, const Inst *b)
{
	return same_numbers(inst_val(a, "scale"), inst_val(b, "scale")) &&
	       same_numbers(inst_val(a, "zero_point"), inst_val(b, "zero_point")) &&
	       !inst_val(a, "axis") == !inst_val(b, "axis") && quant_axis(a) == quant_axis(b);
}

/* Without dimensions of 1; 0 when more than one is left. */
static const Tensor *
squeezed(PassCtx *c, const Tensor *t)
{
	int64_t dim = 0;
	int n = 0;

	for (int k = 0; k < t->rank; k++)
		if (t->dim[k] != 1) {
			dim = t->dim[k];
			n++;
		}
	return n > 1 ? NULL : tensor_reshape(c->prog->arena, t, &dim, n);
}

static Var *
build_affine(PassCtx *c, Builder *b, const Tensor *data, const Tensor *zero, const Tensor *scale,
             int64_t axis, const Str *name)
{
	const int64_t none = 0;

	for (int k = 0; axis < 0 && k < scale->rank; k++)
		if (scale->dim[k] > 1)
			axis = k;
	scale = squeezed(c, scale);
	zero = zero ? squeezed(c, zero) : tensor_filled(c->prog->arena, data->dtype, &none, 0, 0);
	if (!scale || !zero)
		return NULL;
	return build1(b, OP_constexpr_affine_dequantize, name,
	              ARGS(TENSOR("quantized_data", data), TENSOR("zero_point", zero),
	                   TENSOR("scale", scale), INTC(b, "axis", MAX(axis, 0))));
}

/* The same values in 4 bits, when they fit. */
static const Tensor *
narrowed(PassCtx *c, const Tensor *data)
{
	bool sign = dtype_info[data->dtype].kind == 'i';
	int64_t low = sign ? -8 : 0, high = sign ? 7 : 15;

	for (int64_t k = 0; k < data->count; k++)
		if (tensor_i(data, k) < low || tensor_i(data, k) > high)
			return data;
	return tensor_cast(c->prog->arena, data, sign ? DT_INT4 : DT_UINT4);
}

/* t in this shape; one number becomes all of it. */
static Tensor *
spread(PassCtx *c, const Tensor *t, DType type, const int64_t *dim, int rank)
{
	Tensor *r = tensor_new(c->prog->arena, type, dim, rank);

	if (t->count != r->count && t->count != 1)
		return NULL;
	for (int64_t k = 0; k < r->count; k++) {
		if (dtype_is_int(type))
			tensor_set_i(r, k, tensor_i(t, t->count == 1 ? 0 : k));
		else
			tensor_set_f(r, k, tensor_f(t, t->count == 1 ? 0 : k));
	}
	return r;
}

static Var *
build_blockwise(PassCtx *c, Builder *b, const Tensor *data, const Tensor *zero,
                const Tensor *scale, int64_t axis, const Str *name)
{
	int64_t dim[TENSOR_MAX_RANK];
	Operand arg[3];
	uint32_t n = 2;

	for (int k = 0; k < data->rank; k++)
		dim[k] = scale->rank == data->rank ? scale->dim[k]
		         : axis >= 0               ? (k == axis ? data->dim[k] : 1)
		         : k < scale->rank         ? scale->dim[k]
		                                   : 1;
	scale = spread(c, scale, scale->dtype, dim, data->rank);
	if (!scale)
		return NULL;
	data = narrowed(c, data);
	arg[0] = (Operand)TENSOR("data", data);
	arg[1] = (Operand)TENSOR("scale", scale);
	if (zero && !val_all_equal(zero, 0)) {
		zero = spread(c, zero, dtype_is_int(zero->dtype) ? data->dtype : zero->dtype, dim,
		              data->rank);
		if (!zero)
			return NULL;
		arg[n++] = (Operand)TENSOR("offset", zero);
	}
	return build1(b, OP_constexpr_blockwise_shift_scale, name, arg, n);
}

Var *
build_dequantized(PassCtx *c, Builder *b, const Tensor *data, const Tensor *zero,
                  const Tensor *scale, int64_t axis, const Str *name)
{
	if (b->opset < IOS18)
		return build_affine(c, b, data, zero, scale, axis, name);
	return build_blockwise(c, b, data, zero, scale, axis, name);
}
