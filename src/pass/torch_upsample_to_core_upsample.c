/* torch_upsample_to_core_upsample.c: resizing to a computed size becomes resizing by a factor.
 *
 *   %y = torch_upsample_bilinear(x=%x, output_height=%h, output_width=%w)
 *   ->  %y = upsample_bilinear(x=%x, scale_factor_height=…, scale_factor_width=…)
 *
 * The factor stands in how the size is computed, as interpolate() does it: %h is mul(…, factor), or
 * cast(floor(cast(mul(…, factor)))); or, where the user wrote size=(2 * h, …),
 * cast(mul(gather(shape(%x), axis), factor)). A size that is 1 goes with a factor of 1.
 */
#include "match.h"

/* The instruction that makes its operand x, if it is that operation. */
static Inst *
made_by(const Inst *i, Opcode op)
{
	Var *x = i ? inst_arg(i, "x") : NULL;

	return x && inst_is(x->def, op) ? x->def : NULL;
}

static bool
is_cast_to(const Inst *i, const char *dtype)
{
	const Tensor *t = inst_is(i, OP_cast) ? inst_val(i, "dtype") : NULL;

	return t && str_is(*(const Str *const *)t->data, dtype);
}

/* … as fp32; 0: it is computed in another way. */
static const Tensor *
factor_given(PassCtx *c, const Var *size)
{
	const Inst *i = size->def;

	if (size->val)
		return size->val->count == 1 && tensor_f(size->val, 0) == 1
		           ? tensor_scalar_f(c->prog->arena, DT_FP32, 1)
		           : NULL;
	if (i && !inst_is(i, OP_mul)) {
		i = is_cast_to(i, "int32") ? made_by(i, OP_floor) : NULL;
		i = i ? made_by(i, OP_cast) : NULL;
		i = is_cast_to(i, "fp32") ? made_by(i, OP_mul) : NULL;
	}
	if (!i || !inst_val(i, "y") || inst_val(i, "y")->count != 1)
		return NULL;
	return tensor_scalar_f(c->prog->arena, DT_FP32, tensor_f(inst_val(i, "y"), 0));
}

/* The factor of the size of that axis of x; 0: it is computed in another way. */
static const Tensor *
factor_of_shape(const Var *size, const Var *x, int64_t axis)
{
	const Inst *mul = is_cast_to(size->def, "int32") ? made_by(size->def, OP_mul) : NULL;
	const Inst *gather = made_by(mul, OP_gather), *shape = made_by(gather, OP_shape);

	if (!shape || inst_arg(shape, "x") != x || !inst_val(gather, "indices") ||
	    inst_int(gather, "indices") != axis || inst_int(gather, "axis"))
		return NULL;
	return inst_val(mul, "y");
}

bool
rewrite_torch_upsample_to_core_upsample(PassCtx *c, Inst *i)
{
	Var *x = inst_arg(i, "x"), *h = inst_arg(i, "output_height");
	Var *w = inst_arg(i, "output_width"), *y;
	const Tensor *fh = factor_given(c, h), *fw = factor_given(c, w);
	bool bilinear = inst_is(i, OP_torch_upsample_bilinear);
	Builder b = pass_builder_before(c, i);

	if (!fh || !fw) {
		fh = factor_of_shape(h, x, 2);
		fw = factor_of_shape(w, x, 3);
	}
	if (!fh || !fw) {
		diag_error(c->prog->diag, i->span,
		           "resizing to a size that is known at run time alone is possible only "
		           "by a constant factor: call interpolate() with scale_factor=");
		c->failed = true;
		return false;
	}
	Operand arg[] = {VAR("x", x), TENSOR("scale_factor_height", fh),
	                 TENSOR("scale_factor_width", fw),
	                 VAR("align_corners", bilinear ? inst_arg(i, "align_corners") : NULL)};

	y = build1(&b, bilinear ? OP_upsample_bilinear : OP_upsample_nearest_neighbor, i->name, arg,
	           bilinear ? 4 : 3);
	return pass_replace(i->out[0], y, GONE(i));
}
