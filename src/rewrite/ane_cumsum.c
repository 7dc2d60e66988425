/* ane_cumsum.c: a running sum is a product with a triangle of ones.
 *
 *   %y = cumsum(x=%x, axis=-1)           ->  %y = matmul(x=%x, y=U)     U[i][k] = i <= k
 *   %y = cumsum(x=%x, axis=-2)           ->  %y = matmul(x=L, y=%x)     L[k][i] = i <= k
 *   %y = cumsum(x=%x, axis=other)        ->  transposes around the first
 *
 * exclusive: i < k; reverse: i >= k. Under Core ML the operation itself does not run on the engine
 * (ANEForge's walls and sweep), and a long sum in fp16 loses more than the wide accumulator of a
 * product does.
 *
 * The product takes as many times the work of the sum as the axis is long.
 *
 * Left alone: axes whose size is not known or above `limit` (1024), sums that would be over a
 * million products and an eighth of all there are in the function, integers. The numbers must be
 * finite: an infinity times 0 is none.
 */
#include "ane_rewrite.h"

#define FEW 0x1p20 /* products that no program is slower by */

static const Tensor *
triangle(PassCtx *c, DType t, int64_t n, bool exclusive, bool reverse, bool turned)
{
	Tensor *m = tensor_new(c->prog->arena, t, (int64_t[]){n, n}, 2);

	for (int64_t from = 0; from < n; from++)
		for (int64_t to = 0; to < n; to++) {
			int64_t d = reverse ? from - to : to - from;
			if (d >= exclusive)
				tensor_set_f(m, turned ? to * n + from : from * n + to, 1);
		}
	return m;
}

static bool
is_cheap(const Inst *i, int64_t n)
{
	double products = (double)i->out[0]->type->count * (double)n;

	return products <= FEW || products <= ane_all_products(i->parent->func->body) / 8;
}

static void
swap_last(int64_t *perm, int rank, int axis)
{
	for (int k = 0; k < rank; k++)
		perm[k] = k == axis ? rank - 1 : k == rank - 1 ? axis : k;
}

bool
rewrite_ane_cumsum(PassCtx *c, Inst *i)
{
	Var *x = inst_arg(i, "x"), *y = x;
	int rank = (int)x->type->rank, axis = ane_axis(i, "axis", x->type->rank);
	int64_t n = axis < 0 ? 0 : x->type->dim[axis], perm[TENSOR_MAX_RANK];
	Builder b = pass_builder_before(c, i);
	bool rows = rank >= 2 && axis == rank - 2;
	const Tensor *t;

	if (!ane_is_dtype(x) || axis < 0 || rank > TENSOR_MAX_RANK || !dim_known(n) || n < 1 ||
	    n > ane_option(c, "limit", 1024) || !is_cheap(i, n))
		return false;
	t = triangle(c, x->type->dtype, n, ane_flag(i, "exclusive"), ane_flag(i, "reverse"), rows);
	if (rows) {
		y = build1(&b, OP_matmul, name_new(c, "matmul"),
		           ARGS(TENSOR("x", t), VAR("y", x)));
		return ane_replace(c, i, y, GONE(i));
	}
	swap_last(perm, rank, axis);
	if (axis != rank - 1)
		y = ane_transpose(c, &b, y, perm, rank);
	else if (rank == 1)
		y = ane_expand(c, &b, y, (int64_t[]){0}, 1);
	y = ane_tensor(c, &b, OP_matmul, y, t);
	if (axis != rank - 1)
		y = ane_transpose(c, &b, y, perm, rank);
	else if (rank == 1)
		y = ane_squeeze(c, &b, y, (int64_t[]){0}, 1);
	return ane_replace(c, i, y, GONE(i));
}
