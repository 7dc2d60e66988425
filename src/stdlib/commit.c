/* commit.c: bringing the layer to the disk. First the folders are made and every content is written
 * beside its place, which is what can fail; then the files are put in place by renaming them, and
 * what was removed goes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "file/fsout.h"
#include "store.h"

typedef struct NewFolder { /* a folder that was not there */
	char *path;
	Hold *hold;
} NewFolder;

struct Commit {
	Arena *arena;
	Diag *diag;
	Store *s;
	StoreEntry **entry; /* of the layer, those above before those below */
	uint32_t n;
	FsBatch batch;
	VEC(NewFolder) made;
	bool failed;
};

static bool
make_folder(Commit *c, const char *path, Span at)
{
	NewFolder m = {.path = arena_strdup(c->arena, path)};
	int error;

	m.hold = sys_temporary(m.path);
	if (sys_make_folder(path)) {
		vec_push(c->arena, &c->made, m);
		return true;
	}
	error = errno;
	guard_drop(m.hold);
	if (error == EEXIST && sys_kind(path) == PATH_FOLDER)
		return true;
	c->diag->machine = true;
	return diag_error(c->diag, at, "cannot make the folder '%s': %s", path, strerror(error));
}

bool
commit_folders(Commit *c, const char *path, Span at)
{
	char *up = arena_strdup(c->arena, path);

	for (char *p = up; *p; p++) {
		if (*p != '/' || p == up)
			continue;
		*p = '\0';
		if (sys_kind(up) == PATH_NONE && !make_folder(c, up, at))
			return false;
		*p = '/';
	}
	return true;
}

static void
write_node(FsOut *o, const FileContent *n)
{
	PathKind kind;
	uint64_t size;
	int in, out;

	if (n->loaded) {
		fsout_put(o, 0, n->at, n->n);
		return;
	}
	in = sys_open_resolved(n->real, &kind, &size);
	if (in < 0 || kind != PATH_FILE) {
		fsout_fail(o, in < 0 ? errno : EISDIR);
	} else {
		out = fsout_create(o, 0);
		if (out >= 0 && !sys_copy(out, in, size))
			fsout_fail(o, errno);
		fsout_close(o, out);
	}
	if (in >= 0)
		sys_close(in);
}

static bool
write_entry(Commit *c, const StoreEntry *e)
{
	const char *path = e->path->s;
	FsOut o;
	bool kept =
	    e->kind == ENTRY_FILE && e->node->where == NODE_DISK && !strcmp(e->node->real, path);

	if (store_under(path, STORE_PRIVATE) || e->implied || kept)
		return true;
	if (e->kind == ENTRY_FOLDER)
		return commit_folders(c, path, NOSPAN) &&
		       (sys_kind(path) == PATH_FOLDER || make_folder(c, path, NOSPAN));
	if (e->kind != ENTRY_FILE)
		return true;
	if (!commit_folders(c, path, NOSPAN) || !fsout_begin(&o, c->diag, NOSPAN, path, false))
		return false;
	write_node(&o, e->node);
	return fsout_later(&c->batch, &o);
}

static int
by_path(const void *a, const void *b)
{
	return strcmp((*(StoreEntry *const *)a)->path->s, (*(StoreEntry *const *)b)->path->s);
}

Commit *
commit_begin(Store *s, Arena *a, Diag *d)
{
	Commit *c = new (a, Commit);

	*c = (Commit){.arena = a, .diag = d, .s = s, .batch = {.arena = a}};
	if (!s || !s->entries.n)
		return c;
	c->n = s->entries.n;
	c->entry = arena_dup(a, s->entries.at, c->n * sizeof *c->entry);
	qsort(c->entry, c->n, sizeof *c->entry, by_path);
	for (uint32_t i = 0; i < c->n && !c->failed; i++)
		c->failed = !write_entry(c, c->entry[i]);
	return c;
}

bool
commit_ready(const Commit *c)
{
	return !c->failed;
}

struct FsBatch *
commit_batch(Commit *c)
{
	return &c->batch;
}

static void
remove_gone(Commit *c)
{
	for (uint32_t i = c->n; i-- > 0;) {
		const char *path = c->entry[i]->path->s;
		if (c->entry[i]->kind == ENTRY_GONE && remove(path) < 0 && errno != ENOENT)
			diag_warning(c->diag, NOSPAN, "the script removed '%s', which stays: %s",
			             path, strerror(errno));
	}
}

bool
commit_end(Commit *c, bool ok)
{
	bool failed = !fsout_commit_all(&c->batch, ok && !c->failed);

	if (!failed)
		remove_gone(c);
	while (c->made.n--) {
		const NewFolder *m = &c->made.at[c->made.n];
		guard_drop(m->hold);
		if (failed)
			remove(m->path); /* where something else is in it, it stays */
	}
	return !failed;
}
