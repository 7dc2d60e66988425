/* resample.c: enlarging images and sampling them at other places. Core ML wants factors where
 * PyTorch has sizes; where a size is known at run time alone, an operation of the front end's
 * dialect says so, and the pass torch_upsample_to_core_upsample looks for the factor in how the
 * size is computed.
 */
#include "aten.h"

#include <math.h>

/* Along one axis. Given factors are fp32, and so is arithmetic with them; those that follow from a
 * size are fp64. */
typedef struct Zoom {
	double f;
	bool there, single;
} Zoom;

/* What the operation says of the size of its result. */
typedef struct Resize {
	Var *x;
	Zoom zoom[2];      /* height (or length) and width */
	const Tv *size;    /* of the result, or TV_NONE */
	bool corners;
} Resize;

static double
zoomed(const Zoom *z, Dim n)
{
	return z->single ? (double)((float)n * (float)z->f) : (double)n * z->f;
}

/* Beyond what counts as rounding. */
static bool
is_fraction(double x)
{
	return x - floor(x) > 0.001;
}

/* A fraction when rounded as the factor is. */
static bool
zoom_leaves_fraction(const Zoom *z, Dim n, bool known)
{
	return is_fraction(known ? zoomed(z, n) : z->f);
}

/* Limits that no image reaches, and within which all that follows stays finite. */
static Zoom
zoom_of(AtenCtx *c, double f)
{
	if (!c->failed && !(f >= 1e-6 && f <= 1e6))
		aten_fail(c, "the scale factor %g is none that an image can be enlarged by", f);
	return (Zoom){f, true, true};
}

static Zoom
zoom_given(AtenCtx *c, const Tv *v, const char *what)
{
	if (v->kind == TV_NONE)
		return (Zoom){0};
	return zoom_of(c, (double)(float)tv_float(c, v, what));
}

/* Element i of scale_factors, be it a list or one vector. */
static Zoom
zoom_of_list(AtenCtx *c, const Tv *v, uint32_t i)
{
	const Tensor *t = v->kind == TV_VAR ? v->var->val : NULL;

	if (t && i < t->count)
		return zoom_of(c, tensor_f(t, i));
	if (v->kind == TV_LIST && i < v->list.n)
		return zoom_given(c, &v->list.item[i], "scale_factors");
	aten_fail(c, "the scale factors are not known before the model runs, or are too few: give "
	             "interpolate() one number per axis");
	return (Zoom){0};
}

/* A result that a product of size and factor rounds down to: a little more than the quotient where
 * that is no whole number. */
static Zoom
zoom_to(AtenCtx *c, int64_t to, Dim from)
{
	if (!dim_known(from)) {
		aten_fail(c, "the size %lld is fixed, but that of the input is not: enlarge by "
		             "scale_factor, or give the input a fixed shape",
		          (long long)to);
		return (Zoom){0};
	}
	if (from < 1 || to < 1) {
		aten_fail(c, "%lld elements cannot be enlarged to %lld", (long long)from,
		          (long long)to);
		return (Zoom){0};
	}
	return (Zoom){(to % from ? (double)to + 1e-4 : (double)to) / (double)from, true, false};
}

/* Operands of all these operations; axes of them 1 or 2. */
static Resize
resize_of(AtenCtx *c, uint32_t naxis)
{
	static const char *const one[2][2] = {{"scales", NULL}, {"scales_h", "scales_w"}};
	Resize r = {.x = operand_n(c, 0), .size = operand_of(c, "output_size")};
	const Tv *list = operand_of(c, "scale_factors");

	r.corners = bool_operand(c, "align_corners", false);
	if (r.x && rank_of(r.x) != naxis + 2)
		aten_fail(c, "an input of rank %u cannot be enlarged along %u %s: it needs rank %u",
		          rank_of(r.x), naxis, naxis == 1 ? "axis" : "axes", naxis + 2);
	for (uint32_t i = 0; i < naxis && !c->failed; i++)
		r.zoom[i] = list->kind == TV_NONE
		                ? zoom_given(c, operand_of(c, one[naxis - 1][i]), "scales")
		                : zoom_of_list(c, list, i);
	return r;
}

/* Factors for a size that is known, where none are given. False: it is not. */
static bool
zoom_by_size(AtenCtx *c, Resize *r, uint32_t naxis)
{
	uint32_t n, rank = rank_of(r->x);
	const int64_t *to;

	if (c->failed || (r->zoom[0].there && r->zoom[naxis - 1].there))
		return !c->failed;
	if (r->size->kind == TV_NONE || !tv_known(r->size))
		return false;
	to = tv_ints(c, r->size, &n, "output_size");
	if (!c->failed && n != naxis)
		aten_fail(c, "output_size has %u elements, but the operation %u axes", n, naxis);
	for (uint32_t i = 0; i < naxis && !c->failed; i++)
		r->zoom[i] = zoom_to(c, to[i], dim_of(r->x, (int64_t)(rank - naxis + i)));
	return !c->failed;
}

/* The size of the result as values, for the dialect's operations. */
static Var **
dynamic_size(AtenCtx *c, const Resize *r, uint32_t naxis)
{
	uint32_t n;
	Var **v;

	if (!c->failed && (r->size->kind != TV_LIST || r->size->list.n != naxis)) {
		aten_fail(c, "the size of the result is not known, and not given as %u %s: enlarge "
		             "by scale_factor, or give the input a fixed shape",
		          naxis, naxis == 1 ? "number" : "numbers");
		return NULL;
	}
	v = tv_vars(c, r->size, &n, "output_size");
	return c->failed ? NULL : v;
}

/* Core ML takes the floor of size times factor, and so does PyTorch, but samples by the factor. */
static bool
refuse_fractions(AtenCtx *c, const Resize *r, uint32_t naxis)
{
	uint32_t rank = rank_of(r->x);
	bool known = true, found = false;

	if (c->failed)
		return false;
	for (uint32_t i = 0; i < naxis; i++)
		known &= dim_known(dim_of(r->x, (int64_t)(rank - naxis + i)));
	for (uint32_t i = 0; i < naxis; i++)
		found |= zoom_leaves_fraction(&r->zoom[i],
		                              dim_of(r->x, (int64_t)(rank - naxis + i)), known);
	if (!found || r->corners)
		return true;
	aten_fail(c, "the scale factor leads to a size that is no whole number, which without "
	             "align_corners is not supported: call interpolate() with "
	             "recompute_scale_factor=True, or with size=");
	return false;
}

/* ---- one axis: as an image of width 1 ---- */

/* A whole factor is an int, then the width has its default. */
static Var *
upsample1d(AtenCtx *c, const Resize *r, Opcode op, const Tensor *corners)
{
	Var *x = OP(expand_dims, X(r->x), LIT("axes", 3));

	if (c->failed)
		return NULL;
	if (!is_fraction(r->zoom[0].f))
		return aten_op(c, op, NULL,
		               ARGS(X(x), INT("scale_factor_height", (int64_t)r->zoom[0].f),
		                    TENSOR("align_corners", corners)));
	return aten_op(c, op, NULL,
	               ARGS(X(x), FLT("scale_factor_height", r->zoom[0].f),
	                    FLT("scale_factor_width", 1.0), TENSOR("align_corners", corners)));
}

static Var *
torch_upsample1d(AtenCtx *c, const Resize *r, Opcode op, const Tensor *corners)
{
	Var *x = OP(expand_dims, X(r->x), LIT("axes", 3)), **size = dynamic_size(c, r, 1);

	if (c->failed)
		return NULL;
	return aten_op(c, op, NULL,
	               ARGS(X(x), VAR("output_height", size[0]), INT("output_width", 1),
	                    TENSOR("align_corners", corners)));
}

HANDLER(upsample_linear1d)
{
	Resize r = resize_of(c, 1);
	const Tensor *corners = tensor_scalar_bool(c->arena, r.corners);
	bool given = r.zoom[0].there, known = zoom_by_size(c, &r, 1);
	Var *y;

	if (given && !refuse_fractions(c, &r, 1))
		return;
	y = known ? upsample1d(c, &r, OP_upsample_bilinear, corners)
	          : torch_upsample1d(c, &r, OP_torch_upsample_bilinear, corners);
	RESULT(NAMED(squeeze, X(y), LIT("axes", 3)));
}

HANDLER(upsample_nearest1d)
{
	Resize r = resize_of(c, 1);
	Var *y = zoom_by_size(c, &r, 1)
	             ? upsample1d(c, &r, OP_upsample_nearest_neighbor, NULL)
	             : torch_upsample1d(c, &r, OP_torch_upsample_nearest_neighbor, NULL);

	RESULT(NAMED(squeeze, X(y), LIT("axes", 3)));
}

/* ---- two axes ---- */

static Var *
as_float(AtenCtx *c, Var *x)
{
	return !x || dtype_of(x) == DT_FP16 || dtype_of(x) == DT_FP32 ? x : cast(c, x, DT_FP32);
}

HANDLER(upsample_bilinear2d)
{
	Resize r = resize_of(c, 2);
	Var **size;

	if (zoom_by_size(c, &r, 2)) {
		if (!refuse_fractions(c, &r, 2))
			return;
		RESULT(NAMED(upsample_bilinear, X(as_float(c, r.x)),
		             FLT("scale_factor_height", r.zoom[0].f),
		             FLT("scale_factor_width", r.zoom[1].f),
		             BOOL("align_corners", r.corners)));
		return;
	}
	size = dynamic_size(c, &r, 2);
	for (uint32_t i = 0; i < 2 && size; i++)
		size[i] = as_type(c, size[i], DT_INT32);
	if (size)
		RESULT(NAMED(torch_upsample_bilinear, X(r.x), VAR("output_height", size[0]),
		             VAR("output_width", size[1]), BOOL("align_corners", r.corners)));
}

HANDLER(upsample_nearest2d)
{
	Resize r = resize_of(c, 2);
	Var **size;

	if (zoom_by_size(c, &r, 2)) {
		RESULT(NAMED(upsample_nearest_neighbor, X(r.x),
		             FLT("scale_factor_height", r.zoom[0].f),
		             FLT("scale_factor_width", r.zoom[1].f)));
		return;
	}
	size = dynamic_size(c, &r, 2);
	if (size)
		RESULT(NAMED(torch_upsample_nearest_neighbor, X(r.x),
		             VAR("output_height", size[0]), VAR("output_width", size[1])));
}

/* ---- bicubic: weighted sums of taps along each axis ---- */

enum { MOST = 1 << 16, MOST_STEP = 1 << 10 }; /* rows or columns; of those per result */

/* The taps of one axis: element i of the result is the sum over j of weight[i][j] times element
 * index[i][j]. */
typedef struct Taps {
	int64_t n, ntap;  /* of the result; for each */
	int64_t *index;
	Tensor *weight;   /* (n, ntap), fp32 */
} Taps;

/* In the precision of the factor: what follows from a given one is computed in fp32. */
static double
rounded(bool single, double x)
{
	return single ? (double)(float)x : x;
}
#define R(x) rounded(single, (x))

/* Keys' kernel, for |x| <= 1 and for 1 < |x| < 2. */
static double
cubic_near(bool single, double x, double a)
{
	return R(R(R(R((a + 2) * x) - (a + 3)) * x) * x) + 1.0;
}

static double
cubic_far(bool single, double x, double a)
{
	return R(R(R(R(R(a * x) - 5 * a) * x) + 8 * a) * x) - 4 * a;
}

static double
cubic_smooth(bool single, double x)
{
	x = fabs(x);
	return x < 1.0 ? R(cubic_near(single, x, -0.5))
	       : x < 2.0 ? R(cubic_far(single, x, -0.5)) : 0.0;
}

static Taps
taps_new(AtenCtx *c, int64_t n, int64_t ntap)
{
	Taps t = {.n = n, .ntap = ntap};

	t.index = newn(c->arena, int64_t, (size_t)(n * ntap));
	t.weight = tensor_new(c->arena, DT_FP32, (const int64_t[]){n, ntap}, 2);
	return t;
}

static int64_t
clamp_index(int64_t i, int64_t n)
{
	return i < 0 ? 0 : i >= n ? n - 1 : i;
}

/* Of the input's places per place of the result. */
static Zoom
cubic_step(const Resize *r, uint32_t i, int64_t from, int64_t to)
{
	Zoom z = {.there = true};

	if (r->corners)
		z.f = to > 1 ? (double)(from - 1) / (double)(to - 1) : 0.0;
	else if (r->zoom[i].there) {
		z.single = r->zoom[i].single;
		z.f = rounded(z.single, 1.0 / r->zoom[i].f);
	} else
		z.f = (double)from / (double)to;
	return z;
}

/* Four taps around each place, a = -0.75. */
static Taps
taps_plain(AtenCtx *c, int64_t from, int64_t to, Zoom step, bool corners)
{
	const double a = -0.75;
	const bool single = step.single;
	Taps t = taps_new(c, to, 4);

	for (int64_t i = 0; i < to; i++) {
		double at = corners ? step.f * (double)i
		                    : R(R(step.f * ((double)i + 0.5)) - 0.5);
		double low = floor(at), u = R(at - low);
		double w[4] = {cubic_far(single, R(u + 1), a), cubic_near(single, u, a),
		               cubic_near(single, R(1 - u), a), cubic_far(single, R(2 - u), a)};
		for (int64_t j = 0; j < 4; j++) {
			t.index[i * 4 + j] = clamp_index((int64_t)low - 1 + j, from);
			tensor_set_f(t.weight, i * 4 + j, w[j]);
		}
	}
	return t;
}

/* A wider kernel when the image shrinks, a = -0.5; the weights of a place sum up to 1. */
static Taps
taps_smooth(AtenCtx *c, int64_t from, int64_t to, Zoom step)
{
	const bool single = step.single, shrinks = step.f >= 1.0;
	double support = shrinks ? R(2.0 * step.f) : 2.0, inv = shrinks ? R(1.0 / step.f) : 1.0;
	Taps t = taps_new(c, to, (int64_t)ceil(support) * 2 + 1);
	double *w = newn(c->arena, double, (size_t)t.ntap);

	for (int64_t i = 0; i < to; i++) {
		double center = R(step.f * ((double)i + 0.5)), total = 0;
		int64_t first = MAX((int64_t)R(R(center - support) + 0.5), 0), at = i * t.ntap;
		int64_t n = MIN((int64_t)R(R(center + support) + 0.5), from) - first;
		n = MIN(n, t.ntap);
		for (int64_t j = 0; j < n; j++) {
			w[j] = cubic_smooth(
			    single, R(R(R((double)(j + first) - center) + 0.5) * inv));
			total = R(total + w[j]);
		}
		for (int64_t j = 0; j < n; j++) {
			tensor_set_f(t.weight, at + j, total != 0.0 ? w[j] / total : w[j]);
			t.index[at + j] = clamp_index(first + j, from);
		}
	}
	return t;
}

static Var *
apply_taps(AtenCtx *c, Var *x, const Taps *t, int64_t axis, const Str *name)
{
	Var **tap = newn(c->arena, Var *, (size_t)t->ntap), *y;
	int64_t *index = newn(c->arena, int64_t, (size_t)t->n), dim[5] = {1, 1, 1, 1, t->ntap};

	dim[axis] = t->n;
	for (int64_t j = 0; j < t->ntap; j++) {
		for (int64_t i = 0; i < t->n; i++)
			index[i] = t->index[i * t->ntap + j];
		tap[j] = OP(gather, X(x), INTS("indices", index, t->n), INT("axis", axis));
	}
	y = OP(stack, VALUES(tap, (uint32_t)t->ntap), INT("axis", -1));
	y = OP(mul, X(y), TENSOR("y", tensor_reshape(c->arena, t->weight, dim, 5)));
	return aten_op(c, OP_reduce_sum, name, ARGS(X(y), LIT("axes", -1)));
}

/* The size of the result; 0 after reporting. */
static int64_t *
cubic_size(AtenCtx *c, const Resize *r)
{
	int64_t *to;
	uint32_t n = 2;

	if (c->failed)
		return NULL;
	if (!dim_known(dim_of(r->x, 2)) || !dim_known(dim_of(r->x, 3))) {
		aten_fail(c, UNSUPPORTED "give the input a fixed height and width",
		          "an image whose size is not known");
		return NULL;
	}
	if (r->size->kind != TV_NONE && tv_known(r->size))
		to = tv_ints(c, r->size, &n, "output_size");
	else if (r->zoom[0].there && r->zoom[1].there) {
		to = newn(c->arena, int64_t, 2);
		for (uint32_t i = 0; i < 2; i++)
			to[i] = (int64_t)floor(zoomed(&r->zoom[i], dim_of(r->x, 2 + i)));
	} else {
		aten_fail(c, UNSUPPORTED "give size= as numbers, or scale_factor=",
		          "a size that only the run knows");
		return NULL;
	}
	if (!c->failed && (n != 2 || to[0] < 1 || to[1] < 1 || to[0] > MOST || to[1] > MOST ||
	                   dim_of(r->x, 2) < 1 || dim_of(r->x, 3) < 1))
		aten_fail(c, "height and width must be numbers from 1 to %d", MOST);
	return c->failed ? NULL : to;
}

HANDLER(upsample_bicubic2d)
{
	Resize r = resize_of(c, 2);
	int64_t *to = cubic_size(c, &r);
	bool smooth = c->node->key->s[0] == '_';
	Taps t[2];

	if (!to)
		return;
	/* One factor without the other says nothing to the peer either. */
	for (uint32_t i = 0; i < 2; i++) {
		int64_t from = dim_of(r.x, 2 + i);
		Zoom step = cubic_step(&r, i, from, to[i]);
		if (step.f > MOST_STEP) {
			aten_fail(c, "an image cannot shrink by more than %d at once", MOST_STEP);
			return;
		}
		t[i] = smooth ? taps_smooth(c, from, to[i], step)
		              : taps_plain(c, from, to[i], step, r.corners);
	}
	r.x = as_float(c, r.x);
	RESULT(apply_taps(c, apply_taps(c, r.x, &t[1], 3, NULL), &t[0], 2, c->node->name));
}

/* ---- grids ---- */

/* What affine_grid_generator leaves for the grid_sampler behind it. */
typedef struct AffineGrid {
	Var *theta;
	int64_t *size;
	uint32_t nsize;
	bool corners;
} AffineGrid;

HANDLER(affine_grid_generator)
{
	AffineGrid *g = new(c->arena, AffineGrid);

	g->theta = operand(c, "theta");
	g->size = tv_ints(c, operand_of(c, "size"), &g->nsize, "size");
	g->corners = bool_operand(c, "align_corners", false);
	if (!c->failed && g->nsize != 4)
		aten_fail(c, UNSUPPORTED "only images (four sizes) can be sampled",
		          "a grid of another rank");
	if (!c->failed)
		result_tv(c, 0, (Tv){.kind = TV_OBJECT, .object = g});
}

/* Without a grid in the program. */
static void
sample_affine(AtenCtx *c, const AffineGrid *g, Var *x, int64_t mode, int64_t padding, bool corners)
{
	Var *matrix;

	if (c->failed)
		return;
	if (mode != 0 || padding != 0) {
		aten_fail(c, UNSUPPORTED "behind affine_grid() grid_sample() takes "
					 "mode=\"bilinear\" with padding_mode=\"zeros\" only",
		          mode ? "this mode" : "this padding_mode");
		return;
	}
	if (g->corners != corners) {
		aten_fail(c, "affine_grid() and grid_sample() must agree on align_corners");
		return;
	}
	if (g->theta->val) {
		int64_t dim[2] = {g->theta->val->dim[0], 6};
		if (g->theta->val->rank < 1 || g->theta->val->count != dim[0] * 6) {
			aten_fail(c, "theta must be a batch of 2 x 3 matrices");
			return;
		}
		matrix = aten_const(c, tensor_reshape(c->arena, g->theta->val, dim, 2), NULL);
	} else
		matrix = OP(reshape, X(g->theta), LIT("shape", -1, 6));
	RESULT(NAMED(affine, X(x), VAR("transform_matrix", matrix),
	             INT("output_height", g->size[2]), INT("output_width", g->size[3]),
	             STR("sampling_mode", "bilinear"), STR("padding_mode", "constant"),
	             FLT("padding_value", 0.0),
	             STR("coordinates_mode", "normalized_minus_one_to_one"),
	             BOOL("align_corners", corners)));
}

HANDLER(grid_sampler)
{
	static const char *const modes[] = {"bilinear", "nearest"};
	static const char *const paddings[] = {"constant", "border", "reflection", "symmetric"};
	int64_t mode = int_operand(c, "interpolation_mode", 0);
	int64_t padding = int_operand(c, "padding_mode", 0);
	bool corners = bool_operand(c, "align_corners", false);
	const Tv *grid = operand_of(c, "grid");
	Var *x = operand(c, "input");

	if (c->failed)
		return;
	if (mode < 0 || mode > 1 || padding < 0 || padding > 2) {
		aten_fail(c, UNSUPPORTED "use mode=\"bilinear\" or \"nearest\"",
		          mode == 2 ? "mode=\"bicubic\"" : "this mode of sampling");
		return;
	}
	if (grid->kind == TV_OBJECT) {
		sample_affine(c, grid->object, x, mode, padding, corners);
		return;
	}
	if (padding == 2 && !corners)
		padding = 3;
	RESULT(NAMED(resample, X(x), VAR("coordinates", operand(c, "grid")),
	             STR("sampling_mode", modes[mode]), STR("padding_mode", paddings[padding]),
	             FLT("padding_value", 0.0),
	             STR("coordinates_mode", "normalized_minus_one_to_one"),
	             BOOL("align_corners", corners)));
}
