/* elementwise_unary.c: type rules of ops on single elements that have more to check than their
 * row says. What yields the type of x is the shared rule `same`. */
#include "shapes.h"

bool
infer_clip(Infer *c)
{
	double lo, hi;

	if (!infer_with_scalars(c))
		return false;
	if (c->inst->op->since >= IOS17) {
		lo = tensor_f(infer_val(c, "alpha"), 0);
		hi = tensor_f(infer_val(c, "beta"), 0);
		if (lo >= hi)
			return op_error(c, "alpha", "'alpha' (%g) must be less than 'beta' (%g)",
			                lo, hi);
	}
	return true;
}

/* Casting the elements of a shape keeps what is known of it: symbols stay, numbers are exact in
 * int32 and fp32. */
static void
cast_symbols(Infer *c, DType to)
{
	const Var *x = inst_arg(c->inst, "x");

	if (x->val || !x->symval || x->type->rank != 1)
		return;
	if (to == DT_INT32 || to == DT_FP32)
		infer_set_symval(c, 0, x->symval);
}

bool
infer_cast(Infer *c)
{
	uint32_t mask = c->inst->op->param[0].mask;
	const char *name = infer_str(c, "dtype");
	DType to = dtype_from_mil(name);
	Buf can = {0};

	if (to == DT_NONE || !(mask >> to & 1)) {
		for (int d = 1; d < DT_COUNT; d++)
			if (mask >> d & 1)
				buf_printf(&can, "%s%s", can.n ? ", " : "", dtype_info[d].mil);
		op_error(c, "dtype", "cannot cast to %s, only to one of %s", name, can.at);
		buf_free(&can);
		return false;
	}
	infer_set_type(c, 0, type_with_dtype(c->types, type_known(c, "x"), to));
	cast_symbols(c, to);
	return true;
}
