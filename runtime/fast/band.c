/* band.c: band_part. A row keeps a stretch; what lies before and behind it is multiplied by 0,
 * which leaves a NaN. */
#include "lines.h"

typedef struct Band {
	int64_t lower,
	    upper; /* diagonals below and above the main one that stay; less than 0: all */
	int64_t rows, cols;
	int64_t per; /* rows of a job, through all matrices */
} Band;

static bool
plan_band(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x);
	Band *b = KERNEL_NOTE_OF(Band, plan);

	if (!x || x->rank < 2 || x->dtype == DT_STRING || !is_known(e, known, ARG_lower) ||
	    !is_known(e, known, ARG_upper))
		return false;
	b->lower = eval_int(e, ARG_lower, -1);
	b->upper = eval_int(e, ARG_upper, -1);
	b->rows = x->dim[x->rank - 2];
	b->cols = x->dim[x->rank - 1];
	b->per = MAX(1, LINES_JOB / MAX(b->cols, 1));
	plan_result(plan, 0, x->dtype, x->dim, x->rank);
	plan->in_place = true;
	plan->cost = 0.2 * (double)x->count;
	return true;
}

/* Elements [at, at + n). */
static void
nothing(const Tensor *x, const Tensor *y, int64_t at, int64_t n)
{
	bool half = x->dtype == DT_FP16;
	size_t size = dtype_size(x->dtype);

	if (!is_floats(x)) {
		memset((char *)y->data + (size_t)at * size, 0, (size_t)n * size);
		return;
	}
	for (int64_t i = 0; i < n; i += LANES) {
		size_t left = (size_t)(n - i);
		store_lanes(y->data, half, at + i,
		            v_mul(load_lanes(x->data, half, at + i, left), v_zero()), left);
	}
}

static void
band_job(void *ctx, int64_t job, unsigned thread)
{
	const KernelCall *c = ctx;
	const Band *b = KERNEL_NOTE_OF(const Band, c->plan);
	const Tensor *x = eval_arg(c->e, ARG_x), *y = c->e->out[0].t;
	int64_t last = MIN((job + 1) * b->per, x->count / b->cols);
	size_t size = dtype_size(x->dtype);

	(void)thread;
	for (int64_t i = job * b->per; i < last; i++) {
		int64_t row = i % b->rows, at = i * b->cols;
		int64_t begin = b->lower < 0 ? 0 : MIN(MAX(row - b->lower, 0), b->cols);
		int64_t end =
		    b->upper < 0 || b->upper > b->cols ? b->cols : MIN(row + b->upper + 1, b->cols);
		end = MAX(end, begin);
		nothing(x, y, at, begin);
		if (x->data != y->data)
			memcpy((char *)y->data + (size_t)(at + begin) * size,
			       (const char *)x->data + (size_t)(at + begin) * size,
			       (size_t)(end - begin) * size);
		nothing(x, y, at + end, b->cols - end);
	}
}

static void
run_band(const KernelCall *c)
{
	const Band *b = KERNEL_NOTE_OF(const Band, c->plan);
	int64_t count = eval_arg(c->e, ARG_x)->count;

	if (count)
		kernel_share(c, (count / b->cols + b->per - 1) / b->per, band_job,
		             (void *)(uintptr_t)c);
}

const Kernel FAST(kernel_band_part) = {.plan = plan_band, .run = run_band};
