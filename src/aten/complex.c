/* complex.c: complex numbers and Fourier transforms, as operations of the complex dialect, which
 * the pass lower_complex_dialect_ops takes apart into real ones.
 */
#include "aten.h"

/* Its only operand, which must be complex. */
static Var *
complex_operand(AtenCtx *c)
{
	Var *x = operand_n(c, 0);

	if (!c->failed && !is_complex(x))
		aten_fail(c, "the operand has type %s, but must be complex: make it with "
		             "torch.complex()",
		          dtype_info[dtype_of(x)].mil);
	return c->failed ? NULL : x;
}

HANDLER(complex)
{
	Var *re = operand_n(c, 0), *im = operand_n(c, 1);

	RESULT(OP(complex, VAR("real_data", re), VAR("imag_data", im)));
}

HANDLER(real)
{
	Var *x = operand_n(c, 0);

	RESULT(is_complex(x) ? OP(complex_real, VAR("data", x)) : x);
}

HANDLER(imag)
{
	Var *x = complex_operand(c);

	RESULT(OP(complex_imag, VAR("data", x)));
}

HANDLER(view_as_real)
{
	Var *x = complex_operand(c), *part[2];

	part[0] = OP(complex_real, VAR("data", x));
	part[1] = OP(complex_imag, VAR("data", x));
	RESULT(OP(stack, VALUES(part, 2), INT("axis", -1)));
}

HANDLER(polar)
{
	Var *length = operand_n(c, 0), *angle = operand_n(c, 1), *re, *im;

	re = OP(mul, X(length), Y(OP(cos, X(angle))));
	im = OP(mul, X(length), Y(OP(sin, X(angle))));
	RESULT(NAMED(complex, VAR("real_data", re), VAR("imag_data", im)));
}

/* ---- transforms ---- */

/* The names of their sizes and axes: (PyTorch's, Core ML's). */
static const char *const along_one[2][2] = {{"n", "n"}, {"dim", "dim"}};
static const char *const along_many[2][2] = {{"s", "shapes"}, {"dim", "dims"}};

static void
transform(AtenCtx *c, Opcode op, Var *x, const char *const name[2][2])
{
	Var *size = operand_or_none(c, name[0][0]), *axis = operand_or_none(c, name[1][0]);
	Var *norm = operand_or_none(c, "norm");

	RESULT(aten_op(c, op, NULL,
	               ARGS(VAR("data", x), VAR(name[0][1], size), VAR(name[1][1], axis),
	                    VAR("norm", norm))));
}

#define TRANSFORM(op, names)                                                                       \
	HANDLER(fft_##op)                                                                          \
	{                                                                                          \
		transform(c, OP_complex_##op, operand(c, "self"), names);                          \
	}
TRANSFORM(fft, along_one)
TRANSFORM(rfft, along_one)
TRANSFORM(ifft, along_one)
TRANSFORM(fftn, along_many)
TRANSFORM(rfftn, along_many)
TRANSFORM(ifftn, along_many)
TRANSFORM(irfftn, along_many)

/* A real operand stands for a complex one without imaginary part. */
HANDLER(fft_irfft)
{
	Var *x = operand(c, "self"), *zero;

	if (!c->failed && !is_complex(x)) {
		zero = OP(fill, VAR("shape", OP(shape, X(x))), FLT("value", 0.0));
		x = OP(complex, VAR("real_data", x), VAR("imag_data", zero));
	}
	transform(c, OP_complex_irfft, x, along_one);
}

/* A complex signal has no one-sided spectrum, whatever is asked for. */
HANDLER(stft)
{
	Var *x = operand(c, "self"), *size = operand(c, "n_fft");
	Var *hop = operand_or_none(c, "hop_length"), *width = operand_or_none(c, "win_length");
	Var *window = operand_or_none(c, "window"), *normalized = operand_or_none(c, "normalized");
	Var *onesided = is_complex(x) ? aten_const(c, tensor_scalar_bool(c->arena, false), NULL)
	                              : operand_or_none(c, "onesided");

	if (operand_is_there(c, "pad_mode")) {
		aten_fail(c, UNSUPPORTED "pad the signal first, as torch.stft() of Python does",
		          "a transform that pads by itself");
		return;
	}
	RESULT(OP(complex_stft, VAR("input", x), VAR("n_fft", size), VAR("hop_length", hop),
	          VAR("win_length", width), VAR("window", window), VAR("normalized", normalized),
	          VAR("onesided", onesided)));
}

/* sin(pi i / n) squared; n is one less unless it is periodic. */
HANDLER(hann_window)
{
	const Tv *length = operand_of(c, "window_length");
	int64_t n = tv_int(c, length, "window_length");
	bool periodic = bool_operand(c, "periodic", true);
	Var *ones, *i, *pi, *size;

	if (!c->failed && n < 1)
		aten_fail(c, "a window of length %lld has no elements, which Core ML does not know",
		          (long long)n);
	if (n == 1) {
		RESULT(NAMED(fill, LIT("shape", n), FLT("value", 1.0)));
		return;
	}
	ones = OP(fill, LIT("shape", n), FLT("value", 1.0));
	i = OP(cumsum, X(ones), INT("axis", 0));
	i = OP(sub, X(i), Y(ones));
	pi = OP(fill, LIT("shape", n), FLT("value", 3.141592653589793));
	size = cast(c, tv_var(c, length, "window_length"), DT_FP32);
	if (!periodic)
		size = OP(sub, X(size), Y(ones));
	size = OP(fill, LIT("shape", n), VAR("value", size));
	i = OP(sin, X(OP(real_div, X(OP(mul, X(i), Y(pi))), Y(size))));
	RESULT(NAMED(mul, X(i), Y(i)));
}
