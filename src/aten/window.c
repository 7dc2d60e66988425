/* window.c: padding, and what looks at tensors through a sliding window. */
#include "broadcast.h"

/* ---- padding ---- */
/* PyTorch counts pairs from the last dimension back; here they stand in the order of dimensions,
 * all of them. 0: there are too many. */
static int64_t *
pad_pairs(AtenCtx *c, const int64_t *v, uint32_t n, uint32_t rank)
{
	int64_t *out = per_dim(c, 2 * rank, 0);

	if (c->failed)
		return NULL;
	if (n % 2 || n / 2 > rank) {
		aten_fail(c, "%u numbers of padding for %u dimensions: there are two for each", n,
		          rank);
		return NULL;
	}
	for (uint32_t i = 0; i < n / 2; i++) {
		out[2 * (rank - 1 - i)] = v[2 * i];
		out[2 * (rank - 1 - i) + 1] = v[2 * i + 1];
	}
	return out;
}

/* Core ML pads by a number that is known at run time alone in one dimension only. */
static Var *
pad_operand(AtenCtx *c, const Tv *t, uint32_t rank)
{
	uint32_t n;
	int64_t *v;
	Var **part;

	if (t->kind != TV_LIST || tv_known(t)) {
		if (t->kind == TV_VAR && !t->var->val)
			return t->var;
		v = tv_ints(c, t, &n, "pad");
		v = v ? pad_pairs(c, v, n, rank) : NULL;
		return v ? ints(c, v, 2 * rank) : NULL;
	}
	part = tv_vars(c, t, &n, "pad");
	if (n != 2 || rank != 1) {
		aten_fail(c, "padding by numbers that are known at run time alone is possible for "
		             "one dimension only, not for %u: use fixed numbers",
		          rank);
		return NULL;
	}
	for (uint32_t i = 0; i < n && !c->failed; i++)
		if (!rank_of(part[i]))
			part[i] = OP(expand_dims, X(part[i]), LIT("axes", 0));
	return concat_numbers(c, part, n);
}

static void
pad_complex(AtenCtx *c, Var *x, Var *pad, const char *mode, double value)
{
	Var *part[2] = {OP(complex_real, VAR("data", x)), OP(complex_imag, VAR("data", x))};

	for (int i = 0; i < 2; i++)
		part[i] = OP(pad, X(part[i]), VAR("pad", pad), STR("mode", mode),
		             FLT("constant_val", value));
	RESULT(NAMED(complex, VAR("real_data", part[0]), VAR("imag_data", part[1])));
}

HANDLER(pad)
{
	Var *v[2] = {operand_n(c, 0)}, *pad;
	const char *mode = str_operand(c, "mode", "constant");
	double value = float_operand(c, "value", 0);

	if (c->failed)
		return;
	pad = pad_operand(c, operand_at(c, 1), rank_of(v[0]));
	if (is_complex(v[0])) {
		pad_complex(c, v[0], pad, mode, value);
		return;
	}
	v[1] = flt(c, value);
	promote(c, v, 2);
	RESULT(NAMED(pad, X(v[0]), VAR("pad", pad), STR("mode", mode), VAR("constant_val", v[1])));
}

static void
pad_with(AtenCtx *c, const char *mode)
{
	Var *x = operand_n(c, 0);
	uint32_t n;
	int64_t *v = tv_ints(c, operand_at(c, 1), &n, "padding");

	v = v ? pad_pairs(c, v, n, rank_of(x)) : NULL;
	if (v)
		RESULT(OP(pad, X(x), INTS("pad", v, 2 * rank_of(x)), STR("mode", mode)));
}

HANDLER(reflection_pad2d)
{
	pad_with(c, "reflect");
}

HANDLER(replication_pad2d)
{
	pad_with(c, "replicate");
}

/* ---- windows ---- */
/* The window's dimension comes last. */
HANDLER(unfold)
{
	Var *x = operand_n(c, 0), *y;
	int64_t dim = int_operand(c, "dimension", 0), *perm;
	uint32_t rank = rank_of(x), at, k = 0;

	at = (uint32_t)axis_of(c, dim, rank) + 1;
	if (c->failed)
		return;
	y = OP(sliding_windows, X(x), INT("axis", dim), INT("size", int_operand(c, "size", 1)),
	       INT("stride", int_operand(c, "step", 1)));
	if (at == rank || c->failed) {
		RESULT(NAMED(identity, X(y)));
		return;
	}
	perm = per_dim(c, rank + 1, 0);
	for (uint32_t i = 0; i <= rank; i++)
		if (i != at)
			perm[k++] = i;
	perm[k] = at;
	RESULT(NAMED(transpose, X(y), INTS("perm", perm, rank + 1)));
}

/* Two numbers, known. */
static bool
pair(AtenCtx *c, const char *name, int64_t v[2])
{
	uint32_t n;
	int64_t *got = ints_operand(c, name, &n);

	if (!c->failed && (!got || n < 1 || n > 2))
		aten_fail(c, "the operand '%s' has %u numbers, expected two", name, n);
	if (c->failed)
		return false;
	v[0] = got[0];
	v[1] = got[n - 1];
	return true;
}

/* One filter for each place in the window of each channel, which picks that element. */
static Tensor *
picking_filters(AtenCtx *c, DType t, int64_t channels, const int64_t size[2])
{
	int64_t window, filters, dim[4] = {0, channels, size[0], size[1]}, count;
	Tensor *w;

	window = size[0] * size[1];
	filters = channels * window;
	dim[0] = filters;
	if (size[0] < 1 || size[1] < 1 || size[0] > INT32_MAX || size[1] > INT32_MAX ||
	    !shape_count(dim, 4, &count) || count > INT32_MAX) {
		aten_fail(c, "a window of %lld x %lld for %lld channels is not possible",
		          (long long)size[0], (long long)size[1], (long long)channels);
		return NULL;
	}
	w = tensor_new(c->arena, t, dim, 4);
	for (int64_t f = 0; f < filters; f++)
		tensor_set_f(w, (f * channels + f / window) * window + f % window, 1);
	return w;
}

HANDLER(im2col)
{
	Var *x = operand_n(c, 0), *y;
	int64_t kernel[2], dilation[2], padding[2], stride[2];
	Tensor *w;

	if (c->failed || !pair(c, "kernel_size", kernel) || !pair(c, "dilation", dilation) ||
	    !pair(c, "padding", padding) || !pair(c, "stride", stride))
		return;
	if (rank_of(x) != 4 || !dim_known(dim_of(x, 0)) || !dim_known(dim_of(x, 1))) {
		aten_fail(c, "unfolding takes a tensor of 4 dimensions, the first two of known "
		             "size, not %s",
		          shape_str(c->b->prog->types, x->type->dim, rank_of(x)));
		return;
	}
	w = picking_filters(c, dtype_of(x), dim_of(x, 1), kernel);
	if (!w)
		return;
	y = OP(conv, X(x), TENSOR("weight", w), INTS("strides", stride, 2),
	       STR("pad_type", "custom"),
	       LIT("pad", padding[0], padding[0], padding[1], padding[1]),
	       INTS("dilations", dilation, 2));
	RESULT(NAMED(reshape, X(y), LIT("shape", dim_of(x, 0), w->dim[0], -1)));
}

/* ---- folding: the inverse of im2col where no two windows meet ---- */
typedef struct Fold {
	int64_t batch, channels, size[2]; /* of the image with its padding */
	int64_t kernel[2], padding[2], stride[2], blocks[2];
	int64_t nblock; /* of all blocks that x has */
} Fold;

static bool
fold_operands(AtenCtx *c, const Var *x, Fold *f)
{
	int64_t out[2], dilation[2], window;

	if (c->failed || !pair(c, "output_size", out) || !pair(c, "kernel_size", f->kernel) ||
	    !pair(c, "dilation", dilation) || !pair(c, "padding", f->padding) ||
	    !pair(c, "stride", f->stride))
		return false;
	if (rank_of(x) != 3 || !dims_known(x)) {
		aten_fail(c, "folding takes a tensor of 3 dimensions of known size");
		return false;
	}
	for (int i = 0; i < 2; i++) {
		const char *wrong = NULL;

		f->size[i] = out[i] + 2 * f->padding[i];
		if (dilation[i] > 1)
			wrong = "a dilation";
		else if (f->kernel[i] < 1 || f->stride[i] < f->kernel[i])
			wrong = "windows that overlap";
		else if (f->size[i] % f->stride[i])
			wrong = "a rest behind the last window";
		if (wrong) {
			aten_fail(c, "folding with %s is not supported", wrong);
			return false;
		}
		f->blocks[i] = int_ceildiv(f->size[i] - f->kernel[i] + 1, f->stride[i]);
	}
	window = f->kernel[0] * f->kernel[1];
	f->batch = dim_of(x, 0), f->channels = dim_of(x, 1) / window, f->nblock = dim_of(x, 2);
	if (f->channels * window != dim_of(x, 1) || f->blocks[0] * f->blocks[1] != f->nblock ||
	    x->type->count > INT32_MAX) {
		aten_fail(c, "%lld windows of %lld elements do not make this image",
		          (long long)f->nblock, (long long)dim_of(x, 1));
		return false;
	}
	return true;
}

/* Where each element of the images lies in x, which has as many. */
static Tensor *
fold_places(AtenCtx *c, const Fold *f)
{
	int64_t n = f->batch * f->channels * f->kernel[0] * f->kernel[1] * f->nblock, at = 0;
	Tensor *t = tensor_new(c->arena, DT_INT32, &n, 1);
	int64_t rows = f->channels * f->kernel[0] * f->kernel[1], window = rows / f->channels;

	for (int64_t b = 0; b < f->batch; b++)
		for (int64_t row = 0; row < rows; row++)
			for (int64_t k = 0; k < f->nblock; k++, at++) {
				int64_t in = row % window;
				int64_t y = in / f->kernel[1] + k / f->blocks[1] * f->stride[0];
				int64_t x = in % f->kernel[1] + k % f->blocks[1] * f->stride[1];
				int64_t image = b * f->channels + row / window;
				int64_t place = (image * f->size[0] + y) * f->size[1] + x;

				if (place < n)
					tensor_set_i(t, place, at);
			}
	return t;
}

HANDLER(col2im)
{
	Var *x = operand_n(c, 0), *y;
	Fold f;
	int64_t want, *shape, begin[4] = {0};

	if (c->failed || !fold_operands(c, x, &f))
		return;
	want = f.batch * f.channels * f.size[0] * f.size[1];
	shape = per_dim(c, 4, 0);
	shape[0] = f.batch, shape[1] = f.channels, shape[2] = f.size[0], shape[3] = f.size[1];
	y = OP(gather_along_axis, X(OP(reshape, X(x), LIT("shape", -1))),
	       TENSOR("indices", fold_places(c, &f)));
	if (y && dim_of(y, 0) > want)
		y = OP(slice_by_size, X(y), LIT("begin", 0), LIT("size", want));
	if (!f.padding[0] && !f.padding[1]) {
		RESULT(NAMED(reshape, X(y), INTS("shape", shape, 4)));
		return;
	}
	y = OP(reshape, X(y), INTS("shape", shape, 4));
	for (int i = 0; i < 2; i++) {
		begin[2 + i] = f.padding[i];
		shape[2 + i] -= 2 * f.padding[i];
	}
	RESULT(NAMED(slice_by_size, X(y), INTS("begin", begin, 4), INTS("size", shape, 4)));
}
