/* map.c: elementwise ops that are one formula. */
#include "map.h"

MAP_BINARY(add, v_add(x, y))
MAP_BINARY(sub, v_sub(x, y))
MAP_BINARY(mul, v_mul(x, y))
MAP_UNARY(relu, v_select(v_lt(x, v_zero()), v_zero(), x))

#define SAME(op, operands)                                                                         \
	bool FAST(map_##op)(const Eval *e, const bool *known, MapOp *m)                            \
	{                                                                                          \
		(void)known;                                                                       \
		return map_same(e, m, op, operands);                                               \
	}
SAME(add, 2)
SAME(sub, 2)
SAME(mul, 2)
SAME(relu, 1)
