/* merge_consecutive_paddings.c: two pads in a row are one.
 *
 *   %a = pad(x=%x, pad=[1, 1], mode="constant", constant_val=0.0)
 *   %y = pad(x=%a, pad=[2, 0], mode="constant", constant_val=0.0)
 *   becomes
 *   %y = pad(x=%x, pad=[3, 1], mode="constant", constant_val=0.0)
 *
 * In other modes only when they do not pad the same side of an axis.
 */
#include "match.h"

enum { MAX_AMOUNTS = 2 * TENSOR_MAX_RANK };

/* The n amounts, with those of the leading axes that are left out. */
static void
align(int64_t *amount, int n, int want)
{
	memmove(amount + want - n, amount, (size_t)n * sizeof *amount);
	memset(amount, 0, (size_t)(want - n) * sizeof *amount);
}

static bool
same_value(const Inst *a, const Inst *b, const char *param)
{
	const Tensor *x = inst_val(a, param), *y = inst_val(b, param);

	return x && y && tensor_same_numbers(x, y);
}

bool
rewrite_merge_consecutive_paddings(PassCtx *c, Inst *first)
{
	Inst *second = inst_follow(first, OP_pad);
	int64_t p[MAX_AMOUNTS], q[MAX_AMOUNTS];
	const Tensor *mode;
	bool constant;
	int np, nq, n;

	if (!second || !same_value(first, second, "mode"))
		return false;
	np = val_ints(inst_arg(first, "pad"), p, MAX_AMOUNTS);
	nq = val_ints(inst_arg(second, "pad"), q, MAX_AMOUNTS);
	if (np < 0 || nq < 0)
		return false;
	n = MAX(np, nq);
	align(p, np, n);
	align(q, nq, n);
	mode = inst_val(first, "mode");
	constant = str_is(((const Str *const *)mode->data)[0], "constant");
	if (constant && !same_value(first, second, "constant_val"))
		return false;
	for (int k = 0; k < n; k++) {
		if (!constant && p[k] && q[k])
			return false;
		p[k] += q[k];
	}
	return pass_absorb_as(c, first, second, name_new(c, "pad"), ARGS(INTSC(c, "pad", p, n)),
	                      GONE(first, second));
}
