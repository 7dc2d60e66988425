/* tables.c: tables of vectors along the axis of channels, of all that occurs, and of what a
 * function of the user says. */
#include "palette.h"

/* A group as vectors one after the other; *n: so many. */
static float *
group_vectors(const PaletteGroups *g, int64_t group, int64_t *n)
{
	int64_t width = g->plan->vector, rows = g->part / width, k = 0;
	float *v = xcalloc((size_t)(g->outer * g->part * g->inner), sizeof *v), x[BLOCK];

	*n = g->outer * rows * g->inner;
	for (int64_t o = 0; o < g->outer; o++) {
		GroupRun r = group_run(g, group, o);
		for (int64_t i = 0, m; i < r.n; i += m) {
			m = MIN(r.n - i, (int64_t)BLOCK);
			palette_load(g->w, r.at + i, m, x);
			for (int64_t j = 0; j < m; j++) {
				int64_t c = (i + j) / g->inner, at = (i + j) % g->inner;
				v[(k + c / width * g->inner + at) * width + c % width] = x[j];
			}
		}
		k += rows * g->inner;
	}
	return v;
}

static void
set_indices(const PaletteGroups *g, int64_t group, const uint8_t *index)
{
	int64_t n = g->part / g->plan->vector * g->inner;
	uint8_t *out = g->out.indices->data;

	for (int64_t o = 0; o < g->outer; o++)
		memcpy(out + (o * g->plan->groups + group) * n, index + o * n, (size_t)n);
}

static void
set_table(const PaletteGroups *g, int64_t group, const float *entry, int n)
{
	int64_t width = g->plan->vector, at = (group << g->bits) * width;

	for (int64_t i = 0; i < n * width; i++)
		tensor_set_f(g->out.lut, at + i, (double)entry[i]);
}

void
palette_vectors(PaletteGroups *g, int64_t group)
{
	int64_t n, width = g->plan->vector;
	float *v = group_vectors(g, group, &n);
	size_t k = (size_t)MIN(n, INT64_C(1) << g->bits);
	float *center = xcalloc(k * (size_t)width, sizeof *center);
	uint8_t *label = xcalloc((size_t)n, 1);

	kmeans_vectors(v, (size_t)n, (size_t)width, k, center, label);
	set_table(g, group, center, (int)k);
	set_indices(g, group, label);
	xfree(label);
	xfree(center);
	xfree(v);
}

static int
compare_vectors(const float *a, const float *b, int64_t width)
{
	int order = 0;

	for (int64_t i = 0; i < width && !order; i++)
		order = palette_order(a + i, b + i);
	return order;
}

/* The first entry that is not less than v. */
static int
find_vector(const float *table, int n, const float *v, int64_t width)
{
	int low = 0;

	while (low < n) {
		int middle = (low + n) / 2;
		if (compare_vectors(table + middle * width, v, width) < 0)
			low = middle + 1;
		else
			n = middle;
	}
	return low;
}

/* The different vectors of a group in their order. False: they are too many. */
static bool
list_vectors(PaletteGroups *g, int64_t group)
{
	int64_t n, width = g->plan->vector;
	float *v = group_vectors(g, group, &n), *table = g->table + group * MOST_ENTRIES * width;
	int used = 0, at;
	bool fits = true;

	for (int64_t i = 0; fits && i < n; i++) {
		at = find_vector(table, used, v + i * width, width);
		if (at < used && !compare_vectors(table + at * width, v + i * width, width))
			continue;
		fits = used < MOST_ENTRIES;
		if (!fits)
			break;
		memmove(table + (at + 1) * width, table + at * width,
		        (size_t)((used - at) * width) * sizeof *table);
		memcpy(table + at * width, v + i * width, (size_t)width * sizeof *table);
		used++;
	}
	g->used[group] = used;
	xfree(v);
	return fits;
}

void
palette_unique(PaletteGroups *g, int64_t group)
{
	int64_t n, width = g->plan->vector;
	float *v = group_vectors(g, group, &n), *table = g->table + group * MOST_ENTRIES * width;
	uint8_t *index = xcalloc((size_t)n, 1);

	for (int64_t i = 0; i < n; i++)
		index[i] = (uint8_t)find_vector(table, g->used[group], v + i * width, width);
	set_table(g, group, table, g->used[group]);
	set_indices(g, group, index);
	xfree(index);
	xfree(v);
}

bool
palette_list(PaletteGroups *g)
{
	static const int sizes[] = {1, 2, 3, 4, 6, 8};
	size_t n = (size_t)g->plan->groups;
	int most = 0, k = 0;
	bool fits = true;

	g->table = xcalloc(n * MOST_ENTRIES * (size_t)g->plan->vector, sizeof *g->table);
	g->used = xcalloc(n, sizeof *g->used);
	for (int64_t i = 0; fits && i < g->plan->groups; i++) {
		fits = list_vectors(g, i);
		most = MAX(most, g->used[i]);
	}
	while (fits && 1 << sizes[k] < most)
		k++;
	g->bits = sizes[k];
	return fits;
}

/* ---- what the user's function says ---- */

/* Where the element at e of a group stands in the whole tensor, whose axis has `channels`; the
 * function sees groups with the axis in front, swapped with the first. */
static int64_t
swapped_at(const PaletteGroups *g, int64_t channels, int64_t group, int64_t e)
{
	const int64_t *dim = g->w->dim;
	int64_t part = channels / g->plan->groups, c[TENSOR_MAX_RANK], at = 0;
	int axis = g->plan->axis;

	for (int k = g->w->rank; k-- > 0;) {
		int64_t n = k == 0 ? part : k == axis ? dim[0] : dim[k];
		c[k] = e % n;
		e /= n;
	}
	c[0] += group * part;
	if (axis) {
		int64_t first = c[axis];
		c[axis] = c[0];
		c[0] = first;
	}
	for (int k = 0; k < g->w->rank; k++)
		at = at * (k == axis ? channels : dim[k]) + c[k];
	return at;
}

static Tensor *
group_tensor(const PaletteGroups *g, int64_t group)
{
	int64_t dim[TENSOR_MAX_RANK], channels = g->w->dim[g->plan->axis];
	size_t size = dtype_size(g->w->dtype);
	Tensor *t;

	memcpy(dim, g->w->dim, sizeof *dim * (size_t)g->w->rank);
	dim[g->plan->axis] = dim[0];
	dim[0] = g->part;
	t = result_new(g->arena, g->w->dtype, dim, g->w->rank);
	for (int64_t i = 0; i < t->count; i++)
		tensor_read(g->w, swapped_at(g, channels, group, i), 1,
		            (char *)t->data + (size_t)i * size);
	return t;
}

static const char *
custom_fits(PaletteGroups *g, int64_t group, const Tensor *lut, const Tensor *index)
{
	int64_t n = lut->rank ? lut->dim[0] : 0;
	int bits = 0;

	while (bits < 9 && INT64_C(1) << bits < n)
		bits++;
	if (!palette_has_bits(bits) || lut->count != (INT64_C(1) << bits) * g->plan->vector)
		return "its table does not have 2, 4, 8, 16, 64 or 256 entries";
	if (group && bits != g->bits)
		return "its tables are of different sizes";
	if (index->count * g->plan->vector != g->outer * g->part * g->inner)
		return "there is not one index for each weight";
	if (!group)
		palette_begin(g, bits, lut->dtype == DT_FP64 ? DT_FP32 : lut->dtype);
	return NULL;
}

PaletteEnd
palette_custom(PaletteGroups *g, int64_t group, const char **why)
{
	const PaletteFn *fn = &g->plan->custom;
	int64_t channels = g->w->dim[g->plan->axis] / g->plan->vector, v;
	const Tensor *lut, *index;
	uint8_t *out;

	if (!fn->call(fn->ctx, group_tensor(g, group), &lut, &index))
		return PALETTE_FAILED;
	*why = custom_fits(g, group, lut, index);
	if (*why)
		return PALETTE_FAILED;
	for (int64_t i = 0; i < lut->count; i++)
		tensor_set_f(g->out.lut, group * lut->count + i, tensor_f(lut, i));
	out = g->out.indices->data;
	for (int64_t i = 0; i < index->count; i++) {
		v = tensor_i(index, i);
		if (v < 0 || v >= INT64_C(1) << g->bits) {
			*why = "an index is beyond its table";
			return PALETTE_FAILED;
		}
		out[swapped_at(g, channels, group, i)] = (uint8_t)v;
	}
	return PALETTE_DONE;
}
