/* random_pick.c: permutation() and choice() of the legacy generator.
 */
#include "random_impl.h"

#include <math.h>

static int64_t *
shuffled(const Args *c, int64_t n)
{
	Bits b = random_bits(random_of(c));
	int64_t *p = xcalloc((size_t)n + 1, sizeof *p);

	for (int64_t i = 0; i < n; i++)
		p[i] = i;
	for (int64_t i = n - 1; i > 0; i--) {
		int64_t j = (int64_t)bits_interval(&b, (uint64_t)i), t = p[i];

		p[i] = p[j];
		p[j] = t;
	}
	return p;
}

/* Rows of `a` (or the numbers themselves when a is 0) at idx, in the given shape; consumes idx. */
static bool
give_picked(const Args *c, const Nd *a, int64_t *idx, const Shape *s, NdErr *err)
{
	Nd i = nd_adopt(DT_INT64, s->dim, s->rank, idx, 0), r;
	NdKey key = {.kind = NK_ARRAY, .array = i};
	bool view, scalar, ok = true;

	i.buf->size = (size_t)nd_count(&i) * 8;
	if (!a) {
		if (!s->scalar)
			return np_made(c, &i);
		*c->out = vint(idx[0]);
	} else {
		ok = nd_get(a, &key, 1, &r, &view, &scalar, err) && np_done(c, &r);
	}
	nd_release(&i);
	return ok;
}

static bool
count_or_array(const Args *c, Value v, int64_t *n, Nd *a, bool *array)
{
	Big b;

	*array = false;
	if (is_index(c->in, v, &b)) {
		if (b < 0 || b > (Big)1 << 40)
			return fail(c->in, c->span, "%s: a count between 0 and 2**40 was expected",
			            c->fn->name);
		*n = (int64_t)b;
		return true;
	}
	if (!np_array_of(c->in, v, DT_NONE, a, c->span))
		return false;
	*array = true;
	if (!a->rank) {
		nd_release(a);
		return fail(c->in, c->span, "%s: x must be an integer or at least 1-dimensional",
		            c->fn->name);
	}
	*n = a->dim[0];
	return true;
}

NP_FN_AS(, random_permutation)
{
	Shape s = {.rank = 1};
	Nd a;
	int64_t n;
	bool array, ok;

	if (!count_or_array(c, c->v[1], &n, &a, &array))
		return false;
	s.dim[0] = n;
	ok = np_room(c, DT_INT64, &n, 1) && give_picked(c, array ? &a : 0, shuffled(c, n), &s, err);
	if (array)
		nd_release(&a);
	return ok;
}

/* Sums of the probabilities, ending in 1. */
static double *
cumulated(const double *p, int64_t n)
{
	double *cdf = xcalloc((size_t)n + 1, sizeof *cdf), sum = 0;

	for (int64_t i = 0; i < n; i++)
		cdf[i] = sum = i ? sum + p[i] : p[i];
	for (int64_t i = 0; i < n; i++)
		cdf[i] /= sum;
	return cdf;
}

/* The first i with v < cdf[i]. */
static int64_t
search_right(const double *cdf, int64_t n, double v)
{
	int64_t low = 0, high = n;

	while (low < high) {
		int64_t mid = low + (high - low) / 2;

		if (v < cdf[mid])
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* Weighted, without putting back: rounds of draws, of which new ones count. */
static void
choose_unique(Rand *r, double *p, int64_t n, int64_t *idx, int64_t want)
{
	Bits b = random_bits(r);
	int64_t have = 0;

	while (have < want) {
		int64_t from = have, round = want - have;
		double *x = xcalloc((size_t)round, sizeof *x), *cdf;

		for (int64_t i = 0; i < round; i++)
			x[i] = bits_double(&b);
		for (int64_t i = 0; i < have; i++)
			p[idx[i]] = 0;
		cdf = cumulated(p, n);
		for (int64_t i = 0; i < round; i++) {
			int64_t k = MIN(search_right(cdf, n, x[i]), n - 1);
			bool seen = false;

			for (int64_t j = from; j < have && !seen; j++)
				seen = idx[j] == k;
			if (!seen)
				idx[have++] = k;
		}
		xfree(x);
		xfree(cdf);
	}
}

/* The n doubles p as an array that the draws may change. */
static bool
weights_arg(const Args *c, int64_t n, int64_t count, bool replace, Nd *out, NdErr *err)
{
	const Nd *p = np_as(c, &c->v[4], DT_FP64);
	double sum = 0, lost = 0, *w;
	int64_t used = 0;

	if (!p)
		return false;
	if (p->rank != 1 || p->dim[0] != n)
		return fail(c->in, c->span,
		            "choice: 'a' and 'p' must have same size, found %lld and %lld",
		            (long long)n, (long long)nd_count(p));
	if (!nd_copy(out, p, err))
		return false;
	w = (double *)(void *)out->data;
	for (int64_t i = 0; i < n; i++) {
		double y = w[i] - lost, t = sum + y;

		lost = (t - sum) - y;
		sum = t;
		used += w[i] > 0;
		if (w[i] < 0 || isnan(w[i]))
			return fail(c->in, c->span, "choice: probabilities are not non-negative");
	}
	if (fabs(sum - 1) > 1.5e-8)
		return fail(c->in, c->span, "choice: probabilities do not sum to 1, but to %.8g",
		            sum);
	return replace || used >= count ||
	       fail(c->in, c->span, "choice: fewer non-zero entries in p than size");
}

/* The places of `count` draws from n; p: their probabilities, or 0. */
static int64_t *
drawn(const Args *c, Rand *r, double *p, int64_t n, int64_t count, bool replace)
{
	Bits b = random_bits(r);
	int64_t *idx;
	double *cdf;

	if (!replace && !p)
		return shuffled(c, n);
	idx = xcalloc((size_t)count + 1, sizeof *idx);
	if (!p) {
		for (int64_t i = 0; i < count; i++)
			idx[i] = (int64_t)bits_bounded(&b, (uint64_t)n - 1, 8);
	} else if (!replace) {
		choose_unique(r, p, n, idx, count);
	} else {
		cdf = cumulated(p, n);
		for (int64_t i = 0; i < count; i++) {
			idx[i] = search_right(cdf, n, bits_double(&b));
			idx[i] = MIN(idx[i], n - 1);
		}
		xfree(cdf);
	}
	return idx;
}

static bool
choose(const Args *c, int64_t n, const Nd *a, const Shape *s, bool replace, NdErr *err)
{
	Rand *r = random_of(c);
	Nd probe = {.rank = s->rank}, weights = {0};
	int64_t count, *idx;
	double *p = 0;

	memcpy(probe.dim, s->dim, sizeof probe.dim);
	if (!np_room(c, DT_INT64, s->dim, s->rank))
		return false;
	count = nd_count(&probe);
	if (n == 0 && count > 0)
		return fail(c->in, c->span, "'a' cannot be empty unless no samples are taken");
	if (!replace && count > n)
		return fail(c->in, c->span,
		            "cannot take a larger sample than population when 'replace=False': "
		            "%lld of %lld",
		            (long long)count, (long long)n);
	if (!interp_steps(c->in, (uint64_t)count / 32))
		return false;
	if (!np_absent(c->v[4])) {
		if (!nd_keep(&weights, weights_arg(c, n, count, replace, &weights, err)))
			return false;
		p = (double *)(void *)weights.data;
	}
	idx = drawn(c, r, p, n, count, replace);
	nd_release(&weights);
	return give_picked(c, a, idx, s, err);
}

/* self, a, size, replace, p */
NP_FN_AS(, random_choice)
{
	Shape s;
	Nd a;
	int64_t n = 0;
	bool array, replace, ok;

	if (!random_size(c, c->v[2], &s) || !np_flag(c, c->v[3], true, &replace) ||
	    !count_or_array(c, c->v[1], &n, &a, &array))
		return false;
	ok = (array && a.rank != 1) ? fail(c->in, c->span, "choice: a must be 1-dimensional")
	                            : choose(c, n, array ? &a : 0, &s, replace, err);
	if (array)
		nd_release(&a);
	return ok;
}
