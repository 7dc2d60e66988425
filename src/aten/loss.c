/* loss.c: losses: what they are per element, then the mean or the sum of it. */
#include "parts.h"

typedef enum Reduction { KEEP, MEAN, SUM } Reduction;

static Reduction
reduction_of(AtenCtx *c)
{
	int64_t r = int_operand(c, "reduction", MEAN);
	if (r < KEEP || r > SUM)
		aten_fail(c, "the reduction %lld of a loss is not known; it is 0, 1 or 2",
		          (long long)r);
	return (Reduction)r;
}

static void
loss_of_differences(AtenCtx *c, bool squared)
{
	Reduction r = reduction_of(c);
	Var *d = OP(sub, X(operand(c, "self")), Y(operand(c, "target")));
	const Str *name = r == KEEP ? c->node->name : 0;
	d = squared ? aten_op(c, OP_mul, name, ARGS(X(d), Y(d)))
	            : aten_op(c, OP_abs, name, ARGS(X(d)));
	if (r == MEAN)
		d = NAMED(reduce_mean, X(d));
	else if (r == SUM)
		d = NAMED(reduce_sum, X(d));
	RESULT(d);
}
HANDLER(mse_loss) { loss_of_differences(c, true); }
HANDLER(l1_loss) { loss_of_differences(c, false); }

HANDLER(nll_loss)
{
	Reduction r = reduction_of(c);
	Var *x = operand(c, "self"), *target = operand(c, "target");
	if (operand_is_there(c, "weight"))
		aten_fail(c, "nll_loss with a weight for each class is not there: leave it out");
	if (int_operand(c, "ignore_index", -100) != -100)
		aten_fail(c, "nll_loss with ignore_index is not there: leave it out");
	Dim batch = dim_of(x, 0), classes = dim_of(x, 1);
	bool known = rank_of(x) >= 2 && dim_known(classes) && (r != MEAN || dim_known(batch));
	if (!c->failed && !known)
		aten_fail(c, "nll_loss needs a known batch and number of classes: give the first "
		             "two dimensions fixed sizes");
	if (c->failed)
		return;
	x = cast(c, x, DT_FP32);
	x = OP(mul, X(x), FLT("y", -1));
	target = cast(c, target, DT_INT32);
	Var *labels = OP(one_hot, VAR("indices", target), INT("one_hot_vector_size", classes));
	labels = cast(c, labels, DT_FP32);
	Var *loss = OP(mul, X(x), Y(labels));
	loss = OP(reduce_sum, X(loss), LIT("axes", 1));
	if (r == KEEP) {
		RESULT(NAMED(identity, X(loss)));
		return;
	}
	if (r == MEAN)
		loss = OP(real_div, X(loss), FLT("y", (double)batch));
	RESULT(NAMED(reduce_sum, X(loss), LIT("axes", 0), BOOL("keep_dims", false)));
}
