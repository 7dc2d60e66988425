/* ane_layout_rules.c: see ane_layout.h: rules beside those of reduce_transposes, which are the
 * peer's: softmax, layer_norm, casts, all operations on two operands and select. A second operand
 * that is no constant is transposed when such a transpose of it exists already: the two become one
 * (remove_redundant_ops), so that a residual stream does not turn back at each layer.
 */
#include "ane_layout.h"

/* Its other operands, if any, are numbers and words. */
static bool
alone(const Inst *i)
{
	for (int k = 1; k < (int)i->op->nparam; k++) {
		const Var *v = inst_argn(i, k);
		if (v && (v->type->kind != TY_TENSOR || v->type->rank))
			return false;
	}
	return i->op->nparam && inst_argn(i, 0);
}

static bool
is_unary(const OpDef *op)
{
	return (strcmp(op->family, "elementwise_unary") == 0 ||
	        strcmp(op->family, "activation") == 0) &&
	       op->code != OP_softmax;
}

bool
layout_is_unary(const Inst *i)
{
	return is_unary(i->op) && i->nout == 1 && alone(i);
}

Var *
layout_turned(PassCtx *c, Builder *b, Var *v, const int64_t *perm, int n)
{
	int64_t dim[TENSOR_MAX_RANK];
	int lead = n - (int)v->type->rank;
	Arena *a = c->prog->arena;

	if (v->type->rank == 0)
		return v;
	if (lead && !v->val)
		return NULL;
	if (!v->val)
		return ane_transpose(c, b, v, perm, n);
	for (int k = 0; k < n; k++)
		dim[k] = k < lead ? 1 : v->val->dim[k - lead];
	return build_const(b, name_new(c, "const"),
	                   tensor_transposed(a, tensor_reshape(a, v->val, dim, n), perm));
}

/* ---- slices ---- */

static bool
squeezes(const Inst *slice)
{
	const Tensor *mask = inst_val(slice, "squeeze_mask");

	return inst_arg(slice, "squeeze_mask") && (!mask || !val_all_equal(mask, 0));
}

int
layout_slice(PassCtx *c, const Inst *slice, const int *from, int n, Operand *over)
{
	static const struct {
		const char *name;
		int whole; /* of an axis that is not sliced */
		bool mask;
	} part[LAYOUT_SLICE] = {{"begin", 0, false}, {"end", 0, false}, {"stride", 1, false},
	                        {"begin_mask", 1, true}, {"end_mask", 1, true}};
	int rank = (int)slice->out[0]->type->rank;
	int64_t at[TENSOR_MAX_RANK];

	if (squeezes(slice))
		return -1;
	for (int p = 0; p < LAYOUT_SLICE; p++) {
		const Var *v = inst_arg(slice, part[p].name);
		Tensor *t = tensor_new(c->prog->arena, part[p].mask ? DT_BOOL : DT_INT32,
		                       (int64_t[]){n}, 1);
		if (v && val_ints(v, at, TENSOR_MAX_RANK) != rank)
			return -1;
		for (int k = 0; k < n; k++)
			tensor_set_i(t, k, from[k] < 0 ? part[p].whole
			                   : v         ? at[from[k]]
			                               : part[p].whole && !part[p].mask);
		over[p] = (Operand)TENSOR(part[p].name, t);
	}
	return LAYOUT_SLICE;
}

static int
slice_turned(PassCtx *c, const Inst *i, const Perm *p, Operand *over)
{
	int from[TENSOR_MAX_RANK];

	for (int k = 0; k < p->n; k++)
		from[p->at[k]] = k;
	return layout_slice(c, i, from, p->n, over);
}

static bool
slice_passes(const Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	int64_t at[TENSOR_MAX_RANK];
	static const char *const names[] = {"begin", "end", "stride", "begin_mask", "end_mask"};

	(void)lazy, (void)ctx;
	for (size_t k = 0; k < countof(names); k++)
		if (inst_arg(i, names[k]) &&
		    val_ints(inst_arg(i, names[k]), at, TENSOR_MAX_RANK) != p->n)
			return false;
	return !squeezes(i);
}

static void
slice_adjust(PassCtx *c, Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	Operand over[LAYOUT_SLICE];
	Builder b = pass_builder_before(c, i);
	int n = slice_turned(c, i, p, over);

	(void)lazy, (void)ctx;
	for (int k = 0; k < n; k++)
		inst_set_arg(i, op_param(i->op, over[k].name),
		             build_const(&b, name_new(c, "const"), over[k].tensor));
}

/* ---- softmax, layer_norm ---- */

static const char *
axis_name(const Inst *i)
{
	return inst_is(i, OP_softmax) ? "axis" : "axes";
}

static bool
axis_passes(const Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	int64_t axes[TENSOR_MAX_RANK];
	int n = val_ints(inst_arg(i, axis_name(i)), axes, TENSOR_MAX_RANK);

	(void)p, (void)lazy, (void)ctx;
	return n == 1;
}

static void
axis_adjust(PassCtx *c, Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	const char *name = axis_name(i);
	int64_t axis = tensor_i(inst_val(i, name), 0);
	Builder b = pass_builder_before(c, i);

	(void)lazy, (void)ctx;
	axis = p->at[axis_from_front(axis, (uint32_t)p->n)];
	inst_set_arg(i, op_param(i->op, name),
	             build_const(&b, name_new(c, "const"),
	                         inst_is(i, OP_softmax) ? build_int(&b, axis)
	                                                : ints_tensor(c, &axis, 1)));
}

/* ---- one operand ---- */

static bool
unary_passes(const Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	(void)p, (void)lazy, (void)ctx;
	return alone(i);
}

static void
unary_adjust(PassCtx *c, Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	(void)c, (void)i, (void)p, (void)lazy, (void)ctx;
}

/* ---- several operands ---- */

/* v is transposed back to how the permutation found it, somewhere. */
static bool
has_turned(const Var *v, const Perm *p)
{
	int64_t inverse[TENSOR_MAX_RANK];

	perm_invert(p, inverse);
	for (const Use *u = v->uses; u; u = u->next)
		if (u->user && ane_is_perm(u->user, inverse, p->n))
			return true;
	return false;
}

static int
count_operands(const Inst *i)
{
	return inst_is(i, OP_select) ? 3 : 2;
}

static bool
operand_passes(const Var *v, const Perm *p)
{
	if (v->type->kind != TY_TENSOR || v->type->rank > (uint32_t)p->n)
		return false;
	return v->type->rank == 0 || v->val ||
	       (v->type->rank == (uint32_t)p->n && has_turned(v, p));
}

static bool
several_pass(const Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	if (i->out[0]->type->rank != (uint32_t)p->n)
		return false;
	for (int k = 0; k < count_operands(i); k++)
		if (!lazy(ctx, inst_argn(i, k)) && !operand_passes(inst_argn(i, k), p))
			return false;
	return true;
}

static void
several_adjust(PassCtx *c, Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	Builder b = pass_builder_before(c, i);
	int64_t inverse[TENSOR_MAX_RANK];

	perm_invert(p, inverse);
	for (int k = 0; k < count_operands(i); k++)
		if (!lazy(ctx, inst_argn(i, k)))
			inst_set_arg(i, k, layout_turned(c, &b, inst_argn(i, k), inverse, p->n));
}

/* Either way: what the peer does for a second operand that a reshape turns, or the above. */
static bool
binary_passes(const Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	const TransposeOp *rule = transpose_op_find(i->op);

	return several_pass(i, p, lazy, ctx) || (rule && rule->passes(i, p, lazy, ctx));
}

static void
binary_adjust(PassCtx *c, Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	if (several_pass(i, p, lazy, ctx))
		several_adjust(c, i, p, lazy, ctx);
	else
		transpose_op_find(i->op)->adjust(c, i, p, lazy, ctx);
}

/* A transpose does not move behind a concat that is wider than the engine takes. */
static bool
concat_passes(const Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	return !ane_is_wide(i->out[0]) && transpose_op_find(i->op)->passes(i, p, lazy, ctx);
}

static void
concat_adjust(PassCtx *c, Inst *i, const Perm *p, LazyFn *lazy, void *ctx)
{
	transpose_op_find(i->op)->adjust(c, i, p, lazy, ctx);
}

const TransposeOp *
layout_rule(const OpDef *op)
{
	static const TransposeOp unary = {OP_none, unary_passes, unary_adjust};
	static const TransposeOp binary = {OP_none, binary_passes, binary_adjust};
	static const TransposeOp rows[] = {{OP_softmax, axis_passes, axis_adjust},
	                                   {OP_layer_norm, axis_passes, axis_adjust},
	                                   {OP_select, several_pass, several_adjust},
	                                   {OP_concat, concat_passes, concat_adjust},
	                                   {OP_slice_by_index, slice_passes, slice_adjust}};

	for (size_t k = 0; k < countof(rows); k++)
		if (rows[k].op == op->code)
			return &rows[k];
	if (strcmp(op->family, "elementwise_binary") == 0)
		return &binary;
	return is_unary(op) ? &unary : transpose_op_find(op);
}
