/* fsout.c: temporary outputs, and putting them in place.
 *
 * Temporary names are ".NAME.milc-PID-N" in the destination's folder, so that a rename suffices. A
 * package that exists is exchanged with the new one in one step where the system can do that, else
 * set aside, replaced, and put back should that fail. A link is followed first: what it points to
 * is replaced, not the link.
 */
#include <errno.h>
#include <stdio.h>

#include "base/sys.h"
#include "fsout.h"
#include "mapfile.h"

/* Systems take names of 255 bytes, with what is added. */
enum { TRIES = 100, MAX_NAME = 200, MAX_COPIED = 40 };

struct FsTemp {
	FsTemp *next;
	Hold *hold;
	char path[];
};

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
	const char *base = path_base(path);
	size_t len = strlen(base);

	for (len = MIN(len, (size_t)MAX_NAME); base[len] && utf8_continues(base[len]);)
		len--;
	return format_name("%.*s.%.*s.milc-%lu-%d", (int)(base - path), path, (int)len, base,
	                   sys_process(), n);
}

/* The destination as the user wrote it, without slashes at its end; of a link, where it leads. */
static char *
destination(const char *path)
{
	size_t n = strlen(path);
	char *s, *real;

	while (n > 1 && path[n - 1] == '/')
		n--;
	s = format_name("%.*s", (int)n, path);
	real = sys_follow(s);
	if (real) {
		xfree(s);
		s = real;
	}
	return s;
}

static void
forget_last(FsOut *o)
{
	FsTemp *t = o->made;

	o->made = t->next;
	guard_drop(t->hold);
	xfree(t);
}

/* A new folder, or with fd a file, that is removed should writing not come to its end. A signal may
 * come as soon as it is there, so it is held before. */
static bool
make(FsOut *o, const char *path, int *fd)
{
	size_t n = strlen(path) + 1;
	FsTemp *t = xmalloc(sizeof *t + n);
	int error;

	memcpy(t->path, path, n);
	t->next = o->made;
	t->hold = sys_temporary(t->path);
	o->made = t;
	if (fd ? (*fd = sys_create(path, false)) >= 0 : sys_make_folder(path))
		return true;
	error = errno;
	forget_last(o);
	errno = error;
	return false;
}

/* ---- what may be replaced ---- */

/* Packages have a manifest; compiled models have one of the others. */
static bool
is_package(const char *path)
{
	static const char *const marks[] = {"Manifest.json", "model.mil", "coremldata.bin",
	                                    "model.espresso.net"};
	bool found = false;
	size_t i;

	for (i = 0; i < countof(marks) && !found; i++) {
		char *name = format_name("%s/%s", path, marks[i]);

		found = sys_kind(name) == PATH_FILE;
		xfree(name);
	}
	return found;
}

/* Looks at what is there; sets *direct where there is no file to replace. */
static bool
check_destination(FsOut *o, bool *direct)
{
	PathKind kind = sys_kind(o->path);

	*direct = kind == PATH_PIPE || kind == PATH_OTHER;
	if (kind == PATH_NONE)
		return true; /* nothing there; if it is worse, creating will tell */
	if (o->folder && kind != PATH_FOLDER) {
		diag_error(o->diag, o->span,
		           "'%s' exists and is a file, but a folder is to be written there",
		           o->path);
	} else if (o->folder && !is_package(o->path) && !sys_is_empty_folder(o->path)) {
		diag_error(o->diag, o->span,
		           "'%s' is a folder with other things in it, not a package that could be "
		           "replaced",
		           o->path);
	} else if (!o->folder && kind == PATH_FOLDER) {
		diag_error(o->diag, o->span, "'%s' is a folder, but a file is to be written there",
		           o->path);
	} else {
		return true;
	}
	o->failed = true;
	return false;
}

/* ---- writing ---- */

static bool
make_temporary(FsOut *o)
{
	bool made = false;
	int fd = -1;

	for (int i = 0; i < TRIES && !made; i++) {
		xfree(o->tmp);
		o->tmp = temporary_name(o->path, i);
		errno = EEXIST;
		if (sys_kind(o->tmp) == PATH_NONE)
			made = make(o, o->tmp, o->folder ? 0 : &fd);
		if (!made && errno != EEXIST)
			break;
	}
	if (!made) {
		diag_error(o->diag, o->span, "cannot create '%s': %s", o->path, strerror(errno));
		xfree(o->tmp);
		o->tmp = 0;
		return fail(o);
	}
	if (!o->folder)
		sys_close(fd);
	return true;
}

static void
release(FsOut *o)
{
	while (o->made)
		forget_last(o);
	xfree(o->path);
	xfree(o->tmp);
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

/* The path of a name inside the temporary folder, with the folders on the way to it. */
static char *
place(FsOut *o, const char *name)
{
	const char *top = o->tmp ? o->tmp : o->path;
	char *path = format_name("%s/%s", top, name), *p;

	for (p = strchr(path + strlen(top) + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		make(o, path, 0); /* if it fails, so does creating the file */
		*p = '/';
	}
	return path;
}

int
fsout_create(FsOut *o, const char *name)
{
	char *path;
	int fd = -1;

	if (o->failed)
		return -1;
	path = name ? place(o, name) : 0;
	if (path)
		make(o, path, &fd);
	else
		fd = sys_create(o->tmp ? o->tmp : o->path, true);
	if (fd < 0) {
		diag_error(o->diag, o->span, "cannot create '%s%s%s': %s", o->path, name ? "/" : "",
		           name ? name : "", strerror(errno));
		fail(o);
	}
	xfree(path);
	return fd;
}

void
fsout_folder(FsOut *o, const char *name)
{
	char *path;

	if (o->failed)
		return;
	path = place(o, name);
	if (!make(o, path, 0))
		fsout_fail(o, errno);
	xfree(path);
}

void
fsout_fail(FsOut *o, int error)
{
	if (!o->failed)
		diag_error(o->diag, o->span, "cannot write '%s': %s", o->path, strerror(error));
	fail(o);
}

bool
fsout_close(FsOut *o, int fd)
{
	if (fd >= 0 && !sys_close(fd))
		fsout_fail(o, errno);
	return !o->failed;
}

bool
fsout_put(FsOut *o, const char *name, const void *p, size_t n)
{
	int fd = fsout_create(o, name);

	if (fd >= 0 && !sys_write(fd, p, n))
		fsout_fail(o, errno);
	return fsout_close(o, fd);
}

typedef struct Copying {
	FsOut *o;
	const char *name, *from, *except;
	int depth;
} Copying;

static bool copy(FsOut *o, const char *name, const char *from, const char *except, int depth);

static bool
copy_entry(void *ctx, const char *entry)
{
	const Copying *c = ctx;
	char *path = format_name("%s/%s", c->from, entry);
	char *to = format_name(c->name ? "%s/%s" : "%s%s", c->name ? c->name : "", entry);
	bool ok = copy(c->o, to, path, c->except, c->depth + 1);

	xfree(path);
	xfree(to);
	return ok;
}

static bool
copy(FsOut *o, const char *name, const char *from, const char *except, int depth)
{
	Copying c = {o, name, from, except, depth};
	char *link = sys_follow(from);
	MapFile map;

	if (except && !strcmp(from, except))
		return true;
	if (link || depth > MAX_COPIED) {
		diag_error(o->diag, o->span,
		           link ? "'%s' is a link: what a package holds must lie in it"
		                : "'%s' lies too deep to be copied",
		           from);
		o->failed = true;
		xfree(link);
		return false;
	}
	if (sys_kind(from) == PATH_FOLDER) {
		if (name)
			fsout_folder(o, name);
		if (!o->failed && !sys_each(from, copy_entry, &c) && !o->failed)
			fsout_fail(o, errno);
		return !o->failed;
	}
	if (!mapfile_map(&map, o->diag, o->span, from))
		return fail(o);
	fsout_put(o, name, map.at, map.n);
	mapfile_close(&map);
	return !o->failed;
}

bool
fsout_copy(FsOut *o, const char *name, const char *from, const char *except)
{
	return copy(o, name, from, except, 0);
}

/* ---- putting in place ---- */

/* What was replaced now stands elsewhere, and goes. */
static void
remove_old(const FsOut *o, const char *old)
{
	if (!sys_remove_tree(old))
		diag_warning(o->diag, o->span,
		             "'%s' is written, but what it replaced cannot be removed and stays as "
		             "'%s': %s",
		             o->path, old, strerror(errno));
}

/* Where there is no exchange: the old folder steps aside. */
static bool
replace_folder(const FsOut *o)
{
	char *aside = 0;
	bool moved = false;
	int error;

	for (int i = TRIES; i < 2 * TRIES && !moved; i++) {
		xfree(aside);
		aside = temporary_name(o->path, i);
		if (sys_kind(aside) != PATH_NONE)
			continue;
		moved = rename(o->path, aside) == 0;
		if (!moved)
			break;
	}
	if (moved && rename(o->tmp, o->path) < 0) {
		error = errno;
		rename(aside, o->path);
		errno = error;
		moved = false;
	} else if (moved) {
		remove_old(o, aside);
	}
	xfree(aside);
	return moved;
}

static bool
put_in_place(const FsOut *o)
{
	if (rename(o->tmp, o->path) == 0) /* files, and folders where none or an empty one was */
		return true;
	if (!o->folder || (errno != ENOTEMPTY && errno != EEXIST))
		return false;
	if (!sys_swap(o->tmp, o->path))
		return replace_folder(o);
	remove_old(o, o->tmp);
	return true;
}

bool
fsout_commit(FsOut *o)
{
	if (!o->failed && o->tmp && !put_in_place(o)) {
		diag_error(o->diag, o->span, "cannot replace '%s': %s", o->path, strerror(errno));
		fail(o);
	}
	if (o->failed && o->tmp)
		sys_remove_tree(o->tmp);
	release(o);
	return !o->failed;
}

void
fsout_abandon(FsOut *o)
{
	if (o->tmp)
		sys_remove_tree(o->tmp);
	release(o);
}
