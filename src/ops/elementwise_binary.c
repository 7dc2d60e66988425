/* elementwise_binary.c: type rules of ops on pairs of elements: x and y have one element type (the
 * row's group sees to it) and are broadcast; comparisons yield bool. */
#include "shapes.h"

static bool
broadcast(Infer *c, DType d)
{
	const Type *t = rule_broadcast_type(c, "x", "y", d);

	return t && infer_set_type(c, 0, t);
}

bool
infer_arith(Infer *c)
{
	return broadcast(c, type_known(c, "x")->dtype);
}

bool
infer_compare(Infer *c)
{
	return broadcast(c, DT_BOOL);
}
