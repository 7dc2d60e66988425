/* add_int16_cast.c: indices are kept in 16 bits where the op takes them (cast_types.h shows it):
 * uint16 for constants without negative values, int16 otherwise. Constants that fit neither, and
 * indices into dimensions that int16 cannot count, stay int32. The option op_selector says which
 * ops are looked at.
 */
#include "cast_types.h"

static bool
wanted(PassCtx *c, const Inst *i, const OpSelector *selector)
{
	(void)c;
	return i->op->flags & SHORT && (!selector || selector->select(selector->ctx, i));
}

static DType
narrowest(const Tensor *t)
{
	int64_t lo = INT64_MAX, hi = INT64_MIN;

	for (int64_t k = 0; k < t->count; k++) {
		lo = MIN(lo, tensor_i(t, k));
		hi = MAX(hi, tensor_i(t, k));
	}
	if (t->count == 0 || (lo >= 0 && hi <= UINT16_MAX))
		return DT_UINT16;
	return lo >= INT16_MIN && hi <= INT16_MAX ? DT_INT16 : DT_NONE;
}

/* The indexed dimension has more entries than an int16 that is not constant can name. */
static bool
too_large(const Inst *i, const Var *v)
{
	const Tensor *axis = inst_val(i, "axis");
	const Type *x = inst_arg(i, "x")->type;
	int64_t a;

	if (v->val || !axis || x->kind != TY_TENSOR)
		return false;
	a = tensor_i(axis, 0);
	a += a < 0 ? x->rank : 0;
	return a >= 0 && a < x->rank && x->dim[a] > INT16_MAX;
}

static DType
target(PassCtx *c, const Inst *i, int p)
{
	const Param *q = &i->op->param[p];
	const Var *v = inst_argn(i, p);
	DType to = DT_INT16;

	(void)c;
	if (!v || v->type->kind != TY_TENSOR)
		return DT_NONE;
	if (v->type->dtype == DT_STRING)
		return !v->val || !str_is(((const Str *const *)v->val->data)[0], "int32") ? DT_NONE
		       : i->op->code == OP_topk                                          ? DT_UINT16
		                                                                         : DT_INT16;
	if (v->type->dtype != DT_INT32)
		return DT_NONE;
	if (var_is_const(v))
		to = narrowest(v->val);
	else if (inst_is(v->def, OP_cast) && inst_arg(v->def, "x")->type->dtype == DT_UINT16)
		to = DT_UINT16;
	if (to == DT_NONE || !(q->mask & 1u << to) || i->parent->func->opset < IOS17)
		return DT_NONE;
	if ((i->op->code == OP_gather || i->op->code == OP_gather_along_axis) &&
	    strcmp(q->name, "indices") == 0 && too_large(i, v))
		return DT_NONE;
	return to;
}

bool
pass_add_int16_cast(PassCtx *c)
{
	static const CastRule rule = {DT_INT32, target, wanted, false, NULL};

	return cast_types(c, &rule);
}
