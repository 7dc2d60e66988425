/* npzwrite.c: tensors into a .npz: stored members, fixed dates, zip64 where sizes need it, so that
 * the same tensors give the same bytes.
 */
#include "npz.h"

#include <zlib.h>

#include "base/sys.h"
#include "nd/nd_impl.h"

#define CHUNK 65536

typedef struct Out {
	int fd;
	uint64_t at;
	uint32_t crc;
	bool measuring; /* only count and checksum */
} Out;

static bool
put(Out *o, const void *p, size_t n)
{
	o->crc = (uint32_t)crc32_z(o->crc, p, n);
	o->at += n;
	return o->measuring || sys_write(o->fd, p, n);
}

static bool
put_strings(Out *o, const Tensor *t)
{
	uint32_t width = npy_width(t);

	for (int64_t i = 0; i < t->count; i++) {
		const Str *s = ((const Str *const *)t->data)[i];

		for (uint32_t n = 0, k = 0, cp; n < width; n++) {
			cp = 0;
			if (s && k < s->len)
				k += (uint32_t)utf8_next(s->s + k, s->len - k, &cp);
			if (!put(o, &cp, 4))
				return false;
		}
	}
	return true;
}

static bool
put_array(Out *o, const Tensor *t)
{
	size_t size = dtype_size(t->dtype);
	Buf head = {0};
	char *chunk;
	bool ok;

	npy_put_header(&head, t);
	ok = put(o, head.at, head.n);
	buf_free(&head);
	if (!ok || t->dtype == DT_STRING)
		return ok && put_strings(o, t);
	chunk = xmalloc(CHUNK);
	for (int64_t i = 0; ok && i < t->count;) {
		int64_t n = MIN(t->count - i, (int64_t)(CHUNK / size));

		tensor_read(t, i, n, chunk);
		ok = put(o, chunk, (size_t)n * size);
		i += n;
	}
	xfree(chunk);
	return ok;
}

static void
put_le(Buf *b, uint64_t v, int bytes)
{
	for (; bytes > 0; bytes--, v >>= 8)
		buf_byte(b, (int)(v & 255));
}

typedef struct Entry {
	uint64_t local, size;
	uint32_t crc;
} Entry;

/* What local and central headers have in common, from "version needed" to the length of the name.
 */
static void
put_common(Buf *b, const Entry *e, size_t name, bool wide)
{
	put_le(b, wide ? 45 : 20, 2);
	put_le(b, 1 << 11, 2); /* the name is UTF-8 */
	put_le(b, 0, 2);       /* stored */
	put_le(b, 0, 2);
	put_le(b, 0x21, 2); /* 1 January 1980 */
	put_le(b, e->crc, 4);
	put_le(b, wide ? UINT32_MAX : e->size, 4);
	put_le(b, wide ? UINT32_MAX : e->size, 4);
	put_le(b, name + 4, 2);
}

static bool
write_member(Out *o, const NamedTensor *t, Entry *e)
{
	Out probe = {.measuring = true};
	Buf b = {0};
	bool wide, ok;

	put_array(&probe, t->t);
	e->size = probe.at;
	e->crc = probe.crc;
	e->local = o->at;
	wide = e->size >= UINT32_MAX;
	buf_put(&b, "PK\3\4", 4);
	put_common(&b, e, t->name->len, wide);
	put_le(&b, wide ? 20 : 0, 2);
	buf_put(&b, t->name->s, t->name->len);
	buf_puts(&b, ".npy");
	if (wide) {
		put_le(&b, 1, 2);
		put_le(&b, 16, 2);
		put_le(&b, e->size, 8);
		put_le(&b, e->size, 8);
	}
	ok = put(o, b.at, b.n) && put_array(o, t->t);
	buf_free(&b);
	return ok;
}

static void
put_central(Buf *b, const NamedTensor *t, const Entry *e)
{
	bool wide = e->size >= UINT32_MAX, far = e->local >= UINT32_MAX;

	buf_put(b, "PK\1\2", 4);
	put_le(b, 45, 2);
	put_common(b, e, t->name->len, wide || far);
	put_le(b, wide || far ? 28 : 0, 2);
	put_le(b, 0, 2);
	put_le(b, 0, 2);
	put_le(b, 0, 2);
	put_le(b, 0, 4);
	put_le(b, wide || far ? UINT32_MAX : e->local, 4);
	buf_put(b, t->name->s, t->name->len);
	buf_puts(b, ".npy");
	if (wide || far) {
		put_le(b, 1, 2);
		put_le(b, 24, 2);
		put_le(b, e->size, 8);
		put_le(b, e->size, 8);
		put_le(b, e->local, 8);
	}
}

static void
put_end(Buf *b, uint64_t at, uint64_t size, uint32_t n)
{
	bool wide = at >= UINT32_MAX || size >= UINT32_MAX || n >= 0xffff;

	if (wide) {
		buf_put(b, "PK\6\6", 4);
		put_le(b, 44, 8);
		put_le(b, 45, 2);
		put_le(b, 45, 2);
		put_le(b, 0, 8);
		put_le(b, n, 8);
		put_le(b, n, 8);
		put_le(b, size, 8);
		put_le(b, at, 8);
		buf_put(b, "PK\6\7", 4);
		put_le(b, 0, 4);
		put_le(b, at + size, 8);
		put_le(b, 1, 4);
	}
	buf_put(b, "PK\5\6", 4);
	put_le(b, 0, 4);
	put_le(b, wide ? 0xffff : n, 2);
	put_le(b, wide ? 0xffff : n, 2);
	put_le(b, wide ? UINT32_MAX : size, 4);
	put_le(b, wide ? UINT32_MAX : at, 4);
	put_le(b, 0, 2);
}

bool
npz_write(int fd, const NamedTensor *t, uint32_t n)
{
	Out o = {.fd = fd};
	Entry *e = xcalloc((size_t)n + 1, sizeof *e);
	Buf b = {0};
	bool ok = true;
	uint64_t size;

	for (uint32_t i = 0; ok && i < n; i++)
		ok = write_member(&o, &t[i], &e[i]);
	for (uint32_t i = 0; ok && i < n; i++)
		put_central(&b, &t[i], &e[i]);
	size = b.n;
	put_end(&b, o.at, size, n);
	ok = ok && put(&o, b.at, b.n);
	buf_free(&b);
	xfree(e);
	return ok;
}
