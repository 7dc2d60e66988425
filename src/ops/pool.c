/* pool.c: type rules of pooling. */
#include "window.h"

static bool
ceil_mode_fits(Infer *c, Window *w)
{
	if (!number_arg(c, "ceil_mode"))
		return false;
	w->ceil_mode = infer_bool(c, "ceil_mode", false);
	if (!w->ceil_mode)
		return true;
	if (w->n > 2)
		return op_error(c, "ceil_mode",
		                "ceil_mode works with one or two spatial axes, 'x' has %d", w->n);
	if (strcmp(w->pad_type, "same") == 0)
		return op_error(c, "ceil_mode", "ceil_mode and pad_type 'same' exclude each other");
	for (int i = 0; i < w->n; i++)
		if (w->pad[2 * i] != w->pad[2 * i + 1])
			return op_error(c, "pad",
			                "axis %d is padded by %lld before and %lld behind; with "
			                "ceil_mode the two must be equal",
			                2 + i, (long long)w->pad[2 * i],
			                (long long)w->pad[2 * i + 1]);
	return true;
}

bool
infer_pool(Infer *c)
{
	const Type *x = type_known(c, "x");
	int64_t kernel[MAX_SPATIAL];
	Window w = {0};
	int max = inst_is(c->inst, OP_l2_pool) ? 4 : 2 + MAX_SPATIAL;

	return rank_between(c, "x", 3, max) &&
	       window_counts(c, "kernel_sizes", (int)x->rank - 2, kernel) &&
	       window_read(c, &w, kernel, NULL, true) && ceil_mode_fits(c, &w) &&
	       window_result(c, &w, x->dim[1]);
}
