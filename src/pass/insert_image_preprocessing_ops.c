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

static bool
is_gray(const InputSpec *in)
{
	return in->color == COLOR_GRAY || in->color == COLOR_GRAY_FP16;
}

static const Tensor *
bias_of(PassCtx *c, const InputSpec *in, const Type *t)
{
	static const int64_t dim[] = {1, 3, 1, 1};
	Tensor *bias;

	if (is_gray(in))
		return tensor_scalar_f(c->prog->arena, t->dtype, in->bias[0]);
	if (t->rank != 3 && t->rank != 4)
		return NULL;
	bias = tensor_new(c->prog->arena, t->dtype, dim + 4 - t->rank, (int)t->rank);
	for (int k = 0; k < 3; k++)
		tensor_set_f(bias, k, in->bias[k]);
	return bias;
}

static bool
preprocess(PassCtx *c, Func *f, const InputSpec *in, Var *v)
{
	bool biased = in->bias[0] != 0 || (!is_gray(in) && (in->bias[1] != 0 || in->bias[2] != 0));
	Inst *first = f->body->first;
	const Tensor *bias;
	Var *last = v;
	Builder b;

	if ((in->scale == 1 && !biased) || !dtype_is_float(v->type->dtype) || !first)
		return true;
	bias = biased ? bias_of(c, in, v->type) : NULL;
	if (biased && !bias)
		return diag_error(
		    c->prog->diag, in->span,
		    "image input '%s' has rank %u, expected 3 or 4 for a bias for each "
		    "channel",
		    v->name->s, (unsigned)v->type->rank);
	b = pass_builder_before(c, first);
	if (in->scale != 1)
		last = build_must(&b, OP_mul, name_join(c, v->name, "__scaled__"),
		              ARGS(VAR("x", last),
		                   TENSOR("y", tensor_scalar_f(c->prog->arena, v->type->dtype,
		                                               in->scale))));
	if (biased)
		last = build_must(&b, OP_add, name_join(c, v->name, "__biased__"),
		              ARGS(VAR("x", last), TENSOR("y", bias)));
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
		ok = !v || preprocess(c, f, &c->opt->input[k], v);
	}
	return ok;
}
