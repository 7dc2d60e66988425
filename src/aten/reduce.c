/* reduce.c: reductions along dimensions, running sums, variances. */
#include "parts.h"

/* ---- along dimensions ---- */

/* dim as a list: 0 for all dimensions (None, or an empty list). */
static int64_t *
dims_operand(AtenCtx *c, uint32_t *n)
{
	int64_t *axis = ints_operand(c, "dim", n);
	return *n ? axis : 0;
}

static Var *
reduced(AtenCtx *c, Opcode op, Var *x, const Str *name)
{
	uint32_t n;
	int64_t *axis = dims_operand(c, &n);
	bool keep = bool_operand(c, "keepdim", false);
	return aten_op(c, op, name, ARGS(X(x), AXES(axis, n), BOOL("keep_dims", keep)));
}

/* The handler of all reductions is called mean. */
static const struct {
	const char *name;
	Opcode op;
	bool logic; /* done on 0 and 1 */
} reductions[] = {
    {"mean", OP_reduce_mean, false},
    {"sum", OP_reduce_sum, false},
    {"prod", OP_reduce_prod, false},
    {"logsumexp", OP_reduce_log_sum_exp, false},
    {"all", OP_reduce_min, true},
    {"any", OP_reduce_max, true},
};

HANDLER(mean)
{
	Var *x = operand_n(c, 0);
	const char *key = c->node->key->s;
	size_t n = strcspn(key, "."), i = 0;
	n -= n && key[n - 1] == '_';
	while (i + 1 < countof(reductions) &&
	       (strlen(reductions[i].name) != n || memcmp(reductions[i].name, key, n) != 0))
		i++;
	DType t = dtype_of(x);
	if (reductions[i].logic) {
		x = cast(c, x, DT_INT32);
		x = reduced(c, reductions[i].op, x, 0);
		RESULT(cast_named(c, x, DT_BOOL, c->node->name));
		return;
	}
	if (t != DT_FP32 && t != DT_FP16 && t != DT_INT32)
		x = cast(c, x, DT_FP32);
	RESULT(reduced(c, reductions[i].op, x, c->node->name));
}

HANDLER(amax) { RESULT(reduced(c, OP_reduce_max, operand(c, "self"), c->node->name)); }
HANDLER(amin) { RESULT(reduced(c, OP_reduce_min, operand(c, "self"), c->node->name)); }

/* Of everything, of two tensors, or along one dimension with the places of what was found. */
static void
extreme(AtenCtx *c, Opcode reduce, Opcode place, Opcode of_two)
{
	Var *x = operand_n(c, 0);
	if (c->node->nin == 1) {
		RESULT(aten_op(c, reduce, c->node->name, ARGS(X(x))));
		return;
	}
	if (c->node->nin == 2) {
		Var *y = operand_n(c, 1);
		RESULT(aten_op(c, of_two, c->node->name, ARGS(X(x), Y(y))));
		return;
	}
	int64_t dim = int_operand(c, "dim", 0);
	bool keep = bool_operand(c, "keepdim", false);
	Var *out[2];
	out[0] = aten_op(c, reduce, 0, ARGS(X(x), LIT("axes", dim), BOOL("keep_dims", keep)));
	out[1] = aten_op(c, place, 0, ARGS(X(x), INT("axis", dim), BOOL("keep_dims", keep)));
	results(c, out, 2);
}
HANDLER(max) { extreme(c, OP_reduce_max, OP_reduce_argmax, OP_maximum); }
HANDLER(min) { extreme(c, OP_reduce_min, OP_reduce_argmin, OP_minimum); }

/* What PyTorch computes is not what the peer makes of it: the model is the peer's. */
static void
warn_peer(AtenCtx *c, const char *what)
{
	diag_warning(c->diag, c->node->at, "%s, as in coremltools: not what PyTorch computes",
	             what);
}

HANDLER(argmax)
{
	Opcode op = node_is(c, "argmax") ? OP_reduce_argmax : OP_reduce_argmin;
	Var *x = operand(c, "self");
	bool keep = bool_operand(c, "keepdim", false);
	int64_t dim = int_operand(c, "dim", -1);
	if (!operand_is_there(c, "dim") && rank_of(x) > 1)
		warn_peer(c, "without dim it takes the last dimension");
	RESULT(aten_op(c, op, c->node->name,
	               ARGS(X(x), INT("axis", dim), BOOL("keep_dims", keep))));
}

/* ---- running sums and products ---- */

HANDLER(cumsum)
{
	Var *x = operand(c, "self"), *dim = operand(c, "dim");
	DType t = dtype_operand(c, "dtype", DT_NONE);
	if (dtype_of(x) == DT_BOOL)
		x = cast(c, x, DT_INT32);
	if (node_is(c, "cumsum")) {
		if (t != DT_NONE && t != dtype_of(x))
			x = cast(c, x, t);
		RESULT(NAMED(cumsum, X(x), VAR("axis", dim)));
		return;
	}
	x = OP(exp, X(x));
	x = OP(cumsum, X(x), VAR("axis", dim));
	RESULT(NAMED(log, X(x)));
}

HANDLER(cumprod) /* each element times the one before it, one after the other */
{
	enum { MOST = 1 << 16 };
	Var *x = operand(c, "self");
	int64_t dim = int_operand(c, "dim", 0);
	Dim size = dim_of(x, axis_of(c, dim, rank_of(x)));
	if (!c->failed && (!dim_known(size) || size > MOST))
		aten_fail(c, "cumprod is two operations for each element: its dimension must be "
		             "known and at most %d",
		          MOST);
	for (int64_t i = 1; i < size && !c->failed; i++) {
		Var *last = OP(gather, X(x), LIT("indices", i - 1), INT("axis", dim));
		x = OP(scatter, VAR("data", x), LIT("indices", i), VAR("updates", last),
		       INT("axis", dim), STR("mode", "mul"));
	}
	RESULT(x);
}

/* ---- variances ---- */

/* How many elements one variance is over, as fp32. */
static Var *
count_along(AtenCtx *c, Var *x, const Variance *v)
{
	Var *shape = OP(shape, X(x));
	if (v->axis) {
		Var **size = newn(c->arena, Var *, v->naxis);
		for (uint32_t i = 0; i < v->naxis; i++)
			size[i] = value_at(c, shape, v->axis[i], 0);
		shape = concat_numbers(c, size, v->naxis);
	}
	Var *n = OP(reduce_prod, X(shape));
	return cast(c, n, DT_FP32);
}

Var *
variance(AtenCtx *c, Var *x, const Variance *v)
{
	Var *mean = OP(reduce_mean, X(x), AXES(v->axis, v->naxis), BOOL("keep_dims", true));
	Var *d = OP(sub, X(x), Y(mean));
	d = OP(square, X(d));
	Var *y = OP(reduce_mean, X(d), AXES(v->axis, v->naxis), BOOL("keep_dims", v->keep_dims));
	if (!v->corrected)
		return y;
	Var *n = count_along(c, x, v);
	Var *less = v->unbiased ? flt(c, 1) : cast(c, flt(c, v->correction), DT_FP32);
	less = OP(sub, X(n), Y(less));
	less = OP(real_div, X(n), Y(less));
	return OP(mul, X(y), Y(less));
}

/* TorchScript's var and std have all signatures: unbiased or a correction. */
static Var *
variance_of(AtenCtx *c)
{
	Variance v = {.keep_dims = bool_operand(c, "keepdim", false)};
	v.axis = dims_operand(c, &v.naxis);
	if (schema_arg(c->node->schema, "correction") >= 0) {
		v.correction = float_operand(c, "correction", 0);
		v.corrected = c->exported ? operand_is_there(c, "correction")
		                          : v.correction != 0;
		v.unbiased = !c->exported && v.corrected;
		if (c->exported && !v.corrected)
			warn_peer(c, "without a correction the variance is the biased one");
	} else {
		v.unbiased = v.corrected = bool_operand(c, "unbiased", true);
	}
	return variance(c, operand_n(c, 0), &v);
}

HANDLER(var) { RESULT(variance_of(c)); }
HANDLER(std) { RESULT(OP(sqrt, X(variance_of(c)))); }
