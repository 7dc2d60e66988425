/* blob_write.c: the weight file, front to back.
 *
 *	0   u32 count, u32 version 2, zeros up to 64
 *	64  record (64 bytes), data, zeros up to a multiple of 64, the next record ...
 *
 * The file ends with the last byte of data. Elements narrower than a byte are packed from the least
 * significant bit on, crossing byte borders. The count is put in at the end, with pwrite.
 */
#include <errno.h>

#include "base/sys.h"
#include "blob_write.h"

enum {
	ALIGN = 64,
	VERSION = 2,
	BUF_SIZE = 256 << 10, /* measured: larger ones fall out of the cache */
	PACK_COUNT = 8192,    /* elements packed at a time; a multiple of 8, so whole bytes */
};
#define SENTINEL 0xdeadbeefu

/* ---- bytes ---- */

static void
flush(BlobWriter *w)
{
	if (!w->error && !sys_write(w->fd, w->buf, w->nbuf))
		w->error = errno;
	w->nbuf = 0;
}

/* Room for n bytes in the buffer. */
static char *
room(BlobWriter *w, size_t n)
{
	if (n > BUF_SIZE - w->nbuf)
		flush(w);
	return w->buf + w->nbuf;
}

/* Appends n bytes. */
static void
put(BlobWriter *w, const void *p, size_t n)
{
	size_t k;

	w->size += n;
	if (w->fd < 0)
		return;
	for (; n; n -= k, p = (const char *)p + k) {
		k = MIN(n, (size_t)BUF_SIZE);
		memcpy(room(w, k), p, k);
		w->nbuf += k;
	}
}

static void
put_zeros_to_border(BlobWriter *w)
{
	static const char zeros[ALIGN];

	put(w, zeros, (size_t)(-w->size % ALIGN));
}

/* ---- elements ---- */

size_t
blob_pack(uint8_t *p, size_t n, unsigned w)
{
	unsigned have = 0;
	uint32_t acc = 0;
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		acc |= (uint32_t)(p[i] & ((1u << w) - 1)) << have;
		for (have += w; have >= 8; have -= 8, acc >>= 8)
			p[k++] = (uint8_t)acc;
	}
	if (have)
		p[k++] = (uint8_t)acc;
	return k;
}

static void
put_packed(BlobWriter *w, const Tensor *t)
{
	uint8_t part[PACK_COUNT];
	int64_t i, n;

	for (i = 0; i < t->count; i += n) {
		n = MIN(t->count - i, (int64_t)PACK_COUNT);
		tensor_read(t, i, n, part);
		put(w, part, blob_pack(part, (size_t)n, (unsigned)dtype_bits(t->dtype)));
	}
}

/* Converted elements go straight into the buffer. Ready ones are copied there too: to write from a
 * mapping makes the kernel fault its pages one by one, which takes twice as long. */
static void
put_whole(BlobWriter *w, const Tensor *t)
{
	size_t size = dtype_size(t->dtype), k;
	int64_t i, n;

	if (t->data) {
		put(w, t->data, tensor_bytes(t));
		return;
	}
	for (i = 0; i < t->count; i += n) {
		n = MIN(t->count - i, (int64_t)(BUF_SIZE / size));
		k = (size_t)n * size;
		tensor_read(t, i, n, room(w, k));
		w->nbuf += k;
		w->size += k;
	}
}

uint64_t
blob_size(const Tensor *t)
{
	return ((uint64_t)t->count * (unsigned)dtype_bits(t->dtype) + 7) / 8;
}

/* ---- the file ---- */

bool
blob_holds(DType t)
{
	return dtype_info[t].blob != 0;
}

void
blob_begin(BlobWriter *w, int fd)
{
	char head[ALIGN] = {0};

	*w = (BlobWriter){.fd = fd};
	if (fd >= 0)
		w->buf = xmalloc(BUF_SIZE);
	set_le(head + 4, VERSION, 4);
	put(w, head, sizeof head);
}

uint64_t
blob_add(BlobWriter *w, const Tensor *t)
{
	char record[ALIGN] = {0};
	uint64_t at, n = blob_size(t);

	if (!blob_holds(t->dtype))
		die("weight files have no type for %s", dtype_info[t->dtype].mil);
	put_zeros_to_border(w);
	at = w->size;
	set_le(record, SENTINEL, 4);
	set_le(record + 4, dtype_info[t->dtype].blob, 4);
	set_le(record + 8, n, 8);
	set_le(record + 16, at + ALIGN, 8);
	set_le(record + 24, n * 8 - (uint64_t)t->count * (unsigned)dtype_bits(t->dtype), 8);
	put(w, record, sizeof record);
	w->count++;
	if (w->fd < 0)
		w->size += n;
	else if (dtype_bits(t->dtype) < 8)
		put_packed(w, t);
	else
		put_whole(w, t);
	return at;
}

bool
blob_end(BlobWriter *w)
{
	char count[4];

	if (w->fd >= 0) {
		flush(w);
		set_le(count, w->count, 4);
		if (!w->error && !sys_write_at(w->fd, count, sizeof count, 0))
			w->error = errno;
	}
	xfree(w->buf);
	w->buf = 0;
	return !w->error;
}
