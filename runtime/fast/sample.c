/* sample.c: images sampled anywhere (runtime/image_sampling.h), with the evaluator's bits. What the
 * positions of a piece of a plane take of x is worked out once for all channels; then LANES
 * positions at a time are mixed, in double. */
#include "runtime/image_sampling.h"

#include "flat.h"
#include "lines.h"
#include "vec_d.h"

#include <math.h>

enum { PIECE = 512 }; /* positions; a multiple of LANES */

typedef struct Sampled {
	bool half;
	int64_t groups, channels, area, plane; /* positions of a group; pixels of an image of x */
	int64_t pieces;                        /* of a group */
} Sampled;

/* What a piece takes. Where `other` is a number, it stands for a pixel, and the place is any. */
typedef struct Taps {
	double below[PIECE], right[PIECE];
	int32_t place[4][PIECE];
	float other[4][PIECE];
	bool four[PIECE / LANES]; /* all LANES have all four pixels */
} Taps;

/* ---- plan ---- */

/* Numbers of a run may be those that positions are made of. */
static bool
attributes_known(const Eval *e, const bool *known)
{
	static const ArgName may[] = {ARG_x,   ARG_coordinates, ARG_transform_matrix,
	                              ARG_roi, ARG_boxes,       ARG_box_indices};

	return is_known_but(e, known, may, countof(may));
}

static bool
plan_sample(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x);
	Sampled *s = KERNEL_NOTE_OF(Sampled, plan);
	Eval own = *e;
	Sampling m;
	int64_t count;

	if (!is_floats(x) || !attributes_known(e, known) || !sampling_read(&own, &m) ||
	    !shape_count(m.dim, m.rank, &count) || !shape_count(m.in, 2, &s->plane) ||
	    s->plane < 1 || s->plane > INT32_MAX || isnan(m.pad))
		return false;
	s->half = x->dtype == DT_FP16;
	s->groups = m.groups;
	s->channels = m.channels;
	s->area = m.size[0] * m.size[1];
	s->pieces = (s->area + PIECE - 1) / PIECE;
	plan_result(plan, 0, x->dtype, m.dim, m.rank);
	plan->cost = 2 * (double)count + 60 * (double)s->groups * (double)s->area;
	plan->work_each =
	    kernel_aligned(CHAIN_SCRATCH + kernel_aligned(sizeof(Taps)) + PIECE * sizeof(float));
	return true;
}

/* Each group's image must be there. */
static bool
check_sample(const Eval *e)
{
	Eval own = *e;
	Sampling s;

	if (!sampling_read(&own, &s))
		return false;
	for (int64_t i = 0; i < s.groups; i++) {
		int64_t image = sampling_group(&s, i).image;
		if (image < 0 || image >= s.images)
			return false;
	}
	return true;
}

/* ---- run ---- */

typedef struct SampleRun {
	const KernelCall *call;
	const Sampled *s;
	Sampling from;
} SampleRun;

/* Positions [first, first + n) of a group; behind them, up to whole LANES, nothing. */
static void
find_taps(const SampleRun *r, const SampleGroup *g, int64_t first, int64_t n, Taps *t)
{
	int64_t width = r->from.size[1];

	for (int64_t i = 0; i < (n + LANES - 1) / LANES * LANES; i++) {
		Sample at = {.place = {SAMPLE_ZERO, SAMPLE_ZERO, SAMPLE_ZERO, SAMPLE_ZERO}};
		bool all = true;
		if (i < n)
			at = sampling_at(&r->from, g, (first + i) / width, (first + i) % width);
		t->below[i] = at.below;
		t->right[i] = at.right;
		for (int k = 0; k < 4; k++) {
			int64_t place = at.place[k];
			t->place[k][i] = (int32_t)MAX(place, 0);
			t->other[k][i] = place >= 0            ? NAN
			                 : place == SAMPLE_PAD ? (float)r->from.pad
			                                       : 0;
			all = all && place >= 0;
		}
		t->four[i / LANES] = all && (i % LANES == 0 || t->four[i / LANES]);
	}
}

/* Pixel k of LANES positions from i on. */
INLINE V
pixels(bool half, bool all, const void *plane, const Taps *t, int k, int64_t i)
{
	const int32_t *place = t->place[k] + i;
	uint16_t h[LANES];
	float f[LANES];
	V v, other;

	for (int j = 0; j < LANES; j++)
		if (half)
			h[j] = ((const uint16_t *)plane)[place[j]];
		else
			f[j] = ((const float *)plane)[place[j]];
	v = half ? v_load_half(h) : v_load(f);
	if (all)
		return v;
	other = v_load(t->other[k] + i);
	return v_select(v_nan(other), v, other);
}

/* Rounded otherwise than v_between() is. */
static inline D
weighed(D a, D b, D t)
{
	return d_add(d_mul(d_sub(d_set1(1), t), a), d_mul(t, b));
}

INLINE V
sample(bool half, bool all, const SampleRun *r, const void *plane, const Taps *t, int64_t i)
{
	V v = pixels(half, all, plane, t, 0, i);
	D right, above, below;

	if (r->from.nearest)
		return v;
	right = d_load(t->right + i);
	above = weighed(d_of(v), d_of(pixels(half, all, plane, t, 1, i)), right);
	below = weighed(d_of(pixels(half, all, plane, t, 2, i)),
	                d_of(pixels(half, all, plane, t, 3, i)), right);
	return v_of(weighed(above, below, d_load(t->below + i)));
}

INLINE void
sample_line(bool half, const SampleRun *r, const void *plane, const Taps *t, int64_t n, float *to)
{
	for (int64_t i = 0; i < n; i += LANES) {
		V v = t->four[i / LANES] ? sample(half, true, r, plane, t, i)
		                         : sample(half, false, r, plane, t, i);
		store_lanes(to, false, i, v, (size_t)(n - i));
	}
}

static void
sample_job(void *ctx, int64_t i, unsigned thread)
{
	const SampleRun *r = ctx;
	const Sampled *s = r->s;
	int64_t group = i / s->pieces, first = i % s->pieces * PIECE;
	int64_t n = MIN(PIECE, s->area - first);
	SampleGroup g = sampling_group(&r->from, group);
	char *chain = kernel_scratch(r->call, thread);
	Taps *t = (void *)(chain + CHAIN_SCRATCH);
	float *line = (void *)(chain + CHAIN_SCRATCH + kernel_aligned(sizeof *t));
	const char *x = eval_arg(r->call->e, ARG_x)->data;
	float *out = r->call->e->out[0].t->data;

	find_taps(r, &g, first, n, t);
	for (int64_t c = 0; c < s->channels; c++) {
		int64_t at = (group * s->channels + c) * s->area + first;
		int64_t plane = (g.image * s->channels + c) * s->plane;
		float *to = s->half ? line : out + at;
		if (s->half)
			sample_line(true, r, (const uint16_t *)(const void *)x + plane, t, n, to);
		else
			sample_line(false, r, (const float *)(const void *)x + plane, t, n, to);
		if (s->half || r->call->then)
			flat_finish(r->call, s->half, to, at, n, chain);
	}
}

static void
run_sample(const KernelCall *call)
{
	SampleRun r = {.call = call, .s = KERNEL_NOTE_OF(const Sampled, call->plan)};
	Eval own = *call->e;

	if (!sampling_read(&own, &r.from))
		die("%s: what was planned is wrong", call->e->row->name);
	if (call->e->out[0].t->count)
		kernel_share(call, r.s->groups * r.s->pieces, sample_job, &r);
}

const Kernel FAST(kernel_sample) = {
    .plan = plan_sample, .run = run_sample, .then = true, .check = check_sample};
