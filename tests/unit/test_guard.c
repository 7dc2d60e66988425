/* test_guard.c: what a guard owns goes when memory ends or an invariant breaks, nothing else. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "file/fsout.h"
#include "file/mapfile.h"

#include "check.h"

static char order[16];

static void
note(void *letter)
{
	order[strlen(order)] = *(char *)letter;
}

static Hold *
hold(char letter)
{
	static char letters[128];

	letters[(int)letter] = letter;
	return guard_hold(note, &letters[(int)letter]);
}

static int
open_files(void)
{
	int n = 0;

	for (int fd = 0; fd < 64; fd++)
		n += lseek(fd, 0, SEEK_CUR) >= 0;
	return n;
}

/* ---- memory ---- */

typedef struct Work {
	Arena arena;
	char *kept;
	int done;
} Work;

static void
allocate(void *ctx)
{
	Work *w = ctx;
	Interner names;
	Buf b = {0};
	char *p = xcalloc(3, 5);

	intern_init(&names, &w->arena);
	intern_cstr(&names, "name");
	for (int i = 0; i < 4; i++)
		buf_printf(&b, "%0100d", i);
	arena_alloc(&w->arena, 9 << 20);
	p = xrealloc(p, 1000, 7);
	xfree(xhuge(5 << 20));
	xfree(p);
	w->kept = arena_strdup(&w->arena, "kept");
	buf_free(&b);
	intern_free(&names);
	w->done++;
}

/* Each allocation fails in turn; the one after the last does not. */
static void
test_every_allocation(void)
{
	Guard g = {0};
	int n = 0;

	for (GuardEnd end = GUARD_NOMEM; end != GUARD_DONE && n < 100; n++) {
		Work w = {0};

		guard_fail_after(&g, (uint64_t)n + 1);
		end = guard_run(&g, allocate, &w);
		CHECK(end == (w.done ? GUARD_DONE : GUARD_NOMEM));
		if (!w.done)
			CHECK(!g.holds && g.ring.next == &g.ring);
		else
			CHECK(strcmp(w.kept, "kept") == 0 && g.ring.next != &g.ring);
	}
	CHECK_INT(n, 11); /* allocate() takes memory ten times */
	guard_fail_after(&g, 0);
	guard_release(&g);
	CHECK(g.ring.next == &g.ring);
}

static void
make_block(void *p)
{
	*(char **)p = xmalloc(4);
}

static void
free_block(void *p)
{
	xfree(*(char **)p);
}

/* A block may be freed in another guard than its own, and outside of any. */
static void
test_strangers(void)
{
	Guard a = {0}, b = {0};
	char *p, *q;

	CHECK_INT(guard_run(&a, make_block, &p), GUARD_DONE);
	CHECK_INT(guard_run(&a, make_block, &q), GUARD_DONE);
	CHECK(a.ring.next != a.ring.prev);
	CHECK_INT(guard_run(&b, free_block, &p), GUARD_DONE);
	CHECK(a.ring.next == a.ring.prev);
	xfree(q);
	CHECK(a.ring.next == &a.ring);
	q = xmalloc(3);
	CHECK_INT(guard_run(&a, free_block, &q), GUARD_DONE);
	CHECK(a.ring.next == &a.ring);
	xfree(0);
}

enum { MIB = 1 << 20 };

static void
make_array(void *p)
{
	*(char **)p = xtry_array(8 * MIB, true);
}

/* Large arrays that are freed are kept for the next of their size, up to 4 and 256 MiB of them. */
static void
arrays(void *ctx)
{
	Guard *g = ctx;
	char *p = xtry_array(8 * MIB, true), *q, *many[6];
	char *small = xtry_array(MIB, true);

	CHECK(p && small && p[0] == 0 && p[8 * MIB - 1] == 0);
	memset(p, 7, 8 * MIB);
	xfree_array(small, MIB);
	CHECK(!g->spare[0].p);
	xfree_array(p, 8 * MIB);
	CHECK(g->spare[0].p == p && g->spare[0].n == 8 * MIB);
	q = xtry_array(9 * MIB, false); /* larger */
	CHECK(q != p && g->spare[0].p == p);
	small = xtry_array(7 * MIB, false); /* smaller by more than an eighth */
	CHECK(small != p && g->spare[0].p == p);
	xfree_array(small, 7 * MIB);
	CHECK(g->spare[0].p == p && g->spare[1].p == small);
	CHECK(xtry_array(8 * MIB - 16, false) == p && p[0] == 7 && g->spare[0].p == small);
	CHECK(!g->spare[1].p);
	xfree_array(p, 8 * MIB - 16);
	CHECK(xtry_array(8 * MIB - 16, true) == p && p[0] == 0 && p[8 * MIB - 17] == 0);
	xfree_array(q, 9 * MIB);
	xfree_array(p, 8 * MIB);
	for (int i = 0; i < 6; i++)
		many[i] = xtry_array((size_t)(20 + 8 * i) * MIB, false);
	for (int i = 0; i < 6; i++)
		xfree_array(many[i], (size_t)(20 + 8 * i) * MIB);
	for (int i = 0; i < 4; i++) /* the oldest went */
		CHECK(g->spare[i].p == many[2 + i]);
	p = xtry_array(250 * (size_t)MIB, false);
	xfree_array(p, 250 * (size_t)MIB);
	CHECK(g->spare[0].p == p && !g->spare[1].p);
	p = xtry_array(257 * (size_t)MIB, false); /* is not kept at all */
	CHECK(p != g->spare[0].p);
	xfree_array(p, 257 * (size_t)MIB);
	CHECK(g->spare[0].n == 250 * (size_t)MIB && !g->spare[1].p);
	guard_trim();
	CHECK(!g->spare[0].p && g->ring.next == &g->ring);
	guard_fail_after(g, 1);
	CHECK(!xtry_array(8 * MIB, true));
}

static void
free_array(void *p)
{
	xfree_array(*(char **)p, 8 * MIB);
}

static void
test_arrays(void)
{
	Guard a = {0}, b = {0};
	char *p;

	CHECK_INT(guard_run(&a, arrays, &a), GUARD_DONE);
	CHECK_INT(guard_run(&a, make_array, &p), GUARD_DONE);
	CHECK_INT(guard_run(&b, free_array, &p), GUARD_DONE);
	CHECK(a.ring.next == &a.ring && b.spare[0].p == p && b.ring.next != &b.ring);
	guard_release(&b);
	CHECK(!b.spare[0].p && b.ring.next == &b.ring);
	make_array(&p); /* outside of any guard nothing is kept */
	free_array(&p);
	guard_trim();
}

static void
too_much(void *ctx)
{
	CHECK(!xtry(SIZE_MAX - 3));
	if (*(int *)ctx == 0)
		xmalloc(SIZE_MAX - 1);
	else if (*(int *)ctx == 1)
		xcalloc(SIZE_MAX / 2, 3);
	else
		xrealloc(xmalloc(1), SIZE_MAX / 2, 3);
}

/* ---- the ways out ---- */

static void
hold_three(void *ctx)
{
	Hold *b;

	hold('a');
	b = hold('b');
	hold('c');
	guard_drop(b);
	hold('d');
	guard_drop_last(note, "none");
	if (ctx)
		guard_signal(note);
	else
		die("seven is %d", 7);
}

static void
inner_fails(void *ctx)
{
	Guard inner = {0};

	hold('o');
	CHECK_INT(guard_run(&inner, hold_three, 0), GUARD_BROKEN);
	*(int *)ctx = 1;
}

static void
enter_twice(void *g)
{
	guard_run(g, enter_twice, g);
}

static void
test_ways_out(void)
{
	Guard g = {0};
	int after = 0, how;

	for (how = 0; how < 3; how++)
		CHECK(guard_run(&g, too_much, &how) == GUARD_NOMEM && g.ring.next == &g.ring);
	CHECK_INT(guard_run(&g, hold_three, 0), GUARD_BROKEN);
	CHECK_STR(order, "dca");
	CHECK(strstr(g.why, "test_guard.c:") && strstr(g.why, ": seven is 7"));
	memset(order, 0, sizeof order);
	CHECK_INT(guard_run(&g, inner_fails, &after), GUARD_DONE);
	CHECK_INT(after, 1);
	CHECK_STR(order, "dca");
	CHECK(g.holds && !g.entry);
	guard_release(&g);
	CHECK_STR(order, "dcao");
	CHECK(!g.holds);
	memset(order, 0, sizeof order);
	CHECK_INT(guard_run(&g, hold_three, &g), GUARD_DONE);
	CHECK_STR(order, "dca");
	guard_release(&g);
	CHECK_STR(order, "dcadca");
	CHECK_INT(guard_run(&g, enter_twice, &g), GUARD_BROKEN);
	CHECK(!g.entry);
	CHECK(strstr(g.why, "a guard is entered for the second time"));
	CHECK(!hold('x'));
	guard_drop(0);
}

/* ---- what is open ---- */

static void
leave_open(void *ctx)
{
	Diag d = {0};
	Arena a = {0};
	FsOut o;
	MapFile m;
	PathKind kind;
	uint64_t size;

	diag_init(&d, &a);
	CHECK(mapfile_map(&m, &d, NOSPAN, "file"));
	CHECK_INT(m.n, 3);
	CHECK(sys_open("file", false, &kind, &size) >= 0);
	CHECK_INT(kind, PATH_FILE);
	CHECK_INT(size, 3);
	CHECK(fsout_begin(&o, &d, NOSPAN, "model.mlpackage", true));
	CHECK(fsout_put(&o, "Data/a/b", "xyz", 3) && fsout_create(&o, "Data/c") >= 0);
	fsout_folder(&o, "Data/d/e");
	if (ctx) {
		sys_catch_signals();
		raise(*(int *)ctx);
	}
	die("on the way");
}

static bool
only_file_is_there(void)
{
	return unlink("file") == 0 && sys_is_empty_folder(".");
}

static void
put_file(void)
{
	FILE *f = fopen("file", "w");

	CHECK(f && fputs("abc", f) >= 0);
	CHECK_INT(fclose(f), 0);
}

static void
test_open(void)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	Guard g = {0};
	int files, status = 0;

	put_file();
	files = open_files();
	CHECK_INT(guard_run(&g, leave_open, 0), GUARD_BROKEN);
	CHECK(open_files() == files);
	CHECK(only_file_is_there());
	for (size_t i = 0; i < countof(signals); i++) {
		int number = signals[i];
		pid_t child;

		put_file();
		child = fork();
		if (!child) {
			guard_run(&g, leave_open, &number);
			_exit(0);
		}
		CHECK(child > 0 && waitpid(child, &status, 0) == child);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == number && only_file_is_there());
	}
}

int
main(void)
{
	char folder[] = "/tmp/milc-guard-XXXXXX";

	CHECK(mkdtemp(folder));
	CHECK_INT(chdir(folder), 0);
	test_every_allocation();
	test_strangers();
	test_arrays();
	test_ways_out();
	test_open();
	CHECK_INT(chdir("/"), 0);
	CHECK(sys_remove_tree(folder));
	return check_report();
}
