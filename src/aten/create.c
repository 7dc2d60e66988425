/* create.c: making tensors of sizes and numbers, and asking for sizes. */
#include "broadcast.h"
#include "dtypes.h"

enum { MAX_CONST = 1 << 28 }; /* elements of a constant made of sizes; as many as folding makes */

/* ---- sizes ---- */
HANDLER(size)
{
	Var *x = operand_n(c, 0), *shape;
	int64_t at;

	if (c->failed)
		return;
	if (is_complex(x))
		shape = OP(complex_shape, X(x));
	else
		shape = OP(shape, X(x));
	if (!operand_is_there(c, "dim") || !shape) {
		RESULT(shape);
		return;
	}
	at = int_operand(c, "dim", 0);
	if (axis_of(c, at, rank_of(x)) < 0 || c->failed)
		return;
	if (shape->val && rank_of(x))
		RESULT(aten_const(c, tensor_scalar_i(c->arena, DT_INT32, dim_of(x, at)), NULL));
	else
		RESULT(OP(gather, X(shape), INT("indices", at)));
}

HANDLER(shape_as_tensor)
{
	RESULT(NAMED(shape, X(operand_n(c, 0))));
}

HANDLER(dim)
{
	Var *rank = OP(shape, X(OP(shape, X(operand_n(c, 0)))));

	RESULT(value_at(c, rank, 0, c->node->name));
}

HANDLER(numel)
{
	Var *shape = OP(shape, X(operand_n(c, 0)));

	RESULT(NAMED(reduce_prod, X(shape), LIT("axes", 0)));
}

/* ---- one number everywhere ---- */
/* A number that is known, as its constant has it. */
static const Tensor *
number_operand(AtenCtx *c, const char *name)
{
	Var *v = operand(c, name);

	if (v && (!v->val || v->val->count != 1 || v->val->rank))
		aten_fail(c, "the operand '%s' is known at run time alone, or no number: expected "
		             "a constant number",
		          name);
	return c->failed ? NULL : v->val;
}

static Var *
filled(AtenCtx *c, Var *shape, const Tensor *value, const Str *name)
{
	if (c->failed)
		return NULL;
	if (dtype_is_float(dtype_of(shape)))
		shape = cast(c, shape, DT_INT32);
	return aten_op(c, OP_fill, name, ARGS(VAR("shape", shape), TENSOR("value", value)));
}

HANDLER(ones)
{
	DType t = dtype_operand(c, "dtype", DT_NONE);
	Var *x = filled(c, size_operand(c), tensor_scalar_f(c->arena, DT_FP32, 1), NULL);

	RESULT(t == DT_NONE ? x : cast_as_possible(c, x, t));
}

HANDLER(ones_like)
{
	Var *x = operand_n(c, 0), *y;
	DType t = dtype_operand(c, "dtype", dtype_of(x));
	bool same = t == DT_FP16 || t == DT_INT32 || t == DT_BOOL;
	Tensor *one = tensor_filled(c->arena, same ? t : DT_FP32, NULL, 0, 1);

	if (c->failed)
		return;
	if (ios(c, IOS16)) {
		RESULT(OP(fill_like, VAR("ref_tensor", x), TENSOR("value", one)));
		return;
	}
	y = OP(fill, VAR("shape", OP(shape, X(x))), FLT("value", 1));
	RESULT(cast_as_possible(c, y, t));
}

HANDLER(fill)
{
	const Tensor *value = number_operand(c, "value");

	RESULT(filled(c, OP(shape, X(operand_n(c, 0))), value, c->node->name));
}

HANDLER(full)
{
	DType t = dtype_operand(c, "dtype", DT_FP32);
	const Tensor *value = number_operand(c, "fill_value");

	if (c->failed)
		return;
	if (dtype_is_int(t))
		t = DT_INT32;
	RESULT(filled(c, size_operand(c), tensor_cast(c->arena, value, t), c->node->name));
}

HANDLER(full_like)
{
	Var *x = operand_n(c, 0);
	const Tensor *value = number_operand(c, "fill_value");

	if (c->failed)
		return;
	RESULT(ios(c, IOS16) ? NAMED(fill_like, VAR("ref_tensor", x), TENSOR("value", value))
	                     : filled(c, OP(shape, X(x)), value, c->node->name));
}

HANDLER(new_full)
{
	const Tensor *value = number_operand(c, "fill_value");

	RESULT(filled(c, size_operand(c), value, c->node->name));
}

HANDLER(new_zeros)
{
	RESULT(NAMED(fill, VAR("shape", size_operand(c)), FLT("value", 0)));
}

HANDLER(new_ones)
{
	RESULT(filled(c, size_operand(c), tensor_scalar_f(c->arena, DT_FP32, 1), c->node->name));
}

/* Of files of torch.export, the element type is not heeded here, as in the peer. */
static DType
zeros_type(AtenCtx *c, DType dflt)
{
	return c->exported ? dflt : dtype_operand(c, "dtype", dflt);
}

/* A few numbers of a file can ask for gigabytes. */
static bool
may_be_constant(AtenCtx *c, int64_t count, DType t)
{
	size_t bytes = (size_t)count * dtype_size(t);

	if (arena_has(c->arena, bytes))
		return true;
	aten_fail(c, "it makes a constant of %zu bytes, more than --max-memory leaves of %zu",
	          bytes, c->arena->limit);
	return false;
}

/* Zeros as a constant; 0 after reporting a shape that none can have. */
static Var *
zeros_const(AtenCtx *c, const Tensor *shape, DType t)
{
	int64_t count, *dim = newn(c->arena, int64_t, shape->count + 1);

	for (int64_t i = 0; i < shape->count; i++)
		dim[i] = tensor_i(shape, i);
	if (shape->count > TENSOR_MAX_RANK || !shape_count(dim, (int)shape->count, &count) ||
	    count > MAX_CONST) {
		aten_fail(c, "a constant cannot have this shape: it has at most %d elements in at "
		             "most %d dimensions", MAX_CONST, TENSOR_MAX_RANK);
		return NULL;
	}
	if (!may_be_constant(c, count, t))
		return NULL;
	return aten_const(c, tensor_new(c->arena, t, dim, (int)shape->count), c->node->name);
}

HANDLER(zeros)
{
	Var *size = size_operand(c);
	DType t = zeros_type(c, DT_FP32);

	if (c->failed)
		return;
	RESULT(size->val ? zeros_const(c, size->val, t)
	                 : filled(c, size, tensor_filled(c->arena, t, NULL, 0, 0),
	                          c->node->name));
}

HANDLER(zeros_like)
{
	Var *x = operand_n(c, 0), *shape = OP(shape, X(x)), *y;
	DType t = zeros_type(c, dtype_of(x));

	if (c->failed)
		return;
	if (t == DT_UINT8)
		t = dtype_of(x);
	if (shape->val || !rank_of(x)) {
		RESULT(shape->val ? zeros_const(c, shape->val, t)
		                  : aten_const(c, tensor_filled(c->arena, t, NULL, 0, 0),
		                               c->node->name));
		return;
	}
	y = dtype_of(x) == DT_BOOL ? OP(logical_xor, X(x), Y(x)) : OP(sub, X(x), Y(x));
	RESULT(t == dtype_of(x)
	           ? renamed(c, y)
	           : cast_named(c, y, t, c->node->name));
}

/* ---- numbers in a row ---- */
static void
range(AtenCtx *c)
{
	const Tv zero = {.kind = TV_INT}, one = {.kind = TV_INT, .i = 1};
	bool from = operand_is_there(c, "start"), step = operand_is_there(c, "step");
	Var *v[3];

	v[0] = tv_var(c, from ? operand_of(c, "start") : &zero, "start");
	v[1] = operand(c, "end");
	v[2] = tv_var(c, step ? operand_of(c, "step") : &one, "step");
	promote(c, v, 3);
	RESULT(NAMED(range_1d, VAR("end", v[1]), VAR("start", v[0]), VAR("step", v[2])));
}

HANDLER(arange)
{
	range(c);
}

HANDLER(arange_start_step)
{
	range(c);
}

enum { MAX_FOLDED = 1024 * 1024 / 4 };

static Var *
linspace_const(AtenCtx *c, float start, float end, int64_t n)
{
	Tensor *t = tensor_new(c->arena, DT_FP32, &n, 1);
	float step = n > 1 ? (end - start) / (float)(n - 1) : 0;

	for (int64_t i = 0; i < n; i++) {
		float at = step != 0 ? (float)i * step
		                     : (n > 1 ? (float)i / (float)(n - 1) : 0) * (end - start);

		tensor_set_f(t, i, at + start);
	}
	if (n > 1)
		tensor_set_f(t, n - 1, end);
	return aten_const(c, t, c->node->name);
}

HANDLER(linspace)
{
	Var *start = cast(c, operand(c, "start"), DT_FP32);
	Var *end = cast(c, operand(c, "end"), DT_FP32), *step, *at;
	const Tv *steps = operand_of(c, "steps");
	int64_t n = tv_int(c, steps, "steps");

	if (!c->failed && n < 1)
		aten_fail(c, "%lld steps make no tensor", (long long)n);
	if (c->failed)
		return;
	if (start->val && end->val && n < MAX_FOLDED) {
		RESULT(linspace_const(c, (float)tensor_f(start->val, 0),
		                      (float)tensor_f(end->val, 0), n));
		return;
	}
	if (n == 1) {
		RESULT(NAMED(expand_dims, X(start), LIT("axes", 0)));
		return;
	}
	step = OP(real_div, X(OP(sub, X(end), Y(start))), FLT("y", (double)(n - 1)));
	at = OP(range_1d, FLT("end", (double)n), FLT("start", 0), FLT("step", 1));
	RESULT(NAMED(add, X(OP(mul, X(at), Y(step))), Y(start)));
}

HANDLER(eye)
{
	int64_t n = int_operand(c, "n", 0), m = int_operand(c, "m", n), dim[2] = {n, m}, count;
	Tensor *t;

	if (!c->failed && (!shape_count(dim, 2, &count) || count > MAX_CONST))
		aten_fail(c, "no matrix has %lld x %lld elements", (long long)n, (long long)m);
	if (c->failed || !may_be_constant(c, count, DT_FP32))
		return;
	t = tensor_new(c->arena, DT_FP32, dim, 2);
	for (int64_t i = 0; i < MIN(n, m); i++)
		tensor_set_f(t, i * m + i, 1);
	RESULT(aten_const(c, t, c->node->name));
}

/* ---- from numbers ---- */
HANDLER(scalar_tensor)
{
	RESULT(NAMED(identity, X(operand_n(c, 0))));
}

/* Nested lists: a dimension for each. */
static Var *
stacked(AtenCtx *c, const Tv *t, uint32_t depth, const Str *name)
{
	Var **v;

	if (t->kind != TV_LIST || (t->list.n && t->list.item[0].kind != TV_LIST && tv_known(t)))
		return tv_var(c, t, "an element");
	if (depth > 5 || !t->list.n) {
		aten_fail(c, "a tensor of lists has at most 5 dimensions, none of them empty");
		return NULL;
	}
	v = newn(c->arena, Var *, t->list.n);
	for (uint32_t i = 0; i < t->list.n && !c->failed; i++)
		v[i] = stacked(c, &t->list.item[i], depth + 1, NULL);
	if (t->list.n == 1)
		return aten_op(c, OP_expand_dims, name, ARGS(X(v[0]), LIT("axes", 0)));
	return aten_op(c, OP_stack, name, ARGS(VALUES(v, t->list.n), INT("axis", 0)));
}

/* torch.tensor(v, dtype=x.dtype, device=x.device), as assignments of a number to a part of x are
 * spelled: numbers in the shape of x. A device is the tensor that it is asked of. */
static void
tensor_like(AtenCtx *c, Var *x)
{
	DType t = dtype_operand(c, "dtype", DT_FP32);
	const Tensor *value = number_operand(c, "t");

	if (!c->failed)
		RESULT(filled(c, OP(shape, X(x)), tensor_cast(c->arena, value, t), c->node->name));
}

HANDLER(tensor)
{
	const Tv *t = operand_at(c, 0), *device = operand_of(c, "device");
	Var *x;
	bool flat;

	if (t->kind != TV_LIST && device->kind == TV_VAR) {
		tensor_like(c, device->var);
		return;
	}
	x = stacked(c, t, 1, c->node->name);
	flat = t->kind != TV_LIST || !t->list.n || t->list.item[0].kind != TV_LIST;

	RESULT(flat && tv_known(t) ? NAMED(identity, X(x)) : x);
}
