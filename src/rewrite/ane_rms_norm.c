/* ane_rms_norm.c: a norm by the root of the mean square is half of a layer norm.
 *
 *   %m = reduce_mean(x=mul(x=%x, y=%x), axes=[-1], keep_dims=true)     also square, pow by 2
 *   %y = mul(x=%x, y=rsqrt(x=add(x=%m, y=1e-5)))                       also real_div by sqrt,
 *     ->                                                               pow by -0.5, inverse
 *   %c = concat(values=(%x, mul(x=%x, y=-1)), axis=-1)
 *   %n = layer_norm(x=%c, axes=[-1], epsilon=1e-5)
 *   %y = %n[…, 0:D]
 *
 * The mean of x and -x is 0, and their variance is the mean square. The norm is native and does not
 * form x * x in fp16, which ends at x = 256 (the zoo's notes on authoring, coremltools' own
 * comments, Anemll). What the result is multiplied by stays as it is.
 *
 * Left alone: several axes, axes whose size is not known or whose double is above `cap` (16384),
 * an epsilon that is not a constant or below 0.
 */
#include "ane_rewrite.h"

#include <math.h>

typedef struct Norm {
	Var *x, *root; /* 1/root is what x is multiplied by */
	Inst *mean;
	double epsilon;
} Norm;

/* The operand that v is the square of, or 0. */
static Var *
squared(const Var *v)
{
	const Inst *i = v->def;

	if (inst_is(i, OP_square))
		return inst_argn(i, 0);
	if (inst_is(i, OP_mul) && inst_argn(i, 0) == inst_argn(i, 1))
		return inst_argn(i, 0);
	return inst_is(i, OP_pow) && val_is_near(inst_arg(i, "y"), 2, 1e-9) ? inst_arg(i, "x")
	                                                                      : NULL;
}

/* v is reduce_mean(x * x), with or without a number added. */
static bool
read_mean(const Var *v, Norm *n)
{
	const Inst *i = v->def;
	double e;

	if (inst_is(i, OP_add)) {
		int column = ane_number(inst_argn(i, 1), &e) ? 0 : 1;
		if (!ane_number(inst_argn(i, 1 - column), &e))
			return false;
		n->epsilon += e;
		i = inst_argn(i, column)->def;
	}
	if (!inst_is(i, OP_reduce_mean) || !ane_flag(i, "keep_dims") || !inst_arg(i, "axes") ||
	    squared(inst_arg(i, "x")) != n->x)
		return false;
	n->mean = (Inst *)(uintptr_t)i;
	return true;
}

static bool
is_root(const Inst *i)
{
	return inst_is(i, OP_sqrt) ||
	       (inst_is(i, OP_pow) && val_is_near(inst_arg(i, "y"), 0.5, 1e-9));
}

/* 1/sqrt(…) */
static bool
read_inverse_root(const Var *v, Norm *n)
{
	const Inst *i = v->def;
	double e;

	if (inst_is(i, OP_rsqrt)) {
		if (ane_number(inst_arg(i, "epsilon"), &e))
			n->epsilon += e;
		return read_mean(inst_argn(i, 0), n);
	}
	if (inst_is(i, OP_pow) && val_is_near(inst_arg(i, "y"), -0.5, 1e-9))
		return read_mean(inst_arg(i, "x"), n);
	if (inst_is(i, OP_real_div) && val_is_near(inst_argn(i, 0), 1, 1e-9))
		i = inst_argn(i, 1)->def;
	else if (inst_is(i, OP_inverse) && val_is_near(inst_arg(i, "epsilon"), 0, 1e-12))
		i = inst_argn(i, 0)->def;
	else
		return false;
	return is_root(i) && read_mean(inst_argn(i, 0), n);
}

/* i is the multiplication of x, or its division. */
static bool
read_norm(const Inst *i, Norm *n)
{
	for (int k = 0; k < 2; k++) {
		*n = (Norm){.x = inst_argn(i, k)};
		if (inst_is(i, OP_mul) && read_inverse_root(inst_argn(i, 1 - k), n))
			return true;
	}
	*n = (Norm){.x = inst_argn(i, 0)};
	return inst_is(i, OP_real_div) && is_root(inst_argn(i, 1)->def) &&
	       read_mean(inst_argn(inst_argn(i, 1)->def, 0), n);
}

bool
rewrite_ane_rms_norm(PassCtx *c, Inst *i)
{
	Builder b = pass_builder_before(c, i);
	int64_t axis, dim;
	Arena *a = c->prog->arena;
	Norm n;
	Var *v;

	if (!ane_is_dtype(i->out[0]) || !read_norm(i, &n) || n.epsilon < 0 ||
	    !isfinite(n.epsilon) || val_ints(inst_arg(n.mean, "axes"), &axis, 1) != 1)
		return false;
	axis = axis_from_front(axis, n.x->type->rank);
	dim = n.x->type->dim[axis];
	if (!dim_known(dim) || dim < 1 || 2 * dim > ane_cap(c))
		return false;
	v = ane_scalar(c, &b, OP_mul, n.x, -1);
	v = ane_concat(c, &b, (Var *[]){n.x, v}, 2, axis);
	v = build1(&b, OP_layer_norm, name_new(c, "layer_norm"),
	           ARGS(VAR("x", v), INTSC(c, "axes", &axis, 1),
	                TENSOR("epsilon", tensor_scalar_f(a, n.x->type->dtype, n.epsilon))));
	return ane_replace(c, i, ane_slice(c, &b, v, (int)axis, 0, dim), GONE(i));
}
