/* image_resizing.c: evaluators of ops that sample images on a grid. Along each axis a rule gives
 * the position of every output pixel in the input; between pixels the result is interpolated. */
#include "image_resizing.h"
#include "image_sampling.h"

#include <math.h>

bool
eval_crop(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	const int64_t *cut[2] = {eval_ints(e, ARG_crop_height, NULL),
	                         eval_ints(e, ARG_crop_width, NULL)};
	int64_t dim[TENSOR_MAX_RANK];
	View from = view_dense(tensor_data(e->arena, x), x->dim, x->rank);

	memcpy(dim, x->dim, sizeof *dim * (size_t)x->rank);
	for (int i = 0; i < 2; i++) {
		int axis = x->rank - 2 + i;
		if (axis < 0 || cut[i][0] < 0 || cut[i][1] < 0 || cut[i][0] > dim[axis] - cut[i][1])
			return eval_fail(e, "more is cropped than there is");
		dim[axis] -= cut[i][0] + cut[i][1];
		view_shift(&from, dtype_size(x->dtype), axis, cut[i][0]);
	}
	return viewed(e, 0, x->dtype, dim, x->rank, &from, dim, x->rank);
}

/* ---- resizing ---- */

double
grid_point(const char *mode, double in, int64_t out, int64_t i)
{
	double n = (double)out, spacing = in / n, delta = fmax(1, in - 1) / n, at;
	double last = in - 1;

	if (strcmp(mode, "UNALIGN_CORNERS") == 0)
		at = (double)i * spacing + 0.5 * spacing - 0.5;
	else if (strcmp(mode, "OFFSET_CORNERS") == 0)
		at = 0.5 * delta + (double)i * delta;
	else if (strcmp(mode, "DEFAULT") == 0)
		at = (double)i * spacing;
	else if (out == 1)
		at = strcmp(mode, "ALIGN_CORNERS") == 0 ? (in - 1) / 2 : 0;
	else
		at = (double)i * (in - 1) / (n - 1);
	return fmin(fmax(0, last), fmax(fmin(0, last), at));
}

Tap
resizing_tap(const Resizing *r, int64_t in, int64_t out, int64_t i)
{
	double at = grid_point(r->mode, (double)in, out, i);
	Tap t;

	if (r->pick == PICK_BELOW)
		at = (double)(i * in / out);
	if (r->pick == PICK_NEAREST)
		at = floor(at + 0.5);
	t.lo = MIN((int64_t)at, in - 1);
	t.hi = MIN(t.lo + 1, in - 1);
	t.part = at - (double)t.lo;
	return t;
}

bool
resizing_keeps(const Resizing *r, const Tensor *x, int a)
{
	return a < x->rank - r->n ||
	       (r->dim[a] == x->dim[a] && strcmp(r->mode, "OFFSET_CORNERS") != 0);
}

/* Height and width from two operands: sizes, or factors. */
static bool
read_sizes(Eval *e, const Tensor *x, ArgName height, ArgName width, bool factor, Resizing *r)
{
	const ArgName name[2] = {height, width};

	if (x->rank < 3)
		return eval_fail(e, "x has rank %d, not 3 or more", x->rank);
	r->n = 2;
	for (int i = 0; i < 2; i++) {
		int64_t *d = &r->dim[x->rank - 2 + i];
		const Tensor *t = eval_arg(e, name[i]);
		float f = t ? (float)tensor_f(t, 0) : 1;
		double size = t && t->dtype == DT_FP32 ? (double)floorf(f * (float)*d)
		                                       : (double)f * (double)*d;
		if (!factor)
			size = (double)eval_int(e, name[i], 1);
		if (!(size >= 1 && size <= INT32_MAX))
			return eval_fail(e, "an axis would have %g elements", size);
		*d = (int64_t)size;
	}
	return true;
}

/* The sizes of the last axes, of which 0 changes nothing. */
static bool
read_shape(Eval *e, const Tensor *x, Resizing *r)
{
	const Tensor *shape = eval_arg(e, ARG_shape);
	int64_t n = eval_int(e, ARG_resized_dims, 0);

	if (n < 0 || n > shape->count || n > x->rank)
		return eval_fail(e, "%lld axes cannot be resized", (long long)n);
	r->n = (int)n;
	for (int64_t i = 0; i < n; i++) {
		int64_t size = tensor_i(shape, shape->count - n + i);
		if (size)
			r->dim[x->rank - n + i] = size;
	}
	return true;
}

static bool
read_operands(Eval *e, const Tensor *x, Resizing *r)
{
	bool align;

	switch (e->row->code) {
	case OP_resize:
		r->mode = eval_str(e, ARG_sampling_mode, "DEFAULT");
		if (strcmp(eval_str(e, ARG_interpolation_mode, "LINEAR"), "LINEAR") != 0)
			r->pick = PICK_NEAREST;
		return read_shape(e, x, r);
	case OP_resize_bilinear:
		r->mode = eval_str(e, ARG_sampling_mode, "DEFAULT");
		return read_sizes(e, x, ARG_target_size_height, ARG_target_size_width, false, r);
	case OP_resize_nearest_neighbor:
		r->pick = PICK_BELOW;
		return read_sizes(e, x, ARG_target_size_height, ARG_target_size_width, false, r);
	case OP_upsample_bilinear:
		align = eval_bool(e, ARG_align_corners, true);
		if (align)
			r->mode = "STRICT_ALIGN_CORNERS";
		else if (eval_bool(e, ARG_half_pixel_centers, true))
			r->mode = "UNALIGN_CORNERS";
		break;
	default: /* upsample_nearest_neighbor */
		r->pick = PICK_BELOW;
	}
	return read_sizes(e, x, ARG_scale_factor_height, ARG_scale_factor_width, true, r);
}

bool
resizing_read(Eval *e, Resizing *r)
{
	const Tensor *x = eval_arg(e, ARG_x);

	*r = (Resizing){.mode = "DEFAULT", .pick = PICK_MIX};
	memcpy(r->dim, x->dim, sizeof *r->dim * (size_t)x->rank);
	if (!read_operands(e, x, r))
		return false;
	for (int i = 0; i < x->rank; i++)
		if (r->dim[i] < 1 || x->dim[i] < 1)
			return eval_fail(e, "an empty image cannot be resized");
	return true;
}

/* Resizes one axis, the others staying as they are. */
static void
resize_axis(const float *in, float *out, int64_t outer, int64_t n, int64_t m, int64_t inner,
            const Tap *t)
{
	for (int64_t o = 0; o < outer; o++)
		for (int64_t i = 0; i < m; i++)
			for (int64_t k = 0; k < inner; k++) {
				double a = (double)in[(o * n + t[i].lo) * inner + k];
				double b = (double)in[(o * n + t[i].hi) * inner + k];
				*out++ =
				    t[i].part == 0 ? (float)a : (float)(a + (b - a) * t[i].part);
			}
}

/* One axis after the other. */
bool
eval_resized(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t now[TENSOR_MAX_RANK];
	const float *in;
	Resizing r;
	FloatOut o;

	if (!resizing_read(e, &r) || !eval_room(e, x->dtype, r.dim, x->rank) ||
	    !float_begin(e, &o, 0, x->dtype, r.dim, x->rank))
		return false;
	memcpy(now, x->dim, sizeof *now * (size_t)x->rank);
	in = eval_floats(e, x);
	for (int a = x->rank - r.n; a < x->rank; a++) {
		int64_t outer = dims_count(now, 0, a), inner = dims_count(now, a + 1, x->rank);
		Tap *taps;
		float *out;
		if (resizing_keeps(&r, x, a))
			continue;
		out = newn(e->arena, float, (size_t)(outer * r.dim[a] * inner) + 1);
		taps = newn(e->arena, Tap, (size_t)r.dim[a]);
		for (int64_t i = 0; i < r.dim[a]; i++)
			taps[i] = resizing_tap(&r, now[a], r.dim[a], i);
		resize_axis(in, out, outer, now[a], r.dim[a], inner, taps);
		now[a] = r.dim[a];
		in = out;
	}
	memcpy(o.f, in, sizeof *in * (size_t)o.t->count);
	float_end(e, &o);
	return true;
}
