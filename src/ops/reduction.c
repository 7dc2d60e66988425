/* reduction.c: type rules of reductions. An absent `axes` means all of them, an empty one none. */
#include "shapes.h"

static void
drop_dims(Infer *c, DType d, const bool *drop)
{
	const Type *x = type_known(c, "x");
	bool keep = infer_bool(c, "keep_dims", false);
	Dim *dim = newn(c->arena, Dim, (size_t)x->rank + 1);
	uint32_t n = 0;

	for (uint32_t i = 0; i < x->rank; i++)
		if (!drop[i])
			dim[n++] = x->dim[i];
		else if (keep)
			dim[n++] = 1;
	set_shape(c, 0, d, dim, n);
}

static bool
mark_axis(Infer *c, int64_t axis, bool *drop)
{
	const Type *x = type_known(c, "x");
	int64_t at = axis < 0 ? axis + x->rank : axis;

	if (at < 0 || at >= x->rank)
		return op_clash(c, "axes", "x",
		                "axis %lld is out of range for 'x', which has rank %u",
		                (long long)axis, x->rank);
	if (drop[at])
		return op_error(c, "axes", "'axes' names dimension %lld twice", (long long)at);
	drop[at] = true;
	return true;
}

bool
infer_reduce(Infer *c)
{
	const Type *x = type_known(c, "x");
	bool *drop = newn(c->arena, bool, (size_t)x->rank + 1);
	const int64_t *axes;
	int64_t n;

	if (infer_type(c, "axes")) {
		if (!ints_arg(c, "axes", -1, &axes, &n))
			return false;
		for (int64_t i = 0; i < n; i++)
			if (!mark_axis(c, axes[i], drop))
				return false;
	} else {
		for (uint32_t i = 0; i < x->rank; i++)
			drop[i] = true;
	}
	drop_dims(c, x->dtype, drop);
	return true;
}

static bool
index_dtype(Infer *c, DType *d)
{
	static const char *const int32[] = {"int32", "INT32", "Int32"};
	static const char *const uint16[] = {"uint16", "UINT16", "UInt16", "Uint16"};
	const char *name = infer_str(c, "output_dtype");

	for (size_t i = 0; i < countof(int32); i++)
		if (strcmp(name, int32[i]) == 0)
			return *d = DT_INT32, true;
	for (size_t i = 0; i < countof(uint16); i++)
		if (strcmp(name, uint16[i]) == 0)
			return *d = DT_UINT16, true;
	return op_error(c, "output_dtype",
	                "'output_dtype' is \"%s\", expected \"int32\" or \"uint16\"", name);
}

bool
infer_reduce_arg(Infer *c)
{
	const Type *x = type_known(c, "x");
	bool *drop = newn(c->arena, bool, (size_t)x->rank + 1);
	DType d = DT_INT32;
	uint32_t axis;

	if (c->inst->op->since >= IOS17 && !index_dtype(c, &d))
		return false;
	if (!rank_between(c, "x", 1, -1) || !rank_between(c, "axis", 0, 0) ||
	    !axis_arg(c, "axis", x->rank, &axis))
		return false;
	drop[axis] = true;
	drop_dims(c, d, drop);
	return true;
}
