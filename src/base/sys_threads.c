/* sys_threads.c: threads that share out the work of kernels.
 *
 * What is left of a run is one number, a ticket: the run's number above, how many items nobody has
 * taken below. Who takes an item subtracts one from it, which only works while that run lasts; the
 * items that were taken are counted when they are done. A thread that wakes up late finds nothing
 * to take. Threads look for work a while before they sleep, since the next op is near.
 */
#include "sys.h"

#ifdef __wasi__

unsigned
sys_cores(void)
{
	return 1;
}

SysPool *
sys_pool_new(unsigned n)
{
	(void)n;
	return NULL;
}

unsigned
sys_pool_size(const SysPool *p)
{
	(void)p;
	return 1;
}

bool
sys_pool_awake(const SysPool *p)
{
	(void)p;
	return true;
}

void
sys_pool_run(SysPool *p, int64_t n, void (*fn)(void *ctx, int64_t i, unsigned thread), void *ctx)
{
	(void)p;
	for (int64_t i = 0; i < n; i++)
		fn(ctx, i, 0);
}

void
sys_pool_free(SysPool *p)
{
	(void)p;
}

void
sys_wait_a_little(unsigned looks)
{
	(void)looks;
}

#else

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	MOST = 64,        /* threads */
	PATIENCE = 20000, /* nanoseconds of looking before a thread sleeps */
	LOOKS = 64,       /* between two looks at the clock */
	PAUSES = 1000,    /* of a thread that waits for others, before it gives way */
};

typedef struct Worker {
	SysPool *pool;
	unsigned number;
	pthread_t thread;
} Worker;

struct SysPool {
	unsigned n, started;
	/* The run at hand: written before its ticket, read by who has taken an item. */
	void (*fn)(void *ctx, int64_t i, unsigned thread);
	void *ctx;
	int64_t items, first; /* of this piece of the run, and where it begins */
	uint64_t run;
	_Atomic uint64_t ticket;
	_Atomic int64_t done;
	_Atomic unsigned sleepers;
	_Atomic bool end;
	pthread_mutex_t lock;
	pthread_cond_t work;
	Worker worker[MOST];
};

static inline void
pause_a_little(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

void
sys_wait_a_little(unsigned looks)
{
	if (looks < PAUSES)
		pause_a_little();
	else
		sched_yield();
}

static bool
some_left(SysPool *p)
{
	return (uint32_t)atomic_load(&p->ticket) != 0;
}

/* Takes items and does them until none is left. */
static void
take_items(SysPool *p, unsigned thread)
{
	uint64_t t = atomic_load(&p->ticket);

	while ((uint32_t)t) {
		if (!atomic_compare_exchange_weak(&p->ticket, &t, t - 1))
			continue;
		p->fn(p->ctx, p->first + p->items - (int64_t)(uint32_t)t, thread);
		atomic_fetch_add(&p->done, 1);
		t = atomic_load(&p->ticket);
	}
}

static void
wait_for_work(SysPool *p)
{
	double until = sys_clock(false) + PATIENCE * 1e-9;

	do
		for (int i = 0; i < LOOKS; i++) {
			if (some_left(p) || atomic_load(&p->end))
				return;
			pause_a_little();
		}
	while (sys_clock(false) < until);
	pthread_mutex_lock(&p->lock);
	atomic_fetch_add(&p->sleepers, 1);
	while (!some_left(p) && !atomic_load(&p->end))
		pthread_cond_wait(&p->work, &p->lock);
	atomic_fetch_sub(&p->sleepers, 1);
	pthread_mutex_unlock(&p->lock);
}

static void *
worker_main(void *arg)
{
	Worker *w = arg;

	while (!atomic_load(&w->pool->end)) {
		take_items(w->pool, w->number);
		wait_for_work(w->pool);
	}
	return NULL;
}

static void
wake(SysPool *p)
{
	if (atomic_load(&p->sleepers) == 0)
		return;
	pthread_mutex_lock(&p->lock);
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
}

static void
free_pool(void *pool)
{
	SysPool *p = pool;

	atomic_store(&p->end, true);
	wake(p);
	for (unsigned i = 0; i < p->started; i++)
		pthread_join(p->worker[i].thread, NULL);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->work);
	free(p);
}

unsigned
sys_cores(void)
{
#ifdef __linux__
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		return (unsigned)MAX(CPU_COUNT(&set), 1);
#endif
	return (unsigned)MAX(sysconf(_SC_NPROCESSORS_ONLN), 1);
}

SysPool *
sys_pool_new(unsigned n)
{
	SysPool *p = calloc(1, sizeof *p);

	if (!p)
		milc_nomem();
	p->n = MIN(MAX(n, 1), MOST);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	guard_hold(free_pool, p);
	return p;
}

unsigned
sys_pool_size(const SysPool *p)
{
	return p->n;
}

bool
sys_pool_awake(const SysPool *p)
{
	return p->started + 1 == p->n && atomic_load(&p->sleepers) == 0;
}

/* As many as the system gives; the caller's own is always there. */
static void
start(SysPool *p)
{
	while (p->started + 1 < p->n) {
		Worker *w = &p->worker[p->started];
		*w = (Worker){.pool = p, .number = p->started + 1};
		if (pthread_create(&w->thread, NULL, worker_main, w) != 0)
			break;
		p->started++;
	}
	p->n = p->started + 1;
}

void
sys_pool_run(SysPool *p, int64_t n, void (*fn)(void *ctx, int64_t i, unsigned thread), void *ctx)
{
	if (p->started + 1 < p->n)
		start(p);
	for (int64_t at = 0; at < n; at += p->items) {
		p->fn = fn;
		p->ctx = ctx;
		p->first = at;
		p->items = MIN(n - at, UINT32_MAX);
		atomic_store(&p->done, 0);
		atomic_store(&p->ticket, ++p->run << 32 | (uint64_t)p->items);
		wake(p);
		take_items(p, 0);
		for (unsigned looks = 0; atomic_load(&p->done) < p->items; looks++)
			sys_wait_a_little(looks);
	}
}

void
sys_pool_free(SysPool *p)
{
	if (!p)
		return;
	guard_drop_last(free_pool, p);
	free_pool(p);
}

#endif
