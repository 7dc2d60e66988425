/* node.c: the contents of files: mapped from the disk, in memory once they are changed, and as
 * files of a private folder for those who read by path.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "store.h"

enum { SMALL = 64 << 10, TRIES = 1000 };

FileContent *
node_new(Store *s)
{
	FileContent *n = new (s->arena, FileContent);

	n->at = "";
	n->loaded = true;
	n->changed = sys_clock(true);
	vec_push(s->arena, &s->nodes, n);
	return n;
}

/* ---- from the disk ---- */

static bool
load_from(Store *s, FileContent *n, int fd, uint64_t size)
{
	if (size > SIZE_MAX / 2)
		return store_fails(s, ENOMEM);
	if (size > SMALL) {
		n->map = sys_map(fd, 0, (size_t)size, SYS_FORWARD);
		if (!n->map)
			return store_fails(s, errno);
		n->at = n->map->at;
	} else {
		buf_clear(&n->own);
		buf_reserve(&n->own, (size_t)size);
		errno = 0;
		if (!sys_read_at(fd, n->own.at, (size_t)size, 0))
			return store_fails(s, errno ? errno : EIO);
		n->own.n = (size_t)size;
		n->at = n->own.at;
	}
	n->n = (size_t)size;
	n->loaded = true;
	return true;
}

bool
node_load(Store *s, FileContent *n)
{
	PathKind kind;
	uint64_t size;
	bool ok;
	int fd;

	if (n->loaded)
		return true;
	fd = sys_open_resolved(n->real, &kind, &size);
	if (fd < 0)
		return store_fails(s, errno);
	ok = kind == PATH_FILE ? load_from(s, n, fd, size)
	                       : store_fails(s, kind == PATH_FOLDER ? EISDIR : EINVAL);
	sys_close(fd);
	return ok;
}

void
node_release(Store *s, FileContent *n)
{
	(void)s;
	if (n->where != NODE_DISK)
		return;
	if (n->map)
		sys_unmap(n->map);
	buf_free(&n->own);
	n->map = 0;
	n->at = "";
	n->n = 0;
	n->loaded = false;
}

bool
node_size(Store *s, const FileContent *n, uint64_t *size)
{
	SysFacts facts;

	*size = n->n;
	if (n->loaded)
		return true;
	if (!sys_facts(n->real, &facts))
		return store_fails(s, errno);
	*size = facts.size;
	return true;
}

/* ---- changing ---- */

/* All of it in memory, with room for so many bytes. */
static bool
make_own(Store *s, FileContent *n, size_t size)
{
	if (!node_load(s, n))
		return false;
	if (s->o.memory && size > n->n && size - n->n > s->o.memory - MIN(s->bytes, s->o.memory))
		return store_fails(s, ENOMEM);
	if (n->map) {
		Buf copy = {0};
		buf_put(&copy, n->at, n->n);
		sys_unmap(n->map);
		n->map = 0;
		n->own = copy;
	}
	if (size > n->own.n)
		buf_reserve(&n->own, size - n->own.n);
	n->at = n->own.at ? n->own.at : "";
	if (n->where == NODE_STAGED)
		remove(n->real);
	n->where = NODE_MEMORY;
	n->real = 0;
	n->changed = sys_clock(true);
	return true;
}

static void
set_size(Store *s, FileContent *n, size_t size)
{
	if (size > n->own.n)
		memset(n->own.at + n->own.n, 0, size - n->own.n);
	s->bytes += size;
	s->bytes -= MIN(s->bytes, n->own.n);
	n->own.n = n->n = size;
	if (n->own.at)
		n->own.at[size] = 0;
}

bool
node_resize(Store *s, FileContent *n, size_t size)
{
	if (!make_own(s, n, size))
		return false;
	set_size(s, n, size);
	return true;
}

bool
node_put(Store *s, FileContent *n, size_t at, const void *p, size_t k)
{
	size_t end;

	if (!add_size(at, k, &end))
		return store_fails(s, ENOMEM);
	if (!make_own(s, n, MAX(end, n->n)))
		return false;
	if (k && end > n->n)
		set_size(s, n, end);
	if (k)
		memcpy(n->own.at + at, p, k);
	return true;
}

/* ---- opening ---- */

FileContent *
store_read(Store *s, const FilePlace *p)
{
	SysFacts facts;
	FileContent *n;

	if (!strcmp(p->path, STORE_NULL))
		return node_new(s);
	if (!store_facts(s, p, &facts))
		return 0;
	if (facts.kind == PATH_FOLDER) {
		store_fails(s, EISDIR);
		return 0;
	}
	if (p->entry && p->entry->kind == ENTRY_FILE) {
		n = p->entry->node;
	} else {
		n = node_new(s);
		n->loaded = false;
		n->where = NODE_DISK;
		n->real = arena_strdup(s->arena, p->real);
		if (p->entry && p->real == p->path) { /* a saved model that is one file */
			if (!store_stage_model(s, p->entry))
				return 0;
			n->real = arena_strdup(s->arena, p->entry->staged);
		}
	}
	return node_load(s, n) ? n : 0;
}

static FileContent *
fails(Store *s, int error)
{
	store_fails(s, error);
	return 0;
}

FileContent *
store_write(Store *s, const FilePlace *p, StoreOpen must, bool cut)
{
	SysFacts facts = {PATH_NONE, 0, 0};
	bool there = store_facts(s, p, &facts);
	FilePlace up;
	StoreEntry *e;
	FileContent *n;

	if (facts.kind == PATH_FOLDER)
		return fails(s, must == STORE_NEW ? EEXIST : EISDIR);
	if (there && must == STORE_NEW)
		return fails(s, EEXIST);
	if (there && facts.kind != PATH_FILE)
		return fails(s, EINVAL);
	if (!there && (s->error != ENOENT || must == STORE_OLD))
		return 0;
	if (p->entry && p->entry->kind == ENTRY_MODEL && !store_explode(s, p->entry))
		return 0;
	e = store_entry(s, p->path);
	up = (FilePlace){.path = store_folder(s, p->path)};
	up.real = up.path;
	up.entry = store_entry(s, up.path);
	if (!store_facts(s, &up, &facts))
		return 0;
	if (facts.kind != PATH_FOLDER)
		return fails(s, ENOTDIR);
	if (e && e->kind == ENTRY_FILE) {
		n = e->node;
	} else {
		n = node_new(s);
		if (there && !cut) {
			n->loaded = false;
			n->where = NODE_DISK;
			n->real = arena_strdup(s->arena, p->path);
		}
		if (!node_load(s, n))
			return 0;
		e = store_put(s, p->path, ENTRY_FILE);
		e->node = n;
	}
	return !cut || node_resize(s, n, 0) ? n : 0;
}

/* ---- as files for those who read by path ---- */

/* Held before it is there: a signal may come as soon as it is. */
void
store_hold(Store *s, const char *path)
{
	vec_push(s->arena, &s->holds, sys_temporary(arena_strdup(s->arena, path)));
}

static bool
make_staging_in(Store *s, const char *folder)
{
	for (int i = 0; i < TRIES; i++) {
		char *path = arena_printf(s->arena, "%.*s/.milc-%lu-%d", (int)path_length(folder),
		                          folder, sys_process(), i);
		store_hold(s, path);
		if (sys_make_private(path)) {
			s->staging = path;
			return true;
		}
		guard_drop(s->holds.at[--s->holds.n]);
		if (errno != EEXIST)
			break;
	}
	return store_fails(s, errno);
}

/* Where there are no folders for temporaries, beside the script. */
static bool
make_staging(Store *s)
{
	const char *folder = getenv("TMPDIR");

	return s->staging || make_staging_in(s, folder && *folder == '/' ? folder : "/tmp") ||
	       make_staging_in(s, s->top);
}

/* Each in a folder of its own, so that it keeps its name, which messages show. */
char *
store_stage(Store *s, const char *path)
{
	char *folder;

	if (!make_staging(s))
		return 0;
	vec_push(s->arena, &s->staged, arena_strdup(s->arena, path));
	folder = arena_printf(s->arena, "%s/%u", s->staging, s->staged.n);
	store_hold(s, folder);
	if (!sys_make_private(folder)) {
		store_fails(s, errno);
		return 0;
	}
	return arena_printf(s->arena, "%s/%s", folder, path_base(path));
}

const char *
node_real(Store *s, FileContent *n, const char *path)
{
	char *to;
	bool ok;
	int fd;

	if (n->real)
		return n->real;
	to = store_stage(s, path);
	if (!to)
		return 0;
	store_hold(s, to);
	fd = sys_create(to, false);
	if (fd < 0) {
		store_fails(s, errno);
		return 0;
	}
	ok = sys_write(fd, n->at, n->n) || store_fails(s, errno);
	ok = (sys_close(fd) || store_fails(s, errno)) && ok;
	if (!ok)
		return 0;
	n->real = to;
	n->where = NODE_STAGED;
	return to;
}
