/* elementwise_binary.c: ops on pairs of elements, as tables of formulas in x and y. Floats are
 * evaluated in double and rounded once; ints in 64 bits and wrapped to 32. */
#include "elementwise.h"

#include "tensor/elems.h"

#include <math.h>

typedef void BinaryFloat(const double *x, const double *y, double *r, size_t n);
typedef void BinaryInt(const int64_t *x, const int64_t *y, int64_t *r, size_t n);

/* The quotient rounded down, consistent with float_mod: x == y * floor_div + mod. */
static double
float_floor_div(double x, double y)
{
	double m = fmod(x, y), q, f;

	if (y == 0)
		return x / y;
	q = (x - m) / y;
	if (m != 0 && (y < 0) != (m < 0))
		q -= 1;
	if (q == 0)
		return copysign(0, x / y);
	f = floor(q);
	return q - f > 0.5 ? f + 1 : f;
}

/* The rest with the sign of y. */
static double
float_mod(double x, double y)
{
	double m = fmod(x, y);

	if (m == 0)
		return copysign(0, y);
	return (y < 0) != (m < 0) ? m + y : m;
}

/* Division by zero yields 0 for ints. */
static int64_t
int_floor_div(int64_t x, int64_t y)
{
	if (y == 0)
		return 0;
	return x / y - (x % y != 0 && (x < 0) != (y < 0));
}

static int64_t
int_mod(int64_t x, int64_t y)
{
	int64_t m;

	if (y == 0)
		return 0;
	m = x % y;
	return m != 0 && (m < 0) != (y < 0) ? m + y : m;
}

static int64_t
int_pow(int64_t x, int64_t y)
{
	uint32_t base = (uint32_t)x, r = 1;

	for (; y > 0; y >>= 1) {
		if (y & 1)
			r *= base;
		base *= base;
	}
	return (int32_t)r;
}

/*  op, formula for floats, for ints */
#define ARITHMETIC(B)                                                                              \
	B(add, x + y, x + y)                                                                       \
	B(sub, x - y, x - y)                                                                       \
	B(mul, x *y, x *y)                                                                         \
	B(real_div, x / y, elems_trunc_32((double)x / (double)y))                                  \
	B(floor_div, float_floor_div(x, y), int_floor_div(x, y))                                   \
	B(mod, float_mod(x, y), int_mod(x, y))                                                     \
	B(maximum, x >= y || x != x ? x : y, x > y ? x : y)                                        \
	B(minimum, x <= y || x != x ? x : y, x < y ? x : y)

/*  op, formula; the result is bool */
#define COMPARISON(C)                                                                              \
	C(equal, x == y)                                                                           \
	C(not_equal, x != y)                                                                       \
	C(less, x < y)                                                                             \
	C(less_equal, x <= y)                                                                      \
	C(greater, x > y)                                                                          \
	C(greater_equal, x >= y)                                                                   \
	C(logical_and, x != 0 && y != 0)                                                           \
	C(logical_or, x != 0 || y != 0)                                                            \
	C(logical_xor, (x != 0) != (y != 0))

#define KERNEL(suffix, T, name, formula)                                                           \
	static void name##suffix(const T *px, const T *py, T *r, size_t n)                         \
	{                                                                                          \
		for (size_t i = 0; i < n; i++) {                                                   \
			T x = px[i], y = py[i];                                                    \
			r[i] = (formula);                                                          \
		}                                                                                  \
	}
#define B(name, formula, formula_int)                                                              \
	KERNEL(_floats, double, name, formula)                                                     \
	KERNEL(_ints, int64_t, name, formula_int)
#define C(name, formula) KERNEL(_floats, double, name, formula)
ARITHMETIC(B)
COMPARISON(C)
B(pow, pow(x, y), int_pow(x, y))
#undef B
#undef C

/* Runs of operands that lie in a row are gathered to chunks. */
#define RUN(name, T, load, store, Kernel)                                                          \
	static void name(Broadcast *b, const Tensor *const *t, const void *const *data,            \
	                 Tensor *out, Kernel *kernel)                                              \
	{                                                                                          \
		T x[EW_CHUNK], y[EW_CHUNK], r[EW_CHUNK];                                           \
		int64_t off[3], at = 0;                                                            \
		size_t fill, n;                                                                    \
		int step[3];                                                                       \
                                                                                                   \
		do {                                                                               \
			for (fill = 0; fill < EW_CHUNK; fill += n) {                               \
				n = broadcast_next(b, EW_CHUNK - fill, off, step);                 \
				if (n == 0)                                                        \
					break;                                                     \
				load(x + fill, t[0], data[0], off[0], step[0], n);                 \
				load(y + fill, t[1], data[1], off[1], step[1], n);                 \
			}                                                                          \
			kernel(x, y, r, fill);                                                     \
			store(out, at, r, fill);                                                   \
			at += (int64_t)fill;                                                       \
		} while (fill == EW_CHUNK);                                                        \
	}
RUN(run_ints, int64_t, ew_load_int, ew_store_int, BinaryInt)
RUN(run_floats, double, ew_load, ew_store, BinaryFloat)

/* d: the type of the result, or DT_NONE for that of x. */
static bool
binary(Eval *e, BinaryFloat *f, BinaryInt *g, DType d)
{
	const Tensor *t[2] = {eval_arg(e, ARG_x), eval_arg(e, ARG_y)};
	const void *data[2];
	Broadcast b;
	Tensor *out;

	if (!broadcast_init(&b, e, t, 2))
		return false;
	data[0] = tensor_data(e->arena, t[0]);
	data[1] = tensor_data(e->arena, t[1]);
	out = eval_new(e, 0, d ? d : t[0]->dtype, b.dim, b.rank);
	if (!out)
		return false;
	if (g && !dtype_is_float(t[0]->dtype))
		run_ints(&b, t, data, out, g);
	else
		run_floats(&b, t, data, out, f);
	return true;
}

#define B(name, formula, formula_int)                                                              \
	bool eval_##name(Eval *e)                                                                  \
	{                                                                                          \
		return binary(e, name##_floats, name##_ints, DT_NONE);                             \
	}
#define C(name, formula)                                                                           \
	bool eval_##name(Eval *e)                                                                  \
	{                                                                                          \
		return binary(e, name##_floats, NULL, DT_BOOL);                                    \
	}
ARITHMETIC(B)
COMPARISON(C)

bool
eval_pow(Eval *e)
{
	const Tensor *y = eval_arg(e, ARG_y);

	for (int64_t i = 0; !dtype_is_float(y->dtype) && i < y->count; i++)
		if (tensor_i(y, i) < 0)
			return eval_fail(e,
			                 "an integer cannot be raised to the negative power %lld",
			                 (long long)tensor_i(y, i));
	return binary(e, pow_floats, pow_ints, DT_NONE);
}
