/* zipmaker.h: zip archives of stored members, made by hand, for tests and fuzzing. */
#ifndef MILC_TESTS_ZIPMAKER_H
#define MILC_TESTS_ZIPMAKER_H

#include "base/base.h"

typedef struct ZipMaker {
	Buf b, dir;
	int n;
} ZipMaker;

static inline void
put(Buf *b, uint64_t v, int bytes)
{
	for (; bytes-- > 0; v >>= 8)
		buf_byte(b, (int)(v & 255));
}

static inline void
add(ZipMaker *z, const char *name, const void *data, size_t size)
{
	size_t local = z->b.n;

	buf_puts(&z->b, "PK\3\4");
	put(&z->b, 20, 4);
	put(&z->b, 0, 10);
	put(&z->b, size, 4);
	put(&z->b, size, 4);
	put(&z->b, strlen(name), 4);
	buf_puts(&z->b, name);
	buf_put(&z->b, data, size);
	buf_puts(&z->dir, "PK\1\2");
	put(&z->dir, 20, 6);
	put(&z->dir, 0, 10);
	put(&z->dir, size, 4);
	put(&z->dir, size, 4);
	put(&z->dir, strlen(name), 2);
	put(&z->dir, 0, 12);
	put(&z->dir, local, 4);
	buf_puts(&z->dir, name);
	z->n++;
}

static inline void
finish(ZipMaker *z)
{
	size_t at = z->b.n;

	buf_put(&z->b, z->dir.at, z->dir.n);
	buf_puts(&z->b, "PK\5\6");
	put(&z->b, 0, 4);
	put(&z->b, z->n, 2);
	put(&z->b, z->n, 2);
	put(&z->b, z->dir.n, 4);
	put(&z->b, at, 4);
	put(&z->b, 0, 2);
}

static inline void
drop(ZipMaker *z)
{
	buf_free(&z->b);
	buf_free(&z->dir);
}

#endif
