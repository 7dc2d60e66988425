/* ane_band_part.c: a band of a matrix is the matrix times a constant of zeros and ones.
 *
 *   %y = band_part(x=%x, lower=-1, upper=0)  ->  %y = mul(x=%x, y=[[1, 0, 0], [1, 1, 0], …])
 *
 * The engine has no band_part (the ANE guide).
 *
 * Left alone: matrices whose sizes are not known or larger than 4M elements, integers. The numbers
 * must be finite: an infinity times 0 is none.
 */
#include "ane_rewrite.h"

bool
rewrite_ane_band_part(PassCtx *c, Inst *i)
{
	Var *x = inst_arg(i, "x");
	const Type *t = x->type;
	const Tensor *lower = inst_val(i, "lower"), *upper = inst_val(i, "upper");
	int64_t rows, columns, low, up;
	Builder b = pass_builder_before(c, i);
	Tensor *band;

	if (!ane_is_dtype(x) || t->rank < 2 || !lower || !upper)
		return false;
	rows = t->dim[t->rank - 2];
	columns = t->dim[t->rank - 1];
	if (!dim_known(rows) || !dim_known(columns) || rows > 1 << 22 ||
	    columns > (1 << 22) / MAX(rows, 1))
		return false;
	low = tensor_i(lower, 0);
	up = tensor_i(upper, 0);
	band = tensor_new(c->prog->arena, t->dtype, (int64_t[]){rows, columns}, 2);
	for (int64_t r = 0; r < rows; r++)
		for (int64_t k = 0; k < columns; k++)
			if ((low < 0 || r - k <= low) && (up < 0 || k - r <= up))
				tensor_set_f(band, r * columns + k, 1);
	return ane_replace(c, i, ane_tensor(c, &b, OP_mul, x, band), GONE(i));
}
