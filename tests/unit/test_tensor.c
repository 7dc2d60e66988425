/* Unit tests of tensor.c, convert.c and half.c: types, every conversion, lazy casts, hashes. */
#include <math.h>
#include <stdlib.h>

#include "tensor/tensor.h"
#include "check.h"

static float
float_of(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof f);
	return f;
}

static uint32_t
bits_of(float f)
{
	uint32_t x;

	memcpy(&x, &f, sizeof x);
	return x;
}

static void
test_types(void)
{
	int t, good = 0;
	bool swap;

	for (t = 1; t < DT_COUNT; t++)
		good += dtype_from_mil(dtype_info[t].mil) == (DType)t &&
		        dtype_from_numpy(dtype_info[t].np, &swap) == (DType)t &&
		        dtype_from_pb(dtype_info[t].pb) == (dtype_info[t].pb ? (DType)t : DT_NONE);
	CHECK(good == DT_COUNT - 1);
	CHECK_INT(dtype_from_mil("half"), DT_NONE);
	CHECK_INT(dtype_from_numpy("", &swap), DT_NONE);
	CHECK_INT(dtype_from_numpy(">", &swap), DT_NONE);
	CHECK_INT(dtype_from_numpy("half", &swap), DT_FP16);
	CHECK_INT(dtype_from_numpy("<f2", &swap), DT_FP16);
	CHECK(!swap);
	CHECK_INT(dtype_from_numpy(">u4", &swap), DT_UINT32);
	CHECK(swap);
	CHECK_INT(dtype_from_pb(99), DT_NONE);
	CHECK_INT(dtype_bits(DT_INT4), 4);
	CHECK_INT(dtype_bits(DT_UINT6), 6);
	CHECK_INT(dtype_bits(DT_FP16), 16);
	CHECK_INT(dtype_bits(DT_UINT1), 1);
	CHECK_INT(dtype_bits(DT_UINT2), 2);
	CHECK_INT(dtype_bits(DT_UINT3), 3);
	CHECK(dtype_is_int(DT_UINT1) && !dtype_is_int(DT_BOOL) && dtype_is_float(DT_BF16));
}

/* All halves survive; the array functions agree with the scalar ones, aligned or not. */
static void
test_half(void)
{
	static uint16_t h[65536], back[65536];
	static float f[65536];
	static char odd[65536 * 4 + 1];
	uint32_t i, x, same = 0, agree = 0, twice = 0;

	for (i = 0; i < 65536; i++)
		h[i] = (uint16_t)i;
	half_to_floats(f, h, 65536);
	half_from_floats(back, f, 65536);
	for (i = 0; i < 65536; i++) {
		bool nan = (i & 0x7c00) == 0x7c00 && (i & 0x3ff);
		same += back[i] == (nan ? (i | 0x200) : i);
		agree += bits_of(half_to_float((uint16_t)i)) == bits_of(f[i]);
	}
	CHECK_INT(same, 65536);
	CHECK_INT(agree, 65536);
	for (i = agree = 0, x = 12345; i < 65536; i++) {
		x = x * 1664525 + 1013904223;
		f[i] = float_of(i & 1 ? x : 0x33000000 + (x % 0x15000000));
	}
	memcpy(odd + 1, f, sizeof f);
	half_from_floats(h, f, 65533);
	half_from_floats(back, (const float *)(const void *)(odd + 1), 65533);
	for (i = agree = 0; i < 65533; i++) {
		agree += h[i] == half_from_float(f[i]) && h[i] == back[i];
		twice += h[i] == half_from_double((double)f[i]);
	}
	CHECK_INT(agree, 65533);
	CHECK_INT(twice, 65533);
	CHECK_INT(half_from_float(65519.996f), 0x7bff);
	CHECK_INT(half_from_float(65520), 0x7c00);
	CHECK_INT(half_from_float(0x1p-25f), 0);
	CHECK_INT(half_from_float(0x1.000002p-25f), 1);
	CHECK_INT(half_from_float(0x1.8p-24f), 2);
	CHECK_INT(half_from_float(-0.0f), 0x8000);
	CHECK_INT(half_from_double(2049.0000000001), 0x6801); /* through float it would be 0x6800 */
	CHECK_INT(half_from_double(0x1.0000000000001p-25), 1);
	CHECK_INT(half_from_double(0x1p-25), 0);
	CHECK_INT(half_from_double((double)INFINITY), 0x7c00);
	CHECK_INT(half_from_double(-1e300), 0xfc00);
}

static void
test_shapes(void)
{
	int64_t n, big[] = {INT64_C(1) << 31, INT64_C(1) << 31}, zero[] = {INT32_MAX, 97, 0};
	int64_t vast[] = {INT64_MAX, INT64_MAX, 0};
	int64_t neg[] = {0, -1}, wide[] = {INT64_MAX / 4};

	CHECK(shape_count(0, 0, &n));
	CHECK_INT(n, 1);
	CHECK(!shape_count(big, 2, &n) && !shape_count(neg, 2, &n) && !shape_count(wide, 1, &n));
	CHECK(!shape_count(vast, 3, &n) && shape_count(zero, 3, &n));
	CHECK_INT(n, 0);
	CHECK(!shape_count(zero, TENSOR_MAX_RANK + 1, &n) && !shape_count(zero, -1, &n));
}

/* One number through a cast, read back as a double. */
static double
through(DType from, double v, DType to)
{
	Arena a = {0};
	double d = tensor_f(tensor_cast(&a, tensor_scalar_f(&a, from, v), to), 0);

	arena_free(&a);
	return d;
}

static void
test_casts(void)
{
	CHECK_NUM(through(DT_FP32, -3.7, DT_INT32), -3);
	CHECK_NUM(through(DT_FP32, 0.5, DT_BOOL), 1);
	CHECK_NUM(through(DT_FP32, 70000, DT_FP16), 65504);
	CHECK_NUM(through(DT_FP64, -1e300, DT_FP16), -65504);
	CHECK(isinf(through(DT_FP32, (double)INFINITY, DT_FP16)));
	CHECK(isnan(through(DT_FP32, (double)NAN, DT_FP16)));
	CHECK(isinf(through(DT_FP64, 1e300, DT_FP32)));
	CHECK_NUM(through(DT_INT32, 300, DT_INT8), 44);
	CHECK_NUM(through(DT_INT32, -1, DT_UINT8), 255);
	CHECK_NUM(through(DT_INT32, -1, DT_UINT64), 0x1p64);
	CHECK_NUM(through(DT_INT32, -1, DT_UINT32), 4294967295);
	CHECK_NUM(through(DT_FP32, 3e9, DT_INT32), -2147483648.0);
	CHECK_NUM(through(DT_FP32, 3e9, DT_UINT32), 3e9);
	CHECK_NUM(through(DT_FP32, (double)NAN, DT_INT64), -0x1p63);
	CHECK_NUM(through(DT_FP64, 1e19, DT_UINT64), 1e19);
	CHECK_NUM(through(DT_FP64, -1, DT_UINT8), 255);
	CHECK_NUM(through(DT_INT32, 9, DT_INT4), -7);
	CHECK_NUM(through(DT_INT32, 9, DT_UINT3), 1);
	CHECK_NUM(through(DT_FP32, 63, DT_UINT6), 63);
	CHECK_NUM(through(DT_BOOL, 7, DT_FP32), 1);
	CHECK(isinf(through(DT_INT32, 70000, DT_FP16)));
	CHECK_NUM(through(DT_COMPLEX64, 2.5, DT_FP16), 2.5);
	CHECK_NUM(through(DT_INT32, 3, DT_COMPLEX64), 3);
	CHECK_NUM(through(DT_UINT16, 65535, DT_FP32), 65535);
	CHECK_NUM(through(DT_INT16, -5, DT_INT64), -5);
	CHECK_NUM(through(DT_FP32, 1 + 0x1p-8, DT_BF16), 1);
	CHECK_NUM(through(DT_FP32, 1 + 0x3p-8, DT_BF16), 1 + 0x1p-6);
	CHECK_NUM(through(DT_BF16, 1e30, DT_FP16), 65504);
	CHECK_NUM(through(DT_BF16, -2.5, DT_FP16), -2.5);
	CHECK_NUM(through(DT_BF16, 0x1p-130, DT_FP32), 0x1p-130);
	CHECK_NUM(through(DT_BF16, 3, DT_INT8), 3);
	CHECK(isnan(through(DT_BF16, (double)NAN, DT_FP32)));
	CHECK_NUM(through(DT_FP32, 448, DT_FP8E4M3FN), 448);
	CHECK(isnan(through(DT_FP32, 500, DT_FP8E4M3FN)));
	CHECK_NUM(through(DT_FP32, 0x1p-9, DT_FP8E4M3FN), 0x1p-9);
	CHECK_NUM(through(DT_FP32, 1.9, DT_FP8E4M3FN), 1.875);
	CHECK(isinf(through(DT_FP32, 1e6, DT_FP8E5M2)));
	CHECK_NUM(through(DT_FP32, -57344, DT_FP8E5M2), -57344);
	CHECK_NUM(through(DT_FP32, 0x1p-16, DT_FP8E5M2), 0x1p-16);
	CHECK_NUM(through(DT_FP32, 0x1p-18, DT_FP8E5M2), 0);
}

static void
test_tensors(void)
{
	Arena a = {0};
	Interner names;
	int64_t dim[] = {2, 3}, flat = 6, v[] = {1, 2, 3, 4, 5, 6};
	Tensor *x = tensor_vector_i(&a, DT_INT32, v, 6), *y = tensor_reshape(&a, x, dim, 2), *z;

	CHECK_INT(y->rank, 2);
	CHECK(y->data == x->data);
	CHECK_INT(tensor_i(y, 5), 6);
	CHECK_INT(y->dim[1], 3);
	CHECK(!tensor_equal(x, y) && tensor_hash(x) != tensor_hash(y));
	z = tensor_reshape(&a, y, &flat, 1);
	CHECK(tensor_equal(x, z) && tensor_hash(x) == tensor_hash(z));
	z = tensor_cast(&a, x, DT_FP32);
	tensor_set_f(z, 0, (double)NAN);
	CHECK(tensor_equal(z, z));
	CHECK_NUM(tensor_f(z, 5), 6);
	CHECK_INT(tensor_i(z, 1), 2);
	CHECK(!tensor_same_numbers(z, z) && tensor_same_numbers(x, x));
	CHECK(tensor_same_numbers(tensor_scalar_f(&a, DT_FP16, 0.0),
	                          tensor_scalar_f(&a, DT_FP16, -0.0)));
	y = tensor_cast(&a, z, DT_FP32); /* z's elements, but nothing else of it */
	CHECK(tensor_equal(y, z) && y->data == z->data && y->dim != z->dim);
	x = tensor_new(&a, DT_FP16, dim, 2);
	CHECK_INT(x->count, 6);
	CHECK_NUM(tensor_f(x, 3), 0);
	dim[0] = 0;
	x = tensor_new(&a, DT_FP32, dim, 2);
	CHECK_INT(x->count, 0);
	CHECK(tensor_equal(x, tensor_new(&a, DT_FP32, dim, 2)) && tensor_hash(x));
	intern_init(&names, &a);
	x = tensor_scalar_str(&a, intern_cstr(&names, "relu"));
	CHECK(tensor_equal(x, tensor_scalar_str(&a, intern_cstr(&names, "relu"))));
	CHECK(!tensor_equal(x, tensor_scalar_str(&a, intern_cstr(&names, "gelu"))));
	CHECK(tensor_hash(x) == tensor_hash(tensor_scalar_str(&a, intern_cstr(&names, "relu"))));
	CHECK_INT(tensor_i(tensor_scalar_bool(&a, true), 0), 1);
	CHECK_NUM(tensor_f(tensor_scalar_i(&a, DT_UINT64, -1), 0), 0x1p64);
	intern_free(&names);
	arena_free(&a);
}

static void
test_lazy(void)
{
	Arena a = {0};
	int64_t n = 70001, dim[] = {7, 10000}, part = 70000, i, good = 0;
	Tensor *x = tensor_new(&a, DT_FP32, &n, 1), *h, *w, *e;
	const uint16_t *p;

	for (i = 0; i < n; i++)
		tensor_set_f(x, i, (double)i * 1.25 - 3);
	h = tensor_cast(&a, x, DT_FP16);
	CHECK(!h->data && h->cast_from == x);
	w = tensor_cast(&a, h, DT_FP32);
	CHECK(!w->data);
	CHECK_NUM(tensor_f(w, 69999), 65504);
	CHECK_NUM(tensor_f(h, 1), -1.75);
	p = tensor_data(&a, h);
	for (i = 0; i < n; i++)
		good += p[i] == half_from_float((float)fmin((double)i * 1.25 - 3, 65504));
	CHECK(good == n);
	e = tensor_view(&a, DT_FP16, &n, 1, (void *)(uintptr_t)p);
	CHECK(tensor_equal(e, h) && tensor_equal(h, tensor_cast(&a, w, DT_FP16)));
	CHECK(tensor_hash(e) == tensor_hash(h));
	x = tensor_new(&a, DT_FP32, &part, 1);
	h = tensor_reshape(&a, tensor_cast(&a, x, DT_FP16), dim, 2);
	CHECK(!h->data);
	CHECK_INT(h->rank, 2);
	CHECK_INT(h->cast_from->rank, 2);
	CHECK_NUM(tensor_f(h, 69999), 0);
	for (i = 0; i < 10; i++)
		h = tensor_cast(&a, h, i % 2 ? DT_FP16 : DT_FP64);
	CHECK_NUM(tensor_f(h, 5), 0);
	CHECK(tensor_cast(&a, x, DT_INT32)->data);
	arena_free(&a);
}

/* Rows of a large tensor are scaled as they are read, of a small one at once. */
static void
test_rows_times(void)
{
	Arena a = {0};
	int64_t dim[] = {3, 2001}, flat = 6003;
	const float factor[] = {2, -0.5f, 1e30f};
	Tensor *x = tensor_new(&a, DT_FP32, dim, 2), *y, *z;
	float part[4];

	for (int64_t i = 0; i < x->count; i++)
		tensor_set_f(x, i, (double)i);
	y = tensor_rows_times(&a, x, 3, factor);
	CHECK(!y->data);
	tensor_read(y, 1999, 4, part);
	CHECK_NUM(part[1], 4000);
	CHECK_NUM(part[2], -1000.5);
	CHECK_NUM(tensor_f(y, 4001), -2000.5);
	CHECK_NUM(tensor_f(y, 4002), (float)4002 * 1e30f);
	z = tensor_rows_times(&a, tensor_reshape(&a, y, &flat, 1), 1, factor);
	CHECK_NUM(tensor_f(z, 4001), -4001);
	y = tensor_cast(&a, y, DT_FP16);
	CHECK_NUM(tensor_f(y, 6002), 65504); /* finite: saturates */
	CHECK_NUM(tensor_f(y, 2001), -1000.5);
	CHECK(tensor_equal(y, tensor_copy(&a, y)));
	CHECK_NUM(floats_largest(x->data, 6003), 6002);
	dim[1] = 2;
	x = tensor_filled(&a, DT_FP32, dim, 2, 3);
	y = tensor_rows_times(&a, x, 3, factor);
	CHECK(y->data != NULL);
	CHECK_NUM(tensor_f(y, 3), -1.5);
	arena_free(&a);
}

/* At any address and length, wherever the largest stands. */
static void
test_largest(void)
{
	enum { N = 70 };
	char at[N * sizeof(float) + 1];
	float v[N];

	for (int n = 0; n <= N; n++)
		for (int k = 0; k < n; k++) {
			for (int i = 0; i < n; i++)
				v[i] = i % 3 ? -1 : NAN;
			v[k] = -7;
			memcpy(at + 1, v, sizeof v);
			CHECK_NUM(floats_largest(at + 1, (size_t)n), 7);
			v[k] = INFINITY;
			CHECK_NUM(floats_largest(v, (size_t)n), INFINITY);
		}
	CHECK_NUM(floats_largest(at, 0), 0);
}

int
main(void)
{
	test_types();
	test_half();
	test_shapes();
	test_casts();
	test_tensors();
	test_lazy();
	test_rows_times();
	test_largest();
	return check_report();
}
