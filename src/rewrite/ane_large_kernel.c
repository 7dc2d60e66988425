/* ane_large_kernel.c: a wide kernel is a sum of narrower ones, each on its part of the input.
 *
 *   %y = conv(x=%x, weight=%w, bias=%b, pad=…)       %w: (…, 31)
 *     ->
 *   %p = pad(x=%x, …)                                     where it pads along that axis
 *   %0 = conv(x=%p[…, :-18], weight=%w[…, 0:13], bias=%b)
 *   %1 = conv(x=%p[…, 13:-5], weight=%w[…, 13:26])
 *   %2 = conv(x=%p[…, 26:], weight=%w[…, 26:31])
 *   %y = %0 + %1 + %2
 *
 * Kernels of a width above 13 (15 from H16 on) are refused (the ANE guide's validator limits,
 * ANEForge's targets); heights above 29. The multiplications are the same ones. Options: `width`
 * (13) and `height` (29).
 *
 * Left alone: weights that are not plain constants, three spatial axes, transposed convolutions,
 * shapes with symbols that the parts would name anew.
 */
#include "ane_rewrite.h"

typedef struct WideKernel {
	PassCtx *c;
	Builder *b;
	const Inst *conv;
	int nspace, axis; /* spatial axes, the one that is split */
	int64_t pad[6], stride[3], dilation[3];
	int64_t n, most;  /* size along the axis, of a part at most */
} WideKernel;

/* SAME with a stride needs the input's size. */
static bool
same_pads(WideKernel *k, bool lower)
{
	const Type *x = inst_arg(k->conv, "x")->type, *w = inst_arg(k->conv, "weight")->type;

	for (int s = 0; s < k->nspace; s++) {
		int64_t in = x->dim[2 + s], reach = (w->dim[2 + s] - 1) * k->dilation[s] + 1, all;
		if (!dim_known(in))
			return false;
		all = ((in + k->stride[s] - 1) / k->stride[s] - 1) * k->stride[s] + reach - in;
		all = MAX(all, 0);
		k->pad[2 * s] = lower ? (all + 1) / 2 : all / 2;
		k->pad[2 * s + 1] = all - k->pad[2 * s];
	}
	return true;
}

static bool
read_pads(WideKernel *k)
{
	int n = 2 * k->nspace;

	memset(k->pad, 0, sizeof k->pad);
	if (ane_is_word(k->conv, "pad_type", "valid"))
		return true;
	if (ane_is_word(k->conv, "pad_type", "custom"))
		return val_ints(inst_arg(k->conv, "pad"), k->pad, 6) == n;
	if (ane_is_word(k->conv, "pad_type", "same"))
		return same_pads(k, false);
	return ane_is_word(k->conv, "pad_type", "same_lower") && same_pads(k, true);
}

static bool
read_numbers(WideKernel *k)
{
	return val_ints(inst_arg(k->conv, "strides"), k->stride, 3) == k->nspace &&
	       val_ints(inst_arg(k->conv, "dilations"), k->dilation, 3) == k->nspace &&
	       read_pads(k);
}

/* The split axis padded beforehand; the parts pad the other one. */
static Var *
padded(WideKernel *k)
{
	Var *x = inst_arg(k->conv, "x");
	int64_t pad[6] = {0}, *own = k->pad + 2 * k->axis;
	Arena *a = k->c->prog->arena;

	if (!own[0] && !own[1])
		return x;
	memcpy(pad + 2 * k->axis, own, 2 * sizeof *own);
	own[0] = own[1] = 0;
	return build1(k->b, OP_pad, name_new(k->c, "pad"),
	              ARGS(VAR("x", x), INTSC(k->c, "pad", pad, 2 * k->nspace),
	                   STRC(k->b, "mode", "constant"),
	                   TENSOR("constant_val", tensor_scalar_f(a, x->type->dtype, 0))));
}

/* Columns [from, to) of the weight. */
static const Tensor *
columns(const WideKernel *k, int64_t from, int64_t to)
{
	const Tensor *w = inst_val(k->conv, "weight");
	size_t inner = dtype_size(w->dtype);
	int64_t dim[5], outer = 1;
	const char *data = tensor_data(k->c->prog->arena, w);
	Tensor *r;

	memcpy(dim, w->dim, (size_t)w->rank * sizeof *dim);
	for (int d = 0; d < 2 + k->axis; d++)
		outer *= dim[d];
	for (int d = 3 + k->axis; d < w->rank; d++)
		inner *= (size_t)dim[d];
	dim[2 + k->axis] = to - from;
	r = tensor_new(k->c->prog->arena, w->dtype, dim, w->rank);
	for (int64_t o = 0; o < outer; o++)
		memcpy((char *)r->data + (size_t)(o * (to - from)) * inner,
		       data + (size_t)(o * k->n + from) * inner, (size_t)(to - from) * inner);
	return r;
}

static Var *
part(const WideKernel *k, Var *x, int64_t from)
{
	int64_t to = MIN(from + k->most, k->n), d = k->dilation[k->axis];
	Operand over[] = {VAR("x", ane_slice(k->c, k->b, x, 2 + k->axis, from * d,
	                                     -(k->n - to) * d)),
	                  TENSOR("weight", columns(k, from, to)),
	                  STRC(k->b, "pad_type", "custom"),
	                  INTSC(k->c, "pad", k->pad, 2 * k->nspace),
	                  VAR("bias", NULL)};
	uint32_t n = countof(over) - (from == 0); /* the first part has the bias */

	return over[0].var ? rewrite_again(k->b, k->conv, name_new(k->c, "conv"), over, n) : NULL;
}

static bool
split(WideKernel *k, Inst *i)
{
	Var *x = padded(k), *y = part(k, x, 0);

	for (int64_t at = k->most; at < k->n && y; at += k->most)
		y = ane_binary(k->c, k->b, OP_add, y, part(k, x, at));
	return ane_replace(k->c, i, y, GONE(i));
}

bool
rewrite_ane_large_kernel(PassCtx *c, Inst *i)
{
	const Var *w = inst_arg(i, "weight");
	Builder b = pass_builder_before(c, i);
	WideKernel k = {.c = c, .b = &b, .conv = i, .nspace = (int)w->type->rank - 2};

	if (!var_is_const(w) || k.nspace < 1 || k.nspace > 2 || !ane_is_dtype(inst_arg(i, "x")) ||
	    !read_numbers(&k))
		return false;
	for (k.axis = k.nspace - 1; k.axis >= 0; k.axis--) {
		k.n = w->val->dim[2 + k.axis];
		k.most = k.axis == k.nspace - 1 ? ane_option(c, "width", 13)
		                                : ane_option(c, "height", 29);
		if (k.n > k.most)
			return split(&k, i);
	}
	return false;
}
