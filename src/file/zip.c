/* zip.c: the directory of a zip archive, and its members. Everything in it comes from strangers. */
#include "zip.h"

#include <zlib.h>

#include "nd/nd_impl.h"

/* The zip64 field replaces what did not fit, in this order. */
static void
read_zip64(ZipMember *m, const char *p, size_t n)
{
	uint64_t *const want[3] = {&m->size, &m->packed, &m->local};

	while (n >= 4) {
		size_t len = (size_t)get_le(p + 2, 2), at = 4;

		if (len > n - 4)
			return;
		for (int i = 0; get_le(p, 2) == 1 && i < 3; i++)
			if (*want[i] == UINT32_MAX && at + 8 <= len + 4) {
				*want[i] = get_le(p + at, 8);
				at += 8;
			}
		p += 4 + len;
		n -= 4 + len;
	}
}

static bool
find_directory(const Zip *z, uint64_t *at, uint64_t *size, uint64_t *count, NdErr *err)
{
	const char *p = z->at;
	size_t low = z->n > 65557 ? z->n - 65557 : 0, i = z->n < 22 ? 0 : z->n - 22;

	if (z->n < 22)
		return nd_fail(err, "it is too short for a %s file", z->kind);
	if (memcmp(p, "PK", 2) != 0)
		return nd_fail(err, "it is no %s file%s", z->kind,
		               memcmp(p, "\x93NUMPY", 6) == 0
		                   ? " but one array: np.savez writes arrays with names"
		                   : "");
	while (memcmp(p + i, "PK\5\6", 4) != 0)
		if (i-- == low)
			return nd_fail(err,
			               "it is a damaged or truncated %s file: the directory at its "
			               "end is missing",
			               z->kind);
	*count = get_le(p + i + 10, 2);
	*size = get_le(p + i + 12, 4);
	*at = get_le(p + i + 16, 4);
	if (i >= 20 && memcmp(p + i - 20, "PK\6\7", 4) == 0) {
		uint64_t e = get_le(p + i - 20 + 8, 8);

		if (e > z->n || z->n - e < 56 || memcmp(p + e, "PK\6\6", 4) != 0)
			return nd_fail(err,
			               "it is a damaged %s file: its zip64 directory is not where "
			               "it should be",
			               z->kind);
		*count = get_le(p + e + 32, 8);
		*size = get_le(p + e + 40, 8);
		*at = get_le(p + e + 48, 8);
	}
	if (*at > z->n || *size > z->n - *at || *count > *size / 46)
		return nd_fail(err, "it is a damaged %s file: its directory lies outside the file",
		               z->kind);
	return true;
}

static uint64_t
name_key(const char *name)
{
	return hash_bytes(name, strlen(name), 0);
}

/* The entry at *p, which moves behind it. */
static bool
read_entry(Zip *z, Arena *a, const char **p, const char *end, NdErr *err)
{
	ZipMember *m = &z->member[z->count];
	size_t name, rest, ending = strlen(z->ending);

	if (end - *p < 46 || memcmp(*p, "PK\1\2", 4) != 0)
		return nd_fail(err,
		               "it is a damaged %s file: entry %u of its directory cannot be read",
		               z->kind, z->count);
	name = (size_t)get_le(*p + 28, 2);
	rest = (size_t)(get_le(*p + 30, 2) + get_le(*p + 32, 2));
	if ((size_t)(end - *p) - 46 < name + rest)
		return nd_fail(err, "it is a damaged %s file: entry %u of its directory is cut off",
		               z->kind, z->count);
	m->method = (int)get_le(*p + 10, 2);
	m->crc = (uint32_t)get_le(*p + 16, 4);
	m->packed = get_le(*p + 20, 4);
	m->size = get_le(*p + 24, 4);
	m->local = get_le(*p + 42, 4);
	read_zip64(m, *p + 46 + name, (size_t)get_le(*p + 30, 2));
	if (name > ending && memcmp(*p + 46 + name - ending, z->ending, ending) == 0)
		m->name = arena_printf(a, "%.*s", (int)(name - ending), *p + 46);
	else
		m->name = arena_printf(a, "%.*s", (int)name, *p + 46);
	map_put(&z->index, name_key(m->name), m);
	*p += 46 + name + rest;
	return true;
}

bool
zip_open(Zip *z, Arena *a, NdErr *err)
{
	uint64_t start = 0, size = 0, count = 0;
	const char *p;

	map_init(&z->index, a);
	if (!find_directory(z, &start, &size, &count, err))
		return false;
	z->member = newn(a, ZipMember, (size_t)count + 1);
	for (p = z->at + start; z->count < count; z->count++)
		if (!read_entry(z, a, &p, z->at + start + size, err))
			return false;
	return true;
}

const ZipMember *
zip_find(const Zip *z, const char *name)
{
	const ZipMember *m = map_get(&z->index, name_key(name));

	if (!m || strcmp(m->name, name) == 0)
		return m;
	for (uint32_t i = z->count; i-- > 0;) /* two names of one hash */
		if (strcmp(z->member[i].name, name) == 0)
			return &z->member[i];
	return 0;
}

bool
zip_view(const Zip *z, const ZipMember *m, const char **out, NdErr *err)
{
	const char *p;
	uint64_t skip;

	if (m->local > z->n || z->n - m->local < 30 || memcmp(z->at + m->local, "PK\3\4", 4) != 0)
		return nd_fail(err,
		               "it is a damaged %s file: '%.60s' is not where the directory says",
		               z->kind, m->name);
	p = z->at + m->local;
	skip = 30 + get_le(p + 26, 2) + get_le(p + 28, 2);
	if (skip > z->n - m->local || m->packed > z->n - m->local - skip)
		return nd_fail(err,
		               "it is a damaged or truncated %s file: the data of '%.60s' ends "
		               "outside the file",
		               z->kind, m->name);
	if (get_le(p + 6, 2) & 1)
		return nd_fail(err, "its member '%.60s' is encrypted", m->name);
	if (m->method != 0 && m->method != 8)
		return nd_fail(err,
		               "its member '%.60s' is packed with method %d, expected stored or "
		               "deflated",
		               m->name, m->method);
	if (m->method == 0 && m->size != m->packed)
		return nd_fail(err, "it is a damaged %s file: '%.60s' has two sizes", z->kind,
		               m->name);
	*out = p + skip;
	return true;
}

static bool
inflate_all(const char *from, uint64_t packed, char *to, uint64_t size)
{
	z_stream s = {0};
	uint64_t in = 0, done = 0;
	int r = Z_OK;

	if (inflateInit2(&s, -MAX_WBITS) != Z_OK)
		milc_nomem();
	while (r == Z_OK) {
		uInt give = (uInt)MIN(packed - in, (uint64_t)1 << 30);
		uInt room = (uInt)MIN(size - done, (uint64_t)1 << 30);

		s.next_in = (Bytef *)(uintptr_t)(from + in);
		s.avail_in = give;
		s.next_out = (Bytef *)to + done;
		s.avail_out = room;
		r = inflate(&s, Z_NO_FLUSH);
		in += give - s.avail_in;
		done += room - s.avail_out;
		if (r == Z_OK && give == s.avail_in && room == s.avail_out)
			break;
	}
	inflateEnd(&s);
	if (r == Z_MEM_ERROR)
		milc_nomem();
	return r == Z_STREAM_END && done == size;
}

bool
zip_unpack(const Zip *z, const ZipMember *m, char **out, NdErr *err)
{
	const char *from;
	char *p;
	bool ok = true;

	if (!zip_view(z, m, &from, err))
		return false;
	/* deflate never packs better than 1:1032 */
	if (m->size / 1100 > m->packed + 64 || m->size > ND_MAX_BYTES)
		return nd_fail(err, "it is a damaged %s file: '%.60s' cannot unpack to %llu bytes",
		               z->kind, m->name, (unsigned long long)m->size);
	*out = p = xmalloc((size_t)m->size + 1);
	if (m->method == 0)
		memcpy(p, from, (size_t)m->size);
	else if (!inflate_all(from, m->packed, p, m->size))
		ok = nd_fail(err, "it is a damaged %s file: '%.60s' cannot be unpacked", z->kind,
		             m->name);
	if (ok && (uint32_t)crc32_z(crc32_z(0, 0, 0), (Bytef *)p, (size_t)m->size) != m->crc)
		ok = nd_fail(err, "it is a damaged %s file: '%.60s' has a wrong checksum", z->kind,
		             m->name);
	if (!ok)
		xfree(p);
	return ok;
}
