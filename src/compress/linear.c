/* linear.c: linear quantization. A group's range becomes a scale and, when it is not symmetric, a
 * zero point; then each element is divided, rounded, moved and cut. */
#include "blocks.h"

/* The least and greatest of each group, as orders: what is no number is one of them. */
typedef struct Extremes {
	int32_t *low, *high;
} Extremes;

static void
extend(Extremes *x, uint32_t group, int32_t order)
{
	x->low[group] = MIN(x->low[group], order);
	x->high[group] = MAX(x->high[group], order);
}

/* Elements of a block as orders that compare as the floats do; the rest repeats the first. */
static void
load_halves(const Tensor *w, int64_t at, int64_t n, int16_t *o)
{
	uint16_t h[BLOCK];

	if (w->data)
		memcpy(h, (const uint16_t *)w->data + at, (size_t)n * sizeof *h);
	else
		tensor_read(w, at, n, h);
	for (int64_t i = n; i < BLOCK; i++)
		h[i] = h[0];
	for (int i = 0; i < BLOCK; i++)
		o[i] = half_order(h[i]);
}

static void
load_floats(const Tensor *w, int64_t at, int64_t n, int32_t *o)
{
	uint32_t h[BLOCK];

	if (w->data)
		memcpy(h, (const uint32_t *)w->data + at, (size_t)n * sizeof *h);
	else
		tensor_read(w, at, n, h);
	for (int64_t i = n; i < BLOCK; i++)
		h[i] = h[0];
	for (int i = 0; i < BLOCK; i++)
		o[i] = float_order(h[i]);
}

#define EXTREMES(T, name)                                                                          \
	static void name(const T *o, int32_t *low, int32_t *high)                                  \
	{                                                                                          \
		T a[8], b[8];                                                                      \
                                                                                                   \
		memcpy(a, o, sizeof a);                                                            \
		memcpy(b, o, sizeof b);                                                            \
		for (int k = 8; k < BLOCK; k += 8)                                                 \
			for (int i = 0; i < 8; i++) {                                              \
				a[i] = MIN(a[i], o[k + i]);                                        \
				b[i] = MAX(b[i], o[k + i]);                                        \
			}                                                                          \
		for (int i = 0; i < 8; i++) {                                                      \
			*low = MIN(*low, a[i]);                                                    \
			*high = MAX(*high, b[i]);                                                  \
		}                                                                                  \
	}
EXTREMES(int16_t, extremes_of_halves)
EXTREMES(int32_t, extremes_of_floats)

static void
find_extremes(const Tensor *w, const int64_t *groups, Extremes *x)
{
	bool half = w->dtype == DT_FP16;
	uint32_t group[BLOCK];
	int32_t o[BLOCK];
	int16_t s[BLOCK];
	GroupWalk g;

	groups_begin(&g, w, groups);
	for (int64_t i = 0, n; i < w->count; i += n) {
		bool one = groups_next(&g, w->count - i, &n, group);
		int32_t *low = &x->low[group[0]], *high = &x->high[group[0]];
		half ? load_halves(w, i, n, s) : load_floats(w, i, n, o);
		if (one && half)
			extremes_of_halves(s, low, high);
		else if (one)
			extremes_of_floats(o, low, high);
		else
			for (int64_t k = 0; k < n; k++)
				extend(x, group[k], half ? s[k] : o[k]);
	}
}

/* The float of an order of its type; NaN where it is beyond the infinities. */
static float
float_of_order(DType t, int32_t order)
{
	uint32_t bits;
	float f;

	if (t == DT_FP16)
		return half_to_float((uint16_t)half_order((uint16_t)order));
	bits = (uint32_t)float_order((uint32_t)order);
	memcpy(&f, &bits, sizeof f);
	return f;
}

bool
has_infinity(const Tensor *w)
{
	bool half = w->dtype == DT_FP16;
	int32_t inf = half ? 0x7c00 : 0x7f800000;
	uint32_t bits[BLOCK];
	uint16_t h[BLOCK];
	int any = 0;

	for (int64_t i = 0, n; i < w->count && !any; i += n) {
		n = MIN(w->count - i, (int64_t)BLOCK);
		memset(bits, 0, sizeof bits);
		memset(h, 0, sizeof h);
		tensor_read(w, i, n, half ? (void *)h : bits);
		for (int k = 0; half && k < BLOCK; k++)
			any |= (h[k] & 0x7fff) == inf;
		for (int k = 0; !half && k < BLOCK; k++)
			any |= (int32_t)(bits[k] & 0x7fffffff) == inf;
	}
	return any;
}

/* ---- the ranges ---- */

typedef struct Range {
	DType to;
	bool symmetric, sign;
	float low, high; /* of the integers */
} Range;

static Range
range_of(DType to, bool symmetric)
{
	int bits = dtype_bits(to);
	bool sign = dtype_info[to].kind == 'i';
	float all = (float)(1 << bits);

	return (Range){
	    .to = to,
	    .symmetric = symmetric,
	    .sign = sign,
	    .low = sign ? -all / 2 + (float)symmetric : 0,
	    .high = sign ? all / 2 - 1 : all - 1 - (float)symmetric,
	};
}

static float
cut(float x, float low, float high) /* NaN stays */
{
	return x < low ? low : x > high ? high : x;
}

/* The zero point of a group whose range is given, in steps of type t. */
static float
zero_point(const Range *r, DType t, float min, float max)
{
	float up, z;

	if (r->symmetric)
		return r->sign ? 0 : floorf(r->high / 2);
	up = step(t, step(t, r->low * max) - step(t, r->high * min));
	z = step(t, up / step(t, max - min));
	return cut(rintf(z), r->low, r->high);
}

/* Makes scale[k] and zero[k] of the extremes of the n groups. */
static void
make_scales(const Range *r, DType t, const Extremes *x, size_t n, float *scale, float *zero)
{
	for (size_t k = 0; k < n; k++) {
		float min = float_of_order(t, x->low[k]), max = float_of_order(t, x->high[k]);
		if (isnan(min) || isnan(max)) {
			min = max = NAN;
		} else if (r->symmetric) {
			max = MAX(fabsf(min), fabsf(max));
			min = -max;
		} else {
			min = MIN(0, min);
			max = MAX(0, max);
		}
		scale[k] = step(t, step(t, max - min) / (r->high - r->low));
		zero[k] = zero_point(r, t, min, max);
	}
}

/* ---- the elements ---- */

/* x / s, rounded, moved by z and cut to the range; what is no number becomes 0. */
static void
quantize_block(const Range *r, DType t, float *x, const float *s, const float *z, int8_t *out)
{
	enum { FAR = 1 << 20 };
	int32_t q[BLOCK];

	for (int i = 0; i < BLOCK; i++)
		x[i] /= s[i];
	block_step(t, x);
	for (int i = 0; i < BLOCK; i++) {
		float v = x[i] < -FAR ? -FAR : x[i];
		v = v > FAR ? FAR : v;
		v = round_even(v) + z[i];
		v = v < r->low ? r->low : v;
		v = v > r->high ? r->high : v;
		v = v == v ? v : 0;
		q[i] = (int32_t)v;
	}
	for (int i = 0; i < BLOCK; i++)
		out[i] = (int8_t)q[i];
}

static void
quantize_elements(const Range *r, const Tensor *w, const int64_t *groups, const float *scale,
                  const float *zero, int8_t *out)
{
	float x[BLOCK], s[BLOCK], z[BLOCK];
	uint32_t group[BLOCK];
	int8_t q[BLOCK];
	GroupWalk g;

	groups_begin(&g, w, groups);
	for (int64_t i = 0, n; i < w->count; i += n) {
		bool one = groups_next(&g, w->count - i, &n, group);
		block_load(w, i, n, x);
		for (int k = 0; one && k < BLOCK; k++) {
			s[k] = scale[group[0]];
			z[k] = zero[group[0]];
		}
		for (int k = 0; !one && k < BLOCK; k++) {
			s[k] = scale[group[k < n ? k : 0]];
			z[k] = zero[group[k < n ? k : 0]];
		}
		quantize_block(r, w->dtype, x, s, z, q);
		memcpy(out + i, q, (size_t)n);
	}
}

Linear
linear_quantize(Arena *a, const Tensor *w, DType to, bool symmetric, const int64_t *groups)
{
	Range r = range_of(to, symmetric);
	Linear l = {result_new(a, to, w->dim, w->rank), tensor_new(a, w->dtype, groups, w->rank),
	            symmetric && r.sign ? NULL : tensor_new(a, to, groups, w->rank)};
	size_t n = (size_t)l.scale->count;
	Extremes x = {xcalloc(n, sizeof *x.low), xcalloc(n, sizeof *x.high)};
	float *scale = xcalloc(n, sizeof *scale), *zero = xcalloc(n, sizeof *zero);

	for (size_t k = 0; k < n; k++) {
		x.low[k] = INT32_MAX;
		x.high[k] = INT32_MIN;
	}
	find_extremes(w, groups, &x);
	make_scales(&r, w->dtype, &x, n, scale, zero);
	quantize_elements(&r, w, groups, scale, zero, l.data->data);
	for (size_t k = 0; k < n; k++) {
		tensor_set_f(l.scale, (int64_t)k, scale[k]);
		if (l.offset)
			tensor_set_i(l.offset, (int64_t)k, isnan(zero[k]) ? 0 : (int64_t)zero[k]);
	}
	xfree(x.low);
	xfree(x.high);
	xfree(scale);
	xfree(zero);
	return l;
}
