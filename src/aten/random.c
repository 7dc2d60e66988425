/* random.c: random tensors. The numbers are drawn when the model runs. */
#include "broadcast.h"
#include "dtypes.h"

static Var *
limit(AtenCtx *c, double v, DType t)
{
	return OP(cast, FLT("x", v), STR("dtype", dtype_info[t].mil));
}

static Var *
uniform(AtenCtx *c, Var *shape, Var *low, Var *high)
{
	return OP(random_uniform, VAR("shape", shape), VAR("low", low), VAR("high", high));
}

/* The upper end of random_uniform may come out, that of randint may not. */
HANDLER(randint)
{
	bool from = operand_is_there(c, "low");
	Var *low = from ? cast(c, operand(c, "low"), DT_FP32) : flt(c, 0), *most, *x;
	Var *high = cast(c, operand(c, "high"), DT_FP32);
	Var *shape = size_operand(c);

	if (!c->failed && !shape->val)
		aten_fail(c, "a size that is known at run time alone is not supported here");
	x = cast(c, uniform(c, shape, low, high), DT_INT32);
	most = OP(sub, X(cast(c, high, DT_INT32)), INT("y", 1));
	RESULT(NAMED(minimum, X(x), Y(most)));
}

HANDLER(rand)
{
	Var *shape = size_operand(c);
	Var *low = limit(c, 0, DT_FP32), *high = limit(c, 1, DT_FP32);

	RESULT(uniform(c, shape, low, high));
}

HANDLER(rand_like)
{
	Var *x = operand_n(c, 0);
	DType t = c->exported ? dtype_of(x) : dtype_operand(c, "dtype", dtype_of(x));
	Var *low, *high;

	if (c->failed)
		return;
	low = limit(c, 0, t), high = limit(c, 1, t);
	RESULT(uniform(c, OP(shape, X(x)), low, high));
}

static void
normal(AtenCtx *c, Var *shape)
{
	Var *x = OP(random_normal, VAR("shape", shape));

	if (dtype_operand(c, "dtype", DT_FP32) == DT_COMPLEX64)
		aten_fail(c, "random complex numbers are not supported: make them of two tensors "
		             "with torch.complex");
	RESULT(cast_named(c, x, DT_FP32, c->node->name));
}

HANDLER(randn)
{
	normal(c, size_operand(c));
}

HANDLER(randn_like)
{
	normal(c, OP(shape, X(operand_n(c, 0))));
}

HANDLER(multinomial)
{
	Var *x = operand_n(c, 0);
	int64_t n = int_operand(c, "num_samples", 1);

	if (!c->failed && n > 1 && !bool_operand(c, "replacement", false))
		aten_fail(c, "%lld samples without replacement are not supported: pass "
		             "replacement=True, or draw one",
		          (long long)n);
	RESULT(NAMED(random_categorical, X(x), STR("mode", "probs"), INT("size", n)));
}
