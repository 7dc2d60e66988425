/* npz.c: zip archives of .npy members. Reads the central directory (with zip64), maps stored
 * members and inflates deflated ones; writes stored members with fixed dates.
 */
#include "npz.h"

#include <errno.h>
#include <zlib.h>

#include "base/sys.h"
#include "nd/nd_impl.h"

#define SMALL ((size_t)64 << 10) /* up to here arrays are copied, not mapped; */
#define LARGE ((size_t)1 << 20)  /* those that lie askew in the file, up to here */

typedef struct Member {
	const char *name;
	uint64_t local, packed, size; /* local: offset of the local header */
	uint32_t crc;
	int method;
} Member;

struct Npz {
	Arena *arena;
	Diag *diag;
	Span span;
	const char *path;
	SysMap *map;
	const unsigned char *at; /* the mapped file */
	size_t n;
	Member *member;
	uint32_t count;
};

/* ---- files ---- */
static int
open_regular(const char *path, uint64_t *size, NdErr *err)
{
	PathKind kind;
	int fd = sys_open(path, false, &kind, size);

	if (fd < 0) {
		nd_fail(err, "%s", strerror(errno));
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
	return sys_read_at(fd, to, n, at) ||
	       nd_fail(err, "reading failed: %s", errno ? strerror(errno) : "the file ends");
}

static bool
map_part(int fd, uint64_t at, DType t, const int64_t *dim, int rank, size_t bytes, Nd *out,
         NdErr *err)
{
	SysMap *m = sys_map(fd, at, bytes, SYS_COPY);

	if (!m)
		return nd_fail(err, "it cannot be mapped: %s", strerror(errno));
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
	Nd raw;
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
	return file_array(path, h.head, h.t, &flat, 1, &raw, err) && npy_finish(&h, &raw, out, err);
}

/* ---- the archive ---- */
static uint64_t
le(const unsigned char *p, int bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | p[bytes];
	return v;
}

/* The zip64 field replaces what did not fit, in this order. */
static void
read_zip64(Member *m, const unsigned char *p, size_t n)
{
	uint64_t *const want[3] = {&m->size, &m->packed, &m->local};

	while (n >= 4) {
		size_t len = (size_t)le(p + 2, 2), at = 4;

		if (len > n - 4)
			return;
		for (int i = 0; le(p, 2) == 1 && i < 3; i++)
			if (*want[i] == UINT32_MAX && at + 8 <= len + 4) {
				*want[i] = le(p + at, 8);
				at += 8;
			}
		p += 4 + len;
		n -= 4 + len;
	}
}

static bool
find_directory(const Npz *z, uint64_t *at, uint64_t *size, uint64_t *count, NdErr *err)
{
	const unsigned char *p = z->at;
	size_t low = z->n > 65557 ? z->n - 65557 : 0, i = z->n < 22 ? 0 : z->n - 22;

	if (z->n < 22)
		return nd_fail(err, "it is too short for a .npz file");
	while (memcmp(p + i, "PK\5\6", 4) != 0) {
		if (i == low)
			return nd_fail(
			    err, "it is a damaged or truncated .npz file: the directory at its end "
			         "is missing");
		i--;
	}
	*count = le(p + i + 10, 2);
	*size = le(p + i + 12, 4);
	*at = le(p + i + 16, 4);
	if (i >= 20 && memcmp(p + i - 20, "PK\6\7", 4) == 0) {
		uint64_t e = le(p + i - 20 + 8, 8);

		if (e > z->n || z->n - e < 56 || memcmp(p + e, "PK\6\6", 4) != 0)
			return nd_fail(
			    err, "it is a damaged .npz file: its zip64 directory is not where it "
			         "should be");
		*count = le(p + e + 32, 8);
		*size = le(p + e + 40, 8);
		*at = le(p + e + 48, 8);
	}
	if (*at > z->n || *size > z->n - *at || *count > *size / 46)
		return nd_fail(err,
		               "it is a damaged .npz file: its directory lies outside the file");
	return true;
}

static bool
read_directory(Npz *z, NdErr *err)
{
	uint64_t at = 0, size = 0, count = 0;
	const unsigned char *p, *end;

	if (!find_directory(z, &at, &size, &count, err))
		return false;
	z->member = newn(z->arena, Member, (size_t)count + 1);
	p = z->at + at;
	end = p + size;
	for (; z->count < count; z->count++) {
		Member *m = &z->member[z->count];
		size_t name, extra, note;
		char *s;

		if (end - p < 46 || memcmp(p, "PK\1\2", 4) != 0)
			return nd_fail(
			    err,
			    "it is a damaged .npz file: entry %u of its directory cannot be "
			    "read",
			    z->count);
		name = (size_t)le(p + 28, 2);
		extra = (size_t)le(p + 30, 2);
		note = (size_t)le(p + 32, 2);
		if ((size_t)(end - p) - 46 < name + extra + note)
			return nd_fail(
			    err, "it is a damaged .npz file: entry %u of its directory is cut off",
			    z->count);
		m->method = (int)le(p + 10, 2);
		m->crc = (uint32_t)le(p + 16, 4);
		m->packed = le(p + 20, 4);
		m->size = le(p + 24, 4);
		m->local = le(p + 42, 4);
		read_zip64(m, p + 46 + name, extra);
		s = arena_alloc(z->arena, name + 1);
		memcpy(s, p + 46, name);
		if (name > 4 && strcmp(s + name - 4, ".npy") == 0)
			s[name - 4] = 0;
		m->name = s;
		p += 46 + name + extra + note;
	}
	return true;
}

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
	if (size > SIZE_MAX)
		errno = ENOMEM;
	else if (size)
		z->map = sys_map(fd, 0, (size_t)size, SYS_ANYHOW);
	if (size && !z->map)
		nd_fail(err, "it cannot be mapped: %s", strerror(errno));
	sys_close(fd);
	if (size && !z->map)
		return false;
	z->at = size ? z->map->at : 0;
	z->n = (size_t)size;
	if (!read_directory(z, err)) {
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
	z->at = 0;
	z->n = 0;
}

/* Where a member's bytes start. */
static bool
member_data(const Npz *z, const Member *m, uint64_t *at, NdErr *err)
{
	const unsigned char *p = z->at + m->local;
	uint64_t skip;

	if (!z->at)
		return nd_fail(err, "the file was closed");
	if (m->local > z->n || z->n - m->local < 30 || memcmp(p, "PK\3\4", 4) != 0)
		return nd_fail(err,
		               "it is a damaged .npz file: '%.60s' is not where the directory says",
		               m->name);
	skip = 30 + le(p + 26, 2) + le(p + 28, 2);
	if (skip > z->n - m->local || m->packed > z->n - m->local - skip)
		return nd_fail(err,
		               "it is a damaged or truncated .npz file: the data of '%.60s' ends "
		               "outside the file",
		               m->name);
	if (le(p + 6, 2) & 1)
		return nd_fail(err, "its member '%.60s' is encrypted", m->name);
	*at = m->local + skip;
	return true;
}

static bool
inflate_member(const Npz *z, const Member *m, uint64_t at, char **out, NdErr *err)
{
	z_stream s = {0};
	uint64_t in = 0, done = 0;
	int r = Z_OK;
	char *p;

	/* deflate never packs better than 1:1032 */
	if (m->size / 1100 > m->packed + 64 || m->size > ND_MAX_BYTES)
		return nd_fail(err,
		               "it is a damaged .npz file: '%.60s' cannot unpack to %llu bytes",
		               m->name, (unsigned long long)m->size);
	p = xmalloc((size_t)m->size + 1);
	if (inflateInit2(&s, -MAX_WBITS) != Z_OK)
		milc_nomem();
	while (r == Z_OK) {
		uInt give = (uInt)MIN(m->packed - in, (uint64_t)1 << 30);
		uInt room = (uInt)MIN(m->size - done, (uint64_t)1 << 30);

		s.next_in = (Bytef *)(uintptr_t)(z->at + at + in);
		s.avail_in = give;
		s.next_out = (Bytef *)p + done;
		s.avail_out = room;
		r = inflate(&s, Z_NO_FLUSH);
		in += give - s.avail_in;
		done += room - s.avail_out;
		if (r == Z_OK && give == s.avail_in && room == s.avail_out)
			break;
	}
	inflateEnd(&s);
	if (r == Z_STREAM_END && done == m->size) {
		*out = p;
		return true;
	}
	xfree(p);
	return nd_fail(err, "it is a damaged .npz file: '%.60s' cannot be unpacked", m->name);
}

static uint32_t
crc_of(const void *p, size_t n)
{
	return (uint32_t)crc32_z(crc32_z(0, 0, 0), p, n);
}

static bool
unpack(const Npz *z, const Member *m, uint64_t at, Nd *out, NdErr *err)
{
	NpyHeader h;
	int64_t flat;
	char *p = 0;
	Nd raw;

	if (!inflate_member(z, m, at, &p, err))
		return false;
	if (crc_of(p, (size_t)m->size) != m->crc) {
		xfree(p);
		return nd_fail(err, "it is a damaged .npz file: '%.60s' has a wrong checksum",
		               m->name);
	}
	if (!npy_parse(p, (size_t)m->size, m->size, &h, err)) {
		xfree(p);
		return false;
	}
	memmove(p, p + h.head, h.bytes);
	flat = (int64_t)(h.bytes / dtype_size(h.t));
	raw = nd_adopt(h.t, &flat, 1, p, h.bytes);
	return npy_finish(&h, &raw, out, err);
}

bool
npz_get(Npz *z, uint32_t i, Nd *out, NdErr *err)
{
	const Member *m = &z->member[i];
	NpyHeader h;
	uint64_t at = 0;
	int64_t flat;
	Nd raw;

	if (!member_data(z, m, &at, err))
		return false;
	if (m->method == 8)
		return unpack(z, m, at, out, err);
	if (m->method != 0)
		return nd_fail(err,
		               "its member '%.60s' is packed with method %d, expected stored or "
		               "deflated",
		               m->name, m->method);
	if (m->size != m->packed)
		return nd_fail(err, "it is a damaged .npz file: '%.60s' has two sizes", m->name);
	if (!npy_parse((const char *)z->at + at, (size_t)m->size, m->size, &h, err))
		return false;
	flat = (int64_t)(h.bytes / dtype_size(h.t));
	return file_array(z->path, at + h.head, h.t, &flat, 1, &raw, err) &&
	       npy_finish(&h, &raw, out, err);
}

/* ---- for the run command ---- */
Npz *
npz_open(Arena *a, Diag *d, Span at, const char *path)
{
	Npz *z = 0;
	NdErr err = {0};

	if (!npz_read(a, path, &z, &err)) {
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
	return z->count;
}

const char *
npz_path(const Npz *z)
{
	return z->path;
}

const char *
npz_name(const Npz *z, uint32_t i)
{
	return z->member[i].name;
}

bool
npz_has(const Npz *z, const char *name)
{
	for (uint32_t i = 0; i < z->count; i++)
		if (strcmp(z->member[i].name, name) == 0)
			return true;
	return false;
}

const Tensor *
npz_tensor(Npz *z, const char *name)
{
	NdErr err = {0};
	Nd a, to;
	Tensor *t;

	for (uint32_t i = 0; i < z->count; i++) {
		if (strcmp(z->member[i].name, name) != 0)
			continue;
		if (!npz_get(z, i, &a, &err)) {
			diag_error(z->diag, z->span, "cannot read '%s' from '%s': %s", name,
			           z->path, err.text);
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
	diag_error(z->diag, z->span, "'%s' has no array '%s'", z->path, name);
	return 0;
}
