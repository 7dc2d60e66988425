/* fold.h: what reductions over rows, over lines and of images in blocks share: see reduce.c. */
#ifndef MILC_FOLD_H
#define MILC_FOLD_H

#include "lines.h"
#include "vec_d.h"

#include <float.h>
#include <math.h>

enum { MOST_AXES = 6, FOUR = 4 /* vectors of a row that are added in float */ };

typedef enum FoldKind {
	FOLD_SUM,
	FOLD_SQUARES,
	FOLD_ABS,
	FOLD_EXP,
	FOLD_MAX,
	FOLD_MIN,
	FOLD_PROD
} FoldKind;
typedef enum Finish { FINISH_NONE, FINISH_MEAN, FINISH_ROOT, FINISH_LOG } Finish;

typedef struct LineWalk { /* axes of a walk, the last counts fastest */
	int n;
	int64_t dim[MOST_AXES], step[MOST_AXES], count;
} LineWalk;

typedef struct Folding {
	LineWalk keep, drop; /* without the last axis */
	int64_t row;         /* which has so many elements */
	bool columns;        /* and is kept */
	bool half;
	FoldKind fold;
	Finish finish;
	int64_t nin; /* elements that go into each result */
} Folding;

static const float start[] = {[FOLD_MAX] = -INFINITY, [FOLD_MIN] = INFINITY, [FOLD_PROD] = 1};

/* What an element is, before it is folded. */
INLINE V
leaf(const FoldKind f, V x, V top)
{
	return f == FOLD_SQUARES ? v_mul(x, x)
	       : f == FOLD_ABS   ? v_abs(x)
	       : f == FOLD_EXP   ? v_exp_below(v_sub(x, top))
	                         : x;
}

/* A NaN may be lost. */
INLINE V
join(const FoldKind f, V a, V b)
{
	return f == FOLD_MAX ? v_max(a, b) : f == FOLD_MIN ? v_min(a, b) : v_add(a, b);
}

/* It is not. */
INLINE V
join_one(const FoldKind f, V a, V b)
{
	return f < FOLD_MAX ? v_add(a, b) : v_select(v_nan(a), a, join(f, a, b));
}

INLINE V
join_four(const FoldKind f, const V v[FOUR])
{
	M none = m_or(v_unordered(v[0], v[1]), v_unordered(v[2], v[3]));
	V all = join(f, join(f, v[0], v[1]), join(f, v[2], v[3]));

	return f < FOLD_MAX ? all : v_select(none, v_set1(NAN), all);
}

static inline D
fold_wide(FoldKind f, D a, V x)
{
	D d = d_of(f == FOLD_ABS ? v_abs(x) : x);

	return f == FOLD_PROD ? d_mul(a, d) : d_add(a, f == FOLD_SQUARES ? d_mul(d, d) : d);
}

/* Of which of these sums floats were enough. Products of the smallest lose digits; beside this they
 * are nothing. */
static inline M
fits(const Folding *r, V sums)
{
	float least = r->fold == FOLD_SQUARES ? (float)r->nin * 0x1p-120f : 0;
	V a = v_abs(sums);

	return m_and(v_le(v_set1(least), a), v_le(a, v_set1(FLT_MAX)));
}

static inline bool
is_plain_sum(FoldKind f)
{
	return f == FOLD_SUM || f == FOLD_SQUARES || f == FOLD_ABS;
}

#define reduce_finish    FAST(reduce_finish)
#define reduce_lanes_run FAST(reduce_lanes_run)

/* n sums, or of extremes those, become results in y from `at` on; top: what was taken off before
 * e^x, if it was. */
void reduce_finish(const Folding *r, void *y, int64_t at, D sums, const float *top, size_t n);
/* Over the pixels of images in blocks: all but sums of e^x and products. */
void reduce_lanes_run(const KernelCall *c);

#endif
