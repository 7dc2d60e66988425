/* test_nd.c: arrays and random generators without an interpreter: promotion, broadcasting, reshape,
 * indexing, summation order, text, and known sequences of MT19937 and PCG64.
 */
#include "nd/nd_impl.h"
#include "file/npz.h"
#include "np/random_bits.h"
#include "check.h"

#include <stdlib.h>
#include <unistd.h>

static Nd
range(DType t, int64_t n)
{
	Nd a;
	NdErr err = {0};

	if (!nd_new(&a, t, &n, 1, &err))
		die("%s", err.text);
	for (int64_t i = 0; i < n; i++)
		nd_store_i(t, a.data + i * a.stride[0], i);
	return a;
}

static void
test_promotion(void)
{
	CHECK_INT(nd_promote(DT_INT8, DT_UINT8), DT_INT16);
	CHECK_INT(nd_promote(DT_INT64, DT_UINT64), DT_FP64);
	CHECK_INT(nd_promote(DT_INT16, DT_FP16), DT_FP32);
	CHECK_INT(nd_promote(DT_BOOL, DT_UINT8), DT_UINT8);
	CHECK_INT(nd_promote(DT_INT4, DT_INT8), DT_INT8);
	CHECK_INT(nd_promote(DT_STRING, DT_INT8), DT_NONE);
	CHECK_INT(nd_result_type(DT_FP16, STRONG, DT_FP64, WEAK_FLOAT), DT_FP16);
	CHECK_INT(nd_result_type(DT_UINT8, STRONG, DT_INT64, WEAK_INT), DT_UINT8);
	CHECK_INT(nd_result_type(DT_BOOL, STRONG, DT_INT64, WEAK_INT), DT_INT64);
	CHECK_INT(nd_result_type(DT_INT32, STRONG, DT_FP64, WEAK_FLOAT), DT_FP64);
	CHECK_INT(nd_result_type(DT_INT64, WEAK_INT, DT_FP64, WEAK_FLOAT), DT_FP64);
	CHECK(nd_can_cast(DT_FP64, DT_FP32, CAST_SAME_KIND));
	CHECK(!nd_can_cast(DT_FP64, DT_INT64, CAST_SAME_KIND));
	CHECK(!nd_can_cast(DT_INT64, DT_UINT8, CAST_SAME_KIND));
}

static void
test_casts(void)
{
	Nd a = nd_scalar_f(DT_FP64, -1.9), b;
	NdErr err = {0};

	CHECK(nd_astype(&b, &a, DT_INT8, &err));
	CHECK_INT(nd_i(&b, 0), -1);
	nd_release(&b);
	CHECK(nd_astype(&b, &a, DT_UINT8, &err));
	CHECK_INT(nd_i(&b, 0), 255);
	nd_release(&b);
	nd_release(&a);
	a = nd_scalar_f(DT_FP32, 1e20);
	CHECK(nd_astype(&b, &a, DT_INT32, &err));
	CHECK_INT(nd_i(&b, 0), INT32_MIN);
	nd_release(&b);
	nd_release(&a);
	CHECK_INT(nd_int_min(DT_INT64), INT64_MIN);
	CHECK_INT(nd_int_max(DT_UINT64), UINT64_MAX);
	CHECK_INT(nd_int_max(DT_INT8), 127);
}

static void
test_views(void)
{
	Nd a = range(DT_INT32, 24), b, c, d;
	NdErr err = {0};
	int64_t shape[3] = {2, -1, 4}, bad[2] = {5, -1}, at[3] = {1, 2, 3}, ta[3] = {3, 2, 1};

	CHECK(nd_reshape(&b, &a, shape, 3, &err));
	CHECK_INT(b.dim[1], 3);
	CHECK_INT(nd_i(&b, at), 23);
	CHECK(b.buf == a.buf);
	CHECK_INT(a.buf->refs, 2);
	CHECK(!nd_reshape(&c, &a, bad, 2, &err));
	CHECK_STR(err.text, "cannot reshape array of size 24 into shape (5,-1)");
	CHECK(nd_transpose(&c, &b, 0, 0, &err));
	CHECK_INT(nd_i(&c, ta), 23);
	CHECK(!nd_contiguous(&c));
	CHECK(nd_ravel(&d, &c, &err) && d.buf != a.buf);
	CHECK_INT(nd_i(&d, (int64_t[]){1}), 12);
	nd_release(&d);
	nd_release(&c);
	nd_release(&b);
	CHECK_INT(a.buf->refs, 1);
	CHECK(!nd_broadcast_to(&b, &a, (int64_t[]){2, 3}, 2, &err));
	CHECK_STR(err.text, "cannot broadcast an array of shape (24,) to shape (2,3)");
	CHECK(nd_broadcast_to(&b, &a, (int64_t[]){5, 24}, 2, &err));
	CHECK_INT(b.stride[0], 0);
	CHECK(!nd_writable(&b, &err));
	CHECK_STR(err.text, "assignment destination is read-only");
	nd_release(&b);
	CHECK(!nd_broadcast_to(&b, &a, (int64_t[]){(int64_t)1 << 57, 24}, 2, &err));
	CHECK(!strcmp(err.text,
	              "array is too big: an array with shape (144115188075855872,24) and data type "
	              "int32 has more bytes than can be counted"));
	CHECK(!nd_new(&b, DT_FP64, (int64_t[]){1 << 30, 1 << 30}, 2, &err));
	CHECK_STR(err.text, "unable to allocate an array with shape (1073741824,1073741824) and "
	                    "data type float64");
	CHECK(!nd_new(&b, DT_FP64, (int64_t[]){-1}, 1, &err));
	CHECK_STR(err.text, "negative dimensions are not allowed, found -1");
	nd_release(&a);
}

/* No view has more bytes than an int64 counts, whatever made it; and strides do not overflow where
 * a dimension is 0. */
static void
test_too_big(void)
{
	const int64_t far = (int64_t)1 << 60, rows[2] = {far, 0}, flat = -1, wide[2] = {far - 1, 1};
	Nd one = nd_scalar_f(DT_FP64, 1), b, c, none;
	NdErr err = {0};

	CHECK(!nd_broadcast_to(&b, &one, &far, 1, &err));
	CHECK(nd_broadcast_to(&b, &one, wide, 2, &err) && nd_count(&b) == far - 1);
	CHECK(nd_ravel(&c, &b, &err) && c.dim[0] == far - 1 && c.stride[0] == 0);
	nd_release(&c);
	CHECK(nd_reshape(&c, &b, (int64_t[]){3, flat}, 2, &err) && c.dim[1] == (far - 1) / 3);
	nd_release(&c);
	CHECK(nd_expand(&c, &b, (int64_t[]){0, 3}, 2, &err) && nd_count(&c) == far - 1);
	nd_release(&c);
	nd_release(&b);
	CHECK(nd_new(&none, DT_FP64, (int64_t[]){0}, 1, &err));
	CHECK(!nd_reshape(&b, &none, rows, 2, &err));
	CHECK(nd_reshape(&b, &none, (int64_t[]){0, far / 8}, 2, &err) && nd_count(&b) == 0);
	nd_release(&b);
	nd_release(&none);
	nd_release(&one);
}

static void
test_mapped(void)
{
	float memory[4] = {1, 2, 3, 4};
	int64_t n = 4;
	Nd a = nd_wrap(DT_FP32, &n, 1, memory, true);
	NdErr err = {0};

	CHECK(nd_writable(&a, &err));
	nd_store_f(DT_FP32, a.data, 9);
	CHECK_NUM(memory[0], 1);
	CHECK_NUM(nd_f(&a, (int64_t[]){0}), 9);
	nd_release(&a);
}

static void
test_arithmetic(void)
{
	Nd a = range(DT_UINT8, 4), b = nd_scalar_i(DT_UINT8, 254), c;
	NdErr err = {0};

	CHECK(nd_binary(NB_ADD, &a, &b, DT_UINT8, &c, false, &err));
	CHECK_INT(c.dtype, DT_UINT8);
	CHECK_INT(nd_i(&c, (int64_t[]){3}), 1);
	nd_release(&c);
	CHECK(nd_binary(NB_DIV, &a, &b, DT_UINT8, &c, false, &err));
	CHECK_INT(c.dtype, DT_FP64);
	CHECK(!nd_binary(NB_DIV, &a, &b, DT_UINT8, &a, true, &err));
	CHECK_STR(err.text, "cannot cast ufunc 'divide' output from dtype('float64') to "
	                    "dtype('uint8') with casting rule 'same_kind'");
	CHECK(nd_binary(NB_LT, &a, &b, DT_UINT8, &a, true, &err));
	CHECK_INT(nd_i(&a, (int64_t[]){2}), 1);
	nd_release(&c);
	nd_release(&b);
	b = nd_scalar_i(DT_INT64, -1);
	CHECK(!nd_binary(NB_POW, &a, &b, DT_INT64, &c, false, &err));
	CHECK_STR(err.text, "integers to negative integer powers are not allowed");
	nd_release(&a);
	a = nd_scalar_i(DT_UINT64, -1);
	CHECK(nd_binary(NB_GT, &a, &b, DT_FP64, &c, false, &err));
	CHECK_INT(nd_i(&c, 0), 1);
	nd_release(&a);
	nd_release(&b);
	nd_release(&c);
}

static void
test_index(void)
{
	Nd a = range(DT_INT64, 12), m, r;
	NdKey k[2] = {{.kind = NK_SLICE, .step = -1}, {.kind = NK_ARRAY}};
	NdErr err = {0};
	bool view, scalar;

	nd_reshape(&m, &a, (int64_t[]){3, 4}, 2, &err);
	k[1].array = range(DT_INT64, 2);
	CHECK(nd_get(&m, k, 2, &r, &view, &scalar, &err) && !view && !scalar);
	CHECK_INT(r.dim[0], 3);
	CHECK_INT(r.dim[1], 2);
	CHECK_INT(nd_i(&r, (int64_t[]){0, 1}), 9);
	nd_release(&r);
	nd_store_i(DT_INT64, k[1].array.data, 7);
	CHECK(!nd_get(&m, k, 2, &r, &view, &scalar, &err));
	CHECK_STR(err.text, "index 7 is out of bounds for axis 1 with size 4");
	nd_release(&k[1].array);
	CHECK(nd_get(&m, k, 1, &r, &view, &scalar, &err) && view);
	CHECK_INT(nd_i(&r, (int64_t[]){0, 0}), 8);
	k[0].step = 1;
	CHECK(nd_set(&m, k, 1, &r, &err)); /* overlapping: reversed rows */
	CHECK_INT(nd_i(&m, (int64_t[]){0, 0}), 8);
	CHECK_INT(nd_i(&m, (int64_t[]){2, 3}), 3);
	nd_release(&r);
	nd_release(&m);
	nd_release(&a);
}

static void
test_sums(void)
{
	Nd a, r;
	NdErr err = {0};
	NdAxes all = {.all = true}, first = {.in = {true}};
	int64_t n = 1000, shape[2] = {500, 2};

	nd_new(&a, DT_FP32, &n, 1, &err);
	for (int64_t i = 0; i < n; i++)
		nd_store_f(DT_FP32, a.data + 4 * i, 0.1f);
	CHECK(nd_reduce(NR_SUM, &a, &all, false, DT_NONE, &r, &err));
	CHECK_NUM(nd_f(&r, 0), 100.00001525878906);
	nd_release(&r);
	CHECK(nd_cumulate(false, &a, 0, DT_NONE, &r, &err));
	CHECK_NUM(nd_f(&r, (int64_t[]){999}), 99.9990463256836);
	nd_release(&r);
	nd_reshape(&r, &a, shape, 2, &err);
	nd_release(&a);
	a = r;
	CHECK(nd_reduce(NR_SUM, &a, &first, true, DT_NONE, &r, &err));
	CHECK_INT(r.rank, 2);
	CHECK_NUM(nd_f(&r, (int64_t[]){0, 1}), 49.99980926513672);
	nd_release(&r);
	CHECK(nd_mean(&a, &all, false, DT_NONE, &r, &err));
	CHECK_INT(r.dtype, DT_FP32);
	nd_release(&r);
	nd_release(&a);
	n = 0;
	nd_new(&a, DT_FP32, &n, 1, &err);
	CHECK(!nd_reduce(NR_MAX, &a, &all, false, DT_NONE, &r, &err));
	CHECK_STR(err.text, "zero-size array to reduction operation maximum which has no identity");
	nd_release(&a);
}

static bool
prints(const Nd *a, bool repr, const char *text)
{
	Buf b = {0};
	bool same;

	nd_repr(a, repr, &nd_print_default, &b);
	same = strcmp(b.at, text) == 0;
	if (!same)
		fprintf(stderr, "printed: %s\n", b.at);
	buf_free(&b);
	return same;
}

static void
test_text(void)
{
	Nd a = range(DT_INT64, 3), b;
	NdErr err = {0};

	CHECK(prints(&a, true, "array([0, 1, 2])") && prints(&a, false, "[0 1 2]"));
	nd_astype(&b, &a, DT_FP16, &err);
	CHECK(prints(&b, true, "array([0., 1., 2.], dtype=float16)"));
	nd_store_f(DT_FP16, b.data, 0.1);
	CHECK(prints(&b, false, "[0.1 1.  2. ]"));
	nd_release(&b);
	nd_release(&a);
	a = range(DT_INT64, 1001);
	CHECK(prints(&a, true, "array([   0,    1,    2, ...,  998,  999, 1000], shape=(1001,))"));
	nd_release(&a);
}

static void
test_einsum(void)
{
	Nd a[2], r, m[2];
	NdErr err = {0};

	a[0] = range(DT_INT64, 6);
	a[1] = range(DT_INT64, 6);
	nd_reshape(&m[0], &a[0], (int64_t[]){2, 3}, 2, &err);
	nd_reshape(&m[1], &a[1], (int64_t[]){3, 2}, 2, &err);
	CHECK(nd_einsum(&r, "ij,jk", m, 2, DT_INT64, &err));
	CHECK_INT(nd_i(&r, (int64_t[]){1, 1}), 40);
	nd_release(&r);
	CHECK(nd_matmul(&r, &m[0], &m[1], DT_INT64, &err));
	CHECK_INT(nd_i(&r, (int64_t[]){1, 1}), 40);
	nd_release(&r);
	CHECK(!nd_matmul(&r, &m[0], &m[0], DT_INT64, &err));
	CHECK_STR(err.text, "matmul: Input operand 1 has a mismatch in its core dimension 0, with "
	                    "gufunc signature (n?,k),(k,m?)->(n?,m?) (size 2 is different from 3)");
	CHECK(!nd_einsum(&r, "ij,jk->iz", m, 2, DT_INT64, &err));
	CHECK_STR(err.text, "einsum: the output has the axis 'z' that no operand has");
	CHECK(!nd_einsum(&r, "ij", m, 2, DT_INT64, &err));
	CHECK_STR(err.text, "more operands provided to einsum than specified in the subscripts "
	                    "string: 2 operands, 1 terms");
	CHECK(!nd_einsum(&r, "ijk,jk", m, 2, DT_INT64, &err));
	CHECK_STR(err.text, "einsum subscripts name 3 axes for an operand of 2 dimensions");
	for (int i = 0; i < 2; i++) {
		nd_release(&m[i]);
		nd_release(&a[i]);
	}
}

static void
test_random(void)
{
	Mt19937 mt;
	Pcg64 pcg;
	Bits b = {.mt = &mt}, p = {.pcg = &pcg};
	uint32_t seed = 0, key[4] = {0x123, 0x234, 0x345, 0x456};

	mt_seed(&mt, 5489);
	CHECK_INT(bits_32(&b), 3499211612u);
	for (int i = 0; i < 9998; i++)
		bits_32(&b);
	CHECK_INT(bits_32(&b), 4123659995u); /* the 10000th, as the C++ standard demands */
	mt_seed_array(&mt, key, 4);
	CHECK_INT(bits_32(&b), 1067595299u);
	CHECK_INT(bits_32(&b), 955945823u);
	mt_seed(&mt, 0);
	CHECK_NUM(bits_double(&b), 0.5488135039273248);
	mt_seed(&mt, 0);
	CHECK_NUM(mt_gauss(&mt), 1.764052345967664);
	CHECK_NUM(mt_gauss(&mt), 0.4001572083672233);
	pcg_seed(&pcg, &seed, 1);
	CHECK_NUM(bits_double(&p), 0.6369616873214543);
	CHECK_NUM(bits_double(&p), 0.2697867137638703);
	pcg_seed(&pcg, &seed, 1);
	CHECK_NUM(pcg_normal(&p), 0.1257302210933933);
}

/* Callers in np_*.c look first; these are for all others. */
static void
test_limits(void)
{
	int64_t one[33];
	Nd a = range(DT_INT8, 2), s = nd_scalar_f(DT_FP64, 1), many, out;
	Nd two[2];
	NdErr err = {0};

	for (int i = 0; i < 33; i++)
		one[i] = 1;
	CHECK(!nd_reshape(&out, &s, one, 33, &err));
	CHECK_STR(err.text, "cannot reshape into 33 dimensions, at most 32 are possible");
	CHECK(!nd_dot(&out, &s, &a, DT_FP64, &err));
	CHECK_STR(err.text, "dot of a scalar is a multiplication");
	many = a;
	many.dim[0] = INT64_MAX;
	many.stride[0] = 0;
	two[0] = two[1] = many;
	CHECK(!nd_concat(&out, two, 2, 0, DT_INT8, &err));
	CHECK_STR(err.text, "the arrays are too long to concatenate");
	nd_release(&a);
	nd_release(&s);
}

/* A file that got shorter since its header was read. */
static void
test_short_file(void)
{
	char path[] = "/tmp/milc-nd-XXXXXX";
	int64_t dim = 9;
	int fd = mkstemp(path);
	NdErr err = {0};
	Nd out;

	CHECK(fd >= 0);
	CHECK_INT(write(fd, "1234", 4), 4);
	CHECK_INT(close(fd), 0);
	CHECK(!file_array(path, 2, DT_FP32, &dim, 1, &out, &err));
	CHECK_STR(err.text, "it has 4 bytes, but 36 at offset 2 were asked for");
	remove(path);
}

int
main(void)
{
	test_promotion();
	test_casts();
	test_views();
	test_too_big();
	test_mapped();
	test_arithmetic();
	test_index();
	test_sums();
	test_text();
	test_einsum();
	test_random();
	test_limits();
	test_short_file();
	return check_report();
}
