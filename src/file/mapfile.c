/* mapfile.c: opening, checking, mapping or reading one file. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mapfile.h"

enum { READ_SIZE = 64 << 10 };

/* Opens for reading and tells the size; -1 after reporting. */
static int
open_file(Diag *d, Span span, const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, st) < 0) {
		diag_error(d, span, "cannot open '%s': %s", path, strerror(errno));
	} else if (S_ISDIR(st->st_mode)) {
		diag_error(d, span, "'%s' is a folder, expected a file", path);
	} else if (!S_ISREG(st->st_mode) && !S_ISFIFO(st->st_mode)) {
		diag_error(d, span, "'%s' is not a regular file", path);
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

bool
mapfile_map(MapFile *m, Diag *d, Span span, const char *path)
{
	struct stat st;
	int fd = open_file(d, span, path, &st);
	void *p;

	*m = (MapFile){.at = ""};
	if (fd < 0)
		return false;
	if (!S_ISREG(st.st_mode)) {
		diag_error(d, span, "'%s' is a pipe, expected a file that can be mapped", path);
		close(fd);
		return false;
	}
	if (st.st_size == 0) {
		close(fd);
		return true;
	}
	p = mmap(0, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED) {
		d->machine = true;
		diag_error(d, span, "cannot map '%s': %s", path, strerror(errno));
		close(fd);
		return false;
	}
	close(fd);
	madvise(p, (size_t)st.st_size, MADV_SEQUENTIAL);
	*m = (MapFile){p, (size_t)st.st_size, p, 0};
	return true;
}

/* Reads to the end; stops as soon as there is more than max. False: errno. */
static bool
read_all(int fd, Buf *b, size_t max)
{
	ssize_t k = 1;

	while (k && b->n <= max) {
		buf_reserve(b, READ_SIZE);
		k = read(fd, b->at + b->n, READ_SIZE);
		if (k < 0 && errno != EINTR)
			return false;
		b->n += k > 0 ? (size_t)k : 0;
	}
	b->at[b->n] = 0;
	return true;
}

bool
mapfile_read(MapFile *m, Diag *d, Span span, const char *path, size_t max)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct stat st = {0};
	int fd = is_stdin ? STDIN_FILENO : open_file(d, span, path, &st);
	Buf b = {0};

	*m = (MapFile){.at = ""};
	if (fd < 0)
		return false;
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size <= max)
		buf_reserve(&b, (size_t)st.st_size + READ_SIZE);
	if (!read_all(fd, &b, max)) {
		d->machine = true;
		diag_error(d, span, "cannot read '%s': %s", path, strerror(errno));
		buf_free(&b);
	} else if (b.n > max) {
		diag_error(d, span, "'%s' has more than %zu bytes, which is the limit here", path,
		           max);
		buf_free(&b);
	} else {
		*m = (MapFile){b.at, b.n, 0, b.at};
	}
	if (!is_stdin)
		close(fd);
	return m->copy != 0;
}

void
mapfile_close(MapFile *m)
{
	if (m->map)
		munmap(m->map, m->n);
	free(m->copy);
	*m = (MapFile){.at = ""};
}

MapFile *
maps_map(Maps *maps, Diag *d, Span span, const char *path)
{
	MapFile *m = new (maps->arena, MapFile);

	if (!mapfile_map(m, d, span, path))
		return NULL;
	vec_push(maps->arena, &maps->list, m);
	return m;
}

void
maps_close(Maps *maps)
{
	for (uint32_t i = 0; i < maps->list.n; i++)
		mapfile_close(maps->list.at[i]);
	maps->list.n = 0;
}
