/* lower_select.c: gathering, scattering, one-hot vectors, ranges and random numbers as layers. */
#include "lower.h"

static double
fraction(const Inst *i, const char *param)
{
	return tensor_f(inst_val(i, param), 0);
}

/* Rows of a constant matrix that nothing else uses are an embedding. */
bool
nn_gather(Nn *n, const Inst *i)
{
	static const int64_t last = -1;
	const Var *x = inst_arg(i, "x"), *indices = inst_arg(i, "indices");
	int64_t axis = inst_int(i, "axis");
	Blob out = nn_name(n, i->out[0]), in[2];
	Msg *p;

	if (x->val && x->type->rank == 2 && (axis == 0 || axis == -2) && var_only_user(x) == i) {
		in[0] = nn_expanded(n, nn_blob(n, indices), out, "_expanded", &last, 1);
		p = nn_layer1(n, out, "embeddingND", in[0], out);
		msg_int(n->arena, p, "vocabSize", x->val->dim[0]);
		msg_int(n->arena, p, "embeddingSize", x->val->dim[1]);
		nn_weights(n, p, "weights", x->val, true);
		return true;
	}
	in[0] = nn_blob(n, x);
	in[1] = nn_blob(n, indices);
	msg_int(n->arena, nn_layer(n, out, "gather", in, 2, &out, 1), "axis", axis);
	return true;
}

bool
nn_scatter(Nn *n, const Inst *i)
{
	static const char *const modes[] = {"update", "add", "sub", "mul", "div", "max", "min"};
	bool nd = i->op->code == OP_scatter_nd;
	const char *layer = nd                          ? "scatterND"
	                    : i->op->code == OP_scatter ? "scatter"
	                                                : "scatterAlongAxis";
	Blob out = nn_name(n, i->out[0]);
	Blob in[3] = {nn_blob(n, inst_arg(i, "data")), nn_blob(n, inst_arg(i, "indices")),
	              nn_blob(n, inst_arg(i, "updates"))};
	Msg *p = nn_layer(n, out, layer, in, 3, &out, 1);
	const Tensor *mode = inst_val(i, "mode");

	for (size_t k = 0; k < countof(modes); k++)
		if (str_is(((const Str *const *)mode->data)[0], modes[k]))
			msg_int(n->arena, p, "mode", (int64_t)k);
	if (!nd)
		msg_int(n->arena, p, "axis", inst_int(i, "axis"));
	return true;
}

bool
nn_one_hot(Nn *n, const Inst *i)
{
	const Var *size = inst_arg(i, "one_hot_vector_size");
	Blob out = nn_name(n, i->out[0]), in[2] = {nn_blob(n, inst_arg(i, "indices"))};
	Msg *p;

	if (!size->val)
		in[1] = nn_blob(n, size);
	p = nn_layer(n, out, "oneHot", in, size->val ? 1 : 2, &out, 1);
	if (size->val)
		msg_int(n->arena, p, "oneHotVectorSize", tensor_i(size->val, 0));
	msg_int(n->arena, p, "axis", inst_int(i, "axis"));
	msg_float(n->arena, p, "onValue", fraction(i, "on_value"));
	msg_float(n->arena, p, "offValue", fraction(i, "off_value"));
	return true;
}

bool
nn_range(Nn *n, const Inst *i)
{
	const Tensor *start = inst_val(i, "start"), *step = inst_val(i, "step");
	size_t nin = !step ? 3 : !start ? 2 : 1;
	Blob out = nn_name(n, i->out[0]), in[3] = {nn_blob(n, inst_arg(i, "end"))};
	Msg *p;

	if (nin > 1)
		in[1] = nn_blob(n, inst_arg(i, "start"));
	if (nin > 2)
		in[2] = nn_blob(n, inst_arg(i, "step"));
	p = nn_layer(n, out, "rangeDynamic", in, nin, &out, 1);
	msg_float(n->arena, p, "startValue", start ? tensor_f(start, 0) : 0);
	msg_float(n->arena, p, "stepSizeValue", step ? tensor_f(step, 0) : 1);
	return true;
}

/* ---- random numbers ---- */

static const struct Random {
	Opcode op;
	const char *layer[2]; /* for a shape that is known, and for others */
	const char *field[2], *param[2];
} randoms[] = {
    {OP_random_bernoulli, {"randomBernoulliStatic", "randomBernoulliDynamic"}, {"prob"}, {"prob"}},
    {OP_random_normal, {"randomNormalStatic", "randomNormalDynamic"}, {"mean", "stdDev"},
     {"mean", "stddev"}},
    {OP_random_uniform, {"randomUniformStatic", "randomUniformDynamic"}, {"minVal", "maxVal"},
     {"low", "high"}},
};

bool
nn_random(Nn *n, const Inst *i)
{
	const struct Random *r = randoms;
	Blob out = nn_name(n, i->out[0]), in;
	size_t count;
	const int64_t *shape = nn_ints(n, i, "shape", &count);
	Msg *p;

	while (r->op != i->op->code)
		r++;
	if (shape) {
		p = nn_layer(n, out, r->layer[0], NULL, 0, &out, 1);
		msg_ints(n->arena, p, "outputShape", shape, count);
	} else {
		in = nn_blob(n, inst_arg(i, "shape"));
		p = nn_layer1(n, out, r->layer[1], in, out);
	}
	msg_int(n->arena, p, "seed", inst_int(i, "seed"));
	for (size_t k = 0; k < 2 && r->field[k]; k++)
		msg_float(n->arena, p, r->field[k], fraction(i, r->param[k]));
	return true;
}

bool
nn_random_categorical(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]);
	Msg *p = nn_layer1(n, out, "categoricalDistribution", nn_blob(n, inst_arg(i, "x")), out);
	const Tensor *mode = inst_val(i, "mode");

	msg_int(n->arena, p, "numSamples", inst_int(i, "size"));
	msg_int(n->arena, p, "isLogits", str_is(((const Str *const *)mode->data)[0], "logits"));
	msg_int(n->arena, p, "seed", inst_int(i, "seed"));
	msg_float(n->arena, p, "eps", 1e-10);
	msg_float(n->arena, p, "temperature", 1);
	return true;
}
