/* fast.c: kernels of elementwise ops on floats. Half precision goes through floats: the sum of two
 * halves rounded to float and then to half is the exact sum rounded once, as float has more than
 * twice the digits; for the same reason the evaluator's doubles give the bits of a sum in float. */
#include "fast.h"

enum { RUN = 1024 }; /* elements at a time */

static bool
plan_single(const Eval *e, KernelPlan *p)
{
	const Tensor *x = eval_arg(e, ARG_x);

	if (x->dtype != DT_FP32 && x->dtype != DT_FP16)
		return false;
	p->dtype[0] = x->dtype;
	p->rank[0] = x->rank;
	memcpy(p->dim[0], x->dim, (size_t)x->rank * sizeof *x->dim);
	p->work = x->dtype == DT_FP16 ? 2 * RUN * sizeof(float) : 0;
	return true;
}

static bool
plan_pair(const Eval *e, KernelPlan *p)
{
	const Tensor *x = eval_arg(e, ARG_x), *y = eval_arg(e, ARG_y);

	return x->dtype == y->dtype && x->rank == y->rank &&
	       memcmp(x->dim, y->dim, (size_t)x->rank * sizeof *x->dim) == 0 && plan_single(e, p);
}

/* Elements [at, at+n) as floats: where they are, or converted to `work`. */
static const float *
floats(const Tensor *t, int64_t at, size_t n, float *work)
{
	if (t->dtype == DT_FP32)
		return (const float *)t->data + at;
	half_to_floats(work, (const uint16_t *)t->data + at, n);
	return work;
}

#define ELEMENTWISE(name, pair, formula)                                                           \
	static void fast_##name(const Eval *e, void *work, const Threads *threads)                 \
	{                                                                                          \
		const Tensor *r = e->out[0].t, *t = eval_arg(e, ARG_x);                            \
		const Tensor *u = pair ? eval_arg(e, ARG_y) : NULL;                                \
		float *a = work, *b = a ? a + RUN : NULL;                                          \
                                                                                                   \
		(void)threads;                                                                     \
		for (int64_t at = 0; at < r->count; at += RUN) {                                   \
			size_t n = (size_t)MIN(r->count - at, RUN);                                \
			const float *px = floats(t, at, n, a);                                     \
			const float *py = pair ? floats(u, at, n, b) : px;                         \
			float *to = a ? a : (float *)r->data + at;                                 \
			for (size_t i = 0; i < n; i++) {                                           \
				float x = px[i], y = py[i];                                        \
				(void)y;                                                           \
				to[i] = (formula);                                                 \
			}                                                                          \
			if (a)                                                                     \
				half_from_floats((uint16_t *)r->data + at, a, n);                  \
		}                                                                                  \
	}
ELEMENTWISE(add, true, x + y)
ELEMENTWISE(relu, false, x >= 0 || x != x ? x : 0)

const Kernel *
kernel_of(Opcode code)
{
	static const Kernel kernels[OP_COUNT] = {
#define KERNEL(op, plan, run) [OP_##op] = {plan_##plan, fast_##run},
#include "fast.def"
#undef KERNEL
	};

	return kernels[code].run ? &kernels[code] : NULL;
}
