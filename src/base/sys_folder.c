/* sys_folder.c: folders, links and what stands at a path, which POSIX says alike for all systems:
 * the part of sys.h that needs no difference between them.
 */
#include "sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_TREE = 32 };

bool
sys_make_folder(const char *path)
{
	return mkdir(path, 0777) == 0;
}

/* The next entry that is not the folder itself or the one above. */
static const char *
next_entry(DIR *d)
{
	struct dirent *e;

	do
		e = readdir(d);
	while (e && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0));
	return e ? e->d_name : 0;
}

bool
sys_is_empty_folder(const char *path)
{
	DIR *d = opendir(path);
	bool empty = d && !next_entry(d);

	if (d)
		closedir(d);
	return empty;
}

static void
close_folder(void *d)
{
	closedir(d);
}

bool
sys_each(const char *folder, bool (*fn)(void *ctx, const char *name), void *ctx)
{
	DIR *d = opendir(folder);
	Hold *h = d ? guard_hold(close_folder, d) : 0;
	const char *entry;
	bool more = d != NULL;

	while (more && (entry = next_entry(d)))
		more = fn(ctx, entry);
	guard_drop(h);
	if (d)
		closedir(d);
	return more;
}

/* Removes the entry of an open folder, with all below it. */
static bool
remove_at(int dir, const char *name, int depth)
{
	const char *entry;
	bool good = true;
	DIR *d;
	int fd;

	if (unlinkat(dir, name, 0) == 0)
		return true;
	if (depth == MAX_TREE) {
		errno = ENAMETOOLONG;
		return false;
	}
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = fd < 0 ? 0 : fdopendir(fd);
	if (!d) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (good && (entry = next_entry(d)))
		good = remove_at(fd, entry, depth + 1);
	closedir(d);
	return good && unlinkat(dir, name, AT_REMOVEDIR) == 0;
}

bool
sys_remove_tree(const char *path)
{
	return remove_at(AT_FDCWD, path, 0);
}

/* ---- links ---- */

char *
sys_follow(Arena *a, const char *path)
{
	struct stat st;
	char real[PATH_MAX];
	ssize_t n;

	if (lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
		return 0;
	if (realpath(path, real))
		return arena_strdup(a, real);
	n = errno == ENOENT ? readlink(path, real, sizeof real) : -1; /* to nothing yet */
	if (n <= 0 || n == sizeof real)
		return 0;
	return real[0] == '/' ? arena_printf(a, "%.*s", (int)n, real)
	                      : arena_printf(a, "%s/%.*s", path_folder(a, path), (int)n, real);
}

char *
sys_link(Arena *a, const char *path)
{
	char to[PATH_MAX];
	ssize_t n = readlink(path, to, sizeof to);

	if (n == sizeof to)
		errno = ENAMETOOLONG;
	return n < 0 || n == sizeof to ? 0 : arena_printf(a, "%.*s", (int)n, to);
}

/* ---- facts ---- */

bool
sys_facts(const char *path, SysFacts *out)
{
	struct stat st;

	*out = (SysFacts){PATH_NONE, 0, 0};
	if (stat(path, &st) < 0)
		return false;
	out->kind = S_ISREG(st.st_mode)    ? PATH_FILE
	            : S_ISDIR(st.st_mode)  ? PATH_FOLDER
	            : S_ISFIFO(st.st_mode) ? PATH_PIPE
	                                   : PATH_OTHER;
	out->size = (uint64_t)st.st_size;
	out->changed = (double)st.st_mtime;
	return true;
}

char *
sys_working(Arena *a)
{
	char path[PATH_MAX];

	return getcwd(path, sizeof path) ? arena_strdup(a, path) : 0;
}

bool
sys_make_private(const char *path)
{
	return mkdir(path, 0700) == 0;
}
