/* compression.c: evaluators that unpack stored weights, iOS18 form. A block operand (scales,
 * offsets, lookup tables) has as many entries along an axis as the data has blocks there. */
#include "kernel.h"

/* The entry of a block operand of shape `dim` (its first x->rank axes) for element i of x. */
static int64_t
block_of(const Tensor *x, const int64_t *dim, int64_t i)
{
	int64_t at = 0, step = 1;

	for (int a = x->rank; a-- > 0; i /= x->dim[a]) {
		at += i % x->dim[a] * dim[a] / x->dim[a] * step;
		step *= dim[a];
	}
	return at;
}

/* Each axis has a whole number of blocks. */
static bool
blocks_fit(Eval *e, const Tensor *x, const Tensor *b, int extra)
{
	bool good = x->rank >= 1 && b->rank == x->rank + extra;

	for (int a = 0; good && a < x->rank; a++)
		good = b->dim[a] >= 1 && x->dim[a] % b->dim[a] == 0;
	return good || eval_fail(e, "the blocks do not fit the data of rank %d", x->rank);
}

static float
scaled(float v, const Tensor *scale, const Tensor *offset, int64_t block)
{
	if (offset)
		v -= (float)tensor_f(offset, block);
	return v * (float)tensor_f(scale, block);
}

bool
eval_constexpr_blockwise_shift_scale(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_data), *scale = eval_arg(e, ARG_scale);
	const Tensor *offset = eval_arg(e, ARG_offset);
	FloatOut o;

	if (!blocks_fit(e, x, scale, 0) || (offset && !blocks_fit(e, x, offset, 0)))
		return false;
	float_begin(e, &o, 0, scale->dtype, x->dim, x->rank);
	for (int64_t i = 0; i < x->count; i++)
		o.f[i] = scaled((float)tensor_f(x, i), scale, offset, block_of(x, scale->dim, i));
	float_end(e, &o);
	return true;
}

/* As above for the elements where the mask is 1. */
bool
eval_constexpr_sparse_blockwise_shift_scale(Eval *e)
{
	const Tensor *mask = eval_arg(e, ARG_data_mask), *x = eval_arg(e, ARG_nonzero_data);
	const Tensor *scale = eval_arg(e, ARG_scale), *offset = eval_arg(e, ARG_offset);
	int64_t n = 0;
	FloatOut o;

	if (!blocks_fit(e, mask, scale, 0) || (offset && !blocks_fit(e, mask, offset, 0)))
		return false;
	e->out[0].t = mask;
	float_begin(e, &o, 1, scale->dtype, x->dim, x->rank);
	for (int64_t i = 0; i < mask->count; i++) {
		if (!tensor_i(mask, i))
			continue;
		if (n == x->count)
			return eval_fail(e, "the mask has more ones than there are values");
		o.f[n] =
		    scaled((float)tensor_f(x, n), scale, offset, block_of(mask, scale->dim, i));
		n++;
	}
	float_end(e, &o);
	return true;
}

/* ---- lookup tables ---- */

/* lut is (blocks…, palette, vector). */
typedef struct Lut {
	const Tensor *t;
	const char *data;
	size_t size;
	int64_t palette, vector;
	int axis; /* along which vectors lie */
} Lut;

static bool
lut_init(Eval *e, Lut *l, const Tensor *x)
{
	l->t = eval_arg(e, ARG_lut);
	l->axis = 0;
	if (!blocks_fit(e, x, l->t, 2) ||
	    (eval_arg(e, ARG_vector_axis) && !eval_axis(e, ARG_vector_axis, x->rank, 0, &l->axis)))
		return false;
	l->data = tensor_data(e->arena, l->t);
	l->size = dtype_size(l->t->dtype);
	l->palette = l->t->dim[x->rank];
	l->vector = l->t->dim[x->rank + 1];
	return true;
}

/* Where part v of the vector of element i stands in a result widened along the axis. */
static int64_t
widened(const Lut *l, const Tensor *x, int64_t i, int64_t v)
{
	int64_t inner = dims_count(x->dim, l->axis + 1, x->rank);

	return (i / inner * l->vector + v) * inner + i % inner;
}

static bool
lookup(Eval *e, const Lut *l, const Tensor *x, int64_t i, int64_t index, Tensor *r)
{
	int64_t at = block_of(x, l->t->dim, i) * l->palette;

	if (index < 0 || index >= l->palette)
		return eval_fail(e, "index %lld is beyond a palette of %lld", (long long)index,
		                 (long long)l->palette);
	for (int64_t v = 0; v < l->vector; v++)
		memcpy((char *)r->data + (size_t)widened(l, x, i, v) * l->size,
		       l->data + (size_t)((at + index) * l->vector + v) * l->size, l->size);
	return true;
}

bool
eval_constexpr_lut_to_dense_blocks(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_indices);
	int64_t dim[TENSOR_MAX_RANK];
	Tensor *r;
	Lut l;

	if (!lut_init(e, &l, x))
		return false;
	memcpy(dim, x->dim, sizeof *dim * (size_t)x->rank);
	dim[l.axis] *= l.vector;
	r = eval_new(e, 0, l.t->dtype, dim, x->rank);
	if (!r)
		return false;
	for (int64_t i = 0; i < x->count; i++)
		if (!lookup(e, &l, x, i, tensor_i(x, i), r))
			return false;
	return true;
}

/* The mask, repeated for each part of the vectors, and the values where it is 1. */
bool
eval_constexpr_lut_to_sparse(Eval *e)
{
	const Tensor *mask = eval_arg(e, ARG_indices_mask);
	const Tensor *x = eval_arg(e, ARG_indices_nonzero_data);
	int64_t dim[TENSOR_MAX_RANK], n = 0;
	Tensor *wide, *m, *r;
	Lut l;

	if (!lut_init(e, &l, mask))
		return false;
	memcpy(dim, mask->dim, sizeof *dim * (size_t)mask->rank);
	dim[l.axis] *= l.vector;
	wide = eval_scratch(e, l.t->dtype, dim, mask->rank);
	m = eval_new(e, 0, mask->dtype, dim, mask->rank);
	if (!m)
		return false;
	for (int64_t i = 0; i < mask->count; i++) {
		if (!tensor_i(mask, i))
			continue;
		if (n == x->count || !lookup(e, &l, mask, i, tensor_i(x, n), wide))
			return n == x->count ? eval_fail(e, "the mask has too many ones") : false;
		for (int64_t v = 0; v < l.vector; v++)
			tensor_set_i(m, widened(&l, mask, i, v), 1);
		n++;
	}
	dim[0] = n * l.vector;
	r = eval_new(e, 1, l.t->dtype, dim, 1);
	if (!r)
		return false;
	n = 0;
	for (int64_t i = 0; i < m->count; i++)
		if (tensor_i(m, i))
			memcpy((char *)r->data + (size_t)n++ * l.size,
			       (char *)wide->data + (size_t)i * l.size, l.size);
	return true;
}

bool
eval_constexpr_sparse_to_dense_mask(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_nonzero_data), *mask = eval_arg(e, ARG_mask);

	return spread(e, eval_new(e, 0, x->dtype, mask->dim, mask->rank), x, mask, false);
}
