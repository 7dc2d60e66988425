/* test_nd_numbers.c: kernels of nd that answer with numbers: Fourier transforms, decompositions,
 * complex arithmetic, places in sorted arrays, counts. Values are exact where the arithmetic is,
 * and are held against what defines them elsewhere.
 */
#include "nd/nd_impl.h"
#include "check.h"

#include <math.h>

static Nd
array(DType t, const double *v, int64_t m, int64_t n)
{
	int64_t dim[2] = {m, n};
	Nd a;
	NdErr err = {0};

	if (!nd_new(&a, t, n < 0 ? &m : dim, n < 0 ? 1 : 2, &err))
		die("%s", err.text);
	for (int64_t i = 0; i < m * (n < 0 ? 1 : n); i++)
		nd_store_f(t, a.data + i * (int64_t)dtype_size(t), v[i]);
	return a;
}

static const Complex *
complex_of(const Nd *a)
{
	return (const Complex *)(const void *)a->data;
}

static const double *
doubles(const Nd *a)
{
	return (const double *)(const void *)a->data;
}

static void
test_fourier(void)
{
	const double v[] = {1, 2, 3, 4, 0, -1};
	Nd a = array(DT_FP64, v, 4, -1), three = array(DT_FP32, v, 3, -1), none, f;
	NdErr err = {0};

	CHECK(nd_fft(&f, &a, &err));
	CHECK_INT(f.dtype, DT_COMPLEX128);
	CHECK_NUM(complex_of(&f)[0].re, 10);
	CHECK_NUM(complex_of(&f)[0].im, 0);
	CHECK_NUM(complex_of(&f)[1].re, -2);
	CHECK_NUM(complex_of(&f)[1].im, 2);
	CHECK_NUM(complex_of(&f)[2].re, -2);
	CHECK_NUM(complex_of(&f)[3].im, -2);
	nd_release(&f);
	CHECK(nd_fft(&f, &three, &err));
	CHECK_NUM(complex_of(&f)[1].re, -1.5);
	CHECK(fabs(complex_of(&f)[1].im - 0.86602540378443864676) < 1e-15);
	nd_release(&f);
	CHECK(nd_new(&none, DT_FP64, (int64_t[]){0}, 1, &err) && nd_fft(&f, &none, &err));
	CHECK_INT(nd_count(&f), 0);
	nd_release(&f);
	nd_release(&none);
	nd_release(&three);
	nd_release(&a);
}

/* Each length against the sum that defines the transform: 1 to 128 has all small factors, 53 and
 * 106 go by way of a convolution. */
static void
test_fourier_lengths(void)
{
	NdErr err = {0};
	double worst = 0;

	for (int64_t n = 1; n <= 128; n++) {
		double v[128];
		Nd a, f;

		for (int64_t i = 0; i < n; i++)
			v[i] = (double)(i * i % 17) - 8;
		a = array(DT_FP64, v, n, -1);
		CHECK(nd_fft(&f, &a, &err));
		for (int64_t k = 0; k < n; k++) {
			double re = 0, im = 0;

			for (int64_t i = 0; i < n; i++) {
				double x =
				    2 * 3.14159265358979323846 * (double)(i * k % n) / (double)n;

				re += v[i] * cos(x);
				im -= v[i] * sin(x);
			}
			worst = fmax(worst, fmax(fabs(re - complex_of(&f)[k].re),
			                         fabs(im - complex_of(&f)[k].im)));
		}
		nd_release(&f);
		nd_release(&a);
	}
	CHECK(worst < 1e-10);
}

/* The largest difference of u diag(s) v, s 0: of u v, and a. */
static double
misses(const Nd *u, const double *s, const Nd *v, const Nd *a)
{
	int64_t m = a->dim[0], n = a->dim[1], wu = u->dim[1], k = v->dim[0] < wu ? v->dim[0] : wu;
	double worst = 0;

	for (int64_t i = 0; i < m; i++)
		for (int64_t j = 0; j < n; j++) {
			double sum = 0;

			for (int64_t p = 0; p < k && (!s || p < MIN(m, n)); p++)
				sum += doubles(u)[i * wu + p] * (s ? s[p] : 1) *
				       doubles(v)[p * v->dim[1] + j];
			worst = fmax(worst, fabs(sum - doubles(a)[i * n + j]));
		}
	return worst;
}

static double
not_orthogonal(const Nd *u) /* by rows */
{
	double worst = 0;

	for (int64_t i = 0; i < u->dim[0]; i++)
		for (int64_t j = 0; j < u->dim[0]; j++) {
			double sum = 0;

			for (int64_t p = 0; p < u->dim[1]; p++)
				sum +=
				    doubles(u)[i * u->dim[1] + p] * doubles(u)[j * u->dim[1] + p];
			worst = fmax(worst, fabs(sum - (i == j)));
		}
	return worst;
}

static void
test_decompositions(void)
{
	double v[40 * 40];
	uint32_t seed = 1;
	NdErr err = {0};

	for (int i = 0; i < 40 * 40; i++) {
		seed = seed * 1664525 + 1013904223;
		v[i] = (double)(seed >> 16) / 4096 - 8;
	}
	for (int64_t m = 1; m <= 40; m += 3)
		for (int64_t n = 1; n <= 40; n += 4) {
			Nd a = array(DT_FP64, v, m, n), r[3], e[2];
			const double *s;

			CHECK(nd_svd(r, &a, true, &err));
			s = doubles(&r[1]);
			CHECK(misses(&r[0], s, &r[2], &a) < 1e-11);
			CHECK(not_orthogonal(&r[0]) < 1e-13 && not_orthogonal(&r[2]) < 1e-13);
			for (int64_t i = 1; i < MIN(m, n); i++)
				CHECK(s[i - 1] >= s[i] && s[i] >= 0);
			for (int i = 0; i < 3; i++)
				nd_release(&r[i]);
			CHECK(nd_qr(r, &a, false, &err));
			CHECK(misses(&r[0], 0, &r[1], &a) < 1e-12);
			for (int64_t i = 0; i < r[1].dim[0]; i++)
				for (int64_t j = 0; j < i && j < n; j++)
					CHECK_NUM(doubles(&r[1])[i * n + j], 0);
			nd_release(&r[0]);
			nd_release(&r[1]);
			nd_release(&a);
			a = array(DT_FP64, v, n, n);
			for (int64_t i = 0; i < n; i++)
				for (int64_t j = 0; j < i; j++)
					((double *)(void *)a.data)[j * n + i] =
					    doubles(&a)[i * n + j];
			CHECK(nd_eigh(e, &a, &err));
			for (int64_t i = 0; i < n; i++)
				for (int64_t j = 0; j < n; j++) {
					double sum = 0, w = doubles(&e[0])[j];

					for (int64_t p = 0; p < n; p++)
						sum += doubles(&a)[i * n + p] *
						       doubles(&e[1])[p * n + j];
					CHECK(fabs(sum - w * doubles(&e[1])[i * n + j]) < 1e-11);
				}
			nd_release(&e[0]);
			nd_release(&e[1]);
			nd_release(&a);
		}
}

/* The signs are LAPACK's, and NaN is the answer where there is none. */
static void
test_signs(void)
{
	const double v[] = {2, 1, 1, 3}, d[] = {3, 4, 0, 5}, nan[] = {NAN, 1, 1, NAN};
	Nd a = array(DT_FP64, v, 2, 2), b = array(DT_FP64, d, 2, 2), c = array(DT_FP64, nan, 2, 2),
	   r[3];
	NdErr err = {0};

	CHECK(nd_eigh(r, &a, &err));
	CHECK(doubles(&r[0])[0] < doubles(&r[0])[1]);
	CHECK(doubles(&r[1])[0] < 0 && doubles(&r[1])[1] > 0 && doubles(&r[1])[2] > 0 &&
	      doubles(&r[1])[3] > 0);
	nd_release(&r[0]);
	nd_release(&r[1]);
	CHECK(nd_qr(r, &b, true, &err));
	CHECK_NUM(doubles(&r[0])[0], 1);
	CHECK_NUM(doubles(&r[1])[3], 5);
	nd_release(&r[0]);
	nd_release(&r[1]);
	CHECK(nd_svd(r, &b, false, &err));
	CHECK(doubles(&r[0])[0] > 0 && doubles(&r[0])[1] < 0 && doubles(&r[2])[0] > 0 &&
	      doubles(&r[2])[2] < 0);
	for (int i = 0; i < 3; i++)
		nd_release(&r[i]);
	CHECK(nd_eigh(r, &c, &err) && isnan(doubles(&r[0])[0]));
	nd_release(&r[0]);
	nd_release(&r[1]);
	nd_release(&a);
	nd_release(&b);
	nd_release(&c);
}

static void
test_complex(void)
{
	const double v[] = {3, -4};
	Nd a = array(DT_COMPLEX128, v, 2, -1), i, r, part;
	NdErr err = {0};
	Buf b = {0};

	CHECK(nd_part_view(&part, &a, true, &err));
	nd_store_f(DT_FP64, part.data, 4);
	nd_release(&part);
	CHECK(nd_unary(NU_ABS, &a, &r, &err));
	CHECK_INT(r.dtype, DT_FP64);
	CHECK_NUM(doubles(&r)[0], 5);
	CHECK_NUM(doubles(&r)[1], 4);
	nd_release(&r);
	CHECK(nd_binary(NB_MUL, &a, &a, DT_COMPLEX128, &r, false, &err));
	CHECK_NUM(complex_of(&r)[0].re, -7);
	CHECK_NUM(complex_of(&r)[0].im, 24);
	nd_release(&r);
	CHECK(nd_binary(NB_DIV, &a, &a, DT_COMPLEX64, &r, false, &err));
	CHECK_INT(r.dtype, DT_COMPLEX64);
	CHECK_NUM(nd_load_f(DT_COMPLEX64, r.data), 1);
	nd_release(&r);
	CHECK(!nd_binary(NB_LT, &a, &a, DT_COMPLEX128, &r, false, &err));
	CHECK(nd_astype(&i, &a, DT_INT8, &err));
	CHECK_INT(nd_load_i(DT_INT8, i.data), 3);
	nd_release(&i);
	nd_repr(&a, true, &nd_print_default, &b);
	CHECK_STR(b.at, "array([ 3.+4.j, -4.+0.j])");
	buf_clear(&b);
	nd_repr_element(&a, a.data, &b);
	CHECK_STR(b.at, "(3+4j)");
	buf_free(&b);
	CHECK_INT(nd_promote(DT_COMPLEX64, DT_FP64), DT_COMPLEX128);
	CHECK_INT(nd_promote(DT_COMPLEX64, DT_INT16), DT_COMPLEX64);
	CHECK(!nd_can_cast(DT_COMPLEX64, DT_FP64, CAST_SAME_KIND));
	nd_release(&a);
}

static void
test_search(void)
{
	const double v[] = {1, 2, 2, 5}, x[] = {0, 2, 6}, w[] = {0.5, 0.25, 1, 2},
	             k[] = {1, 0, 1, 7};
	Nd a = array(DT_FP32, v, 4, -1), b = array(DT_FP32, x, 3, -1), r;
	Nd weights = array(DT_FP64, w, 4, -1), which = array(DT_INT64, k, 4, -1);
	NdErr err = {0};

	CHECK(nd_searchsorted(&r, &a, &b, false, &err));
	CHECK_INT(nd_load_i(DT_INT64, r.data), 0);
	CHECK_INT(nd_load_i(DT_INT64, r.data + 8), 1);
	CHECK_INT(nd_load_i(DT_INT64, r.data + 16), 4);
	nd_release(&r);
	CHECK(nd_searchsorted(&r, &a, &b, true, &err));
	CHECK_INT(nd_load_i(DT_INT64, r.data + 8), 3);
	nd_release(&r);
	CHECK(nd_bincount(&r, &which, 0, 3, &err)); /* what lies beyond counts nowhere */
	CHECK_INT(nd_load_i(DT_INT64, r.data + 8), 2);
	nd_release(&r);
	CHECK(nd_bincount(&r, &which, &weights, 2, &err));
	CHECK_NUM(doubles(&r)[0], 0.25);
	CHECK_NUM(doubles(&r)[1], 1.5);
	nd_release(&r);
	nd_release(&a);
	nd_release(&b);
	nd_release(&weights);
	nd_release(&which);
}

static void
shows(const Nd *a, const NdPrint *p, const char *text)
{
	Buf b = {0};

	nd_text(a, p, &b);
	CHECK_STR(b.at, text);
	buf_free(&b);
}

static void
test_text(void)
{
	const double v[] = {1, -0.125, 1e-9, INFINITY}, w[] = {1, 0, 0, 0};
	Nd a = array(DT_FP64, v, 4, -1), two = array(DT_FP64, v, 2, -1),
	   six = array(DT_INT64, w, 2, 2);
	NdPrint p = nd_print_default;

	shows(&two, &p, "[ 1.    -0.125]");
	p.precision = 2;
	shows(&two, &p, "[ 1.   -0.12]");
	p.mode = PRINT_FIXED;
	shows(&two, &p, "[ 1.00 -0.12]");
	p.mode = PRINT_MAXPREC_EQUAL;
	shows(&two, &p, "[ 1.00 -0.12]");
	p.mode = PRINT_UNIQUE;
	shows(&two, &p, "[ 1.    -0.125]");
	p = nd_print_default;
	p.suppress = true;
	p.precision = 3;
	p.inf = "oo";
	shows(&a, &p, "[ 1.    -0.125  0.        oo]");
	p.sign = '+';
	shows(&two, &p, "[+1.    -0.125]");
	p.separator = ", ";
	p.threshold = 1;
	p.edge = 1;
	shows(&a, &p, "[+1., ..., +oo]");
	p.threshold = 4;
	p.sign = ' ';
	shows(&six, &p, "[[ 1,  0],\n [ 0,  0]]");
	p.sign = '-';
	p.width = 4;
	p.indent = 3;
	shows(&six, &p, "[[1,\n    0],\n   [0,\n    0]]");
	nd_release(&a);
	nd_release(&two);
	nd_release(&six);
}

int
main(void)
{
	test_fourier();
	test_fourier_lengths();
	test_decompositions();
	test_signs();
	test_complex();
	test_search();
	test_text();
	return check_report();
}
