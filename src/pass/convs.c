/* convs.c: see convs.h. */
#include "convs.h"

Inst *
conv_child(const Inst *conv)
{
	return var_leaves_block(conv->out[0]) ? NULL : var_only_child(conv->out[0]);
}

static int64_t
conv_groups(const Inst *conv)
{
	const Tensor *g = inst_val(conv, "groups");

	return g ? tensor_i(g, 0) : 1;
}

int64_t
conv_cout(const Inst *conv)
{
	const Tensor *w = inst_val(conv, "weight");

	if (!w || w->rank < 3)
		return 0;
	return inst_is(conv, OP_conv) ? w->dim[0] : w->dim[1] * conv_groups(conv);
}

Tensor *
conv_bias(PassCtx *c, const Inst *conv)
{
	const Tensor *w = inst_val(conv, "weight");
	const Var *bias = inst_arg(conv, "bias");
	int64_t cout = conv_cout(conv);

	if (!bias)
		return tensor_filled(c->prog->arena, w->dtype, &cout, 1, 0);
	if (!bias->val || bias->val->count != cout)
		return NULL;
	return tensor_copy(c->prog->arena, bias->val);
}

/* A conv's weight has an output channel per row. A conv_transpose's is (inputs, outputs of a group,
 * …). The peer takes the outputs of all groups in turn here, the first of each and so on, while
 * the op itself puts a whole group after the other: with several groups the two differ, and what
 * counts is to make the peer's model. */
Tensor *
conv_scaled_weight(PassCtx *c, const Inst *conv, const double *factor)
{
	const Tensor *w = inst_val(conv, "weight");
	int64_t groups = conv_groups(conv), rows, per_group;
	double *f;

	if (inst_is(conv, OP_conv))
		return tensor_scaled_rows(c->prog->arena, w, w->dim[0], factor);
	rows = w->dim[0] * w->dim[1];
	per_group = w->dim[0] / groups;
	f = newn(c->arena, double, (size_t)MAX(rows, 1));
	for (int64_t k = 0; k < rows; k++) {
		int64_t in = k / w->dim[1], out = k % w->dim[1];
		f[k] = factor[out * groups + in / per_group];
	}
	return tensor_scaled_rows(c->prog->arena, w, rows, f);
}
