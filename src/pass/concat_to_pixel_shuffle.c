/* concat_to_pixel_shuffle.c: four images interleaved in height and width.
 *
 *   %p = concat(values=(%a, %b), axis=2, interleave=true)
 *   %q = concat(values=(%c, %d), axis=2, interleave=true)
 *   %y = concat(values=(%p, %q), axis=3, interleave=true)
 *   becomes
 *   %s = concat(values=(%a, %c, %b, %d), axis=1, interleave=true)
 *   %y = pixel_shuffle(x=%s, upscale_factor=2)
 */
#include "match.h"

/* Interleaves two values of rank 4 along the axis. */
static bool
interleaves(const Inst *i, int64_t axis)
{
	const Tensor *a;

	if (!inst_is(i, OP_concat) || inst_args(i, "values")->n != 2 ||
	    !var_has_rank(inst_arg(i, "values"), 4))
		return false;
	a = inst_val(i, "axis");
	return a && tensor_i(a, 0) == axis && inst_int(i, "interleave");
}

static bool
is_used_once(const Var *v)
{
	return !var_leaves_block(v) && var_only_child(v);
}

bool
rewrite_concat_to_pixel_shuffle(PassCtx *c, Inst *wide)
{
	Inst *row[2];
	Operand item[4];
	Builder b;
	Var *y;

	if (!interleaves(wide, 3))
		return false;
	for (uint32_t k = 0; k < 2; k++) {
		row[k] = arg_at(inst_args(wide, "values"), k)->def;
		if (!interleaves(row[k], 2) || !is_used_once(row[k]->out[0]))
			return false;
		item[k] = (Operand)VAR("values", arg_at(inst_args(row[k], "values"), 0));
		item[k + 2] = (Operand)VAR("values", arg_at(inst_args(row[k], "values"), 1));
	}
	b = builder_at(c, wide, wide);
	y = build1(&b, OP_concat, name_new(c, "concat"),
	           ARGS({.kind = A_LIST, .name = "values", .list = {item, 4}}, INTC(&b, "axis", 1),
	                BOOLC(&b, "interleave", true)));
	y = build1(&b, OP_pixel_shuffle, name_new(c, "pixel_shuffle"),
	           ARGS(VAR("x", y), INTC(&b, "upscale_factor", 2)));
	return pass_replace(wide->out[0], y, GONE(row[0], row[1], wide));
}
