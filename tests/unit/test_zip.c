/* Zip archives: names, views, unpacking; several members of one name; damage. */
#include <zlib.h>

#include "file/zip.h"
#include "check.h"

static void
put(Buf *b, uint64_t v, int bytes)
{
	for (; bytes-- > 0; v >>= 8)
		buf_byte(b, (int)(v & 255));
}

/* What both headers of a member say: method to the length of its name. */
static void
put_fields(Buf *b, const char *name, int method, const Buf *packed, const char *text)
{
	put(b, method, 2);
	put(b, 0, 4);
	put(b, crc32(0, (const Bytef *)text, (uInt)strlen(text)), 4);
	put(b, packed->n, 4);
	put(b, strlen(text), 4);
	put(b, strlen(name), 2);
}

/* A member with `text`, and its entry in the directory. */
static void
put_member(Buf *b, Buf *dir, const char *name, int method, const char *text)
{
	Buf packed = {0};
	size_t local = b->n;
	z_stream s = {0};

	buf_reserve(&packed, strlen(text) + 64);
	if (method == 8) {
		deflateInit2(&s, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
		s.next_in = (Bytef *)(uintptr_t)text;
		s.avail_in = (uInt)strlen(text);
		s.next_out = (Bytef *)packed.at;
		s.avail_out = (uInt)strlen(text) + 64;
		deflate(&s, Z_FINISH);
		packed.n = s.total_out;
		deflateEnd(&s);
	} else {
		buf_puts(&packed, text);
	}
	buf_puts(b, "PK\3\4");
	put(b, 20, 4);
	put_fields(b, name, method, &packed, text);
	put(b, 0, 2);
	buf_puts(b, name);
	buf_put(b, packed.at, packed.n);
	buf_puts(dir, "PK\1\2");
	put(dir, 20, 6);
	put_fields(dir, name, method, &packed, text);
	put(dir, 0, 12);
	put(dir, local, 4);
	buf_puts(dir, name);
	buf_free(&packed);
}

static void
finish(Buf *b, Buf *dir, int count)
{
	size_t at = b->n;

	buf_put(b, dir->at, dir->n);
	buf_puts(b, "PK\5\6");
	put(b, 0, 4);
	put(b, count, 2);
	put(b, count, 2);
	put(b, dir->n, 4);
	put(b, at, 4);
	put(b, 0, 2);
	buf_free(dir);
}

static void
test_members(void)
{
	Arena a = {0};
	Buf b = {0}, dir = {0};
	Zip z;
	NdErr err = {0};
	const char *view;
	char *own;

	put_member(&b, &dir, "a.npy", 0, "first");
	put_member(&b, &dir, "b", 8, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
	put_member(&b, &dir, "a.npy", 0, "second");
	finish(&b, &dir, 3);
	z = (Zip){.at = b.at, .n = b.n, .kind = ".npz", .ending = ".npy"};
	CHECK(zip_open(&z, &a, &err));
	CHECK_INT(z.count, 3);
	CHECK_STR(z.member[0].name, "a");
	CHECK_STR(z.member[1].name, "b");
	CHECK(zip_find(&z, "a") == &z.member[2] && !zip_find(&z, "a.npy"));
	CHECK(zip_view(&z, &z.member[0], &view, &err) && memcmp(view, "first", 5) == 0);
	CHECK(view > b.at && view < b.at + b.n);
	CHECK_INT(z.member[1].method, 8);
	CHECK_INT(z.member[1].size, 40);
	CHECK(z.member[1].packed < 40);
	CHECK(zip_unpack(&z, &z.member[1], &own, &err) && memcmp(own, "bbbbb", 5) == 0);
	xfree(own);
	CHECK(zip_unpack(&z, &z.member[2], &own, &err) && memcmp(own, "second", 6) == 0);
	xfree(own);
	z.member[2].crc ^= 1;
	CHECK(!zip_unpack(&z, &z.member[2], &own, &err));
	CHECK_STR(err.text, "it is a damaged .npz file: 'a' has a wrong checksum");
	z.member[1].packed -= 2;
	CHECK(!zip_unpack(&z, &z.member[1], &own, &err));
	z.member[0].local = b.n - 29;
	CHECK(!zip_view(&z, &z.member[0], &view, &err));
	for (size_t n = 0; n < b.n; n++) { /* no prefix of it is an archive */
		z = (Zip){.at = b.at, .n = n, .kind = ".npz", .ending = ".npy"};
		CHECK(!zip_open(&z, &a, &err));
	}
	buf_free(&b);
	arena_free(&a);
}

int
main(void)
{
	test_members();
	return check_report();
}
