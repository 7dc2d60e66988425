/* int4.c: weights of four bits, as torchao and ExecuTorch have them. */
#include "quantized.h"

#include <math.h>

/* A known tensor; 0 after reporting. */
static const Tensor *
known(AtenCtx *c, uint32_t i, const char *what)
{
	Var *v = operand_n(c, i);

	if (!c->failed && !v->val)
		aten_fail(c, "the %s must be a constant of the model", what);
	return c->failed ? NULL : v->val;
}

static const Tensor *
known_or_none(AtenCtx *c, uint32_t i, const char *what)
{
	return operand_at(c, i)->kind == TV_NONE ? NULL : known(c, i, what);
}

/* Of the same elements as `rows` rows. 0 after reporting. */
static const Tensor *
in_rows(AtenCtx *c, const Tensor *t, int64_t width)
{
	int64_t dim[2] = {width ? t->count / width : 0, width};

	if (width && t->count % width == 0)
		return tensor_reshape(c->arena, t, dim, 2);
	aten_fail(c, "%lld scales or zero points are no whole number of rows of %lld",
	          (long long)t->count, (long long)width);
	return NULL;
}

/* The range of the elements says how many bits they take. */
static DType
affine_type(AtenCtx *c, int64_t low, int64_t high)
{
	if (low == -8 && high == 7)
		return DT_INT4;
	if (low == -128 && high == 127)
		return DT_INT8;
	aten_fail(c, UNSUPPORTED "quantize to 4 bits (-8 to 7) or 8 bits (-128 to 127)",
	          "this range of quantized values");
	return DT_NONE;
}

HANDLER(dequantize_affine)
{
	FewBits l = {.data = known(c, 0, "quantized weight"), .scale = known(c, 2, "scale")};
	uint32_t nblock;
	const int64_t *block = tv_ints(c, operand_at(c, 1), &nblock, "block_size");
	int64_t width, of = tv_int(c, operand_at(c, 4), "input_dtype");
	DType t = affine_type(c, tv_int(c, operand_at(c, 5), "quant_min"),
	                      tv_int(c, operand_at(c, 6), "quant_max"));

	l.zero = known_or_none(c, 3, "zero point");
	if (c->failed)
		return;
	if (of != 1 && of != 3 && of != 4)
		aten_fail(c, "the quantized weight has another type than int8 and int32, which are "
		             "those that can be read");
	else if (l.data->rank != 2 || nblock != 2)
		aten_fail(c, UNSUPPORTED "only matrices are", "a weight that is no matrix");
	else if (block[0] != 1 || block[1] < 1 || l.data->dim[1] % block[1])
		aten_fail(c, "blocks must be of one row, and a whole number of them in a row of "
			     "%lld elements; found (%lld, %lld)",
		          (long long)l.data->dim[1], (long long)block[0], (long long)block[1]);
	if (c->failed)
		return;
	width = l.data->dim[1] / block[1];
	l.data = tensor_cast(c->arena, l.data, t);
	l.scale = in_rows(c, l.scale, width);
	if (l.zero)
		l.zero = in_rows(c, l.zero, width);
	RESULT(dequantized_weight(c, l, c->node->name));
}

/* ---- embedding_4bit ---- */

/* Two elements in each: the high half is the first. */
static const Tensor *
unpack_pairs(AtenCtx *c, const Tensor *w, bool is_signed)
{
	int64_t dim[2] = {w->dim[0], w->count / MAX(w->dim[0], 1) * 2}, low = is_signed ? -8 : 0;
	Tensor *t = tensor_new(c->arena, is_signed ? DT_INT4 : DT_UINT4, dim, 2);

	for (int64_t i = 0; i < w->count; i++) {
		int64_t pair = tensor_i(w, i), part[2] = {pair / 16, pair & 15};
		for (int k = 0; k < 2; k++) {
			if (part[k] < 0 || part[k] > 15) {
				aten_fail(c, "the packed weight has elements of more than four "
				             "bits");
				return NULL;
			}
			tensor_set_i(t, 2 * i + k, part[k] + low);
		}
	}
	return t;
}

/* ExecuTorch says 0 and 0 for the signed range. */
static bool
pair_range(AtenCtx *c, bool *is_signed)
{
	int64_t low = tv_int(c, operand_at(c, 3), "weight_quant_min");
	int64_t high = tv_int(c, operand_at(c, 4), "weight_quant_max");

	*is_signed = low < 0 || (low == 0 && high == 0);
	if (!c->failed && (low || high) &&
	    (low != (*is_signed ? -8 : 0) || high != (*is_signed ? 7 : 15)))
		aten_fail(c, "an embedding of four bits has elements from -8 to 7 or from 0 to 15, "
		             "not from %lld to %lld",
		          (long long)low, (long long)high);
	return !c->failed;
}

HANDLER(quantized_embedding_4bit)
{
	const Tensor *w = known(c, 0, "weight of the embedding"), *scale = known(c, 1, "scale");
	const Tensor *zero = known_or_none(c, 2, "zero point");
	Var *at = operand_n(c, 5), *weight;
	DType t = DT_NONE;
	bool is_signed;

	if (!c->exported && operand_at(c, 6)->kind != TV_NONE)
		t = dtype_of_c10(tv_int(c, operand_at(c, 6), "dtype"));
	if (c->failed || !pair_range(c, &is_signed))
		return;
	if (w->rank < 1 || !(w = unpack_pairs(c, w, is_signed))) {
		aten_fail(c, "the weight of the embedding has no rows");
		return;
	}
	if (dtype_is_float(t) && t != scale->dtype)
		scale = tensor_cast(c->arena, scale, t);
	weight = dequantized_weight(c,
	                            (FewBits){.data = w, .scale = scale, .zero = zero,
	                                     .has_axis = true, .axis = -1},
	                            operand_n(c, 0)->name);
	RESULT(NAMED(gather, X(weight), VAR("indices", at)));
}

/* ---- int4pack ---- */

/* PyTorch packs two rows into each byte, in an order that its vector units like: those of
 * AVX-512, which is the one that is read and written here. Rows go in blocks of 64; of a block
 * one column lies after the other. In a whole block row r is in byte r % 16 of the first 16
 * bytes (r / 16 even) or of the second, in the low half for r < 32; in a rest of rows neighbours
 * share a byte. */
enum { PACK_ROWS = 64 };
typedef struct Nibble {
	int64_t byte;
	int shift;
} Nibble;

static Nibble
nibble_of(int64_t rows, int64_t columns, int64_t row, int64_t column)
{
	int64_t block = row / PACK_ROWS, r = row % PACK_ROWS;
	int64_t n = MIN(PACK_ROWS, rows - block * PACK_ROWS);
	int64_t at = block * PACK_ROWS * columns / 2 + column * n / 2;

	if (n == PACK_ROWS)
		return (Nibble){at + r / 16 % 2 * 16 + r % 16, r < 32 ? 0 : 4};
	return (Nibble){at + r / 2, r % 2 ? 4 : 0};
}

static bool
for_cpu(AtenCtx *c)
{
	if (strstr(c->node->key->s, "_for_cpu"))
		return true;
	aten_fail(c, UNSUPPORTED "export the model on the CPU, where torchao packs with "
	                         "_convert_weight_to_int4pack_for_cpu",
	          "a weight packed for a GPU");
	return false;
}

/* (rows, columns) of elements from 0 to 15 -> (rows, columns / 2) bytes. */
HANDLER(convert_weight_to_int4pack)
{
	const Tensor *w = for_cpu(c) ? known(c, 0, "weight") : NULL;
	Tensor *t;
	uint8_t *p;

	if (c->failed)
		return;
	if (w->rank != 2 || w->dim[1] % 2 || w->dim[0] % 2) {
		aten_fail(c, "a weight to be packed must be a matrix of an even number of rows and "
		             "columns");
		return;
	}
	t = tensor_new(c->arena, DT_UINT8, (const int64_t[]){w->dim[0], w->dim[1] / 2}, 2);
	p = t->data;
	for (int64_t i = 0; i < w->count; i++) {
		Nibble n = nibble_of(w->dim[0], w->dim[1], i / w->dim[1], i % w->dim[1]);
		p[n.byte] |= (uint8_t)((tensor_i(w, i) & 15) << n.shift);
	}
	RESULT(aten_const(c, t, c->node->name));
}

static const Tensor *
unpack_rows(AtenCtx *c, const Tensor *w)
{
	int64_t dim[2] = {w->dim[0], w->dim[1] * 2};
	Tensor *t = tensor_new(c->arena, DT_UINT4, dim, 2);

	for (int64_t i = 0; i < t->count; i++) {
		Nibble n = nibble_of(dim[0], dim[1], i / dim[1], i % dim[1]);
		tensor_set_i(t, i, tensor_i(w, n.byte) >> n.shift & 15);
	}
	return t;
}

/* Part k of (groups, rows, 2) as (rows, groups). */
static Tensor *
scale_or_zero(AtenCtx *c, const Tensor *both, int64_t k)
{
	int64_t groups = both->dim[0], rows = both->dim[1];
	Tensor *t = tensor_new(c->arena, DT_FP32, (const int64_t[]){rows, groups}, 2);

	for (int64_t g = 0; g < groups; g++)
		for (int64_t r = 0; r < rows; r++)
			tensor_set_f(t, r * groups + g, tensor_f(both, (g * rows + r) * 2 + k));
	return t;
}

/* PyTorch's value is (q - 8) * scale + zero, Core ML's (q - zero) * scale. Zeros that are whole
 * numbers are taken for such of Core ML, as the peer does. */
static const Tensor *
core_zero(AtenCtx *c, Tensor *zero, const Tensor *scale)
{
	bool whole = true;

	for (int64_t i = 0; i < zero->count; i++) {
		double z = tensor_f(zero, i), to = trunc(z);
		whole &= fabs(z - to) <= 1e-8 + 1e-5 * fabs(to);
	}
	if (whole)
		return tensor_cast(c->arena, zero, DT_INT32);
	for (int64_t i = 0; i < zero->count; i++) {
		float q = (float)tensor_f(zero, i) / (float)tensor_f(scale, i);
		tensor_set_f(zero, i, (double)(8.0f - q));
	}
	return zero;
}

HANDLER(weight_int4pack_mm)
{
	Var *x = for_cpu(c) ? operand_n(c, 0) : NULL, *w;
	const Tensor *packed = x ? known(c, 1, "packed weight") : NULL;
	const Tensor *both = packed ? known(c, 3, "scale") : NULL;
	int64_t group = tv_int(c, operand_at(c, 2), "qGroupSize");
	FewBits l = {.has_axis = true, .axis = -1};

	if (c->failed)
		return;
	if (packed->rank != 2 || packed->dim[0] % 2 || both->rank != 3 || both->dim[2] != 2 ||
	    both->dim[1] != packed->dim[0] || both->dim[0] * group != packed->dim[1] * 2) {
		aten_fail(c, "packed weight, group size, scales and zeros do not go together: "
			     "expected (rows, columns / 2) and (columns / %lld, rows, 2)",
		          (long long)group);
		return;
	}
	l.data = unpack_rows(c, packed);
	l.scale = scale_or_zero(c, both, 0);
	l.zero = core_zero(c, scale_or_zero(c, both, 1), l.scale);
	w = dequantized_weight(c, l, operand_n(c, 1)->name);
	RESULT(NAMED(linear, X(x), VAR("weight", w)));
}
