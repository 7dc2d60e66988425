/* reduce_lanes.c: reductions over the pixels of images in blocks: a channel in each lane. The order
 * is that of reduce.c, whose rows these pixels are: those LANES apart are summed together, as its
 * lanes do it, and then these sums, as d_sum() does it.
 */
#include "fold.h"

enum { GROUP = FOUR * LANES }; /* pixels that are added in float */

typedef struct LanesRun {
	const KernelCall *call;
	const Folding *r;
	const void *data;
	BlockShape x;
} LanesRun;

/* The next pixels of a plane: at most GROUP. */
typedef struct Pixels {
	int64_t row, col, left; /* of those behind them: the first; how many there are */
	int n;
	int64_t at[GROUP];
} Pixels;

static Pixels
all_pixels(const BlockShape *s)
{
	return (Pixels){.left = s->rows * s->cols};
}

static bool
next_pixels(const BlockShape *s, int64_t plane, Pixels *p)
{
	p->n = (int)MIN(p->left, GROUP);
	p->left -= p->n;
	for (int i = 0; i < p->n; i++) {
		p->at[i] = plane + p->row * s->line + p->col * BLOCK_WIDTH;
		if (++p->col == s->cols) {
			p->col = 0;
			p->row++;
		}
	}
	return p->n > 0;
}

/* ---- folding ---- */

INLINE V
pixel(const FoldKind f, const bool half, const LanesRun *run, int64_t at)
{
	return leaf(f, load_lanes(run->data, half, at, LANES), v_zero());
}

/* What pixels i, i + LANES, … come to. */
INLINE V
fold_whole(const FoldKind f, const bool half, const LanesRun *run, const Pixels *p, int i)
{
	V v[FOUR];

#pragma GCC unroll 4
	for (int k = 0; k < FOUR; k++)
		v[k] = pixel(f, half, run, p->at[i + k * LANES]);
	return join_four(f, v);
}

INLINE V
fold_rest(const FoldKind f, const bool half, const LanesRun *run, const Pixels *p, int i)
{
	V rest = v_set1(start[f]);

	for (; i < p->n; i += LANES)
		rest = join_one(f, pixel(f, half, run, p->at[i]), rest);
	return rest;
}

static D
sum_of(D s[LANES])
{
	for (int n = LANES / 2; n; n /= 2)
		for (int i = 0; i < n; i++)
			s[i] = d_add(s[i], s[i + n]);
	return s[0];
}

/* As v_largest() does it; of minima, of those negated. */
INLINE D
extreme_of(const FoldKind f, const V s[LANES])
{
	V most = f == FOLD_MIN ? v_neg(s[0]) : s[0];

	for (int i = 1; i < LANES; i++) {
		V x = f == FOLD_MIN ? v_neg(s[i]) : s[i];
		most = v_select(m_or(v_lt(most, x), v_nan(x)), x, most);
	}
	return d_of(f == FOLD_MIN ? v_neg(most) : most);
}

INLINE D
fold_plane(const FoldKind f, const bool half, const LanesRun *run, int64_t plane)
{
	Pixels p = all_pixels(&run->x);
	D wide[LANES];
	V most[LANES];

	for (int i = 0; i < LANES; i++) {
		wide[i] = d_set1(0);
		most[i] = v_set1(start[f]);
	}
	while (next_pixels(&run->x, plane, &p)) {
		bool whole = p.n == GROUP;
		for (int i = 0; i < LANES; i++) {
			V v = whole ? fold_whole(f, half, run, &p, i)
			            : fold_rest(f, half, run, &p, i);
			if (f < FOLD_MAX)
				wide[i] = d_add(wide[i], d_of(v));
			else
				most[i] = join_one(f, v, most[i]);
		}
	}
	return f < FOLD_MAX ? sum_of(wide) : extreme_of(f, most);
}

static D
fold_any(const LanesRun *run, int64_t plane)
{
	switch (run->r->fold) {
#define K(f)                                                                                       \
	case f:                                                                                    \
		return run->r->half ? fold_plane(f, true, run, plane)                              \
		                    : fold_plane(f, false, run, plane);
		K(FOLD_SQUARES)
		K(FOLD_ABS)
		K(FOLD_MAX)
		K(FOLD_MIN)
	default:
		K(FOLD_SUM)
#undef K
	}
}

/* ---- in double ---- */

static D
wide_plane(const LanesRun *run, int64_t plane)
{
	Pixels p = all_pixels(&run->x);
	D s[LANES];

	for (int i = 0; i < LANES; i++)
		s[i] = d_set1(0);
	while (next_pixels(&run->x, plane, &p))
		for (int i = 0; i < p.n; i++) {
			V v = load_lanes(run->data, run->r->half, p.at[i], LANES);
			s[i % LANES] = fold_wide(run->r->fold, s[i % LANES], v);
		}
	return sum_of(s);
}

/* Of n channels: those whose sums floats were not enough for are done again. */
static D
sums_of(const LanesRun *run, int64_t plane, size_t n)
{
	const V one = v_set1(1);
	D sums = fold_any(run, plane);
	double lanes[LANES], again[LANES];
	float good[LANES];
	M enough = fits(run->r, v_first(v_of(sums), n, one));

	if (!is_plain_sum(run->r->fold) || !m_any(m_not(enough)))
		return sums;
	d_store(lanes, sums);
	d_store(again, wide_plane(run, plane));
	v_store(good, v_select(enough, one, v_zero()));
	for (int i = 0; i < LANES; i++)
		if (good[i] == 0)
			lanes[i] = again[i];
	return d_load(lanes);
}

/* ---- run ---- */

static void
plane_job(void *ctx, int64_t job, unsigned thread)
{
	const LanesRun *run = ctx;
	const BlockShape *x = &run->x;
	int64_t image = job / x->blocks, channel = job % x->blocks * BLOCK_WIDTH;
	size_t n = (size_t)MIN(x->channels - channel, BLOCK_WIDTH);
	D sums = sums_of(run, blocks_at(x, image, channel, 0, 0), n);
	const float none[LANES] = {0};

	(void)thread;
	reduce_finish(run->r, run->call->e->out[0].t->data, image * x->channels + channel, sums,
	              none, n);
}

void
reduce_lanes_run(const KernelCall *c)
{
	const Tensor *x = eval_arg(c->e, ARG_x);
	LanesRun run = {.call = c, .r = KERNEL_NOTE_OF(const Folding, c->plan), .data = x->data};

	blocks_shape(x->dim, c->plan->x_blocks, &run.x);
	kernel_share(c, run.x.images * run.x.blocks, plane_job, &run);
}
