/* nd_complex.c: complex64 and complex128: casts, arithmetic (in double, as of float16 in float32),
 * and views of the real and the imaginary parts.
 */
#include "nd_kernels.h"

#include <math.h>

bool
nd_is_complex(DType t)
{
	return dtype_info[t].kind == 'c';
}

DType
nd_part_type(DType t)
{
	return t == DT_COMPLEX128 ? DT_FP64 : t == DT_COMPLEX64 ? DT_FP32 : t;
}

bool
nd_part_view(Nd *out, const Nd *a, bool imag, NdErr *err)
{
	if (!nd_view(out, a, a->dim, a->stride, a->rank, err))
		return false;
	out->dtype = nd_part_type(a->dtype);
	if (imag)
		out->data += dtype_size(out->dtype);
	return true;
}

void
nd_cast_complex(DType from, DType to, char *dst, int64_t ds, const char *src, int64_t ss, int64_t n)
{
	DType f = nd_part_type(from), t = nd_part_type(to);

	if (to == DT_BOOL) {
		for (int64_t i = 0; i < n; i++, dst += ds, src += ss)
			*dst = nd_load_f(f, src) != 0 || nd_load_f(f, src + dtype_size(f)) != 0;
		return;
	}
	nd_cast(f, t, dst, ds, src, ss, n);
	if (t == to) /* the real part alone */
		return;
	if (f != from) {
		nd_cast(f, t, dst + dtype_size(t), ds, src + dtype_size(f), ss, n);
		return;
	}
	for (int64_t i = 0; i < n; i++, dst += ds)
		memset(dst + dtype_size(t), 0, dtype_size(t));
}

/* Smith's method, as NumPy divides. */
static Complex
quotient(Complex x, Complex y)
{
	bool wide = fabs(y.re) >= fabs(y.im);
	double a = wide ? y.re : y.im, b = wide ? y.im : y.re, ratio = b / a;
	double scale = 1 / (a + b * ratio);

	if (a == 0)
		return (Complex){x.re / fabs(a), x.im / fabs(a)};
	return wide ? (Complex){(x.re + x.im * ratio) * scale, (x.im - x.re * ratio) * scale}
	            : (Complex){(x.re * ratio + x.im) * scale, (x.im * ratio - x.re) * scale};
}

static Complex
product(Complex x, Complex y)
{
	return (Complex){x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re};
}

/* Whole exponents by squaring, others by logarithm and angle. */
static Complex
power(Complex x, Complex y)
{
	double n = fabs(y.re), size, angle;
	Complex r = {1, 0};

	if (y.im == 0 && n < 100 && n == floor(n)) {
		for (int k = (int)n; k; k >>= 1, x = product(x, x))
			if (k & 1)
				r = product(r, x);
		return y.re < 0 ? quotient((Complex){1, 0}, r) : r;
	}
	if (x.re == 0 && x.im == 0)
		return x;
	size = log(hypot(x.re, x.im));
	angle = atan2(x.im, x.re);
	n = exp(y.re * size - y.im * angle);
	angle = y.re * angle + y.im * size;
	return (Complex){n * cos(angle), n * sin(angle)};
}

#define ROW2(NAME, R, ...)                                                                         \
	static void NAME(char *o, const char *a, int64_t sa, const char *b, int64_t sb, int64_t n) \
	{                                                                                          \
		for (int64_t i = 0; i < n; i++, a += sa, b += sb) {                                \
			Complex x, y;                                                              \
			R w;                                                                       \
                                                                                                   \
			memcpy(&x, a, sizeof x);                                                   \
			memcpy(&y, b, sizeof y);                                                   \
			w = __VA_ARGS__;                                                           \
			memcpy(o + (size_t)i * sizeof w, &w, sizeof w);                            \
		}                                                                                  \
	}
ROW2(add, Complex, (Complex){x.re + y.re, x.im + y.im})
ROW2(subtract, Complex, (Complex){x.re - y.re, x.im - y.im})
ROW2(multiply, Complex, product(x, y))
ROW2(divide, Complex, quotient(x, y))
ROW2(raise, Complex, power(x, y))
ROW2(equal, uint8_t, x.re == y.re && x.im == y.im)
ROW2(unequal, uint8_t, x.re != y.re || x.im != y.im)

NdKernel2 *
nd_kernel_complex(NdBin op)
{
	static NdKernel2 *const table[NB_COUNT] = {
	    [NB_ADD] = add,   [NB_SUB] = subtract, [NB_MUL] = multiply, [NB_DIV] = divide,
	    [NB_POW] = raise, [NB_EQ] = equal,     [NB_NE] = unequal,
	};

	return table[op];
}

#define ROW1(NAME, R, ...)                                                                         \
	static void NAME(char *o, const char *a, int64_t sa, int64_t n)                            \
	{                                                                                          \
		for (int64_t i = 0; i < n; i++, a += sa) {                                         \
			Complex x;                                                                 \
			R w;                                                                       \
                                                                                                   \
			memcpy(&x, a, sizeof x);                                                   \
			w = __VA_ARGS__;                                                           \
			memcpy(o + (size_t)i * sizeof w, &w, sizeof w);                            \
		}                                                                                  \
	}
ROW1(negative, Complex, (Complex){-x.re, -x.im})
ROW1(positive, Complex, x)
ROW1(square, Complex, product(x, x))
ROW1(absolute, double, hypot(x.re, x.im))
ROW1(rounded, Complex, (Complex){rint(x.re), rint(x.im)})
ROW1(is_nan, uint8_t, isnan(x.re) || isnan(x.im))
ROW1(is_inf, uint8_t, isinf(x.re) || isinf(x.im))
ROW1(is_finite, uint8_t, isfinite(x.re) && isfinite(x.im))

NdKernel1 *
nd_kernel_complex_unary(NdUn op)
{
	static NdKernel1 *const table[NU_COUNT] = {
	    [NU_NEG] = negative, [NU_POS] = positive,       [NU_SQUARE] = square,
	    [NU_ABS] = absolute, [NU_RINT] = rounded,       [NU_ISNAN] = is_nan,
	    [NU_ISINF] = is_inf, [NU_ISFINITE] = is_finite,
	};

	return table[op];
}

bool
nd_by_parts(const Nd *a, NdPartFn *f, const void *with, Nd *out, NdErr *err)
{
	Nd part, r, to;
	bool ok = true;

	for (int i = 0; ok && i < 2; i++) {
		if (!nd_part_view(&part, a, i, err) || !nd_keep(&part, f(&part, with, &r, err)))
			return i ? nd_keep(out, false) : false;
		nd_release(&part);
		ok = i || nd_new(out, a->dtype, r.dim, r.rank, err);
		if (ok && nd_part_view(&to, out, i, err)) {
			nd_move(&to, &r);
			nd_release(&to);
		}
		nd_release(&r);
	}
	return ok;
}
