/* store.c: the layer: what stands at a place, folders and their listing, making and removing.
 *
 * An entry says what a path is for the script. Paths without one are as the disk has them, but for
 * those below a saved model, which hides what is there, and below STORE_PRIVATE, which no disk has.
 * A folder of the disk that is removed has entries for all that was in it: what a script sees of a
 * path never depends on entries above it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "store.h"

static StoreEntry *
slot_of(const Store *s, const char *path)
{
	Interner *t = (Interner *)(uintptr_t)&s->paths;

	return map_get(&s->index, KEY(intern_cstr(t, path)));
}

StoreEntry *
store_entry(const Store *s, const char *path)
{
	StoreEntry *e = slot_of(s, path);

	return e && e->kind != ENTRY_NONE ? e : 0;
}

StoreEntry *
store_put(Store *s, const char *path, EntryKind kind)
{
	StoreEntry *e = slot_of(s, path);

	if (!e) {
		e = new (s->arena, StoreEntry);
		e->path = intern_cstr(&s->paths, path);
		map_put(&s->index, KEY(e->path), e);
		vec_push(s->arena, &s->entries, e);
	}
	*e = (StoreEntry){.path = e->path, .kind = kind, .changed = sys_clock(true)};
	return e;
}

static bool
on_disk(const char *path)
{
	return !store_under(path, STORE_PRIVATE);
}

bool
store_facts(Store *s, const FilePlace *p, SysFacts *out)
{
	const StoreEntry *e = p->entry;

	*out = (SysFacts){PATH_NONE, 0, 0};
	if (e && p->real == p->path) {
		out->changed = e->changed;
		switch (e->kind) {
		case ENTRY_NONE:
		case ENTRY_GONE:
			return store_fails(s, ENOENT);
		case ENTRY_FILE:
			out->kind = PATH_FILE;
			out->changed = e->node->changed;
			return node_size(s, e->node, &out->size);
		case ENTRY_FOLDER:
			out->kind = PATH_FOLDER;
			return true;
		case ENTRY_MODEL:
			break;
		}
		out->kind = e->folder ? PATH_FOLDER : PATH_FILE;
		return true;
	}
	if (!e && (!strcmp(p->path, STORE_PRIVATE) || !strcmp(p->path, "/tmp")))
		out->kind = PATH_FOLDER;
	else if (!e && !on_disk(p->path))
		return store_fails(s, ENOENT);
	else if (!sys_facts(p->real, out))
		return store_fails(s, errno);
	return true;
}

/* The folder in which it is to be made is there. */
static bool
has_folder(Store *s, const FilePlace *p)
{
	SysFacts facts;
	FilePlace up = {.path = store_folder(s, p->path)};

	up.real = up.path;
	up.entry = store_entry(s, up.path);
	if (!store_facts(s, &up, &facts))
		return false;
	return facts.kind == PATH_FOLDER || store_fails(s, ENOTDIR);
}

/* ---- listing ---- */

typedef struct Listing {
	Store *s;
	const char *folder;
	VEC(const char *) name;
} Listing;

static bool
add_name(void *ctx, const char *name)
{
	Listing *l = ctx;
	const char *path = arena_printf(l->s->arena, "%s/%s", l->folder, name);

	if (!store_entry(l->s, path) && (!l->s->staging || strcmp(path, l->s->staging) != 0))
		vec_push(l->s->arena, &l->name, arena_strdup(l->s->arena, name));
	return true;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool
store_each(Store *s, const FilePlace *folder, StoreName *fn, void *ctx)
{
	Listing l = {.s = s, .folder = folder->path[1] ? folder->path : ""};
	FilePlace p = *folder;
	size_t n = strlen(l.folder);
	SysFacts facts;

	if (p.entry && p.entry->kind == ENTRY_MODEL && p.real == p.path && p.entry->folder) {
		if (!store_stage_model(s, p.entry))
			return false;
		p.real = p.entry->staged;
	}
	if (!store_facts(s, folder, &facts))
		return false;
	if (facts.kind != PATH_FOLDER)
		return store_fails(s, ENOTDIR);
	errno = 0;
	if ((p.real != p.path || on_disk(p.path)) && sys_kind(p.real) == PATH_FOLDER &&
	    !sys_each(p.real, add_name, &l))
		return store_fails(s, errno);
	for (uint32_t i = 0; i < s->entries.n; i++) {
		const StoreEntry *e = s->entries.at[i];
		const char *path = e->path->s;
		if (e->kind > ENTRY_GONE && e->path->len > n + 1 && !strncmp(path, l.folder, n) &&
		    path[n] == '/' && !strchr(path + n + 1, '/'))
			vec_push(s->arena, &l.name, path + n + 1);
	}
	if (l.name.n)
		qsort(l.name.at, l.name.n, sizeof *l.name.at, by_bytes);
	for (uint32_t i = 0; i < l.name.n; i++)
		if (!fn(ctx, l.name.at[i]))
			return false;
	return true;
}

/* ---- making and removing ---- */

/* Inside of a saved model files are only changed once they are files. */
static bool
loosen(Store *s, FilePlace *p)
{
	if (!p->entry || p->entry->kind != ENTRY_MODEL)
		return true;
	if (p->real == p->path && !p->entry->folder)
		return true;
	if (!store_explode(s, p->entry))
		return false;
	p->entry = store_entry(s, p->path);
	p->real = p->path;
	return true;
}

bool
store_mkdir(Store *s, const FilePlace *place)
{
	FilePlace p = *place;
	SysFacts facts;

	if (store_facts(s, &p, &facts))
		return store_fails(s, EEXIST);
	if (!loosen(s, &p) || !has_folder(s, &p))
		return false;
	store_put(s, p.path, ENTRY_FOLDER);
	return true;
}

static bool
stop(void *ctx, const char *name)
{
	(void)name;
	*(bool *)ctx = true;
	return false;
}

bool
store_remove(Store *s, const FilePlace *place, bool folder)
{
	FilePlace p = *place;
	SysFacts facts;
	bool full = false;

	if (p.link) /* it would have to go, and not where it leads */
		return store_fails(s, ENOTSUP);
	if (!loosen(s, &p) || !store_facts(s, &p, &facts))
		return false;
	if (folder != (facts.kind == PATH_FOLDER))
		return store_fails(s, folder ? ENOTDIR : EISDIR);
	if (folder && !store_each(s, &p, stop, &full) && !full)
		return false;
	if (full)
		return store_fails(s, ENOTEMPTY);
	if (store_under(s->top, p.path))
		return store_fails(s, EBUSY);
	if (p.entry && p.entry->kind == ENTRY_MODEL)
		s->models.moved(s->models.ctx, p.entry->model, 0, false);
	store_put(s, p.path,
	          on_disk(p.path) && sys_kind(p.path) != PATH_NONE ? ENTRY_GONE : ENTRY_NONE);
	return true;
}

const char *
store_temporary(Store *s)
{
	const char *path = arena_printf(s->arena, STORE_PRIVATE "/tmp%08u", ++s->ntemp);

	store_put(s, path, ENTRY_FOLDER);
	return path;
}
