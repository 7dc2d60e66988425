/* rename.c: files, folders with all in them and saved models under another name. What lay on the
 * disk is gone there and comes from there: the layer remembers where its content is.
 */
#include <errno.h>

#include "store.h"

enum { MAX_DEPTH = 60 };

static void
forget(Store *s, const char *path)
{
	bool disk = !store_under(path, STORE_PRIVATE) && sys_kind(path) != PATH_NONE;

	store_put(s, path, disk ? ENTRY_GONE : ENTRY_NONE);
}

static bool
move_file(Store *s, const FilePlace *from, const char *to)
{
	FileContent *n;
	StoreEntry *e;

	if (from->entry) {
		n = from->entry->node;
	} else {
		n = node_new(s);
		n->loaded = false;
		n->where = NODE_DISK;
		n->real = arena_strdup(s->arena, from->path);
	}
	e = store_put(s, to, ENTRY_FILE);
	e->node = n;
	forget(s, from->path);
	return true;
}

static void
move_model(Store *s, const FilePlace *from, const char *to, const char *name)
{
	StoreEntry old = *from->entry, *e;

	e = store_put(s, to, ENTRY_MODEL);
	e->model = old.model;
	e->folder = old.folder;
	e->staged = old.staged;
	s->models.moved(s->models.ctx, old.model, name, store_under(to, STORE_PRIVATE));
	forget(s, from->path);
}

typedef struct Move {
	Store *s;
	const char *from, *to;
	int depth;
} Move;

static bool move(Store *s, const FilePlace *from, const char *to, const char *name, int depth);

static bool
move_entry(void *ctx, const char *name)
{
	const Move *m = ctx;
	const char *from = arena_printf(m->s->arena, "%s/%s", m->from, name);
	const char *to = arena_printf(m->s->arena, "%s/%s", m->to, name);
	FilePlace p = {.path = from, .real = from, .entry = store_entry(m->s, from)};

	return move(m->s, &p, to, to, m->depth + 1);
}

static bool
move(Store *s, const FilePlace *from, const char *to, const char *name, int depth)
{
	Move m = {s, from->path, to, depth};
	SysFacts facts;

	if (depth > MAX_DEPTH)
		return store_fails(s, ENAMETOOLONG);
	if (!store_facts(s, from, &facts))
		return false;
	if (!from->entry && sys_link(s->arena, from->path))
		return store_fails(s, ENOTSUP); /* a link would come to stand elsewhere */
	if (from->entry && from->entry->kind == ENTRY_MODEL) {
		move_model(s, from, to, name);
		return true;
	}
	if (facts.kind == PATH_FILE)
		return move_file(s, from, to);
	if (facts.kind != PATH_FOLDER)
		return store_fails(s, EINVAL);
	store_put(s, to, ENTRY_FOLDER);
	if (!store_each(s, from, move_entry, &m))
		return false;
	forget(s, from->path);
	return true;
}

/* What stands at the new name gives way as POSIX has it. */
static bool
make_way(Store *s, const FilePlace *to, bool folder)
{
	SysFacts facts;
	FilePlace up = {.path = store_folder(s, to->path)};

	if (store_facts(s, to, &facts)) {
		if (facts.kind != PATH_FOLDER && folder)
			return store_fails(s, ENOTDIR);
		if (facts.kind == PATH_FOLDER && !folder)
			return store_fails(s, EISDIR);
		return store_remove(s, to, folder);
	}
	if (s->error != ENOENT)
		return false;
	up.real = up.path;
	up.entry = store_entry(s, up.path);
	if (!store_facts(s, &up, &facts))
		return false;
	return facts.kind == PATH_FOLDER || store_fails(s, ENOTDIR);
}

bool
store_rename(Store *s, const FilePlace *from, const FilePlace *to, const char *name)
{
	FilePlace a = *from, b = *to;
	SysFacts facts;

	if (!store_facts(s, &a, &facts))
		return false;
	if (!strcmp(a.path, b.path))
		return true;
	if (a.link || b.link)
		return store_fails(s, ENOTSUP);
	if (store_under(b.path, a.path) || store_under(s->top, a.path))
		return store_fails(s, EINVAL);
	for (int k = 0; k < 2; k++) {
		FilePlace *p = k ? &b : &a;
		if (p->entry && p->entry->kind == ENTRY_MODEL && p->real != p->path) {
			if (!store_explode(s, p->entry))
				return false;
			p->entry = store_entry(s, p->path);
			p->real = p->path;
		}
	}
	if (!make_way(s, &b, facts.kind == PATH_FOLDER))
		return false;
	return move(s, &a, b.path, name, 0);
}
