/* cast_optimization.c: a cast to the type a value has goes; of two casts in a row one is enough
 * when the first narrows neither range nor resolution of what the second makes.
 *
 *   %a = cast(x=%x, dtype="fp32")      %x is fp16
 *   %b = cast(x=%a, dtype="fp16")  ->  %c = relu(x=%x)
 *   %c = relu(x=%b)
 *
 *   %a = cast(x=%i8, dtype="fp16")
 *   %b = cast(x=%a, dtype="fp32")  ->  %i8_to_fp32 = cast(x=%i8, dtype="fp32")
 *
 * First casts whose results nobody needs any more are left to dead_code_elimination.
 */
#include "match.h"

/* What a type can tell apart. No row: it does not take part. */
static const struct Reach {
	double low, high, resolution;
} reach[DT_COUNT] = {
    [DT_BOOL] = {0, 1, 1},
    [DT_INT4] = {-8, 7, 1},
    [DT_UINT1] = {0, 1, 1},
    [DT_UINT2] = {0, 3, 1},
    [DT_UINT3] = {0, 7, 1},
    [DT_UINT4] = {0, 15, 1},
    [DT_UINT6] = {0, 63, 1},
    [DT_INT8] = {INT8_MIN, INT8_MAX, 1},
    [DT_UINT8] = {0, UINT8_MAX, 1},
    [DT_INT16] = {INT16_MIN, INT16_MAX, 1},
    [DT_UINT16] = {0, UINT16_MAX, 1},
    [DT_INT32] = {INT32_MIN, INT32_MAX, 1},
    [DT_INT64] = {-0x1p63, 0x1p63, 1},
    [DT_FP16] = {-65504, 65504, 1e-3},
    [DT_FP32] = {-0x1.fffffep127, 0x1.fffffep127, 1e-6},
    [DT_FP64] = {-0x1.fffffffffffffp1023, 0x1.fffffffffffffp1023, 1e-15},
};

static struct Reach
narrow(struct Reach a, DType t)
{
	return (struct Reach){MAX(a.low, reach[t].low), MIN(a.high, reach[t].high),
	                      MAX(a.resolution, reach[t].resolution)};
}

/* from -> mid -> to makes the same as from -> to. */
static bool
mergeable(DType from, DType mid, DType to)
{
	struct Reach direct, both;

	if (reach[from].resolution == 0 || reach[mid].resolution == 0 || reach[to].resolution == 0)
		return false;
	direct = narrow(reach[from], to);
	both = narrow(narrow(reach[from], mid), to);
	return direct.low == both.low && direct.high == both.high &&
	       direct.resolution == both.resolution;
}

/* by in the place of the cast's result. An input that leaves as an output is copied: each keeps its
 * name. */
static void
stand_in(PassCtx *c, Inst *cast, Var *by)
{
	Var *old = cast->out[0];

	if (var_is_function_output(old) && var_is_function_input(by)) {
		Builder b = pass_builder_before(c, cast);
		by = build_must(&b, OP_identity, name_new(c, "identity"), ARGS(VAR("x", by)));
	}
	pass_replace(old, by, GONE(cast));
}

/* `second` reads x itself from now on. */
static void
skip_first(PassCtx *c, Inst *second, Var *x)
{
	Var *v = second->out[0];
	char suffix[24] = "_to_";

	strcat(suffix, dtype_info[v->type->dtype].mil);
	inst_set_arg(second, 0, x);
	inst_name_set(second, name_join(c, x->name, suffix));
	if (!var_is_function_output(v))
		v->name = second->name;
	func_changed(second->parent->func);
}

bool
rewrite_cast_optimization(PassCtx *c, Inst *cast)
{
	Var *x = inst_argn(cast, 0), *v = cast->out[0];
	DType from, mid;
	bool changed = false;

	if (x->type->kind != TY_TENSOR || v->type->kind != TY_TENSOR)
		return false;
	from = x->type->dtype;
	mid = v->type->dtype;
	if (from == mid) {
		stand_in(c, cast, x);
		return true;
	}
	for each_use (u, v) {
		Inst *second = u->user;
		if (!inst_is(second, OP_cast) || second->out[0]->type->kind != TY_TENSOR)
			continue;
		/* A nested one that changes nothing goes on its own. */
		if ((second->out[0]->type->dtype == mid && second->parent != cast->parent) ||
		    !mergeable(from, mid, second->out[0]->type->dtype))
			continue;
		if (second->out[0]->type->dtype == from)
			stand_in(c, second, x);
		else
			skip_first(c, second, x);
		changed = true;
	}
	return changed;
}
