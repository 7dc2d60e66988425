/* half_keep.c: which operations to keep in single precision: what was found, tried, and what is
 * then found again; see half.h.
 */
#include "half.h"

/* The operation that computes in half precision and is furthest off by itself. */
static const Inst *
worst_left(const Map *keep, const HalfReport *r)
{
	const HalfRow *worst = NULL;

	for (uint32_t k = 0; k < r->row.n; k++) {
		const HalfRow *x = &r->row.at[k];
		if (x->inst && x->half && !x->kept && !map_get(keep, KEY(x->inst)) &&
		    x->own > (worst ? worst->own : 0))
			worst = x;
	}
	return worst ? worst->inst : NULL;
}

static bool
keep_worst(Map *keep, const HalfReport *r, uint32_t n)
{
	bool any = false;

	for (const Inst *i; n > 0 && (i = worst_left(keep, r)); n--) {
		map_put(keep, KEY(i), keep);
		any = true;
	}
	return any;
}

static bool
keep_found(Map *keep, const HalfReport *r)
{
	bool any = false;

	for (uint32_t k = 0; k < r->row.n; k++) {
		const HalfRow *x = &r->row.at[k];
		if (x->inst && x->half && !x->kept && x->what & ~HALF_DRIFTS) {
			map_put(keep, KEY(x->inst), keep);
			any = true;
		}
	}
	return any;
}

/* First all that something was found of, then those that are worst by themselves: one, and as many
 * again as there are, until that helps. */
void
half_keep(const HalfPair *h, const Func *f, const NamedTensor *in, uint32_t nin,
          const HalfOptions *o, const HalfReport *r, Map *keep, HalfReport *fixed)
{
	HalfOptions with = *o;
	const HalfReport *last = r;
	const char *why;
	Span at;

	with.keep = keep;
	*fixed = *r;
	for (int round = 0; round < 32 && (half_first(last) || last->off > o->bound); round++) {
		if (!keep_found(keep, last) && !keep_worst(keep, last, MAX(keep->n, 1)))
			return;
		if (half_run(h, f, in, nin, &with, fixed, &why, &at) != RUN_OK)
			return;
		last = fixed;
	}
}
