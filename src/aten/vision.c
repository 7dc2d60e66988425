/* vision.c: operations of torchvision, made of what Core ML has. What samples between pixels
 * counts those beyond the border as zero one by one, where Core ML's resample drops the whole
 * sample; so the image gets a border of one pixel, and coordinates are counted in that.
 */
#include "broadcast.h"

/* Height and width of an image, as floats. */
static void
size_of(AtenCtx *c, Var *image, Var *size[2])
{
	Var *shape = OP(shape, X(image));

	for (int i = 0; i < 2; i++)
		size[i] = cast(c, value_at(c, shape, 2 + i, NULL), DT_FP32);
}

/* Places as Core ML counts them: -1 is the first pixel, 1 the last one of n. */
static Var *
normalized(AtenCtx *c, Var *at, Var *n)
{
	at = OP(real_div, X(at), Y(OP(sub, X(n), FLT("y", 1.0))));
	return OP(sub, X(OP(mul, X(at), FLT("y", 2.0))), FLT("y", 1.0));
}

static Var *
sampled(AtenCtx *c, Var *x, Var *coordinates, DType t)
{
	return OP(resample, X(x), VAR("coordinates", coordinates), STR("sampling_mode", "bilinear"),
	          STR("padding_mode", "constant"),
	          TENSOR("padding_value", tensor_scalar_f(c->arena, t, 0)),
	          STR("coordinates_mode", "normalized_minus_one_to_one"),
	          BOOL("align_corners", true));
}

/* ---- roi_align ---- */

enum { MOST = 4096, MOST_SAMPLES = 16 };
typedef struct RoiAlign {
	Var *x;              /* the images of the boxes, with a border */
	double scale, offset;
	int64_t n[2];        /* height and width of the result */
	int64_t samples;     /* along each axis of a bin */
	bool aligned;
	Var *start[2], *bin[2], *size[2]; /* y and x: (boxes, 1, 1); of the image */
} RoiAlign;

static bool
roi_operands(AtenCtx *c, RoiAlign *r, Var **boxes)
{
	r->x = operand_n(c, 0);
	*boxes = operand_n(c, 1);
	r->scale = tv_float(c, operand_at(c, 2), "spatial_scale");
	r->n[0] = tv_int(c, operand_at(c, 3), "pooled_height");
	r->n[1] = tv_int(c, operand_at(c, 4), "pooled_width");
	r->samples = tv_int(c, operand_at(c, 5), "sampling_ratio");
	r->aligned = tv_bool(c, operand_at(c, 6), "aligned");
	r->offset = r->aligned ? 0.5 : 0.0;
	if (c->failed)
		return false;
	if (rank_of(r->x) != 4)
		aten_fail(c, "roi_align takes a batch of images (rank 4), not a tensor of rank %u",
		          rank_of(r->x));
	else if (rank_of(*boxes) != 2 || dim_of(*boxes, 1) != 5)
		aten_fail(c, "the boxes of roi_align must be one tensor of shape (boxes, 5): "
			     "number of the image, x1, y1, x2, y2");
	else if (r->n[0] < 1 || r->n[1] < 1 || r->n[0] > MOST || r->n[1] > MOST)
		aten_fail(c, "the size of what roi_align makes must be from 1 to %d", MOST);
	else if (r->samples < 1 || r->samples > MOST_SAMPLES)
		aten_fail(c, UNSUPPORTED "give sampling_ratio a number from 1 to 16",
		          "a number of samples that depends on the box");
	return !c->failed;
}

/* From here to there along y or x, scaled: where it starts, and the size of a bin. */
static void
roi_axis(AtenCtx *c, RoiAlign *r, Var *const *box, Var *end[2])
{
	Var *length[2];

	r->start[1] = OP(mul, X(box[0]), FLT("y", r->scale));
	r->start[1] = OP(sub, X(r->start[1]), FLT("y", r->offset));
	r->start[0] = OP(mul, X(box[1]), FLT("y", r->scale));
	r->start[0] = OP(sub, X(r->start[0]), FLT("y", r->offset));
	for (int i = 1; i >= 0; i--) {
		end[i] = OP(mul, X(box[3 - i]), FLT("y", r->scale));
		end[i] = OP(sub, X(end[i]), FLT("y", r->offset));
	}
	for (int i = 1; i >= 0; i--)
		length[i] = OP(sub, X(end[i]), Y(r->start[i]));
	for (int i = 1; i >= 0 && !r->aligned; i--)
		length[i] = OP(maximum, X(length[i]), FLT("y", 1.0));
	for (int i = 1; i >= 0; i--)
		r->bin[i] = OP(real_div, X(length[i]), FLT("y", (double)r->n[i]));
	for (int i = 1; i >= 0; i--)
		r->start[i] = OP(expand_dims, X(r->start[i]), LIT("axes", -1));
	for (int i = 1; i >= 0; i--)
		r->bin[i] = OP(expand_dims, X(r->bin[i]), LIT("axes", -1));
}

/* first, first + 1 … along y (axis 0) or x, (1, n, 1) or (1, 1, n). */
static Tensor *
ramp(AtenCtx *c, int axis, int64_t n, double first, double step)
{
	int64_t dim[3] = {1, axis ? 1 : n, axis ? n : 1};
	Tensor *t = tensor_new(c->arena, DT_FP32, dim, 3);

	for (int64_t i = 0; i < n; i++)
		tensor_set_f(t, i, (double)((float)i * (float)step + (float)first));
	return t;
}

/* Where sample k of each bin lies, in the image with its border. */
static Var *
roi_places(AtenCtx *c, RoiAlign *r, int axis, int64_t k)
{
	double within = ((double)k + 0.5) / (double)r->samples;
	Var *at = OP(mul, X(r->bin[axis]), TENSOR("y", ramp(c, axis, r->n[axis], within, 1)));

	at = OP(add, X(r->start[axis]), Y(at));
	at = OP(add, X(at), TENSOR("y", ramp(c, !axis, r->n[!axis], 0, 0)));
	return OP(add, X(at), FLT("y", 1.0));
}

HANDLER(torchvision_roi_align)
{
	RoiAlign r = {0};
	Var *boxes, **part, *image, *end[2], *sum = NULL, *at[2];
	uint32_t n;

	if (!roi_operands(c, &r, &boxes))
		return;
	boxes = cast(c, boxes, DT_FP32);
	part = aten_ops(c, OP_split, NULL,
	                ARGS(X(boxes), INT("num_splits", 5), INT("axis", 1)), &n);
	if (!part)
		return;
	DType t = dtype_of(r.x);
	image = OP(squeeze, X(cast(c, part[0], DT_INT32)), LIT("axes", 1));
	r.x = OP(gather, X(r.x), VAR("indices", image), INT("axis", 0));
	r.x = OP(pad, X(r.x), LIT("pad", 1, 1, 1, 1), STR("mode", "constant"),
	         TENSOR("constant_val", tensor_scalar_f(c->arena, t, 0)));
	roi_axis(c, &r, part + 1, end);
	size_of(c, r.x, r.size);
	for (int64_t j = 0; j < r.samples; j++) {
		Var *y = roi_places(c, &r, 0, j);
		for (int64_t i = 0; i < r.samples && !c->failed; i++) {
			at[0] = roi_places(c, &r, 1, i);
			at[1] = normalized(c, y, r.size[0]);
			at[0] = normalized(c, at[0], r.size[1]);
			for (int k = 0; k < 2; k++)
				at[k] = OP(expand_dims, X(at[k]), LIT("axes", -1));
			Var *one = OP(concat, VALUES(at, 2), INT("axis", -1));
			one = sampled(c, r.x, one, t);
			sum = sum ? OP(add, X(sum), Y(one)) : one;
		}
	}
	RESULT(NAMED(real_div, X(sum), FLT("y", (double)(r.samples * r.samples))));
}

/* ---- nms ---- */

/* Corners (x1, y1, x2, y2) -> center and size, (1, boxes, 4). */
static Var *
centered(AtenCtx *c, Var *boxes)
{
	Var **p, *out[4];
	uint32_t n;

	p = aten_ops(c, OP_split, NULL, ARGS(X(boxes), INT("num_splits", 4), INT("axis", -1)), &n);
	if (!p)
		return NULL;
	for (int i = 0; i < 2; i++)
		out[2 + i] = OP(sub, X(p[2 + i]), Y(p[i]));
	for (int i = 0; i < 2; i++)
		out[i] = OP(add, X(p[i]), Y(OP(real_div, X(out[2 + i]), FLT("y", 2.0))));
	boxes = OP(concat, VALUES(out, 4), INT("axis", -1));
	return OP(expand_dims, X(boxes), LIT("axes", 0));
}

/* Up to iOS16 the operation says how many of the indices count. */
static Var *
suppressed_counted(AtenCtx *c, Var *boxes, Var *scores, int64_t most, double iou, DType t)
{
	Var **out, *indices, *count;
	uint32_t n;
	double least = t == DT_FP16 ? -65504.0 : -(double)3.4028234663852886e38f;

	out = aten_ops(c, OP_non_maximum_suppression, NULL,
	               ARGS(VAR("boxes", boxes), VAR("scores", scores), INT("max_boxes", most),
	                    TENSOR("iou_threshold", tensor_scalar_f(c->arena, t, iou)),
	                    TENSOR("score_threshold", tensor_scalar_f(c->arena, t, least))),
	               &n);
	if (!out)
		return NULL;
	indices = OP(squeeze, X(out[2]), LIT("axes", 0));
	count = OP(squeeze, X(out[3]), LIT("axes", 0));
	count = range_to(c, count);
	indices = cast(c, indices, DT_FP32);
	indices = OP(gather, X(indices), VAR("indices", count), INT("axis", 0));
	return cast_named(c, indices, DT_INT32, c->node->name);
}

/* From iOS17 on indices of -1 stand behind those that count. */
static Var *
suppressed(AtenCtx *c, Var *boxes, Var *scores, int64_t most, double iou, DType t)
{
	Var **out, *count, *indices;
	uint32_t n;

	boxes = OP(transpose, X(boxes), LIT("perm", 0, 2, 1));
	scores = OP(transpose, X(scores), LIT("perm", 0, 2, 1));
	out = aten_ops(c, OP_non_maximum_suppression, NULL,
	               ARGS(VAR("boxes", boxes), VAR("scores", scores), INT("max_boxes", most),
	                    TENSOR("iou_threshold", tensor_scalar_f(c->arena, t, iou))),
	               &n);
	if (!out)
		return NULL;
	count = cast(c, OP(greater, X(out[2]), INT("y", -1)), DT_INT32);
	count = OP(reduce_sum, X(count), LIT("axes", -1));
	indices = OP(squeeze, X(out[2]), LIT("axes", 0));
	return NAMED(slice_by_size, X(indices),
	             VAR("begin", OP(fill_like, VAR("ref_tensor", count), INT("value", 0))),
	             VAR("size", count));
}

HANDLER(torchvision_nms)
{
	Var *v[2] = {operand_n(c, 0), operand_n(c, 1)};
	double iou = tv_float(c, operand_at(c, 2), "iou_threshold");
	int64_t most;
	DType t;

	promote(c, v, 2);
	if (c->failed)
		return;
	t = dtype_of(v[0]);
	/* More than there are, where that is not known; a much larger number crashes Core ML. */
	most = dim_known(dim_of(v[0], 0)) ? dim_of(v[0], 0) : 10000;
	v[0] = centered(c, v[0]);
	v[1] = OP(expand_dims, X(v[1]), LIT("axes", 0, -1));
	RESULT((ios(c, IOS17) ? suppressed : suppressed_counted)(c, v[0], v[1], most, iou, t));
}

/* ---- deform_conv2d: sampled neighbours as channels of a 1 x 1 convolution ---- */

typedef struct Deform {
	Var *x, *weight, *offset, *mask, *bias; /* mask: 0: none */
	int64_t stride[2], pad[2], dilation[2], groups, parts; /* parts: groups of offsets */
	int64_t in, out, kernel[2], size[2];
} Deform;

static bool
deform_operands(AtenCtx *c, Deform *d)
{
	static const char *const what[] = {"stride_h",   "stride_w",   "pad_h",  "pad_w",
	                                   "dilation_h", "dilation_w", "groups", "offset_groups"};
	int64_t v[8];

	d->x = operand_n(c, 0);
	d->weight = operand_n(c, 1);
	d->offset = operand_n(c, 2);
	d->bias = tv_var_or_none(c, operand_at(c, 4));
	for (uint32_t i = 0; i < 8; i++)
		v[i] = tv_int(c, operand_at(c, 5 + i), what[i]);
	d->mask = tv_bool(c, operand_at(c, 13), "use_mask") ? operand_n(c, 3) : NULL;
	if (c->failed)
		return false;
	memcpy(d->stride, v, 2 * sizeof *v);
	memcpy(d->pad, v + 2, 2 * sizeof *v);
	memcpy(d->dilation, v + 4, 2 * sizeof *v);
	d->groups = v[6];
	d->parts = v[7];
	d->in = dim_of(d->x, 1);
	d->out = dim_of(d->weight, 0);
	for (int i = 0; i < 2; i++) {
		d->kernel[i] = dim_of(d->weight, 2 + i);
		d->size[i] = dim_of(d->offset, 2 + i);
	}
	return true;
}

/* What must hold of the sizes; 0: it does. */
static const char *
deform_fault(const Deform *d)
{
	int64_t n = d->kernel[0] * d->kernel[1];
	bool known = dim_known(d->in) && dims_known(d->weight);

	if (rank_of(d->x) != 4 || rank_of(d->weight) != 4 || rank_of(d->offset) != 4 ||
	    (d->mask && rank_of(d->mask) != 4) || (d->bias && rank_of(d->bias) != 1))
		return "image, weight, offsets and mask must have rank 4, the bias rank 1";
	for (int i = 0; i < 2; i++)
		known &= dim_known(d->size[i]);
	if (!known || !dim_known(dim_of(d->offset, 1)))
		return "channels, kernel and the size of the result must be known";
	if (d->stride[0] < 1 || d->stride[1] < 1 || d->dilation[0] < 1 || d->dilation[1] < 1 ||
	    d->pad[0] < 0 || d->pad[1] < 0 || d->groups < 1 || d->parts < 1)
		return "strides, dilations and groups must be above zero, paddings not below";
	if (d->in < 1 || d->groups > MOST || d->parts > MOST || n < 1 || n > MOST)
		return "there are no channels, or too many groups or elements of the kernel";
	if (d->in % d->groups || d->out % d->groups || d->in % d->parts ||
	    dim_of(d->weight, 1) != d->in / d->groups)
		return "the groups must divide the channels, as the weight has them";
	if (dim_of(d->offset, 1) != 2 * d->parts * n ||
	    (d->mask && dim_of(d->mask, 1) != d->parts * n))
		return "there must be two offsets (and one mask) for each element of the kernel";
	for (int i = 0; i < 2; i++) {
		Dim from = dim_of(d->x, 2 + i);
		int64_t span = from + 2 * d->pad[i] - d->dilation[i] * (d->kernel[i] - 1) - 1;
		if (dim_known(from) && (span < 0 || d->size[i] != span / d->stride[i] + 1))
			return "the offsets must be as large as the result";
	}
	return NULL;
}

/* Channels [from, to); one alone without its axis. */
static Var *
channels(AtenCtx *c, Var *x, int64_t from, int64_t to, bool alone)
{
	static const bool rest[4] = {true, false, true, true}, squeeze[4] = {false, true};

	return OP(slice_by_index, X(x), LIT("begin", 0, from, 0, 0), LIT("end", 0, to, 0, 0),
	          BOOLS("begin_mask", rest, 4), BOOLS("end_mask", rest, 4),
	          BOOLS("squeeze_mask", alone ? squeeze : NULL, 4));
}

/* Where element k of the kernel would lie without offsets, along an axis: (1, height, width). */
static Var *
deform_base(AtenCtx *c, const Deform *d, int axis, int64_t k)
{
	int64_t dim[3] = {1, d->size[0], d->size[1]};
	Tensor *t = tensor_new(c->arena, DT_FP32, dim, 3);

	for (int64_t i = 0; i < t->count; i++) {
		int64_t at = axis ? i % dim[2] : i / dim[2];
		tensor_set_f(t, i,
		             (double)(at * d->stride[axis] - d->pad[axis] + k * d->dilation[axis]));
	}
	return aten_const(c, t, NULL);
}

/* The neighbours for one element of the kernel and one group of offsets. */
static Var *
deform_part(AtenCtx *c, const Deform *d, Var *const base[2], int64_t k, int64_t part)
{
	int64_t per = d->in / d->parts, n = d->kernel[0] * d->kernel[1];
	DType t = dtype_of(d->x) == DT_FP16 ? DT_FP16 : DT_FP32;
	Var *x = channels(c, d->x, part * per, (part + 1) * per, false), *at[2], *size[2], *y;

	x = OP(pad, X(x), LIT("pad", 0, 0, 0, 0, 1, 1, 1, 1), STR("mode", "constant"),
	       TENSOR("constant_val", tensor_scalar_f(c->arena, t, 0)));
	for (int i = 0; i < 2; i++) {
		int64_t from = part * 2 * n + 2 * k + i;
		at[i] = channels(c, d->offset, from, from + 1, true);
	}
	for (int i = 0; i < 2; i++)
		at[i] = as_type(c, at[i], DT_FP32);
	for (int i = 0; i < 2; i++)
		at[i] = OP(add, X(base[i]), Y(at[i]));
	for (int i = 0; i < 2; i++)
		at[i] = OP(add, X(at[i]), FLT("y", 1.0));
	size_of(c, x, size);
	for (int i = 0; i < 2; i++)
		at[i] = normalized(c, at[i], size[i]);
	Var *xy[2] = {at[1], at[0]};
	y = sampled(c, x, OP(stack, VALUES(xy, 2), INT("axis", -1)), t);
	if (!d->mask)
		return y;
	return OP(mul, X(y), Y(channels(c, d->mask, part * n + k, part * n + k + 1, false)));
}

static Var *
joined(AtenCtx *c, Var *const *v, int64_t n)
{
	return n == 1 ? v[0] : OP(concat, VALUES(v, (uint32_t)n), INT("axis", 1));
}

/* All neighbours, ordered as the weight's input channels will be. */
static Var *
deform_patches(AtenCtx *c, const Deform *d)
{
	int64_t n = d->kernel[0] * d->kernel[1], per = d->in / d->groups;
	Var **tap = newn(c->arena, Var *, (size_t)n), **part, **patch, *base[2];

	part = newn(c->arena, Var *, (size_t)d->parts);
	for (int64_t k = 0; k < n && !c->failed; k++) {
		base[0] = deform_base(c, d, 0, k / d->kernel[1]);
		base[1] = deform_base(c, d, 1, k % d->kernel[1]);
		for (int64_t i = 0; i < d->parts; i++)
			part[i] = deform_part(c, d, base, k, i);
		tap[k] = joined(c, part, d->parts);
	}
	patch = newn(c->arena, Var *, (size_t)(d->groups * n));
	for (int64_t g = 0; g < d->groups; g++)
		for (int64_t k = 0; k < n && !c->failed; k++)
			patch[g * n + k] = channels(c, tap[k], g * per, (g + 1) * per, false);
	return joined(c, patch, d->groups * n);
}

HANDLER(torchvision_deform_conv2d)
{
	Deform d = {0};
	const char *fault;
	Var *v[2], *y;

	if (!deform_operands(c, &d))
		return;
	fault = deform_fault(&d);
	if (fault) {
		aten_fail(c, "deform_conv2d cannot be converted: %s", fault);
		return;
	}
	v[0] = deform_patches(c, &d);
	v[1] = OP(transpose, X(d.weight), LIT("perm", 0, 2, 3, 1));
	v[1] = OP(reshape, X(v[1]),
	          LIT("shape", d.out, d.kernel[0] * d.kernel[1] * (d.in / d.groups), 1, 1));
	promote(c, v, 2);
	const Str *name = d.bias ? name_with(c, c->node->name, "_conv") : c->node->name;
	y = aten_op(c, OP_conv, name,
	            ARGS(X(v[0]), VAR("weight", v[1]), INT("groups", d.groups),
	                 STR("pad_type", "valid")));
	if (d.bias) {
		v[0] = y;
		v[1] = OP(reshape, X(d.bias), LIT("shape", 1, d.out, 1, 1));
		promote(c, v, 2);
		y = NAMED(add, X(v[0]), Y(v[1]));
	}
	RESULT(y);
}
