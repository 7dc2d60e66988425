/* fast.c: which instruction sets this processor has, and threads for kernels. */
#include "fast.h"

#include "rowmath.h"

#if defined(__x86_64__) && defined(MILC_FAST_X86)
#define X86 1
extern const Isa isa_avx512, isa_avx2;
#else
#define X86 0
#endif
#if defined(__aarch64__)
extern const Isa isa_neon;
#else
extern const Isa isa_plain;
#endif

/* Nanoseconds below which to wake threads costs more than they bring, or even to hand work to those
 * that look for some since the op before. */
#define ALONE  1e5
#define LITTLE 2.5e4

const Isa *
isa_list(uint32_t i)
{
	const Isa *list[4] = {0};
	uint32_t n = 0;

#if X86
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
		list[n++] = &isa_avx512;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
	    __builtin_cpu_supports("f16c"))
		list[n++] = &isa_avx2;
#endif
#if defined(__aarch64__)
	list[n++] = &isa_neon;
#else
	list[n++] = &isa_plain;
#endif
	return i < n ? list[i] : NULL;
}

const Isa *
isa_best(void)
{
	return isa_list(0);
}

const Isa *
isa_named(const char *name)
{
	const Isa *isa;
	uint32_t i = 0;

	while ((isa = isa_list(i++)) && strcmp(isa->name, name) != 0)
		;
	return isa;
}

RowFn *
row_function(RowOp op)
{
	return isa_best()->row->fn[op];
}

unsigned
kernel_threads(const KernelPlan *p, const SysPool *pool)
{
	return pool && p->cost >= LITTLE ? sys_pool_size(pool) : 1;
}

void
kernel_share(const KernelCall *c, int64_t n, void (*fn)(void *ctx, int64_t i, unsigned thread),
             void *ctx)
{
	if (n > 1 && kernel_threads(c->plan, c->pool) > 1 &&
	    (c->plan->cost >= ALONE || sys_pool_awake(c->pool)))
		sys_pool_run(c->pool, n, fn, ctx);
	else
		for (int64_t i = 0; i < n; i++)
			fn(ctx, i, 0);
}
