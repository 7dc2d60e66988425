/* small.h: arithmetic on small numbers, which eval.c does on the way and num.c as the first try;
 * what an order says to a comparison. */
#ifndef MILC_SMALL_H
#define MILC_SMALL_H

#include "value.h"

/* a op b where the result fits 64 bits and needs no report; false: take the long way. */
static inline bool
small_ints(BinOp op, int64_t a, int64_t b, int64_t *r)
{
	switch (op) {
	case BIN_ADD:
		return !__builtin_add_overflow(a, b, r);
	case BIN_SUB:
		return !__builtin_sub_overflow(a, b, r);
	case BIN_MUL:
		return !__builtin_mul_overflow(a, b, r);
	case BIN_FLOORDIV:
		if (b == -1 || b == 0)
			return false;
		*r = a / b - (a % b && (a % b ^ b) < 0);
		return true;
	case BIN_MOD:
		if (b == -1 || b == 0)
			return false;
		*r = a % b;
		*r += *r && (*r ^ b) < 0 ? b : 0;
		return true;
	case BIN_RSHIFT:
		*r = a >> MIN(b, 63);
		return b >= 0;
	case BIN_AND:
	case BIN_OR:
	case BIN_XOR:
		*r = op == BIN_AND ? a & b : op == BIN_OR ? a | b : a ^ b;
		return true;
	default:
		return false;
	}
}

/* The same of floats. */
static inline bool
small_floats(BinOp op, double a, double b, double *r)
{
	switch (op) {
	case BIN_ADD:
		*r = a + b;
		return true;
	case BIN_SUB:
		*r = a - b;
		return true;
	case BIN_MUL:
		*r = a * b;
		return true;
	case BIN_TRUEDIV:
		*r = a / b;
		return b != 0;
	default:
		return false;
	}
}

/* Whether op holds of two values in this order: -1, 0, 1; 2: a NaN is in it. */
static inline bool
holds(CmpOp op, int order)
{
	static const uint8_t when[CMP_COUNT] = {
	    [CMP_LT] = 1, [CMP_LE] = 3, [CMP_EQ] = 2, [CMP_NE] = 5, [CMP_GT] = 4, [CMP_GE] = 6};

	return order == 2 ? op == CMP_NE : when[op] >> (order + 1) & 1;
}

#endif
