/* kmeans.c: the best k clusters of numbers on a line. Clusters are runs of the sorted values, and
 * the cost of the first i of them in k clusters comes from that in k - 1: a matrix whose rows have
 * their least element ever further right, so that SMAWK finds all of them in linear time (Aggarwal
 * et al. 1987; Gronlund et al. 2017). Of equal costs the first partition counts. */
#include "numerics.h"

typedef struct Line {
	size_t n;
	double *weight, *sum, *square; /* of the first i values */
	double *before;                /* costs of the first i + 1 values in one cluster less */
} Line;

/* Of values i to j in one cluster. */
static inline double
run_cost(const Line *l, size_t i, size_t j)
{
	double w, s, mean, cost;

	if (j < i)
		return 0;
	w = l->weight[j + 1] - l->weight[i];
	s = l->sum[j + 1] - l->sum[i];
	mean = s / w;
	cost = l->square[j + 1] - l->square[i];
	cost += w * (mean * mean);
	return cost - 2 * mean * s;
}

/* Of the first i + 1 values when the last cluster begins at j. */
static inline double
split_cost(const Line *l, size_t i, size_t j)
{
	return l->before[j && j - 1 < i ? j - 1 : i] + run_cost(l, j, i);
}

/* `part` neighbours make one value each. */
static void
sums_begin(Line *l, const float *value, const uint32_t *count, size_t n, size_t part)
{
	size_t few = (n + part - 1) / part;
	double *sums[4];

	for (size_t i = 0; i < countof(sums); i++)
		sums[i] = xcalloc(few + 1, sizeof *sums[i]);
	*l = (Line){few, sums[0], sums[1], sums[2], sums[3]};
	for (size_t i = 0, k = 0; k < few; k++) {
		double weight = l->weight[k], sum = l->sum[k], square = l->square[k];
		for (size_t end = MIN(i + part, n); i < end; i++) {
			double w = count[i], x = (double)value[i];
			weight = w + weight;
			sum = w * x + sum;
			square = w * x * x + square;
		}
		l->weight[k + 1] = weight;
		l->sum[k + 1] = sum;
		l->square[k + 1] = square;
	}
	for (size_t i = 0; i < few; i++)
		l->before[i] = run_cost(l, 0, i);
}

static void
sums_end(Line *l)
{
	xfree(l->weight);
	xfree(l->sum);
	xfree(l->square);
	xfree(l->before);
}

/* Rows stride - 1, 2 * stride - 1, … of the matrix, against `ncol` columns in col; what is left of
 * them stands behind them in the same array. */
static void
find_least(const Line *l, size_t stride, uint32_t *col, size_t ncol, uint32_t *least)
{
	size_t nrow = l->n / stride, kept = 0, start = 0;
	uint32_t *left = col + ncol;

	if (!nrow)
		return;
	for (size_t c = 0; c < ncol; c++) {
		while (kept && split_cost(l, kept * stride - 1, col[c]) <
		                   split_cost(l, kept * stride - 1, left[kept - 1]))
			kept--;
		if (kept < nrow)
			left[kept++] = col[c];
	}
	find_least(l, 2 * stride, left, kept, least);
	for (size_t r = 0; r < nrow; r += 2) {
		size_t row = (r + 1) * stride - 1, c = start;
		uint32_t last = r + 1 < nrow ? least[row + stride] : left[kept - 1];
		double best = split_cost(l, row, left[c]);
		uint32_t at = left[c];
		while (left[c] < last) {
			double cost = split_cost(l, row, left[++c]);
			if (cost < best) {
				best = cost;
				at = left[c];
			}
		}
		least[row] = at;
		for (start = c; left[start] > last;) /* by rounding */
			start--;
	}
}

static void
best_runs(Line *l, size_t k, size_t *first)
{
	uint32_t *least = xcalloc((k - 1) * l->n + 1, sizeof *least);
	uint32_t *col = xcalloc(l->n * 3 + 64, sizeof *col);
	double *after = xcalloc(l->n, sizeof *after);
	size_t end = l->n;

	for (size_t c = 1; c < k; c++) {
		uint32_t *row = least + (c - 1) * l->n;
		for (size_t i = 0; i < l->n; i++)
			col[i] = (uint32_t)i;
		find_least(l, 1, col, l->n, row);
		for (size_t i = 0; i < l->n; i++)
			after[i] = split_cost(l, i, row[i]);
		memcpy(l->before, after, l->n * sizeof *after);
	}
	for (size_t c = k; c-- > 0; end = first[c])
		first[c] = c && end ? MIN(least[(c - 1) * l->n + end - 1], end) : 0;
	xfree(after);
	xfree(col);
	xfree(least);
}

static void
run_means(const float *value, const uint32_t *count, size_t n, size_t k, const size_t *first,
          double *mean)
{
	for (size_t c = 0; c < k; c++) {
		size_t end = c + 1 < k ? first[c + 1] : n;
		double m = 0, w = 0;
		for (size_t i = first[c]; i < end; i++) {
			w += count[i];
			m += ((double)value[i] - m) * count[i] / w;
		}
		mean[c] = m;
	}
}

/* Moves the borders to the middle between means. False when nothing moves. */
static bool
settle(const float *value, size_t n, size_t k, const double *mean, size_t *first)
{
	bool moved = false;

	for (size_t c = 1; c < k; c++) {
		double middle = (mean[c - 1] + mean[c]) / 2;
		size_t i = first[c];
		while (i > first[c - 1] + 1 && (double)value[i - 1] >= middle)
			i--;
		while (i + 1 < (c + 1 < k ? first[c + 1] : n) && (double)value[i] < middle)
			i++;
		moved |= i != first[c];
		first[c] = i;
	}
	return moved;
}

void
kmeans_sorted(const float *value, const uint32_t *count, size_t n, size_t k, size_t *first,
              double *mean)
{
	enum { MOST_COSTS = 1 << 26, ROUNDS = 100 };
	size_t part = (n * k + MOST_COSTS - 1) / MOST_COSTS;
	Line l;

	sums_begin(&l, value, count, n, part);
	best_runs(&l, k, first);
	sums_end(&l);
	for (size_t c = 0; c < k; c++)
		first[c] = MIN(first[c] * part, n);
	run_means(value, count, n, k, first, mean);
	for (int i = 0; part > 1 && i < ROUNDS && settle(value, n, k, mean, first); i++)
		run_means(value, count, n, k, first, mean);
}
