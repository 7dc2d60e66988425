/* ane_one_hot.c: a one-hot vector is a comparison with 0, 1, 2 ….
 *
 *   %y = one_hot(indices=%i, one_hot_vector_size=4, on_value=1.0, off_value=0.0)
 *     ->
 *   %e = equal(x=expand_dims(x=cast(x=%i, dtype="fp16"), axes=[-1]), y=[0, 1, 2, 3])
 *   %y = cast(x=%e, dtype="fp16")                      otherwise times (on - off), plus off
 *
 * The engine has no one_hot, but comparisons that feed a cast (the ANE guide's matrix).
 *
 * Left alone: values whose difference is no number of their type, since what is on would not come
 * out; sizes that are not known or above 2048, where fp16 no longer tells whole numbers
 * apart; values that are neither floats nor 1 and 0.
 */
#include "ane_rewrite.h"

#include <math.h>

/* A number of that type. */
static bool
is_exact(DType t, double v)
{
	return t == DT_FP16 ? (double)half_to_float(half_from_double(v)) == v && isfinite(v)
	                    : (double)(float)v == v;
}

/* These values come of arithmetic on 0 and 1 as they are. */
static bool
can_say(const Tensor *on, const Tensor *off)
{
	double high = tensor_f(on, 0), low = tensor_f(off, 0);

	return dtype_is_float(on->dtype) ? is_exact(on->dtype, high - low) : high == 1 && low == 0;
}

/* What is on where e holds. */
static Var *
valued(PassCtx *c, Builder *b, Var *e, const Tensor *on, const Tensor *off)
{
	double high = tensor_f(on, 0), low = tensor_f(off, 0);
	Var *v;

	if (!dtype_is_float(on->dtype))
		return ane_cast(c, b, e, on->dtype);
	v = ane_cast(c, b, e, on->dtype);
	if (high - low != 1)
		v = ane_scalar(c, b, OP_mul, v, high - low);
	return low != 0 ? ane_scalar(c, b, OP_add, v, low) : v;
}

bool
rewrite_ane_one_hot(PassCtx *c, Inst *i)
{
	Var *ix = inst_arg(i, "indices"), *e;
	const Tensor *size = inst_val(i, "one_hot_vector_size");
	const Tensor *on = inst_val(i, "on_value"), *off = inst_val(i, "off_value");
	int64_t n = size ? tensor_i(size, 0) : 0, axis, last = -1;
	int rank = (int)ix->type->rank + 1;
	DType t = on && on->dtype == DT_FP32 ? DT_FP32 : DT_FP16;
	Builder b = pass_builder_before(c, i);
	Tensor *range;

	axis = ane_axis(i, "axis", (uint32_t)rank);
	if (!on || !off || axis < 0 || n < 1 || n > 2048 || !can_say(on, off))
		return false;
	range = tensor_new(c->prog->arena, t, (int64_t[]){n, 1, 1, 1, 1, 1, 1, 1},
	                   (int)MIN(rank - axis, 8));
	for (int64_t k = 0; k < n; k++)
		tensor_set_f(range, k, (double)k);
	if (rank - axis > 8)
		return false;
	last = axis;
	e = ane_expand(c, &b, ane_cast(c, &b, ix, t), &last, 1);
	e = ane_tensor(c, &b, OP_equal, e, range);
	return ane_replace(c, i, valued(c, &b, e, on, off), GONE(i));
}
