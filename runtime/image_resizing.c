/* image_resizing.c: evaluators of ops that sample images on a grid. Along each axis a rule gives
 * the position of every output pixel in the input; between pixels the result is interpolated. */
#include "image_resizing.h"

#include <math.h>
#include <strings.h>

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

/* Position of point i of `out` points on [0, in - 1], or from 0 down to it. */
static double
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

/* ---- sampling anywhere ---- */

typedef struct Image {
	const float *f;
	int64_t h, w;
	Border border;
	double pad;
	bool nearest;
} Image;

static double
pixel(const Image *m, int64_t y, int64_t x)
{
	y = border_index(m->border, y, m->h);
	x = border_index(m->border, x, m->w);
	return y < 0 || x < 0 ? m->pad : (double)m->f[y * m->w + x];
}

static double
sample(const Image *m, double y, double x)
{
	double fy, fx;
	int64_t iy, ix;

	if (!(fabs(y) < 1e15 && fabs(x) < 1e15))
		return m->pad;
	if (m->nearest)
		return pixel(m, (int64_t)floor(y + 0.5), (int64_t)floor(x + 0.5));
	iy = (int64_t)floor(y);
	ix = (int64_t)floor(x);
	fy = y - (double)iy;
	fx = x - (double)ix;
	return (1 - fy) * ((1 - fx) * pixel(m, iy, ix) + (fx > 0 ? fx * pixel(m, iy, ix + 1) : 0)) +
	       (fy > 0 ? fy * ((1 - fx) * pixel(m, iy + 1, ix) +
	                       (fx > 0 ? fx * pixel(m, iy + 1, ix + 1) : 0))
	               : 0);
}

/* A normalized coordinate on an axis of n; v in [-1, 1]. */
static double
denormalize(double v, int64_t n, bool align)
{
	return align ? (v + 1) / 2 * (double)(n - 1) : ((v + 1) * (double)n - 1) / 2;
}

bool
eval_resample(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x), *t = eval_arg(e, ARG_coordinates);
	const char *mode = eval_str(e, ARG_coordinates_mode, "unnormalized");
	const char *border = eval_str(e, ARG_padding_mode, "constant");
	bool align = eval_bool(e, ARG_align_corners, false), zero_one = false, normal;
	Image m = {.pad = eval_double(e, ARG_padding_value, 0)};
	int64_t dim[4], area;
	const float *in, *at;
	FloatOut o;

	if (x->rank != 4 || t->rank != 4 || t->dim[3] != 2 || t->dim[0] != x->dim[0])
		return eval_fail(e, "x and coordinates do not belong together");
	m.border = strcasecmp(border, "constant") == 0     ? BORDER_CONSTANT
	           : strcasecmp(border, "border") == 0     ? BORDER_EDGE
	           : strcasecmp(border, "reflection") == 0 ? BORDER_REFLECT
	                                                   : BORDER_SYMMETRIC;
	m.nearest = strcasecmp(eval_str(e, ARG_sampling_mode, "bilinear"), "nearest") == 0;
	zero_one = strcasecmp(mode, "normalized_zero_to_one") == 0;
	normal = zero_one || strcasecmp(mode, "normalized_minus_one_to_one") == 0;
	memcpy(dim, (int64_t[]){x->dim[0], x->dim[1], t->dim[1], t->dim[2]}, sizeof dim);
	m.h = x->dim[2];
	m.w = x->dim[3];
	area = dim[2] * dim[3];
	if (!float_begin(e, &o, 0, x->dtype, dim, 4))
		return false;
	in = eval_floats(e, x);
	at = eval_floats(e, t);
	for (int64_t i = 0; i < o.t->count; i++) {
		int64_t image = i / area, p = image / dim[1] * area + i % area;
		double px = (double)at[2 * p], py = (double)at[2 * p + 1];
		if (normal) {
			px = denormalize(zero_one ? 2 * px - 1 : px, m.w, align);
			py = denormalize(zero_one ? 2 * py - 1 : py, m.h, align);
		}
		m.f = in + image * m.h * m.w;
		o.f[i] = (float)sample(&m, py, px);
	}
	float_end(e, &o);
	return true;
}

/* Coordinate i of n points from -1 to 1. */
static double
normalized(int64_t i, int64_t n, bool align)
{
	if (!align)
		return (2 * (double)i + 1) / (double)n - 1;
	return n > 1 ? 2 * (double)i / (double)(n - 1) - 1 : -1;
}

bool
eval_affine(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x), *t = eval_arg(e, ARG_transform_matrix);
	bool align = eval_bool(e, ARG_align_corners, true);
	Image m = {.border = BORDER_CONSTANT, .pad = eval_double(e, ARG_padding_value, 0)};
	int64_t h = eval_int(e, ARG_output_height, 1), w = eval_int(e, ARG_output_width, 1);
	const float *in, *matrix;
	FloatOut o;

	if (x->rank != 4 || t->rank != 2 || t->dim[1] != 6 || h < 1 || w < 1 ||
	    (t->dim[0] != 1 && t->dim[0] != x->dim[0]))
		return eval_fail(e, "the matrix does not fit x");
	m.h = x->dim[2];
	m.w = x->dim[3];
	if (!float_begin(e, &o, 0, x->dtype, (int64_t[]){x->dim[0], x->dim[1], h, w}, 4))
		return false;
	in = eval_floats(e, x);
	matrix = eval_floats(e, t);
	for (int64_t i = 0; i < o.t->count; i++) {
		int64_t image = i / (h * w), batch = image / x->dim[1];
		const float *a = matrix + (t->dim[0] == 1 ? 0 : 6 * batch);
		double px = normalized(i % w, w, align), py = normalized(i / w % h, h, align);
		double qx = (double)a[0] * px + (double)a[1] * py + (double)a[2];
		double qy = (double)a[3] * px + (double)a[4] * py + (double)a[5];
		m.f = in + image * m.h * m.w;
		o.f[i] =
		    (float)sample(&m, denormalize(qy, m.h, align), denormalize(qx, m.w, align));
	}
	float_end(e, &o);
	return true;
}

/* ---- crop_resize ---- */

typedef struct Crop {
	Image m;
	const char *box_mode, *sampling;
	bool normal;
	double scale;
	int64_t h, w; /* of each patch */
} Crop;

/* Start and end of the box along height and width, in pixels. */
static void
box_edges(const Crop *c, const float *box, double *start, double *end)
{
	bool center = strncmp(c->box_mode, "CENTER", 6) == 0;
	bool width_first = strstr(c->box_mode, "WIDTH_FIRST") != NULL;

	for (int k = 0; k < 2; k++) {
		int at = width_first ? 1 - k : k;
		double a = (double)box[at] * c->scale, b = (double)box[at + 2] * c->scale;
		start[k] = center ? a - b / 2 : a;
		end[k] = center ? a + b / 2 : b;
		if (c->normal) {
			start[k] *= (double)((k ? c->m.w : c->m.h) - 1);
			end[k] *= (double)((k ? c->m.w : c->m.h) - 1);
		}
	}
}

/* One patch of one image. */
static void
crop_patch(Crop *c, const float *image, const float *box, float *out)
{
	double start[2], end[2];

	box_edges(c, box, start, end);
	c->m.f = image;
	for (int64_t y = 0; y < c->h; y++) {
		double py = start[0] + grid_point(c->sampling, end[0] - start[0] + 1, c->h, y);

		for (int64_t x = 0; x < c->w; x++) {
			double px =
			    start[1] + grid_point(c->sampling, end[1] - start[1] + 1, c->w, x);
			bool inside = py >= 0 && px >= 0 && py <= (double)(c->m.h - 1) &&
			              px <= (double)(c->m.w - 1);
			*out++ = (float)(inside ? sample(&c->m, py, px) : c->m.pad);
		}
	}
}

static bool
crop_init(Eval *e, Crop *c, const Tensor *x)
{
	if (x->rank != 4)
		return eval_fail(e, "x has rank %d, not 4", x->rank);
	*c = (Crop){.m = {.h = x->dim[2], .w = x->dim[3]}};
	c->m.pad = eval_double(e, ARG_pad_value, 0);
	c->box_mode = eval_str(e, ARG_box_coordinate_mode, "CORNERS_HEIGHT_FIRST");
	c->sampling = eval_str(e, ARG_sampling_mode, "DEFAULT");
	c->normal = eval_bool(e, ARG_normalized_coordinates, false);
	c->scale = eval_double(e, ARG_spatial_scale, 1);
	c->h = eval_int(e, ARG_target_height, 1);
	c->w = eval_int(e, ARG_target_width, 1);
	return c->h >= 1 && c->w >= 1 ? true : eval_fail(e, "the patches would be empty");
}

/* Until iOS16: each box from every image, or (5 numbers) from the image of the first number. */
bool
eval_crop_resize(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x), *roi = eval_arg(e, ARG_roi);
	int64_t n, each, images, channels;
	const float *in, *box;
	float *out;
	FloatOut o;
	Crop c;

	if (!crop_init(e, &c, x))
		return false;
	if (roi->rank != 5 || (roi->dim[2] != 4 && roi->dim[2] != 5) ||
	    roi->count != roi->dim[0] * roi->dim[2])
		return eval_fail(e, "roi must have shape (N, 1, 4 or 5, 1, 1)");
	n = roi->dim[0];
	each = roi->dim[2];
	channels = x->dim[1];
	images = each == 5 ? 1 : x->dim[0];
	if (!float_begin(e, &o, 0, x->dtype, (int64_t[]){n, images, channels, c.h, c.w}, 5))
		return false;
	in = eval_floats(e, x);
	box = eval_floats(e, roi);
	out = o.f;
	for (int64_t i = 0; i < n; i++, box += each)
		for (int64_t b = 0; b < images; b++)
			for (int64_t k = 0; k < channels; k++, out += c.h * c.w) {
				int64_t image = each == 5 ? (int64_t)box[0] : b;
				if (image < 0 || image >= x->dim[0])
					return eval_fail(e, "box %lld belongs to image %lld",
					                 (long long)i, (long long)image);
				crop_patch(&c, in + (image * channels + k) * c.m.h * c.m.w,
				           box + (each == 5), out);
			}
	float_end(e, &o);
	return true;
}

bool
eval_crop_resize_boxes(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x), *boxes = eval_arg(e, ARG_boxes);
	const Tensor *index = eval_arg(e, ARG_box_indices);
	const float *in, *box;
	float *out;
	FloatOut o;
	Crop c;

	if (!crop_init(e, &c, x))
		return false;
	if (boxes->rank != 2 || boxes->dim[1] != 4 || (index && index->count != boxes->dim[0]))
		return eval_fail(e, "boxes must have shape (N, 4)");
	if (!float_begin(e, &o, 0, x->dtype, (int64_t[]){boxes->dim[0], x->dim[1], c.h, c.w}, 4))
		return false;
	in = eval_floats(e, x);
	box = eval_floats(e, boxes);
	out = o.f;
	for (int64_t i = 0; i < boxes->dim[0]; i++, box += 4) {
		int64_t image = index ? tensor_i(index, i) : i;
		if (image < 0 || image >= x->dim[0])
			return eval_fail(e, "box %lld belongs to image %lld", (long long)i,
			                 (long long)image);
		for (int64_t k = 0; k < x->dim[1]; k++, out += c.h * c.w)
			crop_patch(&c, in + (image * x->dim[1] + k) * c.m.h * c.m.w, box, out);
	}
	float_end(e, &o);
	return true;
}
