/* noop_elimination.c: instructions that return their operand unchanged go.
 *
 *   %a = add(x=%x, y=0.0)
 *   %b = transpose(x=%a, perm=[0, 1])  ->  %c = relu(x=%x)
 *   %c = relu(x=%b)
 *
 * An output of its block stays: it is what carries the name.
 */
#include "match.h"

static bool
filled_with(const Var *v, double x)
{
	if (v->val)
		return v->type->kind == TY_TENSOR && val_all_equal(v->val, x);
	if (inst_is(v->def, OP_fill)) {
		const Tensor *t = inst_val(v->def, "value");
		return t && val_all_equal(t, x);
	}
	return false;
}

typedef struct Neutral {
	Opcode op;
	bool left;    /* as the first operand too */
	double value; /* that changes nothing */
	bool ints;    /* for integers only: floor_div(x, 1) rounds others */
} Neutral;

/* The operand that a binary operation passes on, or 0. */
static Var *
binary_source(const Inst *i, const Neutral *n)
{
	Var *x = inst_argn(i, 0), *y = inst_argn(i, 1), *from;

	if (n->left && filled_with(x, n->value))
		from = y;
	else if (filled_with(y, n->value))
		from = x;
	else
		return NULL;
	if (n->ints && (from->type->kind != TY_TENSOR || !dtype_is_int(from->type->dtype)))
		return NULL;
	return from->type == i->out[0]->type ? from : NULL;
}

static bool
reverses(const Inst *slice)
{
	const Tensor *stride = inst_val(slice, "stride");

	for (int64_t k = 0; stride && k < stride->count; k++)
		if (tensor_i(stride, k) < 0)
			return true;
	return false;
}

static bool
permutes(const Inst *transpose)
{
	const Tensor *perm = inst_val(transpose, "perm");

	if (!perm)
		return true;
	for (int64_t k = 0; k < perm->count; k++)
		if (axis_from_front(tensor_i(perm, k), (uint32_t)perm->count) != k)
			return true;
	return false;
}

static bool
is_number(const Tensor *t, double x)
{
	return t && t->count == 1 && tensor_f(t, 0) == x;
}

static Var *
source(const Inst *i)
{
	static const Neutral binary[] = {
	    {OP_add, true, 0, false},      {OP_mul, true, 1, false},
	    {OP_floor_div, false, 1, true}, {OP_pow, false, 1, false},
	    {OP_real_div, false, 1, false}, {OP_sub, false, 0, false},
	};
	Var *x = inst_argn(i, 0);

	for (size_t k = 0; k < countof(binary); k++)
		if (binary[k].op == i->op->code)
			return binary_source(i, &binary[k]);
	switch (i->op->code) {
	case OP_identity:
		return x;
	case OP_transpose:
		return permutes(i) ? NULL : x;
	case OP_linear_activation:
		return is_number(inst_val(i, "alpha"), 1) && is_number(inst_val(i, "beta"), 0) ? x
		                                                                             : NULL;
	case OP_slice_by_index:
		return reverses(i) || x->type != i->out[0]->type ? NULL : x;
	default: /* the shape says it all */
		return x->type == i->out[0]->type ? x : NULL;
	}
}

static bool
eliminate(PassCtx *c, Inst *i)
{
	Var *from;

	if (i->nout != 1 || var_leaves_block(i->out[0]))
		return false;
	from = source(i);
	return from && pass_try_replace(c, i->out[0], from, GONE(i));
}

bool
pass_noop_elimination(PassCtx *c)
{
	rewrite_rounds(c,
	               OPS(OP_identity, OP_add, OP_mul, OP_floor_div, OP_pow, OP_real_div, OP_sub,
	                   OP_reshape, OP_split, OP_slice_by_index, OP_slice_by_size, OP_pad,
	                   OP_tile, OP_transpose, OP_upsample_nearest_neighbor,
	                   OP_upsample_bilinear, OP_resize_bilinear, OP_crop,
	                   OP_linear_activation),
	               eliminate);
	return true;
}
