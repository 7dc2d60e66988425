/* nd_kernels_int.c: rows of two-operand operations on integers and bool. Integers wrap; division by
 * zero gives 0, as NumPy's (which also warns).
 */
#include "nd_kernels.h"

#define U(v) ((uint64_t)(v))

static int64_t
floor_div_s(int64_t x, int64_t y)
{
	int64_t q;

	if (y == 0)
		return 0;
	if (y == -1)
		return (int64_t)(0 - U(x));
	q = x / y;
	return q - (x % y != 0 && (x < 0) != (y < 0));
}

static int64_t
mod_s(int64_t x, int64_t y)
{
	int64_t r;

	if (y == 0 || y == -1)
		return 0;
	r = x % y;
	return r + (r != 0 && (r < 0) != (y < 0) ? y : 0);
}

static uint64_t
floor_div_u(uint64_t x, uint64_t y)
{
	return y ? x / y : 0;
}

static uint64_t
mod_u(uint64_t x, uint64_t y)
{
	return y ? x % y : 0;
}

static uint64_t
power(uint64_t x, uint64_t n)
{
	uint64_t r = 1;

	for (; n; n >>= 1, x *= x)
		if (n & 1)
			r *= x;
	return r;
}

#define BITS(T) (8 * sizeof(T))

#define COMMON(ID, T)                                                                              \
	ND_ROW2(add_##ID, T, T, U(x) + U(y))                                                       \
	ND_ROW2(sub_##ID, T, T, U(x) - U(y))                                                       \
	ND_ROW2(mul_##ID, T, T, U(x) * U(y))                                                       \
	ND_ROW2(pow_##ID, T, T, power(U(x), U(y)))                                                 \
	ND_ROW2(shl_##ID, T, T, U(y) < BITS(T) ? U(x) << U(y) : 0)                                 \
	ND_ROW2(shr_##ID, T, T, U(y) < BITS(T) ? x >> y : x < (T)1 && x ? (T)-1 : 0)               \
	ND_ROW2(and_##ID, T, T, x &y)                                                              \
	ND_ROW2(or_##ID, T, T, x | y)                                                              \
	ND_ROW2(xor_##ID, T, T, x ^ y)                                                             \
	ND_ROW2(max_##ID, T, T, x > y ? x : y)                                                     \
	ND_ROW2(min_##ID, T, T, x < y ? x : y)                                                     \
	ND_COMPARE(ID, T)
#define SIGNED(ID, T)                                                                              \
	COMMON(ID, T)                                                                              \
	ND_ROW2(fdiv_##ID, T, T, floor_div_s(x, y))                                                \
	ND_ROW2(mod_##ID, T, T, mod_s(x, y))
#define UNSIGNED(ID, T)                                                                            \
	COMMON(ID, T)                                                                              \
	ND_ROW2(fdiv_##ID, T, T, floor_div_u(x, y))                                                \
	ND_ROW2(mod_##ID, T, T, mod_u(x, y))

SIGNED(INT8, int8_t)
SIGNED(INT16, int16_t)
SIGNED(INT32, int32_t)
SIGNED(INT64, int64_t)
UNSIGNED(UINT8, uint8_t)
UNSIGNED(UINT16, uint16_t)
UNSIGNED(UINT32, uint32_t)
UNSIGNED(UINT64, uint64_t)

/* bool: + and maximum are "or", * and minimum are "and" */
ND_ROW2(or_BOOL, uint8_t, uint8_t, (x | y) != 0)
ND_ROW2(and_BOOL, uint8_t, uint8_t, (x && y) != 0)
ND_ROW2(xor_BOOL, uint8_t, uint8_t, !x != !y)
ND_ROW2(lt_BOOL, uint8_t, uint8_t, !x > !y)
ND_ROW2(le_BOOL, uint8_t, uint8_t, !x >= !y)
ND_ROW2(eq_BOOL, uint8_t, uint8_t, !x == !y)
ND_ROW2(gt_BOOL, uint8_t, uint8_t, !x < !y)
ND_ROW2(ge_BOOL, uint8_t, uint8_t, !x <= !y)

NdKernel2 *
nd_kernel_int(NdBin op, DType t)
{
	static NdKernel2 *const table[NB_COUNT][DT_COUNT] = {
#define ROW(OP, fn) [OP] = ND_INT_ROW(fn)
	    ROW(NB_ADD, add),     ROW(NB_SUB, sub), ROW(NB_MUL, mul),    ROW(NB_FLOORDIV, fdiv),
	    ROW(NB_MOD, mod),     ROW(NB_POW, pow), ROW(NB_LSHIFT, shl), ROW(NB_RSHIFT, shr),
	    ROW(NB_AND, and),     ROW(NB_OR, or),   ROW(NB_XOR, xor),    ROW(NB_MAXIMUM, max),
	    ROW(NB_MINIMUM, min), ROW(NB_LT, lt),   ROW(NB_LE, le),      ROW(NB_EQ, eq),
	    ROW(NB_NE, ne),       ROW(NB_GT, gt),   ROW(NB_GE, ge),
#undef ROW
	};
	static NdKernel2 *const bools[NB_COUNT] = {
	    [NB_ADD] = or_BOOL,      [NB_MUL] = and_BOOL,    [NB_AND] = and_BOOL, [NB_OR] = or_BOOL,
	    [NB_XOR] = xor_BOOL,     [NB_MAXIMUM] = or_BOOL, [NB_LT] = lt_BOOL,   [NB_LE] = le_BOOL,
	    [NB_EQ] = eq_BOOL,       [NB_NE] = xor_BOOL,     [NB_GT] = gt_BOOL,   [NB_GE] = ge_BOOL,
	    [NB_MINIMUM] = and_BOOL,
	};

	return t == DT_BOOL ? bools[op] : table[op][t];
}

#define MIXED(NAME, expr)                                                                          \
	static void NAME(char *o, const char *a, int64_t sa, const char *b, int64_t sb, int64_t n) \
	{                                                                                          \
		for (int64_t i = 0; i < n; i++, a += sa, b += sb) {                                \
			int64_t x;                                                                 \
			uint64_t y;                                                                \
			int c;                                                                     \
			memcpy(&x, a, sizeof x);                                                   \
			memcpy(&y, b, sizeof y);                                                   \
			c = x < 0 || U(x) < y ? -1 : U(x) > y;                                     \
			o[i] = (expr);                                                             \
		}                                                                                  \
	}
MIXED(lt_mixed, c < 0)
MIXED(le_mixed, c <= 0)
MIXED(eq_mixed, c == 0)
MIXED(ne_mixed, c != 0)
MIXED(gt_mixed, c > 0)
MIXED(ge_mixed, c >= 0)

NdKernel2 *
nd_kernel_mixed(NdBin op)
{
	static NdKernel2 *const table[] = {lt_mixed, le_mixed, eq_mixed,
	                                   ne_mixed, gt_mixed, ge_mixed};

	return table[op - NB_LT];
}
