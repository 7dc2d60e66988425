/* mapfile.c: opening, checking, mapping or reading one file. */
#include <errno.h>

#include "mapfile.h"

enum { READ_SIZE = 64 << 10 };

int
mapfile_open(Diag *d, Span span, const char *path, bool named, uint64_t *size)
{
	PathKind kind;
	int fd = sys_open(path, named, &kind, size);

	if (fd < 0) {
		d->machine |= sys_machine_error(errno);
		diag_error(d, span, "cannot open '%s': %s", path, strerror(errno));
	} else if (kind == PATH_FOLDER) {
		diag_error(d, span, "'%s' is a folder, expected a file", path);
	} else if (kind == PATH_PIPE && !named) {
		diag_error(d, span, "'%s' is a pipe, expected a file", path);
	} else if (kind == PATH_OTHER) {
		diag_error(d, span, "'%s' is not a regular file", path);
	} else {
		return fd;
	}
	if (fd >= 0)
		sys_close(fd);
	return -1;
}

bool
mapfile_map(MapFile *m, Diag *d, Span span, const char *path)
{
	uint64_t size;
	int fd = mapfile_open(d, span, path, false, &size);

	*m = (MapFile){.at = ""};
	if (fd < 0)
		return false;
	if (size > SIZE_MAX)
		errno = ENOMEM;
	else if (size)
		m->map = sys_map(fd, 0, (size_t)size, SYS_FORWARD);
	if (size && !m->map) {
		d->machine = true;
		diag_error(d, span, "cannot map '%s': %s", path, strerror(errno));
	}
	sys_close(fd);
	if (m->map) {
		m->at = m->map->at;
		m->n = m->map->n;
	}
	return m->map || !size;
}

/* Reads to the end; stops as soon as there is more than max. False: errno. */
static bool
read_all(int fd, Buf *b, size_t max)
{
	ptrdiff_t k = 1;

	while (k > 0 && b->n <= max) {
		buf_reserve(b, READ_SIZE);
		k = sys_read(fd, b->at + b->n, READ_SIZE);
		b->n += k > 0 ? (size_t)k : 0;
	}
	b->at[b->n] = 0;
	return k >= 0;
}

bool
mapfile_read(MapFile *m, Diag *d, Span span, const char *path, bool named, size_t max)
{
	bool is_stdin = named && strcmp(path, "-") == 0;
	uint64_t size = 0;
	int fd = is_stdin ? SYS_STDIN : mapfile_open(d, span, path, named, &size);
	Buf b = {0};

	*m = (MapFile){.at = ""};
	if (fd < 0)
		return false;
	if (size <= max)
		buf_reserve(&b, (size_t)size + READ_SIZE);
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
		sys_close(fd);
	return m->copy != 0;
}

void
mapfile_close(MapFile *m)
{
	if (m->map)
		sys_unmap(m->map);
	xfree(m->copy);
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

const void *
maps_zeros(Maps *maps, Diag *d, Span span, size_t n)
{
	MapFile *m = new (maps->arena, MapFile);

	m->map = sys_map(-1, 0, MAX(n, 1), SYS_ANYHOW);
	if (!m->map) {
		d->machine = true;
		diag_error(d, span, "no memory for %zu bytes of weights", n);
		return NULL;
	}
	vec_push(maps->arena, &maps->list, m);
	return m->map->at;
}

void
maps_close(Maps *maps)
{
	for (uint32_t i = 0; i < maps->list.n; i++)
		mapfile_close(maps->list.at[i]);
	maps->list.n = 0;
}
