/* transpose_ops.c: see transpose_ops.h. */
#include "transpose_ops.h"

bool
perm_read(const Inst *transpose, Perm *p)
{
	p->n = val_ints(inst_arg(transpose, "perm"), p->raw, TENSOR_MAX_RANK);
	for (int k = 0; k < p->n; k++)
		p->at[k] = axis_from_front(p->raw[k], (uint32_t)p->n);
	return p->n >= 0;
}

void
perm_invert(const Perm *p, int64_t *inverse)
{
	for (int k = 0; k < p->n; k++)
		inverse[p->at[k]] = k;
}

/* ---- ops on each element ---- */

bool
transpose_op_is_unary(const Inst *i)
{
	/* An exponent (or alpha) with axes of its own would have to turn too. */
	return i->op->flags & POINTWISE &&
	       (i->op->nparam < 2 || !inst_argn(i, 1) ||
	        inst_argn(i, 1)->type->kind != TY_TENSOR ||
	        inst_argn(i, 1)->type->dtype == DT_STRING || inst_argn(i, 1)->type->count == 1);
}

/* ---- concat, split ---- */

static const char *
joined(const Inst *i)
{
	return inst_is(i, OP_concat) ? "values" : "x";
}

static bool
axis_passes(const Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	const Arg *a = inst_args(i, joined(i));
	const Tensor *axis = inst_val(i, "axis");

	for (uint32_t k = 0; k < a->n; k++) {
		const Var *v = arg_at(a, k);
		if (!lazy(ctx, v) && (!var_is_const(v) || v->type->rank != (uint32_t)p->n))
			return false;
	}
	return axis != NULL;
}

static void
axis_adjust(PassCtx *c, Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	int64_t axis = axis_from_front(tensor_i(inst_val(i, "axis"), 0), (uint32_t)p->n);
	Arg *a = inst_args(i, joined(i));
	Builder b = pass_builder_before(c, i);
	int64_t inverse[TENSOR_MAX_RANK];

	perm_invert(p, inverse);
	for (uint32_t k = 0; k < a->n; k++) {
		const Var *v = arg_at(a, k);
		if (!lazy(ctx, v))
			use_set(a->u[k],
			        build_const(&b, name_new(c, "const"),
			                    tensor_transposed(c->prog->arena, v->val, inverse)));
	}
	inst_set_arg(i, op_param(i->op, "axis"),
	             build_const(&b, name_new(c, "const"),
	                         tensor_scalar_i(c->prog->arena, DT_INT32, p->raw[axis])));
}

/* ---- pad ---- */

int
pad_turned(const Inst *pad, const int64_t *to, int rank, int64_t *out)
{
	int64_t amount[2 * TENSOR_MAX_RANK], all[2 * TENSOR_MAX_RANK] = {0};
	int n = val_ints(inst_arg(pad, "pad"), amount, 2 * TENSOR_MAX_RANK), lead = 2 * rank - n;

	if (n < 0 || lead < 0)
		return -1;
	for (int k = 0; k < n; k++)
		all[2 * to[(lead + k) / 2] + k % 2] = amount[k];
	for (int k = 0; k < lead; k++)
		if (all[k])
			return -1;
	memcpy(out, all + lead, (size_t)n * sizeof *out);
	return n;
}

static bool
pad_passes(const Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	int64_t amount[2 * TENSOR_MAX_RANK];
	const Tensor *mode = inst_val(i, "mode");
	int n;

	(void)lazy, (void)ctx;
	if (p->n < 2 || !var_is_const(inst_arg(i, "pad")) || !mode ||
	    (n = pad_turned(i, p->at, p->n, amount)) < 0)
		return false;
	if (!str_is(((const Str *const *)mode->data)[0], "constant"))
		for (int k = 0; k < n - 4; k++)
			if (amount[k])
				return false;
	return true;
}

static void
pad_adjust(PassCtx *c, Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	int64_t amount[2 * TENSOR_MAX_RANK];
	int n = pad_turned(i, p->at, p->n, amount);
	Builder b = pass_builder_before(c, i);

	(void)lazy, (void)ctx;
	inst_set_arg(i, op_param(i->op, "pad"),
	             build_const(&b, name_new(c, "const"), ints_tensor(c, amount, n)));
}

/* ---- reductions ---- */

static bool
reduce_passes(const Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	const Var *axes = inst_arg(i, "axes");

	(void)p, (void)lazy, (void)ctx;
	return inst_int(i, "keep_dims") && axes && var_is_const(axes);
}

static void
reduce_adjust(PassCtx *c, Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	int64_t axes[TENSOR_MAX_RANK];
	int n = val_ints(inst_arg(i, "axes"), axes, TENSOR_MAX_RANK);
	Builder b = pass_builder_before(c, i);

	(void)lazy, (void)ctx;
	for (int k = 0; k < n; k++)
		axes[k] = p->raw[axis_from_front(axes[k], (uint32_t)p->n)];
	inst_set_arg(i, op_param(i->op, "axes"),
	             build_const(&b, name_new(c, "const"), ints_tensor(c, axes, n)));
}

/* ---- binary operations ---- */

/* The column of the operand that is not transposed, or -1. */
static int
plain_column(const Inst *i, LazyFn *lazy, void *ctx)
{
	return !lazy(ctx, inst_argn(i, 0)) ? 0 : !lazy(ctx, inst_argn(i, 1)) ? 1 : -1;
}

/* The shape with leading ones up to the permutation's rank. */
static void
widen(const Type *t, int n, int64_t *dim)
{
	for (int k = 0; k < n; k++)
		dim[k] = k < n - (int)t->rank ? 1 : t->dim[k - (n - (int)t->rank)];
}

/* A value that is not known can be turned by a reshape: when at most one of its dimensions is not
 * 1, or only dimensions of 1 change places. */
static bool
reshape_turns(const int64_t *dim, const Perm *p)
{
	int64_t inverse[TENSOR_MAX_RANK];
	int wide = 0;

	for (int k = 0; k < p->n; k++) {
		if (dim[k] > INT32_MAX) /* no operand of a reshape */
			return false;
		wide += dim[k] != 1;
	}
	if (wide <= 1)
		return true;
	perm_invert(p, inverse);
	for (int k = 0; k < p->n; k++)
		if (inverse[k] != k && dim[inverse[k]] != 1)
			return false;
	return true;
}

static bool
binary_passes(const Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	int column = plain_column(i, lazy, ctx);
	int64_t dim[TENSOR_MAX_RANK];
	const Var *v;

	if (column < 0)
		return true;
	v = inst_argn(i, column);
	if (inst_argn(i, 1 - column)->type->rank != (uint32_t)p->n || !shape_is_known(v) ||
	    v->type->rank > (uint32_t)p->n)
		return false;
	widen(v->type, p->n, dim);
	return v->val || reshape_turns(dim, p);
}

static void
binary_adjust(PassCtx *c, Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	int column = plain_column(i, lazy, ctx);
	int64_t dim[TENSOR_MAX_RANK], turned[TENSOR_MAX_RANK], inverse[TENSOR_MAX_RANK];
	Arena *a = c->prog->arena;
	Builder b = pass_builder_before(c, i);
	Var *v;

	if (column < 0 || (v = inst_argn(i, column))->type->rank == 0)
		return;
	widen(v->type, p->n, dim);
	perm_invert(p, inverse);
	for (int k = 0; k < p->n; k++)
		turned[k] = dim[inverse[k]];
	if (v->val) {
		const Tensor *wide = tensor_reshape(a, v->val, dim, p->n);
		v = build_const(&b, name_new(c, "const"), tensor_transposed(a, wide, inverse));
	} else {
		v = build_must(&b, OP_reshape, name_new(c, "reshape"),
		           ARGS(VAR("x", v), INTSC(c, "shape", turned, p->n)));
	}
	inst_set_arg(i, column, v);
}

const TransposeOp *
transpose_op_find(const OpDef *op)
{
	static const TransposeOp reduction = {OP_none, reduce_passes, reduce_adjust};
	static const TransposeOp rows[] = {
	    {OP_concat, axis_passes, axis_adjust},
	    {OP_split, axis_passes, axis_adjust},
	    {OP_pad, pad_passes, pad_adjust},
	    {OP_add, binary_passes, binary_adjust},
	    {OP_mul, binary_passes, binary_adjust},
	    {OP_sub, binary_passes, binary_adjust},
	    {OP_real_div, binary_passes, binary_adjust},
	    {OP_maximum, binary_passes, binary_adjust},
	    {OP_minimum, binary_passes, binary_adjust},
	};

	for (size_t k = 0; k < countof(rows); k++)
		if (rows[k].op == op->code)
			return &rows[k];
	return op->flags & REDUCES ? &reduction : NULL;
}
