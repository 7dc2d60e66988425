/* lift_random.c: lifting of layers that make random numbers. The names say which distribution it is
 * and where the shape comes from: "randomNormalStatic", "randomUniformLike" … */
#include "lift.h"

static const struct Random {
	const char *prefix;
	Opcode op;
	const char *field[2], *param[2];
} randoms[] = {
    {"randomBernoulli", OP_random_bernoulli, {"prob", NULL}, {"prob", NULL}},
    {"randomNormal", OP_random_normal, {"mean", "stdDev"}, {"mean", "stddev"}},
    {"randomUniform", OP_random_uniform, {"minVal", "maxVal"}, {"low", "high"}},
};

bool
lift_random(Lift *l)
{
	const struct Random *r = randoms;
	const char *how;
	Operand arg[4];
	uint32_t n = 1;
	Var *v;

	while (strncmp(r->prefix, l->kind, strlen(r->prefix)))
		r++;
	how = l->kind + strlen(r->prefix);
	if (!strcmp(how, "Static")) {
		arg[0] = (Operand)TENSOR("shape", lift_ints(l, "outputShape"));
	} else {
		if (!(v = lift_input(l, 0)))
			return false;
		if (!strcmp(how, "Like"))
			v = lift_op(l, OP_shape, ARGS(VAR("x", v)));
		arg[0] = (Operand)VAR("shape", v);
	}
	for (size_t k = 0; k < 2 && r->field[k]; k++)
		arg[n++] = (Operand){.kind = A_TENSOR, .name = r->param[k],
		    .tensor = lift_float(l, r->field[k])};
	arg[n++] = (Operand)TENSOR("seed", lift_int(l, "seed"));
	return lift_result(l, lift_op(l, r->op, arg, n));
}

bool
lift_categorical(Lift *l)
{
	bool logits = msg_get_int(l->params, "isLogits") != 0;
	double temperature = msg_get_float(l->params, "temperature");

	if (temperature != 0 && temperature != 1)
		return lift_fail(l, "its temperature is %g: others than 1 are not yet supported",
		    temperature);
	return lift_result(l, lift_op(l, OP_random_categorical,
	                              ARGS(VAR("x", lift_input(l, 0)),
	                                   OPSTR(l, "mode", logits ? "logits" : "probs"),
	                                   TENSOR("size", lift_int(l, "numSamples")),
	                                   TENSOR("seed", lift_int(l, "seed")))));
}
