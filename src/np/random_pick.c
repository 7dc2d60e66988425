/* random_pick.c: the draws that shuffling and choosing are made of (library/numpy._random.py).
 */
#include "random_impl.h"

/* self, n, first, bounded: 0 … n-1, where each from the last down to `first` has changed places
 * with one not behind it; drawn as random_bounded() does, or as shuffle() */
NP_FN_AS(, random_shuffled)
{
	Bits b = random_bits(random_of(c));
	int64_t n, first, *p;
	bool bounded;
	Nd a;

	if (!as_int(c->in, c->v[1], &n, "the count", c->span) ||
	    !as_int(c->in, c->v[2], &first, "the first place", c->span) ||
	    !np_flag(c, c->v[3], false, &bounded))
		return false;
	n = MAX(n, 0);
	if (!nd_work(err, (double)n, ND_HEAVY) || !nd_new(&a, DT_INT64, &n, 1, err))
		return false;
	p = (int64_t *)(void *)a.data;
	for (int64_t i = 0; i < n; i++)
		p[i] = i;
	for (int64_t i = n - 1; i >= MAX(first, 1); i--) {
		uint64_t j =
		    bounded ? bits_bounded(&b, (uint64_t)i, 8) : bits_interval(&b, (uint64_t)i);
		int64_t t = p[i];

		p[i] = p[j];
		p[j] = t;
	}
	return np_made(c, &a);
}

/* self, max: a draw from 0 … max for each of an array */
NP_FN_AS(, random_bounded)
{
	Bits b = random_bits(random_of(c));
	const Nd *max = np_as(c, &c->v[1], DT_INT64);
	Nd a;

	if (!max || !nd_copy(&a, max, err))
		return false;
	for (NdIter it = nd_iter(&a); it.at; nd_step(&it)) {
		int64_t *v = (int64_t *)(void *)it.at;

		*v = (int64_t)bits_bounded(&b, (uint64_t)MAX(*v, 0), 8);
	}
	return np_made(c, &a);
}
