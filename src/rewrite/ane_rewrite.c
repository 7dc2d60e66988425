/* ane_rewrite.c: see ane_rewrite.h. */
#include "ane_rewrite.h"

#include <math.h>
#include <stdlib.h>

void
ane_tell(PassCtx *c, const Inst *i)
{
	if (c->changes)
		vec_push(c->prog->arena, c->changes,
		         (PassChange){c->name, i->op->name, i->nout ? i->out[0]->name : i->name,
		                      i->span});
}

void
ane_drop(Var *v)
{
	Var *operand[MAX_PARAMS * 4];
	uint32_t n = 0;

	if (!v || !v->def || v->uses || !v->def->parent || !inst_is_unused(v->def))
		return;
	for each_operand (o, v->def)
		if (n < countof(operand) && !var_is_const(o.var))
			operand[n++] = o.var;
	rewrite_remove(v->def);
	for (uint32_t k = 0; k < n; k++)
		ane_drop(operand[k]);
}

static bool
replace(PassCtx *c, Inst *i, Var *by, Inst *const *gone, uint32_t n, bool rebuilt)
{
	PassChange change = {c->name, i->op->name, i->out[0]->name, i->span};

	if (!by)
		return false;
	if (by->type != i->out[0]->type ||
	    !(rebuilt ? pass_replace(i->out[0], by, gone, n)
	              : pass_try_replace(c, i->out[0], by, gone, n))) {
		ane_drop(by);
		return false;
	}
	if (c->changes)
		vec_push(c->prog->arena, c->changes, change);
	return true;
}

bool
ane_replace(PassCtx *c, Inst *i, Var *by, Inst *const *gone, uint32_t n)
{
	return replace(c, i, by, gone, n, false);
}

bool
ane_replace_weighted(PassCtx *c, Inst *i, Var *by, Inst *const *gone, uint32_t n)
{
	return replace(c, i, by, gone, n, true);
}

void
ane_each(PassCtx *c, RewriteFn *fn)
{
	Opcode all[OP_COUNT];

	for (int k = 1; k < OP_COUNT; k++)
		all[k - 1] = (Opcode)k;
	all[OP_COUNT - 1] = OP_none;
	rewrite_once(c, all, fn);
}

/* ---- options ---- */

int64_t
ane_option(PassCtx *c, const char *name, int64_t dflt)
{
	const char *text = pass_option(c, name);
	char *end;
	int64_t v;

	if (!text || c->failed)
		return dflt;
	v = strtoll(text, &end, 10);
	if (end != text && !*end && v > 0)
		return v;
	diag_error(c->prog->diag, NOSPAN,
	           "option %s of pass %s is '%s', expected a number from 1 on", name, c->name,
	           text);
	c->failed = true;
	return dflt;
}

/* ---- asking ---- */

bool
ane_is_dtype(const Var *v)
{
	return v && v->type->kind == TY_TENSOR &&
	       (v->type->dtype == DT_FP16 || v->type->dtype == DT_FP32);
}

int
ane_axis(const Inst *i, const char *param, uint32_t rank)
{
	const Tensor *t = inst_val(i, param);
	int64_t axis = t && t->count == 1 ? axis_from_front(tensor_i(t, 0), rank) : -1;

	return axis >= 0 && axis < (int64_t)rank ? (int)axis : -1;
}

bool
ane_number(const Var *v, double *out)
{
	if (!v || !v->val || !var_is_float(v) || v->val->count != 1)
		return false;
	*out = tensor_f(v->val, 0);
	return true;
}

bool
ane_flag(const Inst *i, const char *param)
{
	const Tensor *t = inst_val(i, param);

	return t && t->count == 1 && tensor_i(t, 0) != 0;
}

bool
ane_is_word(const Inst *i, const char *param, const char *word)
{
	const Tensor *t = inst_val(i, param);

	return t && t->dtype == DT_STRING && str_is(((const Str *const *)t->data)[0], word);
}

bool
ane_is_perm(const Inst *i, const int64_t *perm, int n)
{
	int64_t have[TENSOR_MAX_RANK];

	if (!inst_is(i, OP_transpose) || val_ints(inst_arg(i, "perm"), have, TENSOR_MAX_RANK) != n)
		return false;
	for (int k = 0; k < n; k++)
		if (axis_from_front(have[k], (uint32_t)n) != perm[k])
			return false;
	return true;
}

bool
ane_dims(const Var *v, int64_t *out)
{
	if (!v || v->type->kind != TY_TENSOR || v->type->count < 0 ||
	    v->type->rank > TENSOR_MAX_RANK)
		return false;
	memcpy(out, v->type->dim, v->type->rank * sizeof *out);
	return true;
}

bool
ane_all_finite(const Tensor *t)
{
	for (int64_t k = 0; k < t->count; k++)
		if (!isfinite(tensor_f(t, k)))
			return false;
	return true;
}

bool
ane_is_wide(const Var *v)
{
	for (uint32_t k = 0; k < v->type->rank; k++)
		if (v->type->dim[k] > ANE_AXIS)
			return true;
	return false;
}

/* How many products make one element of the result. */
static double
products_each(const Inst *i)
{
	const Type *t;
	double n = 1;

	switch (i->op->code) {
	case OP_conv:
		t = inst_arg(i, "weight")->type;
		for (uint32_t k = 1; k < t->rank; k++)
			n *= (double)t->dim[k];
		return n;
	case OP_linear: return (double)inst_arg(i, "weight")->type->dim[1];
	case OP_matmul:
		t = inst_arg(i, "x")->type;
		return (double)t->dim[t->rank < 2 || !inst_int(i, "transpose_x") ? t->rank - 1
		                                                                  : t->rank - 2];
	case OP_einsum:
		t = arg_at(inst_args(i, "values"), 0)->type;
		return (double)t->dim[t->rank - 1];
	default: return 0;
	}
}

/* Products of numbers that it is; 0 for other operations, and where a shape is not known. */
static double
products(const Inst *i)
{
	double each = i->nout == 1 ? products_each(i) : 0;

	return each > 0 && i->out[0]->type->count > 0 ? each * (double)i->out[0]->type->count : 0;
}

double
ane_all_products(const Block *b)
{
	double all = 0;

	for (const Inst *i = b->first; i; i = i->next) {
		all += products(i);
		for (uint32_t k = 0; k < i->nblock; k++)
			all += ane_all_products(i->block[k]);
	}
	return all;
}

/* ---- building ---- */

static const Str *
fresh(PassCtx *c, Opcode op)
{
	return name_new(c, op_oldest(op)->name);
}

Var *
ane_unary(PassCtx *c, Builder *b, Opcode op, Var *x)
{
	return build1(b, op, fresh(c, op), ARGS(VAR("x", x)));
}

Var *
ane_binary(PassCtx *c, Builder *b, Opcode op, Var *x, Var *y)
{
	return build1(b, op, fresh(c, op), ARGS(VAR("x", x), VAR("y", y)));
}

Var *
ane_tensor(PassCtx *c, Builder *b, Opcode op, Var *x, const Tensor *y)
{
	return build1(b, op, fresh(c, op), ARGS(VAR("x", x), TENSOR("y", y)));
}

Var *
ane_scalar(PassCtx *c, Builder *b, Opcode op, Var *x, double y)
{
	return x ? ane_tensor(c, b, op, x, tensor_scalar_f(c->prog->arena, x->type->dtype, y))
	         : NULL;
}

Var *
ane_cast(PassCtx *c, Builder *b, Var *x, DType to)
{
	return x && x->type->dtype == to
	           ? x
	           : build1(b, OP_cast, fresh(c, OP_cast),
	                    ARGS(VAR("x", x), STRC(b, "dtype", dtype_info[to].mil)));
}

Var *
ane_transpose(PassCtx *c, Builder *b, Var *x, const int64_t *perm, int n)
{
	return build_ints(c, b, OP_transpose, NULL, x, "perm", perm, n);
}

Var *
ane_reshape(PassCtx *c, Builder *b, Var *x, const int64_t *dim, int n)
{
	return build_ints(c, b, OP_reshape, NULL, x, "shape", dim, n);
}

Var *
ane_expand(PassCtx *c, Builder *b, Var *x, const int64_t *axes, int n)
{
	return n ? build_ints(c, b, OP_expand_dims, NULL, x, "axes", axes, n) : x;
}

Var *
ane_squeeze(PassCtx *c, Builder *b, Var *x, const int64_t *axes, int n)
{
	return n ? build_ints(c, b, OP_squeeze, NULL, x, "axes", axes, n) : x;
}

Var *
ane_slice(PassCtx *c, Builder *b, Var *x, int axis, int64_t from, int64_t to)
{
	int64_t begin[TENSOR_MAX_RANK] = {0}, end[TENSOR_MAX_RANK] = {0};
	Arena *a = c->prog->arena;
	int rank = x ? (int)x->type->rank : 1;
	Tensor *first = tensor_new(a, DT_BOOL, (int64_t[]){rank}, 1);
	Tensor *last = tensor_new(a, DT_BOOL, (int64_t[]){rank}, 1);

	begin[axis] = from;
	end[axis] = to;
	for (int k = 0; k < rank; k++) {
		tensor_set_i(first, k, k != axis);
		tensor_set_i(last, k, k != axis || !to);
		if (k != axis && x && dim_known(x->type->dim[k]))
			end[k] = x->type->dim[k];
	}
	if (!to && x && dim_known(x->type->dim[axis]))
		end[axis] = x->type->dim[axis];
	return build1(b, OP_slice_by_index, fresh(c, OP_slice_by_index),
	              ARGS(VAR("x", x), INTSC(c, "begin", begin, rank),
	                   INTSC(c, "end", end, rank), TENSOR("begin_mask", first),
	                   TENSOR("end_mask", last)));
}

Var *
ane_concat(PassCtx *c, Builder *b, Var *const *x, uint32_t n, int64_t axis)
{
	Operand *item = newn(c->arena, Operand, n);

	for (uint32_t k = 0; k < n; k++)
		item[k] = (Operand)VAR("values", x[k]);
	if (n == 1)
		return x[0];
	return build1(b, OP_concat, fresh(c, OP_concat),
	              ARGS({.kind = A_LIST, .name = "values", .list = {item, n}},
	                   INTC(b, "axis", axis), BOOLC(b, "interleave", false)));
}

Var *
ane_softmax(PassCtx *c, Builder *b, Var *x, int64_t axis)
{
	return build1(b, OP_softmax, fresh(c, OP_softmax),
	              ARGS(VAR("x", x), INTC(b, "axis", axis)));
}

Var *
ane_matmul(PassCtx *c, Builder *b, Var *x, Var *y, bool tx, bool ty)
{
	return build1(b, OP_matmul, fresh(c, OP_matmul),
	              ARGS(VAR("x", x), VAR("y", y), BOOLC(b, "transpose_x", tx),
	                   BOOLC(b, "transpose_y", ty)));
}

Var *
ane_reduce(PassCtx *c, Builder *b, Opcode op, Var *x, int64_t axis)
{
	return build1(b, op, fresh(c, op),
	              ARGS(VAR("x", x), INTSC(c, "axes", &axis, 1), BOOLC(b, "keep_dims", true)));
}
