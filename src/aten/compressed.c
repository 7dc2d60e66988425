/* compressed.c: what coremltools.optimize.torch leaves in buffers beside a weight, named
 * MODULE._COREML_/PARAMETER/KEY: in which ways it was compressed, and with what. The weight
 * itself holds the numbers that result, so that quantized values, indices and masks are found
 * again from these.
 */
#include "quantized.h"

#include <math.h>

enum { PRUNED = 1, PALETTIZED = 2, QUANTIZED = 3 };

/* What the buffers say; 0: nothing. */
typedef struct Notes {
	const Tensor *types, *bits, *scale, *zero, *lut, *lut_scale, *vector_axis;
} Notes;
/* A weight on its way. */
typedef struct NotedWeight {
	AtenCtx *c;
	const Tensor *t;  /* fp32 */
	const Notes *notes;
	const Str *name;
	Var *so_far;      /* of the way before, or 0 */
} NotedWeight;

static const struct {
	const char *key;
	size_t at;
} keys[] = {
    {"compression_type", offsetof(Notes, types)},
    {"quantization_n_bits", offsetof(Notes, bits)},
    {"quantization_scale", offsetof(Notes, scale)},
    {"zero_point", offsetof(Notes, zero)},
    {"lut", offsetof(Notes, lut)},
    {"palettization_scale", offsetof(Notes, lut_scale)},
    {"vector_axis", offsetof(Notes, vector_axis)},
};

/* Of a buffer that begins with this stem. */
static bool
take_note(Notes *n, const Str *stem, const Str *path, const Tensor *t)
{
	if (!path || !t || !t->count || path->len <= stem->len ||
	    memcmp(path->s, stem->s, stem->len) != 0)
		return false;
	for (size_t i = 0; i < countof(keys); i++)
		if (strcmp(path->s + stem->len, keys[i].key) == 0) {
			*(const Tensor **)(void *)((char *)n + keys[i].at) = t;
			return true;
		}
	return false;
}

/* False: there is nothing about this parameter. */
static bool
find_notes(AtenCtx *c, const Str *path, Notes *n)
{
	const char *dot = strrchr(path->s, '.');
	const char *base = dot ? dot + 1 : path->s;
	const Str *stem = intern_printf(c->g->names, "%.*s_COREML_/%s/", (int)(base - path->s),
	                                path->s, base);
	bool found = false;

	*n = (Notes){0};
	for (uint32_t i = 0; i < c->g->constant.n; i++) {
		const TNamed *t = &c->g->constant.at[i];
		found |= take_note(n, stem, t->path, t->tensor.t);
	}
	for (uint32_t i = 0; i < c->g->state.n; i++) {
		const TState *t = &c->g->state.at[i];
		found |= take_note(n, stem, t->path, t->tensor.t);
	}
	return found;
}

/* ---- scales in blocks ---- */

/* For each element of the weight, that of the scale (or table) for its block; 0 after reporting.
 * What counts of the smaller one's shape are the leading dimensions. For xfree(). */
static int64_t *
block_of_elements(AtenCtx *c, const int64_t *dim, int rank, const Tensor *by, int64_t count)
{
	int64_t *at, index[TENSOR_MAX_RANK] = {0};

	for (int k = 0; k < rank; k++)
		if (by->dim[k] < 1 || dim[k] % by->dim[k]) {
			aten_fail(c, "dimension %d of the weight has %lld elements, which are not "
			             "%lld equal blocks",
			          k, (long long)dim[k], (long long)by->dim[k]);
			return NULL;
		}
	at = xcalloc((size_t)count, sizeof *at);
	for (int64_t i = 0; i < count; i++) {
		for (int k = 0; k < rank; k++)
			at[i] = at[i] * by->dim[k] + index[k] / (dim[k] / by->dim[k]);
		for (int k = rank - 1; k >= 0 && ++index[k] == dim[k]; k--)
			index[k] = 0;
	}
	return at;
}

/* With n more dimensions of 1 at the end. */
static const Tensor *
with_ones(AtenCtx *c, const Tensor *t, int n)
{
	int64_t dim[TENSOR_MAX_RANK];

	if (!t || t->rank + n > TENSOR_MAX_RANK)
		return t;
	memcpy(dim, t->dim, (size_t)t->rank * sizeof *dim);
	for (int k = 0; k < n; k++)
		dim[t->rank + k] = 1;
	return tensor_reshape(c->arena, t, dim, t->rank + n);
}

/* Convolutions have scales of two dimensions. */
static const Tensor *
scale_for(AtenCtx *c, const Tensor *scale, int rank)
{
	return scale && rank == 4 && scale->rank == 2 ? with_ones(c, scale, 2) : scale;
}

/* Scales of a table have two more dimensions at their end, of 1. */
static const Tensor *
scale_of_table(AtenCtx *c, const Tensor *t, int rank)
{
	return t && t->rank == rank + 2 && t->dim[rank] == 1 && t->dim[rank + 1] == 1
	           ? tensor_reshape(c->arena, t, t->dim, rank)
	           : t;
}

/* ---- quantization ---- */

static DType
type_of_bits(AtenCtx *c, bool is_signed, int64_t bits)
{
	DType t = dtype_from_mil(arena_printf(c->arena, "%s%lld", is_signed ? "int" : "uint",
	                                      (long long)bits));

	if (t == DT_NONE || bits < 1 || bits > 8) {
		aten_fail(c, "a weight cannot be quantized to %s%lld", is_signed ? "int" : "uint",
		          (long long)bits);
		return DT_NONE;
	}
	return t;
}

static double
least(const Tensor *t)
{
	double low = t->count ? tensor_f(t, 0) : 0;

	for (int64_t i = 1; i < t->count; i++)
		low = fmin(low, tensor_f(t, i));
	return low;
}

/* Into the range of type `t`. */
static Tensor *
clipped(AtenCtx *c, const Tensor *w, const float *q, DType t)
{
	int bits = dtype_bits(t);
	bool is_signed = dtype_info[t].kind == 'i';
	double low = is_signed ? -ldexp(1, bits - 1) : 0;
	double high = is_signed ? ldexp(1, bits - 1) - 1 : ldexp(1, bits) - 1;
	Tensor *data = tensor_new(c->arena, t, w->dim, w->rank);

	for (int64_t i = 0; i < w->count; i++)
		tensor_set_i(data, i, (int64_t)fmax(low, fmin(high, (double)q[i])));
	return data;
}

/* round(weight / scale) + zero; false after reporting. table: the weight is a lookup table's
 * result. */
static bool
requantized(NotedWeight *w, bool table, FewBits *q)
{
	AtenCtx *c = w->c;
	const Tensor *t = w->t;
	int64_t *block;
	float *v, low = 0;
	DType type;

	q->scale = scale_for(c, w->notes->scale, t->rank);
	q->zero = scale_for(c, w->notes->zero, t->rank);
	if (table) {
		q->scale = scale_of_table(c, q->scale, t->rank);
		q->zero = scale_of_table(c, q->zero, t->rank);
	}
	if (!w->notes->bits || !q->scale) {
		aten_fail(c, "the compression of '%s' says neither quantization_n_bits nor "
		             "quantization_scale, of which both are needed",
		          w->name->s);
		return false;
	}
	if (q->scale->rank != t->rank || (q->zero && (q->zero->rank != t->rank ||
	                                              q->zero->count != q->scale->count))) {
		aten_fail(c, "scale and zero point of '%s' must have %d dimensions, as the weight "
			     "has",
		          w->name->s, t->rank);
		return false;
	}
	block = block_of_elements(c, t->dim, t->rank, q->scale, t->count);
	if (!block)
		return false;
	v = xcalloc((size_t)t->count, sizeof *v);
	for (int64_t i = 0; i < t->count; i++) {
		v[i] = rintf((float)tensor_f(t, i) / (float)tensor_f(q->scale, block[i]));
		v[i] += q->zero ? (float)tensor_f(q->zero, block[i]) : 0.0f;
		low = fminf(low, v[i]);
	}
	type = type_of_bits(c, low < 0 || (q->zero && least(q->zero) < 0),
	                    tensor_i(w->notes->bits, 0));
	q->data = type ? clipped(c, t, v, type) : NULL;
	xfree(block);
	xfree(v);
	if (!q->data)
		return false;
	if (q->zero)
		q->zero = tensor_cast(c->arena, q->zero, type);
	return true;
}

/* The elements that the mask keeps, as a vector. */
static const Tensor *
kept(AtenCtx *c, const Tensor *t, const Tensor *mask)
{
	int64_t n = 0;
	Tensor *out;

	for (int64_t i = 0; i < mask->count; i++)
		n += tensor_i(mask, i) != 0;
	out = tensor_new(c->arena, t->dtype, &n, 1);
	n = 0;
	for (int64_t i = 0; i < mask->count && i < t->count; i++)
		if (tensor_i(mask, i)) {
			if (dtype_is_float(t->dtype))
				tensor_set_f(out, n++, tensor_f(t, i));
			else
				tensor_set_i(out, n++, tensor_i(t, i));
		}
	return out;
}

static bool
comes_from(const Var *v, Opcode op)
{
	return v && inst_is(v->def, op);
}

/* The mask of a weight that was pruned before; 0 after reporting. */
static Var *
mask_before(NotedWeight *w)
{
	Var *mask = comes_from(w->so_far, OP_constexpr_sparse_to_dense)
	                ? inst_arg(w->so_far->def, "mask")
	                : NULL;

	if (!mask || !mask->val) {
		aten_fail(w->c, "the ways in which '%s' was compressed cannot be combined: one "
				"goes with pruning before it, or a quantized table with "
				"palettization",
		          w->name->s);
		return NULL;
	}
	return mask;
}

/* What a joint operation gives, mask and elements that are not zero, as a weight. */
static Var *
dense(NotedWeight *w, Var **sparse)
{
	AtenCtx *c = w->c;

	return sparse ? aten_op(c, OP_constexpr_sparse_to_dense, w->name,
	                        ARGS(VAR("nonzero_data", sparse[1]), VAR("mask", sparse[0])))
	              : NULL;
}

static Var *
quantize_weight(NotedWeight *w)
{
	AtenCtx *c = w->c;
	bool table = comes_from(w->so_far, OP_constexpr_lut_to_dense);
	Var *mask;
	FewBits q = {0};
	uint32_t n;

	if (!requantized(w, table, &q))
		return NULL;
	if (!w->so_far)
		return dequantized_weight(c, q, w->name);
	if (table) /* which was quantized itself */
		return aten_op(c, OP_constexpr_blockwise_shift_scale, w->name,
		               ARGS(VAR("data", w->so_far), TENSOR("scale", q.scale),
		                    TENSOR("offset", q.zero)));
	mask = mask_before(w);
	if (!mask)
		return NULL;
	return dense(w, aten_ops(c, OP_constexpr_sparse_blockwise_shift_scale,
	                         name_with(c, w->name, "_quantized"),
	                         ARGS(VAR("data_mask", mask),
	                              TENSOR("nonzero_data", kept(c, q.data, mask->val)),
	                              TENSOR("scale", q.scale), TENSOR("offset", q.zero)),
	                         &n));
}

/* ---- palettization ---- */

/* (…, 2**bits, vector): a power of two of entries, the rest zeros. 0 after reporting. */
static const Tensor *
full_table(NotedWeight *w)
{
	AtenCtx *c = w->c;
	const Tensor *lut = w->notes->lut;
	int64_t dim[TENSOR_MAX_RANK], n, vector, full = 1;
	Tensor *t;

	if (lut && lut->rank == w->t->rank + 1)
		lut = with_ones(c, lut, 1);
	if (!lut || lut->rank != w->t->rank + 2) {
		aten_fail(c, "the table 'lut' in the compression of '%s' %s", w->name->s,
		          lut ? "must have two dimensions more than the weight" : "is not there");
		return NULL;
	}
	n = lut->dim[lut->rank - 2];
	vector = lut->dim[lut->rank - 1];
	while (full < n)
		full *= 2;
	if (full == n)
		return lut;
	memcpy(dim, lut->dim, (size_t)lut->rank * sizeof *dim);
	dim[lut->rank - 2] = full;
	t = tensor_new(c->arena, lut->dtype, dim, lut->rank);
	for (int64_t i = 0; i < lut->count; i++) {
		int64_t to = i / (n * vector) * full * vector + i % (n * vector);
		tensor_set_f(t, to, tensor_f(lut, i));
	}
	return t;
}

/* How far n elements from `at` on, a step apart, are from a table's entry. */
static float
distance(const float *w, int64_t step, const float *entry, int64_t n)
{
	float sum = 0;

	if (n == 1)
		return fabsf(w[0] - entry[0]);
	for (int64_t i = 0; i < n; i++) {
		float d = w[i * step] - entry[i];
		sum += d * d;
	}
	return sqrtf(sum);
}

/* For xfree(). */
static float *
floats(const Tensor *t)
{
	float *v = xcalloc((size_t)t->count, sizeof *v);

	for (int64_t i = 0; i < t->count; i++)
		v[i] = (float)tensor_f(t, i);
	return v;
}

/* The nearest entry for each element, or vector along the axis; 0 after reporting. */
static Tensor *
nearest_entries(NotedWeight *w, const Tensor *weight, const Tensor *lut, int64_t axis)
{
	AtenCtx *c = w->c;
	int rank = weight->rank, bits = 0;
	int64_t dim[TENSOR_MAX_RANK], n = lut->dim[rank], vector = lut->dim[rank + 1], step = 1;
	float *v, *entry;
	int64_t *block, count = weight->count / vector;
	Tensor *out;

	memcpy(dim, weight->dim, (size_t)rank * sizeof *dim);
	if (dim[axis] % vector) {
		aten_fail(c, "vectors of %lld elements do not divide dimension %lld of '%s', which "
		             "has %lld",
		          (long long)vector, (long long)axis, w->name->s, (long long)dim[axis]);
		return NULL;
	}
	dim[axis] /= vector;
	for (int k = (int)axis + 1; k < rank; k++)
		step *= dim[k];
	while (bits < 9 && 1 << bits < n)
		bits++;
	DType type = type_of_bits(c, false, bits);
	if (type == DT_NONE)
		return NULL;
	block = block_of_elements(c, dim, rank, lut, count);
	if (!block)
		return NULL;
	v = floats(weight);
	entry = floats(lut);
	out = tensor_new(c->arena, type, dim, rank);
	for (int64_t i = 0; i < count; i++) {
		/* i is (outer, at the axis, inner); a vector begins at (outer, at * vector,
		 * inner) */
		const float *at = v + i / step * step * vector + i % step;
		int64_t best = 0;
		float least_yet = INFINITY;
		for (int64_t k = 0; k < n; k++) {
			const float *e = entry + (block[i] * n + k) * vector;
			float d = distance(at, step, e, vector);
			if (d < least_yet) {
				least_yet = d;
				best = k;
			}
		}
		tensor_set_i(out, i, best);
	}
	xfree(block);
	xfree(v);
	xfree(entry);
	return out;
}

/* bits of each element one after the other, the lowest first. */
static const Tensor *
packed_bits(AtenCtx *c, const Tensor *t, int bits)
{
	int64_t n = (t->count * bits + 7) / 8;
	Tensor *out = tensor_new(c->arena, DT_UINT8, &n, 1);
	uint8_t *p = out->data;

	for (int64_t i = 0; i < t->count; i++) {
		unsigned x = (unsigned)tensor_i(t, i);
		for (int k = 0; k < bits; k++)
			if (x >> k & 1)
				p[(i * bits + k) / 8] |= (uint8_t)(1u << (i * bits + k) % 8);
	}
	return out;
}

static const Tensor *
shape_tensor(AtenCtx *c, const Tensor *t)
{
	return tensor_vector_i(c->arena, DT_UINT32, t->dim, t->rank);
}

static Var *
lut_to_dense(NotedWeight *w, const Tensor *indices, const Tensor *lut, Var *axis)
{
	AtenCtx *c = w->c;
	int rank = lut->rank - 2, bits = dtype_bits(indices->dtype);
	int64_t n = lut->dim[rank];

	if (ios(c, IOS18))
		return aten_op(c, OP_constexpr_lut_to_dense, w->name,
		               ARGS(TENSOR("indices", indices), TENSOR("lut", lut),
		                    VAR("vector_axis", axis)));
	if (lut->count != n) {
		aten_fail(c, "'%s' has several tables, or one of vectors, which Core ML has from "
		             "iOS18 on: set minimum_deployment_target=ct.target.iOS18",
		          w->name->s);
		return NULL;
	}
	return aten_op(c, OP_constexpr_lut_to_dense, w->name,
	               ARGS(TENSOR("indices", packed_bits(c, indices, bits)),
	                    TENSOR("lut", tensor_reshape(c->arena, lut, &n, 1)),
	                    TENSOR("shape", shape_tensor(c, indices))));
}

/* The weight before it got scales. */
static const Tensor *
unscaled(NotedWeight *w, const Tensor *scale)
{
	AtenCtx *c = w->c;
	const Tensor *t = w->t;
	int64_t *block;
	Tensor *out;

	if (!scale)
		return t;
	if (scale->rank != t->rank) {
		aten_fail(c, "palettization_scale of '%s' must have %d dimensions, as the weight "
			     "has",
		          w->name->s, t->rank);
		return NULL;
	}
	block = block_of_elements(c, t->dim, t->rank, scale, t->count);
	if (!block)
		return NULL;
	out = tensor_new(c->arena, DT_FP32, t->dim, t->rank);
	for (int64_t i = 0; i < t->count; i++)
		tensor_set_f(out, i,
		             (double)((float)tensor_f(t, i) / (float)tensor_f(scale, block[i])));
	xfree(block);
	return out;
}

/* A table is quantized itself when both ways are named. */
static const Tensor *
quantized_table(NotedWeight *w, const Tensor *lut)
{
	NotedWeight of_table = {w->c, lut, w->notes, w->name, NULL};
	FewBits q = {0};

	for (int64_t i = 0; i < w->notes->types->count; i++)
		if (tensor_i(w->notes->types, i) == QUANTIZED)
			return requantized(&of_table, false, &q) ? q.data : NULL;
	return lut;
}

static Var *
palettize_weight(NotedWeight *w)
{
	AtenCtx *c = w->c;
	const Tensor *lut = full_table(w), *scale, *indices, *weight;
	int64_t axis = w->notes->vector_axis ? tensor_i(w->notes->vector_axis, 0) : 0;
	bool vectors = lut && lut->dim[lut->rank - 1] > 1;
	Var *mask, *along, *y;
	uint32_t n;

	scale = lut ? scale_for(c, w->notes->lut_scale, w->t->rank) : NULL;
	weight = lut ? unscaled(w, scale) : NULL;
	axis = weight ? axis_of(c, vectors ? axis : 0, (uint32_t)weight->rank) : 0;
	indices = weight && !c->failed ? nearest_entries(w, weight, lut, axis) : NULL;
	lut = indices ? quantized_table(w, lut) : NULL;
	if (c->failed || !lut)
		return NULL;
	along = vectors || w->notes->vector_axis ? num(c, axis) : NULL;
	if (!w->so_far)
		y = lut_to_dense(w, indices, lut, along);
	else {
		mask = mask_before(w);
		if (!mask)
			return NULL;
		y = dense(w, aten_ops(c, OP_constexpr_lut_to_sparse,
		                      name_with(c, w->name, "_palettized"),
		                      ARGS(VAR("indices_mask", mask),
		                           TENSOR("indices_nonzero_data",
		                                  kept(c, indices, mask->val)),
		                           TENSOR("lut", lut), VAR("vector_axis", along)),
		                      &n));
	}
	if (!scale || c->failed)
		return y;
	if (!ios(c, IOS18)) {
		aten_fail(c, "'%s' has a scale for its table, which Core ML has from iOS18 on: set "
		             "minimum_deployment_target=ct.target.iOS18",
		          w->name->s);
		return NULL;
	}
	return aten_op(c, OP_constexpr_blockwise_shift_scale, w->name,
	               ARGS(VAR("data", y), TENSOR("scale", scale)));
}

/* ---- pruning ---- */

/* What is smaller than the step of fp16 at 1 counts as zero. */
static Var *
prune_weight(NotedWeight *w)
{
	AtenCtx *c = w->c;
	Tensor *mask = tensor_new(c->arena, DT_UINT1, w->t->dim, w->t->rank);
	const Tensor *data;

	for (int64_t i = 0; i < w->t->count; i++)
		tensor_set_i(mask, i, fabs(tensor_f(w->t, i)) > ldexp(1, -10));
	data = kept(c, w->t, mask);
	if (ios(c, IOS18))
		return aten_op(c, OP_constexpr_sparse_to_dense, w->name,
		               ARGS(TENSOR("nonzero_data", data), TENSOR("mask", mask)));
	return aten_op(c, OP_constexpr_sparse_to_dense, w->name,
	               ARGS(TENSOR("nonzero_data", data), TENSOR("mask", packed_bits(c, mask, 1)),
	                    TENSOR("shape", shape_tensor(c, w->t))));
}

/* ---- all ways, in their order ---- */

static bool
ways_possible(AtenCtx *c, const Notes *n, const Str *path)
{
	if (!n->types || n->types->count < 1 || n->types->count > 3) {
		aten_fail(c, "the compression of '%s' needs 'compression_type', one to three of 1 "
		             "(pruned), 2 (palettized) and 3 (quantized)",
		          path->s);
		return false;
	}
	if (n->types->count > 1 && !ios(c, IOS18)) {
		aten_fail(c, "'%s' is compressed in several ways at once, which Core ML has from "
			     "iOS18 on: set minimum_deployment_target=ct.target.iOS18",
		          path->s);
		return false;
	}
	return true;
}

Var *
compressed_const(AtenCtx *c, const TNamed *n, const Str *name, bool *handled)
{
	Notes notes;
	NotedWeight w = {.c = c, .t = n->tensor.t, .notes = &notes, .name = name};

	*handled = false;
	if (c->failed || !ios(c, IOS16) || !n->path || !n->tensor.t || n->tensor.quant ||
	    (c->exported && n->buffer) || !find_notes(c, n->path, &notes))
		return NULL;
	*handled = true;
	if (!ways_possible(c, &notes, n->path))
		return NULL;
	for (int64_t i = 0; i < notes.types->count && !c->failed; i++)
		switch (tensor_i(notes.types, i)) {
		case PRUNED:
			w.so_far = prune_weight(&w);
			break;
		case PALETTIZED:
			w.so_far = palettize_weight(&w);
			break;
		case QUANTIZED:
			w.so_far = quantize_weight(&w);
			break;
		default:
			aten_fail(c, "the compression of '%s' names a way that is not 1, 2 or 3",
			          n->path->s);
		}
	return c->failed ? NULL : w.so_far;
}
