/* test_threads.c: threads that share out work: each item is done once, by a thread that there is,
 * and all are done when the run returns. */
#include "check.h"

#include "base/sys.h"

#include <stdatomic.h>

enum { MOST = 70000 };

typedef struct Count {
	_Atomic int *times;
	_Atomic unsigned strangers;
	unsigned n;
} Count;

static void
count(void *ctx, int64_t i, unsigned thread)
{
	Count *c = ctx;

	atomic_fetch_add(&c->times[i], 1);
	if (thread >= c->n)
		atomic_fetch_add(&c->strangers, 1);
}

static void
runs(unsigned threads)
{
	static _Atomic int times[MOST];
	static const int64_t sizes[] = {0, 1, 2, 7, 1000, MOST};
	SysPool *p = sys_pool_new(threads);
	int wrong = 0;

	for (int turn = 0; turn < 50; turn++) {
		for (size_t k = 0; k < countof(sizes) - (turn > 0); k++) {
			Count c = {.times = times, .n = threads};
			for (int64_t i = 0; i < sizes[k]; i++)
				times[i] = 0;
			sys_pool_run(p, sizes[k], count, &c);
			for (int64_t i = 0; i < sizes[k]; i++)
				wrong += times[i] != 1;
			wrong += c.strangers != 0;
		}
	}
	CHECK_INT(wrong, 0);
	CHECK(sys_pool_size(p) >= 1 && sys_pool_size(p) <= threads);
	sys_pool_free(p);
}

int
main(void)
{
	CHECK(sys_cores() >= 1);
	runs(1);
	runs(2);
	runs(3);
	runs(8);
	sys_pool_free(sys_pool_new(5)); /* never used */
	sys_pool_free(NULL);
	return check_report();
}
