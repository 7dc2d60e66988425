/* window.c: see window.h. A symbolic axis gives a new symbol, except that an earlier instruction
 * with the same window over the same axes has its symbols reused: the two branches of a residual
 * block then add up to one shape. */
#include "window.h"

#include <stdio.h>

bool
window_counts(Infer *c, const char *param, int n, int64_t *out)
{
	const int64_t *v;

	if (!ints_arg(c, param, n, &v, NULL))
		return false;
	for (int i = 0; i < n; i++) {
		out[i] = v[i];
		if (v[i] < 1 || v[i] > INT32_MAX)
			return op_error(c, param,
			                "element %d of '%s' is %lld, expected a number >= 1", i,
			                param, (long long)v[i]);
	}
	return true;
}

static bool
read_pad_type(Infer *c, Window *w, bool any_case)
{
	const char *s = infer_str(c, "pad_type");

	snprintf(w->pad_type, sizeof w->pad_type, "%s", s);
	for (char *p = w->pad_type; any_case && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	if (strcmp(w->pad_type, "valid") && strcmp(w->pad_type, "same") &&
	    strcmp(w->pad_type, "same_lower") && strcmp(w->pad_type, "custom"))
		return op_error(c, "pad_type",
		                "'pad_type' is '%s', expected valid, same, same_lower or "
		                "custom",
		                s);
	if (c->b->opset == IOS15 && strcmp(s, "same_lower") == 0)
		return op_error(c, "pad_type",
		                "pad_type 'same_lower' needs iOS16 or newer, this function "
		                "is for iOS15");
	return true;
}

bool
window_read(Infer *c, Window *w, const int64_t *kernel, const int64_t *dilation, bool with_pad)
{
	const Type *x = type_known(c, "x");
	const int64_t *pad;

	w->n = (int)x->rank - 2;
	if (!window_counts(c, "strides", w->n, w->stride) || !read_pad_type(c, w, with_pad))
		return false;
	for (int i = 0; i < w->n; i++) {
		w->in[i] = x->dim[2 + i];
		if (__builtin_mul_overflow(kernel[i] - 1, dilation ? dilation[i] : 1,
		                           &w->kernel[i]) ||
		    w->kernel[i] >= INT32_MAX)
			return op_error(c, NULL,
			                "the window spans more elements along axis %d than can be "
			                "counted",
			                2 + i);
		w->kernel[i]++;
	}
	if (!with_pad && strcmp(w->pad_type, "custom") != 0)
		return true;
	if (!ints_arg(c, "pad", 2 * w->n, &pad, NULL))
		return false;
	for (int i = 0; i < 2 * w->n; i++) {
		w->pad[i] = pad[i];
		if (pad[i] < 0 || pad[i] > INT32_MAX)
			return op_error(c, "pad",
			                "element %d of 'pad' is %lld, expected a number >= 0", i,
			                (long long)pad[i]);
	}
	return true;
}

/* ---- sizes ---- */

static int64_t
total_pad(const Window *w, int i)
{
	int64_t s = w->stride[i], in = w->in[i], out = in / s + (in % s != 0);

	if (strncmp(w->pad_type, "same", 4) == 0)
		return MAX(0, s * out - in + w->kernel[i] - s);
	return strcmp(w->pad_type, "custom") == 0 ? w->pad[2 * i] + w->pad[2 * i + 1] : 0;
}

static int64_t
out_size(const Window *w, int i)
{
	int64_t pad = total_pad(w, i), room = w->in[i] + pad - w->kernel[i], s = w->stride[i], n;

	if (!w->ceil_mode)
		return int_floordiv(room, s) + 1;
	n = int_ceildiv(room, s) + 1;
	if (pad > 0 && 2 * (n - 1) * s >= 2 * w->in[i] + pad)
		n--;
	return n;
}

/* The window of an earlier convolution or pooling, whose operands were checked then. */
static bool
window_of(const Inst *k, Window *w)
{
	bool pool = inst_is(k, OP_avg_pool) || inst_is(k, OP_max_pool) || inst_is(k, OP_l2_pool);
	const Type *x;
	const Tensor *stride, *pad, *size, *type;

	memset(w, 0, sizeof *w);
	if (!pool && !inst_is(k, OP_conv) && !inst_is(k, OP_conv_quantized))
		return false;
	x = inst_arg(k, "x")->type;
	stride = inst_val(k, "strides");
	pad = inst_val(k, "pad");
	type = inst_val(k, "pad_type");
	size = pool ? inst_val(k, "kernel_sizes") : inst_val(k, "dilations");
	if (!stride || !pad || !type || !size || x->rank < 3 || x->rank > 2 + MAX_SPATIAL)
		return false;
	w->n = (int)x->rank - 2;
	snprintf(w->pad_type, sizeof w->pad_type, "%s", (*(const Str *const *)type->data)->s);
	w->ceil_mode = pool && inst_int(k, "ceil_mode");
	for (int i = 0; i < w->n; i++) {
		w->in[i] = x->dim[2 + i];
		w->stride[i] = tensor_i(stride, i);
		w->kernel[i] = tensor_i(size, i);
		if (!pool)
			w->kernel[i] *= inst_arg(k, "weight")->type->dim[2 + i] - 1;
		w->kernel[i] += !pool;
		if (pool || strcmp(w->pad_type, "custom") == 0)
			w->pad[2 * i] = tensor_i(pad, 2 * i),
			           w->pad[2 * i + 1] = tensor_i(pad, 2 * i + 1);
	}
	return true;
}

static bool
same_window(const Window *a, const Window *b)
{
	if (a->n != b->n || a->ceil_mode != b->ceil_mode || strcmp(a->pad_type, b->pad_type) != 0)
		return false;
	for (int i = 0; i < a->n; i++)
		if (a->in[i] != b->in[i] || a->kernel[i] != b->kernel[i] ||
		    a->stride[i] != b->stride[i] || a->pad[2 * i] != b->pad[2 * i] ||
		    a->pad[2 * i + 1] != b->pad[2 * i + 1])
			return false;
	return true;
}

/* What an earlier instruction, in this block or one around it, made of the same window. */
static const Type *
earlier_result(const Infer *c, const Window *w)
{
	const Inst *from = c->inst->parent ? c->inst->prev : c->b->block->last;
	const Block *b = c->inst->parent ? c->inst->parent : c->b->block;
	Window other;

	while (b) {
		for (const Inst *k = from; k; k = k->prev)
			if (k != c->inst && k->nout && k->out[0]->type && window_of(k, &other) &&
			    same_window(w, &other))
				return k->out[0]->type;
		from = b->parent ? b->parent->prev : NULL;
		b = b->parent ? b->parent->parent : NULL;
	}
	return NULL;
}

bool
window_result(Infer *c, const Window *w, Dim channels)
{
	const Type *x = type_known(c, "x"), *earlier = NULL;
	Dim dim[2 + MAX_SPATIAL] = {x->dim[0], channels}, *out = dim + 2;
	bool known = true;

	for (int i = 0; i < w->n; i++)
		known &= dim_known(w->in[i]);
	if (!known)
		earlier = earlier_result(c, w);
	/* the padding of an unknown size is unknown too, and counts as a symbol */
	for (int i = 0; !earlier && strncmp(w->pad_type, "same", 4) == 0 && i < w->n; i++)
		if (!dim_known(w->in[i]))
			dim_fresh(c);
	for (int i = 0; i < w->n; i++) {
		if (!dim_known(w->in[i])) {
			out[i] = earlier ? earlier->dim[2 + i] : dim_fresh(c);
			continue;
		}
		out[i] = out_size(w, i);
		if (out[i] > 0)
			continue;
		return op_clash(
		    c, NULL, "x",
		    "axis %d of 'x' has %lld elements and %lld of padding, but the window "
		    "spans %lld: the result would be empty",
		    2 + i, (long long)w->in[i], (long long)total_pad(w, i),
		    (long long)w->kernel[i]);
	}
	return set_shape(c, 0, x->dtype, dim, x->rank);
}
