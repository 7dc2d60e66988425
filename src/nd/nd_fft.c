/* nd_fft.c: discrete Fourier transforms of any length along the last axis, in double: mixed radix
 * down to the prime factors of the length, and Bluestein's convolution where such a factor is
 * large. The factors of unity come from a series of our own, so that the bits are the same on
 * every system.
 */
#include "nd_impl.h"

#include <math.h>

#define LARGEST_FACTOR 50 /* of the direct sums */

/* exp(2 pi i k / n), exact on the axes and in halves: k / n is reduced to an eighth of a turn. */
static Complex
unity(int64_t k, int64_t n)
{
	static const double third = 0.86602540378443864676,
	                    exact[12][2] = {
	                        {1, 0},         {third, 0.5},  {0.5, third},  {0, 1},
	                        {-0.5, third},  {-third, 0.5}, {-1, 0},       {-third, -0.5},
	                        {-0.5, -third}, {0, -1},       {0.5, -third}, {third, -0.5},
	                    };
	int64_t part = 8 * k / n, rest = 8 * k - part * n;
	double x = 0.785398163397448309616 * (double)(part % 2 ? n - rest : rest) / (double)n;
	double s = 0, c = 0, y = x * x;

	if (12 * k % n == 0)
		return (Complex){exact[12 * k / n][0], exact[12 * k / n][1]};
	for (int i = 17; i > 1; i -= 2) { /* the series of sine and cosine, from the last term */
		s = (1 - s) * y / (i * (i - 1));
		c = (1 - c) * y / ((i - 1) * (i - 2));
	}
	s = x * (1 - s);
	c = 1 - c;
	switch (part) {
	case 0:
		return (Complex){c, s};
	case 1:
		return (Complex){s, c};
	case 2:
		return (Complex){-s, c};
	case 3:
		return (Complex){-c, s};
	case 4:
		return (Complex){-c, -s};
	case 5:
		return (Complex){-s, -c};
	case 6:
		return (Complex){s, -c};
	default:
		return (Complex){c, -s};
	}
}

static Complex
times(Complex a, Complex b)
{
	return (Complex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static Complex
plus(Complex a, Complex b)
{
	return (Complex){a.re + b.re, a.im + b.im};
}

static int64_t
factor(int64_t n)
{
	if (n % 4 == 0)
		return 4;
	for (int64_t p = 2; p * p <= n; p++)
		if (n % p == 0)
			return p;
	return n;
}

typedef struct Fourier {
	int64_t n;
	Complex *w; /* exp(-2 pi i k / n) */
} Fourier;

/* Four results of four terms, where the factors are 1, -i, -1 and i. */
static void
turn_four(Complex *t)
{
	Complex a = plus(t[0], t[2]), b = {t[0].re - t[2].re, t[0].im - t[2].im};
	Complex c = plus(t[1], t[3]), d = {t[1].re - t[3].re, t[1].im - t[3].im};

	t[0] = plus(a, c);
	t[1] = (Complex){b.re + d.im, b.im - d.re};
	t[2] = (Complex){a.re - c.re, a.im - c.im};
	t[3] = (Complex){b.re - d.im, b.im + d.re};
}

/* to[0..n) of from[0], from[step] …; t has room for the largest factor, twice. */
static void
transform(const Fourier *f, int64_t n, const Complex *from, int64_t step, Complex *to, Complex *t)
{
	int64_t p = factor(n), m = n / p, turn = f->n / n;
	Complex *sum = t + p;

	if (n == 1) {
		*to = *from;
		return;
	}
	for (int64_t j = 0; j < p; j++)
		transform(f, m, from + j * step, step * p, to + j * m, t);
	for (int64_t k = 0; k < m; k++) {
		for (int64_t j = 0; j < p; j++)
			t[j] = times(to[j * m + k], f->w[j * k * turn]);
		if (p == 4)
			turn_four(t);
		for (int64_t q = 0; p != 4 && q < p; q++) {
			sum[q] = t[0];
			for (int64_t j = 1; j < p; j++)
				sum[q] = plus(sum[q], times(t[j], f->w[j * q % p * (f->n / p)]));
		}
		for (int64_t q = 0; q < p; q++)
			to[q * m + k] = p == 4 ? t[q] : sum[q];
	}
}

static Fourier
fourier_new(int64_t n)
{
	Fourier f = {n, xcalloc((size_t)n, sizeof *f.w)};

	for (int64_t k = 0; k < n; k++) {
		f.w[k] = unity(k, n);
		f.w[k].im = -f.w[k].im;
	}
	return f;
}

/* A transform of length n as a convolution with exp(pi i k^2 / n), which one of length g->n, a
 * power of two, does. */
typedef struct Chirp {
	Fourier g;
	Complex *w;             /* exp(-pi i k^2 / n) */
	Complex *b, *x, *y, *t; /* the transform of the other factor; room */
} Chirp;

static Chirp
chirp_new(int64_t n)
{
	int64_t size = 1;
	Chirp c;

	while (size < 2 * n)
		size *= 2;
	c.g = fourier_new(size);
	c.w = xcalloc((size_t)(n + 3 * size) + 8, sizeof *c.w);
	c.b = c.w + n;
	c.x = c.b + size;
	c.y = c.x + size;
	c.t = c.y + size;
	for (int64_t k = 0, square = 0; k < n; k++) { /* square: k^2 modulo 2n */
		c.w[k] = unity(square, 2 * n);
		c.x[k] = c.w[k];
		if (k)
			c.x[size - k] = c.w[k];
		c.w[k].im = -c.w[k].im;
		square = (square + 2 * k + 1) % (2 * n);
	}
	transform(&c.g, size, c.x, 1, c.b, c.t);
	return c;
}

static void
chirp_run(const Chirp *c, int64_t n, const Complex *from, Complex *to)
{
	int64_t size = c->g.n;

	memset(c->x, 0, (size_t)size * sizeof *c->x);
	for (int64_t k = 0; k < n; k++)
		c->x[k] = times(from[k], c->w[k]);
	transform(&c->g, size, c->x, 1, c->y, c->t);
	for (int64_t k = 0; k < size; k++) {
		c->y[k] = times(c->y[k], c->b[k]);
		c->y[k].im = -c->y[k].im; /* back: the conjugate of the conjugate's transform */
	}
	transform(&c->g, size, c->y, 1, c->x, c->t);
	for (int64_t k = 0; k < n; k++) {
		Complex v = {c->x[k].re / (double)size, -c->x[k].im / (double)size};

		to[k] = times(v, c->w[k]);
	}
}

bool
nd_fft(Nd *out, const Nd *a, NdErr *err)
{
	int64_t n = a->rank ? a->dim[a->rank - 1] : 0, worst = 1, sum = 0;
	Nd in;
	Fourier f = {0};
	Chirp c = {0};
	Complex *t = 0;

	for (int64_t rest = n; rest > 1; rest /= factor(rest)) {
		worst = MAX(worst, factor(rest));
		sum += MIN(factor(rest), 6 * LARGEST_FACTOR);
	}
	if (!nd_work(err, (double)nd_count(a) * (double)(sum + 1), ND_SLOW) ||
	    !nd_astype(&in, a, DT_COMPLEX128, err))
		return false;
	if (!nd_keep(&in, nd_new(out, DT_COMPLEX128, a->dim, a->rank, err)))
		return false;
	if (n && worst > LARGEST_FACTOR)
		c = chirp_new(n);
	else if (n)
		f = fourier_new(n), t = xcalloc(2 * (size_t)worst, sizeof *t);
	for (int64_t i = 0, count = nd_count(a); i < count; i += n) {
		const Complex *from = (const Complex *)(const void *)in.data + i;
		Complex *to = (Complex *)(void *)out->data + i;

		if (t)
			transform(&f, n, from, 1, to, t);
		else
			chirp_run(&c, n, from, to);
	}
	xfree(t);
	xfree(f.w);
	xfree(c.g.w);
	xfree(c.w);
	nd_release(&in);
	return true;
}
