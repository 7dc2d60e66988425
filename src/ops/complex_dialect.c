/* complex_dialect.c: type rules of the operations on complex numbers, which a pass takes apart into
 * real ones (pass/lower_complex_dialect_ops.c) before anything else happens.
 */
#include "shapes.h"

/* real_data and imag_data of one shape. */
bool
infer_complex(Infer *c)
{
	const Type *re = type_known(c, "real_data"), *im = type_known(c, "imag_data");

	if (re->rank != im->rank || memcmp(re->dim, im->dim, re->rank * sizeof *re->dim) != 0)
		return op_clash_both(c, "imag_data", "real_data", "imag_data",
		                     "'imag_data' has shape %s, but 'real_data' has %s: the parts "
		                     "of a complex value have the same shape",
		                     shape_of(c, im), shape_of(c, re));
	return set_shape(c, 0, DT_COMPLEX64, re->dim, re->rank);
}

/* One real number for each complex one of the only operand. */
bool
infer_complex_part(Infer *c)
{
	const Type *t = type_known(c, c->inst->op->param[0].name);

	return set_shape(c, 0, DT_FP32, t->dim, t->rank);
}

bool
infer_complex_shape(Infer *c)
{
	const Type *t = type_known(c, "x");

	set_shape(c, 0, DT_INT32, &(Dim){t->rank}, 1);
	set_values(c, 0, t->dim);
	return true;
}

/* ---- Fourier transforms ---- */

typedef struct Transform {
	const char *sizes, *axes; /* names of the operands */
	const int64_t *size, *axis;
	int64_t nsize, naxis; /* -1: not given */
} Transform;

static bool
transform_axes(Infer *c, Transform *t, int64_t rank)
{
	int64_t *all;

	t->naxis = -1;
	if (inst_arg(c->inst, t->axes) && !ints_any(c, t->axes, -1, &t->axis, &t->naxis))
		return false;
	for (int64_t k = 0; k < t->naxis; k++)
		if (t->axis[k] < -rank || t->axis[k] >= rank)
			return op_error(c, t->axes,
			                "'%s' holds the axis %lld, expected %lld to %lld for a "
			                "value of rank %lld",
			                t->axes, (long long)t->axis[k], (long long)-rank,
			                (long long)rank - 1, (long long)rank);
	if (t->naxis >= 0)
		return t->naxis > 0 || op_error(c, t->axes, "'%s' is empty", t->axes);
	t->naxis = t->nsize < 0 ? rank : t->nsize;
	if (t->naxis > rank || t->naxis == 0)
		return op_error(c, t->sizes,
		                "'%s' has %lld elements, expected 1 to %lld for a value of rank "
		                "%lld",
		                t->sizes, (long long)t->naxis, (long long)rank, (long long)rank);
	all = newn(c->arena, int64_t, (size_t)t->naxis);
	for (int64_t k = 0; k < t->naxis; k++)
		all[k] = rank - t->naxis + k;
	t->axis = all;
	return true;
}

static bool
transform_sizes(Infer *c, Transform *t)
{
	t->nsize = -1;
	if (!inst_arg(c->inst, t->sizes))
		return true;
	if (!ints_any(c, t->sizes, -1, &t->size, &t->nsize))
		return false;
	for (int64_t k = 0; k < t->nsize; k++)
		if (t->size[k] <= 0)
			return op_error(c, t->sizes, "'%s' holds the size %lld, expected 1 or more",
			                t->sizes, (long long)t->size[k]);
	return true;
}

/* complex_fft and its kin of one axis (n, dim) or of several (shapes, dims). What makes real
 * numbers (irfft) reads half of a spectrum, what reads them (rfft) makes one. */
bool
infer_complex_fft(Infer *c)
{
	Opcode code = c->inst->op->code;
	bool to_real = code == OP_complex_irfft || code == OP_complex_irfftn;
	bool half = code == OP_complex_rfft || code == OP_complex_rfftn;
	Transform t = {"n", "dim", NULL, NULL, -1, -1};
	const Type *in = type_known(c, "data");
	Dim *dim = dims_copy(c, in, 0), *last;

	if ((code == OP_complex_rfft || code == OP_complex_irfft) &&
	    (!number_arg(c, "dim") || (to_real && !number_arg(c, "n"))))
		return false;
	if (op_param(c->inst->op, "shapes") >= 0)
		t = (Transform){"shapes", "dims", NULL, NULL, -1, -1};
	if (!word_arg(c, "norm", "forward backward ortho") || !rank_between(c, "data", 1, -1) ||
	    !transform_sizes(c, &t) || !transform_axes(c, &t, in->rank))
		return false;
	if (t.nsize >= 0 && t.nsize != t.naxis)
		return op_error(c, t.sizes, "'%s' has %lld elements, but '%s' has %lld", t.sizes,
		                (long long)t.nsize, t.axes, (long long)t.naxis);
	for (int64_t k = 0; k < t.nsize; k++)
		dim[t.axis[k] < 0 ? t.axis[k] + in->rank : t.axis[k]] = t.size[k];
	last = &dim[t.axis[t.naxis - 1] + (t.axis[t.naxis - 1] < 0 ? in->rank : 0)];
	if (to_real && t.nsize < 0)
		*last = dim_mul(c->types, 2, dim_sub(c->types, *last, 1));
	if (half)
		*last = dim_add(c->types, dim_floordiv(c->types, *last, 2), 1);
	if (dim_known(*last) && *last <= 0)
		return op_error(c, "data",
		                "'data' has shape %s: half of a spectrum with one element "
		                "stands for no number, give the size of the result as '%s'",
		                shape_of(c, in), t.sizes);
	return set_shape(c, 0, to_real ? DT_FP32 : DT_COMPLEX64, dim, in->rank);
}

static bool
stft_window(Infer *c, int64_t n_fft)
{
	const Type *w = infer_type(c, "window");
	int64_t win = n_fft;

	if (inst_arg(c->inst, "win_length")) {
		if (!size_arg(c, "win_length", &win))
			return false;
		if (win > n_fft)
			return op_error(c, "win_length",
			                "'win_length' is %lld, expected at most the %lld of "
			                "'n_fft'",
			                (long long)win, (long long)n_fft);
	}
	if (w && (w->rank != 1 || w->count != win))
		return op_error(c, "window", "'window' has shape %s, expected (%lld,)",
		                shape_of(c, w), (long long)win);
	return true;
}

bool
infer_complex_stft(Infer *c)
{
	const Type *in = type_known(c, "input");
	bool one_sided = infer_bool(c, "onesided", true);
	int64_t n, hop;
	Dim dim[3], length, frames;

	if (!rank_between(c, "input", 1, 2) || !size_arg(c, "n_fft", &n))
		return false;
	hop = n / 4;
	if (inst_arg(c->inst, "hop_length") && !size_arg(c, "hop_length", &hop))
		return false;
	if (hop < 1)
		return op_error(c, "n_fft",
		                "'n_fft' is %lld, and a quarter of it no step: give 'hop_length'",
		                (long long)n);
	if (!stft_window(c, n))
		return false;
	if (one_sided && in->dtype == DT_COMPLEX64)
		return op_error(c, "input",
		                "the spectrum of complex numbers has two sides: write "
		                "onesided=False");
	length = in->dim[in->rank - 1];
	if (dim_known(length) && length < n)
		return op_error(c, "input", "'input' has %lld samples, expected at least the %lld "
		                            "of 'n_fft'",
		                (long long)length, (long long)n);
	frames = dim_add(c->types, dim_floordiv(c->types, dim_sub(c->types, length, n), hop), 1);
	dim[0] = in->dim[0];
	dim[in->rank - 1] = one_sided ? n / 2 + 1 : n;
	dim[in->rank] = frames;
	return set_shape(c, 0, DT_COMPLEX64, dim, in->rank + 1);
}
