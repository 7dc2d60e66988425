/* canonicalize_quantized_lut_pattern.c: a quantized table of a palettized weight is dequantized
 * before it is looked up; from iOS26 on after that.
 *
 *   %w = constexpr_lut_to_dense(indices=%i, lut=%t)
 *   %y = constexpr_blockwise_shift_scale(data=%w, scale=%s)
 *   becomes
 *   %u = constexpr_blockwise_shift_scale(data=%t, scale=%s')
 *   %y = constexpr_lut_to_dense(indices=%i, lut=%u)
 *
 * The table has two axes more than the weight, so %s' is %s with two dimensions of 1 behind.
 */
#include "match.h"

/* t with k more dimensions of 1 at the end. */
static Tensor *
with_ones(PassCtx *c, const Tensor *t, int k)
{
	int64_t dim[TENSOR_MAX_RANK + 2];

	for (int d = 0; d < t->rank + k; d++)
		dim[d] = d < t->rank ? t->dim[d] : 1;
	return tensor_reshape(c->prog->arena, t, dim, t->rank + k);
}

/* Each element of t along an axis repeated n times. */
static Tensor *
repeated(PassCtx *c, const Tensor *t, int axis, int64_t n)
{
	int64_t dim[TENSOR_MAX_RANK], inner = (int64_t)dtype_size(t->dtype), outer = 1;
	const char *from = tensor_data(c->prog->arena, t);
	Tensor *r;
	char *to;

	for (int k = 0; k < t->rank; k++) {
		dim[k] = t->dim[k];
		inner *= k > axis ? dim[k] : 1;
		outer *= k <= axis ? dim[k] : 1;
	}
	dim[axis] *= n;
	r = tensor_new(c->prog->arena, t->dtype, dim, t->rank);
	to = r->data;
	for (int64_t k = 0; k < outer; k++)
		for (int64_t j = 0; j < n; j++, to += inner)
			memcpy(to, from + k * inner, (size_t)inner);
	return r;
}

/* The table with an entry for each scale; 0 when the two do not go together. */
static const Tensor *
matching_table(PassCtx *c, const Tensor *lut, const Tensor *scale)
{
	if (lut->rank != scale->rank)
		return NULL;
	for (int k = 0; k < lut->rank; k++) {
		if (scale->dim[k] <= lut->dim[k])
			continue;
		if (lut->dim[k] == 0 || scale->dim[k] % lut->dim[k])
			return NULL;
		lut = repeated(c, lut, k, scale->dim[k] / lut->dim[k]);
	}
	return lut;
}

/* Automatic names are not worth keeping. */
static const Str *
kept_name(PassCtx *c, const Inst *i)
{
	return strstr(i->name->s, i->op->name) ? name_new(c, i->op->name) : i->name;
}

static Var *
scaled(PassCtx *c, Builder *b, const Inst *i, Operand data, const Tensor *scale,
       const Tensor *offset)
{
	Operand arg[] = {data, TENSOR("scale", scale), TENSOR("offset", offset)};

	return build1(b, OP_constexpr_blockwise_shift_scale, kept_name(c, i), arg, offset ? 3 : 2);
}

static bool
dequantize_first(PassCtx *c, Inst *lut, Inst *scale)
{
	const Tensor *s = inst_val(scale, "scale"), *o = inst_val(scale, "offset");
	const Tensor *table = inst_val(lut, "lut");
	Builder b;
	Var *v;

	if (!s || !table || s->rank + 2 > TENSOR_MAX_RANK)
		return false;
	s = with_ones(c, s, 2);
	o = o ? with_ones(c, o, 2) : NULL;
	table = matching_table(c, table, s);
	if (!table)
		return false;
	b = builder_at(c, lut, scale);
	v = scaled(c, &b, scale, (Operand)TENSOR("data", table), s, o);
	b.span = lut->span;
	v = rewrite_again(&b, lut, kept_name(c, lut), ARGS(VAR("lut", v)));
	return pass_replace(scale->out[0], v, GONE(lut, scale));
}

/* Only a table with a single scale. */
static const Tensor *
of_weight(PassCtx *c, const Tensor *t, const Inst *lut)
{
	int rank = (int)lut->out[0]->type->rank;

	return t && t->count == 1 ? with_ones(c, tensor_reshape(c->prog->arena, t, NULL, 0), rank)
	                          : NULL;
}

static bool
dequantize_last(PassCtx *c, Inst *scale, Inst *lut)
{
	const Tensor *s = of_weight(c, inst_val(scale, "scale"), lut);
	const Tensor *o = inst_val(scale, "offset"), *turned = of_weight(c, o, lut);
	Builder b;
	Var *v;

	if (!s || (o && !turned) || inst_arg(lut, "lut") != scale->out[0])
		return false;
	b = builder_at(c, lut, lut);
	v = rewrite_again(&b, lut, kept_name(c, lut), ARGS(VAR("lut", inst_arg(scale, "data"))));
	b.span = scale->span;
	v = scaled(c, &b, scale, (Operand)VAR("data", v), s, turned);
	return pass_replace(lut->out[0], v, GONE(scale, lut));
}

bool
rewrite_canonicalize_quantized_lut_pattern(PassCtx *c, Inst *i)
{
	bool first = i->parent->func->opset < IOS26;
	Inst *next;

	if (inst_is(i, OP_constexpr_lut_to_dense) != first || i->parent->func->opset < IOS18)
		return false;
	next = inst_follow(i, first ? OP_constexpr_blockwise_shift_scale
	                            : OP_constexpr_lut_to_dense);
	if (!next)
		return false;
	return first ? dequantize_first(c, i, next) : dequantize_last(c, i, next);
}
