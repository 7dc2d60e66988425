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
#include "fsown.h"
#include "mapfile.h"

/* Systems take names of 255 bytes, with what is added. */
enum { TRIES = 100, MAX_NAME = 200, MAX_COPIED = 40 };

struct FsTemp {
	FsTemp *next;
	Hold *hold;
	char *path;
};

static bool
fail(FsOut *o)
{
	o->failed = true;
	o->diag->machine = true;
	return false;
}

/* ---- names ---- */

/* The nth temporary name beside the destination. */
static char *
temporary_name(FsOut *o, int n)
{
	const char *base = path_base(o->path);
	size_t len = strlen(base);

	for (len = MIN(len, (size_t)MAX_NAME); base[len] && utf8_continues(base[len]);)
		len--;
	return arena_printf(&o->arena, "%.*s.%.*s.milc-%lu-%d", (int)(base - o->path), o->path,
	                    (int)len, base, sys_process(), n);
}

/* The destination as the user wrote it, without slashes at its end; of a link, where it leads. */
static char *
destination(FsOut *o, const char *path)
{
	char *s = arena_printf(&o->arena, "%.*s", (int)path_length(path), path);
	char *real = sys_follow(&o->arena, s);

	return real ? real : s;
}

static void
forget_last(FsOut *o)
{
	guard_drop(o->made->hold);
	o->made = o->made->next;
}

/* A new folder, or with fd a file, that is removed should writing not come to its end. A signal may
 * come as soon as it is there, so it is held before. */
static bool
make(FsOut *o, const char *path, int *fd)
{
	FsTemp *t = new (&o->arena, FsTemp);
	int error;

	t->path = arena_strdup(&o->arena, path);
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
is_package(FsOut *o)
{
	static const char *const marks[] = {"Manifest.json", "model.mil", "coremldata.bin",
	                                    "model.espresso.net"};

	for (size_t i = 0; i < countof(marks); i++)
		if (sys_kind(arena_printf(&o->arena, "%s/%s", o->path, marks[i])) == PATH_FILE)
			return true;
	return false;
}

/* A folder that is there, and not empty. */
static bool
check_folder(FsOut *o)
{
	const char *what;
	FsOwn own = o->own ? fsown_look(&o->arena, o->path, &what) : FSOWN_NONE;

	if (own == FSOWN_OURS || (!o->own && is_package(o)))
		return true;
	if (own == FSOWN_CHANGED)
		return diag_error(o->diag, o->span,
		                  "'%s' holds '%s', which was added or changed since the folder "
		                  "was written: move it, or name another folder",
		                  o->path, what);
	return diag_error(o->diag, o->span,
	                  o->own ? "'%s' is a folder with other things in it, not one that was "
	                           "written before and could be replaced"
	                         : "'%s' is a folder with other things in it, not a package that "
	                           "could be replaced",
	                  o->path);
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
	} else if (o->folder && !sys_is_empty_folder(o->path) && !check_folder(o)) {
		/* reported */
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
		o->tmp = temporary_name(o, i);
		errno = EEXIST;
		if (sys_kind(o->tmp) == PATH_NONE)
			made = make(o, o->tmp, o->folder ? 0 : &fd);
		if (!made && errno != EEXIST)
			break;
	}
	if (!made) {
		diag_error(o->diag, o->span, "cannot create '%s': %s", o->path, strerror(errno));
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
	buf_free(&o->list);
	arena_free(&o->arena);
	o->path = o->tmp = 0;
}

static bool
begin(FsOut *o, const char *path)
{
	bool direct;

	o->path = destination(o, path);
	if (check_destination(o, &direct) && (direct || make_temporary(o)))
		return true;
	release(o);
	return false;
}

bool
fsout_begin(FsOut *o, Diag *d, Span at, const char *path, bool folder)
{
	*o = (FsOut){.diag = d, .span = at, .folder = folder};
	return begin(o, path);
}

bool
fsout_begin_own(FsOut *o, Diag *d, Span at, const char *path)
{
	*o = (FsOut){.diag = d, .span = at, .folder = true, .own = true};
	return begin(o, path);
}

/* The path of a name inside the temporary folder, with the folders on the way to it. */
static char *
place(FsOut *o, const char *name)
{
	const char *top = o->tmp ? o->tmp : o->path;
	char *path = arena_printf(&o->arena, "%s/%s", top, name), *p;

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
	int fd = -1;

	if (o->failed)
		return -1;
	if (name)
		make(o, place(o, name), &fd);
	else
		fd = sys_create(o->tmp ? o->tmp : o->path, true);
	if (fd < 0) {
		diag_error(o->diag, o->span, "cannot create '%s%s%s': %s", o->path, name ? "/" : "",
		           name ? name : "", strerror(errno));
		fail(o);
	}
	return fd;
}

void
fsout_folder(FsOut *o, const char *name)
{
	if (!o->failed && !make(o, place(o, name), 0))
		fsout_fail(o, errno);
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
	if (o->own)
		fsown_put(&o->list, name, p, n);
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
	Arena *a = &c->o->arena;
	const char *path = arena_printf(a, "%s/%s", c->from, entry);
	const char *to = c->name ? arena_printf(a, "%s/%s", c->name, entry) : entry;

	return copy(c->o, to, path, c->except, c->depth + 1);
}

static bool
copy(FsOut *o, const char *name, const char *from, const char *except, int depth)
{
	Copying c = {o, name, from, except, depth};
	bool link = depth && sys_follow(&o->arena, from);
	uint64_t size;
	int in, out;

	if (except && !strcmp(from, except))
		return true;
	if (link || depth > MAX_COPIED) {
		diag_error(o->diag, o->span,
		           link ? "'%s' is a link: what a package holds must lie in it, and cp -rL "
		                  "makes such a copy"
		                : "'%s' lies too deep to be copied",
		           from);
		o->failed = true;
		return false;
	}
	if (sys_kind(from) == PATH_FOLDER) {
		if (name)
			fsout_folder(o, name);
		if (!o->failed && !sys_each(from, copy_entry, &c) && !o->failed)
			fsout_fail(o, errno);
		return !o->failed;
	}
	in = mapfile_open(o->diag, o->span, from, false, &size);
	if (in < 0)
		return fail(o);
	out = fsout_create(o, name);
	if (out >= 0 && !sys_copy(out, in, size))
		fsout_fail(o, errno);
	sys_close(in);
	return fsout_close(o, out);
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
replace_folder(FsOut *o)
{
	char *aside = 0;
	bool moved = false;
	int error;

	for (int i = TRIES; i < 2 * TRIES && !moved; i++) {
		aside = temporary_name(o, i);
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
	return moved;
}

static bool
put_in_place(FsOut *o)
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
	if (o->own && !o->failed) {
		o->own = false;
		fsout_put(o, FSOWN_LIST, o->list.at, o->list.n);
	}
	if (!o->failed && o->tmp && !put_in_place(o)) {
		diag_error(o->diag, o->span, "cannot replace '%s': %s", o->path, strerror(errno));
		fail(o);
	}
	if (o->failed && o->tmp)
		sys_remove_tree(o->tmp);
	release(o);
	return !o->failed;
}

bool
fsout_later(FsBatch *b, FsOut *o)
{
	if (!b || o->failed || !o->tmp)
		return fsout_commit(o);
	vec_push(b->arena, &b->out, arena_dup(b->arena, o, sizeof *o));
	return true;
}

bool
fsout_commit_all(FsBatch *b, bool ok)
{
	for (uint32_t i = 0; i < b->out.n; i++) {
		b->out.at[i]->failed |= !ok;
		ok = fsout_commit(b->out.at[i]) && ok;
	}
	b->out.n = 0;
	return ok;
}

bool
fsout_commit_pair(FsOut *first, FsOut *second, FsBatch *b)
{
	first->failed = second->failed = first->failed || second->failed;
	second->failed = !fsout_later(b, first);
	return fsout_later(b, second);
}
