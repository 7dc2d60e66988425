/* stages.c: see stages.h. The stage at hand follows from how many parts are done. A part's number
 * is that of the stage at hand until somebody takes the part, and raises it: who comes with an
 * older stage gets nothing.
 */
#include "stages.h"

#include "base/sys.h"

static bool
take(Stages *t, unsigned part, uint64_t stage)
{
	_Atomic uint64_t *at = &t->part[part].stages;

	return atomic_load_explicit(at, memory_order_relaxed) == stage &&
	       atomic_compare_exchange_strong_explicit(at, &stage, stage + 1, memory_order_relaxed,
	                                               memory_order_relaxed);
}

/* All writes are handed on by `done`: each thread adds to the same number what it has done. */
void
stages_run(Stages *t, uint64_t stages, unsigned parts, unsigned me,
           void (*fn)(void *ctx, uint64_t stage, unsigned part), void *ctx)
{
	uint64_t stage = atomic_load_explicit(&t->done, memory_order_acquire) / parts, done;

	while (stage < stages) {
		for (unsigned i = 0; i < parts; i++) {
			unsigned part = (me + i) % parts;
			if (!take(t, part, stage))
				continue;
			fn(ctx, stage, part);
			atomic_fetch_add_explicit(&t->done, 1, memory_order_acq_rel);
		}
		for (unsigned looks = 0;; looks++) {
			done = atomic_load_explicit(&t->done, memory_order_acquire);
			if (done / parts > stage)
				break;
			sys_wait_a_little(looks);
		}
		stage = done / parts;
	}
}
