/* test_threads.c: threads that share out work: each item is done once, by a thread that there is,
 * and all are done when the run returns; and the parts of stages (stages.h), each once and after
 * all of the stage before, whoever takes part. Where the system gives fewer threads than were asked
 * for, or none, it is the same.
 */
#include "check.h"

#include "base/sys.h"
#include "runtime/stages.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { MOST = 70000, STAGES = 300 };

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CAN_LACK true
static unsigned given = 99; /* threads that the system still gives */

int
pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	if (given == 0)
		return EAGAIN;
	given--;
	return real(t, attr, fn, arg);
}
#else
#define CAN_LACK false
static unsigned given;
#endif

/* ---- runs ---- */

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

/* Awake after a run, for a while; before the first one there are none. */
static void
wakes(void)
{
	static _Atomic int times[MOST];
	const struct timespec nap = {.tv_nsec = 1000000};
	Count c = {.times = times, .n = 3};
	SysPool *p = sys_pool_new(3), *alone = sys_pool_new(1);
	bool awake = false, slept = false;

	CHECK(!sys_pool_awake(p) && sys_pool_awake(alone));
	for (int turn = 0; turn < 10000 && !awake; turn++) {
		sys_pool_run(p, MOST, count, &c);
		awake = sys_pool_awake(p);
	}
	CHECK(awake);
	for (int turn = 0; turn < 10000 && !slept; turn++) {
		nanosleep(&nap, 0);
		slept = !sys_pool_awake(p);
	}
	CHECK(slept);
	sys_pool_free(alone);
	sys_pool_free(p);
}

/* ---- stages ---- */

typedef struct Work {
	Stages stages;
	unsigned parts, late; /* the part that takes long in the first stages; MOST: none */
	uint64_t n, at[2][STAGES_PARTS];
	_Atomic unsigned times[STAGES][STAGES_PARTS];
	_Atomic int wrong;
} Work;

static void
nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

/* What a stage makes of all that the stage before it has made. */
static uint64_t
next(const uint64_t *from, unsigned parts, uint64_t stage, unsigned part)
{
	uint64_t sum = stage * 31 + part;

	for (unsigned i = 0; i < parts; i++)
		sum = (sum ^ from[i]) * 0x9e3779b97f4a7c15;
	return sum;
}

static void
do_part(void *ctx, uint64_t stage, unsigned part)
{
	Work *w = ctx;

	for (unsigned i = 0; stage > 0 && i < w->parts; i++)
		w->wrong += w->times[stage - 1][i] != 1;
	w->wrong += w->times[stage][part]++ != 0 || part >= w->parts;
	if (part == w->late && stage < 3)
		nap();
	w->at[(stage + 1) % 2][part] = next(w->at[stage % 2], w->parts, stage, part);
}

static void
take_part(void *ctx, int64_t i, unsigned thread)
{
	Work *w = ctx;

	(void)thread;
	stages_run(&w->stages, w->n, w->parts, (unsigned)i, do_part, w);
}

static void
check_work(Work *w)
{
	uint64_t at[2][STAGES_PARTS] = {{0}};

	for (uint64_t stage = 0; stage < w->n; stage++)
		for (unsigned i = 0; i < w->parts; i++) {
			at[(stage + 1) % 2][i] = next(at[stage % 2], w->parts, stage, i);
			w->wrong += w->times[stage][i] != 1;
		}
	CHECK_INT(w->wrong, 0);
	CHECK_INT(memcmp(at[w->n % 2], w->at[w->n % 2], w->parts * sizeof at[0][0]), 0);
}

static void
stages(unsigned threads, unsigned parts, unsigned late)
{
	static Work w;
	SysPool *p = sys_pool_new(threads);

	for (int again = 0; again < 4; again++) {
		w = (Work){.n = again ? STAGES : 1, .parts = parts, .late = late};
		sys_pool_run(p, parts, take_part, &w);
		check_work(&w);
	}
	sys_pool_free(p);
}

/* Nobody else comes, and then there is nothing left. */
static void
alone(unsigned parts, unsigned me)
{
	static Work w;

	w = (Work){.n = STAGES, .parts = parts, .late = MOST};
	for (int i = 0; i < 2; i++) {
		stages_run(&w.stages, STAGES, parts, me, do_part, &w);
		check_work(&w);
	}
	stages_run(&w.stages, 0, parts, me, do_part, &w);
	CHECK_INT(w.stages.done, STAGES * parts);
}

/* ---- the system gives `n` threads only ---- */

static void
lacks(unsigned n)
{
	SysPool *p = sys_pool_new(4);
	static Work w;

	w = (Work){.n = STAGES, .parts = 4, .late = MOST};
	given = n;
	sys_pool_run(p, 4, take_part, &w);
	check_work(&w);
	CHECK_INT(sys_pool_size(p), n + 1);
	sys_pool_free(p);
	given = n;
	runs(4);
	given = 99;
}

int
main(void)
{
	CHECK(sys_cores() >= 1);
	runs(1);
	runs(2);
	runs(3);
	runs(8);
	wakes();
	sys_pool_free(sys_pool_new(5)); /* never used */
	sys_pool_free(NULL);
	alone(1, 0);
	alone(3, 1);
	alone(STAGES_PARTS, STAGES_PARTS - 1);
	stages(1, 3, MOST);
	stages(2, 2, MOST);
	stages(2, 2, 1);
	stages(2, 5, 4);
	stages(3, 3, 0);
	stages(8, 4, MOST);
	stages(8, STAGES_PARTS, 7);
	for (unsigned n = 0; CAN_LACK && n < 3; n++)
		lacks(n);
	return check_report();
}
