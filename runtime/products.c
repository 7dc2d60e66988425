/* products.c: see products.h. */
#include "products.h"

#include "runtime/fast/gemm.h"

static void *
scratch(size_t n)
{
	return n < SYS_HUGE ? xmalloc(n) : xhuge(n);
}

static void
each(const void *ctx, int64_t i, Gemm *g)
{
	(void)ctx;
	(void)i;
	(void)g;
}

void
product_floats(float *c, NumMat a, NumMat b, int64_t m, int64_t k, int64_t n)
{
	const GemmApi *api = isa_best()->gemm;
	Gemm g = {.m = m, .n = n, .k = k, .c = c, .row = n};
	KernelPlan plan = {.cost = 0};
	KernelCall call = {.plan = &plan};
	void *work;

	g.a = (Mat){a.data, a.row, a.col, false};
	g.b = (Mat){b.data, b.row, b.col, false};
	api->narrow(&g);
	api->scratch(&g, 1, &plan);
	work = scratch(kernel_aligned(plan.work) + plan.work_each + KERNEL_ALIGN);
	call.work = (void *)kernel_aligned((uintptr_t)work);
	call.each = (char *)call.work + kernel_aligned(plan.work);
	api->run(&call, &g, 1, each, NULL);
	xfree(work);
}

void
product_doubles(double *c, NumMat a, NumMat b, int64_t m, int64_t k, int64_t n)
{
	const Gemm64Api *api = isa_best()->gemm64;
	void *work = scratch(api->scratch(m, n) + KERNEL_ALIGN);
	Mat64 x = {a.data, a.row, a.col}, y = {b.data, b.row, b.col};

	api->run(m, n, k, x, y, c, (void *)kernel_aligned((uintptr_t)work));
	xfree(work);
}
