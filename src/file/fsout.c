/* fsout.c: temporary outputs, and putting them in place.
 *
 * Temporary names are ".NAME.milc-PID-N" in the destination's folder, so that a rename suffices. A
 * package that exists is exchanged with the new one in one step where the system can do that, else
 * set aside, replaced, and put back should that fail. A link is followed first: what it points to
 * is replaced, not the link.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fsout.h"
#include "mapfile.h"

enum { TRIES = 100, MAX_TREE = 32 };

static bool
fail(FsOut *o)
{
	o->failed = true;
	o->diag->machine = true;
	return false;
}

/* ---- names ---- */

static char *format_name(const char *fmt, ...) PRINTF(1, 2);

static char *
format_name(const char *fmt, ...)
{
	Buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	return b.at;
}

/* The nth temporary name beside the path. */
static char *
temporary_name(const char *path, int n)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

	return format_name("%.*s.%s.milc-%ld-%d", (int)(base - path), path, base, (long)getpid(),
	                   n);
}

/* The destination as the user wrote it, without slashes at its end; of a link, where it leads. */
static char *
destination(const char *path)
{
	size_t n = strlen(path);
	char *s, *real = 0;
	struct stat st;

	while (n > 1 && path[n - 1] == '/')
		n--;
	s = format_name("%.*s", (int)n, path);
	if (lstat(s, &st) == 0 && S_ISLNK(st.st_mode))
		real = realpath(s, 0);
	if (real) {
		free(s);
		s = real;
	}
	return s;
}

/* ---- removing ---- */

/* Removes the entry of an open folder, with all below it. */
static bool
remove_at(int dir, const char *name, int depth)
{
	struct dirent *e;
	bool good = true;
	DIR *d;
	int fd;

	if (unlinkat(dir, name, 0) == 0)
		return true;
	fd = depth < MAX_TREE ? openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
	                      : -1;
	d = fd < 0 ? 0 : fdopendir(fd);
	if (!d) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (good && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			good = remove_at(fd, e->d_name, depth + 1);
	closedir(d);
	return good && unlinkat(dir, name, AT_REMOVEDIR) == 0;
}

static bool
remove_tree(const char *path)
{
	return remove_at(AT_FDCWD, path, 0);
}

/* ---- what may be replaced ---- */

static bool
is_empty_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	if (!d)
		return false;
	while (n <= 2 && (e = readdir(d)))
		n++;
	closedir(d);
	return n <= 2;
}

/* Packages have a manifest; compiled models have one of the others. */
static bool
is_package(const char *path)
{
	static const char *const marks[] = {"Manifest.json", "model.mil", "coremldata.bin",
	                                    "model.espresso.net"};
	struct stat st;
	bool found = false;
	size_t i;

	for (i = 0; i < countof(marks) && !found; i++) {
		char *name = format_name("%s/%s", path, marks[i]);

		found = stat(name, &st) == 0 && S_ISREG(st.st_mode);
		free(name);
	}
	return found;
}

/* Looks at what is there; sets *direct where there is no file to replace. */
static bool
check_destination(FsOut *o, bool *direct)
{
	struct stat st;

	*direct = false;
	if (stat(o->path, &st) < 0)
		return true; /* nothing there; if it is worse, creating will tell */
	if (o->folder && !S_ISDIR(st.st_mode)) {
		diag_error(o->diag, o->span,
		           "'%s' exists and is a file, but a folder is to be written there",
		           o->path);
	} else if (o->folder && !is_package(o->path) && !is_empty_folder(o->path)) {
		diag_error(o->diag, o->span,
		           "'%s' is a folder with other things in it, not a package that could be "
		           "replaced",
		           o->path);
	} else if (!o->folder && S_ISDIR(st.st_mode)) {
		diag_error(o->diag, o->span, "'%s' is a folder, but a file is to be written there",
		           o->path);
	} else {
		*direct = !S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode);
		return true;
	}
	o->failed = true;
	return false;
}

/* ---- writing ---- */

static bool
make_temporary(FsOut *o)
{
	int i, fd = -1;

	for (i = 0; i < TRIES && fd < 0; i++) {
		free(o->tmp);
		o->tmp = temporary_name(o->path, i);
		if (o->folder)
			fd = mkdir(o->tmp, 0777);
		else
			fd = open(o->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0) {
		diag_error(o->diag, o->span, "cannot create '%s': %s", o->path, strerror(errno));
		free(o->tmp);
		o->tmp = 0;
		return fail(o);
	}
	if (!o->folder)
		close(fd);
	return true;
}

static void
release(FsOut *o)
{
	free(o->path);
	free(o->tmp);
	o->path = o->tmp = 0;
}

bool
fsout_begin(FsOut *o, Diag *d, Span at, const char *path, bool folder)
{
	bool direct;

	*o = (FsOut){.diag = d, .span = at, .path = destination(path), .folder = folder};
	if (check_destination(o, &direct) && (direct || make_temporary(o)))
		return true;
	release(o);
	return false;
}

/* Makes the folders that a path inside the temporary folder needs. */
static void
make_parents(char *path, size_t from)
{
	char *p;

	for (p = strchr(path + from, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		mkdir(path, 0777); /* if it fails, so does creating the file */
		*p = '/';
	}
}

int
fsout_create(FsOut *o, const char *name)
{
	const char *top = o->tmp ? o->tmp : o->path;
	char *path;
	int fd;

	if (o->failed)
		return -1;
	path = name ? format_name("%s/%s", top, name) : format_name("%s", top);
	if (name)
		make_parents(path, strlen(top) + 1);
	fd = open(path, O_WRONLY | (name ? O_CREAT | O_EXCL : O_TRUNC) | O_CLOEXEC, 0666);
	if (fd < 0) {
		diag_error(o->diag, o->span, "cannot create '%s%s%s': %s", o->path, name ? "/" : "",
		           name ? name : "", strerror(errno));
		fail(o);
	}
	free(path);
	return fd;
}

void
fsout_fail(FsOut *o, int error)
{
	if (!o->failed)
		diag_error(o->diag, o->span, "cannot write '%s': %s", o->path, strerror(error));
	fail(o);
}

static bool
fsout_write(FsOut *o, int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n && !o->failed) {
		ssize_t k = write(fd, s, n);

		if (k < 0 && errno != EINTR)
			fsout_fail(o, errno);
		if (k > 0) {
			s += k;
			n -= (size_t)k;
		}
	}
	return !o->failed;
}

bool
fsout_close(FsOut *o, int fd)
{
	if (fd >= 0 && close(fd) < 0)
		fsout_fail(o, errno);
	return !o->failed;
}

bool
fsout_put(FsOut *o, const char *name, const void *p, size_t n)
{
	int fd = fsout_create(o, name);

	if (fd >= 0)
		fsout_write(o, fd, p, n);
	return fsout_close(o, fd);
}

bool
fsout_mkdir(FsOut *o, const char *name)
{
	char *path = format_name("%s/%s", o->tmp ? o->tmp : o->path, name);

	make_parents(path, strlen(o->tmp ? o->tmp : o->path) + 1);
	if (!o->failed && mkdir(path, 0777) != 0 && errno != EEXIST)
		fsout_fail(o, errno);
	free(path);
	return !o->failed;
}

static bool
copy_folder(FsOut *o, const char *name, const char *from, const char *except)
{
	DIR *d = opendir(from);
	struct dirent *e;

	if (!d) {
		diag_error(o->diag, o->span, "cannot open '%s': %s", from, strerror(errno));
		return fail(o);
	}
	if (name)
		fsout_mkdir(o, name);
	while (!o->failed && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		char *path = format_name("%s/%s", from, e->d_name);
		char *to = name ? format_name("%s/%s", name, e->d_name) : format_name("%s", e->d_name);
		fsout_copy(o, to, path, except);
		free(path);
		free(to);
	}
	closedir(d);
	return !o->failed;
}

bool
fsout_copy(FsOut *o, const char *name, const char *from, const char *except)
{
	struct stat st;
	MapFile map;

	if (except && !strcmp(from, except))
		return true;
	if (lstat(from, &st) == 0 && S_ISDIR(st.st_mode))
		return copy_folder(o, name, from, except);
	if (S_ISLNK(st.st_mode)) {
		diag_error(o->diag, o->span, "'%s' is a link: what a package holds must lie in it",
		           from);
		o->failed = true;
		return false;
	}
	if (!mapfile_map(&map, o->diag, o->span, from))
		return fail(o);
	fsout_put(o, name, map.at, map.n);
	mapfile_close(&map);
	return !o->failed;
}

/* ---- putting in place ---- */

/* Where there is no exchange: the old folder steps aside. */
static bool
replace_folder(const char *tmp, const char *path)
{
	char *aside = 0;
	int i, failed = -1, error;

	for (i = TRIES; i < 2 * TRIES && failed; i++) {
		free(aside);
		aside = temporary_name(path, i);
		failed = access(aside, F_OK) == 0 ? -1 : rename(path, aside);
		if (failed && access(aside, F_OK) < 0)
			break;
	}
	if (!failed && rename(tmp, path) < 0) {
		error = errno;
		rename(aside, path);
		errno = error;
		failed = -1;
	} else if (!failed) {
		remove_tree(aside);
	}
	free(aside);
	return !failed;
}

static bool
put_in_place(const FsOut *o)
{
	if (rename(o->tmp, o->path) == 0) /* files, and folders where none or an empty one was */
		return true;
	if (!o->folder || (errno != ENOTEMPTY && errno != EEXIST))
		return false;
	if (renameat2(AT_FDCWD, o->tmp, AT_FDCWD, o->path, RENAME_EXCHANGE) == 0) {
		remove_tree(o->tmp); /* now the old one */
		return true;
	}
	return replace_folder(o->tmp, o->path);
}

bool
fsout_commit(FsOut *o)
{
	if (!o->failed && o->tmp && !put_in_place(o)) {
		diag_error(o->diag, o->span, "cannot replace '%s': %s", o->path, strerror(errno));
		fail(o);
	}
	if (o->failed && o->tmp)
		remove_tree(o->tmp);
	release(o);
	return !o->failed;
}

void
fsout_abandon(FsOut *o)
{
	if (o->tmp)
		remove_tree(o->tmp);
	release(o);
}
