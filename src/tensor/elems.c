/* elems.c: moves blocks of elements between their types and the C types, and between types.
 *
 * A conversion goes block by block through double (from floats) or int64 (from integers), with
 * direct loops for the pairs that carry weights. Element pointers may have any alignment, for
 * views into mapped files have; so elements are moved with memcpy, which compilers make a move.
 */
#include <math.h>

#include "elems.h"

enum { BLOCK = 2048 }; /* elements converted at a time */

/* ---- narrow floats other than fp16 ---- */

/* A float of 1 sign, `ebits` exponent and `mbits` mantissa bits. `fn`: no infinities, one NaN. */
typedef struct Small {
	int ebits, mbits;
	bool fn;
} Small;

static Small
small_format(DType t)
{
	return t == DT_BF16      ? (Small){8, 7, false}
	       : t == DT_FP8E5M2 ? (Small){5, 2, false}
	                         : (Small){4, 3, true};
}

static uint32_t
small_encode(Small f, double d)
{
	int bias = (1 << (f.ebits - 1)) - 1, e, least = 1 - bias - f.mbits;
	uint32_t sign = signbit(d) ? 1u << (f.ebits + f.mbits) : 0;
	uint32_t top = ((1u << f.ebits) - 1) << f.mbits; /* infinity, where there is one */
	uint32_t nan = f.fn ? top | ((1u << f.mbits) - 1) : top | 1u << (f.mbits - 1);
	uint32_t largest = f.fn ? nan - 1 : top - 1, r;

	if (isnan(d))
		return sign | nan;
	if (isinf(d))
		return sign | (f.fn ? nan : top);
	if (d == 0)
		return sign;
	frexp(d, &e);
	e = MAX(e - 1 - f.mbits, least); /* weight of the last bit kept */
	r = (uint32_t)fmin(nearbyint(ldexp(fabs(d), -e)), 65536);
	/* a carry out of the mantissa moves into the exponent by itself */
	if (e > least)
		r += (uint32_t)MIN(e - least, 512) << f.mbits;
	return sign | (r > largest ? (f.fn ? nan : top) : r);
}

static double
small_decode(Small f, uint32_t x)
{
	int bias = (1 << (f.ebits - 1)) - 1, e = (int)(x >> f.mbits) & ((1 << f.ebits) - 1);
	uint32_t m = x & ((1u << f.mbits) - 1);
	double d;

	if (f.fn ? e == (1 << f.ebits) - 1 && m == (1u << f.mbits) - 1 : e == (1 << f.ebits) - 1)
		d = m ? (double)NAN : (double)INFINITY;
	else if (e)
		d = ldexp(m + (1u << f.mbits), e - bias - f.mbits);
	else
		d = ldexp(m, 1 - bias - f.mbits);
	return x >> (f.ebits + f.mbits) & 1 ? -d : d;
}

/* The upper half of a float. */
static float
bfloat_to_float(uint16_t b)
{
	uint32_t x = (uint32_t)b << 16;
	float f;

	memcpy(&f, &x, sizeof f);
	return f;
}

/* A complex number is two floats, the real part first (in the low half of 64 bits). */
static uint64_t
complex_from_real(float re)
{
	uint32_t x;

	memcpy(&x, &re, sizeof x);
	return x;
}

static float
complex_real(uint64_t c)
{
	uint32_t x = (uint32_t)c;
	float re;

	memcpy(&re, &x, sizeof re);
	return re;
}

/* ---- blocks of elements to and from double and int64 ---- */

#define LOAD_LOOP(T, expr)                                                                         \
	for (i = 0; i < n; i++) {                                                                  \
		T v;                                                                               \
		memcpy(&v, p + i * sizeof v, sizeof v);                                            \
		out[i] = (expr);                                                                   \
	}                                                                                          \
	break

void
elems_load_i(DType t, const char *p, int64_t *out, size_t n)
{
	size_t i;

	if (dtype_bits(t) < 8) /* bytes in memory */
		t = dtype_info[t].kind == 'u' ? DT_UINT8 : DT_INT8;
	switch (t) {
	case DT_BOOL:
		LOAD_LOOP(uint8_t, v != 0);
	case DT_UINT8:
		LOAD_LOOP(uint8_t, v);
	case DT_INT8:
		LOAD_LOOP(int8_t, v);
	case DT_INT16:
		LOAD_LOOP(int16_t, v);
	case DT_UINT16:
		LOAD_LOOP(uint16_t, v);
	case DT_INT32:
		LOAD_LOOP(int32_t, v);
	case DT_UINT32:
		LOAD_LOOP(uint32_t, v);
	case DT_INT64:
	case DT_UINT64:
		LOAD_LOOP(int64_t, v);
	default:
		die("%s elements are not integers", dtype_info[t].mil);
	}
}

static void
load_half(const char *p, double *out, size_t n)
{
	float f[BLOCK];

	for (size_t done = 0, k; done < n; done += k) {
		k = MIN(n - done, (size_t)BLOCK);
		half_to_floats(f, (const uint16_t *)(const void *)p + done, k);
		for (size_t i = 0; i < k; i++)
			out[done + i] = f[i];
	}
}

void
elems_load_f(DType t, const char *p, double *out, size_t n)
{
	size_t i;

	switch (t) {
	case DT_FP16:
		load_half(p, out, n);
		break;
	case DT_FP32:
		LOAD_LOOP(float, v);
	case DT_FP64:
		LOAD_LOOP(double, v);
	case DT_BF16:
		LOAD_LOOP(uint16_t, bfloat_to_float(v));
	case DT_FP8E4M3FN:
	case DT_FP8E5M2:
		LOAD_LOOP(uint8_t, small_decode(small_format(t), v));
	case DT_COMPLEX64:
		LOAD_LOOP(uint64_t, complex_real(v));
	default:
		die("%s elements are not floats", dtype_info[t].mil);
	}
}

#define STORE_LOOP(T, expr)                                                                        \
	for (i = 0; i < n; i++) {                                                                  \
		T v = (T)(expr);                                                                   \
		memcpy(p + i * sizeof v, &v, sizeof v);                                            \
	}                                                                                          \
	break

/* Largest finite fp16 instead of the infinity a finite number became. */
static uint16_t
half_saturate(uint16_t h, double from)
{
	return (h & 0x7fff) == 0x7c00 && isfinite(from) ? (uint16_t)(h - 1) : h;
}

enum { NARROW = DT_INT4 }; /* stands for all integers of fewer than 8 bits */

/* Wraps into `bits` bits; sub-byte types keep their value sign-extended in a byte. */
static int64_t
wrap_bits(int64_t v, int bits, bool is_signed)
{
	uint64_t mask = (UINT64_C(1) << bits) - 1, u = (uint64_t)v & mask;

	return is_signed && u >> (bits - 1) ? (int64_t)u - (int64_t)mask - 1 : (int64_t)u;
}

void
elems_store_i(DType t, char *p, const int64_t *in, size_t n, bool in_unsigned)
{
	size_t i;

#define AS_FLOAT  (in_unsigned ? (float)(uint64_t)in[i] : (float)in[i])
#define AS_DOUBLE (in_unsigned ? (double)(uint64_t)in[i] : (double)in[i])
	switch (dtype_bits(t) < 8 ? NARROW : t) {
	case DT_BOOL:
		STORE_LOOP(uint8_t, in[i] != 0);
	case DT_INT8:
	case DT_UINT8:
		STORE_LOOP(uint8_t, (uint64_t)in[i]);
	case NARROW:
		STORE_LOOP(int8_t, wrap_bits(in[i], dtype_bits(t), t == DT_INT4));
	case DT_INT16:
	case DT_UINT16:
		STORE_LOOP(uint16_t, (uint64_t)in[i]);
	case DT_INT32:
	case DT_UINT32:
		STORE_LOOP(uint32_t, (uint64_t)in[i]);
	case DT_INT64:
	case DT_UINT64:
		STORE_LOOP(int64_t, in[i]);
	case DT_FP16:
		STORE_LOOP(uint16_t, half_from_float(AS_FLOAT));
	case DT_FP32:
		STORE_LOOP(float, AS_FLOAT);
	case DT_FP64:
		STORE_LOOP(double, AS_DOUBLE);
	case DT_BF16:
		STORE_LOOP(uint16_t, small_encode(small_format(t), AS_FLOAT));
	case DT_FP8E4M3FN:
	case DT_FP8E5M2:
		STORE_LOOP(uint8_t, small_encode(small_format(t), AS_FLOAT));
	case DT_COMPLEX64:
		STORE_LOOP(uint64_t, complex_from_real(AS_FLOAT));
	default:
		die("no cast to %s", dtype_info[t].mil);
	}
#undef AS_FLOAT
#undef AS_DOUBLE
}

static uint64_t
trunc_u64(double d)
{
	return d >= 0x1p63 && d < 0x1p64 ? (uint64_t)d : (uint64_t)elems_trunc(d);
}

void
elems_store_f(DType t, char *p, const double *in, size_t n)
{
	size_t i;

	switch (dtype_bits(t) < 8 ? NARROW : t) {
	case DT_BOOL:
		STORE_LOOP(uint8_t, in[i] != 0);
	case DT_INT8:
	case DT_UINT8:
		STORE_LOOP(uint8_t, (uint64_t)elems_trunc_32(in[i]));
	case NARROW:
		STORE_LOOP(int8_t, wrap_bits(elems_trunc_32(in[i]), dtype_bits(t), t == DT_INT4));
	case DT_INT16:
	case DT_UINT16:
		STORE_LOOP(uint16_t, (uint64_t)elems_trunc_32(in[i]));
	case DT_INT32:
		STORE_LOOP(int32_t, elems_trunc_32(in[i]));
	case DT_UINT32:
		STORE_LOOP(uint32_t, (uint64_t)elems_trunc(in[i]));
	case DT_INT64:
		STORE_LOOP(int64_t, elems_trunc(in[i]));
	case DT_UINT64:
		STORE_LOOP(uint64_t, trunc_u64(in[i]));
	case DT_FP16:
		STORE_LOOP(uint16_t, half_saturate(half_from_double(in[i]), in[i]));
	case DT_FP32:
		STORE_LOOP(float, in[i]);
	case DT_FP64:
		STORE_LOOP(double, in[i]);
	case DT_BF16:
		STORE_LOOP(uint16_t, small_encode(small_format(t), in[i]));
	case DT_FP8E4M3FN:
	case DT_FP8E5M2:
		STORE_LOOP(uint8_t, small_encode(small_format(t), in[i]));
	case DT_COMPLEX64:
		STORE_LOOP(uint64_t, complex_from_real((float)in[i]));
	default:
		die("no cast to %s", dtype_info[t].mil);
	}
}

/* The fast way for weights: convert, then repair the rare infinities. */
static void
cast_fp32_fp16(char *dst, const char *src, size_t n)
{
	const float beyond = 65520; /* becomes infinity */
	uint16_t h;
	float f;

	half_from_floats((uint16_t *)(void *)dst, (const float *)(const void *)src, n);
	if (floats_largest(src, n) < beyond)
		return;
	for (size_t i = 0; i < n; i++) {
		memcpy(&h, dst + i * 2, 2);
		memcpy(&f, src + i * 4, 4);
		h = half_saturate(h, f);
		memcpy(dst + i * 2, &h, 2);
	}
}

static void
cast_bf16_fp32(char *dst, const char *src, size_t n)
{
	size_t i;
	uint16_t b;
	float f;

	for (i = 0; i < n; i++) {
		memcpy(&b, src + i * 2, 2);
		f = bfloat_to_float(b);
		memcpy(dst + i * 4, &f, 4);
	}
}

/* At most BLOCK elements. */
static void
cast_block(DType to, char *dst, DType from, const char *src, size_t n)
{
	union {
		double f[BLOCK];
		int64_t i[BLOCK];
		char bytes[BLOCK * 4];
	} mid;

	if (from == DT_FP32 && to == DT_FP16) {
		cast_fp32_fp16(dst, src, n);
	} else if (from == DT_FP16 && to == DT_FP32) {
		half_to_floats((float *)(void *)dst, (const uint16_t *)(const void *)src, n);
	} else if (from == DT_BF16 && to == DT_FP32) {
		cast_bf16_fp32(dst, src, n);
	} else if (from == DT_BF16 && to == DT_FP16) {
		cast_bf16_fp32(mid.bytes, src, n);
		cast_fp32_fp16(dst, mid.bytes, n);
	} else if (!dtype_is_integral(from)) {
		elems_load_f(from, src, mid.f, n);
		elems_store_f(to, dst, mid.f, n);
	} else {
		elems_load_i(from, src, mid.i, n);
		elems_store_i(to, dst, mid.i, n, from == DT_UINT64);
	}
}

void
elems_cast(DType to, char *dst, DType from, const char *src, size_t n)
{
	size_t k;

	if (to == from) {
		if (n)
			memcpy(dst, src, n * dtype_size(to));
		return;
	}
	for (; n; n -= k, dst += k * dtype_size(to), src += k * dtype_size(from)) {
		k = MIN(n, (size_t)BLOCK);
		cast_block(to, dst, from, src, k);
	}
}
