/* weights.c: numbers of a layer: fields as constants for operands, and weights, which stand as
 * floats, as halves, or as codes of few bits with a line or a table that makes numbers of them.
 */
#include "lift.h"
#include "lower.h"
#include "quantize.h"

#include <stdio.h>

/* The ends of int32 stand for what is beyond: type rules refuse them, or they mean the end. */
static int64_t
narrow(int64_t v)
{
	return MIN(MAX(v, INT32_MIN), INT32_MAX);
}

const Tensor *
lift_int32(Lift *l, int64_t v)
{
	return tensor_scalar_i(l->arena, DT_INT32, narrow(v));
}

const Tensor *
lift_vec(Lift *l, const int64_t *v, size_t n)
{
	int64_t count = (int64_t)n;
	Tensor *t = tensor_new(l->arena, DT_INT32, &count, 1);

	for (int64_t k = 0; k < count; k++)
		tensor_set_i(t, k, narrow(v[k]));
	return t;
}

const Tensor *
lift_ints(Lift *l, const char *field)
{
	return lift_vec(l, msg_array(l->params, field), msg_count(l->params, field));
}

const Tensor *
lift_int(Lift *l, const char *field)
{
	return lift_int32(l, msg_get_int(l->params, field));
}

const Tensor *
lift_float(Lift *l, const char *field)
{
	return tensor_scalar_f(l->arena, DT_FP32, msg_get_float(l->params, field));
}

/* A number that stands for another one where it is 0. */
double
lift_real(const Lift *l, const char *field, double zero)
{
	double v = msg_get_float(l->params, field);

	return v == 0 ? zero : v;
}

const Tensor *
lift_setting(Lift *l, size_t input, const char *field, DType t)
{
	Var *v;

	if (input >= lift_ninput(l))
		return t == DT_INT32 ? lift_int(l, field) : lift_float(l, field);
	if (!(v = lift_input(l, input)))
		return NULL;
	if (!v->val) {
		lift_lacks(
		    l,
		    "its input %zu (%s) is known only at run time, but in an operation it is a "
		    "constant",
		    input, field);
		return NULL;
	}
	if (v->val->count != 1)
		return lift_none(l, "its input %zu (%s) is %s, expected one number", input, field,
		                 type_str(l->c->types, v->type));
	return t == DT_INT32 ? lift_int32(l, tensor_i(v->val, 0))
	                     : lift_one(l, tensor_f(v->val, 0));
}

const Tensor *
lift_bools(Lift *l, const char *field)
{
	int64_t n = (int64_t)msg_count(l->params, field);
	Tensor *t = tensor_new(l->arena, DT_BOOL, &n, 1);

	for (int64_t k = 0; k < n; k++)
		tensor_set_i(t, k, msg_int_at(l->params, field, (size_t)k) != 0);
	return t;
}

/* ---- weights ---- */

static unsigned
code_bits(const Msg *w)
{
	const Msg *q = msg_get(w, "quantization");
	int64_t bits = q ? msg_get_int(q, "numberOfBits") : 0;

	return bits >= 1 && bits <= 8 ? (unsigned)bits : 0;
}

static size_t
count_weights(const Msg *w)
{
	unsigned bits;

	if (!w)
		return 0;
	bits = code_bits(w);
	if (msg_count(w, "floatValue"))
		return msg_count(w, "floatValue");
	if (msg_bytes(w, "float16Value")->len)
		return msg_bytes(w, "float16Value")->len / 2;
	if (msg_bytes(w, "int8RawValue")->len)
		return msg_bytes(w, "int8RawValue")->len;
	return bits ? msg_bytes(w, "rawValue")->len * 8 / bits : 0;
}

size_t
lift_nweights(const Msg *m, const char *field)
{
	return count_weights(msg_get(m, field));
}

static const Tensor *
by_table(Lift *l, const Msg *table, const uint8_t *code, unsigned bits, Tensor *t,
         const char *field)
{
	const float *value = (const float *)msg_array(table, "floatValue");
	size_t n = msg_count(table, "floatValue");
	float *out = t->data;

	if (n != (size_t)1 << bits)
		return lift_none(l, "the table of %s has %zu entries, expected %u for %u bits",
		                 field, n, 1u << bits, bits);
	for (int64_t k = 0; k < t->count; k++)
		out[k] = value[code_at(code, (size_t)k, bits)];
	return t;
}

/* The output channel of the k-th weight; in a transposed convolution (axis 1) each group of the
 * first axis has its own, if there are so many. */
static size_t
channel_of(const Tensor *t, int axis, size_t channels, int64_t k)
{
	int64_t per_row = t->count / t->dim[0], row = k / per_row, groups, column;

	if (axis == 0)
		return (size_t)row;
	groups = (int64_t)channels / t->dim[1];
	column = k % per_row / (per_row / t->dim[1]);
	return (size_t)(row * groups / t->dim[0] * t->dim[1] + column);
}

/* One scale and bias, or one for each output channel. */
static const Tensor *
by_line(Lift *l, const Msg *line, const uint8_t *code, unsigned bits, bool is_signed, Tensor *t,
        const char *field, int axis)
{
	size_t nscale = msg_count(line, "scale"), nbias = msg_count(line, "bias");
	size_t rows = t->rank > axis ? (size_t)t->dim[axis] : 1;
	const float *scale = (const float *)msg_array(line, "scale"),
	            *bias = (const float *)msg_array(line, "bias");
	bool groups =
	    axis == 1 && nscale > rows && nscale % rows == 0 && nscale / rows <= (size_t)t->dim[0];
	float *out = t->data;

	if ((nscale != 1 && nscale != rows && !groups) || (nbias != 0 && nbias != nscale))
		return lift_none(l, "%s has %zu scales and %zu biases for %zu channels", field,
		                 nscale, nbias, rows);
	for (int64_t k = 0; k < t->count; k++) {
		size_t row = nscale == 1 ? 0 : channel_of(t, axis, nscale, k);
		float q =
		    is_signed ? (float)(int8_t)code[k] : (float)code_at(code, (size_t)k, bits);
		out[k] = q * scale[row] + (nbias ? bias[row] : 0);
	}
	return t;
}

static const Tensor *
dequantized(Lift *l, const Msg *w, Tensor *t, const char *field, int axis)
{
	const ProtobufCBinaryData *raw = msg_bytes(w, "rawValue");
	const ProtobufCBinaryData *int8 = msg_bytes(w, "int8RawValue");
	const Msg *q = msg_get(w, "quantization"), *table, *line;
	unsigned bits = code_bits(w);

	if (raw->len && int8->len)
		return lift_none(l, "%s has two kinds of codes", field);
	if (!bits)
		return lift_none(l, "%s is quantized to %lld bits, expected 1 to 8", field,
		                 q ? (long long)msg_get_int(q, "numberOfBits") : 0);
	table = msg_get(q, "lookupTableQuantization");
	line = msg_get(q, "linearQuantization");
	if (table && raw->len)
		return by_table(l, table, raw->data, bits, t, field);
	if (line)
		return by_line(l, line, raw->len ? raw->data : int8->data, bits, !raw->len, t,
		               field, axis);
	return lift_none(l, "%s is quantized, but does not say how", field);
}

/* The numbers are the shape's: for codes, up to the last byte's filling. */
static bool
count_fits(const Msg *w, size_t have, int64_t want)
{
	size_t bytes;

	if (msg_bytes(w, "rawValue")->len && have >= (size_t)want) {
		if (mul_size((size_t)want, code_bits(w), &bytes) &&
		    (bytes + 7) / 8 == msg_bytes(w, "rawValue")->len)
			return true;
	}
	return have == (size_t)want;
}

static const Tensor *
weights_of(Lift *l, const Msg *w, const char *field, const int64_t *dim, int rank, int axis)
{
	size_t have = w ? count_weights(w) : 0;
	const ProtobufCBinaryData *half;
	int64_t want;
	Tensor *t;

	if (!shape_count(dim, rank, &want) || (want && !have))
		return lift_none(l, "it has no %s", field);
	/* None at all are given to no layer; a huge dimension beside an empty one is a trap. */
	if (!w || want == 0)
		return lift_none(l, "%s has a dimension of 0", field);
	if (!count_fits(w, have, want)) {
		Dim d[TENSOR_MAX_RANK];
		for (int k = 0; k < rank; k++)
			d[k] = dim[k];
		return lift_none(l, "%s has %zu numbers, expected shape %s", field, have,
		                 shape_str(l->c->types, d, (uint32_t)rank));
	}
	if (msg_count(w, "floatValue"))
		return tensor_view(l->arena, DT_FP32, dim, rank,
		                   (void *)(uintptr_t)(const float *)msg_array(w, "floatValue"));
	t = tensor_new(l->arena, DT_FP32, dim, rank);
	half = msg_bytes(w, "float16Value");
	if (!half->len)
		return dequantized(l, w, t, field, axis);
	for (int64_t k = 0; k < want; k++)
		((float *)t->data)[k] =
		    half_to_float((uint16_t)(half->data[2 * k] | half->data[2 * k + 1] << 8));
	return t;
}

const Tensor *
lift_weights(Lift *l, const Msg *m, const char *field, const int64_t *dim, int rank)
{
	return lift_weights_by(l, m, field, dim, rank, 0);
}

const Tensor *
lift_weights_by(Lift *l, const Msg *m, const char *field, const int64_t *dim, int rank, int axis)
{
	return weights_of(l, msg_get(m, field), field, dim, rank, axis);
}

/* One of the custom layer's, whose shape nobody says: `param` has it, as far as it is known. */
const Tensor *
lift_custom_weights(Lift *l, size_t i, const Type *param)
{
	const Msg *w = msg_at(l->params, "weights", i);
	char name[40];
	int64_t n = (int64_t)count_weights(w);
	bool known = param->kind == TY_TENSOR && type_all_known(param);

	snprintf(name, sizeof name, "weights[%zu]", i);
	if (!known)
		return weights_of(l, w, name, &n, 1, 0);
	return weights_of(l, w, name, param->dim, (int)param->rank, 0);
}

/* ---- writing ---- */

typedef struct TensorSource {
	FloatSource source;
	const Tensor *t; /* fp32 */
} TensorSource;

enum {
	PART = 4096, /* floats converted at a time, */
	PANEL = 16,  /* and columns read together: as many floats as a line of the cache has */
};

static void
put_rows(const FloatSource *source, Buf *b)
{
	const Tensor *t = ((const TensorSource *)(const void *)source)->t;
	float part[PART];

	if (t->data) {
		buf_put(b, t->data, tensor_bytes(t));
		return;
	}
	for (int64_t at = 0, n; at < t->count; at += n) {
		n = MIN(t->count - at, (int64_t)PART);
		tensor_read(t, at, n, part);
		buf_put(b, part, (size_t)n * sizeof *part);
	}
}

static void
put_columns(const FloatSource *source, Buf *b)
{
	const Tensor *t = ((const TensorSource *)(const void *)source)->t;
	int64_t rows = t->dim[0], columns = t->dim[1];
	float part[PANEL], *panel = xrealloc(NULL, (size_t)rows, sizeof part);

	for (int64_t c = 0, n; c < columns; c += n) {
		n = MIN(columns - c, (int64_t)PANEL);
		for (int64_t r = 0; r < rows; r++) {
			tensor_read(t, r * columns + c, n, part);
			for (int64_t k = 0; k < n; k++)
				panel[k * rows + r] = part[k];
		}
		buf_put(b, panel, (size_t)(n * rows) * sizeof *panel);
	}
	xfree(panel);
}

void
nn_weights(Nn *n, Msg *params, const char *field, const Tensor *t, bool transposed)
{
	TensorSource *s = new (n->arena, TensorSource);

	s->source.put = transposed ? put_columns : put_rows;
	s->t = tensor_cast(n->arena, t, DT_FP32);
	msg_floats_from(msg_sub(params, field), "floatValue", (size_t)t->count, &s->source);
}
