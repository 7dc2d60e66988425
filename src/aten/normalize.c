/* normalize.c: batch, instance, group and layer norms, and the one by the mean of squares. */
#include "parts.h"

/* ---- by the batch, or by running statistics ---- */

typedef struct BatchNorm {
	Var *x, *mean, *variance, *weight, *bias, *eps;
	bool training;
} BatchNorm;

/* x less its mean, and its variance about it, over all dimensions but the channels. */
static Var *
of_this_batch(AtenCtx *c, BatchNorm *n)
{
	uint32_t rank = rank_of(n->x), k = 0;
	int64_t *axes = newn(c->arena, int64_t, rank);
	for (uint32_t i = 0; i < rank; i++)
		if (i != 1)
			axes[k++] = i;
	n->mean = OP(reduce_mean, X(n->x), INTS("axes", axes, k), BOOL("keep_dims", true));
	Var *d = OP(sub, X(n->x), Y(n->mean));
	Var *square = OP(mul, X(d), Y(d));
	n->variance = OP(reduce_mean, X(square), INTS("axes", axes, k), BOOL("keep_dims", true));
	return d;
}

/* In single operations, for what the operation cannot take. */
static Var *
batch_norm_parts(AtenCtx *c, BatchNorm *n)
{
	uint32_t rank = rank_of(n->x);
	int64_t *to;
	Var *d, *shape;
	if (n->training || !n->mean || !n->variance) {
		d = of_this_batch(c, n);
		shape = OP(shape, X(n->variance));
	} else {
		to = per_dim(c, rank, 1);
		to[1] = dims_known(n->mean) ? dim_of(n->mean, 0) : -1;
		shape = ints(c, to, rank);
		n->mean = OP(reshape, X(n->mean), VAR("shape", shape));
		d = OP(sub, X(n->x), Y(n->mean));
		n->variance = OP(reshape, X(n->variance), VAR("shape", shape));
	}
	Var *s = OP(add, X(n->variance), Y(n->eps));
	s = OP(sqrt, X(s));
	const Str *name = c->node->name;
	bool last = !n->weight && !n->bias;
	Var *y = aten_op(c, OP_real_div, last ? name : PART_NAME("_div"), ARGS(X(d), Y(s)));
	if (n->weight) {
		Var *w = OP(reshape, X(n->weight), VAR("shape", shape));
		y = aten_op(c, OP_mul, n->bias ? PART_NAME("_mul") : name, ARGS(X(y), Y(w)));
	}
	if (n->bias) {
		Var *b = OP(reshape, X(n->bias), VAR("shape", shape));
		y = NAMED(add, X(y), Y(b));
	}
	return y;
}

/* Before iOS17 all have the input's type; since then one of their own. */
static void
one_type(AtenCtx *c, BatchNorm *n)
{
	Var **p[5] = {&n->mean, &n->variance, &n->weight, &n->bias, &n->eps}, *v[5];
	for (int i = 0; i < 5; i++) {
		v[i] = *p[i];
		if (!ios(c, IOS17) && dtype_of(v[i]) != dtype_of(n->x))
			v[i] = cast(c, v[i], dtype_of(n->x));
	}
	if (ios(c, IOS17))
		promote(c, v, 5);
	for (int i = 0; i < 5; i++)
		*p[i] = v[i];
}

static Var *
batch_norm_op(AtenCtx *c, const BatchNorm *n, Var *x, const Str *name)
{
	return aten_op(c, OP_batch_norm, name,
	               ARGS(X(x), VAR("mean", n->mean), VAR("variance", n->variance),
	                    VAR("gamma", n->weight), VAR("beta", n->bias),
	                    VAR("epsilon", n->eps)));
}

HANDLER(batch_norm)
{
	BatchNorm n = {
	    .x = operand(c, "input"),
	    .weight = operand_or_none(c, "weight"),
	    .bias = operand_or_none(c, "bias"),
	    .mean = operand_or_none(c, "running_mean"),
	    .variance = operand_or_none(c, "running_var"),
	    .eps = operand(c, "eps"),
	    .training = bool_operand(c, "training", false),
	};
	uint32_t rank = rank_of(n.x);
	if (!c->failed && (rank < 2 || rank > 5))
		aten_fail(c, "batch_norm is of tensors of rank 2 to 5, this one has %u", rank);
	if (c->failed)
		return;
	if (n.training || !n.mean || !n.variance || !n.mean->val || !n.variance->val ||
	    !n.weight || !n.bias) {
		RESULT(batch_norm_parts(c, &n));
		return;
	}
	one_type(c, &n);
	if (rank > 2) {
		RESULT(batch_norm_op(c, &n, n.x, c->node->name));
		return;
	}
	Var *y = PART(expand_dims, "_rank2_expansion", X(n.x), LIT("axes", -1));
	y = batch_norm_op(c, &n, y, PART_NAME("_batch_norm_1d"));
	RESULT(NAMED(squeeze, X(y), LIT("axes", -1)));
}

HANDLER(instance_norm)
{
	RESULT(NAMED(instance_norm, X(operand(c, "input")),
	             VAR("gamma", operand_or_none(c, "weight")),
	             VAR("beta", operand_or_none(c, "bias")), VAR("epsilon", operand(c, "eps"))));
}

/* ---- by groups of channels ---- */

static bool
group_sizes(AtenCtx *c, const Var *x, int64_t groups, int64_t *size)
{
	if (c->failed)
		return false;
	if (rank_of(x) < 2 || !dim_known(dim_of(x, 0)) || !dim_known(dim_of(x, 1)))
		aten_fail(c, "group_norm needs a known batch and number of channels: give the "
		             "first two dimensions fixed sizes");
	else if (groups < 1)
		aten_fail(c, "group_norm in %lld groups is not possible", (long long)groups);
	if (c->failed)
		return false;
	size[0] = dim_of(x, 0);
	size[1] = MAX(MIN(groups, dim_of(x, 1)), 1);
	size[2] = dim_of(x, 1) / size[1];
	return true;
}

/* The shape with groups apart, and that of x itself. */
static void
group_shapes(AtenCtx *c, Var *x, const int64_t *size, Var **apart, Var **own)
{
	uint32_t rank = rank_of(x);
	bool known = true;
	for (uint32_t i = 2; i < rank; i++)
		known &= dim_known(x->type->dim[i]);
	if (!known) {
		*own = OP(shape, X(x));
		Var *rest = OP(slice_by_size, X(*own), LIT("begin", 2), LIT("size", -1));
		Var *both[2] = {ints(c, size, 3), rest};
		*apart = concat_numbers(c, both, 2);
		return;
	}
	int64_t *to = newn(c->arena, int64_t, rank + 1);
	memcpy(to, size, 3 * sizeof *to);
	for (uint32_t i = 2; i < rank; i++)
		to[i + 1] = x->type->dim[i];
	*apart = ints(c, to, rank + 1);
	*own = ints(c, x->type->dim, rank);
}

static Var *
group_norm(AtenCtx *c, int64_t groups)
{
	Var *x = operand(c, "input"), *apart, *own;
	Var *weight = operand_or_none(c, "weight"), *bias = operand_or_none(c, "bias");
	double eps = float_operand(c, "eps", 1e-5);
	int64_t size[3];
	if (!group_sizes(c, x, groups, size))
		return 0;
	uint32_t rank = rank_of(x);
	int64_t *axes = count_from(c, 2, rank), *channels = per_dim(c, rank, 1);
	channels[1] = dim_of(x, 1);
	group_shapes(c, x, size, &apart, &own);
	x = OP(reshape, X(x), VAR("shape", apart));
	Var *mean = OP(reduce_mean, X(x), INTS("axes", axes, rank - 1), BOOL("keep_dims", true));
	Variance how = {.axis = axes, .naxis = rank - 1, .keep_dims = true};
	Var *s = variance(c, x, &how);
	s = OP(add, X(s), FLT("y", eps));
	s = OP(sqrt, X(s));
	x = OP(sub, X(x), Y(mean));
	x = OP(real_div, X(x), Y(s));
	x = OP(reshape, X(x), VAR("shape", own));
	if (weight) {
		weight = OP(reshape, X(weight), INTS("shape", channels, rank));
		x = OP(mul, X(x), Y(weight));
	}
	if (bias) {
		bias = OP(reshape, X(bias), INTS("shape", channels, rank));
		x = OP(add, X(x), Y(bias));
	}
	return x;
}
HANDLER(group_norm) { RESULT(group_norm(c, int_operand(c, "num_groups", 1))); }
HANDLER(native_group_norm) { RESULT(group_norm(c, int_operand(c, "group", 1))); }

/* ---- by the last dimensions ---- */

/* As many of the last dimensions as normalized_shape has. */
static int64_t *
last_axes(AtenCtx *c, uint32_t *n)
{
	const int64_t *shape = ints_operand(c, "normalized_shape", n);
	return shape ? count_from(c, -(int64_t)*n, *n) : 0;
}

HANDLER(layer_norm)
{
	uint32_t n;
	int64_t *axes = last_axes(c, &n);
	RESULT(NAMED(layer_norm, X(operand(c, "input")), AXES(axes, n),
	             VAR("gamma", operand_or_none(c, "weight")),
	             VAR("beta", operand_or_none(c, "bias")),
	             VAR("epsilon", operand_or_none(c, "eps"))));
}

/* x is divided by its greatest magnitude first, so that its squares fit fp16. */
HANDLER(rms_norm)
{
	uint32_t n;
	int64_t *axes = last_axes(c, &n);
	Var *x = operand(c, "input"), *weight = operand_or_none(c, "weight");
	double eps = float_operand(c, "eps", 1e-5);
	Var *top = PART(abs, "_abs", X(x));
	top = PART(reduce_max, "_max_val", X(top), AXES(axes, n), BOOL("keep_dims", true));
	Var *s = PART(real_div, "_scale", X(x), Y(top));
	s = PART(square, "_square", X(s));
	s = PART(reduce_mean, "_mean_squared", X(s), AXES(axes, n), BOOL("keep_dims", true));
	s = PART(add, "_add_eps", X(s), FLT("y", eps));
	s = PART(sqrt, "_rms", X(s));
	s = PART(mul, "_rms_scaled", X(s), Y(top));
	Var *y = PART(real_div, "_normalized", X(x), Y(s));
	RESULT(weight ? NAMED(mul, X(y), Y(weight)) : y);
}
