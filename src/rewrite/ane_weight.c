/* ane_weight.c: a weight of rank 2 as that of a convolution, (N, D, 1, 1): a constant, or what
 * decompresses one, built again on tensors with two more axes.
 */
#include "ane_rewrite.h"

/* t with two axes of size 1 before its last `keep` ones. */
static const Tensor *
with_axes(PassCtx *c, const Tensor *t, int keep)
{
	int64_t dim[TENSOR_MAX_RANK];
	int lead = t->rank - keep;

	for (int k = 0; k < t->rank + 2; k++)
		dim[k] = k < lead ? t->dim[k] : k < lead + 2 ? 1 : t->dim[k - 2];
	return tensor_reshape(c->prog->arena, t, dim, t->rank + 2);
}

static const Tensor *
new_shape(PassCtx *c, const Tensor *shape)
{
	const int64_t dim[] = {tensor_i(shape, 0), tensor_i(shape, 1), 1, 1};

	return tensor_vector_i(c->prog->arena, shape->dtype, dim, 4);
}

typedef enum Rebuild { CHANGED, CHANGED_LUT, SHAPE } Rebuild;

/* What each operand of an operation becomes: itself with two axes, a table with the two before its
 * own last ones, or the shape. */
static const struct Operation {
	Opcode op;
	struct {
		const char *name;
		Rebuild change;
	} operand[3];
} operations[] = {
    {OP_constexpr_affine_dequantize, {{"quantized_data", CHANGED}}},
    {OP_constexpr_cast, {{"source_val", CHANGED}}},
    {OP_constexpr_lut_to_dense,
     {{"shape", SHAPE}, {"indices", CHANGED}, {"lut", CHANGED_LUT}}},
    {OP_constexpr_sparse_to_dense, {{"shape", SHAPE}, {"mask", CHANGED}}},
    {OP_constexpr_blockwise_shift_scale,
     {{"data", CHANGED}, {"scale", CHANGED}, {"offset", CHANGED}}},
};

static Var *rebuilt(PassCtx *c, Builder *b, Var *w, int keep);

static Var *
again(PassCtx *c, Builder *b, const Inst *i, const struct Operation *o, int keep)
{
	bool flat = op_param(i->op, "shape") >= 0; /* up to iOS17: only the shape says what it is */
	Operand over[4];
	uint32_t n = 0;

	for (size_t k = 0; k < countof(o->operand) && o->operand[k].name; k++) {
		const char *name = o->operand[k].name;
		Rebuild change = o->operand[k].change;
		Var *v = op_param(i->op, name) < 0 ? NULL : inst_arg(i, name);
		if (!v || (flat && change != SHAPE))
			continue;
		if (flat && v->val)
			over[n++] = (Operand)TENSOR(name, new_shape(c, v->val));
		else
			over[n++] = (Operand)VAR(
			    name, rebuilt(c, b, v, change == CHANGED_LUT ? 2 : keep));
		if (!over[n - 1].var)
			return NULL;
	}
	return rewrite_again(b, i, name_new(c, i->op->name), over, n);
}

/* An axis that is counted from the end would be another one. */
static bool
axis_stays(const Inst *i)
{
	static const char *const names[] = {"axis", "vector_axis"};

	for (size_t k = 0; k < countof(names); k++) {
		const Tensor *t = op_param(i->op, names[k]) < 0 ? NULL : inst_val(i, names[k]);
		if (t && tensor_i(t, 0) < 0)
			return false;
	}
	return true;
}

static Var *
rebuilt(PassCtx *c, Builder *b, Var *w, int keep)
{
	const Inst *i = w->def;

	if (!i || !type_all_known(w->type))
		return NULL;
	if (var_is_const(w))
		return build_const(b, name_new(c, "weight"), with_axes(c, w->val, keep));
	for (size_t k = 0; k < countof(operations) && axis_stays(i); k++)
		if (i->op->code == operations[k].op)
			return again(c, b, i, &operations[k], keep);
	return NULL;
}

Var *
ane_conv_weight(PassCtx *c, Builder *b, Var *w)
{
	return w->type->rank == 2 ? rebuilt(c, b, w, 0) : NULL;
}
