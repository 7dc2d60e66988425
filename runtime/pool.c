/* pool.c: evaluators of pooling. Padding never wins a maximum; it counts in an average unless it is
 * excluded. A window that hangs over the padded input (ceil_mode) is cut there. */
#include "slide.h"

#include <math.h>

typedef struct Pool {
	Slide w;
	Opcode op;
	bool exclude;
} Pool;

/* The part of the window at o that lies on the input, and how many elements it has with padding. */
static int64_t
cover(const Slide *w, const int64_t *o, int64_t *lo, int64_t *hi)
{
	int64_t padded = 1;

	for (int a = 0; a < 3; a++) {
		int64_t from = o[a] * w->stride[a] - w->before[a];
		int64_t to = MIN(from + w->kernel[a], w->in[a] + w->after[a]);
		padded *= MAX(0, to - from);
		lo[a] = MAX(0, from);
		hi[a] = MIN(to, w->in[a]);
	}
	return padded;
}

static float
pool_at(const Pool *p, const float *x, const int64_t *o)
{
	int64_t lo[3], hi[3], padded = cover(&p->w, o, lo, hi), n = 0;
	double sum = 0, most = -INFINITY;

	for (int64_t z = lo[0]; z < hi[0]; z++)
		for (int64_t y = lo[1]; y < hi[1]; y++)
			for (int64_t i = lo[2]; i < hi[2]; i++, n++) {
				double v = (double)x[(z * p->w.in[1] + y) * p->w.in[2] + i];
				sum += p->op == OP_l2_pool ? v * v : v;
				most = v > most || isnan(v) ? v : most;
			}
	if (p->op == OP_max_pool)
		return (float)most;
	if (p->op == OP_l2_pool)
		return (float)sqrt(sum);
	n = p->exclude ? n : padded;
	return n ? (float)(sum / (double)n) : 0;
}

bool
eval_pool(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t nk, dim[5], o[3], in, out = 0;
	const int64_t *kernel = eval_ints(e, ARG_kernel_sizes, &nk);
	Pool p = {.op = e->row->code};
	const float *f;
	FloatOut r;

	if (nk != x->rank - 2)
		return eval_fail(e, "there are %lld kernel sizes for rank %d", (long long)nk,
		                 x->rank);
	if (!slide_read(e, &p.w, x, kernel, false) ||
	    !slide_forward(e, &p.w, eval_bool(e, ARG_ceil_mode, false)))
		return false;
	p.exclude =
	    p.op == OP_avg_pool && eval_bool(e, ARG_exclude_padding_from_average, false);
	memcpy(dim, x->dim, 2 * sizeof *dim);
	memcpy(dim + 2, p.w.out + 3 - p.w.n, sizeof *dim * (size_t)p.w.n);
	if (!float_begin(e, &r, 0, x->dtype, dim, x->rank))
		return false;
	f = eval_floats(e, x);
	in = p.w.in[0] * p.w.in[1] * p.w.in[2];
	for (int64_t c = 0; c < x->dim[0] * x->dim[1]; c++, f += in)
		for (o[0] = 0; o[0] < p.w.out[0]; o[0]++)
			for (o[1] = 0; o[1] < p.w.out[1]; o[1]++)
				for (o[2] = 0; o[2] < p.w.out[2]; o[2]++)
					r.f[out++] = pool_at(&p, f, o);
	float_end(e, &r);
	return true;
}
