/* npz.c: parts of files as arrays, .npy files, and zip archives of them: stored members are mapped
 * where that pays.
 */
#include "npz.h"

#include <errno.h>

#include "base/sys.h"
#include "nd/nd_impl.h"
#include "zip.h"

#define SMALL ((size_t)64 << 10) /* up to here arrays are copied, not mapped; */
#define LARGE ((size_t)1 << 20)  /* those that lie askew in the file, up to here */

struct Npz {
	Arena *arena;
	Diag *diag;
	Span span;
	const char *path;
	SysMap *map;
	Zip zip; /* of the mapped file */
};

/* ---- files ---- */

/* Of a failure that has been told: errno says whose it is. */
static bool
by_system(NdErr *err, int error)
{
	err->machine = sys_machine_error(error);
	return false;
}

static int
open_regular(const char *path, uint64_t *size, NdErr *err)
{
	PathKind kind;
	int fd = sys_open(path, false, &kind, size);

	if (fd < 0) {
		int error = errno;

		nd_fail(err, "%s", strerror(error));
		err->error = error;
		by_system(err, error);
	} else if (kind != PATH_FILE) {
		nd_fail(err, "it is not a regular file");
		sys_close(fd);
		return -1;
	}
	return fd;
}

bool
file_size(const char *path, uint64_t *size, NdErr *err)
{
	int fd = open_regular(path, size, err);

	if (fd < 0)
		return false;
	sys_close(fd);
	return true;
}

static void
mapping_drop(void *map)
{
	sys_unmap(map);
}

static bool
read_all(int fd, void *to, size_t n, uint64_t at, NdErr *err)
{
	int error;

	if (sys_read_at(fd, to, n, at))
		return true;
	error = errno;
	nd_fail(err, "reading failed: %s", error ? strerror(error) : "the file ends");
	return by_system(err, error);
}

static SysMap *
map(int fd, uint64_t at, uint64_t n, SysUse use, NdErr *err)
{
	SysMap *m = n > SIZE_MAX ? 0 : sys_map(fd, at, (size_t)n, use);

	if (!m)
		nd_fail(err, "it cannot be mapped: %s", strerror(n > SIZE_MAX ? ENOMEM : errno));
	err->machine = !m;
	return m;
}

static bool
map_part(int fd, uint64_t at, DType t, const int64_t *dim, int rank, size_t bytes, Nd *out,
         NdErr *err)
{
	SysMap *m = map(fd, at, bytes, SYS_COPY, err);

	if (!m)
		return false;
	*out = nd_wrap_owned(t, dim, rank, m->at, bytes, mapping_drop, m);
	return true;
}

bool
file_array(const char *path, uint64_t at, DType t, const int64_t *dim, int rank, Nd *out,
           NdErr *err)
{
	uint64_t size;
	size_t bytes;
	int fd;
	bool ok;

	if (!nd_size_bytes(t, dim, rank, &bytes, err))
		return false;
	fd = open_regular(path, &size, err);
	if (fd < 0)
		return false;
	if (at > size || bytes > size - at) {
		sys_close(fd);
		return nd_fail(err, "it has %llu bytes, but %zu at offset %llu were asked for",
		               (unsigned long long)size, bytes, (unsigned long long)at);
	}
	if (bytes > (at % dtype_size(t) == 0 ? SMALL : LARGE)) {
		ok = map_part(fd, at, t, dim, rank, bytes, out, err);
	} else {
		ok = nd_new(out, t, dim, rank, err);
		if (ok && !read_all(fd, out->data, bytes, at, err)) {
			nd_release(out);
			ok = false;
		}
	}
	sys_close(fd);
	return ok;
}

bool
npz_is_zip(const char *path, bool *zip, NdErr *err)
{
	char head[6] = {0};
	uint64_t size;
	int fd = open_regular(path, &size, err);
	bool ok;

	if (fd < 0)
		return false;
	ok = size >= sizeof head
	         ? read_all(fd, head, sizeof head, 0, err)
	         : nd_fail(err, "it has only %d bytes, expected a .npy or .npz file", (int)size);
	sys_close(fd);
	*zip = memcmp(head, "PK", 2) == 0;
	return ok && (*zip || memcmp(head, "\x93NUMPY", 6) == 0 ||
	              nd_fail(err, "it starts neither as a .npy nor as a .npz file does"));
}

bool
npy_read(const char *path, Nd *out, NdErr *err)
{
	NpyHeader h;
	uint64_t size;
	char *head;
	size_t n;
	int64_t flat;
	int fd = open_regular(path, &size, err);
	bool ok;

	if (fd < 0)
		return false;
	n = (size_t)MIN(size, (uint64_t)1 << 20);
	head = xmalloc(n + 1);
	ok = read_all(fd, head, n, 0, err) && npy_parse(head, n, size, &h, err);
	xfree(head);
	sys_close(fd);
	if (!ok)
		return false;
	flat = (int64_t)(h.bytes / dtype_size(h.t));
	if (!file_array(path, h.head, h.t, &flat, 1, out, err))
		return false;
	npy_finish(&h, out);
	return true;
}

/* ---- archives ---- */
bool
npz_read(Arena *a, const char *path, Npz **out, NdErr *err)
{
	Npz *z = new (a, Npz);
	uint64_t size;
	int fd = open_regular(path, &size, err);

	if (fd < 0)
		return false;
	z->arena = a;
	z->path = arena_strdup(a, path);
	if (size)
		z->map = map(fd, 0, size, SYS_ANYHOW, err);
	sys_close(fd);
	if (size && !z->map)
		return false;
	z->zip = (Zip){.n = (size_t)size, .kind = ".npz", .ending = ".npy"};
	z->zip.at = size ? z->map->at : 0;
	if (!zip_open(&z->zip, a, err)) {
		npz_close(z);
		return false;
	}
	*out = z;
	return true;
}

void
npz_close(Npz *z)
{
	if (z->map)
		sys_unmap(z->map);
	z->map = 0;
	z->zip.at = 0;
	z->zip.n = 0;
}

bool
npz_has(const Npz *z, const char *name)
{
	return zip_find(&z->zip, name) != 0;
}

bool
npz_get(Npz *z, const char *name, Nd *out, NdErr *err)
{
	const ZipMember *m = zip_find(&z->zip, name);
	const char *p;
	char *own = 0;
	NpyHeader h;
	int64_t flat;

	if (!z->zip.at)
		return nd_fail(err, "the file was closed");
	if (!zip_view(&z->zip, m, &p, err) || (m->method && !zip_unpack(&z->zip, m, &own, err)))
		return false;
	if (!npy_parse(own ? own : p, (size_t)m->size, m->size, &h, err)) {
		xfree(own);
		return false;
	}
	flat = (int64_t)(h.bytes / dtype_size(h.t));
	if (own) {
		memmove(own, own + h.head, h.bytes);
		*out = nd_adopt(h.t, &flat, 1, own, h.bytes);
	} else if (!file_array(z->path, (uint64_t)(p - z->zip.at) + h.head, h.t, &flat, 1, out,
	                       err)) {
		return false;
	}
	npy_finish(&h, out);
	return true;
}

/* ---- for the run command ---- */
Npz *
npz_open(Arena *a, Diag *d, Span at, const char *path)
{
	Npz *z = 0;
	NdErr err = {0};

	if (!npz_read(a, path, &z, &err)) {
		d->machine |= err.machine;
		diag_error(d, at, "cannot read arrays from '%s': %s", path, err.text);
		return 0;
	}
	z->diag = d;
	z->span = at;
	return z;
}

uint32_t
npz_count(const Npz *z)
{
	return z->zip.count;
}

const char *
npz_path(const Npz *z)
{
	return z->path;
}

const char *
npz_name(const Npz *z, uint32_t i)
{
	return z->zip.member[i].name;
}

const Tensor *
npz_tensor(Npz *z, const char *name)
{
	NdErr err = {0};
	Nd a, to;
	Tensor *t;

	if (!npz_has(z, name)) {
		diag_error(z->diag, z->span, "'%s' has no array '%s'", z->path, name);
		return 0;
	}
	if (!npz_get(z, name, &a, &err)) {
		z->diag->machine |= err.machine;
		diag_error(z->diag, z->span, "cannot read '%s' from '%s': %s", name, z->path,
		           err.text);
		return 0;
	}
	t = tensor_new(z->arena, a.dtype, a.dim, a.rank);
	to = nd_wrap(a.dtype, a.dim, a.rank, t->data, false);
	if (!nd_assign(&to, &a, &err))
		die("npz_tensor: %s", err.text);
	nd_release(&to);
	nd_release(&a);
	return t;
}
