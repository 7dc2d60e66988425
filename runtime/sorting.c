/* sorting.c: evaluators of argsort, topk, non_zero and non_maximum_suppression. Sorting is stable
 * and puts NaN last in either direction. */
#include "kernel.h"

#include <math.h>
#include <stdlib.h>

typedef struct Key {
	double v;
	int64_t i;
} Key;

static int
by_value(const void *a, const void *b)
{
	const Key *x = a, *y = b;
	bool xn = isnan(x->v), yn = isnan(y->v);

	if (xn != yn)
		return xn - yn;
	if (!xn && x->v != y->v)
		return x->v < y->v ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

/* The order of the n elements at `at`, `step` apart. */
static void
order_of(const Tensor *x, int64_t at, int64_t step, int64_t n, bool ascending, Key *key)
{
	for (int64_t i = 0; i < n; i++) {
		double v = tensor_f(x, at + i * step);
		key[i] = (Key){ascending ? v : -v, i};
	}
	qsort(key, (size_t)n, sizeof *key, by_value);
}

/* The first k of the order along the axis, as indices and (if values is given) elements. */
static bool
sorted(Eval *e, const Tensor *x, int axis, int64_t k, Tensor *values, Tensor *indices)
{
	bool ascending = eval_bool(e, ARG_ascending, false);
	int64_t n = x->dim[axis], inner = dims_count(x->dim, axis + 1, x->rank);
	Key *key = newn(e->arena, Key, (size_t)n + 1);
	size_t size = dtype_size(x->dtype);
	const char *data = tensor_data(e->arena, x);

	for (int64_t o = 0; n && o < x->count / n; o++) {
		int64_t at = o / inner * inner * n + o % inner;
		int64_t to = o / inner * inner * k + o % inner;
		order_of(x, at, inner, n, ascending, key);
		for (int64_t i = 0; i < k; i++, to += inner) {
			if (indices)
				tensor_set_i(indices, to, key[i].i);
			if (values)
				memcpy((char *)values->data + (size_t)to * size,
				       data + (size_t)(at + key[i].i * inner) * size, size);
		}
	}
	return true;
}

bool
eval_argsort(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int axis;

	if (!eval_axis(e, ARG_axis, x->rank, -1, &axis))
		return false;
	return sorted(e, x, axis, x->dim[axis], NULL, eval_new(e, 0, DT_INT32, x->dim, x->rank));
}

bool
eval_topk(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x), *k = eval_arg(e, ARG_k);
	int64_t n = k ? tensor_i(k, 0) : 1, dim[TENSOR_MAX_RANK];
	Tensor *values, *indices = NULL;
	DType t;
	int axis;

	if (!eval_axis(e, ARG_axis, x->rank, -1, &axis))
		return false;
	if (n < 0 || n > x->dim[axis])
		return eval_fail(e, "k is %lld, but the axis has %lld elements", (long long)n,
		                 (long long)x->dim[axis]);
	memcpy(dim, x->dim, sizeof *dim * (size_t)x->rank);
	dim[axis] = n;
	t = dtype_from_mil(eval_str(e, ARG_output_indices_dtype, "int32"));
	values = eval_new(e, 0, x->dtype, dim, x->rank);
	if (!values)
		return false;
	if (e->nout > 1)
		indices = eval_new(e, 1, t, dim, x->rank);
	return sorted(e, x, axis, n, values, indices);
}

bool
eval_non_zero(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t n = 0, at = 0;
	Tensor *r;

	for (int64_t i = 0; i < x->count; i++)
		n += tensor_f(x, i) != 0;
	r = eval_new(e, 0, DT_INT32, (int64_t[]){n, x->rank}, 2);
	for (int64_t i = 0; i < x->count; i++) {
		int64_t rest = i;
		if (tensor_f(x, i) == 0)
			continue;
		for (int k = x->rank; k-- > 0; rest /= x->dim[k])
			tensor_set_i(r, at * x->rank + k, rest % x->dim[k]);
		at++;
	}
	return true;
}

/* ---- non_maximum_suppression ---- */

/* One batch. boxes are n times x, y (the center), width, height; scores n times `classes`. A box
 * has the class and the score of its best class; per_class: only boxes of one class compete. */
typedef struct Nms {
	int64_t n, classes, max;
	const float *box, *score;
	int64_t box_step, box_next, score_step, score_next; /* apart: components, boxes */
	double iou, least;
	bool per_class;
} Nms;

static double
component(const Nms *s, int64_t box, int k)
{
	return (double)s->box[box * s->box_next + k * s->box_step];
}

/* Intersection over union. */
static double
overlap(const Nms *s, int64_t a, int64_t b)
{
	double common = 1, area_a = 1, area_b = 1;

	for (int k = 0; k < 2; k++) {
		double ca = component(s, a, k), wa = component(s, a, k + 2);
		double cb = component(s, b, k), wb = component(s, b, k + 2);
		double low = fmax(ca - wa / 2, cb - wb / 2), high = fmin(ca + wa / 2, cb + wb / 2);
		common *= fmax(0, high - low);
		area_a *= wa;
		area_b *= wb;
	}
	return area_a + area_b - common > 0 ? common / (area_a + area_b - common) : 0;
}

static double
best_class(const Nms *s, int64_t box, int64_t *which)
{
	double best = -INFINITY;

	*which = 0;
	for (int64_t k = 0; k < s->classes; k++) {
		double v = (double)s->score[box * s->score_next + k * s->score_step];
		if (v > best) {
			best = v;
			*which = k;
		}
	}
	return best;
}

/* The chosen boxes, best first; returns how many. */
static int64_t
suppress(const Nms *s, Key *key, int64_t *kind, int64_t *chosen)
{
	int64_t n = 0, m = 0;

	for (int64_t i = 0; i < s->n; i++) {
		double v = best_class(s, i, &kind[i]);
		if (v >= s->least)
			key[n++] = (Key){-v, i};
	}
	qsort(key, (size_t)n, sizeof *key, by_value);
	for (int64_t i = 0; i < n && m < s->max; i++) {
		bool keep = true;
		for (int64_t j = 0; j < m && keep; j++)
			keep = (s->per_class && kind[chosen[j]] != kind[key[i].i]) ||
			       !(overlap(s, chosen[j], key[i].i) > s->iou);
		if (keep)
			chosen[m++] = key[i].i;
	}
	return m;
}

/* Copies the chosen columns; places that stay empty are 0, their index -1. */
static void
take_boxes(Eval *e, uint32_t out, const Tensor *t, int64_t batch, int64_t width, bool rows_last,
           const int64_t *chosen, int64_t m, int64_t max, int64_t n)
{
	size_t size = dtype_size(t->dtype);
	const char *from = (const char *)tensor_data(e->arena, t);
	char *to = (char *)(uintptr_t)e->out[out].t->data;

	for (int64_t i = 0; i < m; i++) {
		for (int64_t k = 0; k < width; k++) {
			int64_t s = rows_last ? k * n + chosen[i] : chosen[i] * width + k;
			int64_t d = rows_last ? k * max + i : i * width + k;
			memcpy(to + (size_t)(batch * width * max + d) * size,
			       from + (size_t)(batch * width * n + s) * size, size);
		}
	}
}

bool
eval_non_maximum_suppression(Eval *e)
{
	const Tensor *b = eval_arg(e, ARG_boxes), *s = eval_arg(e, ARG_scores);
	bool last = e->nout == 3; /* iOS17: the boxes run along the last axis */
	int64_t n = b->dim[last ? 2 : 1], k = s->dim[last ? 1 : 2], batches = s->dim[0];
	int64_t max = eval_int(e, ARG_max_boxes, 0), *kind = newn(e->arena, int64_t, (size_t)n + 1);
	int64_t *chosen = newn(e->arena, int64_t, (size_t)n + 1);
	Key *key = newn(e->arena, Key, (size_t)n + 1);
	Nms r = {.n = n, .classes = k, .max = max, .iou = eval_double(e, ARG_iou_threshold, 0)};

	if (max < 0 || b->dim[0] != batches || s->dim[last ? 2 : 1] != n ||
	    b->dim[last ? 1 : 2] != 4)
		return eval_fail(e, "boxes and scores do not belong together");
	r.least = last ? -INFINITY : eval_double(e, ARG_score_threshold, 0);
	r.per_class = eval_bool(e, ARG_per_class_suppression, false);
	r.box_step = r.score_step = last ? n : 1;
	r.box_next = last ? 1 : 4;
	r.score_next = last ? 1 : k;
	if (!eval_new(e, 0, b->dtype, (int64_t[]){batches, last ? 4 : max, last ? max : 4}, 3) ||
	    !eval_new(e, 1, s->dtype, (int64_t[]){batches, last ? k : max, last ? max : k}, 3) ||
	    !eval_new(e, 2, DT_INT32, (int64_t[]){batches, max}, 2))
		return false;
	if (!last)
		eval_new(e, 3, DT_INT32, &batches, 1);
	r.box = eval_floats(e, b);
	r.score = eval_floats(e, s);
	for (int64_t i = 0; i < batches; i++, r.box += 4 * n, r.score += k * n) {
		int64_t m = suppress(&r, key, kind, chosen);
		take_boxes(e, 0, b, i, 4, last, chosen, m, max, n);
		take_boxes(e, 1, s, i, k, last, chosen, m, max, n);
		for (int64_t j = 0; j < max; j++)
			((int32_t *)(uintptr_t)e->out[2].t->data)[i * max + j] =
			    j < m ? (int32_t)chosen[j] : -1;
		if (!last)
			((int32_t *)(uintptr_t)e->out[3].t->data)[i] = (int32_t)m;
	}
	return true;
}
