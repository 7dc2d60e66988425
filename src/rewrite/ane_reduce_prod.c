/* ane_reduce_prod.c: a product along axes is multiplications of halves.
 *
 *   %y = reduce_prod(x=%x, axes=[-1], keep_dims=true)       %x: (…, 5)
 *     ->
 *   %a = mul(x=%x[…, 0:2], y=%x[…, 2:4])
 *   %b = mul(x=%a[…, 0:1], y=%a[…, 1:2])
 *   %y = mul(x=%b, y=%x[…, 4:5])
 *
 * The engine has no product (the ANE guide, its sweep); mul and slices it has. This is the same
 * product in another order, whatever the signs: exp(sum(log(x))) is for positive numbers alone.
 *
 * Left alone: axes whose size is not known, and axes of size 0.
 */
#include "ane_rewrite.h"

/* Product along one axis, which stays with size 1. */
static Var *
product(PassCtx *c, Builder *b, Var *x, int axis, int64_t n)
{
	Var *rest = NULL, *first;

	for (int64_t half; n > 1; n = half) {
		half = n / 2;
		if (n % 2) {
			Var *last = ane_slice(c, b, x, axis, n - 1, n);
			rest = rest ? ane_binary(c, b, OP_mul, rest, last) : last;
		}
		first = ane_slice(c, b, x, axis, 0, half);
		x = ane_binary(c, b, OP_mul, first, ane_slice(c, b, x, axis, half, 2 * half));
	}
	return rest ? ane_binary(c, b, OP_mul, x, rest) : x;
}

bool
rewrite_ane_reduce_prod(PassCtx *c, Inst *i)
{
	Var *x = inst_arg(i, "x"), *y = x;
	int64_t axes[TENSOR_MAX_RANK];
	uint32_t rank = x->type->rank;
	int n = inst_arg(i, "axes") ? val_ints(inst_arg(i, "axes"), axes, TENSOR_MAX_RANK) : 0;
	Builder b = pass_builder_before(c, i);

	if (!ane_is_dtype(x) || n < 0 || !rank || rank > TENSOR_MAX_RANK)
		return false;
	if (!inst_arg(i, "axes"))
		for (n = 0; n < (int)rank; n++)
			axes[n] = n;
	for (int k = 0; k < n; k++) {
		axes[k] = axis_from_front(axes[k], rank);
		if (!dim_known(x->type->dim[axes[k]]) || x->type->dim[axes[k]] < 1)
			return false;
	}
	for (int k = 0; k < n && y; k++)
		y = product(c, &b, y, (int)axes[k], x->type->dim[axes[k]]);
	if (!ane_flag(i, "keep_dims"))
		y = ane_squeeze(c, &b, y, axes, n);
	if (y == x) /* all axes have size 1, and stay */
		y = ane_unary(c, &b, OP_identity, x);
	return ane_replace(c, i, y, GONE(i));
}
