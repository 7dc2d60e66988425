/* elementwise.c: arithmetic, comparisons, and functions of one number. */
#include "lift.h"
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
#define BINARY(name, op, min, same, with_y, with_x) {OP_##op, same, name, with_y, with_x},
#include "layers.def"
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
nn_unary(Nn *n, const char *type, Blob in, Blob out, double alpha)
{
	Msg *p = nn_layer1(n, out, "unary", in, out);

	msg_int(p, "type", layer_enum(p->descriptor, "type", type));
	msg_float(p, "alpha", alpha);
	msg_float(p, "scale", 1);
	msg_float(p, "epsilon", 1e-6);
}

void
nn_times(Nn *n, Blob in, Blob out, double by)
{
	msg_float(nn_layer1(n, out, "activation.linear", in, out), "alpha", by);
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
with_scalar(Nn *n, const Binary *b, const Var *x, const Var *y, Blob out)
{
	const Var *scalar = finite_scalar(x) ? x : y;
	const char *layer = scalar == x ? b->scalar_x : b->scalar_y;

	if (!layer || !finite_scalar(scalar))
		return false;
	Blob in = nn_blob(n, scalar == x ? y : x);
	msg_float(nn_layer1(n, out, layer, in, out), "alpha", tensor_f(scalar->val, 0));
	return true;
}

bool
nn_binary(Nn *n, const Inst *i)
{
	const Binary *b = binary_of(i->op->code);
	const Var *x = inst_arg(i, "x"), *y = inst_arg(i, "y");
	Blob out = nn_name(n, i->out[0]), in[2];
	int small = 0;

	if (with_scalar(n, b, x, y, out))
		return true;
	if (x->val)
		nn_blob(n, x);
	if (i->op->code == OP_pow && y->val && y->val->count == 1) {
		nn_unary(n, "POWER", nn_blob(n, x), out, tensor_f(y->val, 0));
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
		Blob negative = nn_temp(n, "_neg_y_", out);
		nn_times(n, in[1], negative, -1);
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
		nn_times(n, x, out, 1);
	} else if (str_is(to, "bool")) {
		nn_layer1(n, out, "notEqual", x, out);
	} else { /* int32: the type rule of these opsets takes no other */
		in[1] = nn_made(n, "floor", x, out, "_floor");
		in[2] = nn_made(n, "ceil", x, out, "_ceil");
		in[0] = nn_made(n, "greaterThan", x, out, "_cond");
		nn_layer(n, out, "whereBroadcastable", in, 3, &out, 1);
	}
	return true;
}

/* ---- lifting ---- */

/* The row of a layer. */
static const Binary *
layer_binary(const char *layer)
{
	const Binary *b = binaries;

	while (strcmp(b->general, layer) && (!b->same || strcmp(b->same, layer)))
		b++;
	return b;
}

static Var *
scaled(Lift *l, Var *x, double by)
{
	return lift_xt(l, OP_mul, lift_float_var(l, x), lift_one(l, by));
}

/* With one input the other one is `alpha` where a number can stand in the layer, else the layer
 * does nothing; more than two fold from the left. */
bool
lift_binary(Lift *l)
{
	bool average = !strcmp(l->kind, "average");
	const Binary *b = average ? binaries : layer_binary(l->kind);
	size_t n = lift_ninput(l);
	Var *v = lift_input(l, 0);

	if (!v)
		return false;
	if (n == 1 && !average && b->scalar_y && !strcmp(b->scalar_y, l->kind))
		return lift_result(
		    l, lift_xt(l, b->op, v->type->dtype == DT_BOOL ? lift_as(l, v, DT_INT32) : v,
		               lift_float(l, "alpha")));
	for (size_t k = 1; v && k < n; k++)
		v = lift_binary_op(l, b->op, v, lift_input(l, k));
	return lift_result(l, v && average ? scaled(l, v, 1.0 / (double)n) : v);
}

bool
lift_copy(Lift *l)
{
	return lift_result(l, lift_input(l, 0));
}

/* Functions of scale x + shift; the power has an exponent. */
bool
lift_unary(Lift *l)
{
	const char *type = lift_word(l, "type");
	Var *x = lift_float_var(l, lift_input(l, 0));

	if (!x || !type)
		return false;
	if (lift_real(l, "scale", 1) != 1 || msg_get_float(l->params, "shift") != 0)
		x = lift_op(l, OP_linear_activation,
		            ARGS(VAR("x", x),
		                 TENSOR("alpha", lift_one(l, lift_real(l, "scale", 1))),
		                 TENSOR("beta", lift_float(l, "shift"))));
	if (strcmp(type, "POWER"))
		return x && lift_by_row(l, &x);
	return lift_result(l, lift_xt(l, OP_pow, x, lift_float(l, "alpha")));
}

/* asinh x = sign(x) log(|x| + sqrt(x^2 + 1)), acosh x = log(x + sqrt(x^2 - 1)). */
bool
lift_inverse_hyperbolic(Lift *l)
{
	bool sinh = !strcmp(l->kind, "asinh");
	Var *x = lift_float_var(l, lift_input(l, 0)), *a, *root, *y;

	a = sinh ? lift_x(l, OP_abs, x) : x;
	root = lift_x(l, OP_square, x);
	root = lift_xt(l, OP_add, root, lift_one(l, sinh ? 1 : -1));
	root = lift_x(l, OP_sqrt, root);
	y = lift_xy(l, OP_add, a, root);
	y = lift_op(l, OP_log, ARGS(VAR("x", y), TENSOR("epsilon", lift_one(l, 0))));
	if (sinh)
		y = lift_xy(l, OP_mul, y, lift_x(l, OP_sign, x));
	return lift_result(l, y);
}

/* The condition may be the largest of the three: then a is spread over it. */
bool
lift_where(Lift *l)
{
	Var *cond = lift_as(l, lift_input(l, 0), DT_BOOL), *a = lift_input(l, 1);
	Var *b = lift_input(l, 2);
	bool larger;

	if (!cond || !a || !b)
		return false;
	larger = cond->type->rank > MAX(a->type->rank, b->type->rank);
	for (uint32_t k = 1; !larger && k <= cond->type->rank; k++) {
		Dim c = cond->type->dim[cond->type->rank - k];
		Dim da = k <= a->type->rank ? a->type->dim[a->type->rank - k] : 1;
		Dim db = k <= b->type->rank ? b->type->dim[b->type->rank - k] : 1;
		larger = c != 1 && da == 1 && db == 1;
	}
	if (larger) {
		a = lift_float_var(l, a);
		a = lift_binary_op(l, OP_add, a, scaled(l, cond, 0));
	}
	return lift_to(l, OP_select, ARGS(VAR("cond", cond), VAR("a", a), VAR("b", b)));
}

/* Weights of a shape that stands in the layer: [1], [C], [C, H, W] or [1, C, H, W]; [C] is of
 * channels where x has them. */
static Var *
shaped_weights(Lift *l, const char *shape, const char *field, const Type *x)
{
	int64_t dim[TENSOR_MAX_RANK];
	size_t n = msg_count(l->params, shape);
	int rank = 0;
	const Tensor *t;

	if (n > 4)
		return lift_none(l, "%s has %zu dimensions, expected at most 4", shape, n);
	for (size_t k = 0; k < n; k++)
		dim[rank++] = msg_int_at(l->params, shape, k);
	if (n == 1 && x->rank >= 3) {
		dim[rank++] = 1;
		dim[rank++] = 1;
	}
	t = lift_weights(l, l->params, field, dim, rank);
	return t ? lift_const(l, t) : NULL;
}

bool
lift_scale(Lift *l)
{
	Var *x = lift_float_var(l, lift_input(l, 0)), *by;

	if (!x || !(by = shaped_weights(l, "shapeScale", "scale", x->type)))
		return false;
	x = lift_xy(l, OP_mul, x, by);
	if (x && lift_number(l, "hasBias")) {
		if (!(by = shaped_weights(l, "shapeBias", "bias", x->type)))
			return false;
		x = lift_xy(l, OP_add, x, by);
	}
	return lift_result(l, x);
}

bool
lift_bias(Lift *l)
{
	Var *x = lift_float_var(l, lift_input(l, 0)), *by;

	if (!x || !(by = shaped_weights(l, "shape", "bias", x->type)))
		return false;
	return lift_result(l, lift_xy(l, OP_add, x, by));
}
