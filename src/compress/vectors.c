/* vectors.c: k-means of vectors: seeds far from each other (k-means++, the best of a few tries for
 * each), then means and nearest means in turn. The same each time. */
#include "numerics.h"

#include <float.h>
#include <math.h>

typedef struct Cloud {
	const float *v;
	size_t n, width, k;
	float *center;
	float *nearest; /* squared distance of each vector to its center */
	uint8_t *label;
	uint64_t random;
} Cloud;

static float
distance(const float *a, const float *b, size_t width)
{
	float sum = 0;

	for (size_t i = 0; i < width; i++)
		sum += (a[i] - b[i]) * (a[i] - b[i]);
	return sum;
}

/* ---- seeds ---- */

/* A vector, taken with a chance in proportion to its distance. */
static size_t
draw(Cloud *c, double total)
{
	double left = splitmix_unit(&c->random) * total;
	size_t i = 0;

	for (; i + 1 < c->n && left >= (double)c->nearest[i]; i++)
		left -= (double)c->nearest[i];
	return i;
}

/* The sum of distances if vector `seed` were a center too; `take`: it is from now on. */
static double
with_seed(Cloud *c, size_t seed, bool take)
{
	const float *at = c->v + seed * c->width;
	double sum = 0;

	for (size_t i = 0; i < c->n; i++) {
		float d = MIN(c->nearest[i], distance(c->v + i * c->width, at, c->width));
		sum += (double)d;
		if (take)
			c->nearest[i] = d;
	}
	return sum;
}

static void
choose_seeds(Cloud *c)
{
	size_t tries = 2 + (size_t)log((double)c->k), seed = 0;
	double total = 0;

	for (size_t i = 0; i < c->n; i++)
		c->nearest[i] = FLT_MAX;
	seed = (size_t)(splitmix_unit(&c->random) * (double)c->n);
	for (size_t k = 0; k < c->k; k++) {
		double best = DBL_MAX, sum;
		for (size_t t = 0; k && t < tries; t++) {
			size_t other = draw(c, total);
			sum = with_seed(c, other, false);
			if (sum < best) {
				best = sum;
				seed = other;
			}
		}
		total = with_seed(c, seed, true);
		memcpy(c->center + k * c->width, c->v + seed * c->width,
		       c->width * sizeof *c->center);
	}
}

/* ---- rounds ---- */

/* Gives each vector its nearest center; the sum of distances. */
static double
assign(Cloud *c)
{
	double sum = 0;

	for (size_t i = 0; i < c->n; i++) {
		const float *v = c->v + i * c->width;
		float best = distance(v, c->center + c->label[i] * c->width, c->width);
		for (size_t k = 0; k < c->k; k++) {
			float d = distance(v, c->center + k * c->width, c->width);
			if (d < best) {
				best = d;
				c->label[i] = (uint8_t)k;
			}
		}
		c->nearest[i] = best;
		sum += (double)best;
	}
	return sum;
}

/* The means; a cluster that lost all its vectors begins anew at the worst one. */
static void
move_centers(Cloud *c, double *sum, size_t *count)
{
	memset(sum, 0, c->k * c->width * sizeof *sum);
	memset(count, 0, c->k * sizeof *count);
	for (size_t i = 0; i < c->n; i++) {
		count[c->label[i]]++;
		for (size_t j = 0; j < c->width; j++)
			sum[c->label[i] * c->width + j] += (double)c->v[i * c->width + j];
	}
	for (size_t k = 0; k < c->k; k++) {
		size_t worst = 0;
		float *at = c->center + k * c->width;
		for (size_t j = 0; count[k] && j < c->width; j++)
			at[j] = (float)(sum[k * c->width + j] / (double)count[k]);
		for (size_t i = 0; !count[k] && i < c->n; i++)
			if (c->nearest[i] > c->nearest[worst])
				worst = i;
		if (!count[k]) {
			memcpy(at, c->v + worst * c->width, c->width * sizeof *at);
			c->nearest[worst] = 0;
		}
	}
}

void
kmeans_vectors(const float *v, size_t n, size_t width, size_t k, float *center, uint8_t *label)
{
	enum { ROUNDS = 300 };
	const double gain = 1e-4;
	double *sum = xcalloc(k * width, sizeof *sum), before = DBL_MAX, now;
	size_t *count = xcalloc(k, sizeof *count);
	Cloud c = {v, n, width, k, center, xcalloc(n, sizeof(float)), label, 0};

	memset(label, 0, n);
	choose_seeds(&c);
	for (int i = 0; i < ROUNDS; i++) {
		now = assign(&c);
		if (now >= before - before * gain)
			break;
		before = now;
		move_centers(&c, sum, count);
	}
	xfree(c.nearest);
	xfree(count);
	xfree(sum);
}
