/* reduce.c: see reduce.h: copies, trials and the order of steps. */
#include "reduce.h"

#include <stdio.h>

enum { MAX_ROUNDS = 8, MAX_SIZES = 64 };

/* ---- trials ---- */

static bool
may_go_on(const Shrinking *r)
{
	return r->tried < (r->most ? r->most : 100000);
}

static void
tell(const Shrinking *r)
{
	char text[100];

	snprintf(text, sizeof text, "reducing: %u operations, %llu programs tried",
	         (unsigned)count_operations(r->best), (unsigned long long)r->tried);
	talk_progress(&r->talk, text);
}

/* What a trial reports is neither said nor counted. */
typedef struct Quiet {
	bool muted, machine;
	uint32_t nerror, nwarning;
} Quiet;

static Quiet
quiet_begin(Diag *d)
{
	Quiet q = {d->muted, d->machine, d->nerror, d->nwarning};

	d->muted = true;
	return q;
}

static void
quiet_end(Diag *d, Quiet q)
{
	d->muted = q.muted;
	d->machine = q.machine;
	d->nerror = q.nerror;
	d->nwarning = q.nwarning;
}

/* Whether p after the step is interesting; then it is the best. */
static bool
try_on(Shrinking *r, const Program *p, const ShrinkStep *s)
{
	Arena *a = &r->arena[!r->turn];
	ArenaMark mark = arena_mark(&r->kept);
	Diag *d = p->diag;
	Quiet q = quiet_begin(d);
	Program *copy = program_clone_into(p, a);
	uint32_t nerror = d->nerror;
	bool ok = !s || s->apply(s, copy);

	if (ok && s)
		sweep_program(copy);
	ok = ok && (!r->infers || settle_program(copy)) && program_verify(copy) &&
	     d->nerror == nerror;
	if (ok) {
		r->tried++;
		ok = r->interesting(r->ctx, copy);
	}
	quiet_end(d, q);
	if (!ok) {
		arena_free(a);
		arena_release(&r->kept, mark);
		return false;
	}
	arena_free(&r->arena[r->turn]);
	r->turn = !r->turn;
	r->best = copy;
	tell(r);
	return true;
}

static bool
try(Shrinking *r, ShrinkFn *apply, uint32_t from, uint32_t to, int how)
{
	return may_go_on(r) && try_on(r, r->best, &(ShrinkStep){apply, from, to, how, &r->kept});
}

/* ---- many things at once, then fewer ---- */

/* From the last to the first, all of them, halves, quarters and so on: what can go with the step
 * goes. */
static bool
thin(Shrinking *r, ShrinkFn *apply, uint32_t (*count)(const Program *), int how)
{
	uint32_t n = count(r->best);
	bool any = false;

	for (uint32_t size = n; size > 0; size /= 2)
		for (uint32_t at = n; at > 0;) {
			uint32_t from = at > size ? at - size : 0;
			if (try(r, apply, from, at, how)) {
				any = true;
				n = count(r->best);
			}
			at = MIN(from, n);
		}
	return any;
}

/* ---- steps, each until it finds nothing ---- */

static bool
drop_functions(Shrinking *r)
{
	bool any = false;

	for (uint32_t k = r->best->funcs.n; k > 0; k--)
		if (k <= r->best->funcs.n && try(r, step_drop_function, k - 1, 0, 0))
			any = true;
	return any;
}

/* The shortest beginning: by halves, and then a little further. */
static bool
cut_tail(Shrinking *r)
{
	uint32_t low = 0, high = count_top(r->best);
	bool any = false;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		if (try(r, step_cut_tail, mid, 0, 0)) {
			any = true;
			high = MIN(mid, count_top(r->best));
			low = MIN(low, high);
		} else {
			low = mid + 1;
		}
	}
	return any;
}

static bool
drop_operations(Shrinking *r)
{
	bool any = false;

	for (int how = 0; how < HOWS; how++)
		any |= thin(r, step_drop_operations, count_operations, how);
	return any;
}

static bool
unnest(Shrinking *r)
{
	bool any = false;

	for (uint32_t k = count_operations(r->best); k > 0; k--)
		for (int block = 0; block < 2; block++)
			if (k <= count_operations(r->best) && try(r, step_unnest, k - 1, 0, block))
				any = true;
	return any;
}

static bool
resize(Shrinking *r)
{
	int64_t size[MAX_SIZES];
	uint32_t n = r->infers ? find_sizes(r->best, size, MAX_SIZES) : 0;
	bool any = false;

	for (uint32_t k = 0; k < n; k++) {
		int64_t smaller[] = {1, 2, 3, 4, 8, size[k] / 2};
		for (size_t j = 0; j < countof(smaller); j++)
			if (smaller[j] >= 1 && smaller[j] < size[k] && size[k] <= UINT32_MAX &&
			    try(r, step_resize, (uint32_t)size[k], (uint32_t)smaller[j], 0)) {
				any = true;
				break;
			}
	}
	return any;
}

static bool
simplify_values(Shrinking *r)
{
	bool any = false;

	if (!r->infers)
		return false;
	any |= thin(r, step_fix_inputs, count_inputs, 0);
	any |= thin(r, step_plain_constants, count_constants, 0);
	return any;
}

static bool
go_round(Shrinking *r)
{
	bool any = drop_functions(r);

	any |= cut_tail(r);
	any |= thin(r, step_drop_outputs, count_outputs, 0);
	any |= drop_operations(r);
	any |= unnest(r);
	any |= resize(r);
	any |= simplify_values(r);
	return any;
}

bool
reduce(Shrinking *r, const Program *p)
{
	r->before = count_operations(p);
	r->infers = true;
	if (!try_on(r, p, NULL)) {
		r->infers = false;
		if (!try_on(r, p, NULL))
			return false;
	}
	for (int round = 0; round < MAX_ROUNDS && may_go_on(r) && go_round(r); round++)
		;
	r->after = count_operations(r->best);
	return true;
}

void
shrinking_free(Shrinking *r)
{
	arena_free(&r->arena[0]);
	arena_free(&r->arena[1]);
	arena_free(&r->kept);
}
