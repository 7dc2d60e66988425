/* dtypes.c: types of elements, and values of one element as numbers. */
#include "dtypes.h"

/* Numbers and bools; reported otherwise. */
static bool
is_number_type(AtenCtx *c, DType t)
{
	if (t == DT_BOOL || dtype_is_int(t) || dtype_is_float(t))
		return true;
	aten_fail(c, "a cast to %s is not possible: Core ML has no such tensors",
	          dtype_info[t].np);
	return false;
}

DType
castable(const AtenCtx *c, DType t)
{
	if (t == DT_BOOL || t == DT_FP16 || t == DT_FP32 || t == DT_INT32)
		return t;
	if (ios(c, IOS17) && (t == DT_INT8 || t == DT_UINT8 || t == DT_INT16 || t == DT_UINT16))
		return t;
	return dtype_is_float(t) ? DT_FP32 : DT_INT32;
}

Var *
cast_as_possible(AtenCtx *c, Var *v, DType t)
{
	if (c->failed || !is_number_type(c, t))
		return NULL;
	return cast_named(c, v, castable(c, t), c->node->name);
}

/* The type asked for, whichever overload it is; DT_NONE: it stays as it is. */
static DType
target_type(AtenCtx *c)
{
	const Tv *other = operand_of(c, "other");

	if (other->kind == TV_VAR)
		return dtype_of(other->var);
	return dtype_operand(c, "dtype", DT_NONE);
}

HANDLER(to)
{
	const Tv *given = operand_at(c, 0);
	DType t = target_type(c);
	Var *x;

	if (c->failed)
		return;
	if (t == DT_NONE) {
		result_tv(c, 0, *given);
		return;
	}
	x = operand_n(c, 0);
	if (t == DT_BF16)
		t = DT_FP32;
	if (c->failed || !is_number_type(c, t))
		return;
	if (x->val && !is_constexpr_var(x))
		RESULT(aten_const(c, tensor_cast(c->arena, x->val, t), NULL));
	else
		RESULT(cast_as_possible(c, x, t));
}

HANDLER(type_as)
{
	Var *x = operand_n(c, 0), *like = operand_n(c, 1);

	if (dtype_of(x) == dtype_of(like))
		RESULT(NAMED(identity, X(x)));
	else
		RESULT(cast_named(c, x, dtype_of(like), c->node->name));
}

HANDLER(is_floating_point)
{
	bool is = dtype_is_float(dtype_of(operand_n(c, 0)));

	RESULT(aten_const(c, tensor_scalar_bool(c->arena, is), c->node->name));
}

/* By the number that PyTorch has for it. */
HANDLER(dtype)
{
	int64_t n = c10_of_dtype(dtype_of(operand_n(c, 0)));

	result_tv(c, 0, (Tv){.kind = TV_INT, .i = n});
}

/* ---- numbers ---- */

/* The operand as a tensor; 0: it is a number already, and the result. */
static Var *
tensor_or_result(AtenCtx *c)
{
	const Tv *t = operand_at(c, 0);

	if (t->kind == TV_VAR)
		return operand_n(c, 0);
	result_tv(c, 0, *t);
	return NULL;
}

static bool
has_one_element(AtenCtx *c, const Var *x)
{
	for (uint32_t i = 0; i < rank_of(x); i++)
		if (dim_of(x, i) != 1) {
			aten_fail(c, "a tensor of the shape %s is no number: it must have one "
			             "element",
			          shape_str(c->b->prog->types, x->type->dim, rank_of(x)));
			return false;
		}
	return !c->failed;
}

HANDLER(item)
{
	Var *x = tensor_or_result(c);

	if (x && has_one_element(c, x))
		RESULT(rank_of(x) ? NAMED(reduce_max, X(x)) : x);
}

static void
number_as(AtenCtx *c, DType t)
{
	const Tv *given = operand_at(c, 0);
	Var *x;

	if (tv_is_number(given)) {
		double v = tv_float(c, given, "a number");

		result_tv(c, 0,
		          t == DT_BOOL ? (Tv){.kind = TV_BOOL, .i = v != 0}
		                       : (Tv){.kind = TV_INT, .i = (int64_t)v});
		return;
	}
	x = operand_n(c, 0);
	if (!x || !has_one_element(c, x))
		return;
	if (x->val) {
		const Tensor *one = tensor_reshape(c->arena, x->val, NULL, 0);

		RESULT(aten_const(c, tensor_cast(c->arena, one, t), c->node->name));
		return;
	}
	if (rank_of(x))
		x = OP(squeeze, X(x));
	RESULT(cast_named(c, x, t, c->node->name));
}

HANDLER(bool)
{
	number_as(c, DT_BOOL);
}

HANDLER(int)
{
	number_as(c, DT_INT32);
}

/* A number that is known becomes a vector of one. */
HANDLER(numtotensor)
{
	Var *x = operand_n(c, 0);

	if (!x)
		return;
	if (rank_of(x)) {
		aten_fail(c, "expected a number, not a tensor of the shape %s",
		          shape_str(c->b->prog->types, x->type->dim, rank_of(x)));
		return;
	}
	RESULT(x->val ? aten_const(c, tensor_reshape(c->arena, x->val, &(const int64_t){1}, 1),
	                           c->node->name)
	              : x);
}

HANDLER(implicittensortonum)
{
	Var *x = tensor_or_result(c);

	if (!x)
		return;
	if (rank_of(x) > 1 || !has_one_element(c, x)) {
		aten_fail(c, "expected a tensor of one element, not %u dimensions", rank_of(x));
		return;
	}
	RESULT(rank_of(x) ? NAMED(squeeze, X(x)) : x);
}
