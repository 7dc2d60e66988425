/* lower_elementwise.c: elementwise ops and activations that take more than a row of nn.def. */
#include "lower.h"

#include <math.h>

/* Layers that put a finite scalar constant into the layer itself have one input and `alpha`. */
typedef struct Binary {
	Opcode op;
	const char *same;    /* layer for equal shapes, or for what it can broadcast itself; or 0 */
	const char *general; /* layer that broadcasts */
	const char *scalar_y, *scalar_x; /* with a constant operand y, or x; 0: no such form */
} Binary;
static const Binary binaries[] = {
    {OP_add, "add", "addBroadcastable", "add", "add"},
    {OP_mul, "multiply", "multiplyBroadcastable", "multiply", "multiply"},
    {OP_maximum, "max", "maxBroadcastable", NULL, NULL},
    {OP_minimum, "min", "minBroadcastable", NULL, NULL},
    {OP_sub, NULL, "subtractBroadcastable", NULL, NULL},
    {OP_real_div, NULL, "divideBroadcastable", NULL, NULL},
    {OP_floor_div, NULL, "floorDivBroadcastable", NULL, NULL},
    {OP_mod, NULL, "modBroadcastable", NULL, NULL},
    {OP_pow, NULL, "powBroadcastable", NULL, NULL},
    {OP_equal, NULL, "equal", "equal", "equal"},
    {OP_not_equal, NULL, "notEqual", "notEqual", "notEqual"},
    {OP_greater, NULL, "greaterThan", "greaterThan", "lessThan"},
    {OP_greater_equal, NULL, "greaterEqual", "greaterEqual", "lessEqual"},
    {OP_less, NULL, "lessThan", "lessThan", "greaterThan"},
    {OP_less_equal, NULL, "lessEqual", "lessEqual", "greaterEqual"},
};

static const Binary *
binary_of(Opcode op)
{
	for (size_t k = 0; k < countof(binaries); k++)
		if (binaries[k].op == op)
			return &binaries[k];
	die("no row for opcode %d", (int)op);
}

static bool
finite_scalar(const Var *v)
{
	return v->val && v->type->rank == 0 && isfinite(tensor_f(v->val, 0));
}

void
nn_unary(Nn *n, Blob name, int type, Blob in, Blob out, double alpha)
{
	Msg *p = nn_layer1(n, name, "unary", in, out);

	msg_int(n->arena, p, "type", type);
	msg_float(n->arena, p, "alpha", alpha);
	msg_float(n->arena, p, "scale", 1);
	msg_float(n->arena, p, "epsilon", 1e-6);
}

static void
linear_layer(Nn *n, Blob name, Blob in, Blob out, double alpha)
{
	Msg *p = nn_layer1(n, name, "activation.linear", in, out);

	msg_float(n->arena, p, "alpha", alpha);
}

/* The dimensions as the layers see them: five, ones in front. */
static void
five_dims(const Type *t, Dim d[5])
{
	for (uint32_t k = 0; k < 5; k++)
		d[k] = k + t->rank < 5 ? 1 : t->dim[k + t->rank - 5];
}

static bool
all_ones(const Dim d[5])
{
	for (int k = 0; k < 5; k++)
		if (d[k] != 1)
			return false;
	return true;
}

/* Which operand the layers add and multiply broadcast over the other one: they can when it is all
 * ones, or fills exactly the channels, rows, or images of the other. 0 none, 1 x, 2 y. */
static int
layer_broadcasts(const Type *x, const Type *y, bool multiply)
{
	static const uint8_t sets[] = {1 << 1, 1 << 2, 1 << 3 | 1 << 4, 1 << 2 | 1 << 3 | 1 << 4,
	                               1 << 1 | 1 << 2 | 1 << 3 | 1 << 4};
	Dim a[5], b[5];
	int small = 0;

	if (x->rank >= 5 || y->rank >= 5)
		return 0;
	five_dims(x, a);
	five_dims(y, b);
	small = all_ones(a) ? 1 : all_ones(b) ? 2 : 0;
	for (size_t s = 0; s < countof(sets); s++) {
		bool equal = true, x_rest = true, y_rest = true;
		if (s == countof(sets) - 1 && multiply)
			continue;
		for (int k = 0; k < 5; k++) {
			if (sets[s] & 1 << k) {
				equal = equal && a[k] == b[k];
			} else {
				x_rest = x_rest && a[k] == 1;
				y_rest = y_rest && b[k] == 1;
			}
		}
		if (equal && (x_rest || y_rest))
			return x_rest ? 1 : 2;
	}
	return small;
}

static bool
with_scalar(Nn *n, const Inst *i, const Binary *b, const Var *x, const Var *y, Blob out)
{
	const Var *scalar = finite_scalar(x) ? x : y;
	const char *layer = scalar == x ? b->scalar_x : b->scalar_y;

	(void)i;
	if (!layer || !finite_scalar(scalar))
		return false;
	Blob in = nn_blob(n, scalar == x ? y : x);
	msg_float(n->arena, nn_layer1(n, out, layer, in, out), "alpha", tensor_f(scalar->val, 0));
	return true;
}

bool
nn_binary(Nn *n, const Inst *i)
{
	const Binary *b = binary_of(i->op->code);
	const Var *x = inst_arg(i, "x"), *y = inst_arg(i, "y");
	Blob out = nn_name(n, i->out[0]), in[2];
	int small = 0;

	if (with_scalar(n, i, b, x, y, out))
		return true;
	if (x->val)
		nn_blob(n, x);
	if (i->op->code == OP_pow && y->val && y->val->count == 1) {
		nn_unary(n, out, 3, nn_blob(n, x), out, tensor_f(y->val, 0));
		return true;
	}
	in[0] = nn_blob(n, x);
	in[1] = nn_blob(n, y);
	if (b->same && x->type->rank == y->type->rank &&
	    memcmp(x->type->dim, y->type->dim, x->type->rank * sizeof(Dim)) == 0) {
		nn_layer(n, out, b->same, in, 2, &out, 1);
		return true;
	}
	if (i->op->code == OP_add || i->op->code == OP_mul || i->op->code == OP_sub)
		small = layer_broadcasts(x->type, y->type, i->op->code == OP_mul);
	if (small && i->op->code == OP_sub) {
		Blob negative = nn_temp(n, out, "_negative");
		linear_layer(n, negative, in[1], negative, -1);
		in[1] = negative;
	}
	if (small == 1) {
		Blob large = in[1];
		in[1] = in[0];
		in[0] = large;
	}
	nn_layer(n, out,
	         !small                  ? b->general
	         : i->op->code == OP_mul ? "multiply"
	                                 : "add",
	         in, 2, &out, 1);
	return true;
}

/* To an integer: towards zero, by the sign. To bool: not zero. Numbers are floats anyway. */
bool
nn_cast(Nn *n, const Inst *i)
{
	const Tensor *t = inst_val(i, "dtype");
	const Str *to = ((const Str *const *)t->data)[0];
	Blob out = nn_name(n, i->out[0]), x = nn_blob(n, inst_arg(i, "x")), in[3];

	if (str_is(to, "fp16") || str_is(to, "fp32")) {
		linear_layer(n, out, x, out, 1);
	} else if (str_is(to, "bool")) {
		nn_layer1(n, out, "notEqual", x, out);
	} else { /* int32: the type rule of these opsets takes no other */
		in[0] = nn_temp(n, out, "_positive");
		in[1] = nn_temp(n, out, "_floor");
		in[2] = nn_temp(n, out, "_ceil");
		nn_layer1(n, in[1], "floor", x, in[1]);
		nn_layer1(n, in[2], "ceil", x, in[2]);
		nn_layer1(n, in[0], "greaterThan", x, in[0]);
		nn_layer(n, out, "whereBroadcastable", in, 3, &out, 1);
	}
	return true;
}

/* ---- activations ---- */

/* The shape of the input beside it, for layers with parameters for each channel. */
static void
input_tensor(Nn *n, const Type *t)
{
	size_t last = msg_count(n->net, "layers") - 1;
	Msg *layer = (Msg *)(uintptr_t)msg_at(n->net, "layers", last);
	Msg *tensor = msg_sub(n->arena, layer, "inputTensor");

	msg_int(n->arena, tensor, "rank", t->rank);
	for (uint32_t k = 0; k < t->rank; k++)
		msg_int(n->arena, tensor, "dimValue", dim_known(t->dim[k]) ? t->dim[k] : 1);
}

bool
nn_per_channel(Nn *n, const Inst *i)
{
	bool prelu = i->op->code == OP_prelu;
	Blob out = nn_name(n, i->out[0]);
	const Var *x = inst_arg(i, "x");
	Msg *p = nn_layer1(n, out, prelu ? "activation.PReLU" : "activation.parametricSoftplus",
	                   nn_blob(n, x), out);

	input_tensor(n, x->type);
	nn_weights(n, p, "alpha", inst_val(i, "alpha"), false);
	if (!prelu)
		nn_weights(n, p, "beta", inst_val(i, "beta"), false);
	return true;
}

bool
nn_gelu(Nn *n, const Inst *i)
{
	static const char *const modes[] = {"EXACT", "TANH_APPROXIMATION", "SIGMOID_APPROXIMATION"};
	const Tensor *mode = inst_val(i, "mode");
	Blob out = nn_name(n, i->out[0]);
	Msg *p = nn_layer1(n, out, "gelu", nn_blob(n, inst_arg(i, "x")), out);

	for (size_t k = 0; mode && k < countof(modes); k++)
		if (str_is(((const Str *const *)mode->data)[0], modes[k]))
			msg_int(n->arena, p, "mode", (int64_t)k);
	return true;
}

/* min(relu(x), 6): the threshold layer is a maximum, so it works on the negative. */
bool
nn_relu6(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]);
	Blob relu = nn_temp(n, out, "_relu"), negative = nn_temp(n, out, "_negative");
	Blob clipped = nn_temp(n, out, "_clipped");

	nn_layer1(n, relu, "activation.ReLU", nn_blob(n, inst_arg(i, "x")), relu);
	linear_layer(n, negative, relu, negative, -1);
	nn_unary(n, clipped, 7, negative, clipped, -6);
	linear_layer(n, out, clipped, out, -1);
	return true;
}

bool
nn_silu(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]), gate = nn_temp(n, out, "_sigmoid");
	Blob in[2] = {nn_blob(n, inst_arg(i, "x")), gate};

	nn_layer1(n, gate, "activation.sigmoid", in[0], gate);
	nn_layer(n, out, "multiply", in, 2, &out, 1);
	return true;
}

bool
nn_softmax(Nn *n, const Inst *i)
{
	const Var *x = inst_arg(i, "x");
	int64_t axis = tensor_i(inst_val(i, "axis"), 0);
	Blob out = nn_name(n, i->out[0]);
	bool channel = axis == -3 || (axis > 0 && axis == (int64_t)x->type->rank - 3);
	Msg *p = nn_layer1(n, out, channel ? "softmax" : "softmaxND", nn_blob(n, x), out);

	if (!channel)
		msg_int(n->arena, p, "axis", axis);
	return true;
}
