/* image_sampling.c: see image_sampling.h; and the evaluator. */
#include "image_sampling.h"

#include <math.h>
#include <strings.h>

/* ---- operands ---- */

static void
result_shape(Sampling *s, const int64_t *dim, int rank)
{
	s->rank = rank;
	memcpy(s->dim, dim, sizeof *dim * (size_t)rank);
	s->groups = dims_count(dim, 0, rank - 3);
	s->channels = dim[rank - 3];
	memcpy(s->size, dim + rank - 2, sizeof s->size);
}

static bool
read_resample(Eval *e, const Tensor *x, Sampling *s)
{
	const char *mode = eval_str(e, ARG_coordinates_mode, "unnormalized");
	const char *border = eval_str(e, ARG_padding_mode, "constant");

	s->at = eval_arg(e, ARG_coordinates);
	if (x->rank != 4 || s->at->rank != 4 || s->at->dim[3] != 2 || s->at->dim[0] != x->dim[0])
		return eval_fail(e, "x and coordinates do not belong together");
	s->way = SAMPLE_COORDINATES;
	s->border = strcasecmp(border, "constant") == 0     ? BORDER_CONSTANT
	            : strcasecmp(border, "border") == 0     ? BORDER_EDGE
	            : strcasecmp(border, "reflection") == 0 ? BORDER_REFLECT
	                                                    : BORDER_SYMMETRIC;
	s->pad = eval_double(e, ARG_padding_value, 0);
	s->align = eval_bool(e, ARG_align_corners, false);
	s->nearest = strcasecmp(eval_str(e, ARG_sampling_mode, "bilinear"), "nearest") == 0;
	s->from_0 = strcasecmp(mode, "normalized_zero_to_one") == 0;
	s->normal = s->from_0 || strcasecmp(mode, "normalized_minus_one_to_one") == 0;
	result_shape(s, (int64_t[]){x->dim[0], x->dim[1], s->at->dim[1], s->at->dim[2]}, 4);
	return true;
}

static bool
read_affine(Eval *e, const Tensor *x, Sampling *s)
{
	int64_t h = eval_int(e, ARG_output_height, 1), w = eval_int(e, ARG_output_width, 1);

	s->at = eval_arg(e, ARG_transform_matrix);
	if (x->rank != 4 || s->at->rank != 2 || s->at->dim[1] != 6 || h < 1 || w < 1 ||
	    (s->at->dim[0] != 1 && s->at->dim[0] != x->dim[0]))
		return eval_fail(e, "the matrix does not fit x");
	s->way = SAMPLE_MATRIX;
	s->pad = eval_double(e, ARG_padding_value, 0);
	s->align = eval_bool(e, ARG_align_corners, true);
	result_shape(s, (int64_t[]){x->dim[0], x->dim[1], h, w}, 4);
	return true;
}

/* Until iOS16 each box is cut out of every image, or has five numbers, of which the first is its
 * image. */
static bool
read_crop_resize(Eval *e, const Tensor *x, Sampling *s)
{
	bool rois = op_column(e->row, ARG_roi) >= 0;
	int64_t h = eval_int(e, ARG_target_height, 1), w = eval_int(e, ARG_target_width, 1);

	if (x->rank != 4)
		return eval_fail(e, "x has rank %d, not 4", x->rank);
	if (h < 1 || w < 1)
		return eval_fail(e, "the patches would be empty");
	s->way = SAMPLE_BOX;
	s->inside = true;
	s->pad = eval_double(e, ARG_pad_value, 0);
	s->corners = eval_str(e, ARG_box_coordinate_mode, "CORNERS_HEIGHT_FIRST");
	s->mode = eval_str(e, ARG_sampling_mode, "DEFAULT");
	s->normal = eval_bool(e, ARG_normalized_coordinates, false);
	s->scale = eval_double(e, ARG_spatial_scale, 1);
	if (rois) {
		const Tensor *t = s->at = eval_arg(e, ARG_roi);
		if (t->rank != 5 || (t->dim[2] != 4 && t->dim[2] != 5) ||
		    t->count != t->dim[0] * t->dim[2])
			return eval_fail(e, "roi must have shape (N, 1, 4 or 5, 1, 1)");
		result_shape(
		    s, (int64_t[]){t->dim[0], t->dim[2] == 5 ? 1 : x->dim[0], x->dim[1], h, w}, 5);
		return true;
	}
	s->at = eval_arg(e, ARG_boxes);
	s->index = eval_arg(e, ARG_box_indices);
	if (s->at->rank != 2 || s->at->dim[1] != 4 ||
	    (s->index && s->index->count != s->at->dim[0]))
		return eval_fail(e, "boxes must have shape (N, 4)");
	result_shape(s, (int64_t[]){s->at->dim[0], x->dim[1], h, w}, 4);
	return true;
}

bool
sampling_read(Eval *e, Sampling *s)
{
	const Tensor *x = eval_arg(e, ARG_x);
	bool ok;

	*s = (Sampling){.border = BORDER_CONSTANT};
	ok = e->row->code == OP_resample ? read_resample(e, x, s)
	     : e->row->code == OP_affine ? read_affine(e, x, s)
	                                 : read_crop_resize(e, x, s);
	if (!ok)
		return false;
	s->images = x->dim[0];
	memcpy(s->in, x->dim + 2, sizeof s->in);
	return true;
}

/* ---- positions ---- */

/* As floats, which the numbers of coordinates and boxes are. */
static double
number(const Tensor *t, int64_t i)
{
	return (double)(float)tensor_f(t, i);
}

/* Start and end of the box whose numbers begin at `first`, along height and width, in pixels. */
static void
box_edges(const Sampling *s, int64_t first, SampleGroup *g)
{
	bool center = strncmp(s->corners, "CENTER", 6) == 0;
	bool width_first = strstr(s->corners, "WIDTH_FIRST") != NULL;

	for (int k = 0; k < 2; k++) {
		int64_t at = first + (width_first ? 1 - k : k);
		double a = number(s->at, at) * s->scale, b = number(s->at, at + 2) * s->scale;
		g->start[k] = center ? a - b / 2 : a;
		g->end[k] = center ? a + b / 2 : b;
		if (s->normal) {
			g->start[k] *= (double)(s->in[k] - 1);
			g->end[k] *= (double)(s->in[k] - 1);
		}
	}
}

/* The image that a box's first number is. */
static int64_t
image_of(double v)
{
	return fabs(v) < INT32_MAX ? (int64_t)v : -1;
}

SampleGroup
sampling_group(const Sampling *s, int64_t group)
{
	SampleGroup g = {.image = group, .first = group * s->size[0] * s->size[1]};
	int64_t box = group, each = 4;

	if (s->way == SAMPLE_MATRIX)
		for (int i = 0; i < 6; i++)
			g.matrix[i] = number(s->at, s->at->dim[0] == 1 ? i : 6 * group + i);
	if (s->way != SAMPLE_BOX)
		return g;
	if (s->rank == 5) {
		box = group / s->dim[1];
		each = s->at->dim[2];
		g.image = each == 5 ? image_of(number(s->at, box * each)) : group % s->dim[1];
	} else if (s->index) {
		g.image = tensor_i(s->index, box);
	}
	box_edges(s, box * each + (each == 5), &g);
	return g;
}

/* A normalized coordinate on an axis of n; v in [-1, 1]. */
static double
denormalize(double v, int64_t n, bool align)
{
	return align ? (v + 1) / 2 * (double)(n - 1) : ((v + 1) * (double)n - 1) / 2;
}

/* Coordinate i of n points from -1 to 1. */
static double
normalized(int64_t i, int64_t n, bool align)
{
	if (!align)
		return (2 * (double)i + 1) / (double)n - 1;
	return n > 1 ? 2 * (double)i / (double)(n - 1) - 1 : -1;
}

/* Row and column of x. */
static void
position(const Sampling *s, const SampleGroup *g, int64_t row, int64_t col, double *at)
{
	const double *a = g->matrix;
	int64_t i = 2 * (g->first + row * s->size[1] + col);
	double x, y;

	switch (s->way) {
	case SAMPLE_COORDINATES:
		for (int k = 0; k < 2; k++) {
			double v = number(s->at, i + 1 - k);
			v = s->from_0 ? 2 * v - 1 : v;
			at[k] = s->normal ? denormalize(v, s->in[k], s->align) : v;
		}
		break;
	case SAMPLE_MATRIX:
		x = normalized(col, s->size[1], s->align);
		y = normalized(row, s->size[0], s->align);
		at[0] = denormalize(a[3] * x + a[4] * y + a[5], s->in[0], s->align);
		at[1] = denormalize(a[0] * x + a[1] * y + a[2], s->in[1], s->align);
		break;
	default:
		for (int k = 0; k < 2; k++)
			at[k] = g->start[k] + grid_point(s->mode, g->end[k] - g->start[k] + 1,
			                                 s->size[k], k ? col : row);
	}
}

static int64_t
pixel(const Sampling *s, int64_t y, int64_t x)
{
	y = border_index(s->border, y, s->in[0]);
	x = border_index(s->border, x, s->in[1]);
	return y < 0 || x < 0 ? SAMPLE_PAD : y * s->in[1] + x;
}

static bool
is_outside(const Sampling *s, const double *at)
{
	for (int k = 0; k < 2; k++)
		if (!(fabs(at[k]) < 1e15) ||
		    (s->inside && !(at[k] >= 0 && at[k] <= (double)(s->in[k] - 1))))
			return true;
	return false;
}

Sample
sampling_at(const Sampling *s, const SampleGroup *g, int64_t row, int64_t col)
{
	Sample to = {.place = {SAMPLE_PAD, SAMPLE_ZERO, SAMPLE_ZERO, SAMPLE_ZERO}};
	double at[2];
	int64_t y, x;

	position(s, g, row, col, at);
	if (is_outside(s, at))
		return to;
	if (s->nearest) {
		to.place[0] = pixel(s, (int64_t)floor(at[0] + 0.5), (int64_t)floor(at[1] + 0.5));
		return to;
	}
	y = (int64_t)floor(at[0]);
	x = (int64_t)floor(at[1]);
	to.below = at[0] - (double)y;
	to.right = at[1] - (double)x;
	to.place[0] = pixel(s, y, x);
	if (to.right > 0)
		to.place[1] = pixel(s, y, x + 1);
	if (to.below > 0)
		to.place[2] = pixel(s, y + 1, x);
	if (to.below > 0 && to.right > 0)
		to.place[3] = pixel(s, y + 1, x + 1);
	return to;
}

/* ---- the evaluator ---- */

static double
value(const Sampling *s, const float *image, const Sample *at)
{
	double v[4], x = at->right, y = at->below;

	for (int i = 0; i < 4; i++)
		v[i] = at->place[i] >= 0            ? (double)image[at->place[i]]
		       : at->place[i] == SAMPLE_PAD ? s->pad
		                                    : 0;
	if (s->nearest)
		return v[0];
	return (1 - y) * ((1 - x) * v[0] + x * v[1]) + y * ((1 - x) * v[2] + x * v[3]);
}

bool
eval_sampled(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t plane, area;
	const float *in;
	Sampling s;
	FloatOut o;

	if (!sampling_read(e, &s) || !float_begin(e, &o, 0, x->dtype, s.dim, s.rank))
		return false;
	in = eval_floats(e, x);
	plane = s.in[0] * s.in[1];
	area = s.size[0] * s.size[1];
	for (int64_t i = 0; i < s.groups; i++) {
		SampleGroup g = sampling_group(&s, i);
		if (g.image < 0 || g.image >= s.images)
			return eval_fail(e,
			                 "box %lld belongs to image %lld, expected 0 <= image < "
			                 "%lld, the first dimension of 'x'",
			                 (long long)(s.rank == 5 ? i / s.dim[1] : i),
			                 (long long)g.image, (long long)s.images);
		for (int64_t p = 0; s.channels && p < area; p++) {
			Sample at = sampling_at(&s, &g, p / s.size[1], p % s.size[1]);
			for (int64_t c = 0; c < s.channels; c++)
				o.f[(i * s.channels + c) * area + p] =
				    (float)value(&s, in + (g.image * s.channels + c) * plane, &at);
		}
	}
	float_end(e, &o);
	return true;
}
