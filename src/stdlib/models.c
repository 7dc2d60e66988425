/* models.c: models that a script saved, as it finds them again: folders or files of the layer that
 * are written to the staging folder once somebody looks into them; and whole folders for those who
 * read models by path.
 */
#include <errno.h>
#include <stdio.h>

#include "store.h"

enum { MAX_DEPTH = 40 };

/* Folders on the way there, which are made with the model. */
static bool
imply_folders(Store *s, const char *path)
{
	const char *up = store_folder(s, path);
	FilePlace p = {.path = up, .real = up, .entry = store_entry(s, up)};
	SysFacts facts;

	if (store_facts(s, &p, &facts))
		return facts.kind == PATH_FOLDER || store_fails(s, ENOTDIR);
	if (s->error != ENOENT || !up[1] || !imply_folders(s, up))
		return false;
	store_put(s, up, ENTRY_FOLDER)->implied = true;
	return true;
}

/* Nothing of the layer stays below the path. */
static void
clear_below(Store *s, const char *path)
{
	for (uint32_t i = 0; i < s->entries.n; i++) {
		StoreEntry *e = s->entries.at[i];
		if (e->path->s[strlen(path)] == '/' && store_under(e->path->s, path))
			e->kind = ENTRY_NONE;
	}
}

bool
store_save(Store *s, const FilePlace *p, uint32_t model, bool folder)
{
	StoreEntry *e = p->entry;

	if (e && e->kind == ENTRY_MODEL && p->real != p->path)
		return store_fails(s, ENOTDIR);
	if (!imply_folders(s, p->path))
		return false;
	if (e && e->kind == ENTRY_MODEL)
		s->models.moved(s->models.ctx, e->model, 0, false);
	clear_below(s, p->path);
	e = store_put(s, p->path, ENTRY_MODEL);
	e->model = model;
	e->folder = folder;
	return true;
}

/* ---- looking into them ---- */

typedef struct Walk {
	Store *s;
	const char *from, *to;
	int depth;
	bool (*visit)(struct Walk *w, const char *from, const char *to, PathKind kind);
} Walk;

static bool walk(Walk *w);

static bool
walk_entry(void *ctx, const char *name)
{
	Walk *w = ctx;
	Walk in = {w->s, arena_printf(w->s->arena, "%s/%s", w->from, name),
	           w->to ? arena_printf(w->s->arena, "%s/%s", w->to, name) : 0, w->depth + 1,
	           w->visit};
	PathKind kind = sys_kind(in.from);

	if (in.depth > MAX_DEPTH)
		return store_fails(w->s, ENAMETOOLONG);
	return w->visit(&in, in.from, in.to, kind) && (kind != PATH_FOLDER || walk(&in));
}

static bool
walk(Walk *w)
{
	w->s->error = 0;
	errno = 0;
	if (sys_each(w->from, walk_entry, w))
		return true;
	if (!w->s->error)
		store_fails(w->s, errno);
	return false;
}

static bool
hold(Walk *w, const char *from, const char *to, PathKind kind)
{
	(void)to, (void)kind;
	store_hold(w->s, from);
	return true;
}

bool
store_stage_model(Store *s, StoreEntry *e)
{
	char *path;

	if (e->staged)
		return true;
	path = store_stage(s, e->path->s);
	if (!path)
		return false;
	store_hold(s, path);
	if (!s->models.emit(s->models.ctx, e->model, path)) {
		store_fails(s, EIO);
		s->failed = true;
		return false;
	}
	e->staged = path;
	return !e->folder || walk(&(Walk){s, path, 0, 0, hold});
}

/* A file of the staging folder as the layer has it. */
static bool
adopt(Walk *w, const char *from, const char *to, PathKind kind)
{
	StoreEntry *e = store_put(w->s, to, kind == PATH_FOLDER ? ENTRY_FOLDER : ENTRY_FILE);

	if (kind == PATH_FOLDER)
		return true;
	e->node = node_new(w->s);
	e->node->loaded = false;
	e->node->real = arena_strdup(w->s->arena, from);
	e->node->where = NODE_STAGED;
	return true;
}

bool
store_explode(Store *s, StoreEntry *e)
{
	const char *path = e->path->s, *staged;
	uint32_t model = e->model;
	Walk w = {s, 0, path, 0, adopt};
	PathKind kind = e->folder ? PATH_FOLDER : PATH_FILE;

	if (!store_stage_model(s, e))
		return false;
	w.from = staged = e->staged;
	s->models.moved(s->models.ctx, model, 0, false);
	return adopt(&w, staged, path, kind) && (kind == PATH_FILE || walk(&w));
}

/* ---- whole folders ---- */

typedef struct TreeWalk {
	Store *s;
	const FilePlace *from;
	const char *to; /* 0: nothing is copied, links are looked at */
	bool layered;   /* something of it is not on the disk, or not as it is there */
	int depth;
} TreeWalk;

static bool tree(TreeWalk *t);

static bool
copy_file(Store *s, const FilePlace *p, const char *to)
{
	FileContent *n = store_read(s, p);
	bool ok;
	int fd;

	if (!n)
		return false;
	store_hold(s, to);
	fd = sys_create(to, false);
	if (fd < 0)
		return store_fails(s, errno);
	ok = sys_write(fd, n->at, n->n) || store_fails(s, errno);
	if (n->where == NODE_DISK && (!p->entry || p->entry->node != n))
		node_release(s, n);
	return (sys_close(fd) || store_fails(s, errno)) && ok;
}

static bool
tree_entry(void *ctx, const char *name)
{
	TreeWalk *t = ctx;
	Store *s = t->s;
	SysFacts facts;
	FilePlace p;
	TreeWalk in = {s, &p, t->to ? arena_printf(s->arena, "%s/%s", t->to, name) : 0, false,
	               t->depth + 1};

	if (!store_resolve(s, arena_printf(s->arena, "%s/%s", t->from->path, name), STORE_READ,
	                   &p) ||
	    !store_facts(s, &p, &facts))
		return false;
	if (in.depth > MAX_DEPTH)
		return store_fails(s, ENAMETOOLONG);
	t->layered |= p.entry || !p.plain;
	if (facts.kind != PATH_FOLDER)
		return !t->to || copy_file(s, &p, in.to);
	if (!tree(&in))
		return false;
	t->layered |= in.layered;
	return true;
}

static bool
tree(TreeWalk *t)
{
	if (t->to) {
		store_hold(t->s, t->to);
		if (!sys_make_private(t->to))
			return store_fails(t->s, errno);
	}
	return store_each(t->s, t->from, tree_entry, t);
}

const char *
store_tree(Store *s, const FilePlace *p)
{
	TreeWalk t = {.s = s, .from = p};

	if (p->entry && p->entry->kind == ENTRY_MODEL)
		return store_stage_model(s, p->entry)
		           ? p->real == p->path ? p->entry->staged : p->real
		           : 0;
	if (!tree(&t))
		return 0;
	if (!t.layered && !p->entry)
		return p->real;
	t.to = store_stage(s, p->path);
	return t.to && tree(&t) ? t.to : 0;
}
