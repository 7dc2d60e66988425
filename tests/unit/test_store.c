/* Unit tests of the store: which file a path names, what may be had of it, and what no script in
 * tests/err/file reaches.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "stdlib/stdlib.h"
#include "stdlib/store.h"
#include "check.h"

typedef struct Fixture {
	Arena a;
	Store *s;
	char top[32];
	bool ok;
} Fixture;

static bool
put(const char *path)
{
	FILE *f = fopen(path, "w");

	return f && fputs("text", f) >= 0 && fclose(f) == 0;
}

/* A folder of its own with a script's folder `own` and another one beside it. */
static bool
begin(Fixture *f, StoreOptions o)
{
	*f = (Fixture){.top = "/tmp/milc-store-XXXXXX"};
	f->ok = mkdtemp(f->top) && chdir(f->top) == 0 && sys_make_folder("own") &&
	        sys_make_folder("other") && put("own/a.txt") && put("other/b.txt") &&
	        symlink("../other", "own/linked") == 0 && symlink("a.txt", "own/link") == 0 &&
	        symlink("round", "own/round") == 0;
	if (f->ok) {
		o.dir = "own";
		f->s = store_new(&f->a, &o);
	}
	return f->ok;
}

static void
end(Fixture *f)
{
	store_free(f->s);
	arena_free(&f->a);
	CHECK(chdir("/") == 0 && sys_remove_tree(f->top));
}

/* Where the path leads, from the fixture's folder on; what says no. */
static const char *
leads(Fixture *f, const char *path, StoreUse use)
{
	FilePlace p;

	if (store_resolve(f->s, path, use, &p))
		return p.path + (store_under(p.path, f->top) ? strlen(f->top) : 0);
	return f->s->refused ? "refused" : strerror(f->s->error);
}

static void
test_resolve(void)
{
	char name[5000];
	FilePlace p;
	Fixture f;

	CHECK(begin(&f, (StoreOptions){0}));
	CHECK_STR(leads(&f, "a.txt", STORE_READ), "/own/a.txt");
	CHECK_STR(leads(&f, ".//./a.txt", STORE_READ), "/own/a.txt");
	CHECK_STR(leads(&f, "none/../a.txt", STORE_WRITE), "/own/a.txt");
	CHECK_STR(leads(&f, "link", STORE_WRITE), "/own/a.txt");
	CHECK(store_resolve(f.s, "link/", STORE_READ, &p) && p.link && !p.plain);
	CHECK(store_resolve(f.s, "a.txt", STORE_READ, &p) && !p.link && p.plain);
	CHECK_STR(leads(&f, "linked/../own/a.txt", STORE_READ), "/own/a.txt");
	CHECK_STR(leads(&f, "linked/b.txt", STORE_READ), "refused");
	CHECK_STR(f.s->outside + strlen(f.top), "/other/b.txt");
	CHECK_STR(leads(&f, "../owner", STORE_WRITE), "refused");
	CHECK_STR(leads(&f, "..", STORE_LOOK), "");
	CHECK_STR(leads(&f, "..", STORE_LIST), "refused");
	CHECK_STR(leads(&f, "/", STORE_LOOK), "/");
	CHECK_STR(leads(&f, "/no such file", STORE_LOOK), "/no such file");
	CHECK_STR(leads(&f, "/no such file", STORE_READ), "refused");
	CHECK_STR(leads(&f, STORE_PRIVATE "/a", STORE_WRITE), STORE_PRIVATE "/a");
	CHECK_STR(leads(&f, STORE_PRIVATE "s", STORE_WRITE), "refused");
	CHECK_STR(leads(&f, "", STORE_READ), strerror(ENOENT));
	CHECK_STR(leads(&f, "round", STORE_READ), strerror(ELOOP));
	memset(name, 'x', sizeof name);
	name[sizeof name - 1] = 0;
	CHECK_STR(leads(&f, name, STORE_READ), strerror(ENAMETOOLONG));
	end(&f);
}

static void
test_allowed(void)
{
	static const char *const other[] = {"other", "none"};
	Fixture f;

	CHECK(begin(&f, (StoreOptions){.read = other, .nread = 2}));
	CHECK_STR(leads(&f, "linked/b.txt", STORE_READ), "/other/b.txt");
	CHECK_STR(leads(&f, "linked/b.txt", STORE_WRITE), "refused");
	CHECK(f.s->writing);
	end(&f);
	CHECK(begin(&f, (StoreOptions){.write = other, .nwrite = 2}));
	CHECK_STR(leads(&f, "linked/b.txt", STORE_READ), "refused");
	CHECK(!f.s->writing);
	CHECK_STR(leads(&f, "linked/b.txt", STORE_WRITE), "/other/b.txt");
	CHECK_STR(leads(&f, "linked/b.txt", STORE_LOOK), "/other/b.txt");
	CHECK_STR(leads(&f, "linked", STORE_LIST), "/other");
	end(&f);
	CHECK(begin(&f, (StoreOptions){.output = "other"}));
	CHECK_STR(leads(&f, "../other/new", STORE_WRITE), "/other/new");
	CHECK_STR(leads(&f, "../new", STORE_WRITE), "refused");
	end(&f);
}

/* What a script wrote it may read, wherever that is. */
static void
test_own(void)
{
	static const char *const other[] = {"other"};
	FileContent *n;
	FilePlace p;
	Fixture f;

	CHECK(begin(&f, (StoreOptions){.write = other, .nwrite = 1}));
	CHECK(store_resolve(f.s, "../other/b.txt", STORE_WRITE, &p));
	n = store_write(f.s, &p, STORE_OLD, true);
	CHECK(n && node_put(f.s, n, 0, "mine", 4));
	CHECK(store_resolve(f.s, "../other/b.txt", STORE_READ, &p));
	CHECK(store_read(f.s, &p) == n);
	CHECK_STR(n->at, "mine");
	end(&f);
}

static void
test_folder(void)
{
	FilePlace p, q;
	Fixture f;

	CHECK(begin(&f, (StoreOptions){0}));
	for (int k = 0; k < 4; k++) {
		static const char *const names[] = {"a.txt", "linked", "link", "round"};
		CHECK(unlink(arena_printf(&f.a, "own/%s", names[k])) == 0);
	}
	CHECK(store_resolve(f.s, ".", STORE_WRITE, &p));
	CHECK(!store_remove(f.s, &p, true));
	CHECK_INT(f.s->error, EBUSY);
	CHECK(store_resolve(f.s, "new", STORE_WRITE, &q));
	CHECK(!store_rename(f.s, &p, &q, "new"));
	CHECK_INT(f.s->error, EINVAL);
	CHECK(store_resolve(f.s, "pipe", STORE_WRITE, &p));
	CHECK(system("mkfifo own/pipe") == 0);
	CHECK(!store_write(f.s, &p, STORE_ANY, true));
	CHECK_INT(f.s->error, EINVAL);
	CHECK(!store_read(f.s, &p));
	CHECK_INT(f.s->error, EINVAL);
	end(&f);
}

/* The start of a file that is mapped stays when it is changed, and what lies between is zero. */
static void
test_content(void)
{
	static char large[100000];
	const char *real;
	FileContent *n;
	FilePlace p;
	Fixture f;
	FILE *out;

	CHECK(begin(&f, (StoreOptions){.memory = 300000}));
	memset(large, 'l', sizeof large);
	out = fopen("own/large", "w");
	CHECK(out && fwrite(large, 1, sizeof large, out) == sizeof large && fclose(out) == 0);
	CHECK(store_resolve(f.s, "large", STORE_WRITE, &p));
	n = store_write(f.s, &p, STORE_OLD, false);
	CHECK(n && n->map);
	CHECK(node_put(f.s, n, sizeof large + 10, "end", 3));
	CHECK_INT(n->n, sizeof large + 13);
	CHECK(!n->map && n->at[0] == 'l' && !n->at[sizeof large]);
	CHECK_STR(n->at + sizeof large + 10, "end");
	real = node_real(f.s, n, p.path);
	CHECK(real && sys_kind(real) == PATH_FILE);
	CHECK_STR(path_base(real), "large");
	CHECK(node_resize(f.s, n, 3));
	CHECK(sys_kind(real) == PATH_NONE);
	CHECK(!node_put(f.s, n, 400000, "x", 1));
	CHECK_INT(f.s->error, ENOMEM);
	CHECK(!node_put(f.s, n, SIZE_MAX, "x", 1));
	end(&f);
}

static void
keep(void *ctx, const char *text, size_t n)
{
	buf_put(ctx, text, n);
}

/* A folder that the script removed has got a file meanwhile. */
static void
test_stays(void)
{
	Buf said = {0};
	FilePlace p;
	Fixture f;
	Commit *c;
	Diag d;

	CHECK(begin(&f, (StoreOptions){0}));
	diag_init(&d, &f.a);
	d.sink = keep;
	d.sink_ctx = &said;
	CHECK(sys_make_folder("own/gone") && store_resolve(f.s, "gone", STORE_WRITE, &p));
	CHECK(store_remove(f.s, &p, true));
	CHECK(put("own/gone/more"));
	c = commit_begin(f.s, &f.a, &d);
	CHECK(commit_ready(c) && commit_end(c, true));
	diag_flush(&d);
	CHECK_STR(said.at, arena_printf(&f.a,
	                                "milc: warning: the script removed '%s/own/gone', which "
	                                "stays: Directory not empty\n",
	                                f.top));
	buf_free(&said);
	end(&f);
}

/* Where there is no store, as in fuzzing. */
static void
test_none(void)
{
	static const char script[] = "import _os\n_os.getcwd()\nopen('x')\n";
	Arena a = {0};
	Interner names;
	Buf said = {0};
	Interp *in;
	Diag d;

	intern_init(&names, &a);
	diag_init(&d, &a);
	d.sink = keep;
	d.sink_ctx = &said;
	in = interp_new(&a, &names, &d, NULL);
	stdlib_install(in);
	CHECK(!interp_run(in, diag_add_source(&d, "t.mil", script, sizeof script - 1)));
	diag_flush(&d);
	CHECK_STR(said.at, "t.mil:3:1: error: no file can be opened here\nopen('x')\n^~~~~~~~~\n");
	interp_free(in);
	buf_free(&said);
	intern_free(&names);
	arena_free(&a);
}

int
main(void)
{
	test_stays();
	test_none();
	test_resolve();
	test_allowed();
	test_own();
	test_folder();
	test_content();
	return check_report();
}
