/* fsown.c: see fsown.h. A list that cannot be read makes no folder ours. */
#include "fsown.h"

#include "mapfile.h"
#include "digest.h"

enum { MAX_LIST = 1 << 20, MAX_FILE = 64 << 20, DIGEST = 64 };

static void
put_digest(char out[DIGEST], const void *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	uint8_t sum[DIGEST / 2];

	sha256(p, n, sum);
	for (int i = 0; i < DIGEST; i++)
		out[i] = digit[sum[i / 2] >> (i % 2 ? 0 : 4) & 15];
}

void
fsown_put(Buf *list, const char *name, const void *p, size_t n)
{
	char digest[DIGEST];

	put_digest(digest, p, n);
	buf_printf(list, "%.*s  %s\n", DIGEST, digest, name);
}

typedef struct Looking {
	Arena *arena;
	Diag *diag; /* silent */
	const char *folder, *list, *first;
} Looking;

/* The digest in the list, or 0. */
static const char *
listed(const Looking *l, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = l->list; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		size_t len = strcspn(at, "\n");
		if (len == DIGEST + 2 + n && memcmp(at + DIGEST, "  ", 2) == 0 &&
		    memcmp(at + DIGEST + 2, name, n) == 0)
			return at;
	}
	return NULL;
}

static bool
is_as_it_was(const Looking *l, const char *name)
{
	const char *path = arena_printf(l->arena, "%s/%s", l->folder, name);
	const char *was = listed(l, name);
	char digest[DIGEST];
	MapFile file;

	if (strcmp(name, FSOWN_LIST) == 0)
		return true;
	if (!was || sys_follow(l->arena, path) || sys_kind(path) != PATH_FILE ||
	    !mapfile_read(&file, l->diag, NOSPAN, path, false, MAX_FILE))
		return false;
	put_digest(digest, file.at, file.n);
	mapfile_close(&file);
	return memcmp(digest, was, DIGEST) == 0;
}

static bool
look(void *ctx, const char *name)
{
	Looking *l = ctx;

	if (!is_as_it_was(l, name) && (!l->first || strcmp(name, l->first) < 0))
		l->first = arena_strdup(l->arena, name);
	return true;
}

FsOwn
fsown_look(Arena *a, const char *folder, const char **what)
{
	const char *path = arena_printf(a, "%s/%s", folder, FSOWN_LIST);
	Looking l = {.arena = a, .diag = new (a, Diag), .folder = folder};
	MapFile list;

	diag_init(l.diag, a);
	l.diag->muted = true;
	if (sys_follow(a, path) || sys_kind(path) != PATH_FILE ||
	    !mapfile_read(&list, l.diag, NOSPAN, path, false, MAX_LIST))
		return FSOWN_NONE;
	l.list = list.at;
	if (!sys_each(folder, look, &l) && !l.first)
		l.first = FSOWN_LIST;
	mapfile_close(&list);
	*what = l.first;
	return l.first ? FSOWN_CHANGED : FSOWN_OURS;
}
