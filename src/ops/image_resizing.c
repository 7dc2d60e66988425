/* image_resizing.c: type rules of cropping, resizing and resampling images: height and width are
 * the last two axes. */
#include "shapes.h"

#include <math.h>
#include <strings.h>

#define SAMPLING "DEFAULT STRICT_ALIGN_CORNERS ALIGN_CORNERS UNALIGN_CORNERS OFFSET_CORNERS"
#define BOXES                                                                                      \
	"CORNERS_HEIGHT_FIRST CORNERS_WIDTH_FIRST CENTER_SIZE_HEIGHT_FIRST "                       \
	"CENTER_SIZE_WIDTH_FIRST"

bool
infer_resize_image(Infer *c)
{
	const Type *x = type_known(c, "x");
	Dim *dim = dims_copy(c, x, 0);

	if (inst_is(c->inst, OP_resize_bilinear) && !word_arg(c, "sampling_mode", SAMPLING))
		return false;
	if (!rank_between(c, "x", 3, -1) ||
	    !size_arg(c, "target_size_height", &dim[x->rank - 2]) ||
	    !size_arg(c, "target_size_width", &dim[x->rank - 1]))
		return false;
	return set_shape(c, 0, x->dtype, dim, x->rank);
}

/* dim * factor, rounded down; the factor is fp32 or int32. */
static bool
scaled(Infer *c, const char *param, Dim *dim)
{
	const Tensor *f;
	double size;

	if (!dim_known(*dim)) {
		*dim = dim_fresh(c);
		return true;
	}
	if (!number_arg(c, param) || !known_arg(c, param, &f))
		return false;
	size = f->dtype == DT_FP32 ? (double)floorf((float)tensor_f(f, 0) * (float)*dim)
	                           : tensor_f(f, 0) * (double)*dim;
	if (!(size >= 1 && size <= INT32_MAX))
		return op_error(c, param, "%lld elements times %g give %g, expected 1 or more",
		                (long long)*dim, tensor_f(f, 0), size);
	*dim = (Dim)size;
	return true;
}

bool
infer_upsample(Infer *c)
{
	const Type *x = type_known(c, "x");
	Dim *dim = dims_copy(c, x, 0);

	if (!rank_between(c, "x", 3, -1) || !scaled(c, "scale_factor_width", &dim[x->rank - 1]) ||
	    !scaled(c, "scale_factor_height", &dim[x->rank - 2]))
		return false;
	return set_shape(c, 0, x->dtype, dim, x->rank);
}

bool
infer_crop(Infer *c)
{
	static const char *const name[] = {"crop_height", "crop_width"};
	const Type *x = type_known(c, "x");
	Dim *dim = dims_copy(c, x, 0);

	if (!rank_between(c, "x", 3, -1))
		return false;
	for (uint32_t i = 0; i < 2; i++) {
		Dim *d = &dim[x->rank - 2 + i];
		const int64_t *cut;
		if (!ints_arg(c, name[i], 2, &cut, NULL))
			return false;
		if (cut[0] < 0 || cut[1] < 0 || (dim_known(*d) && cut[0] + cut[1] >= *d))
			return op_error(c, name[i],
			                "'%s' takes %lld and %lld of %s elements, expected numbers "
			                "from 0 on that leave at least one",
			                name[i], (long long)cut[0], (long long)cut[1],
			                dim_str(c->types, *d));
		*d = dim_sub(c->types, *d, cut[0] + cut[1]);
	}
	return set_shape(c, 0, x->dtype, dim, x->rank);
}

/* ---- crop_resize ---- */

static bool
crop_resize_words(Infer *c)
{
	return word_arg(c, "box_coordinate_mode", BOXES) && word_arg(c, "sampling_mode", SAMPLING);
}

/* Until iOS16: roi is (N, 1, 4 or 5, 1, 1), the result (N, B, C, h, w). */
bool
infer_crop_resize(Infer *c)
{
	const Type *x = type_known(c, "x"), *roi = type_known(c, "roi");
	Dim dim[5];

	if (!rank_between(c, "x", 4, 4) || !rank_between(c, "roi", 5, 5) || !crop_resize_words(c) ||
	    !size_arg(c, "target_height", &dim[3]) || !size_arg(c, "target_width", &dim[4]))
		return false;
	dim[0] = roi->dim[0];
	dim[1] = x->dim[0];
	dim[2] = x->dim[1];
	return set_shape(c, 0, x->dtype, dim, 5);
}

/* From iOS17: boxes is (N, 4), the result (N, C, h, w). */
bool
infer_crop_resize_boxes(Infer *c)
{
	const Type *x = type_known(c, "x"), *boxes = type_known(c, "boxes");
	const Type *t = type_known(c, "box_indices");
	const Tensor *index = infer_val(c, "box_indices");
	Dim dim[4];

	if (!rank_between(c, "x", 4, 4))
		return false;
	if (boxes->rank != 2 || boxes->dim[1] != 4)
		return op_error(c, "boxes", "'boxes' has shape %s, expected (N, 4)",
		                shape_of(c, boxes));
	if (t->rank != 1 || t->dim[0] != boxes->dim[0])
		return op_clash(c, "box_indices", "boxes",
		                "'box_indices' has shape %s, expected one number for each box",
		                shape_of(c, t));
	for (int64_t i = 0; index && dim_known(x->dim[0]) && i < index->count; i++)
		if (tensor_i(index, i) < 0 || tensor_i(index, i) >= x->dim[0])
			return op_error(c, "box_indices",
			                "box %lld belongs to image %lld, expected 0 <= image < "
			                "%lld, the first dimension of 'x'",
			                (long long)i, (long long)tensor_i(index, i),
			                (long long)x->dim[0]);
	if (!crop_resize_words(c))
		return false;
	if (infer_bool(c, "normalized_coordinates", false) && !dtype_is_float(boxes->dtype))
		return op_error(c, "boxes",
		                "normalized coordinates are fractions, but 'boxes' is %s; "
		                "expected fp16 or fp32",
		                dtype_info[boxes->dtype].mil);
	if (!size_arg(c, "target_height", &dim[2]) || !size_arg(c, "target_width", &dim[3]))
		return false;
	dim[0] = boxes->dim[0];
	dim[1] = x->dim[1];
	return set_shape(c, 0, x->dtype, dim, 4);
}

/* ---- affine, resample, resize ---- */

/* The word, whatever its case, is the only one that works. */
static bool
only_word(Infer *c, const char *param, const char *word)
{
	const char *s = infer_str(c, param);

	if (strcasecmp(s, word) == 0)
		return true;
	return op_error(c, param, "'%s' is '%s', expected '%s'", param, s, word);
}

bool
infer_affine(Infer *c)
{
	const Type *x = type_known(c, "x"), *m = type_known(c, "transform_matrix");
	Dim *dim = dims_copy(c, x, 0);
	const Tensor *pad = infer_val(c, "padding_value");

	if (!rank_between(c, "x", 4, 4) || !rank_between(c, "transform_matrix", 2, 2) ||
	    !only_word(c, "sampling_mode", "bilinear") ||
	    !only_word(c, "coordinates_mode", "normalized_minus_one_to_one") ||
	    !only_word(c, "padding_mode", "constant"))
		return false;
	if (pad && tensor_f(pad, 0) != 0)
		return op_error(c, "padding_value", "'padding_value' is %g, expected 0",
		                tensor_f(pad, 0));
	if (dim_known(m->dim[1]) && m->dim[1] != 6)
		return op_error(c, "transform_matrix",
		                "'transform_matrix' has shape %s, expected 6 numbers "
		                "in the last axis: a0, a1, a2, b0, b1, b2",
		                shape_of(c, m));
	if (!size_arg(c, "output_height", &dim[2]) || !size_arg(c, "output_width", &dim[3]))
		return false;
	return set_shape(c, 0, x->dtype, dim, 4);
}

bool
infer_resample(Infer *c)
{
	const Type *x = type_known(c, "x"), *t = type_known(c, "coordinates");
	Dim *dim = dims_copy(c, x, 0);

	if (!rank_between(c, "x", 4, 4) || !rank_between(c, "coordinates", 4, 4))
		return false;
	if (!dims_agree(x->dim, 1, t->dim, 1) || (dim_known(t->dim[3]) && t->dim[3] != 2))
		return op_clash(c, "coordinates", "x",
		                "'coordinates' has shape %s, expected (%s, height, width, 2)",
		                shape_of(c, t), dim_str(c->types, x->dim[0]));
	dim[2] = t->dim[1];
	dim[3] = t->dim[2];
	return set_shape(c, 0, x->dtype, dim, 4);
}

bool
infer_resize(Infer *c)
{
	const Type *x = type_known(c, "x"), *t = type_known(c, "shape");
	const Tensor *shape = infer_val(c, "shape");
	int64_t n;
	Dim *dim = dims_copy(c, x, 0);

	if (!rank_between(c, "shape", 1, 1) || !int_arg(c, "resized_dims", &n) ||
	    !word_arg(c, "interpolation_mode", "LINEAR NEAREST_NEIGHBOR") ||
	    !word_arg(c, "sampling_mode", SAMPLING))
		return false;
	if (n < 0 || n > x->rank || (dim_known(t->dim[0]) && n > t->dim[0]) ||
	    (shape && t->dim[0] > x->rank))
		return op_clash(c, "resized_dims", "x",
		                "%lld axes are to be resized to 'shape' of %s elements, 'x' has "
		                "rank %u",
		                (long long)n, dim_str(c->types, t->dim[0]), x->rank);
	for (int64_t i = 0; i < n; i++) {
		Dim *d = &dim[x->rank - n + i];
		int64_t want = shape ? tensor_i(shape, t->dim[0] - n + i) : 0;
		if (want < 0)
			return op_error(
			    c, "shape",
			    "an axis would have %lld elements, expected 1 or more, or 0 "
			    "to keep it",
			    (long long)want);
		if (!shape)
			*d = dim_fresh(c);
		else if (want)
			*d = want;
	}
	return set_shape(c, 0, x->dtype, dim, x->rank);
}

/* The size that comes out is computed at run time. */
bool
infer_torch_upsample(Infer *c)
{
	const Type *x = type_known(c, "x");
	Dim *dim;

	if (!rank_between(c, "x", 4, 4))
		return false;
	dim = dims_copy(c, x, 0);
	dim[2] = dim_fresh(c);
	dim[3] = dim_fresh(c);
	return set_shape(c, 0, x->dtype, dim, 4);
}
