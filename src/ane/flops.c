/* flops.c: what an operation computes, in floating point operations: a multiplication or an
 * addition counts one. Convolutions and products by their sums; pools and reductions one for each
 * element that goes in; norms and softmax five for each element, attention by its two products and
 * the softmax; resizing seven for each result; recurrent layers by their products; what only moves
 * data nothing; all else one for each element of the results. 0 where a size is not known.
 */
#include "names.h"

#include <math.h>

static double
count(const Var *v)
{
	const Type *t = v ? tensor_part(v->type) : NULL;
	return t && t->kind == TY_TENSOR && t->count > 0 ? (double)t->count : 0;
}

static double
size(const Var *v, int at)
{
	Val n = var_size(v, at);
	return n.kind == VAL_INT ? (double)n.i : 0;
}

static double
results(const Inst *i)
{
	double n = 0;

	for (uint32_t k = 0; k < i->nout; k++)
		n += count(i->out[k]);
	return n;
}

static double
convolution(const Inst *i)
{
	const Var *x = inst_arg(i, "x"), *w = inst_arg(i, "weight");
	bool transposed = i->op->code == OP_conv_transpose;
	/* weight: [Cout, Cin / groups, kernel], of a transposed one [Cin, Cout / groups, kernel] */
	double taps = size(w, 0) ? count(w) / size(w, 0) : 0;

	return 2 * taps * (transposed ? count(x) : count(i->out[0]));
}

static double
product(Arena *a, const Inst *i)
{
	const Var *x = inst_arg(i, "x");
	Site s = {.inst = i, .arena = a};
	Val k = name_K(&s);

	return x && k.kind == VAL_INT ? 2 * (double)k.i * count(i->out[0]) : 0;
}

static double
attention(const Inst *i)
{
	const Var *q = inst_arg(i, "query"), *v = inst_arg(i, "value");
	double width = size(q, -1), keys = size(v, -2);
	double scores = width ? count(q) / width * keys : 0;

	return 2 * scores * width + 5 * scores + 2 * scores * size(v, -1);
}

static double
recurrent(const Inst *i)
{
	double steps = size(inst_arg(i, "x"), 0) * size(inst_arg(i, "x"), 1), weights = 0;

	for each_operand(o, i)
		if (o.var->val && var_rank(o.var) == 2)
			weights += count(o.var);
	return 2 * steps * weights;
}

/* einsum: every letter once. */
static double
letters(const Inst *i)
{
	const Arg *in = inst_args(i, "values");
	const Tensor *t = inst_val(i, "equation");
	const char *e = t ? (*(const Str *const *)t->data)->s : "";
	double n = 2;
	bool seen[256] = {0};

	for (uint32_t k = 0, at = 0; *e && *e != '-'; e++) {
		if (*e == ',') {
			k++, at = 0;
		} else if (*e != ' ' && k < in->n) {
			if (!seen[(unsigned char)*e])
				n *= size(in->u[k]->var, (int)at);
			seen[(unsigned char)*e] = true;
			at++;
		}
	}
	return n;
}

static double
pool(Arena *a, const Inst *i)
{
	Site s = {.inst = i, .arena = a};
	Val k = site_param(&s, "kernel_sizes");
	double n = results(i);

	for (uint32_t d = 0; k.kind == VAL_LIST && d < k.n; d++)
		n *= k.at[d].kind == VAL_INT ? (double)k.at[d].i : 0;
	return k.kind == VAL_LIST ? n : 0;
}

double
ane_flops(Arena *a, const Inst *i)
{
	switch (i->op->code) {
	case OP_conv:
	case OP_conv_transpose:
		return convolution(i);
	case OP_matmul:
	case OP_linear:
		return product(a, i);
	case OP_einsum:
		return letters(i);
	case OP_scaled_dot_product_attention:
		return attention(i);
	case OP_lstm:
	case OP_gru:
	case OP_rnn:
		return recurrent(i);
	case OP_avg_pool:
	case OP_max_pool:
	case OP_l2_pool:
		return pool(a, i);
	case OP_softmax:
	case OP_layer_norm:
	case OP_instance_norm:
	case OP_l2_norm:
	case OP_local_response_norm:
		return 5 * results(i);
	case OP_resize:
	case OP_resize_bilinear:
	case OP_upsample_bilinear:
	case OP_crop_resize:
	case OP_resample:
	case OP_affine:
		return 7 * results(i);
	case OP_reshape:
	case OP_transpose:
	case OP_concat:
	case OP_stack:
	case OP_split:
	case OP_slice_by_index:
	case OP_slice_by_size:
	case OP_slice_update:
	case OP_squeeze:
	case OP_expand_dims:
	case OP_pad:
	case OP_tile:
	case OP_gather:
	case OP_gather_nd:
	case OP_gather_along_axis:
	case OP_identity:
	case OP_shape:
	case OP_cast:
	case OP_flatten2d:
	case OP_reverse:
	case OP_fill:
	case OP_depth_to_space:
	case OP_space_to_depth:
	case OP_pixel_shuffle:
	case OP_pixel_unshuffle:
	case OP_batch_to_space:
	case OP_space_to_batch:
	case OP_read_state:
	case OP_coreml_update_state:
	case OP_cond:
	case OP_while_loop:
		return 0;
	default:
		if (i->op->flags & REDUCES)
			return count(inst_argn(i, 0));
		return results(i);
	}
}
