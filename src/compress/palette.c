/* palette.c: weights as indices into tables. A table per group of channels: of equal steps, of the
 * means of clusters, and what tables.c makes. */
#include "palette.h"

#include <stdio.h>
#include <stdlib.h>

enum { PATTERNS = 1 << 16 };

/* uintBITS; DT_NONE: there is none */
static DType
dtype_unsigned(int bits)
{
	char name[16];

	snprintf(name, sizeof name, "uint%d", bits);
	return dtype_from_mil(name);
}

void
palette_load(const Tensor *w, int64_t at, int64_t n, float *x)
{
	int32_t v[BLOCK] = {0};

	if (w->dtype != DT_INT32) {
		block_load(w, at, n, x);
		return;
	}
	tensor_read(w, at, n, v);
	for (int i = 0; i < BLOCK; i++)
		x[i] = (float)v[i];
}

void
palette_begin(PaletteGroups *g, int bits, DType t)
{
	int64_t dim[TENSOR_MAX_RANK];
	int rank = g->w->rank, axis = g->plan->axis;

	g->bits = g->out.bits = bits;
	memcpy(dim, g->w->dim, sizeof *dim * (size_t)rank);
	dim[axis] /= g->plan->vector;
	g->out.indices = result_new(g->arena, dtype_unsigned(bits), dim, rank);
	for (int k = 0; k < rank; k++)
		dim[k] = 1;
	dim[axis] = g->plan->groups;
	dim[rank] = INT64_C(1) << bits;
	dim[rank + 1] = g->plan->vector;
	g->out.lut = tensor_new(g->arena, t, dim, rank + 2);
}

/* ---- equal steps ---- */

static void
find_range(const PaletteGroups *g, int64_t group, float *min, float *max)
{
	float x[BLOCK];
	bool first = true, bad = false;

	for (int64_t o = 0; o < g->outer; o++) {
		GroupRun r = group_run(g, group, o);
		for (int64_t i = 0, n; i < r.n; i += n) {
			n = MIN(r.n - i, (int64_t)BLOCK);
			palette_load(g->w, r.at + i, n, x);
			for (int64_t k = 0; k < n; k++) {
				bad |= x[k] != x[k];
				*min = first || x[k] < *min ? x[k] : *min;
				*max = first || x[k] > *max ? x[k] : *max;
				first = false;
			}
		}
	}
	if (bad)
		*min = *max = NAN;
}

/* round((x - min) / width * steps), in the steps of the type. */
static void
uniform_block(DType t, float *x, float min, float width, float steps, uint8_t *out)
{
	for (int i = 0; i < BLOCK; i++)
		x[i] -= min;
	block_step(t, x);
	for (int i = 0; i < BLOCK; i++)
		x[i] /= width;
	block_step(t, x);
	for (int i = 0; i < BLOCK; i++)
		x[i] *= steps;
	block_step(t, x);
	for (int i = 0; i < BLOCK; i++) {
		float v = round_even(x[i] == x[i] ? x[i] : 0);
		out[i] = (uint8_t)(int32_t)v;
	}
}

/* The same of whole numbers, in double precision. */
static void
uniform_ints(const float *x, int64_t n, double min, double width, double steps, uint8_t *out)
{
	for (int64_t k = 0; k < n; k++)
		out[k] = width > 0 ? (uint8_t)rint(((double)x[k] - min) / width * steps) : 0;
}

static void
make_uniform(PaletteGroups *g, int64_t group)
{
	DType t = g->w->dtype;
	float min = 0, max = 0, width, steps = (float)((1 << g->bits) - 1), x[BLOCK];
	uint8_t q[BLOCK], *out = g->out.indices->data;
	double scale;

	find_range(g, group, &min, &max);
	width = step(t, max - min);
	scale = t == DT_INT32 ? (double)width / (double)steps : (double)step(t, width / steps);
	for (int i = 0; i < 1 << g->bits; i++) {
		double v = i * scale + (double)min;
		tensor_set_f(g->out.lut, (group << g->bits) + i, t == DT_INT32 ? trunc(v) : v);
	}
	for (int64_t o = 0; o < g->outer; o++) {
		GroupRun r = group_run(g, group, o);
		for (int64_t i = 0, n; i < r.n; i += n) {
			n = MIN(r.n - i, (int64_t)BLOCK);
			palette_load(g->w, r.at + i, n, x);
			if (t == DT_INT32)
				uniform_ints(x, n, (double)min, (double)width, (double)steps, q);
			else
				uniform_block(t, x, min, width, steps, q);
			memcpy(out + r.at + i, q, (size_t)n);
		}
	}
}

/* ---- clusters of numbers ---- */

int
palette_order(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y) + (x != x) - (y != y);
}

/* The elements of a group, sorted; 11 bits of their orders at a time. */
static float *
sorted_floats(const PaletteGroups *g, int64_t group, size_t n)
{
	enum { RADIX = 11, DIGITS = 1 << RADIX };
	float *v = xcalloc(n, sizeof *v), *to = xcalloc(n, sizeof *to), *swap;
	size_t *at = xcalloc(DIGITS, sizeof *at), k = 0;

	for (int64_t o = 0; o < g->outer; o++) {
		GroupRun r = group_run(g, group, o);
		float x[BLOCK];
		for (int64_t i = 0, m; i < r.n; i += m, k += (size_t)m) {
			m = MIN(r.n - i, (int64_t)BLOCK);
			palette_load(g->w, r.at + i, m, x);
			memcpy(v + k, x, (size_t)m * sizeof *v);
		}
	}
	for (int shift = 0; n > DIGITS && shift < 32; shift += RADIX, swap = v, v = to, to = swap) {
		memset(at, 0, DIGITS * sizeof *at);
		for (int pass = 0; pass < 2; pass++) {
			size_t sum = 0, was;
			for (size_t i = 0; i < n; i++) {
				uint32_t bits, d;
				memcpy(&bits, &v[i], sizeof bits);
				d = ((uint32_t)float_order(bits) ^ 0x80000000) >> shift &
				    (DIGITS - 1);
				if (pass)
					to[at[d]++] = v[i];
				else
					at[d]++;
			}
			for (size_t d = 0; !pass && d < DIGITS; d++, sum += was) {
				was = at[d];
				at[d] = sum;
			}
		}
	}
	if (n <= DIGITS)
		qsort(v, n, sizeof *v, palette_order);
	xfree(to);
	xfree(at);
	return v;
}

/* Different values in their order, and how often they occur. */
typedef struct Values {
	float *value;
	uint32_t *count;
	size_t n;
} Values;

static void
count_halves(const PaletteGroups *g, int64_t group, Values *v)
{
	uint32_t *count = xcalloc(PATTERNS, sizeof *count);
	uint16_t h[BLOCK];

	for (int64_t o = 0; o < g->outer; o++) {
		GroupRun r = group_run(g, group, o);
		for (int64_t i = 0, n; i < r.n; i += n) {
			n = MIN(r.n - i, (int64_t)BLOCK);
			tensor_read(g->w, r.at + i, n, h);
			for (int64_t k = 0; k < n; k++)
				count[h[k]]++;
		}
	}
	count[0] += count[0x8000];
	count[0x8000] = 0;
	v->value = xcalloc(PATTERNS, sizeof *v->value);
	v->count = xcalloc(PATTERNS, sizeof *v->count);
	for (int32_t i = INT16_MIN; i <= INT16_MAX; i++) {
		uint16_t bits = (uint16_t)half_order((uint16_t)i);
		if (!count[bits])
			continue;
		v->value[v->n] = half_to_float(bits);
		v->count[v->n++] = count[bits];
	}
	xfree(count);
}

static void
count_floats(const PaletteGroups *g, int64_t group, Values *v)
{
	size_t n = (size_t)(g->outer * g->part * g->inner);

	v->value = sorted_floats(g, group, n);
	v->count = xcalloc(n, sizeof *v->count);
	for (size_t i = 0; i < n; i++) {
		if (!v->n || v->value[v->n - 1] != v->value[i])
			v->value[v->n++] = v->value[i] == 0 ? 0 : v->value[i];
		v->count[v->n - 1]++;
	}
}

/* The place of x among the first values of the clusters. */
static uint8_t
place_of(const float *border, int n, float x)
{
	int at = 0;

	for (int half = n / 2; n > 1; n -= half, half = n / 2)
		at += x >= border[at + half] ? half : 0;
	return (uint8_t)at;
}

static void
find_places(const PaletteGroups *g, int64_t group, const float *border, int n)
{
	uint8_t *out = g->out.indices->data, *known = NULL;
	uint16_t h[BLOCK];
	float x[BLOCK];

	if (g->w->dtype == DT_FP16)
		known = xcalloc(PATTERNS, 1);
	for (int i = 0; known && i < PATTERNS; i++)
		known[i] = place_of(border, n, half_to_float((uint16_t)i));
	for (int64_t o = 0; o < g->outer; o++) {
		GroupRun r = group_run(g, group, o);
		for (int64_t i = 0, m; i < r.n; i += m) {
			m = MIN(r.n - i, (int64_t)BLOCK);
			if (known)
				tensor_read(g->w, r.at + i, m, h);
			else
				palette_load(g->w, r.at + i, m, x);
			for (int64_t k = 0; k < m; k++)
				out[r.at + i + k] = known ? known[h[k]] : place_of(border, n, x[k]);
		}
	}
	xfree(known);
}

/* The means of at most `most` clusters of a group, and the indices; how many there are. */
static size_t
find_clusters(const PaletteGroups *g, int64_t group, size_t most, double *mean)
{
	Values v = {0};
	size_t first[MOST_ENTRIES], k;
	float border[MOST_ENTRIES];

	if (g->w->dtype == DT_FP16)
		count_halves(g, group, &v);
	else
		count_floats(g, group, &v);
	k = MIN(v.n, most);
	kmeans_sorted(v.value, v.count, v.n, k, first, mean);
	for (size_t i = 0; i < k; i++)
		border[i] = first[i] < v.n ? v.value[first[i]] : INFINITY;
	find_places(g, group, border, (int)k);
	xfree(v.value);
	xfree(v.count);
	return k;
}

static void
make_clusters(PaletteGroups *g, int64_t group)
{
	double mean[MOST_ENTRIES];
	size_t k = find_clusters(g, group, (size_t)1 << g->bits, mean);

	for (size_t i = 0; i < k; i++)
		tensor_set_f(g->out.lut, (group << g->bits) + (int64_t)i,
		             g->w->dtype == DT_INT32 ? rint(mean[i]) : mean[i]);
}

size_t
kmeans_floats(const float *value, size_t n, size_t k, double *mean, uint8_t *index)
{
	static const PalettePlan plan = {.mode = PALETTE_KMEANS, .groups = 1, .vector = 1};
	Arena a = {0};
	int64_t count = (int64_t)n;
	PaletteGroups g = {.plan = &plan, .outer = 1, .inner = 1, .part = count};

	g.w = tensor_view(&a, DT_FP32, &count, 1, (void *)(uintptr_t)value);
	g.out.indices = tensor_view(&a, DT_UINT8, &count, 1, index);
	k = find_clusters(&g, 0, k, mean);
	arena_free(&a);
	return k;
}

/* ---- all groups ---- */

PaletteEnd
palette_make(Arena *a, const Tensor *w, const PalettePlan *plan, Palette *out, const char **why)
{
	PaletteGroups g = {.arena = a,
	                   .w = w,
	                   .plan = plan,
	                   .outer = 1,
	                   .inner = 1,
	                   .bits = plan->bits};
	PaletteEnd end = PALETTE_DONE;

	for (int k = 0; k < w->rank; k++)
		*(k < plan->axis ? &g.outer : k > plan->axis ? &g.inner : &g.part) *= w->dim[k];
	g.part = w->dim[plan->axis] / plan->groups;
	if (plan->mode == PALETTE_UNIQUE && !palette_list(&g))
		end = PALETTE_TOO_MANY;
	if (plan->mode != PALETTE_CUSTOM && end == PALETTE_DONE)
		palette_begin(&g, g.bits, w->dtype);
	for (int64_t i = 0; end == PALETTE_DONE && i < plan->groups; i++) {
		if (plan->mode == PALETTE_CUSTOM)
			end = palette_custom(&g, i, why);
		else if (plan->mode == PALETTE_UNIQUE)
			palette_unique(&g, i);
		else if (plan->mode == PALETTE_UNIFORM)
			make_uniform(&g, i);
		else if (plan->vector > 1)
			palette_vectors(&g, i);
		else
			make_clusters(&g, i);
	}
	xfree(g.table);
	xfree(g.used);
	*out = g.out;
	return end;
}
