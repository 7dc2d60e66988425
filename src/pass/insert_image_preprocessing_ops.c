/* insert_image_preprocessing_ops.c: scale and bias of an image are computed in the program.
 *
 *   main(%x) {                            main(%x) {
 *     %y = relu(x=%x)                ->     %x__scaled__ = mul(x=%x, y=scale)
 *   }                                       %x__biased__ = add(x=%x__scaled__, y=bias)
 *                                           %y = relu(x=%x__biased__)
 *                                         }
 *
 * The bias of a color image is one for each channel.
 */
#include "images.h"

#include <math.h>

static bool
is_gray(const InputSpec *in)
{
	return in->color == COLOR_GRAY || in->color == COLOR_GRAY_FP16;
}

/* The numbers in the type of the input, which must hold them. */
static const Tensor *
typed(PassCtx *c, const InputSpec *in, const Tensor *given, const Var *v, const char *what)
{
	DType t = v->type->dtype;
	Tensor *r = tensor_new(c->prog->arena, t, given->dim, given->rank);

	for (int64_t k = 0; k < given->count; k++) {
		double x = tensor_f(given, k);
		if (!dtype_is_float(t) && (x != trunc(x) || fabs(x) > INT32_MAX)) {
			diag_error(c->prog->diag, in->span,
			           "%s of image input '%s' is %g, but the program takes it as %s: "
			           "declare it as a float",
			           what, v->name->s, x, dtype_info[t].mil);
			return NULL;
		}
		tensor_set_f(r, k, x);
	}
	return r;
}

/* One for each channel of a color image. */
static const Tensor *
bias_of(PassCtx *c, const InputSpec *in, const Var *v)
{
	static const int64_t dim[] = {1, 3, 1, 1};
	uint32_t rank = v->type->rank;
	const Tensor *bias = typed(c, in, in->bias, v, "bias");

	if (!bias || is_gray(in))
		return bias;
	if (rank != 3 && rank != 4) {
		diag_error(c->prog->diag, in->span,
		           "image input '%s' has rank %u, expected 3 or 4 for a bias for each "
		           "channel",
		           v->name->s, (unsigned)rank);
		return NULL;
	}
	if (bias->count != 3) {
		diag_error(c->prog->diag, in->span,
		           "bias of image input '%s' must be a list of three numbers, found %lld",
		           v->name->s, (long long)bias->count);
		return NULL;
	}
	return tensor_view(c->prog->arena, bias->dtype, dim + 4 - rank, (int)rank, bias->data);
}

static bool
is_all(const Tensor *t, double x)
{
	for (int64_t k = 0; t && k < t->count; k++)
		if (tensor_f(t, k) != x)
			return false;
	return true;
}

/* x op numbers, named after the input; 0 after reporting. */
static Var *
step(PassCtx *c, Builder *b, Opcode op, Var *x, const Tensor *numbers, const Str *name)
{
	Var *r = build1(b, op, name, ARGS(VAR("x", x), TENSOR("y", numbers)));

	if (!r)
		diag_error(c->prog->diag, b->span,
		           "%s of this image has the shape %s, which does not go with that of the "
		           "input, %s",
		           op == OP_mul ? "scale" : "bias",
		           shape_str(c->prog->types, numbers->dim, (uint32_t)numbers->rank),
		           type_str(c->prog->types, x->type));
	return r;
}

static bool
preprocess(PassCtx *c, Func *f, uint32_t k, Var *v)
{
	const InputSpec *in = &c->opt->input[k];
	bool scaled = in->scale && (in->scale->rank || tensor_f(in->scale, 0) != 1);
	bool biased = !is_all(in->bias, 0);
	Inst *first = f->body->first;
	const Tensor *t;
	Var *last = v;
	Builder b;

	if ((!scaled && !biased) || !first)
		return true;
	if (!image_stays(c, k, v))
		return false;
	b = pass_builder_before(c, first);
	b.span = in->span;
	if (scaled) {
		t = typed(c, in, in->scale, v, "scale");
		last = t ? step(c, &b, OP_mul, v, t, name_join(c, v->name, "__scaled__")) : NULL;
	}
	if (last && biased) {
		t = bias_of(c, in, v);
		last = t ? step(c, &b, OP_add, last, t, name_join(c, v->name, "__biased__")) : NULL;
	}
	if (!last)
		return false;
	/* Everyone else reads the result; what was built before `first` goes on reading v. */
	for each_use (u, v)
		if (!u->user || u->user->parent != f->body || !inst_before(u->user, first))
			use_set(u, last);
	return true;
}

bool
pass_insert_image_preprocessing_ops(PassCtx *c)
{
	Func *f = image_func(c);
	bool ok = true;

	for (uint32_t k = 0; f && ok && k < c->opt->ninput; k++) {
		Var *v = image_input(c, f, k);
		ok = !v || preprocess(c, f, k, v);
	}
	return ok;
}
