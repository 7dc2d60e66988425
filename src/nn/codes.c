/* codes.c: the numbers of one WeightParams as codes, and back. What is computed, and in which order
 * it is rounded, is the peer's, as NumPy does it on arrays of floats.
 */
#include "compress/numerics.h"
#include "quantize.h"

#include <math.h>

void
codes_pack(const uint8_t *code, size_t n, unsigned bits, uint8_t *bytes)
{
	unsigned held = 0, some = 0; /* bits that wait for their byte, and how many */

	for (size_t i = 0; i < n; i++) {
		held = held << bits | (code[i] & ((1u << bits) - 1));
		for (some += bits; some >= 8; some -= 8)
			*bytes++ = (uint8_t)(held >> (some - 8));
	}
	if (some)
		*bytes = (uint8_t)(held << (8 - some));
}

void
codes_unpack(const uint8_t *bytes, size_t n, unsigned bits, uint8_t *code)
{
	for (size_t i = 0; i < n; i++)
		code[i] = (uint8_t)code_at(bytes, i, bits);
}

/* ---- numbers ---- */

const float *
weights_floats(Arena *a, const Msg *w, size_t *n)
{
	const ProtobufCBinaryData *half;
	float *f;

	*n = w ? msg_count(w, "floatValue") : 0;
	if (*n)
		return msg_array(w, "floatValue");
	half = w ? msg_bytes(w, "float16Value") : NULL;
	*n = half ? half->len / 2 : 0;
	if (!*n)
		return NULL;
	f = newn(a, float, *n);
	for (size_t i = 0; i < *n; i++)
		f[i] = half_to_float((uint16_t)get_le(half->data + 2 * i, 2));
	return f;
}

float *
weights_put_floats(Msg *w, size_t n)
{
	if (msg_bytes(w, "float16Value")->len)
		msg_clear(w, "float16Value");
	if (msg_bytes(w, "rawValue")->len)
		msg_clear(w, "rawValue");
	return msg_floats(w, "floatValue", n);
}

/* ---- lines ---- */

/* A channel is `outer` runs of `inner` floats, `apart` floats from each other. */
typedef struct Lines {
	size_t n, outer, inner, apart;
} Lines;

static Lines
lines_of(const QuantShape *s)
{
	Lines c = {.n = s->rank == 1 ? 1 : (size_t)s->dim[s->axis], .outer = 1};

	if (s->axis)
		c.outer = (size_t)s->dim[0];
	c.inner = c.n && c.outer ? s->count / c.n / c.outer : 0;
	c.apart = c.n * c.inner;
	return c;
}

/* What an x86 makes of a float as uint8: of NaN and what is beyond, something. */
static uint8_t
code_of(float q)
{
	return fabsf(q) < 0x1p31f ? (uint8_t)(int32_t)q : 0;
}

/* The least and the largest; NaN where one is. Of equal ones the last counts, which tells zeros. */
static void
find_ends(const float *w, const Lines *c, float *least, float *most)
{
	float a = w[0], b = w[0];

	for (size_t o = 0; o < c->outer; o++)
		for (size_t i = 0; i < c->inner; i++) {
			float x = w[o * c->apart + i];
			a = a < x || a != a ? a : x;
			b = b > x || b != b ? b : x;
		}
	*least = a;
	*most = b;
}

/* A channel whose scale is tiny has the code 0 alone. */
static void
line_codes(const float *w, const Lines *c, bool symmetric, unsigned bits, float *scale, float *bias,
           uint8_t *code)
{
	float a, b, by, half = (float)(1 << bits) / 2;
	bool flat;

	find_ends(w, c, &a, &b);
	if (symmetric) {
		a = fabsf(a);
		b = fabsf(b);
		*scale = (a > b || a != a ? a : b) / (half - 1);
		*bias = -half * *scale;
	} else {
		*scale = (b - a) / (float)((1 << bits) - 1);
		*bias = a;
	}
	flat = !(fabsf(*scale) > 1e-6f);
	by = flat ? 0 : symmetric ? *scale : 1 / *scale;
	for (size_t o = 0; o < c->outer; o++)
		for (size_t i = 0; i < c->inner; i++) {
			size_t k = o * c->apart + i;
			float q = w[k] - *bias;
			q = flat ? 0 : symmetric ? q / by : q * by;
			code[k] = code_of(rintf(q));
		}
}

static void
make_lines(Quantizer *q, Msg *line, const float *w, const QuantShape *s, uint8_t *code)
{
	Lines c = lines_of(s);
	float *scale = msg_floats(line, "scale", c.n), *bias = msg_floats(line, "bias", c.n);

	for (size_t k = 0; k < c.n; k++)
		line_codes(w + k * c.inner, &c, q->mode == QUANT_SYMMETRIC, q->bits, &scale[k],
		           &bias[k], code + k * c.inner);
}

/* ---- tables ---- */

static void
make_steps(Quantizer *q, Msg *table, const float *w, size_t n, uint8_t *code)
{
	Lines whole = {1, 1, n, n};
	float scale, bias, *entry = msg_floats(table, "floatValue", (size_t)1 << q->bits);

	line_codes(w, &whole, false, q->bits, &scale, &bias, code);
	for (int i = 0; i < 1 << q->bits; i++) /* NumPy: whole numbers by a float in double */
		entry[i] = (float)(i * (double)scale + (double)bias);
}

static bool
make_clusters(Quantizer *q, Msg *table, const float *w, size_t n, uint8_t *code)
{
	size_t most = (size_t)1 << q->bits, k;
	double mean[256];
	float *entry;

	for (size_t i = 0; i < n; i++)
		if (!isfinite(w[i]))
			return quant_fail(q, "weight %zu is %g: only finite numbers have clusters",
			                  i, (double)w[i]);
	k = kmeans_floats(w, n, most, mean, code);
	entry = msg_floats(table, "floatValue", most);
	for (size_t i = 0; i < most; i++)
		entry[i] = i < k ? (float)mean[i] : 0;
	return true;
}

static bool
make_custom(Quantizer *q, Msg *table, const float *w, const QuantShape *s, uint8_t *code)
{
	const float *entry;
	const uint8_t *index;
	size_t n;

	if (!q->table(q, w, s, &entry, &n, &index))
		return false;
	memcpy(msg_floats(table, "floatValue", n), entry, n * sizeof *entry);
	memcpy(code, index, s->count);
	return true;
}

/* ---- one WeightParams ---- */

static bool
make_codes(Quantizer *q, Msg *params, const float *w, const QuantShape *s, uint8_t *code)
{
	msg_int(params, "numberOfBits", q->bits);
	if (q->mode == QUANT_LINEAR || q->mode == QUANT_SYMMETRIC) {
		make_lines(q, msg_sub(params, "linearQuantization"), w, s, code);
		return true;
	}
	Msg *table = msg_sub(params, "lookupTableQuantization");
	if (q->mode == QUANT_KMEANS)
		return make_clusters(q, table, w, s->count, code);
	if (q->mode == QUANT_CUSTOM)
		return make_custom(q, table, w, s, code);
	make_steps(q, table, w, s->count, code);
	return true;
}

static bool
make_halves(Quantizer *q, Msg *w, const float *f, size_t n)
{
	uint8_t *half = newn(q->arena, uint8_t, 2 * n);

	for (size_t i = 0; i < n; i++) {
		if (f[i] >= 65504 || f[i] <= -65504)
			return quant_fail(q,
			                  "weight %zu is %g, which cannot be represented in half "
			                  "precision: use 8 bits or fewer, or a selector that "
			                  "leaves the layer alone",
			                  i, (double)f[i]);
		set_le(half + 2 * i, half_from_float(f[i]), 2);
	}
	msg_set_bytes(w, "float16Value", half, 2 * n);
	msg_clear(w, "floatValue");
	return true;
}

static const char *
shape_text(Arena *a, const QuantShape *s)
{
	Buf b = {0};

	for (int k = 0; k < s->rank; k++)
		buf_printf(&b, "%c%lld", k ? ',' : '(', (long long)s->dim[k]);
	buf_puts(&b, s->rank == 1 ? ",)" : ")");
	return buf_keep(&b, a);
}

bool
weights_quantize(Quantizer *q, Msg *w, const QuantShape *s)
{
	size_t n = msg_count(w, "floatValue"), bytes;
	const float *f = n ? msg_array(w, "floatValue") : NULL;
	uint8_t *code, *raw;

	if (!n)
		return true;
	if (n != s->count)
		return quant_fail(q, "cannot reshape array of size %zu into shape %s", n,
		                  shape_text(q->arena, s));
	if (q->bits == QUANT_HALVES)
		return make_halves(q, w, f, n);
	code = newn(q->arena, uint8_t, n);
	if (msg_has(w, "quantization"))
		msg_clear(w, "quantization");
	if (!make_codes(q, msg_sub(w, "quantization"), f, s, code))
		return false;
	raw = code;
	codes_size(n, q->bits, &bytes); /* less than the floats take */
	if (q->bits < 8) {
		raw = newn(q->arena, uint8_t, bytes);
		codes_pack(code, n, q->bits, raw);
	}
	msg_set_bytes(w, "rawValue", raw, bytes);
	msg_clear(w, "floatValue");
	return true;
}

/* ---- and back ---- */

static bool
restore_line(Quantizer *q, const Msg *line, const uint8_t *code, const QuantShape *s, float *out)
{
	size_t nscale = msg_count(line, "scale"), nbias = msg_count(line, "bias");
	const float *scale = msg_array(line, "scale"), *bias = msg_array(line, "bias");
	Lines c = lines_of(s);

	if (nscale != nbias)
		return quant_fail(q,
		                  "linear quantization scale and bias vectors are different "
		                  "lengths: %zu and %zu",
		                  nscale, nbias);
	if (nscale != 1 && nscale != c.n)
		return quant_fail(q, "it has %zu scales for %zu channels", nscale, c.n);
	for (size_t i = 0; i < s->count; i++) {
		size_t k = nscale == 1 ? 0 : i / c.inner % c.n;
		out[i] = (float)(code[i] * (double)scale[k] + (double)bias[k]);
	}
	return true;
}

static bool
restore_table(Quantizer *q, const Msg *table, const uint8_t *code, size_t count, float *out)
{
	size_t n = msg_count(table, "floatValue");
	const float *entry = msg_array(table, "floatValue");

	for (size_t i = 0; i < count; i++) {
		if (code[i] >= n)
			return quant_fail(q, "weight %zu is entry %u of a table of %zu", i, code[i],
			                  n);
		out[i] = entry[code[i]];
	}
	return true;
}

/* The codes, one a byte; 0 after reporting. */
static const uint8_t *
codes_of(Quantizer *q, const Msg *w, size_t count)
{
	const ProtobufCBinaryData *raw = msg_bytes(w, "rawValue");
	int64_t bits = msg_get_int(msg_get(w, "quantization"), "numberOfBits");
	uint8_t *code;
	size_t bytes;

	if (bits < 1 || bits > 8) {
		quant_fail(q, "it is quantized to %lld bits, expected 1 to 8", (long long)bits);
		return NULL;
	}
	if (!codes_size(count, (unsigned)bits, &bytes) || bytes != raw->len) {
		quant_fail(q, "it has %zu bytes of codes, which are not %zu codes of %d bits",
		           raw->len, count, (int)bits);
		return NULL;
	}
	code = newn(q->arena, uint8_t, count);
	codes_unpack(raw->data, count, (unsigned)bits, code);
	return code;
}

/* A message that is there, and says nothing, is what the peer leaves. */
static void
forget_codes(Msg *w)
{
	msg_clear_all(msg_edit(w, "quantization"));
}

bool
weights_restore(Quantizer *q, Msg *w, const QuantShape *s)
{
	const Msg *how = msg_get(w, "quantization");
	const uint8_t *code;
	const float *half;
	float *f;
	size_t n;
	bool ok;

	if (msg_count(w, "floatValue"))
		return true;
	if (msg_bytes(w, "int8RawValue")->len)
		return quant_fail(q, "its codes are made to be multiplied as they are "
		                     "(int8RawValue), and cannot be dequantized");
	half = weights_floats(q->arena, w, &n);
	if (half) {
		memcpy(weights_put_floats(w, n), half, n * sizeof *half);
		return true;
	}
	if (!msg_bytes(w, "rawValue")->len)
		return true;
	code = codes_of(q, w, s->count);
	if (!code)
		return false;
	f = newn(q->arena, float, s->count);
	if (msg_has(how, "linearQuantization"))
		ok = restore_line(q, msg_get(how, "linearQuantization"), code, s, f);
	else
		ok = restore_table(q, msg_get(how, "lookupTableQuantization"), code, s->count, f);
	if (!ok)
		return false;
	memcpy(weights_put_floats(w, s->count), f, s->count * sizeof *f);
	forget_codes(w);
	return true;
}
