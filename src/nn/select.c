/* select.c: gathering, scattering, the largest elements, random choices. */
#include "lift.h"
#include "lower.h"

/* Rows of a constant matrix that nothing else uses are an embedding. */
bool
nn_gather(Nn *n, const Inst *i)
{
	static const int64_t last = -1;
	const Var *x = inst_arg(i, "x"), *indices = inst_arg(i, "indices");
	int64_t axis = inst_int(i, "axis");
	Blob out = nn_name(n, i->out[0]), in;
	Msg *p;

	if (x->val && x->type->rank == 2 && (axis == 0 || axis == -2) && var_only_user(x) == i) {
		in = nn_expanded(n, nn_blob(n, indices), out, "_expand_dims", &last, 1);
		p = nn_layer1(n, out, "embeddingND", in, out);
		msg_int(p, "vocabSize", x->val->dim[0]);
		msg_int(p, "embeddingSize", x->val->dim[1]);
		nn_weights(n, p, "weights", x->val, true);
		return true;
	}
	return nn_by_row(n, i) != NULL;
}

bool
nn_random_categorical(Nn *n, const Inst *i)
{
	Msg *p = nn_by_row(n, i);

	msg_int(p, "isLogits", nn_word_is(i, "mode", "logits"));
	msg_float(p, "eps", 1e-10);
	msg_float(p, "temperature", 1);
	return true;
}

/* ---- lifting ---- */

/* As many as an input says: all of them in order, cut. */
static bool
topk_by_order(Lift *l, Var *x, Var *count)
{
	int64_t axis = lift_number(l, "axis"), rank, zero[TENSOR_MAX_RANK] = {0};
	Var *order = lift_op(l, OP_argsort,
	                     ARGS(VAR("x", x), TENSOR("axis", lift_int(l, "axis")),
	                          OPBOOL(l, "ascending", lift_number(l, "useBottomK") != 0)));
	Tensor *whole;
	Var *end;

	if (!order)
		return false;
	rank = x->type->rank;
	axis += axis < 0 ? rank : 0;
	whole = tensor_new(l->arena, DT_BOOL, &rank, 1);
	for (int64_t k = 0; k < rank; k++)
		tensor_set_i(whole, k, k != axis);
	end = lift_op(
	    l, OP_tile,
	    ARGS(VAR("x", lift_as(l, count, DT_INT32)), TENSOR("reps", lift_vec(l, &rank, 1))));
	order =
	    lift_op(l, OP_slice_by_index,
	            ARGS(VAR("x", order), TENSOR("begin", lift_vec(l, zero, (size_t)rank)),
	                 VAR("end", end), TENSOR("begin_mask", whole), TENSOR("end_mask", whole)));
	return lift_output(
	           l, 0,
	           lift_op(l, OP_gather_along_axis,
	                   ARGS(VAR("x", x), VAR("indices", order), OPINT(l, "axis", axis)))) &&
	       lift_output(l, 1, order);
}

bool
lift_topk(Lift *l)
{
	const Tensor *k = lift_int(l, "K");
	Var *x = lift_input(l, 0), *count, **outs;
	uint32_t nout;

	if (!x)
		return false;
	if (lift_ninput(l) == 2) {
		count = lift_input(l, 1);
		if (!count)
			return false;
		if (count->type->count != 1)
			return lift_fail(l, "the number of elements is %s, expected one number",
			                 type_str(l->c->types, count->type));
		if (!count->val)
			return topk_by_order(l, x, count);
		k = lift_int32(l, tensor_i(count->val, 0));
	}
	if (!lift_ops(l, OP_topk,
	              ARGS(VAR("x", x), TENSOR("k", k), TENSOR("axis", lift_int(l, "axis")),
	                   OPBOOL(l, "ascending", lift_number(l, "useBottomK") != 0)),
	              &outs, &nout))
		return false;
	return lift_outputs(l, outs, 2);
}

/* Where an index was a scalar in the program, its axis of 1 stands in front of what it picked. */
static Var *
without_front(Lift *l, Var *v, uint32_t rank)
{
	int64_t axes[TENSOR_MAX_RANK];
	uint32_t n = 0;

	for (; v && v->type->rank - n > rank && v->type->dim[n] == 1; n++)
		axes[n] = n;
	return n ? lift_squeezed(l, v, axes, n) : v;
}

bool
lift_scatter(Lift *l)
{
	Var *in[3];

	for (size_t k = 0; k < 3; k++)
		if (!(in[k] = lift_input(l, k)))
			return false;
	in[2] = without_front(l, in[2], in[0]->type->rank + in[1]->type->rank - 1);
	return lift_by_row(l, in);
}

/* Boxes and scores; what steers it stands in fields or comes as inputs. */
bool
lift_nms(Lift *l)
{
	const Tensor *iou = lift_setting(l, 2, "iouThreshold", DT_FP32);
	const Tensor *score = iou ? lift_setting(l, 3, "scoreThreshold", DT_FP32) : NULL;
	const Tensor *most = score ? lift_setting(l, 4, "maxBoxes", DT_INT32) : NULL;
	Var **outs;
	uint32_t nout;

	if (!most)
		return false;
	return lift_ops(l, OP_non_maximum_suppression,
	                ARGS(VAR("boxes", lift_float_var(l, lift_input(l, 0))),
	                     VAR("scores", lift_float_var(l, lift_input(l, 1))),
	                     TENSOR("iou_threshold", iou), TENSOR("score_threshold", score),
	                     TENSOR("max_boxes", most),
	                     OPBOOL(l, "per_class_suppression",
	                            lift_number(l, "perClassSuppression") != 0)),
	                &outs, &nout) &&
	       lift_outputs(l, outs, nout);
}

/* The axis may come as an input. */
bool
lift_cumsum(Lift *l)
{
	const Tensor *axis = lift_setting(l, 1, "axis", DT_INT32);

	return axis && lift_to(l, OP_cumsum,
	                       ARGS(VAR("x", lift_input(l, 0)), TENSOR("axis", axis),
	                            OPBOOL(l, "exclusive", lift_number(l, "excludeFinalSum") != 0),
	                            OPBOOL(l, "reverse", lift_number(l, "reverse") != 0)));
}

/* A temperature divides the logits; probabilities become logits for it. */
bool
lift_categorical(Lift *l)
{
	bool logits = lift_number(l, "isLogits") != 0;
	double temperature = lift_real(l, "temperature", 1);
	Var *x = lift_float_var(l, lift_input(l, 0));

	if (temperature != 1 && !logits) {
		x = lift_op(
		    l, OP_log,
		    ARGS(VAR("x", x), TENSOR("epsilon", lift_one(l, lift_real(l, "eps", 1e-10)))));
		logits = true;
	}
	if (temperature != 1)
		x = lift_xt(l, OP_real_div, x, lift_one(l, temperature));
	Operand arg[4] = {VAR("x", x), OPSTR(l, "mode", logits ? "logits" : "probs")};
	uint32_t n = 2;
	return lift_fields(l, layer_row(l->kind), arg, &n) &&
	       lift_to(l, OP_random_categorical, arg, n);
}
