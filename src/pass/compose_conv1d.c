/* compose_conv1d.c: a 2d conv made of a 1d one becomes 1d again.
 *
 *   %e = expand_dims(x=%x, axes=[-2])          %w1 = squeeze(x=%w, axes=[-2])
 *   %c = conv(x=%e, weight=%w, …)          ->  %y = conv(x=%x, weight=%w1, …)
 *   %y = squeeze(x=%c, axes=[-2])
 *
 *   %e = expand_dims(x=%x, axes=[-3])
 *   %t = transpose(x=%e, perm=[0, 3, 1, 2])    %t = transpose(x=%x, perm=[0, 2, 1])
 *   %c = conv(x=%t, weight=%w, …)          ->  %c = conv(x=%t, weight=%w1, …)
 *   %u = transpose(x=%c, perm=[0, 2, 3, 1])    %y = transpose(x=%c, perm=[0, 2, 1])
 *   %y = squeeze(x=%u, axes=[-3])
 */
#include "match.h"

/* The single axis of an expand_dims or squeeze is `axis`, of a result of rank 4. */
static bool
has_axis(const Inst *i, int64_t axis)
{
	int64_t a;

	return val_ints(inst_arg(i, "axes"), &a, 1) == 1 && axis_from_front(a, 4) == axis;
}

static bool
has_perm(const Inst *i, const int64_t *want)
{
	int64_t p[4];

	if (val_ints(inst_arg(i, "perm"), p, 4) != 4)
		return false;
	for (int k = 0; k < 4; k++)
		if (axis_from_front(p[k], 4) != want[k])
			return false;
	return true;
}

/* The last n elements of a known vector, as an operand. */
static const Tensor *
last_of(PassCtx *c, const Inst *conv, const char *param, int n)
{
	int64_t v[TENSOR_MAX_RANK];
	int have = val_ints(inst_arg(conv, param), v, TENSOR_MAX_RANK);

	return have < n ? NULL : ints_tensor(c, v + have - n, n);
}

/* The conv of one dimension less, before `conv`. */
static Var *
conv1d(PassCtx *c, Inst *conv, const Inst *at, Var *x, const Str *name)
{
	const Tensor *strides = last_of(c, conv, "strides", 1), *pad = last_of(c, conv, "pad", 2);
	const Tensor *dilations = last_of(c, conv, "dilations", 1);
	const int64_t axis = -2;
	Builder b = builder_at(c, conv, at);
	Var *w;

	w = build_ints(c, &b, OP_squeeze, NULL, inst_arg(conv, "weight"), "axes", &axis, 1);
	return rewrite_again(&b, conv, name,
	                     ARGS(VAR("x", x), VAR("weight", w), TENSOR("strides", strides),
	                          TENSOR("pad", pad), TENSOR("dilations", dilations)));
}

static bool
is_flat_conv(PassCtx *c, const Inst *conv)
{
	const Type *w = inst_arg(conv, "weight")->type;

	return w->rank == 4 && w->dim[2] == 1 && last_of(c, conv, "strides", 1) &&
	       last_of(c, conv, "pad", 2) && last_of(c, conv, "dilations", 1);
}

static bool
compose(PassCtx *c, Inst *expand)
{
	Inst *conv = inst_follow(expand, OP_conv), *squeeze = inst_follow(conv, OP_squeeze);
	const Type *t;
	Var *y;

	if (!squeeze || !has_axis(expand, 2) || !has_axis(squeeze, 2) || !is_flat_conv(c, conv))
		return false;
	t = conv->out[0]->type;
	if (t->rank != 4 || t->dim[2] != 1)
		return false;
	y = conv1d(c, conv, squeeze, inst_argn(expand, 0), squeeze->out[0]->name);
	return pass_try_replace(c, squeeze->out[0], y, GONE(expand, conv, squeeze));
}

static bool
compose_channel_last(PassCtx *c, Inst *expand)
{
	static const int64_t to_first[] = {0, 3, 1, 2}, to_last[] = {0, 2, 3, 1};
	static const int64_t swap[] = {0, 2, 1};
	Inst *t = inst_follow(expand, OP_transpose), *conv = inst_follow(t, OP_conv);
	Inst *u = inst_follow(conv, OP_transpose), *squeeze = inst_follow(u, OP_squeeze);
	Builder b;
	Var *y;

	if (!squeeze || !has_axis(expand, 1) || !has_axis(squeeze, 1) || !has_perm(t, to_first) ||
	    !has_perm(u, to_last) || !is_flat_conv(c, conv))
		return false;
	b = builder_at(c, conv, t);
	y = build_ints(c, &b, OP_transpose, t->out[0]->name, inst_argn(expand, 0), "perm", swap, 3);
	y = conv1d(c, conv, conv, y, conv->out[0]->name);
	b = builder_at(c, u, squeeze);
	y = build_ints(c, &b, OP_transpose, squeeze->out[0]->name, y, "perm", swap, 3);
	return pass_try_replace(c, squeeze->out[0], y, GONE(expand, t, conv, u, squeeze));
}

bool
rewrite_compose_conv1d(PassCtx *c, Inst *expand)
{
	if (!var_has_rank(inst_argn(expand, 0), 3))
		return false;
	return compose(c, expand) || compose_channel_last(c, expand);
}
