/* image_input_preprocess.c: an image with channels last is passed with channels first.
 *
 *   main(%x: (1, 20, 20, 3)) {               main(%x: (1, 3, 20, 20)) {
 *     %y = relu(x=%x)                   ->     %x__transpose_from_nchw__ =
 *   }                                             transpose(x=%x, perm=[0, 2, 3, 1])
 *                                              %y = relu(x=%x__transpose_from_nchw__)
 *                                            }
 *
 * For ct.ImageType(channel_first=False); what it says of shapes turns too.
 */
#include "images.h"

static void
turn_dims(DimRange *d, uint32_t rank)
{
	DimRange channels = d[rank - 1];

	memmove(d + rank - 2, d + rank - 3, 2 * sizeof *d);
	d[rank - 3] = channels;
}

static void
turn_shape(int64_t *dim, uint32_t rank)
{
	int64_t channels = dim[rank - 1];

	memmove(dim + rank - 2, dim + rank - 3, 2 * sizeof *dim);
	dim[rank - 3] = channels;
}

static void
turn_spec(InputSpec *in)
{
	in->channel_last = false;
	if (!in->has_shape || in->rank < 3)
		return;
	if (in->dim)
		turn_dims(in->dim, in->rank);
	turn_shape(in->dflt, in->rank);
	for (uint32_t k = 0; k < in->nshape; k++)
		turn_shape(in->shape + (size_t)k * in->rank, in->rank);
}

static void
turn_input(PassCtx *c, Func *f, Var *v)
{
	int64_t dim[TENSOR_MAX_RANK], perm[TENSOR_MAX_RANK];
	uint32_t rank = v->type->rank;
	Builder b;
	Var *t;

	for (uint32_t k = 0; k < rank; k++) {
		dim[k] = v->type->dim[k];
		perm[k] = k < rank - 3 ? k : k < rank - 1 ? k + 1 : rank - 3;
	}
	turn_shape(dim, rank);
	v->type = type_tensor(c->prog->types, v->type->dtype, dim, rank);
	builder_init(&b, c->prog, f);
	b.before = f->body->first;
	b.span = f->param_span ? f->param_span[v->index] : f->span;
	t = build_must(&b, OP_transpose, name_join(c, v->name, "__transpose_from_nchw__"),
	           ARGS(VAR("x", v), INTSC(c, "perm", perm, (int)rank)));
	var_replace_but(v, t);
}

bool
pass_image_input_preprocess(PassCtx *c)
{
	Func *f = image_func(c);

	for (uint32_t k = 0; f && k < c->opt->ninput; k++) {
		Var *v = image_input(c, f, k);
		if (!v || !c->opt->input[k].channel_last || v->type->rank < 3 ||
		    v->type->rank > TENSOR_MAX_RANK)
			continue;
		if (!image_stays(c, k, v))
			return false;
		turn_spec(&c->opt->input[k]);
		turn_input(c, f, v);
	}
	return true;
}
