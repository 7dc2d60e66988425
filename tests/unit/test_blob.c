/* Unit tests of the weight file writer and reader: layout, packing, round trips, broken files. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "form/blob_write.h"
#include "form/blob_read.h"
#include "check.h"

typedef struct Written {
	uint8_t *at;
	size_t n;
	uint64_t offset[8];
} Written;

/* Writes to a file that has no name, and reads it back; the dry run must agree. */
static Written
write_file(Tensor *const *t, int n)
{
	char name[] = "/tmp/milc-blob-XXXXXX";
	int fd = mkstemp(name), i, agree = 0;
	BlobWriter w, dry;
	Written f = {0};

	unlink(name);
	blob_begin(&w, fd);
	blob_begin(&dry, -1);
	for (i = 0; i < n; i++) {
		f.offset[i] = blob_add(&w, t[i]);
		agree += blob_add(&dry, t[i]) == f.offset[i];
	}
	CHECK(blob_end(&w) && blob_end(&dry) && agree == n && dry.size == w.size);
	f.n = (size_t)lseek(fd, 0, SEEK_END);
	CHECK(f.n == w.size);
	f.at = malloc(f.n);
	CHECK(f.at && pread(fd, f.at, f.n, 0) == (ssize_t)f.n);
	close(fd);
	return f;
}

static Tensor *
numbers(Arena *a, DType t, int64_t n, int64_t first)
{
	Tensor *x = tensor_new(a, t, &n, 1);
	int64_t i;

	for (i = 0; i < n; i++)
		tensor_set_i(x, i, first + i);
	return x;
}

/* The worked example of the format: 20, 100 and 16 bytes. */
static void
test_layout(void)
{
	static const uint8_t head[8] = {3, 0, 0, 0, 2, 0, 0, 0}, mark[4] = {0xef, 0xbe, 0xad, 0xde};
	Arena a = {0};
	Tensor *t[] = {numbers(&a, DT_FP16, 10, 0), numbers(&a, DT_INT8, 100, -50),
	               numbers(&a, DT_FP32, 4, 1)};
	Written f = write_file(t, 3);

	CHECK_INT(f.n, 464);
	CHECK_INT(f.offset[0], 64);
	CHECK_INT(f.offset[1], 192);
	CHECK_INT(f.offset[2], 384);
	CHECK(memcmp(f.at, head, 8) == 0 && memcmp(f.at + 64, mark, 4) == 0);
	CHECK_INT(f.at[68], 1);
	CHECK_INT(f.at[72], 20);
	CHECK_INT(f.at[80], 128);
	CHECK_INT(f.at[88], 0);
	CHECK_INT(f.at[196], 4);
	CHECK_INT(f.at[200], 100);
	CHECK_INT(f.at[208], 0);
	CHECK_INT(f.at[209], 1);
	CHECK(f.at[256] == (uint8_t)-50);
	CHECK_INT(f.at[463], 0x40);
	free(f.at);
	arena_free(&a);
}

static void
test_packing(void)
{
	static const uint8_t want[][4] = {{0x21, 3}, {0x7f}, {0xf5, 1}, {0x81, 0x30, 0x10}, {5}};
	static const uint8_t size[] = {2, 1, 2, 3, 1}, padding[] = {4, 0, 7, 0, 5};
	Arena a = {0};
	Tensor *t[] = {numbers(&a, DT_UINT4, 3, 1), numbers(&a, DT_INT4, 2, -1),
	               numbers(&a, DT_UINT3, 3, 5), numbers(&a, DT_UINT6, 4, 1),
	               numbers(&a, DT_UINT1, 3, 0)};
	Written f;
	int i;

	tensor_set_i(t[1], 1, 7);
	tensor_set_i(t[4], 0, 1);
	tensor_set_i(t[4], 1, 0);
	tensor_set_i(t[4], 2, 1);
	f = write_file(t, 5);
	for (i = 0; i < 5; i++) {
		const uint8_t *p = f.at + f.offset[i];

		CHECK(p[8] == size[i] && p[24] == padding[i]);
		CHECK(memcmp(p + 64, want[i], size[i]) == 0);
	}
	free(f.at);
	arena_free(&a);
}

static void
test_round_trip(void)
{
	static const DType types[] = {DT_FP16,   DT_FP32,  DT_UINT8,  DT_INT8,   DT_BF16,  DT_INT16,
	                              DT_UINT16, DT_INT4,  DT_UINT1,  DT_UINT2,  DT_UINT4, DT_UINT3,
	                              DT_UINT6,  DT_INT32, DT_UINT32, DT_FP8E5M2};
	int64_t n = 300001, i, big = 9001;
	const char *error = 0;
	Arena a = {0};
	size_t k;

	for (k = 0; k < countof(types); k++) {
		Tensor *t[] = {numbers(&a, types[k], big, -3), numbers(&a, types[k], 5, 1),
		               numbers(&a, types[k], 0, 0),
		               tensor_cast(&a, numbers(&a, DT_FP32, n, 0), DT_FP16),
		               numbers(&a, types[k], 9, 2)};
		Written f = write_file(t, 5);
		BlobFile b;
		Tensor *x;

		CHECK(blob_holds(types[k]) && blob_open(&a, &b, f.at, f.n, &error));
		CHECK_INT(b.count, 5);
		for (i = 0; i < 5; i++) {
			x = blob_tensor(&a, &b, f.offset[i], t[i]->dtype, t[i]->dim, 1, &error);
			CHECK(x && tensor_equal(x, t[i]));
		}
		free(f.at);
	}
	CHECK(!blob_holds(DT_BOOL) && !blob_holds(DT_INT64) && !blob_holds(DT_STRING));
	arena_free(&a);
}

/* Puts a number into the file, says what reading says, and restores it. */
static bool
says(Written *f, size_t at, uint64_t v, DType t, int64_t count, const char *want)
{
	const char *error = "";
	uint8_t old[8];
	Arena a = {0};
	BlobFile b;
	bool same;

	memcpy(old, f->at + at, 8);
	memcpy(f->at + at, &v, 8);
	if (blob_open(&a, &b, f->at, f->n, &error))
		blob_tensor(&a, &b, f->offset[0], t, &count, 1, &error);
	memcpy(f->at + at, old, 8);
	same = strcmp(error, want) == 0;
	if (!same)
		fprintf(stderr, "said:   %s\nwanted: %s\n", error, want);
	arena_free(&a);
	return same;
}

static void
test_broken(void)
{
	Arena a = {0};
	Tensor *t[] = {numbers(&a, DT_FP16, 10, 0), numbers(&a, DT_UINT3, 3, 5)};
	Written f = write_file(t, 2);
	const uint64_t first = 0xdeadbeef, none = UINT64_C(0xffffffffffff0000);
	const char *error = 0;
	BlobFile b;

	CHECK(says(&f, 4, 2, DT_FP16, 10, ""));
	CHECK(says(&f, 4, 1, DT_FP16, 10, "it has version 1, expected 2"));
	CHECK(says(&f, 64, 7, DT_FP16, 10,
	           "the weight record at 64 begins with 0x00000007, expected 0xdeadbeef"));
	CHECK(says(&f, 64, first | UINT64_C(99) << 32, DT_FP16, 10,
	           "the weight record at 64 has the unknown type 99"));
	CHECK(says(
	    &f, 72, none, DT_FP16, 10,
	    "the weight record at 64 places 18446744073709486080 bytes at 128, past the end of the "
	    "file at 258"));
	CHECK(says(&f, 80, none, DT_FP16, 10,
	           "the weight record at 64 places 20 bytes at 18446744073709486080, past the end "
	           "of the file at 258"));
	CHECK(says(&f, 64, first | UINT64_C(1) << 32, DT_FP32, 10,
	           "the weight record at 64 holds fp16, but the model expects fp32"));
	CHECK(says(&f, 88, none, DT_FP16, 10, "")); /* garbage from older writers */
	CHECK(says(&f, 88, 0, DT_FP16, 11,
	           "the weight record at 64 has 160 bits, but the model expects 11 elements of "
	           "16"));
	CHECK(says(&f, 88, 0, DT_FP16, -1,
	           "the weight record at 64: the shape in the model is too large"));
	f.offset[0] = 96;
	CHECK(says(
	    &f, 88, 0, DT_FP16, 10,
	    "no weight record at 96: expected a multiple of 64 inside the 258 bytes of the file"));
	f.offset[0] = f.offset[1];
	CHECK(says(&f, f.offset[1] + 24, 8, DT_UINT3, 3,
	           "the weight record at 192 pads 2 bytes of uint3 by 8 bits, expected less than 8 "
	           "and whole elements"));
	CHECK(!blob_open(&a, &b, f.at, 63, &error));
	CHECK_STR(error, "it has 63 bytes, expected a header of 64");
	free(f.at);
	arena_free(&a);
}

/* Data at an odd place are copied, for views must be aligned. */
static void
test_unaligned(void)
{
	Arena a = {0};
	Tensor *t[] = {numbers(&a, DT_FP32, 10, 3)}, *x;
	Written f = write_file(t, 1);
	const char *error = 0;
	BlobFile b;

	f.at = realloc(f.at, f.n + 1);
	memmove(f.at + 129, f.at + 128, 40);
	f.at[80] = 129;
	CHECK(blob_open(&a, &b, f.at, f.n + 1, &error));
	x = blob_tensor(&a, &b, 64, DT_FP32, t[0]->dim, 1, &error);
	CHECK(x && tensor_equal(x, t[0]));
	CHECK_INT((uintptr_t)x->data % 4, 0);
	free(f.at);
	arena_free(&a);
}

static void
test_failing_write(void)
{
	Arena a = {0};
	Tensor *t = numbers(&a, DT_FP32, 1000000, 0);
	BlobWriter w;

	blob_begin(&w, 1 << 20); /* no such descriptor */
	blob_add(&w, t);
	CHECK(!blob_end(&w));
	CHECK_INT(w.error, EBADF);
	arena_free(&a);
}

int
main(void)
{
	test_layout();
	test_packing();
	test_round_trip();
	test_broken();
	test_unaligned();
	test_failing_write();
	return check_report();
}
