/* Unit tests of fsout.c and mapfile.c: whole outputs or none, what may be replaced, reading. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/fsout.h"
#include "file/mapfile.h"
#include "file/npz.h"
#include "check.h"

static void
collect(void *ctx, const char *text, size_t len)
{
	buf_put(ctx, text, len);
}

/* All tests run in a folder of their own, as the current one. */
typedef struct Fixture {
	Arena a;
	Diag d;
	Buf out;
	char dir[32];
} Fixture;

static bool
begin(Fixture *f)
{
	*f = (Fixture){.dir = "/tmp/milc-fsout-XXXXXX"};
	diag_init(&f->d, &f->a);
	f->d.sink = collect;
	f->d.sink_ctx = &f->out;
	return mkdtemp(f->dir) && chdir(f->dir) == 0;
}

static bool
end(Fixture *f)
{
	char command[64];

	buf_free(&f->out);
	arena_free(&f->a);
	snprintf(command, sizeof command, "rm -rf %s", f->dir);
	return chdir("/") == 0 && system(command) == 0;
}

static bool
said(Fixture *f, const char *want)
{
	bool same;

	diag_flush(&f->d);
	same = strcmp(f->out.at ? f->out.at : "", want) == 0;
	if (!same)
		fprintf(stderr, "said:   %s\nwanted: %s\n", f->out.at ? f->out.at : "", want);
	buf_clear(&f->out);
	return same;
}

/* The system's words for an error differ. */
static bool
said_of(Fixture *f, const char *what, int error)
{
	return said(f, arena_printf(&f->a, "%s: %s\n", what, strerror(error)));
}

static bool
holds(Fixture *f, const char *path, const char *want)
{
	MapFile m;
	bool read = mapfile_read(&m, &f->d, NOSPAN, path, true, 1000);
	bool same = read && strcmp(m.at, want) == 0;

	if (read && !same)
		fprintf(stderr, "holds:  %s\nwanted: %s\n", m.at, want);
	mapfile_close(&m);
	return same;
}

/* What a folder holds, in order: "a.txt b.txt". */
static const char *
entries(const char *path)
{
	static char text[1024];
	struct dirent **entry;
	int n = scandir(path, &entry, 0, alphasort);

	text[0] = 0;
	for (int i = 0; i < n; i++) {
		const char *name = entry[i]->d_name;
		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			strncat(text, text[0] ? " " : "", sizeof text - strlen(text) - 1);
			strncat(text, name, sizeof text - strlen(text) - 1);
		}
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	return text;
}

static void
put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CHECK(f && fputs(text, f) >= 0);
	if (f)
		fclose(f);
}

static void
give_up(FsOut *o)
{
	o->failed = true;
	fsout_commit(o);
}

static void
test_files(void)
{
	Fixture f;
	FsOut o;
	struct stat st;

	CHECK(begin(&f));
	CHECK(fsout_begin(&o, &f.d, NOSPAN, "a.txt", false) && fsout_put(&o, 0, "one", 3));
	CHECK(access("a.txt", F_OK) < 0 && fsout_commit(&o) && holds(&f, "a.txt", "one"));
	CHECK(fsout_begin(&o, &f.d, NOSPAN, "./a.txt", false) && fsout_put(&o, 0, "two", 3));
	CHECK(holds(&f, "a.txt", "one"));
	give_up(&o);
	CHECK(holds(&f, "a.txt", "one"));
	CHECK_STR(entries("."), "a.txt");
	CHECK_INT(symlink("a.txt", "link"), 0);
	CHECK(fsout_begin(&o, &f.d, NOSPAN, "link", false) && fsout_put(&o, 0, "three", 5));
	CHECK(fsout_commit(&o) && holds(&f, "a.txt", "three"));
	CHECK_INT(lstat("link", &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_STR(entries("."), "a.txt link");
	CHECK(fsout_begin(&o, &f.d, NOSPAN, "/dev/null", false) && fsout_put(&o, 0, "x", 1));
	CHECK(fsout_commit(&o));
	CHECK_INT(stat("/dev/null", &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK(said(&f, "") && !f.d.machine);
	CHECK(!fsout_begin(&o, &f.d, NOSPAN, "no/b.txt", false) && fsout_create(&o, 0) < 0);
	CHECK(!fsout_put(&o, 0, "x", 1) && !fsout_commit(&o) && f.d.machine);
	CHECK(said(&f, "milc: error: cannot create 'no/b.txt': No such file or directory\n"));
	CHECK_INT(mkdir("folder", 0777), 0);
	CHECK(!fsout_begin(&o, &f.d, NOSPAN, "folder", false));
	give_up(&o);
	CHECK(said(&f, "milc: error: 'folder' is a folder, but a file is to be written there\n"));
	CHECK(fsout_begin(&o, &f.d, NOSPAN, "/dev/full", false) && !fsout_put(&o, 0, "x", 1));
	CHECK(!fsout_commit(&o));
	CHECK(said(&f, "milc: error: cannot write '/dev/full': No space left on device\n"));
	CHECK(fsout_begin(&o, &f.d, NOSPAN, "late", false));
	CHECK_INT(mkdir("late", 0777), 0);
	CHECK(!fsout_commit(&o));
	CHECK_STR(entries("late"), "");
	CHECK_STR(entries("."), "a.txt folder late link");
	CHECK(said(&f, "milc: error: cannot replace 'late': Is a directory\n"));
	CHECK(end(&f));
}

/* Links: one that is copied is followed, one in a folder is not, and one to nothing is where the
 * output goes. Holes stay holes. Two outputs that belong together. */
static void
test_copies(void)
{
	enum { HOLE = 64 << 20 };
	FsOut o, p;
	Fixture f;
	struct stat st;
	int fd;

	CHECK(begin(&f));
	CHECK_INT(mkdir("from", 0777), 0);
	fd = open("from/holes", O_WRONLY | O_CREAT, 0666);
	CHECK(pwrite(fd, "middle", 6, HOLE / 2) == 6 && ftruncate(fd, HOLE) == 0 && close(fd) == 0);
	put_file("from/text", "text");
	put_file("from/none", "");
	CHECK(symlink("from", "link") == 0 && symlink("nothing/../to", "new") == 0);
	CHECK(mkdir("nothing", 0777) == 0 && fsout_begin(&o, &f.d, NOSPAN, "new", true));
	CHECK(fsout_copy(&o, NULL, "link", NULL) && fsout_commit(&o));
	CHECK_STR(entries("to"), "holes none text");
	CHECK(holds(&f, "to/text", "text") && holds(&f, "to/none", ""));
	CHECK(stat("to/holes", &st) == 0 && st.st_size == HOLE);
	CHECK(stat("from/holes", &st) == 0);
	fd = (int)st.st_blocks;
	CHECK(stat("to/holes", &st) == 0);
	CHECK_INT(st.st_blocks, fd);
	CHECK_INT(system("cmp from/holes to/holes"), 0);
	CHECK_INT(symlink("text", "from/inner"), 0);
	CHECK(fsout_begin(&o, &f.d, NOSPAN, "again", true));
	CHECK(!fsout_copy(&o, NULL, "link", NULL) && !fsout_commit(&o));
	CHECK(said(&f,
	           "milc: error: 'link/inner' is a link: what a package holds must lie in it, and "
	           "cp -rL makes such a copy\n"));
	CHECK(fsout_begin(&o, &f.d, NOSPAN, "/dev/null", false));
	CHECK(fsout_copy(&o, NULL, "from/holes", NULL) && fsout_commit(&o));

	CHECK(fsout_begin(&o, &f.d, NOSPAN, "a", false) && fsout_put(&o, NULL, "a", 1));
	CHECK(!fsout_begin(&p, &f.d, NOSPAN, "to", false) && !fsout_put(&p, NULL, "b", 1));
	CHECK(!fsout_commit_pair(&o, &p, NULL) && access("a", F_OK) < 0);
	CHECK(said(&f, "milc: error: 'to' is a folder, but a file is to be written there\n"));
	CHECK(fsout_begin(&o, &f.d, NOSPAN, "a", false) && fsout_put(&o, NULL, "a", 1));
	CHECK(fsout_begin(&p, &f.d, NOSPAN, "b", false) && fsout_put(&p, NULL, "b", 1));
	CHECK(fsout_commit_pair(&o, &p, NULL) && holds(&f, "a", "a") && holds(&f, "b", "b"));
	CHECK(end(&f));
}

static bool
make_package(Fixture *f, const char *path, const char *text)
{
	FsOut o;

	return fsout_begin(&o, &f->d, NOSPAN, path, true) &&
	       fsout_put(&o, "Manifest.json", "{}", 2) &&
	       fsout_put(&o, "Data/com/weights/weight.bin", text, strlen(text)) && fsout_commit(&o);
}

/* A folder in a folder, so many times. */
static void
put_deep(const char *top, int depth)
{
	Buf path = {0};

	buf_puts(&path, top);
	for (int i = 0; i < depth; i++) {
		buf_puts(&path, "/d");
		CHECK_INT(mkdir(path.at, 0777), 0);
	}
	buf_free(&path);
}

/* Names as long as the system takes, whose temporary ones would be longer; not cut inside a
 * character. */
static void
test_long_names(void)
{
	Fixture f;
	FsOut o;
	char name[256] = {0}, both[600];

	CHECK(begin(&f));
	memset(name, 'n', 255);
	snprintf(both, sizeof both, "%s ", name);
	CHECK(fsout_begin(&o, &f.d, NOSPAN, name, false) && fsout_put(&o, 0, "one", 3));
	CHECK(fsout_commit(&o) && holds(&f, name, "one"));
	memcpy(name + 199, "é", 2);
	CHECK(fsout_begin(&o, &f.d, NOSPAN, name, true) && strncmp(o.tmp, ".nn", 3) == 0);
	CHECK(strncmp(o.tmp + 200, ".milc-", 6) == 0 && fsout_put(&o, "Manifest.json", "{}", 2));
	CHECK(fsout_commit(&o));
	CHECK_STR(entries(name), "Manifest.json");
	strcat(both, name);
	CHECK_STR(entries("."), both);
	CHECK(end(&f));
}

static void
test_packages(void)
{
	Buf want = {0};
	Fixture f;
	FsOut o;

	CHECK(begin(&f));
	CHECK(make_package(&f, "n.mlpackage", "1"));
	CHECK(holds(&f, "n.mlpackage/Data/com/weights/weight.bin", "1"));
	CHECK_STR(entries("."), "n.mlpackage");
	put_file("n.mlpackage/extra", "x");
	CHECK(make_package(&f, "n.mlpackage/", "2"));
	CHECK(holds(&f, "n.mlpackage/Data/com/weights/weight.bin", "2"));
	CHECK_STR(entries("."), "n.mlpackage");
	CHECK_STR(entries("n.mlpackage"), "Data Manifest.json");
	put_deep("n.mlpackage", 40);
	CHECK(make_package(&f, "n.mlpackage", "2"));
	CHECK_INT(f.d.nwarning, 1);
	buf_printf(&want, ".n.mlpackage.milc-%lu-0 n.mlpackage", sys_process());
	CHECK_STR(entries("."), want.at);
	buf_clear(&want);
	buf_printf(&want,
	           "milc: warning: 'n.mlpackage' is written, but what it replaced cannot be "
	           "removed and stays as '.n.mlpackage.milc-%lu-0': %s\n",
	           sys_process(), strerror(ENAMETOOLONG));
	CHECK(said(&f, want.at));
	buf_free(&want);
	CHECK_INT(system("rm -rf .n.mlpackage.milc-*"), 0);
	CHECK_STR(entries("."), "n.mlpackage");
	CHECK_INT(mkdir("empty", 0777), 0);
	CHECK(make_package(&f, "empty", "3"));
	CHECK_STR(entries("."), "empty n.mlpackage");
	CHECK(fsout_begin(&o, &f.d, NOSPAN, "n.mlpackage", true) && fsout_put(&o, "a/b", "x", 1));
	CHECK(fsout_create(&o, "a/b") < 0 && !fsout_commit(&o));
	CHECK(said(&f, "milc: error: cannot create 'n.mlpackage/a/b': File exists\n"));
	CHECK(holds(&f, "n.mlpackage/Data/com/weights/weight.bin", "2"));
	CHECK_STR(entries("."), "empty n.mlpackage");
	CHECK_INT(mkdir("mine", 0777), 0);
	put_file("mine/thesis.txt", "x");
	CHECK(!fsout_begin(&o, &f.d, NOSPAN, "mine", true) && fsout_create(&o, "a") < 0);
	give_up(&o);
	CHECK(said(&f,
	           "milc: error: 'mine' is a folder with other things in it, not a package that "
	           "could be replaced\n"));
	CHECK(holds(&f, "mine/thesis.txt", "x"));
	CHECK(!fsout_begin(&o, &f.d, NOSPAN, "mine/thesis.txt", true) && !fsout_commit(&o));
	CHECK(said(&f, "milc: error: 'mine/thesis.txt' exists and is a file, but a folder is to be "
	               "written there\n"));
	CHECK_STR(entries("."), "empty mine n.mlpackage");
	CHECK(end(&f));
}

static void
test_reading(void)
{
	Fixture f;
	MapFile m;
	int back = dup(0), fd;

	CHECK(begin(&f));
	put_file("a", "hello");
	put_file("nil", "");
	CHECK(mapfile_map(&m, &f.d, NOSPAN, "a"));
	CHECK_INT(m.n, 5);
	CHECK(memcmp(m.at, "hello", 5) == 0);
	mapfile_close(&m);
	mapfile_close(&m);
	CHECK(mapfile_map(&m, &f.d, NOSPAN, "nil"));
	CHECK_INT(m.n, 0);
	mapfile_close(&m);
	CHECK(mapfile_read(&m, &f.d, NOSPAN, "nil", true, 0));
	CHECK_INT(m.n, 0);
	CHECK_INT(*m.at, 0);
	mapfile_close(&m);
	CHECK(mapfile_read(&m, &f.d, NOSPAN, "a", true, 5));
	CHECK_INT(m.n, 5);
	CHECK_STR(m.at, "hello");
	mapfile_close(&m);
	CHECK(!mapfile_read(&m, &f.d, NOSPAN, "a", true, 4));
	CHECK_INT(m.n, 0);
	CHECK(said(&f, "milc: error: 'a' has more than 4 bytes, which is the limit here\n"));
	CHECK(!mapfile_map(&m, &f.d, NOSPAN, "none"));
	CHECK(said(&f, "milc: error: cannot open 'none': No such file or directory\n"));
	CHECK(!mapfile_read(&m, &f.d, NOSPAN, ".", true, 4));
	CHECK(said(&f, "milc: error: '.' is a folder, expected a file\n"));
	CHECK(!mapfile_read(&m, &f.d, NOSPAN, "/dev/zero", true, 4));
	CHECK(said(&f, "milc: error: '/dev/zero' is not a regular file\n"));
	CHECK(!mapfile_read(&m, &f.d, NOSPAN, "/proc/self/mem", true, 4) && f.d.machine);
	CHECK(said_of(&f, "milc: error: cannot read '/proc/self/mem'", EIO));
	CHECK_INT(mkfifo("pipe", 0666), 0);
	CHECK(!mapfile_map(&m, &f.d, NOSPAN, "pipe"));
	CHECK(said(&f, "milc: error: 'pipe' is a pipe, expected a file\n"));
	CHECK(!mapfile_read(&m, &f.d, NOSPAN, "pipe", false, 10));
	CHECK(said(&f, "milc: error: 'pipe' is a pipe, expected a file\n"));
	fd = open("a", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_INT(dup2(fd, 0), 0);
	CHECK(mapfile_read(&m, &f.d, NOSPAN, "-", true, 100));
	CHECK_STR(m.at, "hello");
	mapfile_close(&m);
	CHECK_INT(dup2(back, 0), 0);
	close(back);
	close(fd);
	if (access("/sys/devices/system/cpu/online", R_OK) == 0) { /* has a size, but no mapping */
		CHECK(!mapfile_map(&m, &f.d, NOSPAN, "/sys/devices/system/cpu/online"));
		CHECK(said(&f, "milc: error: cannot map '/sys/devices/system/cpu/online': No such "
		               "device\n"));
	}
	CHECK(end(&f));
}

/* No descriptor is left: that is the machine's failure; no such file: the input's. */
static void
test_whose_failure(void)
{
	struct rlimit old, none;
	Fixture f;
	MapFile m;
	NdErr err = {0};
	Nd a;

	CHECK(begin(&f) && getrlimit(RLIMIT_NOFILE, &old) == 0);
	put_file("a", "hello");
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = old.rlim_max};
	CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
	CHECK(!npy_read("a", &a, &err) && err.machine);
	CHECK(!npz_open(&f.a, &f.d, NOSPAN, "a") && f.d.machine);
	CHECK(said_of(&f, "milc: error: cannot read arrays from 'a'", EMFILE));
	f.d.machine = false;
	CHECK(!mapfile_map(&m, &f.d, NOSPAN, "a") && f.d.machine);
	CHECK(said_of(&f, "milc: error: cannot open 'a'", EMFILE));
	CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0);
	f.d.machine = false;
	CHECK(!npy_read("none", &a, &err) && !err.machine && !npy_read("a", &a, &err));
	CHECK(!err.machine && !npz_open(&f.a, &f.d, NOSPAN, "none") && !f.d.machine);
	CHECK(end(&f));
}

/* "a" and "b" in the folder; false, and nothing is changed, where it may not be replaced. */
static bool
make_own(Fixture *f, const char *path, const char *text)
{
	FsOut o;

	return fsout_begin_own(&o, &f->d, NOSPAN, path) && fsout_put(&o, "a", text, strlen(text)) &&
	       fsout_put(&o, "b", "", 0) && fsout_commit(&o);
}

#define STRANGE(name)                                                                              \
	"milc: error: 'own' holds '" name "', which was added or changed since the folder was "    \
	"written: move it, or name another folder\n"

/* A folder that is written again is the one that was written. */
static void
test_own_folders(void)
{
	static const char other[] = "milc: error: 'own' is a folder with other things in it, not "
	                            "one that was written before and could be replaced\n";
	Fixture f;

	CHECK(begin(&f));
	CHECK(make_own(&f, "own", "1") && make_own(&f, "own/", "2"));
	CHECK(holds(&f, "own/a", "2"));
	CHECK_STR(entries("."), "own");
	CHECK(holds(&f, "own/.milc-files",
	            "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35  a\n"
	            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b\n"));
	put_file("own/more", "");
	put_file("own/c", "");
	CHECK(!make_own(&f, "own", "3") && said(&f, STRANGE("c")) && holds(&f, "own/a", "2"));
	CHECK_INT(unlink("own/more") | unlink("own/c"), 0);
	put_file("own/a", "3");
	CHECK(!make_own(&f, "own", "3") && said(&f, STRANGE("a")));
	put_file("own/a", "2");
	CHECK_INT(rename("own/b", "b") | symlink("../b", "own/b"), 0);
	CHECK(!make_own(&f, "own", "3") && said(&f, STRANGE("b")));
	CHECK_INT(unlink("own/b") | mkdir("own/b", 0777), 0);
	CHECK(!make_own(&f, "own", "3") && said(&f, STRANGE("b")));
	CHECK_INT(rmdir("own/b"), 0);
	CHECK(make_own(&f, "own", "4")); /* what is gone cannot be lost */
	put_file("own/.milc-files", "x  a\n\n");
	CHECK(!make_own(&f, "own", "5") && said(&f, STRANGE("a")));
	CHECK_INT(unlink("own/.milc-files"), 0);
	CHECK(!make_own(&f, "own", "5") && said(&f, other));
	put_file("own/Manifest.json", "{}"); /* nor packages */
	CHECK(!make_own(&f, "own", "5") && said(&f, other) && holds(&f, "own/a", "4"));
	CHECK_INT(mkdir("empty", 0777), 0);
	CHECK(make_own(&f, "empty", "6"));
	CHECK_STR(entries("empty"), ".milc-files a b");
	CHECK(end(&f));
}

/* Outputs that wait for each other. */
static void
test_batch(void)
{
	FsBatch b = {0};
	Fixture f;
	FsOut o;

	CHECK(begin(&f));
	b.arena = &f.a;
	for (int turn = 0; turn < 2; turn++) {
		CHECK(fsout_begin(&o, &f.d, NOSPAN, "a", false) && fsout_put(&o, NULL, "a", 1));
		CHECK(fsout_later(&b, &o) && access("a", F_OK) < 0);
		CHECK(fsout_begin(&o, &f.d, NOSPAN, "b", true));
		CHECK(fsout_put(&o, "in/it", "b", 1) && fsout_later(&b, &o));
		CHECK(fsout_begin(&o, &f.d, NOSPAN, "/dev/null", false));
		CHECK(fsout_put(&o, NULL, "c", 1) && fsout_later(&b, &o));
		CHECK_INT(b.out.n, 2);
		CHECK(fsout_commit_all(&b, turn == 1) == (turn == 1)); /* first another failed */
		CHECK((access("a", F_OK) == 0) == (turn == 1));
		CHECK((access("b", F_OK) == 0) == (turn == 1));
	}
	CHECK(holds(&f, "a", "a") && holds(&f, "b/in/it", "b"));
	CHECK(said(&f, ""));
	CHECK(end(&f));
}

int
main(void)
{
	test_batch();
	test_files();
	test_copies();
	test_packages();
	test_own_folders();
	test_long_names();
	test_reading();
	test_whose_failure();
	return check_report();
}
