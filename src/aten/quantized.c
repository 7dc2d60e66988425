/* quantized.c: values that are quantized while the model runs. Files of torch.export say with
 * each operation how; those of TorchScript have quantized tensors, so here goes along by name
 * how each value is quantized, and what has no quantized form in Core ML gets the numbers.
 */
#include "dtypes.h"
#include "quantized.h"

/* int8 or uint8 of the number of an element type; DT_NONE after reporting. */
static DType
quantized_type(AtenCtx *c, const Tv *v)
{
	int64_t n = tv_int(c, v, "dtype");

	switch (n) {
	case 0:
	case 13:
		return DT_UINT8;
	case 1:
	case 12:
		return DT_INT8;
	}
	aten_fail(c, UNSUPPORTED "quantize to quint8 or qint8", "this quantized type");
	return DT_NONE;
}

/* Known numbers, a single one as a scalar; 0 after reporting. */
static const Tensor *
parameters(AtenCtx *c, const Tv *v, const char *what)
{
	const Var *x = tv_var(c, v, what);

	if (c->failed)
		return NULL;
	if (!x->val) {
		aten_fail(c, "the %s is known at run time alone: quantize with constants, "
		             "dynamic quantization is not supported by Core ML",
		          what);
		return NULL;
	}
	return x->val->rank && x->val->count == 1 ? tensor_reshape(c->arena, x->val, NULL, 0)
	                                          : x->val;
}

/* In the type of the quantized values; no zero point where all are 0. */
static const Tensor *
zero_of_type(AtenCtx *c, const Tensor *zero, DType t)
{
	int64_t low = t == DT_INT8 ? -128 : 0, high = t == DT_INT8 ? 127 : 255;

	if (!zero || all_zero(zero))
		return NULL;
	for (int64_t i = 0; i < zero->count; i++) {
		int64_t z = tensor_i(zero, i);
		if (z < low || z > high) {
			aten_fail(c, "the zero point %lld does not fit into %s", (long long)z,
			          dtype_info[t].mil);
			return NULL;
		}
	}
	return tensor_cast(c->arena, zero, t);
}

static void
remember(AtenCtx *c, const TQuantized *q)
{
	TQuantized *kept = new(c->arena, TQuantized);

	*kept = *q;
	if (!c->exported && !c->failed)
		map_put(&c->quant, KEY(c->node->name), kept);
}

/* Makes x, quantized so, the node's result. */
static void
quantize(AtenCtx *c, Var *x, TQuantized q)
{
	Var *axis;

	if (c->failed)
		return;
	if (is_constexpr_var(x)) {
		RESULT(x); /* a weight that is compressed already */
		return;
	}
	axis = q.has_axis ? num(c, q.axis) : NULL;
	RESULT(OP(quantize, VAR("input", x), TENSOR("zero_point", q.zero),
	          TENSOR("scale", q.scale), VAR("scale", q.scale_var),
	          STR("output_dtype", dtype_info[q.type].mil), VAR("axis", axis)));
	remember(c, &q);
}

/* Operands: a tensor, scale, zero point … and the element type at place `type`. */
static void
quantize_by_operands(AtenCtx *c, uint32_t type, const Tv *axis)
{
	Var *x = operand_n(c, 0);
	TQuantized q = {.scale = parameters(c, operand_at(c, 1), "scale")};

	q.zero = parameters(c, operand_at(c, 2), "zero point");
	if (!c->failed)
		q.type = quantized_type(c, operand_at(c, type));
	if (c->failed)
		return;
	q.has_axis = axis && q.scale->rank;
	if (q.has_axis)
		q.axis = tv_int(c, axis, "axis");
	q.zero = zero_of_type(c, q.zero, q.type);
	quantize(c, x, q);
}

/* Behind the zero point torch.export has the range; Core ML takes that of the type. */
HANDLER(quantize_per_tensor)
{
	quantize_by_operands(c, c->exported ? 5 : 3, NULL);
}

HANDLER(quantize_per_channel)
{
	quantize_by_operands(c, 4, operand_at(c, 3));
}

HANDLER(choose_qparams_per_token_asymmetric)
{
	aten_fail(c, "scales that depend on the input cannot be: Core ML has no dynamic "
		     "quantization of activations; quantize statically, or weights alone");
}

/* ---- back to numbers ---- */

/* A constant scalar that somebody quantized. */
static Var *
dequantized_scalar(AtenCtx *c, const Var *x, const Var *scale, const Var *zero)
{
	double d;

	if (!scale->val || !zero->val || scale->val->count != 1 || zero->val->count != 1) {
		aten_fail(c, "scale and zero point of a constant must be one constant each");
		return NULL;
	}
	d = (double)tensor_i(x->val, 0) - (double)tensor_i(zero->val, 0);
	return aten_const(c, tensor_scalar_f(c->arena, DT_FP32, d * tensor_f(scale->val, 0)),
	                  c->node->name);
}

static Var *
dequantized_const(AtenCtx *c, const Var *x, const Var *scale, const Var *zero, const Tv *axis)
{
	FewBits l = {.data = x->val, .scale = scale->val, .has_axis = axis != NULL};

	if (!scale->val || !zero->val) {
		aten_fail(c, "scale and zero point of a weight must be constants too");
		return NULL;
	}
	l.zero = tensor_cast(c->arena, zero->val, x->val->dtype);
	if (axis)
		l.axis = tv_int(c, axis, "axis");
	return dequantized_weight(c, l, c->node->name);
}

/* quantized_decomposed: an integer tensor with how it stands for numbers; axis 0: one scale. */
static void
dequantize_by_operands(AtenCtx *c, const Tv *axis)
{
	Var *x = operand_n(c, 0), *scale = operand_n(c, 1), *zero = operand_n(c, 2), *along;

	if (c->failed)
		return;
	zero = as_type(c, zero, dtype_of(x));
	if (c->failed)
		return;
	if (x->val) {
		RESULT(rank_of(x) ? dequantized_const(c, x, scale, zero, axis)
		                  : dequantized_scalar(c, x, scale, zero));
		return;
	}
	along = axis ? tv_var(c, axis, "axis") : NULL;
	if (rank_of(x)) {
		RESULT(NAMED(dequantize, VAR("input", x), VAR("zero_point", zero),
		             VAR("scale", scale), VAR("axis", along)));
		return;
	}
	x = OP(expand_dims, X(x), LIT("axes", 0));
	x = OP(dequantize, VAR("input", x), VAR("zero_point", zero), VAR("scale", scale),
	       VAR("axis", along));
	RESULT(NAMED(squeeze, X(x)));
}

HANDLER(dequantize)
{
	DType type;

	if (!c->exported) {
		RESULT(dequantized_operand(c, 0, &type));
		return;
	}
	if (c->node->nin < 6) {
		aten_fail(c, "dequantize takes scale, zero point and range of values too; found %u "
		             "operands",
		          c->node->nin);
		return;
	}
	/* Per channel there is an axis before the range. */
	dequantize_by_operands(c, strstr(c->node->key->s, "per_channel") ? operand_at(c, 3) : NULL);
}

static Var *
dequantized(AtenCtx *c, Var *x, const TQuantized *q)
{
	Var *axis = q->has_axis ? num(c, q->axis) : NULL;

	return OP(dequantize, VAR("input", x), TENSOR("scale", q->scale),
	          VAR("scale", q->scale_var), TENSOR("zero_point", q->zero), VAR("axis", axis));
}

static const TQuantized *
quantized_operand(AtenCtx *c, const TArg *a)
{
	return a->kind == T_VALUE ? map_get(&c->quant, KEY(a->s)) : NULL;
}

Var *
dequantized_operand(AtenCtx *c, uint32_t i, DType *type)
{
	Var *x = operand_n(c, i);
	const TQuantized *q;

	*type = c->quant_dtype;
	if (c->failed || dtype_is_float(dtype_of(x)))
		return c->failed ? NULL : x;
	q = quantized_operand(c, &c->node->in[i]);
	if (!q) {
		aten_fail(c, "the operand %u has elements of type %s, but was not quantized by any "
		             "operation before",
		          i, dtype_info[dtype_of(x)].mil);
		return NULL;
	}
	*type = q->type;
	return dequantized(c, x, q);
}

void
requantize(AtenCtx *c, Var *v, DType type, uint32_t i)
{
	TQuantized q = {.type = type, .scale_var = operand_n(c, i)};

	if (c->failed)
		return;
	if (type == DT_NONE) {
		aten_fail(c, "nothing was quantized before this operation: put a "
		             "torch.quantization.QuantStub in front of it");
		return;
	}
	if (c->quant_dtype != DT_NONE && c->quant_dtype != type) {
		aten_fail(c, "values are quantized to int8 and to uint8: choose one activation "
			     "type for the whole model");
		return;
	}
	c->quant_dtype = type;
	q.zero = tensor_scalar_i(c->arena, type, tv_int(c, operand_at(c, i + 1), "zero_point"));
	if (tensor_i(q.zero, 0) == 0)
		q.zero = NULL;
	quantize(c, v, q);
}

/* The operands of the node change to names of the numbers. */
void
dequantize_operands(AtenCtx *c)
{
	const TNode *n = c->node;
	const char *key = n->key->s;

	if (!c->quant.n || c->failed || strcmp(key, "quantize_per_tensor") == 0 ||
	    strcmp(key, "dequantize") == 0 || strstr(key, "quantized::"))
		return;
	for (uint32_t i = 0; i < n->nin; i++) {
		const TQuantized *q = quantized_operand(c, &n->in[i]);
		const Tv *x = q ? tv_of(c, &n->in[i]) : NULL;
		Var *y;
		if (!q || x->kind != TV_VAR || dtype_is_float(dtype_of(x->var)))
			continue;
		y = dequantized(c, x->var, q);
		if (!y)
			return;
		/* A name that no value of the file has: names there hold no space. */
		n->in[i].s = intern_printf(c->g->names, "%s of %s", n->in[i].s->s, n->name->s);
		bind_value(c, n->in[i].s, tv_of_var(y));
	}
}

/* ---- orders of dimensions: all but the usual one is refused ---- */

static bool
usual_order(AtenCtx *c, uint32_t rank)
{
	uint32_t n;
	const int64_t *order = ints_operand(c, "dim_order", &n);

	for (uint32_t i = 0; order && i < n; i++)
		if (n != rank || order[i] != i) {
			aten_fail(c, UNSUPPORTED "leave the memory format contiguous",
			          "an order of dimensions");
			return false;
		}
	return !c->failed;
}

HANDLER(to_dim_order_copy)
{
	Var *x = operand_n(c, 0);
	DType t = dtype_operand(c, "dtype", dtype_of(x));

	if (!usual_order(c, rank_of(x)))
		return;
	RESULT(t == dtype_of(x) ? NAMED(identity, X(x))
	                        : cast_named(c, x, castable(c, t), c->node->name));
}

HANDLER(empty_dim_order)
{
	const Tv *size = operand_at(c, 0);
	DType t = dtype_operand(c, "dtype", DT_FP32);
	uint32_t n = 0;
	const int64_t *dim;
	Var *shape;

	if (c->failed)
		return;
	if (tv_known(size)) {
		int64_t count;
		dim = tv_ints(c, size, &n, "size");
		if (!usual_order(c, n))
			return;
		if (n > TENSOR_MAX_RANK || !shape_count(dim, (int)n, &count) ||
		    count > INT32_MAX) {
			aten_fail(c, "there can be no tensor of this size");
			return;
		}
		RESULT(aten_const(c, tensor_new(c->arena, t, dim, (int)n), c->node->name));
		return;
	}
	shape = shape_operand(c, size, "size");
	if (usual_order(c, shape ? (uint32_t)dim_of(shape, 0) : 0))
		RESULT(NAMED(fill, VAR("shape", shape),
		             TENSOR("value", tensor_filled(c->arena, t, NULL, 0, 0.0))));
}
