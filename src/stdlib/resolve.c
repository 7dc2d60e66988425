/* resolve.c: which file a path of a script names, and whether the script may have it.
 *
 * A path is taken apart from its start: "." stays, ".." goes up, a link is replaced by what it
 * says, each on the path as it was resolved so far. What the layer has is no link.
 */
#include <errno.h>
#include <stdio.h>

#include "store.h"

enum { MAX_LINKS = 40, MAX_PATH = 4095 };

bool
store_under(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	if (n == 1) /* the root */
		return true;
	return strncmp(path, folder, n) == 0 && (!path[n] || path[n] == '/');
}

const char *
store_folder(Store *s, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? "/" : arena_printf(s->arena, "%.*s", (int)(slash - path), path);
}

/* The text of a link on the disk that the layer does not hide. */
static const char *
link_at(Store *s, const char *path)
{
	if (store_under(path, STORE_PRIVATE) || store_entry(s, path))
		return 0;
	return sys_link(s->arena, path);
}

static bool
walk(Store *s, const char *path, FilePlace *out)
{
	const char *rest = path, *to;
	Buf at = {0};
	int links = 0;
	bool ok = true;

	buf_puts(&at, *path == '/' ? "" : s->here[1] ? s->here : "");
	out->plain = true;
	while (ok && *rest) {
		size_t n = strcspn(rest, "/"), was = at.n;
		if (n == 2 && rest[0] == '.' && rest[1] == '.') {
			while (at.n && at.at[--at.n] != '/')
				;
			if (at.at)
				at.at[at.n] = 0;
		} else if (n && !(n == 1 && *rest == '.')) {
			buf_printf(&at, "/%.*s", (int)n, rest);
			to = at.n > MAX_PATH ? 0 : link_at(s, at.at);
			if (to) {
				out->plain = false;
				out->link |= !rest[n + strspn(rest + n, "/")];
				rest = arena_printf(s->arena, "%s/%s", to, rest + n);
				n = 0;
				at.n = *to == '/' ? 0 : was;
				at.at[at.n] = 0;
				if (++links > MAX_LINKS)
					ok = store_fails(s, ELOOP);
			} else if (at.n > MAX_PATH) {
				ok = store_fails(s, ENAMETOOLONG);
			}
		}
		rest += n;
		rest += strspn(rest, "/");
	}
	out->path = at.n ? arena_strdup(s->arena, at.at) : "/";
	buf_free(&at);
	return ok;
}

static bool
in_one_of(const char *path, const char *const *folder, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (store_under(path, folder[i]))
			return true;
	return false;
}

static bool
leads_to_one_of(const char *path, const char *const *folder, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (store_under(folder[i], path))
			return true;
	return false;
}

/* The folders in which it lies, and, for who asks what there is, those above them. */
static bool
may(Store *s, const FilePlace *p, StoreUse use)
{
	bool reads = in_one_of(p->path, s->may_read.at, s->may_read.n);
	bool writes = in_one_of(p->path, s->may_write.at, s->may_write.n);

	switch (use) {
	case STORE_READ:
		return reads || p->entry;
	case STORE_WRITE:
		return writes;
	case STORE_LIST:
		if (reads || writes || p->entry)
			return true;
		return sys_kind(p->path) == PATH_NONE;
	case STORE_LOOK:
		break;
	}
	return reads || writes || p->entry ||
	       leads_to_one_of(p->path, s->may_read.at, s->may_read.n) ||
	       leads_to_one_of(p->path, s->may_write.at, s->may_write.n) ||
	       sys_kind(p->path) == PATH_NONE;
}

/* The nearest folder above that is a saved model; its member then stands in for the path. */
static bool
find_member(Store *s, FilePlace *p)
{
	for (const char *up = p->path; up[1]; up = store_folder(s, up)) {
		StoreEntry *e = store_entry(s, up);
		if (!e || e->kind != ENTRY_MODEL)
			continue;
		if (up != p->path && !store_stage_model(s, e))
			return false;
		if (up != p->path)
			p->real = arena_printf(s->arena, "%s%s", e->staged, p->path + strlen(up));
		p->entry = e;
		return true;
	}
	return true;
}

bool
store_resolve(Store *s, const char *path, StoreUse use, FilePlace *out)
{
	*out = (FilePlace){0};
	s->refused = s->failed = false;
	if (!*path)
		return store_fails(s, ENOENT);
	if (!walk(s, path, out))
		return false;
	out->real = out->path;
	out->entry = store_entry(s, out->path);
	if (!out->entry && !find_member(s, out))
		return false;
	if (may(s, out, use) || (use != STORE_WRITE && !strcmp(out->path, STORE_NULL)))
		return true;
	s->error = EACCES;
	s->refused = true;
	s->writing = use == STORE_WRITE;
	s->outside = out->path;
	return false;
}

bool
store_enter(Store *s, const char *path)
{
	SysFacts facts;
	FilePlace p;

	if (!store_resolve(s, path, STORE_LOOK, &p) || !store_facts(s, &p, &facts))
		return false;
	if (facts.kind != PATH_FOLDER)
		return store_fails(s, ENOTDIR);
	s->here = p.path;
	return true;
}

/* ---- what may be had ---- */

/* Absolute, with links followed as far as something is there. */
static const char *
real_folder(Store *s, const char *path)
{
	FilePlace p = {0};

	return walk(s, path, &p) ? p.path : 0;
}

static void
allow(Store *s, const char *path, bool write)
{
	const char *real = real_folder(s, path);

	if (real && write)
		vec_push(s->arena, &s->may_write, real);
	else if (real)
		vec_push(s->arena, &s->may_read, real);
}

Store *
store_new(Arena *a, const StoreOptions *o)
{
	Store *s = new (a, Store);
	const char *working = sys_working(a);

	s->arena = a;
	s->o = *o;
	intern_init(&s->paths, a);
	map_init(&s->index, a);
	s->here = working ? working : "/"; /* of the user's own paths */
	for (size_t i = 0; i < o->nread; i++)
		allow(s, o->read[i], false);
	for (size_t i = 0; i < o->nwrite; i++)
		allow(s, o->write[i], true);
	if (o->output)
		allow(s, o->output, true);
	s->top = real_folder(s, *o->dir ? o->dir : ".");
	s->here = s->top = s->top ? s->top : "/nowhere";
	for (int write = 0; write < 2; write++) {
		allow(s, s->top, write);
		allow(s, STORE_PRIVATE, write);
	}
	return s;
}

void
store_free(Store *s)
{
	for (uint32_t i = 0; i < s->nodes.n; i++) {
		FileContent *n = s->nodes.at[i];
		if (n->map)
			sys_unmap(n->map);
		buf_free(&n->own);
	}
	s->nodes.n = 0;
	while (s->holds.n)
		guard_drop(s->holds.at[--s->holds.n]);
	if (s->staging)
		sys_remove_tree(s->staging);
	s->staging = 0;
	intern_free(&s->paths);
}
