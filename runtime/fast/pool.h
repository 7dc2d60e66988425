/* pool.h: what the kernels of pooling share. */
#ifndef MILC_POOL_H
#define MILC_POOL_H

#include "lanes.h"
#include "vec.h"

#include <math.h>

typedef enum PoolKind { POOL_MAX, POOL_MEAN, POOL_NORM } PoolKind;

typedef struct Pooling {
	Slide w;
	PoolKind kind;
	bool exclude, half;
	bool lanes; /* x and the result lie in blocks */
	int64_t planes,
	    line; /* channels of all images; floats of a line with all that is read of it */
	int64_t rows, bands; /* of a job; of a plane, whose rows count through depth and height */
} Pooling;

/* One more number of the window; NaN stays. */
INLINE V
pool_step(PoolKind kind, V sum, V x)
{
	return kind == POOL_MEAN   ? v_add(sum, x)
	       : kind == POOL_NORM ? v_fma(x, x, sum)
	                           : v_select(v_nan(x), x, v_max(x, sum));
}

/* Columns of a window together. */
INLINE V
pool_join(PoolKind kind, V sum, V x)
{
	return kind == POOL_MAX ? pool_step(kind, sum, x) : v_add(sum, x);
}

/* The result of a window of which n numbers count. */
INLINE V
pool_end(PoolKind kind, V sum, V n)
{
	if (kind == POOL_NORM)
		return v_sqrt(sum);
	if (kind == POOL_MEAN)
		return v_select(v_eq(n, v_zero()), v_zero(), v_div(sum, n));
	return sum;
}

static inline V
pool_none(PoolKind kind)
{
	return v_set1(kind == POOL_MAX ? -INFINITY : 0);
}

/* The part of output o's window along axis a that lies on x: [*lo, *hi). How much of it counts. */
static inline int64_t
pool_cover(const Pooling *p, int a, int64_t o, int64_t *lo, int64_t *hi)
{
	const Slide *w = &p->w;
	int64_t from = o * w->stride[a] - w->before[a];
	int64_t to = MIN(from + w->kernel[a], w->in[a] + w->after[a]);

	*lo = MAX(0, from);
	*hi = MAX(MIN(to, w->in[a]), *lo);
	return p->exclude ? *hi - *lo : MAX(0, to - from);
}

/* With x and the result in blocks. */
#define pool_lanes_plan FAST(pool_lanes_plan)
#define pool_lanes_run  FAST(pool_lanes_run)
bool pool_lanes_plan(const Eval *e, KernelPlan *plan);
void pool_lanes_run(const KernelCall *call);

#endif
