/* random.c: evaluators of random numbers. A seed of 0 or more starts a sequence of its own, so that
 * the same call gives the same numbers; otherwise they go on from the run's state. The generator is
 * splitmix64; no two machines differ. */
#include "kernel.h"

#include <math.h>

/* Marsaglia's polar method needs no table. */
static double
next_normal(uint64_t *state)
{
	double x, y, s;

	do {
		x = 2 * splitmix_unit(state) - 1;
		y = 2 * splitmix_unit(state) - 1;
		s = x * x + y * y;
	} while (s >= 1 || s == 0);
	return x * sqrt(-2 * log(s) / s);
}

/* The state to draw from: the run's, or `own` started by the op's seed. */
static uint64_t *
state_of(Eval *e, uint64_t *own)
{
	int64_t seed = eval_int(e, ARG_seed, -1);

	if (seed < 0 && e->seed)
		return e->seed;
	*own = (uint64_t)seed;
	return own;
}

/* A result of the shape in operand `shape`. */
static bool
drawn_new(Eval *e, FloatOut *o)
{
	int64_t n, count;
	const int64_t *dim = eval_ints(e, ARG_shape, &n);

	if (n > TENSOR_MAX_RANK || !shape_count(dim, (int)n, &count))
		return eval_fail(e, "this is no shape to fill");
	if (!eval_room(e, e->out_dtype, dim, (int)n))
		return false;
	return float_begin(e, o, 0, e->out_dtype, dim, (int)n);
}

/* The parameters stand behind the shape: prob, mean and stddev, or low and high. */
bool
eval_drawn(Eval *e)
{
	const Param *p = e->row->param;
	bool coin = e->row->code == OP_random_bernoulli, normal = e->row->code == OP_random_normal;
	double a = eval_double(e, p[1].arg, coin ? 0.5 : 0), b = eval_double(e, p[2].arg, 1);
	uint64_t own, *state = state_of(e, &own);
	FloatOut o;

	if (!drawn_new(e, &o))
		return false;
	for (int64_t i = 0; i < o.t->count; i++)
		if (coin)
			o.f[i] = splitmix_unit(state) < a;
		else if (normal)
			o.f[i] = (float)(a + b * next_normal(state));
		else
			o.f[i] = (float)(a + (b - a) * splitmix_unit(state));
	float_end(e, &o);
	return true;
}

/* Which of the n classes a point in [0, 1) falls on. */
static int64_t
pick_class(const float *x, int64_t n, bool logits, double point)
{
	double most = -INFINITY, sum = 0;

	for (int64_t i = 0; i < n; i++)
		most = fmax(most, (double)x[i]);
	for (int64_t i = 0; i < n; i++)
		sum += logits ? exp((double)x[i] - most) : (double)x[i];
	point *= sum;
	for (int64_t i = 0; i < n; i++) {
		point -= logits ? exp((double)x[i] - most) : (double)x[i];
		if (point < 0)
			return i;
	}
	return n - 1;
}

bool
eval_random_categorical(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	bool logits = strcmp(eval_str(e, ARG_mode, "logits"), "logits") == 0;
	int64_t size = eval_int(e, ARG_size, 1), dim[TENSOR_MAX_RANK], n;
	uint64_t own, *state = state_of(e, &own);
	const float *f;
	FloatOut o;

	if (x->rank < 1 || size < 0 || x->dim[x->rank - 1] < 1)
		return eval_fail(e, "there are no classes to draw from");
	memcpy(dim, x->dim, sizeof *dim * (size_t)x->rank);
	n = dim[x->rank - 1];
	dim[x->rank - 1] = size;
	if (!float_begin(e, &o, 0, x->dtype, dim, x->rank))
		return false;
	f = eval_floats(e, x);
	for (int64_t i = 0; i < o.t->count; i++)
		o.f[i] = (float)pick_class(f + i / size * n, n, logits, splitmix_unit(state));
	float_end(e, &o);
	return true;
}
