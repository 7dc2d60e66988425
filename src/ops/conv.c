/* conv.c: type rules of convolutions. */
#include "window.h"

/* A weight computed from constants alone is one: constness flows through operations. */
static bool
from_constants(const Var *v, int depth)
{
	const Inst *k = v->def;

	if (v->val || v->from_const || var_is_const(v))
		return true;
	if (!k || depth > 100 || k->nblock || (k->op->flags & EFFECT))
		return false;
	for each_operand (o, k)
		if (!from_constants(o.var, depth + 1))
			return false;
	return true;
}

/* Ranks of x and weight agree, and the kernel is known. */
static bool
kernel_sizes(Infer *c, int64_t *kernel)
{
	const Type *x = type_known(c, "x"), *w = type_known(c, "weight");

	if (!rank_between(c, "x", 3, 2 + MAX_SPATIAL))
		return false;
	if (w->rank != x->rank)
		return op_clash(c, "weight", "x",
		                "'weight' has rank %u, expected %u, the rank of 'x'", w->rank,
		                x->rank);
	for (uint32_t i = 0; i < w->rank; i++)
		if (!dim_known(w->dim[i]) || w->dim[i] < 1)
			return op_error(c, "weight",
			                "'weight' has shape %s, expected known dimensions >= 1",
			                shape_of(c, w));
	for (uint32_t i = 2; i < w->rank; i++)
		kernel[i - 2] = w->dim[i];
	return true;
}

static bool
bias_fits(Infer *c, int64_t channels)
{
	const Type *b = infer_type(c, "bias");

	if (!b || (b->rank == 1 && b->dim[0] == channels))
		return true;
	return op_clash(c, "bias", "weight",
	                "'bias' has shape %s, expected (%lld,), one number for each output channel",
	                shape_of(c, b), (long long)channels);
}

static bool
channels_fit(Infer *c, int64_t groups)
{
	const Type *x = type_known(c, "x"), *w = type_known(c, "weight");
	Dim in = x->dim[1];

	if (!dim_known(in))
		return true;
	if (in % groups != 0)
		op_error(c, "groups", "'x' has %lld channels, which %lld groups do not divide",
		         (long long)in, (long long)groups);
	else if (in / groups != w->dim[1])
		op_error(c, "weight",
		         "'weight' has shape %s, for %lld input channels; 'x' has %lld in "
		         "%lld groups, so dimension 1 should be %lld",
		         shape_of(c, w), (long long)w->dim[1], (long long)in, (long long)groups,
		         (long long)(in / groups));
	else
		return true;
	op_note_operand(c, "x");
	return false;
}

bool
infer_conv(Infer *c)
{
	const Type *x = type_known(c, "x"), *wt = type_known(c, "weight");
	int64_t kernel[MAX_SPATIAL], dilation[MAX_SPATIAL], groups;
	Window w = {0};

	if (!kernel_sizes(c, kernel) || !size_arg(c, "groups", &groups) ||
	    !bias_fits(c, wt->dim[0]) || !channels_fit(c, groups) ||
	    !window_counts(c, "dilations", (int)x->rank - 2, dilation) ||
	    !window_read(c, &w, kernel, dilation, false))
		return false;
	for (int i = 0; i < w.n; i++)
		if (dilation[i] > 1 && !from_constants(inst_arg(c->inst, "weight"), 0))
			return op_error(c, "dilations",
			                "a weight computed when the model runs cannot be "
			                "dilated, expected dilations of 1");
	return window_result(c, &w, wt->dim[0]);
}

/* ---- conv_transpose ---- */

static bool
given_shape(Infer *c, const Type *x, int64_t channels)
{
	const int64_t *v;

	if (!ints_arg(c, "output_shape", x->rank, &v, NULL))
		return false;
	if (v[0] != x->dim[0] || v[1] != channels)
		return op_clash(c, "output_shape", "x",
		                "'output_shape' begins with %lld, %lld, expected %s, %lld: the "
		                "batch of 'x' and the output channels",
		                (long long)v[0], (long long)v[1], dim_str(c->types, x->dim[0]),
		                (long long)channels);
	for (uint32_t i = 0; i < x->rank; i++)
		if (v[i] < 1)
			return op_error(c, "output_shape",
			                "dimension %u is %lld, expected 1 or more", i,
			                (long long)v[i]);
	return set_shape(c, 0, x->dtype, v, x->rank);
}

/* strides * (in - 1) + kernel, less the padding; `same`: strides * in. */
static bool
transposed_dims(Infer *c, const Type *x, const int64_t *kernel, Dim *dim)
{
	int n = (int)x->rank - 2;
	bool same = strcmp(infer_str(c, "pad_type"), "same") == 0;
	bool custom = strcmp(infer_str(c, "pad_type"), "custom") == 0;
	int64_t stride[MAX_SPATIAL], dilation[MAX_SPATIAL];
	const int64_t *pad = NULL;
	Types *t = c->types;

	if (!window_counts(c, "strides", n, stride) ||
	    !window_counts(c, "dilations", n, dilation) ||
	    (custom && !ints_arg(c, "pad", 2 * n, &pad, NULL)))
		return false;
	for (int i = 0; i < n; i++) {
		Dim in = x->dim[2 + i], reach = (kernel[i] - 1) * dilation[i] + 1;
		if (same) {
			dim[i] = dim_mul(t, in, stride[i]);
			continue;
		}
		if (pad)
			reach -= pad[2 * i] + pad[2 * i + 1];
		dim[i] = dim_add(t, dim_mul(t, dim_sub(t, in, 1), stride[i]), reach);
		if (dim_known(dim[i]) && dim[i] < 1)
			return op_error(c, custom ? "pad" : "x",
			                "axis %d of the result would have %lld "
			                "elements",
			                2 + i, (long long)dim[i]);
	}
	return true;
}

bool
infer_conv_transpose(Infer *c)
{
	const Type *x = type_known(c, "x"), *w = type_known(c, "weight");
	int64_t kernel[MAX_SPATIAL], groups, channels;
	Dim dim[2 + MAX_SPATIAL];

	if (!kernel_sizes(c, kernel) || !size_arg(c, "groups", &groups))
		return false;
	if (__builtin_mul_overflow(w->dim[1], groups, &channels) || channels > INT32_MAX)
		return op_error(c, "groups", "'groups' is %lld, which gives too many channels",
		                (long long)groups);
	if (dim_known(x->dim[1]) && x->dim[1] != w->dim[0])
		return op_clash(c, "weight", "x",
		                "'weight' has shape %s, for %lld input channels; 'x' has %lld",
		                shape_of(c, w), (long long)w->dim[0], (long long)x->dim[1]);
	if (dim_known(x->dim[1]) && x->dim[1] % groups != 0)
		return op_error(c, "groups",
		                "'x' has %lld channels, which %lld groups do not divide",
		                (long long)x->dim[1], (long long)groups);
	if (infer_type(c, "bias") && !infer_val(c, "bias"))
		return op_error(c, "bias",
		                "'bias' is computed when the model runs, expected a constant");
	if (!bias_fits(c, channels) || !word_arg(c, "pad_type", "valid same custom"))
		return false;
	if (infer_val(c, "output_shape"))
		return given_shape(c, x, channels);
	if (!transposed_dims(c, x, kernel, dim + 2))
		return false;
	dim[0] = x->dim[0];
	dim[1] = channels;
	return set_shape(c, 0, x->dtype, dim, x->rank);
}
